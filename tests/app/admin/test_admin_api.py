"""The organisation by the API: everybody reads what it is, an administrator decides."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit.queries import acts

Headers = Callable[[str], dict[str, str]]
PATH = "/api/v1/organisation"
WANTED: dict[str, Any] = {
    "name": " Water  Works ",
    "kudos_allowance": 12,
    "manager_kudos_allowance": 40,
    "team_kudos_allowance": 3,
    "kudos_on_boards": False,
    "full_time_hours": 38.5,
    "incident_link": "https://safe.waterveld.example/report",
    "statement_days": 90,
    "points_on": True,
    "boards_on": False,
}


def test_an_administrator_decides_and_everybody_reads_what_concerns_them(
    app: Flask, client: FlaskClient, token_of: Headers
) -> None:
    dan = token_of("dan")
    changed = client.put(PATH, json=WANTED, headers=dan)
    kept = {**WANTED, "name": "Water Works"}
    assert (changed.status_code, changed.get_json()) == (200, kept)
    assert client.get(PATH, headers=dan).get_json() == kept
    for name in ("anna", "leo", "clara"):
        told = client.get(PATH, headers=token_of(name)).get_json()
        assert told == {"name": "Water Works", "points_on": True, "boards_on": False}, name
    assert client.put(PATH, json=kept, headers=dan).get_json() == kept, "what was read can be sent back"
    with app.app_context():
        assert len(acts("organisation:switched")) == 1
        assert len(acts("organisation:changed")) == 1, "what was sent back as it stood is no change"


@pytest.mark.parametrize("name", ["anna", "mia", "leo", "clara", "cor"])
def test_nobody_else_decides(client: FlaskClient, token_of: Headers, name: str) -> None:
    assert client.put(PATH, json=WANTED, headers=token_of(name)).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 101),
        ("kudos_allowance", -1),
        ("manager_kudos_allowance", 1001),
        ("team_kudos_allowance", -1),
        ("full_time_hours", 0),
        ("statement_days", 29),
        ("points_on", "perhaps"),
        ("boards_on", None),
        ("colour", "red"),
    ],
)
def test_what_cannot_be_decided_is_told_at_its_field(
    client: FlaskClient, token_of: Headers, field: str, value: Any
) -> None:
    dan = token_of("dan")
    before = client.get(PATH, headers=dan).get_json()
    refused = client.put(PATH, json={**WANTED, field: value}, headers=dan)
    assert (refused.status_code, refused.get_json()["errors"].keys()) == (422, {field})
    assert client.get(PATH, headers=dan).get_json() == before


def test_all_of_it_has_to_be_said(client: FlaskClient, token_of: Headers) -> None:
    refused = client.put(PATH, json={}, headers=token_of("dan"))
    assert refused.get_json()["errors"].keys() == WANTED.keys()
