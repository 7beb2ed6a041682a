"""Mutation of rules: changes them a little, in memory, and asks whether any case notices."""
