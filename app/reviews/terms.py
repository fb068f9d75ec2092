"""When the terms of a review end, in SQL: days on which its employee is away do not count, whoever entered them.

What somebody gathers ends so many days later, and all that waits for it with it. Who is away now is not reminded.
"""

from app.reviews import rules

DUES = ("evidence_due", "panel_due", "decide_due")


def later(review: str) -> str:
    """By how many days the dues of this review (an alias of its row) move."""
    asked = f"CAST({review}.asked_at AS date)"
    ends = f"term_ends({review}.person_id, {asked}, {review}.evidence_due - {asked})"
    return f"({ends} - {review}.evidence_due)"


def due(review: str, name: str) -> str:
    """One of the dues, as it counts for who gathers."""
    return f"({review}.{name} + {later(review)})"


def dues(review: str) -> str:
    """All three as columns, under the names that they have."""
    return ", ".join(f"{due(review, name)} AS {name}" for name in DUES)


def after_release(review: str, days: str) -> str:
    """The last day of a term that began when the decision could be read; `:zone` is that of the organisation."""
    since = f"CAST({review}.released_at AT TIME ZONE :zone AS date)"
    ends = f"term_ends({review}.person_id, {since}, CAST({review}.{days} AS int))"
    return f"CASE WHEN {review}.released_at IS NOT NULL THEN {ends} END"


def is_here(person: str) -> str:
    """Whether somebody (an id) is not away on `:today`."""
    return f"NOT EXISTS (SELECT FROM pause u WHERE u.person_id = {person} AND :today BETWEEN u.since AND u.until)"


def answer_due(objection: str) -> str:
    """By when an objection is answered. Who objected waits for it, so nobody's days away move it."""
    return f"(CAST({objection}.filed_at AT TIME ZONE :zone AS date) + {rules.HANDLE_DAYS})"


def naming_due(objection: str) -> str:
    """By when HR names somebody who answers it."""
    return f"(CAST({objection}.filed_at AT TIME ZONE :zone AS date) + {rules.NAME_DAYS})"
