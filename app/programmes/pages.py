"""Programmes: which there are, how far I am, and whether I follow one."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.access import may, me
from app.db import transaction
from app.outbox import settle
from app.programmes import actions, queries
from app.vision import queries as vision
from app.web import done, now, render

pages = Blueprint("programmes", __name__)
ONE = "/programmes/<slug>"


@pages.get("/programmes")
@may("person")
def everything() -> ResponseReturnValue:
    shown = queries.shown(me())
    skills = vision.names(one.row.skill_id for one in shown if one.row.skill_id)
    return render("programmes/programmes.html", programmes=shown, skill_of=skills)


@pages.get(ONE)
@may("person")
def programme(slug: str) -> ResponseReturnValue:
    shown = queries.one(slug, me())
    skills = vision.names([shown.row.skill_id] if shown.row.skill_id else [])
    return render("programmes/programme.html", "programmes/_you.html", one=shown, skill_of=skills)


@pages.post(f"{ONE}/follow")
@may("person")
def follow(slug: str) -> ResponseReturnValue:
    with transaction():
        actions.follow([(slug, me())], at=now())
        settle(now())
        return _you(slug)


@pages.post(f"{ONE}/stop")
@may("person")
def stop(slug: str) -> ResponseReturnValue:
    with transaction():
        actions.stop([(slug, me())], at=now())
        settle(now())
        return _you(slug)


def _you(slug: str) -> Response:
    return done(
        "programmes/_you.html", url_for(".programme", slug=slug), one=queries.one(slug, me()), changed=True
    )


def with_activity(activity_id: int) -> object:
    """For the page of an activity: of which programmes it is a part."""
    return queries.naming(activity_id, me())
