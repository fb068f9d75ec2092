"""The API's document, made from the schemas, the routes and the rules of who may; and its strict way in."""

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Flask, Request
from flask_babel import lazy_gettext as _l
from flask_smorest import Api, Blueprint
from marshmallow import Schema, ValidationError, fields

from app.config import settings
from app.errors import Unreadable
from app.reading import read_json

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
    """Errors are answered by `web.py`, for pages and API alike."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave them: flask-smorest would answer pages in JSON, and drop `Allow`."""


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
    api = HouseApi(app)
    for room in rooms:
        api.register_blueprint(room)


def _json(sent: Request, schema: Schema) -> Any:
    """The same strict reader as everywhere."""
    if not sent.is_json:
        raise Unreadable(NOT_JSON)
    return read_json(sent.get_data(cache=False), max_bytes=settings().body_bytes)


def _invalid(error: ValidationError, *_: object, **__: object) -> None:
    """Without the name of the location around the messages, like forms."""
    messages: Any = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
    for location in ("json", "query", "form", "path", "headers", "files", "query_or_json"):
        if set(messages) == {location} and isinstance(messages[location], dict):
            messages = messages[location]
    raise ValidationError(messages)
