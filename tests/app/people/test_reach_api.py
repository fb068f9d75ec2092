"""Whom HR serves and who is privacy officer, in JSON: an administrator's word, and nobody else's."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.people.actions import SCOPES
from app.people.queries import hr_reach
from tests.cast import Cast, platform_headers

Call = Callable[..., TestResponse]


@pytest.fixture
def ask(client: FlaskClient, token_of: Callable[[str], dict[str, str]]) -> Call:
    def call(name: str, method: str, path: str, **json: object) -> TestResponse:
        told = {"json": json} if method != "GET" else {}
        return client.open("/api/v1" + path, method=method, headers=token_of(name), **told)

    return call


def test_an_administrator_limits_hr_to_departments_and_the_last_whole_choice_holds(
    app: Flask, cast: Cast, ask: Call
) -> None:
    one = f"/people/{cast.clara}/departments"
    told = ask("dan", "PUT", one, departments=[cast.water, cast.systems]).get_json()
    assert [row["name"] for row in told["hr"][0]["departments"]] == ["Systems", "Water"]
    for _ in range(2):
        told = ask("dan", "PUT", one, departments=[cast.systems]).get_json()
    assert told["hr"] == [
        {"person_id": cast.clara, "name": "Clara", "departments": [{"id": cast.systems, "name": "Systems"}]}
    ]
    with app.app_context():
        assert hr_reach(cast.clara) == {cast.systems}
    people = ask("clara", "GET", "/people").get_json()["people"]
    assert {row["name"] for row in people} == {"Clara", "Dan", "Eve"}
    assert ask("dan", "PUT", one, departments=[]).get_json()["hr"][0]["departments"] == []
    with app.app_context():
        assert hr_reach(cast.clara) is None


def test_what_cannot_be_is_refused_and_changes_nothing(app: Flask, cast: Cast, ask: Call) -> None:
    ask("dan", "PUT", f"/people/{cast.clara}/departments", departments=[cast.water])
    for who, wanted, status in (
        (cast.anna, [cast.water], 422),
        (cast.clara, [cast.north], 422),  # a team
        (cast.clara, [9_000_000], 422),
        (9_000_000, [cast.water], 404),
    ):
        assert ask("dan", "PUT", f"/people/{who}/departments", departments=wanted).status_code == status
    with app.app_context():
        assert hr_reach(cast.clara) == {cast.water}


def test_an_administrator_says_who_is_privacy_officer_and_they_read_the_list(cast: Cast, ask: Call) -> None:
    assert ask("eve", "GET", "/looks/refused").status_code == 403
    told = ask("dan", "PUT", f"/people/{cast.eve}/privacy-officer", officer=True).get_json()
    assert told["privacy_officers"] == [{"person_id": cast.eve, "name": "Eve"}]
    assert ask("eve", "GET", "/looks/refused").status_code == 200
    assert ask("dan", "PUT", f"/people/{cast.eve}/privacy-officer", officer=False).status_code == 200
    assert ask("eve", "GET", "/looks/refused").status_code == 403
    acts = ask("dan", "GET", "/audit?action=person:privacy-officer").get_json()["acts"]
    assert [one["detail"]["to"] for one in acts] == [False, True]


def test_nobody_else_and_no_system_chooses_it(app: Flask, cast: Cast, ask: Call, client: FlaskClient) -> None:
    headers = platform_headers(app, *SCOPES)
    for path, json in ((f"/people/{cast.clara}/departments", {"departments": []}), ("/people/reach", None)):
        for name in ("anna", "clara", "mia", "leo", "eve"):
            method = "PUT" if json else "GET"
            assert ask(name, method, path, **(json or {})).status_code == 403
        method = "PUT" if json else "GET"
        assert client.open(f"/api/v1{path}", method=method, json=json, headers=headers).status_code == 403
