"""Fill the boards from the database's rows, and tell where they differ from them.

The owner lets no other writer in while either runs (see `store`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from leaderboards.boards import Board
from leaderboards.ranking import in_order
from leaderboards.store import Boards, Change, NotReady, Pack, Row


def rebuild(boards: Boards, rows: Iterable[Row], windows: Collection[str]) -> int:
    """Fill these windows with exactly these rows, and open them; says how many rows.

    Until it ends, reading them raises `NotReady`; if it is broken off, that stays so. Rows of other
    windows are refused. Quickest with the rows of one board together. A window that nobody has
    points in is filled with no rows.
    """
    token = boards.begin(windows)
    count = boards.set_scores(_within(rows, windows))
    boards.finish(windows, token)
    return count


def load(boards: Boards, packs: Iterable[Pack], windows: Collection[str]) -> int:
    """The same with rows that the owner's database has packed already, each board's in one or several packs."""
    token = boards.begin(windows)
    count = boards.load(_packs_within(packs, windows))
    boards.finish(windows, token)
    return count


def _packs_within(packs: Iterable[Pack], windows: Collection[str]) -> Iterable[Pack]:
    for pack in packs:
        if pack[0].window not in windows:
            raise ValueError(f"{pack[0]} is in none of the windows to fill")
        yield pack


def _within(rows: Iterable[Row], windows: Collection[str]) -> Iterable[Row]:
    for row in rows:
        if row[0].window not in windows:
            raise ValueError(f"{row[0]} is in none of the windows to fill")
        yield row


@dataclass(frozen=True)
class Difference:
    """Somebody's score on a board, in the database and in Redis; None is no place on it."""

    board: Board
    member: int
    expected: int | None
    found: int | None


@dataclass
class Drift:
    """What a check saw. `differences` is empty where the boards are exactly the rows."""

    boards: int = 0
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)

    def changes(self) -> list[Change]:
        """What `set_scores` needs to put it right, without closing any board."""
        return [(one.board, one.member, one.expected) for one in self.differences]


def drift(expected: Iterable[Row], boards: Boards, windows: Collection[str]) -> Drift:
    """Compare every board of these windows with the rows, which come with each board's together.

    `NotReady` where a window is not whole: then it is to be filled, not to be compared.
    """
    unready = boards.unready(windows)
    if unready:
        raise NotReady(", ".join(unready))
    seen = Drift()
    unseen = {board for board in boards.boards() if board.window in windows}
    checked: set[Board] = set()
    for board, rows in groupby(_within(expected, windows), key=lambda row: row[0]):
        if board in checked:
            raise ValueError(f"the rows of {board} do not come together")
        checked.add(board)
        unseen.discard(board)
        _compare(seen, board, dict(in_order({member: score for _, member, score in rows})), boards)
    for board in sorted(unseen):
        _compare(seen, board, {}, boards)
    return seen


def _compare(seen: Drift, board: Board, expected: dict[int, int], boards: Boards) -> None:
    found = boards.scores(board)
    seen.boards += 1
    seen.rows += len(expected)
    if found != expected:
        seen.differences += [
            Difference(board, member, expected.get(member), found.get(member))
            for member in sorted(expected.keys() | found.keys())
            if expected.get(member) != found.get(member)
        ]
