"""The words a badge rule is written in. Plain values: `engine` asks them, `words` says them.

A leaf counts over facts (`Count`, `Distinct`), asks for a set of activities (`Completed`), for points (`Points`)
or for another badge (`HoldsBadge`); `AllOf` and `AnyOf` join them. Never code typed by a user.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "completed", "lesson_shared", "lesson_applied", "kudos_received", "feedback_helped", "use_told", "guided",
    "recognised", "goal_reached", "programme_completed",
)  # fmt: skip
ACTIVITY_KINDS = ("course", "workshop", "coaching", "mentoring", "on_the_job", "rotation", "article")
CALENDARS = ("week", "month", "quarter", "year")
DISTINCT = ("skills", "givers", "appliers", "activities")
MOST = 100_000
DEEPEST = 8


class BadCriteria(ValueError):
    """The rule cannot be read; `where` says which part, the message why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


@dataclass(frozen=True, slots=True)
class Within:
    """A window: the last `days` (rolling), or a calendar week, month, quarter or year."""

    days: int | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which facts: of this kind and, where given, of one of these activity kinds, activities or skills.

    `badges` are slugs: recognitions that carry one of these, so that a badge can be given by hand.
    """

    kind: str
    activity_kinds: frozenset[str] = frozenset()
    activities: frozenset[int] = frozenset()
    skills: frozenset[int] = frozenset()
    badges: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Count:
    of: Filter
    at_least: int
    within: Within | None = None


@dataclass(frozen=True, slots=True)
class Distinct:
    what: str
    of: Filter
    at_least: int
    within: Within | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """Each of these activities, in any order."""

    activities: frozenset[int]


@dataclass(frozen=True, slots=True)
class PointsAtLeast:
    points: int
    within: Within | None = None


@dataclass(frozen=True, slots=True)
class HoldsBadge:
    achievement_id: int
    tier: int = 1


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Criteria", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Criteria", ...]


Leaf = Count | Distinct | Completed | PointsAtLeast | HoldsBadge
Criteria = Leaf | AllOf | AnyOf


@dataclass(frozen=True)
class Names:
    """What the slugs of a catalogue stand for. Without it a rule is checked for its form only."""

    activities: Mapping[str, int] = field(default_factory=dict)
    skills: Mapping[str, int] = field(default_factory=dict)
    badges: Mapping[str, int] = field(default_factory=dict)
    tiers: Mapping[str, int] = field(default_factory=dict)


def leaves(criteria: Criteria) -> Iterator[Leaf]:
    """Every leaf, from left to right."""
    if isinstance(criteria, AllOf | AnyOf):
        for part in criteria.parts:
            yield from leaves(part)
    else:
        yield criteria


def parse(data: object, names: Names, where: str = "criteria", depth: int = 0) -> Criteria:
    """Read one rule; refuse unknown keys, empty conditions and unknown names with the reason."""
    if not isinstance(data, dict):
        raise BadCriteria(where, "must be an object")
    if depth > DEEPEST:
        raise BadCriteria(where, f"is nested deeper than {DEEPEST}")
    for word, join in (("all", AllOf), ("any", AnyOf)):
        if word in data:
            _only(data, where, word)
            parts = data[word]
            if not isinstance(parts, list) or not parts:
                raise BadCriteria(f"{where}.{word}", "must be a list with at least one condition")
            return join(
                tuple(parse(part, names, f"{where}.{word}[{i}]", depth + 1) for i, part in enumerate(parts))
            )
    return _leaf(data, names, where)


def _leaf(data: dict[str, Any], names: Names, where: str) -> Leaf:
    if "count" in data:
        _only(data, where, "count", "at_least", "within")
        return Count(
            _filter(data["count"], names, f"{where}.count"),
            _number(data, "at_least", where),
            _within(data, where),
        )
    if "distinct" in data:
        _only(data, where, "distinct", "of", "at_least", "within")
        what = _one_of(data["distinct"], DISTINCT, f"{where}.distinct")
        of = _filter(data.get("of"), names, f"{where}.of")
        if of.badges:
            raise BadCriteria(f"{where}.of", "a badge that is carried is counted, not told apart")
        return Distinct(what, of, _number(data, "at_least", where), _within(data, where))
    if "completed" in data:
        _only(data, where, "completed")
        return Completed(_named(data["completed"], names.activities, f"{where}.completed", "activity"))
    if "points" in data:
        _only(data, where, "points", "within")
        return PointsAtLeast(_number(data, "points", where), _within(data, where))
    if "badge" in data:
        _only(data, where, "badge", "tier")
        return _badge(data, names, where)
    raise BadCriteria(where, "must have one of all, any, count, distinct, completed, points, badge")


def _badge(data: dict[str, Any], names: Names, where: str) -> HoldsBadge:
    (achievement_id,) = _named([data["badge"]], names.badges, f"{where}.badge", "badge")
    tier = _number(data, "tier", where) if "tier" in data else 1
    if tier > names.tiers.get(data["badge"], 4):
        raise BadCriteria(f"{where}.tier", f"{data['badge']} has no tier {tier}")
    return HoldsBadge(achievement_id, tier)


def _filter(data: object, names: Names, where: str) -> Filter:
    if not isinstance(data, dict):
        raise BadCriteria(where, "must be an object that says which kind")
    _only(data, where, "kind", "activity_kind", "activity", "skill", "badge")
    kind = _one_of(data.get("kind"), KINDS, f"{where}.kind")
    if kind != "completed" and ("activity_kind" in data or "activity" in data):
        raise BadCriteria(where, "activity_kind and activity go with completed only")
    if kind != "recognised" and "badge" in data:
        raise BadCriteria(where, "badge goes with recognised only")
    kinds = data.get("activity_kind", [])
    if not isinstance(kinds, list) or ("activity_kind" in data and not kinds):
        raise BadCriteria(f"{where}.activity_kind", "must be a list with at least one kind")
    return Filter(
        kind,
        frozenset(_one_of(kind, ACTIVITY_KINDS, f"{where}.activity_kind") for kind in kinds),
        _named(data["activity"], names.activities, f"{where}.activity", "activity")
        if "activity" in data
        else frozenset(),
        _named(data["skill"], names.skills, f"{where}.skill", "skill") if "skill" in data else frozenset(),
        _carried(data["badge"], names, f"{where}.badge") if "badge" in data else frozenset(),
    )


def _carried(slugs: object, names: Names, where: str) -> frozenset[str]:
    _named(slugs, names.badges, where, "badge")
    return frozenset(slugs) if isinstance(slugs, list) else frozenset()


def _within(data: dict[str, Any], where: str) -> Within | None:
    if "within" not in data:
        return None
    window, where = data["within"], f"{where}.within"
    if not isinstance(window, dict) or len(window) != 1:
        raise BadCriteria(where, "must be {days: number} or {calendar: week, month, quarter or year}")
    _only(window, where, "days", "calendar")
    if "days" in window:
        return Within(days=_number(window, "days", where, most=3660))
    return Within(calendar=_one_of(window["calendar"], CALENDARS, f"{where}.calendar"))


def _only(data: dict[str, Any], where: str, *known: str) -> None:
    for key in data:
        if key not in known:
            raise BadCriteria(f"{where}.{key}", f"is not known here; known are {', '.join(known)}")


def _one_of(value: object, known: tuple[str, ...], where: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise BadCriteria(where, f"must be one of {', '.join(known)}")
    return value


def _number(data: dict[str, Any], key: str, where: str, most: int = MOST) -> int:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise BadCriteria(f"{where}.{key}", f"must be a whole number from 1 to {most}")
    return value


def _named(slugs: object, known: Mapping[str, int], where: str, what: str) -> frozenset[int]:
    if not isinstance(slugs, list) or not slugs:
        raise BadCriteria(where, "must be a list with at least one name")
    for slug in slugs:
        if not isinstance(slug, str) or slug not in known:
            raise BadCriteria(where, f"there is no {what} {slug!r}")
    return frozenset(known[slug] for slug in slugs)
