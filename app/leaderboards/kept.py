"""Boards that PostgreSQL keeps beside Redis: those of large scopes, so that a rank need not be counted.

A board of some dozens is counted from the totals when somebody looks; of a hundred thousand that takes a thousand
times as long as Redis. Large boards are therefore kept as rows in their order, written by the projector from the very
changes that Redis gets; from some thousands on counting the rows above somebody takes too long as well, and such a
board has a histogram. What a batch changes in one is an inserted row per board, which a worker folds into it later:
nobody waits for a row that everybody changes, and a rank adds up both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Boolean, Text

from app.db import db
from app.leaderboards import store
from leaderboards.boards import Board
from leaderboards.periods import KINDS
from leaderboards.ranking import Card, Page, Standing, percentile, standings
from leaderboards.store import Change

LARGE = 200  # from so many people on a board is kept; it is dropped again below half of it
VERY_LARGE = 2000  # from so many on it has a histogram
LOOK_EVERY = timedelta(minutes=1)
BITS = 31  # of a sort key: the highest bits are the points, the lowest what the person's id leaves of them
LOW = 2**BITS - 1
MOST = 2**32 - 1  # points that a sort key can hold
STEPS = (0, 5, 10, 15)  # bits by which each level of the histogram is coarser than points
_IDS = ARRAY(BigInteger())
_LETTERS = {"organisation": "o", "department": "d", "team": "t", "skill": "s"}
KUDOS = text("SELECT coalesce((SELECT kudos_on_boards FROM organisation ORDER BY id LIMIT 1), false)")

# Which -----------------------------------------------------------------------------------------------------------

_LARGE = text("""
    SELECT 'o' AS scope, 0 AS id, count(*) AS people FROM person_total HAVING count(*) >= :least
    UNION ALL
    SELECT 'd', department_id, count(*) FROM person WHERE department_id IS NOT NULL GROUP BY 2 HAVING count(*) >= :least
    UNION ALL
    SELECT 't', team_id, count(*) FROM person WHERE team_id IS NOT NULL GROUP BY 2 HAVING count(*) >= :least
    UNION ALL
    SELECT 's', skill_id, count(*) FROM skill_total GROUP BY 2 HAVING count(*) >= :least
""")
_KEPT = text('SELECT id, scope, scope_id, "window", kudos, levels FROM kept_board')
_NEW = text("""
    INSERT INTO kept_board (scope, scope_id, "window", kudos, levels, filled_at)
    SELECT w.scope, w.id, :window, :kudos, w.levels, :now FROM unnest(:scopes, :ids, :levels) AS w(scope, id, levels)
    ON CONFLICT DO NOTHING RETURNING id
""").bindparams(
    bindparam("scopes", type_=ARRAY(Text())),
    bindparam("ids", type_=_IDS),
    bindparam("levels", type_=ARRAY(Boolean())),
)
_FILL = """
    WITH {base}, every AS ({all})
    INSERT INTO board_row (board_id, person_id, sort_key)
    SELECT b.id, every.person_id, (least(every.points, :most) << :bits) + :low - every.person_id FROM every
    JOIN kept_board b ON b.scope = every.scope AND b.scope_id = every.id AND b.id = ANY(:ids)
"""
_LEVELS = text("""
    INSERT INTO board_level (board_id, level, bucket, people)
    SELECT r.board_id, s.level, r.sort_key >> (31 + s.bits), count(*)
    FROM board_row r CROSS JOIN (VALUES (0, 0), (1, 5), (2, 10), (3, 15)) AS s(level, bits)
    JOIN kept_board b ON b.id = r.board_id AND b.levels
    WHERE r.board_id = ANY(:ids) GROUP BY 1, 2, 3
