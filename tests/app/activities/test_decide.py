"""The confirmer's word on what a colleague logged."""

from datetime import date

import pytest

from app.activities import confirming, records
from app.activities.logs import log_completions
from app.activities.rules import Log
from app.errors import Conflict, NotFound, Refused
from app.events import CompletionDeclined, FactTakenBack
from tests.app.activities.scene import NOW, Catalogue, Told, record, report, tell
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("inside")


def waiting(cast: Cast, catalogue: Catalogue, person: str = "anna", activity: str = "gas") -> int:
    item: Log = {
        "person_id": cast.id_of(person),
        "activity_id": getattr(catalogue, activity),
        "completed_on": date(2026, 11, 19),
        "note": "With the crew",
    }
    (completion_id,) = tell(lambda: log_completions([item], at=NOW)).result
    assert isinstance(completion_id, int)
    return completion_id


def decided(*ids: int, by: int, confirm: bool = True, note: str = "") -> Told:
    return tell(lambda: confirming.decide(ids, by=by, confirm=confirm, note=note, at=NOW))


def test_what_is_confirmed_counts_and_says_who_confirmed(cast: Cast, catalogue: Catalogue) -> None:
    completion_id = waiting(cast, catalogue)
    (fact,) = decided(completion_id, by=cast.mia).stated
    assert (fact.person_id, fact.confirmed_by, fact.source) == (
        cast.anna,
        cast.mia,
        f"completion:{completion_id}",
    )
    assert (fact.at.date(), fact.hours, fact.skills) == (date(2026, 11, 19), 2.0, (catalogue.safety,))
    assert records.completions([completion_id])[0].state == "confirmed"


def test_what_is_declined_counts_nothing_says_why_and_can_be_logged_again(
    cast: Cast, catalogue: Catalogue
) -> None:
    completion_id = waiting(cast, catalogue)
    told = decided(completion_id, by=cast.mia, confirm=False, note=" Which crew was it? ")
    assert told.news == [CompletionDeclined(person_id=cast.anna, completion_id=completion_id)]
    (row,) = records.completions([completion_id])
    assert (row.state, row.decision_note) == ("declined", "Which crew was it?")
    assert waiting(cast, catalogue) != completion_id


def test_a_word_can_be_taken_back_for_ten_minutes_and_given_again(cast: Cast, catalogue: Catalogue) -> None:
    completion_id = waiting(cast, catalogue)
    (fact,) = decided(completion_id, by=cast.mia).stated
    undone = tell(lambda: confirming.undo([completion_id], by=cast.mia, at=NOW + confirming.UNDO / 2))
    assert undone.news == [FactTakenBack(person_id=cast.anna, source=fact.source)]
    assert records.completions([completion_id])[0].state == "waiting"
    assert tell(lambda: confirming.undo([completion_id], by=cast.mia, at=NOW)).news == []
    (again,) = decided(completion_id, by=cast.mia).stated
    assert again.source == f"{fact.source}:2"
    with pytest.raises(Refused, match="ten minutes"):
        tell(lambda: confirming.undo([completion_id], by=cast.mia, at=NOW + confirming.UNDO))


def test_what_a_platform_reported_after_it_was_confirmed_stays(cast: Cast, catalogue: Catalogue) -> None:
    completion_id = waiting(cast, catalogue)
    decided(completion_id, by=cast.mia)
    record(report(cast.anna, catalogue.gas, NOW, "a"))
    with pytest.raises(Refused):
        tell(lambda: confirming.undo([completion_id], by=cast.mia, at=NOW))
    assert records.completions([completion_id])[0].state == "confirmed"


def test_only_who_confirmed_it_takes_it_back(cast: Cast, catalogue: Catalogue) -> None:
    completion_id = waiting(cast, catalogue)
    decided(completion_id, by=cast.mia)
    for somebody in (cast.anna, cast.ben, cast.dan):
        with pytest.raises(NotFound):
            tell(lambda one=somebody: confirming.undo([completion_id], by=one, at=NOW))


def test_declining_needs_a_word(cast: Cast, catalogue: Catalogue) -> None:
    with pytest.raises(Refused) as no:
        decided(waiting(cast, catalogue), by=cast.mia, confirm=False, note="  ")
    assert "note" in no.value.fields


def test_nobody_else_decides_and_learns_nothing_of_it(cast: Cast, catalogue: Catalogue) -> None:
    completion_id = waiting(cast, catalogue)
    for somebody in (cast.anna, cast.ben, cast.clara, cast.dan):
        with pytest.raises(NotFound):
            decided(completion_id, by=somebody)
    with pytest.raises(NotFound):
        decided(10**12, by=cast.mia)


def test_a_second_decision_is_told_that_somebody_was_first(cast: Cast, catalogue: Catalogue) -> None:
    completion_id = waiting(cast, catalogue)
    decided(completion_id, by=cast.mia)
    with pytest.raises(Conflict, match="decided in the meantime"):
        decided(completion_id, by=cast.mia, confirm=False, note="On second thoughts")


def test_a_platform_can_be_first(cast: Cast, catalogue: Catalogue) -> None:
    completion_id = waiting(cast, catalogue)
    record(report(cast.anna, catalogue.gas, NOW, "a"))
    with pytest.raises(Conflict):
        decided(completion_id, by=cast.mia)


def test_several_are_decided_at_once_or_none(cast: Cast, catalogue: Catalogue) -> None:
    both = [waiting(cast, catalogue), waiting(cast, catalogue, "ben")]
    decided(both[0], by=cast.mia)
    with pytest.raises(Conflict):
        decided(*both, by=cast.mia)
    assert records.count_waiting_for(cast.mia) == 1
    assert len(decided(both[1], by=cast.mia).stated) == 1


def test_a_manager_who_confirms_a_hundred_at_once_counts_each_once_whoever_else_is_at_it(
    cast: Cast, catalogue: Catalogue
) -> None:
    """In one transaction, and with a statement or two more than for one; a second time it is too late for all of it."""
    logs: list[Log] = [
        {"person_id": person, "title": f"Round {number}", "kind": "on_the_job", "skill_id": catalogue.safety,
         "completed_on": date(2026, 11, 19), "hours": 1.0, "note": "With the crew"}
        for person in (cast.anna, cast.ben)
        for number in range(50)
    ]  # fmt: skip
    ids = tell(lambda: log_completions(logs, at=NOW)).result
    assert isinstance(ids, list)
    stated = decided(*ids, by=cast.mia).stated
    assert len({fact.source for fact in stated}) == len(stated) == 100
    assert {fact.confirmed_by for fact in stated} == {cast.mia}
    with pytest.raises((Conflict, NotFound)):
        decided(*ids, by=cast.mia)
    with pytest.raises((Conflict, NotFound)):
        decided(ids[0], by=cast.anna)
