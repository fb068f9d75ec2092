"""Letting people in: links by mail, codes on paper, a new password, a shared device."""

import re
import smtplib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from werkzeug.test import TestResponse

from app import jobs, mail
from app.config import SettingMissing, Settings
from app.db import transaction
from app.errors import NotFound
from app.outbox import settle
from app.people import actions, invitations
from app.people import jobs as people_jobs
from app.people.rules import CODE, new_code, secret_of
from tests.cast import PASSWORD, Cast, SignedIn, platform_headers, row_of
from tests.small import rows

Browser = Callable[[str], SignedIn]
NEW = "the tide comes in twice a day"


@pytest.fixture
def post(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder into which mail goes."""
    with_mail(app, monkeypatch, f"file://{tmp_path}/mail")
    return tmp_path / "mail"


def with_mail(app: Flask, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    given = Settings.from_environment(MAIL_URL=url, MAIL_FROM="Waterveld, HR <blijk@waterveld.example>")
    monkeypatch.setitem(app.extensions, "settings", given)


@pytest.fixture(autouse=True)
def _house(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_house", app)


def deliver(app: Flask) -> None:
    """The worker sends what waits."""
    with app.app_context():
        people_jobs.send_mail.func.__wrapped__()


def letters_in(folder: Path) -> list[Any]:
    found = [
        message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("*.eml"))
    ]
    return found


def bring(app: Flask, *given: Any) -> dict[str, int]:
    at = datetime.now(UTC)
    with app.app_context(), transaction():
        done = actions.import_people(given, at=at)
        settle(at)
    assert not done.refused
    return {key[1]: person_id for key, person_id in done.ids.items()}


def command(app: Flask, *args: str, code: int = 0) -> str:
    done = app.test_cli_runner().invoke(args=["people", "invite", *args])
    assert done.exit_code == code, done.output
    return done.output


def form_of(client: FlaskClient, path: str, **values: str) -> TestResponse:
    found = re.search(r'name="csrf_token" value="(\w+)"', client.get(path).text)
    assert found
    return client.post(path.partition("?")[0], data={"csrf_token": found[1], **values})


# Mail -------------------------------------------------------------------------------------------------------


def test_an_invitation_comes_by_mail_in_ones_language_and_works_once(
    app: Flask, cast: Cast, post: Path
) -> None:
    bring(app, row_of("zoe", language="nl", password_hash=None), row_of("yan", password_hash=None))
    assert "2 invitations are on their way" in command(app)
    deliver(app)
    yan, zoe = sorted(letters_in(post), key=lambda one: one["To"])
    assert (zoe["Subject"], yan["Subject"]) == (
        "Je kunt Blijk gebruiken bij Waterveld",
        "You can use Blijk at Waterveld",
    )
    assert zoe["To"] == "Zoe <zoe@waterveld.example>"
    assert zoe["From"] == '"Waterveld, HR" <blijk@waterveld.example>'
    text, html = (zoe.get_body((kind,)).get_content() for kind in ("plain", "html"))
    (link,) = re.findall(r"http://localhost:8000(/welcome/[\w-]+)", text)
    assert link in html
    browser = app.test_client()
    assert form_of(browser, link, new=NEW, again=NEW).status_code == 303
    assert browser.get("/api/v1/me").get_json()["name"] == "Zoe"
    assert app.test_client().get(link).status_code == 404


def test_a_mail_goes_once_however_often_the_job_runs(app: Flask, cast: Cast, post: Path) -> None:
    bring(app, row_of("zoe", password_hash=None))
    command(app)
    assert "0 invitations" in command(app)
    deliver(app)
    deliver(app)
    assert len(letters_in(post)) == 1
    with app.app_context():
        assert rows("SELECT tries, sent_at IS NULL, refusal FROM mail") == [(1, False, None)]
        assert "0 invitations" in command(app), "a link that holds is enough"


def test_who_has_a_password_gets_a_link_for_a_new_one(
    app: Flask, cast: Cast, post: Path, client_of: Browser
) -> None:
    dan = client_of("dan")
    assert dan.post(f"/admin/people/{cast.anna}/invite", data={"how": "mail"}).status_code == 303
    deliver(app)
    (letter,) = letters_in(post)
    assert letter["Subject"] == "A new password for Blijk"
    assert "Your administrator lets you" in letter.get_body(("plain",)).get_content()
    assert "new password, sent" in re.sub(r"\s+", " ", dan.get(f"/admin/people/{cast.anna}").text)


def test_no_secret_stands_in_a_job_or_a_log(
    app: Flask, cast: Cast, post: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bring(app, row_of("zoe", password_hash=None))
    command(app)
    with app.app_context():
        assert rows("SELECT args FROM procrastinate_jobs") == [({},)]
    deliver(app)
    said = capfd.readouterr()
    assert "zoe" not in said.out + said.err
    (letter,) = letters_in(post)
    (secret,) = set(re.findall(r"/welcome/([\w-]+)", letter.get_body(("plain",)).get_content()))
    with app.app_context():
        assert secret not in str(rows("SELECT * FROM api_token")) + str(rows("SELECT * FROM mail"))


@pytest.mark.parametrize(
    "name", ["Zoe\r\nBcc: evil@example.org", "Zoe\nSubject: x", "Zoë, van 'Dijk' <x@y.z>", "日本"]
)
def test_what_people_are_called_makes_no_header(app: Flask, cast: Cast, post: Path, name: str) -> None:
    bring(app, row_of("zoe", name=name, password_hash=None))
    command(app)
    deliver(app)
    (letter,) = letters_in(post)
    assert letter["Bcc"] is None
    assert len(letter.get_all("Subject")) == 1
    assert [one.addr_spec for one in letter["To"].addresses] == ["zoe@waterveld.example"]


@pytest.mark.parametrize(
    "bad", ["a\r\nBcc: x@y.z", "a\nb", "a\x00b", "a\u2028Bcc: x@y.z", "a\x85b", "\ud800"]
)
def test_no_line_of_a_letter_becomes_a_header(app: Flask, bad: str, post: Path) -> None:
    letter = mail.Letter(to_name=bad, to_address="a@b.nl", subject=bad, text="t", html="h")
    with app.app_context():
        sent = mail.message_of(letter).as_bytes()
        head = message_from_bytes(sent, policy=policy.default)
        assert head["Bcc"] is None
        assert {name for name in head.keys()} <= {  # noqa: SIM118
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
            "MIME-Version", "Content-Type",
        }  # fmt: skip
        for address in ("", "a", "a@b\r\nBcc: x@y.z", "@", "a b@c"):
            with pytest.raises(mail.CannotSend):
                mail.message_of(mail.Letter(to_name="a", to_address=address, subject="s", text="t", html="h"))


class Inbox:
    """A mail server that says what it is told to say."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.says: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.says:
            return self.says.pop(0)
        self.got.append(envelope.content)
        return "250 OK"


@pytest.fixture
def inbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Inbox()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    with_mail(app, monkeypatch, f"smtp://127.0.0.1:{port}")
    yield handler
    server.stop()


def test_mail_goes_by_smtp_and_is_tried_again_when_the_server_is_busy(
    app: Flask, cast: Cast, inbox: Inbox
) -> None:
    bring(app, row_of("zoe", password_hash=None))
    command(app)
    inbox.says = ["451 later please"]
    with pytest.raises(people_jobs.TryAgain):
        deliver(app)
    assert inbox.got == []
    deliver(app)
    deliver(app)
    assert len(inbox.got) == 1


def test_a_mail_that_a_dead_worker_took_goes_later(app: Flask, cast: Cast, inbox: Inbox) -> None:
    bring(app, row_of("zoe", password_hash=None))
    command(app)
    at = datetime.now(UTC)
    with app.app_context(), transaction():
        assert invitations.claim(at, at)
    with pytest.raises(people_jobs.TryAgain):
        deliver(app)
    assert inbox.got == []
    with time_machine.travel(at + timedelta(minutes=3), tick=False):
        deliver(app)
    assert len(inbox.got) == 1


def test_one_that_is_put_off_does_not_keep_the_others(app: Flask, cast: Cast, inbox: Inbox) -> None:
    bring(app, *(row_of(f"z{number}", password_hash=None) for number in range(4)))
    command(app)
    inbox.says = ["451 later please"]
    with pytest.raises(people_jobs.TryAgain):
        deliver(app)
    assert len(inbox.got) == 3
    deliver(app)
    assert len(inbox.got) == 4


def test_an_address_that_is_refused_for_good_is_not_tried_again_and_stops_nobody(
    app: Flask, cast: Cast, inbox: Inbox, client_of: Browser
) -> None:
    ids = bring(app, row_of("zoe", password_hash=None), row_of("yan", password_hash=None))
    command(app)
    inbox.says = ["550 no such box"]
    deliver(app)
    assert len(inbox.got) == 1
    page = client_of("dan").get(f"/admin/people/{ids['w-zoe']}").text
    assert "could not be delivered" in page


def test_a_server_that_is_away_is_asked_once_a_job(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_mail(app, monkeypatch, "smtp://127.0.0.1:9")
    asked: list[int] = []
    real = smtplib.SMTP.connect
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *a, **k: (asked.append(1), real(*a, **k))[1])
    bring(app, *(row_of(f"z{number}", password_hash=None) for number in range(5)))
    command(app)
    with pytest.raises(people_jobs.TryAgain):
        deliver(app)
    assert len(asked) == 1


def test_a_password_does_not_go_over_an_open_line(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(app, monkeypatch, "smtp://user:secret@mail.example:25")
    with app.app_context():
        server = mail.Server(app.extensions["settings"])

        class Open:
            def __init__(self, *_: Any, **__: Any) -> None: ...
            def ehlo(self) -> None: ...
            def has_extn(self, _: str) -> bool:
                return False

            def quit(self) -> None: ...
            def login(self, *_: Any) -> None:
                pytest.fail("the password went over an open line")

        monkeypatch.setattr(smtplib, "SMTP", Open)
        with pytest.raises(mail.CannotSend):
            server.send(mail.EmailMessage())


@pytest.mark.parametrize(
    "wrong", [{"MAIL_URL": "mail.example"}, {"MAIL_URL": "smtp://"}, {"MAIL_URL": "smtp://h:99999999"},
              {"MAIL_URL": "file://here"}, {"MAIL_URL": "smtp://h", "MAIL_FROM": "nobody"},
              {"MAIL_URL": "smtp://h", "MAIL_FROM": "a@b\r\nBcc: c@d"}],
)  # fmt: skip
def test_settings_that_cannot_be_are_told_at_the_start(wrong: dict[str, str]) -> None:
    given = {
        "DATABASE_URL": "x",
        "REDIS_URL": "x",
        "MAIL_FROM": "a@b.nl",
        "SECRET_KEY": "x" * 40,
        "MASTER_KEYS": "x",
    }
    with pytest.raises(SettingMissing, match="MAIL_"):
        Settings.from_environment({**given, **wrong})


# Letters and codes ------------------------------------------------------------------------------------------


def test_who_has_no_address_comes_in_by_letter(app: Flask, cast: Cast, tmp_path: Path) -> None:
    bring(
        app, row_of("zoe", email=None, language="nl", password_hash=None), row_of("yan", password_hash=None)
    )
    file = tmp_path / "letters.pdf"
    assert "2 letters" in command(app, "--letters", str(file))
    assert file.stat().st_mode & 0o077 == 0
    pdf = PdfReader(file)
    assert "pdfuaid" in pdf.xmp_metadata.stream.get_data().decode()  # type: ignore[union-attr]
    said = {page.extract_text() for page in pdf.pages}
    (zoe,) = [text for text in said if "Zoe" in text]
    (yan,) = [text for text in said if "Yan" in text]
    assert "Je toegang tot Blijk" in zoe
    assert "Your way into Blijk" in yan
    assert "w-zoe" in zoe
    found = re.search(r"[A-Z3-9]{4}( [A-Z3-9]{4}){3}", zoe)
    assert found
    browser = app.test_client()
    onward = form_of(browser, "/welcome", code=f" {found[0].lower()} ")
    assert form_of(browser, onward.headers["Location"], new=NEW, again=NEW).status_code == 303
    out = app.test_client()
    assert form_of(out, "/login", login="w-zoe", password=NEW).status_code == 303
    assert "Everybody can sign in" in command(app, "--letters", str(tmp_path / "more.pdf"))


def test_a_letter_that_cannot_be_written_makes_no_code(app: Flask, cast: Cast, tmp_path: Path) -> None:
    bring(app, row_of("zoe", password_hash=None))
    assert "cannot be written" in command(app, "--letters", str(tmp_path / "no" / "x.pdf"), code=1)
    with app.app_context():
        assert rows("SELECT count(*) FROM api_token") == [(0,)]


def test_without_mail_the_links_are_printed(app: Flask, cast: Cast) -> None:
    said = command(app, "w-anna", "ben@waterveld.example", "w-nobody", code=1)
    assert re.search(r"anna@waterveld.example\thttp://localhost:8000/welcome/[\w-]{43}", said)
    assert "nobody here is called w-nobody" in said


def test_codes_are_typed_as_people_type() -> None:
    code = new_code()
    signs = code.replace("-", "")
    assert CODE.fullmatch(signs)
    for typed in (code, signs, code.lower(), code.replace("-", " "), f" {code} ", code.replace("-", " – ")):
        assert secret_of(typed) == code
    assert secret_of("x" * 43) == "x" * 43


def test_guessing_codes_is_slow(app: Flask, cast: Cast) -> None:
    browser = app.test_client()
    wrong = [form_of(browser, "/welcome", code=new_code()).status_code for _ in range(10)]
    assert wrong == [422] * 10
    assert form_of(browser, "/welcome", code=new_code()).status_code == 429
    assert browser.get(f"/welcome/{new_code()}").status_code == 429


def test_a_code_lasts_thirty_days_and_a_new_one_ends_the_old(app: Flask, cast: Cast) -> None:
    at = datetime.now(UTC)
    with app.app_context():
        with transaction():
            first = actions.invite_people([cast.anna], at=at, by_letter=True)[cast.anna]
        with transaction():
            second = actions.invite_people([cast.anna], at=at, by_letter=True)[cast.anna]
    assert app.test_client().get(f"/welcome/{first}").status_code == 404
    with time_machine.travel(at + timedelta(days=29), tick=False):
        assert app.test_client().get(f"/welcome/{second}").status_code == 200
    with time_machine.travel(at + timedelta(days=31), tick=False):
        assert app.test_client().get(f"/welcome/{second}").status_code == 404


def test_two_who_use_a_code_at_once_set_one_password(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction():
        code = actions.invite_people([cast.anna], at=datetime.now(UTC), by_letter=True)[cast.anna]

    def use(number: int) -> bool:
        try:
            with app.app_context(), transaction():
                actions.use_invitation(token=code, password_hash=f"hash {number}", at=datetime.now(UTC))
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(use, range(8))) == [False] * 7 + [True]


# A new password ---------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_set_anew_and_ends_all_sessions(
    app: Flask, cast: Cast, post: Path, client_of: Browser
) -> None:
    inside = client_of("anna")
    browser = app.test_client()
    assert (
        form_of(browser, "/login/forgot", login=" Anna@Waterveld.example")
        .headers["Location"]
        .endswith("?asked=1")
    )
    deliver(app)
    (letter,) = letters_in(post)
    (link,) = re.findall(r"http://localhost:8000(/welcome/[\w-]+)", letter.get_body(("plain",)).get_content())
    assert inside.get("/me/settings").status_code == 200
    assert form_of(browser, link, new=NEW, again=NEW).status_code == 303
    assert inside.get("/me/settings").status_code == 303
    assert form_of(app.test_client(), "/login", login="w-anna", password=PASSWORD).status_code == 422
    assert form_of(app.test_client(), "/login", login="w-anna", password=NEW).status_code == 303
    assert app.test_client().get(link).status_code == 404


def test_a_link_for_a_new_password_holds_an_hour(app: Flask, cast: Cast) -> None:
    at = datetime.now(UTC)
    with app.app_context(), transaction():
        secret = actions.let_reset(person_id=cast.anna, at=at)
    with time_machine.travel(at + timedelta(minutes=59), tick=False):
        assert app.test_client().get(f"/welcome/{secret}").status_code == 200
    with time_machine.travel(at + timedelta(minutes=61), tick=False):
        assert app.test_client().get(f"/welcome/{secret}").status_code == 404


def test_known_and_unknown_are_answered_the_same(app: Flask, cast: Cast, post: Path) -> None:
    bring(app, row_of("zoe", email=None))
    answers = [
        form_of(app.test_client(), "/login/forgot", login=login)
        for login in ("anna@waterveld.example", "nobody@waterveld.example", "w-anna", "w-zoe", "' OR 1=1 --")
    ]
    assert {(answer.status_code, answer.headers["Location"], answer.text) for answer in answers} == {
        (303, "/login/forgot?asked=1", answers[0].text)
    }
    deliver(app)
    assert [letter["To"] for letter in letters_in(post)] == ["Anna <anna@waterveld.example>"]


def test_asking_for_a_new_password_is_slow_too(app: Flask, cast: Cast, post: Path) -> None:
    answers = [form_of(app.test_client(), "/login/forgot", login="w-anna").status_code for _ in range(11)]
    assert answers == [303] * 10 + [429]
    deliver(app)
    assert len(letters_in(post)) == 1


# Shared devices, signing out --------------------------------------------------------------------------------


def test_on_a_shared_device_nothing_stays(app: Flask, cast: Cast) -> None:
    browser = app.test_client()
    answer = form_of(browser, "/login", login="w-anna", password=PASSWORD, shared="true")
    cookies = answer.headers.getlist("Set-Cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith("blijk=")]
    assert "Max-Age" not in session
    assert "Expires" not in session
    assert browser.get_cookie("blijk_browser") is None
    assert browser.get("/me/settings").headers["Refresh"] == "1805; url=/login"
    kept = form_of(app.test_client(), "/login", login="w-anna", password=PASSWORD)
    assert "Max-Age" in str(kept.headers.getlist("Set-Cookie"))


def test_half_an_hour_without_doing_anything_ends_it(app: Flask, cast: Cast) -> None:
    at = datetime.now(UTC)
    browser, own = app.test_client(), app.test_client()
    form_of(browser, "/login", login="w-anna", password=PASSWORD, shared="true")
    form_of(own, "/login", login="w-anna", password=PASSWORD)
    for minutes, asks in ((20, {}), (40, {}), (65, {"HX-Request": "true"})):
        with time_machine.travel(at + timedelta(minutes=minutes), tick=False):
            assert browser.get("/me/settings", headers=asks).status_code == 200, minutes
    with time_machine.travel(at + timedelta(minutes=72), tick=False):  # the page asked by itself, nobody did
        assert browser.get("/me/settings").status_code == 303
        assert own.get("/me/settings").status_code == 200


def test_one_signs_out_everywhere_oneself(cast: Cast, client_of: Browser) -> None:
    here, there, other = client_of("anna"), client_of("anna"), client_of("ben")
    assert "Sign out everywhere" in here.get("/me/settings").text
    assert here.post("/me/sessions/end", data={"everywhere": "true"}).headers["Location"] == "/login"
    assert [one.get("/me/settings").status_code for one in (here, there, other)] == [303, 303, 200]


# Systems ----------------------------------------------------------------------------------------------------


def test_a_system_puts_people_and_hears_of_each_row(app: Flask, cast: Cast) -> None:
    key = platform_headers(app, "people:read", "people:write")
    sent = {"people": [
        {"external_id": "w-zoe", "name": "Zoe", "department": "Water", "hours_per_week": 32,
         "accounts": [{"home_page": "https://lms.example", "name": "17"}]},
        {"external_id": "w-anna", "name": "Anna", "job": "Planner"},
        {"external_id": "w-ben", "name": "Ben"},
        {"external_id": "w-x", "name": ""},
        {"external_id": "w-dan", "name": "Dan", "active": False},
    ]}  # fmt: skip
    client = app.test_client()
    answer = client.put("/api/v1/people", json=sent, headers=key)
    found = answer.get_json()["results"]
    assert [(row["row"], row["result"], row["code"]) for row in found] == [
        (1, "made", None), (2, "changed", None), (3, "same", None), (4, "refused", "no-name"),
        (5, "refused", "last-administrator"),
    ]  # fmt: skip
    again = client.put("/api/v1/people", json=sent, headers=key).get_json()["results"]
    assert [row["result"] for row in again] == ["same", "same", "same", "refused", "refused"]
    people: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = client.get(f"/api/v1/people?limit=4&after={after}", headers=key).get_json()
        people += page["people"]
        after = page["next"]
    assert len(people) == 9
    zoe, anna = (next(one for one in people if one["external_id"] == who) for who in ("w-zoe", "w-anna"))
    assert (zoe["department"], zoe["hours_per_week"], zoe["can_sign_in"]) == ("Water", 32, False)
    assert (anna["email"], anna["manager_external_id"], anna["job"]) == (
        "anna@waterveld.example",
        "w-mia",
        "Planner",
    )


def test_two_systems_that_put_the_same_people_at_once_make_them_once(app: Flask, cast: Cast) -> None:
    key = platform_headers(app, "people:write")
    sent = {"people": [{"external_id": f"p-{number}", "name": f"Person {number}"} for number in range(50)]}

    def put(_: int) -> list[str]:
        answer = app.test_client().put("/api/v1/people", json=sent, headers=key)
        return [row["result"] for row in answer.get_json()["results"]]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(put, range(4)))
    assert sorted(map(set, found), key=str) == [{"made"}, {"same"}, {"same"}, {"same"}]
    with app.app_context():
        assert rows("SELECT count(*) FROM person WHERE external_id LIKE 'p-%'") == [(50,)]


@pytest.mark.parametrize(
    "sent",
    [[], {}, {"people": []}, {"people": [{}]}, {"people": [{"name": 3}]},
     {"people": [{"name": "x", "hours_per_week": "NaN"}]},
     {"people": [{"name": "x", "boss": 1}]}, {"people": [{"name": "x"}] * 1001}],
)  # fmt: skip
def test_what_is_no_list_of_people_is_refused(app: Flask, cast: Cast, sent: Any) -> None:
    answer = app.test_client().put("/api/v1/people", json=sent, headers=platform_headers(app, "people:write"))
    assert answer.status_code in (400, 422)
    with app.app_context():
        assert rows("SELECT count(*) FROM person") == [(8,)]


def test_texts_that_cannot_be_kept_are_refused_alone(app: Flask, cast: Cast) -> None:
    sent = {"people": [{"external_id": "w-1", "name": "x" * 10_000}, {"external_id": "y" * 9_000, "name": "Y"},
                       {"external_id": "w-2", "name": "Fine", "job": "j" * 501}]}  # fmt: skip
    answer = app.test_client().put("/api/v1/people", json=sent, headers=platform_headers(app, "people:write"))
    assert [row["code"] for row in answer.get_json()["results"]] == [
        "name-too-long",
        "text-too-long",
        "text-too-long",
    ]


def test_the_first_hour_of_a_new_installation(app: Flask, database: Any, tmp_path: Path) -> None:
    """From `admin create` to an employee without an address who comes in by letter."""
    said = app.test_cli_runner().invoke(args=["admin", "create", "olaf@waterveld.example"]).output
    olaf = app.test_client()
    assert form_of(olaf, "/welcome/" + said.strip().rsplit("/", 1)[1], new=NEW, again=NEW).status_code == 303
    page = olaf.get("/admin")
    assert 'href="/admin/organisation"' in page.text
    token = re.search(r'name="csrf_token" value="(\w+)"', page.text)
    assert token
    csrf = {"csrf_token": token[1]}
    form = {"name": "Waterveld", "kudos_allowance": 10, "manager_kudos_allowance": 30, "statement_days": 400}
    assert olaf.post("/admin/organisation", data={**csrf, **form}).status_code == 303
    content = "external_id;name;email;department\n1;Olaf Smit;olaf@waterveld.example;IT\n2;Noor;;Water\n"
    file = {"file": (BytesIO(content.encode("utf-8-sig")), "hr.csv")}
    place = olaf.post("/admin/people/import", data={**csrf, **file}).headers["Location"]
    assert olaf.post(f"{place}/confirm", data=csrf).status_code == 303
    with app.app_context():
        people_jobs.import_file.func.__wrapped__(file_id=int(place.rsplit("/", 1)[1]))
    letters = olaf.post("/admin/people/invite", data={**csrf, "how": "all-letters"})
    (page_of_noor,) = PdfReader(BytesIO(letters.data)).pages
    found = re.search(r"[A-Z3-9]{4}( [A-Z3-9]{4}){3}", page_of_noor.extract_text())
    assert found
    noor = app.test_client()
    onward = form_of(noor, "/welcome", code=found[0])
    assert form_of(noor, onward.headers["Location"], new=NEW, again=NEW).status_code == 303
    assert noor.get("/").status_code == 200
    assert form_of(app.test_client(), "/login", login="2", password=NEW).status_code == 303
