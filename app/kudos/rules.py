"""What thanks must be, how many a month holds and when it begins again, until when they can be undone, and what they
count for between two who keep thanking each other. Pure."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

RECEIVERS = (1, 25)
TEAM = 60  # colleagues in a team that is thanked as a whole
MESSAGE = (15, 500)
LANGUAGES = ("nl", "en")
VISIBLE = ("private", "team", "everyone")
ALLOWANCE, MANAGER_ALLOWANCE = 10, 30  # where the organisation has not decided yet
TEAM_ALLOWANCE = 4  # whole teams, for who manages people
UNDO = timedelta(minutes=10)
REMEMBERED = timedelta(days=90)  # how long earlier thanks between two make the next one count for less
LONG_AGO = timedelta(days=60)  # since when a manager is told that somebody has had no thanks from them


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The calendar month in which thanks count, such as 2026-11."""
    return f"{at.astimezone(zone):%Y-%m}"


def renews_on(at: datetime, zone: ZoneInfo) -> date:
    """The first day of the next month."""
    day = at.astimezone(zone).date()
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def wrong_with(
    giver_id: int, receivers: Collection[int], message: str, lang: str, *, most: int = RECEIVERS[1]
) -> str | None:
    """What cannot be: myself, receivers, message or lang."""
    if giver_id in receivers:
        return "myself"
    if not RECEIVERS[0] <= len(set(receivers)) <= most:
        return "receivers"
    if not MESSAGE[0] <= len(message.strip()) <= MESSAGE[1]:
        return "message"
    return None if lang in LANGUAGES else "lang"


def can_undo(given_at: datetime, at: datetime, *, thanked: bool) -> bool:
    """For a short while, and not any more once a receiver has said thanks back."""
    return not thanked and at - given_at < UNDO


# Two who keep thanking each other: why so, and what it bounds, is decision 19 ---------------------------------


def earlier_of(moments: Iterable[datetime], at: datetime) -> int:
    """How many of these are remembered at that moment; also one that another request, begun later, kept before this."""
    return sum(abs(at - moment) < REMEMBERED for moment in moments)
