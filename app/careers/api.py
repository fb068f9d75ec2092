"""Jobs, what they ask, and the vision in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.careers import actions, criteria, queries, targets
from app.careers import map as vision_map
from app.careers.meant import today
from app.careers.rules import NewCriterion, NewJob
from app.careers.schemas import (
    DraftWrite,
    FamilyMake,
    FamilyOut,
    FamilyWrite,
    JobMake,
    JobOut,
    JobsOut,
    JobWhole,
    JobWrite,
    MineOut,
    PublishForm,
    TargetForm,
    TargetOut,
    TextWrite,
    VersionsOut,
    VisionOut,
    WhyOut,
)
from app.db import transaction
from app.errors import NotFound
from app.outbox import settle
from app.vision import queries as vision
from app.web import now

api = Blueprint(
    "careers_api", __name__, url_prefix="/api/v1", description="Jobs, what they ask, and why we learn"
)


@api.route("/jobs", methods=["GET"])
@may("person")
@api.response(200, JobsOut)
def jobs() -> dict[str, Any]:
    """Families and jobs, which are open, and what comes next for you."""
    up, _ = queries.next_jobs(me(), today())
    known = [_told(one) for one in queries.jobs()]
    return {"families": queries.families(), "jobs": known, "next": [one.slug for one in up]}


@api.route("/jobs", methods=["POST"])
@may("hr")
@api.arguments(JobMake)
@api.response(201, JobOut)
def make(form: dict[str, Any]) -> dict[str, Any]:
    """Add a job."""
    return _write(None, form)


@api.route("/jobs/<slug>", methods=["GET"])
@may("person")
@api.response(200, JobWhole)
@api.alt_response(404, description="no such job")
def job(slug: str) -> dict[str, Any]:
    """A job with what it asks now."""
    found = queries.job(slug)
    asks = queries.current_criteria([found.id]).get(found.id)
    return _told(found) | {"asks": _criteria([asks])[0] if asks else None}


@api.route("/jobs/<slug>", methods=["PUT"])
@may("hr")
@api.arguments(JobWrite)
@api.response(200, JobOut)
@api.alt_response(404, description="no such job")
@api.alt_response(409, description="there is a newer version")
def change(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Say a job otherwise, open it, or take it off the list."""
    return _write(slug, form)


def _write(slug: str | None, form: dict[str, Any]) -> dict[str, Any]:
    version, retired = form.pop("version", None), form.pop("retired", False)
    with transaction():
        kept = actions.edit_job(slug, NewJob(slug or "", **form), version=version, by=me(), at=now())
        if (queries.job(kept).retired_at is not None) != retired:
            actions.set_retired(kept, retired=retired, by=me(), at=now())
        settle(now())
        return _told(queries.job(kept))


@api.route("/job-families", methods=["POST"])
@may("hr")
@api.arguments(FamilyMake)
@api.response(201, FamilyOut)
def make_family(form: dict[str, Any]) -> Any:
    """Add a family of jobs."""
    return _write_family(None, form["name"], None)


@api.route("/job-families/<slug>", methods=["PUT"])
@may("hr")
@api.arguments(FamilyWrite)
@api.response(200, FamilyOut)
@api.alt_response(404, description="no such family")
@api.alt_response(409, description="there is a newer version")
def change_family(form: dict[str, Any], slug: str) -> Any:
    """Rename a family."""
    return _write_family(slug, form["name"], form["version"])


def _write_family(slug: str | None, name: dict[str, str], version: int | None) -> Any:
    with transaction():
        slug = actions.edit_family(slug, name=name, version=version, by=me(), at=now())
        settle(now())
        return queries.family(slug)


@api.route("/jobs/<slug>/versions", methods=["GET"])
@may("person")
@api.response(200, VersionsOut)
@api.alt_response(404, description="no such job")
def versions(slug: str) -> dict[str, Any]:
    """All versions of what a job asks, the latest first; the draft for HR and the works council."""
    drafts = bool(asker().roles & {"hr", "council"})
    return {"versions": _criteria(queries.versions(queries.job(slug).id, drafts=drafts))}


@api.route("/jobs/<slug>/mine", methods=["GET"])
@may("person")
@api.response(200, MineOut)
@api.alt_response(404, description="no such job")
def mine(slug: str) -> dict[str, Any]:
    """What you have for each thing that a job asks: for nobody else, and not added up."""
    found = queries.job(slug)
    asks = queries.current_criteria([found.id]).get(found.id)
    own = queries.what_i_have(me(), asks.id) if asks else []
    told = [{"key": one.criterion.key, "pieces": one.pieces} for one in own]
    return {"number": asks.number if asks else None, "criteria": told}


