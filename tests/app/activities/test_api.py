"""The catalogue and completions in JSON."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.activities import records
from tests.app.activities.scene import NOW, Catalogue, record, report
from tests.cast import Cast

Token = Callable[[str], dict[str, str]]
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def body(catalogue: Catalogue, **more: Any) -> dict[str, Any]:
    plain = {
        "title": "A morning with the night crew",
        "kind": "on_the_job",
        "skill_id": catalogue.safety,
        "completed_on": YESTERDAY,
        "note": "I held the lamp",
    }
    return plain | more


def test_the_catalogue_is_listed_with_all_there_is_to_know(
    client: FlaskClient, token_of: Token, catalogue: Catalogue
) -> None:
    told = client.get("/api/v1/activities?q=gas", headers=token_of("anna")).get_json()
    assert told == {
        "activities": [
            {
                "id": catalogue.gas,
                "slug": "gas",
                "kind": "course",
                "title": {"nl": "Working with gas (nl)", "en": "Working with gas"},
                "summary": {"nl": "Kort", "en": "In short"},
                "hours": 2.0,
                "language": None,
                "place": "",
                "url": "",
                "mandatory": False,
                "repeats": None,
                "skills": [catalogue.safety],
            }
        ],
        "next": None,
    }


def test_a_log_is_answered_with_how_it_stands_and_again_with_the_same(
    client: FlaskClient, cast: Cast, token_of: Token, catalogue: Catalogue
) -> None:
    anna = token_of("anna")
    first, again = (client.post("/api/v1/completions", json=body(catalogue), headers=anna) for _ in range(2))
    assert (first.status_code, again.get_json()) == (201, first.get_json())
    told = first.get_json()
    assert (told["state"], told["person_id"], told["confirmer"]) == (
        "waiting",
        cast.anna,
        {"id": cast.mia, "name": "Mia"},
    )
    mine = client.get("/api/v1/completions", headers=anna).get_json()
    assert mine == {"completions": [told], "next": None}


def test_mine_are_mine_alone(
    app: Flask, client: FlaskClient, cast: Cast, token_of: Token, catalogue: Catalogue
) -> None:
    with app.app_context():
        record(report(cast.ben, catalogue.gas, NOW, "a", score=0.8))
    assert client.get("/api/v1/completions", headers=token_of("anna")).get_json()["completions"] == []
    (told,) = client.get("/api/v1/completions", headers=token_of("ben")).get_json()["completions"]
    assert (told["state"], told["score"], told["origin"], told["confirmer"]) == (
        "confirmed",
        0.8,
        "platform",
        None,
    )


def test_the_confirmer_sees_what_waits_and_decides_once(
    client: FlaskClient, token_of: Token, catalogue: Catalogue
) -> None:
    logged = client.post("/api/v1/completions", json=body(catalogue), headers=token_of("anna")).get_json()
    path, mia = f"/api/v1/completions/{logged['id']}/decision", token_of("mia")
    assert client.get("/api/v1/confirmations", headers=mia).get_json() == {
        "completions": [logged],
        "waiting": 1,
    }
    assert client.post(path, json={"decision": "decline"}, headers=mia).get_json()["errors"].keys() == {
        "note"
    }
    done = client.post(path, json={"decision": "confirm", "note": "Nice work"}, headers=mia)
    assert (done.status_code, done.get_json()["state"], done.get_json()["decision_note"]) == (
        200,
        "confirmed",
        "Nice work",
    )
    again = client.post(path, json={"decision": "confirm"}, headers=mia)
    assert (again.status_code, again.mimetype) == (409, "application/problem+json")


@pytest.mark.parametrize("name", ["anna", "ben", "clara", "dan", "eve", "leo", "cor"])
def test_nobody_else_decides(client: FlaskClient, token_of: Token, catalogue: Catalogue, name: str) -> None:
    logged = client.post("/api/v1/completions", json=body(catalogue), headers=token_of("anna")).get_json()
    path = f"/api/v1/completions/{logged['id']}/decision"
    assert client.post(path, json={"decision": "confirm"}, headers=token_of(name)).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/activities"),
        ("GET", "/api/v1/completions"),
        ("POST", "/api/v1/completions"),
        ("GET", "/api/v1/confirmations"),
        ("POST", "/api/v1/completions/1/decision"),
        ("GET", "/learn"),
        ("GET", "/learn/gas"),
        ("GET", "/log"),
        ("GET", "/log/people"),
        ("GET", "/log/titles"),
        ("POST", "/log"),
        ("GET", "/confirmations"),
        ("GET", "/confirmations/new"),
        ("POST", "/confirmations/1"),
    ],
)
def test_strangers_and_platforms_get_nowhere(
    client: FlaskClient, platform: dict[str, str], catalogue: Catalogue, method: str, path: str
) -> None:
    assert client.open(path, method=method, headers=platform).status_code == 403
    stranger = client.open(path, method=method, headers={"Authorization": "Bearer nothing"})
    nobody = client.open(path, method=method)
    if path.startswith("/api/"):
        assert (stranger.status_code, nobody.status_code) == (401, 401)
    else:
        assert nobody.status_code == 303
        assert nobody.location.startswith("/login")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 5}, "title"),
        ({"title": ["x"]}, "title"),
        ({"kind": "party"}, "kind"),
        ({"kind": None}, "kind"),
        ({"skill_id": 2**62}, "skill_id"),
        ({"skill_id": "one"}, "skill_id"),
        ({"skill_id": None}, "skill_id"),
        ({"completed_on": "yesterday"}, "completed_on"),
        ({"completed_on": 20261119}, "completed_on"),
        ({"hours": 0}, "hours"),
        ({"hours": 401}, "hours"),
        ({"note": "x" * 1001}, "note"),
        ({"note": "", "link": ""}, "note"),
        ({"link": "ftp://example.org"}, "link"),
        ({"confirmer_id": 2**62}, "confirmer_id"),
        ({"confirmer_id": 0}, "confirmer_id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(
    client: FlaskClient, token_of: Token, catalogue: Catalogue, change: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/completions", json=body(catalogue, **change), headers=token_of("anna"))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert field in answer.get_json()["errors"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"title": "a", "title": "b"}',
        b'{"note": "\\u0000"}',
        b'{"note": "\\ud800"}',
        b'{"hours": NaN}',
        b'{"skill_id": 99999999999999999999999999}',
        b'{"title": "\xff"}',
        b"{",
    ],
)
def test_hostile_bodies_are_refused(
    client: FlaskClient, token_of: Token, catalogue: Catalogue, raw: bytes
) -> None:
    anna = token_of("anna") | {"Content-Type": "application/json"}
    for path in ("/api/v1/completions", "/api/v1/completions/1/decision"):
        answer = client.post(path, data=raw, headers=anna)
        assert answer.status_code in (400, 422)
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("number", ["0", "9223372036854775807", "9223372036854775808", "9" * 60, "-1", "x"])
def test_a_number_that_nothing_has_is_not_there(
    client: FlaskClient, token_of: Token, catalogue: Catalogue, number: str
) -> None:
    path = f"/api/v1/completions/{number}/decision"
    assert client.post(path, json={"decision": "confirm"}, headers=token_of("mia")).status_code == 404


def test_an_activity_of_the_catalogue_can_be_named_by_its_id(
    app: Flask, client: FlaskClient, cast: Cast, token_of: Token, catalogue: Catalogue
) -> None:
    sent = {"activity_id": catalogue.gas, "completed_on": YESTERDAY, "link": "https://example.org/report"}
    told = client.post("/api/v1/completions", json=sent, headers=token_of("anna")).get_json()
    assert (told["activity"]["slug"], told["hours"]) == ("gas", 2.0)
    missing = client.post("/api/v1/completions", json=sent | {"activity_id": 2**62}, headers=token_of("ben"))
    assert missing.status_code == 404
    with app.app_context():
        assert records.count_waiting_for(cast.mia) == 1
