"""Home, with the next step first, and receipts: why did I get this?"""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.access import asker, may, me
from app.badges import shelf
from app.config import timezone
from app.errors import NotFound
from app.home import queries
from app.home.schemas import LedgerQuery
from app.kudos import queries as kudos
from app.language import lang
from app.lessons import queries as lessons
from app.people import queries as people
from app.vision import queries as vision
from app.web import now, query, render, swaps

pages = Blueprint("home", __name__)

PARTS = {
    "next": "home/_next.html",
    "stats": "home/_stats.html",
    "around": "home/_around.html",
    "foryou": "home/_foryou.html",
    "album": "home/_album.html",
}
NEWEST = 5


@pages.get("/")
@may("person")
def page() -> ResponseReturnValue:
    return render("home/page.html", **_context(set(PARTS)), **_greeting())


@pages.get("/home/<part>")
@may("person")
def fragment(part: str) -> ResponseReturnValue:
    """One part of the home page anew, with the viewer's own rights; a visit of its own goes home."""
    if part not in PARTS:
        raise NotFound(_l("There is no such page."))
    if not swaps():
        return redirect(url_for(".page"), code=303)
    return render(PARTS[part], **_context({part}))


def _context(parts: set[str]) -> dict[str, Any]:
    at, found = now(), dict[str, Any]()
    if parts & {"next", "stats", "album"}:
        shown = shelf.album(me(), lang(), at)
        found["step"] = shelf.nearest(shown)
        held = sorted(
            (one for one in shown if one.held), key=lambda one: one.held.earned_at if one.held else at
        )
        found["newest"], found["number"] = held[::-1][:NEWEST], len(held)
        if "stats" in parts:
            found["figures"] = queries.figures(
                me(), shown, at, with_points=queries.with_points(game=asker().game)
            )
    if "around" in parts and queries.with_points(game=asker().game) and people.organisation().boards_on:
        found["around"] = queries.around(me(), asker().department_id, at)
    if "foryou" in parts:
        found["kudos"] = kudos.latest_received(me(), limit=2)
        found["lessons"] = lessons.latest_of_team(me(), limit=2)
        found["skill_of"] = vision.names()
    return found


def _greeting() -> dict[str, Any]:
    at = now()
    return {
        "at": at,
        "hour": at.astimezone(timezone()).hour,
        "helped": lessons.helped_since(me(), at - timedelta(days=7)),
    }


@pages.get("/receipts")
@may("person")
def receipts() -> ResponseReturnValue:
    if not queries.with_points(game=asker().game):
        raise NotFound(_l("You do without points, so there are no receipts to show."))
    rows, more = queries.receipts(me(), before=query(LedgerQuery())["before"])
    return render("home/receipts.html", "home/_receipts.html", rows=rows, more=more)
