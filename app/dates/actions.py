"""What can be done with dates: plan them, take and give back places, and say who was there.

Places are given under the lock of the date's row, so that the last one goes once. Attendance locks people first, as
everything that counts, and becomes a completion by the news of it.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.activities.actions import hold_activities
from app.audit.actions import write
from app.dates import queries, rules
from app.dates.rules import NewDate
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import AttendanceWithdrawn, Attended, DateCancelled, DateChanged, PlaceGiven, PlacesChanged
from app.keys import keyed_hash
from app.outbox import publish, tell_later
from app.people.queries import cards

_IDS = ARRAY(BigInteger)
GONE = _l("There is no such date.")
CHANGED = _l("Somebody else changed this date in the meantime. Look at it again.")

# Planning -------------------------------------------------------------------------------------------------

_MAKE = text("""
    INSERT INTO activity_date (activity_id, starts_at, ends_at, place, link, places, leader_id, created_at, once)
    VALUES (:activity, :starts_at, :ends_at, :place, :link, :places, :leader_id, :at, :once)
    ON CONFLICT (once) DO NOTHING RETURNING id
""")
_SAME = text("SELECT id FROM activity_date WHERE once = :once")
_LOCK = text("""
    SELECT d.*, a.state AS activity_state, a.id AS shown_by
    FROM activity_date d JOIN activity own ON own.id = d.activity_id
    JOIN activity a ON a.id = coalesce(own.merged_into_id, own.id)
    WHERE d.id = :id FOR NO KEY UPDATE OF d
""")
_CHANGE = text("""
    UPDATE activity_date
    SET starts_at = :starts_at, ends_at = :ends_at, place = :place, link = :link, places = :places,
        leader_id = :leader_id, version = version + 1
    WHERE id = :id AND (starts_at, ends_at, place, link, places, leader_id)
          IS DISTINCT FROM (:starts_at, :ends_at, :place, :link, :places, :leader_id)
""")
_CONCERNED = text("""
    SELECT r.person_id FROM reservation r JOIN activity_date d ON d.id = r.date_id
    WHERE r.date_id = :id AND r.state IN ('reserved', 'waiting') AND d.ends_at > :at ORDER BY r.person_id
""")
_CANCEL_DATE = text("""
    UPDATE activity_date SET cancelled_at = :at, version = version + 1 WHERE id = :id AND cancelled_at IS NULL
    RETURNING id
""")


def plan(activity_id: int, date: NewDate, *, by: int | None, at: datetime, once: str | None = None) -> int:
    """Plan a date; the same key plans it once."""
    _check(date)
    told = {**date.row(), "activity": activity_id, "at": at, "once": once}
    made = db.session.scalar(_MAKE, told)
    if made is None:
        return int(db.session.scalar(_SAME, {"once": once}) or 0)
    write("date:planned", at=at, actor_id=by, detail={"date": made})
    return int(made)


def change(date_id: int, date: NewDate, *, version: int | None, by: int | None, at: datetime) -> None:
    """Change a date. With more places, who waits moves up; with fewer, nobody loses theirs. The same again is no
    change."""
    _check(date)
    row = _locked(date_id)
    if version is not None and row.version != version:
        raise Conflict(CHANGED)
    db.session.execute(_CHANGE, {**date.row(), "id": date_id})
    changed = _locked(date_id)
    if changed.version == row.version:
        return
    if any(
        getattr(row, name) != getattr(changed, name) for name in ("starts_at", "ends_at", "place", "link")
    ):
        told = db.session.scalars(_CONCERNED, {"id": date_id, "at": at})
        publish(DateChanged(person_id=one, date_id=date_id, version=changed.version) for one in told)
    _fill(changed, at)
    _tell_open_pages([changed.shown_by], at)
    write("date:changed", at=at, actor_id=by, detail={"date": date_id})


def cancel_date(date_id: int, *, by: int | None, at: datetime) -> None:
    """It does not go on. Places stay as they were, so that everybody sees it."""
    row = _locked(date_id)
    if db.session.scalar(_CANCEL_DATE, {"id": date_id, "at": at}):
        _tell_open_pages([row.shown_by], at)
        told = db.session.scalars(_CONCERNED, {"id": date_id, "at": at})
        publish(DateCancelled(person_id=one, date_id=date_id) for one in told)
        write("date:cancelled", at=at, actor_id=by, detail={"date": date_id})


def _check(date: NewDate) -> None:
    field = rules.wrong(date)
    if field == "starts_at":
        said = _l("Choose a day between 2000 and 2100.")
        raise Refused(said, fields={"starts_at": said})
    if field:
        said = _l("It ends after it starts, and within a month.")
        raise Refused(said, fields={"ends_at": said})
    if date.leader_id is not None:
        leader = cards([date.leader_id]).get(date.leader_id)
        if leader is None or not leader.active:
            said = _l("Choose a colleague who works here.")
            raise Refused(said, fields={"leader": said})


def _locked(date_id: int) -> Row[Any]:
    row = db.session.execute(_LOCK, {"id": date_id}).one_or_none()
    if row is None:
        raise NotFound(GONE)
    return row


# Places ---------------------------------------------------------------------------------------------------

_TAKEN = text("""
    SELECT count(*) FROM reservation r JOIN person p ON p.id = r.person_id AND p.active
    WHERE r.date_id = :date AND r.state = 'reserved'
