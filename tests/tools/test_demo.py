"""`make demo` says what is in its way before it starts anything, and leaves nothing behind when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tools import devstack
from tools.devstack import ROOT


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def started(folder: Path, port: int) -> "subprocess.Popen[str]":
    env = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env={**env, "DEMO_DIR": str(folder), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def demo(folder: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """A demo that is ready; its organisation counts as filled, which is a test of its own."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "filled").exists():
        (folder / "filled").write_text("earlier\n")
    with started(folder, port) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        assert running.poll() is None, "".join(said)
        yield running
        if running.poll() is None:
            running.kill()


def health(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        status: int = answer.status
        return status


def of_ours(folder: Path) -> list[str]:
    """Processes that belong to the demo of this folder, told by their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_a_busy_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen(1)
        with started(tmp_path / "demo", busy.getsockname()[1]) as refused:
            said, _ = refused.communicate(timeout=30)
    assert refused.returncode == 1
    assert "is in use" in said
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("wish", ["0", "65536", "web"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, wish: str) -> None:
    env = {**os.environ, "DEMO_DIR": str(tmp_path / "demo"), "PORT": wish}
    said = subprocess.run(
        [sys.executable, "-m", "tools.demo"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "PORT must be a number" in said.stderr


@pytest.mark.slow
def test_ctrl_c_ends_all_of_it_and_kill_9_too_and_the_next_one_starts(tmp_path: Path) -> None:
    folder, port = tmp_path / "demo", free_port()
    with demo(folder, port) as running:
        assert health(port) == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
    assert of_ours(folder) == []
    with demo(folder, port) as running:
        assert health(port) == 200
        running.kill()
    deadline = time.monotonic() + 20
    while of_ours(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert of_ours(folder) == []
    with demo(folder, port) as running:
        assert health(port) == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    devstack.clean(folder)
