"""Fixtures: a server that is shared and empty, and one that a test may end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaderboards.server import Server


def _server(*options: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="boards-", dir="/tmp") as folder:
        server = Server(Path(folder))
        server.start(*options)
        yield server
        server.stop()


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Server]:
    yield from _server()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """A running server, empty."""
    shared_server.client().flushall()
    return shared_server


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that this test may end."""
    yield from _server()
