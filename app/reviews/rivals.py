"""Whoever is a candidate for a job in a round does not assess or decide about the others for that job.

Naming a seat and taking part both hold the round, so that neither passes the other; and what somebody assesses or
signs asks once more. A seat that falls is empty without a reason in the file: who else is a candidate is nobody's to
read there.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.audit.actions import Act, write_all
from app.db import array, db
from app.errors import Conflict, Refused
from app.events import ReviewWaits
from app.outbox import publish
from app.people.queries import hr_reach
from app.reviews.keeping import among, keeps, takes_part
from app.reviews.queries import desks
from app.reviews.touching import hold_all, touched

RIVAL = _l(
    "Whoever is a candidate for this job in this round does not assess or decide about the others."
    " Choose somebody else."
)
CONFLICTED = _l(
    "This colleague cannot assess or decide here: there is a conflict of interest. Choose somebody else."
)
JUDGED = _l(
    "You assessed or decided about a colleague for this job in this round, so you cannot take part for it yourself."
    " You can ask for a review of your own at any time, apart from the round."
)

UNKEPT = _l(
    "If you take part, nobody of HR is left who can keep this round. Ask an administrator to give a colleague the role"
    " of HR first, or ask for a review of your own, apart from the round."
)

_HOLD_ROUND = text("""
    SELECT 1 FROM review_round
    WHERE id = (SELECT round_id FROM review WHERE id = :review) FOR SHARE
""")
_OWN = text("""
    SELECT v.department_id FROM review r
    JOIN review v ON v.round_id = r.round_id AND v.job_id = r.job_id AND v.id <> r.id AND v.stage <> 'withdrawn'
    WHERE r.id = :review AND v.person_id = :person
""")
_EVERYWHERE = text("""
    SELECT NOT EXISTS (SELECT FROM review_round_job j WHERE j.round_id = :round AND NOT EXISTS (
        SELECT FROM review v WHERE v.round_id = j.round_id AND v.job_id = j.job_id AND v.person_id = :person
            AND v.stage <> 'withdrawn'))
""")
_SEATED = text(f"""
    SELECT s.review_id, s.person_id, s.seat, r.person_id AS holder_id,
           s.handed_in_at IS NOT NULL OR s.seat = 'decider' AND EXISTS (
               SELECT FROM review_decision d WHERE d.review_id = s.review_id AND d.person_id = s.person_id
                   AND d.signed_at IS NOT NULL) AS judged
    FROM review_seat s JOIN review r ON r.id = s.review_id AND r.stage NOT IN ('released', 'closed', 'withdrawn')
    WHERE s.stepped_aside_at IS NULL AND (CAST(:round AS bigint) IS NULL OR r.round_id = :round)
      AND (CAST(:people AS bigint[]) IS NULL OR s.person_id = ANY(CAST(:people AS bigint[])))
      AND {among("s.person_id")}
    ORDER BY s.review_id, s.person_id, s.seat
""")
_FALL = text("""
    UPDATE review_seat s SET stepped_aside_at = :at
    FROM unnest(CAST(:reviews AS uuid[]), CAST(:people AS bigint[]), CAST(:seats AS text[]))
         AS w(review_id, person_id, seat)
    WHERE (s.review_id, s.person_id, s.seat) = (w.review_id, w.person_id, w.seat) AND s.stepped_aside_at IS NULL
""")


def hold_round(review_id: uuid.UUID) -> None:
    """Nobody comes to take part in the round of this review before this transaction ends. Ask it before the review."""
    db.session.execute(_HOLD_ROUND, {"review": review_id})


def must_not_be(review_id: uuid.UUID, person_id: int, by: int) -> None:
    """Refuse a seat. That they are a candidate is said to HR that may open their review, and to nobody else."""
    found = db.session.execute(_OWN, {"review": review_id, "person": person_id}).one_or_none()
    if found is None:
        return
    reach = hr_reach(by)
    no = RIVAL if reach is None or found.department_id in reach else CONFLICTED
    raise Refused(no, fields={"person": no})


def must_fit_round(round_id: int, person_id: int) -> None:
    """Refuse somebody who could sit about nobody: a candidate for each job of the round."""
    if db.session.scalar(_EVERYWHERE, {"round": round_id, "person": person_id}):
        raise Refused(RIVAL, fields={"person": RIVAL})


_UNKEPT = text(f"""
    SELECT EXISTS (SELECT FROM person p WHERE p.id = ANY(CAST(:people AS bigint[])) AND p.role = 'hr')
       AND NOT EXISTS (
           SELECT FROM person h WHERE h.role = 'hr' AND h.active AND h.erased_at IS NULL
              AND NOT {takes_part("h.id", "CAST(:round AS bigint)")}
              AND NOT EXISTS (SELECT FROM review r WHERE r.round_id = :round AND r.stage <> 'withdrawn'
                              AND NOT {keeps("h.id")}))
""")


def must_be_kept(round_id: int, person_ids: Collection[int]) -> None:
    """These take part now; whoever of them is of HR keeps nothing of the round any more, so a colleague has to."""
    if db.session.scalar(_UNKEPT, {"round": round_id, "people": array(sorted(person_ids))}):
        raise Conflict(UNKEPT)


def fall(round_id: int, person_ids: Collection[int], *, at: datetime) -> Sequence[uuid.UUID]:
    """These take part now: their seats about others for the same job fall, and HR hears that a seat is empty.

    Whoever handed in or signed does not take part: what they said about a rival would stand in that file.
    """
    rows = _seated(round_id, person_ids)
    if any(row.judged for row in rows):
        raise Conflict(JUDGED)
    return _fall(rows, at)


def look_again(*, at: datetime) -> Sequence[uuid.UUID]:
    """The same for all seats that are there, as the worker comes round: of before this rule, or of a stand-in."""
    return _fall([row for row in _seated(None, None) if not row.judged], at)


def _seated(round_id: int | None, person_ids: Collection[int] | None) -> Sequence[Any]:
    people = None if person_ids is None else array(sorted(person_ids))
    found = db.session.execute(_SEATED, {"round": round_id, "people": people}).all()
    if not found:
        return found
    hold_all(
        row.review_id for row in found
    )  # what is handed in at this moment is handed in before, or not at all
    return db.session.execute(_SEATED, {"round": round_id, "people": people}).all()


def _fall(rows: Sequence[Any], at: datetime) -> Sequence[uuid.UUID]:
    if not rows:
        return []
    told = {
        "at": at, "reviews": array(row.review_id for row in rows), "people": array(row.person_id for row in rows),
        "seats": array(row.seat for row in rows),
    }  # fmt: skip
    db.session.execute(_FALL, told)
    touched([(row.review_id, row.person_id, "stepped_aside") for row in rows], at)
    write_all(
        (
            Act("review:seat_left", row.holder_id,
                {"review": str(row.review_id), "seats": [row.seat], "of": row.person_id}, row.person_id)
            for row in rows
        ), at=at,
    )  # fmt: skip
    ids = sorted({row.review_id for row in rows})
    tell_desks(ids, at)
    return ids


def tell_desks(review_ids: Collection[uuid.UUID], at: datetime) -> None:
    """HR of these reviews hears that somebody left a seat."""
    publish(
        ReviewWaits(person_id=row.person_id, review_id=row.review_id, what="seat", since=at.isoformat())
        for row in desks(review_ids)
    )
