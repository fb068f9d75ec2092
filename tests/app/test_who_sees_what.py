"""Who sees what people share with each other: one table, every viewer against every thing, through every door.

What one may not see answers like what is not there. Fay is a second receiver and colleague of Anna, Gus manages Eve.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from app import jobs, worker
from app.conversations import actions as conversations
from app.db import db, transaction
from app.feedback import actions as feedback
from app.feedback import asking
from app.goals import actions as goals
from app.goals.rules import NewGoal
from app.kudos import actions as kudos
from app.kudos.actions import Choice, NewKudos
from app.lessons import actions as lessons
from app.lessons import extras
from app.lessons.actions import NewLesson
from app.notifications import actions as notifications
from app.notifications import jobs as notification_jobs
from app.notifications.kinds import KINDS
from app.notifications.rules import Settings
from app.outbox import settle
from app.people import actions as people
from app.people.actions import SCOPES
from app.privacy import actions as privacy
from app.privacy import jobs as privacy_jobs
from tests.app.notifications.conftest import Post, post
from tests.cast import Cast, hire, platform_headers, signed_in
from tests.each import each
from tests.small import load

__all__ = ["post"]
AT = datetime.now(UTC)
SECRET = "heron under the old pump house"
# Each thing has a word of its own, that nobody else writes: so a page with several says which it shows.
WORDS = {
    "private kudos": "zilverreiger", "team lesson": "waterral", "unnamed lesson for the team": "roerdomp",
    "unnamed lesson for everyone": "aalscholver", "goal of her own": "kwartelkoning",
    "goal for her manager": "oeverloper",    "goal for her team": "tureluur", "feedback": "slobeend",
    "note that is filed": "watersnip",
    "note that is a draft": "bokje", "draft of a lesson": "porseleinhoen",
}  # fmt: skip
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
        thanks = NewKudos(giver_id=cast.anna, receivers=[cast.ben, everybody["fay"]],
                          message=f"The {SECRET}, a zilverreiger.",
                          skill_id=skill, lang="en")  # fmt: skip
        (kudos_id,) = do(lambda: kudos.give_kudos([thanks], at=AT))
        do(
            lambda: kudos.choose_visibility(
                [Choice(kudos_id=kudos_id, person_id=cast.ben, visible="everyone")]
            )
        )
        told = {
            "outcome": "nearly", "happened": "It was nearly stepped on.",
            "learned": "Look before you step.", "from_now_on": "We look first.", "skills": [skill], "lang": "en",
        }  # fmt: skip
        new = [
            NewLesson(author_id=cast.anna, audience="team", title=f"The {SECRET}, the waterral", **told),
            NewLesson(
                author_id=cast.anna,
                audience="team",
                unnamed=True,
                title=f"The {SECRET}, the roerdomp",
                **{**told, "learned": "Nobody looked there."},
            ),
            NewLesson(
                author_id=cast.anna,
                audience="everyone",
                unnamed=True,
                title=f"The {SECRET}, the aalscholver",
                **{**told, "learned": "Nobody looked there either."},
            ),
        ]
        team, unnamed, open_to_all = do(lambda: lessons.share_lessons(new, at=AT))
        birds = {"me": "kwartelkoning", "manager": "oeverloper", "team": "tureluur"}
        aim = {name: NewGoal(title=f"Find the {SECRET}, the {bird}", lang="en", proof_words="I saw it", visible=name)
               for name, bird in birds.items()}  # fmt: skip
        aims = {
            name: do(lambda one=one: goals.set_goals([goals.Setting(person_id=cast.anna, goal=one)], at=AT))[
                0
            ]
            for name, one in aim.items()
        }
        ask = asking.Ask(asker_id=cast.anna, people=[cast.ben, cast.eve], about="Our weekly start", lang="en")
        (request,) = do(lambda: asking.ask([ask], at=AT))
        words = feedback.Words(keep=f"You saw the {SECRET}, the slobeend", try_="", lang="en")
        do(lambda: feedback.answer([feedback.Answer(by=cast.ben, request_id=request, words=words)], at=AT))
        plan = conversations.Plan(
            by=cast.mia, person_id=cast.anna, manager_id=cast.mia, on=(AT + timedelta(3)).date()
        )
        (talk,) = do(lambda: conversations.plan([plan], at=AT))
        (other,) = do(lambda: conversations.plan(
            [conversations.Plan(by=cast.mia, person_id=cast.ben, manager_id=cast.mia, on=plan.on)], at=AT))  # fmt: skip
        notes = [conversations.NewNote(conversation_id=one, by=cast.mia, kind="note", words=f"The {SECRET}, {bird}")
                 for one, bird in ((talk, "the watersnip"), (other, "the bokje"))]  # fmt: skip
        filed, _draft = do(lambda: conversations.write(notes, at=AT))
        do(
            lambda: conversations.file(
                [conversations.Draft(conversation_id=talk, note_id=filed, by=cast.mia)], at=AT
            )
        )
        do(lambda: extras.keep_draft(by=cast.anna, draft={"happened": f"A {SECRET}, a porseleinhoen"}, at=AT))
    lesson = "/lessons/{}".format
    return {
        "private kudos": Thing(f"/kudos/{kudos_id}", f"/api/v1/kudos/{kudos_id}", {"anna", "ben", "fay"}),
        "team lesson": Thing(lesson(team), f"/api/v1/lessons/{team}", TEAM),
        "unnamed lesson for the team": Thing(lesson(unnamed), f"/api/v1/lessons/{unnamed}", TEAM),
        "unnamed lesson for everyone": Thing(
            lesson(open_to_all), f"/api/v1/lessons/{open_to_all}", set(EVERYBODY)
        ),
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


LISTS = ("/", "/lessons", "/kudos", "/inbox", "/search?q=heron", "/people/{}")
DRAFT = "draft of a lesson"  # on a page that everybody opens


@each("name", EVERYBODY)
def test_exactly_those_see_it_and_no_role_sees_more(
    app: Flask, everybody: dict[str, int], things: dict[str, Thing], name: str
) -> None:
    browser = signed_in(app, everybody[name])
    for what, thing in things.items():
        if what != DRAFT:
            for path in filter(None, (thing.page, thing.api)):
                answer = browser.get(path)
                assert (SECRET in answer.text) is (name in thing.seen_by), (what, path)
                assert SECRET in answer.text or answer.status_code == 404 or name in ("eve", "anna", "ben"), (
                    path
                )
    page = browser.get(things[DRAFT].page).text
    assert ("Draft saved" in page) is (f"A {SECRET}" in page) is (name == "anna")
    theirs = {what for what, thing in things.items() if name in thing.seen_by}
    theirs -= set() if name == "anna" else {DRAFT}
    for path in LISTS:
        assert shown(browser.get(path.format(name)).text) <= theirs, path


def test_no_stranger_and_no_client_sees_any_of_it(app: Flask, things: dict[str, Thing]) -> None:
    client, stranger = platform_headers(app, "xapi:write"), app.test_client()
    for what, thing in things.items():
        for path in filter(None, (thing.page, thing.api)):
            for headers in ({}, client):
                assert SECRET not in stranger.get(path, headers=headers).text, (what, path)
        assert stranger.get(thing.api or "/api/v1/lessons", headers=client).status_code in (401, 403), what


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


# Through every door ---------------------------------------------------------------------------------------------------

NO_DOORS = (
    "/events",
    "/metrics",
    "/static",
    "/assets",
    "/logout",
    "/dev",
    "/login",
    "/api/v1/openapi",
    "/api/docs",
)
ASKED = (
    *(f"/lessons?show={show}" for show in ("team", "mine", "saved", "most")),
    "/search?q=heron", "/search/glance?q=heron", "/api/v1/search?q=heron",
    *(f"/{path}/{name}" for path in ("people", "team", "kudos/people") for name in ("anna", "ben", "fay")),
    "/inbox?show=all", "/leaderboards/rows", "/team/card", "/conversations?show=past", "/goals/people",
)  # fmt: skip


def doors(app: Flask, things: dict[str, Thing]) -> Iterator[str]:
    """Each address that can be asked without knowing a number, and those of Anna's things."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.startswith(NO_DOORS):
            yield rule.rule
    yield from ASKED
    for thing in things.values():
        yield thing.page
        if thing.api:
            yield thing.api


