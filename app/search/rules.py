"""Kinds of things that are found, in their order, and how far one can look through them."""

KINDS = ("people", "activities", "badges", "lessons")
LAST_PAGE = 25
