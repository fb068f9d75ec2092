"""Days away stretch the rolling windows of badges: decided anew at once, in any order, forgotten without loss."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import worker
from app.badges import queries
from app.db import db, transaction
from app.outbox import settle
from app.people import pauses
from app.people.pauses import Away
from app.verify import _awards
from tests.app.reviews.conftest import counted
from tests.cast import Cast
from tests.small import (
    LATER,
    START,
    badge,
    completed,
    course,
    load,
    points,
    rows,
    state,
    taken_back,
)
from tests.small import awards as held

TWO = badge("two", (completed(2, within={"days": 30}), 10))
AFTER = badge("after", ({"badge": "two"}, 5))


@pytest.fixture(autouse=True)
def house(app: Flask, cast: Cast) -> Iterator[None]:
    with app.app_context():
        yield


def day(number: int) -> date:
    return START.date() + timedelta(days=number)


def away(*spans: tuple[int, int], who: int, by: int | None = None) -> None:
    items = [Away(who, day(first), day(last)) for first, last in spans]
    with transaction():
        assert pauses.enter(items, by=by, today=LATER.date(), at=LATER) == {}
        settle(LATER)


def back(who: int) -> None:
    """All days away of theirs were a mistake."""
    for (pause_id,) in rows("SELECT id FROM pause WHERE person_id = :who", who=who):
        with transaction():
            pauses.remove(pause_id, person_id=who, by=who, at=LATER)
            settle(LATER)


def wrong() -> list[str]:
    return list(_awards(LATER))


def test_days_away_bring_a_badge_with_its_points_and_what_follows_from_it(cast: Cast) -> None:
    load([TWO, AFTER])
    state([course(cast.anna, "c1", 0), course(cast.anna, "c2", 60), course(cast.ben, "b1", 0)])
    assert held(cast.anna) == {}
    away((10, 49), who=cast.anna)
    moment = START + timedelta(days=60)
    assert held(cast.anna) == {("two", 1, ""): (moment, 10), ("after", 1, ""): (moment, 5)}
    assert points(cast.anna) == 75
    assert rows("SELECT stretched_from FROM award ORDER BY points") == [(None,), (START,)]
    assert wrong() == []


def test_days_that_were_a_mistake_take_it_back_with_the_usual_reason(cast: Cast) -> None:
    load([TWO, AFTER])
    state([course(cast.anna, "c1", 0), course(cast.anna, "c2", 60)])
    away((10, 49), who=cast.anna)
    away((10, 20), who=cast.anna)  # the same first day: another last one
    assert held(cast.anna) == {}
    assert points(cast.anna) == 60
    away((10, 49), who=cast.anna)
    assert len(held(cast.anna)) == 2
    back(cast.anna)
    assert held(cast.anna) == {}
    assert points(cast.anna) == 60
    assert {why for (why,) in rows("SELECT revoked_because ->> 'code' FROM award")} == {"evidence"}


def test_days_away_date_an_award_earlier(cast: Cast) -> None:
    load([TWO])
    state([course(cast.anna, "c1", 0), course(cast.anna, "c2", 60), course(cast.anna, "c3", 70)])
    assert held(cast.anna) == {("two", 1, ""): (START + timedelta(days=70), 10)}
    away((10, 49), who=cast.anna)
    assert held(cast.anna) == {("two", 1, ""): (START + timedelta(days=60), 10)}


def test_the_order_in_which_facts_and_days_away_come_does_not_matter(app: Flask, cast: Cast) -> None:
    load([TWO, AFTER, badge("pointy", ({"points": 60, "within": {"days": 20}}, 7))])
    people = [cast.anna, cast.ben, cast.mia, cast.eve, cast.leo, cast.clara]
    told = []
    for who, order in zip(people, permutations(range(3)), strict=True):
        acts = [
            lambda who=who: state([course(who, f"one-{who}", 0)]),
            lambda who=who: state([course(who, f"two-{who}", 60)]),
            lambda who=who: away((5, 20), (25, 50), who=who),
        ]
        for n in order:
            acts[n]()
        told.append((held(who), points(who)))
    assert len(told[0][0]) == 3
    assert told == [told[0]] * 6
    assert wrong() == []


def test_a_calendar_window_does_not_move_and_days_to_come_change_nothing(cast: Cast) -> None:
    load([badge("monthly", (completed(2, within={"calendar": "month"}), 10)), TWO])
    state([course(cast.anna, "c1", 20), course(cast.anna, "c2", 60)])
    with counted() as told:
        away((61, 300), who=cast.anna)
    assert not [one for one in told if "FROM fact" in one], "nothing of hers lies after these days"
    away((21, 59), who=cast.anna)
    assert {slug for slug, _, _ in held(cast.anna)} == {"two"}


def test_nothing_is_decided_where_nothing_rolls_and_many_cost_what_one_costs(cast: Cast) -> None:
    people = [cast.anna, cast.ben, cast.mia, cast.eve, cast.leo]
    load([badge("ever", (completed(2), 10))])
    state([course(who, f"{who}-{n}", 60 * n) for who in people for n in range(2)])
    with counted() as told:
        away((10, 20), who=cast.anna)
    assert not [one for one in told if "FROM fact" in one]
    load([TWO])
    costs = []
    away((1, 2), who=cast.anna)  # the catalogue is read
    for many in (1, 4):
        items = [Away(who, day(21), day(20 + 5 * many)) for who in people[-many:]]
        with counted() as told, transaction():
            assert pauses.enter(items, by=None, today=LATER.date(), at=LATER) == {}
            settle(LATER)
        assert [one for one in told if "FROM fact" in one]
        costs.append(len([one for one in told if "audit_entry" not in one]))
    assert costs[0] == costs[1]


# Forgetting ---------------------------------------------------------------------------------------------------


def forget(days: int) -> int:
    """The worker comes round so many days after START; how many lines of days away are left."""
    worker.prune(START + timedelta(days=days))
    db.session.rollback()
    return int(rows("SELECT count(*) FROM pause")[0][0])


def test_days_away_are_kept_a_year_and_as_long_as_the_longest_window(cast: Cast) -> None:
    load([TWO])
    away((10, 49), who=cast.anna)
    assert forget(49 + 366 + 30) == 1
    assert forget(49 + 366 + 31) == 0
    assert rows("SELECT value ->> 'kept_from' FROM setting WHERE key = 'pauses'") == [(str(day(50)),)]


def test_forgetting_takes_no_badge_away_and_what_falls_still_takes_it(cast: Cast) -> None:
    load([TWO, AFTER, badge("pointy", ({"points": 60, "within": {"days": 25}}, 7))])
    second = course(cast.anna, "c2", 60)
    state([course(cast.anna, "c1", 0), second])
    away((10, 49), who=cast.anna)
    before = held(cast.anna)
    assert len(before) == 3
    assert forget(600) == 0
    assert wrong() == []
    state([course(cast.anna, "c0", -100)])  # older than all: decided anew
    assert held(cast.anna) == before
    state([taken_back(second)])
    assert held(cast.anna) == {}
    assert wrong() == []


def test_what_is_forgotten_protects_nothing_younger(cast: Cast) -> None:
    load([TWO])
    state([course(cast.anna, "a1", 0), course(cast.anna, "a2", 60)])
    away((10, 49), who=cast.anna)
    assert forget(600) == 0
    state([course(cast.ben, "b1", 100), course(cast.ben, "b2", 170)])
    away((110, 155), who=cast.ben)
    assert len(held(cast.ben)) == 1
    back(cast.ben)
    assert held(cast.ben) == {}
    assert len(held(cast.anna)) == 1
    with transaction():  # as if somebody had written what no days away can have stretched
        db.session.execute(
            text("UPDATE award SET stretched_from = NULL WHERE person_id = :a"), {"a": cast.anna}
        )
    assert [one for one in wrong() if "has not been earned" in one]


def test_a_badge_by_days_that_are_kept_goes_though_others_were_forgotten(cast: Cast) -> None:
    """Stretched from before the mark: with all of that time away it would still not be enough."""
    load([TWO])
    state([course(cast.anna, "c1", 0), course(cast.anna, "c2", 100)])
    away((5, 10), (20, 95), who=cast.anna)
    assert len(held(cast.anna)) == 1
    assert forget(11 + 396) == 1
    assert wrong() == []
    back(cast.anna)
    assert held(cast.anna) == {}


def test_who_was_erased_keeps_what_stood_without_their_days(cast: Cast) -> None:
    load([TWO])
    state([course(cast.anna, "c1", 0), course(cast.anna, "c2", 60)])
    away((10, 49), who=cast.anna)
    with transaction():
        db.session.execute(text("DELETE FROM pause"))
        db.session.execute(
            text("UPDATE person SET erased_at = :at WHERE id = :a"), {"at": LATER, "a": cast.anna}
        )
    assert wrong() == []


def test_a_longer_window_later_does_not_ask_for_what_has_gone(cast: Cast) -> None:
    load([TWO])
    state([course(cast.anna, "c1", 0), course(cast.anna, "c2", 60)])
    away((10, 49), who=cast.anna)
    assert forget(500) == 0
    load([TWO, badge("long", (completed(9, within={"days": 3000}), 1))], at=START + timedelta(days=1))
    assert wrong() == []
    assert queries.leave_of([cast.anna])[cast.anna].kept_from is not None


# Two at once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(3))
def test_days_are_entered_while_a_fact_arrives(app: Flask, cast: Cast, turn: int) -> None:
    load([TWO])
    state([course(who, f"one-{who}", 0) for who in (cast.anna, cast.ben)])
    gate = Barrier(4)

    def run(call: Any) -> None:
        with app.app_context():
            gate.wait(10)
            call()

    def both(people: list[int]) -> None:
        with transaction():
            items = [Away(who, day(10), day(49)) for who in people]
            assert pauses.enter(items, by=None, today=LATER.date(), at=LATER) == {}
            settle(LATER)

    calls = [
        lambda: both([cast.anna, cast.ben]),
        lambda: both([cast.ben, cast.anna]),
        lambda: state([course(cast.ben, "ben-2", 60), course(cast.anna, "anna-2", 60)]),
        lambda: state([course(cast.anna, "anna-3", 61), course(cast.ben, "ben-3", 61)]),
    ]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(run, call) for call in calls]:
            done.result(30)
    moment = START + timedelta(days=60)
    assert [held(who) for who in (cast.anna, cast.ben)] == [{("two", 1, ""): (moment, 10)}] * 2
    assert wrong() == []
