"""A file brought in by a command: read, tried or recorded in this process, batch by batch."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError

from app.config import timezone
from app.db import transaction
from app.errors import Conflict
from app.learning import actions, queries, rules, store
from app.learning.rules import BadMap, Entry, Plan, Reader
from app.outbox import settle
from app.reading import Unreadable, read_json
from app.tables import BadTable, csv_text, open_table
from app.vision.queries import tree

TRIES = 5
MAP_BYTES = 100_000
EMPTY = _l("There are no rows under the header.")


@dataclass
class Figures:
    """What a file came to."""

    dry: bool
    rows: int = 0
    new: int = 0
    known: int = 0
    waiting: int = 0
    refused: int = 0
    activities: int = 0
    refusals: list[tuple[int, str]] = field(default_factory=list)

    def add(self, taken: actions.Taken) -> None:
        for name, number in taken.figures().items():
            setattr(self, name, getattr(self, name) + number)

    def said(self, seconds: float) -> str:
        """One line for whoever ran the command."""
        word = "would be " if self.dry else ""
        return (
            f"{self.rows} rows: {self.new} {word}new, {self.known} known, {self.waiting} {word}waiting for their"
            f" person, {self.refused} refused; {self.activities} activities {word}proposed;"
            f" {self.rows / max(seconds, 0.001):.0f} rows/s in {seconds:.1f} s."
        )


def map_of(file: Path) -> dict[str, Any]:
    """The map in this file."""
    try:
        found = read_json(file.read_bytes()[: MAP_BYTES + 1], max_bytes=MAP_BYTES)
    except OSError:
        raise BadMap(_l("There is no file called %(name)s that can be read.", name=str(file))) from None
    except Unreadable as no:
        raise BadMap(_l("The map cannot be read: %(why)s", why=no.message)) from None
    rules.read_map(found)
    return dict(found)  # type: ignore[call-overload, no-any-return]


def bring_in(
    file: Path, data: dict[str, Any], *, history: date | None, dry_run: bool, told: Callable[[str], None]
) -> Figures:
    """Bring a file in, or say what would come of it. Killed and run again, it goes on: what is known counts nothing."""
    found = Figures(dry_run)
    at = datetime.now(UTC)
    with open_table(file) as table, store.Shelf() as shelf:
        reader = _reader(rules.read_map(data), table.header, history, at)
        read = store.read(table, reader, shelf)
        found.refused, found.rows = read.refused, len(shelf) + read.refused
        found.refusals = [(line, queries.said(reason)) for line, reason in read.refusals]
        if not found.rows:
            raise BadTable(EMPTY)
        done = 0
        for entries in shelf.chunks(actions.CHUNK):
            found.add(_preview(entries) if dry_run else _take_in(entries))
            done += len(entries)
            told(f"{done} of {len(shelf)} rows")
    if not dry_run:
        _note(file, data, history, table, found, read)
    return found


def _reader(plan: Plan, header: Sequence[str], history: date | None, at: datetime) -> Reader:
    with transaction():
        skills = {row.slug for row in tree()}
    return Reader(plan, header, at=at, zone=timezone(), skills=skills, history=history)


def _preview(entries: Sequence[Entry]) -> actions.Taken:
    with transaction():
        return actions.preview(entries)


def _take_in(entries: Sequence[Entry]) -> actions.Taken:
    """One batch, one transaction; again where another import was in the way."""
    for left in reversed(range(TRIES)):
        try:
            at = datetime.now(UTC)
            with transaction():
                taken = actions.take_in(entries, at=at)
                settle(at)
                return taken
        except (Conflict, OperationalError):
            if not left:
                raise
    raise RuntimeError("cannot come here")


def _note(
    file: Path, data: dict[str, Any], history: date | None, table: Any, found: Figures, read: store.Read
) -> None:
    """The list of imports has it, with its refused rows."""
    at = datetime.now(UTC)
    with transaction():
        import_id = actions.make(
            name=file.name, by=None, at=at, state="done", ended_at=at, kind=table.kind, encoding=table.encoding,
            separator=table.separator, size=os.path.getsize(file), map=data, history=history,
            total=found.rows - found.refused, done=found.rows - found.refused, new=found.new, known=found.known,
            waiting=found.waiting, refused=found.refused, activities=found.activities,
        )  # fmt: skip
        actions.refused_rows(import_id, read.refusals)


def write_refused(where: Path, refusals: Sequence[tuple[int, str]]) -> Path:
    """The refused rows as a file; beside the temporary ones when it cannot stand where it should."""
    content = csv_text(["line", "reason"], refusals)
    try:
        where.write_text(content, encoding="utf-8", newline="")
    except OSError:
        where = Path.cwd() / where.name
        where.write_text(content, encoding="utf-8", newline="")
    return where
