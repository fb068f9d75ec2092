"""What a statement says, taken out of its JSON: who, what, when, with what result.

All functions expect statements that `check_statement` let through.
"""

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from app.imports.xapi_check import VOIDED
from app.imports.xapi_formats import hours_of, moment_iso8601

Statement = Mapping[str, Any]

PROGRESS = (
    "https://w3id.org/xapi/cmi5/result/extensions/progress",
    "https://w3id.org/xapi/video/extensions/progress",
    "http://adlnet.gov/expapi/extensions/progress",
)
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)(.*)", re.DOTALL)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Identity(NamedTuple):
    """One way of saying who is meant: `kind` is email, mbox_sha1sum, openid or account."""

    kind: str
    value: str


class Ids(NamedTuple):
    """The ids in a statement; `object` is None where the object is an agent, a group or a SubStatement."""

    statement: uuid.UUID | None
    verb: str
    object_type: str
    object: str | None
    registration: uuid.UUID | None


class Activity(NamedTuple):
    """What was done, as far as the statement tells; names and descriptions by language tag."""

    id: str
    type: str | None
    name: dict[str, str]
    description: dict[str, str]


# Who --------------------------------------------------------------------------------------------------------


def identities(agent: Statement) -> list[Identity]:
    """By what an agent or identified group is known; nothing for an anonymous group.

    Values are in the form in which equal ones are equal strings: compare with `email_identity`,
    `account_identity`, `openid_identity` and `hashed_mail` of what is known about a person.
    """
    if "account" in agent:
        return [account_identity(agent["account"]["homePage"], agent["account"]["name"])]
    if "mbox" in agent:
        return [email_identity(unquote(agent["mbox"].removeprefix("mailto:")))]
    if "mbox_sha1sum" in agent:
        return [Identity("mbox_sha1sum", agent["mbox_sha1sum"].lower())]
    if "openid" in agent:
        return [openid_identity(agent["openid"])]
    return []


def learners(statement: Statement) -> list[Statement]:
    """The agents who did it: the actor, or the members of the group that the actor is."""
    actor: Statement = statement["actor"]
    if actor.get("objectType") == "Group":
        return list(actor.get("member", ()))
    return [actor]


def email_identity(address: str) -> Identity:
    """An e-mail address, whose case does not count."""
    return Identity("email", address.strip().lower())


def account_identity(home_page: str, name: str) -> Identity:
    """A name at a system: the case of scheme and host, a default port and a last slash do not count."""
    return Identity("account", f"{_address(home_page)} {name}")


def account_from_text(text: str) -> Identity | None:
    """The same from `homePage name`, as in the column `accounts` of the people file; None without both."""
    home_page, _, name = text.strip().partition(" ")
    return account_identity(home_page, name.strip()) if name.strip() else None


def openid_identity(openid: str) -> Identity:
    """Who is named by an OpenID, its address in one spelling."""
    return Identity("openid", _address(openid))


def hashed_mail(address: str) -> list[Identity]:
    """Every mbox_sha1sum that may stand for this address: as written, its domain or all in lower case."""
    plain = address.strip()
    local, _, domain = plain.rpartition("@")
    spellings = dict.fromkeys((plain, f"{local}@{domain.lower()}", plain.lower()))
    return [
        Identity("mbox_sha1sum", hashlib.sha1(f"mailto:{one}".encode(), usedforsecurity=False).hexdigest())
        for one in spellings
    ]


def _address(iri: str) -> str:
    match = _ADDRESS.fullmatch(iri)
    if match is None:
        return iri
    scheme, authority, rest = match.groups()
    scheme = scheme.lower()
    authority = authority.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":"))
    return f"{scheme}://{authority}{rest}".rstrip("/")


# What -------------------------------------------------------------------------------------------------------


def ids(statement: Statement) -> Ids:
    """All ids at once."""
    return Ids(
        statement_id(statement),
        verb_id(statement),
        object_type(statement),
        object_id(statement),
        registration(statement),
    )


def statement_id(statement: Statement) -> uuid.UUID | None:
    """The id that the sender gave, if one was."""
    return uuid.UUID(statement["id"]) if "id" in statement else None


def registration(statement: Statement) -> uuid.UUID | None:
    """The `context.registration`, if there is one."""
    found = statement.get("context", {}).get("registration")
    return None if found is None else uuid.UUID(found)


def verb_id(statement: Statement) -> str:
    """The address of the verb."""
    return str(statement["verb"]["id"])


def object_type(statement: Statement) -> str:
    """The `objectType` of the object, which is an activity where it does not say (Data 2.4.4)."""
    return str(statement["object"].get("objectType", "Activity"))


def object_id(statement: Statement) -> str | None:
    """The id of the activity or of the statement that the object is."""
    found = statement["object"].get("id")
    return None if found is None else str(found)


def activity_type(statement: Statement) -> str | None:
    """The address of the kind of activity, as far as the source tells."""
    found = statement["object"].get("definition", {}).get("type")
    return None if found is None else str(found)


def activity_of(statement: Statement) -> Activity | None:
    """The activity that the statement is about; None if it is about something else."""
    if object_type(statement) != "Activity":
        return None
    thing = statement["object"]
    definition = thing.get("definition", {})
    return Activity(
        thing["id"],
        definition.get("type"),
        dict(definition.get("name", {})),
        dict(definition.get("description", {})),
    )


def voids(statement: Statement) -> uuid.UUID | None:
    """The id of the statement that this one voids."""
    return uuid.UUID(statement["object"]["id"]) if verb_id(statement) == VOIDED else None


# When and how -----------------------------------------------------------------------------------------------


def happened_at(statement: Statement) -> datetime | None:
    """The moment in UTC, if the statement tells it; without a zone (1.0.3) it counts as UTC."""
    return moment_iso8601(statement["timestamp"]) if "timestamp" in statement else None


def score(statement: Statement) -> float | None:
    """The score as a share: `scaled`, else where `raw` lies between `min` (or 0) and `max`."""
    found = statement.get("result", {}).get("score", {})
    if "scaled" in found:
        return float(found["scaled"])
    low, high = found.get("min", 0), found.get("max")
    if "raw" not in found or high is None or high <= low:
        return None
    return float(max(0.0, min(1.0, (found["raw"] - low) / (high - low))))


def duration_hours(statement: Statement) -> float | None:
    """How long it took, in hours."""
    found = statement.get("result", {}).get("duration")
    return None if found is None else hours_of(found)


def progress(statement: Statement) -> float | None:
    """How far somebody is, from 0 to 1, where a known extension tells it.

    It is a percentage (cmi5; LinkedIn Learning writes it as text), and a share in the video profile.
    """
    extensions = statement.get("result", {}).get("extensions", {})
    for name in PROGRESS:
        found = _number(extensions.get(name))
        if found is not None:
            share = found if "/video/" in name else found / 100
            return share if 0 <= share <= 1 else None
    return None


def _number(value: object) -> float | None:
    if type(value) is str and len(value) < 20:
        try:
            return float(value.strip().removesuffix("%"))
        except ValueError:
            return None
    return float(value) if type(value) in (int, float) else None  # type: ignore[arg-type]