def shown(text: str) -> set[str]:
    return {what for what, word in WORDS.items() if word in text}


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERYBODY)
def test_no_page_fragment_list_feed_file_or_search_shows_them_what_is_not_theirs_to_see(
    app: Flask, everybody: dict[str, int], things: dict[str, Thing], name: str
) -> None:
    allowed = {what for what, thing in things.items() if name in thing.seen_by}
    allowed -= set() if name == "anna" else {DRAFT}
    browser, met = signed_in(app, everybody[name]), set()
    for path in dict.fromkeys(doors(app, things)):
        for headers in ({}, {"HX-Request": "true"})[: 2 if path in ASKED else 1]:
            with browser.get(path, headers=headers) as answer:
                assert answer.status_code < 500, path
                found = shown(answer.get_data(as_text=True))
            assert found <= allowed, (path, headers, found - allowed)
            met |= found
    assert met == allowed, "and what is theirs to see they find"


def test_a_program_with_every_scope_and_a_stranger_are_shown_none_of_it(
    app: Flask, everybody: dict[str, int], things: dict[str, Thing]
) -> None:
    client = platform_headers(app, *SCOPES)
    browser = app.test_client()
    for path in dict.fromkeys(doors(app, things)):
        for headers in ({}, client):
            assert not shown(browser.get(path, headers=headers).text), path


