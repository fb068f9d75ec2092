"""What can be done with feedback: ask for it, give it, decline, close, mark as helpful, share; say whether learning
is used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.damping import weight
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import Event, FactStated, FactTakenBack, FeedbackAsked, FeedbackGiven
from app.feedback import queries, rules
from app.feedback.models import FeedbackAsked as Asked
from app.feedback.models import FeedbackRequest
from app.lessons import queries as lessons
from app.lessons.applying import refuse_own
from app.outbox import publish
from app.people.queries import keys_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """Who got feedback says that it helped, or (`on` false) takes that back."""

    by: int
    feedback_id: int
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Who got feedback, or asked for it, lets others read it or (`on` false) no longer: `id` is that one's."""

    by: int
    id: int
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Whether something learned is used."""

    completion_id: int
    person_id: int
    answer: str
    words: str = ""


_CLOSE = text("""
    UPDATE feedback_request r SET closed_at = coalesce(closed_at, :at)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])) AS w(id, asker_id)
    WHERE r.id = w.id AND r.asker_id = w.asker_id RETURNING r.id
""")
_SHARE_REQUESTS = text("""
    UPDATE feedback_request r SET shared_at = CASE WHEN w.shared THEN coalesce(shared_at, :at) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[]), CAST(:ons AS boolean[]))
         AS w(id, asker_id, shared)
    WHERE r.id = w.id AND r.asker_id = w.asker_id
      AND (NOT unnamed OR (SELECT count(*) FROM feedback f WHERE f.request_id = r.id) >= :fewest) RETURNING r.id
""")
_STATE = text("""
    UPDATE feedback_asked a SET state = :to
    FROM feedback_request r, unnest(CAST(:requests AS bigint[]), CAST(:people AS bigint[])) AS w(request_id, person_id)
    WHERE a.request_id = w.request_id AND a.person_id = w.person_id AND a.state = ANY(:was) AND r.id = a.request_id
      AND r.closed_at IS NULL AND r.closes_at > :at RETURNING a.request_id, a.person_id, r.asker_id, r.unnamed
""").bindparams(bindparam("was", type_=ARRAY(Text())))
_INSERT = (
    insert(FeedbackRequest)
    .returning(FeedbackRequest.id, sort_by_parameter_order=True)
    .execution_options(render_nulls=True)
)
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
_MARK = """
    UPDATE feedback SET {to} WHERE id IN (
        SELECT id FROM feedback WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE) AND helped_at IS {was}
    RETURNING id, round
"""
_HELPED = text(_MARK.format(to="helped_at = :at, round = round + 1", was="NULL"))
_NOT_HELPED = text(_MARK.format(to="helped_at = NULL", was="NOT NULL"))
_SHARE = text("""
    UPDATE feedback f SET shared_at = CASE WHEN w.shared THEN coalesce(shared_at, :at) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:ons AS boolean[])) AS w(id, shared) WHERE f.id = w.id
""")
_TAKE_AWAY = text("""
    DELETE FROM feedback f USING unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])) AS w(id, giver_id)
    WHERE f.id = w.id AND f.giver_id = w.giver_id RETURNING f.id, f.giver_id, f.helped_at, f.round
""")
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


def ask(items: Sequence[Ask], *, at: datetime) -> list[int]:
    """Ask colleagues what to keep and what to try. The same key again gives the same request.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    items = [replace(item, about=item.about.strip()) for item in items]
    for item in items:
        if not rules.ABOUT[0] <= len(item.about) <= rules.ABOUT[1]:
            _cannot_be("about")
        if item.lang not in rules.LANGUAGES:
            _cannot_be("lang")
    lock_people(item.asker_id for item in items)
    ids = _known(items)
    fresh = list(
        {
            item.known_as or number: item for number, item in enumerate(items) if item.known_as not in ids
        }.values()
    )
    people = _whom(fresh)
    rows = [_request(item, len(asked), at) for item, asked in zip(fresh, people, strict=True)]
    made = list(db.session.scalars(_INSERT, rows)) if rows else []
    asked_now = [(id, person) for id, asked in zip(made, people, strict=True) for person in asked]
    if asked_now:
        waiting = [{"request_id": id, "person_id": person, "state": "waiting"} for id, person in asked_now]
        db.session.execute(insert(Asked), waiting)
    publish(FeedbackAsked(person_id=person, request_id=id) for id, person in asked_now)
    ids |= {item.known_as: id for item, id in zip(fresh, made, strict=True) if item.known_as}
    loose = iter([id for item, id in zip(fresh, made, strict=True) if not item.known_as])
    return [ids[item.known_as] if item.known_as else next(loose) for item in items]


