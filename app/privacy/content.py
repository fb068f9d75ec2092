"""The file of all that is stored of somebody: a ZIP with a page to read per room, and the same as JSON.

Rows come from the database a few hundred at a time and go to files on the disk: a long history takes no more memory
than a short one. Whatever stands in it is escaped, as text in HTML and as JSON.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from uuid import UUID

from babel.dates import get_month_names
from sqlalchemy import text

from app.config import timezone
from app.db import array, db
from app.privacy import labels, own
from app.privacy.words import ACTS, LOOKS, SAID

AT_A_TIME = 500
HASH = 64  # bytes up to which something is a hash or a mark, and told as such; longer ones are files
HEAD = """<!doctype html>
<html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark }}
dl {{ display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .2rem 1rem;
  border-top: 1px solid; padding-top: .8rem }}
dt {{ opacity: .75 }} dd {{ margin: 0; overflow-wrap: anywhere; white-space: pre-wrap }}
@media (max-width: 30rem) {{ dl {{ grid-template-columns: 1fr }} }}
</style>
<h1>{title}</h1>
"""

# What stands behind a number, by the table or the name of the column that holds it.
NAMED = {
    "person": "SELECT id, name FROM person WHERE erased_at IS NULL AND id = ANY(CAST(:ids AS bigint[]))",
    "unit": "SELECT id, name FROM unit WHERE id = ANY(CAST(:ids AS bigint[]))",
    "skill": "SELECT id, name ->> :lang FROM skill WHERE id = ANY(CAST(:ids AS bigint[]))",
    "activity": "SELECT id, title ->> :lang FROM activity WHERE id = ANY(CAST(:ids AS bigint[]))",
    "programme": "SELECT id, title ->> :lang FROM programme WHERE id = ANY(CAST(:ids AS bigint[]))",
    "job": "SELECT id, name ->> :lang FROM job WHERE id = ANY(CAST(:ids AS bigint[]))",
    "job_criteria": """SELECT c.id, j.name ->> :lang || ', ' || c.number
        FROM job_criteria c JOIN job j ON j.id = c.job_id WHERE c.id = ANY(CAST(:ids AS bigint[]))""",
    "criterion": "SELECT id, text ->> :lang FROM criterion WHERE id = ANY(CAST(:ids AS bigint[]))",
    "review_round": "SELECT id, name ->> :lang FROM review_round WHERE id = ANY(CAST(:ids AS bigint[]))",
    "review": """SELECT r.id, j.name ->> :lang || ', ' || CAST(r.asked_at AS date) FROM review r
        JOIN job j ON j.id = r.job_id WHERE r.id = ANY(CAST(:ids AS uuid[]))""",
    "award": """SELECT w.id, v.body -> 'name' ->> :lang FROM award w JOIN achievement_version v ON v.id = w.version_id
        WHERE w.id = ANY(CAST(:ids AS uuid[]))""",
    "achievement_version": """SELECT id, body -> 'name' ->> :lang || ', ' || number FROM achievement_version
        WHERE id = ANY(CAST(:ids AS bigint[]))""",
    "completion": """SELECT c.id, a.title ->> :lang || ', ' || CAST(c.completed_at AS date) FROM completion c
        JOIN activity a ON a.id = c.activity_id WHERE c.id = ANY(CAST(:ids AS bigint[]))""",
    "fact": """SELECT f.id, coalesce(a.title ->> :lang || ', ', '') || CAST(f.happened_at AS date) FROM fact f
        LEFT JOIN activity a ON a.id = f.activity_id WHERE f.id = ANY(CAST(:ids AS bigint[]))""",
    "vision_goal": "SELECT id, name ->> :lang FROM vision_goal WHERE id = ANY(CAST(:ids AS bigint[]))",
    "goal": "SELECT id, title FROM goal WHERE id = ANY(CAST(:ids AS bigint[]))",
    "team_goal": "SELECT id, title FROM team_goal WHERE id = ANY(CAST(:ids AS bigint[]))",
    "api_client": "SELECT id, name FROM api_client WHERE id = ANY(CAST(:ids AS bigint[]))",
    # Of lessons by others only what every colleague reads.
    "lesson": """SELECT id, title FROM lesson WHERE id = ANY(CAST(:ids AS bigint[])) AND audience = 'everyone'
        AND deleted_at IS NULL AND hidden_at IS NULL AND going_at IS NULL""",
    "achievement": """SELECT a.id, v.body -> 'name' ->> :lang FROM achievement a
        JOIN achievement_version v ON v.id = (SELECT max(id) FROM achievement_version w WHERE w.achievement_id = a.id)
        WHERE a.id = ANY(CAST(:ids AS bigint[]))""",
}
THINGS = {
    "badge": "award",
    "completion": "completion",
    "lesson_applied": "lesson",
}  # `thing`: one of these, by kind
BY_NAME = {
    "department_id": "unit", "team_id": "unit", "viewer_id": "person", "person_id": "person", "actor_id": "person",
    "skills": "skill", "skill_id": "skill", "evidence": "fact", "thing": "thing", "holder_id": "person",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What rooms, tables and columns are called in the language of who reads, and what codes of traces say."""

    lang: str
    title: str
    told: str
    empty: str
    yes: str
    no: str
    rooms: Mapping[str, str]
    tables: Mapping[str, str]
    columns: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]  # by column, or by table and column

    @classmethod
    def of(cls, lang: str, title: object, told: object, empty: object, yes: object, no: object) -> "Words":
        """Asked within that language."""
        rooms, tables, columns = (
            {name: str(said) for name, said in of.items()}
            for of in (labels.ROOMS, labels.TABLES, labels.COLUMNS)
        )
        known = {**labels.CODES, "action": ACTS, "look.what": LOOKS, "said": SAID}
        codes = {name: {code: str(said) for code, said in of.items()} for name, of in known.items()}
        return cls(lang, str(title), str(told), str(empty), str(yes), str(no), rooms, tables, columns, codes)


