"""Build the house from its rooms."""

import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from flask import Blueprint, Flask, current_app, g, has_request_context, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import text
from structlog.typing import EventDict, WrappedLogger

from app import (
    access,
    assets,
    chores,
    cli,
    dev,
    flow,
    guard,
    health,
    language,
    live,
    openapi,
    outbox,
    packing,
    web,
)
from app.access import POLICIES, asker, me
from app.activities import api as activities_api
from app.activities import confirmation_pages, log_pages, records
from app.activities import desk as activities_desk
from app.activities import pages as activities_pages
from app.admin import api as admin_api
from app.admin import files as admin_files
from app.admin import pages as admin_pages
from app.admin import people as admin_people
from app.audit.actions import look
from app.badges import api as badges_api
from app.badges import moments, names, showing
from app.badges import pages as badges_pages
from app.care import api as care_api
from app.care import pages as care_pages
from app.careers import aims
from app.careers import api as careers_api
from app.careers import desk as job_desk
from app.careers import pages as careers_pages
from app.config import Role, Settings, engine_options, redis_client
from app.connections import api as connections_api
from app.connections import pages as connections_pages
from app.conversations import api as conversations_api
from app.conversations import pages as conversations_pages
from app.dates import api as dates_api
from app.dates import pages as dates_pages
from app.db import db, let_go, still_there
from app.errors import Busy
from app.feedback import api as feedback_api
from app.feedback import pages as feedback_pages
from app.feedback import queries as feedback
from app.goals import api as goals_api
from app.goals import pages as goals_pages
from app.goals import queries as goal_queries
from app.goals import shared as goals_shared
from app.guidance import api as guidance_api
from app.guidance import desk as guidance_desk
from app.guidance import pages as guidance_pages
from app.home import api as home_api
from app.home import pages as home_pages
from app.home import profiles, team
from app.imports import catalogue_file, statements
from app.intake import api as intake_api
from app.intake import pages as intake_pages
from app.keys import Ring
from app.kudos import api as kudos_api
from app.kudos import pages as kudos_pages
from app.leaderboards import api as leaderboards_api
from app.leaderboards import pages as leaderboards_pages
from app.learning import api as learning_api
from app.learning import pages as learning_pages
from app.lessons import api as lessons_api
from app.lessons import pages as lessons_pages
from app.notifications import api as notifications_api
from app.notifications import pages as notifications_pages
from app.notifications import queries as news
from app.people import api as people_api
from app.people import away, queries, sign_in
from app.people import pages as people_pages
from app.points import api as points_api
from app.points import pages as points_pages
from app.points import queries as points
from app.privacy import api as privacy_api
from app.privacy import desk as privacy_desk
from app.privacy import guessed, replaying
from app.privacy import pages as privacy_pages
from app.programmes import api as programmes_api
from app.programmes import desk as programme_desk
from app.programmes import pages as programmes_pages
from app.recognitions import api as recognitions_api
from app.recognitions import nominating_pages
from app.recognitions import pages as recognitions_pages
from app.reviews import api as reviews_api
from app.reviews import desk as reviews_desk
from app.reviews import desk_api as reviews_desk_api
from app.reviews import pages as reviews_pages
from app.reviews import sitting as reviews_sitting
from app.reviews import sitting_api as reviews_sitting_api
from app.search import api as search_api
from app.search import pages as search_pages
from app.vision import api as vision_api
from app.vision import pages as vision_pages

ROOT = Path(__file__).parent.parent
MOST_LINKS = 5000
PAGES: tuple[Blueprint, ...] = (
    home_pages.pages,
    profiles.pages,
    team.pages,
    conversations_pages.pages,
    activities_pages.pages,
    log_pages.pages,
    confirmation_pages.pages,
    badges_pages.pages,
    lessons_pages.pages,
    kudos_pages.pages,
    recognitions_pages.pages,
    nominating_pages.pages,
    reviews_pages.pages,
    reviews_sitting.pages,
    reviews_desk.pages,
    feedback_pages.pages,
    leaderboards_pages.pages,
    people_pages.pages,
    away.pages,
    admin_pages.pages,
    admin_people.people,
    admin_files.imports,
    learning_pages.pages,
    connections_pages.pages,
    intake_pages.pages,
    activities_desk.desk,
    dates_pages.pages,
    guidance_pages.pages,
    guidance_desk.desk,
    vision_pages.pages,
    catalogue_file.door,
    points_pages.pages,
    goals_pages.pages,
    goals_shared.shared,
    careers_pages.pages,
    job_desk.desk,
    aims.desk,
    programmes_pages.pages,
    programme_desk.desk,
    search_pages.pages,
    care_pages.pages,
    notifications_pages.pages,
    privacy_pages.pages,
    privacy_desk.desk,
)
API = (
    people_api.api,
    home_api.api,
    activities_api.api,
    dates_api.api,
    guidance_api.api,
    badges_api.api,
    lessons_api.api,
    kudos_api.api,
    recognitions_api.api,
    reviews_api.api,
    reviews_sitting_api.api,
    reviews_desk_api.api,
    feedback_api.api,
    leaderboards_api.api,
    learning_api.api,
    connections_api.api,
    intake_api.api,
    vision_api.api,
    points_api.api,
    goals_api.api,
    careers_api.api,
    programmes_api.api,
    admin_api.api,
    search_api.api,
    conversations_api.api,
    care_api.api,
    notifications_api.api,
    privacy_api.api,
)
FOR_SYSTEMS: tuple[Blueprint, ...] = (statements.door, people_api.oauth)


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
        structlog.get_logger("blijk.fault").error("fault", request=web.request_id(), exc_info=exc_info)


