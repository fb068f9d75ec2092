"""What can be asked of guidance: who can help, one's own, what waits for one's word, and what programmes come to.

Who sees a relation is decided here: the two in it, and the learner's manager where the learner shares it. Nobody else,
whatever their role; for them it is not there.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.db import array, db
from app.errors import NotFound
from app.guidance import rules

_IDS = ARRAY(BigInteger())
Two = tuple[int, int, str]  # who guides, who learns, and how: of these, one is open at a time
PAGE = 24
MINE = 60
HELPERS = 3
NOT_THERE = _l("This is not here, or not for you.")
HERE = "p.active AND p.erased_at IS NULL"

# Who can help ---------------------------------------------------------------------------------------------

_GUESTS = """(SELECT count(*) FROM guidance g WHERE g.guide_id = o.person_id AND g.state IN ('running', 'ending')
              AND NOT EXISTS (SELECT FROM mentor_pair mp WHERE mp.guidance_id = g.id))"""
_OFFER = f"""o.person_id, o.kinds, o.skills, o.line, o.lang, o.open, o.guests, o.changed_at,
    p.name, p.handle, p.job, t.name AS team, d.name AS department, {_GUESTS} AS taken"""
_FROM = """FROM guidance_offer o JOIN person p ON p.id = o.person_id
    LEFT JOIN unit t ON t.id = p.team_id LEFT JOIN unit d ON d.id = p.department_id"""
# Nearest first: one's team, one's department, the others; among these another order every day, so that nobody is
# always on top. There is no better or worse.
_OFFERS = text(f"""
    SELECT {_OFFER} {_FROM} LEFT JOIN person me ON me.id = :person
    WHERE o.open AND {HERE} AND p.id <> :person
      AND (CAST(:kind AS text) IS NULL OR :kind = ANY(o.kinds))
      AND (CAST(:skill AS text) IS NULL OR o.skills && ARRAY(
           SELECT s.id FROM skill s JOIN skill asked ON asked.id = ANY(s.lineage) WHERE asked.slug = :skill))
      AND (cardinality(CAST(:skills AS bigint[])) = 0 OR o.skills && CAST(:skills AS bigint[]))
      AND concat_ws(' ', p.name, p.job, o.line) ILIKE ALL(CAST(:words AS text[]))
    ORDER BY CASE WHEN p.team_id = me.team_id THEN 0 WHEN p.department_id = me.department_id THEN 1 ELSE 2 END,
             md5(p.id || :day), p.id
    LIMIT :limit OFFSET :skip
""").bindparams(bindparam("skills", type_=_IDS))
_OFFER_OF = text(
    f"SELECT {_OFFER} {_FROM} WHERE o.person_id = :person AND {HERE} AND (o.open OR :person = :viewer)"
)
_OFFERS_OF = text(
    f"SELECT {_OFFER} {_FROM} WHERE o.person_id = ANY(CAST(:people AS bigint[])) AND {HERE} ORDER BY o.person_id"
)


def offers(
    person_id: int,
    at: datetime,
    *,
    kind: str | None = None,
    skill: str | None = None,
    skills: Sequence[int] = (),
    q: str | None = None,
    page: int = 1,
    limit: int = PAGE,
) -> tuple[Sequence[Row[Any]], bool]:
    """One page of colleagues who can help, by kind, by skill with those below it, by words; and: are there more."""
    words = ["%" + _plain(word) + "%" for word in (q or "").split()[:6]]
    told = {"person": person_id, "kind": kind, "skill": skill, "skills": list(skills), "words": words}
    told |= {"day": f"{at:%Y-%m-%d}", "limit": limit + 1, "skip": (page - 1) * limit}
    rows = db.session.execute(_OFFERS, told).all()
    return rows[:limit], len(rows) > limit


def _plain(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def offer_of(person_id: int, *, seen_by: int) -> Row[Any] | None:
    """What somebody can help with, when that is open; one's own always."""
    return db.session.execute(_OFFER_OF, {"person": person_id, "viewer": seen_by}).one_or_none()


