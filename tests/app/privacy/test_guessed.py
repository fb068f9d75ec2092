"""What is somebody's, guessed by its number: the answer of what is not there, and a look that was refused."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.access import POLICIES
from app.audit.actions import look
from app.db import db, transaction
from app.privacy.guessed import GUESSED
from tests.cast import signed_in
from tests.small import course, rows, state
from tests.test_policies import EXAMPLES, NOWHERE, OBJECTS, House, _things, house

__all__ = ["house"]
LOOKS = "SELECT DISTINCT person_id, allowed FROM look WHERE viewer_id = {} AND what = '{}'"
# Views that name a thing of somebody and show nothing of it to who may see it otherwise: what one can change.
ONLY_TO_CHANGE = {"goals.edit", "lessons.edit"}
# Of a date anybody may know; who leads it reads who comes.
OF_DATES = {"dates.attendance", "dates.code", "dates.code_picture"}


def test_each_view_of_a_thing_of_somebody_is_named(app):
    reads = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    theirs = {name for name in OBJECTS if name in reads}
    assert theirs - ONLY_TO_CHANGE - OF_DATES <= set(GUESSED)
    assert set(GUESSED) <= set(POLICIES)
    for name, guess in GUESSED.items():
        assert all(guess.argument in rule.arguments for rule in app.url_map.iter_rules(name))


@pytest.fixture
def things(house: House):
    """Of Anna, with Ben; her lesson is for her team, and only she sees her badge."""
    made = _things(house, house.cast.anna, house.cast.ben)
    with house.app.app_context():
        at = datetime.now(UTC)
        state([course(house.cast.anna, f"guess:{n}", n) for n in range(6)], at)  # which is a badge
    with house.app.app_context(), transaction():
        told = {"p": house.cast.anna}
        db.session.execute(text("UPDATE recognition_receiver SET visible = 'me'"))
        db.session.execute(text("UPDATE award SET visible = 'me'"))
        made["award"] = db.session.scalar(text("SELECT id FROM award WHERE person_id = :p LIMIT 1"), told)
        assert made["award"]
        made["export"] = db.session.scalar(
            text("""INSERT INTO data_export (id, person_id, asked_at, state) VALUES
                    (gen_random_uuid(), :p, now(), 'asked') RETURNING id"""), told,
        )  # fmt: skip
    return made


def path_of(name, things):
    if name == "badges.award":
        return f"/b/{things['award']}"
    if name.startswith("privacy"):
        return EXAMPLES[name].path.replace("11111111-2222-4333-8444-555555555555", str(things["export"]))
    return EXAMPLES[name].path.format(**things)


NAMES = sorted(set(GUESSED) - {"reviews.observation", "reviews_api.observation"})  # tests/app/reviews


@pytest.mark.parametrize("who", ["eve", "dan", "clara", "leo"])
def test_who_guesses_it_gets_nothing_and_leaves_a_look(house, things, who):
    browser, viewer = signed_in(house.app, house.cast.id_of(who)), house.cast.id_of(who)
    for name in NAMES:
        with house.app.app_context(), transaction():
            before = rows("SELECT count(*) FROM look WHERE allowed")
        path = path_of(name, things)
        if who == "clara" and name.startswith(
            "recognitions"
        ):  # HR reads these, and that leaves a look as well
            continue
        for _ in range(2):
            assert browser.get(path).status_code == 404, (name, path)
        with house.app.app_context():
            whose = {one for one, allowed in rows(LOOKS.format(viewer, GUESSED[name].what)) if not allowed}
            assert whose, name
            assert whose <= {house.cast.anna, house.cast.ben}, name
            assert rows("SELECT count(*) FROM look WHERE allowed") == before, name


def test_whoever_has_part_in_it_leaves_none(house, things):
    for who in ("anna", "ben"):
        browser = signed_in(house.app, house.cast.id_of(who))
        for name in NAMES:
            browser.get(path_of(name, things))
    with house.app.app_context():
        anna, ben = house.cast.anna, house.cast.ben
        refused = rows(f"SELECT what FROM look WHERE NOT allowed AND viewer_id = {anna}")
        assert refused == []
        # of what Ben has part in: Anna's thanks from him, feedback that she asked of him, a log for his word
        parts = {"kudos:one", "feedback:one", "guidance:one", "completion:one"}
        told = {one for (one,) in rows(f"SELECT what FROM look WHERE NOT allowed AND viewer_id = {ben}")}
        assert not told & parts


def test_a_number_that_nothing_has_leaves_none_and_the_answer_is_the_same(house, things):
    browser = signed_in(house.app, house.cast.eve)
    for name in NAMES:
        if "{" not in EXAMPLES[name].path or "picture" in EXAMPLES[name].path:
            continue
        none = browser.get(re.sub(r"\{\w+\}", str(NOWHERE), EXAMPLES[name].path))
        huge = browser.get(re.sub(r"\{\w+\}", str(2**70), EXAMPLES[name].path))
        assert (none.status_code, huge.status_code) == (404, 404), name
    with house.app.app_context():
        assert rows("SELECT count(*) FROM look") == [(0,)]


def test_a_lesson_without_a_name_leaves_no_look_for_it_would_say_whose_it_is(house, things):
    with house.app.app_context(), transaction():
        db.session.execute(
            text("UPDATE lesson SET author_id = NULL, mark = '\\x01' WHERE id = :id"),
            {"id": things["lesson"]},
        )
    assert signed_in(house.app, house.cast.eve).get(f"/lessons/{things['lesson']}").status_code == 404
    with house.app.app_context():
        assert rows("SELECT count(*) FROM look WHERE what = 'lesson:one'") == [(0,)]


def test_a_manager_of_before_who_opens_a_conversation_again_leaves_a_look(house, things):
    """Eve led Anna when they talked; Mia leads her now."""
    with house.app.app_context(), transaction():
        told = {"id": things["talk"], "eve": house.cast.eve}
        db.session.execute(text("UPDATE conversation SET manager_id = :eve WHERE id = :id"), told)
    assert signed_in(house.app, house.cast.eve).get(f"/conversations/{things['talk']}").status_code == 404
    with house.app.app_context():
        assert rows("SELECT viewer_id, person_id FROM look WHERE what = 'conversation:one'") == [
            (house.cast.eve, house.cast.anna)
        ]


def test_many_tries_within_an_hour_are_one_line_on_the_officers_list(app, cast, client_of):
    at = datetime(2026, 11, 16, 9, 40, tzinfo=UTC)
    with app.app_context():
        for person in (cast.anna, cast.ben, cast.mia, cast.leo, cast.cor):
            look(viewer_id=cast.eve, person_id=person, what="conversation:one", allowed=False, at=at)
        look(viewer_id=cast.eve, person_id=cast.anna, what="goal:one", allowed=False, at=at)
    page = client_of("dan").get("/admin/privacy/refused").text
    assert page.count("A conversation of you and your manager") == 1
    assert "and 4 others" in page
    assert page.count("A goal of yours") == 1
