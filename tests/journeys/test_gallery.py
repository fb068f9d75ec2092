"""Every part in every state is sound: to axe, on a narrow phone, under a finger."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browsing import headless, sideways, space_out, too_small, unfit


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "lang", "width"), [("light", "nl", 390), ("dark", "en", 1280)])
def test_nothing_is_wrong_with_any_part(
    theme: str, lang: str, width: int, stranger: Callable[..., Page]
) -> None:
    """In its own theme, and in the other one: what is chosen goes before what the device likes."""
    page = stranger(width=width, dark=theme == "dark")
    wrong: list[str] = []
    for one, show in (("dark", "wrong"), ("dark", "file"), ("light", ""), ("dark", "")):
        page.goto(f"/dev/gallery?theme={one}&lang={lang}&show={show}")
        wrong += [
            f"{one} {show}: {fault}" for fault in (*headless(page, lang), *unfit(page), *too_small(page))
        ]
    wrong += sideways(page, (320, 390, 768, 1280))
    space_out(page)
    wrong += [f"spaced out, {fault}" for fault in sideways(page, (320, 1280))]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.slow
def test_both_themes_stand_beside_each_other_in_their_own_colours(stranger: Callable[..., Page]) -> None:
    page = stranger()
    page.goto("/dev/gallery")
    grounds = page.locator(".gallery-theme").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
    )
    assert grounds == ["rgb(238, 243, 242)", "rgb(11, 22, 24)"]
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/dev/gallery?show=award")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
