"""A person decides and writes why. Where two are asked for, both sign the same, or it stays open.

A decision names the version of the file that was read. One that belongs to a round is kept from everybody but its
deciders until the round is released; any other is released as it is signed.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.config import timezone
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import CriterionLeftOpen, ReviewReleased
from app.outbox import publish
from app.reviews import dossier, rules
from app.reviews.keeping import among
from app.reviews.panel import LED_BY, Clash, Other, Said
from app.reviews.sealing import plain
from app.reviews.touching import (
    NOT_THERE,
    closed_up,
    hold,
    hold_all,
    key_of,
    must_be,
    must_be_read,
    touched,
)

WRONG = {
    "outcome": _l("Choose promote, promote with a growth plan, or not yet."),
    "words": _l("Write the reason, in 3 to 4,000 characters. It is read exactly as you write it."),
    "from_on": _l("Choose from which day: at most a month ago, and within a year."),
    "plan_on": _l("Choose a day that is still to come, within two years."),
}
DIFFERENT = "differs"  # two signed, and not the same

_DECIDES = text(f"""
    {LED_BY} SELECT coalesce(s.for_id, s.person_id) AS voice, EXISTS (SELECT FROM led WHERE led.id = s.person_id) AS led
    FROM review_seat s JOIN person p ON p.id = s.person_id AND p.active AND p.erased_at IS NULL
    JOIN review r ON r.id = s.review_id
    WHERE s.review_id = :review AND s.person_id = :person AND s.seat = 'decider' AND s.stepped_aside_at IS NULL
      AND s.person_id <> s.holder_id AND NOT {among("s.person_id")}
""")
_HOLD_ROUND = text("SELECT * FROM review_round WHERE id = :round FOR SHARE")
_HOLDER = text("SELECT person_id, round_id FROM review WHERE id = :review")
_MINE = text("SELECT * FROM review_decision WHERE review_id = :review AND person_id = :person")
_KEEP = text("""
    INSERT INTO review_decision (review_id, person_id, outcome, from_on, plan_on, sealed, written_at, signed_at)
    VALUES (:review, :person, :outcome, :from_on, :plan_on, :sealed, :at, :signed)
    ON CONFLICT (review_id, person_id) DO UPDATE SET outcome = excluded.outcome, from_on = excluded.from_on,
        plan_on = excluded.plan_on, sealed = excluded.sealed, written_at = excluded.written_at,
        signed_at = excluded.signed_at, version = review_decision.version + 1
    RETURNING version
""")
# Each voice once: a decider and who stands in for them have one together.
_SIGNED = text("""
    SELECT coalesce(s.for_id, s.person_id) AS voice, d.person_id, d.outcome, d.from_on
    FROM review_decision d JOIN review_seat s ON s.review_id = d.review_id AND s.person_id = d.person_id
         AND s.seat = 'decider' AND s.stepped_aside_at IS NULL
    WHERE d.review_id = :review AND d.signed_at IS NOT NULL
""")
_DECIDED = text("UPDATE review SET stage = 'decided', decided_at = :at WHERE id = :review")
_RELEASE = text("""
    UPDATE review SET stage = 'released', released_at = :at, reminded = NULL WHERE id = ANY(CAST(:ids AS uuid[]))
