"""The boards of this house: the engine, plugged into our Redis and our database."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import redis
from flask import current_app
from sqlalchemy import select, text

from app.config import timezone
from app.db import apart, db
from app.leaderboards.models import BoardState
from leaderboards.boards import ORGANISATION, Board, Scope
from leaderboards.periods import KINDS, bounds, previous, windows_at
from leaderboards.store import LAST, Boards, Pack

FAILURES = (redis.exceptions.RedisError, OSError)
_KINDS = {"o": "organisation", "d": "department", "t": "team", "s": "skill"}


def boards() -> Boards:
    """The boards in Redis, one object per process. Its epoch is set by who asks, from `epoch`."""
    found = current_app.extensions.get("boards")
    if found is None:
        found = Boards(current_app.extensions["redis"], epoch="", failures=FAILURES, pause=0.5)
        current_app.extensions["boards"] = found
    return found


_EPOCH = select(BoardState.epoch).where(BoardState.id == 1)
_NEW_EPOCH = text("""
    INSERT INTO board_state (id, epoch, changed_at, kudos)
    VALUES (1, :epoch, :now, coalesce((SELECT kudos_on_boards FROM organisation ORDER BY id LIMIT 1), false))
    ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, changed_at = excluded.changed_at, kudos = excluded.kudos
""")
_ONE_KEEPER = text("SELECT pg_try_advisory_xact_lock(7201347)")
_SHARED = text("SELECT pg_advisory_xact_lock_shared(7201346)")
_ALONE = text("SELECT pg_advisory_xact_lock(7201346)")


def epoch() -> str:
    """Which filling of the boards is the right one."""
    return db.session.scalar(_EPOCH) or ""


def set_epoch(value: str, now: datetime) -> None:
    """From this commit on only boards filled under this name are read."""
    db.session.execute(_NEW_EPOCH, {"epoch": value, "now": now})


def alone_at_keeping() -> bool:
    """Is this transaction the one that folds and sums now? Another worker may be at it."""
    return bool(db.session.scalar(_ONE_KEEPER))


def write_along() -> None:
    """Several projectors may write at once, but none while boards are filled."""
    db.session.execute(_SHARED)


def write_alone() -> None:
    """Let nobody else write to the boards until this transaction ends."""
    db.session.execute(_ALONE)


@contextmanager
def nobody_writes() -> Generator[None]:
    """All that is read within is of one moment, and nobody has written to the boards since.

    First the others are kept away, on a connection of its own; only then the moment is taken.
    """
    db.session.rollback()
    with apart() as other:
        other.execute(_ALONE)
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield


def current(now: datetime) -> dict[str, str]:
    """The key of the current window of each kind."""
    return dict(zip(KINDS, windows_at(now, timezone()), strict=True))


def before(now: datetime) -> dict[str, str]:
    """The key of the window before the current one, of each kind that has one."""
    found = {kind: previous(kind, key) for kind, key in current(now).items()}
    return {kind: key for kind, key in found.items() if key is not None}


def kept(now: datetime) -> dict[str, str]:
    """The windows that Redis holds: key to kind. Older ones are answered by PostgreSQL."""
    return {key: kind for windows in (current(now), before(now)) for kind, key in windows.items()}


def columns(kind: str) -> tuple[str, str, str]:
    """The columns of a totals row for a kind of window: its key, points, and the part that kudos are."""
    return (
        ("'all'", "all_time", "all_time_kudos") if kind == "all" else (f"{kind}_key", kind, f"{kind}_kudos")
    )


# Everybody's points in one window, with the units that count for it: those of now for a current window, those of its
# end for a closed one, which keeps its members. Who is out, gone or erased is not in it, at once.
BASE = """
    told AS (
        SELECT person_id, 0 AS skill_id, {points} AS points, {kudos} AS kudos FROM person_total WHERE {key} = :window
        UNION ALL
        SELECT person_id, skill_id, {points}, {kudos} FROM skill_total WHERE {key} = :window
        UNION ALL
        SELECT person_id, skill_id, points, kudos FROM period_total WHERE "window" = :window
    ), live AS (
        SELECT t.person_id, t.skill_id, t.points - CASE WHEN o.kudos_on_boards THEN 0 ELSE t.kudos END AS points,
               CASE WHEN :closed THEN m.department_id ELSE p.department_id END AS department_id,
               CASE WHEN :closed THEN m.team_id ELSE p.team_id END AS team_id
        FROM told t
        JOIN person p ON p.id = t.person_id AND p.active AND p.erased_at IS NULL
             AND p.board_choice IS DISTINCT FROM 'out'
        CROSS JOIN (SELECT coalesce((SELECT kudos_on_boards FROM organisation LIMIT 1), false) AS kudos_on_boards) o
        LEFT JOIN LATERAL (SELECT department_id, team_id FROM membership
                           WHERE :closed AND membership.person_id = t.person_id AND since < :until
                           ORDER BY since DESC LIMIT 1) m ON true
    )
