"""An L&D adviser brings a file in, in a browser: look, map, try, watch it come in; with and without script."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from app import jobs
from app.access import SESSION, cookie_name
from app.db import db, transaction
from app.people import actions as people
from tests.cast import Cast
from tests.journeys.browsing import Eye, headless, sideways, unfit
from tests.small import load

ROWS = (
    "personeelsnummer;cursus;titel;datum;score\n"
    + "".join(
        f"w-{name};excel-{n};Excel voor beginners, deel {n};{n % 28 + 1:02}-01-2026;{60 + n % 40}\n"
        for n in range(60)
        for name in ("anna", "ben", "zoe")
    )
    + "w-eve;excel-1;Excel;32-01-2026;70\nw-eve;excel-2\n"
)
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Iterator[None]:
    with app.app_context():
        load()
    house = app.extensions["create_app"](role="worker")
    stop = threading.Event()
    thread = jobs.begin(house, stop)
    yield
    stop.set()
    thread.join(30)
    with house.app_context():
        db.engine.dispose()


def shot(page: Page, name: str) -> None:
    """Each step is looked at: by axe, at two widths, and by eye where SHOTS names a folder."""
    if "plain" not in name:
        page.wait_for_load_state()  # a page that is on its way has no head yet
        expect(page.locator("main")).to_be_visible()
        width = (page.viewport_size or {})["width"]
        widths = (320, 390) if width < 500 else (768, 1280)
        assert [*headless(page, "en"), *sideways(page, widths), *unfit(page)] == [], name
        page.set_viewport_size({"width": width, "height": 900})
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def enter(app: Flask, cast: Cast, context: BrowserContext, server: str) -> Page:

    with app.app_context(), transaction():
        token = people.start_session(person_id=cast.leo, at=datetime.now(UTC))
    context.add_cookies([{"name": cookie_name_in(app), "value": token, "url": server}])
    return context.new_page()


def cookie_name_in(app: Flask) -> str:
    with app.app_context():
        return cookie_name(SESSION)


def ends(page: Page, heading: str, script: bool) -> None:
    """It comes by itself; without script one asks."""
    found = page.get_by_role("heading", name=heading)
    for _ in range(0 if script else 60):
        if found.is_visible():
            return
        page.wait_for_timeout(300)
        asks = page.get_by_role("link", name="How far is it now?")
        if asks.is_visible():
            asks.click()
    expect(found).to_be_visible()


slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("script", "width", "dark"),
    [
        pytest.param(True, 1280, False, marks=slow),
        (False, 1280, False),
        pytest.param(True, 390, True, marks=slow),
    ],
)
def test_a_file_comes_in(
    app: Flask, cast: Cast, desk: None, server: str, open_context: Callable[..., BrowserContext],
    tmp_path: Path, script: bool, width: int, dark: bool,
) -> None:  # fmt: skip
    file = tmp_path / "oude-cursussen.csv"
    file.write_bytes(ROWS.encode("cp1252"))
    page = enter(app, cast, open_context(script=script, width=width, dark=dark), server)
    tag = f"{width}-{'dark' if dark else 'light'}-{'script' if script else 'plain'}"
    page.goto("/admin/learning")
    shot(page, f"1-list-{tag}")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", name="oude-cursussen.csv")).to_be_visible()
    expect(page.get_by_label("Who learned")).to_have_value("personeelsnummer")
    expect(page.get_by_label("When it was finished")).to_have_value("datum")
    page.get_by_label("Written as").select_option("%d-%m-%Y")
    page.get_by_label("Where it comes from").fill("Old LMS")
    shot(page, f"2-map-{tag}")
    eye = Eye(page, app)
    page.get_by_role("button", name="Try it").click()
    ends(page, "What it would do", script)
    if script:
        eye.look("a file that was tried")
    assert eye.wrong == []
    shot(page, f"3-tried-{tag}")
    page.get_by_role("button", name="Bring it in", exact=True).click()
    shot(page, f"4-coming-{tag}")
    ends(page, "It is in", script)
    shot(page, f"5-in-{tag}")
    expect(page.locator(".stat", has_text="Waiting for their person").locator("dd").first).to_have_text("60")
    if width == 390:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/admin/learning")
    shot(page, f"6-list-{tag}")
    expect(page.get_by_role("link", name="oude-cursussen.csv")).to_be_visible()
