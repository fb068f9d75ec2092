"""A skill to thank for, thanks to give, and what the log of facts says of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.facts.models import Fact
from app.kudos import actions
from app.kudos.actions import Choice, NewKudos
from app.outbox import settle
from app.vision import actions as vision
from tests.cast import Cast

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SAID = "You stayed on the phone until the water ran clear."


@pytest.fixture
def skill(app: Flask) -> int:
    with app.app_context(), transaction():
        row = {"slug": "customer", "name": {"nl": "Klant", "en": "Customer"}, "enamel": "customer"}
        return vision.load([], [row])["customer"]


@pytest.fixture
def thank(app: Flask, cast: Cast, skill: int) -> Callable[..., int]:
    """`thank("anna", "ben", "mia")`: Anna thanks both; returns the id."""

    def thanked(giver: str, *receivers: str, at: datetime = AT, **other: Any) -> int:
        ids = [cast.id_of(name) for name in receivers]
        values = {"message": SAID, "skill_id": skill, "lang": "en", **other}
        with app.app_context(), transaction():
            (kudos_id,) = actions.give_kudos(
                [NewKudos(giver_id=cast.id_of(giver), receivers=ids, **values)], at=at
            )
            settle(at)
            return kudos_id

    return thanked


@pytest.fixture
def choose(app: Flask, cast: Cast) -> Callable[[str, int, str], None]:
    """`choose("ben", kudos_id, "team")`: who else may see what Ben got."""

    def chosen(name: str, kudos_id: int, visible: str) -> None:
        with app.app_context(), transaction():
            actions.choose_visibility(
                [Choice(kudos_id=kudos_id, person_id=cast.id_of(name), visible=visible)]
            )

    return chosen


@pytest.fixture
def standing(app: Flask) -> Callable[[], set[str]]:
    """The sources of the facts that stand."""

    def asked() -> set[str]:
        with app.app_context():
            return set(db.session.scalars(select(Fact.source).where(Fact.withdrawn_at.is_(None))))

    return asked
