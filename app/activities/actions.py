"""What can be done with the catalogue: written, changed, proposed to, and asked for what it lacks.

All of it takes batches and a bounded number of statements. How completions come about is in `recording`, `logs` and
`confirming`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from app.activities import queries, rules
from app.activities.rules import Proposal
from app.audit.actions import write
from app.db import db
from app.errors import Conflict, Refused
from app.events import Guided, WishAnswered
from app.outbox import publish
from app.vision.actions import CHANGED, begin_change
from app.vision.queries import ids_of
from app.vision.rules import BadEntry, slug_of

_TEXTS = ARRAY(Text)

_LOAD = text("""
    INSERT INTO activity (slug, kind, title, summary, hours, language, place, url, mandatory, repeats, skills,
                          state, created_at)
    SELECT slug, kind, title, summary, hours, language, place, url, mandatory, repeats,
           ARRAY(SELECT jsonb_array_elements_text(skills)::bigint),
           state, :at
    FROM jsonb_to_recordset(:rows)
         AS a(slug text, kind text, title jsonb, summary jsonb, hours float, language text, place text,
              url text, mandatory boolean, repeats text, skills jsonb, state text)
    ON CONFLICT (slug) DO UPDATE
    SET kind = excluded.kind, title = excluded.title, summary = excluded.summary, hours = excluded.hours,
        language = excluded.language, place = excluded.place, url = excluded.url,
        mandatory = excluded.mandatory, repeats = excluded.repeats, skills = excluded.skills,
        state = excluded.state, version = activity.version + 1
    WHERE (activity.kind, activity.title, activity.summary, activity.hours, activity.language, activity.place,
           activity.url, activity.mandatory, activity.repeats, activity.skills, activity.state)
          IS DISTINCT FROM
          (excluded.kind, excluded.title, excluded.summary, excluded.hours, excluded.language, excluded.place,
           excluded.url, excluded.mandatory, excluded.repeats, excluded.skills, excluded.state)
      AND activity.state <> 'merged'
""").bindparams(bindparam("rows", type_=JSONB))

_NAME = text("""
    INSERT INTO activity_name (iri, activity_id)
    SELECT n.iri, coalesce(a.merged_into_id, a.id)
    FROM unnest(:iris, :slugs) AS n(iri, slug) JOIN activity a ON a.slug = n.slug
    ORDER BY n.iri
    ON CONFLICT (iri) DO UPDATE SET activity_id = excluded.activity_id
    WHERE activity_name.activity_id <> excluded.activity_id
""").bindparams(bindparam("iris", type_=_TEXTS), bindparam("slugs", type_=_TEXTS))


def load(activities: object, *, at: datetime) -> dict[str, int]:
    """Bring the activities of the catalogue to what it says; return the id of each by its slug.

    What the catalogue does not name stays. An IRI that a source used for a proposed activity is from now on a
    name of the activity that claims it.
    """
    try:
        entries = rules.catalogue(activities)
    except BadEntry as why:
        raise Refused(str(why)) from None
    skills = ids_of(slug for entry in entries for slug in entry["skills"])
    for entry in entries:
        if missing := [slug for slug in entry["skills"] if slug not in skills]:
            raise Refused(f"activities, {entry['slug']}: there is no skill called {missing[0]}.")
    rows = [{**entry, "skills": [skills[slug] for slug in entry["skills"]]} for entry in entries]
    db.session.execute(_LOAD, {"rows": sorted(rows, key=lambda row: str(row["slug"])), "at": at})
    known_as = [(iri, entry["slug"]) for entry in entries for iri in entry["known_as"]]
    if known_as:
        iris, slugs = zip(*known_as, strict=True)
        db.session.execute(_NAME, {"iris": list(iris), "slugs": list(slugs)})
    return queries.ids_by_slug(entry["slug"] for entry in entries)


_UNNAME = text("""
    DELETE FROM activity_name n USING activity a
    WHERE a.id = n.activity_id AND a.slug = :slug AND n.iri <> ALL(:iris)
""").bindparams(bindparam("iris", type_=_TEXTS))


def edit(
    slug: str | None, entry: Mapping[str, Any], *, version: int | None, by: int | None, at: datetime
) -> str:
    """Make an activity (`slug` None), change, publish or retire it; return its slug.

    `entry` has what the catalogue file says of an activity but its slug. Facts that stand keep the hours, kind,
    skills and duty of their moment: a change counts forward only.
    """
    begin_change(at)
    before = None
    if slug is None:
        slug = slug_of(entry["title"]["en"], queries.all_slugs())
    else:
        row = queries.edited(slug)
        before = row.version, queries.ids_known([row.id])
        if version is not None and row.version != version:
            raise Conflict(CHANGED)
    _refuse_names_of_others(slug, entry.get("known_as", ()))
    load([{**entry, "slug": slug}], at=at)
    db.session.execute(_UNNAME, {"slug": slug, "iris": list(entry.get("known_as", ()))})
    row = queries.edited(slug)
    if (row.version, queries.ids_known([row.id])) != before:
        write("activity:edited", at=at, actor_id=by, detail={"slug": slug, "state": entry["state"]})
    return slug


def set_state(slug: str, state: str, *, version: int | None, by: int | None, at: datetime) -> None:
    """Publish or retire an activity as it stands."""
    entry = queries.written([queries.edited(slug)])[0]
    del entry["slug"]
    edit(slug, {**entry, "state": state}, version=version, by=by, at=at)


def _refuse_names_of_others(slug: str, iris: Sequence[str]) -> None:
    """An id that a proposal was made of may move here; one of another activity of the catalogue may not."""
    for iri, owner in queries.owners_of(iris).items():
        if owner.slug != slug and owner.state != "proposed":
            said = _l("%(id)s is known as another activity already: %(slug)s.", id=iri[:200], slug=owner.slug)
            raise Refused(said, fields={"known_as": said})


_PROPOSE = text("""
    INSERT INTO activity (slug, kind, title, summary, skills, state, proposed_by, created_at)
    SELECT slug, kind, title, '{}', ARRAY(SELECT jsonb_array_elements_text(skills)::bigint), 'proposed',
           proposed_by, :at
    FROM jsonb_to_recordset(:rows) AS p(slug text, kind text, title jsonb, skills jsonb, proposed_by bigint)
    ORDER BY slug
    ON CONFLICT (slug) DO NOTHING
