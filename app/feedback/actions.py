"""What can be done with feedback: ask for it, give it, decline, close, mark as helpful, share; say whether learning
is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.damping import weight
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import Event, FactStated, FactTakenBack, FeedbackAsked, FeedbackGiven
from app.feedback import queries, rules
from app.feedback.models import FeedbackAsked as Asked
from app.feedback.models import FeedbackRequest
from app.lessons import queries as lessons
from app.outbox import publish
from app.people.queries import reports_of

NOT_THERE = _l("This is not here, or not for you.")
CLOSED = _l("This request is closed. Thank you all the same.")
WRONG = {
    "about": _l("Say in a line what you want feedback on."),
    "people": _l("Choose at least one colleague, and at most 60."),
    "keep": _l("Write a sentence in one of the two: what to keep, or what to try."),
    "try": _l("Keep it under 1,000 characters."),
    "lang": _l("Choose the language you wrote it in."),
    "answer": _l("Choose one of the three."),
    "words": _l("Keep it under 300 characters."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A wish for feedback: of these people, of a whole team, or (`leading`) of everybody who reports to the asker,
    about how they lead."""

    asker_id: int
    about: str
    lang: str
    people: Sequence[int] = ()
    team_id: int | None = None
    leading: bool = False
    once: str | None = None

    @property
    def known_as(self) -> str | None:
        return f"{self.asker_id}:{self.once}" if self.once else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Two fields: what to keep, what to try."""

    keep: str
    try_: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Whether something learned is used."""

    completion_id: int
    person_id: int
    answer: str
    words: str = ""


_CLOSE = text("""
    UPDATE feedback_request SET closed_at = coalesce(closed_at, :at) WHERE id = :request AND asker_id = :me RETURNING id
""")
_SHARE_REQUEST = text("""
    UPDATE feedback_request r SET shared_at = CASE WHEN :on THEN coalesce(shared_at, :at) END
    WHERE id = :request AND asker_id = :me
      AND (NOT unnamed OR (SELECT count(*) FROM feedback f WHERE f.request_id = r.id) >= :fewest) RETURNING id
""")
_STATE = text("""
    UPDATE feedback_asked a SET state = :to FROM feedback_request r
    WHERE a.request_id = :request AND a.person_id = :me AND a.state = ANY(:was) AND r.id = a.request_id
      AND r.closed_at IS NULL AND r.closes_at > :at RETURNING r.asker_id, r.unnamed
""").bindparams(bindparam("was", type_=ARRAY(Text())))
_HOLD = text("SELECT id FROM lesson WHERE id = :lesson FOR KEY SHARE")
_GIVE = """
    INSERT INTO feedback (giver_id, lesson_id, request_id, keep, "try", lang, given_at)
    VALUES (:me, :lesson, :request, :keep, :try_, :lang, :at)
    ON CONFLICT ({on}, giver_id) DO UPDATE SET keep = excluded.keep, "try" = excluded."try", lang = excluded.lang
    RETURNING id, given_at = :at AS fresh
"""
_GIVE_LESSON = text(_GIVE.format(on="lesson_id"))
_GIVE_REQUEST = text(_GIVE.format(on="request_id"))
_HELPED = text("""
    UPDATE feedback SET helped_at = :at, round = round + 1 WHERE id = :feedback AND helped_at IS NULL RETURNING round
""")
_NOT_HELPED = text("""
    UPDATE feedback SET helped_at = NULL WHERE id = :feedback AND helped_at IS NOT NULL RETURNING round
""")
_SHARE = text("""
    UPDATE feedback SET shared_at = CASE WHEN :on THEN coalesce(shared_at, :at) END WHERE id = :feedback
""")
_TAKE_AWAY = text("DELETE FROM feedback WHERE id = :feedback AND giver_id = :me RETURNING helped_at, round")
_USE = text("""
    INSERT INTO learning_use (completion_id, person_id, activity_id, answer, words, answered_at)
    SELECT * FROM unnest(CAST(:completions AS bigint[]), CAST(:people AS bigint[]), CAST(:activities AS bigint[]),
                         CAST(:answers AS text[]), CAST(:words AS text[])), CAST(:at AS timestamptz)
    ON CONFLICT (completion_id) DO UPDATE
        SET answer = excluded.answer, words = excluded.words, answered_at = excluded.answered_at
""").bindparams(
    *(bindparam(name, type_=ARRAY(BigInteger())) for name in ("completions", "people", "activities")),
    *(bindparam(name, type_=ARRAY(Text())) for name in ("answers", "words")),
)


# Ask --------------------------------------------------------------------------------------------------------


