"""How a name is sorted, how a handle is made, which identities follow from a row. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Collection

SPLIT = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE"}
)
ROLES = ("employee", "learning", "hr", "council", "admin")
BOARD_CHOICES = ("named", "unnamed", "out")


def sort_name_of(name: str) -> str:
    """Casefolded and without accents, so that É stands with E whatever the database's locale."""
    apart = unicodedata.normalize("NFKD", name.translate(SPLIT))
    return " ".join("".join(part for part in apart if not unicodedata.combining(part)).casefold().split())


def slug_of(name: str) -> str:
    """The name as it stands in an address: noor-jansen."""
    return re.sub(r"[^a-z0-9]+", "-", sort_name_of(name)).strip("-")[:60] or "colleague"


def handle_of(name: str, taken: Collection[str]) -> str:
    """The slug, with a number when somebody has it."""
    slug = slug_of(name)
    number, handle = 1, slug
    while handle in taken:
        number += 1
        handle = f"{slug}-{number}"
    return handle


def email_of(text: str | None) -> str | None:
    """An address as we keep it: without spaces around and without capitals; None for none."""
    tidy = (text or "").strip().lower()
    return tidy or None


def identities_of(
    external_id: str | None, email: str | None, accounts: Collection[tuple[str, str]] = ()
) -> set[tuple[str, str]]:
    """All ways in which other systems may name a person with this row of the HR file."""
    found: set[tuple[str, str]] = {("account", f"{home} {name}") for home, name in accounts}
    if external_id:
        found.add(("external_id", external_id))
    given = (email or "").strip()
    if given:
        found.add(("email", given.lower()))
        found.update(("mbox_sha1sum", mailbox_hash(address)) for address in {given, given.lower()})
    return found


def mailbox_hash(email: str) -> str:
    """As xAPI and FOAF make it."""
    return hashlib.sha1(f"mailto:{email}".encode(), usedforsecurity=False).hexdigest()
