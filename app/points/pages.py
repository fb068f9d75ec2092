"""The rules of the organisation: what counts for how much, seen beforehand; and whether points and boards are there."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.activities.queries import ids_by_slug, titles_by_slug
from app.activities.rules import slug_meant
from app.db import transaction
from app.errors import Refused
from app.outbox import settle
from app.people import actions as people
from app.points import actions, queries, rules, versions
from app.points.schemas import RulesForm, SwitchForm
from app.web import body, now, render

pages = Blueprint("rules", __name__)
WHOLE = ("points", "cap_day", "cap_week")
MOST_OWN = 200  # activities with points of their own


@pages.get("/admin/rules")
@may("learning", "admin", "council")
def page() -> ResponseReturnValue:
    return _page()


def _page(**more: Any) -> Response:
    stored = queries.stored()
    (data,) = queries.as_written([stored[0].rules if stored else rules.NONE])
    own = list(data["activities"].items())
    context = {
        "kinds": rules.KINDS,
        "typed": _typed(data, own),
        "may_change": _changes(),
        "seen": stored[0].id if stored else None,
        "versions": versions.kept(stored, named=_changes()),
        "preview": None,
        "looked": "",
        "wrong": {},
        "refusal": None,
        "saved": request.args.get("saved"),
    }
    return render("points/rules.html", **{**context, **more}, titles=titles_by_slug())


def _changes() -> bool:
    return bool(asker().roles & {"learning", "admin"})


def _typed(data: Mapping[str, Any], own: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        f"{kind}-{name}": worth.get(name, "") if worth.get(name) is not None else ""
        for kind, worth in data["kinds"].items()
        for name in (*WHOLE, "per_hour")
    }
    return {**found, "mandatory": data["mandatory"], "own": own}


# A change -------------------------------------------------------------------------------------------------


@pages.post("/admin/rules")
@may("learning", "admin")
def change() -> ResponseReturnValue:
    """Show what these rules would have done; put them in force once that was looked at."""
    form = body(RulesForm())
    wrong, data, own = _read()
    typed = {**{name: request.form.get(name, "")[:20] for name in _fields()}, "own": own}
    typed["mandatory"] = data["mandatory"]
    if wrong:
        answer = _page(typed=typed, wrong=wrong)
        answer.status_code = 422
        return answer
    checked = versions.checked(data)
    looked = hashlib.sha256(json.dumps(checked, sort_keys=True).encode()).hexdigest()
    if form["step"] != "save" or form["looked"] != looked:
        return _page(typed=typed, looked=looked, **_last_month(checked))
    try:
        with transaction():
            actions.change_rules(checked, seen=form["seen"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".page", saved="rules"), code=303)
    except (
        Refused
    ) as no:  # theirs stand in the list below; what was typed stays, for the version that stands now
        answer = _page(typed=typed, looked=looked, refusal=str(no.message), **_last_month(checked))
        answer.status_code = no.status
        return answer


def _fields() -> list[str]:
    return [f"{kind}-{name}" for kind in rules.KINDS for name in (*WHOLE, "per_hour")]


def _read() -> tuple[dict[str, str], dict[str, Any], list[tuple[str, str]]]:
    """What is wrong, the points of a catalogue file, and the activities with points of their own as typed."""
    wrong: dict[str, str] = {}
    kinds: dict[str, dict[str, Any]] = {}
    for kind in rules.KINDS:
        for name in (*WHOLE, "per_hour"):
            text = request.form.get(f"{kind}-{name}", "").strip()
            if not text:
                continue
            number = _number(text, rules.LIMITS[name], whole=name in WHOLE)
            if number is None:
                wrong[f"{kind}-{name}"] = _("Give a number from 0 to %(most)s.", most=rules.LIMITS[name])
            else:
                kinds.setdefault(kind, {})[name] = number
    own = list(zip(request.form.getlist("own"), request.form.getlist("own-points"), strict=False))[:MOST_OWN]
    own = [(slug_meant(named)[:80], points.strip()[:20]) for named, points in own if named.strip()]
    known = ids_by_slug(slug for slug, _points in own)
    activities: dict[str, Any] = {}
    for slug, points in own:
        number = _number(points, rules.LIMITS["points"], whole=True)
        if slug not in known:
            wrong["own"] = _("There is no activity called %(slug)s.", slug=slug)
        elif number is None:
            wrong["own"] = _("Give a number from 0 to %(most)s.", most=rules.LIMITS["points"])
        else:
            activities[slug] = number
    return wrong, {"kinds": kinds, "activities": activities, "mandatory": "mandatory" in request.form}, own


def _number(text: str, most: int, *, whole: bool) -> int | float | None:
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        return int(text) if int(text) <= most else None
    try:
        number = float(text.replace(",", ".")) if not whole and len(text) <= 20 else -1.0
    except ValueError:
        return None
    return number if 0 <= number <= most else None


def _last_month(data: Mapping[str, Any]) -> dict[str, Any]:
    """What these rules would have done in the last whole month, beside those in force."""
    found, month = versions.last_month(data, at=now())
    return {"preview": found, "month": month, "fewest": rules.FEWEST, "too_few": rules.too_few}


# With or without ------------------------------------------------------------------------------------------


@pages.post("/admin/rules/switches")
@may("admin", "learning")
def switch() -> ResponseReturnValue:
    form = body(SwitchForm())
    with transaction():
        people.switch(**form, by=me(), at=now())
        settle(now())
    return redirect(url_for(".page", saved="switches"), code=303)
