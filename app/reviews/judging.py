"""What was judged in a review, as one viewer may read it.

What the panel says is everybody's once the whole panel has handed in, and until then its writers' only. What was
decided is everybody's once it is released; who decides reads it as it is signed. Nothing else depends on who asks, so
HR and the employee read the same at every moment.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.config import timezone
from app.db import db
from app.people.queries import keys_of
from app.reviews import dossier, rules
from app.reviews.queries import File, Open
from app.reviews.sealing import plain

_VERDICTS = text("""
    SELECT a.criterion_id, a.person_id, a.verdict, a.sealed, p.name FROM review_assessment a
    JOIN person p ON p.id = a.person_id
    JOIN review_seat s ON s.review_id = a.review_id AND s.person_id = a.person_id AND s.seat = 'member'
         AND s.handed_in_at IS NOT NULL
    WHERE a.review_id = :review ORDER BY p.sort_name, p.id
""")
_DRAFTS = text("""
    SELECT criterion_id, verdict, sealed, version FROM review_assessment
    WHERE review_id = :review AND person_id = :me
""")
_DECISIONS = text("""
    SELECT d.*, p.name FROM review_decision d JOIN person p ON p.id = d.person_id
    WHERE d.review_id = :review AND (d.signed_at IS NOT NULL AND :all OR d.person_id = :me)
    ORDER BY d.signed_at NULLS LAST, p.sort_name
""")
_OBJECTION = text("""
    SELECT o.*, p.name FROM review_objection o LEFT JOIN person p ON p.id = o.handler_id WHERE o.review_id = :review
    ORDER BY o.number DESC
""")
_SIGNED = text("SELECT person_id FROM review_decision WHERE review_id = :review AND signed_at IS NOT NULL")
# What somebody wrote about colleagues, and whether they may still open that file (decision 42).
_SITS = """EXISTS (SELECT FROM review_seat s WHERE s.review_id = w.review_id AND s.person_id = :me AND s.seat = '{}'
    AND s.stepped_aside_at IS NULL)"""
_WRITTEN = text(f"""
    SELECT w.*, r.person_id, p.name AS person, c.text AS criterion FROM (
        SELECT 'assessed' AS what, w.review_id, w.criterion_id, w.verdict AS outcome, w.sealed, w.written_at,
               {_SITS.format("member")} AS stays FROM review_assessment w WHERE w.person_id = :me
        UNION ALL
        SELECT 'decided', w.review_id, NULL, w.outcome, w.sealed, w.written_at, {_SITS.format("decider")}
        FROM review_decision w WHERE w.person_id = :me
        UNION ALL
        SELECT 'handled', w.review_id, NULL, w.outcome, w.answer, w.handled_at, true
        FROM review_objection w WHERE w.handler_id = :me
    ) AS w JOIN review r ON r.id = w.review_id JOIN person p ON p.id = r.person_id
    LEFT JOIN criterion c ON c.id = w.criterion_id
    WHERE w.sealed IS NOT NULL ORDER BY w.written_at, w.review_id, w.criterion_id
""")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a member says of a criterion."""

    person_id: int
    name: str
    verdict: str | None
    words: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided, or is still writing (`signed_at` None: for their own eyes)."""

    person_id: int
    name: str
    outcome: str | None
    words: str
    from_on: date | None
    plan_on: date | None
    signed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection with its answer."""

    words: str
    filed_at: datetime
    handler_id: int | None
    handler: str | None
    outcome: str | None
    answer: str | None
    handled_at: datetime | None

    @property
    def due(self) -> date:
        """By when it is answered."""
        return self.filed_at.astimezone(timezone()).date() + timedelta(days=rules.HANDLE_DAYS)


