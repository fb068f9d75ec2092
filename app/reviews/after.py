"""After the decision: it is signed as seen, answered, objected to, and in the end the file is closed.

Signing says that one has read it, never that one agrees. Somebody who had no part in a decision handles an objection.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.audit import actions as audit
from app.config import timezone
from app.db import array, db
from app.errors import Conflict, NotFound, Refused
from app.events import ReviewObjected, ReviewObjectionAnswered
from app.outbox import publish
from app.people.pauses import term_ends
from app.reviews import dossier, rules, terms
from app.reviews.keeping import among
from app.reviews.panel import is_led_by, must_not_have_decided
from app.reviews.queries import desks
from app.reviews.rivals import tell_desks
from app.reviews.touching import NOT_THERE, closed_up, hold, hold_all, must_be, must_be_read, touched, write

WRONG = {
    "words": _l("Write between 3 and 4,000 characters."),
    "outcome": _l("Choose whether the decision stands or is taken anew."),
    "handler": _l("Choose somebody who works here and had no part in this review."),
}

_SEEN = text("UPDATE review SET seen_at = :at WHERE id = :review AND seen_at IS NULL RETURNING id")
_ANSWER = text("""
    UPDATE review SET answer = :sealed, answered_at = :at WHERE id = :review AND answered_at IS NULL RETURNING id
""")
# To this decision, which the dossier of that number holds: one that is taken anew can be objected to anew.
_OBJECT = text("""
    INSERT INTO review_objection (review_id, number, sealed, filed_at)
    SELECT :review, max(number), :sealed, :at FROM dossier WHERE review_id = :review
    ON CONFLICT (review_id, number) DO NOTHING RETURNING review_id
""")
_OBJECTION = text("""
    SELECT * FROM review_objection WHERE review_id = :review ORDER BY number DESC LIMIT 1 FOR NO KEY UPDATE
""")
# Whoever has or had a seat, opened the round, asked for the review, named its seats or had it decided anew had a part
# in it; so has who is a candidate for the same job. `p` is who would handle the objection, `r` the review.
NO_PART = f"""
    p.active AND p.erased_at IS NULL AND p.id <> r.person_id AND p.id <> r.asked_by
    AND NOT EXISTS (SELECT FROM review_round o WHERE o.id = r.round_id AND o.opened_by = p.id)
    AND NOT EXISTS (SELECT FROM review_seat s WHERE s.review_id = r.id AND p.id IN (s.person_id, s.named_by))
    AND NOT EXISTS (SELECT FROM review_objection x
                    WHERE x.review_id = r.id AND x.handler_id = p.id AND x.handled_at IS NOT NULL)
    AND NOT {among("p.id")}
"""
_NO_PART = text(f"""
    SELECT p.id FROM person p, review r WHERE r.id = :review AND p.id = :person AND {NO_PART}
""")
_HANDLER = text("""
    UPDATE review_objection SET handler_id = :person, reminded = NULL
    WHERE review_id = :review AND handled_at IS NULL AND handler_id IS DISTINCT FROM :person RETURNING review_id
""")
_HANDLED = text("""
    UPDATE review_objection SET outcome = :outcome, answer = :sealed, handled_at = :at
    WHERE review_id = :review AND handled_at IS NULL
""")
_ANEW = text("""
    UPDATE review SET stage = 'deciding', decided_at = NULL, released_at = NULL, seen_at = NULL, unseen_at = NULL,
           answer = NULL, answered_at = NULL, reminded = NULL,
           decide_due = greatest(decide_due, :due)
    WHERE id = :review
""")
_OTHERS = text("""
    UPDATE review_seat SET stepped_aside_at = :at
    WHERE review_id = :review AND seat = 'decider' AND stepped_aside_at IS NULL RETURNING person_id
""")
_FORGET = text("DELETE FROM review_decision WHERE review_id = :review")
_UNSIGNED = text(f"""
    SELECT r.id, r.person_id FROM review r
    WHERE r.stage = 'released' AND r.seen_at IS NULL AND r.unseen_at IS NULL
      AND r.released_at + make_interval(days => CAST(r.seen_days AS int)) < :midnight
      AND {terms.after_release("r", "seen_days")} < :today
    ORDER BY r.id LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED
