"""What authors do with their own lessons later: put them otherwise, delete them, take their names off, put them on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, LargeBinary

from app.config import settings
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound
from app.events import Event, FactTakenBack, LessonUnnamed
from app.lessons import asking, going, rules, unnamed
from app.lessons.actions import NOT_THERE, LessonText, cannot_be, check_skills, one_of, stated
from app.lessons.applying import source_of, tell_appliers_of, used
from app.lessons.models import IS_HERE, Lesson
from app.outbox import forget, publish
from app.people import queries as people

GONE = _l(
    "This lesson is gone for good: it could be brought back for half a minute. Share it again if you like."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A lesson put otherwise by its author."""

    lesson_id: int
    by: int
    to: LessonText


_ids = bindparam("ids", type_=ARRAY(BigInteger()))
_MINE = select(
    Lesson.id, Lesson.author_id, Lesson.mark, Lesson.team_id, Lesson.audience, Lesson.shared_at, Lesson.once,
    Lesson.text_keys, Lesson.counts, Lesson.skills, Lesson.edited_at, Lesson.happened, Lesson.learned,
    Lesson.from_now_on, Lesson.deleted_at, Lesson.going_at,
).where(
    Lesson.id == _ids.any_(),
    (Lesson.author_id == bindparam("people", type_=ARRAY(BigInteger())).any_())
    | (Lesson.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_()),
).order_by(Lesson.id)  # fmt: skip
_HERE = _MINE.where(IS_HERE)
_HERE_ALONE, _MINE_ALONE = _HERE.with_for_update(), _MINE.with_for_update()
_EDIT = text("""
    UPDATE lesson SET outcome = w.outcome, title = w.title, happened = w.happened, learned = w.learned,
           from_now_on = w.from_now_on, skills = CAST(w.skills AS bigint[]), lang = w.lang, audience = w.audience,
           edited_at = w.edited_at, team_id = w.team_id,
           text_keys = array_append(array_remove(text_keys, w.key), w.key)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:outcomes AS text[]), CAST(:titles AS text[]), CAST(:happened AS text[]),
                CAST(:learned AS text[]), CAST(:from_now_on AS text[]), CAST(:skills AS text[]),
                CAST(:langs AS text[]), CAST(:audiences AS text[]), CAST(:edited AS timestamptz[]),
                CAST(:teams AS bigint[]), CAST(:keys AS text[]))
         AS w(id, outcome, title, happened, learned, from_now_on, skills, lang, audience, edited_at, team_id, key)
    WHERE lesson.id = w.id
""")
_DELETE = text("""
    UPDATE lesson SET going_at = :going, deleted_at = CASE WHEN author_id IS NULL THEN CAST(:day AS timestamptz)
                                                           ELSE CAST(:at AS timestamptz) END
    WHERE id = ANY(:ids)
""").bindparams(_ids, bindparam("going", type_=DateTime(timezone=True)))
_BRING_BACK = text("UPDATE lesson SET deleted_at = NULL, going_at = NULL WHERE id = ANY(:ids)").bindparams(
    _ids
)
_REMOVE_DOCUMENTS = text("""
    DELETE FROM lesson_file WHERE lesson_id = ANY(:ids) AND kind NOT LIKE 'image/%'
""").bindparams(_ids)
_HIDE = text("""
    UPDATE lesson SET id = w.new_id, author_id = NULL, mark = w.mark, shared_at = w.shared_at,
           edited_at = w.edited_at, team_id = CASE WHEN audience = 'team' THEN team_id END, once = w.once,
           hidden_at = CASE WHEN hidden_at IS NOT NULL THEN w.shared_at END,
           text_keys = CAST(w.text_keys AS text[])
    FROM unnest(CAST(:ids AS bigint[]), CAST(:new_ids AS bigint[]), :marks, CAST(:shared AS timestamptz[]),
                CAST(:edited AS timestamptz[]), CAST(:onces AS text[]), CAST(:text_keys AS text[]))
         AS w(id, new_id, mark, shared_at, edited_at, once, text_keys)
    WHERE lesson.id = w.id
""").bindparams(bindparam("marks", type_=ARRAY(LargeBinary())))
_SHOW = text("""
    UPDATE lesson SET author_id = w.author_id, mark = NULL, team_id = w.team_id, once = w.once,
           text_keys = array_append(lesson.text_keys, w.key)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:authors AS bigint[]), CAST(:teams AS bigint[]),
                CAST(:onces AS text[]), CAST(:keys AS text[])) AS w(id, author_id, team_id, once, key)
    WHERE lesson.id = w.id
""")
_DAYS = text("""
    UPDATE lesson_application SET at = date_trunc('day', at, :zone) WHERE lesson_id = ANY(:ids)
    RETURNING lesson_id, person_id, round
""").bindparams(_ids)
_STANDING = text("""
    SELECT lesson_id, person_id, round, at FROM lesson_application
    WHERE lesson_id = ANY(:ids) AND ended_at IS NULL ORDER BY lesson_id, person_id
""").bindparams(_ids)


