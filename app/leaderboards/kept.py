"""Boards that PostgreSQL keeps beside Redis: those of large scopes, so that a rank need not be counted.

A board of some hundreds is counted from the totals when somebody looks; of a hundred thousand that takes a thousand
times as long as Redis. Large boards are therefore kept as rows in their order and as a histogram, written by the
projector from the very changes that Redis gets. What a batch changes in a histogram is one inserted row per board,
which a worker folds into it later: nobody waits for a row that everybody changes, and a rank adds up both.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.db import db
from app.leaderboards import store
from leaderboards.boards import Board
from leaderboards.periods import KINDS
from leaderboards.ranking import Card, Page, percentile, standings
from leaderboards.store import Change

LARGE = 500  # from so many people on a board is kept; it is dropped again below half of it
LOOK_EVERY = timedelta(minutes=1)
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
_KEPT = text('SELECT id, scope, scope_id, "window", kudos FROM kept_board')
_NEW = text("""
    INSERT INTO kept_board (scope, scope_id, "window", kudos, filled_at)
    SELECT w.scope, w.id, :window, :kudos, :now FROM unnest(:scopes, :ids) AS w(scope, id)
    ON CONFLICT DO NOTHING RETURNING id
""").bindparams(bindparam("scopes", type_=ARRAY(Text())), bindparam("ids", type_=_IDS))
_FILL = """
    WITH {base}, every AS ({all})
    INSERT INTO board_row (board_id, person_id, points)
    SELECT b.id, every.person_id, every.points FROM every
    JOIN kept_board b ON b.scope = every.scope AND b.scope_id = every.id AND b.id = ANY(:ids)
"""
_LEVELS = text("""
    INSERT INTO board_level (board_id, level, bucket, people)
    SELECT r.board_id, s.level, r.points >> s.bits, count(*)
    FROM board_row r CROSS JOIN (VALUES (0, 0), (1, 5), (2, 10), (3, 15)) AS s(level, bits)
    WHERE r.board_id = ANY(:ids) GROUP BY 1, 2, 3
""").bindparams(bindparam("ids", type_=_IDS))
_DROPS = [
    text(f"DELETE FROM {table} WHERE {key} = ANY(:ids)").bindparams(bindparam("ids", type_=_IDS))
    for table, key in (
        ("board_row", "board_id"), ("board_level", "board_id"), ("board_shift", "board_id"), ("kept_board", "id"),
    )
]  # fmt: skip


def due(now: datetime) -> tuple[list[int], dict[str, list[tuple[str, int]]], bool]:
    """Kept boards to drop, and by window those to fill; and whether kudos count on them."""
    kudos = bool(db.session.scalar(KUDOS))
    kept = db.session.execute(_KEPT).all()
    large = {(row.scope, row.id): row.people for row in db.session.execute(_LARGE, {"least": LARGE // 2})}
    windows = store.kept(now)
    stay = {
        (row.scope, row.scope_id, row.window)
        for row in kept
        if (row.scope, row.scope_id) in large and row.window in windows and row.kudos == kudos
    }
    scopes = {scope for scope, people in large.items() if people >= LARGE}
    scopes |= {(scope, id) for scope, id, _ in stay}
    fill = {window: sorted(scope for scope in scopes if (*scope, window) not in stay) for window in windows}
    drop = [row.id for row in kept if (row.scope, row.scope_id, row.window) not in stay]
    return drop, {window: some for window, some in fill.items() if some}, kudos


def drop(ids: Sequence[int]) -> None:
    for statement in _DROPS:
        db.session.execute(statement, {"ids": list(ids)})


def drop_all() -> None:
    drop([row.id for row in db.session.execute(_KEPT)])


def fill(window: str, scopes: Sequence[tuple[str, int]], kudos: bool, now: datetime) -> None:
    """Fill these boards of one window from the totals; the caller keeps projectors away."""
    kind = store.kept(now)[window]
    columns = {"scopes": [scope for scope, _ in scopes], "ids": [id for _, id in scopes]}
    made = db.session.scalars(_NEW, {**columns, "window": window, "kudos": kudos, "now": now}).all()
    db.session.execute(_FILLS[kind], {"ids": list(made), **store.parameters(kind, window, now)})
    db.session.execute(_LEVELS, {"ids": list(made)})


_FILLS = {
    kind: store.statement(_FILL.format(base=store.BASE, all=store.ROWS), kind).bindparams(
        bindparam("ids", type_=_IDS)
    )
    for kind in KINDS
}

# Writing ---------------------------------------------------------------------------------------------------------

_PUT = text("""
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest(:boards, :people, :points) AS g(board_id, person_id, points)
    ), old AS MATERIALIZED (
        SELECT r.board_id, r.person_id, r.points FROM given g
        JOIN board_row r ON r.board_id = g.board_id AND r.person_id = g.person_id
    ), gone AS (
        DELETE FROM board_row r USING given g
        WHERE r.board_id = g.board_id AND r.person_id = g.person_id AND g.points = 0
    ), put AS (
        INSERT INTO board_row (board_id, person_id, points) SELECT * FROM given WHERE points > 0
        ON CONFLICT (board_id, person_id) DO UPDATE SET points = excluded.points
        WHERE board_row.points <> excluded.points
    ), shift AS (
        SELECT board_id, points, CAST(sum(n) AS bigint) AS n
        FROM (SELECT board_id, points, -1 AS n FROM old
              UNION ALL SELECT board_id, points, 1 FROM given WHERE points > 0) AS steps
        GROUP BY 1, 2 HAVING sum(n) <> 0
    )
    INSERT INTO board_shift (board_id, points, people)
    SELECT board_id, array_agg(points), array_agg(n) FROM shift GROUP BY 1