@api.route("/jobs/<slug>/draft", methods=["PUT"])
@may("hr")
@api.arguments(DraftWrite)
@api.response(200, VersionsOut)
@api.alt_response(404, description="no such job")
@api.alt_response(409, description="there is a newer version")
def write_draft(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Write all that the next version of a job shall ask. What asks the same as what stands begins no draft."""
    items = [
        NewCriterion(
            one["text"], one["skill"], one["level"], one["evidence"],
            {badge["slug"]: badge["tier"] for badge in one["badges"]}, one["key"],
        )
        for one in form["criteria"]
    ]  # fmt: skip
    with transaction():
        criteria.replace_draft(slug, items, version=form["version"], by=me(), at=now())
        settle(now())
        return {"versions": _criteria(queries.versions(queries.job(slug).id, drafts=True))}


@api.route("/jobs/<slug>/publication", methods=["POST"])
@may("hr")
@api.arguments(PublishForm)
@api.response(200, VersionsOut)
@api.alt_response(404, description="no such job")
@api.alt_response(409, description="there is no draft, or a newer version of it")
def publish(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Publish the draft, with the day on which the works council consented. Nothing of it changes afterwards."""
    with transaction():
        criteria.publish_draft(slug, **form, today=today(), by=me(), at=now())
        settle(now())
        return {"versions": _criteria(queries.versions(queries.job(slug).id, drafts=True))}


def _told(one: queries.Job) -> dict[str, Any]:
    names = ("id", "slug", "family", "level", "name", "open_until", "who_may_apply", "version")
    told = {name: getattr(one, name) for name in names}
    return told | {"open": one.open_on(today()), "retired": one.retired_at is not None}


def _criteria(found: list[queries.Criteria]) -> list[dict[str, Any]]:
    skills = vision.names({one.skill_id for version in found for one in version.items})
    return [
        {
            "number": version.number,
            "consented_on": version.consented_on,
            "published_at": version.published_at,
            "version": version.version,
            "criteria": [
                {
                    "key": one.key, "text": one.text, "skill": skills[one.skill_id].slug, "level": one.level,
                    "level_name": one.level_name, "evidence": one.evidence, "badges": one.badges,
                }
                for one in version.items
            ],
        }
        for version in found
    ]  # fmt: skip


# Why we learn -----------------------------------------------------------------------------------------------


@api.route("/vision", methods=["GET"])
@may("person")
@api.response(200, VisionOut)
def why() -> dict[str, Any]:
    """From the goals to skills, badges, activities, jobs and targets, with its holes."""
    found = vision_map.the_map(whole=bool(asker().roles & vision_map.SEE_HOLES), today=today())
    holes = found.holes
    return {
        "why": found.text,
        "goals": [_goal(one) for one in (*found.goals, found.loose) if one.row is not None or one.skills],
        "holes": {
            "goals_without_badge": [row.slug for row in holes.goals],
            "badges_without_goal": [badge.slug for badge in holes.badges],
            "nobody": None if holes.nobody is None else [row.slug for row in holes.nobody],
            "one": None if holes.one is None else [row.slug for row in holes.one],
        },
    }


def _goal(one: vision_map.OfGoal) -> dict[str, Any]:
    return {
        "goal": one.row.slug if one.row is not None else None,
        "skills": [
            {
                "skill": skill.row.slug,
                "badges": [badge.slug for badge in skill.badges],
                "activities": skill.activities,
                "jobs": [
                    {"job": asked.slug, "level": asked.level, "level_name": asked.level_name}
                    for asked in skill.jobs
                ],
                "holders": skill.holders,
            }
            for skill in one.skills
        ],
        "targets": [_target(target) for target in one.targets],
        "personal_goals": one.aims,
    }


def _target(one: vision_map.Target) -> dict[str, Any]:
    names = ("id", "unit", "level", "level_name", "people", "period", "far", "version")
    return {name: getattr(one, name) for name in names} | {"skill": one.skill.slug}


@api.route("/vision/text", methods=["PUT"])
@may("learning", "hr")
@api.arguments(TextWrite)
@api.response(200, WhyOut)
@api.alt_response(409, description="there is a newer version")
def write_text(form: dict[str, Any]) -> dict[str, Any]:
    """Say why we learn."""
    version = form.pop("version")
    with transaction():
        targets.write_vision_text(form, version=version, by=me(), at=now())
        settle(now())
        return queries.vision_text()


@api.route("/vision/targets", methods=["POST"])
@may("learning", "hr")
@api.arguments(TargetForm)
@api.response(201, TargetOut)
def make_target(form: dict[str, Any]) -> dict[str, Any]:
    """Add a target."""
    return _set(None, form)


@api.route(f"/vision/targets/<int(max={2**63 - 1}):target_id>", methods=["PUT"])
@may("learning", "hr")
@api.arguments(TargetForm)
@api.response(200, TargetOut)
@api.alt_response(404, description="no such target")
@api.alt_response(409, description="there is a newer version")
def change_target(form: dict[str, Any], target_id: int) -> dict[str, Any]:
    """Change a target."""
    return _set(target_id, form)


def _set(target_id: int | None, form: dict[str, Any]) -> dict[str, Any]:
    version = form.pop("version")
    with transaction():
        target_id = targets.set_target(target_id, form, version=version, by=me(), at=now())
        settle(now())
        return _target(next(one for one in vision_map.targets(today(), past=True) if one.id == target_id))


@api.route(f"/vision/targets/<int(max={2**63 - 1}):target_id>", methods=["DELETE"])
@may("learning", "hr")
@api.response(204)
@api.alt_response(404, description="no such target")
def remove_target(target_id: int) -> None:
    """Take a target away."""
    with transaction():
        if not any(one.id == target_id for one in vision_map.targets(today(), past=True)):
            raise NotFound(targets.NO_TARGET)
        targets.remove_target(target_id, version=None, by=me(), at=now())
        settle(now())
