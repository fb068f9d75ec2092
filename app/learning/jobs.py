"""The worker's part: try a file or bring it in, batch by batch. Each batch is a transaction that also says how far it
is, so that a job that was killed goes on where it stood, and two that have the same file cannot both take a batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l

from app.config import timezone
from app.db import db, transaction
from app.errors import Conflict, Refused
from app.jobs import do_later, job, stopping
from app.learning import actions, store
from app.learning.models import LearningImport
from app.learning.rules import Reader, read_map
from app.outbox import settle
from app.tables import BadTable, open_table
from app.vision.queries import tree

EMPTY = _l("There are no rows under the header.")


@job("learning.import", queue="learning")
def work_on(import_id: int) -> None:
    """Try it or bring it in, whatever its state asks for; put the rest down again when the worker stops."""
    with transaction():
        one = actions.locked(import_id)
        wants = one.state
        if wants not in ("trying", "queued", "running"):
            return
        if wants == "queued":
            one.state = "running"
    try:
        with _read(import_id) as read:
            if wants == "trying":
                _try(import_id, read)
            else:
                _bring_in(import_id, read)
    except Refused as no:
        if isinstance(no, Conflict):  # somebody recorded the same: the job is done again
            raise
        db.session.remove()
        with transaction():
            one = actions.locked(import_id)
            if one.state in ("trying", "running"):
                actions.end(one, "failed", datetime.now(UTC), no)


def later(import_id: int) -> None:
    """Put the job down, in this transaction."""
    do_later(work_on, one_at_a_time=f"learning:{import_id}", import_id=import_id)


@contextmanager
def _read(import_id: int) -> Iterator[store.Read]:
    """Read the file whole, once: from here on only rows that are understood play a part."""
    with transaction():
        one = actions.locked(import_id)
        plan, history, at = read_map(one.map), one.history, one.made_at
        skills = {row.slug for row in tree()}
        encoding, separator = one.encoding or None, one.separator or None
        file = store.content(import_id)
    with file, store.Shelf() as shelf:
        table = open_table(file, encoding=encoding, separator=separator)
        reader = Reader(plan, table.header, at=at, zone=timezone(), skills=skills, history=history)
        read = store.read(table, reader, shelf)
        with transaction():
            one = actions.locked(import_id)
            one.total, one.refused = len(shelf), read.refused
            actions.refused_rows(import_id, read.refusals)
        if not len(shelf) and not read.refused:
            raise BadTable(EMPTY)
        yield read


def _try(import_id: int, read: store.Read) -> None:
    done = 0
    for entries in read.shelf.chunks(actions.CHUNK * 5):
        with transaction():
            one = _mine(import_id, "trying", done)
            if one is None:
                return
            if not done:
                one.new = one.known = one.waiting = one.activities = 0
            actions.step(one, actions.preview(entries), len(entries), datetime.now(UTC))
            done = one.done
        if stopping.is_set():
            _again(import_id, restart=True)
            return
    with transaction():
        one = actions.locked(import_id)
        if one.state == "trying":
            one.state, one.touched_at = "tried", datetime.now(UTC)


def _bring_in(import_id: int, read: store.Read) -> None:
    with transaction():
        done = actions.locked(import_id).done
    for entries in read.shelf.chunks(actions.CHUNK, done):
        at = datetime.now(UTC)
        with transaction():
            one = _mine(import_id, "running", done)
            if one is None:
                return
            taken = actions.take_in(entries, at=at, import_id=import_id)
            settle(at)
            actions.step(one, taken, len(entries), at)
            done = one.done
        if stopping.is_set():
            _again(import_id)
            return
    with transaction():
        one = actions.locked(import_id)
        if one.state == "running":
            actions.end(one, "done", datetime.now(UTC))


def _mine(import_id: int, state: str, done: int) -> LearningImport | None:
    """The import, locked, unless it was cancelled or another job goes on with it."""
    one = actions.locked(import_id)
    if state == "trying" and not done:
        one.done = 0
    return one if one.state == state and one.done == done else None


def _again(import_id: int, *, restart: bool = False) -> None:
    with transaction():
        if restart:
            actions.locked(import_id).done = 0
        later(import_id)
