"""The boards in a real Valkey: what they answer, and when they say that they cannot."""

import os
import threading
import time
import warnings
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderboards import ranking
from leaderboards.boards import ORGANISATION, Board, Scope
from leaderboards.rebuild import rebuild
from leaderboards.store import LARGEST_MEMBER, REST, Boards, NotReady, Unavailable
from tests.leaderboards.server import Server, boards_on

WEEK, YEAR = "2026-W47", "2026"
ALL_OF_US = Board(ORGANISATION, WEEK)
TEAM = Board(Scope("team", 33), WEEK)
SCORES = st.dictionaries(
    st.one_of(st.integers(0, 120), st.integers(0, LARGEST_MEMBER)), st.integers(-1, 9), max_size=80
)
reusing = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def boards(server: Server) -> Boards:
    boards = boards_on(server)
    rebuild(boards, [], [WEEK, YEAR])
    return boards


def fill(boards: Boards, scores: dict[int, int], board: Board = ALL_OF_US) -> None:
    rebuild(boards, [(board, member, score) for member, score in scores.items()], [WEEK, YEAR])


@reusing
@given(scores=SCORES, radius=st.integers(0, 13), offset=st.integers(0, 90), count=st.integers(1, 40))
def test_the_boards_answer_as_the_plain_ranking_does(
    boards: Boards, scores: dict[int, int], radius: int, offset: int, count: int
) -> None:
    fill(boards, scores)
    assert boards.page(ALL_OF_US, offset, count) == ranking.page(scores, offset, count)
    assert boards.top(ALL_OF_US, count) == ranking.page(scores, 0, count)
    assert boards.many(ALL_OF_US, [*scores, 121]) == ranking.many(scores, [*scores, 121])
    for member in [*scores, 121]:
        assert boards.card(ALL_OF_US, member, radius) == ranking.card(scores, member, radius)


def test_a_large_board_answers_alike(boards: Boards) -> None:
    scores = {member: 1 + member % 700 for member in range(5000)}
    fill(boards, scores)
    for member in (0, 1, 699, 2500, 4999):
        assert boards.card(ALL_OF_US, member) == ranking.card(scores, member)
    assert boards.page(ALL_OF_US, 4990, 25) == ranking.page(scores, 4990, 25)
    assert boards.many(ALL_OF_US, range(2500)) == ranking.many(scores, range(2500))
    assert boards.scores(ALL_OF_US) == scores


def test_large_scores_keep_every_digit(boards: Boards) -> None:
    scores = {1: 2**53 - 1, 2: 2**53 - 2, 3: 2**53 - 2, 4: 10**15 + 1, 5: 10**15, 6: 1}
    fill(boards, scores)
    for member in scores:
        assert boards.card(ALL_OF_US, member, 1) == ranking.card(scores, member, 1)


def test_clients_that_decode_read_the_same(server: Server, boards: Boards) -> None:
    scores = {1: 5, 2: 5, 3: 4}
    fill(boards, scores)
    decoding = Boards(server.client(decode_responses=True), epoch="first", failures=(redis.RedisError,))
    assert decoding.card(ALL_OF_US, 3) == ranking.card(scores, 3)
    assert decoding.many(ALL_OF_US, [2]) == ranking.many(scores, [2])
    assert decoding.boards() == {ALL_OF_US}


# Writing


def test_a_second_call_changes_nothing(server: Server, boards: Boards) -> None:
    changes = [(ALL_OF_US, member, member % 5) for member in range(300)] + [(TEAM, 1, 4)]
    assert boards.set_scores(changes) == 301
    once = [server.client().dump("b:{2026-W47}:o"), server.client().dump("b:{2026-W47}:t:33")]
    boards.set_scores(changes)
    assert [server.client().dump("b:{2026-W47}:o"), server.client().dump("b:{2026-W47}:t:33")] == once


def test_the_last_total_of_a_member_holds(boards: Boards) -> None:
    boards.set_scores([(ALL_OF_US, 1, 5), (ALL_OF_US, 2, 5), (ALL_OF_US, 1, 8), (ALL_OF_US, 2, None)])
    assert boards.scores(ALL_OF_US) == {1: 8}


