"""Who the token is, one's own choices, and tokens for API clients."""

from typing import Any

from flask import Blueprint as Plain
from flask import Response, jsonify, request
from flask_babel import lazy_gettext as _l
from flask_smorest import Blueprint

from app.access import asker, may, me
from app.audit.actions import look_at_all
from app.config import settings
from app.db import transaction
from app.errors import NotSignedIn, Refused
from app.outbox import settle
from app.people import actions, away, files, pauses, queries, sign_in
from app.people.pauses import Away
from app.people.rules import PersonRow, tidy_row
from app.people.schemas import (
    BIGGEST,
    AwayOwnIn,
    AwayResultsOut,
    AwaysIn,
    AwaysOut,
    Choices,
    DepartmentsIn,
    MeOut,
    OfficerIn,
    OwnAwaysOut,
    PageQuery,
    PeopleIn,
    PeopleOut,
    PeopleQuery,
    ReachOut,
    RowsOut,
)
from app.web import now

api = Blueprint("people_api", __name__, url_prefix="/api/v1", description="Who asks.")
oauth = Plain("oauth", __name__)

NOT_CREDENTIALS = _l("Only grant_type=client_credentials is given out here.")
NOT_SCOPE = _l("The key does not have this scope.")
NOT_KNOWN = _l("The client's key or secret is not right.")
NOT_TWICE = _l("Show the client's key and secret once: as Basic, or in the form.")


@api.route("/me", methods=["GET"])
@may("person", "client")
@api.response(200, MeOut)
@api.doc(summary="Who the token is")
def show() -> dict[str, Any]:
    return who_asks()


@api.route("/me", methods=["PATCH"])
@may("person")
@api.arguments(Choices)
@api.response(200, MeOut)
@api.doc(summary="Choose how I am seen and spoken to")
def choose(choices: dict[str, Any]) -> dict[str, Any]:
    with transaction():
        actions.choose(person_id=me(), **choices)
        settle(now())
        return who_asks()


@api.route("/people", methods=["GET"])
@may("admin", "hr", "client", scope="people:read")
@api.arguments(PeopleQuery, location="query")
@api.response(200, PeopleOut)
@api.doc(summary="Who works here, and who left")
def people(asked: dict[str, Any]) -> dict[str, Any]:
    hr = asker().person_id if "hr" in asker().roles else None
    found = queries.roster_by_id(now(), after=asked["after"], limit=asked["limit"], hr=hr)
    more = found[-1].id if len(found) == asked["limit"] else None
    return {"people": [{**row._mapping, "person_id": row.id} for row in found], "next": more}


@api.route("/people", methods=["PUT"])
@may("admin", "client", scope="people:write")
@api.arguments(PeopleIn)
@api.response(200, RowsOut)
@api.doc(
    summary="Make known who works here: up to 1,000 rows, each with its result; a second time changes nothing"
)
def put_people(form: dict[str, Any]) -> dict[str, Any]:
    rows = [_row(given) for given in form["people"]]
    with transaction():
        done = actions.import_people(rows, at=now())
        settle(now())
    refused = dict(done.refused)
    made, changed = set(done.made), set(done.changed)
    results = []
    for number, row in enumerate(rows, start=1):
        if number in refused:
            said = {"code": refused[number], "detail": str(files.WHY[refused[number]])}
            results.append({"row": number, "result": "refused", **said})
            continue
        person_id = done.ids[tidy_row(row).key]
        result = "made" if person_id in made else "changed" if person_id in changed else "same"
        results.append({"row": number, "result": result, "person_id": person_id})
    return {"results": results}


def _row(given: dict[str, Any]) -> PersonRow:
    accounts = [(one["home_page"], one["name"]) for one in given.pop("accounts", [])]
    silent = frozenset(set(files.COLUMNS) - given.keys())
    return PersonRow(**{"external_id": None, **given}, accounts=accounts or None, silent=silent)


# Whom HR reaches ------------------------------------------------------------------------------------------------


@api.route("/people/reach", methods=["GET"])
@may("admin")
@api.response(200, ReachOut)
@api.doc(summary="Which departments each of HR serves, and who is privacy officer")
def reach() -> dict[str, Any]:
    return queries.reach()


@api.route(f"/people/<int(max={BIGGEST}):person_id>/departments", methods=["PUT"])
@may("admin")
@api.arguments(DepartmentsIn)
@api.response(200, ReachOut)
@api.alt_response(404, description="there is nobody of that number")
@api.doc(
    summary="Choose which departments somebody of HR serves: these and no others, none at all for everybody"
)
def serve(form: dict[str, Any], person_id: int) -> dict[str, Any]:
    with transaction():
        actions.serve_departments(person_id=person_id, department_ids=form["departments"], by=me(), at=now())
        return queries.reach()


@api.route(f"/people/<int(max={BIGGEST}):person_id>/privacy-officer", methods=["PUT"])
@may("admin")
@api.arguments(OfficerIn)
@api.response(200, ReachOut)
@api.alt_response(404, description="there is nobody of that number")
@api.doc(summary="Say whether somebody is privacy officer")
def make_officer(form: dict[str, Any], person_id: int) -> dict[str, Any]:
    with transaction():
        actions.make_privacy_officer(person_id=person_id, on=form["officer"], by=me(), at=now())
        return queries.reach()


# When somebody is away ------------------------------------------------------------------------------------------


