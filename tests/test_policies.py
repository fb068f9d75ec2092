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
from app.activities import files as log_files
from app.activities.logs import log_completions
from app.careers import actions as careers
from app.careers import criteria, targets
from app.careers.rules import NewCriterion, NewFamily, NewJob
from app.conversations import actions as conversations
from app.dates import actions as dates
from app.dates import queries as date_queries
from app.dates.rules import NewDate
from app.db import db, lock_people, transaction
from app.events import FactStated
from app.feedback import actions as feedback
from app.feedback import asking
from app.goals import actions as goals
from app.goals import leading
from app.goals.rules import NewGoal, NewTeamGoal
from app.guidance import actions as guidance
from app.guidance import meetings, pairs
from app.guidance.rules import NewGuidance
from app.kudos import actions as kudos
from app.kudos.actions import NewKudos
from app.learning import actions as learning
from app.learning import store
from app.lessons import actions as lessons
from app.lessons import extras as lesson_extras
from app.lessons.actions import NewLesson
from app.live import FAREWELL
from app.notifications import actions as notifications
from app.notifications import mailing
from app.notifications.kinds import NAMED
from app.outbox import publish, settle
from app.people import actions as people
from app.people import files
from app.people.actions import SCOPES
from app.programmes import actions as programmes
from app.programmes.rules import NewPart, Told
from app.vision import actions as vision
from tests.cast import NAMES, Cast, row_of, signed_in
from tests.small import load