""")
# What is left open: a criterion that not everybody of the panel found met.
_OPEN = text("""
    SELECT r.id AS review_id, r.person_id, c.id AS criterion_id, c.text, c.skill_id,
           (SELECT max(d.plan_on) FROM review_decision d
            WHERE d.review_id = r.id AND d.signed_at IS NOT NULL) AS plan_on
    FROM review r JOIN criterion c ON c.criteria_id = r.criteria_id
    WHERE r.id = ANY(CAST(:ids AS uuid[]))
      AND EXISTS (SELECT FROM review_decision d WHERE d.review_id = r.id AND d.signed_at IS NOT NULL
                  AND d.outcome <> 'promote')
      AND EXISTS (SELECT FROM review_assessment a JOIN review_seat s ON s.review_id = a.review_id
                  AND s.person_id = a.person_id AND s.seat = 'member' AND s.handed_in_at IS NOT NULL
                  WHERE a.review_id = r.id AND a.criterion_id = c.id AND a.verdict <> 'met')
    ORDER BY r.id, c.position, c.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decides: the employee reads `words` exactly as they are."""

    outcome: str | None
    words: str
    from_on: date | None = None
    plan_on: date | None = None


def draft(review_id: uuid.UUID, said: Decision, *, person_id: int, version: int, at: datetime) -> int:
    """Keep a draft, for its writer only. `version` is that of the draft which they had before them, 0 for none."""
    row = hold(review_id)
    _voice(row, person_id)
    must_be(row, "deciding")
    if said.outcome not in (*rules.OUTCOMES, None):
        raise Refused(WRONG["outcome"], fields={"outcome": WRONG["outcome"]})
    if len(said.words.strip()) > rules.TEXT[1]:
        raise Refused(WRONG["words"], fields={"words": WRONG["words"]})
    had = db.session.execute(_MINE, {"review": review_id, "person": person_id}).one_or_none()
    if had is not None and had.signed_at is not None:
        raise Conflict(_l("You signed already. Sign again to say something else."))
    if had is not None and had.version != version:
        words = plain(key_of(row.person_id), had.sealed, review_id) or ""
        if (had.outcome, words) != (said.outcome, said.words.strip()):
            sent = Said(criterion_id=0, verdict=said.outcome, words=said.words, version=version)
            raise Clash([Other(0, had.outcome, words, had.version, sent)])
    return _keep(row, said, person_id, at, None)


def _keep(row: Any, said: Decision, person_id: int, at: datetime, signed: datetime | None) -> int:
    words = said.words.strip()
    told = {
        "review": row.id, "person": person_id, "outcome": said.outcome, "at": at, "signed": signed,
        "from_on": None if said.outcome == "not_yet" else said.from_on,
        "plan_on": None if said.outcome == "promote" else said.plan_on,
        "sealed": closed_up(words, row) if words else None,
    }  # fmt: skip
    return db.session.scalar(_KEEP, told) or 1


def _voice(row: Any, person_id: int) -> int:
    """As whom somebody decides. Never about oneself, who leads them or a rival, whatever seat they were given."""
    told = {"review": row.id, "person": person_id, "holder": row.person_id}
    found = db.session.execute(_DECIDES, told).one_or_none()
    if found is None or found.led:
        raise NotFound(NOT_THERE)
    return int(found.voice)


def sign(review_id: uuid.UUID, said: Decision, *, person_id: int, version: int, at: datetime) -> str:
    """Decide, on the version of the file that was read. Returns the stage, or `differs` where two say not the same."""
    holder = db.session.execute(_HOLDER, {"review": review_id}).one_or_none()
    if holder is None:
        raise NotFound(NOT_THERE)
    lock_people([holder.person_id])
    round_ = holder.round_id and db.session.execute(_HOLD_ROUND, {"round": holder.round_id}).one()
    row = hold(review_id)
    voice = _voice(row, person_id)
    must_be(row, "deciding")
    must_be_read(row, version)
    said = checked(said, at)
    others = [one for one in db.session.execute(_SIGNED, {"review": review_id}) if one.person_id != person_id]
    if any(one.voice == voice for one in others):
        raise Conflict(_l("Your colleague signed with this voice already."))
    _keep(row, said, person_id, at, at)
    same = [one for one in others if (one.outcome, one.from_on) == (said.outcome, _from(said))]
    if len(same) + 1 < row.deciders:
        touched(
            [(review_id, person_id, "signed")] + ([(review_id, None, "not_the_same")] if others else []), at
        )
        return DIFFERENT if others else "deciding"
    db.session.execute(_DECIDED, {"review": review_id, "at": at})
    touched([(review_id, person_id, "signed"), (review_id, None, "decided")], at)
    if round_ and round_.released_at is None:
        return "decided"
    release([review_id], by=person_id, at=at)
    return "released"


def _from(said: Decision) -> date | None:
    return None if said.outcome == "not_yet" else said.from_on


def checked(said: Decision, at: datetime) -> Decision:
    """What will be signed, or the first thing that keeps it from being signed."""
    today = at.astimezone(timezone()).date()
    words, plan_on = said.words.strip(), said.plan_on
    wrong = rules.wrong_with_decision(said.outcome, words, said.from_on, today)
    if said.outcome != "promote":
        plan_on = plan_on or today + rules.PLAN
        if not today <= plan_on <= today + 4 * rules.PLAN:
            wrong = wrong or "plan_on"
    if wrong:
        raise Refused(WRONG[wrong], fields={wrong: WRONG[wrong]})
    return Decision(outcome=said.outcome, words=words, from_on=said.from_on, plan_on=plan_on)


def release(review_ids: Sequence[uuid.UUID], *, by: int | None, at: datetime) -> None:
    """Let the employees read what was decided, all at one moment, and freeze what it rests on. Their people are locked.

    A constant number of statements, however many reviews these are.
    """
    rows = hold_all(review_ids)
    for row in rows:
        must_be(row, "decided")
    ids = [row.id for row in rows]
    db.session.execute(_RELEASE, {"ids": array(ids), "at": at})
    touched([(one, None, "released") for one in ids], at)
    numbers = dossier.freeze(ids, by=by, at=at)
    publish(ReviewReleased(person_id=row.person_id, review_id=row.id, number=numbers[row.id]) for row in rows)
    publish(
        CriterionLeftOpen(
            person_id=one.person_id, review_id=one.review_id, number=numbers[one.review_id],
            criterion_id=one.criterion_id, says=one.text, skill_id=one.skill_id, by_day=one.plan_on,
        )
        for one in db.session.execute(_OPEN, {"ids": array(ids)})
    )  # fmt: skip
