"""A lesson to give feedback on, a request for it, and what the log of facts says."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.facts.models import Fact
from app.feedback import actions, asking, receiving
from app.feedback.actions import Words
from app.feedback.asking import Ask
from app.lessons.actions import NewLesson, share_lessons
from app.outbox import settle
from app.vision import actions as vision
from tests.cast import Cast

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SAID = Words(keep="You asked everybody by name.", try_="Begin with the plan of the day.", lang="en")
WORDS = {"keep": SAID.keep, "try": SAID.try_, "lang": "en"}


@pytest.fixture
def skill(app: Flask) -> int:
    with app.app_context(), transaction():
        row = {"slug": "safety", "name": {"nl": "Veiligheid", "en": "Safety"}, "enamel": "safety"}
        return vision.load([], [row])["safety"]


@pytest.fixture
def lesson(app: Flask, cast: Cast, skill: int) -> Callable[..., int]:
    """`lesson("anna")`: she shares one for her team; returns its id."""

    def shared(author: str, audience: str = "team") -> int:
        told = NewLesson(
            author_id=cast.id_of(author), outcome="nearly", title="The valve that was open",
            happened="We left before looking twice.", learned="Look twice at each valve.",
            from_now_on="I walk the round again.", skills=[skill], lang="en", audience=audience,
        )  # fmt: skip
        with app.app_context(), transaction():
            (lesson_id,) = share_lessons([told], at=AT)
            settle(AT)
            return lesson_id

    return shared


@pytest.fixture
def ask(app: Flask, cast: Cast) -> Callable[..., int]:
    """`ask("anna", "ben")`: she asks him; returns the id of the request."""

    def asked(asker: str, *people: str, leading: bool = False, **other: Any) -> int:
        told = Ask(
            asker_id=cast.id_of(asker), people=[cast.id_of(name) for name in people],
            about="How was the handover?", lang="en", leading=leading, **other,
        )  # fmt: skip
        with app.app_context(), transaction():
            (request_id,) = asking.ask([told], at=AT)
            settle(AT)
            return request_id

    return asked


@pytest.fixture
def answer(app: Flask, cast: Cast) -> Callable[..., int]:
    """`answer("ben", request_id)`; returns the id of the feedback."""

    def answered(name: str, request_id: int, words: Words = SAID, at: datetime = AT) -> int:
        with app.app_context(), transaction():
            (found,) = actions.answer(
                [actions.Answer(by=cast.id_of(name), request_id=request_id, words=words)], at=at
            )
            settle(at)
            return found

    return answered


@pytest.fixture
def help_of(app: Flask, cast: Cast) -> Callable[..., None]:
    """`help_of("anna", feedback_id)`: she says that it helped."""

    def marked(name: str, feedback_id: int, on: bool = True, at: datetime = AT) -> None:
        with app.app_context(), transaction():
            receiving.mark_helpful(
                [receiving.Helped(by=cast.id_of(name), feedback_id=feedback_id, on=on)], at=at
            )
            settle(at)

    return marked


@pytest.fixture
def facts(app: Flask) -> Callable[[], list[Fact]]:
    """What stands in the log of feedback and use, in the order of ids."""

    def asked() -> list[Fact]:
        kinds = ("feedback_helped", "use_told")
        with app.app_context():
            wanted = select(Fact).where(Fact.withdrawn_at.is_(None), Fact.kind.in_(kinds)).order_by(Fact.id)
            return list(db.session.scalars(wanted))

    return asked
