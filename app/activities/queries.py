"""What can be asked about activities and completions.

Plain rows; statements are built once; every list has an end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.activities.models import WORDS, Activity, ActivityName, Completion, CompletionSupport
from app.activities.rules import Key
from app.db import db
from app.errors import NotFound
from app.finding import matches
from app.vision import queries as vision
from app.vision.rules import LANGUAGES

_IDS = ARRAY(BigInteger)
_TEXTS = ARRAY(Text)
PAGE = 24
LAST_PAGE = 100
QUEUE = 50

# For actions: batches -------------------------------------------------------------------------------------

_BY_ID = text("""
    SELECT id, slug, kind, mandatory, hours, skills, repeats, state, proposed_by, merged_into_id
    FROM activity WHERE id = ANY(:ids)
""").bindparams(bindparam("ids", type_=_IDS))
_BY_SLUG = select(Activity.slug, Activity.id).where(
    Activity.slug == func.any(bindparam("slugs", type_=_TEXTS))
)
_KNOWN_AS = select(ActivityName.iri, ActivityName.activity_id).where(
    ActivityName.iri == func.any(bindparam("iris", type_=_TEXTS))
)
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

_BY_TITLE = text("""
    SELECT id, kind, title FROM activity
    WHERE state = 'published'
      AND (lower(title ->> 'nl') = ANY(:titles) OR lower(title ->> 'en') = ANY(:titles))
    ORDER BY id
""").bindparams(bindparam("titles", type_=_TEXTS))

_LOGS = text("""
    SELECT c.id, c.state, c.origin, c.note, c.link, c.confirmer_id, s.at, s.hours
    FROM completion c
    LEFT JOIN completion_support s
           ON s.completion_id = c.id AND s.source = 'log:' || c.id AND s.withdrawn_at IS NULL
    WHERE c.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=_IDS))


def by_id(ids: Iterable[int]) -> dict[int, Row[Any]]:
    """What recording needs to know of activities."""
    wanted = sorted(set(ids))
    return {row.id: row for row in db.session.execute(_BY_ID, {"ids": wanted})} if wanted else {}


def ids_by_slug(slugs: Iterable[str]) -> dict[str, int]:
    return {row.slug: row.id for row in db.session.execute(_BY_SLUG, {"slugs": sorted(set(slugs))})}


def known_as(iris: Iterable[str]) -> dict[str, int]:
    """The activities that sources know by these ids; who is not known is not in the answer."""
    wanted = sorted(set(iris))
    if not wanted:
        return {}
    return {row.iri: row.activity_id for row in db.session.execute(_KNOWN_AS, {"iris": wanted})}


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


def by_title(titles: Iterable[str]) -> Sequence[Row[Any]]:
    """Published activities with one of these titles, in lower case, in either language."""
    wanted = sorted(set(titles))
    return db.session.execute(_BY_TITLE, {"titles": wanted}).all() if wanted else []


