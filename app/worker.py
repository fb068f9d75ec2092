"""The worker: hands on what the outbox holds, keeps the boards whole, seals the traces, drops what is past its time.

Any number of workers may run, on any number of machines. Nothing here needs a wake-up to be right: it looks many
times a second, and a row is claimed by one worker at a time.
"""

import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import delete

from app import jobs, outbox
from app.activities import confirming
from app.activities import files as log_files
from app.audit import seals
from app.db import db, transaction
from app.goals import inviting, reaching
from app.guidance import ending as guidance
from app.imports import actions as imports
from app.leaderboards import actions as leaderboards
from app.lessons import going, mixing, unnamed
from app.notifications import jobs as notifications
from app.outbox import OutboxMessage
from app.people import actions as people
from app.people import pauses
from app.privacy import erasing, replaying, terms
from app.privacy import jobs as privacy
from app.recognitions import nominating
from app.reviews import rounds as review_rounds
from app.reviews import waiting as reviews

log = structlog.get_logger("blijk.worker")

LOOK_EVERY = 0.1
REST = 1.0  # after a fault of the whole, such as a database that is away
KEEP_HANDED_ON = timedelta(days=7)


def now() -> datetime:
    return datetime.now(UTC)


def relay(at: datetime, limit: int = 50) -> int:
    """Hand on what waits; return how many rows. What fails is tried again alone, later and later."""
    ids: list[int] = []
    try:
        with transaction():
            messages = outbox.claim(at, limit)
            ids = [message.id for message in messages]
            if messages:
                outbox.hand_on(messages, at)
                outbox.settle(at)
        return len(ids)
    except Exception as trouble:
        if not ids:
            raise
        note("relay", trouble, messages=len(ids))
    return sum(_relay_alone(message_id, at) for message_id in ids)


def _relay_alone(message_id: int, at: datetime) -> bool:
    """Hand on one row, unless another worker has it, or has put it off meanwhile."""
    try:
        with transaction():
            message = outbox.claim_one(message_id, at)
            if message is not None:
                outbox.hand_on([message], at)
                outbox.settle(at)
        return message is not None
    except Exception as trouble:
        note("relay", trouble, message=message_id)
        with transaction():
            outbox.put_off(message_id, at, trouble)
        return False


def note(what: str, trouble: BaseException, **more: object) -> None:
    """Say in the log what failed and where, without the values: they may be what people wrote."""
    steps = [
        f"{step.filename}:{step.lineno} {step.name}" for step in traceback.extract_tb(trouble.__traceback__)
    ]
    log.error(what, kind=type(trouble).__name__, steps=steps[-12:], **more)


class Turn:
    """A piece of work that comes round every so often."""

    def __init__(self, seconds: float, work: Callable[[datetime], object]) -> None:
        self.every, self.work = timedelta(seconds=seconds), work
        self.next_at = now()

    def come_round(self) -> None:
        at = now()
        if at < self.next_at:
            return
        self.next_at = at + self.every
        try:
            self.work(at)
        except Exception as trouble:
            db.session.rollback()
            note("turn", trouble, work=self.work.__name__)


def prune(at: datetime) -> None:
    """Drop outbox rows that were handed on long ago, and sessions, tokens, tries, days away, files past their time."""
    with transaction():
        people.forget_old_keys(at=at)
        pauses.prune(terms.PAUSES_OVER, at=at)
        log_files.prune(at=at)
        db.session.execute(delete(OutboxMessage).where(OutboxMessage.handed_on_at < at - KEEP_HANDED_ON))


def hand_over(at: datetime) -> None:
    """Give what waits for somebody who left to who can confirm it now."""
    with transaction():
        confirming.hand_over_from_who_left(at=at)
        confirming.hand_over_to_stand_ins(at=at)
        outbox.settle(at)


def reach_goals(at: datetime) -> None:
    """Mark the goals of teams that were reached."""
    with transaction():
        reaching.reach(at)
        outbox.settle(at)


def invite_to_check_in(at: datetime) -> None:
    """Invite who left a goal alone for a month to look at it."""
    with transaction():
        inviting.invite(at)
        outbox.settle(at)


def close_nominations(at: datetime) -> None:
    """Nominations whose last day is past are closed, and who reads them hears so."""
    with transaction():
        nominating.close_what_is_over(at=at)
        outbox.settle(at)


def end_guidance(at: datetime) -> None:
    """End what colleagues do together when one of them does not work here any more."""
    with transaction():
        guidance.end_with_who_left(at=at)
        outbox.settle(at)


def go_on_with_reviews(at: datetime) -> None:
    """Remind of what is due, let files go on whose term ended, and release rounds on their day, each on its own."""
    with transaction():
        reviews.keep_going(at=at)
        outbox.settle(at)
    for round_id in reviews.due_rounds(at=at):
        with transaction():
            review_rounds.release(round_id, by=None, mark=None, at=at)
            outbox.settle(at)


def let_lessons_go(at: datetime) -> None:
    """What authors deleted and did not bring back goes for good."""
    for named in (True, False):
        found = going.AT_ONCE
        while found == going.AT_ONCE:
            with transaction():
                found = going.finish(at=at, named=named)
                outbox.settle(at)


def count_unnamed(at: datetime) -> None:
    """Once a week, what lessons without a name earned, of all their authors together."""
    with transaction():
        unnamed.count(at=at)
        outbox.settle(at)


def mix_lessons(at: datetime) -> None:
    """Nothing that a row of a lesson without a name is written beside may say whose it is."""
    with transaction():
        mixing.mix(at)


def empty_again(at: datetime) -> None:
    """What came from requests that were under way when somebody was erased."""
    with transaction():
        erasing.sweep(at=at)
        outbox.settle(at)


def run(app: Flask) -> None:
    """Work until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    turns = [
        Turn(0.5, leaderboards.keep_whole),
        Turn(1, leaderboards.keep_sums),
        Turn(5, leaderboards.fold),
        Turn(5, seals.seal),
        Turn(30, hand_over),
        Turn(10, notifications.post_what_is_due),
        Turn(15, reach_goals),
        Turn(3600, invite_to_check_in),
        Turn(30, end_guidance),
        Turn(60, close_nominations),
        Turn(60, go_on_with_reviews),
        Turn(3600, prune),
        Turn(3600, notifications.prune),
        Turn(3600, notifications.tell_of_team_lessons),
        Turn(10, let_lessons_go),
        Turn(3600, count_unnamed),
        Turn(600, mix_lessons),
        Turn(3600, imports.prune),
        Turn(3600, privacy.prune),
        Turn(3600, privacy.remind),
        Turn(60, privacy.letters),
        Turn(60, empty_again),
    ]
    with app.app_context():
        replaying.replay_own(at=now())  # before anything is handed on: the database may be an older backup
    desk = jobs.begin(app, stop)
    with app.app_context():
        while not stop.is_set():
            stop.wait(look(turns))
            db.session.remove()
    desk.join()


def look(turns: Sequence[Turn]) -> float:
    """Hand on what waits, and let come round what is due; return for how many seconds to rest."""
    try:
        rest = 0.0 if relay(now()) else LOOK_EVERY
    except Exception as trouble:
        db.session.rollback()
        note("relay", trouble)
        return REST
    for turn in turns:
        turn.come_round()
    return rest
