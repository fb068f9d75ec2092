"""Something to find: a catalogue, lessons to share, badges to hold."""

import pytest
from flask import Flask

from tests.app.activities.scene import catalogue
from tests.app.leaderboards.scene import Scene
from tests.app.lessons.conftest import share, skill
from tests.cast import Cast
from tests.small import badge, completed

__all__ = ["catalogue", "share", "skill"]


@pytest.fixture
def scene(app: Flask, cast: Cast) -> Scene:
    """With one badge, after three completions."""
    made = Scene(app, cast)
    name = {"nl": "Drie klaar", "en": "Three done"}
    made.load([badge("three", (completed(3), 10)) | {"name": name}])
    return made
