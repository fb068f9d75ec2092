"""What waits for somebody, said once before it is due and once more when HR asks; and what the worker does in time."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.config import timezone
from app.db import array, db
from app.events import ReviewWaits
from app.outbox import publish
from app.reviews import after, dossier, handling, panel, rivals, rounds, rules, terms

_EVIDENCE_DUE, _SIGN_DUE = terms.due("r", "evidence_due"), terms.after_release("r", "seen_days")
_EVIDENCE = text(f"""
    UPDATE review r SET reminded = 'evidence:' || {_EVIDENCE_DUE}
    WHERE r.stage = 'gathering' AND r.evidence_due <= :soon AND {_EVIDENCE_DUE} <= :soon
      AND r.reminded IS DISTINCT FROM 'evidence:' || {_EVIDENCE_DUE} AND {terms.is_here("r.person_id")}
    RETURNING r.id, r.person_id, {_EVIDENCE_DUE} AS due
""")
_SEATS = """
    UPDATE review_seat s SET reminded = '{what}:' || {due}
    FROM review r, person p
    WHERE r.id = s.review_id AND p.id = s.person_id AND p.active AND r.stage = '{stage}' AND {due} <= :soon
      AND s.seat = '{seat}' AND s.stepped_aside_at IS NULL AND s.handed_in_at IS NULL
      AND s.reminded IS DISTINCT FROM '{what}:' || {due} AND {here}
      AND NOT EXISTS (SELECT FROM review_decision d WHERE d.review_id = s.review_id AND d.person_id = s.person_id
                      AND d.signed_at IS NOT NULL)
    RETURNING r.id, s.person_id, {due} AS due
"""
_HERE = terms.is_here("s.person_id")
_PANEL = text(
    _SEATS.format(what="panel", due=terms.due("r", "panel_due"), stage="panel", seat="member", here=_HERE)
)
_DECIDE = text(
    _SEATS.format(
        what="decide", due=terms.due("r", "decide_due"), stage="deciding", seat="decider", here=_HERE
    )
)
_SIGN = text(f"""
    UPDATE review r SET reminded = 'sign'
    WHERE r.stage = 'released' AND r.seen_at IS NULL AND r.unseen_at IS NULL AND r.reminded IS NULL
      AND CAST(r.released_at AS date) + CAST(r.seen_days AS int) <= :soon AND {_SIGN_DUE} <= :soon
      AND {terms.is_here("r.person_id")}
    RETURNING r.id, r.person_id, {_SIGN_DUE} AS due
""")
# Of whom HR reminds: the employee in their turn, or who sits and is not done yet; nobody who is away.
_WAITS = text(f"""
    SELECT r.id, r.person_id, CASE r.stage WHEN 'gathering' THEN 'evidence' ELSE 'sign' END AS what
    FROM review r WHERE r.id = ANY(CAST(:ids AS uuid[]))
      AND (r.stage = 'gathering' OR r.stage = 'released' AND r.seen_at IS NULL) AND {terms.is_here("r.person_id")}
    UNION ALL
    SELECT r.id, s.person_id, CASE r.stage WHEN 'panel' THEN 'panel' ELSE 'decide' END
    FROM review r JOIN review_seat s ON s.review_id = r.id AND s.stepped_aside_at IS NULL
    JOIN person p ON p.id = s.person_id AND p.active
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND {_HERE}
      AND (r.stage = 'panel' AND s.seat = 'member' AND s.handed_in_at IS NULL
           OR r.stage = 'deciding' AND s.seat = 'decider'
              AND NOT EXISTS (SELECT FROM review_decision d WHERE d.review_id = r.id AND d.person_id = s.person_id
                              AND d.signed_at IS NOT NULL))
    UNION ALL
    SELECT r.id, p.id, 'handle' FROM review r
    JOIN review_objection s ON s.review_id = r.id AND s.handled_at IS NULL
    JOIN person p ON p.id = s.handler_id AND p.active
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.stage = 'released' AND {terms.is_here("p.id")}
    ORDER BY 1, 2
""")
_IN_PANEL = text("SELECT id FROM review WHERE stage = 'panel' ORDER BY id")


def remind_in_time(*, at: datetime) -> None:
    """Three days before something is due, whoever it waits for hears of it: once for each day on which it is due.

    Who is away hears of it when they are back."""
    today = at.astimezone(timezone()).date()
    told = {"soon": today + rules.REMIND, "today": today, "zone": str(timezone())}
    for what, statement in (("evidence", _EVIDENCE), ("panel", _PANEL), ("decide", _DECIDE), ("sign", _SIGN)):
        _tell(db.session.execute(statement, told), what)


def _tell(rows: Iterable[Any], what: str) -> None:
    publish(
        ReviewWaits(person_id=row.person_id, review_id=row.id, what=what, since=str(row.due)) for row in rows
    )


def remind(review_ids: Sequence[uuid.UUID], *, today: date) -> int:
    """HR asks for what waits in these reviews. Twice on one day is told once. Returns how many people."""
    rows = db.session.execute(_WAITS, {"ids": array(review_ids), "today": today}).all()
    publish(
        ReviewWaits(person_id=row.person_id, review_id=row.id, what=row.what, since=f"asked {today}")
        for row in rows
    )
    return len({row.person_id for row in rows})


def keep_going(*, at: datetime) -> None:
    """Who is away is stood in for, who left is not waited for, and files go on when their terms end."""
    today = at.astimezone(timezone()).date()
    panel.begin(today=today, at=at)
    panel.stand_in(today=today, at=at)
    rivals.look_again(at=at)
    panel.complete(list(db.session.scalars(_IN_PANEL)), at=at)
    remind_in_time(at=at)
    after.go_on(at=at)
    handling.keep_going(at=at)
    dossier.destroy_at_term(at=at)


def due_rounds(*, at: datetime) -> list[int]:
    """Rounds to release today, each in a transaction of its own."""
    return rounds.due(today=at.astimezone(timezone()).date())
