"""What can be asked about reviews. Who may open a file is decided here, once, for pages, API and exports alike.

May open it: its holder; who sits in it and did not step aside; who handles an objection; HR that keeps it. Nobody
else, whatever their role: not their manager as such, not learning, not an administrator. All of them see the same
file; `rules` and the columns of `Open` say what each may do in it.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.badges.queries import catalogue
from app.careers import queries as careers
from app.config import timezone
from app.db import array, db
from app.people.queries import keys_of
from app.reviews import evidence, holding, rules, terms
from app.reviews.evidence import Evidence as Evidence
from app.reviews.holding import Thing
from app.reviews.keeping import is_free
from app.reviews.keeping import keeps as keeps
from app.reviews.models import Review
from app.reviews.sealing import plain
from app.vision import queries as vision

AnyRow = Any

_ROW = ", ".join(f"review.{one.name}" for one in Review.__table__.columns if one.name not in terms.DUES)
_SEEN_BY = text(f"""
    SELECT {_ROW}, {terms.dues("review")}, {terms.after_release("review", "seen_days")} AS sign_until,
        {terms.after_release("review", "object_days")} AS object_until,
        review_round.release_on, review_round.name AS round_name,
        review.person_id = :me AS mine,
        EXISTS (SELECT FROM review_seat WHERE review_id = review.id AND person_id = :me AND seat = 'member'
            AND stepped_aside_at IS NULL) AS assesses,
        EXISTS (SELECT FROM review_seat WHERE review_id = review.id AND person_id = :me AND seat = 'decider'
            AND stepped_aside_at IS NULL) AS decides,
        EXISTS (SELECT FROM review_objection WHERE review_id = review.id AND handler_id = :me) AS handles,
        coalesce(:everywhere OR review.department_id = ANY(:departments), false)
            AND {is_free(":me", "review")} AS runs
    FROM review LEFT JOIN review_round ON review_round.id = review.round_id
    WHERE review.id = :review
""")


@dataclass(frozen=True, slots=True)
class Open:
    """A review as this viewer may open it, and as what: `row` has the columns of the table."""

    row: AnyRow
    mine: bool
    assesses: bool
    decides: bool
    handles: bool
    runs: bool  # HR within its reach, never of their own review nor of a rival's


def opened(me: int, review_id: uuid.UUID, reach: set[int] | bool | None) -> Open | None:
    """The review, if this viewer may open it. `reach`: departments whose HR they are, None for all, False: not HR."""
    told = {
        "me": me,
        "review": review_id,
        "everywhere": reach is None,
        "departments": sorted(reach) if isinstance(reach, set) else [],
        "zone": str(timezone()),
    }
    row = db.session.execute(_SEEN_BY, told).one_or_none()
    if row is None:
        return None
    found = Open(row, row.mine, row.assesses, row.decides, row.handles, row.runs)
    return found if found.mine or found.assesses or found.decides or found.handles or found.runs else None


_READERS = text(f"""
    SELECT person_id FROM review WHERE id = ANY(CAST(:ids AS uuid[]))
    UNION SELECT person_id FROM review_seat
          WHERE review_id = ANY(CAST(:ids AS uuid[])) AND stepped_aside_at IS NULL
    UNION SELECT handler_id FROM review_objection
          WHERE review_id = ANY(CAST(:ids AS uuid[])) AND handler_id IS NOT NULL
    UNION SELECT h.id FROM review r JOIN person h ON h.role = 'hr' AND h.active
          WHERE r.id = ANY(CAST(:ids AS uuid[])) AND {keeps("h.id")}
