"""Who gets in where: every route, for everybody who can ask, against the one table of `app.access`.

A route needs an entry in `EXAMPLES`, and one in `OBJECTS` or `NOBODYS` if it names something. What belongs to
others answers like something that is not there: the same status, and the same words.
"""

import base64
import io
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.access import POLICIES, SAFE
from app.activities import actions as activities
from app.dates import actions as dates
from app.dates import queries as date_queries
from app.dates.rules import NewDate
from app.db import db, lock_people, transaction
from app.events import FactStated
from app.kudos import actions as kudos
from app.kudos.actions import NewKudos
from app.learning import actions as learning
from app.learning import store
from app.lessons import actions as lessons
from app.lessons import extras as lesson_extras
from app.lessons.actions import NewLesson
from app.outbox import publish, settle
from app.people import actions as people
from app.people import files
from app.people.actions import SCOPES
from app.vision import actions as vision
from tests.cast import NAMES, Cast, row_of, signed_in
from tests.small import load

SECRET = "heron under the old pump house"
NOWHERE = 9_000_000_000
NO_AWARD = (
    "11111111-2222-4333-8444-555555555555"  # whose awards are whose: tests/app/badges/test_award_page.py
)
XAPI = {"X-Experience-API-Version": "2.0.0"}
Form = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """How a route is tried: where, with what, and which answers say that somebody got in."""

    path: str
    form: Form = field(default_factory=dict)
    json: Form | None = None
    headers: dict[str, str] = field(default_factory=dict)
    inside: frozenset[int] = frozenset({200, 201, 204, 303, 422})


def _of(path: str, *inside: int, **more: Any) -> Example:
    return Example(path, **more, **({"inside": frozenset(inside)} if inside else {}))


def _api(path: str, *inside: int, **more: Any) -> Example:
    return _of("/api/v1" + path, *inside, **{"json": {}, **more})


