"""Scopes and boards: how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboards.boards import ORGANISATION, SCOPES, Board, Scope, UnknownScope, board_of, key_of
from tests.each import each

SOME_SCOPES = st.one_of(
    st.just(ORGANISATION), st.builds(Scope, st.sampled_from(SCOPES[1:]), st.integers(1, 10**12))
)
BOARDS = st.builds(Board, SOME_SCOPES, st.sampled_from(["2026-W47", "2026-11", "2026-Q4", "2026", "all"]))


def test_keys_carry_the_window_as_hash_tag() -> None:
    assert key_of(Board(ORGANISATION, "2026-W47"), "b") == "b:{2026-W47}:o"
    assert key_of(Board(Scope("department", 12), "all"), "b") == "b:{all}:d:12"


@given(BOARDS, st.sampled_from(["b", "blijk:test", "b{1}"]))
def test_a_key_names_its_board(board: Board, prefix: str) -> None:
    assert board_of(key_of(board, prefix), prefix) == board


@each("key", ["b:{all}:epoch", "b:{all}:x:1", "c:{all}:o", "b:{all}:d", "b:all:o", ""])
def test_other_keys_are_no_boards(key: str) -> None:
    assert board_of(key, "b") is None


@given(SOME_SCOPES)
def test_a_scope_reads_back(scope: Scope) -> None:
    assert Scope.parse(str(scope)) == scope


@each(
    "text",
    [
        "",
        "team",
        "team:",
        "team:0",
        "team:-1",
        "team:1 ",
        "team:1\n",
        "team:٣",
        "Team:1",
        "organisation:1",
        "x:1",
    ],
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(UnknownScope):
        Scope.parse(text)