def _own(
    pairs: Iterable[tuple[int, int]], *, alone: bool = False, deleted: bool = False
) -> tuple[dict[int, Any], dict[int, bytes]]:
    """Of these (lesson, author) each their own, by name or by mark; and the keys of who wrote. Asked under
    `lock_pens`; `alone` holds the rows too, in the order of their ids. With `deleted` those that they deleted too."""
    pairs = list(pairs)
    keys = people.keys_of(by for _, by in pairs)
    marks = {by: set(unnamed.marks(key)) for by, key in keys.items()}
    asked = {
        "ids": sorted({lesson_id for lesson_id, _ in pairs}),
        "people": sorted({by for _, by in pairs}),
        "marks": [one for of in marks.values() for one in of],
    }
    statement = _MINE_ALONE if deleted else _HERE_ALONE if alone else _HERE
    rows = {row.id: row for row in db.session.execute(statement, asked)}
    for lesson_id, by in pairs:
        row = rows.get(lesson_id)
        if row is None or not (row.author_id == by or row.mark in marks.get(by, ())):
            raise NotFound(NOT_THERE)
    return rows, keys


# Edit, delete -----------------------------------------------------------------------------------------------


def edit_lessons(items: Sequence[Edit], *, at: datetime) -> None:
    """Authors put them in other words. What they earned stays, under the skills they were shared with.

    All of the batch or nothing.
    """
    for item in items:
        to = item.to
        parts = (to.happened, to.learned, to.from_now_on)
        cannot_be(rules.wrong_with(to.title, parts, to.outcome, to.lang, to.audience))
    check_skills([item.to for item in items])
    last = {item.lesson_id: item for item in items}
    unnamed.lock_pens(item.by for item in items)
    rows, keys = _own(((item.lesson_id, item.by) for item in items), alone=True)
    teams = asking.sharing(item.by for item in items)
    told = []
    for item in last.values():
        was = rows[item.lesson_id]
        team_id = was.team_id or teams.get(item.by)
        if item.to.audience == "team" and team_id is None:
            cannot_be("audience")
        told.append(_put(item, was, keys[item.by], team_id, at))
    db.session.execute(_EDIT, {name: array(one[name] for one in told) for name in told[0]} if told else {})
    closed = [id for id, item in last.items() if item.to.audience == "team" and rows[id].audience != "team"]
    if closed:
        tell_appliers_of(closed)


def _put(item: Edit, was: Any, own_key: bytes, team_id: int | None, at: datetime) -> dict[str, Any]:
    to, hidden = item.to, was.author_id is None
    return {
        "ids": item.lesson_id,
        "outcomes": to.outcome,
        "titles": to.title.strip(),
        "happened": to.happened.strip(),
        "learned": to.learned.strip(),
        "from_now_on": to.from_now_on.strip(),
        "skills": array(dict.fromkeys(to.skills)),
        "langs": to.lang,
        "audiences": to.audience,
        "edited": unnamed.day_of(at) if hidden else at,
        # the one in which it was shared, if there was one; without a name only as its audience
        "teams": None if hidden and to.audience != "team" else team_id,
        "keys": unnamed.text_key(own_key, to.key) if hidden else to.key,
    }


def delete_lessons(pairs: Sequence[tuple[int, int]], *, at: datetime, undo: bool = False) -> None:
    """Authors take them away: (lesson, author); and with them all that they earned. Of those without a name that goes
    when the week is counted.

    With `undo` nobody can see them either, and their authors can bring them back for a moment; what hangs on them goes
    when that is over (`going.finish`). That again is no fault. All of the batch or nothing.
    """
    unnamed.lock_pens(by for _, by in pairs)
    if not undo:
        rows, _ = _own(pairs)
        lock_people(row.author_id for row in rows.values() if row.author_id is not None)
    rows, _ = _own(pairs, alone=True, deleted=undo)
    if any(row.deleted_at is not None and row.going_at is None for row in rows.values()):
        raise NotFound(NOT_THERE)
    moments = {"at": at, "day": unnamed.day_of(at), "going": at + rules.UNDO if undo else None}
    db.session.execute(
        _DELETE, {**moments, "ids": [row.id for row in rows.values() if row.deleted_at is None]}
    )
    if not undo:
        going.let_go(rows.values())


