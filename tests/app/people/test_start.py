"""The first questions: four small steps, each skipped or answered, once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.outbox import settle
from app.people import actions
from tests.cast import PASSWORD, Cast, SignedIn

Browser = Callable[[str], SignedIn]
STEPS = ["language", "points", "boards", "thanks"]


def sign_in(app: Flask, name: str, **more: str) -> tuple[FlaskClient, str]:
    """By the form; returns the browser and where it is led."""
    browser = app.test_client()
    token = re.search(r'name="csrf_token" value="(\w+)"', browser.get("/login").text)
    assert token
    form = {"csrf_token": token[1], "login": f"{name}@waterveld.example", "password": PASSWORD, **more}
    return browser, browser.post("/login", data=form).headers["Location"]


def test_every_road_leads_through_it_once_and_then_to_where_one_wanted_to_go(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    _, onward = sign_in(app, "cor", next="/lessons?show=mine")
    assert onward == "/me/start?next=/lessons?show%3Dmine"
    cor = client_of("cor")
    onward = cor.get(onward).headers["Location"]
    for number, step in enumerate(STEPS, start=1):
        assert onward.startswith(f"/me/start/{step}?next=")
        page = cor.get(onward).text
        assert f"Step {number} of 4" in page
        assert 'name="next" value="/lessons?show=mine"' in page
        assert " checked" not in page
        onward = cor.post(f"/me/start/{step}", data={"next": "/lessons?show=mine"}).headers["Location"]
    assert onward == "/lessons?show=mine"
    assert sign_in(app, "cor")[1] == "/"
    me = cor.get("/api/v1/me").get_json()
    assert (me["board_choice"], me["kudos_choice"], me["game"]) == (None, None, True)


def test_answers_hold_and_without_points_there_is_no_question_about_boards(client_of: Browser) -> None:
    cor = client_of("cor")
    assert cor.post("/me/start/language", data={"language": "nl"}).headers["Location"] == "/me/start/points"
    assert cor.post("/me/start/points", data={"game": "false"}).headers["Location"] == "/me/start/thanks"
    assert "Stap 3 van 3" in cor.get("/me/start/thanks").text
    assert cor.get("/me/start/boards").headers["Location"] == "/me/start/thanks"
    assert cor.post("/me/start/thanks", data={"kudos_choice": "team"}).headers["Location"] == "/"
    me = cor.get("/api/v1/me").get_json()
    assert (me["language"], me["game"], me["kudos_choice"]) == ("nl", False, "team")


def test_with_points_one_chooses_how_to_appear_and_may_go_back(client_of: Browser) -> None:
    cor = client_of("cor")
    assert cor.post("/me/start/points", data={"game": "true"}).headers["Location"] == "/me/start/boards"
    cor.post("/me/start/boards", data={"board_choice": "unnamed"})
    assert 'href="/me/start/boards"' in cor.get("/me/start/thanks").text
    page = cor.get("/me/start/boards").text
    assert re.search(r'value="unnamed".*?Chosen', page)
    assert page.count("Chosen") == 1


@pytest.mark.parametrize(
    ("switch", "steps"),
    [("boards_on", ["language", "points", "thanks"]), ("points_on", ["language", "thanks"])],
)
def test_what_the_organisation_does_without_is_not_asked(
    app: Flask, client_of: Browser, switch: str, steps: list[str]
) -> None:
    with app.app_context(), transaction():
        db.session.execute(text(f"UPDATE organisation SET {switch} = false"))
    cor = client_of("cor")
    onward = cor.get("/me/start").headers["Location"]
    for step in steps:
        assert onward == f"/me/start/{step}"
        assert "board" not in cor.get(onward).text.lower().split("<main")[1]
        onward = cor.post(onward).headers["Location"]
    assert onward == "/"


def test_the_language_is_asked_in_that_of_the_browser(app: Flask, client_of: Browser) -> None:
    cor = client_of("cor")  # the HR file says English
    dutch = {"Accept-Language": "nl-NL,nl;q=0.9"}
    assert 'lang="nl"' in cor.get("/me/start/language", headers=dutch).text.split("<head")[0]
    assert 'lang="en"' in cor.get("/me/start/points", headers=dutch).text.split("<head")[0]
    cor.post("/me/start/language", data={"language": "en"})
    assert 'lang="en"' in cor.get("/me/start/language", headers=dutch).text.split("<head")[0]


def test_who_said_how_to_appear_is_not_asked_again(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction():
        actions.choose(person_id=cast.cor, board_choice="named")
        settle(datetime.now(UTC))
    assert sign_in(app, "cor")[1] == "/"


def test_an_administrator_goes_on_to_the_desk_and_nobody_leaves_the_house(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    assert client_of("dan").post("/me/start/thanks").headers["Location"] == "/admin"
    assert client_of("cor").post("/me/start/thanks", data={"next": "//evil"}).headers["Location"] == "/"
    assert client_of("cor").get("/me/start/nothing").status_code == 404
    assert client_of("cor").post("/me/start/nothing").status_code == 404
    assert client_of("cor").post("/me/start/boards", data={"board_choice": "first"}).status_code == 422


def test_beginning_twice_keeps_the_first_moment(app: Flask, cast: Cast) -> None:
    first, second = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)
    with app.app_context():
        for at in (first, second):
            with transaction():
                actions.begin(person_id=cast.cor, at=at)
        found = db.session.scalar(text("SELECT started_at FROM person WHERE id = :cor"), {"cor": cast.cor})
        assert found == first
