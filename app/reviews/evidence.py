"""What was released in files, as it is now, for many at once: what is shown of a file, and what is frozen of it.

Of what was revoked, withdrawn or deleted since, the line stays and says so, without the words that went.
Who may open a file is decided elsewhere.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.db import array, db
from app.people.queries import keys_of
from app.reviews import holding
from app.reviews.holding import Thing
from app.reviews.sealing import plain


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece in a file, released by its holder."""

    id: int
    criterion_id: int
    kind: str
    thing: str
    released_at: datetime
    held: Thing | None  # none: nothing of it is left to show
    taken_back: bool
    title: str = ""  # of a document
    words: str = ""  # of a document or an observation, or those that come with the thing
    link: str = ""


_ROWS = text("""
    SELECT id, review_id, criterion_id, kind, thing, holder_id, released_at, sealed
    FROM review_evidence WHERE review_id = ANY(CAST(:ids AS uuid[])) ORDER BY review_id, id
""")


def of(review_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Evidence]]:
    """The evidence of these files, in the order in which it was released: three statements, however many they are."""
    rows = db.session.execute(_ROWS, {"ids": array(sorted(set(review_ids)))}).all()
    keys = keys_of({row.holder_id for row in rows}) if rows else {}
    held = holding.named((row.review_id, row.holder_id, row.thing) for row in rows if row.kind != "document")
    found: dict[uuid.UUID, list[Evidence]] = {}
    for row in rows:
        there = held.get((row.holder_id, row.thing))
        found.setdefault(row.review_id, []).append(_piece(row, there, keys))
    return found


def _piece(row: Any, held: Thing | None, keys: Mapping[int, bytes]) -> Evidence:
    base = (row.id, row.criterion_id, row.kind, row.thing, row.released_at)
    key = keys.get(row.holder_id)
    if row.kind == "document":
        told = json.loads(plain(key, row.sealed, row.review_id) or "{}")
        said = (told.get(name, "") for name in ("title", "text", "link"))
        return Evidence(*base, None, not told, *said)
    stands = held is not None and held.stands
    words = plain(key, held.sealed, row.review_id) if held and held.sealed else None
    return Evidence(*base, held, not stands, words=words or (held.words if held and stands else ""))
