"""Every page, as whoever uses it sees it: axe finds nothing, nothing sticks out, no link leads nowhere.

By default each page once, half of them on a phone in the dark, in Dutch; with MATRIX=full each in every
pair of language, theme and width (MATRIX=all: in all eight), and with the text spaced out.
"""

import os
from collections.abc import Callable

import pytest
from flask import Flask, render_template
from playwright.sync_api import Page, expect
from sqlalchemy import text

from app.badges import showcase
from app.db import db, transaction
from app.people import actions as people
from app.people.rules import START
from app.web import RESTING
from tests.cast import Cast
from tests.journeys import scene
from tests.journeys.browsing import Consoles, Visit, headless, sideways, space_out, too_small, unfit
from tests.journeys.scene import Company

NOWHERE = "/nothing/here"
MATRIX = os.environ.get("MATRIX")
FULL = MATRIX in ("full", "all")
# each language with each theme and width, each theme with each width; MATRIX=all takes all eight
PAIRS = [("nl", False, 390), ("nl", True, 1280), ("en", True, 390), ("en", False, 1280)]
ALL = [(lang, dark, width) for lang in ("nl", "en") for dark in (False, True) for width in (390, 1280)]
WHOLE = ALL if MATRIX == "all" else PAIRS
LOOKS = WHOLE if FULL else [("nl", False, 1280), ("nl", True, 390)]


def pages_of(company: Company, cast: Cast) -> dict[str, list[str]]:
    """Who looks at what. Cor has done nothing yet."""
    anna = ["/", "/album", "/album?by=skill", "/receipts", "/leaderboards", "/learn"]
    anna += ["/learn/confined-spaces", "/learn?q=nothing+fits+this", "/log"]
    anna += [f"/badges/{slug}" for slug in (scene.BADGE, "water-guardian")]
    anna += ["/search?q=an", "/search", "/search?q=nothing+fits+this", "/search?q=an&kind=people"]
    anna += ["/lessons", f"/lessons/{company.lesson}", f"/lessons/{company.lesson}/edit"]
    anna += [f"/b/{company.award}"]
    anna += ["/kudos", f"/kudos/{company.kudos}", "/me/settings", NOWHERE]
    anna += ["/me/profile", "/people/anna", "/people/mia", "/people/ben", "/me/profile/preview"]
    anna += ["/guidance", "/guidance/mine", "/guidance/new", "/guidance/offer", "/mentoring"]
    anna += [f"/guidance/{company.guidance}", f"/mentoring/{company.programme}"]
    cor = [
        "/",
        "/album",
        "/receipts",
        "/leaderboards",
        "/lessons?show=mine",
        "/kudos",
        "/log",
        "/confirmations",
        "/admin/rules",
        *(f"/me/start/{step}" for step in START),
    ]
    dan = ["/admin", "/admin/organisation", "/admin/people", "/admin/people?q=nobody", "/admin/people/import"]
    dan += [f"/admin/people/{cast.ben}"]
    leo = ["/admin/catalogue", "/admin/catalogue/new", "/admin/wishes", "/admin/catalogue-file"]
    leo += ["/admin/catalogue/confined-spaces", "/admin/catalogue/confined-spaces/dates"]
    leo += ["/admin/catalogue-file/starter", "/admin/skills", "/admin/skills/sampling", "/admin/skills/new"]
    leo += ["/admin/goals/new", "/admin/goals/home-safe", "/admin/rules"]
    leo += ["/admin/mentoring", "/admin/mentoring/new", f"/admin/mentoring/{company.programme}"]
    leo += [f"/admin/mentoring/{company.programme}/edit"]
    mia = ["/confirmations", "/leaderboards?page=1", f"/b/{company.award}", "/me/asked"]
    return {"anna": anna, "mia": mia, "cor": cor, "dan": dan, "leo": leo}


def speak(app: Flask, cast: Cast, lang: str) -> None:
    with app.app_context(), transaction():
        for name in ("anna", "mia", "cor", "dan", "leo"):
            people.choose(person_id=cast.id_of(name), language=lang)
        show_badges(cast.anna)


