"""Many at once, over real connections: nothing counts twice, nothing is missed, nobody waits for ever."""

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db import transaction
from app.outbox import settle
from app.people import actions as people
from tests.app.imports.scene import Platform, says, voids
from tests.cast import row_of

Completions = Callable[[], list[tuple[int, datetime]]]
Counted = Callable[[], tuple[int, int]]
ROUNDS = 6


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, all let go together."""
    start = Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        start.wait()
        return step()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def posts(app: Flask, lms: Platform, *batches: Any) -> list[TestResponse]:
    """Each batch from a browser of its own; who is turned away for a moment comes again, as a platform does."""

    def step(batch: Any) -> Callable[[], TestResponse]:
        sender = Platform(app.test_client(), lms.headers)

        def send() -> TestResponse:
            for _ in range(200):
                answer = sender.post(batch)
                if answer.mimetype != "application/problem+json":  # turned away at the wall
                    break
                time.sleep(0.05)
            return answer

        return send

    return at_once(*map(step, batches))


@pytest.mark.parametrize("id", ["3f1c2d7e-6a52-4b8e-9d0a-5c7e1f2a3b4c", None])
@pytest.mark.parametrize("timestamp", ["2026-03-02T09:00:00Z", None])
@pytest.mark.parametrize("who", ["anna", "nobody"])
def test_the_same_fifty_times_is_one_completion_and_fifty_equal_answers(
    app: Flask,
    lms: Platform,
    completions: Completions,
    counted: Counted,
    kept: Callable[[], int],
    id: str | None,
    timestamp: str | None,
    who: str,
) -> None:
    statement = says(who, id=id, timestamp=timestamp)
    answers = posts(app, lms, *[statement] * 50)
    assert {(answer.status_code, answer.data) for answer in answers} == {(200, answers[0].data)}
    assert kept() == 1
    assert len(completions()) == counted()[0] == (1 if who == "anna" else 0)


def test_one_id_with_fifty_contents_is_one_of_them(
    app: Flask, lms: Platform, completions: Completions, counted: Counted
) -> None:
    id = str(uuid.uuid4())
    several = [says("anna" if n % 2 else "ben", id=id, about=f"urn:{n}") for n in range(50)]
    answers = posts(app, lms, *several)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
    winner = [answer.status_code for answer in answers].index(200)
    assert lms.get(statementId=id).get_json()["object"]["id"] == f"urn:{winner}"
    assert len(completions()) == counted()[0] == 1


def test_two_people_and_two_clients_are_two_completions(
    app: Flask, lms: Platform, other_lms: Platform, completions: Completions
) -> None:
    id = str(uuid.uuid4())
    steps = [
        lambda sender=sender, who=who: Platform(app.test_client(), sender.headers).post(says(who, id=id))
        for sender, who in ((lms, "anna"), (other_lms, "ben"))
    ]
    assert [answer.status_code for answer in at_once(*steps)] == [200, 200]
    assert len(completions()) == 2


def test_one_completion_from_two_clients_is_one(
    app: Flask, lms: Platform, other_lms: Platform, completions: Completions, counted: Counted
) -> None:
    for number in range(ROUNDS):
        steps = [
            lambda sender=sender, n=number: Platform(app.test_client(), sender.headers).post(
                [says(about=f"urn:{n}"), says("ben", about=f"urn:{n}")]
            )
            for sender in (lms, other_lms) * 4
        ]
        assert {answer.status_code for answer in at_once(*steps)} == {200}
    assert len(completions()) == counted()[0] == 2 * ROUNDS


@pytest.mark.parametrize("known", [("anna", "ben", "mia", "eve"), ()])
def test_the_same_batches_in_any_order_do_not_wait_for_each_other(
    app: Flask,
    lms: Platform,
    completions: Completions,
    counted: Counted,
    kept: Callable[[], int],
    known: tuple[str, ...],
) -> None:
    for number in range(ROUNDS):
        whom = (*known, *["nobody"] * (5 - len(known)))
        batch = [says(who, about=f"urn:{number}:{n}") for n in range(3 if known else 10) for who in whom]
        orders: Sequence[Any] = [
            batch,
            batch[::-1],
            batch[7:] + batch[:7],
            sorted(batch, key=lambda one: one["id"]),
        ]
        answers = posts(app, lms, *orders, *orders)
        assert {answer.status_code for answer in answers} == {200}
        assert [sorted(answer.get_json()) for answer in answers] == [sorted(one["id"] for one in batch)] * 8
    assert kept() == len(batch) * ROUNDS
    assert len(completions()) == counted()[0] == 3 * len(known) * ROUNDS


def test_a_statement_and_what_voids_it_at_once_end_voided(
    app: Flask, lms: Platform, completions: Completions, counted: Counted
) -> None:
    for number in range(ROUNDS):
        batch = [says(who, about=f"urn:{number}") for who in ("anna", "ben", "nobody")]
        voiding = [voids(one["id"]) for one in batch]
        answers = posts(app, lms, batch, voiding, *[[one] for one in batch], voiding[::-1])
        assert {answer.status_code for answer in answers} == {200}
        assert [lms.get(statementId=one["id"]).status_code for one in batch] == [404] * 3
    assert (completions(), counted()) == ([], (0, 0))


def test_each_voids_what_the_other_sends(app: Flask, lms: Platform, completions: Completions) -> None:
    for number in range(ROUNDS):
        one, two = says("anna", about=f"urn:{number}"), says("ben", about=f"urn:{number}")
        answers = posts(app, lms, [one, voids(two["id"])], [two, voids(one["id"])])
        assert [answer.status_code for answer in answers] == [200, 200]
    assert completions() == []


def test_who_becomes_known_while_a_statement_comes_in_is_counted_once(
    app: Flask, lms: Platform, completions: Completions, counted: Counted
) -> None:
    at = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    def hire(name: str) -> None:
        with app.app_context(), transaction():
            people.import_people([row_of(name)], at=at)
            settle(at)

    for number in range(ROUNDS):
        name = f"zoe{number}"
        statement, gone = says(name), says(name, about="urn:gone")

        def send(batch: Any) -> Callable[[], Any]:
            return lambda: Platform(app.test_client(), lms.headers).post(batch).status_code

        done = at_once(
            send([statement, gone]),
            lambda name=name: hire(name),
            send([statement]),
            send([voids(gone["id"])]),
        )
        assert [code for code in done if code] == [200] * 3
    assert len(completions()) == counted()[0] == ROUNDS
