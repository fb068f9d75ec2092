"""HR's desk of reviews: the list, rounds, seats, reminders, releases; and the invitation that somebody gets."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from marshmallow import EXCLUDE, ValidationError

from app.access import may, me
from app.audit import actions as audit
from app.careers import queries as careers
from app.config import timezone
from app.db import transaction
from app.errors import NotFound, Refused
from app.language import in_language
from app.outbox import settle
from app.people import queries as people
from app.people.rules import sort_name_of
from app.reviews import after, choosing, forms, opening, panel, printing, rounds, rules, views, waiting
from app.reviews.opening import must as _must
from app.reviews.opening import part as _part
from app.reviews.opening import reach as _reach
from app.reviews.opening import run as _run
from app.reviews.opening import today as _today
from app.reviews.touching import NOT_THERE
from app.tables import csv_text
from app.web import body, comes_back, done, now, query, render, wrong_with

pages = Blueprint("hr_reviews", __name__)
VIEW_NAME = _l("Give the view a name of at most 60 characters.")
ROUND = f"/hr/reviews/rounds/<int(max={forms.BIGGEST}):round_id>"
ONE = "/hr/reviews/<uuid:review_id>"
WRONG = {
    **rounds.WRONG,
    "name_nl": rounds.WRONG["name"],
    "name_en": rounds.WRONG["name"],
    "seen_days": rounds.WRONG["days"],
    "object_days": rounds.WRONG["days"],
    "person": _l("Choose one colleague who works here, by name."),
}


def _who(said: str) -> int:
    """The one colleague who is meant by what was typed."""
    found = people.colleagues(said, limit=2)
    if not found or (
        len(found) > 1 and said.strip().casefold() not in (found[0].name.casefold(), found[0].handle)
    ):
        raise Refused(WRONG["person"], fields={"person": WRONG["person"]})
    return found[0].id


def written(action: str, round_id: int, person_id: int, **more: Any) -> None:
    """Whom HR named or took out: for the audit log, and for who it is about."""
    detail = {"round": round_id, **more}
    audit.write(action, at=now(), actor_id=me(), person_id=person_id, detail=detail)


@pages.get("/hr/reviews")
@may("hr")
def listed() -> ResponseReturnValue:
    return _listed()


def _listed(no: ValidationError | Refused | None = None) -> Response:
    asked = query(forms.DeskQuery()) if no is None else forms.DeskQuery(unknown=EXCLUDE).load(_shown())
    rows, more = choosing.listed(
        me(), _reach(), today=_today(), stage=asked["stage"], round_id=asked["round_id"],
        department_id=asked["department_id"], q=sort_name_of(asked["q"]), page=asked["page"],
    )  # fmt: skip
    opening.listed(row.person_id for row in rows)
    kept = views.of(me())
    return render(
        "reviews/desk.html", "reviews/_listed.html", rows=rows, more=more, asked=asked, kept=kept,
        here=next((one for one in kept if _place(one._mapping) == _place(asked) and not asked["q"]), None),
        rounds=choosing.all_rounds(me(), _reach()), departments=choosing.departments(me(), _reach()),
        today=_today(), **wrong_with(no, {"name": VIEW_NAME}),
    )  # fmt: skip


def _shown() -> dict[str, str]:
    """The filters that a form carried, where they are right."""
    wrong = forms.DeskQuery(unknown=EXCLUDE).validate(request.form)
    return {name: said for name, said in request.form.items() if name not in wrong}


def _place(said: Mapping[str, Any]) -> tuple[Any, ...]:
    return said["stage"], said["round_id"], said["department_id"]


def _to_list(asked: Mapping[str, Any], **more: Any) -> str:
    stage, round_id, department_id = _place(asked)
    return url_for(
        ".listed", stage=stage or None, round=round_id, department=department_id, q=asked["q"] or None, **more
    )


@pages.post("/hr/reviews/views")
@may("hr")
@comes_back(_listed)
def keep_view() -> ResponseReturnValue:
    """The list as it is filtered now, under a name: for oneself."""
    form = body(forms.ViewIn())
    within = (
        {one.id for one in choosing.all_rounds(me(), _reach())},
        {one.id for one in choosing.departments(me(), _reach())},
    )
    for asked, known in zip((form["round_id"], form["department_id"]), within, strict=True):
        if asked is not None and asked not in known:
            raise NotFound(NOT_THERE)
    with transaction():
        new = views.NewView(form["name"].strip(), *_place(form))
        views.keep(new, by=me(), full=_("You keep %(num)s views already. Remove one first.", num=views.MOST))
    return done("reviews/_kept.html", _to_list({**form, "q": ""}), said=_("Saved"))


@pages.post(f"/hr/reviews/views/<int(max={forms.BIGGEST}):view_id>/drop")
@may("hr")
def drop_view(view_id: int) -> ResponseReturnValue:
    with transaction():
        views.drop(view_id, by=me())
    return done("reviews/_kept.html", url_for(".listed"), said=_("Removed"))


@pages.post("/hr/reviews/reminders")
@may("hr")
def remind() -> ResponseReturnValue:
    """Of all that are ticked; what is not within reach is passed over. Twice on one day is told once."""
    form = body(forms.RemindIn())
    with transaction():
        rows = choosing.to_remind(me(), _reach(), form["review"])
        told = waiting.remind([row.id for row in rows], today=_today())
        settle(now())
    said = ngettext("One person is reminded", "%(num)s people are reminded", told)
    return done("reviews/_kept.html", _to_list(form, reminded=told), said=said)


@pages.get("/hr/reviews/panels")
@may("hr")
def panels() -> ResponseReturnValue:
    return render("reviews/panels.html", rows=choosing.panels(me(), _reach()), least=rules.PANELS)


# Rounds -----------------------------------------------------------------------------------------------------


@pages.get("/hr/reviews/rounds/new")
@may("hr")
def new_round() -> ResponseReturnValue:
    return _form()


def _form(
    no: ValidationError | Refused | None = None, round_: Any = None, round_id: int | None = None
) -> Response:
    round_ = _must(round_id) if round_id else round_
    known = careers.jobs()
    asked = careers.current_criteria([one.id for one in known])
    reach = _reach()
    return render(
        "reviews/round_form.html", jobs=[one for one in known if one.id in asked], round=round_,
        units=[one for one in people.units().values() if reach is None or one.id in reach],
        typed=request.form if no else None, everywhere=reach is None, rules=rules, **wrong_with(no, WRONG),
    )  # fmt: skip


@pages.post("/hr/reviews/rounds")
@may("hr")
@comes_back(_form)
def open_round() -> ResponseReturnValue:
    said = _said(body(forms.RoundIn()))
    with transaction():
        made = rounds.open_round(said, by=me(), reach=_reach(), at=now())
        audit.write("review_round:opened", at=now(), actor_id=me(), detail={"round": made})
        settle(now())
        return done("reviews/_kept.html", url_for(".one_round", round_id=made), said=_("The round is open"))


def _said(form: dict[str, Any]) -> rounds.NewRound:
    names = [name for name in form if name not in ("name_nl", "name_en", "version")]
    return rounds.NewRound(
        name={"nl": form["name_nl"].strip(), "en": form["name_en"].strip()},
        **{name: form[name] for name in names},
    )


@pages.get(ROUND)
@may("hr")
def one_round(round_id: int) -> ResponseReturnValue:
    return _round(round_id=round_id)


def _round(no: ValidationError | Refused | None = None, *, round_id: int) -> Response:
    found = _part(round_id)
    opening.listed(opening.of_round(found))
    return render("reviews/round.html", round=found, typed=request.form, **wrong_with(no, WRONG))


def _back(round_id: int, said: str) -> Response:
    return done("reviews/_kept.html", url_for(".one_round", round_id=round_id), said=said)


@pages.get(f"{ROUND}/edit")
@may("hr")
def edit_round(round_id: int) -> ResponseReturnValue:
    return _form(round_=_must(round_id))


@pages.post(f"{ROUND}/edit")
@may("hr")
@comes_back(_form)
def change_round(round_id: int) -> ResponseReturnValue:
    _must(round_id)
    form = body(forms.RoundIn())
    with transaction():
        rounds.change(round_id, _said(form), version=form["version"], by=me(), reach=_reach(), at=now())
        audit.write("review_round:changed", at=now(), actor_id=me(), detail={"round": round_id})
    return _back(round_id, _("Saved"))


@pages.post(f"{ROUND}/seats")
@may("hr")
@comes_back(_round)
def name_seat(round_id: int) -> ResponseReturnValue:
    _must(round_id)
    form = body(forms.NameSeatIn())
    with transaction():
        person_id = _who(form["person"])
        rounds.name_seat(round_id, person_id=person_id, seat=form["seat"], at=now())
        written("review_round:seat_named", round_id, person_id, seat=form["seat"])
        settle(now())
    return _back(round_id, _("Saved"))


@pages.post(f"{ROUND}/seats/drop")
@may("hr")
def drop_seat(round_id: int) -> ResponseReturnValue:
    _must(round_id)
    form = body(forms.DropSeatIn())
    with transaction():
        rounds.drop_seat(round_id, person_id=form["person_id"], seat=form["seat"])
        written("review_round:seat_dropped", round_id, form["person_id"], seat=form["seat"])
    return _back(round_id, _("Saved"))


@pages.post(f"{ROUND}/people")
@may("hr")
@comes_back(_round)
def list_person(round_id: int) -> ResponseReturnValue:
    found = _must(round_id)
    form = body(forms.ListPersonIn())
    with transaction():
        person_id = _who(form["person"])
        rounds.list_person(
            round_id, person_id=person_id, job_id=form["job_id"], reach=_reach(),
            jobs=[one.id for one in found.jobs],
        )  # fmt: skip
        written("review_round:listed", round_id, person_id, job=form["job_id"])
    return _back(round_id, _("Saved"))


@pages.post(f"{ROUND}/invitations")
@may("hr")
def invite(round_id: int) -> ResponseReturnValue:
    _must(round_id)
    with transaction():
        told = rounds.invite(round_id, at=now())
        settle(now())
    return _back(round_id, ngettext("One person is invited", "%(num)s people are invited", told))


@pages.get(f"{ROUND}/release")
@may("hr")
def look_at_release(round_id: int) -> ResponseReturnValue:
    """What becomes visible at one moment, and who is not decided yet, by name."""
    found = _must(round_id)
    opening.listed(opening.of_round(found))
    undecided = [one for one in found.reviews if one.stage in ("gathering", "panel", "deciding")]
    decided = [one for one in found.reviews if one.stage == "decided"]
    mark = rounds.mark_of(found.reviews)
    return render("reviews/release.html", round=found, decided=decided, undecided=undecided, mark=mark)


@pages.post(f"{ROUND}/release")
@may("hr")
def release(round_id: int) -> ResponseReturnValue:
    _must(round_id)
    form = body(forms.ReleaseIn())
    with transaction():
        rounds.release(round_id, by=me(), mark=form["mark"], at=now())
        audit.write("review_round:released", at=now(), actor_id=me(), detail={"round": round_id})
        settle(now())
    return _back(round_id, _("The decisions can be read now"))


@pages.get(f"{ROUND}/decisions.csv")
@may("hr")
def decisions(round_id: int) -> ResponseReturnValue:
    """What was decided and released, for the HR system: of those within reach."""
    return decisions_file(round_id, query(forms.CsvQuery())["separator"])


def decisions_file(round_id: int, separator: str) -> Response:
    _part(round_id)
    rows = choosing.decisions(me(), _reach(), round_id)
    opening.listed(row.person_id for row in rows)
    head = "external_id name job job_name outcome outcome_name from decided_on released_on deciders review".split()
    said = printing.outcomes()
    told = [
        (
            row.external_id, row.name, row.job, in_language(row.job_name), row.outcome, said[row.outcome], row.from_on,
            row.decided_at.astimezone(timezone()).date(), row.released_at.astimezone(timezone()).date(), row.deciders,
            row.id,
        )
        for row in rows
    ]  # fmt: skip
    with transaction():
        detail = {"round": round_id, "rows": len(rows)}
        audit.write("review_round:decisions_taken", at=now(), actor_id=me(), detail=detail)
    answer = Response(csv_text(head, told, separator=separator), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="decisions-{round_id}.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# One review --------------------------------------------------------------------------------------------------


@pages.get(f"{ONE}/seats")
@may("hr")
def seats(review_id: uuid.UUID) -> ResponseReturnValue:
    return _seats(review_id=review_id)


def _seats(no: ValidationError | Refused | None = None, *, review_id: uuid.UUID) -> Response:
    row = _run(review_id)
    name = people.names([row.person_id])[row.person_id]
    return render(
        "reviews/seats.html", row=row, name=name, seats=choosing.seats(review_id), typed=request.form,
        objection=choosing.objection(review_id), **wrong_with(no, WRONG),
    )  # fmt: skip


def _seated(review_id: uuid.UUID, said: str) -> Response:
    return done("reviews/_kept.html", url_for(".seats", review_id=review_id), said=said)


@pages.post(f"{ONE}/seats")
@may("hr")
@comes_back(_seats)
def name_one(review_id: uuid.UUID) -> ResponseReturnValue:
    _run(review_id)
    form = body(forms.NameSeatIn())
    with transaction():
        panel.name_seat(review_id, person_id=_who(form["person"]), seat=form["seat"], by=me(), at=now())
        settle(now())
    return _seated(review_id, _("Saved"))


@pages.post(f"{ONE}/seats/drop")
@may("hr")
@comes_back(_seats)
def take_off(review_id: uuid.UUID) -> ResponseReturnValue:
    _run(review_id)
    form = body(forms.DropSeatIn())
    with transaction():
        panel.step_aside(review_id, person_id=form["person_id"], seat=form["seat"], by=me(), at=now())
        settle(now())
    return _seated(review_id, _("Saved"))


@pages.post(f"{ONE}/begin")
@may("hr")
@comes_back(_seats)
def begin(review_id: uuid.UUID) -> ResponseReturnValue:
    """Let the panel begin when the day of the evidence is over."""
    _run(review_id)
    with transaction():
        panel.begin(review_id=review_id, by=me(), today=_today(), at=now())
        settle(now())
    return _seated(review_id, _("The panel can begin"))


@pages.post(f"{ONE}/handler")
@may("hr")
@comes_back(_seats)
def name_handler(review_id: uuid.UUID) -> ResponseReturnValue:
    """Who handles an objection: somebody without a part in it."""
    _run(review_id)
    form = body(forms.PersonIn())
    with transaction():
        after.name_handler(review_id, person_id=_who(form["person"]), by=me(), at=now())
        settle(now())
    return _seated(review_id, _("Saved"))


# The invitation ----------------------------------------------------------------------------------------------


@pages.get(f"/reviews/rounds/<int(max={forms.BIGGEST}):round_id>")
@may("person")
def invitation(round_id: int) -> ResponseReturnValue:
    """What a round is, for whoever was invited; nobody else learns that there is one."""
    return _invited(round_id=round_id)


def _invited(no: ValidationError | Refused | None = None, *, round_id: int) -> Response:
    rows = choosing.invitation(me(), round_id)
    if not rows:
        raise NotFound(NOT_THERE)
    return render("reviews/invitation.html", rows=rows, round=rows[0], **wrong_with(no, WRONG))


@pages.post(f"/reviews/rounds/<int(max={forms.BIGGEST}):round_id>/acceptance")
@may("person")
@comes_back(_invited)
def accept(round_id: int) -> ResponseReturnValue:
    form = body(forms.AcceptIn())
    rows = {row.job_id: row for row in choosing.invitation(me(), round_id)}
    if form["job_id"] not in rows:
        raise NotFound(NOT_THERE)
    with transaction():
        made = rounds.start(round_id, [(me(), form["job_id"])], at=now())
        found = rounds.begun(made, me(), rows[form["job_id"]].review_id)
        settle(now())
    then = url_for("reviews.one", review_id=found)
    return done("reviews/_kept.html", then, said=_("Your review has begun"))
