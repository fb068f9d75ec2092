"""Every setting with its default and meaning, from the environment; and what is made of them.

Production refuses to start without its keys. Nothing else in the house reads the environment.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import redis
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

Role = Literal["web", "worker", "owner"]


class SettingMissing(RuntimeError):
    """The house cannot start like this; the message says what to set."""


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field per environment variable, whose name is the field's in capitals."""

    database_url: str = _setting("", "PostgreSQL of the web's role, as postgresql://…")
    worker_database_url: str = _setting("", "the same for the worker's role; DATABASE_URL when empty")
    owner_database_url: str = _setting("", "the same for the owner, who migrates; DATABASE_URL when empty")
    redis_url: str = _setting("", "Redis or Valkey: redis://…, rediss://… or unix://…")
    secret_key: str = _setting("", "signs cookies and keyed hashes of tokens; at least 32 characters")
    master_keys: str = _setting(
        "", "wrap the keys per person: base64 of 32 bytes each, newest first, with commas"
    )
    public_url: str = _setting("", "the origin in every link and badge; http://localhost:PORT when empty")
    port: int = _setting(8000, "where the demo listens, and part of the default PUBLIC_URL")
    timezone: str = _setting("Europe/Amsterdam", "the organisation's time zone: what a day, week or month is")
    trusted_proxies: int = _setting(0, "how many reverse proxies add to X-Forwarded-For")
    threads: int = _setting(64, "threads of one web process; the WSGI server must have as many")
    requests_at_once: int = _setting(20, "requests a web process works on at once; beyond it answers 503")
    streams_at_once: int = _setting(
        0, "open event streams of a web process; three quarters of THREADS when 0"
    )
    body_bytes: int = _setting(8 * 2**20, "the largest body of a request")
    file_bytes: int = _setting(64 * 2**20, "the largest file that a page takes in")
    statement_seconds: int = _setting(10, "the longest one database statement of a page may take")
    session_days: int = _setting(30, "after so many days one signs in again, whatever happened meanwhile")
    dossier_days: int = _setting(730, "a frozen dossier of a review is destroyed after so many days")
    erasures: str = _setting("", "file with the list of erasures, which no restored backup takes back")
    session_idle_days: int = _setting(7, "after so many days without a visit one signs in again")
    token_minutes: int = _setting(60, "how long a token of /oauth/token is good for")
    shared_minutes: int = _setting(30, "on a shared device one is signed out after so many quiet minutes")
    mail_url: str = _setting("", "where mail goes: smtp://, smtps:// or file:///folder; no mail when empty")
    mail_from: str = _setting("", "the sender of mail, as Name <address>")
    gallery: int = _setting(0, "1 shows /dev/gallery, with every part of the pages: only for development")
    metrics_token: str = _setting("", "bearer token for /metrics, which is off when this is empty")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Read what is set; what is given in code (upper case) goes before it."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for spec in fields(cls):
            value = given.get(spec.name.upper(), environ.get(spec.name.upper()))
            if value not in (None, ""):
                values[spec.name] = _typed(spec, value)
        made = cls(**values)
        made.check()
        return made

    def check(self) -> None:
        """Say what is missing before anything starts."""
        for name in ("database_url", "redis_url", "secret_key", "master_keys"):
            if not getattr(self, name):
                raise SettingMissing(f"Set {name.upper()} (docs/operate.md). To only look around: make demo")
        if len(self.secret_key) < 32:
            raise SettingMissing("SECRET_KEY must have at least 32 characters.")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingMissing("TIMEZONE must be a name such as Europe/Amsterdam.") from None
        self._check_mail()
        origin = urlsplit(self.origin)
        if origin.scheme not in ("http", "https") or not origin.netloc or origin.path not in ("", "/"):
            raise SettingMissing("PUBLIC_URL must be an origin, such as https://blijk.example.org")

    def _check_mail(self) -> None:
        if not self.mail_url:
            return
        try:
            url = urlsplit(self.mail_url)
            by_server = url.scheme in ("smtp", "smtps") and bool(url.hostname) and url.port != 0
            fine = by_server or (url.scheme == "file" and url.path.startswith("/"))
        except ValueError:
            fine = False
        if not fine:
            raise SettingMissing(
                "MAIL_URL must be like smtp://user:password@host:587, smtps://… or file:///folder"
            )
        if not re.fullmatch(r"[^<>\r\n]*<?[^@\s<>]+@[^@\s<>]+>?", self.mail_from):
            raise SettingMissing("With MAIL_URL set MAIL_FROM as well, such as Blijk <blijk@example.org>")

    @property
    def origin(self) -> str:
        """Scheme, host and port of every link we give out."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def https(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def streams(self) -> int:
        return self.streams_at_once or max(1, self.threads * 3 // 4)

    def url_of(self, role: Role) -> str:
        """The SQLAlchemy address for a database role."""
        own = {"web": "", "worker": self.worker_database_url, "owner": self.owner_database_url}[role]
        return sqlalchemy_url(own or self.database_url)

    @property
    def roles_shared(self) -> list[str]:
        """The database roles that are not roles of their own; `readyz` and `verify` say so."""
        names: tuple[Role, ...] = ("worker", "owner")
        return [name for name in names if self.url_of(name) == self.url_of("web")]


def sqlalchemy_url(url: str) -> str:
    """`postgresql://…` as everyone writes it, with the driver that we use."""
    scheme, _, rest = url.partition("://")
    return (
        f"postgresql+psycopg://{rest}" if scheme in ("postgresql", "postgres", "postgresql+psycopg") else url
    )


def engine_options(settings: Settings, role: Role) -> dict[str, Any]:
    """A pool for as many requests as we take in at once, and limits so that nothing waits for ever.

    A request may need a second connection for a trace or an attempt: that is the overflow.
    """
    limits = ["-c timezone=UTC"]
    if role == "web":
        milliseconds = settings.statement_seconds * 1000
        limits += [f"-c statement_timeout={milliseconds}", "-c lock_timeout=5000"]
        limits += ["-c idle_in_transaction_session_timeout=60000"]
    return {
        "pool_size": settings.requests_at_once,
        "max_overflow": max(5, settings.requests_at_once // 2),
        "pool_timeout": 2,
        "pool_recycle": 1800,
        "pool_use_lifo": True,
        "hide_parameters": True,
        "connect_args": {
            "connect_timeout": 3,
            "application_name": f"blijk-{role}",
            "options": " ".join(limits),
        },
    }


def redis_client(settings: Settings) -> "redis.Redis":
    """A client that would rather fail than wait: standings can be late, pages cannot."""
    return redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=0.3,
        socket_connect_timeout=0.3,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def timezone() -> ZoneInfo:
    """The organisation's: it decides what a day is."""
    return ZoneInfo(settings().timezone)


def settings() -> Settings:
    """The settings of the running house."""
    found: Settings = current_app.extensions["settings"]
    return found


def _typed(spec: "Field[Any]", value: Any) -> Any:
    if spec.type is int or spec.type == "int":
        try:
            return int(value)
        except ValueError:
            raise SettingMissing(f"{spec.name.upper()} must be a whole number.") from None
    return value
