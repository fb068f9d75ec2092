"""Seals: nothing slips into a block once it is closed, and whatever is changed in it by hand is found."""

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import actions as audit
from app.audit import seals
from app.db import db, transaction
from app.factory import create_app
from app.verify import verify
from tests.cast import Cast
from tests.small import course, load, rows, state

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADD = """
    INSERT INTO ledger_entry (source, person_id, kind, points, reason, earned_at, day, recorded_at, skills)
    VALUES (%s, %s, 'course', 1, 'earned', now(), '2026-03-02', now(), '{}') RETURNING id
"""


@pytest.fixture(autouse=True)
def house(app: Flask, cast: Cast) -> Iterator[None]:
    with app.app_context():
        load([])
        yield
    seals._noted.clear()


@contextmanager
def house_of(**config: str) -> Iterator[None]:
    """Within the same house with other settings."""
    with create_app(TESTING=True, **config).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def seal_all(at: datetime = AT, module: ModuleType = seals) -> int:
    """Go on until all is sealed: transactions in other databases of the server hold a block up, too."""
    done, deadline = module.seal(at), time.monotonic() + 60
    while any(seals.unsealed().values()):
        db.session.rollback()
        assert time.monotonic() < deadline, seals.unsealed()
        done += module.seal(at + timedelta(seconds=16))
        time.sleep(0.01)
    db.session.rollback()
    return done


def half_a_minute(at: datetime = AT) -> int:
    """What the worker does in this time."""
    return sum(seals.seal(at + timedelta(seconds=seconds)) for seconds in range(0, 31, 5))


def earn(person: int, number: int, first: int = 1) -> None:
    state([course(person, f"c{n}", n) for n in range(first, first + number)])


@pytest.fixture
def open_transaction(database: Any) -> Iterator[Callable[[], Any]]:
    """Connections of the web's role whose transactions stay open."""
    lines = []

    def opened() -> Any:
        lines.append(psycopg.connect(database.url()))
        return lines[-1]

    yield opened
    for line in lines:
        line.close()


# When a block is closed -------------------------------------------------------------------------------------


def test_rows_are_sealed_after_a_while_and_hold(cast: Cast) -> None:
    earn(cast.anna, 3)
    assert seals.seal(AT) == 0
    assert seals.seal(AT + timedelta(seconds=10)) == 0, "too young"
    assert seal_all(AT) == 3 + len(rows("SELECT 1 FROM audit_entry"))
    assert list(seals.broken()) == []


def test_a_block_waits_for_a_transaction_that_took_an_id_and_is_open(
    cast: Cast, open_transaction: Callable[[], Any]
) -> None:
    slow = open_transaction()
    slow.execute(ADD, ["slow", cast.anna])
    earn(cast.anna, 1)
    assert half_a_minute() == 0
    slow.commit()
    assert seal_all(AT + timedelta(seconds=40)) == 2
    assert list(seals.broken()) == []


def test_a_block_waits_also_for_whoever_got_the_last_transaction_number(
    cast: Cast, open_transaction: Callable[[], Any]
) -> None:
    """The slow one has the highest number of all and the lower id; the quick one began before it."""
    quick, slow = open_transaction(), open_transaction()
    quick.execute("SELECT pg_current_xact_id()")
    slow.execute("SELECT pg_current_xact_id()")
    lower = slow.execute(ADD, ["slow", cast.anna]).fetchone()[0]
    higher = quick.execute(ADD, ["quick", cast.anna]).fetchone()[0]
    assert lower < higher
    quick.commit()
    assert half_a_minute() == 0
    slow.commit()
    assert seal_all(AT + timedelta(seconds=40)) == 2
    assert list(seals.broken()) == []


def test_a_transaction_that_began_later_does_not_hold_a_block_up(
    cast: Cast, open_transaction: Callable[[], Any]
) -> None:
    earn(cast.anna, 2)
    seals.seal(AT)
    seals.seal(AT + timedelta(seconds=16))  # from now on only those who are at work already are waited for
    open_transaction().execute(ADD, ["late", cast.anna])
    deadline = time.monotonic() + 60
    while seals.unsealed()["ledger"] and time.monotonic() < deadline:
        db.session.rollback()
        seals.seal(AT + timedelta(seconds=17))
    assert seals.unsealed()["ledger"] == 0


def test_while_a_transaction_stays_open_nothing_piles_up(
    cast: Cast, open_transaction: Callable[[], Any]
) -> None:
    open_transaction().execute(ADD, ["slow", cast.anna])
    for minute in range(60):
        seals.seal(AT + timedelta(minutes=minute))
    assert len(seals._noted) == 1


def test_who_seals_next_to_another_one_waits_for_its_turn(
    cast: Cast, open_transaction: Callable[[], Any]
) -> None:
    earn(cast.anna, 1)
    other = open_transaction()
    other.execute("SELECT pg_advisory_xact_lock(%s)", [seals.LOCK])
    assert half_a_minute() == 0
    other.rollback()
    assert seal_all(AT + timedelta(minutes=1)) >= 1


