"""A platform takes back what it reported."""

from datetime import UTC, datetime, timedelta

import pytest

from app.activities import confirming, logs, records
from app.events import CompletionLogged
from tests.app.activities.scene import NOW, Catalogue, record, report, tell, withdraw
from tests.cast import Cast

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


def test_a_completion_goes_with_its_last_support(cast: Cast, catalogue: Catalogue) -> None:
    first = record(
        report(cast.anna, catalogue.gas, MONDAY, "a"), report(cast.anna, catalogue.gas, MONDAY, "b")
    )
    assert withdraw("a").news == []
    assert withdraw("b").taken_back == [first.stated[0].source]
    assert records.completions(first.result.values())[0].state == "withdrawn"


def test_when_the_earliest_goes_the_moment_moves_to_the_next(cast: Cast, catalogue: Catalogue) -> None:
    first = record(
        report(cast.anna, catalogue.gas, MONDAY, "a"), report(cast.anna, catalogue.gas, TUESDAY, "b")
    )
    moved = withdraw("a")
    assert moved.taken_back == [first.stated[0].source]
    assert [fact.at for fact in moved.stated] == [TUESDAY]
    assert withdraw("b").taken_back == [moved.stated[0].source]


def test_a_later_report_makes_a_new_completion(cast: Cast, catalogue: Catalogue) -> None:
    first = record(report(cast.anna, catalogue.gas, MONDAY, "a"))
    withdraw("a")
    second = record(report(cast.anna, catalogue.gas, TUESDAY, "b"))
    assert second.result["b"] != first.result["a"]
    assert [fact.source for fact in second.stated] == [f"completion:{second.result['b']}"]


def test_what_was_withdrawn_does_not_come_back_by_sending_it_again(cast: Cast, catalogue: Catalogue) -> None:
    record(report(cast.anna, catalogue.gas, MONDAY, "a"))
    withdraw("a")
    assert record(report(cast.anna, catalogue.gas, MONDAY, "a")).news == []


def test_withdrawing_twice_or_what_nobody_knows_changes_nothing(cast: Cast, catalogue: Catalogue) -> None:
    record(report(cast.anna, catalogue.gas, MONDAY, "a"))
    withdraw("a")
    assert withdraw("a", "unknown").news == []
    assert withdraw().news == []


def test_a_log_that_only_a_platform_confirmed_waits_again(cast: Cast, catalogue: Catalogue) -> None:
    logged = tell(
        lambda: logs.log_completions(
            [
                {
                    "person_id": cast.anna,
                    "activity_id": catalogue.gas,
                    "completed_on": MONDAY.date(),
                    "note": "Done with Ben",
                }
            ],
            at=NOW,
        )
    )
    confirmed = record(report(cast.anna, catalogue.gas, TUESDAY, "a", score=1.0))
    assert [(fact.at, fact.confirmed_by) for fact in confirmed.stated] == [(TUESDAY, None)]
    assert records.count_waiting_for(cast.mia) == 0

    back = withdraw("a")
    assert back.taken_back == [confirmed.stated[0].source]
    assert [event for event in back.news if isinstance(event, CompletionLogged)]
    (row,) = records.completions(logged.result)
    assert (row.state, row.completed_at, row.score) == (
        "waiting",
        datetime(2026, 11, 16, 11, 0, tzinfo=UTC),
        None,
    )
    assert records.count_waiting_for(cast.mia) == 1


def test_a_log_that_its_confirmer_vouched_for_stays_when_the_platform_withdraws(
    cast: Cast, catalogue: Catalogue
) -> None:
    (completion_id,) = tell(
        lambda: logs.log_completions(
            [
                {
                    "person_id": cast.anna,
                    "activity_id": catalogue.gas,
                    "completed_on": TUESDAY.date(),
                    "note": "Done with Ben",
                }
            ],
            at=NOW,
        )
    ).result
    tell(lambda: confirming.decide([completion_id], by=cast.mia, confirm=True, at=NOW))
    earlier = record(report(cast.anna, catalogue.gas, MONDAY, "a"))
    assert [(fact.at, fact.confirmed_by) for fact in earlier.stated] == [(MONDAY, cast.mia)]
    assert [fact.at.date() for fact in withdraw("a").stated] == [TUESDAY.date()]


def test_whoever_records_for_others_too_knows_whom_to_lock(cast: Cast, catalogue: Catalogue) -> None:
    record(report(cast.anna, catalogue.gas, MONDAY, "a"), report(cast.ben, catalogue.gas, MONDAY, "b"))
    assert records.people_behind(["a", "b", "unknown"]) == {cast.anna, cast.ben}
