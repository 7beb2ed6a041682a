"""Rules held against one patient's timeline on one day: pure, no input or output, no clock."""
