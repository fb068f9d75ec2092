"""Team sums: what happened while people were in a team, per window; kept in a table, made anew team by team.

Who stays in one team for a whole window gives it their total of that window. Who changed teams within it, or earned
what may not tell a unit, has a row per team in `team_share`, summed from the ledger with the team of each fact's
moment. The projector writes the shares of
whom it claims and says which teams are due; one worker at a time makes those anew from the totals, so that doing it
twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Boolean, DateTime, Text

from app.config import timezone
from app.db import db
from app.leaderboards import store
from leaderboards.periods import KINDS, bounds

IDS = bindparam("ids", type_=ARRAY(BigInteger()))
_TEXTS, _MOMENTS = ARRAY(Text()), ARRAY(DateTime(timezone=True))
_WIN = """win AS (
        SELECT * FROM unnest(:keys, :kinds, :sinces, :untils, :closed) AS w(key, kind, since, until, closed)
    )"""
_WINDOWS = (
    bindparam("keys", type_=_TEXTS),
    bindparam("kinds", type_=_TEXTS),
    bindparam("sinces", type_=_MOMENTS),
    bindparam("untils", type_=_MOMENTS),
    bindparam("closed", type_=ARRAY(Boolean())),
)

# Shares ---------------------------------------------------------------------------------------------------------------

# What a person of these earned in each team, in windows within which they changed it, or earned what is no team's.
_SPLIT = f"""
    {_WIN}, split AS (
        SELECT p.person_id, w.key, w.since, w.until
        FROM (SELECT m.person_id, min(m.since) AS first FROM membership m
              WHERE (CAST(:ids AS bigint[]) IS NULL OR m.person_id = ANY(:ids))
              GROUP BY 1 HAVING count(*) > 1) p
        CROSS JOIN win w
        WHERE EXISTS (SELECT FROM membership m WHERE m.person_id = p.person_id AND m.since > p.first
                      AND m.since > w.since AND m.since < w.until)
        UNION
        SELECT f.person_id, w.key, w.since, w.until FROM fact f
        JOIN win w ON f.happened_at >= w.since AND f.happened_at < w.until
        WHERE NOT f.in_unit AND (CAST(:ids AS bigint[]) IS NULL OR f.person_id = ANY(:ids))
    ), told AS (
        SELECT s.person_id, s.key AS "window",
               coalesce(CASE WHEN l.fact_id IS NULL THEN m.team_id ELSE f.team_id END, 0) AS team_id,
               sum(l.points) AS points, coalesce(sum(l.points) FILTER (WHERE l.kind = 'kudos_received'), 0) AS kudos
        FROM split s
        JOIN ledger_entry l ON l.person_id = s.person_id AND l.earned_at >= s.since AND l.earned_at < s.until
        LEFT JOIN fact f ON f.id = l.fact_id
        LEFT JOIN LATERAL (SELECT team_id FROM membership
                           WHERE l.fact_id IS NULL AND membership.person_id = s.person_id AND since <= l.earned_at
                           ORDER BY since DESC, id DESC LIMIT 1) m ON true
        GROUP BY 1, 2, 3
    )
"""
_WRITE_SHARES = text(f"""
    WITH {_SPLIT}, gone AS (
        DELETE FROM team_share t WHERE (CAST(:ids AS bigint[]) IS NULL OR t.person_id = ANY(:ids))
        AND NOT EXISTS (SELECT FROM told WHERE told.person_id = t.person_id AND told."window" = t."window"
                        AND told.team_id = t.team_id)
    )
    INSERT INTO team_share (person_id, "window", team_id, points, kudos) SELECT * FROM told
    ON CONFLICT (person_id, "window", team_id) DO UPDATE SET points = excluded.points, kudos = excluded.kudos
    WHERE (team_share.points, team_share.kudos) <> (excluded.points, excluded.kudos)
