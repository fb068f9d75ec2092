"""What a panel does: seats are named, left and stood in for; each criterion is assessed with a reason, then handed in.

An assessment is its writer's draft until the whole panel has handed in; then everybody who may open the file reads all
of it at the same moment. Nobody sits on their own review, nor in that of who leads them, nor in that of a rival.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.audit.actions import write
from app.db import array, db
from app.errors import Conflict, NotFound, Refused
from app.events import ReviewSeatNamed, ReviewWaits
from app.outbox import publish
from app.people.queries import keys_of
from app.reviews import rivals, rules, terms
from app.reviews.keeping import among
from app.reviews.queries import desks
from app.reviews.sealing import plain
from app.reviews.touching import NOT_THERE, Stale, closed_up, hold, must_be, touched

WRONG = {
    "seat": _l("Choose a seat: on the panel, or deciding."),
    "person": _l("Choose a colleague who works here."),
    "own": _l("Nobody sits on their own review."),
    "report": _l("Whoever is led by this person cannot assess or decide about them. Choose somebody else."),
    "answered": _l("They answered the objection. Ask somebody else to decide."),
    "decided": _l("You decided here. A colleague of HR who did not names somebody."),
    "before": _l("Somebody who stepped aside, or decided before, does not come back to this review."),
    "verdict": _l("Choose met, partly or not yet."),
    "words": _l("Write why, in 3 to 4,000 characters."),
}
EMPTY = _l("Say of each criterion whether it is met, and why. What is missing is marked.")
CLASH = _l("This was changed in another window. Both texts stand below; keep the one you mean.")

# Whoever is led by the holder, at whatever remove, takes no seat: they would judge who judges them.
LED_BY = """
    WITH RECURSIVE led(id, depth) AS (
        SELECT id, 1 FROM person WHERE manager_id = :holder
        UNION ALL SELECT p.id, led.depth + 1 FROM person p JOIN led ON p.manager_id = led.id WHERE led.depth < 20)
"""
_CAN_SIT = text(f"""
    {LED_BY} SELECT p.id, EXISTS (SELECT FROM led WHERE led.id = p.id) AS led FROM person p
    WHERE p.id = :person AND p.active AND p.erased_at IS NULL
""")
_NAME = text("""
    INSERT INTO review_seat (review_id, person_id, seat, holder_id, named_by, named_at)
    VALUES (:review, :person, :seat, :holder, :by, :at) ON CONFLICT DO NOTHING RETURNING person_id
""")
# Whoever had a decision taken anew does not take it themselves: others decide.
_ANSWERED = text("""
    SELECT EXISTS (SELECT FROM review_objection WHERE review_id = :review AND handler_id = :person)
""")
_ANEW = text("SELECT EXISTS (SELECT FROM review_objection WHERE review_id = :review AND outcome = 'anew')")
_DECIDED_HERE = text("SELECT person_id FROM review_seat WHERE review_id = :review AND seat = 'decider'")
_WAS = text("""
    SELECT stepped_aside_at FROM review_seat WHERE review_id = :review AND person_id = :person AND seat = :seat
""")
_ASIDE = text("""
    UPDATE review_seat SET stepped_aside_at = :at
    WHERE review_id = :review AND person_id = :person AND (CAST(:seat AS text) IS NULL OR seat = :seat)
      AND stepped_aside_at IS NULL AND NOT EXISTS (
        SELECT FROM review_decision d WHERE d.review_id = review_seat.review_id AND review_seat.seat = 'decider'
          AND d.person_id = review_seat.person_id AND d.signed_at IS NOT NULL)
    RETURNING seat
""")
_SEATED = text(f"""
    SELECT 1 FROM review_seat s JOIN person p ON p.id = s.person_id AND p.active AND p.erased_at IS NULL
    JOIN review r ON r.id = s.review_id
    WHERE s.review_id = :review AND s.person_id = :person AND s.seat = :seat AND s.stepped_aside_at IS NULL
      AND NOT {among("s.person_id")}
""")
_CRITERIA = text("SELECT id FROM criterion WHERE criteria_id = :criteria")
_MINE = text("""
    SELECT criterion_id, verdict, sealed, version FROM review_assessment
    WHERE review_id = :review AND person_id = :person
