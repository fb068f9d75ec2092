"""What can be done with people: sign them in and out, give keys, let their choices hold."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit.actions import write
from app.config import settings
from app.db import db, lock_newcomers, lock_people
from app.errors import NotFound, Refused
from app.events import Event, PersonKnown, PersonMoved
from app.keys import keyed_hash, new_key, new_token, ring
from app.outbox import publish
from app.people.models import (
    ApiClient,
    ApiToken,
    Attempt,
    Membership,
    Organisation,
    Person,
    PersonKey,
    SignIn,
    Unit,
)
from app.people.rules import (
    BOARD_CHOICES,
    PersonRow,
    email_of,
    handle_of,
    identities_of,
    slug_of,
    sort_name_of,
    tidy_row,
    why_not,
)

ONE_OF_THREE = _l("Choose one of the three.")
Place = tuple[str | None, str | None]
UnitIds = Mapping[Place, int]
SCOPES = (
    "xapi:write",
    "xapi:read",
    "people:read",
    "people:write",
    "learning:write",
    "boards:read",
    "catalogue:write",
)


@dataclass(frozen=True, slots=True)
class MadeClient:
    """Shown once; only a hash of the secret is kept."""

    id: int
    key: str
    secret: str


def start_session(*, person_id: int, at: datetime) -> str:
    """A session is a row, so that it can be revoked; the token goes into the cookie and is not kept."""
    token = new_token()
    db.session.execute(
        insert(SignIn).values(
            token_hash=keyed_hash("session", token),
            person_id=person_id,
            started_at=at,
            seen_at=at,
            ends_at=at + timedelta(days=settings().session_days),
        )
    )
    return token


def end_session(*, sign_in_id: int, by: int, at: datetime) -> None:
    """Sign out there; only one's own sessions are found."""
    _end(at, SignIn.person_id == by, SignIn.id == sign_in_id)


def end_sessions(*, of: int, at: datetime, but: int | None = None) -> None:
    """Sign out everywhere, or everywhere else."""
    _end(at, SignIn.person_id == of, *([SignIn.id != but] if but is not None else []))


def _end(at: datetime, *which: object) -> None:
    statement = update(SignIn).where(SignIn.revoked_at.is_(None), *which)  # type: ignore[arg-type]
    db.session.execute(statement.values(revoked_at=at).execution_options(synchronize_session=False))


def set_password(*, person_id: int, password_hash: str, at: datetime, keep: int | None = None) -> None:
    """A new password signs out every other browser."""
    db.session.execute(update(Person).where(Person.id == person_id).values(password_hash=password_hash))
    end_sessions(of=person_id, at=at, but=keep)


def choose(
    *,
    person_id: int,
    language: str | None = None,
    board_choice: str | None = None,
    game: bool | None = None,
) -> Person:
    """Let a person's own choices hold; what is not named stays."""
    person = db.session.get(Person, person_id, with_for_update={"key_share": True})
    if person is None:
        raise NotFound(_l("There is nobody of that name here."))
    before = person.board_choice, person.game
    if language is not None:
        person.language = language
    if board_choice is not None:
        if board_choice not in BOARD_CHOICES:
            raise Refused(
                _l("Choose one of the three."), fields={"board_choice": _l("Choose one of the three.")}
            )
        person.board_choice = board_choice
    if game is not None:
        if person.game and not game and board_choice is None:
            person.board_choice = "out"  # who sees no boards stands on none, unless they say otherwise
        person.game = game
    db.session.flush()
    if (person.board_choice, person.game) != before:
        publish([PersonMoved(person_id=person_id)])
    return person


