"""A round: reviews for some jobs and departments at once, whose decisions become visible at one moment.

HR opens it, names the panel and the deciders, and invites who may take part; accepting starts a review. Nothing here
costs more statements for many people than for one.
"""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from app.careers import queries as careers
from app.config import timezone
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import ReviewInvited, ReviewSeatNamed
from app.outbox import publish
from app.people.queries import hr_reach
from app.reviews import deciding, panel, rivals, rules
from app.reviews.keeping import among, takes_part
from app.reviews.panel import WRONG as SEATS
from app.reviews.touching import NOT_NOW, write

NOT_THERE = _l("This round is not here, or not within your reach.")
WRONG = {
    "name": _l("Give the round a name in both languages, of 3 to 140 characters."),
    "dates": _l(
        "The dates follow one another: evidence, panel, decision, release; the first is still to come."
    ),
    "evidence_due": _l("Choose a day."),
    "panel_due": _l("Choose a day."),
    "decide_due": _l("Choose a day."),
    "release_on": _l("Choose a day."),
    "deciders": _l("One person decides, or two."),
    "jobs": _l("Choose at least one job whose criteria are published."),
    "units": _l("Choose departments within your reach."),
    "days": _l("Between 7 and 90 days."),
    "person": _l("Choose a colleague who works here and is within your reach."),
}
CHANGED = _l("Somebody decided, or changed the round, since you opened this page. Look at it again.")

