"""What panel, deciders and the employee do in a file, in JSON; and the frozen dossier. The actions of the pages."""

import uuid
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from app.access import asker, may, me
from app.db import transaction
from app.errors import Conflict, NotFound
from app.openapi import FILE
from app.outbox import settle
from app.reviews import after, deciding, judging, panel, queries, sitting
from app.reviews.actions import SAY_WHY
from app.reviews.opening import ONE, needs_reason, opened, reach_of
from app.reviews.telling import (
    AsideIn,
    AssessmentIn,
    DecisionDraftIn,
    DecisionIn,
    DraftKeptOut,
    FrozenPaperQuery,
    FrozenQuery,
    InWritingIn,
    JudgedOut,
    ObjectionAnswerIn,
    ReadIn,
    SignedOut,
)
from app.reviews.touching import NOT_THERE
from app.web import now

api = Blueprint(
    "sitting_api", __name__, url_prefix="/api/v1", description="Panels, decisions, and what follows"
)
AS = {"mine": "holder", "assesses": "member", "decides": "decider", "handles": "handler", "runs": "hr"}


@api.route(f"{ONE}/judged", methods=["GET"])
@may("person")
@api.response(200, JudgedOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="it is over: HR says first why they open it")
def judged(review_id: uuid.UUID) -> dict[str, Any]:
    """What was judged, as far as you may read it now: the same for the employee and HR."""
    seen = opened(review_id)
    if needs_reason(seen):
        raise Conflict(SAY_WHY)
    return _judged(seen)


