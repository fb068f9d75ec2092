"""Parts of statements that actions and queries of goals share."""

from app.badges.queries import UNNAMED

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
