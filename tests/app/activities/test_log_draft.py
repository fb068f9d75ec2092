"""What somebody began to log waits for them alone, sealed, until they send it or throw it away."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from app.db import db
from app.people.models import Draft
from tests.app.activities.scene import Catalogue
from tests.cast import NAMES, Cast, SignedIn

Browser = Callable[[str], SignedIn]
SWAP = {"HX-Request": "true"}
HALF = {"title": "Along with the night crew", "note": "We drove", "hours": "seven", "kind": "on_the_job"}


def drafts(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Draft)) or 0


def test_a_log_that_was_begun_waits_for_its_writer_alone(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    assert "Draft saved" not in anna.get("/log").text
    answer = anna.post("/log/draft", data=HALF, headers=SWAP)
    assert "Draft saved" in answer.text
    assert answer.headers["HX-Retarget"] == "#draft"
    page = client_of("anna").get("/log").text
    assert 'value="Along with the night crew"' in page
    assert 'value="on_the_job" id="f-kind-on_the_job" required checked' in page
    assert "Draft saved" in page
    for name in set(NAMES) - {"anna"}:
        assert "night crew" not in client_of(name).get("/log").text.replace(
            "A morning along with the night crew", ""
        )
    with app.app_context():
        (row,) = db.session.scalars(select(Draft))
        assert b"night" not in row.sealed


def test_it_goes_by_the_button_and_without_script(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    assert anna.post("/log/draft", data=HALF).location == "/log"
    assert drafts(app) == 1
    assert anna.post("/log/draft/discard").location == "/log"
    assert drafts(app) == 0


def test_sending_it_ends_it_and_a_refusal_does_not(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    anna.post("/log/draft", data=HALF)
    assert anna.post("/log", data=HALF).status_code == 422
    assert drafts(app) == 1
    whole = {**HALF, "skill_id": catalogue.safety, "completed_on": "2026-11-02", "hours": "7", "who": "Ben"}
    assert anna.post("/log", data=whole).status_code == 303
    assert drafts(app) == 0


def test_a_lesson_that_was_begun_is_another_draft(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    anna.post("/log/draft", data=HALF)
    anna.post("/lessons/draft", data={"title": "Half a thought"})
    assert drafts(app) == 2
    assert "Half a thought" not in anna.get("/log").text
    anna.post("/lessons/draft/discard")
    assert "night crew" in anna.get("/log").text


def test_an_activity_that_was_asked_for_goes_before_the_draft(
    client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    anna.post("/log/draft", data={**HALF, "title": "Something I had begun"})
    assert "Something I had begun" not in anna.get("/log?activity=first-aid").text


def test_a_draft_that_is_too_long_is_refused(client_of: Browser, catalogue: Catalogue) -> None:
    assert client_of("anna").post("/log/draft", data={"note": "x" * 1001}, headers=SWAP).status_code == 422