""").bindparams(bindparam("ids", type_=_IDS))
_DROPS = [
    text(f"DELETE FROM {table} WHERE {key} = ANY(:ids)").bindparams(bindparam("ids", type_=_IDS))
    for table, key in (
        ("board_row", "board_id"), ("board_level", "board_id"), ("board_shift", "board_id"), ("kept_board", "id"),
    )
]  # fmt: skip


Scopes = dict[tuple[str, int], bool]  # does it have a histogram


def due(now: datetime) -> tuple[list[int], dict[str, Scopes], bool]:
    """Kept boards to drop, and by window those to fill; and whether kudos count on them."""
    kudos = bool(db.session.scalar(KUDOS))
    kept = db.session.execute(_KEPT).all()
    large = {(row.scope, row.id): row.people for row in db.session.execute(_LARGE, {"least": LARGE // 2})}
    windows = store.kept(now)
    stay: dict[tuple[str, int, str], bool] = {}
    for row in kept:
        people = large.get((row.scope, row.scope_id), 0)
        fits = people < VERY_LARGE or row.levels
        if people and fits and row.window in windows and row.kudos == kudos:
            stay[row.scope, row.scope_id, row.window] = row.levels
    wanted = {scope: people >= VERY_LARGE for scope, people in large.items() if people >= LARGE}
    wanted |= {(scope, id): levels for (scope, id, _), levels in stay.items()}
    fill = {
        window: {s: levels for s, levels in wanted.items() if (*s, window) not in stay} for window in windows
    }
    drop = [row.id for row in kept if (row.scope, row.scope_id, row.window) not in stay]
    return drop, {window: some for window, some in fill.items() if some}, kudos


def drop(ids: Sequence[int]) -> None:
    """Take these boards away with their rows and histograms."""
    for statement in _DROPS:
        db.session.execute(statement, {"ids": list(ids)})


def drop_all() -> None:
    drop([row.id for row in db.session.execute(_KEPT)])


def fill(window: str, scopes: Scopes, kudos: bool, now: datetime) -> None:
    """Fill these boards of one window from the totals; the caller keeps projectors away."""
    kind = store.kept(now)[window]
    letters, ids = [scope for scope, _ in scopes], [id for _, id in scopes]
    columns = {"scopes": letters, "ids": ids, "levels": list(scopes.values())}
    made = db.session.scalars(_NEW, {**columns, "window": window, "kudos": kudos, "now": now}).all()
    db.session.execute(_FILLS[kind], {"ids": list(made), **_KEY, **store.parameters(kind, window, now)})
    db.session.execute(_LEVELS, {"ids": list(made)})


_KEY = {"most": MOST, "bits": BITS, "low": LOW}
_FILLS = {
    kind: store.statement(_FILL.format(base=store.BASE, all=store.ROWS), kind).bindparams(
        bindparam("ids", type_=_IDS)
    )
    for kind in KINDS
}

# Writing ---------------------------------------------------------------------------------------------------------

_PUT = text("""
    WITH given AS MATERIALIZED (
        SELECT board_id, person_id, points, (points << 31) + 2147483647 - person_id AS sort_key
        FROM unnest(:boards, :people, :points) AS g(board_id, person_id, points)
    ), old AS MATERIALIZED (
        SELECT r.board_id, r.person_id, r.sort_key >> 31 AS points FROM given g
        JOIN board_row r ON r.board_id = g.board_id AND r.person_id = g.person_id
    ), gone AS (
        DELETE FROM board_row r USING given g
        WHERE r.board_id = g.board_id AND r.person_id = g.person_id AND g.points = 0
    ), put AS (
        INSERT INTO board_row (board_id, person_id, sort_key)
        SELECT board_id, person_id, sort_key FROM given WHERE points > 0
        ON CONFLICT (board_id, person_id) DO UPDATE SET sort_key = excluded.sort_key
        WHERE board_row.sort_key <> excluded.sort_key
    ), shift AS (
        SELECT board_id, points, CAST(sum(n) AS bigint) AS n
        FROM (SELECT board_id, points, -1 AS n FROM old
              UNION ALL SELECT board_id, points, 1 FROM given WHERE points > 0) AS steps
        WHERE board_id = ANY(:leveled) GROUP BY 1, 2 HAVING sum(n) <> 0
    )
    INSERT INTO board_shift (board_id, points, people)
    SELECT board_id, array_agg(points), array_agg(n) FROM shift GROUP BY 1
