"""Lessons without a name, and all that hangs on them, written anew in an order that says nothing.

A row tells more than its columns: the number of the transaction that wrote it (`xmin`) and its place between other
rows. Two rows of one transaction are of one hand; one of the transaction before, which noted that somebody was seen, is
of that somebody. So these rows are dealt like cards, by the worker, in a transaction of its own.
"""

from sqlalchemy import text

from app.db import db

MOST = 1000  # of each table, the ones written last: a bound for what is written anew at a time

# Whatever refers to a lesson, now and in later releases.
_TABLES = text("""
    SELECT format('%s', c.conrelid::regclass) AS name, quote_ident(a.attname) AS key
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = 'lesson'::regclass ORDER BY 1, 2
""")
_LAST = "FROM {table} WHERE {whose} ORDER BY age(xmin) LIMIT :most"
_APART = "SELECT count(DISTINCT CAST(xmin AS text)) > 1 FROM (SELECT xmin {last}) AS lately"
# Who is at work with a row keeps it; it has its turn later. So this waits for nobody, and nobody waits in a circle.
_DEALT = """
    SELECT CAST(ctid AS text) FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid {last}))
    ORDER BY gen_random_uuid() FOR UPDATE SKIP LOCKED
"""
_ANEW = "UPDATE {table} SET {key} = {key} WHERE ctid = CAST(:place AS tid)"


def mix() -> int:
    """Deal what stands apart; returns of how many tables."""
    tables = [("lesson", "counts", "mark IS NOT NULL"), ("lesson_draft", "mark", "true")]
    of = "{} IN (SELECT id FROM lesson WHERE mark IS NOT NULL)"
    tables += [(row.name, row.key, of.format(row.key)) for row in db.session.execute(_TABLES)]
    return sum(_deal(*one) for one in tables)


def _deal(table: str, key: str, whose: str) -> bool:
    last = _LAST.format(table=table, whose=whose)
    if not db.session.scalar(text(_APART.format(last=last)), {"most": MOST}):
        return False
    places = db.session.scalars(text(_DEALT.format(table=table, last=last)), {"most": MOST}).all()
    if places:
        anew = text(_ANEW.format(table=table, key=key))
        db.session.execute(anew, [{"place": place} for place in places])
    return bool(places)
