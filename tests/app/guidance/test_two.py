"""What two do together: asked, met, confirmed by the other, finished by both; and what it counts for whom."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.activities import logs
from app.activities.logs import AlreadyThere
from app.activities.rules import Log
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.guidance import actions, ending, queries
from app.guidance.rules import NewGuidance
from tests.app.activities.scene import Catalogue
from tests.app.guidance.scene import (
    DAY,
    NOW,
    answer,
    ask,
    do,
    end,
    facts,
    met,
    record,
    running,
    say,
    state,
    states,
)
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("inside")


def leave(person_id: int) -> None:
    do(lambda: db.session.execute(text("UPDATE person SET active = false WHERE id = :id"), {"id": person_id}))


def log_coaching(cast: Cast, catalogue: Catalogue, days: int) -> list[int]:
    day = (NOW - days * DAY).date()
    item = Log(person_id=cast.anna, completed_on=day, title="A talk with Ben", kind="coaching", hours=1.0,
               skill_id=catalogue.safety, note="It helped", confirmer_id=cast.ben)  # fmt: skip
    made: list[int] = do(lambda: logs.log_completions([item], at=NOW))
    return made


def test_who_guides_earns_by_the_word_of_who_learns_and_who_learns_when_both_say_it_is_finished(
    cast: Cast, catalogue: Catalogue
) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    met(made, cast.ben, cast.anna, 3)
    met(made, cast.anna, cast.ben, 2, 90)
    told = [
        (one.kind, one.hours, one.weight, one.counterpart_id, one.confirmed_by) for one in facts(cast.ben)
    ]
    assert told == [("guided", 1.0, 1.0, cast.anna, cast.anna), ("guided", 1.5, 1.0, cast.anna, cast.anna)]
    assert not facts(cast.anna)
    do(lambda: end("finish", made, cast.anna))
    assert (state(made), facts(cast.anna)) == ("ending", [])
    do(lambda: end("finish", made, cast.anna))
    assert state(made) == "ending"
    do(lambda: end("finish", made, cast.ben))
    (fact,) = facts(cast.anna)
    assert (fact.kind, fact.activity_kind, fact.hours, fact.confirmed_by) == (
        "completed", "coaching", 2.5, cast.ben,
    )  # fmt: skip
    do(lambda: end("finish", made, cast.ben))
    assert len(facts(cast.anna)) == 1


def test_nobody_confirms_what_they_recorded_themselves_nor_for_somebody_else(
    cast: Cast, catalogue: Catalogue
) -> None:
    made = running(cast.anna, cast.mia, catalogue)  # her manager guides her
    meeting = do(lambda: record(made, cast.mia, NOW - DAY, 60))
    with pytest.raises(Refused):
        do(lambda: say("confirm", made, meeting, cast.mia))
    for other in (cast.ben, cast.leo, cast.clara, cast.dan, cast.cor):
        with pytest.raises(NotFound):
            do(lambda other=other: say("confirm", made, meeting, other))
    assert states(made) == ["waiting"]
    assert not facts(cast.mia)


def test_one_cannot_guide_oneself_by_another_name(cast: Cast, catalogue: Catalogue) -> None:
    with pytest.raises(Refused):
        ask(cast.anna, cast.anna, catalogue.safety)


def test_two_who_guide_each_other_earn_less_the_more_they_do(cast: Cast, catalogue: Catalogue) -> None:
    one = running(cast.anna, cast.ben, catalogue)
    other = running(cast.ben, cast.anna, catalogue)
    for days in (20, 18, 12, 10):
        met(one, cast.ben, cast.anna, days, 120)
    met(other, cast.anna, cast.ben, 5, 60)
    met(one, cast.ben, cast.anna, 4, 60)
    assert [fact.weight for fact in facts(cast.anna)] == [0.5]
    assert [fact.weight for fact in facts(cast.ben)] == [1.0] * 5, "an hour back is no step yet"


def test_what_was_learned_from_somebody_whom_one_guides_as_much_counts_for_as_little(
    cast: Cast, catalogue: Catalogue
) -> None:
    one = running(cast.anna, cast.ben, catalogue)
    other = running(cast.ben, cast.anna, catalogue)
    for days in (20, 18, 12, 10):
        met(one, cast.ben, cast.anna, days, 120)
    met(other, cast.anna, cast.ben, 5, 60)
    for by in (cast.ben, cast.anna):
        do(lambda by=by: end("finish", other, by))
        do(lambda by=by: end("finish", one, by))
    learned = {
        person: [fact.weight for fact in facts(person) if fact.kind == "completed"]
        for person in (cast.anna, cast.ben)
    }
    assert learned == {cast.anna: [1.0], cast.ben: [0.5]}


def test_one_meeting_a_day_counts_whoever_guides_and_taken_back_it_wins_nothing(
    cast: Cast, catalogue: Catalogue
) -> None:
    one = running(cast.anna, cast.ben, catalogue)
    other = running(cast.ben, cast.anna, catalogue)
    first = met(one, cast.ben, cast.anna, 3)
    met(one, cast.ben, cast.anna, 3 - 2 / 24)
    met(other, cast.anna, cast.ben, 3 - 3.5 / 24)
    assert (len(facts(cast.ben)), len(facts(cast.anna))) == (1, 0)
    do(lambda: say("take_back", one, first, cast.ben))
    assert not facts(cast.ben)
    met(one, cast.ben, cast.anna, 3)
    assert not facts(cast.ben), "recorded anew it counts no more than before"


def test_a_ring_of_five_is_capped_by_the_hours_of_a_day(cast: Cast, catalogue: Catalogue) -> None:
    """Nobody is in two meetings at once, so that each of a ring spends the time that it tells."""
    ring = [cast.anna, cast.ben, cast.eve, cast.mia, cast.leo]
    for guide, learner in zip(ring, ring[1:] + ring[:1], strict=True):
        running(learner, guide, catalogue)
    ids = list(db.session.scalars(text("SELECT id FROM guidance ORDER BY id")))
    met(ids[0], cast.anna, cast.ben)
    for made, by in ((ids[1], cast.ben), (ids[4], cast.anna)):
        with pytest.raises(Refused):
            do(lambda made=made, by=by: record(made, by, NOW - DAY, 60))


@pytest.mark.parametrize(("days", "minutes"), [(-1, 60), (91, 60), (1, 5), (1, 700), (0, 60)])
def test_what_cannot_be_is_refused_and_leaves_nothing(
    cast: Cast, catalogue: Catalogue, days: int, minutes: int
) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    with pytest.raises(Refused):
        do(lambda: record(made, cast.anna, NOW - days * DAY, minutes))
    assert states(made) == []


def test_what_was_logged_with_the_same_colleague_counts_once_whichever_came_first(
    cast: Cast, catalogue: Catalogue
) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    log_coaching(cast, catalogue, 3)
    met(made, cast.ben, cast.anna, 3)
    met(made, cast.ben, cast.anna, 9)
    with pytest.raises(AlreadyThere):
        log_coaching(cast, catalogue, 9)
    for who in (cast.anna, cast.ben):
        do(lambda who=who: end("finish", made, who))
    assert queries.one(made, seen_by=cast.anna).learned == "logged"
    assert not facts(cast.anna)


def test_the_same_two_finishing_the_same_again_and_a_short_talk_are_no_completion(
    cast: Cast, catalogue: Catalogue
) -> None:
    for days, minutes, learned in ((9, 30, "short"), (6, 60, "counted"), (3, 60, "again")):
        made = running(cast.anna, cast.ben, catalogue)
        met(made, cast.ben, cast.anna, days, minutes)
        for who in (cast.ben, cast.anna):
            do(lambda made=made, who=who: end("finish", made, who))
        assert queries.one(made, seen_by=cast.anna).learned == learned
    assert len(facts(cast.anna)) == 1


def test_stopping_needs_no_reason_and_finishes_nothing(cast: Cast, catalogue: Catalogue) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    met(made, cast.ben, cast.anna)
    do(lambda: end("stop", made, cast.anna))
    assert (state(made), len(facts(cast.ben)), facts(cast.anna)) == ("stopped", 1, [])


def test_when_one_leaves_it_ends_and_what_both_confirmed_counts_and_nothing_else(
    cast: Cast, catalogue: Catalogue
) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    met(made, cast.ben, cast.anna, 3)
    waits = do(lambda: record(made, cast.ben, NOW - DAY, 60))
    leave(cast.ben)
    with pytest.raises(Refused):
        do(lambda: say("confirm", made, waits, cast.anna))
    assert do(lambda: ending.end_with_who_left(at=NOW)) == 1
    assert (state(made), states(made)) == ("left", ["confirmed", "withdrawn"])
    assert [fact.hours for fact in facts(cast.anna)] == [1.0]
    assert do(lambda: ending.end_with_who_left(at=NOW)) == 0


def test_asking_twice_is_asking_once_and_after_a_no_one_waits_a_month(
    cast: Cast, catalogue: Catalogue
) -> None:
    made = ask(cast.anna, cast.ben, catalogue.safety)
    assert ask(cast.anna, cast.ben, catalogue.safety) == made
    with pytest.raises(Conflict):  # Ben offers the same meanwhile
        item = NewGuidance(kind="coaching", by_id=cast.ben, with_id=cast.anna, side="guide",
                           skills=(catalogue.safety,), purpose="Come along")  # fmt: skip
        do(lambda: actions.propose([item], at=NOW))
    with pytest.raises(NotFound):
        answer(made, cast.anna, "yes")
    answer(made, cast.ben, "no", NOW - 90 * DAY + timedelta(hours=1))
    with pytest.raises(Refused):
        ask(cast.anna, cast.ben, catalogue.safety)


def test_who_is_full_or_closed_is_not_asked(cast: Cast, catalogue: Catalogue) -> None:
    offer = actions.Offer(kinds=["coaching"], skills=[catalogue.safety], guests=1)
    do(lambda: actions.help_with({cast.ben: offer}, at=NOW))
    running(cast.anna, cast.ben, catalogue)
    with pytest.raises(Refused):
        ask(cast.eve, cast.ben, catalogue.safety)
    shut = actions.Offer(kinds=["coaching"], skills=[catalogue.safety], guests=5, open=False)
    do(lambda: actions.help_with({cast.ben: shut}, at=NOW))
    with pytest.raises(Refused):
        ask(cast.eve, cast.ben, catalogue.safety)
    assert queries.offers(cast.eve, NOW)[0] == []


def test_inactive_people_vanish_from_who_can_help(cast: Cast, catalogue: Catalogue) -> None:
    offer = actions.Offer(kinds=["shadowing"], skills=[catalogue.lifting and catalogue.safety])
    for who in (cast.ben, cast.eve, cast.mia):
        do(lambda who=who: actions.help_with({who: offer}, at=NOW))
    assert {row.person_id for row in queries.offers(cast.anna, NOW, skill="safety")[0]} == {
        cast.ben, cast.eve, cast.mia,
    }  # fmt: skip
    assert queries.offers(cast.anna, NOW)[0][-1].person_id == cast.eve, "who works near stands first"
    leave(cast.mia)
    assert cast.mia not in {row.person_id for row in queries.offers(cast.anna, NOW)[0]}
    with pytest.raises(Refused):
        ask(cast.anna, cast.mia, catalogue.safety)
