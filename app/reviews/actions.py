"""What can be done with a file: ask for it, gather in it, propose, say, ask what colleagues saw, complete, withdraw.

Each holds the row of the review before it writes, so that what comes at once comes one after the other.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.audit import actions as audit
from app.careers import queries as careers
from app.config import timezone
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import (
    EvidenceComplete,
    EvidenceProposed,
    ObservationAnswered,
    ObservationAsked,
    ReviewAsked,
    ReviewWithdrawn,
)
from app.outbox import publish
from app.people.queries import is_manager_of
from app.reviews import holding, queries, rules
from app.reviews.touching import NOT_THERE, closed_up, hold, hold_all, must_be, touched, up

WRONG = {
    "job": _l("Choose a job that asks something which was published."),
    "thing": _l("Choose something that you hold now."),
    "title": _l("Give it a title of 2 to 160 characters."),
    "link": _l("Give a link that begins with https://."),
    "text": _l("Write between 3 and 4,000 characters."),
    "words": _l("Write between 3 and 4,000 characters."),
    "question": _l("Ask in 3 to 500 characters."),
    "who": _l("Choose a colleague."),
    "observed_on": _l("Choose a day that is over, or today."),
    "document": _l("Give a link or a text, or both."),
}
ALREADY = _l("A review for this job is underway already.")
FULL = _l("A file holds at most 60 pieces. Take one back first.")
NOT_COUNTED = _l("For this criterion that does not count as evidence.")
MANY_ASKED = _l("You asked as many colleagues as one review allows.")
SAY_WHY = _l("This review is over. Say first why you open it; the employee reads that.")
CHANGED = _l("Your words were changed in another window. Below are both; keep what you want.")


# Asking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A single review: somebody asks for it, for themselves or as their manager."""

    person_id: int
    job_id: int
    asked_by: int


_START = text("""
    INSERT INTO review (person_id, job_id, criteria_id, department_id, asked_by, asked_at,
                        evidence_due, panel_due, decide_due)
    SELECT id, :job, :criteria, department_id, :by, :at, :evidence, :panel, :decide
    FROM person WHERE id = :person AND active AND erased_at IS NULL
    ON CONFLICT (person_id, job_id) WHERE stage <> 'closed' AND stage <> 'withdrawn' DO NOTHING
    RETURNING id
""")
_HERE = text(
    "SELECT count(*) FROM person WHERE id = ANY(CAST(:ids AS bigint[])) AND active AND erased_at IS NULL"
)


def start(items: Sequence[NewReview], *, at: datetime) -> list[uuid.UUID]:
    """Ask for these reviews, against what each job asks now. Of two for one person and job, the second is refused."""
    lock_people(item.person_id for item in items)
    asked = careers.current_criteria(item.job_id for item in items)
    known = {job.id for job in careers.jobs()}
    does = careers.job_of(item.person_id for item in items)
    made = []
    for item in items:
        if item.asked_by != item.person_id and not is_manager_of(item.asked_by, item.person_id):
            raise NotFound(NOT_THERE)
        mine = does.get(item.person_id)
        if item.job_id not in known or item.job_id not in asked or (mine and mine.id == item.job_id):
            raise Refused(WRONG["job"], fields={"job": WRONG["job"]})
        made.append(_start(item, asked[item.job_id].id, at))
    touched([(one, item.asked_by, "asked") for one, item in zip(made, items, strict=True)], at)
    publish(
        ReviewAsked(person_id=item.person_id, review_id=one, by=item.asked_by)
        for one, item in zip(made, items, strict=True)
    )
    return made


def _start(item: NewReview, criteria_id: int, at: datetime) -> uuid.UUID:
    evidence, panel, decide = rules.dues(_day(at))
    told = {
        "person": item.person_id, "job": item.job_id, "criteria": criteria_id, "by": item.asked_by, "at": at,
        "evidence": evidence, "panel": panel, "decide": decide,
    }  # fmt: skip
    made: uuid.UUID | None = db.session.scalar(_START, told)
    if made is None and db.session.scalar(_HERE, {"ids": array([item.person_id])}):
        raise Conflict(ALREADY)
    if made is None:
        raise NotFound(NOT_THERE)
    return made


