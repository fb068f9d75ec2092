"""Half a year in which Waterveld's people learn from each other, through the actions of real use.

Who can help with what, who guides whom and how far they are, and one mentor programme with pairs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from app.db import transaction
from app.demo.company import SEED, Colleague, read
from app.errors import Refused
from app.guidance import actions, ending, meetings, pairs
from app.guidance.rules import NewGuidance
from app.outbox import settle

NOOR = "Noor Hendriks"
# In guiding.json. Offers: who, how, with which skills, what they say of it. Together: kind, guide, learner, skill, what
# for, how many days ago it began, meetings a month, minutes, how it stands.
MENTORS, MENTEES = 8, 11


def guide(everybody: Sequence[Colleague], ids: Mapping[str, int], skills: Mapping[str, int], now: datetime,
          zone: ZoneInfo) -> int:  # fmt: skip
    """All of it; returns how many meetings were held. Each relation in a transaction of its own."""
    by = {person.name: ids[person.external_id] for person in everybody}
    written = read("guiding.json")
    for name, kinds, slugs, line in written["offers"]:
        if name in by:
            lang = "en" if line.startswith("Ask ") else "nl"
            offer = actions.Offer(
                kinds=kinds, skills=[skills[s] for s in slugs], line=line, lang=lang, guests=3
            )
            with transaction():
                actions.help_with({by[name]: offer}, at=now - timedelta(days=100))
                settle(now)
    held = 0
    for row in written["together"]:
        if row[1] in by and row[2] in by:
            held += _together(row, by, skills, now, zone)
    return held + _programme(everybody, by, skills, now, zone)


def _together(
    row: Any, by: Mapping[str, int], skills: Mapping[str, int], now: datetime, zone: ZoneInfo
) -> int:
    kind, guide_name, learner_name, skill, purpose, days, many, minutes, state = row
    guide_id, learner_id = by[guide_name], by[learner_name]
    began = now - timedelta(days=days)
    item = NewGuidance(
        kind=kind, by_id=learner_id, with_id=guide_id, side="learner", skills=(skills[skill],), purpose=purpose,
        planned_from=began.date(), planned_to=(began + timedelta(days=150)).date(),
    )  # fmt: skip
    with transaction():
        (made,) = actions.propose([item], at=began)
        if state == "declined":
            words = "Nu even te druk. Na de zomer graag."
            _answer(made, guide_id, "no", words, began)
        elif state != "asked":
            _answer(made, guide_id, "yes", "Leuk, ik kijk ernaar uit.", began)
        settle(began)
    held = _meet(made, guide_id, learner_id, days, many, minutes, now, zone, open_last=state == "running")
    if state in ("finished", "ending", "stopped"):
        with transaction():
            (ending.stop if state == "stopped" else ending.finish)([(made, learner_id)], at=now)
            if state == "finished":
                ending.finish([(made, guide_id)], at=now)
            settle(now)
    if learner_name == NOOR and state == "running":
        with transaction():
            actions.let_manager_see({(made, learner_id): True})
            settle(now)
    return held


def _answer(made: int, by: int, answer: str, words: str, at: datetime) -> None:
    actions.respond([actions.Answer(guidance_id=made, by=by, answer=answer, words=words)], at=at)


def _meet(
    made: int, guide_id: int, learner_id: int, days: int, many: int, minutes: int, now: datetime,
    zone: ZoneInfo, *, open_last: bool,
) -> int:  # fmt: skip
    """Meetings over the time so far, on workdays; the last one waits to be confirmed."""
    dice = Random(f"{SEED} meetings {made}")
    number = max(1, many * days // 30) if many else 0
    held = 0
    for place in range(number):
        day = (now - timedelta(days=days - 1 - place * (days - 3) // max(1, number))).astimezone(zone).date()
        day -= timedelta(days=max(0, day.weekday() - 4))
        starts = datetime.combine(day, time(8 + made * 3 % 8, dice.choice((0, 30))), zone)
        ends = starts + timedelta(minutes=minutes)
        by, other = (guide_id, learner_id) if place % 2 else (learner_id, guide_id)
        with transaction():
            at = min(now, ends + timedelta(hours=20))
            held += _one(made, by, other, starts, minutes, at, waits=open_last and place == number - 1)
            settle(at)
    return held


def _one(made: int, by: int, other: int, starts: datetime, minutes: int, at: datetime, *, waits: bool) -> int:
    """Record one; where somebody is elsewhere at that hour, they did not meet."""
    try:
        met = meetings.Met(guidance_id=made, by=by, starts_at=starts, minutes=minutes)
        (meeting,) = meetings.record([met], at=at)
    except Refused:
        return 0
    if not waits:
        meetings.confirm([meetings.Word(guidance_id=made, meeting_id=meeting, by=other)], at=at)
    return 1


def _programme(everybody: Sequence[Colleague], by: Mapping[str, int], skills: Mapping[str, int], now: datetime,
               zone: ZoneInfo) -> int:  # fmt: skip
    """One programme: six pairs that meet, one that is proposed, and a few who look for a mentor."""
    dice = Random(f"{SEED} mentors")
    some = [
        person
        for person in everybody
        if person.name in by and person.name not in {row[1] for row in read("guiding.json")["together"]}
    ]
    chosen = dice.sample(some, min(MENTORS + MENTEES, len(some) // 2 * 2))
    mentors, mentees = chosen[:MENTORS], chosen[MENTORS:]
    began, roots = (
        now - timedelta(days=84),
        [skills[s] for s in ("conversations", "working-smarter", "craft")],
    )
    with transaction():
        (made,) = pairs.make([_written(began, roots)], by=None, at=began)
        places = [
            _place(made, by[one.name], "mentor" if one in mentors else "mentee", dice.sample(roots, 2))
            for one in chosen
        ]
        pairs.take_part(places, at=began)
        settle(began)
    held = 0
    for place, (mentor, mentee) in enumerate(zip(mentors[:7], mentees, strict=False)):
        one, other = by[mentor.name], by[mentee.name]
        with transaction():
            new = pairs.NewPair(programme_id=made, mentor_id=one, mentee_id=other)
            (pair,) = pairs.propose([new], by=None, at=began)
            yes = [
                pairs.Answer(pair_id=pair, person_id=who, yes=True)
                for who in ((one, other) if place < 6 else (one,))
            ]
            begun = pairs.say(yes, at=began)[-1]
            settle(began)
        if begun:
            held += _meet(begun, one, other, 80 - place, 2, 60, now, zone, open_last=False)
    return held


def _place(programme_id: int, person_id: int, role: str, skills: Sequence[int]) -> pairs.Place:
    wish = "Iemand die anders kijkt dan ik." if role == "mentee" else "Ik leer er zelf ook van."
    return pairs.Place(programme_id=programme_id, person_id=person_id, role=role, skills=skills, wish=wish)


def _written(began: datetime, roots: Sequence[int]) -> pairs.Programme:
    return pairs.Programme(
        name={"nl": "Kijk eens anders", "en": "Look again"},
        about={
            "nl": "Een half jaar lang elke maand een gesprek met iemand van een ander team.",
            "en": "For half a year, a talk a month with somebody from another team.",
        },
        starts_on=began.date(),
        ends_on=(began + timedelta(days=183)).date(),
        skills=list(roots),
        most=2,
        once="demo-mentoring",
    )
