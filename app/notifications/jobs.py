"""What the worker does for notifications: mail that is due, and what is past its time."""

from datetime import UTC, datetime

from sqlalchemy import text

from app import mail
from app.db import db, transaction
from app.jobs import do_later, job, stopping
from app.notifications import actions, mailing
from app.outbox import settle

NAME = "notifications.send_mail"


@job(NAME, queue="mail", tries=3)
def send_mail() -> None:
    """Send what is due, each mail for itself. One that was accepted is marked at once, and never goes again."""
    if not mail.is_on():
        return
    with mail.post() as way:
        while not stopping.is_set():
            with transaction():
                claimed = mailing.claim(datetime.now(UTC))
            if claimed is None or _send(way, claimed) == mail.AWAY:
                return


def _send(way: mail.Way, claimed: mailing.Claimed) -> str | None:
    """The code of why it did not go."""
    if claimed.letter is None:
        return None
    try:
        way.send(mail.message_of(claimed.letter))
    except mail.CannotSend as no:
        with transaction():
            mailing.not_sent(claimed, no.code, for_good=no.for_good, at=datetime.now(UTC))
        return no.code
    with transaction():
        mailing.sent(claimed.id, datetime.now(UTC))
    return None


_ON_ITS_WAY = text("""
    SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = :name AND status IN ('todo', 'doing'))
""")


def post_what_is_due(at: datetime) -> None:
    """Put the job down when a mail is due, unless it is there already: mail must not hold up who hands on news."""
    if not mail.is_on():
        return
    with transaction():
        if mailing.is_due(at) and not db.session.scalar(_ON_ITS_WAY, {"name": NAME}):
            do_later(send_mail, one_at_a_time=NAME)


def tell_of_team_lessons(at: datetime) -> None:
    """Once a week, for who asked: what their team shared in the week before."""
    with transaction():
        actions.tell_of_team_lessons(at=at)
        settle(at)


def prune(at: datetime) -> None:
    with transaction():
        actions.prune(at=at)
