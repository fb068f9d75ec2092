"""The learning of half a year: courses that a platform reports, workshops in groups, learning at work that
somebody confirms. Pure; fills the calendar."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from app.demo.company import SEED, Colleague, read
from app.demo.days import DAYS, Calendar, Done, Offer, Told, Word

REPORTED = ("course", "workshop", "article")  # the rest people log themselves
PER_PERSON = 8.5
GROUP = 11  # people in a session, of a company of 240
STAYS_OPEN = 4  # days that a log waits at most, but for those of the last days

# What people of a department lean to, by the root of a skill.
LEANING: Mapping[str, Mapping[str, float]] = {
    "Distributie": {
        "craft": 6, "safety": 3, "improvement": 2, "customer": 1.5, "water-quality": 1.5,
        "leading-coaching": 1, "data-digital": 0.8, "sustainability": 0.6,
    },
    "Productie": {
        "craft": 5, "water-quality": 3, "safety": 2, "improvement": 2, "data-digital": 1.5,
        "sustainability": 1.5, "leading-coaching": 1, "customer": 0.3,
    },
    "Laboratorium": {
        "water-quality": 7, "improvement": 2, "data-digital": 1.5, "leading-coaching": 1, "safety": 1,
        "sustainability": 0.8, "customer": 0.5,
    },
    "Klantcontact": {
        "customer": 6, "leading-coaching": 3, "improvement": 2.5, "data-digital": 1, "sustainability": 0.8,
        "water-quality": 0.5, "safety": 0.5,
    },
    "Techniek en projecten": {
        "craft": 3, "safety": 2.5, "customer": 2, "sustainability": 2, "leading-coaching": 1.5,
        "improvement": 1.5, "data-digital": 1,
    },
    "Data en digitaal": {
        "data-digital": 7, "improvement": 2.5, "customer": 1.5, "leading-coaching": 1.5, "craft": 0.8,
        "water-quality": 0.6, "safety": 0.4,
    },
    "Mens en organisatie": {
        "leading-coaching": 5, "improvement": 3, "customer": 2.5, "data-digital": 1.2, "sustainability": 1,
        "water-quality": 0.4,
    },
}  # fmt: skip
_OUTSIDE = ("Distributie", "Techniek en projecten")
ONLY: Mapping[str, tuple[str, ...]] = {
    "valve-round": ("Distributie",),
    "filter-backwash": ("Productie",),
    "night-shift-coach": ("Distributie", "Productie"),
    "sampling-round": ("Laboratorium", "Distributie", "Productie"),
    "confined-spaces": ("Distributie", "Productie", "Techniek en projecten"),
    "site-safety": ("Distributie", "Productie", "Techniek en projecten"),
    "listening-for-leaks": ("Distributie",),
    "forty-counts": _OUTSIDE,
    "valves-handbook": _OUTSIDE,
    "pressure-flow-check": _OUTSIDE,
    "pressure-surges": _OUTSIDE,
    "outage-on-screen": (*_OUTSIDE, "Klantcontact"),
    "map-and-street": (*_OUTSIDE, "Data en digitaal"),
    "week-at-the-works": ("Klantcontact", "Data en digitaal", "Mens en organisatie", "Laboratorium"),
    "drinking-water-microbiology": ("Laboratorium", "Productie", "Distributie"),
}
LIKED: Mapping[str, float] = {
    "course": 1.1, "article": 1.5, "on_the_job": 2.4, "coaching": 0.5, "mentoring": 0.35, "rotation": 0.12,
}  # fmt: skip
SELDOM: Mapping[str, float] = {"improvement-board": 0.25, "toolbox-talk": 0.5, "at-the-phones": 0.5}
LIVELY: Mapping[str, float] = {"Distributie": 1.25, "Laboratorium": 1.15, "Data en digitaal": 1.1}
# Together on one day, every so many weeks.
SESSIONS: Mapping[str, int] = {
    "first-aid-refresher": 2, "difficult-conversations": 4, "asking-feedback": 5, "confined-spaces": 6,
    "emergency-exercise": 9, "emergency-water": 7, "listening-for-leaks": 6, "english-on-site": 8,
    "plain-words": 6, "site-safety": 7, "rain-to-well": 7, "sensor-to-screen": 9, "pumps-and-moods": 7,
    "drinking-water-microbiology": 12,
}  # fmt: skip
CAMPAIGNS = {
    "hygienic-working": 112,
    "information-security": 48,
}  # days ago, when all are asked for the refresher
PATH = ("pressure-surges", "valves-handbook", "forty-counts", "pressure-flow-check", "outage-on-screen")
NOT_YET = {
    "nl": "Volgens mij was dit vorige maand. Log je hem nog eens met de goede datum?",
    "en": "I think this was last month. Could you log it again with the right date?",
}


def fill(calendar: Calendar, but: str) -> None:
    """All learning, but that of one person whose story is written."""
    people = [person for person in calendar.people if person.name != but]
    sessions(calendar, people)
    campaigns(calendar, people)
    together(calendar, people)
    for person in people:
        alone(calendar, person)
    own(calendar, people)


def suits(person: Colleague, offer: Offer) -> float:
    """How much this offer is for this person."""
    if offer.slug in ONLY and person.department not in ONLY[offer.slug]:
        return 0.0
    if (
        offer.slug in ("valve-round", "filter-backwash", "sampling-round", "night-shift-coach")
        and not person.shifts
    ):
        return 0.15
    return LEANING[person.department].get(offer.root, 0.2)


def sessions(calendar: Calendar, people: Sequence[Colleague]) -> None:
    """Workshops and courses in a room: a group on one afternoon."""
    size = max(3, round(GROUP * len(people) / 240))
    for slug, weeks in SESSIONS.items():
        offer = calendar.offers[slug]
        dice = Random(f"{SEED} session {slug}")
        for days in range(DAYS - dice.randrange(7 * weeks), 0, -7 * weeks):
            day = calendar.workday_ago(days)
            weights = [suits(p, offer) * calendar.weight(p, day) * (0.3 + p.eagerness) for p in people]
            if day not in calendar.days or sum(weights) == 0:
                continue
            for person in {p.external_id: p for p in dice.choices(people, weights, k=size)}.values():
                report(calendar, person, offer, day, 16.5)


def campaigns(calendar: Calendar, people: Sequence[Colleague]) -> None:
    """The yearly refreshers: most within weeks of being asked, some late, a few not yet."""
    for slug, days in CAMPAIGNS.items():
        dice = Random(f"{SEED} campaign {slug}")
        for person in people:
            late = min(days - 2, int(dice.expovariate(1 / 16)))
            if dice.random() < 0.88:
                report(
                    calendar,
                    person,
                    calendar.offers[slug],
                    calendar.workday_ago(days - late),
                    8 + 8 * dice.random(),
                )


def together(calendar: Calendar, people: Sequence[Colleague]) -> None:
    """Some crews outside did the whole path about pressure and valves."""
    dice = Random(f"{SEED} path")
    crew = [
        p
        for p in people
        if p.department in _OUTSIDE and p.name not in ("Samir El Amrani", "Joost van der Meer")
    ]
    for person in dice.sample(crew, len(crew) // 7):
        for slug, day in zip(PATH, sorted(calendar.work_days(person, dice, len(PATH))), strict=False):
            report(calendar, person, calendar.offers[slug], day, 9 + 7 * dice.random())


def alone(calendar: Calendar, person: Colleague) -> None:
    """What one person does at the own pace."""
    dice = Random(f"{SEED} alone {person.external_id}")
    expected = PER_PERSON * person.eagerness * LIVELY.get(person.department, 1.0)
    choice = [o for o in calendar.offers.values() if not o.mandatory and o.slug not in SESSIONS]
    if not person.written:
        choice = [offer for offer in choice if offer.kind in REPORTED]
    weights = [suits(person, offer) * LIKED[offer.kind] * SELDOM.get(offer.slug, 1) for offer in choice]
    for day in sorted(calendar.work_days(person, dice, min(24, round(dice.gauss(expected, expected / 5))))):
        offer = dice.choices(choice, weights)[0]
        if offer.kind in REPORTED:
            report(calendar, person, offer, day, 8 + 9 * dice.random(), dice)
        else:
            tell(calendar, person, offer, day, dice)


def report(
    calendar: Calendar, person: Colleague, offer: Offer, day: date, hour: float, dice: Random | None = None
) -> None:
    """A platform, or who led the workshop, says that it is finished."""
    if calendar.take(person.external_id, offer, day):
        score = round(0.6 + 0.4 * dice.random(), 2) if dice and offer.kind == "course" else None
        calendar.days[day].done.append(Done(person.external_id, offer.slug, calendar.at(day, hour), score))


def tell(calendar: Calendar, person: Colleague, offer: Offer, day: date, dice: Random) -> None:
    """The person logs it, on the day or some days later; a manager or colleague gives the word."""
    if not calendar.take(person.external_id, offer, day):
        return
    logged = min(day + timedelta(days=dice.choice((0, 0, 0, 1, 2))), calendar.ago(1))
    confirmer = _confirmer(calendar, person, dice)
    if confirmer == "":
        return
    note = _note(offer.slug, person.language, dice)
    told = Told(calendar.next_log(), person.external_id, offer.slug, day, note, confirmer)
    calendar.days[logged].told.append(told)
    _decide(calendar, told, logged, dice)


def _decide(calendar: Calendar, told: Told, logged: date, dice: Random) -> None:
    decided = logged + timedelta(days=dice.choice((0, 0, 1, 1, 2, 3, STAYS_OPEN)))
    declined = dice.random() < 0.015 and told.own is None
    if decided >= calendar.today:
        return
    language = calendar.by_id[told.confirmer].language if told.confirmer else "nl"
    calendar.days[decided].words.append(Word(told.key, not declined, NOT_YET[language] if declined else ""))


def _confirmer(calendar: Calendar, person: Colleague, dice: Random) -> str | None:
    """None is the own manager; "" when there is nobody."""
    if person.manager_external_id and dice.random() < 0.65:
        return None
    mates = [p for p in calendar.here.values() if (p.department, p.team) == (person.department, person.team)]
    mates = [p for p in mates if p.external_id != person.external_id]
    if mates:
        return dice.choice(mates).external_id
    return None if person.manager_external_id else ""


def _note(slug: str, language: str, dice: Random) -> str:
    thanks = read("thanks.json")
    line: str = dice.choice(thanks["notes"][slug][language])
    return line.format(street=dice.choice(thanks["streets"]), town=dice.choice(thanks["towns"]))


def own(calendar: Calendar, people: Sequence[Colleague]) -> None:
    """What no catalogue has: people find their own ways to learn."""
    for place, found in enumerate(read("thanks.json")["own"]):
        dice = Random(f"{SEED} own {place}")
        might = [p for p in people if p.written and p.shifts and p.language == found["lang"]]
        if might:
            person = dice.choice(might)
            for day in calendar.work_days(person, dice, 1):
                log_own(calendar, person, found, day, dice)


def log_own(calendar: Calendar, person: Colleague, found: Mapping[str, Any], day: date, dice: Random) -> None:
    told = Told(calendar.next_log(), person.external_id, None, day, found["note"], None, found)
    calendar.days[day].told.append(told)
    _decide(calendar, told, day, dice)
