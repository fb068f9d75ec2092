"""Kudos in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.db import transaction
from app.errors import NotFound
from app.kudos import actions, queries
from app.kudos import allowance as pot
from app.kudos.schemas import (
    BIGGEST,
    AllowanceOut,
    KudosIn,
    KudosOut,
    NotThankedOut,
    TeamOut,
    TeamsQuery,
    VisibilityIn,
    WallApiQuery,
    WallOut,
    WeightOut,
    WeightsQuery,
    WordsIn,
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
    """The kudos that you may see, newest first; all, or those that somebody or people of a team got."""
    of, team = queries.whose(asked.pop("of"), asked.pop("team"))
    cards, more = queries.wall(me(), of=of.id if of else None, team=team.id if team else None, **asked)
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
    left = pot.left(me(), now())
    return {
        "month": left.month,
        "allowance": left.allowance,
        "left": left.left,
        "teams": left.pool,
        "teams_left": left.teams_left,
        "renews_on": left.renews_on,
    }


@api.route("/kudos/teams", methods=["GET"])
@may("person")
@api.arguments(TeamsQuery, location="query")
@api.response(200, TeamOut(many=True))
def teams(asked: dict[str, Any]) -> Any:
    """Teams that you can thank as a whole: yours, those you lead, then others; or those with this in their name."""
    return queries.teams(me(), asked["team"])


@api.route("/kudos/weights", methods=["GET"])
@may("person")
@api.arguments(WeightsQuery, location="query")
@api.response(200, WeightOut(many=True))
def weights(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What thanks to these colleagues would count for now."""
    found = queries.weights(me(), queries.these(me(), asked["person"]), now())
    told = [one._asdict() for one in found]
    return (
        told
        if queries.with_points(game=asker().game)
        else [{**one, "earlier": None, "weight": None} for one in told]
    )


@api.route("/kudos/not-thanked", methods=["GET"])
@may("person")
@api.response(200, NotThankedOut(many=True))
def not_thanked() -> Any:
    """Who has you as their manager and had no thanks from you for 60 days, in the order of names."""
    return queries.not_thanked(me(), now())


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
        settle(now())
        return _out(_must(kudos_id))


@api.route(f"{ONE}/undo", methods=["POST"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or you did not give it")
@api.alt_response(422, description="ten minutes are over, or somebody has said thanks for it")
def undo(kudos_id: int) -> None:
    """Take back what you gave: nothing of it remains."""
    with transaction():
        actions.undo([(kudos_id, me())], at=now())
        settle(now())


@api.route(f"{ONE}/words", methods=["POST"])
@may("person")
@api.arguments(WordsIn)
@api.response(200, KudosOut)
@api.alt_response(404, description="is not there, or nobody asked you for other words")
def reword(form: dict[str, Any], kudos_id: int) -> dict[str, Any]:
    """Say it in other words, as the care desk asked."""
    with transaction():
        actions.reword([actions.NewWords(kudos_id=kudos_id, by=me(), message=form["message"])], at=now())
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
        "undo_until": card.undo_until(now()),
        "hidden": kudos.hidden_at is not None,
    }
