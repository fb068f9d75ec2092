"""A part that is put into a page is as sound as the page: axe finds nothing, nothing sticks out."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import text

from app.db import db, transaction
from app.privacy import jobs as privacy
from app.reviews import rules
from tests.cast import Cast
from tests.journeys import scene
from tests.journeys.browsing import (
    FULL,
    Consoles,
    Eye,
    Visit,
    fill_kudos,
    fill_lesson,
    fill_log,
    listens,
    work,
)
from tests.journeys.judged import Reviews
from tests.journeys.scene import Company

PHONE, DESK = (True, 390), (False, 1280)


def looks(usual: tuple[bool, int]) -> pytest.MarkDecorator:
    """The look in which a journey goes; with MATRIX=full it goes in both. What is swapped in is seen in that one, and
    with MATRIX=looks in both themes and at each width."""
    return pytest.mark.parametrize(("dark", "width"), [PHONE, DESK] if FULL else [usual])


@pytest.mark.slow
@looks(PHONE)
def test_the_tabs_of_the_album(dark: bool, width: int, app: Flask, company: Company, visit: Visit) -> None:
    page = visit("anna", "/album", dark=dark, width=width)
    eye = Eye(page, app)
    for by, title in (("reach", "In reach"), ("skill", "By skill"), ("day", "By day")):
        page.locator(f"#tab-{by}").press("Enter")
        expect(page.locator("#status")).to_have_text(f"You see: {title}")
        expect(page.locator(f"#tab-{by}")).to_be_focused()
        expect(page).to_have_url(re.compile(f"by={by}$"))
        eye.look(f"the album: {title}", of="badges.album")
    tile = page.locator(f"#tile-{company.award}")
    page.locator(f"#seen-{company.award}").press("Enter")
    expect(tile.locator(":checked")).to_be_focused()
    eye.look("a tile to choose at", of="badges.album")
    tile.get_by_role("link", name="Cancel").press("Enter")
    expect(page.locator(f"#seen-{company.award}")).to_be_focused()
    page.locator(f"#seen-{company.award}").press("Enter")
    tile.get_by_role("radio", name="Anyone with the link").check()
    tile.get_by_role("button", name="Save").press("Enter")
    expect(page.locator("#status")).to_have_text("Now anyone with the link can see it.")
    expect(page.locator(f"#seen-{company.award}")).to_be_focused()
    eye.look("a tile whose badge is for anyone with the link", of="badges.show_tile")
    assert eye.wrong == []


def _add_to_lessons(page: Page, eye: Eye) -> None:
    """A word, a tip, a draft, a lesson whose name goes and comes."""
    bens = page.locator("article.lesson", has_text="The spare key hangs behind the pump")
    bens.get_by_role("button", name="Brave").click()
    expect(bens.get_by_role("button", name="Brave")).to_have_attribute("aria-pressed", "true")
    eye.look("a word to a lesson", of="lessons.react")
    bens.get_by_role("button", name="Save for later").click()
    expect(bens.get_by_role("button", name="Saved")).to_have_attribute("aria-pressed", "true")
    eye.look("a lesson that is saved", of="lessons.save")
    page.locator("#f-happened").press_sequentially("Ben stood there waiting.")
    page.locator("#f-happened").blur()
    expect(page.locator("#names")).to_contain_text("You name a colleague")
    eye.look("a tip about a name", of="lessons.names")
    expect(page.locator("#draft")).to_contain_text("Draft saved")
    with page.expect_response("**/lessons/draft"):
        page.get_by_role("button", name="Save draft").click()
    page.wait_for_timeout(300)
    eye.look("a draft that was kept", of="lessons.keep_draft")
    mine = page.locator("article.lesson", has_text="A ladder on wet clay slides")
    mine.locator("summary", has_text="Your name").click()
    mine.get_by_role("button", name="Take my name off").click()
    expect(mine).to_contain_text("Yours, without your name")
    eye.look("a lesson without a name", of="lessons.take_name_off")
    mine.locator("summary", has_text="Your name").click()
    mine.get_by_role("button", name="Put my name to it").click()
    expect(mine).to_contain_text("Anna")
    eye.look("a lesson with a name again", of="lessons.put_name_on")


@pytest.mark.slow
@looks(PHONE)
def test_pictures_come_and_go(dark: bool, width: int, app: Flask, company: Company, visit: Visit) -> None:
    page = visit("anna", f"/lessons/{company.lesson}", dark=dark, width=width)
    eye = Eye(page, app)
    dot = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    )
    files = page.locator("#files")
    files.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": dot}
    )
    files.get_by_label("What it shows").fill("A dot on a white ground")
    files.get_by_role("button", name="Add it").click()
    expect(files).to_contain_text("1 of 3")
    eye.look("a picture that came", of="lessons.attach")
    files.get_by_role("button", name="Take away").click()
    expect(files).to_contain_text("0 of 3")
    eye.look("a picture that went", of="lessons.detach")


@pytest.mark.slow
@looks(PHONE)
def test_what_colleagues_share_and_thank(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/(lessons|kudos): 422"]
    page = visit("anna", "/lessons", dark=dark, width=width)
    eye = Eye(page, app)
    page.get_by_role("button", name="Add a second skill").click()
    expect(page.get_by_label("And also")).to_be_focused()
    eye.look("room for a second skill", of="lessons.also")
    fill_lesson(page, happened=" " * 20).click()
    expect(page.locator("#errors")).to_be_focused()
    eye.look("a lesson that came back", of="lessons.share")
    fill_lesson(page, title="A ladder on wet clay slides", happened="It slid a metre before it held.").click()
    expect(page.get_by_role("heading", name="A ladder on wet clay slides")).to_be_focused()
    eye.look("a lesson that was shared", of="lessons.share")
    bens = page.locator("article.lesson", has_text="The spare key hangs behind the pump")
    bens.locator("summary").click()
    eye.look("a form to apply a lesson")
    bens.get_by_role("button", name="I apply this").click()
    expect(bens).to_contain_text("You apply this")
    eye.look("a lesson that is applied", of="lessons.apply")
    mine = page.locator("article.lesson", has_text="A ladder on wet clay slides")
    _add_to_lessons(page, eye)
    mine.get_by_role("button", name="Delete").click()
    expect(mine).to_have_count(0)
    line = page.locator(".note", has_text="Lesson deleted.")
    expect(line).to_be_focused()
    eye.look("a lesson that was deleted", of="lessons.delete")
    line.get_by_role("button", name="Undo").click()
    expect(mine.get_by_role("heading")).to_be_focused()
    eye.look("a lesson that was brought back", of="lessons.undo")
    page.goto("/kudos")
    thanks = fill_kudos(page, "Nebukadnezar")
    expect(page.locator("#preview blockquote")).to_be_visible()
    eye.look("how thanks will look", of="kudos.preview")
    thanks.click()
    expect(page.locator("#errors")).to_be_focused()
    eye.look("thanks that came back", of="kudos.give")
    page.get_by_label("Name of a colleague").fill("Mia")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("checkbox", name="Mia")).to_be_checked()
    eye.look("one more who is thanked")
    page.get_by_role("button", name="Give kudos").click()
    expect(page.locator("#feed")).to_contain_text("You thanked Mia")
    eye.look("thanks that were given", of="kudos.give")
    page.get_by_text("Thank a whole team", exact=True).click()
    page.get_by_label("Name of a team").fill("North")
    page.get_by_role("button", name="Choose", exact=True).click()
    expect(page.get_by_role("checkbox", name="North")).to_be_checked()
    eye.look("a team that is thanked")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("p.note", has_text="Nobody sees it any more")).to_be_focused()
    eye.look("thanks that were taken back", of="kudos.undo")
    page.get_by_role("button", name="Say thanks").first.click()
    expect(page.get_by_text("You said thanks")).to_be_visible()
    eye.look("thanks back", of="kudos.thank")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_one_looks_for_and_logs(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/log: 422"]
    page = visit("anna", "/learn", dark=dark, width=width)
    eye = Eye(page, app)
    if width == PHONE[1]:
        page.locator(".filters-more summary").click()
    page.get_by_label("Kind").select_option("workshop")
    expect(page.locator(".offer-kind", has_text="Course")).to_have_count(0)
    eye.look("a filter", of="activities.catalogue")
    page.get_by_label("Words").fill("nothing fits this")
    expect(page.locator("#results")).to_contain_text("Nothing fits all of that")
    eye.look("a filter that nothing fits", of="activities.catalogue")
    page.goto("/learn")
    with page.expect_response("**/learn?*"):
        page.get_by_role("link", name="Show more").click()
    expect(page.locator(".offer")).to_have_count(len(scene.demo_catalogue()["activities"]))
    eye.look("more of the catalogue", of="activities.catalogue")
    page.goto("/log")
    shown = {"name": "certificate.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    send = fill_log(page, "A night along", who="Nebukadnezar")
    page.get_by_label("File").set_input_files(shown)
    send.click()
    expect(page.locator("#errors")).to_be_focused()
    eye.look("a log that came back with its file", of="activities.log_it")
    page.get_by_role("button", name="Take away").press("Enter")
    expect(page.locator("#f-file")).to_be_focused()
    eye.look("a log whose file was taken away", of="activities.take_file_away")
    page.get_by_label("File").set_input_files(shown)
    page.get_by_role("button", name="Save draft").press("Enter")
    expect(page.locator("#log-file")).to_contain_text("certificate.pdf")
    eye.look("a draft with a file", of="activities.keep_draft")
    page.get_by_label("Who can confirm it").fill("")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#log-form")).to_contain_text("Mia is asked to confirm")
    eye.look("a log that was sent", of="activities.log_it")
    page.goto("/leaderboards")
    with page.expect_response("**/leaderboards?*"):
        page.get_by_text("Year", exact=True).click()
    expect(page.locator("#status")).not_to_be_empty()
    eye.look("another period", of="leaderboards.board")
    page.goto("/receipts")
    page.locator("summary").first.click()
    eye.look("an open receipt")
    page.goto("/me/settings")
    page.get_by_role("radio", name="With my name").check()
    page.locator("#save-board").click()
    expect(page.locator("#status")).to_have_text("Saved.")
    eye.look("a choice that was saved", of="people.choose")
    if width < 500:
        page.locator(".tabbar [popovertarget=menu]").first.click()
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
    eye, other = Eye(mia, app), Eye(anna, app)
    listens(app, cast.mia)
    listens(app, cast.anna)
    mia.get_by_text("Say or ask something").first.click()
    mia.get_by_role("button", name="Ask what is missing").first.click()
    expect(mia.locator("[aria-invalid=true]")).to_be_focused()
    eye.look("a question without words", of="activities.decide")
    mia.locator("[aria-invalid=true]").fill("With whom were you there?")
    mia.get_by_role("button", name="Ask what is missing").first.click()
    expect(mia.locator("#waiting")).to_contain_text("Sent back with your question")
    eye.look("a question", of="activities.decide")
    ben = visit("ben", "/log")
    fill_log(ben, "A day along with the lab").click()
    expect(mia.get_by_role("link", name="1 new request")).to_be_visible()
    eye.look("a new request", of="activities.news")
    mia.locator("button[value=confirm]").first.click()
    expect(mia.locator("#waiting")).to_contain_text("Confirmed")
    eye.look("a confirmation", of="activities.decide")
    mia.get_by_role("button", name="Undo").click()
    expect(mia.locator("#waiting")).to_contain_text("1 waits again")
    eye.look("a confirmation undone", of="activities.undo")
    mia.locator("button[value=confirm]").first.click()
    expect(mia.locator("#waiting")).to_contain_text("Confirmed")
    mia.get_by_role("link", name="Tick all").click()
    expect(mia.get_by_role("link", name="Tick none")).to_be_visible()
    eye.look("all is ticked", of="activities.confirmations")
    mia.get_by_role("button", name="Confirm what is ticked").click()
    expect(mia.get_by_role("heading", name="Nothing waits for you")).to_be_focused()
    eye.look("many confirmations", of="activities.confirm_many")
    ben.goto("/kudos")
    fill_kudos(ben, "Anna", "You drew the whole net on a napkin, and it was right.").click()
    anna.get_by_role("link", name="1 new", exact=True).click()
    expect(anna.locator("#foryou")).to_contain_text("on a napkin")
    other.look("kudos that came in", of="home.fragment")
    assert eye.wrong + other.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_one_shows_of_oneself(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit
) -> None:
    page = visit("anna", "/me/profile", dark=dark, width=width)
    eye = Eye(page, app)
    boxes = page.locator("#showcase").get_by_role("checkbox")
    for at in range(2):
        boxes.nth(at).check()
    page.locator("#save-showcase").click()
    expect(page.locator("#status")).to_have_text("Saved.")
    expect(page.locator("#save-showcase")).to_be_focused()
    eye.look("badges that are chosen", of="profiles.choose")
    page.get_by_role("button", name="Move up").last.click()
    expect(page.locator("#status")).to_contain_text("number 1 of 2")
    eye.look("a badge that was moved", of="profiles.choose")
    page.get_by_label("Show my public page").check()
    page.locator("#save-public").click()
    expect(page.locator("#public")).to_contain_text("Switched on")
    eye.look("a public page that is on", of="profiles.switch")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_who_may_see_a_badge_and_whose_names_stand_on_it(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit
) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("DELETE FROM agreement"))  # nobody was asked yet
    page = visit("anna", f"/b/{company.award}", dark=dark, width=width)
    eye = Eye(page, app)
    page.get_by_role("radio", name="Anyone with the link").check()
    page.locator("#visible button").click()
    expect(page.locator("#status")).to_contain_text("anyone with the link")
    eye.look("a badge for anyone with the link", of="badges.show")
    page.locator("#names").get_by_role("button", name="Ask").first.click()
    expect(page.locator("#names")).to_contain_text("Asked on")
    eye.look("a colleague who is asked", of="badges.ask")
    mia = visit("mia", "/me/asked", dark=dark, width=width)
    other = Eye(mia, app)
    mia.get_by_role("button", name="Yes, my name may stand there").first.click()
    expect(mia.locator("#asked")).to_contain_text("You said yes")
    other.look("a name that may stand there", of="badges.answer")
    assert eye.wrong + other.wrong == []


@pytest.mark.slow
@looks(DESK)
def test_the_moment_of_a_badge(dark: bool, width: int, app: Flask, company: Company, visit: Visit) -> None:
    page = visit("anna", "/me/settings", dark=dark, width=width)
    page.emulate_media(reduced_motion="no-preference")
    eye = Eye(page, app)
    page.goto("/learn")
    expect(page.get_by_role("dialog")).to_be_visible()
    eye.look("a new badge", of="badges.moment")
    with page.expect_response("**/moment"):
        page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    eye.look("a badge that was seen", of="badges.seen")
    assert eye.wrong == []


@looks(DESK)
def test_what_comes_by_itself(dark: bool, width: int, app: Flask, company: Company, visit: Visit) -> None:
    """Each part that listens asks anew, as it does when the stream says so."""
    page = visit("anna", dark=dark, width=width)
    eye = Eye(page, app)
    listening = page.locator("main [hx-get][hx-trigger*='sse:']")
    for path, parts in (("/", 6), ("/album", 1)):
        page.goto(path)
        expect(listening).to_have_count(parts)
        for one in listening.all():
            with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
                one.evaluate(
                    "(one) => htmx.trigger(one, one.getAttribute('hx-trigger').match(/sse:\\w+/)[0])"
                )
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        if path == "/":
            eye.look("the home page anew", of="home.fragment")
    eye.look("the album anew", of="badges.album")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_is_mine_to_choose_and_to_see_more_of(
    dark: bool,
    width: int,
    app: Flask,
    cast: Cast,
    worker_app: Flask,
    company: Company,
    visit: Visit,
    consoles: Consoles,
) -> None:
    consoles.expected = ["POST .*/me/password: 422"]
    with app.app_context():
        scene.crowd(cast)
    with worker_app.app_context():
        work()
    mia = visit("mia", "/lessons", dark=dark, width=width)
    other, applied = Eye(mia, app), mia.locator(f"#lesson-{company.lesson}")
    applied.locator("summary", has_text="You apply this").click()
    applied.get_by_role("button", name="I don't apply it any more").click()
    expect(applied.locator("summary")).to_contain_text("I apply this")
    other.look("a lesson that is not applied any more", of="lessons.stop")
    eve = visit("eve", "/leaderboards", dark=dark, width=width)
    far = Eye(eve, app)
    with eve.expect_response("**/leaderboards/rows*"):
        eve.locator("#gap a").click()
    far.look("rows that were left out", of="leaderboards.rows")
    visit("anna")  # somewhere else, too
    page = visit("anna", "/kudos", dark=dark, width=width)
    eye = Eye(page, app)
    page.get_by_label("Who else may see this").first.select_option("team")
    with page.expect_response("**/visibility"):
        page.locator(".kudos-choice button").first.click()
    eye.look("thanks that the team may see", of="kudos.choose")
    page.goto("/log")
    page.locator("#mine-more a").click()
    expect(page.locator("#mine-more")).to_have_count(0)
    eye.look("more of my logs", of="activities.log")
    page.goto("/me/settings")
    page.get_by_role("button", name="Sign out there").click()
    expect(page.get_by_role("button", name="Sign out there")).to_have_count(0)
    eye.look("a browser that is signed out", of="people.end_sessions")
    page.get_by_label("Current password").fill("not this one")
    page.get_by_label("New password").fill("a quite different one, and long")
    page.get_by_label("The same once more").fill("a quite different one, and long")
    page.locator("#save-password").click()
    expect(page.locator("#old-wrong")).to_be_visible()
    eye.look("a password that came back", of="people.change_password")
    assert eye.wrong + other.wrong + far.wrong == []


@pytest.mark.slow
@looks(DESK)
def test_what_the_desks_filter(dark: bool, width: int, app: Flask, company: Company, visit: Visit) -> None:
    wrong: list[str] = []
    for name, path, view in (
        ("leo", "/admin/catalogue", "catalogue.overview"),
        ("dan", "/admin/people", "admin_people.everybody"),
    ):
        page = visit(name, path, dark=dark, width=width)
        eye = Eye(page, app)
        with page.expect_response("**/admin/*?q=a*"):
            page.locator("#f-q").fill("a")
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        eye.look(path, of=view)
        wrong += eye.wrong
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("dark", [True] if FULL else [False, True])
def test_what_one_finds(dark: bool, app: Flask, cast: Cast, company: Company, visit: Visit) -> None:
    """On a desk only: the field of a phone stands on the page itself."""
    with app.app_context():
        scene.crowd(cast)
    page = visit("anna", "/kudos", dark=dark, width=1280)
    eye = Eye(page, app)
    field, glance = page.locator("#search-q"), page.locator("#glance")
    field.press_sequentially("con")
    expect(glance.get_by_role("link").first).to_be_visible()
    eye.look("what is found while one types", of="search.glance")
    field.fill("nothing fits this")
    expect(glance).to_contain_text("Nothing found")
    eye.look("nothing found while one types", of="search.glance")
    with page.expect_response("**/search/glance?q="):
        field.press("Escape")
    expect(glance).to_be_hidden()
    page.goto("/search?q=crowd&kind=people")
    with page.expect_response("**/search?*page=2"):
        page.get_by_role("link", name="Show more").click()
    expect(page.locator("#found li:not(.more-row)")).to_have_count(40)
    eye.look("more of what is found", of="search.search")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_one_aims_for(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/check-in: 422"]
    page = visit("anna", f"/goals/{company.goal}", dark=dark, width=width)
    eye = Eye(page, app)
    page.get_by_text("Nearly there").click()
    page.get_by_label("A line about it").fill("Two this week.")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#way")).to_contain_text("Two this week.")
    eye.look("a check-in", of="goals.check_in")
    page.get_by_role("button", name="Let it go").click()
    expect(page.get_by_text("nothing is lost")).to_be_visible()
    eye.look("a goal that was let go", of="goals.set_state")
    page.get_by_role("button", name="Take it up again").click()
    expect(page.get_by_role("button", name="Let it go")).to_be_visible()
    page.goto("/goals")
    page.get_by_role("link", name="How is it going?").first.click()
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    eye.look("how it goes, asked in the list", of="goals.line")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="Keep")).to_have_count(0)
    page.goto(f"/team-goals/{company.team_goal}")
    page.get_by_role("button", name="Step out").click()
    expect(page.get_by_role("button", name="Join in")).to_be_visible()
    eye.look("stepped out of a goal of all", of="team_goals.leave")
    page.goto(f"/programmes/{company.programme}")
    page.get_by_role("button", name="Stop following").click()
    expect(page.get_by_role("button", name="Follow it")).to_be_visible()
    eye.look("a programme that is not followed any more", of="programmes.stop")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_one_gathers_for_a_review(
    dark: bool, width: int, app: Flask, cast: Cast, company: Company, visit: Visit
) -> None:
    with app.app_context():
        review, criterion = scene.a_review(cast)
    page = visit("anna", f"/reviews/{review}", dark=dark, width=width)
    eye = Eye(page, app)
    row = page.locator(f"#criterion-{criterion}")
    row.get_by_role("link", name="Add evidence").click()
    expect(row.get_by_role("heading", name="Add evidence")).to_be_focused()
    eye.look("what could be added", of="reviews.pick")
    row.locator(".picker input[name=thing]").first.check()
    row.get_by_role("button", name="Add what I chose").click()
    page.goto(f"/reviews/{review}")
    row.get_by_role("button", name="Take back").first.click()
    expect(row.get_by_role("button", name="Take back")).to_have_count(0)
    eye.look("evidence that was taken back", of="reviews.take_back")
    row.get_by_role("button", name="Add it to my file").click()
    expect(row.get_by_text("Observed")).to_be_visible()
    eye.look("what a colleague saw", of="reviews.release")
    row.get_by_role("button", name="No, thank you").click()
    expect(row.get_by_role("button", name="No, thank you")).to_have_count(0)
    eye.look("a proposal that was declined", of="reviews.answer")
    with page.expect_response("**/words"):
        page.locator("#f-words").press_sequentially("I learned most at night")
    expect(page.locator("#words-kept")).to_contain_text("Draft kept")
    eye.look("own words that were kept", of="reviews.words")
    other = visit("ben", scene.asked_of_ben(app), dark=dark, width=width)
    seen = Eye(other, app)
    with other.expect_response("**/observations/*"):
        other.locator("#f-words").press_sequentially("Calm on the radio")
    expect(other.locator("#words-kept")).to_contain_text("Draft kept")
    seen.look("an observation that was kept", of="reviews.observe")
    assert eye.wrong + seen.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_what_a_member_of_the_panel_says(
    dark: bool, width: int, app: Flask, reviews: Reviews, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/assessment: (409|422)"]
    page = visit("anna", f"/reviews/{reviews.panel}", dark=dark, width=width)
    elsewhere = visit("anna", f"/reviews/{reviews.panel}", dark=dark, width=width)
    eye, words = Eye(page, app), "#assess textarea"
    page.locator("#assess .seg").first.get_by_text("Partly").click()
    expect(page.locator("#assess-kept")).to_contain_text("Only you see it")
    eye.look("an assessment that is kept", of="sitting.assess")
    with page.expect_response("**/assessment"):
        page.locator(words).first.press_sequentially("Calm on the radio")
    expect(page.locator("#assess-kept")).to_contain_text("Only you see it")
    other = Eye(elsewhere, app)
    elsewhere.locator(words).first.press_sequentially("Calm at night")
    expect(elsewhere.locator("#assess-kept")).to_contain_text("Both texts stand here")
    other.look("two windows that say not the same", of="sitting.assess")
    page.get_by_role("button", name="Hand in all of it").click()
    expect(page.locator("#assess [aria-invalid=true], #assess .wrong").first).to_be_visible()
    eye.look("an assessment that is not whole yet", of="sitting.assess")
    assert eye.wrong + other.wrong == []


@pytest.mark.slow
@looks(DESK)
def test_what_hr_filters_of_the_reviews(
    dark: bool, width: int, app: Flask, reviews: Reviews, visit: Visit
) -> None:
    page = visit("clara", "/hr/reviews", dark=dark, width=width)
    eye, rows = Eye(page, app), page.locator("#reviews")
    if width == PHONE[1]:
        page.locator(".filters-more summary").click()
    page.get_by_label("Stage").select_option("objection")
    expect(rows.get_by_role("link", name="Anna")).to_have_count(0)
    expect(rows).to_contain_text("Eve")
    eye.look("reviews with an objection", of="hr_reviews.listed")
    page.locator("#f-q").fill("nobody of that name")
    expect(rows).to_contain_text("No reviews here")
    eye.look("no reviews", of="hr_reviews.listed")
    page.locator("#f-q").fill("")
    expect(rows).to_contain_text("Eve")
    rows.get_by_role("link", name="Tick all").press("Enter")
    expect(rows.get_by_role("checkbox", checked=True).first).to_be_visible()
    expect(rows.get_by_role("link", name="Tick none")).to_be_focused()
    rows.locator("summary", has_text="Keep this view").press("Enter")
    eye.look("a view that is about to be kept", of="hr_reviews.listed")
    rows.get_by_label("Name of this view").fill("Objections")
    rows.get_by_label("Name of this view").press("Enter")
    kept = page.get_by_role("navigation", name="Views that you keep").get_by_role("link", name="Objections")
    expect(kept).to_have_attribute("aria-current", "page")
    eye.look("a view that is kept")
    page.goto("/hr/reviews")
    kept.press("Enter")
    expect(page.get_by_label("Stage")).to_have_value("objection")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_a_criterion_of_a_long_file_is_opened(
    dark: bool, width: int, app: Flask, reviews: Reviews, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "LONG", 0)
    page = visit("clara", f"/reviews/{reviews.objected}", dark=dark, width=width)
    eye, last = Eye(page, app), page.locator("details.crit").last
    if page.get_by_label("Why").count():
        page.get_by_label("Why").fill("To see how it went")
        page.get_by_label("Why").press("Enter")
    expect(last.locator(".panel-said")).to_have_count(0)
    last.locator("summary").press("Enter")
    expect(last.locator(".panel-said").first).to_be_visible()
    expect(last.locator("summary")).to_be_focused()
    eye.look("a criterion that was opened", of="reviews.one")
    assert eye.wrong == []


# Every answer that is swapped in ----------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent.parent
SUGGESTIONS = {
    "activities.people",
    "activities.titles",
    "kudos.people",
    "kudos.teams",
    "goals.names",
    "goals.titles",
}  # options of a list, which browsers show
HURRIED = {
    "learning.one",
    "privacy.export",
}  # asks only while the worker is busy; test_learning_file.py looks at what comes of it, and this of the file
NAMED_ELSEWHERE = {  # the address comes from the view or the caller: template and variable, and the view it is of
    ("lessons/_composer.html", "action"): "lessons.share",
    ("admin/_file.html", "here"): "admin_files.one",
    ("_ui.html", "href"): "activities.catalogue",
    ("badges/_asked.html", "to"): "badges.answer",
    ("activities/_waiting.html", "all"): "activities.confirmations",
    ("_ui.html", "item"): "badges.album",
    ("badges/_parts.html", "choose"): "badges.album",
    ("badges/_parts.html", "shut"): "badges.album",
    ("badges/_parts.html", "here"): "badges.show_tile",
    ("badges/_album.html", "here"): "badges.album",
    ("leaderboards/_board.html", "other"): "leaderboards.board",
    ("lessons/_apply.html", "other"): "lessons.take_name_off",
    ("leaderboards/_row.html", "url"): "leaderboards.rows",
    ("leaderboards/_news.html", "url"): "leaderboards.board",
    ("dates/_reserve.html", "url"): "dates.places",
    ("reviews/_gather.html", "here"): "reviews.pick",
    ("reviews/_criterion.html", "here"): "reviews.one",
    ("reviews/_listed.html", "ticking"): "hr_reviews.listed",
    ("reviews/_picker.html", "href"): "reviews.pick",
}


def swapped_in() -> Iterator[str]:
    """The views that templates name in hx-get and hx-post."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        template = str(path.relative_to(ROOT / "templates"))
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
        found = re.findall(r"hx-(?:get|post)(?:=\"\{\{ |\": )(?:url_for\(['\"]([\w.]+)|(\w+))", text)
        assert len(found) == len(re.findall(r"hx-(?:get|post)\"?[=:]", text)), template
        yield from (view or NAMED_ELSEWHERE[template, variable] for view, variable in found)


