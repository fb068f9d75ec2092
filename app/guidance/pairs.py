"""Mentor programmes: L&D makes one, people take part, L&D proposes pairs, both say yes, and it is theirs alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger

from app.audit.actions import write
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.events import PairProposed
from app.guidance import actions, queries
from app.guidance.actions import MEANWHILE, check_skills
from app.outbox import publish

_IDS = ARRAY(BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What a programme is, as L&D writes it."""

    name: Mapping[str, str]
    about: Mapping[str, str]
    starts_on: date
    ends_on: date
    skills: Sequence[int] = ()
    most: int = 2
    open: bool = True


_MAKE = text("""
    INSERT INTO mentor_programme (name, about, starts_on, ends_on, skills, most, open, created_at, once)
    VALUES (:name, :about, :starts_on, :ends_on, :skills, :most, :open, :at, :once)
    ON CONFLICT (once) DO NOTHING RETURNING id
""").bindparams(
    bindparam("name", type_=JSONB), bindparam("about", type_=JSONB), bindparam("skills", type_=_IDS)
)
_SAME = text("SELECT id FROM mentor_programme WHERE once = :once")
_CHANGE = text("""
    UPDATE mentor_programme SET name = :name, about = :about, starts_on = :starts_on, ends_on = :ends_on,
        skills = :skills, most = :most, open = :open, version = version + 1
    WHERE id = :id AND version = coalesce(:version, version) RETURNING id
""").bindparams(
    bindparam("name", type_=JSONB), bindparam("about", type_=JSONB), bindparam("skills", type_=_IDS)
)


def make(programme: Programme, *, by: int | None, at: datetime, once: str | None = None) -> int:
    """Make a programme; the same key makes it once."""
    made = db.session.scalar(_MAKE, {**_row(programme), "at": at, "once": once})
    if made is None:
        return int(db.session.scalar(_SAME, {"once": once}) or 0)
    write("mentoring:made", at=at, actor_id=by, detail={"programme": made})
    return int(made)


def change(
    programme_id: int, programme: Programme, *, version: int | None, by: int | None, at: datetime
) -> None:
    """Change a programme, or close it; pairs that run go on."""
    queries.programme(programme_id, person_id=by or 0)
    told = {**_row(programme), "id": programme_id, "version": version}
    if db.session.scalar(_CHANGE, told) is None:
        raise Conflict(MEANWHILE)
    write("mentoring:changed", at=at, actor_id=by, detail={"programme": programme_id})


def _row(programme: Programme) -> dict[str, Any]:
    wrong: dict[str, object] = {}
    for lang in ("nl", "en"):
        if not programme.name.get(lang, "").strip():
            wrong[f"name_{lang}"] = _l("Give a name in both languages.")
    if programme.ends_on < programme.starts_on:
        wrong["ends_on"] = _l("It ends after it starts.")
    if wrong:
        raise Refused(_l("Something is not filled in right. Look at the fields below."), fields=wrong)
    return {
        "name": {lang: programme.name[lang].strip() for lang in ("nl", "en")},
        "about": {lang: programme.about.get(lang, "").strip() for lang in ("nl", "en")},
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
        "skills": check_skills(programme.skills, at_least=0),
        "most": programme.most,
        "open": programme.open,
    }


# Taking part ------------------------------------------------------------------------------------------------

_JOIN = text("""
    INSERT INTO mentor_place (programme_id, person_id, role, skills, wish, since)
    VALUES (:id, :person, :role, :skills, :wish, :at)
    ON CONFLICT (programme_id, person_id) DO UPDATE
    SET role = excluded.role, skills = excluded.skills, wish = excluded.wish, left_at = NULL,
        since = CASE WHEN mentor_place.left_at IS NULL THEN mentor_place.since ELSE excluded.since END
""").bindparams(bindparam("skills", type_=_IDS))
_LEAVE = text("""
    UPDATE mentor_place SET left_at = :at WHERE programme_id = :id AND person_id = :person AND left_at IS NULL
""")
_OPEN_PAIRS = text("""
    SELECT count(*) FROM mentor_pair WHERE programme_id = :id AND state IN ('proposed', 'paired')
      AND (mentor_id = :person AND :role <> 'mentor' OR mentee_id = :person AND :role <> 'mentee')
""")
_DROP_PROPOSED = text("""
    UPDATE mentor_pair SET state = 'ended', ended_at = :at
    WHERE programme_id = :id AND state = 'proposed' AND :person IN (mentor_id, mentee_id)
""")


def take_part(
    programme_id: int, *, person_id: int, role: str, skills: Sequence[int], wish: str, at: datetime
) -> None:
    """Take part as mentor or to find one; or change what one wishes."""
    _hold(programme_id)
    row = queries.programme(programme_id, person_id=person_id)
    if not row.open or row.ends_on < at.date():
        raise Refused(_l("This programme is closed."))
    told = {"id": programme_id, "person": person_id, "role": role}
    if db.session.scalar(_OPEN_PAIRS, told):
        raise Refused(_l("You are in a pair already. Step out of it first."))
    more = {"skills": check_skills(skills), "wish": wish.strip(), "at": at}
    db.session.execute(_JOIN, {**told, **more})


def leave(programme_id: int, *, person_id: int, at: datetime) -> None:
    """Not take part any more. A pair that runs goes on until one of the two steps out."""
    _hold(programme_id)
    told = {"id": programme_id, "person": person_id, "at": at}
    db.session.execute(_LEAVE, told)
    db.session.execute(_DROP_PROPOSED, told)


# Pairs ------------------------------------------------------------------------------------------------------