# All of a round lies within reach: its departments, its reviews, and who may take part in it without one yet; and who
# looks takes no part in it.
WHOLE = f"""
    (NOT {takes_part("CAST(:me AS bigint)")}
     AND (CAST(:everywhere AS boolean) OR EXISTS (SELECT FROM review_round_unit u WHERE u.round_id = o.id)
     AND NOT EXISTS (SELECT FROM review_round_unit u WHERE u.round_id = o.id
                     AND u.unit_id <> ALL(CAST(:reach AS bigint[])))
     AND NOT EXISTS (SELECT FROM review r WHERE r.round_id = o.id
                     AND coalesce(r.department_id <> ALL(CAST(:reach AS bigint[])), true))
     AND NOT EXISTS (SELECT FROM review_round_person v JOIN person p ON p.id = v.person_id AND p.active
                     WHERE v.round_id = o.id AND coalesce(p.department_id <> ALL(CAST(:reach AS bigint[])), true)
                       AND NOT EXISTS (SELECT FROM review r WHERE r.round_id = o.id AND r.person_id = v.person_id))))
"""
_IS_WHOLE = text(f"SELECT {WHOLE} FROM review_round o WHERE o.id = :round")
_OPEN = text("""
    INSERT INTO review_round (name, evidence_due, panel_due, decide_due, release_on, deciders, seen_days, object_days,
                              opened_by, opened_at, once)
    VALUES (:name, :evidence_due, :panel_due, :decide_due, :release_on, :deciders, :seen_days, :object_days, :by, :at,
            :once)
    ON CONFLICT (once) DO NOTHING RETURNING id
""").bindparams(bindparam("name", type_=JSONB))
_SAME = text("SELECT id FROM review_round WHERE once = :once")
_JOBS = text("INSERT INTO review_round_job (round_id, job_id) SELECT :round, unnest(CAST(:ids AS bigint[]))")
_UNITS = text(
    "INSERT INTO review_round_unit (round_id, unit_id) SELECT :round, unnest(CAST(:ids AS bigint[]))"
)
_HOLD = text("SELECT * FROM review_round WHERE id = :round FOR NO KEY UPDATE")
_DATES = text("""
    UPDATE review_round SET name = :name, evidence_due = :evidence_due, panel_due = :panel_due,
           decide_due = :decide_due, release_on = :release_on, version = version + 1 WHERE id = :round
""").bindparams(bindparam("name", type_=JSONB))
_DATES_OF_ALL = text("""
    UPDATE review SET evidence_due = :evidence_due, panel_due = :panel_due, decide_due = :decide_due
    WHERE round_id = :round AND stage IN ('gathering', 'panel', 'deciding')
""")
_SEAT = text("""
    INSERT INTO review_round_panel (round_id, person_id, seat)
    SELECT :round, id, :seat FROM person WHERE id = :person AND active AND erased_at IS NULL
    ON CONFLICT DO NOTHING RETURNING person_id
""")
_UNSEAT = text("""
    DELETE FROM review_round_panel WHERE round_id = :round AND person_id = :person AND seat = :seat RETURNING person_id
""")
_IS_SEATED = text("SELECT 1 FROM person WHERE id = :person AND active AND erased_at IS NULL")
_UP = text("UPDATE review_round SET version = version + 1 WHERE id = :round")
# Who may take part: who does the job one step below in the same family, in the departments of the round.
_ELIGIBLE = text("""
    INSERT INTO review_round_person (round_id, person_id, job_id)
    SELECT :round, p.id, w.job_id
    FROM unnest(CAST(:names AS text[]), CAST(:jobs AS bigint[])) AS w(name, job_id)
    JOIN person p ON lower(p.job) = w.name AND p.active AND p.erased_at IS NULL
    WHERE NOT EXISTS (SELECT FROM review_round_unit u WHERE u.round_id = :round)
       OR EXISTS (SELECT FROM review_round_unit u WHERE u.round_id = :round
                  AND u.unit_id IN (p.department_id, p.team_id))
    ON CONFLICT DO NOTHING
""")
_LIST = text("""
    INSERT INTO review_round_person (round_id, person_id, job_id, listed)
    SELECT :round, p.id, :job, true FROM person p
    WHERE p.id = :person AND p.active AND p.erased_at IS NULL
      AND (CAST(:everywhere AS boolean) OR p.department_id = ANY(CAST(:reach AS bigint[])))
    ON CONFLICT (round_id, person_id, job_id) DO UPDATE SET listed = true RETURNING person_id
""")
_INVITE = text("""
    UPDATE review_round_person SET invited_at = :at
    FROM person p WHERE p.id = person_id AND p.active AND round_id = :round AND invited_at IS NULL
    RETURNING person_id
""")
_INVITED = text(
    "UPDATE review_round SET invited_at = coalesce(invited_at, :at), version = version + 1 WHERE id = :round"
)
_START = text("""
    INSERT INTO review (round_id, person_id, job_id, criteria_id, department_id, asked_by, asked_at, deciders,
                        evidence_due, panel_due, decide_due, seen_days, object_days)
    SELECT o.id, p.id, w.job_id, w.criteria_id, p.department_id, p.id, :at, o.deciders, o.evidence_due, o.panel_due,
           o.decide_due, o.seen_days, o.object_days
    FROM unnest(CAST(:people AS bigint[]), CAST(:jobs AS bigint[]), CAST(:criteria AS bigint[]))
         AS w(person_id, job_id, criteria_id)
    JOIN review_round o ON o.id = :round AND o.released_at IS NULL
    JOIN review_round_person v ON v.round_id = o.id AND v.person_id = w.person_id AND v.job_id = w.job_id
         AND v.invited_at IS NOT NULL
    JOIN person p ON p.id = w.person_id AND p.active AND p.erased_at IS NULL
    WHERE NOT EXISTS (SELECT FROM review r WHERE r.round_id = o.id AND r.person_id = p.id AND r.job_id = w.job_id)
    ON CONFLICT (person_id, job_id) WHERE stage <> 'closed' AND stage <> 'withdrawn' DO NOTHING
    RETURNING id, person_id
""")
# The round's panel and deciders, but nobody on their own review or a rival's, and nobody whom its holder leads.
_SEATS = text(f"""
    WITH RECURSIVE above(seated, boss, depth) AS (
        SELECT p.id, p.manager_id, 1 FROM person p
        WHERE p.id IN (SELECT person_id FROM review_round_panel WHERE round_id = ANY(CAST(:rounds AS bigint[])))
        UNION ALL
        SELECT above.seated, p.manager_id, above.depth + 1 FROM above JOIN person p ON p.id = above.boss
        WHERE above.depth < 20)
    INSERT INTO review_seat (review_id, person_id, seat, holder_id, named_by, named_at)
    SELECT r.id, s.person_id, s.seat, r.person_id, o.opened_by, :at
    FROM review r JOIN review_round o ON o.id = r.round_id JOIN review_round_panel s ON s.round_id = o.id
    JOIN person p ON p.id = s.person_id AND p.active AND p.erased_at IS NULL
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND s.person_id <> r.person_id
      AND (CAST(:person AS bigint) IS NULL OR s.person_id = :person)
      AND (r.stage IN ('gathering', 'panel') OR r.stage = 'deciding' AND s.seat = 'decider')
      AND NOT EXISTS (SELECT FROM above WHERE above.seated = s.person_id AND above.boss = r.person_id)
      AND NOT {among("s.person_id")}
    ON CONFLICT DO NOTHING RETURNING review_id, person_id, seat
""")
_UNDERWAY = text("""
    SELECT id FROM review WHERE round_id = :round AND stage IN ('gathering', 'panel', 'deciding') ORDER BY id
""")
_OF_ROUND = text("SELECT id, person_id, stage, version FROM review WHERE round_id = :round ORDER BY id")
_RELEASED = text("UPDATE review_round SET released_at = :at, version = version + 1 WHERE id = :round")
_DUE = text("SELECT id FROM review_round WHERE released_at IS NULL AND release_on <= :today ORDER BY id")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRound:
    """A round as HR says it. `units`: none of them means everywhere."""

    name: dict[str, str]
    jobs: Collection[int]
    units: Collection[int] = ()
    evidence_due: date
    panel_due: date
    decide_due: date
    release_on: date
    deciders: int = 1
    seen_days: int = rules.SEEN_DAYS
    object_days: int = rules.OBJECT_DAYS

    @property
    def columns(self) -> dict[str, Any]:
        names = (
            "evidence_due",
            "panel_due",
            "decide_due",
            "release_on",
            "deciders",
            "seen_days",
            "object_days",
        )
        return {"name": self.name, **{name: getattr(self, name) for name in names}}


