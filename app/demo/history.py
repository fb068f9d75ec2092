"""Half a year of Waterveld, day by day: what is planned, the story of Noor, and what is fresh today. Pure.

The same people and the same moment give the same history. `play.py` carries it out through the actions of
real use.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.demo import learning, sharing
from app.demo.company import SEED, Colleague
from app.demo.days import Calendar, Day, Told, Word

NOOR = "Noor Hendriks"


def history(people: Sequence[Colleague], now: datetime, zone: ZoneInfo) -> list[Day]:
    """The days of half a year up to yesterday, and what of today has happened by now."""
    calendar = Calendar(people, now, zone)
    noor(calendar)
    waiting(calendar)
    learning.fill(calendar, but=NOOR)
    sharing.share(calendar)
    sharing.thank(calendar)
    today(calendar)
    return [calendar.days[day] for day in sorted(calendar.days)]


def noor(calendar: Calendar) -> None:
    """Noor's half year. The five activities of Moodle are not in it: they come with her statements."""
    who = calendar.here[NOOR]
    dice = Random(f"{SEED} {NOOR}")
    for slug, days, hour in (
        ("trusting-measurements", 150, 15.0),
        ("difficult-conversations", 131, 16.5),
        ("hygienic-working", 118, 10.0),
        ("emergency-water", 105, 16.0),
        ("first-aid-refresher", 70, 16.5),
        ("lime-and-iron", 64, 20.0),
        ("information-security", 45, 9.0),
    ):
        learning.report(calendar, who, calendar.offers[slug], calendar.workday_ago(days), hour, dice)
    months = _month_starts(calendar.today)
    sure(
        calendar,
        who,
        "weeks-at-sampling",
        calendar.workday_ago(80),
        "Tom Okafor",
        "Drie weken, veertien ochtenden voor zessen op. Ik kijk anders naar een kraan.",
    )
    for start, day in ((months[3], 12), (months[2], 11), (months[1], 12)):
        note = (
            "Met Fatma gelopen. Zij vroeg, ik dacht." if day == 12 else "Wijk rond de school, 26 afsluiters."
        )
        sure(calendar, who, "valve-round", start + timedelta(days=day - 1), "Fatma Yıldız", note)
    for start, day in ((months[4], 18), (months[2], 20)):
        sure(
            calendar,
            who,
            "sampling-round",
            start + timedelta(days=day - 1),
            "Dewi Pattinama",
            "Twaalf adressen, alles koel en op tijd.",
        )


def sure(calendar: Calendar, who: Colleague, slug: str, day: date, confirmer: str, note: str) -> None:
    """A log that is confirmed the day after."""
    if day not in calendar.days or day + timedelta(days=1) >= calendar.today:
        return
    by = calendar.here.get(confirmer)
    if calendar.take(who.external_id, calendar.offers[slug], day):
        told = Told(calendar.next_log(), who.external_id, slug, day, note, by.external_id if by else None)
        calendar.days[day].told.append(told)
        calendar.days[day + timedelta(days=1)].words.append(Word(told.key))


def _month_starts(today: date) -> list[date]:
    """The first day of this month, of the one before, and so on."""
    starts = [today.replace(day=1)]
    for _ in range(5):
        starts.append((starts[-1] - timedelta(days=1)).replace(day=1))
    return starts


# Who logged what, how many days ago, who is asked to confirm it, and what the log says.
WAITING = (
    (
        "Samir El Amrani",
        "toolbox-talk",
        2,
        "Maaike Postma",
        "Over tempo bij het sluiten. Aan het eind telde iedereen hardop mee.",
    ),
    (
        "Mehmet Aydın",
        "valve-round",
        1,
        "Maaike Postma",
        "Rond de Parklaan, 22 afsluiters. Eén wilde niet, die heb ik laten zitten en gemeld.",
    ),
    (
        "Annemiek Kok",
        "at-the-phones",
        1,
        "Maaike Postma",
        "Een ochtend naast Latifa. Elf van de veertien vroegen: wanneer?",
    ),
    (
        "Esther Wolters",
        "improvement-board",
        0,
        "Maaike Postma",
        "Vier weken bij het bord. De sleutels hangen nu per wijk.",
    ),
    (
        "Bilal Ouali",
        "sampling-round",
        1,
        "Noor Hendriks",
        "Mijn eerste ronde als leider. Noor reed mee en hield haar mond.",
    ),
)


def waiting(calendar: Calendar) -> None:
    """What waits today for Noor's manager, and for Noor herself."""
    for name, slug, days, confirmer, note in WAITING:
        who, by = calendar.here.get(name), calendar.here.get(confirmer)
        day = calendar.ago(days)
        if who and by and calendar.take(who.external_id, calendar.offers[slug], day):
            told = Told(calendar.next_log(), who.external_id, slug, day, note, by.external_id)
            calendar.days[day].told.append(told)


def today(calendar: Calendar) -> None:
    """Something has just happened when one looks in."""
    dice = Random(f"{SEED} today")
    crew = [
        p
        for p in calendar.people
        if p.department == "Distributie" and p.name != NOOR and p.name in calendar.here
    ]
    for person in dice.sample(crew, min(5, len(crew))):
        slug = dice.choice(("without-chlorine", "trusting-measurements", "first-dashboard", "map-and-street"))
        learning.report(calendar, person, calendar.offers[slug], calendar.today, 15 + 4 * dice.random(), dice)
