"""What is said again as it stands is no change: nobody is told, and the audit has one line, also of six at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit.queries import acts
from app.db import db
from tests.cast import Cast
from tests.racing import at_once

Headers = Callable[[str], dict[str, str]]
BOTH = {"nl": "Een", "en": "One"}
OTHER = {"nl": "Ander", "en": "Other"}
TODAY = datetime.now(UTC).date()
DAYS = {"since": TODAY.isoformat(), "until": (TODAY + timedelta(days=7)).isoformat()}
DECIDED: dict[str, Any] = {
    "name": "Water Works", "kudos_allowance": 12, "manager_kudos_allowance": 40, "team_kudos_allowance": 3,
    "kudos_on_boards": False, "full_time_hours": 38.5, "incident_link": "", "statement_days": 90,
    "points_on": True, "boards_on": False,
}  # fmt: skip
DATE = {"starts_at": "2090-03-01T09:00:00+01:00", "ends_at": "2090-03-01T10:00:00+01:00", "places": 1}
SKILL = {"name": BOTH, "enamel": "craft", "parent": None}
JOB = {"family": "one", "level": 4, "known_as": []}
COURSE = {"title": BOTH, "kind": "course", "skills": ["one"]}
PART = [{"need": 1, "activities": ["one"]}]
MENTORING = {
    "name": BOTH,
    "about": BOTH,
    "starts_on": "2090-01-01",
    "ends_on": "2091-01-01",
    "skills": [],
    "open": True,
}

# who, what has to be there first, the door, what is said, the lines that stand in the audit afterwards
Door = tuple[str, list[tuple[str, dict[str, Any]]], str, dict[str, Any], dict[str, int]]
SKILLS = ("skills", SKILL)
DOORS: dict[str, Door] = {
    "organisation": ("dan", [], "organisation", DECIDED, {"organisation:changed": 1, "organisation:switched": 1}),
    "goal": ("leo", [("goals", {"name": BOTH})], "goals/one", {"name": OTHER}, {"goal:edited": 2}),
    "skill": ("leo", [SKILLS], "skills/one", {**SKILL, "name": OTHER}, {"skill:edited": 2}),
    "activity": (
        "leo", [SKILLS, ("activities", COURSE)], "activities/one", {**COURSE, "hours": 4, "known_as": ["urn:x"]},
        {"activity:edited": 2},
    ),
    "date": (
        "leo", [SKILLS, ("activities", COURSE), ("activities/one/dates", DATE)], "dates/{id}", {**DATE, "places": 2},
        {"date:changed": 1},
    ),
    "family": (
        "clara", [("job-families", {"name": BOTH})], "job-families/one", {"name": OTHER}, {"job_family:edited": 2}
    ),
    "job": (
        "clara", [("job-families", {"name": BOTH}), ("jobs", {**JOB, "name": BOTH})], "jobs/one",
        {**JOB, "name": OTHER}, {"job:edited": 2},
    ),
    "meanings": (
        "leo", [], "meanings", {"rules": [{"verb": ["http://example.org/read"], "means": "completed"}]},
        {"meanings:changed": 1},
    ),
    "mentoring": (
        "leo", [("mentoring", {**MENTORING, "most": 1})], "mentoring/{id}", {**MENTORING, "most": 2},
        {"mentoring:changed": 1},
    ),
}  # fmt: skip


def lines(app: Flask, *names: str) -> dict[str, int]:
    with app.app_context():
        return {name: len(acts(name)) for name in names}


def told_of(app: Flask, event: str) -> int:
    with app.app_context():
        found: int = db.session.scalar(
            text("SELECT count(*) FROM outbox WHERE event = :event"), {"event": event}
        )
        return found


@pytest.mark.parametrize("name", DOORS)
def test_six_who_say_the_same_at_once_make_one_change(app: Flask, token_of: Headers, name: str) -> None:
    who, first, path, said, expected = DOORS[name]
    headers, id = token_of(who), None
    for there, body in first:
        made = app.test_client().post(f"/api/v1/{there}", json=body, headers=headers)
        assert made.status_code == 201, (there, made.text)
        id = made.get_json().get("id")

    def say() -> None:
        done = app.test_client().put(f"/api/v1/{path.format(id=id)}", json=said, headers=headers)
        assert done.status_code == 200, done.text

    assert at_once(*[say] * 6) == []
    assert lines(app, *expected) == expected


def test_a_programme_that_six_publish_at_once_is_published_once(app: Flask, token_of: Headers) -> None:
    leo = token_of("leo")
    told = {"title": BOTH, "summary": BOTH, "parts": PART}
    for there, body in (SKILLS, ("activities", COURSE), ("programmes", told)):
        assert app.test_client().post(f"/api/v1/{there}", json=body, headers=leo).status_code == 201

    def say() -> None:
        done = app.test_client().post(
            "/api/v1/programmes/one/state", json={"state": "published"}, headers=leo
        )
        assert done.status_code == 200, done.text

    assert at_once(*[say] * 6) == []
    assert lines(app, "programme:published") == {"programme:published": 1}


@pytest.mark.parametrize(
    ("path", "said", "line"),
    [
        ("people/{clara}/departments", {"departments": ["{department}"]}, "person:departments"),
        ("people/{clara}/privacy-officer", {"officer": True}, "person:privacy-officer"),
    ],
)
def test_whom_hr_serves_and_who_is_privacy_officer_is_written_down_once(
    app: Flask, cast: Cast, token_of: Headers, path: str, said: dict[str, Any], line: str
) -> None:
    dan = token_of("dan")
    with app.app_context():
        department = db.session.scalar(text("SELECT min(id) FROM unit WHERE kind = 'department'"))
    if "departments" in said:
        said = {"departments": [department]}

    def say() -> None:
        where = f"/api/v1/{path.format(clara=cast.clara)}"
        assert app.test_client().put(where, json=said, headers=dan).status_code == 200

    assert at_once(*[say] * 6) == []
    assert lines(app, line) == {line: 1}


def test_who_stands_in_is_told_and_written_down_once_by_api_and_page(
    app: Flask, cast: Cast, token_of: Headers, client_of: Callable[[str], Any]
) -> None:
    mia = token_of("mia")

    def say() -> None:
        said = {"deputy_id": cast.eve, **DAYS}
        done = app.test_client().put("/api/v1/team/stand-in", json=said, headers=mia)
        assert done.get_json()["stand_in"]["id"] == cast.eve

    assert at_once(*[say] * 6) == []
    form = {"who": "Eve", **DAYS}
    assert client_of("mia").post("/team/stand-in", data=form).status_code == 303
    assert lines(app, "stand_in:named") == {"stand_in:named": 1}
    assert told_of(app, "StandInNamed") == 1
    later = {**form, "until": (TODAY + timedelta(days=9)).isoformat()}
    assert client_of("mia").post("/team/stand-in", data=later).status_code == 303
    assert lines(app, "stand_in:named") == {"stand_in:named": 2}, "other days are another choice"


def test_the_same_stand_in_who_left_meanwhile_is_refused(app: Flask, cast: Cast, token_of: Headers) -> None:
    said, mia = {"deputy_id": cast.eve, **DAYS}, token_of("mia")
    door = app.test_client()
    assert door.put("/api/v1/team/stand-in", json=said, headers=mia).status_code == 200
    with app.app_context():
        db.session.execute(text("UPDATE person SET active = false WHERE id = :id"), {"id": cast.eve})
        db.session.commit()
    assert door.put("/api/v1/team/stand-in", json=said, headers=mia).status_code == 422
