"""What two colleagues can do: say what they can help with, ask and offer, answer, plan, and share that it is there.

Each takes a batch, of which one is a batch of one: all of it or nothing. Nobody confirms what they recorded
themselves, and nobody confirms in the place of somebody else: no manager, no L&D, and not for who has left.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.activities.actions import hold_activities
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import GuidanceAnswered, GuidanceAsked, GuidanceOffered, GuidancePlanned
from app.guidance import queries, rules
from app.guidance.queries import Two
from app.guidance.rules import NewGuidance
from app.outbox import publish
from app.people.queries import cards, units
from app.vision.queries import names

MEANWHILE = _l("This changed in the meantime. Look at how it stands now.")
NOT_HERE = _l("This colleague does not work here any more.")
ALREADY = _l("The two of you have this already. You find it under yours.")


def check_skills(
    wanted: Iterable[Sequence[int]], *, at_least: int = 1, most: int = rules.SKILLS
) -> list[list[int]]:
    """The skills of each, once; refused where there are none, too many, or unknown ones."""
    found = [list(dict.fromkeys(skills)) for skills in wanted]
    known = names(skill for skills in found for skill in skills)
    if any(not at_least <= len(skills) <= most or set(skills) - known.keys() for skills in found):
        said = _l("Choose at least one skill, and at most %(most)s.", most=most)
        raise Refused(said, fields={"skills": said})
    return found


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
    SELECT w.person_id, CAST(w.kinds AS text[]), CAST(w.skills AS bigint[]), w.line, w.lang, w.open, w.guests, :at
    FROM unnest(CAST(:people AS bigint[]), CAST(:kinds AS text[]), CAST(:skills AS text[]), CAST(:lines AS text[]),
                CAST(:langs AS text[]), CAST(:open AS boolean[]), CAST(:guests AS bigint[]))
         AS w(person_id, kinds, skills, line, lang, open, guests)
    ORDER BY w.person_id
    ON CONFLICT (person_id) DO UPDATE
    SET kinds = excluded.kinds, skills = excluded.skills, line = excluded.line, lang = excluded.lang,
        open = excluded.open, guests = excluded.guests, changed_at = excluded.changed_at
""")


def help_with(offers: Mapping[int, Offer], *, at: datetime) -> None:
    """People say what they can help with. Closed, nobody sees it; what runs goes on."""
    kinds = [[kind for kind in rules.KINDS if kind in set(offer.kinds)] for offer in offers.values()]
    if not all(kinds):
        said = _l("Choose how you can help.")
        raise Refused(said, fields={"kinds": said})
    skills = check_skills(offer.skills for offer in offers.values())
    told = {
        "people": array(offers),
        "kinds": array(map(array, kinds)),
        "skills": array(map(array, skills)),
        "lines": array(" ".join(offer.line.split()) for offer in offers.values()),
        "langs": array(offer.lang for offer in offers.values()),
        "open": array(offer.open for offer in offers.values()),
        "guests": array(offer.guests for offer in offers.values()),
    }
    db.session.execute(_OFFER, {**told, "at": at})


# Asking and offering ----------------------------------------------------------------------------------------

_ASK = text("""
    INSERT INTO guidance (kind, guide_id, learner_id, proposed_by, skills, purpose, state, asked_at, planned_from,
                          planned_to, host_id, once)
    SELECT w.kind, w.guide_id, w.learner_id, w.proposed_by, CAST(w.skills AS bigint[]), w.purpose, 'asked', :at,
           w.planned_from, w.planned_to, w.host_id, w.once
    FROM unnest(CAST(:kinds AS text[]), CAST(:guides AS bigint[]), CAST(:learners AS bigint[]),
                CAST(:by AS bigint[]), CAST(:skills AS text[]), CAST(:purposes AS text[]), CAST(:since AS date[]),
                CAST(:until AS date[]), CAST(:hosts AS bigint[]), CAST(:onces AS text[])) WITH ORDINALITY
         AS w(kind, guide_id, learner_id, proposed_by, skills, purpose, planned_from, planned_to, host_id, once, place)
    ORDER BY w.place
    ON CONFLICT DO NOTHING RETURNING id, guide_id, learner_id, kind
""")
_ONCE = text("SELECT once, id FROM guidance WHERE once = ANY(CAST(:onces AS text[]))")


