"""What a goal must be, who may see it, and how many of those reached count. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

TITLE, WHY, LINE, WORDS = 140, 600, 280, 280
PROOFS = ("words", "badge", "activity", "lesson")
VISIBLE = ("me", "manager", "team", "named")
FAR = ("not_started", "on_my_way", "nearly", "reached")
STATES = ("open", "reached", "let_go")
LANGUAGES = ("nl", "en")
VIEWERS = 12  # colleagues that one names for a goal
OPEN = 20  # goals that one has at a time
A_QUARTER = 3  # goals reached that count in a quarter: more of them would be made to be counted
PACES = (7, 14, 30, 90)  # days after which one is invited to check in, and again after as many
BREATH = timedelta(hours=20)  # between two invitations to one person, whichever goals they are for
SOON, FAR_AHEAD = timedelta(days=0), timedelta(days=3660)

# Goals of a team --------------------------------------------------------------------------------------------
KINDS = ("lesson_shared", "lesson_applied", "completed", "kudos_received", "learning_used", "guided",
         "programme_completed")  # fmt: skip
FEWEST = 5  # who take part, before anybody sees the sum
TARGET = (2, 100_000)
LONGEST = timedelta(days=400)


def source_of(goal_id: int, round_: int) -> str:
    """Under which a goal reached stands in the log; stated anew after it was taken back, it says how often."""
    return f"goal:{goal_id}" + (f":{round_}" if round_ > 1 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGoal:
    """A goal as somebody says it."""

    title: str
    why: str = ""
    lang: str
    vision_goal_id: int | None = None
    skill_id: int | None = None
    target_on: date | None = None
    proof: str = "words"
    proof_badge_id: int | None = None
    proof_activity_id: int | None = None
    proof_words: str = ""
    visible: str = "me"
    viewers: Collection[int] = ()
    remind: bool = True
    pace: int = 30


def wrong_with(goal: NewGoal, today: date) -> str | None:
    """The first field that cannot be so."""
    if not 3 <= len(goal.title) <= TITLE:
        return "title"
    if len(goal.why) > WHY:
        return "why"
    if goal.target_on is not None and not SOON <= goal.target_on - today <= FAR_AHEAD:
        return "target_on"
    if goal.proof not in PROOFS or (goal.proof == "words" and not 3 <= len(goal.proof_words) <= WORDS):
        return "proof_words"
    if (goal.proof == "badge") != (goal.proof_badge_id is not None):
        return "proof_badge"
    if (goal.proof == "activity") != (goal.proof_activity_id is not None):
        return "proof_activity"
    if goal.visible not in VISIBLE:
        return "visible"
    if len(set(goal.viewers)) > VIEWERS or (goal.visible == "named" and not goal.viewers):
        return "viewers"
    if goal.pace not in PACES:
        return "pace"
    return None if goal.lang in LANGUAGES else "lang"


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal that is reached and whose proof holds: at this moment, in that quarter; `counted` where a fact stands."""

    goal_id: int
    at: datetime
    quarter: str
    counted: bool


def to_count(reached: Iterable[Reached]) -> list[Reached]:
    """Those that begin to count: in the order of their moments, as far as the quarter still has place."""
    found: list[Reached] = []
    standing: dict[str, int] = {}
    waiting: list[Reached] = []
    for one in reached:
        if one.counted:
            standing[one.quarter] = standing.get(one.quarter, 0) + 1
        else:
            waiting.append(one)
    for one in sorted(waiting, key=lambda goal: (goal.at, goal.goal_id)):
        if standing.get(one.quarter, 0) < A_QUARTER:
            standing[one.quarter] = standing.get(one.quarter, 0) + 1
            found.append(one)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTeamGoal:
    """So many of a kind of fact by a day, by who joins; without a unit it is the organisation's."""

    unit_id: int | None
    title: str
    lang: str
    kind: str
    skill_id: int | None = None
    target: int
    starts_on: date
    ends_on: date


def wrong_with_team(goal: NewTeamGoal, today: date) -> str | None:
    """The first field that cannot be so."""
    if not 3 <= len(goal.title) <= TITLE:
        return "title"
    if goal.kind not in KINDS:
        return "kind"
    if not TARGET[0] <= goal.target <= TARGET[1]:
        return "target"
    if not goal.starts_on <= goal.ends_on <= goal.starts_on + LONGEST or goal.ends_on < today:
        return "ends_on"
    return None if goal.lang in LANGUAGES else "lang"


def proof_changed(before: Sequence[object], after: Sequence[object]) -> bool:
    """What proves a goal counts from when it was named."""
    return tuple(before) != tuple(after)
