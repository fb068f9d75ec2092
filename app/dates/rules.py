"""When a place can be taken, when attendance counts, and what a date may be. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

EARLY = timedelta(minutes=30)  # before it starts, for who is there in time
LATE = timedelta(minutes=30)  # after it ends, for a code that is shown at the end
CODE_LASTS = timedelta(hours=1)
TICKED_UNTIL = timedelta(days=60)
LONGEST = timedelta(days=31)
MOST_PLACES = 10_000
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Given(Protocol):
    """A date, as far as these decisions go."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def cancelled_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDate:
    """When and where an activity is given; `places` None is as many as come."""

    starts_at: datetime
    ends_at: datetime
    place: str = ""
    link: str = ""
    places: int | None = None
    leader_id: int | None = None

    def row(self) -> Mapping[str, Any]:
        names = ("starts_at", "ends_at", "place", "link", "places", "leader_id")
        return {name: getattr(self, name) for name in names}


def wrong(date: NewDate) -> str | None:
    """Which field cannot be, and so the whole; None when it fits."""
    if not FIRST_YEAR <= date.starts_at.year <= LAST_YEAR:
        return "starts_at"
    if date.ends_at <= date.starts_at or date.ends_at - date.starts_at > LONGEST:
        return "ends_at"
    return None


def open_for_reservations(date: Given, at: datetime) -> bool:
    """Until it starts, unless it was cancelled."""
    return date.cancelled_at is None and at < date.starts_at


def can_be_ticked(date: Given, at: datetime) -> bool:
    """From shortly before it starts until long after: a leader fills in the list when there is time."""
    return date.cancelled_at is None and date.starts_at - EARLY <= at <= date.ends_at + TICKED_UNTIL


def code_until(date: Given, at: datetime) -> datetime | None:
    """Until when a code that is shown now lets people say that they are there; None outside the hours of the date."""
    if date.cancelled_at is not None or not date.starts_at - EARLY <= at <= date.ends_at + LATE:
        return None
    return min(at + CODE_LASTS, date.ends_at + LATE)


def attended_at(date: Given, at: datetime) -> datetime:
    """The moment at which it counts as completed: its end, or now when it still goes on."""
    return min(date.ends_at, at)


def source_of(date_id: int, person_id: int, round_: int) -> str:
    """The one name of a report of presence; ticked again after it was taken away, it is another report."""
    return f"attendance:{date_id}:{person_id}:{round_}"
