"""The house's own rules, those that no linter knows."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from babel.messages.extract import extract_from_file
from babel.support import NullTranslations

from app.db import Base
from app.language import words
from tests.each import each

ROOT = Path(__file__).parent.parent
CODE = [path for top in ("app", "badges", "leaderboards") for path in sorted((ROOT / top).rglob("*.py"))]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NO_ROOMS = {"static", "translations", "__pycache__"}
ROOMS = sorted(path for path in (ROOT / "app").iterdir() if path.is_dir() and path.name not in NO_ROOMS)
NAMES = {
    "__init__",
    "models",
    "rules",
    "actions",
    "queries",
    "handlers",
    "schemas",
    "pages",
    "api",
    "store",
    "jobs",
}
OWN_NAMES = {
    "activities": {
        "confirmation_pages",
        "confirming",
        "desk",
        "files",
        "log_form",
        "log_pages",
        "logs",
        "merging",
        "recording",
        "records",
        "showing",
    },
    "admin": {"files", "organisation", "people"},
    "audit": {"seals"},
    "badges": {
        "agreeing",
        "anew",
        "awarding",
        "files",
        "holders",
        "moments",
        "names",
        "picture",
        "publishing",
        "shelf",
        "showcase",
        "showing",
    },
    "careers": {"aims", "counted", "criteria", "desk", "files", "map", "meant", "targets"},
    "dates": {"calendar"},
    "feedback": {"asking", "receiving", "using"},
    "goals": {
        "checked",
        "inviting",
        "joining",
        "leading",
        "meant",
        "proving",
        "reaching",
        "shared",
        "together",
    },
    "home": {"profiles", "team", "together"},
    "kudos": {"allowance"},
    "programmes": {"desk"},
    "recognitions": {"nominating", "nominating_pages", "ticked"},
    "guidance": {"desk", "ending", "meetings", "pairs"},
    "imports": {path.stem for path in (ROOT / "app" / "imports").glob("xapi*.py")}
    | {"catalogue", "catalogue_file", "refusals", "seen", "statements", "waiting"},
    "learning": {"files", "waiting"},
    "leaderboards": {"kept", "teams"},
    "notifications": {"kinds", "mailing", "things"},
    "lessons": {"again", "applying", "asking", "changing", "extras", "going", "mixing", "rights", "unnamed"},
    "reviews": {
        "after",
        "choosing",
        "deciding",
        "desk",
        "desk_api",
        "dossier",
        "keeping",
        "evidence",
        "forms",
        "handling",
        "holding",
        "opening",
        "judging",
        "panel",
        "printing",
        "rivals",
        "rounds",
        "sealing",
        "sitting",
        "sitting_api",
        "telling",
        "terms",
        "touching",
        "views",
        "waiting",
    },
    "points": {"versions"},
    "privacy": {
        "answering",
        "asking",
        "content",
        "details",
        "desk",
        "erasing",
        "gone",
        "guessed",
        "labels",
        "mentions",
        "own",
        "replaying",
        "terms",
        "words",
    },
    "people": {
        "away",
        "clients",
        "drafts",
        "files",
        "invitations",
        "meant",
        "naming",
        "pauses",
        "sign_in",
        "standins",
    },
}
BELOW_THE_DOOR = {"actions", "queries", "handlers", "models", "rules", "store", "words", "picture"} | {
    "confirming",
    "criteria",
    "logs",
    "recording",
    "records",
    "targets",
    *("anew", "awarding", "publishing"),
    *("asking", "receiving", "using"),
    *("checked", "inviting", "joining", "leading", "proving", "reaching"),
}
WHOLE_PAGES = {"layout.html", "resting.html"}  # the second must not ask the database for anything
SCREEN = 40
of_code = each("path", CODE, ids=lambda path: path.relative_to(ROOT))
PAPER = ROOT / "templates" / "mail" / "_paper.html"
of_templates = each("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT))


@of_code
def test_only_db_commits(path: Path) -> None:
    assert path.name == "db.py" or ".commit(" not in path.read_text()


@each("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_what_it_is_and_uses_the_known_names(room: Path) -> None:
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
    if room.name != "demo":  # a story, told in its own chapters
        assert {path.stem for path in room.glob("*.py")} <= NAMES | OWN_NAMES.get(room.name, set())


@of_templates
def test_a_fragment_starts_with_an_underscore_and_extends_nothing(path: Path) -> None:
    extends = "{% extends" in path.read_text()
    assert extends != path.name.startswith("_") or path.name in WHOLE_PAGES


@of_code
def test_functions_fit_a_screen_and_modules_say_what_they_are(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or not tree.body, "say in a line what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < SCREEN, node.name


@of_code
def test_the_moment_is_handed_down_never_taken_below_the_door(path: Path) -> None:
    if path.stem in BELOW_THE_DOOR:
        assert not re.search(r"datetime\.now\(|date\.today\(|time\.time\(", path.read_text())


@of_code
def test_no_view_asks_which_element_was_clicked(path: Path) -> None:
    assert not re.search(r"htmx\.(trigger|target)\b|HX-Trigger\"|HX-Target\"", path.read_text())


def test_every_rendered_fragment_is_part_of_its_page() -> None:
    for path in ROOT.glob("app/*/*.py"):
        for page, fragment in re.findall(r'render\(\s*"([^"]+)",\s*"([^"]+)"', path.read_text()):
            assert fragment in _included(page) | {page}, f"{path}: {page} never shows {fragment}"


def _included(template: str) -> set[str]:
    found = set(re.findall(r'include "([^"]+)"', (ROOT / "templates" / template).read_text()))
    return found.union(*map(_included, found))


@of_templates
def test_templates_need_nothing_that_the_content_policy_forbids(path: Path) -> None:
    text = path.read_text()
    if path == PAPER:  # a mail's looks stand in its head: no stylesheet and no policy of ours goes with it
        text = re.sub(r"<style>[^<{}]*(\{[^<]*\}\s*)+</style>", "", text)
    for wrong in (
        r"\sstyle\s*=",
        r"<style",
        r"\son[a-z]+\s*=",
        r"hx-on[:-]",
        r"hx-vals=.js:",
        r"javascript:",
    ):
        assert not re.search(wrong, text), wrong
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@of_templates
def test_every_form_that_changes_something_carries_its_token(path: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), flags=re.DOTALL):
        assert "csrf" in form, form[:120]


def test_every_column_has_a_class() -> None:
    for room in ROOMS:
        if (room / "models.py").exists():
            import_module(f"app.{room.name}.models")
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert column.info.get("class") in {"none", "pseudonym", "personal", "secret"}, (
                f"{table}.{column.name}"
            )
            assert {"keep", "export"} <= column.info.keys(), f"{table}.{column.name}"


@cache
def _texts() -> list[tuple[str, str]]:
    """Every text that people read, with where it stands; to find them takes seconds."""
    return list(_found())


def _found() -> Iterator[tuple[str, str]]:
    keywords = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
    for method, paths in (("python", CODE), ("jinja2.ext:babel_extract", TEMPLATES)):
        for path in paths:
            for found in extract_from_file(method, path, keywords=keywords):
                text = found[1] if isinstance(found[1], str) else found[1][0]
                if text:
                    yield text, f"{path.relative_to(ROOT)}:{found[0]}"


def test_every_text_is_said_in_dutch_too() -> None:
    dutch = words("nl")
    assert type(dutch) is not NullTranslations
    known = {key if isinstance(key, str) else key[0] for key in dutch._catalog}
    missing = sorted({f"{where}: {text}" for text, where in _texts() if text not in known})
    assert not missing, "\n".join(missing)


def test_texts_do_not_shout() -> None:
    loud = [f"{where}: {text}" for text, where in _texts() if "!" in text or "oops" in text.lower()]
    assert not loud