def make_client(
    *,
    name: str,
    scopes: Sequence[str],
    at: datetime,
    account_home: str | None = None,
    account_is: str | None = None,
) -> MadeClient:
    """A system that may speak to us."""
    unknown = set(scopes) - set(SCOPES)
    if unknown or not scopes:
        known = ", ".join(SCOPES)
        raise Refused(_l("Choose from these scopes: %(scopes)s.", scopes=known))
    if (account_home is None) != (account_is is None):
        raise Refused(_l("Say both: the home page of the accounts, and what an account's name is."))
    if account_is not in (None, "external_id", "email"):
        raise Refused(_l("An account's name is an external_id or an email."))
    key, secret = secrets.token_hex(8), new_token()
    client_id = db.session.execute(
        insert(ApiClient)
        .values(
            name=name,
            key=key,
            secret_hash=keyed_hash("secret", secret),
            scopes=sorted(set(scopes)),
            account_home=account_home,
            account_is=account_is,
            created_at=at,
        )
        .returning(ApiClient.id)
    ).scalar_one()
    write("client:made", at=at, detail={"client_id": client_id, "scopes": sorted(set(scopes))})
    return MadeClient(client_id, key, secret)


def make_token(
    *,
    at: datetime,
    person_id: int | None = None,
    client_id: int | None = None,
    scopes: Sequence[str] = (),
    ends_at: datetime | None = None,
) -> str:
    """A bearer token that acts as this person, or as this client within these scopes."""
    if (person_id is None) == (client_id is None):
        raise ValueError("a token is a person's or a client's")
    token = new_token()
    db.session.execute(
        insert(ApiToken).values(
            token_hash=keyed_hash("token", token),
            person_id=person_id,
            client_id=client_id,
            scopes=list(scopes),
            created_at=at,
            ends_at=ends_at,
        )
    )
    return token


def make_client_token(*, client_id: int | None, scopes: Iterable[str], at: datetime) -> str:
    """A token that ends by itself."""
    ends_at = at + timedelta(minutes=settings().token_minutes)
    return make_token(client_id=client_id, scopes=sorted(scopes), at=at, ends_at=ends_at)


def forget_old_keys(*, at: datetime) -> None:
    """Sessions and tokens long past their end, and tries that nobody counts any more."""
    long_ago = at - timedelta(days=30)
    db.session.execute(delete(SignIn).where(SignIn.ends_at < long_ago))
    db.session.execute(delete(ApiToken).where(ApiToken.ends_at < at - timedelta(days=1)))
    db.session.execute(delete(Attempt).where(Attempt.started_at < at - timedelta(hours=1)))


# The HR file ------------------------------------------------------------------------------------------------

_one_at_a_time = text("SELECT pg_advisory_xact_lock(7303014)")
_nobody_new = text("SELECT pg_advisory_xact_lock_shared(7303014)")
_totals = text("INSERT INTO person_total (person_id) SELECT unnest(:ids) ON CONFLICT DO NOTHING").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_identities = text(
    "INSERT INTO identity (kind, value, person_id)"
    " SELECT * FROM unnest(:kinds, :values, :people) AS given(k, v, p) ORDER BY k, v"
    " ON CONFLICT (kind, value) DO UPDATE SET person_id = excluded.person_id"
    " WHERE identity.person_id <> excluded.person_id RETURNING person_id"
).bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("values", type_=ARRAY(Text)),
    bindparam("people", type_=ARRAY(BigInteger)),
)
_managers = text(
    "UPDATE person SET manager_id = boss.id"
    " FROM unnest(:people, :bosses) AS given(person_id, boss)"
    " LEFT JOIN person boss ON boss.external_id = given.boss"
    " WHERE person.id = given.person_id AND (boss.id IS NOT NULL OR given.boss IS NULL)"
    " AND person.manager_id IS DISTINCT FROM boss.id AND boss.id IS DISTINCT FROM person.id"
).bindparams(bindparam("people", type_=ARRAY(BigInteger)), bindparam("bosses", type_=ARRAY(Text)))


@dataclass(slots=True)
class Imported:
    """What became of the rows: ids by what the row was matched on, and what was refused with why."""

    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    made: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def id_of(self, external_id: str) -> int:
        return self.ids[("external_id", external_id)]


