"""Which verb on which type of activity means what for us: rules are data, `meanings.json` holds the defaults.

The rule that says most about a statement wins: one for its type of activity before one for its verb, both
before either, then the one with more conditions; among equals the first. An organisation's own rules come
first.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from app.imports.xapi_parts import activity_type, duration_hours, object_type, progress, score, verb_id

Statement = Mapping[str, Any]

MEANS = ("completed", "passed", "failed", "attended", "scored", "progressed", "uncompleted", "nothing")
KINDS = ("course", "workshop", "coaching", "mentoring", "on_the_job", "rotation", "article")
_COMPLETING = frozenset(("completed", "passed", "attended"))
_CONDITIONS: dict[str, type] = {"completion": bool, "success": bool, "parent": bool, "category": str}


@dataclass(frozen=True, slots=True)
class Rule:
    """Statements with this verb, about this type of activity, under these conditions, mean this.

    None matches all. `completion` and `success` are those of the result, where it has them; `parent` is
    whether the activity stands in another one; `category` is how the id of a context category begins.
    """

    means: str
    verb: str | None = None
    activity_type: str | None = None
    completion: bool | None = None
    success: bool | None = None
    parent: bool | None = None
    category: str | None = None

    @property
    def weight(self) -> int:
        """How much the rule says about a statement."""
        conditions = sum(getattr(self, name) is not None for name in _CONDITIONS)
        return 16 * (self.activity_type is not None) + 8 * (self.verb is not None) + conditions

    def fits(self, statement: Statement, kind: str | None) -> bool:
        """Whether the rule speaks of this statement; the verb is looked up before."""
        if self.activity_type is not None and self.activity_type != kind:
            return False
        result = statement.get("result", {})
        if self.completion is not None and result.get("completion") is not self.completion:
            return False
        if self.success is not None and result.get("success") is not self.success:
            return False
        return self._fits_context(statement.get("context", {}).get("contextActivities", {}))

    def _fits_context(self, activities: Statement) -> bool:
        if self.parent is not None and bool(activities.get("parent")) is not self.parent:
            return False
        if self.category is None:
            return True
        found = activities.get("category", [])
        return any(one["id"].startswith(self.category) for one in (found if type(found) is list else [found]))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a statement means for us; `rule` is the one that decided (None if there was none)."""

    means: str
    score: float | None = None
    progress: float | None = None
    hours: float | None = None
    rule: Rule | None = None

    @property
    def completes(self) -> bool:
        """Whether the activity is done with this."""
        return self.means in _COMPLETING


class Meanings:
    """Rules, ready to be asked."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        ordered = sorted(self.rules, key=lambda rule: -rule.weight)
        verbs = {rule.verb for rule in ordered if rule.verb is not None}
        self._other = tuple(rule for rule in ordered if rule.verb is None)
        self._of = {
            verb: tuple(rule for rule in ordered if rule.verb is None or rule.verb == verb) for verb in verbs
        }

    def preceded_by(self, own: Iterable[Rule]) -> "Meanings":
        """These, with an organisation's own rules before them."""
        return Meanings((*own, *self.rules))

    def rule_for(self, statement: Statement) -> Rule | None:
        kind = activity_type(statement)
        rules = self._of.get(verb_id(statement), self._other)
        return next((rule for rule in rules if rule.fits(statement, kind)), None)


def interpret(statement: Statement, meanings: Meanings) -> Meaning:
    """What a checked statement means; only what is said of an activity can mean anything."""
    rule = meanings.rule_for(statement) if object_type(statement) == "Activity" else None
    if rule is None or rule.means == "nothing":
        return Meaning("nothing", rule=rule)
    return Meaning(rule.means, score(statement), progress(statement), duration_hours(statement), rule)


def rules_from(data: object) -> tuple[Rule, ...]:
    """The rules in a list of {verb, activity_type, when, means, why}, or ValueError with the reason.

    `verb` and `activity_type` may be a list of several; `why` is for people.
    """
    if not isinstance(data, list):
        raise _wrong("rules must be a list")
    return tuple(rule for place, entry in enumerate(data) for rule in _rules_of(entry, f"rules[{place}]"))


def _rules_of(entry: object, where: str) -> Iterator[Rule]:
    if not isinstance(entry, dict):
        raise _wrong(f"{where} must be an object")
    unknown = set(entry) - {"verb", "activity_type", "when", "means", "why"}
    if unknown:
        raise _wrong(f"{where} has unknown keys: {', '.join(sorted(map(str, unknown)))}")
    if entry.get("means") not in MEANS:
        raise _wrong(f"{where}.means must be one of {', '.join(MEANS)}")
    verbs = _several(entry.get("verb"), f"{where}.verb")
    types = _several(entry.get("activity_type"), f"{where}.activity_type")
    if verbs == types == [None]:
        raise _wrong(f"{where} must name a verb or an activity_type")
    when = _conditions(entry.get("when", {}), f"{where}.when")
    for verb, kind in product(verbs, types):
        yield Rule(entry["means"], verb, kind, **when)


def _several(value: object, where: str) -> list[str | None]:
    if value is None:
        return [None]
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(one, str) and one for one in found):
        raise _wrong(f"{where} must be an IRI or a list of IRIs")
    return list(found)


def _conditions(when: object, where: str) -> dict[str, Any]:
    if not isinstance(when, dict):
        raise _wrong(f"{where} must be an object")
    for name, value in when.items():
        if name not in _CONDITIONS:
            raise _wrong(f"{where} may hold {', '.join(_CONDITIONS)}, not {name}")
        if type(value) is not _CONDITIONS[name]:
            raise _wrong(f"{where}.{name} must be of type {_CONDITIONS[name].__name__}")
    return when


def _wrong(reason: str) -> ValueError:
    return ValueError(reason)


def kind_of(type_iri: str | None) -> str:
    """Which of our kinds of activity this activity type is."""
    return _KIND_OF.get(type_iri or "", _OTHER_KIND)


_DATA = json.loads(Path(__file__).with_name("meanings.json").read_text(encoding="utf-8"))
_KIND_OF: dict[str, str] = _DATA["kinds"]
_OTHER_KIND: str = _DATA["other_kind"]
DEFAULT_MEANINGS = Meanings(rules_from(_DATA["rules"]))
