"""The projector: boards are what the ledger says, whatever comes twice, late, or while Redis is away."""

import threading
from datetime import timedelta
from itertools import count

import pytest

from app import worker
from app.db import db, transaction
from app.leaderboards import actions, queries, store
from app.outbox import settle
from app.people import actions as people
from leaderboards.boards import ORGANISATION, Scope
from tests.app.leaderboards.scene import away
from tests.small import START, course, fact, load, rows, state

NOW = START + timedelta(days=3)


@pytest.fixture(autouse=True)
def house(app, cast):
    with app.app_context():
        load([])
        actions.keep_whole(NOW)
        yield


def work(now=NOW):
    while worker.relay(now):
        pass


def month(viewer, scope=ORGANISATION, now=NOW):
    return queries.card(scope, "month", store.current(now)["month"], viewer, now)


def standing(view):
    return [(row.rank, row.person_id, row.score) for row in view.rows]


def name_everybody():
    with transaction():
        db.session.execute(db.text("UPDATE person SET board_choice = 'named'"))


def test_points_stand_on_the_boards_of_organisation_department_team_and_skill(cast):
    name_everybody()
    lab, water = (rows("SELECT id FROM skill WHERE slug = :s", s=slug)[0][0] for slug in ("lab", "water"))
    state([course(cast.anna, "c1", 1, skills=(lab,)), course(cast.eve, "c2", 1)], NOW)
    work()
    assert actions.check(NOW) == []
    assert standing(month(cast.anna)) == [(1, cast.anna, 30), (1, cast.eve, 30)]
    assert standing(month(cast.anna, Scope("department", cast.water))) == [(1, cast.anna, 30)]
    assert standing(month(cast.anna, Scope("team", cast.north))) == [(1, cast.anna, 30)]
    for skill in (lab, water):
        assert standing(month(cast.anna, Scope("skill", skill))) == [(1, cast.anna, 30)]
    assert month(cast.anna).live


def test_the_same_news_twice_moves_nobody(cast):
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    with transaction():
        db.session.execute(db.text("UPDATE outbox SET handed_on_at = NULL"))
    work()
    assert actions.check(NOW) == []
    assert month(cast.anna).me.score == 30


def test_kudos_stand_on_a_board_only_where_the_organisation_decides_so(cast):
    state(
        [fact(cast.anna, "k1", 1, "kudos_received", counterpart_id=cast.ben), course(cast.anna, "c1", 1)], NOW
    )
    work()
    assert month(cast.anna).me.score == 30
    with transaction():
        db.session.execute(db.text("UPDATE organisation SET kudos_on_boards = true"))
    actions.rebuild_all(NOW)
    assert month(cast.anna).me.score == 35


def test_who_moves_stands_on_the_boards_of_the_new_team_with_all_of_the_window(cast):
    name_everybody()
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    with transaction():
        from tests.cast import row_of

        people.import_people([row_of("anna", department="Systems", team="Desk")], at=NOW)
        settle(NOW)
    work()
    assert actions.check(NOW) == []
    assert standing(month(cast.eve, Scope("team", cast.desk))) == []
    assert [
        row.person_id
        for row in queries.page(Scope("team", cast.desk), "month", "2026-01", cast.eve, NOW, 0, 9).rows
    ] == [cast.anna]
    assert queries.page(Scope("team", cast.north), "month", "2026-01", cast.eve, NOW, 0, 9).size == 0


def test_who_chooses_out_is_gone_at_once_and_stays_gone_after_the_projector(cast):
    name_everybody()
    state([course(cast.anna, "c1", 1), course(cast.ben, "c2", 1), course(cast.ben, "c3", 2)], NOW)
    work()
    with transaction():
        people.choose(person_id=cast.ben, board_choice="out")
        settle(NOW)
    before = month(cast.anna)
    assert (before.live, before.size, standing(before)) == (False, 1, [(1, cast.anna, 30)])
    work()
    after = month(cast.anna)
    assert (after.live, after.size, standing(after)) == (True, 1, [(1, cast.anna, 30)])
    assert month(cast.ben).me is None
    assert actions.check(NOW) == []


