"""Decide what a history has earned, and when.

The result is a function of the facts in the order of happening (moment, then source), never of their arrival: a
criterion is met if it held at some moment, and the first such moment is `at`. Points and badges that follow from
awards are part of the history; `earned` works towards the least fixpoint, which is unique since more history never
makes an award later.

Somebody who was away has a clock of their own, which stands still meanwhile: rolling windows are measured by it. More
days away never make an award later either. Calendar windows are the same for everybody.
"""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from badges.criteria import (
    AllOf,
    AnyOf,
    Completed,
    Count,
    Criteria,
    Distinct,
    Filter,
    HoldsBadge,
    Leaf,
    PointsAtLeast,
    Within,
    leaves,
)
from badges.facts import Fact, Held, Item, Points, in_order

Calendar = Callable[[str, datetime], str]
"""Names the calendar window of a kind (week, month, quarter, year) that a moment lies in."""


class Clock:
    """A clock that stands still while somebody is away: from the first moment of each span to its last."""

    __slots__ = ("_before", "_since", "_until")

    def __init__(self, spans: Iterable[tuple[datetime, datetime]] = ()) -> None:
        self._since: list[datetime] = []
        self._until: list[datetime] = []
        for since, until in sorted((since.astimezone(UTC), until.astimezone(UTC)) for since, until in spans):
            if self._until and since <= self._until[-1]:
                self._until[-1] = max(self._until[-1], until)
            else:
                self._since.append(since)
                self._until.append(until)
        self._before, so_far = [], timedelta()  # how long they were away before each span
        for since, until in zip(self._since, self._until, strict=True):
            self._before.append(so_far)
            so_far += until - since

    def __bool__(self) -> bool:
        """Whether it ever stands still."""
        return bool(self._since)

    def own(self, at: datetime) -> datetime:
        """The moment without the time away before it."""
        n = bisect_right(self._since, at) - 1
        if n < 0:
            return at
        return at - self._before[n] - (min(at, self._until[n]) - self._since[n])

    def and_away(self, since: datetime, until: datetime) -> "Clock":
        """The clock of somebody who was away for this time besides."""
        return Clock([*zip(self._since, self._until, strict=True), (since, until)])

    def stands_between(self, since: datetime, until: datetime) -> bool:
        """Whether they were away for some of this time."""
        return bool(self) and until - since != self.own(until) - self.own(since)


