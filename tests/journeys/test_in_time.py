"""A browser that hangs is ended, whoever waits for it hears that, and the next one gets a new browser."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page

from tests.conftest import Browsers

HANG = "() => { for (;;); }"


def test_a_page_that_hangs_ends_in_time_and_the_next_one_opens(
    browsers: Browsers, stranger: Callable[..., Page]
) -> None:
    hanging, began = stranger(), time.monotonic()
    hanging.goto("/login")
    with browsers.within(1), pytest.raises(Error):
        hanging.evaluate(HANG)
    assert time.monotonic() - began < 20
    page = stranger()
    page.goto("/login")
    assert page.title()
