"""What can be asked of imports, of their refused rows, and of rows that wait for somebody."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, select, text

from app.activities import queries as activities
from app.db import db
from app.errors import NotFound
from app.learning.models import LearningImport, LearningMap, LearningRefusal
from app.learning.rules import Entry
from app.people.models import Person
from app.people.queries import resolve

PAGE = 30
UNDER_WAY = ("trying", "queued", "running")
_say = gettext  # of texts that were kept; they were marked where they were written
NOT_THERE = _l("There is no such import.")

_IMPORTS = select(LearningImport.__table__, Person.name.label("by_name")).outerjoin(
    Person, Person.id == LearningImport.by_id
)


def imports(*, before: int | None = None) -> tuple[Sequence[Row[Any]], bool]:
    """The imports, newest first, and whether there are more."""
    asked = _IMPORTS.order_by(LearningImport.id.desc()).limit(PAGE + 1)
    if before is not None:
        asked = asked.where(LearningImport.id < before)
    rows = db.session.execute(asked).all()
    return rows[:PAGE], len(rows) > PAGE


def an_import(import_id: int) -> Row[Any]:
    """One of them."""
    row = db.session.execute(_IMPORTS.where(LearningImport.id == import_id)).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def refusals(import_id: int) -> list[tuple[int, str]]:
    """The refused rows that were kept, each with its line and why, in the reader's language."""
    rows = db.session.execute(
        select(LearningRefusal.line, LearningRefusal.reason)
        .where(LearningRefusal.import_id == import_id)
        .order_by(LearningRefusal.line)
    )
    return [(line, said(reason)) for line, reason in rows]


def some_refusals(import_id: int, limit: int = 20) -> list[tuple[int, str]]:
    """The first few."""
    rows = db.session.execute(
        select(LearningRefusal.line, LearningRefusal.reason)
        .where(LearningRefusal.import_id == import_id)
        .order_by(LearningRefusal.line)
        .limit(limit)
    )
    return [(line, said(reason)) for line, reason in rows]


def said(reason: Mapping[str, Any] | None) -> str:
    """A kept reason in the reader's language."""
    if not reason:
        return ""
    return str(_say(reason["text"], **reason["with"]))


def maps() -> Sequence[Row[Any]]:
    """The kept maps, by name."""
    return db.session.execute(select(LearningMap.name, LearningMap.map).order_by(LearningMap.name)).all()


# What rows mean here ----------------------------------------------------------------------------------------


def whom(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """Who is meant, as far as known."""
    return resolve({(entry.who_kind, entry.who) for entry in entries})


def iri_of(entry: Entry) -> str:
    """The id of an activity as it is kept: an address as it is, a bare id under its source."""
    if "://" in entry.activity or entry.activity.startswith("urn:"):
        return entry.activity
    return f"{entry.origin_name}/{entry.activity}"


def known_activities(entries: Sequence[Entry]) -> dict[str, int]:
    """The activities that are known already, by `iri_of`: under that id, the bare id, or the slug of the catalogue."""
    bare = {entry.activity: iri_of(entry) for entry in entries}
    known = activities.known_as([*bare, *bare.values()])
    slugs = activities.ids_by_slug(
        name for name in bare if name not in known and not name.startswith(("own-", "from-"))
    )
    found = {}
    for name, iri in bare.items():
        activity_id = known.get(iri) or known.get(name) or slugs.get(name)
        if activity_id is not None:
            found[iri] = activity_id
    return found


_WAIT_ALREADY = text("SELECT source FROM learning_row WHERE source = ANY(:sources) AND person_id IS NULL")


def waiting_already(sources: Iterable[str]) -> set[str]:
    """Which of these rows wait already."""
    return set(db.session.scalars(_WAIT_ALREADY, {"sources": sorted(set(sources))}))
