"""Who asks, and may they. Knows ids, roles and scopes; no rows: `factory.py` hands in who looks them up.

Every view says who may (`@may(...)`, directly under its route). The rules stand in one table, `POLICIES`,
which is asked before a view runs and from which the tests and the OpenAPI document are made; a route without
a rule fails at start-up.
"""

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from flask import Flask, current_app, g, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.config import settings
from app.errors import NotAllowed, NotFound, NotSignedIn
from app.keys import keyed_hash, new_token

ROLES = frozenset({"employee", "manager", "learning", "hr", "council", "admin", "privacy"})
WHO = ROLES | {"anybody", "person", "client"}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION, FORM = "blijk", "blijk_form"

PLEASE_SIGN_IN = _l("Please sign in.")
WRONG_KEY = _l("This key is not known here, or not any more.")
NOT_YOURS = _l("This is not for your role.")
NO_SCOPE = _l("This key does not reach this far.")
STALE_FORM = _l("This page was open for too long. Go back, reload it and try again.")

# Who may do the one may do the other: whoever sends statements may ask for their own again.
INCLUDED_IN = {"xapi:read": "xapi:write"}

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: a person (by session or token), or a client; with what every page needs of them."""

    person_id: int | None = None
    name: str = ""
    handle: str = ""
    language: str | None = None
    game: bool = True
    board_choice: str | None = None
    moments: bool = True
    department_id: int | None = None
    team_id: int | None = None
    manager_id: int | None = None
    roles: frozenset[str] = frozenset()
    sign_in_id: int | None = None
    shared: bool = False
    client_id: int | None = None
    scopes: frozenset[str] = frozenset()
    account_home: str | None = None
    account_is: str | None = None


NOBODY = Asker()


class Doorman(Protocol):
    """Looks up who shows what; None for nobody we know. It may raise `TooMany` at who keeps guessing."""

    def by_session(self, token: str) -> Asker | None: ...
    def by_token(self, token: str) -> Asker | None: ...
    def by_client(self, key: str, secret: str) -> Asker | None: ...


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may use a route; `scope` is what a client's key must reach.

    `by_address`: the address itself proves that it was meant, such as the one-click link of a mail (RFC 8058).
    `looks`: it shows what not every colleague may see of the person whom its address names; who is refused leaves a
    look, under that name. (Who gets in leaves one in the view, which knows what was shown.)
    """

    who: tuple[str, ...]
    scope: str | None = None
    by_address: bool = False
    looks: str | None = None

    def check(self, asker: Asker) -> None:
        if "anybody" in self.who:
            return
        if asker.client_id is not None:
            if "client" not in self.who:
                raise NotAllowed(NOT_YOURS)
            if self.scope and not asker.scopes & {self.scope, INCLUDED_IN.get(self.scope)}:
                raise NotAllowed(NO_SCOPE)
            return
        if asker.person_id is None:
            raise NotSignedIn(WRONG_KEY if shows_key() else PLEASE_SIGN_IN)
        if "person" not in self.who and not asker.roles & set(self.who):
            raise NotAllowed(NOT_YOURS)


POLICIES: dict[str, Policy] = {
    "static": Policy(("anybody",)),
    "api-docs.openapi_json": Policy(("anybody",)),
    "live.events": Policy(("person",)),
    "health.live": Policy(("anybody",)),
    "health.ready": Policy(("anybody",)),
    "health.metrics": Policy(("anybody",)),  # shows its own token
}


class RouteWithoutPolicy(RuntimeError):
    """Somebody forgot to say who may."""


def may(
    *who: str, scope: str | None = None, by_address: bool = False, looks: str | None = None
) -> Callable[[View], View]:
    """Say who may use the view below: anybody, person, client, or roles."""
    unknown = set(who) - WHO
    if unknown or not who:
        raise ValueError(f"unknown: {sorted(unknown)}")
    policy = Policy(tuple(who), scope, by_address, looks)

    def mark(view: View) -> View:
        view.__dict__["policy"] = policy
        return view

    return mark


def collect_policies(app: Flask) -> None:
    """Fill the table from the routes; refuse to start when one has no rule."""
    for rule in app.url_map.iter_rules():
        policy = app.view_functions[rule.endpoint].__dict__.get("policy") or POLICIES.get(rule.endpoint)
        if policy is None:
            raise RouteWithoutPolicy(f"{rule.endpoint} ({rule.rule}): put @may(...) under its route")
        POLICIES[rule.endpoint] = policy


Refusal = Callable[[int, Mapping[str, Any], str], None]


def init_app(app: Flask, doorman: Doorman, refused: Refusal) -> None:
    """`refused` notes that a viewer was refused what an address names, under the name of the look."""
    app.extensions["doorman"] = doorman
    app.extensions["refused_look"] = refused
    app.before_request(check)
    app.after_request(_give_form_cookie)
    app.after_request(_leave_shared_device)
    app.jinja_env.globals.update(csrf_token=csrf_token, asker=asker)