ALWAYS_HERE = Clock()


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of one version of an achievement. `after` shuts out facts up to and including that moment."""

    achievement_id: int
    tier: int
    version_id: int
    criteria: Criteria
    points: int
    published_at: datetime
    repeats: str | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earned:
    """A tier earned, in a period if it repeats, at its first moment, on these facts.

    `stretched_from`: where days away stretched a window that it rests on, the moment of the first thing in it.
    """

    tier: Tier
    period_key: str
    at: datetime
    evidence: tuple[int, ...]
    from_before: bool = False
    stretched_from: datetime | None = None

    @property
    def retroactive(self) -> bool:
        """Whether it was met before it was published, or by what a file of history brought."""
        return self.from_before or self.at < self.tier.published_at

    @property
    def points(self) -> int:
        """What was met before it was published carries no points."""
        return 0 if self.retroactive else self.tier.points


Key = tuple[int, int, str]
"""Achievement, tier, period: what can be held once."""


def matches(of: Filter, fact: Fact) -> bool:
    """Whether the filter lets this fact through."""
    return (
        fact.kind == of.kind
        and (not of.activity_kinds or fact.activity_kind in of.activity_kinds)
        and (not of.activities or fact.activity_id in of.activities)
        and (not of.skills or not of.skills.isdisjoint(fact.lineage))
        and (not of.badges or fact.carries in of.badges)
    )


class _Window:
    """The items of one leaf that lie in the window that ends at the item seen last."""

    def __init__(self, within: Within | None, calendar: Calendar, clock: Clock) -> None:
        self.within, self.calendar, self.clock = within, calendar, clock
        self.items: deque[Item] = deque()
        self.key = ""

    def add(self, item: Item) -> list[Item]:
        """Take the item in; return what fell out of the window."""
        out: list[Item] = []
        if self.within and self.within.days:
            days = timedelta(days=self.within.days)
            if not self.clock:
                start = item.at - days
                while self.items and self.items[0].at <= start:
                    out.append(self.items.popleft())
            else:
                start = self.clock.own(item.at) - days
                while self.items and self.clock.own(self.items[0].at) <= start:
                    out.append(self.items.popleft())
        elif self.within and self.within.calendar:
            key = self.calendar(self.within.calendar, item.at)
            if key != self.key:
                out = list(self.items)
                self.items.clear()
                self.key = key
        self.items.append(item)
        return out

    def stretched_from(self) -> datetime | None:
        """Its first moment, if that lies in it only because of days away."""
        if not (self.clock and self.items and self.within and self.within.days):
            return None
        first, last = self.items[0].at, self.items[-1].at
        return first if first <= last - timedelta(days=self.within.days) else None


class Tracker:
    """Follows one leaf along a history: `see` each item, then `met`, `done` of `needed`, and on what."""

    def __init__(self, leaf: Leaf, calendar: Calendar, clock: Clock = ALWAYS_HERE) -> None:
        self.leaf = leaf
        self.window = _Window(getattr(leaf, "within", None), calendar, clock)
        self.tally: Counter[Hashable] = Counter()
        self.sum = 0

    def see(self, item: Item) -> bool:
        """Count the item if it is about this leaf; say whether it was."""
        leaf = self.leaf
        if isinstance(item, Fact):
            if isinstance(leaf, Count | Distinct):
                if not matches(leaf.of, item):
                    return False
            elif not (
                isinstance(leaf, Completed)
                and item.kind == "completed"
                and item.activity_id in leaf.activities
            ):
                return False
        elif isinstance(item, Points):
            if not isinstance(leaf, PointsAtLeast):
                return False
        elif not (
            isinstance(leaf, HoldsBadge)
            and item.achievement_id == leaf.achievement_id
            and item.tier >= leaf.tier
        ):
            return False
        for gone in self.window.add(item):
            self._weigh(gone, -1)
        self._weigh(item, 1)
        return True

    def _weigh(self, item: Item, sign: int) -> None:
        if isinstance(item, Points):
            self.sum += sign * item.points
            return
        for value in self._values(item):
            self.tally[value] += sign
            if not self.tally[value]:
                del self.tally[value]

    def _values(self, item: Fact | Held) -> Sequence[Hashable]:
        if isinstance(item, Held) or isinstance(self.leaf, Count):
            return (item.source or id(item),) if isinstance(item, Held) else (item.id,)
        if isinstance(self.leaf, Distinct):
            if self.leaf.what == "skills":
                return item.skills
            if self.leaf.what in ("givers", "appliers"):
                return (item.counterpart_id,) if item.counterpart_id is not None else ()
        return (item.activity_id,)

    @property
    def needed(self) -> int:
        if isinstance(self.leaf, Completed):
            return len(self.leaf.activities)
        if isinstance(self.leaf, PointsAtLeast):
            return self.leaf.points
        return 1 if isinstance(self.leaf, HoldsBadge) else self.leaf.at_least

    @property
    def done(self) -> int:
        return self.sum if isinstance(self.leaf, PointsAtLeast) else len(self.tally)

    @property
    def met(self) -> bool:
        return self.done >= self.needed

    def evidence(self) -> list[int]:
        """The facts that it rests on; for a distinct count the first of each."""
        seen: set[Hashable] = set()
        found = []
        for item in self.window.items:
            if isinstance(item, Fact):
                values = set(self._values(item)) - seen
                if values:
                    seen |= values
                    found.append(item.id)
        return found


def holds(criteria: Criteria, trackers: Mapping[int, Tracker]) -> bool:
    """Whether the criteria hold, given the trackers of their leaves by identity."""
    if isinstance(criteria, AllOf):
        return all(holds(part, trackers) for part in criteria.parts)
    if isinstance(criteria, AnyOf):
        return any(holds(part, trackers) for part in criteria.parts)
    return trackers[id(criteria)].met


def in_reach(criteria: Criteria, facts: Sequence[Fact], points: int) -> bool:
    """Whether the criteria can have held at some moment, given all facts that they ask about and the points.

    An upper bound that costs one look at each fact: windows are left out, and any badge could be held.
    """
    if isinstance(criteria, AllOf):
        return all(in_reach(part, facts, points) for part in criteria.parts)
    if isinstance(criteria, AnyOf):
        return any(in_reach(part, facts, points) for part in criteria.parts)
    if isinstance(criteria, PointsAtLeast):
        return points >= criteria.points
    if isinstance(criteria, HoldsBadge):
        return True
    if isinstance(criteria, Completed):
        done = {fact.activity_id for fact in facts if fact.kind == "completed"}
        return criteria.activities <= done
    several = isinstance(criteria, Distinct) and criteria.what == "skills"  # one fact can be about many
    return sum(matches(criteria.of, fact) for fact in facts) >= (1 if several else criteria.at_least)


def rolls(criteria: Criteria) -> bool:
    """Whether it counts within a rolling window anywhere: whether days away can matter."""
    return any(within.days for leaf in leaves(criteria) if (within := getattr(leaf, "within", None)))


def trackers_of(criteria: Criteria, calendar: Calendar, clock: Clock = ALWAYS_HERE) -> dict[int, Tracker]:
    """A fresh tracker for each leaf."""
    return {id(leaf): Tracker(leaf, calendar, clock) for leaf in leaves(criteria)}


class Met(NamedTuple):
    """At which moment criteria were met, on which facts, and what `Earned.stretched_from` says."""

    at: datetime
    evidence: tuple[int, ...]
    stretched_from: datetime | None


def met(
    criteria: Criteria, history: Sequence[Item], calendar: Calendar, clock: Clock = ALWAYS_HERE
) -> Met | None:
    """The first moment at which the criteria held, and what they rested on then.

    What happened at the same moment is seen together, so that its order does not matter.
    """
    trackers = trackers_of(criteria, calendar, clock)
    for at, items in groupby(history, key=lambda item: item.at):
        seen = [tracker.see(item) for item in items for tracker in trackers.values()]
        if any(seen) and holds(criteria, trackers):
            rests_on = [tracker for tracker in trackers.values() if tracker.met]
            facts = {fact for tracker in rests_on for fact in tracker.evidence()}
            stretched = [first for tracker in rests_on if (first := tracker.window.stretched_from())]
            return Met(at, tuple(sorted(facts)), min(stretched, default=None))
    return None


def first_met(
    criteria: Criteria, history: Sequence[Item], calendar: Calendar, clock: Clock = ALWAYS_HERE
) -> tuple[datetime, tuple[int, ...]] | None:
    """The moment and the facts alone."""
    found = met(criteria, history, calendar, clock)
    return found[:2] if found else None


def from_before(history: Sequence[Item], at: datetime) -> bool:
    """Whether all that happened at that moment is history that a file brought."""
    then = [item for item in history if item.at == at and isinstance(item, Fact)]
    return bool(then) and all(fact.from_before for fact in then)


def _periods(tier: Tier, history: Sequence[Item], calendar: Calendar) -> dict[str, Sequence[Item]]:
    """The history cut into the periods in which a repeating achievement can be earned anew."""
    if tier.after is not None:
        history = [item for item in history if not isinstance(item, Fact) or item.at > tier.after]
    if tier.repeats is None:
        return {"": history}
    cut: dict[str, list[Item]] = {}
    for item in history:
        if isinstance(item, Fact | Points):
            cut.setdefault(calendar(tier.repeats, item.at), []).append(item)
    badges = [item for item in history if isinstance(item, Held)]
    return {key: in_order([*items, *badges]) if badges else items for key, items in cut.items()}


def _met(tier: Tier, history: Sequence[Item], calendar: Calendar, clock: Clock) -> dict[Key, Earned]:
    found = {}
    for period_key, items in _periods(tier, history, calendar).items():
        got = met(tier.criteria, items, calendar, clock)
        if got:
            found[(tier.achievement_id, tier.tier, period_key)] = Earned(
                tier, period_key, got.at, got.evidence, from_before(items, got.at), got.stretched_from
            )
    return found


def _lower_tiers(found: dict[Key, Earned], tiers: Sequence[Tier]) -> dict[Key, Earned]:
    """Reaching a tier gives the lower ones, at the latest at the same moment."""
    by_number = {(tier.achievement_id, tier.tier): tier for tier in tiers}
    for (achievement_id, number, period_key), earned in sorted(found.items(), key=lambda kv: -kv[0][1]):
        for lower in range(number - 1, 0, -1):
            tier = by_number.get((achievement_id, lower))
            key = (achievement_id, lower, period_key)
            if tier and (key not in found or found[key].at > earned.at):
                found[key] = replace(earned, tier=tier)
    return found


def earned(
    tiers: Sequence[Tier],
    history: Sequence[Item],
    calendar: Calendar,
    held: Collection[Key] = (),
    clock: Clock = ALWAYS_HERE,
    given: Mapping[Key, Earned] = MappingProxyType({}),
) -> dict[Key, Earned]:
    """All that a history earns besides what is `held` already.

    `history` has the facts and points, and the badges held with theirs; what follows from the awards found here is
    added until nothing changes. What is `given` is earned at the latest as it stands there.
    """
    found = dict(given)
    while True:
        follow: list[Item] = [item for got in found.values() for item in _consequences(got)]
        whole = in_order([*history, *follow]) if follow else in_order(history)
        now: dict[Key, Earned] = {}
        for tier in tiers:
            now.update(_met(tier, whole, calendar, clock))
        now |= {key: one for key, one in given.items() if key not in now or now[key].at >= one.at}
        now = {key: got for key, got in _lower_tiers(now, tiers).items() if key not in held}
        if {key: got.at for key, got in now.items()} == {key: got.at for key, got in found.items()}:
            return now
        found = now


def _consequences(got: Earned) -> list[Item]:
    source = f"award:{got.tier.achievement_id}:{got.tier.tier}:{got.period_key}"
    items: list[Item] = [Held(got.at, got.tier.achievement_id, got.tier.tier, source)]
    if got.points:
        items.append(Points(got.at, got.points, source))
    return items