SECRET = "heron under the old pump house"
NOWHERE = 9_000_000_000
NO_AWARD = (
    "11111111-2222-4333-8444-555555555555"  # whose awards are whose: tests/app/badges/test_award_page.py
)
NO_REVIEW = NO_AWARD  # who opens which: tests/app/reviews/test_file.py
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
    "admin_people.make_officer": _of("/admin/people/{somebody}/privacy-officer", 303),
    "admin_people.serve": _of("/admin/people/{somebody}/departments", 422),
    "admin_people.sign_out": _of("/admin/people/{somebody}/sign-out", 303),
    "admin_people.take_back": _of("/admin/people/{somebody}/return", 303),
    "activities.activity": _of("/learn/a1", 200),
    "activities.ask_for": _of("/wishes", 422),
    "activities.catalogue": _of("/learn", 200),
    "activities.confirmations": _of("/confirmations", 200),
    "activities.confirm_many": _of("/confirmations", 422),
    "activities.decide": _of("/confirmations/{completion}"),
    "activities.file": _of("/log/files/{shown}", 200),
    "activities.take_file_away": _of("/log/file/remove", 200),
    "activities.hand_over": _of("/log/{completion}/hand-over"),
    "activities.log": _of("/log", 200),
    "activities.log_it": _of("/log"),
    "activities.people": _of("/log/people?q=e", 303),
    "activities.drop_draft": _of("/log/draft/discard", 303),
    "activities.keep_draft": _of("/log/draft", 303),
    "activities.news": _of("/confirmations/new", 303),
    "activities.titles": _of("/log/titles?title=course", 303),
    "activities.waiting_log": _of("/log/{completion}", 200),
    "activities.undo": _of("/confirmations/undo", 422),
    "activities.withdraw": _of("/log/{own_log}/withdraw"),
    "activities_api.activities": _api("/activities", 200),
    "activities_api.answer": _api("/wishes/answers", 422),
    "activities_api.ask_for": _api("/wishes", 422),
    "activities_api.asked_for": _api("/wishes/open", 200),
    "activities_api.change": _api("/activities/a1", 422),
    "activities_api.kept": _api("/activities/a1", 200),
    "activities_api.make": _api("/activities", 422),
    "activities_api.completions": _api("/completions", 200),
    "activities_api.send_file": _api("/completions/files", 422),
    "activities_api.file": _api("/completions/files/{shown}", 200),
    "activities_api.drop_file": _api("/completions/files/{nothing}", 404),
    "activities_api.confirmations": _api("/confirmations", 200),
    "activities_api.confirm_many": _api("/confirmations", 422),
    "activities_api.decide": _api("/completions/{completion}/decision", 422),
    "activities_api.undo": _api("/confirmations/undo", 422),
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
    "badges.choose": _of("/me/visibility", 422),
    "badges.visibility": _of("/me/visibility", 200),
    "badges_api.choose": _api("/me/visibility", 422),
    "badges_api.standing": _api("/me/visibility", 200),
    "badges.award": _of(f"/b/{NO_AWARD}", 404),
    "badges.award_picture": _of(f"/b/{NO_AWARD}.svg", 404),
    "badges.badge": _of("/badges/five", 200),
    "badges.moment": _of("/moment", 200, headers={"HX-Request": "true"}),
    "badges.seen": _of("/moment", 303),
    "badges.picture": _of("/pictures/1/course-1-water-drop-ghost-96.0123456789abcdef.svg", 404),
    "badges.show": _of(f"/b/{NO_AWARD}/visible", 404, form={"visible": "me"}),
    "badges.show_tile": _of(f"/album/{NO_AWARD}", 404, form={"visible": "me"}),
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
    "reviews.answer": _of(f"/reviews/{NO_REVIEW}/proposals/1", 404, form={"accept": "false"}),
    "reviews.ask": _of("/reviews", 422),
    "reviews.ask_colleague": _of(f"/reviews/{NO_REVIEW}/criteria/1/observations", 404),
    "reviews.complete": _of(f"/reviews/{NO_REVIEW}/complete", 404),
    "reviews.decline": _of("/reviews/observations/1/decline", 404),
    "reviews.mine": _of("/reviews", 200),
    "reviews.news": _of(f"/reviews/{NO_REVIEW}/news", 404),
    "reviews.observation": _of("/reviews/observations/1", 404),
    "reviews.observe": _of("/reviews/observations/1", 404, form={"words": "x"}),
    "reviews.one": _of(f"/reviews/{NO_REVIEW}", 404),
    "reviews.pick": _of(f"/reviews/{NO_REVIEW}/criteria/1", 404),
    "reviews.propose": _of(f"/reviews/{NO_REVIEW}/criteria/1/proposals", 404),
    "reviews.reason": _of(f"/reviews/{NO_REVIEW}/reason", 404),
    "reviews.release": _of(f"/reviews/{NO_REVIEW}/criteria/1/evidence", 404),
    "reviews.take_back": _of(f"/reviews/{NO_REVIEW}/evidence/1/back", 404),
    "reviews.unask": _of(f"/reviews/{NO_REVIEW}/observations/1/unask", 404),
    "reviews.withdraw": _of(f"/reviews/{NO_REVIEW}/withdraw", 404),
    "reviews.words": _of(f"/reviews/{NO_REVIEW}/words", 404),
    "reviews_api.answer": _api(f"/reviews/{NO_REVIEW}/proposals/1", 404, json={"accept": False}),
    "reviews_api.ask": _api("/reviews", 422),
    "reviews_api.ask_colleagues": _api(f"/reviews/{NO_REVIEW}/observations", 422),
    "reviews_api.choices": _api(f"/reviews/{NO_REVIEW}/criteria/1/choices", 404),
    "reviews_api.complete": _api(f"/reviews/{NO_REVIEW}/completion", 404),
    "reviews_api.decline": _api("/reviews/observations/1/refusal", 404),
    "reviews_api.everything": _api("/reviews", 200),
    "reviews_api.observation": _api("/reviews/observations/1", 404),
    "reviews_api.observe": _api("/reviews/observations/1", 404),
    "reviews_api.one": _api(f"/reviews/{NO_REVIEW}", 404),
    "reviews_api.own": _api(f"/reviews/{NO_REVIEW}/own", 404),
    "reviews_api.propose": _api(f"/reviews/{NO_REVIEW}/proposals", 422),
    "reviews_api.reason": _api(f"/reviews/{NO_REVIEW}/reason", 422),
    "reviews_api.release": _api(f"/reviews/{NO_REVIEW}/evidence", 422),
    "reviews_api.take_back": _api(f"/reviews/{NO_REVIEW}/evidence/removal", 422),
    "reviews_api.unask": _api(f"/reviews/{NO_REVIEW}/observations/1", 404),
    "reviews_api.withdraw": _api(f"/reviews/{NO_REVIEW}/withdrawal", 404),
    "reviews_api.words": _api(f"/reviews/{NO_REVIEW}/words", 422),
    "care.case": _of("/hr/care/1", 404),
    "care.decide": _of("/hr/care/1", 404, form={"decision": "leave"}),
    "care.desk": _of("/hr/care", 200),
    "care.mine": _of("/reports", 200),
    "care.new": _of("/reports/new?kind=kudos&content_id={kudos}", 200),
    "care.report": _of("/reports", 422),
    "care.show_again": _of("/hr/care/1/show", 404, form={"answer": "It was about the work."}),
    "care_api.about_mine": _api("/reports/about-mine", 200),
    "care_api.case": _api("/care/1", 404),
    "care_api.decide": _api("/care/1/decision", 404, json={"decision": "leave"}),
    "care_api.desk": _api("/care", 200),
    "care_api.mine": _api("/reports", 200),
    "care_api.report": _api("/reports", 422),
    "care_api.show_again": _api("/care/1/show", 404, json={"answer": "It was about the work."}),
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
    "dates.places": _of("/learn/a1/places", 303),
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
    "careers.job": _of("/jobs/{job}", 200),
    "careers.jobs": _of("/jobs", 200),
    "careers.plan": _of("/vision/plan", 200),
    "careers.version": _of("/jobs/{job}/versions/1", 200),
    "careers.why": _of("/vision", 200),
    "careers_api.change": _api("/jobs/{job}", 422),
    "careers_api.change_family": _api("/job-families/operators", 422),
    "careers_api.change_target": _api("/vision/targets/{target}", 422),
    "careers_api.job": _api("/jobs/{job}", 200),
    "careers_api.jobs": _api("/jobs", 200),
    "careers_api.make": _api("/jobs", 422),
    "careers_api.make_family": _api("/job-families", 422),
    "careers_api.make_target": _api("/vision/targets", 422),
    "careers_api.mine": _api("/jobs/{job}/mine", 200),
    "careers_api.publish": _api("/jobs/{job}/publication", 422),
    "careers_api.remove_target": _api("/vision/targets/{doomed_target}", 204),
    "careers_api.versions": _api("/jobs/{job}/versions", 200),
    "careers_api.why": _api("/vision", 200),
    "careers_api.write_draft": _api("/jobs/{job}/draft", 422),
    "careers_api.write_text": _api("/vision/text", 422),
    "goals.change": _of("/goals/{own_goal}", 422),
    "goals.check_in": _of("/goals/{own_goal}/check-in", 422),
    "goals.edit": _of("/goals/{own_goal}/edit", 200),
    "goals.everything": _of("/goals", 200),
    "goals.forget": _of("/goals/{doomed_goal}/forget", 303),
    "goals.make": _of("/goals", 422),
    "goals.titles": _of("/goals/activities?proof_activity=e", 303),
    "goals.names": _of("/goals/people?who=e", 303),
    "goals.new": _of("/goals/new", 200),
    "goals.line": _of("/goals/{own_goal}/line", 303),
    "goals.one": _of("/goals/{own_goal}", 200),
    "goals.set_state": _of("/goals/{own_goal}/state", 422),
    "goals_api.change": _api("/me/goals/{own_goal}", 422),
    "goals_api.change_team_goal": _api("/team-goals/{team_goal}", 422),
    "goals_api.check_in": _api("/me/goals/{own_goal}/check-ins", 422),
    "goals_api.end": _api("/team-goals/{team_goal}", 204, 404),
    "goals_api.forget": _api("/me/goals/{doomed_goal_too}", 204),
    "goals_api.join": _api("/team-goals/{team_goal}/membership", 200, 422),
    "goals_api.leave": _api("/team-goals/{team_goal}/membership", 200),
    "goals_api.make": _api("/me/goals", 422),
    "goals_api.make_team_goal": _api("/team-goals", 422),
    "goals_api.mine": _api("/me/goals", 200),
    "goals_api.one": _api("/me/goals/{own_goal}", 200),
    "goals_api.set_state": _api("/me/goals/{own_goal}/state", 422),
    "goals_api.shared": _api("/me/goals/shared", 200),
    "goals_api.suggestions": _api("/me/goals/suggestions", 200),
    "goals_api.shared_one": _api("/me/goals/shared/{own_goal}", 200),
    "goals_api.team_goal": _api("/team-goals/{team_goal}", 200),
    "goals_api.team_goals": _api("/team-goals", 200),
    "guidance.answer": _of("/guidance/{guidance}/answer", 422),
    "guidance.decide": _of("/guidance/{guidance}/meetings/{meeting}", 422),
    "guidance.end": _of("/guidance/{guidance}/end", 422),
    "guidance.help_with": _of("/guidance/offer", 422),
    "guidance.let_manager_see": _of("/guidance/{guidance}/sharing", 422),
    "guidance.mine": _of("/guidance/mine", 200),
    "guidance.my_offer": _of("/guidance/offer", 200),
    "guidance.new": _of("/guidance/new?with=ben", 200),
    "guidance.offers": _of("/guidance", 200),
    "guidance.one": _of("/guidance/{guidance}", 200),
    "guidance.plan": _of("/guidance/{guidance}/plan", 303),
    "guidance.propose": _of("/guidance/new", 422),
    "guidance.record": _of("/guidance/{guidance}/meetings", 422),
    "guidance_api.answer": _api("/guidance/{guidance}/answer", 422),
    "guidance_api.change": _api("/mentoring/{mentoring}", 422),
    "guidance_api.decide": _api("/guidance/{guidance}/meetings/{meeting}/decision", 422),
    "guidance_api.decide_many": _api("/guidance/meetings/decisions", 422),
    "guidance_api.end": _api("/guidance/{guidance}/end", 422),
    "guidance_api.help_with": _api("/guidance/offer", 422),
    "guidance_api.kept": _api("/mentoring/kept", 200),
    "guidance_api.leave": _api("/mentoring/{mentoring}/place", 204),
    "guidance_api.let_manager_see": _api("/guidance/{guidance}/sharing", 422),
    "guidance_api.make": _api("/mentoring", 422),
    "guidance_api.mine": _api("/guidance", 200),
    "guidance_api.my_offer": _api("/guidance/offer", 200),
    "guidance_api.offers": _api("/guidance/offers", 200),
    "guidance_api.one": _api("/guidance/{guidance}", 200),
    "guidance_api.pair": _api("/mentoring/{mentoring}/pairs", 422),
    "guidance_api.pair_many": _api("/mentoring/{mentoring}/pairs/many", 422),
    "guidance_api.plan": _api("/guidance/{guidance}/plan", 200),
    "guidance_api.programmes": _api("/mentoring", 200),
    "guidance_api.progress": _api("/mentoring/{mentoring}", 200),
    "guidance_api.propose": _api("/guidance", 422),
    "guidance_api.record": _api("/guidance/{guidance}/meetings", 422),
    "guidance_api.say": _api("/mentoring/pairs/{pair}/answer", 422),
    "guidance_api.take_back": _api("/mentoring/pairs/{pair}", 204, 409),
    "guidance_api.take_part": _api("/mentoring/{mentoring}/place", 422),
    "mentoring.change": _of("/admin/mentoring/{mentoring}/edit", 422),
    "mentoring.edit": _of("/admin/mentoring/{mentoring}/edit", 200),
    "mentoring.kept": _of("/admin/mentoring/{mentoring}", 200),
    "mentoring.leave": _of("/mentoring/{mentoring}/leave", 303),
    "mentoring.make": _of("/admin/mentoring/new", 422),
    "mentoring.new": _of("/admin/mentoring/new", 200),
    "mentoring.overview": _of("/admin/mentoring", 200),
    "mentoring.pair": _of("/admin/mentoring/{mentoring}/pairs", 422),
    "mentoring.programme": _of("/mentoring/{mentoring}", 200),
    "mentoring.programmes": _of("/mentoring", 200),
    "mentoring.say": _of("/mentoring/pairs/{pair}", 422),
    "mentoring.take_back": _of("/admin/mentoring/pairs/{pair}/take-back", 303, 409),
    "mentoring.take_part": _of("/mentoring/{mentoring}/place", 422),
    "health.live": _of("/healthz", 200),
    "health.metrics": _of("/metrics", 404),  # it has a token of its own, and is off here
    "health.ready": _of("/readyz", 200),
    "home.fragment": _of("/home/next", 200, headers={"HX-Request": "true"}),
    "home.help": _of("/help", 200),
    "home.page": _of("/", 200),
    "home.news": _of("/home/new?since=2026-11-01T00:00:00Z", 303),
    "home.receipts": _of("/receipts", 200),
    "home_api.change_my_profile": _api("/me/profile", 200),
    "home_api.back_again": _api("/team/stand-in", 204),
    "home_api.card": _api("/team/card", 200),
    "home_api.my_team": _api("/team", 200),
    "home_api.stand_in": _api("/team/stand-in", 422),
    "home_api.team_person": _api("/team/{own_handle}", 200),
    "dev.gallery": _of("/dev/gallery", 200),
    "home_api.ledger": _api("/me/ledger", 200),
    "home_api.my_profile": _api("/me/profile", 200),
    "home_api.profile": _api("/people/ben/profile", 200),
    "intake.accept": _of("/admin/intake/activities/999999/acceptance", 404),
    "intake.activities": _of("/admin/intake/activities", 200),
    "intake.activity": _of("/admin/intake/activities/999999", 404),
    "intake.ignore": _of("/admin/intake/ignored", 422),
    "intake.join": _of("/admin/intake/joins", 422),
    "intake.merge": _of("/admin/intake/merges", 422),
    "intake.name": _of("/admin/intake/name", 404),
    "intake.names": _of("/admin/intake", 200),
    "intake.undo_join": _of("/admin/intake/joins/1/undo", 404),
    "intake.undo_merge": _of("/admin/intake/merges/1/undo", 404),
    "intake_api.accept": _api("/intake/activities/999999/acceptance", 422),
    "intake_api.activities": _api("/intake/activities", 200),
    "intake_api.ignore": _api("/intake/ignored", 422),
    "intake_api.join": _api("/intake/joins", 422),
    "intake_api.joins": _api("/intake/joins", 200),
    "intake_api.merge": _api("/intake/merges", 422),
    "intake_api.merges": _api("/intake/merges", 200),
    "intake_api.names": _api("/intake/names", 200),
    "intake_api.undo_join": _api("/intake/joins/1", 404),
    "intake_api.undo_merge": _api("/intake/merges/1", 404),
    "conversations.drop": _of("/conversations/{talk}/notes/{draft}/drop", 303),
    "conversations.end": _of("/conversations/{talk}/end", 303, 409),
    "conversations.file": _of("/conversations/{talk}/notes/{draft_too}/file", 303),
    "conversations.mine": _of("/conversations", 200),
    "conversations.move": _of("/conversations/{talk}/day", 422),
    "conversations.one": _of("/conversations/{talk}", 200),
    "conversations.plan": _of("/team/anna/conversation", 422),
    "conversations.plan_mine": _of("/conversations", 422),
    "conversations.write": _of("/conversations/{talk}/notes", 422),
    "conversations_api.all_of_them": _api("/conversations", 200),
    "conversations_api.drop": _api("/conversations/{talk}/notes/{draft_three}", 204),
    "conversations_api.end": _api("/conversations/{talk}/end", 200, 409),
    "conversations_api.file": _api("/conversations/{talk}/notes/{draft_four}/file", 200),
    "conversations_api.move": _api("/conversations/{talk}/day", 422),
    "conversations_api.one": _api("/conversations/{talk}", 200),
    "conversations_api.plan": _api("/conversations", 422),
    "conversations_api.write": _api("/conversations/{talk}/notes", 422),
    "feedback.answer": _of("/feedback/{asked}/answer", 422),
    "feedback.ask": _of("/feedback", 422),
    "feedback.close": _of("/feedback/{request}/close", 303),
    "feedback.decline": _of("/feedback/{asked}/decline", 303),
    "feedback.helpful": _of("/feedback/given/{feedback}/helpful", 303),
    "feedback.on_lesson": _of("/lessons/{lesson}/feedback", 422),
    "feedback.overview": _of("/feedback", 200),
    "feedback.request_page": _of("/feedback/{request}", 200),
    "feedback.share": _of("/feedback/given/{feedback}/share", 303),
    "feedback.share_request": _of("/feedback/{request}/share", 303),
    "feedback.take_away": _of("/feedback/given/{own_feedback}/delete", 303),
    "feedback.tell_use": _of(f"/learn/used/{NOWHERE}", 422),
    "feedback.used": _of("/learn/used", 200),
    "feedback_api.activity_use": _api("/activities/a1/use", 200),
    "feedback_api.answer": _api("/feedback/requests/{asked}/answer", 422),
    "feedback_api.ask": _api("/feedback/requests", 422),
    "feedback_api.close": _api("/feedback/requests/{request}/close", 200),
    "feedback_api.decline": _api("/feedback/requests/{asked}/decline", 200),
    "feedback_api.give": _api("/lessons/{lesson}/feedback", 422),
    "feedback_api.helpful": _api("/feedback/{feedback}/helpful", 204),
    "feedback_api.on_lesson": _api("/lessons/{lesson}/feedback", 200),
    "feedback_api.request": _api("/feedback/requests/{request}", 200),
    "feedback_api.requests": _api("/feedback/requests", 200),
    "feedback_api.share": _api("/feedback/{feedback}/share", 204),
    "feedback_api.share_request": _api("/feedback/requests/{request}/share", 200),
    "feedback_api.take_away": _api("/feedback/{own_feedback_too}", 204),
    "feedback_api.tell_use": _api(f"/me/learning-use/{NOWHERE}", 422),
    "feedback_api.use": _api("/me/learning-use", 200),
    "kudos.choose": _of("/kudos/{kudos}/visibility", 422),
    "kudos.give": _of("/kudos", 422),
    "kudos.one": _of("/kudos/{kudos}", 200),
    "kudos.preview": _of("/kudos/preview", 200, headers={"HX-Request": "true"}),
    "kudos.people": _of("/kudos/people?q=e", 303),
    "kudos.reword": _of("/kudos/{kudos}/words", 422),
    "kudos.teams": _of("/kudos/teams?team=n", 303),
    "kudos.undo": _of("/kudos/{kudos}/undo", 404),  # theirs, not from them
    "kudos.thank": _of("/kudos/{kudos}/thanks", 303),
    "kudos.wall": _of("/kudos", 200),
    "kudos_api.allowance": _api("/kudos/allowance", 200),
    "kudos_api.choose": _api("/kudos/{kudos}/visibility", 422),
    "kudos_api.give": _api("/kudos", 422),
    "kudos_api.one": _api("/kudos/{kudos}", 200),
    "kudos_api.not_thanked": _api("/kudos/not-thanked", 200),
    "kudos_api.reword": _api("/kudos/{kudos}/words", 422),
    "kudos_api.teams": _api("/kudos/teams", 200),
    "kudos_api.undo": _api("/kudos/{kudos}/undo", 404),
    "kudos_api.weights": _api("/kudos/weights?person=1", 200),
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
    "leaderboards.news": _of("/leaderboards/news", 303),
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
    "lessons.also": _of("/lessons/also", 302),
    "lessons.make_room": _of("/lessons/also", 200),
    "lessons.names": _of("/lessons/names", 200),
    "lessons.new": _of("/lessons/new?since=2026-11-01T00:00:00Z", 303),
    "lessons.news": _of("/lessons/news?since=2026-11-01T00:00:00Z", 303),
    "lessons.put_name_on": _of("/lessons/{lesson}/name", 303),
    "lessons.remove_names": _of("/lessons/names/remove", 200),
    "lessons.save": _of("/lessons/{lesson}/saved", 303, 422, form={"on": "true"}),
    "lessons.react": _of("/lessons/{lesson}/reactions", 422),
    "lessons.share": _of("/lessons", 422),
    "lessons.stop": _of("/lessons/{lesson}/application/end", 303),
    "lessons.undo": _of("/lessons/{lesson}/undo", 303),
    "lessons.take_name_off": _of("/lessons/{bared}/unname", 303),
    "lessons_api.names": _api("/lessons/names", 200),
    "lessons_api.apply": _api("/lessons/{lesson}/application", 422),
    "lessons_api.attach": _api("/lessons/{lesson}/files", 422),
    "lessons_api.delete": _api("/lessons/{doomed_too}", 204),
    "lessons_api.detach": _api("/lessons/{lesson}/files/{nothing}", 404),
    "lessons_api.draft": _api("/lessons/draft", 200),
    "lessons_api.drop_draft": _api("/lessons/draft", 204),
    "lessons_api.edit": _api("/lessons/{lesson}", 422),
    "lessons_api.feed": _api("/lessons", 200),
    "lessons_api.file": _api("/lessons/{lesson}/files/{picture}", 200),
    "lessons_api.keep_draft": _api("/lessons/draft", 200),
    "lessons_api.lesson": _api("/lessons/{lesson}", 200),
    "lessons_api.put_name_on": _api("/lessons/{lesson}/name", 200),
    "lessons_api.react": _api("/lessons/{lesson}/reactions/brave", 422),
    "lessons_api.save": _api("/lessons/{lesson}/saved", 422),
    "lessons_api.unsave": _api("/lessons/{lesson}/saved", 204),
    "lessons_api.share": _api("/lessons", 422),
    "lessons_api.stop": _api("/lessons/{lesson}/application", 200, 204),
    "lessons_api.take_back": _api("/lessons/{lesson}/reactions/brave", 422),
    "lessons_api.undo": _api("/lessons/{lesson}/undo", 200),
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
    "notifications.bell": _of("/inbox/bell", 303),
    "notifications.choices": _of("/me/notifications", 200),
    "notifications.choose": _of("/me/notifications", 422),
    "notifications.go": _of("/inbox/{news}", 303),
    "notifications.inbox": _of("/inbox", 200),
    "notifications.read_all": _of("/inbox/read", 303),
    "notifications.stop": _of("/mail/stop/{stop}", 200),
    "notifications.stopping": _of("/mail/stop/{stop}", 200),
    "notifications_api.choose": _api("/me/notifications/settings", 422),
    "notifications_api.inbox": _api("/me/notifications", 200),
    "notifications_api.read": _api("/me/notifications/read", 200),
    "notifications_api.settings": _api("/me/notifications/settings", 200),
    "people.answer_step": _of("/me/start/thanks", 303),
    "people.start": _of("/me/start", 302),
    "people.start_step": _of("/me/start/thanks", 200),
    "people.sign_out": _of("/logout", 303),
    "people.welcome": _of("/welcome/{invitation}", 200),
    "people.welcome_code": _of("/welcome", 200),
    "pauses.bring_in": _of("/hr/pauses/file", 422),
    "pauses.enter": _of("/me/pauses", 422),
    "pauses.enter_for": _of("/hr/pauses", 422),
    "pauses.everybody": _of("/hr/pauses", 200),
    "pauses.mine": _of("/me/pauses", 200),
    "pauses.remove": _of(f"/me/pauses/{NOWHERE}/removal", 404),
    "pauses.remove_for": _of(f"/hr/pauses/{NOWHERE}/removal", 404),
    "people_api.all_pauses": _api("/pauses", 200),
    "people_api.drop_pause": _api(f"/pauses/{NOWHERE}", 404),
    "people_api.make_officer": _api("/people/{somebody}/privacy-officer", 422),
    "people_api.own_pauses": _api("/me/pauses", 200),
    "people_api.pause": _api("/me/pauses", 422),
    "people_api.put_pauses": _api("/pauses", 422),
    "people_api.reach": _api("/people/reach", 200),
    "people_api.serve": _api("/people/{somebody}/departments", 422),
    "people_api.unpause": _api(f"/me/pauses/{NOWHERE}", 404),
    "people_api.choose": _api("/me", 200),
    "people_api.people": _api("/people", 200),
    "people_api.put_people": _api("/people", 422),
    "people_api.show": _api("/me", 200),
    "privacy.what": _of("/privacy", 200),
    "privacy.ask": _of("/me/export", 303),
    "privacy.audit": _of("/admin/audit", 200),
    "privacy.done_about_me": _of("/me/audit", 200),
    "privacy.export": _of("/me/export", 200),
    "privacy.looked": _of("/me/looked", 200),
    "privacy.refused": _of("/admin/privacy/refused", 200),
    "privacy.remove": _of(f"/me/export/{NO_AWARD}/removal", 404),
    "privacy.retention": _of("/admin/privacy/retention", 200),
    "privacy.take": _of(f"/me/export/{NO_AWARD}/blijk.zip", 404),
    "privacy.ask_erasure": _of("/me/erasure", 303),
    "privacy.take_back_erasure": _of("/me/erasure/withdrawal", 303, 404),
    "privacy_desk.choose": _of("/admin/people/erasure/choice", 422),
    "privacy_desk.erase": _of("/admin/people/erasure", 422),
    "privacy_desk.page": _of("/admin/people/erasure", 200),
    "privacy_desk.refuse": _of("/admin/people/erasure/requests/2/refusal", 404),
    "privacy_desk.extend": _of("/admin/people/erasure/requests/2/extension", 404),
    "privacy_api.ask_erasure": _api("/me/erasure", 200),
    "privacy_api.erase": _api("/erasures", 422),
    "privacy_api.erasures": _api("/erasures", 200),
    "privacy_api.wishes": _api("/erasures/requests", 200),
    "privacy_api.refuse": _api("/erasures/requests/2/refusal", 422),
    "privacy_api.extend": _api("/erasures/requests/2/extension", 422),
    "privacy_api.named": _api("/erasures/mentions/999999", 404),
    "privacy_api.my_erasure": _api("/me/erasure", 200),
    "privacy_api.take_back_erasure": _api("/me/erasure", 204, 404),
    "privacy_api.acts": _api("/me/acts", 200),
    "privacy_api.ask": _api("/me/exports", 202),
    "privacy_api.audit": _api("/audit", 200),
    "privacy_api.exports": _api("/me/exports", 200),
    "privacy_api.looks": _api("/me/looks", 200),
    "privacy_api.refused": _api("/looks/refused", 200),
    "privacy_api.remove": _api(f"/me/exports/{NO_AWARD}", 404),
    "privacy_api.retention": _api("/retention", 200),
    "privacy_api.take": _api(f"/me/exports/{NO_AWARD}/file", 404),
    "profiles.choose": _of("/me/profile/showcase", 303),
    "profiles.mine": _of("/me/profile", 200),
    "profiles.person": _of("/people/ben", 200),
    "profiles.preview": _of("/me/profile/preview", 200),
    "profiles.public": _of("/u/ben", 404),  # off, so that nobody sees it
    "profiles.switch": _of("/me/profile", 303),
    "recognitions.choose": _of("/recognitions/{recognition}/visibility", 422),
    "recognitions.change_occasion": _of("/recognitions/occasions/{occasion}/edit", 404, 422),
    "recognitions.edit_occasion": _of("/recognitions/occasions/{occasion}/edit", 200, 404),
    "recognitions.close": _of("/recognitions/occasions/{occasion}/closing", 303),
    "recognitions.decide": _of("/recognitions/occasions/{occasion}/decision", 303, 404),
    "recognitions.give": _of("/recognitions", 422, 404),
    "recognitions.listed": _of("/recognitions", 200),
    "recognitions.new": _of("/recognitions/new", 200, 404),
    "recognitions.nominate": _of("/recognitions/nominate", 422),
    "recognitions.nominations": _of("/recognitions/nominate", 200),
    "recognitions.occasion": _of("/recognitions/occasions/{occasion}", 200),
    "recognitions.occasions": _of("/recognitions/occasions", 200, 404),
    "recognitions.one": _of("/recognitions/{recognition}", 200),
    "recognitions.open_occasion": _of("/recognitions/occasions", 422),
    "recognitions.take_back": _of("/recognitions/nominations/{nomination}/end", 303, 404),
    "recognitions.withdraw": _of("/recognitions/{recognition}/withdrawal", 422),
    "recognitions_api.choose": _api("/recognitions/{recognition}/visibility", 422),
    "recognitions_api.change_occasion": _api("/recognitions/occasions/{occasion}", 422),
    "recognitions_api.close": _api("/recognitions/occasions/{occasion}/closing", 200),
    "recognitions_api.decide": _api("/recognitions/occasions/{occasion}/decision", 200, 409, 404),
    "recognitions_api.give": _api("/recognitions", 422),
    "recognitions_api.listed": _api("/recognitions", 200),
    "recognitions_api.nominate": _api("/recognitions/nominations", 422),
    "recognitions_api.nominate_many": _api("/recognitions/nominations/many", 422),
    "recognitions_api.teams": _api("/recognitions/teams", 200),
    "recognitions_api.nominations": _api("/recognitions/nominations", 200),
    "recognitions_api.occasion": _api("/recognitions/occasions/{occasion}", 200),
    "recognitions_api.occasions": _api("/recognitions/occasions", 200),
    "recognitions_api.one": _api("/recognitions/{recognition}", 200),
    "recognitions_api.open_occasion": _api("/recognitions/occasions", 422),
    "recognitions_api.take_back": _api("/recognitions/nominations/{nomination_too}", 204, 404),
    "recognitions_api.withdraw": _api("/recognitions/{recognition}/withdrawal", 422),
    "rules.change": _of("/admin/rules", 200),
    "rules.page": _of("/admin/rules", 200),
    "rules.switch": _of("/admin/rules/switches", 303, form={"points_on": "1", "boards_on": "1"}),
    "rules_api.change": _api("/rules", 422),
    "rules_api.in_force": _api("/rules", 200),
    "rules_api.preview": _api("/rules/preview", 422),
    "programme_desk.edit": _of("/admin/programmes/{programme}", 200),
    "programme_desk.make": _of("/admin/programmes/new", 422),
    "programme_desk.new": _of("/admin/programmes/new", 200),
    "programme_desk.overview": _of("/admin/programmes", 200),
    "programme_desk.save": _of("/admin/programmes/{programme}", 422),
    "programme_desk.set_state": _of("/admin/programmes/{programme}/state", 422),
    "programmes.everything": _of("/programmes", 200),
    "programmes.follow": _of("/programmes/{programme}/follow", 303),
    "programmes.programme": _of("/programmes/{programme}", 200),
    "programmes.stop": _of("/programmes/{programme}/stop", 303),
    "programmes_api.change": _api("/programmes/{programme}", 422),
    "programmes_api.everything": _api("/programmes", 200),
    "programmes_api.kept": _api("/programmes/kept", 200),
    "programmes_api.kept_one": _api("/programmes/kept/{programme}", 200),
    "programmes_api.follow": _api("/programmes/{programme}/following", 200),
    "programmes_api.make": _api("/programmes", 422),
    "programmes_api.programme": _api("/programmes/{programme}", 200),
    "programmes_api.set_state": _api("/programmes/{programme}/state", 422),
    "programmes_api.stop": _api("/programmes/{programme}/following", 200),
    "job_desk.begin": _of("/admin/jobs/{job}/draft", 303),
    "job_desk.choose": _of("/admin/jobs/import", 200),
    "job_desk.criterion": _of("/admin/jobs/{job}/criteria/{criterion}", 200),
    "job_desk.discard": _of("/admin/jobs/{doomed_job}/draft/discard", 303),
    "job_desk.edit": _of("/admin/jobs/{job}/edit", 200),
    "job_desk.export": _of("/admin/jobs/export.csv", 200),
    "job_desk.family": _of("/admin/jobs/families/operators", 200),
    "job_desk.job": _of("/admin/jobs/{job}", 200),
    "job_desk.load": _of("/admin/jobs/import/confirm", 422),
    "job_desk.look": _of("/admin/jobs/import", 422),
    "job_desk.make": _of("/admin/jobs/new", 422),
    "job_desk.make_criterion": _of("/admin/jobs/{job}/criteria/new", 422),
    "job_desk.make_family": _of("/admin/jobs/families/new", 422),
    "job_desk.new": _of("/admin/jobs/new", 200),
    "job_desk.new_criterion": _of("/admin/jobs/{job}/criteria/new", 200),
    "job_desk.new_family": _of("/admin/jobs/families/new", 200),
    "job_desk.overview": _of("/admin/jobs", 200),
    "job_desk.publish": _of("/admin/jobs/{job}/publish", 422),
    "job_desk.save": _of("/admin/jobs/{job}/edit", 422),
    "job_desk.save_criterion": _of("/admin/jobs/{job}/criteria/{criterion}", 422),
    "job_desk.save_family": _of("/admin/jobs/families/operators", 422),
    "job_desk.step": _of("/admin/jobs/{job}/criteria/{criterion}/step", 422),
    "vision_desk.make": _of("/admin/vision/targets/new", 422),
    "vision_desk.new": _of("/admin/vision/targets/new", 200),
    "vision_desk.overview": _of("/admin/vision", 200),
    "vision_desk.remove": _of("/admin/vision/targets/{doomed_target_too}/remove", 303),
    "vision_desk.save": _of("/admin/vision/targets/{target}", 422),
    "vision_desk.save_text": _of("/admin/vision/text", 422),
    "vision_desk.target": _of("/admin/vision/targets/{target}", 200),
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
    "team_goals.change": _of("/team-goals/{team_goal}", 404, 422),
    "team_goals.edit": _of("/team-goals/{team_goal}/edit", 200, 404),
    "team_goals.end": _of("/team-goals/{team_goal}/end", 303, 404),
    "team_goals.join": _of("/team-goals/{team_goal}/join", 303, 422),
    "team_goals.leave": _of("/team-goals/{team_goal}/leave", 303),
    "team_goals.make": _of("/team-goals", 422),
    "team_goals.everything": _of("/team-goals", 303),
    "team_goals.new": _of("/team-goals/new", 200),
    "team_goals.one": _of("/team-goals/{team_goal}", 200),
    "xapi.about": _of("/xapi/about", 200),
    "sitting.as_json": _of("/reviews/00000000-0000-4000-8000-000000000000/dossier.json", 404),
    "sitting.as_pdf": _of("/reviews/00000000-0000-4000-8000-000000000000/dossier.pdf", 404),
    "sitting.answer": _of("/reviews/00000000-0000-4000-8000-000000000000/answer", 404),
    "sitting.assess": _of("/reviews/00000000-0000-4000-8000-000000000000/assessment", 404),
    "sitting.decide": _of("/reviews/00000000-0000-4000-8000-000000000000/decision", 404),
    "sitting.file_objection": _of("/reviews/00000000-0000-4000-8000-000000000000/objection", 404),
    "sitting.handle": _of("/reviews/00000000-0000-4000-8000-000000000000/objection/answer", 404),
    "sitting.step_aside": _of("/reviews/00000000-0000-4000-8000-000000000000/aside", 404),
    "sitting.sign_seen": _of("/reviews/00000000-0000-4000-8000-000000000000/seen", 404),
    "hr_reviews.listed": _of("/hr/reviews", 200),
    "hr_reviews.remind": _of("/hr/reviews/reminders", 303),
    "hr_reviews.keep_view": _of("/hr/reviews/views", 422),
    "hr_reviews.drop_view": _of("/hr/reviews/views/1/drop", 303),
    "hr_reviews.panels": _of("/hr/reviews/panels", 200),
    "hr_reviews.new_round": _of("/hr/reviews/rounds/new", 200),
    "hr_reviews.open_round": _of("/hr/reviews/rounds", 422),
    "hr_reviews.one_round": _of("/hr/reviews/rounds/1", 404),
    "hr_reviews.edit_round": _of("/hr/reviews/rounds/1/edit", 404),
    "hr_reviews.change_round": _of("/hr/reviews/rounds/1/edit", 404),
    "hr_reviews.name_seat": _of("/hr/reviews/rounds/1/seats", 404),
    "hr_reviews.drop_seat": _of("/hr/reviews/rounds/1/seats/drop", 404),
    "hr_reviews.list_person": _of("/hr/reviews/rounds/1/people", 404),
    "hr_reviews.invite": _of("/hr/reviews/rounds/1/invitations", 404),
    "hr_reviews.look_at_release": _of("/hr/reviews/rounds/1/release", 404),
    "hr_reviews.release": _of("/hr/reviews/rounds/1/release", 404),
    "hr_reviews.decisions": _of("/hr/reviews/rounds/1/decisions.csv", 404),
    "hr_reviews.seats": _of("/hr/reviews/00000000-0000-4000-8000-000000000000/seats", 404),
    "hr_reviews.name_one": _of("/hr/reviews/00000000-0000-4000-8000-000000000000/seats", 404),
    "hr_reviews.take_off": _of("/hr/reviews/00000000-0000-4000-8000-000000000000/seats/drop", 404),
    "hr_reviews.begin": _of("/hr/reviews/00000000-0000-4000-8000-000000000000/begin", 404),
    "hr_reviews.name_handler": _of("/hr/reviews/00000000-0000-4000-8000-000000000000/handler", 404),
    "hr_reviews.invitation": _of("/reviews/rounds/1", 404),
    "hr_reviews.accept": _of("/reviews/rounds/1/acceptance", 404),
    "sitting_api.answer": _api(f"/reviews/{NO_REVIEW}/answer", 422),
    "sitting_api.as_json": _api(f"/reviews/{NO_REVIEW}/dossier", 404),
    "sitting_api.as_pdf": _api(f"/reviews/{NO_REVIEW}/dossier.pdf", 404),
    "sitting_api.assess": _api(f"/reviews/{NO_REVIEW}/assessment", 404),
    "sitting_api.decide": _api(f"/reviews/{NO_REVIEW}/decision", 422),
    "sitting_api.draft": _api(f"/reviews/{NO_REVIEW}/decision/draft", 404),
    "sitting_api.file_objection": _api(f"/reviews/{NO_REVIEW}/objection", 422),
    "sitting_api.handle": _api(f"/reviews/{NO_REVIEW}/objection/answer", 422),
    "sitting_api.judged": _api(f"/reviews/{NO_REVIEW}/judged", 404),
    "sitting_api.sign_seen": _api(f"/reviews/{NO_REVIEW}/seen", 422),
    "sitting_api.step_aside": _api(f"/reviews/{NO_REVIEW}/aside", 404),
    "hr_reviews_api.accept": _api("/review-rounds/1/invitation", 422),
    "hr_reviews_api.all_rounds": _api("/review-rounds", 200),
    "hr_reviews_api.begin": _api(f"/reviews/{NO_REVIEW}/beginning", 404),
    "hr_reviews_api.change_round": _api("/review-rounds/1", 422),
    "hr_reviews_api.decisions": _api("/review-rounds/1/decisions.csv", 404),
    "hr_reviews_api.drop_seat": _api("/review-rounds/1/seats/1/member", 404),
    "hr_reviews_api.invitation": _api("/review-rounds/1/invitation", 404),
    "hr_reviews_api.invite": _api("/review-rounds/1/invitations", 404),
    "hr_reviews_api.list_person": _api("/review-rounds/1/people", 422),
    "hr_reviews_api.listed": _api("/hr/reviews", 200),
    "hr_reviews_api.name_handler": _api(f"/reviews/{NO_REVIEW}/objection/handler", 422),
    "hr_reviews_api.name_one": _api(f"/reviews/{NO_REVIEW}/seats", 422),
    "hr_reviews_api.name_seat": _api("/review-rounds/1/seats", 422),
    "hr_reviews_api.one_round": _api("/review-rounds/1", 404),
    "hr_reviews_api.open_round": _api("/review-rounds", 422),
    "hr_reviews_api.panels": _api("/hr/reviews/panels", 200),
    "hr_reviews_api.release": _api("/review-rounds/1/release", 422),
    "hr_reviews_api.remind": _api("/hr/reviews/reminders", 422),
    "hr_reviews_api.seats": _api(f"/reviews/{NO_REVIEW}/seats", 404),
    "hr_reviews_api.take_off": _api(f"/reviews/{NO_REVIEW}/seats/1/member", 404),
    "team.card": _of("/team/card", 200),
    "team.lately": _of("/team/{own_handle}/lately", 303),
    "team.page": _of("/team", 200),
    "team.person": _of("/team/{own_handle}", 200),
    "team.stand_in": _of("/team/stand-in", 422),
    "team.waiting": _of("/team/waiting", 303),
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
    "guidance.answer": "guidance",
    "guidance.decide": "guidance",
    "guidance.end": "guidance",
    "guidance.let_manager_see": "guidance",
    "guidance.one": "guidance",
    "guidance.plan": "guidance",
    "guidance.record": "guidance",
    "guidance_api.answer": "guidance",
    "guidance_api.decide": "guidance",
    "guidance_api.end": "guidance",
    "guidance_api.let_manager_see": "guidance",
    "guidance_api.one": "guidance",
    "guidance_api.plan": "guidance",
    "guidance_api.record": "guidance",
    "guidance_api.say": "pair",
    "mentoring.say": "pair",
    "activities_api.hand_over": "completion",
    "activities_api.withdraw": "completion",
    "conversations.drop": "talk",
    "conversations.end": "talk",
    "conversations.file": "talk",
    "conversations.move": "talk",
    "conversations.one": "talk",
    "conversations.write": "talk",
    "conversations_api.drop": "talk",
    "conversations_api.end": "talk",
    "conversations_api.file": "talk",
    "conversations_api.move": "talk",
    "conversations_api.one": "talk",
    "conversations_api.write": "talk",
    "feedback.answer": "asked",
    "feedback.close": "request",
    "feedback.decline": "asked",
    "feedback.helpful": "feedback",
    "feedback.on_lesson": "lesson",
    "feedback.request_page": "request",
    "feedback.share": "feedback",
    "feedback.share_request": "request",
    "feedback.take_away": "own_feedback",
    "feedback_api.answer": "asked",
    "feedback_api.close": "request",
    "feedback_api.decline": "asked",
    "feedback_api.give": "lesson",
    "feedback_api.helpful": "feedback",
    "feedback_api.on_lesson": "lesson",
    "feedback_api.request": "request",
    "feedback_api.share": "feedback",
    "feedback_api.share_request": "request",
    "feedback_api.take_away": "own_feedback_too",
    "goals.change": "own_goal",
    "goals.check_in": "own_goal",
    "goals.edit": "own_goal",
    "goals.forget": "own_goal",
    "goals.line": "own_goal",
    "goals.one": "own_goal",
    "goals.set_state": "own_goal",
    "goals_api.change": "own_goal",
    "goals_api.check_in": "own_goal",
    "goals_api.forget": "own_goal",
    "goals_api.one": "own_goal",
    "goals_api.set_state": "own_goal",
    "goals_api.shared_one": "own_goal",
    "kudos.choose": "kudos",
    "kudos.one": "kudos",
    "kudos.reword": "kudos",
    "kudos.undo": "kudos",
    "kudos.thank": "kudos",
    "kudos_api.choose": "kudos",
    "kudos_api.one": "kudos",
    "kudos_api.reword": "kudos",
    "kudos_api.undo": "kudos",
    "kudos_api.thank": "kudos",
    "notifications.go": "news",
    "lessons.apply": "lesson",
    "lessons.attach": "lesson",
    "lessons.change": "lesson",
    "lessons.delete": "lesson",
    "lessons.edit": "lesson",
    "lessons.lesson": "lesson",
    "lessons.put_name_on": "lesson",
    "lessons.react": "lesson",
    "lessons.save": "lesson",
    "lessons.stop": "lesson",
    "lessons.take_name_off": "lesson",
    "lessons.undo": "lesson",
    "lessons_api.apply": "lesson",
    "lessons_api.delete": "lesson",
    "lessons_api.edit": "lesson",
    "lessons_api.lesson": "lesson",
    "lessons_api.put_name_on": "lesson",
    "lessons_api.react": "lesson",
    "lessons_api.save": "lesson",
    "lessons_api.stop": "lesson",
    "lessons_api.take_back": "lesson",
    "lessons_api.take_name_off": "lesson",
    "lessons_api.undo": "lesson",
}
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
# Changes that are complete: an incomplete one might be refused before anybody looks whose the thing is.
COMPLETE: dict[str, Form] = {
    "news": {},
    "own_goal": {
        "title": "Count to forty",
        "lang": "en",
        "proof": "words",
        "proof_words": "I do it each time.",
        "version": 1,
        "far": "nearly",
        "line": "Nearly forty.",
        "state": "let_go",
    },
    "reservation": {},
    "pair": {"answer": "yes"},
    "guidance": {
        "answer": "yes",
        "decision": "confirm",
        "how": "stop",
        "shared": True,
        "starts_at": "2026-11-20T10:00",
        "minutes": 60,
    },
    "date": {"who": "Anna"},
    "completion": {"confirm": True, "decision": "confirm", "note": "It was fine.", "confirmer_id": 1},
    "kudos": {"visible": "everyone", "message": "You did this well, again."},
    "talk": {"on": "2026-12-24", "held": True, "text": "What we said.", "kind": "note"},
    "asked": {"keep": "The handover in writing.", "try": "Begin earlier.", "lang": "en"},
    "feedback": {"on": True},
    "own_feedback": {},
    "own_feedback_too": {},
    "request": {"on": True},
    "lesson": {
        "outcome": "went_well",
        "title": "Count to forty",
        "happened": "A valve was closed too fast.",
        "learned": "Haste costs time in the end.",
        "from_now_on": "We count out loud to forty.",
        "lang": "en",
        "audience": "team",
        "how": "Each time I close one.",
        "keep": "The counting out loud.",
        "kind": "brave",
    },
}
# Routes that name what is everybody's, what only its bearer can know, or what belongs to a role's desk.
NOBODYS = {
    "lessons_api.unsave",  # one's own list, on which nothing of others stands
    # who opens which: tests/app/activities/test_log_files.py
    "activities.file", "activities_api.file", "activities_api.drop_file",
    "activities.activity", "activities_api.change", "activities_api.kept", "admin_files.confirm",
    "admin_files.differences", "admin_files.drop", "admin_files.one", "admin_people.give_role",
    "admin_people.invite_one", "admin_people.let_go", "admin_people.one", "admin_people.sign_out",
    "admin_people.make_officer", "admin_people.serve",
    "admin_people.take_back", "assets.file", "badges.answer", "badges.ask", "badges.award", "badges.award_picture",
    "badges.show_tile",
    "badges.badge", "badges.picture", "badges.show", "badges_api.show", "care.case", "care.decide", "care_api.case",
    "care.show_again", "care_api.decide", "care_api.show_again", "catalogue.edit", "catalogue.save",
    "catalogue.set_state", "connections.end", "connections.guide", "connections.one", "connections.rotate",
    "connections_api.end", "connections_api.one", "connections_api.rotate", "dates.attend", "dates.places",
    "dates.attendance_kept", "dates.be_there", "dates.cancel", "dates.change", "dates.date_file", "dates.edit",
    "dates.give_back", "dates.manage", "dates.plan", "dates.reserve", "dates.tick_kept", "dates_api.cancel",
    "dates_api.change", "dates_api.give_back", "dates_api.plan", "dates_api.reserve", "conversations.plan",
    "feedback.tell_use", "team.lately", "team.person",
    "feedback_api.activity_use", "feedback_api.tell_use", "home.fragment",
    "home_api.profile",
    "guidance_api.change", "guidance_api.leave", "guidance_api.pair", "guidance_api.pair_many",
    "guidance_api.progress", "home_api.team_person", "programmes_api.kept_one",
    "guidance_api.take_back", "guidance_api.take_part", "mentoring.change", "mentoring.edit", "mentoring.kept",
    "mentoring.leave", "mentoring.pair", "mentoring.programme", "mentoring.take_back", "mentoring.take_part",
    "intake.accept", "intake.activity", "intake.undo_join", "intake.undo_merge", "intake_api.accept",
    "intake_api.undo_join", "intake_api.undo_merge", "learning.cancel", "learning.choose", "learning.one",
    "learning.reading", "learning.refused", "learning.start", "notifications.stop", "notifications.stopping",
    "lessons.detach", "lessons.file", "lessons_api.attach", "lessons_api.detach", "lessons_api.file",
    "people.answer_step", "people.set_first_password", "people.start_step", "people.welcome",
    # tests/app/privacy/test_answering.py
    "privacy_desk.refuse", "privacy_desk.extend", "privacy_api.refuse", "privacy_api.extend", "privacy_api.named",
    "privacy.remove", "privacy.take", "privacy_api.remove", "privacy_api.take",  # tests/app/privacy/test_export.py
    "profiles.person", "profiles.public",
    # who sees which: tests/app/recognitions/test_who_sees_recognitions.py
    "recognitions.change_occasion", "recognitions.edit_occasion", "recognitions_api.change_occasion",
    "recognitions.choose", "recognitions.close", "recognitions.decide", "recognitions.occasion",
    "recognitions.one", "recognitions.take_back", "recognitions.withdraw", "recognitions_api.choose",
    "recognitions_api.close", "recognitions_api.decide", "recognitions_api.occasion", "recognitions_api.one",
    "recognitions_api.take_back", "recognitions_api.withdraw",
    "goals_api.change_team_goal", "team_goals.change", "team_goals.edit",
    "goals_api.end", "goals_api.join", "goals_api.leave", "goals_api.team_goal", "team_goals.end", "team_goals.join",
    "team_goals.leave", "team_goals.one",  # whose they are: tests/app/goals/test_team_goals.py
    "programme_desk.edit", "programme_desk.save", "programme_desk.set_state", "programmes.follow",
    "programmes.programme", "programmes.stop", "programmes_api.change", "programmes_api.follow",
    "programmes_api.programme", "programmes_api.set_state", "programmes_api.stop",
    # who opens which: tests/app/reviews/test_file.py
    "reviews.answer", "reviews.ask_colleague", "reviews.complete", "reviews.decline", "reviews.observation",
    "reviews.news", "reviews.observe", "reviews.one", "reviews.pick", "reviews.propose", "reviews.reason",
    "reviews.release", "reviews.take_back", "reviews.unask", "reviews.withdraw", "reviews.words",
    "reviews_api.answer", "reviews_api.ask_colleagues", "reviews_api.choices", "reviews_api.complete",
    "reviews_api.decline", "reviews_api.observation", "reviews_api.observe", "reviews_api.one",
    "reviews_api.own", "reviews_api.propose", "reviews_api.reason", "reviews_api.release",
    "reviews_api.take_back", "reviews_api.unask", "reviews_api.withdraw", "reviews_api.words",
    # who sees a draft: tests/app/careers/test_job_doors.py
    "careers.job", "careers.version", "careers_api.change", "careers_api.change_family", "careers_api.change_target",
    "careers_api.job", "careers_api.mine", "careers_api.publish", "careers_api.remove_target",
    "careers_api.versions", "careers_api.write_draft", "job_desk.begin", "job_desk.criterion", "job_desk.discard",
    "job_desk.edit", "job_desk.family", "job_desk.job", "job_desk.make_criterion", "job_desk.new_criterion",
    "job_desk.publish", "job_desk.save", "job_desk.save_criterion", "job_desk.save_family", "job_desk.step",
    "vision_desk.remove", "vision_desk.save", "vision_desk.target",
    "hr_reviews.drop_view",  # whose view it is: tests/app/reviews/test_views.py
    # who sees and does what: tests/app/reviews/test_judging_doors.py
    "hr_reviews.accept", "hr_reviews.begin", "hr_reviews.change_round", "hr_reviews.decisions", "hr_reviews.drop_seat",
    "hr_reviews.edit_round", "hr_reviews.invitation", "hr_reviews.invite", "hr_reviews.list_person",
    "hr_reviews.look_at_release", "hr_reviews.name_handler", "hr_reviews.name_one", "hr_reviews.name_seat",
    "hr_reviews.one_round", "hr_reviews.release", "hr_reviews.seats", "hr_reviews.take_off", "sitting.answer",
    "sitting.as_json", "sitting.as_pdf", "sitting.assess", "sitting.decide", "sitting.file_objection", "sitting.handle",
    "sitting.sign_seen", "sitting.step_aside",
    "people_api.make_officer", "people_api.serve",  # tests/app/people/test_reach_api.py
    # whose days these are: tests/app/people/test_pauses.py
    "pauses.remove", "pauses.remove_for", "people_api.drop_pause", "people_api.unpause",
    # the same in JSON: tests/app/reviews/test_judging_api.py
    "sitting_api.answer", "sitting_api.as_json", "sitting_api.as_pdf", "sitting_api.assess", "sitting_api.decide",
    "sitting_api.draft", "sitting_api.file_objection", "sitting_api.handle", "sitting_api.judged",
    "sitting_api.sign_seen", "sitting_api.step_aside", "hr_reviews_api.accept", "hr_reviews_api.begin",
    "hr_reviews_api.change_round", "hr_reviews_api.decisions", "hr_reviews_api.drop_seat",
    "hr_reviews_api.invitation", "hr_reviews_api.invite", "hr_reviews_api.list_person", "hr_reviews_api.name_handler",
    "hr_reviews_api.name_one", "hr_reviews_api.name_seat", "hr_reviews_api.one_round", "hr_reviews_api.release",
    "hr_reviews_api.seats", "hr_reviews_api.take_off",
    "skills.edit", "skills.goal", "skills.save", "skills.save_goal", "skills.step_goal",
    "skills_api.change", "skills_api.change_goal", "skills_api.one", "skills_api.remove_goal", "static",
}  # fmt: skip
OPEN = {
    "api-docs.openapi_json", "assets.file", "badges.award", "badges.award_picture", "badges.picture",
    "dev.gallery", "home.help", "privacy.what",
    "health.live", "health.metrics", "health.ready", "notifications.stop", "notifications.stopping",
    "oauth.give_token",
    "people.ask_reset", "people.enter", "people.enter_code", "people.forgot", "people.language",
    "people.set_first_password", "people.sign_in", "people.sign_out", "people.welcome", "people.welcome_code",
    "profiles.public", "static", "xapi.about",
}  # fmt: skip
FOR_CLIENTS = {
    "learning_api.bring_in",
    "people_api.people",
    "people_api.put_people",
    "people_api.put_pauses",
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


# The rest of them differ in their role, or in what they show at the door: slow, so that they go where everything does.
ONE_OF_EACH = (PEOPLE[0], PEOPLE[5], TOKENS[0], CLIENTS[0], STRANGERS[0])
ALL_OF_THEM = [
    pytest.param(who, marks=() if who in ONE_OF_EACH else pytest.mark.slow)
    for who in (*PEOPLE, *TOKENS, *CLIENTS, *STRANGERS)
]


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
        completion_id, own_log, own_log_too = log_completions(logs, at=at)
        settle(at)
    with transaction():
        lesson_extras.keep_draft(by=person_id, draft={"title": says, "skills": []}, at=at)
        shown = log_files.keep(by=person_id, name="a.png", content=PICTURE, at=at)
        invitation = people.invite(person_id=person_id, at=at)
        kept = [_file(by, at) for by in (person_id, others)]
    made = (
        _made_dates(person_id, at)
        | _recognised(person_id, others)
        | _made_goals(person_id, says, at)
        | _made_jobs(person_id, at)
        | {
            "lesson": ids[0],
            "doomed": ids[1],
            "doomed_too": ids[2],
            "picture": picture,
            "shown": shown,
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
            **_made_guidance(person_id, others, says, at),
            **_made_feedback(person_id, others, says, at),
            **_made_talk(person_id, says, at),
            "own_log_too": own_log_too,
            "news": _news(person_id, kudos_id, at),
            "stop": mailing.stop_token(person_id, "weekly"),
        }
    )
    own_handle = db.session.scalar(text("SELECT handle FROM person WHERE id = :id"), {"id": person_id})
    return {**made, "invitation": invitation, "own_handle": own_handle}


def _news(person_id: int, kudos_id: int, at: datetime) -> int:
    """What stands in their inbox about those thanks."""
    told = notifications.News(
        person_id=person_id, actor_id=None, thing=str(kudos_id), object_id=str(kudos_id), source=f"k:{kudos_id}",
        at=at,
    )  # fmt: skip
    with transaction():
        notifications.put(NAMED["kudos"], [told], at=at)
        settle(at)
    return int(db.session.scalar(text("SELECT max(id) FROM notification")) or 0)


def _made_guidance(person_id: int, others: int, says: str, at: datetime) -> dict[str, Any]:
    """They learn from the other, who recorded a meeting; and L&D proposed the two as a pair."""
    skill = db.session.scalar(text("SELECT min(id) FROM skill"))
    asked = NewGuidance(
        kind="coaching", by_id=person_id, with_id=others, side="learner", skills=(skill,), purpose=says
    )
    programme = pairs.Programme(
        name={"nl": "Mentoren", "en": "Mentors"}, about={}, starts_on=at.date(), ends_on=at.date()
    )
    with transaction():
        (guidance_id,) = guidance.propose([asked], at=at)
        yes = guidance.Answer(guidance_id=guidance_id, by=others, answer="yes")
        guidance.respond([yes], at=at)
        starts = at - timedelta(days=1, hours=2)
        met = meetings.Met(guidance_id=guidance_id, by=others, starts_at=starts, minutes=60)
        (meeting,) = meetings.record([met], at=at)
        (made,) = pairs.make([programme], by=None, at=at)
        wished = {"programme_id": made, "skills": [skill], "wish": "Fresh eyes"}
        roles = ((others, "mentor"), (person_id, "mentee"))
        pairs.take_part([pairs.Place(person_id=one, role=role, **wished) for one, role in roles], at=at)
        new = pairs.NewPair(programme_id=made, mentor_id=others, mentee_id=person_id)
        (pair,) = pairs.propose([new], by=None, at=at)
        settle(at)
    return {"guidance": guidance_id, "meeting": meeting, "mentoring": made, "pair": pair}


def _file(by: int, at: datetime) -> int:
    file_id = files.keep(name="people.csv", content=b"external_id,name\nw-zoe,Zoe", by=by, at=at)
    files.tell_differences(file_id)
    return file_id


def _made_feedback(person_id: int, others: int, says: str, at: datetime) -> dict[str, int]:
    """What this person asked and is asked, with an answer to the one and two to others."""

    def ask(by: int, of: int) -> int:
        told = asking.Ask(asker_id=by, people=[of], about=f"How was {says}?", lang="en")
        return asking.ask([told], at=at)[0]

    words = feedback.Words(keep=f"You had {says}", try_="", lang="en")
    made = {}
    for name, by, of in (
        ("request", person_id, others),
        ("asked", others, person_id),
        ("first", others, person_id),
        ("second", others, person_id),
    ):
        with transaction():
            made[name] = ask(by, of)
            settle(at)
    for name, request, by in (
        ("feedback", "request", others),
        ("own_feedback", "first", person_id),
        ("own_feedback_too", "second", person_id),
    ):
        with transaction():
            (made[name],) = feedback.answer(
                [feedback.Answer(by=by, request_id=made[request], words=words)], at=at
            )
            settle(at)
    return made


def _made_talk(person_id: int, says: str, at: datetime) -> dict[str, int]:
    """A conversation of this person with their manager, or with who manages nobody else, and drafts of theirs."""
    names = ("draft", "draft_too", "draft_three", "draft_four")
    with transaction():
        made = db.session.scalar(_TALK, {"person": person_id, "on": at.date(), "at": at}) or 0
        words = f"We talked of {says}"
        note = conversations.NewNote(by=person_id, conversation_id=made, kind="note", words=words)
        ids = conversations.write([note] * len(names), at=at)
        return {"talk": made} | dict(zip(names, ids, strict=True))


_TALK = text("""
    INSERT INTO conversation (person_id, manager_id, planned_on, planned_by, planned_at)
    SELECT :person, coalesce(manager_id, (SELECT min(id) FROM person WHERE id <> :person)), :on, :person, :at
    FROM person WHERE id = :person RETURNING id
""")


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


def _recognised(person_id: int, others: int) -> dict[str, Any]:
    """What they were recognised for, an occasion in whose jury they sit, and whom they put forward for another."""
    known = {"me": person_id, "other": others}
    with transaction():
        recognition, decided, first, second = (db.session.scalar(text(one), known) for one in _RECOGNISED)
    return {
        "recognition": recognition, "occasion": decided, "nomination": first, "nomination_too": second,
    }  # fmt: skip


_OCCASION = """
    INSERT INTO recognition_occasion (name, lang, opens_on, closes_on, opened_by, opened_at)
    VALUES ('Day', 'en', current_date - 9, current_date + {}, :other, now()) RETURNING id
"""
_PUT_FORWARD = f"""
    WITH made AS ({_OCCASION.format(9)})
    INSERT INTO nomination (occasion_id, nominee_id, nominator_id, reason, lang, nominated_at)
    SELECT id, :other, :me, 'Said it first', 'en', now() FROM made RETURNING id
"""
_RECOGNISED = (
    """WITH made AS (
        INSERT INTO recognition (giver_id, given_as, title, citation, lang, day, given_at)
        VALUES (:other, 'hr', 'Well done', 'Said it first', 'en', current_date, now()) RETURNING id)
    INSERT INTO recognition_receiver (recognition_id, person_id) SELECT id, :me FROM made
    RETURNING recognition_id""",
    f"""WITH made AS ({_OCCASION.format(-5)})
    INSERT INTO recognition_jury (occasion_id, person_id) SELECT id, :me FROM made RETURNING occasion_id""",
    _PUT_FORWARD,
    _PUT_FORWARD,
)


def _made_goals(person_id: int, says: str, at: datetime) -> dict[str, Any]:
    """Goals of this person alone, one of everybody, and a programme."""
    leo = db.session.scalar(text("SELECT id FROM person WHERE name = 'Leo'"))
    activity = db.session.scalar(text("SELECT id FROM activity WHERE slug = 'a1'"))
    own = NewGoal(title=f"Find {says}", lang="en", proof_words=f"There is {says}")
    day = at.date() + timedelta(days=30)
    all_of_us = NewTeamGoal(
        unit_id=None,
        title="Together",
        lang="en",
        kind="completed",
        target=9,
        starts_on=at.date(),
        ends_on=day,
    )
    told = Told(
        title={"nl": "Weg", "en": "Way"}, summary={"nl": "x", "en": "x"}, parts=[NewPart(1, (activity,))]
    )
    with transaction():
        mine = goals.set_goals([goals.Setting(person_id=person_id, goal=own)] * 3, at=at)
        (team_goal,) = leading.set_goals([leading.Setting(goal=all_of_us, by=leo, keeps=True)], at=at)
        (slug,) = programmes.make([told], by=leo, at=at)
        programmes.set_state({slug: "published"}, by=leo, at=at)
        settle(at)
    named = ("own_goal", "doomed_goal", "doomed_goal_too")
    return dict(zip(named, mine, strict=True)) | {"team_goal": team_goal, "programme": slug}


def _made_jobs(person_id: int, at: datetime) -> dict[str, Any]:
    """Two jobs with what they ask and a draft of more, and three targets."""
    slugs = [f"job-{person_id}", f"doomed-{person_id}"]
    both = {"nl": "x", "en": "x"}
    asked = NewCriterion(both, "water", 1, ["document"])
    skill = db.session.scalar(text("SELECT id FROM skill WHERE slug = 'water'"))
    period = str(2030 + person_id % 60)
    with transaction():
        careers.write_families([NewFamily("operators", both)])
        careers.write_jobs({slug: NewJob(slug, "operators", 1, both) for slug in slugs})
        for slug in slugs:
            criteria.replace_draft(slug, [asked], version=None, by=None, at=at)
            criteria.publish_draft(
                slug, consented_on=at.date(), version=None, today=at.date(), by=person_id, at=at
            )
            criteria.begin_draft(slug, by=None, at=at)
        key = criteria.write_criterion(slugs[0], None, asked, version=None, by=None, at=at)
        made = [
            targets.set_target(
                None,
                {"skill_id": skill, "unit_id": None, "level": level, "people": 5, "period": period},
                version=None, by=None, at=at,
            )
            for level in (1, 2, 3)
        ]  # fmt: skip
        settle(at)
    named = dict(zip(("target", "doomed_target", "doomed_target_too"), made, strict=True))
    return {"job": slugs[0], "doomed_job": slugs[1], "criterion": key, **named}


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


@pytest.mark.parametrize("who", ALL_OF_THEM, ids=lambda who: who.name)
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
    if path == "/events" and answer.status_code == 401:
        return answer.text == FAREWELL
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


OTHERS = ["fay", "clara", "token of fay"]
OTHERS += [
    pytest.param(name, marks=pytest.mark.slow)
    for name in ("eve", "leo", "cor", "dan", "token of clara", "token of dan")
]


@pytest.mark.parametrize("name", OTHERS)
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
        "kudos": {"message"} if rule.endpoint.endswith("reword") else {"visible"},
        "talk": {"end": {"held"}, "move": {"on"}, "write": {"text", "kind"}}.get(
            rule.endpoint.rpartition(".")[2], set()
        ),
        "asked": set(form) if rule.endpoint.endswith("answer") else set(),
        "feedback": {"on"},
        "own_feedback_too": set(),
        "request": {"on"} if rule.endpoint.endswith("share_request") else set(),
        "lesson": set(form) - {"how", "keep", "kind"}
        if rule.endpoint.endswith("edit")
        else {"keep", "lang"}
        if rule.endpoint.endswith("give")
        else {"how"},
        "own_goal": _of_goals(rule.endpoint, form),
        "pair": {"answer"},
        "guidance": {
            "answer": {"answer"},
            "decide": {"decision"},
            "end": {"how"},
            "let_manager_see": {"shared"},
            "record": {"minutes", "starts_at"},
        }.get(rule.endpoint.split(".")[1], set()),
    }[OBJECTS[rule.endpoint]]
    return {
        key: f"{value}:00Z" if key == "starts_at" else value for key, value in form.items() if key in known
    }