def _known(items: Sequence[Ask]) -> dict[str | None, int]:
    """What was asked with the same keys before. The same key with another question is refused."""
    found = queries.known({item.known_as for item in items if item.known_as})
    said = {key: row.about for key, row in found.items()}
    for item in items:
        if item.known_as and said.setdefault(item.known_as, item.about) != item.about:
            raise Conflict(_l("This form was sent before, with another question. Open an empty form."))
    return {key: row.id for key, row in found.items()}


def _request(item: Ask, asked: int, at: datetime) -> dict[str, Any]:
    return {
        "asker_id": item.asker_id, "about": item.about, "lang": item.lang,
        "unnamed": item.leading and asked >= rules.FEWEST, "asked_at": at, "closes_at": at + rules.OPEN_FOR,
        "once": item.known_as,
    }  # fmt: skip


def _whom(items: Sequence[Ask]) -> list[list[int]]:
    """Who is asked in each of these, none of whom is gone."""
    led = queries.reports({item.asker_id for item in items if item.leading})
    teams = queries.teams({item.team_id for item in items if item.team_id is not None and not item.leading})
    found = []
    for item in items:
        meant = (
            led[item.asker_id]
            if item.leading
            else item.people
            if item.team_id is None
            else teams[item.team_id]
        )
        people = [person for person in dict.fromkeys(meant) if person != item.asker_id]
        if not rules.ASKED[0] <= len(people) <= rules.ASKED[1]:
            _cannot_be("people")
        found.append(people)
    asked = {person for people in found for person in people}
    if queries.active(asked) != asked:
        gone = _l("Somebody you chose does not work here any more. Choose again.")
        raise Refused(gone, fields={"people": gone})
    return found


def close(pairs: Iterable[tuple[int, int]], *, at: datetime) -> None:
    """Who asked has enough; no answers come after this: (request, asker). All of the batch or nothing."""
    wanted = sorted(set(pairs))
    told = {"ids": array(id for id, _ in wanted), "people": array(by for _, by in wanted), "at": at}
    if len(db.session.execute(_CLOSE, told).all()) < len(wanted):
        raise NotFound(NOT_THERE)


def share_requests(items: Sequence[Shared], *, at: datetime) -> None:
    """Who asked lets all who were asked read the answers, or no longer. All of the batch or nothing."""
    last = {(item.id, item.by): item.on for item in items}
    told = {
        "ids": array(id for id, _ in last), "people": array(by for _, by in last), "ons": array(last.values()),
        "at": at, "fewest": rules.FEWEST,
    }  # fmt: skip
    if len(db.session.execute(_SHARE_REQUESTS, told).all()) < len(last):
        raise NotFound(NOT_THERE)


# Give -------------------------------------------------------------------------------------------------------


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
        FactTakenBack(person_id=row.giver_id, source=_source(row.id, row.round))
        for row in rows
        if row.helped_at is not None
    )


def _checked(words: Words) -> dict[str, str]:
    name = rules.wrong_with(words.keep, words.try_, words.lang)
    if name is not None:
        _cannot_be(name)
    return {"keep": words.keep.strip(), "try_": words.try_.strip(), "lang": words.lang}


# What became of it ------------------------------------------------------------------------------------------


