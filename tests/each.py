"""A table of cases as one test, where to set a test up takes longer than a case does."""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from traceback import format_exception
from typing import Any

import pytest

NAMED = 12  # failed cases whose names stand in the first line; what went wrong is told of all of them
LONG = 70  # of the name of a case
Test = Callable[..., None]


def name_of(value: Any) -> str:
    """How a case without an id of its own is called."""
    name = str(getattr(value, "__name__", None) or repr(value))
    return name if len(name) <= LONG else f"{name[:LONG]}…"


def each(
    names: str, cases: Iterable[Any], *, ids: Callable[[Any], object] = name_of
) -> Callable[[Test], Test]:
    """Like `pytest.mark.parametrize`: every case goes, and those that fail are told together, each with what it was.

    The fixtures are made once for all: only for cases of which none sees what another left behind. Two of them one
    above the other go through each with each.
    """
    known = [name.strip() for name in names.split(",")]
    rows = [(case,) if len(known) == 1 else tuple(case) for case in cases]
    assert rows, "a table without cases checks nothing"
    table = [(", ".join(str(ids(one)) for one in row), dict(zip(known, row, strict=True))) for row in rows]

    def made(test: Test) -> Test:
        inner = getattr(test, "table", [("", {})])
        whole = [
            (f"{name}, {more}".rstrip(", "), {**one, **two}) for name, one in table for more, two in inner
        ]
        return _walk(getattr(test, "case", test), whole)

    return made


def _walk(case: Test, table: list[tuple[str, dict[str, Any]]]) -> Test:
    asked = signature(case)
    others = [param for name, param in asked.parameters.items() if name not in table[0][1]]

    @wraps(case)
    def walk(**fixtures: Any) -> None:
        failed: dict[str, str] = {}
        for number, (name, values) in enumerate(table):
            try:
                case(**values, **fixtures)
            except (Exception, pytest.fail.Exception) as no:
                went = no.__traceback__ and no.__traceback__.tb_next  # without the line above
                failed[f"{name} (case {number})"] = "".join(format_exception(no.with_traceback(went)))
        if failed:
            some = [*list(failed)[:NAMED], *(["…"] if len(failed) > NAMED else [])]
            told = [f"With {name}\n{what}" for name, what in failed.items()]
            pytest.fail(
                "\n".join([f"{len(failed)} of {len(table)}: {'; '.join(some)}", *told]), pytrace=False
            )

    for name, value in (
        ("table", table),
        ("case", case),
        ("__signature__", asked.replace(parameters=others)),
    ):
        setattr(walk, name, value)
    return walk
