"""The running service, as real processes on servers of its own, that a test may kill; and those who use it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.access import SESSION, masked
from app.db import db, transaction
from app.factory import create_app
from app.keys import keyed_hash
from app.outbox import settle
from app.people import actions as people
from tests.cast import hashed, platform_headers
from tests.conftest import KEYS
from tests.small import BADGES, badge, completed, load
from tools.devstack import Stack

ROOT = Path(__file__).resolve().parents[2]
VERB = "http://adlnet.gov/expapi/verbs/completed"
TYPES = ("course", "meeting", "module", "assessment")
DAYS = 60  # over so many days things happened
POINTS = {
    "kinds": {
        "course": {"points": 20, "cap_week": 60},
        "workshop": {"points": 10, "cap_day": 15},
        "article": {"points": 3},
        "kudos_received": {"points": 5},
    }
}
THANKS = badge("busy", *((completed(number), number) for number in (1, 3, 6, 9)))


@dataclass
class Service:
    """Web and worker of one house. `house` is the same one within this process, in the worker's role."""

    stack: Stack
    house: Flask
    people: list[int] = field(default_factory=list)
    platform: dict[str, str] = field(default_factory=dict)
    port: int = 0
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, **self.stack.env(), **KEYS, "PORT": str(self.port), "THREADS": "32"}

    def start(self, name: str) -> None:
        """`web` or `worker`."""
        options = (
            f"-b 127.0.0.1:{self.port} -k gthread -w 1 --threads 40 --graceful-timeout 2 --log-level error"
        )
        command = {
            "web": ["gunicorn", *options.split(), "--no-control-socket", "wsgi:app"],
            "worker": ["flask", "--app", "wsgi", "worker"],
        }[name]
        log = (self.stack.state / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
        )  # fmt: skip
        log.close()

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """All processes of it at once, in the middle of whatever they do."""
        process = self.running.pop(name, None)
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            process.wait(20)

    def log(self, name: str) -> str:
        return (self.stack.state / f"{name}.log").read_text(errors="replace")

    def until(self, true: Callable[[], Any], seconds: float, what: str) -> float:
        """Wait for something; say how long it took."""
        started = time.monotonic()
        while not true():
            if time.monotonic() - started > seconds:
                raise TimeoutError(f"waited {seconds} s for {what}; web: {self.log('web')[-2000:]}")
            time.sleep(0.05)
        return time.monotonic() - started

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException), closing(Caller(self.port)) as caller:
            return caller.ask("GET", "/healthz").status == 200
        return False

    def flask(self, *words: str, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=timeout
        )

    def within(self, ask: Callable[[], Any]) -> Any:
        """The answer of a function in the house, in a transaction that is given up afterwards."""
        with self.house.app_context():
            try:
                return ask()
            finally:
                db.session.rollback()

    def forget_connections(self) -> None:
        """Those of this process, after PostgreSQL was away."""
        with self.house.app_context():
            db.session.remove()
            db.engine.dispose()

    def rows(self, sql: str) -> list[Any]:
        return list(self.within(lambda: db.session.execute(db.text(sql)).all()))

    def drained(self) -> bool:
        """Nothing waits for the worker."""
        return bool(self.rows("SELECT count(*) FROM outbox WHERE handed_on_at IS NULL")[0][0] == 0)

    def cookie_of(self, person_id: int) -> dict[str, str]:
        with self.house.app_context(), transaction():
            token = people.start_session(person_id=person_id, at=datetime.now(UTC))
            csrf = masked(keyed_hash("csrf", token))
        return {"Cookie": f"{SESSION}={token}", "X-CSRF-Token": csrf}

    def cookie_of_again(self, person_id: int) -> dict[str, str]:
        """The same while PostgreSQL comes and goes."""
        while True:
            try:
                return self.cookie_of(person_id)
            except DBAPIError:
                time.sleep(0.1)


