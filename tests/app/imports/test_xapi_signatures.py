"""A signed statement carries a signature that is well formed and signs just this statement."""

import base64
import datetime as dt
import hashlib
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from app.imports.xapi import Invalid, Part, check_signatures
from app.imports.xapi_signatures import SIGNATURE
from tests.each import each

HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
STATEMENT = {
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": {"mbox": "mailto:anna@water.example"},
    "verb": {"id": "urn:did", "display": {"nl": "deed"}},
    "object": {"id": "urn:a"},
    "timestamp": "2026-11-23T10:00:00Z",
}


def key_and_certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Waterveld é")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(2**150 + 1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=9))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CERTIFICATE = key_and_certificate(KEY)


def coded(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(payload=STATEMENT, header=None, key=KEY):
    """A JWS in compact form."""
    header = {"alg": "RS256", **(header or {})}
    text = f"{coded(header)}.{coded(payload)}"
    algorithm = HASHES.get(header["alg"] if isinstance(header["alg"], str) else "", hashes.SHA256())
    return f"{text}.{coded(key.sign(text.encode(), padding.PKCS1v15(), algorithm))}".encode()


def check(jws, statement=STATEMENT, version="1.0.3", **changes):
    sha2 = hashlib.sha256(jws).hexdigest()
    attachment = {
        "usageType": SIGNATURE, "display": {"en": "Signature"}, "contentType": "application/octet-stream",
        "length": len(jws), "sha2": sha2, **changes,
    }  # fmt: skip
    whole = {**statement, "attachments": [*statement.get("attachments", []), attachment]}
    check_signatures([whole], [Part(sha2, None, None, jws)], version=version)


def refusal(jws, **changes):
    with pytest.raises(Invalid) as caught:
        check(jws, **changes)
    return caught.value


@each("algorithm", HASHES)
@each("version", ["1.0.3", "2.0.0"])
def test_a_signature_with_its_certificate_is_accepted(algorithm, version):
    check(signed(header={"alg": algorithm, "x5c": [CERTIFICATE]}), version=version)
    check(signed(header={"alg": algorithm}), version=version)


def test_what_the_lrs_may_change_does_not_break_a_signature():
    check(signed({**STATEMENT, "verb": {"id": "urn:did"}, "timestamp": "2026-11-23T11:00:00+01:00"}))
    check(signed({key: value for key, value in STATEMENT.items() if key != "timestamp"}))
    check(
        signed(),
        contentType="application/octet-stream; x=y",
        sha2=hashlib.sha256(signed()).hexdigest().upper(),
    )


def test_other_attachments_are_part_of_what_is_signed():
    other = {"usageType": "urn:u", "display": {}, "contentType": "a/b", "length": 1, "sha2": "a" * 64}
    with_other = {**STATEMENT, "attachments": [other]}
    check(signed(with_other), statement=with_other)
    assert refusal(signed(), statement=with_other).property == "[0].attachments[1]"


PARTS = signed(header={"x5c": [CERTIFICATE]}).decode().split(".")
WITH_ANOTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_CERTIFICATE = key_and_certificate(ec.generate_private_key(ec.SECP256R1()))
MALFORMED = {
    "no algorithm that is allowed": signed(header={"alg": "HS256"}),
    "none": signed(header={"alg": "none"}),
    "an algorithm that is a list": signed(header={"alg": ["RS256"]}),
    "a payload that is no JSON": f"{coded({'alg': 'RS256'})}.{coded(b'{broken')}.{PARTS[2]}".encode(),
    "a payload with a key twice": f"{coded({'alg': 'RS256'})}.{coded(b'{1:1}')}.{PARTS[2]}".encode(),
    "a payload that is a list": signed([STATEMENT]),
    "a payload that is no statement": signed({**STATEMENT, "verb": {}}),
    "another statement": signed({**STATEMENT, "object": {"id": "urn:b"}}),
    "another moment": signed({**STATEMENT, "timestamp": "2026-11-23T10:00:01Z"}),
    "a header that is no JSON": f"{coded(b'x')}.{PARTS[1]}.{PARTS[2]}".encode(),
    "a header that is a list": signed(STATEMENT).replace(PARTS[0].encode(), b"") + b"",
    "two parts": b".".join(signed().split(b".")[:2]),
    "four parts": signed() + b".x",
    "nothing": b"",
    "bytes": bytes(range(256)),
    "no base64url": f"{PARTS[0]}.{PARTS[1]}.é*".encode(),
    "padding": f"{PARTS[0]}.{PARTS[1]}.{PARTS[2]}====".encode(),
    "another key than the certificate's": signed(header={"x5c": [CERTIFICATE]}, key=WITH_ANOTHER_KEY),
    "a changed signature": f"{PARTS[0]}.{PARTS[1]}.{'A' * len(PARTS[2])}".encode(),
    "a short signature": f"{PARTS[0]}.{PARTS[1]}.{PARTS[2][:40]}".encode(),
    "an empty chain": signed(header={"x5c": []}),
    "a chain that is text": signed(header={"x5c": CERTIFICATE}),
    "a certificate that is none": signed(header={"x5c": ["AAAA"]}),
    "a certificate in no base64": signed(header={"x5c": ["*"]}),
    "a certificate cut off": signed(header={"x5c": [CERTIFICATE[:400]]}),
    "a certificate without RSA": signed(header={"x5c": [EC_CERTIFICATE]}),
}
MALFORMED["a header that is a list"] = f"{coded([1])}.{PARTS[1]}.{PARTS[2]}".encode()


@each("what", MALFORMED)
def test_a_malformed_signature_is_refused(what):
    error = refusal(MALFORMED[what])
    assert error.property == "[0].attachments[0]"
    assert "malformed signature" in error.reason


def test_a_signature_has_its_own_content_type():
    assert refusal(signed(), contentType="text/plain").property == "[0].attachments[0].contentType"


def test_the_json_form_is_allowed_in_1_0_only():
    protected, payload, signature = signed(header={"x5c": [CERTIFICATE]}).decode().split(".")
    flat = json.dumps({"payload": payload, "protected": protected, "signature": signature}).encode()
    several = {"payload": payload, "signatures": [{"protected": protected, "signature": signature}]}
    check(flat)
    check(json.dumps(several).encode())
    refusal(flat, version="2.0.0")
    for broken in ({"payload": payload}, {**several, "signatures": []}, {**several, "signatures": [1]},
                   {**several, "signatures": {}}, {**several, "payload": "é"}):  # fmt: skip
        refusal(json.dumps(broken).encode())


def test_a_signature_at_a_file_url_is_not_fetched():
    attachment = {"usageType": SIGNATURE, "contentType": "application/octet-stream", "sha2": "a" * 64,
                  "fileUrl": "http://x.example/sig"}  # fmt: skip
    check_signatures({**STATEMENT, "attachments": [attachment]}, [], version="1.0.3")


def test_unsigned_statements_pass():
    check_signatures([STATEMENT, STATEMENT], [], version="1.0.3")


@given(st.integers(0, len(base64.b64decode(CERTIFICATE)) - 1), st.integers(0, 255))
def test_a_certificate_with_any_byte_changed_raises_nothing_else_than_invalid(place, byte):
    raw = bytearray(base64.b64decode(CERTIFICATE))
    raw[place] = byte
    header = {"alg": "RS256", "x5c": [base64.b64encode(raw).decode()]}
    try:
        check(f"{coded(header)}.{PARTS[1]}.{PARTS[2]}".encode())
    except Invalid as error:
        message = str(error)
        assert message
