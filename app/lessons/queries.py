"""What readers ask about lessons: the feed, one, what was found. Statements are built once; rows come back plain.

Who may read which: `rights`. What actions ask by ids: `asking`.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased
from sqlalchemy.types import BigInteger, LargeBinary, Text

from app.db import db
from app.finding import matches
from app.keys import decrypt, unpadded
from app.lessons.asking import AnyRow as AnyRow
from app.lessons.asking import for_care as for_care
from app.lessons.asking import may_apply as may_apply
from app.lessons.asking import team_of as team_of
from app.lessons.asking import whose as whose
from app.lessons.models import IS_HERE, WORDS, Application, Attachment, Lesson, Reaction, Saved
from app.lessons.rights import author, by_me, marked, my_team, readable, readable_by_me, viewer
from app.lessons.rules import REACTIONS
from app.lessons.unnamed import key_of
from app.lessons.unnamed import marks as marks
from app.lessons.unnamed import marks_of as marks_of
from app.people.models import Person, Unit
from app.people.queries import profile_of

LIMIT = 20
PAGE = 6  # a page stays under 800 elements
APPLIERS = 100
OF_TEAM = 300
LATELY, FRONT = 2000, 100  # applications, and lessons applied most among them

_applier = aliased(Person)


_own = or_(func.coalesce(Lesson.author_id == viewer.id, false()), func.coalesce(marked, false()))
_stands: ColumnElement[bool] = Application.ended_at.is_(None)
_applied_by = (
    select(func.count())
    .where(Application.lesson_id == Lesson.id)
    .where(_stands)
    .correlate(Lesson)
    .scalar_subquery()
)
_mine = aliased(Application)
_reacted = (
    select(
        *(func.count().filter(Reaction.kind == kind).label(kind) for kind in REACTIONS),
        func.array_agg(Reaction.kind).filter(Reaction.person_id == bindparam("me")).label("by_me"),
    )
    .where(Reaction.lesson_id == Lesson.id)
    .correlate(Lesson)
    .lateral("reacted")
)

_CARD = (
    select(
        Lesson.id,
        Lesson.author_id,
        author.name.label("author"),
        author.handle.label("author_handle"),
        profile_of(author).label("profile"),
        author.job.label("author_job"),
        Unit.name.label("team"),
        Lesson.outcome,
        Lesson.title,
        Lesson.happened,
        Lesson.learned,
        Lesson.from_now_on,
        Lesson.skills,
        Lesson.lang,
        Lesson.audience,
        Lesson.shared_at,
        Lesson.edited_at,
        Lesson.counts,
        _applied_by.label("applied_by"),
        Lesson.hidden_at.is_not(None).label("hidden"),
        Lesson.author_id.is_(None).label("unnamed"),
        _own.label("mine"),
        _mine.lesson_id.is_not(None).label("i_apply"),
        exists().where(Saved.lesson_id == Lesson.id, Saved.person_id == bindparam("me")).label("saved"),
        _mine.how.label("my_how"),
        *(_reacted.c[kind] for kind in REACTIONS),
        func.coalesce(_reacted.c.by_me, array([], type_=Text())).label("my_reactions"),
    )
    .outerjoin(author, author.id == Lesson.author_id)
    .join(viewer, viewer.id == bindparam("me"))
    .outerjoin(Unit, Unit.id == Lesson.team_id)
    .join(_reacted, true())
    .outerjoin(
        _mine,
        and_(_mine.lesson_id == Lesson.id, _mine.person_id == viewer.id, _mine.ended_at.is_(None)),
    )
    .where(IS_HERE)
    .where(or_(readable, marked))
)
_NEWEST = _CARD.order_by(Lesson.shared_at.desc(), Lesson.id.desc()).limit(bindparam("limit"))
_last = aliased(Lesson)
_BEFORE = (
    tuple_(Lesson.shared_at, Lesson.id)
    < select(_last.shared_at, _last.id).where(_last.id == bindparam("before")).scalar_subquery()
)
# The same for one's own: along the order of the feed, somebody's few lessons would be looked for among all.
_of_me = aliased(Lesson)
_my_lessons = (
    select(_of_me.id)
    .where(
        or_(
            _of_me.author_id == bindparam("me"),
            _of_me.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_(),
        )
    )
    .scalar_subquery()
)
_SHOWS: dict[str, ColumnElement[bool]] = {
    "all": true(),
    "team": Lesson.team_id == my_team,
    "mine": Lesson.id == func.array(_my_lessons).any_(),
    "saved": Lesson.id.in_(select(Saved.lesson_id).where(Saved.person_id == bindparam("me"))),
}
_FEEDS: dict[tuple[str, bool], Select[*tuple[Any, ...]]] = {
    (show, further): _NEWEST.where(only, *([_BEFORE] if further else []))
    for show, only in _SHOWS.items()
    for further in (False, True)
}
_CAME_CARDS = {
    show: _NEWEST.where(
        _SHOWS[show], Lesson.shared_at > bindparam("since"), Lesson.author_id != bindparam("me")
    )
    for show in ("all", "team")
}
_ONE = _CARD.where(Lesson.id == bindparam("lesson_id"))
_BY_AUTHOR = _NEWEST.where(Lesson.author_id == bindparam("author"))
_OF_TEAM = _NEWEST.where(Lesson.team_id == my_team, not_(_own))
_OF_TEAM_BETWEEN = _OF_TEAM.where(
    Lesson.shared_at >= bindparam("since"), Lesson.shared_at < bindparam("until"), Lesson.hidden_at.is_(None)
)
_APPLIED_WITHOUT_NAME = (
    select(Lesson.id, Lesson.title, Lesson.lang, func.count().label("number"))
    .join(Application, Application.lesson_id == Lesson.id)
    .where(marked, IS_HERE, Application.ended_at.is_(None))
    .where(Application.at >= bindparam("since"))
    .group_by(Lesson.id, Lesson.title, Lesson.lang)
    .order_by(func.count().desc(), Lesson.id)
    .limit(LIMIT)
)
_APPLIERS = (
    select(
        Application.person_id,
        _applier.name,
        _applier.handle,
        profile_of(_applier).label("profile"),
        _applier.job,
        Application.how,
        Application.at,
    )
    .join(_applier, _applier.id == Application.person_id)
    .where(Application.lesson_id == bindparam("lesson_id"), _stands)
    .order_by(Application.at.desc(), Application.person_id)
    .limit(APPLIERS)
)
# Bounded whatever the size: only so many applications are looked at, and who may read is asked of the front.
_lately = (
    select(Application.lesson_id)
    .where(_stands, Application.at >= bindparam("since"))
    .order_by(Application.at.desc())
    .limit(LATELY)
    .subquery()
)
_most = (
    select(_lately.c.lesson_id, func.count().label("applied_by"))
    .group_by(_lately.c.lesson_id)
    .order_by(func.count().desc(), _lately.c.lesson_id.desc())
    .limit(FRONT)
    .subquery()
)
_MOST = (
    select(Lesson.id, Lesson.title, Lesson.lang, _most.c.applied_by)
    .join(_most, _most.c.lesson_id == Lesson.id)
    .outerjoin(author, author.id == Lesson.author_id)
    .join(viewer, viewer.id == bindparam("me"))
    .where(IS_HERE, readable)
    .order_by(_most.c.applied_by.desc(), Lesson.id.desc())
    .limit(bindparam("limit"))
)
# The same front as whole cards; it has an end, so there is nothing further.
_MOST_FEED = (
    _CARD.join(_most, _most.c.lesson_id == Lesson.id)
    .order_by(_most.c.applied_by.desc(), Lesson.id.desc())
    .limit(bindparam("limit"))
)
_by_me = and_(by_me, IS_HERE)
_own_shared = select(func.count()).where(_by_me)
_own_applied = select(cast(func.coalesce(func.sum(_applied_by), 0), BigInteger())).where(_by_me)
_COUNTS = select(
    _own_shared.scalar_subquery().label("shared"), _own_applied.scalar_subquery().label("applied")
)
# What came since a feed was made. One without a name is not among them: its day is all that is known of its moment, and
# a page that says "1 new lesson" while somebody types at the next desk would say the minute. It stands in the feed
# when that is read anew. One's own stands there already.
_came: tuple[ColumnElement[bool], ...] = (
    Lesson.shared_at > bindparam("since"),
    Lesson.author_id != bindparam("me"),
    IS_HERE,
)
_CAME = {
    show: select(func.count()).select_from(
        select(Lesson.id)
        .where(*_came, readable_by_me, *only)
        .order_by(Lesson.shared_at.desc(), Lesson.id.desc())
        .limit(bindparam("most"))
        .subquery()
    )
    for show, only in {"all": (), "team": (Lesson.team_id == my_team,)}.items()
}
# The index of words first and the order afterwards: along the order, a rare word would read every lesson. A count stops
# reading at its end.
_hit = (
    select(Lesson.id, Lesson.shared_at)
    .where(IS_HERE, text(matches(*WORDS)), readable_by_me)
    .cte("hit")
    .prefix_with("MATERIALIZED")
)
_hits = select(_hit.c.id)
_page = (
    _hits.order_by(_hit.c.shared_at.desc(), _hit.c.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("skip"))
    .subquery()
)
_FOUND_PAGE = (
    select(
        Lesson.id,
        Lesson.title,
        Lesson.from_now_on,
        Lesson.lang,
        Lesson.outcome,
        Lesson.shared_at,
        Lesson.author_id,
        author.name.label("author"),
    )
    .join(_page, _page.c.id == Lesson.id)
    .outerjoin(author, author.id == Lesson.author_id)
    .order_by(Lesson.shared_at.desc(), Lesson.id.desc())
)
_FOUND_NUMBER = select(func.count()).select_from(_hits.limit(bindparam("most")).subquery())


_ids = bindparam("ids", type_=ARRAY(BigInteger()))
_SOME = _CARD.where(Lesson.id == _ids.any_())
_WHO_OF = (
    select(Application.lesson_id, Application.person_id, _applier.name)
    .join(_applier, _applier.id == Application.person_id)
    .where(Application.lesson_id == _ids.any_(), _stands, _applier.erased_at.is_(None))
    .where(Application.person_id == bindparam("people", type_=ARRAY(BigInteger())).any_())
)


def feed(
    me: int,
    *,
    show: str = "all",
    before: int | None = None,
    limit: int = LIMIT,
    since: datetime | None = None,
) -> tuple[Sequence[AnyRow], int | None]:
    """What this person may read, newest first; and the id with which to ask for what comes after it.

    `most` shows what was applied most since then; `saved` what this person saved, which nobody else sees.
    """
    if show == "most" and since is not None:
        asked = {"me": me, "marks": marks_of(me), "limit": limit, "since": since}
        return db.session.execute(_MOST_FEED, asked).all() if before is None else [], None
    statement = _FEEDS[show if show in _SHOWS else "all", before is not None]
    rows = db.session.execute(
        statement,
        {"me": me, "marks": marks_of(me), "limit": limit + 1} | ({"before": before} if before else {}),
    ).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


# Among the newest only: for a skill of which there are few, all lessons there are would be read.
_newest = (
    select(Lesson.id)
    .where(IS_HERE)
    .order_by(Lesson.shared_at.desc(), Lesson.id.desc())
    .limit(LATELY)
    .subquery()
)
_ABOUT = (
    select(Lesson.id, Lesson.title, Lesson.lang, Lesson.outcome)
    .join(_newest, _newest.c.id == Lesson.id)
    .where(Lesson.skills.overlap(bindparam("skills", type_=ARRAY(BigInteger()))), readable_by_me)
    .order_by(Lesson.shared_at.desc(), Lesson.id.desc())
    .limit(bindparam("limit"))
)


def about(me: int, skills: Iterable[int], limit: int = 3) -> Sequence[AnyRow]:
    """The newest lessons about one of these skills that this person may read.

    Not "by who did this": what colleagues have completed is theirs to tell.
    """
    wanted = {"me": me, "skills": sorted(set(skills)), "limit": limit}
    return db.session.execute(_ABOUT, wanted).all() if wanted["skills"] else []


def count_since(me: int, show: str, since: datetime, most: int) -> int:
    """How many lessons came to this feed since then, that this person may read; no further than `most`."""
    return db.session.scalar(_CAME[show], {"me": me, "since": since, "most": most}) or 0


def since(me: int, show: str, since: datetime, limit: int) -> Sequence[AnyRow]:
    """Those lessons, newest first."""
    told = {"me": me, "marks": [], "since": since, "limit": limit}
    return db.session.execute(_CAME_CARDS[show], told).all()


def lesson(me: int, lesson_id: int) -> AnyRow | None:
    """One lesson as this person may see it, or None."""
    return db.session.execute(_ONE, {"me": me, "marks": marks_of(me), "lesson_id": lesson_id}).one_or_none()


_WHY = select(Lesson.hidden_why).where(
    Lesson.id == bindparam("lesson_id"), marked, Lesson.hidden_at.is_not(None)
)


def why_hidden(me: int, lesson_id: int) -> tuple[str, str] | None:
    """Why a lesson of this person's without a name was hidden while it had one: reason and answer."""
    key = key_of(me)
    sealed = db.session.scalar(_WHY, {"lesson_id": lesson_id, "marks": marks(key)}) if key else None
    if key is None or sealed is None:
        return None
    reason, answer = json.loads(unpadded(decrypt(key, sealed, "hidden")))
    return reason, answer


