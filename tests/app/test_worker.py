"""The worker: each row is handed on at least once, what fails waits alone, and nobody is held up."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import flow, outbox, worker
from app.db import db, transaction
from app.events import Event, KudosGiven, LessonShared, PointsChanged
from app.outbox import publish, settle
from tests.small import rows

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def inside(app: Flask, database: object) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def reactions() -> Iterator[Callable[..., None]]:
    """`reactions({KudosGiven: [f]})` are from now on all that follows later; the house's own come back."""
    yield lambda later: outbox.connect({}, later)
    outbox.connect(flow.NOW, flow.LATER)


class Heard:
    """What a reaction was told, call by call."""

    def __init__(self, fails: Callable[[Sequence[Any]], bool] = lambda told: False) -> None:
        self.calls: list[list[int]] = []
        self.fails = fails

    def __call__(self, told: Sequence[Any], now: datetime) -> None:
        if self.fails(told):
            raise RuntimeError("secret words of somebody")
        self.calls.append([event.kudos_id for event in told])


def tell(*events: Event, at: datetime = AT) -> None:
    """One transaction each, so one row each."""
    for event in events:
        with transaction():
            publish([event])
            settle(at)


def kudos(*numbers: int) -> list[Event]:
    return [KudosGiven(person_id=1, kudos_id=number) for number in numbers]


def waiting() -> list[tuple[Any, ...]]:
    found = rows("SELECT id, tries, trouble, next_try_at FROM outbox WHERE handed_on_at IS NULL ORDER BY id")
    db.session.rollback()
    return found


# Once, together, and in order -------------------------------------------------------------------------------


def test_rows_of_one_type_are_handed_on_together_and_in_order(reactions: Any) -> None:
    heard = Heard()
    reactions({KudosGiven: [heard]})
    tell(*kudos(3, 1, 2))
    assert worker.relay(AT) == 3
    assert heard.calls == [[3, 1, 2]]
    assert worker.relay(AT) == 0
    assert waiting() == []


def test_what_nobody_waits_for_is_not_written(reactions: Any) -> None:
    reactions({KudosGiven: [Heard()]})
    tell(LessonShared(person_id=1, lesson_id=1))
    assert rows("SELECT count(*) FROM outbox") == [(0,)]


def test_what_came_late_keeps_its_types(reactions: Any) -> None:
    told: list[Any] = []
    reactions({PointsChanged: [lambda events, now: told.extend(events)]})
    event = PointsChanged(person_id=7, windows=("2026-03", "2026"))
    tell(event)
    worker.relay(AT)
    assert told == [event]


# What fails -------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_alone_and_holds_nobody_up(reactions: Any) -> None:
    heard = Heard(fails=lambda told: any(event.kudos_id == 2 for event in told))
    reactions({KudosGiven: [heard]})
    tell(*kudos(1, 2, 3))
    assert worker.relay(AT) == 2
    assert heard.calls == [[1], [3]]
    tell(*kudos(4))
    assert worker.relay(AT) == 1, "and not those that come after it"
    assert heard.calls[-1] == [4]
    assert len(waiting()) == 1


def test_it_is_tried_later_and_later_and_handed_on_when_it_can_be(reactions: Any) -> None:
    heard = Heard(fails=lambda told: True)
    reactions({KudosGiven: [heard]})
    tell(*kudos(1))
    at, pauses = AT, []
    for number in range(12):
        worker.relay(at)
        ((_, tries, trouble, next_try_at),) = waiting()
        assert (tries, trouble) == (number + 1, "RuntimeError")
        pauses.append((next_try_at - at).total_seconds())
        assert worker.relay(next_try_at - timedelta(milliseconds=1)) == 0, "not before its time"
        assert waiting()[0][1] == tries
        at = next_try_at
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    heard.fails = lambda told: False
    assert worker.relay(at) == 1
    assert (heard.calls, waiting()) == ([[1]], [])


def test_a_row_that_nobody_can_read_holds_nobody_up(reactions: Any) -> None:
    """Such as one of a newer release, after going back."""
    heard = Heard()
    reactions({KudosGiven: [heard]})
    tell(*kudos(1, 2))
    with transaction():
        db.session.execute(
            db.text("UPDATE outbox SET event = 'NotYetInvented' WHERE id = (SELECT min(id) FROM outbox)")
        )
    assert worker.relay(AT) == 1
    assert heard.calls == [[2]]
    assert waiting()[0][2] == "AttributeError"


def test_a_reaction_that_fails_half_way_leaves_nothing_in_the_database(reactions: Any) -> None:
    def half(told: Sequence[Any], now: datetime) -> None:
        db.session.execute(db.text("INSERT INTO board_state (id, epoch, changed_at) VALUES (77, 'x', now())"))
        raise RuntimeError

    reactions({KudosGiven: [half]})
    tell(*kudos(1))
    worker.relay(AT)
    assert rows("SELECT count(*) FROM board_state WHERE id = 77") == [(0,)]


