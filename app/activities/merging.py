"""The same course known by several ids becomes one activity, past and future; and apart again.

Supports move, and what completions and facts say follows from them as ever: facts of the one that goes are taken
back, and stated anew as the one that stays. What a merge changed is written down beside it, so that undoing it puts
everything back, also what came under the moved ids since. A fixed number of statements, whatever the number of
completions. While it runs nobody records completions (`actions.hold_activities`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger, Text

from app.activities import recording
from app.activities.rules import KINDS, fact_source
from app.config import settings
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import FactTakenBack
from app.outbox import publish
from app.vision.queries import names

NOT_THERE = _l("There is no such activity.")
NO_MERGE = _l("There is no such merge, or it was undone.")

_ALONE = text("SELECT pg_advisory_xact_lock(7303016)")


def hold_alone() -> None:
    """Nobody records completions, and nobody else merges, until this transaction ends."""
    db.session.execute(_ALONE)


@contextmanager
def _many_rows() -> Iterator[None]:
    """What a merge writes down it joins at once, before PostgreSQL has counted it: taken for one row, ten thousand
    would be looked through for each of ten thousand."""
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    db.session.execute(text("SET LOCAL enable_nestloop = on"))


def _edition(moment: str, repeats: str) -> str:
    """SQL for `rules.edition_of`."""
    local = f"{moment} AT TIME ZONE :zone"
    return (
        f"CASE {repeats} WHEN 'year' THEN to_char({local}, 'YYYY') WHEN 'month' THEN to_char({local}, 'YYYY-MM')"
        f" WHEN 'quarter' THEN to_char({local}, 'YYYY\"-Q\"Q') ELSE '' END"
    )


# Together ---------------------------------------------------------------------------------------------------

_BOTH = text("""
    SELECT id, state, proposed_by, title, repeats, merged_into_id FROM activity
    WHERE id IN (:one, :other) ORDER BY id FOR NO KEY UPDATE
""")
_PEOPLE = text("""
    SELECT DISTINCT person_id FROM completion WHERE activity_id = :from_id AND state IN ('waiting', 'confirmed')
""")
_BEGIN = text("""
    INSERT INTO activity_merge (from_id, into_id, from_state, at, by_id)
    SELECT id, :into_id, state, :at, :by FROM activity WHERE id = :from_id RETURNING id
""")
_NAMES = text("""
    WITH moved AS (UPDATE activity_name SET activity_id = :into_id WHERE activity_id = :from_id RETURNING iri)
    INSERT INTO merged_name (merge_id, iri) SELECT :merge, iri FROM moved
""")
_STATE = text("""
    UPDATE activity SET merged_into_id = :into_id, state = 'merged' WHERE id = :from_id OR merged_into_id = :from_id
""")

# A completion moves where nothing stands in its edition there; of two that come to one edition the first does.
_NOTE = text(f"""
    INSERT INTO merged_completion (merge_id, completion_id, edition, state, fate)
    SELECT :merge, id, edition, state, CASE WHEN turn = 1 AND NOT taken THEN 'moved' ELSE 'absorbed' END
    FROM (
        SELECT c.id, c.edition, c.state, row_number() OVER (PARTITION BY c.person_id, h.edition ORDER BY c.id) AS turn,
               EXISTS (SELECT FROM completion o
                       WHERE o.person_id = c.person_id AND o.activity_id = :into_id AND o.edition = h.edition
                         AND o.state IN ('waiting', 'confirmed')) AS taken
        FROM completion c
        CROSS JOIN LATERAL (SELECT {_edition("c.completed_at", "CAST(:into_repeats AS text)")} AS edition) AS h
        WHERE c.activity_id = :from_id AND c.state IN ('waiting', 'confirmed')
    ) AS found
""")
_NOTE_SUPPORTS = text("""
    INSERT INTO merged_support (merge_id, support_id, completion_id, withdrawn)
    SELECT :merge, s.id, s.completion_id,
           m.fate = 'absorbed' AND s.source = 'log:' || c.id AND c.decided_at IS NULL
    FROM merged_completion m
    JOIN completion c ON c.id = m.completion_id
    JOIN completion_support s ON s.completion_id = c.id AND s.withdrawn_at IS NULL
    WHERE m.merge_id = :merge
""")
_CONFIRMED = text("""
    SELECT c.id, c.person_id, c.round, c.origin
    FROM merged_completion m JOIN completion c ON c.id = m.completion_id
    WHERE m.merge_id = :merge AND c.state = 'confirmed' AND m.fate = ANY(:fates)