@api.route(f"{ONE}/assessment", methods=["PUT"])
@may("person")
@api.arguments(AssessmentIn)
@api.response(200, JudgedOut)
@api.alt_response(404, description="you do not sit on its panel")
@api.alt_response(409, description="handed in already, moved on, or changed elsewhere (`clash`)")
def assess(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Keep your assessment as a draft, or hand all of it in."""
    _as(review_id, "assesses")
    said = [panel.Said(**item) for item in form["items"]]
    with transaction():
        panel.assess(review_id, said, person_id=me(), hand_in=form["hand_in"], at=now())
        settle(now())
        return _again(review_id)


@api.route(f"{ONE}/aside", methods=["POST"])
@may("person")
@api.arguments(AsideIn)
@api.response(204)
@api.alt_response(404, description="you have no seat in it")
@api.alt_response(409, description="has moved on")
def step_aside(form: dict[str, Any], review_id: uuid.UUID) -> None:
    """Leave your seat, without a reason."""
    opened(review_id)
    with transaction():
        panel.step_aside(review_id, person_id=me(), by=me(), seat=form["seat"], at=now())
        settle(now())


@api.route(f"{ONE}/decision/draft", methods=["PUT"])
@may("person")
@api.arguments(DecisionDraftIn)
@api.response(200, DraftKeptOut)
@api.alt_response(404, description="you do not decide it")
@api.alt_response(409, description="you signed, it has moved on, or changed elsewhere (`clash`)")
def draft(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Keep a draft of your decision, for your eyes only."""
    _as(review_id, "decides")
    with transaction():
        made = deciding.draft(review_id, _said(form), person_id=me(), version=form["draft"], at=now())
        return {"draft": made}


@api.route(f"{ONE}/decision", methods=["POST"])
@may("person")
@api.arguments(DecisionIn)
@api.response(200, SignedOut)
@api.alt_response(404, description="you do not decide it")
@api.alt_response(409, description="the file is not what you read (`stale`), or has moved on")
def decide(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Sign what you decide. The employee reads your words exactly as they are."""
    _as(review_id, "decides")
    with transaction():
        stage = deciding.sign(review_id, _said(form), person_id=me(), version=form["read"], at=now())
        settle(now())
        return {"stage": stage, "review": _again(review_id)}


def _said(form: dict[str, Any]) -> deciding.Decision:
    return deciding.Decision(**{name: form[name] for name in ("outcome", "words", "from_on", "plan_on")})


# Afterwards -----------------------------------------------------------------------------------------------------


@api.route(f"{ONE}/seen", methods=["POST"])
@may("person")
@api.arguments(ReadIn)
@api.response(200, JudgedOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="the file is not what you read (`stale`), or you signed already")
def sign_seen(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Sign that you have read it; that is no agreement."""
    _as(review_id, "mine")
    with transaction():
        after.sign_seen(review_id, person_id=me(), version=form["read"], at=now())
        return _again(review_id)


@api.route(f"{ONE}/answer", methods=["POST"])
@may("person")
@api.arguments(InWritingIn)
@api.response(200, JudgedOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="you answered already, or it has moved on")
def answer(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Answer in writing, once; whoever may open the file reads it."""
    _as(review_id, "mine")
    with transaction():
        after.answer(review_id, form["words"], person_id=me(), at=now())
        return _again(review_id)


@api.route(f"{ONE}/objection", methods=["POST"])
@may("person")
@api.arguments(InWritingIn)
@api.response(200, JudgedOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="you objected already, or the term is over")
def file_objection(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Object, within the term; somebody without a part in it handles that."""
    _as(review_id, "mine")
    with transaction():
        after.file_objection(review_id, form["words"], person_id=me(), at=now())
        settle(now())
        return _again(review_id)


@api.route(f"{ONE}/objection/answer", methods=["POST"])
@may("person")
@api.arguments(ObjectionAnswerIn)
@api.response(200, JudgedOut)
@api.alt_response(404, description="you do not handle one here")
@api.alt_response(409, description="the file is not what you read (`stale`), or it was answered")
def handle(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Answer an objection that you handle: the decision stands, or others take it anew."""
    _as(review_id, "handles")
    with transaction():
        after.handle(
            review_id, outcome=form["outcome"], words=form["words"], person_id=me(), version=form["read"], at=now()
        )  # fmt: skip
        settle(now())
        return _again(review_id)


# The frozen dossier ---------------------------------------------------------------------------------------------


@api.route(f"{ONE}/dossier", methods=["GET"])
@may("person")
@api.arguments(FrozenQuery, location="query")
@api.response(200, {"type": "object"}, description="the dossier")
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="it is over: HR says first why they open it")
def as_json(_asked: dict[str, Any], review_id: uuid.UUID) -> Response:
    """The frozen dossier: the very bytes whose SHA-256 is kept. For the employee and for HR within its reach."""
    return sitting.frozen_json(review_id)


@api.route(f"{ONE}/dossier.pdf", methods=["GET"])
@may("person")
@api.arguments(FrozenPaperQuery, location="query")
@api.response(200, FILE, content_type="application/pdf", description="the file")
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="it is over: HR says first why they open it")
def as_pdf(_asked: dict[str, Any], review_id: uuid.UUID) -> Response:
    """The same to read and print (PDF/UA-1)."""
    return sitting.frozen_pdf(review_id)


# How it is told ---------------------------------------------------------------------------------------------------


def _as(review_id: uuid.UUID, what: str) -> queries.Open:
    """The review, if one may open it as this; to others of its readers this is not there."""
    seen = opened(review_id)
    if not getattr(seen, what):
        raise NotFound(NOT_THERE)
    return seen


def _again(review_id: uuid.UUID) -> dict[str, Any]:
    seen = queries.opened(me(), review_id, reach_of(asker()))
    if seen is None:
        raise NotFound(NOT_THERE)
    return _judged(seen)


def _judged(seen: queries.Open) -> dict[str, Any]:
    found = judging.of(seen, me())
    return {
        "version": seen.row.version,
        "stage": seen.row.stage,
        "you": [said for what, said in AS.items() if getattr(seen, what)],
        "verdicts": [
            {"criterion_id": criterion, **_by(one), "verdict": one.verdict, "words": one.words}
            for criterion, several in found.verdicts.items()
            for one in several
        ],
        "drafts": [
            {"criterion_id": criterion, "verdict": one.verdict, "words": one.words, "version": one.version}
            for criterion, one in found.drafts.items()
        ],
        "decisions": [_decided(one) for one in found.decisions],
        "differs": found.differs,
        "draft": _decided(found.draft) if found.draft else None,
        "sign_until": found.sign_until,
        "seen_at": seen.row.seen_at,
        "answer": found.answer,
        "object_until": found.object_until,
        "objection": _objection(found.objection),
        "earlier_objections": [_objection(one) for one in found.earlier],
        "dossiers": [{**one._mapping, "sha256": bytes(one.digest).hex()} for one in found.dossiers],
    }


def _by(one: judging.Verdict | judging.Decided) -> dict[str, Any]:
    return {"person": {"id": one.person_id, "name": one.name}}


def _decided(one: judging.Decided) -> dict[str, Any]:
    return {
        **_by(one), "outcome": one.outcome, "words": one.words, "from_on": one.from_on, "plan_on": one.plan_on,
        "signed_at": one.signed_at, "version": one.version,
    }  # fmt: skip


def _objection(one: judging.Objection | None) -> dict[str, Any] | None:
    if one is None:
        return None
    handler = {"id": one.handler_id, "name": one.handler} if one.handler_id else None
    return {
        "words": one.words, "filed_at": one.filed_at, "due": one.due, "handler": handler, "outcome": one.outcome,
        "answer": one.answer, "handled_at": one.handled_at,
    }  # fmt: skip
