"""A file on its way: how far it is, what comes back with it, and who opens it in the end."""

import io
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys.browsing import Consoles, Visit, fill_lesson, fill_log

SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
BARS = """() => { window.bars = []; document.addEventListener("htmx:xhr:progress", () => {
    const bar = document.querySelector(".sending");
    if (bar && !bar.hidden) window.bars.push(bar.value / bar.max);
}); }"""


def throttle(page: Page, how: dict[str, object]) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", how)


def document(folder: Path, kilobytes: int) -> Path:
    made = folder / "certificate.pdf"
    made.write_bytes(b"%PDF-1.7 " + b"0" * kilobytes * 1000)
    return made


def photo(folder: Path) -> Path:
    written = io.BytesIO()
    Image.effect_noise((900, 900), 80).convert("RGB").save(written, "PNG")
    made = folder / "valve.png"
    made.write_bytes(written.getvalue())
    return made


def test_a_log_says_how_far_its_file_is_and_its_confirmer_opens_it(
    app: Flask, catalogue: None, visit: Visit, consoles: Consoles, tmp_path: Path
) -> None:
    page = visit("anna", "/log")
    bar = page.locator(".sending")
    expect(bar).to_be_hidden()
    send = fill_log(page, "A night along")
    page.get_by_label("File").set_input_files(document(tmp_path, 900))
    page.evaluate(BARS)
    throttle(page, SLOW)
    send.click()
    expect(bar).to_be_visible()
    expect(page.get_by_text("is asked to confirm")).to_be_visible(timeout=20_000)
    far = page.evaluate("bars")
    assert len(far) > 2
    assert far == sorted(far)
    assert 0 < far[0] < far[-1] <= 1
    expect(bar).to_be_hidden()
    mia = visit("mia", "/confirmations")
    with mia.expect_download() as taken:
        mia.get_by_role("link", name="certificate.pdf").click()
    assert taken.value.suggested_filename == "certificate.pdf"
    assert Path(taken.value.path()).stat().st_size == 900_009


@pytest.mark.slow
def test_a_lesson_says_how_far_its_picture_is(
    app: Flask, catalogue: None, visit: Visit, consoles: Consoles, tmp_path: Path
) -> None:
    page = visit("anna", "/lessons")
    share = fill_lesson(page)
    page.locator("#composer summary", has_text="picture").click()
    page.get_by_label("File").set_input_files(photo(tmp_path))
    page.get_by_label("What it shows").fill("A valve from above")
    page.evaluate(BARS)
    throttle(page, SLOW)
    share.click()
    expect(page.locator("#feed article img")).to_be_visible(timeout=20_000)
    assert page.evaluate("bars.length") > 2


def test_the_bar_goes_when_the_way_is_broken_off_and_never_comes_for_what_is_small(
    app: Flask, catalogue: None, visit: Visit, consoles: Consoles
) -> None:
    page = visit("anna", "/log")
    tell = "(form, [what, loaded, total]) => htmx.trigger(form, `htmx:xhr:${what}`, {loaded, total})"
    form, bar = page.locator("#log-form"), page.locator(".sending")
    form.evaluate(tell, ["progress", 5_000, 9_000])
    expect(bar).to_be_hidden()
    form.evaluate(tell, ["progress", 300_000, 900_000])
    expect(bar).to_be_visible()
    assert bar.evaluate("(one) => one.position") == 1 / 3
    form.evaluate(tell, ["loadend", 0, 0])
    expect(bar).to_be_hidden()


def test_without_script_a_form_that_comes_back_has_its_file_and_can_lose_it(
    app: Flask, catalogue: None, visit: Visit, consoles: Consoles, tmp_path: Path
) -> None:
    consoles.expected = ["POST .*/log: 422"]
    page = visit("anna", "/log", script=False)
    send = fill_log(page, "A night along", who="Nobody of that name")
    page.get_by_label("File").set_input_files(document(tmp_path, 3))
    send.click()
    expect(page.locator("#log-file")).to_contain_text("certificate.pdf")
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_label("What", exact=True)).to_have_value("A night along")
    page.get_by_label("File").set_input_files(document(tmp_path, 3))
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#log-file")).to_contain_text("Kept here for you, for 30 days.")
    page.get_by_label("Who can confirm it").fill("")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#mine")).to_contain_text("certificate.pdf")