""").bindparams(bindparam("rows", type_=JSONB))

_NAME_PROPOSED = text("""
    INSERT INTO activity_name (iri, activity_id)
    SELECT n.iri, a.id FROM unnest(:iris, :slugs) AS n(iri, slug) JOIN activity a ON a.slug = n.slug
    ORDER BY n.iri
    ON CONFLICT (iri) DO NOTHING
""").bindparams(bindparam("iris", type_=_TEXTS), bindparam("slugs", type_=_TEXTS))


def propose(proposals: Sequence[Proposal], *, at: datetime) -> dict[str, int]:
    """Make the activities that a source names and nobody knows yet; return the activity of each IRI.

    A known IRI keeps its activity, until this transaction ends. Two sources that come with the same new IRI at once
    make one activity. A caller that has locked people holds activities before (`hold_activities`).
    """
    hold_activities()
    known = queries.known_as(proposal["iri"] for proposal in proposals)
    new = {proposal["iri"]: proposal for proposal in proposals if proposal["iri"] not in known}
    if not new:
        return known
    rows = [
        {
            "slug": rules.slug_of_iri(iri),
            "kind": proposal["kind"],
            "title": dict(proposal["title"]),
            "skills": list(proposal.get("skills", ())),
        }
        for iri, proposal in new.items()
    ]
    db.session.execute(_PROPOSE, {"rows": rows, "at": at})
    db.session.execute(_NAME_PROPOSED, {"iris": list(new), "slugs": [row["slug"] for row in rows]})
    return known | queries.known_as(new)


def propose_guided(guided: Sequence[Guided], *, at: datetime) -> dict[str, int]:
    """An activity for each of these, seen by who learned and who guided; return it by source."""
    rows = {
        event.source: {
            "slug": rules.slug_of_guided(event.source),
            "kind": event.activity_kind,
            "title": event.title,
            "skills": list(event.skills),
            "proposed_by": event.person_id,
        }
        for event in guided
    }
    ids = propose_rows(list(rows.values()), at=at)
    return {source: ids[str(row["slug"])] for source, row in rows.items()}


def propose_rows(rows: Sequence[Mapping[str, Any]], *, at: datetime) -> dict[str, int]:
    """An activity for each of these, unless it is there; return ids by slug."""
    db.session.execute(_PROPOSE, {"rows": rows, "at": at})
    return queries.ids_by_slug(row["slug"] for row in rows)


_AS_THEY_ARE = text("SELECT pg_advisory_xact_lock_shared(7303016)")


def hold_activities() -> None:
    """Until this transaction ends no activity becomes another one. Taken before people are locked."""
    db.session.execute(_AS_THEY_ARE)


# Asking for what is missing -------------------------------------------------------------------------------

_WISH = text("""
    INSERT INTO wish (person_id, words, same, asked_at, state)
    VALUES (:person, :words, :same, :at, 'open')
    ON CONFLICT (person_id, same) WHERE state = 'open' DO NOTHING
""")
_ANSWER = text("""
    UPDATE wish SET state = :state, answer = :answer, activity_id = :activity, answered_at = :at
    WHERE same = :same AND state = 'open' RETURNING id, person_id
""")
WISHES = 20  # that one person may have open at once


def wish(words: str, *, by: int, at: datetime) -> None:
    """Ask for what the catalogue does not have; asking twice is asking once."""
    if queries.count_open_wishes(by) >= WISHES:
        raise Refused(_l("You have asked for a lot already. Wait for an answer to some of it first."))
    told = {"person": by, "words": words, "same": rules.same_words(words), "at": at}
    db.session.execute(_WISH, told)


def answer_wishes(same: str, *, slug: str | None, answer: str, by: int, at: datetime) -> int:
    """Answer all who asked for the same: it is there now (`slug`), or not now, with a word on why."""
    activity_id = None
    if slug:
        row = queries.edited(slug)
        if row.state != "published":
            raise Refused(_l("Publish the activity first."), fields={"activity": _l("Publish it first.")})
        activity_id = row.id
    elif not answer.strip():
        said = _l("Say in a sentence why it is not there for now.")
        raise Refused(said, fields={"answer": said})
    told = {"same": same, "state": "made" if slug else "declined", "answer": answer, "activity": activity_id}
    answered = db.session.execute(_ANSWER, {**told, "at": at}).all()
    if not answered:
        raise Conflict(_l("This was answered in the meantime."))
    publish(WishAnswered(person_id=one.person_id, wish_id=one.id) for one in answered)
    write("wish:answered", at=at, actor_id=by, detail={"wishes": len(answered), "state": told["state"]})
    return len(answered)