def ask(item: Ask, *, at: datetime) -> int:
    """Ask colleagues what to keep and what to try. The same key again gives the same request."""
    about = item.about.strip()
    if not rules.ABOUT[0] <= len(about) <= rules.ABOUT[1]:
        _cannot_be("about")
    if item.lang not in rules.LANGUAGES:
        _cannot_be("lang")
    lock_people([item.asker_id])
    if item.known_as and (before := queries.known([item.known_as])):
        row = before[item.known_as]
        if row.about != about:
            raise Conflict(_l("This form was sent before, with another question. Open an empty form."))
        return int(row.id)
    people = _whom(item)
    unnamed = item.leading and len(people) >= rules.FEWEST
    values = {
        "asker_id": item.asker_id, "about": about, "lang": item.lang, "unnamed": unnamed, "asked_at": at,
        "closes_at": at + rules.OPEN_FOR, "once": item.known_as,
    }  # fmt: skip
    request_id = (
        db.session.scalar(insert(FeedbackRequest).values(**values).returning(FeedbackRequest.id)) or 0
    )
    rows = [{"request_id": request_id, "person_id": person, "state": "waiting"} for person in people]
    db.session.execute(insert(Asked), rows)
    publish(FeedbackAsked(person_id=person, request_id=request_id) for person in people)
    return request_id


def _whom(item: Ask) -> list[int]:
    if item.leading:
        people = [one.id for one in reports_of(item.asker_id)]
    elif item.team_id is not None:
        people = queries.team_of(item.team_id, item.asker_id)
    else:
        people = [person for person in dict.fromkeys(item.people) if person != item.asker_id]
    if not rules.ASKED[0] <= len(people) <= rules.ASKED[1]:
        _cannot_be("people")
    if queries.active(people) != set(people):
        gone = _l("Somebody you chose does not work here any more. Choose again.")
        raise Refused(gone, fields={"people": gone})
    return people


def close(*, by: int, request_id: int, at: datetime) -> None:
    """Who asked has enough; no answers come after this."""
    if db.session.scalar(_CLOSE, {"me": by, "request": request_id, "at": at}) is None:
        raise NotFound(NOT_THERE)


def share_request(*, by: int, request_id: int, on: bool, at: datetime) -> None:
    """Who asked lets all who were asked read the answers, or no longer."""
    told = {"me": by, "request": request_id, "on": on, "at": at, "fewest": rules.FEWEST}
    if db.session.scalar(_SHARE_REQUEST, told) is None:
        raise NotFound(NOT_THERE)


# Give -------------------------------------------------------------------------------------------------------


def answer(*, by: int, request_id: int, words: Words, at: datetime) -> int:
    """Say what to keep and what to try to who asked; again puts it in other words as long as the request is open."""
    sent = _checked(words)
    if queries.request(by, request_id, at) is None:
        raise NotFound(NOT_THERE)
    told = {"me": by, "request": request_id, "at": at, "to": "given", "was": ["waiting", "declined", "given"]}
    row = db.session.execute(_STATE, told).one_or_none()
    if row is None:
        raise Conflict(CLOSED) if _is_asked(by, request_id, at) else NotFound(NOT_THERE)
    made = db.session.execute(
        _GIVE_REQUEST, sent | {"me": by, "lesson": None, "request": request_id, "at": at}
    ).one()
    if made.fresh and not row.unnamed:
        publish([FeedbackGiven(person_id=row.asker_id, feedback_id=made.id, request_id=request_id)])
    return int(made.id)


def _is_asked(person_id: int, request_id: int, at: datetime) -> bool:
    found = queries.request(person_id, request_id, at)
    return found is not None and found.state is not None


def decline(*, by: int, request_id: int, at: datetime) -> None:
    """Rather not: who asked sees only how many answered."""
    told = {"me": by, "request": request_id, "at": at, "to": "declined", "was": ["waiting", "declined"]}
    if db.session.execute(_STATE, told).one_or_none() is None:
        raise NotFound(NOT_THERE)


def give_on_lesson(*, by: int, lesson_id: int, words: Words, at: datetime) -> int:
    """Say to the author of a lesson what to keep and what to try; one from each reader, which can be put otherwise."""
    sent = _checked(words)
    db.session.execute(_HOLD, {"lesson": lesson_id})  # it may be losing its name at this moment
    lesson = lessons.lesson(by, lesson_id)
    if lesson is None:
        raise NotFound(NOT_THERE)
    if lesson.mine:
        raise Refused(_l("This is your own lesson. Colleagues can give you feedback on it."))
    made = db.session.execute(
        _GIVE_LESSON, sent | {"me": by, "lesson": lesson_id, "request": None, "at": at}
    ).one()
    if (
        made.fresh and lesson.author_id is not None
    ):  # who stays unnamed is told by nothing but the lesson's page
        publish([FeedbackGiven(person_id=lesson.author_id, feedback_id=made.id, lesson_id=lesson_id)])
    return int(made.id)


