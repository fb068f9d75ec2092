"""The moment of a new badge, at a real browser: it opens, waits, closes, and comes once."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from app.badges import moments
from app.events import FactStated
from tests.cast import Cast, signed_in
from tests.journeys.browsing import listens, tab_to, unfit
from tests.small import badge, completed, load, state

BEFORE = datetime(2025, 1, 6, tzinfo=UTC)


def learn(app: Flask, cast: Cast, name: str = "one") -> None:
    """Anna completes a course a minute ago: two badges with the first, a tier with the second."""
    with app.app_context():
        load(
            [badge("first", (completed(1), 5)), badge("two", (completed(1), 5), (completed(2), 5))], at=BEFORE
        )
        at = datetime.now(UTC) - timedelta(minutes=1)
        done = FactStated(
            person_id=cast.anna,
            source=f"told:{name}",
            kind="completed",
            at=at,
            activity_kind="course",
            confirmed_by=cast.ben,
        )
        state([done], at)


@pytest.fixture
def lively(
    app: Flask, cast: Cast, server: str, open_context: Callable[..., BrowserContext]
) -> Callable[..., Page]:
    """Anna's browser, where motion is welcome."""

    def start(path: str = "/", **how: object) -> Page:
        context = open_context(**how)
        cookie = signed_in(app, cast.anna).get_cookie("blijk")
        assert cookie is not None
        context.add_cookies([{"name": "blijk", "value": cookie.value, "url": server}])
        page = context.new_page()
        if how.get("script", True):
            page.emulate_media(reduced_motion="no-preference")
        page.goto(path)
        return page

    return start


def moment(page: Page) -> Locator:
    return page.locator("dialog.award[open]")


def waits(app: Flask, cast: Cast) -> bool:
    with app.app_context():
        return moments.news(cast.anna, "en", with_points=True) is not None


def test_it_opens_once_takes_the_focus_and_gives_it_back(
    app: Flask, cast: Cast, lively: Callable[..., Page]
) -> None:
    page = lively("/album")
    learn(app, cast)
    page.goto("/album?by=skill")
    expect(moment(page)).to_have_count(1)
    expect(page.locator("#award-h")).to_be_focused()
    assert unfit(page) == []
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.reload()
    expect(page.locator("dialog")).to_have_count(0)
    assert not waits(app, cast)


@pytest.mark.slow
def test_the_focus_returns_to_where_it_was_and_what_came_since_follows(
    app: Flask, cast: Cast, at_work: None, lively: Callable[..., Page]
) -> None:
    page = lively("/album")
    link = page.get_by_role("link", name="Choose what others see")
    link.focus()
    listens(app, cast.anna)
    learn(app, cast)
    expect(moment(page)).to_contain_text("x")
    learn(app, cast, "two")
    page.keyboard.press("Escape")
    expect(moment(page)).to_contain_text("tier 2")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(link).to_be_focused()


def test_it_waits_until_nobody_types_and_leaves_the_text_alone(
    app: Flask, cast: Cast, at_work: None, lively: Callable[..., Page]
) -> None:
    page = lively("/lessons")
    box = page.get_by_label("What happened?")
    box.fill("A joint broke")
    listens(app, cast.anna)
    learn(app, cast)
    expect(page.locator("dialog.award")).to_have_count(1)
    page.wait_for_timeout(900)
    expect(moment(page)).to_have_count(0)
    box.press_sequentially(", two streets away.")
    box.blur()
    expect(moment(page)).to_have_count(1)
    page.get_by_role("button", name="Close").click()
    expect(box).to_have_value("A joint broke, two streets away.")


