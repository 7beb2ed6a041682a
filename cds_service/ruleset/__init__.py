"""What rule authors write: the rule language as typed models, its loader, its tables and its checks."""
