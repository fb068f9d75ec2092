"""What two colleagues can do: say what they can help with, ask and offer, answer, plan, and end it.

Nobody confirms what they recorded themselves, and nobody confirms in the place of somebody else: no manager, no L&D,
and not for who has left. Everything that counts locks both people before it writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.activities.actions import hold_activities
from app.activities.records import logged_with
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import GuidanceAnswered, GuidanceAsked, GuidanceOffered, Guided, MeetingToConfirm
from app.guidance import queries, rules
from app.guidance.rules import NewGuidance
from app.outbox import publish
from app.people.queries import cards, units
from app.vision.queries import names

_IDS = ARRAY(BigInteger)
MEANWHILE = _l("This changed in the meantime. Look at how it stands now.")
NOT_HERE = _l("This colleague does not work here any more.")


def check_skills(skills: Sequence[int], *, at_least: int = 1, most: int = rules.SKILLS) -> list[int]:
    """The skills, each once; refused when there are none, too many, or unknown ones."""
    wanted = list(dict.fromkeys(skills))
    if not at_least <= len(wanted) <= most or len(names(wanted)) < len(wanted):
        said = _l("Choose one to %(most)s skills.", most=most)
        raise Refused(said, fields={"skills": said})
    return wanted


# What somebody can help with --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What somebody can help with, how, and with how many at once."""

    kinds: Sequence[str]
    skills: Sequence[int]
    line: str = ""
    lang: str = "nl"
    open: bool = True
    guests: int = 1


_OFFER = text("""
    INSERT INTO guidance_offer (person_id, kinds, skills, line, lang, open, guests, changed_at)
    VALUES (:person, :kinds, :skills, :line, :lang, :open, :guests, :at)
    ON CONFLICT (person_id) DO UPDATE
    SET kinds = excluded.kinds, skills = excluded.skills, line = excluded.line, lang = excluded.lang,
        open = excluded.open, guests = excluded.guests, changed_at = excluded.changed_at
""").bindparams(bindparam("kinds", type_=ARRAY(Text())), bindparam("skills", type_=_IDS))


def help_with(offer: Offer, *, person_id: int, at: datetime) -> None:
    """Say what one can help with. Closed, nobody sees it; what runs goes on."""
    kinds = [kind for kind in rules.KINDS if kind in set(offer.kinds)]
    if not kinds:
        said = _l("Choose how you can help.")
        raise Refused(said, fields={"kinds": said})
    told: dict[str, Any] = {"person": person_id, "kinds": kinds, "skills": check_skills(offer.skills)}
    told |= {"line": " ".join(offer.line.split()), "lang": offer.lang, "open": offer.open}
    db.session.execute(_OFFER, {**told, "guests": offer.guests, "at": at})


# Asking and offering ----------------------------------------------------------------------------------------

_ASK = text("""
    INSERT INTO guidance (kind, guide_id, learner_id, proposed_by, skills, purpose, state, asked_at, planned_from,
                          planned_to, host_id, once)
    VALUES (:kind, :guide, :learner, :by, :skills, :purpose, 'asked', :at, :since, :until, :host, :once)
    ON CONFLICT DO NOTHING RETURNING id
""").bindparams(bindparam("skills", type_=_IDS))
_ONCE = text("SELECT id FROM guidance WHERE once = :once")


def propose(item: NewGuidance, *, at: datetime) -> int:
    """Ask somebody to guide me, or offer to guide them. Asking the same twice is asking once."""
    once = f"{item.by_id}:{item.once}" if item.once else None
    if once and (known := db.session.scalar(_ONCE, {"once": once})):
        return int(known)
    skills = _check(item, at)
    told: dict[str, Any] = {"kind": item.kind, "guide": item.guide_id, "learner": item.learner_id}
    told |= {"by": item.by_id, "skills": skills, "purpose": item.purpose.strip(), "at": at, "once": once}
    told |= {"since": item.planned_from, "until": item.planned_to, "host": item.host_id}
    made = db.session.scalar(_ASK, told)
    if made is None:
        return _stands(item)
    asked = GuidanceAsked if item.side == "learner" else GuidanceOffered
    publish([asked(person_id=item.with_id, guidance_id=made, by_id=item.by_id)])
    return int(made)


def _stands(item: NewGuidance) -> int:
    """What kept it from being made: the same ask of the same person, or one that runs already."""
    row = queries.standing(item.guide_id, item.learner_id, item.kind)
    if row is not None and row.state == "asked" and row.proposed_by == item.by_id:
        return int(row.id)
    raise Conflict(_l("The two of you have this already. You find it under yours."))


