"""The whole house on one page: what follows from what.

NOW runs in the same transaction and may refuse it. LATER runs in the worker, at least once, and may be slow.
"""

from app import events as e
from app import live
from app.activities import handlers as activities
from app.badges import handlers as badges
from app.facts import handlers as facts
from app.goals import handlers as goals
from app.imports import handlers as imports
from app.leaderboards import handlers as leaderboards
from app.learning import handlers as learning
from app.outbox import Reactions
from app.points import handlers as points
from app.programmes import handlers as programmes

NOW: Reactions = {
    e.PersonKnown: [imports.count_what_waited, learning.count_what_waited],
    e.Attended: [activities.record_attended],
    e.AttendanceWithdrawn: [activities.withdraw_attended],
    e.FactStated: [facts.record],
    e.FactTakenBack: [facts.take_back],
    e.FactRecorded: [points.earn, programmes.complete, goals.prove_by_facts],
    e.FactWithdrawn: [points.take_back, programmes.take_back, goals.prove_by_facts],
    e.FactsCounted: [badges.evaluate],
    e.BadgeAwarded: [points.earn_for_awards, badges.evaluate_after_awards, goals.prove_by_badges],
    e.BadgeMoved: [points.recount_awards],
    e.BadgeRevoked: [points.recount_awards, goals.prove_by_badges],
}

LATER: Reactions = {
    e.PointsChanged: [leaderboards.project, live.nudge_points],
    e.PersonMoved: [leaderboards.project],
    e.BadgeAwarded: [live.nudge_award],
    e.KudosGiven: [live.nudge_kudos],
    e.LessonShared: [live.nudge_lesson],
    e.ProgrammeChanged: [programmes.look_again],
    e.CompletionLogged: [live.nudge_confirmation],
    e.CompletionDeclined: [live.nudge_points],
}
