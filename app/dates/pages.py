"""The next dates of an activity with their places, planning them, and saying who was there."""

import io
from typing import Any

import segno
from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from app.access import may, me
from app.activities.queries import activity, edited
from app.config import settings, timezone
from app.dates import actions, calendar, queries, rules
from app.dates.rules import NewDate
from app.dates.schemas import LOCAL, DateForm, PlacesQuery, TickForm
from app.db import transaction
from app.errors import NotFound, Refused
from app.language import in_language
from app.outbox import settle
from app.people.meant import meant
from app.web import body, done, now, once, query, render, status_of, wrong_with

pages = Blueprint("dates", __name__)
TYPED = ("starts_at", "ends_at", "place", "link", "places", "who")


def of_activity(activity_id: int) -> dict[str, Any]:
    """For the page of an activity: its next dates."""
    rows = queries.next_of(activity_id, person_id=me(), at=now())
    return {"dates": rows, "me": me(), "activity_id": activity_id}


def mine() -> Any:
    """For the page Learn: where I have a place or wait for one, and what I lead."""
    return queries.of_person(me(), now())


# Places ---------------------------------------------------------------------------------------------------


@pages.post("/dates/<int:date_id>/reservation")
@may("person")
def reserve(date_id: int) -> ResponseReturnValue:
    return _place(date_id, taken=True)


@pages.post("/dates/<int:date_id>/reservation/end")
@may("person")
def give_back(date_id: int) -> ResponseReturnValue:
    return _place(date_id, taken=False)


def _place(date_id: int, *, taken: bool) -> ResponseReturnValue:
    with transaction():
        act = actions.reserve if taken else actions.give_back
        act(date_id, person_id=me(), at=now())
        settle(now())
        row = queries.one(date_id, person_id=me())
        then = url_for("activities.activity", slug=row.slug) + "#reserve"
        return done("dates/_reserve.html", then, next=of_activity(row.activity_id), said=row)


@pages.get("/learn/<slug>/places")
@may("person")
def places(slug: str) -> ResponseReturnValue:
    """How many places are left now, for a page that shows these dates: numbers in their places, and nothing else."""
    asked, found = query(PlacesQuery()), activity(slug, person_id=me())
    rows = queries.shown(found.id, {id for ids in asked.values() for id in ids}, person_id=me())
    shown = {part: [rows[id] for id in ids if id in rows] for part, ids in asked.items()}
    return done("dates/_places.html", url_for("activities.activity", slug=slug), **shown)


@pages.get("/dates/<int:date_id>.ics")
@may("person")
def date_file(date_id: int) -> ResponseReturnValue:
    row = queries.one(date_id, person_id=me())
    if row.activity_state != "published" and row.mine is None:
        raise NotFound(actions.GONE)
    return _ics(row, f"date-{row.id}")


@pages.get("/reservations/<int:reservation_id>.ics")
@may("person")
def reservation_file(reservation_id: int) -> ResponseReturnValue:
    held = queries.reservation(reservation_id, person_id=me())
    return _ics(queries.one(held.date_id, person_id=me()), f"reservation-{held.id}", held=held)


def _ics(row: Any, uid: str, held: Any = None) -> Response:
    said = [in_language(row.summary), row.link if row.mine == "reserved" else ""]
    if held is not None and held.state == "waiting":
        said.insert(0, _("You are on the waiting list."))
    made = calendar.file_of(
        row,
        uid=uid,
        title=in_language(row.title),
        text="\n\n".join(filter(None, said)),
        at=now(),
        waiting=held is not None and held.state == "waiting",
    )
    answer = Response(made, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.slug}.ics"'
    return answer


# Planning -------------------------------------------------------------------------------------------------


@pages.get("/admin/catalogue/<slug>/dates")
@may("learning")
def manage(slug: str) -> ResponseReturnValue:
    return _manage(slug)


@pages.post("/admin/catalogue/<slug>/dates")
@may("learning")
def plan(slug: str) -> ResponseReturnValue:
    activity = edited(slug)
    try:
        form = body(DateForm())
        with transaction():
            actions.plan(activity.id, _date(form), by=me(), at=now(), once=form["once"])
            settle(now())
        return redirect(url_for(".manage", slug=slug, saved=1), code=303)
    except (ValidationError, Refused) as no:
        return _manage(slug, no=no)


@pages.get("/admin/dates/<int:date_id>")
@may("learning")
def edit(date_id: int) -> ResponseReturnValue:
    row = queries.one(date_id, person_id=me())
    return _manage(row.slug, row=row)


@pages.post("/admin/dates/<int:date_id>")
@may("learning")
def change(date_id: int) -> ResponseReturnValue:
    row = queries.one(date_id, person_id=me())
    try:
        form = body(DateForm())
        with transaction():
            actions.change(date_id, _date(form), version=form["version"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".manage", slug=row.slug, saved=1), code=303)
    except (ValidationError, Refused) as no:
        return _manage(row.slug, row=queries.one(date_id, person_id=me()), no=no)


@pages.post("/admin/dates/<int:date_id>/cancel")
@may("learning")
def cancel(date_id: int) -> ResponseReturnValue:
    row = queries.one(date_id, person_id=me())
    with transaction():
        actions.cancel_date(date_id, by=me(), at=now())
        settle(now())
    return redirect(url_for(".manage", slug=row.slug, saved=1), code=303)


def _date(form: dict[str, Any]) -> NewDate:
    zone, leader = timezone(), meant(form["who"], field="who")
    return NewDate(
        starts_at=form["starts_at"].replace(tzinfo=zone),
        ends_at=form["ends_at"].replace(tzinfo=zone),
        place=" ".join(form["place"].split()),
        link=form["link"].strip(),
        places=form["places"],
        leader_id=leader.id if leader else None,
    )