""").bindparams(*(bindparam(name, type_=_IDS) for name in ("boards", "people", "points", "leveled")))
_FOLD = text("""
    WITH gone AS (
        DELETE FROM board_shift RETURNING board_id, points, people
    ), steps AS (
        SELECT g.board_id, s.level, u.points >> s.bits AS bucket, sum(u.n) AS n
        FROM gone g JOIN kept_board b ON b.id = g.board_id
        CROSS JOIN LATERAL unnest(g.points, g.people) AS u(points, n)
        CROSS JOIN (VALUES (0, 0), (1, 5), (2, 10), (3, 15)) AS s(level, bits)
        GROUP BY 1, 2, 3 HAVING sum(u.n) <> 0
    )
    INSERT INTO board_level (board_id, level, bucket, people)
    SELECT board_id, level, bucket, n FROM steps
    ON CONFLICT (board_id, level, bucket) DO UPDATE SET people = board_level.people + excluded.people
""")


def boards() -> dict[tuple[str, int, str], Row[Any]]:
    """The kept boards, by scope and window."""
    return {(row.scope, row.scope_id, row.window): row for row in db.session.execute(_KEPT)}


def set_scores(changes: Iterable[Change]) -> None:
    """Set the totals of people whom the caller has claimed on the boards that are kept; of others nothing is said."""
    kept = boards()
    if not kept:
        return
    found: dict[tuple[int, int], int] = {}
    for (scope, window), person_id, points in changes:
        board = kept.get((_LETTERS[scope.kind], scope.id, window))
        if board is not None:
            found[board.id, person_id] = min(MOST, max(0, points or 0))
    if found:
        ids, people = zip(*found, strict=True)
        leveled = [board.id for board in kept.values() if board.levels]
        told = {
            "boards": list(ids),
            "people": list(people),
            "points": list(found.values()),
            "leveled": leveled,
        }
        db.session.execute(_PUT, told)


def fold() -> None:
    """Bring what batches changed into the histograms; the caller lets nobody else do it meanwhile."""
    db.session.execute(_FOLD)


# Reading ---------------------------------------------------------------------------------------------------------

_FIND = text("""
    SELECT b.id, b.levels FROM kept_board b
    WHERE b.scope = :scope AND b.scope_id = :id AND b."window" = :window
    AND b.kudos = coalesce((SELECT kudos_on_boards FROM organisation ORDER BY id LIMIT 1), false)
""")
_SHIFTED = """
    SELECT coalesce(sum(u.n), 0) AS size, coalesce(sum(u.n) FILTER (WHERE u.p > {points}), 0) AS above
    FROM board_shift s CROSS JOIN LATERAL unnest(s.points, s.people) AS u(p, n) WHERE s.board_id = :board