_EMPTIED = (
    "DELETE FROM review_proposal WHERE review_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM review_evidence WHERE review_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM review_observation WHERE review_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM review_assessment WHERE review_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM review_decision WHERE review_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM review_step WHERE review_id = ANY(CAST(:ids AS uuid[])) AND what <> 'asked'",
)
_END = text("""
    UPDATE review SET stage = 'withdrawn', own_words = NULL, own_words_at = NULL, own_words_draft = NULL,
                      gathered_at = NULL, assessed_at = NULL, decided_at = NULL, closed_at = :at
    WHERE id = ANY(CAST(:ids AS uuid[]))
""")
_UNSEAT = text("""
    DELETE FROM review_seat WHERE review_id = ANY(CAST(:ids AS uuid[])) RETURNING review_id, person_id, stepped_aside_at
""")


def withdraw(review_id: uuid.UUID, *, by: int, at: datetime) -> None:
    """Its holder ends it, before anything is decided: what it held goes, that it was asked for stays."""
    row = _own(review_id, by)
    must_be(row, *rules.BEFORE_THE_DECISION)
    _empty([row.id], by, at)


def forget(person_ids: Iterable[int], *, at: datetime) -> None:
    """Who is erased: what is underway ends as withdrawn. What was decided stays in its dossier until its term."""
    rows = db.session.execute(_UNDERWAY, {"ids": array(sorted(set(person_ids)))}).all()
    held = [row for row in hold_all(row.id for row in rows) if row.stage in rules.BEFORE_THE_DECISION]
    if held:
        _empty([row.id for row in held], None, at)


_UNDERWAY = text("""
    SELECT id FROM review
    WHERE person_id = ANY(CAST(:ids AS bigint[])) AND stage IN ('gathering', 'panel', 'deciding') ORDER BY id
""")


def _empty(review_ids: Sequence[uuid.UUID], by: int | None, at: datetime) -> None:
    told = {"ids": array(review_ids)}
    for sql in _EMPTIED:
        db.session.execute(text(sql), told)
    seats = db.session.execute(_UNSEAT, told).all()
    db.session.execute(_END, {**told, "at": at})
    touched([(one, by, "withdrawn") for one in review_ids], at)
    sitting = sorted({(seat.person_id, seat.review_id) for seat in seats if seat.stepped_aside_at is None})
    publish(ReviewWithdrawn(person_id=person, review_id=review) for person, review in sitting)


# Gathering ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvidence:
    """What its holder releases for a criterion: something they hold, by its name, or a document of their own."""

    criterion_id: int
    thing: str = ""
    title: str = ""
    text: str = ""
    link: str = ""


_RELEASE = text("""
    INSERT INTO review_evidence (review_id, criterion_id, kind, thing, holder_id, released_by, released_at, sealed)
    VALUES (:review, :criterion, :kind, :thing, :holder, :holder, :at, :sealed)
    ON CONFLICT (criterion_id, review_id, thing) DO NOTHING RETURNING id
""")
_NUMBER = text("SELECT count(*) FROM review_evidence WHERE review_id = :review")
_ANSWERED = text(
    "DELETE FROM review_proposal WHERE review_id = :review AND criterion_id = :criterion AND thing = :thing"
)
_TAKE_BACK = text("""
    DELETE FROM review_evidence WHERE review_id = :review AND id = ANY(CAST(:ids AS bigint[])) RETURNING id
""")


def release(review_id: uuid.UUID, items: Sequence[NewEvidence], *, by: int, at: datetime) -> list[int]:
    """Put these into the file; only its holder can. What stands there already stays as it is."""
    row = _gathering(review_id, by)
    return _release(row, items, at)


def _release(row: Any, items: Sequence[NewEvidence], at: datetime) -> list[int]:
    asked = {one.id: one for one in careers.criteria([row.criteria_id])[row.criteria_id].items}
    held = holding.named((row.id, row.person_id, item.thing) for item in items if item.thing)
    made: list[int] = []
    for item in items:
        criterion = asked.get(item.criterion_id)
        if criterion is None:
            raise NotFound(NOT_THERE)
        kind, thing, sealed = _checked(row, item, held.get((row.person_id, item.thing)))
        if not rules.counts(criterion.evidence, kind):
            raise Refused(NOT_COUNTED, fields={"thing": NOT_COUNTED})
        told = {"review": row.id, "criterion": criterion.id, "thing": thing}
        db.session.execute(_ANSWERED, told)
        more = {"kind": kind, "holder": row.person_id, "at": at, "sealed": sealed}
        made += db.session.scalars(_RELEASE, {**told, **more}).all()
    if (db.session.scalar(_NUMBER, {"review": row.id}) or 0) > rules.MOST:
        raise Refused(FULL, fields={"thing": FULL})
    if made:
        up([row.id], at)
    return made


