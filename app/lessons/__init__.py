"""Lessons learned: what happened, what I learned, what I do from now on; and who applies it."""
