"""A file with a log shows what was learned: to its person and to whoever confirms it, and to nobody else."""

import io
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app import uploads
from app.activities import confirming, files
from app.activities.models import Completion, LogFile
from app.audit.models import Look
from app.db import db, transaction
from app.outbox import settle
from app.worker import prune
from tests.app.activities.scene import Catalogue
from tests.cast import NAMES, Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
SWAP = {"HX-Request": "true"}
PDF = b"%PDF-1.7 heron under the old pump house"


def picture() -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = "Anna"
    Image.new("RGB", (60, 40), "teal").save(written, "JPEG", exif=exif)
    return written.getvalue()


@pytest.fixture
def typed(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "title": "Along with the night crew", "kind": "on_the_job", "skill_id": str(catalogue.safety),
        "completed_on": "2026-11-02", "hours": "7", "note": "", "link": "", "who": "Ben",
    }  # fmt: skip


def send(
    browser: SignedIn,
    typed: dict[str, Any],
    content: bytes | None = PDF,
    name: str = "certificate.pdf",
    **more: Any,
) -> TestResponse:
    form = {**typed, **{key: value for key, value in more.items() if key not in ("headers", "to")}}
    if content is not None:
        form["file"] = (io.BytesIO(content), name)
    kind = "multipart/form-data"
    return browser.post(more.get("to", "/log"), data=form, content_type=kind, headers=more.get("headers"))


def kept(app: Flask) -> list[LogFile]:
    with app.app_context():
        return list(db.session.scalars(select(LogFile).order_by(LogFile.sent_at, LogFile.id)))


def completion(app: Flask) -> Completion:
    with app.app_context():
        found = db.session.scalars(select(Completion).order_by(Completion.id.desc())).first()
        assert found
        return found


def act(app: Flask, what: Callable[..., Any], *told: Any, **more: Any) -> None:
    with app.app_context(), transaction():
        at = datetime.now(UTC)
        what(*told, **more, at=at)
        settle(at)


def who_opens(app: Flask, client_of: Browser, address: str) -> set[str]:
    found = set()
    for name in NAMES:
        answer = client_of(name).get(address)
        if answer.status_code == 200:
            found.add(name)
        else:
            assert answer.status_code == 404, name
            assert "certificate.pdf" not in answer.text
    return found


# Sending it -------------------------------------------------------------------------------------------------