def import_people(rows: Iterable[PersonRow], *, at: datetime) -> Imported:
    """Make known who works here: who is new comes, who is other than before changes, everybody else stays.

    A fixed number of statements, whatever the number of rows. Managers who are not known yet are left as they
    are: call `set_managers` when all parts of a large file are in.
    """
    db.session.execute(_one_at_a_time)
    done = Imported()
    taken = _fit(list(rows), done)
    units = _units([(row.department, row.team) for row in taken])
    known = _known(taken)
    lock_people(person.id for person in known.values())
    new = [row for row in taken if row.key not in known]
    news: list[Event] = _add(new, units, done, at)
    news += _change([row for row in taken if row.key in known], known, units, done, at)
    done.ids.update({key: person.id for key, person in known.items()})
    named = _name(taken, done)
    news += [PersonKnown(person_id=person_id) for person_id in sorted(named)]
    set_managers(taken, done.ids)
    publish(news)
    return done


def hold_newcomers() -> None:
    """Until this transaction ends nobody becomes known who was not: whoever looks now and finds nobody can rest on
    it. Taken before people are locked, as an import does."""
    db.session.execute(_nobody_new)


def set_managers(rows: Iterable[PersonRow], ids: Mapping[tuple[str, str], int]) -> None:
    """Who reports to whom, as far as both are known."""
    pairs = [(ids[row.key], row.manager_external_id) for row in rows if row.key in ids]
    if pairs:
        people, bosses = [person for person, _ in pairs], [boss for _, boss in pairs]
        db.session.execute(_managers, {"people": people, "bosses": bosses})


def _fit(rows: list[PersonRow], done: Imported) -> list[PersonRow]:
    """The rows that can be taken; the others are refused, each with its number and why."""
    tidy = [tidy_row(row) for row in rows]
    addresses = [address for row in tidy if (address := email_of(row.email))]
    owners = {
        email: (external_id, email)
        for email, external_id in db.session.execute(
            select(Person.email, Person.external_id).where(Person.email == func.any(_array(addresses)))
        )
    }
    fit: list[PersonRow] = []
    keys: set[tuple[str, str]] = set()
    seen: set[str] = set()
    for number, row in enumerate(tidy, start=1):
        address = email_of(row.email)
        reason = why_not(row)
        if reason is None and row.key in keys:
            reason = "twice-in-file"
        if reason is None and address and (address in seen or _others(row, owners.get(address))):
            reason = "email-of-another"
        if reason:
            done.refused.append((number, reason))
            continue
        keys.add(row.key)
        seen.update([address] if address else [])
        fit.append(row)
    return fit


def _others(row: PersonRow, owner: tuple[str | None, str | None] | None) -> bool:
    return owner is not None and row.external_id is not None and owner[0] != row.external_id


def _array(values: Sequence[str]) -> object:
    return bindparam(None, list(values), type_=ARRAY(Text))


def _units(named: Iterable[Place]) -> UnitIds:
    """Departments by name, and teams by department and name; new ones come into being."""
    pairs = set(named)
    departments = _made_units("department", {(None, name) for name, _ in pairs if name})
    found: dict[Place, int] = {(name, None): unit_id for (_, name), unit_id in departments.items()}
    parents: set[tuple[int | None, str]] = {(found[dep, None], team) for dep, team in pairs if dep and team}
    names = {unit_id: name for (name, _), unit_id in found.items()}
    for (parent_id, team), unit_id in _made_units("team", parents).items():
        found[names[parent_id or 0], team] = unit_id
    return found


