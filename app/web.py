"""What pages and the API share: one way in, two ways out, and one place where a refusal becomes an answer."""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_htmx import HTMX
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, InternalServerError

from app.config import settings
from app.errors import Busy, NotFound, NotSignedIn, Refused, TooMany, Unreadable
from app.reading import Unreadable as NotJson
from app.reading import read_json, tidied, tidy

htmx = HTMX()
log = structlog.get_logger("blijk.web")
SECRETS = frozenset({"password", "old", "new", "again"})  # stay as they were typed
SWAP_HEADERS = ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"]

WRONG_FIELDS = _l("Something is not filled in right. Look at the fields below.")
WRONG_ADDRESS = _l("Something in this address is not right. The link may be old, or was not copied whole.")
NOT_THERE = _l("This is not here, or not for you.")
TOO_LARGE = _l("That is too much in one go.")
BROKEN = _l("Something went wrong on our side. Nothing of what you just did was kept.")
AGAIN = _l("Look at this again.")
RESTING = _l("The service is busy for a moment. Nothing was lost; try again in a few seconds.")
NOT_DONE = _l("This cannot be done here.")
NOT_READ = _l("This could not be read.")
SAID = {400: NOT_READ, 404: NOT_THERE, 405: NOT_DONE, 413: TOO_LARGE, 414: TOO_LARGE, 431: TOO_LARGE}
UNFIT = _l("Something in there cannot be stored as it is, such as a number beyond all bounds.")


def now() -> datetime:
    """The moment of this request; handed down, never taken below the door."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    moment: datetime = g.now
    return moment


def once() -> str:
    """A key for a form, so that sending it twice does it once."""
    return secrets.token_urlsafe(16)


# One way in -------------------------------------------------------------------------------------------------


def body(schema: Schema) -> dict[str, Any]:
    """The request's form or JSON, checked by the same schema."""
    if request.is_json:
        read = read_json(request.get_data(cache=False), max_bytes=settings().body_bytes)
        if not isinstance(read, dict):
            raise Unreadable(_l("Send one JSON object."))
        sent = {name: value if name in SECRETS else tidied(value) for name, value in read.items()}
        loaded: dict[str, Any] = schema.load(sent)
        return loaded
    if request.mimetype not in ("", "application/x-www-form-urlencoded", "multipart/form-data"):
        raise Unreadable(_l("Send a form, or JSON with the content type application/json."))
    loaded = schema.load(_form(schema, request.form), unknown=EXCLUDE)
    return loaded


def query(schema: Schema) -> dict[str, Any]:
    """The query string, checked; what the schema does not know is passed over."""
    loaded: dict[str, Any] = schema.load(_form(schema, request.args), unknown=EXCLUDE)
    return loaded


def _form(schema: Schema, sent: "MultiDict[str, str]") -> dict[str, Any]:
    """Only what the schema asks for, lists where it wants them; an empty box answers only a text."""
    found: dict[str, Any] = {}
    for name, wanted in schema.load_fields.items():
        key = wanted.data_key or name
        if key not in sent:
            continue
        values = [_readable(key, value) for value in sent.getlist(key)]
        if isinstance(wanted, fields.List | fields.Tuple):
            found[key] = [value for value in values if value != ""]
        elif values[-1] != "" or (isinstance(wanted, fields.String) and not wanted.allow_none):
            found[key] = values[-1]
        elif wanted.allow_none:
            found[key] = None
    return found


def _readable(name: str, value: str) -> str:
    """Browsers send CR LF and call it a line; nobody types a NUL or half a character."""
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError({name: [str(_l("There are characters in here that are no text."))]})
    value = value.replace("\r\n", "\n")
    return value if name in SECRETS else tidy(value)


# Two ways out -----------------------------------------------------------------------------------------------


def render(page: str, fragment: str | None = None, **context: Any) -> Response:
    """A look: the fragment for a swap, the page for everyone else."""
    template = fragment if fragment and swaps() else page
    return _vary(make_response(render_template(template, **context)))