# Changes are sent empty: whoever gets in is told what is missing, or done nothing to.
EXAMPLES: dict[str, Example] = {
    "admin.change_organisation": _of("/admin/organisation", 422),
    "admin.organisation": _of("/admin/organisation", 200),
    "admin.steps": _of("/admin", 200),
    "admin_api.change": _api("/organisation", 422),
    "admin_api.organisation": _api("/organisation", 200),
    "admin_files.choose": _of("/admin/people/import", 200),
    "admin_files.confirm": _of("/admin/people/import/{file}/confirm", 303),
    "admin_files.differences": _of("/admin/people/import/{file}/differences.csv", 200),
    "admin_files.drop": _of("/admin/people/import/{doomed_file}/drop", 303),
    "admin_files.one": _of("/admin/people/import/{file}", 200),
    "admin_files.send": _of("/admin/people/import", 422),
    "admin_people.everybody": _of("/admin/people", 200),
    "admin_people.give_role": _of("/admin/people/{somebody}/role", 422),
    "admin_people.invite": _of("/admin/people/invite", 422),
    "admin_people.invite_one": _of("/admin/people/{somebody}/invite", 422),
    "admin_people.let_go": _of("/admin/people/{somebody}/leave", 303),
    "admin_people.one": _of("/admin/people/{somebody}", 200),
    "admin_people.sign_out": _of("/admin/people/{somebody}/sign-out", 303),
    "admin_people.take_back": _of("/admin/people/{somebody}/return", 303),
    "activities.activity": _of("/learn/a1", 200),
    "activities.ask_for": _of("/wishes", 422),
    "activities.catalogue": _of("/learn", 200),
    "activities.confirmations": _of("/confirmations", 200),
    "activities.decide": _of("/confirmations/{completion}"),
    "activities.hand_over": _of("/log/{completion}/hand-over"),
    "activities.log": _of("/log", 200),
    "activities.log_it": _of("/log"),
    "activities.people": _of("/log/people?q=e", 200, 303),
    "activities.news": _of("/confirmations/new", 200, 204, 303),
    "activities.titles": _of("/log/titles?title=course", 200, 303),
    "activities.waiting_log": _of("/log/{completion}", 200),
    "activities.withdraw": _of("/log/{own_log}/withdraw"),
    "activities_api.activities": _api("/activities", 200),
    "activities_api.answer": _api("/wishes/answers", 422),
    "activities_api.ask_for": _api("/wishes", 422),
    "activities_api.asked_for": _api("/wishes/open", 200),
    "activities_api.change": _api("/activities/a1", 422),
    "activities_api.kept": _api("/activities/a1", 200),
    "activities_api.make": _api("/activities", 422),
    "activities_api.completions": _api("/completions", 200),
    "activities_api.confirmations": _api("/confirmations", 200),
    "activities_api.decide": _api("/completions/{completion}/decision", 422),
    "activities_api.hand_over": _api("/completions/{completion}/hand-over", 422),
    "activities_api.log": _api("/completions", 422),
    "activities_api.wishes": _api("/wishes", 200),
    "activities_api.withdraw": _api("/completions/{own_log_too}/withdrawal", 200),
    "api-docs.openapi_json": _api("/openapi.json", 200),
    "assets.file": _of("/assets/nothing.js", 404),
    "badges.album": _of("/album", 200),
    "badges.answer": _of(f"/me/asked/{NO_AWARD}", 404, form={"answer": "no"}),
    "badges.ask": _of(f"/b/{NO_AWARD}/asked", 404, form={"colleague": 1}),
    "badges.asked": _of("/me/asked", 200),
    "badges.award": _of(f"/b/{NO_AWARD}", 404),
    "badges.award_picture": _of(f"/b/{NO_AWARD}.svg", 404),
    "badges.badge": _of("/badges/five", 200),
    "badges.moment": _of("/moment", 200, headers={"HX-Request": "true"}),
    "badges.seen": _of("/moment", 303),
    "badges.picture": _of("/pictures/1/course-1-water-drop-ghost-96.0123456789abcdef.svg", 404),
    "badges.show": _of(f"/b/{NO_AWARD}/visible", 404, form={"visible": "me"}),
    "badges_api.awards": _api("/awards", 200),
    "badges_api.show": _api(f"/awards/{NO_AWARD}", 404, json={"visible": "me"}),
    "badges_api.badges": _api("/badges", 200),
    "connections.all_of_them": _of("/admin/connections", 200),
    "connections.end": _of("/admin/connections/1/end", 404),
    "connections.guide": _of("/admin/connections/guides/moodle", 200),
    "connections.make": _of("/admin/connections", 422),
    "connections.meanings": _of("/admin/connections/meanings", 200),
    "connections.one": _of("/admin/connections/1", 404),
    "connections.rotate": _of("/admin/connections/1/rotation", 404),
    "connections.save": _of("/admin/connections/meanings", 409),
    "connections_api.all_of_them": _api("/clients", 200),
    "connections_api.end": _api("/clients/1", 404),
    "connections_api.make": _api("/clients", 422),
    "connections_api.meanings": _api("/meanings", 200),
    "connections_api.one": _api("/clients/1", 404),
    "connections_api.rotate": _api("/clients/1/rotation", 422),
    "connections_api.save": _api("/meanings", 422),
    "search.glance": _of("/search/glance?q=a", 200, 303),
    "search.search": _of("/search?q=a", 200),
    "search_api.search": _api("/search?q=a", 200),
    "catalogue.answer": _of("/admin/wishes", 422),
    "catalogue.edit": _of("/admin/catalogue/a1", 200),
    "catalogue.make": _of("/admin/catalogue/new", 422),
    "catalogue.new": _of("/admin/catalogue/new", 200),
    "catalogue.overview": _of("/admin/catalogue", 200),
    "catalogue.save": _of("/admin/catalogue/a1", 422),
    "catalogue.set_state": _of("/admin/catalogue/a1/state", 422),
    "catalogue.wishes": _of("/admin/wishes", 200),
    "catalogue_file.download": _of("/admin/catalogue-file/download", 200),
    "catalogue_file.load": _of("/admin/catalogue-file/load", 422),
    "catalogue_file.look": _of("/admin/catalogue-file", 422),
    "catalogue_file.page": _of("/admin/catalogue-file", 200),
    "catalogue_file.starter": _of("/admin/catalogue-file/starter", 200),
    "catalogue_file.take": _of("/admin/catalogue-file/starter", 422),
    "dates.attend": _of("/attend/{code}", 200),
    "dates.attendance": _of("/dates/{date}/attendance", 200),
    "dates.attendance_kept": _of("/admin/dates/{date}/attendance", 200),
    "dates.be_there": _of("/attend/{code}", 422),
    "dates.cancel": _of("/admin/dates/{doomed_date}/cancel", 303),
    "dates.change": _of("/admin/dates/{date}", 422),
    "dates.code": _of("/dates/{date}/code", 200),
    "dates.code_picture": _of("/dates/{date}/code.svg", 200),
    "dates.date_file": _of("/dates/{date}.ics", 200),
    "dates.edit": _of("/admin/dates/{date}", 200),
    "dates.give_back": _of("/dates/{date}/reservation/end", 303),
    "dates.manage": _of("/admin/catalogue/a1/dates", 200),
    "dates.plan": _of("/admin/catalogue/a1/dates", 422),
    "dates.reservation_file": _of("/reservations/{reservation}.ics", 200),
    "dates.reserve": _of("/dates/{date}/reservation", 422),
    "dates.tick": _of("/dates/{date}/attendance", 303),
    "dates.tick_kept": _of("/admin/dates/{date}/attendance", 303),
    "dates_api.cancel": _api("/dates/{doomed_date}", 204),
    "dates_api.change": _api("/dates/{date}", 422),
    "dates_api.dates": _api("/dates?activity=a1", 200),
    "dates_api.give_back": _api("/dates/{date}/reservation", 204),
    "dates_api.plan": _api("/activities/a1/dates", 422),
    "dates_api.reservations": _api("/reservations", 200),
    "dates_api.reserve": _api("/dates/{date}/reservation", 422),
    "health.live": _of("/healthz", 200),
    "health.metrics": _of("/metrics", 404),  # it has a token of its own, and is off here
    "health.ready": _of("/readyz", 200),
    "home.fragment": _of("/home/next", 200, headers={"HX-Request": "true"}),
    "home.page": _of("/", 200),
    "home.receipts": _of("/receipts", 200),
    "home_api.change_my_profile": _api("/me/profile", 200),
    "dev.gallery": _of("/dev/gallery", 200),
    "home_api.ledger": _api("/me/ledger", 200),
    "home_api.my_profile": _api("/me/profile", 200),
    "home_api.profile": _api("/people/ben/profile", 200),
    "intake.accept": _of("/admin/intake/activities/1/acceptance", 404),
    "intake.activities": _of("/admin/intake/activities", 200),
    "intake.activity": _of("/admin/intake/activities/1", 404),
    "intake.ignore": _of("/admin/intake/ignored", 422),
    "intake.join": _of("/admin/intake/joins", 422),
    "intake.merge": _of("/admin/intake/merges", 422),
    "intake.name": _of("/admin/intake/name", 404),
    "intake.names": _of("/admin/intake", 200),
    "intake.undo_join": _of("/admin/intake/joins/1/undo", 404),
    "intake.undo_merge": _of("/admin/intake/merges/1/undo", 404),
    "intake_api.accept": _api("/intake/activities/1/acceptance", 422),
    "intake_api.activities": _api("/intake/activities", 200),
    "intake_api.ignore": _api("/intake/ignored", 422),
    "intake_api.join": _api("/intake/joins", 422),
    "intake_api.joins": _api("/intake/joins", 200),
    "intake_api.merge": _api("/intake/merges", 422),
    "intake_api.merges": _api("/intake/merges", 200),
    "intake_api.names": _api("/intake/names", 200),
    "intake_api.undo_join": _api("/intake/joins/1", 404),
    "intake_api.undo_merge": _api("/intake/merges/1", 404),
    "kudos.choose": _of("/kudos/{kudos}/visibility", 422),
    "kudos.give": _of("/kudos", 422),
    "kudos.one": _of("/kudos/{kudos}", 200),
    "kudos.people": _of("/kudos/people?q=e", 200, 303),
    "kudos.thank": _of("/kudos/{kudos}/thanks", 303),
    "kudos.wall": _of("/kudos", 200),
    "kudos_api.allowance": _api("/kudos/allowance", 200),
    "kudos_api.choose": _api("/kudos/{kudos}/visibility", 422),
    "kudos_api.give": _api("/kudos", 422),
    "kudos_api.one": _api("/kudos/{kudos}", 200),
    "kudos_api.thank": _api("/kudos/{kudos}/thanks", 200, 204),
    "kudos_api.wall": _api("/kudos", 200),
    "learning.cancel": _of("/admin/learning/{import}/cancel", 303),
    "learning.choose": _of("/admin/learning/{import}/map", 409, 422),
    "learning.imports": _of("/admin/learning", 200),
    "learning.one": _of("/admin/learning/{import}", 200),
    "learning.reading": _of("/admin/learning/{import}/reading", 303, 409),
    "learning.refused": _of("/admin/learning/{import}/refused.csv", 200),
    "learning.start": _of("/admin/learning/{import}/start", 303, 409),
    "learning.upload": _of("/admin/learning", 422),
    "learning_api.bring_in": _api("/completions/import", 422),
    "leaderboards.board": _of("/leaderboards", 200),
    "leaderboards.rows": _of("/leaderboards/rows?from=0", 200, 303),
    "leaderboards_api.board": _api("/boards", 200),
    "lessons.apply": _of("/lessons/{lesson}/application", 422),
    "lessons.attach": _of("/lessons/{lesson}/files", 422),
    "lessons.change": _of("/lessons/{lesson}/edit", 422),
    "lessons.delete": _of("/lessons/{doomed}/delete", 303),
    "lessons.detach": _of("/lessons/{lesson}/files/{nothing}/remove", 404),
    "lessons.drop_draft": _of("/lessons/draft/discard", 303),
    "lessons.edit": _of("/lessons/{lesson}/edit", 200),
    "lessons.feed": _of("/lessons", 200),
    "lessons.file": _of("/lessons/{lesson}/files/{picture}", 200),
    "lessons.keep_draft": _of("/lessons/draft", 303),
    "lessons.lesson": _of("/lessons/{lesson}", 200),
    "lessons.names": _of("/lessons/names", 200),
    "lessons.put_name_on": _of("/lessons/{lesson}/name", 303),
    "lessons.react": _of("/lessons/{lesson}/reactions", 422),
    "lessons.share": _of("/lessons", 422),
    "lessons.stop": _of("/lessons/{lesson}/application/end", 303),
    "lessons.take_name_off": _of("/lessons/{bared}/unname", 303),
    "lessons_api.apply": _api("/lessons/{lesson}/application", 422),
    "lessons_api.attach": _api("/lessons/{lesson}/files", 422),
    "lessons_api.delete": _api("/lessons/{doomed_too}", 204),
    "lessons_api.detach": _api("/lessons/{lesson}/files/{nothing}", 404),
    "lessons_api.draft": _api("/lessons/draft", 200, 404),
    "lessons_api.drop_draft": _api("/lessons/draft", 204),
    "lessons_api.edit": _api("/lessons/{lesson}", 422),
    "lessons_api.feed": _api("/lessons", 200),
    "lessons_api.file": _api("/lessons/{lesson}/files/{picture}", 200),
    "lessons_api.keep_draft": _api("/lessons/draft", 422),
    "lessons_api.lesson": _api("/lessons/{lesson}", 200),
    "lessons_api.put_name_on": _api("/lessons/{lesson}/name", 200),
    "lessons_api.react": _api("/lessons/{lesson}/reactions/brave", 422),
    "lessons_api.share": _api("/lessons", 422),
    "lessons_api.stop": _api("/lessons/{lesson}/application", 200, 204),
    "lessons_api.take_back": _api("/lessons/{lesson}/reactions/brave", 422),
    "lessons_api.take_name_off": _api("/lessons/{bared_too}/name", 200),
    "live.events": _of("/events", 200),
    "oauth.give_token": _of("/oauth/token", 400),
    "people.ask_reset": _of("/login/forgot", 422),
    "people.change_password": _of("/me/password", 422),
    "people.choose": _of("/me/settings", 303),
    "people.end_sessions": _of("/me/sessions/end", 303),
    "people.enter": _of("/login", 422),
    "people.enter_code": _of("/welcome", 422),
    "people.forgot": _of("/login/forgot", 200),
    "people.language": _of("/me/language", 422),
    "people.set_first_password": _of("/welcome/{invitation}", 422),
    "people.settings": _of("/me/settings", 200),
    "people.sign_in": _of("/login", 200, 302),
    "people.answer_step": _of("/me/start/thanks", 303),
    "people.start": _of("/me/start", 302),
    "people.start_step": _of("/me/start/thanks", 200),
    "people.sign_out": _of("/logout", 303),
    "people.welcome": _of("/welcome/{invitation}", 200),
    "people.welcome_code": _of("/welcome", 200),
    "people_api.choose": _api("/me", 200),
    "people_api.people": _api("/people", 200),
    "people_api.put_people": _api("/people", 422),
    "people_api.show": _api("/me", 200),
    "profiles.choose": _of("/me/profile/showcase", 303),
    "profiles.mine": _of("/me/profile", 200),
    "profiles.person": _of("/people/ben", 200),
    "profiles.preview": _of("/me/profile/preview", 200),
    "profiles.public": _of("/u/ben", 404),  # off, so that nobody sees it
    "profiles.switch": _of("/me/profile", 303),
    "rules.change": _of("/admin/rules", 200),
    "rules.page": _of("/admin/rules", 200),
    "rules.switch": _of("/admin/rules/switches", 303, form={"points_on": "1", "boards_on": "1"}),
    "rules_api.change": _api("/rules", 422),
    "rules_api.in_force": _api("/rules", 200),
    "rules_api.preview": _api("/rules/preview", 422),
    "skills.edit": _of("/admin/skills/water", 200),
    "skills.goal": _of("/admin/goals/{goal}", 200),
    "skills.make": _of("/admin/skills/new", 422),
    "skills.make_goal": _of("/admin/goals/new", 422),
    "skills.new": _of("/admin/skills/new", 200),
    "skills.new_goal": _of("/admin/goals/new", 200),
    "skills.overview": _of("/admin/skills", 200),
    "skills.save": _of("/admin/skills/water", 422),
    "skills.save_goal": _of("/admin/goals/{goal}", 422),
    "skills.step_goal": _of("/admin/goals/{goal}/step", 422),
    "skills_api.change": _api("/skills/water", 422),
    "skills_api.change_goal": _api("/goals/{goal}", 422),
    "skills_api.goals": _api("/goals", 200),
    "skills_api.make": _api("/skills", 422),
    "skills_api.make_goal": _api("/goals", 422),
    "skills_api.one": _api("/skills/water", 200),
    "skills_api.remove_goal": _api("/goals/{goal}", 204),
    "skills_api.skills": _api("/skills", 200),
    "static": _of("/static/nothing.css", 404),
    "xapi.about": _of("/xapi/about", 200),
    "xapi.get": _of("/xapi/statements", 200, headers=XAPI),
    "xapi.post": _of("/xapi/statements", 400, json={}, headers=XAPI),
    "xapi.put": _of("/xapi/statements", 400, json={}, headers=XAPI),
}

