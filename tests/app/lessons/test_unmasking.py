"""Whoever looks for the author of a lesson without a name, one way a test: decision 34 says what was found and mended.

What each page, the API, search and the feed say of one lesson: `test_unnamed_lessons`. Here is what lies beside it.
"""

import json
import random
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import takewhile
from typing import Any

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin
from sqlalchemy import select, text

from app import worker
from app.badges.models import Award
from app.db import db, transaction
from app.facts.models import Fact
from app.feedback import actions as feedback
from app.feedback import receiving
from app.feedback.actions import OnLesson, Words
from app.feedback.receiving import Helped
from app.goals import actions as goals
from app.goals import queries as goals_asked
from app.goals.rules import NewGoal
from app.lessons import changing, extras, mixing, unnamed
from app.lessons.actions import LessonText
from app.lessons.models import Lesson
from app.outbox import settle
from app.people.models import Person
from app.privacy.queries import to_erase
from app.verify import _telling
from tests.app.lessons.conftest import AT, TEXT, WORTH
from tests.app.lessons.test_unnamed_lessons import (
    FIVE,
    MONDAY,
    apply,
    count,
    delete,
    dump,
    hide,
    new_rows,
    take_name_off,
)
from tests.cast import NAMES, Cast, SignedIn
from tests.conftest import Database
from tests.small import badge, load

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Share = Callable[..., int]
FORM: dict[str, Any] = {**TEXT, "unnamed": "true", "audience": "everyone", "once": "form-1"}


def picture(**told: Any) -> bytes:
    """A photo as a telephone makes it: with place, hour, owner and a remark."""
    made = BytesIO()
    photo = Image.new("RGB", (40, 30), "teal")
    exif = photo.getexif()
    exif[0x013B], exif[0x9C9D], exif[0x0132], exif[0x010F] = (
        "Anna",
        "Anna".encode("utf-16le"),
        "2026:11:16 10:32:07",
        "Fairphone",
    )
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (52.0, 5.0, 7.0)
    photo.save(made, "JPEG", exif=exif, comment=b"taken by Anna", **told)
    return made.getvalue()


def acts(browser: SignedIn, skill: int) -> int:
    """All that an author does: a draft, a lesson with a photo, another photo, an edit; returns its id."""
    assert browser.post("/lessons/draft", data={**FORM, "skills": skill}).status_code == 303
    sent = {**FORM, "skills": skill, "alt": "A valve", "file": (BytesIO(picture()), "Anna at home.jpg")}
    then = browser.post("/lessons", data=sent).location
    lesson_id = int(re.findall(r"\d+", then)[-1])
    more = {"alt": "The same valve", "file": (BytesIO(picture(quality=50)), "IMG_20261116_103207.jpg")}
    assert browser.post(f"/lessons/{lesson_id}/files", data=more).status_code == 303
    better = {**FORM, "skills": skill, "title": "In better words"}
    assert browser.post(f"/lessons/{lesson_id}/edit", data=better).status_code == 303
    return lesson_id


# What stands beside the columns -----------------------------------------------------------------------------


def numbers(database: Database, table: str, where: str = "true") -> set[str]:
    """The transactions that wrote these rows: whoever may read a table may read these."""
    return {
        row[0] for row in database.line.execute(f"SELECT xmin::text FROM {table} WHERE {where}").fetchall()
    }


def people_at(database: Database) -> set[str]:
    """The transactions that wrote any row of any person."""
    tables = database.line.execute("""
        SELECT c.conrelid::regclass::text FROM pg_constraint c
        WHERE c.contype = 'f' AND c.confrelid IN ('person'::regclass, 'fact'::regclass)
          AND c.conrelid::regclass::text NOT IN ('lesson', 'lesson_application', 'lesson_reaction', 'lesson_saved',
                                                 'feedback')
    """).fetchall()
    return set().union(*(numbers(database, name) for (name,) in tables), numbers(database, "outbox"))


def mix(app: Flask) -> int:
    with app.app_context(), transaction():
        return mixing.mix(MONDAY)


