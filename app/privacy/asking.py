"""What pages and API of this room have in common: which part of the traces is asked for, and the trace of asking."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from app.access import me
from app.audit.actions import look_at_all
from app.config import timezone
from app.privacy import queries
from app.web import now


def place(asked: dict[str, Any]) -> queries.Older:
    """Where the page before ended."""
    return (
        (asked["before"], asked["before_id"]) if asked["before"] and asked["before_id"] is not None else None
    )


def by_day(told: Iterable[Any]) -> list[tuple[datetime, list[Any]]]:
    """In the days of the organisation, as they came: the latest first."""
    days = groupby(told, key=lambda one: one.at.astimezone(timezone()).date())
    return [(rows[0].at, rows) for rows in (list(group) for _, group in days)]


def found(asked: dict[str, Any]) -> tuple[list[queries.Done], queries.Older]:
    """The acts that were asked for; that they were seen is written for everybody whom they are about."""
    told, older = queries.acts(
        action=asked["action"] or None,
        actor_id=asked["by_id"],
        person_id=asked["about_id"],
        since=_midnight(asked["since"]),
        until=_midnight(asked["until"], 1),
        before=place(asked),
    )
    ids = {one.about.id for one in told if one.about} | ({asked["about_id"]} if asked["about_id"] else set())
    look_at_all(viewer_id=me(), person_ids=ids, what="audit:person", at=now())
    return told, older


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    try:
        return datetime.combine(day + timedelta(days=days), time(), timezone()) if day else None
    except OverflowError:
        return None


def refused_looks(asked: dict[str, Any]) -> tuple[list[queries.Looked], queries.Older]:
    told, older = queries.refused_looks(before=place(asked))
    ids = {one.whom.id for one in told if one.whom}
    look_at_all(viewer_id=me(), person_ids=ids, what="refused:person", at=now())
    return told, older
