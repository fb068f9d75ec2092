"""Logging what one learned, with a file that shows it; handing over or withdrawing a log that waits."""

import uuid
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.activities import confirming, files, log_form, logs, queries, records, showing
from app.activities.pages import pages as pages
from app.activities.rules import Log
from app.activities.schemas import HandOverForm, LogDraftIn, LogForm, LogQuery, TitleQuery, WhoQuery
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.guard import takes_files
from app.outbox import settle
from app.people import drafts
from app.people.queries import cards, colleagues, manager_ids
from app.serving import sent_file
from app.web import body, done, now, query, render, status_of, swaps


@pages.get("/log")
@may("person")
def log() -> ResponseReturnValue:
    asked = query(LogQuery())
    if asked["page"] > 1:
        return render(
            "activities/log.html", "activities/_mine.html", **_history(asked["page"]), **log_form.shown()
        )
    if asked["again"] or asked["activity"]:
        typed = (
            log_form.taken_up(asked["again"]) if asked["again"] else log_form.for_activity(asked["activity"])
        )
        return _log(log_form.shown(typed), sent=asked["sent"])
    begun = drafts.kept("log", me())
    return _log(
        log_form.shown({name: value for name, value in (begun or {}).items() if value}) | {"draft": begun},
        asked["sent"],
    )


def _log(form: dict[str, Any], sent: int | None = None) -> Response:
    history = _history(1)
    said = next((row for row in history["completions"] if row.id == sent), None)
    return render("activities/log.html", **history, **form, said=said)


def _history(page: int) -> dict[str, Any]:
    rows, more = records.completions_of(me(), page=page)
    return {"completions": rows, "next_page": page + 1 if more else None}


@pages.post("/log")
@may("person")
@takes_files
def log_it() -> ResponseReturnValue:
    sent: uuid.UUID | None = None
    try:
        sent = _file_sent()
        form = body(LogForm())
        form["confirmer_id"] = form["confirmer_id"] or log_form.confirmer(form["who"])
        form["file_id"] = sent or form["file_id"]
        form.pop("who")
        with transaction():
            item = Log(person_id=me(), **form)  # type: ignore[typeddict-item]
            (completion_id,) = logs.log_completions([item], at=now())
            drafts.drop("log", by=me())
            _drop_file(form["file_id"])  # of a form that was sent twice
            settle(now())
            (said,) = records.completions([completion_id])
            context = {"said": said, **_history(1), **log_form.shown()}
            return done("activities/_logged.html", url_for(".log", sent=completion_id), **context)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _again(no, sent)


@pages.post("/log/draft")
@may("person")
@takes_files
def keep_draft() -> ResponseReturnValue:
    """What is filled in so far; also when the button of the form sent it, which asks for the whole form."""
    form = body(LogDraftIn())
    try:
        sent = _file_sent()
    except Refused as no:
        return _again(no)
    form["file_id"] = str(sent or form["file_id"])
    with transaction():
        drafts.keep("log", form, by=me(), at=now())
        file = files.kept(sent, by=me())
        answer = done("activities/_draft.html", url_for(".log"), draft={"saved_at": now()}, file_now=file)
    if swaps():
        answer.headers.update({"HX-Retarget": "#draft", "HX-Reswap": "innerHTML"})
    return answer


@pages.post("/log/draft/discard")
@may("person")
def drop_draft() -> ResponseReturnValue:
    with transaction():
        begun = drafts.kept("log", me()) or {}
        drafts.drop("log", by=me())
        _drop_file(log_form.file_meant(begun.get("file_id")))
        return redirect(url_for(".log"), code=303)


def _again(no: ValidationError | Refused, sent: uuid.UUID | None = None) -> Response:
    """The form comes back with what was typed, and with the file that came along."""
    form = log_form.shown(log_form.sent() | ({"file_id": str(sent)} if sent else {}), no)
    answer = render("activities/_form.html", "activities/_form.html", **form) if swaps() else _log(form)
    answer.status_code = status_of(no)
    return answer


