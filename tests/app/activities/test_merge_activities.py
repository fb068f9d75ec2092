"""The same course known by two ids becomes one activity, past and future; undone, everything is as before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.activities import actions, confirming, logs, merging
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.people import actions as people
from app.verify import checks
from tests.app.activities.scene import NOW, Catalogue, Told, record, report, tell, withdraw
from tests.cast import Cast

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
YEAR_AGO = MONDAY - timedelta(days=365)
OUTBOX = "the outbox moves"  # no worker here
OTHER = "https://other.example/gas"

pytestmark = pytest.mark.usefixtures("inside")


def proposed(iri: str = OTHER, title: str = "Working with gas") -> int:
    made = tell(
        lambda: actions.propose([{"iri": iri, "title": {"nl": title, "en": title}, "kind": "course"}], at=NOW)
    )
    found: int = made.result[iri]
    return found


def merge(cast: Cast, one: int, other: int) -> Told:
    def step() -> int:
        people.hold_newcomers()
        return merging.merge(from_id=one, into_id=other, by=cast.leo, at=NOW)

    return tell(step)


def undo(cast: Cast, merge_id: int, *since: str) -> Told:
    def step() -> Any:
        people.hold_newcomers()
        return merging.undo(merge_id, since=since, by=cast.leo, at=NOW)

    return tell(step)


def picture() -> dict[str, list[Any]]:
    """All that people can see of it: completions that stand, facts, points, what it rests on."""
    asked = {
        "completions": "SELECT id, person_id, activity_id, edition, state, completed_at, score, hours FROM completion"
        " WHERE state IN ('waiting', 'confirmed') ORDER BY id",
        "facts": "SELECT person_id, activity_id, edition, happened_at, skills, hours FROM fact"
        " WHERE withdrawn_at IS NULL ORDER BY person_id, activity_id, happened_at",
        "supports": "SELECT s.source, s.completion_id, s.withdrawn_at FROM completion_support s JOIN completion c"
        " ON c.id = s.completion_id AND c.state IN ('waiting', 'confirmed') ORDER BY s.source",
        "points": "SELECT person_id, sum(points) FROM ledger_entry GROUP BY person_id ORDER BY person_id",
        "activities": "SELECT id, state, merged_into_id FROM activity ORDER BY id",
        "names": "SELECT iri, activity_id FROM activity_name ORDER BY iri",
    }
    found = {name: [tuple(row) for row in db.session.execute(text(sql))] for name, sql in asked.items()}
    db.session.rollback()
    return found


def well() -> None:
    """What `verify` checks of the data."""
    wrong = [f"{name}: {what}" for name, check in checks(NOW) if name != OUTBOX for what in check()]
    db.session.rollback()
    assert wrong == []


def standing(person_id: int) -> list[tuple[int, str, str]]:
    rows = db.session.execute(
        text(
            "SELECT activity_id, edition, state FROM completion WHERE person_id = :p"
            " AND state IN ('waiting', 'confirmed') ORDER BY activity_id, edition"
        ),
        {"p": person_id},
    )
    return [(row[0], row[1], row[2]) for row in rows]


def test_completions_of_both_become_one_and_count_once(cast: Cast, catalogue: Catalogue) -> None:
    other = proposed()
    record(
        report(cast.anna, catalogue.gas, MONDAY, "a", score=0.5),
        report(cast.anna, other, MONDAY - timedelta(days=3), "b", score=0.9),
        report(cast.ben, other, MONDAY, "c"),
    )
    merge(cast, other, catalogue.gas)
    assert standing(cast.anna) == standing(cast.ben) == [(catalogue.gas, "", "confirmed")]
    row = db.session.execute(
        text("SELECT completed_at, score FROM completion WHERE person_id = :p AND state = 'confirmed'"),
        {"p": cast.anna},
    ).one()
    assert (row.completed_at, row.score) == (MONDAY - timedelta(days=3), 0.9)
    facts = db.session.execute(
        text("SELECT activity_id, hours, skills FROM fact WHERE withdrawn_at IS NULL")
    ).all()
    assert [tuple(fact) for fact in facts] == [(catalogue.gas, 2.0, [catalogue.safety])] * 2
    well()


def test_later_reports_under_the_moved_id_go_to_the_one_that_stays(cast: Cast, catalogue: Catalogue) -> None:
    other = proposed()
    merge(cast, other, catalogue.gas)
    assert proposed() == catalogue.gas
    well()


def test_undone_everything_is_as_before(cast: Cast, catalogue: Catalogue) -> None:
    other = proposed()
    record(
        report(cast.anna, catalogue.gas, MONDAY, "a"),
        report(cast.anna, other, MONDAY - timedelta(days=3), "b"),
        report(cast.ben, other, MONDAY, "c"),
        report(cast.mia, catalogue.gas, MONDAY, "d"),
    )
    log(cast, other=catalogue.gas)
    before = picture()
    done = merge(cast, other, catalogue.gas)
    assert picture() != before
    well()
    undo(cast, done.result)
    assert picture() == before
    well()


def log(cast: Cast, other: int) -> int:
    """Eve logs it herself; it waits for Mia."""
    day = MONDAY.date()
    told = tell(
        lambda: logs.log_completions(
            [
                {
                    "person_id": cast.eve,
                    "activity_id": other,
                    "completed_on": day,
                    "note": "With the crew",
                    "confirmer_id": cast.mia,
                }
            ],
            at=NOW,
        )
    )
    found: int = told.result[0]
    return found


def test_an_own_log_that_waits_is_not_confirmed_by_itself(cast: Cast, catalogue: Catalogue) -> None:
    """Where the other stands already it waits no more; and it waits again when they are taken apart."""
    merged = log(cast, catalogue.gas)
    record(report(cast.eve, catalogue.lifting, MONDAY, "a"))
    before = picture()
    done = merge(cast, catalogue.gas, catalogue.lifting)
    assert standing(cast.eve) == [(catalogue.lifting, "", "confirmed")]
    well()
    undo(cast, done.result)
    assert picture() == before
    tell(lambda: confirming.decide([merged], by=cast.mia, confirm=True, at=NOW))
    well()


def test_an_own_log_moves_and_can_be_confirmed_as_the_other(cast: Cast, catalogue: Catalogue) -> None:
    moved = log(cast, catalogue.gas)
    done = merge(cast, catalogue.gas, catalogue.lifting)
    assert standing(cast.eve) == [(catalogue.lifting, "", "waiting")]
    tell(lambda: confirming.decide([moved], by=cast.mia, confirm=True, at=NOW))
    well()
    undo(cast, done.result)
    assert standing(cast.eve) == [(catalogue.gas, "", "confirmed")]
    well()


def test_what_repeats_each_year_gets_a_completion_a_year(cast: Cast, catalogue: Catalogue) -> None:
    other = proposed()
    record(report(cast.anna, other, YEAR_AGO, "a"), report(cast.anna, other, MONDAY, "b"))
    record(report(cast.ben, other, MONDAY, "c"), report(cast.ben, catalogue.first_aid, MONDAY, "d"))
    before = picture()
    done = merge(cast, other, catalogue.first_aid)
    assert standing(cast.anna) == [
        (catalogue.first_aid, "2025", "confirmed"),
        (catalogue.first_aid, "2026", "confirmed"),
    ]
    assert standing(cast.ben) == [(catalogue.first_aid, "2026", "confirmed")]
    well()
    undo(cast, done.result)
    assert picture() == before
    well()


def test_two_years_become_one_where_it_counts_once(cast: Cast, catalogue: Catalogue) -> None:
    record(
        report(cast.anna, catalogue.first_aid, YEAR_AGO, "a"),
        report(cast.anna, catalogue.first_aid, MONDAY, "b"),
    )
    before = picture()
    done = merge(cast, catalogue.first_aid, catalogue.gas)
    assert standing(cast.anna) == [(catalogue.gas, "", "confirmed")]
    well()
    undo(cast, done.result)
    assert picture() == before


def test_what_came_since_goes_where_its_id_says(cast: Cast, catalogue: Catalogue) -> None:
    """Under the moved id: back with it. About the other one: it stays, also on a completion that had moved."""
    other = proposed()
    record(report(cast.anna, other, MONDAY, "a"))
    done = merge(cast, other, catalogue.gas)
    record(report(cast.anna, catalogue.gas, MONDAY + timedelta(days=1), "b"))
    record(report(cast.ben, catalogue.gas, MONDAY, "c"))
    undo(cast, done.result, "c")
    assert standing(cast.anna) == sorted([(catalogue.gas, "", "confirmed"), (other, "", "confirmed")])
    assert standing(cast.ben) == [(other, "", "confirmed")]
    well()


def test_a_support_that_was_withdrawn_meanwhile_stays_withdrawn(cast: Cast, catalogue: Catalogue) -> None:
    other = proposed()
    record(report(cast.anna, other, MONDAY, "a"), report(cast.ben, other, MONDAY, "b"))
    record(report(cast.ben, catalogue.gas, MONDAY, "c"))
    done = merge(cast, other, catalogue.gas)
    withdraw("a", "c")
    assert standing(cast.anna) == []
    well()
    undo(cast, done.result)
    assert (standing(cast.anna), standing(cast.ben)) == ([], [(other, "", "confirmed")])
    well()


def test_merges_in_a_row_are_undone_from_the_last(cast: Cast, catalogue: Catalogue) -> None:
    one, two = proposed(), proposed("https://third.example/gas", "Gas")
    record(report(cast.anna, one, MONDAY, "a"), report(cast.anna, two, YEAR_AGO, "b"))
    record(report(cast.ben, two, MONDAY, "c"))
    before = picture()
    first = merge(cast, one, two)
    second = merge(cast, two, catalogue.gas)
    assert standing(cast.anna) == [(catalogue.gas, "", "confirmed")]
    assert proposed() == catalogue.gas
    well()
    with pytest.raises(Conflict):
        undo(cast, first.result)
    undo(cast, second.result)
    undo(cast, first.result)
    assert picture() == before
    well()


def test_two_merged_into_one_come_apart_in_any_order(cast: Cast, catalogue: Catalogue) -> None:
    one, two = proposed(), proposed("https://third.example/gas", "Gas")
    record(report(cast.anna, one, MONDAY, "a"), report(cast.anna, two, YEAR_AGO, "b"))
    before = picture()
    first, second = merge(cast, one, catalogue.gas), merge(cast, two, catalogue.gas)
    undo(cast, first.result)
    assert standing(cast.anna) == sorted([(catalogue.gas, "", "confirmed"), (one, "", "confirmed")])
    well()
    undo(cast, second.result)
    assert {name: rows for name, rows in picture().items() if name != "supports"} == {
        name: rows for name, rows in before.items() if name != "supports"
    }
    well()


def test_what_cannot_be_merged_is_refused(cast: Cast, catalogue: Catalogue) -> None:
    with pytest.raises(Refused):
        merge(cast, catalogue.gas, catalogue.gas)
    with pytest.raises(NotFound):
        merge(cast, catalogue.gas, 10**12)
    done = merge(cast, proposed(), catalogue.gas)
    undo(cast, done.result)
    with pytest.raises(NotFound):
        undo(cast, done.result)


def test_history_stays_history_and_brings_no_points(cast: Cast, catalogue: Catalogue) -> None:
    other = proposed()
    record(report(cast.anna, other, MONDAY, "old", origin="history"))
    before = picture()
    merged = merge(cast, other, catalogue.gas)
    well()
    assert picture()["points"] == before["points"]
    assert [fact[1] for fact in picture()["facts"]] == [catalogue.gas]
    undo(cast, merged.result)
    well()
    assert picture()["facts"] == before["facts"]
