"""What can be asked of the boards, with the eyes of whoever asks.

Ranks come from Redis in one round trip, or, when Redis is away, behind, or asked about a window that it does not
hold, from PostgreSQL: the same ranks. Names come from PostgreSQL always, so a choice holds at once: while somebody who
just chose *out* still stands in Redis, the boards are answered by PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.db import db
from app.errors import NotFound
from app.leaderboards import store
from app.people import queries as people
from app.vision import queries as vision
from leaderboards.boards import ORGANISATION, Board, Scope, UnknownScope
from leaderboards.periods import KINDS
from leaderboards.ranking import Card, Page, Standing, percentile
from leaderboards.store import NotReady, Unavailable

FEWEST = 5
RADIUS = 12
NO_BOARD = _l("There is no such board.")


def must_be_on(*, game: bool) -> None:
    """An organisation can do without boards, and so can a person (`game` is False)."""
    decided = people.organisation()
    if not (decided.boards_on and decided.points_on and game):
        raise NotFound(NO_BOARD)


def scope_of(told: str) -> tuple[Scope, Any]:
    """The scope and its name (a skill has one per language); `NotFound` if there is none."""
    try:
        scope = Scope.parse(told)
    except UnknownScope:
        raise NotFound(NO_BOARD) from None
    if scope == ORGANISATION:
        return scope, people.organisation().name
    if scope.kind == "skill":
        found = vision.names([scope.id]).get(scope.id)
        name: Any = found.name if found else None
    else:
        unit = people.units([scope.id]).get(scope.id)
        name = unit.name if unit and unit.kind == scope.kind else None
    if name is None:
        raise NotFound(NO_BOARD)
    return scope, name


@dataclass(frozen=True, slots=True)
class Row:
    """One row as this viewer may see it; without a name where somebody stays unnamed."""

    rank: int
    score: int
    name: str | None
    person_id: int | None
    handle: str | None
    team: str | None
    me: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """How the viewer stands."""

    rank: int
    score: int
    percentile: int
    to_next: int | None


@dataclass(frozen=True, slots=True)
class View:
    """A board, or the part of it that was asked for."""

    board: Board
    kind: str
    size: int
    me: Mine | None
    rows: tuple[Row, ...]
    offset: int
    live: bool  # from Redis; else from PostgreSQL


# Which filling of the boards holds, and whether somebody has left whom the projector has not taken off yet.
_STATE = text("""
    SELECT (SELECT epoch FROM board_state WHERE id = 1) AS epoch,
           EXISTS (SELECT 1 FROM board_member b JOIN person p ON p.id = b.person_id
                   WHERE b.taking_part
                   AND (p.board_choice = 'out' OR NOT p.active OR p.erased_at IS NOT NULL)) AS leaving
""")


def card(scope: Scope, kind: str, window: str, viewer: int, now: datetime, radius: int = RADIUS) -> View:
    """How the viewer stands, and who stands around."""
    board = Board(scope, window)
    found, live = _ask(board, now, lambda boards: boards.card(board, viewer, radius))
    if found is None:
        found = _card_from_ledger(board, kind, viewer, radius, now)
    return _view(board, kind, found.size, found.offset, found.rows, viewer, now, live, found)


def page(scope: Scope, kind: str, window: str, viewer: int, now: datetime, offset: int, count: int) -> View:
    """Rows from a place on, and how the viewer stands."""
    board = Board(scope, window)
    found, live = _ask(
        board, now, lambda boards: (boards.page(board, offset, count), boards.card(board, viewer, 1))
    )
    if found is None:
        found = (
            _page_from_ledger(board, kind, offset, count, now),
            _card_from_ledger(board, kind, viewer, 1, now),
        )
    rows, mine = found
    return _view(board, kind, rows.size, rows.offset, rows.rows, viewer, now, live, mine)


def _ask(board: Board, now: datetime, question: Any) -> tuple[Any, bool]:
    """The answer of Redis, if its boards can be trusted now."""
    state = db.session.execute(_STATE).one()
    if not state.epoch or state.leaving or board.window not in store.kept(now):
        return None, False
    boards = store.boards()
    boards.epoch = state.epoch
    try:
        return question(boards), True
    except (NotReady, Unavailable):
        return None, False


# PostgreSQL's own answer -----------------------------------------------------------------------------------------

_ONE = """
    , ranked AS (
        SELECT person_id, points, rank() OVER (ORDER BY points DESC) AS rank,
               row_number() OVER (ORDER BY points DESC, person_id) - 1 AS place, count(*) OVER () AS size
        FROM live WHERE skill_id = :skill AND points > 0
        AND (CAST(:department AS bigint) IS NULL OR department_id = :department)
        AND (CAST(:team AS bigint) IS NULL OR team_id = :team)
    )
