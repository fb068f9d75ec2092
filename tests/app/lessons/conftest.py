"""A skill, a lesson to share, and what the log of facts says of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.facts.models import Fact
from app.lessons import actions
from app.lessons.actions import NewLesson
from app.outbox import settle
from app.vision import actions as vision
from tests.cast import Cast
from tests.small import badge, load

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TEXT: dict[str, Any] = {
    "outcome": "went_wrong",
    "title": "Valve shut in four seconds",
    "happened": "A joint broke two streets away.",
    "learned": "Haste on site costs more time than it saves.",
    "from_now_on": "We count out loud to forty.",
    "lang": "en",
    "audience": "team",
}


@pytest.fixture
def skill(app: Flask) -> int:
    with app.app_context(), transaction():
        found = vision.load(
            [], [{"slug": "craft", "name": {"nl": "Vakmanschap", "en": "Craft"}, "enamel": "craft"}]
        )
        return found["craft"]


@pytest.fixture
def share(app: Flask, cast: Cast, skill: int) -> Callable[..., int]:
    """`share("anna", title=…)` shares a lesson of hers and returns its id."""

    def shared(author: str, *, at: datetime = AT, **other: Any) -> int:
        values = {**TEXT, "skills": [skill], **other}
        with app.app_context(), transaction():
            (lesson_id,) = actions.share_lessons([NewLesson(author_id=cast.id_of(author), **values)], at=at)
            settle(at)
            return lesson_id

    return shared


@pytest.fixture
def standing(app: Flask) -> Callable[[], dict[str, datetime]]:
    """The facts that stand: when, by source."""

    def asked() -> dict[str, datetime]:
        with app.app_context():
            rows = db.session.execute(
                select(Fact.source, Fact.happened_at).where(Fact.withdrawn_at.is_(None))
            )
            return {row.source: row.happened_at for row in rows}

    return asked


@pytest.fixture
def later() -> Callable[[int], datetime]:
    """So many days after the first lesson."""
    return lambda days: AT + timedelta(days=days)


WORTH = {"kinds": {"lesson_shared": {"points": 10, "cap_week": 30}, "lesson_applied": {"points": 20}}}


@pytest.fixture
def worth(app: Flask, cast: Cast) -> None:
    """Ten points for a lesson, three a week; twenty for each colleague who applies it."""
    with app.app_context():
        load([], WORTH)


@pytest.fixture
def sharer(app: Flask, cast: Cast) -> None:
    """A badge for a lesson."""
    with app.app_context():
        load([badge("sharer", ({"count": {"kind": "lesson_shared"}, "at_least": 1}, 5))], WORTH)
