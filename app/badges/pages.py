"""The album, one badge (what it asks in words, and how far one is), and the moment of a new one."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.access import asker, may, me
from app.badges import actions, moments, shelf
from app.badges.schemas import AlbumQuery, MomentForm
from app.db import transaction
from app.errors import NotFound
from app.language import lang
from app.points import queries as points
from app.web import body, done, now, query, render, swaps

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


# The moment of a new badge ----------------------------------------------------------------------------------


def celebrates() -> bool:
    """Whether new badges come to whoever asks as a dialog. Without points and boards, or calmly, home tells them."""
    return asker().moments and points.with_points(game=asker().game)


def moment_waits() -> bool:
    """For the layout: whether there is something to fetch at once."""
    return moments.waits(me())


@pages.get("/moment")
@may("person")
def moment() -> ResponseReturnValue:
    """The dialog for all that is new, for a swap into any page; a visit of its own goes home, where it is told too."""
    if not swaps():
        return redirect(url_for("home.page"), code=303)
    return render("badges/_moment.html", **_news())


@pages.post("/moment")
@may("person")
def seen() -> ResponseReturnValue:
    """These were shown. The answer is what has come since, or the way on."""
    form = body(MomentForm())
    with transaction():
        actions.see(me(), form["award"], at=now())
        return done("badges/_moment.html", _onward(form["then"], form["award"]), **_news())


def _news() -> dict[str, Any]:
    found = moments.news(me(), lang(), with_points=True) if swaps() and celebrates() else None
    return {"news": found}


def _onward(then: str, award_ids: list[Any]) -> str:
    """To the badge, or to thanks for whoever helped; home where nothing was asked for."""
    fresh = moments.one_of(me(), award_ids) if then else None
    if fresh is None:
        return url_for("home.page")
    if then == "badge":
        return url_for(".badge", slug=fresh.definition.slug)
    coach = moments.coach(me(), fresh)
    return url_for("kudos.wall", to=coach.handle if coach else None, _anchor="kudos-form")
