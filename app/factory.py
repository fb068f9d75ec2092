"""Build the house from its rooms."""

import sys
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, has_request_context

from app import access, assets, chores, cli, guard, health, language, live, openapi, outbox, web
from app.access import POLICIES, asker, me
from app.activities.queries import count_waiting_for
from app.config import Role, Settings, engine_options, redis_client
from app.db import db
from app.keys import Ring
from app.people import queries, sign_in

ROOT = Path(__file__).parent.parent
MOST_LINKS = 5000
ROOMS = (
    "people",
    "vision",
    "activities",
    "kudos",
    "lessons",
    "facts",
    "points",
    "badges",
    "leaderboards",
    "home",
    "imports",
)


class House(Flask):
    """Flask that logs a fault without what people typed, and builds the same link once."""

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """A page has some eighty links, mostly the same ones; no link here depends on who asks."""
        if endpoint[0] == "." or not has_request_context() or any(name[0] == "_" for name in values):
            return super().url_for(endpoint, **values)
        key = (endpoint, *((name, value, value.__class__) for name, value in values.items()))
        try:
            found = self.links.get(key)
        except TypeError:  # a list in the query string
            return super().url_for(endpoint, **values)
        if found is None:
            if len(self.links) > MOST_LINKS:
                self.links.clear()
            found = self.links[key] = super().url_for(endpoint, **values)
        return found

    @cached_property
    def links(self) -> dict[tuple[Any, ...], str]:
        return {}

    def log_exception(self, exc_info: Any) -> None:
        fault, trace = exc_info[1], exc_info[2]
        steps = []
        while trace is not None:
            code = trace.tb_frame.f_code
            steps.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        log = structlog.get_logger("blijk.fault")
        log.error("fault", request=web.request_id(), kind=type(fault).__name__, steps=steps[-12:])


def _log_lines() -> None:
    """One line of JSON per event, on stderr: what a command prints is its answer."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def create_app(*, role: Role = "web", **config: Any) -> Flask:
    """`config` goes before the environment; names in capitals, as in the environment."""
    _log_lines()
    app = House(__name__, template_folder=str(ROOT / "templates"))
    settings = Settings.from_environment(**config)
    Ring.read(settings.master_keys)
    app.extensions["settings"] = settings
    app.extensions["create_app"] = create_app  # a command may need the same house in another role
    app.extensions["redis"] = redis_client(settings)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.url_of(role),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings, role),
        TESTING=bool(config.get("TESTING")),
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    db.init_app(app)
    health.init_app(app, settings.metrics_token)
    guard.init_app(app, settings)
    web.init_app(app)
    access.init_app(app, sign_in.Doorman())
    language.init_app(app, preferred=lambda: asker().language, timezone=settings.timezone)
    app.jinja_env.globals.update(organisation=queries.organisation, settings=lambda: settings)
    app.jinja_env.globals["waiting_confirmations"] = _waiting_confirmations
    live.init_app(app, most=settings.streams, who=_listener, alive=queries.alive_sessions)
    assets.init_app(app)
    _flow()
    _rooms(app)
    cli.init_app(app)
    chores.init_app(app)
    access.collect_policies(app)
    return app


def _waiting_confirmations() -> int:
    """The menu says how many colleagues wait for the viewer's word."""
    return count_waiting_for(me())


def _listener() -> tuple[int, int | None]:
    return me(), asker().sign_in_id


def _rooms(app: Flask) -> None:
    """Pages, then the API with its document."""
    for door in _present("pages"):
        app.register_blueprint(door.pages)
    apis = _present("api")
    openapi.init_app(app, [door.api for door in apis], POLICIES)
    for door in apis:
        if hasattr(door, "oauth"):
            app.register_blueprint(door.oauth)
    for door in _present("statements"):
        app.register_blueprint(door.door)


def _flow() -> None:
    """What follows from what."""
    if flow := _found("app.flow"):
        outbox.connect(flow.NOW, flow.LATER)


def _present(door: str) -> list[Any]:
    """The rooms that have this door."""
    return [module for room in ROOMS if (module := _found(f"app.{room}.{door}"))]


def _found(name: str) -> Any:
    """While the house is being built, a room that is not ready stays closed."""
    if not find_spec(name):
        return None
    try:
        return import_module(name)
    except Exception as error:
        structlog.get_logger("blijk.factory").warning("not ready", room=name, why=str(error))
        return None
