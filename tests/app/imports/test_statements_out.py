"""What a client can ask of its own statements."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask import Flask

from app.imports import queries
from tests.app.imports.scene import COMPLETED, COURSE, STATEMENTS, WHEN, Platform, says, voids

VIEWED = "http://id.tincanapi.com/verb/viewed"
BEN = {"mbox": "mailto:ben@waterveld.example"}


# One statement ----------------------------------------------------------------------------------------------


def test_a_statement_comes_back_as_it_came_with_what_we_add(lms: Platform) -> None:
    statement = says(
        id=str(uuid.uuid4()).upper(),
        timestamp=None,
        stored="2001-01-01T00:00:00Z",
        authority={"mbox": "mailto:somebody@else.example"},
        context={"extensions": {"urn:x:é": [1, 1.5, None, {"a": "\u2028"}]}},
        result={"score": {"raw": 7, "max": 1e2}, "duration": "PT1H"},
    )
    before = datetime.now(UTC)
    lms.post(statement)
    answer = lms.get(statementId=statement["id"])
    given = answer.get_json()
    stored = datetime.fromisoformat(given["stored"])
    assert before <= stored <= datetime.now(UTC)
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == stored.replace(microsecond=0)
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"
    account = given["authority"]["account"]
    assert account["homePage"] == "http://localhost:8000"
    assert len(account["name"]) == 16
    added = {"id": statement["id"].lower(), "timestamp": given["stored"], "stored": given["stored"]}
    assert given == {**statement, **added, "authority": given["authority"], "version": "2.0.0"}


@pytest.mark.parametrize(
    ("spoken", "named", "told"),
    [
        ("1.0.3", None, "1.0.0"),
        ("1.0.3", "1.0.2", "1.0.2"),
        ("2.0.0", None, "2.0.0"),
        ("2.0.0", "1.0.1", "1.0.1"),
    ],
)
def test_a_statement_keeps_the_version_it_came_in(
    lms: Platform, spoken: str, named: str | None, told: str
) -> None:
    statement = says(version=named)
    lms.post(statement, X_Experience_API_Version=spoken)
    assert lms.get(statementId=statement["id"]).get_json()["version"] == told


def test_a_single_context_activity_becomes_an_array(lms: Platform) -> None:
    statement = says(context={"contextActivities": {"parent": {"id": "urn:parent"}}})
    lms.post(statement)
    given = lms.get(statementId=statement["id"]).get_json()
    assert given["context"]["contextActivities"] == {"parent": [{"id": "urn:parent"}]}


def test_head_is_get_without_the_body(lms: Platform) -> None:
    statement = says()
    lms.post(statement)
    for query in ({"statementId": statement["id"]}, {"limit": "1"}):
        told = lms.browser.get(STATEMENTS, query_string=query, headers=lms._headers({}))
        head = lms.browser.head(STATEMENTS, query_string=query, headers=lms._headers({}))
        assert (head.status_code, head.data) == (200, b"")
        assert {**head.headers, "X-Experience-API-Consistent-Through": ""} == {
            **told.headers,
            "X-Experience-API-Consistent-Through": "",
        }


def test_what_is_not_here_is_not_found(lms: Platform) -> None:
    for name in ("statementId", "voidedStatementId"):
        answer = lms.get(**{name: str(uuid.uuid4())})
        assert answer.status_code == 404
        assert answer.get_json()["error"] == "not-found"


# A list -----------------------------------------------------------------------------------------------------


def test_a_list_is_in_the_order_of_storing_newest_first(lms: Platform) -> None:
    several = [says(about=f"urn:{number}") for number in range(6)]
    lms.post(several[:3])
    lms.post(several[3])
    lms.post(several[4:])
    ids = [one["id"] for one in several]
    assert lms.ids() == ids[::-1]
    assert lms.ids(ascending="true") == ids
    assert lms.ids(limit=2) == ids[:-3:-1]


@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("filtered", [{}, {"verb": VIEWED}, {"agent": json.dumps(BEN)}])
def test_more_goes_through_all_of_it_once(
    lms: Platform, monkeypatch: pytest.MonkeyPatch, ascending: str, filtered: dict[str, str]
) -> None:
    monkeypatch.setattr(queries, "LOOKED_AT", 4)
    viewed = [says("ben", VIEWED, f"urn:{number}") for number in range(9)]
    others = [says("anna", about=f"urn:{number}") for number in range(5)]
    lms.post([*viewed[:4], *others])
    lms.post(viewed[4:])
    answer = lms.get(limit="2", ascending=ascending, format="ids", **filtered)
    seen: list[str] = []
    for _ in range(20):
        page = answer.get_json()
        assert len(page["statements"]) <= 2
        seen += [one["id"] for one in page["statements"]]
        if not page["more"]:
            break
        assert page["more"].startswith("/xapi/statements?")
        answer = lms.browser.get(page["more"], headers=lms._headers({}))
    wanted = [one["id"] for one in ([*viewed] if filtered else [*viewed[:4], *others, *viewed[4:]])]
    assert seen == (wanted if ascending == "true" else wanted[::-1])


def test_a_page_holds_at_most_500_and_no_more_than_a_few_megabytes(
    lms: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms.post([says(about=f"urn:{number}") for number in range(503)])
    for limit in ("0", "501", "99999999999999999999"):
        page = lms.get(limit=limit).get_json()
        assert len(page["statements"]) == 500
        assert len(lms.browser.get(page["more"], headers=lms._headers({})).get_json()["statements"]) == 3
    monkeypatch.setattr(queries, "MOST_BYTES", 1000)
    for more in ({}, {"verb": COMPLETED}):
        page = lms.get(**more).get_json()
        assert 1 <= len(page["statements"]) < 20
        assert page["more"]


def test_since_is_exclusive_and_until_inclusive(lms: Platform) -> None:
    first, second, third = says(), says("ben"), says("mia")
    for one in (first, second, third):
        lms.post(one)
    stored = lms.get(statementId=second["id"]).get_json()["stored"]
    assert lms.ids(since=stored) == [third["id"]]
    assert lms.ids(until=stored) == [second["id"], first["id"]]
    assert lms.ids(since=stored, until=stored) == []
    local = datetime.fromisoformat(stored).isoformat()
    assert lms.ids(since=local, until="2199-01-01T00:00:00+02:00") == [third["id"]]


def test_nothing_found_is_an_empty_list(lms: Platform) -> None:
    lms.post(says())
    answer = lms.get(verb="urn:nobody-says-this")
    assert (answer.status_code, answer.get_json()) == (200, {"statements": [], "more": ""})


# Filters ----------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(lms: Platform) -> Callable[..., list[str]]:
    """`shelf(verb=…)`: the names of the statements that are found."""
    account = {"homePage": "https://hr.example", "name": "W-7"}
    inner = {
        "objectType": "SubStatement",
        "actor": {"mbox": "mailto:inner@waterveld.example"},
        "verb": {"id": VIEWED},
        "object": {"id": "urn:inner"},
        "context": {"contextActivities": {"other": [{"id": "urn:inner-context"}]}},
    }
    context: dict[str, Any] = {
        "registration": "C6C4D0D0-0000-4000-8000-0000000000AB",
        "instructor": {"mbox": "mailto:leo@waterveld.example"},
        "team": {"objectType": "Group", "member": [{"mbox": "mailto:mate@waterveld.example"}]},
        "contextActivities": {"grouping": {"id": "urn:program"}},
        "contextAgents": [{"objectType": "contextAgent", "agent": {"openid": "https://id.example/coach"}}],
    }
    several = {
        "plain": says(),
        "viewed": says(verb=VIEWED, about="urn:page"),
        "account": says(actor={"account": account}),
        "members": says(actor={"objectType": "Group", "member": [{"mbox": "mailto:Ben@Waterveld.example"}]}),
        "about ben": says(verb="urn:praised", object={"objectType": "Agent", **BEN}),
        "context": says("eve", verb=VIEWED, context=context),
        "inner": says("eve", verb="urn:planned", object=inner),
    }
    names = {one["id"]: name for name, one in several.items()}
    lms.post(list(several.values()))

    def found(**query: Any) -> list[str]:
        return [names[id] for id in lms.ids(ascending="true", **query)]

    return found


Shelf = Callable[..., list[str]]


def test_by_verb_activity_and_registration(shelf: Shelf) -> None:
    assert shelf(verb=VIEWED) == ["viewed", "context"]
    assert shelf(activity=COURSE) == ["plain", "account", "members", "context"]
    assert shelf(activity=COURSE, verb=VIEWED) == ["context"]
    assert shelf(registration="c6c4d0d0-0000-4000-8000-0000000000ab") == ["context"]
    assert shelf(activity="urn:program") == shelf(activity="urn:inner") == []
    assert shelf(activity=COURSE + "/") == []


def test_by_agent_whether_actor_object_or_member(shelf: Shelf) -> None:
    def by(agent: dict[str, Any], **more: str) -> list[str]:
        return shelf(agent=json.dumps(agent), **more)

    assert by({"mbox": "mailto:ANNA@waterveld.example"}) == ["plain", "viewed", "about ben"]
    assert by({"mbox": "mailto:ben@waterveld.example", "objectType": "Agent"}) == ["members", "about ben"]
    assert by({"account": {"homePage": "https://HR.example/", "name": "W-7"}}) == ["account"]
    assert by({"account": {"homePage": "https://hr.example", "name": "w-7"}}) == []
    assert by({"mbox": "mailto:anna@waterveld.example"}, verb=VIEWED) == ["viewed"]
    assert by({"mbox": "mailto:leo@waterveld.example"}) == []


def test_related_activities_reach_into_context_and_substatement(shelf: Shelf) -> None:
    assert shelf(activity="urn:program", related_activities="true") == ["context"]
    assert shelf(activity="urn:inner", related_activities="true") == ["inner"]
    assert shelf(activity="urn:inner-context", related_activities="true") == ["inner"]
    assert shelf(activity="urn:inner-context", related_activities="false") == []


@pytest.mark.parametrize(
    ("agent", "found"),
    [
        ({"mbox": "mailto:leo@waterveld.example"}, ["context"]),
        ({"mbox": "mailto:mate@waterveld.example"}, ["context"]),
        ({"openid": "https://id.example/coach/"}, ["context"]),
        ({"mbox": "mailto:inner@waterveld.example"}, ["inner"]),
        ({"mbox": "mailto:eve@waterveld.example"}, ["context", "inner"]),
        ({"account": {"homePage": "https://hr.example", "name": "W-7"}}, ["account"]),
    ],
)
def test_related_agents_reach_everybody_with_a_part_in_it(
    shelf: Shelf, agent: dict[str, Any], found: list[str]
) -> None:
    assert shelf(agent=json.dumps(agent), related_agents="true") == found


def test_the_authority_of_all_of_it_is_the_client(lms: Platform, shelf: Shelf) -> None:
    authority = lms.get(limit=1).get_json()["statements"][0]["authority"]
    assert len(shelf(agent=json.dumps(authority), related_agents="true")) == 7
    assert shelf(agent=json.dumps(authority)) == []


def test_what_is_about_a_statement_is_found_with_it_also_when_it_is_voided(lms: Platform) -> None:
    first, other = says(verb="urn:first"), says("ben")
    confirmed = says("mia", "urn:confirmed", object={"objectType": "StatementRef", "id": first["id"]})
    again = says("mia", "urn:again", object={"objectType": "StatementRef", "id": confirmed["id"].upper()})
    lost = says("mia", "urn:lost", object={"objectType": "StatementRef", "id": str(uuid.uuid4())})
    lms.post([first, other, confirmed, again, lost])
    chain = [first["id"], confirmed["id"], again["id"]]
    assert lms.ids(verb="urn:first", ascending="true") == chain
    assert lms.ids(agent=json.dumps(first["actor"]), ascending="true") == chain
    voiding = voids(first["id"])
    lms.post(voiding)
    assert lms.ids(verb="urn:first", ascending="true") == [*chain[1:], voiding["id"]]


def test_statements_about_each_other_end(lms: Platform) -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    refer = [
        says("mia", "urn:x", id=a, object={"objectType": "StatementRef", "id": b})
        for a, b in ((one, two), (two, one))
    ]
    lms.post(
        [
            *refer,
            says(
                "mia",
                "urn:x",
                id=(own := str(uuid.uuid4())),
                object={"objectType": "StatementRef", "id": own},
            ),
        ]
    )
    assert lms.ids(verb="urn:nothing") == []


# Forms ------------------------------------------------------------------------------------------------------

RICH = {
    "actor": {"objectType": "Agent", "name": "Anna", "mbox": "mailto:anna@waterveld.example"},
    "verb": {"id": VIEWED, "display": {"nl": "bekeek", "en": "viewed"}},
    "object": {
        "objectType": "Activity",
        "id": COURSE,
        "definition": {
            "name": {"en": "Pumps", "nl": "Pompen"},
            "description": {"fr": "Des pompes"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "choices": [{"id": "a", "description": {"en": "Yes", "nl": "Ja"}}],
        },
    },
    "context": {
        "team": {"objectType": "Group", "name": "T", "member": [{"mbox": "mailto:b@x.example", "name": "B"}]},
        "contextActivities": {"parent": [{"id": "urn:p", "definition": {"name": {"en": "P", "nl": "Pee"}}}]},
    },
}


def test_ids_says_only_which(lms: Platform) -> None:
    statement = {**says(), **RICH}
    lms.post(statement)
    given = lms.get(statementId=statement["id"], format="ids").get_json()
    assert given["actor"] == {"objectType": "Agent", "mbox": "mailto:anna@waterveld.example"}
    assert given["verb"] == {"id": VIEWED}
    assert given["object"] == {"objectType": "Activity", "id": COURSE}
    assert given["context"]["team"] == {"objectType": "Group", "member": [{"mbox": "mailto:b@x.example"}]}
    assert given["context"]["contextActivities"] == {"parent": [{"id": "urn:p"}]}
    assert given["timestamp"] == WHEN


@pytest.mark.parametrize(
    ("wanted", "tag"), [("nl", "nl"), ("en;q=0.5, nl;q=0.4", "en"), ("de", None), ("", None)]
)
def test_canonical_is_in_the_language_of_the_reader(lms: Platform, wanted: str, tag: str | None) -> None:
    statement = {**says(), **RICH}
    lms.post(statement)
    headers = {**lms._headers({}), "Accept-Language": wanted}
    given = lms.browser.get(
        STATEMENTS, query_string={"statementId": statement["id"], "format": "canonical"}, headers=headers
    ).get_json()
    definition = given["object"]["definition"]
    assert given["verb"]["display"] == {tag or "nl": "viewed" if tag == "en" else "bekeek"}
    assert definition["name"] == ({"nl": "Pompen"} if tag == "nl" else {"en": "Pumps"})
    assert definition["description"] == {"fr": "Des pompes"}
    assert len(definition["choices"][0]["description"]) == 1
    assert len(given["context"]["contextActivities"]["parent"][0]["definition"]["name"]) == 1
    assert given["actor"] == RICH["actor"]


def test_attachments_true_answers_in_parts(lms: Platform) -> None:
    statement = says()
    lms.post(statement)
    for query in ({"statementId": statement["id"]}, {}):
        answer = lms.get(attachments="true", **query)
        assert answer.mimetype == "multipart/mixed"
        boundary = answer.mimetype_params["boundary"]
        empty, part, end = answer.text.split(f"--{boundary}")
        assert (empty, end) == ("", "--\r\n")
        assert part.startswith("\r\nContent-Type: application/json\r\n\r\n{")
        assert statement["id"] in part
    assert lms.get(attachments="false").mimetype == "application/json"


# Questions that are none ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statementId", "7"),
        ("statementId", ""),
        ("voidedStatementId", "{12345678-1234-4678-9234-567812345678}"),
        ("agent", "anna"),
        ("agent", "[]"),
        ("agent", '{"mbox":"anna@waterveld.example"}'),
        ("agent", '{"objectType":"Group","member":[{"mbox":"mailto:a@b.example"}]}'),
        ("agent", '{"mbox":"mailto:a@b.example","mbox":"mailto:a@b.example"}'),
        ("agent", "[" * 2000),
        ("verb", "completed"),
        ("activity", "//course"),
        ("registration", "1"),
        ("related_agents", "yes"),
        ("related_activities", "1"),
        ("ascending", ""),
        ("attachments", "maybe"),
        ("since", "yesterday"),
        ("since", "2026-13-01T00:00:00Z"),
        ("until", "2026-11-23"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", "٣"),
        ("limit", ""),
        ("format", "full"),
        ("after", "1"),
        ("after", "999999999999999999.1." + "0" * 32),
        ("foo", "bar"),
        ("StatementId", "3f1c2d7e-6a52-4b8e-9d0a-5c7e1f2a3b4c"),
        ("Limit", "1"),
        ("method", "GET"),
    ],
)
def test_a_parameter_that_is_none_is_named(lms: Platform, name: str, value: str) -> None:
    answer = lms.get(**{name: value})
    assert answer.status_code == 400
    assert next(iter(answer.get_json()["errors"])).startswith(name)
    assert answer.headers["X-Experience-API-Consistent-Through"]


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    ("other", "value"),
    [
        ("agent", '{"mbox":"mailto:a@b.example"}'),
        ("verb", VIEWED),
        ("activity", COURSE),
        ("registration", "3f1c2d7e-6a52-4b8e-9d0a-5c7e1f2a3b4c"),
        ("related_agents", "true"),
        ("related_activities", "true"),
        ("since", WHEN),
        ("until", WHEN),
        ("limit", "1"),
        ("ascending", "true"),
        ("statementId", "3f1c2d7e-6a52-4b8e-9d0a-5c7e1f2a3b4c"),
        ("voidedStatementId", "3f1c2d7e-6a52-4b8e-9d0a-5c7e1f2a3b4c"),
    ],
)
def test_one_statement_is_asked_for_alone(lms: Platform, name: str, other: str, value: str) -> None:
    asked = [(name, str(uuid.uuid4())), (other, value)]
    answer = lms.browser.get(STATEMENTS, query_string=asked, headers=lms._headers({}))
    assert answer.status_code == 400


def test_each_parameter_is_given_once(lms: Platform) -> None:
    answer = lms.browser.get(f"{STATEMENTS}?limit=1&limit=1", headers=lms._headers({}))
    assert answer.get_json()["errors"] == {"limit": "must be given once"}


# Headers ----------------------------------------------------------------------------------------------------


def test_everything_up_to_the_moment_told_can_be_read(lms: Platform) -> None:
    lms.post(says())
    answer = lms.get()
    through = datetime.fromisoformat(answer.headers["X-Experience-API-Consistent-Through"])
    assert timedelta(0) <= datetime.now(UTC) - through < timedelta(seconds=20)


@pytest.mark.usefixtures("inside")
def test_what_is_being_stored_holds_that_moment_back(app: Flask, cast: Any) -> None:
    from sqlalchemy import text

    from app.db import db

    with app.app_context():
        began = db.session.scalar(text("SELECT now()"))
        with db.engine.connect() as line:
            told = line.execute(queries._CONSISTENT, {"at": datetime.now(UTC)}).scalar_one()
        db.session.rollback()
    assert told <= began


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_other_methods_are_not_allowed(lms: Platform, method: str) -> None:
    answer = lms.send(method, b"")
    assert answer.status_code == 405
    assert {"GET", "HEAD", "POST", "PUT"} <= set(answer.headers["Allow"].split(", "))
    assert answer.headers["X-Experience-API-Version"]
    assert answer.mimetype == "application/json"


def test_about_is_open_to_anybody(app: Flask) -> None:
    answer = app.test_client().get("/xapi/about")
    assert (answer.status_code, answer.get_json()) == (200, {"version": ["1.0.3", "2.0.0"]})
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"
