"""Facts become entries with reasons; caps fill in the order of happening; what is taken back is reversed."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from app.db import db, lock_people, transaction
from app.outbox import publish, settle
from tests import small
from tests.small import START, course, fact, load, points, rows, state, taken_back


@pytest.fixture(autouse=True)
def loaded(app, cast):
    with app.app_context():
        load()
        yield


def entries(person):
    return rows(
        "SELECT points, reason FROM ledger_entry WHERE person_id = :p AND award_id IS NULL ORDER BY id",
        p=person,
    )


def test_a_course_earns_its_points_and_its_hours(cast):
    state([course(cast.anna, "c1", 0)])
    assert entries(cast.anna) == [(30, "earned")]


def test_what_has_no_rule_has_an_entry_of_nothing_that_says_so(cast):
    state([fact(cast.anna, "c1", 0, activity_kind="coaching")])
    assert entries(cast.anna) == [(0, "worthless")]


def test_mandatory_learning_earns_no_points_by_default(cast):
    state([course(cast.anna, "c1", 0, mandatory=True)])
    assert entries(cast.anna) == [(0, "mandatory")]


def test_a_cap_of_a_week_holds_and_is_open_again_on_monday(cast):
    workshops = [fact(cast.anna, f"w{day}", day, activity_kind="workshop") for day in (0, 2, 6, 7)]
    state(workshops)
    assert entries(cast.anna) == [(10, "earned"), (5, "cap_week"), (0, "cap_week"), (10, "earned")]


def test_a_cap_of_a_day_ends_at_midnight_of_the_organisation_and_not_of_utc(cast):
    late = (23 - 9) / 24  # 22:00 UTC on Monday is 23:00 in Amsterdam
    state(
        [
            fact(cast.anna, "r1", 0, activity_kind="article"),
            fact(cast.anna, "r2", late, activity_kind="article"),
        ]
    )
    state([fact(cast.anna, "r3", late + 1.5 / 24, activity_kind="article")])
    assert entries(cast.anna) == [(3, "earned"), (1, "cap_day"), (3, "earned")]


def test_what_comes_late_takes_its_place_under_the_cap_and_the_difference_is_reversed(cast):
    state([fact(cast.anna, "w2", 2, activity_kind="workshop")])
    state([fact(cast.anna, "w3", 3, activity_kind="workshop")])
    state([fact(cast.anna, "w1", 1, activity_kind="workshop")])
    net = rows(
        "SELECT f.source, sum(l.points) FROM ledger_entry l JOIN fact f ON f.id = l.fact_id GROUP BY 1 ORDER BY 1"
    )
    assert net == [("w1", 10), ("w2", 5), ("w3", 0)]
    assert rows(
        "SELECT count(*) FROM ledger_entry WHERE reverses_id IS NOT NULL AND fact_id IS NOT NULL"
    ) == [(2,)]


def test_what_is_taken_back_gives_its_place_to_what_the_cap_had_held_back(cast):
    first = fact(cast.anna, "w1", 0, activity_kind="workshop")
    state([first, fact(cast.anna, "w2", 1, activity_kind="workshop")])
    state([taken_back(first)])
    assert points(cast.anna) == 10
    state([taken_back(first)])
    assert points(cast.anna) == 10


def test_points_follow_the_version_of_the_rules_in_force_when_it_happened(cast):
    dearer = {"kinds": {"course": {"points": 100}}}
    load(points=dearer, at=START + timedelta(days=10))
    state([course(cast.anna, "before", 9), course(cast.anna, "after", 11)])
    assert entries(cast.anna) == [(30, "earned"), (100, "earned")]


def test_an_entry_counts_on_its_skill_and_on_the_skills_above_it(cast):
    skills = small.ids("skill")
    state([course(cast.anna, "c1", 0, skills=(skills["lab"],))])
    found = rows("SELECT skill_id, all_time FROM skill_total WHERE person_id = :p ORDER BY 1", p=cast.anna)
    assert found == sorted([(skills["lab"], 30), (skills["water"], 30)])


def test_a_window_that_is_over_is_kept_and_follows_what_comes_late(cast):
    state([course(cast.anna, "c1", 0), course(cast.anna, "c2", 40)])
    assert small.windows()[cast.anna, 0, "2026-W02"] == (30, 0)
    state([course(cast.anna, "c0", 1)])
    badges = 10 + 7 + 3 + 6  # five, week, monthly and either are met in that week now
    assert small.windows()[cast.anna, 0, "2026-W02"] == (60 + badges, 0)
    corrected = rows(
        "SELECT corrected_at IS NOT NULL FROM period_total WHERE \"window\" = '2026-W02' AND skill_id = 0"
    )
    assert corrected == [(True,)]


def test_counting_for_somebody_who_is_not_locked_is_refused(cast):
    with transaction():
        publish([course(cast.anna, "c1", 0)])
        with pytest.raises(RuntimeError, match="not locked"):
            settle(START)


def test_locking_a_second_time_is_refused_because_it_can_deadlock(cast):
    with transaction():
        lock_people([cast.anna])
        with pytest.raises(RuntimeError, match="deadlock"):
            lock_people([cast.ben])


def test_news_that_nobody_settled_is_not_committed(cast):
    with pytest.raises(RuntimeError), transaction():
        publish([course(cast.anna, "c1", 0)])
    assert points(cast.anna) == 0


@pytest.mark.parametrize(
    "change",
    ["UPDATE ledger_entry SET points = 9", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry CASCADE"],
)
@pytest.mark.parametrize("role", ["web", "worker", "owner"])
def test_no_role_of_the_application_changes_an_entry(cast, database, role, change):
    import psycopg

    state([course(cast.anna, "c1", 0)])
    with psycopg.connect(database.url(role)) as line, pytest.raises(psycopg.Error):
        line.execute(change)
    assert entries(cast.anna) == [(30, "earned")]


def test_the_database_refuses_a_second_entry_of_the_same_source(cast):
    state([course(cast.anna, "c1", 0)])
    copied = "INSERT INTO ledger_entry (source, person_id, kind, points, reason, earned_at, day, recorded_at, skills) "
    copied += "SELECT source, person_id, kind, points, reason, earned_at, day, recorded_at, skills FROM ledger_entry"
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(db.text(copied))
