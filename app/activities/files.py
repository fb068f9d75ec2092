"""What somebody shows of what they logged: a scan, a photo, a PDF. Theirs, and of whoever confirms it; sealed.

It comes before the log does, so that a form that comes back still has it, and waits a while beside the draft.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert

from app import uploads
from app.activities.models import LogFile
from app.db import array, db
from app.errors import NotFound, Refused
from app.keys import decrypt, encrypt
from app.people.drafts import key_of
from app.people.queries import keys_of

NO_FILE = _l("There is no such file.")
GONE = _l("This file is not here any more. Choose it again.")
WAITS = timedelta(days=30)  # without a log
MOST = 5  # of one person that wait for a log; the oldest makes room

_MAKE_ROOM = text(f"""
    DELETE FROM log_file WHERE person_id = :by AND completion_id IS NULL AND id NOT IN (
        SELECT id FROM log_file WHERE person_id = :by AND completion_id IS NULL
        ORDER BY sent_at DESC, id LIMIT {MOST})
""")


def keep(*, by: int, name: str, content: bytes, at: datetime) -> uuid.UUID:
    """Keep a file for the log that will follow; refused when it is no picture, no PDF or too much."""
    taken = uploads.take(name, content)
    key = key_of(by)
    if key is None:
        raise NotFound(_l("This person is not here any more."))
    new = uuid.uuid4()
    row = {"id": new, "person_id": by, "kind": taken.kind, "name": taken.name, "size": len(taken.content)}
    sealed = encrypt(key, taken.content, _bound(new))
    db.session.execute(insert(LogFile).values(**row, sealed=sealed, sent_at=at))
    db.session.execute(_MAKE_ROOM, {"by": by})
    return new


_DROP = text("""
    DELETE FROM log_file WHERE id = :id AND person_id = :by AND completion_id IS NULL RETURNING id
""")


def drop(file_id: uuid.UUID, *, by: int) -> bool:
    """Throw away one's own file that went with no log; says whether there was one."""
    return db.session.scalar(_DROP, {"id": file_id, "by": by}) is not None


# A file of a log that came back with a question goes along with the next one.
_ADD = text("""
    UPDATE log_file f SET completion_id = n.completion_id
    FROM unnest(CAST(:files AS uuid[]), CAST(:people AS bigint[]), CAST(:completions AS bigint[]))
         AS n(file_id, person_id, completion_id)
    WHERE f.id = n.file_id AND f.person_id = n.person_id
      AND (f.completion_id IS NULL
           OR EXISTS (SELECT FROM completion c WHERE c.id = f.completion_id AND c.state = 'declined'))
    RETURNING f.id
""")


def add(going: Mapping[uuid.UUID, tuple[int, int]]) -> None:
    """Let each of these go with the log of its person: (person, completion). The people are locked."""
    if not going:
        return
    people, completions = zip(*going.values(), strict=True)
    told = {"files": array(going), "people": array(people), "completions": array(completions)}
    if len(db.session.execute(_ADD, told).all()) < len(going):
        raise Refused(GONE, fields={"file": GONE})


_OF_LOGS = text("DELETE FROM log_file WHERE completion_id = ANY(CAST(:ids AS bigint[]))")


def drop_with(completion_ids: Iterable[int]) -> None:
    """A log that was taken back shows nothing any more."""
    db.session.execute(_OF_LOGS, {"ids": array(completion_ids)})


_PRUNE = text("DELETE FROM log_file WHERE completion_id IS NULL AND sent_at < :before")


def prune(*, at: datetime) -> None:
    """What waited for a log that never came."""
    db.session.execute(_PRUNE, {"before": at - WAITS})


# Who sees it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as its reader gets it, and whose it is."""

    kind: str
    name: str
    content: bytes
    person_id: int


# Its person; and who is asked to confirm the log, or did. Nobody else: not who declined it or handed it over.
_OPEN = text("""
    SELECT f.id, f.person_id, f.kind, f.name, f.sealed
    FROM log_file f LEFT JOIN completion c ON c.id = f.completion_id
    WHERE f.id = :id AND (f.person_id = :viewer OR c.confirmer_id = :viewer
        AND (c.state = 'waiting' OR c.state = 'confirmed' AND c.decided_at IS NOT NULL))
""")
_OWN = text("""
    SELECT f.id, f.kind, f.name, f.size, f.sent_at, c.state
    FROM log_file f LEFT JOIN completion c ON c.id = f.completion_id
    WHERE f.id = :id AND f.person_id = :by AND (f.completion_id IS NULL OR c.state = 'declined')
""")


def opened(file_id: uuid.UUID, *, by: int) -> Opened:
    """A file for who may open it."""
    row = db.session.execute(_OPEN, {"id": file_id, "viewer": by}).one_or_none()
    key = keys_of([row.person_id]).get(row.person_id) if row else None
    if row is None or key is None:
        raise NotFound(NO_FILE)
    return Opened(row.kind, row.name, decrypt(key, row.sealed, _bound(row.id)), row.person_id)


def kept(file_id: uuid.UUID | None, *, by: int) -> Row[Any] | None:
    """One's own file that can go with a log, without what is in it."""
    return db.session.execute(_OWN, {"id": file_id, "by": by}).one_or_none() if file_id else None


def all_of(person_id: int) -> Iterator[dict[str, Any]]:
    """Everything that somebody showed, opened: for the file of their own data."""
    key = key_of(person_id)
    columns = (LogFile.id, LogFile.completion_id, LogFile.kind, LogFile.name, LogFile.size, LogFile.sent_at)
    asked = db.select(*columns, LogFile.sealed).where(LogFile.person_id == person_id).order_by(LogFile.id)
    with db.session.execute(asked, execution_options={"yield_per": 1}) as rows:
        for row in rows if key else ():
            told = {name: value for name, value in row._mapping.items() if name != "sealed"}
            yield {**told, "content": decrypt(key or b"", row.sealed, _bound(row.id))}


def _bound(file_id: uuid.UUID) -> str:
    return f"log_file:{file_id}"
