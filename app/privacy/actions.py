"""Ask for all that is stored of oneself, make the file, let it go again."""

import uuid
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.activities import files
from app.audit.actions import write
from app.care import queries as care
from app.config import timezone
from app.conversations import queries as conversations
from app.db import db
from app.errors import NotFound
from app.events import ExportMade
from app.keys import decrypt, encrypt
from app.lessons import extras, unnamed
from app.outbox import publish
from app.people import drafts
from app.people import queries as people
from app.privacy import content, queries
from app.privacy.models import DataExport, DataExportPart
from app.reviews import dossier, judging
from app.reviews import queries as reviews

PIECE = 256 * 1024
KEEP = timedelta(days=7)
AGAIN = timedelta(hours=1)  # within it, asking again means the same file
STUCK = timedelta(minutes=10)


def ask(*, person_id: int, at: datetime) -> tuple[uuid.UUID, bool]:
    """Ask for the file; says whether it has to be made. Twice at once, and again within the hour, is once."""
    made = queries.newest(person_id)
    if made is not None and made.state == "made" and made.asked_at > at - AGAIN:
        return made.id, False
    values = {"id": uuid.uuid4(), "person_id": person_id, "asked_at": at, "state": "asked"}
    put = upsert(DataExport).values(values).on_conflict_do_nothing().returning(DataExport.id)
    new = db.session.scalar(put)
    if new is not None:
        write("export:asked", at=at, actor_id=person_id, person_id=person_id)
        return new, True
    waiting = queries.newest(person_id)
    if waiting is None:
        raise NotFound(queries.NOT_THERE)
    return waiting.id, waiting.asked_at < at - STUCK


def forget(*, person_id: int, export_id: uuid.UUID) -> None:
    """Remove the file now."""
    gone = delete(DataExport).where(DataExport.id == export_id, DataExport.person_id == person_id)
    if db.session.scalar(gone.returning(DataExport.id)) is None:
        raise NotFound(queries.NOT_THERE)


def prune(*, at: datetime) -> None:
    """Files past their days, and wishes that nobody could fulfil within a day."""
    db.session.execute(delete(DataExport).where(DataExport.ends_at < at))
    stuck = DataExport.asked_at < at - timedelta(days=1)
    db.session.execute(delete(DataExport).where(DataExport.state == "asked", stuck))


# Making it ----------------------------------------------------------------------------------------------------


def write_file(person_id: int, to: Path, words: content.Words, at: datetime) -> None:
    """All that is stored of them, on the disk."""
    today = at.astimezone(timezone()).date()
    about = {"me": person_id, "marks": unnamed.marks_of(person_id), "today": today}
    content.write_file(to, about, words, _extras(person_id))


def _extras(me: int) -> list[content.Extra]:
    """What stands encrypted, and what others did about something of theirs, as its room tells them."""
    return [
        ("lessons", "lesson_draft", iter([draft] if (draft := extras.draft_of(me)) else [])),
        ("learning", "log_draft", iter([log] if (log := drafts.kept("log", me)) else [])),
        ("learning", "log_file", files.all_of(me)),
        ("conversations", "conversation_note", _notes(me)),
        ("conversations", "conversation_note", _notes_left(me)),
        ("reviews", "review_words", _words(me)),
        ("reviews", "review_written", _written_by_me(me)),
        ("reviews", "dossier_file", _dossiers(me)),
        ("care", "about_me", _reports(me)),
    ]


def _words(me: int) -> Iterator[dict[str, Any]]:
    """What was written in the reviews of this person, as far as they may read it now."""
    for review_id in queries.reviews_of(me):
        seen = reviews.opened(me, review_id, False)
        if seen is None:
            continue
        file, judged = reviews.file(seen.row), judging.of(seen, me)
        pieces = [one for asked in file.criteria for one in asked.evidence]
        told: list[tuple[str, str, Any]] = [
            ("own_words", "", file.own_words), ("own_words_draft", "", reviews.words_of(seen.row).draft),
            ("answer", "", judged.answer),
        ]  # fmt: skip
        told += [(one.kind, one.title, one.words) for one in pieces]
        told += [("link", one.title, one.link) for one in pieces]
        said = [one for verdicts in judged.verdicts.values() for one in verdicts]
        told += [(one.verdict or "", one.name, one.words) for one in said]
        told += [(one.outcome or "", one.name, one.words) for one in judged.decisions]
        for one in (judged.objection, *judged.earlier):
            if one:
                told += [("objection", "", one.words), (one.outcome or "", one.handler or "", one.answer)]
        for said_as, by, words in told:
            if words:
                yield {"review": review_id, "said": said_as, "writer": by, "text": words}
        yield from _asked_of_others(seen.row, {one.thing for one in pieces})


