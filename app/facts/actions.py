"""Write the log, in batches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.db import array, db
from app.events import FactRecorded, FactStated, FactTakenBack, FactWithdrawn
from app.facts.queries import lineages
from app.outbox import publish

# The unit is the one of that moment. A source that is known already adds nothing.
_RECORD = text("""
    INSERT INTO fact (source, person_id, kind, happened_at, recorded_at, activity_id, activity_kind, mandatory, edition,
                      skills, lineage, department_id, team_id, counterpart_id, hours, score, confirmed_by, weight,
                      in_unit)
    SELECT e.source, e.person_id, e.kind, e.at, :now, e.activity_id, e.activity_kind, e.mandatory, e.edition,
           CAST(e.skills AS bigint[]), CAST(e.lineage AS bigint[]), m.department_id, m.team_id, e.counterpart_id,
           e.hours, e.score, e.confirmed_by, e.weight, e.in_unit
    FROM unnest(CAST(:source AS text[]), CAST(:person_id AS bigint[]), CAST(:kind AS text[]),
                CAST(:at AS timestamptz[]),
                CAST(:activity_id AS bigint[]), CAST(:activity_kind AS text[]), CAST(:mandatory AS boolean[]),
                CAST(:edition AS text[]), CAST(:skills AS text[]), CAST(:lineage AS text[]),
                CAST(:counterpart_id AS bigint[]), CAST(:hours AS float[]), CAST(:score AS float[]),
                CAST(:confirmed_by AS bigint[]), CAST(:weight AS float[]), CAST(:in_unit AS boolean[]))
         AS e(source, person_id, kind, at, activity_id, activity_kind, mandatory, edition, skills, lineage,
              counterpart_id, hours, score, confirmed_by, weight, in_unit)
    LEFT JOIN LATERAL (SELECT department_id, team_id FROM membership
                       WHERE membership.person_id = e.person_id AND membership.since <= e.at AND e.in_unit
                       ORDER BY since DESC LIMIT 1) AS m ON true
    ON CONFLICT (source) DO NOTHING
    RETURNING id, source
""")

_TAKE_BACK = text("""
    UPDATE fact SET withdrawn_at = :now WHERE source = ANY(:sources) AND withdrawn_at IS NULL
    RETURNING id, person_id, kind, happened_at, activity_kind, lineage
""").bindparams(bindparam("sources", type_=ARRAY(Text())))
# What it was about goes too: the row stays, for entries name it.
_FORGET = text("""
    UPDATE fact SET source = 'forgotten:' || gen_random_uuid(), skills = '{}', lineage = '{}', counterpart_id = NULL
    WHERE source = ANY(:sources)
""").bindparams(bindparam("sources", type_=ARRAY(Text())))

_PLAIN = ("source", "person_id", "kind", "at", "activity_id", "activity_kind", "mandatory", "edition",
          "counterpart_id", "hours", "score", "confirmed_by", "weight", "in_unit")  # fmt: skip


def record(stated: Sequence[FactStated], now: datetime) -> None:
    """Write facts into the log and tell which are new."""
    stated = list({event.source: event for event in reversed(stated)}.values())[
        ::-1
    ]  # the first of each source
    known = lineages()
    wholes = {
        event.source: tuple(sorted({up for skill in event.skills for up in known.get(skill, (skill,))}))
        for event in stated
    }
    columns: dict[str, Any] = {name: array(getattr(event, name) for event in stated) for name in _PLAIN}
    columns["skills"] = array(array(event.skills) for event in stated)
    columns["lineage"] = array(array(wholes[event.source]) for event in stated)
    rows = db.session.execute(_RECORD, {**columns, "now": now})
    ids = {row.source: row.id for row in rows}
    publish(
        _recorded(event, ids[event.source], wholes[event.source]) for event in stated if event.source in ids
    )


def _recorded(event: FactStated, fact_id: int, lineage: tuple[int, ...]) -> FactRecorded:
    return FactRecorded(
        person_id=event.person_id,
        fact_id=fact_id,
        kind=event.kind,
        at=event.at,
        activity_id=event.activity_id,
        activity_kind=event.activity_kind,
        mandatory=event.mandatory,
        edition=event.edition,
        skills=event.skills,
        lineage=lineage,
        counterpart_id=event.counterpart_id,
        hours=event.hours,
        score=event.score,
        weight=event.weight,
        source=event.source,
    )


def take_back(taken: Sequence[FactTakenBack], now: datetime) -> None:
    """Mark facts as withdrawn and tell which stood until now."""
    rows = db.session.execute(
        _TAKE_BACK, {"now": now, "sources": sorted({event.source for event in taken})}
    ).all()
    if forgotten := sorted({event.source for event in taken if event.forget}):
        db.session.execute(_FORGET, {"sources": forgotten})
    publish(
        FactWithdrawn(
            person_id=row.person_id,
            fact_id=row.id,
            kind=row.kind,
            at=row.happened_at,
            activity_kind=row.activity_kind,
            lineage=tuple(row.lineage),
        )
        for row in rows
    )