# Routes that name somebody's thing, and which; each is tried by all who have nothing to do with it.
OBJECTS = {
    "activities.decide": "completion",
    "activities.hand_over": "completion",
    "activities.waiting_log": "completion",
    "activities.withdraw": "completion",
    "activities_api.decide": "completion",
    "dates.attendance": "date",
    "dates.code": "date",
    "dates.code_picture": "date",
    "dates.reservation_file": "reservation",
    "dates.tick": "date",
    "activities_api.hand_over": "completion",
    "activities_api.withdraw": "completion",
    "kudos.choose": "kudos",
    "kudos.one": "kudos",
    "kudos.thank": "kudos",
    "kudos_api.choose": "kudos",
    "kudos_api.one": "kudos",
    "kudos_api.thank": "kudos",
    "lessons.apply": "lesson",
    "lessons.attach": "lesson",
    "lessons.change": "lesson",
    "lessons.delete": "lesson",
    "lessons.edit": "lesson",
    "lessons.lesson": "lesson",
    "lessons.put_name_on": "lesson",
    "lessons.react": "lesson",
    "lessons.stop": "lesson",
    "lessons.take_name_off": "lesson",
    "lessons_api.apply": "lesson",
    "lessons_api.delete": "lesson",
    "lessons_api.edit": "lesson",
    "lessons_api.lesson": "lesson",
    "lessons_api.put_name_on": "lesson",
    "lessons_api.react": "lesson",
    "lessons_api.stop": "lesson",
    "lessons_api.take_back": "lesson",
    "lessons_api.take_name_off": "lesson",
}
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
# Changes that are complete: an incomplete one might be refused before anybody looks whose the thing is.
COMPLETE: dict[str, Form] = {
    "reservation": {},
    "date": {"who": "Anna"},
    "completion": {"confirm": True, "decision": "confirm", "note": "It was fine.", "confirmer_id": 1},
    "kudos": {"visible": "everyone"},
    "lesson": {
        "outcome": "went_well",
        "title": "Count to forty",
        "happened": "A valve was closed too fast.",
        "learned": "Haste costs time in the end.",
        "from_now_on": "We count out loud to forty.",
        "lang": "en",
        "audience": "team",
        "how": "Each time I close one.",
        "kind": "brave",
    },
}
# Routes that name what is everybody's, what only its bearer can know, or what belongs to a role's desk.
NOBODYS = {
    "activities.activity", "activities_api.change", "activities_api.kept", "admin_files.confirm",
    "admin_files.differences", "admin_files.drop", "admin_files.one", "admin_people.give_role",
    "admin_people.invite_one", "admin_people.let_go", "admin_people.one", "admin_people.sign_out",
    "admin_people.take_back", "assets.file", "badges.answer", "badges.ask", "badges.award", "badges.award_picture",
    "badges.badge", "badges.picture", "badges.show", "badges_api.show", "catalogue.edit", "catalogue.save",
    "catalogue.set_state", "connections.end", "connections.guide", "connections.one", "connections.rotate",
    "connections_api.end", "connections_api.one", "connections_api.rotate", "dates.attend",
    "dates.attendance_kept", "dates.be_there", "dates.cancel", "dates.change", "dates.date_file", "dates.edit",
    "dates.give_back", "dates.manage", "dates.plan", "dates.reserve", "dates.tick_kept", "dates_api.cancel",
    "dates_api.change", "dates_api.give_back", "dates_api.plan", "dates_api.reserve", "home.fragment",
    "home_api.profile",
    "intake.accept", "intake.activity", "intake.undo_join", "intake.undo_merge", "intake_api.accept",
    "intake_api.undo_join", "intake_api.undo_merge", "learning.cancel", "learning.choose", "learning.one",
    "learning.reading", "learning.refused", "learning.start",
    "lessons.detach", "lessons.file", "lessons_api.attach", "lessons_api.detach", "lessons_api.file",
    "people.answer_step", "people.set_first_password", "people.start_step", "people.welcome",
    "profiles.person", "profiles.public",
    "skills.edit", "skills.goal", "skills.save", "skills.save_goal", "skills.step_goal",
    "skills_api.change", "skills_api.change_goal", "skills_api.one", "skills_api.remove_goal", "static",
}  # fmt: skip
OPEN = {
    "api-docs.openapi_json", "assets.file", "badges.award", "badges.award_picture", "badges.picture",
    "dev.gallery", "health.live", "health.metrics", "health.ready", "oauth.give_token",
    "people.ask_reset", "people.enter", "people.enter_code", "people.forgot", "people.language",
    "people.set_first_password", "people.sign_in", "people.sign_out", "people.welcome", "people.welcome_code",
    "profiles.public", "static", "xapi.about",
}  # fmt: skip
FOR_CLIENTS = {
    "learning_api.bring_in",
    "people_api.people",
    "people_api.put_people",
    "people_api.show",
    "xapi.get",
    "xapi.post",
    "xapi.put",
    "activities_api.change",
    "activities_api.kept",
    "activities_api.make",
    "dates_api.cancel",
    "dates_api.change",
    "dates_api.plan",
}
ENDS_ONES_SESSION = ("people.end_sessions", "people.sign_out")


