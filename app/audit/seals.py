"""Seals over the ledger and the audit log: a change by whoever owns the database is found.

Rows are inserted unchained; one worker seals them in blocks: a keyed hash over the rows in id order and over the
previous seal, by a master key that is not in the database. A block is closed only when no transaction that could
still add a row to it is open: first the highest id is noted; after a delay longer than any statement, the next
transaction number; once all transactions before that number have ended, nothing below the id can come any more.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, insert, select, text

from app.audit.models import Seal
from app.db import db, transaction
from app.keys import KeyLost, ring

said = structlog.get_logger("blijk.seals")

DELAY = timedelta(seconds=15)
BLOCK = 50_000
BELOW_ALL = -(2**63)  # the first block begins here: nobody can put a row before it
LOCK = 7_201_345  # one worker seals at a time

# The columns are named: a column added later leaves the seals of earlier blocks whole.
LOGS = {
    "ledger": (
        "ledger_entry",
        "id, source, person_id, fact_id, award_id, rules_id, kind, points, reason, extract(epoch from earned_at), day, "
        "extract(epoch from recorded_at), skills, reverses_id",
    ),
    "audit": ("audit_entry", "id, extract(epoch from at), actor_id, person_id, action, detail"),
}


def _block(log: str) -> Any:
    table, columns = LOGS[log]
    return text(f"""
        SELECT count(*) AS rows, min(id) AS first_id, max(id) AS last_id,
               sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY id), ''), 'UTF8')) AS digest
        FROM (SELECT id, CAST(ROW({columns}) AS text) AS line FROM {table}
              WHERE id > :after AND id <= :until ORDER BY id LIMIT :most) AS block
    """)


_BLOCKS = {log: _block(log) for log in LOGS}
_HIGHEST = {log: text(f"SELECT max(id) FROM {table}") for log, (table, _) in LOGS.items()}
# A number of one's own is above all that were given out; the upper end of a snapshot is not: whoever got theirs
# last and is still open stands beyond it.
_NEXT = text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
_OLDEST = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
# A restart may bring a database back as it was before, a restore another one under the same name.
_HERE = text("""
    SELECT concat_ws(' ', pg_postmaster_start_time(), oid) FROM pg_database WHERE datname = current_database()
""")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")


@dataclass(slots=True)
class _Noted:
    at: datetime
    here: str
    highest: dict[str, int]
    transactions: int | None = None


_noted: deque[_Noted] = deque()


def seal(at: datetime) -> int:
    """Seal what can be sealed by now; return how many rows. Called again and again by the worker."""
    try:
        with transaction():
            if not db.session.scalar(_TRY_LOCK, {"lock": LOCK}):
                return 0
            ended = _what_has_ended(at)
            return sum(_seal_log(log, ended[log], at) for log in LOGS) if ended else 0
    except BaseException:
        _noted.clear()  # a database that went away may come back as it was before, with other transactions
        raise


def _what_has_ended(at: datetime) -> dict[str, int] | None:
    """Note how far the logs are; return the highest ids below which nothing can come any more."""
    highest = {log: db.session.scalar(_HIGHEST[log]) or 0 for log in LOGS}
    here = db.session.scalar(_HERE) or ""
    if _noted and _noted[-1].here != here:
        _noted.clear()  # of other transactions
    if not _noted or _noted[-1].highest != highest:  # while a transaction stays open, nothing piles up here
        _noted.append(_Noted(at, here, highest))
    for noted in _noted:
        if noted.transactions is None and at - noted.at >= DELAY:
            noted.transactions = db.session.scalar(_NEXT)
    oldest = db.session.scalar(_OLDEST)
    ended = None
    while _noted and (number := _noted[0].transactions) is not None and number <= oldest:
        ended = _noted.popleft().highest
    return ended


def _seal_log(log: str, until: int, at: datetime) -> int:
    sealed = 0
    while True:
        last = db.session.execute(
            select(Seal.number, Seal.last_id, Seal.digest)
            .where(Seal.log == log)
            .order_by(Seal.number.desc())
            .limit(1)
        ).one_or_none()
        number, after, before = (last.number + 1, last.last_id, last.digest) if last else (1, BELOW_ALL, b"")
        block = db.session.execute(_BLOCKS[log], {"after": after, "until": until, "most": BLOCK}).one()
        if not block.rows:
            return sealed
        name, digest = ring().seal(log, _content(number, block, before))
        db.session.execute(
            insert(Seal).values(
                log=log, number=number, first_id=block.first_id, last_id=block.last_id, rows=block.rows,
                key_name=name, digest=digest, sealed_at=at,
            )
        )  # fmt: skip
        sealed += block.rows
        # In a log that is kept elsewhere this shows also if the last seals are taken away and made anew.
        said.info("sealed", log=log, number=number, last_id=block.last_id, digest=digest.hex())


def _content(number: int, block: Any, before: bytes) -> bytes:
    head = f"{number}:{block.rows}:{block.first_id}:{block.last_id}:".encode()
    return head + bytes(block.digest) + bytes(before)


def broken() -> Iterator[str]:
    """Each block that is not what was sealed, in words for `verify`."""
    for log in LOGS:
        before, after, number = b"", BELOW_ALL, 0
        for row in db.session.execute(select(Seal).where(Seal.log == log).order_by(Seal.number)).scalars():
            number += 1
            if row.number != number:
                yield f"{log}: the seal of block {number} is gone"
                number = row.number
            block = db.session.execute(
                _BLOCKS[log], {"after": after, "until": row.last_id, "most": row.rows + 1}
            ).one()
            try:
                holds = block.rows == row.rows and ring().seal_holds(
                    row.key_name, log, _content(row.number, block, before), row.digest
                )
            except KeyLost:
                yield f"{log}: block {row.number} was sealed by a key that is not in MASTER_KEYS"
                holds = True
            if not holds:
                day = f"{row.sealed_at:%Y-%m-%d %H:%M}"
                yield f"{log}: rows {row.first_id} to {row.last_id} are not what was sealed on {day}"
            before, after = row.digest, row.last_id


def unsealed() -> dict[str, int]:
    """How many rows of each log are not sealed yet."""
    found = {}
    for log, (table, _) in LOGS.items():
        last = db.session.scalar(select(func.max(Seal.last_id)).where(Seal.log == log))
        after = BELOW_ALL if last is None else last
        counted = text(f"SELECT count(*) FROM {table} WHERE id > :after")
        found[log] = db.session.scalar(counted, {"after": after}) or 0
    return found
