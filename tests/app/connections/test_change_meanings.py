"""Which verb means what: own rules before the defaults, seen beforehand, in force from now on."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from app.connections import actions
from app.db import db, transaction
from app.errors import Conflict
from tests.app.imports.scene import Platform, says
from tests.cast import Cast, SignedIn

ClientOf = Callable[[str], SignedIn]
PAGE = "/admin/connections/meanings"
READ = "http://example.org/verbs/read-it-all"
BOOK = "http://id.tincanapi.com/activitytype/book"


def today() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).isoformat()


def reads(who: str, book: str = "https://books.example/1", **more: Any) -> dict[str, Any]:
    what = {"id": book, "definition": {"type": BOOK, "name": {"en": "Water"}}}
    return says(who, READ, object=what, timestamp=today(), **more)


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


def figures(page: str) -> list[str]:
    part = page[page.index('id="preview-figures"') :]
    return re.findall(r"<dd>([\d,.]+)</dd>", part)[:3]


def test_a_verb_of_which_no_rule_speaks_is_listed_and_made_a_rule(
    client_of: ClientOf, lms: Platform, completions: Callable[[], list[Any]], cast: Cast
) -> None:
    lms.post([reads("anna"), reads("ben"), reads("anna"), reads("nobody")])
    leo = client_of("leo")
    page = leo.get(PAGE).text
    assert READ in page
    assert "4 statements" in page
    (link,) = re.findall(r'href="([^"]*meanings\?verb=[^"]*)"', page)
    preview = leo.get(link.replace("&amp;", "&")).text
    assert figures(preview) == ["3", "0", "0"]  # anna, ben and somebody unknown; anna's second says the same
    assert "Anna" not in preview.split('id="main"')[1]
    rule = {"verb": READ, "activity_type": BOOK, "means": "completed", "seen": seen(preview)}
    assert leo.post(PAGE, data=rule).status_code == 303
    assert completions() == []
    lms.post(reads("anna", "https://books.example/2"))
    assert [person for person, _ in completions()] == [cast.anna]
    assert "All that came in is covered by a rule." in leo.get(PAGE).text


def test_a_rule_is_changed_and_removed_and_what_that_would_mean_is_seen(
    client_of: ClientOf, lms: Platform, completions: Callable[[], list[Any]]
) -> None:
    leo = client_of("leo")
    first = {"verb": READ, "means": "completed", "preview": "true"}
    leo.post(PAGE, data={**first, "seen": seen(leo.get(PAGE, query_string=first).text)})
    lms.post([reads("anna"), reads("ben", result={"success": False})])
    assert len(completions()) == 2
    narrower = {"place": "0", "verb": READ, "success": "yes", "means": "completed", "preview": "true"}
    assert 'value="yes" selected' not in leo.get(PAGE, query_string={"place": "0"}).text
    page = leo.get(PAGE, query_string=narrower).text
    assert figures(page) == ["0", "2", "0"]
    gone = leo.get(PAGE, query_string={"place": "0", "remove": "true", "preview": "true"}).text
    assert figures(gone) == ["0", "2", "0"]
    assert leo.post(PAGE, data={"place": "0", "remove": "true", "seen": seen(gone)}).status_code == 303
    lms.post(reads("mia"))
    assert len(completions()) == 2


@pytest.mark.parametrize(
    "form",
    [
        {"means": "completed"},
        {"verb": "finished", "means": "completed"},
        {"verb": READ, "means": ""},
        {"verb": READ, "activity_type": "book", "means": "completed"},
        {"verb": READ, "means": "done"},
        {"verb": READ, "means": "completed", "place": "99999999999999999999"},
        {"verb": READ, "means": "completed", "place": "7"},
    ],
)
def test_what_cannot_be_a_rule_is_refused(client_of: ClientOf, form: dict[str, str]) -> None:
    leo = client_of("leo")
    assert leo.get(PAGE, query_string={**form, "preview": "true"}).status_code in (409, 422)
    assert leo.post(PAGE, data={**form, "seen": "0"}).status_code in (409, 422)
    assert "None yet." in leo.get(PAGE).text


def test_of_two_who_change_the_rules_at_once_the_second_is_told(
    app: Flask, client_of: ClientOf, cast: Cast
) -> None:
    leo = client_of("leo")
    rule = {"verb": READ, "means": "completed", "preview": "true"}
    mark = seen(leo.get(PAGE, query_string=rule).text)
    assert leo.post(PAGE, data={**rule, "seen": mark}).status_code == 303
    late = leo.post(PAGE, data={**rule, "means": "nothing", "seen": mark})
    assert late.status_code == 409
    assert "Somebody else changed these rules" in late.text
    with app.app_context(), pytest.raises(Conflict), transaction():
        actions.save_rules([], seen=mark, by=cast.leo, at=datetime.now(UTC))


def test_the_same_by_the_api(
    client: FlaskClient, token_of: Callable[[str], dict[str, str]], lms: Platform
) -> None:
    leo = token_of("leo")
    lms.post([reads("anna"), reads("ben")])
    told = client.get("/api/v1/meanings", headers=leo).get_json()
    assert [(one["verb"], one["statements"]) for one in told["without_meaning"]] == [(READ, 2)]
    rules = [{"verb": [READ, "http://example.org/verbs/other"], "means": "completed"}]
    dry = client.put("/api/v1/meanings", json={"rules": rules, "dry_run": True}, headers=leo).get_json()
    assert (dry["saved"], dry["changes"][0]["more"]) == (False, 2)
    saved = client.put("/api/v1/meanings", json={"rules": rules, "seen": told["print"]}, headers=leo)
    assert saved.get_json()["saved"] is True
    assert client.get("/api/v1/meanings", headers=leo).get_json()["rules"] == rules
    for wrong in ([{"means": "completed"}], [{"verb": 5, "means": "completed"}], [{"verb": READ}], [{}]):
        assert client.put("/api/v1/meanings", json={"rules": wrong}, headers=leo).status_code == 422


def test_categories_and_parents_are_told_apart_in_the_preview(client_of: ClientOf, lms: Platform) -> None:
    """H5P: a content within another one means nothing by default; a rule for its verb has more to say only alone."""
    h5p = {"category": [{"id": "http://h5p.org/libraries/H5P.Quiz-1"}]}
    inner = {"contextActivities": {**h5p, "parent": [{"id": "https://h5p.example/outer"}]}}
    completed = "http://adlnet.gov/expapi/verbs/completed"
    lms.post(
        [
            says("anna", completed, context={"contextActivities": h5p}, timestamp=today()),
            says("ben", completed, context=inner, timestamp=today()),
        ]
    )
    page = (
        client_of("leo")
        .get(PAGE, query_string={"verb": completed, "means": "nothing", "preview": "true"})
        .text
    )
    assert figures(page) == ["0", "1", "0"]


def test_a_rule_that_was_put_in_by_hand_is_shown_and_can_be_removed(app: Flask, client_of: ClientOf) -> None:
    """By an earlier release it went into the database as it was."""
    with app.app_context(), transaction():
        db.session.execute(
            text(
                "INSERT INTO setting (key, value, changed_at) VALUES ('meanings', :value, now())"
            ).bindparams(bindparam("value", type_=JSONB)),
            {"value": {"rules": [{"verb": "odd", "means": "nothing"}, {"verb": READ, "means": "completed"}]}},
        )
    leo = client_of("leo")
    assert "odd" in leo.get(PAGE).text
    gone = leo.get(PAGE, query_string={"place": "1", "remove": "true", "preview": "true"})
    assert gone.status_code == 200
    assert leo.post(PAGE, data={"place": "1", "remove": "true", "seen": seen(gone.text)}).status_code == 303
    assert READ not in leo.get(PAGE).text
