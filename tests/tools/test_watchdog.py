"""What a process started ends with it, also when it was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools.devstack import ROOT

OWNER = """
import subprocess, time
from tools.watchdog import Watchdog
child = subprocess.Popen(["sh", "-c", "sleep 61 & wait"], start_new_session=True)
other = subprocess.Popen(["sleep", "62"], start_new_session=True)
watchdog = Watchdog()
watchdog.watch(child.pid)
watchdog.watch(other.pid)
watchdog.forget(other.pid)
print(child.pid, other.pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_after_kill_9_the_children_and_their_children_end_and_the_forgotten_stay() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        child, other = map(int, owner.stdout.readline().split())
        owner.kill()
    deadline = time.monotonic() + 10
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)
    assert alive(other)
    os.kill(other, signal.SIGTERM)