"""
_SIZE = "SELECT coalesce(sum(people), 0) FROM board_level WHERE board_id = :board AND level = 3"


def _level(level: int) -> str:
    """People in the buckets of a level above that of `me`, and within its bucket of the coarser level."""
    inside = f" AND bucket < ((me.key >> {BITS + STEPS[level + 1]}) + 1) << 5" if level < 3 else ""
    return (
        f"(SELECT coalesce(sum(people), 0) FROM board_level WHERE board_id = :board AND level = {level}"
        f" AND bucket > me.key >> {BITS + STEPS[level]}{inside})"
    )


# Who has as many points and stands above a key.
_TIES = f"""(SELECT count(*) FROM board_row WHERE board_id = :board
             AND sort_key > {{key}} AND sort_key <= ({{key}} | {LOW}))"""


@cache
def _card(radius: int, levels: bool) -> TextClause:
    """One row: the key of the viewer, size, how many above, and the keys around; planned once for each radius."""
    if levels:
        above = f"s.above + {' + '.join(map(_level, range(4)))}"
        size, shifted = (
            f"s.size + ({_SIZE})",
            f"CROSS JOIN LATERAL ({_SHIFTED.format(points=f'me.key >> {BITS}')}) s",
        )
    else:
        above = f"(SELECT count(*) FROM board_row WHERE board_id = :board AND sort_key > (me.key | {LOW}))"
        size, shifted = _COUNTED, ""
    return text(f"""
        WITH me AS MATERIALIZED (
            SELECT sort_key AS key FROM board_row WHERE board_id = :board AND person_id = :viewer
        ), up AS MATERIALIZED (
            SELECT sort_key AS key FROM board_row WHERE board_id = :board AND sort_key > (SELECT key FROM me)
            ORDER BY sort_key LIMIT {radius}
        ), first AS (SELECT max(key) AS key FROM up)
        SELECT me.key, {size}, {above}, {_TIES.format(key="me.key")},
               (SELECT {_TIES.format(key="first.key")} FROM first), ARRAY(SELECT key FROM up),
               ARRAY(SELECT sort_key FROM board_row WHERE board_id = :board AND sort_key < (SELECT key FROM me)
                     ORDER BY sort_key DESC LIMIT {radius})
        FROM me {shifted}
    """)


_COUNTED = "(SELECT count(*) FROM board_row WHERE board_id = :board)"
_SIZE_NOW = {
    True: text(f"SELECT s.size + ({_SIZE}) FROM ({_SHIFTED.format(points='0')}) s"),
    False: text(f"SELECT {_COUNTED}"),
}
_ROWS = f"""
    WITH part AS MATERIALIZED (
        SELECT sort_key AS key FROM board_row WHERE board_id = :board
        ORDER BY sort_key {{order}} OFFSET :offset LIMIT :count
    ), first AS (SELECT max(key) AS key FROM part)
    SELECT key, (SELECT {_TIES.format(key="first.key")} FROM first) AS before FROM part
"""
_DOWN, _UP = (text(_ROWS.format(order=order)) for order in ("DESC", "ASC"))


@dataclass(frozen=True, slots=True)
class Place:
    """A kept board to be asked."""

    id: int
    levels: bool


def find(board: Board) -> Place | None:
    """The kept board, if there is one and kudos count on it as the organisation decides."""
    asked = {"scope": _LETTERS[board.scope.kind], "id": board.scope.id, "window": board.window}
    found = db.session.execute(_FIND, asked).one_or_none()
    return Place(*found) if found else None


def card(place: Place, viewer: int, radius: int) -> Card:
    """How somebody stands, as `leaderboards.store` says it; in one statement, but for both ends of the board."""
    told = {"board": place.id, "viewer": viewer}
    mine = db.session.execute(_card(radius, place.levels), told).one_or_none()
    if mine is None:
        return Card(0, None, None, size(place), 0, ())
    key, total, above, ties, before, up, down = mine
    total, rank = int(total), int(above) + 1
    here, share = rank - 1 + ties, percentile(rank, total)
    first = max(0, min(here - radius, total - 2 * radius - 1))
    if first != here - radius:
        return Card(key >> BITS, rank, share, total, first, page(place, first, 2 * radius + 1, total).rows)
    return Card(key >> BITS, rank, share, total, first, _standings([*up, key, *down], first, before))


def _standings(keys: list[int], offset: int, before: int | None) -> tuple[Standing, ...]:
    """Rows from a place on; `before` is how many with as many points stand above the first of them."""
    keys.sort(reverse=True)
    members, scores = [LOW - (key & LOW) for key in keys], [key >> BITS for key in keys]
    return standings(members, scores, offset, offset - (before or 0) + 1)


def page(place: Place, offset: int, count: int, total: int | None = None) -> Page:
    """Rows from a place on; from the nearer end of the board."""
    total = size(place) if total is None else total
    count = min(count, total - offset)
    if count < 1:
        return Page(total, offset, ())
    down = offset < total // 2
    asked = {"board": place.id, "offset": offset if down else total - offset - count, "count": count}
    rows = db.session.execute(_DOWN if down else _UP, asked).all()
    return Page(total, offset, _standings([row[0] for row in rows], offset, rows[0][1] if rows else 0))


def size(place: Place) -> int:
    """How many people have a place on that board."""
    return int(db.session.scalar(_SIZE_NOW[place.levels], {"board": place.id}) or 0)


# Checking --------------------------------------------------------------------------------------------------------

_WRONG_ROWS = """
    WITH {base}, every AS ({all}), due AS (
        SELECT b.id AS board_id, b.scope, b.scope_id, every.person_id, every.points FROM every
        JOIN kept_board b ON b.scope = every.scope AND b.scope_id = every.id AND b."window" = :window
    ), held AS (
        SELECT r.board_id, r.person_id, r.sort_key >> 31 AS points, (r.sort_key & 2147483647) + r.person_id AS whole
        FROM board_row r JOIN kept_board b ON b.id = r.board_id AND b."window" = :window
    )
    SELECT board_id, person_id, coalesce(due.points, 0) AS expected, coalesce(held.points, 0) AS found
    FROM due FULL JOIN held USING (board_id, person_id)
    WHERE due.points IS DISTINCT FROM held.points OR whole <> 2147483647
    ORDER BY 1, 2
