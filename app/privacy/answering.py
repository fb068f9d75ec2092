"""A wish to be erased is answered: followed, refused with a reason, or put off with a reason; never left lying.

Within a month (GDPR, article 12), which can be made two months longer, with a reason that the person reads at once. The
desk hears of a wish, a week before its day, and again when the day is over.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, text

from app import mail
from app.audit.actions import write
from app.config import timezone
from app.db import array, db
from app.errors import Conflict, NotFound, Refused
from app.events import ErasureAnswered, ErasureAsked
from app.keys import KeyLost, ring
from app.language import spoken
from app.outbox import publish
from app.people.queries import serves
from app.privacy import queries
from app.privacy.models import ErasureRefusal

BECAUSE = (3, 2000)
SOON = timedelta(days=7)
KEEP_LETTER = timedelta(days=3)
WRONG = {
    "because": _l("Write why, in 3 to 2,000 characters. They read exactly this."),
    "until": _l("Choose a day after today, at most three months after they asked."),
}
OWN = _l("Somebody else answers what you asked for yourself.")
ONCE = _l("It was put off already, and is answered by that day.")

_HOLD = text("""
    SELECT e.* FROM erasure_request e JOIN person p ON p.id = e.person_id AND p.erased_at IS NULL
    WHERE e.person_id = :person FOR NO KEY UPDATE OF e
""")
_GONE = text("DELETE FROM erasure_request WHERE person_id = :person")
_EXTEND = text("""
    UPDATE erasure_request SET extended_until = :until, extended_because = :because, reminded = NULL
    WHERE person_id = :person
""")
# Administrators, and HR of whom they serve; never who asks.
DESK = f"""
    SELECT e.person_id AS asker_id, h.id AS person_id, {queries.DUE} AS due
    FROM erasure_request e JOIN person p ON p.id = e.person_id AND p.erased_at IS NULL
    JOIN person h ON h.active AND h.erased_at IS NULL AND h.id <> p.id
         AND (h.role = 'admin' OR h.role = 'hr' AND {serves("p.department_id", "h.id")})
"""
_ASKED = text(f"{DESK} WHERE e.person_id = :person ORDER BY 2")
_DUE_NOW = text(f"""
    SELECT e.person_id, CASE WHEN {queries.DUE} < :today THEN 'late:' ELSE '' END || {queries.DUE} AS since
    FROM erasure_request e WHERE {queries.DUE} <= :soon
      AND e.reminded IS DISTINCT FROM CASE WHEN {queries.DUE} < :today THEN 'late:' ELSE '' END || {queries.DUE}
    ORDER BY e.person_id LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED
""")
_REMINDED = text("UPDATE erasure_request SET reminded = :since WHERE person_id = ANY(CAST(:ids AS bigint[]))")


def tell_desk(person_id: int) -> None:
    """Who can answer hears that somebody asks to be erased."""
    for row in db.session.execute(_ASKED, {"person": person_id, "zone": str(timezone())}).all():
        publish([ErasureAsked(person_id=row.person_id, asker_id=row.asker_id, since="asked")])


def refuse(person_id: int, because: str, *, by: int, at: datetime) -> None:
    """Say no, with the reason. The wish is over; they can complain, and ask again."""
    row = _held(person_id, by)
    told = {"person_id": person_id, "asked_at": row.asked_at, "refused_at": at, "refused_by": by}
    db.session.execute(insert(ErasureRefusal).values(because=_reason(because), **told))
    db.session.execute(_GONE, {"person": person_id})
    write("erasure:refused", at=at, actor_id=by, person_id=person_id)
    publish([ErasureAnswered(person_id=person_id, what="refused", since=at.isoformat())])


def extend(person_id: int, until: date | None, because: str, *, by: int, at: datetime) -> None:
    """It takes longer than a month: until when, and why. Once."""
    row = _held(person_id, by)
    if row.extended_until is not None:
        raise Conflict(ONCE)
    today = at.astimezone(timezone()).date()
    if until is None or not today < until <= queries.latest(row.asked_at):
        raise Refused(WRONG["until"], fields={"until": WRONG["until"]})
    db.session.execute(_EXTEND, {"person": person_id, "until": until, "because": _reason(because)})
    write("erasure:put-off", at=at, actor_id=by, person_id=person_id)
    publish([ErasureAnswered(person_id=person_id, what="extended", since=str(until))])


def _held(person_id: int, by: int) -> Any:
    row = db.session.execute(_HOLD, {"person": person_id}).one_or_none()
    if row is None:
        raise NotFound(queries.NOT_THERE)
    if person_id == by:
        raise Refused(OWN)
    return row


def _reason(said: str) -> str:
    said = said.strip()
    if not BECAUSE[0] <= len(said) <= BECAUSE[1]:
        raise Refused(WRONG["because"], fields={"because": WRONG["because"]})
    return said


def remind(*, at: datetime) -> None:
    """A week before a wish has to be answered, and when its day is over, the desk hears of it once more."""
    today = at.astimezone(timezone()).date()
    told = {"today": today, "soon": today + SOON, "zone": str(timezone())}
    for row in db.session.execute(_DUE_NOW, told).all():
        db.session.execute(_REMINDED, {"since": row.since, "ids": array([row.person_id])})
        asked = db.session.execute(_ASKED, {"person": row.person_id, "zone": str(timezone())})
        publish(
            ErasureAsked(person_id=one.person_id, asker_id=one.asker_id, since=row.since) for one in asked
        )


# Told that it was done ----------------------------------------------------------------------------------------

_WHO_ASKED = text("""
    SELECT p.id, p.name, p.email, p.language FROM erasure_request e JOIN person p ON p.id = e.person_id
    WHERE p.id = ANY(CAST(:ids AS bigint[])) AND p.erased_at IS NULL AND p.email IS NOT NULL