def _check(item: NewGuidance, at: datetime) -> list[int]:
    if item.by_id == item.with_id:
        said = _l("Choose a colleague; one learns from somebody else.")
        raise Refused(said, fields={"who": said})
    known = cards([item.with_id]).get(item.with_id)
    if known is None or not known.active:
        raise Refused(NOT_HERE, fields={"who": NOT_HERE})
    if not item.purpose.strip():
        said = _l("Say in a sentence what it is for.")
        raise Refused(said, fields={"purpose": said})
    skills = check_skills(item.skills)
    check_plan(item.kind, item.planned_from, item.planned_to, item.host_id)
    if queries.asked_by(item.by_id) >= rules.ASKED:
        raise Refused(_l("You have asked several colleagues already. Wait for an answer first."))
    since = at - rules.ASK_AGAIN
    if queries.was_refused(item.guide_id, item.learner_id, item.kind, item.by_id, since):
        raise Refused(_l("They could not this time. Ask again in a month, or ask somebody else."))
    if item.side == "learner":
        _has_room(item)
    return skills


def _has_room(item: NewGuidance) -> None:
    """Who said how many guests fit is not asked by more; who said nothing may be asked."""
    offer = queries.offer_of(item.guide_id, seen_by=item.guide_id)
    if offer is not None and not offer.open:
        raise Refused(_l("%(name)s does not take anybody on for now.", name=offer.name))
    if offer is not None and offer.taken >= offer.guests:
        raise Refused(_l("%(name)s has as many guests as fit for now.", name=offer.name))


def check_plan(kind: str, since: Any, until: Any, host_id: int | None) -> None:
    """Refuse a plan that cannot be."""
    field = rules.wrong_plan(kind, since, until)
    if field:
        said = _l("Give a first day, and a last day within two years of it.")
        raise Refused(said, fields={field: said})
    if kind == "rotation" and (host_id is None or host_id not in units([host_id])):
        said = _l("Choose the team where it is.")
        raise Refused(said, fields={"host_id": said})


_LOCK = text("SELECT * FROM guidance WHERE id = :id FOR NO KEY UPDATE")
_ANSWER = text("""
    UPDATE guidance SET state = :state, answered_at = :at, words = :words,
        ended_at = CASE WHEN :state = 'running' THEN NULL ELSE CAST(:at AS timestamptz) END
    WHERE id = :id AND state = 'asked' RETURNING id
""")


def own(guidance_id: int, by: int) -> Row[Any]:
    """The row, locked, for one of the two in it; for anybody else there is none, not even for a manager."""
    row = db.session.execute(_LOCK, {"id": guidance_id}).one_or_none()
    if row is None or by not in (row.guide_id, row.learner_id):
        raise NotFound(queries.NOT_THERE)
    return row


def other_of(row: Any, by: int) -> int:
    return int(row.guide_id if by == row.learner_id else row.learner_id)


def say(guidance_id: int, *, by: int, accept: bool, words: str = "", at: datetime) -> None:
    """Say yes or no to what the other asked or offered."""
    row = own(guidance_id, by)
    if row.proposed_by == by:
        raise NotFound(queries.NOT_THERE)
    if accept and not cards([row.proposed_by])[row.proposed_by].active:
        raise Refused(NOT_HERE)
    told = {"id": guidance_id, "state": "running" if accept else "declined", "words": words.strip(), "at": at}
    if db.session.scalar(_ANSWER, told) is None:
        raise Conflict(MEANWHILE)
    told_to = row.proposed_by
    publish([GuidanceAnswered(person_id=told_to, guidance_id=guidance_id, by_id=by, accepted=accept)])


def withdraw(guidance_id: int, *, by: int, at: datetime) -> None:
    """Take back what one asked or offered, while there is no answer."""
    row = own(guidance_id, by)
    if row.proposed_by != by:
        raise NotFound(queries.NOT_THERE)
    if db.session.scalar(_ANSWER, {"id": guidance_id, "state": "withdrawn", "words": "", "at": at}) is None:
        raise Conflict(MEANWHILE)


def respond(guidance_id: int, *, by: int, answer: str, words: str = "", at: datetime) -> None:
    """Yes or no to what was asked or offered; or withdraw it."""
    if answer == "withdraw":
        withdraw(guidance_id, by=by, at=at)
    else:
        say(guidance_id, by=by, accept=answer == "yes", words=words, at=at)


_PLAN = text("UPDATE guidance SET planned_from = :since, planned_to = :until, host_id = :host WHERE id = :id")


def plan(guidance_id: int, *, by: int, since: Any, until: Any, host_id: int | None) -> None:
    """Either of the two sets from when to when, and where."""
    row = own(guidance_id, by)
    if row.state not in rules.OPEN:
        raise Conflict(MEANWHILE)
    host_id = host_id if row.kind == "rotation" else None
    check_plan(row.kind, since, until, host_id)
    db.session.execute(_PLAN, {"id": guidance_id, "since": since, "until": until, "host": host_id})


_SHARE = text("UPDATE guidance SET shared = :shared WHERE id = :id")


def let_manager_see(guidance_id: int, *, by: int, shared: bool) -> None:
    """The learner decides whether their manager sees that it is there; never what is talked about."""
    row = own(guidance_id, by)
    if row.learner_id != by:
        raise NotFound(queries.NOT_THERE)
    db.session.execute(_SHARE, {"id": guidance_id, "shared": shared})


# The end ----------------------------------------------------------------------------------------------------

