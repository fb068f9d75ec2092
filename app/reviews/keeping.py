"""Who of HR keeps a review, in SQL: who serves its department, is not its employee and no rival for the same job.

Whoever takes part in a round keeps no round in which they take part: a colleague of HR does (decision 40).
"""

from app.people.queries import serves


def among(person: str, review: str = "r") -> str:
    """Whether that person is a candidate beside the holder of that review; who withdrew is none."""
    return f"""EXISTS (
        SELECT FROM review rival WHERE rival.round_id = {review}.round_id AND rival.job_id = {review}.job_id
            AND rival.person_id = {person} AND rival.id <> {review}.id AND rival.stage <> 'withdrawn')"""


def takes_part(person: str, round_: str = "o.id") -> str:
    """Whether that person is a candidate for any job in a round (an id)."""
    return f"""EXISTS (
        SELECT FROM review own WHERE own.round_id = {round_} AND own.person_id = {person}
            AND own.stage <> 'withdrawn')"""


def is_free(person: str, review: str = "r") -> str:
    """Whether that person is neither the employee of this review nor a rival of theirs."""
    return f"({review}.person_id <> {person} AND NOT {among(person, review)})"


def keeps(hr: str, review: str = "r") -> str:
    """Whether somebody of HR (an id) keeps this review."""
    return f"({serves(f'{review}.department_id', hr)} AND {is_free(hr, review)})"
