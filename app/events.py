"""What can happen here, in the past tense. Plain facts; no rows, no requests.

`person_id` is whom it is about: who earns from it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    person_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonKnown(Event):
    """A person, or a new way to recognise one, has come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonMoved(Event):
    """What boards show of a person has changed: unit, name, taking part, active."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attended(Event):
    """Somebody was there when an activity was given, on the word of `confirmed_by`."""

    activity_id: int
    source: str
    at: datetime
    confirmed_by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AttendanceWithdrawn(Event):
    """They were not there after all."""

    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionLogged(Event):
    """Somebody logged own learning; `confirmer_id` is asked to confirm it."""

    completion_id: int
    confirmer_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionDeclined(Event):
    completion_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FactStated(Event):
    """Something countable happened. The rooms publish it; `facts` writes it into the one log.

    `hours` is the effort; `skills` are the skills of the activity, lesson or thanks, without their ancestors.
    `weight`, from 0 to 1, is the share of its worth that it earns; `in_unit` is false where not even the unit of the
    person may be known from it.
    """

    source: str
    kind: str
    at: datetime
    activity_id: int | None = None
    activity_kind: str | None = None
    mandatory: bool = False
    edition: str = ""
    skills: tuple[int, ...] = ()
    counterpart_id: int | None = None
    hours: float | None = None
    score: float | None = None
    confirmed_by: int | None = None
    weight: float = 1.0
    in_unit: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FactTakenBack(Event):
    """What was stated under this source does not hold any more; with `forget` nobody may see any more what it was."""

    source: str
    forget: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FactRecorded(Event):
    """A fact stands in the log, new."""

    fact_id: int
    kind: str
    at: datetime
    activity_id: int | None
    activity_kind: str | None
    mandatory: bool
    edition: str
    skills: tuple[int, ...]
    lineage: tuple[int, ...]
    counterpart_id: int | None
    hours: float | None
    score: float | None
    weight: float
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FactWithdrawn(Event):
    """A fact in the log does not count any more."""

    fact_id: int
    kind: str
    at: datetime
    activity_kind: str | None
    lineage: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FactsCounted(Event):
    """Facts of a person stand in the log and their points in the ledger: badges may follow.

    `touched` are the keys of `badges.catalogue.Index` that can have changed; `anew` says that something older than
    the latest fact came or went, so that everything of this person is decided again. `since` and `until` are the
    first and last moment of what is new, if it is facts; `points_before` is what the person had before it counted.
    """

    touched: tuple[tuple[Any, ...], ...]
    anew: bool
    since: datetime | None = None
    until: datetime | None = None
    points_before: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsChanged(Event):
    """The totals of a person are others than before; `windows` are closed windows that were corrected."""

    windows: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeAwarded(Event):
    """`retroactive`: it was met before it was published, and so carries no points."""

    award_id: uuid.UUID
    achievement_id: int
    tier: int
    points: int
    at: datetime
    retroactive: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeMoved(Event):
    """The moment or the points of an award were corrected, by a fact that came late or went."""

    award_id: uuid.UUID
    points: int
    at: datetime
    retroactive: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeRevoked(Event):
    award_id: uuid.UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class LessonShared(Event):
    """`person_id` is the author."""

    lesson_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class KudosGiven(Event):
    """`person_id` is the receiver."""

    kudos_id: int