""").bindparams(bindparam("fates", type_=ARRAY(Text)))

# What moves waits for a moment, so that weighing it states its fact anew, as the other activity.
_MOVE = text(f"""
    UPDATE completion c
    SET activity_id = CASE m.fate WHEN 'moved' THEN :into_id ELSE c.activity_id END,
        edition = CASE m.fate WHEN 'moved' THEN {_edition("c.completed_at", "CAST(:into_repeats AS text)")}
                  ELSE c.edition END,
        state = CASE m.fate WHEN 'moved' THEN 'waiting' ELSE 'withdrawn' END
    FROM merged_completion m WHERE m.merge_id = :merge AND m.completion_id = c.id
""")
_WITHDRAW_LOGS = text("""
    UPDATE completion_support s SET withdrawn_at = :at
    FROM merged_support m WHERE m.merge_id = :merge AND m.support_id = s.id AND m.withdrawn
""")

# The supports that go to another completion: all but an own log that nobody has decided on.
_GOING = """
    FROM merged_support m
    JOIN completion_support s ON s.id = m.support_id
    JOIN completion c ON c.id = s.completion_id
    WHERE m.merge_id = :merge AND NOT m.withdrawn AND NOT (s.source = 'log:' || c.id AND c.decided_at IS NULL)
"""
# What came from files of history alone stays history: it brings no points.
_ORIGIN = "CASE WHEN bool_and(c.origin = 'history') THEN 'history' ELSE 'platform' END"
_MAKE = text(f"""
    WITH wanted AS (
        SELECT c.person_id, {_edition("s.at", "CAST(:into_repeats AS text)")} AS edition, min(s.at) AS moment,
               {_ORIGIN} AS origin
        {_GOING} AND s.withdrawn_at IS NULL GROUP BY 1, 2
    ), made AS (
        INSERT INTO completion (person_id, activity_id, edition, completed_at, recorded_at, state, origin, round)
        SELECT person_id, :into_id, edition, moment, :at, 'waiting', origin, 0 FROM wanted
        ON CONFLICT (person_id, activity_id, edition) WHERE state IN ('waiting', 'confirmed') DO NOTHING
        RETURNING id, edition
    )
    INSERT INTO merged_completion (merge_id, completion_id, edition, state, fate)
    SELECT :merge, id, edition, 'withdrawn', 'made' FROM made
""")
_GO = text(f"""
    UPDATE completion_support g SET completion_id = t.id
    FROM (SELECT s.id, c.person_id, {_edition("s.at", "CAST(:into_repeats AS text)")} AS edition {_GOING}) AS going
    JOIN completion t ON t.person_id = going.person_id AND t.edition = going.edition AND t.activity_id = :into_id
                     AND t.state IN ('waiting', 'confirmed')
    WHERE g.id = going.id
""")
_TOUCHED = text("""
    SELECT completion_id FROM merged_completion WHERE merge_id = :merge
    UNION
    SELECT s.completion_id FROM merged_support m JOIN completion_support s ON s.id = m.support_id
    WHERE m.merge_id = :merge
