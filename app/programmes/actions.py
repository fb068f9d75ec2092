"""What can be done with programmes: make and change them, follow them, and complete them by what one learned.

Who completed a programme keeps that when its parts change; who is on the way goes on with the new parts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from app.activities.queries import by_id, ids_by_slug
from app.audit.actions import write
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import Event, FactStated, FactTakenBack, ProgrammeChanged
from app.outbox import publish
from app.programmes import queries, rules
from app.programmes.queries import NOT_THERE, WHOLE
from app.programmes.rules import NewPart, Told, source_of
from app.vision import queries as vision
from app.vision.rules import BadEntry, slug_of

CHANGED = _l("Somebody else changed this in the meantime. Look at it again.")
WRONG = {
    "title_nl": _l("Give it a name in Dutch, of 120 characters or fewer."),
    "title_en": _l("Give it a name in English, of 120 characters or fewer."),
    "summary_nl": _l("Say in Dutch what it is, in 600 characters or fewer."),
    "summary_en": _l("Say in English what it is, in 600 characters or fewer."),
    "parts": _l("Give one to twelve parts, each activity once, and ask no more of a part than it names."),
}

# Keeping them ---------------------------------------------------------------------------------------------

_INSERT = text("""
    INSERT INTO programme (slug, title, summary, skill_id, badge, state, form, formed_at, created_at)
    VALUES (:slug, :title, :summary, :skill_id, :badge, 'draft', 1, :at, :at)
    ON CONFLICT (slug) DO NOTHING RETURNING id
""").bindparams(bindparam("title", type_=JSONB), bindparam("summary", type_=JSONB))
_LOCK = text("SELECT * FROM programme WHERE slug = :slug FOR NO KEY UPDATE")
_UPDATE = text("""
    UPDATE programme SET title = :title, summary = :summary, skill_id = :skill_id, badge = :badge,
           form = :form, formed_at = CASE WHEN form = :form THEN formed_at ELSE :at END, version = version + 1
    WHERE id = :id
""").bindparams(bindparam("title", type_=JSONB), bindparam("summary", type_=JSONB))
_PARTS_NOW = text("""
    SELECT need, activities FROM programme_part WHERE programme_id = :id AND form = :form ORDER BY position
""")
_PARTS = text("""
    INSERT INTO programme_part (programme_id, form, position, need, activities)
    SELECT :id, :form, p.position, p.need, CAST(p.activities AS bigint[])
    FROM unnest(CAST(:positions AS bigint[]), CAST(:needs AS bigint[]), CAST(:activities AS text[]))
         AS p(position, need, activities)
""")
_STATE = text("""
    UPDATE programme SET state = :state, published_at = coalesce(published_at, CASE :state WHEN 'published' THEN
           CAST(:at AS timestamptz) END), version = version + 1
    WHERE id = :id
