"""Search through its doors: what each finds, what nobody may find, and whatever is thrown at it."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from app.activities import actions as activities
from app.db import db, transaction
from app.outbox import settle
from app.people import actions as people
from app.people.rules import PersonRow
from app.search.queries import PAGE
from tests.app.activities.scene import NOW, Catalogue, counting, entry
from tests.app.leaderboards.scene import Scene
from tests.app.lessons.conftest import TEXT
from tests.cast import HIRED, Cast, SignedIn, row_of

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Share = Callable[..., int]
HTMX = {"HX-Request": "true"}


def hire(app: Flask, *rows: PersonRow) -> None:
    with app.app_context(), transaction():
        people.import_people(rows, at=HIRED)
        settle(HIRED)


def run(app: Flask, sql: str, **values: Any) -> None:
    with app.app_context(), transaction():
        db.session.execute(text(sql), values)


def hits(client: SignedIn, q: str, **more: str) -> list[str]:
    """Where the hits on the page lead, in their order."""
    answer = client.get("/search", query_string={"q": q, **more})
    assert answer.status_code == 200
    found = answer.text.partition('id="found"')[2].partition("</main>")[0]
    leads = re.findall(r'href="(/(?:people|learn|badges|lessons)/[^"?#]+)"', found)
    return list(dict.fromkeys(leads))


# What is found ----------------------------------------------------------------------------------------------


def test_each_kind_is_found_by_the_beginnings_of_its_words(
    scene: Scene, catalogue: Catalogue, share: Share, client_of: Browser
) -> None:
    lesson = share("anna")
    anna = client_of("anna")
    assert hits(anna, "ann") == ["/people/anna"]
    assert hits(anna, "gas work") == ["/learn/gas"]
    assert hits(anna, "three") == ["/badges/three"]
    assert hits(anna, "VALVE fort") == [f"/lessons/{lesson}"]  # title and what I do from now on
    assert hits(anna, "valve gas") == []


def test_an_activity_is_found_in_both_languages_and_by_its_summary(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    from app.vision import actions as vision
    from tests.app.activities.scene import SKILLS

    both = entry("leak", "x", title={"nl": "Lekken opsporen", "en": "Finding leaks"},
                 summary={"nl": "Met een luisterstok", "en": "With a listening stick"})  # fmt: skip
    with app.app_context(), transaction():
        vision.load([], SKILLS)
        activities.load([both], at=NOW)
    for words in ("lekken", "leaks", "luister", "listening stick"):
        assert hits(client_of("anna"), words) == ["/learn/leak"]


def test_accents_and_capitals_do_not_matter(app: Flask, cast: Cast, client_of: Browser) -> None:
    hire(app, row_of("zo", name="Zoë Ångström", job="Première monteur"))
    anna = client_of("anna")
    for words in ("zoe", "ZOË", "angst", "ångström zoë", "premiere MONT"):
        assert len(hits(anna, words)) == 1, words


def test_the_name_of_a_colleague_leads_to_a_form_for_thanks_and_ones_own_does_not(
    cast: Cast, client_of: Browser
) -> None:
    anna = client_of("anna")
    assert "/kudos?to=ben" in anna.get("/search?q=ben").text
    assert "/kudos?to=anna" not in anna.get("/search?q=anna").text


def test_more_than_a_page_of_one_kind_goes_on_where_it_stopped(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    many = [
        row_of(f"q{n:02}", name=f"Quinten {n:02}", email=f"q{n}@waterveld.example") for n in range(PAGE + 5)
    ]
    hire(app, *many)
    anna = client_of("anna")
    assert len(hits(anna, "quin")) == 5
    assert f">{PAGE + 5}</span>" in anna.get("/search?q=quin").text
    first, second = hits(anna, "quin", kind="people"), hits(anna, "quin", kind="people", page="2")
    assert (len(first), len(second), len({*first, *second})) == (PAGE, 5, PAGE + 5)
    swapped = anna.get("/search?q=quin&kind=people&page=2", headers=HTMX).text
    assert swapped.lstrip().startswith("<li")
    assert "Show more" not in swapped
    assert hits(anna, "quin", kind="people", page="3") == []


def test_beyond_a_page_each_kind_is_counted(
    app: Flask, catalogue: Catalogue, share: Share, client_of: Browser
) -> None:
    with app.app_context(), transaction():
        activities.load([entry(f"x{n}", f"Xylem {n}") for n in range(6)], at=NOW)
    for n in range(7):
        share("anna", title=f"Xylem lesson {n}", happened=f"It happened {n} times.")
    page = client_of("ben").get("/search?q=xyl").text
    assert "13 results" in page
    assert "/search?q=xyl&amp;kind=activities" in page
    assert "/search?q=xyl&amp;kind=lessons" in page
    told = client_of("ben").get("/search/glance?q=xyl", headers=HTMX).text
    assert told.count("/learn/x") == told.count("/lessons/") == 3


def test_nothing_found_says_so_and_offers_to_ask_for_it(cast: Cast, client_of: Browser) -> None:
    page = client_of("anna").get("/search?q=paragliding").text
    assert "Nothing found for “paragliding”" in page
    assert 'name="words" value="paragliding"' in page
    assert "What are you looking for" in client_of("anna").get("/search").text


def test_the_glance_is_a_few_of_each_and_nothing_for_nothing(cast: Cast, client_of: Browser) -> None:
    anna = client_of("anna")
    told = anna.get("/search/glance?q=ann", headers=HTMX).text
    assert "/people/anna" in told
    assert "<!doctype" not in told
    assert "/people/" not in anna.get("/search/glance?q=", headers=HTMX).text
    alone = anna.get("/search/glance?q=ann")
    assert (alone.status_code, alone.location) == (303, "/search?q=ann")


def test_the_field_keeps_the_words_on_the_page_and_nowhere_else(cast: Cast, client_of: Browser) -> None:
    anna = client_of("anna")
    assert anna.get("/search?q=two+words").text.count('value="two words"') >= 2
    assert not re.search(r'id="search-q"[^>]*value="gas"', anna.get("/learn?q=gas").text)


# What nobody finds who may not see it -----------------------------------------------------------------------


MAY = {
    "anna": True,
    "ben": True,
    "mia": True,
    "eve": False,
    "clara": False,
    "dan": False,
    "leo": False,
    "cor": False,
}


@pytest.mark.parametrize(("name", "may"), MAY.items())
def test_a_lesson_for_the_team_is_found_by_the_team_and_its_manager(
    name: str, may: bool, share: Share, client_of: Browser, token_of: Headers, client: Any
) -> None:
    share("anna")
    assert bool(hits(client_of(name), "valve")) is may
    told = client.get("/api/v1/search?q=valve", headers=token_of(name)).get_json()
    assert (len(told["lessons"]), told["numbers"]["lessons"]) == ((1, 1) if may else (0, 0))
    assert (TEXT["title"] in client_of(name).get("/search/glance?q=valve", headers=HTMX).text) is may


@pytest.mark.parametrize(
    "moved", ["", "team_id = NULL", "team_id = (SELECT team_id FROM person WHERE handle = 'eve')"]
)
def test_found_are_those_lessons_that_open(
    moved: str, app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    """Search says who may read in another way than the lesson's page; the answer is the same for everybody."""
    lessons = [share("anna"), share("anna", audience="everyone"), share("ben"), share("eve")]
    if moved:
        run(app, f"UPDATE person SET {moved} WHERE handle = 'anna'")
    for name in MAY:
        one = client_of(name)
        opens = {f"/lessons/{id}" for id in lessons if one.get(f"/lessons/{id}").status_code == 200}
        assert set(hits(one, "valve")) == opens, name


