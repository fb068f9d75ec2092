"""`verify`: every invariant of the data and of the boards, checked from the ground up.

A check is a query that finds what is wrong, or a function that says it. Nothing is mended here. All of it looks at
one moment, so that nobody who is at work meanwhile makes it find what is not wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from redis import RedisError
from sqlalchemy import func, select, text

from app.activities import records
from app.audit import seals
from app.badges.anew import decide_anew
from app.badges.awarding import Decision
from app.config import settings
from app.db import db
from app.facts.models import Fact
from app.leaderboards import actions as leaderboards
from app.people.models import Person
from app.points.models import LedgerEntry
from app.privacy import replaying
from app.privacy.gone import NOBODY
from app.reviews import dossier

MOST_SHOWN = 20
CHUNK = 500
STUCK = timedelta(minutes=5)
BOARDS = "boards are what the ledger says"

_TWICE = """
    SELECT 'person ' || person_id || ' completed activity ' || activity_id || ' ' || count(*) || ' times at once'
    FROM completion WHERE state IN ('waiting', 'confirmed')
    GROUP BY person_id, activity_id, edition HAVING count(*) > 1
"""
_PRESENT = """
    WITH present AS (
        SELECT 'attendance:' || date_id || ':' || person_id || ':' || round AS source FROM attendance WHERE present
    ), told AS (
        SELECT source FROM completion_support WHERE withdrawn_at IS NULL AND source LIKE 'attendance:%'
    )
    SELECT source || CASE WHEN told.source IS NULL THEN ' supports no completion' ELSE ' was taken away' END
    FROM present FULL JOIN told USING (source) WHERE present.source IS NULL OR told.source IS NULL
"""
_GROUNDS = """
    WITH due AS (
        SELECT CASE origin WHEN 'history' THEN 'history:' ELSE 'completion:' END || id
               || CASE WHEN round > 1 THEN ':' || round ELSE '' END AS source, person_id
        FROM completion WHERE state = 'confirmed'
        UNION ALL
        SELECT 'kudos:' || kudos_id || ':' || person_id, person_id FROM kudos_receiver
        UNION ALL
        SELECT 'lesson:' || id, author_id FROM lesson
        WHERE counts AND (deleted_at IS NULL OR going_at IS NOT NULL) AND author_id IS NOT NULL
        UNION ALL
        SELECT 'applied:' || a.lesson_id || ':' || a.person_id || ':' || a.round, l.author_id
        FROM lesson_application a JOIN lesson l ON l.id = a.lesson_id
        WHERE a.ended_at IS NULL AND l.counts AND (l.deleted_at IS NULL OR l.going_at IS NOT NULL)
          AND l.author_id IS NOT NULL
        UNION ALL
        SELECT 'programme:' || programme_id || ':' || person_id || CASE WHEN round > 1 THEN ':' || round ELSE '' END,
               person_id
        FROM programme_follower WHERE completed_at IS NOT NULL
        UNION ALL
        SELECT 'goal:' || id || CASE WHEN round > 1 THEN ':' || round ELSE '' END, person_id
        FROM goal WHERE counted_at IS NOT NULL
        UNION ALL
        SELECT 'use:' || completion_id, person_id FROM learning_use
        UNION ALL
        SELECT 'feedback:' || id || ':' || round, giver_id FROM feedback WHERE helped_at IS NOT NULL
        UNION ALL
        SELECT 'recognition:' || v.recognition_id || ':' || v.person_id, v.person_id
        FROM recognition_receiver v JOIN recognition r ON r.id = v.recognition_id WHERE r.withdrawn_at IS NULL
        UNION ALL
        SELECT 'guidance:' || g.id || ':' || m.id, g.guide_id
        FROM guidance_meeting m JOIN guidance g ON g.id = m.guidance_id WHERE m.state = 'confirmed' AND m.counted > 0
    ), standing AS (
        SELECT source, person_id FROM fact WHERE withdrawn_at IS NULL AND in_unit
    )
    SELECT source || CASE WHEN standing.source IS NULL THEN ' is no standing fact of ' ELSE
           ' stands without its ground as a fact of ' END || 'person ' || person_id
    FROM due FULL JOIN standing USING (source, person_id)
    WHERE standing.source IS NULL
       OR due.source IS NULL AND person_id NOT IN (SELECT id FROM person WHERE erased_at IS NOT NULL)
