"""Who may send statements, and who may read whose."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.db import transaction
from app.people import actions as people
from tests.app.imports.scene import STATEMENTS, Platform, says, voids
from tests.cast import platform_headers

VERSION = {"X-Experience-API-Version": "2.0.0"}
ROLES = ["anna", "mia", "leo", "clara", "cor", "dan"]


def answers(browser: Any, headers: dict[str, str]) -> list[int]:
    """What reading, posting and putting come to."""
    headers = {**VERSION, **headers}
    put = {"statementId": str(uuid.uuid4())}
    return [
        browser.get(STATEMENTS, headers=headers).status_code,
        browser.get(
            STATEMENTS, headers=headers, query_string={"statementId": put["statementId"]}
        ).status_code,
        browser.post(STATEMENTS, headers=headers, json=says()).status_code,
        browser.put(STATEMENTS, headers=headers, json=says(id=None), query_string=put).status_code,
    ]


def test_nobody_is_told_how_to_come_in(app: Flask, cast: Any) -> None:
    for headers in (
        {},
        {"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="},
        {"Authorization": "Bearer nothing"},
        {"Authorization": "Basic %"},
        {"Authorization": "Digest x"},
        {"Authorization": ""},
    ):
        assert answers(app.test_client(), headers) == [401] * 4
    answer = app.test_client().get(STATEMENTS, headers=VERSION)
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Blijk", Bearer'
    assert answer.get_json()["error"] == "not-signed-in"
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


@pytest.mark.parametrize("name", ROLES)
def test_a_person_may_not_whatever_their_role(
    app: Flask, client_of: Callable[[str], Any], token_of: Callable[[str], dict[str, str]], name: str
) -> None:
    assert answers(client_of(name), {}) == [403] * 4
    assert answers(app.test_client(), token_of(name)) == [403] * 4


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["xapi:write"], [200, 404, 200, 204]),
        (["xapi:read"], [200, 404, 403, 403]),
        (["xapi:read", "xapi:write"], [200, 404, 200, 204]),
        (["people:read", "learning:write", "boards:read"], [403] * 4),
    ],
)
def test_a_client_may_as_far_as_its_scope_reaches(
    app: Flask, cast: Any, scopes: list[str], expected: list[int]
) -> None:
    assert answers(app.test_client(), platform_headers(app, *scopes)) == expected


def test_a_token_of_a_client_reaches_as_far_as_it_says(app: Flask, cast: Any) -> None:
    at = datetime.now(UTC)
    with app.app_context(), transaction():
        made = people.make_client(name="LMS", scopes=["xapi:write"], at=at)
        writes = people.make_client_token(client_id=made.id, scopes=["xapi:write"], at=at)
        reads = people.make_client_token(client_id=made.id, scopes=["xapi:read"], at=at)
    assert answers(app.test_client(), {"Authorization": f"Bearer {writes}"}) == [200, 404, 200, 204]
    reader = Platform(app.test_client(), {"Authorization": f"Bearer {reads}"})
    assert len(reader.ids()) == 2
    assert reader.post(says()).status_code == 403


def test_a_client_whose_key_was_revoked_is_nobody(app: Flask, cast: Any) -> None:
    from sqlalchemy import update

    from app.db import db
    from app.people.models import ApiClient

    headers = platform_headers(app, "xapi:write")
    with app.app_context(), transaction():
        db.session.execute(update(ApiClient).values(revoked_at=datetime.now(UTC)))
    assert answers(app.test_client(), headers) == [401] * 4


def test_nobody_sees_what_another_client_sent(lms: Platform, other_lms: Platform) -> None:
    statement, gone = says(), says("ben")
    lms.post([statement, gone, voids(gone["id"])])
    unknown = other_lms.get(statementId=str(uuid.uuid4()))
    for answer in (
        other_lms.get(statementId=statement["id"]),
        other_lms.get(voidedStatementId=gone["id"]),
        other_lms.get(statementId=gone["id"]),
    ):
        assert (answer.status_code, answer.data) == (404, unknown.data)
    reference = says("mia", "urn:x", object={"objectType": "StatementRef", "id": statement["id"]})
    other_lms.post(reference)
    assert other_lms.ids() == [reference["id"]]
    assert other_lms.ids(verb=statement["verb"]["id"]) == []
    after = lms.get(limit="1").get_json()["more"]
    pages = other_lms.browser.get(after, headers=other_lms._headers({})).get_json()
    assert {one["id"] for one in pages["statements"]} <= {reference["id"]}
