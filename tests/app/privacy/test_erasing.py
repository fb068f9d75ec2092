"""Somebody who is erased leaves a number: no marker of theirs anywhere, and every sum as it was."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event

import pytest
from sqlalchemy import LargeBinary, Text, text
from sqlalchemy.exc import IntegrityError

from app import worker
from app.activities import files
from app.db import db, lock_people, transaction
from app.errors import Refused
from app.kudos import actions as kudos
from app.lessons import actions as lessons
from app.lessons import extras, unnamed
from app.outbox import settle
from app.people import actions as people
from app.privacy import erasing, gone, own, replaying
from app.reviews import waiting
from app.verify import verify
from tests.cast import hire, row_of
from tests.journeys import judged, scene
from tests.small import rows

MARKER = "kwartelkoning"
SUMS = {
    "ledger": "SELECT count(*), sum(points) FROM ledger_entry",
    "facts": "SELECT count(*), count(withdrawn_at), sum(hours) FROM fact",
    "totals": "SELECT person_id, all_time, year, month, week, counts FROM person_total ORDER BY 1",
    "skills": "SELECT person_id, skill_id, all_time FROM skill_total ORDER BY 1, 2",
    "periods": 'SELECT person_id, skill_id, "window", points FROM period_total ORDER BY 1, 2, 3',
    "badges": "SELECT achievement_id, tier, count(*) FROM award WHERE revoked_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2",
    "learned": "SELECT activity_id, count(*) FROM completion WHERE state = 'confirmed' GROUP BY 1 ORDER BY 1",
    "used": "SELECT activity_id, answer, count(*) FROM learning_use GROUP BY 1, 2 ORDER BY 1, 2",
    "thanked": "SELECT count(*) FROM kudos_receiver",
    "spent": "SELECT giver_id, month, spent, teams FROM kudos_allowance ORDER BY 1, 2",
    "people": "SELECT count(*) FROM person",
    "seals": "SELECT log, number, digest FROM seal ORDER BY id",
}
PAGES = (
    "/", "/album", "/learn", "/lessons", "/kudos", "/recognitions", "/goals", "/team-goals", "/programmes", "/guidance",
    "/feedback", "/conversations", "/inbox", "/leaderboards", "/team", "/team/card", "/reviews", "/jobs", "/vision",
    "/confirmations", "/me/looked", "/me/audit", "/me/asked", "/me/profile", "/dates", "/search?q=kwartel",
    "/admin/people", "/admin/people?show=left", "/admin/people/erasure", "/admin/audit", "/admin/privacy/refused",
    "/admin/privacy/retention", "/admin/intake", "/admin/learning", "/hr/reviews", "/hr/care", "/admin/people/import",
    "/api/v1/people", "/api/v1/lessons", "/api/v1/kudos", "/api/v1/audit", "/api/v1/search?q=kwartel", "/receipts",
)  # fmt: skip


@pytest.fixture
def company(app, cast):
    """All kinds of things happened to all of them, reviews in every stage among them."""
    with app.app_context():
        scene.load_catalogue()
        made = scene.happen(cast)
        judged.happen(cast)
        at, skill = datetime.now(UTC), rows("SELECT min(id) FROM skill")[0][0]
        new = lessons.NewLesson(
            author_id=cast.anna, outcome="went_wrong", title=f"{MARKER} title", happened=MARKER, learned=MARKER,
            from_now_on=MARKER, skills=[skill], lang="en", audience="everyone", unnamed=True,
        )  # fmt: skip
        with transaction():
            lessons.share_lessons([new], at=at)
            settle(at)
        with transaction():
            extras.keep_draft(by=cast.anna, draft={"title": MARKER}, at=datetime.now(UTC))
            content = b"%PDF-1.7 " + MARKER.encode()
            files.keep(by=cast.anna, name=f"{MARKER}.pdf", content=content, at=datetime.now(UTC))
        quiet()
    return made


def quiet():
    at = datetime.now(UTC)
    while worker.relay(at):
        pass
    worker.leaderboards.keep_whole(at)
    worker.leaderboards.keep_sums(at)
    worker.leaderboards.fold(at)
    db.session.rollback()


def mark(person):
    """Put the marker into each text and each piece of bytes about them, as the classes of the columns say."""
    marks = [one for key in unnamed.people.keys_of([person]).values() for one in unnamed.marks(key)]
    told = {"me": person, "marks": marks, "today": datetime.now(UTC).date(), "marker": MARKER}
    for part in own.PARTS:
        columns = [one for one in part.source.columns if marked(part, one)]
        for column in columns if not part.only else []:
            plain = isinstance(column.type, Text)
            value = ":marker || substr(md5(random()::text), 1, 6)" if plain else "convert_to(:marker, 'UTF8')"
            put(f'UPDATE {part.table} t SET "{column.name}" = {value} WHERE {part.where}', told)
    put(
        "INSERT INTO identity (person_id, kind, value) VALUES (:me, 'email', :marker || '@waterveld.example')",
        told,
    )
    put("UPDATE person SET name = 'Ada ' || :marker, sort_name = 'ada ' || :marker WHERE id = :me", told)
    db.session.commit()


def marked(part, column):
    name = f"{part.table}.{column.name}"
    plain = isinstance(column.type, Text) and column.info["class"] in ("personal", "secret")
    about = plain or (isinstance(column.type, LargeBinary) and column.info["class"] == "personal")
    return (
        about
        and name not in gone.STAYS
        and name != "completion.state"
        and part.table not in ("recognition", "conversation_note")
    )


def put(sql, told):
    try:
        with db.session.begin_nested():
            db.session.execute(text(sql), {name: value for name, value in told.items() if f":{name}" in sql})
    except IntegrityError:  # one of a few words only
        return


def erase(*people_ids, by=None, at=None):
    with transaction():
        done = erasing.erase(people_ids, by=by, at=at or datetime.now(UTC))
        settle(datetime.now(UTC))
    return done


def sums():
    found = {name: rows(sql) for name, sql in SUMS.items()}
    db.session.rollback()
    return found


def whole_database():
    """All rows of all tables as text; bytes stand in it as hex."""
    names = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (name,) in names:
        for (row,) in rows(f'SELECT CAST(t AS text) FROM "{name}" t'):
            yield name, row.lower()
    db.session.rollback()


def left_in_database():
    needles = (MARKER, MARKER.encode().hex(), base64.b64encode(MARKER.encode()).decode().lower()[:14])
    return sorted({name for name, row in whole_database() if any(one in row for one in needles)})


def all_is_well():
    return verify(datetime.now(UTC)).wrong


def test_no_marker_is_left_and_every_sum_stays(app, cast, company, client_of, database, capfd):
    with app.app_context():
        worker.seals.seal(datetime.now(UTC) + timedelta(days=1))
        assert all_is_well() == []
        mark(cast.anna)
        assert len(left_in_database()) > 15
        before = sums()
        assert erase(cast.anna, by=cast.dan) == [cast.anna]
        quiet()
        assert left_in_database() == []
        assert sums() == before
        assert all_is_well() == []
        for key in database.redis.scan_iter():
            assert MARKER not in repr(key) + repr(database.redis.dump(key))
    for name in ("ben", "mia", "clara", "leo", "cor", "dan", "eve"):
        browser = client_of(name)
        for page in PAGES:
            answer = browser.get(page)
            assert answer.status_code < 500, (name, page)
            assert MARKER not in answer.text, (name, page)
    out, err = capfd.readouterr()
    assert MARKER not in out + err


def test_their_pages_are_not_there_and_they_are_signed_out(app, cast, company, client_of, token_of, client):
    browser, token = client_of("anna"), token_of("anna")
    with app.app_context():
        handle = rows(f"SELECT handle FROM person WHERE id = {cast.anna}")[0][0]
        award = rows(f"SELECT id FROM award WHERE person_id = {cast.anna} LIMIT 1")[0][0]
        erase(cast.anna)
    assert browser.get("/").status_code == 303
    assert client.get("/api/v1/me", headers=token).status_code == 401
    for page in (f"/u/{handle}", f"/b/{award}", f"/b/{award}.svg"):
        assert client.get(page).status_code == 404, page
    for page in (f"/people/{handle}", f"/people/%23{cast.anna}", f"/b/{award}", f"/kudos/of/{handle}"):
        assert client_of("ben").get(page).status_code == 404, page
    assert client_of("dan").get(f"/admin/people/{cast.anna}").status_code == 404


def test_they_leave_boards_that_were_filled_before_the_projector_knew_them(app, cast, company):
    with app.app_context():
        with transaction():
            db.session.execute(text("DELETE FROM board_member"))
        erase(cast.anna)
        quiet()
        assert all_is_well() == []


def test_never_oneself_never_the_last_administrator_and_a_second_time_nothing(app, cast):
    with app.app_context():
        for by in (cast.dan, None):
            with pytest.raises(Refused):
                erase(cast.anna, cast.dan, by=by)
        assert erase(cast.anna, by=cast.dan) == [cast.anna]
        assert erase(cast.anna, by=cast.dan) == []
        assert rows("SELECT count(*) FROM audit_entry WHERE action = 'person:erased'") == [(1,)]


def test_a_thousand_take_as_many_statements_as_one(app, cast, count_statements):
    with app.app_context():
        one = count_statements(lambda: erase(cast.anna))
        many = [row_of(f"n{number}") for number in range(300)]
        with transaction():
            made = people.import_people(many, at=datetime.now(UTC)).made
            settle(datetime.now(UTC))
        assert count_statements(lambda: erase(*made)) <= one + 2
        assert rows("SELECT count(*) FROM person WHERE erased_at IS NOT NULL") == [(301,)]


@pytest.fixture
def count_statements():
    from sqlalchemy import event

    def count(work):
        number = [0]

        def seen(*_):
            number[0] += 1

        event.listen(db.engine, "before_cursor_execute", seen)
        try:
            work()
        finally:
            event.remove(db.engine, "before_cursor_execute", seen)
        return number[0]

    return count


def test_two_who_erase_the_same_person_at_once_erase_them_once(app, cast):
    start = Barrier(2)

    def go():
        with app.app_context():
            start.wait()
            return erase(cast.anna, cast.ben)

    with ThreadPoolExecutor(2) as pool:
        done = [one.result() for one in [pool.submit(go), pool.submit(go)]]
    assert sorted(map(len, done)) == [0, 2]


def test_what_was_on_its_way_at_that_moment_is_emptied_too(app, cast, skill):
    """Anna's thanks hold her row as she is erased: the erasure waits. What comes after goes with the second round."""
    held, go_on = Event(), Event()

    def thank(first):
        with app.app_context(), transaction():
            at = datetime.now(UTC)
            if first:
                lock_people([cast.anna, cast.ben])
                held.set()
                go_on.wait(5)
            new = kudos.NewKudos(
                giver_id=cast.anna,
                receivers=[cast.ben],
                message=f"{MARKER} thank you",
                skill_id=skill,
                lang="en",
            )
            kudos.give_kudos([new], at=at)
            settle(at)

    def wipe():
        with app.app_context():
            held.wait(5)
            go_on.set()
            return erase(cast.anna)

    with ThreadPoolExecutor(2) as pool:
        first, wiped = pool.submit(thank, True), pool.submit(wipe)
        first.result()
        assert wiped.result() == [cast.anna]
    with app.app_context():
        assert left_in_database() == []
        put_late = "UPDATE kudos SET message = :m, hidden_at = NULL"
        with transaction():
            db.session.execute(text(put_late), {"m": MARKER})  # a request that was under way
        worker.empty_again(datetime.now(UTC))
        assert left_in_database() == ["kudos"]  # not yet: it may still be under way
        worker.empty_again(datetime.now(UTC) + erasing.WAIT + timedelta(seconds=1))
        quiet()
        assert left_in_database() == []
        assert all_is_well() == []