def _without_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Of an exception its kind and its way: its message may hold what people typed."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if found and found[0] is not None:
        event.update(kind=found[0].__name__, steps=_steps(found[2]))
    return event


def _steps(trace: TracebackType | None) -> list[str]:
    steps = []
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return steps[-12:]


def _log_lines() -> None:
    """One line of JSON per event, on stderr: what a command prints is its answer."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_words,
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
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings, role)
        | {"pool_events": [(still_there, "checkout")]},
        TESTING=bool(config.get("TESTING")),
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    db.init_app(app)
    app.teardown_appcontext(let_go)  # before that of the extension, which then finds nothing
    health.init_app(app, settings.metrics_token)
    packing.init_app(app)  # is asked after all others: what is registered first comes last
    guard.init_app(app, settings)
    web.init_app(app)
    _watch_erasures(app, settings)
    access.init_app(app, sign_in.Doorman(), _refused_look)
    app.after_request(guessed.note)
    language.init_app(app, preferred=lambda: asker().language, timezone=settings.timezone)
    app.jinja_env.globals.update(
        organisation=queries.organisation, waits_for_me=_waits, celebrates=badges_pages.celebrates, **_from_rooms()
    )  # fmt: skip
    alive = queries.alive_sessions
    live.init_app(app, most=settings.streams, who=_listener, alive=alive, refused=web.refused)
    assets.init_app(app)
    app.extensions["aims_of"] = goal_queries.aims
    outbox.connect(flow.NOW, flow.LATER)
    _rooms(app)
    cli.init_app(app)
    chores.init_app(app)
    access.collect_policies(app)
    return app


def _watch_erasures(app: Flask, settings: Settings) -> None:
    if settings.erasures:
        app.extensions["may_be_shown"] = replaying.Watch()
        app.before_request(_rest_until_replayed)


def _rest_until_replayed() -> None:
    """Of an older backup nothing is shown before the worker erased anew who was erased since."""
    if not request.path.startswith(guard.FREE) and not current_app.extensions["may_be_shown"]():
        g.resting = True
        raise Busy(REPLAYING)


REPLAYING = _l("An older copy of the data is being brought up to date. This takes a moment.")


# What waits for whoever asks: each room gives its part, over :person, and a page asks them all in one statement.
WAITS = {
    "confirmations": records.WAITING,  # colleagues wait for my word
    "feedback": feedback.WAITING,  # colleagues ask what I think
    "asked": showing.WAITING,  # colleagues ask whether my name may stand on the page of their badge
    "moment": moments.WAITS,  # a badge that I was not shown
    "inbox": news.UNREAD,  # what I was told and did not read
}
_WAITS = text("SELECT " + ", ".join(f"({sql}) AS {name}" for name, sql in WAITS.items()))


def _waits() -> Any:
    """For the layout and for pages alike, once a request; asked while rendering, so after what was done."""
    if "waits" not in g:
        g.waits = db.session.execute(
            _WAITS, {"person": me(), "at": web.now(), "hidden": news.hidden(game=asker().game)}
        ).one()
    return g.waits


def _from_rooms() -> dict[str, Any]:
    """What pages of one room show of another, asked by the template that shows it."""
    return {
        "dates_of": dates_pages.of_activity,
        "my_dates": dates_pages.mine,
        "lessons_about": lessons_pages.about,
        "badges_from": names.leading_from,
        "badges_by_hand": names.by_hand,
        "badge_carried": names.carried,
        "feedback_of": feedback_pages.of_lesson,
        "reports_about": care_pages.reports_about,
        "use_due": feedback_pages.use_due,
        "use_of": feedback_pages.use_of,
        "badge_called": names.leading,
        "badge_choice": _badge_choice,
        "programmes_with": programmes_pages.with_activity,
        "helpers_for": guidance_pages.helpers_for,
        "waiting_guidance": guidance_pages.waiting,
    }


def _badge_choice() -> list[tuple[str, str]]:
    """The badges that a form lets one choose from."""
    return names.choice(language.lang())


def _refused_look(viewer_id: int, told: Mapping[str, Any], what: str) -> None:
    """Somebody was refused what an address names: whom it is about can read that, if there is such a person."""
    person_id = queries.named_in(told)
    if person_id is not None:
        look(viewer_id=viewer_id, person_id=person_id, what=what, allowed=False, at=web.now())


def _listener() -> tuple[int, int | None, bool]:
    return me(), asker().sign_in_id, points.with_points(game=asker().game)


def _rooms(app: Flask) -> None:
    """Pages, the API with its document, and the doors of other systems."""
    for pages in dict.fromkeys(PAGES):  # modules of one room may fill one blueprint together
        app.register_blueprint(pages)
    openapi.init_app(app, list(API), POLICIES)
    for door in FOR_SYSTEMS:
        app.register_blueprint(door)
    dev.init_app(app)
