"""Mail about news: what a due mail tells, in the language of who gets it, and the link that stops it.

What a mail says is read when it goes out, so that what was undone, hidden or read meanwhile is not in it.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import exists, select, text, update

from app.config import settings, timezone
from app.db import db
from app.keys import KeyLost, decrypt, encrypt, keyed_hash
from app.language import spoken
from app.mail import Letter
from app.notifications import queries, rules
from app.notifications.models import NotificationMail
from app.notifications.queries import Entry
from app.people.models import Person
from app.people.queries import organisation

TRIES = 12
LEASE = timedelta(minutes=5)  # of a worker that took it; after that another may try
LONGEST_WAIT = timedelta(hours=2)
LINES = 25  # of one mail; what is more stands in the inbox
STOP = {"all": 0, "now": 1, "daily": 2, "weekly": 3}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that goes out now; without a letter it need not go, or not yet."""

    id: int
    letter: Letter | None = None
    tries: int = 0


_WAITS = (NotificationMail.sent_at.is_(None), NotificationMail.refusal.is_(None))
_TAKE = text("""
    UPDATE notification SET mail_id = :mail WHERE id IN (
        SELECT id FROM notification
        WHERE person_id = :person AND way = :way AND mail_id IS NULL AND read_at IS NULL ORDER BY id FOR UPDATE)
""")


def is_due(at: datetime) -> bool:
    return bool(db.session.scalar(select(exists().where(*_WAITS, NotificationMail.next_at <= at))))


def claim(at: datetime) -> Claimed | None:
    """The mail that waits longest, with what it tells; no other worker takes it for some minutes."""
    due = select(NotificationMail).where(*_WAITS, NotificationMail.next_at <= at)
    statement = due.order_by(NotificationMail.next_at, NotificationMail.id).limit(1)
    mail = db.session.scalar(statement.with_for_update(skip_locked=True))
    if mail is None:
        return None
    person = db.session.get(Person, mail.person_id)
    wanted = queries.settings_of([mail.person_id])[mail.person_id]
    if person is None or not person.active or not person.email or person.erased_at or not wanted.mail:
        return _not_needed(mail, "not-wanted")
    later = rules.after_quiet(at, wanted, timezone())
    if later > at:  # it was held up, and now somebody rests
        mail.next_at = later
        db.session.flush()
        return Claimed(mail.id)
    if mail.taken_at is None:
        db.session.execute(_TAKE, {"mail": mail.id, "person": mail.person_id, "way": mail.way})
        mail.taken_at = at
    found = queries.of_mail(mail.id, mail.person_id, game=person.game)
    if not found:
        return _not_needed(mail, "nothing-new")
    mail.tries, mail.next_at = mail.tries + 1, at + LEASE
    db.session.flush()
    return Claimed(mail.id, letter_of(person, mail, found), mail.tries)


def _not_needed(mail: NotificationMail, why: str) -> Claimed:
    mail.refusal = why
    db.session.flush()
    return Claimed(mail.id)


def sent(mail_id: int, at: datetime) -> None:
    db.session.execute(update(NotificationMail).where(NotificationMail.id == mail_id).values(sent_at=at))


def not_sent(claimed: Claimed, code: str, *, for_good: bool, at: datetime) -> None:
    """It is tried again later, and later still each time, unless that cannot help."""
    wait = min(LONGEST_WAIT, timedelta(minutes=2 ** min(claimed.tries, 8)))
    values: dict[str, Any] = {"next_at": at + wait}
    if for_good or claimed.tries >= TRIES:
        values = {"refusal": code}
    db.session.execute(update(NotificationMail).where(NotificationMail.id == claimed.id).values(**values))


# The letter -------------------------------------------------------------------------------------------------


def letter_of(person: Person, mail: NotificationMail, found: Sequence[Entry]) -> Letter:
    """One line per thing, each with its link; no words of others, and nothing of points."""
    origin = settings().origin
    house = organisation().name or origin.partition("//")[2]  # an organisation may not have said its name yet
    stop = f"{origin}/mail/stop/{stop_token(person.id, mail.way)}"
    with spoken(person.language):
        lines = [(entry.said, f"{origin}/inbox/{entry.line.id}") for entry in found[:LINES]]
        subject = lines[0][0]
        if len(found) > 1:
            subject = ngettext("%(num)s thing is new for you", "%(num)s things are new for you", len(found))
        parts: dict[str, Any] = {
            "subject": subject,
            "hello": _("Hello %(name)s,", name=person.name),
            "lines": lines,
            "more": max(0, len(found) - LINES),
            "inbox": f"{origin}/inbox",
            "why": _why(mail.way, house),
            "choose": f"{origin}/me/notifications",
            "stop": f"{stop}?lang={person.language}",
        }
        return Letter(
            to_name=person.name,
            to_address=person.email or "",
            subject=subject,
            text=_as_text(parts),
            html=render_template("mail/_news.html", lang=person.language, **parts),
            message_id=f"news.{keyed_hash('mail', f'news {mail.id}').hex()[:32]}",
            headers={
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )


def _as_text(parts: dict[str, Any]) -> str:
    told = [f"{said}\n{link}" for said, link in parts["lines"]]
    if parts["more"]:
        told.append(ngettext("and %(num)s more", "and %(num)s more", parts["more"]))
    after = [
        "{}: {}".format(_("Your inbox"), parts["inbox"]),
        "{}\n{}: {}\n{}: {}".format(
            parts["why"], _("Choose what you get"), parts["choose"], _("Stop this mail"), parts["stop"]
        ),
    ]
    return "\n\n".join([parts["hello"], *told, *after, "Blijk"]) + "\n"


def _why(way: str, house: str) -> Any:
    if way == "daily":
        return _(
            "You get this once a day, when there is something new, from Blijk at %(house)s.", house=house
        )
    if way == "weekly":
        return _(
            "You get this once a week, when there is something new, from Blijk at %(house)s.", house=house
        )
    return _("You get this right away, as is chosen for these things, from Blijk at %(house)s.", house=house)


# The link that stops it -------------------------------------------------------------------------------------


def _stop_key() -> bytes:
    return keyed_hash("unsubscribe", "key")


def stop_token(person_id: int, way: str) -> str:
    """Says whose mail to stop, to nobody but us, and cannot be made up; it holds as long as SECRET_KEY does."""
    locked = encrypt(_stop_key(), bytes([STOP[way]]) + person_id.to_bytes(8, "big"), "unsubscribe")
    return base64.urlsafe_b64encode(locked).decode().rstrip("=")


def read_stop_token(token: str) -> tuple[int, str] | None:
    """Whose mail, and which of it."""
    try:
        locked = base64.urlsafe_b64decode(token[:200] + "=" * (-len(token) % 4))
        plain = decrypt(_stop_key(), locked, "unsubscribe")
    except (KeyLost, InvalidTag, ValueError, binascii.Error):
        return None
    ways = {number: way for way, number in STOP.items()}
    return int.from_bytes(plain[1:], "big"), ways[plain[0]]
