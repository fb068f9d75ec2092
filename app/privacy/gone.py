"""What becomes of each column when somebody is erased: statements over all of `:ids` at once, in their order.

Each column that is personal or secret stands in a rule here or in `STAYS` with why, and each column that names a person
in a rule or in `NUMBERS`; a test holds that. What people wrote goes, and so does what was written for them alone; rows
on which a sum or somebody else's points rest stay as an empty number. A second run changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# In both languages the name of who is not named: pages and sentences about others read on.
NOBODY = "N. N."
E = "= ANY(CAST(:ids AS bigint[]))"


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `table` (as `t`) go, or get other values. `:at` is the moment, `:marks` are those of their lessons."""

    table: str
    where: str
    to: Mapping[str, str] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        if not self.to:
            return f"DELETE FROM {self.table} t WHERE {self.where}"
        values = ", ".join(f'"{column}" = {value}' for column, value in self.to.items())
        return f"UPDATE {self.table} t SET {values} WHERE {self.where}"


def _blank(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "''")


def _none(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "NULL")


_LESSONS = f"(SELECT id FROM lesson WHERE author_id {E} OR mark = ANY(CAST(:marks AS bytea[])))"
_GOALS = f"t.goal_id IN (SELECT id FROM goal WHERE person_id {E})"
_REVIEWS = f"t.review_id IN (SELECT id FROM review WHERE person_id {E})"
_REQUESTS = f"(SELECT id FROM feedback_request WHERE asker_id {E})"
_NOBODY_ELSE = (
    """EXISTS (SELECT FROM {0}_receiver r WHERE r.{0}_id = t.id AND r.person_id """
    + E
    + """)
    AND NOT EXISTS (SELECT FROM {0}_receiver r JOIN person p ON p.id = r.person_id
                    WHERE r.{0}_id = t.id AND p.erased_at IS NULL)"""
)
_NAMES = f"(SELECT kind || ' ' || value FROM identity WHERE person_id {E})"
_WROTE = f"""CASE t.kind WHEN 'lesson' THEN t.content_id IN {_LESSONS}
    ELSE t.content_id IN (SELECT id FROM kudos WHERE giver_id {E}) END"""

# Sources that are made of our own numbers; others hold what a file said.
_NUMBERS_ONLY = r"^(statement|log|attendance|guidance|erased)[:][0-9a-f:-]+$"

_PERSON = {
    "external_id": "NULL", "handle": "'#' || t.id", "name": f"'{NOBODY}'", "sort_name": f"lower('{NOBODY}')",
    "email": "NULL", "manager_id": "NULL", "department_id": "NULL", "team_id": "NULL", "job": "''",
    "role": "'employee'", "hours_per_week": "NULL", "language": "'nl'", "active": "false", "board_choice": "NULL",
    "game": "true", "public_profile": "false", "public_job": "false", "kudos_choice": "NULL", "moments": "false",
    "award_visible": "'me'", "award_in_review": "false", "privacy_officer": "false", "started_at": "NULL",
    "password_hash": "NULL", "created_at": "coalesce(t.erased_at, :at)", "erased_at": "coalesce(t.erased_at, :at)",
}  # fmt: skip

