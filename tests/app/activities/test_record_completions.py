"""Platforms, files and leaders of workshops report completions."""

from datetime import UTC, datetime, timedelta

import pytest

from app.activities import recording, records
from app.db import db, transaction
from app.errors import NotFound
from tests.app.activities.scene import NOW, Catalogue, counting, record, report, tell
from tests.cast import Cast

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


pytestmark = pytest.mark.usefixtures("inside")


def test_a_report_becomes_a_fact_with_all_that_counts(cast: Cast, catalogue: Catalogue) -> None:
    told = record(report(cast.anna, catalogue.gas, MONDAY, "statement:1:a", score=0.8))
    (fact,) = told.stated
    completion_id = told.result["statement:1:a"]
    assert (fact.person_id, fact.kind, fact.at, fact.source) == (
        cast.anna,
        "completed",
        MONDAY,
        f"completion:{completion_id}",
    )
    assert (fact.activity_id, fact.activity_kind, fact.mandatory) == (catalogue.gas, "course", False)
    assert (fact.skills, fact.hours, fact.score, fact.edition) == ((catalogue.safety,), 2.0, 0.8, "")
    assert fact.confirmed_by is None


def test_however_many_systems_report_it_it_is_one_completion(cast: Cast, catalogue: Catalogue) -> None:
    first = record(report(cast.anna, catalogue.gas, MONDAY, "statement:1:a"))
    second = record(report(cast.anna, catalogue.gas, TUESDAY, "import:x"))
    assert (second.stated, second.taken_back) == ([], [])
    assert second.result["import:x"] == first.result["statement:1:a"]


def test_the_same_report_again_has_no_effect(cast: Cast, catalogue: Catalogue) -> None:
    first = record(report(cast.anna, catalogue.gas, MONDAY, "statement:1:a"))
    again = record(report(cast.anna, catalogue.gas, MONDAY, "statement:1:a"))
    assert (again.news, again.result) == ([], first.result)


def test_reports_of_one_batch_are_one_completion_from_the_earliest(cast: Cast, catalogue: Catalogue) -> None:
    told = record(
        report(cast.anna, catalogue.gas, TUESDAY, "statement:1:b", score=0.5),
        report(cast.anna, catalogue.gas, MONDAY, "statement:1:a", score=0.9),
        report(cast.anna, catalogue.gas, TUESDAY, "statement:1:b", score=0.5),
    )
    (fact,) = told.stated
    assert (fact.at, fact.score) == (MONDAY, 0.9)


def test_an_earlier_moment_that_comes_late_is_stated_anew(cast: Cast, catalogue: Catalogue) -> None:
    first = record(report(cast.anna, catalogue.gas, TUESDAY, "statement:1:b"))
    second = record(report(cast.anna, catalogue.gas, MONDAY, "statement:1:a"))
    assert second.taken_back == [first.stated[0].source]
    (fact,) = second.stated
    assert (fact.at, fact.source) == (MONDAY, f"{first.stated[0].source}:2")
    (row,) = records.completions([first.result["statement:1:b"]])
    assert (row.completed_at, row.state) == (MONDAY, "confirmed")


def test_a_better_score_is_kept_and_moves_no_fact(cast: Cast, catalogue: Catalogue) -> None:
    first = record(report(cast.anna, catalogue.gas, MONDAY, "statement:1:a", score=0.5))
    second = record(report(cast.anna, catalogue.gas, TUESDAY, "statement:1:b", score=0.9))
    third = record(report(cast.anna, catalogue.gas, TUESDAY, "statement:1:c", score=0.7))
    assert second.news == third.news == []
    assert records.completions(first.result.values())[0].score == 0.9


def test_a_yearly_refresher_counts_each_year_of_the_organisation(cast: Cast, catalogue: Catalogue) -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 2027 in Amsterdam
    told = record(
        report(cast.anna, catalogue.first_aid, MONDAY, "a"),
        report(cast.anna, catalogue.first_aid, TUESDAY, "b"),
        report(cast.anna, catalogue.first_aid, new_year, "c"),
    )
    assert sorted(fact.edition for fact in told.stated) == ["2026", "2027"]


def test_the_catalogue_says_how_long_it_takes_and_only_else_the_report(
    cast: Cast, catalogue: Catalogue
) -> None:
    told = record(
        report(cast.anna, catalogue.gas, MONDAY, "a", hours=40.0),
        report(cast.anna, catalogue.sampling, MONDAY, "b", hours=3.0),
    )
    assert {fact.activity_id: fact.hours for fact in told.stated} == {
        catalogue.gas: 2.0,
        catalogue.sampling: 3.0,
    }


def test_whole_numbers_and_others_go_together(cast: Cast, catalogue: Catalogue) -> None:
    told = record(
        report(cast.anna, catalogue.sampling, MONDAY, "a", hours=1, score=1),
        report(cast.ben, catalogue.sampling, MONDAY, "b", hours=1.5, score=0.5),
        report(cast.eve, catalogue.sampling, MONDAY, "c", hours=None, score=None),
    )
    assert [fact.hours for fact in told.stated] == [1, 1.5, None]


def test_what_is_mandatory_is_said_with_the_fact(cast: Cast, catalogue: Catalogue) -> None:
    (fact,) = record(report(cast.anna, catalogue.lifting, MONDAY, "a")).stated
    assert (fact.mandatory, fact.activity_kind) == (True, "workshop")


def test_an_unknown_activity_leaves_nothing_behind(cast: Cast, catalogue: Catalogue) -> None:
    with pytest.raises(NotFound):
        record(report(cast.anna, catalogue.gas, MONDAY, "a"), report(cast.anna, 10**12, MONDAY, "b"))
    assert records.completions_behind(["a", "b"]) == {}


def test_a_thousand_reports_take_a_handful_of_statements(cast: Cast, catalogue: Catalogue) -> None:
    people = [cast.anna, cast.ben, cast.eve, cast.mia]
    activities = [catalogue.gas, catalogue.lifting, catalogue.sampling]
    items = [
        report(people[n % 4], activities[n % 3], MONDAY + timedelta(minutes=n), f"statement:1:{n}")
        for n in range(1000)
    ]
    with transaction(), counting() as statements:
        recording.record_completions(items, at=NOW)
        db.session.info.pop("news")
    assert len(statements) <= 8
    assert len(set(records.completions_behind(item["source"] for item in items).values())) == 12
    assert tell(lambda: recording.record_completions(items, at=NOW)).news == []
