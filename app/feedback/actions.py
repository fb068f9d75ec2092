"""Giving feedback: answer who asked or decline, say it to the author of a lesson, take it away again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import FactTakenBack, FeedbackGiven
from app.feedback import queries, rules
from app.lessons import queries as lessons
from app.lessons.applying import refuse_own
from app.outbox import publish

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
_STATE = text("""
    UPDATE feedback_asked a SET state = :to
    FROM feedback_request r, unnest(CAST(:requests AS bigint[]), CAST(:people AS bigint[])) AS w(request_id, person_id)
    WHERE a.request_id = w.request_id AND a.person_id = w.person_id AND a.state = ANY(:was) AND r.id = a.request_id
      AND r.closed_at IS NULL AND r.closes_at > :at RETURNING a.request_id, a.person_id, r.asker_id, r.unnamed
""").bindparams(bindparam("was", type_=ARRAY(Text())))
_GIVE = """
    INSERT INTO feedback (giver_id, lesson_id, request_id, keep, "try", lang, given_at)
    SELECT w.*, CAST(:at AS timestamptz)
    FROM unnest(CAST(:people AS bigint[]), CAST(:lessons AS bigint[]), CAST(:requests AS bigint[]),
                CAST(:keeps AS text[]), CAST(:tries AS text[]), CAST(:langs AS text[])) AS w
    ON CONFLICT ({on}, giver_id) DO UPDATE SET keep = excluded.keep, "try" = excluded."try", lang = excluded.lang
    RETURNING id, giver_id, request_id, lesson_id, given_at = :at AS fresh
"""
_GIVE_LESSON = text(_GIVE.format(on="lesson_id"))
_GIVE_REQUEST = text(_GIVE.format(on="request_id"))
_TAKE_AWAY = text("""
    DELETE FROM feedback f USING unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])) AS w(id, giver_id)
    WHERE f.id = w.id AND f.giver_id = w.giver_id RETURNING f.id, f.giver_id, f.helped_at, f.round
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Two fields: what to keep, what to try."""

    keep: str
    try_: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody who is asked says to who asked."""

    by: int
    request_id: int
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLesson:
    """What a reader says to the author of a lesson."""

    by: int
    lesson_id: int
    words: Words


def answer(items: Sequence[Answer], *, at: datetime) -> list[int]:
    """Say what to keep and what to try to who asked; again puts it in other words as long as the request is open.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    last = {(item.request_id, item.by): _checked(item.words) for item in items}
    open_to = _put_state(last, "given", ["waiting", "declined", "given"], at)
    for pair in last:
        if pair not in open_to:
            raise Conflict(CLOSED) if queries.asked_of([pair]) else NotFound(NOT_THERE)
    made = _give(
        _GIVE_REQUEST, [(by, None, request_id, words) for (request_id, by), words in last.items()], at
    )
    publish(
        FeedbackGiven(person_id=asked.asker_id, feedback_id=row.id, request_id=row.request_id)
        for row in made
        if row.fresh and not (asked := open_to[row.request_id, row.giver_id]).unnamed
    )
    ids = {(row.request_id, row.giver_id): int(row.id) for row in made}
    return [ids[item.request_id, item.by] for item in items]


def _put_state(
    pairs: Iterable[tuple[int, int]], to: str, was: Sequence[str], at: datetime
) -> dict[tuple[int, int], Any]:
    """Of these (request, person) those that are open, from now on in this state, with who asked."""
    wanted = sorted(pairs)
    told = {
        "requests": array(request for request, _ in wanted),
        "people": array(person for _, person in wanted),
    }
    rows = db.session.execute(_STATE, {**told, "at": at, "to": to, "was": list(was)})
    return {(row.request_id, row.person_id): row for row in rows}


def _give(
    statement: Any, given: Sequence[tuple[int, int | None, int | None, dict[str, str]]], at: datetime
) -> Any:
    """Keep what these people say: (giver, lesson, request, words)."""
    told = {
        "people": array(by for by, _, _, _ in given),
        "lessons": array(lesson for _, lesson, _, _ in given),
        "requests": array(request for _, _, request, _ in given),
        "keeps": array(words["keep"] for *_, words in given),
        "tries": array(words["try_"] for *_, words in given),
        "langs": array(words["lang"] for *_, words in given),
    }
    return db.session.execute(statement, {**told, "at": at}).all()


def decline(pairs: Iterable[tuple[int, int]], *, at: datetime) -> None:
    """Rather not: (request, who is asked). Who asked sees only how many answered. All of the batch or nothing."""
    wanted = set(pairs)
    if len(_put_state(wanted, "declined", ["waiting", "declined"], at)) < len(wanted):
        raise NotFound(NOT_THERE)


def give_on_lessons(items: Sequence[OnLesson], *, at: datetime) -> list[int]:
    """Say to the authors of lessons what to keep and what to try; one from each reader, which can be put otherwise.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    last = {(item.lesson_id, item.by): _checked(item.words) for item in items}
    allowed = lessons.may_apply(sorted(last))  # held: one may be losing its name at this moment
    if len(allowed) < len(last):
        raise NotFound(NOT_THERE)
    refuse_own(allowed, _l("This is your own lesson. Colleagues can give you feedback on it."))
    made = _give(_GIVE_LESSON, [(by, lesson, None, last[lesson, by]) for lesson, by in sorted(last)], at)
    publish(
        FeedbackGiven(person_id=author, feedback_id=row.id, lesson_id=row.lesson_id)
        for row in made
        # who stays unnamed is told by nothing but the lesson's page
        if row.fresh and (author := allowed[row.lesson_id, row.giver_id].author_id) is not None
    )
    ids = {(row.lesson_id, row.giver_id): int(row.id) for row in made}
    return [ids[item.lesson_id, item.by] for item in items]


def take_away(pairs: Sequence[tuple[int, int]]) -> None:
    """Who gave them takes them away, and what they earned with them: (feedback, giver). All of the batch or nothing."""
    wanted = sorted(set(pairs))
    lock_people(by for _, by in wanted)
    told = {"ids": array(id for id, _ in wanted), "people": array(by for _, by in wanted)}
    rows = db.session.execute(_TAKE_AWAY, told).all()
    if len(rows) < len(wanted):
        raise NotFound(NOT_THERE)
    publish(
        FactTakenBack(person_id=row.giver_id, source=rules.source_of(row.id, row.round))
        for row in rows
        if row.helped_at is not None
    )


def _checked(words: Words) -> dict[str, str]:
    name = rules.wrong_with(words.keep, words.try_, words.lang)
    if name is not None:
        cannot_be(name)
    return {"keep": words.keep.strip(), "try_": words.try_.strip(), "lang": words.lang}


def cannot_be(name: str) -> NoReturn:
    """Refuse, and say at the field of this name why."""
    raise Refused(WRONG[name], fields={name: WRONG[name]})
