"""Mentor programmes: L&D proposes, both say yes, what they do is theirs, and L&D sees numbers from five pairs on."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from app.errors import Conflict, Refused
from app.guidance import pairs, queries
from tests.app.activities.scene import Catalogue
from tests.app.activities.test_races import at_once, one_after_the_other
from tests.app.guidance.scene import NOW, do, end, met, state
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("inside")


def programme(**more: Any) -> int:
    told: dict[str, Any] = {"name": {"nl": "Kijk", "en": "Look"}, "about": {}, "starts_on": NOW.date()}
    told |= {"ends_on": NOW.date() + timedelta(days=90), "most": 1, **more}
    made: list[int] = do(lambda: pairs.make([pairs.Programme(**told)], by=None, at=NOW))
    return made[0]


def join(made: int, who: int, role: str, skill: int) -> None:
    place = pairs.Place(programme_id=made, person_id=who, role=role, skills=[skill], wish="To look")
    do(lambda: pairs.take_part([place], at=NOW))


def propose(made: int, mentor: int, mentee: int) -> int:
    new = pairs.NewPair(programme_id=made, mentor_id=mentor, mentee_id=mentee)
    found: list[int] = do(lambda: pairs.propose([new], by=None, at=NOW))
    return found[0]


def say(pair: int, who: int, yes: bool = True) -> int | None:
    """As within a transaction."""
    return pairs.say([pairs.Answer(pair_id=pair, person_id=who, yes=yes)], at=NOW)[0]


def paired(cast: Cast, catalogue: Catalogue) -> tuple[int, int]:
    made = programme()
    join(made, cast.eve, "mentor", catalogue.safety)
    join(made, cast.anna, "mentee", catalogue.safety)
    pair = propose(made, cast.eve, cast.anna)
    assert do(lambda: say(pair, cast.eve)) is None
    return pair, do(lambda: say(pair, cast.anna))


def test_with_both_yes_it_begins_and_either_steps_out_without_a_reason(
    cast: Cast, catalogue: Catalogue
) -> None:
    pair, begun = paired(cast, catalogue)
    row = queries.one(begun, seen_by=cast.anna)
    assert (row.kind, row.state, row.guide_id) == ("mentoring", "running", cast.eve)
    do(lambda: say(pair, cast.eve, yes=False))
    assert (state(begun), queries.pair(pair).state) == ("stopped", "ended")


def test_stopping_what_they_do_ends_the_pair_and_the_mentee_is_free_again(
    cast: Cast, catalogue: Catalogue
) -> None:
    pair, begun = paired(cast, catalogue)
    do(lambda: end("stop", begun, cast.anna))
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
        propose(made, cast.eve, cast.ben)
    with pytest.raises(Conflict):
        propose(made, cast.eve, cast.anna)


def test_both_say_yes_at_once_and_it_begins_once(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    made = programme()
    join(made, cast.eve, "mentor", catalogue.safety)
    join(made, cast.anna, "mentee", catalogue.safety)
    pair = propose(made, cast.eve, cast.anna)
    at_once(app, *[partial(say, pair, who) for who in (cast.eve, cast.anna)])
    assert queries.pair(pair).state == "paired"
    assert len(queries.mine(cast.anna)) == 1


def test_proposed_to_two_at_once_a_mentee_has_one_and_a_mentor_no_more_than_fit(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    made = programme()
    for who, role in (
        (cast.eve, "mentor"),
        (cast.mia, "mentor"),
        (cast.anna, "mentee"),
        (cast.ben, "mentee"),
    ):
        join(made, who, role, catalogue.safety)
    wanted = [(cast.eve, cast.anna), (cast.mia, cast.anna), (cast.eve, cast.ben)]
    new = [pairs.NewPair(programme_id=made, mentor_id=one, mentee_id=other) for one, other in wanted]
    first, same_mentee, same_mentor = (partial(pairs.propose, [one], by=cast.leo, at=NOW) for one in new)
    assert isinstance(one_after_the_other(app, first, same_mentor), Refused)
    do(lambda: pairs.take_back([queries.pairs(made)[0].id], by=cast.leo, at=NOW))
    assert isinstance(one_after_the_other(app, first, same_mentee), Conflict)
    with pytest.raises(Refused):
        do(lambda: pairs.propose(new[::-1], by=cast.leo, at=NOW))
    assert len(queries.pairs(made)) == 1, "all of a batch, or nothing"


def test_of_two_who_change_a_programme_at_once_one_wins(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    made = programme()
    told: dict[str, Any] = {"name": {"nl": "Kijk", "en": "Look"}, "about": {}, "starts_on": NOW.date()}
    changes = [
        pairs.Change(programme_id=made, to=pairs.Programme(ends_on=NOW.date(), most=most, **told), version=1)
        for most in (3, 4)
    ]
    answers = at_once(app, *[partial(pairs.change, [one], by=cast.leo, at=NOW) for one in changes])
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert queries.programme(made, person_id=0).version == 2


def test_yes_and_no_at_once_leave_no_pair_that_runs(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    for _ in range(3):
        made = programme()
        join(made, cast.eve, "mentor", catalogue.safety)
        join(made, cast.anna, "mentee", catalogue.safety)
        pair = propose(made, cast.eve, cast.anna)
        do(lambda pair=pair: say(pair, cast.eve))
        at_once(app, partial(say, pair, cast.anna), partial(say, pair, cast.eve, yes=False))
        row = queries.pair(pair)
        if row.state == "paired":  # the no came first, saw a proposal, and was told that it is none any more
            do(lambda pair=pair: say(pair, cast.eve, yes=False))
            row = queries.pair(pair)
        assert row.state == "ended"
        assert not [one for one in queries.mine(cast.anna) if one.state == "running"]


def test_of_few_pairs_no_month_is_told(cast: Cast, catalogue: Catalogue) -> None:
    pair, begun = paired(cast, catalogue)
    met(begun, cast.eve, cast.anna)
    (month,) = queries.months(queries.pair(pair).programme_id, "Europe/Amsterdam")
    assert month["meetings"] is None
