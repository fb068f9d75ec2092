"""What can be asked about completions: what people did, on whose word, and what waits.

Plain rows; statements are built once; every list has an end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.activities.models import Completion, CompletionSupport
from app.activities.queries import PAGE
from app.activities.rules import Key
from app.db import array, db

_IDS = ARRAY(BigInteger)
_TEXTS = ARRAY(Text)
QUEUE = 50

# For actions: batches -------------------------------------------------------------------------------------

_BEHIND = select(CompletionSupport.source, CompletionSupport.completion_id).where(
    CompletionSupport.source == func.any(bindparam("sources", type_=_TEXTS))
)
_PEOPLE_BEHIND = (
    select(Completion.person_id)
    .join(CompletionSupport, CompletionSupport.completion_id == Completion.id)
    .where(CompletionSupport.source == func.any(bindparam("sources", type_=_TEXTS)))
)
_STANDING = text("""
    SELECT c.id, k.person_id, k.activity_id, k.edition
    FROM unnest(:people, :activities, :editions) AS k(person_id, activity_id, edition)
    CROSS JOIN LATERAL (
        SELECT id FROM completion WHERE person_id = k.person_id AND activity_id = k.activity_id
         AND edition = k.edition AND state IN ('waiting', 'confirmed') LIMIT 1) AS c
""").bindparams(
    bindparam("people", type_=_IDS), bindparam("activities", type_=_IDS), bindparam("editions", type_=_TEXTS)
)
# An own log counts among the supports once its confirmer has decided; until then it only keeps its place.
_WEIGHTS = text("""
    SELECT c.id, c.person_id, c.activity_id, c.edition, c.state, c.completed_at, c.score, c.hours, c.round,
           c.origin, c.confirmer_id, c.decided_at, a.kind, a.mandatory, a.skills, a.hours AS activity_hours,
           s.counting, s.moment, s.best, s.reported, s.own_at, s.own_hours
    FROM completion c
    JOIN activity a ON a.id = c.activity_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE counts) AS counting, min(at) FILTER (WHERE counts) AS moment,
               max(score) FILTER (WHERE counts) AS best, max(hours) FILTER (WHERE counts) AS reported,
               min(at) FILTER (WHERE NOT counts) AS own_at, max(hours) FILTER (WHERE NOT counts) AS own_hours
        FROM (SELECT at, score, hours, source <> 'log:' || c.id OR c.decided_at IS NOT NULL AS counts
              FROM completion_support
              WHERE completion_id = c.id AND withdrawn_at IS NULL) AS standing
    ) AS s
    WHERE c.id = ANY(:ids) AND c.state IN ('waiting', 'confirmed')
    ORDER BY c.id
""").bindparams(bindparam("ids", type_=_IDS))
# For `verify`: what a completion says and what its supports come to.
_ASTRAY = text("""
    SELECT c.id, c.state FROM completion c
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE counts) AS counting, min(at) FILTER (WHERE counts) AS moment,
               max(score) FILTER (WHERE counts) AS best, count(*) FILTER (WHERE NOT counts) AS own
        FROM (SELECT at, score, source <> 'log:' || c.id OR c.decided_at IS NOT NULL AS counts
              FROM completion_support
              WHERE completion_id = c.id AND withdrawn_at IS NULL) AS standing
    ) AS s
    WHERE CASE c.state
          WHEN 'confirmed' THEN s.counting = 0 OR c.completed_at <> s.moment OR c.score IS DISTINCT FROM s.best
          WHEN 'waiting' THEN s.counting > 0 OR s.own <> 1 OR c.confirmer_id IS NULL
          ELSE s.counting + s.own > 0 END
       OR c.confirmer_id = c.person_id
    ORDER BY c.id
""")
_LOGS = text("""
    SELECT c.id, c.state, c.origin, c.note, c.link, c.confirmer_id, s.at, s.hours,
           EXISTS (SELECT FROM log_file f WHERE f.completion_id = c.id) AS has_file
    FROM completion c
    LEFT JOIN completion_support s
           ON s.completion_id = c.id AND s.source = 'log:' || c.id AND s.withdrawn_at IS NULL
    WHERE c.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=_IDS))


def completions_behind(sources: Iterable[str]) -> dict[str, int]:
    """The completion that each of these sources supports or supported."""
    rows = db.session.execute(_BEHIND, {"sources": sorted(set(sources))})
    return {row.source: row.completion_id for row in rows}