# The house, and who asks ------------------------------------------------------------------------------------


@dataclass
class House:
    """The cast, with two more: fay is a colleague of nobody here, eve manages dan."""

    app: Flask
    cast: Cast
    fay: int
    things: dict[int, dict[str, int | str]] = field(default_factory=dict)

    def id_of(self, name: str) -> int:
        return self.fay if name == "fay" else self.cast.id_of(name)


@pytest.fixture
def house(app: Flask, cast: Cast) -> House:
    """No context stays open: a request within it would remember who asked before."""
    with app.app_context():
        at = datetime.now(UTC)
        load(at=at)
        rows = [row_of("fay", department="Systems", team="Yard"), row_of("dan", manager_external_id="w-eve")]
        with transaction():
            known = people.import_people(rows, at=at)
            settle(at)
        made = House(app, cast, known.id_of("w-fay"))
    return made


@dataclass(frozen=True)
class Someone:
    """Who asks: how, and with which roles or scopes."""

    name: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None  # of a client; None: no client
    known: bool = True

    def may_use(self, endpoint: str) -> bool:
        """What the table says of them, read as a person would."""
        policy = POLICIES[endpoint]
        if "anybody" in policy.who:
            return True
        if not self.known:
            return False
        if self.scopes is not None:
            reach = self.scopes | ({"xapi:read"} if "xapi:write" in self.scopes else set())
            return "client" in policy.who and (policy.scope is None or policy.scope in reach)
        return "person" in policy.who or bool(self.roles & set(policy.who))


