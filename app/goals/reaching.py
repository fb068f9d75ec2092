"""What a team reached together is marked once, as the worker comes round."""

from datetime import datetime

from sqlalchemy import text

from app.config import settings, timezone
from app.db import array, db
from app.events import TeamGoalReached
from app.goals.rules import FEWEST
from app.goals.store import FRESH, MANY, NUMBER, SO_FAR, SUM, TAKES_PART
from app.outbox import publish

_RUNS = """
    g.reached_at IS NULL AND g.ended_at IS NULL AND g.starts_on <= :today AND g.ends_on >= :today - 2
"""
# In the order of ids; one that somebody changes or joins at this moment keeps what it had until the next time.
_COUNT = text(f"""
    UPDATE team_goal SET so_far = counted.total, so_far_at = :at
    FROM (SELECT g.id, {SUM} AS total
          FROM (SELECT * FROM team_goal g WHERE {_RUNS} AND {NUMBER} > {MANY}
                ORDER BY g.id FOR NO KEY UPDATE SKIP LOCKED) AS g) AS counted
    WHERE team_goal.id = counted.id
""")
_REACH = text(f"""
    UPDATE team_goal SET reached_at = :at
    FROM (SELECT g.id FROM team_goal g CROSS JOIN LATERAL (SELECT {NUMBER} AS number OFFSET 0) AS n
          WHERE {_RUNS} AND n.number >= {FEWEST} AND {SO_FAR} >= g.target) AS due
    WHERE team_goal.id = due.id AND team_goal.reached_at IS NULL
    RETURNING team_goal.id
""")
_WHO = text(f"""
    SELECT g.id, m.person_id FROM team_goal g, team_goal_member m JOIN person p ON p.id = m.person_id
    WHERE g.id = ANY(CAST(:ids AS bigint[])) AND {TAKES_PART} ORDER BY g.id, m.person_id
""")


def reach(at: datetime) -> int:
    """Mark what was reached, once, and tell who takes part. The worker comes round for it: two facts at the same
    moment, each of which sees one less, do not miss it."""
    asked = {
        "at": at,
        "today": at.astimezone(timezone()).date(),
        "zone": settings().timezone,
        "fresh": at - FRESH,
    }
    db.session.execute(_COUNT, asked)
    reached = list(db.session.scalars(_REACH, asked))
    if reached:
        publish(
            TeamGoalReached(person_id=row.person_id, team_goal_id=row.id)
            for row in db.session.execute(_WHO, {"ids": array(sorted(reached))})
        )
    return len(reached)
