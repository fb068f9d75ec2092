"""Who cannot sign in yet, and the words with which they are let in: mail and printed letters.

A mail is a row first. Its link is made in the moment it goes out, so that it stands in no job, row or log.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst
from flask import render_template
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import ARRAY, BigInteger, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from app.audit.actions import write
from app.config import settings, timezone
from app.db import db
from app.language import spoken
from app.mail import Letter
from app.people import actions, queries
from app.people.models import Mail, Person, Unit
from app.people.queries import HERE, NOT_ASKED, ON_ITS_WAY
from app.people.rules import email_of

TRIES = 9
LEASE, AGAIN = timedelta(minutes=2), timedelta(minutes=2)
PAGE = Path(__file__).with_name("letter.typ")
ONE_PDF = 300  # letters that a page makes in one go; the command makes any number


# Who --------------------------------------------------------------------------------------------------------


def without_way(at: datetime, *, by_mail: bool | None = None) -> list[int]:
    """Everybody who has no password, and no link or code that still holds; with an address, without, or all."""
    statement = select(Person.id).where(NOT_ASKED).order_by(Person.sort_name, Person.id)
    if by_mail is not None:
        statement = statement.where(Person.email.is_not(None) if by_mail else Person.email.is_(None))
    return list(db.session.scalars(statement, {"at": at}))


def count_without_way(at: datetime) -> tuple[int, int]:
    """How many of them have an address, and how many have none."""
    mailed = func.count().filter(Person.email.is_not(None))
    row = db.session.execute(
        select(mailed, func.count()).select_from(Person).where(NOT_ASKED), {"at": at}
    ).one()
    return row[0], row[1] - row[0]


def named(words: Iterable[str]) -> tuple[list[int], list[str]]:
    """Whom these addresses and personnel numbers mean, and which of them mean nobody here."""
    found: dict[str, int] = {}
    wanted = [word.strip() for word in words if word.strip()]
    mails = {email_of(word) for word in wanted if "@" in word}
    rows = db.session.execute(
        select(Person.id, Person.email, Person.external_id).where(
            HERE, or_(Person.email.in_(mails), Person.external_id.in_(wanted))
        )
    )
    for person_id, email, number in rows:
        found |= {name: person_id for name in (email, number) if name}
    ids = [found.get(word, found.get(email_of(word) or "")) for word in wanted]
    unknown = [word for word, person_id in zip(wanted, ids, strict=True) if person_id is None]
    return list(dict.fromkeys(one for one in ids if one is not None)), unknown


def ids_here(person_ids: Iterable[int], *, by_mail: bool | None = None) -> list[int]:
    """Those of them who work here; with an address, or without."""
    ids = bindparam(None, list(set(person_ids)), type_=ARRAY(BigInteger))
    statement = select(Person.id).where(HERE, Person.id == func.any(ids))
    if by_mail is not None:
        statement = statement.where(Person.email.is_not(None) if by_mail else Person.email.is_(None))
    return list(db.session.scalars(statement.order_by(Person.sort_name, Person.id)))


def logins(person_ids: Iterable[int]) -> dict[int, str]:
    """With what each of them signs in."""
    ids = bindparam(None, list(person_ids), type_=ARRAY(BigInteger))
    rows = db.session.execute(
        select(Person.id, Person.email, Person.external_id).where(Person.id == func.any(ids))
    )
    return {person_id: email or number or "" for person_id, email, number in rows}


# Mail -------------------------------------------------------------------------------------------------------


def ask_invitations(person_ids: Sequence[int], *, by: int | None, at: datetime) -> int:
    """Put down a mail for each who has an address, unless one is on its way; say how many. Who has a password
    already gets a link for a new one."""
    ids = bindparam(None, list(person_ids), type_=ARRAY(BigInteger))
    wanted = select(Person.id, Person.password_hash.is_(None)).where(
        HERE, Person.email.is_not(None), Person.id == func.any(ids), ~ON_ITS_WAY
    )
    people = db.session.execute(wanted.order_by(Person.id))
    rows = [_row("invitation" if new else "reset", person_id, by, at) for person_id, new in people]
    if rows:
        db.session.execute(insert(Mail), rows)
        detail = {"people": len(rows), "by": "mail"}
        write("people:invited", at=at, actor_id=by, detail=detail)
    return len(rows)


def ask_reset(login: str, *, at: datetime) -> None:
    """Somebody forgot their password, or says so: known or not, a row is put down, so that both take as long."""
    asked_lately = exists().where(
        Mail.person_id == Person.id, Mail.kind == "reset", Mail.asked_at > at - AGAIN
    )
    who = Person.email == login if "@" in login else Person.external_id == login
    found = db.session.scalar(select(Person.id).where(who, HERE, Person.email.is_not(None), ~asked_lately))
    db.session.execute(insert(Mail), [_row("reset", found, None, at)])


def _row(kind: str, person_id: int | None, by: int | None, at: datetime) -> dict[str, Any]:
    return {"kind": kind, "person_id": person_id, "asked_by": by, "asked_at": at, "next_at": at}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that goes out now, or (without a letter) need not go any more."""

    id: int
    letter: Letter | None
    tries: int = 0


