"""Ordinary clients over HTTP: the client library for Python (1.0.3), and plain requests (2.0)."""

import base64
import json
import urllib.request
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from tincan import Activity, Agent, LanguageMap, RemoteLRS, Statement, StatementRef, Verb

from app.db import transaction
from app.outbox import settle
from app.people import actions as people
from tests.app.imports.scene import COMPLETED, VOIDED, Platform, says
from tests.cast import Cast, row_of

Completions = Callable[[], list[tuple[int, datetime]]]
MOODLE = Path(__file__).parents[4] / "shared" / "data" / "moodle" / "statements.json"


@pytest.fixture
def library(server: str, lms: Platform) -> RemoteLRS:
    key, _, secret = base64.b64decode(lms.headers["Authorization"].split()[1]).decode().partition(":")
    return RemoteLRS(version="1.0.3", endpoint=f"{server}/xapi/", username=key, password=secret)


def statement(who: str = "anna", **more: Any) -> Statement:
    return Statement(
        actor=Agent(mbox=f"mailto:{who}@waterveld.example"),
        verb=Verb(id=COMPLETED, display=LanguageMap({"en-US": "completed"})),
        object=Activity(id=f"https://learn.example/{uuid.uuid4()}"),
        **more,
    )


def test_the_library_saves_reads_and_lists(library: RemoteLRS, cast: Cast, completions: Completions) -> None:
    saved = library.save_statement(statement())
    assert saved.success, saved.data
    several = library.save_statements([statement("ben") for _ in range(3)])
    assert several.success, several.data
    read = library.retrieve_statement(saved.content.id)
    assert read.success
    assert read.content.actor.mbox == "mailto:anna@waterveld.example"
    assert read.content.stored is not None
    assert {person for person, _ in completions()} == {cast.anna, cast.ben}
    page = library.query_statements({"limit": 3, "ascending": True})
    assert page.success, page.data
    rest = library.more_statements(page.content)
    assert rest.success, rest.data
    assert [one.id for one in [*page.content.statements, *rest.content.statements]] == [
        saved.content.id,
        *[one.id for one in several.content],
    ]
    of_ben = library.query_statements(
        {
            "agent": Agent(mbox="mailto:ben@waterveld.example"),
            "verb": Verb(id=COMPLETED),
            "since": read.content.stored,
            "related_agents": True,
        }
    )
    assert len(of_ben.content.statements) == 3


def test_the_library_voids(library: RemoteLRS, completions: Completions) -> None:
    saved = library.save_statement(statement(id=str(uuid.uuid4()))).content
    assert len(completions()) == 1
    voiding = Statement(
        actor=Agent(mbox="mailto:mia@waterveld.example"),
        verb=Verb(id=VOIDED),
        object=StatementRef(id=saved.id),
    )
    assert library.save_statement(voiding).success
    assert completions() == []
    assert library.retrieve_statement(saved.id).response.status == 404
    assert library.retrieve_voided_statement(saved.id).content.id == saved.id


def test_the_library_is_told_what_is_wrong(library: RemoteLRS) -> None:
    first = library.save_statement(statement(id=str(uuid.uuid4()))).content
    second = library.save_statement(statement(id=str(first.id)))
    assert not second.success
    assert second.response.status == 409
    assert str(first.id) in second.data


def test_plain_requests_speak_2_0(server: str, lms: Platform, completions: Completions) -> None:
    def ask(method: str, path: str, data: object = None) -> tuple[int, Any, Any]:
        headers = {**lms.headers, "X-Experience-API-Version": "2.0.0", "Content-Type": "application/json"}
        body = json.dumps(data).encode() if data is not None else None
        asked = urllib.request.Request(server + path, body, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read() or b"null"), answer.headers

    entry = {"objectType": "contextAgent", "agent": {"mbox": "mailto:leo@waterveld.example"}}
    one = says(context={"contextAgents": [entry]})
    code, ids, headers = ask("POST", "/xapi/statements", [one, says("ben")])
    assert (code, ids[0], headers["X-Experience-API-Version"]) == (200, one["id"], "2.0.0")
    code, given, _ = ask("GET", f"/xapi/statements?statementId={one['id']}")
    assert (code, given["context"], given["version"]) == (200, one["context"], "2.0.0")
    code, page, _ = ask("GET", "/xapi/statements?limit=1")
    code, rest, _ = ask("GET", page["more"])
    assert [one["id"] for one in [*page["statements"], *rest["statements"]]] == ids[::-1]
    code, nothing, _ = ask("PUT", f"/xapi/statements?statementId={uuid.uuid4()}", says("eve", id=None))
    assert (code, nothing) == (204, None)
    assert len(completions()) == 3


@pytest.mark.skipif(not MOODLE.exists(), reason="the statements of Moodle are not here")
def test_what_moodle_sends_is_accepted_whole_and_is_five_completions(
    app: Flask, library: RemoteLRS, lms: Platform, completions: Completions, kept: Callable[[], int]
) -> None:
    at = datetime.fromisoformat("2026-01-05T08:00:00+00:00")
    with app.app_context(), transaction():
        noor = row_of("noor", accounts=[("http://www.example.org", "1")])
        noor_id = people.import_people([noor], at=at).id_of("w-noor")
        settle(at)
    several = json.loads(MOODLE.read_text(encoding="utf-8"))
    answers = [lms.post(several, X_Experience_API_Version=version) for version in ("1.0.3", "2.0.0")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(set(answers[0].get_json())) == kept() == len(several) == 99
    assert answers[0].get_json() == answers[1].get_json()
    assert [person for person, _ in completions()] == [noor_id] * 5
