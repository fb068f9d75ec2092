"""Names as they are compared, and as they stand in addresses."""

import pytest

from app.finding import in_address
from app.people.rules import handle_of
from app.vision.rules import slug_of


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Noor Jansen", "noor-jansen"),
        ("Fatma Yıldız", "fatma-yildiz"),
        ("Łukasz Wójcik", "lukasz-wojcik"),
        ("Anne-Mette Sørensen", "anne-mette-sorensen"),
        ("Þóra Guðmundsdóttir", "thora-gudmundsdottir"),
        ("  O'Brien & Cœur ", "o-brien-coeur"),
        ("山田", ""),
    ],
)
def test_a_name_keeps_its_letters_in_an_address(name: str, told: str) -> None:
    assert in_address(name) == told


def test_people_and_things_without_a_letter_of_ascii_have_an_address_too() -> None:
    assert handle_of("山田", {"colleague"}) == "colleague-2"
    assert slug_of("山田", ()) == "new"
