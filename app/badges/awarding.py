"""Awards as they are written: what a batch decided, all at once, and what is told of it."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.types import JSON

from app.badges import queries
from app.badges.picture import PICTURE_VERSION
from app.badges.rules import comes_quietly
from app.db import array, db
from app.events import BadgeAwarded, BadgeMoved, BadgeRevoked
from app.outbox import publish
from badges.engine import Earned

_INSERT = text("""
    INSERT INTO award (id, person_id, achievement_id, version_id, tier, period_key, earned_at, awarded_at, evidence,
                       points, stretched_from, picture_version, seen_at, visible, in_review)
    SELECT e.id, e.person_id, e.achievement_id, e.version_id, e.tier, e.period_key, e.earned_at, :now,
           CAST(e.evidence AS bigint[]), e.points, e.stretched_from, :picture, CASE WHEN e.quiet THEN :now END,
           CASE WHEN u.hidden THEN 'me' ELSE p.award_visible END, p.award_in_review AND NOT u.hidden
    FROM unnest(CAST(:id AS uuid[]), CAST(:person_id AS bigint[]), CAST(:achievement_id AS bigint[]),
                CAST(:version_id AS bigint[]), CAST(:tier AS bigint[]), CAST(:period_key AS text[]),
                CAST(:earned_at AS timestamptz[]), CAST(:evidence AS text[]), CAST(:points AS bigint[]),
                CAST(:stretched_from AS timestamptz[]), CAST(:quiet AS boolean[]))
         AS e(id, person_id, achievement_id, version_id, tier, period_key, earned_at, evidence, points, stretched_from,
              quiet)
    JOIN person p ON p.id = e.person_id
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM fact f WHERE f.person_id = e.person_id AND NOT f.in_unit
                       AND (f.id = ANY(CAST(e.evidence AS bigint[])) OR f.happened_at = e.earned_at)) AS hidden) AS u
    ON CONFLICT (person_id, achievement_id, tier, period_key) WHERE revoked_at IS NULL DO NOTHING
    RETURNING id, person_id, achievement_id, version_id, tier, earned_at, points
""")
# One that comes to rest on lessons without a name, as another was taken away, is its holder's alone from then on.
_MOVE = text(f"""
    UPDATE award SET earned_at = e.earned_at, evidence = CAST(e.evidence AS bigint[]), points = e.points,
           stretched_from = e.stretched_from,
           visible = CASE WHEN u.hidden THEN 'me' ELSE award.visible END, in_review = award.in_review AND NOT u.hidden
    FROM unnest(CAST(:id AS uuid[]), CAST(:earned_at AS timestamptz[]), CAST(:evidence AS text[]),
                CAST(:points AS bigint[]), CAST(:stretched_from AS timestamptz[]))
         AS e(id, earned_at, evidence, points, stretched_from)
    JOIN award was ON was.id = e.id
    CROSS JOIN LATERAL (
        SELECT NOT {queries.UNNAMED.format(award="was")} AND EXISTS (
            SELECT FROM fact f WHERE f.person_id = was.person_id AND NOT f.in_unit
             AND (f.id = ANY(CAST(e.evidence AS bigint[])) OR f.happened_at = e.earned_at)) AS hidden) AS u
    WHERE award.id = e.id
""")
_REVOKE = text("""
    UPDATE award SET revoked_at = :now, revoked_because = :because
    WHERE id = ANY(CAST(:ids AS uuid[])) AND revoked_at IS NULL RETURNING id, person_id
""").bindparams(bindparam("because", type_=JSON()))


class Decision:
    """What the awards of a batch become, collected and then written at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.new: list[tuple[int, Earned]] = []
        self.moved: list[tuple[Any, Earned]] = []
        self.revoked: list[uuid.UUID] = []

    def write(self) -> None:
        """Write awards and tell what came, moved and went. Only rows that were inserted earn points."""
        if self.new:
            rows = db.session.execute(_INSERT, self._columns())
            before = {
                (person_id, one.tier.achievement_id, one.tier.tier, one.at)
                for person_id, one in self.new
                if one.from_before
            }
            publish(
                BadgeAwarded(
                    person_id=row.person_id, award_id=row.id, achievement_id=row.achievement_id, tier=row.tier,
                    points=row.points, at=row.earned_at,
                    retroactive=row.earned_at < queries.catalogue().definition(row.version_id).published_at
                    or (row.person_id, row.achievement_id, row.tier, row.earned_at) in before,
                )
                for row in rows
            )  # fmt: skip
        if self.moved:
            self._move()
        if self.revoked:
            rows = db.session.execute(
                _REVOKE,
                {"now": self.now, "ids": [str(id) for id in self.revoked], "because": {"code": "evidence"}},
            )
            publish([BadgeRevoked(person_id=row.person_id, award_id=row.id) for row in rows])

    def _columns(self) -> dict[str, Any]:
        got = [one for _, one in self.new]
        return {
            "id": array(str(uuid.uuid4()) for _ in got),
            "person_id": array(person_id for person_id, _ in self.new),
            "achievement_id": array(one.tier.achievement_id for one in got),
            "version_id": array(one.tier.version_id for one in got),
            "tier": array(one.tier.tier for one in got),
            "period_key": array(one.period_key for one in got),
            "earned_at": array(one.at for one in got),
            "evidence": array(array(one.evidence) for one in got),
            "points": array(one.points for one in got),
            "stretched_from": array(one.stretched_from for one in got),
            "quiet": array(comes_quietly(one.at, self.now, retroactive=one.retroactive) for one in got),
            "now": self.now,
            "picture": PICTURE_VERSION,
        }

    def _move(self) -> None:
        db.session.execute(
            _MOVE,
            {
                "id": array(str(award.id) for award, _ in self.moved),
                "earned_at": array(one.at for _, one in self.moved),
                "evidence": array(array(one.evidence) for _, one in self.moved),
                "points": array(one.points for _, one in self.moved),
                "stretched_from": array(one.stretched_from for _, one in self.moved),
            },
        )
        publish(
            BadgeMoved(
                person_id=award.person_id,
                award_id=award.id,
                points=one.points,
                at=one.at,
                retroactive=one.retroactive,
            )
            for award, one in self.moved
            if (award.earned_at, award.points) != (one.at, one.points)
        )
