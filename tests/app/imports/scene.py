"""A learning platform that speaks xAPI, through the door."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app.activities.models import Completion
from app.db import db
from app.facts.models import Fact
from app.points.models import LedgerEntry
from tests.cast import platform_headers

STATEMENTS = "/xapi/statements"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
COURSE = "https://learn.example/course/pumps"
WHEN = "2026-03-02T09:00:00Z"


@dataclass
class Platform:
    """A client with its key. `post` and `get` speak xAPI 2.0 unless told otherwise."""

    browser: FlaskClient
    headers: dict[str, str]
    version: str = "2.0.0"

    def post(self, data: Any, **headers: str) -> TestResponse:
        return self.send("POST", json.dumps(data), **headers)

    def put(self, id: object, data: Any, **headers: str) -> TestResponse:
        return self.send("PUT", json.dumps(data), query={"statementId": str(id)}, **headers)

    def get(self, path: str = STATEMENTS, **query: Any) -> TestResponse:
        return self.browser.get(path, query_string=query, headers=self._headers({}))

    def send(
        self,
        method: str,
        body: str | bytes,
        query: Any = None,
        kind: str | None = "application/json",
        **headers: str,
    ) -> TestResponse:
        return self.browser.open(
            STATEMENTS,
            method=method,
            data=body,
            query_string=query,
            content_type=kind,
            headers=self._headers(headers),
        )

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        told = {name.replace("_", "-"): value for name, value in more.items()}
        return {"X-Experience-API-Version": self.version, **self.headers, **told}

    def ids(self, **query: Any) -> list[str]:
        """What a query lists."""
        answer = self.get(**query)
        assert answer.status_code == 200, answer.text
        return [statement["id"] for statement in answer.get_json()["statements"]]


@pytest.fixture
def lms(app: Flask, cast: Any) -> Platform:
    """A platform whose accounts at https://hr.example are personnel numbers."""
    accounts = {"account_home": "https://hr.example", "account_is": "external_id"}
    return Platform(app.test_client(), platform_headers(app, "xapi:write", **accounts))


@pytest.fixture
def other_lms(app: Flask, cast: Any) -> Platform:
    return Platform(app.test_client(), platform_headers(app, "xapi:write"))


def says(who: str = "anna", verb: str = COMPLETED, about: str = COURSE, **more: Any) -> dict[str, Any]:
    """A statement; `more` goes in as it is, and what is None is left out."""
    found = {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": f"mailto:{who}@waterveld.example"},
        "verb": {"id": verb},
        "object": {"id": about, "definition": {"name": {"en": "Pumps"}}},
        "timestamp": WHEN,
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def voids(target: object, **more: Any) -> dict[str, Any]:
    """A statement that voids another one."""
    return says("mia", VOIDED, object={"objectType": "StatementRef", "id": str(target)}, **more)


@pytest.fixture
def completions(app: Flask) -> Callable[[], list[tuple[int, datetime]]]:
    """Who completed something, and when; those that stand."""

    def asked() -> list[tuple[int, datetime]]:
        with app.app_context():
            rows = db.session.execute(
                select(Completion.person_id, Completion.completed_at)
                .where(Completion.state == "confirmed")
                .order_by(Completion.person_id, Completion.completed_at)
            ).all()
            db.session.rollback()
            return [(row[0], row[1].astimezone(UTC)) for row in rows]

    return asked


@pytest.fixture
def counted(app: Flask) -> Callable[[], tuple[int, int]]:
    """How many facts stand, and what the ledger adds up to."""

    def asked() -> tuple[int, int]:
        with app.app_context():
            facts = db.session.execute(select(Fact.id).where(Fact.withdrawn_at.is_(None))).all()
            points = sum(db.session.scalars(select(LedgerEntry.points)))
            db.session.rollback()
            return len(facts), points

    return asked


@pytest.fixture
def kept(app: Flask) -> Callable[[], int]:
    """How many statements there are."""

    def asked() -> int:
        with app.app_context():
            found = db.session.scalar(text("SELECT count(*) FROM statement")) or 0
            db.session.rollback()
            return int(found)

    return asked


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """For a test that calls actions and queries itself."""
    with app.app_context():
        yield
        db.session.rollback()
