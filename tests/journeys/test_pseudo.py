"""In a language that nobody speaks: no text was forgotten, and texts that are much longer still fit."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.cast import Cast
from tests.journeys.browsing import LOOKS, Consoles, Visit, deaf, space_out, sticking
from tests.journeys.judged import WHY, Reviews
from tests.journeys.pseudo import all_data, pseudo, speak_it, unsaid
from tests.journeys.scene import Company
from tests.journeys.test_every_page import NOWHERE, WHO, pages_of, speak

# The narrowest of each layout: phone, tablet, desk with its menu. Wider ones have more room for the same.
WIDTHS = (320, 768, 1025) if LOOKS else (320,)


def test_a_text_is_longer_by_nearly_half_and_keeps_what_is_filled_in() -> None:
    said = pseudo("%(num)s activities of <b>%(name)s</b>, 100%%")
    assert (said[0], said[-1]) == ("‹", "›")
    assert all(kept in said for kept in ("%(num)s", "<b>%(name)s</b>", "100%%"))
    plain = "Learned something at work? Tell what you did."
    assert 1.3 < len(pseudo(plain)) / len(plain) < 1.6


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("who", WHO)
def test_no_text_is_forgotten_and_long_ones_fit(
    who: str,
    app: Flask,
    cast: Cast,
    company: Company,
    reviews: Reviews,
    visit: Visit,
    consoles: Consoles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consoles.expected = [f"GET .*{NOWHERE}: 404"]
    speak(app, cast, "en")
    with app.app_context():
        data = all_data() + f" {WHY.lower()}"  # what a review says stands sealed in its row
    speak_it(monkeypatch)
    wrong: list[str] = []
    page = visit(who, NOWHERE, width=WIDTHS[0])
    deaf(page)
    for path in pages_of(company, cast, reviews)[who]:
        page.goto(path)
        wrong += [f"{path}: {one}" for one in looked_at(page, data)]
    assert wrong == [], "\n".join(wrong)


def looked_at(page: Page, data: str) -> list[str]:
    """From narrow to wide and, spaced out, back again."""
    found = [*unsaid(page, data), *(one for width in WIDTHS for one in sticking(page, width))]
    space_out(page)
    return found + [f"spaced out, {one}" for width in reversed(WIDTHS) for one in sticking(page, width)]
