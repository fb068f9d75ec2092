"""Two at once: one meeting, one end, one answer."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask

from app.errors import Conflict, Refused
from app.guidance import actions, ending, queries, rules
from app.guidance.rules import NewGuidance
from tests.app.activities.scene import Catalogue
from tests.app.activities.test_races import at_once, one_after_the_other
from tests.app.guidance.scene import DAY, NOW, ask, do, end, facts, met, record, running, say, state, states
from tests.cast import Cast, hire

pytestmark = pytest.mark.usefixtures("inside")
TIMES = range(4)
HOUR = timedelta(hours=1)


def respond(made: int, by: int, said: str) -> None:
    actions.respond([actions.Answer(guidance_id=made, by=by, answer=said)], at=NOW)


def test_both_record_the_same_meeting_at_once_and_it_is_one_that_both_told(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    for number in TIMES:
        starts = NOW - (10 + number) * DAY
        at_once(app, *[partial(record, made, who, starts) for who in (cast.anna, cast.ben)])
    assert states(made) == ["confirmed"] * len(TIMES)
    assert len(facts(cast.ben)) == len(TIMES)


def test_both_finish_at_once_and_it_counts_once(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    met(made, cast.ben, cast.anna)
    at_once(app, *[partial(end, "finish", made, who) for who in (cast.anna, cast.ben)])
    assert state(made) == "finished"
    assert len(facts(cast.anna)) == 1


def test_confirmed_while_it_is_taken_back_is_one_of_the_two(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    for number in TIMES:
        meeting = do(partial(record, made, cast.ben, NOW - (10 + number) * DAY))
        at_once(
            app,
            partial(say, "confirm", made, meeting, cast.anna),
            partial(say, "take_back", made, meeting, cast.ben),
        )
    # Taken back in any case: before the word of the other, which then finds nothing, or after it.
    assert states(made) == ["withdrawn"] * len(TIMES)
    assert facts(cast.ben) == []


def test_of_two_answers_at_once_one_stands(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    made = ask(cast.anna, cast.ben, catalogue.safety)
    answers = at_once(app, *[partial(respond, made, cast.ben, "yes")] * 4)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3
    assert state(made) == "running"


def test_an_answer_while_it_is_withdrawn_is_one_of_the_two(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    made = ask(cast.anna, cast.ben, catalogue.safety)
    answers = at_once(
        app,
        partial(respond, made, cast.ben, "yes"),
        partial(respond, made, cast.anna, "withdraw"),
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1


def test_confirming_twice_at_once_counts_once(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    made = running(cast.anna, cast.ben, catalogue)
    meeting = do(partial(record, made, cast.ben, NOW - 2 * DAY))
    at_once(app, *[partial(say, "confirm", made, meeting, cast.anna)] * 3)
    assert len(facts(cast.ben)) == 1


def test_asking_more_than_one_may_at_once_is_refused_at_the_last(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    """Each alone fits; together they are one more than may wait for an answer."""
    others = hire(*(f"o{number}" for number in range(rules.ASKED + 1)))
    asks = [
        NewGuidance(kind="coaching", by_id=cast.anna, with_id=one, side="learner", skills=(catalogue.safety,),
                    purpose="To stay calm")
        for one in others
    ]  # fmt: skip
    do(partial(actions.propose, asks[:-2], at=NOW))
    last, late = (partial(actions.propose, [item], at=NOW) for item in asks[-2:])
    assert isinstance(one_after_the_other(app, last, late), Refused)
    assert queries.asked_by([cast.anna]) == {cast.anna: rules.ASKED}


def test_the_same_ask_and_offer_at_once_are_one(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    told = {"kind": "coaching", "skills": (catalogue.safety,), "purpose": "To stay calm"}
    asked = NewGuidance(by_id=cast.anna, with_id=cast.ben, side="learner", **told)  # type: ignore[arg-type]
    offered = NewGuidance(by_id=cast.ben, with_id=cast.anna, side="guide", **told)  # type: ignore[arg-type]
    answers = at_once(app, *[partial(actions.propose, [item], at=NOW) for item in (asked, offered)])
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert len(queries.mine(cast.anna)) == 1


def test_nobody_is_told_to_be_in_two_meetings_by_two_at_once(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    one, other = running(cast.anna, cast.ben, catalogue), running(cast.anna, cast.eve, catalogue)
    for number in TIMES:
        starts = NOW - (10 + number) * DAY
        answers = at_once(
            app, partial(record, one, cast.ben, starts), partial(record, other, cast.eve, starts + HOUR / 2)
        )
        assert sum(isinstance(answer, Refused) for answer in answers) == 1


def test_batches_of_the_same_in_another_order_wait_for_each_other_and_each_counts_once(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    """In any order of the sender people and rows are locked in one order: nobody waits in a ring."""
    ids = [running(cast.anna, other, catalogue) for other in (cast.ben, cast.eve, cast.mia)]
    for days, (made, other) in enumerate(zip(ids, (cast.ben, cast.eve, cast.mia), strict=True), start=3):
        met(made, other, cast.anna, days=days)
    pairs = [(made, cast.anna) for made in ids]
    others = list(zip(ids, (cast.ben, cast.eve, cast.mia), strict=True))
    at_once(
        app,
        partial(ending.finish, pairs, at=NOW),
        partial(ending.finish, others[::-1], at=NOW),
        partial(ending.finish, [*pairs[::-1], *others], at=NOW),
    )
    assert [state(made) for made in ids] == ["finished"] * 3
    assert len(facts(cast.anna)) == 3
