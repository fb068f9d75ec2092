"""The stages of a review, who sits where, and what may enter a file. Pure.

A review is decided by people on evidence that the employee released: nothing here adds up, ranks or advises.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

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
EVIDENCE_DAYS, PANEL_DAYS, DECIDE_DAYS = (
    28,
    42,
    56,
)  # of a single review, from the day on which it is asked for
BEFORE_THE_DECISION = frozenset({"gathering", "panel", "deciding"})  # who asked can still withdraw
QUESTION = (3, 500)
TITLE = (2, 160)
MOST_ASKED = 20  # colleagues who are asked what they saw, in one review
LONG = 24  # pieces and verdicts in a file; beyond them those of a criterion come as it is opened
NAME = (3, 140)  # characters of the name of a round
PLAN = timedelta(days=182)  # until when what is left open becomes a goal, where the decider says nothing else
FROM = (timedelta(days=31), timedelta(days=366))  # how far back and ahead a promotion may begin
PANELS = 5  # reviews, before anybody sees how panels judged a criterion
REMIND = timedelta(days=3)  # before something is due
HANDLE_DAYS, NAME_DAYS = (
    28,
    7,
)  # an objection is answered within these days; HR names within those who answers it


def wrong_with_round(
    name: dict[str, str], evidence: date, panel: date, decide: date, release: date, today: date
) -> str | None:
    """The first thing that a round cannot be."""
    if any(not NAME[0] <= len(name.get(one, "").strip()) <= NAME[1] for one in ("nl", "en")):
        return "name"
    if not today <= evidence <= panel <= decide <= release or release - today > timedelta(days=730):
        return "dates"
    return None


def wrong_with_decision(outcome: str | None, words: str, from_on: date | None, today: date) -> str | None:
    """The first thing that keeps a decision from being signed."""
    if outcome not in OUTCOMES:
        return "outcome"
    if not TEXT[0] <= len(words) <= TEXT[1]:
        return "words"
    if outcome != "not_yet" and (from_on is None or not today - FROM[0] <= from_on <= today + FROM[1]):
        return "from_on"
    return None


def dues(asked_on: date) -> tuple[date, date, date]:
    """Until when a single review gathers, is assessed and decided."""
    evidence, panel, decide = (
        asked_on + timedelta(days=days) for days in (EVIDENCE_DAYS, PANEL_DAYS, DECIDE_DAYS)
    )
    return evidence, panel, decide


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the five stages that a file shows: done, now or to come; when it was done, or by when it should be."""

    key: str  # asked, evidence, panel, decision, signature
    state: str  # done, now, ""
    at: datetime | None = None
    due: date | None = None


def strip_of(review: Any) -> list[Stage]:
    """How far a review is. What was decided and when nobody learns here before it can be read."""
    stage = review.stage
    here = {"gathering": 1, "panel": 2, "deciding": 3, "decided": 3, "released": 4, "closed": 5}.get(stage, 0)
    ends = (review.asked_at, review.gathered_at, review.assessed_at, review.released_at, review.seen_at)
    dues = (None, review.evidence_due, review.panel_due, review.decide_due, None)
    keys = ("asked", "evidence", "panel", "decision", "signature")
    if stage == "gathering" and review.gathered_at:  # complete, and waits for a panel
        here = 2
    return [
        Stage(
            key, "done" if place < here else "now" if place == here else "", at if place < here else None, due
        )
        for place, (key, at, due) in enumerate(zip(keys, ends, dues, strict=True))
    ]


def counts(kinds: Sequence[str], kind: str) -> bool:
    """Whether that kind is evidence for a criterion that names these; thanks count where recognitions do."""
    return (kind if kind != "kudos" else "recognition") in kinds


def mark_of(words: str) -> str:
    """Names a text in a form, so that another window's later words are not written over."""
    return hashlib.sha256(words.encode()).hexdigest()[:16]
