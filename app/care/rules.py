"""What can be reported and why, what can be decided, and how much one person can report. Pure."""

from datetime import timedelta

KINDS = ("kudos", "lesson")
REASONS = ("hurts", "private", "secret", "untrue", "not_meant", "other")
DECISIONS = ("leave", "hide", "change")
WORDS, ANSWER = 1000, 500
MOST, WITHIN = 10, timedelta(days=1)  # reports of one person
TOLD_FOR = timedelta(days=60)  # so long its author reads on it that it was reported and left as it is
OPEN, DECIDED = "open", "decided"


def wrong_report(reason: str, words: str) -> str | None:
    """What cannot be: reason or words. Another reason has to be said in words."""
    if reason not in REASONS:
        return "reason"
    if len(words) > WORDS or (reason == "other" and len(words.strip()) < 5):
        return "words"
    return None


def wrong_decision(decision: str, answer: str) -> str | None:
    """What cannot be: decision or answer. Whoever hides or asks to change something says why."""
    if decision not in DECISIONS:
        return "decision"
    if len(answer) > ANSWER or (decision != "leave" and len(answer.strip()) < 5):
        return "answer"
    return None
