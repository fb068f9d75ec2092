"""/admin/learning: a file is looked at, its columns are named, it is tried, and comes in by a job."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import jobs as desk
from app.db import db, transaction
from app.learning import actions, jobs, queries, rules, waiting
from tests.app.learning.conftest import HEADER
from tests.app.learning.test_import_command import FILE, counts, hire_new, whole
from tests.cast import SignedIn, platform_headers
from tests.small import rows

FORM = {
    "person": "who", "known_as": "external_id", "activity": "course", "title": "title", "kind_is": "course",
    "completed_at": "when", "score": "score", "source": "old lms",
}  # fmt: skip
ClientOf = Callable[[str], SignedIn]


@pytest.fixture
def leo(client_of: ClientOf) -> SignedIn:
    return client_of("leo")


def send(browser: SignedIn, content: str | bytes, name: str = "old.csv") -> str:
    """Upload; return where the file's page is."""
    raw = content.encode() if isinstance(content, str) else content
    answer = browser.post("/admin/learning", data={"file": (io.BytesIO(raw), name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def number(page: str) -> int:
    return int(page.rsplit("/", 1)[1])


def state(page: str) -> str:
    db.session.rollback()
    return str(rows("SELECT state FROM learning_import WHERE id = :id", id=number(page))[0][0])


@pytest.fixture
def worker(app: Flask) -> Iterator[Callable[[], None]]:
    """`worker()` starts the jobs' side."""
    stop, threads, houses = threading.Event(), [], []

    def begin() -> None:
        house = app.extensions["create_app"](role="worker")
        houses.append(house)
        threads.append(desk.begin(house, stop))

    yield begin
    stop.set()
    for thread in threads:
        thread.join(30)
    for house in houses:
        with house.app_context():
            db.engine.dispose()


def until(true: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def work(page: str) -> None:
    """What the job does, here."""
    jobs.work_on.func(_context(), import_id=number(page))


def _context() -> Any:
    class Nothing:
        job = type("Job", (), {"id": 0})

    return Nothing()


@pytest.fixture(autouse=True)
def in_house(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "_house", app)
    desk.stopping.clear()


def test_a_file_goes_from_upload_to_done(leo: SignedIn, worker: Callable[[], None]) -> None:
    page = send(
        leo, FILE.replace(",", ";").encode("cp1252") + "w-zoe;excel;Café;2026-01-03;\nx;y\n".encode("cp1252")
    )
    shown = leo.get(page).text
    assert "Excel for beginners" in shown
    assert 'value="cp1252" selected' in shown
    assert leo.post(page + "/map", data=FORM | {"name": "Our LMS"}).location == page
    worker()
    until(lambda: state(page) == "tried")
    assert counts()["completion"] == 0
    tried = leo.get(page).text
    assert "What it would do" in tried
    assert "Here are 2 cells" in tried
    assert leo.post(page + "/start").status_code == 303
    until(lambda: state(page) == "done")
    assert "It is in" in leo.get(page).text
    found = queries.an_import(number(page))
    assert (found.new, found.known, found.waiting, found.refused) == (3, 0, 1, 1)
    assert rows("SELECT count(*) FROM learning_part") == [(0,)]
    told = leo.get(page + "/refused.csv").data.decode("utf-8-sig").splitlines()
    assert told == ["line;reason", "6;Here are 2 cells, and the header has 5 columns."]
    hire_new("zoe")
    assert counts()["completion"] == 4
    again = send(leo, FILE)
    assert "Our LMS" in leo.get(again).text
    assert 'value="old lms"' in leo.get(again + "?map=Our+LMS").text
    assert "old.csv" in leo.get("/admin/learning").text
    whole()


def test_while_it_is_under_way_the_page_asks_again_and_works_without_script(leo: SignedIn) -> None:
    page = send(leo, FILE)
    leo.post(page + "/map", data=FORM)
    shown = leo.get(page).text
    assert 'hx-trigger="every 2s"' in shown
    assert "How far is it now?" in shown
    part = leo.get(page, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    work(page)
    assert leo.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (HEADER.encode(), "no rows under the header"),
        (b"who,who\n1,2\n", "Two columns are called who"),
        (b"%PDF-1.4 learning", "This is no table"),
    ],
)
def test_what_is_no_table_comes_back_with_a_word_and_keeps_nothing(
    leo: SignedIn, content: bytes, said: str
) -> None:
    answer = leo.post("/admin/learning", data={"file": (io.BytesIO(content), "x.csv")})
    assert answer.status_code == 422
    assert said in answer.text
    assert rows("SELECT (SELECT count(*) FROM learning_import) + (SELECT count(*) FROM learning_part)") == [
        (0,)
    ]


def test_no_file_and_one_that_is_too_large_are_told(leo: SignedIn, app: Flask) -> None:
    assert "Choose a file first" in leo.post("/admin/learning", data={}).text
    large = b"who,what\n" + b"x" * (app.extensions["settings"].file_bytes + 2**21)
    assert leo.post("/admin/learning", data={"file": (io.BytesIO(large), "x.csv")}).status_code == 413
    middle = HEADER.encode() + b"w-anna,c1,C,2026-01-01,\n" * 400_000  # more than another body may have
    send(leo, middle)


def test_a_file_that_nobody_brings_in_goes_after_a_month(leo: SignedIn) -> None:
    page = send(leo, FILE)
    with transaction():
        actions.let_go(datetime.now(UTC) + timedelta(days=29))
    assert state(page) == "uploaded"
    with transaction():
        actions.let_go(datetime.now(UTC) + timedelta(days=31))
    assert state(page) == "cancelled"
    assert rows("SELECT count(*) FROM learning_part") == [(0,)]
    assert leo.get(page).status_code == 200


def test_a_map_that_says_too_little_comes_back_with_what_was_typed(leo: SignedIn) -> None:
    page = send(leo, FILE)
    answer = leo.post(page + "/map", data=FORM | {"person": "", "source": "My own words"})
    assert answer.status_code == 422
    assert "Say in the map where person stands" in answer.text
    assert "My own words" in answer.text
    assert state(page) == "uploaded"
    assert leo.post(page + "/map", data=FORM | {"history": "soon"}).status_code == 422
    assert leo.post(page + "/start").status_code == 409


def test_it_can_be_read_with_another_encoding_or_separator(leo: SignedIn) -> None:
    page = send(leo, FILE)
    assert leo.post(page + "/reading", data={"separator": ";"}).status_code == 303
    assert rows("SELECT cardinality(header) FROM learning_import") == [(1,)]
    assert leo.post(page + "/reading", data={"separator": "x"}).status_code == 422
    leo.post(page + "/reading", data={"separator": ",", "encoding": "utf-8"})
    assert rows("SELECT cardinality(header) FROM learning_import") == [(5,)]


MANY = HEADER + "".join(
    f"w-{name},c{n},C,2026-01-{n % 28 + 1:02},\n"
    for n in range(700)
    for name in ("anna", "ben", "eve", "zoe")
)


def test_a_cancelled_import_stops_and_keeps_what_came_in(
    leo: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _tried(leo, MANY)
    leo.post(page + "/start")
    take_in = actions.take_in

    def once(*args: Any, **more: Any) -> Any:
        taken = take_in(*args, **more)
        monkeypatch.setattr(desk.stopping, "is_set", lambda: True)
        return taken

    monkeypatch.setattr(actions, "take_in", once)
    work(page)  # one batch, and puts the rest down again
    assert state(page) == "running"
    leo.post(page + "/cancel")
    monkeypatch.undo()
    monkeypatch.setattr(desk, "_house", leo.application)
    work(page)
    assert state(page) == "cancelled"
    assert queries.an_import(number(page)).done == 1000
    whole()


def _tried(browser: SignedIn, content: str) -> str:
    page = send(browser, content)
    browser.post(page + "/map", data=FORM)
    work(page)
    assert state(page) == "tried"
    return page


def test_a_job_goes_on_where_it_stood(leo: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    page = _tried(leo, MANY)
    leo.post(page + "/start")
    step, calls = actions.step, []

    def dies(*args: Any) -> None:
        step(*args)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(actions, "step", dies)
    with pytest.raises(KeyboardInterrupt):
        work(page)
    db.session.rollback()
    assert queries.an_import(number(page)).done == 1000
    work(page)
    found = queries.an_import(number(page))
    assert (found.state, found.new, found.known, found.waiting) == ("done", 2100, 0, 700)
    whole()


def test_an_import_goes_on_after_the_worker_was_stopped_and_started(app: Flask, leo: SignedIn) -> None:
    page = _tried(leo, MANY)
    leo.post(page + "/start")
    db.session.rollback()
    house = app.extensions["create_app"](role="worker")
    stopped = 0
    for patience in (1000, 2800):
        stop = threading.Event()
        thread = desk.begin(house, stop)
        until(lambda least=patience: _done(page) >= least)
        stop.set()
        thread.join(30)
        stopped = stopped or _done(page)
    until(lambda: state(page) == "done", 1)
    found = queries.an_import(number(page))
    assert (found.done, found.new, found.known, found.waiting) == (2800, 2100, 0, 700)
    assert stopped
    with house.app_context():
        db.engine.dispose()
    whole()


def test_two_workers_with_the_same_job_take_each_batch_once(app: Flask, leo: SignedIn) -> None:
    page = _tried(leo, MANY)
    leo.post(page + "/start")

    def go() -> None:
        with app.app_context():
            work(page)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = queries.an_import(number(page))
    assert (found.state, found.done, found.new, found.waiting) == ("done", 2800, 2100, 700)
    whole()


def test_a_worker_killed_in_the_middle_leaves_no_double(leo: SignedIn, database: Any) -> None:
    page = _tried(leo, MANY)
    leo.post(page + "/start")
    db.session.rollback()
    env = {**os.environ, **database.env}
    code = (
        "from app.factory import create_app; from app import jobs as d; from app.learning import jobs\n"
        "d._house = create_app(role='worker')\n"
        "class C:\n  job = type('J', (), {'id': 0})\n"
        f"jobs.work_on.func(C(), import_id={number(page)})"
    )
    child = subprocess.Popen([sys.executable, "-c", code], env=env)
    until(lambda: _done(page) >= 1000)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert state(page) in ("running", "done")
    work(page)
    found = queries.an_import(number(page))
    assert (found.state, found.done, found.new, found.waiting) == ("done", 2800, 2100, 700)
    assert counts()["completion"] == counts()["completion_support"] == 2100
    whole()


def _done(page: str) -> int:
    db.session.rollback()
    return int(queries.an_import(number(page)).done)


def test_the_api_tells_of_each_row(app: Flask, leo: SignedIn) -> None:
    headers = platform_headers(app, "learning:write") | {"Accept-Language": "en"}
    batch = {
        "source": "hr",
        "rows": [
            {"person": "w-anna", "activity": "excel", "completed_at": "2026-01-10", "score": "90%"},
            {"person": "w-anna", "activity": "excel", "completed_at": "2026-01-10"},
            {"person": "w-zoe", "activity": "excel", "completed_at": "2026-01-10"},
            {"person": "w-ben", "activity": "excel", "completed_at": "soon"},
        ],
    }
    said = app.test_client().post("/api/v1/completions/import", json=batch, headers=headers)
    assert said.status_code == 200, said.text
    assert [row["result"] for row in said.json["rows"]] == ["new", "known", "waiting", "refused"]
    assert said.json["rows"][3]["reason"] == "soon is no date that is read here."
    again = app.test_client().post("/api/v1/completions/import", json=batch, headers=headers)
    assert [row["result"] for row in again.json["rows"]] == ["known", "known", "known", "refused"]
    assert counts()["completion"] == 1
    dry = {
        **batch,
        "dry_run": True,
        "rows": [{"person": "w-eve", "activity": "e", "completed_at": "2026-01-10"}],
    }
    assert app.test_client().post("/api/v1/completions/import", json=dry, headers=headers).json["new"] == 1
    assert counts()["completion"] == 1


@pytest.mark.parametrize(
    ("row", "result"),
    [
        (
            {"person": "w-anna", "activity": 17, "completed_at": "2026-01-10", "score": 85, "external_id": 1},
            "new",
        ),
        ({"activity": "a", "completed_at": "2026-01-10"}, "refused"),
        ({"person": "w-anna", "activity": "a", "completed_at": 20260110}, "new"),
        ({"person": "w-anna", "activity": "a", "completed_at": 1e308}, "refused"),
        ({"person": "w-anna", "activity": "a", "completed_at": "2026-01-10", "score": -(2**62)}, "refused"),
        ({"person": "w-anna", "activity": "x" * 5000, "completed_at": "2026-01-10"}, "refused"),
        ({"person": "w-anna", "activity": "b", "completed_at": "2026-01-10", "skills": ["nope"]}, "refused"),
        ({"person": "w-anna", "activity": "b", "completed_at": "2026-01-10", "kind": "party"}, "refused"),
        ({"person": ["w-anna"], "activity": "b", "completed_at": "2026-01-10"}, None),
        ({"person": True, "activity": "b", "completed_at": "2026-01-10"}, None),
        ([], None),
    ],
)
def test_a_row_of_any_shape_is_answered(app: Flask, row: Any, result: str | None) -> None:
    headers = platform_headers(app, "learning:write")
    said = app.test_client().post("/api/v1/completions/import", json={"rows": [row]}, headers=headers)
    assert said.status_code == (422 if result is None else 200), said.text
    assert result is None or said.json["rows"][0]["result"] == result


def test_statements_and_rows_about_the_same_people_at_once(app: Flask, leo: SignedIn) -> None:
    headers = {**platform_headers(app, "xapi:write"), "X-Experience-API-Version": "2.0.0"}
    page = _tried(leo, MANY)
    leo.post(page + "/start")
    answers: list[int] = []

    def stream() -> None:
        for n in range(12):
            batch = [
                {
                    "actor": {"mbox": f"mailto:{who}@waterveld.example"},
                    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
                    "object": {"id": f"https://lms.example/{n}/{part}"},
                    "timestamp": "2026-01-15T10:00:00Z",
                }
                for who in ("eve", "ben", "anna")
                for part in range(10)
            ]
            answers.append(
                app.test_client().post("/xapi/statements", json=batch, headers=headers).status_code
            )

    thread = threading.Thread(target=stream)
    thread.start()
    work(page)
    thread.join(60)
    assert set(answers) == {200}
    assert state(page) == "done"
    assert counts()["completion"] == 2100 + 360
    whole()


def test_rows_wait_for_the_intake_desk(leo: SignedIn) -> None:
    page = _tried(leo, MANY)
    leo.post(page + "/start")
    work(page)
    assert waiting.is_waiting("external_id w-zoe")
    assert not waiting.is_waiting("external_id w-anna")


def test_reading_forward_in_time_is_the_same_for_an_old_import(leo: SignedIn) -> None:
    """The moment of an import is that of its upload, so that a job that starts later reads the same rows."""
    page = _tried(leo, FILE)
    with transaction():
        actions.begin(actions.locked(number(page)), "queued", datetime.now(UTC))
    work(page)
    assert state(page) == "done"


def test_a_form_starts_with_what_the_names_of_the_columns_and_the_days_suggest() -> None:
    found = rules.guess(["naam", "e-mail", "cursus", "afgerond op", "uitslag"])
    assert found == {"person": "e-mail", "activity": "cursus", "completed_at": "afgerond op"}
    assert rules.guess_format(["03-02-2024", "3-2-2024", "2024-05-17"]) == "%d-%m-%Y"
    assert rules.guess_format(["2024-05-17", "2024-05-18"]) == rules.guess_format([]) == ""