"""
_AROUND = (
    "WITH"
    + store.BASE
    + _ONE
    + """
    , mine AS (SELECT greatest(0, least(place - :radius, size - (2 * :radius + 1))) AS first
               FROM ranked WHERE person_id = :viewer)
    SELECT person_id, points, rank, place, size FROM ranked
    WHERE place >= (SELECT first FROM mine) AND place <= (SELECT first FROM mine) + 2 * :radius ORDER BY place
"""
)
_PAGE = (
    "WITH"
    + store.BASE
    + _ONE
    + """
    SELECT person_id, points, rank, place, size FROM ranked
    WHERE place >= :offset AND place < :offset + :count ORDER BY place
"""
)
_SIZE = "WITH" + store.BASE + _ONE + "SELECT count(*) FROM ranked"
_STATEMENTS = {
    (name, kind): store.statement(sql, kind)
    for name, sql in (("around", _AROUND), ("page", _PAGE), ("size", _SIZE))
    for kind in KINDS
}


def _parameters(board: Board, kind: str, now: datetime) -> dict[str, Any]:
    scope = board.scope
    return store.parameters(kind, board.window, now) | {
        "skill": scope.id if scope.kind == "skill" else 0,
        "department": scope.id if scope.kind == "department" else None,
        "team": scope.id if scope.kind == "team" else None,
    }


def _card_from_ledger(board: Board, kind: str, viewer: int, radius: int, now: datetime) -> Card:
    asked = _parameters(board, kind, now)
    rows = db.session.execute(_STATEMENTS["around", kind], asked | {"viewer": viewer, "radius": radius}).all()
    if not rows:
        return Card(0, None, None, db.session.scalar(_STATEMENTS["size", kind], asked) or 0, 0, ())
    mine = next(row for row in rows if row.person_id == viewer)
    return Card(
        int(mine.points),
        mine.rank,
        percentile(mine.rank, mine.size),
        mine.size,
        int(rows[0].place),
        _standings(rows),
    )


def _page_from_ledger(board: Board, kind: str, offset: int, count: int, now: datetime) -> Page:
    asked = _parameters(board, kind, now)
    rows = db.session.execute(_STATEMENTS["page", kind], asked | {"offset": offset, "count": count}).all()
    size = rows[0].size if rows else db.session.scalar(_STATEMENTS["size", kind], asked) or 0
    return Page(size, offset, _standings(rows))


def _standings(rows: Sequence[Any]) -> tuple[Standing, ...]:
    return tuple(Standing(row.rank, row.person_id, int(row.points)) for row in rows)


# What the viewer may see -----------------------------------------------------------------------------------------

_NAMES = text("""
    SELECT p.id, p.name, p.handle, u.name AS team, p.board_choice = 'named' AS named,
           p.board_choice IS DISTINCT FROM 'out' AND p.active AND p.erased_at IS NULL AS taking_part
    FROM person p LEFT JOIN unit u ON u.id = p.team_id WHERE p.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger())))
_UNNAMED = text("""
    SELECT count(*) FROM (
        SELECT 1 FROM person p JOIN board_member b ON b.person_id = p.id AND b.taking_part
        WHERE p.active AND p.erased_at IS NULL AND coalesce(p.board_choice, 'unnamed') = 'unnamed'
        AND (CAST(:department AS bigint) IS NULL OR p.department_id = :department)
        AND (CAST(:team AS bigint) IS NULL OR p.team_id = :team)
        AND (:skill = 0 OR EXISTS (SELECT 1 FROM skill_total s WHERE s.person_id = p.id AND s.skill_id = :skill))
        LIMIT :fewest) AS unnamed
""")


def _view(
    board: Board, kind: str, size: int, offset: int, rows: Sequence[Standing], viewer: int, now: datetime, live: bool,
    mine: Card,
) -> View:  # fmt: skip
    people = {
        row.id: row for row in db.session.execute(_NAMES, {"ids": [row.member for row in rows] + [viewer]})
    }
    unnamed = any(not people[row.member].named and row.member != viewer for row in rows)
    enough = (
        unnamed and db.session.scalar(_UNNAMED, _parameters(board, kind, now) | {"fewest": FEWEST}) >= FEWEST
    )
    shown = tuple(
        _row(row, people[row.member], viewer)
        for row in rows
        if row.member == viewer or (people[row.member].taking_part and (people[row.member].named or enough))
    )
    me = None
    if mine.rank is not None and mine.percentile is not None and people[viewer].taking_part:
        better = [row.score for row in mine.rows if row.score > mine.score]
        me = Mine(mine.rank, mine.score, mine.percentile, min(better) - mine.score if better else None)
    return View(board, kind, size, me, shown, offset, live)


def _row(row: Standing, person: Any, viewer: int) -> Row:
    me = row.member == viewer
    if me or person.named:
        return Row(row.rank, row.score, person.name, row.member, person.handle, person.team, me)
    return Row(row.rank, row.score, None, None, None, None, False)