@pytest.mark.slow
def test_it_waits_behind_an_open_menu(app: Flask, cast: Cast, lively: Callable[..., Page]) -> None:
    page = lively("/album", width=390)
    page.get_by_role("button", name="Menu").click()
    learn(app, cast)
    page.evaluate("htmx.trigger('#moment', 'sse:award')")
    page.evaluate("htmx.ajax('GET', '/moment', '#moment')")
    expect(page.locator("dialog.award")).to_have_count(1)
    page.wait_for_timeout(700)
    expect(moment(page)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(moment(page)).to_have_count(1)


@pytest.mark.slow
def test_what_one_tab_saw_the_other_does_not_show(
    app: Flask, cast: Cast, lively: Callable[..., Page]
) -> None:
    learn(app, cast)
    here = lively()
    there = here.context.new_page()
    there.emulate_media(reduced_motion="no-preference")
    expect(moment(here)).to_have_count(1)
    with here.expect_response(lambda answer: answer.request.method == "POST"):
        here.keyboard.press("Escape")
    there.goto("/album")
    expect(there.locator("#moment")).to_be_attached()
    expect(there.locator("dialog")).to_have_count(0)


@pytest.mark.slow
def test_its_ways_lead_to_the_badge_and_to_thanks(
    app: Flask, cast: Cast, lively: Callable[..., Page]
) -> None:
    learn(app, cast)
    page = lively()
    page.get_by_role("button", name="Thank Ben").click()
    expect(page.get_by_role("checkbox", name=re.compile("Ben"))).to_be_checked()
    learn(app, cast, "two")
    page.goto("/")
    page.get_by_role("button", name="See the badge").click()
    expect(page).to_have_url(re.compile("/badges/two$"))
    assert not waits(app, cast)


@pytest.mark.parametrize(
    "how",
    [{"script": False}, {"width": 390}, {"dark": True}],
    ids=["without script", "less motion", "in the dark"],
)
def test_without_script_or_motion_home_tells_it(
    how: dict[str, Any], app: Flask, cast: Cast, visit: Callable[..., Page]
) -> None:
    learn(app, cast)
    page = visit("anna", "/", **how)
    expect(page.get_by_text("New in your album", exact=True).first).to_be_visible()
    expect(moment(page)).to_have_count(0)
    if how.get("script", True):
        assert unfit(page) == []
    page.get_by_role("button", name="Got it").click()
    expect(page.get_by_text("New in your album")).to_have_count(0)
    assert not waits(app, cast)


def test_where_the_dialog_comes_home_leaves_the_note_out(
    app: Flask, cast: Cast, lively: Callable[..., Page]
) -> None:
    learn(app, cast)
    page = lively()
    expect(moment(page)).to_have_count(1)
    expect(page.locator(".news")).to_be_hidden()
    assert (
        page.evaluate(
            "Math.max(...document.getAnimations().map((one) => one.effect.getComputedTiming().endTime))"
        )
        <= 1200
    )


def test_the_first_questions_are_answered_by_keyboard(visit: Callable[..., Page]) -> None:
    cor = visit("cor", "/me/start?next=/lessons")
    for step, wanted in (("language", "en"), ("points", "true"), ("boards", "unnamed"), ("thanks", "team")):
        expect(cor).to_have_url(re.compile(f"/me/start/{step}"))
        tab_to(cor, f"button[value='{wanted}']:not([name='language'][class*='btn'])")
        cor.keyboard.press("Enter")
    expect(cor).to_have_url(re.compile("/lessons$"))
    cor.goto("/me/settings")
    for value in ("unnamed", "team"):
        expect(cor.locator(f"input[value='{value}']")).to_be_checked()


def test_a_part_of_the_settings_is_saved_where_it_stands(visit: Callable[..., Page]) -> None:
    anna = visit("anna", "/me/settings")
    anna.get_by_role("radio", name="My team").check()
    anna.locator("#save-kudos").click()
    expect(anna.locator("#part-kudos")).to_contain_text("Saved.")
    expect(anna.locator("#part-board")).not_to_contain_text("Saved.")
    expect(anna.locator("#status")).to_have_text("Saved.")
    expect(anna.locator("#save-kudos")).to_be_focused()
    assert unfit(anna) == []


# what a page that was turned to moves, by the names of its parts; nothing where it just comes
TURNED = """addEventListener("pagereveal", (event) => {
  window.turned = []
  event.viewTransition?.ready.then(() => {
    window.turned = document.getAnimations().map((one) => one.effect.pseudoElement)
  })
})"""


def test_a_badge_grows_from_its_tile_into_its_own_page_for_who_likes_motion(
    app: Flask, cast: Cast, lively: Callable[..., Page]
) -> None:
    learn(app, cast)
    page = lively("/album")
    page.add_init_script(TURNED)
    expect(moment(page)).to_have_count(1)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Escape")
    for _ in range(5):  # a browser that is busy leaves the turn out
        page.locator("a.tile").first.click()
        expect(page.locator(".plinth")).to_be_visible()
        with suppress(PlaywrightTimeout):
            page.wait_for_function("window.turned?.length", timeout=4000)
            break
        page.goto("/album")
    assert "::view-transition-group(badge)" in page.evaluate("window.turned")
    page.emulate_media(reduced_motion="reduce")
    page.goto("/album")
    page.locator("a.tile").first.click()
    expect(page.locator(".plinth")).to_be_visible()
    assert page.evaluate("window.turned") == []
