"""What can be asked of inboxes: one's own lines, how many are unread, and what one has chosen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.db import db
from app.lessons import queries as lessons
from app.notifications.kinds import NAMED, Kind, shown_to
from app.notifications.rules import USUAL, Settings
from app.notifications.things import Found, Line

PAGE = 20
LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with what there is to say of it; nothing, when it is not there any more."""

    line: Line
    kind: Kind
    found: Found | None

    @property
    def said(self) -> str:
        return str(self.kind.say(self.found)) if self.found else ""

    @property
    def href(self) -> str | None:
        return self.kind.href(self.found) if self.found else None

    @property
    def unread(self) -> bool:
        return self.line.read_at is None


# How many lines are unread, as a part that can stand beside others in one statement.
UNREAD = """
    SELECT count(DISTINCT (kind, thing)) FROM notification
    WHERE person_id = :person AND read_at IS NULL AND kind <> ALL(CAST(:hidden AS text[]))
"""
_UNREAD = text(UNREAD)


def hidden(*, game: bool) -> list[str]:
    """The kinds that are not for whoever does without points."""
    return [kind.name for kind in NAMED.values() if kind.points and not game]


def count_unread(person_id: int, *, game: bool) -> int:
    return db.session.scalar(_UNREAD, {"person": person_id, "hidden": hidden(game=game)}) or 0


_LINE = """
    SELECT max(id) AS id, kind, thing, read_at, max(at) AS at, array_agg(object_id ORDER BY id DESC) AS objects,
           coalesce(array_agg(actor_id ORDER BY id DESC) FILTER (WHERE actor_id IS NOT NULL), '{}') AS actors
    FROM notification
"""
_PAGE = text(f"""
    {_LINE} WHERE person_id = :me AND kind = ANY(:kinds) AND (read_at IS NULL OR NOT CAST(:unread AS boolean))
    GROUP BY kind, thing, read_at ORDER BY max(at) DESC, max(id) DESC LIMIT :limit OFFSET :skip
""")
_OF_MAIL = text(f"""
    {_LINE} WHERE mail_id = :mail AND read_at IS NULL AND kind = ANY(:kinds)
    GROUP BY kind, thing, read_at ORDER BY max(at), max(id)
""")
_ONE = text(f"""
    {_LINE} WHERE person_id = :me AND kind = ANY(:kinds)
      AND (kind, thing) = (SELECT kind, thing FROM notification WHERE id = :id AND person_id = :me)
      AND read_at IS NOT DISTINCT FROM (SELECT read_at FROM notification WHERE id = :id) AND id <= :id
    GROUP BY kind, thing, read_at
""")


def page(me: int, *, game: bool, unread: bool, number: int = 1) -> tuple[list[Entry], bool]:
    """A page of an inbox, the newest first; and: is there more."""
    told = {"me": me, "unread": unread, "limit": PAGE + 1, "skip": (number - 1) * PAGE}
    rows = db.session.execute(_PAGE, {**told, "kinds": _kinds(game)}).all()
    return entries(me, rows[:PAGE]), len(rows) > PAGE


def one(me: int, notification_id: int, *, game: bool) -> Entry | None:
    """One line of one's own, as it was when the page was made."""
    told = {"me": me, "id": notification_id, "kinds": _kinds(game)}
    return next(iter(entries(me, db.session.execute(_ONE, told).all())), None)


def of_mail(mail_id: int, person_id: int, *, game: bool) -> list[Entry]:
    """What a mail tells: what is unread yet, and still there."""
    rows = db.session.execute(_OF_MAIL, {"mail": mail_id, "kinds": _kinds(game)}).all()
    return [entry for entry in entries(person_id, rows) if entry.found]


def entries(me: int, rows: Sequence[Any]) -> list[Entry]:
    """Lines with what they are about: one look per kind, whatever the number of lines."""
    lines = [
        Line(
            row.id,
            row.kind,
            row.thing,
            tuple(row.objects),
            tuple(dict.fromkeys(row.actors)),
            row.at,
            row.read_at,
        )
        for row in rows
    ]
    found: dict[int, Found] = {}
    for name in dict.fromkeys(line.kind for line in lines):
        found.update(NAMED[name].look(me, [line for line in lines if line.kind == name]))
    return [Entry(line, NAMED[line.kind], found.get(line.id)) for line in lines]


def applied_without_name(me: int, at: datetime) -> Sequence[Any]:
    """Lessons without a name that colleagues apply lately. Nothing of it is kept: it is asked with the author's key."""
    return lessons.applied_without_name(me, at - LATELY)


def _kinds(game: bool) -> list[str]:
    return [kind.name for kind in shown_to(game=game)]


# What one has chosen ----------------------------------------------------------------------------------------

_SETTINGS = text("""
    SELECT person_id, mail, quiet_from, quiet_until, hour, weekday FROM notification_settings
    WHERE person_id = ANY(CAST(:ids AS bigint[]))
""")
_CHOICES = text("SELECT kind, way FROM notification_choice WHERE person_id = :me")


def settings_of(person_ids: Iterable[int]) -> dict[int, Settings]:
    """When each of these people wants mail."""
    wanted = sorted(set(person_ids))
    found = dict.fromkeys(wanted, USUAL)
    for row in db.session.execute(_SETTINGS, {"ids": wanted}):
        found[row.person_id] = Settings(
            mail=row.mail,
            quiet_from=row.quiet_from,
            quiet_until=row.quiet_until,
            hour=row.hour,
            weekday=row.weekday,
        )
    return found


def ways_of(me: int) -> Mapping[str, str]:
    """How this person is told of each kind."""
    chosen = {row.kind: row.way for row in db.session.execute(_CHOICES, {"me": me})}
    return {kind.name: chosen.get(kind.name, kind.usual) for kind in NAMED.values()}
