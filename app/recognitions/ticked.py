"""Colleagues in a form, without a script: who is ticked, who is typed, and one more of them; and what comes back."""

from collections.abc import Callable
from typing import Any

from flask import request
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.errors import Refused
from app.people.meant import WhoIsMeant, meant

Sent = Callable[[list[int]], dict[str, Any]]


def ids(name: str, most: int) -> list[int]:
    """The ids that are ticked under this name, each once, in their order."""
    found = (number(one) for one in request.form.getlist(name))
    return list(dict.fromkeys(one for one in found if one))[:most]


def with_typed(people: list[int], typed: str, field: str, *, but: int | None) -> list[int]:
    """Who is ticked, and whoever the typed name can only be; never `but`."""
    found = meant(typed, field=field, but=but)
    return list(dict.fromkeys([*people, *([found.id] if found else [])]))


def one_more(
    field: str, people: list[int], *, sent: Sent, form: Callable[..., Response], but: int | None
) -> Response:
    """The form comes back with one more name ticked, or asks which of several is meant."""
    try:
        more = with_typed(people, request.form.get("who", "")[:200], field, but=but)
        return form({**sent(more), "who": ""})
    except WhoIsMeant as no:
        return form(sent(people), no)


def maybe(no: ValidationError | Refused | None, people: list[int]) -> list[Any]:
    """Whom a typed name can mean, without who is ticked already."""
    return [row for row in no.maybe if row.id not in people] if isinstance(no, WhoIsMeant) else []


def number(sent: str) -> int:
    """An id that was sent, or 0, which nobody has."""
    return int(sent) if sent.isdecimal() and len(sent) < 19 else 0
