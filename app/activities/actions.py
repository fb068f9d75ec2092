"""What can be done with activities and completions.

All of it takes batches and a bounded number of statements. A completion is one row per person, activity and
edition; whoever reports it adds a support, and what the row says follows from its supports alone
(`rules.verdict`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger, Boolean, DateTime, Double, Text

from app.activities import queries, rules
from app.activities.rules import (
    KINDS,
    Key,
    Log,
    LogEntry,
    Proposal,
    Report,
    Verdict,
    Weight,
    edition_of,
    fact_source,
    log_source,
)
from app.audit.actions import write
from app.config import settings
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import (
    CompletionConfirmed,
    CompletionDeclined,
    CompletionLogged,
    Event,
    FactStated,
    FactTakenBack,
    Guided,
    WishAnswered,
)
from app.outbox import publish
from app.people.queries import cards, manager_ids
from app.vision.actions import CHANGED, begin_change
from app.vision.queries import ids_of, names
from app.vision.rules import BadEntry, slug_of

__all__ = [
    "AlreadyThere",
    "answer_wishes",
    "decide",
    "edit",
    "edition_of",
    "forget_supports",
    "hand_over",
    "hand_over_from_who_left",
    "hand_over_to_stand_ins",
    "hold_activities",
    "load",
    "log_completions",
    "propose",
    "propose_guided",
    "record_completions",
    "set_state",
    "weigh",
    "wish",
    "withdraw_log",
    "withdraw_supports",
]

_IDS = ARRAY(BigInteger)
_TEXTS = ARRAY(Text)
_MOMENTS = ARRAY(DateTime(timezone=True))
_NUMBERS = ARRAY(Double)


class AlreadyThere(Refused):
    """A completion of this edition stands; a second one would count twice."""

    code = "already-there"


# The catalogue --------------------------------------------------------------------------------------------

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
    if slug is None:
        slug = slug_of(entry["title"]["en"], queries.all_slugs())
    else:
        row = queries.edited(slug)
        if version is not None and row.version != version:
            raise Conflict(CHANGED)
    _refuse_names_of_others(slug, entry.get("known_as", ()))
    load([{**entry, "slug": slug}], at=at)
    db.session.execute(_UNNAME, {"slug": slug, "iris": list(entry.get("known_as", ()))})
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
    db.session.execute(_PROPOSE, {"rows": list(rows.values()), "at": at})
    ids = queries.ids_by_slug(str(row["slug"]) for row in rows.values())
    return {source: ids[str(row["slug"])] for source, row in rows.items()}


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


# Reports of others ----------------------------------------------------------------------------------------

_ADD = text("""
    INSERT INTO completion (person_id, activity_id, edition, completed_at, recorded_at, state, origin, score,
                            hours, round, confirmer_id, decided_at)
    SELECT n.person_id, n.activity_id, n.edition, n.moment, :now, 'confirmed', n.origin, n.score, n.hours, 1,
           n.confirmer_id, CASE WHEN n.confirmer_id IS NOT NULL THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:people AS bigint[]), CAST(:activities AS bigint[]), CAST(:editions AS text[]),
                CAST(:moments AS timestamptz[]), CAST(:origins AS text[]), CAST(:scores AS float[]),
                CAST(:hours AS float[]), CAST(:confirmers AS bigint[]))
         AS n(person_id, activity_id, edition, moment, origin, score, hours, confirmer_id)
    ON CONFLICT (person_id, activity_id, edition) WHERE state IN ('waiting', 'confirmed') DO NOTHING
    RETURNING id, person_id, activity_id, edition
""")

_SUPPORT = text("""
    INSERT INTO completion_support (completion_id, source, at, score, hours)
    SELECT completion_id, source, moment, score, hours
    FROM unnest(CAST(:completions AS bigint[]), CAST(:sources AS text[]), CAST(:moments AS timestamptz[]),
                CAST(:scores AS float[]), CAST(:hours AS float[]))
         AS s(completion_id, source, moment, score, hours)
    ON CONFLICT (source) DO NOTHING
    RETURNING source
