"""What the page says will go is what the worker lets go, kind by kind."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.imports import actions as imports
from app.notifications import jobs as notifications
from app.privacy import jobs, terms
from app.reviews import dossier
from tests.app.reviews.conftest import Scene

NOW = datetime.now(UTC)
# The catalogue has a window of ten days: days away are kept as many days longer than a year.
# Of each kind rows that go and one that stays, `:days` ago.
ROWS = {
    "statements": (399, 401, """INSERT INTO statement (client_id, id, seq, stored_at, happened_at, version, body,
        content_hash, derived, actor, means) VALUES (1, gen_random_uuid(),
        CAST(random() * 1e15 AS bigint), :ago, :ago, '2.0.0', '{}', '\\x00', false,
        'a', 'nothing')"""),
    "inbox": (182, 184, """INSERT INTO notification (person_id, kind, thing, object_id, at, source, way, read_at)
        VALUES (:anna, 'export', 'x', 'x', :ago, CAST(random() AS text), 'none', :ago)"""),
    "inbox_mail": (182, 184, """INSERT INTO notification_mail (person_id, way, period, due_at, next_at, sent_at)
        VALUES (:anna, 'now', CAST(random() AS text), :ago, :ago, :ago)"""),
    "sessions": (29, 31, """INSERT INTO sign_in (token_hash, person_id, started_at, seen_at, ends_at)
        VALUES (CAST(CAST(random() AS text) AS bytea), :anna, :ago, :ago, :ago)"""),
    "tokens": (0.9, 2, """INSERT INTO api_token (token_hash, person_id, scopes, created_at, ends_at)
        VALUES (CAST(CAST(random() AS text) AS bytea), :anna, '{}', :ago, :ago)"""),
    "tries": (0.01, 1, """INSERT INTO attempt (key, started_at, count)
        VALUES (CAST(CAST(random() AS text) AS bytea), :ago, 1)"""),
    "mail": (29, 31, """INSERT INTO mail (kind, person_id, asked_at, next_at) VALUES ('reset', :anna, :ago, :ago)"""),
    "people_files": (0.9, 2, """INSERT INTO people_file (name, sent_by, sent_at, state, counts)
        VALUES ('x', :anna, :ago, 'done', '{}')"""),
    "refusals": (29, 31, """INSERT INTO refusal (client_id, status, code, property, message, count, day, last_at)
        VALUES (1, 400, CAST(random() AS text), 'x', 'x', 1, CAST(:ago AS date), :ago)"""),
    "outbox": (6, 8, """INSERT INTO outbox (event, body, published_at, handed_on_at, next_try_at)
        VALUES ('x', '{}', :ago, :ago, :ago)"""),
    "exports": (-1, 1, """INSERT INTO data_export (id, person_id, asked_at, state, made_at, ends_at)
        VALUES (gen_random_uuid(), :anna, :ago, 'made', :ago, :ago)"""),
    "dossiers": (-1, 2, """INSERT INTO dossier (review_id, number, digest, wrapped, sealed, frozen_at, keep_until)
        SELECT id, (SELECT count(*) + 1 FROM dossier), '\\x00', '\\x00', '\\x00', :ago, CAST(:ago AS date)
        FROM review"""),
    "log_files": (29, 31, """INSERT INTO log_file (id, person_id, kind, name, size, sealed, sent_at)
        VALUES (gen_random_uuid(), :anna, 'application/pdf', 'a.pdf', 3, '\\x00', :ago)"""),
    "pauses": (375, 378, """INSERT INTO pause (person_id, since, until, entered_at)
        SELECT :anna, CAST(:ago AS date) - (SELECT CAST(count(*) AS int) FROM pause), CAST(:ago AS date), :ago"""),
}  # fmt: skip


ELSEWHERE = {"dossiers"}  # tried in test_erasing.py, for they need a review


def put(cast, name, days, number):
    told = {"ago": NOW - timedelta(days=days)}
    for _ in range(number):
        sql = ROWS[name][2]
        db.session.execute(text(sql), told | ({"anna": cast.anna} if ":anna" in sql else {}))


def test_there_is_a_line_for_each_and_rows_for_each_line():
    assert {term.name for term in terms.TERMS} == ROWS.keys() | ELSEWHERE


def test_the_preview_is_what_the_clean_up_does(app, cast):
    client = "INSERT INTO api_client (id, name, key, secret_hash, scopes, created_at)"
    client += " VALUES (1, 'x', 'x', '', '{}', now())"
    with app.app_context():
        Scene(cast).review("anna", "closed")
        with transaction():
            for gone in ("outbox", "notification", "mail"):
                db.session.execute(text(f"DELETE FROM {gone}"))
            db.session.execute(text(client))
            for number, (name, (young, old, _)) in enumerate(ROWS.items(), start=1):
                put(cast, name, young, 1)
                put(cast, name, old, number)
        before = {one.name: one.goes for one in terms.preview(NOW) if one.name in ROWS}
        assert before == {name: number for number, name in enumerate(ROWS, start=1)}
        worker.prune(NOW)
        notifications.prune(NOW)
        imports.prune(NOW)
        jobs.prune(NOW)
        with transaction():
            dossier.destroy_at_term(at=NOW)
        assert {one.goes for one in terms.preview(NOW)} == {0}
        tables = ("notification", "notification_mail", "sign_in", "api_token", "attempt", "mail", "people_file",
                  "refusal", "outbox", "data_export", "pause", "log_file")  # fmt: skip
        for table in tables:
            assert db.session.scalar(text(f"SELECT count(*) FROM {table}")) == 1, table
        assert db.session.scalar(text("SELECT count(*) FROM statement WHERE body IS NOT NULL")) == 1
        db.session.rollback()


def test_the_page_shows_counts_and_the_classes_of_the_models(app, cast, client_of, token_of, client):
    page = client_of("dan").get("/admin/privacy/retention").text
    for class_ in terms.kept():
        assert class_.tables
        assert str(class_.said) in page
    told = client.get("/api/v1/retention", headers=token_of("dan")).json["next"]
    assert {one["name"] for one in told} == ROWS.keys() | ELSEWHERE
    for name in ("anna", "mia", "clara", "leo", "cor"):
        assert client_of(name).get("/admin/privacy/retention").status_code == 403


def test_each_class_of_retention_has_its_words():
    used = {column.info["keep"] for table in terms.own.tables().values() for column in table.columns}
    assert used == terms.CLASSES.keys()