def propose(items: Sequence[NewGuidance], *, at: datetime) -> list[int]:
    """Ask somebody to guide me, or offer to guide them. Asking the same twice is asking once.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    _check_form(items)
    skills = check_skills(item.skills for item in items)
    lock_people(person for item in items for person in (item.by_id, item.with_id))
    onces = array(item.known_as for item in items if item.known_as)
    known: dict[str | None, int] = dict(db.session.execute(_ONCE, {"onces": onces}).all())
    stands = _standing([item for item in items if item.known_as not in known])
    fresh: dict[Two, tuple[NewGuidance, list[int]]] = {}
    for item, of in zip(items, skills, strict=True):
        if item.known_as not in known and item.two not in stands:
            first, _ = fresh.setdefault(item.two, (item, of))
            if first.by_id != item.by_id:
                raise Conflict(ALREADY)
    _may_be_asked([item for item, _ in fresh.values()], at)
    made = _ask(list(fresh.values()), at)
    return [known.get(item.known_as) or stands.get(item.two) or made[item.two] for item in items]


def _standing(items: Sequence[NewGuidance]) -> dict[Two, int]:
    """What the same people asked each other before, and is not answered; what runs already is refused."""
    rows = queries.standing(item.two for item in items)
    for item in items:
        row = rows.get(item.two)
        if row is not None and not (row.state == "asked" and row.proposed_by == item.by_id):
            raise Conflict(ALREADY)
    return {two: row.id for two, row in rows.items()}


def _ask(fresh: Sequence[tuple[NewGuidance, list[int]]], at: datetime) -> dict[Two, int]:
    if not fresh:
        return {}
    items = [item for item, _ in fresh]
    told = {
        "kinds": array(item.kind for item in items),
        "guides": array(item.guide_id for item in items),
        "learners": array(item.learner_id for item in items),
        "by": array(item.by_id for item in items),
        "skills": array(array(skills) for _, skills in fresh),
        "purposes": array(item.purpose.strip() for item in items),
        "since": array(item.planned_from for item in items),
        "until": array(item.planned_to for item in items),
        "hosts": array(item.host_id for item in items),
        "onces": array(item.known_as for item in items),
    }
    rows = db.session.execute(_ASK, {**told, "at": at})
    made = {(row.guide_id, row.learner_id, row.kind): int(row.id) for row in rows}
    if len(made) < len(items):  # a mentor programme brought them together at this very moment
        raise Conflict(ALREADY)
    publish(
        (GuidanceAsked if item.side == "learner" else GuidanceOffered)(
            person_id=item.with_id, guidance_id=made[item.two], by_id=item.by_id
        )
        for item in items
    )
    return made


def _check_form(items: Sequence[NewGuidance]) -> None:
    for item in items:
        if item.by_id == item.with_id:
            said = _l("Choose a colleague; one learns from somebody else.")
            raise Refused(said, fields={"who": said})
        if not item.purpose.strip():
            said = _l("Say in a sentence what it is for.")
            raise Refused(said, fields={"purpose": said})
    check_plans((item.kind, item.planned_from, item.planned_to, item.host_id) for item in items)


def _may_be_asked(items: Sequence[NewGuidance], at: datetime) -> None:
    """Those who are asked work here, did not say no lately, and who learns from them finds room."""
    here = cards(item.with_id for item in items)
    if any(item.with_id not in here or not here[item.with_id].active for item in items):
        raise Refused(NOT_HERE, fields={"who": NOT_HERE})
    asked = Counter(item.by_id for item in items)
    waiting = queries.asked_by(asked)
    if any(number + waiting.get(by, 0) > rules.ASKED for by, number in asked.items()):
        raise Refused(_l("You have asked several colleagues already. Wait for an answer first."))
    if queries.refused([(*item.two, item.by_id) for item in items], at - rules.ASK_AGAIN):
        raise Refused(_l("They could not this time. Ask again in a month, or ask somebody else."))
    for offer in queries.offers_of(item.guide_id for item in items if item.side == "learner"):
        _has_room(offer)


def _has_room(offer: Row[Any]) -> None:
    """Who said how many guests fit is not asked by more; who said nothing may be asked."""
    if not offer.open:
        raise Refused(_l("%(name)s does not take anybody on for now.", name=offer.name))
    if offer.taken >= offer.guests:
        raise Refused(_l("%(name)s has as many guests as fit for now.", name=offer.name))


def check_plans(plans: Iterable[tuple[str, date | None, date | None, int | None]]) -> None:
    """Refuse a plan that cannot be: (kind, first day, last day, team)."""
    plans = list(plans)
    for kind, since, until, _ in plans:
        field = rules.wrong_plan(kind, since, until)
        if field:
            said = _l("Give a first day, and a last day within two years of it.")
            raise Refused(said, fields={field: said})
    hosts = {host for kind, _, _, host in plans if kind == "rotation"}
    if None in hosts or (hosts and hosts - units(host for host in hosts if host is not None).keys()):
        said = _l("Choose the team where it is.")
        raise Refused(said, fields={"host_id": said})


# One of the two ---------------------------------------------------------------------------------------------

_LOCK = text("SELECT * FROM guidance WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")


def held(ids: Iterable[int]) -> dict[int, Row[Any]]:
    """These rows, locked in the order of their ids."""
    return {row.id: row for row in db.session.execute(_LOCK, {"ids": array(sorted(set(ids)))})}


def own(pairs: Iterable[tuple[int, int]]) -> dict[int, Row[Any]]:
    """The rows of these (guidance, one of the two), locked; for anybody else there is none, not even for a manager."""
    pairs = list(pairs)
    rows = held(guidance_id for guidance_id, _ in pairs)
    for guidance_id, by in pairs:
        row = rows.get(guidance_id)
        if row is None or by not in (row.guide_id, row.learner_id):
            raise NotFound(queries.NOT_THERE)
    return rows


def locked(pairs: Iterable[tuple[int, int]]) -> dict[int, Row[Any]]:
    """The same as `own`, after both people of each are locked: for what counts."""
    pairs = list(pairs)
    people = queries.people_in({guidance_id for guidance_id, _ in pairs})
    if any(by not in people.get(guidance_id, ()) for guidance_id, by in pairs):
        raise NotFound(queries.NOT_THERE)
    hold_activities()
    lock_people(person for two in people.values() for person in two)
    return own(pairs)


def other_of(row: Any, by: int) -> int:
    """Of the two in this relation, who is not `by`."""
    return int(row.guide_id if by == row.learner_id else row.learner_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Yes or no to what the other asked or offered; or withdraw what one asked oneself."""

    guidance_id: int
    by: int
    answer: str  # yes, no, withdraw
    words: str = ""


