"""Who sees what people share with each other: one table, every viewer against every thing, by page and by API.

What one may not see answers like what is not there. Fay is a second receiver and colleague of Anna, Gus manages Eve.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.conversations import actions as conversations
from app.db import db, transaction
from app.feedback import actions as feedback
from app.goals import actions as goals
from app.goals.rules import NewGoal
from app.kudos import actions as kudos
from app.kudos.actions import Choice, NewKudos
from app.lessons import actions as lessons
from app.lessons import extras
from app.lessons.actions import NewLesson
from app.outbox import settle
from app.people import actions as people
from tests.cast import Cast, hire, platform_headers, signed_in
from tests.small import load

AT = datetime.now(UTC)
SECRET = "heron under the old pump house"
EVERYBODY = ("anna", "ben", "fay", "mia", "eve", "gus", "leo", "clara", "cor", "dan")
TEAM = {"anna", "ben", "fay", "mia"}  # Mia manages Anna, Ben and Fay, and works in the same team


@dataclass(frozen=True)
class Thing:
    """Where it stands, and who reads its words there."""

    page: str
    api: str | None
    seen_by: set[str]
    refused: int = 404


@pytest.fixture
def everybody(app: Flask, cast: Cast) -> dict[str, int]:
    with app.app_context():
        load()
        fay, gus = hire("fay", "gus")
        move = text(
            "UPDATE person SET manager_id = :boss, team_id = :team, department_id = :unit WHERE id = :id"
        )
        with transaction():
            db.session.execute(move, {"boss": cast.mia, "team": cast.north, "unit": cast.water, "id": fay})
            db.session.execute(move, {"boss": None, "team": cast.desk, "unit": cast.systems, "id": gus})
            db.session.execute(
                text("UPDATE person SET manager_id = :gus WHERE id = :eve"), {"gus": gus, "eve": cast.eve}
            )
            for one in (fay, gus):
                people.begin(person_id=one, at=AT)
            settle(AT)
    return {name: getattr(cast, name) for name in EVERYBODY if name not in ("fay", "gus")} | {
        "fay": fay,
        "gus": gus,
    }


@pytest.fixture
def things(app: Flask, cast: Cast, everybody: dict[str, int]) -> dict[str, Thing]:
    """Anna's, all of them: what she thanked for, learned, aims at, asked, wrote and talked of."""

    def do(act: Callable[[], Any]) -> Any:
        with transaction():
            made = act()
            settle(AT)
            return made

    with app.app_context():
        skill = db.session.scalar(text("SELECT min(id) FROM skill")) or 0
        thanks = NewKudos(giver_id=cast.anna, receivers=[cast.ben, everybody["fay"]], message=f"You saw the {SECRET}.",
                          skill_id=skill, lang="en")  # fmt: skip
        (kudos_id,) = do(lambda: kudos.give_kudos([thanks], at=AT))
        do(
            lambda: kudos.choose_visibility(
                [Choice(kudos_id=kudos_id, person_id=cast.ben, visible="everyone")]
            )
        )
        told = {
            "outcome": "nearly", "title": f"The {SECRET}", "happened": "It was nearly stepped on.",
            "learned": "Look before you step.", "from_now_on": "We look first.", "skills": [skill], "lang": "en",
        }  # fmt: skip
        new = [
            NewLesson(author_id=cast.anna, audience="team", **told),
            NewLesson(
                author_id=cast.anna,
                audience="team",
                unnamed=True,
                **{**told, "learned": "Nobody looked there."},
            ),
        ]
        team, unnamed = do(lambda: lessons.share_lessons(new, at=AT))
        aim = {name: NewGoal(title=f"Find the {SECRET}", lang="en", proof_words="I saw it", visible=name)
               for name in ("me", "manager", "team")}  # fmt: skip
        aims = {
            name: do(lambda one=one: goals.set_goals([goals.Setting(person_id=cast.anna, goal=one)], at=AT))[
                0
            ]
            for name, one in aim.items()
        }
        ask = feedback.Ask(
            asker_id=cast.anna, people=[cast.ben, cast.eve], about="Our weekly start", lang="en"
        )
        (request,) = do(lambda: feedback.ask([ask], at=AT))
        words = feedback.Words(keep=f"You saw the {SECRET}", try_="", lang="en")
        do(lambda: feedback.answer([feedback.Answer(by=cast.ben, request_id=request, words=words)], at=AT))
        plan = conversations.Plan(
            by=cast.mia, person_id=cast.anna, manager_id=cast.mia, on=(AT + timedelta(3)).date()
        )
        (talk,) = do(lambda: conversations.plan([plan], at=AT))
        (other,) = do(lambda: conversations.plan(
            [conversations.Plan(by=cast.mia, person_id=cast.ben, manager_id=cast.mia, on=plan.on)], at=AT))  # fmt: skip
        notes = [conversations.NewNote(conversation_id=one, by=cast.mia, kind="note", words=f"We saw the {SECRET}")
                 for one in (talk, other)]  # fmt: skip
        filed, _draft = do(lambda: conversations.write(notes, at=AT))
        do(
            lambda: conversations.file(
                [conversations.Draft(conversation_id=talk, note_id=filed, by=cast.mia)], at=AT
            )
        )
        do(lambda: extras.keep_draft(by=cast.anna, draft={"happened": f"A {SECRET}"}, at=AT))
    lesson = "/lessons/{}".format
    return {
        "private kudos": Thing(f"/kudos/{kudos_id}", f"/api/v1/kudos/{kudos_id}", {"anna", "ben", "fay"}),
        "team lesson": Thing(lesson(team), f"/api/v1/lessons/{team}", TEAM),
        "unnamed lesson for the team": Thing(lesson(unnamed), f"/api/v1/lessons/{unnamed}", TEAM),
        "goal of her own": Thing(f"/goals/{aims['me']}", f"/api/v1/me/goals/{aims['me']}", {"anna"}),
        "goal for her manager": Thing(f"/goals/{aims['manager']}", None, {"anna", "mia"}),
        "goal for her team": Thing(f"/goals/{aims['team']}", None, TEAM),
        "feedback": Thing(f"/feedback/{request}", f"/api/v1/feedback/requests/{request}", {"anna", "ben"}),
        "note that is filed": Thing(
            f"/conversations/{talk}", f"/api/v1/conversations/{talk}", {"anna", "mia"}
        ),
        "note that is a draft": Thing(f"/conversations/{other}", f"/api/v1/conversations/{other}", {"mia"}),
        "draft of a lesson": Thing("/lessons", None, {"anna"} | TEAM, 200),
    }