""")
_GOES_ON = text("UPDATE review SET unseen_at = :at WHERE id = ANY(CAST(:ids AS uuid[]))")
_ENDED = text(f"""
    SELECT r.id FROM review r
    WHERE r.stage = 'released' AND (r.seen_at IS NOT NULL OR r.unseen_at IS NOT NULL)
      AND r.released_at + make_interval(days => CAST(r.object_days AS int)) < :midnight
      AND {terms.after_release("r", "object_days")} < :today
      AND NOT EXISTS (SELECT FROM review_objection o WHERE o.review_id = r.id AND o.handled_at IS NULL)
    ORDER BY r.id LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED
""")
_CLOSE = text("UPDATE review SET stage = 'closed', closed_at = :at WHERE id = ANY(CAST(:ids AS uuid[]))")


def sign_seen(review_id: uuid.UUID, *, person_id: int, version: int, at: datetime) -> None:
    """The employee has read it; that is no agreement."""
    row = _own(review_id, person_id)
    must_be_read(row, version)
    if db.session.scalar(_SEEN, {"review": review_id, "at": at}) is None:
        raise Conflict(_l("You signed this already."))
    touched([(review_id, person_id, "seen")], at)


def answer(review_id: uuid.UUID, words: str, *, person_id: int, at: datetime) -> None:
    """The employee answers in writing, once; everybody who may open the file reads it."""
    row = _own(review_id, person_id)
    told = {"review": review_id, "sealed": _sealed(words, row), "at": at}
    if db.session.scalar(_ANSWER, told) is None:
        raise Conflict(_l("You answered already. What you wrote stands in the file."))
    touched([(review_id, person_id, "answered")], at)


def _own(review_id: uuid.UUID, person_id: int) -> Any:
    row = hold(review_id)
    if row.person_id != person_id:
        raise NotFound(NOT_THERE)
    must_be(row, "released")
    return row


def _sealed(words: str, row: Any) -> bytes:
    words = words.strip()
    if not rules.TEXT[0] <= len(words) <= rules.TEXT[1]:
        raise Refused(WRONG["words"], fields={"words": WRONG["words"]})
    return closed_up(words, row)


def last_day(row: Any) -> date:
    """The last day on which the employee may object; days on which they are away do not count."""
    return term_ends(row.person_id, row.released_at.astimezone(timezone()).date(), row.object_days)


def file_objection(review_id: uuid.UUID, words: str, *, person_id: int, at: datetime) -> None:
    """The employee objects, within the term. HR is told, and names somebody who had no part in it."""
    row = _own(review_id, person_id)
    if at.astimezone(timezone()).date() > last_day(row):
        raise Conflict(_l("The days in which you could object are over."))
    told = {"review": review_id, "sealed": _sealed(words, row), "at": at}
    if db.session.scalar(_OBJECT, told) is None:
        raise Conflict(_l("You objected already. What you wrote stands in the file."))
    touched([(review_id, person_id, "objected")], at)
    publish(
        ReviewObjected(person_id=one.person_id, review_id=review_id, handles=False, since=at.isoformat())
        for one in desks([review_id])
    )


def name_handler(review_id: uuid.UUID, *, person_id: int, by: int, at: datetime) -> None:
    """HR names who handles an objection: somebody without any part in the review, who is not led by its holder."""
    row = hold(review_id)
    _waiting(review_id)
    must_not_have_decided(review_id, by)
    told = {"review": review_id, "person": person_id}
    if db.session.scalar(_NO_PART, told) is None or is_led_by(person_id, row.person_id):
        raise Refused(WRONG["handler"], fields={"person": WRONG["handler"]})
    if db.session.scalar(_HANDLER, told) is None:
        return  # the same again
    touched([(review_id, person_id, "handler_named")], at)
    detail = {"review": str(review_id), "of": person_id}
    audit.write("review:handler_named", at=at, actor_id=by, person_id=row.person_id, detail=detail)
    publish([ReviewObjected(person_id=person_id, review_id=review_id, handles=True, since=at.isoformat())])


def _waiting(review_id: uuid.UUID) -> Any:
    found = db.session.execute(_OBJECTION, {"review": review_id}).one_or_none()
    if found is None:
        raise NotFound(NOT_THERE)
    if found.handled_at is not None:
        raise Conflict(_l("This objection was answered already."))
    return found


def handle(
    review_id: uuid.UUID, *, outcome: str, words: str, person_id: int, version: int, at: datetime
) -> None:
    """Answer an objection: the decision stands, or others take it anew. Whoever got a part meanwhile may not."""
    row = hold(review_id)
    found = db.session.execute(_OBJECTION, {"review": review_id}).one_or_none()
    if found is None or found.handler_id != person_id:
        raise NotFound(NOT_THERE)
    found = _waiting(review_id)
    if db.session.scalar(_NO_PART, {"review": review_id, "person": person_id}) is None:
        raise Refused(WRONG["handler"])
    must_be(row, "released")
    must_be_read(row, version)
    if outcome not in ("stands", "anew"):
        raise Refused(WRONG["outcome"], fields={"outcome": WRONG["outcome"]})
    told = {"review": review_id, "outcome": outcome, "sealed": _sealed(words, row), "at": at}
    db.session.execute(_HANDLED, told)
    touched([(review_id, person_id, "objection_answered")], at)
    publish([ReviewObjectionAnswered(person_id=row.person_id, review_id=review_id)])
    if outcome == "anew":
        _anew(row, person_id, at)


def _anew(row: Any, by: int, at: datetime) -> None:
    """Others decide: who decided before stepped aside for good.

    What was decided, signed, answered and objected to is frozen first; then the file is free for the next decision,
    which is read, signed, answered and objected to like the first. HR hears that nobody decides now.
    """
    dossier.freeze([row.id], by=by, at=at)
    due = at.astimezone(timezone()).date() + timedelta(days=28)
    db.session.execute(_FORGET, {"review": row.id})
    db.session.execute(_ANEW, {"review": row.id, "due": due})
    gone = db.session.scalars(_OTHERS, {"review": row.id, "at": at}).all()
    write([(row.id, None, "decided_anew"), *((row.id, one, "taken_off") for one in gone)], at)
    tell_desks([row.id], at)


# When terms end ---------------------------------------------------------------------------------------------


def go_on(*, at: datetime) -> Sequence[uuid.UUID]:
    """Files that were not signed within their term go on without; those whose last day is over are closed."""
    local = at.astimezone(timezone())
    midnight = datetime.combine(local.date(), time(), local.tzinfo)
    told = {"midnight": midnight, "today": local.date(), "zone": str(timezone())}
    unsigned = db.session.execute(_UNSIGNED, told).all()
    if unsigned:
        db.session.execute(_GOES_ON, {"ids": array(row.id for row in unsigned), "at": at})
        touched([(row.id, None, "not_signed") for row in unsigned], at)
    ended = list(db.session.scalars(_ENDED, told))
    if ended:
        db.session.execute(_CLOSE, {"ids": array(ended), "at": at})
        touched([(one, None, "closed") for one in ended], at)
        dossier.freeze(ended, by=None, at=at)
    return ended


_DECIDED_OF = text("""
    SELECT id FROM review WHERE person_id = ANY(CAST(:ids AS bigint[])) AND stage IN ('decided', 'released') ORDER BY id
""")


def close_of_erased(person_ids: Iterable[int], *, at: datetime) -> None:
    """Who is erased does not sign, answer or object any more: the file is frozen as it is now, and stays until its
    term under a key of its own. A decision that waited for its round stands in it, too."""
    found = db.session.scalars(_DECIDED_OF, {"ids": array(sorted(set(person_ids)))}).all()
    ended = [row.id for row in hold_all(found) if row.stage in ("decided", "released")]
    if ended:
        db.session.execute(_CLOSE, {"ids": array(ended), "at": at})
        touched([(one, None, "closed") for one in ended], at)
        dossier.freeze(ended, by=None, at=at)