""")


def merge(*, from_id: int, into_id: int, by: int, at: datetime) -> int:
    """Let one activity be the other from now on, with all that was completed; return the number of the merge.

    The caller holds newcomers (`people.hold_newcomers`) and settles.
    """
    hold_alone()
    into = _checked(from_id, into_id)
    told: dict[str, Any] = {
        "from_id": from_id,
        "into_id": into_id,
        "by": by,
        "at": at,
        "zone": settings().timezone,
    }
    told["into_repeats"] = into.repeats
    lock_people(db.session.scalars(_PEOPLE, told).all())
    told["merge"] = db.session.scalar(_BEGIN, told)
    with _many_rows():
        for step in (_NAMES, _STATE, _NOTE, _NOTE_SUPPORTS):
            db.session.execute(step, told)
        _take_back({**told, "fates": ["moved", "absorbed"]})
        for step in (_MOVE, _WITHDRAW_LOGS, _MAKE, _GO):
            db.session.execute(step, told)
        touched = db.session.scalars(_TOUCHED, told).all()
    recording.weigh(touched)
    merge_id: int = told["merge"]
    return merge_id


def _checked(from_id: int, into_id: int) -> Row[Any]:
    """The one that stays; refuse what cannot be merged."""
    if from_id == into_id:
        raise Refused(
            _l("Choose two different activities."), fields={"into_id": _l("Choose another activity.")}
        )
    found = {row.id: row for row in db.session.execute(_BOTH, {"one": from_id, "other": into_id})}
    for id in (from_id, into_id):
        if id not in found or found[id].proposed_by is not None:  # what a person logged is theirs
            raise NotFound(NOT_THERE)
        if found[id].state == "merged":
            raise Conflict(
                _l("This activity was merged in the meantime. Reload the page to see how it stands.")
            )
    return found[into_id]


def _take_back(told: dict[str, Any]) -> None:
    publish(
        FactTakenBack(person_id=row.person_id, source=fact_source(row.id, row.round, row.origin))
        for row in db.session.execute(_CONFIRMED, told)
    )


# Apart ------------------------------------------------------------------------------------------------------

_FIND = text("""
    SELECT m.id, m.from_id, m.into_id, m.from_state, f.repeats AS from_repeats, i.repeats AS into_repeats,
           i.state AS into_state
    FROM activity_merge m JOIN activity f ON f.id = m.from_id JOIN activity i ON i.id = m.into_id
    WHERE m.id = :merge AND m.undone_at IS NULL FOR NO KEY UPDATE OF m
""")
_WHOSE = text("""
    SELECT c.person_id FROM merged_completion m JOIN completion c ON c.id = m.completion_id WHERE m.merge_id = :merge
    UNION
    SELECT c.person_id FROM completion_support s JOIN completion c ON c.id = s.completion_id
    WHERE s.source = ANY(:since) AND c.activity_id = :into_id
""").bindparams(bindparam("since", type_=ARRAY(Text)))
_NOTE_SINCE = text("""
    INSERT INTO merged_support (merge_id, support_id, completion_id, withdrawn)
    SELECT :merge, s.id, NULL, false
    FROM completion_support s JOIN completion c ON c.id = s.completion_id
    WHERE s.source = ANY(:since) AND c.activity_id = :into_id
    ON CONFLICT DO NOTHING
""").bindparams(bindparam("since", type_=ARRAY(Text)))
_NAMES_BACK = text("""
    UPDATE activity_name n SET activity_id = :from_id
    FROM merged_name m WHERE m.merge_id = :merge AND m.iri = n.iri AND n.activity_id = :into_id
""")
_STATE_BACK = text("""
    UPDATE activity SET state = CASE WHEN id = :from_id THEN :from_state ELSE state END,
                        merged_into_id = CASE WHEN id = :from_id THEN NULL ELSE :from_id END
    WHERE id = :from_id OR id IN (SELECT from_id FROM activity_merge WHERE into_id = :from_id AND undone_at IS NULL)
""")
_BACK = text("""
    UPDATE completion c
    SET activity_id = :from_id, edition = m.edition,
        state = CASE WHEN m.fate = 'absorbed' OR c.state IN ('waiting', 'confirmed') THEN 'waiting' ELSE c.state END
    FROM merged_completion m
    WHERE m.merge_id = :merge AND m.completion_id = c.id AND m.fate IN ('moved', 'absorbed')
""")
_LOGS_BACK = text("""
    UPDATE completion_support s SET withdrawn_at = NULL
    FROM merged_support m WHERE m.merge_id = :merge AND m.support_id = s.id AND m.withdrawn
""")

# On completions that went back lie supports that belong to the other activity: they came to it since.
_STRANGE = """
    FROM merged_completion k
    JOIN completion c ON c.id = k.completion_id
    JOIN completion_support s ON s.completion_id = c.id
    WHERE k.merge_id = :merge AND k.fate = 'moved'
      AND NOT EXISTS (SELECT FROM merged_support m WHERE m.merge_id = :merge AND m.support_id = s.id)
"""
_LATER = """
    FROM merged_support m
    JOIN completion_support s ON s.id = m.support_id
    JOIN completion c ON c.id = s.completion_id
    WHERE m.merge_id = :merge AND m.completion_id IS NULL