@dataclass(frozen=True, slots=True)
class Judged:
    """All of it. `verdicts` by criterion; `drafts` are the viewer's own, by criterion."""

    verdicts: Mapping[int, Sequence[Verdict]]
    drafts: Mapping[int, Verdict]
    decisions: Sequence[Decided]
    draft: Decided | None
    signed: frozenset[int]
    answer: str | None
    objection: Objection | None  # to the decision that stands now, or the latest while there is none
    earlier: Sequence[Objection]  # to decisions that were taken anew since, the latest first
    object_until: date | None
    sign_until: date | None
    dossiers: Sequence[Any]

    @property
    def differs(self) -> bool:
        """Two signed, and not the same."""
        return len({(one.outcome, one.from_on) for one in self.decisions}) > 1


def of(seen: Open, me: int) -> Judged:
    """What this viewer may read. `seen` says as what they may open the review; nobody in particular writes nothing."""
    row = seen.row
    key = keys_of([row.person_id]).get(row.person_id)
    told = {"review": row.id, "me": me}
    decided = _decided(seen, key, told)
    objections = _objections(row, key)
    latest = (
        objections[0] if objections and not (row.released_at and objections[0].outcome == "anew") else None
    )
    return Judged(
        verdicts=_verdicts(row, key) if row.assessed_at else {},
        drafts=_drafts(row, key, told) if seen.assesses and row.stage == "panel" else {},
        decisions=[one for one in decided if one.signed_at],
        draft=next((one for one in decided if one.person_id == me), None) if seen.decides else None,
        signed=frozenset(db.session.scalars(_SIGNED, told)),
        answer=plain(key, row.answer, row.id),
        objection=latest,
        earlier=objections[1:] if latest else objections,
        object_until=row.object_until,
        sign_until=row.sign_until,
        dossiers=dossier.of(row.id),
    )


def _verdicts(row: Any, key: bytes | None) -> dict[int, list[Verdict]]:
    found: dict[int, list[Verdict]] = defaultdict(list)
    for one in db.session.execute(_VERDICTS, {"review": row.id}):
        words = plain(key, one.sealed, row.id) or ""
        found[one.criterion_id].append(Verdict(one.person_id, one.name, one.verdict, words))
    return found


def _drafts(row: Any, key: bytes | None, told: Mapping[str, Any]) -> dict[int, Verdict]:
    return {
        one.criterion_id: Verdict(
            told["me"], "", one.verdict, plain(key, one.sealed, row.id) or "", one.version
        )
        for one in db.session.execute(_DRAFTS, told)
    }


def _decided(seen: Open, key: bytes | None, told: Mapping[str, Any]) -> list[Decided]:
    """Signed ones: for all once released, for those who decide before that. A draft: for its writer."""
    row = seen.row
    public = row.stage in ("released", "closed")
    if not (public or seen.decides):
        return []
    return [
        Decided(
            one.person_id, one.name, one.outcome, plain(key, one.sealed, row.id) or "", one.from_on, one.plan_on,
            one.signed_at, one.version,
        )
        for one in db.session.execute(_DECISIONS, {**told, "all": True})
        if one.signed_at is not None or not public
    ]  # fmt: skip


def _objections(row: Any, key: bytes | None) -> list[Objection]:
    return [
        Objection(
            plain(key, one.sealed, row.id) or "", one.filed_at, one.handler_id, one.name, one.outcome,
            plain(key, one.answer, row.id), one.handled_at,
        )
        for one in db.session.execute(_OBJECTION, {"review": row.id})
    ]  # fmt: skip


def written_by(me: int) -> Iterator[tuple[Any, str]]:
    """What somebody said of criteria, why they decided and what they answered, in reviews of others, for them alone.

    `stays` says whether they may still open that file. What can be opened no more, since its holder was erased, is
    not there.
    """
    rows = db.session.execute(_WRITTEN, {"me": me}).all()
    keys = keys_of({row.person_id for row in rows})
    for row in rows:
        if words := plain(keys.get(row.person_id), row.sealed, row.review_id):
            yield row, words


def is_long(file: File, judged: Judged) -> bool:
    """Whether a page with all of it at once would be heavy: then a criterion brings what is in it as it is opened."""
    return file.pieces + sum(len(said) for said in judged.verdicts.values()) > rules.LONG
