"""Who works here, for those who keep the list: find, invite, give a role, sign out, let go."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app import mail
from app.access import asker, may, me
from app.admin.schemas import BIGGEST, DepartmentsForm, InviteForm, OfficerForm, PeopleQuery, RoleForm
from app.audit.actions import look
from app.audit.queries import acts_on
from app.config import settings
from app.db import transaction
from app.errors import NotFound, Refused
from app.jobs import do_later
from app.outbox import settle
from app.people import actions, invitations, queries
from app.people.jobs import send_mail
from app.people.rules import ROLES
from app.web import body, now, query, render

people = Blueprint("admin_people", __name__)
ON_A_PAGE = 36  # a page of them stays below 800 elements
ONE = f"/admin/people/<int(max={BIGGEST}):person_id>"
NO_MAIL = _l("No mail is sent from here: MAIL_URL is not set. Print letters instead.")
NOBODY = _l("Tick at least one person.")
NO_ADDRESS = _l("None of them has an e-mail address. Print letters instead.")
TOLD = {
    "role": _l("The role is changed."),
    "departments": _l("Saved: these departments and no others; none ticked means all."),
    "officer": _l("Saved."),
    "out": _l("Signed out everywhere."),
    "left": _l("This person cannot sign in any more, and stands on no board. What they earned stays."),
    "back": _l("This person is back."),
    "mail": _l("The invitation is on its way."),
}


@people.get("/admin/people")
@may("admin", "hr")
def everybody() -> ResponseReturnValue:
    asked = query(PeopleQuery())
    return _everybody(asked)


def _everybody(asked: dict[str, Any], **more: Any) -> Response:
    after = (asked["after"], asked["after_id"]) if asked["after_id"] is not None else None
    wanted = {name: asked[name] for name in ("q", "department", "role", "show")}
    found, following = queries.roster(now(), **wanted, after=after, limit=ON_A_PAGE, hr=_hr())
    reach = queries.hr_reach(me()) if _hr() else None
    context = {
        "found": found,
        "following": following,
        "asked": asked,
        "wanted": {name: value for name, value in wanted.items() if value},
        "departments": [one for one in queries.departments() if reach is None or one[0] in reach],
        "limited": reach is not None,
        "to_ask": invitations.count_without_way(now()),
        "mail": mail.is_on(),
        "may_change": "admin" in asker().roles,
        "one_pdf": invitations.ONE_PDF,
        **more,
    }
    return render("admin/people.html", "admin/_people.html", **context)


@people.post("/admin/people/invite")
@may("admin")
def invite() -> ResponseReturnValue:
    """By mail: put down, and sent by the worker. By letter: the PDF is the answer."""
    form = body(InviteForm())
    try:
        if form["how"] == "link":
            raise Refused(NOBODY)
        ids = _whom(form["how"], form["ids"])
        if form["how"].endswith("letters"):
            return _letters(ids[: invitations.ONE_PDF])
        number = _mail(ids)
    except Refused as no:
        answer = _everybody(query(PeopleQuery()), refusal=no.message)
        answer.status_code = no.status
        return answer
    return _to(url_for(".everybody", invited=number))


def _whom(how: str, ticked: list[int]) -> list[int]:
    if how == "all-mail":
        return invitations.without_way(now(), by_mail=True)
    if how == "all-letters":
        return invitations.without_way(now(), by_mail=None if not mail.is_on() else False)
    if not ticked:
        raise Refused(NOBODY)
    return invitations.ids_here(ticked)


def _mail(ids: list[int]) -> int:
    if not mail.is_on():
        raise Refused(NO_MAIL)
    with transaction():
        number = invitations.ask_invitations(ids, by=me(), at=now())
        if number:
            do_later(send_mail)
    if not number:
        raise Refused(NO_ADDRESS)
    return number


def _letters(ids: list[int]) -> Response:
    if not ids:
        raise Refused(NOBODY)
    with transaction():
        made = invitations.letters(ids, by=me(), at=now())
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="blijk-{now():%Y%m%d-%H%M}.pdf"'
    return answer


# One of them ------------------------------------------------------------------------------------------------


@people.get(ONE)
@may("admin", "hr", looks="people:one")
def one(person_id: int) -> ResponseReturnValue:
    person = queries.on_roster(person_id, now())
    far = _hr() is not None and person_id in queries.out_of_reach([person_id], me())
    look(viewer_id=me(), person_id=person_id, what="people:one", allowed=not far, at=now())
    if far:
        queries.missing()
    return _one(person, told=TOLD.get(request.args.get("told", "")))


def _hr() -> int | None:
    """Who asks, if they see only whom they serve."""
    return me() if "hr" in asker().roles else None


def _one(person: Any, **more: Any) -> Response:
    context = {
        "person": person,
        "identities": queries.identities_of(person.id),
        "sessions": queries.sessions_of(person.id, now()),
        "mails": queries.mail_of(person.id),
        "acts": acts_on(person.id, limit=10),
        "roles": ROLES,
        "departments": queries.departments(),
        "served": (queries.hr_reach(person.id) or set()) if person.role == "hr" else set(),
        "mail": mail.is_on(),
        "may_change": "admin" in asker().roles,
        **more,
    }
    return render("admin/person.html", **context)


@people.post(f"{ONE}/invite")
@may("admin")
def invite_one(person_id: int) -> ResponseReturnValue:
    """By mail, by letter, or as a link that is shown once, to hand over."""
    form, person = body(InviteForm()), queries.on_roster(person_id, now())
    try:
        ids = invitations.ids_here([person_id])
        if form["how"].endswith("letters"):
            return _letters(ids)
        if form["how"].endswith("mail"):
            _mail(ids)
            return _to(url_for(".one", person_id=person_id, told="mail"))
        with transaction():
            secrets = actions.invite_people(ids, at=now(), by=me())
    except Refused as no:
        return _again(person, no)
    link = f"{settings().origin}/welcome/{secrets[person_id]}" if person_id in secrets else None
    return _one(queries.on_roster(person_id, now()), link=link)


@people.post(f"{ONE}/role")
@may("admin")
def give_role(person_id: int) -> ResponseReturnValue:
    role = body(RoleForm())["role"]
    try:
        with transaction():
            actions.give_role(person_id=person_id, role=role, by=me(), at=now())
    except Refused as no:
        return _again(queries.on_roster(person_id, now()), no)
    return _to(url_for(".one", person_id=person_id, told="role"))


@people.post(f"{ONE}/departments")
@may("admin")
def serve(person_id: int) -> ResponseReturnValue:
    """Which departments somebody of HR serves."""
    form = body(DepartmentsForm())
    try:
        with transaction():
            actions.serve_departments(
                person_id=person_id, department_ids=form["departments"], by=me(), at=now()
            )
    except NotFound:
        raise
    except Refused as no:
        return _again(queries.on_roster(person_id, now()), no)
    return _to(url_for(".one", person_id=person_id, told="departments"))


@people.post(f"{ONE}/privacy-officer")
@may("admin")
def make_officer(person_id: int) -> ResponseReturnValue:
    form = body(OfficerForm())
    with transaction():
        actions.make_privacy_officer(person_id=person_id, on=form["officer"], by=me(), at=now())
    return _to(url_for(".one", person_id=person_id, told="officer"))


@people.post(f"{ONE}/sign-out")
@may("admin")
def sign_out(person_id: int) -> ResponseReturnValue:
    queries.on_roster(person_id, now())
    with transaction():
        actions.sign_out(person_id=person_id, by=me(), at=now())
    return _to(url_for(".one", person_id=person_id, told="out"))


@people.post(f"{ONE}/leave")
@may("admin")
def let_go(person_id: int) -> ResponseReturnValue:
    queries.on_roster(person_id, now())
    try:
        with transaction():
            actions.let_go(person_id=person_id, by=me(), at=now())
            settle(now())
    except Refused as no:
        return _again(queries.on_roster(person_id, now()), no)
    return _to(url_for(".one", person_id=person_id, told="left"))


@people.post(f"{ONE}/return")
@may("admin")
def take_back(person_id: int) -> ResponseReturnValue:
    queries.on_roster(person_id, now())
    with transaction():
        actions.take_back(person_id=person_id, by=me(), at=now())
        settle(now())
    return _to(url_for(".one", person_id=person_id, told="back"))


def _again(person: Any, no: Refused) -> Response:
    answer = _one(person, refusal=no.message)
    answer.status_code = no.status
    return answer


def _to(place: str) -> Response:
    return Response(status=303, headers={"Location": place})
