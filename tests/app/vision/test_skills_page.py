"""L&D keeps goals and skills in the browser; facts keep the lineage of their moment."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.activities import recording
from app.db import db, transaction
from app.facts.models import Fact
from app.outbox import settle
from app.vision import queries
from tests.app.activities.scene import SKILLS, Catalogue, catalogue
from tests.cast import Cast, SignedIn

__all__ = ["catalogue"]
Browser = Callable[[str], SignedIn]
AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
FORM: dict[str, Any] = {
    "name_nl": "Hijsen",
    "name_en": "Hoisting",
    "enamel": "craft",
    "parent": "safety",
    "goal": "",
}


def row(app: Flask, slug: str) -> Any:
    with app.app_context():
        return next((one for one in queries.tree() if one.slug == slug), None)


def test_a_skill_with_levels_and_a_framework_is_made_under_another(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    data = {
        **FORM,
        "levels_nl": "Helpt mee\nDoet het zelf",
        "levels_en": "Helps\nDoes it alone",
        "framework": "http://data.europa.eu/esco/skill/1",
    }
    assert client_of("leo").post("/admin/skills/new", data=data).status_code == 303
    made = row(app, "hoisting")
    assert made.lineage == [made.id, catalogue.safety]
    assert made.levels == [{"nl": "Helpt mee", "en": "Helps"}, {"nl": "Doet het zelf", "en": "Does it alone"}]
    page = client_of("leo").get("/admin/skills").text
    assert "Hoisting" in page
    assert "2 levels" in page
    assert "Hoisting" in client_of("anna").get("/learn").text


def test_a_move_takes_the_skills_below_along_and_counts_forward_only(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    def complete(person_id: int, source: str) -> None:
        with app.app_context(), transaction():
            report: Any = {
                "person_id": person_id,
                "activity_id": catalogue.lifting,
                "completed_at": AT,
                "source": source,
            }
            recording.record_completions([report], at=AT)
            settle(AT)

    complete(cast.anna, "a")
    leo = client_of("leo")
    safety = {**FORM, "name_nl": "Veiligheid", "name_en": "Safety", "parent": "water"}
    assert leo.post("/admin/skills/safety", data=safety).status_code == 303
    complete(cast.ben, "b")
    lifting = row(app, "lifting")
    assert lifting.lineage == [lifting.id, catalogue.safety, catalogue.water]
    with app.app_context():
        lineages = {fact.person_id: sorted(fact.lineage) for fact in db.session.query(Fact)}
    assert lineages[cast.anna] == sorted([lifting.id, catalogue.safety])
    assert lineages[cast.ben] == sorted([lifting.id, catalogue.safety, catalogue.water])


def test_a_skill_cannot_stand_under_itself(app: Flask, client_of: Browser, catalogue: Catalogue) -> None:
    answer = client_of("leo").post("/admin/skills/safety", data={**FORM, "parent": "lifting"})
    assert answer.status_code == 422
    assert "cannot stand under itself" in answer.text
    assert row(app, "safety").parent_id is None


def test_a_retired_skill_is_not_chosen_any_more_and_keeps_its_name(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    leo, anna = client_of("leo"), client_of("anna")
    data = {**FORM, "name_en": "Water", "parent": "", "retired": "1"}
    assert leo.post("/admin/skills/water", data=data).status_code == 303
    assert 'value="water"' not in anna.get("/learn").text
    assert "Water" in anna.get("/learn/sampling").text
    assert "Retired" in leo.get("/admin/skills").text
    assert leo.post("/admin/skills/water", data={**data, "retired": ""}).status_code == 303
    assert 'value="water"' in anna.get("/learn").text


def test_of_two_edits_at_once_the_second_sees_both(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    leo, seen = client_of("leo"), row(app, "lifting").version
    moved = {
        **FORM,
        "name_nl": "Tillen",
        "name_en": "Lifting",
        "enamel": "safety",
        "parent": "water",
        "version": seen,
    }
    assert leo.post("/admin/skills/lifting", data=moved).status_code == 303
    answer = leo.post("/admin/skills/lifting", data={**FORM, "name_en": "Mine", "version": seen})
    assert answer.status_code == 409
    assert "<dd>water</dd>" in answer.text
    assert 'value="Mine"' in answer.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name_nl": " "}, "Say it in Dutch and in English"),
        ({"enamel": "gold"}, "Choose a colour"),
        ({"parent": "nothing"}, "Choose a skill that is there"),
        ({"goal": "nothing"}, "Choose a goal that is there"),
        ({"levels_nl": "Een\nTwee", "levels_en": "One"}, "as many levels"),
        ({"framework": "javascript:alert(1)"}, "begins with http"),
        ({"name_en": "a\x00"}, "Look at the fields below"),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    app: Flask, client_of: Browser, catalogue: Catalogue, wrong: dict[str, str], said: str
) -> None:
    answer = client_of("leo").post("/admin/skills/new", data={**FORM, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    with app.app_context():
        assert len(queries.tree()) == len(SKILLS)


def test_goals_are_made_moved_renamed_and_removed_when_nothing_stands_under_them(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    leo = client_of("leo")
    for name in ("Safe home", "Good water"):
        assert leo.post("/admin/goals/new", data={"name_nl": name, "name_en": name}).status_code == 303
    leo.post("/admin/goals/good-water/step", data={"step": "up"})
    with app.app_context():
        assert [goal.slug for goal in queries.goals()] == ["good-water", "safe-home"]
    leo.post("/admin/skills/water", data={**FORM, "name_en": "Water", "parent": "", "goal": "good-water"})
    refused = leo.post("/admin/goals/good-water/step", data={"step": "remove"})
    assert refused.status_code == 422
    assert "Skills stand under this goal" in refused.text
    assert leo.post("/admin/goals/safe-home/step", data={"step": "remove"}).status_code == 303
    with app.app_context():
        (goal,) = queries.goals()
    leo.post(
        "/admin/goals/good-water", data={"name_nl": "Beter", "name_en": "Better", "version": goal.version}
    )
    again = leo.post(
        "/admin/goals/good-water", data={"name_nl": "X", "name_en": "X", "version": goal.version}
    )
    assert again.status_code == 409
    assert "Better" in again.text


def test_it_begins_with_a_goal(cast: Cast, client_of: Browser) -> None:
    assert "Begin with a goal" in client_of("leo").get("/admin/skills").text


def test_a_slug_is_made_of_any_name(app: Flask, client_of: Browser, catalogue: Catalogue) -> None:
    leo = client_of("leo")
    for name in ("水", "水", "Élan & co"):
        leo.post("/admin/skills/new", data={**FORM, "name_en": name})
    assert row(app, "new")
    assert row(app, "new-2")
    assert row(app, "elan-co")
