"""Goals of one's own: the list, one of them, and the form."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.badges import names as badge_names
from app.badges import queries as badges
from app.badges import shelf
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.goals import actions, queries, together
from app.goals.checked import WRONG
from app.goals.meant import as_meant, keeps, titled, today
from app.goals.rules import FAR
from app.goals.schemas import BIGGEST, CheckInIn, GoalForm, GoalStateIn, LineQuery, NewGoalQuery
from app.language import lang
from app.outbox import settle
from app.people import queries as people
from app.people.meant import WhoIsMeant, meant
from app.vision import queries as vision
from app.web import body, done, now, query, render, status_of, swaps, wrong_with

pages = Blueprint("goals", __name__)
ONE = f"/goals/<int(max={BIGGEST}):goal_id>"
TEXTS = ("title", "why", "lang", "vision_goal_id", "skill_id", "target_on", "proof", "proof_badge", "proof_activity",
         "proof_words", "visible", "who", "once", "version")  # fmt: skip


@pages.get("/goals")
@may("person")
def everything() -> ResponseReturnValue:
    look = shelf.look(me(), lang(), now())
    mine = queries.mine(me())
    open_ = [row for row in mine if row.state == "open"]
    return render(
        "goals/goals.html",
        mine=open_,
        past=[row for row in mine if row.state != "open"],
        badges=queries.badges(mine, look),
        shared=queries.shared(me()),
        suggestions=[] if len(open_) >= 3 else queries.suggestions(me(), look, now()),
        skill_of=badge_names.called().skills,
        together=together.open_to(me(), now(), keeps=keeps()),
        may_set=keeps() or "manager" in asker().roles,
        today=today(),
    )


@pages.get(ONE)
@may("person")
def one(goal_id: int) -> ResponseReturnValue:
    return render("goals/goal.html", "goals/_one.html", **_one(queries.seen(me(), goal_id)))


@pages.post(f"{ONE}/check-in")
@may("person")
def check_in(goal_id: int) -> ResponseReturnValue:
    queries.own(me(), goal_id)
    try:
        form = body(CheckInIn())
        with transaction():
            actions.check_in([actions.CheckIn(goal_id=goal_id, person_id=me(), **form)], at=now())
            settle(now())
            return _line(goal_id, changed=True) if query(LineQuery())["list"] else _again(goal_id)
    except ValidationError as no:
        wrong = {"far" if "far" in no.messages_dict else "line": WRONG["line"]}
        if "far" in wrong:
            wrong = {"far": _("Choose how far you are.")}
        typed = {"far": request.form.get("far", ""), "line": request.form.get("line", "")[:1000]}
        if swaps() and query(LineQuery())["list"]:
            answer = _line(goal_id, asks=True, typed=typed, wrong=wrong)
            answer.status_code = 422
            return answer
        context = _one(queries.own(me(), goal_id))
        answer = render("goals/goal.html", "goals/_one.html", **{**context, "typed": typed, "wrong": wrong})
        answer.status_code = 422
        return answer


@pages.get(f"{ONE}/line")
@may("person")
def line(goal_id: int) -> ResponseReturnValue:
    """One line of the list, with or without the question how it goes; by its address the goal or the list."""
    return _line(goal_id, asks=query(LineQuery())["asks"])


def _line(goal_id: int, **more: Any) -> Response:
    told = {**_one(queries.own(me(), goal_id)), **more}
    then = (
        url_for(".one", goal_id=goal_id, _anchor="check-in") if more.get("asks") else url_for(".everything")
    )
    return done("goals/_line.html", then, **told)


@pages.post(f"{ONE}/state")
@may("person")
def set_state(goal_id: int) -> ResponseReturnValue:
    """Let it go, or take it up again."""
    queries.own(me(), goal_id)
    state = body(GoalStateIn())["state"]
    with transaction():
        (actions.let_go if state == "let_go" else actions.take_up)([(goal_id, me())], at=now())
        settle(now())
        return _again(goal_id)


@pages.post(f"{ONE}/forget")
@may("person")
def forget(goal_id: int) -> ResponseReturnValue:
    """Take it away with all that was said in it."""
    queries.own(me(), goal_id)
    with transaction():
        actions.forget([(goal_id, me())], at=now())
        settle(now())
    return redirect(url_for(".everything"), code=303)


def _again(goal_id: int) -> Response:
    return done(
        "goals/_one.html", url_for(".one", goal_id=goal_id), changed=True, **_one(queries.own(me(), goal_id))
    )


def _one(row: Any) -> dict[str, Any]:
    own = row.person_id == me()
    look = shelf.look(me(), lang(), now()) if own and row.proof == "badge" else None
    return {
        "goal": row,
        "own": own,
        "badge": queries.badge_of(row._mapping, look),
        "check_ins": queries.check_ins(row.id),
        "viewers": queries.viewers(row.id) if own and row.visible == "named" else [],
        "skill": vision.names([row.skill_id]).get(row.skill_id) if row.skill_id else None,
        "typed": {"far": row.far, "line": ""},
        "far": FAR,
        "today": today(),
    }


# The form ---------------------------------------------------------------------------------------------------


@pages.get("/goals/new")
@may("person")
def new() -> ResponseReturnValue:
    asked = query(NewGoalQuery())
    filled: dict[str, Any] = {"skill_id": asked["skill"] or "", "vision_goal_id": asked["vision"] or ""}
    if asked["badge"]:
        filled |= {"proof": "badge", "proof_badge": asked["badge"]}
    if asked["activity"]:
        filled |= {"proof": "activity", "proof_activity": asked["activity"]}
    return _form(None, filled)


@pages.post("/goals")
@may("person")
def make() -> ResponseReturnValue:
    return _save(None)


@pages.get(f"{ONE}/edit")
@may("person")
def edit(goal_id: int) -> ResponseReturnValue:
    row = queries.own(me(), goal_id)
    typed = {name: getattr(row, name) for name in row._fields if name in TEXTS}
    badge = queries.badge_of(row._mapping)
    typed |= {
        "proof_badge": badge.slug if badge else "",
        "proof_activity": row.activity[lang()] if row.activity else "",
        "remind": row.remind,
        "pace": row.pace,
        "viewers": [one.id for one in queries.viewers(goal_id)],
    }
    return _form(row, typed)


@pages.post(ONE)
@may("person")
def change(goal_id: int) -> ResponseReturnValue:
    return _save(queries.own(me(), goal_id))


def _save(row: Any) -> ResponseReturnValue:
    try:
        form = body(GoalForm())
        once, version = form.pop("once"), form.pop("version")
        who = meant(form.pop("who"), field="viewers", but=me())
        form["viewers"] = list(dict.fromkeys([*form["viewers"], *([who.id] if who else [])]))
        with transaction():
            goal = as_meant(form)
            if row is None:
                (goal_id,) = actions.set_goals(
                    [actions.Setting(person_id=me(), goal=goal, once=once)], at=now()
                )
            else:
                goal_id = row.id
                told = actions.Change(goal_id=goal_id, person_id=me(), goal=goal, version=version)
                actions.change([told], at=now())
            settle(now())
        return redirect(url_for(".one", goal_id=goal_id), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _came_back(row, no)


def _came_back(row: Any, no: ValidationError | Refused) -> Response:
    """The form with what was typed and what is wrong with it."""
    sent = request.form
    typed: dict[str, Any] = {name: sent.get(name, "")[:1000] for name in TEXTS}
    typed |= {
        "remind": "remind" in sent,
        "pace": int(sent["pace"]) if _is_id(sent.get("pace", "")) else 30,
        "viewers": [int(one) for one in sent.getlist("viewers") if _is_id(one)],
    }
    maybe: Sequence[Any] = no.maybe if isinstance(no, WhoIsMeant) else ()
    if isinstance(no, Conflict):
        typed["version"] = queries.own(me(), row.id).version
    answer = _form(row, typed, maybe=maybe, **wrong_with(no, WRONG))
    answer.status_code = status_of(no)
    return answer


def _is_id(sent: str) -> bool:
    return sent.isdecimal() and len(sent) < 19


def _form(row: Any, typed: dict[str, Any], **more: Any) -> Response:
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | {
        "lang": str(get_locale()), "proof": "words", "visible": "me", "remind": True, "pace": 30, "viewers": [],
    }  # fmt: skip
    typed = empty | typed
    chosen = people.cards(typed["viewers"])
    return render(
        "goals/form.html",
        row=row,
        typed=typed,
        chosen=sorted(chosen.values(), key=lambda card: card.name),
        skills=vision.options(),
        vision_goals=vision.goals(),
        choice=[(one.slug, one.body["name"]) for one in badges.catalogue().in_force.values()],
        today=today(),
        **{"maybe": (), "wrong": {}, "refusal": None, **more},
    )


@pages.get("/goals/activities")
@may("person")
def titles() -> ResponseReturnValue:
    """Titles of the catalogue for the box, while one types; by its address the page with the box."""
    found = titled(request.args.get("proof_activity", "")[:200])
    return done("activities/_titles.html", url_for(".new"), rows=found)


@pages.get("/goals/people")
@may("person")
def names() -> ResponseReturnValue:
    """Names for the box, while one types; by its address the page with the box."""
    typed = request.args.get("who", "")[:200]
    found = people.colleagues(typed, but=me(), limit=8)
    return done("people/_names.html", url_for(".new"), people=found)
