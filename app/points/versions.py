"""The versions of the rules as page and API tell them, and what another one would have done last month."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.activities.queries import ids_by_slug
from app.audit.queries import acts
from app.config import timezone
from app.errors import Refused
from app.people.queries import names, roles_of
from app.points import queries, rules
from app.points.handlers import when
from leaderboards.periods import bounds, windows_at


def checked(data: Mapping[str, Any]) -> dict[str, Any]:
    """The points of a catalogue file, ready to be put in force. Refusals are in English: they name its keys."""
    try:
        return rules.check(data, ids_by_slug(data["activities"]))
    except rules.BadRules as why:
        raise Refused(str(why), fields={"rules": str(why)}) from None


def kept(stored: Sequence[Any], *, named: bool) -> list[dict[str, Any]]:
    """The versions as kept, and on whose word: a name for who keeps the rules, a role for the works council."""
    told = {entry.detail.get("version"): entry.actor_id for entry in acts("rules:changed")}
    people_ids = [person for person in told.values() if person is not None]
    called = names(people_ids) if named else {}
    played = roles_of(people_ids)
    found = []
    for row in stored:
        person = told.get(row.id)
        special = sorted(played.get(person, frozenset()) - {"employee", "manager"}) if person else []
        found.append(
            {
                "id": row.id,
                "at": row.valid_from,
                "who": called.get(person, "") if person else "",
                "role": next(iter(special), ""),
                "data": row.rules,
            }
        )
    return found


def last_month(data: Mapping[str, Any], *, at: datetime) -> tuple[rules.Preview, datetime]:
    """What these (checked) rules would have done in the last whole month beside those in force, and a day in it."""
    since, until = _month_before(at)
    zone = timezone()
    first_day = since.astimezone(zone).date()
    monday = first_day - timedelta(days=first_day.weekday())
    begin = datetime(monday.year, monday.month, monday.day, tzinfo=zone)
    stored = queries.stored(limit=1)
    stands = rules.read(stored[0].id, stored[0].valid_from, stored[0].rules) if stored else None
    then = rules.read(0, at, data)
    found = rules.preview(queries.happened(begin, until), stands, then, when, since)
    return found, since + timedelta(days=1)


def _month_before(at: datetime) -> tuple[datetime, datetime]:
    zone = timezone()
    this_month, _end = bounds("month", windows_at(at, zone).month, zone)
    return bounds("month", windows_at(this_month - timedelta(days=1), zone).month, zone)
