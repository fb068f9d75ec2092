"""Waterveld in a real database: made by the actions of real use, once, and whole."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.demo.seed import CAST, KEY, PASSWORD, seed
from app.errors import Refused
from app.imports import actions as imports
from app.imports.queries import client
from app.outbox import settle

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
PEOPLE = 60
MOODLE = (
    "http://www.example.org/course/view.php?id=2",
    "http://www.example.org/mod/book/view.php?id=1",
    "http://www.example.org/mod/lesson/view.php?id=1#lesson",
    "http://www.example.org/mod/quiz/attempt.php?attempt=1&cmid=1",
    "http://www.example.org/mod/scorm/view.php?id=1#sco",
)
pytestmark = pytest.mark.slow


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


def all_of(sql: str, **values: Any) -> list[Any]:
    with transaction():
        return [tuple(row) for row in db.session.execute(text(sql), values)]


def stop_in_september(line: str) -> None:
    if line.strip().startswith("2026-09:"):
        raise Stopped


def badges_of_noor() -> set[tuple[str, int]]:
    rows = all_of(
        "SELECT a.slug, w.tier FROM award w JOIN achievement a ON a.id = w.achievement_id"
        " JOIN person p ON p.id = w.person_id WHERE p.name = 'Noor Hendriks' AND w.revoked_at IS NULL"
    )
    return {(slug, tier) for slug, tier in rows}


def moodle_completes(object_id: str) -> dict[str, Any]:
    """As Moodle sends it: no id, no time, an account."""
    return {
        "actor": {"account": {"homePage": "http://www.example.org", "name": "1"}, "name": "test_fullname"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "Completed"}},
        "object": {
            "id": object_id,
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "name": {"en": "test_name"},
            },
        },
    }


def post(app: Flask, object_ids: tuple[str, ...]) -> None:
    with transaction():
        platform = client(db.session.scalar(text("SELECT id FROM api_client LIMIT 1")) or 0)
        imports.receive(platform, [moodle_completes(id) for id in object_ids], version="1.0.3", at=NOW)
        settle(NOW)


def test_waterveld_is_made_once_goes_on_after_a_stop_and_noor_earns_her_badge(
    app: Flask, tmp_path: Path
) -> None:
    with app.app_context():
        with pytest.raises(Stopped):
            seed(people=PEOPLE, at=NOW, people_file=tmp_path / "people.txt", echo=stop_in_september)
        half = all_of("SELECT count(*) FROM completion")[0][0]
        seed(people=PEOPLE, at=NOW, people_file=tmp_path / "people.txt", echo=lambda line: None)
        assert all_of("SELECT count(*) FROM completion")[0][0] > half > 0
        _is_whole()
        _is_written_down(tmp_path)
        _changes_nothing_again(tmp_path)
        before = badges_of_noor()
        assert {("open-book", 2), ("hands-on", 1), ("helping-hand", 1)} <= before
        assert not any(slug == "pressure-and-valves" for slug, _ in before)
        post(app, MOODLE)
        assert ("pressure-and-valves", 1) in badges_of_noor()
        assert ("pressure-and-valves", 2) not in badges_of_noor()


def _is_whole() -> None:
    assert all_of("SELECT count(*) FROM person WHERE active") == [(PEOPLE,)]
    assert all_of("SELECT count(*) FROM person WHERE manager_id IS NULL") == [(1,)]
    assert all_of("SELECT value ->> 'done' FROM setting WHERE key = :key", key=KEY) == [("true",)]
    kinds = dict(all_of("SELECT kind, count(*) FROM fact WHERE withdrawn_at IS NULL GROUP BY kind"))
    assert set(kinds) >= {"completed", "lesson_shared", "lesson_applied", "kudos_received"}
    assert kinds["completed"] > 5 * PEOPLE
    waiting, confirmed = (
        all_of("SELECT count(*) FROM completion WHERE state = :state", state=state)[0][0]
        for state in ("waiting", "confirmed")
    )
    assert waiting > 0
    assert confirmed == kinds["completed"]
    assert all_of("SELECT count(*) FROM fact WHERE happened_at > :now", now=NOW) == [(0,)]
    assert all_of("SELECT count(*) FROM statement WHERE means = 'completed'")[0][0] > PEOPLE
    assert all_of(
        "SELECT count(*) FROM person_total t WHERE all_time <>"
        " (SELECT coalesce(sum(points), 0) FROM ledger_entry l WHERE l.person_id = t.person_id)"
    ) == [(0,)]

    dates = all_of(
        "SELECT d.places, (SELECT count(*) FROM reservation r WHERE r.date_id = d.id AND r.state = 'reserved')"
        " FROM activity_date d WHERE d.starts_at > :now ORDER BY d.starts_at",
        now=NOW,
    )
    assert dates == [(8, 8), (12, 5), (None, 11), (8, 3)]
    chosen = dict(
        all_of(
            "SELECT p.name, count(*) FROM showcase s JOIN person p ON p.id = s.person_id"
            " JOIN award w ON w.id = s.award_id AND w.revoked_at IS NULL GROUP BY p.name"
        )
    )
    assert chosen["Noor Hendriks"] == 6
    assert all_of("SELECT count(*) > 0, bool_or(from_pool) FROM kudos WHERE team_id IS NOT NULL") == [
        (True, True)
    ]
    assert all_of("SELECT count(*) FROM fact WHERE weight < 1")[0][0] >= 1
    assert all_of("SELECT kind, state FROM care_report ORDER BY id") == [
        ("lesson", "decided"),
        ("kudos", "open"),
    ]
    assert all_of("SELECT name FROM person WHERE public_profile") == [("Latifa Amrani",)]
    assert all_of("SELECT name FROM person WHERE privacy_officer") == [("Willemijn van Dam",)]
    assert all_of(
        "SELECT p.name, u.name FROM hr_department d JOIN person p ON p.id = d.person_id"
        " JOIN unit u ON u.id = d.department_id ORDER BY 2"
    )[0] == ("Anouk Verhoeven", "Distributie")


def _is_written_down(state: Path) -> None:
    written = state / "people.txt"
    content = written.read_text(encoding="utf-8")
    assert "noor.hendriks@waterveld.example" in content
    assert PASSWORD in content
    assert "secret" in content
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def _changes_nothing_again(state: Path) -> None:
    before = all_of("SELECT (SELECT count(*) FROM fact), (SELECT count(*) FROM person)")
    said: list[str] = []
    tokens = state / "tokens.json"
    seed(people=500, tokens_file=tokens, echo=said.append)
    assert "there already" in said[0]
    assert all_of("SELECT (SELECT count(*) FROM fact), (SELECT count(*) FROM person)") == before
    assert set(json.loads(tokens.read_text(encoding="utf-8"))) == set(CAST)
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600


def test_fewer_people_than_it_takes_are_refused(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), pytest.raises(Refused):
        seed(people=12, at=NOW, people_file=tmp_path / "people.txt", echo=lambda line: None)


def test_without_a_file_the_key_is_told_and_no_file_of_another_demo_is_touched(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    theirs = Path(__file__).parents[3] / "var" / "demo" / "people.txt"
    before = theirs.read_bytes() if theirs.exists() else None
    said: list[str] = []

    def stop_after_the_people(line: str) -> None:
        said.append(line)
        if " people in " in line:
            raise Stopped

    with app.app_context(), pytest.raises(Stopped):
        seed(people=PEOPLE, at=NOW, echo=stop_after_the_people)
    assert any("key" in line and "secret" in line for line in said)
    assert list(tmp_path.iterdir()) == []
    assert (theirs.read_bytes() if theirs.exists() else None) == before
