"""What can be done with meanings; what can be done with clients stands in `app/people`."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app.audit.actions import write
from app.connections import queries
from app.connections.rules import LONGEST, MOST, Entry, print_of
from app.db import db
from app.errors import Conflict, Refused
from app.imports import xapi
from app.imports.xapi import DEFAULT_MEANINGS, Meanings
from app.people.models import Setting
from app.vision.actions import begin_change

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7303017)")
NO_IRI = _l("Give the whole address, such as http://adlnet.gov/expapi/verbs/completed.")
NAME_ONE = _l("Name a verb, a type of activity, or both.")
CHANGED = _l("Somebody else changed these rules in the meantime. Look again, and then save.")


def compiled(entries: Sequence[Entry], kept: Sequence[Entry] = ()) -> Meanings:
    """These rules before the defaults, or a refusal that names the field; what is `kept` already may stay."""
    if len(entries) > MOST:
        raise Refused(_l("These are more rules than fit. Remove some first."))
    for entry in entries:
        if entry not in kept:
            _check(entry)
    try:
        return DEFAULT_MEANINGS.preceded_by(xapi.rules_from(list(entries)))
    except ValueError as why:
        raise Refused(_l("This rule cannot be read: %(why)s.", why=str(why))) from None


def _check(entry: Entry) -> None:
    if not isinstance(entry, dict):
        return  # said better by rules_from
    wrong: dict[str, object] = {}
    for name in ("verb", "activity_type"):
        value = entry.get(name)
        several = value if isinstance(value, list) else [value] if value is not None else []
        if not all(isinstance(one, str) and len(one) <= 500 and xapi.is_iri(one) for one in several):
            wrong[name] = NO_IRI
    if not entry.get("verb") and not entry.get("activity_type"):
        wrong["verb"] = NAME_ONE
    if entry.get("means") not in xapi.MEANS:
        wrong["means"] = _l("Choose what it means.")
    if len(str(entry)) > LONGEST:
        wrong["verb"] = _l("This rule is too long.")
    if wrong:
        raise Refused(_l("Something is not filled in right. Look at the fields below."), fields=wrong)


def save_rules(entries: Sequence[Entry], *, seen: str | None, by: int, at: datetime) -> None:
    """Let these rules hold from now on; every process takes them up with its next request.

    `seen` is the print of the list that was changed: of two at once, the second is told.
    """
    db.session.execute(_ONE_AT_A_TIME)
    own = queries.own_rules()
    compiled(entries, own)
    if seen is not None and seen != print_of(own):
        raise Conflict(CHANGED)
    if print_of(list(entries)) == print_of(own):
        return  # the same again
    fresh = {"value": {"rules": list(entries)}, "changed_at": at}
    row = insert(Setting).values(key="meanings", **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_=fresh))
    begin_change(at)
    write("meanings:changed", at=at, actor_id=by, detail={"rules": len(entries)})
