"""What a lesson must be, and when two of them are one. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

OUTCOMES = ("went_wrong", "nearly", "went_well", "discovered")
AUDIENCES = ("team", "everyone")
LANGUAGES = ("nl", "en")
TITLE = (5, 120)
PART = (10, 2000)
HOW = (0, 300)
SKILLS = (1, 5)
REPEAT = timedelta(days=30)
REACTIONS = ("recognisable", "helpful", "brave")
FILES = 3  # of one lesson
ALT = (3, 200)
MOST_UNNAMED = 200  # of one person: so many marks are tried
ALONE = timedelta(weeks=8)  # that a lesson for one team waits for four other authors of that team
TOGETHER = 5  # authors of lessons without a name who are counted at once, by the same amount

UNDO = timedelta(seconds=30)  # that a lesson which was deleted can be brought back

_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A lesson that the author shared before, with the keys of every text it ever had."""

    keys: frozenset[str]
    shared_at: datetime
    stands: bool


def text_key(happened: str, learned: str, from_now_on: str) -> str:
    """The same for texts that differ only in case, spaces and signs."""
    text = "\n".join(
        unicodedata.normalize("NFKC", part).casefold() for part in (happened, learned, from_now_on)
    )
    return sha256(_NO_LETTER.sub("", text).encode()).hexdigest()[:32]


def counted_at(keys: Collection[str], at: datetime, earlier: Iterable[Earlier]) -> datetime | None:
    """When a lesson with this text counts; None if it does not.

    The same text of the same author within 30 days counts once. While the earlier one stands, the copy earns
    nothing. If the earlier one was deleted (and what it earned taken back), the copy takes its place, at its
    moment: so that editing, deleting and sharing again never moves points to a week with room under the cap.
    `keys` are those of the one text, as it has them with a name and without.
    """
    same = [one for one in earlier if not one.keys.isdisjoint(keys) and abs(at - one.shared_at) <= REPEAT]
    if any(one.stands for one in same):
        return None
    return min([at, *(one.shared_at for one in same)])


def wrong_with(title: str, parts: Sequence[str], outcome: str, lang: str, audience: str) -> str | None:
    """The name of the first field that cannot be; doors say more, with their schemas."""
    if not TITLE[0] <= len(title.strip()) <= TITLE[1]:
        return "title"
    for name, part in zip(("happened", "learned", "from_now_on"), parts, strict=True):
        if not PART[0] <= len(part.strip()) <= PART[1]:
            return name
    chosen = (("outcome", outcome, OUTCOMES), ("lang", lang, LANGUAGES), ("audience", audience, AUDIENCES))
    return next((name for name, value, known in chosen if value not in known), None)


def without_names(text: str, names: Sequence[str], instead: str) -> str:
    """The text with other words in place of these people, by their whole names and their first names; longest first."""
    firsts = {name.split()[0] for name in names if name.split()}
    for name in sorted({*names, *firsts}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?:(?<!s)s(?!\w)|(?!\w))", instead, text)
    return text


def in_step(due: Mapping[int, int]) -> dict[int, int]:
    """By how many facts each of these moves now: up, or down, by a number that at least four others move by as well.

    Whoever is due more gets the rest in a later week. So an amount says as little as having moved: where five moved by
    one each and one of them by four, everybody who saw a lesson applied three times would know whose it is.
    """
    found: dict[int, int] = {}
    for sign in (1, -1):
        ranked = sorted((who for who, n in due.items() if n * sign > 0), key=lambda who: -abs(due[who]))
        for number in range(len(ranked) // TOGETHER):
            last = number == len(ranked) // TOGETHER - 1
            group = ranked[number * TOGETHER :] if last else ranked[number * TOGETHER :][:TOGETHER]
            found |= dict.fromkeys(group, sign * abs(due[group[-1]]))
    return found


def quarter_began(at: datetime) -> datetime:
    """When the quarter of this moment began; good enough for "this quarter" beside a list."""
    return at.replace(month=(at.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
