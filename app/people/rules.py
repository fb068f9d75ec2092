"""How a name is sorted, how a handle is made, which identities follow from a row. Pure."""

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from app.finding import folded, in_address

ROLES = ("employee", "learning", "hr", "council", "admin")
BOARD_CHOICES = ("named", "unnamed", "out")
KUDOS_CHOICES = ("private", "team", "everyone")  # who else may see thanks that I get, until I say otherwise

LANGUAGES = ("nl", "en")
LONGEST_NAME, LONGEST_TEXT = 200, 500
COMMON = {"1234567890", "0123456789", "wachtwoord", "welkom1234", "password12", "qwertyuiop", "wachtwoord1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One row of the HR file. `accounts` are pairs of home page and name; None says nothing about them."""

    external_id: str | None
    name: str
    email: str | None = None
    manager_external_id: str | None = None
    department: str | None = None
    team: str | None = None
    job: str = ""
    role: str = "employee"
    hours_per_week: float | None = None
    language: str = "nl"
    active: bool = True
    accounts: Sequence[tuple[str, str]] | None = None
    password_hash: str | None = None  # for who is new only
    silent: frozenset[str] = frozenset()  # what the row says nothing about: of somebody known it stays

    @property
    def key(self) -> tuple[str, str]:
        """What the row is matched on."""
        if self.external_id:
            return "external_id", self.external_id
        return "email", email_of(self.email) or ""


def tidy_row(row: PersonRow) -> PersonRow:
    """Without spaces around, and None where nothing stands."""
    return replace(
        row,
        external_id=_text(row.external_id),
        name=" ".join(row.name.split()),
        email=_text(row.email),
        manager_external_id=_text(row.manager_external_id),
        department=_text(row.department),
        team=_text(row.team),
        job=row.job.strip(),
        role=row.role.strip().lower() or "employee",
        language=row.language.strip().lower() or "nl",
    )


def why_not(row: PersonRow) -> str | None:
    """The code of why a row cannot be taken; None when it can."""
    address = row.email or ""
    checks = {
        "no-key": not row.external_id and not row.email,
        "no-name": not row.name,
        "name-too-long": len(row.name) > LONGEST_NAME,
        "not-an-email": bool(address) and (address.count("@") != 1 or not address.strip("@ ").count("@")),
        "unknown-role": row.role not in ROLES,
        "unknown-language": row.language not in LANGUAGES,
        "team-without-department": bool(row.team) and not row.department,
        "own-manager": bool(row.external_id) and row.external_id == row.manager_external_id,
        "text-too-long": any(len(part) > LONGEST_TEXT for part in _texts(row)),
        "hours-out-of-range": row.hours_per_week is not None and not 0 <= row.hours_per_week <= 80,
        "no-text": any(not _storable(part) for part in _texts(row)),
    }
    return next((code for code, wrong in checks.items() if wrong), None)


def _texts(row: PersonRow) -> Iterable[str]:
    accounts = [part for account in row.accounts or () for part in account]
    named = [row.external_id, row.email, row.manager_external_id, row.department, row.team]
    return [part for part in [row.name, row.job, *named, *accounts] if part]


def _storable(part: str) -> bool:
    """No NUL, and no half of a character."""
    return "\x00" not in part and not any("\ud800" <= sign <= "\udfff" for sign in part)


def _text(text: str | None) -> str | None:
    return (text or "").strip() or None


def sort_name_of(name: str) -> str:
    """Casefolded and without accents, so that É stands with E whatever the database's locale."""
    return folded(name)


def slug_of(name: str) -> str:
    """The name as it stands in an address: noor-jansen."""
    return in_address(name)[:60].strip("-") or "colleague"


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


def weakness_of(new: str, again: str) -> str | None:
    """What is wrong with a new password: its length and its variety count, not its signs."""
    if len(new) < 10:
        return "short"
    if len(set(new.casefold())) < 5 or new.casefold() in COMMON:
        return "simple"
    return "differs" if new != again else None


def mailbox_hash(email: str) -> str:
    """As xAPI and FOAF make it."""
    return hashlib.sha1(f"mailto:{email}".encode(), usedforsecurity=False).hexdigest()


# Codes of printed letters -----------------------------------------------------------------------------------

SIGNS = "ACDEFGHJKMNPQRTUVWXY34679"  # none that is taken for another: no 0 O, 1 I L, 2 Z, 5 S, 8 B
CODE = re.compile(f"[{SIGNS}]{{16}}")


def new_code() -> str:
    """Sixteen signs in four groups: 74 bits, and still typed by hand."""
    signs = "".join(secrets.choice(SIGNS) for _ in range(16))
    return "-".join(signs[at : at + 4] for at in range(0, 16, 4))


def secret_of(typed: str) -> str:
    """A code as it was made, however it was typed; a link's secret as it is."""
    signs = re.sub(r"[\s\-–—_.]", "", typed).upper()
    if CODE.fullmatch(signs):
        return "-".join(signs[at : at + 4] for at in range(0, 16, 4))
    return typed.strip()


# The first sign-in ------------------------------------------------------------------------------------------

# What each step asks, by the name of what is chosen.
START = {"language": "language", "points": "game", "boards": "board_choice", "thanks": "kudos_choice"}


def start_steps(*, points: bool, boards: bool, game: bool) -> tuple[str, ...]:
    """The steps that there are for somebody (`game`) in an organisation with or without points and boards."""
    gone = set() if points else {"points", "boards"}
    return tuple(step for step in START if step not in gone and (step != "boards" or (boards and game)))


_WAY_OUT = re.compile(r"https://[^\s/\\@?#]+\.[^\s\\]*|/(?![/\\])[^\s\\]*")


def is_way_out(link: str) -> bool:
    """An https address, or a page of this house; never one that a browser reads as another house's."""
    return _WAY_OUT.fullmatch(link) is not None
