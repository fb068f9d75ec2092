"""Filling the boards, and telling where they differ."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderboards.boards import ORGANISATION, Board, Scope
from leaderboards.rebuild import Difference, drift, load, rebuild
from leaderboards.store import LAST, Boards, NotReady, Row
from tests.leaderboards.server import Server, boards_on

WEEK = "2026-W47"
A, B = Board(ORGANISATION, WEEK), Board(Scope("skill", 5), WEEK)
YEAR = Board(ORGANISATION, "2026")
ROWS = [(A, 1, 5), (A, 2, 9), (B, 2, 4)]
SOME_ROWS = st.lists(
    st.tuples(st.sampled_from([A, B, YEAR]), st.integers(0, 30), st.integers(0, 6)),
    unique_by=lambda row: row[:2],
).map(sorted)


@pytest.fixture
def boards(server: Server) -> Boards:
    return boards_on(server)


def test_a_rebuild_leaves_exactly_its_rows(boards: Boards) -> None:
    boards.set_scores([(A, 99, 1), (Board(Scope("team", 1), WEEK), 99, 1), (YEAR, 99, 1)])
    assert rebuild(boards, ROWS, [WEEK]) == 3
    assert boards.boards() == {A, B, YEAR}
    assert boards.scores(A) == {2: 9, 1: 5}
    assert drift(ROWS, boards, [WEEK]).differences == []


def test_a_rebuild_over_many_trips_keeps_everything(boards: Boards) -> None:
    rows = [(board, member, 1 + member) for board in (A, B) for member in range(25_000)]
    rebuild(boards, rows, [WEEK])
    seen = drift(rows, boards, [WEEK])
    assert (seen.boards, seen.rows, seen.differences) == (2, 50_000, [])


def test_packed_rows_leave_exactly_what_plain_rows_do(boards: Boards) -> None:
    boards.set_scores([(A, 99, 1), (Board(Scope("team", 1), WEEK), 99, 1)])
    rows = [(A, member, 1 + member % 97) for member in range(25_000)] + [(B, 2, 4)]
    packs = [
        (board, [b"%d" % number for _, member, score in some for number in (score, LAST - member)])
        for board, some in ((A, rows[:3]), (A, rows[3:-1]), (B, rows[-1:]))
    ]
    assert load(boards, packs, [WEEK]) == 25_001
    seen = drift(rows, boards, [WEEK])
    assert (seen.boards, seen.rows, seen.differences) == (2, 25_001, [])
    with pytest.raises(ValueError, match="none of the windows"):
        load(boards, [(YEAR, [b"1", b"2"])], [WEEK])


def test_nothing_is_answered_while_a_rebuild_runs(boards: Boards) -> None:
    def rows() -> Iterator[Row]:
        with pytest.raises(NotReady):
            boards.top(A, 5)
        yield from ROWS

    rebuild(boards, ROWS, [WEEK])
    rebuild(boards, rows(), [WEEK])
    assert boards.top(A, 5).size == 2


def test_a_rebuild_that_was_broken_off_stays_closed_until_the_next(boards: Boards) -> None:
    def rows() -> Iterator[Row]:
        yield from ROWS
        raise RuntimeError

    rebuild(boards, ROWS, [WEEK])
    with pytest.raises(RuntimeError):
        rebuild(boards, rows(), [WEEK])
    assert boards.unready([WEEK]) == [WEEK]
    rebuild(boards, ROWS, [WEEK])
    assert boards.unready([WEEK]) == []


def test_a_flush_during_a_rebuild_does_not_open_half_a_board(server: Server, boards: Boards) -> None:
    def rows() -> Iterator[Row]:
        yield from [(A, member, 1) for member in range(20_000)]
        server.client().flushall()
        yield (A, 30_000, 1)

    with pytest.raises(NotReady):
        rebuild(boards, rows(), [WEEK])
    assert boards.unready([WEEK]) == [WEEK]


def test_a_rebuild_that_another_overtook_does_not_open_its_boards(server: Server, boards: Boards) -> None:
    def rows() -> Iterator[Row]:
        yield from ROWS
        rebuild(boards_on(server), [(A, 7, 7)], [WEEK])

    with pytest.raises(NotReady):
        rebuild(boards, rows(), [WEEK])


def test_rows_of_other_windows_are_refused(boards: Boards) -> None:
    with pytest.raises(ValueError, match="none of the windows"):
        rebuild(boards, [(YEAR, 1, 5)], [WEEK])


def test_drift_tells_each_difference_exactly_and_its_changes_mend_it(boards: Boards) -> None:
    rebuild(boards, ROWS, [WEEK])
    extra = Board(Scope("team", 3), WEEK)
    boards.set_scores([(A, 1, None), (A, 2, 8), (A, 3, 1), (extra, 4, 2)])
    seen = drift(ROWS, boards, [WEEK])
    assert seen.differences == [
        Difference(A, 1, 5, None),
        Difference(A, 2, 9, 8),
        Difference(A, 3, None, 1),
        Difference(extra, 4, None, 2),
    ]
    boards.set_scores(seen.changes())
    assert drift(ROWS, boards, [WEEK]).differences == []


def test_drift_refuses_boards_that_are_not_whole(boards: Boards) -> None:
    with pytest.raises(NotReady):
        drift(ROWS, boards, [WEEK])


def test_drift_wants_the_rows_of_a_board_together(boards: Boards) -> None:
    rebuild(boards, ROWS, [WEEK])
    with pytest.raises(ValueError, match="together"):
        drift([(A, 1, 5), (B, 2, 4), (A, 2, 9)], boards, [WEEK])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=SOME_ROWS, after=SOME_ROWS)
def test_drift_is_the_difference_between_two_fillings(
    boards: Boards, before: list[Row], after: list[Row]
) -> None:
    windows = [WEEK, "2026"]
    rebuild(boards, before, windows)
    mended = drift(after, boards, windows).changes()
    boards.set_scores(mended)
    assert drift(after, boards, windows).differences == []
    assert {(board, member) for board, member, _ in mended} == {
        row[:2] for row in {row for row in before if row[2]} ^ {row for row in after if row[2]}
    }