def _checked(row: Any, item: NewEvidence, held: holding.Thing | None) -> tuple[str, str, bytes | None]:
    """Kind and name of what is released, and the sealed words of a document."""
    if not item.thing:
        return "document", f"document:{uuid.uuid4()}", _document(row, item)
    fits = held is not None and held.stands and held.criterion_id in (None, item.criterion_id)
    if held is None or not fits:
        raise Refused(WRONG["thing"], fields={"thing": WRONG["thing"]})
    return held.kind, held.thing, None


def _document(row: Any, item: NewEvidence) -> bytes:
    title, words, link = " ".join(item.title.split()), item.text.strip(), item.link.strip()
    wrong = {}
    if not rules.TITLE[0] <= len(title) <= rules.TITLE[1]:
        wrong["title"] = WRONG["title"]
    if link and not _is_link(link):
        wrong["link"] = WRONG["link"]
    if words and not rules.TEXT[0] <= len(words) <= rules.TEXT[1]:
        wrong["text"] = WRONG["text"]
    if not words and not link:
        wrong["text"] = WRONG["document"]
    if wrong:
        raise Refused(next(iter(wrong.values())), fields=wrong)
    return closed_up(json.dumps({"title": title, "text": words, "link": link}), row)


def _is_link(link: str) -> bool:
    try:
        found = urlsplit(link)
    except ValueError:
        return False
    return found.scheme == "https" and bool(found.hostname) and len(link) <= 500 and not found.username


def take_back(review_id: uuid.UUID, evidence_ids: Sequence[int], *, by: int, at: datetime) -> None:
    """Take these out of the file, as long as the panel has not begun."""
    row = _gathering(review_id, by)
    gone = db.session.scalars(_TAKE_BACK, {"review": row.id, "ids": array(evidence_ids)}).all()
    if len(gone) != len(set(evidence_ids)):
        raise NotFound(NOT_THERE)
    up([row.id], at)


# Proposing: the row goes when it is answered, and no answer leaves a mark ---------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProposal:
    """HR names a badge or an activity, never a thing of somebody's: HR does not learn here who has it."""

    criterion_id: int
    kind: str
    slug: str


_AWARD = text("""
    SELECT 'badge:' || w.id FROM award w JOIN achievement a ON a.id = w.achievement_id
    WHERE w.person_id = :person AND a.slug = :slug AND w.revoked_at IS NULL
      AND w.in_review -- only what somebody says may be used in their review is brought up there by others
    ORDER BY w.tier DESC, w.earned_at DESC LIMIT 1
""")
_COMPLETION = text("""
    SELECT 'completion:' || c.id FROM completion c JOIN activity a ON a.id = c.activity_id
    WHERE c.person_id = :person AND a.slug = :slug AND c.state = 'confirmed' ORDER BY c.completed_at DESC LIMIT 1
""")
_PROPOSE = text("""
    INSERT INTO review_proposal (review_id, criterion_id, kind, thing, proposed_by, proposed_at)
    SELECT :review, :criterion, :kind, :thing, :by, :at
    WHERE NOT EXISTS (SELECT FROM review_evidence
                      WHERE review_id = :review AND criterion_id = :criterion AND thing = :thing)
    ON CONFLICT (review_id, criterion_id, thing) DO NOTHING RETURNING id
""")
_PROPOSAL = text("SELECT * FROM review_proposal WHERE id = :proposal")
_DROP_PROPOSAL = text("DELETE FROM review_proposal WHERE id = :proposal RETURNING id")


def propose(review_id: uuid.UUID, items: Sequence[NewProposal], *, by: int, at: datetime) -> None:
    """Propose to its holder. Whoever proposes hears the same whether they have it, and whatever they answer."""
    row = hold(review_id)
    must_be(row, "gathering")
    asked = {one.id: one for one in careers.criteria([row.criteria_id])[row.criteria_id].items}
    for item in items:
        criterion = asked.get(item.criterion_id)
        if criterion is None or item.kind not in rules.PROPOSABLE or row.person_id == by:
            raise NotFound(NOT_THERE)
        if not rules.counts(criterion.evidence, item.kind):
            raise Refused(NOT_COUNTED, fields={"thing": NOT_COUNTED})
        found = _AWARD if item.kind == "badge" else _COMPLETION
        thing = db.session.scalar(found, {"person": row.person_id, "slug": item.slug})
        if thing is None:
            continue
        told = {
            "review": row.id,
            "criterion": criterion.id,
            "kind": item.kind,
            "thing": thing,
            "by": by,
            "at": at,
        }
        made = db.session.scalar(_PROPOSE, told)
        if made is not None:
            publish([EvidenceProposed(person_id=row.person_id, review_id=row.id, proposal_id=made)])


