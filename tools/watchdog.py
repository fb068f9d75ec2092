"""Ends a process's children when it is gone, however it went: also after kill -9.

Reads process ids from its standard input, a pipe from the owner; `+17` adds one, `-17` forgets it.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

PATIENCE = 5.0


class Watchdog:
    """The owner's end. Each child must have a session of its own, so that its whole group can be ended."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-IS", __file__], stdin=subprocess.PIPE, start_new_session=True, text=True
        )

    def _tell(self, word: str) -> None:
        if self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.write(f"{word}\n")
                self._process.stdin.flush()

    def watch(self, pid: int) -> None:
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        self._tell(f"-{pid}")

    def close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(PATIENCE + 5)


def _group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except OSError:
        return False
    return True


def _end(pids: set[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    for how in (signal.SIGTERM, signal.SIGKILL):
        for pid in filter(_group_lives, pids):
            with suppress(OSError):
                os.killpg(pid, how)
        while how == signal.SIGTERM and any(map(_group_lives, pids)) and time.monotonic() < deadline:
            time.sleep(0.05)


def _main() -> None:
    watched: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            watched.add(int(line[1:]))
        else:
            watched.discard(int(line[1:]))
    _end(watched)


if __name__ == "__main__":
    _main()
