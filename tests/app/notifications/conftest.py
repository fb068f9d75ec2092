"""Thanks, lessons, a worker that hands on, and a mail server that one can look into."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask
from sqlalchemy import text

from app import jobs, worker
from app.config import Settings
from app.db import db, transaction
from app.kudos import actions as kudos
from app.kudos.actions import NewKudos
from app.lessons import actions as lessons
from app.lessons import applying
from app.lessons.actions import NewLesson
from app.lessons.applying import Applying
from app.notifications import jobs as notification_jobs
from app.outbox import settle
from app.vision import actions as vision
from tests.cast import Cast

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Amsterdam
SAID = "You stayed on the phone until the water ran clear."
LESSON: dict[str, Any] = {
    "outcome": "went_wrong",
    "title": "Valve shut in four seconds",
    "happened": "A joint broke two streets away.",
    "learned": "Haste on site costs more time than it saves.",
    "from_now_on": "We count out loud to forty.",
    "lang": "en",
    "audience": "everyone",
}


class Scene:
    """What people do, and the worker that comes after them."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast
        with app.app_context(), transaction():
            row = {"slug": "craft", "name": {"nl": "Vak", "en": "Craft"}, "enamel": "craft"}
            self.skill = vision.load([], [row])["craft"]
            db.session.execute(text("UPDATE organisation SET kudos_allowance = 100"))

    def thank(self, giver: str, *receivers: str, at: datetime = AT, message: str = SAID) -> int:
        ids = [self.cast.id_of(name) for name in receivers]
        item = NewKudos(
            giver_id=self.cast.id_of(giver), receivers=ids, message=message, skill_id=self.skill, lang="en"
        )
        with self.app.app_context(), transaction():
            (kudos_id,) = kudos.give_kudos([item], at=at)
            settle(at)
            return kudos_id

    def share(self, author: str, at: datetime = AT, **other: Any) -> int:
        item = NewLesson(author_id=self.cast.id_of(author), **{**LESSON, "skills": [self.skill], **other})
        with self.app.app_context(), transaction():
            (lesson_id,) = lessons.share_lessons([item], at=at)
            settle(at)
            return lesson_id

    def apply(self, lesson_id: int, *names: str, at: datetime = AT) -> None:
        items = [Applying(lesson_id=lesson_id, person_id=self.cast.id_of(name)) for name in names]
        with self.app.app_context(), transaction():
            applying.apply_lessons(items, at=at)
            settle(at)

    def relay(self, at: datetime = AT) -> None:
        """The worker hands on all that waits, and what follows from it."""
        with self.app.app_context():
            while worker.relay(at):
                pass
            db.session.remove()

    def send(self, at: datetime) -> None:
        """The worker sends what is due at that moment."""
        with self.app.app_context(), time_machine.travel(at, tick=False):
            notification_jobs.send_mail.func.__wrapped__()
            db.session.remove()

    def ask(self, sql: str, **told: Any) -> list[tuple[Any, ...]]:
        with self.app.app_context():
            found = [tuple(row) for row in db.session.execute(text(sql), told)]
            db.session.remove()
            return found

    def do(self, sql: str, **told: Any) -> None:
        with self.app.app_context(), transaction():
            db.session.execute(text(sql), told)


@pytest.fixture
def scene(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(jobs, "_house", app)
    return Scene(app, cast)


class Post:
    """A mail server that says what it is told to say, and keeps what it took."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.says: list[str] = []
        self.before: Callable[[], object] = lambda: None

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.says:
            return self.says.pop(0)
        self.got.append(envelope.content)
        return "250 OK"

    @property
    def letters(self) -> list[Any]:
        return [message_from_bytes(one, policy=policy.default) for one in self.got]

    def text(self) -> str:
        return "\n".join(
            one.get_body((kind,)).get_content() for one in self.letters for kind in ("plain", "html")
        )


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Post()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    given = Settings.from_environment(
        MAIL_URL=f"smtp://127.0.0.1:{port}", MAIL_FROM="Blijk <blijk@waterveld.example>"
    )
    monkeypatch.setitem(app.extensions, "settings", given)
    yield handler
    server.stop()
