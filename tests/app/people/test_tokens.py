"""Keys of systems and people: what is shown once, what is kept, what they open."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.db import db, transaction
from app.people import actions
from app.people.models import ApiClient, ApiToken, SignIn
from tests.cast import Cast, SignedIn, platform_headers
from tests.racing import at_once

Headers = dict[str, str]
FORM = {"grant_type": "client_credentials"}


def test_the_command_prints_key_and_secret_once(app: Flask, client: FlaskClient) -> None:
    done = app.test_cli_runner().invoke(
        args=["clients", "create", "Moodle", "--scope", "xapi:write", "--account-home", "http://www.example.org",
              "--account-is", "external_id"]
    )  # fmt: skip
    made = json.loads(done.output)
    answer = client.post(
        "/oauth/token", data={**FORM, "client_id": made["key"], "client_secret": made["secret"]}
    )
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        kept = db.session.scalars(select(ApiClient)).one()
        assert made["secret"].encode() not in kept.secret_hash
        assert kept.account_is == "external_id"


@pytest.mark.parametrize(
    "more",
    [["--scope", "everything"], ["--scope", "xapi:write", "--account-home", "http://x"], []],
)
def test_a_client_that_makes_no_sense_is_refused_with_why(
    app: Flask, database: object, more: list[str]
) -> None:
    done = app.test_cli_runner().invoke(args=["clients", "create", "Moodle", *more])
    assert done.exit_code != 0
    assert "Error" in done.output


def test_a_token_opens_what_its_scopes_say_until_it_ends(
    app: Flask, client: FlaskClient, database: object
) -> None:
    basic = platform_headers(app, "xapi:write", "boards:read")
    answer = client.post("/oauth/token", data={**FORM, "scope": "xapi:write"}, headers=basic).get_json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, "xapi:write")
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert client.get("/api/v1/me", headers=bearer).get_json()["scopes"] == ["xapi:write"]
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        assert client.get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({**FORM, "scope": "boards:read"}, 400, "invalid_scope"),
        ({**FORM, "client_secret": "x"}, 400, "invalid_request"),
    ],
)
def test_token_refusals_are_those_of_oauth(
    client: FlaskClient, platform: Headers, form: dict[str, str], status: int, error: str
) -> None:
    answer = client.post("/oauth/token", data=form, headers=platform)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)


def test_guessing_a_secret_is_slow_too(client: FlaskClient, platform: Headers) -> None:
    wrong = {**FORM, "client_id": "x", "client_secret": "x"}
    answers = [client.post("/oauth/token", data=wrong) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 300


def test_guessing_beside_a_client_at_its_address_keeps_no_right_key_out(
    app: Flask, client: FlaskClient, platform: Headers
) -> None:
    """Many systems share the address of their house; one whose secret was rotated goes on asking with the old one."""
    key = b64decode(platform["Authorization"].removeprefix("Basic ")).decode().partition(":")[0]
    wrong = {**FORM, "client_id": key, "client_secret": "of before"}

    def guess() -> None:
        assert app.test_client().post("/oauth/token", data=wrong).status_code in (401, 429)

    assert at_once(*[guess] * 20) == []
    assert client.post("/oauth/token", data=wrong).status_code == 429
    made = client.post("/oauth/token", data=FORM, headers=platform)
    assert made.status_code == 200
    bearer = {"Authorization": f"Bearer {made.get_json()['access_token']}"}
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    assert client.post("/oauth/token", data=wrong).status_code == 429, "a right one gives no tries back"


def test_a_client_is_nobody_in_particular(client: FlaskClient, platform: Headers) -> None:
    assert client.get("/api/v1/me", headers=platform).get_json()["person_id"] is None
    assert client.patch("/api/v1/me", headers=platform, json={"game": False}).status_code == 403
    assert client.get("/me/settings", headers=platform).status_code == 403


def test_a_revoked_client_and_its_tokens_open_nothing(
    app: Flask, client: FlaskClient, platform: Headers
) -> None:
    token = client.post("/oauth/token", data=FORM, headers=platform).get_json()["access_token"]
    with app.app_context(), transaction():
        db.session.execute(update(ApiClient).values(revoked_at=datetime.now(UTC)))
    assert client.get("/api/v1/me", headers=platform).status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_an_invitation_is_no_bearer_token(app: Flask, client: FlaskClient, cast: Cast) -> None:
    with app.app_context(), transaction():
        token = actions.invite(person_id=cast.anna, at=datetime.now(UTC))
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert client.get(f"/welcome/{token}").status_code == 200


def test_a_key_beats_a_cookie(client_of: Callable[[str], SignedIn], platform: Headers) -> None:
    assert client_of("anna").get("/api/v1/me", headers=platform).get_json()["name"] == "Moodle"


def test_nothing_that_is_shown_is_kept(app: Flask, client_of: Callable[[str], SignedIn]) -> None:
    cookie = client_of("anna").get_cookie("blijk")
    with app.app_context():
        kept = [
            *db.session.scalars(select(SignIn.token_hash)),
            *db.session.scalars(select(ApiToken.token_hash)),
        ]
    assert cookie
    assert all(cookie.value.encode() not in value for value in kept)


def test_old_keys_are_forgotten(app: Flask, client_of: Callable[[str], SignedIn]) -> None:
    client_of("anna")
    with app.app_context():
        with transaction():
            actions.forget_old_keys(at=datetime.now(UTC))
        assert len(db.session.scalars(select(SignIn)).all()) == 1
        with transaction():
            actions.forget_old_keys(at=datetime.now(UTC) + timedelta(days=90))
        assert not db.session.scalars(select(SignIn)).all()