""")
_WRITE = text("""
    INSERT INTO review_assessment (review_id, criterion_id, person_id, verdict, sealed, written_at)
    SELECT :review, w.criterion_id, :person, w.verdict, w.sealed, :at
    FROM unnest(CAST(:criteria AS bigint[]), CAST(:verdicts AS text[]), CAST(:sealed AS bytea[]))
         AS w(criterion_id, verdict, sealed)
    ON CONFLICT (review_id, criterion_id, person_id) DO UPDATE SET verdict = excluded.verdict,
        sealed = excluded.sealed, written_at = excluded.written_at, version = review_assessment.version + 1
""")
_HAND_IN = text("""
    UPDATE review_seat SET handed_in_at = :at
    WHERE review_id = :review AND person_id = :person AND seat = 'member' AND handed_in_at IS NULL
    RETURNING person_id
""")
# Whoever left or stepped aside does not count; what was handed in before somebody left stays said.
_COMPLETE = text("""
    SELECT r.id, r.person_id FROM review r
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.stage = 'panel'
      AND EXISTS (SELECT FROM review_seat s WHERE s.review_id = r.id AND s.seat = 'member'
                  AND s.stepped_aside_at IS NULL AND s.handed_in_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM review_seat s JOIN person p ON p.id = s.person_id AND p.active
                      WHERE s.review_id = r.id AND s.seat = 'member' AND s.stepped_aside_at IS NULL
                        AND s.handed_in_at IS NULL)
    ORDER BY r.id
""")
_TO_DECIDE = text("""
    UPDATE review SET stage = 'deciding', assessed_at = :at WHERE id = ANY(CAST(:ids AS uuid[]))
