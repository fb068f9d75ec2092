"""What is done in a file by its panel, by who decides, and afterwards by the employee; and the frozen dossier."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from app.access import may, me
from app.audit import actions as audit
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.language import lang
from app.outbox import settle
from app.reviews import after, deciding, dossier, forms, panel, printing, queries
from app.reviews.actions import SAY_WHY
from app.reviews.opening import ONE, needs_reason, opened
from app.reviews.pages import _shown
from app.reviews.touching import NOT_THERE, Stale
from app.web import body, comes_back, done, now, query, render, swaps, wrong_with

pages = Blueprint("sitting", __name__)
pages.add_app_template_global(printing.step_words, "review_steps")


def _to(review_id: uuid.UUID, said: str = "", anchor: str = "") -> Response:
    then = url_for("reviews.one", review_id=review_id, _anchor=anchor or None)
    return done("reviews/_kept.html", then, said=said)


def _again(where: str, known: Any) -> Callable[..., Response]:
    """The file again, with what was typed there and what is wrong with it; or what changed since it was read."""

    def shown(no: ValidationError | Refused, *, review_id: uuid.UUID) -> Response:
        if isinstance(no, Stale) and not isinstance(no, panel.Clash):
            return _stale(no, review_id=review_id)
        context: dict[str, Any] = {**_shown(opened(review_id)), **wrong_with(no, known)}
        context |= {"typed": request.form, "where": where}
        if isinstance(no, panel.Clash):
            context["clash"] = {one.criterion_id: one for one in no.both}
        elif isinstance(no, Conflict):  # its form may be gone from the page, so it is said above all of it
            context |= {"moved": str(no.message), "refusal": None}
        unkept = swaps() and where in ("panel", "decision")
        if unkept:
            context["refusal"] = context.get("moved") or context["refusal"]
        return render("reviews/_unkept.html" if unkept else "reviews/one.html", **context)

    return shown


def _stale(no: Stale, *, review_id: uuid.UUID) -> Response:
    """What changed since it was read; what was typed stands there to be sent again."""
    told: dict[str, Any] = {"changed": no.changed, "message": no.message, "typed": request.form}
    return render("reviews/stale.html", review_id=review_id, **told)


# The panel ------------------------------------------------------------------------------------------------------


@pages.post(f"{ONE}/assessment")
@may("person")
@comes_back(_again("panel", panel.WRONG))
def assess(review_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a draft, or hand all of it in."""
    seen = _as(review_id, "assesses")
    form = body(forms.AssessIn())
    given = forms.said_of(request.form, [one.id for one in queries.file(seen.row).criteria])
    said = [panel.Said(criterion_id=one, **given[one]) for one in given]
    with transaction():
        versions = panel.assess(review_id, said, person_id=me(), hand_in=form["hand_in"], at=now())
        settle(now())
    if swaps() and not form["hand_in"]:
        return render("reviews/_versions.html", versions=versions)
    return _to(review_id, _("Handed in"))


def _as(review_id: uuid.UUID, what: str) -> queries.Open:
    """The review, if one may open it as this; who may only read it does not learn more than that this is not theirs."""
    seen = opened(review_id)
    if not getattr(seen, what):
        raise NotFound(NOT_THERE)
    return seen


@pages.post(f"{ONE}/aside")
@may("person")
def step_aside(review_id: uuid.UUID) -> ResponseReturnValue:
    """One click, no reason."""
    form = body(forms.SeatIn())
    opened(review_id)
    with transaction():
        panel.step_aside(review_id, person_id=me(), by=me(), seat=form["seat"], at=now())
        settle(now())
    return done("reviews/_kept.html", url_for("reviews.mine"), said=_("You stepped aside"))


# The decision ---------------------------------------------------------------------------------------------------


