"""The door `/xapi`: learning platforms post statements (xAPI 1.0.3 and 2.0), and ask for their own again.

It only translates: what a statement may be is in `xapi.py`, what follows from it in `actions.py`. The content of
attachments is checked and dropped.
"""

import json
import re
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app import web
from app.access import asker, may
from app.config import settings
from app.db import transaction
from app.errors import NotFound
from app.imports import actions, queries, refusals, xapi
from app.imports.actions import BadStatement
from app.imports.queries import Client, Found, Place, Span
from app.outbox import settle
from app.reading import Unreadable, read_json

door = Blueprint("xapi", __name__, url_prefix="/xapi")

NEWEST = "2.0.0"
SPOKEN = {"1.0": "1.0.3", "2.0": NEWEST}
MOST = 500  # statements of one page
LONGEST_STORING = timedelta(minutes=1)  # after which the database ends a transaction that nobody goes on with
ONE = frozenset({"statementId", "voidedStatementId"})
HOW = frozenset({"format", "attachments"})
WHICH = frozenset(
    {"agent", "verb", "activity", "registration", "related_activities", "related_agents"}
    | {"since", "until", "limit", "ascending", "after"}
)
_VERSION = re.compile(r"([12]\.0)(?:\.\d{1,9})?", re.ASCII)
_PLACE = re.compile(r"(\d{1,18})\.(\d{1,9})\.([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
NOT_HERE = _l("There is no such statement of yours.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, in whichever of the two ways it was written (Communication 1.3)."""

    parameters: MultiDict[str, str]
    version: str
    content_type: str
    content: Callable[[], bytes]


# Routes -----------------------------------------------------------------------------------------------------


@door.route("/about")
@may("anybody")
def about() -> ResponseReturnValue:
    """Which versions are spoken here; open to anybody."""
    return _json({"version": list(SPOKEN.values())})


@door.route("/statements", methods=["POST"])
@may("client", scope="xapi:write")
def post() -> ResponseReturnValue:
    """One statement or an array of them; or another request, written as a form (1.0.3 only)."""
    if "method" in request.args:
        method, asked = _written_as_form()
        return _METHODS[method](asked)
    return _post(_asked())


@door.route("/statements", methods=["PUT"])
@may("client", scope="xapi:write")
def put() -> ResponseReturnValue:
    """One statement, under the id that the request names."""
    return _put(_asked())


@door.route("/statements", methods=["GET"])
@may("client", scope="xapi:read")
def get() -> ResponseReturnValue:
    """A statement of the client's own, or a list of them."""
    return _get(_asked())


@door.errorhandler(xapi.Invalid)
def _invalid(no: xapi.Invalid) -> ResponseReturnValue:
    return web.refused(BadStatement(str(no), fields={no.property: no.reason}))


@door.after_app_request
def _headers(answer: Response) -> Response:
    """On every answer, also on refusals (Communication 2.1.3 and 3.3)."""
    if request.path.startswith("/xapi/"):
        answer.headers["X-Experience-API-Version"] = g.get("xapi_version", NEWEST)
        through = g.get("xapi_consistent") or web.now() - LONGEST_STORING
        answer.headers["X-Experience-API-Consistent-Through"] = xapi.moment(through)
        if 400 <= answer.status_code < 500 and answer.is_json:
            _note_refusal(answer)
    return answer


def _note_refusal(answer: Response) -> None:
    """What was refused and why, for whoever connects this platform."""
    told, shown, who = answer.get_json(), request.authorization, asker()
    key = (shown.username or "") if shown is not None and shown.type == "basic" else ""
    if who.client_id is None and not key:
        return
    where, why = next(iter(told.get("errors", {}).items()), ("", told["message"]))
    refusals.note(
        who.client_id,
        key,
        status=answer.status_code,
        code=told["error"],
        property=where,
        message=str(why),
        at=web.now(),
    )


# The request ------------------------------------------------------------------------------------------------


def _asked() -> Asked:
    return Asked(
        request.args,
        _version(request.headers.get("X-Experience-API-Version")),
        request.headers.get("Content-Type", ""),
        lambda: request.get_data(cache=False),
    )


def _written_as_form() -> tuple[str, Asked]:
    """A request of a browser that can only send forms: parameters, headers and content are its fields.

    The key itself is asked for before, in the header.
    """
    form, args = request.form, request.args
    header = "X-Experience-API-Version"
    version = _version(request.headers.get(header, form.get(header)))
    if not version.startswith("1.0"):
        raise xapi.Invalid("method", "is no parameter of xAPI 2.0")
    if len(list(args.items(multi=True))) > 1:
        raise xapi.Invalid("method", "must be the only parameter beside the form")
    if args["method"] not in _METHODS or request.mimetype != "application/x-www-form-urlencoded":
        raise xapi.Invalid("method", "must be GET, PUT or POST, and the body a form")
    if args["method"] != "GET" and "content" not in form:
        raise xapi.Invalid("content", "is missing")
    names = [name for name in form if name not in _HEADERS]
    parameters = MultiDict([(name, value) for name in names for value in form.getlist(name)])
    content_type = form.get("Content-Type", "application/json")
    content = form.get("content", "").encode("utf-8", "surrogatepass")
    return args["method"], Asked(parameters, version, content_type, lambda: content)


_HEADERS = frozenset(
    {"Authorization", "X-Experience-API-Version", "Content-Type", "Content-Length"}
    | {"If-Match", "If-None-Match", "content"}
)


def _version(given: str | None) -> str:
    """The version that is spoken from here on: the latest patch of what the request names."""
    if given is None:
        raise xapi.Invalid(
            "X-Experience-API-Version", "is missing; send it with every request, such as 2.0.0"
        )
    known = _VERSION.fullmatch(given.strip())
    if known is None:
        raise xapi.Invalid("X-Experience-API-Version", "must be 1.0.x or 2.0.x")
    g.xapi_version = SPOKEN[known.group(1)]
    return cast(str, g.xapi_version)


def _told(asked: Asked, allowed: frozenset[str]) -> dict[str, str]:
    """The parameters, each known and named once; letters in another case make another name."""
    for name, values in asked.parameters.lists():
        if name not in allowed:
            raise xapi.Invalid(name[:100], "is no parameter here")
        if len(values) > 1:
            raise xapi.Invalid(name, "must be given once")
    return asked.parameters.to_dict()


# Taking in --------------------------------------------------------------------------------------------------


def _post(asked: Asked) -> ResponseReturnValue:
    _told(asked, frozenset())
    data = _statements(asked)
    ids = _take_in(data if isinstance(data, list) else [data], asked.version)
    return _json([str(id) for id in ids])


def _put(asked: Asked) -> ResponseReturnValue:
    told = _told(asked, frozenset({"statementId"}))
    if "statementId" not in told:
        raise xapi.Invalid("statementId", "is missing")
    id = _uuid("statementId", told["statementId"])
    data = _statements(asked)
    if isinstance(data, list):
        raise xapi.Invalid("", "must be one statement; POST takes several")
    if uuid.UUID(data.get("id", str(id))) != id:
        raise xapi.Invalid("id", "must be the statementId of the request")
    _take_in([{**data, "id": str(id)}], asked.version)
    return Response(status=204)


def _statements(asked: Asked) -> dict[str, Any] | list[dict[str, Any]]:
    """What was sent, checked; attachments are compared with what the statements say of them, and dropped."""
    kind = asked.content_type.partition(";")[0].strip().lower()
    parts: list[xapi.Part] = []
    if kind == "application/json":
        raw = asked.content()
    elif kind == "multipart/mixed":
        raw, parts = xapi.parse_multipart(asked.content_type, asked.content())
    else:
        raise xapi.Invalid("Content-Type", "must be application/json or multipart/mixed")
    data = cast(Any, read_json(raw, max_bytes=settings().body_bytes))
    xapi.check_batch(data, version=asked.version)
    xapi.check_attachments(data, parts)
    xapi.check_signatures(data, parts, version=asked.version)
    return cast("dict[str, Any] | list[dict[str, Any]]", data)


def _take_in(statements: Sequence[Mapping[str, Any]], version: str) -> list[uuid.UUID]:
    """All of them or none. They are stored now, not when the request began to come in: what was stored before a
    moment that `consistent_through` gave must have been there."""
    who, at = asker(), datetime.now(UTC)
    client = Client.of(cast(int, who.client_id), who.account_home, who.account_is)
    with transaction():
        ids = actions.receive(client, statements, version=version, at=at)
        settle(at)
    return ids


# Giving back ------------------------------------------------------------------------------------------------


def _get(asked: Asked) -> ResponseReturnValue:
    told = _told(asked, ONE | HOW | WHICH)
    client = queries.client(cast(int, asker().client_id))
    g.xapi_consistent = queries.consistent_through(web.now())
    form = _form(told)
    named = sorted(ONE & told.keys())
    if not named:
        return _list(client, told, asked.version, form)
    if others := sorted(told.keys() - HOW - {named[0]}):
        raise xapi.Invalid(others[0], f"does not go with {named[0]}")
    found = queries.one(client.id, _uuid(named[0], told[named[0]]), voided=named[0] == "voidedStatementId")
    if found is None:
        raise NotFound(NOT_HERE)
    answer = _answer(form(client, found), told)
    answer.last_modified = found.stored_at
    return answer


def _list(
    client: Client, told: dict[str, str], version: str, form: Callable[[Client, Found], Any]
) -> ResponseReturnValue:
    span = Span(
        since=_moment("since", told, version),
        until=_moment("until", told, version),
        ascending=_boolean("ascending", told),
        after=_place(told["after"]) if "after" in told else None,
    )
    found, after = queries.listed(client, span, _wanted(told), _limit(told))
    more = f"/xapi/statements?{urlencode({**told, 'after': _said(after)})}" if after else ""
    return _answer({"statements": [form(client, one) for one in found], "more": more}, told)


def _form(told: Mapping[str, str]) -> Callable[[Client, Found], dict[str, Any]]:
    """How statements are told: exactly as they came, by their ids, or in the reader's language."""
    chosen = told.get("format", "exact")
    if chosen not in xapi.FORMATS:
        raise xapi.Invalid("format", f"must be one of {', '.join(xapi.FORMATS)}")

    def form(client: Client, found: Found) -> dict[str, Any]:
        whole = xapi.completed(
            found.statement,
            id=str(found.id),
            stored=found.stored_at,
            spoken=found.version,
            authority=client.authority,
        )
        if chosen == "ids":
            return xapi.ids_only(whole)
        return xapi.in_one_language(whole, _best) if chosen == "canonical" else whole

    return form


def _best(tags: Sequence[str]) -> str:
    return request.accept_languages.best_match(tags) or tags[0]


def _answer(content: object, told: Mapping[str, str]) -> Response:
    """JSON; with `attachments=true` in parts, of which there is only the first, for we keep no attachments."""
    if not _boolean("attachments", told):
        return _json(content)
    boundary = f"blijk-{secrets.token_hex(16)}"
    body = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{_dump(content)}\r\n--{boundary}--\r\n"
    return Response(body, content_type=f'multipart/mixed; boundary="{boundary}"')


def _json(content: object) -> Response:
    return Response(_dump(content), content_type="application/json")


# Parameters -------------------------------------------------------------------------------------------------


def _wanted(told: Mapping[str, str]) -> xapi.Wanted:
    return xapi.Wanted(
        agent=_agent(told["agent"]) if "agent" in told else None,
        verb=_iri("verb", told),
        activity=_iri("activity", told),
        registration=_uuid("registration", told["registration"]) if "registration" in told else None,
        related_agents=_boolean("related_agents", told),
        related_activities=_boolean("related_activities", told),
    )


def _agent(text: str) -> Mapping[str, Any]:
    """An agent or an identified group, as JSON."""
    try:
        found = read_json(text.encode("utf-8", "surrogatepass"), max_bytes=settings().body_bytes)
        xapi.check_actor(found)
    except Unreadable as no:
        raise xapi.Invalid("agent", f"must be JSON: {no.message}") from None
    except xapi.Invalid as no:
        no.within("agent")
        raise
    agent = cast("Mapping[str, Any]", found)
    if not xapi.identities(agent):
        raise xapi.Invalid("agent", "must be an agent or an identified group")
    return agent


def _iri(name: str, told: Mapping[str, str]) -> str | None:
    if name in told and not xapi.is_iri(told[name]):
        raise xapi.Invalid(name, "must be an absolute IRI")
    return told.get(name)


def _uuid(name: str, text: str) -> uuid.UUID:
    if not xapi.is_uuid(text):
        raise xapi.Invalid(name, "must be a UUID")
    return uuid.UUID(text)


def _boolean(name: str, told: Mapping[str, str]) -> bool:
    """`true` or `false`; the client library for Python writes them with a capital."""
    found = told.get(name, "false").lower()
    if found not in ("true", "false"):
        raise xapi.Invalid(name, "must be true or false")
    return found == "true"


def _limit(told: Mapping[str, str]) -> int:
    """How many at most; 0 is as many as we give."""
    text = told.get("limit", "0")
    if not (text.isascii() and text.isdigit()):
        raise xapi.Invalid("limit", "must be a whole number, 0 or more")
    return min(int(text), MOST) or MOST if len(text) < 10 else MOST


def _moment(name: str, told: Mapping[str, str], version: str) -> datetime | None:
    if name not in told:
        return None
    read = xapi.moment_iso8601 if version.startswith("1.0") else xapi.moment_rfc3339
    found = read(told[name])
    if found is None:
        raise xapi.Invalid(name, "must be a date and time such as 2026-11-23T14:00:00Z")
    return found


def _said(place: Place) -> str:
    """A place in the list, as `more` carries it."""
    microseconds = (place[0] - _EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}.{place[1]}.{place[2].hex}"


def _place(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    try:
        if found:
            at = _EPOCH + timedelta(microseconds=int(found.group(1)))
            return at, int(found.group(2)), uuid.UUID(found.group(3))
    except OverflowError:
        pass
    raise xapi.Invalid("after", "must be as `more` gave it")


_METHODS: dict[str, Callable[[Asked], ResponseReturnValue]] = {"GET": _get, "PUT": _put, "POST": _post}
