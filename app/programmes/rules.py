"""What a programme must be, and how far somebody is in it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.vision.rules import OTHER_SLUG, SLUG, Field, both_languages, checked, is_slug

PARTS = (1, 12)
CHOICE = 12  # activities that one part may name
TITLE, SUMMARY = 120, 600
STATES = ("draft", "published", "retired")


@dataclass(frozen=True, slots=True)
class NewPart:
    """So many of these activities."""

    need: int
    activities: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A programme as L&D says it; texts are {nl, en}."""

    title: Mapping[str, str]
    summary: Mapping[str, str]
    parts: Sequence[NewPart]
    skill_id: int | None = None
    badge: str = ""


def _is_parts(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and PARTS[0] <= len(value) <= PARTS[1]
        and all(isinstance(part, Mapping) and set(part) == {"need", "activities"} for part in value)
        and all(isinstance(part["need"], int) and not isinstance(part["need"], bool) for part in value)
        and all(isinstance(part["activities"], list | tuple) for part in value)
        and all(is_slug(slug) for part in value for slug in part["activities"])
    )


PROGRAMME = {
    "slug": SLUG,
    "title": Field(both_languages(TITLE), f"texts in nl and en, {TITLE} characters at most"),
    "summary": Field(both_languages(SUMMARY), f"texts in nl and en, {SUMMARY} characters at most"),
    "skill": OTHER_SLUG,
    "badge": OTHER_SLUG,
    "parts": Field(_is_parts, "one to twelve parts, each with need (a number) and activities (slugs)"),
    "state": Field(("published", "retired").__contains__, "published or retired", False, "published"),
}


def catalogue(entries: object) -> list[dict[str, Any]]:
    """The programmes of a catalogue file with all their fields, or BadEntry with the place and the reason."""
    return checked("programmes", entries, PROGRAMME)


@dataclass(frozen=True, slots=True)
class Doing:
    """An activity of a part, and when this person completed it."""

    id: int
    slug: str
    title: Mapping[str, str]
    kind: str
    open: bool  # it can be done now
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """So many of these; what is done above that is welcome and counts no further."""

    need: int
    activities: tuple[Doing, ...]

    @property
    def done(self) -> int:
        return min(self.need, sum(one.done_at is not None for one in self.activities))

    @property
    def met(self) -> bool:
        return self.done == self.need

    @property
    def required(self) -> bool:
        return self.need == len(self.activities)


@dataclass(frozen=True, slots=True)
class Shown:
    """A programme as one person sees it."""

    row: Any
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(part.need for part in self.parts)

    @property
    def done(self) -> int:
        return self.total if self.completed else sum(part.done for part in self.parts)

    @property
    def completed(self) -> bool:
        return self.row.completed_at is not None

    @property
    def following(self) -> bool:
        return self.row.followed_at is not None and self.row.stopped_at is None

    @property
    def step(self) -> int:
        """The step on which one is: the first that is not done."""
        return min(self.done + 1, self.total)

    @property
    def next(self) -> Doing | None:
        """What can be done next; nothing when all is done or nothing of it is open."""
        if self.completed:
            return None
        left = (one for part in self.parts if not part.met for one in part.activities)
        return next((one for one in left if one.done_at is None and one.open), None)

    @property
    def changed(self) -> bool:
        """Whether its parts changed since this person began to follow it."""
        return self.following and not self.completed and self.row.formed_at > self.row.followed_at


def source_of(programme_id: int, person_id: int, round_: int) -> str:
    """Under which a completion stands in the log; stated anew after it was taken back, it says how often."""
    return f"programme:{programme_id}:{person_id}" + (f":{round_}" if round_ > 1 else "")


def wrong(told: Told) -> str | None:
    """The first field that cannot be so: title_nl, title_en, summary_nl, summary_en, parts."""
    for lang in ("nl", "en"):
        if not 1 <= len(told.title.get(lang, "")) <= TITLE:
            return f"title_{lang}"
        if not 1 <= len(told.summary.get(lang, "")) <= SUMMARY:
            return f"summary_{lang}"
    named = [activity for part in told.parts for activity in part.activities]
    fits = (
        PARTS[0] <= len(told.parts) <= PARTS[1]
        and len(set(named)) == len(named)
        and all(1 <= part.need <= len(part.activities) <= CHOICE for part in told.parts)
    )
    return None if fits else "parts"
