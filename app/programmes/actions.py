"""What can be done with programmes: make and change them, follow them, and complete them by what one learned.

Who completed a programme keeps that when its parts change; who is on the way goes on with the new parts.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.activities.queries import by_id, ids_by_slug
from app.audit.actions import Act, write_all
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

_SENT = """unnest(CAST(:{key} AS {of}[]), CAST(:titles AS jsonb[]), CAST(:summaries AS jsonb[]),
                CAST(:skills AS bigint[]), CAST(:badges AS text[]), CAST(:forms AS bigint[]))
         WITH ORDINALITY AS w({key}, title, summary, skill_id, badge, form, place)"""
_INSERT = text(f"""
    INSERT INTO programme (slug, title, summary, skill_id, badge, state, form, formed_at, created_at)
    SELECT w.slug, w.title, w.summary, w.skill_id, w.badge, 'draft', w.form, CAST(:at AS timestamptz),
           CAST(:at AS timestamptz)
    FROM {_SENT.format(key="slug", of="text")}
    ORDER BY w.place ON CONFLICT (slug) DO NOTHING RETURNING id, slug
""")
_TAKEN = text("""
    SELECT slug FROM programme WHERE regexp_replace(slug, '-[0-9]+$', '') = ANY(CAST(:bases AS text[]))
        OR slug = ANY(CAST(:bases AS text[]))
""")
_LOCK = text("SELECT * FROM programme WHERE slug = ANY(CAST(:slugs AS text[])) ORDER BY id FOR NO KEY UPDATE")
_UPDATE = text(f"""
    UPDATE programme p SET title = w.title, summary = w.summary, skill_id = w.skill_id, badge = w.badge,
           form = w.form, formed_at = CASE WHEN p.form = w.form THEN p.formed_at ELSE :at END, version = version + 1
    FROM {_SENT.format(key="id", of="bigint")}
    WHERE p.id = w.id AND (p.title, p.summary, p.skill_id, p.badge, p.form)
          IS DISTINCT FROM (w.title, w.summary, w.skill_id, w.badge, w.form)
""")
_PARTS_NOW = text("""
    SELECT r.programme_id, r.need, r.activities FROM programme_part r
    JOIN programme p ON p.id = r.programme_id AND p.form = r.form
    WHERE p.id = ANY(CAST(:ids AS bigint[])) ORDER BY r.programme_id, r.position
""")
_PARTS = text("""
    INSERT INTO programme_part (programme_id, form, position, need, activities)
    SELECT p.programme_id, p.form, p.position, p.need, CAST(p.activities AS bigint[])
    FROM unnest(CAST(:ids AS bigint[]), CAST(:forms AS bigint[]), CAST(:positions AS bigint[]),
                CAST(:needs AS bigint[]), CAST(:activities AS text[]))
         AS p(programme_id, form, position, need, activities)
