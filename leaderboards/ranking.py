"""Ranks over plain scores: competition ranks, percentile, a page, a card. Pure, and the reference.

The order of a board is score descending, then member ascending: `ORDER BY points DESC, person_id`
in PostgreSQL gives the same rows in the same places. Who has no points stands on no board.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple


class Standing(NamedTuple):
    """One row of a board."""

    rank: int
    member: int
    score: int


# Thrice as fast as calling the class, and every view makes some dozens.
_standing: Callable[[tuple[int, int, int]], Standing] = partial(tuple.__new__, Standing)


class Page(NamedTuple):
    """Some consecutive rows; `offset` is the place of the first one, counted from 0."""

    size: int
    offset: int
    rows: tuple[Standing, ...]


class Card(NamedTuple):
    """How one member stands, and who stands around. Without points: score 0, no rank, no rows."""

    score: int
    rank: int | None
    percentile: int | None
    size: int
    offset: int
    rows: tuple[Standing, ...]


def in_order(scores: Mapping[int, int]) -> list[tuple[int, int]]:
    """Members with their scores, as they stand on the board."""
    return sorted(
        ((member, score) for member, score in scores.items() if score > 0),
        key=lambda row: (-row[1], row[0]),
    )


def ranked(rows: Iterable[tuple[int, int]], offset: int = 0, rank: int = 1) -> tuple[Standing, ...]:
    """Consecutive rows of (member, score) with their competition ranks."""
    members, scores = tuple(zip(*rows, strict=True)) or ((), ())
    return standings(members, scores, offset, rank)


def standings(
    members: Iterable[int], scores: Sequence[int], offset: int = 0, rank: int = 1
) -> tuple[Standing, ...]:
    """The same, for members and scores apart.

    Only the first row's rank must be known: each later one follows from its place (1-2-2-4).
    """
    ranks: list[int] = []
    last = scores[0] if scores else 0
    for place, score in enumerate(scores, offset + 1):
        if score != last:
            rank, last = place, score
        ranks.append(rank)
    return tuple(map(_standing, zip(ranks, members, scores, strict=True)))


def percentile(rank: int, size: int) -> int:
    """The share of the board, in whole percents rounded down, that does not stand above you but
    beside or below you, yourself included: the first has 100, the last of a thousand 0."""
    return 100 * (size - rank + 1) // size


def around(place: int, size: int, radius: int) -> int:
    """The place of the first of `2 * radius + 1` rows around a place, kept full at both ends."""
    return max(0, min(place - radius, size - (2 * radius + 1)))


def page(scores: Mapping[int, int], offset: int, count: int) -> Page:
    """So many rows (`count`) from an offset of 0 on."""
    rows = in_order(scores)
    return Page(len(rows), offset, _rows(rows, offset, count))


def card(scores: Mapping[int, int], member: int, radius: int = 12) -> Card:
    """Where one member stands and who is around them, `radius` rows up and down; who has no points has no rank."""
    rows = in_order(scores)
    mine = scores.get(member, 0)
    if mine <= 0:
        return Card(0, None, None, len(rows), 0, ())
    rank = _rank(rows, mine)
    offset = around(rows.index((member, mine)), len(rows), radius)
    standings = _rows(rows, offset, 2 * radius + 1)
    return Card(mine, rank, percentile(rank, len(rows)), len(rows), offset, standings)


def many(scores: Mapping[int, int], members: Iterable[int]) -> dict[int, Standing]:
    """The standings of those among the members who stand on the board."""
    rows = in_order(scores)
    return {
        member: Standing(_rank(rows, scores[member]), member, scores[member])
        for member in members
        if scores.get(member, 0) > 0
    }


def _rank(rows: Sequence[tuple[int, int]], score: int) -> int:
    return 1 + sum(1 for _, other in rows if other > score)


def _rows(rows: Sequence[tuple[int, int]], offset: int, count: int) -> tuple[Standing, ...]:
    some = rows[offset : offset + count]
    return ranked(some, offset, _rank(rows, some[0][1])) if some else ()