def test_two_who_seal_at_once_make_one_chain(app: Flask, cast: Cast) -> None:
    """As two workers: each with its own notes, while rows come in."""
    both = [_another_worker(), _another_worker()]
    for number in range(12):
        earn(cast.anna, 1, first=number + 1)
        gate = threading.Barrier(2)

        def run(module: ModuleType, step: int = number, gate: threading.Barrier = gate) -> None:
            with app.app_context():
                gate.wait(10)
                module.seal(AT + timedelta(seconds=16 * step))

        threads = [threading.Thread(target=run, args=(module,)) for module in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    seal_all(AT + timedelta(hours=1), both[0])
    assert rows("SELECT sum(rows), max(number) = count(*) FROM seal WHERE log = 'ledger'") == [(12, True)]
    assert list(seals.broken()) == []


def _another_worker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("another_seals", seals.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["another_seals"] = module
    spec.loader.exec_module(module)
    return module


def test_a_sealer_whose_database_went_away_begins_again(
    cast: Cast, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    earn(cast.anna, 1)
    seals.seal(AT)

    def gone(_at: datetime) -> None:
        database.line.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )
        db.session.execute(text("SELECT 1"))

    with monkeypatch.context() as patch:
        patch.setattr(seals, "_what_has_ended", gone)
        with pytest.raises(Exception, match=r"terminat|closed|lost"):
            seals.seal(AT + timedelta(seconds=5))
    assert not seals._noted
    assert seal_all(AT + timedelta(seconds=10)) >= 1
    assert list(seals.broken()) == []


def test_what_a_sealer_noted_of_another_server_is_worth_nothing(cast: Cast) -> None:
    """A pool replaces what the server ended without a word, so a restart or a restore is told by what is there now."""
    earn(cast.anna, 1)
    seals.seal(AT)
    for noted in seals._noted:
        noted.here = "2026-01-01 00:00:00+00 16384"
    assert seals.seal(AT + timedelta(seconds=20)) == 0
    assert [noted.at for noted in seals._noted] == [AT + timedelta(seconds=20)]
    assert seal_all(AT + timedelta(seconds=30)) >= 1
    assert list(seals.broken()) == []


# What is found ----------------------------------------------------------------------------------------------


def sealed_history(cast: Cast) -> list[int]:
    """Three sealed blocks of the ledger of three rows each, and some of the audit log; ids of the rows."""
    for block in range(3):
        earn(cast.anna, 3, first=1 + 3 * block)
        with transaction():
            audit.write("client:made", at=AT, actor_id=cast.dan, detail={"n": block})
        seal_all(AT + timedelta(minutes=block))
    assert list(seals.broken()) == []
    assert rows("SELECT count(*) FROM seal WHERE log = 'ledger'") == [(3,)]
    ids = [id for (id,) in rows("SELECT id FROM ledger_entry ORDER BY id")]
    db.session.rollback()
    return ids


def found() -> list[str]:
    """What `verify` says about seals."""
    db.session.rollback()
    return [what for what in verify(AT + timedelta(days=300)).wrong if what.startswith("seals hold: ")]


CHANGES = {
    "more points": "UPDATE ledger_entry SET points = points + 1 WHERE id = {fifth}",
    "another person": "UPDATE ledger_entry SET person_id = {ben} WHERE id = {fifth}",
    "another moment": "UPDATE ledger_entry SET earned_at = earned_at + interval '1 microsecond' WHERE id = {fifth}",
    "other skills": "UPDATE ledger_entry SET skills = '{{1}}' WHERE id = {fifth}",
    "a reason": "UPDATE ledger_entry SET reason = 'badge' WHERE id = {fifth}",
    "a row removed": "DELETE FROM ledger_entry WHERE id = {fifth}",
    "the last row of a block removed": "DELETE FROM ledger_entry WHERE id = {sixth}",
    "two rows exchanged": "UPDATE ledger_entry SET id = CASE id WHEN {fifth} THEN -{sixth} ELSE -{fifth} END"
    " WHERE id IN ({fifth}, {sixth}); UPDATE ledger_entry SET id = -id WHERE id < 0",
    "a row put in between": "UPDATE ledger_entry SET id = id + 100 WHERE id = {fifth}; INSERT INTO ledger_entry"
    " SELECT * FROM (SELECT {fifth} AS id, 'x' AS source, person_id, fact_id, award_id, rules_id, kind, points,"
    " reason, earned_at, day, recorded_at, skills, reverses_id FROM ledger_entry WHERE id = {fifth} + 100) AS new",
    "a row put before all": "INSERT INTO ledger_entry SELECT -1, 'x', person_id, fact_id, award_id, rules_id, kind,"
    " points, reason, earned_at, day, recorded_at, skills, reverses_id FROM ledger_entry WHERE id = {fifth}",
    "the seal of the block removed": "DELETE FROM seal WHERE log = 'ledger' AND number = 2",
    "its seal changed": "UPDATE seal SET digest = decode(repeat('00', 32), 'hex') WHERE number = 2 AND log = 'ledger'",
    "a part of the seals taken away": "DELETE FROM seal WHERE number = 1 AND log = 'ledger'",
    "fewer rows sealed": "UPDATE seal SET rows = 2, last_id = {fifth} WHERE log = 'ledger' AND number = 2",
}


CHANGES_OF_AUDIT = {
    "another who did it": "UPDATE audit_entry SET actor_id = 1 WHERE detail ->> 'n' = '1'",
    "another thing done": "UPDATE audit_entry SET action = 'a' WHERE detail ->> 'n' = '1'",
    "other details": "UPDATE audit_entry SET detail = '{{}}' WHERE detail ->> 'n' = '0'",
    "an act removed": "DELETE FROM audit_entry WHERE detail ->> 'n' = '1'",
}


def test_a_change_by_whoever_owns_the_database_is_found(cast: Cast, database: Any) -> None:
    """Each of them is tried by a superuser, for whom triggers are off, and taken back."""
    ids = sealed_history(cast)
    missed = []
    with house_of(DATABASE_URL=database.url("superuser")):
        for log, changes in (("ledger", CHANGES), ("audit", CHANGES_OF_AUDIT)):
            for name, change in changes.items():
                db.session.execute(text("SET LOCAL session_replication_role = replica"))
                for step in change.format(fifth=ids[4], sixth=ids[5], ben=cast.ben).split(";"):
                    db.session.execute(text(step))
                said = {what.split(":")[0] for what in seals.broken()}
                if said != {log}:
                    missed.append((name, said))
                db.session.rollback()
                assert list(seals.broken()) == []
    assert missed == []


def test_one_altered_row_is_said_with_its_block_and_day(cast: Cast, database: Any) -> None:
    ids = sealed_history(cast)
    database.line.execute("UPDATE ledger_entry SET points = 0 WHERE id = %s", [ids[4]])
    day = f"{AT + timedelta(minutes=1):%Y-%m-%d %H:%M}"
    assert found() == [
        f"seals hold: ledger: rows {ids[3]} to {ids[5]} are not what was sealed on {day}",
    ]


def test_rows_that_are_not_sealed_yet_are_counted_by_verify(cast: Cast) -> None:
    sealed_history(cast)
    earn(cast.ben, 2, first=50)
    assert "2 rows of the ledger log are not sealed yet" in verify(AT).notes


def test_a_column_that_comes_later_leaves_seals_whole(cast: Cast, database: Any) -> None:
    sealed_history(cast)
    db.session.rollback()
    database.line.execute("ALTER TABLE ledger_entry ADD COLUMN later text DEFAULT 'x'")
    try:
        assert list(seals.broken()) == []
    finally:
        db.session.rollback()
        database.line.execute("ALTER TABLE ledger_entry DROP COLUMN later")


def test_other_ways_to_write_days_and_numbers_leave_seals_whole(cast: Cast) -> None:
    sealed_history(cast)
    for setting in ("DateStyle = 'ISO, DMY'", "TimeZone = 'Asia/Tokyo'", "extra_float_digits = 0"):
        db.session.execute(text(f"SET LOCAL {setting}"))
    assert list(seals.broken()) == []


# Keys -------------------------------------------------------------------------------------------------------

OTHER = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="


def test_after_a_rotation_old_seals_hold_and_new_ones_are_made_by_the_new_key(
    cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_history(cast)
    old = app.extensions["settings"].master_keys
    with house_of(MASTER_KEYS=f"{OTHER},{old}"):
        earn(cast.ben, 2, first=50)
        seal_all(AT + timedelta(hours=1))
        assert list(seals.broken()) == []
        assert len(rows("SELECT DISTINCT key_name FROM seal")) == 2


def test_a_lost_master_key_is_said(cast: Cast) -> None:
    sealed_history(cast)
    with house_of(MASTER_KEYS=OTHER):
        said = list(seals.broken())
        assert "ledger: block 1 was sealed by a key that is not in MASTER_KEYS" in said
        assert not any("are not what was sealed" in what for what in said)


def test_a_seal_cannot_be_made_without_the_key(cast: Cast, database: Any) -> None:
    """Whoever owns the database changes a row and seals it anew, with a key of their own."""
    ids = sealed_history(cast)
    database.line.execute("UPDATE ledger_entry SET points = 500 WHERE id = %s", [ids[8]])
    name = rows("SELECT key_name FROM seal LIMIT 1")[0][0]
    with house_of(MASTER_KEYS=OTHER):
        database.line.execute("DELETE FROM seal WHERE number = 3")
        seals._noted.clear()
        seal_all(AT + timedelta(hours=2))
        database.line.execute("UPDATE seal SET key_name = %s", [name])
    assert any(f"rows {ids[6]} to {ids[8]}" in what for what in found())


def _house(master_keys: str) -> Flask:
    return create_app(TESTING=True, MASTER_KEYS=master_keys)