def _of_goals(endpoint: str, form: Form) -> set[str]:
    if endpoint.endswith("check_in"):
        return {"far", "line"}
    return {"state"} if endpoint.endswith("set_state") else set(form) - {"far", "line", "state"}


def _waits_for_mia(house: House) -> int:
    at = datetime.now(UTC)
    with house.app.app_context(), transaction():
        (found,) = log_completions([_log(house.cast.mia, house.cast.anna, SECRET)], at=at)
        settle(at)
    return found


def _state(house: House) -> list[Any]:
    tables = (
        "lesson",
        "goal",
        "goal_check_in",
        "goal_viewer",
        "lesson_application",
        "feedback",
        "feedback_asked",
        "feedback_request",
        "kudos_receiver",
        "guidance",
        "guidance_meeting",
        "mentor_pair",
        "completion",
        "fact",
        "ledger_entry",
    )
    return [_rows(house, f"SELECT CAST(t AS text) FROM {table} t ORDER BY 1") for table in tables]


def _rows(house: House, sql: str) -> list[Any]:
    with house.app.app_context():
        return list(db.session.scalars(text(sql)))


@pytest.mark.parametrize(
    "who",  # not Mia: she manages Anna
    [PEOPLE[0], *(pytest.param(who, marks=pytest.mark.slow) for who in PEOPLE[2:])],
    ids=lambda who: who.name,
)
def test_nothing_of_others_is_seen_by_whoever_looks_everywhere(house: House, who: Someone) -> None:
    """No page, list or ledger shows it, and none takes the name of somebody else for one's own."""
    theirs = _things(house, house.cast.anna, house.cast.ben, SECRET)
    _waits_for_mia(house)
    at, anna = datetime.now(UTC), house.cast.anna
    with house.app.app_context(), transaction():
        lock_people([anna])
        publish([FactStated(person_id=anna, source="lesson:0", kind="lesson_shared", at=at)])
        settle(at)
    asked = f"person_id={anna}&person={anna}&of={anna}&user={anna}&id={anna}&receiver={anna}&team={house.cast.north}"
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