RULES: tuple[Rule, ...] = (
    Rule("person", f"t.id {E}", _PERSON),
    Rule("person", f"t.manager_id {E}", {"manager_id": "NULL"}),
    # What learning platforms and files said, by the names that are still known here
    Rule("statement", f"t.person_id {E} AND (t.body IS NOT NULL OR t.actor IS NOT NULL)", _none("body", "actor")),
    Rule("statement", f"t.person_id IS NULL AND t.actor IN {_NAMES}", _none("body", "actor")),
    Rule("ignored_name", f"t.name IN {_NAMES}"),
    Rule("learning_row", f"t.person_id {E} OR t.person_id IS NULL AND (t.who_kind || ' ' || t.who) IN {_NAMES}"),
    Rule("learning_import", f"t.by_id {E}", {"name": "''"}),
    Rule("learning_import", "t.ended_at IS NOT NULL AND t.sample IS NOT NULL", {"sample": "NULL"}),
    Rule("people_file", "t.state <> 'running'"),  # kept for a day; what was sent can be sent again
    # Signing in, and names
    Rule("identity_join", f"t.person_id {E}"),
    Rule("identity", f"t.person_id {E}"),
    Rule("sign_in", f"t.person_id {E}"),
    Rule("api_token", f"t.person_id {E}"),
    Rule("mail", f"t.person_id {E}"),
    Rule("stand_in", f"t.person_id {E} OR t.deputy_id {E}"),
    Rule("hr_department", f"t.person_id {E}"),
    Rule("pause", f"t.person_id {E}"),
    Rule("pause", f"t.entered_by {E}", {"entered_by": "NULL"}),
    # Learning
    Rule("completion_support", "t.withdrawn_at IS NULL AND t.completion_id IN "
         f"(SELECT id FROM completion WHERE person_id {E} AND state = 'waiting')", {"withdrawn_at": ":at"}),
    Rule("completion", f"t.person_id {E}", _blank("note", "link", "decision_note")
         | {"state": "CASE t.state WHEN 'waiting' THEN 'withdrawn' ELSE t.state END"}),
    Rule("completion", f"t.confirmer_id {E} AND t.decision_note <> ''", {"decision_note": "''"}),
    Rule("completion_support", f"t.source !~ '{_NUMBERS_ONLY}' AND t.completion_id IN "
         f"(SELECT id FROM completion WHERE person_id {E})", {"source": "'erased:' || t.id"}),
    Rule("log_file", f"t.person_id {E}"),
    Rule("learning_use", f"t.person_id {E}", {"words": "''"}),
    Rule("wish", f"t.person_id {E}"),
    Rule("reservation", f"t.person_id {E}"),
    Rule("activity_date", f"t.leader_id {E} AND t.ends_at > :at", {"leader_id": "NULL"}),
    Rule("programme_follower", f"t.person_id {E} AND t.completed_at IS NULL"),
    # Lessons, and what others wrote to them
    Rule("lesson_file", f"t.lesson_id IN {_LESSONS}"),
    Rule("lesson_saved", f"t.person_id {E} OR t.lesson_id IN {_LESSONS}"),
    Rule("lesson_reaction", f"t.person_id {E} OR t.lesson_id IN {_LESSONS}"),
    Rule("lesson_application", f"t.person_id {E} OR t.lesson_id IN {_LESSONS}", {"how": "''"}),
    Rule("care_report", f"t.reporter_id {E} OR {_WROTE}", _blank("words", "answer")),
    Rule("feedback", f"t.giver_id {E}"),
    Rule("feedback", f"t.lesson_id IN {_LESSONS} OR t.request_id IN {_REQUESTS}", _blank("keep", "try")
         | {"shared_at": "NULL"}),
    Rule("feedback_asked", f"t.person_id {E} OR t.request_id IN {_REQUESTS}"),
    Rule("feedback_request", f"t.asker_id {E}", {"about": "''", "closed_at": "coalesce(t.closed_at, :at)",
                                                 "shared_at": "NULL"}),
    Rule("lesson", f"t.id IN {_LESSONS}", _blank("title", "happened", "learned", "from_now_on", "outcome")
         | {"skills": "'{}'", "text_keys": "'{}'", "team_id": "NULL", "edited_at": "NULL", "once": "NULL",
            "hidden_why": "NULL",
            "deleted_at": "coalesce(t.deleted_at, :at)", "going_at": "NULL", "audience": "'team'"}),
    Rule("lesson_draft", "t.mark = ANY(CAST(:marks AS bytea[]))"),
    Rule("unnamed_tally", "t.mark = ANY(CAST(:marks AS bytea[]))"),
    # Thanks and recognitions
    Rule("kudos", f"t.giver_id {E} OR {_NOBODY_ELSE.format('kudos')}",
         {"message": "''", "hidden_at": "coalesce(t.hidden_at, :at)", "change_asked_at": "NULL",
          "reworded_at": "NULL"}),
    Rule("kudos_receiver", f"t.person_id {E}", {"visible": "'private'"}),
    Rule("nomination", f"t.nominee_id {E} OR t.nominator_id {E}"),
    Rule("recognition_jury", f"t.person_id {E}"),
    Rule("recognition_receiver", f"t.person_id {E}", {"visible": "'me'"}),
    Rule("recognition", _NOBODY_ELSE.format("recognition"), _blank("title", "citation", "occasion")
         | {"withdrawn_because": "left(t.withdrawn_because, 0)"}),
    # Goals, conversations, guidance
    Rule("goal_viewer", f"t.person_id {E} OR {_GOALS}"),
    Rule("goal_check_in", _GOALS),
    Rule("goal", f"t.person_id {E}"),
    Rule("team_goal_member", f"t.person_id {E} AND t.left_at IS NULL", {"left_at": ":at"}),
    Rule("conversation_note", f"t.writer_id {E} AND t.filed_at IS NULL OR t.conversation_id IN "
         f"(SELECT id FROM conversation WHERE person_id {E})"),
    Rule("conversation", f"t.person_id {E}"),
    Rule("conversation", f"t.manager_id {E} AND t.held_at IS NULL AND t.cancelled_at IS NULL",
         {"cancelled_at": ":at"}),
    Rule("mentor_pair", f"t.mentor_id {E} OR t.mentee_id {E}"),
    Rule("mentor_place", f"t.person_id {E}"),
    Rule("guidance_offer", f"t.person_id {E}"),
    Rule("guidance_meeting", f"t.guidance_id IN (SELECT id FROM guidance WHERE guide_id {E} OR learner_id {E})",
         {"subject": "''"}),
    Rule("guidance", f"t.guide_id {E} OR t.learner_id {E}", _blank("purpose", "words") | {"host_id": "NULL"}),
    # Badges
    Rule("showcase", f"t.person_id {E}"),
    Rule("agreement", f"t.colleague_id {E} OR t.award_id IN (SELECT id FROM award WHERE person_id {E})"),
    Rule("award", f"t.person_id {E}", {"visible": "'me'", "in_review": "false", "revoked_because": "NULL",
                                       "seen_at": "NULL"}),
    # Reviews: what was underway has ended before; what was decided stands in its dossier, under a key of its own
    Rule("review_evidence", _REVIEWS),
    Rule("review_proposal", _REVIEWS),
    Rule("review_observation", _REVIEWS, _none("question", "sealed")),
    Rule("review_observation", f"t.observer_id {E} AND t.filed_at IS NULL AND t.declined_at IS NULL",
         {"declined_at": ":at"}),
    Rule("review_assessment", _REVIEWS, _none("sealed")),
    Rule("review_assessment", f"""t.person_id {E} AND NOT EXISTS (SELECT FROM review_seat s
         WHERE s.review_id = t.review_id AND s.person_id = t.person_id AND s.handed_in_at IS NOT NULL)"""),
    Rule("review_decision", f"t.person_id {E} AND t.signed_at IS NULL"),
    Rule("review_decision", _REVIEWS, _none("sealed")),
    Rule("review_objection", _REVIEWS, _none("sealed", "answer")),
    Rule("review_objection", f"t.handler_id {E} AND t.handled_at IS NULL", {"handler_id": "NULL"}),
    Rule("review_round_person", f"t.person_id {E}"),
    Rule("review_round_panel", f"t.person_id {E}"),
    Rule("review_view", f"t.person_id {E}"),
    Rule("review", f"t.person_id {E}", _none("own_words", "own_words_draft", "answer", "department_id")),
    # News, files, the wish itself
    Rule("notification", f"t.person_id {E} OR t.actor_id {E}"),
    Rule("notification_mail", f"t.person_id {E}"),
    Rule("notification_choice", f"t.person_id {E}"),
    Rule("notification_settings", f"t.person_id {E}"),
    Rule("data_export", f"t.person_id {E}"),
    Rule("erasure_request", f"t.person_id {E}"),
    Rule("erasure_refusal", f"t.person_id {E}"),
    Rule("erasure_refusal", f"t.refused_by {E}", {"refused_by": "NULL"}),
    # and at the end what opened all that was sealed
    Rule("person_key", f"t.person_id {E}"),
)  # fmt: skip