_ANSWER = text("""
    UPDATE guidance g SET state = w.state, answered_at = :at, words = w.words,
        ended_at = CASE WHEN w.state = 'running' THEN NULL ELSE CAST(:at AS timestamptz) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:words AS text[])) AS w(id, state, words)
    WHERE g.id = w.id
""")
_BECOMES = {"yes": "running", "no": "declined", "withdraw": "withdrawn"}


def respond(items: Sequence[Answer], *, at: datetime) -> None:
    """Yes or no to what was asked or offered, or withdraw it; each once. All of the batch or nothing."""
    rows = own((item.guidance_id, item.by) for item in items)
    here = cards(rows[item.guidance_id].proposed_by for item in items if item.answer == "yes")
    answered = set()
    for item in items:
        row = rows[item.guidance_id]
        if (row.proposed_by == item.by) != (item.answer == "withdraw"):
            raise NotFound(queries.NOT_THERE)
        if item.answer == "yes" and not here[row.proposed_by].active:
            raise Refused(NOT_HERE)
        if row.state != "asked" or item.guidance_id in answered:
            raise Conflict(MEANWHILE)
        answered.add(item.guidance_id)
    told = {
        "ids": array(item.guidance_id for item in items),
        "states": array(_BECOMES[item.answer] for item in items),
        "words": array("" if item.answer == "withdraw" else item.words.strip() for item in items),
    }
    db.session.execute(_ANSWER, {**told, "at": at})
    publish(
        GuidanceAnswered(
            person_id=rows[item.guidance_id].proposed_by,
            guidance_id=item.guidance_id,
            by_id=item.by,
            accepted=item.answer == "yes",
        )
        for item in items
        if item.answer != "withdraw"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """From when to when it is, and of a rotation where."""

    guidance_id: int
    by: int
    since: date | None
    until: date | None
    host_id: int | None = None


_PLAN = text("""
    UPDATE guidance g SET planned_from = w.since, planned_to = w.until, host_id = w.host
    FROM unnest(CAST(:ids AS bigint[]), CAST(:since AS date[]), CAST(:until AS date[]), CAST(:hosts AS bigint[]))
         AS w(id, since, until, host)
    WHERE g.id = w.id
""")


def plan(items: Sequence[Plan]) -> None:
    """Either of the two sets from when to when, and where. All of the batch or nothing."""
    rows = own((item.guidance_id, item.by) for item in items)
    if any(row.state not in rules.OPEN for row in rows.values()):
        raise Conflict(MEANWHILE)
    last = {item.guidance_id: item for item in items}
    hosts = {id: item.host_id if rows[id].kind == "rotation" else None for id, item in last.items()}
    check_plans((rows[id].kind, item.since, item.until, hosts[id]) for id, item in last.items())
    told = {
        "ids": array(last),
        "since": array(item.since for item in last.values()),
        "until": array(item.until for item in last.values()),
        "hosts": array(hosts.values()),
    }
    db.session.execute(_PLAN, told)
    publish(
        GuidancePlanned(
            person_id=other_of(rows[id], item.by),
            guidance_id=id,
            by_id=item.by,
            plan=f"{item.since or ''}/{item.until or ''}/{hosts[id] or ''}",
        )
        for id, item in last.items()
        if (rows[id].planned_from, rows[id].planned_to, rows[id].host_id)
        != (item.since, item.until, hosts[id])
    )


_SHARE = text("""
    UPDATE guidance g SET shared = w.shared
    FROM unnest(CAST(:ids AS bigint[]), CAST(:shared AS boolean[])) AS w(id, shared) WHERE g.id = w.id
""")


def let_manager_see(choices: Mapping[tuple[int, int], bool]) -> None:
    """Learners decide whether their manager sees that it is there, never what is talked about: (guidance, learner)."""
    rows = own(choices)
    if any(rows[guidance_id].learner_id != by for guidance_id, by in choices):
        raise NotFound(queries.NOT_THERE)
    ids = array(guidance_id for guidance_id, _ in choices)
    db.session.execute(_SHARE, {"ids": ids, "shared": array(choices.values())})
