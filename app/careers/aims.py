"""The desk of the vision: why we learn, in the organisation's own words, and its targets. L&D and HR keep them."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.careers import actions, criteria, queries, targets
from app.careers import map as vision_map
from app.careers.meant import today
from app.careers.rules import last_day, periods
from app.careers.schemas import TargetForm, TextForm, VersionOnly
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.people import queries as people
from app.vision import queries as vision
from app.web import body, now, render, wrong_with

desk = Blueprint("vision_desk", __name__)
ONE = f"/admin/vision/targets/<int(max={2**63 - 1}):target_id>"
TARGET = ("skill_id", "unit_id", "level", "people", "period")
SAID = {
    "nl": _l("Say it in Dutch and in English, in 4,000 characters or fewer."),
    "en": _l("Say it in Dutch and in English, in 4,000 characters or fewer."),
    "skill_id": actions.NO_SKILL,
    "unit_id": _l("Choose a team or department that is there."),
    "level": criteria.LEVEL,
    "people": _l("Give a number of people, 1 or more."),
    "period": _l("Choose a year or a quarter."),
}


@desk.get("/admin/vision")
@may("learning", "hr")
def overview() -> ResponseReturnValue:
    return _overview()


def _overview(**more: Any) -> Response:
    stands = queries.vision_text()
    clash = more.pop("clash", False)
    typed = more.get("typed", stands)
    theirs = {key: stands[key] for key in ("nl", "en") if stands[key].strip() != typed[key].strip()}
    context = {"typed": stands, "refusal": None, "wrong": {}, **more, "theirs": theirs if clash else None}
    found = vision_map.targets(today(), past=True)
    return render(
        "careers/aims.html",
        version=stands["version"],
        running=[one for one in found if last_day(one.period) >= today()],
        past=[one for one in found if last_day(one.period) < today()],
        holes=vision_map.the_map(whole=True, today=today()).holes,
        **context,
    )


@desk.post("/admin/vision/text")
@may("learning", "hr")
def save_text() -> ResponseReturnValue:
    try:
        form = body(TextForm())
        said = {key: form[key].strip() for key in ("nl", "en")}
        if not all(said.values()):
            raise Refused(SAID["nl"], fields={"nl" if not said["nl"] else "en": SAID["nl"]})
        with transaction():
            targets.write_vision_text(said, version=form["version"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview"), code=303)
    except (ValidationError, Refused) as no:
        typed = {key: request.form.get(key, "").replace("\r\n", "\n")[:5000] for key in ("nl", "en")}
        answer = _overview(typed=typed, clash=isinstance(no, Conflict), **wrong_with(no, SAID))
        answer.status_code = no.status if isinstance(no, Refused) else 422
        return answer


@desk.get("/admin/vision/targets/new")
@may("learning", "hr")
def new() -> ResponseReturnValue:
    return _target(None)


@desk.post("/admin/vision/targets/new")
@may("learning", "hr")
def make() -> ResponseReturnValue:
    return _save(None)


@desk.get(ONE)
@may("learning", "hr")
def target(target_id: int) -> ResponseReturnValue:
    return _target(_found(target_id))


@desk.post(ONE)
@may("learning", "hr")
def save(target_id: int) -> ResponseReturnValue:
    _found(target_id)
    return _save(target_id)


@desk.post(f"{ONE}/remove")
@may("learning", "hr")
def remove(target_id: int) -> ResponseReturnValue:
    row = _found(target_id)
    try:
        form = body(VersionOnly())
        with transaction():
            targets.remove_target(target_id, version=form["version"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview"), code=303)
    except Conflict as no:
        answer = _target(row, **wrong_with(no, SAID))
        answer.status_code = no.status
        return answer


def _found(target_id: int) -> vision_map.Target:
    found = next((one for one in vision_map.targets(today(), past=True) if one.id == target_id), None)
    if found is None:
        raise NotFound(targets.NO_TARGET)
    return found


def _save(target_id: int | None) -> ResponseReturnValue:
    try:
        form = body(TargetForm())
        version = form.pop("version")
        with transaction():
            targets.set_target(target_id, form, version=version, by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview"), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        typed = {name: request.form.get(name, "")[:40] for name in TARGET}
        row = _found(target_id) if target_id else None
        answer = _target(row, typed=typed, clash=isinstance(no, Conflict), **wrong_with(no, SAID))
        answer.status_code = no.status if isinstance(no, Refused) else 422
        return answer


def _target(row: vision_map.Target | None, **more: Any) -> Response:
    stands = {"skill_id": "", "unit_id": "", "level": "2", "people": "", "period": str(today().year)}
    if row is not None:
        stands = {
            "skill_id": str(row.skill.id), "unit_id": str(row.unit_id or ""), "level": str(row.level),
            "people": str(row.people), "period": row.period,
        }  # fmt: skip
    typed = more.get("typed", stands)
    units = people.units()
    theirs = (
        {name: value for name, value in stands.items() if value != typed[name]}
        if more.pop("clash", 0)
        else None
    )
    context = {"typed": stands, "refusal": None, "wrong": {}, **more, "theirs": theirs}
    return render(
        "careers/target.html",
        row=row,
        skills=vision.options(),
        units=[(one.id, one.name, one.parent_id is not None) for one in units.values()],
        periods=periods(today().year),
        **context,
    )
