"""The skills of the activities' tests, and two who learn from each other."""

from tests.app.activities.scene import catalogue, inside

__all__ = ["catalogue", "inside"]
