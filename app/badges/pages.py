"""The album, one badge, the moment of a new one, an award's own page, and pictures as files."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.access import asker, may, me
from app.badges import actions, agreeing, files, holders, moments, names, queries, shelf, showing
from app.badges.schemas import AlbumQuery, AnswerIn, AskIn, MomentForm, ShowForm, StandingForm, TileForm
from app.db import transaction
from app.errors import NotFound
from app.language import lang
from app.outbox import settle
from app.people.queries import Card, cards
from app.points import queries as points
from app.web import NOT_THERE, body, done, now, query, render, swaps

pages = Blueprint("badges", __name__)

FRESH = timedelta(days=7)
FOREVER = "public, max-age=31536000, immutable"
NO_ROBOTS = {"X-Robots-Tag": "noindex"}
PICTURE = 512


@pages.get("/album")
@may("person")
def album() -> ResponseReturnValue:
    asked = query(AlbumQuery())
    by, one = asked["by"], asked["open"] or asked["shut"]
    if one is not None and swaps():
        tile = _tile(one, by, opened=asked["open"], focused=asked["open"] is None)
        return render("badges/_tile.html", "badges/_tile.html", **tile)
    look = shelf.look(me(), lang(), now())
    with_points = points.with_points(game=asker().game)
    return render(
        "badges/album.html",
        "badges/_album.html",
        by=by,
        earned=look.earned,
        reachable=look.reachable(with_points=with_points),
        sets=shelf.sets(look.shown, with_points=with_points) if by == "skill" else [],
        swapped=swaps(),
        with_points=with_points,
        fresh_since=now() - FRESH,
        opened=asked["open"],
        shut=asked["shut"],
    )


@pages.post("/album/<uuid:award_id>")
@may("person")
def show_tile(award_id: Any) -> ResponseReturnValue:
    """Who may open it, chosen at its tile; whether it may be used in a review stays as it is."""
    form = body(TileForm())
    with transaction():
        agreeing.show(award_id=award_id, by=me(), visible=form["visible"])
        tile = _tile(award_id, form["by"], focused=True)
        return done("badges/_tile.html", _at_tile(award_id, form["by"]), changed=True, **tile)


def _tile(award_id: Any, by: str, *, opened: Any = None, focused: bool = False) -> dict[str, Any]:
    """One tile of one's own album: of a badge the award that stands there, the highest."""
    look = shelf.look(me(), lang(), now())
    one = next((one for one in look.earned if one.held and one.held.id == award_id), None)
    if one is None:
        raise NotFound(agreeing.NOT_THERE)
    return {"one": one, "by": by, "opened": opened, "focused": focused, "fresh_since": now() - FRESH}


def _at_tile(award_id: Any, by: str) -> str:
    return url_for(".album", by=None if by == "earned" else by, _anchor=f"tile-{award_id}")


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
        version=definition,
        skill=names.called().skill_of.get(shown.skill or ""),
        with_points=with_points,
        showing=holders.showing(definition.achievement_id, me()),
        on_word=(on_word := any(step.on_word for step in shown.steps if not step.met)),
        manager=_manager() if on_word else None,
    )


def _manager() -> Card | None:
    """Who is asked to confirm what one logs, where one names nobody."""
    manager_id = asker().manager_id
    found = cards([manager_id]).get(manager_id) if manager_id else None
    return found if found and found.active else None


def _receipt(held: shelf.Holding) -> Any:
    """Where the points of an award are accounted for."""
    entry = next(iter(points.entries_of_awards([held.id])), None)
    return url_for("home.receipts", entry=entry.id, _anchor=f"entry-{entry.id}") if entry else None


# The moment of a new badge ----------------------------------------------------------------------------------


def celebrates() -> bool:
    """Whether new badges come to whoever asks as a dialog. Without points and boards, or calmly, home tells them."""
    return asker().moments and points.with_points(game=asker().game)


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


# An award's own page ----------------------------------------------------------------------------------------


@pages.get("/b/<uuid:award_id>")
@may("anybody")
def award(award_id: Any) -> ResponseReturnValue:
    """Never kept by anybody on the way: its holder can close it at any moment."""
    shown = _must(award_id)
    told, untold = showing.asked_for(shown, lang())
    answer = render(
        "badges/award.html",
        award=shown,
        rests=showing.rests_on(shown),
        told=told,
        untold=untold,
        skill=names.called().skill_of.get(shown.definition.body["skill"] or ""),
        picture=f"/pictures/{shown.picture.name('png', 1200)}",
        **_controls(shown),
    )
    answer.headers.update(NO_ROBOTS)
    return answer


