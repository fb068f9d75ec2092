"""What the house needs before it starts."""

import base64

import pytest

from app.config import SettingMissing, Settings, sqlalchemy_url
from app.factory import create_app
from app.keys import KeyLost, Ring, new_key

KEY = base64.b64encode(b"k" * 32).decode()
ENOUGH = {
    "DATABASE_URL": "postgresql://somebody@/blijk",
    "REDIS_URL": "redis://localhost",
    "SECRET_KEY": "s" * 32,
    "MASTER_KEYS": KEY,
}


@pytest.mark.parametrize("name", ENOUGH)
def test_without_one_of_these_it_does_not_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (*ENOUGH, "WORKER_DATABASE_URL", "OWNER_DATABASE_URL"):
        monkeypatch.delenv(key, raising=False)
    for key, value in ENOUGH.items():
        if key != name:
            monkeypatch.setenv(key, value)
    with pytest.raises(SettingMissing, match=name):
        create_app()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("PUBLIC_URL", "example.org"),
        ("PUBLIC_URL", "https://example.org/blijk"),
        ("TIMEZONE", "Mars/Olympus"),
        ("PORT", "eight thousand"),
        ("MASTER_KEYS", "too short"),
    ],
)
def test_a_setting_that_makes_no_sense_is_said_at_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingMissing, match=name):
        create_app(**{**ENOUGH, name: value})


def test_an_address_gets_our_driver() -> None:
    assert sqlalchemy_url("postgresql://a@/b?host=/tmp") == "postgresql+psycopg://a@/b?host=/tmp"


def test_the_public_url_follows_the_port() -> None:
    assert Settings.from_environment({**ENOUGH, "PORT": "8123"}).origin == "http://localhost:8123"


def test_roles_that_are_shared_are_named() -> None:
    shared = Settings.from_environment({**ENOUGH, "OWNER_DATABASE_URL": "postgresql://owner@/blijk"})
    assert shared.roles_shared == ["worker"]


def test_a_ring_opens_what_an_older_key_locked() -> None:
    old = Ring.read(KEY)
    key = new_key()
    wrapped = old.wrap(key, "person:1")
    both = Ring.read(f"{base64.b64encode(b'n' * 32).decode()},{KEY}")
    assert both.unwrap(wrapped, "person:1") == key
    assert not both.wrapped_by_newest(wrapped)
    assert both.wrapped_by_newest(both.wrap(key, "person:1"))


def test_a_wrapped_key_opens_only_for_whom_it_is() -> None:
    ring = Ring.read(KEY)
    wrapped = ring.wrap(new_key(), "person:1")
    with pytest.raises(KeyLost):
        ring.unwrap(wrapped, "person:2")
    with pytest.raises(KeyLost):
        Ring.read(base64.b64encode(b"n" * 32).decode()).unwrap(wrapped, "person:1")