def test_no_transaction_wrote_a_lesson_and_something_of_a_person(
    app: Flask, cast: Cast, skill: int, share: Share, client_of: Browser, database: Database
) -> None:
    named = share("anna", audience="everyone")
    apply(app, cast.ben, named)
    with app.app_context(), transaction():
        extras.react(by=cast.mia, lesson_id=named, kind="brave", on=True)
        extras.save(by=cast.leo, lesson_ids=[named], on=True, at=AT)
        words = Words(keep="You told it.", try_="", lang="en")
        feedback.give_on_lessons([OnLesson(by=cast.dan, lesson_id=named, words=words)], at=AT)
        settle(AT)
    take_name_off(app, cast.anna, named)
    hangs = ("lesson", "lesson_application", "lesson_reaction", "lesson_saved", "feedback")
    assert all(numbers(database, one) & people_at(database) for one in hangs), "so it was found"
    acts(client_of("anna"), skill)
    assert mix(app) == len(hangs) + 1, "and pictures"
    for one in (*hangs, "lesson_file", "lesson_draft"):
        alone = numbers(database, one)
        assert len(alone) <= 1, "one for all of them"
        assert not alone & people_at(database)
        near = {str(int(number) + step) for number in alone for step in (-1, 1)}
        assert not near & numbers(database, "sign_in"), "nor the one after somebody was seen"
    assert mix(app) == 0, "there is nothing to deal again"


def test_where_a_row_stands_does_not_tell_when_it_came(app: Flask, share: Share, database: Database) -> None:
    ids = [hide(share, name, number) for number in range(6) for name in FIVE]
    assert mix(app) == 1
    rows = [row[0] for row in database.line.execute("SELECT id FROM lesson ORDER BY ctid").fetchall()]
    assert rows != ids
    assert set(rows) == set(ids)


def test_a_row_that_somebody_works_with_has_its_turn_later_and_nobody_waits(
    app: Flask, share: Share, database: Database
) -> None:
    ids = [hide(share, name) for name in FIVE]
    with app.app_context():
        db.session.execute(text("SELECT FROM lesson WHERE id = :id FOR UPDATE"), {"id": ids[0]})
        held = numbers(database, "lesson", f"id = {ids[0]}")
        assert mix_elsewhere(app) == 1
        assert numbers(database, "lesson", f"id = {ids[0]}") == held
        db.session.rollback()
    assert mix(app) == 1


def mix_elsewhere(app: Flask) -> int:
    """From another session than the one at hand."""
    with app.app_context(), transaction():
        db.session.execute(text("SET LOCAL lock_timeout = '1s'"))
        return mixing.mix(MONDAY)


def test_no_sequence_moves(
    app: Flask, cast: Cast, skill: int, share: Share, client_of: Browser, database: Database
) -> None:
    def all_of_them() -> list[Any]:
        asked = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
        return database.line.execute(asked).fetchall()

    first, anna = share("ben"), client_of("anna")
    before = all_of_them()
    lesson_id = acts(anna, skill)
    anna.post(f"/lessons/{lesson_id}/delete")
    assert all_of_them() == before
    assert share("ben", happened="Another story of his.") == first + 1, "no number is missing"


def test_no_moment_of_a_transaction_is_kept_and_verify_says_so_where_it_is(database: Database) -> None:
    (kept,) = database.line.execute("SHOW track_commit_timestamp").fetchone() or ("",)
    assert kept == "off"
    quiet = {
        "track_commit_timestamp": "off", "log_statement": "none", "log_min_duration_statement": "-1",
        "log_min_duration_sample": "-1", "log_parameter_max_length": "-1",
    }  # fmt: skip
    assert _telling(quiet) == []
    assert len(_telling({**quiet, "track_commit_timestamp": "on", "log_statement": "all"})) == 2
    assert len(_telling({**quiet, "log_min_duration_statement": "500"})) == 1
    assert _telling({**quiet, "log_min_duration_statement": "500", "log_parameter_max_length": "0"}) == []


# What else is written ---------------------------------------------------------------------------------------


def test_outbox_jobs_audit_looks_notifications_mail_and_tries_get_no_row(
    app: Flask, cast: Cast, skill: int, client_of: Browser, database: Database
) -> None:
    anna = client_of("anna")
    before = dump(database)
    lesson_id = acts(anna, skill)
    anna.get(f"/lessons/{lesson_id}")
    apply(app, cast.ben, lesson_id)
    anna.get("/inbox")
    written = new_rows(before, dump(database))
    assert written.keys() == {"lesson", "lesson_file", "lesson_application"} | (written.keys() & {"sign_in"})
    assert not re.search("[Aa]nna|form-1", "".join(written["lesson"] | written["lesson_file"]))
    assert anna.post(f"/lessons/{lesson_id}/delete").status_code == 303
    deleted = {"lesson", "lesson_application", "sign_in"}
    assert new_rows(before, dump(database)).keys() <= {*deleted, "lesson_file"}, "to be brought back"
    with app.app_context():
        worker.let_lessons_go(datetime.now(UTC) + timedelta(minutes=1))
    assert new_rows(before, dump(database)).keys() <= deleted


