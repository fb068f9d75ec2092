"""Whoever deletes a lesson can bring it back for half a minute: nobody sees it meanwhile, and nothing is lost."""

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import verify, worker
from app.care import actions as care
from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.feedback import actions as feedback
from app.feedback.actions import OnLesson, Words
from app.lessons import applying, changing, extras, going, queries, rules, unnamed
from app.lessons.actions import LessonText, NewLesson, hide_lessons, share_lessons
from app.lessons.applying import Applying
from app.lessons.models import Application, Lesson
from app.outbox import settle
from app.privacy import erasing
from tests.app.lessons.conftest import AT, TEXT
from tests.app.lessons.test_added_to_lessons import add, picture
from tests.app.lessons.test_apply_lessons import at_once
from tests.app.lessons.test_unnamed_lessons import FIVE, MONDAY, count, dump, hide
from tests.cast import Cast, SignedIn
from tests.conftest import Database

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Share = Callable[..., int]
Standing = Callable[[], dict[str, datetime]]
SWAP = {"HX-Request": "true"}
LATER = AT + timedelta(minutes=1)
SEEN = {"sign_in", "attempt", "look"}  # written when somebody is seen, whatever they do


def delete(app: Flask, person: int, *lesson_ids: int, at: datetime = AT, undo: bool = True) -> None:
    with app.app_context(), transaction():
        changing.delete_lessons([(one, person) for one in lesson_ids], at=at, undo=undo)
        settle(at)


def bring_back(app: Flask, person: int, *lesson_ids: int, at: datetime = AT) -> None:
    with app.app_context(), transaction():
        changing.bring_back([(one, person) for one in lesson_ids], at=at)
        settle(at)


def finish(app: Flask, at: datetime = LATER) -> None:
    with app.app_context():
        worker.let_lessons_go(at)


def apply(app: Flask, person: int, lesson_id: int, how: str = "so") -> None:
    with app.app_context(), transaction():
        applying.apply_lessons([Applying(lesson_id=lesson_id, person_id=person, how=how)], at=AT)
        settle(AT)


def state(app: Flask, lesson_id: int) -> str:
    with app.app_context():
        row = db.session.get_one(Lesson, lesson_id)
        if row.deleted_at is None:
            return "here"
        return "gone" if row.going_at is None else "going"


def hung(app: Flask, cast: Cast, share: Share, client_of: Browser, **other: Any) -> int:
    """A lesson of Anna's with all that can hang on one."""
    lesson_id = share("anna", audience="everyone", **other)
    add(client_of("anna"), lesson_id, picture())
    for reader in (cast.ben, cast.mia):
        apply(app, reader, lesson_id)
    with app.app_context(), transaction():
        extras.react(by=cast.mia, lesson_id=lesson_id, kind="brave", on=True)
        extras.save(by=cast.leo, lesson_ids=[lesson_id], on=True, at=AT)
        words = Words(keep="You told it.", try_="", lang="en")
        feedback.give_on_lessons([OnLesson(by=cast.ben, lesson_id=lesson_id, words=words)], at=AT)
        settle(AT)
    return lesson_id


# Out of sight at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("unnamed", [False, True])
def test_whoever_looks_finds_it_nowhere_from_that_moment_on(
    app: Flask, cast: Cast, share: Share, client_of: Browser, token_of: Headers, unnamed: bool
) -> None:
    lesson_id = hung(app, cast, share, client_of, unnamed=unnamed, title="Nebukadnezar closes valves")
    (file,) = re.findall(rf"/lessons/{lesson_id}/files/[\w-]+", client_of("ben").get("/lessons").text)[:1]
    assert client_of("anna").post(f"/lessons/{lesson_id}/delete").status_code == 303
    assert state(app, lesson_id) == "going"
    for name in ("ben", "mia", "leo", "eve", "cor", "anna"):
        browser = client_of(name)
        for page in (
            f"/lessons/{lesson_id}",
            f"/lessons/{lesson_id}/edit",
            file,
            f"/reports/new?kind=lesson&content_id={lesson_id}",
        ):
            assert browser.get(page).status_code == 404, (name, page)
        pages = ["/lessons", "/lessons?show=team", "/lessons?show=most", "/lessons?show=saved"]
        pages += ["/search?q=nebukadnezar", "/", "/inbox", f"/people/{cast.anna}"]
        pages += ["/lessons?show=mine"] if name != "anna" else []
        for page in pages:
            answer = browser.get(page)
            text = answer.text.replace('value="nebukadnezar"', "")
            assert "Nebukadnezar" not in text, (name, page)
            assert f"/lessons/{lesson_id}" not in text, (name, page)
        api, headers = app.test_client(), token_of(name)
        assert api.get(f"/api/v1/lessons/{lesson_id}", headers=headers).status_code == 404
        for path in ("lessons", "lessons?show=mine", "lessons?show=most", "search?q=nebukadnezar"):
            assert "Nebukadnezar closes" not in api.get(f"/api/v1/{path}", headers=headers).text, (name, path)
    with app.app_context():
        assert tuple(queries.counts(cast.anna)) == (0, 0)