def _refuse(field: str) -> Refused:
    return Refused(WRONG[field], fields={field: WRONG[field]})


def _checked(said: NewRound, reach: set[int] | None, at: datetime) -> None:
    wrong = rules.wrong_with_round(
        said.name, said.evidence_due, said.panel_due, said.decide_due, said.release_on, _day(at)
    )
    if wrong:
        raise _refuse(wrong)
    if said.deciders not in (1, 2):
        raise _refuse("deciders")
    if not (7 <= said.seen_days <= 90 and 7 <= said.object_days <= 90):
        raise _refuse("days")
    if not said.jobs or set(said.jobs) - careers.current_criteria(said.jobs).keys():
        raise _refuse("jobs")
    if reach is not None and (not said.units or set(said.units) - reach):
        raise _refuse("units")


def _day(at: datetime) -> date:
    return at.astimezone(timezone()).date()


def open_round(said: NewRound, *, by: int, reach: set[int] | None, at: datetime) -> int:
    """Open a round and find who may take part; nobody is told yet. `reach`: departments of this HR, None for all."""
    return open_once(said, once=None, by=by, reach=reach, at=at)[0]


def open_once(
    said: NewRound, *, once: str | None, by: int, reach: set[int] | None, at: datetime
) -> tuple[int, bool]:
    """The same with a key of who opens it: the same key opens it once. Says whether it is new."""
    _checked(said, reach, at)
    told = {**said.columns, "by": by, "at": at, "once": f"{by}:{once}" if once else None}
    round_id = int(db.session.scalar(_OPEN, told) or 0)
    if not round_id:
        return int(db.session.scalar(_SAME, {"once": told["once"]}) or 0), False
    db.session.execute(_JOBS, {"round": round_id, "ids": array(sorted(set(said.jobs)))})
    if said.units:
        db.session.execute(_UNITS, {"round": round_id, "ids": array(sorted(set(said.units)))})
    _find(round_id, said.jobs)
    return round_id, True


