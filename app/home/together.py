"""What the team page and the meeting card show, read from several rooms; nothing of it counts or ranks people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.config import timezone
from app.db import db
from leaderboards.periods import bounds, windows_at

AnyRow = Row[*tuple[Any, ...]]
NEWS, FOR_MEETING = 12, 6


@dataclass
class Celebrated:
    """Somebody of the team with what they earned and shared lately, the latest first."""

    person_id: int
    name: str
    profile: str
    news: list[AnyRow] = field(default_factory=list)


_OWN = text("""
    SELECT (SELECT count(*) FROM completion WHERE person_id = :me AND state = 'confirmed' AND completed_at >= :since)
               AS completed,
           (SELECT count(*) FROM lesson WHERE author_id = :me AND deleted_at IS NULL AND shared_at >= :since) AS shared
""")
# Only what every colleague may see: badges and recognitions that are not kept to oneself, lessons with a name that may
# be read.
_NEWS = text("""
    SELECT * FROM (
        SELECT w.person_id, p.name AS person, p.handle AS profile, w.earned_at AS at, v.body -> 'name' AS badge,
               v.body ->> 'slug' AS slug, NULL AS title, NULL AS lang, CAST(NULL AS bigint) AS lesson_id,
               CAST(NULL AS bigint) AS recognition_id
        FROM award w JOIN person p ON p.id = w.person_id JOIN achievement_version v ON v.id = w.version_id
        WHERE w.person_id = ANY(:ids) AND w.revoked_at IS NULL AND w.visible <> 'me' AND w.earned_at >= :since
        UNION ALL
        SELECT l.author_id, p.name, p.handle, l.shared_at, NULL, NULL, l.title, l.lang, l.id, NULL
        FROM lesson l JOIN person p ON p.id = l.author_id
        WHERE l.author_id = ANY(:ids) AND l.deleted_at IS NULL AND l.hidden_at IS NULL AND l.shared_at >= :since
          AND (l.audience = 'everyone' OR l.team_id = p.team_id)
        UNION ALL
        SELECT o.person_id, p.name, p.handle, r.given_at, NULL, NULL, r.title, r.lang, NULL, r.id
        FROM recognition_receiver o JOIN recognition r ON r.id = o.recognition_id JOIN person p ON p.id = o.person_id
        WHERE o.person_id = ANY(:ids) AND o.visible = 'colleagues' AND r.withdrawn_at IS NULL AND r.given_at >= :since
    ) AS news ORDER BY at DESC LIMIT :limit
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger())))
_LESSONS = text("""
    SELECT l.id, l.author_id, p.name AS author, l.outcome, l.title, l.happened, l.learned, l.from_now_on, l.lang,
           l.skills, l.audience, l.shared_at,
           (SELECT count(*) FROM lesson_application a WHERE a.lesson_id = l.id AND a.ended_at IS NULL) AS applied_by
    FROM lesson l LEFT JOIN person p ON p.id = l.author_id
    WHERE l.deleted_at IS NULL AND l.hidden_at IS NULL AND l.shared_at >= :since
      AND CASE WHEN CAST(:team AS bigint) IS NULL THEN l.audience = 'everyone' ELSE l.team_id = :team END
      AND (NOT :leading OR EXISTS (SELECT FROM person led WHERE led.manager_id = l.author_id AND led.active))
    ORDER BY l.shared_at DESC, l.id DESC LIMIT :limit
""")
# With the names of who lets colleagues see it; a recognition of which nobody does is not on a card.
_RECOGNISED = text("""
    SELECT r.id, r.title, r.citation, r.lang, r.occasion, r.day, r.given_at, g.name AS giver,
           array_agg(p.name ORDER BY p.sort_name, p.id) AS names,
           (SELECT count(*) FROM recognition_receiver a WHERE a.recognition_id = r.id) > count(*) AS others,
           CASE WHEN (SELECT count(*) FROM recognition_receiver a WHERE a.recognition_id = r.id) = count(*)
                THEN u.name END AS team
    FROM recognition r JOIN person g ON g.id = r.giver_id LEFT JOIN unit u ON u.id = r.unit_id
    JOIN recognition_receiver o ON o.recognition_id = r.id AND o.visible = 'colleagues'
    JOIN person p ON p.id = o.person_id
    WHERE r.withdrawn_at IS NULL AND r.given_at >= :since
    GROUP BY r.id, g.name, u.name
    HAVING (CAST(:team AS bigint) IS NULL OR bool_or(p.team_id = :team))
       AND (NOT :leading OR bool_or(EXISTS (SELECT FROM person led WHERE led.manager_id = p.id AND led.active)))
    ORDER BY r.given_at DESC, r.id DESC LIMIT :limit
""")


# How many of these people learned or shared something in each skill; what others said to them does not count.
_COVERED = text("""
    SELECT s.id, count(DISTINCT f.person_id) AS number
    FROM fact f CROSS JOIN LATERAL unnest(f.lineage) AS s(id)
    WHERE f.person_id = ANY(:ids) AND f.withdrawn_at IS NULL AND f.happened_at >= :since
      AND f.kind IN ('completed', 'lesson_shared', 'guided', 'programme_completed')
    GROUP BY s.id HAVING count(DISTINCT f.person_id) >= :fewest
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger())))
FEWEST = 5


def covered(person_ids: Sequence[int], since: datetime) -> dict[int, int] | None:
    """Per skill how many of these learned or shared something in it, from five on; None where they are fewer than five.

    A number says how many, never who; smaller ones are not told, so that nobody stands out by what they did not do.
    """
    if len(person_ids) < FEWEST:
        return None
    rows = db.session.execute(_COVERED, {"ids": list(person_ids), "since": since, "fewest": FEWEST})
    return {row.id: row.number for row in rows}


def own_learning(me: int, at: datetime) -> AnyRow:
    """What I completed and shared this quarter: who leads sets the example."""
    began = bounds("quarter", windows_at(at, timezone()).quarter, timezone())[0]
    return db.session.execute(_OWN, {"me": me, "since": began}).one()


def to_celebrate(person_ids: Sequence[int], since: datetime) -> list[Celebrated]:
    """What these people earned and shared lately, for colleagues to see: each once, who was last first."""
    if not person_ids:
        return []
    people: dict[int, Celebrated] = {}
    for row in db.session.execute(_NEWS, {"ids": list(person_ids), "since": since, "limit": NEWS}):
        one = people.setdefault(row.person_id, Celebrated(row.person_id, row.person, row.profile))
        one.news.append(row)
    return list(people.values())


@dataclass(frozen=True, slots=True)
class Meeting:
    """What stands on the card for a meeting: of a team, of who leads people, or of everyone."""

    of: str
    since: datetime
    lessons: Sequence[AnyRow]
    recognitions: Sequence[AnyRow]


def for_meeting(of: str, team_id: int | None, since: datetime) -> Meeting:
    """The latest lessons and recognitions, as any colleague may see them; who is in no team sees those of everyone.

    A lesson without a name has none here either, and is of nobody who leads people.
    """
    of = "everyone" if of == "team" and team_id is None else of
    told = {"team": team_id if of == "team" else None, "leading": of == "management", "since": since}
    lessons = db.session.execute(_LESSONS, {**told, "limit": FOR_MEETING}).all()
    return Meeting(of, since, lessons, db.session.execute(_RECOGNISED, {**told, "limit": FOR_MEETING}).all())