def people_behind(sources: Iterable[str]) -> set[int]:
    """Whose completions rest on these sources: whom to lock before they are withdrawn."""
    return set(db.session.scalars(_PEOPLE_BEHIND, {"sources": sorted(set(sources))}))


def standing(keys: Iterable[Key]) -> dict[Key, int]:
    """The completion that stands for each person, activity and edition (uq_completion_standing)."""
    wanted = list(keys)
    if not wanted:
        return {}
    told = {
        "people": [key[0] for key in wanted],
        "activities": [key[1] for key in wanted],
        "editions": [key[2] for key in wanted],
    }
    return {
        (row.person_id, row.activity_id, row.edition): row.id for row in db.session.execute(_STANDING, told)
    }


def weights(completion_ids: Iterable[int]) -> Sequence[Row[Any]]:
    """Completions that stand, with what their supports come to; for `rules.verdict`."""
    wanted = sorted(set(completion_ids))
    return db.session.execute(_WEIGHTS, {"ids": wanted}).all() if wanted else []


def astray() -> Iterator[str]:
    """Completions that do not follow from their supports; `verify` asks, and there are none."""
    for row in db.session.execute(_ASTRAY):
        yield f"completion {row.id} is {row.state} and its supports say otherwise"


def logs(completion_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Completions with what the person themselves logged, to tell a second submit from a second log."""
    wanted = sorted(set(completion_ids))
    return {row.id: row for row in db.session.execute(_LOGS, {"ids": wanted})} if wanted else {}


# Completions of a person ----------------------------------------------------------------------------------

_TOLD = """c.id, c.person_id, c.activity_id, a.slug, a.kind, a.title, a.skills, a.state AS activity_state,
           c.edition, c.completed_at, c.recorded_at, c.state, c.origin, c.score, c.hours, c.note, c.link,
           c.confirmer_id, confirmer.name AS confirmer, confirmer.active AS confirmer_active, c.decided_at,
           c.decision_note, f.id AS file_id, f.kind AS file_kind, f.name AS file_name, f.size AS file_size"""
_FROM = """FROM completion c
    JOIN activity a ON a.id = c.activity_id
    LEFT JOIN person confirmer ON confirmer.id = c.confirmer_id
    LEFT JOIN log_file f ON f.completion_id = c.id"""

# Index: ix_completion_person_id_completed_at, read backwards.
_MINE = text(f"""
    SELECT {_TOLD} {_FROM}
    WHERE c.person_id = :person
    ORDER BY c.completed_at DESC, c.id DESC LIMIT {PAGE + 1} OFFSET :skip
""")

_THESE = text(f"SELECT {_TOLD} {_FROM} WHERE c.id = ANY(:ids) ORDER BY c.id").bindparams(
    bindparam("ids", type_=_IDS)
)

# Index: uq_completion_standing, from its first two columns.
_STATES = text("""
    SELECT DISTINCT ON (c.activity_id) c.activity_id, c.id, c.state, c.edition, c.completed_at,
           confirmer.name AS confirmer
    FROM completion c LEFT JOIN person confirmer ON confirmer.id = c.confirmer_id
    WHERE c.person_id = :person AND c.activity_id = ANY(:ids) AND c.state IN ('waiting', 'confirmed')
    ORDER BY c.activity_id, c.completed_at DESC
""").bindparams(bindparam("ids", type_=_IDS))

# Index: ix_completion_confirmer_waiting; the oldest request first.
_QUEUE = text(f"""
    SELECT {_TOLD}, learner.name AS learner, learner.handle, learner.job,
           CASE WHEN learner.active AND learner.erased_at IS NULL THEN learner.handle END AS profile
    {_FROM}
    JOIN person learner ON learner.id = c.person_id
    WHERE c.confirmer_id = :person AND c.state = 'waiting'
    ORDER BY c.recorded_at, c.id LIMIT {QUEUE}
""")
# For the layout too: how much waits for this person's word.
WAITING = "SELECT count(*) FROM completion WHERE confirmer_id = :person AND state = 'waiting'"
_QUEUE_LENGTH = text(f"{WAITING} AND id > :after")
_ASKED = text("""
    SELECT c.id, c.person_id, c.state FROM completion c WHERE c.id = ANY(:ids) AND c.confirmer_id = :by
""").bindparams(bindparam("ids", type_=_IDS))


def completions_of(person_id: int, *, page: int = 1) -> tuple[Sequence[Row[Any]], bool]:
    """One page of what a person finished or logged, in every state, the latest first; and: are there more."""
    rows = db.session.execute(_MINE, {"person": person_id, "skip": (page - 1) * PAGE}).all()
    return rows[:PAGE], len(rows) > PAGE


def completions(ids: Iterable[int]) -> Sequence[Row[Any]]:
    """These completions as they are told; who may see them is the caller's question."""
    return db.session.execute(_THESE, {"ids": sorted(set(ids))}).all()


def states_of(person_id: int, activity_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """The latest standing completion of a person, by activity."""
    wanted = sorted(set(activity_ids))
    if not wanted:
        return {}
    return {row.activity_id: row for row in db.session.execute(_STATES, {"person": person_id, "ids": wanted})}


def waiting_for(confirmer_id: int) -> Sequence[Row[Any]]:
    """What waits for this person's word, the oldest first."""
    return db.session.execute(_QUEUE, {"person": confirmer_id}).all()


def count_waiting_for(confirmer_id: int, after: int = 0) -> int:
    """How much waits for this person's word; or how much of it is newer than this completion."""
    return db.session.scalar(_QUEUE_LENGTH, {"person": confirmer_id, "after": after}) or 0


def asked_of(confirmer_id: int, completion_ids: Iterable[int]) -> Sequence[Row[Any]]:
    """Those of these completions on which this person's word is or was asked: id, person_id, state."""
    return db.session.execute(_ASKED, {"ids": sorted(set(completion_ids)), "by": confirmer_id}).all()


_LOGGED_WITH = text("""
    SELECT w.id FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[]), CAST(:confirmers AS bigint[]),
                            CAST(:kinds AS text[]), CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
        AS w(id, person_id, confirmer_id, kind, since, until)
    WHERE EXISTS (
        SELECT FROM completion c JOIN activity a ON a.id = c.activity_id
        WHERE c.person_id = w.person_id AND c.confirmer_id = w.confirmer_id AND a.kind = w.kind AND c.origin = 'log'
          AND c.state IN ('waiting', 'confirmed') AND c.completed_at BETWEEN w.since AND w.until)
""")


def logged_with(asked: Mapping[int, tuple[int, int, str, datetime, datetime]]) -> set[int]:
    """Of which of these somebody logged something: of this kind, in this time, on the word of that colleague.

    Asked by any number: (person, confirmer, kind, since, until).
    """
    if not asked:
        return set()
    names = ("people", "confirmers", "kinds", "since", "until")
    columns = zip(names, zip(*asked.values(), strict=True), strict=True)
    told = {name: array(column) for name, column in columns}
    return set(db.session.scalars(_LOGGED_WITH, {**told, "ids": array(asked)}))


# Who may let somebody else confirm: the person, the confirmer, and the confirmer's manager.
_SEEN = text(f"""
    SELECT {_TOLD}, learner.name AS learner, learner.handle
    {_FROM} JOIN person learner ON learner.id = c.person_id
    WHERE c.id = :id AND c.state = 'waiting'
      AND (:viewer IN (c.person_id, c.confirmer_id) OR confirmer.manager_id = :viewer)
""")
# Indexes: ix_person_manager_id, then ix_completion_confirmer_waiting.
_FOR_REPORTS = text(f"""
    SELECT c.id, c.recorded_at, a.title, learner.name AS learner, confirmer.name AS confirmer
    {_FROM} JOIN person learner ON learner.id = c.person_id
    WHERE confirmer.manager_id = :manager AND c.state = 'waiting' AND c.person_id <> :manager
    ORDER BY c.recorded_at, c.id LIMIT {QUEUE}
""")
_OF_PERSON = text("SELECT id FROM completion WHERE id = ANY(:ids) AND person_id = :person").bindparams(
    bindparam("ids", type_=_IDS)
)


def waiting(completion_id: int, *, seen_by: int) -> Row[Any] | None:
    """A log that waits, for those who may hand it over."""
    return db.session.execute(_SEEN, {"id": completion_id, "viewer": seen_by}).one_or_none()


def waiting_for_reports_of(manager_id: int) -> Sequence[Row[Any]]:
    """What waits for the word of people who report to this manager, the oldest first."""
    return db.session.execute(_FOR_REPORTS, {"manager": manager_id}).all()


def of_person(person_id: int, completion_ids: Iterable[int]) -> set[int]:
    """Those of these completions that are this person's."""
    return set(db.session.scalars(_OF_PERSON, {"person": person_id, "ids": sorted(set(completion_ids))}))
