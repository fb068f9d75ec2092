"""An organisation's own rules of what a verb means, as a list to which one adds, changes and removes. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]
MOST = 200  # rules of one's own
LONGEST = 20_000  # characters of one rule, with all its verbs and types
NAME, HOME = 100, 500  # the most that a client's name and the address of its accounts may have


def entry_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """The rule that a form tells: a verb, a type of activity or both, conditions, and what it means."""
    found: dict[str, Any] = {"means": form["means"]}
    for name in ("verb", "activity_type"):
        if form.get(name):
            found[name] = form[name].strip()
    when = {
        name: form[name] == "yes" for name in ("completion", "success") if form.get(name) in ("yes", "no")
    }
    return {**found, **({"when": when} if when else {})}


def form_of(entry: Entry) -> dict[str, Any]:
    """The form that tells this rule; of several verbs or types none, for a form tells one."""
    when = entry.get("when", {})
    found = {name: entry.get(name) for name in ("verb", "activity_type")}
    told = {name: value if isinstance(value, str) else "" for name, value in found.items()}
    for name in ("completion", "success"):
        told[name] = {True: "yes", False: "no"}.get(when.get(name), "any")
    return {**told, "means": entry.get("means", "")}


def changed(entries: Sequence[Entry], place: int | None, entry: Entry | None) -> list[Entry]:
    """The list with one rule added in front, another in its place, or one gone (`entry` is None)."""
    found = list(entries)
    if place is None:
        return [entry, *found] if entry is not None else found
    found[place : place + 1] = [entry] if entry is not None else []
    return found


def print_of(entries: Sequence[Entry]) -> str:
    """By which a form says which list it changes: two who change it at once do not undo each other."""
    return hashlib.sha256(json.dumps(list(entries), sort_keys=True).encode()).hexdigest()[:16]
