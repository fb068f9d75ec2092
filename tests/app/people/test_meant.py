"""Which colleague a typed name means."""

import pytest
from flask import Flask

from app.people.meant import WhoIsMeant, meant
from tests.cast import Cast, hire


@pytest.mark.parametrize(
    "typed",
    ["Eve (eve)", "Whatever (eve)", "eve", " EV ", "eve@waterveld.example", "EVE@Waterveld.example", "Évé"],
)
def test_a_suggestion_a_name_a_part_of_it_and_an_address_mean_one(app: Flask, cast: Cast, typed: str) -> None:
    with app.test_request_context():
        found = meant(typed, field="who")
        assert found is not None
        assert found.id == cast.eve


@pytest.mark.parametrize("typed", ["", "  "])
def test_nothing_typed_means_nobody(app: Flask, cast: Cast, typed: str) -> None:
    with app.test_request_context():
        assert meant(typed, field="who") is None


@pytest.mark.parametrize("typed", ["Zzz", "%", "_", "((", "Eve (nobody)", "Eve (ev)", "a@b", "\u0301"])
def test_whom_nobody_knows_is_refused_with_the_field(app: Flask, cast: Cast, typed: str) -> None:
    with app.test_request_context(), pytest.raises(WhoIsMeant) as no:
        meant(typed, field="who")
    assert no.value.status == 422
    assert list(no.value.fields) == ["who"]
    assert not no.value.maybe


def test_of_several_it_says_who_it_can_be_and_a_whole_name_is_one_of_them(app: Flask, cast: Cast) -> None:
    with app.test_request_context():
        (other,) = hire("benjamin")
        with pytest.raises(WhoIsMeant) as no:
            meant("be", field="who")
        assert {one.id for one in no.value.maybe} == {cast.ben, other}
        found = meant("ben", field="who")
        assert found is not None
        assert found.id == cast.ben


def test_ones_own_name_is_refused_as_such(app: Flask, cast: Cast) -> None:
    with app.test_request_context():
        with pytest.raises(WhoIsMeant) as no:
            meant("anna", field="who", but=cast.anna)
        assert "eigen naam" in str(no.value.message)


def test_a_part_of_ones_own_name_means_the_other_and_ones_own_handle_oneself(app: Flask, cast: Cast) -> None:
    with app.test_request_context():
        (other,) = hire("annelies")
        found = meant("ann", field="who", but=cast.anna)
        assert found is not None
        assert found.id == other
        oneself = meant("Anna (anna)", field="who", but=cast.anna)
        assert oneself is not None
        assert oneself.id == cast.anna
