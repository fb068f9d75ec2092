"""Kudos in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.db import transaction
from app.errors import NotFound
from app.kudos import actions, queries
from app.kudos.schemas import (
    BIGGEST,
    AllowanceOut,
    KudosIn,
    KudosOut,
    VisibilityIn,
    WallApiQuery,
    WallOut,
)
from app.outbox import settle
from app.web import now

api = Blueprint("kudos_api", __name__, url_prefix="/api/v1", description="Thanks to colleagues")
ONE = f"/kudos/<int(max={BIGGEST}):kudos_id>"


@api.route("/kudos", methods=["GET"])
@may("person")
@api.arguments(WallApiQuery, location="query")
@api.response(200, WallOut)
def wall(asked: dict[str, Any]) -> dict[str, Any]:
    """The kudos that you may see, newest first."""
    cards, more = queries.wall(me(), **asked)
    return {"kudos": [_out(card) for card in cards], "next": more}


@api.route("/kudos", methods=["POST"])
@may("person")
@api.arguments(KudosIn)
@api.response(201, KudosOut)
@api.alt_response(409, description="the same `once` was sent before with other thanks")
def give(form: dict[str, Any]) -> dict[str, Any]:
    """Thank colleagues, from your allowance of this month."""
    with transaction():
        (kudos_id,) = actions.give_kudos([actions.NewKudos(giver_id=me(), **form)], at=now())
        settle(now())
        return _out(_must(kudos_id))


@api.route("/kudos/allowance", methods=["GET"])
@may("person")
@api.response(200, AllowanceOut)
def allowance() -> dict[str, Any]:
    """How many colleagues you can still thank this month."""
    left = queries.allowance(me(), now())
    return {"month": left.month, "allowance": left.allowance, "left": left.left, "renews_on": left.renews_on}


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, KudosOut)
@api.alt_response(404, description="is not there, or not for you")
def one(kudos_id: int) -> dict[str, Any]:
    """One of the kudos that you may see."""
    return _out(_must(kudos_id))


@api.route(f"{ONE}/visibility", methods=["POST"])
@may("person")
@api.arguments(VisibilityIn)
@api.response(200, KudosOut)
@api.alt_response(404, description="is not there, or you were not the one thanked")
def choose(form: dict[str, Any], kudos_id: int) -> dict[str, Any]:
    """Choose who else sees thanks that you got; others see them as wide as all receivers allow."""
    with transaction():
        actions.choose_visibility([actions.Choice(kudos_id=kudos_id, person_id=me(), **form)])
        return _out(_must(kudos_id))


@api.route(f"{ONE}/thanks", methods=["POST"])
@may("person")
@api.response(200, KudosOut)
@api.alt_response(404, description="is not there, or you were not the one thanked")
def thank(kudos_id: int) -> dict[str, Any]:
    """Say thanks back."""
    with transaction():
        actions.thank_back([(kudos_id, me())], at=now())
        return _out(_must(kudos_id))


def _must(kudos_id: int) -> queries.Card:
    card = queries.card(me(), kudos_id)
    if card is None:
        raise NotFound(actions.NOT_THERE)
    return card


def _out(card: queries.Card) -> dict[str, Any]:
    kudos = card.kudos
    return {
        **kudos._mapping,
        "giver": {"id": kudos.giver_id, "name": kudos.giver},
        "receivers": [{"id": receiver.id, "name": receiver.name} for receiver in card.receivers],
        "visible": kudos.my_choice,
        "thanked_at": kudos.i_thanked_at,
    }
