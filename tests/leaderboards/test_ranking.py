"""Ranks over plain scores."""

from hypothesis import given
from hypothesis import strategies as st

from leaderboards.ranking import Standing, around, card, in_order, many, page, percentile, ranked

SCORES = st.dictionaries(st.integers(0, 500), st.integers(-2, 12), max_size=60)


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    assert [row.rank for row in ranked([(1, 9), (2, 7), (3, 7), (4, 5)])] == [1, 2, 2, 4]


def test_within_a_tie_the_lower_number_stands_first() -> None:
    assert in_order({10: 5, 9: 5, 100: 6}) == [(100, 6), (9, 5), (10, 5)]


def test_who_has_no_points_stands_on_no_board() -> None:
    assert in_order({1: 0, 2: -3, 3: 1}) == [(3, 1)]
    assert card({1: 0, 3: 1}, 1) == (0, None, None, 1, 0, ())


def test_a_page_that_begins_within_a_tie_has_its_rank() -> None:
    assert page({1: 9, 2: 7, 3: 7, 4: 5}, 2, 2).rows == (Standing(2, 3, 7), Standing(4, 4, 5))


def test_a_card_stays_full_at_both_ends() -> None:
    scores = {member: 100 - member for member in range(40)}
    assert [row.member for row in card(scores, 0, 2).rows] == [0, 1, 2, 3, 4]
    assert [row.member for row in card(scores, 39, 2).rows] == [35, 36, 37, 38, 39]
    assert [row.member for row in card(scores, 20, 2).rows] == [18, 19, 20, 21, 22]
    assert around(1, 3, 12) == 0


def test_percentiles_go_from_hundred_down() -> None:
    assert [percentile(rank, 4) for rank in (1, 2, 3, 4)] == [100, 75, 50, 25]
    assert percentile(1, 1) == 100
    assert percentile(1000, 1000) == 0


@given(SCORES, st.integers(0, 70), st.integers(1, 30))
def test_a_page_is_the_same_rows_as_the_whole_board(scores: dict[int, int], offset: int, count: int) -> None:
    whole = ranked(in_order(scores))
    assert page(scores, offset, count).rows == whole[offset : offset + count]


@given(SCORES, st.integers(1, 12))
def test_a_card_agrees_with_the_whole_board(scores: dict[int, int], radius: int) -> None:
    whole = {row.member: row for row in ranked(in_order(scores))}
    assert many(scores, range(501)) == whole
    for member, standing in whole.items():
        mine = card(scores, member, radius)
        assert (mine.score, mine.rank, mine.size) == (standing.score, standing.rank, len(whole))
        assert standing in mine.rows
        assert len(mine.rows) == min(2 * radius + 1, len(whole))