_ENDING = text("UPDATE guidance SET state = :state, end_by = :by WHERE id = :id")
_END = text(
    "UPDATE guidance SET state = :state, end_by = :by, ended_at = :at, learned = :learned WHERE id = :id"
)
_LAPSE = text("""
    UPDATE guidance_meeting SET state = 'withdrawn', decided_at = :at WHERE guidance_id = :id AND state = 'waiting'
""")
_UNPAIR = text(
    "UPDATE mentor_pair SET state = 'ended', ended_at = :at WHERE guidance_id = :id AND state = 'paired'"
)


def finish(guidance_id: int, *, by: int, at: datetime) -> bool:
    """Say that it is finished. When both have said so, it is, and counts for who learned; True then."""
    row = locked(guidance_id, by)
    if row.state == "finished" or (row.state == "ending" and row.end_by == by):
        return bool(row.state == "finished")
    if row.state == "running":
        db.session.execute(_ENDING, {"id": guidance_id, "state": "ending", "by": by})
        publish([MeetingToConfirm(person_id=other_of(row, by), guidance_id=guidance_id, by_id=by)])
        return False
    if row.state != "ending":
        raise Conflict(MEANWHILE)
    _close(row, "finished", at, learns=True)
    return True


def not_yet(guidance_id: int, *, by: int) -> None:
    """It goes on: the other does not think so yet, or who said it was finished takes that back."""
    row = own(guidance_id, by)
    if row.state != "ending":
        raise Conflict(MEANWHILE)
    db.session.execute(_ENDING, {"id": guidance_id, "state": "running", "by": None})


def stop(guidance_id: int, *, by: int, at: datetime) -> None:
    """Step out, without a reason. What both confirmed stays with who guided; nothing is finished."""
    row = locked(guidance_id, by)
    if row.state == "stopped":
        return
    if row.state not in ("running", "ending"):
        raise Conflict(MEANWHILE)
    _close(row, "stopped", at, learns=False)


def close(guidance_id: int, *, by: int, how: str, at: datetime) -> None:
    """One of: finish, not_yet, stop."""
    if how == "finish":
        finish(guidance_id, by=by, at=at)
    elif how == "not_yet":
        not_yet(guidance_id, by=by)
    else:
        stop(guidance_id, by=by, at=at)


def end_with_who_left(*, at: datetime) -> int:
    """What is open with somebody who left ends. What both confirmed before still counts; nobody confirms the rest."""
    rows = queries.with_who_left()
    if not rows:
        return 0
    hold_activities()
    lock_people(person for row in rows for person in (row.guide_id, row.learner_id))
    known = cards(row.learner_id for row in rows)
    for found in rows:
        row = db.session.execute(_LOCK, {"id": found.id}).one()
        if row.state in rules.OPEN:
            learner = known.get(row.learner_id)
            _close(row, "left", at, learns=row.state != "asked" and bool(learner and learner.active))
    return len(rows)


def locked(guidance_id: int, by: int) -> Row[Any]:
    """The same as `own`, after both people are locked: for what counts."""
    seen = queries.one(guidance_id, seen_by=by)
    if by not in (seen.guide_id, seen.learner_id):
        raise NotFound(queries.NOT_THERE)
    hold_activities()
    lock_people([seen.guide_id, seen.learner_id])
    return own(guidance_id, by)


def _close(row: Any, state: str, at: datetime, *, learns: bool) -> None:
    db.session.execute(_LAPSE, {"id": row.id, "at": at})
    learned = _learned(row, at) if learns else None
    db.session.execute(_END, {"id": row.id, "state": state, "by": row.end_by, "at": at, "learned": learned})
    db.session.execute(_UNPAIR, {"id": row.id, "at": at})


def _learned(row: Any, at: datetime) -> str:
    """Let it count for who learned, once; or why it does not."""
    done = [one for one in queries.meetings(row.id) if one.state == "confirmed"]
    minutes = sum(one.learned for one in done)
    if minutes < rules.LEAST:
        return "short"
    if queries.counted_before(row, at - rules.BACK):
        return "again"
    kind, day = rules.AS_LEARNING[row.kind], timedelta(days=1)
    first, last = min(one.starts_at for one in done), max(one.starts_at for one in done)
    if logged_with(row.learner_id, row.guide_id, kind, first - day / 2, last + day / 2):
        return "logged"
    publish([_guided(row, kind, done, minutes)])
    return "counted"


def _guided(row: Any, kind: str, done: Sequence[Any], minutes: int) -> Guided:
    called: Mapping[int, Any] = names(row.skills)
    return Guided(
        person_id=row.learner_id,
        source=f"guidance:{row.id}",
        title=rules.title_of(row.kind, [called[one].name for one in row.skills if one in called]),
        activity_kind=kind,
        skills=tuple(row.skills),
        hours=minutes / 60,
        share=rules.whole_share(done),
        at=max(one.starts_at + timedelta(minutes=one.minutes) for one in done),
        confirmed_by=row.guide_id,
    )
