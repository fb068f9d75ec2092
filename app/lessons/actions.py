"""What can be done with lessons: share, edit, delete, take one's name off or put it on, apply, stop applying."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, LargeBinary, Text

from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import Event, FactStated, FactTakenBack, LessonApplied, LessonShared, LessonUnnamed
from app.lessons import queries, rules, unnamed
from app.lessons.models import Application, Attachment, Lesson, Saved
from app.outbox import forget, publish
from app.people import queries as people
from app.vision.models import Skill

SENT_BEFORE = _l("This form was sent before, with another text. Open an empty form for a new lesson.")
NOT_THERE = _l("This lesson is not here, or not for you.")
OWN = _l("This is your own lesson. It counts when a colleague applies it.")
JUST_CHANGED = _l("This lesson has just changed. Look at it again.")
TOO_MANY = _l("You shared as many lessons without your name as there can be. Share this one with your name.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonText:
    """What an author writes and chooses."""

    outcome: str
    title: str
    happened: str
    learned: str
    from_now_on: str
    skills: Sequence[int]
    lang: str
    audience: str

    @property
    def key(self) -> str:
        return rules.text_key(self.happened, self.learned, self.from_now_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLesson(LessonText):
    """A lesson to share. `once` is the sender's key; `at` is its own moment within a batch."""

    author_id: int
    unnamed: bool = False
    once: str | None = None
    at: datetime | None = None

    @property
    def known_as(self) -> str | None:
        """Keys are the author's own: nobody meets another's lesson by guessing one."""
        return f"{self.author_id}:{self.once}" if self.once else None

    @property
    def when(self) -> datetime:
        """Its own moment; within an action every item has one."""
        if self.at is None:
            raise ValueError("this has no moment of its own")
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """A colleague says "I apply this", and how."""

    lesson_id: int
    person_id: int
    how: str = ""
    at: datetime | None = None


_INSERT = insert(Lesson).returning(Lesson.id, sort_by_parameter_order=True)
_INSERT_UNNAMED = insert(Lesson)
_OWN = (
    Lesson.id == bindparam("lesson_id"),
    or_(
        Lesson.author_id == bindparam("by"),
        Lesson.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_(),
    ),
    Lesson.deleted_at.is_(None),
)
_MINE = select(
    Lesson.author_id, Lesson.mark, Lesson.team_id, Lesson.audience, Lesson.shared_at, Lesson.once, Lesson.text_keys,
    Lesson.counts, Lesson.skills, Lesson.edited_at, Lesson.happened, Lesson.learned, Lesson.from_now_on,
).where(*_OWN)  # fmt: skip
_MINE_ALONE = _MINE.with_for_update()
_EDIT = (
    update(Lesson)
    .where(*_OWN)
    .values(
        text_keys=func.array_append(func.array_remove(Lesson.text_keys, bindparam("key")), bindparam("key"))
    )
    .returning(Lesson.id)
)
_DELETE = update(Lesson).where(*_OWN).values(deleted_at=bindparam("moment")).returning(Lesson.counts)
_BECOME = update(Lesson).where(Lesson.id == bindparam("lesson_id"))
_SKILLS = select(Skill.id).where(Skill.id == bindparam("ids", type_=ARRAY(BigInteger())).any_())
_PAIRS = (
    bindparam("lesson_ids", type_=ARRAY(BigInteger())),
    bindparam("person_ids", type_=ARRAY(BigInteger())),
    bindparam("hows", type_=ARRAY(Text())),
)
# Only who did not apply it until now comes back, with the number of this round.
_APPLY = text("""
    INSERT INTO lesson_application (lesson_id, person_id, how, at)
    SELECT * FROM unnest(:lesson_ids, :person_ids, :hows, :moments)
    ON CONFLICT (lesson_id, person_id) DO UPDATE
        SET how = excluded.how, at = excluded.at, ended_at = NULL, round = lesson_application.round + 1
        WHERE lesson_application.ended_at IS NOT NULL
    RETURNING lesson_id, person_id, round, at
""").bindparams(*_PAIRS, bindparam("moments", type_=ARRAY(DateTime(timezone=True))))
_SAY_HOW = text("""
    UPDATE lesson_application SET how = w.how
    FROM unnest(:lesson_ids, :person_ids, :hows) AS w(lesson_id, person_id, how)
    WHERE lesson_application.lesson_id = w.lesson_id AND lesson_application.person_id = w.person_id
      AND lesson_application.ended_at IS NULL AND lesson_application.how <> w.how
""").bindparams(*_PAIRS)
_STOP = (
    update(Application)
    .where(Application.lesson_id == bindparam("of"), Application.ended_at.is_(None))
    .values(ended_at=bindparam("moment"))
    .returning(Application.person_id, Application.round)
)
_REMOVE_FILES = delete(Attachment).where(Attachment.lesson_id == bindparam("of"))
_UNSAVE = delete(Saved).where(Saved.lesson_id == bindparam("of"))
_REMOVE_DOCUMENTS = _REMOVE_FILES.where(Attachment.kind.not_like("image/%"))
_STOP_ONE = _STOP.where(Application.person_id == bindparam("by"))
_EVER = select(Application.round).where(
    Application.lesson_id == bindparam("of"), Application.person_id == bindparam("by")
)
_HELD = select(Lesson.author_id, Lesson.counts).where(Lesson.id == bindparam("of")).with_for_update(read=True)
_ROUNDS = select(Application.person_id, Application.round, Application.at, Application.ended_at).where(
    Application.lesson_id == bindparam("of")
)
_DAYS = (
    update(Application)
    .where(Application.lesson_id == bindparam("of"), Application.person_id == bindparam("who"))
    .values(at=bindparam("day"))
)


