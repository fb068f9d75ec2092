"""Parts of statements that actions and queries of goals share."""

from app.badges.queries import UNNAMED

# The day on which somebody chose the day of a goal `g`, and that day with the days since on which they are away, which
# do not count. For its owner only: others would read from it when they were away.
CHOSEN = "coalesce(g.target_since, CAST(g.created_at AT TIME ZONE :zone AS date))"
WITH_LEAVE = f"""
    CASE WHEN g.state = 'open' AND g.target_on > {CHOSEN}
         THEN term_ends(g.person_id, {CHOSEN}, g.target_on - {CHOSEN}) ELSE g.target_on END
"""
# An open goal whose day is to come needs the days away `u` that lie before it.
NEEDED = f"""
    EXISTS (SELECT FROM goal g WHERE g.person_id = u.person_id AND g.state = 'open' AND g.target_on > {CHOSEN}
            AND u.until > {CHOSEN} AND {WITH_LEAVE.strip()} >= greatest(u.since, CAST(:at AS date)))
"""

# Since when the proof holds: what came in after it was named as such, so that nobody is proven by what they had.
# Of lessons, only those under one's name: the ones without a name have no lesson in their source, and nobody beside it.
# Nor does a goal that others see tell of a badge that rests on such lessons and that its holder keeps to themselves.
PROVEN = f"""
    CASE g.proof
    WHEN 'words' THEN g.reached_at
    WHEN 'badge' THEN (
        SELECT min(a.awarded_at) FROM award a WHERE a.person_id = g.person_id
         AND a.achievement_id = g.proof_badge_id AND a.revoked_at IS NULL AND a.awarded_at >= g.proof_since
         AND (g.visible = 'me' OR a.visible <> 'me' OR NOT {UNNAMED.format(award="a")}))
    WHEN 'activity' THEN (
        SELECT min(f.recorded_at) FROM fact f WHERE f.person_id = g.person_id AND f.kind = 'completed'
         AND f.activity_id = (SELECT coalesce(merged_into_id, id) FROM activity WHERE id = g.proof_activity_id)
         AND f.withdrawn_at IS NULL AND f.recorded_at >= g.proof_since)
    ELSE (
        SELECT min(f.recorded_at) FROM fact f WHERE f.person_id = g.person_id AND f.kind = 'lesson_applied'
         AND f.source LIKE 'applied:%' AND f.counterpart_id IS NOT NULL
         AND (g.skill_id IS NULL OR g.skill_id = ANY(f.lineage))
         AND f.withdrawn_at IS NULL AND f.recorded_at >= g.proof_since)
    END
"""
