"""Erasing people: they become an empty number, and the sums stay right.

One transaction marks them, lets each room end what is underway (`PersonErased`), and empties what is stored. Something
of theirs can still be on its way at that moment, from a request that was faster; so the worker empties once more,
when nothing of then can be under way any longer. All of it takes as many statements for a thousand people as for one.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit.actions import Act, write, write_all
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import PersonErased, PersonMoved
from app.lessons import unnamed
from app.outbox import publish
from app.people import naming
from app.people import queries as people
from app.people.models import ErasedName
from app.privacy import answering, gone, queries
from app.privacy.models import Erasure, ErasureRequest

WAIT = timedelta(minutes=5)  # longer than any request, import or piece of work holds a transaction open
AT_ONCE = 1000
YOURSELF = _l("You cannot erase yourself. Ask another administrator.")
LAST = _l("This would take away the last administrator. Make somebody else one first.")
NOT_SURE = _l("Tick that you know that this cannot be undone.")
NOBODY = _l("Choose at least one person.")
MANY = _l("At most %(most)s people at a time.", most=AT_ONCE)

_HELD = text("""
    SELECT id, role, active, external_id, email, created_at FROM person
    WHERE id = ANY(CAST(:ids AS bigint[])) AND erased_at IS NULL ORDER BY id FOR NO KEY UPDATE
""")
_ONE_ADMINISTRATOR = text("SELECT pg_advisory_xact_lock(7303018)")
_OTHERS = text("""
    SELECT count(*) FROM person WHERE role = 'admin' AND active AND id <> ALL(CAST(:ids AS bigint[]))
""")


def erase(person_ids: Iterable[int], *, by: int | None, at: datetime, guarded: bool = True) -> Sequence[int]:
    """Erase these people; who was erased before stays so. Returns the numbers of whom it erased. The caller settles.

    `guarded`: never oneself, never the last administrator; an erasure that is replayed was judged before.
    """
    ids = sorted(set(person_ids))
    if guarded and by in ids:
        raise Refused(YOURSELF)
    if len(ids) > AT_ONCE:
        raise Refused(MANY)
    unnamed.lock_pens(ids)
    naming.hold_alone()
    lock_people(ids)
    rows = db.session.execute(_HELD, {"ids": array(ids)}).all() if ids else []
    if not rows:
        return []
    if guarded:
        _spare_last_administrator(rows)
    found = [row.id for row in rows]
    if guarded:
        answering.keep_letters(found, at=at)
    _put_down(rows, by, at)
    publish(PersonErased(person_id=one) for one in found)
    publish(PersonMoved(person_id=one) for one in found)
    return found


def _spare_last_administrator(rows: Sequence[Row[Any]]) -> None:
    losing = [row.id for row in rows if row.role == "admin" and row.active]
    if not losing:
        return
    db.session.execute(_ONE_ADMINISTRATOR)
    if not db.session.scalar(_OTHERS, {"ids": array(losing)}):
        raise Refused(LAST)


# Boards that were filled know nothing yet of where the projector put somebody; once the person's row says no unit any
# more, it could not take them off those boards.
_STOOD = text("""
    INSERT INTO board_member (person_id, department_id, team_id, taking_part)
    SELECT id, department_id, team_id, false FROM person WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id
    ON CONFLICT (person_id) DO UPDATE SET department_id = coalesce(board_member.department_id, excluded.department_id),
        team_id = coalesce(board_member.team_id, excluded.team_id)
""")


def _put_down(rows: Sequence[Row[Any]], by: int | None, at: datetime) -> None:
    """That they were erased, by number only; and a hash of how an HR file would name them again."""
    db.session.execute(_STOOD, {"ids": array(row.id for row in rows)})
    put = [
        {"person_id": row.id, "mark": mark_of(row.id, row.created_at), "at": at, "by_id": by} for row in rows
    ]
    db.session.execute(upsert(Erasure).on_conflict_do_nothing(), put)
    hashes = {one for row in rows for one in naming.erased_names(row.external_id, row.email)}
    if hashes:
        db.session.execute(
            upsert(ErasedName).on_conflict_do_nothing(), [{"hash": one} for one in sorted(hashes)]
        )
    write_all((Act("person:erased", row.id) for row in rows), at=at, actor_id=by)


def mark_of(person_id: int, created_at: datetime) -> bytes:
    """Says in an older backup whether a number is still the same person: numbers are given out anew there."""
    said = f"blijk/erasure/{person_id}/{created_at.astimezone(UTC).isoformat()}"
    return hashlib.sha256(said.encode()).digest()


# Emptying -----------------------------------------------------------------------------------------------------


def empty(person_ids: Sequence[int], *, at: datetime) -> None:
    """What stands in `gone.RULES`, in its order."""
    marks = [one for key in people.keys_of(person_ids).values() for one in unnamed.all_marks(key)]
    told: Mapping[str, Any] = {
        "ids": array(person_ids), "at": at, "marks": "{" + ",".join(f'"\\\\x{one.hex()}"' for one in marks) + "}",
    }  # fmt: skip
    for statement in _RULES:
        db.session.execute(statement, told)
    db.session.info.pop("own_keys", None)
    db.session.expire_all()


_RULES = [text(rule.sql) for rule in gone.RULES]
_WAITING = text("""
    SELECT person_id, at FROM erasure WHERE swept_at IS NULL AND at < :before ORDER BY person_id LIMIT :most
""")
_SWEPT = text("UPDATE erasure SET swept_at = :at WHERE person_id = ANY(CAST(:ids AS bigint[]))")


def sweep(*, at: datetime) -> int:
    """Empty once more what came from requests that were under way at the moment of an erasure. The caller settles."""
    ids = [row.person_id for row in db.session.execute(_WAITING, {"before": at - WAIT, "most": AT_ONCE})]
    if ids:
        lock_people(ids)
        publish(PersonErased(person_id=one) for one in ids)
        db.session.execute(_SWEPT, {"ids": array(ids), "at": at})
    return len(ids)


_TAKEN_BACK = text("DELETE FROM erasure_request WHERE person_id = :id RETURNING person_id")
NOT_ASKED = _l("You have not asked to be erased, or not any more.")

# Asking for it ------------------------------------------------------------------------------------------------


def ask(*, person_id: int, at: datetime) -> None:
    """Somebody asks the organisation to erase them; asking twice is asking once. The caller settles."""
    put = upsert(ErasureRequest).values(person_id=person_id, asked_at=at).on_conflict_do_nothing()
    if db.session.scalar(put.returning(ErasureRequest.person_id)) is not None:
        _told("erasure:asked", person_id, at)
        answering.tell_desk(person_id)


def take_back(*, person_id: int, at: datetime) -> None:
    """They changed their mind."""
    if db.session.scalar(_TAKEN_BACK, {"id": person_id}) is None:
        raise NotFound(NOT_ASKED)
    _told("erasure:taken-back", person_id, at)


def _told(what: str, person_id: int, at: datetime) -> None:
    write(what, at=at, actor_id=person_id, person_id=person_id)


def checked(ids: Sequence[int], *, sure: bool) -> Sequence[int]:
    """Whom a form may erase: it names somebody, and whoever sent it said that they know what they do."""
    if not ids:
        raise Refused(NOBODY)
    if not sure:
        raise Refused(NOT_SURE, fields={"sure": NOT_SURE})
    if not set(ids) <= {one.id for one in queries.to_erase(ids)}:
        raise Conflict(_l("One of these people is not there any more. Look at the list again."))
    return ids
