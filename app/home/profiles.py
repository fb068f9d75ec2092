"""Who somebody is: for colleagues, for the world, and the page on which one chooses what others see."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from werkzeug.wrappers import Response

from app.access import may, me
from app.badges import showcase
from app.badges.rules import SHOWCASE
from app.db import transaction
from app.errors import Refused
from app.guidance import queries as guidance
from app.home.schemas import LanguageQuery, MovedQuery, PublicForm, ShowcaseForm
from app.kudos import queries as kudos
from app.language import lang
from app.lessons import queries as lessons
from app.outbox import settle
from app.people import actions as people_actions
from app.people import queries as people
from app.recognitions import queries as recognitions
from app.vision import queries as vision
from app.web import body, done, now, query, render

pages = Blueprint("profiles", __name__)

LESSONS, RECOGNITIONS = 3, 5


@pages.get("/people/<handle>")
@may("person")
def person(handle: str) -> ResponseReturnValue:
    """A colleague as every colleague may see them."""
    if handle != handle.lower():  # whether there is such a person or not
        return redirect(url_for(".person", handle=handle.lower()))
    found = people.profile(handle)
    own = found.id == me()
    return render(
        "home/person.html",
        person=found,
        own=own,
        display=showcase.display(found.id, "me" if own else "colleagues"),
        lessons=lessons.by_author(me(), found.id, LESSONS),
        recognitions=recognitions.of(found.id, shown_only=not own, limit=RECOGNITIONS),
        kudos=kudos.wall(me(), of=found.id, limit=LESSONS)[0],
        help=guidance.offer_of(found.id, seen_by=me()),
        help_skills={skill["id"]: skill for skill in vision.told()},
    )


@pages.get("/u/<handle>")
@may("anybody")
def public(handle: str) -> ResponseReturnValue:
    """What somebody shows to the world; never points, places, lessons, thanks, or anybody else's name."""
    if handle != handle.lower():
        return redirect(url_for(".public", handle=handle.lower(), **_asked_language()))
    with force_locale(_asked_language().get("lang") or lang()):
        return _public(people.public_profile(handle))


def _asked_language() -> dict[str, Any]:
    return {name: value for name, value in query(LanguageQuery()).items() if value}


def _public(shown: Any, *, preview: bool = False) -> Response:
    display = showcase.display(shown.id, "public")
    answer = render("home/public.html", person=shown, badges=display.shown, preview=preview,
                    skills=showcase.proven(display.shown))  # fmt: skip
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Cache-Control"] = "private, no-store"  # switched off, it is gone at once
    return answer


# What others see of me ----------------------------------------------------------------------------------------


@pages.get("/me/profile")
@may("person")
def mine() -> ResponseReturnValue:
    return render("home/profile.html", "home/_profile.html", **_chosen(**query(MovedQuery())))


@pages.get("/me/profile/preview")
@may("person")
def preview() -> ResponseReturnValue:
    """The public page as it is or would be, in one's own language."""
    return _public(people.public_preview(me()), preview=True)


@pages.post("/me/profile")
@may("person")
def switch() -> ResponseReturnValue:
    """The two boxes of the public page; one that is not ticked is not sent."""
    form = body(PublicForm())
    with transaction():
        people_actions.choose_public(person_id=me(), public=form["public"], job=form["public_job"])
        settle(now())
        return _kept("public", saved="public")


@pages.post("/me/profile/showcase")
@may("person")
def choose() -> ResponseReturnValue:
    """Keep what is ticked, in its order; a button of a row moves that one first."""
    form = body(ShowcaseForm())
    way, _, moved = form["move"].partition(":")
    wanted = shifted(form["showcase"], way, moved)
    try:
        with transaction():
            showcase.choose_showcase(person_id=me(), award_ids=wanted)
            settle(now())
            # No anchor after a move: a browser that jumps to one passes over the button that takes the focus.
            return _kept(None, moved=moved, way=way) if moved else _kept("showcase", saved="showcase")
    except Refused as no:
        answer = render(
            "home/profile.html", "home/_profile.html", refusal=no.message, **_chosen(ticked=wanted)
        )
        answer.status_code = no.status
        return answer


def _kept(anchor: str | None, **told: Any) -> Response:
    return done("home/_profile.html", url_for(".mine", _anchor=anchor, **told), **_chosen(**told))


def shifted(award_ids: Sequence[uuid.UUID], way: str, moved: str) -> list[uuid.UUID]:
    """The same ids with one of them a place further up or down; at its end it stays."""
    found = list(dict.fromkeys(award_ids))
    place = next((place for place, one in enumerate(found) if str(one) == moved), None)
    other = None if place is None else place - 1 if way == "up" else place + 1
    if place is not None and other is not None and 0 <= other < len(found):
        found[place], found[other] = found[other], found[place]
    return found


def _chosen(
    *, ticked: Sequence[uuid.UUID] | None = None, moved: str = "", way: str = "", saved: str = ""
) -> dict[str, Any]:
    """What one shows; the badges as they are kept, or as they were ticked in a form that came back."""
    worn = showcase.to_choose(showcase.display(me(), "me").all)
    on = [one.id for one in worn if one.position is not None] if ticked is None else list(ticked)
    place = {award_id: number for number, award_id in enumerate(on)}
    return {
        "person": people.get_person(me()),
        "rows": sorted(worn, key=lambda one: place.get(one.id, len(place))),
        "place": place,
        "number": next((number for one, number in place.items() if str(one) == moved), 0) + 1,
        "moved": moved,
        "way": way,
        "saved": saved,
        "most": SHOWCASE,
    }
