"""Goals that a team reaches together: one of them, joining and leaving, and the form to set one."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.goals import joining, leading, together
from app.goals.meant import keeps, today
from app.goals.queries import NOT_THERE
from app.goals.rules import KINDS, NewTeamGoal
from app.goals.schemas import BIGGEST, AloneQuery, TeamGoalForm, TeamGoalIn
from app.outbox import settle
from app.vision import queries as vision
from app.web import body, done, now, query, render, status_of, wrong_with

shared = Blueprint("team_goals", __name__)
ONE = f"/team-goals/<int(max={BIGGEST}):goal_id>"
TEXTS = ("unit_id", "title", "lang", "kind", "skill_id", "target", "starts_on", "ends_on", "once")


@shared.get(ONE)
@may("person")
def one(goal_id: int) -> ResponseReturnValue:
    return render("goals/together.html", "goals/_together.html", goal=_row(goal_id), alone=True)


@shared.post(f"{ONE}/join")
@may("person")
def join(goal_id: int) -> ResponseReturnValue:
    with transaction():
        joining.join([(goal_id, me())], at=now())
        settle(now())
        return _again(goal_id)


@shared.post(f"{ONE}/leave")
@may("person")
def leave(goal_id: int) -> ResponseReturnValue:
    with transaction():
        joining.leave([(goal_id, me())], at=now())
        settle(now())
        return _again(goal_id)


@shared.post(f"{ONE}/end")
@may("person")
def end(goal_id: int) -> ResponseReturnValue:
    """Whoever leads the unit, or keeps the goals of all, may end it; to others it is not there."""
    with transaction():
        leading.end([goal_id], by=me(), keeps=keeps(), at=now())
        settle(now())
    return redirect(url_for("goals.everything", _anchor="together"), code=303)


def _row(goal_id: int) -> Any:
    return together.one(goal_id, me(), now(), keeps=keeps())


def _again(goal_id: int) -> Response:
    alone = query(AloneQuery())["alone"]  # on its own page its name stands above it
    return done(
        "goals/_together.html",
        url_for(".one", goal_id=goal_id),
        goal=_row(goal_id),
        alone=alone,
        changed=True,
    )


@shared.get(f"{ONE}/edit")
@may("person")
def edit(goal_id: int) -> ResponseReturnValue:
    row = _row(goal_id)
    if not row.editable:
        raise NotFound(NOT_THERE)
    return _form({name: getattr(row, name) for name in (*TEXTS, "version") if name != "once"}, row=row)


@shared.post(ONE)
@may("person")
def change(goal_id: int) -> ResponseReturnValue:
    """For whoever set it; to others it is not there."""
    row = _row(goal_id)
    if not row.editable:
        raise NotFound(NOT_THERE)
    try:
        form = body(TeamGoalForm())
        version = form.pop("version")
        form["starts_on"] = form["starts_on"] or row.starts_on
        goal = NewTeamGoal(**{**form, "unit_id": row.unit_id})
        with transaction():
            to = leading.Change(goal_id=goal_id, to=goal, version=version, by=me(), keeps=keeps())
            leading.change([to], at=now())
            settle(now())
        return redirect(url_for(".one", goal_id=goal_id), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _came_back(no, row=_row(goal_id))


@shared.get("/team-goals")
@may("person")
def everything() -> ResponseReturnValue:
    """They stand beside one's own goals."""
    return redirect(url_for("goals.everything", _anchor="together"), code=303)


@shared.get("/team-goals/new")
@may("manager", "learning", "hr")
def new() -> ResponseReturnValue:
    return _form({})


@shared.post("/team-goals")
@may("manager", "learning", "hr")
def make() -> ResponseReturnValue:
    try:
        form = body(TeamGoalIn())
        once = form.pop("once")
        form["starts_on"] = form["starts_on"] or today()
        with transaction():
            new = leading.Setting(goal=NewTeamGoal(**form), by=me(), keeps=keeps(), once=once)
            (goal_id,) = leading.set_goals([new], at=now())
            settle(now())
        return redirect(url_for(".one", goal_id=goal_id), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _came_back(no)


def _came_back(no: ValidationError | Refused, row: Any = None) -> Response:
    """The form with what was typed and what is wrong with it."""
    typed: dict[str, Any] = {name: request.form.get(name, "")[:1000] for name in TEXTS}
    if row is not None:
        typed |= {
            "version": row.version if isinstance(no, Conflict) else request.form.get("version", "")[:20]
        }
    answer = _form(typed, row=row, **wrong_with(no, leading.WRONG))
    answer.status_code = status_of(no)
    return answer


def _form(typed: dict[str, Any], **more: Any) -> Response:
    units = together.units_led_by(me())
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | {
        "lang": str(get_locale()), "kind": KINDS[0], "starts_on": today(), "unit_id": units[0].id if units else "",
    }  # fmt: skip
    context = {"wrong": {}, "refusal": None, "row": None, **more}
    return render(
        "goals/together_form.html", typed=empty | typed, units=units, keeps=keeps(), kinds=KINDS,
        skills=vision.options(), today=today(), **context,
    )  # fmt: skip
