"""Lessons that somebody keeps for themselves, the most applied ones, and names that go out of a text."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.errors import NotFound, Refused
from app.lessons import actions, applying, changing, extras
from app.lessons.applying import Applying
from app.lessons.rules import without_names
from app.outbox import settle
from app.people import actions as people
from tests.app.kudos.test_give_kudos import at_once
from tests.app.lessons.conftest import AT, TEXT
from tests.cast import NAMES, Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Share = Callable[..., int]


def feed(client: SignedIn, show: str) -> list[int]:
    return [one["id"] for one in client.get(f"/api/v1/lessons?show={show}").get_json()["lessons"]]


def saved(app: Flask) -> list[tuple[int, int]]:
    with app.app_context():
        rows = db.session.execute(text("SELECT person_id, lesson_id FROM lesson_saved ORDER BY 1, 2"))
        return [tuple(row) for row in rows]


def test_what_one_saves_one_finds_again_and_nobody_else_sees_it(
    app: Flask, cast: Cast, share: Share, client_of: Browser, token_of: Headers
) -> None:
    lesson_id = share("anna", audience="everyone")
    ben = client_of("ben")
    page = ben.get("/lessons").text
    assert "Save for later" in page
    assert ben.post(f"/lessons/{lesson_id}/saved", data={"on": "true"}).status_code == 303
    assert ben.post(f"/lessons/{lesson_id}/saved", data={"on": "true"}).status_code == 303, "twice is once"
    assert saved(app) == [(cast.ben, lesson_id)]
    assert TEXT["title"] in ben.get("/lessons?show=saved").text
    for name in NAMES:
        assert feed(client_of(name), "saved") == ([lesson_id] if name == "ben" else []), name
        if name != "ben":
            assert 'aria-pressed="true"' not in client_of(name).get(f"/lessons/{lesson_id}").text
    assert ben.post(f"/lessons/{lesson_id}/saved", data={"on": "false"}).status_code == 303
    assert saved(app) == []
    api = app.test_client()
    assert api.put(f"/api/v1/lessons/{lesson_id}/saved", headers=token_of("eve")).status_code == 200
    assert saved(app) == [(cast.eve, lesson_id)]
    assert api.delete(f"/api/v1/lessons/{lesson_id}/saved", headers=token_of("eve")).status_code == 204
    assert "You saved no lesson yet" in ben.get("/lessons?show=saved").text


def test_nobody_saves_what_they_may_not_read_nor_their_own_with_or_without_a_name(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    team, unnamed = (
        share("anna"),
        share("anna", unnamed=True, audience="everyone", learned="Another insight here."),
    )
    assert client_of("eve").post(f"/lessons/{team}/saved").status_code == 404
    assert client_of("eve").post("/lessons/9000000/saved").status_code == 404
    for own in (team, unnamed):
        assert client_of("anna").post(f"/lessons/{own}/saved").status_code == 422
    with app.app_context(), pytest.raises(Refused), transaction():
        extras.save(by=cast.anna, lesson_ids=[unnamed], on=True, at=AT)
    with app.app_context(), pytest.raises(NotFound), transaction():
        extras.save(by=cast.eve, lesson_ids=[unnamed, team], on=True, at=AT)
    assert saved(app) == []
    assert at_once(*[lambda: client_of("ben").post(f"/lessons/{team}/saved")] * 4) == []
    assert saved(app) == [(cast.ben, team)]


def test_what_is_deleted_goes_what_is_hidden_comes_back_and_what_loses_its_name_stays_saved(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    ids = [share("anna", audience="everyone", learned=f"An insight of number {n}.") for n in range(3)]
    ben = client_of("ben")
    for one in ids:
        ben.post(f"/lessons/{one}/saved")
    with app.app_context(), transaction():
        changing.delete_lessons([(ids[0], cast.anna)], at=AT)
        actions.hide_lessons([ids[1]], at=AT)
        (new,) = changing.take_names_off([(ids[2], cast.anna)], at=AT)
        settle(AT)
    assert saved(app) == [(cast.ben, ids[1]), (cast.ben, new)]
    assert feed(ben, "saved") == [new]
    assert ben.post(f"/lessons/{ids[1]}/saved", data={"on": "false"}).status_code == 303
    assert saved(app) == [(cast.ben, new)]


def test_the_most_applied_come_first_and_only_those_that_one_may_read(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    now = datetime.now(AT.tzinfo)
    some = [
        share("anna", audience=audience, learned=f"Insight number {n} of mine.", at=now - timedelta(hours=1))
        for n, audience in enumerate(("everyone", "team", "everyone"))
    ]
    items = [Applying(lesson_id=some[2], person_id=one) for one in (cast.ben, cast.mia, cast.eve)]
    items += [Applying(lesson_id=some[1], person_id=one) for one in (cast.ben, cast.mia)]
    items += [Applying(lesson_id=some[0], person_id=cast.ben)]
    with app.app_context(), transaction():
        applying.apply_lessons(items, at=now)
        settle(now)
    assert feed(client_of("ben"), "most") == [some[2], some[1], some[0]]
    assert feed(client_of("eve"), "most") == [some[2], some[0]]
    page = client_of("ben").get("/lessons?show=most").text
    assert page.index(f'id="lesson-{some[2]}"') < page.index(f'id="lesson-{some[0]}"')


@pytest.mark.parametrize(
    ("said", "names", "wanted"),
    [
        ("Ben Visser stood there, and Ben saw it.", ["Ben Visser"], "X stood there, and X saw it."),
        ("Bennie closed it.", ["Ben"], "Bennie closed it."),
        ("Bens valve; Ben's valve.", ["Ben"], "X valve; X's valve."),
        ("Anna-Maria and Anna.", ["Anna-Maria Bos", "Anna"], "X and X."),
        ("A (B*) c", ["(B*)"], "A X c"),
        ("Nobody.", [], "Nobody."),
    ],
)
def test_names_go_out_of_a_text_and_words_stay(said: str, names: list[str], wanted: str) -> None:
    assert without_names(said, names, "X") == wanted


def test_the_composer_comes_back_without_the_names_and_nothing_is_kept(
    app: Flask, cast: Cast, skill: int, client_of: Browser
) -> None:
    sent: dict[str, Any] = {
        **TEXT, "skills": [skill], "title": "Ben closed it", "happened": "Ben and Mia closed the valve; Everybody saw.",
        "learned": "Ask first.", "from_now_on": "We ask Ben.",
    }  # fmt: skip
    anna = client_of("anna")
    assert "Remove names" in anna.get("/lessons").text
    page = anna.post("/lessons/names/remove", data=sent).text
    for said in (
        "a colleague closed it",
        "a colleague and a colleague closed the valve; Everybody saw.",
        "We ask a colleague.",
    ):
        assert said in page, "a longer word is no name"
    assert "Taken out: " in page
    assert "Read your text once more." in page
    again = anna.post("/lessons/names/remove", data={**sent, "lang": "nl"}, headers={"HX-Request": "true"})
    assert again.headers["HX-Retarget"] == "#composer"
    assert "We ask een collega." in again.text
    assert "<html" not in again.text
    none = dict.fromkeys(("title", "happened", "learned", "from_now_on"), "Nobody is named.")
    assert "Your text names no colleague." in anna.post("/lessons/names/remove", data=sent | none).text
    with app.app_context(), transaction():
        assert (
            db.session.scalar(
                text("SELECT (SELECT count(*) FROM lesson) + (SELECT count(*) FROM lesson_draft)")
            )
            == 0
        )
        people.choose(person_id=cast.anna, language="nl")
        settle(AT)
    assert "Haal namen eruit" in anna.get("/lessons").text
    assert app.test_client().post("/lessons/names/remove", data=sent).status_code in (302, 303, 400, 401, 403)
