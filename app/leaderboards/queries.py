"""What can be asked of the boards, with the eyes of whoever asks.

Ranks come from Redis in one round trip, or, when Redis is away, behind, or asked about a window that it does not
hold, from PostgreSQL: the same ranks, of a board that is kept there if it is large, else counted. Names come from
PostgreSQL always, so a choice holds at once: while somebody who just chose *out* still stands in Redis, the boards are
counted.
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
from app.leaderboards import kept, store
from app.leaderboards import teams as team_sums
from app.people import queries as people
from app.vision import queries as vision
from leaderboards.boards import ORGANISATION, Board, Scope, UnknownScope
from leaderboards.periods import KINDS
from leaderboards.ranking import Card, Page, Standing, percentile
from leaderboards.store import NotReady, Unavailable

FEWEST = 5
RADIUS = 12
TEAMS = 5
NO_BOARD = _l("There is no such board.")
WITHOUT = _l("You do without points, so there are no leaderboards to show.")


def must_be_on(*, game: bool) -> None:
    """An organisation can do without boards, and so can a person (`game` is False)."""
    decided = people.organisation()
    if not (decided.boards_on and decided.points_on and game):
        raise NotFound(NO_BOARD if game else WITHOUT)


def scope_of(told: str) -> tuple[Scope, Any]:
    """The scope and its name (a skill has one per language); `NotFound` if there is none."""
    try:
        scope = Scope.parse(told)
    except UnknownScope:
        raise NotFound(NO_BOARD) from None
    if scope == ORGANISATION:
        return scope, people.organisation().name or "Blijk"
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
    to_next: int | None  # points to the next place up,
    next_rank: int | None  # and which place that is


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


# Which filling of the boards holds, whether somebody has left whom the projector has not taken off yet, and whether the
# viewer takes part again and is not on them yet.
_STATE = text("""
    SELECT s.epoch,
           s.kudos = coalesce((SELECT kudos_on_boards FROM organisation ORDER BY id LIMIT 1), false) AS decided,
           EXISTS (SELECT FROM outbox o CROSS JOIN LATERAL jsonb_array_elements(CAST(o.body AS jsonb)) AS e
                   JOIN board_member b ON b.person_id = CAST(e ->> 'person_id' AS bigint) AND b.taking_part
                   JOIN person p ON p.id = b.person_id
                   WHERE o.handed_on_at IS NULL AND o.event = 'PersonMoved'
                   AND (p.board_choice = 'out' OR NOT p.active OR p.erased_at IS NOT NULL)) AS leaving,
           EXISTS (SELECT FROM board_member b JOIN person p ON p.id = b.person_id
                   WHERE b.person_id = :viewer AND NOT b.taking_part AND p.active AND p.erased_at IS NULL
                   AND p.board_choice IS DISTINCT FROM 'out') AS coming_back
    FROM (SELECT max(epoch) AS epoch, bool_or(kudos) AS kudos FROM board_state WHERE id = 1) s
""")


def card(scope: Scope, kind: str, window: str, viewer: int, now: datetime, radius: int = RADIUS) -> View:
    """How the viewer stands, and who stands around."""
    return sheet(scope, kind, window, viewer, now, radius=radius)[0]


def page(scope: Scope, kind: str, window: str, viewer: int, now: datetime, offset: int, count: int) -> View:
    """Rows from a place on, and how the viewer stands."""
    return sheet(scope, kind, window, viewer, now, radius=1, parts=[(offset, count)])[1]


def sheet(
    scope: Scope, kind: str, window: str, viewer: int, now: datetime, *, radius: int,
    parts: Sequence[tuple[int, int]] = (),
) -> list[View]:  # fmt: skip
    """The viewer's card, and after it parts of the board (from a place on, so many rows); names are asked once."""
    board = Board(scope, window)
    sound = _sound(viewer)
    found = _from_redis(sound, board, viewer, now, radius, parts)
    live = found is not None
    found = found or _from_kept(sound, board, viewer, radius, parts)
    mine, pages = found or _from_ledger(board, kind, viewer, now, radius, parts)
    shown: list[Card | Page] = [mine, *pages]
    eyes = _eyes(board, kind, viewer, [row for part in shown for row in part.rows], now)
    me = eyes.mine(mine)
    return [View(board, kind, part.size, me, eyes.rows(part.rows), part.offset, live) for part in shown]


