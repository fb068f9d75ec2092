"""The word of a colleague on what somebody logged, and who gives it when the one who was asked cannot."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Boolean

from app.activities import records
from app.activities.logs import IN_THE_MEANTIME, NO_LOG
from app.activities.recording import drop_supports, fact_of
from app.activities.rules import Weight, fact_source, log_source
from app.audit.actions import Act, write, write_all
from app.config import timezone
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import CompletionConfirmed, CompletionDeclined, CompletionLogged, FactTakenBack
from app.outbox import publish
from app.people.queries import cards

_IDS = ARRAY(BigInteger)

# Of two decisions at once the second finds nothing that waits.
_DECIDE = text("""
    UPDATE completion c
    SET state = CASE WHEN :confirm THEN 'confirmed' ELSE 'declined' END, decided_at = :at,
        decision_note = :note, round = c.round + CASE WHEN :confirm THEN 1 ELSE 0 END
    FROM activity a
    WHERE a.id = c.activity_id AND c.id = ANY(:ids) AND c.state = 'waiting' AND c.confirmer_id = :by
      AND c.person_id <> :by
    RETURNING c.id, c.person_id, c.activity_id, c.edition, c.completed_at, c.hours, c.round, c.confirmer_id,
              a.kind, a.mandatory, a.skills
""").bindparams(bindparam("ids", type_=_IDS), bindparam("confirm", type_=Boolean))


def decide(
    completion_ids: Iterable[int], *, by: int, confirm: bool, note: str = "", at: datetime
) -> list[int]:
    """Confirm what colleagues logged, or say what is missing. All of it, or none when somebody was first."""
    wanted = sorted(set(completion_ids))
    if not confirm and not note.strip():
        said = _l("Say in a sentence what is missing, so that your colleague can go on.")
        raise Refused(said, fields={"note": said})
    asked = records.asked_of(by, wanted)
    if len(asked) < len(wanted):
        raise NotFound(_l("Nothing here waits for your word."))
    lock_people(row.person_id for row in asked)
    if len(_say(wanted, by=by, confirm=confirm, note=note.strip(), at=at)) < len(wanted):
        raise Conflict(IN_THE_MEANTIME)
    return wanted


def confirm_what_waits(completion_ids: Iterable[int], *, by: int, at: datetime) -> list[int]:
    """Confirm those of these that still wait for this person; return them.

    What was withdrawn, decided or handed over in the meantime is left as it is, and the rest does not suffer from it.
    That many were confirmed at once stands in the audit log: a word given a hundred times is to be seen.
    """
    wanted = sorted(set(completion_ids))
    asked = records.asked_of(by, wanted)
    if not asked:
        raise NotFound(_l("Nothing here waits for your word."))
    lock_people(row.person_id for row in asked)
    confirmed = _say(wanted, by=by, confirm=True, note="", at=at)
    if len(confirmed) > 1:
        detail = {"confirmed": len(confirmed), "changed": len(wanted) - len(confirmed)}
        write("completion:many-confirmed", at=at, actor_id=by, detail=detail)
    return confirmed


def _say(completion_ids: list[int], *, by: int, confirm: bool, note: str, at: datetime) -> list[int]:
    """Decide on what still waits, tell what follows, and return it. The people are locked."""
    told = {"ids": completion_ids, "by": by, "confirm": confirm, "note": note, "at": at}
    rows = db.session.execute(_DECIDE, told).all()
    if confirm:
        publish(
            fact_of(
                row.id,
                (row.person_id, row.activity_id, row.edition),
                row,
                Weight(row.completed_at, None, row.hours),
                row.round,
                row.confirmer_id,
            )
            for row in rows
        )
        publish(CompletionConfirmed(person_id=row.person_id, completion_id=row.id, by=by) for row in rows)
    else:
        drop_supports([log_source(row.id) for row in rows], at=at)
        publish(CompletionDeclined(person_id=row.person_id, completion_id=row.id) for row in rows)
    return sorted(row.id for row in rows)


# Taking one's word back -----------------------------------------------------------------------------------

UNDO = timedelta(minutes=10)
TOO_LATE = _l("This can be undone for ten minutes. What was confirmed longer ago stays.")

# What a platform reported meanwhile stands by itself.
_UNDO = text("""
    UPDATE completion c SET state = 'waiting', decided_at = NULL, decision_note = ''
    WHERE c.id = ANY(:ids) AND c.state = 'confirmed' AND c.confirmer_id = :by AND c.decided_at > :since
      AND NOT EXISTS (SELECT FROM completion_support s
                      WHERE s.completion_id = c.id AND s.withdrawn_at IS NULL AND s.source <> 'log:' || c.id)
    RETURNING c.id, c.person_id, c.round, c.origin
