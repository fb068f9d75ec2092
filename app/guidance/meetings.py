"""That two met: told by either, confirmed by the other. What then counts is decided under the lock of both."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.config import settings
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.events import FactStated, FactTakenBack, MeetingConfirmed, MeetingToConfirm
from app.guidance import actions, queries, rules
from app.guidance.actions import MEANWHILE, NOT_HERE, other_of
from app.outbox import publish
from app.people.queries import cards

WRONG = {
    "minutes": ("minutes", _l("A meeting takes 15 minutes to 10 hours.")),
    "future": ("starts_at", _l("This is still to come. Record it when it is over.")),
    "old": ("starts_at", _l("This is more than 90 days ago; nobody can vouch for that any more.")),
}
OVERLAP = _l("One of you has a meeting recorded at that time already. Nobody is in two at once.")
_RECORD = text("""
    INSERT INTO guidance_meeting (guidance_id, starts_at, minutes, subject, recorded_by, recorded_at, state)
    VALUES (:guidance, :starts_at, :minutes, :subject, :by, :at, 'waiting') RETURNING id
""")
_ONE = text("SELECT * FROM guidance_meeting WHERE id = :id AND guidance_id = :guidance")
_DECIDE = text("UPDATE guidance_meeting SET state = :state, decided_at = :at WHERE id = :id")
_COUNT = text("""
    UPDATE guidance_meeting SET state = 'confirmed', decided_at = :at, counted = :counted, learned = :learned,
        share = :share, reason = :reason
    WHERE id = :id
""")


def record(
    guidance_id: int, *, by: int, starts_at: datetime, minutes: int, subject: str = "", at: datetime
) -> int:
    """Tell that you met. When the other has told the very same, that is their confirmation: one meeting, confirmed."""
    row = actions.locked(guidance_id, by)
    if row.state not in ("running", "ending"):
        raise Conflict(MEANWHILE)
    wrong = rules.wrong_meeting(starts_at, minutes, at)
    if wrong:
        field, said = WRONG[wrong]
        raise Refused(said, fields={field: said})
    _refuse_who_left(row, by)
    if same := _same(row, starts_at, minutes):
        if same.state == "waiting" and same.recorded_by != by:
            _confirm(row, _one(row.id, same.id), by, at)
        return int(same.id)
    told = {"guidance": row.id, "starts_at": starts_at, "minutes": minutes, "by": by, "at": at}
    made = int(db.session.scalar(_RECORD, {**told, "subject": " ".join(subject.split())}) or 0)
    publish([MeetingToConfirm(person_id=other_of(row, by), guidance_id=row.id, by_id=by, meeting_id=made)])
    return made


def _same(row: Any, starts_at: datetime, minutes: int) -> Row[Any] | None:
    """The very same meeting, if it is there; any other at that time, of either of them, is refused."""
    until = starts_at + timedelta(minutes=minutes)
    for other in queries.busy([row.guide_id, row.learner_id], starts_at, until):
        if (other.guidance_id, other.starts_at, other.minutes) == (row.id, starts_at, minutes):
            return other
        if rules.overlaps(starts_at, minutes, other):
            raise Refused(OVERLAP, fields={"starts_at": OVERLAP})
    return None


def confirm(guidance_id: int, meeting_id: int, *, by: int, at: datetime) -> None:
    """Say that it was so. Only the other of the two can: nobody confirms what they recorded themselves."""
    row = actions.locked(guidance_id, by)
    meeting = _for_other(row, meeting_id, by)
    if row.state not in ("running", "ending"):
        raise Conflict(MEANWHILE)
    _confirm(row, meeting, by, at)


def decline(guidance_id: int, meeting_id: int, *, by: int, at: datetime) -> None:
    """Say that it was otherwise; it can be recorded anew."""
    row = actions.locked(guidance_id, by)
    meeting = _for_other(row, meeting_id, by)
    db.session.execute(_DECIDE, {"id": meeting.id, "state": "declined", "at": at})


def decide(guidance_id: int, meeting_id: int, *, by: int, decision: str, at: datetime) -> None:
    """One of: confirm, decline, take_back."""
    act = {"confirm": confirm, "decline": decline, "take_back": take_back}
    act[decision](guidance_id, meeting_id, by=by, at=at)


def take_back(guidance_id: int, meeting_id: int, *, by: int, at: datetime) -> None:
    """Who recorded it takes it back while it waits. What both confirmed, either can take back until the end; it goes
    on filling its day and week, so that nothing is won by recording it again."""
    row = actions.locked(guidance_id, by)
    meeting = _one(row.id, meeting_id)
    mine = meeting.state == "waiting" and meeting.recorded_by == by
    ours = meeting.state == "confirmed" and row.state in ("running", "ending")
    if not (mine or ours):
        raise Conflict(MEANWHILE)
    db.session.execute(_DECIDE, {"id": meeting.id, "state": "withdrawn", "at": at})
    if meeting.state == "confirmed" and meeting.counted:
        source = rules.source_of(row.id, meeting.id)
        publish([FactTakenBack(person_id=row.guide_id, source=source)])


def _one(guidance_id: int, meeting_id: int) -> Row[Any]:
    found = db.session.execute(_ONE, {"id": meeting_id, "guidance": guidance_id}).one_or_none()
    if found is None:
        raise NotFound(queries.NOT_THERE)
    return found


def _for_other(row: Any, meeting_id: int, by: int) -> Row[Any]:
    """A meeting that waits for this person's word."""
    found = _one(row.id, meeting_id)
    if found.recorded_by == by:
        raise Refused(_l("You recorded this yourself. The other of you confirms it."))
    if found.state != "waiting":
        raise Conflict(MEANWHILE)
    return found


