"""What is added to a lesson: pictures, reactions; and a draft, which nobody but its writer can open."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app import uploads
from app.config import timezone
from app.db import db
from app.errors import NotFound, Refused
from app.lessons import actions, applying, asking, queries, rules, unnamed
from app.lessons.models import Attachment, Lesson, Reaction, Saved
from app.people import drafts

# Pictures and documents ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent, with what it shows in words."""

    name: str
    content: bytes
    alt: str


_NUMBER = select(func.count()).where(Attachment.lesson_id == bindparam("of"))
_NAMED = select(Lesson.author_id).where(Lesson.id == bindparam("of"))
_REMOVE = (
    delete(Attachment)
    .where(Attachment.lesson_id == bindparam("of"), Attachment.id == bindparam("file"))
    .returning(Attachment.id)
)
WRONG = {
    "many": _l("A lesson can have three files. Take one away first."),
    "alt": _l("Say in a few words what the picture shows, for who cannot see it. At most 200 characters."),
    "pdf": _l("A PDF can say who made it, so it only goes with a lesson with your name."),
}  # fmt: skip


def attach(*, by: int, lesson_id: int, sent: Sent) -> uuid.UUID:
    """The author adds a picture, or on a lesson with their name a PDF."""
    unnamed.lock_pens([by])
    own = queries.lesson(by, lesson_id)
    if own is None or not own.mine:
        raise NotFound(actions.NOT_THERE)
    if (db.session.scalar(_NUMBER, {"of": lesson_id}) or 0) >= rules.FILES:
        raise _wrong("many")
    row = _read(sent, with_name=not own.unnamed)
    new = uuid.uuid4()
    db.session.execute(insert(Attachment).values(id=new, lesson_id=lesson_id, **row))
    return new


def detach(*, by: int, lesson_id: int, file_id: uuid.UUID) -> None:
    """The author takes one away."""
    own = queries.lesson(by, lesson_id)
    if own is None or not own.mine:
        raise NotFound(actions.NOT_THERE)
    if db.session.scalar(_REMOVE, {"of": lesson_id, "file": file_id}) is None:
        raise NotFound(actions.NOT_THERE)


def _read(sent: Sent, *, with_name: bool) -> dict[str, Any]:
    """What is kept of it. A picture has the same name as any other: its own could say whose it is."""
    uploads.check(sent.content)
    alt = sent.alt.strip()
    if uploads.is_pdf(sent.content):
        if not with_name:
            raise _wrong("pdf")
    elif not rules.ALT[0] <= len(alt) <= rules.ALT[1]:
        raise _wrong("alt", "alt")
    taken = uploads.take(sent.name, sent.content)
    told = {"kind": taken.kind, "alt": alt[: rules.ALT[1]], "content": taken.content}
    if taken.kind == uploads.PDF:
        return {**told, "name": taken.name}
    return {**told, "name": "picture.webp", "width": taken.width, "height": taken.height}


def _wrong(what: str, field: str = "file") -> Refused:
    return Refused(WRONG[what], fields={field: WRONG[what]})


# Reactions ----------------------------------------------------------------------------------------------------


def react(*, by: int, lesson_id: int, kind: str, on: bool) -> None:
    """Say one of a few words to a lesson, or take it back. Said twice is said once; it earns nothing."""
    allowed = asking.may_apply([(lesson_id, by)])
    if not allowed:
        raise NotFound(actions.NOT_THERE)
    applying.refuse_own(allowed, _l("This is your own lesson. Reactions are for your colleagues."))
    row = {"lesson_id": lesson_id, "person_id": by, "kind": kind}
    if on:
        db.session.execute(insert(Reaction).values(row).on_conflict_do_nothing())
    else:
        db.session.execute(delete(Reaction).filter_by(**row))


# Saved --------------------------------------------------------------------------------------------------------


def save(*, by: int, lesson_ids: Iterable[int], on: bool, at: datetime) -> None:
    """Keep these to find them again, or no longer; twice is once. Nobody else sees it, and it earns nothing.

    One's own stands under Mine: so no row ever says that somebody keeps what may be their own without a name.
    """
    wanted = sorted(set(lesson_ids))
    if not on:
        db.session.execute(delete(Saved).where(Saved.person_id == by, Saved.lesson_id.in_(wanted)))
        return
    allowed = asking.may_apply([(lesson_id, by) for lesson_id in wanted])
    if len(allowed) < len(wanted):
        raise NotFound(actions.NOT_THERE)
    applying.refuse_own(allowed, _l("This is your own lesson. You find it under Mine."))
    day = at.astimezone(timezone()).date()
    rows = [{"person_id": by, "lesson_id": lesson_id, "saved_on": day} for lesson_id in wanted]
    db.session.execute(insert(Saved).values(rows).on_conflict_do_nothing())


# Drafts -------------------------------------------------------------------------------------------------------


def keep_draft(*, by: int, draft: Mapping[str, Any], at: datetime) -> None:
    """Keep what somebody has written so far, in place of what they had."""
    drafts.keep("lesson", draft, by=by, at=at)


def draft_of(person_id: int) -> dict[str, Any] | None:
    """What somebody wrote so far, with `saved_at`."""
    return drafts.kept("lesson", person_id)


def drop_draft(*, by: int) -> bool:
    """Throw it away; says whether there was one."""
    return drafts.drop("lesson", by=by)