""")


def record_completions(items: Sequence[Report], *, at: datetime) -> dict[str, int]:
    """Record what platforms, files and leaders of workshops report; return the completion of each source.

    A source that is known has no effect any more, even when it was withdrawn; nobody is locked for it. A report of
    a completion that stands supports it; if it tells of an earlier moment, the fact is taken back and stated anew
    from that moment. An own log of the same edition that still waits is confirmed by it.
    """
    known = queries.completions_behind(item["source"] for item in items)
    fresh = _first_of_each(items, known)
    if not fresh:
        return known
    hold_activities()
    lock_people(item["person_id"] for item in fresh.values())
    known |= queries.completions_behind(fresh)  # what came in while we waited for the lock
    fresh = _first_of_each(items, known)
    if not fresh:
        return known
    return known | _record(*_meant(fresh), at)


def _record(fresh: Mapping[str, Report], activities: Mapping[int, Row[Any]], at: datetime) -> dict[str, int]:
    by_key = _by_key(list(fresh.values()), activities)
    weights = {key: rules.weight_of(group, activities[key[1]].hours) for key, group in by_key.items()}
    origins = {key: rules.first(group).get("origin", "platform") for key, group in by_key.items()}
    leaders = {
        key: next((by for one in group if (by := one.get("confirmed_by"))), None)
        for key, group in by_key.items()
    }
    added = _add(weights, origins, leaders, at)
    standing = queries.standing(key for key in by_key if key not in added)
    ids = added | standing
    completions = {item["source"]: ids[key] for key, group in by_key.items() for item in group}
    _support(list(fresh.values()), completions)
    publish(
        _fact(
            id,
            key,
            activities[key[1]],
            weights[key],
            confirmed_by=leaders[key],
            origin=origins[key],
            share=rules.first(by_key[key]).get("share", 1.0),
        )
        for key, id in added.items()
    )
    weigh(standing.values())
    return completions


def _first_of_each(items: Iterable[Report], known: Mapping[str, int]) -> dict[str, Report]:
    """The first report of each source that is not known."""
    fresh: dict[str, Report] = {}
    for item in items:
        if item["source"] not in known:
            fresh.setdefault(item["source"], item)
    return fresh


def _meant(fresh: dict[str, Report]) -> tuple[dict[str, Report], dict[int, Row[Any]]]:
    """The reports with their activities; what is told of one that was merged is told of what it is now."""
    found = _activities({item["activity_id"] for item in fresh.values()})
    now = {id: row.merged_into_id for id, row in found.items() if row.merged_into_id is not None}
    if not now:
        return fresh, found
    moved: dict[str, Report] = {
        source: {**item, "activity_id": now.get(item["activity_id"], item["activity_id"])}
        for source, item in fresh.items()
    }
    return moved, found | _activities(set(now.values()))


def _activities(ids: set[int]) -> dict[int, Row[Any]]:
    found = queries.by_id(ids)
    if len(found) < len(ids):
        raise NotFound(_l("There is no such activity."))
    return found


def _by_key(items: Sequence[Report], activities: Mapping[int, Row[Any]]) -> dict[Key, list[Report]]:
    tz = organisation_tz()
    found: dict[Key, list[Report]] = {}
    for item in items:
        edition = edition_of(activities[item["activity_id"]], item["completed_at"], tz)
        found.setdefault((item["person_id"], item["activity_id"], edition), []).append(item)
    return found


def _add(
    weights: Mapping[Key, Weight],
    origins: Mapping[Key, str],
    confirmers: Mapping[Key, int | None],
    at: datetime,
) -> dict[Key, int]:
    rows = db.session.execute(
        _ADD,
        {
            "people": array(key[0] for key in weights),
            "activities": array(key[1] for key in weights),
            "editions": array(key[2] for key in weights),
            "moments": array(weight.moment for weight in weights.values()),
            "origins": array(origins[key] for key in weights),
            "confirmers": array(confirmers[key] for key in weights),
            "scores": array(weight.score for weight in weights.values()),
            "hours": array(weight.hours for weight in weights.values()),
            "now": at,
        },
    )
    return {(row.person_id, row.activity_id, row.edition): row.id for row in rows}


def _support(items: Sequence[Report], completions: Mapping[str, int]) -> None:
    kept = db.session.execute(
        _SUPPORT,
        {
            "completions": array(completions[item["source"]] for item in items),
            "sources": array(item["source"] for item in items),
            "moments": array(item["completed_at"] for item in items),
            "scores": array(item.get("score") for item in items),
            "hours": array(item.get("hours") for item in items),
        },
    ).all()
    if len(kept) < len(
        items
    ):  # the same source for another person, in this very moment: nobody locked for both
        raise Conflict(_l("Somebody else is recording the same just now. Send it again."))


def _fact(
    completion_id: int,
    key: Key,
    activity: Any,
    weight: Weight,
    round_: int = 1,
    confirmed_by: int | None = None,
    origin: str = "",
    share: float = 1.0,
) -> FactStated:
    """What is counted: kind, skills and whether it is mandatory are those of the activity at this moment."""
    return FactStated(
        person_id=key[0],
        source=fact_source(completion_id, round_, origin),
        kind="completed",
        at=weight.moment,
        activity_id=key[1],
        activity_kind=activity.kind,
        mandatory=activity.mandatory,
        edition=key[2],
        skills=tuple(activity.skills),
        hours=weight.hours,
        score=weight.score,
        confirmed_by=confirmed_by,
        weight=share,
    )


# What follows when supports change ------------------------------------------------------------------------

_MOVE = text("""
    UPDATE completion
    SET state = m.state, completed_at = m.moment, score = m.score, hours = m.hours, round = m.round
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:moments AS timestamptz[]),
                CAST(:scores AS float[]), CAST(:hours AS float[]), CAST(:rounds AS bigint[]))
         AS m(id, state, moment, score, hours, round)
    WHERE completion.id = m.id
