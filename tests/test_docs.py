"""What the documents say is there, and what is there they say."""

import re
from collections.abc import Iterator
from dataclasses import Field, fields
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from typing import Any

import click
from flask import Flask

from app import events, flow
from app.config import Settings
from app.db import Base
from run import COMMANDS
from tests.each import each

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXTENSIONS = {"db", "openapi", "routes", "run", "shell"}  # commands of Flask and what it is extended with
FOREIGN = re.compile(r"^(?:[a-z]+:|//)")
LINK = re.compile(r'\]\(([^)\s]+)\)|<(?:img|a)[^>]+(?:src|href)="([^"]+)"')
README, MAP, OPERATE = (ROOT / name for name in ("README.md", "docs/map.md", "docs/operate.md"))
of_documents = each("path", DOCS, ids=lambda path: path.relative_to(ROOT))


def row_of(name: str, path: Path) -> str:
    """The line of a table that is about this."""
    found = [line for line in path.read_text().splitlines() if line.startswith("|") and f"`{name}`" in line]
    assert found, f"{path.name} has no line for {name}"
    return found[0]


# Settings and commands --------------------------------------------------------------------------------------


@each("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_has_its_line_with_its_default(setting: "Field[Any]") -> None:
    said = row_of(setting.name.upper(), OPERATE)
    assert setting.default == "" or f"`{setting.default}`" in said


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_and_each_of_its_options_is_told(app: Flask) -> None:
    text = OPERATE.read_text()
    for name in commands(app.cli):
        if name.split()[0] in EXTENSIONS:
            continue
        line = next((said for said in text.splitlines() if said.startswith(f"| `{name}")), None)
        assert line, f"operate.md does not tell of {name}"
        found: Any = app.cli
        for word in name.split():
            found = found.commands[word]
        for option in (param for param in found.params if isinstance(param, click.Option)):
            assert option.opts[0] in line, f"{name} {option.opts[0]}"


def test_no_command_is_told_that_is_not_there(app: Flask) -> None:
    known = set(commands(app.cli)) | {"db upgrade", "db current", "db migrate"}
    for path in DOCS:
        for said in re.findall(r"flask --app wsgi ([a-z]+(?: [a-z]+)?)", path.read_text()):
            assert said in known or said.split()[0] in known, f"{path.name}: {said}"


@of_documents
def test_no_target_of_make_is_told_that_is_not_there(path: Path) -> None:
    said = re.findall(
        r"`(?:[A-Z_]+=\S+ )?make ([a-z-]+)|^(?:[A-Z_]+=\S+ )?make ([a-z-]+)", path.read_text(), re.M
    )
    assert {word for pair in said for word in pair if word} <= COMMANDS.keys()


# Events, tables, doors --------------------------------------------------------------------------------------


def test_every_event_and_every_reaction_is_on_the_map() -> None:
    kinds = [kind for _, kind in getmembers(events, isclass) if issubclass(kind, events.Event)]
    for kind in set(kinds) - {events.Event}:
        said = row_of(kind.__name__, MAP)
        _, event, _, now, later, _ = said.split("|")
        assert kind.__name__ in event
        for column, reactions in ((now, flow.NOW), (later, flow.LATER)):
            told = re.findall(r"`([a-z_.]+)`", column)
            assert told == [_name(one) for one in reactions.get(kind, ())], kind.__name__


def _name(reaction: Any) -> str:
    """`points.earn` for the handler of the room, `live.nudge_award` for plumbing."""
    parts = [part for part in reaction.__module__.split(".") if part not in ("app", "handlers")]
    return ".".join([*parts, reaction.__name__])


def test_every_table_is_on_the_map_under_its_owner_and_no_other() -> None:
    for models in ROOT.glob("app/*/models.py"):
        import_module(f"app.{models.parent.name}.models")
    owners = {str(mapper.class_.__tablename__): mapper.class_.__module__ for mapper in Base.registry.mappers}
    told: dict[str, str] = {}
    owner = ""
    for first, table in re.findall(r"^\| (?:`(app/\S+)` )?\| `([a-z_]+)`(?: ▪)? \|", MAP.read_text(), re.M):
        owner = first or owner
        told[table] = owner
    rooms = {
        table: "app/outbox.py" if module == "app.outbox" else module.removesuffix(".models").replace(".", "/")
        for table, module in owners.items()
    }
    assert told == rooms


def test_every_door_is_on_the_map_or_in_the_readme(app: Flask) -> None:
    said = MAP.read_text() + README.read_text()
    for rule in app.url_map.iter_rules():
        path = rule.rule.removeprefix("/api/v1") if rule.rule != "/api/v1" else rule.rule
        first = "/" + path.split("/")[1].partition("<")[0]
        assert re.search(rf"`{re.escape(first)}[`/…]|/api/v1{re.escape(first)}\b", said), rule.rule


def test_every_room_and_file_of_the_house_is_on_the_map() -> None:
    house = MAP.read_text().partition("```")[2].partition("```")[0]
    files = {path.stem for top in ("app", "badges", "leaderboards") for path in (ROOT / top).glob("*.py")}
    rooms = {path.parent.name for path in ROOT.glob("app/*/__init__.py")}
    missing = {name for name in files | rooms if not re.search(rf"\b{name}\b", house)}
    assert missing <= {"__init__"}


# Links ------------------------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """As a repository's page makes them of headings, and those that are set by hand."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    made = {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


@of_documents
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    for target in filter(None, (a or b for a, b in LINK.findall(text))):
        if FOREIGN.match(target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name}: {target}"
        assert not anchor or anchor in anchors(there), f"{path.name}: {target}"


def test_decisions_have_numbers_of_their_own_and_say_why() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text()
        assert text.startswith(f"# {int(page.name[:4])}. ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences")), page.name


def test_pictures_are_small_and_all_are_shown() -> None:
    shown = README.read_text()
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert picture.stat().st_size <= 120_000, picture.name
        assert f"docs/pictures/{picture.name}" in shown


def test_links_between_files_of_the_code_are_true() -> None:
    """What the code sends its readers to is there."""
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("tools/*.py"), ROOT / "run.py"]:
        for target in re.findall(r"\bdocs/[\w./-]+\.md", path.read_text()):
            assert (ROOT / target).exists(), f"{path.relative_to(ROOT)}: {target}"
