"""How many badges somebody shows of themselves, when a new one is celebrated, and what a revocation shuts out. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from badges.engine import Tier

SHOWCASE = 6  # as many as stand in one row, and few enough to be a choice
NEWEST = 3  # of who has not chosen yet, for colleagues
LATELY = timedelta(days=14)


def comes_quietly(earned_at: datetime, at: datetime, *, retroactive: bool) -> bool:
    """What was earned before the badge was published, or by what a file of history brought, or more than two weeks
    ago: nobody is at their moment any more, and an import would bring twenty of them."""
    return retroactive or at - earned_at > LATELY


def not_blocked(tiers: Sequence[Tier], awards: Sequence[Any]) -> list[Tier]:
    """The tiers by what still counts for them: a revocation by a person shuts out the facts before it."""
    after: dict[tuple[int, int], datetime] = {}
    for award in awards:
        if award.revoked_at is not None and award.revoked_by is not None:
            key = (award.achievement_id, award.tier)
            after[key] = max(award.revoked_at, after.get(key, award.revoked_at))
    return [replace(t, after=after[k]) if (k := (t.achievement_id, t.tier)) in after else t for t in tiers]
