"""Every page, as whoever uses it sees it: axe finds nothing, nothing sticks out, no link leads nowhere.

Usually each page once in one look, in Dutch, every other one on a phone in the dark; with MATRIX=looks each in every
language, theme and width, and with its text spaced out. A page is opened once in a language: theme and width follow
the device, so that a look costs no new page.
"""

from collections.abc import Callable, Sequence

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
from tests.journeys.browsing import (
    LOCALES,
    LOOKS,
    Consoles,
    Visit,
    headless,
    in_every_look,
    sideways,
    theme_of,
    too_small,
    unfit,
)
from tests.journeys.judged import Reviews
from tests.journeys.scene import Company

NOWHERE = "/nothing/here"
LANGUAGES = ("nl", "en") if LOOKS else ("nl",)
WHO = ("anna", "mia", "clara", "cor", "dan", "leo")


def pages_of(company: Company, cast: Cast, reviews: Reviews) -> dict[str, list[str]]:
    """Who looks at what. Cor has done nothing yet."""
    anna = ["/", "/album", "/album?by=skill", "/receipts", "/leaderboards", "/learn"]
    anna += ["/learn/confined-spaces", "/learn?q=nothing+fits+this", "/log"]
    anna += [f"/badges/{slug}" for slug in (scene.BADGE, "water-guardian")]
    anna += ["/search?q=an", "/search", "/search?q=nothing+fits+this", "/search?q=an&kind=people"]
    anna += ["/lessons", f"/lessons/{company.lesson}", f"/lessons/{company.lesson}/edit"]
    anna += [f"/b/{company.award}"]
    anna += ["/recognitions", "/recognitions/nominate", f"/recognitions/{company.recognition}"]
    anna += ["/kudos", f"/kudos/{company.kudos}", "/me/settings", NOWHERE]
    anna += ["/kudos?of=ben", f"/kudos?team={cast.north}", f"/kudos?like={company.kudos}"]
    anna += ["/reports", f"/reports/new?kind=kudos&content_id={company.kudos}"]
    anna += ["/inbox", "/inbox?show=unread", "/me/notifications"]
    anna += ["/goals", "/goals/new", f"/goals/{company.goal}", f"/goals/{company.goal}/edit"]
    anna += [f"/team-goals/{company.team_goal}", "/programmes", f"/programmes/{company.programme}"]
    anna += ["/me/profile", "/people/anna", "/people/mia", "/people/ben", "/me/profile/preview"]
    anna += ["/guidance", "/guidance/mine", "/guidance/new", "/guidance/offer", "/mentoring"]
    anna += [f"/guidance/{company.guidance}", f"/mentoring/{company.mentoring}"]
    anna += ["/me/visibility", "/me/looked", "/me/audit", "/me/export", "/me/pauses"]
    anna += ["/jobs", "/jobs/senior-process-operator", "/jobs/senior-process-operator/versions/3"]
    anna += ["/vision", "/vision/plan", "/help", "/privacy"]
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
    dan += [f"/admin/people/{cast.ben}", f"/admin/people/{cast.clara}", "/admin/audit", "/admin/audit?by=zzz"]
    dan += ["/admin/privacy/refused", "/admin/privacy/retention"]
    dan += ["/admin/people/erasure", f"/admin/people/erasure?ids={cast.ben}&ids={cast.eve}"]
    leo = ["/admin/catalogue", "/admin/catalogue/new", "/admin/wishes", "/admin/catalogue-file"]
    leo += ["/admin/catalogue/confined-spaces", "/admin/catalogue/confined-spaces/dates"]
    leo += ["/admin/catalogue-file/starter", "/admin/skills", "/admin/skills/sampling", "/admin/skills/new"]
    leo += ["/admin/goals/new", "/admin/goals/home-safe", "/admin/rules"]
    leo += ["/admin/programmes", "/admin/programmes/new", f"/admin/programmes/{company.programme}"]
    leo += ["/team-goals/new", "/vision", "/admin/vision", "/admin/vision/targets/new"]
    leo += ["/admin/mentoring", "/admin/mentoring/new", f"/admin/mentoring/{company.mentoring}"]
    leo += [f"/admin/mentoring/{company.mentoring}/edit"]
    mia = ["/recognitions/new", "/recognitions?show=given"]
    mia += ["/confirmations", "/leaderboards?page=1", f"/b/{company.award}", "/me/asked"]
    mia += ["/goals", f"/goals/{company.goal}"]
    clara = ["/hr/care", "/hr/care?decided=1", f"/hr/care/{company.report}", "/hr/pauses"]
    clara += ["/admin/jobs", "/admin/jobs/new", "/admin/jobs/customer-adviser", "/admin/jobs/data-engineer"]
    clara += ["/admin/jobs/customer-adviser/edit", "/admin/jobs/customer-adviser/criteria/new"]
    clara += ["/admin/jobs/families/new", "/admin/jobs/import"]
    clara += [f"/recognitions/occasions/{company.occasion}{step}" for step in ("", "/edit")]
    leo += [f"/team-goals/{company.team_goal}/edit"]
    for pages, who in ((anna, "anna"), (mia, "mia"), (clara, "clara")):
        pages += reviews_of(reviews)[who]
    return {"anna": anna, "mia": mia, "clara": clara, "cor": cor, "dan": dan, "leo": leo}


