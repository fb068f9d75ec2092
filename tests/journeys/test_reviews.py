"""A promotion review in the browser: signing, a file that changed meanwhile, a reason, and a decision taken anew."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import text

from app.db import db, transaction
from app.outbox import settle
from app.reviews import panel
from tests.cast import Cast
from tests.journeys import scene
from tests.journeys.browsing import Consoles, Eye, listens
from tests.journeys.judged import Reviews

Visit = Callable[..., Page]
WHY = "Calm on the radio, and clear to everybody at the pump"
looks = pytest.mark.parametrize(("dark", "width"), [(False, 390), (True, 1280)])


def changes(app: Flask, cast: Cast, review: str, who: int) -> None:
    """Somebody else is named to decide: the file is not the one that was read any more."""
    with app.app_context(), transaction():
        panel.name_seat(uuid.UUID(review), person_id=who, seat="decider", by=cast.clara, at=scene.moment())
        settle(scene.moment())


def write(page: Page, outcome: str = "Not yet") -> None:
    form = page.locator("#decide")
    form.get_by_text(outcome, exact=True).click()
    form.locator("textarea").fill(WHY)
    form.get_by_role("button", name="Read it again and sign").click()


@pytest.mark.slow
@looks
@pytest.mark.parametrize("script", [True, False])
def test_a_decision_is_read_again_found_stale_read_again_and_signed(
    dark: bool,
    width: int,
    script: bool,
    app: Flask,
    cast: Cast,
    reviews: Reviews,
    visit: Visit,
    consoles: Consoles,
) -> None:
    consoles.expected = ["POST .*/decision: 409"]
    page = visit("mia", f"/reviews/{reviews.deciding}", dark=dark, width=width, script=script)
    eye = Eye(page, app) if script else None
    write(page)
    expect(page.get_by_role("heading", name="Sign this decision?")).to_be_visible()
    expect(page.get_by_text(WHY)).to_be_visible()
    if eye:
        eye.look("what will be signed")
    changes(app, cast, reviews.deciding, cast.eve)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("heading", name="The file has changed")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("Eve was asked to decide")
    expect(page.get_by_text(WHY)).to_be_visible()
    if eye:
        eye.look("what changed since it was read")
    page.get_by_role("link", name="Read the file again").click()
    write(page)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("Signed by Mia")).to_be_visible()
    assert not eye or eye.wrong == []


@pytest.mark.slow
@looks
def test_hr_says_why_before_a_file_that_is_over_and_before_its_dossier(
    dark: bool, width: int, app: Flask, cast: Cast, reviews: Reviews, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = [r"GET .*/dossier\.(pdf|json).*: 409", "POST .*/reason: 422"]
    with app.app_context(), transaction():
        closed = text("UPDATE review SET stage = 'closed', closed_at = now() WHERE id = :id")
        db.session.execute(closed, {"id": reviews.released})
    page = visit("clara", f"/reviews/{reviews.released}/dossier.pdf?number=1", dark=dark, width=width)
    eye = Eye(page, app)
    expect(page.locator("#main")).to_contain_text("Say first why you open it")
    eye.look("a dossier before the reason")
    page.goto(f"/reviews/{reviews.released}")
    expect(page.get_by_role("heading", name="Why do you open this review?")).to_be_visible()
    eye.look("a reason is asked")
    page.locator("#main form").get_by_role("button").first.click()
    page.locator("#main textarea, #main input[name=reason]").first.fill("ab")
    page.locator("#main form").get_by_role("button").first.click()
    expect(page.locator("#main")).to_contain_text("3 to 500")
    eye.look("a reason that is too short")
    page.locator("#main textarea, #main input[name=reason]").first.fill("Anna asks about the date")
    page.locator("#main form").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="The frozen dossier")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="PDF").first.click()
    assert re.fullmatch(r"dossier-\w{8}-\d\.pdf", taken.value.suggested_filename)
    assert eye.wrong == []


@pytest.mark.slow
@looks
def test_who_has_a_file_open_hears_that_it_changed_and_nothing_moves(
    dark: bool, width: int, app: Flask, cast: Cast, reviews: Reviews, at_work: None, visit: Visit
) -> None:
    page = visit("ben", f"/reviews/{reviews.deciding}", dark=dark, width=width)
    other = visit("leo", "/", dark=dark, width=width)
    eye, news = Eye(page, app), page.locator("#file-news")
    listens(app, cast.ben)
    listens(app, cast.leo)
    heard: list[str] = []
    other.on("request", lambda asked: heard.append(asked.url) if "/news" in asked.url else None)
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(200)
    before = page.evaluate("[scrollY, document.querySelector('#steps-h').getBoundingClientRect().top]")
    changes(app, cast, reviews.deciding, cast.eve)
    expect(news).to_contain_text("This file has changed", timeout=20_000)
    assert (
        page.evaluate("[scrollY, document.querySelector('#steps-h').getBoundingClientRect().top]") == before
    )
    expect(page.locator("#main")).not_to_contain_text("Eve was asked")
    eye.look("news of the file", of="reviews.news")
    news.get_by_role("link", name="Show").click()
    expect(page.locator("#main")).to_contain_text("Eve was asked to decide")
    expect(page.locator("#file-news")).to_be_empty()
    assert heard == []
    assert eye.wrong == []


@pytest.mark.slow
@looks
def test_a_decision_taken_anew_is_objected_to_anew_without_script_too(
    dark: bool, width: int, app: Flask, cast: Cast, reviews: Reviews, visit: Visit
) -> None:
    how: dict[str, Any] = {"dark": dark, "width": width}
    handler = visit("anna", f"/reviews/{reviews.objected}", **how)
    eye = Eye(handler, app)
    handler.get_by_text("It is decided anew", exact=True).click()
    handler.locator("#f-handling").fill("The night shifts were not looked at")
    handler.get_by_role("button", name="Answer the objection").click()
    expect(handler.locator("#main")).to_contain_text("Others decide anew")
    eye.look("an objection that was answered")
    changes(app, cast, reviews.objected, cast.ben)
    decider = visit("ben", f"/reviews/{reviews.objected}", **how)
    write(decider)
    decider.get_by_role("button", name="Sign", exact=True).click()
    expect(decider.get_by_text("Signed by Ben")).to_be_visible()
    eve = visit("eve", f"/reviews/{reviews.objected}", script=False, **how)
    eve.get_by_role("button", name="I have read it").click()
    eve.locator("summary", has_text="Object").first.click()
    eve.locator("#f-objection").fill("And this is why I object again")
    eve.get_by_role("button", name="Send my objection").click()
    expect(eve.locator("#main")).to_contain_text("And this is why I object again")
    expect(eve.locator("#main")).to_contain_text("to the decision before")
    last = Eye(visit("eve", f"/reviews/{reviews.objected}", **how), app)
    last.page.locator("summary", has_text="to the decision before").click()
    last.look("two objections")
    assert eye.wrong + last.wrong == []