def test_a_review_underway_ends_and_what_was_decided_is_frozen_until_its_term(app, cast, company):
    with app.app_context():
        before = dict(rows("SELECT id, stage FROM review"))
        mine = {one for (one,) in rows(f"SELECT id FROM review WHERE person_id IN ({cast.anna}, {cast.eve})")}
        assert {before[one] for one in mine} >= {"gathering", "released"}
        erase(cast.anna, cast.eve)
        quiet()
        after = dict(rows("SELECT id, stage FROM review"))
        for one in mine:
            assert after[one] == ("closed" if before[one] in ("decided", "released") else "withdrawn")
        assert {one: after[one] for one in after if one not in mine} == {
            one: before[one] for one in before if one not in mine
        }
        kept = rows("SELECT count(*), count(sealed), max(keep_until) FROM dossier")[0]
        assert kept[0] == kept[1] >= 3
        assert all_is_well() == []
        with transaction():  # the term of all of them ended yesterday
            waiting.dossier.destroy_at_term(at=datetime.now(UTC))
        assert rows("SELECT count(sealed) FROM dossier")[0][0] == kept[0]


def test_the_clean_up_destroys_dossiers_of_who_was_erased_with_their_keys(app, cast, company, database):
    with app.app_context():
        erase(cast.anna, cast.eve)
        database.line.execute("ALTER TABLE dossier DISABLE TRIGGER keep_rows")
        database.line.execute("UPDATE dossier SET keep_until = current_date - 1")
        database.line.execute("ALTER TABLE dossier ENABLE TRIGGER keep_rows")
        due = {one.name: one.goes for one in erasing_terms()}
        assert due["dossiers"] > 0
        with transaction():
            waiting.keep_going(at=datetime.now(UTC))
            settle(datetime.now(UTC))
        assert rows("SELECT count(sealed), count(wrapped) FROM dossier") == [(0, 0)]
        assert {one.name: one.goes for one in erasing_terms()}["dossiers"] == 0