def _sound(viewer: int) -> str | None:
    """The filling of the boards that holds now; None while they show somebody who left, or not yet the viewer."""
    state = db.session.execute(_STATE, {"viewer": viewer}).one()
    sound = state.epoch and state.decided and not state.leaving and not state.coming_back
    return str(state.epoch) if sound else None


Found = tuple[Card, list[Page]]


def _from_redis(
    epoch: str | None, board: Board, viewer: int, now: datetime, radius: int, parts: Sequence[tuple[int, int]]
) -> Found | None:
    """The answer of Redis, if its boards can be trusted now."""
    if epoch is None or board.window not in store.kept(now):
        return None
    boards = store.boards()
    boards.epoch = epoch
    try:
        return boards.card(board, viewer, radius), [boards.page(board, *part) for part in parts]
    except (NotReady, Unavailable):
        return None


def _from_kept(
    epoch: str | None, board: Board, viewer: int, radius: int, parts: Sequence[tuple[int, int]]
) -> Found | None:
    """The answer of a large board that PostgreSQL keeps."""
    place = kept.find(board) if epoch is not None else None
    if place is None:
        return None
    mine = kept.card(place, viewer, radius)
    return mine, [kept.page(place, *part, mine.size) for part in parts]


def _from_ledger(
    board: Board, kind: str, viewer: int, now: datetime, radius: int, parts: Sequence[tuple[int, int]]
) -> Found:
    """Counted from the totals: right at any moment, and slow on a large board."""
    mine = _card_from_ledger(board, kind, viewer, radius, now)
    return mine, [_page_from_ledger(board, kind, *part, now) for part in parts]


# PostgreSQL's own answer -----------------------------------------------------------------------------------------

# Ranks of one board. Of a current window only the rows of its scope are read; a closed one has the units of its end.
_DIRECT = """
    told AS (
        SELECT person_id, {{points}} AS points, {{kudos}} AS kudos FROM {table} WHERE {{key}} = :window {mine}
        UNION ALL
        SELECT person_id, points, kudos FROM period_total WHERE "window" = :window AND skill_id = :skill
    ), live AS (
        SELECT t.person_id, t.points - CASE WHEN o.kudos_on_boards THEN 0 ELSE t.kudos END AS points
        FROM told t
        JOIN person p ON p.id = t.person_id AND p.active AND p.erased_at IS NULL
             AND p.board_choice IS DISTINCT FROM 'out'
        CROSS JOIN (SELECT coalesce((SELECT kudos_on_boards FROM organisation LIMIT 1), false) AS kudos_on_boards) o
    )
"""
# Of a unit the people are found first, and then what each has.
_OF_UNIT = """
    live AS (
        SELECT p.id AS person_id, t.points - CASE WHEN o.kudos_on_boards THEN 0 ELSE t.kudos END AS points
        FROM person p
        CROSS JOIN (SELECT coalesce((SELECT kudos_on_boards FROM organisation LIMIT 1), false) AS kudos_on_boards) o
        CROSS JOIN LATERAL (
            SELECT {{points}} AS points, {{kudos}} AS kudos FROM person_total
            WHERE person_total.person_id = p.id AND {{key}} = :window
            UNION ALL
            SELECT c.points, c.kudos FROM period_total c
            WHERE c.person_id = p.id AND c.skill_id = 0 AND c."window" = :window) t
        WHERE p.active AND p.erased_at IS NULL AND p.board_choice IS DISTINCT FROM 'out' AND {unit}
    )
"""
_SOURCES = {
    "closed": store.BASE,
    "organisation": _DIRECT.format(table="person_total", mine=""),
    "department": _OF_UNIT.format(unit="p.department_id = :department"),
    "team": _OF_UNIT.format(unit="p.team_id = :team"),
    "skill": _DIRECT.format(table="skill_total", mine="AND skill_id = :skill"),
}
_OF_ONE = """WHERE skill_id = :skill AND points > 0
        AND (CAST(:department AS bigint) IS NULL OR department_id = :department)
        AND (CAST(:team AS bigint) IS NULL OR team_id = :team)"""