Rows = Iterator[dict[str, Any]]
Extra = tuple[
    str, str, Rows
]  # room, table, rows that are no columns: decrypted, or told as their room tells them


def write_file(to: Path, about: Mapping[str, Any], words: Words, extras: Sequence[Extra]) -> None:
    """`about` is what the parts ask with: me, marks, today."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as made, TemporaryDirectory(dir=to.parent) as folder:
        rooms: list[tuple[str, int]] = []
        for room, parts in own.rooms():
            with _Room(room, words, Path(folder), made) as writer:
                for part in parts:
                    writer.table(part.table, _rows(part, about), _targets(part))
                for _, table, rows in (one for one in extras if one[0] == room):
                    writer.table(table, rows, {"review": "review"})
                rooms.append((room, writer.end()))
        made.writestr("index.html", _index(rooms, words))


def _index(rooms: Iterable[tuple[str, int]], words: Words) -> str:
    lines = "".join(
        f'<li><a href="{room}.html">{escape(words.rooms[room])}</a>: {rows} (<a href="{room}.json">JSON</a>)</li>\n'
        for room, rows in rooms
    )
    head = HEAD.format(lang=words.lang, title=escape(words.title))
    return f"{head}<p>{escape(words.told)}</p>\n<ul>\n{lines}</ul>\n"


def _rows(part: own.Part, about: Mapping[str, Any]) -> Rows:
    columns = ", ".join(f't."{column.name}"' for column in part.columns)
    order = part.order or ", ".join(f't."{column.name}"' for column in part.source.primary_key)
    asked = text(f'SELECT {columns} FROM "{part.table}" t WHERE {part.where} ORDER BY {order}')
    with db.session.execute(asked, about, execution_options={"yield_per": AT_A_TIME}) as found:
        for row in found.mappings():
            yield dict(row)


def _targets(part: own.Part) -> dict[str, str]:
    """Which columns hold the number of what."""
    found = {}
    for column in part.columns:
        full = [key.target_fullname.split(".") for key in column.foreign_keys]
        keys = {
            table for table, name in full if name == "id"
        }  # others are there to hold two columns together
        target = next(iter(keys & NAMED.keys()), BY_NAME.get(column.name))
        if target:
            found[column.name] = target
    return found


class _Room:
    """One page and one JSON file, written row by row."""

    def __init__(self, room: str, words: Words, folder: Path, made: zipfile.ZipFile) -> None:
        self.room, self.words, self.made, self.number = room, words, made, 0
        self.heads: dict[str, str] = {}
        self.coded: dict[str, Mapping[str, str]] = {}
        self.zone, self.months = timezone(), get_month_names("wide", locale=words.lang)
        self._open = ExitStack()
        self.page_at, self.json_at = folder / f"{room}.html", folder / f"{room}.json"
        self.page: IO[str] = self._open.enter_context(self.page_at.open("w", encoding="utf-8"))
        self.json: IO[str] = self._open.enter_context(self.json_at.open("w", encoding="utf-8"))
        self.page.write(HEAD.format(lang=words.lang, title=escape(words.rooms[room])))
        self.json.write("[")
        self.said = ""

    def table(self, table: str, rows: Rows, targets: Mapping[str, str]) -> None:
        for some in _by(AT_A_TIME, rows):
            names = _names(some, targets, self.words.lang)
            self.coded = {name: self._codes(table, name) for name in {name for row in some for name in row}}
            for row in some:
                self._row(table, row, targets, names)

    def _row(
        self, table: str, row: dict[str, Any], targets: Mapping[str, str], names: Mapping[Any, str]
    ) -> None:
        if table != self.said:
            self.said = table
            self.page.write(f"<h2>{escape(self.words.tables.get(table, table))}</h2>\n")
        for name, value in row.items():
            if isinstance(value, bytes | memoryview):
                content = bytes(value)
                row[name] = content.hex() if len(content) <= HASH else self._file(table, row, content)
        told = json.dumps({"table": table, **row}, default=str, ensure_ascii=False)
        self.json.write(f"{',' if self.number else ''}\n{told}")
        lines = [
            f"{self._head(name)}{escape(self._told(name, value, targets.get(name), names))}</dd>"
            for name, value in row.items()
            if not {name, f"{table}.{name}"} & labels.QUIET
            and value is not None
            and value != ""
            and value != []
            and value != {}
        ]
        self.page.write(f"<dl>{''.join(lines)}</dl>\n")
        self.number += 1

    def _file(self, table: str, row: Mapping[str, Any], content: bytes) -> str:
        """A picture or document goes along as a file."""
        kinds = {"image/webp": ".webp", "application/pdf": ".pdf", "application/json": ".json"}
        ends = kinds.get(str(row.get("kind")), ".bin")
        name = f"files/{table}-{row.get('id', self.number)}{ends}"
        self.made.writestr(name, content)
        return name

    def _head(self, name: str) -> str:
        """Up to where the value begins; made once for each column."""
        if name not in self.heads:
            plain = name.removesuffix("_id").removesuffix("_at").replace("_", " ")
            self.heads[name] = f"<dt>{escape(self.words.columns.get(name) or plain)}</dt><dd>"
        return self.heads[name]

    def _codes(self, table: str, name: str) -> Mapping[str, str]:
        return self.words.codes.get(f"{table}.{name}") or self.words.codes.get(name, {})

    def _told(self, name: str, value: Any, target: str | None, names: Mapping[Any, str]) -> str:
        """A code in words, or what `_said` says."""
        codes = self.coded[name]
        if isinstance(value, str) and value in codes:
            return codes[value]
        if isinstance(value, list) and codes:
            return ", ".join(codes.get(one, str(one)) for one in value)
        return self._said(value, target, names)

    def _said(self, value: Any, target: str | None, names: Mapping[Any, str]) -> str:
        if isinstance(value, bool):
            return self.words.yes if value else self.words.no
        if isinstance(value, datetime):
            local = value.astimezone(self.zone)
            return f"{self._day(local)}, {local:%H:%M}"
        if isinstance(value, date):
            return self._day(value)
        if isinstance(value, list | tuple):
            return ", ".join(self._said(one, target, names) for one in value)
        if isinstance(value, dict):
            return str(value.get(self.words.lang) or json.dumps(value, default=str, ensure_ascii=False))
        if target is not None:
            return names.get((target, value), str(value))
        return str(value)

    def _day(self, day: date) -> str:
        """As Babel would say it, which takes a tenth of the whole time with so many of them."""
        return f"{day.day} {self.months[day.month]} {day.year}"

    def __enter__(self) -> "_Room":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def end(self) -> int:
        """Both are whole and go into the file; how many rows there were."""
        if not self.number:
            self.page.write(f"<p>{escape(self.words.empty)}</p>\n")
        self.json.write("\n]\n")
        self._open.close()
        for path in (self.page_at, self.json_at):
            self.made.write(path, path.name)
            path.unlink()
        return self.number


def _by(number: int, rows: Rows) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        some.append(row)
        size += sum(len(value) for value in row.values() if isinstance(value, bytes | memoryview | str))
        if len(some) == number or size > 4_000_000:  # pictures come one by one
            yield some
            some, size = [], 0
    if some:
        yield some


def _names(rows: Iterable[Mapping[str, Any]], targets: Mapping[str, str], lang: str) -> dict[Any, str]:
    """What the numbers in these rows stand for, in one question per kind of thing."""
    wanted: dict[str, set[int | UUID]] = {}
    things: set[str] = set()
    for row in rows:
        for column, target in targets.items():
            value = row.get(column)
            many = value if isinstance(value, list | tuple) else (value,)
            if target == "thing":
                things.update(one for one in many if isinstance(one, str))
            else:
                wanted.setdefault(target, set()).update(one for one in many if isinstance(one, int | UUID))
    for kind, ref in _parted(things):
        wanted.setdefault(THINGS[kind], set()).add(ref)
    found: dict[Any, str] = {}
    for target, ids in wanted.items():
        asked = {"ids": array(sorted(ids)), **({"lang": lang} if ":lang" in NAMED[target] else {})}
        for number, name in db.session.execute(text(NAMED[target]), asked) if ids else ():
            found[target, number] = name or str(number)
    for kind, ref in _parted(things):
        if (THINGS[kind], ref) in found:
            found["thing", f"{kind}:{ref}"] = found[THINGS[kind], ref]
    return found


def _parted(things: Iterable[str]) -> Iterator[tuple[str, int | UUID]]:
    """`badge:…`, `completion:…`: its kind and its number, of what has a name."""
    for thing in things:
        kind, _, ref = thing.partition(":")
        if kind in THINGS:
            yield kind, UUID(ref) if kind == "badge" else int(ref)