def _manage(slug: str, row: Any = None, no: ValidationError | Refused | None = None) -> Response:
    activity = edited(slug)
    typed = _typed(row)
    if no is not None:
        typed = {name: request.form.get(name, "")[:2500] for name in TYPED}
    context = {
        "activity": activity,
        "rows": queries.all_of(activity.id),
        "row": row,
        "typed": typed,
        "once_key": request.form.get("once", "")[:80] or once(),
        "saved": request.args.get("saved"),
        "maybe": getattr(no, "maybe", ()),
        **_wrong(no),
    }
    answer = render("dates/manage.html", **context)
    answer.status_code = status_of(no)
    return answer


def _typed(row: Any) -> dict[str, Any]:
    if row is None:
        return dict.fromkeys(TYPED, "")
    zone = timezone()
    return {
        "starts_at": row.starts_at.astimezone(zone).strftime(LOCAL),
        "ends_at": row.ends_at.astimezone(zone).strftime(LOCAL),
        "place": row.place, "link": row.link, "places": row.places or "",
        "who": f"{row.leader} ({row.leader_handle})" if row.leader else "",
    }  # fmt: skip


def _wrong(no: ValidationError | Refused | None) -> dict[str, Any]:
    said = {
        "starts_at": _("Choose the day and the time."),
        "ends_at": _("Choose the day and the time."),
        "places": _("Give a whole number from 1 to 10,000, or leave it empty."),
        "link": _("Give an address that begins with http:// or https://."),
        "place": _("Say it in 200 characters or fewer."),
    }
    return wrong_with(no, said)


# Who was there --------------------------------------------------------------------------------------------


def _led(date_id: int) -> Any:
    """The date, for whoever leads it; for others there is no such page."""
    row = queries.one(date_id, person_id=me())
    if row.leader_id != me():
        raise NotFound(actions.GONE)
    return row


@pages.get("/dates/<int:date_id>/attendance")
@may("person")
def attendance(date_id: int) -> ResponseReturnValue:
    return _attendance(_led(date_id))


@pages.post("/dates/<int:date_id>/attendance")
@may("person")
def tick(date_id: int) -> ResponseReturnValue:
    return _tick(_led(date_id))


@pages.get("/admin/dates/<int:date_id>/attendance")
@may("learning")
def attendance_kept(date_id: int) -> ResponseReturnValue:
    """For L&D, where nobody leads it or the leader cannot."""
    return _attendance(queries.one(date_id, person_id=me()), kept=True)


@pages.post("/admin/dates/<int:date_id>/attendance")
@may("learning")
def tick_kept(date_id: int) -> ResponseReturnValue:
    return _tick(queries.one(date_id, person_id=me()), kept=True)


def _attendance(row: Any, *, kept: bool = False, no: ValidationError | Refused | None = None) -> Response:
    answer = render(
        "dates/attendance.html",
        row=row,
        listed=queries.listed(row.id),
        open=rules.can_be_ticked(row, now()),
        shows=not kept and rules.code_until(row, now()) is not None,
        refusal=_wrong(no)["refusal"] or (_("Look at this again.") if no else None),
        typed=request.form.get("who", "")[:200],
        maybe=getattr(no, "maybe", ()),
        me=me(),
        kept=kept,
        saved=request.args.get("saved"),
    )
    answer.status_code = status_of(no)
    return answer


def _tick(row: Any, *, kept: bool = False) -> ResponseReturnValue:
    try:
        form = body(TickForm())
        came = meant(form["who"], field="who")
        there = {*form["present"], *([came.id] if came else [])}
        present, absent = there - set(form["was"]), set(form["was"]) - there
        with transaction():
            actions.tick(row.id, present=present, absent=absent, by=me(), at=now())
            settle(now())
        here = ".attendance_kept" if kept else ".attendance"
        return redirect(url_for(here, date_id=row.id, saved=1), code=303)
    except (ValidationError, Refused) as no:
        return _attendance(row, kept=kept, no=no)


@pages.get("/dates/<int:date_id>/code")
@may("person")
def code(date_id: int) -> ResponseReturnValue:
    row = _led(date_id)
    made = actions.make_code(date_id, by=me(), at=now())
    link = settings().origin + url_for(".attend", code=made[0]) if made else None
    return render(
        "dates/code.html",
        row=row,
        link=link,
        until=made[1] if made else None,
        opens=row.starts_at - rules.EARLY,
    )


@pages.get("/dates/<int:date_id>/code.svg")
@may("person")
def code_picture(date_id: int) -> ResponseReturnValue:
    _led(date_id)
    made = actions.make_code(date_id, by=me(), at=now())
    if made is None:
        raise NotFound(actions.GONE)
    drawn = io.BytesIO()
    link = settings().origin + url_for(".attend", code=made[0])
    segno.make(link, error="m").save(
        drawn, kind="svg", scale=8, border=4, dark="#000", light="#fff", xmldecl=False
    )
    answer = Response(drawn.getvalue(), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/attend/<code>")
@may("person")
def attend(code: str) -> ResponseReturnValue:
    """Where the code leads: what it is, and one button. Looking alone records nothing."""
    date_id, _by = actions.read_code(code, now())
    row = queries.one(date_id, person_id=me())
    return render("dates/attend.html", row=row, code=code, there=queries.was_present(date_id, me()))


@pages.post("/attend/<code>")
@may("person")
def be_there(code: str) -> ResponseReturnValue:
    with transaction():
        actions.attend(code, person_id=me(), at=now())
        settle(now())
    return redirect(url_for(".attend", code=code), code=303)
