"""What xAPI 1.0.3 (Data 2.2 to 2.5 and 4.0) and xAPI 2.0 (IEEE 9274.1.1) allow in a statement, as tables.

Where the two differ: 2.0 knows contextAgents and contextGroups and asks for RFC 3339 timestamps with a zone;
1.0.3 takes any ISO 8601 date and time. Where the text leaves a choice to the receiver, the choice says why.
"""

from typing import cast

from app.imports.xapi_formats import (
    is_duration,
    is_iri,
    is_language_tag,
    is_mailto,
    is_media_type,
    is_sha1,
    is_sha2,
    is_uuid,
    is_version_one,
    is_version_two,
    moment_iso8601,
    moment_rfc3339,
)
from app.imports.xapi_shapes import (
    Check,
    Invalid,
    array,
    boolean,
    by_object_type,
    keyed,
    natural,
    number,
    one_of,
    shape,
    string,
    text,
    wrong_kind,
)

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
Json = dict[str, object]

# What we find things by must fit a database index; the specification sets no length, so this one is ours.
LONGEST_IRI = 2000
LONGEST_NAME = 500


def _fits(value: str, longest: int) -> bool:
    """Whether this takes no more bytes in UTF-8; what is short is not even encoded."""
    return len(value) * 4 <= longest or len(value.encode("utf-8", "surrogatepass")) <= longest


def _account_name(value: object) -> None:
    string(value)
    if not _fits(cast(str, value), LONGEST_NAME):
        raise Invalid("", f"must be at most {LONGEST_NAME} bytes long")


_IRI_WORDS = "an absolute IRI with a scheme, such as https://example.org/x or urn:x"
_iri = text(is_iri, _IRI_WORDS)
_key = text(
    lambda value: is_iri(value) and _fits(value, LONGEST_IRI), f"{_IRI_WORDS}, of at most {LONGEST_IRI} bytes"
)
_uuid = text(is_uuid, "a UUID such as 12345678-1234-4678-9234-567812345678")
_languages = keyed(is_language_tag, "an RFC 5646 language tag such as nl or en-US", string)
_extensions = keyed(is_iri, "an absolute IRI")

# Who --------------------------------------------------------------------------------------------------------
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_account = shape({"homePage": _key, "name": _account_name}, required=("homePage", "name"))
_IDENTITY: dict[str, Check] = {
    "name": string,
    "mbox": text(
        lambda value: is_mailto(value) and _fits(value, LONGEST_NAME),
        f"mailto: and an e-mail address, of at most {LONGEST_NAME} bytes",
    ),
    "mbox_sha1sum": text(is_sha1, "the SHA-1 of a mailto IRI in 40 hexadecimal digits"),
    "openid": _key,
    "account": _account,
}


def _identifiers(value: Json) -> list[str]:
    """The inverse functional identifiers that are used; two would make two people of one."""
    used = [name for name in _IDENTIFIERS if name in value]
    if len(used) > 1:
        raise Invalid(used[1], f"is one identifier too many beside {used[0]}; use exactly one")
    return used


def _is_identified(value: Json) -> None:
    if not _identifiers(value):
        raise Invalid("", f"must have one of {', '.join(_IDENTIFIERS)}")


def _is_identified_or_has_members(value: Json) -> None:
    if not _identifiers(value) and not value.get("member"):
        raise Invalid("member", "is missing; a group without an identifier lists its members")


def _is_application_and_user(value: Json) -> None:
    """The authority of three-legged OAuth: an anonymous group of the consumer (by account) and the user."""
    used = _identifiers(value)
    if used:
        raise Invalid(used[0], "is not allowed here; an authority group has members only")
    members = cast(list[Json], value["member"])
    if len(members) != 2:
        raise Invalid("member", "must hold exactly two agents, the application and the user")
    if not any("account" in member for member in members):
        raise Invalid("member", "must identify the application by account")


_agent = shape({"objectType": one_of("Agent"), **_IDENTITY}, rule=_is_identified)
_GROUP: dict[str, Check] = {"objectType": one_of("Group"), **_IDENTITY, "member": array(_agent)}
_group = shape(_GROUP, required=("objectType",), rule=_is_identified_or_has_members)
_actor = by_object_type({"Agent": _agent, "Group": _group}, "Agent")
_consumer_and_user = shape(_GROUP, required=("objectType", "member"), rule=_is_application_and_user)
_authority = by_object_type({"Agent": _agent, "Group": _consumer_and_user}, "Agent")