def offers_of(people: Iterable[int]) -> Sequence[Row[Any]]:
    """What these people said, whether it is open or not."""
    wanted = sorted(set(people))
    return db.session.execute(_OFFERS_OF, {"people": array(wanted)}).all() if wanted else []


# Two who learn from each other ------------------------------------------------------------------------------

_SHOWN = """g.*, gp.name AS guide, gp.handle AS guide_handle, lp.name AS learner, lp.handle AS learner_handle,
    gp.active AND gp.erased_at IS NULL AS guide_here, lp.active AND lp.erased_at IS NULL AS learner_here,
    gp.job AS guide_job, lp.job AS learner_job, lp.manager_id, u.name AS host, mp.programme_id,
    pr.name AS programme"""
_OF = """FROM guidance g JOIN person gp ON gp.id = g.guide_id JOIN person lp ON lp.id = g.learner_id
    LEFT JOIN unit u ON u.id = g.host_id LEFT JOIN mentor_pair mp ON mp.guidance_id = g.id
    LEFT JOIN mentor_programme pr ON pr.id = mp.programme_id"""
_SUMS = """(SELECT coalesce(sum(m.minutes), 0) FROM guidance_meeting m
            WHERE m.guidance_id = g.id AND m.state = 'confirmed') AS minutes,
    (SELECT count(*) FROM guidance_meeting m WHERE m.guidance_id = g.id AND m.state = 'confirmed') AS meetings,
    (SELECT count(*) FROM guidance_meeting m WHERE m.guidance_id = g.id AND m.state = 'waiting'
        AND m.recorded_by <> :viewer) AS to_confirm"""
_ONE = text(f"""
    SELECT {_SHOWN}, {_SUMS} {_OF}
    WHERE g.id = :id AND (:viewer IN (g.guide_id, g.learner_id)
        OR (g.shared AND lp.manager_id = :viewer AND g.state IN ('running', 'ending', 'finished')))
""")
_MINE = text(f"""
    SELECT {_SHOWN}, {_SUMS} {_OF}
    WHERE :viewer IN (g.guide_id, g.learner_id)
    ORDER BY g.state IN ('asked', 'running', 'ending') DESC, coalesce(g.ended_at, g.asked_at) DESC, g.id DESC
    LIMIT {MINE}
""")
_SHARED = text(f"""
    SELECT {_SHOWN}, {_SUMS} {_OF}
    WHERE lp.manager_id = :viewer AND g.shared AND lp.active AND g.state IN ('running', 'ending', 'finished')
      AND :viewer <> g.guide_id
    ORDER BY lp.sort_name, g.id LIMIT {MINE}
""")
_MEETINGS = text("""
    SELECT m.*, p.name AS recorder FROM guidance_meeting m JOIN person p ON p.id = m.recorded_by
    WHERE m.guidance_id = :id ORDER BY m.starts_at DESC, m.id DESC LIMIT 200
""")
# What waits for a person's word: what was asked of them, meetings to confirm, an end to confirm.
_WAITING = text("""
    SELECT count(*) FILTER (WHERE g.state = 'asked' AND g.proposed_by <> :person) AS asked,
           coalesce(sum((SELECT count(*) FROM guidance_meeting m WHERE m.guidance_id = g.id
                         AND m.state = 'waiting' AND m.recorded_by <> :person)), 0)
               + count(*) FILTER (WHERE g.state = 'ending' AND g.end_by <> :person) AS to_confirm
    FROM guidance g JOIN person gp ON gp.id = g.guide_id JOIN person lp ON lp.id = g.learner_id
    WHERE (g.guide_id = :person OR g.learner_id = :person) AND g.state IN ('asked', 'running', 'ending')
      AND gp.active AND lp.active
""")
_PAIRS_ASKED = text("""
    SELECT count(*) FROM mentor_pair p WHERE p.state = 'proposed'
      AND (p.mentor_id = :person AND p.mentor_at IS NULL OR p.mentee_id = :person AND p.mentee_at IS NULL)
""")


