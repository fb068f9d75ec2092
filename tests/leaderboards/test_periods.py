"""Windows: their keys, edges and neighbours."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboards.periods import (
    KINDS,
    UnknownWindow,
    Window,
    Windows,
    bounds,
    just_begun,
    parse,
    previous,
    windows_at,
)
from tests.each import each

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = st.sampled_from(
    ["Europe/Amsterdam", "UTC", "Africa/Cairo", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_a_moment_falls_in_five_windows() -> None:
    moment = datetime(2026, 11, 18, 12, tzinfo=AMSTERDAM)
    assert windows_at(moment, AMSTERDAM) == Windows("2026-W47", "2026-11", "2026-Q4", "2026", "all")
    assert Windows._fields == KINDS


def test_the_day_is_the_local_one() -> None:
    just_before_midnight_in_utc = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert windows_at(just_before_midnight_in_utc, AMSTERDAM).year == "2027"
    assert windows_at(just_before_midnight_in_utc, UTC).year == "2026"


@each(
    "day, week",
    [((2027, 1, 1), "2026-W53"), ((2024, 12, 30), "2025-W01"), ((2026, 1, 1), "2026-W01")],
)
def test_a_week_belongs_to_the_year_of_its_thursday(day: tuple[int, int, int], week: str) -> None:
    assert windows_at(datetime(*day, 12, tzinfo=AMSTERDAM), AMSTERDAM).week == week


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        windows_at(datetime(2026, 1, 1), AMSTERDAM)  # noqa: DTZ001


def test_a_week_with_the_hour_that_repeats_is_an_hour_longer() -> None:
    start, end = bounds("week", "2026-W43", AMSTERDAM)
    assert end - start == timedelta(days=7, hours=1)
    assert start == datetime(2026, 10, 19, tzinfo=timezone(timedelta(hours=2)))
    start, end = bounds("week", "2026-W13", AMSTERDAM)
    assert end - start == timedelta(days=7, hours=-1)


def test_previous_crosses_years() -> None:
    assert previous("week", "2027-W01") == "2026-W53"
    assert previous("month", "2026-01") == "2025-12"
    assert previous("quarter", "2026-Q1") == "2025-Q4"
    assert previous("year", "2026") == "2025"
    assert previous("all", "all") is None


def test_a_window_has_just_begun_in_its_first_tenth_and_at_least_for_a_day() -> None:
    begun = {
        "week": ("2026-W48", "2026-11-23T23:59", "2026-11-24T00:01"),
        "month": ("2026-11", "2026-11-03T23:59", "2026-11-04T00:01"),
        "quarter": ("2026-Q4", "2026-10-10T04:00", "2026-10-11T00:00"),
        "year": ("2026", "2026-02-06T11:00", "2026-02-06T13:00"),
    }
    for kind, (key, young, old) in begun.items():
        early, late = (datetime.fromisoformat(said).replace(tzinfo=AMSTERDAM) for said in (young, old))
        assert just_begun(kind, key, early, AMSTERDAM), kind
        assert not just_begun(kind, key, late, AMSTERDAM), kind
        first = bounds(kind, key, AMSTERDAM)[0]
        assert not just_begun(kind, key, first - timedelta(seconds=1), AMSTERDAM), kind
    assert not just_begun("all", "all", datetime(2026, 11, 3, tzinfo=AMSTERDAM), AMSTERDAM)


@each(
    "key",
    [
        "2025-W53",
        "2026-W00",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "0000",
        "9999",
        "",
        "ALL",
        "2026-W47\n",
        "٢٠٢٦",
    ],
)
def test_a_key_that_no_calendar_has_is_refused(key: str) -> None:
    with pytest.raises(UnknownWindow):
        parse(key)


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(UnknownWindow):
        bounds("week", "2026-11", AMSTERDAM)
    with pytest.raises(UnknownWindow):
        bounds("decade", "2026", AMSTERDAM)


@given(MOMENTS, ZONES)
def test_each_window_holds_its_moment_and_touches_the_one_before(moment: datetime, tz: ZoneInfo) -> None:
    for kind, key in zip(KINDS, windows_at(moment, tz), strict=True):
        assert parse(key) == Window(kind, key)
        start, end = bounds(kind, key, tz)
        assert start <= moment < end
        assert getattr(windows_at(start, tz), kind) == key
        before = previous(kind, key)
        if before:
            assert bounds(kind, before, tz)[1] == start
            assert getattr(windows_at(start - timedelta(microseconds=1), tz), kind) == before
