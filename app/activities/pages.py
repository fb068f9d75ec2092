"""The catalogue, one activity, logging own learning, and confirming that of colleagues."""

import uuid
from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.activities import actions, confirming, files, logs, queries, records, showing
from app.activities.rules import KINDS, Log, edition_of
from app.activities.schemas import (
    CatalogueQuery,
    ConfirmationsQuery,
    DecisionIn,
    HandOverForm,
    LogDraftIn,
    LogForm,
    LogQuery,
    ManyIn,
    NewsQuery,
    TitleQuery,
    WhoQuery,
    WishIn,
)
from app.config import timezone
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.guard import takes_files
from app.language import in_language
from app.outbox import settle
from app.people import drafts
from app.people.meant import meant
from app.people.queries import cards, colleagues, manager_ids
from app.serving import sent_file
from app.vision import queries as vision
from app.web import body, done, now, query, render, swaps, wrong_with

pages = Blueprint("activities", __name__)
TYPED = (
    "activity_id",
    "title",
    "kind",
    "skill_id",
    "completed_on",
    "hours",
    "note",
    "link",
    "who",
    "file_id",
)


# The catalogue --------------------------------------------------------------------------------------------


@pages.get("/learn")
@may("person")
def catalogue() -> ResponseReturnValue:
    asked = query(CatalogueQuery())
    rows, more = queries.catalogue(locale=str(get_locale()), **_meant(asked))
    context = {"rows": rows, "more": more, "asked": asked, "mine": _mine(rows), **_words()}
    context["on"] = _on(asked)
    context["wishes"] = queries.wishes_of(me(), now()) if asked["page"] == 1 else []
    if asked["page"] > 1:
        return render("activities/catalogue.html", "activities/_offers.html", **context)
    return render("activities/catalogue.html", "activities/_results.html", **context)


FOLDED = ("skill", "kind", "hours", "language", "goals")


def _on(asked: dict[str, Any]) -> dict[str, str]:
    """Which filters are on, beside the words, and the page without each."""
    said = {name: asked[name] for name in FOLDED if asked[name] is not None and asked[name] is not False}
    told = said | {
        name: f"{said[name]:g}" if name == "hours" else 1 for name in ("hours", "goals") if name in said
    }
    left = {one: {name: value for name, value in told.items() if name != one} for one in told}
    return {one: url_for(".catalogue", q=asked["text"], **others) for one, others in left.items()}


def _meant(asked: dict[str, Any]) -> dict[str, Any]:
    """The question, with what my goals are about where that is asked."""
    told = {name: value for name, value in asked.items() if name != "goals"}
    return told | {"aims": aims() if asked["goals"] else None}


def aims() -> queries.Aims:
    """What my open goals are about; goals lie above this room, so the factory hands in who knows them."""
    found: queries.Aims = current_app.extensions["aims_of"](me())
    return found


@pages.post("/wishes")
@may("person")
def ask_for() -> ResponseReturnValue:
    """Ask for what is not there; L&D sees what is asked, and how often."""
    with transaction():
        actions.wish(body(WishIn())["words"], by=me(), at=now())
        settle(now())
        wishes = queries.wishes_of(me(), now())
        return done(
            "activities/_asked.html", url_for(".catalogue") + "#wishes", wishes=wishes, asked_now=True
        )


@pages.get("/learn/<slug>")
@may("person")
def activity(slug: str) -> ResponseReturnValue:
    try:
        row = queries.activity(slug, person_id=me())
    except NotFound:
        into = queries.went_into(slug, person_id=me())
        if into is None:
            raise
        return redirect(url_for(".activity", slug=into))  # not for ever: a merge can be undone
    skills = vision.names()
    above = {up for skill in row.skills for up in skills[skill].lineage}
    led = {skills[skill].goal_id for skill in above}
    return render(
        "activities/activity.html",
        activity=row,
        mine=_mine([row]).get(row.id),
        skill_of=skills,
        goals=[goal for goal in vision.goals() if goal.id in led],
    )


def _mine(rows: Any) -> dict[int, dict[str, Any]]:
    """How I stand with each: waiting, done, or done in an earlier year or month and open again."""
    found = {}
    states = records.states_of(me(), [row.id for row in rows])
    tz = timezone()
    for row in rows:
        if state := states.get(row.id):
            now_ = edition_of(row, now(), tz)
            found[row.id] = {"state": state, "open": state.state == "confirmed" and state.edition != now_}
    return found


def _words() -> dict[str, Any]:
    skills = vision.told()
    choice = [skill for skill in skills if not skill["retired"]]
    return {"skills": choice, "skill_of": {skill["id"]: skill for skill in skills}, "kinds": KINDS}


# Logging --------------------------------------------------------------------------------------------------


@pages.get("/log")
@may("person")
def log() -> ResponseReturnValue:
    asked = query(LogQuery())
    if asked["page"] > 1:
        return render("activities/log.html", "activities/_mine.html", **_history(asked["page"]), **_form())
    if asked["again"] or asked["activity"]:
        typed = _taken_up(asked["again"]) if asked["again"] else _for_activity(asked["activity"])
        return _log(_form(typed), sent=asked["sent"])
    begun = drafts.kept("log", me())
    return _log(
        _form({name: value for name, value in (begun or {}).items() if value}) | {"draft": begun},
        asked["sent"],
    )


