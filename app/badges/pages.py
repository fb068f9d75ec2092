"""The album, and one badge: what it asks in words, and how far one is."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.access import asker, may, me
from app.badges import shelf
from app.badges.schemas import AlbumQuery
from app.errors import NotFound
from app.language import lang
from app.points import queries as points
from app.web import now, query, render

pages = Blueprint("badges", __name__)

FRESH = timedelta(days=7)


@pages.get("/album")
@may("person")
def album() -> ResponseReturnValue:
    by = query(AlbumQuery())["by"]
    look = shelf.look(me(), lang(), now())
    with_points = points.with_points(game=asker().game)
    return render(
        "badges/album.html",
        "badges/_album.html",
        by=by,
        earned=look.earned,
        reachable=look.reachable(with_points=with_points),
        sets=shelf.sets(look.shown) if by == "skill" else [],
        with_points=with_points,
        fresh_since=now() - FRESH,
    )


@pages.get("/badges/<slug>")
@may("person")
def badge(slug: str) -> ResponseReturnValue:
    found = shelf.one(slug, me(), lang(), now())
    if found is None:
        raise NotFound(_l("There is no such badge."))
    shown, definition = found
    with_points = points.with_points(game=asker().game)
    return render(
        "badges/badge.html",
        shown=shown,
        tiers=shelf.tiers_said(definition, lang()),
        evidence=shelf.evidence(me(), shown.held.evidence) if shown.held else [],
        receipt=_receipt(shown.held) if shown.held and with_points else None,
        holders=shelf.holders(definition.achievement_id),
        version=definition,
        skill=shelf.called().skill_of.get(shown.skill or ""),
        with_points=with_points,
    )


def _receipt(held: shelf.Holding) -> Any:
    """Where the points of an award are accounted for."""
    entry = next(iter(points.entries_of_awards([held.id])), None)
    return url_for("home.receipts", entry=entry.id, _anchor=f"entry-{entry.id}") if entry else None
