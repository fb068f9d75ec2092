"""Receipts: each entry says what for and under which rule, on the page and in JSON; nobody else's are to be had."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.events import FactTakenBack
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast, SignedIn
from tests.small import badge, completed

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Ledger = Callable[..., Any]
KEYS = {
    "id", "points", "reason", "kind", "earned_at", "recorded_at", "reverses", "reversed_by", "rules_since", "source",
    "weight", "activity", "badge", "tier", "badge_version", "lesson", "counterpart", "confirmed_by",
}  # fmt: skip


@pytest.fixture(autouse=True)
def house(scene: Scene) -> None:
    scene.load([badge("two", (completed(2), 10))])


@pytest.fixture
def ledger(app: Flask, token_of: Headers) -> Ledger:
    def asked(who: str, status: int = 200, **query: Any) -> Any:
        answer = app.test_client().get("/api/v1/me/ledger", query_string=query, headers=token_of(who))
        assert answer.status_code == status, answer.text
        return answer.get_json()

    return asked


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


# In JSON ----------------------------------------------------------------------------------------------------


def test_an_entry_has_the_shape_that_the_outside_relies_on(scene: Scene, cast: Cast, ledger: Ledger) -> None:
    activity = scene.id_of("activity", "a3")
    scene.state(scene.fact(cast.anna, activity_id=activity, confirmed_by=cast.mia))
    told = ledger("anna")
    assert set(told) == {"entries", "next"}
    (entry,) = told["entries"]
    assert set(entry) == KEYS
    assert (entry["points"], entry["reason"], entry["kind"]) == (30, "earned", "course")
    assert (entry["activity"], entry["confirmed_by"]) == ({"nl": "x", "en": "x"}, "Mia")
    assert (entry["badge"], entry["reverses"], entry["reversed_by"]) == (None, None, None)
    assert entry["rules_since"]


def test_a_badge_has_an_entry_with_its_version(scene: Scene, cast: Cast, ledger: Ledger) -> None:
    scene.earn(cast.anna, 2)
    entries = ledger("anna")["entries"]
    assert sum(entry["points"] for entry in entries) == 70
    (earned,) = [entry for entry in entries if entry["badge"]]
    assert (earned["points"], earned["tier"], earned["badge_version"]) == (10, 1, 1)


def test_what_is_taken_back_stays_with_its_reversal(scene: Scene, cast: Cast, ledger: Ledger) -> None:
    fact = scene.fact(cast.anna)
    scene.state(fact)
    scene.state(FactTakenBack(person_id=cast.anna, source=fact.source))
    entries = ledger("anna")["entries"]
    assert sorted(entry["points"] for entry in entries) == [-30, 30]
    back, first = sorted(entries, key=lambda entry: entry["points"])
    assert (back["reverses"], first["reversed_by"]) == (first["id"], back["id"])


def test_what_earned_nothing_says_why(scene: Scene, cast: Cast, ledger: Ledger) -> None:
    scene.state(scene.fact(cast.anna, mandatory=True))
    (entry,) = ledger("anna")["entries"]
    assert (entry["points"], entry["reason"]) == (0, "mandatory")


def test_it_is_read_in_pages_that_neither_repeat_nor_leave_out(
    scene: Scene, cast: Cast, ledger: Ledger
) -> None:
    scene.state(*(scene.fact(cast.anna, "lesson_shared", days_ago=day) for day in range(7)))
    seen, before = [], None
    while True:
        told = ledger("anna", limit=3, **({"before": before} if before else {}))
        seen += [entry["id"] for entry in told["entries"]]
        before = told["next"]
        if before is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == [entry["id"] for entry in ledger("anna", limit=200)["entries"]]


def test_everybody_gets_their_own_only(scene: Scene, cast: Cast, ledger: Ledger) -> None:
    scene.earn(cast.anna)
    (entry,) = ledger("anna")["entries"]
    for name in ("ben", "mia", "clara", "dan", "leo", "cor"):
        assert ledger(name) == {"entries": [], "next": None}
        assert ledger(name, before=entry["id"])["entries"] == []


@pytest.mark.parametrize(
    "query", [{"before": 0}, {"before": "9" * 30}, {"limit": 0}, {"limit": 201}, {"before": "x"}]
)
def test_what_cannot_be_asked_is_refused(ledger: Ledger, query: dict[str, Any]) -> None:
    assert ledger("anna", 422, **query)["code"] == "invalid"


def test_who_does_without_points_has_no_ledger(scene: Scene, cast: Cast, ledger: Ledger) -> None:
    scene.earn(cast.anna)
    scene.choose(cast.anna, game=False)
    assert ledger("anna", 404)["code"] == "not-found"
    scene.choose(cast.anna, game=True)
    assert len(ledger("anna")["entries"]) == 1
    scene.decide(points_on=False)
    ledger("anna", 404)


# On the page ------------------------------------------------------------------------------------------------


def test_a_receipt_says_what_for_when_and_under_which_rules(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    activity = scene.id_of("activity", "a3")
    scene.state(scene.fact(cast.anna, activity_id=activity, confirmed_by=cast.mia))
    page = said(client_of("anna").get("/receipts").text)
    assert "+30" in page
    assert "30 points" in page
    assert "Confirmed by Mia" in page
    assert "How long 2 hours" in page
    assert "Under the rules of" in page


def test_the_same_in_dutch(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.state(scene.fact(cast.anna, mandatory=True))
    scene.choose(cast.anna, language="nl")
    page = said(client_of("anna").get("/receipts").text)
    assert "Verplicht leren levert geen punten op." in page
    assert "Hoelang 2 uur" in page


def test_what_was_taken_back_says_so_on_both_sides(scene: Scene, cast: Cast, client_of: Browser) -> None:
    fact = scene.fact(cast.anna)
    scene.state(fact)
    scene.state(FactTakenBack(person_id=cast.anna, source=fact.source))
    page = said(client_of("anna").get("/receipts").text)
    assert "This takes back an entry from before" in page
    assert "Another entry takes this back" in page


def test_a_badge_leads_to_its_receipt_and_the_receipt_to_the_badge(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 2)
    anna = client_of("anna")
    link = re.search(r'href="(/receipts\?entry=(\d+)#entry-\2)"', anna.get("/badges/two").text)
    assert link
    page = anna.get(link[1]).text
    assert f'id="entry-{link[2]}" open' in page
    assert 'href="/badges/two#why"' in page


def test_an_entry_of_somebody_else_opens_nothing(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna)
    entry = scene.ask("SELECT id FROM ledger_entry")[0][0]
    page = client_of("ben").get(f"/receipts?entry={entry}").text
    assert f"entry-{entry}" not in page
    assert "Nothing here yet" in page


def test_days_are_not_cut_in_two(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.state(*(scene.fact(cast.anna, "lesson_shared", days_ago=n // 4) for n in range(40)))
    anna = client_of("anna")
    heads: list[str] = []
    address, entries = "/receipts", 0
    while address:
        page = anna.get(address, headers={"HX-Request": "true"}).text
        heads += re.findall(r'<h2 id="(day-[^"]+)"', page)
        entries += page.count('<details class="receipt"')
        more = re.search(r'hx-get="(/receipts\?before=\d+)"', page)
        address = more[1] if more else ""
    assert entries == 40
    assert len(heads) == len(set(heads))


def test_who_does_without_points_has_no_receipts_and_no_link(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 2)
    scene.choose(cast.anna, game=False)
    anna = client_of("anna")
    assert anna.get("/receipts").status_code == 404
    assert "/receipts" not in anna.get("/badges/two").text


@pytest.mark.parametrize("query", ["before=0", "before=x", "entry=-1", "entry=" + "9" * 30])
def test_what_no_entry_can_be_is_refused_in_words(client_of: Browser, query: str) -> None:
    assert client_of("anna").get(f"/receipts?{query}").status_code == 422


# Points per month -------------------------------------------------------------------------------------------


def bars(page: str) -> tuple[list[tuple[str, str]], list[float], list[tuple[str, str]]]:
    """What the bars of a chart say, how high they are, and what the table behind them says."""
    chart = page.partition('<div class="chart">')[2].partition("</details>")[0]
    named = re.findall(r"<title>(.*?): ([\d.,-]+)</title>", chart)
    heights = [float(high) for high in re.findall(r'<rect [^>]*height="([\d.]+)"', chart)]
    table = re.findall(r'<th scope="row">(.*?)</th><td class="num">(.*?)</td>', chart)
    return named, heights, table


def test_points_per_month_are_drawn_and_the_table_has_the_figures_of_the_bars(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 2)
    scene.earn(cast.anna, 4, days_ago=70)
    scene.earn(cast.anna, 9, days_ago=500)
    scene.earn(cast.ben, 9)
    named, heights, table = bars(client_of("anna").get("/receipts").text)
    assert len(named) == 12
    assert named == table
    values = [int(value) for _, value in named]
    total = scene.ask(
        "SELECT sum(points) FROM ledger_entry WHERE person_id = :id AND earned_at > now() - interval '330 days'",
        id=cast.anna,
    )[0][0]
    assert sum(values) == total
    assert values[-1] > 0
    assert heights == [round(value / max(values) * 46 + 2, 1) for value in values]


def test_without_any_points_nothing_is_drawn(client_of: Browser) -> None:
    assert "Points per month" not in client_of("anna").get("/receipts").text


def test_an_older_page_of_receipts_and_a_swap_draw_nothing(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna)
    anna = client_of("anna")
    assert "Points per month" in anna.get("/receipts").text
    assert "Points per month" not in anna.get("/receipts", headers={"HX-Request": "true"}).text
