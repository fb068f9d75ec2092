"""The form of a log: what it begins with, what was typed in it, and what is wrong with that."""

import uuid
from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import ValidationError

from app.access import me
from app.activities import files, queries, records
from app.activities.pages import choices
from app.config import timezone
from app.errors import Refused
from app.language import in_language
from app.people.meant import meant
from app.people.queries import cards, manager_ids
from app.web import now, wrong_with

TYPED = (
    "activity_id",
    "title",
    "kind",
    "skill_id",
    "completed_on",
    "hours",
    "note",
    "link",
    "who",
    "file_id",
)


def shown(typed: dict[str, Any] | None = None, no: ValidationError | Refused | None = None) -> dict[str, Any]:
    """What the form shows: what was typed, what is wrong with it, and what there is to choose."""
    today = now().astimezone(timezone()).date()
    typed = dict.fromkeys(TYPED, "") | {"completed_on": today.isoformat()} | (typed or {})
    named = queries.published(int(typed["activity_id"])) if str(typed["activity_id"]).isdecimal() else None
    manager_id = manager_ids([me()]).get(me())
    return {
        "typed": typed,
        "named": named,
        "file": files.kept(file_meant(typed["file_id"]), by=me()),
        "file_days": files.WAITS.days,
        "manager": cards([manager_id]).get(manager_id) if manager_id else None,
        "today": today,
        "maybe": getattr(no, "maybe", ()),
        **wrong(no),
        **choices(),
    }


def for_activity(slug: str | None) -> dict[str, Any]:
    """What the form begins with for an activity of the catalogue."""
    named = queries.activity(slug, person_id=me()) if slug else None
    return {"activity_id": named.id} if named and named.state == "published" else {}


def taken_up(completion_id: int) -> dict[str, Any]:
    """What I told in a log that came back with a question: nobody types it twice."""
    row = next((row for row in records.completions([completion_id]) if row.person_id == me()), None)
    if row is None or row.state != "declined":
        return {}
    asked = cards([row.confirmer_id]).get(row.confirmer_id)
    told = {"completed_on": row.completed_at.astimezone(timezone()).date().isoformat()}
    told |= {"hours": row.hours if row.hours is not None else "", "note": row.note, "link": row.link}
    told |= {"file_id": row.file_id or ""}
    told |= {"who": f"{asked.name} ({asked.handle})" if asked and asked.active else ""}
    if row.activity_state == "published":
        return told | {"activity_id": row.activity_id}
    return told | {"title": in_language(row.title), "kind": row.kind, "skill_id": next(iter(row.skills), "")}


def sent() -> dict[str, str]:
    """What was sent, as it was."""
    typed = {name: request.form.get(name, "")[:4000] for name in TYPED}
    if len(typed["activity_id"]) > 18:
        typed["activity_id"] = ""
    return typed


def wrong(no: ValidationError | Refused | None) -> dict[str, Any]:
    """What is wrong in all, and with which field, in words of our own."""
    said = {
        "activity_id": _("There is no such activity."),
        "title": _("Say it in 200 characters or fewer."),
        "kind": _("Choose what kind of learning it was."),
        "skill_id": _("Choose the skill it is about."),
        "completed_on": _("Choose the day."),
        "hours": _("Give the hours as a number, such as 1.5, and 400 at most."),
        "note": _("Say it in 1,000 characters or fewer."),
        "link": _("Give an address that begins with http:// or https://."),
        "confirmer_id": _("Choose a colleague who can confirm this."),
        "who": _("Type a part of the name."),
        "file_id": files.GONE,
    }
    return wrong_with(no, said)


def confirmer(typed: str) -> int | None:
    """The colleague that was typed, if somebody was; refused where that can be nobody, or more than one."""
    found = meant(typed, field="confirmer_id", but=me())
    return found.id if found else None


def file_meant(text: Any) -> uuid.UUID | None:
    """The file that a field of the form names, if that is an id at all."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