# Share, edit, delete ----------------------------------------------------------------------------------------


def share_lessons(items: Sequence[NewLesson], *, at: datetime) -> list[int]:
    """Share lessons; each earns its author a little. The same key again gives the same lesson.

    One without a name tells nobody: no news, no moment, no fact until the week is counted. Returns the id of each, in
    the order of the items.
    """
    items = [_cleaned(item, at) for item in items]
    writers = {item.author_id for item in items}
    unnamed.lock_pens(writers)
    lock_people(item.author_id for item in items if not item.unnamed)
    keys = people.keys_of(writers)
    teams = _check(items)
    ids = _known(items, keys)
    fresh = _first_of_each(items, ids)
    counted = _counted(fresh, keys)
    new = _insert(fresh, counted, teams, keys)
    named = [one for one in zip(fresh, new, counted, strict=True) if not one[0].unnamed]
    publish(LessonShared(person_id=item.author_id, lesson_id=id) for item, id, _ in named)
    publish(
        _shared(item.author_id, id, item.skills, moment) for item, id, moment in named if moment is not None
    )
    ids.update({item.known_as: id for item, id in zip(fresh, new, strict=True) if item.known_as})
    loose = iter(id for item, id in zip(fresh, new, strict=True) if not item.known_as)
    return [ids[item.known_as] if item.known_as else next(loose) for item in items]


def edit_lesson(*, by: int, lesson_id: int, to: LessonText, at: datetime) -> None:
    """The author puts it in other words. What it earned stays, under the skills it was shared with."""
    _cannot_be(
        rules.wrong_with(
            to.title, (to.happened, to.learned, to.from_now_on), to.outcome, to.lang, to.audience
        )
    )
    _check_skills([to])
    unnamed.lock_pens([by])
    asked = {"by": by, "lesson_id": lesson_id, "marks": unnamed.marks_of(by)}
    was = _mine(asked)
    team_id = was.team_id or queries.sharing([by]).get(by)
    if to.audience == "team" and team_id is None:
        _cannot_be("audience")
    hidden = was.author_id is None
    changes = {
        "outcome": to.outcome,
        "title": to.title.strip(),
        "happened": to.happened.strip(),
        "learned": to.learned.strip(),
        "from_now_on": to.from_now_on.strip(),
        "skills": list(dict.fromkeys(to.skills)),
        "lang": to.lang,
        "audience": to.audience,
        "edited_at": unnamed.day_of(at) if hidden else at,
        # the one in which it was shared, if there was one; without a name only as its audience
        "team_id": None if hidden and to.audience != "team" else team_id,
    }
    key = unnamed.text_key(people.keys_of([by])[by], to.key) if hidden else to.key
    if db.session.scalar(_EDIT.values(**changes), {**asked, "key": key}) is None:
        raise NotFound(NOT_THERE)