def claim(before: datetime, at: datetime) -> Claimed | None:
    """The next mail that waited before, with its link made now; for two minutes no other worker takes it."""
    waiting = (Mail.sent_at.is_(None), Mail.refusal.is_(None), Mail.next_at <= before)
    statement = select(Mail).where(*waiting).order_by(Mail.next_at, Mail.id).limit(1)
    mail = db.session.scalar(statement.with_for_update(skip_locked=True))
    if mail is None:
        return None
    person = db.session.get(Person, mail.person_id) if mail.person_id is not None else None
    needed = person is not None and person.active and person.email and not person.erased_at
    if person is None or not needed or (mail.kind == "invitation" and person.password_hash):
        mail.refusal = "not-needed"
        db.session.flush()
        return Claimed(mail.id, None)
    mail.tries, mail.next_at = mail.tries + 1, at + LEASE
    db.session.flush()
    if mail.kind == "reset":
        secret = actions.let_reset(person_id=person.id, at=at)
        return Claimed(mail.id, _reset(person, secret, asked=mail.asked_by is None), mail.tries)
    secret = actions.invite(person_id=person.id, at=at)
    return Claimed(mail.id, _invitation(person, secret, at), mail.tries)


def is_under_way() -> bool:
    """Is there a mail that was taken and neither went nor was given up?"""
    waiting = (Mail.sent_at.is_(None), Mail.refusal.is_(None), Mail.tries > 0)
    return bool(db.session.scalar(select(exists().where(*waiting))))


def sent(mail_id: int, at: datetime) -> None:
    db.session.execute(update(Mail).where(Mail.id == mail_id).values(sent_at=at))


def not_sent(claimed: Claimed, code: str, *, for_good: bool, at: datetime) -> None:
    """It is tried again with the job, unless that cannot help."""
    values = {"refusal": code} if for_good or claimed.tries >= TRIES else {"next_at": at}
    db.session.execute(update(Mail).where(Mail.id == claimed.id).values(**values))


def _invitation(person: Person, secret: str, at: datetime) -> Letter:
    house = queries.organisation().name
    link = f"{settings().origin}/welcome/{secret}"
    until = (at + actions.LINK).astimezone(timezone())
    with spoken(person.language):
        said = [
            _("Hello %(name)s,", name=person.name),
            _about(house),
            _("Choose a password with this link, and you are in. It works once, until %(day)s.",
              day=format_date(until, "d MMMM", rebase=False)),
        ]  # fmt: skip
        after = [
            _("From then on you sign in with %(login)s.", login=person.email),
            _("Did you not expect this? Then leave it; nothing happens."),
        ]
        subject = _("You can use Blijk at %(house)s", house=house) if house else _("You can use Blijk")
        return _letter(person, subject, said, _("Choose a password"), link, after)


def _about(house: str) -> str:
    if not house:
        return str(_("Blijk shows what you learn, and what colleagues thank you for."))
    return str(
        _("%(house)s uses Blijk: it shows what you learn, and what colleagues thank you for.", house=house)
    )


