"""The document of the API is complete, and true."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from app.access import POLICIES

Headers = Callable[[str], dict[str, str]]


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").get_json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    methods = {"get", "post", "put", "patch", "delete"}
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in methods
    ]


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)  # type: ignore[arg-type]


def test_every_route_of_the_api_stands_in_it(app: Flask, document: dict[str, Any]) -> None:
    told = {(method.upper(), operation["operationId"]) for _, method, operation in operations(document)}
    routes = {
        (method, rule.endpoint.replace("_api.", "_"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api-docs.openapi_json"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == routes


def test_every_operation_says_who_may_and_what_a_refusal_looks_like(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation.get("summary"), f"{method} {path} has no summary"
        assert operation["x-who"] == ["anybody"] or operation["security"], path
        assert operation["x-who"] == ["anybody"] or {"401", "403"} <= operation["responses"].keys(), path
        for status, told in operation["responses"].items():
            if status == "default" or int(status) >= 400:
                assert set(told["content"]) == {"application/problem+json"}
    assert POLICIES["api-docs.openapi_json"].who == ("anybody",)


def test_looks_answer_what_the_document_says(
    client: FlaskClient, document: dict[str, Any], token_of: Headers
) -> None:
    asks = {
        "anybody": "anna",
        "person": "anna",
        "learning": "leo",
        "admin": "dan",
        "hr": "clara",
        "manager": "mia",
    }
    shown = {who: token_of(name) for who, name in asks.items()}
    for path, method, operation in operations(document):
        if method != "get" or "{" in path:
            continue
        answer = client.get(path, headers=next(shown[who] for who in operation["x-who"] if who in shown))
        assert answer.status_code == 200, (path, answer.text)
        assert_is(document, operation["responses"]["200"], answer.get_json(), path)


def test_refusals_answer_what_the_document_says(client: FlaskClient, document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if operation["x-who"] == ["anybody"]:
            continue
        answer = client.open(path.replace("{", "").replace("}", ""), method=method.upper())
        if answer.status_code == 404:  # the number in the path is none
            continue
        assert answer.status_code == 401, (method, path)
        assert_is(document, operation["responses"]["401"], answer.get_json(), path)


def assert_is(document: dict[str, Any], told: dict[str, Any], body: Any, path: str) -> None:
    schema = next(iter(told["content"].values()))["schema"]
    whole = {**schema, "components": document["components"]}
    wrong = [error.message for error in Draft202012Validator(whole).iter_errors(body)]
    assert not wrong, (path, wrong)


def test_every_operation_says_what_it_answers_with(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        fine = {status: told for status, told in operation["responses"].items() if status.startswith("2")}
        assert fine, (method, path)
        assert all(status == "204" or told.get("content") for status, told in fine.items()), (method, path)


@pytest.mark.parametrize(
    ("method", "path", "sent", "wrong"),
    [
        ("PATCH", "/me", {"game": 0}, "game"),
        ("PATCH", "/me", {"moments": "yes"}, "moments"),
        ("POST", "/me/notifications/read", {"until": 2.9}, "until"),
        ("POST", "/me/notifications/read", {"ids": [1, True]}, "ids"),
        ("POST", "/me/notifications/read", {"ids": ["1"]}, "ids"),
    ],
)
def test_a_number_is_no_text_and_yes_is_no_number(
    client: FlaskClient, token_of: Headers, method: str, path: str, sent: dict[str, Any], wrong: str
) -> None:
    answer = client.open(f"/api/v1{path}", method=method, json=sent, headers=token_of("anna"))
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [wrong])


def test_a_cell_of_a_row_may_be_a_number_and_the_document_says_so(document: dict[str, Any]) -> None:
    cell = document["components"]["schemas"]["learning.RowIn"]["properties"]["external_id"]
    assert cell["type"] == ["string", "number"]
