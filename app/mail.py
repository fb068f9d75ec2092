"""Mail going out: by SMTP, or into a folder where nobody reads it but who develops.

Whether somebody may be written to, and what, is decided elsewhere. Nothing of a mail is ever logged.
"""

import os
import re
import smtplib
import ssl
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from app.config import Settings, settings

AWAY = "server-away"  # no use to try the next one now
PATIENCE = 20  # seconds that a mail server has to answer


class Whole(UniqueUnstructuredHeader):
    """A header that stays on one line: an address without a space, when folded, becomes one that nobody can open."""

    def fold(self: Any, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class Subject(UniqueUnstructuredHeader):
    """A subject that begins beside its name: folded before its first word it would be read with a space before it, or
    as an empty one. Ours has 200 signs at most, and 998 may stand on a line (RFC 5322, 2.1.1)."""

    def fold(self: Any, *, policy: Any) -> str:
        if self.isascii():
            return f"{self.name}: {self}{policy.linesep}"
        return str(super().fold(policy=policy))  # type: ignore[misc]  # it is mixed with BaseHeader


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", Subject)  # type: ignore[arg-type]  # it is mixed with BaseHeader
_HEADERS.map_to_type("list-unsubscribe", Whole)  # type: ignore[arg-type]  # it is mixed with BaseHeader
LETTERS = SMTP.clone(header_factory=_HEADERS)


class CannotSend(Exception):
    """It did not go out; `for_good` when trying again cannot help."""

    def __init__(self, code: str, *, for_good: bool) -> None:
        super().__init__(code)
        self.code, self.for_good = code, for_good


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail to one person."""

    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    message_id: str = ""  # the same each time that one letter is tried, so that who gets it twice sees one
    headers: Mapping[str, str] = field(default_factory=dict)


class Way(Protocol):
    def send(self, message: EmailMessage) -> None: ...


def is_on() -> bool:
    """Does this installation send mail at all?"""
    return bool(settings().mail_url)


@contextmanager
def post() -> Generator[Way]:
    """The way out, open for a number of letters."""
    url = urlsplit(settings().mail_url)
    if url.scheme == "file":
        yield Folder(Path(unquote(url.path)))
        return
    server = Server(settings())
    try:
        yield server
    finally:
        server.close()


def message_of(letter: Letter) -> EmailMessage:
    """Text and simple HTML; what people are called cannot become a header of its own."""
    message = EmailMessage(policy=LETTERS)
    try:
        message["From"] = _sender(settings())
        message["To"] = Address(_line(letter.to_name), addr_spec=letter.to_address)
    except (ValueError, IndexError, UnicodeError, MessageError):
        raise CannotSend("not-an-address", for_good=True) from None
    message["Subject"] = _line(letter.subject)
    message["Date"] = format_datetime(_now())
    domain = urlsplit(settings().origin).hostname or "localhost"
    message["Message-ID"] = (
        f"<{letter.message_id}@{domain}>" if letter.message_id else make_msgid(domain=domain)
    )
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _now() -> datetime:
    return datetime.now(UTC)


def _sender(found: Settings) -> Address:
    name, _, address = found.mail_from.rpartition("<")
    address = address.rstrip(">").strip()
    return Address(_line(name.strip().strip('"')) or "Blijk", addr_spec=address)


def _line(text: str) -> str:
    """One line of text without anything that a header could end with."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", " ", text).split())[:200]


class Folder:
    """Each mail is a file; written aside first, so that nobody reads half a mail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
            with os.fdopen(number, "wb") as file:
                file.write(message.as_bytes())
            Path(name).rename(self.folder / f"{_now():%Y%m%dT%H%M%S%f}-{Path(name).stem}.eml")
        except OSError:
            raise CannotSend(AWAY, for_good=False) from None


class Server:
    """A mail server, spoken to with TLS wherever it can be; connected at the first mail."""

    def __init__(self, found: Settings) -> None:
        self.url = urlsplit(found.mail_url)
        self.line: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        try:
            self._connected().send_message(message)
        except smtplib.SMTPRecipientsRefused as no:
            self.close()
            codes = [code for code, _ in no.recipients.values()]
            raise CannotSend("address-refused", for_good=all(code >= 500 for code in codes)) from None
        except smtplib.SMTPResponseException as no:
            self.close()
            login = isinstance(no, smtplib.SMTPAuthenticationError)
            raise CannotSend(f"server-{no.smtp_code}", for_good=no.smtp_code >= 500 and not login) from None
        except (smtplib.SMTPNotSupportedError, UnicodeError):  # an address that this server cannot write
            raise CannotSend("not-an-address", for_good=True) from None
        except (smtplib.SMTPException, OSError):
            self.close()
            raise CannotSend(AWAY, for_good=False) from None

    def _connected(self) -> smtplib.SMTP:
        if self.line is not None:
            return self.line
        host = self.url.hostname or "localhost"
        if self.url.scheme == "smtps":
            context = ssl.create_default_context()
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                host, self.url.port or 465, timeout=PATIENCE, context=context
            )
        else:
            line = smtplib.SMTP(host, self.url.port or 587, timeout=PATIENCE)
        self.line = line
        line.ehlo()
        if self.url.scheme == "smtp" and line.has_extn("starttls"):
            line.starttls(context=ssl.create_default_context())
            line.ehlo()
        elif self.url.username and self.url.scheme == "smtp" and not _is_here(host):
            raise CannotSend(AWAY, for_good=False)  # a password does not go over an open line
        if self.url.username:
            line.login(unquote(self.url.username), unquote(self.url.password or ""))
        return line

    def close(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            try:
                line.quit()
            except (smtplib.SMTPException, OSError):
                line.close()


def _is_here(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")
