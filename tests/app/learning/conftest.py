"""A small catalogue, a map, and files as they come."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from tests.cast import Cast
from tests.small import load

MAP = {
    "person": {"column": "who", "as": "external_id"},
    "activity": {"column": "course"},
    "title": {"column": "title"},
    "kind": {"value": "course"},
    "completed_at": {"column": "when"},
    "score": {"column": "score"},
    "source": {"value": "old lms"},
}
HEADER = "who,course,title,when,score\n"


@pytest.fixture(autouse=True)
def inside(app: Flask, cast: Cast) -> Iterator[None]:
    with app.app_context():
        load()
        yield


@pytest.fixture
def run(app: Flask, tmp_path: Path) -> Callable[..., Result]:
    """`run(content, "--dry-run")` runs the command on a file with this content."""

    def command(content: str | bytes, *options: str, map: Any = MAP, name: str = "learning.csv") -> Result:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        (tmp_path / "map.json").write_text(map if isinstance(map, str) else json.dumps(map))
        words = ["learning", "import", str(file), "--map", str(tmp_path / "map.json"), *options]
        return app.test_cli_runner().invoke(args=words)

    return command
