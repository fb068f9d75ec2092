"""On paper stands what one reads: black on white, no menus, nothing to press, and why each point was given."""

import re

import pytest
from playwright.sync_api import Page

from tests.journeys import scene
from tests.journeys.browsing import Visit
from tests.journeys.judged import Reviews
from tests.journeys.scene import Company

TO_PRESS = "nav, button, input:not([type=hidden]), .btn, .tabbar, .rail, .mobar, .topbar, .toasts, .skip"
_SHOWN = """(selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility())
    .map((one) => one.outerHTML.slice(0, 80))"""
_PALE = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, dt, dd, b, small, li)")].filter((one) => {
    const [, red, green, blue] = getComputedStyle(one).color.match(/(\\d+), (\\d+), (\\d+)/) || [];
    return one.checkVisibility() && one.innerText && (+red + +green + +blue) / 3 > 150;
}).map((one) => one.outerHTML.slice(0, 80))"""


def on_paper(page: Page) -> list[str]:
    shown: list[str] = page.evaluate(_SHOWN, TO_PRESS)
    pale: list[str] = page.evaluate(_PALE)
    return [f"to press: {one}" for one in shown] + [f"pale: {one}" for one in pale]


def sheets(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


@pytest.mark.slow
def test_what_one_may_want_on_paper_reads_well_there(
    company: Company, reviews: Reviews, visit: Visit
) -> None:
    page, wrong = visit("anna", dark=True, width=700), []
    paths = ["/", "/album", "/receipts", f"/badges/{scene.BADGE}", "/learn/confined-spaces", "/lessons"]
    page.emulate_media(media="print")
    paths += ["/vision/plan", "/vision", "/jobs/senior-process-operator"]
    paths += [f"/reviews/{reviews.gathering}", f"/reviews/{reviews.released}", f"/reviews/{reviews.panel}"]
    for path in [*paths, f"/lessons/{company.lesson}"]:
        page.goto(path)
        wrong += [f"{path}: {one}" for one in on_paper(page)]
    assert wrong == []


@pytest.mark.slow
def test_receipts_lie_open_on_paper(company: Company, visit: Visit) -> None:
    page = visit("anna", "/receipts")
    why = page.locator("details.receipt dl").first
    assert not why.evaluate("(one) => one.checkVisibility({contentVisibilityAuto: true})")
    page.emulate_media(media="print")
    assert why.evaluate("(one) => one.getBoundingClientRect().height") > 20
    assert sheets(page) >= 1