def _person(name: str, *roles: str) -> Someone:
    return Someone(name, frozenset({"employee", *roles}))


PEOPLE = [
    _person("fay"), _person("mia", "manager"), _person("leo", "learning"), _person("clara", "hr"),
    _person("cor", "council"), _person("dan", "admin"),
]  # fmt: skip
TOKENS = [_person("token of fay"), _person("token of dan", "admin")]
TOKENS = [
    Someone("token of fay", frozenset({"employee"})),
    Someone("token of dan", frozenset({"employee", "admin"})),
]
CLIENTS = [Someone(f"client with {scope}", scopes=frozenset({scope})) for scope in SCOPES]
CLIENTS += [Someone(f"client token with {scope}", scopes=frozenset({scope})) for scope in SCOPES[:2]]
STRANGERS = [
    Someone(name, known=False)
    for name in (
        "nobody", "invented session", "revoked session", "expired session", "session of who left",
        "invented token", "revoked token", "expired token", "token of who left", "revoked client", "wrong secret",
    )
]  # fmt: skip


Ask = Callable[..., TestResponse]


def _asking(house: House, who: Someone) -> Ask:
    """A way to send requests as them, each from another address: guessing is not what is tried here."""
    number = iter(range(1, 60_000))
    with house.app.app_context():
        headers, session = _shows(house, who.name)
    browser = signed_in(house.app, session) if session else house.app.test_client()
    if "session" in headers:
        browser.set_cookie("blijk", headers.pop("session"))
    if not who.roles and not headers:  # a stranger's form has a token, too
        headers["X-CSRF-Token"] = _form_token(browser.get("/login").text)

    def ask(method: str, path: str, example: Example, form: Form | None = None) -> TestResponse:
        sent = {**example.form, **(form or {})}
        body: dict[str, Any] = {"data": sent} if example.json is None else {"json": {**example.json, **sent}}
        if method in SAFE:
            body = {}
        place = next(number)
        return browser.open(
            path, method=method, headers={**example.headers, **headers}, buffered=False, **body,
            environ_base={"REMOTE_ADDR": f"10.9.{place >> 8}.{place & 255}"},
        )  # fmt: skip

    return ask