_HOLD = text("SELECT id FROM mentor_programme WHERE id = :id FOR NO KEY UPDATE")
_PROPOSE = text("""
    INSERT INTO mentor_pair (programme_id, mentor_id, mentee_id, state, proposed_at)
    VALUES (:id, :mentor, :mentee, 'proposed', :at) ON CONFLICT DO NOTHING RETURNING id
""")
_TAKE_BACK = text("""
    UPDATE mentor_pair SET state = 'ended', ended_at = :at WHERE id = :id AND state = 'proposed' RETURNING id
""")


def _hold(programme_id: int) -> None:
    """One change of places and pairs of a programme at a time."""
    if db.session.scalar(_HOLD, {"id": programme_id}) is None:
        raise NotFound(queries.NOT_THERE)


def propose(programme_id: int, *, mentor_id: int, mentee_id: int, by: int | None, at: datetime) -> int:
    """L&D thinks that these two fit; each is asked."""
    _hold(programme_id)
    row = queries.programme(programme_id, person_id=0)
    there = {one.person_id: one for one in queries.places(programme_id)}
    mentor, mentee = there.get(mentor_id), there.get(mentee_id)
    if mentor is None or mentee is None or mentor.role != "mentor" or mentee.role != "mentee":
        raise Refused(_l("Choose a mentor and a mentee who take part."))
    if mentee.pairs:
        raise Conflict(_l("Somebody is proposed or paired already."))
    if mentor.pairs >= row.most:
        raise Refused(_l("This mentor has as many pairs as the programme allows."))
    told = {"id": programme_id, "mentor": mentor_id, "mentee": mentee_id, "at": at}
    made = db.session.scalar(_PROPOSE, told)
    if made is None:
        raise Conflict(_l("Somebody is proposed or paired already."))
    write("mentoring:pair-proposed", at=at, actor_id=by, detail={"pair": made})
    publish(
        PairProposed(person_id=one, programme_id=programme_id, pair_id=made, with_id=other)
        for one, other in ((mentor_id, mentee_id), (mentee_id, mentor_id))
    )
    return int(made)


def take_back(pair_id: int, *, by: int | None, at: datetime) -> int:
    """L&D takes a proposal back, while it is one; returns the programme."""
    row = queries.pair(pair_id)
    if db.session.scalar(_TAKE_BACK, {"id": pair_id, "at": at}) is None:
        raise Conflict(MEANWHILE)
    write("mentoring:pair-taken-back", at=at, actor_id=by, detail={"pair": pair_id})
    return int(row.programme_id)


_SAY_YES = text("""
    UPDATE mentor_pair SET mentor_at = CASE WHEN mentor_id = :person THEN coalesce(mentor_at, :at) ELSE mentor_at END,
                           mentee_at = CASE WHEN mentee_id = :person THEN coalesce(mentee_at, :at) ELSE mentee_at END
    WHERE id = :id AND state = 'proposed' RETURNING mentor_at IS NOT NULL AND mentee_at IS NOT NULL
""")
_PAIRED = text("UPDATE mentor_pair SET state = 'paired', guidance_id = :guidance WHERE id = :id")
_BEGIN = text("""
    INSERT INTO guidance (kind, guide_id, learner_id, proposed_by, skills, purpose, state, asked_at, answered_at,
                          planned_from, planned_to)
    VALUES ('mentoring', :mentor, :mentee, NULL, :skills, :purpose, 'running', :at, :at, :since, :until)
    ON CONFLICT DO NOTHING RETURNING id
""").bindparams(bindparam("skills", type_=_IDS))


def say(pair_id: int, *, person_id: int, yes: bool, at: datetime) -> int | None:
    """One of the two says yes, or no without a reason. With both it begins; returns it then."""
    row = queries.pair(pair_id, person_id=person_id)
    if not yes:
        _step_out(row, person_id, at)
        return None
    _hold(row.programme_id)
    both = db.session.scalar(_SAY_YES, {"id": pair_id, "person": person_id, "at": at})
    if both is None:
        row = queries.pair(pair_id, person_id=person_id)
        if row.state == "paired":
            return int(row.guidance_id)
        raise Conflict(MEANWHILE)
    return _begin(row, at) if both else None


def _begin(row: Any, at: datetime) -> int:
    """The two are a pair; what they plan and do is theirs alone from here on."""
    places = {one.person_id: one for one in queries.places(row.programme_id)}
    mentor, mentee = places.get(row.mentor_id), places.get(row.mentee_id)
    if mentor is None or mentee is None:
        raise Refused(_l("The other of you does not take part any more."))
    both = [one for one in mentee.skills if one in set(mentor.skills)]
    told = {"mentor": row.mentor_id, "mentee": row.mentee_id, "skills": both or mentee.skills, "at": at}
    told |= {"purpose": mentee.wish, "since": row.starts_on, "until": row.ends_on}
    made = db.session.scalar(_BEGIN, told)
    if made is None:  # they are mentor and mentee already, on their own account
        made = queries.standing(row.mentor_id, row.mentee_id, "mentoring").id  # type: ignore[union-attr]
    db.session.execute(_PAIRED, {"id": row.id, "guidance": made})
    return int(made)


def _step_out(row: Any, person_id: int, at: datetime) -> None:
    """Of a proposal, or of a pair: what they did together stops with it."""
    if row.state == "paired" and row.guidance_id:
        actions.stop(row.guidance_id, by=person_id, at=at)
    elif row.state == "ended":
        return
    elif db.session.scalar(_TAKE_BACK, {"id": row.id, "at": at}) is None:
        raise Conflict(MEANWHILE)
