"""Waterveld's catalogue: whole, in two languages, and with every form of rule that can be written."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo.company import read
from app.imports.catalogue import read_document
from app.imports.catalogue_file import STARTER
from badges.catalogue import read_all
from badges.criteria import DISTINCT, Names

CATALOGUE = read("catalogue.json")
ENAMELS = {"water", "data", "safety", "craft", "people", "customer", "sustain", "improve"}
MOODLE = {
    "http://www.example.org/course/view.php?id=2",
    "http://www.example.org/mod/book/view.php?id=1",
    "http://www.example.org/mod/lesson/view.php?id=1#lesson",
    "http://www.example.org/mod/quiz/attempt.php?attempt=1&cmid=1",
    "http://www.example.org/mod/scorm/view.php?id=1#sco",
}


def said(thing: Any) -> Iterator[dict[str, str]]:
    """Every text in two languages, wherever it stands."""
    if isinstance(thing, dict):
        if set(thing) & {"nl", "en"}:
            yield thing
        for value in thing.values():
            yield from said(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from said(value)


def test_it_is_as_large_as_was_promised() -> None:
    assert {part: len(CATALOGUE[part]) for part in ("vision", "activities", "badges")} == {
        "vision": 6,
        "activities": 40,
        "badges": 21,
    }
    assert len(CATALOGUE["skills"]) == 25


def test_every_text_is_there_in_dutch_and_in_english_and_they_differ() -> None:
    texts = list(said({part: CATALOGUE[part] for part in ("vision", "skills", "activities", "badges")}))
    assert len(texts) == 6 + 25 + 8 * 4 + 2 * 40 + 2 * 21  # goals, skills, levels, activities, badges
    for text in texts:
        assert set(text) == {"nl", "en"}
        assert all(text.values())
    same = [text["nl"] for text in texts if text["nl"] == text["en"]]
    assert same == []


def test_what_a_badge_is_for_reads_well_to_its_holder_and_to_others() -> None:
    starter: Any = read_document(STARTER.read_bytes())
    for one in [*CATALOGUE["badges"], *starter["badges"]]:
        told = " ".join(one["summary"].values()).lower()
        assert not re.search(r"\b(you|yours?|je|jij|jou|jouw)\b", told), one["slug"]


@pytest.mark.parametrize("part", ["vision", "skills", "activities", "badges"])
def test_no_slug_and_no_name_is_there_twice(part: str) -> None:
    for key in ("slug", "name", "title", "summary"):
        found = Counter(json.dumps(entry[key]) for entry in CATALOGUE[part] if key in entry)
        assert [name for name, times in found.items() if times > 1] == []


def test_skills_have_all_eight_enamels_and_those_of_their_parents() -> None:
    skills = {skill["slug"]: skill for skill in CATALOGUE["skills"]}
    assert {skill["enamel"] for skill in skills.values()} == ENAMELS
    for skill in skills.values():
        if skill["parent"]:
            assert skill["enamel"] == skills[skill["parent"]]["enamel"]


def test_activities_are_of_all_seven_kinds_and_of_skills_that_exist() -> None:
    skills = {skill["slug"] for skill in CATALOGUE["skills"]}
    kinds = {"course", "workshop", "coaching", "mentoring", "on_the_job", "rotation", "article"}
    assert {activity["kind"] for activity in CATALOGUE["activities"]} == kinds
    for activity in CATALOGUE["activities"]:
        assert activity["skills"]
        assert set(activity["skills"]) <= skills
        assert activity["hours"] > 0


def test_the_five_moodle_activities_are_known_and_none_of_them_is_mandatory() -> None:
    known = {name: a for a in CATALOGUE["activities"] for name in a["known_as"] if name in MOODLE}
    assert set(known) == MOODLE
    assert not any(activity["mandatory"] for activity in known.values())
    (first,) = [b["tiers"][0]["criteria"] for b in CATALOGUE["badges"] if b["slug"] == "pressure-and-valves"]
    assert sorted(first["completed"]) == sorted(activity["slug"] for activity in known.values())


def test_refreshers_are_mandatory_every_year() -> None:
    mandatory = [activity for activity in CATALOGUE["activities"] if activity["mandatory"]]
    assert len(mandatory) == 3
    assert {activity["repeats"] for activity in mandatory} == {"year"}


def test_every_badge_can_be_read_and_has_a_glyph_that_exists() -> None:
    names = Names(
        {activity["slug"]: n for n, activity in enumerate(CATALOGUE["activities"])},
        {skill["slug"]: n for n, skill in enumerate(CATALOGUE["skills"])},
    )
    assert len(read_all(json.loads(json.dumps(CATALOGUE["badges"])), names)) == 21
    shapes = {"course", "workshop", "coaching", "job", "rotation", "lesson", "kudos", "milestone"}
    assert {badge["kind"] for badge in CATALOGUE["badges"]} == shapes
    glyphs = Path(__file__).parents[3] / "app" / "badges" / "glyphs.txt"
    if glyphs.exists():
        known = glyphs.read_text(encoding="utf-8")
        assert [badge["glyph"] for badge in CATALOGUE["badges"] if badge["glyph"] not in known] == []


def test_every_form_of_rule_is_used() -> None:
    rules = [tier["criteria"] for badge in CATALOGUE["badges"] for tier in badge["tiers"]]
    text = json.dumps(rules)
    for word in ("all", "any", "count", "distinct", "completed", "points", "badge", "days", "calendar"):
        assert f'"{word}":' in text, word
    for what in DISTINCT:
        assert f'"distinct": "{what}"' in text
