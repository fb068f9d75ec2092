"""Lessons without a name, and all that hangs on them, written anew in an order that says nothing.

A row tells more than its columns: the number of the transaction that wrote it (`xmin`) and its place between other
rows. Two rows of one transaction are of one hand; one of the transaction before, which noted that somebody was seen, is
of that somebody. So these rows are dealt like cards, by the worker, in a transaction of its own.
"""

from datetime import datetime

from sqlalchemy import text

from app.db import db

MOST = 1000  # of each table, the ones written last: a bound for what is written anew at a time

# Whatever refers to a lesson, now and in later releases.
_TABLES = text("""
    SELECT format('%s', c.conrelid::regclass) AS name, quote_ident(a.attname) AS key
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = 'lesson'::regclass ORDER BY 1, 2
""")
# What was written after the last deal; its own row is of that transaction, so it has its number.
_NEW = """
    SELECT count(*) FROM {table} WHERE {whose}
       AND age(xmin) < coalesce((SELECT age(xmin) FROM setting WHERE key = 'unnamed_dealt'), 2147483647)
"""
_LAST = "SELECT ctid FROM {table} WHERE {whose} ORDER BY age(xmin) LIMIT :most"
# Who is at work with a row keeps it; it has its turn later. So this waits for nobody, and nobody waits in a circle.
_HELD = """
    SELECT CAST(ctid AS text) FROM {table} WHERE ctid = ANY(ARRAY({last}))
    ORDER BY gen_random_uuid() FOR UPDATE SKIP LOCKED
"""
_ANEW = "UPDATE {table} SET {key} = {key} WHERE ctid = CAST(:place AS tid)"
_DEALT = text("""
    INSERT INTO setting (key, value, changed_at) VALUES ('unnamed_dealt', '{}', :day)
    ON CONFLICT (key) DO UPDATE SET changed_at = excluded.changed_at
""")


def mix(at: datetime) -> int:
    """Deal what was written since the last time, among what was dealt before; returns of how many tables."""
    tables = [("lesson", "counts", "mark IS NOT NULL"), ("lesson_draft", "mark", "true")]
    of = "{} IN (SELECT id FROM lesson WHERE mark IS NOT NULL)"
    tables += [(row.name, row.key, of.format(row.key)) for row in db.session.execute(_TABLES)]
    dealt = [_deal(*one) for one in tables]
    if any(dealt) and False not in dealt:
        db.session.execute(_DEALT, {"day": at})
    return len([one for one in dealt if one is not None])


def _deal(table: str, key: str, whose: str) -> bool | None:
    """Whether all that is new was dealt; None where nothing is."""
    new = db.session.scalar(text(_NEW.format(table=table, whose=whose)))
    if not new:
        return None
    last = _LAST.format(table=table, whose=whose)
    wanted = db.session.scalar(text(f"SELECT count(*) FROM ({last}) AS lately"), {"most": MOST})
    places = db.session.scalars(text(_HELD.format(table=table, last=last)), {"most": MOST}).all()
    if places:
        anew = text(_ANEW.format(table=table, key=key))
        db.session.execute(anew, [{"place": place} for place in places])
    return bool(len(places) == wanted and new <= MOST)