""")
_DECIDERS = text("""
    SELECT s.review_id, s.person_id FROM review_seat s JOIN person p ON p.id = s.person_id AND p.active
    WHERE s.review_id = ANY(CAST(:ids AS uuid[])) AND s.seat = 'decider' AND s.stepped_aside_at IS NULL
    ORDER BY s.review_id, s.person_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a member says of one criterion; `version` is that of the draft which they had before them, 0 for none."""

    criterion_id: int
    verdict: str | None = None
    words: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Other:
    """A criterion that another window changed meanwhile: what stands there now, and what was sent."""

    criterion_id: int
    verdict: str | None
    words: str
    version: int
    sent: Said


class Clash(Stale):
    """Two windows wrote about the same criterion. `both` has both versions; nothing of what was sent is kept."""

    code = "clash"

    def __init__(self, both: Sequence[Other]) -> None:
        super().__init__(CLASH)
        self.both = both


# Seats ------------------------------------------------------------------------------------------------------


def name_seat(review_id: uuid.UUID, *, person_id: int, seat: str, by: int, at: datetime) -> None:
    """Ask a colleague to assess or to decide. Naming somebody twice is no fault."""
    if seat not in rules.SEATS:
        raise Refused(WRONG["seat"], fields={"seat": WRONG["seat"]})
    rivals.hold_round(review_id)
    row = hold(review_id)
    must_be(row, "gathering", "panel", "deciding")
    if seat == "member":
        must_be(row, "gathering", "panel")
    _must_be_free(row, person_id)
    if db.session.scalar(_ANSWERED, {"review": review_id, "person": person_id}):
        raise Refused(WRONG["answered"], fields={"person": WRONG["answered"]})
    if row.stage == "deciding" and db.session.scalar(_ANEW, {"review": review_id}):
        must_not_have_decided(review_id, by)
    rivals.must_not_be(review_id, person_id, by)
    told = {"review": review_id, "person": person_id, "seat": seat}
    made = db.session.scalar(_NAME, {**told, "holder": row.person_id, "by": by, "at": at})
    if made is None:
        if db.session.scalar(_WAS, told) is not None:
            raise Refused(WRONG["before"], fields={"person": WRONG["before"]})
        return
    touched([(review_id, person_id, f"named_{seat}")], at)
    detail = {"review": str(review_id), "seat": seat, "of": person_id}
    write("review:seat_named", at=at, actor_id=by, person_id=row.person_id, detail=detail)
    publish([ReviewSeatNamed(person_id=person_id, review_id=review_id, round_id=None, seat=seat)])
    if row.stage == "deciding" and seat == "decider":
        publish([ReviewWaits(person_id=person_id, review_id=review_id, what="decide", since="ready")])


def _must_be_free(row: Any, person_id: int) -> None:
    """Nobody on their own review, and nobody whom its holder leads."""
    if person_id == row.person_id:
        raise Refused(WRONG["own"], fields={"person": WRONG["own"]})
    found = db.session.execute(_CAN_SIT, {"holder": row.person_id, "person": person_id}).one_or_none()
    if found is None or found.led:
        no = WRONG["person"] if found is None else WRONG["report"]
        raise Refused(no, fields={"person": no})


def must_not_have_decided(review_id: uuid.UUID, by: int) -> None:
    """HR whose own decision is objected to does not name who answers or decides anew, where another of HR can."""
    decided = set(db.session.scalars(_DECIDED_HERE, {"review": review_id}))
    if by in decided and {one.person_id for one in desks([review_id])} - decided:
        raise Refused(WRONG["decided"], fields={"person": WRONG["decided"]})


def is_led_by(person_id: int, holder_id: int) -> bool:
    """Whether the holder of a review leads this person, directly or not."""
    found = db.session.execute(_CAN_SIT, {"holder": holder_id, "person": person_id}).one_or_none()
    return bool(found and found.led)


def step_aside(
    review_id: uuid.UUID, *, person_id: int, by: int, seat: str | None = None, at: datetime
) -> None:
    """Leave a seat, with one click and without a reason; HR takes somebody off one. What was drafted does not count."""
    row = hold(review_id)
    must_be(row, "gathering", "panel", "deciding")
    told = {"review": review_id, "person": person_id, "seat": seat, "at": at}
    left = db.session.scalars(_ASIDE, told).all()
    if not left:
        raise NotFound(NOT_THERE) if by == person_id else Conflict(_l("This seat is empty already."))
    touched([(review_id, person_id, "stepped_aside" if by == person_id else "taken_off")], at)
    detail = {"review": str(review_id), "seats": list(left), "of": person_id}
    write("review:seat_left", at=at, actor_id=by, person_id=row.person_id, detail=detail)
    if by == person_id:
        rivals.tell_desks([review_id], at)
    complete([review_id], at=at)


# Assessing --------------------------------------------------------------------------------------------------


def assess(
    review_id: uuid.UUID, items: Sequence[Said], *, person_id: int, hand_in: bool = False, at: datetime
) -> Mapping[int, int]:
    """Keep what a member says as their draft; `hand_in` files all of it at once. Returns the version per criterion."""
    row = _seated(review_id, person_id)
    known = set(db.session.scalars(_CRITERIA, {"criteria": row.criteria_id}))
    if any(one.criterion_id not in known or one.verdict not in (*rules.VERDICTS, None) for one in items):
        raise Refused(WRONG["verdict"], fields={"verdict": WRONG["verdict"]})
    had = drafts(review_id, row.person_id, person_id)
    news = [one for one in items if _differs(one, had.get(one.criterion_id))]
    _must_not_clash(news, had)
    if any(len(one.words.strip()) > rules.TEXT[1] for one in items):
        raise Refused(WRONG["words"], fields={"words": WRONG["words"]})
    if news:
        _keep(row, news, person_id, at)
    if hand_in:
        _hand_in(row, known, person_id, at)
    now = drafts(review_id, row.person_id, person_id)
    return {criterion: found.version for criterion, found in now.items()}


def _seated(review_id: uuid.UUID, person_id: int) -> Any:
    row = hold(review_id)
    if db.session.scalar(_SEATED, {"review": review_id, "person": person_id, "seat": "member"}) is None:
        raise NotFound(NOT_THERE)
    must_be(row, "panel")
    if db.session.scalar(_DONE, {"review": review_id, "person": person_id}):
        raise Conflict(_l("You handed in your assessment, so it stays as it is."))
    return row


_DONE = text("""
    SELECT handed_in_at IS NOT NULL FROM review_seat
    WHERE review_id = :review AND person_id = :person AND seat = 'member'
