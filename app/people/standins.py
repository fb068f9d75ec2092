"""Who stands in for somebody who is away: what waits for their word goes to that colleague meanwhile."""

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.audit.actions import write
from app.db import db
from app.errors import Refused
from app.events import StandInNamed
from app.outbox import publish

LONGEST = timedelta(days=366)
WRONG = {
    "until": _l("The last day comes on or after the first, and within a year."),
    "deputy": _l("Choose a colleague who works here, other than yourself."),
}

_NAME = text("""
    INSERT INTO stand_in (person_id, deputy_id, since, until)
    SELECT :person, id, :since, :until FROM person WHERE id = :deputy AND active AND erased_at IS NULL
    ON CONFLICT (person_id) DO UPDATE
        SET deputy_id = excluded.deputy_id, since = excluded.since, until = excluded.until
    WHERE (stand_in.deputy_id, stand_in.since, stand_in.until)
          IS DISTINCT FROM (excluded.deputy_id, excluded.since, excluded.until)
    RETURNING person_id
""")
# Of several at once all but the first come here, after that one is there to be seen.
_STANDS = text("""
    SELECT 1 FROM stand_in s JOIN person p ON p.id = s.deputy_id AND p.active AND p.erased_at IS NULL
    WHERE s.person_id = :person AND s.deputy_id = :deputy AND s.since = :since AND s.until = :until
""")
_END = text("DELETE FROM stand_in WHERE person_id = :person RETURNING deputy_id")
_OF = text("""
    SELECT s.since, s.until, s.deputy_id, p.name AS deputy
    FROM stand_in s JOIN person p ON p.id = s.deputy_id AND p.active
    WHERE s.person_id = :person AND s.until >= :today
""")


def name(*, person_id: int, deputy_id: int, since: date, until: date, today: date, at: datetime) -> None:
    """A colleague stands in from one day to another, both included; another choice takes its place.

    The same again, also several at once, is no change: nobody is told and nothing is written down twice.
    """
    if not max(since, today) <= until <= today + LONGEST:
        raise Refused(WRONG["until"], fields={"until": WRONG["until"]})
    told = {"person": person_id, "deputy": deputy_id, "since": since, "until": until}
    if person_id == deputy_id:
        raise Refused(WRONG["deputy"], fields={"deputy": WRONG["deputy"]})
    if db.session.scalar(_NAME, told) is None:
        if db.session.scalar(_STANDS, told) is None:
            raise Refused(WRONG["deputy"], fields={"deputy": WRONG["deputy"]})
        return
    days = {"since": since.isoformat(), "until": until.isoformat()}
    publish([StandInNamed(person_id=deputy_id, for_id=person_id, **days)])
    detail = {"for": person_id, **days}
    write("stand_in:named", at=at, actor_id=person_id, person_id=deputy_id, detail=detail)


def end(*, person_id: int, at: datetime) -> None:
    """Back again; twice is once."""
    deputy = db.session.scalar(_END, {"person": person_id})
    if deputy is not None:
        write("stand_in:ended", at=at, actor_id=person_id, person_id=deputy, detail={"for": person_id})


def of(person_id: int, today: date) -> Row[Any] | None:
    """Who stands in for this person, now or later; nobody, once that colleague has left."""
    return db.session.execute(_OF, {"person": person_id, "today": today}).one_or_none()
