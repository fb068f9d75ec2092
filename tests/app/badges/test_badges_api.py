"""Badges and awards in JSON: one's own."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.app.leaderboards.scene import Scene
from tests.cast import Cast
from tests.small import badge, completed

Headers = Callable[[str], dict[str, str]]
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def house(scene: Scene) -> None:
    scene.load([badge("three", (completed(3), 10), (completed(6), 20)), badge("rich", ({"points": 1000}, 0))])


@pytest.fixture
def ask(app: Flask, token_of: Headers) -> Ask:
    def asked(who: str, path: str, **headers: str) -> Any:
        answer = app.test_client().get(f"/api/v1/{path}", headers={**token_of(who), **headers})
        assert answer.status_code == 200, answer.text
        return answer.get_json()[path]

    return asked


def test_an_award_says_what_when_under_which_version_and_on_what(scene: Scene, cast: Cast, ask: Ask) -> None:
    activity = scene.id_of("activity", "a3")
    scene.state(*(scene.fact(cast.anna, activity_id=activity) for _ in range(3)))
    (award,) = ask("anna", "awards")
    assert award.pop("link").endswith(f"/b/{UUID(award.pop('id'))}")
    assert award.pop("earned_at")
    evidence = award.pop("evidence")
    assert award == {
        "badge": "three", "name": {"nl": "x", "en": "x"}, "tier": 1, "period": None, "points": 10, "version": 1,
        "visible": "colleagues", "in_review": False,
    }  # fmt: skip
    assert [(fact["kind"], fact["title"]) for fact in evidence] == [("completed", {"nl": "x", "en": "x"})] * 3


def test_awards_and_progress_are_ones_own(scene: Scene, cast: Cast, ask: Ask) -> None:
    scene.earn(cast.anna, 3)
    for name in ("ben", "mia", "clara", "dan"):
        assert ask(name, "awards") == []
        assert [one["tier"] for one in ask(name, "badges")] == [None, None]


def test_each_badge_says_how_far_one_is(scene: Scene, cast: Cast, ask: Ask) -> None:
    scene.earn(cast.anna, 4)
    three, rich = ask("anna", "badges")
    assert (three["tier"], three["next_tier"], three["tiers"]) == (1, 2, 2)
    step = {"said": "Complete 6 activities", "done": 4, "needed": 6, "met": False, "missing": []}
    assert three["steps"] == [step]
    assert (rich["steps"][0]["done"], rich["steps"][0]["needed"]) == (130, 1000)


def test_sentences_come_in_the_language_of_the_person(scene: Scene, cast: Cast, ask: Ask) -> None:
    scene.choose(cast.anna, language="nl")
    assert ask("anna", "badges")[0]["steps"][0]["said"] == "Rond 3 activiteiten af"


@pytest.mark.parametrize("switch", ["person", "organisation"])
def test_without_points_every_figure_of_points_is_null(
    scene: Scene, cast: Cast, ask: Ask, switch: str
) -> None:
    scene.earn(cast.anna, 3)
    if switch == "person":
        scene.choose(cast.anna, game=False)
    else:
        scene.decide(points_on=False)
    assert [award["points"] for award in ask("anna", "awards")] == [None]
    three, rich = ask("anna", "badges")
    assert three["steps"][0]["done"] == 3
    assert (rich["steps"][0]["done"], rich["steps"][0]["needed"]) == (None, None)


@pytest.mark.parametrize("path", ["awards", "badges", "me/ledger", "boards"])
def test_a_platform_and_nobody_have_no_badges(
    app: Flask, cast: Cast, platform: dict[str, str], path: str
) -> None:
    assert app.test_client().get(f"/api/v1/{path}").status_code == 401
    assert app.test_client().get(f"/api/v1/{path}", headers=platform).status_code == 403
