"""How a file is changed: its row is held, what was read is compared, the step is written, the version goes up.

Lock order: people, the round, the review, its rows. Whoever decides, signs or releases names what they read.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.db import array, db
from app.errors import Conflict, NotFound
from app.events import ReviewChanged
from app.keys import encrypt, padded
from app.outbox import tell_later
from app.people.queries import keys_of
from app.reviews import evidence
from app.reviews.sealing import about

NOT_THERE = _l("This review is not here, or not for you.")
STALE = _l("The file has changed since you opened it. Read what is new, and then decide or sign again.")
NOT_NOW = _l("This review has moved on, so this cannot be done any more.")

_HOLD = text("SELECT * FROM review WHERE id = :review FOR NO KEY UPDATE")
_HOLD_ALL = text("""
    SELECT * FROM review WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")
_UP = text("""
    UPDATE review SET version = version + 1 WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING id, person_id
""")
_STEPS = text("""
    INSERT INTO review_step (review_id, at, person_id, what, detail)
    SELECT s.review_id, :at, s.person_id, s.what, s.detail
    FROM unnest(CAST(:reviews AS uuid[]), CAST(:people AS bigint[]), CAST(:whats AS text[]), CAST(:details AS jsonb[]))
         WITH ORDINALITY AS s(review_id, person_id, what, detail, place) ORDER BY s.place
""")
_SINCE = text("""
    SELECT s.at, s.what, s.detail, p.name FROM review_step s LEFT JOIN person p ON p.id = s.person_id
    WHERE s.review_id = :review ORDER BY s.id DESC LIMIT :many
""")
Row = Any
Step = tuple[uuid.UUID, int | None, str]


class Stale(Conflict):
    """What somebody decides or signs on is not what the file says now. `changed` are the steps since then."""

    code = "stale"

    def __init__(self, message: object, changed: Sequence[Row] = ()) -> None:
        super().__init__(message)
        self.changed = changed


def hold(review_id: uuid.UUID) -> Row:
    """The review, which nobody else changes before this transaction ends."""
    row = db.session.execute(_HOLD, {"review": review_id}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def hold_all(review_ids: Iterable[uuid.UUID]) -> Sequence[Row]:
    """The same for many, in the order of their ids."""
    return db.session.execute(_HOLD_ALL, {"ids": array(sorted(set(review_ids)))}).all()


def must_be(row: Row, *stages: str) -> None:
    """Refuse what does not belong to this stage of the review."""
    if row.stage not in stages:
        raise Conflict(NOT_NOW)


def must_be_read(row: Row, version: int) -> None:
    """Refuse a signature under another version of the file than the one that was read."""
    if row.version != version:
        many = min(max(row.version - version, 1), 10)
        raise Stale(STALE, db.session.execute(_SINCE, {"review": row.id, "many": many}).all())


def touched(
    steps: Sequence[Step], at: datetime, details: Mapping[int, Mapping[str, Any]] | None = None
) -> None:
    """Write what happened, and let the version of these files go up by one. `details` by the place of a step."""
    write(steps, at, details)
    up({review for review, _, _ in steps}, at)


def up(review_ids: Collection[uuid.UUID], at: datetime) -> None:
    """These files show something else now: whoever signs reads it again first, and open pages hear of it."""
    rows = db.session.execute(_UP, {"ids": array(sorted(review_ids))}).all()
    tell_later((ReviewChanged(person_id=row.person_id, review_id=row.id) for row in rows), at)


def write(
    steps: Sequence[Step], at: datetime, details: Mapping[int, Mapping[str, Any]] | None = None
) -> None:
    """Only write down what happened."""
    told = details or {}
    db.session.execute(
        _STEPS,
        {
            "at": at,
            "reviews": array(review for review, _, _ in steps),
            "people": array(person for _, person, _ in steps),
            "whats": array(what for _, _, what in steps),
            "details": array(json.dumps(told.get(place, {})) for place in range(len(steps))),
        },
    )


# What fell ------------------------------------------------------------------------------------------------------

_CARRYING = text("""
    SELECT r.id FROM review r
    WHERE r.person_id = ANY(CAST(:people AS bigint[])) AND r.stage NOT IN ('closed', 'withdrawn')
      AND EXISTS (SELECT FROM review_evidence e WHERE e.review_id = r.id AND e.kind <> 'document')
    ORDER BY r.id FOR NO KEY UPDATE
""")
_NOTED = text("""
    SELECT CAST(detail ->> 'evidence' AS bigint) FROM review_step
    WHERE review_id = ANY(CAST(:ids AS uuid[])) AND what = 'fell'
""")


def note_what_fell(person_ids: Collection[int], at: datetime) -> None:
    """Evidence of these people was revoked, withdrawn or taken away: files in which it stands say so, once for each."""
    ids = list(db.session.scalars(_CARRYING, {"people": array(sorted(person_ids))}))
    if not ids:
        return
    noted = set(db.session.scalars(_NOTED, {"ids": array(ids)}))
    fell = [
        (review, one.id)
        for review, several in evidence.of(ids).items()
        for one in several
        if one.taken_back and one.id not in noted
    ]
    if fell:
        details = {place: {"evidence": piece} for place, (_, piece) in enumerate(fell)}
        touched([(review, None, "fell") for review, _ in fell], at, details)


# Words ------------------------------------------------------------------------------------------------------


def key_of(holder_id: int) -> bytes:
    """The key of the person whose file it is; whoever was erased has none."""
    found = keys_of([holder_id]).get(holder_id)
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def closed_up(words: str, review: Row) -> bytes:
    """Words for this file, sealed with the key of the person whom it is about."""
    return encrypt(key_of(review.person_id), padded(words), about(review.id))
