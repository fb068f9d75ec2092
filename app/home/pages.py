"""Home, with the next step first, and receipts: why did I get this?"""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.access import asker, may, me
from app.badges import moments, names, shelf
from app.config import timezone
from app.errors import NotFound
from app.goals import queries as goals
from app.goals import together
from app.home import queries
from app.home.schemas import NewsQuery, ReceiptsQuery
from app.kudos import queries as kudos
from app.language import lang
from app.lessons import queries as lessons
from app.people import queries as people
from app.points import queries as points
from app.recognitions import queries as recognitions
from app.web import done, now, query, render, swaps

pages = Blueprint("home", __name__)

PARTS = {
    "next": "home/_next.html",
    "stats": "home/_stats.html",
    "around": "home/_around.html",
    "foryou": "home/_foryou.html",
    "album": "home/_album.html",
    "goals": "home/_goals.html",
}
NEWEST, FIRST, FOR_YOU = 4, 3, 3
A_DAY = timedelta(days=1)


@pages.get("/help")
@may("anybody")
def help() -> ResponseReturnValue:
    """Short answers, for who cannot get in too."""
    return render("home/help.html")


@pages.get("/")
@may("person")
def page() -> ResponseReturnValue:
    hour = now().astimezone(timezone()).hour
    new = moments.news(me(), lang(), with_points=points.with_points(game=asker().game))
    team = together.on_home(me(), now(), now() - A_DAY)
    return render("home/page.html", at=now(), hour=hour, album_news=new, team=team,
                  celebrated=team is not None and team.reached_at is not None and team.reached_at >= now() - A_DAY,
                  **_context(set(PARTS)))  # fmt: skip


@pages.get("/home/new")
@may("person")
def news() -> ResponseReturnValue:
    """How many thanks came; they stand in the page when one asks for them. By its address: the page."""
    number = kudos.count_received(me(), query(NewsQuery())["since"]) if swaps() else 0
    return done("home/_new.html", url_for(".page"), number=number)


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
    with_points = points.with_points(game=asker().game)
    found: dict[str, Any] = {"with_points": with_points}
    if parts & {"next", "stats", "album", "goals"}:
        found |= _progress(parts, with_points=with_points)
    if (
        "around" in parts
        and with_points
        and people.organisation().boards_on
        and asker().board_choice != "out"
    ):
        found["around"] = queries.around(me(), asker().department_id, now())
    if "foryou" in parts:
        found |= _for_you()
        found["skill_of"] = names.called().skills
    return found


def _for_you() -> dict[str, Any]:
    """What came last for the viewer, a few in all: kudos first, of which only the newest when it was answered."""
    given = recognitions.news_of_team(me(), now(), limit=1)
    thanks = [card for place, card in enumerate(kudos.latest_received(me(), limit=2))
              if place == 0 or not card.kudos.i_thanked_at]  # fmt: skip
    shared = lessons.latest_of_team(me(), limit=2)
    return {
        "recognitions": given,
        "since": thanks[0].kudos.given_at if thanks else now(),
        "kudos": thanks,
        "lessons": shared[: max(1, FOR_YOU - len(given) - len(thanks))],
    }


def _progress(parts: set[str], *, with_points: bool) -> dict[str, Any]:
    """What somebody has, and the badge that is nearest; for a newcomer a few to begin with."""
    look = shelf.look(me(), lang(), now())
    # Points are no headline; nor is what is met and not given yet, such as a badge that was just published.
    reachable = [one for one in look.reachable(with_points=False) if one.open_steps]
    earned = look.earned
    begun = bool(earned) or any(one.share for one in reachable)
    found: dict[str, Any] = {
        "step": reachable[0] if reachable and begun else None,
        "first": [] if begun else shelf.beginnings(reachable, FIRST),
        "newest": earned[:NEWEST],
        "number": len(earned),
        "rhythm": queries.rhythm(look.history, now()),
    }
    if "goals" in parts:
        found["aims"] = goals.home(me(), look)
        found["skills_shown"] = names.called().skills
    if "stats" in parts:
        found["so_far"] = queries.so_far(me(), now())
        found["figures"] = queries.figures(found["so_far"], earned, now(), with_points=with_points)
    return found


@pages.get("/receipts")
@may("person")
def receipts() -> ResponseReturnValue:
    if not points.with_points(game=asker().game):
        raise NotFound(_l("You do without points, so there are no receipts to show."))
    asked = query(ReceiptsQuery())
    days, more = queries.days(*queries.receipts(me(), **asked))
    first = not swaps() and not any(asked.values())
    months = points.by_month(me(), now()) if first else []
    return render(
        "home/receipts.html", "home/_receipts.html", days=days, more=more, asked=asked, months=months
    )
