"""Goals in JSON: one's own, those that colleagues let one see, and those of a team."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.badges import shelf
from app.db import transaction
from app.goals import actions, joining, leading, queries, together
from app.goals.meant import as_meant, keeps, today
from app.goals.rules import NewTeamGoal
from app.goals.schemas import (
    BIGGEST,
    CheckInIn,
    GoalIn,
    GoalOut,
    GoalsOut,
    GoalStateIn,
    GoalWrite,
    SharedOneOut,
    SuggestionsOut,
    TeamGoalIn,
    TeamGoalOut,
    TeamGoalsOut,
    TeamGoalWrite,
)
from app.language import lang
from app.outbox import settle
from app.web import now

api = Blueprint("goals_api", __name__, url_prefix="/api/v1", description="Goals of your own, and of a team")
ONE = f"/me/goals/<int(max={BIGGEST}):goal_id>"
TOGETHER = f"/team-goals/<int(max={BIGGEST}):goal_id>"


@api.route("/me/goals", methods=["GET"])
@may("person")
@api.response(200, GoalsOut)
def mine() -> dict[str, Any]:
    """Your goals: the open ones first."""
    look = shelf.look(me(), lang(), now())
    return {"goals": [_told(row, look) for row in queries.mine(me())]}


@api.route("/me/goals", methods=["POST"])
@may("person")
@api.arguments(GoalIn)
@api.response(201, GoalOut)
def make(form: dict[str, Any]) -> dict[str, Any]:
    """Set a goal. It is yours alone unless you say who may see it."""
    once = form.pop("once")
    with transaction():
        wanted = actions.Setting(person_id=me(), goal=as_meant(form), once=once)
        (goal_id,) = actions.set_goals([wanted], at=now())
        settle(now())
        return _own(goal_id)


@api.route("/me/goals/shared", methods=["GET"])
@may("person")
@api.response(200, GoalsOut)
def shared() -> dict[str, Any]:
    """Goals that colleagues let you see."""
    return {"goals": [_told(row, None) for row in queries.shared(me())]}


@api.route(f"/me/goals/shared/<int(max={BIGGEST}):goal_id>", methods=["GET"])
@may("person")
@api.response(200, SharedOneOut)
@api.alt_response(404, description="is not there, or not for you")
def shared_one(goal_id: int) -> dict[str, Any]:
    """One that you may see, with what was said at check-ins."""
    row = queries.seen(me(), goal_id)
    return {**_told(row, None), "check_ins": queries.check_ins(goal_id)}


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, GoalOut)
@api.alt_response(404, description="no such goal of yours")
def one(goal_id: int) -> dict[str, Any]:
    """One of your goals."""
    return _own(goal_id)


@api.route(ONE, methods=["PUT"])
@may("person")
@api.arguments(GoalWrite)
@api.response(200, GoalOut)
@api.alt_response(404, description="no such goal of yours")
@api.alt_response(409, description="there is a newer version")
def change(form: dict[str, Any], goal_id: int) -> dict[str, Any]:
    """Say it in another way; what proves it from now on counts from now on."""
    queries.own(me(), goal_id)
    version = form.pop("version")
    with transaction():
        told = actions.Change(goal_id=goal_id, person_id=me(), goal=as_meant(form), version=version)
        actions.change([told], at=now())
        settle(now())
        return _own(goal_id)


@api.route("/me/goals/suggestions", methods=["GET"])
@may("person")
@api.response(200, SuggestionsOut)
def suggestions() -> dict[str, Any]:
    """Goals to begin with: a badge that is near, what your team learned lately, what the vision asks."""
    return {"suggestions": queries.suggestions(me(), shelf.look(me(), lang(), now()), now())}


@api.route(ONE, methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="no such goal of yours")
def forget(goal_id: int) -> None:
    """Take it away with all that was said in it."""
    with transaction():
        actions.forget([(goal_id, me())], at=now())
        settle(now())


@api.route(f"{ONE}/check-ins", methods=["POST"])
@may("person")
@api.arguments(CheckInIn)
@api.response(201, GoalOut)
@api.alt_response(404, description="no such goal of yours")
def check_in(form: dict[str, Any], goal_id: int) -> dict[str, Any]:
    """Say how far you are. `reached` reaches it; anything else takes it up again."""
    with transaction():
        actions.check_in([actions.CheckIn(goal_id=goal_id, person_id=me(), **form)], at=now())
        settle(now())
        return _own(goal_id)


@api.route(f"{ONE}/state", methods=["POST"])
@may("person")
@api.arguments(GoalStateIn)
@api.response(200, GoalOut)
@api.alt_response(404, description="no such goal of yours")
def set_state(form: dict[str, Any], goal_id: int) -> dict[str, Any]:
    """Let it go, or take it up again."""
    with transaction():
        act = actions.let_go if form["state"] == "let_go" else actions.take_up
        act([(goal_id, me())], at=now())
        settle(now())
        return _own(goal_id)


def _own(goal_id: int) -> dict[str, Any]:
    row = queries.own(me(), goal_id)
    look = shelf.look(me(), lang(), now()) if row.proof == "badge" else None
    return {
        **_told(row, look),
        "viewers": [one.id for one in queries.viewers(goal_id)],
        "counts": row.counted_at is not None,
        "check_ins": queries.check_ins(goal_id),
    }


def _told(row: Any, look: shelf.Look | None) -> dict[str, Any]:
    badge, own = queries.badge_of(row._mapping, look), row.person_id == me()
    return {
        **row._mapping,
        "proof": {
            "kind": row.proof,
            "badge": badge.slug if badge else None,
            "activity": row.activity_slug,
            "words": row.proof_words or None,
            "done": badge.done if badge and badge.needed else None,
            "needed": badge.needed if badge and badge.needed else None,
            "holds": row.proven_at is not None if own else None,
        },
    }


# Goals of a team --------------------------------------------------------------------------------------------


@api.route("/team-goals", methods=["GET"])
@may("person")
@api.response(200, TeamGoalsOut)
def team_goals() -> dict[str, Any]:
    """The goals of your units and of all of you that run now. Only sums: never who did what."""
    return {"team_goals": together.open_to(me(), now(), keeps=keeps())}


@api.route("/team-goals", methods=["POST"])
@may("manager", "learning", "hr")
@api.arguments(TeamGoalIn)
@api.response(201, TeamGoalOut)
def make_team_goal(form: dict[str, Any]) -> Any:
    """Set one for a team that you lead; learning and hr also for all."""
    once = form.pop("once")
    form["starts_on"] = form["starts_on"] or today()
    with transaction():
        new = leading.Setting(goal=NewTeamGoal(**form), by=me(), keeps=keeps(), once=once)
        (goal_id,) = leading.set_goals([new], at=now())
        settle(now())
        return _team_goal(goal_id)


@api.route(TOGETHER, methods=["GET"])
@may("person")
@api.response(200, TeamGoalOut)
@api.alt_response(404, description="is not there, or not of a unit of yours")
def team_goal(goal_id: int) -> Any:
    """One of them."""
    return _team_goal(goal_id)


@api.route(TOGETHER, methods=["PUT"])
@may("person")
@api.arguments(TeamGoalWrite)
@api.response(200, TeamGoalOut)
@api.alt_response(404, description="is not there, or not yours to change")
@api.alt_response(409, description="there is a newer version")
def change_team_goal(form: dict[str, Any], goal_id: int) -> Any:
    """Change it, for whoever set it, as long as it runs; who takes part is told of what matters."""
    row, version = _team_goal(goal_id), form.pop("version")
    form["starts_on"] = form["starts_on"] or row.starts_on
    with transaction():
        goal = NewTeamGoal(**form, unit_id=row.unit_id)
        to = leading.Change(goal_id=goal_id, to=goal, version=version, by=me(), keeps=keeps())
        leading.change([to], at=now())
        settle(now())
        return _team_goal(goal_id)


@api.route(TOGETHER, methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not yours to end")
def end(goal_id: int) -> None:
    """End it; for who leads the unit."""
    with transaction():
        leading.end([goal_id], by=me(), keeps=keeps(), at=now())
        settle(now())


@api.route(f"{TOGETHER}/membership", methods=["PUT"])
@may("person")
@api.response(200, TeamGoalOut)
@api.alt_response(404, description="is not there, or not of a unit of yours")
def join(goal_id: int) -> Any:
    """Take part from now on."""
    with transaction():
        joining.join([(goal_id, me())], at=now())
        settle(now())
        return _team_goal(goal_id)


@api.route(f"{TOGETHER}/membership", methods=["DELETE"])
@may("person")
@api.response(200, TeamGoalOut)
@api.alt_response(404, description="is not there, or not of a unit of yours")
def leave(goal_id: int) -> Any:
    """Take part no more."""
    with transaction():
        joining.leave([(goal_id, me())], at=now())
        settle(now())
        return _team_goal(goal_id)


def _team_goal(goal_id: int) -> Any:
    return together.one(goal_id, me(), now(), keeps=keeps())
