"""Mentor programmes: L&D makes one, people take part, L&D proposes pairs, both say yes, and it is theirs alone."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app import once
from app.activities.actions import hold_activities
from app.audit.actions import Act, write_all
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import PairProposed
from app.guidance import ending, queries
from app.guidance.actions import MEANWHILE, check_skills
from app.outbox import publish


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What a programme is, as L&D writes it; the same key makes it once."""

    name: Mapping[str, str]
    about: Mapping[str, str]
    starts_on: date
    ends_on: date
    skills: Sequence[int] = ()
    most: int = 2
    open: bool = True
    once: str | None = None

    @property
    def known_as(self) -> str | None:
        """A programme is nobody's own, so neither is its key."""
        return self.once or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A programme put otherwise; `version` is the one that was looked at."""

    programme_id: int
    to: Programme
    version: int | None = None


_SENT = """unnest(CAST(:{key} AS {of}[]), CAST(:names AS jsonb[]), CAST(:abouts AS jsonb[]), CAST(:starts AS date[]),
                CAST(:ends AS date[]), CAST(:skills AS text[]), CAST(:most AS bigint[]), CAST(:open AS boolean[]))
         WITH ORDINALITY AS w({key}, name, about, starts_on, ends_on, skills, most, open, place)"""
_MAKE = text(f"""
    INSERT INTO mentor_programme (name, about, starts_on, ends_on, skills, most, open, created_at, once)
    SELECT w.name, w.about, w.starts_on, w.ends_on, CAST(w.skills AS bigint[]), w.most, w.open, :at, w.once
    FROM {_SENT.format(key="once", of="text")} ORDER BY w.place
    ON CONFLICT (once) DO NOTHING RETURNING id, once
""")
_SAME = text("SELECT once, id FROM mentor_programme WHERE once = ANY(CAST(:onces AS text[]))")
_CHANGE = text(f"""
    UPDATE mentor_programme p SET name = w.name, about = w.about, starts_on = w.starts_on, ends_on = w.ends_on,
        skills = CAST(w.skills AS bigint[]), most = w.most, open = w.open, version = version + 1
    FROM {_SENT.format(key="id", of="bigint")}
    WHERE p.id = w.id AND (p.name, p.about, p.starts_on, p.ends_on, p.skills, p.most, p.open) IS DISTINCT FROM
          (w.name, w.about, w.starts_on, w.ends_on, CAST(w.skills AS bigint[]), w.most, w.open)
    RETURNING p.id
""")
_HOLD = text("""
    SELECT * FROM mentor_programme WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
""")


def make(items: Sequence[Programme], *, by: int | None, at: datetime) -> list[int]:
    """Make programmes. All of the batch or nothing; returns the id of each, in their order."""
    _check(items)
    fresh = once.new(items)
    told = {name: array(column) for name, column in _rows(list(fresh.values())).items()}
    keys = array(item.known_as for item in fresh.values())
    rows = db.session.execute(_MAKE, {**told, "once": keys, "at": at}).all()
    ids = once.made(fresh, rows)
    if missing := [key for key in fresh if key not in ids]:
        ids |= dict(db.session.execute(_SAME, {"onces": array(missing)}).all())
    acts = [Act("mentoring:made", detail={"programme": row.id}) for row in rows]
    write_all(acts, at=at, actor_id=by)
    return once.ids_of(items, ids)


def change(items: Sequence[Change], *, by: int | None, at: datetime) -> None:
    """Change programmes, or close them; pairs that run go on. All of the batch or nothing. The same again is no
    change."""
    held = _hold(item.programme_id for item in items)
    if any(item.version is not None and held[item.programme_id].version != item.version for item in items):
        raise Conflict(MEANWHILE)
    last = {item.programme_id: item.to for item in items}
    told = {name: array(column) for name, column in _rows(list(last.values())).items()}
    other = db.session.scalars(_CHANGE, {**told, "id": array(last)})
    acts = [Act("mentoring:changed", detail={"programme": id}) for id in other]
    write_all(acts, at=at, actor_id=by)


def _hold(ids: Iterable[int]) -> dict[int, Row[Any]]:
    """One change of these programmes, their places and their pairs at a time."""
    wanted = sorted(set(ids))
    held = {row.id: row for row in db.session.execute(_HOLD, {"ids": array(wanted)})}
    if len(held) < len(wanted):
        raise NotFound(queries.NOT_THERE)
    return held


def _check(items: Iterable[Programme]) -> None:
    wrong: dict[str, object] = {}
    for item in items:
        for lang in ("nl", "en"):
            if not item.name.get(lang, "").strip():
                wrong[f"name_{lang}"] = _l("Give a name in both languages.")
        if item.ends_on < item.starts_on:
            wrong["ends_on"] = _l("It ends after it starts.")
    if wrong:
        raise Refused(_l("Something is not filled in right. Look at the fields below."), fields=wrong)


def _rows(items: Sequence[Programme]) -> dict[str, list[Any]]:
    _check(items)
    return {
        "names": [_both(item.name) for item in items],
        "abouts": [_both(item.about) for item in items],
        "starts": [item.starts_on for item in items],
        "ends": [item.ends_on for item in items],
        "skills": [array(of) for of in check_skills((item.skills for item in items), at_least=0)],
        "most": [item.most for item in items],
        "open": [item.open for item in items],
    }


def _both(told: Mapping[str, str]) -> str:
    return json.dumps({lang: told.get(lang, "").strip() for lang in ("nl", "en")})


# Taking part ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somebody takes part as mentor or as mentee, with what they wish."""

    programme_id: int
    person_id: int
    role: str
    skills: Sequence[int]
    wish: str