def bring_back(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Authors undo that they deleted them: (lesson, author); they are there as they were. Again is no fault.

    All of the batch or nothing.
    """
    unnamed.lock_pens(by for _, by in pairs)
    rows, _ = _own(pairs, alone=True, deleted=True)
    away = [row for row in rows.values() if row.deleted_at is not None]
    if any(row.going_at is None or row.going_at <= at for row in away):
        raise Conflict(GONE)
    db.session.execute(_BRING_BACK, {"ids": [row.id for row in away]})


# With a name, and without -----------------------------------------------------------------------------------


def take_names_off(pairs: Sequence[tuple[int, int]], *, at: datetime) -> list[int]:
    """Authors take their names off: (lesson, author). Each lesson gets another id and days for moments, and its facts
    go; what it is worth is counted with the others of the week.

    All of the batch or nothing. Returns the new ids, in the order of the pairs; the old ones are nobody's.
    """
    rows, keys = _mine_alone(pairs)
    named = [row for row in rows.values() if row.author_id is not None]
    if not named:
        return [lesson_id for lesson_id, _ in pairs]
    free = unnamed.free_marks({row.author_id: keys[row.author_id] for row in named})
    ids = [row.id for row in named]
    applied = db.session.execute(_DAYS, {"ids": ids, "zone": settings().timezone}).all()
    marks = [one_of(free[row.author_id]) for row in named]
    new = {row.id: unnamed.new_id() for row in named}
    told = {name: array(one) for name, one in _without(named, keys).items()}
    db.session.execute(_HIDE, {**told, "new_ids": array(new.values()), "marks": marks})
    db.session.execute(_REMOVE_DOCUMENTS, {"ids": list(new.values())})
    sources = [(row.author_id, f"lesson:{row.id}") for row in named]
    sources += [
        (rows[one.lesson_id].author_id, source_of(one.lesson_id, one.person_id, number))
        for one in applied
        for number in range(1, one.round + 1)
    ]
    publish(FactTakenBack(person_id=by, source=source, forget=True) for by, source in sources)
    publish(LessonUnnamed(person_id=row.author_id, lesson_id=row.id) for row in named)
    forget("lesson_id", ids)
    return [new.get(lesson_id, lesson_id) for lesson_id, _ in pairs]


def _without(named: Sequence[Any], keys: Mapping[int, bytes]) -> dict[str, list[Any]]:
    """What stands in these lessons instead of what would tell."""
    return {
        "ids": [row.id for row in named],
        "shared": [unnamed.day_of(row.shared_at) for row in named],
        "edited": [row.edited_at and unnamed.day_of(row.edited_at) for row in named],
        "onces": [
            row.once and unnamed.once_key(keys[row.author_id], row.once.partition(":")[2]) for row in named
        ],
        "text_keys": [
            array(unnamed.text_key(keys[row.author_id], one) for one in row.text_keys) for row in named
        ],
    }


def put_names_on(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Authors put their names to them: (lesson, author). Each earns as one with a name, and what it earned without
    one goes.

    All of the batch or nothing.
    """
    rows, keys = _mine_alone(pairs)
    author = {lesson_id: by for lesson_id, by in pairs if rows[lesson_id].author_id is None}
    if not author:
        return
    hidden = [rows[lesson_id] for lesson_id in author]
    teams = asking.sharing(author.values())
    told = {
        "ids": [row.id for row in hidden],
        "authors": [author[row.id] for row in hidden],
        "teams": [row.team_id or teams.get(author[row.id]) for row in hidden],
        "onces": [f"{author[row.id]}:{row.once}" if row.once else None for row in hidden],
        "keys": [rules.text_key(row.happened, row.learned, row.from_now_on) for row in hidden],
    }
    db.session.execute(_SHOW, {name: array(values) for name, values in told.items()})
    counted = {row.id: row for row in hidden if row.counts}
    if not counted:
        return
    stands = db.session.execute(_STANDING, {"ids": sorted(counted)}).all()
    back = {by: unnamed.Back(keys[by]) for by in (author[id] for id in counted)}
    for id in counted:
        back[author[id]].lesson_shared += 1
    for one in stands:
        back[author[one.lesson_id]].lesson_applied += 1
    news: list[Event] = [*unnamed.give_back(back, unnamed.monday_of(at))]
    news += [stated(author[id], id, row.skills, row.shared_at) for id, row in counted.items()]
    news += [used(author[one.lesson_id], one.lesson_id, one, counted[one.lesson_id].skills) for one in stands]
    publish(news)


def _mine_alone(pairs: Sequence[tuple[int, int]]) -> tuple[dict[int, Any], dict[int, bytes]]:
    """Lessons of their own, held; and the own keys of who wrote them."""
    writers = {by for _, by in pairs}
    unnamed.lock_pens(writers)
    lock_people(writers)
    return _own(pairs, alone=True)