def _find(round_id: int, jobs: Iterable[int]) -> None:
    """By the name that a job has in the HR file: the jobs one step below, in the same family."""
    known, wanted = careers.jobs(), set(jobs)
    names: list[tuple[str, int]] = []
    for asked in (one for one in known if one.id in wanted):
        below = [one for one in known if one.family_id == asked.family_id and one.level < asked.level]
        step = max((one.level for one in below), default=0)
        names += [(name.lower(), asked.id) for one in below if one.level == step for name in one.known_as]
    told = {
        "round": round_id,
        "names": array(name for name, _ in names),
        "jobs": array(job for _, job in names),
    }
    db.session.execute(_ELIGIBLE, told)


def hold(round_id: int) -> Any:
    """The round, which nobody else changes before this transaction ends."""
    row = db.session.execute(_HOLD, {"round": round_id}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def _must_be_whole(round_id: int, by: int | None, reach: set[int] | None) -> None:
    """HR of some departments changes and releases what lies within them as a whole; the rest is HR's of all. Of HR
    that takes part in it, nobody does."""
    told = {"me": by, "round": round_id, "everywhere": reach is None, "reach": array(sorted(reach or ()))}
    if not db.session.scalar(_IS_WHOLE, told):
        raise NotFound(NOT_THERE)


def change(
    round_id: int,
    said: NewRound,
    *,
    version: int,
    reach: set[int] | None,
    at: datetime,
    by: int | None = None,
) -> None:
    """Other dates or another name, for the round and for its reviews that are still underway."""
    row = hold(round_id)
    _must_be_whole(round_id, by, reach)
    if row.released_at is not None:
        raise Conflict(NOT_NOW)
    if row.version != version:
        raise Conflict(CHANGED)
    wrong = rules.wrong_with_round(
        said.name, said.evidence_due, said.panel_due, said.decide_due, said.release_on,
        min(_day(at), row.evidence_due),
    )  # fmt: skip
    if wrong:
        raise _refuse(wrong)
    told = {**said.columns, "round": round_id}
    db.session.execute(_DATES, told)
    db.session.execute(_DATES_OF_ALL, told)


# Who sits, who may take part ------------------------------------------------------------------------------------


def name_seat(round_id: int, *, person_id: int, seat: str, at: datetime) -> None:
    """Ask somebody to sit on the panels of a round, or to decide in it; in reviews that began too."""
    if seat not in rules.SEATS:
        raise Refused(SEATS["seat"], fields={"seat": SEATS["seat"]})
    row = hold(round_id)
    if row.released_at is not None:
        raise Conflict(NOT_NOW)
    rivals.must_fit_round(round_id, person_id)
    told = {"round": round_id, "person": person_id, "seat": seat}
    if db.session.scalar(_SEAT, told) is None:
        if db.session.scalar(_IS_SEATED, {"person": person_id}) is None:
            raise Refused(SEATS["person"], fields={"person": SEATS["person"]})
        return
    db.session.execute(_UP, {"round": round_id})
    _seat(list(db.session.scalars(_UNDERWAY, {"round": round_id})), round_id, at, person_id)


def drop_seat(round_id: int, *, person_id: int, seat: str) -> None:
    """Reviews that begin from now on go without. In those that began, HR takes them off one by one."""
    hold(round_id)
    if db.session.scalar(_UNSEAT, {"round": round_id, "person": person_id, "seat": seat}) is None:
        raise NotFound(NOT_THERE)
    db.session.execute(_UP, {"round": round_id})


def _seat(review_ids: Sequence[uuid.UUID], round_id: int, at: datetime, person_id: int | None = None) -> None:
    told = {"ids": array(review_ids), "rounds": array([round_id]), "person": person_id, "at": at}
    seated = db.session.execute(_SEATS, told).all() if review_ids else []
    if not seated:
        return
    write([(row.review_id, row.person_id, f"named_{row.seat}") for row in seated], at)
    publish(
        ReviewSeatNamed(person_id=row.person_id, review_id=row.review_id, round_id=round_id, seat=row.seat)
        for row in {(row.person_id, row.seat): row for row in seated}.values()
    )


def list_person(
    round_id: int, *, person_id: int, job_id: int, reach: set[int] | None, jobs: Collection[int]
) -> None:
    """HR adds somebody who does another job now."""
    hold(round_id)
    told = {"round": round_id, "person": person_id, "job": job_id}
    scope = {"everywhere": reach is None, "reach": array(sorted(reach or ()))}
    if job_id not in jobs or db.session.scalar(_LIST, {**told, **scope}) is None:
        raise _refuse("person")


def invite(round_id: int, *, at: datetime) -> int:
    """Tell all who may take part and were not told yet; returns how many."""
    row = hold(round_id)
    if row.released_at is not None:
        raise Conflict(NOT_NOW)
    told = list(db.session.scalars(_INVITE, {"round": round_id, "at": at}))
    db.session.execute(_INVITED, {"round": round_id, "at": at})
    publish(ReviewInvited(person_id=one, round_id=round_id) for one in sorted(set(told)))
    return len(told)


def start(round_id: int, wanted: Sequence[tuple[int, int]], *, at: datetime) -> dict[int, uuid.UUID]:
    """Begin the reviews of invited people (person, job), against what the job asks now. A second time is no fault.

    Seats that they have about others for the same job fall, and they keep nothing of the round as HR.
    """
    hold(round_id)
    criteria = careers.current_criteria({job for _, job in wanted})
    known = [(person, job, criteria[job].id) for person, job in sorted(set(wanted)) if job in criteria]
    told = {
        "round": round_id, "at": at, "people": array(one[0] for one in known),
        "jobs": array(one[1] for one in known), "criteria": array(one[2] for one in known),
    }  # fmt: skip
    made = {row.person_id: row.id for row in db.session.execute(_START, told)}
    if made:
        rivals.must_be_kept(round_id, made)
        write([(review, person, "accepted") for person, review in made.items()], at)
        _seat(sorted(made.values()), round_id, at)
        panel.complete(rivals.fall(round_id, made, at=at), at=at)
    return made


UNDERWAY = _l("You have a review for this job already. Finish it, or withdraw it, and then take part.")


def begun(made: dict[int, uuid.UUID], person_id: int, before: uuid.UUID | None) -> uuid.UUID:
    """The review that somebody has in a round now; one outside of it is in the way, and is not taken for it."""
    found = made.get(person_id) or before
    if found is None:
        raise Conflict(UNDERWAY)
    return found


# Release --------------------------------------------------------------------------------------------------------


def mark_of(rows: Iterable[Any]) -> str:
    """What somebody who releases a round has read: which of its reviews are decided, and which are not."""
    told = "\n".join(sorted(f"{row.id} {row.stage}" for row in rows))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def release(round_id: int, *, by: int | None, mark: str | None, at: datetime) -> int:
    """Let all decisions of a round be read at this moment, all or none. `mark` is what HR had before them.

    What is not decided is released as it is signed, one by one.
    """
    people = db.session.execute(_OF_ROUND, {"round": round_id}).all()
    lock_people(row.person_id for row in people)
    row = hold(round_id)
    _must_be_whole(round_id, by, None if by is None else hr_reach(by))
    if row.released_at is not None:
        raise Conflict(_l("This round was released already."))
    rows = db.session.execute(_OF_ROUND, {"round": round_id}).all()
    if mark is not None and mark != mark_of(rows):
        raise Conflict(CHANGED)
    db.session.execute(_RELEASED, {"round": round_id, "at": at})
    decided = [one for one in rows if one.stage == "decided"]
    if decided:
        deciding.release([one.id for one in decided], by=by, at=at)
    return len(decided)


def due(*, today: date) -> list[int]:
    """Rounds whose day of release has come."""
    return list(db.session.scalars(_DUE, {"today": today}))
