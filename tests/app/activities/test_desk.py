"""L&D keeps the catalogue in the browser; what counts already stays as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.activities import actions, logs, queries
from app.audit.queries import acts
from app.db import db, transaction
from app.errors import Conflict, Refused
from app.facts.models import Fact
from app.outbox import settle
from tests.app.activities.scene import NOW, Catalogue, entry, record, report
from tests.app.activities.test_races import at_once
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
FORM: dict[str, Any] = {
    "title_nl": "Gas veilig", "title_en": "Gas, safely", "summary_nl": "Kort", "summary_en": "In short",
    "kind": "workshop", "hours": "3", "language": "nl", "place": "Utrecht", "url": "", "repeats": "year",
    "skills": ["water"], "known_as": "https://lms.example/gas\nurn:gas",
}  # fmt: skip


def version_of(app: Flask, slug: str) -> int:
    with app.app_context():
        version: int = queries.edited(slug).version
        return version


def kept(app: Flask, slug: str) -> Any:
    with app.app_context():
        return queries.written([queries.edited(slug)])[0]


def test_an_activity_is_made_and_everybody_finds_it(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    answer = client_of("leo").post("/admin/catalogue/new", data={**FORM, "known_as": "urn:new"})
    assert answer.location == "/admin/catalogue/gas-safely?saved=saved"
    assert kept(app, "gas-safely") == {
        "slug": "gas-safely", "kind": "workshop", "title": {"nl": "Gas veilig", "en": "Gas, safely"},
        "summary": {"nl": "Kort", "en": "In short"}, "hours": 3.0, "language": "nl", "place": "Utrecht", "url": "",
        "mandatory": False, "repeats": "year", "skills": ["water"], "known_as": ["urn:new"],
    }  # fmt: skip
    assert "Gas, safely" in client_of("anna").get("/learn").text
    with app.app_context():
        assert [entry.detail["slug"] for entry in acts("activity:edited")] == ["gas-safely"]


def test_a_change_counts_forward_only(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    with app.app_context():
        record(report(cast.anna, catalogue.gas, NOW, "a"))
    data = {**FORM, "mandatory": "1", "version": version_of(app, "gas")}
    assert client_of("leo").post("/admin/catalogue/gas", data=data).status_code == 303
    with app.app_context():
        record(report(cast.ben, catalogue.gas, NOW, "b"))
        facts = {fact.person_id: fact for fact in db.session.query(Fact)}
        before, after = facts[cast.anna], facts[cast.ben]
    assert (before.hours, before.activity_kind, before.mandatory, before.skills) == (
        2,
        "course",
        False,
        [catalogue.safety],
    )
    assert (after.hours, after.activity_kind, after.mandatory, after.skills) == (
        3,
        "workshop",
        True,
        [catalogue.water],
    )


def test_of_two_edits_at_once_the_second_sees_both_versions(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    seen = version_of(app, "gas")
    leo = client_of("leo")
    assert leo.post("/admin/catalogue/gas", data={**FORM, "version": seen}).status_code == 303
    answer = leo.post(
        "/admin/catalogue/gas", data={**FORM, "title_en": "Mine", "hours": "9", "version": seen}
    )
    assert answer.status_code == 409
    assert "Somebody else changed this" in answer.text
    theirs = answer.text.partition("What stands now")[2].partition("</section>")[0]
    assert "Gas, safely" in theirs
    assert "Place" not in theirs
    assert 'value="Mine"' in answer.text
    assert kept(app, "gas")["title"]["en"] == "Gas, safely"
    again = {**FORM, "title_en": "Mine", "version": version_of(app, "gas")}
    assert f'name="version" value="{again["version"]}"' in answer.text
    assert leo.post("/admin/catalogue/gas", data=again).status_code == 303


@pytest.mark.usefixtures("inside")
def test_of_two_real_edits_at_once_one_holds(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    seen = version_of(app, "gas")
    wanted = [{**entry("gas", f"Gas {number}", state="published")} for number in range(4)]
    for one in wanted:
        del one["slug"]
    answers = at_once(
        app,
        *[lambda one=one: actions.edit("gas", one, version=seen, by=cast.leo, at=NOW) for one in wanted],
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title_nl": ""}, "Say it in Dutch and in English"),
        ({"title_en": "x" * 201}, "200 characters or fewer"),
        ({"kind": "party"}, "what kind"),
        ({"hours": "two"}, "as a number"),
        ({"hours": "nan"}, "as a number"),
        ({"hours": "1e400"}, "as a number"),
        ({"summary_en": ""}, "both languages, or in neither"),
        ({"url": "javascript:alert(1)"}, "begins with http"),
        ({"skills": ["flying"]}, "no skill called flying"),
        ({"known_as": "\n".join(f"urn:{number}" for number in range(51))}, "at most 50"),
        ({"title_nl": "a\x00b"}, "Look at the fields below"),
        ({"version": "9" * 40}, "Look at the fields below"),
    ],
)
def test_what_does_not_fit_comes_back_with_what_was_typed(
    app: Flask, client_of: Browser, catalogue: Catalogue, wrong: dict[str, Any], said: str
) -> None:
    before = kept(app, "gas")
    answer = client_of("leo").post("/admin/catalogue/gas", data={**FORM, "place": "Delft", **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Delft"' in answer.text
    assert kept(app, "gas") == before


def test_an_id_of_another_activity_is_not_taken_away_but_a_proposal_s_is(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    leo = client_of("leo")
    answer = leo.post("/admin/catalogue/lifting", data=FORM)
    assert answer.status_code == 422
    assert "is known as another activity already: gas" in answer.text
    with app.app_context(), transaction():
        actions.propose([{"iri": "urn:x", "title": {"en": "X", "nl": "X"}, "kind": "course"}], at=NOW)
    assert leo.post("/admin/catalogue/lifting", data={**FORM, "known_as": "urn:x"}).status_code == 303
    with app.app_context():
        assert queries.known_as(["urn:x"])["urn:x"] == catalogue.lifting
    assert leo.post("/admin/catalogue/lifting", data={**FORM, "known_as": ""}).status_code == 303
    with app.app_context():
        assert queries.known_as(["urn:x"]) == {}


def test_retired_is_gone_from_learn_and_stays_with_who_completed_it(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    with app.app_context():
        record(report(cast.anna, catalogue.gas, NOW, "a"))
    leo = client_of("leo")
    assert leo.post("/admin/catalogue/gas/state", data={"state": "retired"}).status_code == 303
    assert "Working with gas" not in client_of("ben").get("/learn").text
    assert client_of("ben").get("/learn/gas").status_code == 404
    assert client_of("anna").get("/learn/gas").status_code == 200
    assert "Retired" in leo.get("/admin/catalogue?state=retired").text
    assert kept(app, "gas")["state"] == "retired"
    leo.post("/admin/catalogue/gas/state", data={"state": "published"})
    assert client_of("ben").get("/learn/gas").status_code == 200


def test_a_proposal_is_published_and_an_own_log_is_not_on_the_desk(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    with app.app_context(), transaction():
        actions.propose([{"iri": "urn:x", "title": {"en": "From a platform"}, "kind": "course"}], at=NOW)
        log = {"person_id": cast.anna, "title": "My own thing", "kind": "course", "skill_id": catalogue.water}
        logs.log_completions([{**log, "completed_on": NOW.date(), "note": "x"}], at=NOW)  # type: ignore[list-item]
        settle(NOW)
        own, slug = queries.all_slugs(), queries.owners_of(["urn:x"])["urn:x"].slug
    leo = client_of("leo")
    page = leo.get("/admin/catalogue?state=proposed").text
    assert "From a platform" in page
    assert "My own thing" not in leo.get("/admin/catalogue").text
    (hidden,) = [one for one in own if one.startswith("own-")]
    assert leo.get(f"/admin/catalogue/{hidden}").status_code == 404
    assert leo.post(f"/admin/catalogue/{slug}/state", data={"state": "published"}).status_code == 303
    assert "From a platform" in client_of("anna").get("/learn").text


def test_words_kinds_and_states_narrow_the_desk(client_of: Browser, catalogue: Catalogue) -> None:
    leo = client_of("leo")
    assert "Lifting safely" in leo.get("/admin/catalogue?q=lifting").text
    assert "Lifting safely" not in leo.get("/admin/catalogue?kind=course").text
    assert "Nothing fits" in leo.get("/admin/catalogue?state=retired").text
    assert leo.get("/admin/catalogue?state=x").status_code == 422


def test_the_empty_catalogue_says_what_to_do(cast: Cast, client_of: Browser) -> None:
    page = client_of("leo").get("/admin/catalogue").text
    assert "The catalogue is empty" in page
    assert 'href="/admin/catalogue-file/starter"' in page


def test_the_api_keeps_activities_with_the_same_rules(
    app: Flask, cast: Cast, catalogue: Catalogue, token_of: Callable[[str], dict[str, str]], client: Any
) -> None:
    leo = token_of("leo")
    new = {"title": {"nl": "Nieuw", "en": "New"}, "kind": "course", "skills": ["water"]}
    made = client.post("/api/v1/activities", json=new, headers=leo)
    assert (made.status_code, made.json["slug"], made.json["version"]) == (201, "new", 1)
    path = "/api/v1/activities/new"
    changed = client.put(path, json={**new, "hours": 4, "version": 1}, headers=leo)
    assert (changed.status_code, changed.json["hours"], changed.json["version"]) == (200, 4.0, 2)
    assert client.put(path, json={**new, "version": 1}, headers=leo).status_code == 409
    assert client.put(path, json={**new, "title": {"en": "Only"}}, headers=leo).status_code == 422
    assert client.put(path, json={**new, "state": "retired"}, headers=leo).json["state"] == "retired"
    assert client.get(path, headers=leo).json["state"] == "retired"
    assert client.post("/api/v1/activities", json=new, headers=token_of("anna")).status_code == 403


@pytest.mark.usefixtures("inside")
def test_editing_what_is_not_there_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(Refused):
        actions.edit("nothing", entry("nothing", "N"), version=None, by=None, at=NOW)
