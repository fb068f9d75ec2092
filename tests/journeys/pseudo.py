"""A language that nobody speaks: every text is longer by nearly half, has accents, and stands in brackets.

What stands outside of the brackets on a page was never translated, or is data. Only tests speak it.
"""

import re
from functools import cache
from typing import Any

import pytest
from babel.support import NullTranslations
from playwright.sync_api import Page
from sqlalchemy import text

from app import language
from app.badges import shelf, showing
from app.db import db
from app.imports import catalogue_file

OPEN, CLOSE = "‹", "›"
KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|\{\w*\}|<[^>]*>|&\w+;)")
ACCENTS = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
# what a calendar and a clock write by themselves, and names that are the same in every language
MONTHS = "January February March April May June July August September October November December"
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
SAME = {"blijk", "english", "nederlands", "xapi", "csv", "json", "yaml", "pdf", "url", "id", "utf-8"}
SAME |= {word for name in f"{MONTHS} {DAYS}".split() for word in (name.lower(), name[:3].lower())}


def pseudo(said: str) -> str:
    """‹Sháaréeé léessóonsíin› for "Share a lesson": each vowel twice, once with an accent."""
    parts = [
        part
        if KEPT.fullmatch(part)
        else VOWEL.sub(lambda one: one[0].translate(ACCENTS) + one[0].lower(), part)
        for part in KEPT.split(said)
    ]
    return f"{OPEN}{''.join(parts)}{CLOSE}"


class Nobodys(NullTranslations):
    """Translations as the pages ask for them; the older names are those that Flask-Babel uses."""

    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return pseudo(message)

    def npgettext(self, context: str, singular: str, plural: str, num: int) -> str:
        return self.ngettext(singular, plural, num)

    ugettext, ungettext, upgettext, unpgettext = gettext, ngettext, pgettext, npgettext


def speak_it(patch: pytest.MonkeyPatch) -> None:
    """Whatever language somebody chose, this is what they hear; dates and numbers stay theirs."""
    strange = Nobodys()
    patch.setattr(language, "words", lambda _language: strange)
    patch.setattr(shelf, "sentence", _strange(shelf.sentence))
    patch.setattr(shelf, "sentences", _strange(shelf.sentences))
    patch.setattr(showing, "sentence", _strange(showing.sentence))


def _strange(say: Any) -> Any:
    def said(*args: Any, **how: Any) -> Any:
        found = say(*args, **how)
        return pseudo(found) if isinstance(found, str) else [pseudo(one) for one in found]

    return said


# What was not said by us ------------------------------------------------------------------------------------

_TEXTS = """() => {
    const silent = "code, pre, .mono, time, script, style, noscript, textarea, [lang]:not(html)";
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let depth = 0;
    while (walker.nextNode()) {
        const within = walker.currentNode.parentElement;
        if (within.closest(silent)) continue;
        const shown = within.closest("option") || within.matches(".vh, .vh *") || within.checkVisibility();
        let outside = "";
        for (const one of walker.currentNode.data) {
            if (one === "‹") depth++;
            else if (one === "›") { depth--; outside += " "; }
            else if (!depth) outside += one;
        }
        if (shown && outside.trim()) found.push(outside.trim());
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"])
        for (const one of document.querySelectorAll(`body [${name}]`)) {
            let said = one.getAttribute(name), before;
            if (one.closest(silent)) continue;
            do { before = said; said = said.replace(/‹[^‹›]*›/g, " "); } while (said !== before);
            if (said.trim()) found.push(said.trim());
        }
    return depth ? [...found, `${depth} brackets are left open`] : found;
}"""


def unsaid(page: Page, data: str) -> list[str]:
    """Texts that stand on the page in nobody's language, and are no data."""
    texts: list[str] = page.evaluate(_TEXTS)
    return sorted({f"not translated: {said}" for said in texts if not _is_data(said, data)})


def _is_data(said: str, data: str) -> bool:
    plain = " ".join(said.lower().split())
    if plain.startswith(("http://", "https://")) or plain.strip(" ·,.:;()–-+“”‘’…/") in data:
        return True
    words = re.findall(r"[^\W\d_]{2,}", plain)
    return all(word in SAME or _stands_in(data, word) for word in words)


@cache
def _stands_in(data: str, word: str) -> bool:
    """The same few words stand on every page."""
    return re.search(rf"\b{re.escape(word)}", data) is not None


def all_data() -> str:
    """Every text that stands in a row or in the starter catalogue, in one."""
    columns = db.session.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb')"
        )
    ).all()
    found: list[str] = []
    for table, column in columns:
        rows = db.session.execute(text(f'SELECT DISTINCT "{column}"::text FROM "{table}"')).scalars()
        found += [row for row in rows if row]
    db.session.rollback()
    found.append(catalogue_file.STARTER.read_text())
    return " ".join(" ".join(found).lower().split())