""")


def weigh(completion_ids: Iterable[int]) -> None:
    """Let these completions follow from their supports again, and tell what that changes."""
    rows = queries.weights(completion_ids)
    moves = [(row, rules.verdict(row)) for row in rows]
    moves = [(row, it) for row, it in moves if (row.state, row.completed_at, row.score, row.hours) != it.row]
    if not moves:
        return
    rounds = [row.round + it.state_anew for row, it in moves]
    db.session.execute(
        _MOVE,
        {
            "ids": array(row.id for row, _ in moves),
            "states": array(it.state for _, it in moves),
            "moments": array(it.weight.moment for _, it in moves),
            "scores": array(it.weight.score for _, it in moves),
            "hours": array(it.weight.hours for _, it in moves),
            "rounds": array(rounds),
        },
    )
    publish(
        event for (row, it), round_ in zip(moves, rounds, strict=True) for event in _news(row, it, round_)
    )


def _news(row: Row[Any], it: Verdict, round_: int) -> Iterator[Event]:
    if it.take_back:
        yield FactTakenBack(person_id=row.person_id, source=fact_source(row.id, row.round, row.origin))
    if it.state_anew:
        key = (row.person_id, row.activity_id, row.edition)
        confirmed_by = row.confirmer_id if row.decided_at else None
        yield _fact(row.id, key, row, it.weight, round_, confirmed_by, row.origin)
    if it.state == "waiting" and row.state == "confirmed" and row.confirmer_id:
        yield CompletionLogged(person_id=row.person_id, completion_id=row.id, confirmer_id=row.confirmer_id)


_WITHDRAW = text("""
    UPDATE completion_support SET withdrawn_at = :at WHERE source = ANY(:sources) AND withdrawn_at IS NULL
    RETURNING completion_id
""").bindparams(bindparam("sources", type_=_TEXTS))


def withdraw_supports(sources: Iterable[str], *, at: datetime) -> None:
    """Take away what completions rest on, such as statements that were voided.

    A completion goes with its last support, and a later report makes a new one; if others stay, its moment is
    the earliest of theirs. An own log that only these confirmed waits for its confirmer again.
    A caller that also records for others locks `queries.people_behind(sources)` along with them.
    """
    wanted = sorted(set(sources))
    lock_people(queries.people_behind(wanted))
    weigh(db.session.scalars(_WITHDRAW, {"sources": wanted, "at": at}).all())


_FORGET = text("""
    DELETE FROM completion_support WHERE source = ANY(:sources) RETURNING completion_id
