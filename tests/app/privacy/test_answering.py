"""A wish to be erased is answered: in time, with reasons that the person reads, and told to who can answer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.kudos import actions as kudos
from app.lessons import actions as lessons
from app.outbox import settle
from app.privacy import answering, erasing, jobs, mentions, queries
from app.worker import relay
from tests.app.reviews.scene import a_lesson
from tests.small import ids, load, rows

AT = datetime.now(UTC)
WHY = "The law says that we keep the records of your forklift licence for two years more."


def ask(cast, name="anna", at=AT):
    with transaction():
        erasing.ask(person_id=cast.id_of(name), at=at)
        settle(at)


def lines(person_id, kind):
    while relay(datetime.now(UTC)):
        pass
    with transaction():
        return [row.kind for row in rows_of(person_id) if row.kind == kind]


def rows_of(person_id):
    return db.session.execute(
        text("SELECT kind FROM notification WHERE person_id = :p"), {"p": person_id}
    ).all()


def test_who_can_answer_hears_of_a_wish_and_nobody_else(app, cast, client_of):
    client_of("anna").post("/me/erasure")
    with app.app_context():
        for name in ("dan", "clara"):
            assert lines(cast.id_of(name), "erasure_asked"), name
        for name in ("anna", "ben", "mia", "leo", "cor"):
            assert not lines(cast.id_of(name), "erasure_asked"), name
    said = client_of("dan").get("/inbox").text
    assert "Anna" in said
    assert "asks to be erased" in said
    client_of("anna").post("/me/erasure/withdrawal")
    assert "asks to be erased" not in client_of("dan").get("/inbox").text


def test_a_wish_taken_back_five_times_at_once_stands_once_in_the_log(app, cast, client_of):
    client_of("anna").post("/me/erasure")
    browsers, gate = [client_of("anna") for _ in range(5)], Barrier(5)

    def take_back(browser):
        gate.wait()
        return browser.post("/me/erasure/withdrawal").status_code

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(take_back, browsers)) == [303, 404, 404, 404, 404]
    with app.app_context():
        asked = text("SELECT count(*) FROM audit_entry WHERE action = 'erasure:taken-back'")
        assert db.session.scalar(asked) == 1


def test_refused_with_a_reason_the_person_reads_it_and_how_to_complain(app, cast, client_of):
    anna, dan = client_of("anna"), client_of("dan")
    anna.post("/me/erasure")
    assert "an answer is due by" in dan.get("/admin/people/erasure").text
    address = f"/admin/people/erasure/requests/{cast.anna}/refusal"
    short = dan.post(address, data={"because": "no"})
    assert short.status_code == 422
    assert "Write why" in short.text
    assert dan.post(address, data={"because": WHY}).status_code == 303
    page = anna.get("/me/export").text
    assert WHY in page
    assert "Autoriteit Persoonsgegevens" in page
    assert "go to court" in page
    assert "Ask to be erased" in page, "they can ask again"
    assert dan.post(address, data={"because": WHY}).status_code == 404, "it is over"
    with app.app_context():
        assert lines(cast.anna, "erasure_answered")
        acts = rows("SELECT actor_id, person_id, detail FROM audit_entry WHERE action = 'erasure:refused'")
        assert acts == [(cast.dan, cast.anna, {})], "the reason is theirs, and in no log"


def test_put_off_once_until_a_day_within_three_months(app, cast, client_of):
    anna, dan = client_of("anna"), client_of("clara")
    anna.post("/me/erasure")
    address = f"/admin/people/erasure/requests/{cast.anna}/extension"
    for until in ("", "2020-01-01", str(AT.date() + timedelta(days=120))):
        assert dan.post(address, data={"because": WHY, "until": until}).status_code == 422, until
    until = AT.date() + timedelta(days=70)
    assert dan.post(address, data={"because": WHY, "until": str(until)}).status_code == 303
    assert WHY in anna.get("/me/export").text
    assert dan.post(address, data={"because": WHY, "until": str(until)}).status_code == 409
    with app.app_context():
        assert queries.wish(cast.anna).due == until


@pytest.mark.parametrize("who", ["ben", "mia", "leo", "cor", "eve"])
def test_nobody_else_answers(cast, client_of, who):
    client_of("anna").post("/me/erasure")
    for what in ("refusal", "extension"):
        asked = client_of(who).post(
            f"/admin/people/erasure/requests/{cast.anna}/{what}", data={"because": WHY}
        )
        assert asked.status_code == 403


def test_hr_answers_for_whom_they_serve_and_nobody_for_themselves(app, cast, client_of):
    clara = client_of("clara")
    for name in ("anna", "clara"):
        client_of(name).post("/me/erasure")
    with app.app_context(), transaction():
        told = {"c": cast.clara, "d": cast.systems}
        db.session.execute(text("INSERT INTO hr_department (person_id, department_id) VALUES (:c, :d)"), told)
    assert "Anna" not in clara.get("/admin/people/erasure").text
    for what in ("refusal", "extension"):
        asked = clara.post(f"/admin/people/erasure/requests/{cast.anna}/{what}", data={"because": WHY})
        assert asked.status_code == 404
        own = clara.post(f"/admin/people/erasure/requests/{cast.clara}/{what}", data={"because": WHY})
        assert own.status_code == 422
        assert "Somebody else answers" in own.text


def test_the_desk_is_reminded_a_week_before_the_day_and_when_it_is_over(app, cast):
    with app.app_context():
        ask(cast)
        due = queries.wish(cast.anna).due

        def told(days):
            at = datetime.combine(due, time(9), UTC) + timedelta(days=days)
            with transaction():
                db.session.execute(text("DELETE FROM outbox"))
                answering.remind(at=at)
                settle(at)
            return rows("SELECT body FROM outbox WHERE event = 'ErasureAsked'")

        assert not told(-8)
        assert told(-7)
        assert not told(-6), "once"
        assert told(1), "late"
        assert not told(2)


def test_of_a_refusal_an_extension_and_an_erasure_at_once_no_two_contradict(app, cast):
    with app.app_context():
        ask(cast)

    def refuse():
        answering.refuse(cast.anna, WHY, by=cast.dan, at=AT)

    def extend():
        answering.extend(cast.anna, AT.date() + timedelta(days=60), WHY, by=cast.clara, at=AT)

    def attempt(act):
        with app.app_context():
            try:
                with transaction():
                    act()
                    settle(AT)
            except (NotFound, Conflict, Refused):
                return False
            return True

    start = Barrier(3)

    def go(act):
        start.wait()
        return attempt(act)

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(go, [refuse, refuse, extend]))
    assert sum(done[:2]) == 1, "refused once"
    with app.app_context():
        assert rows("SELECT count(*) FROM erasure_refusal") == [(1,)]
        assert rows("SELECT count(*) FROM erasure_request") == [(0,)]


def test_the_same_by_api(cast, token_of, client):
    anna, dan, ben = token_of("anna"), token_of("dan"), token_of("ben")
    asked = client.put("/api/v1/me/erasure", headers=anna).json
    assert asked["due"]
    listed = client.get("/api/v1/erasures/requests", headers=dan).json["requests"]
    assert [(one["person_id"], one["due"], one["extended"]) for one in listed] == [
        (cast.anna, asked["due"], False)
    ]
    assert client.get("/api/v1/erasures/requests", headers=ben).status_code == 403
    here = f"/api/v1/erasures/requests/{cast.anna}"
    until = str(AT.date() + timedelta(days=60))
    put_off = {"because": WHY, "until": until}
    assert client.post(f"{here}/extension", json=put_off, headers=dan).status_code == 204
    assert client.get("/api/v1/me/erasure", headers=anna).json["due"] == until
    assert client.post(f"{here}/refusal", json={"because": WHY}, headers=dan).status_code == 204
    mine = client.get("/api/v1/me/erasure", headers=anna).json
    assert mine["asked_at"] is None
    assert [one["because"] for one in mine["refusals"]] == [WHY]


# That it was done ---------------------------------------------------------------------------------------------


@pytest.fixture
def letters(app, tmp_path):
    """A folder into which mail goes."""
    kept = app.extensions["settings"]
    app.extensions["settings"] = replace(
        kept, mail_url=f"file://{tmp_path}", mail_from="Blijk <blijk@waterveld.example>"
    )
    yield lambda: [one.read_text() for one in tmp_path.glob("*.eml")]
    app.extensions["settings"] = kept


def test_who_asked_for_it_is_told_by_mail_once_and_the_address_is_not_kept(app, cast, letters):
    with app.app_context():
        ask(cast)
        with transaction():
            erasing.erase([cast.anna, cast.ben], by=cast.dan, at=AT)
            settle(AT)
        assert rows("SELECT person_id FROM erasure_letter") == [(cast.anna,)], "ben did not ask"
        assert b"anna" not in bytes(rows("SELECT sealed FROM erasure_letter")[0][0]).lower()
        jobs.letters(AT)
        jobs.letters(AT)
        assert rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'privacy.letters'") == [(1,)]
        for _ in range(2):
            jobs.tell_erased()
        assert rows("SELECT count(*) FROM erasure_letter") == [(0,)]
        (letter,) = letters()
        assert "anna@" in letter.lower()


def test_a_letter_that_cannot_go_is_gone_after_three_days(app, cast):
    with app.app_context():
        with transaction():
            told = {"p": cast.anna, "at": AT - timedelta(days=4)}
            db.session.execute(text("INSERT INTO erasure_letter VALUES (:p, 'x', :at)"), told)
        jobs.prune(AT)
        assert rows("SELECT count(*) FROM erasure_letter") == [(0,)]


# Where others name somebody -----------------------------------------------------------------------------------


@pytest.fixture
def named(app, cast):
    """Ben thanks Eve and names Anna: for all to read; and shares a lesson with his team that names her."""
    with app.app_context():
        load()
        skill = ids("skill")["water"]
        full = rows(f"SELECT name FROM person WHERE id = {cast.anna}")[0][0]
        with transaction():
            thanks = f"You and {full} kept the pumps going"
            kudos.give_kudos(
                [
                    kudos.NewKudos(
                        giver_id=cast.ben, receivers=[cast.eve], message=thanks, skill_id=skill, lang="en"
                    )
                ],
                at=AT,
            )
            for audience in ("team", "everyone"):
                words = {
                    "learned": f"{full} knows it",
                    "title": f"Ask first, {audience}",
                    "happened": f"It leaked, {audience}",
                }
                lessons.share_lessons([a_lesson(cast.ben, skill, audience=audience, **words)], at=AT)
            db.session.execute(text("UPDATE kudos_receiver SET visible = 'everyone'"))
            settle(AT)
    return full


def test_what_everybody_reads_is_listed_and_the_rest_only_counted(
    app, cast, named, client_of, token_of, client
):
    with app.app_context(), app.test_request_context():
        found = mentions.of(cast.anna)
        assert sorted((one.kind, one.whole) for one in found.found) == [("kudos", True), ("lesson", True)]
        assert [(one.kind, one.number) for one in found.hidden] == [("lesson", 1)]
    page = client_of("dan").get(f"/admin/people/erasure?ids={cast.anna}").text
    assert f"Where others name {named}" in page
    assert "kept the pumps going" not in page, "what was written is read where it stands"
    told = client.get(f"/api/v1/erasures/mentions/{cast.anna}", headers=token_of("dan"))
    assert {one["kind"] for one in told.json["found"]} == {"kudos", "lesson"}
    assert client.get(f"/api/v1/erasures/mentions/{cast.anna}", headers=token_of("clara")).status_code == 403
    assert client.get("/api/v1/erasures/mentions/999999", headers=token_of("dan")).status_code == 404


def test_a_name_is_no_pattern(app, cast):
    with app.app_context(), app.test_request_context():
        with transaction():
            db.session.execute(
                text("UPDATE person SET name = 'A.* (b|c) [d' WHERE id = :p"), {"p": cast.anna}
            )
        assert mentions.of(cast.anna).found == []
