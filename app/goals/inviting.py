"""Inviting people to check in with a goal that they left alone for a while."""

from datetime import datetime, timedelta

from sqlalchemy import text

from app.db import db
from app.events import GoalCheckInDue
from app.goals import rules
from app.outbox import publish

# One goal of each person a day, the one that waits the longest for its turn; again after as long as its pace says.
# The index on `touched_at` leaves out all that somebody looked at within the shortest pace.
_INVITE = text("""
    UPDATE goal SET invited_at = :at
    WHERE id IN (
        SELECT DISTINCT ON (g.person_id) g.id FROM goal g JOIN person p ON p.id = g.person_id AND p.active
        WHERE g.state = 'open' AND g.remind AND g.touched_at < :soonest
          AND greatest(g.touched_at, g.invited_at) < CAST(:at AS timestamptz) - g.pace * interval '1 day'
          AND NOT EXISTS (SELECT FROM goal o WHERE o.person_id = g.person_id AND o.invited_at >= :since)
          AND NOT EXISTS (SELECT FROM pause u WHERE u.person_id = g.person_id
                          AND CAST(:at AS date) BETWEEN u.since AND u.until) -- who is away is not reminded
          AND CAST(:at AS date) >= term_ends(g.person_id, CAST(greatest(g.touched_at, g.invited_at) AS date),
                                             CAST(g.pace AS int)) -- nor do those days count
        ORDER BY g.person_id, greatest(g.touched_at, g.invited_at), g.id LIMIT 500)
    RETURNING id, person_id
""")


def invite(at: datetime) -> int:
    """Invite who left a goal alone for as long as they chose to check in; one invitation a day each."""
    told = {"at": at, "since": at - rules.BREATH, "soonest": at - timedelta(days=min(rules.PACES))}
    rows = db.session.execute(_INVITE, told).all()
    publish(GoalCheckInDue(person_id=row.person_id, goal_id=row.id, at=at.isoformat()) for row in rows)
    return len(rows)
