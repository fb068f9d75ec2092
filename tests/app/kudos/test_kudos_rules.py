"""What thanks must be, and when a month begins."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.kudos.rules import month_of, renews_on, wrong_with

HERE = ZoneInfo("Europe/Amsterdam")


def test_a_month_begins_at_midnight_where_the_organisation_is() -> None:
    assert month_of(datetime(2026, 10, 31, 22, 59, tzinfo=UTC), HERE) == "2026-10"
    assert month_of(datetime(2026, 10, 31, 23, 0, tzinfo=UTC), HERE) == "2026-11"


def test_an_allowance_renews_on_the_first_of_the_next_month() -> None:
    assert renews_on(datetime(2026, 11, 30, 12, tzinfo=UTC), HERE) == date(2026, 12, 1)
    assert renews_on(datetime(2026, 12, 31, 22, tzinfo=UTC), HERE) == date(2027, 1, 1)
    assert renews_on(datetime(2026, 12, 31, 23, tzinfo=UTC), HERE) == date(2027, 2, 1)


def test_thanks_are_for_others_and_say_what_they_did() -> None:
    assert wrong_with(1, [2], "You helped me out today", "en") is None
    assert wrong_with(1, [2, 1], "You helped me out today", "en") == "myself"
    assert wrong_with(1, [], "You helped me out today", "en") == "receivers"
    assert wrong_with(1, range(2, 28), "You helped me out today", "en") == "receivers"
    assert wrong_with(1, range(2, 27), "You helped me out today", "en") is None
    assert wrong_with(1, [2], "   thanks      ", "en") == "message"
    assert wrong_with(1, [2], "You helped me out today", "fr") == "lang"