def test_every_answer_that_is_swapped_in_is_looked_at() -> None:
    """Say `eye.look("…", of="room.view")` in a journey after the swap of a new one."""
    sources = "".join(path.read_text() for path in (ROOT / "tests" / "journeys").glob("*.py"))
    looked_at = set(re.findall(r"\bof=\"([\w.]+)\"", sources)) | {
        "catalogue.overview",
        "admin_people.everybody",
    }
    assert set(swapped_in()) - SUGGESTIONS - HURRIED - looked_at == set()


@pytest.mark.slow
@looks(PHONE)
def test_feedback_and_what_is_used(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit, cast: Cast
) -> None:
    ben = visit("ben", f"/lessons/{company.lesson}", dark=dark, width=width)
    eye = Eye(ben, app)
    ben.locator("#feedback summary").click()
    ben.get_by_label("What to keep").fill("That you wrote it down the same day.")
    ben.get_by_role("button", name="Send to the author").click()
    expect(ben.locator("#feedback")).to_contain_text("Sent to the author")
    eye.look("feedback that was sent", of="feedback.on_lesson")
    anna = visit("anna", f"/lessons/{company.lesson}", dark=dark, width=width)
    eye = Eye(anna, app)
    anna.get_by_role("button", name="Say that it helped").click()
    expect(anna.locator("#feedback")).to_contain_text("This helped me")
    eye.look("feedback that helped", of="feedback.helpful")
    anna.get_by_role("button", name="Let readers see it").click()
    expect(anna.locator("#feedback")).to_contain_text("Keep to myself")
    eye.look("feedback that readers see", of="feedback.share")
    with app.app_context(), transaction():
        db.session.execute(
            text("UPDATE completion c SET completed_at = now() - interval '50 days' FROM activity a"
                 " WHERE a.id = c.activity_id AND c.person_id = :anna AND c.state = 'confirmed'"
                 " AND a.kind IN ('course', 'workshop', 'on_the_job', 'rotation')"),
            {"anna": cast.anna},
        )  # fmt: skip
    anna.goto("/")
    anna.get_by_role("button", name="Yes, I use it").click()
    expect(anna.get_by_text("Thank you for telling")).to_be_visible()
    eye.look("what is used", of="feedback.tell_use")


