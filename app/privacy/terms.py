"""What is kept for how long: what the next clean-up lets go, and what stays by the classes of the columns.

Each line counts what a chore of the worker will take; a test does the chores and compares.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.badges import queries as badges
from app.config import settings
from app.db import db
from app.goals import store as goals
from app.people import pauses
from app.people import queries as people
from app.privacy import own


@dataclass(frozen=True, slots=True)
class Term:
    """`goes` counts, at `:at`, the rows that are past their time."""

    name: str
    said: Any
    until: Any
    goes: str


PAUSES_OVER = pauses.OVER.format(longest=badges.LONGEST, needed=goals.NEEDED)
TERMS: tuple[Term, ...] = (
    Term(
        "statements", _l("Statements of platforms that mean nothing here: their content and name"),
        _l("%(days)s days, as the organisation decided; an empty line stays, so that it is known when sent again"),
        """SELECT count(*) FROM statement WHERE stored_at < :at - make_interval(days => :days) AND body IS NOT NULL
           AND means IN ('nothing', 'scored', 'progressed', 'failed')""",
    ),
    Term(
        "inbox", _l("What stands in an inbox and was read"), _l("half a year after it was read"),
        "SELECT count(*) FROM notification WHERE read_at < :at - interval '183 days'",
    ),
    Term(
        "inbox_mail", _l("That mail with news was sent, never what it said"), _l("half a year"),
        """SELECT count(*) FROM notification_mail
           WHERE due_at < :at - interval '183 days' AND (sent_at IS NOT NULL OR refusal IS NOT NULL)""",
    ),
    Term(
        "sessions", _l("Where somebody signed in"), _l("thirty days after it ended"),
        "SELECT count(*) FROM sign_in WHERE ends_at < :at - interval '30 days'",
    ),
    Term(
        "tokens", _l("One-time links, codes and access tokens, as hashes"), _l("a day after they ended"),
        "SELECT count(*) FROM api_token WHERE ends_at < :at - interval '1 day'",
    ),
    Term(
        "tries", _l("Wrong tries to sign in, as hashes"), _l("an hour"),
        "SELECT count(*) FROM attempt WHERE started_at < :at - interval '1 hour'",
    ),
    Term(
        "mail", _l("That an invitation or a new password was mailed"), _l("thirty days"),
        "SELECT count(*) FROM mail WHERE asked_at < :at - interval '30 days'",
    ),
    Term(
        "people_files", _l("HR files that were sent in, with what they would change"), _l("a day"),
        "SELECT count(*) FROM people_file WHERE sent_at < :at - interval '1 day' AND state <> 'running'",
    ),
    Term(
        "refusals", _l("What a system was refused, without what stood there"), _l("thirty days"),
        "SELECT count(*) FROM refusal WHERE last_at < :at - interval '30 days'",
    ),
    Term(
        "outbox", _l("News on its way between parts of Blijk"), _l("a week after it was handed on"),
        "SELECT count(*) FROM outbox WHERE handed_on_at < :at - interval '7 days'",
    ),
    Term(
        "exports", _l("Files that people made of their own data"), _l("a week"),
        """SELECT count(*) FROM data_export
           WHERE ends_at < :at OR state = 'asked' AND asked_at < :at - interval '1 day'""",
    ),
    Term(
        "log_files", _l("Files that people chose to show what they learned, and sent with no log"), _l("thirty days"),
        "SELECT count(*) FROM log_file WHERE completion_id IS NULL AND sent_at < :at - interval '30 days'",
    ),
    Term(
        "dossiers", _l("Frozen dossiers of reviews, with their keys; of people who were erased, too"),
        _l("until the term that stands in them; number and hash stay"),
        """SELECT count(*) FROM dossier WHERE destroyed_at IS NULL
           AND keep_until < least(CAST(:at AT TIME ZONE :zone AS date), current_date)""",
    ),
    Term(
        "pauses", _l("When somebody was away"),
        _l("a year after the last day, and as long besides as a badge counts back or a goal of theirs needs it"),
        f"SELECT count(*) FROM pause u WHERE {PAUSES_OVER}",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """A line of the preview."""

    name: str
    said: Any
    until: Any
    goes: int


def preview(at: datetime) -> list[Due]:
    """How much of each kind the next clean-up lets go; all in one question. The worker cleans up every hour."""
    sql = ", ".join(f"({term.goes}) AS {term.name}" for term in TERMS)
    days = people.organisation().statement_days
    told = {"at": at, "days": days, "zone": settings().timezone}
    row = db.session.execute(text(f"SELECT {sql}"), told).one()
    return [
        Due(term.name, term.said, str(term.until) % {"days": days}, getattr(row, term.name)) for term in TERMS
    ]


# What the classes of the columns say (`keep` in `app.db`), in words.
CLASSES: dict[str, tuple[Any, Any]] = {
    "employment": (
        _l("What people are called, wrote and decided"),
        _l("as long as somebody works here; it goes when they are erased"),
    ),
    "statement": (
        _l("What learning platforms report"),
        _l("what supports a completion stays; the rest is emptied after its days"),
    ),
    "trace": (_l("Who looked, and what was done"), _l("it stays: lines are only ever added, and sealed")),
    "organisation": (
        _l("What was counted, under a number instead of a name; and what is about nobody"),
        _l("it stays, so that sums stay right"),
    ),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One class: its words, and in which tables it stands."""

    said: Any
    until: Any
    tables: tuple[str, ...]


def kept() -> list[Kept]:
    """By class, the tables in which there are columns of it that are about people."""
    found: dict[str, set[str]] = {}
    for table in own.tables().values():
        for column in table.columns:
            if column.info["class"] != "none":
                found.setdefault(column.info["keep"], set()).add(table.name)
    return [Kept(*words, _sorted(found.get(name, ()))) for name, words in CLASSES.items()]


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
