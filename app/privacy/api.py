"""The same in JSON: who looked, what was done, what is stored of me."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.db import transaction
from app.errors import NotFound
from app.openapi import FILE
from app.outbox import settle
from app.privacy import actions, answering, asking, erasing, mentions, queries, terms
from app.privacy.schemas import (
    BIGGEST,
    ActsOut,
    ActsQuery,
    AuditsOut,
    ErasedOut,
    ErasedQuery,
    EraseIn,
    ErasuresOut,
    ExportOut,
    ExportsOut,
    ExtendIn,
    LooksOut,
    MentionsOut,
    MyErasureOut,
    OlderQuery,
    RefusedLooksOut,
    RefuseIn,
    RetentionOut,
    WishesOut,
)
from app.web import now

api = Blueprint("privacy_api", __name__, url_prefix="/api/v1", description="Privacy")
WISH = f"/erasures/requests/<int(max={BIGGEST}):person_id>"


@api.route("/me/looks", methods=["GET"])
@may("person")
@api.arguments(OlderQuery, location="query")
@api.response(200, LooksOut)
def looks(asked: dict[str, Any]) -> dict[str, Any]:
    """Who looked at what not every colleague may see of you, the latest first; looks that were refused too."""
    told, older = queries.looks_at_me(me(), before=asking.place(asked))
    return {"looks": [_look(one) for one in told], "next": _next(older)}


@api.route("/me/acts", methods=["GET"])
@may("person")
@api.arguments(OlderQuery, location="query")
@api.response(200, ActsOut)
def acts(asked: dict[str, Any]) -> dict[str, Any]:
    """What was done about you, the latest first."""
    told, older = queries.acts(person_id=me(), before=asking.place(asked))
    return {"acts": told, "next": _next(older)}


@api.route("/audit", methods=["GET"])
@may("admin", "privacy")
@api.arguments(ActsQuery, location="query")
@api.response(200, AuditsOut)
def audit(asked: dict[str, Any]) -> dict[str, Any]:
    """What was done: by kind, who, about whom, when. Whom it is about can read that you looked."""
    told, older = asking.found(asked)
    return {"acts": told, "next": _next(older)}


@api.route("/looks/refused", methods=["GET"])
@may("admin", "privacy")
@api.arguments(OlderQuery, location="query")
@api.response(200, RefusedLooksOut)
def refused(asked: dict[str, Any]) -> dict[str, Any]:
    """Looks that were refused, the latest first."""
    told, older = asking.refused_looks(asked)
    return {"looks": [{**_look(one), "whom": one.whom} for one in told], "next": _next(older)}


@api.route("/me/exports", methods=["GET"])
@may("person")
@api.response(200, ExportsOut)
def exports() -> dict[str, Any]:
    """The files of all that is stored of you: what you asked for, and until when it is there."""
    return {"exports": queries.exports_of(me(), now())}


@api.route("/me/exports", methods=["POST"])
@may("person")
@api.response(202, ExportOut)
def ask() -> Any:
    """Ask for a file of all that is stored of you. Within an hour, asking again gives the same one."""
    return queries.one(me(), asking.ask())


@api.route("/me/exports/<uuid:export_id>/file", methods=["GET"])
@may("person")
@api.response(200, FILE, content_type="application/zip", description="the file")
@api.alt_response(404, description="is not there, not made yet, or not yours")
def take(export_id: UUID) -> Any:
    """The file: a ZIP with pages to read and the same as JSON."""
    return asking.file(export_id)


@api.route("/me/exports/<uuid:export_id>", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not yours")
def remove(export_id: UUID) -> None:
    """Remove the file before its time."""
    with transaction():
        actions.forget(person_id=me(), export_id=export_id)


@api.route("/retention", methods=["GET"])
@may("admin", "privacy")
@api.response(200, RetentionOut)
def retention() -> dict[str, Any]:
    """What the next clean-up lets go, by kind, and how long each kind is kept."""
    return {"next": terms.preview(now())}


@api.route("/me/erasure", methods=["GET"])
@may("person")
@api.response(200, MyErasureOut)
def my_erasure() -> dict[str, Any]:
    """Whether you asked to be erased, by when it is answered, and why earlier wishes were refused."""
    return _wish()


def _wish() -> dict[str, Any]:
    found = queries.wish(me())
    told = {"asked_at": None, "due": None, "extended_because": None}
    return {**told, **(found._mapping if found else {}), "refusals": queries.refusals(me())}


@api.route("/me/erasure", methods=["PUT"])
@may("person")
@api.response(200, MyErasureOut)
def ask_erasure() -> dict[str, Any]:
    """Ask the organisation to erase you. An administrator does it; until then you can take it back."""
    with transaction():
        erasing.ask(person_id=me(), at=now())
        settle(now())
        return _wish()


@api.route("/me/erasure", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="you did not ask for it")
def take_back_erasure() -> None:
    """Take it back."""
    with transaction():
        erasing.take_back(person_id=me(), at=now())


@api.route("/erasures", methods=["GET"])
@may("admin")
@api.arguments(ErasedQuery, location="query")
@api.response(200, ErasuresOut)
def erasures(asked: dict[str, Any]) -> dict[str, Any]:
    """Who was erased: numbers, the highest first."""
    found = queries.erased(before=asked["before"])
    return {"erasures": found, "next": found[-1].person_id if len(found) == queries.PAGE else None}


@api.route("/erasures/requests", methods=["GET"])
@may("admin", "hr")
@api.response(200, WishesOut)
def wishes() -> dict[str, Any]:
    """Who asks to be erased, the longest waiting first; for HR of whom they serve."""
    found = queries.erasure_requests(_hr())
    return {
        "requests": [
            {"person_id": one.id, "extended": one.extended_until is not None, **one._mapping} for one in found
        ]
    }


def _hr() -> int | None:
    """Of HR: who asks; an administrator answers for all."""
    return None if "admin" in asker().roles else me()


def _must_answer(person_id: int) -> None:
    if not queries.answers(person_id, _hr()):
        raise NotFound(queries.NO_PERSON)


@api.route(f"{WISH}/refusal", methods=["POST"])
@may("admin", "hr")
@api.arguments(RefuseIn)
@api.response(204)
@api.alt_response(404, description="nobody whom you may answer waits here")
def refuse(form: dict[str, Any], person_id: int) -> None:
    """Refuse a wish to be erased. They read the reason, and that they can complain or go to court."""
    _must_answer(person_id)
    with transaction():
        answering.refuse(person_id, form["because"], by=me(), at=now())
        settle(now())


@api.route(f"{WISH}/extension", methods=["POST"])
@may("admin", "hr")
@api.arguments(ExtendIn)
@api.response(204)
@api.alt_response(404, description="nobody whom you may answer waits here")
@api.alt_response(409, description="it was put off already")
def extend(form: dict[str, Any], person_id: int) -> None:
    """Put the answer off, once, with a reason that they read."""
    _must_answer(person_id)
    with transaction():
        answering.extend(person_id, form["until"], form["because"], by=me(), at=now())
        settle(now())


@api.route(f"/erasures/mentions/<int(max={BIGGEST}):person_id>", methods=["GET"])
@may("admin")
@api.response(200, MentionsOut)
@api.alt_response(404, description="nobody of that number is here")
def named(person_id: int) -> mentions.Mentions:
    """Where others name somebody in their own words, before you erase them; without the words."""
    found = mentions.of(person_id)
    if found is None:
        raise NotFound(queries.NO_PERSON)
    return found


@api.route("/erasures", methods=["POST"])
@may("admin")
@api.arguments(EraseIn)
@api.response(200, ErasedOut)
@api.alt_response(409, description="one of them is not there any more; nobody was erased")
def erase(form: dict[str, Any]) -> dict[str, Any]:
    """Erase people, up to 1,000 at once, all or none. It cannot be undone."""
    with transaction():
        ids = erasing.checked(form["people"], sure=form["sure"])
        done = erasing.erase(ids, by=me(), at=now())
        settle(now())
    return {"erased": done}


def _look(one: queries.Looked) -> dict[str, Any]:
    return {"hour": one.at, "what": one.what, "said": one.said, "allowed": one.allowed, "who": one.who}


def _next(older: queries.Older) -> dict[str, Any] | None:
    return {"before": older[0], "before_id": older[1]} if older else None
