"""Ways in which other systems name people, given and taken by hand; and whom a name may mean."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, LargeBinary, Row, bindparam, select, text

from app.db import db, lock_people
from app.errors import Conflict, NotFound
from app.events import PersonKnown
from app.keys import keyed_hash
from app.outbox import publish
from app.people.models import ErasedName
from app.people.rules import PersonRow, email_of

_ALONE = text("SELECT pg_advisory_xact_lock(7303014)")  # as an import of people does
_PERSON = text("SELECT email, external_id FROM person WHERE id = :person AND active AND erased_at IS NULL")
_GIVE = text("""
    INSERT INTO identity (kind, value, person_id) VALUES (:kind, :value, :person)
    ON CONFLICT (kind, value) DO NOTHING RETURNING id
""")
_OWNER = text("SELECT person_id FROM identity WHERE kind = :kind AND value = :value")
_TAKE = text("DELETE FROM identity WHERE kind = :kind AND value = :value AND person_id = :person")
_LIKE = text("""
    SELECT id, handle, name, job, external_id, email, sort_name FROM person
    WHERE active AND erased_at IS NULL
      AND (external_id = ANY(CAST(:words AS text[])) OR email = ANY(CAST(:words AS text[]))
           OR split_part(email, '@', 1) = ANY(CAST(:words AS text[])) OR sort_name = ANY(CAST(:names AS text[])))
    ORDER BY sort_name, id LIMIT 500
""")


def hold_alone() -> None:
    """Nobody becomes known, and nothing is merged, until this transaction ends."""
    db.session.execute(_ALONE)


def give_name(kind: str, value: str, person_id: int) -> bool:
    """This name is that person from now on; False when it was already. The caller settles: what waited counts."""
    hold_alone()
    told = {"kind": kind, "value": value, "person": person_id}
    if db.session.execute(_PERSON, told).one_or_none() is None:
        raise NotFound(_l("There is nobody of that name here."))
    lock_people([person_id])
    if db.session.scalar(_GIVE, told) is None:
        if db.session.scalar(_OWNER, told) != person_id:
            raise Conflict(_l("This name is somebody else's in the meantime. Reload the page to see whose."))
        return False
    publish([PersonKnown(person_id=person_id)])
    return True


def take_name(kind: str, value: str, person_id: int) -> None:
    """This name is nobody's again; not where the people file says that it is theirs."""
    hold_alone()
    told = {"kind": kind, "value": value, "person": person_id}
    row = db.session.execute(_PERSON, told).one_or_none()
    if row is not None and value in {"email": {row.email}, "external_id": {row.external_id}}.get(kind, set()):
        raise Conflict(_l("The people file says the same of this person. Change it there."))
    db.session.execute(_TAKE, told)


def owner_of(kind: str, value: str) -> int | None:
    """Whom this name means, if anybody."""
    found: int | None = db.session.scalar(_OWNER, {"kind": kind, "value": value})
    return found


def like(words: Sequence[str], sort_names: Sequence[str]) -> Sequence[Row[Any]]:
    """People whom one of these words may mean: number, address, the part before the @, or the name."""
    if not words and not sort_names:
        return []
    return db.session.execute(_LIKE, {"words": list(words), "names": list(sort_names)}).all()


# Who was erased -----------------------------------------------------------------------------------------------

_KEPT = select(ErasedName.hash).where(ErasedName.hash == bindparam("hashes", type_=ARRAY(LargeBinary)).any_())


def erased_names(external_id: str | None, email: str | None) -> set[bytes]:
    """What is kept of how an HR file names somebody who is erased: it can be recognised, and not read."""
    named = {("external_id", external_id), ("email", email_of(email))}
    return {keyed_hash("erased", f"{kind}:{value}") for kind, value in named if value}


def erased_before(rows: Iterable[PersonRow]) -> set[tuple[str, str]]:
    """The keys of rows that name somebody who was erased: whoever comes of them is new."""
    hashes = {row.key: erased_names(row.external_id, row.email) for row in rows}
    asked = sorted({one for several in hashes.values() for one in several})
    kept = set(db.session.scalars(_KEPT, {"hashes": asked})) if asked else set()
    return {key for key, several in hashes.items() if not several.isdisjoint(kept)}


_MEANT = text("""
    SELECT n.name, p.id FROM unnest(CAST(:names AS text[])) AS n(name)
    LEFT JOIN person p ON p.erased_at IS NULL
         AND (p.external_id = n.name OR p.email = lower(n.name) OR p.handle = n.name OR '#' || p.id = n.name)
    ORDER BY p.id
""")


def meant_exactly(names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Whom these mean, letter by letter: a number of HR, an address, a handle, or # and our own number; who left too.
    And the names that mean nobody, or several."""
    found: dict[str, set[int | None]] = {}
    for row in db.session.execute(_MEANT, {"names": list(dict.fromkeys(names))}):
        found.setdefault(row.name, set()).add(row.id)
    sure = {name for name, ids in found.items() if len(ids) == 1 and None not in ids}
    return sorted({one for name in sure for one in found[name] if one}), sorted(found.keys() - sure)