""")
_STATE = text("""
    UPDATE programme p SET state = w.state, published_at = coalesce(published_at, :at), version = version + 1
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[])) AS w(id, state) WHERE p.id = w.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A programme that says something else; `version` is the one that was looked at."""

    slug: str
    to: Told
    version: int | None = None


def make(items: Sequence[Told], *, by: int | None, at: datetime) -> list[str]:
    """Drafts; nobody sees them before they are published. Returns the slug of each, in their order."""
    _check(items)
    bases = [slug_of(one.title["en"], ()) for one in items]
    slugs, made = [""] * len(items), dict[str, int]()
    while left := [number for number, slug in enumerate(slugs) if slug not in made]:
        taken = set(db.session.scalars(_TAKEN, {"bases": array(sorted(set(bases)))}))
        for number in left:  # again only where somebody else took one at this very moment
            slugs[number] = slug_of(items[number].title["en"], taken)
            taken.add(slugs[number])
        made |= _insert({slugs[number]: items[number] for number in left}, at)
    write_all((Act("programme:made", detail={"programme": slug}) for slug in slugs), at=at, actor_id=by)
    return slugs


def change(items: Sequence[Change], *, by: int | None, at: datetime) -> None:
    """Change what they say; other parts are a new form, by which whoever is on the way goes on.

    All of the batch or nothing. What says the same is no change.
    """
    _check([item.to for item in items])
    rows = _locked(item.slug for item in items)
    if any(item.version is not None and rows[item.slug].version != item.version for item in items):
        raise Conflict(CHANGED)
    last = {item.slug: item.to for item in items}
    forms = _update([(rows[slug], told) for slug, told in last.items()], at)
    other = [row for slug, row in _locked(last).items() if row.version != rows[slug].version]
    _changed(other, by)
    acts = [Act("programme:changed", detail={"programme": row.slug, "form": forms[row.id]}) for row in other]
    write_all(acts, at=at, actor_id=by)


def set_state(states: Mapping[str, str], *, by: int | None, at: datetime) -> None:
    """Publish them, or retire them: nobody follows them any more, and who completed one keeps that.

    All of the batch or nothing. What is so already is no change.
    """
    rows = _locked(states)
    for slug, state in states.items():
        if state not in ("published", "retired") or (rows[slug].state == "draft" and state == "retired"):
            raise Refused(_l("A programme is published, and later retired."))
    states = {slug: state for slug, state in states.items() if rows[slug].state != state}
    ids = array(rows[slug].id for slug in states)
    db.session.execute(_STATE, {"ids": ids, "states": array(states.values()), "at": at})
    _changed((rows[slug] for slug in states), by)
    acts = [Act(f"programme:{state}", detail={"programme": slug}) for slug, state in states.items()]
    write_all(acts, at=at, actor_id=by)


def load(programmes: object, *, at: datetime) -> list[str]:
    """Bring the programmes of the catalogue to what it says; returns the slugs of those that changed.

    What the catalogue does not name stays. Who is on the way goes on with the new parts; the worker looks again.
    """
    try:
        entries = rules.catalogue(programmes)
    except BadEntry as why:
        raise Refused(str(why)) from None
    slugs = array(entry["slug"] for entry in entries)
    there = {row.slug: row for row in db.session.execute(_LOCK, {"slugs": slugs})}
    as_is = {entry["slug"]: {"state": "published"} | entry for entry in queries.written()}
    changed = {entry["slug"]: entry for entry in entries if as_is.get(entry["slug"]) != _as_written(entry)}
    if not changed:
        return []
    told = _meant(changed.values())
    _check(told.values())
    ids = {row.slug: row.id for row in there.values() if row.slug in changed}
    ids |= _insert({slug: one for slug, one in told.items() if slug not in there}, at)
    forms = _update([(there[slug], one) for slug, one in told.items() if slug in there], at)
    states = {slug: entry["state"] for slug, entry in changed.items()}
    columns = {"ids": array(ids[slug] for slug in states), "states": array(states.values())}
    db.session.execute(_STATE, {**columns, "at": at})
    write_all(_acts(changed, there, forms), at=at)
    publish(ProgrammeChanged(person_id=0, programme_id=ids[slug]) for slug in changed)
    return list(changed)


def _acts(
    changed: Mapping[str, Mapping[str, Any]], there: Mapping[str, Row[Any]], forms: Mapping[int, int]
) -> list[Act]:
    """What was done to each: made or changed, and published, retired, or both in this order."""
    found = []
    for slug, entry in changed.items():
        row, detail = there.get(slug), {"programme": slug}
        made = Act("programme:made", detail=detail)
        found.append(
            made if row is None else Act("programme:changed", detail={**detail, "form": forms[row.id]})
        )
        was = row.state if row is not None else "draft"
        steps = (
            ("published", "retired") if was == "draft" and entry["state"] == "retired" else (entry["state"],)
        )
        found += [Act(f"programme:{step}", detail=detail) for step in steps if was != entry["state"]]
    return found


def _insert(told: Mapping[str, Told], at: datetime) -> dict[str, int]:
    """New ones, with their parts; returns their ids. A slug that is taken makes none."""
    if not told:
        return {}
    columns = {"slug": array(told), "forms": array(1 for _ in told), **_columns(told.values())}
    made = {row.slug: int(row.id) for row in db.session.execute(_INSERT, {**columns, "at": at})}
    _write_parts([(id, 1, told[slug]) for slug, id in made.items()])
    return made


def _update(told: Sequence[tuple[Row[Any], Told]], at: datetime) -> dict[int, int]:
    """These say something else from now on; returns the form of each, a new one where the parts are other ones."""
    if not told:
        return {}
    now_parts: dict[int, list[tuple[int, tuple[int, ...]]]] = {row.id: [] for row, _ in told}
    for part in db.session.execute(_PARTS_NOW, {"ids": array(now_parts)}):
        now_parts[part.programme_id].append((part.need, tuple(part.activities)))
    other = {
        row.id: now_parts[row.id] != [(part.need, part.activities) for part in one.parts] for row, one in told
    }
    forms = {row.id: row.form + other[row.id] for row, _ in told}
    _write_parts([(row.id, forms[row.id], one) for row, one in told if other[row.id]])
    columns = {"id": array(forms), "forms": array(forms.values()), **_columns(one for _, one in told)}
    db.session.execute(_UPDATE, {**columns, "at": at})
    return forms


def _as_written(entry: Mapping[str, Any]) -> dict[str, Any]:
    parts = [{"need": part["need"], "activities": list(part["activities"])} for part in entry["parts"]]
    return {**entry, "title": dict(entry["title"]), "summary": dict(entry["summary"]), "parts": parts}


def _meant(entries: Iterable[Mapping[str, Any]]) -> dict[str, Told]:
    """Entries of the catalogue as programmes, by slug; refused with the place of what is not there."""
    entries = list(entries)
    activities = ids_by_slug(
        slug for entry in entries for part in entry["parts"] for slug in part["activities"]
    )
    skills = vision.ids_of(entry["skill"] for entry in entries if entry["skill"])
    found = {}
    for entry in entries:
        where = f"programmes, {entry['slug']}"
        for part in entry["parts"]:
            if missing := [slug for slug in part["activities"] if slug not in activities]:
                raise Refused(f"{where}: there is no activity called {missing[0]}.")
        if entry["skill"] and entry["skill"] not in skills:
            raise Refused(f"{where}: there is no skill called {entry['skill']}.")
        parts = [
            NewPart(part["need"], tuple(activities[one] for one in part["activities"]))
            for part in entry["parts"]
        ]
        told = Told(
            title=entry["title"], summary=entry["summary"], skill_id=skills.get(entry["skill"]),
            badge=entry["badge"] or "", parts=parts,
        )  # fmt: skip
        if rules.wrong(told):
            raise Refused(f"{where}: each activity stands once, and a part asks no more than it names.")
        found[str(entry["slug"])] = told
    return found


def _changed(rows: Iterable[Row[Any]], by: int | None) -> None:
    """Some may be through by what they are now: the worker looks, under their locks."""
    if by is not None:
        publish(ProgrammeChanged(person_id=by, programme_id=row.id) for row in rows)


def _check(told: Iterable[Told]) -> None:
    told = list(told)
    for one in told:
        if field := rules.wrong(one):
            raise Refused(WRONG[field], fields={field: WRONG[field]})
    wanted = {activity for one in told for part in one.parts for activity in part.activities}
    known = by_id(wanted)
    if any(one not in known or known[one].proposed_by for one in wanted):
        said = _l("There is an activity among these that is not in the catalogue.")
        raise Refused(said, fields={"parts": said})


def _columns(told: Iterable[Told]) -> dict[str, Any]:
    told = list(told)
    return {
        "titles": array(json.dumps(dict(one.title)) for one in told),
        "summaries": array(json.dumps(dict(one.summary)) for one in told),
        "skills": array(one.skill_id for one in told),
        "badges": array(one.badge for one in told),
    }


def _write_parts(told: Iterable[tuple[int, int, Told]]) -> None:
    """The parts of these (programme, form)."""
    rows = [
        (id, form, position, part.need, array(part.activities))
        for id, form, one in told
        for position, part in enumerate(one.parts)
    ]
    if rows:
        names = ("ids", "forms", "positions", "needs", "activities")
        db.session.execute(
            _PARTS, {name: array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
        )


def _locked(slugs: Iterable[str]) -> dict[str, Row[Any]]:
    """These, held in the order of their ids."""
    wanted = sorted(set(slugs))
    rows = {row.slug: row for row in db.session.execute(_LOCK, {"slugs": array(wanted)})}
    if len(rows) < len(wanted):
        raise NotFound(NOT_THERE)
    return rows


# Following ------------------------------------------------------------------------------------------------

# Shared with others who follow, and not with who changes the parts meanwhile.
_OPEN = text("""
    SELECT slug, id FROM programme WHERE slug = ANY(CAST(:slugs AS text[])) AND state = 'published'
    ORDER BY id FOR SHARE
