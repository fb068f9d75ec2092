"""The API's document, made from the schemas, the routes and the rules of who may; and its strict way in."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from flask import Flask, Request, Response, current_app, jsonify
from flask_babel import lazy_gettext as _l
from flask_smorest import Api, Blueprint
from marshmallow import Schema, ValidationError, fields

from app.config import settings
from app.errors import Unreadable
from app.reading import read_json, tidied

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
FILE = {"type": "string", "format": "binary"}
REASONS = {"422": "Understood, and refused.", "default": "Refused, or busy."}
NOT_JSON = _l("Send JSON with the content type application/json.")


class Rule(Protocol):
    """What `access.Policy` tells us of a route."""

    @property
    def who(self) -> tuple[str, ...]: ...
    @property
    def scope(self) -> str | None: ...


class Problem(Schema):
    """RFC 9457, as `web.problem` makes it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable, for programs"})
    detail = fields.String(required=True, metadata={"description": "for people, in their language"})
    request = fields.String(required=True, metadata={"description": "names this request in our log"})
    errors = fields.Dict(metadata={"description": "what is wrong with which field"})


class HouseApi(Api):  # type: ignore[misc]
    """Errors are answered by `web.py`, for pages and API alike; the document says who may."""

    ERROR_SCHEMA = Problem
    policies: Mapping[str, Rule] = MappingProxyType({})
    finished: dict[str, Any] | None = None

    def _register_error_handlers(self) -> None:
        """Leave them: flask-smorest would answer pages in JSON, and drop `Allow`."""

    def _openapi_json(self) -> Response:
        if self.finished is None:
            self.finished = finish(self.spec.to_dict(), _endpoints(current_app), self.policies)
        return jsonify(self.finished)


def init_app(app: Flask, rooms: list[Blueprint], policies: Mapping[str, Rule]) -> None:
    app.config.update(
        API_TITLE="Blijk",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    parser = Blueprint.ARGUMENTS_PARSER
    parser.location_loader("json")(_json)
    parser.error_handler(_invalid)
    api = HouseApi(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(_schema_name)})  # type: ignore[arg-type]
    api.policies = policies
    for room in rooms:
        api.register_blueprint(room)


# The document -----------------------------------------------------------------------------------------------


def _schema_name(schema: Any) -> str | None:
    """Named for its room, so that two rooms may use one word; a part of a schema has no name of its own."""
    known = resolve_schema_instance(schema)
    if known.only or known.exclude or known.partial:
        return None
    of = type(known)
    room = of.__module__.removeprefix("app.").split(".")[0]
    return of.__name__ if of is Problem else f"{room}.{of.__name__}"


