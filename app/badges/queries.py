"""What can be asked about badges: what can be earned, and who holds what."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.activities.models import Activity
from app.badges.models import Achievement, AchievementVersion, Award
from app.config import timezone
from app.db import array, db
from app.facts.queries import catalogue_stamp
from app.people import pauses
from app.vision.models import Skill
from badges.catalogue import Badge, Index, filter_of, read
from badges.criteria import Names, leaves
from badges.engine import ALWAYS_HERE, Clock, Tier, rolls
from leaderboards.periods import windows_at

IDS = ARRAY(BigInteger())
A_DAY = timedelta(days=1)
# Whether an award rests on lessons without a name: then it is its holder's alone until they show it.
UNNAMED = """
    EXISTS (SELECT FROM fact f WHERE f.person_id = {award}.person_id AND NOT f.in_unit
            AND (f.id = ANY({award}.evidence) OR f.happened_at = {award}.earned_at))
"""


@dataclass(frozen=True)
class Definition:
    """One achievement in one version, ready to be decided on and shown."""

    achievement_id: int
    slug: str
    version_id: int
    number: int
    published_at: datetime
    position: int
    badge: Badge

    @property
    def body(self) -> Any:
        return self.badge.body

    @property
    def by_hand(self) -> bool:
        """Whether it is one that a recognition may carry."""
        return any(
            of is not None and self.slug in of.badges for of in map(filter_of, leaves(self.badge.criteria[0]))
        )

    @property
    def tiers(self) -> list[Tier]:
        return [
            Tier(
                self.achievement_id, number, self.version_id, criteria, self.badge.points[number - 1],
                self.published_at, self.badge.repeats,
            )
            for number, criteria in enumerate(self.badge.criteria, start=1)
        ]  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """All that can be earned now, and the versions in which something was earned before."""

    in_force: dict[int, Definition]
    index: Index
    definition: Callable[[int], Definition]
    rolling: tuple[
        Tier, ...
    ]  # of all versions, those that count within a rolling window: days away can matter

    @property
    def rolls(self) -> bool:
        """Whether anything was ever counted within a rolling window."""
        return bool(self.rolling)

    def by_slug(self, slug: str) -> Definition | None:
        return next((one for one in self.in_force.values() if one.slug == slug), None)


_catalogue: tuple[str | None, Catalogue | None] = (None, None)


def catalogue() -> Catalogue:
    """The compiled catalogue; made anew when it has changed."""
    global _catalogue
    stamp = catalogue_stamp()
    cached = _catalogue[1]
    if cached is None or stamp is None or _catalogue[0] != stamp:
        cached = _compile()
        _catalogue = (stamp, cached)
    return cached


def by_hand() -> list[Definition]:
    """The badges that a recognition may carry."""
    return [one for one in catalogue().in_force.values() if one.by_hand]


def names() -> Names:
    """What the slugs of the catalogue stand for."""
    return Names(
        dict(db.session.execute(select(Activity.slug, Activity.id)).all()),
        dict(db.session.execute(select(Skill.slug, Skill.id)).all()),
        dict(db.session.execute(select(Achievement.slug, Achievement.id)).all()),
    )


_VERSIONS = select(
    Achievement.id,
    Achievement.slug,
    Achievement.position,
    Achievement.version_id,
    AchievementVersion.id.label("version"),
    AchievementVersion.number,
    AchievementVersion.body,
    AchievementVersion.published_at,
).join(AchievementVersion, AchievementVersion.achievement_id == Achievement.id)


def _compile() -> Catalogue:
    known = names()
    versions = {
        row.version: Definition(
            row.id,
            row.slug,
            row.version,
            row.number,
            row.published_at,
            row.position,
            read(row.body, known, row.slug),
        )
        for row in db.session.execute(_VERSIONS)
    }
    current = db.session.execute(
        select(Achievement.id, Achievement.version_id)
        .where(Achievement.version_id.is_not(None))
        .order_by(Achievement.position)
    )
    in_force = {row.id: versions[row.version_id] for row in current}
    return Catalogue(
        in_force,
        Index(tier for one in in_force.values() for tier in one.tiers),
        versions.__getitem__,
        tuple(tier for one in versions.values() for tier in one.tiers if rolls(tier.criteria)),
    )


@lru_cache(maxsize=8192)
def calendar(kind: str, at: datetime) -> str:
    """The key of the calendar window of a kind in which a moment lies, in the organisation's time zone."""
    key: str = getattr(windows_at(at, timezone()), kind)
    return key


