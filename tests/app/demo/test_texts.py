"""Lessons and thanks: enough of them, each once, each in one language, by people who work here."""

import re
from collections import Counter
from itertools import chain

from app.demo.company import by_name, company, read
from app.kudos import rules as kudos_rules
from app.lessons import rules as lesson_rules

LESSONS, THANKS = read("lessons.json"), read("thanks.json")
SKILLS = {skill["slug"] for skill in read("catalogue.json")["skills"]}
ACTIVITIES = {activity["slug"]: activity for activity in read("catalogue.json")["activities"]}
PARTS = ("happened", "learned", "from_now_on")
SAID = [*THANKS["named"], *THANKS["teams"], *THANKS["kudos"]]


def test_there_are_sixty_lessons_and_more_two_thirds_of_them_dutch() -> None:
    languages = Counter(lesson["lang"] for lesson in LESSONS)
    assert len(LESSONS) >= 60
    assert 0.6 <= languages["nl"] / len(LESSONS) <= 0.75
    assert set(languages) == {"nl", "en"}


def test_lessons_tell_of_all_four_outcomes() -> None:
    outcomes = Counter(lesson["outcome"] for lesson in LESSONS)
    assert set(outcomes) == set(lesson_rules.OUTCOMES)
    assert min(outcomes.values()) >= 12


def test_every_lesson_could_be_shared_by_its_author() -> None:
    here = by_name(company())
    for lesson in LESSONS:
        parts = [lesson[part] for part in PARTS]
        audience = lesson.get("audience", "everyone")
        assert (
            lesson_rules.wrong_with(lesson["title"], parts, lesson["outcome"], lesson["lang"], audience)
            is None
        )
        assert set(lesson["skills"]) <= SKILLS
        assert here[lesson["by"]].language == lesson["lang"]
        assert set(lesson.get("applied_by", ())) <= set(here)
        assert all(len(how) <= lesson_rules.HOW[1] for how in lesson["how"])


def test_no_text_is_there_twice() -> None:
    told = chain.from_iterable((lesson["title"], *(lesson[part] for part in PARTS)) for lesson in LESSONS)
    said = [words["text"] for words in SAID]
    notes = chain.from_iterable(chain.from_iterable(by.values()) for by in THANKS["notes"].values())
    for texts in (told, said, notes, THANKS["apply"]["nl"], THANKS["apply"]["en"]):
        assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_there_are_120_thanks_and_more_that_could_be_given() -> None:
    here = by_name(company())
    departments = {person.department for person in here.values()}
    teams = {person.team for person in here.values()}
    assert len(THANKS["kudos"]) >= 120
    for words in SAID:
        assert kudos_rules.wrong_with(1, [2], words["text"], words["lang"]) is None
        assert words["skill"] in SKILLS
    for words in THANKS["named"]:
        assert {words["by"], *words["to"]} <= set(here)
        assert words["by"] not in words["to"]
    assert {words["by"] for words in THANKS["teams"]} <= set(here)
    assert {words["team"] for words in THANKS["teams"]} <= teams
    assert set(chain.from_iterable(words["to"] for words in THANKS["kudos"])) <= departments


def test_texts_have_only_slots_that_are_filled() -> None:
    slots = chain.from_iterable(re.findall(r"\{(\w*)\}", words["text"]) for words in THANKS["kudos"])
    assert set(slots) <= {"town", "street", "day"}
    for words in (*THANKS["named"], *THANKS["teams"]):
        assert "{" not in words["text"]


def test_nothing_shouts() -> None:
    told = [lesson[part] for lesson in LESSONS for part in ("title", *PARTS)]
    assert [text for text in (*told, *(words["text"] for words in SAID)) if "!" in text] == []


def test_who_logs_has_something_to_say_in_both_languages() -> None:
    logged = {"coaching", "mentoring", "on_the_job", "rotation"}
    for slug, activity in ACTIVITIES.items():
        if activity["kind"] in logged:
            assert all(THANKS["notes"][slug][language] for language in ("nl", "en")), slug
    for own in THANKS["own"]:
        assert own["skill"] in SKILLS
        assert own["title"]
        assert own["note"]
