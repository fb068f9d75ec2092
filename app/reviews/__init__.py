"""Promotion reviews: what somebody released as evidence, what a panel says of it, and what a person decided."""