@pages.post(f"{ONE}/decision")
@may("person")
@comes_back(_again("decision", deciding.WRONG))
def decide(review_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a draft; look at what will be signed; sign it, under the version of the file that was read."""
    seen = _as(review_id, "decides")
    form = body(forms.DecideIn())
    said = deciding.Decision(**{name: form[name] for name in ("outcome", "words", "from_on", "plan_on")})
    if form["step"] == "look":
        said = deciding.checked(said, now())
        file = queries.file(seen.row)
        versions = {name: form[name] for name in ("read", "draft")}
        return render("reviews/sign.html", review_id=review_id, file=file, said=said, **versions)
    with transaction():
        if form["step"] == "draft":
            kept = deciding.draft(review_id, said, person_id=me(), version=form["draft"], at=now())
            if swaps():
                return render("reviews/_draft_kept.html", version=kept)
        else:
            deciding.sign(review_id, said, person_id=me(), version=form["read"], at=now())
        settle(now())
    return _to(review_id, _("Saved") if form["step"] == "draft" else _("Signed"), "decision-h")


# Afterwards -----------------------------------------------------------------------------------------------------


@pages.post(f"{ONE}/seen")
@may("person")
@comes_back(_again("seen", after.WRONG))
def sign_seen(review_id: uuid.UUID) -> ResponseReturnValue:
    _as(review_id, "mine")
    form = body(forms.SeenIn())
    with transaction():
        after.sign_seen(review_id, person_id=me(), version=form["read"], at=now())
    return _to(review_id, _("Signed as seen"))


@pages.post(f"{ONE}/answer")
@may("person")
@comes_back(_again("answer", after.WRONG))
def answer(review_id: uuid.UUID) -> ResponseReturnValue:
    _as(review_id, "mine")
    form = body(forms.AnswerIn())
    with transaction():
        after.answer(review_id, form["words"], person_id=me(), at=now())
    return _to(review_id, _("Your answer stands in the file"))


@pages.post(f"{ONE}/objection")
@may("person")
@comes_back(_again("objection", after.WRONG))
def file_objection(review_id: uuid.UUID) -> ResponseReturnValue:
    _as(review_id, "mine")
    form = body(forms.AnswerIn())
    with transaction():
        after.file_objection(review_id, form["words"], person_id=me(), at=now())
        settle(now())
    return _to(review_id, _("Your objection stands in the file"))


@pages.post(f"{ONE}/objection/answer")
@may("person")
@comes_back(_again("handling", after.WRONG))
def handle(review_id: uuid.UUID) -> ResponseReturnValue:
    """Whoever was named to handle it, and had no part in the decision."""
    _as(review_id, "handles")
    form = body(forms.HandleIn())
    with transaction():
        after.handle(
            review_id,
            outcome=form["outcome"],
            words=form["words"],
            person_id=me(),
            version=form["read"],
            at=now(),
        )
        settle(now())
    return _to(review_id, _("Answered"))


# The frozen dossier ---------------------------------------------------------------------------------------------


@pages.get(f"{ONE}/dossier.json")
@may("person")
def as_json(review_id: uuid.UUID) -> ResponseReturnValue:
    """The bytes that were hashed, for the employee and for HR within its reach."""
    return frozen_json(review_id)


def frozen_json(review_id: uuid.UUID) -> Response:
    row, plain = _frozen(review_id)
    return _file(plain, "application/json", row, "json")


@pages.get(f"{ONE}/dossier.pdf")
@may("person")
def as_pdf(review_id: uuid.UUID) -> ResponseReturnValue:
    """The same for reading and printing (PDF/UA-1), in either language."""
    return frozen_pdf(review_id)


def frozen_pdf(review_id: uuid.UUID) -> Response:
    row, plain = _frozen(review_id)
    wanted = query(forms.DossierQuery())["lang"] or lang()
    return _file(printing.pdf(plain, bytes(row.digest).hex(), wanted), "application/pdf", row, "pdf")


def _frozen(review_id: uuid.UUID) -> tuple[Any, bytes]:
    seen = opened(review_id)
    found = dossier.opened(review_id, query(forms.DossierQuery())["number"])
    if found is None or not (seen.mine or seen.runs):
        raise NotFound(NOT_THERE)
    if needs_reason(seen):
        raise Conflict(SAY_WHY)
    with transaction():
        audit.write(
            "dossier:taken", at=now(), actor_id=me(), person_id=seen.row.person_id,
            detail={"review": str(review_id), "number": found[0].number},
        )  # fmt: skip
    return found


def _file(content: bytes, kind: str, row: Any, suffix: str) -> Response:
    made = Response(content, mimetype=kind)
    made.headers["Content-Disposition"] = (
        f'attachment; filename="dossier-{str(row.review_id)[:8]}-{row.number}.{suffix}"'
    )
    made.headers["Cache-Control"] = "private, no-store"
    return made
