"""What can be done with people: sign them in and out, give keys, let their choices hold."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit.actions import write
from app.config import settings
from app.db import db, lock_newcomers, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import Event, PersonKnown, PersonMoved
from app.keys import keyed_hash, new_key, new_token, ring
from app.outbox import publish
from app.people import queries
from app.people.models import (
    ApiClient,
    ApiToken,
    Attempt,
    HrDepartment,
    Mail,
    Membership,
    Organisation,
    PeopleFile,
    Person,
    PersonKey,
    SignIn,
    Unit,
)
from app.people.rules import (
    BOARD_CHOICES,
    KUDOS_CHOICES,
    ROLES,
    PersonRow,
    email_of,
    handle_of,
    identities_of,
    new_code,
    secret_of,
    slug_of,
    sort_name_of,
    tidy_row,
    why_not,
)

NOT_HR = _l("Only who has the role hr serves departments.")
NO_DEPARTMENT = _l("One of these departments is not there any more. Reload the page.")
ONE_OF_THREE = _l("Choose one of the three.")
Place = tuple[str | None, str | None]
LINK, LETTER, RESET = timedelta(days=7), timedelta(days=30), timedelta(hours=1)
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


def start_session(*, person_id: int, at: datetime, shared: bool = False) -> str:
    """A session is a row, so that it can be revoked; the token goes into the cookie and is not kept."""
    token = new_token()
    db.session.execute(
        insert(SignIn).values(
            token_hash=keyed_hash("session", token),
            person_id=person_id,
            started_at=at,
            seen_at=at,
            ends_at=at + (timedelta(hours=12) if shared else timedelta(days=settings().session_days)),
            shared=shared,
        )
    )
    return token


def end_session(*, sign_in_id: int, by: int, at: datetime) -> None:
    """Sign out there; only one's own sessions are found."""
    _end(at, SignIn.person_id == by, SignIn.id == sign_in_id)


def end_sessions(*, of: int, at: datetime, but: int | None = None) -> None:
    """Sign out everywhere, or everywhere else."""
    _end(at, SignIn.person_id == of, *([SignIn.id != but] if but is not None else []))


def end_keys(person_ids: Sequence[int], *, at: datetime) -> None:
    """Who leaves is out at once: sessions, tokens and one-time links; when they return, they sign in anew."""
    if not person_ids:
        return
    ids = bindparam(None, list(person_ids), type_=ARRAY(BigInteger))
    _end(at, SignIn.person_id == func.any(ids))
    statement = update(ApiToken).where(ApiToken.revoked_at.is_(None), ApiToken.person_id == func.any(ids))
    db.session.execute(statement.values(revoked_at=at).execution_options(synchronize_session=False))


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
    kudos_choice: str | None = None,
    moments: bool | None = None,
) -> Person:
    """Let a person's own choices hold; what is not named stays."""
    person = db.session.get(Person, person_id, with_for_update={"key_share": True})
    if person is None:
        raise NotFound(_l("There is nobody of that name here."))
    before = person.board_choice, person.game
    _one_of_three(board_choice, BOARD_CHOICES, "board_choice")
    _one_of_three(kudos_choice, KUDOS_CHOICES, "kudos_choice")
    person.language = language or person.language
    person.board_choice = board_choice or person.board_choice
    person.kudos_choice = kudos_choice or person.kudos_choice
    person.moments = person.moments if moments is None else moments
    if game is not None:
        if person.game and not game and board_choice is None:
            person.board_choice = "out"  # who sees no boards stands on none, unless they say otherwise
        person.game = game
    db.session.flush()
    if (person.board_choice, person.game) != before:
        publish([PersonMoved(person_id=person_id)])
    return person


def choose_public(*, person_id: int, public: bool | None = None, job: bool | None = None) -> Person:
    """Show oneself outside of the house, or not any more; and whether the job stands there. The rest stays."""
    person = db.session.get(Person, person_id, with_for_update={"key_share": True})
    if person is None:
        raise NotFound(_l("There is nobody of that name here."))
    if public is not None:
        person.public_profile = public
    if job is not None:
        person.public_job = job
    db.session.flush()
    return person