"""
# Without a join: after a large import nobody has counted the rows yet, and a plan made for a few takes for ever.
_ONE_ENTRY = """
    SELECT 'fact ' || id || ' has ' || sum(entries) || ' standing entries'
    FROM (SELECT id, 0 AS entries, CASE WHEN withdrawn_at IS NULL THEN 1 ELSE 0 END AS due FROM fact
          UNION ALL
          SELECT fact_id, CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END, 0
          FROM ledger_entry WHERE fact_id IS NOT NULL) AS both_of_them
    GROUP BY id HAVING sum(entries) <> sum(due)
"""
_ENTRY_GROUNDS = """
    SELECT 'entry ' || l.id || ' of person ' || l.person_id || ' has no fact or award of theirs'
    FROM ledger_entry l LEFT JOIN fact f ON f.id = l.fact_id LEFT JOIN award a ON a.id = l.award_id
    WHERE l.person_id IS DISTINCT FROM coalesce(f.person_id, a.person_id)
       OR l.person_id <> a.person_id OR (l.fact_id IS NULL) = (l.award_id IS NULL)
"""
_REVERSALS = """
    SELECT 'entry ' || r.id || ' does not reverse entry ' || l.id || ' exactly'
    FROM ledger_entry r JOIN ledger_entry l ON l.id = r.reverses_id
    WHERE r.points <> -l.points OR r.person_id <> l.person_id OR r.earned_at <> l.earned_at OR r.skills <> l.skills
"""
_AWARD_POINTS = """
    SELECT 'award ' || a.id || ' carries ' || CASE WHEN a.revoked_at IS NULL THEN a.points ELSE 0 END
           || ' points and the ledger has ' || coalesce(sum(l.points), 0)
    FROM award a LEFT JOIN ledger_entry l ON l.award_id = a.id
    GROUP BY a.id HAVING coalesce(sum(l.points), 0) <> CASE WHEN a.revoked_at IS NULL THEN a.points ELSE 0 END
"""
_AWARDS_TWICE = """
    SELECT 'person ' || person_id || ' holds tier ' || tier || ' of badge ' || achievement_id || ' ' || count(*)
           || ' times' || CASE period_key WHEN '' THEN '' ELSE ' in ' || period_key END
    FROM award WHERE revoked_at IS NULL
    GROUP BY person_id, achievement_id, tier, period_key HAVING count(*) > 1
"""
_AWARD_GROUND = """
    SELECT 'award ' || a.id || ' rests on fact ' || e.fact_id || ', which does not stand'
    FROM award a CROSS JOIN LATERAL unnest(a.evidence) AS e(fact_id)
    LEFT JOIN fact f ON f.id = e.fact_id AND f.person_id = a.person_id AND f.withdrawn_at IS NULL
    WHERE a.revoked_at IS NULL AND f.id IS NULL
