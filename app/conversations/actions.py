"""What can be done with conversations: plan, cancel, say that it was held; write, file and throw away notes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from app.config import timezone
from app.conversations import queries, rules
from app.conversations.models import ConversationNote
from app.db import array, db
from app.errors import Conflict, NotFound, Refused
from app.events import ConversationCancelled, ConversationPlanned, NoteFiled
from app.keys import encrypt, padded
from app.outbox import publish
from app.people.queries import keys_of

NOT_THERE = _l("This conversation is not here, or not for you.")
CLOSED = _l("This conversation was closed in the meantime.")
WRONG = {
    "on": _l("Choose a day from today on, within a year."),
    "text": _l("Write between 3 and 2,000 characters."),
    "kind": _l("Choose a question or a note."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Two will talk on a day; `by` is one of them."""

    by: int
    person_id: int
    manager_id: int
    on: date

    @property
    def two(self) -> tuple[int, int]:
        return self.person_id, self.manager_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One that is to come is on another day; `by` is one of the two."""

    conversation_id: int
    by: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """It was held, or does not take place."""

    conversation_id: int
    by: int
    held: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """A question or a note of one of the two; `note_id` is a draft of theirs that it stands in place of.

    With `filed` both read it at once.
    """

    conversation_id: int
    by: int
    kind: str
    words: str
    note_id: int | None = None
    filed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft in a conversation, and whose it is."""

    conversation_id: int
    note_id: int
    by: int


_PLAN = text("""
    INSERT INTO conversation (person_id, manager_id, planned_on, planned_by, planned_at)
    SELECT w.*, CAST(:at AS timestamptz)
    FROM unnest(CAST(:people AS bigint[]), CAST(:managers AS bigint[]), CAST(:days AS date[]), CAST(:by AS bigint[]))
         AS w(person_id, manager_id, planned_on, planned_by)
    ORDER BY w.person_id, w.manager_id
    ON CONFLICT (person_id, manager_id) WHERE held_at IS NULL AND cancelled_at IS NULL
        DO UPDATE SET planned_on = excluded.planned_on
    RETURNING id, person_id, manager_id
""")
_MOVE = text("""
    UPDATE conversation c SET planned_on = w.planned_on
    FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[])) AS w(id, planned_on),
         (SELECT id FROM conversation WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE) AS held_row
    WHERE c.id = w.id AND c.id = held_row.id AND c.held_at IS NULL AND c.cancelled_at IS NULL RETURNING c.id
""")
_END = text("""
    UPDATE conversation c SET held_at = CASE WHEN w.held THEN CAST(:at AS timestamptz) END,
           cancelled_at = CASE WHEN NOT w.held THEN CAST(:at AS timestamptz) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:helds AS boolean[])) AS w(id, held),
         (SELECT id FROM conversation WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE) AS held_row
    WHERE c.id = w.id AND c.id = held_row.id AND c.held_at IS NULL AND c.cancelled_at IS NULL RETURNING c.id
""")
_DRAFT = """
    n.id = w.note_id AND n.conversation_id = w.conversation_id AND n.writer_id = w.writer_id AND n.filed_at IS NULL
"""
_WANTED = """
    unnest(CAST(:notes AS bigint[]), CAST(:conversations AS bigint[]), CAST(:writers AS bigint[]))
        AS w(note_id, conversation_id, writer_id)
"""
_EDIT = text(f"""
    UPDATE conversation_note n SET sealed = s.sealed, written_at = :at FROM {_WANTED}
    JOIN unnest(CAST(:notes AS bigint[]), :sealed) AS s(note_id, sealed) ON s.note_id = w.note_id
    WHERE {_DRAFT} RETURNING n.id
""").bindparams(bindparam("sealed", type_=ARRAY(LargeBinary())))
_FILE = text(f"UPDATE conversation_note n SET filed_at = :at FROM {_WANTED} WHERE {_DRAFT} RETURNING n.id")
_DROP = text(f"DELETE FROM conversation_note n USING {_WANTED} WHERE {_DRAFT} RETURNING n.id")
_NUMBERS = text("""
    SELECT conversation_id, count(*) AS number FROM conversation_note
    WHERE conversation_id = ANY(CAST(:ids AS bigint[])) GROUP BY conversation_id
""")
_INSERT = (
    insert(ConversationNote)
    .returning(ConversationNote.id, sort_by_parameter_order=True)
    .execution_options(render_nulls=True)
)