""")


def who_may_open(review_ids: Collection[uuid.UUID]) -> set[int]:
    """All for whom `opened` finds one of these."""
    return set(db.session.scalars(_READERS, {"ids": array(sorted(review_ids))}))


_DESKS = text(f"""
    SELECT r.id AS review_id, h.id AS person_id FROM review r
    JOIN person h ON h.role = 'hr' AND h.active AND h.erased_at IS NULL
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND {keeps("h.id")} ORDER BY 1, 2
""")


def desks(review_ids: Collection[uuid.UUID]) -> Sequence[AnyRow]:
    """Who of HR keeps each of these reviews: within their reach, not about themselves and not about a rival."""
    return db.session.execute(_DESKS, {"ids": array(sorted(review_ids))}).all() if review_ids else []


# The file --------------------------------------------------------------------------------------------------------

_HEAD = text("""
    SELECT p.id, p.name, p.job, p.active, p.erased_at IS NOT NULL AS erased,
           CASE WHEN p.active AND p.erased_at IS NULL THEN p.handle END AS handle,
           d.name AS department, t.name AS team, m.name AS manager,
           (SELECT min(since) FROM membership WHERE person_id = p.id) AS since
    FROM person p LEFT JOIN unit d ON d.id = p.department_id LEFT JOIN unit t ON t.id = p.team_id
    LEFT JOIN person m ON m.id = p.manager_id AND m.erased_at IS NULL
    WHERE p.id = :person
""")
_SEATS = text("""
    SELECT s.person_id, s.seat, p.name, s.named_at, s.handed_in_at, s.stepped_aside_at,
           CASE WHEN p.active AND p.erased_at IS NULL THEN p.handle END AS handle
    FROM review_seat s JOIN person p ON p.id = s.person_id
    WHERE s.review_id = :review ORDER BY s.seat DESC, p.sort_name, p.id
""")
_STEPS = text("""
    SELECT s.id, s.at, s.person_id, s.what, s.detail, p.name
    FROM review_step s LEFT JOIN person p ON p.id = s.person_id WHERE s.review_id = :review ORDER BY s.id DESC
""")


@dataclass(frozen=True, slots=True)
class Asked:
    """One criterion of the job in this file, with what was released for it."""

    id: int
    key: uuid.UUID
    number: int
    text: Mapping[str, str]
    skill: Mapping[str, str]
    enamel: str
    level: int
    level_name: Mapping[str, str] | None
    kinds: Sequence[str]
    badges: Sequence[careers.Linked]
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True)
class File:
    """What everybody who may open a review finds in it: nothing here depends on who asks."""

    row: AnyRow
    person: AnyRow
    job: careers.Job
    number: int  # of the version of the criteria
    consented_on: date | None
    criteria: list[Asked]
    own_words: str | None
    seats: Sequence[AnyRow]
    steps: Sequence[AnyRow]
    stages: list[rules.Stage]

    @property
    def pieces(self) -> int:
        return sum(len(one.evidence) for one in self.criteria)


def file(row: AnyRow) -> File:
    """The file of this review, which the caller may open (see `opened`): the same for all of them."""
    told = {"review": row.id}
    head = db.session.execute(_HEAD, {"person": row.person_id}).one()
    key = keys_of([row.person_id]).get(row.person_id)
    asked = careers.criteria([row.criteria_id])[row.criteria_id]
    job = next(one for one in careers.jobs(retired=True) if one.id == row.job_id)
    released = evidence.of([row.id]).get(row.id, [])
    skills = vision.names([one.skill_id for one in asked.items])
    return File(
        row=row,
        person=head,
        job=job,
        number=asked.number,
        consented_on=asked.consented_on,
        criteria=[
            Asked(
                one.id, one.key, place, one.text, skills[one.skill_id].name, skills[one.skill_id].enamel,
                one.level, one.level_name, one.evidence, one.badges,
                [piece for piece in released if piece.criterion_id == one.id],
            )
            for place, one in enumerate(asked.items, 1)
        ],
        own_words=plain(key, row.own_words, row.id),
        seats=db.session.execute(_SEATS, told).all(),
        steps=db.session.execute(_STEPS, told).all(),
        stages=rules.strip_of(row),
    )  # fmt: skip


_HOLDER = text("SELECT person_id FROM review WHERE id = :review")


def holder_of(review_id: uuid.UUID) -> int | None:
    """Whose review it is, for the trace of a look that was refused."""
    found: int | None = db.session.scalar(_HOLDER, {"review": review_id})
    return found


# Lists -----------------------------------------------------------------------------------------------------------

_LISTED = f"""
    SELECT r.id, r.stage, r.asked_at, {terms.dues("r")}, r.gathered_at, r.released_at,
           r.closed_at, r.seen_at, r.person_id, r.job_id, p.name AS person, j.name AS job, f.name AS family
    FROM review r JOIN person p ON p.id = r.person_id JOIN job j ON j.id = r.job_id
    JOIN job_family f ON f.id = j.family_id
