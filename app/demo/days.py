"""What can happen on a day of the demo, and its calendar: seasons, leave, what is taken. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from app.activities.rules import edition_of
from app.demo.company import SEED, Colleague, by_name, read

DAYS = 183


@dataclass(frozen=True, slots=True)
class Done:
    """A platform or the leader of a workshop reports that somebody finished something."""

    who: str
    activity: str
    at: datetime
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody logs own learning; `key` names the log within the plan. `own` is what no catalogue has."""

    key: int
    who: str
    activity: str | None
    on: date
    note: str = ""
    confirmer: str | None = None
    own: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """The confirmer decides on a log."""

    key: int
    confirm: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A lesson is shared; `key` is its place in the file."""

    key: int
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Apply:
    """A colleague applies the lesson of that key."""

    key: int
    who: str
    how: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Thanks:
    """`visible` is what each receiver chooses afterwards; `back` are those who say thanks back. With `team` it is
    for all of it, and `to` names them."""

    who: str
    to: tuple[str, ...]
    text: str
    lang: str
    skill: str
    at: datetime
    visible: tuple[str, ...]
    back: tuple[str, ...] = ()
    team: str = ""


@dataclass(slots=True)
class Day:
    """All that happens on one day."""

    on: date
    done: list[Done] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    shared: list[Share] = field(default_factory=list)
    applied: list[Apply] = field(default_factory=list)
    thanks: list[Thanks] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.done, self.told, self.words, self.shared, self.applied, self.thanks))


@dataclass(frozen=True, slots=True)
class Offer:
    """An activity of the catalogue, as the plan needs it."""

    slug: str
    kind: str
    repeats: str | None
    root: str
    mandatory: bool


def offers() -> dict[str, Offer]:
    """The activities of the catalogue, each with the root of its first skill."""
    catalogue = read("catalogue.json")
    parent = {skill["slug"]: skill["parent"] for skill in catalogue["skills"]}
    found = {}
    for activity in catalogue["activities"]:
        root = activity["skills"][0]
        while parent[root]:
            root = parent[root]
        found[activity["slug"]] = Offer(
            activity["slug"], activity["kind"], activity["repeats"], root, activity["mandatory"]
        )
    return found


class Calendar:
    """The days of the plan, filled from all sides, and what must stay unique across them.

    Days are counted back from today; today's own events happen in the hours before `now`.
    """

    def __init__(self, people: Sequence[Colleague], now: datetime, zone: ZoneInfo) -> None:
        self.people, self.zone, self.now = list(people), zone, now.astimezone(zone)
        self.today = self.now.date()
        self.here = by_name(people)
        self.by_id = {person.external_id: person for person in people}
        self.days = {day: Day(day) for n in range(DAYS, -1, -1) if (day := self.ago(n))}
        self.offers = offers()
        self._taken: set[tuple[str, str, str]] = set()
        self._logs = 0
        self._leave = {person.external_id: list(_leave(person, self.today)) for person in people}
        self._season = {day: season(day) for day in self.days}

    def ago(self, days: int) -> date:
        """The day so many days before today."""
        return self.today - timedelta(days=days)

    def workday_ago(self, days: int) -> date:
        """The same, or the Friday before when that is a weekend; today is today."""
        day = self.ago(days)
        return day - timedelta(days=max(0, day.weekday() - 4) if days else 0)

    def at(self, day: date, hour: float) -> datetime:
        """A moment of a day, by the clock on the wall; of today a moment just past, in the same order."""
        moment = datetime.combine(day, time(int(hour), int(hour % 1 * 60)), self.zone)
        if day < self.today:
            return moment
        return self.now - timedelta(minutes=5 + 15 * (24 - hour))

    def weight(self, person: Colleague, day: date) -> float:
        """How likely this person does something on that day; 0 when on leave or free."""
        if any(start <= day <= end for start, end in self._leave[person.external_id]):
            return 0.0
        if day.weekday() > 4:
            return 0.25 * self._season[day] if person.shifts else 0.0
        return self._season[day]

    def work_days(self, person: Colleague, dice: Random, count: int) -> list[date]:
        """So many days, drawn by season and leave, and by this person's own busy and quiet weeks."""
        pulse: dict[tuple[int, int], float] = {}
        weights = []
        for day in self.days:
            week = day.isocalendar()[:2]
            if week not in pulse:
                pulse[week] = dice.choice((0.15, 0.6, 1.0, 1.0, 2.5))
            weights.append(self.weight(person, day) * pulse[week] if day < self.today else 0.0)
        return dice.choices(list(self.days), weights, k=count) if any(weights) else []

    def take(self, who: str, offer: Offer, day: date) -> bool:
        """Whether this edition is still open for this person; asking takes it."""
        key = (who, offer.slug, edition_of(offer, self.at(day, 12), self.zone))
        if key in self._taken:
            return False
        self._taken.add(key)
        return True

    def next_log(self) -> int:
        self._logs += 1
        return self._logs


def season(day: date) -> float:
    """How busy learning is: quiet in the holidays, lively in spring and autumn, less on Fridays."""
    month_day = (day.month, day.day)
    quiet = 1.0
    if (7, 11) <= month_day <= (8, 23):
        quiet = 0.35
    elif month_day >= (12, 20) or month_day <= (1, 3):
        quiet = 0.12
    elif (
        (10, 17) <= month_day <= (10, 25) or (2, 14) <= month_day <= (2, 22) or (4, 25) <= month_day <= (5, 5)
    ):
        quiet = 0.6
    elif day.month in (9, 10, 11):
        quiet = 1.2
    return quiet * (0.9, 1.1, 1.0, 1.15, 0.7, 1.0, 1.0)[day.weekday()]


def _leave(person: Colleague, today: date) -> Iterator[tuple[date, date]]:
    """Two or three weeks in summer, and one week somewhere else."""
    dice = Random(f"{SEED} leave {person.external_id}")
    for year in (today.year - 1, today.year):
        start = date(year, 7, 6) + timedelta(days=7 * dice.randrange(7))
        yield start, start + timedelta(days=dice.choice((13, 20, 20)))
    start = today - timedelta(days=dice.randrange(20, DAYS))
    yield start, start + timedelta(days=6)