""").bindparams(
    bindparam("boards", type_=_IDS), bindparam("people", type_=_IDS), bindparam("points", type_=_IDS)
)
_FOLD = text("""
    WITH gone AS (
        DELETE FROM board_shift RETURNING board_id, points, people
    ), steps AS (
        SELECT g.board_id, s.level, u.points >> s.bits AS bucket, sum(u.n) AS n
        FROM gone g CROSS JOIN LATERAL unnest(g.points, g.people) AS u(points, n)
        CROSS JOIN (VALUES (0, 0), (1, 5), (2, 10), (3, 15)) AS s(level, bits)
        GROUP BY 1, 2, 3 HAVING sum(u.n) <> 0
    )
    INSERT INTO board_level (board_id, level, bucket, people)
    SELECT board_id, level, bucket, n FROM steps
    ON CONFLICT (board_id, level, bucket) DO UPDATE SET people = board_level.people + excluded.people
""")


def boards() -> dict[tuple[str, int, str], int]:
    """The ids of the kept boards, by scope and window."""
    return {(row.scope, row.scope_id, row.window): row.id for row in db.session.execute(_KEPT)}


def set_scores(changes: Iterable[Change]) -> None:
    """Set the totals of people whom the caller has claimed on the boards that are kept; of others nothing is said."""
    kept = boards()
    if not kept:
        return
    found: dict[tuple[int, int], int] = {}
    for (scope, window), person_id, points in changes:
        board_id = kept.get((_LETTERS[scope.kind], scope.id, window))
        if board_id is not None:
            found[board_id, person_id] = max(0, points or 0)
    if found:
        ids, people = zip(*found, strict=True)
        db.session.execute(
            _PUT, {"boards": list(ids), "people": list(people), "points": list(found.values())}
        )


def fold() -> None:
    """Bring what batches changed into the histograms; the caller lets nobody else do it meanwhile."""
    db.session.execute(_FOLD)


# Reading ---------------------------------------------------------------------------------------------------------

_FIND = text("""
    SELECT b.id FROM kept_board b WHERE b.scope = :scope AND b.scope_id = :id AND b."window" = :window AND b.kudos =
    coalesce((SELECT kudos_on_boards FROM organisation ORDER BY id LIMIT 1), false)
""")
_SHIFTED = """
    SELECT coalesce(sum(u.n), 0) AS size, coalesce(sum(u.n) FILTER (WHERE u.p > {points}), 0) AS above
    FROM board_shift s CROSS JOIN LATERAL unnest(s.points, s.people) AS u(p, n) WHERE s.board_id = :board
"""
_SIZE = "SELECT coalesce(sum(people), 0) FROM board_level WHERE board_id = :board AND level = 3"


def _level(level: int, coarser: int | None) -> str:
    """People in the buckets of a level above that of `me.points`, and within its bucket of the coarser level."""
    inside = f" AND bucket < ((me.points >> {STEPS[coarser]}) + 1) << 5" if coarser is not None else ""
    return (
        f"(SELECT coalesce(sum(people), 0) FROM board_level WHERE board_id = :board AND level = {level}"
        f" AND bucket > me.points >> {STEPS[level]}{inside})"
    )


_ABOVE = " + ".join(_level(level, level + 1 if level < 3 else None) for level in range(4))
_CARD = text(f"""
    WITH me AS MATERIALIZED (
        SELECT points FROM board_row WHERE board_id = :board AND person_id = :viewer
    ), up AS MATERIALIZED (
        (SELECT r.person_id, r.points FROM me CROSS JOIN LATERAL (
            SELECT person_id, points FROM board_row
            WHERE board_id = :board AND points = me.points AND person_id < :viewer
            ORDER BY person_id DESC LIMIT :radius) r)
        UNION ALL
        (SELECT r.person_id, r.points FROM me CROSS JOIN LATERAL (
            SELECT person_id, points FROM board_row WHERE board_id = :board AND points > me.points
            ORDER BY points, person_id DESC LIMIT :radius) r)
        LIMIT :radius
    ), first AS MATERIALIZED (SELECT points, person_id FROM up ORDER BY points DESC, person_id LIMIT 1)
    SELECT 0 AS part, me.points AS points, s.size + ({_SIZE}) AS a, s.above + {_ABOVE} AS b,
           (SELECT count(*) FROM board_row WHERE board_id = :board AND points = me.points AND person_id < :viewer) AS c,
           (SELECT count(*) FROM board_row r JOIN first ON r.points = first.points AND r.person_id < first.person_id
            WHERE r.board_id = :board) AS d
    FROM me CROSS JOIN LATERAL ({_SHIFTED.format(points="me.points")}) s
    UNION ALL SELECT 1, points, person_id, 0, 0, 0 FROM up
    UNION ALL (SELECT 2, r.points, r.person_id, 0, 0, 0 FROM me CROSS JOIN LATERAL (
        SELECT person_id, points FROM board_row WHERE board_id = :board AND points = me.points AND person_id > :viewer
        ORDER BY person_id LIMIT :radius) r)
    UNION ALL (SELECT 3, r.points, r.person_id, 0, 0, 0 FROM me CROSS JOIN LATERAL (
        SELECT person_id, points FROM board_row WHERE board_id = :board AND points < me.points
        ORDER BY points DESC, person_id LIMIT :radius) r)