def test_no_points_and_none_leave_the_board(boards: Boards) -> None:
    fill(boards, {1: 5, 2: 5, 3: 5, 4: 5})
    boards.set_scores([(ALL_OF_US, 1, 0), (ALL_OF_US, 2, None), (ALL_OF_US, 3, -2), (TEAM, 3, None)])
    assert boards.scores(ALL_OF_US) == {4: 5}


def test_a_member_is_taken_off_many_boards(boards: Boards) -> None:
    boards.set_scores([(ALL_OF_US, 1, 5), (TEAM, 1, 5), (TEAM, 2, 5)])
    boards.remove_member(1, [ALL_OF_US, TEAM])
    assert boards.boards() == {TEAM}
    assert boards.scores(TEAM) == {2: 5}


def test_boards_and_windows_are_forgotten(server: Server, boards: Boards) -> None:
    boards.set_scores([(ALL_OF_US, 1, 5), (TEAM, 1, 5), (Board(ORGANISATION, YEAR), 1, 5)])
    boards.drop([TEAM])
    assert boards.boards() == {ALL_OF_US, Board(ORGANISATION, YEAR)}
    boards.forget([WEEK])
    assert sorted(server.client().keys()) == [b"b:{2026}:epoch", b"b:{2026}:o", b"b:{2026}:server"]


def test_prefixes_do_not_meet(server: Server, boards: Boards) -> None:
    others = [boards_on(server, prefix=prefix) for prefix in ("b*", "bb", "b:{2026}")]
    for other in others:
        rebuild(other, [(ALL_OF_US, 1, 5)], [WEEK])
    assert boards.boards() == set()
    others[0].forget([WEEK])
    assert others[0].boards() == set()
    assert others[1].boards() == others[2].boards() == {ALL_OF_US}


@pytest.mark.parametrize("member", [-1, LARGEST_MEMBER + 1])
def test_a_member_beyond_the_range_is_refused(boards: Boards, member: int) -> None:
    with pytest.raises(ValueError, match="from 0 to"):
        boards.set_scores([(ALL_OF_US, member, 5)])


