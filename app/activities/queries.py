"""What can be asked about activities; about completions it is `records`.

Plain rows; statements are built once; every list has an end.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.activities.models import WORDS, Activity, ActivityName
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
_BY_TITLE = text("""
    SELECT id, kind, title FROM activity
    WHERE state = 'published'
      AND (lower(title ->> 'nl') = ANY(:titles) OR lower(title ->> 'en') = ANY(:titles))
    ORDER BY id
""").bindparams(bindparam("titles", type_=_TEXTS))


def by_id(ids: Iterable[int]) -> dict[int, Row[Any]]:
    """What recording needs to know of activities."""
    wanted = sorted(set(ids))
    return {row.id: row for row in db.session.execute(_BY_ID, {"ids": wanted})} if wanted else {}


def all_of(ids: set[int]) -> dict[int, Row[Any]]:
    """The same; refused when one is not there."""
    found = by_id(ids)
    if len(found) < len(ids):
        raise NotFound(_l("There is no such activity."))
    return found


def ids_by_slug(slugs: Iterable[str]) -> dict[str, int]:
    """The ids of activities, in any state; a slug that there is not is not in the answer."""
    return {row.slug: row.id for row in db.session.execute(_BY_SLUG, {"slugs": sorted(set(slugs))})}


def known_as(iris: Iterable[str]) -> dict[str, int]:
    """The activities that sources know by these ids; who is not known is not in the answer."""
    wanted = sorted(set(iris))
    if not wanted:
        return {}
    return {row.iri: row.activity_id for row in db.session.execute(_KNOWN_AS, {"iris": wanted})}


def by_title(titles: Iterable[str]) -> Sequence[Row[Any]]:
    """Published activities with one of these titles, in lower case, in either language."""
    wanted = sorted(set(titles))
    return db.session.execute(_BY_TITLE, {"titles": wanted}).all() if wanted else []


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
    """How many activities of the catalogue are in each state; proposals are not counted."""
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
    """Every slug that is taken, whatever the state of its activity."""
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
    """How many wishes of this person wait for an answer."""
    return db.session.scalar(_OPEN_WISHES, {"person": person_id}) or 0
