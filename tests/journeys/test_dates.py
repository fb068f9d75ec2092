"""A date in a browser: planned, a place taken by a swap, and who was there, ticked or by the code."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.db import transaction
from app.people import actions as people
from tests.cast import Cast
from tests.journeys.browsing import LOOKS, Eye, Visit, headless, in_every_look, sideways, unfit

SLUG = "confined-spaces"


def plan(leo: Page, hours: float, **other: str) -> None:
    """From so many hours on, for two hours."""
    starts = datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(hours=hours)
    leo.goto(f"/admin/catalogue/{SLUG}/dates")
    leo.get_by_label("Starts").fill(starts.strftime("%Y-%m-%dT%H:%M"))
    leo.get_by_label("Ends").fill((starts + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    leo.get_by_label("Places").fill(other.get("places", ""))
    leo.get_by_label("Who leads it").fill("Mia")
    leo.get_by_role("button", name="Plan it").click()
    expect(leo.get_by_role("status").first).to_contain_text("Saved.")


def looks_right(page: Page) -> None:
    if not LOOKS:
        assert [*headless(page, "en"), *sideways(page, (320, 390, 1280)), *unfit(page)] == []
        return
    assert [*headless(page, "en"), *in_every_look(page)] == []


def looks_right_in_dutch(app: Flask, page: Page, person_id: int) -> None:
    """The same address beside it; what was swapped in is looked at in English."""
    if not LOOKS:
        return
    with app.app_context(), transaction():
        people.choose(person_id=person_id, language="nl")
    beside = page.context.new_page()
    beside.goto(page.url)
    assert [*headless(beside, "nl"), *in_every_look(beside)] == []
    beside.close()
    with app.app_context(), transaction():
        people.choose(person_id=person_id, language="en")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_place_is_taken_and_who_was_there_has_completed_it(
    app: Flask, cast: Cast, catalogue: None, visit: Visit
) -> None:
    leo = visit("leo", dark=True)
    plan(leo, 48, places="1")
    plan(leo, -0.5)
    looks_right(leo)
    looks_right_in_dutch(app, leo, cast.leo)
    anna, ben = (
        visit("anna", f"/learn/{SLUG}", dark=True, width=390),
        visit("ben", f"/learn/{SLUG}", dark=True),
    )
    eye = Eye(anna, app)
    anna.get_by_role("button", name="Reserve a place").click()
    expect(anna.locator("#reserve").get_by_role("status")).to_contain_text("You have a place on")
    eye.look("a place", of="dates.reserve")
    looks_right(anna)
    looks_right_in_dutch(app, anna, cast.anna)
    ben.reload()
    ben.get_by_role("button", name="Join the waiting list").click()
    expect(ben.locator("#reserve")).to_contain_text("number 1 on the waiting list")
    anna.get_by_role("button", name="Cancel my place").click()
    expect(anna.locator("#reserve").get_by_role("status")).to_contain_text("free for somebody else")
    eye.look("no place any more", of="dates.give_back")
    assert eye.wrong == []
    ben.reload()
    expect(ben.locator("#reserve")).to_contain_text("You have a place")
    mia = visit("mia", "/learn", dark=True)
    mia.locator("#coming").get_by_role("link", name="Who comes").first.click()
    mia.get_by_label("Somebody who came without a place").fill("Ben")
    mia.get_by_role("button", name="Save").click()
    expect(mia.get_by_label("Ben")).to_be_checked()
    looks_right(mia)
    looks_right_in_dutch(app, mia, cast.mia)
    mia.get_by_role("link", name="Show a code").click()
    looks_right(mia)
    looks_right_in_dutch(app, mia, cast.mia)
    code = mia.locator("p.mono").inner_text().partition("/attend/")[2]
    anna.goto(f"/attend/{code}")
    anna.get_by_role("button", name="I am here").click()
    expect(anna.locator("main")).to_contain_text("You are present")
    looks_right(anna)
    looks_right_in_dutch(app, anna, cast.anna)
    anna.goto(f"/learn/{SLUG}")
    expect(anna.locator("#you")).to_contain_text("Done on")