def test_mail_inbox_and_the_file_of_all_data_tell_each_of_them_what_is_theirs_alone(
    app: Flask,
    everybody: dict[str, int],
    things: dict[str, Thing],
    monkeypatch: pytest.MonkeyPatch,
    post: Post,
) -> None:
    monkeypatch.setattr(jobs, "_house", app)
    jobs.stopping.clear()  # a worker of an earlier test may have ended in this process
    at = datetime.now(UTC)  # things happened since this file was read
    with app.app_context():
        for who in everybody.values():
            with transaction():
                ways = dict.fromkeys(KINDS, "now")
                notifications.choose(who, to=Settings(quiet_from=None, quiet_until=None), ways=ways, at=at)
                settle(at)
        while worker.relay(at):
            pass
        with time_machine.travel(at + timedelta(hours=1), tick=False):
            notification_jobs.send_mail.func.__wrapped__()
    assert post.letters
    for letter in post.letters:
        name = letter["To"].addresses[0].username
        told = letter["Subject"] + "".join(
            letter.get_body((kind,)).get_content() for kind in ("plain", "html")
        )
        assert shown(told) <= {what for what, thing in things.items() if name in thing.seen_by}, name
    # Kept of somebody is what they wrote, got or were told; what they merely may read is not of them.
    own = {"anna": set(WORDS) - {"note that is a draft"}, "ben": {"private kudos", "feedback"},
           "fay": {"private kudos"}, "mia": {"note that is filed", "note that is a draft"}}  # fmt: skip
    for name, who in everybody.items():
        with app.app_context():
            with transaction():
                export_id, _ = privacy.ask(person_id=who, at=datetime.now(UTC))
                settle(at)
            privacy_jobs.make_export.func.__wrapped__(export_id=str(export_id))
        with signed_in(app, who).get(f"/me/export/{export_id}/blijk.zip") as answer:
            file = zipfile.ZipFile(io.BytesIO(answer.data))
        assert shown("".join(file.read(one).decode() for one in file.namelist())) == own.get(name, set()), (
            name
        )


def test_ledger_receipts_boards_badges_and_traces_are_everybodys_own(
    app: Flask, cast: Cast, everybody: dict[str, int], things: dict[str, Thing]
) -> None:
    """Anna earned by her lesson, Ben and Fay by her thanks: how much, and for what, each reads of themselves alone."""
    for name in EVERYBODY:
        browser = signed_in(app, everybody[name])
        mine = browser.get("/api/v1/me/ledger").get_json()
        assert bool(mine["entries"]) is (name in ("anna", "ben", "fay")), name
        assert ("You shared a lesson" in browser.get("/receipts").text) is (name == "anna")
        for entry in signed_in(app, cast.anna).get("/api/v1/me/ledger").get_json()["entries"]:
            if name != "anna":
                assert f"receipt-{entry['id']}" not in browser.get(f"/receipts/{entry['id']}").text
        audit = (
            browser.get("/admin/audit").text + browser.get("/me/audit").text + browser.get("/me/looked").text
        )
        assert not shown(audit), "a trace says that, and not what"
