"""Two people at two browsers: what one does, the other's open page hears, and nothing moves that is being read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import text

from app import live
from app.dates import actions as dates
from app.dates.rules import NewDate
from app.db import db, transaction
from app.people import actions as people
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast
from tests.journeys.browsing import Eye, Visit, fill_kudos, fill_lesson, fill_log, listens, work

SLUG = "confined-spaces"
_CLOSED = """() => new Promise((done, never) => {
    const source = () => document.body["htmx-internal-data"].sseEventSource;
    const look = () => source().readyState === 2 ? done() : setTimeout(look, 50);
    setTimeout(() => never("the stream stays open"), 5000);
    look();
})"""


def top_of(page: Page, what: str) -> float:
    """How far down the page it stands."""
    found: float = page.locator(what).first.evaluate("one => one.getBoundingClientRect().top + scrollY")
    return found


def test_a_lesson_of_a_colleague_waits_above_the_feed_until_one_asks_for_it(
    app: Flask, cast: Cast, company: object, at_work: None, visit: Visit
) -> None:
    anna, ben = visit("anna", "/lessons"), visit("ben", "/lessons")
    eye, first = Eye(ben, app), ben.locator("#feed article").first
    before, stood = first.get_attribute("id"), top_of(ben, "#feed article")
    listens(app, cast.anna)
    listens(app, cast.ben)
    fill_lesson(anna, title="The spare key hung at home").click()
    expect(anna.get_by_role("heading", name="The spare key hung at home")).to_be_visible()
    new = ben.get_by_role("link", name="1 new lesson")
    expect(new).to_be_visible()
    expect(ben.locator("#status")).to_have_text("1 new lesson")
    assert (first.get_attribute("id"), top_of(ben, "#feed article")) == (before, stood)
    eye.look("a new lesson over the feed", of="lessons.news")
    new.click()
    expect(ben.get_by_role("heading", name="The spare key hung at home")).to_be_focused()
    expect(new).to_have_count(0)
    eye.look("a lesson that came", of="lessons.new")
    assert eye.wrong == []
    assert anna.get_by_role("heading", name="The spare key hung at home").count() == 1
    expect(anna.locator("#feed-new")).to_have_count(0)


def test_a_place_that_is_taken_elsewhere_is_gone_here_too(
    app: Flask, cast: Cast, catalogue: None, at_work: None, visit: Visit
) -> None:
    begins = datetime.now(UTC) + timedelta(days=2)
    with app.app_context(), transaction():
        activity = db.session.scalar(text("SELECT id FROM activity WHERE slug = :slug"), {"slug": SLUG})
        dates.plan(
            activity,
            NewDate(starts_at=begins, ends_at=begins + timedelta(hours=2), place="Utrecht", places=1),
            by=None,
            at=datetime.now(UTC),
        )
    anna, ben = visit("anna", f"/learn/{SLUG}"), visit("ben", f"/learn/{SLUG}")
    eye, card = Eye(ben, app), ben.locator("#reserve")
    expect(card).to_contain_text("1 place left")
    stood = top_of(ben, "#reserve form")
    listens(app, cast.ben)
    anna.get_by_role("button", name="Reserve a place").click()
    expect(anna.locator("#reserve").get_by_role("status")).to_contain_text("You have a place on")
    expect(card).to_contain_text("Full")
    expect(ben.get_by_role("button", name="Join the waiting list")).to_be_visible()
    assert top_of(ben, "#reserve form") == stood
    expect(anna.locator("#reserve").get_by_role("status")).to_contain_text("You have a place on")
    eye.look("a place that is taken", of="dates.places")
    ben.get_by_role("button", name="Join the waiting list").click()
    expect(card).to_contain_text("Waiting list, number 1")
    anna.get_by_role("button", name="Cancel my place").click()
    expect(card.locator(".chip")).to_contain_text("You have a place")
    assert eye.wrong == []


@pytest.mark.slow
def test_a_board_that_moved_offers_to_be_read_anew_and_stands_still(
    app: Flask, cast: Cast, company: object, worker_app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(live.PACE, "board", 0.1)
    with app.app_context(), transaction():
        for person_id in (cast.anna, cast.ben):
            people.choose(person_id=person_id, board_choice="named", language="en")
    with worker_app.app_context():
        work()
    anna = visit("anna", "/leaderboards")
    eye, board = Eye(anna, app), anna.locator("#board")
    expect(board).to_contain_text("Updated at")
    listens(app, cast.anna)
    read, stood = board.locator(".ranks").all_inner_texts(), top_of(anna, "#seen-h")
    Scene(app, cast).earn(cast.ben)
    with worker_app.app_context():
        work()
    refresh = anna.get_by_role("link", name="Refresh")
    expect(refresh).to_be_visible()
    assert (board.locator(".ranks").all_inner_texts(), top_of(anna, "#seen-h")) == (read, stood)
    eye.look("a board that moved", of="leaderboards.news")
    refresh.click()
    expect(refresh).to_have_count(0)
    assert board.locator(".ranks").all_inner_texts() != read
    eye.look("a board read anew", of="leaderboards.board")
    assert eye.wrong == []


@pytest.mark.parametrize("path", ["/lessons", f"/learn/{SLUG}", "/leaderboards"])
def test_without_script_the_page_says_what_is_so_when_it_is_read_anew(
    path: str, company: object, catalogue: None, visit: Callable[..., Page]
) -> None:
    page = visit("ben", path, script=False)
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.locator("#feed-new, #refresh")).to_have_count(0)


@pytest.mark.slow
def test_thanks_that_come_wait_beside_for_you(
    app: Flask, cast: Cast, company: object, at_work: None, visit: Visit
) -> None:
    anna, ben = visit("anna"), visit("ben", "/kudos")
    eye, stood = Eye(anna, app), top_of(anna, "#foryou article") - top_of(anna, "#foryou")
    listens(app, cast.anna)
    fill_kudos(ben, "Anna", "You drew the whole net on a napkin, and it was right.").click()
    new = anna.get_by_role("link", name="1 new")
    expect(new).to_be_visible()
    assert top_of(anna, "#foryou article") - top_of(anna, "#foryou") == stood
    eye.look("thanks that came", of="home.news")
    new.click()
    expect(anna.locator("#foryou")).to_contain_text("on a napkin")
    expect(anna.locator("#you-h")).to_be_focused()
    assert eye.wrong == []


def test_a_log_that_was_begun_is_kept_by_itself(app: Flask, catalogue: None, visit: Visit) -> None:
    anna = visit("anna", "/log")
    eye = Eye(anna, app)
    fill_log(anna, "A night along with the crew")
    anna.get_by_label("Link").blur()
    expect(anna.locator("#draft")).to_contain_text("Draft saved")
    eye.look("a draft of a log", of="activities.keep_draft")
    anna.reload()
    expect(anna.get_by_label("What", exact=True)).to_have_value("A night along with the crew")
    anna.get_by_role("button", name="Discard").click()
    expect(anna.get_by_label("What", exact=True)).to_have_value("")
    assert eye.wrong == []


def test_an_open_page_of_who_was_signed_out_elsewhere_closes_its_stream_and_asks_no_more(
    app: Flask, cast: Cast, company: object, at_work: None, visit: Visit
) -> None:
    page = visit("anna", "/kudos")
    listens(app, cast.anna)
    page.get_by_label("What did they do?").fill("Half a sentence")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with app.app_context(), transaction():
        people.end_sessions(of=cast.anna, at=datetime.now(UTC))
    app.extensions["hub"].end_revoked()
    page.evaluate(_CLOSED)
    assert asked == []
    expect(page.get_by_label("What did they do?")).to_have_value("Half a sentence")
    page.evaluate("htmx.trigger(document.body, 'htmx:afterProcessNode')")  # as when one comes back to the tab
    page.evaluate(_CLOSED)
    assert [one.rpartition("/")[2] for one in asked] == ["events"]