""")


def drafts(review_id: uuid.UUID, holder_id: int, person_id: int) -> dict[int, Said]:
    """What this member has written so far, by criterion: for their own eyes."""
    key = keys_of([holder_id]).get(holder_id)
    rows = db.session.execute(_MINE, {"review": review_id, "person": person_id})
    return {
        row.criterion_id: Said(
            criterion_id=row.criterion_id, verdict=row.verdict,
            words=plain(key, row.sealed, review_id) or "", version=row.version,
        )
        for row in rows
    }  # fmt: skip


def _differs(said: Said, had: Said | None) -> bool:
    if had is None:
        return bool(said.verdict or said.words.strip())
    return (said.verdict, said.words.strip()) != (had.verdict, had.words)


def _must_not_clash(news: Sequence[Said], had: Mapping[int, Said]) -> None:
    both = [
        Other(one.criterion_id, there.verdict, there.words, there.version, one)
        for one in news
        if (there := had.get(one.criterion_id)) and there.version != one.version
    ]
    if both:
        raise Clash(both)


def _keep(row: Any, news: Sequence[Said], person_id: int, at: datetime) -> None:
    db.session.execute(
        _WRITE,
        {
            "review": row.id,
            "person": person_id,
            "at": at,
            "criteria": array(one.criterion_id for one in news),
            "verdicts": array(one.verdict for one in news),
            "sealed": [closed_up(one.words.strip(), row) if one.words.strip() else None for one in news],
        },
    )


def _hand_in(row: Any, known: Collection[int], person_id: int, at: datetime) -> None:
    """All of it at once, when each criterion has a verdict and a reason."""
    had = drafts(row.id, row.person_id, person_id)
    wrong = {}
    for criterion in sorted(known):
        said = had.get(criterion)
        if said is None or said.verdict is None:
            wrong[f"verdict-{criterion}"] = WRONG["verdict"]
        if said is None or len(said.words) < rules.TEXT[0]:
            wrong[f"words-{criterion}"] = WRONG["words"]
    if wrong:
        raise Refused(EMPTY, fields=wrong)
    if db.session.scalar(_HAND_IN, {"review": row.id, "person": person_id, "at": at}) is None:
        raise Conflict(_l("You handed in your assessment, so it stays as it is."))
    touched([(row.id, person_id, "handed_in")], at)
    complete([row.id], at=at)


def complete(review_ids: Sequence[uuid.UUID], *, at: datetime) -> None:
    """Panels whose last member has handed in: all of it is read by all from now on, and somebody decides."""
    rows = db.session.execute(_COMPLETE, {"ids": array(review_ids)}).all()
    if not rows:
        return
    ids = array(row.id for row in rows)
    db.session.execute(_TO_DECIDE, {"ids": ids, "at": at})
    touched([(row.id, None, "panel_complete") for row in rows], at)
    waiting = db.session.execute(_DECIDERS, {"ids": ids})
    publish(
        ReviewWaits(person_id=row.person_id, review_id=row.review_id, what="decide", since="ready")
        for row in waiting
    )


# Standing in ------------------------------------------------------------------------------------------------

_AWAY = text(f"""
    WITH RECURSIVE away AS (
        SELECT s.review_id, s.person_id, s.holder_id, i.deputy_id
        FROM review_seat s JOIN review r ON r.id = s.review_id AND r.stage = 'deciding'
        JOIN stand_in i ON i.person_id = s.person_id AND :today BETWEEN i.since AND i.until
        JOIN person p ON p.id = i.deputy_id AND p.active AND p.erased_at IS NULL
        WHERE s.seat = 'decider' AND s.stepped_aside_at IS NULL AND s.for_id IS NULL AND i.deputy_id <> s.holder_id
          AND NOT EXISTS (SELECT FROM review_decision d WHERE d.review_id = s.review_id
                          AND d.person_id = s.person_id AND d.signed_at IS NOT NULL)
          AND NOT {among("i.deputy_id")}
          AND NOT EXISTS (SELECT FROM review_objection o
                          WHERE o.review_id = s.review_id AND o.handler_id = i.deputy_id)
    ), above(deputy_id, boss, depth) AS (
        SELECT DISTINCT a.deputy_id, p.manager_id, 1 FROM away a JOIN person p ON p.id = a.deputy_id
        UNION ALL
        SELECT above.deputy_id, p.manager_id, above.depth + 1 FROM above JOIN person p ON p.id = above.boss
        WHERE above.depth < 20
    )
    INSERT INTO review_seat (review_id, person_id, seat, holder_id, named_by, named_at, for_id)
    SELECT DISTINCT ON (a.review_id, a.deputy_id)
           a.review_id, a.deputy_id, 'decider', a.holder_id, a.person_id, :at, a.person_id
    FROM away a
    WHERE NOT EXISTS (SELECT FROM above WHERE above.deputy_id = a.deputy_id AND above.boss = a.holder_id)
    ORDER BY a.review_id, a.deputy_id, a.person_id
    ON CONFLICT (review_id, person_id, seat) DO NOTHING RETURNING review_id, person_id
