"""A board is a scope (organisation, department, team, skill) in one window; how it is named.

In addresses a scope reads `organisation` or `team:33`. In Redis a board is one key, tagged by its
window: `b:{2026-W47}:t:33`, so that a view, which looks at one window, touches one cluster slot.
"""

import re
from typing import NamedTuple

SCOPES = ("organisation", "department", "team", "skill")

_LETTERS = {"organisation": "o", "department": "d", "team": "t", "skill": "s"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_SCOPE = re.compile(r"(department|team|skill):([1-9][0-9]{0,17})", re.ASCII)
_REST = re.compile(r"\{([^{}]+)\}:(?:(o)|([dts]):([0-9]+))", re.ASCII)


class UnknownScope(ValueError):
    """No scope is written like this."""


class Scope(NamedTuple):
    """Whose board it is. The organisation has no id: there is one."""

    kind: str
    id: int = 0

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @classmethod
    def parse(cls, text: str) -> "Scope":
        if text == "organisation":
            return ORGANISATION
        found = _SCOPE.fullmatch(text)
        if not found:
            raise UnknownScope(f"{text!r} is not organisation, department:ID, team:ID or skill:ID")
        return cls(found[1], int(found[2]))


ORGANISATION = Scope("organisation")


class Board(NamedTuple):
    """One scope in one window; `window` is a key of `periods`."""

    scope: Scope
    window: str

    def __str__(self) -> str:
        return f"{self.scope} {self.window}"


def key_of(board: Board, prefix: str) -> str:
    """The key of a board in Redis; the window in braces keeps all boards of it on one node of a cluster."""
    kind, number = board.scope
    rest = f"{_LETTERS[kind]}:{number}" if number else _LETTERS[kind]
    return f"{prefix}:{{{board.window}}}:{rest}"


def board_of(key: str, prefix: str) -> Board | None:
    """The board that a key holds; None for keys that hold something else."""
    if not key.startswith(prefix + ":"):
        return None
    found = _REST.fullmatch(key, len(prefix) + 1)
    if not found:
        return None
    scope = ORGANISATION if found[2] else Scope(_KINDS[found[3]], int(found[4]))
    return Board(scope, found[1])
