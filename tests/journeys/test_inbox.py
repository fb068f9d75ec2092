"""The inbox and its settings, as one goes through them."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import expect

from app import worker
from app.db import db
from tests.journeys.browsing import Eye, Visit
from tests.journeys.scene import Company
from tests.journeys.test_after_each_swap import DESK, looks


@pytest.mark.slow
@looks(DESK)
def test_the_inbox_is_read_and_told_how(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit
) -> None:
    with app.app_context():
        while worker.relay(datetime.now(UTC)):
            pass
        db.session.remove()
    page = visit("anna", "/inbox", dark=dark, width=width)
    eye = Eye(page, app)
    expect(page.locator(".inbox .unread").first).to_be_visible()
    with page.expect_response(lambda answer: "/inbox/bell" in answer.url):
        page.locator("#bell").evaluate("(one) => htmx.trigger(one, 'sse:inbox')")
    expect(page.locator("#bell a")).to_have_attribute("aria-current", "page")
    eye.look("the bell anew", of="notifications.bell")
    page.get_by_role("button", name="Mark all read").click()
    expect(page.locator("#status")).to_have_text("All is marked as read.")
    expect(page.locator(".unread, #bell .count")).to_have_count(0)
    eye.look("an inbox that was read", of="notifications.read_all")
    page.locator("#tab-unread").press("Enter")
    expect(page.get_by_text("All caught up")).to_be_visible()
    page.goto("/me/notifications")
    page.get_by_label("Somebody thanks you").select_option("weekly")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#status")).to_have_text("Saved.")
    expect(page.get_by_label("Somebody thanks you")).to_have_value("weekly")
    eye.look("how one is told", of="notifications.choose")
    assert eye.wrong == []