def mark_helpful(items: Sequence[Helped], *, at: datetime) -> None:
    """Who got it says that it helped, or takes that back; the givers earn a little from it.

    Within a batch, too, each time between the same two counts for less than the one before.
    """
    last = {item.feedback_id: item for item in items}
    mine = _mine_to_judge([(item.by, item.feedback_id) for item in items])
    # Two who mark each other's at once must see one another. Who is unnamed leaves no trace, not even a lock.
    named = {
        last[id].by for id, (_, lesson) in mine.items() if lesson is None or lesson.author_id is not None
    }
    lock_people({row.giver_id for row, _ in mine.values()} | named)
    gone = _marked(_NOT_HELPED, [id for id, item in last.items() if not item.on], at)
    publish(
        FactTakenBack(person_id=mine[id][0].giver_id, source=_source(id, nth)) for id, nth in gone.items()
    )
    helped = _marked(_HELPED, [id for id, item in last.items() if item.on], at)
    two = {id: _between(mine[id], last[id].by) for id in helped}
    earlier: dict[Any, int] = {
        **queries.between({one for one in two.values() if isinstance(one, tuple)}, but=helped, at=at),
        **queries.helped_unnamed({one for one in two.values() if isinstance(one, int)}, but=helped, at=at),
    }
    news: list[Event] = []
    for id in (one for one in last if one in helped):
        news.append(_helped(*mine[id], helped[id], by=last[id].by, at=at, share=weight(earlier[two[id]])))
        earlier[two[id]] += 1
    publish(news)


def _between(of: tuple[queries.AnyRow, queries.AnyRow | None], by: int) -> tuple[int, int] | int:
    """Whose earlier ones this is weighed by: of these two; or of its giver and all who stay unnamed, as what it counts
    for would tell the giver who that is."""
    row, lesson = of
    return row.giver_id if lesson and lesson.author_id is None else queries.pair(by, row.giver_id)


def _marked(statement: Any, ids: Sequence[int], at: datetime) -> dict[int, int]:
    """Which of these changed, and how often each was marked until now."""
    rows = db.session.execute(statement, {"ids": array(ids), "at": at}) if ids else ()
    return {row.id: row.round for row in rows}


def _helped(
    row: queries.AnyRow, lesson: queries.AnyRow | None, nth: int, *, by: int, at: datetime, share: float
) -> FactStated:
    """The log says whom it helped only where that is no secret, now or later: a lesson can lose its name."""
    return FactStated(
        person_id=row.giver_id,
        source=_source(row.id, nth),
        kind="feedback_helped",
        at=at,
        skills=tuple(lesson.skills) if lesson else (),
        counterpart_id=by if row.request_id is not None else None,
        weight=share,
    )


def share(items: Sequence[Shared], *, at: datetime) -> None:
    """Who got it lets others read it, or no longer: readers of the lesson, or who else was asked. All of the batch or
    nothing."""
    _mine_to_judge([(item.by, item.id) for item in items])
    last = {item.id: item.on for item in items}
    db.session.execute(_SHARE, {"ids": array(last), "ons": array(last.values()), "at": at})


def _mine_to_judge(
    pairs: Sequence[tuple[int, int]],
) -> dict[int, tuple[queries.AnyRow, queries.AnyRow | None]]:
    """These (receiver, feedback), each got by that person; and the lesson that it is on, by their own mark too."""
    rows = queries.to_judge(id for _, id in pairs)
    on = lessons.whose(row.lesson_id for row in rows.values() if row.lesson_id is not None)
    keys = keys_of({by for by, _ in pairs} if any(row.author_id is None for row in on.values()) else ())
    marks = {by: set(lessons.marks(key)) for by, key in keys.items()}
    found: dict[int, tuple[queries.AnyRow, queries.AnyRow | None]] = {}
    for by, id in pairs:
        row = rows.get(id)
        lesson = on.get(row.lesson_id) if row and row.lesson_id is not None else None
        mine = lesson and (lesson.author_id == by or lesson.mark in marks.get(by, ()))
        if row is None or not (mine or (row.lesson_id is None and row.asker_id == by)):
            raise NotFound(NOT_THERE)
        found[id] = (row, lesson)
    return found


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
