"""Tools for authors of rules: what differs, ladders as pictures, skeletons, coverage by cases, one way to write files."""
