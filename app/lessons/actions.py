"""What can be done with lessons: share them. What authors do later: `changing`; what readers do: `applying`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, case, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, LargeBinary

from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import FactStated, LessonShared
from app.keys import encrypt, padded
from app.lessons import asking, rules, unnamed
from app.lessons.models import Lesson
from app.outbox import publish
from app.people import queries as people
from app.vision.models import Skill

SENT_BEFORE = _l("This form was sent before, with another text. Open an empty form for a new lesson.")
STILL_GOING = _l("You have just deleted a lesson with this text. Try again in a moment.")
NOT_THERE = _l("This lesson is not here, or not for you.")
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


_INSERT = (
    insert(Lesson).returning(Lesson.id, sort_by_parameter_order=True).execution_options(render_nulls=True)
)
_INSERT_UNNAMED = insert(Lesson)
_SKILLS = select(Skill.id).where(Skill.id == bindparam("ids", type_=ARRAY(BigInteger())).any_())

# Share, and hide ---------------------------------------------------------------------------------------------


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
        stated(item.author_id, id, item.skills, moment) for item, id, moment in named if moment is not None
    )
    ids.update({item.known_as: id for item, id in zip(fresh, new, strict=True) if item.known_as})
    loose = iter(id for item, id in zip(fresh, new, strict=True) if not item.known_as)
    return [ids[item.known_as] if item.known_as else next(loose) for item in items]


def hide_lessons(lesson_ids: Sequence[int], *, at: datetime | None) -> None:
    """The care desk hides them from all but their authors. What they earned stays: no points are taken for words.

    Without a moment they are shown again. Of one without a name no moment is kept: it would say which report it was.
    """
    moment = case((Lesson.author_id.is_(None), Lesson.shared_at), else_=at) if at else None
    hidden = update(Lesson).where(Lesson.id.in_(sorted(lesson_ids)))
    db.session.execute(hidden.values(hidden_at=moment, hidden_why=None))


_NAMED = select(Lesson.id, Lesson.author_id).where(
    Lesson.id == bindparam("ids", type_=ARRAY(BigInteger())).any_(), Lesson.author_id.is_not(None)
)
_KEEP_WHY = text("""
    UPDATE lesson SET hidden_why = w.why FROM unnest(:ids, :sealed) AS w(id, why) WHERE lesson.id = w.id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger())), bindparam("sealed", type_=ARRAY(LargeBinary())))


def keep_why(told: Mapping[int, tuple[str, str]]) -> None:
    """Why these were hidden, reason and answer, sealed with the keys of those authors whose name is known: should they
    take it off, the reports stand with an address that is nobody's."""
    rows = db.session.execute(_NAMED, {"ids": sorted(told)}).all() if told else []
    keys = people.keys_of(row.author_id for row in rows)
    sealed = {
        row.id: encrypt(keys[row.author_id], padded(json.dumps(told[row.id])), "hidden")
        for row in rows
        if row.author_id in keys
    }
    if sealed:
        db.session.execute(_KEEP_WHY, {"ids": list(sealed), "sealed": list(sealed.values())})


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
        cannot_be(rules.wrong_with(item.title, parts, item.outcome, item.lang, item.audience))
    check_skills(items)
    teams = asking.sharing(item.author_id for item in items)
    if any(item.author_id not in teams for item in items):
        raise NotFound(_l("This person is not here any more."))
    if any(item.audience == "team" and teams[item.author_id] is None for item in items):
        cannot_be("audience")
    return teams


def check_skills(items: Sequence[LessonText]) -> None:
    wanted = {skill for item in items for skill in item.skills}
    counts = {len(set(item.skills)) for item in items}
    if not all(rules.SKILLS[0] <= count <= rules.SKILLS[1] for count in counts):
        cannot_be("skills")
    if wanted - set(db.session.scalars(_SKILLS, {"ids": sorted(wanted)})):
        cannot_be("skills")


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


def cannot_be(name: str | None) -> None:
    if name is not None:
        raise Refused(WRONG[name], fields={name: WRONG[name]})


def _known(items: Sequence[NewLesson], keys: Mapping[int, bytes]) -> dict[str | None, int]:
    """Lessons that were shared with the same keys before. The same key with another text is refused."""
    said: dict[str | None, tuple[str, ...]] = {
        item.known_as: _once(item, keys) for item in items if item.known_as
    }
    found = asking.shared_with({key for pair in said.values() for key in pair})
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
    rows = asking.same_text(
        [item.author_id for item in items],
        list(whose),
        [*(item.key for item in items), *hidden],
        min(moments) - rules.REPEAT,
        max(moments) + rules.REPEAT,
    )
    earlier: dict[int, list[rules.Earlier]] = {}
    if any(row.going_at is not None for row in rows):
        raise Conflict(STILL_GOING)  # the door finishes it first, in a transaction of its own
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
    free = unnamed.free_marks({item.author_id: keys[item.author_id] for item in items if item.unnamed})
    hidden = [
        _row(item, teams[item.author_id], moment)
        | _hide(item, one_of(free[item.author_id]), keys[item.author_id])
        for item, moment in zip(items, counted, strict=True)
        if item.unnamed
    ]
    if hidden:
        db.session.execute(_INSERT_UNNAMED, hidden)
    hidden_ids = iter([row["id"] for row in hidden])
    return [next(hidden_ids) if item.unnamed else next(ids) for item in items]


def one_of(free: list[bytes]) -> bytes:
    """One of the marks that somebody has left; it is taken now."""
    if not free:
        raise Refused(TOO_MANY)
    return free.pop(0)


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


def stated(author_id: int, lesson_id: int, skills: Sequence[int], at: datetime) -> FactStated:
    return FactStated(
        person_id=author_id, source=f"lesson:{lesson_id}", kind="lesson_shared", at=at, skills=tuple(skills)
    )