def _for_activity(slug: str | None) -> dict[str, Any]:
    """The form for an activity of the catalogue."""
    named = queries.activity(slug, person_id=me()) if slug else None
    return {"activity_id": named.id} if named and named.state == "published" else {}


def _taken_up(completion_id: int) -> dict[str, Any]:
    """What I told in a log that came back with a question: nobody types it twice."""
    row = next((row for row in records.completions([completion_id]) if row.person_id == me()), None)
    if row is None or row.state != "declined":
        return {}
    asked = cards([row.confirmer_id]).get(row.confirmer_id)
    told = {"completed_on": row.completed_at.astimezone(timezone()).date().isoformat()}
    told |= {"hours": row.hours if row.hours is not None else "", "note": row.note, "link": row.link}
    told |= {"file_id": row.file_id or ""}
    told |= {"who": f"{asked.name} ({asked.handle})" if asked and asked.active else ""}
    if row.activity_state == "published":
        return told | {"activity_id": row.activity_id}
    return told | {"title": in_language(row.title), "kind": row.kind, "skill_id": next(iter(row.skills), "")}


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
        form["confirmer_id"] = form["confirmer_id"] or _confirmer(form["who"])
        form["file_id"] = sent or form["file_id"]
        form.pop("who")
        with transaction():
            item = Log(person_id=me(), **form)  # type: ignore[typeddict-item]
            (completion_id,) = logs.log_completions([item], at=now())
            drafts.drop("log", by=me())
            _drop_file(form["file_id"])  # of a form that was sent twice
            settle(now())
            (said,) = records.completions([completion_id])
            context = {"said": said, **_history(1), **_form()}
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
        _drop_file(_uuid(begun.get("file_id")))
        return redirect(url_for(".log"), code=303)


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
    typed = _typed()
    with transaction():
        _drop_file(_uuid(typed["file_id"]))
    form = _form(typed | {"file_id": ""}) | {"file_taken_away": True}
    return render("activities/_form.html", "activities/_form.html", **form) if swaps() else _log(form)


def _file_sent() -> uuid.UUID | None:
    """The file of the form is kept at once, in place of the one that it had: a form that comes back still has it."""
    sent = sent_file()
    if sent is None:
        return None
    name, content = sent
    with transaction():
        new = files.keep(by=me(), name=name, content=content, at=now())
        _drop_file(_uuid(request.form.get("file_id")))
    return new


def _drop_file(file_id: uuid.UUID | None) -> None:
    if file_id is not None:
        files.drop(file_id, by=me())


def _uuid(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


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


def _confirmer(typed: str) -> int | None:
    found = meant(typed, field="confirmer_id", but=me())
    return found.id if found else None


def _form(typed: dict[str, Any] | None = None, no: ValidationError | Refused | None = None) -> dict[str, Any]:
    """What the form shows: what was typed, what is wrong with it, and what there is to choose."""
    today = now().astimezone(timezone()).date()
    typed = dict.fromkeys(TYPED, "") | {"completed_on": today.isoformat()} | (typed or {})
    named = queries.published(int(typed["activity_id"])) if str(typed["activity_id"]).isdecimal() else None
    manager_id = manager_ids([me()]).get(me())
    return {
        "typed": typed,
        "named": named,
        "file": files.kept(_uuid(typed["file_id"]), by=me()),
        "file_days": files.WAITS.days,
        "manager": cards([manager_id]).get(manager_id) if manager_id else None,
        "today": today,
        "maybe": getattr(no, "maybe", ()),
        **_wrong(no),
        **_words(),
    }


def _wrong(no: ValidationError | Refused | None) -> dict[str, Any]:
    """What is wrong in all, and with which field, in words of our own."""
    said = {
        "activity_id": _("There is no such activity."),
        "title": _("Say it in 200 characters or fewer."),
        "kind": _("Choose what kind of learning it was."),
        "skill_id": _("Choose the skill it is about."),
        "completed_on": _("Choose the day."),
        "hours": _("Give the hours as a number, such as 1.5, and 400 at most."),
        "note": _("Say it in 1,000 characters or fewer."),
        "link": _("Give an address that begins with http:// or https://."),
        "confirmer_id": _("Choose a colleague who can confirm this."),
        "who": _("Type a part of the name."),
        "file_id": files.GONE,
    }
    return wrong_with(no, said)


def _typed() -> dict[str, str]:
    """What was sent, as it was."""
    typed = {name: request.form.get(name, "")[:4000] for name in TYPED}
    if len(typed["activity_id"]) > 18:
        typed["activity_id"] = ""
    return typed


def _again(no: ValidationError | Refused, sent: uuid.UUID | None = None) -> Response:
    """The form comes back with what was typed, and with the file that came along."""
    form = _form(_typed() | ({"file_id": str(sent)} if sent else {}), no)
    answer = render("activities/_form.html", "activities/_form.html", **form) if swaps() else _log(form)
    answer.status_code = no.status if isinstance(no, Refused) else 422
    return answer


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
        **_wrong(no),
    )
    if no is not None:
        answer.status_code = no.status if isinstance(no, Refused) else 422
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
        to = form["confirmer_id"] or _confirmer(form["who"])
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


