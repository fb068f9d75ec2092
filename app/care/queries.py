"""What can be asked about reports. The desk never learns who reported; of a lesson it reads the text alone.

Who is part of a case (wrote it, was thanked in it, or reported it) does not find it at the desk; who wrote a lesson
without a name neither, as they alone can tell. Admins stand at the desk where HR has too few who are free: decision 23.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, DateTime, LargeBinary, Row, bindparam, func, or_, select, text

from app.care.models import Report
from app.care.rules import DECIDED, OPEN, TOLD_FOR, admins_too
from app.db import db
from app.kudos import queries as kudos
from app.lessons import queries as lessons
from app.people import queries as people

AnyRow = Row[*tuple[Any, ...]]
DESK, LATELY, MINE = 100, 30, 50


class Content(NamedTuple):
    """What a report is about. `party` are those who may not decide on it; a lesson names nobody."""

    texts: Sequence[str]
    lang: str
    party: frozenset[int]
    author_id: int | None
    giver: str | None
    receivers: Sequence[str]
    people: Sequence[int]  # their ids, in the same order
    gone: bool
    hidden: bool
    unnamed: bool = False


class Case(NamedTuple):
    """All open reports about one thing, or those that were decided together; `id` is the newest of them."""

    id: int
    kind: str
    content_id: int
    reports: Sequence[AnyRow]
    content: Content | None

    @property
    def since(self) -> datetime:
        first: datetime = self.reports[0].reported_at
        return first

    @property
    def decided(self) -> AnyRow | None:
        return self.reports[-1] if self.reports[-1].state == DECIDED else None

    @property
    def can_show(self) -> bool:
        """Whether this is the decision that hides it, and it can be shown again."""
        hidden = self.content is not None and self.content.hidden and not self.content.gone
        return hidden and self.decided is not None and self.decided.decision == "hide"


_ROW = (
    Report.id,
    Report.kind,
    Report.content_id,
    Report.reason,
    Report.words,
    Report.reported_at,
    Report.state,
    Report.decision,
    Report.answer,
    Report.decided_at,
    Report.reporter_id,  # for `may_decide` alone; no answer carries it
    (Report.reporter_id == bindparam("me")).label("mine"),
)
_OPEN = select(*_ROW).where(Report.state == OPEN).order_by(Report.id)
_DECIDED = select(*_ROW).where(Report.state == DECIDED).order_by(Report.decided_at.desc(), Report.id.desc())
_OF_REPORT = select(Report.kind, Report.content_id, Report.state, Report.decided_at).where(
    Report.id == bindparam("report_id")
)
_DECIDED_AT = bindparam("decided_at", type_=DateTime(timezone=True))
_TOGETHER = (
    select(*_ROW)
    .where(Report.kind == bindparam("kind"), Report.content_id == bindparam("content_id"))
    .where(Report.state == bindparam("state"), Report.decided_at.is_not_distinct_from(_DECIDED_AT))
    .order_by(Report.id)
)
_MINE = select(*_ROW).where(Report.reporter_id == bindparam("me")).order_by(Report.id.desc()).limit(MINE)
_OWN = select(*_ROW).where(Report.reporter_id == bindparam("me"), Report.id == bindparam("report_id"))
_ABOUT = (
    select(
        Report.id,
        Report.kind,
        Report.content_id,
        Report.reason,
        Report.state,
        Report.decision,
        Report.answer,
        Report.decided_at,
    )
    .where(Report.kind == bindparam("kind"))
    .where(Report.content_id == bindparam("ids", type_=ARRAY(BigInteger)).any_())
    .where(or_(Report.state == OPEN, Report.decision == "hide", Report.decided_at > bindparam("since")))
    .order_by(Report.id)
)
_OF_MINE = text("""
    SELECT * FROM (
        SELECT DISTINCT ON (r.kind, r.content_id) r.id, r.kind, r.content_id, r.reason, r.state, r.decision, r.answer,
               r.reported_at, own.said, own.lang
        FROM (SELECT 'kudos' AS kind, id, message AS said, lang FROM kudos
              WHERE giver_id = :me AND undone_at IS NULL
              UNION ALL
              SELECT 'lesson', id, title, lang FROM lesson
              WHERE (author_id = :me OR mark = ANY(:marks)) AND deleted_at IS NULL) AS own
        JOIN care_report r ON r.kind = own.kind AND r.content_id = own.id
        WHERE r.state = 'open' OR r.decision = 'hide' OR r.decided_at > :since
        ORDER BY r.kind, r.content_id, r.id DESC) AS latest
    ORDER BY id DESC LIMIT :limit