def delete_lesson(*, by: int, lesson_id: int, at: datetime) -> None:
    """The author takes it away, and with it all that it earned; without a name that goes when the week is counted."""
    unnamed.lock_pens([by])
    asked = {"by": by, "lesson_id": lesson_id, "marks": unnamed.marks_of(by)}
    hidden = _mine(asked).author_id is None
    if hidden:
        at = unnamed.day_of(at)
    else:
        lock_people([by])
    counts = db.session.scalar(_DELETE, {**asked, "moment": at})
    if counts is None:
        raise NotFound(NOT_THERE)
    for statement in (_REMOVE_FILES, _UNSAVE):
        db.session.execute(statement, {"of": lesson_id})
    ended = db.session.execute(_STOP, {"of": lesson_id, "moment": at}).all()
    if counts and not hidden:
        sources = [f"lesson:{lesson_id}", *(_applied(lesson_id, row.person_id, row.round) for row in ended)]
        publish(FactTakenBack(person_id=by, source=source) for source in sources)


def hide_lessons(lesson_ids: Sequence[int], *, at: datetime | None) -> None:
    """The care desk hides them from all but their authors. What they earned stays: no points are taken for words.

    Without a moment they are shown again.
    """
    db.session.execute(update(Lesson).where(Lesson.id.in_(sorted(lesson_ids))).values(hidden_at=at))


def _mine(asked: dict[str, Any]) -> Any:
    row = db.session.execute(_MINE, asked).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


# With a name, and without -----------------------------------------------------------------------------------


def take_name_off(*, by: int, lesson_id: int, at: datetime) -> int:
    """The author takes their name off: the lesson gets another id and days for moments, and its facts go.

    What it is worth is counted with the others of the week. Returns the new id; the old one is nobody's.
    """
    row, key = _mine_alone(by, lesson_id)
    if row.author_id is None:
        return lesson_id
    free = _free(key)
    rounds = db.session.execute(_ROUNDS, {"of": lesson_id}).all()
    for one in rounds:
        told = {"of": lesson_id, "who": one.person_id, "day": unnamed.day_of(one.at)}
        db.session.execute(_DAYS, told)
    new = unnamed.new_id()
    changes = {
        "id": new,
        "author_id": None,
        "mark": free,
        "shared_at": unnamed.day_of(row.shared_at),
        "edited_at": row.edited_at and unnamed.day_of(row.edited_at),
        "team_id": row.team_id if row.audience == "team" else None,
        "once": row.once and unnamed.once_key(key, row.once.partition(":")[2]),
        "text_keys": [unnamed.text_key(key, one) for one in row.text_keys],
    }
    db.session.execute(_BECOME.values(**changes), {"lesson_id": lesson_id})
    db.session.execute(_REMOVE_DOCUMENTS, {"of": new})
    sources = [f"lesson:{lesson_id}"]
    sources += [
        _applied(lesson_id, one.person_id, number) for one in rounds for number in range(1, one.round + 1)
    ]
    publish(FactTakenBack(person_id=by, source=source, forget=True) for source in sources)
    publish([LessonUnnamed(person_id=by, lesson_id=lesson_id)])
    forget("lesson_id", lesson_id)
    return new


def put_name_on(*, by: int, lesson_id: int, at: datetime) -> None:
    """The author puts their name to it. It earns as one with a name, and what it earned without one goes."""
    row, key = _mine_alone(by, lesson_id)
    if row.author_id is not None:
        return
    team_id = row.team_id or queries.sharing([by]).get(by)
    plain = rules.text_key(row.happened, row.learned, row.from_now_on)
    once = f"{by}:{row.once}" if row.once else None
    changes = {"author_id": by, "mark": None, "team_id": team_id, "once": once,
               "text_keys": [*row.text_keys, plain]}  # fmt: skip
    db.session.execute(_BECOME.values(**changes), {"lesson_id": lesson_id})
    if not row.counts:
        return
    stands = [one for one in db.session.execute(_ROUNDS, {"of": lesson_id}) if one.ended_at is None]
    publish(unnamed.give_back(by, key, len(stands), unnamed.monday_of(at)))
    publish([_shared(by, lesson_id, row.skills, row.shared_at)])
    publish(_used(by, lesson_id, one, row.skills) for one in stands)


