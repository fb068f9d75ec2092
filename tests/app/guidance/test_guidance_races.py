"""Two at once: one meeting, one end, one answer."""

from functools import partial

import pytest
from flask import Flask

from app.errors import Conflict
from app.guidance import actions
from tests.app.activities.scene import Catalogue
from tests.app.activities.test_races import at_once
from tests.app.guidance.scene import DAY, NOW, ask, do, end, facts, met, record, running, say, state, states
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("inside")
TIMES = range(4)


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