"""
_WINDOWS = """
    WITH told AS (
        SELECT person_id, s.skill_id, w.win, sum(points) AS points,
               sum(points) FILTER (WHERE kind = 'kudos_received') AS kudos
        FROM ledger_entry
        CROSS JOIN LATERAL (SELECT 0 UNION ALL SELECT unnest(skills)) AS s(skill_id)
        CROSS JOIN LATERAL (VALUES (to_char(day, 'IYYY"-W"IW')), (to_char(day, 'YYYY-MM')), (to_char(day, 'YYYY"-Q"Q')),
                                   (to_char(day, 'YYYY')), ('all')) AS w(win)
        GROUP BY 1, 2, 3
    ), wide AS (
        SELECT person_id, 0 AS skill_id, w.* FROM person_total
        CROSS JOIN LATERAL (VALUES {values}) AS w(win, points, kudos)
        UNION ALL
        SELECT person_id, skill_id, w.* FROM skill_total
        CROSS JOIN LATERAL (VALUES {values}) AS w(win, points, kudos)
        UNION ALL
        SELECT person_id, skill_id, "window", points, kudos FROM period_total
    ), kept AS (
        SELECT person_id, skill_id, win, sum(points) AS points, sum(kudos) AS kudos
        FROM wide WHERE win <> '' GROUP BY 1, 2, 3
    )
    SELECT 'person ' || person_id || ', skill ' || skill_id || ', ' || win
           || ': the ledger has ' || coalesce(told.points, 0) || ', the totals ' || coalesce(kept.points, 0)
    FROM told FULL JOIN kept USING (person_id, skill_id, win)
    WHERE coalesce(told.points, 0) <> coalesce(kept.points, 0) OR coalesce(told.kudos, 0) <> coalesce(kept.kudos, 0)
""".format(
    values=", ".join(f"({w}_key, {w}, {w}_kudos)" for w in ("week", "month", "quarter", "year"))
    + ", ('all', all_time, all_time_kudos)"
)
_CAPS = """
    WITH capped AS (
        SELECT k.key AS kind, max(CAST(k.value ->> :cap AS int)) AS cap, bool_and(k.value ? :cap) AS always
        FROM point_rules CROSS JOIN LATERAL jsonb_each(rules -> 'kinds') AS k GROUP BY 1
    )
    SELECT 'person ' || l.person_id || ' has ' || sum(l.points) || ' for ' || l.kind || ' in ' || {span}
           || ', over the cap'
    FROM ledger_entry l JOIN capped c ON c.kind = l.kind AND c.always
    GROUP BY l.person_id, l.kind, c.cap, {span} HAVING sum(l.points) > c.cap
"""
_COUNTS = """
    WITH told AS (
        SELECT person_id, key, count(*) AS n FROM fact
        CROSS JOIN LATERAL (SELECT kind UNION ALL SELECT kind || ':' || activity_kind WHERE activity_kind IS NOT NULL
                            UNION ALL SELECT kind || '@' || s FROM unnest(lineage) AS s) AS k(key)
        WHERE withdrawn_at IS NULL GROUP BY 1, 2
    ), kept AS (
        SELECT person_id, key, CAST(value AS bigint) AS n FROM person_total CROSS JOIN LATERAL jsonb_each_text(counts)
    )
    SELECT 'person ' || person_id || ': ' || coalesce(told.n, 0) || ' facts of ' || key
           || ', the totals row has ' || coalesce(kept.n, 0)
    FROM told FULL JOIN kept USING (person_id, key) WHERE coalesce(told.n, 0) <> coalesce(kept.n, 0)
"""
_ALLOWANCE = """
    WITH told AS (
        SELECT giver_id, to_char(given_at AT TIME ZONE :zone, 'YYYY-MM') AS month,
               sum(n) FILTER (WHERE NOT from_pool) AS n, count(*) FILTER (WHERE from_pool) AS teams
        FROM kudos CROSS JOIN LATERAL (SELECT count(*) AS n FROM kudos_receiver WHERE kudos_id = kudos.id) AS r
        WHERE undone_at IS NULL GROUP BY 1, 2
    )
    SELECT 'person ' || giver_id || ' thanked ' || coalesce(n, 0) || ' in ' || month
           || ', the allowance says ' || coalesce(spent, 0)
           || CASE WHEN coalesce(told.teams, 0) <> coalesce(kept.teams, 0) THEN '; and ' || coalesce(told.teams, 0)
              || ' teams, it says ' || coalesce(kept.teams, 0) ELSE '' END
    FROM told FULL JOIN kudos_allowance kept USING (giver_id, month)
    WHERE coalesce(n, 0) <> coalesce(spent, 0) OR coalesce(told.teams, 0) <> coalesce(kept.teams, 0)