@pytest.mark.slow
@looks(PHONE)
def test_who_sees_my_badges_and_all_that_is_kept_of_me(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit
) -> None:
    page = visit("anna", "/me/visibility", dark=dark, width=width)
    eye = Eye(page, app)
    page.get_by_label("Only me").check()
    page.get_by_label("They may be used in my review").check()
    page.get_by_label("The badges I have now follow this too").check()
    page.locator("#save-visibility").click()
    expect(page.locator("#status")).to_have_text("Saved.")
    expect(page.locator("#badges-now")).to_contain_text("In my review")
    eye.look("who sees my badges", of="badges.choose")
    page.goto("/me/export")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#exports")).to_contain_text("Your file is being made")
    eye.look("a file that is asked for", of="privacy.ask")
    with app.app_context():
        (export_id,) = db.session.execute(text("SELECT id FROM data_export")).one()
        db.session.rollback()
        privacy.make_export.func.__wrapped__(export_id=str(export_id))
    page.goto("/me/export")
    eye.look("a file that is there")
    page.get_by_role("button", name="Remove it now").click()
    expect(page.locator("#exports")).not_to_contain_text("Your file is there")
    eye.look("a file that is gone", of="privacy.remove")
    assert eye.wrong == []


@pytest.mark.slow
@looks(DESK)
def test_the_audit_log_is_searched(
    dark: bool, width: int, app: Flask, company: Company, visit: Visit
) -> None:
    page = visit("dan", "/admin/audit", dark=dark, width=width)
    eye = Eye(page, app)
    page.get_by_label("By whom").fill("Mia")
    page.get_by_role("button", name="Search the log").click()
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    eye.look("what Mia did", of="privacy.audit")
    page.get_by_label("By whom").fill("nobody of that name")
    page.get_by_role("button", name="Search the log").click()
    expect(page.locator("#acts")).to_contain_text("We know no colleague")
    eye.look("a name that means nobody", of="privacy.audit")
    assert eye.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_a_decision_is_kept_while_it_is_written(
    dark: bool, width: int, app: Flask, reviews: Reviews, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/decision: 409"]
    page = visit("mia", f"/reviews/{reviews.deciding}", dark=dark, width=width)
    elsewhere = visit("mia", f"/reviews/{reviews.deciding}", dark=dark, width=width)
    eye, other = Eye(page, app), Eye(elsewhere, app)
    page.locator("#decide textarea").press_sequentially("Calm on the radio")
    expect(page.locator("#decide-kept")).to_contain_text("Only you see it")
    eye.look("a decision that is kept", of="sitting.decide")
    elsewhere.locator("#decide textarea").press_sequentially("Calm at night")
    expect(elsewhere.locator("#decide-kept")).to_contain_text("Both texts stand here")
    other.look("two windows that decide not the same", of="sitting.decide")
    assert eye.wrong + other.wrong == []


@pytest.mark.slow
@looks(PHONE)
def test_the_team_of_a_manager(
    dark: bool, width: int, app: Flask, cast: Cast, company: Company, at_work: None, visit: Visit
) -> None:
    mia = visit("mia", "/team", dark=dark, width=width)
    eye = Eye(mia, app)
    listens(app, cast.mia)
    row = mia.locator("#people details").first
    row.get_by_text("Lately").click()
    expect(row.get_by_role("link", name="Thank")).to_be_visible()
    eye.look("what somebody did last", of="team.lately")
    waited = mia.locator("#confirm").inner_text()
    fill_log(visit("ben", "/log"), "A day along with the lab").click()
    expect(mia.locator("#confirm")).to_contain_text("for your confirmation")
    expect(mia.locator("#confirm")).not_to_have_text(waited)
    eye.look("how much waits", of="team.waiting")
    assert eye.wrong == []