"""
_WRONG = {kind: store.statement(_WRONG_ROWS.format(base=store.BASE, all=store.ROWS), kind) for kind in KINDS}
_WRONG_LEVELS = text("""
    WITH steps(level, bits) AS (VALUES (0, 0), (1, 5), (2, 10), (3, 15)), due AS (
        SELECT r.board_id, s.level, r.sort_key >> (31 + s.bits) AS bucket, count(*) AS people
        FROM board_row r JOIN kept_board b ON b.id = r.board_id AND b.levels CROSS JOIN steps s GROUP BY 1, 2, 3
    ), held AS (
        SELECT board_id, level, bucket, sum(people) AS people FROM (
            SELECT board_id, level, bucket, people FROM board_level
            UNION ALL
            SELECT b.board_id, s.level, u.points >> s.bits, u.n FROM board_shift b
            CROSS JOIN LATERAL unnest(b.points, b.people) AS u(points, n) CROSS JOIN steps s
        ) AS steps_too GROUP BY 1, 2, 3 HAVING sum(people) <> 0
    )
    SELECT board_id, level, bucket, coalesce(due.people, 0) AS expected, coalesce(held.people, 0) AS found
    FROM due FULL JOIN held USING (board_id, level, bucket) WHERE due.people IS DISTINCT FROM held.people
    ORDER BY 1, 2, 3
""")


def wrong(windows: Mapping[str, str], now: datetime, under_way: Iterable[int]) -> list[str]:
    """Where kept boards differ from the totals, and histograms from their rows, in words."""
    names = {row.id: f"kept board {row.scope}:{row.scope_id} {row.window}" for row in boards().values()}
    busy, found = set(under_way), []
    for key, kind in windows.items():
        for row in db.session.execute(_WRONG[kind], store.parameters(kind, key, now)):
            if row.person_id not in busy:
                said = f"person {row.person_id} has {row.expected}, the row says {row.found}"
                found.append(f"{names[row.board_id]}: {said}")
    for row in db.session.execute(_WRONG_LEVELS):
        said = f"{row.expected} people in bucket {row.bucket} of level {row.level}, the histogram says {row.found}"
        found.append(f"{names.get(row.board_id, row.board_id)}: {said}")
    return found
