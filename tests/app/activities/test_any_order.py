"""Whatever the order and the cuts in which reports come and go, the same facts stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.activities import actions, queries
from app.activities.rules import Report
from app.db import db, lock_people, transaction
from app.events import FactStated, FactTakenBack
from tests.app.activities.scene import NOW, Catalogue, report
from tests.cast import Cast

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("inside")


@dataclass(frozen=True)
class Told:
    """A report of one of two people about one of two activities, on some day; and is it taken back later."""

    number: int
    who: int
    what: int
    day: int
    score: int | None
    voided: bool


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Told], list[list[tuple[str, Told]]]]:
    """Reports, and the steps in which they come and go: each voiding after its report, cut into batches."""
    told = [
        Told(number, *draw(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 400))), *rest)
        for number, rest in enumerate(
            draw(st.lists(st.tuples(st.none() | st.integers(0, 3), st.booleans()), min_size=1, max_size=7))
        )
    ]
    steps: list[tuple[str, Told]] = []
    for one in told:
        steps.insert(draw(st.integers(0, len(steps))), ("comes", one))
    for one in told:
        if one.voided:
            steps.insert(draw(st.integers(steps.index(("comes", one)) + 1, len(steps))), ("goes", one))
    cuts = sorted(draw(st.sets(st.integers(0, len(steps)), max_size=4)) | {0, len(steps)})
    return told, [steps[start:end] for start, end in pairwise(cuts)]


def naive(told: Sequence[Told], cast: Cast, catalogue: Catalogue) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Per person, activity and year: the earliest report that stands, and the best score."""
    standing: dict[tuple[Any, ...], list[Report]] = {}
    for one in told:
        if not one.voided:
            item = as_report(one, cast, catalogue)
            edition = str(item["completed_at"].year) if one.what else ""
            standing.setdefault((item["person_id"], item["activity_id"], edition), []).append(item)
    return {
        key: (
            min(item["completed_at"] for item in items),
            max((item["score"] for item in items if item["score"] is not None), default=None),
        )
        for key, items in standing.items()
    }


def as_report(one: Told, cast: Cast, catalogue: Catalogue) -> Report:
    return report(
        (cast.anna, cast.ben)[one.who],
        (catalogue.gas, catalogue.first_aid)[one.what],
        START + timedelta(days=one.day),
        f"s{one.number}",
        score=None if one.score is None else float(one.score),
    )


def play(batch: Sequence[tuple[str, Told]], cast: Cast, catalogue: Catalogue) -> list[Any]:
    """One batch as a door does it: everybody locked once, then step by step in one transaction."""
    with transaction():
        lock_people([cast.anna, cast.ben])
        for kind, one in batch:
            if kind == "comes":
                actions.record_completions([as_report(one, cast, catalogue)], at=NOW)
            else:
                actions.withdraw_supports([f"s{one.number}"], at=NOW)
        news: list[Any] = db.session.info.pop("news", [])
    return news


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_the_facts_that_stand_follow_from_the_reports_that_stand(
    story: tuple[list[Told], list[list[tuple[str, Told]]]], cast: Cast, catalogue: Catalogue
) -> None:
    told, batches = story
    with transaction():
        db.session.execute(text("DELETE FROM completion_support"))
        db.session.execute(text("DELETE FROM completion"))
    facts: dict[str, FactStated] = {}
    for batch in batches:
        for event in play(batch, cast, catalogue):
            if isinstance(event, FactStated):
                assert event.source not in facts, "a source is stated once"
                facts[event.source] = event
            elif isinstance(event, FactTakenBack):
                del facts[event.source]
    expected = naive(told, cast, catalogue)
    assert {(f.person_id, f.activity_id, f.edition): f.at for f in facts.values()} == {
        key: moment for key, (moment, _) in expected.items()
    }
    rows = [
        row
        for who in (cast.anna, cast.ben)
        for row in queries.completions_of(who)[0]
        if row.state == "confirmed"
    ]
    assert {
        (row.person_id, row.activity_id, row.edition): (row.completed_at, row.score) for row in rows
    } == expected
    assert list(queries.astray()) == []


def test_a_completion_that_does_not_follow_from_its_supports_is_found(
    cast: Cast, catalogue: Catalogue
) -> None:
    with transaction():
        ids = actions.record_completions(
            [report(cast.anna, catalogue.gas, START, "a"), report(cast.ben, catalogue.gas, START, "b")],
            at=NOW,
        )
        db.session.info.pop("news")
    assert list(queries.astray()) == []
    with transaction():
        db.session.execute(text("UPDATE completion_support SET withdrawn_at = now() WHERE source = 'a'"))
    assert list(queries.astray()) == [f"completion {ids['a']} is confirmed and its supports say otherwise"]
