"""The tree of skills, pure."""

from collections.abc import Mapping


class Circle(ValueError):
    """A skill stands under itself."""

    def __init__(self, member: int) -> None:
        super().__init__(member)
        self.member = member


def lineages_of(parents: Mapping[int, int | None]) -> dict[int, tuple[int, ...]]:
    """Each skill with itself first, then its ancestors up to the root."""
    found: dict[int, tuple[int, ...]] = {}
    for start in parents:
        path: list[int] = []
        here: int | None = start
        while here is not None and here not in found:
            if here in path:
                raise Circle(here)
            path.append(here)
            here = parents[here]
        above = found[here] if here is not None else ()
        for skill in reversed(path):
            above = (skill, *above)
            found[skill] = above
    return found