""").bindparams(bindparam("ids", type_=_IDS))


def undo(completion_ids: Iterable[int], *, by: int, at: datetime) -> list[int]:
    """Take one's word back, for a short while: what was confirmed waits again, and what it earned goes.

    What changed in the meantime is left as it is, as when many are confirmed; refused when nothing is left of it.
    """
    wanted = sorted(set(completion_ids))
    asked = records.asked_of(by, wanted)
    if not asked:
        raise NotFound(_l("Nothing here waits for your word."))
    lock_people(row.person_id for row in asked)
    rows = db.session.execute(_UNDO, {"ids": wanted, "by": by, "since": at - UNDO}).all()
    if not rows and any(row.state != "waiting" for row in asked):
        raise Refused(TOO_LATE)
    publish(
        FactTakenBack(person_id=row.person_id, source=fact_source(row.id, row.round, row.origin))
        for row in rows
    )
    return sorted(row.id for row in rows)


# Handing over ---------------------------------------------------------------------------------------------

# Nobody's points change: the row itself is what two at once have to wait for.
_HAND_OVER = text("""
    UPDATE completion c SET confirmer_id = :to
    WHERE c.id = :id AND c.state = 'waiting' AND c.confirmer_id = :from AND c.person_id <> :to
    RETURNING c.id
""")


def hand_over(completion_id: int, *, by: int, to: int, at: datetime) -> None:
    """Let somebody else confirm a log: its person, its confirmer, or the confirmer's manager may ask that."""
    row = records.waiting(completion_id, seen_by=by)
    if row is None:
        raise NotFound(NO_LOG)
    wrong = _cannot_confirm(to, row)
    if wrong is not None:
        raise Refused(wrong, fields={"confirmer_id": wrong})
    told = {"id": completion_id, "to": to, "from": row.confirmer_id}
    if db.session.scalar(_HAND_OVER, told) is None:
        raise Conflict(IN_THE_MEANTIME)
    detail = {"completion_id": completion_id, "from": row.confirmer_id, "to": to}
    write("completion:handed-over", at=at, actor_id=by, person_id=row.person_id, detail=detail)
    publish([CompletionLogged(person_id=row.person_id, completion_id=completion_id, confirmer_id=to)])


def _cannot_confirm(to: int, row: Any) -> Any:
    """Why this person cannot be asked to confirm it."""
    if to == row.person_id:
        return _l("Nobody confirms their own learning. Choose another colleague.")
    if to == row.confirmer_id:
        return _l("It waits for this colleague already. Choose another one.")
    known = cards([to]).get(to)
    if known is None or not known.active:
        return _l("This colleague is not here any more. Choose another one.")
    return None


# Rows that somebody is deciding on, or hands over, at this very moment are left to them.
_FROM_WHO_LEFT = text("""
    WITH due AS (
        SELECT c.id, p.manager_id, c.confirmer_id
        FROM completion c
        JOIN person gone ON gone.id = c.confirmer_id AND NOT gone.active
        JOIN person p ON p.id = c.person_id AND p.active
        JOIN person m ON m.id = p.manager_id AND m.active AND m.erased_at IS NULL AND m.id <> p.id
        WHERE c.state = 'waiting'
        ORDER BY c.id LIMIT 1000 FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE completion c SET confirmer_id = due.manager_id FROM due
    WHERE c.id = due.id AND c.state = 'waiting' AND c.confirmer_id = due.confirmer_id
    RETURNING c.id, c.person_id, c.confirmer_id
""")


def hand_over_from_who_left(*, at: datetime) -> int:
    """What waits for somebody who does not work here any more goes to the present manager of who logged it.

    Where there is none, it stays, and its person is asked to choose. The worker comes round with it: a manager can
    be named long after a confirmer has left.
    """
    return _handed_over(db.session.execute(_FROM_WHO_LEFT).all(), at)


def _handed_over(rows: Sequence[Any], at: datetime) -> int:
    write_all(
        (
            Act("completion:handed-over", row.person_id, {"completion_id": row.id, "to": row.confirmer_id})
            for row in rows
        ),
        at=at,
    )
    publish(
        CompletionLogged(person_id=row.person_id, completion_id=row.id, confirmer_id=row.confirmer_id)
        for row in rows
    )
    return len(rows)


# The same for who is away and named a stand-in, who is there and does not confirm own learning.
_TO_STAND_INS = text("""
    WITH due AS (
        SELECT c.id, s.deputy_id, c.confirmer_id
        FROM stand_in s
        JOIN completion c ON c.confirmer_id = s.person_id AND c.state = 'waiting' AND c.person_id <> s.deputy_id
        JOIN person d ON d.id = s.deputy_id AND d.active
        WHERE :today BETWEEN s.since AND s.until
          AND NOT EXISTS (SELECT 1 FROM stand_in o WHERE o.person_id = d.id AND :today BETWEEN o.since AND o.until)
        ORDER BY c.id LIMIT 1000 FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE completion c SET confirmer_id = due.deputy_id FROM due
    WHERE c.id = due.id AND c.state = 'waiting' AND c.confirmer_id = due.confirmer_id
    RETURNING c.id, c.person_id, c.confirmer_id
""")


def hand_over_to_stand_ins(*, at: datetime) -> int:
    """What waits for somebody who is away goes to who stands in for them. The worker comes round with it."""
    today = at.astimezone(timezone()).date()
    return _handed_over(db.session.execute(_TO_STAND_INS, {"today": today}).all(), at)
