"""A file that somebody sends along: what it may be, and what is kept of it. One way for every room that takes any."""

import re
import threading
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from app import pictures
from app.errors import Busy, Refused

PDF = "application/pdf"
PICTURE = "image/webp"
MOST_BYTES = 5 * 2**20
NAME = 80  # characters
WAIT = 5.0  # seconds for one's turn
MANY = _l("Many pictures come in at this moment. Try again in a few seconds.")
_at_once = threading.BoundedSemaphore(2)  # unpacked pictures: a small file can hold a third of a gigabyte
_ENDS = {PDF: ".pdf", PICTURE: ".webp"}
_NOT_PLAIN = re.compile(r"[^\w. -]+")

WRONG = {
    "empty": _l("Choose a file first."),
    "big": _l("A file can have at most 5 MB. This one is larger."),
    "one": _l("Send one file at a time."),
    "kind": _l("This is no picture that we can read. Send a JPEG, PNG, WebP or GIF, or a PDF."),
    "pixels": _l("This picture has more than 40 million pixels. Make it smaller first."),
}


class TooBig(Refused):
    """More bytes than a file may have."""

    status = 413
    code = "too-large"


@dataclass(frozen=True, slots=True)
class Taken:
    """What is kept: a PDF as it came, or a picture made anew; under a name that no browser or disk stumbles over."""

    kind: str
    name: str
    content: bytes
    width: int | None = None
    height: int | None = None


def is_pdf(content: bytes) -> bool:
    """By its first bytes, whatever its name says."""
    return content.startswith(b"%PDF-")


def check(content: bytes) -> None:
    """Refuse what is nothing, or too much, before anybody looks into it."""
    if not content:
        raise refusal("empty")
    if len(content) > MOST_BYTES:
        raise refusal("big")


def take(name: str, content: bytes) -> Taken:
    """What is kept of a file; refused where it is neither a picture that can be read nor a PDF."""
    check(content)
    if is_pdf(content):
        return Taken(PDF, plain_name(name, PDF), content)
    if not _at_once.acquire(timeout=WAIT):
        raise Busy(MANY)
    try:
        made = pictures.made_anew(content)
    except pictures.TooLarge:
        raise refusal("pixels") from None
    except pictures.NoPicture:
        raise refusal("kind") from None
    finally:
        _at_once.release()
    return Taken(PICTURE, plain_name(name, PICTURE), made.content, made.width, made.height)


def plain_name(name: str, kind: str) -> str:
    """Without the folders that some browsers send, with the ending of what it is now, and not long."""
    last = re.split(r"[/\\]", name)[-1]
    stem = _NOT_PLAIN.sub(" ", last.rpartition(".")[0] or last)
    end = _ENDS[kind]
    stem = " ".join(stem.split()).strip(" .")[: NAME - len(end)].strip(" .")
    return f"{stem or ('document' if kind == PDF else 'picture')}{end}"


def refusal(what: str) -> Refused:
    """Said at the box for the file."""
    kind = TooBig if what == "big" else Refused
    return kind(WRONG[what], fields={"file": WRONG[what]})