""").bindparams(bindparam("sources", type_=_TEXTS))


def forget_supports(sources: Iterable[str]) -> None:
    """As if these had never been reported: the same sources can support something else later, such as the
    completion of the person who was meant."""
    wanted = sorted(set(sources))
    lock_people(queries.people_behind(wanted))
    weigh(db.session.scalars(_FORGET, {"sources": wanted}).all())


# Own logs -------------------------------------------------------------------------------------------------

_LOG = text("""
    INSERT INTO completion (person_id, activity_id, edition, completed_at, recorded_at, state, origin, hours,
                            note, link, confirmer_id)
    SELECT n.person_id, n.activity_id, n.edition, n.moment, :now, 'waiting', 'log', n.hours, n.note, n.link,
           n.confirmer_id
    FROM unnest(:people, :activities, :editions, :moments, :hours, :notes, :links, :confirmers)
         AS n(person_id, activity_id, edition, moment, hours, note, link, confirmer_id)
    ON CONFLICT (person_id, activity_id, edition) WHERE state IN ('waiting', 'confirmed') DO NOTHING
    RETURNING id, person_id, activity_id, edition
""").bindparams(
    bindparam("people", type_=_IDS),
    bindparam("activities", type_=_IDS),
    bindparam("editions", type_=_TEXTS),
    bindparam("moments", type_=_MOMENTS),
    bindparam("hours", type_=_NUMBERS),
    bindparam("notes", type_=_TEXTS),
    bindparam("links", type_=_TEXTS),
    bindparam("confirmers", type_=_IDS),
)


def log_completions(items: Sequence[Log], *, at: datetime) -> list[int]:
    """Log learning that people tell of themselves; each waits for the word of somebody else. Returns ids.

    Who confirms is who is named, or else the manager. A title that stands in the catalogue is that activity;
    any other makes a proposed activity of this person. Logging the same again is the same log; another log of
    an edition that stands is refused, and with it the whole batch.
    """
    hold_activities()
    lock_people(item["person_id"] for item in items)
    entries = _entries(items, _confirmers(items, at), _activities_of(items, at), at)
    first: dict[Key, LogEntry] = {}
    for entry in entries:
        first.setdefault(entry.key, entry)
    added = _log(first, at)
    standing = added | queries.standing(key for key in first if key not in added)
    again = [entry for entry in entries if entry.key not in added or first[entry.key] is not entry]
    _refuse_others(again, standing)
    publish(
        CompletionLogged(person_id=key[0], completion_id=added[key], confirmer_id=first[key].confirmer_id)
        for key in added
    )
    return [standing[entry.key] for entry in entries]


def _confirmers(items: Sequence[Log], at: datetime) -> list[int]:
    """Who is asked to confirm each; refuse who cannot, and days that nobody can vouch for."""
    today = at.astimezone(organisation_tz()).date()
    managers = manager_ids(item["person_id"] for item in items)
    chosen = [item.get("confirmer_id") or managers.get(item["person_id"]) for item in items]
    known = cards(person_id for person_id in chosen if person_id is not None)
    found: list[int] = []
    for item, confirmer_id in zip(items, chosen, strict=True):
        wrong = _wrong(item, today)
        if confirmer_id is None:
            wrong["confirmer_id"] = _l("Choose a colleague who can confirm this.")
        elif confirmer_id == item["person_id"]:
            wrong["confirmer_id"] = _l("You cannot confirm your own learning. Choose a colleague.")
        elif confirmer_id not in known or not known[confirmer_id].active:
            wrong["confirmer_id"] = _l("This colleague is not here any more. Choose another one.")
        if wrong:
            raise Refused(_l("Something is not filled in right. Look at the fields below."), fields=wrong)
        found.append(confirmer_id or 0)
    return found


def _wrong(item: Log, today: date) -> dict[str, object]:
    """What a form cannot know: the day, and whether there is anything to go by."""
    wrong: dict[str, object] = {}
    if item["completed_on"] > today:
        wrong["completed_on"] = _l("This day is still to come. Log it when it is done.")
    elif rules.too_old(item["completed_on"], today):
        wrong["completed_on"] = _l("This is more than two years ago; nobody can confirm that any more.")
    if not item.get("note") and not item.get("link"):
        wrong["note"] = _l("Say in a sentence what you did, or give a link to what you made.")
    if item.get("activity_id") is None:
        if not item.get("title"):
            wrong["title"] = _l("Say what you did.")
        if item.get("kind") not in KINDS:
            wrong["kind"] = _l("Choose what kind of learning it was.")
        if item.get("skill_id") is None:
            wrong["skill_id"] = _l("Choose the skill it is about.")
    return wrong


def _activities_of(items: Sequence[Log], at: datetime) -> list[int]:
    """The activity of each: the one named, the one in the catalogue with this title, or a new proposal."""
    named = {given for item in items if (given := item.get("activity_id")) is not None}
    free = [item for item in items if item.get("activity_id") is None]
    by_title = _by_title(free)
    own = {rules.slug_of_own(item): item for item in free if rules.same_words(item["title"]) not in by_title}
    ids = _propose_own(own, at)
    published = {row.id for row in queries.by_id(named).values() if row.state == "published"}
    if named - published:
        raise NotFound(_l("There is no such activity."))
    found: list[int] = []
    for item in items:
        given = item.get("activity_id")
        if given is None:
            given = by_title.get(rules.same_words(item["title"])) or ids[rules.slug_of_own(item)]
        found.append(given)
    return found


def _by_title(free: Sequence[Log]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in queries.by_title(rules.same_words(item["title"]) for item in free):
        for title in row.title.values():
            found.setdefault(rules.same_words(title), row.id)
    return found


def _propose_own(own: Mapping[str, Log], at: datetime) -> dict[str, int]:
    if not own:
        return {}
    skills = {skill for item in own.values() if (skill := item.get("skill_id")) is not None}
    if len(names(skills)) < len(skills):
        raise Refused(_l("There is no such skill."), fields={"skill_id": _l("Choose the skill it is about.")})
    rows = [
        {
            "slug": slug,
            "kind": item["kind"],
            "title": {"nl": item["title"], "en": item["title"]},
            "skills": [item["skill_id"]],
            "proposed_by": item["person_id"],
        }
        for slug, item in own.items()
    ]
    db.session.execute(_PROPOSE, {"rows": rows, "at": at})
    return queries.ids_by_slug(own)


def _entries(
    items: Sequence[Log], confirmers: Sequence[int], activity_ids: Sequence[int], at: datetime
) -> list[LogEntry]:
    tz = organisation_tz()
    activities = _activities(set(activity_ids))
    found: list[LogEntry] = []
    for item, confirmer_id, activity_id in zip(items, confirmers, activity_ids, strict=True):
        moment = rules.moment_of(item["completed_on"], at, tz)
        key = (item["person_id"], activity_id, edition_of(activities[activity_id], moment, tz))
        hours = rules.effort(activities[activity_id].hours, item.get("hours"))
        found.append(LogEntry(item, key, moment, hours, confirmer_id))
    return found


def _log(entries: Mapping[Key, LogEntry], at: datetime) -> dict[Key, int]:
    """Write the logs that are new, each with the support that it will be."""
    rows = db.session.execute(
        _LOG,
        {
            "people": [key[0] for key in entries],
            "activities": [key[1] for key in entries],
            "editions": [key[2] for key in entries],
            "moments": [entry.moment for entry in entries.values()],
            "hours": _floats(entry.hours for entry in entries.values()),
            "notes": [entry.item.get("note") or "" for entry in entries.values()],
            "links": [entry.item.get("link") or "" for entry in entries.values()],
            "confirmers": [entry.confirmer_id for entry in entries.values()],
            "now": at,
        },
    )
    added = {(row.person_id, row.activity_id, row.edition): row.id for row in rows}
    if added:
        db.session.execute(
            _SUPPORT,
            {
                "completions": list(added.values()),
                "sources": [log_source(completion_id) for completion_id in added.values()],
                "moments": [entries[key].moment for key in added],
                "scores": [None for _ in added],
                "hours": _floats(entries[key].item.get("hours") for key in added),
            },
        )
    return added


def _refuse_others(again: Sequence[LogEntry], standing: Mapping[Key, int]) -> None:
    """A second submit of the same log is fine; another log of what stands is not."""
    rows = queries.logs(standing[entry.key] for entry in again)
    tz = organisation_tz()
    for entry in again:
        row = rows[standing[entry.key]]
        if rules.same_log(entry, row, tz):
            continue
        said = _l("You have logged this already; it waits to be confirmed.")
        if row.state == "confirmed":
            said = _l("This is among your completions already, so it counts once.")
        raise AlreadyThere(said, fields={"title": said})


# The confirmer's word -------------------------------------------------------------------------------------

# Of two decisions at once the second finds nothing that waits.
_DECIDE = text("""
    UPDATE completion c
    SET state = CASE WHEN :confirm THEN 'confirmed' ELSE 'declined' END, decided_at = :at,
        decision_note = :note, round = c.round + CASE WHEN :confirm THEN 1 ELSE 0 END
    FROM activity a
    WHERE a.id = c.activity_id AND c.id = ANY(:ids) AND c.state = 'waiting' AND c.confirmer_id = :by
      AND c.person_id <> :by
    RETURNING c.id, c.person_id, c.activity_id, c.edition, c.completed_at, c.hours, c.round, c.confirmer_id,
              a.kind, a.mandatory, a.skills