def test_a_file_is_evidence_enough_and_stands_with_the_log(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    assert send(anna, typed, None).status_code == 422, "nothing to go by"
    assert send(anna, typed).status_code == 303
    (row,) = kept(app)
    assert (row.kind, row.name, row.size) == ("application/pdf", "certificate.pdf", len(PDF))
    assert row.completion_id == completion(app).id
    assert b"heron" not in row.sealed, "only its person's key opens it"
    for name, page in (("anna", "/log"), ("ben", "/confirmations"), ("anna", f"/log/{row.completion_id}")):
        shown = client_of(name).get(page).text
        assert f"/log/files/{row.id}" in shown, page
        assert "certificate.pdf" in shown
        assert "PDF, 1 kB" in shown


def test_it_is_opened_as_what_it_is_and_can_run_nothing(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    send(anna, typed)
    send(anna, {**typed, "title": "Another day"}, picture(), "photo.jpg")
    document, photo = (f"/log/files/{row.id}" for row in kept(app))
    answer = client_of("ben").get(document)
    assert answer.data == PDF
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=certificate.pdf"
    shown = client_of("ben").get(photo)
    assert shown.mimetype == "image/webp"
    assert shown.headers["Content-Disposition"] == "inline; filename=photo.webp"
    assert b"Anna" not in shown.data, "made anew"
    for one in (answer, shown):
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert one.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
        assert one.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("content", "name", "status", "says"),
    [
        (b"", "a.pdf", 422, "Choose a file first."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", 422, "no picture that we can read"),
        (b"<!doctype html><script>1</script>", "a.pdf", 422, "no picture that we can read"),
        (b"%PDF-" + b" " * 2000, "a.pdf", 413, "at most 5 MB"),
        (b"%PDF-" + b" " * 9000, "a.pdf", 413, "at most 5 MB"),
    ],
    ids=["empty", "svg", "html", "large", "larger than any other body"],
)
def test_what_cannot_be_taken_comes_back_into_the_form_with_what_was_typed(
    app: Flask,
    client_of: Browser,
    typed: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    name: str,
    status: int,
    says: str,
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 8000)
    for headers in ({}, SWAP):
        answer = send(client_of("anna"), typed, content, name, headers=headers)
        assert answer.status_code == status
        assert says in answer.text
        assert 'value="Along with the night crew"' in answer.text
    assert kept(app) == []


def test_two_files_in_one_form_are_one_too_many(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    two = [(io.BytesIO(PDF), "a.pdf"), (io.BytesIO(PDF), "b.pdf")]
    answer = client_of("anna").post("/log", data={**typed, "file": two}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Send one file at a time." in answer.text
    assert kept(app) == []


def test_a_form_that_comes_back_still_has_its_file(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    wrong = send(anna, {**typed, "completed_on": "2126-11-02"}, headers=SWAP)
    assert wrong.status_code == 422
    (row,) = kept(app)
    assert row.completion_id is None
    assert f'name="file_id" value="{row.id}"' in wrong.text
    assert "Kept here for you, for 30 days." in wrong.text
    assert who_opens(app, client_of, f"/log/files/{row.id}") == {"anna"}
    assert send(anna, typed, None, file_id=str(row.id)).status_code == 303
    assert [one.completion_id for one in kept(app)] == [completion(app).id]


def test_another_file_takes_the_place_of_the_one_that_the_form_had(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    send(anna, {**typed, "title": ""})
    (first,) = kept(app)
    send(anna, {**typed, "title": ""}, picture(), "photo.jpg", file_id=str(first.id))
    (second,) = kept(app)
    assert second.name == "photo.webp"
    away = anna.post("/log/file/remove", data={**typed, "file_id": str(second.id)}, headers=SWAP)
    assert 'type="file"' in away.text
    assert 'value="Along with the night crew"' in away.text
    assert kept(app) == []
    gone = send(anna, typed, None, file_id=str(second.id))
    assert gone.status_code == 422
    assert "not here any more" in gone.text


def test_a_draft_keeps_its_file_and_takes_it_along_when_it_goes(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    answer = send(anna, typed, to="/log/draft", headers=SWAP)
    (row,) = kept(app)
    assert 'id="log-file" hx-swap-oob="true"' in answer.text
    assert str(row.id) in answer.text
    assert f'name="file_id" value="{row.id}"' in anna.get("/log").text
    anna.post("/log/draft", data={**typed, "file_id": str(row.id), "note": "More"})
    assert str(row.id) in anna.get("/log").text, "saved by itself meanwhile"
    anna.post("/log/draft/discard")
    assert kept(app) == []


def test_what_waits_for_no_log_goes_after_thirty_days_and_is_five_at_most(
    app: Flask, cast: Cast, client_of: Browser, typed: dict[str, Any]
) -> None:
    at = datetime.now(UTC)
    with app.app_context():
        for number in range(7):
            with transaction():
                files.keep(by=cast.anna, name=f"{number}.pdf", content=PDF, at=at + timedelta(seconds=number))
    assert [row.name for row in kept(app)] == ["2.pdf", "3.pdf", "4.pdf", "5.pdf", "6.pdf"]
    send(client_of("anna"), typed, None, file_id=str(kept(app)[0].id))
    with app.app_context():
        prune(at + timedelta(days=29))
        assert db.session.scalar(text("SELECT count(*) FROM log_file")) == 5
        prune(at + timedelta(days=31))
    assert [row.name for row in kept(app)] == ["2.pdf"], "with a log it stays"


def test_a_log_sent_twice_at_once_is_one_with_one_file(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    gate, browsers, answers = threading.Barrier(4), [client_of("anna") for _ in range(4)], []

    def run(browser: SignedIn) -> None:
        gate.wait()
        answers.append(send(browser, typed).status_code)

    threads = [threading.Thread(target=run, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [303] * 4
    (row,) = kept(app)
    assert row.completion_id == completion(app).id


def test_one_file_goes_with_one_log_also_at_once(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    send(client_of("anna"), {**typed, "title": ""})
    (row,) = kept(app)
    gate, browsers, answers = threading.Barrier(4), [client_of("anna") for _ in range(4)], []

    def run(browser: SignedIn, number: int) -> None:
        gate.wait()
        answer = send(browser, {**typed, "title": f"Day {number}"}, None, file_id=str(row.id))
        answers.append(answer.status_code)

    threads = [threading.Thread(target=run, args=(one, number)) for number, one in enumerate(browsers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [303, 422, 422, 422]


def test_a_file_that_comes_later_is_another_log_and_not_lost_in_silence(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    told = {**typed, "note": "We drove all night."}
    send(anna, told, None)
    again = send(anna, told)
    assert again.status_code == 422
    assert "You have logged this already" in again.text
    assert len(kept(app)) == 1, "the form still has it"


def test_no_file_of_a_colleague_goes_along(app: Flask, client_of: Browser, typed: dict[str, Any]) -> None:
    send(client_of("ben"), {**typed, "title": ""})
    (row,) = kept(app)
    answer = send(client_of("anna"), typed, None, file_id=str(row.id))
    assert answer.status_code == 422
    assert "certificate.pdf" not in answer.text
    client_of("anna").post("/log/file/remove", data={"file_id": str(row.id)})
    assert len(kept(app)) == 1


# Opening it -------------------------------------------------------------------------------------------------


def test_its_person_and_who_confirms_it_open_it_and_nobody_else(
    app: Flask, cast: Cast, client_of: Browser, typed: dict[str, Any]
) -> None:
    send(client_of("anna"), typed)
    address, log = f"/log/files/{kept(app)[0].id}", completion(app).id
    assert who_opens(app, client_of, address) == {"anna", "ben"}
    assert app.test_client().get(address).status_code == 303
    act(app, confirming.decide, [log], by=cast.ben, confirm=True)
    assert who_opens(app, client_of, address) == {"anna", "ben"}, "the evidence of a word that was given"
    act(app, confirming.undo, [log], by=cast.ben)
    act(app, confirming.hand_over, log, by=cast.ben, to=cast.clara)
    assert who_opens(app, client_of, address) == {"anna", "clara"}, "not who handed it over"
    act(app, confirming.decide, [log], by=cast.clara, confirm=False, note="Which night?")
    assert who_opens(app, client_of, address) == {"anna"}, "not who gave no word"


def test_a_look_of_who_confirms_it_is_written_down_and_ones_own_is_not(
    app: Flask, cast: Cast, client_of: Browser, typed: dict[str, Any]
) -> None:
    send(client_of("anna"), typed)
    address = f"/log/files/{kept(app)[0].id}"
    for name in ("anna", "ben", "ben", "eve"):
        client_of(name).get(address)
    with app.app_context():
        looks = db.session.scalars(select(Look).order_by(Look.viewer_id)).all()
        told = [(one.viewer_id, one.person_id, one.what, one.allowed) for one in looks]
    assert told == [(cast.ben, cast.anna, "log:file", True), (cast.eve, cast.anna, "log:file", False)]
    assert "A file that shows what you learned" in client_of("anna").get("/me/looked").text


def test_who_may_hand_it_over_for_a_confirmer_sees_no_file(
    app: Flask, cast: Cast, client_of: Browser, token_of: Headers, typed: dict[str, Any]
) -> None:
    """Mia leads Ben, and may ask somebody else in his place."""
    send(client_of("anna"), typed)
    log = completion(app).id
    with app.app_context(), transaction():
        db.session.execute(
            text("UPDATE person SET manager_id = :mia WHERE id = :ben"), {"mia": cast.mia, "ben": cast.ben}
        )
    page = client_of("mia").get(f"/log/{log}")
    assert page.status_code == 200
    assert "certificate.pdf" not in page.text
    told = app.test_client().post(
        f"/api/v1/completions/{log}/hand-over", json={"confirmer_id": cast.clara}, headers=token_of("mia")
    )
    assert told.get_json()["file"] is None


def test_what_is_withdrawn_shows_nothing_any_more(
    app: Flask, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    send(anna, typed)
    anna.post(f"/log/{completion(app).id}/withdraw")
    assert kept(app) == []


def test_what_came_back_with_a_question_goes_along_again(
    app: Flask, cast: Cast, client_of: Browser, typed: dict[str, Any]
) -> None:
    anna = client_of("anna")
    send(anna, typed)
    first = completion(app).id
    act(app, confirming.decide, [first], by=cast.ben, confirm=False, note="Which night?")
    (row,) = kept(app)
    page = anna.get(f"/log?again={first}").text
    assert f'name="file_id" value="{row.id}"' in page
    assert "Kept here for you" not in page
    assert send(anna, {**typed, "note": "The second."}, None, file_id=str(row.id)).status_code == 303
    assert [one.completion_id for one in kept(app)] == [completion(app).id]
    act(app, confirming.decide, [completion(app).id], by=cast.ben, confirm=True)
    other = send(anna, {**typed, "title": "Another day"}, None, file_id=str(row.id))
    assert other.status_code == 422, "what was confirmed stays where it was"


# Programs ---------------------------------------------------------------------------------------------------


def test_a_program_sends_a_file_and_then_the_log(
    app: Flask, cast: Cast, token_of: Headers, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, at = app.test_client(), "/api/v1/completions/files"

    def sent(content: bytes, name: str = "certificate.pdf") -> TestResponse:
        return api.post(
            at,
            data={"file": (io.BytesIO(content), name)},
            headers=token_of("anna"),
            content_type="multipart/form-data",
        )

    made = sent(PDF)
    assert made.status_code == 201, made.text
    told = made.get_json()
    assert (told["kind"], told["name"], told["size"]) == ("application/pdf", "certificate.pdf", len(PDF))
    log = {
        "title": "Along with the night crew", "kind": "on_the_job", "skill_id": catalogue.safety,
        "completed_on": "2026-11-02", "confirmer_id": cast.ben, "file_id": told["id"],
    }  # fmt: skip
    answer = api.post("/api/v1/completions", json=log, headers=token_of("anna"))
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["file"]["id"] == told["id"]
    (waits,) = api.get("/api/v1/confirmations", headers=token_of("ben")).get_json()["completions"]
    assert waits["file"]["name"] == "certificate.pdf"
    assert api.get(f"{at}/{told['id']}", headers=token_of("ben")).data == PDF
    assert api.get(f"{at}/{told['id']}", headers=token_of("eve")).status_code == 404
    assert api.delete(f"{at}/{told['id']}", headers=token_of("anna")).status_code == 404, "it went with a log"
    other = sent(PDF).get_json()["id"]
    assert api.delete(f"{at}/{other}", headers=token_of("ben")).status_code == 404
    assert api.delete(f"{at}/{other}", headers=token_of("anna")).status_code == 204
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    assert sent(b"%PDF-" + b" " * 2000).status_code == 413
    wrong = sent(b"<svg/>")
    assert (wrong.status_code, wrong.get_json()["errors"].keys()) == (422, {"file"})
