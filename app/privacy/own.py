"""Which rows are about somebody, table by table, and which of their columns they get in the file of all their data.

What a column is says its class in the model (`info=`): what is part of an export or of nobody goes along, a secret and
what others wrote for others never does. A table without a line here, or a column that no line gives, fails a test;
what is left out on purpose stands in `LEFT_OUT`, with why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from sqlalchemy import Column, Table

from app.db import Base


@cache
def tables() -> Mapping[str, Table]:
    """Those of every room, higher ones too: this room reads what they keep, and calls none of them."""
    for path in sorted(Path(__file__).parents[1].glob("*/models.py")):
        import_module(f"app.{path.parent.name}.models")
    return Base.metadata.tables


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of `table` (as `t`) that are about `:me`. `only` these columns where somebody else has part in the row.

    `:marks` are the marks of lessons without a name; `:today` is the day.
    """

    room: str
    table: str
    where: str = "t.person_id = :me"
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    order: str = ""

    @property
    def source(self) -> Table:
        return tables()[self.table]

    @property
    def columns(self) -> list[Column[object]]:
        """In the order of the model: what is exported, and what is about nobody and makes it readable."""
        return [column for column in self.source.columns if self._gives(column)]

    def _gives(self, column: Column[object]) -> bool:
        if self.only:
            return column.name in self.only
        fits = column.info["export"] or column.info["class"] == "none"
        return fits and column.name not in self.but


_MINE_OF_LESSONS = "(t.author_id = :me OR t.mark = ANY(:marks))"
_ON_MY_LESSON = (
    "EXISTS (SELECT FROM lesson l WHERE l.id = t.lesson_id AND l.author_id = :me AND l.deleted_at IS NULL)"
)
_MY_REQUEST = "EXISTS (SELECT FROM feedback_request r WHERE r.id = t.request_id AND r.asker_id = :me AND {})"
_IN_GUIDANCE = (
    "EXISTS (SELECT FROM guidance g WHERE g.id = t.guidance_id AND :me IN (g.guide_id, g.learner_id))"
)
_RECEIVED = "EXISTS (SELECT FROM {0}_receiver r WHERE r.{0}_id = t.id AND r.person_id = :me)"
_GAVE = "EXISTS (SELECT FROM {0} r WHERE r.id = t.{0}_id AND r.giver_id = :me)"
# Words of answers without names are there from five on, and in an order that tells nothing.
_FIVE = (
    "NOT t.giver_id = :me AND r.unnamed AND (SELECT count(*) FROM feedback f WHERE f.request_id = r.id) >= 5"
)
_TALK = """(t.person_id = :me OR t.manager_id = :me
    AND EXISTS (SELECT FROM person p WHERE p.id = t.person_id AND p.manager_id = :me))"""
_MY_REVIEW = "EXISTS (SELECT FROM review r WHERE r.id = t.review_id AND r.person_id = :me AND {})"
_MINE_TO_READ = _MY_REVIEW.format("true")
# Who left a seat gets their own words without whose file they stood in, and nobody gets what they had not handed in.
_SITS = """EXISTS (SELECT FROM review_seat s WHERE s.review_id = t.review_id AND s.person_id = t.person_id
    AND s.seat = '{}' AND s.{})"""
_UNSEALED = """t.nominee_id = :me AND EXISTS (SELECT FROM recognition_occasion o WHERE o.id = t.occasion_id
    AND (o.decided_at IS NOT NULL OR o.closed_at IS NOT NULL OR o.closes_on < :today))"""

