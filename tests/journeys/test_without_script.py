"""Everything works without JavaScript: forms are forms, links are links."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.cast import PASSWORD
from tests.journeys import scene
from tests.journeys.browsing import Consoles, fill_log, share_a_lesson
from tests.journeys.scene import Company


def sign_in(page: Page, name: str) -> Page:
    page.goto("/login")
    page.get_by_label("E-mail address or personnel number").fill(f"{name}@waterveld.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_contain_text(name.capitalize())
    return page


def test_learning_is_logged_with_evidence_confirmed_and_counted(
    catalogue: None, stranger: Callable[..., Page], consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/confirmations/.*: 422"]
    anna = sign_in(stranger(script=False), "anna")
    anna.get_by_role("link", name="Log learning").first.click()
    fill_log(anna, "A night along with the crew").click()
    expect(anna.get_by_role("status").first).to_contain_text("Mia is asked to confirm")
    expect(anna.locator("#mine")).to_contain_text("waits for Mia")
    mia = sign_in(stranger(script=False), "mia")
    mia.get_by_role("link", name="Confirmations").first.click()
    asked = mia.locator("#waiting li")
    expect(asked).to_contain_text("From the first call to the last.")
    expect(asked.get_by_role("link", name="https:")).to_have_attribute(
        "href", "https://waterveld.example/night-crew/12"
    )
    asked.locator("summary").click()
    asked.get_by_role("button", name="Ask what is missing").click()
    expect(asked).to_contain_text("Say in a sentence what is missing")
    asked.get_by_role("button", name="Confirm").click()
    expect(mia.locator("#waiting")).to_contain_text("Nothing waits for you")
    anna.goto("/receipts")
    anna.locator("summary", has_text="A night along with the crew").click()
    expect(anna.locator("details[open]")).to_contain_text("Confirmed by")
    expect(anna.locator("details[open]")).to_contain_text("Mia")


def test_somebody_is_found_and_what_is_not_there_is_asked_for(
    catalogue: None, stranger: Callable[..., Page]
) -> None:
    page = sign_in(stranger(script=False), "anna")
    page.locator("#search-q").fill("BEN")
    page.locator("#search-q").press("Enter")
    page.locator("#found").get_by_role("link", name="Ben", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Ben")
    page.locator("#search-q").fill("paragliding")
    page.get_by_role("search").get_by_role("button").click()
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("status").first).not_to_be_empty()


def test_a_lesson_is_shared_applied_and_taken_away(
    catalogue: None, stranger: Callable[..., Page], visit: Callable[..., Page]
) -> None:
    anna = visit("anna", script=False)
    share_a_lesson(anna)
    ben = visit("ben", "/lessons", script=False)
    lesson = ben.locator("article.lesson")
    lesson.locator("summary").click()
    lesson.get_by_label("How do you apply it?").fill("At every valve in the old town.")
    lesson.get_by_role("button", name="I apply this").click()
    expect(ben.locator("#appliers")).to_contain_text("At every valve in the old town.")
    anna.goto("/lessons?show=mine")
    anna.get_by_role("button", name="Delete").click()
    expect(anna.locator("article.lesson")).to_have_count(0)
    ben.goto("/lessons")
    expect(ben.locator("main")).not_to_contain_text(scene.LESSON["title"])
    anna.get_by_role("button", name="Undo").click()
    expect(anna.get_by_role("heading", name=scene.LESSON["title"])).to_be_visible()
    expect(anna.locator("#appliers")).to_contain_text("At every valve in the old town.")
    anna.get_by_role("button", name="Delete").click()
    expect(anna.locator("#feed")).to_contain_text("Lesson deleted.")


def test_two_colleagues_are_thanked_at_once(catalogue: None, visit: Callable[..., Page]) -> None:
    anna = visit("anna", "/kudos", script=False)
    anna.get_by_label("Name of a colleague").fill("Ben")
    anna.get_by_role("button", name="Add").click()
    expect(anna.get_by_role("checkbox", name="Ben")).to_be_checked()
    anna.get_by_label("Somebody else as well").fill("Mia")
    anna.get_by_label("What did they do?").fill(scene.THANKS)
    anna.get_by_label("What you saw").select_option(label="Customer")
    anna.get_by_role("button", name="Give kudos").click()
    expect(anna.locator("#feed")).to_contain_text("You thanked Ben and Mia")
    mia = visit("mia", "/", script=False)
    expect(mia.locator("#foryou blockquote")).to_have_text(scene.THANKS)
    mia.get_by_role("button", name="Say thanks").click()
    expect(mia.locator("main")).to_contain_text("You said thanks")


def test_the_catalogue_the_board_the_language_and_the_choices_are_plain_forms(
    company: Company, visit: Callable[..., Page]
) -> None:
    anna = visit("anna", "/learn", script=False)
    anna.get_by_label("Kind").select_option("workshop")
    anna.get_by_role("button", name="Show").click()
    expect(anna.locator(".offer-kind").first).to_contain_text("Workshop")
    expect(anna.locator(".offer-kind", has_text="Course")).to_have_count(0)
    anna.goto("/leaderboards")
    anna.get_by_text("Year", exact=True).click()
    anna.get_by_role("button", name="Show").click()
    expect(anna.get_by_role("radio", name="Year")).to_be_checked()
    anna.goto("/me/settings")
    anna.get_by_role("radio", name="Not at all").check()
    anna.locator("form", has=anna.get_by_role("heading", name="On the leaderboards")).get_by_role(
        "button"
    ).click()
    expect(anna.get_by_role("radio", name="Not at all")).to_be_checked()
    anna.goto("/leaderboards")
    expect(anna.locator("#board")).to_contain_text("You do not take part")
    anna.get_by_role("button", name="Nederlands").first.click()
    expect(anna.locator("html")).to_have_attribute("lang", "nl")
    expect(anna.locator("#board")).to_contain_text("Je doet niet mee")
    anna.get_by_role("button", name="Uitloggen").first.click()
    anna.goto("/album")
    expect(anna).to_have_url(re.compile(r"/login"))


def test_a_newcomer_sets_a_password_and_says_how_it_should_be(
    catalogue: None, invitation: str, stranger: Callable[..., Page], consoles: Consoles
) -> None:
    consoles.expected = ["POST .*/welcome/.*: 422", "GET .*/welcome/.*: 404"]
    cor = stranger(script=False)
    cor.goto(f"/welcome/{invitation}")
    for again, after in (("not the same", "The two are not the same"), (PASSWORD, "Step 1 of 4")):
        cor.get_by_label("New password").fill(PASSWORD)
        cor.get_by_label("The same once more").fill(again)
        cor.get_by_role("button", name="Save and go on").click()
        expect(cor.locator("main")).to_contain_text(after)
    cor.get_by_role("button", name="English").last.click()
    cor.get_by_role("button", name="Without").click()
    expect(cor.locator("main")).to_contain_text("Step 3 of 3")
    cor.get_by_role("link", name="Back").click()
    cor.get_by_role("button", name="Skip for now").click()
    cor.get_by_role("button", name="My team").click()
    expect(cor.get_by_role("heading", name="Where would you like to begin?")).to_be_visible()
    expect(cor.get_by_role("link", name="Leaderboards")).to_have_count(0)
    cor.goto(f"/welcome/{invitation}")
    expect(cor.get_by_role("heading", level=1)).to_have_text("Nothing here")


def test_badges_are_chosen_put_in_order_and_shown_to_the_world(
    company: Company, visit: Callable[..., Page], stranger: Callable[..., Page], consoles: Consoles
) -> None:
    consoles.expected = ["GET .*/u/anna: 404"]
    anna = visit("anna", "/me/settings", script=False)
    anna.get_by_role("link", name="What others see of you").click()
    rows = anna.locator("#showcase li")
    names = [rows.nth(at).locator("b").inner_text() for at in range(2)]
    for name in names:
        rows.filter(has_text=name).get_by_role("checkbox").check()
    anna.locator("#save-showcase").click()
    expect(anna.locator("#showcase")).to_contain_text("2 of at most 6")
    rows.filter(has_text=names[1]).get_by_role("button", name="Move up").click()
    expect(rows.first).to_contain_text(names[1])
    expect(rows.first.get_by_role("button", name="Move down")).to_be_focused()
    anna.get_by_role("link", name="Your page for colleagues").click()
    expect(anna.locator(".album b").first).to_have_text(names[1])
    outside = stranger(script=False)
    outside.goto("/u/anna")
    expect(outside.locator("h1")).not_to_contain_text("Anna")
    anna.go_back()
    anna.get_by_label("Show my public page").check()
    anna.locator("#save-public").click()
    expect(anna.locator("#public")).to_contain_text("Switched on")
    outside.goto("/u/anna?lang=nl")
    expect(outside.locator("h1")).to_have_text("Anna")
    outside.get_by_role("link", name="English").first.click()
    expect(outside.locator("html")).to_have_attribute("lang", "en")
    expect(outside.locator("h1")).to_have_text("Anna")


def test_learning_is_found_and_opened_and_a_file_is_sent(
    company: Company, visit: Callable[..., Page], tmp_path: Path
) -> None:
    anna = visit("anna", "/learn", script=False)
    anna.get_by_label("Words").fill("confined")
    anna.get_by_role("button", name="Show").click()
    anna.locator(".offer h2 a").click()
    expect(anna.get_by_role("heading", level=1)).to_have_text(scene.entry("confined-spaces")["title"]["en"])
    phone = visit("anna", "/learn", script=False, width=390)
    phone.locator(".filters-more summary").click()
    phone.get_by_label("Kind").select_option("workshop")
    phone.get_by_role("button", name="Show").click()
    phone.get_by_role("link", name="Leave out: Workshop").click()
    expect(phone).to_have_url(re.compile("/learn$"))
    anna.goto("/leaderboards")
    anna.get_by_label("Whose board").select_option(index=1)
    anna.get_by_role("button", name="Show").click()
    expect(anna).to_have_url(re.compile(r"scope="))
    file = tmp_path / "people.csv"
    file.write_text("external_id,name\np-1,Somebody New\n")
    dan = visit("dan", "/admin/people/import", script=False)
    dan.get_by_label("File of HR").set_input_files(file)
    dan.get_by_role("button", name="See what it would change").click()
    expect(dan.get_by_role("button", name="Do it")).to_be_visible()
