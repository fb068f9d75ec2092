"""Conversations of a manager and an employee: planned by either, questions beforehand, notes that both read."""
