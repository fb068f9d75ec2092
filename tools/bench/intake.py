"""S11: xAPI over HTTP as it is run (docs/operate.md): gunicorn with two workers, a worker beside it, four senders.

The senders are cheap, since they share the machine: bodies are made before, and a connection is kept open. One in seven
statements completes something, as a course brings more clicks than ends.
"""

import base64
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tools.bench import Row, engine
from tools.devstack import ROOT

STATEMENTS = int(os.environ.get("BENCH_STATEMENTS", "20000"))
BATCH, SENDERS = 50, 4
VERBS = ("initialized", "progressed", "experienced", "answered", "interacted", "terminated")
ADL = "http://adlnet.gov/expapi/verbs/"


def run(stack: Any) -> list[Row]:
    from app.db import transaction
    from app.factory import create_app
    from app.people import actions as people

    app = create_app()
    with app.app_context():
        engine._prepare(stack, rules=50)
        with transaction():
            made = people.make_client(
                name="Bench", scopes=["xapi:write"], at=datetime.now(UTC),
                account_home="https://lms.example", account_is="external_id",
            )  # fmt: skip
    pair = base64.b64encode(f"{made.key}:{made.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    headers["X-Experience-API-Version"] = "1.0.3"
    bodies = _bodies(random.Random(7))
    port = _free_port()
    processes = [_start(stack, *command) for command in _commands(port)]
    try:
        _wait(port)
        _send(port, headers, bodies[:20])  # so that everything is loaded
        first = _send(port, headers, bodies[20:])
        _until_quiet(stack)
        before = _counted(stack)
        again = _send(port, headers, bodies)
        _until_quiet(stack)
        after = _counted(stack)
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait(20)
    return _told(first, again, before, after)


def _told(first: float, again: float, before: Sequence[int], after: Sequence[int]) -> list[Row]:
    number = STATEMENTS - 20 * BATCH
    raw = f"{1e6 * first / number:,.0f} µs each; {before[1]:,} completions, {before[2]:,} entries"
    differ = sum(one != other for one, other in zip(before, after, strict=True))
    return [
        Row(
            "S11",
            "statements a second over HTTP, batches of 50, four senders",
            number / first,
            ">=",
            1000,
            raw,
        ),
        Row("S11", "statements a second when all is sent again", STATEMENTS / again, ">=", None),
        Row("S11", "counts that differ after sending all again", differ, "<=", 0, f"{after[0]:,} statements"),
        Row("S11", "statements kept / sent", after[0] / STATEMENTS, ">=", 1.0),
    ]


def _bodies(dice: random.Random) -> list[bytes]:
    """Every body differs, and none of its statements comes twice."""
    at = datetime.now(UTC) - timedelta(days=2)
    done: set[tuple[int, int]] = set()
    bodies = []
    for start in range(0, STATEMENTS, BATCH):
        batch = []
        for number in range(start, start + BATCH):
            person, activity = dice.randrange(engine.PEOPLE), dice.randrange(engine.ACTIVITIES)
            ends = number % 7 == 0 and (person, activity) not in done
            if ends:
                done.add((person, activity))
            batch.append(
                _statement(person, activity, "completed" if ends else dice.choice(VERBS), at, number)
            )
        bodies.append(json.dumps(batch).encode())
    return bodies


def _statement(person: int, activity: int, verb: str, at: datetime, number: int) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"bench:{number}")),
        "timestamp": (at + timedelta(seconds=number)).isoformat(),
        "actor": {"account": {"homePage": "https://lms.example", "name": f"b{person}"}, "name": f"Person {person}"},
        "verb": {"id": ADL + verb, "display": {"en": verb, "nl": verb}},
        "object": {
            "id": f"https://lms.example/course/{activity}",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/course",
                "name": {"en": f"Course {activity}"},
                "description": {"en": "A course of some hours about water."},
            },
        },
        "result": {"success": True, "score": {"scaled": 0.8}, "duration": "PT25M"},
        "context": {"platform": "Moodle", "language": "nl", "contextActivities": {
            "grouping": [{"id": f"https://lms.example/category/{activity % 9}"}]}},
    }  # fmt: skip


def _send(port: int, headers: dict[str, str], bodies: Sequence[bytes]) -> float:
    """Four senders, each with a connection that stays; seconds for all."""

    def sender(mine: Sequence[bytes]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in mine:
            line.request("POST", "/xapi/statements", body, headers)
            answer = line.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {said[:300]!r}")
        line.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        for done in [pool.submit(sender, bodies[n::SENDERS]) for n in range(SENDERS)]:
            done.result()
    return time.perf_counter() - began


def _commands(port: int) -> list[list[str]]:
    web = "gunicorn wsgi:app --worker-class gthread --workers 2 --threads 72 --no-control-socket --bind"
    return [[*web.split(), f"127.0.0.1:{port}"], ["flask", "--app", "wsgi", "worker"]]


def _start(stack: Any, *command: str) -> "subprocess.Popen[bytes]":
    with (stack.state / f"{command[0]}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/healthz")
            if line.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the web does not answer")


def _counted(stack: Any) -> list[int]:
    tables = ("statement", "completion", "ledger_entry", "fact", "award", "completion_support")
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        return [_one(line, f"SELECT count(*) FROM {table}") for table in tables]


def _one(line: Any, sql: str) -> int:
    return int(line.execute(sql).fetchone()[0])


def _until_quiet(stack: Any) -> None:
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        while _one(line, "SELECT count(*) FROM outbox WHERE handed_on_at IS NULL"):
            time.sleep(0.2)