"""
_TOLD_BY = """
    SELECT name, setting FROM pg_settings WHERE name IN (
        'track_commit_timestamp', 'log_statement', 'log_min_duration_statement', 'log_min_duration_sample',
        'log_parameter_max_length')
"""
_OUTBOX = """
    SELECT 'outbox row ' || id || ' (' || event || ') waits since ' || published_at
    FROM outbox WHERE handed_on_at IS NULL AND published_at < :stuck
"""
# The worker lets them go; while it rests they are out of sight, and keep their files and what they earned.
_GOING = """
    SELECT 'lesson ' || id || ' was to be gone at ' || going_at FROM lesson WHERE going_at < :stuck ORDER BY id
"""
_JOBS = """
    SELECT 'job ' || id || ' (' || task_name || ') failed after ' || attempts || ' tries'
    FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id
"""


_ERASED = f"""
    SELECT 'person ' || p.id || ' was erased, and there is still something of them'
    FROM person p WHERE p.erased_at IS NOT NULL AND (
        p.name <> '{NOBODY}' OR p.active OR num_nonnulls(p.external_id, p.email, p.password_hash) > 0
        OR EXISTS (SELECT FROM person_key k WHERE k.person_id = p.id)
        OR EXISTS (SELECT FROM identity i WHERE i.person_id = p.id)
        OR EXISTS (SELECT FROM lesson l WHERE l.author_id = p.id
                   AND (l.deleted_at IS NULL OR l.going_at IS NOT NULL))
        OR NOT EXISTS (SELECT FROM erasure e WHERE e.person_id = p.id))
"""


@dataclass(frozen=True)
class Found:
    """What is wrong, and how much was checked."""

    wrong: list[str]
    checked: dict[str, int]
    notes: list[str]


def verify(at: datetime) -> Found:
    """Check everything; `wrong` is empty when all is well."""
    db.session.rollback()
    _hold_still()
    wrong = [f"{name}: {what}" for name, check in checks(at) for what in _first(check())]
    checked, notes = _sizes(), _notes()
    wrong += [f"{BOARDS}: {what}" for what in _first(iter(leaderboards.check(at)))]
    return Found(wrong, checked, notes)


def checks(at: datetime) -> list[tuple[str, Callable[[], Iterator[str]]]]:
    """What must hold in the database, each with how it is found that it does not."""
    return [
        ("completions follow from their supports", records.astray),
        ("each dossier is what was frozen", lambda: (one for one in dossier.check() if isinstance(one, str))),
        ("nothing is completed twice", lambda: _rows(_TWICE)),
        ("who was there has completed it, on a word that stands", lambda: _rows(_PRESENT)),
        ("what happened is one fact, and each fact has happened", lambda: _rows(_GROUNDS)),
        ("each fact has one standing entry", lambda: _rows(_ONE_ENTRY)),
        ("each entry has its ground", lambda: _rows(_ENTRY_GROUNDS)),
        ("each reversal is exact", lambda: _rows(_REVERSALS)),
        ("totals are what the ledger says", lambda: _rows(_WINDOWS)),
        ("caps a day hold", lambda: _rows(_CAPS.format(span="CAST(l.day AS text)"), cap="cap_day")),
        (
            "caps a week hold",
            lambda: _rows(_CAPS.format(span="to_char(l.day, 'IYYY\"-W\"IW')"), cap="cap_week"),
        ),
        ("counts are what the log says", lambda: _rows(_COUNTS)),
        ("no badge is held twice", lambda: _rows(_AWARDS_TWICE)),
        ("awards carry the points of their entries", lambda: _rows(_AWARD_POINTS)),
        ("awards rest on facts that stand", lambda: _rows(_AWARD_GROUND)),
        ("awards are what the rules give", lambda: _awards(at)),
        ("allowances are what was given", lambda: _rows(_ALLOWANCE, zone=settings().timezone)),
        ("who was erased is an empty number", lambda: _rows(_ERASED)),
        ("nobody is back who was erased", _back),
        ("deleted lessons are gone in time", lambda: _rows(_GOING, stuck=at - STUCK)),
        ("the outbox moves", lambda: _rows(_OUTBOX, stuck=at - STUCK)),
        ("jobs get done", lambda: _rows(_JOBS)),
        ("seals hold", seals.broken),
    ]


def _back() -> Iterator[str]:
    """The rest of verify does not know what stands outside of the database."""
    if replaying.is_behind():
        yield "the list of erasures names somebody who is here: start the worker, or replay it"


def _hold_still() -> None:
    """Look at one moment from here on, and change nothing. The boards are compared at a moment of their own."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    db.session.connection(execution_options=options)


