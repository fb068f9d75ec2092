"""When a mail is due: ways of being told, quiet hours, and the days of digests. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Way = Literal["now", "daily", "weekly", "none"]
WAYS: tuple[Way, ...] = ("now", "daily", "weekly", "none")
NEWS = timedelta(
    days=30
)  # what is older when it is heard of is no news: it comes as read, and nobody is mailed
KEPT = timedelta(days=183)  # what was read stays so long
BREATH = timedelta(minutes=2)  # so that what comes in one go is one mail, and what is undone at once is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When somebody wants mail."""

    mail: bool = True
    quiet_from: time | None = time(20)
    quiet_until: time | None = time(7)
    hour: int = 8
    weekday: int = 1


USUAL = Settings()


def due(way: str, at: datetime, wanted: Settings, zone: ZoneInfo) -> tuple[datetime, str]:
    """When what happened at `at` goes by mail, and the name of the period of that mail: there is one per period."""
    if way == "now":
        moment = (at.astimezone(UTC) + BREATH).replace(second=0, microsecond=0)
        moment = after_quiet(moment, wanted, zone)
        return moment, f"{moment:%Y-%m-%dT%H:%MZ}"
    days = range(9) if way == "weekly" else range(2)
    today = at.astimezone(zone).date()
    for day in (today + timedelta(days=number) for number in days):
        if way == "weekly" and day.isoweekday() != wanted.weekday:
            continue
        moment = _wall(datetime.combine(day, time(wanted.hour)), zone)
        if moment > at:
            return after_quiet(moment, wanted, zone), day.isoformat()
    raise ValueError(way)


def after_quiet(moment: datetime, wanted: Settings, zone: ZoneInfo) -> datetime:
    """The moment itself, or the end of the quiet hours that it lies in, by the clock on the wall."""
    begin, end = wanted.quiet_from, wanted.quiet_until
    if begin is None or end is None or begin == end:
        return moment
    local = moment.astimezone(zone)
    clock = local.time()
    quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not quiet:
        return moment
    for number in (0, 1):
        wall = datetime.combine(local.date() + timedelta(days=number), end)
        for fold in (0, 1):
            over = _wall(wall.replace(fold=fold), zone)
            if over > moment:
                return over
    return moment


def _wall(wall: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall says, as a moment; an hour that summer time leaves out is the one after it."""
    return wall.replace(tzinfo=zone).astimezone(UTC)
