"""What forms do when things go less well: sent twice, filled in wrong, signed out elsewhere, or the line gone."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect

from tests.cast import PASSWORD, Cast
from tests.journeys import scene
from tests.journeys.browsing import Consoles, Visit, figure, fill_kudos, fill_lesson, fill_log
from tests.small import course, load, rows, state

TWICE: dict[str, tuple[str, Callable[[Page], Locator], str]] = {
    "lesson": ("/lessons", fill_lesson, "lesson"),
    "kudos": ("/kudos", lambda page: fill_kudos(page, "Ben"), "kudos"),
    "log": ("/log", lambda page: fill_log(page, "A night along"), "completion"),
}


@pytest.mark.parametrize("what", TWICE)
def test_a_double_click_sends_once(what: str, app: Flask, catalogue: None, visit: Visit) -> None:
    path, fill, table = TWICE[what]
    page, sent = visit("anna", path), []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    fill(page).dblclick()
    expect(page.locator("#feed article, #mine b")).to_have_count(1)
    assert len([url for url in sent if url.endswith(path)]) == 1  # beside what is asked while one types
    with app.app_context():
        assert rows(f"SELECT count(*) FROM {table}") == [(1,)]


@pytest.mark.parametrize("what", TWICE)
def test_a_form_that_arrives_twice_makes_one(what: str, app: Flask, catalogue: None, visit: Visit) -> None:
    """A line that falters makes browsers send again; the form holds one key."""
    path, fill, table = TWICE[what]
    page, answers = visit("anna", path, script=False), []

    def again(route: Route) -> None:
        if route.request.method == "POST":
            answers.append(route.fetch(max_redirects=0).status)
        route.continue_()

    page.route(f"**{path}", again)
    fill(page).click()
    expect(page.locator("article.lesson, #feed article, #mine b")).to_have_count(1)
    assert answers == [303]
    with app.app_context():
        assert rows(f"SELECT count(*) FROM {table}") == [(1,)]


def test_signing_in_is_sent_once(cast: Cast, stranger: Callable[..., Page]) -> None:
    page, sent = stranger(), []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.goto("/login")
    page.get_by_label("E-mail address").fill("anna@waterveld.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Anna")
    assert len(sent) == 1


# Wrong ------------------------------------------------------------------------------------------------------


def comes_back(page: Page, button: Locator) -> None:
    """The form says on top what is wrong, and there the focus is."""
    button.click()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    said = page.locator("[aria-invalid=true]").get_attribute("aria-describedby")
    assert said
    expect(page.locator(f"#{said.split()[-1]}")).not_to_be_empty()


def test_a_lesson_that_says_nothing_comes_back_with_what_was_typed(
    catalogue: None, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/lessons: 422"]
    page = visit("anna", "/lessons")
    comes_back(page, fill_lesson(page, happened=" " * 20))
    expect(page.locator("#f-title")).to_have_value(scene.LESSON["title"])
    expect(page.locator("#f-from_now_on")).to_have_value(scene.LESSON["from_now_on"])
    expect(page.get_by_role("radio", name="Went wrong", exact=True)).to_be_checked()
    page.locator("#errors").get_by_role("link").click()
    expect(page.locator("#f-happened")).to_be_focused()
    fill_lesson(page).click()
    expect(page.locator("#feed article")).to_have_count(1)


def test_thanks_to_nobody_we_know_come_back_with_what_was_typed(
    catalogue: None, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/kudos: 422"]
    page = visit("anna", "/kudos")
    comes_back(page, fill_kudos(page, "Nebukadnezar"))
    expect(page.locator("#f-message")).to_have_value(scene.THANKS)
    expect(page.locator("#f-receivers")).to_have_value("Nebukadnezar")


def test_a_log_that_nobody_can_confirm_comes_back_with_what_was_typed(
    catalogue: None, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/log: 422"]
    page = visit("anna", "/log")
    comes_back(page, fill_log(page, "A night along", who="Nebukadnezar"))
    expect(page.locator("#f-title")).to_have_value("A night along")
    expect(page.locator("#f-hours")).to_have_value("7.5")
    expect(page.get_by_role("radio", name="On the job")).to_be_checked()


def test_a_wrong_password_puts_the_focus_where_it_was_typed(
    cast: Cast, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/me/password: 422"]
    page = visit("anna", "/me/settings")
    page.get_by_label("Current password").fill("not this one")
    page.get_by_label("New password").fill("the heron waits by the weir")
    page.get_by_label("The same once more").fill("the heron waits by the weir")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#old-wrong")).to_be_visible()
    expect(page.locator("#old")).to_be_focused()


def test_who_is_not_let_in_hears_why(cast: Cast, stranger: Callable[..., Page], consoles: Consoles) -> None:
    consoles.expected = ["POST .*/login: 422"]
    page = stranger()
    page.goto("/login")
    page.get_by_label("E-mail address").fill("anna@waterveld.example")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#sign-in-wrong")).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_have_value("anna@waterveld.example")


def test_a_choice_that_is_saved_says_so_and_keeps_the_focus(cast: Cast, visit: Visit) -> None:
    page = visit("anna", "/me/settings")
    page.get_by_role("radio", name="With my name").check()
    part = page.locator("form", has=page.get_by_role("heading", name="On the leaderboards"))
    part.get_by_role("button", name="Save").click()
    expect(page.locator("#status")).to_have_text("Saved.")
    expect(part.get_by_role("button", name="Save")).to_be_focused()
    expect(page.get_by_role("radio", name="With my name")).to_be_checked()


# Gone -------------------------------------------------------------------------------------------------------


def test_who_was_signed_out_elsewhere_comes_to_the_door_with_the_next_click(
    company: scene.Company, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["GET .*/learn.*: 401", "Response Status Error Code 401", "EventSource's response"]
    here, there = visit("anna", "/learn"), visit("anna", "/me/settings")
    there.get_by_role("button", name="Sign out everywhere else").click()
    expect(there.get_by_text("Another browser")).to_have_count(0)
    here.get_by_label("Kind").select_option("workshop")
    expect(here.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_without_a_stream_the_page_asks_by_itself(
    app: Flask, cast: Cast, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = [r"\[object Event\]"]
    with app.app_context():
        load()
        state([course(cast.anna, "one", 0)], scene.moment())
    page = visit("anna", "/album")
    page.context.route("**/events", lambda route: route.abort())
    page.clock.install()
    page.goto("/")
    expect(figure(page, "Badges")).to_have_count(0)
    with app.app_context():
        state([course(cast.anna, "two", 1)], scene.moment())
    page.clock.fast_forward("01:01")
    expect(figure(page, "Badges")).to_have_text("4")


def test_a_fault_of_ours_is_said_and_what_was_typed_stays(
    catalogue: None, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/lessons: 503", "Response Status Error Code 503"]
    page = visit("anna", "/lessons")
    button = fill_lesson(page)
    page.context.route(
        "**/lessons", lambda route: route.fulfill(status=503, content_type="text/html", body="<p>Later</p>")
    )
    button.click()
    expect(page.locator("#toasts")).to_contain_text("Later")
    expect(page.locator("#f-title")).to_have_value(scene.LESSON["title"])
    page.context.unroute("**/lessons")
    button.click()
    expect(page.locator("#feed article")).to_have_count(1)


def test_a_line_that_is_gone_is_said_and_what_was_typed_stays(
    catalogue: None, visit: Visit, consoles: Consoles
) -> None:
    consoles.expected = ["htmx:sendError"]
    page = visit("anna", "/lessons")
    button = fill_lesson(page)
    page.context.route("**/lessons", lambda route: route.abort())
    button.click()
    expect(page.get_by_role("alert").filter(has_text="No answer came")).to_be_visible()
    expect(page.locator("#f-title")).to_have_value(scene.LESSON["title"])
    button.click()
    expect(page.locator("#toasts .toast")).to_have_count(1)
    page.context.unroute("**/lessons")
    button.click()
    expect(page.locator("#feed article")).to_have_count(1)
