"""What can be earned: reads and checks the badges of a catalogue, and finds what a fact can touch.

Refused with the reason: an unknown key, an empty condition, an unknown name, a badge that in the end asks for itself.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from badges.criteria import (
    CALENDARS,
    MOST,
    AllOf,
    AnyOf,
    BadCriteria,
    Completed,
    Count,
    Criteria,
    Distinct,
    Filter,
    HoldsBadge,
    Leaf,
    Names,
    PointsAtLeast,
    leaves,
    parse,
)
from badges.engine import Tier
from badges.facts import Fact

SHAPES = ("course", "workshop", "coaching", "job", "rotation", "lesson", "kudos", "milestone")
KNOWN = {"slug", "name", "summary", "kind", "glyph", "skill", "repeats", "tiers"}
MOST_TIERS = 4


@dataclass(frozen=True)
class Badge:
    """One badge of a catalogue, read and checked."""

    slug: str
    body: Mapping[str, Any]
    criteria: tuple[Criteria, ...]
    points: tuple[int, ...]
    repeats: str | None


def read_all(entries: object, names: Names) -> list[Badge]:
    """Read the `badges` of a catalogue; `names` knows activities and skills, the badges are taken from here."""
    if not isinstance(entries, list):
        raise BadCriteria("badges", "must be a list")
    slugs: dict[str, int] = {}
    tiers: dict[str, int] = {}
    for i, entry in enumerate(entries):
        slug = _form(entry, f"badges[{i}]")
        if slug in slugs:
            raise BadCriteria(f"badges[{i}].slug", f"{slug} is there twice")
        slugs[slug] = -i - 1
        tiers[slug] = len(entry["tiers"])
    known = Names(names.activities, names.skills, {**slugs, **names.badges}, tiers)
    found = [read(entry, known, f"badges[{i}]") for i, entry in enumerate(entries)]
    _refuse_cycles(found, known)
    return found


def read(entry: Mapping[str, Any], names: Names, where: str) -> Badge:
    """Read one badge, all names known."""
    if entry["skill"] is not None and (
        not isinstance(entry["skill"], str) or entry["skill"] not in names.skills
    ):
        raise BadCriteria(f"{where}.skill", f"there is no skill {entry['skill']!r}")
    criteria, points = [], []
    for i, tier in enumerate(entry["tiers"]):
        at = f"{where}.tiers[{i}]"
        if not isinstance(tier, dict) or set(tier) - {"criteria", "points"}:
            raise BadCriteria(at, "must have criteria and points, and nothing else")
        worth = tier.get("points", 0)
        if isinstance(worth, bool) or not isinstance(worth, int) or not 0 <= worth <= 10_000:
            raise BadCriteria(f"{at}.points", "must be a whole number from 0 to 10000")
        criteria.append(parse(tier.get("criteria"), names, f"{at}.criteria"))
        for of in filter(None, map(filter_of, leaves(criteria[-1]))):
            if of.badges - {entry["slug"]}:
                raise BadCriteria(
                    f"{at}.criteria", "a recognition can carry this badge only, not another one"
                )
        points.append(worth)
    return Badge(entry["slug"], entry, tuple(criteria), tuple(points), entry.get("repeats"))


def _form(entry: object, where: str) -> str:
    if not isinstance(entry, dict):
        raise BadCriteria(where, "must be an object")
    unknown = set(entry) - KNOWN
    if unknown:
        raise BadCriteria(
            f"{where}.{sorted(unknown)[0]}", f"is not known here; known are {', '.join(sorted(KNOWN))}"
        )
    slug = entry.get("slug")
    if not isinstance(slug, str) or not slug or len(slug) > 80 or not slug.replace("-", "").isalnum():
        raise BadCriteria(f"{where}.slug", "must be letters, digits and hyphens")
    for key in ("name", "summary"):
        if not _in_both(entry.get(key)):
            raise BadCriteria(f"{where}.{key}", "must be said in nl and en")
    if entry.get("kind") not in SHAPES:
        raise BadCriteria(f"{where}.kind", f"must be one of {', '.join(SHAPES)}")
    if not isinstance(entry.get("glyph"), str):
        raise BadCriteria(f"{where}.glyph", "must be the name of an icon")
    if entry.get("repeats") not in (None, *CALENDARS):
        raise BadCriteria(f"{where}.repeats", f"must be null or one of {', '.join(CALENDARS)}")
    tiers = entry.get("tiers")
    if not isinstance(tiers, list) or not 1 <= len(tiers) <= MOST_TIERS:
        raise BadCriteria(f"{where}.tiers", f"must be a list of 1 to {MOST_TIERS} tiers")
    entry.setdefault("skill", None)
    return slug


def _in_both(said: object) -> bool:
    """Whether a text is said in both languages, and in no other."""
    return (
        isinstance(said, dict)
        and set(said) == {"nl", "en"}
        and all(isinstance(part, str) and part for part in said.values())
    )


def _refuse_cycles(found: Sequence[Badge], names: Names) -> None:
    asks: dict[int, set[int]] = {}
    for badge in found:
        own = names.badges[badge.slug]
        asks[own] = set()
        for tier, criteria in enumerate(badge.criteria, start=1):
            for leaf in leaves(criteria):
                if not isinstance(leaf, HoldsBadge):
                    continue
                if leaf.achievement_id != own:
                    asks[own].add(leaf.achievement_id)
                elif leaf.tier >= tier:
                    raise BadCriteria(f"badges.{badge.slug}.tiers[{tier - 1}]", "asks for itself")
    slug_of = {number: slug for slug, number in names.badges.items()}
    for start in asks:
        _walk(start, asks, slug_of, [])


def _walk(at: int, asks: Mapping[int, set[int]], slug_of: Mapping[int, str], path: list[int]) -> None:
    if at in path:
        round_trip = " → ".join(slug_of.get(step, "?") for step in [*path[path.index(at) :], at])
        raise BadCriteria(f"badges.{slug_of.get(at, '?')}", f"asks in the end for itself: {round_trip}")
    for next_one in sorted(asks.get(at, ())):
        _walk(next_one, asks, slug_of, [*path, at])


# --- the index from a fact to the tiers that it can touch ---------------------------------------------------------

TouchKey = tuple[Any, ...]
POINTS: TouchKey = ("points",)


def badge_key(achievement_id: int) -> TouchKey:
    """What an award of this achievement touches."""
    return ("badge", achievement_id)


def keys_of_fact(fact: Fact) -> list[TouchKey]:
    """All keys under which a tier that this fact can touch may stand."""
    keys: list[TouchKey] = [(fact.kind,)]
    if fact.activity_kind is not None:
        keys.append((fact.kind, "kind", fact.activity_kind))
    if fact.activity_id is not None:
        keys.append((fact.kind, "activity", fact.activity_id))
    keys.extend((fact.kind, "skill", skill) for skill in fact.lineage)
    return keys


def _keys_of_filter(of: Filter) -> list[TouchKey]:
    if of.activities:
        return [(of.kind, "activity", activity) for activity in of.activities]
    if of.skills:
        return [(of.kind, "skill", skill) for skill in of.skills]
    if of.activity_kinds:
        return [(of.kind, "kind", kind) for kind in of.activity_kinds]
    return [(of.kind,)]


def keys_of_tier(tier: Tier) -> set[TouchKey]:
    """The keys under which this tier stands in the index: per leaf the most selective ones."""
    keys: set[TouchKey] = set()
    for leaf in leaves(tier.criteria):
        if isinstance(leaf, Count | Distinct):
            keys.update(_keys_of_filter(leaf.of))
        elif isinstance(leaf, Completed):
            keys.update(("completed", "activity", activity) for activity in leaf.activities)
        elif isinstance(leaf, PointsAtLeast):
            keys.add(POINTS)
        else:
            keys.add(badge_key(leaf.achievement_id))
    return keys


def filter_of(leaf: Leaf) -> Filter | None:
    """Which facts a leaf asks about; None for one that asks about points or badges."""
    if isinstance(leaf, Count | Distinct):
        return leaf.of
    return Filter("completed", activities=leaf.activities) if isinstance(leaf, Completed) else None


class Index:
    """From what happened to the tiers that it can touch."""

    def __init__(self, tiers: Iterable[Tier]) -> None:
        self.tiers = tuple(tiers)
        self._by_key: dict[TouchKey, list[Tier]] = {}
        self._bars: list[tuple[int, int]] = []
        for number, tier in enumerate(self.tiers):
            for key in keys_of_tier(tier) - {POINTS}:
                self._by_key.setdefault(key, []).append(tier)
            for leaf in leaves(tier.criteria):
                if isinstance(leaf, PointsAtLeast):
                    self._hang(leaf, number, tier)
        self._bars.sort()

    def _hang(self, leaf: PointsAtLeast, number: int, tier: Tier) -> None:
        """Points of all time are a bar that is crossed once; points in a window can be met by any change."""
        if leaf.within is None and tier.repeats is None:
            self._bars.append((leaf.points, number))
        else:
            self._by_key.setdefault(POINTS, []).append(tier)

    def touched(self, keys: Iterable[TouchKey], before: int = 0, after: int = MOST) -> list[Tier]:
        """The tiers that stand under one of these keys, each once.

        Where points have changed, those with a bar that was crossed from `before` to `after`.
        """
        found: dict[int, Tier] = {}
        for key in keys:
            for tier in self._by_key.get(key, ()):
                found[id(tier)] = tier
            if key == POINTS:
                first, last = (
                    bisect_right(self._bars, (before, MOST)),
                    bisect_right(self._bars, (after, MOST)),
                )
                for _, number in self._bars[first:last]:
                    found[id(self.tiers[number])] = self.tiers[number]
        return list(found.values())


def could_be_met(criteria: Criteria, counts: Mapping[str, int], points: int) -> bool:
    """Whether the criteria can hold at all, given how many facts stand per kind (`app.points` keeps these counts).

    An upper bound: it never says no to what is met. `counts` has `kind`, `kind:activity kind` and `kind@skill`.
    """
    if isinstance(criteria, AllOf):
        return all(could_be_met(part, counts, points) for part in criteria.parts)
    if isinstance(criteria, AnyOf):
        return any(could_be_met(part, counts, points) for part in criteria.parts)
    if isinstance(criteria, PointsAtLeast):
        return points >= criteria.points
    if isinstance(criteria, Completed):
        return counts.get("completed", 0) >= len(criteria.activities)
    if isinstance(criteria, HoldsBadge):
        return True
    if isinstance(criteria, Distinct) and criteria.what == "skills":
        return _bound(criteria.of, counts) >= 1
    return _bound(criteria.of, counts) >= criteria.at_least


def _bound(of: Filter, counts: Mapping[str, int]) -> int:
    bound = counts.get(of.kind, 0)
    if of.activity_kinds:
        bound = min(bound, sum(counts.get(f"{of.kind}:{kind}", 0) for kind in of.activity_kinds))
    if of.skills:
        bound = min(bound, sum(counts.get(f"{of.kind}@{skill}", 0) for skill in of.skills))
    return bound
