"""Which statements a query asks for (Communication 2.1.3): by agent, verb, activity and registration.

Pure: the database only leaves out what certainly does not fit (`needles`), what fits is decided here.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from app.imports.xapi_parts import Identity, identities, object_type, registration, verb_id

Statement = Mapping[str, Any]

_SHOUTED = re.compile("[A-Z]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a statement must be about; None leaves it open."""

    agent: Statement | None = None
    verb: str | None = None
    activity: str | None = None
    registration: uuid.UUID | None = None
    related_agents: bool = False
    related_activities: bool = False

    @property
    def anything(self) -> bool:
        """Whether every statement fits."""
        return (self.agent, self.verb, self.activity, self.registration) == (None, None, None, None)

    def fits(self, statement: Statement, authority: Statement) -> bool:
        """Whether this statement itself is asked for; what it refers to is for the caller to ask about."""
        if self.verb is not None and verb_id(statement) != self.verb:
            return False
        if self.registration is not None and registration(statement) != self.registration:
            return False
        if self.activity is not None and self.activity not in self._activities(statement):
            return False
        return self.agent is None or self._is_named(statement, authority)

    def needles(self) -> list[str]:
        """Texts that stand in every statement that fits, without regard for the case of ASCII letters."""
        told = [self.verb, self.activity, str(self.registration) if self.registration else None]
        if self.agent is not None and not (self.related_agents and "account" in self.agent):
            told.append(_name_of(self.agent))
        return [plain(json.dumps(text, ensure_ascii=False)[1:-1]) for text in told if text]

    def _is_named(self, statement: Statement, authority: Statement) -> bool:
        asked = set(identities(self.agent or {}))
        found = _agents(statement, broadly=self.related_agents)
        if self.related_agents:
            found = (*found, authority)
        return any(asked.intersection(_names(agent)) for agent in found)

    def _activities(self, statement: Statement) -> Iterator[str]:
        return _activities(statement, broadly=self.related_activities)


def plain(text: str) -> str:
    """Without capitals of ASCII, as PostgreSQL's lower() does in the C locale."""
    return _SHOUTED.sub(lambda found: found[0].lower(), text)


def refers_to(statement: Statement) -> uuid.UUID | None:
    """The statement that this one is about: it fits where that one does (2.1.3, filter conditions)."""
    if object_type(statement) != "StatementRef":
        return None
    return uuid.UUID(statement["object"]["id"])


def _name_of(agent: Statement) -> str | None:
    """What is written the same in every statement that names this agent; an openid may be written in several ways."""
    if "account" in agent:
        return str(agent["account"]["name"])
    if "mbox" in agent:
        return unquote(agent["mbox"].removeprefix("mailto:"))
    found: str | None = agent.get("mbox_sha1sum")
    return found


def _names(agent: Statement) -> Iterator[Identity]:
    """By what an agent, a group or a member of it is known."""
    yield from identities(agent)
    for member in agent.get("member", ()):
        yield from identities(member)


def _agents(statement: Statement, *, broadly: bool) -> Iterable[Statement]:
    """Actor and object; broadly also who else has a part in it, and in what a SubStatement says."""
    yield statement["actor"]
    thing, kind = statement["object"], object_type(statement)
    if kind in ("Agent", "Group"):
        yield thing
    if not broadly:
        return
    context = statement.get("context", {})
    yield from (context[name] for name in ("instructor", "team") if name in context)
    yield from (entry["agent"] for entry in context.get("contextAgents", ()))
    yield from (entry["group"] for entry in context.get("contextGroups", ()))
    if kind == "SubStatement":
        yield from _agents(thing, broadly=True)


def _activities(statement: Statement, *, broadly: bool) -> Iterator[str]:
    """The object; broadly also the activities of the context, and of a SubStatement."""
    thing, kind = statement["object"], object_type(statement)
    if kind == "Activity":
        yield thing["id"]
    if not broadly:
        return
    for several in statement.get("context", {}).get("contextActivities", {}).values():
        yield from (one["id"] for one in (several if type(several) is list else [several]))
    if kind == "SubStatement":
        yield from _activities(thing, broadly=True)