def _form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


def _shows(house: House, name: str) -> tuple[dict[str, str], int | None]:
    """What they show in headers (a cookie goes as `session`), or who is signed in."""
    at = datetime.now(UTC)
    if name in (*NAMES, "fay"):
        return {}, house.id_of(name)
    if name.startswith("token of ") and not name.endswith("left"):
        return _bearer(_token(house, house.id_of(name.removeprefix("token of ")), at)), None
    if name.startswith("client"):
        return _client(name.split()[-1], at, bearer="token" in name), None
    return _SHOWN_BY_STRANGERS[name](house, at), None


def _token(house: House, person_id: int, at: datetime) -> str:
    with transaction():
        return people.make_token(person_id=person_id, at=at)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _basic(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()}


def _client(scope: str, at: datetime, *, bearer: bool) -> dict[str, str]:
    with transaction():
        made = people.make_client(name="A system", scopes=[scope], at=at)
        if bearer:
            (client_id,) = db.session.scalars(text("SELECT max(id) FROM api_client"))
            return _bearer(people.make_client_token(client_id=client_id, scopes=[scope], at=at))
    return _basic(made.key, made.secret)


def _session(house: House, at: datetime, sql: str = "") -> dict[str, str]:
    with transaction():
        token = people.start_session(person_id=house.fay, at=at)
        if sql:
            db.session.execute(text(sql))
    return {"session": token}


def _spoiled_token(house: House, at: datetime, sql: str) -> dict[str, str]:
    token = _token(house, house.fay, at)
    with transaction():
        db.session.execute(text(sql))
    return _bearer(token)


def _spoiled_client(at: datetime, sql: str, secret: str | None = None) -> dict[str, str]:
    with transaction():
        made = people.make_client(name="A system", scopes=["xapi:write"], at=at)
        if sql:
            db.session.execute(text(sql))
    return _basic(made.key, secret or made.secret)


_LAST = " WHERE id = (SELECT max(id) FROM api_token)"
_LEFT = "UPDATE person SET active = false WHERE name = 'Fay'"
_SHOWN_BY_STRANGERS: dict[str, Callable[[House, datetime], dict[str, str]]] = {
    "nobody": lambda house, at: {},
    "invented session": lambda house, at: {"session": "x" * 43},
    "revoked session": lambda house, at: _session(house, at, "UPDATE sign_in SET revoked_at = now()"),
    "expired session": lambda house, at: _session(house, at - timedelta(days=31)),
    "session of who left": lambda house, at: _session(house, at, _LEFT),
    "invented token": lambda house, at: _bearer("x" * 43),
    "revoked token": lambda house, at: _spoiled_token(
        house, at, "UPDATE api_token SET revoked_at = now()" + _LAST
    ),
    "expired token": lambda house, at: _spoiled_token(
        house, at, "UPDATE api_token SET ends_at = now() - interval '1 second'" + _LAST
    ),
    "token of who left": lambda house, at: _spoiled_token(house, at, _LEFT),
    "revoked client": lambda house, at: _spoiled_client(at, "UPDATE api_client SET revoked_at = now()"),
    "wrong secret": lambda house, at: _spoiled_client(at, "", secret="another one"),
}


# What they have ---------------------------------------------------------------------------------------------


def _things(house: House, person_id: int, others: int, says: str = "all is well") -> dict[str, Any]:
    """Lessons of this person, thanks to them, a completion that waits for their word; and an invitation."""
    with house.app.app_context():
        return _made_things(person_id, others, says)


def _made_things(person_id: int, others: int, says: str) -> dict[str, Any]:
    at = datetime.now(UTC)
    skill = db.session.scalar(text("SELECT min(id) FROM skill"))
    with transaction():
        ids = lessons.share_lessons([_lesson(person_id, skill, says, n) for n in range(5)], at=at)
        settle(at)
        sent = lesson_extras.Sent("a.png", PICTURE, "A dot on a white ground")
        picture = lesson_extras.attach(by=person_id, lesson_id=ids[0], sent=sent)
    with transaction():
        thanks = NewKudos(
            giver_id=others, receivers=[person_id], skill_id=skill, lang="en", message=f"You saw {says}"
        )
        (kudos_id,) = kudos.give_kudos([thanks], at=at)
        settle(at)
    with transaction():
        own_logs = [_log(others, person_id, f"{says}{n}") for n in range(2)]
        logs = [_log(person_id, others, says), *own_logs]
        completion_id, own_log, own_log_too = activities.log_completions(logs, at=at)
        settle(at)
    with transaction():
        invitation = people.invite(person_id=person_id, at=at)
        kept = [_file(by, at) for by in (person_id, others)]
    made = _made_dates(person_id, at) | {
        "lesson": ids[0],
        "doomed": ids[1],
        "doomed_too": ids[2],
        "picture": picture,
        "nothing": uuid.uuid4(),
        "bared": ids[3],
        "bared_too": ids[4],
        "kudos": kudos_id,
        "completion": completion_id,
        "file": kept[0],
        "doomed_file": kept[1],
        "somebody": db.session.scalar(text("SELECT id FROM person WHERE name = 'Ben'")),
        "import": _an_import(person_id, at),
        "own_log": own_log,
        "own_log_too": own_log_too,
    }
    return {**made, "invitation": invitation}