PARTS: tuple[Part, ...] = (
    Part("people", "person", "t.id = :me"),
    Part("people", "membership"),
    Part("people", "identity"),
    Part("people", "stand_in", ":me IN (t.person_id, t.deputy_id)"),
    Part("people", "hr_department"),
    Part("people", "pause"),
    Part("people", "sign_in"),
    Part("people", "api_token"),
    Part("people", "mail"),
    Part("people", "identity_join"),
    Part("people", "ignored_name", "t.by_id = :me", only=("at", "by_id")),
    Part("people", "people_file", "t.sent_by = :me"),
    Part("learning", "completion"),
    Part("learning", "completion", "t.confirmer_id = :me AND t.person_id <> :me",
         only=("id", "activity_id", "completed_at", "state", "confirmer_id", "decided_at", "decision_note")),
    Part("learning", "completion_support",
         "EXISTS (SELECT FROM completion c WHERE c.id = t.completion_id AND c.person_id = :me)"),
    Part("learning", "learning_use"),
    Part("learning", "reservation"),
    Part("learning", "attendance"),
    Part("learning", "activity_date", "t.leader_id = :me"),
    Part("learning", "programme_follower"),
    Part("learning", "wish"),
    Part("learning", "activity", "t.proposed_by = :me"),
    Part("learning", "activity_merge", ":me IN (t.by_id, t.undone_by_id)"),
    Part("learning", "learning_row"),
    Part("learning", "learning_import", "t.by_id = :me"),
    Part("learning", "statement"),
    Part("goals", "goal"),
    Part("goals", "goal_check_in", "EXISTS (SELECT FROM goal g WHERE g.id = t.goal_id AND g.person_id = :me)"),
    Part("goals", "goal_viewer",
         "t.person_id = :me OR EXISTS (SELECT FROM goal g WHERE g.id = t.goal_id AND g.person_id = :me)"),
    Part("goals", "team_goal", "t.made_by = :me"),
    Part("goals", "team_goal_member"),
    Part("lessons", "lesson", _MINE_OF_LESSONS),
    Part("lessons", "lesson_file",
         "EXISTS (SELECT FROM lesson l WHERE l.id = t.lesson_id AND (l.author_id = :me OR l.mark = ANY(:marks)))"),
    Part("lessons", "lesson_saved"),
    Part("lessons", "lesson_application"),
    Part("lessons", "lesson_reaction"),
    Part("kudos", "kudos", "t.giver_id = :me"),
    Part("kudos", "kudos", f"t.giver_id <> :me AND t.undone_at IS NULL AND t.hidden_at IS NULL "
         f"AND {_RECEIVED.format('kudos')}",
         only=("id", "giver_id", "message", "skill_id", "lang", "given_at", "team_id")),
    Part("kudos", "kudos_receiver"),
    Part("kudos", "kudos_receiver", f"t.person_id <> :me AND {_GAVE.format('kudos')}",
         only=("kudos_id", "person_id")),
    Part("kudos", "kudos_allowance", "t.giver_id = :me"),
    Part("recognitions", "recognition", f"t.giver_id = :me OR {_RECEIVED.format('recognition')}"),
    Part("recognitions", "recognition", f"t.withdrawn_by = :me AND t.giver_id <> :me "
         f"AND NOT {_RECEIVED.format('recognition')}", only=("withdrawn_at", "withdrawn_by", "withdrawn_because")),
    Part("recognitions", "recognition_receiver"),
    Part("recognitions", "recognition_receiver", f"t.person_id <> :me AND {_GAVE.format('recognition')}",
         only=("recognition_id", "person_id")),
    Part("recognitions", "recognition_jury"),
    Part("recognitions", "recognition_occasion", ":me IN (t.opened_by, t.decided_by)"),
    Part("recognitions", "nomination", "t.nominator_id = :me"),
    Part("recognitions", "nomination", f"t.nominator_id <> :me AND {_UNSEALED}"),
    Part("feedback", "feedback", "t.giver_id = :me"),
    Part("feedback", "feedback", f"t.giver_id <> :me AND ({_ON_MY_LESSON} "
         f"OR {_MY_REQUEST.format('NOT r.unnamed')})"),
    Part("feedback", "feedback", _MY_REQUEST.format(_FIVE), only=("keep", "try", "lang"),
         order='md5(t.keep || t."try")'),
    Part("feedback", "feedback_request", "t.asker_id = :me"),
    Part("feedback", "feedback_request",
         "EXISTS (SELECT FROM feedback_asked a WHERE a.request_id = t.id AND a.person_id = :me)",
         only=("id", "asker_id", "about", "lang", "asked_at", "closes_at")),
    Part("feedback", "feedback_asked"),
    Part("feedback", "feedback_asked", f"t.person_id <> :me AND {_MY_REQUEST.format('true')}",
         only=("request_id", "person_id")),
    Part("guidance", "guidance", ":me IN (t.guide_id, t.learner_id)"),
    Part("guidance", "guidance_meeting", _IN_GUIDANCE),
    Part("guidance", "guidance_offer"),
    Part("guidance", "mentor_place"),
    Part("guidance", "mentor_pair", "t.mentor_id = :me AND t.state IN ('proposed', 'paired')", but=("mentee_at",)),
    Part("guidance", "mentor_pair", "t.mentee_id = :me AND t.state IN ('proposed', 'paired')", but=("mentor_at",)),
    Part("conversations", "conversation", _TALK),
    Part("reviews", "review"),
    Part("reviews", "review_evidence", "t.holder_id = :me"),
    Part("reviews", "review_proposal", _MY_REVIEW.format("true")),
    Part("reviews", "review_observation", f"t.observer_id = :me OR t.filed_at IS NOT NULL AND {_MINE_TO_READ}"),
    Part("reviews", "review_observation", f"t.filed_at IS NULL AND {_MINE_TO_READ}", but=("observed_on",)),
    Part("reviews", "review_seat", f"t.person_id = :me AND t.stepped_aside_at IS NULL OR {_MINE_TO_READ}"),
    Part("reviews", "review_seat", "t.person_id = :me AND t.stepped_aside_at IS NOT NULL",
         only=("person_id", "seat", "named_at", "handed_in_at", "stepped_aside_at")),
    Part("reviews", "review_assessment", f"t.person_id = :me AND {_SITS.format('member', 'stepped_aside_at IS NULL')} "
         f"OR {_MY_REVIEW.format('r.assessed_at IS NOT NULL')} "
         f"AND {_SITS.format('member', 'handed_in_at IS NOT NULL')}"),
    Part("reviews", "review_decision", f"t.person_id = :me AND {_SITS.format('decider', 'stepped_aside_at IS NULL')} "
         f"OR t.signed_at IS NOT NULL AND {_MY_REVIEW.format('r.released_at IS NOT NULL')}"),
    Part("reviews", "review_objection", f"t.handler_id = :me OR {_MY_REVIEW.format('true')}"),
    Part("reviews", "review_step", _MY_REVIEW.format("true")),
    Part("reviews", "review_step", "t.person_id = :me AND NOT "
         "EXISTS (SELECT FROM review r WHERE r.id = t.review_id AND r.person_id = :me)",
         only=("id", "at", "person_id", "what")),
    Part("reviews", "review_round_person"),
    Part("reviews", "review_round", "t.opened_by = :me"),
    Part("reviews", "review_round_panel"),
    Part("reviews", "review_view"),
    Part("reviews", "job_criteria", "t.published_by = :me"),
    Part("reviews", "dossier", _MY_REVIEW.format("true")),
    Part("care", "care_report", "t.reporter_id = :me", but=("decided_by",)),
    Part("care", "care_report", "t.decided_by = :me",
         only=("id", "kind", "reason", "decision", "answer", "decided_by", "decided_at")),
    Part("points", "fact"),
    Part("points", "ledger_entry"),
    Part("points", "person_total"),
    Part("points", "skill_total"),
    Part("points", "period_total"),
    Part("points", "board_member"),
    Part("points", "board_row"),
    Part("points", "team_share"),
    Part("badges", "award"),
    Part("badges", "award", "t.revoked_by = :me AND t.person_id <> :me",
         only=("revoked_at", "revoked_by", "revoked_because")),
    Part("badges", "showcase"),
    Part("badges", "agreement",
         "t.colleague_id = :me OR EXISTS (SELECT FROM award a WHERE a.id = t.award_id AND a.person_id = :me)"),
    Part("news", "notification"),
    Part("news", "notification_choice"),
    Part("news", "notification_settings"),
    Part("news", "notification_mail"),
    Part("traces", "look"),
    Part("traces", "look", "t.viewer_id = :me"),
    Part("traces", "audit_entry"),
    Part("traces", "audit_entry", "t.actor_id = :me AND t.person_id IS DISTINCT FROM :me",
         only=("id", "at", "actor_id", "action")),
    Part("traces", "data_export"),
    Part("traces", "erasure_request"),
    Part("traces", "erasure_refusal"),
    Part("traces", "erasure_refusal", "t.refused_by = :me AND t.person_id <> :me",
         only=("refused_at", "refused_by", "because")),
)  # fmt: skip

# What the class says is part of an export and is not there as a column; with why, or where it is instead.
LEFT_OUT = {
    "attempt.key": "a keyed hash, gone after an hour: nobody can say whose it is",
    "ignored_name.name": "a name that nobody knows is nobody's yet",
    "outbox.body": "handed on within a second and gone after a week; what it tells stands in its own table",
    "person_key.person_id": "that there is a key says nothing, and the key itself is a secret",
    "log_file.person_id": "the files themselves go along, opened, with all that is known of them",
    "log_file.name": "the files themselves go along, opened, with all that is known of them",
    "log_file.sent_at": "the files themselves go along, opened, with all that is known of them",
    "conversation_note.writer_id": "the notes stand in words, decrypted",
    "conversation_note.written_at": "the notes stand in words, decrypted",
    "conversation_note.filed_at": "the notes stand in words, decrypted",
}


def rooms() -> Iterator[tuple[str, list[Part]]]:
    """The pages of the file, in their order."""
    for room in dict.fromkeys(part.room for part in PARTS):
        yield room, [part for part in PARTS if part.room == room]
