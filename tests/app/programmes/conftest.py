"""The scene of these tests, programmes, and what somebody completes."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.activities import recording
from app.db import lock_people, transaction
from app.outbox import settle
from app.programmes import actions
from app.programmes.rules import NewPart, Told
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast

Act = Callable[..., Any]
BOTH = {"nl": "Van lab tot kraan", "en": "From lab to tap"}


@pytest.fixture
def scene(app: Flask, cast: Cast) -> Scene:
    made = Scene(app, cast)
    made.load(points={"kinds": {"programme_completed": {"points": 50}}})
    return made


@pytest.fixture
def act(app: Flask) -> Act:
    """Call an action as a door does; `ago` is how many days ago."""

    def acted(action: Callable[..., Any], *args: Any, ago: float = 0, **more: Any) -> Any:
        at = now() - timedelta(days=ago)
        with app.app_context(), transaction():
            found = action(*args, at=at, **more)
            settle(at)
            return found

    return acted


def told_of(scene: Scene, *parts: tuple[int, str]) -> Told:
    """`(1, "a1")` asks a1, `(2, "a2 a3 a4")` two of three."""
    made = [
        NewPart(need, tuple(scene.id_of("activity", slug) for slug in slugs.split())) for need, slugs in parts
    ]
    return Told(title=BOTH, summary=BOTH, parts=made)


@pytest.fixture
def publish(scene: Scene, cast: Cast, act: Act) -> Act:
    """Publish a programme; returns its slug."""

    def published(*parts: tuple[int, str], ago: float = 100) -> str:
        slugs: list[str] = act(actions.make, [told_of(scene, *parts)], by=cast.leo, ago=ago)
        act(actions.set_state, dict.fromkeys(slugs, "published"), by=cast.leo, ago=ago)
        return slugs[0]

    return published


@pytest.fixture
def learn(app: Flask, scene: Scene) -> Act:
    """Somebody, or several, complete these activities, as a platform reports it."""

    def learned(people: int | Iterable[int], *slugs: str, ago: float = 0, run: int = 1) -> None:
        everybody = [people] if isinstance(people, int) else list(people)
        ids = {slug: scene.id_of("activity", slug) for slug in slugs}
        at = now()
        reports = [
            {"person_id": person, "activity_id": ids[slug], "source": f"import:{run}:{slug}:{person}",
             "completed_at": at - timedelta(days=ago, seconds=5), "origin": "platform"}
            for person in everybody for slug in slugs
        ]  # fmt: skip
        with app.app_context(), transaction():
            lock_people(everybody)
            recording.record_completions(reports, at=at)
            settle(at)

    return learned


@pytest.fixture
def void(app: Flask) -> Act:
    """What was reported does not hold any more."""

    def voided(person: int, slug: str) -> None:
        with app.app_context(), transaction():
            lock_people([person])
            recording.withdraw_supports([f"import:1:{slug}:{person}"], at=now())
            settle(now())

    return voided
