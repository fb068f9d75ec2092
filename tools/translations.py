"""`python -m tools.translations`: every text of app/ and templates/ is said in Dutch, once, and nothing else is.

The English text is the msgid. Each room has its .po in app/translations/nl, written by hand; this compares what
`_`, `ngettext` and their kin say with what stands there, and prints what to do about each difference.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.pofile import PoFileParser
from jinja2 import Environment
from jinja2.ext import babel_extract

from tools.devstack import ROOT

LANGUAGE = "nl"
KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
JINJA = {"extensions": "jinja2.ext.i18n"}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|(%%)")
COUNT = "num"
FORMAL = re.compile(r"\b(?:u|uw|uzelf)\b", re.IGNORECASE)
SHOWN_ATTRIBUTES = {"aria-label", "alt", "placeholder", "title", "aria-description"}
NAMES = {"Blijk", "English", "Nederlands", "xAPI"}  # the same in every language
UNTRANSLATED = {"resting.html"}  # shown while the database is away: says both languages

Key = tuple[str, str | None]  # msgid and its context


@dataclass
class Said:
    """A text as it stands in code or template."""

    key: Key
    plural: str | None
    places: list[str] = field(default_factory=list)


@dataclass
class Dutch:
    """A text as it stands in a .po file."""

    key: Key
    plural: str | None
    forms: tuple[str, ...]
    fuzzy: bool
    file: str


def main(root: Path = ROOT) -> int:
    said, wrong = extracted(root)
    entries, unreadable = written(root)
    wrong += unreadable + untold(root)
    wrong += compared(said, entries)
    for line in wrong:
        print(line)
    print(f"{len(said)} texts, {len(wrong)} to mend." if wrong else f"{len(said)} texts, all in Dutch.")
    return 1 if wrong else 0


# What is said -------------------------------------------------------------------------------------------------


def extracted(root: Path) -> tuple[dict[Key, Said], list[str]]:
    """Every text of code and templates, and calls that say the same text with two plurals."""
    found: dict[Key, Said] = {}
    wrong = []
    for path, line, function, messages in calls(root):
        said = _message(function, messages)
        place = f"{path.relative_to(root)}:{line}"
        if said is None:
            wrong.append(f"{place}: {function}() needs a text written out, or it cannot be translated")
            continue
        known = found.setdefault(said.key, said)
        known.places.append(place)
        if said.plural and known.plural and said.plural != known.plural:
            wrong.append(f"{place}: {said.key[0]!r} has another plural at {known.places[0]}; say it one way")
        known.plural = known.plural or said.plural
    return found, wrong


def calls(root: Path) -> Iterator[tuple[Path, int, str, object]]:
    """Every call of a translating function."""
    for path in sorted((root / "app").rglob("*.py")):
        with path.open("rb") as code:
            for line, function, messages, _ in extract_python(code, KEYWORDS, [], {}):
                yield path, line, str(function), messages
    for path in sorted((root / "templates").rglob("*.html")):
        with path.open("rb") as text:
            for line, function, told, _ in babel_extract(text, list(KEYWORDS), [], JINJA):
                yield path, line, function, told


def _message(function: str, messages: object) -> Said | None:
    """The text of one call: which argument is what is told by `KEYWORDS`."""
    given = tuple(messages) if isinstance(messages, tuple | list) else (messages,)
    spec = KEYWORDS[function] or (1,)
    context: str | None = None
    texts: list[str] = []
    for position in spec:
        number, is_context = (position[0], True) if isinstance(position, tuple) else (position, False)
        text = given[number - 1] if number <= len(given) else None
        if not isinstance(text, str) or not text:
            return None
        if is_context:
            context = text
        else:
            texts.append(text)
    return Said((texts[0], context), texts[1] if len(texts) > 1 else None)


# What is written ----------------------------------------------------------------------------------------------


class Written(Catalog):
    """A .po file as it is read. Babel takes two entries of one text for one; here the second is noticed."""

    def __init__(self) -> None:
        super().__init__(locale=LANGUAGE)
        self.seen: set[Key] = set()
        self.twice: list[str] = []

    def __setitem__(self, id: Any, message: Message) -> None:
        key = (_first(id), message.context)
        if id and key in self.seen:
            self.twice.append(key[0])
        self.seen.add(key)
        super().__setitem__(id, message)


def written(root: Path) -> tuple[list[Dutch], list[str]]:
    """Every entry of every .po file, and what is odd about the files."""
    entries: list[Dutch] = []
    wrong = []
    for path in sorted((root / "app/translations" / LANGUAGE).glob("*.po")):
        name, catalog = str(path.relative_to(root)), Written()
        with path.open("rb") as text:
            PoFileParser(catalog, abort_invalid=True).parse(text)
        entries += [_entry(message, name) for message in catalog if message.id]
        wrong += [
            f"{name}: {_first(old.id)!r} is commented out (#~); delete it"
            for old in catalog.obsolete.values()
        ]
        wrong += [f"{name}: {text!r} stands there twice; delete one" for text in catalog.twice]
    return entries, wrong


def _entry(message: Message, file: str) -> Dutch:
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    plural = message.id[1] if isinstance(message.id, tuple | list) else None
    return Dutch((_first(message.id), message.context), plural, tuple(map(str, forms)), message.fuzzy, file)


def _first(text: object) -> str:
    return str(text[0] if isinstance(text, tuple | list) else text)


# What differs -------------------------------------------------------------------------------------------------


def compared(said: dict[Key, Said], entries: list[Dutch]) -> list[str]:
    """What to mend, in the order in which one would do it."""
    by_key: dict[Key, list[Dutch]] = {}
    for entry in entries:
        by_key.setdefault(entry.key, []).append(entry)
    wrong = [line for key, text in said.items() if key not in by_key for line in _missing(text)]
    for key, found in by_key.items():
        if key not in said:
            wrong += [f"{entry.file}: {key[0]!r} is said nowhere; delete it" for entry in found]
            continue
        wrong += [line for entry in found for line in _faults(said[key], entry)]
        if len({entry.forms for entry in found}) > 1:
            files = " and ".join(f"{entry.file} ({entry.forms[0]!r})" for entry in found)
            wrong.append(f"{key[0]!r} is said in two ways: {files}; choose one, or give one a context")
    wrong += [
        f"{text.places[0]}: {text.key[0]!r} shouts; leave out the exclamation mark"
        for text in said.values()
        if _shouts(text.key[0], text.plural)
    ]
    return wrong


def _missing(text: Said) -> list[str]:
    """An entry to copy, and where it belongs."""
    told = [f"app/translations/{LANGUAGE}/{_room(text.places[0])}.po lacks (from {text.places[0]}):"]
    if text.key[1]:
        told.append(f"    msgctxt {_quoted(text.key[1])}")
    told.append(f"    msgid {_quoted(text.key[0])}")
    if text.plural:
        told += [f"    msgid_plural {_quoted(text.plural)}", '    msgstr[0] ""', '    msgstr[1] ""']
    else:
        told.append('    msgstr ""')
    return ["\n".join(told)]


def _room(place: str) -> str:
    """The room of a file; what all rooms share is said in layout.po and web.po."""
    parts = Path(place.partition(":")[0]).parts
    if len(parts) > 2:
        return parts[1]
    return "layout" if parts[0] == "templates" else "web"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _faults(said: Said, entry: Dutch) -> list[str]:
    here = f"{entry.file}: {entry.key[0]!r}"
    wrong = []
    if entry.fuzzy:
        wrong.append(f"{here} is marked fuzzy; read it once more and take the mark away")
    if not all(entry.forms):
        return [*wrong, f"{here} has no Dutch; write it"]
    if entry.plural != said.plural:
        wrong.append(f"{here} has the plural {entry.plural!r}; at {said.places[0]} it is {said.plural!r}")
    if said.plural and len(entry.forms) != 2:
        wrong.append(f"{here} needs msgstr[0] and msgstr[1]")
    wrong += [f"{here} in Dutch {why}" for why in _placeholders(said, entry.forms)]
    if _shouts(*entry.forms):
        wrong.append(f"{here} shouts in Dutch; leave out the exclamation mark")
    if any(FORMAL.search(form) for form in entry.forms):
        wrong.append(f"{here} says u in Dutch; say je")
    return wrong


def _placeholders(said: Said, forms: Iterable[str]) -> Iterator[str]:
    """Each form fills in the same things; only a singular may leave out the number."""
    wanted = _names(said.key[0]) | _names(said.plural or "")
    for number, form in enumerate(forms):
        given = _names(form)
        optional = {COUNT} if said.plural and number == 0 else set()
        if wanted - given - optional:
            yield "leaves out " + ", ".join(sorted(f"%({name})s" for name in wanted - given - optional))
        if given - wanted:
            yield "has unknown " + ", ".join(sorted(f"%({name})s" for name in given - wanted))
        if wanted and PLACEHOLDER.sub("", form).count("%"):
            yield "has a lone %; write %%"


def _names(text: str) -> set[str]:
    return {found[1] for found in PLACEHOLDER.finditer(text) if found[1]}


def _shouts(*texts: str | None) -> bool:
    return any("!" in (text or "") for text in texts)


# What is not told at all --------------------------------------------------------------------------------------


def untold(root: Path) -> list[str]:
    """Words that stand in a template without going through `_`."""
    wrong = []
    reader = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted((root / "templates").rglob("*.html")):
        if path.name in UNTRANSLATED:
            continue
        tokens = reader.lex(path.read_text())
        page = "".join(_plain(kind, text) for _, kind, text in tokens)
        found = Words()
        found.feed(page)
        found.close()
        wrong += [
            f"{path.relative_to(root)}:{line}: {words!r} is not translated; say it with _()"
            for line, words in found.found
        ]
    return wrong


def _plain(kind: str, text: str) -> str:
    """A template as the browser might get it; what is computed leaves only its lines."""
    return text if kind == "data" else "\n" * text.count("\n")


class Words(HTMLParser):
    """Texts that people read or hear: between the tags, and in some attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "code", "pre")
        for name, value in attrs:
            if name in SHOWN_ATTRIBUTES and value:
                self._hear(value)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "code", "pre")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self._hear(data)

    def _hear(self, text: str) -> None:
        if '="' in text:  # attributes that a macro writes into a tag of its caller
            return
        words = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in NAMES]
        if words:
            self.found.append((self.getpos()[0], " ".join(text.split())))


if __name__ == "__main__":
    sys.exit(main())
