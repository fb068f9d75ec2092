"""The same in JSON: who looked, what was done, what is stored of me."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.privacy import asking, queries
from app.privacy.schemas import (
    ActsOut,
    ActsQuery,
    AuditsOut,
    LooksOut,
    OlderQuery,
    RefusedLooksOut,
)

api = Blueprint("privacy_api", __name__, url_prefix="/api/v1", description="Privacy")


@api.route("/me/looks", methods=["GET"])
@may("person")
@api.arguments(OlderQuery, location="query")
@api.response(200, LooksOut)
def looks(asked: dict[str, Any]) -> dict[str, Any]:
    """Who looked at what not every colleague may see of you, the latest first; looks that were refused too."""
    told, older = queries.looks_at_me(me(), before=asking.place(asked))
    return {"looks": [_look(one) for one in told], "next": _next(older)}


@api.route("/me/acts", methods=["GET"])
@may("person")
@api.arguments(OlderQuery, location="query")
@api.response(200, ActsOut)
def acts(asked: dict[str, Any]) -> dict[str, Any]:
    """What was done about you, the latest first."""
    told, older = queries.acts(person_id=me(), before=asking.place(asked))
    return {"acts": told, "next": _next(older)}


@api.route("/audit", methods=["GET"])
@may("admin", "privacy")
@api.arguments(ActsQuery, location="query")
@api.response(200, AuditsOut)
def audit(asked: dict[str, Any]) -> dict[str, Any]:
    """What was done: by kind, who, about whom, when. Whom it is about can read that you looked."""
    told, older = asking.found(asked)
    return {"acts": told, "next": _next(older)}


@api.route("/looks/refused", methods=["GET"])
@may("admin", "privacy")
@api.arguments(OlderQuery, location="query")
@api.response(200, RefusedLooksOut)
def refused(asked: dict[str, Any]) -> dict[str, Any]:
    """Looks that were refused, the latest first."""
    told, older = asking.refused_looks(asked)
    return {"looks": [{**_look(one), "whom": one.whom} for one in told], "next": _next(older)}


def _look(one: queries.Looked) -> dict[str, Any]:
    return {"hour": one.at, "what": one.what, "said": one.said, "allowed": one.allowed, "who": one.who}


def _next(older: queries.Older) -> dict[str, Any] | None:
    return {"before": older[0], "before_id": older[1]} if older else None
