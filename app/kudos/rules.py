"""What thanks must be, how many a month holds, and when it begins again. Pure."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

RECEIVERS = (1, 25)
MESSAGE = (15, 500)
LANGUAGES = ("nl", "en")
VISIBLE = ("private", "team", "everyone")
ALLOWANCE, MANAGER_ALLOWANCE = 10, 30  # where the organisation has not decided yet


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The calendar month in which thanks count, such as 2026-11."""
    return f"{at.astimezone(zone):%Y-%m}"


def renews_on(at: datetime, zone: ZoneInfo) -> date:
    """The first day of the next month."""
    day = at.astimezone(zone).date()
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def wrong_with(giver_id: int, receivers: Collection[int], message: str, lang: str) -> str | None:
    """What cannot be: myself, receivers, message or lang."""
    if giver_id in receivers:
        return "myself"
    if not RECEIVERS[0] <= len(set(receivers)) <= RECEIVERS[1]:
        return "receivers"
    if not MESSAGE[0] <= len(message.strip()) <= MESSAGE[1]:
        return "message"
    return None if lang in LANGUAGES else "lang"
