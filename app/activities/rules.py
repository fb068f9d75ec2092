"""Decisions about activities and completions, pure: which edition, which moment, what a log may say.

A completion is a function of its supports: it stands from the earliest of their moments, with the best of
their scores, whatever the order in which they came.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal, NotRequired, Protocol, TypedDict
from zoneinfo import ZoneInfo

from app.vision.rules import (
    LANGUAGES,
    NAME,
    SLUG,
    BadEntry,
    Field,
    both_languages,
    checked,
    is_link,
    is_slug,
    is_text,
)
from badges.facts import BEFORE
from leaderboards.periods import windows_at

KINDS = ("course", "workshop", "coaching", "mentoring", "on_the_job", "rotation", "article")
STATES = ("waiting", "confirmed", "declined", "withdrawn")
TITLE, NOTE, LINK, LOG_HOURS = 200, 1000, 2000, 400  # the most that a person may write, and log
REPEATS = (None, "year", "quarter", "month")
Key = tuple[int, int, str]  # person, activity, edition


def slug_meant(named: str) -> str:
    """What a list suggests is "Title (slug)"; the slug alone will do."""
    named = named.strip()
    return named[:-1].rpartition("(")[2] if named.endswith(")") and "(" in named else named


class Repeating(Protocol):
    """Anything that says in which calendar window it can be done once more."""

    @property
    def repeats(self) -> str | None: ...


class Report(TypedDict):
    """Somebody else says that a person finished an activity: a platform, a file, the leader of a workshop."""

    person_id: int
    activity_id: int
    completed_at: datetime
    source: str
    score: NotRequired[float | None]
    hours: NotRequired[float | None]
    origin: NotRequired[str]  # platform, import, history, attendance, guidance
    confirmed_by: NotRequired[int | None]  # the leader whose word it is
    share: NotRequired[float]  # of its worth, where it is less: the weight of the fact


class Log(TypedDict):
    """A person says it of themselves: `activity_id`, or `title`, `kind` and `skill_id` of something new."""

    person_id: int
    completed_on: date
    activity_id: NotRequired[int | None]
    title: NotRequired[str]
    kind: NotRequired[str]
    skill_id: NotRequired[int | None]
    hours: NotRequired[float | None]
    note: NotRequired[str]
    link: NotRequired[str]
    confirmer_id: NotRequired[int | None]
    file_id: NotRequired[uuid.UUID | None]  # what was sent before, and goes along


class Proposal(TypedDict):
    """An activity that a source names and we do not know yet."""

    iri: str
    title: Mapping[str, str]
    kind: str
    skills: NotRequired[Sequence[int]]


# The catalogue file ---------------------------------------------------------------------------------------


def _some(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list | tuple) and len(value) <= 50 and all(map(fits, value))


def _is_hours(value: object) -> bool:
    return value is None or (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_HOURS
    )


def _left_out(fits: Callable[[object], bool], says: str, default: Any) -> Field:
    return Field(fits, says, required=False, default=default)


MOST_HOURS = 2000
ACTIVITY = {
    "slug": SLUG,
    "kind": Field(KINDS.__contains__, "one of " + ", ".join(KINDS)),
    "title": NAME,
    "summary": _left_out(both_languages(2000), "texts in nl and en, 2000 characters at most", {}),
    "hours": _left_out(_is_hours, f"a number of hours from 0 to {MOST_HOURS}, or null", None),
    "language": _left_out((None, *LANGUAGES).__contains__, "nl, en, or null for both", None),
    "place": _left_out(lambda value: is_text(value, 200), "a text, 200 characters at most", ""),
    "url": _left_out(lambda value: value == "" or is_link(value), "an http or https address, or empty", ""),
    "mandatory": _left_out(lambda value: isinstance(value, bool), "true or false", False),
    "repeats": _left_out(REPEATS.__contains__, "year, quarter, month or null", None),
    "skills": _left_out(_some(is_slug), "a list of slugs of skills", ()),
    "state": _left_out(("published", "retired").__contains__, "published or retired", "published"),
    "known_as": _left_out(_some(lambda value: is_text(value, 2000, 1)), "a list of ids of sources", ()),
}


def catalogue(entries: object) -> list[dict[str, Any]]:
    """The activities of a catalogue file with all their fields, or BadEntry with the place and the reason."""
    found = checked("activities", entries, ACTIVITY)
    owners: dict[str, str] = {}
    for entry in found:
        for iri in entry["known_as"]:
            if owners.setdefault(iri, entry["slug"]) != entry["slug"]:
                raise BadEntry(f"activities, {entry['slug']}: {iri} is a name of {owners[iri]} already.")
    return found


# Which completion it is -----------------------------------------------------------------------------------


def edition_of(activity: Repeating, at: datetime, tz: ZoneInfo) -> str:
    """The calendar window that makes this completion another one than last year's; "" if it counts once."""
    if activity.repeats is None:
        return ""
    windows = windows_at(at, tz)
    match activity.repeats:
        case "year":
            return windows.year
        case "quarter":
            return windows.quarter
        case "month":
            return windows.month
    return ""


