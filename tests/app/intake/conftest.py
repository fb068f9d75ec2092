"""A learning platform that speaks xAPI, and ways to see what came of it."""

from tests.app.imports.scene import completions, inside, kept, lms, other_lms

__all__ = ["completions", "inside", "kept", "lms", "other_lms"]
