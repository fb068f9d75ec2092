"""By keyboard alone: everything is reached by Tab, and the focus is never lost."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD, Cast
from tests.journeys import scene
from tests.journeys.browsing import Visit, deaf, lost_focus, tab_to
from tests.journeys.scene import Company


def test_signing_in_goes_past_the_menu_to_the_content(cast: Cast, stranger: Callable[..., Page]) -> None:
    page = stranger()
    page.goto("/login")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#login")).to_be_focused()
    page.keyboard.type("anna@waterveld.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Anna")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#main') !== null")


def test_somebody_is_found_from_the_field_of_every_page(cast: Cast, visit: Visit) -> None:
    page = visit("anna", "/kudos")
    tab_to(page, "#search-q")
    page.keyboard.type("be")
    hit = page.locator("#glance").get_by_role("link", name="Ben")
    expect(hit).to_be_visible()
    page.keyboard.press("Tab")  # past the button, which stands before the hits
    page.keyboard.press("Tab")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/people/ben$"))
    page.locator("#search-q").focus()
    page.keyboard.type("be")
    expect(hit).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search-q")).to_have_value("")
    expect(hit).to_have_count(0)
    page.keyboard.type("anna")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search[?]q=anna$"))
    expect(page.locator("#search-q")).to_have_value("anna")


def test_a_lesson_is_shared_and_the_focus_lands_on_its_heading(company: Company, visit: Visit) -> None:
    page = visit("anna", "/lessons")
    tab_to(page, "#composer [name=outcome]")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Went wrong", exact=True)).to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Near miss")).to_be_checked()
    for text in ("A ladder on wet clay slides", "The ladder slid a metre before it held.", "Clay is soap."):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.type("We lay a board under it first.")
    page.keyboard.press("Tab")
    expect(page.locator("#f-skills")).to_be_focused()
    page.keyboard.press("ArrowDown")
    tab_to(page, "#f-audience")
    page.keyboard.press("Control+Enter")
    heading = page.get_by_role("heading", name="A ladder on wet clay slides")
    expect(heading).to_be_focused()
    expect(page.locator("#feed article").first).to_contain_text("Near miss")
    expect(page.locator("#status")).to_contain_text("Shared")
    expect(page.locator("#f-title")).to_have_value("")


def test_a_filter_of_the_catalogue_keeps_the_focus(company: Company, visit: Visit) -> None:
    page = visit("anna", "/learn")
    tab_to(page, "#f-q")
    page.keyboard.type("valve")
    number = page.locator("#results [role=status]")
    expect(number).to_have_text(re.compile(r"^[2-9] activities$"))
    found = number.inner_text()
    expect(page.locator("#f-q")).to_be_focused()
    tab_to(page, "#f-kind")
    page.keyboard.type("Art")
    expect(number).to_have_text("1 activity")
    expect(page.locator("#f-kind")).to_be_focused()
    expect(page.locator(".offer h2")).to_contain_text(scene.entry("valves-handbook")["title"]["en"])
    page.go_back()
    expect(number).to_have_text(found)
    expect(page.locator("#f-q")).to_have_value("valve")
    expect(page.locator("#f-kind")).to_have_value("")


def test_on_a_phone_the_filters_open_and_what_is_on_stays_in_sight(company: Company, visit: Visit) -> None:
    page = visit("anna", "/learn", width=390)
    first = page.locator(".offer").first.bounding_box()
    assert first is not None
    assert first["y"] < 500
    expect(page.locator("#f-kind")).to_be_hidden()
    tab_to(page, ".filters-more summary")
    page.keyboard.press("Enter")
    tab_to(page, "#f-kind")
    with page.expect_response("**/learn?*"):
        page.keyboard.type("Art")
    expect(page.locator("#filters-on")).to_have_text("1 is on")
    expect(page.locator("#f-kind")).to_be_focused()
    off = page.get_by_role("link", name="Leave out: Article")
    expect(off).to_be_visible()
    off.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/learn$"))
    expect(page.locator("#filters-on")).to_be_hidden()


@pytest.mark.slow
def test_another_period_of_the_board_keeps_the_focus_and_is_said(company: Company, visit: Visit) -> None:
    page = visit("anna", "/leaderboards")
    tab_to(page, "input[name=period]")
    before = page.evaluate("document.activeElement.value")
    with page.expect_response("**/leaderboards?*"):
        page.keyboard.press("ArrowRight")
    after = page.locator("input[name=period]:checked")
    expect(after).to_be_focused()
    assert after.get_attribute("value") != before
    expect(page.locator("#board .rank-me")).to_be_visible()
    expect(page.locator("#status")).not_to_be_empty()


def test_the_focus_goes_to_the_next_log_when_one_is_confirmed(company: Company, visit: Visit) -> None:
    page = visit("mia", "/confirmations")
    first, second, third = page.locator("#waiting li h3").all_text_contents()
    tab_to(page, "#waiting li:nth-of-type(2) button[value=confirm]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=third)).to_be_focused()
    expect(page.get_by_role("heading", name=second)).to_have_count(0)
    tab_to(page, "button[value=confirm]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=first)).to_be_focused()
    tab_to(page, "button[value=confirm]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_focused()


def test_the_menu_of_the_phone_opens_closes_and_gives_the_focus_back(company: Company, visit: Visit) -> None:
    page = visit("anna", "/album", width=390)
    tab_to(page, ".tabbar [popovertarget=menu]")
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#menu a:visible").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    expect(page.locator(".tabbar [popovertarget=menu]").first).to_be_focused()


@pytest.mark.slow
def test_badges_are_chosen_and_put_in_order_and_the_focus_stays_with_the_one_that_moves(
    company: Company, visit: Visit
) -> None:
    page = visit("anna", "/me/profile")
    boxes = page.locator("#showcase input[type=checkbox]")
    names = [boxes.nth(at).get_attribute("value") for at in range(3)]
    for name in names:
        tab_to(page, f'#showcase [value="{name}"]')
        page.keyboard.press("Space")
    page.keyboard.press("Enter")  # in a box, as in any form: it keeps what is ticked, and moves nothing
    expect(page.locator("#status")).to_have_text("Saved.")
    assert [boxes.nth(at).get_attribute("value") for at in range(3)] == names
    expect(page.locator(f'#showcase [value="{names[2]}"]')).to_be_checked()
    tab_to(page, f"#up-{names[2]}")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("number 2 of 3")
    expect(page.locator(f"#up-{names[2]}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("number 1 of 3")
    expect(page.locator(f"#down-{names[2]}")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#status")).to_contain_text("number 2 of 3")
    expect(page.locator(f"#down-{names[2]}")).to_be_focused()
    page.reload()
    kept = [boxes.nth(at).get_attribute("value") for at in range(3)]
    assert kept == [names[0], names[2], names[1]]
    tab_to(page, "#save-public")
    expect(page.locator("#public")).to_contain_text("Switched off")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#public")).to_contain_text("Switched on")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_the_focus_is_seen_wherever_it_goes(width: int, company: Company, visit: Visit) -> None:
    """With its outline, and not under the bars that stay where they are."""
    wrong: list[str] = []
    for name, paths in (
        ("anna", ["/", "/learn", "/learn/confined-spaces", "/lessons", "/kudos", "/album", "/me/settings"]),
        ("mia", ["/confirmations", "/leaderboards", "/log"]),
    ):
        page = visit(name, width=width)
        deaf(page)
        for path in paths:
            page.goto(path)
            wrong += [f"{path}: {one}" for one in lost_focus(page)]
    assert wrong == []


def test_learning_is_found_opened_and_logged(company: Company, visit: Visit) -> None:
    page = visit("anna", "/learn")
    tab_to(page, "#f-q")
    page.keyboard.type("confined")
    expect(page.locator("#results [role=status]")).to_have_text("1 activity")
    tab_to(page, ".offer h2 a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(scene.entry("confined-spaces")["title"]["en"])
    page.goto("/log")
    tab_to(page, "#f-title")
    page.keyboard.type("A night along")
    tab_to(page, "[name=kind]")
    page.keyboard.press("Space")
    tab_to(page, "#f-skill_id")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#f-note")
    page.keyboard.type("From the first call to the last.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#log-form")).to_contain_text("Mia is asked to confirm")


def test_a_colleague_is_thanked_and_a_lesson_applied(company: Company, visit: Visit) -> None:
    page = visit("anna", "/kudos")
    tab_to(page, "#f-receivers")
    page.keyboard.type("Ben")
    tab_to(page, "#f-message")
    page.keyboard.type("You drew the whole net on a napkin, and it was right.")
    tab_to(page, "#f-skill_id")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#kudos-form button:not([name])")
    page.keyboard.press("Enter")
    expect(page.locator("#feed")).to_contain_text("on a napkin")
    page.wait_for_function("document.activeElement !== document.body")
    page.goto("/lessons")
    tab_to(page, "#feed summary.btn-soft")
    page.keyboard.press("Enter")
    tab_to(page, "[name=how]")
    page.keyboard.type("At every valve in the old town.")
    page.keyboard.press("Enter")
    expect(page.locator("#feed")).to_contain_text("You apply this")
    expect(page.locator("#feed article:focus-within")).to_have_count(1)


@pytest.mark.slow
def test_another_board_a_receipt_and_a_choice(company: Company, visit: Visit) -> None:
    page = visit("anna", "/leaderboards")
    tab_to(page, "#scope")
    with page.expect_response("**/leaderboards?*"):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#scope")).to_be_focused()
    expect(page.locator("#status")).not_to_be_empty()
    page.goto("/receipts")
    tab_to(page, "details.receipt summary")
    page.keyboard.press("Enter")
    expect(page.locator("details.receipt[open] dl").first).to_be_visible()
    page.goto("/me/settings")
    tab_to(page, "[name=board_choice]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#save-board")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Saved.")


@pytest.mark.slow
def test_a_file_is_chosen_and_sent(cast: Cast, visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("external_id,name\np-1,Somebody New\n")
    page = visit("dan", "/admin/people/import")
    tab_to(page, "input[type=file]")
    page.locator("input[type=file]").set_input_files(file)  # what the system's own window does
    tab_to(page, "form[enctype] button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Do it")).to_be_visible()
