"""Keys: hashes of tokens keyed by SECRET_KEY, and the ring of MASTER_KEYS that wraps the keys of people.

The two never meet: who has the one cannot undo the other, and a change of SECRET_KEY loses no text.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.config import SettingMissing, settings

FORM = b"\x01"
NONCE = 12
NAME = 4
NO_KEYS = "MASTER_KEYS must be base64 of 32 bytes each, with commas between."


class KeyLost(RuntimeError):
    """No master key of the ring opens this."""


def keyed_hash(purpose: str, value: str | bytes) -> bytes:
    """What we keep of a token: useless without SECRET_KEY, and different for each purpose."""
    plain = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return hmac.new(_derived(settings().secret_key, purpose), plain, hashlib.sha256).digest()


def new_token() -> str:
    """Nobody guesses 256 bits."""
    return secrets.token_urlsafe(32)


@lru_cache(maxsize=64)
def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), b"blijk/" + purpose.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Ring:
    """Master keys, newest first: the newest wraps, each of them unwraps."""

    keys: tuple[bytes, ...]

    @classmethod
    def read(cls, text: str) -> "Ring":
        try:
            keys = tuple(base64.urlsafe_b64decode(_padded(part)) for part in text.split(",") if part.strip())
        except (ValueError, binascii.Error):
            raise SettingMissing(
                "MASTER_KEYS must be base64 of 32 bytes each, with commas between."
            ) from None
        if not keys or any(len(key) != 32 for key in keys):
            raise SettingMissing(NO_KEYS)
        return cls(keys)

    def wrap(self, key: bytes, about: str) -> bytes:
        """Lock a key up; `about` says whose it is and is needed to open it."""
        newest = self.keys[0]
        return _name(newest) + encrypt(newest, key, about)

    def unwrap(self, wrapped: bytes, about: str) -> bytes:
        name, locked = wrapped[:NAME], wrapped[NAME:]
        for key in self.keys:
            if _name(key) == name:
                return decrypt(key, locked, about)
        raise KeyLost(about)

    def seal(self, purpose: str, content: bytes) -> tuple[bytes, bytes]:
        """The name of the newest key, and a keyed hash that nobody makes without it."""
        return _name(self.keys[0]), _sealed(self.keys[0], purpose, content)

    def seal_holds(self, name: bytes, purpose: str, content: bytes, digest: bytes) -> bool:
        """Whether this content was sealed by the key of that name."""
        for key in self.keys:
            if _name(key) == name:
                return hmac.compare_digest(_sealed(key, purpose, content), digest)
        raise KeyLost(purpose)

    def wrapped_by_newest(self, wrapped: bytes) -> bool:
        """False when the key should be wrapped again after a rotation."""
        return wrapped[:NAME] == _name(self.keys[0])


def _sealed(key: bytes, purpose: str, content: bytes) -> bytes:
    own = hmac.new(key, b"blijk/seal/" + purpose.encode(), hashlib.sha256).digest()
    return hmac.new(own, content, hashlib.sha256).digest()


def ring() -> Ring:
    """The ring of the running house."""
    return _ring(settings().master_keys)


@lru_cache(maxsize=4)
def _ring(text: str) -> Ring:
    return Ring.read(text)


def new_key() -> bytes:
    """A key of 256 bits, for one person or one thing."""
    return os.urandom(32)


def encrypt(key: bytes, plain: bytes, about: str) -> bytes:
    """AES-256-GCM, bound to what it is about: it cannot be moved to another row."""
    nonce = os.urandom(NONCE)
    return FORM + nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def decrypt(key: bytes, locked: bytes, about: str) -> bytes:
    """What was locked with this key about this; raises `KeyLost` for another key, another subject or changed bytes."""
    nonce, body = locked[1 : 1 + NONCE], locked[1 + NONCE :]
    if locked[:1] != FORM:
        raise KeyLost(about)
    try:
        return AESGCM(key).decrypt(nonce, body, about.encode())
    except InvalidTag:
        raise KeyLost(about) from None


@lru_cache(maxsize=16)
def padded(text: str) -> bytes:
    """The text, filled up so that its length tells little about it."""
    plain = text.encode()
    return plain + b"\0" * (-len(plain) % 256)


def unpadded(plain: bytes) -> str:
    """The text without what hid its length."""
    return plain.rstrip(b"\0").decode()


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"blijk/name" + key).digest()[:NAME]


def _padded(part: str) -> str:
    tidy = part.strip().replace("+", "-").replace("/", "_").rstrip("=")
    return tidy + "=" * (-len(tidy) % 4)