@contextmanager
def service_on(stack: Stack, number: int = 60) -> Iterator[Service]:
    """A house with so many people and badges; nothing runs yet."""
    made = Service(stack, Flask("nothing"), port=_free_port())
    done = made.flask("db", "upgrade")
    assert done.returncode == 0, done.stderr
    env = {name: value for name, value in made.env.items() if name in {*stack.env(), *KEYS}}
    made.house = create_app(TESTING=True, role="worker", **env)
    try:
        with made.house.app_context():
            made.people = _organisation(number)
        made.platform = platform_headers(made.house, "xapi:write")
        yield made
    finally:
        for name in list(made.running):
            made.kill(name)
        made.forget_connections()


def _organisation(number: int) -> list[int]:
    at = datetime.now(UTC) - timedelta(days=400)
    with transaction():
        people.make_organisation(name="Waterveld")
    rows = [_row(n) for n in range(number)]
    with transaction():
        known = people.import_people(rows, at=at)
        settle(at)
    assert not known.refused
    load([*BADGES, THANKS], POINTS, at=at)
    return [known.id_of(f"w-{n}") for n in range(number)]


def _row(n: int) -> Any:
    from app.people.rules import PersonRow

    return PersonRow(
        external_id=f"w-{n}", name=f"Person {n:02}", email=f"p{n}@waterveld.example", role="employee",
        manager_external_id=f"w-{n // 12}" if n >= 12 else None, department=f"D{n % 3}", team=f"T{n % 6}",
        language="nl", hours_per_week=36.0, password_hash=hashed(),
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


# Those who use it -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float


class Caller:
    """One line to the service, kept open as long as it holds."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None, timeout: float = 20) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.headers, self.used = dict(headers or {}), 0.0

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """`OSError` or `HTTPException` when there is nobody; then the next call takes a new line."""
        started = time.monotonic()
        if started - self.used > 1:  # the server hangs up on lines that rest
            self.line.close()
        try:
            self.line.request(method, path, body, {**self.headers, **headers})
            answer = self.line.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except BaseException:
            self.line.close()
            raise
        self.used = time.monotonic()
        return Answer(answer.status, dict(answer.getheaders()), text, time.monotonic() - started)

    def close(self) -> None:
        self.line.close()


def statement(person: int, about: int, day: float, again: int = 0) -> dict[str, Any]:
    """Person number so many completed activity number so many; `again` is another statement of the same."""
    at = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - day)
    iri = f"https://learn.example/{about}"
    kind = f"http://adlnet.gov/expapi/activities/{TYPES[about % len(TYPES)]}"
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{person} {about} {again}")),
        "actor": {"mbox": f"mailto:p{person}@waterveld.example"},
        "verb": {"id": VERB},
        "object": {"id": iri, "definition": {"type": kind, "name": {"en": f"Course {about}"}}},
        "timestamp": at.isoformat(),
    }


def say(figures: str) -> None:
    """Figures of a test: shown with `pytest -s -n0`, and when it fails."""
    sys.stdout.write(f"\n{figures}\n")


def send(caller: Caller, batch: Sequence[Mapping[str, Any]]) -> Answer:
    """Post statements as a platform does."""
    return caller.ask(
        "POST", "/xapi/statements", json.dumps(batch),
        **{"Content-Type": "application/json", "X-Experience-API-Version": "2.0.0"},
    )  # fmt: skip


class Crowd:
    """Threads that do something again and again until told to stop; what one of them meets is not swallowed."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.threads: list[threading.Thread] = []
        self.troubles: list[BaseException] = []

    def begin(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except BaseException as trouble:
                self.troubles.append(trouble)

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def stop(self, seconds: float = 60) -> None:
        self.stopping.set()
        self.join(seconds)

    def join(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.1, deadline - time.monotonic()))
        assert not self.troubles, self.troubles
        assert not any(thread.is_alive() for thread in self.threads), "somebody is still at it"