def _mine_alone(by: int, lesson_id: int) -> tuple[Any, bytes]:
    """One's own lesson, held; and one's own key."""
    unnamed.lock_pens([by])
    lock_people([by])
    asked = {"by": by, "lesson_id": lesson_id, "marks": unnamed.marks_of(by)}
    row = db.session.execute(_MINE_ALONE, asked).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row, people.keys_of([by])[by]


def _free(key: bytes) -> bytes:
    free = unnamed.free_marks(key)
    if not free:
        raise Refused(TOO_MANY)
    return free[0]


# Apply ------------------------------------------------------------------------------------------------------


def apply_lessons(items: Sequence[Applying], *, at: datetime) -> None:
    """Colleagues apply lessons; the authors earn from it, each from each colleague once at a time."""
    wanted = {(item.lesson_id, item.person_id): item for item in items}
    writers = {one for one in queries.authors(item.lesson_id for item in items).values() if one is not None}
    appliers = {item.person_id for item in items}
    lock_people({*writers, *appliers})
    allowed = queries.may_apply(list(wanted))
    if len(allowed) < len(wanted):
        raise NotFound(NOT_THERE)
    refuse_own(allowed)
    if any(row.author_id not in {None, *writers, *appliers} for row in allowed.values()):
        raise Conflict(JUST_CHANGED)  # its author has just put their name to it, and is not locked
    ordered = [wanted[pair] for pair in sorted(wanted)]
    sent = {
        "lesson_ids": [item.lesson_id for item in ordered],
        "person_ids": [item.person_id for item in ordered],
        "hows": [item.how.strip() for item in ordered],
    }
    db.session.execute(_SAY_HOW, sent)
    begun = db.session.execute(_APPLY, sent | {"moments": [item.at or at for item in ordered]}).all()
    news: list[Event] = [
        _used(lesson.author_id, row.lesson_id, row, lesson.skills)
        for row in begun
        if (lesson := allowed[row.lesson_id, row.person_id]).counts and lesson.author_id is not None
    ]
    publish(news)
    publish(
        LessonApplied(
            person_id=allowed[row.lesson_id, row.person_id].author_id,
            lesson_id=row.lesson_id,
            by=row.person_id,
        )
        for row in begun
        if allowed[row.lesson_id, row.person_id].author_id is not None
    )


def refuse_own(allowed: Mapping[tuple[int, int], Any], why: Any = OWN) -> None:
    """Nobody applies their own; one without a name is known by its author's marks."""
    keys = people.keys_of(row.person_id for row in allowed.values() if row.author_id is None)
    own = {person_id: set(unnamed.marks(key)) for person_id, key in keys.items()}
    for row in allowed.values():
        if row.author_id == row.person_id or (row.mark and row.mark in own.get(row.person_id, ())):
            raise Refused(why)


def stop_applying(*, by: int, lesson_id: int, at: datetime) -> None:
    """A colleague applies it no longer; the author's fact is taken back. Saying it twice is no fault.

    Who applied a lesson may always end that, also when it is no longer for them to read.
    """
    authors = queries.authors([lesson_id])
    if lesson_id not in authors:
        raise NotFound(NOT_THERE)
    author = authors[lesson_id]
    lock_people({by} if author is None else {author, by})
    held = db.session.execute(_HELD, {"of": lesson_id}).one_or_none()
    if held is None:
        raise NotFound(NOT_THERE)
    if held.author_id != author:
        raise Conflict(JUST_CHANGED)
    ended = db.session.execute(_STOP_ONE, {"of": lesson_id, "by": by, "moment": at}).one_or_none()
    if ended is None:
        _must_know(lesson_id, by)
    elif held.counts and author is not None:
        publish([FactTakenBack(person_id=author, source=_applied(lesson_id, by, ended.round))])