def appliers(lesson_id: int) -> Sequence[AnyRow]:
    """Who applies a lesson and how, latest first. Ask `lesson` first whether it may be read."""
    return db.session.execute(_APPLIERS, {"lesson_id": lesson_id}).all()


def some(me: int, lesson_ids: Iterable[int]) -> Sequence[AnyRow]:
    """Those of these lessons that this person may read."""
    return db.session.execute(_SOME, {"me": me, "marks": [], "ids": sorted(set(lesson_ids))}).all()


def who_apply(lesson_ids: Iterable[int], person_ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """Who of these people applies which of these lessons, with their names; ask first who may read them."""
    wanted = {"ids": sorted(set(lesson_ids)), "people": sorted(set(person_ids))}
    return {(row.lesson_id, row.person_id): row.name for row in db.session.execute(_WHO_OF, wanted)}


_FILES = (
    select(
        Attachment.lesson_id,
        Attachment.id,
        Attachment.kind,
        Attachment.name,
        Attachment.alt,
        Attachment.width,
        Attachment.height,
        func.octet_length(Attachment.content).label("size"),
    )
    .where(Attachment.lesson_id == bindparam("ids", type_=ARRAY(BigInteger())).any_())
    .order_by(Attachment.lesson_id, Attachment.id)
)
_FILE = select(Attachment.kind, Attachment.name, Attachment.content).where(
    Attachment.lesson_id == bindparam("lesson_id"), Attachment.id == bindparam("file_id")
)


def files_of(lesson_ids: Iterable[int]) -> dict[int, list[AnyRow]]:
    """What is added to each of these lessons, without the contents. Ask first which may be read."""
    found: dict[int, list[AnyRow]] = {}
    for row in db.session.execute(_FILES, {"ids": sorted(lesson_ids)}):
        found.setdefault(row.lesson_id, []).append(row)
    return found


def file(me: int, lesson_id: int, file_id: uuid.UUID) -> AnyRow | None:
    """A picture or document of a lesson that this person may read."""
    if lesson(me, lesson_id) is None:
        return None
    return db.session.execute(_FILE, {"lesson_id": lesson_id, "file_id": file_id}).one_or_none()


def latest_of_team(me: int, limit: int = 3) -> Sequence[AnyRow]:
    """The newest lessons of colleagues of this person's own team: cards for the home page."""
    return db.session.execute(_OF_TEAM, {"me": me, "marks": marks_of(me), "limit": limit}).all()


def of_team_between(me: int, since: datetime, until: datetime) -> Sequence[AnyRow]:
    """What colleagues of this person's own team shared in this time, the newest first; no more than some hundreds."""
    asked = {"me": me, "marks": marks_of(me), "since": since, "until": until, "limit": OF_TEAM}
    return db.session.execute(_OF_TEAM_BETWEEN, asked).all()


def applied_without_name(me: int, since: datetime) -> Sequence[AnyRow]:
    """Which of this person's lessons without a name colleagues began to apply since then, and how many of them.

    It is found by the author's own key at the moment they look, and stands nowhere: there is no line in an inbox.
    """
    asked = {"marks": marks_of(me), "since": since}
    return db.session.execute(_APPLIED_WITHOUT_NAME, asked).all() if asked["marks"] else []


def by_author(me: int, author: int, limit: int = 3) -> Sequence[AnyRow]:
    """The newest lessons of somebody that this person may read; never one without a name, also not for oneself."""
    return db.session.execute(_BY_AUTHOR, {"me": me, "marks": [], "author": author, "limit": limit}).all()


def most_applied(me: int, since: datetime, limit: int = 3) -> Sequence[AnyRow]:
    """The lessons this person may read that were applied most lately, and not before then."""
    return db.session.execute(_MOST, {"me": me, "since": since, "limit": limit}).all()


def counts(me: int) -> AnyRow:
    """How many lessons this person shared, and how many times colleagues apply them: (shared, applied)."""
    return db.session.execute(_COUNTS, {"me": me, "marks": marks_of(me)}).one()


def found(me: int, wanted: str, *, limit: int, skip: int = 0) -> Sequence[AnyRow]:
    """The lessons this person may read that have all these words (a `finding.wanted`), the newest first."""
    told = {"me": me, "wanted": wanted, "limit": limit, "skip": skip}
    return db.session.execute(_FOUND_PAGE, told).all()


def count_found(me: int, wanted: str, most: int) -> int:
    """How many that are; no further than `most`."""
    return db.session.scalar(_FOUND_NUMBER, {"me": me, "wanted": wanted, "most": most}) or 0
