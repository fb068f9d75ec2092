"""Reactions: a fact or a badge may prove a goal that was reached, or prove it no more; a review may leave goals."""

from collections.abc import Sequence
from datetime import datetime

from app.events import BadgeAwarded, BadgeRevoked, CriterionLeftOpen, FactRecorded, FactWithdrawn
from app.goals import actions, proving

PROVING = ("completed", "lesson_applied")


def prove_by_facts(events: Sequence[FactRecorded | FactWithdrawn], now: datetime) -> None:
    if people := {event.person_id for event in events if event.kind in PROVING}:
        proving.prove(people, now)


def prove_by_badges(events: Sequence[BadgeAwarded | BadgeRevoked], now: datetime) -> None:
    proving.prove({event.person_id for event in events}, now)


def plan_what_is_open(events: Sequence[CriterionLeftOpen], now: datetime) -> None:
    """What a review left open becomes a goal of the person's own: theirs to change, to drop, to show to nobody."""
    actions.plan(events, now)
