"""What can be asked about reviews. Who may open a file is decided here, once, for pages, API and exports alike.

May open it: its holder; who sits in it and did not step aside; who handles an objection; HR within its reach. Nobody
else, whatever their role: not their manager as such, not learning, not an administrator. All of them see the same
file; `rules` and the columns of `Open` say what each may do in it.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.careers import queries as careers
from app.db import db
from app.keys import decrypt
from app.people.queries import keys_of
from app.reviews import holding, rules
from app.reviews.holding import Thing
from app.vision import queries as vision

AnyRow = Any

_SEEN_BY = text("""
    SELECT review.*, review_round.release_on, review_round.name AS round_name,
        review.person_id = :me AS mine,
        EXISTS (SELECT FROM review_seat WHERE review_id = review.id AND person_id = :me AND seat = 'member'
            AND stepped_aside_at IS NULL) AS assesses,
        EXISTS (SELECT FROM review_seat WHERE review_id = review.id AND person_id = :me AND seat = 'decider'
            AND stepped_aside_at IS NULL) AS decides,
        EXISTS (SELECT FROM review_objection WHERE review_id = review.id AND handler_id = :me) AS handles,
        coalesce(:everywhere OR review.department_id = ANY(:departments), false)
            AND review.person_id <> :me AS runs
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
    runs: bool  # HR within its reach, never of their own review


def opened(me: int, review_id: uuid.UUID, reach: set[int] | bool | None) -> Open | None:
    """The review, if this viewer may open it. `reach`: departments whose HR they are, None for all, False: not HR."""
    told = {
        "me": me,
        "review": review_id,
        "everywhere": reach is None,
        "departments": sorted(reach) if isinstance(reach, set) else [],
    }
    row = db.session.execute(_SEEN_BY, told).one_or_none()
    if row is None:
        return None
    found = Open(row, row.mine, row.assesses, row.decides, row.handles, row.runs)
    return found if found.mine or found.assesses or found.decides or found.handles or found.runs else None


def about(review_id: uuid.UUID) -> str:
    """What the words in a file are sealed for: they open in this file and in no other."""
    return f"review {review_id}"


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
_EVIDENCE = text("""
    SELECT id, criterion_id, kind, thing, released_at, sealed FROM review_evidence WHERE review_id = :review ORDER BY id
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
class Evidence:
    """One piece in a file, released by its holder. Of what was revoked, withdrawn or deleted since little is left."""

    id: int
    kind: str
    thing: str
    released_at: datetime
    held: Thing | None  # none: nothing of it is left to show
    taken_back: bool
    title: str = ""  # of a document
    words: str = ""  # of a document or an observation
    link: str = ""


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
    released = _released(row, key)
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
                one.level, one.evidence, one.badges, released.get(one.id, []),
            )
            for place, one in enumerate(asked.items, 1)
        ],
        own_words=plain(key, row.own_words, row.id),
        seats=db.session.execute(_SEATS, told).all(),
        steps=db.session.execute(_STEPS, told).all(),
        stages=rules.strip_of(row),
    )  # fmt: skip


def _released(row: AnyRow, key: bytes | None) -> dict[int, list[Evidence]]:
    """What the holder released, by criterion, in the order of release."""
    rows = db.session.execute(_EVIDENCE, {"review": row.id}).all()
    held = holding.of(row.person_id, row.id, [one.thing for one in rows if one.kind != "document"])
    found: dict[int, list[Evidence]] = {}
    for one in rows:
        found.setdefault(one.criterion_id, []).append(_evidence(one, held.get(one.thing), key, row.id))
    return found


def _evidence(row: AnyRow, held: Thing | None, key: bytes | None, review_id: uuid.UUID) -> Evidence:
    if row.kind == "document":
        told = json.loads(plain(key, row.sealed, review_id) or "{}")
        gone = not told
        return Evidence(
            row.id, row.kind, row.thing, row.released_at, None, gone,
            told.get("title", ""), told.get("text", ""), told.get("link", ""),
        )  # fmt: skip
    stands = held is not None and held.stands
    words = plain(key, held.sealed, review_id) if held and held.kind == "observation" else None
    said = words or (held.words if held and stands else "")
    return Evidence(row.id, row.kind, row.thing, row.released_at, held, not stands, words=said)


def plain(key: bytes | None, sealed: bytes | None, review_id: uuid.UUID) -> str | None:
    """Words that were sealed for this file; None once the key of its holder is gone."""
    if key is None or sealed is None:
        return None
    return rules.unpadded(decrypt(key, sealed, about(review_id)))


_HOLDER = text("SELECT person_id FROM review WHERE id = :review")


def holder_of(review_id: uuid.UUID) -> int | None:
    """Whose review it is, for the trace of a look that was refused."""
    found: int | None = db.session.scalar(
        text("SELECT person_id FROM review WHERE id = :review"), {"review": review_id}
    )
    return found


# Lists -----------------------------------------------------------------------------------------------------------

_LISTED = """
    SELECT r.id, r.stage, r.asked_at, r.evidence_due, r.panel_due, r.decide_due, r.gathered_at, r.released_at,
           r.closed_at, r.seen_at, r.person_id, p.name AS person, j.name AS job, f.name AS family
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
