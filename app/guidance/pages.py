"""Learn from each other: who can help, asking and offering, and the page of two who do something together."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.config import timezone
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.guidance import actions, ending, meetings, queries, rules
from app.guidance.schemas import (
    BIGGEST,
    LOCAL,
    AnswerIn,
    DecisionIn,
    EndIn,
    GuidanceForm,
    MeetingForm,
    NewQuery,
    OfferForm,
    OffersQuery,
    PlanIn,
    ShareIn,
)
from app.outbox import settle
from app.people.meant import meant
from app.people.queries import colleagues, units
from app.vision import queries as vision
from app.web import body, now, once, query, render, status_of, wrong_with

pages = Blueprint("guidance", __name__)
ONE = f"/guidance/<int(max={BIGGEST}):guidance_id>"


def helpers_for(skills: Any) -> Any:
    """For the page of an activity: a few colleagues who can help with what it is about."""
    if not skills:
        return []
    return queries.offers(me(), now(), skills=list(skills), limit=queries.HELPERS)[0]


def waiting() -> dict[str, int]:
    """For the page Confirmations: what waits here."""
    asked, to_confirm = queries.waiting_for(me())
    return {"asked": asked, "to_confirm": to_confirm, "all": asked + to_confirm}


def words() -> dict[str, Any]:
    """What every page needs to name skills and kinds."""
    skills = vision.told()
    choice = [skill for skill in skills if not skill["retired"]]
    return {"skills": choice, "skill_of": {skill["id"]: skill for skill in skills}, "kinds": rules.KINDS}


# Who can help -----------------------------------------------------------------------------------------------


@pages.get("/guidance")
@may("person")
def offers() -> ResponseReturnValue:
    asked = query(OffersQuery())
    rows, more = queries.offers(me(), now(), **asked)
    return render("guidance/offers.html", rows=rows, more=more, asked=asked, for_me=waiting(), **words())


@pages.get("/guidance/offer")
@may("person")
def my_offer() -> ResponseReturnValue:
    return _my_offer()


@pages.post("/guidance/offer")
@may("person")
def help_with() -> ResponseReturnValue:
    try:
        form = body(OfferForm())
        with transaction():
            actions.help_with({me(): actions.Offer(**form)}, at=now())
            settle(now())
        return redirect(url_for(".my_offer", saved=1), code=303)
    except (ValidationError, Refused) as no:
        return _my_offer(no)


def _my_offer(no: ValidationError | Refused | None = None) -> Response:
    row = queries.offer_of(me(), seen_by=me())
    typed: dict[str, Any] = {"kinds": [], "skills": [], "line": "", "open": True, "guests": 1}
    typed["lang"] = str(get_locale())
    if no is not None:
        sent = request.form
        typed |= {name: sent.get(name, "")[:300] for name in ("line", "lang", "guests")}
        typed |= {"kinds": sent.getlist("kinds"), "skills": ticked("skills"), "open": "open" in sent}
    elif row is not None:
        typed |= row._mapping
    saved = request.args.get("saved")
    most = rules.GUESTS
    return _status(
        render("guidance/offer.html", typed=typed, row=row, saved=saved, most=most, **wrong(no), **words()),
        no,
    )


# Asking and offering ----------------------------------------------------------------------------------------


@pages.get("/guidance/new")
@may("person")
def new() -> ResponseReturnValue:
    asked = query(NewQuery())
    found = colleagues(f"x ({asked['with_']})", but=me(), limit=1) if asked["with_"] else []
    offer = queries.offer_of(found[0].id, seen_by=me()) if found and asked["side"] == "learner" else None
    kind = asked["kind"] or (offer.kinds[0] if offer else "coaching")
    typed = {**_blank(), "kind": kind, "side": asked["side"]}
    typed |= {"who": f"{found[0].name} ({found[0].handle})" if found else ""}
    typed |= {"skills": [asked["skill"]] if asked["skill"] else []}
    return _new(typed)


def _blank() -> dict[str, Any]:
    names = ("kind", "side", "who", "purpose", "planned_from", "planned_to", "host_id")
    return {**dict.fromkeys(names, ""), "skills": []}


def _new(typed: dict[str, Any], no: ValidationError | Refused | None = None) -> Response:
    teams = [(unit.id, unit.name) for unit in units().values()]
    key = request.form.get("once", "")[:100] or once()
    maybe = getattr(no, "maybe", ())
    context: dict[str, Any] = {
        "typed": typed,
        "teams": teams,
        "once_key": key,
        "maybe": maybe,
        **wrong(no),
        **words(),
    }
    return _status(render("guidance/new.html", **context), no)


@pages.post("/guidance/new")
@may("person")
def propose() -> ResponseReturnValue:
    try:
        form = body(GuidanceForm())
        found = meant(form.pop("who"), field="who")
        if found is None:
            said = _("Type a part of the name.")
            raise Refused(said, fields={"who": said})
        form["skills"] = tuple(form["skills"])
        with transaction():
            item = rules.NewGuidance(by_id=me(), with_id=found.id, **form)
            (made,) = actions.propose([item], at=now())
            settle(now())
        return redirect(url_for(".one", guidance_id=made), code=303)
    except (ValidationError, Refused) as no:
        typed = {name: request.form.get(name, "")[:400] for name in _blank()} | {"skills": ticked("skills")}
        return _new(typed, no)


# Mine, and one ----------------------------------------------------------------------------------------------


@pages.get("/guidance/mine")
@may("person")
def mine() -> ResponseReturnValue:
    rows = queries.mine(me())
    context: dict[str, Any] = {
        "rows": rows,
        "me": me(),
        "shared": queries.shared_with(me()),
        "pairs": queries.pairs_of(me()),
    }
    return render("guidance/mine.html", **context, **words())


@pages.get(ONE)
@may("person")
def one(guidance_id: int) -> ResponseReturnValue:
    return _one(guidance_id)


def _one(guidance_id: int, no: ValidationError | Refused | None = None) -> Response:
    row = queries.one(guidance_id, seen_by=me())
    if me() not in (row.guide_id, row.learner_id):
        return render("guidance/shared.html", row=row, **words())
    zone = timezone()
    start = (now() - timedelta(hours=1)).astimezone(zone).replace(minute=0, second=0)
    typed: dict[str, Any] = {"starts_at": start.strftime(LOCAL), "minutes": 60, "subject": ""}
    typed |= {name: getattr(row, name) or "" for name in ("planned_from", "planned_to", "host_id")} | {
        "words": ""
    }
    typed |= {name: request.form[name][:300] for name in typed if name in request.form}
    back = (now() - rules.BACK, now())
    other_way = queries.hours_back(row.guide_id, row.learner_id, *back)
    context: dict[str, Any] = {
        "row": row,
        "me": me(),
        "meetings": queries.meetings(guidance_id),
        "typed": typed,
    }
    context |= {"teams": [(unit.id, unit.name) for unit in units().values()], "hours_back": other_way}
    context |= {"share": rules.share(other_way), "least": now().astimezone(zone) - rules.BACK}
    return _status(render("guidance/one.html", **context, **wrong(no), **words()), no)


def _done(guidance_id: int, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for(".one", guidance_id=guidance_id, _anchor=anchor), code=303)


@pages.post(f"{ONE}/answer")
@may("person")
def answer(guidance_id: int) -> ResponseReturnValue:
    try:
        form = body(AnswerIn())
        with transaction():
            actions.respond([actions.Answer(guidance_id=guidance_id, by=me(), **form)], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _again(guidance_id, no)
    return _done(guidance_id)


@pages.post(f"{ONE}/plan")
@may("person")
def plan(guidance_id: int) -> ResponseReturnValue:
    try:
        form = body(PlanIn())
        with transaction():
            since, until = form["planned_from"], form["planned_to"]
            told = {"since": since, "until": until, "host_id": form["host_id"]}
            actions.plan([actions.Plan(guidance_id=guidance_id, by=me(), **told)])
            settle(now())
    except (ValidationError, Refused) as no:
        return _again(guidance_id, no)
    return _done(guidance_id, "plan")


@pages.post(f"{ONE}/sharing")
@may("person")
def let_manager_see(guidance_id: int) -> ResponseReturnValue:
    form = body(ShareIn())
    with transaction():
        actions.let_manager_see({(guidance_id, me()): form["shared"]})
        settle(now())
    return _done(guidance_id, "sharing")


@pages.post(f"{ONE}/end")
@may("person")
def end(guidance_id: int) -> ResponseReturnValue:
    try:
        form = body(EndIn())
        with transaction():
            ending.close([(guidance_id, me())], at=now(), **form)
            settle(now())
    except (ValidationError, Refused) as no:
        return _again(guidance_id, no)
    return _done(guidance_id)


@pages.post(f"{ONE}/meetings")
@may("person")
def record(guidance_id: int) -> ResponseReturnValue:
    try:
        form = body(MeetingForm())
        local: datetime = form.pop("starts_at")
        with transaction():
            starts = local.replace(tzinfo=timezone())
            met = meetings.Met(guidance_id=guidance_id, by=me(), starts_at=starts, **form)
            meetings.record([met], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _again(guidance_id, no)
    return _done(guidance_id, "meetings")


@pages.post(f"{ONE}/meetings/<int(max={BIGGEST}):meeting_id>")
@may("person")
def decide(guidance_id: int, meeting_id: int) -> ResponseReturnValue:
    try:
        form = body(DecisionIn())
        with transaction():
            word = meetings.Word(guidance_id=guidance_id, meeting_id=meeting_id, by=me())
            meetings.decide([word], at=now(), **form)
            settle(now())
    except (ValidationError, Refused) as no:
        return _again(guidance_id, no)
    return _done(guidance_id, "meetings")


# What is wrong with a form ----------------------------------------------------------------------------------


def _again(guidance_id: int, no: ValidationError | Refused) -> Response:
    """The page as it stands now, and what was wrong; what one may not see stays unseen."""
    if isinstance(no, NotFound):
        raise no
    row = queries.one(guidance_id, seen_by=me())
    if me() not in (row.guide_id, row.learner_id):
        raise NotFound(queries.NOT_THERE)
    return _one(guidance_id, no)


def _status(answer: Response, no: ValidationError | Refused | None) -> Response:
    answer.status_code = status_of(no)
    return answer


def ticked(name: str) -> list[int]:
    """Ids that a form sent, as far as they are some."""
    return [int(one) for one in request.form.getlist(name)[:50] if one.isdecimal() and len(one) < 19]


def wrong(no: ValidationError | Refused | None) -> dict[str, Any]:
    """What is wrong in all, and with which field."""
    if isinstance(no, Refused):
        told = {name: str(text) for name, text in no.fields.items()}
        return {"refusal": str(no.message) if not told or isinstance(no, Conflict) else None, "wrong": told}
    said = {
        "purpose": _("Say in a sentence what it is for."),
        "starts_at": _("Choose the day and the time."),
        "minutes": _("A meeting takes 15 minutes to 10 hours."),
        "planned_from": _("Choose the day."),
        "planned_to": _("Choose the day."),
        "starts_on": _("Choose the day."),
        "ends_on": _("Choose the day."),
        "name_nl": _("Give a name in both languages."),
        "name_en": _("Give a name in both languages."),
    }
    return wrong_with(no, said)