def _endpoints(app: Flask) -> dict[tuple[str, str], str]:
    """Which view stands behind a path and a method of the document."""
    found = {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in rule.methods or ():
            found[path, method.lower()] = rule.endpoint
    return found


def finish(
    spec: dict[str, Any], endpoints: Mapping[tuple[str, str], str], policies: Mapping[str, Rule]
) -> dict[str, Any]:
    """Add what the schemas do not know: who may, how to sign in, and what a refusal looks like."""
    parts = spec.setdefault("components", {})
    parts["securitySchemes"] = security_schemes()
    for unused in ("responses", "headers"):
        parts.pop(unused, None)
    parts["schemas"].pop("PaginationMetadata", None)
    spec["servers"] = [{"url": settings().origin}]
    for path, item in spec.get("paths", {}).items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                endpoint = endpoints[path, method]
                _finish_operation(operation, endpoint, policies[endpoint], path)
    return spec


def _finish_operation(operation: dict[str, Any], endpoint: str, policy: Rule, path: str) -> None:
    room, _, view = endpoint.partition(".")
    room = room.removesuffix("_api")
    operation["operationId"] = f"{room}_{view}"
    operation["tags"] = [room]
    operation["x-who"] = list(policy.who)
    responses = operation.setdefault("responses", {})
    if "anybody" not in policy.who:
        responses.setdefault("401", {"description": "Nobody is asking, or the key is not known."})
        responses.setdefault("403", {"description": "Not for this role, or beyond the scope of the key."})
    if "{" in path:
        responses.setdefault("404", {"description": "Is not there, or not for you."})
    if "requestBody" in operation:
        responses.setdefault("400", {"description": "The body cannot be read."})
    for status in responses:
        if status == "default" or int(status) >= 400:
            said = responses[status].get("description") or REASONS.get(str(status), "Refused.")
            responses[status] = {"description": said, "content": PROBLEM}
    operation["security"] = _security(policy)


def _security(policy: Rule) -> list[dict[str, list[str]]]:
    """Which keys open this route."""
    if "anybody" in policy.who:
        return []
    ways: list[dict[str, list[str]]] = [{"bearer": []}]
    if "client" in policy.who:
        ways += [{"client": [policy.scope] if policy.scope else []}, {"basic": []}]
    return ways


def security_schemes() -> dict[str, Any]:
    flow = {"tokenUrl": f"{settings().origin}/oauth/token", "scopes": {}}
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token of a person or of a client."},
        "basic": {"type": "http", "scheme": "basic", "description": "Key and secret of a client."},
        "client": {"type": "oauth2", "flows": {"clientCredentials": flow}},
    }


# The way in -------------------------------------------------------------------------------------------------


def _json(sent: Request, schema: Schema) -> Any:
    """The same strict reader as everywhere; and of numbers and yes or no what the document says, no more."""
    if not sent.is_json:
        raise Unreadable(NOT_JSON)
    read = read_json(sent.get_data(cache=False), max_bytes=settings().body_bytes)
    if wrong := _not_exact(schema, read):
        raise ValidationError(wrong)
    return tidied(read)


def _not_exact(schema: Schema, read: object) -> dict[str, Any]:
    """Which fields are of another kind: forms have only text, so the fields themselves would take "1" for a number,
    0 for no, true for person 1, and the whole of 2.9."""
    if schema.many and isinstance(read, list):
        one = {str(at): _not_exact_in(schema, part) for at, part in enumerate(read)}
        return {at: wrong for at, wrong in one.items() if wrong}
    return _not_exact_in(schema, read)


def _not_exact_in(schema: Schema, read: object) -> dict[str, Any]:
    if not isinstance(read, dict):
        return {}
    asked = {wanted.data_key or name: wanted for name, wanted in schema.load_fields.items()}
    found = {name: _other_kind(asked[name], value) for name, value in read.items() if name in asked}
    return {name: wrong for name, wrong in found.items() if wrong}


def _other_kind(wanted: fields.Field[Any], value: object) -> Any:
    """What is wrong with a value, as the field itself would say it; nothing where that is for the field to judge."""
    if value is None:
        return None
    if isinstance(wanted, fields.List) and isinstance(value, list):
        each = {at: _other_kind(wanted.inner, part) for at, part in enumerate(value)}
        return {at: wrong for at, wrong in each.items() if wrong}
    if isinstance(wanted, fields.Nested):
        return _not_exact(wanted.schema, value)
    if isinstance(wanted, fields.Boolean):
        fits = isinstance(value, bool)
    elif isinstance(wanted, fields.Integer):
        fits = type(value) is int or (isinstance(value, float) and value.is_integer())
    elif isinstance(wanted, fields.Number):
        fits = type(value) in (int, float)
    else:
        return None
    return None if fits else [wanted.error_messages["invalid"]]


def _invalid(error: ValidationError, *_: object, **__: object) -> None:
    """Without the name of the location around the messages, like forms."""
    messages: Any = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
    for location in ("json", "query", "form", "path", "headers", "files", "query_or_json"):
        if set(messages) == {location} and isinstance(messages[location], dict):
            messages = messages[location]
    raise ValidationError(messages)
