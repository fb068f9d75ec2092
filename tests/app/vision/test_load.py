"""Loading goals and skills."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.db import transaction
from app.errors import Refused
from app.vision import actions, queries
from app.vision.rules import Circle, lineages_of
from tests.each import each

pytestmark = pytest.mark.usefixtures("inside")

GOALS = [{"slug": "safe", "name": {"nl": "Veilig", "en": "Safe"}}]


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def skill(slug: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "slug": slug,
        "name": {"nl": slug, "en": slug},
        "enamel": "water",
        "parent": parent,
        "goal": None,
        **more,
    }


def load(*skills: dict[str, Any]) -> dict[str, int]:
    with transaction():
        return actions.load(GOALS, skills)


def test_a_skill_knows_itself_and_all_its_ancestors() -> None:
    ids = load(skill("valves", "pipes"), skill("pipes", "craft"), skill("craft"))
    assert queries.lineages([ids["valves"]]) == {ids["valves"]: (ids["valves"], ids["pipes"], ids["craft"])}


def test_a_parent_that_moves_takes_its_branch_along() -> None:
    ids = load(skill("craft"), skill("pipes", "craft"), skill("valves", "pipes"), skill("safety"))
    load(skill("pipes", "safety"))
    assert queries.lineages([ids["valves"]]) == {ids["valves"]: (ids["valves"], ids["pipes"], ids["safety"])}


def test_loading_again_changes_nothing() -> None:
    skills = (skill("craft", goal="safe"), skill("pipes", "craft"))
    assert load(*skills) == load(*skills)
    assert [(row.slug, row.goal_id is not None) for row in queries.tree()] == [
        ("craft", True),
        ("pipes", False),
    ]


def test_a_skill_under_itself_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(Refused, match="stands under itself"):
        load(skill("craft", "pipes"), skill("pipes", "craft"))
    assert queries.tree() == []


@each(
    "skills, said",
    [
        ([skill("craft", "nowhere")], "no skill called nowhere"),
        ([skill("craft", goal="fame")], "no goal called fame"),
        ([skill("craft"), skill("craft")], "craft: this slug stands in the file twice"),
        ([{"slug": "craft"}], "craft: name is missing"),
        ([skill("craft", colour="red")], "craft: colour is not known"),
        ([skill("craft", name={"nl": "Vak"})], "craft: name must be"),
        ([skill("craft", name={"nl": "Vak", "en": "\x00"})], "craft: name must be"),
        ([skill("Craft")], "number 1: slug must be"),
        (["craft"], "number 1: give an object"),
        ({"craft": {}}, "give a list"),
        (None, "give a list"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_reason(skills: Any, said: str) -> None:
    with pytest.raises(Refused, match=said), transaction():
        actions.load(GOALS, skills)


def test_the_tree_puts_each_skill_after_its_parent_in_the_order_of_the_file() -> None:
    load(skill("valves", "pipes"), skill("safety"), skill("craft"), skill("pipes", "craft"))
    assert [(option["slug"], option["depth"]) for option in queries.options()] == [
        ("safety", 0),
        ("craft", 0),
        ("pipes", 1),
        ("valves", 2),
    ]


def test_names_and_ids_are_found_by_each_other() -> None:
    ids = load(skill("craft"), skill("safety"))
    assert queries.ids_of(["craft", "unknown"]) == {"craft": ids["craft"]}
    assert queries.names([ids["safety"]])[ids["safety"]].name == {"nl": "safety", "en": "safety"}
    assert set(queries.names()) == set(ids.values())
    assert queries.names([]) == {}


def test_lineages_end_at_a_circle() -> None:
    with pytest.raises(Circle):
        lineages_of({1: 2, 2: 3, 3: 2})
    assert lineages_of({1: None, 2: 1}) == {1: (1,), 2: (2, 1)}