""")
_BACK = text("""
    UPDATE review_seat s SET stepped_aside_at = :at FROM review r
    WHERE r.id = s.review_id AND r.stage = 'deciding' AND s.for_id IS NOT NULL AND s.stepped_aside_at IS NULL
      AND NOT EXISTS (SELECT FROM stand_in i WHERE i.person_id = s.for_id AND i.deputy_id = s.person_id
                      AND :today BETWEEN i.since AND i.until)
      AND NOT EXISTS (SELECT FROM review_decision d WHERE d.review_id = s.review_id
                      AND d.person_id = s.person_id AND d.signed_at IS NOT NULL)
    RETURNING s.review_id, s.person_id
""")


def stand_in(*, today: date, at: datetime) -> None:
    """Who stands in for a decider who is away gets a seat that has one voice with theirs, and leaves it afterwards."""
    came = db.session.execute(_AWAY, {"today": today, "at": at}).all()
    went = db.session.execute(_BACK, {"today": today, "at": at}).all()
    steps = [(row.review_id, row.person_id, "stands_in") for row in came]
    steps += [(row.review_id, row.person_id, "stood_in") for row in went]
    if steps:
        touched(steps, at)
    publish(
        ReviewSeatNamed(person_id=row.person_id, review_id=row.review_id, round_id=None, seat="decider")
        for row in came
    )


# Beginning --------------------------------------------------------------------------------------------------

_BEGIN = text(f"""
    UPDATE review r SET stage = 'panel'
    WHERE r.stage = 'gathering' AND (CAST(:review AS uuid) IS NULL OR r.id = :review)
      AND (r.evidence_due < :today AND {terms.due("r", "evidence_due")} < :today
           OR CAST(:review AS uuid) IS NOT NULL AND r.gathered_at IS NOT NULL)
      AND EXISTS (SELECT FROM review_seat s JOIN person p ON p.id = s.person_id AND p.active
                  WHERE s.review_id = r.id AND s.seat = 'member' AND s.stepped_aside_at IS NULL)
    RETURNING r.id
""")
_MEMBERS = text("""
    SELECT s.review_id, s.person_id FROM review_seat s JOIN person p ON p.id = s.person_id AND p.active
    WHERE s.review_id = ANY(CAST(:ids AS uuid[])) AND s.seat = 'member' AND s.stepped_aside_at IS NULL
    ORDER BY s.review_id, s.person_id
""")
NOT_YET = _l(
    "A panel begins when it is named and the evidence is complete, or when the last day for evidence is over."
)


def begin(*, today: date, at: datetime, review_id: uuid.UUID | None = None, by: int | None = None) -> None:
    """From now on the file stays as it is, and the panel assesses: from the day after the evidence was due, or as soon
    as HR says so of one whose employee said that it is complete."""
    if review_id is not None:
        must_be(hold(review_id), "gathering")
    begun = sorted(db.session.scalars(_BEGIN, {"review": review_id, "today": today}))
    if review_id is not None and not begun:
        raise Refused(NOT_YET)
    if not begun:
        return
    touched([(one, by, "begun") for one in begun], at)
    waiting = db.session.execute(_MEMBERS, {"ids": array(begun)})
    publish(
        ReviewWaits(person_id=row.person_id, review_id=row.review_id, what="panel", since="ready")
        for row in waiting
    )