def show_badges(person_id: int) -> None:
    """All that a profile can tell: one badge for the world, one for colleagues, one for nobody else."""
    held = showcase.highest(showcase.display(person_id, "me").all)[:3]
    showcase.choose_showcase(person_id=person_id, award_ids=[one.id for one in held])
    people.choose_public(person_id=person_id, public=True, job=True)
    others = (one for one in held if one.visible != "public")  # the award that is visited stays for everybody
    for one, visible in zip(others, ("public", "me"), strict=False):
        seen = {"id": one.id, "visible": visible}
        db.session.execute(text("UPDATE award SET visible = :visible WHERE id = :id"), seen)


def share_of(paths: list[str], look: tuple[str, bool, int]) -> list[str]:
    """The pages that this look is for: all of them in the whole matrix, else every other one."""
    return paths if FULL else paths[LOOKS.index(look) :: len(LOOKS)]


def look_at(page: Page, lang: str, where: str) -> list[str]:
    """At its own width and at one beside it, so that two looks see all four."""
    width = (page.viewport_size or {})["width"]
    widths = (320, 390) if width < 500 else (768, 1280)
    wrong = [*headless(page, lang), *sideways(page, widths), *unfit(page), *too_small(page)]
    if FULL:
        space_out(page)
        wrong += [f"spaced out, {one}" for one in sideways(page, widths)]
    return [f"{where}: {one}" for one in wrong]


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "dark", "width"), LOOKS)
def test_nothing_is_wrong_with_any_page(
    lang: str,
    dark: bool,
    width: int,
    app: Flask,
    cast: Cast,
    company: Company,
    invitation: str,
    visit: Visit,
    stranger: Callable[..., Page],
    consoles: Consoles,
) -> None:
    consoles.expected = [f"GET .*{NOWHERE}: 404"]
    speak(app, cast, lang)
    wrong: list[str] = []
    for name, paths in pages_of(company, cast).items():
        page = visit(name, paths[0], width=width, dark=dark)
        for path in share_of(paths, (lang, dark, width)):
            page.goto(path)
            spoken = "en" if path == "/me/start/language" else lang  # asked in the language of the browser
            wrong += look_at(page, spoken, f"{name} at {path}")
    outside = stranger(width=width, dark=dark)
    public = (f"/b/{company.award}", "/u/anna?lang=en")
    for path in ("/login", "/login/forgot", "/welcome", f"/welcome/{invitation}", *public):
        outside.goto(path)
        wrong += look_at(outside, "en", path)
    assert wrong == [], "\n".join(wrong)


def test_the_page_for_when_we_rest_is_sound(app: Flask, stranger: Callable[..., Page]) -> None:
    """It stands alone: without the layout, which would ask the database who is looking."""
    with app.test_request_context(headers={"Accept-Language": "nl"}):
        resting = render_template("resting.html", detail=RESTING, request_id="8f1c")
    page = stranger(width=390)
    page.route("**/resting", lambda route: route.fulfill(body=resting, content_type="text/html"))
    page.goto("/resting")
    assert look_at(page, "nl", "resting") == []


WRONG = """(main) => {
    main.insertAdjacentHTML("beforeend",
        '<h1>Twice</h1><img src="/x"><canvas width="2000"></canvas><i style="top:0"></i>');
    main.insertAdjacentHTML("beforeend", '<div class="card-flush"><canvas width="2000"></canvas></div>');
    throw new Error("and a fault");
}"""


def test_what_is_wrong_is_seen_and_heard(stranger: Callable[..., Page], consoles: Consoles) -> None:
    """The eye itself: a picture without words, a wide one, a second heading, a style that the policy forbids."""
    page = stranger(width=390)
    page.goto("/login")
    page.locator("main").evaluate(f"(main) => setTimeout(() => ({WRONG})(main))")
    expect(page.locator("h1")).to_have_count(2)
    seen = "\n".join(look_at(page, "nl", "here"))
    for one in (
        "image-alt",
        "wider than 320",
        "wider than 390",
        "cut off at 390: div.card-flush",
        "h1 is 2",
        "lang is 'en'",
    ):
        assert one in seen
    heard = "\n".join(consoles.complaints)
    for one in ("/x: 404", "CSP: style-src-attr", "and a fault"):
        assert one in heard
    consoles.said.clear()
