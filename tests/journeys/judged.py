"""Reviews in every stage for the journeys: gathered, assessed, decided, objected to; and a round that invites."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text

from app.careers import queries as careers
from app.db import db, lock_people, transaction
from app.outbox import settle
from app.reviews import after, deciding, panel, rounds
from app.reviews.deciding import Decision
from app.reviews.panel import Said
from tests.app.reviews.conftest import make_review
from tests.cast import Cast
from tests.journeys import scene

WHY = "Calm, and clear to everybody"
_VERSION = text("SELECT version FROM review WHERE id = :id")


@dataclass(frozen=True)
class Reviews:
    """By their stage: Anna's that gathers and that was released, Ben's that wait for panel and decision, and Eve's,
    who answered and objected, which Anna handles; Anna is invited to a round, in which Ben's began."""

    gathering: str
    panel: str
    deciding: str
    released: str
    objected: str
    invited: int


def happen(cast: Cast) -> Reviews:
    gathering, _ = scene.a_review(cast)
    at = scene.moment()
    with transaction():
        invited = _round(cast, at)
        settle(at)
    jobs = ("work-planner", "analyst", "microbiologist", "technician")
    made = [
        _review(cast, holder, job, judged)
        for holder, job, judged in zip(("ben", "ben", "anna", "eve"), jobs, (False, True, True, True), strict=True)
    ]  # fmt: skip
    with transaction():
        lock_people([cast.anna, cast.eve])
        _decide(made[2], cast.mia, "promote_with_plan", at)
        _decide(made[3], cast.mia, "not_yet", at)
        after.answer(made[3], WHY, person_id=cast.eve, at=at)
        after.file_objection(made[3], WHY, person_id=cast.eve, at=at)
        after.name_handler(made[3], person_id=cast.anna, by=cast.clara, at=at)
        settle(at)
    return Reviews(gathering, *(str(one) for one in made), invited=invited)


def _review(cast: Cast, holder: str, slug: str, judged: bool) -> uuid.UUID:
    """With the panel, and Mia to decide. Dan has handed in where it was judged; else it waits for Anna too."""
    at, job = scene.moment(), careers.job(slug)
    criteria = careers.current_criteria([job.id])[job.id]
    values = {"job_id": job.id, "criteria_id": criteria.id, "stage": "panel", "round_id": None}
    made = make_review(cast.id_of(holder), cast.water, values)
    with transaction():
        for person, seat in ((cast.dan, "member"), (cast.mia, "decider")):
            panel.name_seat(made, person_id=person, seat=seat, by=cast.clara, at=at)
        if not judged:
            panel.name_seat(made, person_id=cast.anna, seat="member", by=cast.clara, at=at)
        said = [
            Said(criterion_id=one.id, verdict=("met", "partly", "not_yet")[place % 3], words=WHY)
            for place, one in enumerate(criteria.items)
        ]
        panel.assess(made, said, person_id=cast.dan, hand_in=True, at=at)
        settle(at)
    return made


def _decide(review: uuid.UUID, who: int, outcome: str, at: datetime) -> None:
    day = at.date()
    from_on, plan_on = (day, day + timedelta(days=200)) if outcome != "not_yet" else (None, None)
    said = Decision(outcome=outcome, words=WHY, from_on=from_on, plan_on=plan_on)
    deciding.sign(review, said, person_id=who, version=db.session.scalar(_VERSION, {"id": review}), at=at)


def _round(cast: Cast, at: datetime) -> int:
    days: list[date] = [at.date() + timedelta(days=days) for days in (10, 20, 30, 40)]
    job = careers.job("senior-process-operator").id
    new = rounds.NewRound(
        name={"nl": "Voorjaarsronde", "en": "Spring round"}, jobs=[job], units=[cast.water],
        evidence_due=days[0], panel_due=days[1], decide_due=days[2], release_on=days[3],
    )  # fmt: skip
    made = rounds.open_round(new, by=cast.clara, reach=None, at=at)
    for person, seat in ((cast.eve, "member"), (cast.mia, "decider")):
        rounds.name_seat(made, person_id=person, seat=seat, at=at)
    for person in (cast.anna, cast.ben):
        rounds.list_person(made, person_id=person, job_id=job, reach=None, jobs=[job])
    rounds.invite(made, at=at)
    rounds.start(made, [(cast.ben, job)], at=at)
    return made
