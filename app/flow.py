"""The whole house on one page: what follows from what.

NOW runs in the same transaction and may refuse it. LATER runs in the worker, at least once, and may be slow.
"""

from app import events as e
from app import live
from app.activities import handlers as activities
from app.badges import handlers as badges
from app.dates import handlers as dates
from app.facts import handlers as facts
from app.goals import handlers as goals
from app.guidance import handlers as guidance
from app.imports import handlers as imports
from app.kudos import handlers as kudos
from app.leaderboards import handlers as leaderboards
from app.learning import handlers as learning
from app.lessons import handlers as lessons
from app.notifications import handlers as notifications
from app.outbox import Reactions
from app.points import handlers as points
from app.privacy import handlers as privacy
from app.programmes import handlers as programmes
from app.reviews import handlers as reviews

NOW: Reactions = {
    e.PersonKnown: [imports.count_what_waited, learning.count_what_waited],
    e.PersonErased: [reviews.end_of_erased, dates.give_back_of_erased, privacy.empty],
    e.DaysAwayChanged: [badges.follow_days_away],
    e.Attended: [activities.record_attended],
    e.AttendanceWithdrawn: [activities.withdraw_attended],
    e.Guided: [activities.record_guided],
    e.CompletionLogged: [guidance.refuse_twice],
    e.FactStated: [facts.record],
    e.FactTakenBack: [facts.take_back],
    e.FactRecorded: [points.earn, programmes.complete, goals.prove_by_facts],
    e.FactWithdrawn: [points.take_back, programmes.take_back, goals.prove_by_facts, reviews.note_what_fell],
    e.RecognitionGiven: [badges.check_carried],
    e.FactsCounted: [badges.evaluate],
    e.BadgeAwarded: [points.earn_for_awards, badges.evaluate_after_awards, goals.prove_by_badges],
    e.BadgeMoved: [points.recount_awards],
    e.BadgeRevoked: [points.recount_awards, goals.prove_by_badges, reviews.note_what_fell],
    e.ContentJudged: [kudos.follow_decision, lessons.follow_decision],
    e.LessonUnnamed: [notifications.forget_lessons, reviews.note_what_fell],
    e.AppliedLessonGone: [reviews.note_what_fell],
    e.CriterionLeftOpen: [goals.plan_what_is_open],
}

LATER: Reactions = {
    e.PointsChanged: [leaderboards.project, live.nudge_points],
    e.PersonMoved: [leaderboards.project],
    e.PersonErased: [privacy.note_down],
    e.BadgeAwarded: [live.nudge_award, notifications.tell],
    e.KudosGiven: [live.nudge_kudos, notifications.tell],
    e.KudosThanked: [notifications.tell],
    e.KudosUndone: [live.nudge_kudos],
    e.LessonShared: [lessons.nudge],
    e.ProgrammeChanged: [programmes.look_again],
    e.CompletionLogged: [live.nudge_confirmation, notifications.tell],
    e.CompletionDeclined: [live.nudge_points, notifications.tell],
    e.CompletionConfirmed: [notifications.tell],
    e.LessonApplied: [notifications.tell],
    e.TeamLessonsDue: [notifications.tell],
    e.PlaceGiven: [notifications.tell],
    e.PlacesChanged: [live.nudge_places],
    e.DateChanged: [notifications.tell],
    e.DateCancelled: [notifications.tell],
    e.WishAnswered: [notifications.tell],
    e.AgreementAsked: [notifications.tell],
    e.RecognitionGiven: [notifications.tell],
    e.RecognitionWithdrawn: [notifications.tell],
    e.NominationDecided: [notifications.tell],
    e.NominationsClosed: [notifications.tell],
    e.JuryTold: [notifications.tell],
    e.FeedbackAsked: [notifications.tell],
    e.FeedbackGiven: [notifications.tell],
    e.GuidanceAsked: [notifications.tell],
    e.GuidanceOffered: [notifications.tell],
    e.GuidanceAnswered: [notifications.tell],
    e.GuidancePlanned: [notifications.tell],
    e.MeetingToConfirm: [notifications.tell],
    e.MeetingDeclined: [notifications.tell],
    e.PairProposed: [notifications.tell],
    e.ConversationPlanned: [notifications.tell],
    e.ConversationCancelled: [notifications.tell],
    e.NoteFiled: [notifications.tell],
    e.TeamGoalReached: [notifications.tell],
    e.TeamGoalChanged: [notifications.tell],
    e.TeamGoalEnded: [notifications.tell],
    e.StandInNamed: [notifications.tell],
    e.GoalCheckInDue: [notifications.tell],
    e.ReviewAsked: [notifications.tell],
    e.EvidenceProposed: [notifications.tell],
    e.ObservationAsked: [notifications.tell],
    e.ObservationAnswered: [notifications.tell],
    e.ReviewChanged: [reviews.nudge],
    e.ReviewInvited: [notifications.tell],
    e.ReviewSeatNamed: [notifications.tell],
    e.ReviewWaits: [notifications.tell],
    e.ReviewReleased: [notifications.tell],
    e.ReviewObjected: [notifications.tell],
    e.ReviewObjectionAnswered: [notifications.tell],
    e.ContentReported: [notifications.tell],
    e.ReportDecided: [notifications.tell],
    e.ExportMade: [notifications.tell],
    e.ErasureAsked: [notifications.tell],
    e.ErasureAnswered: [notifications.tell],
    e.Notified: [live.nudge_inbox],
}
