"""A goal as it may be set: cleaned, within its bounds, and naming only what there is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import lazy_gettext as _l

from app.activities.queries import by_id
from app.badges.queries import catalogue
from app.config import timezone
from app.errors import Refused
from app.goals import rules
from app.goals.rules import NewGoal
from app.people.queries import cards
from app.vision import queries as vision

WRONG = {
    "title": _l("Say what you want to reach, in 3 to 140 characters."),
    "why": _l("Say why in 600 characters or fewer."),
    "target_on": _l("Choose today or a day that is still to come, or leave it empty."),
    "proof_words": _l("Say how you will know, in 3 to 280 characters."),
    "proof_badge": _l("Choose the badge that will prove it."),
    "proof_activity": _l("Choose the activity that will prove it, by its name in the catalogue."),
    "visible": _l("Choose who may see it."),
    "viewers": _l("Name at least one colleague, and at most 12."),
    "lang": _l("Choose the language you wrote it in."),
    "skill_id": _l("Choose a skill of the list, or none."),
    "vision_goal_id": _l("Choose a goal of the list, or none."),
    "pace": _l("Choose how often you want to be invited."),
    "line": _l("Say it in 280 characters or fewer."),
}


def checked(wanted: Sequence[tuple[int, NewGoal]], at: datetime) -> list[NewGoal]:
    """These (owner, goal) without what does not belong to their proof, or the first thing that cannot be so."""
    goals = [_cleaned(person_id, goal) for person_id, goal in wanted]
    known, today = _known(goals), at.astimezone(timezone()).date()
    for goal in goals:
        field = rules.wrong_with(goal, today) or known.missing(goal)
        if field:
            raise Refused(WRONG[field], fields={field: WRONG[field]})
    return goals


def _cleaned(person_id: int, goal: NewGoal) -> NewGoal:
    return replace(
        goal,
        title=" ".join(goal.title.split()),
        why=goal.why.strip(),
        proof_words=goal.proof_words.strip() if goal.proof == "words" else "",
        viewers=tuple(one for one in dict.fromkeys(goal.viewers) if one != person_id)
        if goal.visible == "named"
        else (),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What goals may name."""

    skills: Collection[int]
    vision_goals: Collection[int]
    badges: Collection[int]
    activities: Collection[int]
    people: Collection[int]

    def missing(self, goal: NewGoal) -> str | None:
        """The first field that names what is not there."""
        asked: list[tuple[str, Collection[int], Collection[int | None]]] = [
            ("skill_id", self.skills, [goal.skill_id]),
            ("vision_goal_id", self.vision_goals, [goal.vision_goal_id]),
            ("proof_badge", self.badges, [goal.proof_badge_id]),
            ("proof_activity", self.activities, [goal.proof_activity_id]),
            ("viewers", self.people, goal.viewers),
        ]
        for field, there, named in asked:
            if any(one is not None and one not in there for one in named):
                return field
        return None


def _known(goals: Sequence[NewGoal]) -> _Known:
    """Asked only where one of them names something of the kind."""
    skills = {goal.skill_id for goal in goals if goal.skill_id is not None}
    activities = {goal.proof_activity_id for goal in goals if goal.proof_activity_id is not None}
    people = {one for goal in goals for one in goal.viewers}
    aims = any(goal.vision_goal_id is not None for goal in goals)
    badges = any(goal.proof_badge_id is not None for goal in goals)
    return _Known(
        skills=vision.names(skills) if skills else (),
        vision_goals={row.id for row in vision.goals()} if aims else (),
        badges=catalogue().in_force if badges else (),
        activities={id for id, row in by_id(activities).items() if row.state == "published"},
        people={id for id, card in cards(people).items() if card.active},
    )