"""


def _rehomed(which: str, activity: str, repeats: str) -> tuple[Any, Any]:
    """Make completions of this activity for these supports where none stands, and bring them there."""
    edition = _edition("s.at", f"CAST({repeats} AS text)")
    make = text(f"""
        INSERT INTO completion (person_id, activity_id, edition, completed_at, recorded_at, state, origin, round)
        SELECT c.person_id, {activity}, {edition}, min(s.at), :at, 'waiting', {_ORIGIN}, 0
        {which} AND s.withdrawn_at IS NULL GROUP BY 1, 3
        ON CONFLICT (person_id, activity_id, edition) WHERE state IN ('waiting', 'confirmed') DO NOTHING
        RETURNING id
    """)
    go = text(f"""
        UPDATE completion_support g SET completion_id = t.id
        FROM (SELECT s.id, c.person_id, {edition} AS edition {which}) AS going
        JOIN completion t ON t.person_id = going.person_id AND t.edition = going.edition AND t.activity_id = {activity}
                         AND t.state IN ('waiting', 'confirmed')
        WHERE g.id = going.id
    """)
    return make, go


_STAY = _rehomed(_STRANGE, ":into_id", ":into_repeats")
_COME = _rehomed(_LATER, ":from_id", ":from_repeats")
_RETURN = text("""
    UPDATE completion_support s SET completion_id = m.completion_id
    FROM merged_support m WHERE m.merge_id = :merge AND m.support_id = s.id AND m.completion_id IS NOT NULL
""")
_END = text("UPDATE activity_merge SET undone_at = :at, undone_by_id = :by WHERE id = :merge")


def undo(merge_id: int, *, since: Sequence[str], by: int, at: datetime) -> tuple[int, int]:
    """Take them apart again, as if they had never been one; return which came from which.

    `since` are the sources that came after the merge under the ids that went along. The caller holds newcomers and
    settles.
    """
    hold_alone()
    row = db.session.execute(_FIND, {"merge": merge_id}).one_or_none()
    if row is None:
        raise NotFound(NO_MERGE)
    if row.into_state == "merged":
        raise Conflict(_l("The activity that this went into was merged itself. Undo that merge first."))
    told: dict[str, Any] = {**row._mapping, "merge": merge_id, "since": list(since), "by": by, "at": at}
    told["zone"] = settings().timezone
    lock_people(db.session.scalars(_WHOSE, told).all())
    with _many_rows():
        db.session.execute(_NOTE_SINCE, told)
        touched = set(db.session.scalars(_TOUCHED, told))
        _take_back({**told, "fates": ["moved"]})
        for step in (_NAMES_BACK, _STATE_BACK, _BACK, _LOGS_BACK):
            db.session.execute(step, told)
        touched.update(db.session.scalars(_STAY[0], told))
        db.session.execute(_STAY[1], told)
        db.session.execute(_RETURN, told)
        touched.update(db.session.scalars(_COME[0], told))
        db.session.execute(_COME[1], told)
        touched |= set(db.session.scalars(_TOUCHED, told))
    recording.weigh(touched)
    db.session.execute(_END, told)
    return row.from_id, row.into_id


# Into the catalogue -----------------------------------------------------------------------------------------

_ACCEPT = text("""
    UPDATE activity SET state = 'published', title = :title, kind = :kind, hours = :hours, skills = :skills
    WHERE id = :id AND state = 'proposed' AND proposed_by IS NULL RETURNING id
""").bindparams(bindparam("title", type_=JSONB), bindparam("skills", type_=ARRAY(BigInteger)))


def accept(
    activity_id: int, *, title: dict[str, str], kind: str, hours: float | None, skills: Sequence[int]
) -> None:
    """Take an activity that a source proposed into the catalogue; what counted keeps what it earned."""
    if kind not in KINDS:
        raise Refused(_l("Choose what kind of learning it was."), fields={"kind": _l("Choose a kind.")})
    if len(names(skills)) < len(set(skills)):
        raise Refused(_l("There is no such skill."), fields={"skills": _l("There is no such skill.")})
    told = {"id": activity_id, "title": title, "kind": kind, "hours": hours, "skills": sorted(set(skills))}
    if db.session.scalar(_ACCEPT, told) is None:
        raise Conflict(_l("This activity is no proposal any more. Reload the page to see how it stands."))


# What can be asked ------------------------------------------------------------------------------------------

_PROPOSED = text("""
    SELECT a.id, a.kind, a.title, a.created_at,
           ARRAY(SELECT iri FROM activity_name n WHERE n.activity_id = a.id ORDER BY iri LIMIT 5) AS known_as,
           s.people, s.sources
    FROM activity a
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT c.id) AS people, jsonb_object_agg(source, n) FILTER (WHERE source IS NOT NULL) AS sources
        FROM (SELECT c.id, split_part(s.source, ':', 1) || ':' || split_part(s.source, ':', 2) AS source,
                     count(*) OVER (PARTITION BY split_part(s.source, ':', 1), split_part(s.source, ':', 2)) AS n
              FROM completion c JOIN completion_support s ON s.completion_id = c.id AND s.withdrawn_at IS NULL
              WHERE c.activity_id = a.id AND c.state IN ('waiting', 'confirmed')) AS c
    ) AS s
    WHERE a.state = 'proposed' AND a.proposed_by IS NULL
    ORDER BY s.people DESC, a.id LIMIT :most
