"""The one formula of what counts less between the same two, and the bounds that decision 22 publishes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.damping import weight
from app.feedback import receiving as feedback
from app.feedback import rules as feedback_rules
from app.guidance import rules as guidance
from app.kudos import actions as kudos
from app.kudos import queries as kudos_queries
from app.kudos import rules as kudos_rules


@pytest.mark.parametrize(
    ("earlier", "share"), [(-1, 1), (0, 1), (1, 1), (1.5, 0.5**0.5), (2, 0.5), (3, 0.25), (5, 0.0625)]
)
def test_the_first_two_count_in_full_and_each_further_one_for_half_of_the_one_before(
    earlier: float, share: float
) -> None:
    assert weight(earlier) == share


@given(st.floats(0, 500), st.floats(0, 500))
def test_more_before_never_makes_it_more(one: float, other: float) -> None:
    few, many = sorted((one, other))
    assert 0 <= weight(many) <= weight(few) <= 1


@given(st.integers(0, 200))
def test_one_after_the_other_comes_to_three_at_most(times: int) -> None:
    assert sum(weight(number) for number in range(times)) <= 3


@given(st.lists(st.tuples(st.booleans(), st.integers(15, 120)), max_size=200))
def test_two_who_guide_each_other_in_turn_earn_less_than_sixteen_hours(
    meetings: list[tuple[bool, int]],
) -> None:
    """Whoever guides and is hardly guided back earns hour by hour: of the two, the one who earns less is bounded."""
    done = {True: 0.0, False: 0.0}
    earned = {True: 0.0, False: 0.0}
    for side, minutes in meetings:
        earned[side] += minutes / 60 * guidance.share(done[not side])
        done[side] += minutes / 60
    assert min(earned.values()) <= 16


def test_every_damped_fact_takes_its_weight_from_the_one_formula() -> None:
    assert guidance.share(8.0) == weight(2)
    assert feedback.weight is kudos.weight is kudos_queries.weight is weight
    assert guidance.BACK == kudos_rules.REMEMBERED == feedback_rules.AGAIN == timedelta(days=90)