def test_a_lesson_that_was_deleted_is_not_found_by_its_author(
    app: Flask, share: Share, client_of: Browser
) -> None:
    lesson = share("anna", audience="everyone")
    assert hits(client_of("eve"), "valve") == [f"/lessons/{lesson}"]
    assert client_of("anna").post(f"/lessons/{lesson}/delete").status_code < 400
    assert hits(client_of("anna"), "valve") == []


@pytest.mark.parametrize("gone", ["active = false", "active = false, erased_at = now()"])
def test_who_left_or_was_erased_is_not_found(gone: str, app: Flask, cast: Cast, client_of: Browser) -> None:
    assert hits(client_of("anna"), "ben") == ["/people/ben"]
    run(app, f"UPDATE person SET {gone} WHERE id = :id", id=cast.ben)
    assert hits(client_of("anna"), "ben") == []


@pytest.mark.parametrize("state", ["draft", "proposed", "retired"])
def test_an_activity_that_is_not_offered_is_not_found(
    state: str, app: Flask, catalogue: Catalogue, cast: Cast, client_of: Browser
) -> None:
    assert hits(client_of("leo"), "gas") == ["/learn/gas"]
    run(app, "UPDATE activity SET state = :state WHERE id = :id", state=state, id=catalogue.gas)
    assert hits(client_of("leo"), "gas") == []


