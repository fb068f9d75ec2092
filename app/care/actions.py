"""What can be done at the care desk: report, decide, and show again what was hidden."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from app.audit.actions import look, write
from app.care import queries, rules
from app.care.models import Report
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused, TooMany
from app.events import ContentJudged, ContentReported, ReportDecided
from app.outbox import publish

NOT_THERE = _l("This is not here, or not for you.")
WRONG = {
    "reason": _l("Choose why."),
    "words": _l("Say in a few words what is wrong, in at most 1000 characters."),
    "decision": _l("Choose what is to be done."),
    "answer": _l("Say why in a sentence or two, in at most 500 characters. Both sides read it."),
}
_KEEP = insert(Report).on_conflict_do_nothing().returning(Report.id)
_STANDING = select(Report.id).where(
    Report.kind == bindparam("kind"),
    Report.content_id == bindparam("content_id"),
    Report.reporter_id == bindparam("by"),
    Report.state == rules.OPEN,
)
_HOLD = select(Report.kind, Report.content_id, Report.state).where(Report.id == bindparam("of"))
_HOLD = _HOLD.with_for_update()


def report(*, by: int, kind: str, content_id: int, reason: str, words: str = "", at: datetime) -> int:
    """Say that something should not stand as it does. Twice is once; what was decided before opens anew."""
    _cannot_be(rules.wrong_report(reason, words))
    lock_people([by])  # two reports at once are counted one after the other
    found = queries.subject(by, kind, content_id)
    if found is None:
        raise NotFound(NOT_THERE)
    _text, _lang, own, author = found
    if own:
        raise Refused(_l("This is your own. You can change it or take it away yourself."))
    key = {"kind": kind, "content_id": content_id}
    standing: int | None = db.session.scalar(_STANDING, {**key, "by": by})
    if standing is not None:
        return standing
    if queries.reported_since(by, at - rules.WITHIN) >= rules.MOST:
        said = _l("You have reported a lot today. Tomorrow you can report more; for haste, call HR.")
        raise TooMany(said, retry_after=int(rules.WITHIN.total_seconds()))
    row = {**key, "reason": reason, "words": words.strip(), "reporter_id": by, "reported_at": at}
    made = db.session.execute(_KEEP.values(**row, state=rules.OPEN, answer="")).scalar_one()
    if author is not None:
        publish([ContentReported(person_id=author, kind=kind, content_id=content_id, reason=reason)])
    return int(made)


def decide(report_id: int, *, by: int, decision: str, answer: str = "", at: datetime) -> None:
    """Leave it, hide it, or ask its author for other words; for this report and the earlier ones about the same.

    Of two who decide at once, one wins. What was reported after this one was read stays open.
    """
    _cannot_be(rules.wrong_decision(decision, answer))
    row = db.session.execute(_HOLD, {"of": report_id}).one_or_none()
    case = queries.case(by, report_id) if row else None
    if row is None or case is None:
        raise NotFound(NOT_THERE)
    if row.state != rules.OPEN:
        raise Conflict(_l("A colleague has decided on this already. Nothing of yours was kept."))
    together = (
        update(Report)
        .where(Report.kind == row.kind, Report.content_id == row.content_id)
        .where(Report.state == rules.OPEN, Report.id <= report_id)
        .values(state=rules.DECIDED, decision=decision, answer=answer.strip(), decided_by=by, decided_at=at)
        .returning(Report.id, Report.reporter_id, Report.reason)
    )
    told = sorted(db.session.execute(together).all(), key=lambda one: one.id)
    _tell(case, told, by=by, decision=decision, answer=answer.strip(), at=at)


_SHOW = (
    update(Report)
    .where(Report.kind == bindparam("of_kind"), Report.content_id == bindparam("of_content"))
    .where(Report.state == rules.DECIDED, Report.decision == "hide")
    .returning(Report.id, Report.reporter_id, Report.reason)
)


def show_again(report_id: int, *, by: int, answer: str, at: datetime) -> None:
    """What was hidden is there again, with all it earned: that never went. Author and reporters read why.

    Of two who do so at once, one wins.
    """
    _cannot_be(rules.wrong_answer(rules.SHOWN, answer))
    row = db.session.execute(_HOLD, {"of": report_id}).one_or_none()
    case = queries.case(by, report_id) if row else None
    if row is None or case is None:
        raise NotFound(NOT_THERE)
    if not case.can_show:
        raise Conflict(_l("This is not hidden any more. Nothing of yours was kept."))
    values = {"decision": rules.SHOWN, "answer": answer.strip(), "decided_by": by, "decided_at": at}
    about = {"of_kind": row.kind, "of_content": row.content_id}
    told = sorted(db.session.execute(_SHOW.values(**values), about).all(), key=lambda one: one.id)
    _tell(case, told, by=by, decision=rules.SHOWN, answer=answer.strip(), at=at)


def _tell(
    case: queries.Case, reports: Sequence[Any], *, by: int, decision: str, answer: str, at: datetime
) -> None:
    """The room that has it follows; its author hears of it, if that is known, and each who reported it."""
    author = case.content.author_id if case.content else None
    about: dict[str, Any] = {"kind": case.kind, "content_id": case.content_id, "decision": decision}
    reason = reports[-1].reason
    publish([ContentJudged(person_id=by, **about, reason=reason, answer=answer)])
    both = about | {"report_id": reports[-1].id}
    publish(
        ReportDecided(person_id=one.reporter_id, **both, reason=one.reason, as_author=False)
        for one in reports
    )
    if author is not None:
        publish([ReportDecided(person_id=author, **both, reason=reports[-1].reason, as_author=True)])
    detail = {**about, "reports": len(reports)}
    write("report:decided", at=at, actor_id=by, person_id=author, detail=detail)


def leave_trace(case: queries.Case, *, by: int, at: datetime) -> None:
    """Who is named in it can read that the desk looked. A lesson names nobody there, so there is nobody to tell."""
    if case.content and case.content.giver is not None:
        for person_id in sorted(case.content.party):
            look(viewer_id=by, person_id=person_id, what="care:kudos", allowed=True, at=at)


def _cannot_be(name: str | None) -> None:
    if name is not None:
        raise Refused(WRONG[name], fields={name: WRONG[name]})
