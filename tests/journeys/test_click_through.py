"""Follow every link and press whatever changes nothing: no console complains, and the policy refuses nothing.

Usually each view once at a desk, by whoever comes there first; with MATRIX=full also on a phone, and by
everybody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Error, Page, expect
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.cast import Cast
from tests.journeys.browsing import FULL, Visit, deaf, sticking
from tests.journeys.scene import Company

WHO = ("anna", "mia", "cor", "clara", "dan", "leo")
WIDTHS = (1280, 390) if FULL else (1280,)
GROUPS = [(one,) for one in WHO] if FULL else [WHO]
MOST = 120  # views; more would mean going round in circles
FILE = re.compile(r"\.\w{2,4}$|/assets/")
_LINKS = "() => [...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))"
_SWAP = """() => {
    const links = [...document.querySelectorAll("main a[hx-get]")];
    for (const one of new Map(links.map((link) => [link.getAttribute("hx-target"), link])).values()) one.click();
}"""
# open what opens, twice what closes again; what sends a form is left alone
_PRESS = """() => {
    for (const one of document.querySelectorAll("details:not([open]) > summary")) one.click();
    for (const one of document.querySelectorAll("button[type=button]")) { one.click(); one.click(); }
    for (const one of document.querySelectorAll("form[method=get] select"))
        if (one.options.length > 1) {
            one.selectedIndex = one.options.length - 1;
            one.dispatchEvent(new Event("change", {bubbles: true}));
        }
}"""


@dataclass
class Walk:
    """Everything that one person can come to, one address for each view and each set of questions to it."""

    page: Page
    app: Flask
    seen: set[tuple[str, ...]]
    wrong: list[str] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)

    def go(self) -> None:
        waiting = ["/"]
        while waiting and len(self.visited) < MOST:
            path = waiting.pop(0)
            self.visited.append(path)
            try:
                self.page.goto(path)
            except Error as no:
                if "Download is starting" not in str(no):
                    raise
                continue
            waiting += self._new(path)
            self._press(path)

    def _new(self, path: str) -> Iterator[str]:
        for href in self.page.evaluate(_LINKS):
            to = urlsplit(urljoin(path, href))
            if to.netloc or to.scheme or FILE.search(to.path) or not (kind := self._kind(to.path, to.query)):
                continue
            if kind not in self.seen:
                self.seen.add(kind)
                yield f"{to.path}?{to.query}" if to.query else to.path

    def _kind(self, path: str, query: str) -> tuple[str, ...]:
        try:
            view, _ = self.app.url_map.bind("").match(path)
        except (HTTPException, RequestRedirect):
            self.wrong.append(f"{self.page.url} leads to {path}, where nothing is")
            return ()
        return view, *sorted(parse_qs(query))

    def _press(self, path: str) -> None:
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            for press in (_SWAP, _PRESS):
                self.page.evaluate(press)
                expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        self.wrong += [f"{path}, with everything open: {one}" for one in sticking(self.page, 320)]
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("who", GROUPS, ids="-".join)
def test_nothing_complains_wherever_one_clicks(
    who: tuple[str, ...], app: Flask, cast: Cast, company: Company, visit: Visit
) -> None:
    wrong: list[str] = []
    views: set[str] = set()
    seen: set[tuple[str, ...]] = set()
    for name in who:
        page = visit(name, "/me/settings")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])  # the shell asks nobody
        deaf(page)
        walk = Walk(page, app, seen)
        walk.go()
        wrong += [f"{name} at {one}" for one in walk.wrong]
        views |= {kind[0] for kind in walk.seen}
    assert wrong == [], "\n".join(wrong)
    assert len(views) > (15 if FULL else 35)
