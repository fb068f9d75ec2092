"""The album, and one badge: what it asks in words, and how far one is."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.access import asker, may, me
from app.badges import shelf
from app.errors import NotFound
from app.language import lang
from app.vision import queries as vision
from app.web import now, render

pages = Blueprint("badges", __name__)


@pages.get("/album")
@may("person")
def album() -> ResponseReturnValue:
    shown = shelf.album(me(), lang(), now())
    earned = [one for one in shown if one.held]
    return render(
        "badges/album.html",
        "badges/_album.html",
        earned=sorted(earned, key=lambda one: one.held.earned_at if one.held else now(), reverse=True),
        reachable=sorted((one for one in shown if one.steps), key=lambda one: -one.share),
        game=asker().game,
    )


@pages.get("/badges/<slug>")
@may("person")
def badge(slug: str) -> ResponseReturnValue:
    found = shelf.one(slug, me(), lang(), now())
    if found is None:
        raise NotFound(_l("There is no such badge."))
    shown, definition = found
    called = shelf.titles(lang())
    evidence = shelf.evidence(me(), shown.held.evidence) if shown.held else []
    return render(
        "badges/badge.html",
        shown=shown,
        tiers=shelf.tiers_said(definition, lang(), called),
        evidence=evidence,
        holders=shelf.holders(definition.achievement_id),
        version=definition,
        skill=next((row for row in vision.tree() if row.slug == shown.skill), None),
        game=asker().game,
    )