""")


def make(told: Told, *, by: int | None, at: datetime, slug: str | None = None) -> str:
    """A draft; nobody sees it before it is published. Returns its slug."""
    _check(told)
    base = slug or slug_of(told.title["en"], ())
    number, made = 1, None
    while made is None:
        slug = base if number == 1 else f"{base}-{number}"
        made = db.session.scalar(_INSERT, {**_row(told), "slug": slug, "at": at})
        number += 1
    _write_parts(made, 1, told)
    write("programme:made", at=at, actor_id=by, detail={"programme": slug})
    return str(slug)


def change(slug: str, told: Told, *, version: int | None, by: int | None, at: datetime) -> None:
    """Change what it says; other parts are a new form, by which whoever is on the way goes on."""
    _check(told)
    row = _locked(slug)
    if version is not None and row.version != version:
        raise Conflict(CHANGED)
    now_parts = [(part.need, tuple(part.activities)) for part in db.session.execute(
        _PARTS_NOW, {"id": row.id, "form": row.form})]  # fmt: skip
    other = now_parts != [(part.need, part.activities) for part in told.parts]
    form = row.form + 1 if other else row.form
    if other:
        _write_parts(row.id, form, told)
    db.session.execute(_UPDATE, {**_row(told), "id": row.id, "form": form, "at": at})
    _changed(row, by)
    write("programme:changed", at=at, actor_id=by, detail={"programme": slug, "form": form})


def set_state(slug: str, state: str, *, by: int | None, at: datetime) -> None:
    """Publish it, or retire it: nobody follows it any more, and who completed it keeps that."""
    row = _locked(slug)
    if state not in ("published", "retired") or (row.state == "draft" and state == "retired"):
        raise Refused(_l("A programme is published, and later retired."))
    db.session.execute(_STATE, {"id": row.id, "state": state, "at": at})
    _changed(row, by)
    write(f"programme:{state}", at=at, actor_id=by, detail={"programme": slug})


_STATES = text(
    "SELECT slug, id, state FROM programme WHERE slug = ANY(CAST(:slugs AS text[])) ORDER BY id FOR NO KEY UPDATE"
)


def load(programmes: object, *, at: datetime) -> list[str]:
    """Bring the programmes of the catalogue to what it says; returns the slugs of those that changed.

    What the catalogue does not name stays. Who is on the way goes on with the new parts; the worker looks again.
    """
    try:
        entries = rules.catalogue(programmes)
    except BadEntry as why:
        raise Refused(str(why)) from None
    activities = ids_by_slug(
        slug for entry in entries for part in entry["parts"] for slug in part["activities"]
    )
    skills = vision.ids_of(entry["skill"] for entry in entries if entry["skill"])
    slugs = array(entry["slug"] for entry in entries)
    states = {row.slug: row.state for row in db.session.execute(_STATES, {"slugs": slugs})}
    as_is = {entry["slug"]: {"state": "published"} | entry for entry in queries.written()}
    changed = [entry for entry in entries if as_is.get(entry["slug"]) != _as_written(entry)]
    for entry in changed:
        _bring(entry, states.get(entry["slug"]), activities, skills, at)
    return [str(entry["slug"]) for entry in changed]


def _as_written(entry: Mapping[str, Any]) -> dict[str, Any]:
    parts = [{"need": part["need"], "activities": list(part["activities"])} for part in entry["parts"]]
    return {**entry, "title": dict(entry["title"]), "summary": dict(entry["summary"]), "parts": parts}


def _bring(
    entry: Mapping[str, Any],
    state: str | None,
    activities: Mapping[str, int],
    skills: Mapping[str, int],
    at: datetime,
) -> None:
    where = f"programmes, {entry['slug']}"
    for part in entry["parts"]:
        if missing := [slug for slug in part["activities"] if slug not in activities]:
            raise Refused(f"{where}: there is no activity called {missing[0]}.")
    if entry["skill"] and entry["skill"] not in skills:
        raise Refused(f"{where}: there is no skill called {entry['skill']}.")
    told = Told(
        title=entry["title"], summary=entry["summary"], skill_id=skills.get(entry["skill"]), badge=entry["badge"] or "",
        parts=[NewPart(part["need"], tuple(activities[one] for one in part["activities"])) for part in entry["parts"]],
    )  # fmt: skip
    if rules.wrong(told):
        raise Refused(f"{where}: each activity stands once, and a part asks no more than it names.")
    slug = str(entry["slug"])
    if state is None:
        make(told, by=None, at=at, slug=slug)
    else:
        change(slug, told, version=None, by=None, at=at)
    steps = {
        "published": ["published"],
        "retired": ["published", "retired"] if state in (None, "draft") else ["retired"],
    }
    for step in steps[entry["state"]] if state != entry["state"] else []:
        set_state(slug, step, by=None, at=at)
    publish([ProgrammeChanged(person_id=0, programme_id=_locked(slug).id)])


def _changed(row: Row[Any], by: int | None) -> None:
    """Some may be through by what it is now: the worker looks, under their locks."""
    if by is not None:
        publish([ProgrammeChanged(person_id=by, programme_id=row.id)])


def _check(told: Told) -> None:
    if field := rules.wrong(told):
        raise Refused(WRONG[field], fields={field: WRONG[field]})
    known = by_id(activity for part in told.parts for activity in part.activities)
    for part in told.parts:
        if any(one not in known or known[one].proposed_by for one in part.activities):
            said = _l("There is an activity among these that is not in the catalogue.")
            raise Refused(said, fields={"parts": said})


def _row(told: Told) -> dict[str, Any]:
    return {
        "title": dict(told.title), "summary": dict(told.summary), "skill_id": told.skill_id, "badge": told.badge,
    }  # fmt: skip


def _write_parts(programme_id: int, form: int, told: Told) -> None:
    columns = {
        "positions": array(range(len(told.parts))),
        "needs": array(part.need for part in told.parts),
        "activities": array(array(part.activities) for part in told.parts),
    }
    db.session.execute(_PARTS, {"id": programme_id, "form": form, **columns})


def _locked(slug: str) -> Row[Any]:
    row = db.session.execute(_LOCK, {"slug": slug}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


# Following ------------------------------------------------------------------------------------------------

# Shared with others who follow, and not with who changes the parts meanwhile.
_OPEN = text("SELECT id FROM programme WHERE slug = :slug AND state = 'published' FOR SHARE")
_FOLLOW = text("""
    INSERT INTO programme_follower (person_id, programme_id, followed_at) VALUES (:person, :programme, :at)
    ON CONFLICT (person_id, programme_id) DO UPDATE SET followed_at = excluded.followed_at, stopped_at = NULL
    WHERE programme_follower.stopped_at IS NOT NULL
