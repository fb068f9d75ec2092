"""A learning platform that speaks xAPI, and ways to see what came of it."""

from tests.app.imports.scene import completions, counted, inside, kept, lms, other_lms

__all__ = ["completions", "counted", "inside", "kept", "lms", "other_lms"]
