"""When two statements are the same one (Data 2.3.1), how an LRS returns one, and ids for those without.

All functions expect statements that `check_statement` let through; none changes its argument.
"""

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.imports.xapi_formats import duration_to_compare, moment_iso8601

Statement = Mapping[str, Any]

SAME_WITHIN = timedelta(hours=24)
_BY_THE_LRS = frozenset(("id", "authority", "stored", "version"))
_NAMESPACE = uuid.UUID("6f0d1f6e-2b9c-5c0a-9a55-8d4f1c7b6a21")
_WHOLE_FLOATS = 2.0**63


def normalise(statement: Statement) -> dict[str, Any]:
    """The statement as an LRS must return it: every value of contextActivities is an array (2.4.6.2)."""
    found = dict(statement)
    activities = found.get("context", {}).get("contextActivities")
    if activities and any(type(value) is dict for value in activities.values()):
        found["context"] = {
            **found["context"],
            "contextActivities": {
                key: [value] if type(value) is dict else value for key, value in activities.items()
            },
        }
    if found["object"].get("objectType") == "SubStatement":
        found["object"] = normalise(found["object"])
    return found


def same_content(one: Statement, other: Statement) -> bool:
    """Whether they match as the specification compares statements.

    Where only one of them has a timestamp, the LRS may have set it, so it does not count.
    """
    left, right = _essence(one), _essence(other)
    if ("timestamp" in left) != ("timestamp" in right):
        left.pop("timestamp", None)
        right.pop("timestamp", None)
    return _canonical(left) == _canonical(right)


def content_hash(statement: Statement) -> bytes:
    """SHA-256 over what counts when statements are compared; take it before the LRS adds its timestamp.

    Left out: id, authority, stored, version, the display of verbs, definitions of activities, the order of
    group members, the case of what has none (UUIDs, mail domains, language tags, hashes), how a moment or a
    number is written, and a single context activity instead of an array of one.
    """
    return hashlib.sha256(_canonical(_essence(statement))).digest()


def ordinals(contents: Iterable[bytes]) -> list[int]:
    """For each content of a batch how many equal ones came before it: equal items are several."""
    seen: Counter[bytes] = Counter()
    found = []
    for content in contents:
        found.append(seen[content])
        seen[content] += 1
    return found


def derived_id(client: str, content: bytes, ordinal: int, day: int | None = None) -> uuid.UUID:
    """The id of a statement that came without one; the same input gives the same id for ever.

    `content` is its content_hash, `ordinal` its place among equals of its batch (see `ordinals`),
    `day` the number of the day of its arrival where it has no timestamp either (see `derived_ids`).
    """
    return uuid.uuid5(_NAMESPACE, f"{client}\n{content.hex()}\n{ordinal}\n{'' if day is None else day}")


def derived_ids(
    client: str, content: bytes, ordinal: int, *, timed: bool, now: datetime
) -> tuple[uuid.UUID, ...]:
    """The ids under which a statement without one may be known already, the one to store it under first.

    With a timestamp (`timed`) there is one id, for ever. Without, a resend within SAME_WITHIN is the same
    statement and a later one is new, so the id holds the day (UTC) of the first arrival. The caller looks up
    both: if the first is stored, this is a resend; if the second (yesterday's) is stored and its stored_at is
    less than SAME_WITHIN ago, this is a resend of that; otherwise it is new, under the first. Two equal
    requests at one moment ask for the same first id, so that a unique key decides; only across midnight (UTC)
    they do not, so a caller who cares holds a lock on client and content between looking and storing.
    """
    if timed:
        return (derived_id(client, content, ordinal),)
    day = now.astimezone(UTC).toordinal()
    return derived_id(client, content, ordinal, day), derived_id(client, content, ordinal, day - 1)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _canonical(value: object) -> bytes:
    return _encode(value).encode("utf-8", "surrogatepass")


def _essence(statement: Statement) -> dict[str, Any]:
    """What of a statement counts in a comparison, in one way of writing it."""
    found: dict[str, Any] = {}
    for key, value in statement.items():
        if key in _BY_THE_LRS:
            continue
        read = _ESSENCES.get(key)
        found[key] = read(value) if read else value
    return found


def _agent(agent: Statement) -> dict[str, Any]:
    found = {"objectType": "Agent", **agent}
    if "mbox" in found:
        local, _, domain = found["mbox"].rpartition("@")
        found["mbox"] = f"{local}@{domain.lower()}"
    elif "mbox_sha1sum" in found:
        found["mbox_sha1sum"] = found["mbox_sha1sum"].lower()
    if "member" in found:
        found["member"] = sorted(map(_agent, found["member"]), key=_canonical)
    return found


def _object(value: Statement) -> dict[str, Any]:
    kind = value.get("objectType", "Activity")
    if kind == "SubStatement":
        return _essence(value)
    if kind == "StatementRef":
        return {**value, "id": value["id"].lower()}
    if kind == "Activity":
        return {"id": value["id"]}
    return _agent(value)


def _verb(verb: Statement) -> str:
    return str(verb["id"])


def _result(result: Statement) -> dict[str, Any]:
    found: dict[str, Any] = _plain(result)
    if "duration" in found:
        found["duration"] = duration_to_compare(found["duration"])
    return found


def _context(context: Statement) -> dict[str, Any]:
    found = {}
    for key, value in context.items():
        if key in ("instructor", "team"):
            value = _agent(value)
        elif key == "contextActivities":
            value = {
                kind: [one["id"] for one in (several if type(several) is list else [several])]
                for kind, several in value.items()
            }
        elif key in ("registration", "language"):
            value = value.lower()
        elif key == "statement":
            value = value["id"].lower()
        elif key in ("contextAgents", "contextGroups"):
            value = [_relevant(one) for one in value]
        elif key == "extensions":
            value = _plain(value)
        found[key] = value
    return found


def _relevant(entry: Statement) -> dict[str, Any]:
    who = "agent" if "agent" in entry else "group"
    return {**entry, who: _agent(entry[who])}


def _moment(timestamp: str) -> str:
    """To the millisecond, to which an LRS may cut it (4.5)."""
    found = moment_iso8601(timestamp)
    return timestamp if found is None else found.isoformat(timespec="milliseconds")


def _attachment(attachment: Statement) -> dict[str, Any]:
    found = {**attachment, "sha2": attachment["sha2"].lower()}
    for name in ("display", "description"):
        if name in found:
            found[name] = {tag.lower(): words for tag, words in found[name].items()}
    return found


def _attachments(attachments: list[Statement]) -> list[dict[str, Any]]:
    return [_attachment(attachment) for attachment in attachments]


def _plain(value: Any) -> Any:
    """Numbers by value: 1, 1.0 and 1e0 are one."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() and -_WHOLE_FLOATS <= value < _WHOLE_FLOATS else value
    if kind is dict:
        return {key: _plain(item) for key, item in value.items()}
    if kind is list:
        return [_plain(item) for item in value]
    return value


_ESSENCES: dict[str, Any] = {
    "actor": _agent,
    "verb": _verb,
    "object": _object,
    "result": _result,
    "context": _context,
    "timestamp": _moment,
    "attachments": _attachments,
}
