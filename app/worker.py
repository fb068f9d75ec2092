"""The worker: hands on what the outbox holds, keeps the boards whole, seals the traces, drops what is past its time.

Any number of workers may run, on any number of machines. Nothing here needs a wake-up to be right: it looks many
times a second, and a row is claimed by one worker at a time.
"""

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import delete, select, update

from app import outbox
from app.audit import seals
from app.db import db, transaction
from app.imports import actions as imports
from app.leaderboards import actions as leaderboards
from app.outbox import OutboxMessage
from app.people import actions as people

log = structlog.get_logger("blijk.worker")

LOOK_EVERY = 0.1
MOST_TRIES = 20
KEEP_HANDED_ON = timedelta(days=7)


def now() -> datetime:
    return datetime.now(UTC)


def relay(at: datetime, limit: int = 50) -> int:
    """Hand on what waits; return how many rows. What fails is tried again alone, later and later."""
    try:
        with transaction():
            messages = outbox.claim(at, limit)
            ids = [message.id for message in messages]
            if messages:
                outbox.hand_on(messages, at)
                outbox.settle(at)
        return len(ids)
    except Exception:
        log.exception("relay")
    return _relay_alone(at, limit)


def _relay_alone(at: datetime, limit: int) -> int:
    with transaction():
        ids = [message.id for message in outbox.claim(at, limit)]
    done = 0
    for message_id in ids:
        try:
            with transaction():
                message = db.session.scalar(
                    select(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.handed_on_at.is_(None))
                    .with_for_update(skip_locked=True)
                )  # fmt: skip
                if message is not None:
                    outbox.hand_on([message], at)
                    outbox.settle(at)
            done += 1
        except Exception as trouble:
            log.exception("relay", message=message_id)
            _put_off(message_id, at, trouble)
    return done


def _put_off(message_id: int, at: datetime, trouble: Exception) -> None:
    with transaction():
        tries = db.session.scalar(select(OutboxMessage.tries).where(OutboxMessage.id == message_id)) or 0
        wait = timedelta(seconds=min(300, 2 ** min(tries, 8)))
        db.session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == message_id, OutboxMessage.handed_on_at.is_(None))
            .values(tries=tries + 1, next_try_at=at + wait, trouble=type(trouble).__name__)
        )


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
        except Exception:
            db.session.rollback()
            log.exception("turn", work=self.work.__name__)


def prune(at: datetime) -> None:
    """Drop outbox rows that were handed on long ago, and sessions, tokens and tries past their time."""
    with transaction():
        people.forget_old_keys(at=at)
        db.session.execute(delete(OutboxMessage).where(OutboxMessage.handed_on_at < at - KEEP_HANDED_ON))


def run(app: Flask) -> None:
    """Work until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    turns = [
        Turn(0.5, leaderboards.keep_whole),
        Turn(5, seals.seal),
        Turn(3600, prune),
        Turn(3600, imports.prune),
    ]
    with app.app_context():
        while not stop.is_set():
            try:
                busy = relay(now())
            except Exception:
                db.session.rollback()
                log.exception("relay")
                busy = 0
            for turn in turns:
                turn.come_round()
            db.session.remove()
            if not busy:
                stop.wait(LOOK_EVERY)
