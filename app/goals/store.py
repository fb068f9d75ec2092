"""Parts of statements that modules of goals share."""

from datetime import timedelta

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

# Goals `g` of a team, or of all -------------------------------------------------------------------------------

# Who takes part: joined, at work, and in the unit now.
TAKES_PART = """
    m.team_goal_id = g.id AND m.left_at IS NULL AND p.active
    AND (g.unit_id IS NULL OR g.unit_id IN (p.team_id, p.department_id))
"""
NUMBER = f"(SELECT count(*) FROM team_goal_member m JOIN person p ON p.id = m.person_id WHERE {TAKES_PART})"
# Member by member: each has few facts within the window and an index on them, the log has those of everybody.
SUM = """
    (SELECT CAST(coalesce(sum(own.number), 0) AS bigint) FROM team_goal_member m CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM fact f
        WHERE f.person_id = m.person_id AND f.kind = g.kind AND f.withdrawn_at IS NULL
          AND f.happened_at >= greatest(m.joined_at, CAST(g.starts_on AS timestamp) AT TIME ZONE :zone)
          AND f.happened_at < least(m.left_at, CAST(g.ends_on + 1 AS timestamp) AT TIME ZONE :zone)
          AND (g.skill_id IS NULL OR g.skill_id = ANY(f.lineage))
          AND CASE WHEN g.unit_id IS NULL THEN coalesce(f.team_id, f.department_id) IS NOT NULL
              ELSE g.unit_id IN (f.team_id, f.department_id) END) AS own
     WHERE m.team_goal_id = g.id)
"""
# Of a goal that very many share the sum is what the worker counted moments ago: counting the facts of thousands at
# each look took most of the home page's time. Who takes part, and whether they are five, is counted at each look.
MANY = 100
FRESH = timedelta(minutes=2)  # the worker comes round more often; without it the sum is counted anew
SO_FAR = f"CASE WHEN n.number > {MANY} AND g.so_far_at >= :fresh THEN g.so_far ELSE {SUM} END"
MY_UNITS = "(SELECT unnest(ARRAY[team_id, department_id]) FROM person WHERE id = :me)"
# The teams of my reports; and my department, where I stand above its teams and have reports.
LED = """
    (SELECT r.team_id FROM person r WHERE r.manager_id = :me AND r.active AND r.team_id IS NOT NULL
     UNION SELECT w.department_id FROM person w WHERE w.id = :me AND w.team_id IS NULL AND w.department_id IS NOT NULL
           AND EXISTS (SELECT FROM person r WHERE r.manager_id = :me AND r.active))
"""
LEADS = f"CASE WHEN g.unit_id IS NULL THEN :keeps ELSE g.unit_id IN {LED} END"
# By whoever set it, as long as they still may; else by whoever may now. Of `led.leads` and its `maker`.
EDITABLE = f"""led.leads AND (g.made_by = :me OR NOT maker.active OR NOT CASE
               WHEN g.unit_id IS NULL THEN maker.role IN ('learning', 'hr')
               ELSE g.unit_id IN {LED.replace(":me", "g.made_by")} END)"""
INSIDE = f"(g.unit_id IS NULL OR g.unit_id IN {MY_UNITS})"
SEEN = f"(g.unit_id IS NULL OR g.unit_id IN {MY_UNITS} OR g.unit_id IN {LED})"
