"""Who opens a page for Lighthouse, for its weight and for its picture."""

import pytest

from tools.screenshots import opened_by
from tools.weight import PAGES


@pytest.mark.parametrize(
    ("page", "who", "path"),
    [("/album", "", "/album"), ("maaike:/team", "maaike", "/team"), ("/learn?q=a:b", "", "/learn?q=a:b")],
)
def test_a_page_names_who_opens_it_or_leaves_it_to_the_first_of_the_demo(
    page: str, who: str, path: str
) -> None:
    assert opened_by(page) == (who, path)


def test_each_page_that_is_weighed_is_a_path_of_somebody() -> None:
    assert all(opened_by(page)[1].startswith("/") for page in PAGES)