def plan(items: Sequence[Plan], *, at: datetime) -> list[int]:
    """Plan to talk; either of the two can. One that is planned already gets this day.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    reporting = queries.reporting(item.two for item in items)
    today = at.astimezone(timezone()).date()
    for item in items:
        if item.by not in item.two or item.two not in reporting:
            raise NotFound(NOT_THERE)
    _refuse_days((item.on for item in items), today)
    last = {item.two: item for item in items}
    told = {
        "people": array(one.person_id for one in last.values()),
        "managers": array(one.manager_id for one in last.values()),
        "days": array(one.on for one in last.values()),
        "by": array(one.by for one in last.values()),
    }
    rows = db.session.execute(_PLAN, {**told, "at": at}).all()
    ids = {(row.person_id, row.manager_id): int(row.id) for row in rows}
    publish(
        ConversationPlanned(
            person_id=one.manager_id if one.by == one.person_id else one.person_id,
            conversation_id=ids[one.two],
            on=one.on.isoformat(),
        )
        for one in last.values()
    )
    return [ids[item.two] for item in items]


def _refuse_days(days: Iterable[date], today: date) -> None:
    if any(rules.wrong_day(on, today) for on in days):
        raise Refused(WRONG["on"], fields={"on": WRONG["on"]})


def move(items: Sequence[Move], *, at: datetime) -> None:
    """These are on another day; either of the two says so, and the other hears of it."""
    rows = _must((item.by, item.conversation_id) for item in items)
    _refuse_days((item.on for item in items), at.astimezone(timezone()).date())
    last = {item.conversation_id: item for item in items}
    told = {"ids": array(last), "days": array(item.on for item in last.values())}
    if len(db.session.execute(_MOVE, told).all()) < len(last):
        raise Conflict(CLOSED)
    publish(
        ConversationPlanned(
            person_id=row.manager_id if row.mine else row.person_id,
            conversation_id=id,
            on=item.on.isoformat(),
        )
        for id, item in last.items()
        for row in [rows[item.by, id]]
    )


def end(items: Sequence[End], *, at: datetime) -> None:
    """These were held, or do not take place; either of the two says so, once. The other hears of what is off."""
    rows = _must((item.by, item.conversation_id) for item in items)
    last = {item.conversation_id: item for item in items}
    told = {"ids": array(last), "helds": array(item.held for item in last.values()), "at": at}
    if len(db.session.execute(_END, told).all()) < len(last):
        raise Conflict(CLOSED)
    publish(
        ConversationCancelled(person_id=row.manager_id if row.mine else row.person_id, conversation_id=id)
        for id, item in last.items()
        if not item.held
        for row in [rows[item.by, id]]
    )


def write(items: Sequence[NewNote], *, at: datetime) -> list[int]:
    """Write questions and notes, or put drafts in other words. Nobody else sees them until they are filed.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    for item in items:
        _check(item)
    rows = _must((item.by, item.conversation_id) for item in items)
    keys = keys_of({row.person_id for row in rows.values()})
    if any(row.person_id not in keys for row in rows.values()):
        raise NotFound(NOT_THERE)
    sealed = [_seal(keys[rows[item.by, item.conversation_id].person_id], item) for item in items]
    both = list(zip(items, sealed, strict=True))
    _edit([(item, text) for item, text in both if item.note_id is not None], at)
    new = [(item, text) for item, text in both if item.note_id is None]
    _refuse_too_many([item.conversation_id for item, _ in new])
    values = [
        {"conversation_id": item.conversation_id, "writer_id": item.by, "kind": item.kind, "sealed": text,
         "written_at": at}
        for item, text in new
    ]  # fmt: skip
    made = iter(db.session.scalars(_INSERT, values).all() if values else ())
    ids = [next(made) if item.note_id is None else item.note_id for item in items]
    drafts = [
        Draft(conversation_id=item.conversation_id, note_id=id, by=item.by)
        for item, id in zip(items, ids, strict=True)
        if item.filed
    ]
    if drafts:
        file(drafts, at=at)
    return ids


def _check(item: NewNote) -> None:
    if item.kind not in rules.KINDS:
        raise Refused(WRONG["kind"], fields={"kind": WRONG["kind"]})
    if not rules.TEXT[0] <= len(item.words.strip()) <= rules.TEXT[1]:
        raise Refused(WRONG["text"], fields={"text": WRONG["text"]})


def _seal(key: bytes, item: NewNote) -> bytes:
    return encrypt(key, padded(item.words.strip()), queries.about(item.conversation_id))


def _edit(drafts: Sequence[tuple[NewNote, bytes]], at: datetime) -> None:
    last = {item.note_id: (item, sealed) for item, sealed in drafts}
    whose = [
        Draft(conversation_id=item.conversation_id, note_id=item.note_id or 0, by=item.by)
        for item, _ in last.values()
    ]
    _all_drafts(_EDIT, whose, {"at": at, "sealed": [sealed for _, sealed in last.values()]})


def _refuse_too_many(conversation_ids: Sequence[int]) -> None:
    rows = (
        db.session.execute(_NUMBERS, {"ids": array(sorted(set(conversation_ids)))})
        if conversation_ids
        else ()
    )
    known = {row.conversation_id: row.number for row in rows}
    if any(known.get(one, 0) + more > rules.MOST for one, more in Counter(conversation_ids).items()):
        raise Refused(_l("This conversation holds as many notes as it can. Plan another one."))


def file(items: Sequence[Draft], *, at: datetime) -> None:
    """Let both read these from now on; they are not changed any more."""
    rows = _must((item.by, item.conversation_id) for item in items)
    _all_drafts(_FILE, items, {"at": at})
    publish(
        NoteFiled(
            person_id=row.manager_id if row.mine else row.person_id,
            conversation_id=item.conversation_id,
            note_id=item.note_id,
        )
        for item in dict.fromkeys(items)
        for row in [rows[item.by, item.conversation_id]]
    )


def drop(items: Sequence[Draft]) -> None:
    """Throw drafts away."""
    _all_drafts(_DROP, items, {})


def _all_drafts(statement: Any, items: Sequence[Draft], more: dict[str, Any]) -> None:
    """Each of these is a draft of who says so, or nothing is done."""
    wanted = list(dict.fromkeys(items))
    told = {
        "notes": array(item.note_id for item in wanted),
        "conversations": array(item.conversation_id for item in wanted),
        "writers": array(item.by for item in wanted),
    }
    if wanted and len(db.session.execute(statement, told | more).all()) < len(wanted):
        raise NotFound(NOT_THERE)


def _must(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], queries.AnyRow]:
    """These (person, conversation), each one of theirs."""
    wanted = set(pairs)
    rows = queries.conversations(wanted)
    if len(rows) < len(wanted):
        raise NotFound(NOT_THERE)
    return rows
