"""Who the token is, one's own choices, and tokens for API clients."""

from typing import Any

from flask import Blueprint as Plain
from flask import Response, jsonify, request
from flask_babel import lazy_gettext as _l
from flask_smorest import Blueprint

from app.access import asker, may, me
from app.config import settings
from app.db import transaction
from app.errors import NotSignedIn, Refused
from app.outbox import settle
from app.people import actions, files, queries, sign_in
from app.people.rules import PersonRow, tidy_row
from app.people.schemas import Choices, MeOut, PeopleIn, PeopleOut, PeopleQuery, RowsOut
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
