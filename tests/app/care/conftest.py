"""Kudos and a lesson that can be reported, and a second person at the desk."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.care import actions
from app.db import db, transaction
from app.lessons import actions as lessons
from app.lessons.actions import NewLesson
from app.outbox import settle
from app.people.models import Person
from tests.app.kudos.conftest import AT, choose, skill, standing, thank
from tests.cast import Cast

__all__ = ["choose", "skill", "standing", "thank"]


@pytest.fixture
def lesson(app: Flask, cast: Cast, skill: int) -> int:
    """Anna's, for everyone."""
    new = NewLesson(
        author_id=cast.anna, outcome="went_wrong", title="Ben closed the wrong valve",
        happened="A valve was closed that should not.", learned="Labels are read twice.",
        from_now_on="We read labels twice.", skills=[skill], lang="en", audience="everyone",
    )  # fmt: skip
    with app.app_context(), transaction():
        (lesson_id,) = lessons.share_lessons([new], at=AT)
        settle(AT)
        return lesson_id


@pytest.fixture
def two_at_the_desk(app: Flask, cast: Cast) -> None:
    """Leo is at the desk as well, beside Clara."""
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.leo).role = "hr"


@pytest.fixture
def report(app: Flask, cast: Cast) -> Callable[..., int]:
    """`report("ben", "kudos", 3)`: Ben reports it; returns the id."""

    def reported(by: str, kind: str, content_id: int, at: Any = AT, **other: Any) -> int:
        values = {"reason": "hurts", "words": "This is not how we speak.", **other}
        with app.app_context(), transaction():
            made = actions.report(by=cast.id_of(by), kind=kind, content_id=content_id, at=at, **values)
            settle(at)
            return made

    return reported


@pytest.fixture
def decide(app: Flask, cast: Cast) -> Callable[..., None]:
    """`decide("clara", report_id, "hide")`."""

    def decided(by: str, report_id: int, decision: str, answer: str = "Please mind the tone.") -> None:
        with app.app_context(), transaction():
            actions.decide(report_id, by=cast.id_of(by), decision=decision, answer=answer, at=AT)
            settle(AT)

    return decided