def _one_of_three(chosen: str | None, choices: Sequence[str], name: str) -> None:
    if chosen is not None and chosen not in choices:
        raise Refused(ONE_OF_THREE, fields={name: ONE_OF_THREE})


def begin(*, person_id: int, at: datetime) -> None:
    """The first questions were answered, or skipped: they are not asked again."""
    mine = (Person.id == person_id, Person.started_at.is_(None))
    db.session.execute(
        update(Person).where(*mine).values(started_at=at).execution_options(synchronize_session=False)
    )


def make_client(
    *,
    name: str,
    scopes: Sequence[str],
    at: datetime,
    account_home: str | None = None,
    account_is: str | None = None,
    once: str | None = None,
    by: int | None = None,
) -> MadeClient:
    """A system that may speak to us. `once` is the key of the form: sent twice, it makes one."""
    unknown = set(scopes) - set(SCOPES)
    if unknown or not scopes:
        known = ", ".join(SCOPES)
        raise Refused(_l("Choose from these scopes: %(scopes)s.", scopes=known))
    if (account_home is None) != (account_is is None):
        raise Refused(_l("Say both: the home page of the accounts, and what an account's name is."))
    if account_is not in (None, "external_id", "email"):
        raise Refused(_l("An account's name is an external_id or an email."))
    key, secret = secrets.token_hex(8), new_token()
    row = upsert(ApiClient).values(
        name=name,
        key=key,
        secret_hash=keyed_hash("secret", secret),
        scopes=sorted(set(scopes)),
        account_home=account_home,
        account_is=account_is,
        created_at=at,
        once=once,
    )
    row = row.on_conflict_do_nothing(index_elements=[ApiClient.once])
    client_id: int | None = db.session.scalar(row.returning(ApiClient.id))
    if client_id is None:
        raise Conflict(_l("This form was sent before. Its secret was shown then, and is shown once."))
    write("client:made", at=at, actor_id=by, detail={"client_id": client_id, "scopes": sorted(set(scopes))})
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
    """Sessions and tokens long past their end, tries that nobody counts any more, old mail, and files of a day ago."""
    long_ago = at - timedelta(days=30)
    db.session.execute(delete(SignIn).where(SignIn.ends_at < long_ago))
    db.session.execute(delete(ApiToken).where(ApiToken.ends_at < at - timedelta(days=1)))
    db.session.execute(delete(Attempt).where(Attempt.started_at < at - timedelta(hours=1)))
    db.session.execute(delete(Mail).where(Mail.asked_at < long_ago))
    old = PeopleFile.sent_at < at - timedelta(days=1)
    db.session.execute(delete(PeopleFile).where(old, PeopleFile.state != "running"))


# The HR file ------------------------------------------------------------------------------------------------

_one_at_a_time = text("SELECT pg_advisory_xact_lock(7303014)")
_nobody_new = text("SELECT pg_advisory_xact_lock_shared(7303014)")
_new_ids = text("SELECT nextval(pg_get_serial_sequence('person', 'id')) FROM generate_series(1, :number)")
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
    moved: list[int] = field(default_factory=list)  # these three are among the changed
    left: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)  # which row it was

    def id_of(self, external_id: str) -> int:
        return self.ids[("external_id", external_id)]