""").bindparams(bindparam("ids", type_=_IDS), bindparam("confirm", type_=Boolean))


def decide(
    completion_ids: Iterable[int], *, by: int, confirm: bool, note: str = "", at: datetime
) -> list[int]:
    """Confirm what colleagues logged, or say what is missing. All of it, or none when somebody was first."""
    wanted = sorted(set(completion_ids))
    if not confirm and not note.strip():
        said = _l("Say in a sentence what is missing, so that your colleague can go on.")
        raise Refused(said, fields={"note": said})
    asked = queries.asked_of(by, wanted)
    if len(asked) < len(wanted):
        raise NotFound(_l("Nothing here waits for your word."))
    lock_people(row.person_id for row in asked)
    told = {"ids": wanted, "by": by, "confirm": confirm, "note": note.strip(), "at": at}
    rows = db.session.execute(_DECIDE, told).all()
    if len(rows) < len(wanted):
        raise Conflict(IN_THE_MEANTIME)
    if confirm:
        publish(
            _fact(
                row.id,
                (row.person_id, row.activity_id, row.edition),
                row,
                Weight(row.completed_at, None, row.hours),
                row.round,
                row.confirmer_id,
            )
            for row in rows
        )
        publish(CompletionConfirmed(person_id=row.person_id, completion_id=row.id, by=by) for row in rows)
    else:
        db.session.execute(_WITHDRAW, {"sources": [log_source(row.id) for row in rows], "at": at})
        publish(CompletionDeclined(person_id=row.person_id, completion_id=row.id) for row in rows)
    return wanted


# A log that waits for somebody who does not come ------------------------------------------------------------

IN_THE_MEANTIME = _l("This was decided in the meantime. Reload the page to see how it stands.")
_WITHDRAW_LOG = text("""
    UPDATE completion SET state = 'withdrawn' WHERE id = :id AND person_id = :by AND state = 'waiting'
    RETURNING id