""").bindparams(IDS, *_WINDOWS)
_WRONG_SHARES = text(f"""
    WITH {_SPLIT}
    SELECT person_id, "window", team_id, coalesce(told.points, 0) AS expected, coalesce(kept.points, 0) AS found
    FROM told FULL JOIN team_share kept USING (person_id, "window", team_id)
    WHERE (told.points, told.kudos) IS DISTINCT FROM (kept.points, kept.kudos) ORDER BY 1, 2, 3
""").bindparams(IDS, *_WINDOWS)

# A person touches every team in which they ever were: late news may belong to each.
_DUE = text("""
    INSERT INTO team_due (team_id, urgent, closed)
    SELECT m.team_id, bool_or(m.person_id = ANY(:moved)), bool_or(m.person_id = ANY(:moved)) FROM membership m
    WHERE m.person_id = ANY(:ids) AND m.team_id IS NOT NULL GROUP BY 1
""").bindparams(IDS, bindparam("moved", type_=ARRAY(BigInteger())))


def note(people: Mapping[int, bool], now: datetime) -> None:
    """Write the shares of these people, whom the caller has claimed, and say which teams are due.

    True: they moved, made a choice, or have news of a window that is closed.
    """
    ids = list(people)
    db.session.execute(_WRITE_SHARES, {"ids": ids, **windows(now)})
    db.session.execute(_DUE, {"ids": ids, "moved": [id for id, moved in people.items() if moved]})


def windows(now: datetime, *, closed: bool = True) -> dict[str, Any]:
    """What `win` asks for: the windows that are kept, or those of now."""
    current = set(store.current(now).values())
    kept = {key: kind for key, kind in store.kept(now).items() if closed or key in current}
    spans = {key: bounds(kind, key, timezone()) for key, kind in kept.items()}
    return {
        "keys": list(kept),
        "kinds": list(kept.values()),
        "sinces": [spans[key][0] for key in kept],
        "untils": [spans[key][1] for key in kept],
        "closed": [key not in current for key in kept],
    }


# Sums -----------------------------------------------------------------------------------------------------------------

_TOTAL = "CASE w.kind {} END".format(
    " ".join(
        f"WHEN '{kind}' THEN CASE WHEN {store.columns(kind)[0]} = w.key THEN {{{place}}} END"
        for place, kind in enumerate(KINDS)
    )
)
_POINTS = _TOTAL.format(*(f"t.{store.columns(kind)[1]}" for kind in KINDS))
_KUDOS = _TOTAL.format(*(f"t.{store.columns(kind)[2]}" for kind in KINDS))

# Everybody who ever worked in these teams and is not out: what they gave each window, and whether they are in it.
_MADE = f"""
    {_WIN}, who AS (
        SELECT DISTINCT m.team_id, m.person_id FROM membership m WHERE m.team_id IS NOT NULL AND {{which}}
    ), placed AS (
        SELECT w.key, w.kind, who.team_id, who.person_id, p.hours_per_week, p.active AND p.erased_at IS NULL AS here,
               CASE WHEN w.closed THEN (SELECT m.team_id FROM membership m
                                        WHERE m.person_id = who.person_id AND m.since < w.until
                                        ORDER BY since DESC, id DESC LIMIT 1)
                    ELSE p.team_id END IS NOT DISTINCT FROM who.team_id AS in_it
        FROM who JOIN person p ON p.id = who.person_id AND p.board_choice IS DISTINCT FROM 'out' CROSS JOIN win w
    ), given AS (
        SELECT w.key, w.team_id, w.in_it AND w.here AS counts, w.hours_per_week,
               CASE WHEN s.split THEN s.points WHEN w.in_it THEN coalesce({_POINTS}, 0) + coalesce(c.points, 0)
                    ELSE 0 END AS points,
               CASE WHEN s.split THEN s.kudos WHEN w.in_it THEN coalesce({_KUDOS}, 0) + coalesce(c.kudos, 0)
                    ELSE 0 END AS kudos
        FROM placed w
        JOIN person_total t ON t.person_id = w.person_id
        LEFT JOIN period_total c ON c.person_id = w.person_id AND c.skill_id = 0 AND c."window" = w.key
        CROSS JOIN LATERAL (
            SELECT count(*) > 0 AS split, coalesce(sum(points) FILTER (WHERE team_id = w.team_id), 0) AS points,
                   coalesce(sum(kudos) FILTER (WHERE team_id = w.team_id), 0) AS kudos
            FROM team_share WHERE team_share.person_id = w.person_id AND team_share."window" = w.key) s
    ), made AS (
        SELECT key AS "window", team_id, CAST(sum(points) AS bigint) AS points, CAST(sum(kudos) AS bigint) AS kudos,
               count(*) FILTER (WHERE counts) AS size,
               coalesce(sum(hours_per_week) FILTER (WHERE counts), 0) AS hours,
               count(*) FILTER (WHERE counts AND hours_per_week IS NULL) AS unsaid
        FROM given GROUP BY 1, 2
    )
