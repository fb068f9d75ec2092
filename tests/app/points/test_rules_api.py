"""The rules by the API: seen beforehand, in force from then on, nobody named."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit.queries import acts
from tests.app.leaderboards.scene import Scene
from tests.app.points.test_rules_page import happen, last_month
from tests.app.points.test_rules_page import scene as scene
from tests.cast import Cast

Headers = Callable[[str], dict[str, str]]
RULES = {"kinds": {"course": {"points": 100, "per_hour": 10}}, "activities": {"a3": 9}, "mandatory": True}


def test_the_rules_are_told_as_the_catalogue_file_says_them(
    client: FlaskClient, scene: Scene, token_of: Headers
) -> None:
    told = client.get("/api/v1/rules", headers=token_of("leo")).get_json()
    assert told["rules"] == {
        "kinds": {"course": {"points": 10, "per_hour": 10}}, "activities": {"a2": 7}, "mandatory": False,
    }  # fmt: skip
    assert [one["version"] for one in told["versions"]] == [told["version"]]


def test_other_rules_are_put_in_force_and_the_old_ones_stay_to_be_read(
    app: Flask, client: FlaskClient, scene: Scene, token_of: Headers
) -> None:
    leo = token_of("leo")
    seen = client.get("/api/v1/rules", headers=leo).get_json()["version"]
    changed = client.put("/api/v1/rules", json={"rules": RULES, "seen": seen}, headers=leo)
    assert changed.status_code == 200
    told = changed.get_json()
    assert told["rules"] == RULES
    assert [(one["by"], one["role"]) for one in told["versions"]] == [("Leo", "learning"), ("", "")]
    assert told["versions"][1]["rules"]["activities"] == {"a2": 7}
    late = client.put("/api/v1/rules", json={"rules": RULES, "seen": seen}, headers=token_of("dan"))
    assert (late.status_code, late.get_json()["code"]) == (409, "conflict")
    again = client.put("/api/v1/rules", json={"rules": RULES, "seen": told["version"]}, headers=leo)
    assert again.get_json()["version"] == told["version"], "the same rules are no new version"
    council = client.get("/api/v1/rules", headers=token_of("cor")).get_json()["versions"]
    assert [(one["by"], one["role"]) for one in council] == [("", "learning"), ("", "")]
    with app.app_context():
        assert len(acts("rules:changed")) == 1


def test_the_preview_hides_groups_under_five_and_changes_nothing(
    client: FlaskClient, scene: Scene, cast: Cast, token_of: Headers
) -> None:
    leo, month = token_of("leo"), last_month()
    for person in (cast.anna, cast.ben, cast.eve, cast.mia):
        happen(scene, person, 1, month)
    before = client.get("/api/v1/rules", headers=leo).get_json()
    few = client.post("/api/v1/rules/preview", json={"rules": RULES}, headers=leo).get_json()
    assert few == {
        "month": f"{month:%Y-%m}", "more": None, "less": 0, "same": 0,
        "kinds": [{"kind": "course", "before": None, "after": None}],
    }  # fmt: skip
    happen(scene, cast.dan, 1, month)
    five = client.post("/api/v1/rules/preview", json={"rules": RULES}, headers=leo).get_json()
    assert five["more"] == 5
    assert five["kinds"] == [{"kind": "course", "before": 150, "after": 600}]
    assert client.get("/api/v1/rules", headers=leo).get_json() == before


@pytest.mark.parametrize("path", ["/api/v1/rules", "/api/v1/rules/preview"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": {"sleeping": {"points": 1}}},
        {"kinds": {"course": {"points": -1}}},
        {"kinds": {"course": {"points": 1.5}}},
        {"kinds": {"course": {"points": 2**62}}},
        {"kinds": {"course": {"bonus": 1}}},
        {"kinds": []},
        {"kinds": {"course": None}},
        {"activities": {"nothing": 5}},
        {"activities": {"a2": "many"}},
        {"mandatory": "perhaps"},
        [],
        None,
    ],
)
def test_rules_that_cannot_be_are_refused(
    client: FlaskClient, scene: Scene, token_of: Headers, path: str, wrong: Any
) -> None:
    leo = token_of("leo")
    before = client.get("/api/v1/rules", headers=leo).get_json()
    seen = {"seen": before["version"]} if path == "/api/v1/rules" else {}
    refused = client.open(path, method="PUT" if seen else "POST", json={"rules": wrong, **seen}, headers=leo)
    assert refused.status_code == 422
    assert refused.get_json()["errors"].keys() == {"rules"}
    assert client.get("/api/v1/rules", headers=leo).get_json() == before


def test_who_may_read_and_who_may_change(client: FlaskClient, scene: Scene, token_of: Headers) -> None:
    sent = {"rules": RULES, "seen": None}
    for name, reads, changes in [
        ("anna", 403, 403),
        ("clara", 403, 403),
        ("cor", 200, 403),
        ("dan", 200, 409),
    ]:
        who = token_of(name)
        assert client.get("/api/v1/rules", headers=who).status_code == reads, name
        assert client.put("/api/v1/rules", json=sent, headers=who).status_code == changes, name
    assert (
        client.post("/api/v1/rules/preview", json={"rules": RULES}, headers=token_of("cor")).status_code
        == 403
    )


def test_before_the_first_version_there_are_no_rules(client: FlaskClient, token_of: Headers) -> None:
    told = client.get("/api/v1/rules", headers=token_of("leo")).get_json()
    empty = {"kinds": {}, "activities": {}, "mandatory": False}
    assert told == {"version": None, "valid_from": None, "rules": empty, "versions": []}
    first = {"rules": {"kinds": {"course": {"points": 5}}}, "seen": None}
    assert client.put("/api/v1/rules", json=first, headers=token_of("leo")).get_json()["version"]