def erasing_terms():
    from app.privacy import terms

    return terms.preview(datetime.now(UTC))


def test_the_next_hr_file_makes_a_new_person_and_says_so(app, cast, client_of, runner, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("external_id,name,email\nw-anna,Anna,anna@waterveld.example\n")
    with app.app_context():
        erase(cast.anna)
    told = runner("people", "import", str(file), "--dry-run")
    assert "was erased. This is a new person here." in told.output
    done = runner("people", "import", str(file))
    assert "1 of the new people were erased before" in done.output
    with app.app_context():
        found = rows("SELECT id FROM person WHERE external_id = 'w-anna'")
        assert found != [(cast.anna,)]
        assert rows(f"SELECT count(*) FROM fact WHERE person_id = {found[0][0]}") == [(0,)]


@pytest.fixture
def runner(app):
    def run(*args):
        return app.test_cli_runner().invoke(args=list(args))

    return run


def test_by_command_from_a_file_only_when_one_says_yes(app, cast, runner, tmp_path):
    file = tmp_path / "who.csv"
    file.write_text(f"external_id\nw-anna\nben@waterveld.example\n#{cast.eve}\n")
    assert "3 people would be erased" in runner("people", "erase", "--file", str(file)).output
    assert runner("people", "erase", "w-nobody", "--yes").exit_code == 1
    assert runner("people", "erase", "w-dan", "--yes").exit_code == 1
    with app.app_context():
        assert rows("SELECT count(*) FROM erasure") == [(0,)]
    assert "3 people erased" in runner("people", "erase", "--file", str(file), "--yes").output
    assert len(runner("people", "erasures").output.splitlines()) == 3


# An older backup ----------------------------------------------------------------------------------------------


@pytest.fixture
def listed(app, tmp_path):
    """The list outside of the database, as `ERASURES` names it."""
    from dataclasses import replace

    path, before = tmp_path / "kept" / "erasures", app.extensions["settings"]
    app.extensions["settings"] = replace(before, erasures=str(path))
    yield path
    app.extensions["settings"] = before


def test_an_older_backup_serves_nobody_before_the_erasures_are_replayed(
    app, cast, listed, database, all_eight
):
    with app.app_context():
        erase(cast.anna)
        quiet()
        assert len(replaying.read(listed)) == 1
        database.empty()
        database.line.execute(all_eight[1])  # a backup of before
        db.session.rollback()
        watch = replaying.Watch()
        assert replaying.is_behind()
        assert not watch()
        assert any("who is here" in one for one in all_is_well())
        assert replaying.replay_own(at=datetime.now(UTC)) == 1
        watch.looked_at = -10
        assert watch()
        assert replaying.replay_own(at=datetime.now(UTC)) == 0
        assert rows(f"SELECT name, active FROM person WHERE id = {cast.anna}") == [(gone.NOBODY, False)]
        quiet()
        assert all_is_well() == []


def test_a_number_that_is_somebody_else_now_is_left_alone_and_none_is_given_out_twice(app, cast, listed):
    with app.app_context():
        other = replaying.Line(cast.ben, datetime.now(UTC), b"\0" * 32)
        beyond = replaying.Line(5000, datetime.now(UTC), b"\0" * 32)
        replaying.add([other, beyond], listed)
        assert not replaying.is_behind()
        assert replaying.replay_own(at=datetime.now(UTC)) == 0
        assert rows("SELECT count(*) FROM person WHERE erased_at IS NOT NULL") == [(0,)]
        assert hire("zoe")[0] > 5000
        listed.write_text("not a line\n")
        assert replaying.is_behind()


# At the desk --------------------------------------------------------------------------------------------------


def test_a_request_is_seen_at_the_desk_and_done_after_a_confirmation(app, cast, client_of):
    anna, dan = client_of("anna"), client_of("dan")
    assert anna.post("/me/erasure").status_code == 303
    assert "Take it back" in anna.get("/me/export").text
    for name in ("dan", "clara"):
        assert "Anna" in client_of(name).get("/admin/people/erasure").text
    chosen = dan.post("/admin/people/erasure/choice", data={"ids": cast.anna})
    page = dan.get(chosen.headers["Location"]).text
    assert "Anna" in page
    assert "What stays" in page
    assert dan.post("/admin/people/erasure", data={"ids": cast.anna}).status_code == 422
    assert dan.post("/admin/people/erasure", data={"ids": cast.dan, "sure": "true"}).status_code == 422
    done = dan.post("/admin/people/erasure", data={"ids": cast.anna, "sure": "true"})
    assert done.status_code == 303
    assert "1 person is erased." in dan.get(done.headers["Location"]).text
    assert dan.get(f"/admin/people/erasure?ids={cast.anna}").status_code == 404
    assert (
        client_of("clara").post("/admin/people/erasure", data={"ids": cast.ben, "sure": "true"}).status_code
        == 403
    )
    with app.app_context():
        assert rows("SELECT count(*) FROM erasure_request") == [(0,)]


def test_the_same_by_api(app, cast, token_of, client):
    anna, dan = token_of("anna"), token_of("dan")
    assert client.put("/api/v1/me/erasure", headers=anna).json["asked_at"]
    assert client.delete("/api/v1/me/erasure", headers=anna).status_code == 204
    assert client.delete("/api/v1/me/erasure", headers=anna).status_code == 404
    asked = {"people": [cast.anna, 99999], "sure": True}
    assert client.post("/api/v1/erasures", json=asked, headers=dan).status_code == 409
    done = client.post("/api/v1/erasures", json={"people": [cast.anna], "sure": True}, headers=dan)
    assert done.json == {"erased": [cast.anna]}
    assert [one["person_id"] for one in client.get("/api/v1/erasures", headers=dan).json["erasures"]] == [
        cast.anna
    ]
