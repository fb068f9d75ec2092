"""The windows of a board (week, month, quarter, year, all time), their keys and their edges.

A key says its kind by its form: 2026-W47, 2026-11, 2026-Q4, 2026, all. Weeks are ISO weeks.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

KINDS = ("week", "month", "quarter", "year", "all")

BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)

_FORMS = {
    "week": re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII),
    "month": re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII),
    "quarter": re.compile(r"([0-9]{4})-Q([1-4])", re.ASCII),
    "year": re.compile(r"([0-9]{4})", re.ASCII),
    "all": re.compile(r"all", re.ASCII),
}


class UnknownWindow(ValueError):
    """No window has this kind or key."""


class Windows(NamedTuple):
    """The keys of the five windows that one moment falls in; the fields are the kinds."""

    week: str
    month: str
    quarter: str
    year: str
    all: str


class Window(NamedTuple):
    kind: str
    key: str


def windows_at(moment: datetime, tz: tzinfo) -> Windows:
    """The windows that hold this moment, by the calendar of the given time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return windows_of(moment.astimezone(tz).date())


@lru_cache(maxsize=4096)
def windows_of(day: date) -> Windows:
    """The windows that hold this local day. Cached: it is asked once per event."""
    year, week, _ = day.isocalendar()
    return Windows(
        week=f"{year:04}-W{week:02}",
        month=f"{day.year:04}-{day.month:02}",
        quarter=f"{day.year:04}-Q{(day.month + 2) // 3}",
        year=f"{day.year:04}",
        all="all",
    )


def parse(key: str) -> Window:
    """The window that a key names. Refuses what no calendar has, such as 2025-W53."""
    for kind, form in _FORMS.items():
        if form.fullmatch(key):
            _days(kind, key)
            return Window(kind, key)
    raise UnknownWindow(f"no window is called {key!r}")


def bounds(kind: str, key: str, tz: tzinfo) -> tuple[datetime, datetime]:
    """First moment of the window, and first moment after it.

    In UTC, because Python compares two datetimes of one zone by their wall clock, which is wrong
    in the hour that daylight saving repeats.
    """
    if kind == "all":
        return BEGINNING, END
    first, after = _days(kind, key)
    return _midnight(first, tz), _midnight(after, tz)


def just_begun(kind: str, key: str, at: datetime, tz: tzinfo) -> bool:
    """Within its first tenth, or on its first day: then nobody wonders that nothing stands there yet."""
    if kind == "all":
        return False
    first, after = bounds(kind, key, tz)
    return first <= at < first + max((after - first) / 10, timedelta(days=1))


def previous(kind: str, key: str) -> str | None:
    """The key of the window just before this one; all time has none."""
    if kind == "all":
        return None
    first, _ = _days(kind, key)
    return str(getattr(windows_of(first - timedelta(days=1)), kind))


def _midnight(day: date, tz: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)


@lru_cache(maxsize=4096)
def _days(kind: str, key: str) -> tuple[date, date]:
    """First local day of the window, and first day after it."""
    form = _FORMS.get(kind)
    found = form.fullmatch(key) if form else None
    if not found:
        raise UnknownWindow(f"no {kind} is called {key!r}")
    numbers = [int(number) for number in found.groups()]
    try:
        return _calendar_days(kind, numbers)
    except ValueError as impossible:
        raise UnknownWindow(f"no {kind} is called {key!r}") from impossible


def _calendar_days(kind: str, numbers: list[int]) -> tuple[date, date]:
    if kind == "week":
        first = date.fromisocalendar(numbers[0], numbers[1], 1)
        return first, first + timedelta(days=7)
    if kind == "all":
        return BEGINNING.date(), END.date()
    year, month, months = numbers[0], 1, 12
    if kind == "quarter":
        month, months = 3 * numbers[1] - 2, 3
    elif kind == "month":
        month, months = numbers[1], 1
    if not BEGINNING.year <= year < END.year:
        raise ValueError(f"year {year}")
    after = month + months
    return date(year, month, 1), date(year + (after > 12), after - 12 if after > 12 else after, 1)
