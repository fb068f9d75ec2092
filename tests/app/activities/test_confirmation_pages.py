"""Confirming what colleagues learned, in a browser with and without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.activities import logs, records
from app.activities.rules import Log
from app.audit.models import AuditEntry
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
    assert (answer.status_code, answer.location) == (303, f"/confirmations?confirmed=1&undo={waiting[0]}")
    assert "1 confirmed." in client_of("mia").get(answer.location).text
    with app.app_context():
        assert records.completions([waiting[0]])[0].state == "confirmed"


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_confirmation_can_be_undone_from_where_it_was_given(
    app: Flask, client_of: Browser, waiting: list[int], headers: dict[str, str]
) -> None:
    mia = client_of("mia")
    mia.post(f"/confirmations/{waiting[0]}", data={"decision": "confirm"})
    page = mia.get(f"/confirmations?confirmed=1&undo={waiting[0]}").text
    assert 'action="/confirmations/undo"' in page
    assert f'name="completions" value="{waiting[0]}">' in page
    answer = mia.post("/confirmations/undo", data={"completions": str(waiting[0])}, headers=headers)
    assert (answer.status_code, answer.location) == (
        (200, None) if headers else (303, "/confirmations?undone=1")
    )
    if headers:
        assert f'id="waiting-{waiting[0]}-h" tabindex="-1" autofocus' in answer.text
        assert 'id="confirmations-line" hx-swap-oob="true"' in answer.text
    with app.app_context():
        assert records.completions([waiting[0]])[0].state == "waiting"
        assert db.session.scalar(select(Fact.withdrawn_at)) is not None
    assert "Undo" not in mia.get(f"/confirmations?undo={waiting[0]}").text


def test_many_confirmations_can_be_undone_at_once(
    app: Flask, client_of: Browser, token_of: Callable[[str], dict[str, str]], waiting: list[int]
) -> None:
    mia = client_of("mia")
    answer = mia.post("/confirmations", data={"completions": list(map(str, waiting))}, headers=HTMX)
    assert all(f'name="completions" value="{one}">' in answer.text for one in waiting)
    undone = app.test_client().post(
        "/api/v1/confirmations/undo", json={"completions": waiting}, headers=token_of("mia")
    )
    assert undone.json == {"undone": sorted(waiting)}
    assert (
        client_of("eve").post("/confirmations/undo", data={"completions": str(waiting[0])}).status_code == 404
    )


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
    assert client_of("mia").get("/confirmations").text.count('<li class="top"') == 3


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


# Many at once -----------------------------------------------------------------------------------------------


def ticked(*ids: int) -> dict[str, list[str]]:
    return {"completions": [str(one) for one in ids]}


def test_many_are_ticked_by_a_link_and_confirmed_by_one_button_without_javascript(
    client_of: Browser, waiting: list[int], app: Flask
) -> None:
    mia = client_of("mia")
    page = mia.get("/confirmations").text
    assert page.count('form="many"') == 3
    assert " checked" not in page
    assert mia.get("/confirmations?all=true").text.count(" checked") == 3
    answer = mia.post("/confirmations", data=ticked(*waiting))
    assert answer.status_code == 303
    assert answer.location.endswith("&confirmed=3&changed=0")
    after = mia.get(answer.location).text
    assert "3 confirmed." in after
    assert "Nothing waits for you" in after
    with app.app_context():
        assert db.session.query(Fact).filter_by(kind="completed").count() == 3


def test_one_that_waits_alone_has_nothing_to_tick(client_of: Browser, waiting: list[int]) -> None:
    mia = client_of("mia")
    mia.post("/confirmations", data=ticked(*waiting[:2]))
    assert 'form="many"' not in mia.get("/confirmations").text


def test_what_changed_meanwhile_is_counted_and_the_rest_is_confirmed(
    client_of: Browser, waiting: list[int], app: Flask
) -> None:
    assert client_of("anna").post(f"/log/{waiting[0]}/withdraw").status_code == 303
    answer = client_of("mia").post("/confirmations", data=ticked(*waiting), headers=HTMX)
    assert answer.status_code == 200
    assert "2 confirmed." in answer.text
    assert "1 had changed in the meantime and was left as it is." in answer.text
    assert answer.text.count("autofocus") == 1
    with app.app_context():
        states = {row.id: row.state for row in records.completions(waiting)}
    assert [states[one] for one in waiting] == ["withdrawn", "confirmed", "confirmed"]


def test_after_many_the_next_row_has_the_focus(client_of: Browser, waiting: list[int]) -> None:
    answer = client_of("mia").post("/confirmations", data=ticked(*waiting[:2]), headers=HTMX)
    assert f'id="waiting-{waiting[2]}-h" tabindex="-1" autofocus' in answer.text
    assert "2 confirmed." in answer.text
    assert "1 waits for you." in answer.text


@pytest.mark.parametrize("sent", [{}, {"completions": []}, {"completions": ["x"]}, {"completions": ["0"]}])
def test_without_a_tick_the_page_says_what_to_do(
    client_of: Browser, waiting: list[int], sent: dict[str, list[str]]
) -> None:
    answer = client_of("mia").post("/confirmations", data=sent, headers=HTMX)
    assert answer.status_code == 422
    assert "Tick first what you want to confirm." in answer.text
    assert answer.text.count("autofocus") == 1


def test_more_than_a_hundred_ticks_are_refused(client_of: Browser, waiting: list[int]) -> None:
    answer = client_of("mia").post("/confirmations", data=ticked(*range(1, 102)))
    assert answer.status_code == 422


def test_nobody_confirms_many_for_others(client_of: Browser, waiting: list[int], app: Flask) -> None:
    """Not the learner, not a colleague, not HR: as if these were not there."""
    for name in ("anna", "ben", "clara", "dan", "leo", "cor"):
        answers = [
            client_of(name).post("/confirmations", data=ticked(*ids)) for ids in (waiting, [999_999, 999_998])
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
    with app.app_context():
        assert {row.state for row in records.completions(waiting)} == {"waiting"}


def test_ten_take_as_many_statements_as_two(
    client_of: Browser, app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    def more(first: int, number: int) -> list[int]:
        items: list[Log] = [
            {"person_id": cast.anna, "title": f"Round {one}", "kind": "on_the_job", "skill_id": catalogue.safety,
             "completed_on": NOW.date(), "note": "With the crew"}
            for one in range(first, first + number)
        ]  # fmt: skip
        with app.app_context():
            return list(tell(lambda: logs.log_completions(items, at=NOW)).result)

    asked: list[str] = []

    def note(*seen: Any) -> None:
        asked.append(seen[2])

    mia, took = client_of("mia"), []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        for ids in (more(0, 2), more(10, 2), more(20, 10)):
            asked.clear()
            assert mia.post("/confirmations", data=ticked(*ids)).status_code == 303
            took.append(len(asked))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert took[1] == took[2]


def test_that_many_were_confirmed_at_once_is_in_the_audit_log(
    client_of: Browser, waiting: list[int], app: Flask, cast: Cast
) -> None:
    client_of("mia").post("/confirmations", data=ticked(*waiting))
    with app.app_context():
        found = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "completion:many-confirmed")
        ).all()
        assert [(one.actor_id, one.detail) for one in found] == [(cast.mia, {"confirmed": 3, "changed": 0})]


def test_many_by_api_are_named_one_by_one(client_of: Browser, waiting: list[int]) -> None:
    client_of("anna").post(f"/log/{waiting[0]}/withdraw")
    answer = client_of("mia").post("/api/v1/confirmations", json={"completions": waiting})
    assert answer.get_json() == {"confirmed": waiting[1:], "changed": waiting[:1]}
    assert client_of("ben").post("/api/v1/confirmations", json={"completions": waiting}).status_code == 404