def _asked_of_others(row: Any, released: AbstractSet[str]) -> Iterator[dict[str, Any]]:
    """What they asked colleagues; and what those filed for them and stands in no file yet."""
    for one in reviews.observations(row):
        yield {"review": row.id, "said": "question", "observer_id": one.observer, "text": one.question}
        if one.words and f"observation:{one.id}" not in released:
            yield {"review": row.id, "said": "observation", "writer": one.observer, "text": one.words}


def _written_by_me(me: int) -> Iterator[dict[str, Any]]:
    """What this person wrote in reviews of colleagues, and about whom as far as they may see it (decision 42)."""
    for row, words in judging.written_by(me):
        outcome = "verdict" if row.what == "assessed" else "outcome"
        where = {
            "review": row.review_id,
            "holder": row.person,
            "criterion": row.criterion,
            outcome: row.outcome,
        }
        yield {"said": row.what, **(where if row.stays else {}), "text": words, "written_at": row.written_at}
    for one in reviews.observed_by(me):
        yield {
            "said": "observed",
            "holder": one.row.person,
            "criterion": one.row.criterion,
            "text": one.words,
        }
    for opened in queries.reasons_of(me):
        yield {"said": "opened", "text": opened.reason, "written_at": opened.at}


def _dossiers(me: int) -> Iterator[dict[str, Any]]:
    """Each as it was frozen, byte for byte: what was decided before it was decided anew stands nowhere else."""
    for row, frozen in dossier.all_of(me):
        yield {
            "id": f"{row.review_id}-{row.number}", "review": row.review_id, "number": row.number,
            "frozen_at": row.frozen_at, "kind": "application/json", "content": frozen,
        }  # fmt: skip


def _notes(me: int) -> Iterator[dict[str, Any]]:
    for conversation_id in queries.conversations_of(me):
        for note in conversations.notes(me, conversation_id):
            yield {
                "conversation": conversation_id, "kind": note.kind, "writer": note.writer, "text": note.text,
                "written_at": note.written_at, "filed_at": note.filed_at,
            }  # fmt: skip


def _notes_left(me: int) -> Iterator[dict[str, Any]]:
    """One's own, of conversations with whom one leads no more: the words, and not with whom."""
    for note in conversations.left_behind(me):
        yield {
            "kind": note.kind, "writer": note.writer, "text": note.text, "written_at": note.written_at,
            "filed_at": note.filed_at,
        }  # fmt: skip


def _reports(me: int) -> Iterator[dict[str, Any]]:
    """That something of mine was reported, why, and what was decided; never who."""
    for kind, ids in queries.written_by(me).items():
        for row in care.all_about(kind, ids):
            yield {"kind": kind, **row._mapping}


_TAKE = select(DataExport).where(DataExport.state == "asked").with_for_update()


def keep(*, export_id: uuid.UUID, file: IO[bytes], at: datetime) -> None:
    """Put the file into the database in pieces, under the person's own key, and tell them. Older files go."""
    export = db.session.scalar(_TAKE.where(DataExport.id == export_id))
    key = people.keys_of([export.person_id]).get(export.person_id) if export else None
    if export is None or key is None:
        return
    mine = DataExport.person_id == export.person_id
    db.session.execute(delete(DataExport).where(mine, DataExport.state == "made"))
    size = number = 0
    while piece := file.read(PIECE):
        sealed = encrypt(key, piece, _bound(export_id, number))
        row = {"export_id": export_id, "number": number, "content": sealed}
        db.session.execute(insert(DataExportPart).values(row))
        size, number = size + len(piece), number + 1
    export.state, export.made_at, export.ends_at, export.bytes = "made", at, at + KEEP, size
    db.session.flush()
    publish([ExportMade(person_id=export.person_id, export_id=export_id)])


def take(*, person_id: int, export_id: uuid.UUID, to: IO[bytes], at: datetime) -> None:
    """Write the file out for whom it is about, and for nobody else."""
    export = queries.one(person_id, export_id)
    key = people.keys_of([person_id]).get(person_id)
    if (
        export is None
        or export.state != "made"
        or export.ends_at is None
        or export.ends_at < at
        or key is None
    ):
        raise NotFound(queries.NOT_THERE)
    pieces = select(DataExportPart.content).where(DataExportPart.export_id == export_id)
    number = 0
    while sealed := db.session.scalar(pieces.where(DataExportPart.number == number)):
        to.write(decrypt(key, sealed, _bound(export_id, number)))
        number += 1
    write("export:taken", at=at, actor_id=person_id, person_id=person_id)


def _bound(export_id: uuid.UUID, number: int) -> str:
    return f"export:{export_id}:{number}"
