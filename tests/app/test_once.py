"""What is sent twice is done once."""

from dataclasses import dataclass

import pytest

from app import once


@dataclass(frozen=True)
class Wish:
    words: str
    known_as: str | None = None


@dataclass(frozen=True)
class Row:
    id: int
    once: str | None = None


def test_of_several_with_one_key_the_first_is_new_and_each_without_a_key_is_its_own() -> None:
    items = [Wish("a", "k"), Wish("b"), Wish("a again", "k"), Wish("b")]
    assert list(once.new(items).values()) == [items[0], items[1], items[3]]


def test_what_came_before_is_not_new_and_has_the_id_that_it_had() -> None:
    items = [Wish("b"), Wish("a", "k")]
    fresh = once.new(items, {"k": 7})
    assert list(fresh.values()) == [items[0]]
    assert once.ids_of(items, {"k": 7} | dict(zip(fresh, [8], strict=True))) == [8, 7]


def test_rows_without_a_key_belong_to_the_items_without_one_in_the_order_of_their_ids() -> None:
    items = [Wish("a"), Wish("b", "k"), Wish("c")]
    fresh = once.new(items)
    rows = [Row(12), Row(11, "k"), Row(10)]
    assert once.ids_of(items, once.made(fresh, rows)) == [10, 11, 12]


def test_whose_key_another_used_at_the_same_moment_is_not_among_what_was_made() -> None:
    items = [Wish("a", "taken"), Wish("b")]
    assert once.made(once.new(items), [Row(3)]) == {1: 3}


def test_an_item_without_a_row_is_not_passed_over_in_silence() -> None:
    with pytest.raises(ValueError, match="shorter"):
        once.made(once.new([Wish("a"), Wish("b")]), [Row(3)])