def import_people(rows: Iterable[PersonRow], *, at: datetime) -> Imported:
    """Make known who works here: who is new comes, who is other than before changes, everybody else stays.

    A fixed number of statements, whatever the number of rows. Managers who are not known yet are left as they
    are: call `set_managers` when all parts of a large file are in.
    """
    db.session.execute(_one_at_a_time)
    done = Imported()
    taken = fit(list(rows), done)
    units = _units([(row.department, row.team) for row in taken])
    known = known_people(taken)
    taken = _keep_an_administrator(taken, known, done)
    lock_people(known[row.key].id for row in taken if row.key in known)
    new = [row for row in taken if row.key not in known]
    news: list[Event] = _add(new, units, done, at)
    news += _change([row for row in taken if row.key in known], known, units, done, at)
    end_keys(done.left, at=at)
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
    pairs = [
        (ids[row.key], row.manager_external_id)
        for row in rows
        if row.key in ids and "manager_external_id" not in row.silent
    ]
    if pairs:
        people, bosses = [person for person, _ in pairs], [boss for _, boss in pairs]
        db.session.execute(_managers, {"people": people, "bosses": bosses})


def ids_of(rows: Sequence[PersonRow]) -> dict[tuple[str, str], int]:
    """The ids of people who are known by now, by what their rows are matched on."""
    found: dict[tuple[str, str], int] = {}
    for kind, column in (("external_id", Person.external_id), ("email", Person.email)):
        values = [value for name, value in (row.key for row in rows) if name == kind]
        if values:
            pairs = db.session.execute(select(column, Person.id).where(column == func.any(_array(values))))
            found.update({(kind, str(value)): person_id for value, person_id in pairs})
    return found


def fit(rows: list[PersonRow], done: Imported) -> list[PersonRow]:
    """The rows that can be taken; the others are refused, each with its number and why."""
    tidy = [tidy_row(row) for row in rows]
    addresses = [address for row in tidy if (address := email_of(row.email))]
    owners = {
        email: (external_id, email)
        for email, external_id in db.session.execute(
            select(Person.email, Person.external_id).where(Person.email == func.any(_array(addresses)))
        )
    }
    numbered = _numbered(tidy, owners)
    fit: list[PersonRow] = []
    seen: set[str] = set()
    for number, row in enumerate(tidy, start=1):
        address = email_of(row.email)
        reason = why_not(row)
        if reason is None and row.key in done.numbers:
            reason = "twice-in-file"
        if reason is None and address and (address in seen or _others(row, owners.get(address), numbered)):
            reason = "email-of-another"
        if reason:
            done.refused.append((number, reason))
            continue
        done.numbers[row.key] = number
        seen.update([address] if address else [])
        fit.append(row)
    return fit


Owner = tuple[str | None, str | None]


def _numbered(rows: Sequence[PersonRow], owners: Mapping[str | None, Owner]) -> set[str | None]:
    """The numbers among these rows that somebody has, as far as their address is of somebody without one."""
    asked = [row.external_id for row in rows if row.external_id and (email_of(row.email) in owners)]
    if not asked:
        return set()
    return set(
        db.session.scalars(select(Person.external_id).where(Person.external_id == func.any(_array(asked))))
    )


def _others(row: PersonRow, owner: Owner | None, numbered: Collection[str | None]) -> bool:
    """Somebody who is known by their address only is whoever comes with that address and a new number."""
    if owner is None or row.external_id is None or owner[0] == row.external_id:
        return False
    return owner[0] is not None or row.external_id in numbered


def _keep_an_administrator(
    rows: list[PersonRow], known: Mapping[tuple[str, str], Person], done: Imported
) -> list[PersonRow]:
    """No file may take the last administrator away: nobody could let anybody in again."""
    losing = [row for row in rows if row.key in known and loses_administrator(row, known[row.key])]
    if not losing:
        return rows
    db.session.execute(_one_administrator)
    ids = [known[row.key].id for row in losing]
    others = select(Person.id).where(Person.role == "admin", Person.active, Person.id.not_in(ids))
    if db.session.scalar(others.limit(1)) is not None:
        return rows
    keys = {row.key for row in losing}
    done.refused.extend((done.numbers[key], "last-administrator") for key in keys)
    done.refused.sort()
    return [row for row in rows if row.key not in keys]


def loses_administrator(row: PersonRow, person: Person) -> bool:
    gone = "active" not in row.silent and not row.active
    return person.role == "admin" and person.active and (gone or _role(row, person) != "admin")


