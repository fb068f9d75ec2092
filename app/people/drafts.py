"""What people began to write, for nobody but themselves: under a mark that only their key makes, sealed with it."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.db import db
from app.errors import NotFound
from app.keys import decrypt, encrypt
from app.people.models import Draft
from app.people.queries import keys_of

MARKS = {"lesson": "draft", "log": "draft/log"}  # one of each kind
_PIECE = 4096  # so that a length tells nothing of a text
_KEPT = select(Draft.sealed).where(Draft.mark == bindparam("mark"))
_DROP = delete(Draft).where(Draft.mark == bindparam("mark")).returning(Draft.mark)


def keep(kind: str, draft: Mapping[str, Any], *, by: int, at: datetime) -> None:
    """Keep what somebody has written so far, in place of what they had."""
    key = key_of(by)
    if key is None:
        raise NotFound(_l("This person is not here any more."))
    told = json.dumps({**draft, "saved_at": at.isoformat()}).encode()
    sealed = encrypt(key, told.ljust(-(-len(told) // _PIECE) * _PIECE), "draft")
    kept = insert(Draft).values(mark=_mark(key, kind), sealed=sealed)
    db.session.execute(
        kept.on_conflict_do_update(index_elements=[Draft.mark], set_={"sealed": kept.excluded.sealed})
    )


def kept(kind: str, person_id: int) -> dict[str, Any] | None:
    """What somebody wrote so far, with `saved_at`."""
    key = key_of(person_id)
    sealed = db.session.scalar(_KEPT, {"mark": _mark(key, kind)}) if key else None
    if key is None or sealed is None:
        return None
    told: dict[str, Any] = json.loads(decrypt(key, sealed, "draft"))
    return {**told, "saved_at": datetime.fromisoformat(told["saved_at"])}


def drop(kind: str, *, by: int) -> bool:
    """Throw it away; says whether there was one."""
    key = key_of(by)
    return key is not None and db.session.scalar(_DROP, {"mark": _mark(key, kind)}) is not None


def key_of(person_id: int) -> bytes | None:
    """The own key of a person, asked once a session; none of who was erased."""
    found: dict[int, bytes | None] = db.session.info.setdefault("own_keys", {})
    if person_id not in found:
        found[person_id] = keys_of([person_id]).get(person_id)
    return found[person_id]


def _mark(key: bytes, kind: str) -> bytes:
    return hmac.digest(key, f"blijk/{MARKS[kind]}".encode(), "sha256")
