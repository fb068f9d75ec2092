"""Recognitions, nominations and occasions in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.db import transaction
from app.errors import NotFound
from app.outbox import settle
from app.recognitions import actions, nominating, queries
from app.recognitions.schemas import (
    BIGGEST,
    BecauseIn,
    ListApiQuery,
    MadeOut,
    NominationIn,
    NominationOut,
    NominationsIn,
    NominationsOut,
    OccasionIn,
    OccasionsOut,
    OccasionWholeOut,
    OccasionWrite,
    RecognitionIn,
    RecognitionOut,
    RecognitionsOut,
    TeamsOut,
    VisibleIn,
    WordsIn,
)
from app.web import now

api = Blueprint(
    "recognitions_api", __name__, url_prefix="/api/v1", description="Special recognitions, and nominations"
)
ONE = f"/recognitions/<int(max={BIGGEST}):recognition_id>"
OCCASION = f"/recognitions/occasions/<int(max={BIGGEST}):occasion_id>"
NOMINATION = f"/recognitions/nominations/<int(max={BIGGEST}):nomination_id>"


@api.route("/recognitions", methods=["GET"])
@may("person")
@api.arguments(ListApiQuery, location="query")
@api.response(200, RecognitionsOut)
def listed(asked: dict[str, Any]) -> dict[str, Any]:
    """The recognitions that you may see, newest first."""
    cards, more = queries.listed(me(), **asked)
    return {"recognitions": [_out(card) for card in cards], "next": more}


@api.route("/recognitions", methods=["POST"])
@may("person")
@api.arguments(RecognitionIn)
@api.response(201, RecognitionOut)
@api.alt_response(403, description="you have nobody to recognise: no reports, no jury, not HR")
@api.alt_response(409, description="decided before, or the same `once` was sent with other words")
def give(form: dict[str, Any]) -> dict[str, Any]:
    """Recognise your reports; as HR or jury of an occasion anybody but yourself."""
    with transaction():
        item = actions.NewRecognition(giver_id=me(), **form)
        (recognition_id,) = actions.give_recognitions([item], at=now())
        settle(now())
        return _out(_must(recognition_id))


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, RecognitionOut)
@api.alt_response(404, description="is not there, or not for you")
def one(recognition_id: int) -> dict[str, Any]:
    """One of the recognitions that you may see."""
    return _out(_must(recognition_id))


@api.route(f"{ONE}/visibility", methods=["POST"])
@may("person")
@api.arguments(VisibleIn)
@api.response(200, RecognitionOut)
@api.alt_response(404, description="is not there, or not yours")
def choose(form: dict[str, Any], recognition_id: int) -> dict[str, Any]:
    """Choose whether colleagues see a recognition that you got."""
    with transaction():
        actions.choose_visibility({(recognition_id, me()): form["visible"]})
        return _out(_must(recognition_id))


@api.route(f"{ONE}/withdrawal", methods=["POST"])
@may("person")
@api.arguments(BecauseIn)
@api.response(200, RecognitionOut)
@api.alt_response(403, description="neither its giver nor HR")
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="taken back before")
def withdraw(form: dict[str, Any], recognition_id: int) -> dict[str, Any]:
    """Take back a recognition that you gave, or as HR, with a reason that its receivers read."""
    with transaction():
        actions.withdraw([actions.Withdrawal(recognition_id=recognition_id, **form)], by=me(), at=now())
        settle(now())
        return _out(_must(recognition_id))


@api.route("/recognitions/nominations", methods=["GET"])
@may("person")
@api.response(200, NominationsOut)
def nominations() -> dict[str, Any]:
    """Whom you put forward, and what was said of you."""
    return {
        "made": [_nomination(row) for row in queries.nominations_by(me())],
        "of_me": [_nomination(row) for row in queries.nominations_of(me(), now())],
    }


@api.route("/recognitions/nominations", methods=["POST"])
@may("person")
@api.arguments(NominationIn)
@api.response(201, NominationOut)
@api.alt_response(409, description="you nominated this colleague for it before")
def nominate(form: dict[str, Any]) -> dict[str, Any]:
    """Put a colleague forward for an occasion."""
    with transaction():
        (made,) = nominating.nominate([nominating.NewNomination(nominator_id=me(), **form)], at=now())
        settle(now())
        return _nomination(queries.nomination(made))


@api.route("/recognitions/nominations/many", methods=["POST"])
@may("person")
@api.arguments(NominationsIn)
@api.response(201, MadeOut)
@api.alt_response(409, description="you nominated one of these for it before")
def nominate_many(form: dict[str, Any]) -> dict[str, Any]:
    """Put several colleagues forward, all of them or none."""
    new = [nominating.NewNomination(nominator_id=me(), **one) for one in form["nominations"]]
    with transaction():
        made = nominating.nominate(new, at=now())
        settle(now())
        rows = queries.nominations_by_id(made)
        return {"nominations": [_nomination(rows[id]) for id in made]}


@api.route("/recognitions/teams", methods=["GET"])
@may("person")
@api.response(200, TeamsOut)
def teams() -> dict[str, Any]:
    """The whole teams that you may recognise; none for who may recognise nobody."""
    may_give = queries.standing(me())
    rows = queries.teams_for(me(), may_give) if may_give.gives else []
    return {"teams": [{"id": row.id, "name": row.name, "department": row.department} for row in rows]}


@api.route(NOMINATION, methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not yours")
def take_back(nomination_id: int) -> None:
    """Take back a nomination of yours, as long as nominations are open."""
    with transaction():
        nominating.take_back_nominations([(nomination_id, me())], at=now())


@api.route("/recognitions/occasions", methods=["GET"])
@may("person")
@api.response(200, OccasionsOut)
def occasions() -> dict[str, Any]:
    """For which you can nominate now, and on which you decide."""
    return {
        "open": [_occasion(row) for row in queries.open_occasions(now())],
        "yours": [_occasion(row) for row in queries.occasions(me())],
    }


@api.route("/recognitions/occasions", methods=["POST"])
@may("hr")
@api.arguments(OccasionIn)
@api.response(201, OccasionWholeOut)
def open_occasion(form: dict[str, Any]) -> dict[str, Any]:
    """Open an occasion and appoint its jury."""
    with transaction():
        (made,) = nominating.open_occasions([nominating.NewOccasion(opened_by=me(), **form)], at=now())
        settle(now())
        return _whole(made)


@api.route(OCCASION, methods=["GET"])
@may("person")
@api.response(200, OccasionWholeOut)
@api.alt_response(404, description="is not there, or you do not decide on it")
def occasion(occasion_id: int) -> dict[str, Any]:
    """One on which you decide, with its nominations when they are closed."""
    return _whole(occasion_id)


@api.route(OCCASION, methods=["PUT"])
@may("hr")
@api.arguments(OccasionWrite)
@api.response(200, OccasionWholeOut)
@api.alt_response(404, description="is not there, or not yours to change")
@api.alt_response(409, description="there is a newer version")
def change_occasion(form: dict[str, Any], occasion_id: int) -> dict[str, Any]:
    """Change it as long as colleagues can nominate, for whoever opened it; the jury is told."""
    with transaction():
        to = nominating.OccasionChange(occasion_id=occasion_id, by=me(), **form)
        nominating.change_occasions([to], at=now())
        settle(now())
        return _whole(occasion_id)


@api.route(f"{OCCASION}/closing", methods=["POST"])
@may("hr")
@api.response(200, OccasionWholeOut)
@api.alt_response(404, description="is not there")
def close(occasion_id: int) -> dict[str, Any]:
    """End nominations now."""
    with transaction():
        nominating.close_nominations([occasion_id], by=me(), at=now())
        settle(now())
        return _whole(occasion_id)


@api.route(f"{OCCASION}/decision", methods=["POST"])
@may("person")
@api.arguments(WordsIn)
@api.response(200, OccasionWholeOut)
@api.alt_response(404, description="is not there, or you do not decide on it")
@api.alt_response(409, description="decided before")
def decide(form: dict[str, Any], occasion_id: int) -> dict[str, Any]:
    """End an occasion: what was not chosen is told so, all at once."""
    with transaction():
        decision = nominating.Decision(occasion_id=occasion_id, **form)
        nominating.decide_occasions([decision], by=me(), at=now())
        settle(now())
        return _whole(occasion_id)


# How they are told ------------------------------------------------------------------------------------------


def _must(recognition_id: int) -> queries.Card:
    return actions.open_card(
        viewer_id=me(), recognition_id=recognition_id, keeper="hr" in asker().roles, at=now()
    )


def _out(card: queries.Card) -> dict[str, Any]:
    row = card.recognition
    return {
        **row._mapping,
        "giver": {"id": row.giver_id, "name": row.giver},
        "receivers": [{"id": one.id, "name": one.name} for one in card.receivers],
        "team": row.team if card.whole else None,
        "visible": row.my_choice,
    }


def _nomination(row: Any) -> dict[str, Any]:
    return {
        **row._mapping,
        "nominee": {"id": row.nominee_id, "name": row.nominee},
        "nominator": {"id": row.nominator_id, "name": row.nominator},
    }


def _occasion(row: Any) -> dict[str, Any]:
    return {**row._mapping, "state": queries.state_of(row, now())}


def _whole(occasion_id: int) -> dict[str, Any]:
    row = queries.occasion(me(), occasion_id)
    if row is None:
        raise NotFound(actions.NO_OCCASION)
    return {
        **_occasion(row),
        "jury": [{"id": one.id, "name": one.name} for one in queries.juries([row.id])[row.id]],
        "nominations": [_nomination(one) for one in queries.nominations_seen(me(), row, now())],
    }