# What -------------------------------------------------------------------------------------------------------
_verb = shape({"id": _key, "display": _languages}, required=("id",))


def _ids_differ(components: list[object]) -> None:
    ids = [cast(Json, component)["id"] for component in components]
    if len(set(ids)) != len(ids):
        raise Invalid("", "must give each component an id of its own")


_components = array(
    shape({"id": string, "description": _languages}, required=("id",)),
    rule=_ids_differ,
)
_INTERACTIONS: dict[str, tuple[str, ...]] = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
_LISTS = ("choices", "scale", "source", "target", "steps")


def _is_consistent_interaction(definition: Json) -> None:
    """The parts of an interaction ask for its type, and only the lists of that type are allowed (2.4.4.1)."""
    kind = definition.get("interactionType")
    if kind is None:
        for name in ("correctResponsesPattern", *_LISTS):
            if name in definition:
                raise Invalid("interactionType", f"is missing; {name} asks for it")
        return
    allowed = _INTERACTIONS[cast(str, kind)]
    for name in _LISTS:
        if name in definition and name not in allowed:
            raise Invalid(name, f"is not allowed for the interactionType {kind}")


_definition = shape(
    {
        "name": _languages,
        "description": _languages,
        "type": _key,
        "moreInfo": _iri,
        "extensions": _extensions,
        "interactionType": one_of(*_INTERACTIONS),
        "correctResponsesPattern": array(string),
        **dict.fromkeys(_LISTS, _components),
    },
    rule=_is_consistent_interaction,
)
_activity = shape({"objectType": one_of("Activity"), "id": _key, "definition": _definition}, required=("id",))
_reference = shape({"objectType": one_of("StatementRef"), "id": _uuid}, required=("objectType", "id"))

# With what result -------------------------------------------------------------------------------------------


def _is_within_bounds(score: Json) -> None:
    """The order min, raw, max. Equal min and max pass: H5P sends 0 of 0 for content that scores nothing, and
    the conformance requirement XAPI-00081 refuses a greater one only."""
    low, raw, high = (cast("float | None", score.get(name)) for name in ("min", "raw", "max"))
    if low is not None and high is not None and low > high:
        raise Invalid("min", "must be less than max")
    if raw is not None and low is not None and raw < low:
        raise Invalid("raw", "must be at least min")
    if raw is not None and high is not None and raw > high:
        raise Invalid("raw", "must be at most max")


def _scaled(value: object) -> None:
    number(value)
    if not -1 <= cast(float, value) <= 1:
        raise Invalid("", "must be between -1 and 1")


_score = shape(
    {"scaled": _scaled, "raw": number, "min": number, "max": number},
    rule=_is_within_bounds,
)
_result = shape(
    {
        "score": _score,
        "success": boolean,
        "completion": boolean,
        "response": string,
        "duration": text(is_duration, "an ISO 8601 duration such as PT1H30M or P4W"),
        "extensions": _extensions,
    }
)

# In which context -------------------------------------------------------------------------------------------
_activities = array(_activity)


def _one_or_more_activities(value: object) -> None:
    """A single activity instead of an array is allowed, for the sake of xAPI 0.95."""
    (_activities if type(value) is list else _activity)(value)


_CONTEXT: dict[str, Check] = {
    "registration": _uuid,
    "instructor": _actor,
    "team": _group,
    "contextActivities": shape(
        dict.fromkeys(("parent", "grouping", "category", "other"), _one_or_more_activities)
    ),
    "revision": string,
    "platform": string,
    "language": text(is_language_tag, "an RFC 5646 language tag such as nl or en-US"),
    "statement": _reference,
    "extensions": _extensions,
}


def _is_not_empty(types: list[object]) -> None:
    if not types:
        raise Invalid("", "must name at least one type, or be left out")


