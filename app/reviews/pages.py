"""The file of a review, which is the same page for everybody who may open it; what its holder does in it; and the
page of a colleague who is asked what they saw."""

import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from app.access import asker, may, me
from app.careers import queries as careers
from app.config import timezone
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.people.meant import WhoIsMeant, meant
from app.people.queries import profile, reports_of
from app.reviews import actions, judging, queries, rules
from app.reviews.actions import WRONG
from app.reviews.opening import ONE, needs_reason, opened, reach_of
from app.reviews.schemas import (
    BIGGEST,
    AnswerForm,
    AskColleagueForm,
    NewsQuery,
    ObserveForm,
    PickQuery,
    ProposeForm,
    ReasonForm,
    ReleaseForm,
    ReviewAskForm,
    WordsForm,
)
from app.reviews.touching import NOT_THERE
from app.web import body, comes_back, done, now, query, render, swaps, wrong_with

pages = Blueprint("reviews", __name__)
CRITERION = f"{ONE}/criteria/<int(max={BIGGEST}):criterion_id>"
SEEN = f"/reviews/observations/<int(max={BIGGEST}):observation_id>"


def _own(review_id: uuid.UUID) -> queries.Open:
    """One's own; of somebody else's there is nothing here."""
    seen = opened(review_id)
    if not seen.mine:
        raise NotFound(NOT_THERE)
    return seen


# The list, and asking ---------------------------------------------------------------------------------------------


@pages.get("/reviews")
@may("person")
def mine() -> ResponseReturnValue:
    return _mine()


def _mine(no: ValidationError | Refused | None = None) -> Response:
    today = now().astimezone(timezone()).date()
    up, open_now = careers.next_jobs(me(), today)
    lists = queries.listed(me())
    underway = {row.job_id for row in lists["own"] if row.stage in rules.OPEN}
    up, open_now = ([job for job in jobs if job.id not in underway] for jobs in (up, open_now))
    asked = careers.current_criteria(job.id for job in (*up, *open_now))
    return render(
        "reviews/listed.html",
        up=[job for job in up if job.id in asked],
        asked_for_other="asked" in request.args,
        open_now=[job for job in open_now if job.id in asked],
        asked=asked,
        to_answer=queries.all_to_observe(me()),
        reports=reports_of(me()) if "manager" in asker().roles else [],
        jobs=careers.jobs() if "manager" in asker().roles else [],
        typed=request.form if no else {},
        **lists,
        **wrong_with(no, WRONG),
    )


@pages.post("/reviews")
@may("person")
@comes_back(_mine)
def ask() -> ResponseReturnValue:
    """For oneself, or for somebody who reports to one; who asks for another learns nothing of the file."""
    form = body(ReviewAskForm())
    holder = profile(form["person"]).id if form["person"] else me()
    job = careers.job(form["job"])
    with transaction():
        new = actions.NewReview(person_id=holder, job_id=job.id, asked_by=me())
        (made,) = actions.start([new], at=now())
        settle(now())
        if holder == me():
            return done("reviews/_saved.html", url_for(".one", review_id=made))
        return done("reviews/_saved.html", url_for(".mine", asked=1))


# The file ---------------------------------------------------------------------------------------------------------


@pages.get(ONE)
@may("person")
def one(review_id: uuid.UUID) -> ResponseReturnValue:
    seen = opened(review_id)
    if needs_reason(seen):
        return Response(headers={"HX-Refresh": "true"}) if swaps() else _reason(review_id=review_id)
    return _one(seen)


def _reason(no: ValidationError | Refused | None = None, *, review_id: uuid.UUID) -> Response:
    return render(
        "reviews/reason.html", seen=opened(review_id), **wrong_with(no, {"reason": WRONG["question"]})
    )


