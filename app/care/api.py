"""Reports in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.care import actions, queries
from app.care.schemas import (
    BIGGEST,
    CaseOut,
    DecisionIn,
    DeskOut,
    DeskQuery,
    OwnReportedOut,
    ReportIn,
    ReportOut,
    ShowIn,
)
from app.db import transaction
from app.errors import NotFound
from app.outbox import settle
from app.web import now

api = Blueprint("care_api", __name__, url_prefix="/api/v1", description="Reports, and the care desk")
ONE = f"/care/<int(max={BIGGEST}):report_id>"


@api.route("/reports", methods=["GET"])
@may("person")
@api.response(200, ReportOut(many=True))
def mine() -> Any:
    """What you reported, newest first, and what became of it."""
    return queries.mine(me())


@api.route("/reports/about-mine", methods=["GET"])
@may("person")
@api.response(200, OwnReportedOut(many=True))
def about_mine() -> Any:
    """What of yours was reported or hidden, also what you shared without your name; why, and what was decided."""
    return queries.of_mine(me(), now())


@api.route("/reports", methods=["POST"])
@may("person")
@api.arguments(ReportIn)
@api.response(201, ReportOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(429, description="you have reported too much today")
def report(form: dict[str, Any]) -> Any:
    """Report something that you may see. The desk decides; your name is shown to nobody."""
    with transaction():
        made = actions.report(by=me(), at=now(), **form)
        settle(now())
        return queries.own(me(), made)


@api.route("/care", methods=["GET"])
@may("hr", "admin")
@api.arguments(DeskQuery, location="query")
@api.response(200, DeskOut)
def desk(asked: dict[str, Any]) -> dict[str, Any]:
    """What waits for the desk, oldest first; or what was decided lately. The texts come with each one."""
    cases, others = queries.desk(me(), decided=asked["decided"])
    return {"cases": [_out(one, whole=False) for one in cases], "for_others": others}


@api.route(ONE, methods=["GET"])
@may("hr", "admin")
@api.response(200, CaseOut)
@api.alt_response(404, description="is not there, or you are part of it")
def case(report_id: int) -> dict[str, Any]:
    """One case."""
    found = queries.case(me(), report_id)
    if found is None:
        raise NotFound(actions.NOT_THERE)
    actions.leave_trace(found, by=me(), at=now())
    return _out(found)


@api.route(f"{ONE}/decision", methods=["POST"])
@may("hr", "admin")
@api.arguments(DecisionIn)
@api.response(200, CaseOut)
@api.alt_response(404, description="is not there, or you are part of it")
@api.alt_response(409, description="a colleague has decided already")
def decide(form: dict[str, Any], report_id: int) -> dict[str, Any]:
    """Decide: leave it, hide it, or ask its author for other words."""
    with transaction():
        actions.decide(report_id, by=me(), at=now(), **form)
        settle(now())
        found = queries.case(me(), report_id)
        if found is None:
            raise NotFound(actions.NOT_THERE)
        return _out(found)


@api.route(f"{ONE}/show", methods=["POST"])
@may("hr", "admin")
@api.arguments(ShowIn)
@api.response(200, CaseOut)
@api.alt_response(404, description="is not there, or you are part of it")
@api.alt_response(409, description="is not hidden")
def show_again(form: dict[str, Any], report_id: int) -> dict[str, Any]:
    """Show again what was hidden, with the reason for both sides."""
    with transaction():
        actions.show_again(report_id, by=me(), at=now(), **form)
        settle(now())
        found = queries.case(me(), report_id)
        if found is None:
            raise NotFound(actions.NOT_THERE)
        return _out(found)


def _out(one: queries.Case, *, whole: bool = True) -> dict[str, Any]:
    content, decided = one.content if whole else None, one.decided
    return {
        "id": one.id,
        "kind": one.kind,
        "content_id": one.content_id,
        "reports": one.reports,
        "texts": content.texts if content else [],
        "lang": content.lang if content else None,
        "giver": content.giver if content else None,
        "receivers": content.receivers if content else [],
        "gone": one.content is None or one.content.gone,
        "hidden": one.content is not None and one.content.hidden,
        "decision": decided and decided.decision,
        "answer": decided and decided.answer,
        "decided_at": decided and decided.decided_at,
    }