def answer_proposal(review_id: uuid.UUID, proposal_id: int, *, accept: bool, by: int, at: datetime) -> None:
    """Accepted, it stands in the file as if its holder had thought of it; either way the proposal is gone."""
    row = _gathering(review_id, by)
    found = db.session.execute(_PROPOSAL, {"proposal": proposal_id}).one_or_none()
    if found is None or found.review_id != row.id:
        raise NotFound(NOT_THERE)
    if accept:
        _release(row, [NewEvidence(criterion_id=found.criterion_id, thing=found.thing)], at)
    db.session.execute(_DROP_PROPOSAL, {"proposal": proposal_id})


# Own words ------------------------------------------------------------------------------------------------------

_DRAFT = text("UPDATE review SET own_words_draft = :sealed WHERE id = :review")
_FILE_WORDS = text("""
    UPDATE review SET own_words = :sealed, own_words_at = :at, own_words_draft = NULL
    WHERE id = :review
""")


class WordsChanged(Conflict):
    """Somebody, most likely oneself, wrote in another window. `now` is what stands."""

    def __init__(self, now: str) -> None:
        super().__init__(CHANGED)
        self.now = now


def write_words(
    review_id: uuid.UUID, words: str, *, file: bool, by: int, at: datetime, was: str | None = None
) -> None:
    """Keep a draft that only its writer sees, or put it into the file. `was` names what one began from."""
    row = _gathering(review_id, by)
    words = words.strip()
    stands = queries.words_of(row)
    if was is not None and was != rules.mark_of(stands.current):
        raise WordsChanged(stands.current)
    if file and not words and stands.filed:
        db.session.execute(_FILE_WORDS, {"review": row.id, "sealed": None, "at": None})
        up([row.id], at)
        return
    if len(words) > rules.TEXT[1] or (file and len(words) < rules.TEXT[0]):
        raise Refused(WRONG["words"], fields={"words": WRONG["words"]})
    sealed = closed_up(words, row)
    if file:
        db.session.execute(_FILE_WORDS, {"review": row.id, "sealed": sealed, "at": at})
        up([row.id], at)
    else:
        db.session.execute(_DRAFT, {"review": row.id, "sealed": sealed})


# What colleagues saw ----------------------------------------------------------------------------------------------

_ASK = text("""
    INSERT INTO review_observation (review_id, criterion_id, observer_id, question, asked_at)
    VALUES (:review, :criterion, :observer, :question, :at)
    ON CONFLICT (review_id, criterion_id, observer_id) DO NOTHING RETURNING id
""")
_ASKED = text("SELECT count(*) FROM review_observation WHERE review_id = :review")
_UNASK = text("""
    DELETE FROM review_observation WHERE id = :observation AND review_id = :review AND filed_at IS NULL RETURNING id
""")
_OBSERVATION = text("SELECT * FROM review_observation WHERE id = :observation AND observer_id = :me")
_OBSERVE = text("""
    UPDATE review_observation SET sealed = :sealed, observed_on = :on, filed_at = :filed, declined_at = NULL
    WHERE id = :observation
""")
_DECLINE = text(
    "UPDATE review_observation SET declined_at = :at, sealed = NULL, observed_on = NULL WHERE id = :observation"
)


def ask_colleagues(
    review_id: uuid.UUID,
    *,
    criterion_id: int,
    observer_ids: Sequence[int],
    question: str,
    by: int,
    at: datetime,
) -> list[int]:
    """Ask these what they saw of a criterion. Each is asked once; who is asked already is passed over."""
    row = _gathering(review_id, by)
    question = question.strip()
    asked = {one.id: one for one in careers.criteria([row.criteria_id])[row.criteria_id].items}
    if criterion_id not in asked:
        raise NotFound(NOT_THERE)
    if not rules.counts(asked[criterion_id].evidence, "observation"):
        raise Refused(NOT_COUNTED, fields={"who": NOT_COUNTED})
    if not rules.QUESTION[0] <= len(question) <= rules.QUESTION[1]:
        raise Refused(WRONG["question"], fields={"question": WRONG["question"]})
    wanted = sorted(set(observer_ids))
    here = db.session.scalar(_HERE, {"ids": array(wanted)}) if wanted else 0
    if not wanted or row.person_id in wanted or here != len(wanted):
        raise Refused(WRONG["who"], fields={"who": WRONG["who"]})
    told = {"review": row.id, "criterion": criterion_id, "question": closed_up(question, row), "at": at}
    made = [(one, db.session.scalar(_ASK, {**told, "observer": one})) for one in wanted]
    if (db.session.scalar(_ASKED, {"review": row.id}) or 0) > rules.MOST_ASKED:
        raise Refused(MANY_ASKED, fields={"who": MANY_ASKED})
    publish(ObservationAsked(person_id=who, review_id=row.id, observation_id=id) for who, id in made if id)
    return [id for _, id in made if id]