"""
_SUMS = _MADE.format(which="(CAST(:ids AS bigint[]) IS NULL OR m.team_id = ANY(:ids))")
_WRITE_SUMS = text(f"""
    WITH {_SUMS}
    INSERT INTO team_sum ("window", team_id, points, kudos, size, hours, unsaid) SELECT * FROM made
    ON CONFLICT ("window", team_id) DO UPDATE
    SET points = excluded.points, kudos = excluded.kudos, size = excluded.size, hours = excluded.hours,
        unsaid = excluded.unsaid
    WHERE (team_sum.points, team_sum.kudos, team_sum.size, team_sum.hours, team_sum.unsaid)
          <> (excluded.points, excluded.kudos, excluded.size, excluded.hours, excluded.unsaid)
""").bindparams(IDS, *_WINDOWS)
_WRONG_SUMS = text(f"""
    WITH {_SUMS}
    SELECT "window", team_id, coalesce(made.points, 0) AS expected, coalesce(kept.points, 0) AS found
    FROM (SELECT * FROM made WHERE points <> 0) made
    FULL JOIN (SELECT * FROM team_sum WHERE points <> 0) kept USING ("window", team_id)
    WHERE (made.points, made.kudos, made.size, made.hours, made.unsaid)
          IS DISTINCT FROM (kept.points, kept.kudos, kept.size, kept.hours, kept.unsaid)
    ORDER BY 1, 2
""").bindparams(IDS, *_WINDOWS)
# All rows of some teams, or one that stays would make a team anew for nothing.
_TAKE_DUE = text("""
    WITH first AS (SELECT DISTINCT team_id FROM (SELECT team_id FROM team_due ORDER BY id LIMIT :most) some_due)
    DELETE FROM team_due d USING first WHERE d.team_id = first.team_id RETURNING d.team_id, d.closed
""")
_ALL_DUE = text("""
    INSERT INTO team_due (team_id, urgent, closed) SELECT DISTINCT team_id, false, true FROM membership
    WHERE team_id IS NOT NULL