"""
_MINE = text(f"{_LISTED} WHERE r.person_id = :me ORDER BY r.asked_at DESC, r.id")
_SITS = text(f"""
    {_LISTED} WHERE r.stage NOT IN ('closed', 'withdrawn')
        AND (EXISTS (SELECT FROM review_seat s
                     WHERE s.review_id = r.id AND s.person_id = :me AND s.stepped_aside_at IS NULL)
             OR EXISTS (SELECT FROM review_objection o WHERE o.review_id = r.id AND o.handler_id = :me))
    ORDER BY r.panel_due, p.sort_name, r.id
""")


def listed(me: int) -> dict[str, Any]:
    """One's own reviews, and those in which one sits."""
    return {
        "own": db.session.execute(_MINE, {"me": me}).all(),
        "sits": db.session.execute(_SITS, {"me": me}).all(),
    }


# For one's own eyes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """Own words: what stands in the file, and a draft that only their writer sees."""

    filed: str
    draft: str | None

    @property
    def current(self) -> str:
        return self.draft if self.draft is not None else self.filed


def words_of(row: AnyRow) -> Words:
    """Their holder's words, for their holder."""
    key = keys_of([row.person_id]).get(row.person_id)
    return Words(
        plain(key, row.own_words, row.id) or "",
        plain(key, row.own_words_draft, row.id) if row.own_words_draft else None,
    )


_PROPOSALS = text("""
    SELECT p.id, p.criterion_id, p.kind, p.thing, p.proposed_at, w.name AS by
    FROM review_proposal p JOIN person w ON w.id = p.proposed_by
    WHERE p.review_id = :review AND (p.kind <> 'badge' OR EXISTS (
        SELECT FROM award a WHERE a.id = CAST(split_part(p.thing, ':', 2) AS uuid) AND a.in_review)) ORDER BY p.id
""")
_OBSERVATIONS = text("""
    SELECT o.id, o.criterion_id, o.observer_id, o.question, o.asked_at, o.filed_at, o.declined_at, o.observed_on,
           CASE WHEN o.filed_at IS NOT NULL THEN o.sealed END AS sealed, p.name AS observer,
           EXISTS (SELECT FROM review_evidence e WHERE e.review_id = o.review_id AND e.thing = 'observation:' || o.id)
               AS released
    FROM review_observation o JOIN person p ON p.id = o.observer_id WHERE o.review_id = :review ORDER BY o.id
""")


@dataclass(frozen=True, slots=True)
class Proposed:
    """What HR proposes, as its holder sees it."""

    id: int
    criterion_id: int
    held: Thing
    by: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What a colleague was asked, and said; before it is filed nobody but the colleague reads it."""

    id: int
    criterion_id: int
    observer_id: int
    observer: str
    question: str
    asked_at: datetime
    filed_at: datetime | None
    declined_at: datetime | None
    observed_on: date | None
    words: str | None
    released: bool


def proposals(row: AnyRow) -> list[Proposed]:
    """What waits for the holder's answer; what they do not hold any more is not shown."""
    rows = db.session.execute(_PROPOSALS, {"review": row.id}).all()
    held = holding.named((row.id, row.person_id, one.thing) for one in rows)
    return [
        Proposed(one.id, one.criterion_id, there, one.by)
        for one in rows
        if (there := held.get((row.person_id, one.thing))) and there.stands
    ]


