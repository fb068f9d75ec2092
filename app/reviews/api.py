"""Reviews in JSON: the same file for everybody who may open it, and what its holder does in it."""

import uuid
from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.careers import queries as careers
from app.db import transaction
from app.errors import Conflict, NotFound
from app.outbox import settle
from app.reviews import actions, queries, rules
from app.reviews.holding import Thing
from app.reviews.opening import ONE, needs_reason, opened
from app.reviews.schemas import (
    BIGGEST,
    AnswerForm,
    AskColleaguesIn,
    ChoicesOut,
    ObserveForm,
    PickQuery,
    ProposeIn,
    ReasonForm,
    ReleaseIn,
    ReviewAskIn,
    ReviewFileOut,
    ReviewOwnOut,
    ReviewsOut,
    ReviewStartedOut,
    TakeBackIn,
    ToAnswerWholeOut,
    WordsForm,
)
from app.reviews.touching import NOT_THERE
from app.web import now

api = Blueprint("reviews_api", __name__, url_prefix="/api/v1", description="Promotion reviews")
CRITERION = f"{ONE}/criteria/<int(max={BIGGEST}):criterion_id>"
SEEN = f"/observations/<int(max={BIGGEST}):observation_id>"


@api.route("/reviews", methods=["GET"])
@may("person")
@api.response(200, ReviewsOut)
def everything() -> dict[str, Any]:
    """Your reviews, those in which you sit, and what you are asked that you saw."""
    found = queries.listed(me())
    return {
        "mine": [_listed(row) for row in found["own"]],
        "sits": [_listed(row) for row in found["sits"]],
        "asked": [_asked(row) for row in queries.all_to_observe(me())],
    }


@api.route("/reviews", methods=["POST"])
@may("person")
@api.arguments(ReviewAskIn)
@api.response(201, ReviewStartedOut)
@api.alt_response(404, description="no such job, or does not report to you")
@api.alt_response(409, description="one is underway")
def ask(form: dict[str, Any]) -> dict[str, Any]:
    """Ask for a review for a job, for yourself or for somebody who reports to you."""
    job = careers.job(form["job"])
    holder = form["person_id"] or me()
    with transaction():
        (made,) = actions.start([actions.NewReview(person_id=holder, job_id=job.id, asked_by=me())], at=now())
        settle(now())
        own = next((row for row in queries.listed(me())["own"] if row.id == made), None)
        return {"review": _listed(own) if own else None}


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, ReviewFileOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="it is over: HR says first why they open it")
def one(review_id: uuid.UUID) -> dict[str, Any]:
    """The file, the same for everybody who may open it."""
    seen = opened(review_id)
    if needs_reason(seen):
        raise Conflict(actions.SAY_WHY)
    return _file(seen.row)


@api.route(f"{ONE}/own", methods=["GET"])
@may("person")
@api.response(200, ReviewOwnOut)
@api.alt_response(404, description="is not yours")
def own(review_id: uuid.UUID) -> dict[str, Any]:
    """What only you see of your review: the draft of your words, what HR proposes, what colleagues answered."""
    row = _own(review_id)
    words = queries.words_of(row)
    return {
        "draft": words.draft,
        "mark": rules.mark_of(words.current),
        "proposals": [
            {"id": one.id, "criterion_id": one.criterion_id, "thing": _thing(one.held), "by": one.by}
            for one in queries.proposals(row)
        ],
        "observations": [
            {
                "id": one.id, "criterion_id": one.criterion_id, "question": one.question,
                "observer": {"id": one.observer_id, "name": one.observer}, "filed_at": one.filed_at,
                "declined_at": one.declined_at, "observed_on": one.observed_on, "words": one.words,
            }
            for one in queries.observations(row)
        ],
    }  # fmt: skip


@api.route(f"{ONE}/reason", methods=["POST"])
@may("hr")
@api.arguments(ReasonForm)
@api.response(204)
def reason(form: dict[str, Any], review_id: uuid.UUID) -> None:
    """Say why you open a review that is over; the person reads it."""
    seen = opened(review_id)
    if not seen.runs:
        raise NotFound(NOT_THERE)
    with transaction():
        actions.give_reason(review_id, by=me(), person_id=seen.row.person_id, reason=form["reason"], at=now())


@api.route(f"{ONE}/withdrawal", methods=["POST"])
@may("person")
@api.response(200, ReviewFileOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="was decided already")
def withdraw(review_id: uuid.UUID) -> dict[str, Any]:
    """End your review; what was gathered in it goes."""
    _own(review_id)
    with transaction():
        actions.withdraw(review_id, by=me(), at=now())
        settle(now())
        return _again(review_id)


