"""The list of erasures outside of the database, so that an older backup does not bring anybody back.

A line is a number, when, and a mark that says whether the number is still the same person. `ERASURES` names the file.
As long as somebody in it is not erased here, pages and doors rest; the worker erases them anew as it starts.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from app.config import settings
from app.db import array, db, transaction
from app.outbox import settle
from app.privacy import erasing


@dataclass(frozen=True, slots=True)
class Line:
    person_id: int
    at: datetime
    mark: bytes

    def __str__(self) -> str:
        return f"{self.person_id} {self.at.isoformat()} {self.mark.hex()}\n"


class NotAList(ValueError):
    """A line says something else; better to stop than to bring somebody back."""


_DONE = text("SELECT person_id, at, mark FROM erasure ORDER BY at, person_id")
_SOME = text(
    "SELECT person_id, at, mark FROM erasure WHERE person_id = ANY(CAST(:ids AS bigint[])) ORDER BY at, person_id"
)
_HERE = text("""
    SELECT id, created_at FROM person WHERE id = ANY(CAST(:ids AS bigint[])) AND erased_at IS NULL ORDER BY id
""")
_NEXT = text("SELECT nextval(pg_get_serial_sequence('person', 'id')) FROM generate_series(1, :number)")


def done() -> Iterator[Line]:
    """All that were erased in this database."""
    for row in db.session.execute(_DONE):
        yield Line(row.person_id, row.at.astimezone(UTC), bytes(row.mark))


def read(path: Path) -> list[Line]:
    """The lines of a list; a file that is not there has none. A line that was cut off by a crash is an error."""
    if not path.exists():
        return []
    return [
        _line(number, said) for number, said in enumerate(path.read_text().splitlines(), 1) if said.strip()
    ]


def _line(number: int, said: str) -> Line:
    try:
        person_id, at, mark = said.split()
        return Line(int(person_id), datetime.fromisoformat(at), bytes.fromhex(mark))
    except ValueError:
        raise NotAList(f"line {number} of the list of erasures is not one of its lines") from None


def note_down(person_ids: Sequence[int]) -> None:
    """Add them to the list, once each: on the disk before this returns."""
    if not settings().erasures:
        return
    rows = db.session.execute(_SOME, {"ids": array(sorted(set(person_ids)))})
    add(
        [Line(row.person_id, row.at.astimezone(UTC), bytes(row.mark)) for row in rows],
        Path(settings().erasures),
    )


def add(lines: Iterable[Line], path: Path) -> int:
    """Write what is not in it yet; two that write at once wait for each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = file.read()
        new = [str(line) for line in lines if str(line) not in known]
        if known and not known.endswith("\n"):
            raise NotAList("the list of erasures ends within a line")
        file.writelines(new)
        file.flush()
        os.fsync(file.fileno())
    return len(new)


def missing(lines: Sequence[Line]) -> list[Line]:
    """Those in the list who are here, and not erased: this database is older than their erasure."""
    marks = {line.person_id: line for line in lines}
    if not marks:
        return []
    rows = db.session.execute(_HERE, {"ids": array(sorted(marks))})
    return [marks[row.id] for row in rows if erasing.mark_of(row.id, row.created_at) == marks[row.id].mark]


def replay(lines: Sequence[Line], *, at: datetime) -> int:
    """Erase them anew; and give none of these numbers to anybody else."""
    number = 0
    waiting = [line.person_id for line in missing(lines)]
    for start in range(0, len(waiting), erasing.AT_ONCE):
        with transaction():
            number += len(
                erasing.erase(waiting[start : start + erasing.AT_ONCE], by=None, at=at, guarded=False)
            )
            settle(at)
    if lines:
        with transaction():
            _use_up(max(line.person_id for line in lines))
    return number


def _use_up(most: int) -> None:
    """Numbers up to this one are given to nobody any more."""
    after = db.session.scalar(_NEXT, {"number": 1}) or 0
    if after < most:
        db.session.execute(_NEXT, {"number": most - after})


def replay_own(*, at: datetime) -> int:
    """As the worker starts: the list that `ERASURES` names, and what this database knows is put into it."""
    if not settings().erasures:
        return 0
    path = Path(settings().erasures)
    number = replay(read(path), at=at)
    add(list(done()), path)
    return number


class Watch:
    """Of one process: looks before the first answer, and again every second as long as it has to rest."""

    def __init__(self) -> None:
        self.fine, self.looked_at = False, 0.0

    def __call__(self) -> bool:
        """Whether this database may be shown."""
        if not self.fine and time.monotonic() - self.looked_at > 1:
            self.looked_at = time.monotonic()
            self.fine = not is_behind()
        return self.fine


def is_behind() -> bool:
    """Whether this database brings somebody back who was erased; then nothing is shown of it."""
    if not settings().erasures:
        return False
    try:
        return bool(missing(read(Path(settings().erasures))))
    except (NotAList, OSError):
        return True
