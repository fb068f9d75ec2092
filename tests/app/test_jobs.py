"""Jobs: kept with the transaction they belong to or not at all, done by the worker, tried again when they fail."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from app import jobs
from app.db import db, transaction
from tests.small import rows


class Done:
    """What the jobs of this file did, by number."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.at_once = self.most = 0


done = Done()


@jobs.job("tests.note", queue="tests", tries=3)
def note(number: int, fails: int = 0) -> None:
    done.calls.append(number)
    if done.calls.count(number) <= fails:
        raise RuntimeError("secret words of somebody")


@jobs.job("tests.slow", queue="tests")
def slow(number: int) -> None:
    done.at_once += 1
    done.most = max(done.most, done.at_once)
    time.sleep(0.2)
    done.at_once -= 1
    done.calls.append(number)


@pytest.fixture(autouse=True)
def inside(app: Flask, database: object) -> Iterator[None]:
    done.__init__()  # type: ignore[misc]
    with app.app_context():
        yield


@pytest.fixture
def desk(app: Flask) -> Iterator[None]:
    """The worker's side, in a thread."""
    with working(app):
        yield


@contextmanager
def working(app: Flask) -> Iterator[None]:
    house, stop = app.extensions["create_app"](role="worker"), threading.Event()
    thread = jobs.begin(house, stop)
    yield
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    with house.app_context():
        db.engine.dispose()


def until(true: Callable[[], Any], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, done.calls
        time.sleep(0.02)


def test_a_job_is_kept_with_its_transaction_or_not_at_all(desk: None) -> None:
    with pytest.raises(KeyError), transaction():
        jobs.do_later(note, number=1)
        raise KeyError
    with transaction():
        jobs.do_later(note, number=2)
    until(lambda: done.calls)
    assert done.calls == [2]


def test_what_fails_is_tried_again_and_says_nothing_of_what_people_wrote(
    desk: None, capfd: pytest.CaptureFixture[str]
) -> None:
    with transaction():
        jobs.do_later(note, number=3, fails=1)
    until(lambda: done.calls == [3, 3])
    said = capfd.readouterr().err
    assert "tests.note" in said
    assert "secret" not in said


def test_jobs_that_go_one_at_a_time_never_run_side_by_side(desk: None) -> None:
    with transaction():
        for number in range(4):
            jobs.do_later(slow, one_at_a_time="tests", number=number)
    until(lambda: len(done.calls) == 4)
    assert done.most == 1


def test_jobs_of_a_worker_that_died_are_taken_up_by_another(database: Any, app: Flask) -> None:
    with transaction():
        number = jobs.do_later(note, number=5)
    database.line.execute(
        "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
        " RETURNING id)"
        " UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead) WHERE id = %s",
        [number],
    )
    with working(app):
        until(lambda: done.calls == [5])
    assert rows("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'") == [(0,)]
