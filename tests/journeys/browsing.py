"""What journeys do and look at: wait until a page listens, let the worker work, find a figure."""

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Locator, Page, Request, expect

from app import live, worker
from app.db import db
from app.leaderboards import actions as boards
from tests.journeys.scene import LESSON, THANKS

# An answer of 400 and more is heard with its address; a request that a newer one overtakes is no fault. Nor is a stream
# that ends, as after signing out elsewhere: htmx writes the event itself into the console, and opens the stream anew.
NOISE = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort", "[object Event]")
PATIENCE = 30_000  # the machine may be busy; nothing waits for longer than it has to
Visit = Callable[..., Page]
LOCALES = {"en": "en-GB", "nl": "nl-NL"}
# `looks` sees each page and each swap in every language, theme and width, as .ci/run does; `full` also takes each way
# through the pages on a phone and at a desk, and by everybody
FULL = os.environ.get("MATRIX") == "full"
LOOKS = FULL or os.environ.get("MATRIX") == "looks"


@dataclass
class Consoles:
    """What the pages of one test complained about; `expected` are patterns of what it provokes itself."""

    said: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self._hear(page, message.type, message.text))
        page.on("pageerror", lambda fault: self.said.append(f"{page.url}: {fault}"))
        page.on("response", lambda answer: self._answer(answer.status, answer.request.method, answer.url))

    def _hear(self, page: Page, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(NOISE):
            self.said.append(f"{page.url}: {text}")

    def _answer(self, status: int, method: str, url: str) -> None:
        if status >= 400:
            self.said.append(f"{method} {url}: {status}")

    @property
    def complaints(self) -> list[str]:
        return [text for text in self.said if not any(re.search(one, text) for one in self.expected)]


def work() -> None:
    """The worker hands on all that waits, once."""
    boards.keep_whole(worker.now())
    while worker.relay(worker.now()):
        pass
    db.session.remove()


def listens(app: Flask, person_id: int) -> None:
    """Wait until a page of this person hears what happens: its stream is open, and the hub hears Redis."""
    hub, redis = app.extensions["hub"], app.extensions["redis"]
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        with hub.lock:
            seated = any(seat.person_id == person_id for seat in hub.seats)
        channel = live.channel_of(redis)
        if seated and dict(redis.pubsub_numsub(channel)).get(channel.encode()):
            return
        time.sleep(0.02)
    pytest.fail("the page never listened")


def deaf(page: Page) -> None:
    """From its next address on no stream is opened: pages that are left within a moment would use up the seats."""
    page.add_init_script("window.EventSource = class extends EventTarget { close() {} };")


def figure(page: Page, label: str) -> Locator:
    """One of the figures of the home page."""
    return page.locator(".stat", has=page.get_by_text(label, exact=True)).locator("dd").first


def fill_lesson(page: Page, **other: str) -> Locator:
    """Fill in the composer; returns its button."""
    lesson = {**LESSON, **other}
    form = page.locator("#composer")
    form.get_by_text("Went wrong", exact=True).click()
    form.get_by_label("In one line").fill(lesson["title"])
    form.get_by_label("What happened?").fill(lesson["happened"])
    form.get_by_label("What did you learn from it?").fill(lesson["learned"])
    form.get_by_label("What do you do from now on?").fill(lesson["from_now_on"])
    form.get_by_label("Skill").select_option(label="Craft")
    form.get_by_label("Who can read it").select_option("everyone")
    return form.get_by_role("button", name="Share lesson")


def share_a_lesson(page: Page, **other: str) -> None:
    """With or without script."""
    page.goto("/lessons")
    fill_lesson(page, **other).click()
    expect(page.get_by_role("heading", name=other.get("title", LESSON["title"]))).to_be_visible()


def fill_kudos(page: Page, name: str, message: str = THANKS) -> Locator:
    """Fill in the form on the wall; returns its button."""
    page.get_by_label("Name of a colleague").fill(name)
    page.get_by_label("What did they do?").fill(message)
    page.get_by_label("What you saw").select_option(label="Customer")
    return page.get_by_role("button", name="Give kudos")


def fill_log(page: Page, title: str, **other: str) -> Locator:
    """Fill in the form for own learning; returns its button."""
    page.get_by_label("What", exact=True).fill(title)
    page.get_by_text("On the job", exact=True).click()
    page.get_by_label("Skill").select_option(label="Safety")
    page.get_by_label("Hours").fill("7.5")
    page.get_by_label("What you did").fill(other.get("note", "From the first call to the last."))
    page.get_by_label("Link").fill(other.get("link", "https://waterveld.example/night-crew/12"))
    page.get_by_label("Who can confirm it").fill(other.get("who", ""))
    return page.get_by_role("button", name="Send")


# What must hold for every page ------------------------------------------------------------------------------

_AXE = """async ([rules, less]) => {
    if (!window.axe) return null;
    const only = rules ? {runOnly: {type: "rule", values: rules}}
        : {rules: Object.fromEntries(less.map((name) => [name, {enabled: false}]))};
    return (await axe.run(document, {resultTypes: ["violations"], ...only})).violations.flatMap(
        (one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.failureSummary}`));
}"""
_STICKING = """() => {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than ${innerWidth}: `
        + [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 3).map((one) => one.outerHTML.slice(0, 90)).join(" "));
    const cut = [...document.querySelectorAll("main *, nav *, header *")].filter((one) => {
        if (one.scrollWidth <= one.clientWidth + 1) return false;
        const {overflowX: how, clipPath} = getComputedStyle(one);
        return (how === "clip" || how === "hidden") && clipPath === "none"
            && !one.matches(".vh, .trunc, progress, input, select");
    });
    return [...found, ...cut.slice(0, 3).map((one) =>
        `cut off at ${innerWidth}: ${one.localName}.${[...one.classList].join(".")}`)];
}"""
_SMALL = """() => {
    // WCAG 2.5.8: 24 by 24, or in a line of text, or so far from others that circles of 24 round them do not touch
    const shown = (one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".vh, .skip");
    const pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    const boxes = new Map();
    for (const one of document.querySelectorAll(pressed)) {
        const label = one.labels && [...one.labels].find((label) => label.contains(one)), at = label || one;
        if (!one.disabled && shown(at)) boxes.set(at, at.getBoundingClientRect());
    }
    const small = [...boxes].filter(([one, box]) => (box.width < 23.9 || box.height < 23.9) && box.width && box.height);
    const near = (x, y, box) => Math.hypot(x - Math.max(box.left, Math.min(x, box.right)),
        y - Math.max(box.top, Math.min(y, box.bottom))) < 12;
    const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
    return small.filter(([one, box]) => {
        const within = one.closest("p, li, dd, td, small, span, b, h1, h2, h3, div");
        const inText = within.innerText.trim() !== one.innerText.trim();
        if (inText && getComputedStyle(one).display === "inline") return false;
        const [x, y] = middle(box);
        return [...boxes].some(([other, place]) => other !== one && !other.contains(one) && !one.contains(other)
            && near(x, y, place)) || small.some(([other, place]) => other !== one
            && Math.hypot(x - middle(place)[0], y - middle(place)[1]) < 24);
    }).map(([one, box]) => `${Math.round(box.width)}x${Math.round(box.height)}: ${one.outerHTML.slice(0, 100)}`);
}"""
_FOCUSED = """() => {
    // what has the focus shows an outline, and not all of it lies under something else (WCAG 2.4.7, 2.4.11)
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const shown = one.matches(".vh, .choice input") ? one.closest("label") : one, box = shown.getBoundingClientRect();
    const {outlineStyle, outlineWidth} = getComputedStyle(shown), wrong = [];
    if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) wrong.push("no outline");
    const spots = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].map(([x, y]) =>
        document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
    if (!spots.some((spot) => spot && (shown.contains(spot) || spot.contains(shown) && spot !== document.body
        && !spot.matches("html, main, .shell *, .tabbar, .mobar")))) wrong.push("covered");
    return wrong.map((fault) => `${fault}: ${one.outerHTML.slice(0, 110)}`);
}"""
# Colours pass over into those of another theme, however fast, and those inside after those around them.
_STILL = """() => {
    if (document.adoptedStyleSheets.some((one) => one.still)) return;
    const sheet = Object.assign(new CSSStyleSheet(), {still: true});
    sheet.replaceSync("*, *::before, *::after { transition-property: none !important }");
    document.adoptedStyleSheets.push(sheet);
}"""
_SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-block-end: 2em !important }`);
    document.adoptedStyleSheets.push(sheet);
}"""
_HEAD = """() => ({h1: document.querySelectorAll("h1").length, title: document.title.split(" · ")[0].trim(),
    lang: document.documentElement.lang, mains: document.querySelectorAll("main").length})"""


def standing(page: Page) -> Page:
    """The page, once the document that was asked for is there as a whole: a click does not wait for it."""
    page.wait_for_load_state("load")
    page.wait_for_function("document.readyState === 'complete' && document.body")
    return page


def unfit(page: Page, rules: Sequence[str] | None = None, less: Sequence[str] = ()) -> list[str]:
    """What axe finds wrong with the page as it stands now, by all rules less some, or by these alone."""
    standing(page)
    found: list[str] | None = page.evaluate(_AXE, [rules, less])
    if found is None:
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate(_AXE, [rules, less])
    assert found is not None
    return found


def sideways(page: Page, widths: Sequence[int]) -> list[str]:
    """Where the page is wider than its window; the width is as it was afterwards."""
    before = page.viewport_size
    found = [one for width in widths for one in sticking(page, width)]
    if before:
        page.set_viewport_size(before)
    return found


def sticking(page: Page, width: int) -> list[str]:
    """What is wider than a window of this width, which it has from now on, or cut off in it."""
    page.set_viewport_size({"width": width, "height": 900})
    found: list[str] = standing(page).evaluate(_STICKING)
    if found:  # what stood so for a frame, while the page took its new width, is not seen by anybody
        page.wait_for_timeout(300)
        found = standing(page).evaluate(_STICKING)
    return found


def too_small(page: Page) -> list[str]:
    """What is smaller than a finger and has no room around it."""
    found: list[str] = standing(page).evaluate(_SMALL)
    return [f"too small, {one}" for one in found]


def space_out(page: Page) -> None:
    """Text as wide as WCAG 1.4.12 lets readers set it."""
    page.evaluate(_SPACED)


# A theme and a width need no new page: it follows the device. Another theme has other colours, and nothing else.
Theme = Literal["light", "dark"]
COLOURS = ("color-contrast", "link-in-text-block")
WIDTHS = (1280, 768, 390, 320)
LOOKED_AT = (1280, 390)


def theme_of(page: Page) -> Theme:
    return "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"


def in_both_themes(page: Page, first: Theme) -> list[str]:
    """What axe finds in the first, and what is wrong with the colours of the other, which is left standing."""
    second: Theme = "light" if first == "dark" else "dark"
    found = []
    for theme, rules in ((first, None), (second, COLOURS)):
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}, {one}" for one in unfit(page, rules)]
    return found


def as_it_stands(page: Page, *, other_words: bool = False, crossed: bool = True) -> list[str]:
    """What is wrong with the page in both themes on a phone and at a desk, and between; it is given back as it was.

    Other words change what is wide, and neither colours nor roles: then axe looks at the phone alone, and not at
    colours, which is most of its work. Not `crossed`: in one theme at a desk and in the other on a phone.
    """
    before, first, found = page.viewport_size, theme_of(page), []
    theme = first
    page.evaluate(_STILL)
    for width in WIDTHS:
        found += sticking(page, width)
        if width not in LOOKED_AT or (other_words and width == LOOKED_AT[0]):
            continue
        if other_words:
            seen = unfit(page, less=COLOURS)
        elif crossed:
            seen = in_both_themes(page, theme)
        else:
            seen = [f"{theme}, {one}" for one in unfit(page)]
            page.emulate_media(color_scheme="light" if theme == "dark" else "dark")
        found += [f"at {width}, {one}" for one in (*seen, *too_small(page))]
        theme = theme_of(page)
    page.emulate_media(color_scheme=first)
    if before:
        page.set_viewport_size(before)
    return found


def in_every_look(page: Page, lang: str = "nl") -> list[str]:
    """The same of a page as it was opened; then with its text spaced out, which it stays."""
    before, found = page.viewport_size, as_it_stands(page, other_words=not FULL and lang != "nl")
    space_out(page)
    found += [f"spaced out, {one}" for width in reversed(WIDTHS) for one in sticking(page, width)]
    if before and before["width"] != WIDTHS[0]:
        page.set_viewport_size(before)
    return found


@dataclass
class Eye:
    """Looks at a page after each step, and keeps what it saw. `of` names the view whose answer was swapped in:
    tests/journeys/test_after_each_swap.py asks for a look at each that the templates name."""

    page: Page
    app: Flask
    wrong: list[str] = field(default_factory=list)
    swapped: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._hear)

    def _hear(self, asked: Request) -> None:
        if asked.headers.get("hx-request"):
            self.swapped.append((asked.method, urlsplit(asked.url).path))

    def look(self, after: str, of: str = "") -> None:
        found = as_it_stands(self.page, crossed=FULL) if LOOKS else self._at_once()
        doors = self.app.url_map.bind("")
        if of and of not in {doors.match(path, method)[0] for method, path in self.swapped}:
            found.append(f"nothing of {of} was swapped in, only {self.swapped}")
        self.wrong += [f"{after}: {one}" for one in found]
        self.swapped.clear()

    def _at_once(self) -> list[str]:
        widths = (320, (self.page.viewport_size or {}).get("width", 1280))
        return [*sideways(self.page, widths), *unfit(self.page), *too_small(self.page)]


def headless(page: Page, lang: str) -> list[str]:
    """What the head of the page lacks."""
    head = standing(page).evaluate(_HEAD)
    wanted = {"h1": 1, "lang": lang, "mains": 1}
    found = [f"{name} is {head[name]!r}" for name, value in wanted.items() if head[name] != value]
    return found if head["title"] else [*found, "no title"]


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"{most} times Tab do not lead to {selector}")


def lost_focus(page: Page, most: int = 150) -> list[str]:
    """Go through the whole page by Tab: where the focus cannot be seen."""
    found: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        faults = page.evaluate(_FOCUSED)
        if faults:
            page.wait_for_timeout(60)  # what moves into sight needs a frame or two
            faults = page.evaluate(_FOCUSED)
        if faults is None:
            return found
        found += faults
    return found