def _reset(person: Person, secret: str, *, asked: bool) -> Letter:
    """`asked`: by themselves, as far as we know; else an administrator did it."""
    link = f"{settings().origin}/welcome/{secret}"
    with spoken(person.language):
        said = [
            _("Hello %(name)s,", name=person.name),
            _("Somebody, you we think, asked for a new password for Blijk.") if asked
            else _("Your administrator lets you choose a new password for Blijk."),
            _("Choose it with this link. It works once, for an hour."),
        ]  # fmt: skip
        after = [_("Was it not you? Then leave it; your password stays as it is.")]
        return _letter(person, _("A new password for Blijk"), said, _("Choose a password"), link, after)


def _letter(
    person: Person, subject: str, said: list[str], action: str, link: str, after: list[str]
) -> Letter:
    parts = {"before": said, "action": action, "link": link, "after": after}
    return Letter(
        to_name=person.name,
        to_address=person.email or "",
        subject=subject,
        text="\n\n".join([*said, link, *after, "Blijk"]) + "\n",
        html=render_template("mail/_letter.html", lang=person.language, subject=subject, **parts),
    )


# Printed letters --------------------------------------------------------------------------------------------


def letters(person_ids: Sequence[int], *, by: int | None, at: datetime) -> bytes:
    """A page with a code for each, in their language and in the order of where they work: a PDF (PDF/UA-1)."""
    codes = actions.invite_people(person_ids, at=at, by_letter=True, by=by)
    house = queries.organisation().name
    people = _addressed(person_ids)
    made = []
    for language in sorted({person.language for person in people}):
        with spoken(language):
            made += [_page(one, codes[one.id], house, at) for one in people if one.language == language]
    made.sort(key=lambda page: page["order"])
    whole = {"title": f"Blijk – {house}", "organisation": house or "Blijk", "language": "nl", "letters": made}
    found = typst.compile(
        PAGE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        sys_inputs={"letters": json.dumps(whole)},
    )
    return bytes(found)


def _addressed(person_ids: Sequence[int]) -> Sequence[Any]:
    department, team = aliased(Unit), aliased(Unit)
    ids = bindparam(None, list(person_ids), type_=ARRAY(BigInteger))
    return db.session.execute(
        select(
            Person.id, Person.name, Person.sort_name, Person.language, Person.email, Person.external_id,
            department.name.label("department"), team.name.label("team"),
        )
        .outerjoin(department, department.id == Person.department_id)
        .outerjoin(team, team.id == Person.team_id)
        .where(Person.id == func.any(ids))
    ).all()  # fmt: skip


def _page(person: Any, code: str, house: str, at: datetime) -> dict[str, Any]:
    until = (at + actions.LETTER).astimezone(timezone())
    address = f"{settings().origin}/welcome"
    place = " / ".join(part for part in (person.department, person.team) if part)
    return {
        "order": [place, person.sort_name, person.id],
        "language": person.language,
        "name": person.name,
        "place": place,
        "day": format_date(at.astimezone(timezone()), "d MMMM yyyy", rebase=False),
        "title": _("Your way into Blijk"),
        "intro": [
            _about(house)
        ],
        "code": code.replace("-", " "),
        "code_label": _("Your code"),
        "address": address,
        "address_label": _("Go to"),
        "login": person.external_id or person.email or "",
        "login_label": _("From then on you sign in with"),
        "qr": _qr(f"{address}/{code}"),
        "qr_label": _("QR code with the link to choose a password"),
        "steps": [
            _("Scan the QR code with your phone, or type the address and then the code."),
            _("Choose a password: at least ten characters, a sentence is fine."),
            _("Choose how you want it: with points and leaderboards, or without."),
        ],
        "closing": _("The code works once, until %(day)s. It is yours alone: whoever has it can get in as you.",
                     day=format_date(until, "d MMMM yyyy", rebase=False)),
    }  # fmt: skip


def _qr(link: str) -> str:
    buffer = BytesIO()
    segno.make(link, error="m").save(buffer, kind="svg", border=2, xmldecl=False)
    return buffer.getvalue().decode()
