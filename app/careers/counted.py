"""How many people the map of the vision speaks of, kept for some minutes: it counts the badges of everybody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import text

from app.badges.holders import uncounted
from app.badges.queries import Catalogue, catalogue
from app.db import array, db

KEPT_FOR = 300.0  # seconds

COUNTED = "p.active AND p.erased_at IS NULL AND p.board_choice IS DISTINCT FROM 'out'"
# Each award is read once: the highest tier of each badge, then the highest under each skill, of those who are counted.
_COUNT = text(f"""
    WITH pairs AS MATERIALIZED (
        SELECT achievement, skill FROM unnest(CAST(:achievements AS bigint[]), CAST(:skills AS bigint[]))
             AS x(achievement, skill)),
    serves AS MATERIALIZED (
        SELECT skill, goal FROM unnest(CAST(:of_skills AS bigint[]), CAST(:goals AS bigint[])) AS x(skill, goal)),
    best AS MATERIALIZED (
        SELECT w.achievement_id, w.person_id, max(w.tier) AS tier FROM award w
        WHERE w.revoked_at IS NULL AND w.visible <> 'me' GROUP BY w.achievement_id, w.person_id),
    held AS MATERIALIZED (
        SELECT h.skill, h.tier, p.team_id, p.department_id
        FROM (SELECT x.skill, b.person_id, max(b.tier) AS tier
              FROM best b JOIN pairs x ON x.achievement = b.achievement_id GROUP BY x.skill, b.person_id) AS h
        JOIN person p ON p.id = h.person_id AND {COUNTED})
    SELECT 'holders' AS what, skill AS id, count(*) AS number FROM held GROUP BY skill
    UNION ALL
    SELECT 'far', t.id, count(*) FROM vision_target t JOIN held h ON h.skill = t.skill_id AND h.tier >= t.level
           AND (t.unit_id IS NULL OR t.unit_id IN (h.team_id, h.department_id)) GROUP BY t.id
    UNION ALL
    SELECT 'aims', coalesce(g.vision_goal_id, s.goal), count(DISTINCT g.person_id)
    FROM goal g LEFT JOIN serves s ON s.skill = g.skill_id JOIN person p ON p.id = g.person_id
    WHERE g.state = 'open' AND {COUNTED} AND coalesce(g.vision_goal_id, s.goal) IS NOT NULL GROUP BY 2
""")
# What the count depends on, besides badges and goals: who is where, and which targets there are.
_STANDS_ON = text("""
    SELECT (SELECT max(id) FROM membership),
           (SELECT (count(*), sum(id * 7919 % 1000003), sum(version)) FROM vision_target)::text
""")


@dataclass(frozen=True, slots=True)
class Counted:
    """Of how many people a skill's badge is, who is where a target wants them, and who aims for a goal."""

    holders: Mapping[int, int]
    far: Mapping[int, int]
    aims: Mapping[int, int]


_kept: tuple[Catalogue | None, tuple[Any, ...], float, Counted] = (None, (), 0.0, Counted({}, {}, {}))


def counted(pairs: Sequence[tuple[int, int]], serves: Iterable[tuple[int, int]]) -> Counted:
    """The counts; `pairs`: which badge shows which skill, `serves`: which skill serves which goal.

    Each process keeps them for some minutes, so that no request counts everybody's badges again. Whoever leaves the
    boards, the house or a unit, or hides a badge, is out of them at once, as with the holders of a badge.
    """
    global _kept
    known, served, at = catalogue(), sorted(serves), monotonic()
    key = (tuple(pairs), tuple(served), uncounted(), *db.session.execute(_STANDS_ON).one())
    of, asked_for, since, found = _kept
    if of is not known or asked_for != key or at - since >= KEPT_FOR:
        told: dict[str, dict[int, int]] = {"holders": {}, "far": {}, "aims": {}}
        asked = {
            "achievements": array(badge for badge, _ in pairs),
            "skills": array(skill for _, skill in pairs),
            "of_skills": array(skill for skill, _ in served),
            "goals": array(goal for _, goal in served),
        }
        for row in db.session.execute(_COUNT, asked):
            told[row.what][row.id] = row.number
        found = Counted(**told)
        _kept = (known, key, at, found)
    return found