@pages.get("/log/people")
@may("person")
def people() -> ResponseReturnValue:
    """Names for the box, while one types; a visit of its own goes to the form."""
    found = colleagues(query(WhoQuery())["who"], but=me(), limit=8)
    return done("people/_names.html", url_for(".log"), people=found)


@pages.get("/log/titles")
@may("person")
def titles() -> ResponseReturnValue:
    """Titles of the catalogue for the box, while one types: what is there need not be described again."""
    rows, _more = queries.catalogue(locale=str(get_locale()), text=query(TitleQuery())["title"])
    return done("activities/_titles.html", url_for(".log"), rows=rows[:8])


# What shows it ----------------------------------------------------------------------------------------------


@pages.get("/log/files/<uuid:file_id>")
@may("person")
def file(file_id: uuid.UUID) -> ResponseReturnValue:
    """For its person, and for who is asked to confirm the log or did."""
    return showing.answer(file_id)


@pages.post("/log/file/remove")
@may("person")
@takes_files
def take_file_away() -> ResponseReturnValue:
    """The form again, without the file. One of a log that came back stays with that log."""
    typed = log_form.sent()
    with transaction():
        _drop_file(log_form.file_meant(typed["file_id"]))
    form = log_form.shown(typed | {"file_id": ""}) | {"file_taken_away": True}
    return render("activities/_form.html", "activities/_form.html", **form) if swaps() else _log(form)


def _file_sent() -> uuid.UUID | None:
    """The file of the form is kept at once, in place of the one that it had: a form that comes back still has it."""
    sent = sent_file()
    if sent is None:
        return None
    name, content = sent
    with transaction():
        new = files.keep(by=me(), name=name, content=content, at=now())
        _drop_file(log_form.file_meant(request.form.get("file_id")))
    return new


def _drop_file(file_id: uuid.UUID | None) -> None:
    if file_id is not None:
        files.drop(file_id, by=me())


# A log that waits -----------------------------------------------------------------------------------------


@pages.get("/log/<int:completion_id>")
@may("person")
def waiting_log(completion_id: int) -> ResponseReturnValue:
    """A log that waits, for who may let somebody else confirm it; only its own person may also withdraw it."""
    return _waiting_log(completion_id)


def _waiting_log(completion_id: int, no: ValidationError | Refused | None = None) -> Response:
    row = records.waiting(completion_id, seen_by=me())
    if row is None:
        raise NotFound(logs.NO_LOG)
    manager_id = manager_ids([row.person_id]).get(row.person_id)
    maybe = cards([manager_id]) if manager_id not in (None, row.confirmer_id, row.person_id) else {}
    suggested = [card for card in maybe.values() if card.active]
    answer = render(
        "activities/waiting_log.html",
        row=row,
        mine=row.person_id == me(),
        suggested=suggested,
        maybe=getattr(no, "maybe", ()),
        typed=request.form.get("who", "")[:200],
        **log_form.wrong(no),
    )
    answer.status_code = status_of(no)
    return answer


@pages.post("/log/<int:completion_id>/hand-over")
@may("person")
def hand_over(completion_id: int) -> ResponseReturnValue:
    """Who handed it over may not see it afterwards: its person goes to their list, the others to theirs."""
    try:
        row = records.waiting(completion_id, seen_by=me())
        if row is None:
            raise NotFound(logs.NO_LOG)
        form = body(HandOverForm())
        to = form["confirmer_id"] or log_form.confirmer(form["who"])
        if to is None:
            said = _("Choose a colleague who can confirm this.")
            raise Refused(said, fields={"confirmer_id": said})
        with transaction():
            confirming.hand_over(completion_id, by=me(), to=to, at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound | Conflict):
            raise
        return _waiting_log(completion_id, no)
    return redirect(url_for(".log" if row.person_id == me() else ".confirmations"), code=303)


@pages.post("/log/<int:completion_id>/withdraw")
@may("person")
def withdraw(completion_id: int) -> ResponseReturnValue:
    with transaction():
        logs.withdraw_log(completion_id, by=me(), at=now())
        settle(now())
    return redirect(url_for(".log"), code=303)
