"""What holds for every template, and for the icons, colours and files that they use."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

from tests.each import each
from tools.assets import STATIC, glyphs_listed, icon_names

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "mail" not in path.parts)
ICONS: dict[str, set[str]] = {}
for _name, _weight in icon_names():
    ICONS.setdefault(_name, set()).add(_weight)
WEIGHTS = {"regular", "bold", "fill"}
reader = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
# These say something in the reader's language outside a macro, or read what was searched for on the page around them.
WITH_CONTEXT = (
    "feedback/_use.html",
    "home/_receipt.html",
    "dev/_parts.html",
    "dev/_rooms.html",
    "search/_form.html",
)
every_template = each("path", TEMPLATES, ids=lambda p: p.relative_to(ROOT))


@cache
def tree_of(path: Path) -> nodes.Template:
    return reader.parse(path.read_text())


@cache
def said(path: Path) -> str:
    """The template without its comments."""
    return re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)


def test_no_view_hands_a_page_what_the_layout_sets_itself() -> None:
    """The layout would win, and the page would read something else under that name."""
    layout = tree_of(ROOT / "templates" / "layout.html")
    targets = [one.target for one in layout.body if isinstance(one, nodes.Assign)]
    sets = {one.name for one in targets if isinstance(one, nodes.Name)}
    assert "waiting" in sets
    given = {
        (path.name, word.arg)
        for path in (ROOT / "app").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "render"
        for word in call.keywords
    }
    assert len(given) > 300
    assert not [one for one in given if one[1] in sets - {"current"}]


@every_template
def test_nothing_is_styled_or_scripted_inline(path: Path) -> None:
    text = said(path)
    assert not re.search(r"""\sstyle\s*=\s*["']""", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"""[\s"']on[a-z]+\s*=\s*["']""", text)
    assert not re.search(r"hx-on|javascript:|hx-vals=.js:", text)
    assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", text))


def _named_at_top(path: Path) -> set[str]:
    names = (node.target for node in tree_of(path).body if isinstance(node, nodes.Assign))
    return {name.name for name in names if isinstance(name, nodes.Name)}


@every_template
def test_parts_are_made_once_for_all_pages_and_not_anew_for_each(path: Path) -> None:
    anew = re.findall(r'(?:import|from) "([^"]+)"[^%]* with context', said(path))
    assert set(anew) <= set(WITH_CONTEXT), "without `with context` it is kept; a macro is given what it needs"


@every_template
def test_a_page_names_nothing_as_the_layout_does_which_comes_after_it(path: Path) -> None:
    if 'extends "layout.html"' in path.read_text():
        meant_for_it = {"current", "bare", "lang_links", "album_news", "org"}
        assert not _named_at_top(path) & _named_at_top(ROOT / "templates" / "layout.html") - meant_for_it


@every_template
def test_what_people_wrote_is_never_trusted_as_markup(path: Path) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", said(path))


@every_template
def test_every_icon_that_is_used_is_in_the_sprite(path: Path) -> None:
    for names, weights in icons_of(tree_of(path)):
        for name in names:
            assert name in ICONS, f"{name} is not in app/static/icons.txt"
            assert ICONS[name] & (weights or WEIGHTS), f"{name} has no {' or '.join(sorted(weights))}"