_COUNTED = "the fact that was counted says the same, under the number; a sum rests on it"
_OTHERS = "it belongs to what somebody else did, said or asked for"
_ENDS = "it says nothing without what stood beside it"
_FILE = "a file of many people; it goes when its import has ended, or after some days"

# Columns that keep what they say, with why: of a table whose rows stay, or stay where somebody else has part in them.
STAYS: Mapping[str, str] = {
    "membership.department_id": "sums of teams: what was earned while somebody was there",
    "membership.team_id": "sums of teams: what was earned while somebody was there",
    "membership.since": "sums of teams: what was earned while somebody was there",
    "pause.since": _OTHERS, "pause.until": _OTHERS, "pause.entered_at": _OTHERS,
    "completion.completed_at": _COUNTED, "completion.recorded_at": _COUNTED, "completion.origin": _COUNTED,
    "completion.score": _COUNTED, "completion.hours": _COUNTED, "completion.confirmer_id": _COUNTED,
    "completion.decided_at": _COUNTED, "completion_support.at": _COUNTED, "completion_support.score": _COUNTED,
    "completion_support.hours": _COUNTED, "completion_support.withdrawn_at": _COUNTED,
    "statement.happened_at": _COUNTED, "statement.means": _COUNTED,
    "learning_use.answer": "which learning is used, told from five answers on", "learning_use.answered_at": _COUNTED,
    "attendance.present": _COUNTED, "attendance.how": _COUNTED, "attendance.confirmed_by": _COUNTED,
    "attendance.recorded_at": _COUNTED,
    "lesson.lang": _ENDS, "lesson.shared_at": _COUNTED, "lesson.hidden_at": _ENDS, "lesson.counts": _COUNTED,
    "lesson.mark": "noise without the key that made it",
    "lesson_application.at": _COUNTED, "lesson_application.ended_at": _COUNTED,
    "kudos.skill_id": _COUNTED, "kudos.lang": _ENDS, "kudos.given_at": _COUNTED, "kudos.team_id": _COUNTED,
    "kudos.undone_at": _COUNTED, "kudos_receiver.thanked_at": _ENDS,
    "kudos_allowance.spent": "what others were given, counted",
    "kudos_allowance.teams": "what others were given, counted",
    "recognition.lang": _OTHERS, "recognition.day": _OTHERS, "recognition.skill_id": _OTHERS,
    "recognition.given_at": _OTHERS, "recognition.withdrawn_at": _OTHERS, "recognition_occasion.words": _OTHERS,
    "feedback.lang": _OTHERS, "feedback.given_at": _OTHERS, "feedback.helped_at": _OTHERS,
    "feedback_request.lang": _ENDS, "feedback_request.asked_at": _OTHERS, "feedback_request.closes_at": _OTHERS,
    "care_report.reason": _OTHERS, "care_report.reported_at": _OTHERS,
    "team_goal_member.joined_at": "what a team reached together, counted while somebody took part",
    "guidance.kind": _OTHERS, "guidance.skills": _COUNTED, "guidance.state": _OTHERS, "guidance.asked_at": _OTHERS,
    "guidance.answered_at": _OTHERS, "guidance.planned_from": _OTHERS, "guidance.planned_to": _OTHERS,
    "guidance.shared": _OTHERS, "guidance.ended_at": _OTHERS, "guidance.learned": _COUNTED,
    "guidance_meeting.starts_at": _COUNTED, "guidance_meeting.minutes": _COUNTED,
    "guidance_meeting.recorded_at": _COUNTED, "guidance_meeting.state": _COUNTED,
    "guidance_meeting.decided_at": _COUNTED, "guidance_meeting.counted": _COUNTED,
    "guidance_meeting.learned": _COUNTED, "guidance_meeting.share": _COUNTED, "guidance_meeting.reason": _COUNTED,
    "award.revoked_at": _COUNTED, "award.revoked_by": _COUNTED, "award.stretched_from": _COUNTED,
    "board_member.department_id": "the projector makes it anew, and leaves out who was erased",
    "board_member.team_id": "the projector makes it anew, and leaves out who was erased",
    "board_member.taking_part": "the projector makes it anew, and leaves out who was erased",
    "learning_import.sample": _FILE, "learning_part.content": _FILE, "people_file.content": _FILE,
    "people_file_row.external_id": _FILE, "people_file_row.name": _FILE, "people_file_row.detail": _FILE,
    "learning_refusal.reason": "it names a column and what is wrong there, never who",
    "data_export_part.content": "it goes with its file",
    "erasure_letter.sealed": "it goes when they were told, and after three days whatever happens",
    "api_client.secret_hash": "of a system, not of a person",
    "api_client.old_secret_hash": "of a system, not of a person",
    "dossier.wrapped": "a frozen dossier stays until its term",
    "dossier.sealed": "a frozen dossier stays until its term",
    "dossier.frozen_at": "a frozen dossier stays until its term",
    "dossier.keep_until": "a frozen dossier stays until its term", "dossier.destroyed_at": "when its term ended",
    **{f"review.{name}": "which review there was, beside its dossier" for name in (
        "job_id", "criteria_id", "asked_at", "stage", "evidence_due", "panel_due", "decide_due", "own_words_at",
        "gathered_at", "assessed_at", "decided_at", "released_at", "seen_at", "unseen_at", "answered_at", "closed_at",
        "reminded")},
    "review_observation.asked_at": _OTHERS, "review_observation.observed_on": _OTHERS,
    "review_observation.filed_at": _OTHERS,
    "review_seat.named_at": _OTHERS, "review_seat.handed_in_at": _OTHERS, "review_seat.stepped_aside_at": _OTHERS,
    "review_seat.reminded": _OTHERS,
    "review_assessment.verdict": "how panels judged one criterion, told from five reviews on",
    "review_assessment.written_at": _OTHERS, "review_decision.outcome": "what rounds decided, counted",
    "review_decision.from_on": _OTHERS, "review_decision.plan_on": _OTHERS, "review_decision.written_at": _OTHERS,
    "review_decision.signed_at": _OTHERS, "review_objection.filed_at": _OTHERS, "review_objection.outcome": _OTHERS,
    "review_objection.handled_at": _OTHERS,
    "review_step.at": "the course of a review, beside its dossier", "review_step.what": "the course of a review",
    "review_step.detail": "codes: the course of a review, never words",
}  # fmt: skip

