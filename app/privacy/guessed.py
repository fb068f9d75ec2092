"""What is somebody's and was guessed by its number: whoever gets *not there* for it leaves a look that was refused.

The answer is the same as for a number that nothing has. Once an hour for each viewer, person and kind of thing, however
often somebody tries. What lost its author's name is nobody's here, or the trace would tell who wrote it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import TextClause, text
from werkzeug.wrappers import Response

from app.access import asker
from app.audit.actions import look_at_all
from app.db import db
from app.web import now


@dataclass(frozen=True, slots=True)
class Guess:
    """`argument` of the address names it; `whose` asks whose it is, as far as `:viewer` has no part in it."""

    what: str
    argument: str
    whose: TextClause


def _guess(what: str, argument: str, whose: str) -> Guess:
    return Guess(what, argument, text(whose))


_CONVERSATION = _guess("conversation:one", "conversation_id", """
    SELECT c.person_id FROM conversation c JOIN person p ON p.id = c.person_id
    WHERE c.id = :id AND NOT (c.manager_id = :viewer AND p.manager_id IS NOT DISTINCT FROM :viewer)
""")  # fmt: skip
_REQUEST = _guess("feedback:one", "request_id", """
    SELECT r.asker_id FROM feedback_request r
    WHERE r.id = :id AND NOT EXISTS (SELECT FROM feedback_asked a WHERE a.request_id = r.id AND a.person_id = :viewer)
""")  # fmt: skip
_LESSON = _guess("lesson:one", "lesson_id", """
    SELECT l.author_id FROM lesson l
    WHERE l.id = :id AND l.audience = 'team' AND l.author_id IS NOT NULL AND l.deleted_at IS NULL
      AND l.hidden_at IS NULL
""")  # fmt: skip
_KUDOS = _guess("kudos:one", "kudos_id", """
    SELECT r.person_id FROM kudos k JOIN kudos_receiver r ON r.kudos_id = k.id
    WHERE k.id = :id AND k.giver_id <> :viewer AND r.visible <> 'everyone' AND k.hidden_at IS NULL
      AND NOT EXISTS (SELECT FROM kudos_receiver o WHERE o.kudos_id = k.id AND o.person_id = :viewer)
""")  # fmt: skip
_RECOGNITION = _guess("recognition:one", "recognition_id", """
    SELECT r.person_id FROM recognition o JOIN recognition_receiver r ON r.recognition_id = o.id
    WHERE o.id = :id AND o.giver_id <> :viewer AND r.visible = 'me'
      AND NOT EXISTS (SELECT FROM recognition_receiver s WHERE s.recognition_id = o.id AND s.person_id = :viewer)
""")  # fmt: skip
_GOAL = _guess("goal:one", "goal_id", """
    SELECT g.person_id FROM goal g JOIN person p ON p.id = g.person_id JOIN person v ON v.id = :viewer
    WHERE g.id = :id AND NOT EXISTS (SELECT FROM goal_viewer w WHERE w.goal_id = g.id AND w.person_id = v.id)
      AND NOT coalesce(g.visible IN ('manager', 'team') AND p.manager_id = v.id, false)
      AND NOT coalesce(g.visible = 'team' AND p.team_id = v.team_id, false)
""")  # fmt: skip
_GUIDANCE = _guess("guidance:one", "guidance_id", """
    SELECT unnest(ARRAY[g.guide_id, g.learner_id]) FROM guidance g
    WHERE g.id = :id AND :viewer NOT IN (g.guide_id, g.learner_id)
""")  # fmt: skip
_AWARD = _guess("badge:one", "award_id", """
    SELECT a.person_id FROM award a WHERE a.id = :id AND a.visible = 'me' AND a.revoked_at IS NULL
""")  # fmt: skip
_OBSERVATION = _guess("review", "observation_id", """
    SELECT unnest(ARRAY[r.person_id, o.observer_id]) FROM review_observation o JOIN review r ON r.id = o.review_id
    WHERE o.id = :id AND :viewer NOT IN (r.person_id, o.observer_id)
""")  # fmt: skip
_COMPLETION = _guess("completion:one", "completion_id", """
    SELECT c.person_id FROM completion c WHERE c.id = :id AND c.confirmer_id IS DISTINCT FROM :viewer
""")  # fmt: skip
_LOG_FILE = _guess("log:file", "file_id", "SELECT f.person_id FROM log_file f WHERE f.id = :id")
_RESERVATION = _guess(
    "reservation:one", "reservation_id", "SELECT r.person_id FROM reservation r WHERE r.id = :id"
)
_NEWS = _guess("inbox:one", "notification_id", "SELECT n.person_id FROM notification n WHERE n.id = :id")
_EXPORT = _guess("export:one", "export_id", "SELECT e.person_id FROM data_export e WHERE e.id = :id")

# Views that show one thing of somebody. Reviews and pages of people keep their own looks.
GUESSED: Mapping[str, Guess] = {
    "conversations.one": _CONVERSATION,
    "conversations_api.one": _CONVERSATION,
    "feedback.request_page": _REQUEST,
    "feedback_api.request": _REQUEST,
    "feedback_api.on_lesson": _LESSON,
    "lessons.lesson": _LESSON,
    "lessons_api.lesson": _LESSON,
    "lessons.file": _LESSON,
    "lessons_api.file": _LESSON,
    "kudos.one": _KUDOS,
    "kudos_api.one": _KUDOS,
    "recognitions.one": _RECOGNITION,
    "recognitions_api.one": _RECOGNITION,
    "goals.line": _GOAL,
    "goals.one": _GOAL,
    "goals_api.one": _GOAL,
    "goals_api.shared_one": _GOAL,
    "guidance.one": _GUIDANCE,
    "guidance_api.one": _GUIDANCE,
    "badges.award": _AWARD,
    "reviews.observation": _OBSERVATION,
    "reviews_api.observation": _OBSERVATION,
    "activities.waiting_log": _COMPLETION,
    "activities.file": _LOG_FILE,
    "activities_api.file": _LOG_FILE,
    "dates.reservation_file": _RESERVATION,
    "notifications.go": _NEWS,
    "privacy.take": _EXPORT,
    "privacy_api.take": _EXPORT,
}


def note(answer: Response) -> Response:
    """After each request: was something of somebody asked for, by who gets *not there*."""
    guess = GUESSED.get(request.endpoint or "")
    if guess is None or answer.status_code != 404 or request.method not in ("GET", "HEAD"):
        return answer
    viewer, named = asker().person_id, _named(guess)
    if viewer is None or named is None:
        return answer
    whose = set(db.session.scalars(guess.whose, {"id": named, "viewer": viewer}))
    db.session.rollback()
    look_at_all(viewer_id=viewer, person_ids=whose, what=guess.what, allowed=False, at=now())
    return answer


def _named(guess: Guess) -> Any:
    """A number that the database can have."""
    named = (request.view_args or {}).get(guess.argument)
    return None if isinstance(named, int) and named >= 2**63 else named
