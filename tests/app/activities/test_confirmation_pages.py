"""Confirming what colleagues learned, in a browser with and without JavaScript."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.activities import logs, records
from app.activities.rules import Log
from app.db import db
from app.facts.models import Fact
from tests.app.activities.scene import NOW, Catalogue, tell
from tests.cast import Cast, SignedIn

HTMX = {"HX-Request": "true"}
Browser = Callable[[str], SignedIn]


@pytest.fixture
def waiting(app: Flask, cast: Cast, catalogue: Catalogue) -> list[int]:
    """Three logs that wait for Mia: Anna's, Ben's, and Anna's again."""
    items: list[Log] = [
        {
            "person_id": person_id,
            "activity_id": activity_id,
            "completed_on": NOW.date(),
            "note": "<script>alert(1)</script> done",
            "link": "https://example.org/photo",
        }
        for person_id, activity_id in (
            (cast.anna, catalogue.gas),
            (cast.ben, catalogue.gas),
            (cast.anna, catalogue.sampling),
        )
    ]
    with app.app_context():
        ids: list[int] = tell(lambda: logs.log_completions(items, at=NOW)).result
    return ids


def test_what_waits_is_shown_the_oldest_first_and_as_text(client_of: Browser, waiting: list[int]) -> None:
    page = client_of("mia").get("/confirmations").text
    places = [page.index(f'id="waiting-{completion_id}"') for completion_id in waiting]
    assert places == sorted(places)
    assert "3 wait for you." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; done" in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_others_see_none_of_it(client_of: Browser, waiting: list[int]) -> None:
    for name in ("anna", "ben", "clara", "dan", "leo", "cor"):
        page = client_of(name).get("/confirmations").text
        assert "Nothing waits for you" in page
        assert "example.org/photo" not in page


def test_confirming_takes_the_row_out_and_the_next_gets_the_focus(
    client_of: Browser, waiting: list[int]
) -> None:
    answer = client_of("mia").post(
        f"/confirmations/{waiting[1]}", data={"decision": "confirm", "note": ""}, headers=HTMX
    )
    assert answer.status_code == 200
    assert f'id="waiting-{waiting[1]}"' not in answer.text
    assert f'id="waiting-{waiting[2]}-h" tabindex="-1" autofocus' in answer.text
    assert answer.text.count("autofocus") == 1
    assert "Confirmed." in answer.text
    assert "2 wait for you." in answer.text


def test_after_the_last_one_the_focus_goes_to_what_is_left_to_say(
    client_of: Browser, waiting: list[int]
) -> None:
    mia = client_of("mia")
    for completion_id in waiting:
        answer = mia.post(f"/confirmations/{completion_id}", data={"decision": "confirm"}, headers=HTMX)
    assert 'tabindex="-1" autofocus>Nothing waits for you' in answer.text


def test_without_javascript_one_lands_on_the_list(app: Flask, client_of: Browser, waiting: list[int]) -> None:
    answer = client_of("mia").post(f"/confirmations/{waiting[0]}", data={"decision": "confirm"})
    assert (answer.status_code, answer.location) == (303, "/confirmations")
    with app.app_context():
        assert records.completions([waiting[0]])[0].state == "confirmed"


def test_asking_back_needs_a_word_and_tells_it(client_of: Browser, waiting: list[int]) -> None:
    mia, path = client_of("mia"), f"/confirmations/{waiting[0]}"
    for headers in (HTMX, {}):
        refused = mia.post(path, data={"decision": "decline", "note": " "}, headers=headers)
        assert refused.status_code == 422
        assert f'aria-describedby="note-{waiting[0]}-hint note-{waiting[0]}-wrong"' in refused.text
    too_long = mia.post(path, data={"decision": "decline", "note": "Why? " * 300}, headers=HTMX)
    assert (too_long.status_code, "Why? Why?" in too_long.text) == (422, True)
    mia.post(path, data={"decision": "decline", "note": "Which valve was it?"})
    assert "Mia asks: Which valve was it?" in client_of("anna").get("/log").text


def test_whoever_comes_second_is_told(client_of: Browser, waiting: list[int]) -> None:
    mia, path = client_of("mia"), f"/confirmations/{waiting[0]}"
    mia.post(path, data={"decision": "confirm"})
    for headers in (HTMX, {}):
        second = mia.post(path, data={"decision": "decline", "note": "No"}, headers=headers)
        assert second.status_code == 409
        assert "This was decided in the meantime" in second.text
        assert f'id="waiting-{waiting[1]}"' in second.text


@pytest.mark.parametrize("name", ["anna", "ben", "clara", "dan", "eve", "leo", "cor"])
def test_nobody_else_decides_and_it_answers_like_what_is_not_there(
    app: Flask, client_of: Browser, waiting: list[int], name: str
) -> None:
    theirs = client_of(name).post(f"/confirmations/{waiting[0]}", data={"decision": "confirm"})
    missing = client_of(name).post("/confirmations/987654321", data={"decision": "confirm"})
    assert theirs.status_code == missing.status_code == 404
    with app.app_context():
        assert records.completions([waiting[0]])[0].state == "waiting"


@pytest.mark.parametrize("decision", ["", "maybe", "confirm\x00"])
def test_a_word_that_is_none_changes_nothing(client_of: Browser, waiting: list[int], decision: str) -> None:
    answer = client_of("mia").post(f"/confirmations/{waiting[0]}", data={"decision": decision}, headers=HTMX)
    assert answer.status_code == 422
    assert client_of("mia").get("/confirmations").text.count("<article") == 3


def test_a_confirmed_log_becomes_points(app: Flask, client_of: Browser, waiting: list[int]) -> None:
    client_of("mia").post(f"/confirmations/{waiting[0]}", data={"decision": "confirm"})
    with app.app_context():
        (fact,) = db.session.query(Fact).all()
        assert (fact.source, fact.kind) == (f"completion:{waiting[0]}", "completed")


def test_what_is_new_is_told_and_shown_only_when_asked_for(client_of: Browser, waiting: list[int]) -> None:
    mia = client_of("mia")
    page = mia.get("/confirmations").text
    assert f'hx-get="/confirmations/new?after={waiting[-1]}" hx-trigger="sse:confirmation"' in page
    assert "new request" not in mia.get(f"/confirmations/new?after={waiting[-1]}", headers=HTMX).text
    assert "2 new requests" in mia.get(f"/confirmations/new?after={waiting[0]}", headers=HTMX).text
    assert "new request" not in client_of("ben").get("/confirmations/new", headers=HTMX).text
