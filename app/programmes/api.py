"""Programmes in JSON."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_smorest import Blueprint

from app.access import may, me
from app.activities.queries import ids_by_slug
from app.db import transaction
from app.errors import Refused
from app.outbox import settle
from app.programmes import actions, queries
from app.programmes.rules import NewPart, Shown, Told
from app.programmes.schemas import (
    KeptOut,
    KeptProgrammesOut,
    ProgrammeIn,
    ProgrammeOut,
    ProgrammesOut,
    ProgrammeStateForm,
    ProgrammeWrite,
)
from app.vision.queries import ids_of
from app.web import now

api = Blueprint(
    "programmes_api",
    __name__,
    url_prefix="/api/v1",
    description="Named sets of activities, at one's own pace",
)


@api.route("/programmes", methods=["GET"])
@may("person")
@api.response(200, ProgrammesOut)
def everything() -> dict[str, Any]:
    """The programmes there are, and how far you are in each."""
    return {"programmes": [_out(one) for one in queries.shown(me())]}


@api.route("/programmes", methods=["POST"])
@may("learning")
@api.arguments(ProgrammeIn)
@api.response(201, ProgrammeOut)
def make(form: dict[str, Any]) -> dict[str, Any]:
    """Make one; it is a draft until it is published."""
    with transaction():
        (slug,) = actions.make([_told(form)], by=me(), at=now())
        settle(now())
        return _out(queries.edited(slug, me()))


@api.route("/programmes/kept", methods=["GET"])
@may("learning")
@api.response(200, KeptProgrammesOut)
def kept() -> dict[str, Any]:
    """Every programme, drafts and retired ones too, for who keeps them."""
    counts = queries.counts()
    return {"programmes": [_kept(one, counts) for one in queries.desk(me())]}


@api.route("/programmes/kept/<slug>", methods=["GET"])
@may("learning")
@api.response(200, KeptOut)
@api.alt_response(404, description="no such programme")
def kept_one(slug: str) -> dict[str, Any]:
    """One of them, in whatever state it is."""
    return _kept(queries.edited(slug, me()), queries.counts())


def _kept(one: Shown, counts: dict[int, tuple[int | None, int | None]]) -> dict[str, Any]:
    followers, completed = counts.get(one.row.id, (0, 0))
    return {**_out(one), "followers": followers, "completed_by": completed}


@api.route("/programmes/<slug>", methods=["GET"])
@may("person")
@api.response(200, ProgrammeOut)
@api.alt_response(404, description="no such programme")
def programme(slug: str) -> dict[str, Any]:
    """One, with its parts and what you did of them."""
    return _out(queries.one(slug, me()))


@api.route("/programmes/<slug>", methods=["PUT"])
@may("learning")
@api.arguments(ProgrammeWrite)
@api.response(200, ProgrammeOut)
@api.alt_response(404, description="no such programme")
@api.alt_response(409, description="there is a newer version")
def change(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Change it. Who completed it keeps that; who is on the way goes on with the new parts."""
    version = form.pop("version")
    with transaction():
        actions.change([actions.Change(slug=slug, to=_told(form), version=version)], by=me(), at=now())
        settle(now())
        return _out(queries.edited(slug, me()))


@api.route("/programmes/<slug>/state", methods=["POST"])
@may("learning")
@api.arguments(ProgrammeStateForm)
@api.response(200, ProgrammeOut)
@api.alt_response(404, description="no such programme")
def set_state(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Publish it, or retire it."""
    with transaction():
        actions.set_state({slug: form["state"]}, by=me(), at=now())
        settle(now())
        return _out(queries.edited(slug, me()))


@api.route("/programmes/<slug>/following", methods=["PUT"])
@may("person")
@api.response(200, ProgrammeOut)
@api.alt_response(404, description="no such programme")
def follow(slug: str) -> dict[str, Any]:
    """Follow it; what you did before counts."""
    with transaction():
        actions.follow([(slug, me())], at=now())
        settle(now())
        return _out(queries.one(slug, me()))


@api.route("/programmes/<slug>/following", methods=["DELETE"])
@may("person")
@api.response(200, ProgrammeOut)
@api.alt_response(404, description="no such programme")
def stop(slug: str) -> dict[str, Any]:
    """Stop following it; what you did stays done."""
    with transaction():
        actions.stop([(slug, me())], at=now())
        settle(now())
        return _out(queries.one(slug, me()))


def _told(form: dict[str, Any]) -> Told:
    named = [slug for part in form["parts"] for slug in part["activities"]]
    known = ids_by_slug(named)
    if any(slug not in known for slug in named):
        said = _l("There is an activity among these that is not in the catalogue.")
        raise Refused(said, fields={"parts": said})
    skill = ids_of([form["skill"]]).get(form["skill"]) if form["skill"] else None
    if form["skill"] and skill is None:
        said = _l("There is no such skill.")
        raise Refused(said, fields={"skill": said})
    parts = [
        NewPart(part["need"], tuple(known[slug] for slug in part["activities"])) for part in form["parts"]
    ]
    return Told(
        title=form["title"], summary=form["summary"], parts=parts, skill_id=skill, badge=form["badge"]
    )


def _out(one: Shown) -> dict[str, Any]:
    return {
        **one.row._mapping,
        "badge": one.row.badge or None,
        "following": one.following,
        "changed": one.changed,
        "done": one.done,
        "steps": one.total,
        "next": one.next.slug if one.next else None,
        "parts": one.parts,
    }
