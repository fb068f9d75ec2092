"""The worker's part: make the file of all that is stored of somebody, and let go what is past its days."""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_babel import lazy_gettext as _l

from app import mail
from app.db import db, transaction
from app.jobs import do_later, job, stopping
from app.language import spoken
from app.outbox import settle
from app.people import queries as people
from app.privacy import actions, answering, queries
from app.privacy.content import Words

TITLE = _l("All that Blijk keeps of you")
TOLD = _l(
    "One page per part, to read; and the same as JSON, for programs. What you wrote about others is in it. "
    "What others wrote for others is not."
)
EMPTY = _l("There is nothing here.")
YES, NO = _l("yes"), _l("no")


@job("privacy.export", queue="privacy", tries=4)
def make_export(export_id: str) -> None:
    """Nothing of it is kept before all is there: a job that was killed begins anew."""
    number = uuid.UUID(export_id)
    with transaction():
        asked = queries.to_make(number)
        language = people.get_person(asked.person_id).language if asked else ""
    if asked is None:
        return
    with spoken(language):
        words = Words.of(language, TITLE, TOLD, EMPTY, YES, NO)
    with TemporaryDirectory(prefix="blijk-export-") as folder:
        to, at = Path(folder) / "export.zip", datetime.now(UTC)
        with transaction():
            actions.write_file(asked.person_id, to, words, at)
        db.session.remove()
        with transaction(), to.open("rb") as file:
            actions.keep(export_id=number, file=file, at=datetime.now(UTC))
            settle(at)


def later(export_id: uuid.UUID) -> None:
    """Put the job down, in this transaction."""
    do_later(make_export, one_at_a_time=f"export:{export_id}", export_id=str(export_id))


@job("privacy.letters", queue="mail", tries=8)
def send_letters() -> None:
    """Tell who asked to be erased that they were. A letter goes with the transaction in which it went out."""
    tell_erased()


def tell_erased() -> None:
    if not mail.is_on():
        return
    with mail.post() as way:
        while not stopping.is_set():
            with transaction():
                who = answering.take_letter()
                if who is None:
                    return
                try:
                    way.send(mail.message_of(answering.letter_to(who)))
                except mail.CannotSend as no:
                    if not no.for_good:
                        raise


def prune(at: datetime) -> None:
    with transaction():
        actions.prune(at=at)
        answering.prune(at=at)


def letters(at: datetime) -> None:
    """Put the job down, where somebody waits to be told."""
    with transaction():
        if mail.is_on() and answering.letters_wait("privacy.letters"):
            do_later(send_letters)


def remind(at: datetime) -> None:
    """The desk, of wishes to be erased whose day comes."""
    with transaction():
        answering.remind(at=at)
        settle(at)
