"""Who looked at me and what was done about me; for who keeps the house: the audit log and looks that were refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.access import asker, may, me
from app.db import transaction
from app.errors import Refused
from app.outbox import settle
from app.people import queries as people
from app.people.meant import WhoIsMeant, meant
from app.privacy import actions, asking, erasing, labels, queries, terms, words
from app.privacy.schemas import AuditQuery, OlderQuery
from app.web import done, now, query, render, wrong_with

pages = Blueprint("privacy", __name__)

AN_HOUR = timedelta(hours=1)  # a look is kept by the hour


@pages.get("/privacy")
@may("anybody")
def what() -> ResponseReturnValue:
    """What is kept of people, who sees it and for how long."""
    officers = people.privacy_officers() if asker().person_id is not None else []
    return render("privacy/what.html", officers=officers)


@pages.get("/me/looked")
@may("person")
def looked() -> ResponseReturnValue:
    """Who looked at what not every colleague may see of me, and who tried to."""
    told, older = queries.looks_at_me(me(), before=asking.place(query(OlderQuery())))
    return render(
        "privacy/looked.html", days=asking.by_day(told), an_hour=AN_HOUR, **_older(".looked", older)
    )


@pages.get("/me/audit")
@may("person")
def done_about_me() -> ResponseReturnValue:
    told, older = queries.acts(person_id=me(), before=asking.place(query(OlderQuery())))
    return render(
        "privacy/done.html", days=asking.by_day(asking.in_words(told)), **_older(".done_about_me", older)
    )


def _older(view: str, older: queries.Older, **more: Any) -> dict[str, Any]:
    """The address of the next page, if there is one."""
    if older is None:
        return {"older": ""}
    return {"older": url_for(view, before=older[0].isoformat(), before_id=older[1], **more)}


# For who keeps the house ------------------------------------------------------------------------------------


@pages.get("/admin/audit")
@may("admin", "privacy")
def audit() -> ResponseReturnValue:
    """What was done: searched by kind, who, about whom and when. Whom it shows can read that somebody looked.

    A name that means nobody, or several, is no fault: the page says so, as when nothing is found.
    """
    asked = query(AuditQuery())
    no: Refused | None = None
    try:
        by_id, about_id = _whom(asked, "by"), _whom(asked, "about")
    except Refused as refusal:
        no, by_id, about_id = refusal, None, None
    kept = {**asked, "by_id": by_id, "about_id": about_id, "by": "", "about": ""}
    told, older = asking.found(kept) if no is None else ([], None)
    more = {name: value for name, value in kept.items() if value and name not in ("before", "before_id")}
    return render(
        "privacy/audit.html",
        "privacy/_acts.html",
        days=asking.by_day(asking.in_words(told)),
        asked=asked,
        names=people.names(one for one in (by_id, about_id) if one is not None),
        by_id=by_id,
        about_id=about_id,
        kinds=sorted(((code, str(said)) for code, said in words.ACTS.items()), key=lambda one: one[1]),
        maybe=no.maybe if isinstance(no, WhoIsMeant) else (),
        **wrong_with(no, {}),
        **_older(".audit", older, **more),
    )


def _whom(asked: dict[str, Any], name: str) -> int | None:
    """Whom a typed name means, of who left too; a link says it by number."""
    if not asked[name]:
        return int(asked[f"{name}_id"]) if asked[f"{name}_id"] else None
    try:
        one = meant(asked[name], field=name)
        return one.id if one else None
    except WhoIsMeant as no:
        gone = [] if no.maybe else people.roster(now(), q=asked[name], show="left", limit=2)[0]
        if len(gone) != 1:
            raise
        return int(gone[0].id)


@pages.get("/admin/privacy/refused")
@may("admin", "privacy")
def refused() -> ResponseReturnValue:
    told, older = asking.refused_looks(query(OlderQuery()))
    return render(
        "privacy/refused.html",
        days=asking.by_day(asking.by_try(told)),
        an_hour=AN_HOUR,
        **_older(".refused", older),
    )


@pages.get("/admin/privacy/retention")
@may("admin", "privacy")
def retention() -> ResponseReturnValue:
    """What the next clean-up lets go, and what stays for how long; counts, and nobody's name."""
    called = {name: str(said) for name, said in labels.TABLES.items()}
    return render("privacy/retention.html", due=terms.preview(now()), kept=terms.kept(), called=called)


# All that is stored of me -------------------------------------------------------------------------------------


@pages.get("/me/export")
@may("person")
def export() -> ResponseReturnValue:
    found = queries.exports_of(me(), now())
    return render(
        "privacy/export.html",
        "privacy/_exports.html",
        exports=found,
        days=actions.KEEP.days,
        wish=queries.wish(me()),
        refusals=queries.refusals(me()),
    )


@pages.post("/me/erasure")
@may("person")
def ask_erasure() -> ResponseReturnValue:
    """Ask the organisation to erase oneself."""
    with transaction():
        erasing.ask(person_id=me(), at=now())
        settle(now())
    return redirect(url_for(".export"), 303)


@pages.post("/me/erasure/withdrawal")
@may("person")
def take_back_erasure() -> ResponseReturnValue:
    with transaction():
        erasing.take_back(person_id=me(), at=now())
    return redirect(url_for(".export"), 303)


@pages.post("/me/export")
@may("person")
def ask() -> ResponseReturnValue:
    asking.ask()
    found = queries.exports_of(me(), now())
    return done("privacy/_exports.html", url_for(".export"), exports=found, days=actions.KEEP.days)


@pages.get("/me/export/<uuid:export_id>/blijk.zip")
@may("person")
def take(export_id: UUID) -> ResponseReturnValue:
    return asking.file(export_id)


@pages.post("/me/export/<uuid:export_id>/removal")
@may("person")
def remove(export_id: UUID) -> ResponseReturnValue:
    with transaction():
        actions.forget(person_id=me(), export_id=export_id)
        found = queries.exports_of(me(), now())
        return done("privacy/_exports.html", url_for(".export"), exports=found, days=actions.KEEP.days)
