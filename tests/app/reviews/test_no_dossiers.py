"""Administrators, learning and a privacy officer have no dossiers: by no page, answer, search, file or log."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.db import transaction
from app.language import spoken
from app.outbox import settle
from app.people import actions as people
from app.privacy import actions as privacy
from app.privacy import jobs
from app.privacy.content import Words
from app.reviews import after
from tests.app.reviews.conftest import AT, Scene
from tests.cast import Cast, SignedIn
from tests.test_policies import EXAMPLES, NO_REVIEW

SECRET = "heron"  # one word that search would find
WORDS = f"A {SECRET} under the old pump house"


@pytest.fixture
def review(scene: Scene, cast: Cast) -> str:
    """Of Anna: decided, answered, objected to, each with these words."""
    made = scene.to_decide("anna", "partly")
    scene.sign(made, "mia", "not_yet", words=WORDS)
    with transaction():
        after.answer(made, WORDS, person_id=cast.anna, at=AT)
        after.file_objection(made, WORDS, person_id=cast.anna, at=AT)
        people.make_privacy_officer(person_id=cast.eve, on=True, by=cast.dan, at=AT)
        settle(AT)
    return str(made)


def paths(app: Flask, review: str) -> list[str]:
    """Every page and answer that can be asked for, with the number of this review where one is named."""
    reads = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    nil = "00000000-0000-4000-8000-000000000000"
    found = {
        EXAMPLES[name].path.replace(NO_REVIEW, review).replace(nil, review)
        for name in reads & EXAMPLES.keys()
    }
    found = {one for one in found if "{" not in one and "/events" not in one}
    return [
        *sorted(found), f"/search?q={SECRET}", f"/api/v1/search?q={SECRET}", f"/hr/reviews?q={SECRET}",
        "/admin/audit?action=review:opened", "/admin/audit?action=dossier:frozen",
        "/api/v1/audit?action=dossier:frozen", "/people/anna", "/team/anna",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "who", ["dan", *(pytest.param(who, marks=pytest.mark.slow) for who in ("leo", "eve"))]
)
def test_nothing_that_they_can_ask_for_shows_a_file(
    app: Flask, review: str, client_of: Callable[[str], SignedIn], who: str
) -> None:
    browser, seen = client_of(who), 0
    for path in paths(app, review):
        answer = browser.get(path)
        said = answer.get_data(as_text=True).replace(f"q={SECRET}", "").replace(f'value="{SECRET}"', "")
        assert WORDS not in said, path
        assert "Not yet" not in said or path == "/dev/gallery", path  # which shows examples
        if answer.status_code == 200:
            assert review not in said, path
        seen += answer.status_code == 200
        answer.close()
    assert seen > 30
    assert browser.get(f"/reviews/{review}").status_code == 404


def test_it_is_in_no_file_of_their_own_data(app: Flask, review: str, cast: Cast, tmp_path: Path) -> None:
    with spoken("en"):
        words = Words.of("en", jobs.TITLE, jobs.TOLD, jobs.EMPTY, jobs.YES, jobs.NO)
    for who, theirs in (("anna", True), ("dan", False), ("leo", False), ("eve", False)):
        to = tmp_path / f"{who}.zip"
        with transaction():
            privacy.write_file(cast.id_of(who), to, words, AT)
        with zipfile.ZipFile(to) as made:
            whole = "".join(made.read(name).decode() for name in made.namelist() if name.endswith(".json"))
        assert (WORDS in whole, review in whole) == (theirs, theirs), who


def test_whom_it_is_about_and_hr_do_find_it(review: str, client_of: Callable[[str], SignedIn]) -> None:
    """Or the tests above would hold on an empty house."""
    for who in ("anna", "clara", "mia"):
        assert WORDS in client_of(who).get(f"/reviews/{review}").text
