"""The pages of those who keep the house: first steps, who works here, files, and what the organisation decided."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from werkzeug.test import TestResponse

from app import jobs
from app.db import db, transaction
from app.errors import Conflict, Refused
from app.outbox import settle
from app.people import actions, files
from app.people import jobs as people_jobs
from app.people.rules import secret_of
from tests.cast import Cast, SignedIn, signed_in
from tests.small import rows

Browser = Callable[[str], SignedIn]
HEADER = "external_id,name,email,manager_external_id,department,team,job,role,hours_per_week,language,active"
ANNA = "w-anna,Anna,anna@waterveld.example,w-mia,Water,North,,employee,36,en,true"
ZOE = "w-zoe,=Zoë(),,w-mia,Water,East,Fitter,,32,nl,true"


@pytest.fixture
def dan(client_of: Browser) -> SignedIn:
    """The administrator's browser."""
    return client_of("dan")


@pytest.fixture
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """`worker()` does the jobs that wait, one after another, here."""
    monkeypatch.setattr(jobs, "_house", app)

    def work() -> None:
        names = {"people.read_file": people_jobs.read_file, "people.import_file": people_jobs.import_file}
        for number, name, told in rows(
            "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        ):
            names[name].func.__wrapped__(**told)
            with transaction():
                db.session.execute(db.text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": number})

    with app.app_context():
        yield work


def send(browser: SignedIn, *lines: str, name: str = "people.csv") -> str:
    """Send a file in; returns where its page is."""
    content = "\n".join([HEADER, *lines]).encode()
    answer = browser.post("/admin/people/import", data={"file": (BytesIO(content), name)})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


# First steps, the organisation ------------------------------------------------------------------------------


def test_the_first_steps_follow_from_what_is_there(app: Flask, dan: SignedIn) -> None:
    before = text_of(dan.get("/admin"))
    assert "8 people work here" in before
    assert "Make a second administrator" in before
    assert "5 of 11" in before
    with app.app_context(), transaction():
        actions.make_client(name="Moodle", scopes=["xapi:write"], at=datetime.now(UTC))
    assert "Waiting for its first report" in text_of(dan.get("/admin"))


def test_an_empty_installation_says_where_to_begin(app: Flask, database: Any) -> None:
    with app.app_context(), transaction():
        at = datetime.now(UTC)
        person_id = actions.make_administrator(email="olaf@waterveld.example", at=at)
        settle(at)
    said = text_of(signed_in(app, person_id).get("/admin"))
    assert "Nu Geef je organisatie een naam" in said
    assert "1 persoon werkt hier" in said


def test_who_may_see_the_first_steps(client_of: Browser) -> None:
    assert [client_of(name).get("/admin").status_code for name in ("clara", "leo", "anna", "mia", "cor")] == [
        200, 200, 403, 403, 403,
    ]  # fmt: skip
    assert "/admin/people/import" not in client_of("clara").get("/admin").text


def test_the_organisation_changes_what_it_decided(app: Flask, dan: SignedIn) -> None:
    form = {
        "name": "Water & Co", "kudos_allowance": "5", "manager_kudos_allowance": "50",
        "statement_days": "90", "kudos_on_boards": "true", "full_time_hours": "38.5",
    }  # fmt: skip
    assert dan.post("/admin/organisation", data=form).status_code == 303
    page = dan.get("/admin/organisation?saved=1")
    assert "Saved." in page.text
    assert "Water &amp; Co" in page.text
    assert 'value="38.5"' in page.text
    with app.app_context():
        assert rows("SELECT name, kudos_allowance, statement_days, kudos_on_boards FROM organisation") == [
            ("Water & Co", 5, 90, True)
        ]
        assert rows("SELECT task_name FROM procrastinate_jobs") == [("admin.rebuild_boards",)]
        assert "Water" not in str(
            rows("SELECT detail FROM audit_entry WHERE action = 'organisation:changed'")
        )


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"kudos_allowance": "-1"}, {"kudos_allowance": "9" * 40}, {"statement_days": "ten"}],
)
def test_what_an_organisation_cannot_decide_is_told_at_its_field(
    dan: SignedIn, wrong: dict[str, str]
) -> None:
    form = {"name": "W", "kudos_allowance": "5", "manager_kudos_allowance": "50", "statement_days": "90"}
    answer = dan.post("/admin/organisation", data={**form, **wrong})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    told = {
        "kudos_allowance": "A whole number, from 0 to 1000.",
        "statement_days": "A whole number, from 30 to 3650.",
    }
    for field in wrong.keys() & told.keys():  # in the list on top, and under the field
        assert answer.text.count(told[field]) == 2
    assert "Waterveld" in dan.get("/admin/organisation").text


