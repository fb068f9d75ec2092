"""The stages of a review, who sits where, and what may enter a file. Pure.

A review is decided by people on evidence that the employee released: nothing here adds up, ranks or advises.
"""

from datetime import date, timedelta

# gathering: the employee releases evidence · panel: it assesses each criterion · deciding: a person decides, and
# writes why · decided: in a round, until the round is released · released: the employee reads it, signs, may answer
# and object · closed: frozen, nothing changes any more
STAGES = ("gathering", "panel", "deciding", "decided", "released", "closed", "withdrawn")
OPEN = frozenset({"gathering", "panel", "deciding", "decided", "released"})
VERDICTS = ("met", "partly", "not_yet")
OUTCOMES = ("promote", "promote_with_plan", "not_yet")
SEATS = ("member", "decider")
EVIDENCE = ("badge", "completion", "lesson_applied", "kudos", "recognition", "observation", "document")
# what HR may propose: what HR can see of everybody. Words of a person enter a file by that person's hand only.
PROPOSABLE = frozenset({"badge", "completion"})
TEXT = (3, 4000)  # characters of own words, a reason, an observation
MOST = 60  # pieces of evidence in one file
SEEN_DAYS, OBJECT_DAYS = 14, 42  # where a round says nothing else


def padded(text: str) -> bytes:
    """The text, filled up so that its length tells little about it."""
    plain = text.encode()
    return plain + b"\0" * (-len(plain) % 256)


def unpadded(plain: bytes) -> str:
    return plain.rstrip(b"\0").decode()


def objection_until(released_on: date, days: int) -> date:
    """The last day on which one may object."""
    return released_on + timedelta(days=days)