def _must_know(lesson_id: int, by: int) -> None:
    """Nothing to end: then only who may know the lesson is told that all is well."""
    if db.session.scalar(_EVER, {"of": lesson_id, "by": by}) is None and not queries.may_apply(
        [(lesson_id, by)]
    ):
        raise NotFound(NOT_THERE)


def _applied(lesson_id: int, person_id: int, round: int) -> str:
    return f"applied:{lesson_id}:{person_id}:{round}"


def _used(author_id: int, lesson_id: int, one: Any, skills: Sequence[int]) -> FactStated:
    return FactStated(
        person_id=author_id,
        source=_applied(lesson_id, one.person_id, one.round),
        kind="lesson_applied",
        at=one.at,
        skills=tuple(skills),
        counterpart_id=one.person_id,
    )


# What may be shared, and what of it counts ------------------------------------------------------------------


def _cleaned(item: NewLesson, at: datetime) -> NewLesson:
    return replace(
        item,
        title=item.title.strip(),
        happened=item.happened.strip(),
        learned=item.learned.strip(),
        from_now_on=item.from_now_on.strip(),
        skills=tuple(dict.fromkeys(item.skills)),
        at=item.at or at,
    )


def _check(items: Sequence[NewLesson]) -> dict[int, int | None]:
    """Refuse what the rules refuse; return the team of each author."""
    for item in items:
        parts = (item.happened, item.learned, item.from_now_on)
        _cannot_be(rules.wrong_with(item.title, parts, item.outcome, item.lang, item.audience))
    _check_skills(items)
    teams = queries.sharing(item.author_id for item in items)
    if any(item.author_id not in teams for item in items):
        raise NotFound(_l("This person is not here any more."))
    if any(item.audience == "team" and teams[item.author_id] is None for item in items):
        _cannot_be("audience")
    return teams


def _check_skills(items: Sequence[LessonText]) -> None:
    wanted = {skill for item in items for skill in item.skills}
    counts = {len(set(item.skills)) for item in items}
    if not all(rules.SKILLS[0] <= count <= rules.SKILLS[1] for count in counts):
        _cannot_be("skills")
    if wanted - set(db.session.scalars(_SKILLS, {"ids": sorted(wanted)})):
        _cannot_be("skills")


WRONG = {
    "title": _l("Say in one line what it is about, in 5 to 120 characters."),
    "happened": _l("Tell what happened, in 10 to 2000 characters."),
    "learned": _l("Tell what you learned from it, in 10 to 2000 characters."),
    "from_now_on": _l("Tell what you do from now on, in 10 to 2000 characters."),
    "outcome": _l("Choose how it went."),
    "lang": _l("Choose the language you wrote it in."),
    "audience": _l("You are in no team. Choose everyone, so that somebody can read it."),
    "skills": _l("Choose one to five skills that it is about."),
}


def _cannot_be(name: str | None) -> None:
    if name is not None:
        raise Refused(WRONG[name], fields={name: WRONG[name]})


def _known(items: Sequence[NewLesson], keys: Mapping[int, bytes]) -> dict[str | None, int]:
    """Lessons that were shared with the same keys before. The same key with another text is refused."""
    said: dict[str | None, tuple[str, ...]] = {
        item.known_as: _once(item, keys) for item in items if item.known_as
    }
    found = queries.shared_with({key for pair in said.values() for key in pair})
    known: dict[str | None, int] = {}
    for item in items:
        row = next((found[key] for key in said.get(item.known_as, ()) if key in found), None)
        if row is None:
            continue
        if row.deleted_at is not None:
            raise Conflict(_l("You shared this and deleted it. Open an empty form to share it again."))
        sent = (item.title, item.happened, item.learned, item.from_now_on)
        if row.edited_at is None and sent != (row.title, row.happened, row.learned, row.from_now_on):
            raise Conflict(SENT_BEFORE)
        known[item.known_as] = row.id
    return known


def _once(item: NewLesson, keys: Mapping[int, bytes]) -> tuple[str, str, str]:
    """The keys under which a lesson of this form can stand: with a name, without, and with one again."""
    hidden = unnamed.once_key(keys[item.author_id], item.once or "")
    return item.known_as or "", hidden, f"{item.author_id}:{hidden}"