def _one(seen: queries.Open, no: ValidationError | Refused | None = None, **more: Any) -> Response:
    shown = _shown(seen)
    wanted = request.args.get("open", type=int)
    found = next((one for one in shown["file"].criteria if one.id == wanted), None)
    whole = request.args.get("open") == "all"
    shown["opened"] = found
    shown["long"] = not whole and judging.is_long(shown["file"], shown["judged"])
    if found and swaps():
        return render("reviews/_body.html", "reviews/_body.html", criterion=found, **shown)
    return render("reviews/one.html", **shown, **more, **wrong_with(no, WRONG))


@pages.get(f"{ONE}/news")
@may("person")
def news(review_id: uuid.UUID) -> ResponseReturnValue:
    """Whether the file was changed since it was read. Nothing of it is said, so this is no look at it; a guess is."""
    seen = queries.opened(me(), review_id, reach_of(asker())) or opened(review_id)
    told = query(NewsQuery())
    if seen.row.version == told["read"] or needs_reason(seen):
        return "", 204
    show = url_for(".one", review_id=review_id, **{"as": told["as_"] or None})
    return done("reviews/_news.html", show, show=show)


def _shown(seen: queries.Open) -> dict[str, Any]:
    """`?as=employee` shows exactly the page that the employee gets, without what one can do in it."""
    as_employee = request.args.get("as") == "employee"
    if as_employee:
        seen = replace(seen, mine=False, assesses=False, decides=False, handles=False, runs=False)
    own = seen.mine and seen.row.stage == "gathering"
    words = queries.words_of(seen.row) if own else None
    return {
        "file": queries.file(seen.row),
        "seen": seen,
        "judged": judging.of(seen, me()),
        "as_employee": as_employee,
        "own_words": words,
        "words_mark": rules.mark_of(words.current) if words else "",
        "proposals": queries.proposals(seen.row) if own else [],
        "observations": queries.observations(seen.row) if own else [],
        "done_now": proposed_to_them() if seen.runs and "proposed" in request.args else "",
    }


def proposed_to_them() -> str:
    """What HR reads of a proposal, whatever becomes of it."""
    said: str = _("Proposed. Whether it is added is up to them.")
    return said


@pages.post(f"{ONE}/reason")
@may("hr")
@comes_back(_reason)
def reason(review_id: uuid.UUID) -> ResponseReturnValue:
    """Why HR opens a review that is over."""
    seen = opened(review_id)
    if not seen.runs:
        raise NotFound(NOT_THERE)
    said = body(ReasonForm())["reason"]
    with transaction():
        actions.give_reason(review_id, by=me(), person_id=seen.row.person_id, reason=said, at=now())
        return done("reviews/_saved.html", url_for(".one", review_id=review_id))


@pages.post(f"{ONE}/withdraw")
@may("person")
def withdraw(review_id: uuid.UUID) -> ResponseReturnValue:
    _own(review_id)
    with transaction():
        actions.withdraw(review_id, by=me(), at=now())
        settle(now())
        return done("reviews/_saved.html", url_for(".one", review_id=review_id))


@pages.post(f"{ONE}/complete")
@may("person")
def complete(review_id: uuid.UUID) -> ResponseReturnValue:
    _own(review_id)
    with transaction():
        actions.complete(review_id, by=me(), at=now())
        settle(now())
        return done("reviews/_saved.html", url_for(".one", review_id=review_id))


def _words_again(no: ValidationError | Refused, *, review_id: uuid.UUID) -> Response:
    typed = {"typed_words": request.form.get("words", ""), "words_now": getattr(no, "now", None)}
    if swaps():
        return render("reviews/_words_kept.html", **typed, **wrong_with(no, WRONG))
    return _one(_own(review_id), no, **typed)


@pages.post(f"{ONE}/words")
@may("person")
@comes_back(_words_again)
def words(review_id: uuid.UUID) -> ResponseReturnValue:
    """A draft, which comes by itself while one types, or into the file; either button works without script."""
    _own(review_id)
    form = body(WordsForm())
    with transaction():
        actions.write_words(review_id, form["words"], file=form["file"], by=me(), at=now(), was=form["was"])
        there = url_for(".one", review_id=review_id, _anchor="own")
        kept = {"words_mark": rules.mark_of(form["words"].strip()), "kept_at": now()}
        return done("reviews/_words_kept.html", there, **kept)


