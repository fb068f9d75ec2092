"""`make demo`: servers, migrations, Waterveld, web and worker, until Ctrl-C. `make demo-clean` empties it."""

import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import IO

from tools import devstack
from tools.devstack import DEMO, ROOT, CannotStart, Stack
from tools.watchdog import Watchdog

BIN = Path(sys.executable).parent
FLASK = [str(BIN / "flask"), "--app", "wsgi"]
PATIENCE = 60.0
STOPS_WITHIN = 8.0
MOST_RESTARTS = 5


class Stopped(Exception):
    """Somebody wants the demo to end: Ctrl-C, a signal, a closed terminal."""


class Service:
    """Web or worker: a process of its own session, that is started again when it dies."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], watchdog: Watchdog) -> None:
        self.name, self.command, self.env, self.watchdog = name, command, env, watchdog
        self.log = DEMO / f"{name}.log"
        self.deaths: list[float] = []
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.watchdog.watch(process.pid)
        return process

    def look_after(self) -> None:
        """Start again what died; what dies again and again has a reason, which its log tells."""
        if self.process.poll() is None:
            return
        self.watchdog.forget(self.process.pid)
        now = time.monotonic()
        self.deaths = [*(then for then in self.deaths if now - then < 30), now]
        if len(self.deaths) > MOST_RESTARTS:
            raise CannotStart(f"The {self.name} keeps ending. The last lines of {self.log}:\n{self.tail()}")
        time.sleep(0.5)
        say(f"The {self.name} ended ({self.process.returncode}); starting it again")
        self.process = self._start()

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.watchdog.forget(self.process.pid)


def main() -> None:
    """Start everything in order; end everything in the opposite order, whatever happens."""
    if sys.argv[1:] == ["clean"]:
        devstack.clean(DEMO)
        say("The demo is empty; the next `make demo` fills it again")
        return
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with ExitStack() as undo:
            _run(undo, started)
    except Stopped:
        say("The demo has stopped; its data stay")


def _run(undo: ExitStack, started: float) -> None:
    port = _free_port()
    undo.enter_context(_only_one())
    undo.callback(_deaf)
    env = _environment(undo, port)
    _fill(env)
    watchdog = Watchdog()
    undo.callback(watchdog.close)
    threads = str(int(env.get("THREADS", "64")) + 8)
    web = [str(BIN / "gunicorn"), "-b", f"127.0.0.1:{port}", "-k", "gthread", "-w", "1", "--threads", threads]
    web += ["--no-control-socket", "--graceful-timeout", "2", "--log-level", "warning", "wsgi:app"]
    services: list[Service] = []
    undo.callback(_end, services)
    for name, command in (("web", web), ("worker", [*FLASK, "worker"])):
        services.append(Service(name, command, env, watchdog))
    _wait_until_ready(services[0], f"http://127.0.0.1:{port}/healthz")
    _welcome(port, time.monotonic() - started)
    while True:
        for service in services:
            service.look_after()
        time.sleep(0.3)


def _stop(_number: int, _frame: FrameType | None) -> None:
    _deaf()  # a second Ctrl-C must not break off the stopping
    raise Stopped


def _deaf() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _end(services: list[Service]) -> None:
    for service in services:
        service.stop()
    for service in services:
        service.wait()


def _free_port() -> int:
    """Say that a port is busy before anything starts."""
    wish = os.environ.get("PORT") or "8000"
    if not wish.isdigit() or not 0 < int(wish) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {wish!r}.")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", int(wish)))
            tried.listen(1)
        except PermissionError:
            raise CannotStart(f"Port {wish} is only for root: PORT=8000 make demo.") from None
        except OSError:
            raise CannotStart(
                f"Port {wish} is in use, maybe by another demo. Another one: PORT={int(wish) + 1} make demo"
            ) from None
    return int(wish)


def _only_one() -> IO[str]:
    devstack.Place.of(DEMO)
    lock = (DEMO / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CannotStart("The demo of this folder is running already.") from None
    return lock


def _environment(undo: ExitStack, port: int) -> dict[str, str]:
    """Servers that somebody named, or our own; and keys that the demo keeps."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    env = {"GALLERY": "1", **devstack.secrets(DEMO), **devstack.mail(DEMO), **given, "PORT": str(port)}
    if given.get("DATABASE_URL") and given.get("REDIS_URL"):
        return env
    if given.get("DATABASE_URL") or given.get("REDIS_URL"):
        raise CannotStart("Set both DATABASE_URL and REDIS_URL, or neither.")
    say("Starting PostgreSQL and Valkey")
    stack = undo.enter_context(Stack(DEMO))
    return env | stack.env()


def _fill(env: dict[str, str]) -> None:
    """Migrate and fill, once: later starts see from a note of this database that nothing changed."""
    note, version = _own_file("filled"), _version(env["DATABASE_URL"])
    done = note.read_text().splitlines() if note.exists() else []
    if version in done:
        return
    say("Making the tables")
    _flask(env, "db", "upgrade")
    if not done:
        say("Filling the demo organisation: half a year of learning; once")
        _flask(env, "seed", "demo", "--people-file", str(_own_file("people.txt")))
    note.write_text("\n".join([*done, version]))


def _own_file(name: str) -> Path:
    """A note about the demo's own database; about one that somebody named, a note of another name."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return DEMO / name
    stem, dot, ending = name.partition(".")
    return DEMO / f"{stem}-{hashlib.sha256(url.encode()).hexdigest()[:12]}{dot}{ending}"


def _version(database_url: str) -> str:
    files = sorted((ROOT / "migrations").rglob("*.py"))
    content = b"\0".join(path.read_bytes() for path in files)
    return hashlib.sha256(content + database_url.encode()).hexdigest()


def _flask(env: dict[str, str], *command: str) -> None:
    process = subprocess.Popen([*FLASK, *command], cwd=ROOT, env=env, start_new_session=True)
    try:
        failed = process.wait()
    except Stopped:
        process.terminate()
        process.wait()
        raise
    if failed:
        raise CannotStart(f"`flask {' '.join(command)}` failed; see the lines above.")


def _wait_until_ready(web: Service, url: str) -> None:
    say("Starting web and worker")
    deadline = time.monotonic() + PATIENCE
    while not _answers(url):
        web.look_after()
        if time.monotonic() > deadline:
            raise CannotStart(f"No answer from {url}. The last lines of {web.log}:\n{web.tail()}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
        return bool(answer.status == 200)
    return False


def _welcome(port: int, seconds: float) -> None:
    people = _own_file("people.txt")
    who = people.read_text().rstrip() if people.exists() else ""
    print(
        f"\nBlijk is ready after {seconds:.0f} s: http://127.0.0.1:{port}\n{who}\n\nCtrl-C stops it.",
        flush=True,
    )


def say(text: str) -> None:
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    main()