def _file(by: int, at: datetime) -> int:
    file_id = files.keep(name="people.csv", content=b"external_id,name\nw-zoe,Zoe", by=by, at=at)
    files.tell_differences(file_id)
    return file_id


def _an_import(by: int, at: datetime) -> int:
    """A file of learning records that was uploaded."""
    with transaction():
        made = learning.make(name="old.csv", by=by, at=at)
        store.keep(made, io.BytesIO(b"who,course,when\nw-anna,a1,2026-01-01\n"))
    return made


def _made_dates(person_id: int, at: datetime) -> dict[str, Any]:
    """A date that goes on now and that they lead, and a place on one that is to come; and a goal."""
    activity = db.session.scalar(text("SELECT id FROM activity WHERE slug = 'a1'"))
    hour = timedelta(hours=1)
    now_ = NewDate(starts_at=at - hour / 6, ends_at=at + hour, leader_id=person_id)
    later = NewDate(starts_at=at + 24 * hour, ends_at=at + 25 * hour)
    with transaction():
        date, future, doomed = (dates.plan(activity, one, by=None, at=at) for one in (now_, later, later))
        dates.reserve(future, person_id=person_id, at=at)
        (place,) = date_queries.reservations_of(person_id, at)[-1:]
        code, _until = dates.make_code(date, by=person_id, at=at) or ("", at)
        goal = vision.edit_goal(None, name={"nl": "Samen", "en": "Together"}, version=None, by=None, at=at)
    return {"date": date, "doomed_date": doomed, "reservation": place.id, "code": code, "goal": goal}


def _lesson(author: int, skill: int, says: str, number: int) -> NewLesson:
    return NewLesson(
        author_id=author, outcome="went_well", title=f"{number}: {says}", happened=f"We found {says}",
        learned=f"Look for {says}", from_now_on=f"I look {number} times for {says}", skills=[skill], lang="en",
        audience="team",
    )  # fmt: skip


def _log(confirmer: int, learner: int, says: str) -> Any:
    day = datetime.now(UTC).date() - timedelta(days=2)
    return {
        "person_id": learner, "completed_on": day, "title": f"How {says} lives", "kind": "course", "note": says,
        "skill_id": db.session.scalar(text("SELECT min(id) FROM skill")), "hours": 1.0, "confirmer_id": confirmer,
    }  # fmt: skip


