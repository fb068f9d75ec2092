"""Measurements: each module here has `run(stack) -> list[Row]`, and `make bench` prints them as one table.

What counts are ratios of two things measured side by side in one run; the raw floor stands beside them.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: the ratio that was measured, what it must be, and the figures it was made of."""

    bar: str
    what: str
    ratio: float
    sense: Literal["<=", ">="]
    limit: float | None  # nothing that must be reached, only to be seen
    raw: str = ""

    @property
    def met(self) -> bool:
        if self.limit is None:
            return True
        return self.ratio <= self.limit if self.sense == "<=" else self.ratio >= self.limit

    def said(self) -> str:
        measured = f"{self.ratio:.2f}" if self.ratio < 100 else f"{self.ratio:,.0f}"
        bound = "" if self.limit is None else f"{self.sense} {self.limit:g}"
        verdict = "" if self.limit is None else "met" if self.met else "MISSED"
        return f"{self.bar:4} {self.what:62} {measured:>8}  {bound:>7}  {verdict:6}  {self.raw}"
