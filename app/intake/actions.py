"""What can be done at the desk: join a name with a person, leave it alone, merge activities; and undo each.

All of it in one transaction, in the order of the house's locks: newcomers, activities, people, rows.
"""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app.activities import actions as activities
from app.activities import merging, recording, records
from app.audit.actions import write
from app.db import db, lock_people
from app.errors import NotFound, Refused
from app.intake import queries, rules
from app.intake.models import IdentityJoin, IgnoredName
from app.people import actions as people
from app.people import naming

NOT_WAITING = _l("Nothing waits under this name any more.")
RULED = _l("A badge or a rule for points names this activity. Let it stay, and merge the other one into it.")
NO_JOIN = _l("This was undone before.")

_END_JOIN = text("UPDATE identity_join SET undone_at = :at, undone_by_id = :by WHERE id = :id")
_SHOW = text("DELETE FROM ignored_name WHERE name = :name RETURNING name")


def join(name: str, *, person_id: int, by: int, at: datetime) -> None:
    """This name is that person: what waited counts now, and what comes later too. The caller settles."""
    kind, value = rules.split(name)
    if kind not in rules.KINDS or not value:
        raise NotFound(NOT_WAITING)
    naming.hold_alone()
    if not queries.is_waiting(name):
        if naming.owner_of(kind, value) == person_id:  # the same form, sent twice
            return
        raise NotFound(NOT_WAITING)
    if not naming.give_name(kind, value, person_id):
        return
    row = {"kind": kind, "value": value, "person_id": person_id, "at": at, "by_id": by}
    join_id = db.session.scalar(insert(IdentityJoin).values(row).returning(IdentityJoin.id))
    db.session.execute(_SHOW, {"name": name})
    write("name:joined", at=at, actor_id=by, person_id=person_id, detail={"join_id": join_id, "kind": kind})


def undo_join(join_id: int, *, by: int, at: datetime) -> None:
    """As if nobody had joined it: what came under the name waits again, and what it earned is taken back."""
    naming.hold_alone()
    row = queries.join_to_undo(join_id)
    if row is None:
        raise NotFound(NO_JOIN)
    _release(row.kind, row.value, row.person_id)
    naming.take_name(row.kind, row.value, row.person_id)
    db.session.execute(_END_JOIN, {"id": join_id, "at": at, "by": by})
    write("name:join-undone", at=at, actor_id=by, person_id=row.person_id, detail={"join_id": join_id})


def _release(kind: str, value: str, person_id: int) -> None:
    """What came under this name is about nobody we know, again, and supports nothing."""
    activities.hold_activities()
    lock_people({person_id} | records.people_behind(_sources(kind, value, person_id)))
    sources = _sources(kind, value, person_id)  # again: what was under way about them is stored now
    for shelf in queries.SHELVES:
        shelf.let_go(kind, value, person_id)
    recording.forget_supports(sources)


def _sources(kind: str, value: str, person_id: int) -> list[str]:
    return [one for shelf in queries.SHELVES for one in shelf.sources_of(kind, value, person_id)]


def ignore(name: str, *, by: int, at: datetime) -> None:
    """Do not show this name any more; all that came under it is kept, and counts if they become known after all."""
    if not queries.is_waiting(name):
        raise NotFound(NOT_WAITING)
    done = db.session.scalar(
        upsert(IgnoredName)
        .values(name=name, at=at, by_id=by)
        .on_conflict_do_nothing()
        .returning(IgnoredName.at)
    )
    if done is not None:
        write("name:ignored", at=at, actor_id=by, detail={"kind": rules.split(name)[0]})


def show_again(name: str, *, by: int, at: datetime) -> None:
    """Show a name that was ignored; one that was not stays as it is, and nothing is noted."""
    if db.session.scalar(_SHOW, {"name": name}) is not None:
        write("name:shown-again", at=at, actor_id=by, detail={"kind": rules.split(name)[0]})


def merge(*, from_id: int, into_id: int, by: int, at: datetime) -> int:
    """The same course: from now on it is one activity, and so is its past. Returns the number of the merge."""
    people.hold_newcomers()
    if queries.is_ruled(from_id):
        raise Refused(RULED, fields={"into_id": RULED})
    merge_id = merging.merge(from_id=from_id, into_id=into_id, by=by, at=at)
    detail = {"merge_id": merge_id, "from_id": from_id, "into_id": into_id}
    write("activity:merged", at=at, actor_id=by, detail=detail)
    return merge_id


def undo_merge(merge_id: int, *, by: int, at: datetime) -> None:
    """Two activities again; what came under the ids that went along goes back with them."""
    people.hold_newcomers()
    merging.hold_alone()
    iris, came = merging.moved_names(merge_id), merging.came_since(merge_id)
    since = [one for shelf in queries.SHELVES for one in shelf.sources_about(iris, came)]
    from_id, into_id = merging.undo(merge_id, since=since, by=by, at=at)
    detail = {"merge_id": merge_id, "from_id": from_id, "into_id": into_id}
    write("activity:merge-undone", at=at, actor_id=by, detail=detail)


def accept(
    activity_id: int,
    *,
    title_nl: str,
    title_en: str,
    kind: str,
    hours: float | None,
    skills: Sequence[int],
    by: int,
    at: datetime,
) -> None:
    """Take what a source proposed into the catalogue."""
    titles = {"nl": title_nl.strip() or title_en.strip(), "en": title_en.strip() or title_nl.strip()}
    if not titles["nl"]:
        said = _l("Give it a title, in one language at least.")
        raise Refused(said, fields={"title_en": said})
    merging.accept(activity_id, title=titles, kind=kind, hours=hours, skills=skills)
    write("activity:accepted", at=at, actor_id=by, detail={"activity_id": activity_id})