# Confirming -----------------------------------------------------------------------------------------------


@pages.get("/confirmations")
@may("person")
def confirmations() -> ResponseReturnValue:
    asked = query(ConfirmationsQuery())
    told = {name: asked[name] for name in ("confirmed", "changed", "undone")}
    context = _queue(**told, ticked=asked["all"], undoable=_undoable(asked["undoable"]))
    return render("activities/confirmations.html", "activities/_waiting.html", **context)


@pages.post("/confirmations")
@may("person")
def confirm_many() -> ResponseReturnValue:
    """What changed in the meantime is left, and counted; it never loses the rest."""
    try:
        wanted = set(body(ManyIn())["completions"])
    except ValidationError:
        answer = _waiting(none_chosen=_("Tick first what you want to confirm."))
        answer.status_code = 422
        return answer
    with transaction():
        confirmed = confirming.confirm_what_waits(wanted, by=me(), at=now())
        settle(now())
        told: dict[str, Any] = {"confirmed": len(confirmed), "changed": len(wanted) - len(confirmed)}
        context = _queue(**told, undoable=confirmed)
        context["next_id"] = None if told["changed"] else next((row.id for row in context["rows"]), None)
        return done("activities/_waiting.html", url_for(".confirmations", undo=confirmed, **told), **context)


@pages.post("/confirmations/undo")
@may("person")
def undo() -> ResponseReturnValue:
    """One's word back, for a while; what waits again stands in its place, and the first of it gets the focus."""
    with transaction():
        undone = confirming.undo(body(ManyIn())["completions"], by=me(), at=now())
        settle(now())
        context = _queue(undone=len(undone), next_id=next(iter(undone), None))
        return done("activities/_waiting.html", url_for(".confirmations", undone=len(undone)), **context)


@pages.get("/confirmations/new")
@may("person")
def news() -> ResponseReturnValue:
    """How many came since the page was made; they stand in it when one asks for them."""
    number = records.count_waiting_for(me(), **query(NewsQuery()))
    return done("activities/_news.html", url_for(".confirmations"), number=number)


@pages.post("/confirmations/<int:completion_id>")
@may("person")
def decide(completion_id: int) -> ResponseReturnValue:
    before = [row.id for row in records.waiting_for(me())]
    try:
        form = body(DecisionIn())
        with transaction():
            confirm = form["decision"] == "confirm"
            confirming.decide([completion_id], by=me(), confirm=confirm, note=form["note"], at=now())
            settle(now())
            undo = [completion_id] if confirm else []
            context = _queue(decided=form["decision"], next_id=_next(before, completion_id), undoable=undo)
            then = url_for(".confirmations", confirmed=len(undo) or None, undo=undo)
            return done("activities/_waiting.html", then, **context)
    except (ValidationError, Refused) as no:
        if isinstance(no, Refused) and not isinstance(no, Conflict) and not no.fields:
            raise
        answer = _waiting(refused_id=completion_id, no=no, typed=request.form.get("note", "")[:4000])
        answer.status_code = no.status if isinstance(no, Refused) else 422
        return answer


def _next(before: list[int], gone: int) -> int | None:
    """The row that gets the focus: the one after the row that went, else the one before it."""
    if gone not in before:
        return None
    place = before.index(gone)
    rest = before[place + 1 :] or before[:place][::-1]
    return rest[0] if rest else None


def _undoable(ids: list[int]) -> list[int]:
    """Those of an address of which one's word can still be taken back."""
    return [row.id for row in records.completions(ids) if _just_confirmed(row)] if ids else []


def _just_confirmed(row: Any) -> bool:
    mine = row.confirmer_id == me() and row.state == "confirmed"
    return mine and row.decided_at is not None and row.decided_at > now() - confirming.UNDO


def _queue(**more: Any) -> dict[str, Any]:
    rows = records.waiting_for(me())
    left = records.count_waiting_for(me()) if len(rows) == records.QUEUE else len(rows)
    newest = max((row.id for row in rows), default=0)
    return {
        "rows": rows,
        "left": left,
        "newest": newest,
        "skill_of": vision.names(),
        "for_reports": records.waiting_for_reports_of(me()),
        "decided": None,
        "next_id": None,
        "confirmed": 0,
        "changed": 0,
        "undone": 0,
        "undoable": [],
        **more,
    }


def _waiting(
    refused_id: int | None = None,
    no: ValidationError | Refused | None = None,
    typed: str = "",
    none_chosen: str = "",
) -> Response:
    conflict = no.message if isinstance(no, Conflict) else None
    wrong = (
        _("Say in a sentence what is missing, in 1,000 characters or fewer.") if no and not conflict else None
    )
    context = _queue(
        refused_id=refused_id, conflict=conflict, wrong=wrong, typed=typed, none_chosen=none_chosen
    )
    return render("activities/confirmations.html", "activities/_waiting.html", **context)