_PAIRS_OF = "unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])"
_JOIN = text(f"""
    INSERT INTO mentor_place (programme_id, person_id, role, skills, wish, since)
    SELECT w.id, w.person_id, w.role, CAST(w.skills AS bigint[]), w.wish, :at
    FROM {_PAIRS_OF}, CAST(:roles AS text[]), CAST(:skills AS text[]), CAST(:wishes AS text[]))
         AS w(id, person_id, role, skills, wish)
    ON CONFLICT (programme_id, person_id) DO UPDATE
    SET role = excluded.role, skills = excluded.skills, wish = excluded.wish, left_at = NULL,
        since = CASE WHEN mentor_place.left_at IS NULL THEN mentor_place.since ELSE excluded.since END
""")
_LEAVE = text(f"""
    UPDATE mentor_place p SET left_at = :at FROM {_PAIRS_OF}) AS w(id, person_id)
    WHERE p.programme_id = w.id AND p.person_id = w.person_id AND p.left_at IS NULL
""")
_OPEN_PAIRS = text(f"""
    SELECT 1 FROM {_PAIRS_OF}, CAST(:roles AS text[])) AS w(id, person_id, role)
    JOIN mentor_pair mp ON mp.programme_id = w.id AND mp.state IN ('proposed', 'paired')
      AND (mp.mentor_id = w.person_id AND w.role <> 'mentor' OR mp.mentee_id = w.person_id AND w.role <> 'mentee')
    LIMIT 1
""")
_DROP_PROPOSED = text(f"""
    UPDATE mentor_pair mp SET state = 'ended', ended_at = :at FROM {_PAIRS_OF}) AS w(id, person_id)
    WHERE mp.programme_id = w.id AND mp.state = 'proposed' AND w.person_id IN (mp.mentor_id, mp.mentee_id)
""")


def take_part(items: Sequence[Place], *, at: datetime) -> None:
    """Take part as mentor or to find one; or change what one wishes. All of the batch or nothing."""
    held = _hold(item.programme_id for item in items)
    if any(not row.open or row.ends_on < at.date() for row in held.values()):
        raise Refused(_l("This programme is closed."))
    last = list({(item.programme_id, item.person_id): item for item in items}.values())
    told = {
        "ids": array(item.programme_id for item in last),
        "people": array(item.person_id for item in last),
        "roles": array(item.role for item in last),
    }
    if db.session.scalar(_OPEN_PAIRS, told):
        raise Refused(_l("You are in a pair already. Step out of it first."))
    skills = array(array(of) for of in check_skills(item.skills for item in last))
    wishes = array(item.wish.strip() for item in last)
    db.session.execute(_JOIN, {**told, "skills": skills, "wishes": wishes, "at": at})