def test_postgresql_gives_the_same_standing_while_redis_is_away(cast, app):
    name_everybody()
    state(
        [course(getattr(cast, name), f"c{n}", 1) for n, name in enumerate(("anna", "ben", "mia", "eve"))], NOW
    )
    state([course(cast.mia, "more", 2)], NOW)
    work()
    with_redis = month(cast.anna)
    kept = app.extensions.pop("boards"), app.extensions["redis"]
    try:
        app.extensions["redis"] = away()
        without = month(cast.anna)
        state([course(cast.anna, "while away", 2.5)], NOW)
        work()
        assert month(cast.anna).me.score == 60
    finally:
        app.extensions.pop("boards", None)
        app.extensions["boards"], app.extensions["redis"] = kept
    assert (without.live, with_redis.live) == (False, True)
    assert (without.size, without.me, without.rows) == (with_redis.size, with_redis.me, with_redis.rows)
    assert not month(cast.anna).live  # Redis is back and behind: not trusted
    assert month(cast.anna).me.score == 60
    actions.keep_whole(NOW)
    assert (month(cast.anna).live, month(cast.anna).me.score) == (True, 60)
    assert actions.check(NOW) == []


def test_boards_come_back_by_themselves_after_a_flush(cast, app):
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    app.extensions["redis"].flushdb()
    assert (month(cast.anna).live, month(cast.anna).me.score) == (False, 30)
    actions.keep_whole(NOW)
    assert (month(cast.anna).live, month(cast.anna).me.score) == (True, 30)


def test_check_finds_a_board_that_was_changed_by_hand(cast, app):
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    key = next(app.extensions["redis"].scan_iter("b:{2026-01}:o"))
    member = app.extensions["redis"].zrange(key, 0, 0)[0]
    app.extensions["redis"].zadd(key, {member: 99})
    assert any("the board says 99" in what for what in actions.check(NOW))
    actions.rebuild_all(NOW)
    assert actions.check(NOW) == []


def test_a_closed_window_keeps_its_members_and_follows_what_comes_late(cast):
    name_everybody()
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    later = START + timedelta(days=30)
    with transaction():
        from tests.cast import row_of

        people.import_people([row_of("anna", department="Systems", team="Desk")], at=later)
        settle(later)
    state([course(cast.anna, "late", 2)], later)
    work(later)
    actions.keep_whole(later)
    assert actions.check(later) == []
    january = queries.page(Scope("team", cast.north), "month", "2026-01", cast.ben, later, 0, 9)
    assert standing(january) == [(1, cast.anna, 60)]


def test_a_new_week_begins_with_an_empty_board_that_is_whole(cast):
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    next_week = START + timedelta(days=8)
    actions.keep_whole(next_week)
    week = queries.card(ORGANISATION, "week", store.current(next_week)["week"], cast.anna, next_week)
    assert (week.live, week.size, week.me) == (True, 0, None)
    assert actions.check(next_week) == []


def test_who_moved_just_before_the_end_of_a_week_leaves_the_old_board_of_that_week(cast):
    """The worker hears of it in the next week; also when first of other news about the same person."""
    name_everybody()
    sunday = START + timedelta(days=6, hours=14)
    state([course(cast.anna, "c1", 1), course(cast.ben, "c2", 1)], NOW)
    work()
    with transaction():
        from tests.cast import row_of

        moved = [row_of(name, department="Systems", team="Desk") for name in ("anna", "ben")]
        people.import_people(moved, at=sunday)
        settle(sunday)
    monday = sunday + timedelta(hours=3)
    actions.project({cast.ben: False}, monday)
    db.session.commit()
    work(monday)
    actions.keep_whole(monday)
    assert actions.check(monday) == []


def test_check_is_not_misled_by_what_happens_meanwhile(app, cast):
    """Points come in and are projected while boards are compared, again and again."""
    stop = threading.Event()
    name_everybody()
    state([course(cast.anna, "c0", 1)], NOW)
    work()

    def earn():
        with app.app_context():
            for number in count(1):
                state([course(cast.anna, f"c{number}", 1)], NOW)
                if stop.is_set():
                    return

    def project():
        with app.app_context():
            while not stop.is_set():
                worker.relay(NOW)

    threads = [threading.Thread(target=earn), threading.Thread(target=project)]
    for thread in threads:
        thread.start()
    try:
        found = [what for _ in range(25) for what in actions.check(NOW)]
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert found == []
