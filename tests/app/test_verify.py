"""`verify`: quiet on a house with a history, also while people are at work in it; and it names whatever is broken."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask

from app import verify as module
from app import worker
from app.activities import recording
from app.dates import actions as dates
from app.dates.rules import NewDate
from app.db import db, transaction
from app.kudos import actions as kudos
from app.kudos.actions import NewKudos
from app.leaderboards import actions as leaderboards
from app.lessons import actions as lessons
from app.lessons import applying
from app.lessons.actions import NewLesson
from app.lessons.applying import Applying
from app.outbox import settle
from app.verify import verify
from tests.app.audit.test_seals import seal_all
from tests.cast import Cast
from tests.small import START, ids, load, rows

NOW = START + timedelta(days=40)


@pytest.fixture(autouse=True)
def house(app: Flask, cast: Cast) -> Iterator[None]:
    with app.app_context():
        load()
        yield


# A history made by the actions of real use --------------------------------------------------------------------


def complete(person: int, activity: str, day: float, source: str, at: datetime = NOW) -> None:
    report: Any = {
        "person_id": person,
        "activity_id": ids("activity")[activity],
        "completed_at": START + timedelta(days=day),
        "source": source,
    }
    with transaction():
        recording.record_completions([report], at=at)
        settle(at)


def history(cast: Cast) -> None:
    """Completions up to caps of a day and a week, one withdrawn, one moved; kudos; lessons that are applied."""
    for number in range(1, 10):
        complete(cast.anna, f"a{number}", number % 3, f"s:{number}")
    for number in (1, 3, 4):
        complete(cast.ben, f"a{number}", number, f"b:{number}")
    complete(cast.ben, "a4", 2, "b:4 again, and earlier")
    with transaction():
        given = NewDate(starts_at=START + timedelta(days=5), ends_at=START + timedelta(days=6))
        date_id = dates.plan(ids("activity")["a1"], given, by=None, at=NOW)
        dates.tick(date_id, present=[cast.ben], by=cast.leo, at=NOW)
        settle(NOW)
    with transaction():
        recording.withdraw_supports(["s:9"], at=NOW)
        settle(NOW)
    skill = ids("skill")["water"]
    for giver, receivers in (
        (cast.mia, [cast.anna, cast.ben]),
        (cast.ben, [cast.anna]),
        (cast.eve, [cast.anna]),
    ):
        thanks = NewKudos(
            giver_id=giver, receivers=receivers, message="You stayed with it.", skill_id=skill, lang="en"
        )
        with transaction():
            kudos.give_kudos([thanks], at=NOW)
            settle(NOW)
    for author in (cast.anna, cast.ben):
        with transaction():
            (lesson_id,) = lessons.share_lessons([_lesson(author, skill)], at=NOW)
            settle(NOW)
        for applier in (cast.mia, cast.anna if author == cast.ben else cast.ben):
            with transaction():
                applying.apply_lessons([Applying(lesson_id=lesson_id, person_id=applier)], at=NOW)
                settle(NOW)
    with transaction():
        applying.stop_applying([(lesson_id, cast.mia)], at=NOW)
        settle(NOW)
    _let_the_worker_work()


def _lesson(author: int, skill: int) -> NewLesson:
    return NewLesson(
        author_id=author, outcome="went_wrong", title=f"Count to forty, {author}", skills=[skill], lang="en",
        happened=f"A valve was closed too fast {author}.", learned=f"Haste costs time {author}.",
        from_now_on=f"We count out loud {author}.", audience="everyone",
    )  # fmt: skip


def _let_the_worker_work() -> None:
    while worker.relay(NOW):
        pass
    leaderboards.keep_whole(NOW)
    seal_all(NOW)


# Quiet ------------------------------------------------------------------------------------------------------


def test_all_is_well_in_a_house_with_a_history(cast: Cast, app: Flask) -> None:
    history(cast)
    found = verify(NOW)
    assert (found.wrong, found.notes) == ([], [])
    assert found.checked == {"people": 8, "facts": 23, "ledger entries": found.checked["ledger entries"]}
    assert found.checked["ledger entries"] > 40


def test_nothing_wrong_is_found_while_people_are_at_work(cast: Cast, app: Flask) -> None:
    """Each check asks at another time; they must all see the same moment."""
    history(cast)
    stop = threading.Event()

    def learn() -> None:
        with app.app_context():
            for number in count(1):
                if stop.is_set():
                    return
                complete(cast.eve, f"a{number % 9 + 1}", number % 20, f"e:{number}")
                with transaction():
                    recording.withdraw_supports([f"e:{number - 3}"], at=NOW)
                    settle(NOW)

    def work() -> None:
        with app.app_context():
            while not stop.is_set():
                worker.relay(NOW)

    threads = [threading.Thread(target=learn), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    try:
        wrong = [what for _ in range(15) for what in verify(NOW).wrong]
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert wrong == []


def test_it_changes_nothing_itself(cast: Cast) -> None:
    history(cast)
    tables = [name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]

    def all_rows() -> list[Any]:
        found = [rows(f"SELECT CAST(t AS text) FROM {name} t ORDER BY 1") for name in tables]
        db.session.rollback()
        return found

    before = all_rows()
    verify(NOW + timedelta(days=100))
    assert all_rows() == before


# Broken by hand ---------------------------------------------------------------------------------------------

NEW_FACT = (
    "INSERT INTO fact (source, person_id, kind, happened_at, recorded_at, skills, lineage)"
    " VALUES ('{source}', {eve}, '{kind}', now(), now(), '{{}}', '{{}}')"
)
FORGED = (
    "INSERT INTO ledger_entry (source, person_id, kind, points, reason, earned_at, day, recorded_at, skills)"
    " VALUES ('x', {eve}, 'course', {points}, 'earned', now(), '2026-02-14', now(), '{{}}')"
)
AGAIN = "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {which} LIMIT 1"
# For each check: what a superuser does, and what is said of it.
BREAKS: dict[str, list[tuple[str, str]]] = {
    "completions follow from their supports": [
        ("UPDATE completion SET completed_at = completed_at + interval '1 day' WHERE person_id = {ben}", "completion"),
        ("UPDATE completion_support SET withdrawn_at = now() WHERE source = 's:1'", "completion"),
        ("DELETE FROM completion_support WHERE source = 's:1'", "completion"),
        ("UPDATE completion SET confirmer_id = person_id WHERE person_id = {ben}", "completion"),
    ],
    "each dossier is what was frozen": [
        (
            "INSERT INTO dossier (review_id, number, digest, frozen_at, keep_until)"
            " VALUES (gen_random_uuid(), 1, 'x', now(), current_date + 9)",
            "has another hash than the audit log says",
        ),
    ],
    "nothing is completed twice": [
        (
            "DROP INDEX uq_completion_standing; INSERT INTO completion (person_id, activity_id, completed_at,"
            " recorded_at, state, origin) SELECT person_id, activity_id, completed_at, recorded_at, state, origin"
            " FROM completion WHERE person_id = {ben}",
            "person {ben} completed activity",
        ),
    ],
    "who was there has completed it, on a word that stands": [
        ("UPDATE attendance SET present = false", "attendance:"),
        (
            "UPDATE completion_support SET withdrawn_at = now() WHERE source LIKE 'attendance:%'",
            "supports no completion",
        ),
        ("UPDATE attendance SET round = 7", "was taken away"),
    ],
    "what happened is one fact, and each fact has happened": [
        ("UPDATE fact SET withdrawn_at = now() WHERE source LIKE 'completion:%' AND person_id = {ben}", "no standing"),
        ("UPDATE fact SET person_id = {eve} WHERE source LIKE 'completion:%' AND person_id = {ben}", "without its"),
        ("UPDATE completion SET state = 'declined' WHERE person_id = {ben}", "stands without its ground"),
        ("DELETE FROM kudos_receiver WHERE person_id = {ben}", "kudos:"),
        ("DELETE FROM fact WHERE source LIKE 'kudos:%:{ben}'", "kudos:"),
        ("UPDATE lesson SET deleted_at = now() WHERE author_id = {anna}", "lesson:"),
        ("UPDATE lesson_application SET ended_at = now()", "applied:"),
        ("UPDATE lesson_application SET ended_at = NULL", "applied:"),
        (NEW_FACT.replace("{source}", "completion:999999").replace("{kind}", "completed"), "completion:999999"),
        (NEW_FACT.replace("{source}", "anything").replace("{kind}", "completed"), "anything stands without"),
    ],
    "each fact has one standing entry": [
        ("DELETE FROM ledger_entry WHERE fact_id = (SELECT min(fact_id) FROM ledger_entry)", "has 0 standing"),
        (
            "INSERT INTO ledger_entry (source, person_id, fact_id, kind, points, reason, earned_at, day, recorded_at,"
            " skills) SELECT 'x', person_id, fact_id, kind, points, reason, earned_at, day, recorded_at, skills"
            " FROM ledger_entry WHERE reverses_id IS NULL AND person_id = {eve} OR id = (SELECT max(id) FROM"
            " ledger_entry WHERE fact_id IS NOT NULL AND reverses_id IS NULL)",
            "has 2 standing",
        ),
        ("UPDATE fact SET withdrawn_at = NULL WHERE withdrawn_at IS NOT NULL", "has 0 standing"),
    ],
    "each entry has its ground": [
        (FORGED.replace("{points}", "500"), "of person {eve} has no fact or award of theirs"),
        (
            "UPDATE ledger_entry SET person_id = {eve} WHERE id = (SELECT max(id) FROM ledger_entry"
            " WHERE person_id = {ben})",
            "of person {eve} has no fact",
        ),
    ],
    "each reversal is exact": [
        ("UPDATE ledger_entry SET points = points - 1 WHERE reverses_id IS NOT NULL", "does not reverse"),
        ("UPDATE ledger_entry SET person_id = {eve} WHERE reverses_id IS NOT NULL", "does not reverse"),
        ("UPDATE ledger_entry SET earned_at = now() WHERE reverses_id IS NOT NULL", "does not reverse"),
    ],
    "totals are what the ledger says": [
        ("UPDATE person_total SET month = month + 1 WHERE person_id = {anna}", "person {anna}, skill 0, 2026-"),
        ("UPDATE person_total SET all_time = 0 WHERE person_id = {ben}", "person {ben}, skill 0, all"),
        ("UPDATE person_total SET quarter_kudos = 77 WHERE person_id = {ben}", "person {ben}, skill 0, 2026-Q"),
        ("UPDATE skill_total SET year = year + 1 WHERE person_id = {anna}", "person {anna}, skill"),
        ("DELETE FROM period_total WHERE person_id = {anna}", "person {anna}"),
        ("UPDATE ledger_entry SET points = points + 1 WHERE person_id = {ben} AND reverses_id IS NULL", "person {ben}"),
    ],
    "caps a day hold": [
        ("UPDATE ledger_entry SET points = 50 WHERE kind = 'article' AND person_id = {anna}", "for article in 2026-"),
    ],
    "caps a week hold": [
        ("UPDATE ledger_entry SET points = 50 WHERE kind = 'workshop' AND person_id = {anna}", "workshop in 2026-W"),
    ],
    "counts are what the log says": [
        ("UPDATE person_total SET counts = '{{}}' WHERE person_id = {anna}", "person {anna}:"),
        (
            """UPDATE person_total SET counts = counts || '{{"completed": 99}}' WHERE person_id = {eve}""",
            "person {eve}: 0 facts of completed, the totals row has 99",
        ),
    ],
    "no badge is held twice": [
        (
            "DROP INDEX uq_award_standing; INSERT INTO award (id, person_id, achievement_id, version_id, tier,"
            " period_key, earned_at, awarded_at, evidence, points, picture_version) SELECT gen_random_uuid(),"
            " person_id, achievement_id, version_id, tier, period_key, earned_at, awarded_at, evidence, points,"
            " picture_version FROM award WHERE person_id = {ben}",
            "person {ben} holds tier",
        ),
    ],
    "awards carry the points of their entries": [
        ("UPDATE award SET points = points + 1 WHERE person_id = {ben}", "award"),
        ("DELETE FROM ledger_entry WHERE award_id IS NOT NULL AND person_id = {ben}", "the ledger has 0"),
        ("UPDATE award SET revoked_at = now() WHERE person_id = {ben}", "carries 0 points"),
    ],
    "awards rest on facts that stand": [
        ("UPDATE award SET evidence = evidence || 999999 WHERE person_id = {ben}", "rests on fact 999999"),
        ("UPDATE award SET person_id = {eve} WHERE person_id = {ben}", "which does not stand"),
    ],
    "awards are what the rules give": [
        ("DELETE FROM award WHERE person_id = {ben}", "person {ben} has earned"),
        ("UPDATE award SET earned_at = earned_at + interval '1 hour' WHERE person_id = {ben}", "another moment"),
        ("UPDATE award SET person_id = {eve} WHERE person_id = {ben}", "has not been earned"),
        ("UPDATE fact SET happened_at = happened_at - interval '60 days' WHERE person_id = {ben}", "award"),
    ],
    "allowances are what was given": [
        ("UPDATE kudos_allowance SET spent = spent + 1 WHERE giver_id = {mia}", "person {mia} thanked 2 in 2026-02"),
        ("DELETE FROM kudos_allowance WHERE giver_id = {mia}", "the allowance says 0"),
    ],
    "who was erased is an empty number": [
        ("UPDATE person SET erased_at = now() WHERE id = {ben}", "person {ben} was erased"),
    ],
    "nobody is back who was erased": [],  # it reads a file: tests/app/privacy/test_erasing.py
    "deleted lessons are gone in time": [
        ("UPDATE lesson SET deleted_at = '{old}', going_at = '{old}' WHERE author_id = {ben}", "was to be gone at"),
    ],
    "the outbox moves": [
        (
            "INSERT INTO outbox (event, body, published_at) VALUES ('KudosGiven', '[]', '{old}')",
            "(KudosGiven) waits since",
        ),
    ],
    "jobs get done": [
        (
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, attempts)"
            " VALUES ('mail', 'people.mail', 0, '{{}}', 'failed', 8)",
            "(people.mail) failed after 8 tries",
        ),
    ],
    "seals hold": [
        ("UPDATE ledger_entry SET points = points + 1 WHERE person_id = {ben}", "ledger: rows"),
    ],
}  # fmt: skip


def test_every_check_is_broken_below() -> None:
    assert [name for name, _ in module.checks(NOW)] == list(BREAKS)


@contextmanager
def taken_back(line: Any, change: str) -> Iterator[None]:
    """What a superuser changes within is as before afterwards: rows, and an index that was in the way."""
    tables = sorted(set(re.findall(r"(?:UPDATE|INTO|FROM) (\w+)", change)))
    indexes = line.execute(
        "SELECT indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [change.split()]
    ).fetchall()
    for name in tables:
        line.execute(f"CREATE TEMP TABLE kept_{name} AS TABLE {name}")
    try:
        line.execute(change)
        yield
    finally:
        db.session.rollback()
        for name in tables:
            line.execute(
                f"DELETE FROM {name}; INSERT INTO {name} SELECT * FROM kept_{name}; DROP TABLE kept_{name}"
            )
        for (made,) in indexes:
            line.execute(made)


def test_each_broken_invariant_is_named(cast: Cast, database: Any) -> None:
    history(cast)
    assert verify(NOW).wrong == []
    told = {name: getattr(cast, name) for name in ("anna", "ben", "eve", "mia")} | {
        "old": NOW - timedelta(hours=1)
    }
    missed = []
    for name, check in module.checks(NOW):
        for number, (change, says) in enumerate(BREAKS[name]):
            with taken_back(database.line, change.format(**told).replace(";", " ;")):
                wrong = [f"{name}: {what}" for what in check()] if number else verify(NOW).wrong
            if not any(what.startswith(f"{name}: ") and says.format(**told) in what for what in wrong):
                missed.append((name, change, wrong[:5]))
    assert missed == []
    assert verify(NOW).wrong == [], "all was taken back"


def test_a_board_that_says_something_else_is_named(cast: Cast, app: Flask) -> None:
    history(cast)
    redis = app.extensions["redis"]
    key = next(redis.scan_iter("b:{2026-02}:o"))
    redis.zincrby(key, 1, redis.zrange(key, 0, 0)[0])
    assert [what for what in verify(NOW).wrong if what.startswith(f"{module.BOARDS}: organisation 2026-02")]
    redis.flushdb()
    assert [what for what in verify(NOW).wrong if "are not filled" in what]


def test_a_redis_that_drops_keys_is_noted(app: Flask, cast: Cast) -> None:
    redis = app.extensions["redis"]
    was = {name: redis.config_get(name)[name] for name in ("maxmemory-policy", "maxmemory")}
    try:
        redis.config_set("maxmemory", 2**34)
        redis.config_set("maxmemory-policy", "allkeys-lru")
        assert [note for note in verify(NOW).notes if "allkeys-lru" in note]
    finally:
        for name, value in was.items():
            redis.config_set(name, value)
    assert not [note for note in verify(NOW).notes if "Redis" in note]


def test_much_that_is_wrong_is_cut_short(cast: Cast, database: Any) -> None:
    database.line.execute(
        "INSERT INTO outbox (event, body, published_at) SELECT 'KudosGiven', '[]', now() - interval '1 day'"
        " FROM generate_series(1, 50)"
    )
    wrong = [what for what in verify(datetime.now(START.tzinfo)).wrong if what.startswith("the outbox moves")]
    assert (len(wrong), wrong[-1]) == (module.MOST_SHOWN + 1, "the outbox moves: … and more")


def test_rows_that_are_not_sealed_and_roles_that_are_shared_are_noted(cast: Cast, app: Flask) -> None:
    complete(cast.anna, "a1", 1, "s:1")
    notes = verify(NOW).notes
    assert len([note for note in notes if "of the ledger log are not sealed yet" in note]) == 1


# The command ------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_wrong_and_ends_with_1_or_how_much_was_checked(
    cast: Cast, app: Flask, database: Any
) -> None:
    history(cast)
    told = run_verify(app)
    assert told.exit_code == 0, told.output
    assert told.output.startswith("All is well: 8 people, 23 facts, ")
    database.line.execute("UPDATE person_total SET month = month + 1 WHERE person_id = %s", [cast.anna])
    told = run_verify(app)
    assert told.exit_code == 1
    assert f"totals are what the ledger says: person {cast.anna}, skill 0" in told.output
    assert told.output.rstrip().endswith("findings.")


def run_verify(app: Flask) -> Any:
    """At the moment of the history, so that nothing has to be waited for."""
    from app import chores

    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return NOW

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chores, "datetime", Then)
        patch.setitem(app.extensions, "create_app", lambda **role: app)
        return app.test_cli_runner().invoke(args=["verify"])