@api.route(f"{ONE}/completion", methods=["POST"])
@may("person")
@api.response(200, ReviewFileOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="has moved on")
def complete(review_id: uuid.UUID) -> dict[str, Any]:
    """Say that your evidence is complete."""
    _own(review_id)
    with transaction():
        actions.complete(review_id, by=me(), at=now())
        settle(now())
        return _again(review_id)


@api.route(f"{ONE}/words", methods=["PUT"])
@may("person")
@api.arguments(WordsForm)
@api.response(200, ReviewFileOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="was changed in the meantime, or has moved on")
def words(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Your own words: a draft, or with `file` into the file."""
    _own(review_id)
    with transaction():
        actions.write_words(review_id, form["words"], file=form["file"], by=me(), at=now(), was=form["was"])
        return _again(review_id)


# Gathering --------------------------------------------------------------------------------------------------------


@api.route(f"{CRITERION}/choices", methods=["GET"])
@may("person")
@api.arguments(PickQuery, location="query")
@api.response(200, ChoicesOut)
@api.alt_response(404, description="is not yours")
def choices(asked: dict[str, Any], review_id: uuid.UUID, criterion_id: int) -> dict[str, Any]:
    """What you could release for one criterion."""
    found = queries.choice(_own(review_id), criterion_id, asked["kind"], asked["q"])
    if found is None:
        raise NotFound(NOT_THERE)
    return {
        "kinds": found.kinds,
        "fitting": [_thing(one) for one in found.fitting],
        "others": [_thing(one) for one in found.others],
    }


@api.route(f"{ONE}/evidence", methods=["POST"])
@may("person")
@api.arguments(ReleaseIn)
@api.response(200, ReviewFileOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="has moved on")
def release(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Release evidence: all of these, or none."""
    _own(review_id)
    with transaction():
        items = [actions.NewEvidence(**item) for item in form["items"]]
        actions.release(review_id, items, by=me(), at=now())
        settle(now())
        return _again(review_id)


@api.route(f"{ONE}/evidence/removal", methods=["POST"])
@may("person")
@api.arguments(TakeBackIn)
@api.response(200, ReviewFileOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="has moved on")
def take_back(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Take evidence back, as long as the panel has not begun."""
    _own(review_id)
    with transaction():
        actions.take_back(review_id, form["ids"], by=me(), at=now())
        return _again(review_id)


@api.route(f"{ONE}/proposals", methods=["POST"])
@may("hr")
@api.arguments(ProposeIn)
@api.response(204)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="has moved on")
def propose(form: dict[str, Any], review_id: uuid.UUID) -> None:
    """Propose badges and activities. The answer is the same, whatever the employee has or says."""
    if not opened(review_id).runs:
        raise NotFound(NOT_THERE)
    with transaction():
        actions.propose(review_id, [actions.NewProposal(**item) for item in form["items"]], by=me(), at=now())
        settle(now())


@api.route(f"{ONE}/proposals/<int(max={BIGGEST}):proposal_id>", methods=["POST"])
@may("person")
@api.arguments(AnswerForm)
@api.response(200, ReviewFileOut)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="has moved on")
def answer(form: dict[str, Any], review_id: uuid.UUID, proposal_id: int) -> dict[str, Any]:
    """Accept or decline what HR proposes; nobody hears of a no."""
    _own(review_id)
    with transaction():
        actions.answer_proposal(review_id, proposal_id, accept=form["accept"], by=me(), at=now())
        settle(now())
        return _again(review_id)


# What colleagues saw ----------------------------------------------------------------------------------------------


@api.route(f"{ONE}/observations", methods=["POST"])
@may("person")
@api.arguments(AskColleaguesIn)
@api.response(204)
@api.alt_response(404, description="is not yours")
@api.alt_response(409, description="has moved on")
def ask_colleagues(form: dict[str, Any], review_id: uuid.UUID) -> None:
    """Ask colleagues what they saw."""
    _own(review_id)
    with transaction():
        actions.ask_colleagues(
            review_id, criterion_id=form["criterion_id"], observer_ids=form["person_ids"],
            question=form["question"], by=me(), at=now(),
        )  # fmt: skip
        settle(now())


@api.route(f"{ONE}{SEEN}", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not yours, or was answered")
def unask(review_id: uuid.UUID, observation_id: int) -> None:
    """Take a question back that was not answered."""
    _own(review_id)
    with transaction():
        actions.unask(review_id, observation_id, by=me())


@api.route(f"/reviews{SEEN}", methods=["GET"])
@may("person")
@api.response(200, ToAnswerWholeOut)
@api.alt_response(404, description="you are not asked")
def observation(observation_id: int) -> dict[str, Any]:
    """What you are asked that you saw: the criterion and the question, nothing of the file."""
    return _to_answer(observation_id)


@api.route(f"/reviews{SEEN}", methods=["PUT"])
@may("person")
@api.arguments(ObserveForm)
@api.response(200, ToAnswerWholeOut)
@api.alt_response(404, description="you are not asked")
@api.alt_response(409, description="was answered, or has moved on")
def observe(form: dict[str, Any], observation_id: int) -> dict[str, Any]:
    """Write what you saw: a draft, or with `file` to who asked."""
    with transaction():
        actions.observe(
            observation_id, form["words"], on=form["observed_on"], file=form["file"], by=me(), at=now()
        )
        settle(now())
        return _to_answer(observation_id)


@api.route(f"/reviews{SEEN}/refusal", methods=["POST"])
@may("person")
@api.response(200, ToAnswerWholeOut)
@api.alt_response(404, description="you are not asked")
@api.alt_response(409, description="was answered, or has moved on")
def decline(observation_id: int) -> dict[str, Any]:
    """Rather not say."""
    with transaction():
        actions.decline_to_observe(observation_id, by=me(), at=now())
        settle(now())
        return _to_answer(observation_id)


# How it is told ---------------------------------------------------------------------------------------------------


def _own(review_id: uuid.UUID) -> queries.AnyRow:
    seen = opened(review_id)
    if not seen.mine:
        raise NotFound(NOT_THERE)
    return seen.row


def _again(review_id: uuid.UUID) -> dict[str, Any]:
    seen = queries.opened(me(), review_id, False)
    if seen is None:
        raise NotFound(NOT_THERE)
    return _file(seen.row)


def _to_answer(observation_id: int) -> dict[str, Any]:
    found = queries.to_observe(me(), observation_id)
    if found is None:
        raise NotFound(NOT_THERE)
    row = found.row
    more = {"observed_on": row.observed_on, "filed_at": row.filed_at, "declined_at": row.declined_at}
    return {**_asked(row), "question": found.question, "words": found.words, **more}


def _asked(row: queries.AnyRow) -> dict[str, Any]:
    return {"id": row.id, "person": {"id": row.person_id, "name": row.person}, "criterion": row.criterion}


def _listed(row: queries.AnyRow) -> dict[str, Any]:
    return {**row._mapping, "person": {"id": row.person_id, "name": row.person}}


def _thing(one: Thing) -> dict[str, Any]:
    return {
        "thing": one.thing, "kind": one.kind, "title": one.title, "words": one.words, "by": one.by, "at": one.at,
    }  # fmt: skip


def _file(row: queries.AnyRow) -> dict[str, Any]:
    """What `queries.file` holds; nothing here depends on who asks."""
    file = queries.file(row)
    return {
        **row._mapping,
        "person": {"id": file.person.id, "name": file.person.name},
        "job": file.job.name,
        "criteria_version": file.number,
        "consented_on": file.consented_on,
        "criteria": [_criterion(one) for one in file.criteria],
        "own_words": file.own_words,
        "stages": file.stages,
        "seats": [
            {
                "person": {"id": one.person_id, "name": one.name}, "seat": one.seat,
                "handed_in_at": one.handed_in_at, "stepped_aside_at": one.stepped_aside_at,
            }
            for one in file.seats
        ],
        "steps": [{"at": one.at, "by": one.name, "what": one.what} for one in file.steps],
    }  # fmt: skip


def _criterion(one: queries.Asked) -> dict[str, Any]:
    return {
        "id": one.id, "key": one.key, "text": one.text, "skill": one.skill, "level": one.level,
        "level_name": one.level_name, "kinds": one.kinds, "badges": [badge.slug for badge in one.badges],
        "evidence": [_evidence(piece) for piece in one.evidence],
    }  # fmt: skip


def _evidence(piece: queries.Evidence) -> dict[str, Any]:
    held = piece.held
    own = {"nl": piece.title, "en": piece.title}
    return {
        "id": piece.id, "kind": piece.kind, "thing": piece.thing, "words": piece.words, "link": piece.link,
        "title": held.title if held else own, "by": held.by if held else None, "at": held.at if held else None,
        "tier": held.tier if held else None, "released_at": piece.released_at, "taken_back": piece.taken_back,
    }  # fmt: skip
