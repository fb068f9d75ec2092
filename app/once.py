"""What is sent twice is done once: the sender's own key, under which the same thing is found when it comes again.

Of a batch each is found by its key or, without one, by its place in it. Pure: that keys are unique, tables hold.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar


class Keyed(Protocol):
    """What may carry its sender's key; two senders never share one."""

    @property
    def known_as(self) -> str | None: ...


class Made(Protocol):
    """A row that was made, with the key that it carries."""

    @property
    def id(self) -> int: ...
    @property
    def once(self) -> str | None: ...


Item = TypeVar("Item", bound=Keyed)


def new(items: Sequence[Item], known: Container[object] = ()) -> dict[object, Item]:
    """Those whose key is not known yet, under what they are found by; of several with one key the first."""
    found: dict[object, Item] = {}
    for place, item in enumerate(items):
        if item.known_as not in known:
            found.setdefault(item.known_as or place, item)
    return found


def made(fresh: Mapping[object, Keyed], rows: Iterable[Made]) -> dict[object, int]:
    """The ids of the rows that were made of these, in their order; whose key was there already is left out."""
    by_key: dict[object, int] = {}
    loose = []
    for row in rows:
        if row.once is None:
            loose.append(row.id)
        else:
            by_key[row.once] = row.id
    without = [key for key, item in fresh.items() if item.known_as is None]
    return by_key | dict(zip(without, sorted(loose), strict=True))


def ids_of(items: Sequence[Keyed], ids: Mapping[object, int]) -> list[int]:
    """The id of each, in the order of the items."""
    return [ids[item.known_as or place] for place, item in enumerate(items)]
