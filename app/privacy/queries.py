"""Who looked, and what was done, with the names that go with it; the latest first, page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.audit import queries as audit
from app.audit.queries import Place
from app.people import queries as people
from app.people.queries import Card
from app.privacy import words

PAGE = 50


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody looked, or was refused: within the hour that begins at `at`. `who` is None once they were erased."""

    id: int
    at: datetime
    what: str
    allowed: bool
    who: Card | None
    whom: Card | None

    @property
    def said(self) -> Any:
        return words.looked(self.what)


@dataclass(frozen=True, slots=True)
class Done:
    """An act. `by` is None when nobody in particular did it, or they were erased; `itself`: nobody in particular."""

    id: int
    at: datetime
    action: str
    itself: bool
    by: Card | None
    about: Card | None
    detail: dict[str, Any]

    @property
    def said(self) -> Any:
        return words.done(self.action)


Older = Place | None


def looks_at_me(me: int, *, before: Older = None, limit: int = PAGE) -> tuple[list[Looked], Older]:
    """Who looked at me, refused looks too; and where the next page begins."""
    return _looked(audit.looks_at(me, before=before, limit=limit + 1), limit)


def refused_looks(*, before: Older = None, limit: int = PAGE) -> tuple[list[Looked], Older]:
    """Looks that were refused, at anybody."""
    return _looked(audit.refused_looks(before=before, limit=limit + 1), limit)


def _looked(rows: Sequence[Any], limit: int) -> tuple[list[Looked], Older]:
    cards = _cards((row.viewer_id, row.person_id) for row in rows[:limit])
    told = [
        Looked(row.id, row.hour, row.what, row.allowed, cards.get(row.viewer_id), cards.get(row.person_id))
        for row in rows[:limit]
    ]
    return told, (told[-1].at, told[-1].id) if len(rows) > limit else None


def acts(*, before: Older = None, limit: int = PAGE, **wanted: Any) -> tuple[list[Done], Older]:
    """What was done: all, or as `audit.queries.found` asks; and where the next page begins."""
    rows = audit.found(before=before, limit=limit + 1, **wanted)
    cards = _cards((row.actor_id, row.person_id) for row in rows[:limit])
    told = [
        Done(
            row.id, row.at, row.action, row.actor_id is None, cards.get(row.actor_id or 0),
            cards.get(row.person_id or 0), row.detail,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return told, (told[-1].at, told[-1].id) if len(rows) > limit else None


def _cards(pairs: Iterable[tuple[int | None, int | None]]) -> dict[int, Card]:
    return people.cards(one for pair in pairs for one in pair if one is not None)