def reviews_of(made: Reviews) -> dict[str, list[str]]:
    """Anna gathers, sits on Ben's panel, reads what was decided of her, is invited and handles an objection."""
    anna = ["/reviews", f"/reviews/rounds/{made.invited}"]
    anna += [f"/reviews/{one}" for one in (made.gathering, made.panel, made.released, made.objected)]
    mia = ["/reviews", f"/reviews/{made.deciding}", f"/reviews/{made.released}"]
    clara = ["/hr/reviews", "/hr/reviews?stage=objection", "/hr/reviews?q=nobody", "/hr/reviews/panels"]
    clara += ["/hr/reviews/rounds/new"]
    clara += [f"/hr/reviews/rounds/{made.invited}{step}" for step in ("", "/edit", "/release")]
    clara += [f"/hr/reviews/{one}/seats" for one in (made.panel, made.gathering, made.objected)]
    clara += [f"/reviews/{made.gathering}", f"/reviews/{made.released}?as=employee", f"/reviews/{made.panel}"]
    return {"anna": anna, "mia": mia, "clara": clara}


def speak(app: Flask, cast: Cast, lang: str) -> None:
    with app.app_context(), transaction():
        for name in ("anna", "mia", "clara", "cor", "dan", "leo"):
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


def look_like(page: Page, number: int) -> None:
    """Pages that are looked at once are seen at a desk and on a phone in turn, the latter in the dark."""
    phone = number % 2 == 1 and not LOOKS
    page.set_viewport_size({"width": 390 if phone else 1280, "height": 900})
    page.emulate_media(color_scheme="dark" if phone else "light")


def look_at(page: Page, lang: str, where: str) -> list[str]:
    """In its own look, at its own width and at one beside it; in the whole matrix in all of them."""
    wrong = headless(page, lang)
    if LOOKS:
        wrong += in_every_look(page, lang)
    else:
        narrow = (page.viewport_size or {})["width"] < 500
        wrong += [*sideways(page, (320, 390) if narrow else (768, 1280)), *unfit(page), *too_small(page)]
    return [f"{where}: {one}" for one in wrong]


def look_at_all(page: Page, lang: str, who: str, paths: Sequence[str]) -> list[str]:
    wrong: list[str] = []
    for number, path in enumerate(paths):
        look_like(page, number)
        page.goto(path)
        wrong += look_at(page, lang, f"{who} at {path}")
    return wrong


# Anna's are as many as those of two others: one half of them goes where time is short.
FIRST, *REST = (WHO[0], 0, 2), (WHO[0], 1, 2), *((who, 0, 1) for who in WHO[1:])


@pytest.mark.timeout(600)  # 28 pages in every look, on a machine that may be busy
@pytest.mark.parametrize(
    ("who", "first", "step"), [FIRST, *(pytest.param(*one, marks=pytest.mark.slow) for one in REST)]
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_wrong_with_any_page(
    lang: str,
    who: str,
    first: int,
    step: int,
    app: Flask,
    cast: Cast,
    company: Company,
    reviews: Reviews,
    visit: Visit,
    consoles: Consoles,
) -> None:
    consoles.expected = [f"GET .*{NOWHERE}: 404"]
    speak(app, cast, lang)
    pages = pages_of(company, cast, reviews)
    assert set(pages) == set(WHO)
    page = visit(who, NOWHERE, locale=LOCALES[lang])
    wrong = look_at_all(page, lang, who, pages[who][first::step])
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_wrong_with_what_anyone_can_open(
    lang: str, app: Flask, cast: Cast, company: Company, invitation: str, stranger: Callable[..., Page]
) -> None:
    speak(app, cast, lang)
    paths = ["/login", "/login/forgot", "/welcome", f"/welcome/{invitation}"]
    paths += [f"/b/{company.award}", f"/u/anna?lang={lang}"]
    wrong = look_at_all(stranger(locale=LOCALES[lang]), lang, "anyone", paths)
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


ONE_LOOK = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`@media (prefers-color-scheme: dark) { h1 { color: #222 !important } }
        @media (prefers-color-scheme: light) and (width: 390px) { h1 { color: #eee !important } }
        @media (width: 390px) { main { min-inline-size: 900px } }`);
    document.adoptedStyleSheets.push(sheet);
}"""


def test_what_is_wrong_in_one_look_only_is_seen_in_that_one(stranger: Callable[..., Page]) -> None:
    """The theme and the width really change, and the page is given back as it was."""
    page = stranger()
    page.goto("/login")
    assert in_every_look(page) == []
    page.reload()
    page.evaluate(ONE_LOOK)
    seen = {one.split(":")[0] for one in in_every_look(page)}
    pale = {f"at {look}, color-contrast" for look in ("1280, dark", "390, dark", "390, light")}
    assert seen == pale | {"wider than 390", "spaced out, wider than 390"}
    assert (theme_of(page), (page.viewport_size or {})["width"]) == ("light", 1280)
