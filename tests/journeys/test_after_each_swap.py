"""A part that is put into a page is as sound as the page: axe finds nothing, nothing sticks out."""

import os
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.journeys import scene
from tests.journeys.browsing import (
    Consoles,
    Visit,
    fill_kudos,
    fill_lesson,
    fill_log,
    listens,
    sideways,
    unfit,
)
from tests.journeys.scene import Company


@dataclass
class Eye:
    """Looks at a page after each step, and keeps what it saw."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def look(self, after: str) -> None:
        widths = (320, (self.page.viewport_size or {}).get("width", 1280))
        self.wrong += [f"{after}: {one}" for one in (*sideways(self.page, widths), *unfit(self.page))]


PHONE, DESK = (True, 390), (False, 1280)


def looks(usual: tuple[bool, int]) -> pytest.MarkDecorator:
    """Each journey is looked at in one way, and in both with MATRIX=full."""
    found = [PHONE, DESK] if os.environ.get("MATRIX") == "full" else [usual]
    return pytest.mark.parametrize(("dark", "width"), found)


@pytest.mark.slow
@looks(PHONE)
def test_what_colleagues_share_and_thank(
    dark: bool, width: int, company: Company, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/(lessons|kudos): 422"]
    page = visit("anna", "/lessons", dark=dark, width=width)
    eye = Eye(page)
    fill_lesson(page, happened=" " * 20).click()
    expect(page.locator("#errors")).to_be_focused()
    eye.look("a lesson that came back")
    fill_lesson(page, title="A ladder on wet clay slides", happened="It slid a metre before it held.").click()
    expect(page.get_by_role("heading", name="A ladder on wet clay slides")).to_be_focused()
    eye.look("a lesson that was shared")
    bens = page.locator("article.lesson", has_text="The spare key hangs behind the pump")
    bens.locator("summary").click()
    eye.look("a form to apply a lesson")
    bens.get_by_role("button", name="I apply this").click()
    expect(bens).to_contain_text("You apply this")
    eye.look("a lesson that is applied")
    mine = page.locator("article.lesson", has_text="A ladder on wet clay slides")
    mine.locator("summary", has_text="Delete").click()
    mine.get_by_role("button", name="Delete this lesson").click()
    expect(mine).to_have_count(0)
    eye.look("a lesson that was taken away")
    page.goto("/kudos")
    fill_kudos(page, "Nebukadnezar").click()
    expect(page.locator("#errors")).to_be_focused()
    eye.look("thanks that came back")
    page.get_by_label("Name of a colleague").fill("Mia")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("checkbox", name="Mia")).to_be_checked()
    eye.look("one more who is thanked")
    page.get_by_role("button", name="Give kudos").click()
    expect(page.locator("#feed")).to_contain_text("You thanked Mia")
    eye.look("thanks that were given")
    page.get_by_role("button", name="Say thanks").first.click()
    expect(page.get_by_text("You said thanks")).to_be_visible()
    eye.look("thanks back")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_one_looks_for_and_logs(
    dark: bool, width: int, company: Company, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/log: 422"]
    page = visit("anna", "/learn", dark=dark, width=width)
    eye = Eye(page)
    page.get_by_label("Kind").select_option("workshop")
    expect(page.locator(".offer-kind", has_text="Course")).to_have_count(0)
    eye.look("a filter")
    page.get_by_label("Words").fill("nothing fits this")
    expect(page.locator("#results")).to_contain_text("Nothing fits all of that")
    eye.look("a filter that nothing fits")
    page.goto("/learn")
    with page.expect_response("**/learn?*"):
        page.get_by_role("link", name="Show more").click()
    expect(page.locator(".offer")).to_have_count(len(scene.demo_catalogue()["activities"]))
    eye.look("more of the catalogue")
    page.goto("/log")
    fill_log(page, "A night along", who="Nebukadnezar").click()
    expect(page.locator("#errors")).to_be_focused()
    eye.look("a log that came back")
    page.get_by_label("Who can confirm it").fill("")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#log-form")).to_contain_text("Mia is asked to confirm")
    eye.look("a log that was sent")
    page.goto("/leaderboards")
    with page.expect_response("**/leaderboards?*"):
        page.get_by_text("Year", exact=True).click()
    expect(page.locator("#status")).not_to_be_empty()
    eye.look("another period")
    page.goto("/receipts")
    page.locator("summary").first.click()
    eye.look("an open receipt")
    page.goto("/me/settings")
    page.get_by_role("radio", name="With my name").check()
    page.locator("#save-board").click()
    expect(page.locator("#status")).to_have_text("Saved.")
    eye.look("a choice that was saved")
    if width < 500:
        page.locator("[popovertarget=menu]").first.click()
        expect(page.locator("#menu")).to_be_visible()
        eye.look("the menu")
    assert eye.wrong == []


@pytest.mark.slow
@looks(DESK)
def test_what_comes_in_and_waits(
    dark: bool,
    width: int,
    app: Flask,
    cast: Cast,
    company: Company,
    at_work: None,
    visit: Visit,
    consoles: Consoles,
) -> None:
    consoles.expected = ["POST .*/confirmations/.*: 422"]
    mia, anna = visit("mia", "/confirmations", dark=dark, width=width), visit("anna", dark=dark, width=width)
    eye, other = Eye(mia), Eye(anna)
    listens(app, cast.mia)
    listens(app, cast.anna)
    mia.get_by_role("button", name="Ask what is missing").first.click()
    expect(mia.locator("[aria-invalid=true]")).to_be_focused()
    eye.look("a question without words")
    mia.locator("[aria-invalid=true]").fill("With whom were you there?")
    mia.get_by_role("button", name="Ask what is missing").first.click()
    expect(mia.locator("#waiting")).to_contain_text("Sent back with your question")
    eye.look("a question")
    ben = visit("ben", "/log")
    fill_log(ben, "A day along with the lab").click()
    expect(mia.get_by_role("link", name="1 new request")).to_be_visible()
    eye.look("a new request")
    mia.get_by_role("button", name="Confirm", exact=True).first.click()
    expect(mia.locator("#waiting")).to_contain_text("Confirmed")
    eye.look("a confirmation")
    ben.goto("/kudos")
    fill_kudos(ben, "Anna", "You drew the whole net on a napkin, and it was right.").click()
    expect(anna.locator("#foryou")).to_contain_text("on a napkin")
    other.look("kudos that came in")
    assert eye.wrong + other.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_one_shows_of_oneself(
    dark: bool, width: int, company: Company, visit: Visit, consoles: Consoles
) -> None:
    page = visit("anna", "/me/profile", dark=dark, width=width)
    eye = Eye(page)
    boxes = page.locator("#showcase").get_by_role("checkbox")
    for at in range(2):
        boxes.nth(at).check()
    page.locator("#save-showcase").click()
    expect(page.locator("#status")).to_have_text("Saved.")
    expect(page.locator("#save-showcase")).to_be_focused()
    eye.look("badges that are chosen")
    page.get_by_role("button", name="Move up").last.click()
    expect(page.locator("#status")).to_contain_text("number 1 of 2")
    eye.look("a badge that was moved")
    page.get_by_label("Show my public page").check()
    page.locator("#save-public").click()
    expect(page.locator("#public")).to_contain_text("Switched on")
    eye.look("a public page that is on")
    assert eye.wrong == []