""")


def withdraw_log(completion_id: int, *, by: int, at: datetime) -> None:
    """Take back one's own log while nobody has decided on it. What was decided meanwhile stays."""
    if completion_id not in queries.of_person(by, [completion_id]):
        raise NotFound(NO_LOG)
    lock_people([by])
    if db.session.scalar(_WITHDRAW_LOG, {"id": completion_id, "by": by}) is None:
        raise Conflict(IN_THE_MEANTIME)
    db.session.execute(_WITHDRAW, {"sources": [log_source(completion_id)], "at": at})


# Nobody's points change: the row itself is what two at once have to wait for.
_HAND_OVER = text("""
    UPDATE completion c SET confirmer_id = :to
    WHERE c.id = :id AND c.state = 'waiting' AND c.confirmer_id = :from AND c.person_id <> :to
    RETURNING c.id
""")
NO_LOG = _l("There is no such log that waits.")


def hand_over(completion_id: int, *, by: int, to: int, at: datetime) -> None:
    """Let somebody else confirm a log: its person, its confirmer, or the confirmer's manager may ask that."""
    row = queries.waiting(completion_id, seen_by=by)
    if row is None:
        raise NotFound(NO_LOG)
    wrong = _cannot_confirm(to, row)
    if wrong is not None:
        raise Refused(wrong, fields={"confirmer_id": wrong})
    told = {"id": completion_id, "to": to, "from": row.confirmer_id}
    if db.session.scalar(_HAND_OVER, told) is None:
        raise Conflict(IN_THE_MEANTIME)
    detail = {"completion_id": completion_id, "from": row.confirmer_id, "to": to}
    write("completion:handed-over", at=at, actor_id=by, person_id=row.person_id, detail=detail)
    publish([CompletionLogged(person_id=row.person_id, completion_id=completion_id, confirmer_id=to)])


