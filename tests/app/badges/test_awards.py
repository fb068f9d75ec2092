"""Awards follow from facts: given once, on evidence, under a version; moved and revoked when the ground moves."""

from datetime import timedelta

import pytest

from app.badges import actions
from app.db import transaction
from app.outbox import settle
from tests.small import LATER, START, badge, completed, course, fact, load, points, rows, state, taken_back
from tests.small import awards as held


@pytest.fixture(autouse=True)
def house(app, cast):
    with app.app_context():
        yield


def test_the_second_of_two_awards_the_badge_with_its_points_and_evidence(cast):
    load([badge("two", (completed(2), 10))])
    state([course(cast.anna, "c1", 0)])
    assert held(cast.anna) == {}
    state([course(cast.anna, "c2", 3)])
    assert held(cast.anna) == {("two", 1, ""): (START + timedelta(days=3), 10)}
    assert points(cast.anna) == 70
    evidence = rows("SELECT f.source FROM award a JOIN fact f ON f.id = ANY(a.evidence) ORDER BY 1")
    assert evidence == [("c1",), ("c2",)]


def test_a_third_and_a_repeated_fact_award_nothing_more(cast):
    load([badge("two", (completed(2), 10))])
    state([course(cast.anna, f"c{n}", n) for n in range(3)])
    state([course(cast.anna, "c0", 0), course(cast.anna, "c9", 9)])
    assert len(held(cast.anna)) == 1
    assert points(cast.anna) == 4 * 30 + 10


def test_a_fact_that_comes_late_dates_the_award_earlier_and_its_points_with_it(cast):
    load([badge("two", (completed(2), 10))])
    state([course(cast.anna, "c5", 5)])
    state([course(cast.anna, "c9", 9)])
    state([course(cast.anna, "c1", 1)])
    assert held(cast.anna) == {("two", 1, ""): (START + timedelta(days=5), 10)}
    net = rows(
        "SELECT earned_at, sum(points) FROM ledger_entry WHERE kind = 'badge' GROUP BY 1 HAVING sum(points) <> 0"
    )
    assert net == [(START + timedelta(days=5), 10)]


def test_what_is_taken_back_takes_the_badge_and_its_points_with_it_and_what_rested_on_it(cast):
    load([badge("two", (completed(2), 10)), badge("after", ({"badge": "two"}, 5))])
    second = course(cast.anna, "c2", 2)
    state([course(cast.anna, "c1", 1), second])
    assert len(held(cast.anna)) == 2
    state([taken_back(second)])
    assert held(cast.anna) == {}
    assert points(cast.anna) == 30
    why = rows("SELECT DISTINCT revoked_because ->> 'code', revoked_by FROM award")
    assert why == [("evidence", None)]


def test_a_badge_that_still_rests_on_enough_stays_on_other_evidence(cast):
    load([badge("two", (completed(2), 10))])
    second = course(cast.anna, "c2", 2)
    state([course(cast.anna, "c1", 1), second, course(cast.anna, "c3", 3)])
    award_id = rows("SELECT id FROM award")
    state([taken_back(second)])
    assert held(cast.anna) == {("two", 1, ""): (START + timedelta(days=3), 10)}
    assert rows("SELECT id FROM award WHERE revoked_at IS NULL") == award_id


def test_an_award_keeps_the_version_it_was_given_under(cast):
    load([badge("one", (completed(1), 10))])
    state([course(cast.anna, "c1", 1)])
    load([badge("one", (completed(3), 99))], at=START + timedelta(days=2))
    state([course(cast.anna, "c0", 0.5), course(cast.ben, "b1", 3)])
    assert held(cast.anna) == {("one", 1, ""): (START + timedelta(days=0.5), 10)}
    assert held(cast.ben) == {}


def test_loading_the_same_again_makes_no_new_version(cast):
    load([badge("one", (completed(1), 10))])
    load([badge("one", (completed(1), 10))], at=START + timedelta(days=2))
    assert rows("SELECT count(*) FROM achievement_version") == [(1,)]


def test_a_badge_published_later_is_given_without_points_when_somebody_asks_for_it(cast):
    state_before = [course(cast.anna, f"c{n}", n) for n in range(3)]
    load([])
    state(state_before)
    load([badge("two", (completed(2), 50))], at=START + timedelta(days=10))
    with transaction():
        actions.backfill([cast.anna, cast.ben], "two", LATER)
        settle(LATER)
    assert held(cast.anna) == {("two", 1, ""): (START + timedelta(days=1), 0)}
    assert rows("SELECT points, reason FROM ledger_entry WHERE kind = 'badge'") == [(0, "retroactive")]
    assert held(cast.ben) == {}


def test_a_revocation_by_a_person_blocks_what_was_before_it(cast):
    load([badge("two", (completed(2), 10))])
    state([course(cast.anna, "c1", 1), course(cast.anna, "c2", 2)])
    with transaction():
        from app.db import db

        db.session.execute(
            db.text("UPDATE award SET revoked_at = :at, revoked_by = :by"),
            {"at": START + timedelta(days=4), "by": cast.clara},
        )
    state([course(cast.anna, "c5", 5)])
    assert held(cast.anna) == {}
    state([course(cast.anna, "c6", 6)])
    assert held(cast.anna) == {("two", 1, ""): (START + timedelta(days=6), 10)}


def test_a_repeating_badge_is_given_once_in_each_month(cast):
    load([badge("monthly", (completed(2), 3), repeats="month")])
    state([course(cast.anna, f"c{n}", day) for n, day in enumerate((1, 2, 3, 30, 31, 32))])
    assert {key[2] for key in held(cast.anna)} == {"2026-01", "2026-02"}


def test_skills_above_count_and_mandatory_learning_does_too(cast):
    rule = {"count": {"kind": "completed", "skill": ["water"]}, "at_least": 2}
    load([badge("water", (rule, 0))])
    lab = rows("SELECT id FROM skill WHERE slug = 'lab'")[0][0]
    state(
        [course(cast.anna, "c1", 1, skills=(lab,)), course(cast.anna, "c2", 2, skills=(lab,), mandatory=True)]
    )
    assert ("water", 1, "") in held(cast.anna)


def test_thanks_and_lessons_earn_badges_by_the_same_road(cast):
    thanked = {"distinct": "givers", "of": {"kind": "kudos_received"}, "at_least": 2}
    load([badge("thanked", (thanked, 0))])
    state([fact(cast.anna, "k1", 1, "kudos_received", counterpart_id=cast.ben)])
    state([fact(cast.anna, "k2", 2, "kudos_received", counterpart_id=cast.ben)])
    assert held(cast.anna) == {}
    state([fact(cast.anna, "k3", 3, "kudos_received", counterpart_id=cast.mia)])
    assert held(cast.anna) == {("thanked", 1, ""): (START + timedelta(days=3), 0)}