def icons_of(tree: nodes.Template) -> Iterator[tuple[set[str], set[str]]]:
    """Names and weights of each call of icon(), of icon_name=… and of tables called ICONS."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "icon" and call.args:
            weights = texts(call.args[1]) if len(call.args) > 1 else {"regular"}
            yield texts(call.args[0]), weights & WEIGHTS
        for given in call.kwargs:
            if given.key == "icon_name":
                yield texts(given.value) - {""}, set()
    for assigned in tree.find_all(nodes.Assign):
        if isinstance(assigned.target, nodes.Name) and assigned.target.name == "ICONS":
            values = assigned.node.items if isinstance(assigned.node, nodes.Dict) else []
            yield {text for pair in values for text in texts(pair.value)}, set()


def texts(node: nodes.Node) -> set[str]:
    """The texts that an expression may turn out to be; what decides between them is no icon."""
    if isinstance(node, nodes.Const):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, nodes.CondExpr):
        return texts(node.expr1) | (texts(node.expr2) if node.expr2 else set())
    if isinstance(node, nodes.Or):
        return texts(node.left) | texts(node.right)
    return set()


@every_template
def test_each_asset_that_is_named_exists(path: Path) -> None:
    made = {"app.css", "app.js", "htmx.js", "sprite.svg", "display.woff2", "text.woff2"}
    made |= {picture.name for picture in (STATIC / "img").iterdir()}
    assert set(re.findall(r"""asset_url\(["']([^"']+)""", said(path))) <= made


def test_icons_are_listed_once_and_in_order() -> None:
    assert list(ICONS) == sorted(ICONS)
    assert len(icon_names()) == sum(map(len, ICONS.values()))


def test_every_glyph_of_the_demo_catalogue_can_be_drawn() -> None:
    named = set(re.findall(r'"glyph":\s*"([^"]+)"', (ROOT / "app/demo/catalogue.json").read_text()))
    assert named <= set(glyphs_listed())


def test_our_own_script_stays_small() -> None:
    assert len((STATIC / "app.js").read_bytes()) < 4_000


# htmx -------------------------------------------------------------------------------------------------------

ASKS = ("hx-get", "hx-post")
BELONG = (
    "hx-target",
    "hx-swap",
    "hx-trigger",
    "hx-sync",
    "hx-push-url",
    "hx-disabled-elt",
    "hx-include",
    "hx-vals",
)
Tag = tuple[str, dict[str, str]]


class Tags(HTMLParser):
    """Each tag of a template with its attributes; what is computed is one word."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.found: list[Tag] = []
        plain = re.sub(r"\{%.*?%\}", " ", re.sub(r"\{#.*?#\}", "", template, flags=re.S), flags=re.S)
        self.feed(re.sub(r"\{\{\s*(.*?)\s*\}\}", lambda said: re.sub(r"\W", "_", said[1]), plain, flags=re.S))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def faults_of(tag: str, has: dict[str, str]) -> Iterator[str]:
    """What the rules for htmx say against a tag: nothing is inherited, and everything works without it."""
    asks = [name for name in ASKS if name in has]
    if has.get("hx-boost", "false") != "false":
        yield "boosts"
    if not asks and not has.get("hx-swap-oob") and any(name in has for name in BELONG):
        yield "has attributes for those inside of it"
    if asks and "hx-target" not in has and has.get("hx-swap") not in ("innerHTML", "outerHTML", "none"):
        yield "does not say what it changes"
    if "hx-post" in has and (tag, has.get("method"), has.get("action")) != ("form", "post", has["hx-post"]):
        yield "is no form that posts to the same address: it would not work alone, and could be sent twice"
    if "hx-get" in has and tag == "a" and has.get("href") != has["hx-get"]:
        yield "is no link to the same address"
    if "hx-get" in has and tag == "form" and (has.get("method"), has.get("action")) != ("get", has["hx-get"]):
        yield "is no form that gets the same address"


@every_template
def test_htmx_only_helps_and_says_everything_where_it_stands(path: Path) -> None:
    found = [(tag, fault) for tag, has in Tags(path.read_text()).found for fault in faults_of(tag, has)]
    assert found == []


@each(
    "wrong",
    [
        '<body hx-boost="true">',
        '<div hx-target="#feed">',
        '<button hx-post="/x" hx-target="#a">',
        '<a href="/x" hx-get="/y" hx-target="#a">',
        '<form method="get" action="/x" hx-get="/y" hx-target="#a">',
        '<div hx-get="/x">',
    ],
)
def test_what_the_rules_for_htmx_forbid_is_seen(wrong: str) -> None:
    ((tag, has),) = Tags(wrong).found
    assert list(faults_of(tag, has))


def test_the_layout_sets_htmx_up_and_has_a_place_for_each_kind_of_news() -> None:
    has = {
        one.get("name") or one.get("id"): one for _, one in Tags(said(ROOT / "templates/layout.html")).found
    }
    config = json.loads(has["htmx-config"]["content"])
    off = (
        "includeIndicatorStyles",
        "allowEval",
        "allowScriptTags",
        "historyCacheSize",
        "scrollIntoViewOnBoost",
    )
    assert not any(config[name] for name in off)
    assert config["disableInheritance"]
    assert config["selfRequestsOnly"]
    answers = {one["code"]: one for one in config["responseHandling"]}
    assert all(answers[code]["swap"] for code in ("[23]..", "409", "413", "422"))
    assert answers["[45].."]["target"] == "#toasts"
    assert (has["status"]["role"], has["alerts"]["role"], "toasts" in has) == ("status", "alert", True)


# The stylesheet ---------------------------------------------------------------------------------------------

LAYERS = ["reset", "tokens", "base", "layout", "components", "pages", "utilities"]


def test_each_layer_of_the_stylesheet_stands_once_in_its_order() -> None:
    css = (STATIC / "app.css").read_text()
    assert f"@layer {', '.join(LAYERS)};" in css
    assert re.findall(r"^@layer (\w+) \{", css, re.M) == LAYERS
    assert not re.search(r"^[.:#a-z@](?!layer)[^;]*\{", css, re.M), "each rule stands in a layer"


def test_only_utilities_insist() -> None:
    css = (STATIC / "app.css").read_text()
    assert "!important" not in css.partition("@layer utilities {")[0]


SHEETS = {path.stem: path.read_text() for path in STATIC.glob("*.css") if path.name != "app.css"}


@each("name", SHEETS)
def test_a_sheet_of_some_pages_adds_to_the_layers_that_are_there(name: str) -> None:
    layers = re.findall(r"^@layer (\w+) \{", SHEETS[name], re.M)
    assert set(layers) <= {"components", "pages"}
    assert not re.search(r"^[.:#a-z@](?!layer)[^;]*\{", SHEETS[name], re.M), "each rule stands in a layer"
    assert not re.search(r"!important|light-dark\(|--[\w-]+: *#", SHEETS[name])


@each("name", SHEETS)
def test_each_page_that_uses_a_sheet_of_some_pages_links_it(name: str) -> None:
    others = [(STATIC / "app.css").read_text(), *(css for other, css in SHEETS.items() if other != name)]
    own = classes(SHEETS[name]).difference(*map(classes, others))
    using = {path for path in TEMPLATES if path.name != "_ui.html" and own & classes_given(path)}
    assert using, f"nothing uses {name}.css"
    pages = {path for path in TEMPLATES if "{% extends" in path.read_text()}
    assert not {str(p) for p in pages & reached_from(using) if f'"{name}"' not in sheets_of(p)}
    assert not {str(p) for p in pages - reached_from(using) if f'"{name}"' in sheets_of(p)}, (
        "linked for nothing"
    )


def classes(css: str) -> set[str]:
    """The classes that rules speak of."""
    return set(re.findall(r"\.([a-z][\w-]*)", re.sub(r'/\*.*?\*/|"[^"]*"', "", css, flags=re.S)))


def classes_given(path: Path) -> set[str]:
    """The classes that a template gives, in its own tags or to a macro, and those of the macros that it calls."""
    given = re.findall(r"""\bcls="([^"]*)"|\bclass="([^"]*)\"""", said(path))
    macros = {"podium": "podium", "stamp": "plinth-cap", "tick_list": "tick-list"}
    macros |= {"filters_more": "filters-more", "filters_set": "filters-set", "skeleton": "skeleton"}
    return {word for pair in given for part in pair for word in re.findall(r"[a-z][\w-]*", part)} | {
        name for macro, name in macros.items() if f"ui.{macro}(" in said(path)
    }


def sheets_of(path: Path) -> str:
    """What a page sets as its `sheets`."""
    return "".join(re.findall(r"\{% set sheets = (.*?) %\}", path.read_text()))


def reached_from(templates: set[Path]) -> set[Path]:
    """These templates, and all that include or import them, however far away."""
    found, before = set(templates), set[Path]()
    while found != before:
        before = set(found)
        names = "|".join(re.escape(str(path.relative_to(ROOT / "templates"))) for path in found)
        found |= {p for p in TEMPLATES if re.search(rf"""(include|import|from) ["']({names})["']""", said(p))}
    return found


class Lines(HTMLParser):
    """Forms and things that open, within a line of text, where HTML has none: a browser closes the line before them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("form", "details") and {"span", "p"} & set(self.open):
            self.wrong.append(f"<{tag}> in line {self.getpos()[0]}")
        if tag in ("span", "p", "div", "li"):
            self.open = [*self.open, tag] if tag in ("span", "p") else [tag]

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


@every_template
def test_no_form_stands_within_a_line_of_text(path: Path) -> None:
    reader_of = Lines()
    reader_of.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", said(path), flags=re.S))
    assert not reader_of.wrong
