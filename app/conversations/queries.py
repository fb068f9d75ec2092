"""What can be asked about conversations. They are of the two who talk, and of nobody else.

A manager sees those with people who report to them now; a manager before them sees none any more. The employee keeps
all of theirs. A note that is not filed is there for its writer only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.db import db
from app.keys import decrypt, unpadded
from app.people.queries import keys_of

AnyRow = Row[*tuple[Any, ...]]
LIMIT = 20

_TWO = "(c.person_id = :me OR c.manager_id = :me AND p.manager_id = :me)"
_SOME = text(f"""
    SELECT w.me, c.id, c.person_id, c.manager_id, c.person_id = w.me AS mine
    FROM unnest(CAST(:people AS bigint[]), CAST(:ids AS bigint[])) AS w(me, id)
    JOIN conversation c ON c.id = w.id JOIN person p ON p.id = c.person_id
    WHERE {_TWO.replace(":me", "w.me")}
""")
_ONE = f"""
    SELECT c.id, c.person_id, c.manager_id, c.planned_on, c.planned_by, c.held_at, c.cancelled_at,
           p.name AS person, p.handle AS person_handle, m.name AS manager,
           CASE WHEN m.active AND m.erased_at IS NULL THEN m.handle END AS manager_handle,
           c.person_id = :me AS mine, c.held_at IS NULL AND c.cancelled_at IS NULL AS open
    FROM conversation c JOIN person p ON p.id = c.person_id JOIN person m ON m.id = c.manager_id
    WHERE {_TWO}
"""
_REPORTING = text("""
    SELECT p.id, p.manager_id FROM person p
    JOIN unnest(CAST(:people AS bigint[]), CAST(:managers AS bigint[])) AS w(id, manager_id)
        ON p.id = w.id AND p.manager_id = w.manager_id AND p.active
""")
_BY_ID = text(_ONE + "AND c.id = :conversation")
_OF = text(_ONE + "AND c.person_id = :person ORDER BY c.planned_on DESC, c.id DESC LIMIT :limit")
_COMING = text(
    _ONE
    + "AND c.manager_id = :me AND c.held_at IS NULL AND c.cancelled_at IS NULL ORDER BY c.planned_on, c.id LIMIT 100"
)
_NOTES = text(f"""
    SELECT n.id, n.writer_id, w.name AS writer, n.kind, n.sealed, n.written_at, n.filed_at, n.writer_id = :me AS mine,
           c.person_id
    FROM conversation_note n JOIN conversation c ON c.id = n.conversation_id JOIN person p ON p.id = c.person_id
    JOIN person w ON w.id = n.writer_id
    WHERE c.id = :conversation AND {_TWO} AND (n.filed_at IS NOT NULL OR n.writer_id = :me) ORDER BY n.id
""")

_LEFT_BEHIND = text(f"""
    SELECT n.id, n.conversation_id, n.kind, n.sealed, n.written_at, n.filed_at, w.name AS writer, c.person_id
    FROM conversation_note n JOIN conversation c ON c.id = n.conversation_id JOIN person p ON p.id = c.person_id
    JOIN person w ON w.id = n.writer_id
    WHERE n.writer_id = :me AND NOT coalesce({_TWO}, false) ORDER BY n.id
""")


@dataclass(frozen=True, slots=True)
class Note:
    """A question or a note as one of the two may read it."""

    id: int
    writer_id: int
    writer: str
    kind: str
    text: str
    written_at: datetime
    filed_at: datetime | None
    mine: bool


def conversation(me: int, conversation_id: int) -> AnyRow | None:
    """One of mine, or None."""
    return db.session.execute(_BY_ID, {"me": me, "conversation": conversation_id}).one_or_none()


def conversations(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], AnyRow]:
    """Of these (person, conversation) those where it is one of theirs."""
    wanted = sorted(pairs)
    told = {"people": [one for one, _ in wanted], "ids": [id for _, id in wanted]}
    return {(row.me, row.id): row for row in db.session.execute(_SOME, told)}


def reporting(pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Of these (person, manager) those where the one works here and reports to the other."""
    wanted = sorted(set(pairs))
    told = {"people": [one for one, _ in wanted], "managers": [other for _, other in wanted]}
    return {(row.id, row.manager_id) for row in db.session.execute(_REPORTING, told)}


def of(me: int, person_id: int, limit: int = LIMIT) -> Sequence[AnyRow]:
    """The conversations about this person that I have or had, the latest first."""
    return db.session.execute(_OF, {"me": me, "person": person_id, "limit": limit}).all()


def coming(me: int) -> Sequence[AnyRow]:
    """What I planned, or was planned with me, with people who report to me."""
    return db.session.execute(_COMING, {"me": me}).all()


def notes(me: int, conversation_id: int) -> list[Note]:
    """What was filed, and what I am still writing; none once the employee's key is gone."""
    rows = db.session.execute(_NOTES, {"me": me, "conversation": conversation_id}).all()
    keys = keys_of({row.person_id for row in rows})
    return [
        Note(
            row.id, row.writer_id, row.writer, row.kind,
            unpadded(decrypt(keys[row.person_id], row.sealed, about(conversation_id))),
            row.written_at, row.filed_at, row.mine,
        )
        for row in rows
        if row.person_id in keys
    ]  # fmt: skip


def left_behind(me: int) -> Iterator[Note]:
    """What I wrote, filed or not, in conversations that I may open no more: for my own file of all data only."""
    rows = db.session.execute(_LEFT_BEHIND, {"me": me}).all()
    keys = keys_of({row.person_id for row in rows})
    for row in rows:
        if key := keys.get(row.person_id):
            words = unpadded(decrypt(key, row.sealed, about(row.conversation_id)))
            yield Note(row.id, me, row.writer, row.kind, words, row.written_at, row.filed_at, True)


def about(conversation_id: int) -> str:
    """What the text is bound to: it cannot be moved to another conversation."""
    return f"conversation:{conversation_id}"
