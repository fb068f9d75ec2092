"""What can be asked about reviews. Who may open a file is decided here, once, for pages, API and exports alike.

May open it: its holder; who sits in it and did not step aside; who handles an objection; HR within its reach. Nobody
else, whatever their role: not their manager as such, not learning, not an administrator. All of them see the same
file; `rules` and the columns of `Open` say what each may do in it.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.db import db

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