def _role(row: PersonRow, person: Person) -> str:
    return person.role if "role" in row.silent else row.role


def _array(values: Sequence[str | None]) -> object:
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


def known_people(rows: Sequence[PersonRow]) -> dict[tuple[str, str], Person]:
    """The people whom the rows are about, by what they are matched on."""
    found: dict[tuple[str, str], Person] = {}
    for kind, column in (("external_id", Person.external_id), ("email", Person.email)):
        values = [value for name, value in (row.key for row in rows) if name == kind]
        if values:
            for person in db.session.scalars(select(Person).where(column == func.any(_array(values)))):
                found[kind, str(getattr(person, kind))] = person
    return found | _known_by_address([row for row in rows if row.external_id and row.key not in found])


def _known_by_address(rows: Sequence[PersonRow]) -> dict[tuple[str, str], Person]:
    """Who has no number yet, such as the first administrator, and comes with one now."""
    keys = {address: row.key for row in rows if (address := email_of(row.email))}
    if not keys:
        return {}
    statement = select(Person).where(Person.external_id.is_(None), Person.erased_at.is_(None))
    found = db.session.scalars(statement.where(Person.email == func.any(_array(list(keys)))))
    return {keys[str(person.email)]: person for person in found}


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
    ids = list(
        db.session.scalars(_new_ids, {"number": len(rows)})
    )  # getting them back takes ten times as long
    values = [
        {
            "id": i,
            **_values(row, units),
            "handle": handle,
            "password_hash": row.password_hash,
            "created_at": at,
        }
        for i, row, handle in zip(ids, rows, handles, strict=True)
    ]
    db.session.execute(insert(Person.__table__), values)  # type: ignore[arg-type]
    done.ids.update(zip((row.key for row in rows), ids, strict=True))
    done.made.extend(ids)
    db.session.execute(_totals, {"ids": ids})
    lock_newcomers(ids)
    keys = ring()
    wrapped = [{"person_id": i, "wrapped": keys.wrap(new_key(), f"person:{i}")} for i in ids]
    db.session.execute(insert(PersonKey.__table__), wrapped)  # type: ignore[arg-type]
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
        db.session.execute(insert(Membership.__table__), rows)  # type: ignore[arg-type]


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
        for name in silent_columns(row):
            values.pop(name, None)
        other = {name for name, value in values.items() if getattr(person, name) != value}
        if not other:
            continue
        for name in other:
            setattr(person, name, values[name])
        done.changed.append(person.id)
        if "active" in other:
            (done.back if person.active else done.left).append(person.id)
        if other & {"department_id", "team_id"}:
            done.moved.extend([] if "active" in other else [person.id])
            moved.append((person.id, {"department_id": person.department_id, "team_id": person.team_id}))
        if other & {"department_id", "team_id", "name", "active", "hours_per_week"}:
            news.append(PersonMoved(person_id=person.id))
    db.session.flush()
    _place(moved, at)
    return news


def silent_columns(row: PersonRow) -> set[str]:
    """Columns that stay as they are; a team says nothing without its department."""
    named = {"department": ("department_id", "team_id"), "team": ("team_id",)}
    return {column for name in row.silent for column in named.get(name, (name,))}


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
            raise Refused(_l("That is not an e-mail address."))
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
    return invite_people([person_id], at=at)[person_id]


def invite_people(
    person_ids: Sequence[int], *, at: datetime, by_letter: bool = False, by: int | None = None
) -> dict[int, str]:
    """A one-time secret for each: for a link, or a short code for a printed letter; older ones stop working."""
    if not person_ids:
        return {}
    made = {person_id: new_code() if by_letter else new_token() for person_id in sorted(set(person_ids))}
    _withdraw(list(made), ["invite"], at)
    ends_at = at + (LETTER if by_letter else LINK)
    _keep_secrets(made, "invite", at, ends_at)
    detail = {"people": len(made), "by": "letter" if by_letter else "link"}
    one = next(iter(made)) if len(made) == 1 else None
    write("people:invited", at=at, actor_id=by, person_id=one, detail=detail)
    return made


