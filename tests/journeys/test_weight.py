"""What a first view weighs, holds and moves, by Chromium's own figures; `python -m tools.weight` tells speeds, too."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext

from tests.cast import Cast, signed_in
from tests.conftest import SHELL, WHOLE, Browsers, found
from tests.journeys.scene import BADGE, Company
from tools.weight import MOST, Figures, measure, too_much

PAGES = ("/", "/learn", "/album", f"/badges/{BADGE}", "/leaderboards", "/lessons", "/kudos")


@pytest.fixture(scope="module")
def browsers(player: Any) -> Iterator[Browsers]:
    """The whole browser, where it is at hand: the shell paints before the fonts have come, and texts move."""
    with found(player, *WHOLE, SHELL) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_a_first_view_is_light_and_stands_still(
    width: int,
    app: Flask,
    cast: Cast,
    company: Company,
    server: str,
    open_context: Callable[..., BrowserContext],
) -> None:
    cookie = signed_in(app, cast.anna).get_cookie("blijk")
    assert cookie is not None
    wrong: list[str] = []
    for path in PAGES:
        found: list[str] = []
        for _ in range(2):  # on a busy machine a font may come late; what moves twice moves
            context = open_context(width=width)
            context.add_cookies([{"name": "blijk", "value": cookie.value, "url": server}])
            found = too_much(measure(context, path))
            context.close()
            if not found:
                break
        wrong += [f"{path}: {one}" for one in found]
    assert wrong == [], "\n".join(wrong)


def test_a_page_that_weighs_too_much_is_named() -> None:
    heavy = Figures(30, 10, 10, 70, 35, 900, 0.1, 0, 0)
    assert {one.split()[0] for one in too_much(heavy)} == {"html", "fonts", "total", "elements", "shift"}
    assert set(MOST) <= {*Figures.__dataclass_fields__, "total"}
