"""The people of the tests, always the same ones, and how to speak as one of them.

anna learns, ben is her colleague in team North, mia manages both; leo does learning, clara hr, cor sits in
the works council and has never signed in, dan is admin; eve works in another department.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app.access import SAFE, SESSION, cookie_name, masked
from app.db import transaction
from app.keys import keyed_hash
from app.outbox import settle
from app.people import actions, queries, sign_in
from app.people.rules import PersonRow

PASSWORD = "a long walk along the water"
NAMES = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")
HIRED = datetime(2024, 1, 8, 8, 0, tzinfo=UTC)
PLACES = {
    "anna": ("Water", "North"),
    "ben": ("Water", "North"),
    "mia": ("Water", "North"),
    "leo": ("People", "Learning"),
    "clara": ("People", "Care"),
    "cor": ("Water", "South"),
    "dan": ("Systems", "Desk"),
    "eve": ("Systems", "Desk"),
}
ROLES = {"clara": "hr", "dan": "admin", "leo": "learning", "cor": "council"}


@dataclass(frozen=True)
class Cast:
    """Their ids, and those of where they work."""

    anna: int
    ben: int
    clara: int
    dan: int
    eve: int
    mia: int
    leo: int
    cor: int
    water: int
    systems: int
    north: int
    desk: int

    def id_of(self, name: str) -> int:
        found: int = getattr(self, name)
        return found


class SignedIn(FlaskClient):
    """A browser that is signed in, and whose forms carry their token."""

    csrf: str = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.csrf and str(kwargs.get("method", "GET")).upper() not in SAFE:
            headers = dict(kwargs.get("headers") or {})
            kwargs["headers"] = {"X-CSRF-Token": self.csrf, **headers}
        data = kwargs.get("data")
        if isinstance(data, dict) and any(isinstance(value, tuple) for value in data.values()):
            # In memory: for a long form the test client makes a file that nobody closes.
            boundary, kwargs["data"] = encode_multipart({name: _file(value) for name, value in data.items()})
            kwargs["content_type"] = f'multipart/form-data; boundary="{boundary}"'
        return super().open(*args, **kwargs)


def _file(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    content, name, *kind = value
    return FileStorage(content, name, content_type=kind[0] if kind else None)


@cache
def hashed(password: str = PASSWORD) -> str:
    """Slow on purpose, so only once."""
    return sign_in.hash_password(password)


def row_of(who: str, /, **other: Any) -> PersonRow:
    """The row of the HR file for one of them, or for somebody new."""
    department, team = PLACES.get(who, (None, None))
    values: dict[str, Any] = {
        "external_id": f"w-{who}",
        "name": who.capitalize(),
        "email": f"{who}@waterveld.example",
        "manager_external_id": "w-mia" if who in ("anna", "ben") else None,
        "department": department,
        "team": team,
        "role": ROLES.get(who, "employee"),
        "language": "en",
        "hours_per_week": 36.0,
        "password_hash": hashed(),
    }
    return PersonRow(**{**values, **other})


def hire(*names: str, at: datetime = HIRED) -> list[int]:
    """Make people known, by the action of real use; returns their ids in the order of the names."""
    with transaction():
        done = actions.import_people([row_of(name) for name in names], at=at)
        settle(at)
    assert not done.refused, done.refused
    return [done.id_of(f"w-{name}") for name in names]


@pytest.fixture(scope="session")
def all_eight(app: Flask, database: Any) -> tuple[Cast, str]:
    """They are made once, by the actions of real use; each test gets the rows that came of it."""
    database.empty()
    with app.app_context():
        with transaction():
            actions.make_organisation(name="Waterveld")
        ids = dict(zip(NAMES, hire(*NAMES), strict=True))
        with transaction():
            for name in NAMES[:-1]:  # all but Cor were asked the first questions long ago
                actions.begin(person_id=ids[name], at=HIRED)
        units = {unit.name: unit.id for unit in queries.units().values()}
    assert not database.redis.dbsize()
    places = {name.lower(): units[name] for name in ("Water", "Systems", "North", "Desk")}
    made = Cast(**ids, **places), database.keep("cast_of_tests")
    database.empty()
    return made


@pytest.fixture
def cast(database: Any, all_eight: tuple[Cast, str]) -> Cast:
    """All eight of them."""
    made, rows = all_eight
    database.line.execute(rows)
    return made


@pytest.fixture
def client_of(app: Flask, cast: Cast) -> Callable[[str], SignedIn]:
    """`client_of("anna")` is Anna's browser; made twice, she has two browsers."""

    def browser(name: str) -> SignedIn:
        return signed_in(app, cast.id_of(name))

    return browser


def signed_in(app: Flask, person_id: int) -> SignedIn:
    client = SignedIn(app, app.response_class, use_cookies=True)
    with app.app_context():
        with transaction():
            token = actions.start_session(person_id=person_id, at=datetime.now(UTC))
        client.csrf = masked(keyed_hash("csrf", token))
        client.set_cookie(cookie_name(SESSION), token)
    return client


@pytest.fixture
def token_of(app: Flask, cast: Cast) -> Callable[[str], dict[str, str]]:
    """`token_of("anna")` are the headers of a program that acts as Anna."""

    def headers(name: str) -> dict[str, str]:
        with app.app_context(), transaction():
            token = actions.make_token(person_id=cast.id_of(name), at=datetime.now(UTC))
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture
def platform(app: Flask) -> dict[str, str]:
    """The headers of a learning platform with its key."""
    return platform_headers(app, "xapi:write")


def platform_headers(app: Flask, *scopes: str, **accounts: str) -> dict[str, str]:
    with app.app_context(), transaction():
        made = actions.make_client(name="Moodle", scopes=scopes, at=datetime.now(UTC), **accounts)
    pair = base64.b64encode(f"{made.key}:{made.secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}
