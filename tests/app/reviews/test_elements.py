"""A file stays light however much is said in it: what a vote or a piece of evidence adds to its page is small."""

import re
from collections.abc import Callable
from typing import Any

from tests.app.reviews.conftest import Scene


def elements(text: str) -> int:
    return len(re.findall(r"<[a-z]", text))


def test_a_vote_with_its_reason_is_ten_elements_at_most(scene: Scene, client_of: Callable[..., Any]) -> None:
    """Six criteria, three members and 18 pieces of evidence: 823 in the demo as HR sees them, of 1,100 before."""
    counted = []
    for holder, members in (("anna", ("ben",)), ("eve", ("ben", "leo", "dan"))):
        review = scene.review(holder)
        scene.seat(review, "member", *members)
        for name in members:
            scene.hand_in(review, name)
        counted.append(elements(client_of("clara").get(f"/reviews/{review}").text))
    more_votes = 2 * len(scene.asked)
    in_lists_of_the_file = 2 * (4 + 2 * 4)  # each member stands in the panel, and twice in what happened
    assert counted[1] - counted[0] <= 10 * more_votes + in_lists_of_the_file
