"""A file stays light however much is said in it: what a vote or a piece of evidence adds to its page is small."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.reviews import rules
from tests.app.reviews.conftest import Scene


def elements(text: str) -> int:
    return len(re.findall(r"<[a-z]", text))


def test_a_vote_with_its_reason_is_ten_elements_at_most(scene: Scene, client_of: Callable[..., Any]) -> None:
    """So six criteria, three members and 18 pieces of evidence are 823 at once, of 1,100 before."""
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


def test_in_a_long_file_a_criterion_brings_what_is_in_it_as_it_is_opened(
    scene: Scene, browser_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    scene.hand_in(review, "ben")
    clara, path = browser_of("clara"), f"/reviews/{review}"
    whole = clara.get(path).text
    monkeypatch.setattr(rules, "LONG", 2)
    page = clara.get(path).text
    assert elements(page) < elements(whole)
    assert page.count("panel-said") == 1  # of the first, which is open
    link = re.findall(r'<a class="link" href="([^"]*)#criterion-\d+">Show what is here', page)[-1]
    assert clara.get(link).text.count("panel-said") == 1
    part = clara.get(link, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div class="crit-body">')
    assert part.count("panel-said") == 1
    assert browser_of("dan").get(link, headers={"HX-Request": "true"}).status_code == 404
    assert elements(clara.get(f"{path}?open=all").text) == elements(whole)
    nothing = clara.get(f"{path}?open=999999").text
    assert nothing.count("panel-said") == 1
    employee = browser_of("anna").get(path).text
    assert employee.count("Show what is here") == page.count("Show what is here")