""")
_RESERVE = text("""
    INSERT INTO reservation (date_id, person_id, state, asked_at) VALUES (:date, :person, :state, :at)
    ON CONFLICT (date_id, person_id) WHERE state IN ('reserved', 'waiting') DO NOTHING RETURNING id
""")
_GIVE_BACK = text("""
    UPDATE reservation SET state = 'cancelled', ended_at = :at
    WHERE date_id = :date AND person_id = :person AND state IN ('reserved', 'waiting') RETURNING id
""")
_MOVE_UP = text("""
    UPDATE reservation SET state = 'reserved', moved_up_at = :at
    WHERE id IN (SELECT r.id FROM reservation r JOIN person p ON p.id = r.person_id AND p.active
                 WHERE r.date_id = :date AND r.state = 'waiting' ORDER BY r.asked_at, r.id LIMIT :free)
    RETURNING person_id, asked_at
""")


def reserve(date_id: int, *, person_id: int, at: datetime) -> None:
    """Take a place, or a place on the waiting list when all are taken; asking twice is asking once."""
    row = _locked(date_id)
    if row.activity_state != "published":
        raise NotFound(GONE)
    if not rules.open_for_reservations(row, at):
        raise Refused(_l("This date is over, has begun or does not go on. Choose another one."))
    free = _fill(row, at)
    state = "reserved" if free is None or free > 0 else "waiting"
    if db.session.scalar(_RESERVE, {"date": date_id, "person": person_id, "state": state, "at": at}):
        _tell_open_pages([row.shown_by], at)


def give_back(date_id: int, *, person_id: int, at: datetime) -> None:
    """Cancel a place or the waiting for one; who waits longest moves up."""
    row = _locked(date_id)
    if at >= row.ends_at:
        raise Refused(_l("This date is over."))
    if db.session.execute(_GIVE_BACK, {"date": date_id, "person": person_id, "at": at}).all():
        _fill(row, at)
        _tell_open_pages([row.shown_by], at)


def _tell_open_pages(activity_ids: Iterable[int], at: datetime) -> None:
    """Whoever looks at these activities now sees how many places are left."""
    tell_later((PlacesChanged(activity_id=one) for one in sorted(set(activity_ids))), at)


_GIVE_BACK_ALL = text("""
    WITH held AS MATERIALIZED (
        SELECT d.id, coalesce(a.merged_into_id, a.id) AS shown_by
        FROM activity_date d JOIN activity a ON a.id = d.activity_id
        WHERE d.ends_at > :at AND d.id IN (
            SELECT date_id FROM reservation WHERE person_id = ANY(:ids) AND state IN ('reserved', 'waiting'))
        ORDER BY d.id FOR NO KEY UPDATE OF d
    )
    UPDATE reservation r SET state = 'cancelled', ended_at = :at FROM held
    WHERE r.date_id = held.id AND r.person_id = ANY(:ids) AND r.state IN ('reserved', 'waiting')
    RETURNING held.id, held.shown_by
""").bindparams(bindparam("ids", type_=_IDS))
_MOVE_UP_ALL = text("""
    WITH line AS (
        SELECT r.id, d.places, row_number() OVER (PARTITION BY d.id ORDER BY r.asked_at, r.id) AS place,
               (SELECT count(*) FROM reservation t JOIN person p ON p.id = t.person_id AND p.active
                WHERE t.date_id = d.id AND t.state = 'reserved') AS taken
        FROM activity_date d JOIN reservation r ON r.date_id = d.id AND r.state = 'waiting'
        JOIN person p ON p.id = r.person_id AND p.active
        WHERE d.id = ANY(:dates) AND d.cancelled_at IS NULL AND :at < d.starts_at
    )
    UPDATE reservation SET state = 'reserved', moved_up_at = :at FROM line
    WHERE reservation.id = line.id AND (line.places IS NULL OR line.place <= line.places - line.taken)
    RETURNING reservation.person_id, reservation.date_id, reservation.asked_at
