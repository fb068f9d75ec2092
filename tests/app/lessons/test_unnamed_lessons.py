"""Lessons without a name: their author finds them, and nobody else finds the author, whichever way they look."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from werkzeug.test import TestResponse

from app.badges.models import Award
from app.db import db, transaction
from app.errors import NotFound, Refused
from app.facts.models import Fact
from app.leaderboards import teams
from app.lessons import applying, changing, queries, unnamed
from app.lessons.actions import LessonText
from app.lessons.applying import Applying
from app.lessons.models import Lesson
from app.outbox import OutboxMessage, settle
from app.people.models import Person, PersonKey
from app.points.models import LedgerEntry
from app.verify import verify
from tests.app.lessons.conftest import AT, TEXT
from tests.cast import NAMES, Cast, SignedIn
from tests.conftest import Database
from tests.racing import at_once

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Share = Callable[..., int]
Standing = Callable[[], dict[str, datetime]]
Later = Callable[[int], datetime]
FIVE = ("anna", "ben", "clara", "eve", "leo")
OTHERS = tuple(name for name in NAMES if name != "anna")
MONDAY = AT + timedelta(days=7)


def hide(share: Share, author: str, number: int = 0, **other: Any) -> int:
    told = {
        "audience": "everyone",
        "happened": f"Story {number} of {'abcdefgh'[NAMES.index(author)]} this week.",
    }
    return share(author, unnamed=True, **{**told, **other})


def count(app: Flask, at: datetime = MONDAY) -> int:
    with app.app_context(), transaction():
        counted = unnamed.count(at=at)
        settle(at)
        return counted


def apply(app: Flask, person: int, lesson_id: int, at: datetime = AT) -> None:
    with app.app_context(), transaction():
        applying.apply_lessons([Applying(lesson_id=lesson_id, person_id=person, how="so")], at=at)
        settle(at)


def stop(app: Flask, person: int, lesson_id: int) -> None:
    with app.app_context(), transaction():
        applying.stop_applying([(lesson_id, person)], at=AT)
        settle(AT)


def delete(app: Flask, person: int, lesson_id: int, at: datetime = AT) -> None:
    with app.app_context(), transaction():
        changing.delete_lessons([(lesson_id, person)], at=at)
        settle(at)


def take_name_off(app: Flask, person: int, lesson_id: int) -> int:
    with app.app_context(), transaction():
        (new,) = changing.take_names_off([(lesson_id, person)], at=AT)
        settle(AT)
        return new


def put_name_on(app: Flask, person: int, lesson_id: int, at: datetime = AT) -> None:
    with app.app_context(), transaction():
        changing.put_names_on([(lesson_id, person)], at=at)
        settle(at)


def facts_of(app: Flask, person: int) -> list[str]:
    with app.app_context():
        rows = (
            select(Fact.kind).where(Fact.person_id == person, Fact.withdrawn_at.is_(None)).order_by(Fact.kind)
        )
        return list(db.session.scalars(rows))


def points(app: Flask) -> dict[int, int]:
    with app.app_context():
        rows = db.session.execute(
            select(LedgerEntry.person_id, func.sum(LedgerEntry.points)).group_by(LedgerEntry.person_id)
        )
        return {person: int(sum_) for person, sum_ in rows if sum_}


def dump(database: Database) -> dict[str, set[str]]:
    """Every row of every table as text: what somebody has who has the disk and no keys."""
    names = database.line.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    ).fetchall()
    return {
        name: {row[0] for row in database.line.execute(f'SELECT t::text FROM "{name}" t').fetchall()}
        for (name,) in names
    }


def new_rows(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: rows - before[name] for name, rows in after.items() if rows - before[name]}


# The author, and everybody else -----------------------------------------------------------------------------


def test_its_author_finds_it_and_no_page_says_who_that_is(
    cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id, anna = hide(share, "anna"), client_of("anna")
    assert "Yours, without your name" in anna.get(f"/lessons/{lesson_id}").text
    assert f'id="lesson-{lesson_id}"' in anna.get("/lessons?show=mine").text
    for name in OTHERS:
        page = client_of(name).get(f"/lessons/{lesson_id}").text
        card = page[page.index("<article") : page.index("</article>")]
        assert "A colleague, without a name" in card
        for telling in ("Anna", "anna", "North", "Water", ":00", "/edit"):
            assert telling not in card
        assert f'id="lesson-{lesson_id}"' not in client_of(name).get("/lessons?show=mine").text


def test_the_feed_the_profile_home_and_search_do_not_tell(
    cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = hide(share, "anna", title="Quite unheard of")
    ben = client_of("ben")
    assert "Quite unheard of" in ben.get("/lessons").text
    assert "Quite unheard of" not in ben.get("/lessons?show=team").text, "it has no team"
    assert "Quite unheard of" not in ben.get("/people/anna").text
    assert "Quite unheard of" not in client_of("anna").get("/people/anna").text, (
        "nor for herself: that is a preview"
    )
    assert "Quite unheard of" not in ben.get("/").text
    found = ben.get("/search?q=unheard").text
    assert f"/lessons/{lesson_id}" in found
    assert "Anna" not in found[found.index("unheard of") :][:400]


def test_the_api_says_null_for_everybody(app: Flask, share: Share, token_of: Headers) -> None:
    lesson_id, api = hide(share, "anna"), app.test_client()
    for name in NAMES:
        lesson = api.get(f"/api/v1/lessons/{lesson_id}", headers=token_of(name)).get_json()
        assert (lesson["author"], lesson["unnamed"], lesson["mine"]) == (None, True, name == "anna")
        (fed,) = api.get("/api/v1/lessons", headers=token_of(name)).get_json()["lessons"]
        assert {**fed, "mine": None} == {
            k: v for k, v in {**lesson, "mine": None}.items() if k != "applications"
        }


def test_a_day_and_no_hour_stands_on_it_and_an_id_that_tells_no_order(
    app: Flask, cast: Cast, skill: int, share: Share
) -> None:
    ids = [hide(share, "anna", number, at=AT + timedelta(minutes=number)) for number in range(12)]
    assert ids != sorted(ids)
    with app.app_context(), transaction():
        words = LessonText(**{**TEXT, "skills": [skill], "audience": "everyone"})
        changing.edit_lessons(
            [changing.Edit(lesson_id=ids[0], by=cast.anna, to=words)], at=AT + timedelta(hours=3)
        )
    delete(app, cast.anna, ids[0], at=AT + timedelta(hours=4))
    with app.app_context():
        row = db.session.get_one(Lesson, ids[0])
        assert {row.shared_at, row.edited_at, row.deleted_at} == {unnamed.day_of(AT)}


def test_for_the_team_it_has_the_team_as_its_audience_and_each_viewer_sees_what_they_may(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = hide(share, "anna", audience="team")
    sees = {name: client_of(name).get(f"/lessons/{lesson_id}").status_code == 200 for name in NAMES}
    assert {name for name, may in sees.items() if may} == {"anna", "ben", "mia"}
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.anna).team_id = cast.desk
        db.session.get_one(Person, cast.mia).team_id = cast.desk
    assert client_of("anna").get(f"/lessons/{lesson_id}").status_code == 200, "hers wherever she is"
    assert client_of("mia").get(f"/lessons/{lesson_id}").status_code == 200, "she still leads Ben there"
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.ben).manager_id = cast.dan
    assert client_of("mia").get(f"/lessons/{lesson_id}").status_code == 404
    assert client_of("dan").get(f"/lessons/{lesson_id}").status_code == 200


def test_only_its_author_changes_it(
    app: Flask, cast: Cast, skill: int, share: Share, client_of: Browser
) -> None:
    lesson_id = hide(share, "anna")
    for name in OTHERS:
        for path in ("/edit", "/delete", "/name", "/unname"):
            sent = {**TEXT, "skills": skill, "audience": "everyone"}
            assert client_of(name).post(f"/lessons/{lesson_id}{path}", data=sent).status_code == 404
    anna = client_of("anna")
    sent = {**TEXT, "skills": skill, "title": "In better words", "audience": "everyone"}
    assert anna.post(f"/lessons/{lesson_id}/edit", data=sent).status_code == 303
    assert "In better words" in client_of("eve").get(f"/lessons/{lesson_id}").text
    assert anna.post(f"/lessons/{lesson_id}/delete").status_code == 303
    assert anna.get(f"/lessons/{lesson_id}").status_code == 404


def test_nobody_applies_their_own_and_who_applies_it_gets_no_hint(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = hide(share, "anna")
    with pytest.raises(Refused):
        apply(app, cast.anna, lesson_id)
    answer = client_of("ben").post(
        f"/lessons/{lesson_id}/application", data={"how": "so"}, headers={"HX-Request": "1"}
    )
    assert "Anna" not in answer.text
    assert facts_of(app, cast.anna) == []
    assert "so" in client_of("anna").get(f"/lessons/{lesson_id}").text


def test_the_composer_says_where_it_is_not_anonymous(app: Flask, cast: Cast, client_of: Browser) -> None:
    assert "not anonymous" in client_of("anna").get("/lessons").text, "three people in North"
    with app.app_context(), transaction():
        db.session.execute(update(Person).values(team_id=cast.north))
    assert "not anonymous" not in client_of("anna").get("/lessons").text


def test_a_plain_form_shares_it(skill: int, client_of: Browser) -> None:
    anna = client_of("anna")
    sent = {**TEXT, "skills": skill, "unnamed": "true", "audience": "everyone", "once": "f1"}
    answer = anna.post("/lessons", data=sent)
    assert answer.status_code == 303
    assert "Yours, without your name" in anna.get(answer.location).text
    assert anna.post("/lessons", data=sent).location == answer.location
    assert anna.post("/lessons", data={**sent, "unnamed": ""}).location == answer.location, (
        "one form, one lesson"
    )
    wrong = anna.post("/lessons", data={**sent, "once": "f2", "title": ""})
    assert wrong.status_code == 422
    assert 'value="true" checked' in wrong.text


# What is kept, and what is not ------------------------------------------------------------------------------


def test_sharing_changing_and_deleting_it_writes_nothing_but_the_lesson(
    app: Flask, cast: Cast, skill: int, share: Share, database: Database
) -> None:
    share("ben")
    before = dump(database)
    lesson_id = hide(share, "anna", once="form-1")
    shared = dump(database)
    with app.app_context(), transaction():
        words = LessonText(**{**TEXT, "skills": [skill], "audience": "everyone"})
        changing.edit_lessons([changing.Edit(lesson_id=lesson_id, by=cast.anna, to=words)], at=AT)
    edited = dump(database)
    delete(app, cast.anna, lesson_id)
    for old, new in ((before, shared), (shared, edited), (edited, dump(database))):
        (table,) = new_rows(old, new)
        assert table == "lesson"
        (row,) = new_rows(old, new)[table]
        fields = row.strip("()").split(",")
        assert str(cast.anna) not in fields[:2]
        assert "form-1" not in row
        assert "anna" not in row.lower()
    assert new_rows(edited, dump(database)).keys() == {"lesson"}, (
        "no outbox, no job, no audit, no ledger, no look"
    )


def test_through_the_door_only_the_session_may_have_been_seen(
    skill: int, client_of: Browser, database: Database, capfd: pytest.CaptureFixture[str], cast: Cast
) -> None:
    anna = client_of("anna")
    anna.get("/lessons")
    before = dump(database)
    sent = {**TEXT, "skills": skill, "unnamed": "true", "audience": "everyone", "once": "f1"}
    assert anna.post("/lessons", data=sent).status_code == 303
    assert new_rows(before, dump(database)).keys() <= {"lesson", "sign_in"}
    said = capfd.readouterr()
    assert "nna" not in said.out + said.err


def test_without_the_key_two_lessons_of_one_author_look_like_those_of_two(app: Flask, share: Share) -> None:
    for author in ("anna", "anna", "ben"):
        hide(share, author, happened="The very same story for all of them.", at=AT, once="same")
    with app.app_context():
        rows = db.session.scalars(select(Lesson)).all()
        assert len({row.mark for row in rows}) == len(rows) == 2
        assert len({tuple(row.text_keys) for row in rows}) == 2, "the same text of two authors"
        assert len({row.once for row in rows}) == 2
        assert {len(row.mark or b"") for row in rows} == {32}


def test_whose_key_is_destroyed_is_nobodys_author(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = hide(share, "anna")
    with app.app_context(), transaction():
        db.session.delete(db.session.get_one(PersonKey, cast.anna))
    page = client_of("anna").get(f"/lessons/{lesson_id}").text
    assert "Yours" not in page
    assert client_of("anna").post(f"/lessons/{lesson_id}/delete").status_code == 404
    for name in FIVE[1:]:
        hide(share, name)
    assert count(app) == 0


def test_no_nudge_no_news_no_fact_until_it_is_counted(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = hide(share, "anna")
    apply(app, cast.ben, lesson_id)
    stop(app, cast.ben, lesson_id)
    assert standing() == {}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(OutboxMessage).where(
            OutboxMessage.event != "PersonMoved")) == 0  # fmt: skip


# The week's count -------------------------------------------------------------------------------------------


def test_five_authors_are_counted_together_and_four_wait(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    for name in FIVE[:4]:
        hide(share, name)
    assert count(app) == 0
    assert standing() == {}
    hide(share, FIVE[4], at=MONDAY)
    assert count(app, MONDAY + timedelta(days=2)) == 0, "this week was tried"
    assert count(app, MONDAY + timedelta(days=7)) == 5
    assert len(standing()) == 5
    assert count(app, MONDAY + timedelta(days=14)) == 0, "once"


def test_a_lesson_of_this_week_waits_for_the_next(app: Flask, share: Share, standing: Standing) -> None:
    for name in FIVE:
        hide(share, name, at=MONDAY)
    assert count(app, MONDAY + timedelta(days=1)) == 0
    assert count(app, MONDAY + timedelta(days=8)) == 5


def test_what_is_written_tells_no_lesson_skill_colleague_or_unit(
    app: Flask, cast: Cast, share: Share, database: Database
) -> None:
    ids = {name: [hide(share, name, number) for number in range(2)] for name in FIVE}
    for name in FIVE:
        apply(app, cast.dan, ids[name][0])
    before = dump(database)
    assert count(app) == 5
    written = new_rows(before, dump(database))
    all_of_it = json.dumps({name: sorted(rows) for name, rows in written.items() if name != "lesson"})
    for lesson_id in (one for pair in ids.values() for one in pair):
        assert str(lesson_id) not in all_of_it
    with app.app_context():
        for fact in db.session.scalars(select(Fact)):
            assert (fact.skills, fact.lineage, fact.counterpart_id) == ([], [], None)
            assert (fact.team_id, fact.department_id, fact.happened_at) == (None, None, MONDAY)
        assert not list(db.session.scalars(select(LedgerEntry.skills).where(LedgerEntry.skills != [])))
    assert facts_of(app, cast.anna) == ["lesson_applied", "lesson_shared", "lesson_shared"]
    assert facts_of(app, cast.ben) == facts_of(app, cast.anna)


def test_points_move_in_the_count_and_at_no_other_moment(
    app: Flask, cast: Cast, share: Share, worth: None
) -> None:
    ids = {name: hide(share, name) for name in FIVE}
    for name in FIVE:
        apply(app, cast.dan, ids[name])
    assert points(app) == {}
    count(app)
    counted = points(app)
    assert counted == dict.fromkeys((cast.id_of(name) for name in FIVE), 30)
    for name in FIVE:
        stop(app, cast.dan, ids[name])
        delete(app, cast.id_of(name), ids[name])
    assert points(app) == counted, "who sees them go sees nobody's points go"
    assert count(app, MONDAY + timedelta(days=7)) == 5
    assert points(app) == {}


def test_of_five_no_one_moves_more_than_the_others_and_nothing_is_lost_by_that(
    app: Flask, cast: Cast, share: Share, worth: None
) -> None:
    ids = {name: hide(share, name) for name in FIVE}
    for reader in (cast.dan, cast.mia, cast.cor):
        apply(app, reader, ids["anna"])
    assert count(app) == 5
    assert set(points(app).values()) == {10}, "everybody sees whose lesson three colleagues apply"
    for name in FIVE[1:]:
        apply(app, cast.dan, ids[name])
    assert count(app, MONDAY + timedelta(days=7)) == 5
    assert set(points(app).values()) == {30}
    for reader in (cast.mia, cast.cor):
        for name in FIVE[1:]:
            apply(app, reader, ids[name])
    assert count(app, MONDAY + timedelta(days=14)) == 5
    assert set(points(app).values()) == {70}


def test_whose_lesson_went_is_not_the_one_who_loses_points(
    app: Flask, cast: Cast, share: Share, worth: None
) -> None:
    ids = {name: hide(share, name) for name in FIVE}
    count(app)
    delete(app, cast.anna, ids["anna"])
    for name in FIVE[1:]:
        hide(share, name, 1, at=MONDAY)
    hide(share, "mia", 1, at=MONDAY)
    assert count(app, MONDAY + timedelta(days=7)) == 5
    assert points(app)[cast.anna] == 10, "it goes when four others lose as much, or with her next lesson"
    hide(share, "anna", 2, at=MONDAY + timedelta(days=7))
    for name in ("dan", *FIVE[1:]):
        hide(share, name, 3, at=MONDAY + timedelta(days=7))
    assert count(app, MONDAY + timedelta(days=14)) == 5
    assert points(app)[cast.anna] == 10, "two written, one stands"


def test_lessons_for_a_team_are_counted_when_five_of_that_team_wrote_some(
    app: Flask, cast: Cast, share: Share, worth: None
) -> None:
    with app.app_context(), transaction():
        for name in ("ben", "clara", "leo", "dan"):
            db.session.get_one(Person, cast.id_of(name)).team_id = cast.north
    hide(share, "anna", audience="team")
    for name in ("ben", "clara", "leo", "eve", "mia"):
        hide(share, name)
    assert count(app) == 5
    assert cast.anna not in points(app), "North reads that it is of North, and there she alone would move"
    for name in ("ben", "clara", "leo", "dan"):
        hide(share, name, 1, at=MONDAY, audience="team")
    assert count(app, MONDAY + timedelta(days=7)) == 5
    assert points(app)[cast.anna] == 10


def test_a_lesson_of_a_small_team_counts_beside_everybodys_after_eight_weeks(
    app: Flask, cast: Cast, share: Share, worth: None
) -> None:
    hide(share, "anna", audience="team")
    for name in FIVE[1:]:
        hide(share, name)
    hide(share, "cor")
    assert count(app) == 5
    assert cast.anna not in points(app)
    late = MONDAY + timedelta(weeks=8)
    for name in FIVE[1:]:
        hide(share, name, 1, at=late - timedelta(days=3))
    assert count(app, late) == 5
    assert points(app)[cast.anna] == 10, "what is earned reaches its owner"


def test_one_that_was_for_the_team_and_is_for_everyone_counts_once(
    app: Flask, cast: Cast, skill: int, share: Share, standing: Standing
) -> None:
    with app.app_context(), transaction():
        for name in FIVE:
            db.session.get_one(Person, cast.id_of(name)).team_id = cast.north
    ids = {name: hide(share, name, audience="team") for name in FIVE}
    assert count(app) == 5
    for name in FIVE:
        words = LessonText(
            **{**TEXT, "skills": [skill], "audience": "everyone", "happened": f"The work of {name}."}
        )
        with app.app_context(), transaction():
            edit = changing.Edit(lesson_id=ids[name], by=cast.id_of(name), to=words)
            changing.edit_lessons([edit], at=MONDAY)
    assert count(app, MONDAY + timedelta(days=7)) == 0
    assert len(standing()) == 5
    for name in FIVE:
        put_name_on(app, cast.id_of(name), ids[name], MONDAY)
    assert set(standing()) == {f"lesson:{id}" for id in ids.values()}


def test_a_miss_earns_what_a_success_earns(app: Flask, cast: Cast, share: Share, worth: None) -> None:
    outcomes = ("went_wrong", "nearly", "went_well", "discovered", "went_wrong")
    for name, outcome in zip(FIVE, outcomes, strict=True):
        hide(share, name, outcome=outcome)
    count(app)
    assert len(set(points(app).values())) == 1


def test_a_team_sum_knows_nothing_of_it(app: Flask, cast: Cast, share: Share, worth: None) -> None:
    share("anna", happened="One with her name under it.")
    for name in FIVE:
        hide(share, name)
    count(app)
    everybody = dict.fromkeys((cast.id_of(name) for name in NAMES), True)
    with app.app_context(), transaction():
        teams.note(everybody, MONDAY)
        teams.make_due(MONDAY)
        sums = db.session.execute(
            text("SELECT team_id, points FROM team_sum WHERE \"window\" = '2026' AND points > 0")
        ).all()
        assert [(row.team_id, row.points) for row in sums] == [(cast.north, 10)]
        assert teams.wrong(MONDAY, []) == []


def test_only_its_holder_sees_a_badge_that_rests_on_it(
    app: Flask, cast: Cast, share: Share, sharer: None, client_of: Browser
) -> None:
    for name in FIVE:
        hide(share, name)
    share("mia", happened="One with her name under it.")
    count(app)
    with app.app_context():
        rows = {row.person_id: row for row in db.session.scalars(select(Award))}
        assert {person: row.visible for person, row in rows.items()} == {
            **{cast.id_of(name): "me" for name in FIVE}, cast.mia: "colleagues"}  # fmt: skip
        page = f"/b/{rows[cast.anna].id}"
    assert client_of("ben").get(page).status_code == 404
    own = client_of("anna").get(page)
    assert own.status_code == 200
    assert "Shared 1 lesson" in own.text
    assert "without your name" in client_of("anna").get("/badges/sharer").text
    assert "without your name" not in client_of("ben").get("/people/anna").text


def test_the_receipt_is_the_authors_own(
    app: Flask, share: Share, worth: None, client_of: Browser, token_of: Headers
) -> None:
    lesson_id = hide(share, "anna")
    for name in FIVE[1:]:
        hide(share, name)
    count(app)
    page = client_of("anna").get("/receipts").text
    assert "You shared a lesson without your name" in page
    assert f"/lessons/{lesson_id}" not in page
    told = app.test_client().get("/api/v1/me/ledger", headers=token_of("anna")).text
    assert str(lesson_id) not in told
    assert "without your name" not in client_of("dan").get("/receipts").text


def test_the_cap_of_the_week_of_the_count_holds(app: Flask, cast: Cast, share: Share, worth: None) -> None:
    for number in range(6):
        hide(share, "anna", number)
        for name in FIVE[1:]:
            hide(share, name, number)
    count(app)
    assert facts_of(app, cast.anna) == ["lesson_shared"] * 6
    assert points(app)[cast.anna] == 30, "three of ten, as in any week"


def test_verify_finds_nothing_wrong_and_names_nobody(
    app: Flask, cast: Cast, share: Share, worth: None
) -> None:
    ids = {name: hide(share, name) for name in FIVE}
    apply(app, cast.dan, ids["anna"])
    count(app)
    named = share("ben", happened="One with his name under it.")
    take_name_off(app, cast.ben, named)
    put_name_on(app, cast.anna, ids["anna"], MONDAY)
    with app.app_context():
        wrong = [
            line
            for line in verify(datetime.now().astimezone()).wrong
            if not line.startswith(("the outbox", "boards"))
        ]
    assert wrong == []


# With a name, and without -----------------------------------------------------------------------------------


def test_taking_the_name_off_takes_the_facts_back_and_leaves_no_address(
    app: Flask, cast: Cast, share: Share, standing: Standing, client_of: Browser, database: Database
) -> None:
    old = share("anna", audience="everyone", once="form-1")
    apply(app, cast.ben, old)
    apply(app, cast.dan, old)
    stop(app, cast.dan, old)
    assert [row for row in dump(database)["outbox"] if '"LessonApplied"' in row or "LessonApplied" in row]
    new = take_name_off(app, cast.anna, old)
    assert not [
        row for row in dump(database)["outbox"] if f'lesson_id"": {old}' in row or f'lesson_id": {old}' in row
    ]
    assert standing() == {}
    assert client_of("ben").get(f"/lessons/{old}").status_code == 404
    page = client_of("eve").get(f"/lessons/{new}").text
    assert "Applied by 1 colleague" in page
    assert "Anna" not in page[page.index("<article") :]
    assert take_name_off(app, cast.anna, new) == new
    kept = dump(database)
    assert not [
        row
        for row in kept["fact"]
        if f"lesson:{old}," in row or f"applied:{old}:" in row or f",{cast.ben}," in row
    ]
    (row,) = kept["lesson"]
    assert "form-1" not in row
    assert "09:00" not in row
    assert share("anna", audience="everyone", once="form-1") == new, "the form knows its lesson still"


def test_putting_the_name_on_earns_as_with_a_name_and_never_twice(
    app: Flask, cast: Cast, share: Share, standing: Standing, worth: None
) -> None:
    early = hide(share, "anna")
    put_name_on(app, cast.anna, early)
    assert set(standing()) == {f"lesson:{early}"}
    ids = {name: hide(share, name, 1) for name in FIVE}
    apply(app, cast.dan, ids["anna"])
    count(app)
    put_name_on(app, cast.anna, ids["anna"], MONDAY)
    assert facts_of(app, cast.anna) == ["lesson_applied", "lesson_shared", "lesson_shared"]
    with app.app_context():
        unnamed_ones = select(func.count()).where(
            Fact.person_id == cast.anna, ~Fact.in_unit, Fact.withdrawn_at.is_(None)
        )
        assert db.session.scalar(unnamed_ones) == 0
    back = take_name_off(app, cast.anna, ids["anna"])
    assert facts_of(app, cast.anna) == ["lesson_shared"]
    put_name_on(app, cast.anna, back, MONDAY)
    assert facts_of(app, cast.anna) == ["lesson_applied", "lesson_shared", "lesson_shared"]


def test_a_text_counts_once_whatever_name_it_has_or_had(
    app: Flask, cast: Cast, share: Share, standing: Standing, client_of: Browser
) -> None:
    first = share("anna", audience="everyone")
    copy = share("anna", audience="everyone", unnamed=True, title="Once more, hidden")
    assert "it counts once" in client_of("anna").get(f"/lessons/{copy}").text
    hidden = take_name_off(app, cast.anna, first)
    for n, also in enumerate((True, False)):
        other = share("anna", audience="everyone", unnamed=also, title=f"And again, {n}")
        assert "it counts once" in client_of("anna").get(f"/lessons/{other}").text
    put_name_on(app, cast.anna, hidden)
    put_name_on(app, cast.anna, copy)
    assert set(standing()) == {f"lesson:{hidden}"}
    share("anna", audience="everyone", title="With a name, again")
    assert set(standing()) == {f"lesson:{hidden}"}


def test_there_is_an_end_to_lessons_without_a_name(
    app: Flask, cast: Cast, share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnamed, "MOST", 2)
    hide(share, "anna", 1)
    hide(share, "anna", 2)
    with pytest.raises(Refused):
        hide(share, "anna", 3)
    with pytest.raises(Refused):
        take_name_off(app, cast.anna, share("anna"))


# Races ------------------------------------------------------------------------------------------------------


def test_many_at_once_get_marks_of_their_own(app: Flask, share: Share) -> None:
    assert at_once(*(lambda n=n: hide(share, "anna", n) for n in range(6))) == []  # type: ignore[misc]
    with app.app_context():
        assert db.session.scalar(select(func.count(func.distinct(Lesson.mark)))) == 6


def test_the_same_text_with_and_without_a_name_at_once_counts_once(app: Flask, share: Share) -> None:
    for number in range(3):
        told = {"happened": f"The story number {number} of today.", "audience": "everyone"}
        assert at_once(
            lambda told=told: share("anna", **told),  # type: ignore[misc]
            lambda told=told: share("anna", unnamed=True, **told),  # type: ignore[misc]
        ) == []  # fmt: skip
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Lesson.counts)) == 3


def test_applying_while_the_name_comes_and_goes_leaves_facts_that_fit(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    for number in range(5):
        lesson_id = hide(share, "anna", number)
        raised = at_once(
            lambda lesson_id=lesson_id: put_name_on(app, cast.anna, lesson_id),  # type: ignore[misc]
            lambda lesson_id=lesson_id: apply(app, cast.ben, lesson_id),  # type: ignore[misc]
            lambda lesson_id=lesson_id: apply(app, cast.mia, lesson_id),  # type: ignore[misc]
        )
        assert all(type(fault).__name__ == "Conflict" for fault in raised), raised
        raised = at_once(
            lambda lesson_id=lesson_id: take_name_off(app, cast.anna, lesson_id),  # type: ignore[misc]
            lambda lesson_id=lesson_id: stop(app, cast.ben, lesson_id),  # type: ignore[misc]
            lambda lesson_id=lesson_id: apply(app, cast.mia, lesson_id),  # type: ignore[misc]
        )
        assert all(isinstance(fault, NotFound) or type(fault).__name__ == "Conflict" for fault in raised), (
            raised
        )
        assert standing() == {}


def test_two_counts_at_once_are_one(app: Flask, share: Share, standing: Standing) -> None:
    for name in FIVE:
        hide(share, name)
    assert at_once(*(lambda: count(app) for _ in range(3))) == []
    assert len(standing()) == 5


def test_a_program_takes_the_name_off_and_puts_it_on(
    app: Flask, share: Share, token_of: Headers, cast: Cast, skill: int
) -> None:
    api, anna = app.test_client(), token_of("anna")
    sent = {**TEXT, "skills": [skill], "unnamed": True}
    made: TestResponse = api.post("/api/v1/lessons", json=sent, headers=anna)
    assert made.status_code == 201
    at = f"/api/v1/lessons/{made.get_json()['id']}/name"
    assert api.put(at, headers=token_of("ben")).status_code == 404
    assert api.put(at, headers=anna).get_json()["author"] == {"id": cast.anna, "name": "Anna"}
    again = api.delete(at, headers=anna).get_json()
    assert again["author"] is None
    assert again["id"] != made.get_json()["id"]
    assert queries.LIMIT