def _refuse_who_left(row: Any, by: int) -> None:
    other = other_of(row, by)
    if not cards([other])[other].active:
        raise Refused(NOT_HERE)


def _confirm(row: Any, meeting: Any, by: int, at: datetime) -> None:
    _refuse_who_left(row, by)
    around = (meeting.starts_at - rules.BACK, meeting.starts_at + rules.BACK)
    share = rules.share(queries.hours_back(row.guide_id, row.learner_id, *around))
    what = rules.counted(row.kind, meeting.minutes, _used(row, meeting.starts_at))
    told = {"id": meeting.id, "at": at, "counted": what.minutes, "learned": what.learned}
    db.session.execute(_COUNT, {**told, "share": share, "reason": what.reason})
    told_to = meeting.recorded_by
    publish([MeetingConfirmed(person_id=told_to, guidance_id=row.id, by_id=by, meeting_id=meeting.id)])
    if what.minutes:
        publish([_fact(row, meeting, what.minutes, share)])


def _used(row: Any, moment: datetime) -> rules.Used:
    """What counted between these two on that day and in that week, by the clock of the organisation."""
    zone = ZoneInfo(settings().timezone)
    day, week = moment.astimezone(zone).date(), timedelta(days=8)
    found = queries.used_between(row.guide_id, row.learner_id, moment - week, moment + week)
    local = [(one.starts_at.astimezone(zone).date(), one) for one in found]
    on_day = [one for other, one in local if other == day]
    in_week = [one for other, one in local if other.isocalendar()[:2] == day.isocalendar()[:2]]
    return rules.Used(
        day=sum(one.counted for one in on_day),
        week=sum(one.counted for one in in_week),
        learned_day=sum(one.learned for one in on_day),
        learned_week=sum(one.learned for one in in_week),
    )


def _fact(row: Any, meeting: Any, minutes: int, share: float) -> FactStated:
    return FactStated(
        person_id=row.guide_id,
        source=rules.source_of(row.id, meeting.id),
        kind="guided",
        at=meeting.starts_at + timedelta(minutes=meeting.minutes),
        skills=tuple(row.skills),
        counterpart_id=row.learner_id,
        hours=minutes / 60,
        confirmed_by=row.learner_id,
        weight=share,
    )
