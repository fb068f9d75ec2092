"""Reactions: facts and awards earn points."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from app.config import timezone
from app.events import BadgeAwarded, BadgeMoved, BadgeRevoked, FactRecorded, FactWithdrawn
from app.points import actions
from app.points.rules import Moment
from badges.catalogue import TouchKey, keys_of_fact
from badges.facts import Fact
from leaderboards.periods import windows_at


@lru_cache(maxsize=4096)
def when(at: datetime) -> Moment:
    """The local day and the windows of a moment, in the organisation's time zone."""
    zone = timezone()
    windows = windows_at(at, zone)
    return Moment(at.astimezone(zone).date(), windows.week, windows.month, windows.quarter, windows.year)


def _touched(events: Iterable[FactRecorded | FactWithdrawn]) -> dict[int, set[TouchKey]]:
    touched: dict[int, set[TouchKey]] = {}
    for event in events:
        fact = Fact(
            event.at, "", event.fact_id, event.kind, getattr(event, "activity_id", None), event.activity_kind,
            lineage=frozenset(event.lineage),
        )  # fmt: skip
        touched.setdefault(event.person_id, set()).update(keys_of_fact(fact))
    return touched


def earn(events: Sequence[FactRecorded], now: datetime) -> None:
    actions.count_facts(events, _touched(events), when, now)


def take_back(events: Sequence[FactWithdrawn], now: datetime) -> None:
    actions.uncount_facts(events, _touched(events), when, now)


def earn_for_awards(events: Sequence[BadgeAwarded], now: datetime) -> None:
    actions.count_awards(events, when, now)


def recount_awards(events: Sequence[BadgeMoved | BadgeRevoked], now: datetime) -> None:
    actions.recount_awards(events, when, now)
