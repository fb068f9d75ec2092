"""The outer wall: our own host name, a cap on what we work on at once, no hostile text, strict headers."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response, current_app, request
from flask_babel import lazy_gettext as _l
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from werkzeug.routing import ValidationError as NoMatch

from app.config import Settings
from app.errors import Unreadable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
View = TypeVar("View", bound=Callable[..., Any])
HSTS = "max-age=31536000; includeSubDomains"
BIGGEST = 2**63 - 1
FREE = ("/healthz", "/readyz", "/metrics", "/static/", "/assets/")
NO_TEXT = _l("There are characters in this address that are no text.")
TURNED_AWAY = "Blijk is even druk, probeer het zo weer. / Blijk is busy, try again in a moment."


class Id(IntegerConverter):
    """A number that the database can hold; any other is simply not there."""

    def to_python(self, value: str) -> Any:
        if len(value) > 19 or int(value) > BIGGEST:
            raise NoMatch
        return super().to_python(value)


WAIT = 2.0  # seconds that a request waits for its turn


class Wall:
    """Around the application: links never follow the Host header, and a flood is answered, not worked on."""

    def __init__(self, inside: "WSGIApplication", settings: Settings) -> None:
        self.inside = inside
        self.scheme, self.host = settings.origin.split("://", 1)
        self.slots = threading.BoundedSemaphore(settings.requests_at_once)
        self.queue = threading.BoundedSemaphore(2 * settings.requests_at_once)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        environ["HTTP_HOST"], environ["wsgi.url_scheme"] = self.host, self.scheme
        environ.pop("HTTP_X_FORWARDED_HOST", None)
        environ["SCRIPT_NAME"] = (
            ""  # gunicorn takes it from a header of that name: links are kept, so for everybody
        )
        path = environ.get("PATH_INFO", "")
        if path.startswith(FREE):
            return self.inside(environ, start)
        if not self._enter():
            return _turn_away(path, start)
        try:
            return self.inside(environ, start)
        finally:
            self.slots.release()

    def _enter(self) -> bool:
        """A burst waits a moment in a short queue; what does not fit into it is turned away at once."""
        if self.slots.acquire(blocking=False):
            return True
        if not self.queue.acquire(blocking=False):
            return False
        try:
            return self.slots.acquire(timeout=WAIT)
        finally:
            self.queue.release()


def _turn_away(path: str, start: "StartResponse") -> Iterable[bytes]:
    kind, text = "text/plain; charset=utf-8", TURNED_AWAY
    if path.startswith(("/api/", "/xapi/", "/oauth/")):
        kind = "application/problem+json"
        text = json.dumps({"type": "about:blank", "title": "busy", "status": 503, "code": "busy"})
    said = text.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(said))), ("Retry-After", "2")]
    start("503 Service Unavailable", [*headers, ("Cache-Control", "no-store")])
    return [said]


def init_app(app: Flask, settings: Settings) -> None:
    app.url_map.converters["int"] = Id
    app.config["MAX_CONTENT_LENGTH"] = settings.body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = min(settings.body_bytes, 2**20)
    app.before_request(_only_text)
    app.before_request(_let_files_in)
    app.after_request(_headers)
    app.extensions["https"] = settings.https
    app.wsgi_app = Wall(app.wsgi_app, settings)  # type: ignore[method-assign,assignment]
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies)  # type: ignore[method-assign]


def takes_files(view: View) -> View:
    """The view below takes a file, which may be larger than any other body. Under `@may`, which is asked first."""
    view.__dict__["takes_files"] = True
    return view


def _let_files_in() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and view.__dict__.get("takes_files"):
        found: Settings = current_app.extensions["settings"]
        request.max_content_length = found.file_bytes + 2**20  # the form around it


def _only_text() -> None:
    """No NUL and no half characters in the address."""
    asked = request.full_path if request.query_string else request.path
    if "\x00" in asked or b"%00" in request.query_string:
        raise Unreadable(NO_TEXT)
    asked.encode()  # werkzeug has replaced what is no text; a surrogate here would be our fault


def _headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if request.scheme == "https":
        answer.headers.setdefault("Strict-Transport-Security", HSTS)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