def let_reset(*, person_id: int, at: datetime) -> str:
    """The secret of a link for who forgot their password; it holds an hour, and ends with the first use of any."""
    token = new_token()
    _keep_secrets({person_id: token}, "reset", at, at + RESET)
    return token


def _keep_secrets(made: Mapping[int, str], what: str, at: datetime, ends_at: datetime) -> None:
    rows = [
        {
            "token_hash": keyed_hash("invite", secret),
            "person_id": person_id,
            "scopes": [what],
            "created_at": at,
            "ends_at": ends_at,
        }
        for person_id, secret in made.items()
    ]
    db.session.execute(insert(ApiToken), rows)


def use_invitation(*, token: str, password_hash: str, at: datetime) -> int:
    """Set a password with a one-time link or code, once; all others of this person end with it."""
    statement = update(ApiToken).where(ApiToken.token_hash == keyed_hash("invite", secret_of(token)))
    statement = statement.where(ApiToken.revoked_at.is_(None), ApiToken.ends_at > at)
    person_id: int | None = db.session.scalar(statement.values(revoked_at=at).returning(ApiToken.person_id))
    if person_id is None:
        raise NotFound(_l("This link does not work any more. Ask for a new one."))
    withdraw_invitations(person_id=person_id, at=at)
    set_password(person_id=person_id, password_hash=password_hash, at=at)
    write("person:password-set", at=at, actor_id=person_id, person_id=person_id)
    return person_id


def withdraw_invitations(*, person_id: int, at: datetime) -> None:
    _withdraw([person_id], ["invite", "reset"], at)


def _withdraw(person_ids: Sequence[int], what: Sequence[str], at: datetime) -> None:
    ids = bindparam(None, list(person_ids), type_=ARRAY(BigInteger))
    statement = update(ApiToken).where(ApiToken.person_id == func.any(ids), ApiToken.revoked_at.is_(None))
    statement = statement.where(ApiToken.scopes.in_([[one] for one in what]))
    db.session.execute(statement.values(revoked_at=at).execution_options(synchronize_session=False))


# What an administrator decides ------------------------------------------------------------------------------


def sign_out(*, person_id: int, by: int, at: datetime) -> None:
    """Sign somebody out everywhere."""
    end_sessions(of=person_id, at=at)
    write("person:signed-out", at=at, actor_id=by, person_id=person_id)


def give_role(*, person_id: int, role: str, by: int, at: datetime) -> None:
    """What somebody may do here; the last administrator stays one."""
    if role not in ROLES:
        raise Refused(_l("Choose one of the roles."), fields={"role": _l("Choose one of the roles.")})
    person = _held(person_id)
    if person.role == role:
        return
    _spare_last_administrator(person)
    before, person.role = person.role, role
    db.session.flush()
    write("person:role", at=at, actor_id=by, person_id=person_id, detail={"from": before, "to": role})