@dataclass(frozen=True, slots=True)
class Leave:
    """By which clock somebody is, and from which moment on all their days away are still kept; None: always."""

    clock: Clock = ALWAYS_HERE
    kept_from: datetime | None = None


def leave_of(person_ids: Collection[int]) -> dict[int, Leave]:
    """Each of these people's. One statement, and none as long as nothing counts within a rolling window."""
    if not person_ids or not catalogue().rolls:
        return dict.fromkeys(person_ids, Leave())
    found = {}
    for person, told in pauses.days_of(person_ids).items():
        spans = [(_starts(first), _starts(last + A_DAY)) for first, last in told.days]
        clock = Clock(spans) if spans else ALWAYS_HERE
        found[person] = Leave(clock, _starts(told.kept_from) if told.kept_from else None)
    return found


def _starts(day: date) -> datetime:
    return datetime.combine(day, time(), timezone())


# The days of the longest rolling window by which anything is still decided: of what can be earned, and of what somebody
# earned under an earlier version.
LONGEST = """
    SELECT coalesce(max(CAST(days AS int)), 0) FROM achievement_version v
    CROSS JOIN LATERAL jsonb_path_query(v.body, '$.tiers[*].**.within.days') AS days
    WHERE v.id IN (SELECT version_id FROM achievement)
       OR EXISTS (SELECT FROM award a WHERE a.achievement_id = v.achievement_id AND a.version_id = v.id
                  AND a.revoked_at IS NULL)
"""


# One look into the index a key (LIMIT keeps it so): a plan made while the table was empty would read it whole.
_HELD = text("""
    SELECT k.person_id, k.achievement_id, k.tier, k.period_key
    FROM unnest(CAST(:people AS bigint[]), CAST(:achievements AS bigint[]), CAST(:tiers AS bigint[]),
                CAST(:periods AS text[])) AS k(person_id, achievement_id, tier, period_key)
    CROSS JOIN LATERAL (
        SELECT FROM award a WHERE a.person_id = k.person_id AND a.achievement_id = k.achievement_id
         AND a.tier = k.tier AND a.period_key = k.period_key AND a.revoked_at IS NULL LIMIT 1) AS found
""")


def held_among(keys: Sequence[tuple[int, int, int, str]]) -> Sequence[Any]:
    """Which of these (person, achievement, tier, period) are held."""
    names = ("people", "achievements", "tiers", "periods")
    columns = {name: array(column) for name, column in zip(names, zip(*keys, strict=True), strict=True)}
    return db.session.execute(_HELD, columns).all()


_HOLDINGS = select(
    Award.id,
    Award.person_id,
    Award.achievement_id,
    Award.tier,
    Award.period_key,
    Award.earned_at,
    Award.revoked_at,
    Award.revoked_by,
).where(Award.person_id == bindparam("ids", type_=IDS).any_())
_AWARDS = _HOLDINGS.add_columns(Award.version_id, Award.points, Award.evidence, Award.stretched_from)


def holdings_of(person_ids: Sequence[int]) -> Sequence[Any]:
    """All awards of these people, revoked ones too, without what they rest on."""
    return db.session.execute(_HOLDINGS, {"ids": list(person_ids)}).all()


def awards_of(person_ids: Sequence[int]) -> Sequence[Any]:
    """All awards of these people, revoked ones too."""
    return db.session.execute(_AWARDS, {"ids": list(person_ids)}).all()