def take_away(*, by: int, feedback_id: int) -> None:
    """Who gave it takes it away, and what it earned with it."""
    lock_people([by])
    row = db.session.execute(_TAKE_AWAY, {"me": by, "feedback": feedback_id}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    if row.helped_at is not None:
        publish([FactTakenBack(person_id=by, source=_source(feedback_id, row.round))])


def _checked(words: Words) -> dict[str, Any]:
    name = rules.wrong_with(words.keep, words.try_, words.lang)
    if name is not None:
        _cannot_be(name)
    return {"keep": words.keep.strip(), "try_": words.try_.strip(), "lang": words.lang}


# What became of it ------------------------------------------------------------------------------------------


def mark_helpful(*, by: int, feedback_id: int, on: bool, at: datetime) -> None:
    """Who got it says that it helped, or takes that back; the giver earns a little from it."""
    row, lesson = _mine_to_judge(by, feedback_id)
    # Two who mark each other's at once must see one another. Who is unnamed leaves no trace, not even a lock.
    lock_people({row.giver_id} if lesson and lesson.author_id is None else {row.giver_id, by})
    statement = _HELPED if on else _NOT_HELPED
    changed = db.session.scalar(statement, {"feedback": feedback_id, "at": at})
    if changed is None:
        return
    source = _source(feedback_id, changed)
    if not on:
        publish([FactTakenBack(person_id=row.giver_id, source=source)])
        return
    on_request = row.request_id is not None
    # The log says whom it helped only where that is no secret, now or later: a lesson can lose its name.
    publish(
        [
            FactStated(
                person_id=row.giver_id,
                source=source,
                kind="feedback_helped",
                at=at,
                skills=tuple(lesson.skills) if lesson else (),
                counterpart_id=by if on_request else None,
                weight=weight(queries.between(by, row.giver_id, but=feedback_id, at=at)),
            )
        ]
    )


def share(*, by: int, feedback_id: int, on: bool, at: datetime) -> None:
    """Who got it lets others read it, or no longer: readers of the lesson, or who else was asked."""
    _mine_to_judge(by, feedback_id)
    db.session.execute(_SHARE, {"feedback": feedback_id, "on": on, "at": at})


def _mine_to_judge(me: int, feedback_id: int) -> tuple[queries.AnyRow, queries.AnyRow | None]:
    """Feedback that one got, and the lesson that it is on."""
    row = queries.to_judge(me, feedback_id)
    if row is None:
        raise NotFound(NOT_THERE)
    if row.lesson_id is None:
        return row, None
    lesson = lessons.lesson(me, row.lesson_id)
    if lesson is None or not lesson.mine:
        raise NotFound(NOT_THERE)
    return row, lesson


def _source(feedback_id: int, nth: int) -> str:
    return f"feedback:{feedback_id}:{nth}"


# Is it used -------------------------------------------------------------------------------------------------


def tell_use(items: Sequence[Use], *, at: datetime) -> None:
    """Say of what one completed whether it is used. Each answer earns the same, once; another answer changes only the
    answer."""
    for item in items:
        if item.answer not in rules.ANSWERS:
            _cannot_be("answer")
        if len(item.words.strip()) > rules.WORDS[1]:
            _cannot_be("words")
    lock_people(item.person_id for item in items)
    last = {item.completion_id: item for item in items}
    found = queries.askable(last, at)
    if any(id not in found or found[id].person_id != item.person_id for id, item in last.items()):
        raise NotFound(NOT_THERE)
    told = {
        "completions": list(last),
        "people": [item.person_id for item in last.values()],
        "activities": [found[id].activity_id for id in last],
        "answers": [item.answer for item in last.values()],
        "words": [item.words.strip() for item in last.values()],
        "at": at,
    }
    db.session.execute(_USE, told)
    news: list[Event] = [
        FactStated(
            person_id=item.person_id,
            source=f"use:{id}",
            kind="use_told",
            at=at,
            activity_id=found[id].activity_id,
            skills=tuple(found[id].skills),
        )
        for id, item in last.items()
        if found[id].answer is None
    ]
    publish(news)


def _cannot_be(name: str) -> None:
    raise Refused(WRONG[name], fields={name: WRONG[name]})
