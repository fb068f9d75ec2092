"""News of a window that is over: its boards follow, also when nothing later is known of somebody."""

from datetime import timedelta

from flask import Flask

from app import worker
from app.leaderboards import actions, queries, store
from leaderboards.boards import ORGANISATION
from tests.cast import Cast
from tests.small import START, course, load, state

MONDAY = START + timedelta(days=7, hours=1)


def test_what_happened_last_week_and_comes_this_week_stands_on_the_board_of_last_week(
    app: Flask, cast: Cast
) -> None:
    with app.app_context():
        load([])
        while worker.relay(MONDAY):  # that they were hired
            pass
        actions.keep_whole(MONDAY)
        state([course(cast.anna, "c1", 6.5)], MONDAY)  # on Sunday
        while worker.relay(MONDAY):
            pass
        assert actions.check(MONDAY) == []
        view = queries.card(ORGANISATION, "week", store.before(MONDAY)["week"], cast.anna, MONDAY)
        assert view.live
        assert view.me is not None
        assert view.me.score == 30


def test_what_was_counted_just_before_the_end_of_a_week_is_put_up_after_it(app: Flask, cast: Cast) -> None:
    sunday = START + timedelta(days=6, hours=14)
    monday = sunday + timedelta(hours=3)
    with app.app_context():
        load([])
        while worker.relay(sunday):
            pass
        actions.keep_whole(sunday)
        state([course(cast.anna, "c1", 6)], sunday)
        actions.keep_whole(monday)
        while worker.relay(monday):
            pass
        actions.keep_whole(monday)
        assert actions.check(monday) == []
        view = queries.card(ORGANISATION, "week", store.before(monday)["week"], cast.anna, monday)
        assert (view.live, view.me and view.me.score) == (True, 30)