def test_the_log_says_what_failed_and_where_and_not_what_people_wrote(
    reactions: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    reactions({KudosGiven: [Heard(fails=lambda told: True)]})
    tell(*kudos(1))
    worker.relay(AT)
    said = "".join(capfd.readouterr())
    assert "RuntimeError" in said
    assert "test_worker.py" in said
    assert "secret words" not in said


def test_a_turn_that_fails_comes_round_again_and_does_not_stop_the_others() -> None:
    done: list[str] = []

    def bad(at: datetime) -> None:
        done.append("bad")
        raise RuntimeError

    turns = [worker.Turn(0, bad), worker.Turn(0, lambda at: done.append("good"))]
    for _ in range(2):
        assert worker.look(turns) == worker.LOOK_EVERY
    assert done == ["bad", "good"] * 2


def test_while_the_database_is_away_it_rests_instead_of_filling_the_log(database: Any) -> None:
    from app.factory import create_app

    away = create_app(TESTING=True, DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    with away.app_context():
        assert worker.look([]) == worker.REST
        db.session.remove()
        db.engine.dispose()


# Several at once, and deaths --------------------------------------------------------------------------------


def test_two_relays_at_once_hand_on_each_row_once(app: Flask, reactions: Any) -> None:
    """Each takes what the other one does not hold."""
    told: list[int] = []
    both = threading.Barrier(2, timeout=20)
    met = threading.Event()

    def react(events: Sequence[Any], now: datetime) -> None:
        if not met.is_set():
            both.wait()  # both are at it at the same time
            met.set()
        told.extend(event.kudos_id for event in events)

    reactions({KudosGiven: [react]})
    tell(*kudos(*range(20)))

    def work() -> None:
        with app.app_context():
            while worker.relay(AT, limit=5):
                pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == list(range(20))
    assert waiting() == []


def test_while_one_relay_holds_a_failed_row_another_one_leaves_it(app: Flask, reactions: Any) -> None:
    """It is put off once, not once per worker."""
    tried: list[int] = []

    def react(events: Sequence[Any], now: datetime) -> None:
        tried.append(len(events))
        raise RuntimeError

    reactions({KudosGiven: [react]})
    tell(*kudos(1))
    ids = [row[0] for row in waiting()]
    worker.relay(AT)
    tried.clear()
    assert not worker._relay_alone(ids[0], AT), "it was put off meanwhile"
    assert tried == []
    assert waiting()[0][1] == 1


DIES = """
import os, signal
from datetime import datetime, UTC
from app import outbox, worker
from app.events import KudosGiven
from app.factory import create_app

def react(events, now):
    print([event.kudos_id for event in events], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

app = create_app(role="worker")
outbox.connect({}, {KudosGiven: [react]})
with app.app_context():
    worker.relay(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
"""


@pytest.mark.slow
def test_a_row_comes_again_when_the_worker_dies_between_handing_on_and_writing_that_down(
    reactions: Any,
) -> None:
    heard = Heard()
    reactions({KudosGiven: [heard]})
    tell(*kudos(1, 2))
    died = subprocess.run(
        [sys.executable, "-c", DIES], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (died.returncode, died.stdout.strip()) == (-signal.SIGKILL, "[1, 2]"), died.stderr
    deadline = time.monotonic() + 10
    while not worker.relay(AT):  # until PostgreSQL has noticed that the other one is gone
        assert time.monotonic() < deadline
    assert heard.calls == [[1, 2]]


@pytest.mark.slow
def test_it_starts_works_and_ends_soon_when_asked_to(app: Flask, cast: Any) -> None:
    """A process of its own, as in production."""
    tell(PointsChanged(person_id=cast.anna, windows=()))
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"], cwd=ROOT, env={**os.environ}
    )
    try:
        deadline = time.monotonic() + 60
        while waiting():
            assert time.monotonic() < deadline, "it does not work"
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0  # long before whoever stops services kills it
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_what_was_handed_on_long_ago_is_dropped_and_the_rest_stays(reactions: Any) -> None:
    reactions({KudosGiven: [Heard()]})
    tell(*kudos(1))
    worker.relay(AT)
    later = AT + timedelta(days=8)
    tell(*kudos(2), at=later)
    worker.prune(AT + timedelta(days=6))
    assert rows("SELECT count(*) FROM outbox") == [(2,)]
    worker.prune(later)
    assert len(waiting()) == 1
    assert rows("SELECT count(*) FROM outbox") == [(1,)]
