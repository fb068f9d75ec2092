"""A way to give recognitions, to open an occasion and to nominate, by the actions of real use."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.facts.models import Fact
from app.outbox import settle
from app.recognitions import actions, nominating, queries
from app.recognitions.actions import NewRecognition
from app.recognitions.nominating import NewNomination, NewOccasion
from tests.cast import Cast
from tests.small import badge, load

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TITLE, CITATION = (
    "Who kept the water running",
    "Stood all night at the pump, and told us what went wrong with it.",
)
REASON = "She stayed until the last street had water again."
BY_HAND = badge(
    "learning-day", ({"count": {"kind": "recognised", "badge": ["learning-day"]}, "at_least": 1}, 0)
)


@pytest.fixture
def badges(app: Flask) -> None:
    """A badge that is given by hand, and one that is not."""
    with app.app_context():
        load([BY_HAND, badge("any", ({"count": {"kind": "recognised"}, "at_least": 2}, 0))])


@pytest.fixture
def give(app: Flask, cast: Cast) -> Callable[..., int]:
    """`give("mia", "anna", "ben")`: Mia recognises both; returns the id."""

    def given(giver: str, *receivers: str, at: datetime = AT, **other: Any) -> int:
        values: dict[str, Any] = {"title": TITLE, "citation": CITATION, "lang": "en", **other}
        with app.app_context(), transaction():
            item = NewRecognition(
                giver_id=cast.id_of(giver),
                receivers=[cast.id_of(name) for name in receivers],
                day=queries.day_of(at),
                **values,
            )
            (recognition_id,) = actions.give_recognitions([item], at=at)
            settle(at)
            return recognition_id

    return given


@pytest.fixture
def occasion(app: Flask, cast: Cast) -> Callable[..., int]:
    """`occasion("eve", "leo")`: HR opens one of two weeks with these in the jury."""

    def opened(*jury: str, at: datetime = AT) -> int:
        with app.app_context(), transaction():
            day = queries.day_of(at)
            item = NewOccasion(
                opened_by=cast.clara,
                name="Learning day 2026",
                lang="en",
                opens_on=day,
                closes_on=day + timedelta(days=14),
                jury=[cast.id_of(name) for name in jury],
            )
            (made,) = nominating.open_occasions([item], at=at)
            settle(at)
            return made

    return opened


@pytest.fixture
def nominate(app: Flask, cast: Cast) -> Callable[..., int]:
    """`nominate(occasion_id, "anna", "ben")`: Anna nominates Ben."""

    def nominated(occasion_id: int, nominator: str, nominee: str, at: datetime = AT, **other: Any) -> int:
        values: dict[str, Any] = {"reason": REASON, "lang": "en", **other}
        with app.app_context(), transaction():
            item = NewNomination(
                nominator_id=cast.id_of(nominator),
                nominee_id=cast.id_of(nominee),
                occasion_id=occasion_id,
                **values,
            )
            (made,) = nominating.nominate([item], at=at)
            settle(at)
            return made

    return nominated


@pytest.fixture
def close(app: Flask, cast: Cast) -> Callable[[int], None]:
    """HR closes the nominations of an occasion."""

    def closed(occasion_id: int, at: datetime = AT) -> None:
        with app.app_context(), transaction():
            nominating.close_nominations([occasion_id], by=cast.clara, at=at)
            settle(at)

    return closed


@pytest.fixture
def standing(app: Flask) -> Callable[[], set[str]]:
    """The sources of the facts that stand."""

    def asked() -> set[str]:
        with app.app_context():
            return set(db.session.scalars(select(Fact.source).where(Fact.withdrawn_at.is_(None))))

    return asked
