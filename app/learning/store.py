"""Rows of a file on their way: kept on disk and given out in the order of happening, so that a file of any size
takes little memory; and the uploaded files themselves, in pieces in the database."""

import json
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from sqlalchemy import delete, insert, select, text

from app.db import db
from app.learning.models import LearningPart, LearningRefusal
from app.learning.rules import BadRow, Entry, Reader, told
from app.tables import Table

PART = 512 * 1024
MOST_REFUSALS = 10_000  # that are kept; all are counted


class Shelf:
    """Entries on disk. Only their moments and places stay in memory: 16 bytes a row."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the shelf
        self._places, self._moments = array("q"), array("d")

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def add(self, entry: Entry) -> None:
        self._places.append(self._file.tell())
        self._moments.append(entry.happened_at.timestamp())
        values = list(entry)
        values[6] = entry.happened_at.isoformat()
        self._file.write(json.dumps(values).encode() + b"\n")

    def chunks(self, size: int, skip: int = 0) -> Iterator[list[Entry]]:
        """In the order of happening, then of the file; the same every time."""
        moments = self._moments
        order = sorted(range(len(moments)), key=moments.__getitem__)  # stable
        for start in range(skip, len(order), size):
            yield [self._at(place) for place in order[start : start + size]]

    def _at(self, number: int) -> Entry:
        self._file.seek(self._places[number])
        values = json.loads(self._file.readline())
        values[6], values[8] = datetime.fromisoformat(values[6]), tuple(values[8])
        return Entry(*values)


@dataclass
class Read:
    """What reading a file came to."""

    shelf: Shelf
    refused: int = 0
    refusals: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def refuse(self, line: int, reason: object) -> None:
        self.refused += 1
        if len(self.refusals) < MOST_REFUSALS:
            self.refusals.append((line, told(reason)))


def read(table: Table, reader: Reader, shelf: Shelf) -> Read:
    """Read all rows: what is understood goes onto the shelf, the rest is told with its line."""
    found = Read(shelf)
    for line, cells, trouble in table.rows():
        if trouble is not None:
            found.refuse(line, trouble)
            continue
        try:
            shelf.add(reader.entry(cells, line))
        except BadRow as no:
            found.refuse(line, no.reason)
    return found


# Uploaded files ---------------------------------------------------------------------------------------------

_NUMBERS = select(LearningPart.number).order_by(LearningPart.number)


def keep(import_id: int, stream: IO[bytes]) -> int:
    """Keep a file in pieces; return its size."""
    size = number = 0
    while piece := stream.read(PART):
        db.session.execute(insert(LearningPart).values(import_id=import_id, number=number, content=piece))
        size, number = size + len(piece), number + 1
    return size


def content(import_id: int) -> IO[bytes]:
    """The file again, on disk, to be closed by the caller."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        for number in db.session.scalars(_NUMBERS.where(LearningPart.import_id == import_id)).all():
            piece = db.session.scalar(
                select(LearningPart.content).where(
                    LearningPart.import_id == import_id, LearningPart.number == number
                )
            )
            file.write(piece or b"")
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def drop(import_id: int) -> None:
    """The file is not needed any more."""
    db.session.execute(delete(LearningPart).where(LearningPart.import_id == import_id))


_REFUSE = text("""
    INSERT INTO learning_refusal (import_id, line, reason)
    SELECT :id, r.line, r.reason FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(line bigint, reason jsonb)
    ON CONFLICT DO NOTHING
""")


def keep_refusals(import_id: int, refusals: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Those of this reading, in place of those before."""
    db.session.execute(delete(LearningRefusal).where(LearningRefusal.import_id == import_id))
    rows = [{"line": line, "reason": reason} for line, reason in refusals]
    if rows:
        db.session.execute(_REFUSE, {"id": import_id, "rows": json.dumps(rows)})
