"""Statements that come with attachments: multipart/mixed as xAPI uses it (Communication 1.5.2).

The parts are checked against what the statements say of them; their content is for the caller to drop.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from typing import Any, NamedTuple

from app.imports.xapi_shapes import Invalid

Statement = Mapping[str, Any]

_HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class Part(NamedTuple):
    """The raw data of one attachment; `sha2` is in lower case and is the hash of `content`. The type and the
    length are those of the headers, where they were given."""

    sha2: str
    content_type: str | None
    length: int | None
    content: bytes


def parse_multipart(content_type: str, body: bytes) -> tuple[bytes, list[Part]]:
    """Take a multipart/mixed body apart into the statements' JSON and the attachments, or raise Invalid."""
    chunks = _chunks(_boundary(content_type), body)
    headers, statements = _headers_of(chunks[0], 0)
    if _media_type(headers.get("content-type", "")) != "application/json":
        raise Invalid("part[0]", "must be the statements, with the Content-Type application/json")
    return statements, [_part(*_headers_of(chunk, place), place) for place, chunk in enumerate(chunks[1:], 1)]


def check_attachments(data: Statement | list[Statement], parts: Iterable[Part] = ()) -> None:
    """Raise Invalid unless every attachment has its data (or a fileUrl) and every part is an attachment's.

    `data` is a checked statement or a list of them. For a body of plain JSON, which carries no parts, every
    attachment must have a fileUrl.
    """
    several = list(parts)
    received = {part.sha2: part for part in several}
    used = set()
    for where, _, attachment in attachments_of(data):
        sha2 = attachment["sha2"].lower()
        part = received.get(sha2)
        if part is not None:
            used.add(sha2)
            _check_agreement(where, attachment, part)
        elif "fileUrl" not in attachment:
            raise Invalid(where, "has neither a fileUrl nor a part with its data in a multipart/mixed body")
    for place, part in enumerate(several, 1):
        if part.sha2 not in used:
            raise Invalid(f"part[{place}]", "belongs to no attachment; no statement names its hash as sha2")


def attachments_of(data: Statement | list[Statement]) -> Iterator[tuple[str, Statement, Statement]]:
    """Each attachment, also those of SubStatements: where it stands, in which (Sub)Statement, and itself."""
    numbered = (
        [(f"[{place}].", one) for place, one in enumerate(data)] if isinstance(data, list) else [("", data)]
    )
    for prefix, statement in numbered:
        for number, attachment in enumerate(statement.get("attachments", ())):
            yield f"{prefix}attachments[{number}]", statement, attachment
        inner = statement["object"]
        if inner.get("objectType") == "SubStatement":
            for number, attachment in enumerate(inner.get("attachments", ())):
                yield f"{prefix}object.attachments[{number}]", inner, attachment


def _check_agreement(where: str, attachment: Statement, part: Part) -> None:
    """A header that repeats a property must agree with it; parameters such as charset may be left out."""
    if part.content_type is not None and part.content_type != _media_type(attachment["contentType"]):
        raise Invalid(f"{where}.contentType", "differs from the Content-Type of its part")
    if part.length is not None and part.length != attachment["length"]:
        raise Invalid(f"{where}.length", "differs from the Content-Length of its part")


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    if message.get_content_type() != "multipart/mixed":
        raise Invalid("Content-Type", "must be application/json or multipart/mixed")
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70 or not boundary.isascii():
        raise Invalid("Content-Type", "must name the boundary of the parts, of 1 to 70 characters")
    return boundary.encode()


def _chunks(boundary: bytes, body: bytes) -> list[bytes]:
    """What stands between the delimiters; a body that does not end with the closing one was cut off."""
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    chunks: list[bytes] = []
    begin: int | None = None
    for match in line.finditer(body):
        if begin is not None:
            chunks.append(body[begin : match.start()])
        begin = match.end()
        if match.group(1):
            if not chunks:
                break
            return chunks
    missing = "the first part" if begin is None or not chunks else "the closing boundary"
    raise Invalid("body", f"must be parts between lines of the boundary; {missing} is missing")


def _headers_of(chunk: bytes, place: int) -> tuple[dict[str, str], bytes]:
    """The headers of a part, by name in lower case, and its content."""
    chunk = b"\n" + chunk.removeprefix(b"\r").removeprefix(b"\n")
    end = _END_OF_HEADERS.search(chunk)
    if end is None:
        raise Invalid(f"part[{place}]", "must have an empty line between its headers and its content")
    headers: dict[str, str] = {}
    for row in _FOLDED.sub(b" ", chunk[1 : end.start()]).splitlines():
        match = _HEADER.fullmatch(row)
        if match is None:
            raise Invalid(f"part[{place}]", "has a header line that is none")
        headers[match.group(1).decode().lower()] = match.group(2).decode("latin-1").strip()
    return headers, chunk[end.end() :]


def _part(headers: dict[str, str], content: bytes, place: int) -> Part:
    where = f"part[{place}]"
    sha2 = headers.get("x-experience-api-hash", "").lower()
    if not sha2:
        raise Invalid(where, "must have the header X-Experience-API-Hash")
    hashed = _HASHES.get(len(sha2))
    if hashed is None or hashed(content).hexdigest() != sha2:
        raise Invalid(where, "must have as X-Experience-API-Hash the SHA-2 hash of its content")
    if headers.get("content-transfer-encoding", "binary").lower() != "binary":
        raise Invalid(where, "must have the Content-Transfer-Encoding binary")
    length = headers.get("content-length")
    if length is not None and length != str(len(content)):
        raise Invalid(where, "must have as Content-Length the length of its content")
    content_type = _media_type(headers.get("content-type", "")) or None
    return Part(sha2, content_type, None if length is None else len(content), content)


def _media_type(content_type: str) -> str:
    """The type without its parameters."""
    return content_type.partition(";")[0].strip().lower()