# Who works here ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("q=ann", ["Anna"]),
        ("q=w-be", ["Ben"]),
        ("q=EVE@water", ["Eve"]),
        ("role=hr", ["Clara"]),
        ("role=manager", ["Mia"]),
        ("show=left", []),
        ("q=%25", []),
        ("q=' OR 1=1", []),
    ],
)
def test_the_list_is_searched_and_filtered(dan: SignedIn, asked: str, names: list[str]) -> None:
    page = dan.get(f"/admin/people?{asked}")
    assert re.findall(r'<a href="/admin/people/\d+">([^<]+)</a>', page.text) == names


def test_pages_of_the_list_follow_each_other(
    app: Flask, dan: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.people import queries

    monkeypatch.setattr(queries.roster, "__kwdefaults__", {**queries.roster.__kwdefaults__, "limit": 3})
    seen: list[str] = []
    path = "/admin/people"
    for _ in range(3):
        page = dan.get(path).text
        seen += re.findall(r'<a href="/admin/people/\d+">([^<]+)</a>', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == ["Anna", "Ben", "Clara", "Cor", "Dan", "Eve", "Leo", "Mia"]
    assert not path


def test_hr_may_look_and_change_nothing(app: Flask, cast: Cast, client_of: Browser) -> None:
    clara = client_of("clara")
    page = clara.get(f"/admin/people/{cast.anna}")
    assert page.status_code == 200
    assert "This person left" not in page.text
    changes = ("invite", "role", "sign-out", "leave", "return")
    assert {clara.post(f"/admin/people/{cast.anna}/{what}").status_code for what in changes} == {403}
    assert clara.get("/admin/people/import").status_code == 403
    with app.app_context():
        assert rows("SELECT viewer_id, person_id, what FROM look") == [(cast.clara, cast.anna, "people:one")]


def test_an_administrator_signs_somebody_out_everywhere(
    app: Flask, cast: Cast, dan: SignedIn, client_of: Browser
) -> None:
    here, there, other = client_of("anna"), client_of("anna"), client_of("ben")
    assert dan.post(f"/admin/people/{cast.anna}/sign-out").status_code == 303
    assert [browser.get("/me/settings").status_code for browser in (here, there, other)] == [303, 303, 200]
    with app.app_context():
        assert ("person:signed-out", cast.dan, cast.anna) in rows(
            "SELECT action, actor_id, person_id FROM audit_entry"
        )


def test_who_left_is_out_and_comes_back(cast: Cast, dan: SignedIn, client_of: Browser) -> None:
    anna = client_of("anna")
    assert dan.post(f"/admin/people/{cast.anna}/leave").status_code == 303
    assert anna.get("/me/settings").status_code == 303
    assert "Anna" in dan.get("/admin/people?show=left").text
    assert dan.post(f"/admin/people/{cast.anna}/return").status_code == 303
    assert client_of("anna").get("/me/settings").status_code == 200


def test_the_last_administrator_stays(cast: Cast, dan: SignedIn) -> None:
    for what, form in (("leave", {}), ("role", {"role": "hr"})):
        answer = dan.post(f"/admin/people/{cast.dan}/{what}", data=form)
        assert answer.status_code == 422
        assert "This is the last administrator." in answer.text
    assert dan.post(f"/admin/people/{cast.eve}/role", data={"role": "admin"}).status_code == 303
    assert dan.post(f"/admin/people/{cast.dan}/role", data={"role": "hr"}).status_code == 303
    assert dan.get("/admin/organisation").status_code == 403


def test_two_administrators_who_demote_each_other_leave_one(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction():
        actions.give_role(person_id=cast.eve, role="admin", by=cast.dan, at=datetime.now(UTC))

    def demote(person_id: int) -> str:
        try:
            with app.app_context(), transaction():
                actions.give_role(person_id=person_id, role="employee", by=cast.dan, at=datetime.now(UTC))
        except Refused:
            return "refused"
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), transaction():
            actions.give_role(person_id=cast.eve, role="employee", by=cast.dan, at=datetime.now(UTC))
            other = pool.submit(demote, cast.dan)
            time.sleep(0.3)  # it waits for this one
        assert other.result(10) == "refused"
    with app.app_context():
        assert rows("SELECT name FROM person WHERE role = 'admin'") == [("Dan",)]


def test_somebody_who_is_not_there_is_not_there(dan: SignedIn) -> None:
    assert dan.get("/admin/people/999999").status_code == 404
    for what in ("invite", "role", "sign-out", "leave", "return"):
        form = {"role": "hr", "how": "link"}
        assert dan.post(f"/admin/people/999999/{what}", data=form).status_code == 404


# Invitations ------------------------------------------------------------------------------------------------


def test_a_link_is_shown_once_and_lets_in(cast: Cast, dan: SignedIn, app: Flask) -> None:
    page = dan.post(f"/admin/people/{cast.anna}/invite", data={"how": "link"})
    found = re.search(r"/welcome/([\w-]+)", page.text)
    assert found
    assert found[1] not in dan.get(f"/admin/people/{cast.anna}").text
    assert "Welkom, Anna" in app.test_client().get(f"/welcome/{found[1]}").text


def test_letters_are_a_pdf_with_a_code_for_each(app: Flask, cast: Cast, dan: SignedIn) -> None:
    form = {"ids": [str(cast.anna), str(cast.ben), "999999"], "how": "letters"}
    answer = dan.post("/admin/people/invite", data=form)
    assert answer.mimetype == "application/pdf"
    pdf = PdfReader(BytesIO(answer.data))
    assert len(pdf.pages) == 2
    for page, name in zip(pdf.pages, ("Anna", "Ben"), strict=True):
        said = page.extract_text()
        assert name in said
        found = re.search(r"[A-Z3-9]{4}( [A-Z3-9]{4}){3}", said)
        assert found
        assert f"Welkom, {name}" in app.test_client().get(f"/welcome/{secret_of(found[0])}").text


def test_nobody_ticked_is_told(dan: SignedIn) -> None:
    for how in ("letters", "mail"):
        answer = dan.post("/admin/people/invite", data={"how": how})
        assert answer.status_code == 422
        assert "Tick at least one person." in answer.text


def test_without_mail_the_pages_say_so(cast: Cast, dan: SignedIn) -> None:
    assert "Mail a link" not in dan.get(f"/admin/people/{cast.anna}").text
    answer = dan.post("/admin/people/invite", data={"how": "mail", "ids": [str(cast.anna)]})
    assert answer.status_code == 422
    assert "MAIL_URL is not set" in answer.text
    assert "No mail is sent from here" in dan.get("/login/forgot").text


# Files ------------------------------------------------------------------------------------------------------


def test_a_file_is_shown_first_and_done_after_a_word(
    app: Flask, cast: Cast, dan: SignedIn, worker: Callable[[], None]
) -> None:
    place = send(dan, ANNA.replace("North", "South"), ZOE, "w-x,,,,,,,,,,")
    page = text_of(dan.get(place))
    assert "team: North South" in page
    assert "There is no name." in page
    assert rows("SELECT count(*) FROM person WHERE external_id = 'w-zoe'") == [(0,)]
    assert dan.post(f"{place}/confirm").status_code == 303
    assert "0 of 2 rows" in text_of(dan.get(place))
    worker()
    page = text_of(dan.get(place))
    assert "The file is in." in page
    assert rows("SELECT count(*) FROM person WHERE external_id = 'w-zoe'") == [(1,)]
    assert rows("SELECT state, content, done_rows FROM people_file") == [("done", None, 2)]
    assert "Nothing would change." in text_of(dan.get(send(dan, ANNA.replace("North", "South"), ZOE)))


def test_the_differences_come_as_a_file_that_nothing_runs_in(dan: SignedIn) -> None:
    place = send(dan, ZOE)
    answer = dan.get(f"{place}/differences.csv")
    assert answer.mimetype == "text/csv"
    assert "'=Zoë()" in answer.text
    assert "&lt;" not in answer.text
    assert ",Water / East" in answer.text


def test_a_second_file_waits_for_the_first(dan: SignedIn, worker: Callable[[], None]) -> None:
    first = send(dan, ZOE)
    assert dan.post(f"{first}/confirm").status_code == 303
    second = send(dan, ZOE.replace("zoe", "zed"))
    answer = dan.post(f"{second}/confirm")
    assert answer.status_code == 409
    assert "Another people file is being brought in" in answer.text
    assert dan.post(f"{first}/confirm").status_code == 303
    worker()
    assert dan.post(f"{second}/confirm").status_code == 303
    worker()
    assert rows("SELECT count(*) FROM person WHERE external_id IN ('w-zoe', 'w-zed')") == [(2,)]


def test_of_two_words_for_two_files_at_once_one_is_heard(app: Flask, cast: Cast) -> None:
    at = datetime.now(UTC)
    with app.app_context(), transaction():
        kept = [
            files.keep(name="p.csv", content=b"external_id,name\n1,A", by=by, at=at)
            for by in (cast.dan, cast.eve)
        ]
        for file_id in kept:
            files.tell_differences(file_id)

    def confirm(file_id: int) -> bool:
        try:
            with app.app_context(), transaction():
                return files.confirm(file_id=file_id, by=cast.dan, at=at)
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(confirm, kept * 3)) == [False] * 5 + [True]


def test_an_import_that_was_broken_off_goes_on_where_it_was(
    app: Flask, dan: SignedIn, worker: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK", 2)
    place = send(dan, *(f"p-{number},Person {number},,,,,,,,," for number in range(5)))
    dan.post(f"{place}/confirm")
    whole, calls = files.import_part, []

    def breaks(*given: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return whole(*given, **more)

    monkeypatch.setattr(files, "import_part", breaks)
    with pytest.raises(MemoryError):
        worker()
    db.session.remove()
    assert rows("SELECT done_rows FROM people_file") == [(2,)]
    worker()
    assert rows("SELECT state, counts -> 'done' ->> 'new' FROM people_file") == [("done", "5")]
    assert rows("SELECT count(*) FROM person WHERE external_id LIKE 'p-%'") == [(5,)]


def test_an_import_is_stopped_and_blocks_nobody(dan: SignedIn, worker: Callable[[], None]) -> None:
    first = send(dan, ZOE)
    dan.post(f"{first}/confirm")
    assert dan.post(f"{first}/drop").status_code == 303
    worker()
    assert "You stopped it: 0 of 1 rows are in." in text_of(dan.get(first))
    assert rows("SELECT count(*) FROM person WHERE external_id = 'w-zoe'") == [(0,)]
    second = send(dan, ZOE)
    dan.post(f"{second}/confirm")
    worker()
    assert rows("SELECT count(*) FROM person WHERE external_id = 'w-zoe'") == [(1,)]


def test_a_large_file_is_read_by_the_worker(dan: SignedIn, worker: Callable[[], None]) -> None:
    place = send(dan, *(f"p-{number},Person number {number},,,,,,,,," for number in range(3000)))
    assert "is being read" in dan.get(place).text
    worker()
    page = dan.get(place).text
    assert "3,000" in page
    assert page.count("<tr>") == 51


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"PK\x03\x04 no zip", b"a,b\n1,2", b"\x00" * 500, b"\xff\xfe"]
)
def test_what_is_no_list_of_people_is_told_and_changes_nothing(
    dan: SignedIn, worker: Callable[[], None], content: bytes
) -> None:
    answer = dan.post("/admin/people/import", data={"file": (BytesIO(content), "x\x00\n../../p.csv")})
    worker()
    page = dan.get(answer.headers["Location"]) if answer.status_code == 303 else answer
    assert page.status_code in (200, 422)
    assert "Choose" in page.text


def test_a_file_can_be_left_and_is_gone_after_a_day(app: Flask, dan: SignedIn) -> None:
    place = send(dan, ZOE)
    assert dan.post(f"{place}/drop").status_code == 303
    assert dan.get(place).status_code == 404
    send(dan, ZOE)
    with app.app_context():
        with transaction():
            db.session.execute(db.text("UPDATE people_file SET sent_at = now() - interval '25 hours'"))
            actions.forget_old_keys(at=datetime.now(UTC))
        assert rows("SELECT count(*) FROM people_file") == [(0,)]
        assert rows("SELECT count(*) FROM people_file_row") == [(0,)]