""")
_ALIKE = text("""
    SELECT p.id AS of_id, a.id, a.title, a.state
    FROM activity p JOIN activity a ON a.id <> p.id AND a.proposed_by IS NULL AND a.state IN ('published', 'proposed')
     AND (lower(a.title ->> 'nl') IN (lower(p.title ->> 'nl'), lower(p.title ->> 'en'))
          OR lower(a.title ->> 'en') IN (lower(p.title ->> 'nl'), lower(p.title ->> 'en')))
    WHERE p.id = ANY(:ids) ORDER BY a.state = 'proposed', a.id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_CHOICES = text("""
    SELECT id, title, state FROM activity WHERE proposed_by IS NULL AND state IN ('published', 'proposed')
    ORDER BY state = 'proposed', lower(coalesce(title ->> :locale, title ->> 'en')), id LIMIT :most
""")
_MERGES = text("""
    SELECT m.id, m.at, m.from_id, m.into_id, f.title AS from_title, i.title AS into_title, p.name AS by_name,
           i.state <> 'merged' AS can_undo,
           (SELECT count(*) FROM merged_completion c WHERE c.merge_id = m.id AND c.fate <> 'made') AS completions
    FROM activity_merge m JOIN activity f ON f.id = m.from_id JOIN activity i ON i.id = m.into_id
    JOIN person p ON p.id = m.by_id
    WHERE m.undone_at IS NULL ORDER BY m.id DESC LIMIT :most
""")
_IRIS = text("SELECT iri FROM merged_name WHERE merge_id = :merge")
_CAME = text("""
    SELECT s.source FROM activity_merge m
    JOIN completion c ON c.activity_id = m.into_id JOIN completion_support s ON s.completion_id = c.id
    WHERE m.id = :merge AND m.undone_at IS NULL
      AND NOT EXISTS (SELECT FROM merged_support k WHERE k.merge_id = m.id AND k.support_id = s.id)
""")
_ONE = text("""
    SELECT a.id, a.kind, a.title, a.hours, a.skills, a.state,
           ARRAY(SELECT iri FROM activity_name n WHERE n.activity_id = a.id ORDER BY iri LIMIT 50) AS known_as,
           (SELECT count(*) FROM completion c WHERE c.activity_id = a.id AND c.state = 'confirmed') AS people
    FROM activity a WHERE a.id = :id AND a.proposed_by IS NULL AND a.state IN ('proposed', 'published')
""")


def proposed(most: int = 100) -> Sequence[Row[Any]]:
    """Activities that sources named and nobody has looked at; the most completed first."""
    return db.session.execute(_PROPOSED, {"most": most}).all()


def alike(ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """Activities with the same title as each of these."""
    found: dict[int, list[Row[Any]]] = {}
    for row in db.session.execute(_ALIKE, {"ids": list(ids)}):
        found.setdefault(row.of_id, []).append(row)
    return found


def choices(locale: str, most: int = 500) -> Sequence[Row[Any]]:
    """What another activity can become: the catalogue first."""
    return db.session.execute(_CHOICES, {"locale": locale, "most": most}).all()


def merges(most: int = 50) -> Sequence[Row[Any]]:
    """Merges that hold, the latest first."""
    return db.session.execute(_MERGES, {"most": most}).all()


def moved_names(merge_id: int) -> list[str]:
    """The ids that went along with a merge."""
    return list(db.session.scalars(_IRIS, {"merge": merge_id}))


def came_since(merge_id: int) -> list[str]:
    """What supports completions of the one that stayed, and did not come with the merge."""
    return list(db.session.scalars(_CAME, {"merge": merge_id}))


def one(activity_id: int) -> Row[Any]:
    """An activity of a source or of the catalogue, with the ids by which sources know it."""
    row = db.session.execute(_ONE, {"id": activity_id}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row