def leave(places: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Not take part any more: (programme, person). A pair that runs goes on until one of the two steps out."""
    _hold(programme_id for programme_id, _ in places)
    told = {"ids": array(id for id, _ in places), "people": array(person for _, person in places), "at": at}
    db.session.execute(_LEAVE, told)
    db.session.execute(_DROP_PROPOSED, told)


# Pairs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPair:
    """Two of a programme of whom L&D thinks that they fit."""

    programme_id: int
    mentor_id: int
    mentee_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one of the two says to it."""

    pair_id: int
    person_id: int
    yes: bool


PAIRED = _l("Somebody is proposed or paired already.")
_PROPOSE = text("""
    INSERT INTO mentor_pair (programme_id, mentor_id, mentee_id, state, proposed_at)
    SELECT w.programme_id, w.mentor_id, w.mentee_id, 'proposed', :at
    FROM unnest(CAST(:programmes AS bigint[]), CAST(:mentors AS bigint[]), CAST(:mentees AS bigint[]))
         WITH ORDINALITY AS w(programme_id, mentor_id, mentee_id, place)
    ORDER BY w.place ON CONFLICT DO NOTHING RETURNING id
""")
_TAKE_BACK = text("""
    UPDATE mentor_pair SET state = 'ended', ended_at = :at
    WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'proposed' RETURNING id
""")


def propose(items: Sequence[NewPair], *, by: int | None, at: datetime) -> list[int]:
    """L&D thinks that these fit; each of them is asked. All of the batch or nothing; returns the id of each."""
    held = _hold(item.programme_id for item in items)
    there = _places(items)
    pairs = Counter({key: row.pairs for key, row in there.items()})
    for item in items:
        one, other = (item.programme_id, item.mentor_id), (item.programme_id, item.mentee_id)
        mentor, mentee = there.get(one), there.get(other)
        if mentor is None or mentee is None or mentor.role != "mentor" or mentee.role != "mentee":
            raise Refused(_l("Choose a mentor and a mentee who take part."))
        if pairs[other]:
            raise Conflict(PAIRED)
        if pairs[one] >= held[item.programme_id].most:
            raise Refused(_l("This mentor has as many pairs as the programme allows."))
        pairs.update([one, other])
    told = {
        "programmes": array(item.programme_id for item in items),
        "mentors": array(item.mentor_id for item in items),
        "mentees": array(item.mentee_id for item in items),
    }
    made = sorted(db.session.scalars(_PROPOSE, {**told, "at": at}))
    if len(made) < len(items):
        raise Conflict(PAIRED)
    write_all((Act("mentoring:pair-proposed", detail={"pair": id}) for id in made), at=at, actor_id=by)
    publish(
        PairProposed(person_id=one, programme_id=item.programme_id, pair_id=id, with_id=other)
        for item, id in zip(items, made, strict=True)
        for one, other in ((item.mentor_id, item.mentee_id), (item.mentee_id, item.mentor_id))
    )
    return made


def _places(items: Iterable[Any]) -> dict[tuple[int, int], Row[Any]]:
    """Those of these mentors and mentees who take part: by (programme, person)."""
    asked = {(item.programme_id, one) for item in items for one in (item.mentor_id, item.mentee_id)}
    return queries.places_of(asked)


def take_back(pair_ids: Sequence[int], *, by: int | None, at: datetime) -> list[int]:
    """L&D takes proposals back, while they are some; returns the programme of each."""
    rows = queries.pairs_by_id(pair_ids)
    if len(rows) < len(set(pair_ids)):
        raise NotFound(queries.NOT_THERE)
    _end_proposed(rows, at)
    write_all((Act("mentoring:pair-taken-back", detail={"pair": id}) for id in rows), at=at, actor_id=by)
    return [rows[id].programme_id for id in pair_ids]


def _end_proposed(ids: Iterable[int], at: datetime) -> None:
    wanted = sorted(set(ids))
    if wanted and len(db.session.scalars(_TAKE_BACK, {"ids": array(wanted), "at": at}).all()) < len(wanted):
        raise Conflict(MEANWHILE)


_SAY_YES = text("""
    UPDATE mentor_pair mp SET
        mentor_at = CASE WHEN mp.mentor_id = ANY(w.people) THEN coalesce(mp.mentor_at, :at) ELSE mp.mentor_at END,
        mentee_at = CASE WHEN mp.mentee_id = ANY(w.people) THEN coalesce(mp.mentee_at, :at) ELSE mp.mentee_at END
    FROM (SELECT id, array_agg(person_id) AS people
          FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])) AS u(id, person_id) GROUP BY id) AS w
    WHERE mp.id = w.id AND mp.state = 'proposed'
    RETURNING mp.id, mp.mentor_at IS NOT NULL AND mp.mentee_at IS NOT NULL AS both
""")
_PAIRED = text("""
    UPDATE mentor_pair mp SET state = 'paired', guidance_id = w.guidance_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:guidances AS bigint[])) AS w(id, guidance_id) WHERE mp.id = w.id
""")
_BEGIN = text("""
    INSERT INTO guidance (kind, guide_id, learner_id, proposed_by, skills, purpose, state, asked_at, answered_at,
                          planned_from, planned_to)
    SELECT 'mentoring', w.mentor_id, w.mentee_id, NULL, CAST(w.skills AS bigint[]), w.purpose, 'running', :at, :at,
           w.since, w.until
    FROM unnest(CAST(:mentors AS bigint[]), CAST(:mentees AS bigint[]), CAST(:skills AS text[]),
                CAST(:purposes AS text[]), CAST(:since AS date[]), CAST(:until AS date[]))
         AS w(mentor_id, mentee_id, skills, purpose, since, until)
    ON CONFLICT DO NOTHING
""")


def say(items: Sequence[Answer], *, at: datetime) -> list[int | None]:
    """One of the two says yes, or no without a reason. With both it begins; returns of each what has begun then.

    All of the batch or nothing.
    """
    rows = _theirs(items)
    noes = {item.pair_id: item for item in items if not item.yes}
    leaving = [rows[id] for id in noes if rows[id].state == "paired" and rows[id].guidance_id]
    if leaving:  # what they did together stops with it: people come before programmes and pairs
        hold_activities()
        lock_people(person for row in leaving for person in (row.mentor_id, row.mentee_id))
    _hold(rows[item.pair_id].programme_id for item in items)
    if leaving:
        ending.stop([(row.guidance_id, noes[row.id].person_id) for row in leaving], at=at)
    _end_proposed((id for id in noes if rows[id].state == "proposed"), at)
    begun = _yes([item for item in items if item.yes], at)
    return [begun.get(item.pair_id) if item.yes else None for item in items]


def _theirs(items: Iterable[Answer]) -> dict[int, Row[Any]]:
    items = list(items)
    rows = queries.pairs_by_id(item.pair_id for item in items)
    for item in items:
        row = rows.get(item.pair_id)
        if row is None or item.person_id not in (row.mentor_id, row.mentee_id):
            raise NotFound(queries.NOT_THERE)
    return rows


def _yes(items: Sequence[Answer], at: datetime) -> dict[int, int]:
    """What runs of these from now on, or ran before."""
    if not items:
        return {}
    told = {"ids": array(item.pair_id for item in items), "people": array(item.person_id for item in items)}
    said = {row.id: row.both for row in db.session.execute(_SAY_YES, {**told, "at": at})}
    rows = queries.pairs_by_id(item.pair_id for item in items)
    running = {id: row.guidance_id for id, row in rows.items() if row.state == "paired"}
    if rows.keys() - said.keys() - running.keys():
        raise Conflict(MEANWHILE)
    return running | _begin([rows[id] for id, both in said.items() if both], at)


def _begin(rows: Sequence[Row[Any]], at: datetime) -> dict[int, int]:
    """These two are pairs; what they plan and do is theirs alone from here on."""
    if not rows:
        return {}
    places = _places(rows)
    skills, wishes = [], []
    for row in rows:
        mentor = places.get((row.programme_id, row.mentor_id))
        mentee = places.get((row.programme_id, row.mentee_id))
        if mentor is None or mentee is None:
            raise Refused(_l("The other of you does not take part any more."))
        both = [one for one in mentee.skills if one in set(mentor.skills)]
        skills.append(both or mentee.skills)
        wishes.append(mentee.wish)
    told = {
        "mentors": array(row.mentor_id for row in rows),
        "mentees": array(row.mentee_id for row in rows),
        "skills": array(map(array, skills)),
        "purposes": array(wishes),
        "since": array(row.starts_on for row in rows),
        "until": array(row.ends_on for row in rows),
    }
    db.session.execute(_BEGIN, {**told, "at": at})
    # Some are mentor and mentee already, on their own account: that goes on, and is the pair's too.
    twos = {row.id: (row.mentor_id, row.mentee_id, "mentoring") for row in rows}
    open_now = queries.standing(twos.values())
    if any(two not in open_now for two in twos.values()):
        raise Conflict(MEANWHILE)
    begun = {id: int(open_now[two].id) for id, two in twos.items()}
    db.session.execute(_PAIRED, {"ids": array(begun), "guidances": array(begun.values())})
    return begun
