"""Whatever the order and the cuts in which reports come and go, the same facts stand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app import demo
from app.activities import queries, recording, records
from app.activities.rules import Report
from app.db import db, lock_people, transaction
from app.events import FactStated, FactTakenBack
from app.imports.catalogue import load
from app.verify import verify
from tests.app.activities.scene import NOW, Catalogue, record, report, withdraw
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
                recording.record_completions([as_report(one, cast, catalogue)], at=NOW)
            else:
                recording.withdraw_supports([f"s{one.number}"], at=NOW)
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
        for row in records.completions_of(who)[0]
        if row.state == "confirmed"
    ]
    assert {
        (row.person_id, row.activity_id, row.edition): (row.completed_at, row.score) for row in rows
    } == expected
    assert list(records.astray()) == []


def test_a_completion_that_does_not_follow_from_its_supports_is_found(
    cast: Cast, catalogue: Catalogue
) -> None:
    with transaction():
        ids = recording.record_completions(
            [report(cast.anna, catalogue.gas, START, "a"), report(cast.ben, catalogue.gas, START, "b")],
            at=NOW,
        )
        db.session.info.pop("news")
    assert list(records.astray()) == []
    with transaction():
        db.session.execute(text("UPDATE completion_support SET withdrawn_at = now() WHERE source = 'a'"))
    assert list(records.astray()) == [f"completion {ids['a']} is confirmed and its supports say otherwise"]


@pytest.fixture
def rules_with_caps() -> list[int]:
    """The catalogue of the demo, with its caps a day and a week; returns activities of it, of all kinds."""
    file = json.loads((Path(demo.__file__).parent / "catalogue.json").read_text(encoding="utf-8"))
    with transaction():
        load(file, at=START - timedelta(days=1))
    return [row.id for row in queries.catalogue(locale="en")[0]]


def wrong_sums() -> list[str]:
    """What `verify` finds, but for what the worker has still to do."""
    return [what for what in verify(NOW).wrong if not what.startswith(("the outbox", "boards"))]


def test_after_reports_that_came_late_and_went_all_the_sums_are_right(
    cast: Cast, catalogue: Catalogue, rules_with_caps: list[int]
) -> None:
    people = (cast.anna, cast.ben)
    for name, days in (("first", 60), ("earlier", 20), ("later", 90)):
        record(
            *[
                report(who, what, START + timedelta(days=days + n), f"{name} {who} {what}")
                for who in people
                for n, what in enumerate(rules_with_caps)
            ]
        )
    first = [f"first {cast.anna} {what}" for what in rules_with_caps]
    withdraw(*[f"earlier {cast.anna} {what}" for what in rules_with_caps], *first[:9])
    withdraw(*[f"later {cast.anna} {what}" for what in rules_with_caps[:5]])
    assert wrong_sums() == []


def test_a_fact_that_moves_past_all_others_is_counted_once(
    cast: Cast, catalogue: Catalogue, rules_with_caps: list[int]
) -> None:
    for n, what in enumerate(rules_with_caps):
        monday = START + timedelta(days=14 * n)
        record(
            report(cast.anna, what, monday, f"a{n}"),
            report(cast.anna, what, monday + timedelta(days=1), f"b{n}"),
        )
        withdraw(f"a{n}")
    assert wrong_sums() == []
