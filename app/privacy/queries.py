"""Who looked, and what was done, with the names that go with it; the latest first, page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, select, text

from app.audit import queries as audit
from app.audit.queries import Place
from app.db import db
from app.people import queries as people
from app.people.queries import Card
from app.privacy import words
from app.privacy.models import DataExport

PAGE = 50
NOT_THERE = _l("This file is not here, or not any more. You can ask for it again.")


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody looked, or was refused: within the hour that begins at `at`. `who` is None once they were erased."""

    id: int
    at: datetime
    what: str
    allowed: bool
    who: Card | None
    whom: Card | None
    others: int = 0  # at whom the same viewer tried the same within that hour, on a list of many

    @property
    def said(self) -> Any:
        return words.looked(self.what)


@dataclass(frozen=True, slots=True)
class Done:
    """An act. `by` is None when nobody in particular did it, or they were erased; `itself`: nobody in particular."""

    id: int
    at: datetime
    action: str
    itself: bool
    by: Card | None
    about: Card | None
    detail: dict[str, Any]

    @property
    def said(self) -> Any:
        return words.done(self.action)

    @property
    def reason(self) -> str | None:
        """Why HR opened a review that is over, in their words: for whom it is about."""
        return self.detail.get("reason") if self.action == "review:opened" else None

    @property
    def of_a_file(self) -> bool:
        """Of somebody's review or dossier: who keeps the house reads that it was done, not more."""
        return self.action.startswith(("review:", "dossier:"))


Older = Place | None


def looks_at_me(me: int, *, before: Older = None, limit: int = PAGE) -> tuple[list[Looked], Older]:
    """Who looked at me, refused looks too; and where the next page begins."""
    return _looked(audit.looks_at(me, before=before, limit=limit + 1), limit)


def refused_looks(*, before: Older = None, limit: int = PAGE) -> tuple[list[Looked], Older]:
    """Looks that were refused, at anybody."""
    return _looked(audit.refused_looks(before=before, limit=limit + 1), limit)


def _looked(rows: Sequence[Any], limit: int) -> tuple[list[Looked], Older]:
    cards = _cards((row.viewer_id, row.person_id) for row in rows[:limit])
    told = [
        Looked(row.id, row.hour, row.what, row.allowed, cards.get(row.viewer_id), cards.get(row.person_id))
        for row in rows[:limit]
    ]
    return told, (told[-1].at, told[-1].id) if len(rows) > limit else None


def acts(*, before: Older = None, limit: int = PAGE, **wanted: Any) -> tuple[list[Done], Older]:
    """What was done: all, or as `audit.queries.found` asks; and where the next page begins."""
    rows = audit.found(before=before, limit=limit + 1, **wanted)
    cards = _cards((row.actor_id, row.person_id) for row in rows[:limit])
    told = [
        Done(
            row.id, row.at, row.action, row.actor_id is None, cards.get(row.actor_id or 0),
            cards.get(row.person_id or 0), row.detail,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return told, (told[-1].at, told[-1].id) if len(rows) > limit else None


def _cards(pairs: Iterable[tuple[int | None, int | None]]) -> dict[int, Card]:
    return people.cards(one for pair in pairs for one in pair if one is not None)


# All that is stored of me -------------------------------------------------------------------------------------

AnyRow = Row[*tuple[Any, ...]]
_EXPORT = select(
    DataExport.id, DataExport.person_id, DataExport.asked_at, DataExport.state, DataExport.made_at,
    DataExport.ends_at, DataExport.bytes,
)  # fmt: skip


def exports_of(me: int, at: datetime) -> Sequence[AnyRow]:
    """The files that this person asked for and that are there, or coming; the latest first."""
    mine = _EXPORT.where(DataExport.person_id == me, DataExport.ends_at.is_(None) | (DataExport.ends_at > at))
    return db.session.execute(mine.order_by(DataExport.asked_at.desc()).limit(10)).all()


def newest(me: int) -> AnyRow | None:
    mine = _EXPORT.where(DataExport.person_id == me).order_by(DataExport.asked_at.desc()).limit(1)
    return db.session.execute(mine).one_or_none()


def one(me: int, export_id: UUID) -> AnyRow | None:
    mine = _EXPORT.where(DataExport.person_id == me, DataExport.id == export_id)
    return db.session.execute(mine).one_or_none()


def to_make(export_id: UUID) -> AnyRow | None:
    """The wish, unless it was fulfilled or withdrawn meanwhile."""
    asked = _EXPORT.where(DataExport.id == export_id, DataExport.state == "asked")
    return db.session.execute(asked).one_or_none()


def conversations_of(me: int) -> list[int]:
    """Those that this person may still open."""
    asked = text("""
        SELECT c.id FROM conversation c JOIN person p ON p.id = c.person_id
        WHERE c.person_id = :me OR c.manager_id = :me AND p.manager_id = :me ORDER BY c.id""")
    return list(db.session.scalars(asked, {"me": me}))


def reviews_of(me: int) -> list[UUID]:
    """The promotion reviews that are about this person."""
    return list(
        db.session.scalars(text("SELECT id FROM review WHERE person_id = :me ORDER BY asked_at"), {"me": me})
    )


def written_by(me: int) -> dict[str, list[int]]:
    """Kudos and lessons with their name, which somebody may have reported."""
    asked = {
        "kudos": "SELECT id FROM kudos WHERE giver_id = :me",
        "lesson": "SELECT id FROM lesson WHERE author_id = :me",
    }
    return {kind: list(db.session.scalars(text(sql), {"me": me})) for kind, sql in asked.items()}
