"""Clients and meanings in JSON."""

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.config import settings
from app.connections import actions, queries
from app.connections.rules import print_of
from app.connections.schemas import (
    BIGGEST,
    ClientIn,
    ClientsOut,
    DetailOut,
    RotationIn,
    RulesIn,
    RulesOut,
    SavedOut,
    SecretOut,
)
from app.db import transaction
from app.imports import refusals, seen
from app.outbox import settle
from app.people import actions as people
from app.people import clients
from app.people.actions import MadeClient
from app.web import now

api = Blueprint("connections_api", __name__, url_prefix="/api/v1", description="Systems that may speak to us")
ONE = f"/clients/<int(max={BIGGEST}):client_id>"
TOLD_BEFORE = "the same `once` was sent before; a secret is told once"


@api.route("/clients", methods=["GET"])
@may("admin")
@api.response(200, ClientsOut)
def all_of_them() -> dict[str, Any]:
    """All clients, without their secrets."""
    return {"clients": [{**asdict(line.client), "received_at": line.received_at} for line in queries.lines()]}


@api.route("/clients", methods=["POST"])
@may("admin")
@api.arguments(ClientIn)
@api.response(201, SecretOut)
@api.alt_response(409, description=TOLD_BEFORE)
def make(form: dict[str, Any]) -> dict[str, Any]:
    """Make a client; its secret is told here and never again."""
    with transaction():
        made = people.make_client(**form, at=now(), by=me())
        settle(now())
        return _told(made)


def _told(made: MadeClient) -> dict[str, Any]:
    origin = settings().origin
    return {**asdict(made), "endpoint": f"{origin}/xapi", "token_endpoint": f"{origin}/oauth/token"}


@api.route(ONE, methods=["GET"])
@may("admin")
@api.response(200, DetailOut)
def one(client_id: int) -> dict[str, Any]:
    """One client, with the figures of the last thirty days and what was refused."""
    found = clients.one(client_id)
    return {
        **asdict(found),
        "received_at": seen.last_received().get(client_id),
        "figures": seen.figures(client_id, now()),
        "refusals": [row._mapping for row in refusals.of(client_id, now())],
    }


@api.route(f"{ONE}/rotation", methods=["POST"])
@may("admin")
@api.arguments(RotationIn)
@api.response(200, SecretOut)
@api.alt_response(409, description=f"the client was revoked, or {TOLD_BEFORE}")
def rotate(form: dict[str, Any], client_id: int) -> dict[str, Any]:
    """Give a client a new secret; the one before holds for as long as you say."""
    with transaction():
        made = clients.rotate(client_id, **form, at=now(), by=me())
        settle(now())
        return _told(made)


@api.route(ONE, methods=["DELETE"])
@may("admin")
@api.response(204)
def end(client_id: int) -> None:
    """Revoke a client: it gets in no more, and what it sent stays."""
    with transaction():
        clients.revoke(client_id, at=now(), by=me())
        settle(now())


@api.route("/meanings", methods=["GET"])
@may("admin", "learning")
@api.response(200, RulesOut)
def meanings() -> dict[str, Any]:
    """The organisation's own rules of what a verb means, and verbs of which no rule speaks."""
    own = queries.own_rules()
    found = seen.unknown(actions.compiled(own, own), now())
    return {"rules": own, "print": print_of(own), "without_meaning": [asdict(one) for one in found]}


@api.route("/meanings", methods=["PUT"])
@may("admin", "learning")
@api.arguments(RulesIn)
@api.response(200, SavedOut)
@api.alt_response(409, description="somebody else changed the rules since `seen`")
def save(form: dict[str, Any]) -> dict[str, Any]:
    """Replace the own rules, or with `dry_run` only see what the last thirty days would have meant."""
    with transaction():
        own = queries.own_rules()
        then = actions.compiled(form["rules"], own)
        changes = seen.preview(actions.compiled(own, own), then, now())
        if not form["dry_run"]:
            actions.save_rules(form["rules"], seen=form["seen"], by=me(), at=now())
        settle(now())
        return {
            "saved": not form["dry_run"],
            "print": print_of(form["rules"]),
            "changes": [asdict(one) for one in changes],
        }
