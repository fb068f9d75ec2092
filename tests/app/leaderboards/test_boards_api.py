"""Leaderboards in JSON: their shape, who is on them, and who may see whom."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.app.leaderboards.scene import Scene
from tests.cast import Cast

Headers = Callable[[str], dict[str, str]]
Ask = Callable[..., Any]
ALL = ("anna", "ben", "mia", "cor", "eve", "clara", "dan", "leo")


@pytest.fixture(autouse=True)
def house(scene: Scene, cast: Cast, made_once: Callable[..., None]) -> None:
    made_once("all with their names", lambda: _name_all(scene, cast))


def _name_all(scene: Scene, cast: Cast) -> None:
    scene.load()
    for name in ALL:
        scene.choose(cast.id_of(name), board_choice="named")


@pytest.fixture
def ask(app: Flask, token_of: Headers) -> Ask:
    """`ask("anna", scope="team:1")` is the board as Anna gets it."""

    def asked(who: str, status: int = 200, **query: Any) -> Any:
        answer = app.test_client().get("/api/v1/boards", query_string=query, headers=token_of(who))
        assert answer.status_code == status, answer.text
        return answer.get_json()

    return asked


@pytest.fixture(params=["redis", "postgresql"])
def ready(scene: Scene, request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """To be called when all is earned: the same must hold with Redis and without."""
    if request.param == "redis":
        yield scene.project
    else:
        with scene.redis_away():
            yield lambda: None


def ranks(board: Any) -> list[tuple[int, int, str | None]]:
    return [(row["rank"], row["score"], row["name"]) for row in board["rows"]]


# Shape ------------------------------------------------------------------------------------------------------


def test_a_board_has_the_shape_that_the_outside_relies_on(
    scene: Scene, cast: Cast, ask: Ask, ready: Any
) -> None:
    scene.earn(cast.anna, 2)
    scene.earn(cast.ben)
    ready()
    board = ask("ben", scope="organisation", period="month", around="me")
    assert set(board) == {"board", "size", "updated_at", "me", "rows"}
    assert board["board"].startswith("organisation 2")
    assert board["size"] == 2
    assert board["me"] == {"rank": 2, "score": 30, "percentile": 50}
    assert board["rows"] == [
        {"rank": 1, "score": 60, "name": "Anna", "person_id": cast.anna, "me": False},
        {"rank": 2, "score": 30, "name": "Ben", "person_id": cast.ben, "me": True},
    ]


def test_who_has_no_points_is_nowhere_and_still_sees_the_others(
    scene: Scene, cast: Cast, ask: Ask, ready: Any
) -> None:
    scene.earn(cast.anna)
    ready()
    assert ask("ben", around="me") | {"updated_at": "", "board": ""} == {
        "board": "", "size": 1, "updated_at": "", "me": None, "rows": []
    }  # fmt: skip
    assert ranks(ask("ben")) == [(1, 30, "Anna")]


def test_equal_scores_share_a_rank_and_the_next_is_skipped(
    scene: Scene, cast: Cast, ask: Ask, ready: Any
) -> None:
    scene.earn(cast.eve, 2)
    scene.earn(cast.anna, 1)
    scene.earn(cast.ben, 1)
    scene.earn(cast.mia, 1)
    ready()
    assert [row[0] for row in ranks(ask("mia"))] == [1, 2, 2, 2]
    scene.earn(cast.ben)
    ready()
    assert [row[0] for row in ranks(ask("mia"))] == [1, 1, 3, 3]


def test_a_board_is_read_page_by_page(scene: Scene, cast: Cast, ask: Ask, ready: Any) -> None:
    for number, name in enumerate(("anna", "ben", "mia", "eve", "dan"), start=1):
        scene.earn(cast.id_of(name), number)
    ready()
    pages = [ranks(ask("anna", page=page, per_page=2)) for page in (1, 2, 3, 4)]
    assert [row[2] for page in pages for row in page] == ["Dan", "Eve", "Mia", "Ben", "Anna"]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert ask("anna", page=4)["me"]["rank"] == 5


@pytest.mark.parametrize("query", [{"page": 0}, {"per_page": 101}, {"per_page": 0}, {"page": "x"}, {"period": "day"},
                                   {"around": "you"}, {"page": "9" * 30}])  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_the_field(ask: Ask, query: dict[str, Any]) -> None:
    told = ask("anna", 422, **query)
    assert told["code"] == "invalid"
    assert set(told["errors"]) & {*query, "query"}


# Scopes -----------------------------------------------------------------------------------------------------


def test_each_scope_has_its_people(scene: Scene, cast: Cast, ask: Ask, ready: Any) -> None:
    scene.earn(cast.anna, 2, skills=(scene.id_of("skill", "lab"),))
    scene.earn(cast.cor)
    scene.earn(cast.eve)
    ready()
    assert {row[2] for row in ranks(ask("anna", scope="organisation"))} == {"Anna", "Cor", "Eve"}
    assert {row[2] for row in ranks(ask("anna", scope=f"department:{cast.water}"))} == {"Anna", "Cor"}
    assert {row[2] for row in ranks(ask("anna", scope=f"team:{cast.north}"))} == {"Anna"}
    for slug in ("lab", "water"):
        assert ranks(ask("anna", scope=f"skill:{scene.id_of('skill', slug)}")) == [(1, 60, "Anna")]
    assert ask("anna", scope=f"skill:{scene.id_of('skill', 'pumps')}")["size"] == 0


@pytest.mark.parametrize("period", ["week", "month", "quarter", "year", "all"])
def test_each_period_holds_what_happened_in_it(
    scene: Scene, cast: Cast, ask: Ask, ready: Any, period: str
) -> None:
    scene.earn(cast.anna)
    ready()
    assert ask("anna", period=period)["me"]["score"] == 30


def test_the_window_before_is_another_board_and_of_all_time_there_is_none(
    scene: Scene, cast: Cast, ask: Ask
) -> None:
    scene.earn(cast.anna)
    before = ask("anna", period="month", before="true")
    assert (before["size"], before["me"]) == (0, None)
    assert before["board"] != ask("anna", period="month")["board"]
    ask("anna", 404, period="all", before="true")


@pytest.mark.parametrize(
    "scope",
    ["team:0", "team:-1", "team:99999999999999999999", "team:999999", "skill:x", "skill:1;drop", "department:",
     "organisation:1", "Organisation", "", "team:１", "team:1 ", "*", "department:1.0"],
)  # fmt: skip
def test_a_scope_that_is_not_there_is_not_found(ask: Ask, scope: str) -> None:
    told = ask("anna", 404, scope=scope)
    assert told["code"] == "not-found"


def test_an_address_with_a_nul_is_no_address(ask: Ask) -> None:
    assert ask("anna", 400, scope="te\x00am:1")["code"] == "unreadable"


def test_a_team_is_no_department(cast: Cast, ask: Ask) -> None:
    ask("anna", 404, scope=f"department:{cast.north}")
    ask("anna", 404, scope=f"team:{cast.water}")


# Who is seen ------------------------------------------------------------------------------------------------


def test_who_is_out_leaves_rows_size_and_ranks_at_once(
    scene: Scene, cast: Cast, ask: Ask, ready: Any
) -> None:
    scene.earn(cast.anna, 3)
    scene.earn(cast.ben, 2)
    scene.earn(cast.mia, 1)
    ready()
    scene.choose(cast.anna, board_choice="out")
    for scope in ("organisation", f"department:{cast.water}", f"team:{cast.north}"):
        assert ranks(ask("mia", scope=scope)) == [(1, 60, "Ben"), (2, 30, "Mia")]
        assert ask("mia", scope=scope)["size"] == 2
        assert ask("anna", scope=scope)["me"] is None
    scene.choose(cast.anna, board_choice="named")
    assert ask("anna")["me"]["rank"] == 1
    assert ranks(ask("anna", around="me"))[0] == (1, 90, "Anna")


def test_an_unnamed_row_is_shown_only_among_at_least_five(
    scene: Scene, cast: Cast, ask: Ask, ready: Any
) -> None:
    more = scene.hire(5)
    for person in (cast.anna, *more):
        scene.earn(person)
    for person in more[:4]:
        scene.choose(person, board_choice="unnamed")
    scene.choose(more[4], board_choice="named")
    scene.project()
    ready()
    four = ask("anna", scope=f"team:{cast.north}")
    assert [row["name"] for row in four["rows"]] == ["Anna", "North 4"]
    assert four["size"] == 6
    scene.choose(more[4], board_choice="unnamed")
    five = ask("anna", scope=f"team:{cast.north}")
    assert [(row["name"], row["person_id"]) for row in five["rows"]] == [
        ("Anna", cast.anna),
        *[(None, None)] * 5,
    ]


def test_one_sees_oneself_by_name_however_few_are_unnamed(
    scene: Scene, cast: Cast, ask: Ask, ready: Any
) -> None:
    scene.earn(cast.anna)
    scene.earn(cast.ben)
    scene.choose(cast.ben, board_choice="unnamed")
    ready()
    assert [row[2] for row in ranks(ask("ben"))] == ["Anna", "Ben"]
    assert [row[2] for row in ranks(ask("anna"))] == ["Anna"]
    assert ask("anna")["size"] == 2


def test_who_has_not_chosen_yet_is_unnamed(
    scene: Scene, app: Flask, cast: Cast, ask: Ask, ready: Any
) -> None:
    more = scene.hire(5)
    for person in more:
        scene.earn(person)
    scene.project()
    ready()
    assert [row[2] for row in ranks(ask("anna"))] == [None] * 5


# Without ----------------------------------------------------------------------------------------------------


def test_who_does_without_boards_finds_none(scene: Scene, cast: Cast, ask: Ask) -> None:
    scene.choose(cast.anna, game=False)
    assert ask("anna", 404)["code"] == "not-found"
    assert ask("anna", 404, scope=f"team:{cast.north}", around="me")["code"] == "not-found"
    ask("ben")


def test_who_does_without_boards_stands_on_none(scene: Scene, cast: Cast, ask: Ask) -> None:
    scene.earn(cast.anna)
    scene.project()
    before = ask("ben")["size"]
    scene.choose(cast.anna, game=False)
    scene.project()
    assert ask("ben")["size"] == before - 1
    scene.choose(cast.anna, game=True, board_choice="unnamed")
    scene.project()
    assert ask("ben")["size"] == before


@pytest.mark.parametrize("switch", ["points_on", "boards_on"])
def test_an_organisation_can_do_without(scene: Scene, ask: Ask, switch: str) -> None:
    scene.decide(**{switch: False})
    ask("anna", 404)


def test_nobody_and_programs_of_nobody_get_no_board(app: Flask, platform: dict[str, str]) -> None:
    assert app.test_client().get("/api/v1/boards").status_code == 401
    assert app.test_client().get("/api/v1/boards", headers=platform).status_code == 403


# Redis ------------------------------------------------------------------------------------------------------


def test_the_same_standings_come_from_postgresql(scene: Scene, app: Flask, cast: Cast, ask: Ask) -> None:
    for number, name in enumerate(ALL, start=1):
        scene.earn(cast.id_of(name), number // 2 or 1)
    scene.project()
    asked = [
        {"around": "me"},
        {"page": 1, "per_page": 3},
        {"scope": f"department:{cast.water}"},
        {"period": "year"},
    ]
    live = [ask("anna", **query) for query in asked]
    with scene.redis_away():
        ledger = [ask("anna", **query) for query in asked]
    for one, other in zip(live, ledger, strict=True):
        assert one | {"updated_at": ""} == other | {"updated_at": ""}
