"""A level of a skill is said in words wherever it stands: its own, or those of the nearest skill above it."""

import csv
import io
import json
from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.reviews import actions as reviews
from app.vision import queries as vision
from tests.app.careers.conftest import Act, asked
from tests.app.careers.test_job_doors import Browser, Tokens
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast

WORDS = [{"nl": "Kent de basis", "en": "Knows the basics"}, {"nl": "Doet het zelf", "en": "Does it alone"}]
OTHERS = [{"nl": "Kijkt mee", "en": "Looks on"}, {"nl": "Meet zelf", "en": "Measures alone"}]


def name_levels(app: Flask, slug: str, words: list[dict[str, str]]) -> None:
    with app.app_context(), transaction():
        told = {"slug": slug, "words": json.dumps(words)}
        db.session.execute(text("UPDATE skill SET levels = CAST(:words AS jsonb) WHERE slug = :slug"), told)


@pytest.fixture
def under(scene: Scene) -> str:
    """A skill under water."""
    return "lab"


def test_a_skill_without_names_for_its_levels_has_those_of_the_one_above_it(app: Flask, under: str) -> None:
    name_levels(app, "water", WORDS)
    with app.app_context():
        row = vision.skill(under)
        assert row.levels == []
        assert [vision.level_name(row, level) for level in (1, 2, 3)] == [*WORDS, None]
    name_levels(app, under, OTHERS)
    with app.app_context():
        assert vision.level_name(vision.skill(under), 2) == OTHERS[1]
        assert vision.level_name(vision.skill("people"), 1) is None


@pytest.mark.parametrize(
    ("lang", "word"), [("nl", "Niveau 2: Doet het zelf"), ("en", "Level 2: Does it alone")]
)
def test_what_a_job_asks_says_its_level_in_words(
    app: Flask, under: str, publish: Act, client_of: Browser, lang: str, word: str
) -> None:
    name_levels(app, "water", WORDS)
    publish("senior", asked("Measures", under))
    anna = client_of("anna")
    anna.post("/me/language", data={"language": lang})
    assert word in anna.get("/jobs/senior").text


def test_the_form_of_a_criterion_and_of_a_target_say_the_levels_where_all_skills_have_the_same(
    app: Flask, scene: Scene, client_of: Browser
) -> None:
    name_levels(app, "water", WORDS)
    for path in ("/admin/jobs/senior/criteria/new", "/admin/vision/targets/new"):
        page = client_of("clara").get(path).text
        assert ">2: Does it alone</option>" in page, path
        assert ">3</option>" in page, path
        assert "What the levels are called" not in page


def test_where_skills_call_their_levels_differently_the_form_says_which(
    app: Flask, under: str, client_of: Browser
) -> None:
    name_levels(app, "water", WORDS)
    name_levels(app, under, OTHERS)
    page = client_of("clara").get("/admin/jobs/senior/criteria/new").text
    assert "What the levels are called" in page
    assert "2: Measures alone" in page
    assert ">2</option>" in page, "a number says nothing wrong of either"


def test_what_changed_of_a_level_is_said_in_words(
    app: Flask, scene: Scene, publish: Act, client_of: Browser
) -> None:
    name_levels(app, "water", WORDS)
    publish("senior", asked("Measures", level=1))
    key = client_of("anna").get("/jobs/senior").text.split('id="c-')[1].split('"')[0]
    publish("senior", replace(asked("Measures", level=2), key=UUID(key)))
    page = client_of("anna").get("/jobs/senior/versions/2").text
    assert "<del>level 1: Knows the basics</del>" in page
    assert "<ins>level 2: Does it alone</ins>" in page


def test_programs_and_the_file_of_jobs_have_the_word_beside_the_number(
    app: Flask, scene: Scene, publish: Act, client_of: Browser, token_of: Tokens
) -> None:
    name_levels(app, "water", WORDS)
    publish("senior", asked("Measures"), asked("Leads", "people"))
    told = app.test_client().get("/api/v1/jobs/senior", headers=token_of("anna")).json
    assert [one["level_name"] for one in told["asks"]["criteria"]] == [WORDS[1], None]
    seen = app.test_client().get("/api/v1/vision", headers=token_of("anna")).json
    jobs = [job for goal in seen["goals"] for skill in goal["skills"] for job in skill["jobs"]]
    assert {"job": "senior", "level": 2, "level_name": WORDS[1]} in jobs
    content = client_of("clara").get("/admin/jobs/export.csv").text.lstrip("\ufeff")
    rows = [row for row in csv.DictReader(io.StringIO(content)) if row["what"] == "criterion"]
    assert [(row["level"], row["level_nl"], row["level_en"]) for row in rows] == [
        ("2", "Doet het zelf", "Does it alone"),
        ("2", "", ""),
    ]


def test_a_review_says_the_level_in_words_in_the_file_and_to_who_observes(
    app: Flask, scene: Scene, cast: Cast, publish: Act, act: Act, client_of: Browser, token_of: Tokens
) -> None:
    name_levels(app, "water", WORDS)
    publish("senior", asked("Measures"))
    with app.app_context():
        job = db.session.scalar(text("SELECT id FROM job WHERE slug = 'senior'")) or 0
        criterion = db.session.scalar(text("SELECT max(id) FROM criterion")) or 0
    (review,) = act(reviews.start, [reviews.NewReview(person_id=cast.anna, job_id=job, asked_by=cast.anna)])
    (observation,) = act(
        reviews.ask_colleagues, review, criterion_id=criterion, observer_ids=[cast.ben], question="What did you see",
        by=cast.anna,
    )  # fmt: skip
    assert "Needs level 2: Does it alone" in client_of("anna").get(f"/reviews/{review}").text
    assert "Needs level 2: Does it alone" in client_of("ben").get(f"/reviews/observations/{observation}").text
    told = app.test_client().get(f"/api/v1/reviews/{review}", headers=token_of("anna")).json
    assert told["criteria"][0]["level_name"] == WORDS[1]
