"""What a form or a program means by a goal, and who asks: slugs and titles become ids."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.access import asker
from app.activities import queries as activities
from app.config import timezone
from app.errors import Refused
from app.goals import queries
from app.goals.checked import WRONG
from app.goals.rules import NewGoal
from app.language import lang
from app.web import now

TITLES = 8


def as_meant(form: Mapping[str, Any]) -> NewGoal:
    """The goal with the badge or the activity that is meant; only what its proof asks for is looked at."""
    told = dict(form)
    badge, activity = told.pop("proof_badge"), told.pop("proof_activity")
    if told["proof"] == "badge":
        told["proof_badge_id"] = queries.badge_ids().get(badge)
        _must("proof_badge", told["proof_badge_id"])
    if told["proof"] == "activity":
        told["proof_activity_id"] = _activity(activity.strip())
        _must("proof_activity", told["proof_activity_id"])
    return NewGoal(**told)


def _activity(named: str) -> int | None:
    found = activities.ids_by_slug([named]) if named else {}
    if named in found:
        return found[named]
    exact = activities.by_title([named.lower()]) if named else []
    if exact:
        return int(exact[0].id)
    rows = titled(named)
    if len(rows) > 1:  # without script nothing else tells the whole names
        names = ", ".join(f"“{row.title[lang()]}”" for row in rows)
        said = _("Which of these do you mean: %(names)s?", names=names)
        raise Refused(said, fields={"proof_activity": said})
    return int(rows[0].id) if rows else None


def titled(typed: str) -> Sequence[Any]:
    """A few activities of the catalogue in whose title, in either language, this stands."""
    part = typed.strip().casefold()
    if len(part) < 2:
        return []
    rows, _more = activities.catalogue(locale=lang(), text=part)
    return [row for row in rows if any(part in title.casefold() for title in row.title.values())][:TITLES]


def _must(field: str, found: int | None) -> None:
    if found is None:
        raise Refused(WRONG[field], fields={field: WRONG[field]})


def today() -> date:
    """The organisation's day, whichever day it is at the server."""
    return now().astimezone(timezone()).date()


def keeps() -> bool:
    """Whether the asker keeps the goals of the whole organisation."""
    return bool(asker().roles & {"learning", "hr"})
