"""What people type is text wherever it is shown, whatever it looks like: nothing of it runs, nothing changes a page."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.db import transaction
from app.outbox import settle
from app.people import actions as people
from tests.cast import Cast, row_of
from tests.journeys import scene
from tests.journeys.browsing import Consoles, Visit, fill_kudos, fill_log, share_a_lesson, unfit, work

BAD = """'"><img src=x onerror=alert(1)><script>alert(2)</script><b id=bad>{{1234*5678}}</b>"""
SPACED = f"{BAD} ${{alert(3)}} javascript:alert(4)"
PAGES = {
    "anna": ["/", "/lessons", "/kudos", "/log", "/receipts", "/leaderboards"],
    "mia": ["/", "/lessons", "/confirmations"],
}


def hostile_names(cast: Cast) -> None:
    """Names come from a file of HR, and from nobody's good will."""
    at = scene.moment()
    with transaction():
        people.import_people([row_of("anna", name=f"Anna {BAD}"), row_of("ben", name=f"Ben {BAD}")], at=at)
        settle(at)
    with transaction():
        for person in (cast.anna, cast.ben):
            people.choose(person_id=person, board_choice="named")
        settle(at)


def test_markup_and_script_are_shown_and_never_run(
    app: Flask, worker_app: Flask, cast: Cast, catalogue: None, visit: Visit
) -> None:
    with app.app_context():
        hostile_names(cast)
    anna, harmed = visit("anna", "/lessons"), []
    anna.on("dialog", lambda dialog: (harmed.append(dialog.message), dialog.dismiss()))
    share_a_lesson(anna, title=BAD, happened=SPACED, learned=SPACED, from_now_on=SPACED)
    anna.goto("/kudos")
    fill_kudos(anna, "Mia", SPACED).click()
    expect(anna.locator("#feed blockquote")).to_have_text(SPACED)
    anna.goto("/log")
    fill_log(anna, BAD, note=SPACED, link="https://waterveld.example/?<script>alert(5)</script>").click()
    expect(anna.locator("#mine")).to_contain_text(BAD)
    with worker_app.app_context():
        work()
    for name, paths in PAGES.items():
        page = visit(name, paths[0])
        page.on("dialog", lambda dialog: (harmed.append(dialog.message), dialog.dismiss()))
        for path in paths:
            page.goto(path)
            assert_only_text(page)
    assert harmed == []


def assert_only_text(page: Page) -> None:
    """Neither made into elements nor computed."""
    assert page.locator("#bad, img[src=x], main script, main [onerror]").count() == 0, page.url
    assert "7006652" not in page.content()


@pytest.mark.slow
def test_a_hostile_title_is_read_on_its_own_page_and_confirmed_as_it_is(
    app: Flask, cast: Cast, catalogue: None, visit: Visit
) -> None:
    anna = visit("anna", "/log")
    fill_log(anna, BAD, note=SPACED).click()
    expect(anna.locator("#mine")).to_contain_text(BAD)
    mia = visit("mia", "/confirmations")
    expect(mia.get_by_role("heading", name=BAD)).to_be_visible()
    mia.get_by_role("button", name="Confirm").click()
    expect(mia.locator("#waiting")).to_contain_text("Nothing waits for you")
    anna.goto("/receipts")
    anna.locator("summary", has_text=BAD).click()
    expect(anna.locator("details[open] dl")).to_contain_text(BAD)
    assert_only_text(anna)
    share_a_lesson(anna, title=BAD)
    anna.get_by_role("link", name=BAD, exact=True).click()
    expect(anna.get_by_role("heading", level=1)).to_have_text(BAD)
    expect(anna).to_have_title(f"{BAD} · Waterveld")
    assert unfit(anna) == []


def test_a_link_of_a_log_cannot_be_a_script(catalogue: None, visit: Visit, consoles: Consoles) -> None:
    consoles.expected = ["POST .*/log: 422"]
    anna = visit("anna", "/log", script=False)
    anna.locator("#f-link").evaluate("(box) => box.type = 'text'")
    fill_log(anna, "A night along", link="javascript:alert(1)").click()
    expect(anna.locator("#errors")).to_be_visible()
    expect(anna.locator("#mine")).to_contain_text("Nothing yet")
