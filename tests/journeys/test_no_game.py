"""Without points and boards: the same pages, and nowhere a figure of points, a place, or a way to one.

Somebody chooses it, or the organisation does; what is not there is not sent, rather than hidden.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.db import db, transaction
from app.outbox import settle
from app.people import actions as people
from tests.cast import Cast, SignedIn
from tests.journeys import scene
from tests.journeys.browsing import Visit, figure, listens
from tests.journeys.scene import Company
from tests.small import course, state

SETTINGS = "/me/settings"
GAME = re.compile(
    r"\d\W*(points?|punt|punten)\b|\b(points|punten) (this|dit)|\b(your|je) (points|punten)\b|\b(place|plek) \d"
    r"|leaderboard|ranglijst|receipt|bonnetje|around you|rond jou",
    re.I,
)
ASKED = re.compile(
    r"Earn [\d,]+ points|Verdien [\d.]+ punten"
)  # the rule of a badge is the same for everybody


def choose(app: Flask, cast: Cast, **what: Any) -> None:
    with app.app_context(), transaction():
        people.choose(person_id=cast.anna, **what)
        settle(scene.moment())


def without_game(app: Flask, cast: Cast) -> None:
    choose(app, cast, game=False)


def without_points(app: Flask, cast: Cast) -> None:
    _decide(app, "points_on = false")


def without_boards(app: Flask, cast: Cast) -> None:
    _decide(app, "boards_on = false")


def _decide(app: Flask, what: str) -> None:
    with app.app_context(), transaction():
        db.session.execute(db.text(f"UPDATE organisation SET {what}"))


def pages_of(company: Company) -> list[str]:
    pages = ["/", "/album", "/album?by=skill", "/learn", "/learn/confined-spaces", "/log", "/lessons"]
    pages += [f"/badges/{one['slug']}" for one in scene.demo_catalogue()["badges"]]
    pages += [f"/lessons/{company.lesson}", "/kudos", f"/kudos/{company.kudos}", "/confirmations", "/nothing"]
    pages += ["/people/anna", "/people/ben", "/me/profile", "/me/profile/preview"]
    return [*pages, *(f"/home/{part}" for part in ("next", "stats", "foryou", "album", "around"))]


@pytest.mark.parametrize("lang", ["en", pytest.param("nl", marks=pytest.mark.slow)])
@pytest.mark.parametrize("switch", [without_game, without_points])
def test_no_page_says_anything_of_points_or_places(
    switch: Callable[[Flask, Cast], None],
    lang: str,
    app: Flask,
    cast: Cast,
    company: Company,
    client_of: Callable[[str], SignedIn],
) -> None:
    switch(app, cast)
    choose(app, cast, language=lang)
    browser = client_of("anna")
    said: list[str] = []
    for path in pages_of(company) + ([SETTINGS] if switch is without_points else []):
        swap = {"HX-Request": "true"} if path.startswith("/home/") else {}
        text = read(browser.get(path, headers=swap).text)
        said += [f"{path}: …{text[max(0, m.start() - 40) : m.end() + 40]}…" for m in GAME.finditer(text)]
    assert not said, "\n".join(said)
    for path in ("/receipts", "/leaderboards"):
        assert browser.get(path).status_code == 404


def read(html: str) -> str:
    """What is written on a page, and what of its attributes is read aloud; but for what badges ask."""
    aloud = " ".join(re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', html))
    plain = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S)
    return ASKED.sub("", re.sub(r"\s+", " ", f"{plain} {aloud}"))


def test_an_organisation_without_boards_keeps_its_receipts(
    app: Flask, cast: Cast, company: Company, client_of: Callable[[str], SignedIn]
) -> None:
    without_boards(app, cast)
    browser = client_of("anna")
    home = browser.get("/").text
    assert 'href="/receipts"' in home
    assert "/leaderboards" not in home + browser.get(SETTINGS).text
    assert "Around you" not in home
    assert "On the leaderboards" not in browser.get(SETTINGS).text
    assert (browser.get("/receipts").status_code, browser.get("/leaderboards").status_code) == (200, 404)


def test_who_goes_without_sees_it_at_once_and_on_every_open_page(
    app: Flask, cast: Cast, company: Company, at_work: None, visit: Visit
) -> None:
    home, settings = visit("anna"), visit("anna", SETTINGS)
    expect(figure(home, "Points this quarter")).to_be_visible()
    expect(home.locator("#around")).to_contain_text("Anna (you)")
    listens(app, cast.anna)
    settings.get_by_role("radio", name="Without", exact=False).first.check()
    settings.locator("#save-game").click()
    menu = settings.get_by_role("navigation", name="Main menu").first
    expect(menu.get_by_role("link", name="Leaderboards")).to_have_count(0)
    expect(menu.get_by_role("link", name="Receipts")).to_have_count(0)
    with app.app_context():
        state([course(cast.anna, "later", 0)], scene.moment())
    expect(figure(home, "Points this quarter")).to_have_count(0)
    expect(home.locator("#around")).not_to_contain_text("Anna")
    expect(figure(home, "Badges")).to_be_visible()
