"""What lines of the inbox are about, read for one person with that person's own rights, all of a kind at once.

What is not in the answer is undone, hidden, deleted, or not theirs to see any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.activities import queries as activities
from app.badges import queries as badge_queries
from app.badges import showing
from app.db import db
from app.kudos import queries as kudos_queries
from app.lessons import queries as lessons
from app.people import queries as people

MOST = 3  # names that a line can need


@dataclass(frozen=True, slots=True)
class Line:
    """Happenings of one kind and thing that are shown as one; the newest first."""

    id: int
    kind: str
    thing: str
    objects: tuple[str, ...]
    actors: tuple[int, ...]
    at: datetime
    read_at: datetime | None

    @property
    def object(self) -> str:
        return self.objects[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is to say of a line: who, how many, of what; `key` is for its address."""

    key: Any
    names: tuple[str, ...] = ()
    total: int = 1
    title: Mapping[str, str] | str = ""
    note: str = ""
    lang: str = ""
    at: datetime | None = None
    state: str = ""


def kudos(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    rows = {row.id: row for row in kudos_queries.some(me, _numbers(lines)) if row.received}
    return {
        line.id: Found(key=row.id, names=(row.giver,), note=row.message, lang=row.lang)
        for line in lines
        if (row := rows.get(int(line.object)))
    }


def applied(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """One's own lessons, with those who apply them still."""
    rows = {row.id: row for row in lessons.some(me, _numbers(lines)) if row.author_id == me}
    who = lessons.who_apply(rows, (actor for line in lines for actor in line.actors)) if rows else {}
    found = {}
    for line in lines:
        row = rows.get(int(line.object))
        names = [who[row.id, actor] for actor in line.actors if (row.id, actor) in who] if row else []
        if row and names:
            told = tuple(names[:MOST])
            found[line.id] = Found(key=row.id, names=told, total=len(names), note=row.title, lang=row.lang)
    return found


_AWARDS = text("""
    SELECT id, version_id, tier FROM award
    WHERE id = ANY(CAST(:ids AS uuid[])) AND person_id = :me AND revoked_at IS NULL
""")


def badges(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    ids = sorted({one for line in lines for one in line.objects})
    rows = {str(row.id): row for row in db.session.execute(_AWARDS, {"ids": ids, "me": me})}
    catalogue = badge_queries.catalogue() if rows else None
    found = {}
    for line in lines:
        held = [rows[one] for one in line.objects if one in rows]
        if held and catalogue:
            name = catalogue.definition(held[0].version_id).body["name"]
            found[line.id] = Found(key=held[0].id, title=name, total=len(held))
    return found


def asked_to_confirm(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Logs that wait, or waited, for this person's word; not what was handed to somebody else."""
    rows = {row.id: row for row in activities.completions(_numbers(lines)) if row.confirmer_id == me}
    names = people.names(row.person_id for row in rows.values())
    return {
        line.id: Found(key=row.id, names=(names[row.person_id],), title=row.title)
        for line in lines
        if (row := rows.get(int(line.object))) and row.state != "withdrawn" and row.person_id in names
    }


def confirmed(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _logs(me, lines, "confirmed")


def declined(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _logs(me, lines, "declined")


def _logs(me: int, lines: Sequence[Line], state: str) -> dict[int, Found]:
    """One's own logs on which somebody's word is this."""
    rows = {row.id: row for row in activities.completions(_numbers(lines)) if row.person_id == me}
    return {
        line.id: Found(key=row.id, names=(row.confirmer,), title=row.title)
        for line in lines
        if (row := rows.get(int(line.object))) and row.state == state and row.confirmer
    }


_DATES = text("""
    SELECT d.id, d.starts_at, d.cancelled_at IS NOT NULL AS cancelled, a.title, a.slug, r.state
    FROM activity_date d JOIN activity own ON own.id = d.activity_id
    JOIN activity a ON a.id = coalesce(own.merged_into_id, own.id)
    JOIN reservation r ON r.date_id = d.id AND r.person_id = :me AND r.state IN ('reserved', 'waiting')
    WHERE d.id = ANY(CAST(:ids AS bigint[]))
""")


def places(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _dates(me, lines, cancelled=False, states=("reserved",))


def places_or_waiting(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _dates(me, lines, cancelled=False)


def cancelled_dates(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _dates(me, lines, cancelled=True)


def _dates(
    me: int, lines: Sequence[Line], *, cancelled: bool, states: Iterable[str] = ("reserved", "waiting")
) -> dict[int, Found]:
    """Dates on which this person has a place or waits for one."""
    told = {"me": me, "ids": _numbers(lines)}
    rows = {row.id: row for row in db.session.execute(_DATES, told) if row.state in states}
    return {
        line.id: Found(key=row.slug, title=row.title, at=row.starts_at)
        for line in lines
        if (row := rows.get(int(line.object))) and row.cancelled is cancelled
    }


_WISHES = text("""
    SELECT w.id, w.words, w.state, w.answer, a.title, a.slug
    FROM wish w LEFT JOIN activity own ON own.id = w.activity_id
    LEFT JOIN activity a ON a.id = coalesce(own.merged_into_id, own.id) AND a.state = 'published'
    WHERE w.id = ANY(CAST(:ids AS bigint[])) AND w.person_id = :me AND w.state IN ('made', 'declined')
""")


def wishes(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    rows = {row.id: row for row in db.session.execute(_WISHES, {"me": me, "ids": _numbers(lines)})}
    return {
        line.id: Found(
            key=row.slug,
            title=row.title or "",
            note=row.words,
            state="made" if row.slug else "declined",
        )
        for line in lines
        if (row := rows.get(int(line.object)))
    }


def agreements(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    rows = {str(one.row.award_id): one.row for one in showing.asked_of(me)}
    return {
        line.id: Found(key=row.award_id, names=(row.holder,))
        for line in lines
        if (row := rows.get(line.object))
    }


def _numbers(lines: Sequence[Line]) -> list[int]:
    return sorted({int(one) for line in lines for one in line.objects})