def _made_units(kind: str, wanted: set[tuple[int | None, str]]) -> dict[tuple[int | None, str], int]:
    if not wanted:
        return {}
    ordered = sorted(wanted, key=str)
    rows = [{"kind": kind, "parent_id": parent, "name": name} for parent, name in ordered]
    db.session.execute(upsert(Unit).on_conflict_do_nothing(), rows)
    statement = select(Unit.id, Unit.parent_id, Unit.name).where(Unit.kind == kind)
    names = [name for _, name in ordered]
    found = db.session.execute(statement.where(Unit.name == func.any(_array(names))))
    return {(parent, name): unit_id for unit_id, parent, name in found if (parent, name) in wanted}


def _known(rows: Sequence[PersonRow]) -> dict[tuple[str, str], Person]:
    """The people whom the rows are about, by what they are matched on."""
    found: dict[tuple[str, str], Person] = {}
    for kind, column in (("external_id", Person.external_id), ("email", Person.email)):
        values = [value for name, value in (row.key for row in rows) if name == kind]
        if values:
            for person in db.session.scalars(select(Person).where(column == func.any(_array(values)))):
                found[kind, str(getattr(person, kind))] = person
    return found


def _values(row: PersonRow, units: UnitIds) -> dict[str, object]:
    return {
        "external_id": row.external_id,
        "name": row.name,
        "sort_name": sort_name_of(row.name),
        "email": email_of(row.email),
        "department_id": units.get((row.department, None)),
        "team_id": units.get((row.department, row.team)) if row.team else None,
        "job": row.job,
        "role": row.role,
        "hours_per_week": row.hours_per_week,
        "language": row.language,
        "active": row.active,
    }


def _add(
    rows: Sequence[PersonRow],
    units: UnitIds,
    done: Imported,
    at: datetime,
) -> list[Event]:
    """New people, each with their totals row, their key and their first place."""
    if not rows:
        return []
    handles = _handles(rows)
    values = [
        {**_values(row, units), "handle": handle, "password_hash": row.password_hash, "created_at": at}
        for row, handle in zip(rows, handles, strict=True)
    ]
    statement = insert(Person).returning(Person.id, sort_by_parameter_order=True)
    ids = list(db.session.scalars(statement, values))
    done.ids.update(zip((row.key for row in rows), ids, strict=True))
    done.made.extend(ids)
    db.session.execute(_totals, {"ids": ids})
    lock_newcomers(ids)
    keys = ring()
    wrapped = [{"person_id": i, "wrapped": keys.wrap(new_key(), f"person:{i}")} for i in ids]
    db.session.execute(insert(PersonKey), wrapped)
    _place(zip(ids, values, strict=True), at)
    return [PersonMoved(person_id=person_id) for person_id in ids]


def _handles(rows: Sequence[PersonRow]) -> list[str]:
    """One for each, that nobody has."""
    slugs = {slug_of(row.name) for row in rows}
    statement = select(Person.handle)
    if len(slugs) < 50:
        statement = statement.where(Person.handle.regexp_match(f"^({'|'.join(slugs)})(-[0-9]+)?$"))
    taken = set(db.session.scalars(statement))
    handles = []
    for row in rows:
        handle = handle_of(row.name, taken)
        taken.add(handle)
        handles.append(handle)
    return handles


def _place(placed: Iterable[tuple[int, Mapping[str, object]]], at: datetime) -> None:
    """Where people work from now on."""
    rows = [
        {"person_id": i, "department_id": v["department_id"], "team_id": v["team_id"], "since": at}
        for i, v in placed
    ]
    if rows:
        db.session.execute(insert(Membership), rows)


def _change(
    rows: Sequence[PersonRow],
    known: Mapping[tuple[str, str], Person],
    units: UnitIds,
    done: Imported,
    at: datetime,
) -> list[Event]:
    """Only what differs; a new place is a new row of where somebody worked when."""
    moved: list[tuple[int, dict[str, object]]] = []
    news: list[Event] = []
    for row in rows:
        person, values = known[row.key], _values(row, units)
        del values["language"]  # it is theirs to choose, once they are here
        if row.external_id is None:
            del values["external_id"]
        other = {name for name, value in values.items() if getattr(person, name) != value}
        if not other:
            continue
        for name in other:
            setattr(person, name, values[name])
        done.changed.append(person.id)
        if other & {"department_id", "team_id"}:
            moved.append((person.id, values))
        if other & {"department_id", "team_id", "name", "active", "hours_per_week"}:
            news.append(PersonMoved(person_id=person.id))
    db.session.flush()
    _place(moved, at)
    return news


