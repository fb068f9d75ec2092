"""The scene of these tests."""

import pytest
from flask import Flask

from tests.app.leaderboards.scene import Scene
from tests.cast import Cast


@pytest.fixture
def scene(app: Flask, cast: Cast) -> Scene:
    return Scene(app, cast)