def _with_relevance(name: str, who: Check) -> Check:
    """An entry of contextAgents or contextGroups (xAPI 2.0)."""
    return shape(
        {
            "objectType": one_of(f"context{name.capitalize()}"),
            name: who,
            "relevantTypes": array(_iri, rule=_is_not_empty),
        },
        required=("objectType", name),
    )


_CONTEXT_TWO: dict[str, Check] = {
    **_CONTEXT,
    "contextAgents": array(_with_relevance("agent", _agent)),
    "contextGroups": array(_with_relevance("group", _group)),
}
_attachment = shape(
    {
        "usageType": _iri,
        "display": _languages,
        "description": _languages,
        "contentType": text(is_media_type, "a media type such as text/plain"),
        "length": natural,
        "sha2": text(is_sha2, "a SHA-2 hash in hexadecimal digits"),
        "fileUrl": _iri,
    },
    required=("usageType", "display", "contentType", "length", "sha2"),
)

# All of it --------------------------------------------------------------------------------------------------


def _holds_together(statement: Json) -> None:
    """What one property says about another."""
    kind = cast(Json, statement["object"]).get("objectType", "Activity")
    if kind != "StatementRef" and cast(Json, statement["verb"])["id"] == VOIDED:
        raise Invalid("object.objectType", "must be StatementRef where the verb is voided")
    if kind != "Activity" and "context" in statement:
        context = cast(Json, statement["context"])
        for name in ("revision", "platform"):
            if name in context:
                raise Invalid(f"context.{name}", "is allowed only where the object is an Activity")


def _statement(context: dict[str, Check], timestamp: Check, version: Check) -> Check:
    """A statement, and one level of statement within it, which says nothing about its own keeping."""
    objects = {"Activity": _activity, "Agent": _agent, "Group": _group, "StatementRef": _reference}
    needed = ("actor", "verb", "object")
    fields: dict[str, Check] = {
        "actor": _actor,
        "verb": _verb,
        "result": _result,
        "context": shape(context),
        "timestamp": timestamp,
        "attachments": array(_attachment),
    }
    inner: dict[str, Check] = {
        "objectType": one_of("SubStatement"),
        **fields,
        "object": by_object_type(objects, "Activity"),
    }
    outer: dict[str, Check] = {
        "id": _uuid,
        **fields,
        "object": by_object_type(
            {**objects, "SubStatement": shape(inner, needed, _holds_together)}, "Activity"
        ),
        "stored": timestamp,
        "authority": _authority,
        "version": version,
    }
    return shape(outer, needed, _holds_together)


_ONE = _statement(
    _CONTEXT,
    text(lambda value: moment_iso8601(value) is not None, "an ISO 8601 date and time"),
    text(is_version_one, "1.0. and a patch number, such as 1.0.0"),
)
_TWO = _statement(
    _CONTEXT_TWO,
    text(lambda value: moment_rfc3339(value) is not None, "an RFC 3339 date and time with its zone"),
    text(is_version_two, "1.0. or 2.0. and a patch number, such as 2.0.0"),
)


def check_statement(data: object, *, version: str) -> None:
    """Raise Invalid unless this is one statement that the request's xAPI version (1.0.x or 2.0.x) allows."""
    _check_of(version)(data)


def check_batch(data: object, *, version: str) -> None:
    """The same for what a POST carries: one statement, or an array of them (also an empty one) without two of
    the same id."""
    check = _check_of(version)
    if type(data) is not list:
        if type(data) is not dict:
            raise wrong_kind(data, "a statement or an array of statements")
        return check(data)
    seen: dict[str, int] = {}
    for place, statement in enumerate(data):
        try:
            check(statement)
        except Invalid as error:
            error.within(f"[{place}]")
            raise
        if "id" in statement and seen.setdefault(statement["id"].lower(), place) != place:
            first = seen[statement["id"].lower()]
            raise Invalid(f"[{place}].id", f"is also the id of [{first}]; each statement has its own")


def check_actor(data: object) -> None:
    """Raise Invalid unless this is an agent or group; for the `agent` parameter of a query."""
    _actor(data)


def _check_of(version: str) -> Check:
    """The tables for a version that the door has accepted."""
    if version.startswith("2.0"):
        return _TWO
    if version.startswith("1.0"):
        return _ONE
    raise ValueError(f"no xAPI version that is spoken here: {version[:20]!r}")
