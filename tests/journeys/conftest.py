"""People at real browsers: the server of the tests, a worker beside it, and an eye on every console.

A journey fails when a page it opened said something in its console that nobody expected: a fault, a refusal by the
content security policy, an answer of 400 and more.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Error, Page, expect

from app import worker
from app.db import db, transaction
from app.factory import create_app
from app.people import actions as people
from tests.cast import Cast, signed_in
from tests.conftest import CLOSING, Browsers
from tests.journeys import judged, scene
from tests.journeys.browsing import LOCALES, PATIENCE, Consoles, Visit, work

expect.set_options(timeout=PATIENCE)
TELL = """addEventListener("securitypolicyviolation", (event) => console.error(
    `CSP: ${event.violatedDirective} refused ${event.blockedURI || event.sample}`));"""


HERE = Path(__file__).parent
LONGER = 60  # after its time a journey loses its browser; if it goes on all the same, its process ends


SECONDS = pytest.StashKey[float]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A journey that fails goes once more, and is named at the end: real browsers on a busy machine."""
    usual = config.getoption("timeout") or config.getini("timeout")
    for item in items:
        if HERE in item.path.parents:
            said = item.get_closest_marker("timeout")
            item.stash[SECONDS] = float(said.args[0] if said else usual)
            ends = pytest.mark.timeout(item.stash[SECONDS] + LONGER, method="thread")
            item.add_marker(ends, append=False)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _in_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """A browser that hangs is ended when the time is up, so that the journey fails and the next ones go on."""
    if "browsers" not in request.fixturenames:
        yield
        return
    browsers: Browsers = request.getfixturevalue("browsers")
    seconds, began = request.node.stash[SECONDS], time.monotonic()
    with browsers.within(seconds):
        yield
    assert time.monotonic() - began < seconds, f"the browser was ended after {seconds:.0f} s"


@pytest.fixture
def consoles() -> Iterator[Consoles]:
    heard = Consoles()
    yield heard
    assert heard.complaints == []


@pytest.fixture
def open_context(
    browsers: Browsers, server: str, consoles: Consoles
) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of its own for each call, with nobody signed in."""
    opened: list[BrowserContext] = []

    def start(
        *,
        width: int = 1280,
        script: bool = True,
        dark: bool = False,
        locale: str = LOCALES["en"],
        **more: Any,
    ) -> BrowserContext:
        context: BrowserContext = browsers.one().new_context(
            base_url=server,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale=locale,
            **more,
        )
        context.set_default_timeout(PATIENCE)
        context.on("page", consoles.watch)
        if script:
            context.add_init_script(TELL)
        opened.append(context)
        return context

    yield start
    with browsers.within(CLOSING):
        for context in opened:
            with suppress(Error):  # of a browser that was ended
                context.close()


@pytest.fixture
def stranger(open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A page of a browser in which nobody is signed in."""
    return lambda **how: open_context(**how).new_page()


@pytest.fixture
def visit(app: Flask, cast: Cast, server: str, open_context: Callable[..., BrowserContext]) -> Visit:
    """`visit("anna", "/album")`: her browser, signed in, on that page; `width`, `dark`, `script=False`."""

    def start(name: str, path: str = "/", **how: Any) -> Page:
        context = open_context(**how)
        cookie = signed_in(app, cast.id_of(name)).get_cookie("blijk")
        assert cookie is not None
        context.add_cookies([{"name": "blijk", "value": cookie.value, "url": server}])
        page = context.new_page()
        page.goto(path)
        return page

    return start


@pytest.fixture
def catalogue(app: Flask, cast: Cast, made_once: Callable[..., None]) -> None:
    """The skills, activities, rules and badges of the demo."""
    with app.app_context():
        made_once("the catalogue of the demo", scene.load_catalogue)


@pytest.fixture
def company(app: Flask, catalogue: None, cast: Cast, worker_app: Flask) -> scene.Company:
    """A company in which something has happened already, with its boards."""
    with app.app_context():
        made = scene.happen(cast)
    with worker_app.app_context():
        work()
    return made


@pytest.fixture
def reviews(app: Flask, company: scene.Company, cast: Cast) -> judged.Reviews:
    """Promotion reviews in every stage."""
    with app.app_context():
        return judged.happen(cast)


@pytest.fixture
def invitation(app: Flask, cast: Cast) -> str:
    """The link with which Cor sets a first password."""
    with app.app_context(), transaction():
        return people.invite(person_id=cast.cor, at=scene.moment())


# The worker -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def worker_app(app: Flask) -> Iterator[Flask]:
    """The same house in the worker's role."""
    made = create_app(role="worker", TESTING=True)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def at_work(worker_app: Flask) -> Iterator[None]:
    """A worker that hands on what happens, all through the test."""
    stop = threading.Event()

    def run() -> None:
        with worker_app.app_context():
            while not stop.wait(worker.LOOK_EVERY):
                work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(30)
