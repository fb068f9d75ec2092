"""The first steps of an installation, and what the organisation decided about itself."""

from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app import mail
from app.access import POLICIES, asker, may, me
from app.admin import queries
from app.admin.organisation import decide
from app.admin.schemas import OrganisationForm
from app.db import transaction
from app.people.queries import organisation as facts
from app.web import body, done, now, render

pages = Blueprint("admin", __name__)
LABELS = {
    "name": _l("Name of the organisation"),
    "kudos_allowance": _l("Colleagues that somebody can thank in a month"),
    "manager_kudos_allowance": _l("The same for who manages people"),
    "team_kudos_allowance": _l("Whole teams that who manages people can thank in a month"),
    "incident_link": _l("Where incidents are reported"),
    "full_time_hours": _l("Hours a week of full time"),
    "statement_days": _l("Days that reports without a meaning are kept"),
}
WRONG = {
    "name": _l("Give a name of at most 100 characters."),
    "kudos_allowance": _l("A whole number, from 0 to 1000."),
    "manager_kudos_allowance": _l("A whole number, from 0 to 1000."),
    "team_kudos_allowance": _l("A whole number, from 0 to 1000."),
    "incident_link": _l(
        "An address that begins with https://, or with / for a page here. Or leave it empty."
    ),
    "full_time_hours": _l("A number of hours, from 1 to 80."),
    "statement_days": _l("A whole number, from 30 to 3650."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps: what, whether it is done, what it says of itself, where it is done."""

    text: str
    done: bool
    sub: str = ""
    path: str = ""
    action: str = ""

    @property
    def href(self) -> str:
        return self.path if self.path and leads_to(self.path) else ""


def leads_to(path: str) -> bool:
    """Is there a page, and may this asker see it? A room that is not in this house has no link."""
    for rule in current_app.url_map.iter_rules():
        if rule.rule == path.partition("?")[0] and "GET" in (rule.methods or ()):
            return bool(asker().roles & set(POLICIES[rule.endpoint].who))
    return False


@pages.get("/admin")
@may("admin", "hr", "learning")
def steps() -> ResponseReturnValue:
    found = queries.so_far(now())
    made = [*_house(found), *_learning(found)]
    following = next((step for step in made if not step.done and step.href), None)
    return render("admin/steps.html", steps=made, following=following, so_far=found, mail=mail.is_on())


def _house(found: queries.SoFar) -> list[Step]:
    ready = _("Name your organisation"), bool(facts().name)
    people = ngettext("%(num)s person works here", "%(num)s people work here", found.people)
    inside = ngettext("%(num)s can sign in", "%(num)s can sign in", found.can_sign_in)
    waiting = ngettext(
        "%(num)s has no link or letter yet", "%(num)s have no link or letter yet", found.not_asked
    )
    return [
        Step(*ready, facts().name, "/admin/organisation", _("To the settings")),
        Step(_("Bring in who works here"), found.people > 1, people, "/admin/people/import", _("Choose a file")),
        Step(
            _("Invite people, by mail or by letter"),
            (found.invited or found.can_sign_in > 1) and not found.not_asked,
            waiting if found.not_asked else "",
            "/admin/people?show=not-asked",
            _("See whom"),
        ),
        Step(
            _("See the first colleague come in"), found.can_sign_in > 1, inside,
            "/admin/people?show=no-way" if found.people > 1 else "",
            _("See who is not in yet"),
        ),
        Step(
            _("Make a second administrator, for when you are away"),
            found.administrators > 1,
            "",
            "/admin/people?role=admin",
            _("See who is one"),
        ),
    ]  # fmt: skip


def _learning(found: queries.SoFar) -> list[Step]:
    skills = ngettext("%(num)s skill", "%(num)s skills", found.skills)
    offered = ngettext("%(num)s activity", "%(num)s activities", found.activities)
    badges = ngettext("%(num)s badge can be earned", "%(num)s badges can be earned", found.badges)
    sends = _("Waiting for its first report") if found.platforms and not found.platforms_used else ""
    return [
        Step(
            _("Give somebody the role learning and development, who keeps catalogue and badges"), found.learning > 0,
            path="/admin/people", action=_("Choose who"),
        ),
        Step(
            _("Say what you want to be good at: goals, and the skills for them"), found.skills > 0,
            skills if found.skills else "", "/admin/skills", _("To goals and skills"),
        ),
        Step(
            _("Make the catalogue: what one can learn here"), found.activities > 0,
            offered if found.activities else "", "/admin/catalogue",
            _("To the catalogue"),
        ),
        Step(
            _("Connect a learning platform"), found.platforms_used > 0, sends, "/admin/connections",
            _("To the connections"),
        ),
        Step(
            _("Publish the first badge"), found.badges > 0, badges if found.badges else "",
            "/admin/catalogue-file/starter", _("Badges to start with"),
        ),
        Step(_("See the first badge earned"), found.earned),
    ]  # fmt: skip


# The organisation -------------------------------------------------------------------------------------------


@pages.get("/admin/organisation")
@may("admin")
def organisation() -> ResponseReturnValue:
    return _organisation(asdict(facts()), saved="saved" in request.args)


@pages.post("/admin/organisation")
@may("admin")
def change_organisation() -> ResponseReturnValue:
    try:
        form = body(OrganisationForm())
    except ValidationError as no:
        wrong = {name: str(WRONG.get(name, no)) for name in no.messages_dict}
        answer = _organisation({**asdict(facts()), **request.form.to_dict()}, wrong=wrong)
        answer.status_code = 422
        return answer
    with transaction():
        decide(form, by=me(), at=now())
    return done("admin/_saved.html", url_for(".organisation", saved=1))


def _organisation(values: dict[str, Any], **more: Any) -> Response:
    return render(
        "admin/organisation.html", values=values, labels=LABELS, **{"wrong": {}, "saved": False, **more}
    )
