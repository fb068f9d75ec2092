"""What HR sees of reviews: the list by stage and day, rounds, who may take part, and how panels judged a criterion.

HR reads within its reach, and nobody finds their own review or a rival's in these lists. Nothing here adds anything up
per person.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from app.config import timezone
from app.db import array, db
from app.reviews import rules, terms
from app.reviews.keeping import is_free, takes_part
from app.reviews.rounds import WHOLE

PAGE = 50
Reach = set[int] | None


def _scope(me: int, reach: Reach) -> dict[str, Any]:
    return {"me": me, "everywhere": reach is None, "reach": array(sorted(reach or ()))}


_REACH = (
    f"(CAST(:everywhere AS boolean) OR r.department_id = ANY(CAST(:reach AS bigint[]))) AND {is_free(':me')}"
)
_DUE = f"""
    CASE r.stage WHEN 'gathering' THEN {terms.due("r", "evidence_due")} WHEN 'panel' THEN {terms.due("r", "panel_due")}
                 WHEN 'deciding' THEN {terms.due("r", "decide_due")} WHEN 'decided' THEN o.release_on
                 WHEN 'released' THEN CASE WHEN x.filed_at IS NOT NULL AND x.handled_at IS NULL
                                           THEN {terms.answer_due("x")} ELSE {terms.after_release("r", "seen_days")} END
                 END
"""
_LATE = f"{_DUE} < :today AND (r.stage <> 'released' OR x.filed_at IS NOT NULL AND x.handled_at IS NULL)"
_LIST = text(f"""
    SELECT r.id, r.stage, r.person_id, p.name, j.name AS job, d.name AS department, r.round_id, o.name AS round_name,
           {_DUE} AS due, r.seen_at, r.unseen_at, x.filed_at AS objected_at, x.handled_at, x.handler_id,
           coalesce({_LATE}, false) AS late,
           (SELECT count(*) FROM review_seat s JOIN person q ON q.id = s.person_id AND q.active
            WHERE s.review_id = r.id AND s.seat = 'member' AND s.stepped_aside_at IS NULL) AS members,
           (SELECT count(*) FROM review_seat s JOIN person q ON q.id = s.person_id AND q.active
            WHERE s.review_id = r.id AND s.seat = 'decider' AND s.stepped_aside_at IS NULL AND s.for_id IS NULL)
               >= r.deciders AS decides
    FROM review r JOIN person p ON p.id = r.person_id JOIN job j ON j.id = r.job_id
    LEFT JOIN unit d ON d.id = r.department_id LEFT JOIN review_round o ON o.id = r.round_id
    LEFT JOIN LATERAL (SELECT * FROM review_objection WHERE review_id = r.id ORDER BY number DESC LIMIT 1) x ON true
    WHERE {_REACH}
      AND CASE WHEN :stage = '' THEN r.stage NOT IN ('closed', 'withdrawn')
               WHEN :stage = 'late' THEN r.stage NOT IN ('closed', 'withdrawn') AND {_LATE}
               WHEN :stage = 'objection' THEN x.filed_at IS NOT NULL AND x.handled_at IS NULL
               ELSE r.stage = :stage END
      AND (CAST(:round AS bigint) IS NULL OR r.round_id = :round)
      AND (CAST(:department AS bigint) IS NULL OR r.department_id = :department)
      AND (:q = '' OR p.sort_name LIKE '%' || :q || '%')
    ORDER BY (x.filed_at IS NOT NULL AND x.handled_at IS NULL) DESC, {_DUE} NULLS LAST, p.sort_name, r.id
    LIMIT :limit OFFSET :skip
""")
_STAGES = text(f"""
    SELECT r.stage, count(*) AS many FROM review r WHERE {_REACH} GROUP BY r.stage
""")
_DEPARTMENTS = text(f"""
    SELECT d.id, d.name FROM unit d
    WHERE EXISTS (SELECT FROM review r WHERE r.department_id = d.id AND {_REACH}) ORDER BY d.name, d.id
