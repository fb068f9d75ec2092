"""What was done and who looked is written down, and stays."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.audit import actions, queries
from app.db import db, transaction
from tests.cast import Cast

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def in_vain(act: Callable[[], None]) -> None:
    """A request that does something and then fails."""
    with transaction():
        act()
        raise RuntimeError


def test_an_act_is_kept_with_its_transaction_and_gone_without(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with transaction():
            actions.write(
                "award:revoked", at=AT, actor_id=cast.clara, person_id=cast.anna, detail={"award": 1}
            )
        with pytest.raises(RuntimeError):
            in_vain(lambda: actions.write("award:revoked", at=AT, person_id=cast.anna))
        kept = queries.acts_on(cast.anna)
        assert [(entry.action, entry.actor_id, entry.detail) for entry in kept] == [
            ("award:revoked", cast.clara, {"award": 1})
        ]


def test_a_look_is_one_row_an_hour_and_stays_when_the_request_fails(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for minutes in (0, 10, 20, 40):
            at = AT + timedelta(minutes=minutes)
            look = partial(actions.look, viewer_id=cast.clara, person_id=cast.anna, what="dossier", at=at)
            with pytest.raises(RuntimeError):
                in_vain(partial(look, allowed=False))
        seen = queries.looks_at(cast.anna)
        assert [(look.what, look.allowed, look.hour.hour) for look in seen] == [
            ("dossier", False, 10),
            ("dossier", False, 9),
        ]


def test_looking_at_oneself_is_nobodys_business(app: Flask, cast: Cast) -> None:
    with app.app_context():
        actions.look(viewer_id=cast.anna, person_id=cast.anna, what="dossier", allowed=True, at=AT)
        assert queries.looks_at(cast.anna) == []


@pytest.mark.parametrize("wrong", ["UPDATE look SET what = 'x'", "DELETE FROM audit_entry", "TRUNCATE look"])
def test_the_application_cannot_change_what_was_written(app: Flask, cast: Cast, wrong: str) -> None:
    with app.app_context(), pytest.raises(DBAPIError):
        db.session.execute(text(wrong))


WRONG = ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE")
TRACES = ("ledger_entry", "audit_entry", "look", "seal")


@pytest.mark.parametrize("role", ["web", "worker"])
def test_web_and_worker_have_no_right_to_change_any_trace(app: Flask, database: Any, role: str) -> None:
    with psycopg.connect(database.url(role), autocommit=True) as line:
        for table in TRACES:
            for wrong in WRONG:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    line.execute(wrong.format(table))


def test_nor_does_a_trigger_let_their_owner(app: Flask, cast: Cast, database: Any) -> None:
    """So that neither guard rests on the other."""
    with app.app_context():
        with transaction():
            actions.write("award:revoked", at=AT, actor_id=cast.clara, person_id=cast.anna)
        actions.look(viewer_id=cast.clara, person_id=cast.anna, what="review", allowed=True, at=AT)
    with psycopg.connect(database.url("owner"), autocommit=True) as line:
        for table in ("audit_entry", "look"):
            for wrong in WRONG:
                with pytest.raises(psycopg.errors.RestrictViolation):
                    line.execute(wrong.format(table))
        kept = line.execute("""
            SELECT tgrelid::regclass::text, count(*), bool_and(tgenabled = 'O'), bit_or(tgtype::int)
            FROM pg_trigger WHERE tgname IN ('keep_rows', 'keep_table') AND tgrelid::regclass::text = ANY(%s)
            GROUP BY 1 ORDER BY 1""", [list(TRACES)]).fetchall()  # fmt: skip
    every = 1 | 2 | 8 | 16 | 32  # for each row, before, DELETE, UPDATE, TRUNCATE
    assert kept == [(table, 2, True, every) for table in sorted(TRACES)]