def test_its_author_alone_has_a_line_with_undo(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id, anna = share("anna"), client_of("anna")
    answer = anna.post(f"/lessons/{lesson_id}/delete")
    assert (answer.status_code, answer.location) == (303, "/lessons?show=mine")
    page = anna.get(answer.location).text
    assert "Lesson deleted." in page
    assert f'action="/lessons/{lesson_id}/undo"' in page
    for other in ("/lessons", "/lessons?show=team"):
        assert "Lesson deleted." not in anna.get(other).text
    assert "Lesson deleted." not in client_of("ben").get("/lessons?show=mine").text
    with app.app_context():
        assert not going.of(cast.anna, datetime.now(UTC) + rules.UNDO), "not longer than it can be undone"


def test_a_swap_gets_the_line_in_the_place_of_the_card_and_the_card_back(
    share: Share, client_of: Browser
) -> None:
    lesson_id, anna = share("anna"), client_of("anna")
    line = anna.post(f"/lessons/{lesson_id}/delete", headers=SWAP)
    assert line.status_code == 200
    assert "<html" not in line.text
    assert f'id="lesson-{lesson_id}" tabindex="-1" autofocus' in line.text
    assert f'hx-post="/lessons/{lesson_id}/undo"' in line.text
    card = anna.post(f"/lessons/{lesson_id}/undo", headers=SWAP)
    assert card.status_code == 200
    assert f'<article class="card lesson" id="lesson-{lesson_id}"' in card.text
    assert "Your lesson is back." in card.text


def test_no_question_is_asked_before(share: Share, client_of: Browser) -> None:
    lesson_id = share("anna")
    page = client_of("anna").get("/lessons").text
    form = page[page.index(f'action="/lessons/{lesson_id}/delete"') :].partition("</form>")[0]
    assert form.count("<button") == 1
    assert "<details" not in form


def test_the_button_goes_a_little_before_the_moment_is_over() -> None:
    css = Path("app/static/app.css").read_text()
    (seconds,) = re.findall(r"\.lapse \{ animation: lapse 1ms (\d+)s forwards", css)
    assert 10 <= int(seconds) < rules.UNDO.total_seconds()


# And back as it was -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unnamed", [False, True])
def test_undo_brings_back_every_row_as_it_was(
    app: Flask, cast: Cast, share: Share, client_of: Browser, database: Database, worth: None, unnamed: bool
) -> None:
    lesson_id, anna = hung(app, cast, share, client_of, unnamed=unnamed), client_of("anna")
    before = dump(database)
    anna.post(f"/lessons/{lesson_id}/delete")
    between = dump(database)
    assert {name for name in before if before[name] != between[name]} - SEEN == {"lesson"}
    answer = anna.post(f"/lessons/{lesson_id}/undo")
    after = dump(database)
    assert {name for name in before if before[name] != after[name]} - SEEN == set()
    there = f"/lessons?show=mine#lesson-{lesson_id}" if unnamed else f"/lessons/{lesson_id}"
    assert answer.location == there, "as with every form of a lesson without a name: not to its address"
    finish(app, datetime.now(UTC) + timedelta(hours=1))
    assert dump(database)["fact"] == before["fact"]
    assert state(app, lesson_id) == "here"


def test_it_has_its_place_in_the_feed_again(app: Flask, cast: Cast, share: Share) -> None:
    ids = [share("anna", happened=f"Story {n} of this week.", at=AT + timedelta(hours=n)) for n in range(3)]
    delete(app, cast.anna, ids[1])
    bring_back(app, cast.anna, ids[1])
    with app.app_context():
        assert [row.id for row in queries.feed(cast.ben)[0]] == ids[::-1]


def test_again_is_no_fault_and_prolongs_nothing(app: Flask, cast: Cast, share: Share) -> None:
    lesson_id = share("anna")
    delete(app, cast.anna, lesson_id)
    delete(app, cast.anna, lesson_id, at=AT + timedelta(seconds=20))
    with app.app_context():
        assert db.session.get_one(Lesson, lesson_id).going_at == AT + rules.UNDO
    for _ in range(2):
        bring_back(app, cast.anna, lesson_id)
    assert state(app, lesson_id) == "here"


@pytest.mark.parametrize("name", ["ben", "clara", "dan", "eve", "mia", "leo", "cor"])
@pytest.mark.parametrize("unnamed", [False, True])
def test_nobody_but_its_author_deletes_it_or_brings_it_back(
    app: Flask, cast: Cast, share: Share, client_of: Browser, token_of: Headers, name: str, unnamed: bool
) -> None:
    lesson_id = share("anna", audience="everyone", unnamed=unnamed)
    browser, api, headers = client_of(name), app.test_client(), token_of(name)

    def tries() -> list[int]:
        path = f"/api/v1/lessons/{lesson_id}"
        return [
            browser.post(f"/lessons/{lesson_id}/delete").status_code,
            browser.post(f"/lessons/{lesson_id}/undo").status_code,
            api.delete(path, headers=headers).status_code,
            api.delete(f"{path}?undo=true", headers=headers).status_code,
            api.post(f"{path}/undo", headers=headers).status_code,
        ]

    assert tries() == [404] * 5
    delete(app, cast.anna, lesson_id)
    assert tries() == [404] * 5
    assert state(app, lesson_id) == "going"
    finish(app)
    assert tries() == [404] * 5, "whether it is gone for good is told to nobody else"


# Gone for good ----------------------------------------------------------------------------------------------


def test_nothing_is_taken_back_before_and_all_of_it_then(
    app: Flask, cast: Cast, share: Share, client_of: Browser, standing: Standing
) -> None:
    lesson_id = hung(app, cast, share, client_of)
    facts = standing()
    assert len([one for one in facts if str(lesson_id) in one]) == 3
    delete(app, cast.anna, lesson_id)
    finish(app, AT + rules.UNDO - timedelta(seconds=1))
    assert standing() == facts
    finish(app, AT + rules.UNDO)
    assert not [one for one in standing() if str(lesson_id) in one]
    with app.app_context():
        assert db.session.scalars(select(Application.ended_at)).all() == [AT, AT]
        assert queries.files_of([lesson_id]) == {}
    assert state(app, lesson_id) == "gone"


@pytest.mark.parametrize("unnamed", [False, True])
def test_half_a_minute_later_it_is_as_if_it_had_been_deleted_at_once(
    app: Flask, cast: Cast, share: Share, client_of: Browser, database: Database, unnamed: bool
) -> None:
    """Two lessons with the same on them; what stands of each in the end, without what tells them apart."""
    ids = [hung(app, cast, share, client_of, unnamed=unnamed, happened=f"Story number {n}.") for n in "ab"]
    delete(app, cast.anna, ids[0], undo=False)
    delete(app, cast.anna, ids[1])
    finish(app)
    with app.app_context():
        rows = [db.session.get_one(Lesson, one) for one in ids]
        assert len({(row.deleted_at, row.going_at) for row in rows}) == 1
    kept = dump(database)
    for table in ("lesson_application", "lesson_reaction", "lesson_saved", "lesson_file", "fact"):
        of = "source ~ ('^(lesson|applied):' || %s || '(:|$)')" if table == "fact" else "lesson_id = %s"
        rows = [database.line.execute(f"SELECT * FROM {table} WHERE {of}", (one,)).fetchall() for one in ids]
        assert len(rows[0]) == len(rows[1]), table
    assert not kept["lesson_file"]
    assert not kept["lesson_saved"]


@pytest.mark.parametrize("job", [False, True])
def test_who_comes_too_late_is_told_so(
    app: Flask, cast: Cast, share: Share, client_of: Browser, token_of: Headers, job: bool
) -> None:
    lesson_id = share("anna")
    delete(app, cast.anna, lesson_id)
    if job:
        finish(app)
    with pytest.raises(Conflict):
        bring_back(app, cast.anna, lesson_id, at=AT + rules.UNDO)
    answer = client_of("anna").post(f"/lessons/{lesson_id}/undo")
    assert answer.status_code == 409
    assert "gone for good" in answer.text
    swapped = client_of("anna").post(f"/lessons/{lesson_id}/undo", headers=SWAP)
    assert swapped.headers["HX-Retarget"] == "#toasts"
    api = app.test_client().post(f"/api/v1/lessons/{lesson_id}/undo", headers=token_of("anna"))
    assert (api.status_code, api.get_json()["code"]) == (409, "conflict")
    assert client_of("anna").post(f"/lessons/{lesson_id}/delete").status_code == 404


def test_one_that_was_deleted_at_once_does_not_come_back(app: Flask, cast: Cast, share: Share) -> None:
    lesson_id = share("anna")
    delete(app, cast.anna, lesson_id, undo=False)
    with pytest.raises(Conflict):
        bring_back(app, cast.anna, lesson_id)
    with pytest.raises(NotFound):
        delete(app, cast.anna, lesson_id)


def test_a_batch_is_brought_back_whole_or_not(app: Flask, cast: Cast, share: Share) -> None:
    ids = [share("anna", happened=f"Story {n} of this week.") for n in range(3)]
    delete(app, cast.anna, *ids[:2])
    delete(app, cast.anna, ids[2], at=AT - timedelta(minutes=1))
    with pytest.raises(Conflict):
        bring_back(app, cast.anna, *ids)
    assert [state(app, one) for one in ids] == ["going"] * 3


def test_the_worker_finishes_hundreds_in_as_many_statements_as_three(
    app: Flask, cast: Cast, share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import event

    def run(number: int, at: datetime) -> int:
        told = [{**TEXT, "happened": f"Story {number}.{n}.", "audience": "team"} for n in range(number)]
        with app.app_context(), transaction():
            skills = db.session.scalars(select(Lesson.skills).limit(1)).one()
            new = [NewLesson(author_id=cast.anna, **{**one, "skills": skills}) for one in told]
            ids = share_lessons(new, at=at)
            settle(at)
        delete(app, cast.anna, *ids, at=at)
        with app.app_context():
            engine, counted = db.engine, []
            said = lambda *_: counted.append(1)  # noqa: E731
            event.listen(engine, "before_cursor_execute", said)
            worker.let_lessons_go(at + timedelta(hours=1))
            event.remove(engine, "before_cursor_execute", said)
        assert {state(app, one) for one in ids} == {"gone"}
        return len(counted)

    share("anna")
    assert run(60, AT + timedelta(days=50)) <= run(3, AT + timedelta(days=100)) + 1
    monkeypatch.setattr(going, "AT_ONCE", 4)
    run(9, AT + timedelta(days=150))


def test_verify_is_content_while_one_is_going_and_after(
    app: Flask, cast: Cast, share: Share, client_of: Browser, worth: None
) -> None:
    lesson_id = hung(app, cast, share, client_of)
    for step in (lambda: delete(app, cast.anna, lesson_id), lambda: finish(app)):
        step()
        with app.app_context():
            assert [one for one in verify.verify(LATER).wrong if "lesson" in one or "applied" in one] == []


# In the meantime --------------------------------------------------------------------------------------------


def test_nobody_does_anything_with_it_in_the_meantime(
    app: Flask, cast: Cast, skill: int, share: Share, client_of: Browser
) -> None:
    lesson_id = hung(app, cast, share, client_of)
    delete(app, cast.anna, lesson_id, at=datetime.now(UTC))
    ben, anna = client_of("eve"), client_of("anna")
    for path, form in {
        "application": {"how": "So."},
        "reactions": {"kind": "brave"},
        "saved": {"on": "true"},
        "feedback": {"keep": "You told it to us.", "try": "", "lang": "en"},
    }.items():
        assert ben.post(f"/lessons/{lesson_id}/{path}", data=form).status_code == 404, path
    with app.app_context(), pytest.raises(NotFound), transaction():
        care.report(by=cast.ben, kind="lesson", content_id=lesson_id, reason="private", at=AT)
    form = {**TEXT, "skills": skill}
    for path in ("edit", "unname", "name", "files"):
        assert anna.post(f"/lessons/{lesson_id}/{path}", data=form).status_code == 404, path
    assert anna.post(f"/lessons/{lesson_id}/undo").status_code == 303


def test_who_stops_applying_it_in_the_meantime_has_stopped(
    app: Flask, cast: Cast, share: Share, client_of: Browser, standing: Standing
) -> None:
    lesson_id = hung(app, cast, share, client_of)
    delete(app, cast.anna, lesson_id)
    with app.app_context(), transaction():
        applying.stop_applying([(lesson_id, cast.ben)], at=AT)
        settle(AT)
    bring_back(app, cast.anna, lesson_id)
    assert f"applied:{lesson_id}:{cast.ben}:1" not in standing()
    assert f"applied:{lesson_id}:{cast.mia}:1" in standing()


def test_what_the_care_desk_hides_in_the_meantime_stays_hidden(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = share("anna", audience="everyone")
    with app.app_context(), transaction():
        care.report(by=cast.ben, kind="lesson", content_id=lesson_id, reason="private", at=AT)
        settle(AT)
    delete(app, cast.anna, lesson_id, at=datetime.now(UTC))
    with app.app_context(), transaction():
        hide_lessons([lesson_id], at=AT)
        settle(AT)
    assert client_of("anna").post(f"/lessons/{lesson_id}/undo").status_code == 303
    assert client_of("ben").get(f"/lessons/{lesson_id}").status_code == 404
    assert "hidden by the care desk" in client_of("anna").get(f"/lessons/{lesson_id}").text


@pytest.mark.parametrize("unnamed", [False, True])
def test_who_is_erased_in_the_meantime_leaves_nothing_for_the_worker(
    app: Flask, cast: Cast, share: Share, client_of: Browser, standing: Standing, unnamed: bool
) -> None:
    lesson_id = hung(app, cast, share, client_of, unnamed=unnamed)
    delete(app, cast.anna, lesson_id)
    with app.app_context(), transaction():
        erasing.erase([cast.anna], by=None, at=AT)
        settle(AT)
    assert state(app, lesson_id) == "gone"
    facts = standing()
    finish(app)
    assert standing() == facts, "numbers stay, as of every other lesson of theirs"


@pytest.mark.parametrize(("first", "then"), [(False, False), (False, True), (True, False), (True, True)])
def test_shared_again_in_the_meantime_it_earns_once_at_its_first_moment(
    app: Flask,
    cast: Cast,
    skill: int,
    share: Share,
    client_of: Browser,
    standing: Standing,
    first: bool,
    then: bool,
) -> None:
    today = datetime.now(UTC)
    lesson_id, anna = share("anna", unnamed=first, audience="everyone", at=today), client_of("anna")
    anna.post(f"/lessons/{lesson_id}/delete")
    form = {**TEXT, "skills": skill, "audience": "everyone"} | ({"unnamed": "true"} if then else {})
    assert anna.post("/lessons", data=form).status_code == 303
    assert state(app, lesson_id) == "gone", "who shares it again brings it back no more"
    assert anna.post(f"/lessons/{lesson_id}/undo").status_code == 409
    with app.app_context():
        (copy,) = [row for row in db.session.scalars(select(Lesson)) if row.id != lesson_id]
        assert copy.counts
    assert set(standing()) == (set() if then else {f"lesson:{copy.id}"})
    if not first and not then:
        assert standing()[f"lesson:{copy.id}"] == today


def test_a_copy_beside_one_that_is_going_is_not_shared_below_the_door(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna")
    delete(app, cast.anna, lesson_id)
    with pytest.raises(Conflict):
        share("anna")
    bring_back(app, cast.anna, lesson_id)
    assert set(standing()) == {f"lesson:{lesson_id}"}


# Without a name ---------------------------------------------------------------------------------------------


def test_the_week_counts_one_that_is_going_and_no_more_when_it_is_gone(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    ids = {name: hide(share, name) for name in FIVE}
    assert count(app) == 5
    for name, lesson_id in ids.items():
        delete(app, cast.id_of(name), lesson_id, at=MONDAY + timedelta(days=7))
    assert count(app, MONDAY + timedelta(days=7)) == 0, "they can still be brought back"
    assert len(standing()) == 5
    finish(app, MONDAY + timedelta(days=8))
    assert count(app, MONDAY + timedelta(days=14)) == 5
    assert standing() == {}


def test_deleting_one_without_a_name_says_no_more_than_before(
    app: Flask, cast: Cast, share: Share, database: Database, client_of: Browser
) -> None:
    lesson_id, anna = hide(share, "anna"), client_of("anna")
    before = dump(database)
    anna.post(f"/lessons/{lesson_id}/delete")
    assert {name for name, rows in dump(database).items() if rows != before[name]} - SEEN == {"lesson"}
    finish(app, datetime.now(UTC) + timedelta(minutes=1))
    with app.app_context():
        row = db.session.get_one(Lesson, lesson_id)
        assert row.going_at is None
        assert row.deleted_at == unnamed.day_of(row.deleted_at)
        assert row.author_id is None


def test_one_without_a_name_goes_in_no_transaction_of_a_person(
    app: Flask, cast: Cast, share: Share, database: Database
) -> None:
    """Both of one author, deleted at once: what is taken back from her must not have the number of the other."""
    hidden, named = hide(share, "anna"), share("anna")
    delete(app, cast.anna, hidden)
    delete(app, cast.anna, named)
    finish(app)
    numbers = {
        row[0]: row[1] for row in database.line.execute("SELECT id, xmin::text FROM lesson").fetchall()
    }
    facts = {row[0] for row in database.line.execute("SELECT xmin::text FROM fact").fetchall()}
    assert numbers[named] in facts
    assert numbers[hidden] not in facts


# By program -------------------------------------------------------------------------------------------------


def test_a_program_deletes_for_good_unless_it_asks_otherwise(
    app: Flask, share: Share, token_of: Headers, standing: Standing
) -> None:
    api, headers = app.test_client(), token_of("anna")
    first, second = share("anna"), share("anna", happened="Another story of this week.")
    assert api.delete(f"/api/v1/lessons/{first}", headers=headers).status_code == 204
    assert api.delete(f"/api/v1/lessons/{second}?undo=true", headers=headers).status_code == 204
    assert (state(app, first), state(app, second)) == ("gone", "going")
    assert set(standing()) == {f"lesson:{second}"}
    back = api.post(f"/api/v1/lessons/{second}/undo", headers=headers)
    assert (back.status_code, back.get_json()["id"]) == (200, second)
    assert api.delete(f"/api/v1/lessons/{second}?undo=true", headers=headers).status_code == 204
    assert api.delete(f"/api/v1/lessons/{second}", headers=headers).status_code == 404


# At one moment ----------------------------------------------------------------------------------------------

TIMES = range(4)


def test_two_deletes_at_once_are_one(app: Flask, cast: Cast, share: Share, standing: Standing) -> None:
    for number in TIMES:
        lesson_id = share("anna", happened=f"Story {number} of this week.")
        raised = at_once(*[lambda one=lesson_id: delete(app, cast.anna, one)] * 3)
        assert (raised, state(app, lesson_id)) == ([], "going")


def test_undo_and_the_worker_at_once_leave_it_whole_or_gone(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    """The worker's clock is past the moment, the author's is not: one of them is first."""
    for number in TIMES:
        lesson_id = share("anna", happened=f"Story {number} of this week.")
        apply(app, cast.ben, lesson_id)
        delete(app, cast.anna, lesson_id)
        raised = at_once(
            lambda one=lesson_id: bring_back(app, cast.anna, one), lambda: finish(app), lambda: finish(app)
        )
        facts = {one for one in standing() if str(lesson_id) in one}
        if raised:
            assert [type(one) for one in raised] == [Conflict]
            assert (state(app, lesson_id), facts) == ("gone", set())
        else:
            assert state(app, lesson_id) == "here"
            assert facts == {f"lesson:{lesson_id}", f"applied:{lesson_id}:{cast.ben}:1"}


@pytest.mark.parametrize("first", ["worker", "author"])
def test_who_comes_second_waits_for_the_first_and_sees_what_came_of_it(
    app: Flask, cast: Cast, share: Share, standing: Standing, first: str
) -> None:
    lesson_id = share("anna")
    delete(app, cast.anna, lesson_id)
    held, raised = threading.Event(), []

    def begin() -> None:
        with app.app_context(), transaction():
            if first == "worker":
                going.finish(at=LATER, named=True)
            else:
                changing.bring_back([(lesson_id, cast.anna)], at=AT)
            settle(AT)
            held.set()
            time.sleep(0.5)

    def follow() -> None:
        held.wait()
        try:
            bring_back(app, cast.anna, lesson_id) if first == "worker" else finish(app)
        except Conflict as no:
            raised.append(no)

    assert at_once(begin, follow) == []
    assert (state(app, lesson_id), len(raised)) == (("gone", 1) if first == "worker" else ("here", 0))
    assert set(standing()) == (set() if first == "worker" else {f"lesson:{lesson_id}"})


def test_a_colleague_who_applies_it_while_it_goes_does_or_does_not(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    for number in TIMES:
        lesson_id = share("anna", happened=f"Story {number} of this week.")
        raised = at_once(
            lambda one=lesson_id: delete(app, cast.anna, one), lambda one=lesson_id: apply(app, cast.ben, one)
        )
        assert [type(one) for one in raised] in ([], [NotFound])
        finish(app)
        assert not [one for one in standing() if str(lesson_id) in one]


def test_undo_beside_apply_react_and_feedback_leaves_no_half(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    words = Words(keep="You told it.", try_="", lang="en")

    def react(lesson_id: int) -> None:
        with app.app_context(), transaction():
            extras.react(by=cast.mia, lesson_id=lesson_id, kind="brave", on=True)

    def tell(lesson_id: int) -> None:
        with app.app_context(), transaction():
            feedback.give_on_lessons([OnLesson(by=cast.mia, lesson_id=lesson_id, words=words)], at=AT)
            settle(AT)

    for number in TIMES:
        lesson_id = share("anna", happened=f"Story {number} of this week.")
        delete(app, cast.anna, lesson_id)
        raised = at_once(
            lambda one=lesson_id: bring_back(app, cast.anna, one),
            lambda one=lesson_id: apply(app, cast.ben, one),
            lambda one=lesson_id: react(one),
            lambda one=lesson_id: tell(one),
        )
        assert {type(one) for one in raised} <= {NotFound}
        assert state(app, lesson_id) == "here"
        with app.app_context():
            row = queries.lesson(cast.ben, lesson_id)
            assert row is not None
            assert (f"applied:{lesson_id}:{cast.ben}:1" in standing()) == bool(row.applied_by)


def test_an_edit_and_a_deletion_at_once_are_one_after_the_other(
    app: Flask, cast: Cast, skill: int, share: Share
) -> None:
    def edit(lesson_id: int) -> None:
        told = LessonText(**{**TEXT, "title": "In better words", "skills": [skill]})
        with app.app_context(), transaction():
            changing.edit_lessons([changing.Edit(lesson_id=lesson_id, by=cast.anna, to=told)], at=AT)
            settle(AT)

    for number in TIMES:
        lesson_id = share("anna", happened=f"Story {number} of this week.")
        raised = at_once(lambda one=lesson_id: delete(app, cast.anna, one), lambda one=lesson_id: edit(one))
        assert [type(one) for one in raised] in ([], [NotFound])
        assert state(app, lesson_id) == "going"


def test_erasing_and_the_worker_at_once_end_in_one_way(app: Flask, cast: Cast, share: Share) -> None:
    def erase() -> None:
        with app.app_context(), transaction():
            erasing.erase([cast.anna], by=None, at=AT)
            settle(AT)

    lesson_id = share("anna")
    apply(app, cast.ben, lesson_id)
    delete(app, cast.anna, lesson_id)
    assert at_once(erase, lambda: finish(app)) == []
    assert state(app, lesson_id) == "gone"
    with app.app_context():
        assert [one for one in verify.verify(LATER).wrong if "lesson" in one or "applied" in one] == []
