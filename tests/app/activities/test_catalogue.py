"""The catalogue is loaded from a file; sources propose what is not in it."""

from typing import Any

import pytest

from app.activities import actions, queries, records
from app.activities.rules import Proposal
from app.db import transaction
from app.errors import Refused
from tests.app.activities.scene import NOW, Catalogue, entry, record, report, tell
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("inside")


def load(*activities: dict[str, Any]) -> dict[str, int]:
    with transaction():
        return actions.load(activities, at=NOW)


def propose(*proposals: Proposal) -> dict[str, int]:
    found = tell(lambda: actions.propose(proposals, at=NOW)).result
    assert isinstance(found, dict)
    return found


def shown(**asked: Any) -> list[str]:
    rows, _ = queries.catalogue(locale="en", **asked)
    return [row.slug for row in rows]


def test_loading_again_changes_what_differs_and_keeps_the_ids(catalogue: Catalogue) -> None:
    again = load(entry("gas", "Working with gas, renewed", hours=3), entry("new", "New"))
    assert again["gas"] == catalogue.gas
    rows, _ = queries.catalogue(locale="en", text="renewed")
    assert [(row.title["en"], row.hours) for row in rows] == [("Working with gas, renewed", 3.0)]
    assert shown() == ["first-aid", "lifting", "new", "sampling", "gas"]


@pytest.mark.parametrize(
    ("activities", "said"),
    [
        ([entry("a", "A"), entry("a", "B")], "a: this slug stands in the file twice"),
        ([entry("a", "A", kind="party")], "a: kind"),
        ([entry("a", "A", repeats="week")], "a: repeats"),
        ([entry("a", "A", skills=["flying"])], "no skill called flying"),
        ([entry("a", "A", known_as=["urn:x"]), entry("b", "B", known_as=["urn:x"])], "urn:x"),
        ([{"slug": "a"}], "a: kind is missing"),
        ([entry("a", "A", colour="red")], "a: colour is not known"),
        ([entry("a", "A", hours="two")], "a: hours"),
        ([entry("a", "A", hours=-1)], "a: hours"),
        ([entry("a", "A", title={"en": "A"})], "a: title"),
        ([entry("a", "A", url="javascript:alert(1)")], "a: url"),
        ([entry("A b", "A")], "slug"),
        (["a"], "number 1"),
        ({"a": 1}, "a list"),
    ],
)
def test_a_catalogue_that_does_not_fit_is_refused_with_the_reason(
    catalogue: Catalogue, activities: Any, said: str
) -> None:
    with pytest.raises(Refused, match=said), transaction():
        actions.load(activities, at=NOW)


def test_what_a_source_names_and_nobody_knows_is_proposed_and_not_shown(catalogue: Catalogue) -> None:
    ids = propose(
        {"iri": "https://lms.example/new", "title": {"nl": "Nieuw", "en": "New"}, "kind": "course"},
        {"iri": "https://lms.example/gas", "title": {"nl": "Gas", "en": "Gas"}, "kind": "course"},
    )
    assert ids["https://lms.example/gas"] == catalogue.gas
    assert queries.by_id(ids.values())[ids["https://lms.example/new"]].state == "proposed"
    assert "New" not in [row.title["en"] for row in queries.catalogue(locale="en")[0]]


def test_proposing_again_is_the_same_activity(catalogue: Catalogue) -> None:
    proposal: Proposal = {"iri": "urn:x", "title": {"nl": "X", "en": "X"}, "kind": "course"}
    assert propose(proposal) == propose({**proposal, "title": {"nl": "Y", "en": "Y"}}) != {}
    assert propose() == {}


def test_a_name_that_the_catalogue_claims_leads_there_from_then_on(cast: Cast, catalogue: Catalogue) -> None:
    propose({"iri": "urn:x", "title": {"nl": "X", "en": "X"}, "kind": "course"})
    load(entry("gas", "Working with gas", known_as=["urn:x"]))
    assert queries.known_as(["urn:x", "urn:y"]) == {"urn:x": catalogue.gas}


def test_each_filter_narrows_the_catalogue(catalogue: Catalogue) -> None:
    assert shown(kind="workshop") == ["lifting"]
    assert shown(skill="safety") == ["first-aid", "lifting", "gas"], "with the skills below it"
    assert shown(skill="unknown") == []
    assert shown(language="en") == ["first-aid", "lifting", "gas"]
    assert shown(hours=2.0) == ["lifting", "gas"]
    assert shown(text="GAS working") == ["gas"]
    assert shown(text="utrecht") == ["first-aid"]
    assert shown(text="100%") == shown(text="_") == shown(text="\\") == []


def test_the_catalogue_comes_in_pages(catalogue: Catalogue) -> None:
    load(*[entry(f"x{number:02}", f"X {number:02}") for number in range(30)])
    first, more = queries.catalogue(locale="nl")
    second, end = queries.catalogue(locale="nl", page=2)
    assert (len(first), more, len(second), end) == (queries.PAGE, True, 34 - queries.PAGE, False)
    assert not {row.id for row in first} & {row.id for row in second}


def test_my_state_is_the_latest_that_stands(cast: Cast, catalogue: Catalogue) -> None:
    record(report(cast.anna, catalogue.gas, NOW, "a"))
    states = records.states_of(cast.anna, [catalogue.gas, catalogue.lifting])
    assert {activity: row.state for activity, row in states.items()} == {catalogue.gas: "confirmed"}
    assert records.states_of(cast.anna, []) == {}