""")
_FOLLOW = text("""
    INSERT INTO programme_follower (person_id, programme_id, followed_at)
    SELECT w.person_id, w.programme_id, CAST(:at AS timestamptz)
    FROM unnest(CAST(:people AS bigint[]), CAST(:programmes AS bigint[])) AS w(person_id, programme_id)
    ON CONFLICT (person_id, programme_id) DO UPDATE SET followed_at = excluded.followed_at, stopped_at = NULL
    WHERE programme_follower.stopped_at IS NOT NULL
""")
_STOP = text("""
    UPDATE programme_follower f SET stopped_at = :at
    FROM unnest(CAST(:people AS bigint[]), CAST(:slugs AS text[])) AS w(person_id, slug)
    JOIN programme p ON p.slug = w.slug
    WHERE f.programme_id = p.id AND f.person_id = w.person_id AND f.stopped_at IS NULL AND f.completed_at IS NULL
""")


def follow(pairs: Sequence[tuple[str, int]], *, at: datetime) -> None:
    """Follow them: (programme, person); what was done before counts, and may be all that it takes. Twice is once.

    All of the batch or nothing.
    """
    wanted = sorted(set(pairs))
    people = sorted({person for _, person in wanted})
    lock_people(people)
    there: dict[str, int] = {
        row.slug: row.id
        for row in db.session.execute(_OPEN, {"slugs": array(sorted({slug for slug, _ in wanted}))})
    }
    if any(slug not in there for slug, _ in wanted):
        raise NotFound(NOT_THERE)
    told = {
        "people": array(person for _, person in wanted),
        "programmes": array(there[slug] for slug, _ in wanted),
    }
    db.session.execute(_FOLLOW, {**told, "at": at})
    complete(people, at)


def stop(pairs: Sequence[tuple[str, int]], *, at: datetime) -> None:
    """Stop following them: (programme, person); what was done stays done. All of the batch or nothing."""
    wanted = sorted(set(pairs))
    queries.must_see(wanted)
    lock_people(person for _, person in wanted)
    told = {"people": array(person for _, person in wanted), "slugs": array(slug for slug, _ in wanted)}
    db.session.execute(_STOP, {**told, "at": at})


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
    WHERE programme_id = ANY(CAST(:ids AS bigint[])) AND stopped_at IS NULL AND completed_at IS NULL
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
    people = set(db.session.scalars(_ON_THE_WAY, {"ids": array(sorted(set(programme_ids)))}))
    lock_people(people)
    complete(people, now)