# Columns that name a person and go on naming the number, with why.
NUMBERS: Mapping[str, str] = {
    "fact.person_id": "the log of what happened", "fact.counterpart_id": "the log of what happened",
    "fact.confirmed_by": "the log of what happened", "ledger_entry.person_id": "the ledger is never changed",
    "person_total.person_id": "sums", "skill_total.person_id": "sums", "period_total.person_id": "sums",
    "team_share.person_id": "sums", "board_member.person_id": "made anew by the projector",
    "membership.person_id": "sums of teams", "kudos_allowance.giver_id": "what others were given, counted",
    "attendance.person_id": _COUNTED, "attendance.confirmed_by": _COUNTED,
    "activity.proposed_by": _OTHERS, "activity_merge.by_id": _OTHERS, "activity_merge.undone_by_id": _OTHERS,
    "award.revoked_by": _OTHERS, "care_report.decided_by": _OTHERS, "conversation.planned_by": _OTHERS,
    "erasure.person_id": "the list of erasures", "erasure.by_id": "the list of erasures",
    "erasure_letter.person_id": "it goes when they were told", "erasure_letter.made_at": "it goes when they were told",
    "guidance.proposed_by": _OTHERS, "guidance.end_by": _OTHERS, "guidance_meeting.recorded_by": _OTHERS,
    "identity_join.by_id": _OTHERS, "identity_join.undone_by_id": _OTHERS, "ignored_name.by_id": _OTHERS,
    "job_criteria.published_by": _OTHERS, "mail.asked_by": _OTHERS, "people_file.sent_by": _OTHERS,
    "recognition.giver_id": "a recognition is given in an office, and its receiver's",
    "recognition.withdrawn_by": _OTHERS,
    "recognition_occasion.opened_by": _OTHERS, "recognition_occasion.decided_by": _OTHERS,
    "review.asked_by": _OTHERS, "review_evidence.released_by": "gone with its row",
    "review_proposal.proposed_by": _OTHERS, "review_round.opened_by": _OTHERS, "review_seat.person_id": _OTHERS,
    "review_seat.named_by": _OTHERS, "review_seat.for_id": _OTHERS, "review_step.person_id": _OTHERS,
    "team_goal.made_by": _OTHERS,
}  # fmt: skip
