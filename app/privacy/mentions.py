"""Where others name somebody in their own words, before they are erased: no rule can take that out, a person decides.

What every colleague may read is listed with its address. Of what only some may read only the number is told, by kind;
what is sealed with somebody's key cannot be searched. Nothing of what was written is shown here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.db import db

MOST = 50  # lines; who is named more often is a matter for a search
FEW = 5  # people of whom one page looks

KINDS: dict[str, Any] = {
    "lesson": _l("Lesson"),
    "kudos": _l("Kudos"),
    "recognition": _l("Recognition"),
    "activity": _l("Activity"),
    "application": _l("How a lesson is applied"),
    "feedback": _l("Feedback"),
    "goal": _l("Goal"),
    "guidance": _l("Coaching and mentoring"),
    "completion": _l("A note with learning"),
    "wish": _l("Wish for the catalogue"),
}

# Whose it is, its kind, its number, what leads to its page, its words, and whether each colleague may read it.
_TEXTS = """
    SELECT l.author_id AS by, 'lesson' AS kind, l.id, '' AS slug,
           concat_ws(' ', l.title, l.happened, l.learned, l.from_now_on) AS words,
           l.audience = 'everyone' AND l.hidden_at IS NULL AS open
    FROM lesson l WHERE l.deleted_at IS NULL
    UNION ALL SELECT k.giver_id, 'kudos', k.id, '', k.message, k.hidden_at IS NULL AND EXISTS (
        SELECT FROM kudos_receiver r WHERE r.kudos_id = k.id AND r.visible = 'everyone')
    FROM kudos k WHERE k.undone_at IS NULL
    UNION ALL SELECT r.giver_id, 'recognition', r.id, '', concat_ws(' ', r.title, r.citation, r.occasion), EXISTS (
        SELECT FROM recognition_receiver o WHERE o.recognition_id = r.id AND o.visible = 'colleagues')
    FROM recognition r WHERE r.withdrawn_at IS NULL
    UNION ALL SELECT NULL, 'activity', a.id, a.slug,
        concat_ws(' ', a.title ->> 'nl', a.title ->> 'en', a.summary ->> 'nl', a.summary ->> 'en', a.place),
        a.state = 'published'
    FROM activity a WHERE a.merged_into_id IS NULL
    UNION ALL SELECT n.person_id, 'application', n.lesson_id, '', n.how, false
    FROM lesson_application n WHERE n.how <> ''
    UNION ALL SELECT f.giver_id, 'feedback', f.id, '', concat_ws(' ', f.keep, f.try), false FROM feedback f
    UNION ALL SELECT f.asker_id, 'feedback', f.id, '', f.about, false FROM feedback_request f WHERE f.about <> ''
    UNION ALL SELECT g.person_id, 'goal', g.id, '', concat_ws(' ', g.title, g.why, g.proof_words), false FROM goal g
    UNION ALL SELECT g.person_id, 'goal', g.id, '', c.line, false FROM goal_check_in c JOIN goal g ON g.id = c.goal_id
    UNION ALL SELECT g.learner_id, 'guidance', g.id, '', concat_ws(' ', g.purpose, g.words), false FROM guidance g
    UNION ALL SELECT c.person_id, 'completion', c.id, '', concat_ws(' ', c.note, c.decision_note), false
    FROM completion c WHERE c.note <> '' OR c.decision_note <> ''
    UNION ALL SELECT w.person_id, 'wish', w.id, '', w.words, false FROM wish w
"""
_FOUND = text(f"""
    SELECT t.kind, t.id, t.slug, t.words ~* :whole AS whole FROM ({_TEXTS}) t
    WHERE t.open AND t.by IS DISTINCT FROM :person AND t.words ~* :any
    ORDER BY 4 DESC, t.kind, t.id DESC LIMIT :most
""")
_HIDDEN = text(f"""
    SELECT t.kind, count(*) AS number FROM ({_TEXTS}) t
    WHERE NOT t.open AND t.by IS DISTINCT FROM :person AND t.words ~* :whole GROUP BY t.kind ORDER BY t.kind
""")
_NAME = text("SELECT name FROM person WHERE id = :person AND erased_at IS NULL")


@dataclass(frozen=True, slots=True)
class Mention:
    """A text that every colleague may read. `whole`: the whole name; else the first name, which can be another's."""

    kind: str
    where: str
    whole: bool

    @property
    def said(self) -> Any:
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Where somebody is named. `hidden` by kind: how many texts there are that only some may read."""

    name: str
    found: Sequence[Mention]
    hidden: Sequence[Any]  # kind and number
    more: bool

    @property
    def hidden_said(self) -> Sequence[tuple[Any, int]]:
        return [(KINDS[one.kind], one.number) for one in self.hidden]


def of(person_id: int) -> Mentions | None:
    """Where this person is named by others; nothing of who was erased, or is not there."""
    name = db.session.scalar(_NAME, {"person": person_id})
    if not name:
        return None
    whole, first = _word(name), name.split()[0]
    told = {"person": person_id, "whole": whole, "any": _word(first) if len(first) > 2 else whole}
    rows = db.session.execute(_FOUND, {**told, "most": MOST + 1}).all()
    found = [Mention(row.kind, _where(row), row.whole) for row in rows[:MOST]]
    return Mentions(name, found, db.session.execute(_HIDDEN, told).all(), len(rows) > MOST)


def _word(said: str) -> str:
    """As a word of its own in a text, with any space between its parts."""
    return r"\m" + r"\s+".join(re.escape(part) for part in said.split()) + r"\M"


def _where(row: Any) -> str:
    if row.kind == "activity":
        return url_for("activities.activity", slug=row.slug)
    if row.kind == "lesson":
        return url_for("lessons.lesson", lesson_id=row.id)
    if row.kind == "kudos":
        return url_for("kudos.one", kudos_id=row.id)
    return url_for("recognitions.one", recognition_id=row.id)
