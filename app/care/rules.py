"""What can be reported and why, what can be decided, and how much one person can report. Pure."""

from collections.abc import Collection
from datetime import timedelta

KINDS = ("kudos", "lesson")
REASONS = ("hurts", "private", "secret", "untrue", "not_meant", "other")
DECISIONS = ("leave", "hide", "change")
SHOWN = "show"  # what was hidden is there again
ENOUGH = 2  # people at the desk; with fewer, admins stand at it too (decision 23)
WORDS, ANSWER = 1000, 500
MOST, WITHIN = 10, timedelta(days=1)  # reports of one person
TOLD_FOR = timedelta(days=60)  # so long its author reads on it that it was reported and left as it is
OPEN, DECIDED = "open", "decided"


def admins_too(
    desk: Collection[int], party: Collection[int], reporters: Collection[int], *, unnamed: bool
) -> bool:
    """Whether a case is for admins as well: fewer than two at the desk are neither who wrote it nor thanked in it.

    Who reported is left out of that count, or an admin could tell from meeting the case who it was; only where all of
    those left have reported it nobody else is there. Whoever wrote a lesson without a name may be at the desk.
    """
    left = set(desk) - set(party)
    return len(left) - unnamed < ENOUGH or left <= set(reporters)


def wrong_report(reason: str, words: str) -> str | None:
    """What cannot be: reason or words. Another reason has to be said in words."""
    if reason not in REASONS:
        return "reason"
    if len(words) > WORDS or (reason == "other" and len(words.strip()) < 5):
        return "words"
    return None


def wrong_decision(decision: str, answer: str) -> str | None:
    """What cannot be: decision or answer. Whoever hides or asks to change something says why."""
    return "decision" if decision not in DECISIONS else wrong_answer(decision, answer)


def wrong_answer(decision: str, answer: str) -> str | None:
    """Whether the reason cannot be; only what is left as it is needs none."""
    return "answer" if len(answer) > ANSWER or (decision != "leave" and len(answer.strip()) < 5) else None
