"""The catalogue of the activities' tests, and the house to act in."""

from tests.app.activities.scene import catalogue, inside

__all__ = ["catalogue", "inside"]