""")
_ROUNDS = text(f"""
    SELECT o.*, w.name AS opener, {WHOLE} AS whole, {takes_part(":me")} AS takes_part,
           (SELECT count(*) FROM review r WHERE r.round_id = o.id AND r.stage <> 'withdrawn') AS many,
           (SELECT count(DISTINCT v.person_id) FROM review_round_person v WHERE v.round_id = o.id) AS eligible
    FROM review_round o JOIN person w ON w.id = o.opened_by
    WHERE (CAST(:id AS bigint) IS NULL OR o.id = :id)
      AND (CAST(:everywhere AS boolean) OR EXISTS (SELECT FROM review_round_unit u WHERE u.round_id = o.id)
           AND NOT EXISTS (SELECT FROM review_round_unit u WHERE u.round_id = o.id
                           AND u.unit_id <> ALL(CAST(:reach AS bigint[]))))
    ORDER BY o.released_at IS NOT NULL, o.release_on, o.id LIMIT 100
""")
_JOBS = text("""
    SELECT j.id, j.name FROM review_round_job w JOIN job j ON j.id = w.job_id
    WHERE w.round_id = :round ORDER BY j.level, j.id
""")
_UNITS = text("""
    SELECT u.id, u.name FROM review_round_unit w JOIN unit u ON u.id = w.unit_id
    WHERE w.round_id = :round ORDER BY u.name
""")
# Whoever takes part for a job in a round finds nobody else there who does, or may.
_FREE = """
    NOT EXISTS (SELECT FROM review own WHERE own.round_id = :round AND own.person_id = :me AND own.stage <> 'withdrawn'
                AND own.job_id = {job} AND own.person_id <> {person})
"""
_SEATS = text(f"""
    SELECT s.person_id, s.seat, p.name, p.active,
           ARRAY(SELECT j.name FROM review r JOIN job j ON j.id = r.job_id
                 WHERE r.round_id = s.round_id AND r.person_id = s.person_id AND r.stage <> 'withdrawn'
                   AND (CAST(:everywhere AS boolean) OR r.department_id = ANY(CAST(:reach AS bigint[])))
                   AND {_FREE.format(job="r.job_id", person="r.person_id")}
                 ORDER BY j.level, j.id) AS not_for
    FROM review_round_panel s JOIN person p ON p.id = s.person_id
    WHERE s.round_id = :round ORDER BY s.seat DESC, p.sort_name, p.id
""")
_PEOPLE = text(f"""
    SELECT v.person_id, v.job_id, v.listed, v.invited_at, p.name, p.active, j.name AS job, r.id AS review_id, r.stage
    FROM review_round_person v JOIN person p ON p.id = v.person_id JOIN job j ON j.id = v.job_id
    LEFT JOIN review r ON r.round_id = v.round_id AND r.person_id = v.person_id AND r.job_id = v.job_id
    WHERE v.round_id = :round
      AND (CAST(:everywhere AS boolean) OR coalesce(r.department_id, p.department_id) = ANY(CAST(:reach AS bigint[])))
      AND {_FREE.format(job="v.job_id", person="v.person_id")}
    ORDER BY p.sort_name, p.id, v.job_id LIMIT 1000
""")
_OF_ROUND = text(f"""
    SELECT r.id, r.stage, r.version, r.person_id, p.name, j.name AS job
    FROM review r JOIN person p ON p.id = r.person_id JOIN job j ON j.id = r.job_id
    WHERE r.round_id = :round
      AND (CAST(:everywhere AS boolean) OR r.department_id = ANY(CAST(:reach AS bigint[])))
      AND {_FREE.format(job="r.job_id", person="r.person_id")}
    ORDER BY p.sort_name, p.id, r.id
""")
_DECISIONS = text(f"""
    SELECT p.id AS person_id, p.external_id, p.name, j.slug AS job, j.name AS job_name, d.outcome, d.from_on,
           r.decided_at, r.released_at,
           string_agg(q.external_id, ' ' ORDER BY q.external_id) AS deciders, r.id
    FROM review r JOIN person p ON p.id = r.person_id JOIN job j ON j.id = r.job_id
    JOIN review_decision d ON d.review_id = r.id AND d.signed_at IS NOT NULL JOIN person q ON q.id = d.person_id
    WHERE r.round_id = :round AND r.stage IN ('released', 'closed') AND {_REACH}
    GROUP BY p.id, j.id, d.outcome, d.from_on, r.id ORDER BY p.sort_name, p.id