def fact_source(completion_id: int, round_: int, origin: str = "") -> str:
    """Under which source a completion is stated; a completion that moves in time is stated anew.

    What a file of history brought is stated as such: it counts for badges, and neither it nor they bring points.
    """
    name = f"{BEFORE}{completion_id}" if origin == "history" else f"completion:{completion_id}"
    return name if round_ <= 1 else f"{name}:{round_}"


def log_source(completion_id: int) -> str:
    """The support that an own log is, once it is confirmed."""
    return f"log:{completion_id}"


# What supports come to ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weight:
    """What the supports of one completion come to."""

    moment: datetime
    score: float | None
    hours: float | None


def weight_of(reports: Sequence[Report], activity_hours: float | None) -> Weight:
    """The earliest moment, the best score, and the effort."""
    return Weight(
        min(report["completed_at"] for report in reports),
        best(report.get("score") for report in reports),
        effort(activity_hours, best(report.get("hours") for report in reports)),
    )


def first(reports: Sequence[Report]) -> Report:
    """The one that happened first: what it is, the completion is."""
    return min(reports, key=lambda report: report["completed_at"])


def best(values: Iterable[float | None]) -> float | None:
    """The highest of what was given; none where nothing was."""
    return max((value for value in values if value is not None), default=None)


def effort(activity_hours: float | None, reported: float | None) -> float | None:
    """The catalogue's hours; only where it names none, what was reported. Nobody earns by being slow."""
    return activity_hours if activity_hours is not None else reported


State = Literal["waiting", "confirmed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a completion becomes, and what that means for the log of facts."""

    state: State
    weight: Weight
    take_back: bool
    state_anew: bool

    @property
    def row(self) -> tuple[object, ...]:
        """The columns that follow from it."""
        return (self.state, self.weight.moment, self.weight.score, self.weight.hours)


def verdict(row: Any) -> Verdict:
    """Decide on a completion whose supports have changed.

    `row` is the completion with what its counting supports come to (`moment`, `best`, `reported`, `counting`)
    and the moment and hours of an own log nobody has decided on (`own_at`, `own_hours`). With nothing left to
    count, such a log waits again; otherwise the completion is withdrawn. A better score alone moves no fact:
    points and badges do not rest on it, and platforms send it seconds after the completion.
    """
    stood = row.state == "confirmed"
    if not row.counting:
        if row.own_at is not None:
            return Verdict(
                "waiting", Weight(row.own_at, None, effort(row.activity_hours, row.own_hours)), stood, False
            )
        return Verdict("withdrawn", Weight(row.completed_at, row.score, row.hours), stood, False)
    hours = (
        row.hours if stood and row.activity_hours is not None else effort(row.activity_hours, row.reported)
    )
    weight = Weight(row.moment, row.best, hours)
    moved = stood and (row.completed_at, row.hours) != (weight.moment, weight.hours)
    return Verdict("confirmed", weight, moved, moved or not stood)


# What a person logs ---------------------------------------------------------------------------------------

YEARS_BACK = 2


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log with what was found out about it: which completion it is, when, how long, and who confirms."""

    item: Log
    key: Key
    moment: datetime
    hours: float | None
    confirmer_id: int


def same_log(entry: LogEntry, row: Any, tz: ZoneInfo) -> bool:
    """Was this very log sent twice? `row` is what stands, with the moment and hours its person gave."""
    if row.origin != "log" or row.at is None:
        return False
    told = (row.at.astimezone(tz).date(), row.hours, row.note, row.link, row.confirmer_id)
    item = entry.item
    if item.get("file_id") and not row.has_file:
        return False
    asked = (item["completed_on"], item.get("hours"), item.get("note") or "", item.get("link") or "")
    return told == (*asked, entry.confirmer_id)


def too_old(day: date, today: date) -> bool:
    """Older than two years: nobody can confirm that any more."""
    return (day.year + YEARS_BACK, day.month, day.day) < (today.year, today.month, today.day)


def moment_of(day: date, at: datetime, tz: ZoneInfo) -> datetime:
    """Noon of that day, or the moment of logging when it is still morning."""
    return min(datetime.combine(day, time(12), tz), at)


def same_words(title: str) -> str:
    """A title without what makes no difference, to find it in the catalogue."""
    return " ".join(title.casefold().split())


def slug_of_own(log: Log) -> str:
    """The same thing logged twice is one activity: who, what, when and which skill name it."""
    told = (
        log["person_id"],
        log.get("kind"),
        same_words(log.get("title", "")),
        log["completed_on"],
        log.get("skill_id"),
    )
    return f"own-{_short(repr(told))}"


def slug_of_guided(source: str) -> str:
    """What two colleagues did together is an activity of its own, by its one name."""
    return f"with-{_short(source)}"


def slug_of_iri(iri: str) -> str:
    """Two reports of one unknown activity at the same moment propose the same row."""
    return f"from-{_short(iri)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
