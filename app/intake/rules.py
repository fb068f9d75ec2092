"""Whom a name may mean, and why: simple enough to be told. Pure."""

from typing import Any

from app.people.rules import sort_name_of

KINDS = ("email", "mbox_sha1sum", "openid", "account", "external_id")
LONGEST = 3000


def split(name: str) -> tuple[str, str]:
    """Kind and value of a name as statements carry it."""
    kind, _, value = name.partition(" ")
    return kind, value


def shown(name: str) -> tuple[str, str]:
    """What people read of it, and where it comes from: the name of an account and its home page."""
    kind, value = split(name)
    if kind == "account":
        home, _, account = value.partition(" ")
        return account or value, home
    return value, ""


def words_of(name: str) -> list[str]:
    """What in this name may be a number, an address, or the part of one before the @."""
    kind, _ = split(name)
    if kind not in ("email", "account", "external_id"):
        return []
    told = shown(name)[0].strip()
    found = {told, told.lower()}
    if "@" in told:
        found.add(told.lower().rpartition("@")[0])
    return sorted(word for word in found if word)


def why(name: str, said: str | None, person: Any) -> str | None:
    """Why this name may be that person: number, email, mailbox or name; the surest first."""
    words = set(words_of(name))
    if person.external_id and person.external_id in words:
        return "number"
    if person.email and person.email in words:
        return "email"
    if person.email and person.email.partition("@")[0] in words:
        return "mailbox"
    return "name" if said and sort_name_of(said) == person.sort_name else None