def test_redis_hears_nothing(app: Flask, skill: int, client_of: Browser, database: Database) -> None:
    mine = database.redis.connection_pool.connection_kwargs["db"]  # others share the server
    quiet = ("PING", "HELLO", "CLIENT", "SELECT", "AUTH", "INFO")
    anna = client_of("anna")
    anna.get("/lessons")
    with database.redis.monitor() as ear:
        acts(anna, skill)
        database.redis.echo("that was all")
        heard = iter(ear.next_command, None)
        said = [one["command"] for one in takewhile(lambda one: "that was all" not in one["command"], heard)
                if one["db"] == mine]  # fmt: skip
    assert [one for one in said if not one.upper().startswith(quiet)] == []


def test_a_fault_while_sharing_says_neither_who_nor_what_in_the_log(
    app: Flask,
    skill: int,
    client_of: Browser,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    anna = client_of("anna")

    def breaks(**_: Any) -> None:
        raise RuntimeError(f"anna wrote {TEXT['happened']}")

    monkeypatch.setattr(extras, "drop_draft", breaks)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert anna.post("/lessons", data={**FORM, "skills": skill}).status_code == 500
    said = "".join(capfd.readouterr())
    assert '"event": "fault"' in said
    assert "nna" not in said
    assert "joint" not in said
    assert "/lessons" not in said.replace("/app/lessons", "").replace("/lessons/", "")


def test_the_form_does_not_lead_to_the_address_that_only_its_author_knows_yet(
    skill: int, client_of: Browser
) -> None:
    anna = client_of("anna")
    assert anna.post("/lessons", data={**FORM, "skills": skill}).location.startswith(
        "/lessons?show=mine#lesson-"
    )
    named = {**FORM, "skills": skill, "unnamed": "", "once": "form-2", "happened": "Another story of hers."}
    assert re.fullmatch(r"/lessons/\d+", anna.post("/lessons", data=named).location)


# Pictures and drafts ----------------------------------------------------------------------------------------


def test_a_picture_says_nothing_but_what_it_shows(
    app: Flask, skill: int, client_of: Browser, database: Database
) -> None:
    lesson_id = acts(client_of("anna"), skill)
    rows = database.line.execute("SELECT id, name, kind, content FROM lesson_file").fetchall()
    assert len(rows) == 2
    for file_id, name, kind, content in rows:
        assert (name, kind) == ("picture.webp", "image/webp")
        with Image.open(BytesIO(bytes(content))) as kept:
            assert not {"exif", "icc_profile", "comment", "xmp"} & kept.info.keys()
            assert not dict(kept.getexif())
        for telling in (b"Anna", "Anna".encode("utf-16le"), b"2026", b"Fairphone", b"EXIF", b"IMG_"):
            assert telling not in bytes(content)
        assert uuid.UUID(str(file_id)).version == 4, "and no number that knows the hour"
        answer = client_of("ben").get(f"/lessons/{lesson_id}/files/{file_id}")
        assert not {"Last-Modified", "ETag", "Date"} & set(answer.headers.keys())
        assert "Anna" not in str(answer.headers)


def test_the_same_picture_of_two_is_the_same_file(
    app: Flask, cast: Cast, share: Share, database: Database
) -> None:
    png = BytesIO()
    remark = PngImagePlugin.PngInfo()
    remark.add_text("Author", "Anna")
    Image.new("RGB", (40, 30), "teal").save(png, "PNG", pnginfo=remark)
    for name in ("anna", "ben"):
        with app.app_context(), transaction():
            sent = extras.Sent(f"{name}.png", png.getvalue(), "A valve")
            extras.attach(by=cast.id_of(name), lesson_id=hide(share, name), sent=sent)
    rows = database.line.execute("SELECT DISTINCT content, name, alt FROM lesson_file").fetchall()
    assert len(rows) == 1


def test_drafts_are_of_one_length_and_do_not_come_back_to_the_same_place(
    app: Flask, cast: Cast, database: Database
) -> None:
    def draft(name: str, happened: str) -> None:
        with app.app_context(), transaction():
            extras.keep_draft(by=cast.id_of(name), draft={"happened": happened}, at=AT)

    marks = []
    for number in range(8):
        draft("anna", "It was")
        draft("anna", f"It was nearly {number}.")
        draft("ben", "Nothing to do with it. " * 40)
        rows = database.line.execute("SELECT mark, octet_length(sealed) FROM lesson_draft").fetchall()
        assert len(rows) == 2, "one each, also when kept again"
        assert len({row[1] for row in rows}) == 1
        with app.app_context(), transaction():
            told = extras.draft_of(cast.anna)
            assert told is not None
            assert told["happened"] == f"It was nearly {number}."
            assert extras.drop_draft(by=cast.anna)
            assert extras.draft_of(cast.anna) is None
        left = {row[0] for row in database.line.execute("SELECT mark FROM lesson_draft").fetchall()}
        marks += [row[0] for row in rows if row[0] not in left]
    assert len(set(marks)) > 1


def test_a_draft_of_before_is_found_and_goes(app: Flask, cast: Cast, database: Database) -> None:
    with app.app_context(), transaction():
        key = unnamed.key_of(cast.anna) or b""
        extras.keep_draft(by=cast.anna, draft={"happened": "Long ago"}, at=AT)
        db.session.execute(text("UPDATE lesson_draft SET mark = :old"), {"old": unnamed.mark(key, "draft")})
        assert (extras.draft_of(cast.anna) or {})["happened"] == "Long ago"
        assert extras.drop_draft(by=cast.anna)


# Points, boards, badges, goals ------------------------------------------------------------------------------


def test_boards_move_for_five_at_once_and_by_the_same(
    app: Flask, cast: Cast, share: Share, worth: None, token_of: Headers
) -> None:
    def standing() -> dict[str, int]:
        with app.app_context():
            rows = db.session.execute(
                text("SELECT p.name, t.all_time FROM person_total t JOIN person p ON p.id = t.person_id")
            )
            return {row.name: row.all_time for row in rows}

    ids = {name: hide(share, name) for name in FIVE}
    before = standing()
    for reader in ("mia", "dan", "cor"):
        apply(app, cast.id_of(reader), ids["anna"])
    apply(app, cast.dan, ids["ben"])
    assert standing() == before
    assert count(app) == 5
    moved = {name: now - before[name] for name, now in standing().items() if now != before[name]}
    assert moved == dict.fromkeys((name.capitalize() for name in FIVE), 10)


def test_the_rows_of_a_count_stand_in_the_order_of_dice_at_one_moment(
    app: Flask, cast: Cast, share: Share, worth: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FIVE:
        hide(share, name)
    monkeypatch.setattr(unnamed, "_dice", random.Random(3))
    count(app)
    with app.app_context():
        entries = db.session.execute(
            text("SELECT person_id, earned_at, recorded_at FROM ledger_entry ORDER BY id")
        ).all()
        facts = db.session.execute(
            select(Fact.person_id, Fact.happened_at, Fact.recorded_at).order_by(Fact.id)
        ).all()
    for rows in (entries, facts):
        people = [row[0] for row in rows]
        assert sorted(people) == sorted(cast.id_of(name) for name in FIVE)
        assert len({row[1:] for row in rows}) == 1
    assert [row[0] for row in facts] != sorted(row[0] for row in facts)


def test_what_is_kept_of_a_count_has_one_length(app: Flask, cast: Cast, database: Database) -> None:
    with app.app_context(), transaction():
        for person, number in ((cast.anna, 4), (cast.ben, 1)):
            has = {"lesson_shared": [f"unnamed:{one:024}" for one in range(number)]}
            unnamed.keep_tallies([(unnamed.key_of(person) or b"", has)])
            assert unnamed.tallies({person: unnamed.key_of(person) or b""}) == {person: has}
    sealed = database.line.execute("SELECT octet_length(sealed) FROM unnamed_tally").fetchall()
    assert len(sealed) == 2
    assert len(set(sealed)) == 1


SHARED = {"count": {"kind": "lesson_shared"}, "at_least": 1}


def test_a_badge_that_comes_to_rest_on_one_is_its_holders_alone(
    app: Flask, cast: Cast, share: Share, sharer: None, client_of: Browser
) -> None:
    named = share("anna", happened="One with her name under it.")
    for name in FIVE:
        hide(share, name)
    count(app)
    with app.app_context():
        award = db.session.scalars(select(Award).where(Award.person_id == cast.anna)).one()
        assert award.visible == "colleagues"
        page = f"/b/{award.id}"
    assert client_of("ben").get(page).status_code == 200
    delete(app, cast.anna, named)
    with app.app_context():
        award = db.session.scalars(
            select(Award).where(Award.person_id == cast.anna, Award.revoked_at.is_(None))
        ).one()
        assert (award.visible, award.in_review, award.earned_at) == ("me", False, MONDAY)
        page = f"/b/{award.id}"
    assert client_of("ben").get(page).status_code == 404
    assert "Anna" not in client_of("mia").get("/badges/sharer").text


@pytest.mark.parametrize("visible", ["me", "manager"])
def test_a_goal_that_others_see_is_not_proved_by_such_a_badge(
    app: Flask, cast: Cast, share: Share, visible: str
) -> None:
    with app.app_context():
        load([badge("sharer", (SHARED, 5))], {"kinds": {**WORTH["kinds"], "goal_reached": {"points": 7}}})
        skill = db.session.scalar(text("SELECT min(id) FROM skill"))
        proof = db.session.scalar(text("SELECT id FROM achievement WHERE slug = 'sharer'"))
        with transaction():
            aim = NewGoal(title="Share a lesson", lang="en", proof_words="", proof="badge", proof_badge_id=proof,
                          visible=visible)  # fmt: skip
            (goal,) = goals.set_goals([goals.Setting(person_id=cast.anna, goal=aim)], at=AT)
            settle(AT)
    for name in FIVE:
        hide(share, name, skills=[skill])
    assert count(app) == 5
    with app.app_context(), transaction():
        told = goals_asked.own(cast.anna, goal)
        assert told is not None
        assert (told.proven_at is not None) is (visible == "me")


def test_what_helped_weighs_the_same_whoever_stays_unnamed(app: Flask, cast: Cast, share: Share) -> None:
    def helps(author: str, giver: str, number: int, *, named: bool = False) -> float:
        story = f"Story {number} of {author}."
        lesson = share(author, audience="everyone", happened=story) if named else hide(share, author, number)
        with app.app_context(), transaction():
            words = Words(keep="You told it.", try_="", lang="en")
            on = OnLesson(by=cast.id_of(giver), lesson_id=lesson, words=words)
            (made,) = feedback.give_on_lessons([on], at=AT)
            receiving.mark_helpful([Helped(by=cast.id_of(author), feedback_id=made)], at=AT)
            settle(AT)
            last = select(Fact.weight).where(Fact.kind == "feedback_helped").order_by(Fact.id.desc()).limit(1)
            return float(db.session.scalar(last) or 0)

    assert [helps("anna", "ben", n, named=True) for n in range(4)] == [1, 1, 0.5, 0.25]
    assert [helps("anna", "ben", 4), helps("mia", "leo", 4)] == [1, 1], (
        "it is not those two who were at it before"
    )
    assert [helps("leo", "ben", 5), helps("anna", "ben", 6)] == [1, 0.5], "all who stay unnamed are one"
    assert helps("anna", "ben", 7, named=True) == 0.125, "and count for nobody with a name"


# Reports, and answers ---------------------------------------------------------------------------------------

PAGES = {
    "mia": (
        "/team",
        "/people/anna",
        "/leaderboards",
        "/vision",
        "/api/v1/boards",
        "/search?q=anna",
        "/conversations",
    ),
    "clara": ("/admin", "/people/anna", "/vision", "/reviews", "/care", "/search?q=anna", "/api/v1/boards"),
    "leo": ("/admin", "/vision", "/people/anna", "/leaderboards"),
    "cor": ("/vision", "/people/anna", "/leaderboards"),
    "dan": ("/admin", "/admin/people", "/people/anna", "/audit"),
    "ben": ("/kudos", "/people/anna", "/leaderboards", "/album", "/inbox", "/receipts", "/search?q=anna"),
}


def plain(page: str) -> str:
    """What somebody reads there."""
    main = page[page.index("<main") : page.rindex("</main>")] if "<main" in page else page
    return " ".join(re.sub(r"<[^>]+>|\d\d:\d\d:\d\d\.\d+", " ", main).split())


@pytest.mark.parametrize("name", PAGES)
def test_no_other_page_says_another_word_after_it(
    app: Flask, cast: Cast, skill: int, client_of: Browser, name: str
) -> None:
    browser = client_of(name)

    def read() -> dict[str, str]:
        return {path: plain(browser.get(path).text) for path in PAGES[name]}

    read()  # what is new is seen now
    before = read()
    assert len({*before.values()}) > 2
    acts(client_of("anna"), skill)
    assert read() == before


def test_whoever_erases_somebody_is_not_told_how_much_they_shared_unnamed(
    app: Flask, cast: Cast, share: Share, sharer: None
) -> None:
    for name in FIVE:
        hide(share, name)
    count(app)
    with app.app_context():
        (row,) = to_erase([cast.anna])
        assert (row.facts, row.badges) == (0, 0)


def test_answers_to_others_are_alike_to_the_letter(
    app: Flask, share: Share, client_of: Browser, token_of: Headers
) -> None:
    of_anna, of_eve = hide(share, "anna"), hide(share, "eve", happened="Story 0 of a this week.")
    api = app.test_client()
    for reader in ("ben", "clara", "dan", "leo", "cor"):
        told = [api.get(f"/api/v1/lessons/{one}", headers=token_of(reader)) for one in (of_anna, of_eve)]
        same = [{**one.get_json(), "id": 0} for one in told]
        assert same[0] == {**same[1], "happened": same[0]["happened"]}
        assert [*told[0].headers.keys()] == [*told[1].headers.keys()]
        assert not {"ETag", "Last-Modified"} & set(told[0].headers.keys())
    own = client_of("anna").get(f"/lessons/{of_anna}")
    assert not {"ETag", "Last-Modified"} & set(own.headers.keys())
    assert own.headers["Cache-Control"] == "no-store", "nor does it stay on a shared computer"


def test_rows_of_two_authors_differ_in_noise_alone(app: Flask, share: Share, database: Database) -> None:
    for name in ("anna", "ben"):
        share(name, unnamed=True, audience="everyone", once="the same form")
    rows = [row[0] for row in database.line.execute("SELECT to_jsonb(t) FROM lesson t").fetchall()]
    one, other = (row if isinstance(row, dict) else json.loads(row) for row in rows)
    assert {name for name in one if one[name] != other[name]} == {"id", "mark", "once", "text_keys"}


def test_searching_for_a_name_finds_none_of_hers(
    app: Flask, share: Share, client_of: Browser, token_of: Headers
) -> None:
    lesson_id = hide(share, "anna", title="Quite unheard of")
    for name in NAMES:
        for asked in ("anna", "Anna", "anna+unheard", "north+unheard"):
            assert str(lesson_id) not in client_of(name).get(f"/search?q={asked}").text
            found = app.test_client().get(f"/api/v1/search?q={asked}", headers=token_of(name))
            assert str(lesson_id) not in found.text


def test_in_equal_days_the_order_is_that_of_random_numbers(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    for number in range(6):
        hide(share, "anna" if number % 2 else "ben", number, at=AT + timedelta(minutes=number))
    page = client_of("eve").get("/lessons").text
    ids = [int(one) for one in re.findall(r'id="lesson-(\d+)"', page)]
    assert ids == sorted(ids, reverse=True)
    with app.app_context():
        assert len({row.shared_at for row in db.session.scalars(select(Lesson))}) == 1


def test_an_edit_to_the_team_and_back_leaves_no_team(
    app: Flask, cast: Cast, skill: int, share: Share
) -> None:
    lesson_id = hide(share, "anna")
    for audience, team in (("team", cast.north), ("everyone", None)):
        words = LessonText(**{**TEXT, "skills": [skill], "audience": audience})
        with app.app_context(), transaction():
            changing.edit_lessons([changing.Edit(lesson_id=lesson_id, by=cast.anna, to=words)], at=AT)
            assert db.session.scalar(select(Lesson.team_id).where(Lesson.id == lesson_id)) == team
            assert db.session.get_one(Person, cast.anna).team_id == cast.north
