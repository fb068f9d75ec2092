"""A very long history becomes a file in no more memory than a short one, and what is a hash is no file in it."""

import tracemalloc
import zipfile
from datetime import UTC, datetime

from sqlalchemy import text

from app.db import db, transaction
from app.language import spoken
from app.privacy import actions, jobs
from app.privacy.content import Words

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CLIENT = text("""
    INSERT INTO api_client (name, key, secret_hash, scopes, created_at) VALUES ('x', 'x', '\\x00', '{}', now())
    RETURNING id
""")
STATEMENTS = text("""
    INSERT INTO statement (client_id, id, seq, stored_at, happened_at, version, body, content_hash, derived,
                           person_id, means)
    SELECT :client, gen_random_uuid(), 0, :at, :at, '2.0.0', repeat('x', 700), sha256(CAST(CAST(n AS text) AS bytea)),
           false, :person, 'nothing' FROM generate_series(1, :many) AS n
""")
FACTS = text("""
    INSERT INTO fact (source, person_id, kind, happened_at, recorded_at, skills, lineage)
    SELECT concat('long:', :person, ':', n), :person, 'mentored', :at, :at, '{}', '{}'
    FROM generate_series(1, :many) AS n
""")


def peak_of(person_id, folder):
    """The most memory that writing their file held at once, and the names of what is in it."""
    with spoken("nl"):
        words = Words.of("nl", jobs.TITLE, jobs.TOLD, jobs.EMPTY, jobs.YES, jobs.NO)
    to = folder / f"{person_id}.zip"
    tracemalloc.start()
    with transaction():
        actions.write_file(person_id, to, words, AT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with zipfile.ZipFile(to) as made:
        return peak, made.namelist()


def test_a_long_history_is_never_held_whole(app, cast, tmp_path):
    """Its rows are three times as much as what is held at most."""
    with app.app_context():
        with transaction():
            client = db.session.scalar(CLIENT)
            told = {"client": client, "at": AT, "person": cast.anna, "many": 6000}
            for one in (STATEMENTS, FACTS):
                db.session.execute(one, told)
        peak_of(cast.eve, tmp_path)  # what is made once a process
        most, names = peak_of(cast.anna, tmp_path)
    assert most < 3_500_000
    assert not [name for name in names if name.startswith("files/")]
