"""The whole house on one page: what follows from what.

NOW runs in the same transaction and may refuse it. LATER runs in the worker, at least once, and may be slow.
"""

from app import events as e
from app import live
from app.activities import handlers as activities
from app.badges import handlers as badges
from app.facts import handlers as facts
from app.guidance import handlers as guidance
from app.imports import handlers as imports
from app.leaderboards import handlers as leaderboards
from app.learning import handlers as learning
from app.outbox import Reactions
from app.points import handlers as points

NOW: Reactions = {
    e.PersonKnown: [imports.count_what_waited, learning.count_what_waited],
    e.Attended: [activities.record_attended],
    e.AttendanceWithdrawn: [activities.withdraw_attended],
    e.Guided: [activities.record_guided],
    e.CompletionLogged: [guidance.refuse_twice],
    e.FactStated: [facts.record],
    e.FactTakenBack: [facts.take_back],
    e.FactRecorded: [points.earn],
    e.FactWithdrawn: [points.take_back],
    e.FactsCounted: [badges.evaluate],
    e.BadgeAwarded: [points.earn_for_awards, badges.evaluate_after_awards],
    e.BadgeMoved: [points.recount_awards],
    e.BadgeRevoked: [points.recount_awards],
}

LATER: Reactions = {
    e.PointsChanged: [leaderboards.project, live.nudge_points],
    e.PersonMoved: [leaderboards.project],
    e.BadgeAwarded: [live.nudge_award],
    e.KudosGiven: [live.nudge_kudos],
    e.LessonShared: [live.nudge_lesson],
    e.CompletionLogged: [live.nudge_confirmation],
    e.CompletionDeclined: [live.nudge_points],
}