def one(guidance_id: int, *, seen_by: int) -> Row[Any]:
    """A relation, for who may see it; for all others it is not there."""
    row = db.session.execute(_ONE, {"id": guidance_id, "viewer": seen_by}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def mine(person_id: int) -> Sequence[Row[Any]]:
    """One's own, as who learns and as who guides: what is open first, then the latest."""
    return db.session.execute(_MINE, {"viewer": person_id}).all()


def shared_with(manager_id: int) -> Sequence[Row[Any]]:
    """What people of one's team chose to share with their manager."""
    return db.session.execute(_SHARED, {"viewer": manager_id}).all()


def meetings(guidance_id: int) -> Sequence[Row[Any]]:
    """The latest 200 meetings of one relation, the newest first."""
    return db.session.execute(_MEETINGS, {"id": guidance_id}).all()


def waiting_for(person_id: int) -> tuple[int, int]:
    """How much was asked of this person, and how much waits to be confirmed by them."""
    row = db.session.execute(_WAITING, {"person": person_id}).one()
    pairs = db.session.scalar(_PAIRS_ASKED, {"person": person_id}) or 0
    return int(row.asked) + int(pairs), int(row.to_confirm)


# For actions ------------------------------------------------------------------------------------------------

_BUSY = text("""
    SELECT m.id, m.guidance_id, m.starts_at, m.minutes, m.state, m.recorded_by, g.guide_id, g.learner_id
    FROM guidance_meeting m JOIN guidance g ON g.id = m.guidance_id
    WHERE (g.guide_id = ANY(:people) OR g.learner_id = ANY(:people)) AND m.state IN ('waiting', 'confirmed')
      AND m.starts_at < :until AND m.starts_at > CAST(:since AS timestamptz) - interval '10 hours'
    ORDER BY m.id
""").bindparams(bindparam("people", type_=_IDS))
# What both confirmed, or what counted, whoever guided; a meeting that was taken back stays in the latter.
_BETWEEN = text("""
    SELECT g.guide_id, g.learner_id, m.starts_at, m.minutes, m.state, m.counted, m.learned
    FROM unnest(CAST(:guides AS bigint[]), CAST(:learners AS bigint[])) AS w(guide_id, learner_id)
    JOIN guidance g ON g.guide_id = w.guide_id AND g.learner_id = w.learner_id
    JOIN guidance_meeting m ON m.guidance_id = g.id
    WHERE (m.state = 'confirmed' OR m.counted + m.learned > 0) AND m.starts_at BETWEEN :since AND :until
""")
_BACK = text("""
    SELECT coalesce(sum(m.minutes), 0) FROM guidance_meeting m JOIN guidance g ON g.id = m.guidance_id
    WHERE g.guide_id = :learner AND g.learner_id = :guide AND m.state = 'confirmed'
      AND m.starts_at BETWEEN :since AND :until
""")
_PEOPLE = text("SELECT id, guide_id, learner_id FROM guidance WHERE id = ANY(CAST(:ids AS bigint[]))")
_RUNNING = text("""
    SELECT proposed_by, count(*) AS number FROM guidance
    WHERE proposed_by = ANY(CAST(:people AS bigint[])) AND state = 'asked' GROUP BY proposed_by
""")
_TWOS = """unnest(CAST(:guides AS bigint[]), CAST(:learners AS bigint[]), CAST(:kinds AS text[]))
    AS w(guide_id, learner_id, kind)"""
_REFUSED = text("""
    SELECT 1 FROM guidance g JOIN unnest(CAST(:guides AS bigint[]), CAST(:learners AS bigint[]),
                                         CAST(:kinds AS text[]), CAST(:by AS bigint[]))
        AS w(guide_id, learner_id, kind, by)
        ON g.guide_id = w.guide_id AND g.learner_id = w.learner_id AND g.kind = w.kind AND g.proposed_by = w.by
    WHERE g.state = 'declined' AND g.answered_at > :since LIMIT 1
""")
_STANDS = text(f"""
    SELECT g.id, g.proposed_by, g.state, g.guide_id, g.learner_id, g.kind
    FROM {_TWOS} JOIN guidance g USING (guide_id, learner_id, kind) WHERE g.state IN ('asked', 'running', 'ending')
""")
_COUNTED_BEFORE = text("""
    SELECT g.id FROM guidance g WHERE g.id = ANY(CAST(:ids AS bigint[])) AND EXISTS (
        SELECT FROM guidance o WHERE o.guide_id = g.guide_id AND o.learner_id = g.learner_id AND o.kind = g.kind
          AND o.learned = 'counted' AND o.ended_at > :since AND o.id <> g.id)
""")
_CONFIRMED = text("""
    SELECT guidance_id, starts_at, minutes, learned, share FROM guidance_meeting
    WHERE guidance_id = ANY(CAST(:ids AS bigint[])) AND state = 'confirmed'
    ORDER BY guidance_id, starts_at DESC, id DESC
""")
# Logs of this very moment that tell of a meeting that both confirmed: the same two, the same kind, the same day.
_TOLD_TWICE = text("""
    SELECT 1 FROM completion c JOIN activity a ON a.id = c.activity_id
    JOIN guidance g ON g.learner_id = c.person_id AND g.guide_id = c.confirmer_id
        AND CASE g.kind WHEN 'shadowing' THEN 'on_the_job' ELSE g.kind END = a.kind
    JOIN guidance_meeting m ON m.guidance_id = g.id AND m.state = 'confirmed'
        AND (m.starts_at AT TIME ZONE :zone)::date = (c.completed_at AT TIME ZONE :zone)::date
    WHERE c.id = ANY(:ids) AND c.state = 'waiting' AND c.recorded_at = :now LIMIT 1
""").bindparams(bindparam("ids", type_=_IDS))
_WHO_LEFT = text("""
    SELECT g.id, g.guide_id, g.learner_id FROM guidance g
    JOIN person gp ON gp.id = g.guide_id JOIN person lp ON lp.id = g.learner_id
    WHERE g.state IN ('asked', 'running', 'ending') AND NOT (gp.active AND lp.active)
    ORDER BY g.id LIMIT 200
""")


def busy(people: Iterable[int], since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Meetings of these people about that time."""
    return db.session.execute(_BUSY, {"people": sorted(people), "since": since, "until": until}).all()


def between(
    pairs: Iterable[tuple[int, int]], since: datetime, until: datetime
) -> dict[frozenset[int], list[Any]]:
    """What each of these two did with each other in that time, whoever guided."""
    both = sorted({two for one, other in pairs for two in ((one, other), (other, one))})
    told = {"guides": array(guide for guide, _ in both), "learners": array(learner for _, learner in both)}
    found: dict[frozenset[int], list[Any]] = {frozenset(two): [] for two in both}
    for row in db.session.execute(_BETWEEN, {**told, "since": since, "until": until}):
        found[frozenset((row.guide_id, row.learner_id))].append(row)
    return found


def hours_back(guide_id: int, learner_id: int, since: datetime, until: datetime) -> float:
    """Hours that both confirmed in which the learner guided the guide."""
    told = {"guide": guide_id, "learner": learner_id, "since": since, "until": until}
    return float(db.session.scalar(_BACK, told) or 0) / 60


def people_in(ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Who guides and who learns in each of these, as far as they are there."""
    rows = db.session.execute(_PEOPLE, {"ids": array(sorted(ids))})
    return {row.id: (row.guide_id, row.learner_id) for row in rows}


def asked_by(people: Iterable[int]) -> dict[int, int]:
    """How much of what each of these asked is not answered."""
    rows = db.session.execute(_RUNNING, {"people": array(sorted(people))})
    return {row.proposed_by: int(row.number) for row in rows}


def refused(asked: Sequence[tuple[int, int, str, int]], since: datetime) -> bool:
    """Whether any of these (guide, learner, kind, who asked) was told no after that moment."""
    if not asked:
        return False
    names = ("guides", "learners", "kinds", "by")
    told = {name: array(column) for name, column in zip(names, zip(*asked, strict=True), strict=True)}
    return bool(db.session.scalar(_REFUSED, {**told, "since": since}))


def standing(twos: Iterable[Two]) -> dict[Two, Row[Any]]:
    """What is open of these (guide, learner, kind)."""
    wanted = sorted(set(twos))
    told = {
        "guides": array(guide for guide, _, _ in wanted),
        "learners": array(learner for _, learner, _ in wanted),
        "kinds": array(kind for _, _, kind in wanted),
    }
    rows = db.session.execute(_STANDS, told)
    return {(row.guide_id, row.learner_id, row.kind): row for row in rows}


def counted_before(ids: Iterable[int], since: datetime) -> list[int]:
    """Those of which the same two finished the same kind lately, and it counted."""
    return list(db.session.scalars(_COUNTED_BEFORE, {"ids": array(ids), "since": since}))


def confirmed(ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """The meetings that both confirmed, per relation."""
    found: dict[int, list[Row[Any]]] = {}
    for row in db.session.execute(_CONFIRMED, {"ids": array(ids)}):
        found.setdefault(row.guidance_id, []).append(row)
    return found


def told_twice(completion_ids: Iterable[int], now: datetime, zone: str) -> bool:
    """Whether one of these, logged at this very moment, is a meeting that the same two told for that day."""
    told = {"ids": sorted(completion_ids), "now": now, "zone": zone}
    return bool(db.session.scalar(_TOLD_TWICE, told))


def with_who_left() -> Sequence[Row[Any]]:
    """Open relations of which one does not work here any more."""
    return db.session.execute(_WHO_LEFT).all()


# Mentor programmes ------------------------------------------------------------------------------------------

_PROGRAMME = """pr.*, mine.role, mine.skills AS my_skills, mine.wish"""
_MY_PLACE = """LEFT JOIN mentor_place mine ON mine.programme_id = pr.id AND mine.person_id = :person
    AND mine.left_at IS NULL"""
_PROGRAMMES = text(f"""
    SELECT {_PROGRAMME} FROM mentor_programme pr {_MY_PLACE}
    WHERE (pr.open AND pr.ends_on >= :today) OR mine.role IS NOT NULL OR :all
    ORDER BY pr.open DESC, pr.starts_on DESC, pr.id DESC LIMIT 60
""")
_ONE_PROGRAMME = text(f"SELECT {_PROGRAMME} FROM mentor_programme pr {_MY_PLACE} WHERE pr.id = :id")
_PLACE = """pl.programme_id, pl.person_id, pl.role, pl.skills, pl.wish, p.name, p.handle, p.job, p.team_id,
    p.manager_id, t.name AS team,
    (SELECT count(*) FROM mentor_pair mp WHERE mp.programme_id = pl.programme_id
     AND mp.state IN ('proposed', 'paired') AND pl.person_id IN (mp.mentor_id, mp.mentee_id)) AS pairs"""
_PLACE_FROM = """FROM mentor_place pl JOIN person p ON p.id = pl.person_id AND p.active AND p.erased_at IS NULL
    LEFT JOIN unit t ON t.id = p.team_id"""
_PLACES = text(f"""
    SELECT {_PLACE} {_PLACE_FROM}
    WHERE pl.programme_id = :id AND pl.left_at IS NULL ORDER BY p.sort_name, p.id LIMIT 1000
""")
_PLACES_OF = text(f"""
    SELECT {_PLACE} {_PLACE_FROM}
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])) AS w(id, person_id)
        ON pl.programme_id = w.id AND pl.person_id = w.person_id
    WHERE pl.left_at IS NULL
""")
_PAIR = """mp.id, mp.programme_id, mp.mentor_id, mp.mentee_id, mp.state, mp.proposed_at, mp.mentor_at, mp.mentee_at,
    mp.guidance_id, mentor.name AS mentor, mentee.name AS mentee, mentor.handle AS mentor_handle,
    mentee.handle AS mentee_handle, mentor.active AND mentee.active AS here, pr.name AS programme, pr.starts_on,
    pr.ends_on, mentor.job AS mentor_job, mentee.job AS mentee_job"""
_PAIR_FROM = """FROM mentor_pair mp JOIN person mentor ON mentor.id = mp.mentor_id
    JOIN person mentee ON mentee.id = mp.mentee_id JOIN mentor_programme pr ON pr.id = mp.programme_id"""
_PAIRS = text(f"""
    SELECT {_PAIR} {_PAIR_FROM} WHERE mp.programme_id = :id AND mp.state IN ('proposed', 'paired')
    ORDER BY mp.state DESC, mentee.sort_name, mp.id LIMIT 1000
""")
_MY_PAIRS = text(f"""
    SELECT {_PAIR} {_PAIR_FROM} WHERE :person IN (mp.mentor_id, mp.mentee_id) AND mp.state IN ('proposed', 'paired')
    ORDER BY mp.proposed_at DESC, mp.id DESC LIMIT 50
""")
_THESE_PAIRS = text(f"SELECT {_PAIR} {_PAIR_FROM} WHERE mp.id = ANY(CAST(:ids AS bigint[])) ORDER BY mp.id")
_MONTHS = text("""
    SELECT to_char(m.starts_at AT TIME ZONE :zone, 'YYYY-MM') AS month, count(*) AS meetings,
           count(DISTINCT mp.id) AS pairs
    FROM mentor_pair mp JOIN guidance_meeting m ON m.guidance_id = mp.guidance_id AND m.state = 'confirmed'
    WHERE mp.programme_id = :id GROUP BY 1 ORDER BY 1 DESC LIMIT 24
""")
_EVER = text("SELECT count(*) FROM mentor_pair WHERE programme_id = :id AND guidance_id IS NOT NULL")


def programmes(person_id: int, today: Any, *, all_of_them: bool = False) -> Sequence[Row[Any]]:
    """Programmes that are open, and those in which one takes part."""
    told = {"person": person_id, "today": today, "all": all_of_them}
    return db.session.execute(_PROGRAMMES, told).all()


def programme(programme_id: int, *, person_id: int) -> Row[Any]:
    """One mentor programme and how this person stands in it; raises `NotFound`."""
    row = db.session.execute(_ONE_PROGRAMME, {"id": programme_id, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def places(programme_id: int) -> Sequence[Row[Any]]:
    """Who takes part, for L&D who brings them together."""
    return db.session.execute(_PLACES, {"id": programme_id}).all()


def pairs(programme_id: int) -> Sequence[Row[Any]]:
    """The pairs of a programme, for L&D who brings them together."""
    return db.session.execute(_PAIRS, {"id": programme_id}).all()


def pairs_of(person_id: int) -> Sequence[Row[Any]]:
    """The pairs in which this person is, or is asked to be."""
    return db.session.execute(_MY_PAIRS, {"person": person_id}).all()


def places_of(asked: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Row[Any]]:
    """Of these (programme, person) who takes part, and in how many pairs they are."""
    wanted = sorted(asked)
    told = {"ids": array(id for id, _ in wanted), "people": array(person for _, person in wanted)}
    return {(row.programme_id, row.person_id): row for row in db.session.execute(_PLACES_OF, told)}


def pairs_by_id(pair_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """These pairs, as far as they are there."""
    rows = db.session.execute(_THESE_PAIRS, {"ids": array(sorted(set(pair_ids)))})
    return {row.id: row for row in rows}


def pair(pair_id: int, *, person_id: int | None = None) -> Row[Any]:
    """A pair: one's own, or without a person any."""
    found = pairs_by_id([pair_id]).get(pair_id)
    if found is None or person_id not in (None, found.mentor_id, found.mentee_id):
        raise NotFound(NOT_THERE)
    return found


def months(programme_id: int, zone: str) -> list[dict[str, Any]]:
    """Meetings of a programme per month; None where so few pairs met that one would know whose they are."""
    rows = db.session.execute(_MONTHS, {"id": programme_id, "zone": zone})
    return [
        {
            "month": one.month,
            "day": date.fromisoformat(f"{one.month}-01"),
            "meetings": one.meetings if one.pairs >= rules.FEWEST else None,
        }
        for one in rows
    ]


def formed(programme_id: int) -> int:
    """How many pairs there have been."""
    return db.session.scalar(_EVER, {"id": programme_id}) or 0
