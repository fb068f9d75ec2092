"""How much a thing is worth, how caps fill, and how entries move the windows of a totals row. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from badges.facts import BEFORE

WINDOWS = ("week", "month", "quarter", "year")
REASONS = (
    "earned", "badge", "cap_day", "cap_week", "mandatory", "worthless", "retroactive", "history", "reversal",
)  # fmt: skip


class BadRules(ValueError):
    """The point rules of a catalogue cannot be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Of one kind: points each, per hour of effort, and at most so many a day and a week."""

    points: int = 0
    per_hour: float = 0.0
    cap_day: int | None = None
    cap_week: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rules. `activities` overrules the kind; mandatory ones earn only if `mandatory`."""

    id: int
    valid_from: datetime
    kinds: Mapping[str, Worth]
    activities: Mapping[int, int]
    mandatory: bool


class Moment(NamedTuple):
    """When something counts: its local day, and the keys of its windows."""

    day: date
    week: str
    month: str
    quarter: str
    year: str


class Thing(NamedTuple):
    """What is counted, in the order of happening."""

    at: datetime
    source: str
    fact_id: int
    kind: str
    activity_id: int | None
    activity_kind: str | None
    mandatory: bool
    hours: float | None
    lineage: tuple[int, ...]
    weight: float = 1.0


KINDS = ("course", "workshop", "coaching", "mentoring", "on_the_job", "rotation", "article",
         "lesson_shared", "lesson_applied", "kudos_received", "feedback_helped", "use_told", "guided",
         "recognised", "goal_reached", "programme_completed")  # fmt: skip
NONE: Mapping[str, Any] = {"kinds": {}, "activities": {}, "mandatory": False}  # before the first version
LIMITS = {"points": 10_000, "per_hour": 1_000, "cap_day": 100_000, "cap_week": 100_000}


def check(data: object, activities: Mapping[str, int]) -> dict[str, Any]:
    """Check the `points` of a catalogue and put ids for the slugs of activities; refuse what is not understood."""
    if not isinstance(data, dict) or set(data) - {"kinds", "activities", "mandatory"}:
        raise BadRules("points: must have kinds, activities, mandatory, and nothing else")
    kinds, own, mandatory = data.get("kinds", {}), data.get("activities", {}), data.get("mandatory", False)
    if not isinstance(kinds, dict) or not isinstance(own, dict):
        raise BadRules("points: kinds and activities must be objects")
    for kind, worth in kinds.items():
        _check_kind(kind, worth)
    found = {}
    for slug, points in own.items():
        if slug not in activities:
            raise BadRules(f"points.activities: there is no activity {slug!r}")
        _check_number(points, LIMITS["points"], f"points.activities.{slug}")
        found[str(activities[slug])] = points
    if not isinstance(mandatory, bool):
        raise BadRules("points.mandatory: must be true or false")
    return {"kinds": kinds, "activities": found, "mandatory": mandatory}


def _check_kind(kind: str, worth: object) -> None:
    if kind not in KINDS:
        raise BadRules(f"points.kinds.{kind}: is not a kind; known are {', '.join(KINDS)}")
    if not isinstance(worth, dict) or set(worth) - set(LIMITS):
        raise BadRules(f"points.kinds.{kind}: known are {', '.join(LIMITS)}")
    for key, value in worth.items():
        _check_number(value, LIMITS[key], f"points.kinds.{kind}.{key}", whole=key != "per_hour")


def _check_number(value: object, most: int, where: str, *, whole: bool = True) -> None:
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= most:  # type: ignore[operator]
        raise BadRules(f"{where}: must be a {'whole ' if whole else ''}number from 0 to {most}")


def read(id: int, valid_from: datetime, data: Mapping[str, Any]) -> Rules:
    """The rules of one stored version."""
    return Rules(
        id,
        valid_from,
        {kind: Worth(**worth) for kind, worth in data["kinds"].items()},
        {int(activity): points for activity, points in data["activities"].items()},
        data["mandatory"],
    )


def in_force(versions: Sequence[Rules], at: datetime) -> Rules | None:
    """The version in force when it happened; before the first one, the first one."""
    found = versions[0] if versions else None
    for version in versions:
        if version.valid_from <= at:
            found = version
    return found


def kind_of(thing: Thing) -> str:
    """The kind under which it is worth something and is capped."""
    return thing.activity_kind or thing.kind if thing.kind == "completed" else thing.kind


def worth(rules: Rules, thing: Thing) -> tuple[int, str]:
    """Points before caps, and why."""
    if thing.source.startswith(BEFORE):
        return 0, "history"
    if thing.mandatory and not rules.mandatory:
        return 0, "mandatory"
    if thing.kind == "completed" and thing.activity_id is not None and thing.activity_id in rules.activities:
        return rules.activities[thing.activity_id], "earned"
    per = rules.kinds.get(kind_of(thing))
    if per is None:
        return 0, "worthless"
    points = int((per.points + per.per_hour * (thing.hours or 0)) * thing.weight + 0.5)
    return points, "earned" if points else "worthless"


