"""Reporting something, what became of one's own reports, and the desk of HR."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.care import actions, queries, rules
from app.care.schemas import BIGGEST, DecisionIn, DeskQuery, ReportIn, ShowIn, SubjectQuery
from app.db import transaction
from app.errors import NotFound, Refused
from app.outbox import settle
from app.web import body, now, query, render

pages = Blueprint("care", __name__)
CASE = f"/hr/care/<int(max={BIGGEST}):report_id>"


def reports_about(kind: str, ids: Iterable[int]) -> dict[int, Any]:
    """For templates of other rooms: what an author is told of these of theirs."""
    return queries.about(kind, ids, now())


@pages.get("/reports")
@may("person")
def mine() -> ResponseReturnValue:
    return render("care/mine.html", reports=queries.mine(me()), own=queries.of_mine(me(), now()))


@pages.get("/reports/new")
@may("person")
def new() -> ResponseReturnValue:
    return _form(**query(SubjectQuery()))


@pages.post("/reports")
@may("person")
def report() -> ResponseReturnValue:
    try:
        form = body(ReportIn())
        with transaction():
            report_id = actions.report(by=me(), at=now(), **form)
            settle(now())
        return redirect(url_for(".mine", _anchor=f"report-{report_id}"), 303)
    except (ValidationError, Refused) as no:
        if isinstance(no, Refused) and not no.fields:
            raise
        sent = request.form
        asked = query_of(sent.get("kind", ""), sent.get("content_id", ""))
        if asked is None:
            raise
        typed = {name: sent.get(name, "") for name in ("reason", "words")}
        return _form(**asked, typed=typed, wrong=_wrong(no), status=422)


def query_of(kind: str, content_id: str) -> dict[str, Any] | None:
    """What the form that came in is about, if that can be read."""
    if kind not in rules.KINDS or not content_id.isdecimal() or len(content_id) > 18:
        return None
    return {"kind": kind, "content_id": int(content_id)}


def _form(
    kind: str,
    content_id: int,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    found = queries.subject(me(), kind, content_id)
    if found is None or found[2]:
        raise NotFound(actions.NOT_THERE)
    text, lang, _own, _author = found
    told: dict[str, Any] = {"kind": kind, "content_id": content_id, "text": text, "text_lang": lang}
    told |= {"typed": typed or {"reason": "", "words": ""}, "wrong": wrong or {}}
    answer = render("care/report.html", **told)
    answer.status_code = status
    return answer


# The desk ---------------------------------------------------------------------------------------------------


@pages.get("/hr/care")
@may("hr", "admin")
def desk() -> ResponseReturnValue:
    asked = query(DeskQuery())
    cases, others = queries.desk(me(), decided=asked["decided"])
    return render("care/desk.html", cases=cases, others=others, decided=asked["decided"])


@pages.get(CASE)
@may("hr", "admin")
def case(report_id: int) -> ResponseReturnValue:
    return _case(report_id)


@pages.post(CASE)
@may("hr", "admin")
def decide(report_id: int) -> ResponseReturnValue:
    try:
        form = body(DecisionIn())
        with transaction():
            actions.decide(report_id, by=me(), at=now(), **form)
            settle(now())
        return redirect(url_for(".desk"), 303)
    except (ValidationError, Refused) as no:
        if isinstance(no, Refused) and not no.fields:
            raise
        typed = {name: request.form.get(name, "") for name in ("decision", "answer")}
        answer = _case(report_id, typed=typed, wrong=_wrong(no))
        answer.status_code = 422
        return answer


@pages.post(f"{CASE}/show")
@may("hr", "admin")
def show_again(report_id: int) -> ResponseReturnValue:
    """Undo that it was hidden."""
    try:
        form = body(ShowIn())
        with transaction():
            actions.show_again(report_id, by=me(), at=now(), **form)
            settle(now())
        return redirect(url_for(".desk", decided=1), 303)
    except (ValidationError, Refused) as no:
        if isinstance(no, Refused) and not no.fields:
            raise
        answer = _case(report_id, typed={"answer": request.form.get("answer", "")}, wrong=_wrong(no))
        answer.status_code = 422
        return answer


def _case(report_id: int, **said: Any) -> Response:
    found = queries.case(me(), report_id)
    if found is None:
        raise NotFound(actions.NOT_THERE)
    actions.leave_trace(found, by=me(), at=now())
    context: dict[str, Any] = {"typed": {"decision": "", "answer": ""}, "wrong": {}, **said}
    return render("care/case.html", case=found, **context)


def _wrong(no: ValidationError | Refused) -> dict[str, str]:
    fields = no.fields if isinstance(no, Refused) else no.messages_dict
    return {name: str(actions.WRONG.get(name, actions.NOT_THERE)) for name in fields}
