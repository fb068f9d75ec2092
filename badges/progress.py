"""How far somebody is with a badge, and what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from badges.criteria import (
    AllOf,
    AnyOf,
    Completed,
    Count,
    Criteria,
    Distinct,
    HoldsBadge,
    Leaf,
    Within,
    leaves,
)
from badges.engine import ALWAYS_HERE, Calendar, Clock, Tracker
from badges.facts import Fact, Held, Item


@dataclass(frozen=True, slots=True)
class Step:
    """One condition: so many done of so many needed; `missing` are activities that are not done yet."""

    criteria: Criteria
    done: int
    needed: int
    missing: frozenset[int] = frozenset()

    @property
    def met(self) -> bool:
        return self.done >= self.needed

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.done / self.needed)


@dataclass(frozen=True, slots=True)
class Progress:
    """The conditions that must all hold, each with how far it is."""

    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.met for step in self.steps)

    @property
    def share(self) -> float:
        """Between 0 and 1: the mean over the conditions."""
        return sum(step.share for step in self.steps) / len(self.steps)

    @property
    def next(self) -> Step | None:
        """The condition to take up: of those that are open the one that is furthest."""
        return max((step for step in self.steps if not step.met), key=lambda step: step.share, default=None)


class History:
    """What happened (in order), for many badges: each looks only at the kinds of things that it is about."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = tuple(items)
        self.places: dict[str, list[int]] = {}
        for place, item in enumerate(self.items):
            kind = item.kind if isinstance(item, Fact) else "held" if isinstance(item, Held) else "points"
            self.places.setdefault(kind, []).append(place)

    def about(self, criteria: Criteria) -> list[Item]:
        """All that can count for this, in order, and little else."""
        kinds = {_kind(leaf) for leaf in leaves(criteria)}
        places = sorted(chain.from_iterable(self.places.get(kind, ()) for kind in kinds))
        return [self.items[place] for place in places]


def _kind(leaf: Leaf) -> str:
    if isinstance(leaf, Count | Distinct):
        return leaf.of.kind
    if isinstance(leaf, Completed):
        return "completed"
    return "held" if isinstance(leaf, HoldsBadge) else "points"


@dataclass(frozen=True, slots=True)
class _Now:
    """The moment at which windows end, and by which clock."""

    at: datetime
    calendar: Calendar
    clock: Clock

    def reaches(self, within: Within, at: datetime) -> bool:
        """Whether a moment lies in the window that ends now."""
        if within.calendar is not None:
            return self.calendar(within.calendar, at) == self.calendar(within.calendar, self.at)
        return self.clock.own(at) > self.clock.own(self.at) - timedelta(days=within.days or 0)


def progress(
    criteria: Criteria,
    history: Sequence[Item],
    calendar: Calendar,
    now: datetime,
    clock: Clock = ALWAYS_HERE,
) -> Progress:
    """How far this history (in order) is at this moment; windows end now."""
    parts = criteria.parts if isinstance(criteria, AllOf) else (criteria,)
    end = _Now(now, calendar, clock)
    return Progress(tuple(_step(part, history, end) for part in parts))


def stretches(criteria: Criteria, now: datetime, clock: Clock) -> bool:
    """Whether somebody was away within a rolling window that ends now, so that it reaches back further."""
    windows = [within.days for leaf in leaves(criteria) if (within := getattr(leaf, "within", None))]
    return any(clock.stands_between(now - timedelta(days=days), now) for days in windows if days)


def _step(criteria: Criteria, history: Sequence[Item], now: _Now) -> Step:
    if isinstance(criteria, AnyOf):
        best = max((_step(part, history, now) for part in criteria.parts), key=lambda step: step.share)
        return Step(criteria, best.done, best.needed, best.missing)
    if isinstance(criteria, AllOf):
        steps = [_step(part, history, now) for part in criteria.parts]
        return Step(criteria, sum(step.met for step in steps), len(steps))
    return _leaf(criteria, history, now)


def _leaf(leaf: Leaf, history: Sequence[Item], now: _Now) -> Step:
    tracker = Tracker(leaf, now.calendar, now.clock)
    within: Within | None = getattr(leaf, "within", None)
    for item in history:
        if within is None or now.reaches(within, item.at):
            tracker.see(item)
    missing: frozenset[int] = frozenset()
    if isinstance(leaf, Completed):
        finished = {
            item.activity_id for item in history if isinstance(item, Fact) and item.kind == "completed"
        }
        missing = frozenset(activity for activity in leaf.activities if activity not in finished)
    return Step(leaf, min(tracker.done, tracker.needed), tracker.needed, missing)
