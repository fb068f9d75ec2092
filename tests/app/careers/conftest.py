"""A family with three jobs, and ways to say what they ask."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from app.careers import actions, counted, criteria, queries
from app.careers.rules import NewCriterion, NewFamily, NewJob
from app.db import transaction
from app.outbox import settle
from app.vision import actions as vision
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast
from tests.small import BADGES, X

Act = Callable[..., Any]
TODAY = now().date()
LEVELS = {"operator": 1, "senior": 2, "leader": 3}


def asked(text: str, skill: str = "water", **more: Any) -> NewCriterion:
    values = {"level": 2, "evidence": ["badge", "observation"], "badges": {}, **more}
    return NewCriterion({"nl": f"{text} (nl)", "en": text}, skill, **values)


@pytest.fixture
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept of an earlier count."""
    monkeypatch.setattr(counted, "KEPT_FOR", 0)


@pytest.fixture
def act(app: Flask) -> Act:
    """Call an action as a door does."""

    def acted(action: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with app.app_context(), transaction():
            found = action(*args, at=now(), **more)
            settle(now())
            return found

    return acted


@pytest.fixture
def scene(app: Flask, cast: Cast, made_once: Callable[..., None]) -> Scene:
    """The small catalogue, with a goal that water serves and a badge for water; and the jobs."""
    made = Scene(app, cast)
    made_once("jobs", lambda: _begin(made))
    return made


def _begin(made: Scene) -> None:
    made.load([{**BADGES[0], "skill": "water"}, *BADGES[1:]])
    with made.app.app_context(), transaction():
        water = {"slug": "water", "name": X, "enamel": "water", "parent": None, "goal": "trust"}
        goals = [{"slug": "trust", "name": {"nl": "Vertrouwen", "en": "Trust"}}]
        goals.append({"slug": "safe", "name": {"nl": "Veilig", "en": "Safe"}})
        vision.load(goals, [water])
        actions.write_families([NewFamily("operators", {"nl": "Operators", "en": "Operators"})])
        actions.write_jobs({slug: _job(slug, level) for slug, level in LEVELS.items()})


def _job(slug: str, level: int) -> NewJob:
    until = TODAY + timedelta(days=20) if slug == "leader" else None
    names = {"nl": f"{slug.capitalize()} (nl)", "en": slug.capitalize()}
    return NewJob(slug, "operators", level, names, [f"{slug.upper()} X"], until)


@pytest.fixture
def publish(scene: Scene, cast: Cast, act: Act) -> Act:
    """`publish("senior", asked(…), …)`: HR writes this and publishes it; returns the number of the version."""

    def published(slug: str, *items: NewCriterion, consented_on: date = TODAY) -> int:
        act(criteria.replace_draft, slug, items, version=None, by=cast.clara)
        number: int = act(
            criteria.publish_draft, slug, consented_on=consented_on, version=None, today=TODAY, by=cast.clara
        )
        return number

    return published


@pytest.fixture
def versions(app: Flask, scene: Scene) -> Callable[..., list[queries.Criteria]]:
    """All versions of a job, the draft too, the latest first."""

    def found(slug: str) -> list[queries.Criteria]:
        with app.app_context():
            return queries.versions(queries.job(slug).id, drafts=True)

    return found
