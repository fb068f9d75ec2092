"""From the home page on, every link, form and fragment leads somewhere, and every part that is named is there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from tests.cast import SignedIn
from tests.journeys.scene import Company

NAMES = ("for", "aria-labelledby", "aria-describedby", "list", "popovertarget")
MOST = 400  # pages; a crawl that finds more goes round in circles


@dataclass
class Seen(HTMLParser):
    """What a page holds: ids, the ids that it names, and where it leads."""

    ids: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    posts: set[str] = field(default_factory=set)
    swaps: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if "id" in has:
            (self.doubled if has["id"] in self.ids else self.ids).add(has["id"])
        for name in NAMES:
            self.named |= set(has.get(name, "").split())
        if (target := has.get("hx-target", "")).startswith("#"):
            self.named.add(target[1:])
        if tag == "a" and "href" in has:
            self.links.add(has["href"])
        if tag == "form" and has.get("method") != "dialog":
            (self.posts if has.get("method") == "post" else self.links).add(has["action"])
        self.swaps |= {has["hx-get"]} if "hx-get" in has else set()
        self.posts |= {has["hx-post"]} if "hx-post" in has else set()


def read(html: str) -> Seen:
    seen = Seen()
    seen.feed(html)
    return seen


@dataclass
class Crawl:
    """All that one person can reach."""

    browser: SignedIn
    wrong: list[str] = field(default_factory=list)
    pages: dict[str, Seen] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)

    def walk(self, steps: int) -> None:
        """As many steps away from the home page."""
        waiting = [("/", 0)]
        while waiting and len(self.pages) < MOST:
            path, far = waiting.pop(0)
            if path in self.pages:
                continue
            answer = self.browser.get(path, follow_redirects=True)
            seen = self.pages[path] = read(answer.text if answer.mimetype == "text/html" else "")
            if answer.status_code >= 400:
                self.wrong.append(f"{path}: {answer.status_code}")
            self.wrong += [f"{path}: no #{name}" for name in seen.named - seen.ids]
            self.wrong += [f"{path}: #{name} twice" for name in seen.doubled]
            self._try(path, seen)
            waiting += [(to, far + 1) for to in sorted(self._inside(path, seen)) if far < steps]

    def _inside(self, path: str, seen: Seen) -> Iterator[str]:
        for href in seen.links:
            to, part = urldefrag(urljoin(path, href))
            if urlsplit(to).netloc or not to:
                continue
            yield to
            if part and to == path and part not in seen.ids:
                self.wrong.append(f"{path}: no #{part}")

    def _try(self, path: str, seen: Seen) -> None:
        """A form without its token is refused where it is answered at all, and does nothing."""
        self.browser.csrf = ""
        for to in {urljoin(path, to) for to in seen.posts} - self.tried:
            if (status := self.browser.post(to, data={}).status_code) != 403:
                self.wrong.append(f"{path}: POST {to}: {status}")
        for to in {urljoin(path, to) for to in seen.swaps} - self.tried:
            if (status := self.browser.get(to, headers={"HX-Request": "true"}).status_code) >= 300:
                self.wrong.append(f"{path}: {to}: {status}")
        self.tried |= {urljoin(path, to) for to in seen.posts | seen.swaps}


FAR = [pytest.param(*one, marks=pytest.mark.slow) for one in (("anna", 9), ("leo", 2))]


@pytest.mark.parametrize(("name", "steps"), [*FAR, ("mia", 1), ("cor", 1)])
def test_every_way_leads_somewhere(
    name: str, steps: int, company: Company, client_of: Callable[[str], SignedIn]
) -> None:
    crawl = Crawl(client_of(name))
    crawl.walk(steps)
    assert crawl.wrong == []
    assert {"/album", "/log", "/lessons", "/me/settings", "/confirmations"} <= set(crawl.pages)
    assert (60 if steps > 1 else 10) < len(crawl.pages) < MOST