def logs(completion_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Completions with what the person themselves logged, to tell a second submit from a second log."""
    wanted = sorted(set(completion_ids))
    return {row.id: row for row in db.session.execute(_LOGS, {"ids": wanted})} if wanted else {}


# The catalogue --------------------------------------------------------------------------------------------

_SHOWN = """a.id, a.slug, a.kind, a.title, a.summary, a.hours, a.language, a.place, a.url, a.mandatory,
            a.repeats, a.skills, a.state, a.proposed_by"""

# A catalogue has hundreds, at most a few thousand rows and is read whole; only the page leaves the database.
_CATALOGUE = text(f"""
    SELECT {_SHOWN}
    FROM activity a
    WHERE a.state = 'published'
      AND (CAST(:kind AS text) IS NULL OR a.kind = :kind)
      AND (CAST(:skill AS text) IS NULL OR a.skills && ARRAY(
            SELECT s.id FROM skill s JOIN skill asked ON asked.id = ANY(s.lineage) WHERE asked.slug = :skill))
      AND (CAST(:language AS text) IS NULL OR a.language IS NULL OR a.language = :language)
      AND (CAST(:hours AS float) IS NULL OR a.hours <= :hours)
      AND (NOT CAST(:aiming AS boolean) OR a.id = ANY(:proofs) OR a.skills && ARRAY(
            SELECT s.id FROM skill s WHERE s.lineage && CAST(:aims AS bigint[])))
      AND concat_ws(' ', a.title ->> 'nl', a.title ->> 'en', a.summary ->> 'nl', a.summary ->> 'en', a.place)
          ILIKE ALL(:words)
    ORDER BY lower(coalesce(a.title ->> :locale, a.title ->> 'en', a.title ->> 'nl')), a.id
    LIMIT {PAGE + 1} OFFSET :skip
""").bindparams(
    bindparam("words", type_=_TEXTS), bindparam("proofs", type_=_IDS), bindparam("aims", type_=_IDS)
)

_MAY_SEE = """(a.state = 'published' OR a.state <> 'merged' AND EXISTS (
            SELECT FROM completion c WHERE c.activity_id = a.id AND :person IN (c.person_id, c.confirmer_id)))"""
_ACTIVITY = text(f"SELECT {_SHOWN} FROM activity a WHERE a.slug = :slug AND {_MAY_SEE}")
# What goes into something that went elsewhere is told to be where that is, so that one step is enough.
_WENT_INTO = text(f"""
    SELECT a.slug FROM activity gone JOIN activity a ON a.id = gone.merged_into_id
    WHERE gone.slug = :slug AND gone.state = 'merged' AND {_MAY_SEE}
""")

_NAMED = text(f"SELECT {_SHOWN} FROM activity a WHERE a.id = :id AND a.state = 'published'")


class Aims(NamedTuple):
    """What somebody's open goals are about: activities that prove them, and skills with all below."""

    activities: tuple[int, ...]
    skills: tuple[int, ...]


def catalogue(
    *,
    locale: str,
    text: str | None = None,
    kind: str | None = None,
    skill: str | None = None,
    language: str | None = None,
    hours: float | None = None,
    aims: Aims | None = None,
    page: int = 1,
) -> tuple[Sequence[Row[Any]], bool]:
    """One page of published activities, by title, and whether there are more.

    `skill` is a slug and brings the skills below it; `hours` is the most it may take; a language brings what
    is given in both. All words of `text` must be in title, summary or place. `aims` leaves what counts towards goals.
    """
    told = {
        "kind": kind,
        "skill": skill,
        "language": language,
        "hours": hours,
        "aiming": aims is not None,
        "proofs": list(aims.activities) if aims else [],
        "aims": list(aims.skills) if aims else [],
        "words": [f"%{_plain(word)}%" for word in (text or "").split()[:6]],
        "locale": locale,
        "skip": (page - 1) * PAGE,
    }
    rows = db.session.execute(_CATALOGUE, told).all()
    return rows[:PAGE], len(rows) > PAGE


def _plain(word: str) -> str:
    """What people type is no pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def activity(slug: str, *, person_id: int) -> Row[Any]:
    """One activity; a proposed one is there for whoever did it or is asked to confirm it."""
    row = db.session.execute(_ACTIVITY, {"slug": slug, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such activity."))
    return row


def went_into(slug: str, *, person_id: int) -> str | None:
    """The slug of what an activity was merged into, where this person may see that."""
    found: str | None = db.session.scalar(_WENT_INTO, {"slug": slug, "person": person_id})
    return found


MOST_RANKED = 600  # more pages than one can look through; a word that has more hits says little
# Whose title has the words first: in the reader's language, in the other one, and then whose summary has them.
_TITLE = "coalesce(activity.title ->> {}, '')"
_FOUND = f"FROM activity WHERE state = 'published' AND {matches(*WORDS)}"
_FOUND_PAGE = text(f"""
    WITH activity AS MATERIALIZED (SELECT * {_FOUND} LIMIT {MOST_RANKED})
    SELECT id, slug, kind, title, summary, hours, place FROM activity
    ORDER BY {matches(_TITLE.format(":locale"))} DESC,
             {matches(_TITLE.format("'nl'"), _TITLE.format("'en'"))} DESC,
             lower(coalesce(title ->> :locale, title ->> 'en', title ->> 'nl')), id
    LIMIT :limit OFFSET :skip
""")
_FOUND_NUMBER = text(f"SELECT count(*) FROM (SELECT {_FOUND} LIMIT :most) AS hits")


def found(wanted: str, *, locale: str, limit: int, skip: int = 0) -> Sequence[Row[Any]]:
    """Activities of the catalogue with all these words (a `finding.wanted`) in one of the two languages."""
    told = {"wanted": wanted, "locale": locale, "limit": limit, "skip": skip}
    return db.session.execute(_FOUND_PAGE, told).all()


def count_found(wanted: str, most: int) -> int:
    """How many that are; no further than `most`."""
    return db.session.scalar(_FOUND_NUMBER, {"wanted": wanted, "most": most}) or 0


def published(activity_id: int) -> Row[Any] | None:
    """An activity of the catalogue, for the form that logs it."""
    return db.session.execute(_NAMED, {"id": activity_id}).one_or_none()


# For those who keep the catalogue -------------------------------------------------------------------------

# Of proposals only what sources brought: what a colleague logged of their own is for them and their confirmer.
_DESK = text(f"""
    SELECT {_SHOWN}, a.version,
           (SELECT count(*) FROM completion c WHERE c.activity_id = a.id AND c.state = 'confirmed') AS done
    FROM activity a
    WHERE a.proposed_by IS NULL
      AND (CAST(:state AS text) IS NULL OR a.state = :state)
      AND (CAST(:kind AS text) IS NULL OR a.kind = :kind)
      AND concat_ws(' ', a.title ->> 'nl', a.title ->> 'en', a.summary ->> 'nl', a.summary ->> 'en', a.place, a.slug)
          ILIKE ALL(:words)
    ORDER BY lower(coalesce(a.title ->> :locale, a.title ->> 'en', a.title ->> 'nl')), a.id
    LIMIT {PAGE + 1} OFFSET :skip
""").bindparams(bindparam("words", type_=_TEXTS))
_STATES_OF_ALL = text("""
    SELECT state, count(*) AS number FROM activity WHERE proposed_by IS NULL GROUP BY state
""")
_EDITED = text(f"""
    SELECT {_SHOWN}, a.version FROM activity a WHERE a.slug = :slug AND a.proposed_by IS NULL
""")
_WHOLE = text(f"""
    SELECT {_SHOWN}, a.version FROM activity a WHERE a.state IN ('published', 'retired') ORDER BY a.id
""")
_NAMES_OF = text("""
    SELECT activity_id, iri FROM activity_name WHERE activity_id = ANY(:ids) ORDER BY iri
""").bindparams(bindparam("ids", type_=_IDS))
_OWNERS = text("""
    SELECT n.iri, a.slug, a.state FROM activity_name n JOIN activity a ON a.id = n.activity_id
    WHERE n.iri = ANY(:iris) ORDER BY n.iri
""").bindparams(bindparam("iris", type_=_TEXTS))


def desk(
    *, locale: str, text: str | None, kind: str | None, state: str | None, page: int = 1
) -> tuple[Sequence[Row[Any]], bool]:
    """One page of all activities in any state, by title, with how many completions each has; and: are there more."""
    words = [f"%{_plain(word)}%" for word in (text or "").split()[:6]]
    told = {"kind": kind, "state": state, "words": words, "locale": locale, "skip": (page - 1) * PAGE}
    rows = db.session.execute(_DESK, told).all()
    return rows[:PAGE], len(rows) > PAGE


def count_by_state() -> dict[str, int]:
    return {row.state: row.number for row in db.session.execute(_STATES_OF_ALL)}


def edited(slug: str) -> Row[Any]:
    """One activity in any state, as it is edited, with its version."""
    row = db.session.execute(_EDITED, {"slug": slug}).one_or_none()
    if row is None:
        raise NotFound(_l("There is no such activity."))
    return row


def titles_by_slug() -> dict[str, dict[str, str]]:
    """What is in the catalogue, or was; not what people logged in their own words."""
    held = Activity.state != "proposed"
    rows = db.session.execute(select(Activity.slug, Activity.title).where(held).order_by(Activity.slug))
    return {row.slug: row.title for row in rows}


def all_slugs() -> set[str]:
    return set(db.session.scalars(select(Activity.slug)))


def owners_of(iris: Iterable[str]) -> dict[str, Row[Any]]:
    """Slug and state of the activity that each of these ids names."""
    wanted = sorted(set(iris))
    return {row.iri: row for row in db.session.execute(_OWNERS, {"iris": wanted})} if wanted else {}


def ids_known(activity_ids: Iterable[int]) -> dict[int, list[str]]:
    """The ids by which sources know these activities."""
    found: dict[int, list[str]] = {}
    for row in db.session.execute(_NAMES_OF, {"ids": sorted(set(activity_ids))}):
        found.setdefault(row.activity_id, []).append(row.iri)
    return found


def written(rows: Sequence[Row[Any]] | None = None) -> list[dict[str, Any]]:
    """These activities, or all of the catalogue, as its file says them."""
    rows = db.session.execute(_WHOLE).all() if rows is None else rows
    known = ids_known(row.id for row in rows)
    slugs = {skill_id: skill.slug for skill_id, skill in vision.names().items()}
    found = []
    for row in rows:
        entry = {"slug": row.slug, "kind": row.kind, "title": _both(row.title)}
        entry |= {"summary": _both(row.summary)} if any(row.summary.values()) else {}
        entry |= {
            name: getattr(row, name) for name in ("hours", "language", "place", "url", "mandatory", "repeats")
        }
        entry |= {"skills": [slugs[skill] for skill in row.skills if skill in slugs]}
        entry |= {"state": "retired"} if row.state == "retired" else {}
        found.append({**entry, "known_as": known.get(row.id, [])})
    return found


def _both(texts: Mapping[str, str]) -> dict[str, str]:
    """A source may have told it in one language only."""
    one = next((text for text in texts.values() if text), "")
    return {language: texts.get(language) or one for language in LANGUAGES}


_WISHES = text("""
    SELECT same, min(words) AS words, count(*) AS number, min(asked_at) AS since
    FROM wish WHERE state = 'open' GROUP BY same ORDER BY count(*) DESC, min(asked_at), same LIMIT 100
""")
_MY_WISHES = text("""
    SELECT w.id, w.words, w.state, w.answer, w.asked_at, w.answered_at, a.slug, a.title, a.state AS activity_state
    FROM wish w LEFT JOIN activity own ON own.id = w.activity_id
    LEFT JOIN activity a ON a.id = coalesce(own.merged_into_id, own.id)
    WHERE w.person_id = :person AND (w.state = 'open' OR w.answered_at > CAST(:at AS timestamptz) - interval '90 days')
    ORDER BY w.asked_at DESC, w.id DESC LIMIT 20
""")
_OPEN_WISHES = text("SELECT count(*) FROM wish WHERE person_id = :person AND state = 'open'")


def wishes() -> Sequence[Row[Any]]:
    """What is asked for and not answered: the words of the first who asked, and how many did; nobody's name."""
    return db.session.execute(_WISHES).all()


def wishes_of(person_id: int, at: datetime) -> Sequence[Row[Any]]:
    """What this person asked for: open, or answered in the last three months."""
    return db.session.execute(_MY_WISHES, {"person": person_id, "at": at}).all()


def count_open_wishes(person_id: int) -> int:
    return db.session.scalar(_OPEN_WISHES, {"person": person_id}) or 0


# Completions of a person ----------------------------------------------------------------------------------

_TOLD = """c.id, c.person_id, c.activity_id, a.slug, a.kind, a.title, a.skills, a.state AS activity_state,
           c.edition, c.completed_at, c.recorded_at, c.state, c.origin, c.score, c.hours, c.note, c.link,
           c.confirmer_id, confirmer.name AS confirmer, confirmer.active AS confirmer_active, c.decided_at,
           c.decision_note"""
_FROM = """FROM completion c
    JOIN activity a ON a.id = c.activity_id
    LEFT JOIN person confirmer ON confirmer.id = c.confirmer_id"""

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
    SELECT c.id, c.completed_at FROM completion c JOIN activity a ON a.id = c.activity_id
    WHERE c.person_id = :person AND c.confirmer_id = :confirmer AND a.kind = :kind AND c.origin = 'log'
      AND c.state IN ('waiting', 'confirmed') AND c.completed_at BETWEEN :since AND :until
    ORDER BY c.completed_at, c.id
""")


def logged_with(
    person_id: int, confirmer_id: int, kind: str, since: datetime, until: datetime
) -> Sequence[Row[Any]]:
    """What this person logged of this kind in a time, on the word of that colleague."""
    told = {"person": person_id, "confirmer": confirmer_id, "kind": kind, "since": since, "until": until}
    return db.session.execute(_LOGGED_WITH, told).all()


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
