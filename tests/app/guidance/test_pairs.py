"""Mentor programmes: L&D proposes, both say yes, what they do is theirs, and L&D sees numbers from five pairs on."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from app.errors import Conflict, Refused
from app.guidance import actions, pairs, queries
from tests.app.activities.scene import Catalogue
from tests.app.activities.test_races import at_once
from tests.app.guidance.scene import NOW, do, met, state
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("inside")


def programme(**more: Any) -> int:
    told: dict[str, Any] = {"name": {"nl": "Kijk", "en": "Look"}, "about": {}, "starts_on": NOW.date()}
    told |= {"ends_on": NOW.date() + timedelta(days=90), "most": 1, **more}
    made: int = do(lambda: pairs.make(pairs.Programme(**told), by=None, at=NOW))
    return made


def join(made: int, who: int, role: str, skill: int) -> None:
    do(lambda: pairs.take_part(made, person_id=who, role=role, skills=[skill], wish="To look", at=NOW))


def paired(cast: Cast, catalogue: Catalogue) -> tuple[int, int]:
    made = programme()
    join(made, cast.eve, "mentor", catalogue.safety)
    join(made, cast.anna, "mentee", catalogue.safety)
    pair = do(lambda: pairs.propose(made, mentor_id=cast.eve, mentee_id=cast.anna, by=cast.leo, at=NOW))
    assert do(lambda: pairs.say(pair, person_id=cast.eve, yes=True, at=NOW)) is None
    return pair, do(lambda: pairs.say(pair, person_id=cast.anna, yes=True, at=NOW))


def test_with_both_yes_it_begins_and_either_steps_out_without_a_reason(
    cast: Cast, catalogue: Catalogue
) -> None:
    pair, begun = paired(cast, catalogue)
    row = queries.one(begun, seen_by=cast.anna)
    assert (row.kind, row.state, row.guide_id) == ("mentoring", "running", cast.eve)
    do(lambda: pairs.say(pair, person_id=cast.eve, yes=False, at=NOW))
    assert (state(begun), queries.pair(pair).state) == ("stopped", "ended")


def test_stopping_what_they_do_ends_the_pair_and_the_mentee_is_free_again(
    cast: Cast, catalogue: Catalogue
) -> None:
    pair, begun = paired(cast, catalogue)
    do(lambda: actions.stop(begun, by=cast.anna, at=NOW))
    row = queries.pair(pair)
    assert row.state == "ended"
    assert {one.pairs for one in queries.places(row.programme_id)} == {0}


def test_a_mentor_has_no_more_pairs_than_the_programme_allows_and_a_mentee_one(
    cast: Cast, catalogue: Catalogue
) -> None:
    pair, _ = paired(cast, catalogue)
    made = queries.pair(pair).programme_id
    join(made, cast.ben, "mentee", catalogue.safety)
    with pytest.raises(Refused):
        do(lambda: pairs.propose(made, mentor_id=cast.eve, mentee_id=cast.ben, by=None, at=NOW))
    with pytest.raises(Conflict):
        do(lambda: pairs.propose(made, mentor_id=cast.eve, mentee_id=cast.anna, by=None, at=NOW))


def test_both_say_yes_at_once_and_it_begins_once(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    made = programme()
    join(made, cast.eve, "mentor", catalogue.safety)
    join(made, cast.anna, "mentee", catalogue.safety)
    pair = do(lambda: pairs.propose(made, mentor_id=cast.eve, mentee_id=cast.anna, by=cast.leo, at=NOW))
    at_once(
        app, *[partial(pairs.say, pair, person_id=who, yes=True, at=NOW) for who in (cast.eve, cast.anna)]
    )
    assert queries.pair(pair).state == "paired"
    assert len(queries.mine(cast.anna)) == 1


def test_of_few_pairs_no_month_is_told(cast: Cast, catalogue: Catalogue) -> None:
    pair, begun = paired(cast, catalogue)
    met(begun, cast.eve, cast.anna)
    (month,) = queries.months(queries.pair(pair).programme_id, "Europe/Amsterdam")
    assert month["meetings"] is None
