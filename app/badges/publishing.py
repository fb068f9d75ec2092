"""Publishing badges: each that says something new has a new version, and what was given keeps its own."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from app.badges.models import Achievement, AchievementVersion
from app.db import db
from badges.catalogue import Badge


def load(badges: Sequence[Badge], *, at: datetime) -> list[str]:
    """Publish the badges of a checked catalogue: a new version of each that says something new; return those."""
    stand = {
        row.slug: row
        for row in db.session.execute(
            select(
                Achievement.slug, Achievement.id, AchievementVersion.content_hash, AchievementVersion.number
            ).outerjoin(AchievementVersion, AchievementVersion.id == Achievement.version_id)
        )
    }
    fresh = [
        {"slug": badge.slug, "published_at": at, "position": position}
        for position, badge in enumerate(badges)
        if badge.slug not in stand
    ]
    if fresh:
        db.session.execute(insert(Achievement), fresh)
    ids = dict(db.session.execute(select(Achievement.slug, Achievement.id)).all())
    digests = {
        badge.slug: hashlib.sha256(json.dumps(badge.body, sort_keys=True).encode()).digest()
        for badge in badges
    }
    changed = [b for b in badges if b.slug not in stand or stand[b.slug].content_hash != digests[b.slug]]
    _publish_versions(changed, ids, digests, at)
    return [badge.slug for badge in changed]


def _publish_versions(
    changed: Sequence[Badge], ids: Mapping[str, int], digests: Mapping[str, bytes], at: datetime
) -> None:
    if not changed:
        return
    numbers = {
        row.achievement_id: row.number
        for row in db.session.execute(
            select(AchievementVersion.achievement_id, AchievementVersion.number).order_by(
                AchievementVersion.number
            )
        )
    }
    db.session.execute(
        insert(AchievementVersion),
        [
            {
                "achievement_id": ids[badge.slug],
                "number": numbers.get(ids[badge.slug], 0) + 1,
                "body": dict(badge.body),
                "content_hash": digests[badge.slug],
                "published_at": at,
            }
            for badge in changed
        ],
    )
    newest = (
        select(AchievementVersion.id)
        .where(AchievementVersion.achievement_id == Achievement.id)
        .order_by(AchievementVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    db.session.execute(
        update(Achievement).where(Achievement.slug.in_([b.slug for b in changed])).values(version_id=newest)
    )
