"""Two at once: real transactions on real connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.small import badge, completed, course, everything, fact, load, points, rows, state


@pytest.fixture
def together(app):
    """Run calls at the same moment, each in a thread with a connection of its own; return what they gave or raised."""

    def run(*calls):
        gate = Barrier(len(calls))

        def one(call):
            with app.app_context():
                gate.wait(10)
                return call()

        with ThreadPoolExecutor(len(calls)) as pool:
            waiting = [pool.submit(one, call) for call in calls]
        return [future.exception(30) or future.result() for future in waiting]

    return run


@pytest.mark.parametrize("turn", range(5))
def test_of_two_simultaneous_fifths_of_five_exactly_one_awards(app, cast, together, turn):
    with app.app_context():
        load([badge("five", (completed(5), 100))])
        state([course(cast.anna, f"c{n}", n) for n in range(4)])
    done = together(
        lambda: state([course(cast.anna, "left", 7)]),
        lambda: state([course(cast.anna, "right", 8)]),
    )
    assert done == [None, None]
    with app.app_context():
        assert rows("SELECT count(*) FROM award") == [(1,)]
        assert points(cast.anna) == 6 * 30 + 100


def test_the_same_fact_fifty_times_at_once_counts_once(app, cast, together):
    with app.app_context():
        load([badge("one", (completed(1), 10))])
    done = together(*[lambda: state([course(cast.anna, "same", 1)])] * 50)
    assert done == [None] * 50
    with app.app_context():
        assert points(cast.anna) == 40


def test_batches_that_touch_the_same_people_the_other_way_round_do_not_deadlock(app, cast, together):
    with app.app_context():
        load()
        people = [cast.anna, cast.ben, cast.mia, cast.eve]
        calls = []
        for turn in range(8):
            some = people if turn % 2 else people[::-1]
            batch = [
                fact(person, f"k{turn}-{n}", turn, "kudos_received", counterpart_id=people[turn % 4])
                for n, person in enumerate(some)
            ]
            calls.append(lambda batch=batch: state(batch))
    assert together(*calls) == [None] * 8
    with app.app_context():
        at_once = everything()
        assert rows("SELECT count(*) FROM fact") == [(32,)]
        assert at_once[3]  # windows, checked against each other by everything()
