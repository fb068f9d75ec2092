"""What is added to lessons: pictures, documents, reactions, and drafts that only their writer can open."""

import io
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import pictures, uploads, worker
from app.db import db, transaction
from app.lessons import changing, extras, rules
from app.lessons.models import Attachment, Reaction
from app.lessons.queries import PAGE
from app.outbox import settle
from app.people.models import Draft
from tests.app.lessons.conftest import AT, TEXT
from tests.cast import NAMES, Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Share = Callable[..., int]
SWAP = {"HX-Request": "true"}
PDF = b"%PDF-1.7 /Author (Anna)"


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, **more)
    return written.getvalue()


def with_traces() -> bytes:
    """As a phone makes it: whose, where, when, and lying on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x013B], exif[0x0112] = "Phone of Anna", "Anna", 6
    return picture(exif=exif, comment=b"at the pump of Anna")


def add(
    browser: SignedIn, lesson_id: int, content: bytes, alt: str = "A valve", name: str = "IMG_anna.jpg"
) -> TestResponse:
    sent = {"file": (io.BytesIO(content), name), "alt": alt}
    return browser.post(f"/lessons/{lesson_id}/files", data=sent, content_type="multipart/form-data")


def kept(app: Flask) -> list[Attachment]:
    with app.app_context():
        return list(db.session.scalars(select(Attachment)))


# Pictures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_is_made_anew_and_carries_only_what_it_shows(
    kind: str, app: Flask, share: Share, client_of: Browser
) -> None:
    lesson_id = share("anna")
    sent = with_traces() if kind == "JPEG" else picture(kind)
    assert add(client_of("anna"), lesson_id, sent).status_code == 303
    (row,) = kept(app)
    assert (row.kind, row.name, row.alt) == ("image/webp", "picture.webp", "A valve")
    assert b"nna" not in row.content
    with Image.open(io.BytesIO(row.content)) as made:
        assert not made.getexif()
        assert set(made.info) <= {"loop", "background", "timestamp", "duration"}
        assert made.size == ((40, 60) if kind == "JPEG" else (60, 40)), "upright"


def test_a_picture_is_shown_with_its_words_to_who_may_read_the_lesson(
    app: Flask, share: Share, client_of: Browser
) -> None:
    lesson_id = share("anna")
    add(client_of("anna"), lesson_id, picture())
    address = f"/lessons/{lesson_id}/files/{kept(app)[0].id}"
    page = client_of("ben").get(f"/lessons/{lesson_id}").text
    assert f'src="{address}"' in page
    assert 'alt="A valve"' in page
    assert "/remove" not in page
    answer = client_of("ben").get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert "no-store" in answer.headers["Cache-Control"]
    for name in ("eve", "clara", "dan", "leo", "cor"):
        assert client_of(name).get(address).status_code == 404
        assert add(client_of(name), lesson_id, picture()).status_code == 404
        assert client_of(name).post(f"{address}/remove").status_code == 404
    assert app.test_client().get(address).status_code == 303
    other = share("eve", audience="everyone")
    assert client_of("eve").get(f"/lessons/{other}/files/{kept(app)[0].id}").status_code == 404


def test_what_is_no_picture_is_too_large_or_has_no_words_is_refused(
    app: Flask, share: Share, client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson_id, anna = share("anna"), client_of("anna")
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    broken = picture("PNG")[:50]
    jpeg, gif = b"\xff\xd8\xff\xe0 nothing", b"GIF89a" + b"\xff" * 20
    for content in (b"", svg, broken, jpeg, gif, picture("BMP")):
        answer = add(anna, lesson_id, content)
        assert answer.status_code == 422, content[:20]
        assert "files-h" in answer.text
    assert add(anna, lesson_id, picture(), alt=" ").status_code == 422
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    large = add(anna, lesson_id, picture())
    assert large.status_code == 413
    assert "at most 5 MB" in large.text
    monkeypatch.undo()
    monkeypatch.setattr(pictures, "PIXELS", 60 * 40 - 1)
    assert "million pixels" in add(anna, lesson_id, picture()).text
    assert kept(app) == []


def test_a_bomb_of_pixels_is_refused_by_its_header(app: Flask, share: Share, client_of: Browser) -> None:
    bomb = bytearray(picture("PNG"))
    bomb[16:24] = (50_000).to_bytes(4, "big") * 2
    with pytest.raises((pictures.TooLarge, pictures.NoPicture)):
        pictures.made_anew(bytes(bomb))


def test_three_are_the_most_also_at_once(app: Flask, cast: Cast, share: Share, client_of: Browser) -> None:
    lesson_id = share("anna")
    gate = threading.Barrier(5)
    browsers = [client_of("anna") for _ in range(5)]

    def run(browser: SignedIn) -> None:
        gate.wait()
        add(browser, lesson_id, picture())

    threads = [threading.Thread(target=run, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(kept(app)) == 3


def test_a_document_goes_with_a_name_only_and_is_a_download(
    app: Flask, share: Share, client_of: Browser
) -> None:
    lesson_id, anna = share("anna", audience="everyone"), client_of("anna")
    assert add(anna, lesson_id, PDF, alt="", name='../"checklist".pdf').status_code == 303
    address = f"/lessons/{lesson_id}/files/{kept(app)[0].id}"
    answer = client_of("eve").get(address)
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "/" not in answer.headers["Content-Disposition"].split(";", 1)[1]
    anna.post(f"/lessons/{lesson_id}/unname")
    assert kept(app) == [], "it could say who made it"
    hidden = share("anna", unnamed=True, happened="Another story altogether.")
    assert "only goes with a lesson with your name" in add(anna, hidden, PDF).text
    assert add(anna, hidden, picture()).status_code == 303


def test_files_go_with_the_lesson_and_one_by_one(app: Flask, share: Share, client_of: Browser) -> None:
    lesson_id, anna = share("anna"), client_of("anna")
    for _ in range(2):
        add(anna, lesson_id, picture())
    first = kept(app)[0].id
    answer = anna.post(f"/lessons/{lesson_id}/files/{first}/remove", headers=SWAP)
    assert answer.status_code == 200
    assert str(first) not in answer.text
    assert anna.post(f"/lessons/{lesson_id}/files/{first}/remove").status_code == 404
    anna.post(f"/lessons/{lesson_id}/delete")
    with app.app_context():
        assert len(kept(app)) == 1, "as long as the lesson can be brought back"
        worker.let_lessons_go(datetime.now(UTC) + timedelta(minutes=1))
    assert kept(app) == []


def test_the_composer_takes_a_picture_with_the_lesson_or_neither(
    app: Flask, skill: int, client_of: Browser
) -> None:
    anna = client_of("anna")
    sent = {**TEXT, "skills": str(skill)}
    wrong = anna.post("/lessons", data={**sent, "file": (io.BytesIO(b"no"), "a.png"), "alt": "A valve"})
    assert wrong.status_code == 422
    assert anna.get("/lessons?show=mine").text.count("<article") == 0
    right = anna.post("/lessons", data={**sent, "file": (io.BytesIO(picture()), "a.jpg"), "alt": "A valve"})
    assert right.status_code == 303
    assert len(kept(app)) == 1


def test_a_program_adds_reads_and_takes_away(app: Flask, share: Share, token_of: Headers) -> None:
    lesson_id, api = share("anna"), app.test_client()
    at = f"/api/v1/lessons/{lesson_id}/files"
    sent = {"file": (io.BytesIO(picture()), "a.jpg")}
    made = api.post(
        f"{at}?alt=A+valve", data=sent, headers=token_of("anna"), content_type="multipart/form-data"
    )
    assert made.status_code == 201, made.text
    (one,) = made.get_json()["files"]
    assert (one["kind"], one["alt"]) == ("image/webp", "A valve")
    assert api.get(f"{at}/{one['id']}", headers=token_of("ben")).mimetype == "image/webp"
    assert api.get(f"{at}/{one['id']}", headers=token_of("eve")).status_code == 404
    assert api.delete(f"{at}/{one['id']}", headers=token_of("ben")).status_code == 404
    assert api.delete(f"{at}/{one['id']}", headers=token_of("anna")).status_code == 204


# Reactions --------------------------------------------------------------------------------------------------


def test_a_word_is_said_and_taken_back_and_nobody_sees_who(
    app: Flask, share: Share, client_of: Browser, standing: Callable[[], dict[str, Any]]
) -> None:
    lesson_id, ben = share("anna"), client_of("ben")
    before = standing()
    answer = ben.post(f"/lessons/{lesson_id}/reactions", data={"kind": "brave"}, headers=SWAP)
    assert answer.status_code == 200
    assert 'aria-pressed="true"' in answer.text
    for _ in range(2):
        assert ben.post(f"/lessons/{lesson_id}/reactions", data={"kind": "brave"}).status_code == 303
    own = client_of("anna").get(f"/lessons/{lesson_id}").text
    assert "Brave <span" in own
    assert "Ben" not in own[own.index("<article") :]
    assert standing() == before, "it earns nothing"
    ben.post(f"/lessons/{lesson_id}/reactions", data={"kind": "brave", "on": "false"})
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Reaction)) == 0


def test_nobody_reacts_to_their_own_or_to_what_they_may_not_read(
    app: Flask, share: Share, client_of: Browser
) -> None:
    named = share("anna")
    hidden = share("anna", unnamed=True, happened="Another story altogether.")
    for lesson_id in (named, hidden):
        assert (
            client_of("anna").post(f"/lessons/{lesson_id}/reactions", data={"kind": "brave"}).status_code
            == 422
        )
        assert (
            client_of("eve").post(f"/lessons/{lesson_id}/reactions", data={"kind": "brave"}).status_code
            == 404
        )
    assert client_of("ben").post(f"/lessons/{named}/reactions", data={"kind": "stupid"}).status_code == 422


def test_many_words_at_once_are_one(app: Flask, cast: Cast, share: Share) -> None:
    lesson_id, gate = share("anna"), threading.Barrier(6)
    raised: list[BaseException] = []

    def run(on: bool) -> None:
        gate.wait()
        try:
            with app.app_context(), transaction():
                extras.react(by=cast.ben, lesson_id=lesson_id, kind="helpful", on=on)
        except BaseException as fault:
            raised.append(fault)

    threads = [threading.Thread(target=run, args=(number != 3,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert raised == []
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Reaction)) in (0, 1)


def test_words_stay_when_the_name_goes(app: Flask, cast: Cast, share: Share, token_of: Headers) -> None:
    lesson_id, api = share("anna"), app.test_client()
    told = api.put(f"/api/v1/lessons/{lesson_id}/reactions/helpful", headers=token_of("ben")).get_json()
    assert (told["reactions"]["helpful"], told["my_reactions"]) == (1, ["helpful"])
    with app.app_context(), transaction():
        (new,) = changing.take_names_off([(lesson_id, cast.anna)], at=AT)
        settle(AT)
    told = api.get(f"/api/v1/lessons/{new}", headers=token_of("mia")).get_json()
    assert (told["reactions"]["helpful"], told["my_reactions"]) == (1, [])
    assert api.put(f"/api/v1/lessons/{new}/reactions/sad", headers=token_of("ben")).status_code == 404
    told = api.delete(f"/api/v1/lessons/{new}/reactions/helpful", headers=token_of("ben")).get_json()
    assert told["reactions"] == {"recognisable": 0, "helpful": 0, "brave": 0}


# Drafts -----------------------------------------------------------------------------------------------------


def test_a_draft_waits_for_its_writer_alone(app: Flask, client_of: Browser) -> None:
    anna = client_of("anna")
    assert "Draft saved" not in anna.get("/lessons").text
    half = {"title": "Half a thou", "happened": "It was", "unnamed": "true"}
    answer = anna.post("/lessons/draft", data=half, headers=SWAP)
    assert "Draft saved" in answer.text
    assert anna.post("/lessons/draft", data=half).status_code == 303
    page = client_of("anna").get("/lessons").text
    assert "Half a thou" in page
    assert 'value="true" checked' in page
    for name in set(NAMES) - {"anna", "cor"}:
        assert "Half a thou" not in client_of(name).get("/lessons").text
    with app.app_context():
        (row,) = db.session.scalars(select(Draft))
        assert b"Half" not in row.sealed
        assert b"anna" not in row.sealed.lower()
    assert anna.post("/lessons/draft/discard").status_code == 303
    assert "Half a thou" not in anna.get("/lessons").text


def test_a_longer_draft_has_the_same_length(app: Flask, client_of: Browser) -> None:
    lengths = set()
    for text in ("It was", "It was a long and winding road to this valve. " * 20):
        client_of("anna").post("/lessons/draft", data={"happened": text})
        with app.app_context():
            lengths.add(db.session.scalar(select(func.octet_length(Draft.sealed))))
    assert len(lengths) == 1


def test_sharing_ends_the_draft(app: Flask, skill: int, client_of: Browser) -> None:
    anna = client_of("anna")
    anna.post("/lessons/draft", data={"title": "Half a thought"})
    anna.post("/lessons", data={**TEXT, "skills": skill})
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Draft)) == 0


def test_a_program_keeps_a_draft_of_its_own_person(app: Flask, token_of: Headers) -> None:
    api, anna = app.test_client(), token_of("anna")
    assert api.get("/api/v1/lessons/draft", headers=anna).get_json() == {"draft": None}
    put = api.put("/api/v1/lessons/draft", json={"title": "Half"}, headers=anna)
    assert put.status_code == 200
    assert api.get("/api/v1/lessons/draft", headers=anna).get_json()["draft"]["title"] == "Half"
    assert api.get("/api/v1/lessons/draft", headers=token_of("ben")).get_json() == {"draft": None}
    assert api.delete("/api/v1/lessons/draft", headers=anna).status_code == 204
    assert api.get("/api/v1/lessons/draft", headers=anna).get_json() == {"draft": None}


# Names ------------------------------------------------------------------------------------------------------


def test_a_name_in_the_text_gets_a_tip_and_nothing_is_refused(skill: int, client_of: Browser) -> None:
    anna = client_of("anna")
    tip = anna.post("/lessons/names", data={"happened": "Ben stood there waiting."}, headers=SWAP).text
    assert "You name a colleague: Ben" in tip
    for harmless in ("We went to a ben nevis.", "Anna, that is me.", ""):
        answer = anna.post("/lessons/names", data={"happened": harmless}, headers=SWAP)
        assert "You name" not in answer.text
    assert anna.post("/lessons/names", data={"happened": "Ben waited."}).status_code == 200, "also as a page"
    shared = anna.post("/lessons", data={**TEXT, "happened": "Ben stood there waiting.", "skills": skill})
    assert shared.status_code == 303


def test_a_page_of_lessons_is_light_however_many_there_are_and_whatever_was_said_to_them(
    app: Flask, share: Share, client_of: Browser
) -> None:
    told = [share("anna", happened=f"Story number {number} of this year.") for number in range(12)]
    for lesson_id in told:
        for kind in rules.REACTIONS:
            client_of("ben").post(f"/lessons/{lesson_id}/reactions", data={"kind": kind})
    page = client_of("ben").get("/lessons").text
    assert page.count('aria-pressed="true"') == 3 * PAGE
    assert len(re.findall(r"<[a-z]", page)) < 780
    back = client_of("ben").post(f"/lessons/{told[0]}/reactions", data={"kind": "-brave"}, headers=SWAP).text
    assert back.count('aria-pressed="true"') == 2