""")
# Whole panels only, and reviews only that HR may read. A criterion appears from five people on whom five others judged,
# and goes on in steps of five reviews: what one look shows more than another is never the word of one panel.
_PANELS = text(f"""
    WITH judged AS (
        SELECT c.key, c.id AS criterion_id, r.job_id, r.id AS review_id, r.person_id, a.person_id AS member, a.verdict,
               dense_rank() OVER (PARTITION BY c.key, r.job_id ORDER BY r.assessed_at, r.id) AS place
        FROM review_assessment a
        JOIN review r ON r.id = a.review_id AND r.assessed_at IS NOT NULL AND r.stage <> 'withdrawn'
        JOIN review_seat s ON s.review_id = a.review_id AND s.person_id = a.person_id AND s.seat = 'member'
             AND s.handed_in_at IS NOT NULL
        JOIN criterion c ON c.id = a.criterion_id
        WHERE {_REACH} AND a.verdict IS NOT NULL
    ), whole AS (
        SELECT *, max(place) OVER (PARTITION BY key, job_id) / :least * :least AS upto FROM judged
    )
    SELECT w.key, j.name AS job, (array_agg(c.text ORDER BY c.id DESC))[1] AS text,
           count(DISTINCT w.review_id) AS reviews, count(*) AS said,
           count(*) FILTER (WHERE w.verdict = 'met') AS met, count(*) FILTER (WHERE w.verdict = 'partly') AS partly,
           count(*) FILTER (WHERE w.verdict = 'not_yet') AS not_yet
    FROM whole w JOIN criterion c ON c.id = w.criterion_id JOIN job j ON j.id = w.job_id
    WHERE w.place <= w.upto
    GROUP BY w.key, j.id HAVING count(DISTINCT w.person_id) >= :least AND count(DISTINCT w.member) >= :least
    ORDER BY j.level, j.id, min(c.position), w.key
""")
_INVITATION = text("""
    SELECT o.*, v.job_id, j.name AS job, j.slug, r.id AS review_id,
           EXISTS (SELECT FROM review_round_panel q WHERE q.round_id = o.id AND q.person_id = :me)
           OR EXISTS (SELECT FROM review_seat s JOIN review x ON x.id = s.review_id
                      WHERE x.round_id = o.id AND x.job_id = v.job_id AND s.person_id = :me
                        AND s.stepped_aside_at IS NULL) AS sits
    FROM review_round_person v
    JOIN review_round o ON o.id = v.round_id JOIN job j ON j.id = v.job_id
    LEFT JOIN review r ON r.round_id = o.id AND r.person_id = v.person_id AND r.job_id = v.job_id
    WHERE v.round_id = :round AND v.person_id = :me AND v.invited_at IS NOT NULL ORDER BY j.level, j.id
""")
_TO_REMIND = text(f"""
    SELECT r.id, r.stage, r.person_id FROM review r WHERE {_REACH} AND r.id = ANY(CAST(:ids AS uuid[]))
