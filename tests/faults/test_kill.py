"""Every statement counts exactly once, whatever dies: web, worker and PostgreSQL, by kill -9, while they come in."""

import http.client
import json
import random
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.faults.service import Caller, Crowd, Service, say, send, service_on, statement
from tools import devstack

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

SENDERS, BATCH = 4, 10
KILLED = ("web", "worker", "web", "postgres", "worker", "web", "worker")
BETWEEN = 0.7  # seconds from one death to the next


@pytest.fixture
def service() -> Iterator[Service]:
    """Durable: what PostgreSQL said it kept must be there after its death."""
    with devstack.private(durable=True) as stack, service_on(stack) as made:
        made.start("web")
        made.start("worker")
        made.until(made.answers, 60, "the service")
        yield made


class Sending:
    """Platforms that send everything, several times and in any order, until each batch was acknowledged."""

    def __init__(self, service: Service, chance: random.Random) -> None:
        self.service, self.chance = service, chance
        self.lock = threading.Lock()
        self.sent: dict[str, Mapping[str, Any]] = {}
        self.done = self.failed = 0
        self.wrong: list[str] = []

    def sender(self, crowd: Crowd, number: int) -> None:
        caller, own = Caller(self.service.port, self.service.platform, timeout=5), 0
        while not crowd.stopping.is_set():
            self._until_acknowledged(caller, self._batch(number, own))
            own += 1
        caller.close()

    def _batch(self, number: int, own: int) -> Sequence[Mapping[str, Any]]:
        """New ones of all sorts of days, some that others have sent, and the same one once more."""
        with self.lock:
            old = list(self.sent.values())
            new = [self._new(number, BATCH * own + n) for n in range(BATCH - 3)]
            again = self.chance.sample(old, min(3, len(old)))
            batch = {one["id"]: one for one in (*new, *again)}
            self.sent.update(batch)
            found = list(batch.values())
            self.chance.shuffle(found)
        return found

    def _new(self, number: int, n: int) -> Mapping[str, Any]:
        """Each pair of person and course comes from two senders, in statements of their own."""
        pair = (number // 2) * 100_000 + n
        person, about = pair % 60, pair // 60 % 97
        day = (pair * 7919 % 5900) / 100
        return statement(person, about, day, again=number % 2)

    def _until_acknowledged(self, caller: Caller, batch: Sequence[Mapping[str, Any]]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = send(caller, batch)
            except (OSError, http.client.HTTPException):
                self.failed += 1
                time.sleep(0.1)
                continue
            if answer.status == 200:
                if json.loads(answer.text) != [one["id"] for one in batch]:
                    self.wrong.append(answer.text)
                self.done += 1
                return
            if answer.status not in (429, 502, 503, 504):
                self.wrong.append(f"{answer.status} {answer.text[:500]}")
                return
            self.failed += 1
            time.sleep(0.1)
        self.wrong.append("never acknowledged")


def test_each_statement_counts_once_whatever_is_killed(service: Service) -> None:
    sending, crowd = Sending(service, random.Random(20260302)), Crowd()
    for number in range(SENDERS):
        crowd.begin(lambda number=number: sending.sender(crowd, number))
    before = sending.done
    service.until(lambda: sending.done > before + 3, 30, "the first statements")
    for name in KILLED:
        _die(service, name, sending)
    crowd.stop()
    service.kill("worker")  # with what is left to hand on, and nothing that comes after it
    service.start("worker")
    assert sending.wrong == []
    assert sending.failed >= 3, "nothing was interrupted"
    seconds = service.until(service.drained, 60, "the worker")
    _counted_once(service, sending)
    told = service.flask("verify")
    assert told.returncode == 0, told.stdout + told.stderr
    say(
        f"{len(sending.sent)} statements, {sending.done} acknowledged and {sending.failed} failed batches,"
        f" {len(KILLED)} deaths, drained in {seconds:.1f} s; {told.stdout.strip()}"
    )


def _die(service: Service, name: str, sending: Sending) -> None:
    """Kill it while statements come in, start it again, and let some more come in."""
    time.sleep(BETWEEN)
    before = sending.done
    if name == "postgres":
        service.stack.hold("postgres", signal.SIGKILL)
        time.sleep(0.3)
        service.stack.release("postgres")
        service.forget_connections()
    else:
        service.kill(name)
        service.start(name)
    service.until(lambda: sending.done >= before + 4, 60, f"statements after the death of {name}")


def _counted_once(service: Service, sending: Sending) -> None:
    """What is stored is what was acknowledged; each pair of person and course is one completion and one fact."""
    stored = service.rows("SELECT CAST(id AS text) FROM statement")
    assert sorted(row[0] for row in stored) == sorted(sending.sent)
    pairs = {(one["actor"]["mbox"], one["object"]["id"]) for one in sending.sent.values()}
    (completions,) = service.rows(
        "SELECT count(*), count(*) FILTER (WHERE state = 'confirmed') FROM completion"
    )
    assert tuple(completions) == (len(pairs), len(pairs))
    (facts,) = service.rows("SELECT count(*), count(DISTINCT source) FROM fact WHERE withdrawn_at IS NULL")
    assert tuple(facts) == (len(pairs), len(pairs))
    supports = service.rows("SELECT count(*) FROM completion_support WHERE withdrawn_at IS NULL")
    assert supports[0][0] == len(sending.sent)
    held = service.rows(
        "SELECT person_id, achievement_id, tier, period_key FROM award WHERE revoked_at IS NULL"
    )
    assert len(held) == len(set(held)) > 100