THINGS = (
    "private kudos", "team lesson", "unnamed lesson for the team", "goal of her own", "goal for her manager",
    "goal for her team", "feedback", "note that is filed", "note that is a draft", "draft of a lesson",
)  # fmt: skip


@pytest.mark.parametrize("what", THINGS)
def test_exactly_those_see_it_and_no_role_and_no_client_sees_more(
    app: Flask, everybody: dict[str, int], things: dict[str, Thing], what: str
) -> None:
    thing = things[what]
    client = platform_headers(app, "xapi:write")
    for name in EVERYBODY:
        browser = signed_in(app, everybody[name])
        answer = browser.get(thing.page)
        if what == "draft of a lesson":
            assert ("Draft saved" in answer.text) is (name == "anna"), name
            assert (f"A {SECRET}" in answer.text) is (name == "anna"), name
            continue
        assert (SECRET in answer.text) is (name in thing.seen_by), (what, name)
        for path in (thing.page, thing.api):
            if path and SECRET not in (got := browser.get(path)).text:
                assert got.status_code == 404 or name in ("eve", "anna", "ben"), (path, name, got.status_code)
        if thing.api:
            assert (SECRET in browser.get(thing.api).text) is (name in thing.seen_by), (thing.api, name)
        for path in ("/", "/lessons", "/kudos", "/inbox", "/search?q=heron", f"/people/{name}"):
            if name not in TEAM:
                assert SECRET not in browser.get(path).text, (path, name)
    stranger = app.test_client()
    for path in (thing.page, thing.api):
        if path:
            for headers in ({}, client):
                assert SECRET not in stranger.get(path, headers=headers).text
    assert stranger.get(thing.api or "/api/v1/lessons", headers=client).status_code in (401, 403)


def test_an_unnamed_lesson_names_its_author_to_nobody_but_themselves(
    app: Flask, everybody: dict[str, int], things: dict[str, Thing]
) -> None:
    path = things["unnamed lesson for the team"].page
    for name in TEAM:
        page = signed_in(app, everybody[name]).get(path).text
        main = page[page.index("<article") : page.index("</article>")]
        assert ("Yours, without your name" in main) is (name == "anna"), name
        assert "Anna" not in main


def test_who_is_out_stands_on_no_board_of_any_viewer_and_finds_what_is_theirs(
    app: Flask, cast: Cast, everybody: dict[str, int]
) -> None:
    with app.app_context(), transaction():
        people.choose(person_id=cast.ben, board_choice="out")
        settle(AT)
    for name in EVERYBODY:
        browser = signed_in(app, everybody[name])
        for path in ("/leaderboards", "/api/v1/boards"):
            answer = browser.get(path)
            page = answer.text
            if "<main" in page:
                page = page[page.index("<main") : page.index("</main>")]
            assert name == "ben" or "Ben" not in page, (path, name)
    assert signed_in(app, cast.ben).get("/receipts").status_code == 200