@pages.get(CRITERION)
@may("person")
def pick(review_id: uuid.UUID, criterion_id: int) -> ResponseReturnValue:
    """For its holder what they could add to a criterion; for HR what they could propose."""
    return _pick(review_id=review_id, criterion_id=criterion_id)


def _pick(
    no: ValidationError | Refused | None = None, *, review_id: uuid.UUID, criterion_id: int
) -> Response:
    seen, asked = opened(review_id), query(PickQuery())
    if isinstance(no, Conflict) and seen.row.stage != "gathering":  # the panel began meanwhile
        if swaps():
            return render("reviews/_unkept.html", refusal=str(no.message), wrong={})
        return render(
            "reviews/one.html",
            **_shown(seen),
            moved=str(no.message),
            typed=request.form,
            refusal=None,
            wrong={},
        )
    if seen.row.stage != "gathering" or not (seen.mine or seen.runs):
        raise NotFound(NOT_THERE)
    found: Any = (
        queries.choice(seen.row, criterion_id, asked["kind"], asked["q"])
        if seen.mine
        else queries.proposable(seen.row, criterion_id)
    )
    if found is None:
        raise NotFound(NOT_THERE)
    observations = queries.observations(seen.row) if seen.mine else []
    return render(
        "reviews/pick.html",
        "reviews/_picker.html" if seen.mine else "reviews/_propose.html",
        seen=seen,
        review_id=review_id,
        criterion_id=criterion_id,
        choice=found,
        kind=asked["kind"] if asked["kind"] == "ask" else found.kind if seen.mine else "",
        q=asked["q"],
        observations=[one for one in observations if one.criterion_id == criterion_id],
        maybe=no.maybe if isinstance(no, WhoIsMeant) else [],
        typed=request.form if no else {},
        **wrong_with(no, WRONG),
    )


@pages.post(f"{CRITERION}/evidence")
@may("person")
@comes_back(_pick)
def release(review_id: uuid.UUID, criterion_id: int) -> ResponseReturnValue:
    _own(review_id)
    form = body(ReleaseForm())
    named = [actions.NewEvidence(criterion_id=criterion_id, thing=one) for one in form["thing"]]
    if form["title"] or form["text"] or form["link"]:
        parts = {name: form[name] for name in ("title", "text", "link")}
        named.append(actions.NewEvidence(criterion_id=criterion_id, **parts))
    if not named:
        raise Refused(WRONG["thing"], fields={"thing": WRONG["thing"]})
    with transaction():
        actions.release(review_id, named, by=me(), at=now())
        settle(now())
        return _criterion(review_id, criterion_id, _("Added."))


@pages.post(f"{ONE}/evidence/<int(max={BIGGEST}):evidence_id>/back")
@may("person")
def take_back(review_id: uuid.UUID, evidence_id: int) -> ResponseReturnValue:
    _own(review_id)
    with transaction():
        criterion_id = queries.criterion_of(review_id, evidence_id)
        actions.take_back(review_id, [evidence_id], by=me(), at=now())
        return _criterion(review_id, criterion_id or 0, _("Taken back."))


@pages.post(f"{CRITERION}/proposals")
@may("hr")
@comes_back(_pick)
def propose(review_id: uuid.UUID, criterion_id: int) -> ResponseReturnValue:
    """The answer is the same, whatever the employee has or says."""
    seen = opened(review_id)
    if not seen.runs:
        raise NotFound(NOT_THERE)
    form = body(ProposeForm())
    items = [
        actions.NewProposal(criterion_id=criterion_id, kind=kind, slug=slug)
        for kind, _colon, slug in (one.partition(":") for one in form["thing"])
    ]
    with transaction():
        actions.propose(review_id, items, by=me(), at=now())
        settle(now())
        return _criterion(review_id, criterion_id, proposed_to_them(), proposed=True)