@pages.get("/b/<uuid:award_id>.svg", defaults={"suffix": "svg"})
@pages.get("/b/<uuid:award_id>.png", defaults={"suffix": "png"})
@may("anybody")
def award_picture(award_id: Any, suffix: str) -> ResponseReturnValue:
    """Its picture, for whoever may open the page."""
    drawn = _must(award_id).picture.file(suffix, PICTURE)
    return Response(drawn, content_type=files.TYPES[suffix], headers=NO_ROBOTS)


@pages.post("/b/<uuid:award_id>/visible")
@may("person")
def show(award_id: Any) -> ResponseReturnValue:
    form = body(ShowForm())
    with transaction():
        agreeing.show(award_id=award_id, by=me(), **form)
        return _changed("badges/_visible.html", award_id, "visible")


@pages.post("/b/<uuid:award_id>/asked")
@may("person")
def ask(award_id: Any) -> ResponseReturnValue:
    form = body(AskIn())
    with transaction():
        agreeing.ask(award_id=award_id, by=me(), colleague_id=form["colleague"], at=now())
        settle(now())
        return _changed("badges/_names.html", award_id, "names")


def _changed(fragment: str, award_id: Any, anchor: str) -> Response:
    shown = _must(award_id)
    then = url_for(".award", award_id=award_id, _anchor=anchor)
    return done(fragment, then, award=shown, changed=True, **_controls(shown))


def _controls(shown: showing.Shown) -> dict[str, Any]:
    """What only its holder sees beside the page."""
    mine = shown.person_id == asker().person_id
    return {
        "mine": mine,
        "colleagues": showing.colleagues(shown) if mine else (),
        "evidence": shelf.evidence(me(), shown.evidence) if mine and not shown.revoked_at else (),
    }


def _must(award_id: Any) -> showing.Shown:
    shown = showing.award(award_id, asker().person_id)
    if shown is None:
        raise NotFound(agreeing.NOT_THERE)
    return shown


@pages.get("/me/asked")
@may("person")
def asked() -> ResponseReturnValue:
    return render("badges/asked.html", "badges/_asked.html", asked=showing.asked_of(me()))


@pages.post("/me/asked/<uuid:award_id>")
@may("person")
def answer(award_id: Any) -> ResponseReturnValue:
    form = body(AnswerIn())
    with transaction():
        agreeing.answer(award_id=award_id, by=me(), agreed=form["answer"] == "yes", at=now())
        then = url_for(".asked", _anchor=f"asked-{award_id}")
        return done("badges/_asked.html", then, asked=showing.asked_of(me()), changed=form["answer"])


# Who sees my badges -----------------------------------------------------------------------------------------


@pages.get("/me/visibility")
@may("person")
def visibility() -> ResponseReturnValue:
    saved = "saved" in request.args
    return render("badges/visibility.html", "badges/_visibility.html", **_choices(saved=saved))


@pages.post("/me/visibility")
@may("person")
def choose() -> ResponseReturnValue:
    form = body(StandingForm())
    with transaction():
        agreeing.choose_for_new(person_id=me(), **form)
        settle(now())
        return done("badges/_visibility.html", url_for(".visibility", saved=1), **_choices(saved=True))


def _choices(*, saved: bool = False) -> dict[str, Any]:
    """What new badges start with, and each badge of now as it stands."""
    known = queries.catalogue()
    rows = [(one, known.definition(one.version_id)) for one in shelf.held(me())]
    return {"standing": agreeing.standing_choice(me()), "rows": rows, "saved": saved}


# Pictures as files ------------------------------------------------------------------------------------------


@pages.get("/pictures/<int:version>/<name>.<any(svg, png):suffix>")
@may("anybody")
def picture(version: int, name: str, suffix: str) -> ResponseReturnValue:
    """An address holds one picture for ever; only those that we gave out are drawn."""
    found = files.named(version, name, suffix)
    if found is None:
        raise NotFound(NOT_THERE)
    drawn, px = found
    made = Response(drawn.file(suffix, px), content_type=files.TYPES[suffix])
    made.headers["Cache-Control"] = FOREVER
    return made
