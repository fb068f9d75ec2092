"""The organisation in JSON."""

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.admin.organisation import decide
from app.admin.schemas import OrganisationIn, OrganisationOut
from app.db import transaction
from app.outbox import settle
from app.people import actions
from app.people.queries import organisation as facts
from app.web import now

api = Blueprint("admin_api", __name__, url_prefix="/api/v1", description="What the organisation decided")
EVERYBODYS = ("name", "points_on", "boards_on")


@api.route("/organisation", methods=["GET"])
@may("person")
@api.response(200, OrganisationOut)
def organisation() -> dict[str, Any]:
    """Its name, and whether points and boards are there; for admins all that it decided."""
    return _told()


@api.route("/organisation", methods=["PUT"])
@may("admin")
@api.arguments(OrganisationIn)
@api.response(200, OrganisationOut)
def change(form: dict[str, Any]) -> dict[str, Any]:
    """Change what the organisation decided. Without points or boards what was counted stays, and goes on."""
    switches = {name: form.pop(name) for name in ("points_on", "boards_on")}
    with transaction():
        decide(form, by=me(), at=now())
        stands = facts()
        if switches != {"points_on": stands.points_on, "boards_on": stands.boards_on}:
            actions.switch(**switches, by=me(), at=now())
        settle(now())
        return _told()


def _told() -> dict[str, Any]:
    known = asdict(facts())
    return known if "admin" in asker().roles else {name: known[name] for name in EVERYBODYS}