""").bindparams(bindparam("dates", type_=_IDS))


def give_back_all(person_ids: Iterable[int], *, at: datetime) -> None:
    """All places of these people that are still to come, as `give_back` does, in two statements."""
    told = {"ids": sorted(set(person_ids)), "at": at}
    given = db.session.execute(_GIVE_BACK_ALL, told).all()
    dates = sorted({one.id for one in given})
    if dates:
        _tell_open_pages((one.shown_by for one in given), at)
        moved = db.session.execute(_MOVE_UP_ALL, {"dates": dates, "at": at}).all()
        publish(
            PlaceGiven(person_id=one.person_id, date_id=one.date_id, asked_at=one.asked_at) for one in moved
        )


def _fill(row: Any, at: datetime) -> int | None:
    """Let who waits move up into places that are free; say how many are left (None: there is no limit)."""
    taken = db.session.scalar(_TAKEN, {"date": row.id}) or 0
    free = None if row.places is None else max(0, row.places - taken)
    if free == 0 or not rules.open_for_reservations(row, at):
        return free
    moved = db.session.execute(_MOVE_UP, {"date": row.id, "at": at, "free": free}).all()
    publish(PlaceGiven(person_id=one.person_id, date_id=row.id, asked_at=one.asked_at) for one in moved)
    return None if free is None else free - len(moved)


# Who was there --------------------------------------------------------------------------------------------

_PRESENT = text("""
    INSERT INTO attendance (date_id, person_id, present, round, how, confirmed_by, recorded_at)
    SELECT :date, p.id, true, 1, :how, :by, :at FROM unnest(:people) AS p(id) ORDER BY p.id
    ON CONFLICT (date_id, person_id) DO UPDATE
    SET present = true, round = attendance.round + 1, how = excluded.how, confirmed_by = excluded.confirmed_by,
        recorded_at = excluded.recorded_at
    WHERE NOT attendance.present
    RETURNING person_id, round
""").bindparams(bindparam("people", type_=_IDS))
_ABSENT = text("""
    UPDATE attendance SET present = false, recorded_at = :at, confirmed_by = :by
    WHERE date_id = :date AND person_id = ANY(:people) AND present
    RETURNING person_id, round
""").bindparams(bindparam("people", type_=_IDS))


def tick(
    date_id: int,
    *,
    present: Iterable[int],
    absent: Iterable[int] = (),
    by: int,
    at: datetime,
    how: str = "ticked",
) -> None:
    """Say who was there, and who was not after all; ticking twice counts once. Each counts on the word of `by`."""
    came, stayed = sorted(set(present)), sorted(set(absent) - set(present))
    if by in came:
        raise Refused(_l("You cannot say of yourself that you were there. Let somebody else do it."))
    hold_activities()  # before people are locked, as whoever merges activities does
    lock_people([*came, *stayed])
    row = queries.one(date_id, person_id=by)
    if not rules.can_be_ticked(row, at):
        raise Refused(_l("Attendance is open from half an hour before it starts until two months after."))
    known = cards(came)
    if any(person not in known for person in came):
        raise NotFound(_l("We do not know this colleague."))
    told = {"date": date_id, "by": by, "at": at}
    there = db.session.execute(_PRESENT, {**told, "people": came, "how": how}).all() if came else []
    gone = db.session.execute(_ABSENT, {**told, "people": stayed}).all() if stayed else []
    publish(_attended(row, there, by, at))
    publish(
        AttendanceWithdrawn(
            person_id=one.person_id, source=rules.source_of(date_id, one.person_id, one.round)
        )
        for one in gone
    )


def _attended(row: Any, there: Sequence[Any], by: int, at: datetime) -> list[Attended]:
    return [
        Attended(
            person_id=one.person_id,
            activity_id=row.activity_id,
            source=rules.source_of(row.id, one.person_id, one.round),
            at=rules.attended_at(row, at),
            confirmed_by=by,
        )
        for one in there
    ]


# The code that is shown -----------------------------------------------------------------------------------


def make_code(date_id: int, *, by: int, at: datetime) -> tuple[str, datetime] | None:
    """A code for who is there, on the word of who shows it, and until when it is valid; None outside the hours."""
    until = rules.code_until(queries.one(date_id, person_id=by), at)
    if until is None:
        return None
    said = f"{date_id}.{by}.{int(until.timestamp())}"
    return f"{said}.{_signature(said)}", until


def read_code(code: str, at: datetime) -> tuple[int, int]:
    """The date of a code and who showed it; refused when it is made up, or too old."""
    said, _dot, signature = code[:200].rpartition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(said).encode()):
        raise NotFound(_l("This code is not known here."))
    date_id, by, until = (int(part) for part in said.split("."))
    if at > datetime.fromtimestamp(until, UTC):
        raise Refused(_l("This code is not valid any more. Ask whoever leads it to show a new one."))
    return date_id, by


def attend(code: str, *, person_id: int, at: datetime) -> int:
    """Be there, by the code that was shown; once. Returns the date."""
    date_id, by = read_code(code, at)
    if queries.one(date_id, person_id=person_id).leader_id == person_id:
        raise Refused(_l("You lead this yourself, so your own code is not for you."))
    tick(date_id, present=[person_id], by=by, at=at, how="code")
    return date_id


def _signature(said: str) -> str:
    return base64.urlsafe_b64encode(keyed_hash("attendance", said)[:18]).decode()
