"""Goals and skills by the API: on the same actions as the pages."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit.queries import acts
from app.errors import Conflict
from app.vision import actions, queries
from tests.app.activities.scene import NOW, Catalogue, catalogue
from tests.app.activities.test_races import at_once
from tests.cast import Cast, SignedIn

__all__ = ["catalogue"]
Headers = Callable[[str], dict[str, str]]
GOAL = {"name": {"nl": "Samen  sterk", "en": "Strong together"}}
SKILL: dict[str, Any] = {
    "name": {"nl": "Hijsen", "en": "Hoisting"},
    "enamel": "craft",
    "parent": "safety",
    "levels": [{"nl": "Helpt mee", "en": "Helps"}],
    "framework": "http://data.europa.eu/esco/skill/1",
}


def test_a_goal_is_made_said_in_other_words_and_taken_away(
    client: FlaskClient, token_of: Headers, catalogue: Catalogue
) -> None:
    leo = token_of("leo")
    made = client.post("/api/v1/goals", json=GOAL, headers=leo)
    assert made.status_code == 201
    assert made.get_json() == {
        "slug": "strong-together", "name": {"nl": "Samen sterk", "en": "Strong together"}, "version": 1,
    }  # fmt: skip
    other = {"name": {"nl": "Een", "en": "One"}, "version": 1}
    changed = client.put("/api/v1/goals/strong-together", json=other, headers=leo)
    assert (changed.status_code, changed.get_json()["version"]) == (200, 2)
    late = client.put("/api/v1/goals/strong-together", json={**GOAL, "version": 1}, headers=leo)
    assert (late.status_code, late.get_json()["code"]) == (409, "conflict")
    told = client.get("/api/v1/goals", headers=token_of("anna")).get_json()["goals"]
    assert told[-1] == {"slug": "strong-together", "name": {"nl": "Een", "en": "One"}, "version": 2}
    assert client.delete("/api/v1/goals/strong-together", headers=leo).status_code == 204
    for method in ("delete", "put"):
        sent = {} if method == "delete" else {"json": GOAL}
        gone = client.open("/api/v1/goals/strong-together", method=method.upper(), headers=leo, **sent)
        assert gone.status_code == 404, method


def test_a_goal_with_skills_stays(client: FlaskClient, token_of: Headers, catalogue: Catalogue) -> None:
    leo = token_of("leo")
    client.post("/api/v1/goals", json=GOAL, headers=leo)
    client.post("/api/v1/skills", json={**SKILL, "goal": "strong-together"}, headers=leo)
    refused = client.delete("/api/v1/goals/strong-together", headers=leo)
    assert refused.status_code == 422
    assert "Put them under another goal first" in refused.get_json()["detail"]


def test_the_tree_says_parents_levels_frameworks_and_what_is_retired(
    client: FlaskClient, token_of: Headers, catalogue: Catalogue
) -> None:
    leo = token_of("leo")
    made = client.post("/api/v1/skills", json=SKILL, headers=leo)
    assert made.status_code == 201
    whole = made.get_json()
    assert {name: whole[name] for name in SKILL} == SKILL
    assert client.get("/api/v1/skills/hoisting", headers=leo).get_json() == whole
    retired = client.put(
        "/api/v1/skills/hoisting",
        json={**SKILL, "retired": True, "parent": "lifting", "version": 1},
        headers=leo,
    ).get_json()
    assert (retired["retired"], retired["parent"], retired["version"]) == (True, "lifting", 2)
    tree = client.get("/api/v1/skills", headers=token_of("anna")).get_json()["skills"]
    assert [one["slug"] for one in tree] == ["safety", "lifting", "hoisting", "water"]
    assert tree[2] == retired


def test_of_two_edits_the_second_is_told(
    app: Flask,
    client: FlaskClient,
    token_of: Headers,
    client_of: Callable[[str], SignedIn],
    catalogue: Catalogue,
) -> None:
    """Also when the first one came by the page."""
    form = {"name_nl": "Til", "name_en": "Lift", "enamel": "safety", "parent": "safety", "version": "1"}
    assert client_of("leo").post("/admin/skills/lifting", data=form).status_code == 303
    late = client.put("/api/v1/skills/lifting", json={**SKILL, "version": 1}, headers=token_of("leo"))
    assert late.status_code == 409
    with app.app_context():
        assert queries.skill("lifting").name["en"] == "Lift"
        assert len(acts("skill:edited")) == 1


def test_of_two_edits_at_once_one_holds(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    def goal(slug: str | None, name: str) -> str:
        texts, version = {"nl": name, "en": name}, 1 if slug else None
        return actions.edit_goal(slug, name=texts, version=version, by=cast.leo, at=NOW)

    def skill(name: str) -> str:
        entry = {**SKILL, "name": {"nl": name, "en": name}}
        return actions.edit_skill("lifting", entry, version=1, by=cast.leo, at=NOW)

    made = at_once(app, *[lambda: goal(None, "Together")] * 3)
    assert {one[0] for one in made} == {"together", "together-2", "together-3"}
    edits = at_once(app, *[lambda n=n: goal("together", n) for n in ("A", "B", "C")])
    edits += at_once(app, *[lambda n=n: skill(n) for n in ("D", "E", "F")])
    assert [sum(isinstance(one, Conflict) for one in part) for part in (edits[:3], edits[3:])] == [2, 2]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": {"nl": "Hijsen"}}, "name"),
        ({"name": {"nl": " ", "en": "Hoisting"}}, "name"),
        ({"name": {"nl": "a", "en": "b", "de": "c"}}, "name"),
        ({"enamel": "pink"}, "enamel"),
        ({"parent": "nothing"}, "parent"),
        ({"parent": "lifting"}, "parent"),
        ({"goal": "nothing"}, "goal"),
        ({"levels": [{"nl": "x", "en": "x"}] * 9}, "levels"),
        ({"framework": "javascript:alert(1)"}, "framework"),
        ({"version": 0}, "version"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(
    client: FlaskClient, token_of: Headers, catalogue: Catalogue, wrong: dict[str, Any], field: str
) -> None:
    leo = token_of("leo")
    before = client.get("/api/v1/skills", headers=leo).get_json()
    refused = client.put("/api/v1/skills/lifting", json={**SKILL, **wrong}, headers=leo)
    assert refused.status_code == 422
    assert refused.get_json()["errors"].keys() == {field}
    assert client.get("/api/v1/skills", headers=leo).get_json() == before


@pytest.mark.parametrize("name", ["anna", "mia", "clara", "cor", "dan"])
def test_only_who_keeps_the_catalogue_changes_it(
    client: FlaskClient, token_of: Headers, catalogue: Catalogue, name: str
) -> None:
    who = token_of(name)
    asked = [
        client.post("/api/v1/goals", json=GOAL, headers=who),
        client.post("/api/v1/skills", json=SKILL, headers=who),
        client.put("/api/v1/skills/water", json=SKILL, headers=who),
        client.get("/api/v1/skills/water", headers=who),
    ]
    assert {answer.status_code for answer in asked} == {403}
    assert client.get("/api/v1/skills", headers=who).status_code == 200


def test_nobody_breaks_a_door_with_a_strange_name(
    client: FlaskClient, token_of: Headers, catalogue: Catalogue
) -> None:
    leo = token_of("leo")
    for slug, status in (("%00", 400), ("%ED%A0%80", 404), ("x" * 3000, 404)):
        assert client.delete(f"/api/v1/goals/{slug}", headers=leo).status_code == status
        assert client.get(f"/api/v1/skills/{slug}", headers=leo).status_code == status