_DEPARTMENTS = text("SELECT id FROM unit WHERE kind = 'department' AND id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_HELD_ROW = text("SELECT role FROM person WHERE id = :person AND erased_at IS NULL FOR NO KEY UPDATE")


def serve_departments(*, person_id: int, department_ids: Collection[int], by: int, at: datetime) -> None:
    """Whom somebody of HR serves: these departments and no others; none at all means everybody.

    The last whole choice holds. A choice of nothing known is refused: it would open everything.
    """
    role = db.session.scalar(_HELD_ROW, {"person": person_id}) or queries.missing()
    if role != "hr":
        raise Refused(NOT_HR)
    wanted = set(department_ids)
    if wanted - set(db.session.scalars(_DEPARTMENTS, {"ids": sorted(wanted)})):
        raise Refused(NO_DEPARTMENT, fields={"departments": NO_DEPARTMENT})
    before = queries.hr_reach(person_id) or set()
    if before == wanted:
        return
    db.session.execute(delete(HrDepartment).where(HrDepartment.person_id == person_id))
    if wanted:
        rows = [{"person_id": person_id, "department_id": one} for one in sorted(wanted)]
        db.session.execute(insert(HrDepartment), rows)
    detail = {"from": sorted(before), "to": sorted(wanted)}
    write("person:departments", at=at, actor_id=by, person_id=person_id, detail=detail)


def make_privacy_officer(*, person_id: int, on: bool, by: int, at: datetime) -> None:
    """Whether somebody reads the list of refused looks, the audit log and what is kept for how long."""
    person = _held(person_id)
    if person.privacy_officer == on:
        return
    person.privacy_officer = on
    db.session.flush()
    write("person:privacy-officer", at=at, actor_id=by, person_id=person_id, detail={"to": on})


def let_go(*, person_id: int, by: int, at: datetime) -> None:
    """Somebody left: their sessions, tokens and links end at once; what they earned stays."""
    lock_people([person_id])
    person = _held(person_id)
    if not person.active:
        return
    _spare_last_administrator(person)
    person.active = False
    db.session.flush()
    end_keys([person_id], at=at)
    publish([PersonMoved(person_id=person_id)])
    write("person:left", at=at, actor_id=by, person_id=person_id)


def take_back(*, person_id: int, by: int, at: datetime) -> None:
    """Somebody returned, or had not left: all that was theirs is there again."""
    lock_people([person_id])
    person = _held(person_id)
    if person.active:
        return
    person.active = True
    db.session.flush()
    publish([PersonMoved(person_id=person_id)])
    write("person:back", at=at, actor_id=by, person_id=person_id)


def _held(person_id: int) -> Person:
    statement = select(Person).where(Person.id == person_id, Person.erased_at.is_(None))
    person = db.session.scalar(
        statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if person is None:
        raise NotFound(_l("There is nobody of that name here."))
    return person


def _spare_last_administrator(person: Person) -> None:
    """Two administrators who demote each other at the same moment wait for one another here."""
    if person.role != "admin" or not person.active:
        return
    db.session.execute(_one_administrator)
    others = select(Person.id).where(Person.role == "admin", Person.active, Person.id != person.id)
    if db.session.scalar(others.limit(1)) is None:
        raise Refused(_l("This is the last administrator. Make somebody else one first."))


_one_administrator = text("SELECT pg_advisory_xact_lock(7303018)")


def change_organisation(*, values: Mapping[str, object], by: int, at: datetime) -> bool:
    """What the organisation is called and decided; says whether boards have to be made anew. The same again is no
    change."""
    before = db.session.execute(
        select(Organisation.kudos_on_boards).where(Organisation.id == 1).with_for_update()
    ).scalar_one_or_none()
    if not _decided(values):
        return False
    told = {name: value for name, value in values.items() if name != "name"}
    write("organisation:changed", at=at, actor_id=by, detail=told)
    return "kudos_on_boards" in values and bool(before) != values["kudos_on_boards"]


def switch(*, points_on: bool, boards_on: bool, by: int, at: datetime) -> None:
    """With or without points, and boards, for the whole organisation. What was counted stays, and goes on."""
    detail = {"points_on": points_on, "boards_on": boards_on}
    if _decided(detail):
        write("organisation:switched", at=at, actor_id=by, detail=detail)


def _decided(values: Mapping[str, object]) -> bool:
    """Put these into the one row of the organisation; whether that says something else than before."""
    row = upsert(Organisation).values(id=1, **{"name": "", **values})
    differs = [getattr(Organisation, name).is_distinct_from(row.excluded[name]) for name in values]
    row = row.on_conflict_do_update(index_elements=[Organisation.id], set_=dict(values), where=or_(*differs))
    db.session.info.pop("organisation", None)
    return db.session.scalar(row.returning(Organisation.id)) is not None
