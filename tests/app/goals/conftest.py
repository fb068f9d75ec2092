"""The scene of these tests, and goals to set in it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.db import transaction
from app.goals import actions, leading
from app.goals.rules import NewGoal, NewTeamGoal
from app.outbox import settle
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast
from tests.small import BADGES

Act = Callable[..., Any]


@pytest.fixture
def scene(app: Flask, cast: Cast) -> Scene:
    made = Scene(app, cast)
    made.load(BADGES)
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


@pytest.fixture
def aim(scene: Scene, cast: Cast, act: Act) -> Act:
    """`aim("anna", proof="activity", of="a1")`: she sets a goal; returns its id."""

    def aimed(name: str, *, of: str = "", ago: float = 1, **more: Any) -> int:
        values: dict[str, Any] = {
            "title": "Read lab results",
            "lang": "en",
            "proof_words": "I read one.",
            **more,
        }
        if values.get("proof") == "badge":
            values["proof_badge_id"] = scene.id_of("achievement", of)
        if values.get("proof") == "activity":
            values["proof_activity_id"] = scene.id_of("activity", of)
        wanted = actions.Setting(person_id=cast.id_of(name), goal=NewGoal(**values))
        made: list[int] = act(actions.set_goals, [wanted], ago=ago)
        return made[0]

    return aimed


@pytest.fixture
def gather(cast: Cast, act: Act) -> Act:
    """Set a goal for a team, by who leads it; returns its id."""

    def gathered(
        by: str = "mia", unit: int | None = None, *, target: int = 3, ago: float = 10, **more: Any
    ) -> int:
        day = now().date()
        goal = NewTeamGoal(
            unit_id=unit, title="Share three", lang="en", kind=more.pop("kind", "completed"), target=target,
            starts_on=day - timedelta(days=30), ends_on=day + timedelta(days=30), **more,
        )  # fmt: skip
        new = leading.Setting(goal=goal, by=cast.id_of(by), keeps=by in ("leo", "clara"))
        ids: list[int] = act(leading.set_goals, [new], ago=ago)
        return ids[0]

    return gathered
