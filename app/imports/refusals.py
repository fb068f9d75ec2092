"""What clients were refused, so that who connects a platform sees what to mend.

Written in a transaction of its own, for the request's rolls back. A row says where and why, never what stood there;
the same refusal again on one day only counts. Per client the last ones are kept, for thirty days.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError

from app.db import apart, db

KEPT = timedelta(days=30)
MOST = 100  # rows of one client
LONGEST = 200
_PLACE = re.compile(r"\[\d+\]")
_NAMED = re.compile(r"[A-Za-z][\w.\-]{0,99}(?:\[\])?(?:\.[A-Za-z][\w.\-\[\]]{0,99})*")
_OPAQUE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}", re.IGNORECASE)
log = structlog.get_logger("blijk.refusals")

_KEEP = text("""
    INSERT INTO refusal (client_id, day, status, code, property, message, count, last_at)
    SELECT id, CAST(:at AS date), :status, :code, :property, :message, 1, :at FROM api_client
    WHERE CASE WHEN CAST(:client AS bigint) IS NULL THEN key = :key ELSE id = :client END
    ON CONFLICT (client_id, day, code, property) DO UPDATE
    SET count = refusal.count + 1, last_at = excluded.last_at, message = excluded.message, status = excluded.status
    RETURNING client_id, count AS times
""")
_CUT = text("""
    DELETE FROM refusal WHERE id IN (
        SELECT id FROM refusal WHERE client_id = :client ORDER BY last_at DESC, id DESC OFFSET :most)
""")
_PRUNE = text("DELETE FROM refusal WHERE last_at < :edge")
_OF = text("""
    SELECT id, status, code, property, message, count, last_at FROM refusal
    WHERE client_id = :client AND last_at >= :edge ORDER BY last_at DESC, id DESC LIMIT :most
""")


def place_of(property: str) -> str:
    """Where, without the number in the batch; a name that the sender made up is not repeated."""
    known = _PLACE.sub("[]", property).removeprefix("[].").removeprefix("[]")
    found = _NAMED.fullmatch(known)
    return known[:LONGEST] if found or not known else f"{known.partition('[')[0][:60]}[…]"


def _plain(text: str) -> str:
    """What the database can keep."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")[:LONGEST]


def note(
    client_id: int | None, key: str, *, status: int, code: str, property: str, message: str, at: datetime
) -> None:
    """Keep it, and never stand in the way of the answer. `key` finds the client whose secret was wrong."""
    told = {
        "client": client_id,
        "key": _plain(key),
        "status": status,
        "code": code[:60],
        "property": place_of(_plain(property)),
        "message": _plain(_OPAQUE.sub("…", _PLACE.sub("[]", message))),
        "at": at,
    }
    try:
        with apart() as connection:
            row = connection.execute(_KEEP, told).one_or_none()
            if row is not None and row.times == 1:
                connection.execute(_CUT, {"client": row.client_id, "most": MOST})
    except SQLAlchemyError as fault:
        log.warning("not noted", fault=type(fault).__name__)


def prune(at: datetime) -> None:
    """Let go what is past its time."""
    with apart() as connection:
        connection.execute(_PRUNE, {"edge": at - KEPT})


def of(client_id: int, at: datetime, most: int = 20) -> Sequence[Row[Any]]:
    """The last refusals of a client, the latest first."""
    return db.session.execute(_OF, {"client": client_id, "edge": at - KEPT, "most": most}).all()