def observations(row: AnyRow) -> list[Observation]:
    """Whom the holder asked, and what was filed."""
    rows = db.session.execute(_OBSERVATIONS, {"review": row.id}).all()
    key = keys_of([row.person_id]).get(row.person_id) if rows else None
    return [
        Observation(
            one.id, one.criterion_id, one.observer_id, one.observer, plain(key, one.question, row.id) or "",
            one.asked_at, one.filed_at, one.declined_at, one.observed_on, plain(key, one.sealed, row.id), one.released,
        )
        for one in rows
    ]  # fmt: skip


_TO_OBSERVE = f"""
    SELECT o.id, o.review_id, o.criterion_id, o.question, o.asked_at, o.sealed, o.observed_on, o.filed_at,
           o.declined_at, r.person_id, r.stage, p.name AS person, c.text AS criterion, c.level, s.name AS skill,
           s.enamel, {vision.STEP.format(skill="s", level="c.level")} AS level_name
    FROM review_observation o JOIN review r ON r.id = o.review_id JOIN person p ON p.id = r.person_id
    JOIN criterion c ON c.id = o.criterion_id JOIN skill s ON s.id = c.skill_id
    WHERE o.observer_id = :me AND p.erased_at IS NULL
"""
_ONE_TO_OBSERVE = text(f"{_TO_OBSERVE} AND o.id = :observation")
_ALL_OBSERVED = text(f"{_TO_OBSERVE} AND o.sealed IS NOT NULL ORDER BY o.asked_at, o.id")
_ALL_TO_OBSERVE = text(
    f"{_TO_OBSERVE} AND r.stage = 'gathering' AND o.filed_at IS NULL AND o.declined_at IS NULL"
    " ORDER BY o.asked_at, o.id"
)


@dataclass(frozen=True, slots=True)
class ToObserve:
    """What a colleague who is asked finds: the criterion, the question and what they wrote; nothing of the file."""

    row: AnyRow
    question: str
    words: str

    @property
    def open(self) -> bool:
        return self.row.stage == "gathering" and not self.row.filed_at and not self.row.declined_at


def to_observe(me: int, observation_id: int) -> ToObserve | None:
    """What this person was asked, or None."""
    row = db.session.execute(_ONE_TO_OBSERVE, {"me": me, "observation": observation_id}).one_or_none()
    if row is None:
        return None
    key = keys_of([row.person_id]).get(row.person_id)
    said = plain(key, row.question, row.review_id), plain(key, row.sealed, row.review_id)
    return ToObserve(row, said[0] or "", said[1] or "")


def observed_by(me: int) -> Iterator[ToObserve]:
    """All that this person was asked and wrote something of, sent or not."""
    rows = db.session.execute(_ALL_OBSERVED, {"me": me}).all()
    keys = keys_of({row.person_id for row in rows})
    for row in rows:
        if words := plain(keys.get(row.person_id), row.sealed, row.review_id):
            yield ToObserve(row, plain(keys.get(row.person_id), row.question, row.review_id) or "", words)


def all_to_observe(me: int) -> Sequence[AnyRow]:
    """What this person is asked and did not answer yet; the questions are on their own pages."""
    return db.session.execute(_ALL_TO_OBSERVE, {"me": me}).all()


@dataclass(frozen=True, slots=True)
class Choice:
    """What its holder can add to one criterion: what fits it first, which is a list and no score; then by kind."""

    criterion: careers.Criterion
    kinds: list[str]
    fitting: list[Thing]
    others: list[Thing]
    kind: str


FITTING, OTHERS = 12, 40
_THERE = text("SELECT thing FROM review_evidence WHERE review_id = :review AND criterion_id = :criterion")


