"""What is added to a lesson: pictures, reactions; and a draft, which nobody but its writer can open."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.config import timezone
from app.db import db
from app.errors import NotFound, Refused
from app.lessons import actions, applying, asking, pictures, queries, rules, unnamed
from app.lessons.models import Attachment, Lesson, Reaction, Saved
from app.people import drafts

PDF = "application/pdf"
PICTURE = "image/webp"
_PLAIN_NAME = re.compile(r"[^\w. -]+")


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
    "empty": _l("Choose a file first."),
    "big": _l("A file can have at most 5 MB. This one is larger."),
    "many": _l("A lesson can have three files. Take one away first."),
    "alt": _l("Say in a few words what the picture shows, for who cannot see it. At most 200 characters."),
    "kind": _l("This is no picture that we can read. Send a JPEG, PNG, WebP or GIF, or a PDF."),
    "pixels": _l("This picture has more than 40 million pixels. Make it smaller first."),
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
    if not sent.content:
        raise _wrong("empty")
    if len(sent.content) > rules.FILE_BYTES:
        raise _wrong("big")
    alt = sent.alt.strip()
    if sent.content.startswith(b"%PDF-"):
        if not with_name:
            raise _wrong("pdf")
        name = _PLAIN_NAME.sub(" ", sent.name).strip(" .")[:80] or "document.pdf"
        name = name if name.lower().endswith(".pdf") else f"{name}.pdf"
        return {"kind": PDF, "name": name, "alt": alt[: rules.ALT[1]], "content": sent.content}
    if not rules.ALT[0] <= len(alt) <= rules.ALT[1]:
        raise _wrong("alt", "alt")
    try:
        made = pictures.made_anew(sent.content)
    except pictures.TooLarge:
        raise _wrong("pixels") from None
    except pictures.NoPicture:
        raise _wrong("kind") from None
    told = {"width": made.width, "height": made.height, "content": made.content}
    return {"kind": PICTURE, "name": "picture.webp", "alt": alt, **told}


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
