"""Lessons through the doors: who may, with and without JavaScript, and whatever is thrown at them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from app.db import db, transaction
from app.lessons.models import Lesson
from app.people.models import Organisation, Person
from tests.app.lessons.conftest import TEXT
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Share = Callable[..., int]
Later = Callable[[int], datetime]
SWAP = {"HX-Request": "true"}
TOO_BIG = ("9223372036854775808", "9" * 400, "9" * 5000)


# Who may read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["anna", "ben", "mia"])
def test_a_team_lesson_is_for_the_team_and_its_manager(name: str, share: Share, client_of: Browser) -> None:
    lesson_id = share("anna")
    assert TEXT["title"] in client_of(name).get("/lessons").text
    assert client_of(name).get(f"/lessons/{lesson_id}").status_code == 200


@pytest.mark.parametrize("name", ["eve", "clara", "dan", "leo", "cor"])
def test_for_everybody_else_a_team_lesson_is_not_there(
    name: str, skill: int, share: Share, client_of: Browser, token_of: Headers, app: Flask
) -> None:
    lesson_id = share("anna")
    browser, api, headers = client_of(name), app.test_client(), token_of(name)
    assert TEXT["title"] not in browser.get("/lessons").text
    paths = [("GET", ""), ("GET", "/edit"), ("POST", "/edit"), ("POST", "/delete"), ("POST", "/application"),
             ("POST", "/application/end")]  # fmt: skip
    for method, path in paths:
        answer = browser.open(f"/lessons/{lesson_id}{path}", method=method, data={**TEXT, "skills": skill})
        missing = browser.open(f"/lessons/999{path}", method=method, data={**TEXT, "skills": skill})
        assert answer.status_code == missing.status_code == 404
    assert api.get("/api/v1/lessons", headers=headers).get_json() == {"lessons": [], "next": None}
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "", {**TEXT, "skills": [skill]}),
        ("DELETE", "", None),
        ("PUT", "/application", {"how": "so"}),
        ("DELETE", "/application", None),
    ]
    for method, path, sent in asked:
        answer = api.open(f"/api/v1/lessons/{lesson_id}{path}", method=method, json=sent, headers=headers)
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


def test_a_lesson_for_everyone_is_for_everyone(share: Share, client_of: Browser) -> None:
    lesson_id = share("anna", audience="everyone")
    for name in ("ben", "eve", "clara", "dan", "leo", "cor"):
        answer = client_of(name).get(f"/lessons/{lesson_id}")
        assert answer.status_code == 200
        assert f"/lessons/{lesson_id}/edit" not in answer.text, "only the author edits"


def test_somebody_without_a_team_reads_no_team_lesson(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = share("anna")
    with app.app_context(), transaction():
        db.session.get_one(Lesson, lesson_id).team_id = None
        db.session.get_one(Person, cast.eve).team_id = None
    assert client_of("eve").get(f"/lessons/{lesson_id}").status_code == 404


def test_who_leaves_the_team_reads_its_lessons_no_longer(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = share("anna")
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.ben).team_id = cast.desk
    assert client_of("ben").get(f"/lessons/{lesson_id}").status_code == 404


def test_a_new_manager_elsewhere_does_not_get_the_lessons_of_the_old_team(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = share("anna")
    with app.app_context(), transaction():
        anna = db.session.get_one(Person, cast.anna)
        anna.team_id, anna.manager_id = cast.desk, cast.dan
    assert client_of("dan").get(f"/lessons/{lesson_id}").status_code == 404
    assert client_of("anna").get(f"/lessons/{lesson_id}").status_code == 200


def test_nobody_gets_in_without_signing_in(app: Flask, share: Share) -> None:
    lesson_id = share("anna", audience="everyone")
    stranger = app.test_client()
    assert stranger.get("/lessons").status_code == 303
    assert stranger.get(f"/lessons/{lesson_id}").status_code == 303
    assert stranger.get("/api/v1/lessons").status_code == 401
    assert stranger.post("/api/v1/lessons", json=TEXT).status_code == 401


# The feed ---------------------------------------------------------------------------------------------------


def test_the_feed_goes_on_where_it_stopped(
    app: Flask, share: Share, client_of: Browser, token_of: Headers, later: Later
) -> None:
    ids = [
        share("anna", at=later(day // 2), happened=f"Story number {day} of this year.") for day in range(45)
    ]
    api, headers = app.test_client(), token_of("ben")
    seen: list[int] = []
    answer = api.get("/api/v1/lessons?limit=20", headers=headers).get_json()
    while True:
        seen += [lesson["id"] for lesson in answer["lessons"]]
        if answer["next"] is None:
            break
        answer = api.get(f"/api/v1/lessons?limit=20&before={answer['next']}", headers=headers).get_json()
    assert seen == ids[::-1]
    first = client_of("ben").get("/lessons").text
    assert f"before={ids[39]}" in first
    more = client_of("ben").get(f"/lessons?before={ids[37]}", headers=SWAP).text
    assert "<html" not in more
    assert f'id="lesson-{ids[36]}"' in more


def test_mine_and_my_team_show_only_those(share: Share, client_of: Browser) -> None:
    mine, team = share("ben", happened="This is the story of Ben."), share("anna")
    other = share("eve", audience="everyone", happened="This is the story of Eve.")
    for show, expected in [("all", {mine, team, other}), ("mine", {mine}), ("team", {mine, team})]:
        page = client_of("ben").get(f"/lessons?show={show}").text
        assert {one for one in (mine, team, other) if f'id="lesson-{one}"' in page} == expected


def test_a_page_takes_as_many_statements_for_forty_lessons_as_for_one(
    app: Flask, share: Share, client_of: Browser
) -> None:
    from sqlalchemy import event

    browser, counted = client_of("ben"), []
    with app.app_context():
        engine = db.engine

    def asked() -> int:
        counted.clear()
        assert browser.get("/lessons").status_code == 200
        return len(counted)

    share("anna")
    event.listen(engine, "before_cursor_execute", lambda *_: counted.append(1))
    few = asked()
    for number in range(15):
        share("anna", happened=f"Story number {number} of this year.")
    assert asked() <= few


# Composing, with and without JavaScript ---------------------------------------------------------------------


def test_a_plain_form_shares_and_leads_to_the_lesson(skill: int, client_of: Browser) -> None:
    anna = client_of("anna")
    answer = anna.post("/lessons", data={**TEXT, "skills": [skill, ""], "once": "f1"})
    assert answer.status_code == 303
    page = anna.get(answer.location).text
    assert TEXT["title"] in page
    assert "Not applied by anyone yet" in page
    again = anna.post("/lessons", data={**TEXT, "skills": [skill, ""], "once": "f1"})
    assert again.location == answer.location


def test_a_swap_gets_the_card_an_empty_form_and_a_word_of_thanks(skill: int, client_of: Browser) -> None:
    answer = client_of("anna").post("/lessons", data={**TEXT, "skills": skill}, headers=SWAP)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert answer.text.count("<article") == 1
    assert 'id="composer"' in answer.text
    assert "hx-swap-oob" in answer.text
    assert "Thank you for saving someone else the trouble" in answer.text


@pytest.mark.parametrize("swap", [True, False])
def test_what_is_wrong_comes_back_in_the_form_with_what_was_typed(
    swap: bool, skill: int, client_of: Browser
) -> None:
    sent = {**TEXT, "learned": "short", "skills": skill, "once": "kept"}
    answer = client_of("anna").post("/lessons", data=sent, headers=SWAP if swap else {})
    assert answer.status_code == 422
    assert ("<html" in answer.text) is not swap
    assert "Tell what you learned from it" in answer.text
    assert TEXT["happened"] in answer.text
    assert 'value="kept"' in answer.text
    if swap:
        assert answer.headers["HX-Retarget"] == "#composer"


def test_the_composer_says_gently_how_to_share_safely(client_of: Browser) -> None:
    page = client_of("anna").get("/lessons").text
    for line in (
        "Write about the situation",
        "no incident report",
        "Your manager can read it",
        "Your team: North.",
    ):
        assert line in page


def test_the_composer_asks_for_one_skill_and_for_a_second_when_one_wants_it(
    client_of: Browser, skill: int
) -> None:
    """With script into the open form, so that a file that was chosen stays; without, with all that was typed."""
    anna = client_of("anna")
    assert anna.get("/lessons").text.count('name="skills"') == 1
    field = anna.get("/lessons/also", headers={"HX-Request": "true"}).text
    assert (field.count('name="skills"'), "<html" in field) == (1, False)
    assert anna.get("/lessons/also").location == "/lessons#composer"
    again = anna.post("/lessons/also", data={**TEXT, "skills": [skill]}).text
    assert again.count('name="skills"') == 2
    assert TEXT["title"] in again
    assert anna.get("/lessons").text.count('name="skills"') == 1, "nothing is kept"


@pytest.mark.parametrize("without", ["", "game", "points"])
def test_the_composer_says_that_points_without_a_name_come_later_to_who_does_with_points(
    app: Flask, cast: Cast, client_of: Browser, without: str
) -> None:
    with app.app_context(), transaction():
        if without == "game":
            db.session.get_one(Person, cast.anna).game = False
        if without == "points":
            db.session.merge(Organisation(id=1, points_on=False))
    page = client_of("anna").get("/lessons").text
    assert "Nobody sees who wrote it" in page
    assert ("Points for it come later" in page) is (not without)


def test_where_incidents_are_reported_is_the_organisations_own_link(app: Flask, client_of: Browser) -> None:
    dan, sent = client_of("dan"), {"name": "Waterveld", "kudos_allowance": 10, "manager_kudos_allowance": 30,
                                   "full_time_hours": 36, "statement_days": 400}  # fmt: skip
    assert "Report an incident" not in client_of("anna").get("/lessons").text
    elsewhere = ("http://a.example", "javascript:alert(1)", "//evil.example", "/\\evil.example")
    for wrong in (*elsewhere, "https://a b.example", "x"):
        assert dan.post("/admin/organisation", data={**sent, "incident_link": wrong}).status_code == 422, (
            wrong
        )
    for right in ("https://safe.waterveld.example/report?x=1", "/search"):
        assert dan.post("/admin/organisation", data={**sent, "incident_link": right}).status_code == 303
        assert f'href="{right}"' in client_of("anna").get("/lessons").text


def test_the_pages_speak_dutch(app: Flask, cast: Cast, client_of: Browser) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.anna).language = "nl"
    page = client_of("anna").get("/lessons").text
    for line in ("Lessen uit de praktijk", "Ging mis", "Wat leerde je ervan", "Deel les"):
        assert line in page


def test_the_author_is_told_that_a_copy_counts_once(share: Share, client_of: Browser) -> None:
    share("anna")
    copy = share("anna", title="The same once more")
    assert "it counts once" in client_of("anna").get(f"/lessons/{copy}").text
    assert "it counts once" not in client_of("ben").get(f"/lessons/{copy}").text


def test_edit_keeps_the_lesson_and_shows_that_it_was_edited(
    skill: int, share: Share, client_of: Browser
) -> None:
    lesson_id, anna = share("anna"), client_of("anna")
    assert TEXT["learned"] in anna.get(f"/lessons/{lesson_id}/edit").text
    wrong = anna.post(f"/lessons/{lesson_id}/edit", data={**TEXT, "title": "", "skills": skill})
    assert wrong.status_code == 422
    answer = anna.post(
        f"/lessons/{lesson_id}/edit", data={**TEXT, "title": "In better words", "skills": skill}
    )
    assert answer.status_code == 303
    page = anna.get(answer.location).text
    assert "In better words" in page
    assert "edited" in page


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_lesson_that_colleagues_apply_can_be_kept_to_the_team_by_both_doors(
    skill: int, share: Share, client_of: Browser, token_of: Headers, app: Flask, door: str
) -> None:
    lesson_id = share("anna", audience="everyone")
    assert client_of("eve").post(f"/lessons/{lesson_id}/application", data={"how": "So."}).status_code == 303
    told = {**TEXT, "skills": [skill], "audience": "team"}
    if door == "page":
        answer = client_of("anna").post(f"/lessons/{lesson_id}/edit", data=told)
    else:
        answer = app.test_client().put(f"/api/v1/lessons/{lesson_id}", json=told, headers=token_of("anna"))
    assert answer.status_code == (303 if door == "page" else 200)
    assert client_of("eve").get(f"/lessons/{lesson_id}").status_code == 404


def test_delete_takes_it_from_every_page(share: Share, client_of: Browser) -> None:
    lesson_id = share("anna")
    assert client_of("anna").post(f"/lessons/{lesson_id}/delete").status_code == 303
    for name in ("anna", "ben"):
        assert client_of(name).get(f"/lessons/{lesson_id}").status_code == 404
        assert TEXT["title"] not in client_of(name).get("/lessons").text


def test_applying_swaps_the_card_or_leads_to_the_lesson(share: Share, client_of: Browser) -> None:
    lesson_id, ben = share("anna"), client_of("ben")
    card = ben.post(f"/lessons/{lesson_id}/application", data={"how": "<b>in the van</b>"}, headers=SWAP)
    assert card.status_code == 200
    assert "Applied by 1 colleague" in card.text
    assert "You apply this" in card.text
    page = client_of("anna").get(f"/lessons/{lesson_id}").text
    assert "&lt;b&gt;in the van&lt;/b&gt;" in page, "what people write stays text"
    ended = ben.post(f"/lessons/{lesson_id}/application/end")
    assert ended.status_code == 303
    assert "Not applied by anyone yet" in ben.get(ended.location).text


def test_the_api_shares_reads_applies_and_stops(
    app: Flask, cast: Cast, skill: int, token_of: Headers
) -> None:
    api, anna, ben = app.test_client(), token_of("anna"), token_of("ben")
    made = api.post("/api/v1/lessons", json={**TEXT, "skills": [skill]}, headers=anna)
    assert made.status_code == 201
    lesson = made.get_json()
    assert lesson["author"] == {"id": cast.anna, "name": "Anna"}
    at = f"/api/v1/lessons/{lesson['id']}"
    assert api.put(f"{at}/application", json={"how": "so"}, headers=ben).get_json()["applied_by"] == 1
    (application,) = api.get(at, headers=anna).get_json()["applications"]
    assert (application["person"]["name"], application["how"]) == ("Ben", "so")
    assert api.delete(f"{at}/application", headers=ben).status_code == 204
    assert api.delete(f"{at}/application", headers=ben).status_code == 204
    assert api.get(at, headers=ben).get_json()["i_apply"] is False
    changed = api.put(at, json={**TEXT, "skills": [skill], "title": "In better words"}, headers=anna)
    assert changed.get_json()["title"] == "In better words"
    assert api.delete(at, headers=anna).status_code == 204
    assert api.get(at, headers=anna).status_code == 404


# Whatever is thrown at them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", TOO_BIG)
def test_a_number_beyond_all_bounds_is_not_there(number: str, client_of: Browser, token_of: Headers) -> None:
    anna, headers = client_of("anna"), token_of("anna")
    assert anna.get(f"/lessons/{number}").status_code == 404
    assert anna.post(f"/lessons/{number}/application").status_code == 404
    assert anna.get(f"/api/v1/lessons/{number}", headers=headers).status_code == 404
    stopped = anna.delete(f"/api/v1/lessons/{number}/application", headers=headers)
    assert stopped.status_code in (404, 405)  # the router has already seen that there is a PUT
    assert anna.get(f"/lessons?before={number}").status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "\x00 hidden in the title"),
        ("happened", "half a character \ud800 in here"),
        ("learned", {"a": "dictionary"}),
        ("from_now_on", ["a", "list"]),
        ("skills", [2**63]),
        ("skills", [1.5, float("1e308")]),
        ("skills", [True]),
        ("skills", "everything"),
        ("skills", list(range(1, 2000))),
        ("outcome", "' OR 1=1 --"),
        ("lang", None),
        ("once", "k" * 10_000),
        ("audience", 7),
        ("title", "x" * 1_000_000),
    ],
)
def test_hostile_fields_are_refused_by_name(
    name: str, value: Any, app: Flask, skill: int, client_of: Browser, token_of: Headers
) -> None:
    api = app.test_client()
    answer = api.post(
        "/api/v1/lessons", json={**TEXT, "skills": [skill], name: value}, headers=token_of("anna")
    )
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"
    if isinstance(value, str) and "\ud800" not in value:
        sent = {**TEXT, "skills": skill, name: value}
        assert client_of("anna").post("/lessons", data=sent).status_code == 422


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"[" * 100_000, b'{"title": NaN}', b'{"title": "a", "title": "b"}', b"\xff"]
)
def test_hostile_bodies_are_refused(raw: bytes, app: Flask, skill: int, token_of: Headers) -> None:
    headers = {**token_of("anna"), "Content-Type": "application/json"}
    answer = app.test_client().post("/api/v1/lessons", data=raw, headers=headers)
    assert answer.status_code in (400, 422)