def _first_of_each(items: Sequence[NewLesson], known: dict[str | None, int]) -> list[NewLesson]:
    """The items that are new, each key once."""
    seen: dict[str, NewLesson] = {}
    fresh = []
    for item in items:
        key = item.known_as
        first = seen.setdefault(key, item) if key else item
        if first.key != item.key or first.title != item.title:
            raise Conflict(SENT_BEFORE)
        if first is item and key not in known:
            fresh.append(item)
    return fresh


def _counted(items: Sequence[NewLesson], keys: Mapping[int, bytes]) -> list[datetime | None]:
    """When each of these counts, or None for a copy of what stands or comes earlier in the batch."""
    if not items:
        return []
    moments = [item.when for item in items]
    hidden = [unnamed.text_key(keys[item.author_id], item.key) for item in items]
    whose = {mark: author for author in {i.author_id for i in items} for mark in unnamed.marks(keys[author])}
    rows = queries.same_text(
        [item.author_id for item in items],
        list(whose),
        [*(item.key for item in items), *hidden],
        min(moments) - rules.REPEAT,
        max(moments) + rules.REPEAT,
    )
    earlier: dict[int, list[rules.Earlier]] = {}
    for row in rows:
        one = rules.Earlier(frozenset(row.text_keys), row.shared_at, row.deleted_at is None)
        earlier.setdefault(row.author_id or whose[row.mark], []).append(one)
    found = []
    for item, key in zip(items, hidden, strict=True):
        mine = earlier.setdefault(item.author_id, [])
        found.append(rules.counted_at({item.key, key}, item.when, mine))
        mine.append(rules.Earlier(frozenset([item.key]), item.when, True))
    return found


def _insert(
    items: Sequence[NewLesson],
    counted: Sequence[datetime | None],
    teams: Mapping[int, int | None],
    keys: Mapping[int, bytes],
) -> list[int]:
    """Write them, those with a name in the order of their ids; returns their ids."""
    rows = [
        _row(item, teams[item.author_id], moment)
        | {"once": item.known_as, "author_id": item.author_id, "text_keys": [item.key]}
        for item, moment in zip(items, counted, strict=True)
        if not item.unnamed
    ]
    ids = iter(list(db.session.scalars(_INSERT, rows)) if rows else [])
    free: dict[int, list[bytes]] = {}
    hidden = []
    for item, moment in zip(items, counted, strict=True):
        if item.unnamed:
            key = keys[item.author_id]
            marks = free.setdefault(item.author_id, []) or unnamed.free_marks(key)
            if not marks:
                raise Refused(TOO_MANY)
            free[item.author_id] = marks[1:]
            hidden.append(_row(item, teams[item.author_id], moment) | _hide(item, marks[0], key))
    if hidden:
        db.session.execute(_INSERT_UNNAMED, hidden)
    hidden_ids = iter([row["id"] for row in hidden])
    return [next(hidden_ids) if item.unnamed else next(ids) for item in items]


def _hide(item: NewLesson, mark: bytes, key: bytes) -> dict[str, Any]:
    """What stands in a lesson without a name, instead of what would tell."""
    return {
        "id": unnamed.new_id(),
        "author_id": None,
        "mark": mark,
        "shared_at": unnamed.day_of(item.when),
        "once": unnamed.once_key(key, item.once) if item.once else None,
        "text_keys": [unnamed.text_key(key, item.key)],
    } | ({} if item.audience == "team" else {"team_id": None})


def _row(item: NewLesson, team_id: int | None, counted: datetime | None) -> dict[str, Any]:
    return {
        "outcome": item.outcome,
        "title": item.title,
        "happened": item.happened,
        "learned": item.learned,
        "from_now_on": item.from_now_on,
        "skills": list(item.skills),
        "lang": item.lang,
        "audience": item.audience,
        "team_id": team_id,
        "shared_at": item.at,
        "counts": counted is not None,
    }


def _shared(author_id: int, lesson_id: int, skills: Sequence[int], at: datetime) -> FactStated:
    return FactStated(
        person_id=author_id, source=f"lesson:{lesson_id}", kind="lesson_shared", at=at, skills=tuple(skills)
    )