""").bindparams(bindparam("marks", type_=ARRAY(LargeBinary)))
_LATELY = select(func.count()).where(
    Report.reporter_id == bindparam("me"), Report.reported_at > bindparam("since")
)


def contents(me: int, asked: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], Content]:
    """What these (kind, id) say now, whoever asks; who asks is of the party of their own lesson without a name."""
    wanted = list(asked)
    found: dict[tuple[str, int], Content] = {}
    for row, receivers in kudos.for_care(id for kind, id in wanted if kind == "kudos"):
        part = frozenset({row.giver_id, *(one.id for one in receivers)})
        found["kudos", row.id] = Content(
            [row.message],
            row.lang,
            part,
            row.giver_id,
            row.giver,
            [one.name for one in receivers],
            [one.id for one in receivers],
            row.undone_at is not None,
            row.hidden_at is not None,
        )
    marks = set(lessons.marks_of(me)) if any(kind == "lesson" for kind, _ in wanted) else set()
    for row in lessons.for_care(id for kind, id in wanted if kind == "lesson"):
        gone = row.deleted_at is not None
        texts = [] if gone else [row.title, row.happened, row.learned, row.from_now_on]
        unnamed = row.author_id is None
        party = frozenset({me} if row.mark in marks else () if unnamed else {row.author_id})
        found["lesson", row.id] = Content(
            texts, row.lang, party, row.author_id, None, (), (), gone, row.hidden_at is not None, unnamed
        )
    return found


def _within(me: int, found: Mapping[tuple[str, int], Content]) -> dict[tuple[str, int], Content]:
    """Of HR that serves some departments: what people there wrote, and who of them was thanked.

    A lesson without a name is about nobody, so everybody at the desk may decide on it.
    """
    named = {one for content in found.values() for one in (*content.people, content.author_id) if one}
    far = people.out_of_reach(named, me)
    return {
        key: one._replace(
            receivers=[name for name, id in zip(one.receivers, one.people, strict=True) if id not in far]
        )
        for key, one in found.items()
        if one.author_id not in far
    }


def desk(me: int, *, decided: bool = False) -> tuple[list[Case], int]:
    """The cases that this person may see at the desk, the oldest first; and how many are for a colleague.

    With `decided` what was decided lately, the newest first.
    """
    rows = db.session.execute((_DECIDED if decided else _OPEN).limit(DESK), {"me": me}).all()
    together: dict[tuple[str, int, Any], list[AnyRow]] = {}
    for row in rows:
        together.setdefault((row.kind, row.content_id, row.decided_at), []).append(row)
    said = contents(me, [(kind, id) for kind, id, _ in together])
    near = _within(me, said)
    cases = [
        Case(
            max(row.id for row in reports),
            kind,
            id,
            sorted(reports, key=lambda r: r.id),
            near.get((kind, id)),
        )
        for (kind, id, _), reports in together.items()
        if (kind, id) in near or (kind, id) not in said
    ]
    everybody, desks = _desks(cases)
    free = [one for one in cases if may_decide(me, one, desks(one))]
    others = len(cases) - len(free) if me in everybody else 0  # an admin hears nothing of what is for HR
    return free[:LATELY] if decided else free, others


def case(me: int, report_id: int) -> Case | None:
    """The case of a report, as this person may see it at the desk, or None."""
    row = db.session.execute(_OF_REPORT, {"report_id": report_id}).one_or_none()
    if row is None:
        return None
    reports = db.session.execute(_TOGETHER, {"me": me, **row._mapping}).all()
    key = (row.kind, row.content_id)
    said = contents(me, [key])
    near = _within(me, said)
    if said and not near:
        return None  # out of reach is as if not there
    found = Case(max(one.id for one in reports), *key, reports, near.get(key))
    return found if may_decide(me, found, _desks([found])[1](found)) else None


def _desks(cases: Sequence[Case]) -> tuple[set[int], Callable[[Case], Collection[int]]]:
    """Everybody of HR; and who of them serves the author of a case: all of them where it has no name."""
    everybody = people.with_role("hr")
    authors = {one.id: one.content.author_id for one in cases if one.content and one.content.author_id}
    serving = people.hr_serving(authors.values()) if authors else {}
    return everybody, lambda one: serving[authors[one.id]] if one.id in authors else everybody


def may_decide(me: int, one: Case, desk: Collection[int]) -> bool:
    """Nobody decides on what they wrote, were thanked in, or reported; an admin only where the desk is too few."""
    party = one.content.party if one.content else frozenset[int]()
    if me in party or any(report.mine for report in one.reports):
        return False
    unnamed = one.content is not None and one.content.unnamed
    reporters = {report.reporter_id for report in one.reports}
    return me in desk or admins_too(desk, party, reporters, unnamed=unnamed)


def mine(me: int) -> Sequence[AnyRow]:
    """What this person reported, the newest first, and what became of it."""
    return db.session.execute(_MINE, {"me": me}).all()


def own(me: int, report_id: int) -> AnyRow | None:
    """One that this person reported."""
    return db.session.execute(_OWN, {"me": me, "report_id": report_id}).one_or_none()


def of_mine(me: int, at: datetime) -> Sequence[AnyRow]:
    """What of this person's own was reported or hidden, the latest first; what has no name is found by their marks."""
    asked = {"me": me, "marks": lessons.marks_of(me), "since": at - TOLD_FOR, "limit": MINE}
    return db.session.execute(_OF_MINE, asked).all()