def _name(rows: Sequence[PersonRow], done: Imported) -> set[int]:
    """How other systems name these people; return who is recognised in a new way.

    An address that somebody once had stays theirs until it is given to somebody else.
    """
    wanted = {
        (kind, value): done.ids[row.key]
        for row in rows
        for kind, value in sorted(identities_of(row.external_id, row.email, row.accounts or ()))
    }
    if not wanted:
        return set()
    kinds, values = [kind for kind, _ in wanted], [value for _, value in wanted]
    given = {"kinds": kinds, "values": values, "people": list(wanted.values())}
    return set(db.session.scalars(_identities, given))


def make_administrator(*, email: str, at: datetime) -> int:
    """The first administrator of an empty installation, or somebody who is known already."""
    address = email_of(email) or ""
    person = db.session.scalar(select(Person).where(Person.email == address))
    if person is None:
        name = address.split("@")[0].replace(".", " ").replace("-", " ").title()
        done = import_people([PersonRow(external_id=None, name=name, email=address, role="admin")], at=at)
        if done.refused:
            raise Refused(_l("That is no e-mail address."))
        person_id = done.made[0]
    else:
        person.role, person.active, person_id = "admin", True, person.id
        db.session.flush()
    write("person:made-administrator", at=at, person_id=person_id)
    return person_id


def make_organisation(*, name: str) -> None:
    """The one organisation of this installation; called again, it only takes the name."""
    statement = upsert(Organisation).values(id=1, name=name)
    db.session.execute(statement.on_conflict_do_update(index_elements=[Organisation.id], set_={"name": name}))
    db.session.info.pop("organisation", None)


def invite(*, person_id: int, at: datetime) -> str:
    """The secret of a one-time link with which a person sets a password; older links stop working."""
    token = new_token()
    withdraw_invitations(person_id=person_id, at=at)
    db.session.execute(
        insert(ApiToken).values(
            token_hash=keyed_hash("invite", token),
            person_id=person_id,
            scopes=["invite"],
            created_at=at,
            ends_at=at + timedelta(days=7),
        )
    )
    return token


def use_invitation(*, token: str, password_hash: str, at: datetime) -> int:
    """Set a password with a one-time link, once."""
    statement = update(ApiToken).where(ApiToken.token_hash == keyed_hash("invite", token))
    statement = statement.where(ApiToken.revoked_at.is_(None), ApiToken.ends_at > at)
    person_id: int | None = db.session.scalar(statement.values(revoked_at=at).returning(ApiToken.person_id))
    if person_id is None:
        raise NotFound(_l("This link does not work any more. Ask for a new one."))
    set_password(person_id=person_id, password_hash=password_hash, at=at)
    return person_id


def withdraw_invitations(*, person_id: int, at: datetime) -> None:
    statement = update(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
    statement = statement.where(ApiToken.scopes == ["invite"])
    db.session.execute(statement.values(revoked_at=at).execution_options(synchronize_session=False))


def switch(*, points_on: bool, boards_on: bool, by: int, at: datetime) -> None:
    """With or without points, and boards, for the whole organisation. What was counted stays, and goes on."""
    for row in db.session.scalars(select(Organisation)):
        row.points_on, row.boards_on = points_on, boards_on
    db.session.flush()
    detail = {"points_on": points_on, "boards_on": boards_on}
    write("organisation:switched", at=at, actor_id=by, detail=detail)
    db.session.info.pop("organisation", None)