def done(fragment: str, then: str, **context: Any) -> Response:
    """A change: the fragment for a swap, a redirect for everyone else."""
    if swaps():
        return _vary(make_response(render_template(fragment, **context)))
    return _vary(make_response(redirect(then, code=303)))


def comes_back(again: Callable[..., Response]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view whose form comes back with what is wrong with it: `again` renders it, from the refusal and the address.

    What is not there is not there here either. The view has its transaction itself, which such a refusal rolled back.
    """

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def door(**address: Any) -> Any:
            try:
                return view(**address)
            except NotFound:
                raise
            except (ValidationError, Refused) as no:
                answer = again(no, **address)
                answer.status_code = status_of(no)
                return answer

        return door

    return around


def swaps() -> bool:
    """Does the browser put the answer into the page it has?"""
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def _vary(answer: Response) -> Response:
    answer.vary.update(SWAP_HEADERS)
    return answer


def wrong_with(
    no: ValidationError | Refused | None, known: Mapping[str, object], unknown: object = None
) -> dict[str, Any]:
    """For a form that comes back: what is wrong in all, and with which field.

    `known` has the words for fields, `unknown` those for any other.
    """
    if no is None:
        return {"refusal": None, "wrong": {}}
    if isinstance(no, Refused):
        return {"refusal": str(no.message), "wrong": {name: str(said) for name, said in no.fields.items()}}
    unknown = unknown or AGAIN
    return {"refusal": None, "wrong": {name: str(known.get(name, unknown)) for name in no.messages_dict}}


def status_of(no: ValidationError | Refused | None) -> int:
    """The status of a form: 200 as it is shown, and as it comes back that of the refusal, or 422."""
    return 200 if no is None else no.status if isinstance(no, Refused) else 422


# Refusals ---------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    htmx.init_app(app)
    app.jinja_env.globals.update(once=once, swaps=swaps, now=now, wrong={}, refusal=None)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(NotJson, _not_json)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, _broken)
    for fault in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(fault, _resting)
    app.register_error_handler(DBAPIError, _database)


def refused(no: Refused) -> ResponseReturnValue:
    """The answer to a refusal, for doors that make their own around it."""
    return _refused(no)


def _refused(no: Refused) -> ResponseReturnValue:
    headers = {}
    if isinstance(no, TooMany | Busy):
        headers["Retry-After"] = str(no.retry_after)
    if isinstance(no, NotSignedIn):
        return _unknown(no)
    return _say(no.status, no.code, no.message, _plain(no.fields), headers)


def _unknown(no: NotSignedIn) -> ResponseReturnValue:
    """Nobody is asking: a page sends them to the sign-in page and back, a program is told how."""
    if door := _speaks():
        ways = {"/oauth/": 'Basic realm="Blijk"', "/xapi/": 'Basic realm="Blijk", Bearer'}
        return _say(no.status, no.code, no.message, {}, {"WWW-Authenticate": ways.get(door, "Bearer")})
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    if swaps():  # what they look at is the page, not the part of it that asked
        shown = urlsplit(str(htmx.current_url or ""))
        back = urlunsplit(shown._replace(scheme="", netloc="", fragment="")) or None
    door = url_for("people.sign_in", next=back if back != "/" else None)
    if swaps():
        return _vary(make_response("", no.status, {"HX-Redirect": door}))
    return _vary(make_response(redirect(door, code=303)))


def _invalid(no: ValidationError) -> ResponseReturnValue:
    if (
        request.method in ("GET", "HEAD") and not _speaks()
    ):  # nobody filled in a form: there is nothing to look at
        return _say(422, "invalid", WRONG_ADDRESS, {}, {})
    found = {"_schema": no.messages} if isinstance(no.messages, list) else no.messages
    return _say(422, "invalid", WRONG_FIELDS, _plain(found), {})


def _not_json(no: NotJson) -> ResponseReturnValue:
    return _say(413 if no.code == "too-long" else 400, no.code, no.message, {}, {})


def _http(no: HTTPException) -> ResponseReturnValue:
    if no.response is not None and no.code and no.code < 400:  # a redirect of the router
        return no.response
    status = no.code or 500
    detail = SAID.get(status, NOT_DONE)
    headers = {name: value for name, value in no.get_headers() if name in ("Allow", "Retry-After")}
    return _say(status, no.name.lower().replace(" ", "-"), detail, {}, headers)


def _resting(no: Exception) -> ResponseReturnValue:
    why = no.orig if isinstance(no, DBAPIError) else None
    log.warning(
        "database away",
        request=request_id(),
        fault=type(why or no).__name__,
        sqlstate=getattr(why, "sqlstate", None),
    )
    g.resting = True
    return _say(503, "busy", RESTING, {}, {"Retry-After": "2"})


def _database(no: DBAPIError) -> ResponseReturnValue:
    """What the database cannot hold is the sender's fault, a lost connection nobody's, the rest ours."""
    if isinstance(no, DataError):
        log.warning("refused by the database", request=request_id(), fault=type(no.orig).__name__)
        return _say(422, "invalid", UNFIT, {}, {})
    if no.connection_invalidated:
        return _resting(no)
    raise no


def _broken(no: InternalServerError) -> ResponseReturnValue:
    g.resting = True
    return _say(500, "broken", BROKEN, {}, {})


def request_id() -> str:
    """Names this request in the log and on the error page; says nothing about who."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    name: str = g.request_id
    return name


def _speaks() -> str:
    """Which programs' language this door speaks; empty for people."""
    return next(
        (door for door in ("/api/", "/xapi/", "/oauth/", "/scim/") if request.path.startswith(door)), ""
    )


def _say(
    status: int, code: str, detail: object, wrong: dict[str, Any], headers: Mapping[str, str]
) -> ResponseReturnValue:
    """One refusal in the language of the door: problem+json, xAPI, OAuth, a fragment or a page."""
    door = _speaks()
    if door in ("/api/", "/scim/"):
        answer = jsonify(problem(status, code, detail, wrong))
        answer.mimetype = "application/problem+json"
    elif door == "/oauth/":
        answer = jsonify(error=_oauth_code(status, code), error_description=str(detail))
    elif door:
        answer = jsonify(error=code, message=str(detail), **({"errors": wrong} if wrong else {}))
    elif request.path.startswith(("/static/", "/assets/")):  # nobody reads it, so it asks nobody anything
        answer = Response(str(detail), mimetype="text/plain")
    else:
        answer = _vary(make_response(_page(status, code, detail, wrong)))
        if swaps():  # a refusal is no part of the page: it stands among the notices
            answer.headers.update({"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"})
    answer.status_code = status
    answer.headers.update(headers)
    return answer


def problem(status: int, code: str, detail: object, wrong: Mapping[str, Any]) -> dict[str, Any]:
    """A problem document (RFC 9457); `code` is stable, `detail` is said to people."""
    told = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": str(detail)}
    return {**told, "request": request_id(), **({"errors": dict(wrong)} if wrong else {})}


def _page(status: int, code: str, detail: object, wrong: Mapping[str, Any]) -> str:
    told = {"status": status, "code": code, "detail": detail, "wrong": wrong, "request_id": request_id()}
    if status >= 500:  # without the layout: it asks the database who you are
        return render_template("resting.html" if not swaps() else "_refused.html", **told)
    return render_template("_refused.html" if swaps() else "refused.html", **told)


def _oauth_code(status: int, code: str) -> str:
    known = {401: "invalid_client", 429: "temporarily_unavailable", 503: "temporarily_unavailable"}
    if code.startswith(("invalid_", "unsupported_", "unauthorized_")):
        return code
    return known.get(status, "server_error" if status >= 500 else "invalid_request")


def _plain(found: Any) -> Any:
    """Lazy translations become text, at any depth."""
    if isinstance(found, Mapping):
        return {str(name): _plain(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [_plain(value) for value in found]
    return str(found)
