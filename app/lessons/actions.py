"""What can be done with lessons: share, edit, delete, apply, stop applying."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, Text

from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import Event, FactStated, FactTakenBack, LessonApplied, LessonShared
from app.lessons import queries, rules
from app.lessons.models import Application, Lesson
from app.outbox import publish
from app.vision.models import Skill

SENT_BEFORE = _l("This form was sent before, with another text. Open an empty form for a new lesson.")
NOT_THERE = _l("This lesson is not here, or not for you.")


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
_EDIT = (
    update(Lesson)
    .where(
        Lesson.id == bindparam("lesson_id"), Lesson.author_id == bindparam("by"), Lesson.deleted_at.is_(None)
    )
    .values(
        text_keys=func.array_append(func.array_remove(Lesson.text_keys, bindparam("key")), bindparam("key"))
    )
    .returning(Lesson.id)
)
_DELETE = (
    update(Lesson)
    .where(
        Lesson.id == bindparam("lesson_id"), Lesson.author_id == bindparam("by"), Lesson.deleted_at.is_(None)
    )
    .values(deleted_at=bindparam("moment"))
    .returning(Lesson.counts)
)
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
_STOP_ONE = _STOP.where(Application.person_id == bindparam("by"))
_EVER = select(Application.round).where(
    Application.lesson_id == bindparam("of"), Application.person_id == bindparam("by")
)
_SHARED_IN = select(Lesson.team_id).where(Lesson.id == bindparam("of"))
_COUNTS = select(Lesson.counts).where(Lesson.id == bindparam("of"))


# Share, edit, delete ----------------------------------------------------------------------------------------


def share_lessons(items: Sequence[NewLesson], *, at: datetime) -> list[int]:
    """Share lessons; each earns its author a little. The same key again gives the same lesson.

    Returns the id of each, in the order of the items.
    """
    items = [_cleaned(item, at) for item in items]
    lock_people(item.author_id for item in items)
    teams = _check(items)
    ids = _known(items)
    fresh = _first_of_each(items, ids)
    counted = _counted(fresh)
    rows = [_row(item, teams[item.author_id], moment) for item, moment in zip(fresh, counted, strict=True)]
    new = list(db.session.scalars(_INSERT, rows)) if rows else []
    publish(LessonShared(person_id=item.author_id, lesson_id=id) for item, id in zip(fresh, new, strict=True))
    publish(
        _shared(item, id, moment)
        for item, id, moment in zip(fresh, new, counted, strict=True)
        if moment is not None
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
    team_id = db.session.scalar(_SHARED_IN, {"of": lesson_id}) or queries.sharing([by]).get(by)
    if to.audience == "team" and team_id is None:
        _cannot_be("audience")
    changes = {
        "outcome": to.outcome,
        "title": to.title.strip(),
        "happened": to.happened.strip(),
        "learned": to.learned.strip(),
        "from_now_on": to.from_now_on.strip(),
        "skills": list(dict.fromkeys(to.skills)),
        "lang": to.lang,
        "audience": to.audience,
        "edited_at": at,
        "team_id": team_id,  # the one in which it was shared, if there was one
    }
    asked = {"by": by, "lesson_id": lesson_id, "key": to.key}
    if db.session.scalar(_EDIT.values(**changes), asked) is None:
        raise NotFound(NOT_THERE)


def delete_lesson(*, by: int, lesson_id: int, at: datetime) -> None:
    """The author takes it away, and with it all that it earned."""
    lock_people([by])
    counts = db.session.scalar(_DELETE, {"by": by, "lesson_id": lesson_id, "moment": at})
    if counts is None:
        raise NotFound(NOT_THERE)
    ended = db.session.execute(_STOP, {"of": lesson_id, "moment": at}).all()
    if counts:
        sources = [f"lesson:{lesson_id}", *(_applied(lesson_id, row.person_id, row.round) for row in ended)]
        publish(FactTakenBack(person_id=by, source=source) for source in sources)


def hide_lessons(lesson_ids: Sequence[int], *, at: datetime) -> None:
    """The care desk hides them from all but their authors. What they earned stays: no points are taken for words."""
    db.session.execute(update(Lesson).where(Lesson.id.in_(sorted(lesson_ids))).values(hidden_at=at))


# Apply ------------------------------------------------------------------------------------------------------


def apply_lessons(items: Sequence[Applying], *, at: datetime) -> None:
    """Colleagues apply lessons; the authors earn from it, each from each colleague once at a time."""
    wanted = {(item.lesson_id, item.person_id): item for item in items}
    writers = queries.authors(item.lesson_id for item in items)
    lock_people({*writers.values(), *(item.person_id for item in items)})
    allowed = queries.may_apply(list(wanted))
    if len(allowed) < len(wanted):
        raise NotFound(NOT_THERE)
    if any(row.author_id == row.person_id for row in allowed.values()):
        raise Refused(_l("This is your own lesson. It counts when a colleague applies it."))
    ordered = [wanted[pair] for pair in sorted(wanted)]
    sent = {
        "lesson_ids": [item.lesson_id for item in ordered],
        "person_ids": [item.person_id for item in ordered],
        "hows": [item.how.strip() for item in ordered],
    }
    db.session.execute(_SAY_HOW, sent)
    begun = db.session.execute(_APPLY, sent | {"moments": [item.at or at for item in ordered]}).all()
    news: list[Event] = [
        FactStated(
            person_id=lesson.author_id,
            source=_applied(row.lesson_id, row.person_id, row.round),
            kind="lesson_applied",
            at=row.at,
            skills=tuple(lesson.skills),
            counterpart_id=row.person_id,
        )
        for row in begun
        if (lesson := allowed[row.lesson_id, row.person_id]).counts
    ]
    publish(news)
    publish(
        LessonApplied(
            person_id=allowed[row.lesson_id, row.person_id].author_id,
            lesson_id=row.lesson_id,
            by=row.person_id,
        )
        for row in begun
    )


def stop_applying(*, by: int, lesson_id: int, at: datetime) -> None:
    """A colleague applies it no longer; the author's fact is taken back. Saying it twice is no fault.

    Who applied a lesson may always end that, also when it is no longer for them to read.
    """
    author = queries.authors([lesson_id]).get(lesson_id)
    if author is None:
        raise NotFound(NOT_THERE)
    lock_people({author, by})
    ended = db.session.execute(_STOP_ONE, {"of": lesson_id, "by": by, "moment": at}).one_or_none()
    if ended is None:
        _must_know(lesson_id, by)
    elif db.session.scalar(_COUNTS, {"of": lesson_id}):
        publish([FactTakenBack(person_id=author, source=_applied(lesson_id, by, ended.round))])


def _must_know(lesson_id: int, by: int) -> None:
    """Nothing to end: then only who may know the lesson is told that all is well."""
    if db.session.scalar(_EVER, {"of": lesson_id, "by": by}) is None and not queries.may_apply(
        [(lesson_id, by)]
    ):
        raise NotFound(NOT_THERE)


def _applied(lesson_id: int, person_id: int, round: int) -> str:
    return f"applied:{lesson_id}:{person_id}:{round}"


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


def _known(items: Sequence[NewLesson]) -> dict[str | None, int]:
    """Lessons that were shared with the same keys before. The same key with another text is refused."""
    found = queries.shared_with({item.known_as for item in items if item.known_as})
    for item in items:
        row = found.get(item.known_as or "")
        if row is None:
            continue
        if row.deleted_at is not None:
            raise Conflict(_l("You shared this and deleted it. Open an empty form to share it again."))
        sent = (item.title, item.happened, item.learned, item.from_now_on)
        if row.edited_at is None and sent != (row.title, row.happened, row.learned, row.from_now_on):
            raise Conflict(SENT_BEFORE)
    return {once: row.id for once, row in found.items()}


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


def _counted(items: Sequence[NewLesson]) -> list[datetime | None]:
    """When each of these counts, or None for a copy of what stands or comes earlier in the batch."""
    if not items:
        return []
    moments = [item.when for item in items]
    rows = queries.same_text(
        [item.author_id for item in items],
        [item.key for item in items],
        min(moments) - rules.REPEAT,
        max(moments) + rules.REPEAT,
    )
    earlier: dict[int, list[rules.Earlier]] = {}
    for row in rows:
        one = rules.Earlier(frozenset(row.text_keys), row.shared_at, row.deleted_at is None)
        earlier.setdefault(row.author_id, []).append(one)
    found = []
    for item in items:
        mine = earlier.setdefault(item.author_id, [])
        found.append(rules.counted_at(item.key, item.when, mine))
        mine.append(rules.Earlier(frozenset([item.key]), item.when, True))
    return found


def _row(item: NewLesson, team_id: int | None, counted: datetime | None) -> dict[str, object]:
    return {
        "author_id": item.author_id,
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
        "once": item.known_as,
        "text_keys": [item.key],
        "counts": counted is not None,
    }


def _shared(item: NewLesson, lesson_id: int, at: datetime) -> FactStated:
    return FactStated(
        person_id=item.author_id,
        source=f"lesson:{lesson_id}",
        kind="lesson_shared",
        at=at,
        skills=tuple(item.skills),
    )
