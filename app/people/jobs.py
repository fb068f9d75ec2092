"""What the worker does for people: reading and bringing in their files, sending their mail."""

from datetime import UTC, datetime

from app import mail
from app.db import transaction
from app.jobs import do_later, job, stopping
from app.outbox import settle
from app.people import files, invitations, queries

TURN = 1.0


class TryAgain(RuntimeError):
    """Not everything could be done now."""


@job("people.read_file", queue="people", tries=4)
def read_file(file_id: int) -> None:
    """What would this file change?"""
    with transaction():
        files.tell_differences(file_id)


@job("people.import_file", queue="people", tries=12)
def import_file(file_id: int) -> None:
    """Bring a confirmed file in, chunk by chunk; a second call goes on where the first one was."""
    content = queries.file_content(file_id)
    if content is None:
        return
    people = files.read(content)
    while not stopping.is_set():
        with files.turn() as mine:
            if mine:
                _to_the_end(file_id, people)
                break
        stopping.wait(TURN)  # an import by command is under way
    if stopping.is_set():
        with transaction():
            do_later(import_file, file_id=file_id)


def _to_the_end(file_id: int, people: files.People) -> None:
    more = True
    while more and not stopping.is_set():
        at = datetime.now(UTC)
        with transaction():
            more = files.go_on(file_id, people, at=at)
            settle(at)


@job("people.send_mail", queue="mail", tries=10)
def send_mail() -> None:
    """Send what waits, each mail once a run. One that was accepted is marked at once, and never goes again."""
    if not mail.is_on():
        return
    started, later = datetime.now(UTC), None
    with mail.post() as way:
        while later != mail.AWAY and not stopping.is_set():
            with transaction():
                claimed = invitations.claim(started, datetime.now(UTC))
            if claimed is None:
                break
            later = _send(way, claimed) or later
    if stopping.is_set():
        with transaction():
            do_later(send_mail)
    elif later is not None or invitations.is_under_way():
        raise TryAgain(later or "a worker that took one may have died")


def _send(way: mail.Way, claimed: invitations.Claimed) -> str | None:
    """The code of why it did not go, if it is worth trying again."""
    if claimed.letter is None:
        return None
    try:
        way.send(mail.message_of(claimed.letter))
    except mail.CannotSend as no:
        with transaction():
            invitations.not_sent(claimed, no.code, for_good=no.for_good, at=datetime.now(UTC))
        return None if no.for_good else no.code
    with transaction():
        invitations.sent(claimed.id, datetime.now(UTC))
    return None
