"""What proves a goal: what is reached and holds is a fact, and is taken back when it holds no more.

At most three a quarter count; what own words alone prove is worth no points, whatever the rules say.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.config import timezone
from app.db import array, db
from app.events import FactStated, FactTakenBack
from app.goals import rules
from app.goals.rules import Reached, source_of
from app.goals.store import PROVEN
from app.outbox import publish
from leaderboards.periods import windows_at

_STANDING = text(f"""
    SELECT g.id, g.person_id, g.skill_id, g.proof, g.round, g.counted_at,
           CASE WHEN g.state = 'reached' THEN greatest(g.reached_at, {PROVEN.strip()}) END AS at,
           g.state = 'reached' AND {PROVEN.strip()} IS NOT NULL AS holds
    FROM goal g
    WHERE g.person_id = ANY(CAST(:people AS bigint[])) AND (g.state = 'reached' OR g.counted_at IS NOT NULL)
    ORDER BY g.person_id, g.id
""")
_COUNTED = text("""
    UPDATE goal g SET counted_at = k.at, round = k.round
    FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS timestamptz[]), CAST(:rounds AS bigint[]))
         AS k(id, at, round)
    WHERE g.id = k.id
""")


def prove(person_ids: Iterable[int], now: datetime) -> None:
    """Let what is reached and proven count, and take back what is not any more. These people are locked.

    Two statements at most, however many people these are.
    """
    rows = db.session.execute(_STANDING, {"people": array(sorted(set(person_ids)))}).all()
    gone = [row for row in rows if row.counted_at is not None and not row.holds]
    by_person: dict[int, list[Reached]] = defaultdict(list)
    for row in rows:
        if row.holds:
            moment = row.counted_at or row.at
            quarter = windows_at(moment, timezone()).quarter
            by_person[row.person_id].append(Reached(row.id, moment, quarter, row.counted_at is not None))
    new = {one.goal_id: one for reached in by_person.values() for one in rules.to_count(reached)}
    fresh = [row for row in rows if row.id in new]
    if not gone and not fresh:
        return
    changed: list[tuple[int, datetime | None, int]] = [(row.id, None, row.round) for row in gone]
    changed += [(row.id, new[row.id].at, row.round + 1) for row in fresh]
    ids, moments, rounds = zip(*changed, strict=True)
    db.session.execute(_COUNTED, {"ids": array(ids), "moments": array(moments), "rounds": array(rounds)})
    publish(FactTakenBack(person_id=row.person_id, source=source_of(row.id, row.round)) for row in gone)
    publish(_stated(row, new[row.id].at) for row in fresh)


def _stated(row: Row[Any], at: datetime) -> FactStated:
    return FactStated(
        person_id=row.person_id,
        source=source_of(row.id, row.round + 1),
        kind="goal_reached",
        at=at,
        skills=(row.skill_id,) if row.skill_id else (),
        weight=0.0 if row.proof == "words" else 1.0,
    )
