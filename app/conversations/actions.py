"""What can be done with conversations: plan, cancel, say that it was held; write, file and throw away notes."""

from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, text

from app.config import timezone
from app.conversations import queries, rules
from app.conversations.models import ConversationNote
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.events import ConversationPlanned, NoteFiled
from app.keys import encrypt
from app.outbox import publish
from app.people.queries import is_manager_of, keys_of

NOT_THERE = _l("This conversation is not here, or not for you.")
WRONG = {
    "on": _l("Choose a day from today on, within a year."),
    "text": _l("Write between 3 and 2,000 characters."),
    "kind": _l("Choose a question or a note."),
}

_PLAN = text("""
    INSERT INTO conversation (person_id, manager_id, planned_on, planned_by, planned_at)
    VALUES (:person, :manager, :on, :by, :at)
    ON CONFLICT (person_id, manager_id) WHERE held_at IS NULL AND cancelled_at IS NULL
        DO UPDATE SET planned_on = excluded.planned_on
    RETURNING id
""")
_END = """
    UPDATE conversation SET {column} = :at WHERE id = :conversation AND held_at IS NULL AND cancelled_at IS NULL
    RETURNING id
"""
_HELD, _CANCELLED = text(_END.format(column="held_at")), text(_END.format(column="cancelled_at"))
_EDIT = text("""
    UPDATE conversation_note SET sealed = :sealed, written_at = :at
    WHERE id = :note AND conversation_id = :conversation AND writer_id = :me AND filed_at IS NULL RETURNING id
""")
_FILE = text("""
    UPDATE conversation_note SET filed_at = :at
    WHERE id = :note AND conversation_id = :conversation AND writer_id = :me AND filed_at IS NULL RETURNING id
""")
_DROP = text("""
    DELETE FROM conversation_note
    WHERE id = :note AND conversation_id = :conversation AND writer_id = :me AND filed_at IS NULL RETURNING id
""")
_NUMBER = text("SELECT count(*) FROM conversation_note WHERE conversation_id = :conversation")


def plan(*, by: int, person_id: int, manager_id: int, on: date, at: datetime) -> int:
    """Plan to talk; either of the two can. One that is planned already gets this day."""
    if by not in (person_id, manager_id) or not is_manager_of(manager_id, person_id):
        raise NotFound(NOT_THERE)
    if rules.wrong_day(on, at.astimezone(timezone()).date()):
        raise Refused(WRONG["on"], fields={"on": WRONG["on"]})
    told = {"person": person_id, "manager": manager_id, "on": on, "by": by, "at": at}
    conversation_id = db.session.scalar(_PLAN, told) or 0
    other = manager_id if by == person_id else person_id
    publish([ConversationPlanned(person_id=other, conversation_id=conversation_id)])
    return conversation_id


def end(conversation_id: int, *, by: int, held: bool, at: datetime) -> None:
    """It was held, or it does not take place; either of the two says so, once."""
    if queries.conversation(by, conversation_id) is None:
        raise NotFound(NOT_THERE)
    if db.session.scalar(_HELD if held else _CANCELLED, {"conversation": conversation_id, "at": at}) is None:
        raise Conflict(_l("This conversation was closed in the meantime."))


def write(
    *, by: int, conversation_id: int, kind: str, words: str, note_id: int | None = None, at: datetime
) -> int:
    """Write a question or a note, or put a draft in other words. Nobody else sees it until it is filed."""
    words = words.strip()
    if kind not in rules.KINDS:
        raise Refused(WRONG["kind"], fields={"kind": WRONG["kind"]})
    if not rules.TEXT[0] <= len(words) <= rules.TEXT[1]:
        raise Refused(WRONG["text"], fields={"text": WRONG["text"]})
    row = _must(by, conversation_id)
    key = keys_of([row.person_id]).get(row.person_id)
    if key is None:
        raise NotFound(NOT_THERE)
    sealed = encrypt(key, rules.padded(words), queries.about(conversation_id))
    if note_id is not None:
        told = {"note": note_id, "conversation": conversation_id, "me": by, "sealed": sealed, "at": at}
        if db.session.scalar(_EDIT, told) is None:
            raise NotFound(NOT_THERE)
        return note_id
    if (db.session.scalar(_NUMBER, {"conversation": conversation_id}) or 0) >= rules.MOST:
        raise Refused(_l("This conversation holds as many notes as it can. Plan another one."))
    values = {
        "conversation_id": conversation_id, "writer_id": by, "kind": kind, "sealed": sealed, "written_at": at,
    }  # fmt: skip
    return db.session.scalar(insert(ConversationNote).values(**values).returning(ConversationNote.id)) or 0


def file(*, by: int, conversation_id: int, note_id: int, at: datetime) -> None:
    """Let both read it from now on; it is not changed any more."""
    row = _must(by, conversation_id)
    told = {"note": note_id, "conversation": conversation_id, "me": by, "at": at}
    if db.session.scalar(_FILE, told) is None:
        raise NotFound(NOT_THERE)
    other = row.manager_id if row.mine else row.person_id
    publish([NoteFiled(person_id=other, conversation_id=conversation_id, note_id=note_id)])


def drop(*, by: int, conversation_id: int, note_id: int) -> None:
    """Throw away a draft."""
    if db.session.scalar(_DROP, {"note": note_id, "conversation": conversation_id, "me": by}) is None:
        raise NotFound(NOT_THERE)


def _must(me: int, conversation_id: int) -> queries.AnyRow:
    row = queries.conversation(me, conversation_id)
    if row is None:
        raise NotFound(NOT_THERE)
    return row
