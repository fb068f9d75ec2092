"""The catalogue and one activity, in a browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from app.activities import actions, logs, queries, records
from app.db import db, transaction
from app.outbox import settle
from tests.app.activities.scene import NOW, Catalogue, entry, record, report
from tests.app.activities.test_merge_activities import merge, proposed, undo
from tests.cast import Cast, SignedIn

HTMX = {"HX-Request": "true"}
Browser = Callable[[str], SignedIn]


def test_the_catalogue_shows_what_there_is_by_title(client_of: Browser, catalogue: Catalogue) -> None:
    page = client_of("anna").get("/learn").text
    titles = ["First aid", "Lifting safely", "Taking samples", "Working with gas"]
    assert [page.index(title) for title in titles] == sorted(page.index(title) for title in titles)
    assert "4 activities" in page
    assert "Mandatory" in page


def test_a_filter_answers_with_the_results_alone(client_of: Browser, catalogue: Catalogue) -> None:
    answer = client_of("anna").get("/learn?kind=workshop", headers=HTMX)
    assert answer.text.lstrip().startswith('<section class="mt4" id="results"')
    assert "Lifting safely" in answer.text
    assert "Working with gas" not in answer.text
    assert "HX-Request" in answer.headers["Vary"]


def test_filters_that_are_on_are_counted_and_taken_off_one_by_one(
    client_of: Browser, catalogue: Catalogue
) -> None:
    asked = "/learn?q=gas&kind=workshop&hours=4"
    answer = client_of("anna").get(asked, headers=HTMX).text
    assert re.search(r'id="filters-on" hx-swap-oob="true">2<', answer)
    shown = answer[answer.index('aria-label="Filters that are on"') : answer.index('role="status"')]
    assert re.findall(r'href="(/learn[^"]*)"', shown) == [
        "/learn?q=gas&amp;hours=4",
        "/learn?q=gas&amp;kind=workshop",
    ]
    assert "Workshop" in shown
    assert "Up to half a day" in shown
    assert re.search(
        r'id="filters-on" hidden hx-swap-oob="true">0<', client_of("anna").get("/learn", headers=HTMX).text
    )
    assert client_of("anna").get(asked).text.count('id="filters-on"') == 1


def test_without_javascript_the_same_address_is_the_page_with_the_filter_kept(
    client_of: Browser, catalogue: Catalogue
) -> None:
    page = client_of("anna").get("/learn?q=gas&kind=&skill=safety&hours=4&language=").text
    assert "<!doctype html>" in page
    assert 'value="gas"' in page
    assert '<option value="4" selected>' in page
    assert '<option value="safety" selected>' in page


def test_what_fits_nothing_says_what_to_do(client_of: Browser, catalogue: Catalogue) -> None:
    page = client_of("anna").get("/learn?q=paragliding").text
    assert "Nothing fits all of that" in page
    assert 'href="/log"' in page


def test_more_is_shown_page_by_page(app: Flask, client_of: Browser, catalogue: Catalogue) -> None:
    with app.app_context(), transaction():
        actions.load([entry(f"x{number:02}", f"X {number:02}") for number in range(30)], at=NOW)
    anna = client_of("anna")
    first = anna.get("/learn?language=en").text
    assert 'hx-get="/learn?language=en&amp;page=2"' in first
    second = anna.get("/learn?language=en&page=2", headers=HTMX).text
    assert second.count("<article") == 33 - queries.PAGE
    assert "<section" not in second
    assert "<!doctype html>" in anna.get("/learn?language=en&page=2").text


@pytest.mark.parametrize(
    "asked", ["kind=party", "page=0", "page=x", "page=99999999999999999999", "hours=nan", "language=de"]
)
def test_a_filter_that_cannot_be_is_refused(client_of: Browser, catalogue: Catalogue, asked: str) -> None:
    assert client_of("anna").get(f"/learn?{asked}").status_code == 422


@pytest.mark.parametrize(
    "asked", ["q=%25%5C_%27%22", "q=" + "%F0%9F%A6%86" * 50, "skill=' OR 1=1", "unknown=1", "q=%ED%A0%80"]
)
def test_strange_words_find_nothing_and_break_nothing(
    client_of: Browser, catalogue: Catalogue, asked: str
) -> None:
    assert client_of("anna").get(f"/learn?{asked}").status_code == 200


def test_an_activity_tells_what_it_is_and_what_it_leads_to(client_of: Browser, catalogue: Catalogue) -> None:
    page = client_of("anna").get("/learn/first-aid").text
    for told in ("First aid", "8 hours", "Utrecht", "Counts once a year", "Safety", "Log it"):
        assert told in page


def test_it_speaks_dutch_too(client_of: Browser, catalogue: Catalogue) -> None:
    anna = client_of("anna")
    anna.post("/me/language", data={"language": "nl"})
    page = anna.get("/learn/first-aid").text
    assert "First aid (nl)" in page
    assert "Telt één keer per jaar" in page


def test_my_state_stands_with_it(app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue) -> None:
    with app.app_context():
        record(report(cast.anna, catalogue.gas, NOW, "a"))
    anna, ben = client_of("anna"), client_of("ben")
    assert "Done on 20 November 2026" in anna.get("/learn").text
    assert "Done on 20 November 2026" in anna.get("/learn/gas").text
    assert "Log it" not in anna.get("/learn/gas").text
    assert "Done on" not in ben.get("/learn").text


def test_last_year_s_refresher_can_be_done_again(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    with app.app_context():
        record(report(cast.anna, catalogue.first_aid, NOW.replace(year=2020), "a"))
    page = client_of("anna").get("/learn/first-aid").text
    assert "Last done on 20 November 2020" in page
    assert "Log it" in page


def test_what_is_not_there_and_what_is_not_for_me_answer_alike(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    with app.app_context():
        (log,) = actions_log(cast, catalogue)
        (row,) = records.completions([log])
    missing = client_of("ben").get("/learn/nothing")
    hidden = client_of("ben").get(f"/learn/{row.slug}")
    assert (missing.status_code, hidden.status_code) == (404, 404)
    assert client_of("anna").get(f"/learn/{row.slug}").status_code == 200
    assert client_of("mia").get(f"/learn/{row.slug}").status_code == 200


def actions_log(cast: Cast, catalogue: Catalogue) -> list[int]:
    with transaction():
        ids = logs.log_completions(
            [
                {
                    "person_id": cast.anna,
                    "title": "My own thing",
                    "kind": "on_the_job",
                    "skill_id": catalogue.safety,
                    "completed_on": NOW.date(),
                    "note": "Alone",
                }
            ],
            at=NOW,
        )
        settle(NOW)
        return ids


# The address of what went elsewhere ------------------------------------------------------------------------


def slug_of(activity_id: int) -> str:
    found: str = db.session.scalar(text("SELECT slug FROM activity WHERE id = :id"), {"id": activity_id})
    db.session.rollback()
    return found


def test_the_address_of_what_was_merged_leads_to_what_it_is_now_in_one_step(
    app: Flask, cast: Cast, catalogue: Catalogue, client_of: Browser
) -> None:
    with app.app_context():
        first, second = proposed(), proposed("https://other.example/gas-2", "Gas again")
        old, older, stays = slug_of(second), slug_of(first), slug_of(catalogue.gas)
        merge(cast, first, second)
        merge_id = merge(cast, second, catalogue.gas).result
    anna = client_of("anna")
    for gone in (old, older):
        answer = anna.get(f"/learn/{gone}")
        assert (answer.status_code, answer.location) == (302, f"/learn/{stays}")
    with app.app_context():
        undo(cast, merge_id)
    assert anna.get(f"/learn/{older}").status_code == 404, "what it went into was never published"


def test_it_leads_nowhere_for_who_may_not_see_what_it_is_now(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context():
        first, second = proposed(), proposed("https://other.example/gas-2", "Gas again")
        record(report(cast.anna, first, datetime(2026, 11, 16, 9, 0, tzinfo=UTC), "a"))
        gone, stays = slug_of(first), slug_of(second)
        merge(cast, first, second)
        with transaction():
            db.session.execute(text("UPDATE activity SET state = 'retired' WHERE id = :id"), {"id": second})
    assert client_of("anna").get(f"/learn/{gone}").location == f"/learn/{stays}"
    assert client_of("ben").get(f"/learn/{gone}").status_code == 404
