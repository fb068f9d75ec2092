"""Goals and skills in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.db import transaction
from app.outbox import settle
from app.vision import actions, queries
from app.vision.schemas import (
    GoalMake,
    GoalOut,
    GoalsOut,
    GoalWrite,
    SkillMake,
    SkillOut,
    SkillsOut,
    SkillWrite,
)
from app.web import now

api = Blueprint("skills_api", __name__, url_prefix="/api/v1", description="What the organisation learns for")


@api.route("/goals", methods=["GET"])
@may("person")
@api.response(200, GoalsOut)
def goals() -> dict[str, Any]:
    """The goals of the organisation, in its order."""
    return {"goals": queries.goals()}


@api.route("/goals", methods=["POST"])
@may("learning")
@api.arguments(GoalMake)
@api.response(201, GoalOut)
def make_goal(form: dict[str, Any]) -> Any:
    """Add a goal, after the others."""
    return _write_goal(None, form["name"], None)


@api.route("/goals/<slug>", methods=["PUT"])
@may("learning")
@api.arguments(GoalWrite)
@api.response(200, GoalOut)
@api.alt_response(404, description="no such goal")
@api.alt_response(409, description="there is a newer version")
def change_goal(form: dict[str, Any], slug: str) -> Any:
    """Say a goal in other words; its slug stays."""
    return _write_goal(slug, form["name"], form["version"])


def _write_goal(slug: str | None, name: dict[str, str], version: int | None) -> Any:
    with transaction():
        slug = actions.edit_goal(slug, name=name, version=version, by=me(), at=now())
        settle(now())
        return queries.goal(slug)


@api.route("/goals/<slug>", methods=["DELETE"])
@may("learning")
@api.response(204)
@api.alt_response(404, description="no such goal")
def remove_goal(slug: str) -> None:
    """Take a goal away; refused while skills stand under it."""
    with transaction():
        queries.goal(slug)
        actions.remove_goal(slug, by=me(), at=now())
        settle(now())


@api.route("/skills", methods=["GET"])
@may("person")
@api.response(200, SkillsOut)
def skills() -> dict[str, Any]:
    """The tree of skills, those that are retired too."""
    return {"skills": queries.kept()}


@api.route("/skills", methods=["POST"])
@may("learning")
@api.arguments(SkillMake)
@api.response(201, SkillOut)
def make(form: dict[str, Any]) -> dict[str, Any]:
    """Add a skill to the tree."""
    return _write(None, form, None)


@api.route("/skills/<slug>", methods=["GET"])
@may("learning")
@api.response(200, SkillOut)
@api.alt_response(404, description="no such skill")
def one(slug: str) -> dict[str, Any]:
    """A skill as it is kept, with its version."""
    return _told(slug)


@api.route("/skills/<slug>", methods=["PUT"])
@may("learning")
@api.arguments(SkillWrite)
@api.response(200, SkillOut)
@api.alt_response(404, description="no such skill")
@api.alt_response(409, description="there is a newer version")
def change(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Rename, move or retire a skill. It counts from now on; what was done keeps the skills that it had."""
    version = form.pop("version")
    return _write(slug, form, version)


def _write(slug: str | None, entry: dict[str, Any], version: int | None) -> dict[str, Any]:
    with transaction():
        slug = actions.edit_skill(slug, entry, version=version, by=me(), at=now())
        settle(now())
        return _told(slug)


def _told(slug: str) -> dict[str, Any]:
    queries.skill(slug)
    return next(row for row in queries.kept() if row["slug"] == slug)
