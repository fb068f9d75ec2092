"""How statements are given back (Data 2.5, Communication 2.1.3): as they came, by ids alone, or in one language."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Statement = Mapping[str, Any]
Choice = Callable[[Sequence[str]], str]  # of the language tags of one map, the one to read

FORMATS = ("exact", "ids", "canonical")
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def completed(
    statement: Statement, *, id: str, stored: datetime, spoken: str, authority: Statement
) -> dict[str, Any]:
    """The statement with what the receiver adds to it. `spoken` is the version of xAPI it came in; a statement
    that names its own version keeps it."""
    at = moment(stored)
    found = {"id": id, **statement, "stored": at, "authority": authority}
    found["id"] = id
    found.setdefault("timestamp", at)
    found.setdefault("version", "1.0.0" if spoken.startswith("1.0") else spoken)
    return found


def moment(at: datetime) -> str:
    """As RFC 3339 in UTC, with all that we know: it can be sent back as `since`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def ids_only(statement: Statement) -> dict[str, Any]:
    """No more of agents, groups, verbs and activities than says which they are."""
    found = {**statement, "actor": _who(statement["actor"]), "verb": {"id": statement["verb"]["id"]}}
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        found["object"] = _who(thing)
    elif kind == "Activity":
        found["object"] = _which(thing)
    elif kind == "SubStatement":
        found["object"] = ids_only(thing)
    if "authority" in statement:
        found["authority"] = _who(statement["authority"])
    if "context" in statement:
        found["context"] = _context(statement["context"], _who, _which)
    return found


def in_one_language(statement: Statement, choose: Choice) -> dict[str, Any]:
    """Verbs and activities with one language each; agents and groups as they came."""

    def said(activity: Statement) -> dict[str, Any]:
        return _said(activity, choose)

    found = {**statement, "verb": _spoken(statement["verb"], ("display",), choose)}
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        found["object"] = said(thing)
    elif kind == "SubStatement":
        found["object"] = in_one_language(thing, choose)
    if "context" in statement:
        found["context"] = _context(statement["context"], dict, said)
    return found


def _context(
    context: Statement, who: Callable[[Statement], Any], which: Callable[[Statement], Any]
) -> dict[str, Any]:
    found = dict(context)
    for name in ("instructor", "team"):
        if name in context:
            found[name] = who(context[name])
    for name, one in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            found[name] = [{**entry, one: who(entry[one])} for entry in context[name]]
    if "contextActivities" in context:
        found["contextActivities"] = {
            name: [which(activity) for activity in several]
            for name, several in context["contextActivities"].items()
        }
    return found


def _who(agent: Statement) -> dict[str, Any]:
    found = {name: agent[name] for name in ("objectType", *_IDENTIFIERS) if name in agent}
    if "member" in agent and not any(name in agent for name in _IDENTIFIERS):
        found["member"] = [_who(member) for member in agent["member"]]
    return found


def _which(activity: Statement) -> dict[str, Any]:
    return {name: activity[name] for name in ("objectType", "id") if name in activity}


def _said(activity: Statement, choose: Choice) -> dict[str, Any]:
    if "definition" not in activity:
        return dict(activity)
    definition = _spoken(activity["definition"], ("name", "description"), choose)
    for name in _COMPONENTS:
        if name in definition:
            definition[name] = [_spoken(one, ("description",), choose) for one in definition[name]]
    return {**activity, "definition": definition}


def _spoken(thing: Statement, maps: Sequence[str], choose: Choice) -> dict[str, Any]:
    found = dict(thing)
    for name in maps:
        if found.get(name):
            tag = choose(list(found[name]))
            found[name] = {tag: found[name][tag]}
    return found
