"""Waterveld, the demo organisation: its catalogue, people and half a year of history. Used by `seed` only."""