@api.route("/me/pauses", methods=["GET"])
@may("person")
@api.response(200, OwnAwaysOut)
@api.doc(summary="When you are away: only you and HR that serves you see it")
def own_pauses() -> dict[str, Any]:
    return {"pauses": pauses.of(me(), away.today())}


@api.route("/me/pauses", methods=["POST"])
@may("person")
@api.arguments(AwayOwnIn)
@api.response(200, OwnAwaysOut)
@api.doc(
    summary="Say from when until when you are away, without a reason; the same first day again moves the last"
)
def pause(form: dict[str, Any]) -> dict[str, Any]:
    with transaction():
        away.enter_own(form["since"], form["until"], form["deputy_id"])
        settle(now())
        return {"pauses": pauses.of(me(), away.today())}


@api.route(f"/me/pauses/<int(max={BIGGEST}):pause_id>", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not yours")
@api.doc(summary="Remove such days")
def unpause(pause_id: int) -> None:
    with transaction():
        pauses.remove(pause_id, person_id=me(), by=me(), at=now())
        settle(now())


@api.route("/pauses", methods=["GET"])
@may("hr")
@api.arguments(PageQuery, location="query")
@api.response(200, AwaysOut)
@api.doc(summary="Who is or will be away, of those whom you serve; they can read that you looked")
def all_pauses(asked: dict[str, Any]) -> dict[str, Any]:
    rows, more = pauses.for_hr(me(), away.today(), page=asked["page"])
    look_at_all(viewer_id=me(), person_ids={row.person_id for row in rows}, what=away.WHAT, at=now())
    return {"pauses": rows, "more": more}


@api.route("/pauses", methods=["PUT"])
@may("hr", "client", scope="people:write")
@api.arguments(AwaysIn)
@api.response(200, AwayResultsOut)
@api.doc(
    summary="Enter when people are away, up to 1,000 rows, each with its result; a second time changes nothing"
)
def put_pauses(form: dict[str, Any]) -> dict[str, Any]:
    known = pauses.by_number([row["external_id"] for row in form["pauses"] if row["external_id"]])
    ids = [row["person_id"] or known.get(row["external_id"] or "", 0) for row in form["pauses"]]
    hr = asker().person_id
    reached = pauses.here(ids) if hr is None else away.within(ids)
    items = [
        Away(one if one in reached else 0, row["since"], row["until"])
        for one, row in zip(ids, form["pauses"], strict=True)
    ]
    with transaction():
        refused = pauses.enter(items, by=hr, today=away.today(), at=now())
        settle(now())
    results: list[dict[str, Any]] = []
    for place in range(len(items)):
        code = refused.get(place)
        said = {"code": code, "detail": str(pauses.WRONG[code])} if code else {}
        results.append({"row": place + 1, "result": "refused" if code else "kept", **said})
    return {"results": results}


@api.route(f"/pauses/<int(max={BIGGEST}):pause_id>", methods=["DELETE"])
@may("hr")
@api.response(204)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.doc(summary="Remove such days of somebody whom you serve")
def drop_pause(pause_id: int) -> None:
    away.remove_of(pause_id)


def who_asks() -> dict[str, Any]:
    """A person with their place, or a client with its scopes."""
    who = asker()
    if who.person_id is None:
        return {"client_id": who.client_id, "name": who.name, "scopes": sorted(who.scopes)}
    person, card = queries.get_person(who.person_id), queries.card(who.person_id)
    return {
        "person_id": person.id,
        "name": person.name,
        "handle": person.handle,
        "job": person.job,
        "language": person.language,
        "board_choice": person.board_choice,
        "game": person.game,
        "kudos_choice": person.kudos_choice,
        "moments": person.moments,
        "roles": sorted(who.roles),
        "scopes": sorted(who.scopes),
        "department": {"id": card.department_id, "name": card.department} if card.department_id else None,
        "team": {"id": card.team_id, "name": card.team} if card.team_id else None,
        "manager_id": person.manager_id,
    }


class TokenRefused(Refused):
    """With the codes of RFC 6749."""

    status = 400

    def __init__(self, code: str, message: object) -> None:
        super().__init__(message)
        self.code = code


@oauth.post("/oauth/token")
@may("anybody")
def give_token() -> Response:
    """OAuth 2.0 client credentials (RFC 6749, 4.4)."""
    form, shown = request.form, request.authorization
    if form.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", NOT_CREDENTIALS)
    if shown is not None and shown.type == "basic":
        if form.get("client_secret"):
            raise TokenRefused("invalid_request", NOT_TWICE)
        key, secret = shown.username or "", shown.password or ""
    else:
        key, secret = form.get("client_id", ""), form.get("client_secret", "")
    client = sign_in.check_client(key, secret, now())
    if client is None:
        raise NotSignedIn(NOT_KNOWN)
    wanted = set(form.get("scope", "").split()) or set(client.scopes)
    if not wanted <= client.scopes:
        raise TokenRefused("invalid_scope", NOT_SCOPE)
    with transaction():
        made = actions.make_client_token(client_id=client.client_id, scopes=wanted, at=now())
    answer = jsonify(
        access_token=made,
        token_type="Bearer",  # noqa: S106  (the kind, not a secret)
        expires_in=settings().token_minutes * 60,
        scope=" ".join(sorted(wanted)),
    )
    answer.headers["Pragma"] = "no-cache"
    return answer