""")
_WRITE = text("""
    INSERT INTO erasure_letter (person_id, sealed, made_at) VALUES (:person, :sealed, :at) ON CONFLICT DO NOTHING
""")
_TAKE = text("""
    DELETE FROM erasure_letter WHERE person_id =
        (SELECT person_id FROM erasure_letter ORDER BY made_at, person_id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING person_id, sealed
""")
_PRUNE = text("DELETE FROM erasure_letter WHERE made_at < :before")
_WAIT = text("""
    SELECT EXISTS (SELECT FROM erasure_letter) AND NOT EXISTS (
        SELECT FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing'))
""")


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was erased, as far as it takes to write to them once."""

    name: str
    address: str
    language: str


def keep_letters(person_ids: Sequence[int], *, at: datetime) -> None:
    """Before who asked for it is emptied: what it takes to tell them, sealed. The worker comes round with it."""
    if not mail.is_on():
        return
    rows = db.session.execute(_WHO_ASKED, {"ids": array(person_ids)}).all()
    for row in rows:
        said = json.dumps([row.name, row.email, row.language]).encode()
        told = {"person": row.id, "sealed": ring().wrap(said, _about(row.id)), "at": at}
        db.session.execute(_WRITE, told)


def _about(person_id: int) -> str:
    return f"erasure-letter:{person_id}"


def take_letter() -> Told | None:
    """The next one, which is gone with the transaction that sent it; one whose key is lost is only gone."""
    while row := db.session.execute(_TAKE).one_or_none():
        try:
            return Told(*json.loads(ring().unwrap(bytes(row.sealed), _about(row.person_id))))
        except KeyLost:
            continue
    return None


def letters_wait(task: str) -> bool:
    """Whether there is somebody to tell, and no job of that name that is about to."""
    return bool(db.session.scalar(_WAIT, {"task": task}))


def prune(*, at: datetime) -> None:
    """A letter that no server wanted in three days goes unsent: a name is not kept for it."""
    db.session.execute(_PRUNE, {"before": at - KEEP_LETTER})


def letter_to(who: Told) -> mail.Letter:
    with spoken(who.language):
        subject = _("You are erased from Blijk")
        said = [
            _("Hello %(name)s,", name=who.name),
            _("You asked to be erased from Blijk, and that is done. Your name and what you wrote are gone."),
            _("What stays are numbers without your name, and frozen dossiers of reviews until their term."),
            _("This is the last mail; your address is not kept either."),
        ]
        return mail.Letter(
            to_name=who.name,
            to_address=who.address,
            subject=subject,
            text="\n\n".join([*said, "Blijk"]) + "\n",
            html=render_template("mail/_told.html", lang=who.language, subject=subject, said=said),
        )
