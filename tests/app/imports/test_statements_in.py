"""What comes in through `/xapi/statements`, and what it is worth."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from tests.app.imports.scene import COURSE, STATEMENTS, WHEN, Platform, says
from tests.cast import Cast, platform_headers

Completions = Callable[[], list[tuple[int, datetime]]]
Counted = Callable[[], tuple[int, int]]
THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "1.0.9", "2.0", "2.0.0", "2.0.7"])
def test_a_statement_is_a_completion_whichever_version_is_spoken(
    lms: Platform, cast: Cast, completions: Completions, version: str
) -> None:
    statement = says()
    answer = lms.post(statement, X_Experience_API_Version=version)
    assert (answer.status_code, answer.get_json()) == (200, [statement["id"]])
    assert answer.headers["X-Experience-API-Version"] == ("1.0.3" if version < "2" else "2.0.0")
    assert completions() == [(cast.anna, THEN)]


@pytest.mark.parametrize(
    "version", ["0.9", "0.95", "1", "1.1.0", "2.1.0", "3.0.0", "two", "", "1.0.3.1", "1.0.x"]
)
def test_another_version_is_refused(lms: Platform, version: str) -> None:
    answer = lms.post(says(), X_Experience_API_Version=version)
    assert answer.status_code == 400
    assert answer.get_json()["errors"] == {"X-Experience-API-Version": "must be 1.0.x or 2.0.x"}
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


def test_without_a_version_nothing_is_taken(lms: Platform) -> None:
    answer = lms.browser.post(STATEMENTS, json=says(), headers=lms.headers)
    assert answer.status_code == 400
    assert "X-Experience-API-Version: is missing" in answer.get_json()["message"]


def test_an_array_is_answered_with_its_ids_in_order(lms: Platform) -> None:
    several = [says(about=f"urn:course:{number}") for number in range(7)]
    without = [{name: value for name, value in one.items() if name != "id"} for one in several[:2]]
    answer = lms.post([*several, *without])
    ids = answer.get_json()
    assert ids[:7] == [one["id"] for one in several]
    assert len(set(ids)) == 9
    assert lms.post([]).get_json() == []


def test_put_takes_one_statement_under_the_id_it_names(lms: Platform, completions: Completions) -> None:
    id = uuid.uuid4()
    answer = lms.put(id, says(id=None))
    assert (answer.status_code, answer.data) == (204, b"")
    assert lms.put(id, says(id=str(id).upper())).status_code == 204
    assert lms.get(statementId=str(id)).get_json()["id"] == str(id)
    assert len(completions()) == 1


def test_put_refuses_what_does_not_fit_its_id(lms: Platform, kept: Callable[[], int]) -> None:
    id = uuid.uuid4()
    assert lms.put(id, says()).get_json()["errors"] == {"id": "must be the statementId of the request"}
    assert lms.put(id, [says(id=str(id))]).status_code == 400
    assert lms.put("7", says(id=None)).get_json()["errors"] == {"statementId": "must be a UUID"}
    assert lms.send("PUT", json.dumps(says())).get_json()["errors"] == {"statementId": "is missing"}
    assert lms.send("PUT", json.dumps(says()), query={"StatementId": str(id)}).status_code == 400
    assert lms.send("PUT", json.dumps(says()), query=[("statementId", str(id))] * 2).status_code == 400
    assert lms.send("POST", json.dumps(says()), query={"statementId": str(id)}).status_code == 400
    assert kept() == 0


def test_a_known_statement_has_no_effect_and_the_same_answer(
    lms: Platform, completions: Completions, counted: Counted, kept: Callable[[], int]
) -> None:
    statement = says()
    first = lms.post(statement)
    before = counted()
    other_words = {**statement, "object": {"id": COURSE, "definition": {"name": {"en": "Other words"}}}}
    for again in (statement, other_words, {**statement, "id": statement["id"].upper()}):
        assert lms.post(again).get_json() == first.get_json()
    assert lms.put(statement["id"], statement).status_code == 204
    assert lms.post([statement, says("ben")]).get_json()[0] == statement["id"]
    assert (len(completions()), kept()) == (2, 2)
    assert counted()[0] == before[0] + 1


def test_what_we_gave_back_can_be_sent_again(lms: Platform, kept: Callable[[], int]) -> None:
    statement = says(timestamp=None)
    lms.post(statement)
    given = lms.get(statementId=statement["id"]).get_json()
    assert given["timestamp"] == given["stored"]
    assert lms.post(given).get_json() == [statement["id"]]
    assert kept() == 1


def test_a_known_id_with_other_content_is_refused_with_all_that_came_along(
    lms: Platform, completions: Completions, kept: Callable[[], int]
) -> None:
    statement = says()
    lms.post(statement)
    other = {**statement, "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
    for answer in (lms.post(other), lms.put(statement["id"], other), lms.post([says("ben"), other])):
        assert answer.status_code == 409
        assert statement["id"] in answer.get_json()["message"]
    assert (kept(), len(completions())) == (1, 1)
    assert lms.get(statementId=statement["id"]).get_json()["verb"] == statement["verb"]


def test_a_batch_is_all_or_nothing(lms: Platform, kept: Callable[[], int]) -> None:
    answer = lms.post([says(), says("ben", verb="completed")])
    assert answer.status_code == 400
    assert list(answer.get_json()["errors"]) == ["[1].verb.id"]
    twice = says()
    assert list(lms.post([twice, twice]).get_json()["errors"]) == ["[1].id"]
    assert kept() == 0


def test_clients_have_ids_of_their_own(
    lms: Platform, other_lms: Platform, completions: Completions, counted: Counted
) -> None:
    statement = says()
    lms.post(statement)
    once = counted()
    assert other_lms.post({**statement, "actor": {"mbox": "mailto:ben@waterveld.example"}}).status_code == 200
    assert other_lms.post(says(timestamp="2026-03-03T09:00:00Z")).status_code == 200
    assert len(completions()) == 2
    assert counted()[0] == once[0] + 1


# Who is meant -----------------------------------------------------------------------------------------------


def sha1(address: str) -> str:
    return hashlib.sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:anna@waterveld.example"},
        {"mbox": "mailto:Anna@Waterveld.EXAMPLE", "objectType": "Agent", "name": "A."},
        {"mbox": "mailto:%61nna@waterveld.example"},
        {"mbox_sha1sum": sha1("anna@waterveld.example")},
        {"mbox_sha1sum": sha1("anna@waterveld.example").upper()},
        {"account": {"homePage": "https://hr.example", "name": "w-anna"}},
        {"account": {"homePage": "HTTPS://HR.example/", "name": "w-anna"}},
        {"account": {"homePage": "https://moodle.example", "name": "17"}},
        {"openid": "https://anna.id.example/"},
    ],
)
def test_a_person_is_known_by_all_their_names(
    app: Flask, lms: Platform, cast: Cast, completions: Completions, actor: dict[str, Any]
) -> None:
    name(app, cast.anna, "account", "https://moodle.example 17")
    name(app, cast.anna, "openid", "https://anna.id.example")
    assert lms.post(says(actor=actor)).status_code == 200
    assert [person for person, _ in completions()] == [cast.anna]


def name(app: Flask, person_id: int, kind: str, value: str) -> None:
    with app.app_context():
        db.session.execute(
            text("INSERT INTO identity (person_id, kind, value) VALUES (:person, :kind, :value)"),
            {"person": person_id, "kind": kind, "value": value},
        )
        db.session.commit()


def test_accounts_of_one_client_are_no_personnel_numbers_to_another(
    lms: Platform, other_lms: Platform, completions: Completions
) -> None:
    actor = {"account": {"homePage": "https://hr.example", "name": "w-anna"}}
    assert other_lms.post(says(actor=actor)).status_code == 200
    assert completions() == []


def test_accounts_can_be_addresses_in_any_case(app: Flask, cast: Cast, completions: Completions) -> None:
    accounts = {"account_home": "https://SSO.example/", "account_is": "email"}
    lms = Platform(app.test_client(), platform_headers(app, "xapi:write", **accounts))
    actor = {"account": {"homePage": "https://sso.example", "name": "Anna@Waterveld.Example"}}
    assert lms.post(says(actor=actor)).status_code == 200
    assert [person for person, _ in completions()] == [cast.anna]


@pytest.mark.parametrize(
    "actor",
    [
        {"objectType": "Group", "member": [{"mbox": "mailto:anna@waterveld.example"}]},
        {"objectType": "Group", "mbox": "mailto:anna@waterveld.example"},
        {
            "objectType": "Group",
            "account": {"homePage": "https://hr.example", "name": "w-anna"},
            "member": [],
        },
    ],
)
def test_a_group_is_kept_and_earns_nothing(
    lms: Platform, completions: Completions, actor: dict[str, Any]
) -> None:
    statement = says(actor=actor)
    assert lms.post(statement).status_code == 200
    assert lms.get(statementId=statement["id"]).get_json()["actor"] == actor
    assert completions() == []


@pytest.mark.parametrize(
    "thing",
    [
        {"objectType": "Agent", "mbox": "mailto:ben@waterveld.example"},
        {"objectType": "StatementRef", "id": str(uuid.uuid4())},
        {
            "objectType": "SubStatement",
            "actor": {"mbox": "mailto:anna@waterveld.example"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": COURSE},
        },
    ],
)
def test_only_what_is_said_of_an_activity_counts(
    lms: Platform, completions: Completions, thing: dict[str, Any]
) -> None:
    assert lms.post(says(object=thing)).status_code == 200
    assert completions() == []


# Without id, without time -----------------------------------------------------------------------------------


def test_equal_items_of_a_batch_are_several_and_the_batch_again_is_the_same(
    lms: Platform, kept: Callable[[], int]
) -> None:
    viewed = says(verb="http://id.tincanapi.com/verb/viewed", id=None, timestamp=None)
    first = lms.post([viewed, viewed, viewed]).get_json()
    assert len(set(first)) == 3
    assert lms.post([viewed, viewed, viewed]).get_json() == first
    assert lms.post(viewed).get_json() == first[:1]
    assert kept() == 3


@pytest.mark.usefixtures("inside")
def test_without_id_and_time_it_is_the_same_for_a_day(lms: Platform, kept: Callable[[], int]) -> None:
    from app.db import transaction
    from app.imports import actions, queries
    from app.outbox import settle
    from app.people.models import ApiClient

    client = queries.client(db.session.query(ApiClient.id).scalar())
    statement = says("ben", id=None, timestamp=None)
    monday = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)

    def sent(at: datetime, what: dict[str, Any] = statement) -> uuid.UUID:
        with transaction():
            (id,) = actions.receive(client, [what], version="2.0.0", at=at)
            settle(at)
        return id

    first = sent(monday)
    assert sent(monday + timedelta(hours=1)) == first
    assert sent(monday + timedelta(hours=23, minutes=59)) == first
    second = sent(monday + timedelta(hours=24, minutes=1))
    assert second != first
    assert sent(monday + timedelta(hours=47)) == second
    timed = {**statement, "timestamp": WHEN}
    assert sent(monday, timed) == sent(monday + timedelta(days=300), timed)
    assert kept() == 3


def test_a_moment_to_come_is_no_later_than_now(lms: Platform, completions: Completions) -> None:
    before = datetime.now(UTC)
    assert lms.post(says(timestamp="2199-01-01T00:00:00Z")).status_code == 200
    assert before <= completions()[0][1] <= datetime.now(UTC)


@pytest.mark.parametrize(
    "when",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T23:59:59-23:59",
        "9999-12-31T23:59:59Z",
        "1583-02-03T00:00:00+14:00",
    ],
)
def test_a_moment_at_the_end_of_the_calendar_is_taken(
    lms: Platform, completions: Completions, when: str
) -> None:
    statement = says(timestamp=when)
    assert lms.post(statement).status_code == 200
    assert len(completions()) == 1
    assert lms.get(statementId=statement["id"]).get_json()["timestamp"] == when


# Attachments ------------------------------------------------------------------------------------------------


def parts(statement: dict[str, Any], *contents: bytes, kind: str = "application/json") -> bytes:
    body = b"--b\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + json.dumps(statement).encode() + b"\r\n"
    for content in contents:
        body += b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
        body += b"X-Experience-API-Hash: " + hashlib.sha256(content).hexdigest().encode()
        body += b"\r\n\r\n" + content + b"\r\n"
    return body + b"--b--\r\n"


def attachment(content: bytes, **more: Any) -> dict[str, Any]:
    return {
        "usageType": "https://w3id.org/xapi/usage",
        "display": {"en": "A note"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
        **more,
    }


MIXED = "multipart/mixed; boundary=b"


def test_attachments_come_along_and_their_content_is_dropped(
    app: Flask, lms: Platform, completions: Completions
) -> None:
    content = b"a very private note \x00\xff"
    statement = says(attachments=[attachment(content)])
    answer = lms.send("POST", parts(statement, content), kind=MIXED)
    assert answer.get_json() == [statement["id"]]
    assert len(completions()) == 1
    assert lms.get(statementId=statement["id"]).get_json()["attachments"] == statement["attachments"]
    with app.app_context():
        assert "private" not in db.session.execute(text("SELECT body FROM statement")).scalar_one()
        db.session.rollback()


def test_attachments_elsewhere_need_no_parts(lms: Platform) -> None:
    statement = says(attachments=[attachment(b"x", fileUrl="https://files.example/x")])
    assert lms.post(statement).status_code == 200
    assert lms.send("POST", parts(says()), kind=MIXED).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(says(attachments=[attachment(b"x")])), "application/json"),
        (parts(says(attachments=[attachment(b"x")])), MIXED),
        (parts(says(), b"nobody's"), MIXED),
        (parts(says(attachments=[attachment(b"x")]), b"x", kind="text/plain"), MIXED),
        (parts(says(attachments=[attachment(b"x")]), b"x"), "multipart/mixed"),
        (parts(says(attachments=[attachment(b"x")]), b"x"), "multipart/mixed; boundary=other"),
        (parts(says(attachments=[attachment(b"x")]), b"x"), "multipart/form-data; boundary=b"),
        (parts(says(attachments=[attachment(b"x")]), b"x")[:-8], MIXED),
        (json.dumps(says()), "text/plain"),
        (json.dumps(says()), "application/x-www-form-urlencoded"),
        (json.dumps(says()), None),
        (json.dumps(says()), "application/jsonp"),
        (json.dumps(says()), ";;;"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(
    lms: Platform, kept: Callable[[], int], body: Any, kind: str | None
) -> None:
    assert lms.send("POST", body, kind=kind).status_code == 400
    assert kept() == 0


# Written as a form (1.0.3) ----------------------------------------------------------------------------------


def form(lms: Platform, method: str, **fields: str) -> Any:
    told = {"X-Experience-API-Version": "1.0.3", **fields}
    return lms.browser.post(f"{STATEMENTS}?method={method}", data=told, headers=lms.headers)


def test_a_browser_that_can_only_send_forms_is_understood(lms: Platform, completions: Completions) -> None:
    statement = says()
    named = {"statementId": statement["id"], "content": json.dumps(statement)}
    assert form(lms, "PUT", **named, **{"Content-Type": "application/json"}).status_code == 204
    assert form(lms, "POST", content=json.dumps([says("ben")])).status_code == 200
    assert form(lms, "GET", statementId=statement["id"]).get_json()["id"] == statement["id"]
    assert len(form(lms, "GET", limit="1").get_json()["statements"]) == 1
    assert len(completions()) == 2


def test_a_form_says_all_in_its_fields(lms: Platform, kept: Callable[[], int]) -> None:
    content = json.dumps(says(id=None))
    assert form(lms, "PUT&statementId=x", content=content).status_code == 400
    assert form(lms, "PUT", statementId=str(uuid.uuid4())).status_code == 400
    assert form(lms, "DELETE", content=content).status_code == 400
    assert form(lms, "GET&method=PUT", content=content).status_code == 400
    assert form(lms, "POST", content=content, **{"X-Experience-API-Version": "2.0.0"}).status_code == 400
    assert (
        lms.send("POST", content, query={"method": "POST"}, X_Experience_API_Version="1.0.3").status_code
        == 400
    )
    assert lms.send("GET", b"", query={"method": "POST"}).status_code == 400
    assert kept() == 0