def test_a_badge_that_was_withdrawn_is_not_found(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 3)
    assert hits(client_of("anna"), "three done") == ["/badges/three"]
    run(scene.app, "UPDATE achievement SET version_id = NULL WHERE slug = 'three'")
    run(scene.app, """UPDATE setting SET value = '{"stamp": "other"}' WHERE key = 'catalogue'""")
    for name in ("anna", "ben"):
        assert hits(client_of(name), "three done") == []


# Whatever is thrown at it -----------------------------------------------------------------------------------

HOSTILE = [
    "\x00", "a\x00b", "x" * 10_000, "é" * 3_000, r"|&!:*'\%_", "'", "''':*", "a' & 'b", "a:*b", "!a", "\\", "<->",
    "<script>alert(1)</script>", "%", "_", "\ud7ff", "\u202e", "💧", "ﷺ" * 60, "\u0301", "x\u0301" * 100,
    "ß" * 200, "a " * 4_000, "İ",
]  # fmt: skip


@pytest.mark.parametrize("q", HOSTILE, ids=range(len(HOSTILE)))
def test_no_words_break_it(q: str, cast: Cast, client_of: Browser, token_of: Headers, client: Any) -> None:
    anna, headers = client_of("anna"), token_of("anna")
    for path in ("/search?q=", "/search?kind=lessons&page=2&q=", "/search/glance?q="):
        answer = anna.get(path + quote(q), headers=HTMX)
        assert answer.status_code in (200, 400, 422)
        assert "<script>alert" not in answer.text
    assert client.get("/api/v1/search?q=" + quote(q), headers=headers).status_code in (200, 400, 422)


@pytest.mark.parametrize(
    "asked",
    ["kind=nothing", "page=0", "page=26", "page=x", f"page={'9' * 5000}", "kind=people&kind=badges", "q=%ff"],
)
def test_no_other_choice_breaks_it(asked: str, cast: Cast, client_of: Browser) -> None:
    assert client_of("anna").get(f"/search?q=a&{asked}").status_code < 500


# As few questions as ever -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/search", "/search/glance", "/search?kind=people", "/api/v1/search"])
def test_it_asks_as_often_for_many_as_for_one(path: str, app: Flask, cast: Cast, client_of: Browser) -> None:
    def asked() -> int:
        with app.app_context(), counting() as statements:
            answer = anna.get(path + ("&" if "?" in path else "?") + "q=rik", headers=HTMX)
            assert answer.status_code == 200
            return len(statements)

    def more(names: range) -> None:
        rows = [row_of(f"r{n:02}", name=f"Rik {n:02}", email=f"r{n}@waterveld.example") for n in names]
        hire(app, *rows)

    anna = client_of("anna")
    more(range(8))
    few = asked() if "kind" not in path else asked() + 1  # beyond a page they are counted
    more(range(8, 60))
    assert asked() <= few + 1


# JSON -------------------------------------------------------------------------------------------------------


def test_the_api_tells_of_each_kind(scene: Scene, share: Share, token_of: Headers, client: Any) -> None:
    lesson = share("anna", title="Anna and the valve")
    told = client.get("/api/v1/search?q=anna", headers=token_of("ben")).get_json()
    assert told["numbers"] == {"people": 1, "activities": 0, "badges": 0, "lessons": 1}
    assert told["people"][0]["handle"] == "anna"
    assert told["people"][0]["team"] == "North"
    assert [one["id"] for one in told["lessons"]] == [lesson]
    assert told["badges"] == []
    badges = client.get("/api/v1/search?q=three&kind=badges", headers=token_of("ben")).get_json()
    assert badges["badges"][0] | {"name": 0} == {"slug": "three", "name": 0, "tier": None}
    assert "people" not in badges
    assert client.get("/api/v1/search?kind=x", headers=token_of("ben")).status_code == 422
    assert client.get("/api/v1/search?q=anna").status_code == 401
    assert client.get("/api/v1/search", headers=token_of("ben")).get_json()["numbers"] == {}
