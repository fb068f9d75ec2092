"""What is to come at Waterveld: a few workshops with places, one of them full."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.activities.queries import ids_by_slug
from app.dates import actions
from app.dates.rules import NewDate
from app.db import db

# Activity, days from now, hours, place, places, how many have one already.
COMING = (
    ("confined-spaces", 6, (9, 16), "Trainingscentrum Hoogland", 8, 8),
    ("confined-spaces", 20, (9, 16), "Trainingscentrum Hoogland", 8, 3),
    ("asking-feedback", 9, (13, 16), "Hoofdkantoor, zaal Maas", 12, 5),
    ("emergency-exercise", 13, (8, 12), "Pompstation Zuid", None, 11),
)
LEADER, VISITOR = "Maaike Postma", "Noor Hendriks"  # who looks around first has no place yet
_GUESTS = text("SELECT id FROM person WHERE active AND name <> ALL(:but) ORDER BY sort_name, id LIMIT 20")
_LEADER = text("SELECT id FROM person WHERE name = :name")


def plan(now: datetime, zone: ZoneInfo) -> int:
    """Plan them, and let some colleagues reserve; called again it plans nothing twice."""
    known = ids_by_slug(slug for slug, *_ in COMING)
    leader = db.session.scalar(_LEADER, {"name": LEADER})
    guests = list(db.session.scalars(_GUESTS, {"but": [LEADER, VISITOR]}))
    today, planned = now.astimezone(zone).date(), 0
    for number, (slug, days, (begin, end), place, places, taken) in enumerate(COMING):
        if slug not in known:
            continue
        day = _workday(today + timedelta(days=days))
        starts, ends = (datetime.combine(day, time(hour), zone) for hour in (begin, end))
        date_ = NewDate(starts_at=starts, ends_at=ends, place=place, places=places, leader_id=leader)
        date_id = actions.plan(known[slug], date_, by=None, at=now, once=f"demo-{number}")
        for guest in guests[number : number + taken]:
            actions.reserve(date_id, person_id=guest, at=now)
        planned += 1
    return planned


def _workday(day: date) -> date:
    """Nobody gives a workshop on Sunday."""
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