def _cannot_confirm(to: int, row: Any) -> Any:
    """Why this person cannot be asked to confirm it."""
    if to == row.person_id:
        return _l("Nobody confirms their own learning. Choose another colleague.")
    if to == row.confirmer_id:
        return _l("It waits for this colleague already. Choose another one.")
    known = cards([to]).get(to)
    if known is None or not known.active:
        return _l("This colleague is not here any more. Choose another one.")
    return None


# Rows that somebody is deciding on, or hands over, at this very moment are left to them.
_FROM_WHO_LEFT = text("""
    WITH due AS (
        SELECT c.id, p.manager_id, c.confirmer_id
        FROM completion c
        JOIN person gone ON gone.id = c.confirmer_id AND NOT gone.active
        JOIN person p ON p.id = c.person_id AND p.active
        JOIN person m ON m.id = p.manager_id AND m.active AND m.erased_at IS NULL AND m.id <> p.id
        WHERE c.state = 'waiting'
        ORDER BY c.id LIMIT 1000 FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE completion c SET confirmer_id = due.manager_id FROM due
    WHERE c.id = due.id AND c.state = 'waiting' AND c.confirmer_id = due.confirmer_id
    RETURNING c.id, c.person_id, c.confirmer_id
""")


def hand_over_from_who_left(*, at: datetime) -> int:
    """What waits for somebody who does not work here any more goes to the present manager of who logged it.

    Where there is none, it stays, and its person is asked to choose. The worker comes round with it: a manager can
    be named long after a confirmer has left.
    """
    return _handed_over(db.session.execute(_FROM_WHO_LEFT).all(), at)


def _handed_over(rows: Sequence[Any], at: datetime) -> int:
    for row in rows:
        detail = {"completion_id": row.id, "to": row.confirmer_id}
        write("completion:handed-over", at=at, person_id=row.person_id, detail=detail)
    publish(
        CompletionLogged(person_id=row.person_id, completion_id=row.id, confirmer_id=row.confirmer_id)
        for row in rows
    )
    return len(rows)


# The same for who is away and named a stand-in, who is there and does not confirm own learning.
_TO_STAND_INS = text("""
    WITH due AS (
        SELECT c.id, s.deputy_id, c.confirmer_id
        FROM stand_in s
        JOIN completion c ON c.confirmer_id = s.person_id AND c.state = 'waiting' AND c.person_id <> s.deputy_id
        JOIN person d ON d.id = s.deputy_id AND d.active
        WHERE :today BETWEEN s.since AND s.until
          AND NOT EXISTS (SELECT 1 FROM stand_in o WHERE o.person_id = d.id AND :today BETWEEN o.since AND o.until)
        ORDER BY c.id LIMIT 1000 FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE completion c SET confirmer_id = due.deputy_id FROM due
    WHERE c.id = due.id AND c.state = 'waiting' AND c.confirmer_id = due.confirmer_id
    RETURNING c.id, c.person_id, c.confirmer_id
""")


def hand_over_to_stand_ins(*, at: datetime) -> int:
    """What waits for somebody who is away goes to who stands in for them. The worker comes round with it."""
    today = at.astimezone(organisation_tz()).date()
    return _handed_over(db.session.execute(_TO_STAND_INS, {"today": today}).all(), at)


def _floats(values: Iterable[float | None]) -> list[float | None]:
    """The driver does not write lists in which whole numbers and others are mixed."""
    return [None if value is None else float(value) for value in values]


def organisation_tz() -> ZoneInfo:
    return ZoneInfo(settings().timezone)
