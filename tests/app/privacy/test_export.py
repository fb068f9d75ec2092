"""The file of all that is stored of somebody: their own words whole, nobody else's, for nobody else, for some days."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.activities import files
from app.care import actions as care
from app.conversations import actions as conversations
from app.db import db, transaction
from app.lessons import actions as lessons
from app.lessons import extras
from app.lessons.actions import NewLesson
from app.outbox import settle
from app.people import drafts
from app.privacy import actions, content, jobs
from app.worker import relay
from tests.small import rows

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINE = "heron under the old pump house"
THEIRS = "otter below the new weir"
MARKUP = "<script>alert('anna')</script>"


def share(author, words, *, unnamed=False, skill):
    new = NewLesson(
        author_id=author, outcome="went_wrong", title=f"{words} title", happened=words, learned=words,
        from_now_on=words, skills=[skill], lang="en", audience="everyone", unnamed=unnamed,
    )  # fmt: skip
    with transaction():
        (made,) = lessons.share_lessons([new], at=AT)
        settle(AT)
    return made


@pytest.fixture
def life(app, cast, skill, thank, report):
    """Anna wrote all kinds of things; colleagues wrote things that are not for her."""
    with app.app_context():
        named = share(cast.anna, f"{MINE} named {MARKUP}", skill=skill)
        share(cast.anna, f"{MINE} unnamed", unnamed=True, skill=skill)
        share(cast.ben, f"{THEIRS} lesson", unnamed=True, skill=skill)
        with transaction():
            extras.keep_draft(by=cast.anna, draft={"title": f"{MINE} draft"}, at=AT)
            extras.keep_draft(by=cast.ben, draft={"title": f"{THEIRS} draft"}, at=AT)
            plan = conversations.Plan(
                by=cast.mia, person_id=cast.anna, manager_id=cast.mia, on=AT.date() + timedelta(days=3)
            )
            (talk,) = conversations.plan([plan], at=AT)
            settle(AT)
        for by, words, filed in (
            (cast.anna, f"{MINE} note", True),
            (cast.anna, f"{MINE} unfiled", False),
            (cast.mia, "What Mia told Anna", True),
            (cast.mia, f"{THEIRS} unfiled", False),
        ):
            with transaction():
                new = conversations.NewNote(conversation_id=talk, by=by, kind="note", words=words)
                (note,) = conversations.write([new], at=AT)
                if filed:
                    conversations.file(
                        [conversations.Draft(conversation_id=talk, note_id=note, by=by)], at=AT
                    )
                settle(AT)
    thank("ben", "anna")
    report("ben", "lesson", named, words=f"{THEIRS} report")


def ask(app, cast, who="anna", at=AT):
    with app.app_context(), transaction():
        export_id, _ = actions.ask(person_id=cast.id_of(who), at=at)
        settle(at)
    return export_id


def make(app, export_id):
    with app.app_context():
        jobs.make_export.func.__wrapped__(export_id=str(export_id))


def unpacked(answer):
    with answer:
        return zipfile.ZipFile(io.BytesIO(answer.data))


def whole(file):
    return "\n".join(file.read(name).decode(errors="replace") for name in file.namelist())


def test_all_ones_own_words_are_in_it_and_nobody_elses(app, cast, life, client_of):
    export_id = ask(app, cast)
    make(app, export_id)
    answer = client_of("anna").get(f"/me/export/{export_id}/blijk.zip")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=blijk.zip"
    assert answer.headers["Cache-Control"] == "private, no-store"
    file = unpacked(answer)
    said = whole(file)
    for words in ("named", "unnamed", "draft", "note", "unfiled"):
        assert f"{MINE} {words}" in said, words
    assert "What Mia told Anna" in said
    assert THEIRS not in said
    with app.app_context():
        for table, column in (
            ("person", "password_hash"),
            ("person_key", "wrapped"),
            ("sign_in", "token_hash"),
        ):
            for (secret,) in rows(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"):
                plain = secret if isinstance(secret, str) else bytes(secret).hex()
                assert plain not in said
    assert "anna@waterveld.example" in said
    assert "eve@waterveld.example" not in said
    assert {"index.html", "lessons.html", "lessons.json", "people.html", "traces.json"} <= set(
        file.namelist()
    )
    for name in file.namelist():
        if name.endswith(".json"):
            assert isinstance(json.loads(file.read(name)), list)
        if name.endswith(".html"):
            assert "<script" not in file.read(name).decode()


def test_what_is_kept_of_it_is_locked_with_ones_own_key_and_told_in_the_inbox(app, cast, life):
    export_id = ask(app, cast)
    make(app, export_id)
    with app.app_context():
        (piece,) = rows("SELECT content FROM data_export_part")[0]
        assert not bytes(piece).startswith(b"PK")
        relay(datetime.now(UTC))
        lines = rows(
            f"SELECT kind, object_id FROM notification WHERE person_id = {cast.anna} AND kind = 'export'"
        )
        assert lines == [("export", str(export_id))]
        acts = rows("SELECT action, actor_id, person_id FROM audit_entry WHERE action LIKE 'export:%'")
        assert acts == [("export:asked", cast.anna, cast.anna)]


def test_nobody_else_gets_it_and_what_is_not_there_answers_the_same(
    app, cast, life, client_of, token_of, client
):
    export_id = ask(app, cast)
    before = client_of("anna").get(f"/me/export/{export_id}/blijk.zip")
    make(app, export_id)
    answers = [before]
    for name in ("ben", "mia", "clara", "dan", "leo"):
        answers += [client_of(name).get(f"/me/export/{one}/blijk.zip") for one in (export_id, uuid4())]
        answers.append(client_of(name).post(f"/me/export/{export_id}/removal"))
        for one in (export_id, uuid4()):
            answer = client.get(f"/api/v1/me/exports/{one}/file", headers=token_of(name))
            assert answer.status_code == 404
            assert client.delete(f"/api/v1/me/exports/{one}", headers=token_of(name)).status_code == 404
    assert {answer.status_code for answer in answers} == {404}
    with client_of("anna").get(f"/me/export/{export_id}/blijk.zip") as mine:
        assert mine.status_code == 200


def test_asking_to_be_erased_takes_a_second_word(app, cast, client_of):
    said = client_of("anna").get("/me/export").text
    fold = said[said.index("I want to be erased") :]
    assert fold.index("You can take it back") < fold.index("Ask to be erased</button>")
    assert said.index("<details") < said.index("I want to be erased")


def test_it_is_gone_after_its_days_or_when_one_removes_it(app, cast, life, client_of, token_of, client):
    export_id = ask(app, cast)
    make(app, export_id)
    anna = client_of("anna")
    assert "Your file is there" in anna.get("/me/export").text
    assert anna.post(f"/me/export/{export_id}/removal").status_code == 303
    with app.app_context():
        assert rows("SELECT count(*) FROM data_export_part") == [(0,)]
    assert anna.get(f"/me/export/{export_id}/blijk.zip").status_code == 404
    export_id = ask(app, cast)
    make(app, export_id)
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE data_export SET ends_at = now() - interval '1 minute'"))
    assert anna.get(f"/me/export/{export_id}/blijk.zip").status_code == 404
    assert client.get("/api/v1/me/exports", headers=token_of("anna")).json == {"exports": []}
    with app.app_context():
        jobs.prune(datetime.now(UTC))
        assert rows("SELECT count(*) FROM data_export") == [(0,)]


def test_asking_twice_at_once_makes_one_and_a_new_one_takes_the_place_of_the_old(app, cast, life):
    gate = Barrier(6)

    def at_once():
        gate.wait(10)
        return ask(app, cast)

    with ThreadPoolExecutor(6) as pool:
        found = {one.result(30) for one in [pool.submit(at_once) for _ in range(6)]}
    assert len(found) == 1
    (first,) = found
    make(app, first)
    make(app, first)  # a second call of the job changes nothing
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE data_export SET asked_at = :at"), {"at": AT})
    assert ask(app, cast, at=AT + timedelta(minutes=30)) == first
    second = ask(app, cast, at=AT + timedelta(hours=2))
    assert second != first
    make(app, second)
    with app.app_context():
        assert rows("SELECT id, state FROM data_export") == [(second, "made")]


def test_the_api_asks_for_it_and_says_how_far_it_is(app, cast, life, token_of, client):
    asked = client.post("/api/v1/me/exports", headers=token_of("anna"), json={})
    assert (asked.status_code, asked.json["state"]) == (202, "asked")
    make(app, asked.json["id"])
    (told,) = client.get("/api/v1/me/exports", headers=token_of("anna")).json["exports"]
    assert (told["state"], told["id"]) == ("made", asked.json["id"])
    with client.get(f"/api/v1/me/exports/{told['id']}/file", headers=token_of("anna")) as answer:
        assert answer.status_code == 200
        assert len(answer.data) == told["bytes"]
    assert client.delete(f"/api/v1/me/exports/{told['id']}", headers=token_of("anna")).status_code == 204


def test_it_speaks_the_language_of_whom_it_is_about_and_names_what_numbers_mean(app, cast, life, client_of):
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET language = 'nl' WHERE id = :me"), {"me": cast.anna})
    export_id = ask(app, cast)
    make(app, export_id)
    file = unpacked(client_of("anna").get(f"/me/export/{export_id}/blijk.zip"))
    page = file.read("people.html").decode()
    assert "Waar je werkte" in page
    assert "<dd>Water</dd>" in page
    assert "<dd>North</dd>" in page
    assert "Alles wat Blijk van je bewaart" in file.read("index.html").decode()


def test_a_long_history_is_read_piece_by_piece(app, cast, life, client_of, monkeypatch):
    monkeypatch.setattr(content, "AT_A_TIME", 7)
    monkeypatch.setattr(actions, "PIECE", 1000)
    many = """INSERT INTO look (viewer_id, person_id, what, hour, allowed)
        SELECT :by, :me, 'people:one', now() - n * interval '1 hour', true FROM generate_series(1, 100) AS n"""
    with app.app_context(), transaction():
        db.session.execute(text(many), {"by": cast.clara, "me": cast.anna})
    export_id = ask(app, cast)
    make(app, export_id)
    with app.app_context():
        assert rows("SELECT count(*) FROM data_export_part")[0][0] > 3
    file = unpacked(client_of("anna").get(f"/me/export/{export_id}/blijk.zip"))
    looks = [row for row in json.loads(file.read("traces.json")) if row["table"] == "look"]
    assert len(looks) == 100
    assert file.testzip() is None


def test_what_one_began_to_log_and_files_that_show_it_go_along_opened(app, cast, client_of):
    shown = b"%PDF-1.7 " + MINE.encode() * 10
    with app.app_context(), transaction():
        kept = files.keep(by=cast.anna, name="certificate.pdf", content=shown, at=AT)
        files.keep(by=cast.ben, name="theirs.pdf", content=b"%PDF-1.7 " + THEIRS.encode() * 10, at=AT)
        drafts.keep("log", {"title": f"{MINE} log"}, by=cast.anna, at=AT)
    export_id = ask(app, cast)
    make(app, export_id)
    file = unpacked(client_of("anna").get(f"/me/export/{export_id}/blijk.zip"))
    assert f"{MINE} log" in file.read("learning.html").decode()
    (row,) = [row for row in json.loads(file.read("learning.json")) if row["table"] == "log_file"]
    assert (row["name"], row["content"]) == ("certificate.pdf", f"files/log_file-{kept}.pdf")
    assert file.read(row["content"]) == shown
    assert "theirs" not in whole(file)


def test_answers_without_names_are_there_from_five_on_and_without_names(app, cast, life, client_of):
    made = """INSERT INTO feedback_request (id, asker_id, about, lang, unnamed, asked_at, closes_at)
        VALUES (70, :mia, 'How I lead', 'en', true, now(), now())"""
    answer = """INSERT INTO feedback (giver_id, request_id, keep, "try", lang, given_at)
        VALUES (:giver, 70, :keep, '', 'en', now())"""
    givers = [cast.anna, cast.ben, cast.eve, cast.leo, cast.dan]
    with app.app_context(), transaction():
        db.session.execute(text(made), {"mia": cast.mia})
        for number, giver in enumerate(givers[:4]):
            db.session.execute(text(answer), {"giver": giver, "keep": f"secret answer {number}"})

    def told():
        export_id = ask(app, cast, "mia")
        make(app, export_id)
        said = json.loads(
            unpacked(client_of("mia").get(f"/me/export/{export_id}/blijk.zip")).read("feedback.json")
        )
        with app.app_context(), transaction():
            db.session.execute(text("DELETE FROM data_export"))
        return [row for row in said if row["table"] == "feedback"]

    assert told() == []
    with app.app_context(), transaction():
        db.session.execute(text(answer), {"giver": givers[4], "keep": "secret answer 4"})
    rows_told = told()
    assert len(rows_told) == 5
    assert all(set(row) == {"table", "keep", "try", "lang"} for row in rows_told)


def test_a_report_about_mine_says_why_and_what_was_decided_never_who(app, cast, life, client_of):
    (report_id,) = (row[0] for row in [(one,) for (one,) in _ids(app)])
    with app.app_context(), transaction():
        care.decide(report_id, by=cast.clara, decision="leave", answer="It may stand.", at=AT)
        settle(AT)
    export_id = ask(app, cast)
    make(app, export_id)
    told = json.loads(unpacked(client_of("anna").get(f"/me/export/{export_id}/blijk.zip")).read("care.json"))
    (row,) = [one for one in told if one["table"] == "about_me"]
    assert (row["decision"], row["answer"]) == ("leave", "It may stand.")
    assert cast.ben not in row.values()
    assert "reporter_id" not in row


def _ids(app):
    with app.app_context():
        return rows("SELECT id FROM care_report")
