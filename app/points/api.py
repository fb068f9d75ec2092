"""The rules for points in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.config import timezone
from app.db import transaction
from app.outbox import settle
from app.points import actions, queries, versions
from app.points.rules import KINDS, NONE, too_few
from app.points.schemas import PreviewIn, PreviewOut, RulesIn, RulesOut
from app.web import now

api = Blueprint("rules_api", __name__, url_prefix="/api/v1", description="What counts for how much")


@api.route("/rules", methods=["GET"])
@may("learning", "admin", "council")
@api.response(200, RulesOut)
def in_force() -> dict[str, Any]:
    """The rules in force, and earlier versions."""
    return _told()


@api.route("/rules", methods=["PUT"])
@may("learning", "admin")
@api.arguments(RulesIn)
@api.response(200, RulesOut)
@api.alt_response(409, description="somebody else changed the rules in the meantime")
def change(form: dict[str, Any]) -> dict[str, Any]:
    """Put other rules in force from now on; what was earned stays as it is."""
    with transaction():
        actions.change_rules(versions.checked(form["rules"]), seen=form["seen"], by=me(), at=now())
        settle(now())
        return _told()


@api.route("/rules/preview", methods=["POST"])
@may("learning", "admin")
@api.arguments(PreviewIn)
@api.response(200, PreviewOut)
def preview(form: dict[str, Any]) -> dict[str, Any]:
    """What these rules would have done last month, beside those in force. Changes nothing."""
    found, month = versions.last_month(versions.checked(form["rules"]), at=now())
    kinds = [(kind, found.kinds[kind]) for kind in KINDS if kind in found.kinds]
    people = {"more": found.more, "less": found.less, "same": found.same}
    return {
        "month": month.astimezone(timezone()).strftime("%Y-%m"),
        **{name: None if too_few(number) else number for name, number in people.items()},
        "kinds": [
            {
                "kind": kind,
                "before": of.before if of.shown else None,
                "after": of.after if of.shown else None,
            }
            for kind, of in kinds
        ],
    }


def _told() -> dict[str, Any]:
    stored = queries.stored()
    known = versions.kept(stored, named=bool(asker().roles & {"learning", "admin"}))
    written = queries.as_written([row.rules for row in stored])
    return {
        "version": stored[0].id if stored else None,
        "valid_from": stored[0].valid_from if stored else None,
        "rules": written[0] if written else NONE,
        "versions": [{**one, "rules": rules} for one, rules in zip(known, written, strict=True)],
    }
