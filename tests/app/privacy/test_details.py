"""What stands beside an act is said in plain words: by name, in both languages, and nothing that is not to be seen."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from app.activities.actions import load
from app.audit.actions import write
from app.db import db, transaction
from app.privacy import details, words
from app.vision.models import Skill

NAME = {"nl": "Waterkwaliteit", "en": "Water quality"}
ENTRY = {"slug": "valves", "kind": "workshop", "title": {"nl": "Afsluiters", "en": "Valves"}, "skills": []}
AT = datetime(2026, 11, 16, 9, 40, tzinfo=UTC)


@pytest.fixture
def page(app, cast, client_of):
    """The audit log with these acts in it, as Dan reads it."""

    def read(*acts, lang="en"):
        with app.app_context():
            for number, (action, detail) in enumerate(acts):
                with transaction():
                    at = AT + timedelta(minutes=number)
                    write(action, at=at, actor_id=cast.dan, person_id=cast.anna, detail=detail)
            with transaction():
                told = {"id": cast.dan, "lang": lang}
                db.session.execute(text("UPDATE person SET language = :lang WHERE id = :id"), told)
        return client_of("dan").get("/admin/audit").text

    return read


@pytest.fixture
def skill(app, cast):
    with app.app_context(), transaction():
        return int(
            db.session.scalar(
                insert(Skill)
                .values(slug="water", name=NAME, enamel="water", lineage=[], position=1)
                .returning(Skill.id)
            )
        )


def test_things_are_said_by_name_in_the_readers_language(app, cast, page, skill):
    target = {
        "target": 7,
        "skill_id": skill,
        "unit_id": cast.water,
        "level": 3,
        "people": 12,
        "period": "2027",
    }
    english = page(("vision:target", target), ("skill:edited", {"slug": "water", "retired": True}))
    with app.app_context():
        unit = db.session.scalar(text("SELECT name FROM unit WHERE id = :id"), {"id": cast.water})
    assert f"Skill: Water quality · Team or department: {unit} · Level: 3" in english
    assert "Skill: Water quality · Taken out of use: yes" in english
    assert "skill_id" not in english
    assert f"Vaardigheid: Waterkwaliteit · Team of afdeling: {unit} · Niveau: 3" in page(lang="nl")


def test_who_is_meant_has_a_name_and_who_was_erased_has_none(app, cast, page):
    log = {"completion_id": 4411, "from": cast.mia, "to": cast.ben}
    assert "From: Mia · To: Ben" in page(("completion:handed-over", log))
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET erased_at = now() WHERE id = :id"), {"id": cast.ben})
    gone = page()
    assert "From: Mia · To: somebody who is not here any more" in gone
    assert "4411" not in gone


def test_what_is_gone_says_so_and_a_draft_keeps_its_name(app, cast, page):
    with app.app_context(), transaction():
        ids = load([ENTRY, {**ENTRY, "slug": "rounds"}], at=AT)
        db.session.execute(text("UPDATE activity SET state = 'proposed' WHERE slug = 'rounds'"))
    shown = page(
        ("activity:edited", {"slug": "valves", "state": "retired"}),
        ("activity:merged", {"merge_id": 1, "from_id": ids["rounds"], "into_id": ids["valves"]}),
        ("goal:removed", {"slug": "long-gone"}),
        ("client:revoked", {"client_id": 9_000_000}),
    )
    assert "Activity: Valves · Now: retired" in shown
    assert "Activity: a draft · Goes on as: Valves" in shown
    assert "Goal: not here any more" in shown
    assert "System: not here any more" in shown


def test_what_is_private_stays_without_a_name_or_number(page):
    shown = page(
        ("recognition:given", {"recognition": 8123, "as": "jury"}),
        ("report:decided", {"kind": "lesson", "content_id": 8124, "decision": "hide", "reports": 2}),
        ("mentoring:pair-proposed", {"pair": 8125}),
        ("team_goal:changed", {"team_goal": 8126, "version": 8127}),
        ("review_round:opened", {"round": 8128}),
    )
    assert "Given as: a jury" in shown
    assert "Reported: a lesson · Decided: hidden · Reports: 2" in shown
    for number in range(8123, 8129):
        assert str(number) not in shown


def test_one_reads_the_same_of_what_was_done_about_oneself(app, cast, client_of, page):
    page(("person:role", {"from": "employee", "to": "hr"}))
    assert "From: employee · To: HR" in client_of("anna").get("/me/audit").text


def _said(node):
    """The code of an act, as far as it stands there: all of it, or its subject."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    if isinstance(node, ast.IfExp):
        node = node.body
    return node.value if isinstance(node, ast.Constant) else ""


def _keys_of(tree):
    """Every key that the code hands to the audit log, with its action where that stands there as well."""
    for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        yield from _keys_in(function)


def _keys_in(function):
    """A detail may have been written down a line before."""
    before = [
        one for one in ast.walk(function) if isinstance(one, ast.Assign) and isinstance(one.value, ast.Dict)
    ]
    given = {target.id: one.value for one in before for target in one.targets if isinstance(target, ast.Name)}
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in ("write", "Act"):
            continue
        action = _said(node.args[0]) if node.args else ""
        told = [one.value for one in node.keywords if one.arg == "detail"] + node.args[2:3]
        for one in (given.get(getattr(one, "id", ""), one) for one in told):
            if isinstance(one, ast.Dict):
                yield from ((action, key.value) for key in one.keys if isinstance(key, ast.Constant))


def test_every_key_in_the_code_is_said_in_words_or_left_out_on_purpose():
    app_folder = Path(words.__file__).parents[1]
    found = {pair for path in app_folder.rglob("*.py") for pair in _keys_of(ast.parse(path.read_text()))}
    assert len(found) > 30
    unsaid = {pair for pair in found if details.key_of(*pair) is None}
    assert not unsaid
    handed_on = (
        "skill_id unit_id level people period confirmed changed again back left moved new refused file_id"
    )
    assert not [one for one in handed_on.split() if details.key_of(":", one) is None]
