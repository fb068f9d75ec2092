"""Which language is spoken, and the words for it: one .po file per room, merged in memory at the start."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale
from werkzeug.wrappers import Response

LANGUAGES = ("nl", "en")
FIRST = "nl"
COMMANDS = "en"
FALLBACK = "en"
COOKIE = "blijk_language"
FOLDER = Path(__file__).parent / "translations"


class Words(Domain):  # type: ignore[misc]
    """The merged translations; no compiled files to keep in step."""

    def get_translations(self) -> NullTranslations:
        return words(str(get_locale() or FIRST))


def remember(answer: Response, language: str) -> None:
    """For who is not signed in: the choice stays in the browser."""
    answer.set_cookie(
        COOKIE, language, max_age=400 * 86400, secure=request.is_secure, httponly=True, samesite="Lax"
    )


def init_app(app: Flask, *, preferred: Callable[[], str | None], timezone: str) -> None:
    """`preferred` tells the language of whoever is signed in; for others a link may say it (`?lang=nl`)."""

    def choose() -> str:
        if not has_request_context():
            return COMMANDS
        own = preferred() or request.args.get("lang") or request.cookies.get(COOKIE)
        if own in LANGUAGES:
            return own
        return request.accept_languages.best_match(LANGUAGES) or FIRST

    babel = Babel(app, default_locale=FIRST, locale_selector=choose, timezone_selector=lambda: timezone)
    babel.domain_instance = Words()
    app.jinja_env.globals.update(get_locale=get_locale, languages=LANGUAGES)
    app.jinja_env.filters["said"] = in_language
    for language in LANGUAGES:
        words(language)


@cache
def words(language: str) -> NullTranslations:
    """All rooms' words of one language; English is the text itself."""
    merged = Catalog(locale=language)
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as text:
            for message in read_po(text, locale=language):
                if message.id and not message.fuzzy:
                    merged[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def lang() -> str:
    """The language of this request, as a key of texts that are kept in both."""
    return "nl" if str(get_locale()) == "nl" else "en"


def in_language(texts: Mapping[str, str] | None) -> str:
    """What HR wrote, in the reader's language, or else in the one there is."""
    if not texts:
        return ""
    wanted = texts.get(str(get_locale()))
    return wanted or texts.get(FALLBACK) or next((text for text in texts.values() if text), "")


@contextmanager
def spoken(language: str) -> Generator[None]:
    """Say what follows in the language of somebody else than who asks: mail, letters. Only words are made in here:
    it is a context of its own, with a database session of its own."""
    with current_app.test_request_context(), force_locale(language):
        yield


def in_each(texts: Sequence[object]) -> list[dict[str, str]]:
    """Translated texts in both languages, to be kept until it is known who reads them."""
    said: list[dict[str, str]] = [{} for _ in texts]
    for language in LANGUAGES:
        with spoken(language):
            for one, text in zip(said, texts, strict=True):
                one[language] = str(text)
    return said