""")
_SIZE_NOW = text(f"SELECT s.size + ({_SIZE}) FROM ({_SHIFTED.format(points='0')}) s")
_ROWS = """
    WITH part AS MATERIALIZED (
        SELECT person_id, points FROM board_row WHERE board_id = :board
        ORDER BY {order} OFFSET :offset LIMIT :count
    ), first AS (SELECT points, person_id FROM part ORDER BY points DESC, person_id LIMIT 1)
    SELECT part.person_id, part.points,
           (SELECT count(*) FROM board_row r JOIN first ON r.points = first.points AND r.person_id < first.person_id
            WHERE r.board_id = :board) AS before
    FROM part ORDER BY part.points DESC, part.person_id
"""
_DOWN = text(_ROWS.format(order="points DESC, person_id"))
_UP = text(_ROWS.format(order="points, person_id DESC"))


def find(board: Board) -> int | None:
    """The kept board, if there is one and kudos count on it as the organisation decides."""
    asked = {"scope": _LETTERS[board.scope.kind], "id": board.scope.id, "window": board.window}
    found: int | None = db.session.scalar(_FIND, asked)
    return found


def card(board_id: int, viewer: int, radius: int) -> Card:
    """How somebody stands, as `leaderboards.store` says it; in one statement, but for both ends of the board."""
    rows = db.session.execute(_CARD, {"board": board_id, "viewer": viewer, "radius": radius}).all()
    mine = next((row for row in rows if row.part == 0), None)
    if mine is None:
        return Card(0, None, None, size(board_id), 0, ())
    points, total, above = int(mine.points), int(mine.a), int(mine.b)
    place, rank = above + int(mine.c), above + 1
    share = percentile(rank, total)
    first = max(0, min(place - radius, total - 2 * radius - 1))
    if first != place - radius:
        rest = page(board_id, first, 2 * radius + 1, total)
        return Card(points, rank, share, total, first, rest.rows)
    around = [(viewer, points), *((row.a, row.points) for row in rows if row.part)]
    around.sort(key=lambda row: (-row[1], row[0]))
    around = around[: 2 * radius + 1]
    members, scores = zip(*around, strict=True)
    return Card(points, rank, share, total, first, standings(members, scores, first, first - int(mine.d) + 1))


def page(board_id: int, offset: int, count: int, total: int | None = None) -> Page:
    """Rows from a place on; from the nearer end of the board."""
    total = size(board_id) if total is None else total
    count = min(count, total - offset)
    if count < 1:
        return Page(total, offset, ())
    down = offset < total // 2
    asked = {"board": board_id, "offset": offset if down else total - offset - count, "count": count}
    rows = db.session.execute(_DOWN if down else _UP, asked).all()
    before = rows[0].before if rows else 0
    found = standings(
        [row.person_id for row in rows], [row.points for row in rows], offset, offset - before + 1
    )
    return Page(total, offset, found)


def size(board_id: int) -> int:
    return int(db.session.scalar(_SIZE_NOW, {"board": board_id}) or 0)


# Checking --------------------------------------------------------------------------------------------------------

_WRONG_ROWS = """
    WITH {base}, every AS ({all}), due AS (
        SELECT b.id AS board_id, b.scope, b.scope_id, every.person_id, every.points FROM every
        JOIN kept_board b ON b.scope = every.scope AND b.scope_id = every.id AND b."window" = :window
    ), held AS (
        SELECT r.* FROM board_row r JOIN kept_board b ON b.id = r.board_id AND b."window" = :window
    )
    SELECT board_id, person_id, coalesce(due.points, 0) AS expected, coalesce(held.points, 0) AS found
    FROM due FULL JOIN held USING (board_id, person_id) WHERE due.points IS DISTINCT FROM held.points
    ORDER BY 1, 2
"""
_WRONG = {kind: store.statement(_WRONG_ROWS.format(base=store.BASE, all=store.ROWS), kind) for kind in KINDS}
_WRONG_LEVELS = text("""
    WITH steps(level, bits) AS (VALUES (0, 0), (1, 5), (2, 10), (3, 15)), due AS (
        SELECT r.board_id, s.level, r.points >> s.bits AS bucket, count(*) AS people
        FROM board_row r CROSS JOIN steps s GROUP BY 1, 2, 3
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
    names = {id: f"kept board {scope}:{of} {window}" for (scope, of, window), id in boards().items()}
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