@pages.post(f"{ONE}/proposals/<int(max={BIGGEST}):proposal_id>")
@may("person")
def answer(review_id: uuid.UUID, proposal_id: int) -> ResponseReturnValue:
    _own(review_id)
    form = body(AnswerForm())
    with transaction():
        criterion_id = queries.proposed_for(review_id, proposal_id)
        actions.answer_proposal(review_id, proposal_id, accept=form["accept"], by=me(), at=now())
        settle(now())
        return _criterion(review_id, criterion_id or 0, _("Added.") if form["accept"] else _("Declined."))


def _criterion(review_id: uuid.UUID, criterion_id: int, said: str, *, proposed: bool = False) -> Response:
    """The row of the criterion as it is now, or back to it in the file, where it stands open."""
    anchor, news = f"criterion-{criterion_id}", 1 if proposed else None
    there = url_for(".one", review_id=review_id, open=criterion_id, proposed=news, _anchor=anchor)
    if not swaps():
        return done("reviews/_saved.html", there)
    seen = queries.opened(me(), review_id, reach_of(asker()))
    if seen is None:
        raise NotFound(NOT_THERE)
    shown = _shown(seen)
    found = next((one for one in shown["file"].criteria if one.id == criterion_id), None)
    if found is None:
        raise NotFound(NOT_THERE)
    return done("reviews/_criterion_now.html", there, **shown, criterion=found, said=said)


# What colleagues saw ----------------------------------------------------------------------------------------------


@pages.post(f"{CRITERION}/observations")
@may("person")
@comes_back(_pick)
def ask_colleague(review_id: uuid.UUID, criterion_id: int) -> ResponseReturnValue:
    _own(review_id)
    form = body(AskColleagueForm())
    found = meant(form["who"], field="who", but=me())
    with transaction():
        actions.ask_colleagues(
            review_id, criterion_id=criterion_id, observer_ids=[found.id] if found else [],
            question=form["question"], by=me(), at=now(),
        )  # fmt: skip
        settle(now())
        return _criterion(review_id, criterion_id, _("Asked."))


@pages.post(f"{ONE}/observations/<int(max={BIGGEST}):observation_id>/unask")
@may("person")
def unask(review_id: uuid.UUID, observation_id: int) -> ResponseReturnValue:
    _own(review_id)
    with transaction():
        actions.unask(review_id, observation_id, by=me())
        return done("reviews/_saved.html", url_for(".one", review_id=review_id))


@pages.get(SEEN)
@may("person")
def observation(observation_id: int) -> ResponseReturnValue:
    return _observation(observation_id=observation_id)


def _observation(no: ValidationError | Refused | None = None, *, observation_id: int) -> Response:
    if no and swaps():
        return render("reviews/_words_kept.html", **wrong_with(no, WRONG))
    found = queries.to_observe(me(), observation_id)
    if found is None:
        raise NotFound(NOT_THERE)
    typed = request.form if no else {}
    return render("reviews/observation.html", asked=found, typed=typed, **wrong_with(no, WRONG))


@pages.post(SEEN)
@may("person")
@comes_back(_observation)
def observe(observation_id: int) -> ResponseReturnValue:
    form = body(ObserveForm())
    with transaction():
        actions.observe(
            observation_id, form["words"], on=form["observed_on"], file=form["file"], by=me(), at=now()
        )
        settle(now())
        return done(
            "reviews/_words_kept.html",
            url_for(".observation", observation_id=observation_id),
            kept_at=now(),
        )


@pages.post(f"{SEEN}/decline")
@may("person")
def decline(observation_id: int) -> ResponseReturnValue:
    with transaction():
        actions.decline_to_observe(observation_id, by=me(), at=now())
        settle(now())
        return done("reviews/_saved.html", url_for(".observation", observation_id=observation_id))