def unask(review_id: uuid.UUID, observation_id: int, *, by: int) -> None:
    """Take a question back, as long as its answer was not filed; what was drafted goes with it."""
    row = _own(review_id, by)
    if db.session.scalar(_UNASK, {"observation": observation_id, "review": row.id}) is None:
        raise NotFound(NOT_THERE)


def observe(observation_id: int, words: str, *, on: date | None, file: bool, by: int, at: datetime) -> None:
    """A colleague writes what they saw; a draft is theirs until it is filed, and then it is not changed any more."""
    row = _to_observe(observation_id, by)
    words = words.strip()
    if len(words) > rules.TEXT[1] or (file and len(words) < rules.TEXT[0]):
        raise Refused(WRONG["words"], fields={"words": WRONG["words"]})
    if on is not None and on > _day(at):
        raise Refused(WRONG["observed_on"], fields={"observed_on": WRONG["observed_on"]})
    told = {
        "observation": observation_id,
        "on": on,
        "sealed": closed_up(words, row),
        "filed": at if file else None,
    }
    db.session.execute(_OBSERVE, told)
    if file:
        publish(
            [ObservationAnswered(person_id=row.person_id, review_id=row.id, observation_id=observation_id)]
        )


def decline_to_observe(observation_id: int, *, by: int, at: datetime) -> None:
    """A colleague rather does not say; no reason is asked, and nothing of a draft is kept."""
    row = _to_observe(observation_id, by)
    db.session.execute(_DECLINE, {"observation": observation_id, "at": at})
    publish([ObservationAnswered(person_id=row.person_id, review_id=row.id, observation_id=observation_id)])


def _to_observe(observation_id: int, by: int) -> Any:
    """The review, held, of an observation that this colleague was asked for and did not answer yet."""
    asked = db.session.execute(_OBSERVATION, {"observation": observation_id, "me": by}).one_or_none()
    if asked is None:
        raise NotFound(NOT_THERE)
    row = hold(asked.review_id)
    again = db.session.execute(_OBSERVATION, {"observation": observation_id, "me": by}).one_or_none()
    if again is None:
        raise NotFound(NOT_THERE)
    must_be(row, "gathering")
    if again.filed_at or again.declined_at:
        raise Conflict(_l("You have answered this already."))
    return row


# Complete ---------------------------------------------------------------------------------------------------------

_COMPLETE = text("UPDATE review SET gathered_at = :at, stage = :stage WHERE id = :review")
_PANEL = text("""
    SELECT EXISTS (SELECT FROM review_seat
                   WHERE review_id = :review AND seat = 'member' AND stepped_aside_at IS NULL)
""")


def complete(review_id: uuid.UUID, *, by: int, at: datetime) -> None:
    """The holder says: my evidence is complete. A panel that is named begins; else it waits for one."""
    row = _gathering(review_id, by)
    if row.gathered_at is not None:
        raise Conflict(_l("You have said that already."))
    panel = bool(db.session.scalar(_PANEL, {"review": row.id}))
    stage = "panel" if panel else "gathering"
    db.session.execute(_COMPLETE, {"review": row.id, "at": at, "stage": stage})
    touched([(row.id, by, "gathered")], at)
    publish([EvidenceComplete(person_id=row.person_id, review_id=row.id)])


def give_reason(review_id: uuid.UUID, *, by: int, person_id: int, reason: str, at: datetime) -> None:
    """HR says why they open a review that is over: the person reads it."""
    if not rules.QUESTION[0] <= len(reason.strip()) <= rules.QUESTION[1]:
        raise Refused(WRONG["question"], fields={"reason": WRONG["question"]})
    audit.write(
        "review:opened", at=at, actor_id=by, person_id=person_id,
        detail={"review": str(review_id), "reason": reason.strip()},
    )  # fmt: skip


def _own(review_id: uuid.UUID, by: int) -> Any:
    """The review, held, if it is this person's own."""
    row = hold(review_id)
    if row.person_id != by:
        raise NotFound(NOT_THERE)
    return row


def _gathering(review_id: uuid.UUID, by: int) -> Any:
    row = _own(review_id, by)
    must_be(row, "gathering")
    return row


def _day(at: datetime) -> date:
    return at.astimezone(timezone()).date()
