"""What people began to write, for nobody but themselves: under a mark that only their key makes, sealed with it."""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import LargeBinary

from app.db import db
from app.errors import NotFound
from app.keys import decrypt, encrypt
from app.people.models import Draft
from app.people.queries import keys_of

# One draft of each kind. It stands under any of these marks: were it always the same one, who has two backups could see
# it go each time that a lesson of its writer comes, with a name and without.
_PLACES = 64
_FIRST = {"lesson": "draft", "log": "draft/log"}
MARKS = {
    kind: [first, *(f"{first}/{number}" for number in range(1, _PLACES))] for kind, first in _FIRST.items()
}
_PIECE = 4096  # so that a length tells nothing of a text
_marked = Draft.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_()
_KEPT = select(Draft.mark, Draft.sealed).where(_marked)
_DROP = delete(Draft).where(_marked).returning(Draft.mark)
# A lock that leaves no trace in a row: the row of a person would say who wrote in which transaction.
_LOCK = text("""
    SELECT pg_advisory_xact_lock(7303019, CAST(id % 2147483647 AS int))
    FROM (SELECT unnest(CAST(:ids AS bigint[])) AS id ORDER BY 1) AS asked
""")


def lock_pens(person_ids: Iterable[int]) -> None:
    """Let nobody of these write a lesson or a draft meanwhile; before the lock on people."""
    db.session.execute(_LOCK, {"ids": sorted(set(person_ids))})


def keep(kind: str, draft: Mapping[str, Any], *, by: int, at: datetime) -> None:
    """Keep what somebody has written so far, in place of what they had."""
    lock_pens([by])
    key, row = _row(kind, by)
    if key is None:
        raise NotFound(_l("This person is not here any more."))
    told = json.dumps({**draft, "saved_at": at.isoformat()}).encode()
    sealed = encrypt(key, told.ljust(-(-len(told) // _PIECE) * _PIECE), "draft")
    mark = row.mark if row else secrets.choice(_marks(key, kind))
    kept = insert(Draft).values(mark=mark, sealed=sealed)
    db.session.execute(
        kept.on_conflict_do_update(index_elements=[Draft.mark], set_={"sealed": kept.excluded.sealed})
    )


def kept(kind: str, person_id: int) -> dict[str, Any] | None:
    """What somebody wrote so far, with `saved_at`."""
    key, row = _row(kind, person_id)
    if key is None or row is None:
        return None
    told: dict[str, Any] = json.loads(decrypt(key, row.sealed, "draft"))
    return {**told, "saved_at": datetime.fromisoformat(told["saved_at"])}


def drop(kind: str, *, by: int) -> bool:
    """Throw it away; says whether there was one."""
    key = key_of(by)
    return key is not None and db.session.scalar(_DROP, {"marks": _marks(key, kind)}) is not None


def key_of(person_id: int) -> bytes | None:
    """The own key of a person, asked once a session; none of who was erased."""
    found: dict[int, bytes | None] = db.session.info.setdefault("own_keys", {})
    if person_id not in found:
        found[person_id] = keys_of([person_id]).get(person_id)
    return found[person_id]


def marks(key: bytes) -> list[bytes]:
    """Under all of these stand drafts of the owner of this key."""
    return [mark for kind in MARKS for mark in _marks(key, kind)]


def _row(kind: str, person_id: int) -> tuple[bytes | None, Any]:
    key = key_of(person_id)
    row = db.session.execute(_KEPT, {"marks": _marks(key, kind)}).first() if key else None
    return key, row


def _marks(key: bytes, kind: str) -> list[bytes]:
    return [hmac.digest(key, f"blijk/{what}".encode(), "sha256") for what in MARKS[kind]]