def about(kind: str, ids: Iterable[int], at: datetime) -> dict[int, AnyRow]:
    """What authors are told of theirs: that it was reported, why, what was decided; never who. The latest of each."""
    wanted = list(ids)
    if not wanted:
        return {}
    asked = {"kind": kind, "ids": wanted, "since": at - TOLD_FOR}
    return {row.content_id: row for row in db.session.execute(_ABOUT, asked)}


_ALL_ABOUT = select(
    Report.content_id, Report.reason, Report.state, Report.decision, Report.answer, Report.decided_at
).where(
    Report.kind == bindparam("kind"), Report.content_id == bindparam("ids", type_=ARRAY(BigInteger)).any_()
)


def all_about(kind: str, ids: Iterable[int]) -> Sequence[AnyRow]:
    """The same of all times, report by report: for the file of all that is kept of an author."""
    wanted = list(ids)
    ordered = _ALL_ABOUT.order_by(Report.content_id, Report.decided_at, Report.reason)
    return db.session.execute(ordered, {"kind": kind, "ids": wanted}).all() if wanted else []


def reported_since(me: int, since: datetime) -> int:
    """How much this person has reported since then."""
    return db.session.scalar(_LATELY, {"me": me, "since": since}) or 0


def subject(me: int, kind: str, content_id: int) -> tuple[str, str, bool, int | None] | None:
    """What somebody may see and so report: (text, language, is it their own, who wrote it if that is known)."""
    if kind == "kudos":
        card = kudos.card(me, content_id)
        return card and (card.kudos.message, card.kudos.lang, card.kudos.given, card.kudos.giver_id)
    row = lessons.lesson(me, content_id) if kind == "lesson" else None
    return row and (row.title, row.lang, row.mine, row.author_id)