"""
# Every row of every board of a window: the letter and id of its scope, who, and how many points.
ROWS = """
    SELECT 'o' AS scope, 0 AS id, person_id, points FROM live WHERE skill_id = 0 AND points > 0
    UNION ALL
    SELECT 'd', department_id, person_id, points FROM live
    WHERE skill_id = 0 AND points > 0 AND department_id IS NOT NULL
    UNION ALL
    SELECT 't', team_id, person_id, points FROM live WHERE skill_id = 0 AND points > 0 AND team_id IS NOT NULL
    UNION ALL
    SELECT 's', skill_id, person_id, points FROM live WHERE skill_id > 0 AND points > 0
"""
_ALL = "WITH" + BASE + ROWS + "ORDER BY 1, 2"


def parameters(kind: str, key: str, now: datetime) -> dict[str, Any]:
    """What `BASE` asks for."""
    closed = current(now)[kind] != key
    return {"window": key, "closed": closed, "until": bounds(kind, key, timezone())[1]}


def statement(sql: str, kind: str) -> Any:
    """One of the statements above for a kind of window."""
    key, points, kudos = columns(kind)
    return text(sql.format(key=key, points=points, kudos=kudos))


_STATEMENTS = {kind: statement(_ALL, kind) for kind in KINDS}


def all_rows(windows: Iterable[tuple[str, str]], now: datetime) -> Iterator[tuple[Board, int, int]]:
    """Every row of every board of these windows (key, kind), those of one board together."""
    for key, kind in windows:
        found = db.session.execute(
            _STATEMENTS[kind], parameters(kind, key, now), execution_options={"yield_per": 5000}
        )
        scope: tuple[str, int] | None = None
        board = Board(ORGANISATION, key)
        for letter, id, person_id, points in found:
            if scope != (letter, id):
                scope = (letter, id)
                board = Board(Scope(_KINDS[letter], id) if id else ORGANISATION, key)
            yield board, person_id, points


# The rows of each board as Redis takes them, made by the database: a row never becomes an object here.
_PACKED = {
    kind: statement(
        f"WITH {BASE}, every AS ({ROWS})"
        f" SELECT scope, id, string_agg(points || ' ' || ({LAST} - person_id), ' ') AS pairs FROM every GROUP BY 1, 2",
        kind,
    )
    for kind in KINDS
}


def packs(windows: Iterable[tuple[str, str]], now: datetime) -> Iterator[Pack]:
    """Every row of every board of these windows (key, kind), packed."""
    for key, kind in windows:
        found = db.session.execute(
            _PACKED[kind], parameters(kind, key, now), execution_options={"yield_per": 500}
        )
        for letter, id, pairs in found:
            scope = Scope(_KINDS[letter], id) if id else ORGANISATION
            yield Board(scope, key), pairs.encode().split()