""")
_STOP = text("""
    UPDATE programme_follower SET stopped_at = :at FROM programme p
    WHERE p.id = programme_id AND p.slug = :slug AND person_id = :person AND stopped_at IS NULL
      AND completed_at IS NULL
""")


def follow(slug: str, *, person_id: int, at: datetime) -> None:
    """Follow it; what was done before counts, and may be all that it takes. Twice is once."""
    lock_people([person_id])
    programme = db.session.scalar(_OPEN, {"slug": slug})
    if programme is None:
        raise NotFound(NOT_THERE)
    db.session.execute(_FOLLOW, {"person": person_id, "programme": programme, "at": at})
    complete([person_id], at)


def stop(slug: str, *, person_id: int, at: datetime) -> None:
    """Stop following it; what was done stays done."""
    queries.one(slug, person_id)
    lock_people([person_id])
    db.session.execute(_STOP, {"slug": slug, "person": person_id, "at": at})


# Completing -----------------------------------------------------------------------------------------------

_THROUGH = text(f"""
    SELECT f.programme_id, f.person_id, f.round + 1 AS round, p.form, p.skill_id, p.published_at, whole.at
    FROM programme_follower f JOIN programme p ON p.id = f.programme_id AND p.state = 'published'
    CROSS JOIN LATERAL ({WHOLE.format(form="p.form")}) AS whole
    WHERE f.person_id = ANY(CAST(:people AS bigint[])) AND f.stopped_at IS NULL AND f.completed_at IS NULL
      AND whole.at IS NOT NULL
    ORDER BY f.person_id, f.programme_id
""")
_COMPLETE = text("""
    UPDATE programme_follower f SET completed_at = k.at, completed_form = k.form, round = k.round
    FROM unnest(CAST(:people AS bigint[]), CAST(:programmes AS bigint[]), CAST(:moments AS timestamptz[]),
                CAST(:forms AS bigint[]), CAST(:rounds AS bigint[])) AS k(person_id, programme_id, at, form, round)
    WHERE f.person_id = k.person_id AND f.programme_id = k.programme_id
""")
_FALLEN = text(f"""
    UPDATE programme_follower f SET completed_at = NULL, completed_form = NULL
    FROM (SELECT f.person_id, f.programme_id FROM programme_follower f
          CROSS JOIN LATERAL ({WHOLE.format(form="f.completed_form")}) AS whole
          WHERE f.person_id = ANY(CAST(:people AS bigint[])) AND f.completed_at IS NOT NULL
            AND whole.at IS NULL) AS gone
    WHERE f.person_id = gone.person_id AND f.programme_id = gone.programme_id
    RETURNING f.person_id, f.programme_id, f.round
""")
_ON_THE_WAY = text("""
    SELECT person_id FROM programme_follower
    WHERE programme_id = :id AND stopped_at IS NULL AND completed_at IS NULL ORDER BY person_id
""")


def complete(person_ids: Iterable[int], now: datetime) -> None:
    """State who is through, once each; two statements however many people these are. They are locked.

    What was whole before the programme was there carries no points, as with badges.
    """
    rows = db.session.execute(_THROUGH, {"people": array(sorted(set(person_ids)))}).all()
    if not rows:
        return
    columns = {
        "people": array(row.person_id for row in rows),
        "programmes": array(row.programme_id for row in rows),
        "moments": array(row.at for row in rows),
        "forms": array(row.form for row in rows),
        "rounds": array(row.round for row in rows),
    }
    db.session.execute(_COMPLETE, columns)
    publish(_stated(row) for row in rows)


def _stated(row: Row[Any]) -> Event:
    return FactStated(
        person_id=row.person_id,
        source=source_of(row.programme_id, row.person_id, row.round),
        kind="programme_completed",
        at=row.at,
        skills=(row.skill_id,) if row.skill_id else (),
        weight=1.0 if row.at >= row.published_at else 0.0,
    )


def take_back(person_ids: Iterable[int], now: datetime) -> None:
    """Take back what does not hold any more under the form in which it was completed."""
    people = sorted(set(person_ids))
    gone = db.session.execute(_FALLEN, {"people": array(people)}).all()
    publish(
        FactTakenBack(person_id=row.person_id, source=source_of(row.programme_id, row.person_id, row.round))
        for row in gone
    )
    if gone:
        complete([row.person_id for row in gone], now)  # by the parts as they are now it may be whole


def look_again(programme_ids: Sequence[int], now: datetime) -> None:
    """Who is on the way may be through by the parts as they are now."""
    people: set[int] = set()
    for programme_id in sorted(set(programme_ids)):
        people |= set(db.session.scalars(_ON_THE_WAY, {"id": programme_id}))
    lock_people(people)
    complete(people, now)
