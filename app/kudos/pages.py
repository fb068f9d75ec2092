"""The wall of kudos with its form."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.db import transaction
from app.errors import NotFound, Refused
from app.kudos import actions, allowance, queries
from app.kudos.rules import RECEIVERS
from app.kudos.schemas import (
    BIGGEST,
    KudosForm,
    PeopleQuery,
    ReceiversForm,
    TeamsQuery,
    VisibilityIn,
    WallPageQuery,
    WordsIn,
)
from app.outbox import settle
from app.people.meant import WhoIsMeant, meant
from app.people.queries import colleagues
from app.vision import queries as vision
from app.web import body, done, now, query, render, swaps, wrong_with

pages = Blueprint("kudos", __name__)
ONE = f"/kudos/<int(max={BIGGEST}):kudos_id>"
UNDONE = _l("Taken back. Nobody sees it any more, and you can thank as many as before.")
NO_TEAM = _l("We know no team called that. Type a part of its name.")
SEVERAL_TEAMS = _l("Several teams are called that. Choose which you mean.")


@pages.get("/kudos")
@may("person")
def wall() -> ResponseReturnValue:
    asked = query(WallPageQuery())
    to = queries.with_handle(me(), asked.pop("to"))
    undone, like = asked.pop("undone"), asked.pop("like")
    typed: dict[str, Any] = {"receivers": [to] if to else []}
    if undone:
        asked["flashes"] = [("ok", UNDONE)]
    return _wall(asked, **_form(typed | _like(like)))


def _like(kudos_id: int | None) -> dict[str, Any]:
    """Who else helped: the words of thanks that one gave or got, to begin with."""
    card = queries.card(me(), kudos_id) if kudos_id else None
    if card is None or not (card.kudos.given or card.kudos.received):
        return {}
    return {**{name: getattr(card.kudos, name) for name in ("message", "skill_id", "lang")}, "like": card}


def _wall(asked: dict[str, Any], **form: Any) -> Response:
    flashes = asked.pop("flashes", [])
    of, of_team = queries.whose(asked["of"], asked["team"])
    cards, more = queries.wall(
        me(),
        **{**asked, "of": of.id if of else None, "team": of_team.id if of_team else None},
        limit=queries.PAGE,
    )
    context = {
        "cards": cards,
        "more": more,
        "show": asked["show"],
        "asked": {name: asked[name] for name in ("show", "of", "team") if asked[name]},
        "of": of,
        "of_team": of_team,
        "further": asked["before"] and swaps(),
        "flashes": flashes,
        **_words(),
        **form,
    }
    if not swaps():
        context |= {"not_thanked": queries.not_thanked(me(), now()) if "manager" in asker().roles else None}
    return render("kudos/wall.html", "kudos/_cards.html", **context)


@pages.post("/kudos")
@may("person")
def give() -> ResponseReturnValue:
    try:
        if "more" in request.form:
            return _one_more(request.form["more"])
        form = body(KudosForm())
        form["receivers"] = _receivers(form["receivers"], form.pop("who"))
        form["team_id"] = _team(form["team_id"], form.pop("team"))
        if form["receivers"] and form["team_id"]:
            raise Refused(actions.WRONG["both"])
        with transaction():
            (kudos_id,) = actions.give_kudos([actions.NewKudos(giver_id=me(), **form)], at=now())
            settle(now())
            context = {"card": _must(kudos_id), **_words(), **_form({})}
            return done("kudos/_given.html", url_for(".wall", _anchor=f"kudos-{kudos_id}"), **context)
    except (ValidationError, Refused) as no:
        return _again(no, [_number(one) for one in request.form.getlist("receivers")], _sent_team())


def _one_more(wanted: str) -> Response:
    """Before it is sent: one more name, a team in their place, or names in the place of a team."""
    found = body(ReceiversForm())
    if wanted == "names":
        return _again(None, found["receivers"])
    team_id = _team(found["team_id"], found["team"])
    if wanted == "team" and team_id is None:
        raise Refused(actions.WRONG["team"], fields={"team": actions.WRONG["team"]})
    return _again(None, [] if team_id else _receivers(found["receivers"], found["who"]), team_id)


@pages.post("/kudos/preview")
@may("person")
def preview() -> ResponseReturnValue:
    """How it will look, while one writes; by a button of the form, the page with it. Nothing is kept."""
    found = body(ReceiversForm())
    if swaps():
        team_id = found["team_id"]
        ticked = queries.these(me(), found["receivers"])
        typed = {**_sent_words(), "who": found["who"].partition(" (")[0], "receivers": ticked}
        typed["team"] = queries.team(team_id) if team_id else None
        return render("kudos/_preview.html", typed=typed, **_words())
    return _again(None, found["receivers"], found["team_id"], who=found["who"], looks=True)


@pages.get("/kudos/people")
@may("person")
def people() -> ResponseReturnValue:
    """Names for the box, while one types; by its address the page with the box."""
    found = colleagues(query(PeopleQuery())["who"], but=me(), limit=8)
    return done("people/_names.html", url_for(".wall"), people=found)


@pages.get("/kudos/teams")
@may("person")
def teams() -> ResponseReturnValue:
    """Teams for the box, while one types."""
    found = queries.teams(me(), query(TeamsQuery())["team"])
    return done("kudos/_teams.html", url_for(".wall"), teams=found)


@pages.get(ONE)
@may("person")
def one(kudos_id: int) -> ResponseReturnValue:
    return render("kudos/one.html", "kudos/_card.html", card=_must(kudos_id), **_words())


@pages.post(f"{ONE}/visibility")
@may("person")
def choose(kudos_id: int) -> ResponseReturnValue:
    form = body(VisibilityIn())
    with transaction():
        actions.choose_visibility([actions.Choice(kudos_id=kudos_id, person_id=me(), **form)])
        return _card(kudos_id, _("Saved."))


@pages.post(f"{ONE}/thanks")
@may("person")
def thank(kudos_id: int) -> ResponseReturnValue:
    with transaction():
        actions.thank_back([(kudos_id, me())], at=now())
        settle(now())
        return _card(kudos_id)


@pages.post(f"{ONE}/undo")
@may("person")
def undo(kudos_id: int) -> ResponseReturnValue:
    with transaction():
        actions.undo([(kudos_id, me())], at=now())
        settle(now())
        return done("kudos/_undone.html", url_for(".wall", undone=1))


@pages.post(f"{ONE}/words")
@may("person")
def reword(kudos_id: int) -> ResponseReturnValue:
    card = _must(kudos_id)
    try:
        form = body(WordsIn())
        with transaction():
            actions.reword([actions.NewWords(kudos_id=kudos_id, by=me(), message=form["message"])], at=now())
            return _card(kudos_id)
    except ValidationError:
        said = {"reworded": request.form.get("message", ""), "not_so": actions.WRONG["message"]}
        answer = render("kudos/one.html", "kudos/_card.html", card=card, **said, **_words())
        answer.status_code = 422
        return answer


def _card(kudos_id: int, kept: str = "") -> Response:
    """The card as it is now; `kept` is said aloud."""
    there, card = url_for(".one", kudos_id=kudos_id), _must(kudos_id)
    return done("kudos/_card.html", there, card=card, focus=True, kept=kept, **_words())


def _must(kudos_id: int) -> queries.Card:
    card = queries.card(me(), kudos_id)
    if card is None:
        raise NotFound(actions.NOT_THERE)
    return card


# Who is meant: ticked, or typed by name ---------------------------------------------------------------------


def _receivers(ticked: list[int], typed: str) -> list[int]:
    """Who is ticked, and whoever the typed name can only be."""
    found = meant(typed, field="receivers", but=me())
    return list(dict.fromkeys([*ticked, *([found.id] if found else [])]))


def _team(ticked: int | None, typed: str) -> int | None:
    """The team that is ticked, or the one that the typed name can only be."""
    typed = typed.strip()
    if ticked or not typed:
        return ticked
    found = queries.teams(me(), typed.partition(" (")[0])
    whole = {typed.casefold()}
    exactly = [one for one in found if {one.name.casefold(), _team_label(one).casefold()} & whole]
    if len(exactly or found) == 1:
        team_id: int = (exactly or found)[0].id
        return team_id
    said = SEVERAL_TEAMS if found else NO_TEAM
    raise WhichTeam(said, fields={"team": said}, maybe=exactly or found)


def _team_label(team: Any) -> str:
    """As the list under the box has it."""
    return f"{team.name} ({team.department})" if team.department else str(team.name)


class WhichTeam(Refused):
    """The box with a team says none, or several; the form comes back with which it can be."""

    def __init__(self, message: object, *, fields: dict[str, object], maybe: Sequence[Any]) -> None:
        super().__init__(message, fields=fields)
        self.maybe = maybe


def _sent_team() -> int | None:
    return _number(request.form.get("team_id", "")) or None


# The form: what was typed, and what is wrong with it --------------------------------------------------------


def _words() -> dict[str, Any]:
    """What every card and form needs to name skills."""
    skills = vision.told()
    choice = [skill for skill in skills if not skill["retired"]]
    return {
        "skills": choice,
        "skill_of": {skill["id"]: skill for skill in skills},
        "damped": queries.with_points(game=asker().game),
    }


def _form(typed: dict[str, Any], no: ValidationError | Refused | None = None) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "receivers": [],
        "who": "",
        "message": "",
        "skill_id": None,
        "lang": str(get_locale()),
        "once": "",
        "team": None,
        "members": [],
        "team_name": "",
        "like": None,
        "looks": False,
    }
    typed = empty | typed
    left = allowance.left(me(), now())
    told = {"near": queries.near(me()), "near_teams": queries.teams(me()), "maybe": (), "maybe_teams": ()}
    return {"typed": typed, **told, "left": left, "weights": _weights(typed), **wrong_with(no, actions.WRONG)}


def _weights(typed: dict[str, Any]) -> list[queries.Weight]:
    """To whom of those chosen thanks count for less now; nobody who does without points is told."""
    chosen = [*typed["receivers"], *typed["members"]]
    if not chosen or not queries.with_points(game=asker().game):
        return []
    return [one for one in queries.weights(me(), chosen, now()) if one.weight < 1]


def _sent_words() -> dict[str, Any]:
    """What was typed, as it was."""
    sent = request.form
    typed: dict[str, Any] = {name: sent.get(name, "") for name in ("message", "lang", "once")}
    return typed | {"message": typed["message"][:2000], "skill_id": _number(sent.get("skill_id", ""))}


def _again(
    no: ValidationError | Refused | None, ticked: list[int], team_id: int | None = None, who: str = "",
    looks: bool = False,
) -> Response:  # fmt: skip
    """The form comes back with what was typed: something is wrong, one more receiver is to be found, or one looks."""
    sent = request.form
    typed = _sent_words() | {"who": sent.get("who", "") if no else who, "looks": looks}
    typed["receivers"] = queries.these(me(), ticked[: RECEIVERS[1]])
    typed["team_name"] = sent.get("team", "") if no else ""
    typed["team"] = queries.team(team_id) if team_id else None
    if typed["team"]:
        typed["members"] = queries.these(me(), queries.members([team_id])[team_id])
    form = _form(typed, no)
    if isinstance(no, WhichTeam):
        form["maybe_teams"] = no.maybe
    if isinstance(no, WhoIsMeant) and no.maybe:
        form["maybe"] = [row for row in no.maybe if row.id not in ticked]
        form["typed"]["who"] = ""
    answer = _fitting(form)
    answer.status_code = 200 if no is None else no.status if isinstance(no, Refused) else 422
    answer.headers["HX-Retarget"] = "#kudos-form"
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def _fitting(form: dict[str, Any]) -> Response:
    if swaps():
        return render("kudos/_form.html", **_words(), **form)
    return _wall({"show": "all", "of": "", "team": None, "before": None}, **form)


def _number(sent: str) -> int:
    """An id that was sent, or 0, which nobody has."""
    return int(sent) if sent.isdecimal() and len(sent) < 19 else 0
