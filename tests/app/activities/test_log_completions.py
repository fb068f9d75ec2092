"""People log what they learned outside a course; somebody else confirms it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.activities import logs, queries, records
from app.activities.logs import AlreadyThere
from app.activities.rules import Log
from app.errors import NotFound, Refused
from app.events import CompletionLogged
from tests.app.activities.scene import NOW, Catalogue, Told, record, report, tell
from tests.cast import Cast

YESTERDAY = date(2026, 11, 19)

pytestmark = pytest.mark.usefixtures("inside")


def log(person_id: int, **more: Any) -> Log:
    plain: Log = {"person_id": person_id, "completed_on": YESTERDAY, "note": "We did it together"}
    return {**plain, **more}  # type: ignore[typeddict-item]


def free(person_id: int, catalogue: Catalogue, **more: Any) -> Log:
    what = {
        "title": "A morning with the night crew",
        "kind": "on_the_job",
        "skill_id": catalogue.safety,
        "hours": 4.0,
    }
    return log(person_id, **{**what, **more})


def logged(*items: Log) -> Told:
    return tell(lambda: logs.log_completions(items, at=NOW))


def told_to(told: Told) -> list[int]:
    return [event.confirmer_id for event in told.news if isinstance(event, CompletionLogged)]


def test_a_log_waits_for_the_manager_and_counts_nothing_yet(cast: Cast, catalogue: Catalogue) -> None:
    told = logged(log(cast.anna, activity_id=catalogue.gas, link="https://example.org/photo"))
    assert (told.stated, told_to(told)) == ([], [cast.mia])
    (row,) = records.waiting_for(cast.mia)
    assert (row.learner, row.state, row.hours, row.note, row.link) == (
        "Anna",
        "waiting",
        2.0,
        "We did it together",
        "https://example.org/photo",
    )
    assert row.completed_at == datetime(2026, 11, 19, 11, 0, tzinfo=UTC)


def test_somebody_else_can_be_asked(cast: Cast, catalogue: Catalogue) -> None:
    assert told_to(logged(log(cast.anna, activity_id=catalogue.gas, confirmer_id=cast.eve))) == [cast.eve]


def test_something_new_becomes_a_proposed_activity_of_its_person(cast: Cast, catalogue: Catalogue) -> None:
    logged(free(cast.anna, catalogue))
    (row,) = records.waiting_for(cast.mia)
    assert (row.title["en"], row.kind, row.skills, row.hours, row.activity_state) == (
        "A morning with the night crew",
        "on_the_job",
        [catalogue.safety],
        4.0,
        "proposed",
    )
    assert queries.activity(row.slug, person_id=cast.anna).proposed_by == cast.anna
    assert queries.activity(row.slug, person_id=cast.mia)
    with pytest.raises(NotFound):
        queries.activity(row.slug, person_id=cast.ben)


def test_a_title_of_the_catalogue_is_that_activity_in_either_language(
    cast: Cast, catalogue: Catalogue
) -> None:
    record(report(cast.ben, catalogue.gas, NOW, "a"))
    logged(free(cast.anna, catalogue, title="  working WITH  gas (NL)"))
    assert records.waiting_for(cast.mia)[0].activity_id == catalogue.gas
    with pytest.raises(AlreadyThere):
        logged(free(cast.ben, catalogue, title="Working with gas"))


def test_sending_it_twice_is_one_log(cast: Cast, catalogue: Catalogue) -> None:
    for item in (log(cast.anna, activity_id=catalogue.gas), free(cast.anna, catalogue)):
        first, again = logged(item), logged(item)
        assert (again.result, again.news) == (first.result, [])
    assert records.count_waiting_for(cast.mia) == 2
    both = logged(free(cast.ben, catalogue), free(cast.ben, catalogue))
    assert both.result[0] == both.result[1]


def test_the_same_words_on_another_day_are_another_log(cast: Cast, catalogue: Catalogue) -> None:
    logged(free(cast.anna, catalogue), free(cast.anna, catalogue, completed_on=YESTERDAY - timedelta(days=7)))
    logged(free(cast.ben, catalogue))
    assert records.count_waiting_for(cast.mia) == 3


def test_another_log_of_what_stands_is_refused_and_says_how_it_stands(
    cast: Cast, catalogue: Catalogue
) -> None:
    logged(log(cast.anna, activity_id=catalogue.gas))
    with pytest.raises(AlreadyThere, match="waits to be confirmed"):
        logged(log(cast.anna, activity_id=catalogue.gas, note="Something else"))
    record(report(cast.anna, catalogue.lifting, NOW, "a"))
    with pytest.raises(AlreadyThere, match="among your completions"):
        logged(log(cast.anna, activity_id=catalogue.lifting))


def test_a_yearly_refresher_can_be_logged_each_year(cast: Cast, catalogue: Catalogue) -> None:
    told = logged(
        log(cast.anna, activity_id=catalogue.first_aid),
        log(cast.anna, activity_id=catalogue.first_aid, completed_on=date(2025, 11, 19)),
    )
    assert len(set(told.result)) == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"completed_on": date(2026, 11, 21)}, "completed_on"),
        ({"completed_on": date(2024, 11, 19)}, "completed_on"),
        ({"note": "", "link": ""}, "note"),
        ({"title": ""}, "title"),
        ({"kind": "party"}, "kind"),
        ({"skill_id": None}, "skill_id"),
        ({"skill_id": 10**12}, "skill_id"),
        ({"confirmer_id": 10**12}, "confirmer_id"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    cast: Cast, catalogue: Catalogue, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as no:
        logged(free(cast.anna, catalogue, **wrong))
    assert field in no.value.fields
    assert records.completions_of(cast.anna) == ([], False)


def test_nobody_confirms_own_learning(cast: Cast, catalogue: Catalogue) -> None:
    with pytest.raises(Refused) as no:
        logged(free(cast.anna, catalogue, confirmer_id=cast.anna))
    assert "confirmer_id" in no.value.fields


def test_who_has_no_manager_chooses_somebody(cast: Cast, catalogue: Catalogue) -> None:
    with pytest.raises(Refused) as no:
        logged(free(cast.eve, catalogue))
    assert "confirmer_id" in no.value.fields
    assert told_to(logged(free(cast.eve, catalogue, confirmer_id=cast.dan))) == [cast.dan]


def test_today_in_the_morning_is_now_and_not_noon(cast: Cast, catalogue: Catalogue) -> None:
    early = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    item = free(cast.anna, catalogue, completed_on=early.date())
    tell(lambda: logs.log_completions([item], at=early))
    assert tell(lambda: logs.log_completions([item], at=early + timedelta(minutes=5))).news == []
    assert records.waiting_for(cast.mia)[0].completed_at == early


def test_a_proposed_activity_of_somebody_else_cannot_be_named(cast: Cast, catalogue: Catalogue) -> None:
    logged(free(cast.anna, catalogue))
    theirs = records.waiting_for(cast.mia)[0].activity_id
    with pytest.raises(NotFound):
        logged(log(cast.ben, activity_id=theirs))