@dataclass(slots=True)
class Used:
    """What one kind has earned on the latest day and in the latest week."""

    day: str = ""
    on_day: int = 0
    week: str = ""
    in_week: int = 0

    def take(self, points: int, when: Moment, cap: Worth) -> tuple[int, str]:
        """So many of these points still fit, and why not more. Called in the order of happening."""
        if self.day != when.day.isoformat():
            self.day, self.on_day = when.day.isoformat(), 0
        if self.week != when.week:
            self.week, self.in_week = when.week, 0
        fits, reason = points, "earned"
        if cap.cap_day is not None and cap.cap_day - self.on_day < fits:
            fits, reason = max(0, cap.cap_day - self.on_day), "cap_day"
        if cap.cap_week is not None and cap.cap_week - self.in_week < fits:
            fits, reason = max(0, cap.cap_week - self.in_week), "cap_week"
        self.on_day += fits
        self.in_week += fits
        return fits, reason


def capped(rules: Rules, kind: str) -> Worth | None:
    """The cap of a kind, if it has one."""
    per = rules.kinds.get(kind)
    return per if per and (per.cap_day is not None or per.cap_week is not None) else None


class Closed(NamedTuple):
    """What is added to a window that is no longer the current one of a row."""

    window: str
    points: int
    kudos: int
    late: bool


def add(row: dict[str, Any], when: Moment, points: int, is_kudos: bool) -> list[Closed]:
    """Add points to the windows of a totals row; return what belongs to closed windows.

    A row has the latest window of each kind; a later one closes it, an earlier one is corrected behind it.
    """
    kudos = points if is_kudos else 0
    closed = []
    for window, key in zip(WINDOWS, when[1:], strict=True):
        key_name, kudos_name = f"{window}_key", f"{window}_kudos"
        if row[key_name] == key:
            row[window] += points
            row[kudos_name] += kudos
        elif row[key_name] < key:
            if row[window] or row[kudos_name]:
                closed.append(Closed(row[key_name], row[window], row[kudos_name], False))
            row[key_name], row[window], row[kudos_name] = key, points, kudos
        else:
            closed.append(Closed(key, points, kudos, True))
    row["all_time"] += points
    row["all_time_kudos"] += kudos
    return closed


def merge(closed: Iterable[tuple[int, int, Closed]]) -> dict[tuple[int, int, str], tuple[int, int, bool]]:
    """Sum what is added per person, skill (0 is the total) and window."""
    found: dict[tuple[int, int, str], tuple[int, int, bool]] = {}
    for person_id, skill_id, (window, points, kudos, late) in closed:
        was = found.get((person_id, skill_id, window), (0, 0, False))
        found[(person_id, skill_id, window)] = (was[0] + points, was[1] + kudos, was[2] or late)
    return found


# What other rules would have done -------------------------------------------------------------------------

FEWEST = 5  # smaller groups of people are not told


def too_few(people: int) -> bool:
    """Some, and so few that a colleague would know who."""
    return 0 < people < FEWEST


@dataclass(slots=True)
class Kind:
    """Of one kind in a month: what it earned, what it would have earned, and of how many people."""

    before: int = 0
    after: int = 0
    people: int = 0

    @property
    def shown(self) -> bool:
        """Of so many people that nobody is known by it."""
        return self.people >= FEWEST


@dataclass(slots=True)
class Preview:
    """What other rules would have done: per kind, and how many people would have had more or less."""

    kinds: dict[str, Kind]
    more: int = 0
    less: int = 0
    same: int = 0

    @property
    def before(self) -> int:
        return sum(kind.before for kind in self.kinds.values())

    @property
    def after(self) -> int:
        return sum(kind.after for kind in self.kinds.values())


def preview(
    days: Iterable[tuple[int, Thing]],
    now: Rules | None,
    then: Rules,
    when: Callable[[datetime], Moment],
    since: datetime,
) -> Preview:
    """Count the same things under both rules. `days` comes by person, in the order of happening.

    What happened before `since` fills the caps of a week that began earlier, and counts for nothing else.
    """
    found = Preview({})
    for _, person in groupby(days, key=lambda one: one[0]):
        things = [thing for _, thing in person]
        before = _earned(things, now, when, since) if now else {}
        after = _earned(things, then, when, since)
        for kind in {kind_of(thing) for thing in things if thing.at >= since}:
            told = found.kinds.setdefault(kind, Kind())
            told.before += before.get(kind, 0)
            told.after += after.get(kind, 0)
            told.people += 1
        change = sum(after.values()) - sum(before.values())
        found.more += change > 0
        found.less += change < 0
        found.same += change == 0 and any(thing.at >= since for thing in things)
    return found


def _earned(
    things: Sequence[Thing], rules: Rules, when: Callable[[datetime], Moment], since: datetime
) -> dict[str, int]:
    """What each kind earns under these rules alone, caps filled in the order of happening."""
    used: dict[str, Used] = {}
    found: dict[str, int] = {}
    for thing in things:
        points, _ = worth(rules, thing)
        kind = kind_of(thing)
        cap = capped(rules, kind) if points else None
        if cap:
            points, _ = used.setdefault(kind, Used()).take(points, when(thing.at), cap)
        if thing.at >= since:
            found[kind] = found.get(kind, 0) + points
    return found