def _routes(app: Flask) -> list[tuple[str, Rule, str]]:
    """Endpoint, rule and method; those that end one's session come last."""
    found = [
        (rule.endpoint, rule, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint in EXAMPLES  # of any other the first test below speaks
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=lambda one: (*(one[0] == name for name in ENDS_ONES_SESSION[::-1]), one[0]))


# The table --------------------------------------------------------------------------------------------------


def test_every_route_has_its_example(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints == set(EXAMPLES), "a new route needs an example here, a gone one needs none"
    assert endpoints == set(POLICIES)
    naming = {rule.endpoint for rule in app.url_map.iter_rules() if rule.arguments}
    assert naming == set(OBJECTS) | NOBODYS, "say whose it is that a route names"
    assert not set(OBJECTS) & NOBODYS


def test_what_is_open_to_strangers_and_to_systems_is_only_this(app: Flask) -> None:
    assert {name for name, policy in POLICIES.items() if "anybody" in policy.who} == OPEN
    assert {name for name, policy in POLICIES.items() if "client" in policy.who} == FOR_CLIENTS


@pytest.mark.parametrize("who", [*PEOPLE, *TOKENS, *CLIENTS, *STRANGERS], ids=lambda who: who.name)
def test_who_gets_in_is_who_may(house: House, who: Someone) -> None:
    own = house.id_of(who.name.removeprefix("token of ")) if who.roles else house.cast.ben
    things = _things(house, own, house.cast.eve)
    ask, wrong = _asking(house, who), []
    for endpoint, _, method in _routes(house.app):
        example = EXAMPLES[endpoint]
        path = example.path.format(**things)
        answer = ask(method, path, example)
        answer.close()
        if who.may_use(endpoint):
            fine = answer.status_code in example.inside and not _sent_to_sign_in(answer, path)
        else:
            fine = _turned_away(answer, path, example, known=who.known)
        if not fine:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.location or ''}")
    assert wrong == []


def _turned_away(answer: TestResponse, path: str, example: Example, *, known: bool) -> bool:
    """Who is known is told that it is not for them, a program which key to show; others go and sign in."""
    if known:
        return answer.status_code == 403
    if path.startswith(("/api/", "/xapi/")):
        return answer.status_code == 401 and answer.is_json and "WWW-Authenticate" in answer.headers
    if "HX-Request" in example.headers:
        return answer.status_code == 401 and answer.headers["HX-Redirect"].startswith("/login")
    return _sent_to_sign_in(answer, path)


def _sent_to_sign_in(answer: TestResponse, path: str) -> bool:
    there = answer.status_code == 303 and answer.location.startswith("/login")
    return there and path != "/logout"


# What belongs to others -------------------------------------------------------------------------------------


def _told(answer: TestResponse) -> tuple[int, str, str]:
    """An answer without what differs from request to request: its name, its form token, and the id asked for."""
    said = re.sub(r"\b[0-9a-f]{12}\b|\b[0-9a-f]{64}\b|[\w-]{22}(?=\")", "*", answer.text)
    return answer.status_code, answer.mimetype, re.sub(r"\b\d+\b", "0", said)


@pytest.mark.parametrize(
    "name", ["fay", "eve", "leo", "clara", "cor", "dan", "token of fay", "token of clara", "token of dan"]
)
def test_what_belongs_to_others_is_answered_like_what_is_not_there(house: House, name: str) -> None:
    """Anna's lesson is for her team, the thanks are between Ben and her, and Mia is asked for her word."""
    theirs = _things(house, house.cast.anna, house.cast.ben, SECRET)
    theirs["completion"] = _waits_for_mia(house)
    before = _state(house)
    ask = _asking(house, Someone(name, frozenset({"employee"})))
    skills = _rows(house, "SELECT id FROM skill LIMIT 1")
    for endpoint, rule, method in _routes(house.app):
        if endpoint not in OBJECTS:
            continue
        kind, example = OBJECTS[endpoint], EXAMPLES[endpoint]
        form = COMPLETE[kind] | ({"skills": skills} if kind == "lesson" else {})
        pattern = re.sub(r"\{\w+\}", "{id}", example.path)
        real = ask(method, pattern.format(id=theirs[kind]), example, _fitting(house, rule, form, example))
        none = ask(method, pattern.format(id=NOWHERE), example, _fitting(house, rule, form, example))
        assert _told(real) == _told(none), (method, pattern)
        assert SECRET not in real.text, (method, pattern)
        assert real.status_code == 404, (method, pattern, real.status_code, real.text[:300])
    assert _state(house) == before


def _fitting(house: House, rule: Rule, form: Form, example: Example) -> Form:
    """The API refuses names that it does not know; a form passes over them."""
    if example.json is None:
        return form
    known = {
        "completion": {"confirmer_id"} if rule.endpoint.endswith("hand_over") else {"decision", "note"},
        "kudos": {"visible"},
        "lesson": set(form) - {"how", "kind"} if rule.endpoint.endswith("edit") else {"how"},
    }[OBJECTS[rule.endpoint]]
    return {key: value for key, value in form.items() if key in known}


def _waits_for_mia(house: House) -> int:
    at = datetime.now(UTC)
    with house.app.app_context(), transaction():
        (found,) = activities.log_completions([_log(house.cast.mia, house.cast.anna, SECRET)], at=at)
        settle(at)
    return found


def _state(house: House) -> list[Any]:
    tables = ("lesson", "lesson_application", "kudos_receiver", "completion", "fact", "ledger_entry")
    return [_rows(house, f"SELECT CAST(t AS text) FROM {table} t ORDER BY 1") for table in tables]


def _rows(house: House, sql: str) -> list[Any]:
    with house.app.app_context():
        return list(db.session.scalars(text(sql)))


def test_nothing_of_others_is_seen_by_whoever_looks_everywhere(house: House) -> None:
    """No page, list or ledger shows it, and none takes the name of somebody else for one's own."""
    theirs = _things(house, house.cast.anna, house.cast.ben, SECRET)
    _waits_for_mia(house)
    at, anna = datetime.now(UTC), house.cast.anna
    with house.app.app_context(), transaction():
        lock_people([anna])
        publish([FactStated(person_id=anna, source="lesson:0", kind="lesson_shared", at=at)])
        settle(at)
    asked = f"person_id={anna}&person={anna}&of={anna}&user={anna}&id={anna}&receiver={anna}&team={house.cast.north}"
    for who in [*PEOPLE[2:], PEOPLE[0]]:  # not Mia: she manages Anna
        ask = _asking(house, who)
        for endpoint, _, method in _routes(house.app):
            if method != "GET" or endpoint in OPEN or endpoint in OBJECTS or endpoint == "live.events":
                continue
            path = EXAMPLES[endpoint].path.format(**theirs)
            for query in ("", asked):
                answer = ask("GET", f"{path}{'&' if '?' in path else '?'}{query}", EXAMPLES[endpoint])
                assert SECRET not in answer.text, (who.name, path)
        ledger = ask("GET", f"/api/v1/me/ledger?{asked}", EXAMPLES["home_api.ledger"]).get_json()
        assert ledger.get("entries", []) == [], who.name


def test_ones_own_is_there(house: House) -> None:
    """The same things for those whose they are: otherwise the tests above would pass on an empty house."""
    theirs = _things(house, house.cast.anna, house.cast.ben, SECRET)
    ask = _asking_as(house, "anna")
    for endpoint in ("lessons.lesson", "lessons_api.lesson", "kudos.one", "kudos_api.one", "lessons.edit"):
        answer = ask("GET", EXAMPLES[endpoint].path.format(**theirs), EXAMPLES[endpoint])
        assert (answer.status_code, SECRET in answer.text) == (200, True), endpoint
    assert SECRET in ask("GET", "/confirmations", EXAMPLES["activities.confirmations"]).text
    assert SECRET in ask("GET", "/lessons", EXAMPLES["lessons.feed"]).text


def _asking_as(house: House, name: str) -> Ask:
    browser = signed_in(house.app, house.id_of(name))
    return lambda method, path, example, form=None: browser.open(path, method=method, headers=example.headers)
