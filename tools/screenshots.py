"""`make screenshots`: every page of the running demo, as its people see it, into var/screenshots, to be looked at.

Follows the links from home, one page of a kind, and takes each in 390 and 1280 px, light and dark, Dutch and English.
ARGS narrows it: `--as olaf`, `--lang nl`, `--theme dark`, `--width 390`, `--path /learn`.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.devstack import DEMO, ROOT

FOLDER = ROOT / "var" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WHOLE_FIRST = {"admin", "me", "hr", "team"}  # below these each second part of an address is a page of its own
MOST_PAGES = 60


def main() -> None:
    wanted = _wanted()
    origin, browser = origin_of_demo(), chromium_here()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path=browser, args=QUIET, chromium_sandbox=os.geteuid() != 0
        )
        for login, password in _people():
            name = login.split(".")[0]
            if wanted.name in (None, name):
                _as(chromium, origin, name, (login, password), wanted)
        chromium.close()
    print(f"Look at them in {FOLDER}")


def origin_of_demo() -> str:
    return f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"


def chromium_here() -> str:
    """Chromium of this machine."""
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        raise SystemExit("There is no Chromium on PATH: install one, or name it in CHROMIUM.")
    return browser


def opened_by(page: str) -> tuple[str, str]:
    """Who opens a page, and its path: `maaike:/team`. Without a name it is the first of the demo's people."""
    name, apart, path = page.partition(":")
    return (name, path) if apart and not page.startswith("/") else ("", page)


def signed_in(chromium: Any, name: str = "") -> dict[str, Any]:
    """For a new context: one of the demo's people, the first if none is named, signed in."""
    known = dict(_people())
    login = next((login for login in known if login.split(".")[0] == name or not name), None)
    if login is None:
        raise SystemExit(f"Nobody of the demo is called {name}: " + ", ".join(known))
    context = chromium.new_context(base_url=origin_of_demo())
    _sign_in(context.new_page(), login, known[login])
    state = context.storage_state()
    context.close()
    return {"base_url": origin_of_demo(), "storage_state": state}


def _wanted() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="make screenshots")
    asked.add_argument("--as", dest="name", help="one person only, such as noor")
    asked.add_argument("--lang", choices=("nl", "en"), action="append")
    asked.add_argument("--theme", choices=("light", "dark"), action="append")
    asked.add_argument("--width", type=int, action="append")
    asked.add_argument("--path", action="append", help="only this page; can be given again")
    return asked.parse_args()


def _people() -> Iterator[tuple[str, str]]:
    """Whom the demo says one can sign in as."""
    told = DEMO / "people.txt"
    if not told.exists():
        raise SystemExit("The demo was never started here: make demo, and let it run.")
    for line in told.read_text().splitlines():
        if found := re.match(r"(\S+@\S+) +(\S+)", line):
            yield found[1], found[2]


def _as(chromium: Any, origin: str, name: str, who: tuple[str, str], wanted: argparse.Namespace) -> None:
    state, paths = None, wanted.path
    for lang in wanted.lang or ("nl", "en"):
        for theme in wanted.theme or ("light", "dark"):
            for width in wanted.width or (1280, 390):
                context = chromium.new_context(
                    base_url=origin, storage_state=state, color_scheme=theme, reduced_motion="reduce",
                    viewport={"width": width, "height": 900},
                )  # fmt: skip
                page = context.new_page()
                if state is None:
                    _sign_in(page, *who)
                    state = context.storage_state()
                paths = paths or _pages(page)
                _speak(page, lang)
                _take(page, paths, FOLDER / name / f"{lang}-{theme}-{width}")
                context.close()
    print(f"{name}: {len(paths or ())} pages")


def _sign_in(page: Any, login: str, password: str) -> None:
    page.goto("/login")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(password)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_load_state()
    if urlsplit(page.url).path == "/login":
        raise SystemExit(f"Nobody let {login} in; does the demo run on {page.url}?")


def _speak(page: Any, lang: str) -> None:
    """Switch the language by the button for it, where the page speaks the other one."""
    page.goto("/me/settings")
    if page.locator("html").get_attribute("lang") != lang:
        page.locator(f"button[name=language][value={lang}]:visible").first.click()
        page.wait_for_load_state()


def _kind(path: str) -> str:
    """Pages of one kind have one name: the first lesson stands for all."""
    parts = [part for part in path.split("/") if part]
    kept = 2 if parts[:1] and parts[0] in WHOLE_FIRST else 1
    return "-".join([*parts[:kept], *("x" for _ in parts[kept:])]) or "home"


def _pages(page: Any) -> list[str]:
    """One page of each kind that can be reached by links."""
    found: dict[str, str] = {"home": "/"}
    waiting, pages = ["/"], list[str]()
    while waiting and len(pages) < MOST_PAGES:
        path = waiting.pop(0)
        try:
            answer = page.goto(path)
        except Exception as no:
            print(f"  not a page: {no}".splitlines()[0], file=sys.stderr)
            continue
        if answer is None or not answer.ok:
            continue
        pages.append(path)
        for href in page.eval_on_selector_all("a[href]", "all => all.map((one) => one.getAttribute('href'))"):
            path = urlsplit(href).path
            if href.startswith("/") and not re.search(r"\.\w{2,4}$", path) and _kind(path) not in found:
                found[_kind(path)] = path
                waiting.append(path)
    return pages


def _take(page: Any, paths: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("load")
        page.wait_for_timeout(150)  # what comes after the page itself, such as who stands around
        page.screenshot(path=folder / f"{_kind(urlsplit(path).path)}.png", full_page=True)


if __name__ == "__main__":
    main()
