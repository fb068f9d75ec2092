"""Who looked, and what was done, with the names that go with it; the latest first, page by page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, select, text

from app.audit import queries as audit
from app.audit.queries import Place
from app.badges.queries import UNNAMED
from app.config import timezone
from app.db import array, db
from app.people import queries as people
from app.people.queries import Card
from app.privacy import words
from app.privacy.models import DataExport, ErasureRefusal, ErasureRequest

PAGE = 50
NOT_THERE = _l("This file is not here, or not any more. You can ask for it again.")
NO_PERSON = _l("There is nobody of that name here.")


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
    told: list[tuple[str, str]] = field(default_factory=list)  # the detail in words, for pages

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


def reasons_of(me: int) -> Iterator[Row[Any]]:
    """Why this person opened reviews that were over, in their own words, when; not whose."""
    asked = text("""
        SELECT at, detail ->> 'reason' AS reason FROM audit_entry
        WHERE actor_id = :me AND action = 'review:opened' ORDER BY at, id""")
    yield from db.session.execute(asked, {"me": me})


def written_by(me: int) -> dict[str, list[int]]:
    """Kudos and lessons with their name, which somebody may have reported."""
    asked = {
        "kudos": "SELECT id FROM kudos WHERE giver_id = :me",
        "lesson": "SELECT id FROM lesson WHERE author_id = :me",
    }
    return {kind: list(db.session.scalars(text(sql), {"me": me})) for kind, sql in asked.items()}


# Erasure ------------------------------------------------------------------------------------------------------

# By when a wish to be erased is answered: within a month, or by the day until which it was put off. `e` is its row.
DUE = "coalesce(e.extended_until, CAST(CAST(e.asked_at AT TIME ZONE :zone AS date) + interval '1 month' AS date))"
_LATEST = text("SELECT CAST(CAST(:at AS date) + interval '3 months' AS date)")
_ASKED_AT = select(ErasureRequest.asked_at).where(ErasureRequest.person_id == bindparam("person"))
_TO_ERASE = text(f"""
    SELECT p.id, p.name, p.job, p.role, p.active, p.external_id, e.asked_at,
           (SELECT count(*) FROM fact f WHERE f.person_id = p.id AND f.in_unit AND f.withdrawn_at IS NULL) AS facts,
           (SELECT count(*) FROM award a WHERE a.person_id = p.id AND a.revoked_at IS NULL
             AND NOT {UNNAMED.format(award="a")}) AS badges,
           (SELECT count(*) FROM review r WHERE r.person_id = p.id
             AND r.stage IN ('gathering', 'panel', 'deciding')) AS underway,
           (SELECT max(d.keep_until) FROM review r JOIN dossier d ON d.review_id = r.id AND d.destroyed_at IS NULL
             WHERE r.person_id = p.id) AS dossier_until,
           (SELECT count(*) FROM review r WHERE r.person_id = p.id AND r.stage IN ('decided', 'released')) AS decided,
           (SELECT count(*) FROM person m WHERE m.manager_id = p.id AND m.active) AS leads
    FROM person p LEFT JOIN erasure_request e ON e.person_id = p.id
    WHERE p.id = ANY(CAST(:ids AS bigint[])) AND p.erased_at IS NULL ORDER BY p.sort_name, p.id
""")
_REQUESTS = text(f"""
    SELECT p.id, p.name, e.asked_at, e.extended_until, {DUE} AS due FROM erasure_request e
    JOIN person p ON p.id = e.person_id AND p.erased_at IS NULL ORDER BY e.asked_at, p.id LIMIT 200
""")
_WISH = text(f"""
    SELECT e.asked_at, e.extended_until, e.extended_because, {DUE} AS due FROM erasure_request e
    WHERE e.person_id = :person
""")
_REFUSALS = select(ErasureRefusal.asked_at, ErasureRefusal.refused_at, ErasureRefusal.because).where(
    ErasureRefusal.person_id == bindparam("person")
)
_ERASED = text("""
    SELECT person_id, at FROM erasure WHERE person_id < coalesce(:before, 9223372036854775807)
    ORDER BY person_id DESC LIMIT :limit
""")


def asked_erasure_at(person_id: int) -> datetime | None:
    """When somebody asked to be erased, if they did."""
    found: datetime | None = db.session.scalar(_ASKED_AT, {"person": person_id})
    return found


def wish(person_id: int) -> Row[Any] | None:
    """What somebody asked, by when it is answered, and why it takes longer if it does."""
    return db.session.execute(_WISH, {"person": person_id, "zone": str(timezone())}).one_or_none()


def refusals(person_id: int) -> Sequence[Any]:
    """Why earlier wishes of somebody to be erased were refused, the latest first: for them."""
    told = _REFUSALS.order_by(ErasureRefusal.refused_at.desc())
    return db.session.execute(told, {"person": person_id}).all()


def latest(asked_at: datetime) -> date:
    """The last day until which an answer can be put off."""
    found: date = db.session.scalar(_LATEST, {"at": asked_at.astimezone(timezone()).date()})
    return found


def to_erase(ids: Iterable[int]) -> Sequence[Row[Any]]:
    """These people, with what an erasure means for each; who was erased is not there."""
    return db.session.execute(_TO_ERASE, {"ids": array(sorted(set(ids)))}).all()


def erasure_requests(hr: int | None) -> Sequence[Row[Any]]:
    """Who asks to be erased, the longest waiting first; of HR those whom they serve."""
    found = db.session.execute(_REQUESTS, {"zone": str(timezone())}).all()
    far = people.out_of_reach([one.id for one in found], hr) if hr is not None and found else set()
    return [one for one in found if one.id not in far]


def answers(person_id: int, hr: int | None) -> bool:
    """Whether somebody waits here for an answer: for an administrator (`hr` None), or HR who serves them."""
    return asked_erasure_at(person_id) is not None and (
        hr is None or not people.out_of_reach([person_id], hr)
    )


def erased(*, before: int | None = None, limit: int = PAGE) -> Sequence[Row[Any]]:
    """Who was erased and when: numbers."""
    return db.session.execute(_ERASED, {"before": before, "limit": limit}).all()
