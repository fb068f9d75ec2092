"""What actions and other rooms ask about lessons by their ids, and about who writes one; rows come back plain."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlalchemy.types import BigInteger, Text

from app.db import db
from app.lessons.models import IS_HERE, Lesson
from app.lessons.rights import author, marked, readable, viewer
from app.people.models import Person, Unit

AnyRow = Row[*tuple[Any, ...]]

_ids = bindparam("ids", type_=ARRAY(BigInteger()))
_keys = bindparam("keys", type_=ARRAY(Text()))
NAME = re.compile(r"\b[^\W\d_a-z]\w+(?:-\w+)?")


_mate = aliased(Person)


_TEAM = (
    select(
        Unit.name,
        select(func.count()).where(_mate.team_id == Unit.id, _mate.active).scalar_subquery().label("size"),
    )
    .join(Person, Person.team_id == Unit.id)
    .where(Person.id == bindparam("me"))
)


# A full name of anybody, or a first name of who is in the same department; as it is written, so that a word is no name.
_NAMED = text("""
    SELECT p.name FROM person p JOIN person me ON me.id = :me
    WHERE p.active AND p.erased_at IS NULL AND p.id <> :me
      AND (position(p.name IN :said) > 0
           OR p.department_id = me.department_id AND split_part(p.name, ' ', 1) = ANY(CAST(:words AS text[])))
    ORDER BY position(p.name IN :said) DESC, p.sort_name, p.id LIMIT :most
""")


def named_in(me: int, said: str, most: int = 3) -> list[str]:
    """Colleagues whose names may stand in this text: for a tip, and to take them out when its writer says so."""
    words = sorted({word for word in NAME.findall(said)})
    asked = {"me": me, "said": said, "words": words, "most": most}
    return list(db.session.scalars(_NAMED, asked)) if words else []


_AUTHORS = select(Lesson.id, Lesson.author_id).where(Lesson.id == _ids.any_())


_SHARING = select(Person.id, Person.team_id).where(Person.id == _ids.any_(), Person.active)


_KNOWN = select(
    Lesson.id,
    Lesson.once,
    Lesson.title,
    Lesson.happened,
    Lesson.learned,
    Lesson.from_now_on,
    Lesson.edited_at,
    Lesson.deleted_at,
).where(Lesson.once == _keys.any_())


_SAME_TEXT = (
    select(
        Lesson.author_id, Lesson.mark, Lesson.text_keys, Lesson.shared_at, Lesson.deleted_at, Lesson.going_at
    )
    .where(or_(Lesson.author_id == _ids.any_(), marked), Lesson.text_keys.overlap(_keys))
    .where(Lesson.shared_at.between(bindparam("since"), bindparam("until")))
)


# Which of these people may read which of these lessons: asked again under the lock.
_wanted = (
    func.unnest(
        bindparam("lesson_ids", type_=ARRAY(BigInteger())), bindparam("person_ids", type_=ARRAY(BigInteger()))
    )
    .table_valued("lesson_id", "person_id", name="wanted")
    .render_derived()
)


_MAY_APPLY = (
    select(
        Lesson.id, viewer.id.label("person_id"), Lesson.author_id, Lesson.mark, Lesson.skills, Lesson.counts
    )
    .select_from(_wanted)
    .join(Lesson, Lesson.id == _wanted.c.lesson_id)
    .outerjoin(author, author.id == Lesson.author_id)
    .join(viewer, viewer.id == _wanted.c.person_id)
    .where(IS_HERE, viewer.active, readable)
    .with_for_update(read=True, of=Lesson)  # so that nobody puts a name to it or takes one off meanwhile
)


_EVERYBODY = select(exists().where(Lesson.id == _ids.any_(), Lesson.audience == "everyone"))


_REACHED = (
    select(viewer.id)
    .distinct()
    .select_from(Lesson)
    .join(author, author.id == Lesson.author_id)
    .join(
        viewer,
        or_(
            viewer.team_id == Lesson.team_id,
            and_(viewer.id == author.manager_id, author.team_id == Lesson.team_id),
        ),
    )
    .where(Lesson.id == _ids.any_(), IS_HERE, viewer.active)
)


def reached(lesson_ids: Iterable[int]) -> tuple[bool, Sequence[int]]:
    """Whether one of these lessons is for everybody; else who may read them."""
    wanted = {"ids": sorted(set(lesson_ids))}
    if db.session.scalar(_EVERYBODY, wanted):
        return True, ()
    return False, db.session.scalars(_REACHED, wanted).all()


def team_of(me: int) -> AnyRow | None:
    """This person's team, if there is one: its name, and how many are in it."""
    return db.session.execute(_TEAM, {"me": me}).one_or_none()


def authors(lesson_ids: Iterable[int]) -> dict[int, int | None]:
    """The author of each lesson, deleted ones too; None without a name. Read before the lock, so ask again under it."""
    return {row.id: row.author_id for row in db.session.execute(_AUTHORS, {"ids": sorted(set(lesson_ids))})}


_WHOSE = select(Lesson.id, Lesson.author_id, Lesson.mark, Lesson.skills).where(
    Lesson.id == _ids.any_(), IS_HERE
)


def whose(lesson_ids: Iterable[int]) -> dict[int, AnyRow]:
    """Whose these are, by name or by mark, and which skills they are about; whoever asks."""
    wanted = sorted(set(lesson_ids))
    return {row.id: row for row in db.session.execute(_WHOSE, {"ids": wanted})} if wanted else {}


def sharing(person_ids: Iterable[int]) -> dict[int, int | None]:
    """The team of each of these people who is active."""
    return {row.id: row.team_id for row in db.session.execute(_SHARING, {"ids": sorted(set(person_ids))})}


def shared_with(keys: Iterable[str]) -> dict[str, AnyRow]:
    """The lessons that were shared with these keys."""
    wanted = sorted(keys)
    return {row.once: row for row in db.session.execute(_KNOWN, {"keys": wanted})} if wanted else {}


def same_text(
    author_ids: Iterable[int], marks: Sequence[bytes], keys: Iterable[str], since: datetime, until: datetime
) -> Sequence[AnyRow]:
    """Lessons of these authors, with a name or under these marks, that have or had one of these texts."""
    wanted = {"ids": sorted(set(author_ids)), "keys": sorted(set(keys)), "since": since, "until": until}
    wanted["marks"] = marks
    return db.session.execute(_SAME_TEXT, wanted).all()


def may_apply(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], AnyRow]:
    """Of these (lesson, person) pairs those where the person may read the lesson."""
    wanted = {"lesson_ids": [pair[0] for pair in pairs], "person_ids": [pair[1] for pair in pairs]}
    return {(row.id, row.person_id): row for row in db.session.execute(_MAY_APPLY, wanted)}


_FOR_CARE = select(
    Lesson.id,
    Lesson.author_id,
    Lesson.mark,
    Lesson.title,
    Lesson.happened,
    Lesson.learned,
    Lesson.from_now_on,
    Lesson.lang,
    Lesson.deleted_at,
    Lesson.hidden_at,
).where(Lesson.id == _ids.any_())


def for_care(lesson_ids: Iterable[int]) -> Sequence[AnyRow]:
    """What these say, whoever asks, hidden ones too: for the care desk alone, which shows no author."""
    wanted = sorted(set(lesson_ids))
    return db.session.execute(_FOR_CARE, {"ids": wanted}).all() if wanted else []
