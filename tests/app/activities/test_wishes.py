"""What is missing can be asked for; L&D sees what and how often, and the answer comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.activities import actions, queries
from tests.app.activities.scene import NOW, Catalogue
from tests.app.activities.test_races import at_once
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]


def ask(client_of: Browser, *names: str, words: str = "Welding  for beginners") -> None:
    for name in names:
        assert client_of(name).post("/wishes", data={"words": words}).status_code == 303


def test_an_empty_search_offers_to_ask(client_of: Browser, catalogue: Catalogue) -> None:
    page = client_of("anna").get("/learn?q=welding").text
    assert "Nothing yet on “welding”. Ask for it" in page
    assert 'name="words" value="welding"' in page


def test_who_keeps_the_catalogue_sees_counts_and_no_names(client_of: Browser, catalogue: Catalogue) -> None:
    ask(client_of, "anna", "anna", "ben")
    ask(client_of, "eve", words="welding for BEGINNERS")
    page = client_of("leo").get("/admin/wishes").text
    assert "3 colleagues" in page
    assert page.count("<article") == 1
    assert "Anna" not in page
    assert "Colleagues ask for 1 thing" in client_of("leo").get("/admin/catalogue").text


def test_the_answer_comes_back_to_all_who_asked(client_of: Browser, catalogue: Catalogue) -> None:
    ask(client_of, "anna", "ben")
    data = {"same": "welding for beginners", "activity": "Working with gas (gas)", "answer": "Near enough?"}
    assert client_of("leo").post("/admin/wishes", data=data).status_code == 303
    for name in ("anna", "ben"):
        page = client_of(name).get("/learn").text
        assert "It is there now: Working with gas." in page
        assert "Near enough?" in page
    assert "Welding" not in client_of("eve").get("/learn").text
    assert client_of("leo").post("/admin/wishes", data=data).status_code == 409


def test_not_now_needs_a_word(client_of: Browser, catalogue: Catalogue) -> None:
    ask(client_of, "anna")
    leo = client_of("leo")
    refused = leo.post("/admin/wishes", data={"same": "welding for beginners"})
    assert refused.status_code == 422
    assert "why it is not there" in refused.text
    said = {"same": "welding for beginners", "answer": "Next year."}
    assert leo.post("/admin/wishes", data=said).status_code == 303
    page = client_of("anna").get("/learn").text
    assert "Not now" in page
    assert "Next year." in page
    assert leo.post("/admin/wishes", data={**said, "activity": "nothing"}).status_code == 404


@pytest.mark.parametrize("words", ["", "x", "y" * 201])
def test_a_wish_has_words(client_of: Browser, catalogue: Catalogue, words: str) -> None:
    assert client_of("anna").post("/wishes", data={"words": words}).status_code == 422


def test_nobody_asks_without_end(client_of: Browser, catalogue: Catalogue) -> None:
    anna = client_of("anna")
    answers = [anna.post("/wishes", data={"words": f"wish {number}"}).status_code for number in range(21)]
    assert answers == [303] * 20 + [422]


@pytest.mark.usefixtures("inside")
def test_the_same_wish_five_times_at_once_is_one(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    at_once(app, *[lambda: actions.wish("Welding", by=cast.anna, at=NOW)] * 5)
    rows: Any = queries.wishes()
    assert [(row.words, row.number) for row in rows] == [("Welding", 1)]
