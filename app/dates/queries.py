"""What can be asked of dates: the next ones, who has a place, and who was there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.db import db
from app.errors import NotFound

NEXT = 20
MINE = 20

_DATE = """d.id, d.activity_id, d.starts_at, d.ends_at, d.place, d.link, d.places, d.leader_id, d.cancelled_at,
    d.version, d.created_at, a.slug, a.title, a.summary, a.kind, a.state AS activity_state, leader.name AS leader,
    leader.handle AS leader_handle,
    CASE WHEN leader.active AND leader.erased_at IS NULL THEN leader.handle END AS profile,
    (SELECT count(*) FROM reservation r JOIN person p ON p.id = r.person_id AND p.active
     WHERE r.date_id = d.id AND r.state = 'reserved') AS taken,
    (SELECT count(*) FROM reservation r JOIN person p ON p.id = r.person_id AND p.active
     WHERE r.date_id = d.id AND r.state = 'waiting') AS waiting"""
# Of an activity that was merged into another one the dates are that one's, for as long as the merge stands.
_FROM = """FROM activity_date d JOIN activity own ON own.id = d.activity_id
    JOIN activity a ON a.id = coalesce(own.merged_into_id, own.id)
    LEFT JOIN person leader ON leader.id = d.leader_id"""
_OWN = """LEFT JOIN reservation mine ON mine.date_id = d.id AND mine.person_id = :person
         AND mine.state IN ('reserved', 'waiting')"""
_OWN_COLUMNS = """mine.id AS reservation_id, mine.state AS mine, mine.moved_up_at,
    (SELECT count(*) FROM reservation w WHERE mine.state = 'waiting' AND w.date_id = d.id AND w.state = 'waiting'
        AND (w.asked_at, w.id) <= (mine.asked_at, mine.id)) AS in_line"""

_NEXT = text(f"""
    SELECT {_DATE}, {_OWN_COLUMNS} {_FROM} {_OWN}
    WHERE d.activity_id IN (SELECT id FROM activity WHERE :activity IN (id, merged_into_id))
      AND d.ends_at > :at AND (d.cancelled_at IS NULL OR mine.id IS NOT NULL)
    ORDER BY d.starts_at, d.id LIMIT {NEXT}
""")
_SHOWN = text(f"""
    SELECT {_DATE}, {_OWN_COLUMNS} {_FROM} {_OWN}
    WHERE d.activity_id IN (SELECT id FROM activity WHERE :activity IN (id, merged_into_id)) AND d.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger())))
_ONE = text(f"SELECT {_DATE}, {_OWN_COLUMNS} {_FROM} {_OWN} WHERE d.id = :id")
_ALL = text(f"""
    SELECT {_DATE} {_FROM}
    WHERE d.activity_id IN (SELECT id FROM activity WHERE :activity IN (id, merged_into_id))
    ORDER BY d.starts_at DESC, d.id DESC LIMIT 200
""")
_MINE = text(f"""
    SELECT {_DATE}, {_OWN_COLUMNS} {_FROM} {_OWN}
    WHERE d.ends_at > CAST(:at AS timestamptz) - CASE WHEN d.leader_id = :person THEN interval '14 days'
                                                      ELSE interval '0 days' END
      AND (mine.id IS NOT NULL OR (d.leader_id = :person AND d.cancelled_at IS NULL))
    ORDER BY d.starts_at, d.id LIMIT {MINE}
""")
_LISTED = text("""
    SELECT p.id, p.name, p.job, p.handle, r.state, r.asked_at, coalesce(t.present, false) AS present, t.how
    FROM person p
    LEFT JOIN reservation r ON r.date_id = :date AND r.person_id = p.id AND r.state IN ('reserved', 'waiting')
    LEFT JOIN attendance t ON t.date_id = :date AND t.person_id = p.id
    WHERE p.erased_at IS NULL
      AND p.id IN (SELECT person_id FROM reservation WHERE date_id = :date AND state IN ('reserved', 'waiting')
                   UNION SELECT person_id FROM attendance WHERE date_id = :date AND present)
    ORDER BY r.state IS NULL, r.state = 'waiting', CASE WHEN r.state = 'waiting' THEN r.asked_at END, p.sort_name, p.id
""")
_RESERVATION = text("""
    SELECT id, date_id, state, asked_at FROM reservation WHERE id = :id AND person_id = :person
""")
_RESERVATIONS = text(f"""
    SELECT r.id, r.state, r.asked_at, r.date_id, d.starts_at, d.ends_at, d.place, d.link, a.slug, a.title
    {_FROM} JOIN reservation r ON r.date_id = d.id
    WHERE r.person_id = :person AND r.state IN ('reserved', 'waiting') AND d.ends_at > :at
    ORDER BY d.starts_at, r.id LIMIT 100
""")
_PRESENT = text("SELECT present FROM attendance WHERE date_id = :date AND person_id = :person")


def next_of(activity_id: int, *, person_id: int, at: datetime) -> Sequence[Row[Any]]:
    """The dates of an activity that are still to come or going on, with the place that this person has."""
    return db.session.execute(_NEXT, {"activity": activity_id, "person": person_id, "at": at}).all()


def shown(activity_id: int, ids: Iterable[int], *, person_id: int) -> dict[int, Row[Any]]:
    """Those of these dates that are this activity's, also what was cancelled, with the place that this person has."""
    asked = {"activity": activity_id, "person": person_id, "ids": sorted(set(ids))}
    return {row.id: row for row in db.session.execute(_SHOWN, asked)}


def one(date_id: int, *, person_id: int) -> Row[Any]:
    """A date, with the place that this person has."""
    row = db.session.execute(_ONE, {"id": date_id, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such date."))
    return row


def all_of(activity_id: int) -> Sequence[Row[Any]]:
    """All dates of an activity, the latest first."""
    return db.session.execute(_ALL, {"activity": activity_id}).all()


def of_person(person_id: int, at: datetime) -> Sequence[Row[Any]]:
    """The coming dates on which this person has a place or waits for one, and those that they lead."""
    return db.session.execute(_MINE, {"person": person_id, "at": at}).all()


def listed(date_id: int) -> Sequence[Row[Any]]:
    """Who has a place, then who waits, then who came without one; and who was there."""
    return db.session.execute(_LISTED, {"date": date_id}).all()


def reservation(reservation_id: int, *, person_id: int) -> Row[Any]:
    """One's own reservation; that of somebody else is not there."""
    row = db.session.execute(_RESERVATION, {"id": reservation_id, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such reservation."))
    return row


def reservations_of(person_id: int, at: datetime) -> Sequence[Row[Any]]:
    """One's own places and waiting for them, the next first."""
    return db.session.execute(_RESERVATIONS, {"person": person_id, "at": at}).all()


def was_present(date_id: int, person_id: int) -> bool:
    """Whether who led the date said that this person was there."""
    return bool(db.session.scalar(_PRESENT, {"date": date_id, "person": person_id}))
