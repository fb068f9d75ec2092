"""Every page and answer for a person, asked by one who does without points and boards: no figure, no place, no word.

Somebody chooses it, or the organisation does. What a badge asks is the same for everybody, and the settings explain
the choice; a page that is only about points answers 404 and says why.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.access import POLICIES
from app.db import db, lock_people, transaction
from app.events import FactStated
from app.outbox import publish, settle
from app.people import actions as people
from tests.cast import SignedIn, signed_in
from tests.test_policies import EXAMPLES, House, _things, house

__all__ = ["house"]
ABOUT_THEM = {
    "home.receipts",
    "home_api.ledger",
    "leaderboards.board",
    "leaderboards.news",
    "leaderboards.rows",
    "leaderboards_api.board",
}
EXPLAINED = {"people.settings", "people.start_step"}
STREAMS = {"live.events"}
WORDS = re.compile(
    r"\bpoints?\b|\bpunten\b|\b\d+ punt\b|\brank|\branglijst|leaderboard|\breceipt|\bbonnetje"
    r"|(?<!a )\bplace \d|(?<!een )\bplek \d",
    re.I,
)
ASKED = re.compile(r"(Earn|Verdien) [\d,.]+ (points|punten)(( within| binnen) \d+ (days|dagen))?", re.I)
FIGURES = {"points", "rank", "score", "total"}


def chooses(house: House) -> None:
    people.choose(person_id=house.fay, game=False)


def decides(house: House) -> None:
    db.session.execute(db.text("UPDATE organisation SET points_on = false"))


@pytest.fixture
def rich(house: House, request: pytest.FixtureRequest) -> tuple[SignedIn, dict[str, Any]]:
    """Fay has learned, shared and was thanked; then she goes without, or all do, and reads `lang`."""
    switch, lang = request.param
    with house.app.app_context():
        at = datetime.now(UTC)
        with transaction():
            lock_people([house.fay])
            publish(
                FactStated(
                    person_id=house.fay, source=f"told:{n}", kind="completed", activity_kind="course", hours=2,
                    at=at - timedelta(minutes=9 - n), confirmed_by=house.cast.ben,
                )
                for n in range(5)
            )  # fmt: skip
            settle(at)
        with transaction():
            assert db.session.scalar(db.text("SELECT max(all_time) FROM person_total")) > 100
            switch(house)
            people.choose(person_id=house.fay, language=lang)
            settle(at)
    things = {**_things(house, house.fay, house.cast.ben), "code": "x", "goal": 1}
    return signed_in(house.app, house.fay), things


OTHER_WORDS = [pytest.param(one, marks=pytest.mark.slow) for one in ((chooses, "nl"), (decides, "en"))]
both = pytest.mark.parametrize("rich", [(chooses, "en"), (decides, "nl"), *OTHER_WORDS], indirect=True)


def looks(app: Flask) -> Iterator[str]:
    """The routes that a person looks at."""
    for rule in app.url_map.iter_rules():
        who = POLICIES[rule.endpoint].who
        if "GET" in (rule.methods or ()) and "person" in who and rule.endpoint in EXAMPLES:
            yield rule.endpoint


@both
def test_no_answer_says_anything_of_points_or_places(
    house: House, rich: tuple[SignedIn, dict[str, Any]]
) -> None:
    browser, things = rich
    said = []
    asked = sorted(set(looks(house.app)) - ABOUT_THEM - STREAMS - EXPLAINED)
    assert len(asked) > 40
    for endpoint in asked:
        example = EXAMPLES[endpoint]
        path = example.path.format_map(things)
        answer = browser.get(path, headers=example.headers)
        if answer.is_json:
            said += [f"{path}: {one}" for one in figures(answer.get_json())]
        elif not answer.mimetype.startswith("image/webp"):
            text = read(answer.text)
            said += [f"{path}: …{text[max(0, m.start() - 40) : m.end() + 40]}…" for m in WORDS.finditer(text)]
    assert not said, "\n".join(said)


@both
def test_what_is_only_about_points_is_not_there(house: House, rich: tuple[SignedIn, dict[str, Any]]) -> None:
    browser, _ = rich
    for endpoint in ABOUT_THEM:
        assert browser.get(EXAMPLES[endpoint].path).status_code == 404, endpoint


@both
def test_what_follows_a_deed_says_nothing_of_what_it_brought(
    house: House, rich: tuple[SignedIn, dict[str, Any]]
) -> None:
    browser, _ = rich
    with house.app.app_context():
        skill = db.session.scalar(db.text("SELECT min(id) FROM skill"))
    lesson = {"outcome": "went_well", "title": "Count to forty", "happened": "A valve was closed too fast.",
              "learned": "Haste costs time in the end.", "from_now_on": "We count out loud to forty.",
              "lang": "en", "audience": "everyone", "skills": str(skill), "once": "one-key-for-this-form"}  # fmt: skip
    thanks = {"receivers": str(house.cast.anna), "message": "You stayed until the water ran clear.",
              "skill_id": str(skill), "lang": "en", "once": "another-key-for-this"}  # fmt: skip
    for path, form in (("/lessons", lesson), ("/kudos", thanks)):
        answer = browser.post(path, data=form, headers={"HX-Request": "true"})
        assert answer.status_code in (200, 201), answer.text
        assert not WORDS.findall(read(answer.text)), path


def read(html: str) -> str:
    """What is written on a page and read aloud of its attributes, but for what badges ask."""
    aloud = " ".join(re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', html))
    plain = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S)
    return ASKED.sub("", re.sub(r"\s+", " ", f"{plain} {aloud}"))


def figures(told: Any, name: str = "") -> Iterator[str]:
    """Fields of points and places that are not null."""
    if isinstance(told, dict):
        for key, value in told.items():
            if key in FIGURES and value is not None and not isinstance(value, dict | list):
                yield f"{name}.{key} = {json.dumps(value)}"
            yield from figures(value, f"{name}.{key}")
    elif isinstance(told, list):
        for one in told:
            yield from figures(one, name)


@pytest.mark.parametrize("text", ["You earned 10 points", "Je hebt 1 punt", "See the leaderboards", "Plek 3"])
def test_the_eye_sees_what_must_not_be_there(text: str) -> None:
    assert WORDS.search(text)