_ONE = """
    , ranked AS (
        SELECT person_id, points, rank() OVER (ORDER BY points DESC) AS rank,
               row_number() OVER (ORDER BY points DESC, person_id) - 1 AS place, count(*) OVER () AS size
        FROM live {which}
    )
"""
_AROUND = """
    , mine AS (SELECT greatest(0, least(place - :radius, size - (2 * :radius + 1))) AS first
               FROM ranked WHERE person_id = :viewer)
    SELECT person_id, points, rank, place, size FROM ranked
    WHERE place >= (SELECT first FROM mine) AND place <= (SELECT first FROM mine) + 2 * :radius ORDER BY place
"""
_PAGE = """
    SELECT person_id, points, rank, place, size FROM ranked
    WHERE place >= :offset AND place < :offset + :count ORDER BY place
"""
_SIZE = "SELECT count(*) FROM ranked"
_STATEMENTS = {
    (name, source, kind): store.statement(
        "WITH" + base + _ONE.format(which=_OF_ONE if source == "closed" else "WHERE points > 0") + sql, kind
    )
    for name, sql in (("around", _AROUND), ("page", _PAGE), ("size", _SIZE))
    for source, base in _SOURCES.items()
    for kind in KINDS
}


def _statement(name: str, board: Board, kind: str, asked: dict[str, Any]) -> Any:
    return _STATEMENTS[name, "closed" if asked["closed"] else board.scope.kind, kind]


def _parameters(board: Board, kind: str, now: datetime) -> dict[str, Any]:
    scope = board.scope
    return store.parameters(kind, board.window, now) | {
        "skill": scope.id if scope.kind == "skill" else 0,
        "department": scope.id if scope.kind == "department" else None,
        "team": scope.id if scope.kind == "team" else None,
    }


def _card_from_ledger(board: Board, kind: str, viewer: int, radius: int, now: datetime) -> Card:
    asked = _parameters(board, kind, now)
    around = _statement("around", board, kind, asked)
    rows = db.session.execute(around, asked | {"viewer": viewer, "radius": radius}).all()
    if not rows:
        size = db.session.scalar(_statement("size", board, kind, asked), asked) or 0
        return Card(0, None, None, size, 0, ())
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
    page = _statement("page", board, kind, asked)
    rows = db.session.execute(page, asked | {"offset": offset, "count": count}).all()
    size = rows[0].size if rows else db.session.scalar(_statement("size", board, kind, asked), asked) or 0
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


@dataclass(frozen=True, slots=True)
class _Eyes:
    """Who somebody may see on a board: those with a name, and those without among at least five."""

    viewer: int
    people: dict[int, Any]
    enough: bool

    def rows(self, standings: Sequence[Standing]) -> tuple[Row, ...]:
        return tuple(self._row(row) for row in standings if self._sees(row.member))

    def _sees(self, member: int) -> bool:
        person = self.people[member]
        return member == self.viewer or (person.taking_part and (person.named or self.enough))

    def _row(self, row: Standing) -> Row:
        person, me = self.people[row.member], row.member == self.viewer
        if me or person.named:
            return Row(row.rank, row.score, person.name, row.member, person.handle, person.team, me)
        return Row(row.rank, row.score, None, None, None, None, False)

    def mine(self, card: Card) -> Mine | None:
        if card.rank is None or card.percentile is None or not self.people[self.viewer].taking_part:
            return None
        above = min(
            (row for row in card.rows if row.score > card.score), key=lambda row: row.score, default=None
        )
        return Mine(
            card.rank, card.score, card.percentile,
            above.score - card.score if above else None, above.rank if above else None,
        )  # fmt: skip


def _eyes(board: Board, kind: str, viewer: int, standings: Sequence[Standing], now: datetime) -> _Eyes:
    ids = sorted({row.member for row in standings} | {viewer})
    people = {row.id: row for row in db.session.execute(_NAMES, {"ids": ids})}
    unnamed = any(not people[row.member].named and row.member != viewer for row in standings)
    asked = _parameters(board, kind, now) | {"fewest": FEWEST}
    return _Eyes(viewer, people, unnamed and db.session.scalar(_UNNAMED, asked) >= FEWEST)


# Teams -----------------------------------------------------------------------------------------------------------


def teams(scope: Scope, kind: str, window: str, own: int | None, now: datetime) -> Sequence[Any]:
    """The teams that stand highest in the organisation or a department, and one's own: id, name, size, points, rank."""
    if scope.kind not in ("organisation", "department"):
        return []
    department = scope.id if scope.kind == "department" else None
    return team_sums.standing(kind, window, now, department=department, own=own, fewest=FEWEST, most=TEAMS)
