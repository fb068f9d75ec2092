"""What guidance must be, what of a meeting counts and how much of its worth. Pure.

Between the same two, one meeting a day counts for who guides, two hours at most, and eight hours a week. Where they
guide each other the other way round too, an hour counts in full up to four of those hours, and for half with each four
more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.damping import weight

KINDS = ("coaching", "mentoring", "shadowing", "rotation")
SIDES = ("learner", "guide")
# What it is among the activities.
AS_LEARNING = {
    "coaching": "coaching",
    "mentoring": "mentoring",
    "shadowing": "on_the_job",
    "rotation": "rotation",
}
CALLED = {
    "coaching": {"nl": "Coaching", "en": "Coaching"},
    "mentoring": {"nl": "Mentoring", "en": "Mentoring"},
    "shadowing": {"nl": "Meelopen", "en": "Shadowing"},
    "rotation": {"nl": "Meewerken bij een ander team", "en": "Working with another team"},
}
OPEN = ("asked", "running", "ending")
STATES = (*OPEN, "finished", "declined", "withdrawn", "stopped", "left")
MEETING_STATES = ("waiting", "confirmed", "declined", "withdrawn")
LINE, PURPOSE, WORDS, SUBJECT = 200, 300, 300, 120
SKILLS, GUESTS, ASKED = 8, 5, 10  # of one offer or one relation; at once; asked and not answered
ASK_AGAIN = timedelta(days=30)  # after a no
LONGEST_PLAN = timedelta(days=731)

SHORTEST, LONGEST = 15, 600  # minutes of one meeting
BACK = timedelta(days=90)  # how long ago a meeting may be; and within which hours the other way round count
A_DAY, A_WEEK = 120, 480  # minutes that count for who guides, between the same two
# The same for who learns: shadowing and working elsewhere take whole days.
LEARNED = {"coaching": (120, 480), "mentoring": (120, 480), "shadowing": (480, 960), "rotation": (480, 2400)}
LEAST = 60  # minutes without which nothing counts as learning that is finished
STEP = 4.0  # hours the other way round that are one step of the damping
FEWEST = 5  # smaller numbers are not told


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGuidance:
    """Somebody asks to be guided (`side` learner) or offers to guide (`side` guide)."""

    kind: str
    by_id: int
    with_id: int
    side: str
    skills: tuple[int, ...]
    purpose: str
    planned_from: date | None = None
    planned_to: date | None = None
    host_id: int | None = None
    once: str | None = None

    @property
    def known_as(self) -> str | None:
        return f"{self.by_id}:{self.once}" if self.once else None

    @property
    def two(self) -> tuple[int, int, str]:
        """Of these, one is open at a time."""
        return self.guide_id, self.learner_id, self.kind

    @property
    def guide_id(self) -> int:
        return self.by_id if self.side == "guide" else self.with_id

    @property
    def learner_id(self) -> int:
        return self.with_id if self.side == "guide" else self.by_id


def wrong_plan(kind: str, since: date | None, until: date | None) -> str | None:
    """Which field of the plan cannot be."""
    if kind == "rotation" and since is None:
        return "planned_from"
    if kind == "rotation" and until is None:
        return "planned_to"
    if since and until and not since <= until <= since + LONGEST_PLAN:
        return "planned_to"
    return None


def wrong_meeting(starts_at: datetime, minutes: int, at: datetime) -> str | None:
    """Why it cannot be recorded: minutes, future or old."""
    if not SHORTEST <= minutes <= LONGEST:
        return "minutes"
    if starts_at + timedelta(minutes=minutes) > at:
        return "future"
    return "old" if starts_at < at - BACK else None


def share(hours_back: float) -> float:
    """The share of its worth that an hour earns, by the hours in which these two guided each other the other way."""
    return weight(hours_back / STEP)


@dataclass(frozen=True, slots=True)
class Used:
    """Minutes that counted between the same two: on the day, and in the week, of who guides and of who learns."""

    day: int = 0
    week: int = 0
    learned_day: int = 0
    learned_week: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What of a meeting counts: for who guides, for who learns, and why not all of it."""

    minutes: int
    learned: int
    reason: str = ""


def counted(kind: str, minutes: int, used: Used) -> Counted:
    """One meeting a day for who guides; for both no more than a day and a week hold."""
    a_day, a_week = LEARNED[kind]
    learned = max(0, min(minutes, a_day - used.learned_day, a_week - used.learned_week))
    if used.day:
        return Counted(0, learned, "again")
    fits = max(0, min(minutes, A_DAY, A_WEEK - used.week))
    reason = "" if fits == minutes else "week" if A_WEEK - used.week < min(minutes, A_DAY) else "day"
    return Counted(fits, learned, reason)


def overlaps(starts_at: datetime, minutes: int, other: Any) -> bool:
    """Nobody is in two meetings at once; one may begin when the other ends."""
    ends, others_end = (
        starts_at + timedelta(minutes=minutes),
        other.starts_at + timedelta(minutes=other.minutes),
    )
    return bool(starts_at < others_end and other.starts_at < ends)


def whole_share(meetings: Iterable[Any]) -> float:
    """The share of the whole: each meeting's, by how much of it was learned."""
    rows = list(meetings)
    total = sum(row.learned for row in rows)
    return sum(row.share * row.learned for row in rows) / total if total else 1.0


def source_of(guidance_id: int, meeting_id: int) -> str:
    """The one name of a meeting in the log; taken back and recorded anew, it is another one."""
    return f"guidance:{guidance_id}:{meeting_id}"


def title_of(kind: str, skills: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What it is called among one's learning: nothing that somebody typed."""
    named = list(skills)[:1]
    return {
        lang: ": ".join([called, *(skill.get(lang) or next(iter(skill.values()), "") for skill in named)])
        for lang, called in CALLED[kind].items()
    }


# Mentor programmes ----------------------------------------------------------------------------------------

MOST_PAIRS = 5  # of one mentor in a programme
SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """A mentor who could be asked for somebody: skills that both named, and whether they work in another team."""

    mentor_id: int
    skills: frozenset[int]
    elsewhere: bool
    free: int

    @property
    def order(self) -> tuple[int, bool, int, int]:
        return -len(self.skills), not self.elsewhere, -self.free, self.mentor_id


def suggested(mentee: Any, mentors: Iterable[Any], most: int) -> list[Fit]:
    """Who could be asked: by skills in common, from another team first. A person decides."""
    fits = [
        Fit(
            one.person_id,
            frozenset(one.skills) & frozenset(mentee.skills),
            one.team_id is None or one.team_id != mentee.team_id,
            most - one.pairs,
        )
        for one in mentors
        if one.person_id != mentee.person_id
        and one.pairs < most
        and one.person_id != mentee.manager_id
        and mentee.person_id != one.manager_id
    ]
    return sorted(fits, key=lambda fit: fit.order)[:SUGGESTED]


def told(number: int) -> int | None:
    """A number of people or pairs, from five on; none at all is told too."""
    return number if number == 0 or number >= FEWEST else None
