"""What platforms, files and leaders of workshops report, and what completions say after it.

A completion is one row per person, activity and edition; whoever reports it adds a support, and what the row says
follows from its supports alone (`rules.verdict`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.activities import queries, records, rules
from app.activities.actions import hold_activities
from app.activities.rules import Key, Report, Verdict, Weight, edition_of, fact_source
from app.config import timezone
from app.db import array, db, lock_people
from app.errors import Conflict
from app.events import CompletionLogged, Event, FactStated, FactTakenBack
from app.outbox import publish

_TEXTS = ARRAY(Text)

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

Support = tuple[int, str, datetime, float | None, float | None]  # completion, source, moment, score, hours


def record_completions(items: Sequence[Report], *, at: datetime) -> dict[str, int]:
    """Record what platforms, files and leaders of workshops report; return the completion of each source.

    A source that is known has no effect any more, even when it was withdrawn; nobody is locked for it. A report of
    a completion that stands supports it; if it tells of an earlier moment, the fact is taken back and stated anew
    from that moment. An own log of the same edition that still waits is confirmed by it.
    """
    known = records.completions_behind(item["source"] for item in items)
    fresh = _first_of_each(items, known)
    if not fresh:
        return known
    hold_activities()
    lock_people(item["person_id"] for item in fresh.values())
    known |= records.completions_behind(fresh)  # what came in while we waited for the lock
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
    standing = records.standing(key for key in by_key if key not in added)
    ids = added | standing
    completions = {item["source"]: ids[key] for key, group in by_key.items() for item in group}
    _support(list(fresh.values()), completions)
    publish(
        fact_of(
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
    found = queries.all_of({item["activity_id"] for item in fresh.values()})
    now = {id: row.merged_into_id for id, row in found.items() if row.merged_into_id is not None}
    if not now:
        return fresh, found
    moved: dict[str, Report] = {
        source: {**item, "activity_id": now.get(item["activity_id"], item["activity_id"])}
        for source, item in fresh.items()
    }
    return moved, found | queries.all_of(set(now.values()))


def _by_key(items: Sequence[Report], activities: Mapping[int, Row[Any]]) -> dict[Key, list[Report]]:
    tz = timezone()
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
    kept = add_supports(
        [
            (
                completions[item["source"]],
                item["source"],
                item["completed_at"],
                item.get("score"),
                item.get("hours"),
            )
            for item in items
        ]
    )
    if kept < len(items):  # the same source for another person, in this very moment: nobody locked for both
        raise Conflict(_l("Somebody else is recording the same just now. Send it again."))


def add_supports(supports: Sequence[Support]) -> int:
    """Let these completions rest on these too; return how many of the supports are new."""
    completions, sources, moments, scores, hours = zip(*supports, strict=True)
    told = {
        "completions": array(completions),
        "sources": array(sources),
        "moments": array(moments),
        "scores": array(scores),
        "hours": array(hours),
    }
    return len(db.session.execute(_SUPPORT, told).all())


def fact_of(
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
    rows = records.weights(completion_ids)
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
        yield fact_of(row.id, key, row, it.weight, round_, confirmed_by, row.origin)
    if it.state == "waiting" and row.state == "confirmed" and row.confirmer_id:
        yield CompletionLogged(person_id=row.person_id, completion_id=row.id, confirmer_id=row.confirmer_id)


_WITHDRAW = text("""
    UPDATE completion_support SET withdrawn_at = :at WHERE source = ANY(:sources) AND withdrawn_at IS NULL
    RETURNING completion_id
""").bindparams(bindparam("sources", type_=_TEXTS))


def drop_supports(sources: Iterable[str], *, at: datetime) -> Sequence[int]:
    """Let these supports count no more; return whose they were. Their people are locked, and who calls weighs them."""
    return db.session.scalars(_WITHDRAW, {"sources": list(sources), "at": at}).all()


def withdraw_supports(sources: Iterable[str], *, at: datetime) -> None:
    """Take away what completions rest on, such as statements that were voided.

    A completion goes with its last support, and a later report makes a new one; if others stay, its moment is
    the earliest of theirs. An own log that only these confirmed waits for its confirmer again.
    A caller that also records for others locks `records.people_behind(sources)` along with them.
    """
    wanted = sorted(set(sources))
    lock_people(records.people_behind(wanted))
    weigh(drop_supports(wanted, at=at))


_FORGET = text("""
    DELETE FROM completion_support WHERE source = ANY(:sources) RETURNING completion_id
""").bindparams(bindparam("sources", type_=_TEXTS))


def forget_supports(sources: Iterable[str]) -> None:
    """As if these had never been reported: the same sources can support something else later, such as the
    completion of the person who was meant."""
    wanted = sorted(set(sources))
    lock_people(records.people_behind(wanted))
    weigh(db.session.scalars(_FORGET, {"sources": wanted}).all())