""")
AT_ONCE = 500
_FORGET = text('DELETE FROM team_sum WHERE "window" <> ALL(:keys)').bindparams(
    bindparam("keys", type_=_TEXTS)
)


def make_due(now: datetime) -> int:
    """Make the sums of some teams that are due anew; says of how many. The caller lets nobody else do it meanwhile."""
    due: dict[int, bool] = {}
    for row in db.session.execute(_TAKE_DUE, {"most": AT_ONCE}):
        due[row.team_id] = due.get(row.team_id, False) or row.closed
    for closed, wanted in ((True, windows(now)), (False, windows(now, closed=False))):
        ids = sorted(team for team, old in due.items() if old == closed)
        if ids:
            db.session.execute(_WRITE_SUMS, {"ids": ids, **wanted})
    return len(due)


def begin_anew(now: datetime) -> None:
    """Make all shares anew, and let all sums be due; the caller keeps projectors away."""
    db.session.execute(text("DELETE FROM team_due"))
    db.session.execute(text("DELETE FROM team_sum"))
    db.session.execute(_WRITE_SHARES, {"ids": None, **windows(now)})
    db.session.execute(_ALL_DUE)


def forget(now: datetime) -> None:
    """Drop the sums of windows that are kept no more."""
    db.session.execute(_FORGET, {"keys": list(store.kept(now))})


def wrong(now: datetime, under_way: Iterable[int]) -> list[str]:
    """Where shares and sums differ from the ledger, in words; teams of news under way are left out."""
    known, busy = {"ids": None, **windows(now)}, set(under_way)
    keys = set(known["keys"])
    found = [
        f"team {row.team_id} {row.window}: person {row.person_id} earned {row.expected} there, it says {row.found}"
        for row in db.session.execute(_WRONG_SHARES, known)
        if row.person_id not in busy and row.window in keys
    ]
    skipped = set(db.session.scalars(_TEAMS_OF, {"ids": sorted(busy)}))
    skipped |= set(db.session.scalars(text("SELECT team_id FROM team_due")))
    return found + [
        f"team {row.team_id} {row.window}: the ledger has {row.expected}, the sum {row.found}, or its people differ"
        for row in db.session.execute(_WRONG_SUMS, known)
        if row.team_id not in skipped and row.window in keys
    ]


_TEAMS_OF = text(
    "SELECT DISTINCT team_id FROM membership WHERE person_id = ANY(:ids) AND team_id IS NOT NULL"
).bindparams(IDS)

# Reading --------------------------------------------------------------------------------------------------------------

# Points per full-time colleague of those who take part, so that a small team has the same chance; from five on.
# Teams in which somebody's move or choice is not counted yet are counted at once.
_URGENT = """
    SELECT team_id FROM team_due WHERE urgent
    UNION
    SELECT m.team_id FROM outbox o
    CROSS JOIN LATERAL jsonb_array_elements(CAST(o.body AS jsonb)) AS e
    JOIN membership m ON m.person_id = CAST(e ->> 'person_id' AS bigint) AND m.team_id IS NOT NULL
    WHERE o.handed_on_at IS NULL AND o.event = 'PersonMoved'
"""
_STANDING = text(f"""
    WITH urgent AS MATERIALIZED ({_URGENT}), {_MADE.format(which="m.team_id IN (SELECT team_id FROM urgent)")}
    , seen AS (
        SELECT team_id, points, kudos, size, hours, unsaid FROM team_sum
        WHERE "window" = :window AND team_id NOT IN (SELECT team_id FROM urgent)
        UNION ALL SELECT team_id, points, kudos, size, hours, unsaid FROM made
    ), team AS (
        SELECT u.id, u.name, s.size,
               CAST(round((s.points - CASE WHEN o.kudos_on_boards THEN 0 ELSE s.kudos END) * o.full_time_hours
                          / (s.hours + s.unsaid * o.full_time_hours)) AS bigint) AS points
        FROM seen s
        CROSS JOIN LATERAL (SELECT id, name, parent_id FROM unit WHERE id = s.team_id OFFSET 0) u  -- each by its key
        CROSS JOIN (SELECT kudos_on_boards, full_time_hours FROM organisation ORDER BY id LIMIT 1) o
        WHERE s.size >= :fewest AND s.hours + s.unsaid > 0
        AND (CAST(:department AS bigint) IS NULL OR u.parent_id = :department)
    ), listed AS (SELECT *, rank() OVER (ORDER BY points DESC) AS rank FROM team WHERE points > 0)
    SELECT id, name, size, points, rank FROM listed WHERE rank <= :most OR id = :own ORDER BY rank, name
""").bindparams(*_WINDOWS)


def standing(
    kind: str, window: str, now: datetime, *, department: int | None, own: int | None, fewest: int, most: int
) -> Sequence[Any]:
    """The teams that stand highest, and one's own: id, name, size, points, rank."""
    since, until = bounds(kind, window, timezone())
    told = {
        "keys": [window],
        "kinds": [kind],
        "sinces": [since],
        "untils": [until],
        "closed": [store.current(now)[kind] != window],
    }
    asked = {"window": window, "department": department, "own": own, "fewest": fewest, "most": most}
    return db.session.execute(_STANDING, told | asked).all()
