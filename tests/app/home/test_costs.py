"""A page asks the database a few questions, and no more of them when there is more to show."""

from collections.abc import Callable

import pytest
from sqlalchemy import event

from app.db import db
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast, SignedIn
from tests.small import BADGES

Browser = Callable[[str], SignedIn]


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 24), ("/album", 8), ("/album?by=skill", 8), ("/badges/five", 11), ("/receipts", 4), ("/leaderboards", 14),
     ("/recognitions", 9), ("/moment", 6), ("/api/v1/badges", 7), ("/help", 4), ("/privacy", 5)],
)  # fmt: skip
def test_more_to_show_is_no_more_to_ask(
    scene: Scene, cast: Cast, client_of: Browser, path: str, most: int
) -> None:
    scene.load(BADGES)
    scene.choose(cast.anna, board_choice="named")
    for name in ("anna", "ben", "eve"):
        scene.earn(cast.id_of(name))
    scene.project()
    anna = client_of("anna")
    anna.get(path)  # what is read once per process
    few = asked(scene, anna, path)
    for person in (cast.anna, cast.ben, *scene.hire(5)):
        scene.earn(person, 6)
    scene.state(*(scene.fact(cast.anna, "kudos_received", counterpart_id=cast.ben) for _ in range(5)))
    scene.project()
    new = {"/": 4, "/moment": 4, "/leaderboards": 1}.get(
        path, 0
    )  # badges that are new, and those beside names
    assert (
        asked(scene, anna, path) <= few + 2 + new
    )  # what rests on awards, and on who takes part without a name
    assert asked(scene, anna, path) <= most


def test_what_waits_for_somebody_is_asked_in_one_statement(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    """The layout says how much waits: words to give, names to lend, a badge that was not shown."""
    anna = client_of("anna")
    anna.get("/lessons")
    each = ("state = 'waiting'", "g.answered_at IS NULL", "seen_at IS NULL")
    found = [one for one in statements(scene, anna, "/lessons") if any(part in one for part in each)]
    assert len(found) == 1
    assert all(part in found[0] for part in each)


def asked(scene: Scene, browser: SignedIn, path: str) -> int:
    return len(statements(scene, browser, path))


def statements(scene: Scene, browser: SignedIn, path: str) -> list[str]:
    found: list[str] = []

    def note(*about: object) -> None:
        found.append(str(about[2]))

    with scene.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        swap = {"HX-Request": "true"} if path == "/moment" else {}
        assert browser.get(path, headers=swap).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return found
