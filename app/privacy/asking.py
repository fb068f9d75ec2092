"""What pages and API of this room have in common: which part of the traces is asked for, and the trace of asking."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from flask import send_file
from werkzeug.wrappers import Response

from app.access import me
from app.audit.actions import look_at_all
from app.config import timezone
from app.db import transaction
from app.outbox import settle
from app.privacy import actions, details, jobs, queries
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


def by_try(told: Iterable[queries.Looked]) -> list[queries.Looked]:
    """Looks of one viewer at the same kind of thing in the same hour as one, with how many others it was at."""
    found: dict[tuple[Any, ...], list[queries.Looked]] = {}
    for one in told:
        found.setdefault((one.at, one.who.id if one.who else 0, one.what), []).append(one)
    return [replace(same[0], others=len(same) - 1) for same in found.values()]


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
    told = [replace(one, detail={}) if one.of_a_file else one for one in told]
    ids = {one.about.id for one in told if one.about} | ({asked["about_id"]} if asked["about_id"] else set())
    look_at_all(viewer_id=me(), person_ids=ids, what="audit:person", at=now())
    return told, older


def in_words(acts: Iterable[queries.Done]) -> list[queries.Done]:
    """The same, each with its detail in words: one statement for all."""
    known = list(acts)
    lines = details.told((one.action, one.detail) for one in known)
    return [replace(one, told=said) for one, said in zip(known, lines, strict=True)]


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


def ask() -> UUID:
    """Ask for the file of all that is stored of who asks; the worker makes it."""
    with transaction():
        export_id, to_make = actions.ask(person_id=me(), at=now())
        if to_make:
            jobs.later(export_id)
        settle(now())
    return export_id


def file(export_id: UUID) -> Response:
    """The file, for whom it is about; on the disk of this machine as long as it is read, without a name there."""
    made = TemporaryFile()  # noqa: SIM115 (the answer closes it)
    try:
        with transaction():
            actions.take(person_id=me(), export_id=export_id, to=made, at=now())
    except BaseException:
        made.close()
        raise
    made.seek(0)
    answer = send_file(made, "application/zip", as_attachment=True, download_name="blijk.zip")
    answer.call_on_close(made.close)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