""")
_WITHIN = text(f"SELECT r.* FROM review r WHERE r.id = :review AND {_REACH}")


@dataclass(frozen=True, slots=True)
class Round:
    """A round as HR keeps it."""

    row: Any
    jobs: Sequence[Any]
    units: Sequence[Any]
    seats: Sequence[Any]
    people: Sequence[Any]
    reviews: Sequence[Any]


def listed(
    me: int,
    reach: Reach,
    *,
    today: date,
    stage: str = "",
    round_id: int | None = None,
    department_id: int | None = None,
    q: str = "",
    page: int = 1,
) -> tuple[Sequence[Any], bool]:
    """The reviews within reach, what waits longest first, and whether there are more."""
    found = db.session.execute(
        _LIST,
        {
            **_scope(me, reach), "today": today, "zone": str(timezone()), "stage": stage,
            "round": round_id, "department": department_id, "q": q.replace("%", ""),
            "limit": PAGE + 1, "skip": (page - 1) * PAGE,
        },
    ).all()  # fmt: skip
    return found[:PAGE], len(found) > PAGE


def stages(me: int, reach: Reach) -> dict[str, int]:
    """How many reviews are in which stage."""
    return {row.stage: row.many for row in db.session.execute(_STAGES, _scope(me, reach))}


def departments(me: int, reach: Reach) -> Sequence[Any]:
    """Where the reviews within reach are."""
    return db.session.execute(_DEPARTMENTS, _scope(me, reach)).all()


def all_rounds(me: int, reach: Reach) -> Sequence[Any]:
    """The rounds within reach: those that are open first."""
    return db.session.execute(_ROUNDS, {**_scope(me, reach), "id": None}).all()


def one_round(me: int, reach: Reach, round_id: int) -> Round | None:
    """A round that lies within reach as a whole: who of HR sees all of it changes and releases it."""
    found = part_of_round(me, reach, round_id)
    return found if found and found.row.whole else None


def part_of_round(me: int, reach: Reach, round_id: int) -> Round | None:
    """What of a round lies within reach: somebody in it may have moved away, or was added from elsewhere."""
    scope = {**_scope(me, reach), "round": round_id}
    row = db.session.execute(_ROUNDS, {**_scope(me, reach), "id": round_id}).one_or_none()
    if row is None:
        return None
    parts = (db.session.execute(one, scope).all() for one in (_JOBS, _UNITS, _SEATS, _PEOPLE, _OF_ROUND))
    return Round(row, *parts)


def decisions(me: int, reach: Reach, round_id: int) -> Sequence[Any]:
    """What was decided in a round and released, for the HR system."""
    return db.session.execute(_DECISIONS, {**_scope(me, reach), "round": round_id}).all()


def panels(me: int, reach: Reach) -> Sequence[Any]:
    """How panels judged the same criterion: over reviews, never per person, from five judged by five on."""
    return db.session.execute(_PANELS, {**_scope(me, reach), "least": rules.PANELS}).all()


def invitation(me: int, round_id: int) -> Sequence[Any]:
    """The jobs for which somebody was invited to a round, with their review if it began."""
    return db.session.execute(_INVITATION, {"me": me, "round": round_id}).all()


def within(me: int, reach: Reach, review_id: uuid.UUID) -> Any | None:
    """A review that this HR runs."""
    return db.session.execute(_WITHIN, {**_scope(me, reach), "review": review_id}).one_or_none()


def to_remind(me: int, reach: Reach, review_ids: Sequence[uuid.UUID]) -> Sequence[Any]:
    """Those of these reviews that this HR runs."""
    return db.session.execute(_TO_REMIND, {**_scope(me, reach), "ids": array(review_ids)}).all()


_SEATS_OF = text("""
    SELECT s.person_id, s.seat, s.handed_in_at, s.stepped_aside_at, s.for_id, p.name, p.active
    FROM review_seat s JOIN person p ON p.id = s.person_id
    WHERE s.review_id = :review ORDER BY s.stepped_aside_at IS NOT NULL, s.seat DESC, p.sort_name, p.id
""")
_OBJECTION = text("""
    SELECT o.filed_at, o.handled_at, o.handler_id, p.name FROM review_objection o
    LEFT JOIN person p ON p.id = o.handler_id WHERE o.review_id = :review ORDER BY o.number DESC LIMIT 1
""")


def seats(review_id: uuid.UUID) -> Sequence[Any]:
    """Who sits in a review, and who does not any more."""
    return db.session.execute(_SEATS_OF, {"review": review_id}).all()


def objection(review_id: uuid.UUID) -> Any | None:
    """Whether there is an objection, the latest one, and who handles it."""
    return db.session.execute(_OBJECTION, {"review": review_id}).one_or_none()
