"""Chores of the repository that are too long for the Makefile."""
