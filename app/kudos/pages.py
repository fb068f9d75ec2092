"""The wall of kudos with its form."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.db import transaction
from app.errors import NotFound, Refused
from app.kudos import actions, queries
from app.kudos.rules import RECEIVERS
from app.kudos.schemas import BIGGEST, KudosForm, PeopleQuery, ReceiversForm, VisibilityIn, WallPageQuery
from app.outbox import settle
from app.people.meant import WhoIsMeant, meant
from app.people.queries import colleagues
from app.vision import queries as vision
from app.web import body, done, now, query, render, swaps

pages = Blueprint("kudos", __name__)
ONE = f"/kudos/<int(max={BIGGEST}):kudos_id>"


@pages.get("/kudos")
@may("person")
def wall() -> ResponseReturnValue:
    asked = query(WallPageQuery())
    to = queries.with_handle(me(), asked.pop("to"))
    return _wall(asked, **_form({"receivers": [to] if to else []}))


def _wall(asked: dict[str, Any], **form: Any) -> Response:
    cards, more = queries.wall(me(), **asked, limit=queries.PAGE)
    context = {
        "cards": cards,
        "more": more,
        "show": asked["show"],
        "further": asked["before"] and swaps(),
        **_words(),
        **form,
    }
    return render("kudos/wall.html", "kudos/_cards.html", **context)


@pages.post("/kudos")
@may("person")
def give() -> ResponseReturnValue:
    try:
        if "more" in request.form:
            found = body(ReceiversForm())
            return _again(None, _receivers(found["receivers"], found["who"]))
        form = body(KudosForm())
        form["receivers"] = _receivers(form["receivers"], form.pop("who"))
        with transaction():
            (kudos_id,) = actions.give_kudos([actions.NewKudos(giver_id=me(), **form)], at=now())
            settle(now())
            context = {"card": _must(kudos_id), **_words(), **_form({})}
            return done("kudos/_given.html", url_for(".wall", _anchor=f"kudos-{kudos_id}"), **context)
    except (ValidationError, Refused) as no:
        return _again(no, [_number(one) for one in request.form.getlist("receivers")])


@pages.get("/kudos/people")
@may("person")
def people() -> ResponseReturnValue:
    """Names for the box, while one types."""
    found = colleagues(query(PeopleQuery())["who"], but=me(), limit=8)
    return render("people/_names.html", people=found)


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
        return _card(kudos_id)


@pages.post(f"{ONE}/thanks")
@may("person")
def thank(kudos_id: int) -> ResponseReturnValue:
    with transaction():
        actions.thank_back([(kudos_id, me())], at=now())
        return _card(kudos_id)


def _card(kudos_id: int) -> Response:
    return done(
        "kudos/_card.html", url_for(".one", kudos_id=kudos_id), card=_must(kudos_id), focus=True, **_words()
    )


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


# The form: what was typed, and what is wrong with it --------------------------------------------------------


def _words() -> dict[str, Any]:
    """What every card and form needs to name skills."""
    skills = vision.told()
    choice = [skill for skill in skills if not skill["retired"]]
    return {"skills": choice, "skill_of": {skill["id"]: skill for skill in skills}}


def _form(typed: dict[str, Any], no: ValidationError | Refused | None = None) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "receivers": [],
        "who": "",
        "message": "",
        "skill_id": None,
        "lang": str(get_locale()),
        "once": "",
    }
    left = queries.allowance(me(), now())
    return {"typed": empty | typed, "near": queries.near(me()), "maybe": (), "left": left, **_said(no)}


def _said(no: ValidationError | Refused | None) -> dict[str, Any]:
    """What is wrong in all, and with which field."""
    if no is None:
        return {"refusal": None, "wrong": {}}
    if isinstance(no, Refused):
        return {"refusal": str(no.message), "wrong": {name: str(said) for name, said in no.fields.items()}}
    return {"refusal": None, "wrong": {name: str(actions.WRONG.get(name, no)) for name in no.messages_dict}}


def _again(no: ValidationError | Refused | None, ticked: list[int]) -> Response:
    """The form comes back with what was typed: something is wrong, or one more receiver is to be found."""
    sent = request.form
    typed: dict[str, Any] = {name: sent.get(name, "") for name in ("message", "lang", "once")}
    typed |= {"skill_id": _number(sent.get("skill_id", "")), "who": sent.get("who", "") if no else ""}
    typed["receivers"] = queries.these(me(), ticked[: RECEIVERS[1]])
    form = _form(typed, no)
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
    return _wall({"show": "all", "before": None}, **form)


def _number(sent: str) -> int:
    """An id that was sent, or 0, which nobody has."""
    return int(sent) if sent.isdecimal() and len(sent) < 19 else 0