def check() -> None:
    """Before every view: may they, and did they mean it."""
    if request.endpoint is None:
        return  # the router's 404 or 405
    policy = POLICIES.get(request.endpoint)
    if policy is None:
        raise NotFound(NOT_YOURS)
    if policy.who != ("anybody",):
        _check_who(policy)
    if request.method not in SAFE:
        _check_meant(policy)


def _check_who(policy: Policy) -> None:
    try:
        policy.check(asker())
    except NotAllowed:
        viewer = asker().person_id
        if policy.looks and viewer is not None:
            note: Refusal = current_app.extensions["refused_look"]
            note(viewer, request.view_args or {}, policy.looks)
        raise


def asker() -> Asker:
    """Who asks; `NOBODY` when nobody does. Looked up once per request."""
    if "asker" not in g:
        g.asker = NOBODY  # also when looking up fails: the error page must not ask again
        g.asker = _look_up() or NOBODY
    found: Asker = g.asker
    return found


def me() -> int:
    """The person who asks."""
    who = asker()
    if who.person_id is not None:
        return who.person_id
    if who.client_id is not None:
        raise NotAllowed(NOT_YOURS)
    raise NotSignedIn(WRONG_KEY if shows_key() else PLEASE_SIGN_IN)


def shows_key() -> bool:
    """A program: it shows a key with each request, so that no browser can be tricked into sending it."""
    return "Authorization" in request.headers


def _look_up() -> Asker | None:
    doorman: Doorman = current_app.extensions["doorman"]
    if shows_key():
        shown = request.authorization
        if shown is None:
            return None
        if shown.type == "bearer" and shown.token:
            return doorman.by_token(shown.token)
        if shown.type == "basic" and shown.username is not None:
            return doorman.by_client(shown.username, shown.password or "")
        return None
    token = session_token()
    return doorman.by_session(token) if token else None


# Cookies and forms ------------------------------------------------------------------------------------------


def cookie_name(name: str) -> str:
    """Over https no other host and no script of a neighbour can set it."""
    return f"__Host-{name}" if settings().https else name


def set_cookie(
    answer: Response, name: str, value: str, *, days: float | None, readable: bool = False
) -> None:
    """Without `days` it is gone when the browser closes."""
    answer.set_cookie(
        cookie_name(name),
        value,
        max_age=None if days is None else int(days * 86400),
        path="/",
        httponly=not readable,
        secure=settings().https,
        samesite="Lax",
    )


def drop_cookie(answer: Response, name: str) -> None:
    """Let the browser forget it: named and scoped as it was set."""
    answer.delete_cookie(cookie_name(name), path="/", secure=settings().https, httponly=True, samesite="Lax")


def session_token() -> str | None:
    """What the cookie of the session holds; none before sign-in."""
    return request.cookies.get(cookie_name(SESSION)) or None


def csrf_token() -> str:
    """For each form: bound to the session, or before sign-in to a cookie of this browser. Each answer says it anew."""
    if "csrf_token" not in g:
        g.csrf_token = masked(_form_secret())
    token: str = g.csrf_token
    return token


def _form_secret() -> bytes:
    session = session_token()
    if session and asker().sign_in_id is not None:
        return keyed_hash("csrf", session)
    return keyed_hash("form", _form_nonce())


def masked(secret: bytes) -> str:
    """A pad and the secret's first 16 bytes under it, in hex: pages are packed, and the length of a packed page that
    holds the same secret each time can be made to tell it (BREACH, Gluck, Harris and Prado 2013)."""
    pad = os.urandom(16)
    return (pad + bytes(a ^ b for a, b in zip(pad, secret[:16], strict=True))).hex()


def _unmasked(token: str) -> bytes:
    try:
        sent = bytes.fromhex(token)
    except ValueError:
        return b""
    return bytes(a ^ b for a, b in zip(sent[:16], sent[16:], strict=True)) if len(sent) == 32 else b""


def _form_nonce() -> str:
    if "form_nonce" not in g:
        sent = request.cookies.get(cookie_name(FORM), "")
        g.form_nonce = sent if 20 <= len(sent) <= 64 else new_token()
        g.new_form_nonce = g.form_nonce != sent
    nonce: str = g.form_nonce
    return nonce


def _give_form_cookie(answer: Response) -> Response:
    if g.get("new_form_nonce"):
        set_cookie(answer, FORM, g.form_nonce, days=1)
    return answer


def _leave_shared_device(answer: Response) -> Response:
    """Where others come after, a page does not stay on the screen when its session has ended."""
    if (
        answer.mimetype == "text/html"
        and "HX-Request" not in request.headers
        and g.get("asker", NOBODY).shared
    ):
        answer.headers["Refresh"] = f"{settings().shared_minutes * 60 + 5}; url=/login"
    return answer


def _check_meant(policy: Policy) -> None:
    """A change asked for by a browser must come from a page of ours; programs are none, and say no origin."""
    if policy.by_address:
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotAllowed(STALE_FORM)
    if shows_key() or policy.who == ("client",) or request.path.startswith("/oauth/"):
        return
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not hmac.compare_digest(_unmasked(sent), _form_secret()[:16]):
        raise NotAllowed(STALE_FORM)