def test_two_writers_of_absolute_totals_leave_the_last_total_of_each(server: Server, boards: Boards) -> None:
    def write(first: int) -> None:
        mine = boards_on(server)
        for total in range(1, 40):
            mine.set_scores([(ALL_OF_US, m, total * m) for m in range(first, 200, 2)] + [(TEAM, 7, 70)])

    writers = [threading.Thread(target=write, args=(first,)) for first in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert boards.scores(ALL_OF_US) == dict(ranking.in_order({m: 39 * m for m in range(1, 200)}))
    assert boards.scores(TEAM) == {7: 70}


# One round trip


class CountingConnection(redis.UnixDomainSocketConnection):
    sent = 0

    def send_packed_command(self, *args: Any, **options: Any) -> None:
        CountingConnection.sent += 1
        super().send_packed_command(*args, **options)  # type: ignore[no-untyped-call]


def test_every_question_is_one_round_trip_and_so_is_an_event(server: Server, boards: Boards) -> None:
    fill(boards, {member: member for member in range(1, 300)})
    pool = redis.ConnectionPool(connection_class=CountingConnection, path=str(server.socket))
    counted = Boards(redis.Redis(connection_pool=pool), epoch="first", failures=(redis.RedisError,))
    event = [(Board(Scope("skill", skill), WEEK), 5, 10) for skill in range(1, 21)]
    counted.top(ALL_OF_US, 1)
    for ask in (
        lambda: counted.card(ALL_OF_US, 150),
        lambda: counted.top(ALL_OF_US, 25),
        lambda: counted.page(ALL_OF_US, 100, 25),
        lambda: counted.many(ALL_OF_US, range(1500)),
        lambda: counted.set_scores(event),
    ):
        ask()
        before = CountingConnection.sent
        ask()
        assert CountingConnection.sent == before + 1


def test_threads_that_end_give_their_connections_back(server: Server, boards: Boards) -> None:
    fill(boards, {1: 5})
    before = len(server.client().client_list())
    for _ in range(5):
        thread = threading.Thread(target=boards.card, args=(ALL_OF_US, 1))
        thread.start()
        thread.join()
    assert len(server.client().client_list()) <= before + 1


def test_a_forked_process_talks_on_a_connection_of_its_own(server: Server, boards: Boards) -> None:
    fill(boards, {1: 5})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        right = False
        try:
            right = all(boards.card(ALL_OF_US, 1).score == 5 for _ in range(200))
        finally:
            os._exit(0 if right else 1)
    for _ in range(200):
        assert boards.card(ALL_OF_US, 1).score == 5
    assert os.waitpid(child, 0)[1] == 0


def test_scripts_that_the_server_forgot_are_sent_again(server: Server, boards: Boards) -> None:
    fill(boards, {1: 5})
    server.client().script_flush()
    assert boards.card(ALL_OF_US, 1).rank == 1


# Not whole


def every_read(boards: Boards) -> list[Any]:
    return [
        lambda: boards.card(ALL_OF_US, 1),
        lambda: boards.top(ALL_OF_US, 5),
        lambda: boards.page(ALL_OF_US, 1, 5),
        lambda: boards.many(ALL_OF_US, [1]),
    ]


def assert_not_ready(boards: Boards) -> None:
    for read in every_read(boards):
        with pytest.raises(NotReady):
            read()


def test_after_a_flush_nothing_is_answered_until_the_boards_are_filled_again(
    server: Server, boards: Boards
) -> None:
    fill(boards, {1: 5})
    assert boards.unready([WEEK, YEAR]) == []
    server.client().flushall()
    assert_not_ready(boards)
    boards.set_scores([(ALL_OF_US, 2, 5)])
    assert_not_ready(boards)
    assert boards.unready([WEEK, YEAR]) == [WEEK, YEAR]
    fill(boards, {1: 5, 2: 5})
    assert boards.card(ALL_OF_US, 2).size == 2


def test_another_epoch_is_not_answered_from(server: Server, boards: Boards) -> None:
    fill(boards, {1: 5})
    newer = boards_on(server, epoch="second")
    assert_not_ready(newer)
    assert newer.unready([WEEK]) == [WEEK]
    fill(newer, {1: 6})
    assert_not_ready(boards)
    boards.epoch = "second"
    assert boards.card(ALL_OF_US, 1).score == 6


def test_a_window_nobody_has_points_in_is_ready_once_it_was_filled_with_nothing(boards: Boards) -> None:
    empty = Board(ORGANISATION, "2026-W48")
    with pytest.raises(NotReady):
        boards.top(empty, 5)
    rebuild(boards, [], ["2026-W48"])
    assert boards.top(empty, 5) == (0, 0, ())
    assert boards.card(empty, 1).rank is None


# Away


def test_a_server_that_is_down_is_unavailable_and_comes_back(own_server: Server) -> None:
    boards = boards_on(own_server, pause=0.05)
    fill(boards, {1: 5})
    own_server.stop()
    for read in every_read(boards):
        with pytest.raises(Unavailable):
            read()
    with pytest.raises(Unavailable):
        boards.set_scores([(ALL_OF_US, 1, 6)])
    own_server.start()
    time.sleep(0.06)
    assert_not_ready(boards)
    fill(boards, {1: 6})
    assert boards.card(ALL_OF_US, 1).score == 6


def test_a_server_that_hangs_costs_one_timeout_a_pause(own_server: Server) -> None:
    boards = boards_on(own_server, timeout=0.2, pause=30)
    fill(boards, {1: 5})
    own_server.hang()
    start = time.monotonic()
    for _ in range(50):
        with pytest.raises(Unavailable):
            boards.card(ALL_OF_US, 1)
    own_server.wake()
    assert time.monotonic() - start < 5  # fifty timeouts would be ten seconds


def test_a_server_that_came_back_from_an_old_copy_is_filled_again(own_server: Server) -> None:
    boards = boards_on(own_server)
    fill(boards, {1: 5})
    own_server.client().save()
    boards.set_scores([(ALL_OF_US, 1, 6)])
    own_server.stop()
    own_server.start()
    time.sleep(REST)
    assert boards.card(ALL_OF_US, 1).score == 5
    assert boards.unready([WEEK, YEAR]) == [WEEK, YEAR]


def test_a_small_board_is_a_listpack(server: Server, boards: Boards) -> None:
    fill(boards, {2_000 + member: 900 + member for member in range(128)}, TEAM)
    assert server.client().object("encoding", "b:{2026-W47}:t:33") == b"listpack"
    used = server.client().memory_usage("b:{2026-W47}:t:33", samples=0)
    assert used is not None
    assert used <= 16 * 128
