"""What a recognition and a nomination must be, and how far an occasion is. Pure."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

TITLE = (3, 100)
CITATION = (30, 2000)
OCCASION = (3, 100)
REASON = (15, 1000)
BECAUSE = (10, 500)
WORDS = 500
RECEIVERS = (1, 50)
JURY = 12
LANGUAGES = ("nl", "en")
VISIBLE = ("colleagues", "me")
STATES = ("coming", "open", "deciding", "decided")
EARLIEST = timedelta(days=366)  # how long ago the day of a recognition may be
LONGEST = timedelta(days=366)  # how long nominations may be open
NEWS_FOR = timedelta(days=14)  # on the home page of the team


def state(
    opens_on: date, closes_on: date, closed_at: datetime | None, decided_at: datetime | None, today: date
) -> str:
    """How far an occasion is. Nominations are sealed while it is coming or open."""
    if decided_at is not None:
        return "decided"
    if closed_at is not None or today > closes_on:
        return "deciding"
    return "coming" if today < opens_on else "open"


def wrong_with(
    giver_id: int, receivers: Collection[int], title: str, citation: str, lang: str, day: date, today: date
) -> str | None:
    """What cannot be: myself, receivers, title, citation, lang or day."""
    if giver_id in receivers:
        return "myself"
    if not RECEIVERS[0] <= len(set(receivers)) <= RECEIVERS[1]:
        return "receivers"
    if not fits(title, TITLE):
        return "title"
    if not fits(citation, CITATION):
        return "citation"
    if lang not in LANGUAGES:
        return "lang"
    return None if today - EARLIEST <= day <= today else "day"


def wrong_with_nomination(nominator_id: int, nominee_id: int, reason: str, lang: str) -> str | None:
    """What cannot be: oneself, reason or lang."""
    if nominator_id == nominee_id:
        return "oneself"
    if not fits(reason, REASON):
        return "reason"
    return None if lang in LANGUAGES else "lang"


def wrong_with_occasion(
    name: str, lang: str, opens_on: date, closes_on: date, jury: Collection[int]
) -> str | None:
    """What cannot be: name, lang, closes_on or jury."""
    if not fits(name, OCCASION):
        return "name"
    if lang not in LANGUAGES:
        return "lang"
    if not opens_on <= closes_on <= opens_on + LONGEST:
        return "closes_on"
    return None if len(set(jury)) <= JURY else "jury"


def fits(text: str, limits: tuple[int, int]) -> bool:
    """Long enough and not too long, without the space around it."""
    return limits[0] <= len(text.strip()) <= limits[1]