def choice(row: AnyRow, criterion_id: int, kind: str, wanted: str = "") -> Choice | None:
    """What the holder of this review can choose for one criterion; `wanted` are words to find among one kind."""
    items = careers.criteria([row.criteria_id])[row.criteria_id].items
    criterion = next((one for one in items if one.id == criterion_id), None)
    if criterion is None:
        return None
    kinds = [one for one in rules.EVIDENCE if rules.counts(criterion.evidence, one)]
    held = holding.of(row.person_id, row.id)
    there = set(db.session.scalars(_THERE, {"review": row.id, "criterion": criterion_id}))
    free = [
        one
        for one in held.values()
        if one.thing not in there and one.kind in kinds and one.criterion_id in (None, criterion_id)
    ]
    own = next(
        one for one in careers.what_i_have(row.person_id, row.criteria_id) if one.criterion.id == criterion_id
    )
    named = {f"{piece.kind}:{piece.ref}" for piece in own.pieces}
    fitting = [one for one in free if one.thing in named or one.kind == "observation"][:FITTING]
    kind = kind if kind in kinds else next((one for one in kinds if one != "document"), "document")
    others = [one for one in free if one.kind == kind and one not in fitting and _has(one, wanted)]
    return Choice(criterion, kinds, fitting, others[:OTHERS], kind)


def _has(one: Thing, wanted: str) -> bool:
    said = " ".join([*one.title.values(), one.words, one.by or ""]).casefold()
    return all(word in said for word in wanted.casefold().split())


def proposable(row: AnyRow, criterion_id: int) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]] | None:
    """What HR may name for a criterion: badges and activities that there are, never who has them."""
    items = careers.criteria([row.criteria_id])[row.criteria_id].items
    criterion = next((one for one in items if one.id == criterion_id), None)
    if criterion is None:
        return None
    badges = [(one.slug, one.body["name"]) for one in catalogue().in_force.values()]
    linked = {one.slug for one in criterion.badges}
    badges.sort(key=lambda one: one[0] not in linked)
    rows = db.session.execute(_ACTIVITIES, {"skill": criterion.skill_id}).all()
    return (
        badges if "badge" in criterion.evidence else [],
        [(one.slug, one.title) for one in rows] if "completion" in criterion.evidence else [],
    )


_ACTIVITIES = text("""
    SELECT a.slug, a.title FROM activity a
    WHERE a.state = 'published' AND EXISTS (SELECT FROM skill s WHERE s.id = ANY(a.skills) AND :skill = ANY(s.lineage))
    ORDER BY a.slug LIMIT 200
""")
_REASON = text("""
    SELECT EXISTS (SELECT FROM audit_entry WHERE action = 'review:opened' AND actor_id = :me AND person_id = :person
                   AND detail ->> 'review' = :review AND at > :since)
""")


def gave_reason(me: int, row: AnyRow, since: datetime) -> bool:
    """Whether this person said lately why they open a review that is over."""
    told = {"me": me, "person": row.person_id, "review": str(row.id), "since": since}
    return bool(db.session.scalar(_REASON, told))


_CRITERION_OF = text("SELECT criterion_id FROM review_evidence WHERE review_id = :review AND id = :id")
_PROPOSED_FOR = text("SELECT criterion_id FROM review_proposal WHERE review_id = :review AND id = :id")


def criterion_of(review_id: uuid.UUID, evidence_id: int) -> int | None:
    """To which criterion a piece of evidence belongs."""
    found: int | None = db.session.scalar(_CRITERION_OF, {"review": review_id, "id": evidence_id})
    return found


def proposed_for(review_id: uuid.UUID, proposal_id: int) -> int | None:
    """For which criterion something is proposed."""
    found: int | None = db.session.scalar(_PROPOSED_FOR, {"review": review_id, "id": proposal_id})
    return found