def _first(found: Iterator[str]) -> Sequence[str]:
    shown = []
    for number, what in enumerate(found):
        if number == MOST_SHOWN:
            shown.append("… and more")
            break
        shown.append(what)
    return shown


def _rows(sql: str, **parameters: object) -> Iterator[str]:
    """The statements of this module, each finding one sentence a row."""
    for (what,) in db.session.execute(text(sql), parameters):
        yield what


def _awards(at: datetime) -> Iterator[str]:
    """Decide everything anew from the log, write nothing, and say what would change."""
    ids = list(db.session.scalars(select(Person.id).order_by(Person.id)))
    for start in range(0, len(ids), CHUNK):
        decision = Decision(at)
        decide_anew(decision, ids[start : start + CHUNK])
        for person, one in decision.new:
            if one.retroactive:  # given by `badges backfill`, when somebody asks for it
                continue
            yield f"person {person} has earned {one.tier.achievement_id}, tier {one.tier.tier}, and does not hold it"
        for award, _ in decision.moved:
            yield f"award {award.id} should have another moment, evidence or points"
        for award_id in decision.revoked:
            yield f"award {award_id} has not been earned"


def _sizes() -> dict[str, int]:
    def count(model: type) -> int:
        return db.session.scalar(select(func.count()).select_from(model)) or 0

    return {"people": count(Person), "facts": count(Fact), "ledger entries": count(LedgerEntry)}


def _notes() -> list[str]:
    notes = [
        f"the {role} database role is the web's own"
        for role in current_app.extensions["settings"].roles_shared
    ]
    notes += [
        f"{rows} rows of the {log} log are not sealed yet" for log, rows in seals.unsealed().items() if rows
    ]
    return notes + _telling({name: said for name, said in db.session.execute(text(_TOLD_BY))}) + _evicting()


def _telling(told: dict[str, str]) -> list[str]:
    """What a database can write down beside its rows, from which the author of a lesson without a name can be read."""
    found = []
    if told["track_commit_timestamp"] == "on":
        found.append("the database keeps the moment of each transaction (track_commit_timestamp)")
    statements = told["log_statement"] in ("all", "mod") or any(
        told[name] != "-1" for name in ("log_min_duration_statement", "log_min_duration_sample")
    )
    if statements and told["log_parameter_max_length"] != "0":
        found.append("the database logs the values of statements (log_parameter_max_length is not 0)")
    return found


def _evicting() -> list[str]:
    """A Redis that drops keys when it is full leaves boards that look whole and are not."""
    try:
        told = current_app.extensions["redis"].config_get("maxmemory*")
    except RedisError:  # away, or a service that does not tell
        return []
    policy = told.get("maxmemory-policy", "noeviction")
    if policy == "noeviction" or int(told.get("maxmemory", 0)) == 0:
        return []
    return [f"Redis drops keys when it is full ({policy}); set maxmemory-policy noeviction"]
