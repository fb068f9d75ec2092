"""The circuit breaker."""

import threading
import time

import pytest

from leaderboards.breaker import Breaker, Unavailable


class Away(Exception):
    pass


def fail(breaker: Breaker) -> None:
    with pytest.raises(Unavailable), breaker:
        raise Away


def test_a_failure_becomes_unavailable_with_its_cause() -> None:
    with pytest.raises(Unavailable) as caught, Breaker((Away,)):
        raise Away("gone")
    assert isinstance(caught.value.__cause__, Away)


def test_other_errors_pass_and_break_nothing() -> None:
    breaker = Breaker((Away,))
    with pytest.raises(KeyError), breaker:
        raise KeyError
    with breaker:
        pass


def test_after_a_failure_nobody_tries_for_a_moment() -> None:
    breaker = Breaker((Away,), pause=30)  # the machine may be busy
    fail(breaker)
    with pytest.raises(Unavailable, match="waiting"), breaker:
        pytest.fail("tried")


def test_after_that_moment_it_is_tried_again() -> None:
    breaker = Breaker((Away,), pause=0.05)
    fail(breaker)
    time.sleep(0.06)
    with breaker:
        pass
    with breaker:
        pass


def test_while_one_tries_the_others_are_refused() -> None:
    breaker = Breaker((Away,), pause=0.05)
    fail(breaker)
    time.sleep(0.06)
    breaker.pause = 30  # of the one who tries: some of the others may come late
    tried, refused = [], []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        try:
            with breaker:
                tried.append(1)
                time.sleep(0.02)
                raise Away
        except Unavailable:
            refused.append(1)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tried), len(refused)) == (1, 8)
