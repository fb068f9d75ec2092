"""Signed statements (Data 2.6): a JWS among the attachments must be well formed and carry this statement.

As the specification says, this catches mistakes and proves nothing: whether a certificate is to be trusted is
not asked. RSA and the few bytes of X.509 that hold its key are read here, so that no library is needed.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from app.imports.xapi_check import check_statement
from app.imports.xapi_content import same_content
from app.imports.xapi_multipart import Part, attachments_of
from app.imports.xapi_shapes import Invalid
from app.reading import Unreadable, read_json

Statement = Mapping[str, Any]

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
_MAX_JWS = 4_000_000
_INTEGER, _BIT_STRING = 0x02, 0x03
_ALGORITHMS = {  # how PKCS #1 announces each hash
    "RS256": (hashlib.sha256, bytes.fromhex("3031300d060960864801650304020105000420")),
    "RS384": (hashlib.sha384, bytes.fromhex("3041300d060960864801650304020205000430")),
    "RS512": (hashlib.sha512, bytes.fromhex("3051300d060960864801650304020305000440")),
}


class _Key(NamedTuple):
    modulus: int
    exponent: int


class _Signed(NamedTuple):
    """One signature: its header, and header, payload and signature as they were encoded."""

    header: Mapping[str, Any]
    signed: bytes
    payload: str
    signature: bytes


def check_signatures(data: Statement | list[Statement], parts: Iterable[Part], *, version: str) -> None:
    """Raise Invalid where a checked statement has a signature that is malformed or signs something else.

    A signature of which only a fileUrl was sent is left alone: nothing is fetched here.
    """
    received: dict[str, Part] | None = None
    for where, statement, attachment in attachments_of(data):
        if attachment["usageType"] != SIGNATURE:
            continue
        if attachment["contentType"].partition(";")[0].strip().lower() != "application/octet-stream":
            raise Invalid(f"{where}.contentType", "must be application/octet-stream for a signature")
        if received is None:
            received = {part.sha2: part for part in parts}
        part = received.get(attachment["sha2"].lower())
        if part is not None:
            try:
                _check(statement, part.content, version)
            except Invalid as error:
                raise Invalid(where, f"is a malformed signature: {error}") from None


def _check(statement: Statement, content: bytes, version: str) -> None:
    for one in _signatures(content, version):
        if one.header.get("alg") not in list(_ALGORITHMS):
            raise Invalid("alg", "must be RS256, RS384 or RS512")
        payload = _json(_decoded(one.payload), "the payload")
        check_statement(payload, version=version)
        if not same_content(_unsigned(payload), _unsigned(statement)):
            raise Invalid("", "it signs another statement than the one it comes with")
        if "x5c" in one.header and not _verified(one, _key_of(one.header["x5c"])):
            raise Invalid("", "it does not fit the certificate in its header")


def _unsigned(statement: Statement) -> Statement:
    """The statement as it was before the signature was added."""
    kept = [one for one in statement.get("attachments", ()) if one["usageType"] != SIGNATURE]
    found = {key: value for key, value in statement.items() if key not in ("attachments", "objectType")}
    return {**found, "attachments": kept} if kept else found


# JWS --------------------------------------------------------------------------------------------------------


def _signatures(content: bytes, version: str) -> Iterator[_Signed]:
    """Read the compact form, and for 1.0 also the JSON forms, which 2.0 forbids."""
    if content.lstrip().startswith(b"{") and version.startswith("1.0"):
        yield from _from_json(content)
        return
    try:
        protected, payload, signature = content.decode("ascii").strip().split(".")
    except ValueError:
        raise Invalid("", "it is no JWS of three parts with dots between them") from None
    yield _signed(protected, payload, signature)


def _from_json(content: bytes) -> Iterator[_Signed]:
    whole = _json(content, "the JWS")
    several = whole.get("signatures", [whole])
    if type(several) is not list or not several:
        raise Invalid("", "it has no signatures")
    for one in several:
        if type(one) is not dict:
            raise Invalid("", "its signatures must be objects")
        texts = (one.get("protected"), whole.get("payload"), one.get("signature"))
        if not all(type(text) is str and text.isascii() for text in texts):
            raise Invalid("", "it must have protected, payload and signature")
        yield _signed(*texts)


def _signed(protected: Any, payload: Any, signature: Any) -> _Signed:
    header = _json(_decoded(protected), "the header")
    return _Signed(header, f"{protected}.{payload}".encode(), payload, _decoded(signature))


def _decoded(text: str) -> bytes:
    """Undo base64url without padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("", "it is not encoded in base64url") from None


def _json(raw: bytes, what: str) -> dict[str, Any]:
    try:
        found = read_json(raw, max_bytes=_MAX_JWS)
    except Unreadable as error:
        raise Invalid("", f"{what} is no JSON that can be read: {error.message}") from None
    if type(found) is not dict:
        raise Invalid("", f"{what} must be a JSON object")
    return found


# RSA and X.509 ----------------------------------------------------------------------------------------------


def _verified(one: _Signed, key: _Key) -> bool:
    """RSASSA-PKCS1-v1_5: what the key opens must be exactly the padded hash."""
    hashed, prefix = _ALGORITHMS[one.header["alg"]]
    size = (key.modulus.bit_length() + 7) // 8
    told = prefix + hashed(one.signed).digest()
    if len(one.signature) != size or size < len(told) + 11:
        return False
    expected = b"\x00\x01" + b"\xff" * (size - len(told) - 3) + b"\x00" + told
    return pow(int.from_bytes(one.signature), key.exponent, key.modulus) == int.from_bytes(expected)


def _key_of(chain: object) -> _Key:
    """The RSA key in the first certificate of `x5c`."""
    if type(chain) is not list or not chain or type(chain[0]) is not str:
        raise Invalid("x5c", "must be an array of certificates")
    try:
        certificate = base64.b64decode(chain[0], validate=True)
        to_be_signed = _children(_children(certificate)[0][1])[0][1]
        fields = [field for field in _children(to_be_signed) if field[0] != 0xA0]  # without the version
        key = _children(fields[5][1])[1]  # serial, algorithm, issuer, validity, subject, key
        modulus, exponent = _children(_children(key[1][1:])[0][1])[:2]
    except (binascii.Error, ValueError, IndexError):
        raise Invalid("x5c", "must be certificates with an RSA key") from None
    found = _Key(int.from_bytes(modulus[1]), int.from_bytes(exponent[1]))
    tags = (key[0], modulus[0], exponent[0])
    if tags != (_BIT_STRING, _INTEGER, _INTEGER) or not 1 < found.exponent < 2**32:
        raise Invalid("x5c", "must be certificates with an RSA key")
    if not 1024 <= found.modulus.bit_length() <= 8192:
        raise Invalid("x5c", "must have an RSA key of 1024 to 8192 bits")
    return found


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of DER that stand one after the other: (tag, content)."""
    found, at = [], 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size])
            at += size
        if at + length > len(data) or (tag & 0x1F) == 0x1F:
            raise ValueError("no DER")
        found.append((tag, data[at : at + length]))
        at += length
    return found
