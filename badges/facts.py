"""What the rules may know of an earner: a history of facts, points and badges in the order of happening."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

BEFORE = "history:"


@dataclass(frozen=True, slots=True)
class Fact:
    """One countable thing. `skills` are those it was about, `lineage` adds their ancestors.

    `carries` is the slug of the badge that a recognition carries.
    """

    at: datetime
    source: str
    id: int
    kind: str
    activity_id: int | None = None
    activity_kind: str | None = None
    skills: tuple[int, ...] = ()
    lineage: frozenset[int] = field(default_factory=frozenset)
    counterpart_id: int | None = None
    carries: str = ""

    @property
    def from_before(self) -> bool:
        """It is history that a file brought: it counts for badges, which then carry no points."""
        return self.source.startswith(BEFORE)


@dataclass(frozen=True, slots=True)
class Points:
    """Points that count from this moment on; negative where something was taken back."""

    at: datetime
    points: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A badge held from this moment on."""

    at: datetime
    achievement_id: int
    tier: int
    source: str = ""


Item = Fact | Points | Held
_RANK = {Fact: 0, Points: 1, Held: 2}


def in_order(items: Iterable[Item]) -> Sequence[Item]:
    """The order of happening: by moment, then by source; what follows from a fact comes right after it."""
    return sorted(items, key=lambda item: (item.at, _RANK[type(item)], item.source))
