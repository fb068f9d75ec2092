"""What can be asked about people, their units, and the organisation."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.config import settings
from app.db import db
from app.errors import NotFound
from app.finding import matches
from app.keys import ring
from app.people.models import (
    ApiToken,
    HrDepartment,
    Mail,
    Organisation,
    PeopleFile,
    PeopleFileRow,
    Person,
    PersonKey,
    SignIn,
    Unit,
)
from app.people.models import Identity as Identities
from app.people.rules import sort_name_of

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """What the organisation is called and what it decided."""

    name: str = ""
    points_on: bool = True
    boards_on: bool = True
    kudos_on_boards: bool = False
    statement_days: int = 400
    kudos_allowance: int = 10
    manager_kudos_allowance: int = 30
    team_kudos_allowance: int = 4
    full_time_hours: float = 36.0
    incident_link: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What every colleague may see of a person in a list."""

    id: int
    handle: str
    name: str
    job: str
    department_id: int | None
    department: str | None
    team_id: int | None
    team: str | None
    active: bool


ORGANISATION = (
    Organisation.name.label("o_name"),
    Organisation.points_on,
    Organisation.boards_on,
    Organisation.kudos_on_boards,
    Organisation.statement_days,
    Organisation.kudos_allowance,
    Organisation.manager_kudos_allowance,
    Organisation.team_kudos_allowance,
    Organisation.full_time_hours,
    Organisation.incident_link,
)
_organisation = select(*ORGANISATION).order_by(Organisation.id).limit(1)
_department, _team, _report = aliased(Unit), aliased(Unit), aliased(Person)
_card = (
    select(
        Person.id,
        Person.handle,
        Person.name,
        Person.job,
        Person.department_id,
        _department.name,
        Person.team_id,
        _team.name,
        Person.active,
    )
    .outerjoin(_department, _department.id == Person.department_id)
    .outerjoin(_team, _team.id == Person.team_id)
    .where(Person.erased_at.is_(None))
)
_ids = bindparam("ids", type_=ARRAY(BigInteger))
HANDLE = re.compile(r"[a-z0-9-]{1,80}")


def profile_of(person: type[Person]) -> ColumnElement[str | None]:
    """The handle of who works here, for a link to their profile; of who left or was erased nothing."""
    return case((and_(person.active, person.erased_at.is_(None)), person.handle))


def organisation() -> OrganisationFacts:
    """Asked once per transaction; sign-in has often asked already."""
    kept = db.session.info.get("organisation")
    if kept is not None and kept[0] is db.session().get_transaction():
        facts: OrganisationFacts = kept[1]
        return facts
    row = db.session.execute(_organisation).one_or_none()
    return keep_organisation(tuple(row) if row else None)


def keep_organisation(values: Sequence[Any] | None) -> OrganisationFacts:
    """Remember what another query brought along, in the order of `ORGANISATION`."""
    facts = OrganisationFacts(*values) if values and values[0] is not None else OrganisationFacts()
    db.session.info["organisation"] = (db.session().get_transaction(), facts)
    return facts


def names(person_ids: Iterable[int]) -> dict[int, str]:
    wanted = list(set(person_ids))
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Person.id, Person.name).where(Person.id == func.any(_ids)), {"ids": wanted}
    )
    return {row.id: row.name for row in rows}


def cards(person_ids: Iterable[int]) -> dict[int, Card]:
    """The cards of these people, in one query."""
    wanted = list(set(person_ids))
    if not wanted:
        return {}
    rows = db.session.execute(_card.where(Person.id == func.any(_ids)), {"ids": wanted})
    return {row[0]: Card(*row) for row in rows}


def card(person_id: int) -> Card:
    """One card; erased or unknown people are not there."""
    found = cards([person_id]).get(person_id)
    return found or missing()


_lead = aliased(Person)


def named_in(told: Mapping[str, Any]) -> int | None:
    """Whom the values of an address name, by `person_id` or `handle`; None if there is no such person."""
    whom = Person.id == told.get("person_id") if "person_id" in told else Person.handle == told.get("handle")
    return db.session.scalar(select(Person.id).where(whom, Person.erased_at.is_(None)))


_profile = (
    select(
        Person.id,
        Person.handle,
        Person.name,
        Person.job,
        _department.name.label("department"),
        _team.name.label("team"),
        case((_lead.erased_at.is_(None), _lead.name)).label("manager"),
        profile_of(_lead).label("manager_handle"),
        exists().where(_report.manager_id == Person.id, _report.active).label("leads"),
    )
    .outerjoin(_department, _department.id == Person.department_id)
    .outerjoin(_team, _team.id == Person.team_id)
    .outerjoin(_lead, _lead.id == Person.manager_id)
    .where(Person.handle == bindparam("handle"), Person.active, Person.erased_at.is_(None))
)
_public = select(
    Person.id,
    Person.handle,
    Person.name,
    case((Person.public_job, Person.job), else_="").label("job"),
    Person.public_profile.label("on"),
).where(Person.active, Person.erased_at.is_(None))


def profile(handle: str) -> Any:
    """What every colleague may see of somebody who works here, with their manager and whether they lead."""
    fits = HANDLE.fullmatch(handle)
    return (db.session.execute(_profile, {"handle": handle}).one_or_none() if fits else None) or missing()


def public_profile(handle: str) -> Any:
    """What the world may see of who switched that on; whoever did not is not there."""
    statement = _public.where(Person.handle == handle, Person.public_profile)
    fits = HANDLE.fullmatch(handle)
    return (db.session.execute(statement).one_or_none() if fits else None) or missing()


def public_preview(person_id: int) -> Any:
    """The same for oneself, on or off."""
    return db.session.execute(_public.where(Person.id == person_id)).one_or_none() or missing()


_KEYS = select(PersonKey.person_id, PersonKey.wrapped).where(
    PersonKey.person_id == bindparam("ids", type_=ARRAY(BigInteger())).any_()
)
_KEYS_AFTER = (
    select(PersonKey.person_id, PersonKey.wrapped)
    .where(PersonKey.person_id > bindparam("after"))
    .order_by(PersonKey.person_id)
    .limit(bindparam("limit"))
)


def keys_of(person_ids: Iterable[int]) -> dict[int, bytes]:
    """The own keys of these people; whoever was erased has none."""
    wanted, keys = sorted(set(person_ids)), ring()
    rows = db.session.execute(_KEYS, {"ids": wanted}) if wanted else ()
    return {row.person_id: keys.unwrap(row.wrapped, f"person:{row.person_id}") for row in rows}


def keys_after(person_id: int, limit: int) -> dict[int, bytes]:
    """The own keys of everybody, piece by piece."""
    keys, rows = ring(), db.session.execute(_KEYS_AFTER, {"after": person_id, "limit": limit})
    return {row.person_id: keys.unwrap(row.wrapped, f"person:{row.person_id}") for row in rows}


def get_person(person_id: int) -> Person:
    return db.session.get(Person, person_id) or missing()


def colleagues(search: str = "", *, but: int | None = None, limit: int = 20) -> list[Card]:
    """Active people whose name has these words in it, in the order of names; who is called exactly that comes first.

    A handle and an address are whole or not at all. `but` is left out, unless it is their handle that stands between
    brackets behind a name, as suggestions have it.
    """
    said = sort_name_of(search)
    if search and not said:
        return []
    name, bracket, handle = said.rpartition("(")
    statement = _card.where(Person.active)
    if name and bracket and handle.endswith(")"):
        statement = statement.where(Person.handle == handle[:-1])
    else:
        statement = statement.where(Person.id != but) if but is not None else statement
        words = [Person.sort_name.contains(word, autoescape=True) for word in said.split()[:5]]
        whole = or_(Person.handle == said, func.lower(Person.email) == said)
        statement = statement.where(or_(and_(*words), whole)) if words else statement
    order = ((Person.sort_name == said).desc(),) if said else ()
    rows = db.session.execute(statement.order_by(*order, Person.sort_name, Person.id).limit(limit))
    return [Card(*row) for row in rows]


# The index of words first and the order afterwards: along the order, a rare word would read everybody.
_hit = (
    select(Person.id, Person.sort_name)
    .where(Person.active, Person.erased_at.is_(None), text(matches("person.sort_name", "person.job")))
    .cte("hit")
    .prefix_with("MATERIALIZED")
)
_hits = select(_hit.c.id).order_by(_hit.c.sort_name, _hit.c.id)
_page = _hits.limit(bindparam("limit")).offset(bindparam("skip")).subquery()
_FOUND_PAGE = _card.join(_page, _page.c.id == Person.id).order_by(Person.sort_name, Person.id)
_FOUND_NUMBER = select(func.count()).select_from(select(_hit.c.id).limit(bindparam("most")).subquery())


def found(wanted: str, *, limit: int, skip: int = 0) -> list[Card]:
    """Who works here and has all these words in name or job (a `finding.wanted`), in the order of names."""
    rows = db.session.execute(_FOUND_PAGE, {"wanted": wanted, "limit": limit, "skip": skip})
    return [Card(*row) for row in rows]


def count_found(wanted: str, most: int) -> int:
    """How many that are; no further than `most`."""
    return db.session.scalar(_FOUND_NUMBER, {"wanted": wanted, "most": most}) or 0


def reports_of(manager_id: int) -> list[Card]:
    """Who has this manager, in the order of names."""
    wanted = _card.where(Person.manager_id == manager_id, Person.active)
    return [Card(*row) for row in db.session.execute(wanted.order_by(Person.sort_name, Person.id))]


def is_manager_of(manager_id: int, person_id: int) -> bool:
    wanted = exists().where(Person.id == person_id, Person.manager_id == manager_id, Person.active)
    return bool(db.session.scalar(select(wanted)))


def manager_ids(person_ids: Iterable[int]) -> dict[int, int | None]:
    wanted = list(set(person_ids))
    rows = db.session.execute(
        select(Person.id, Person.manager_id).where(Person.id == func.any(_ids)), {"ids": wanted}
    )
    return {row.id: row.manager_id for row in rows}


def roles_of(person_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Their role, and `manager` for who has reports."""
    manages = exists().where(_report.manager_id == Person.id, _report.active)
    rows = db.session.execute(
        select(Person.id, Person.role, manages).where(Person.id == func.any(_ids)),
        {"ids": list(set(person_ids))},
    )
    return {person_id: roles(role, leads) for person_id, role, leads in rows}


_WITH_ROLE = select(Person.id).where(Person.role == bindparam("role"), Person.active)


def with_role(role: str) -> set[int]:
    """Who works here now and has this role."""
    return set(db.session.scalars(_WITH_ROLE, {"role": role}))


def roles(role: str, leads: bool, privacy: bool = False) -> frozenset[str]:
    """Everybody is an employee too."""
    also = {"manager"} if leads else set()
    return frozenset({"employee", role} | also | ({"privacy"} if privacy else set()))


_units_at = text(
    "SELECT asked.at_row, m.department_id, m.team_id"
    " FROM unnest(:people, :moments) WITH ORDINALITY AS asked(person_id, moment, at_row)"
    " CROSS JOIN LATERAL (SELECT department_id, team_id FROM membership"
    "   WHERE membership.person_id = asked.person_id"
    "   ORDER BY (since <= asked.moment) DESC, CASE WHEN since <= asked.moment THEN since END DESC, since, id"
    "   LIMIT 1) m"
).bindparams(
    bindparam("people", type_=ARRAY(BigInteger)), bindparam("moments", type_=ARRAY(DateTime(timezone=True)))
)


def units_at_moments(asked: Sequence[tuple[int, datetime]]) -> list[tuple[int | None, int | None]]:
    """Department and team of each (person, moment), in their order, in one query; before they came: the first they
    came to."""
    if not asked:
        return []
    rows = db.session.execute(
        _units_at, {"people": [person for person, _ in asked], "moments": [moment for _, moment in asked]}
    )
    found = {row[0]: (row[1], row[2]) for row in rows}
    return [found.get(number, (None, None)) for number in range(1, len(asked) + 1)]


def units(unit_ids: Iterable[int] | None = None) -> dict[int, Unit]:
    """Departments and teams, all or these."""
    statement = select(Unit).order_by(Unit.name, Unit.id)
    if unit_ids is not None:
        statement = statement.where(Unit.id.in_(set(unit_ids)))
    return {unit.id: unit for unit in db.session.scalars(statement)}


_resolve = text(
    "SELECT kind, value, person_id FROM identity"
    " JOIN unnest(:kinds, :values) AS asked(k, v) ON kind = k AND value = v"
).bindparams(bindparam("kinds", type_=ARRAY(Text)), bindparam("values", type_=ARRAY(Text)))


def resolve(
    identities: Iterable[Identity],
    account_home: str | None = None,
    account_is: str | None = None,
) -> dict[Identity, int]:
    """Whom these ways of naming mean, all in one query; who is unknown is not in the answer.

    `account_home` and `account_is` are those of the client that speaks: an account under that home page is an
    external id or an e-mail address.
    """
    wanted = {given: _as_known(given, account_home, account_is) for given in identities}
    asked = sorted({known for options in wanted.values() for known in options})
    if not asked:
        return {}
    rows = db.session.execute(_resolve, {"kinds": [k for k, _ in asked], "values": [v for _, v in asked]})
    known = {(kind, value): person_id for kind, value, person_id in rows}
    found: dict[Identity, int] = {}
    for given, options in wanted.items():
        for option in options:
            if option in known:
                found[given] = known[option]
                break
    return found


def _as_known(given: Identity, home: str | None, account_is: str | None) -> list[Identity]:
    """How we would have stored it: the ways to look it up, the nearest first."""
    kind, value = given
    if kind == "email":
        return [("email", value.removeprefix("mailto:").strip().lower())]
    if kind == "mbox_sha1sum":
        return [(kind, value.lower())]
    options = [(kind, value)]
    if kind == "account" and home and account_is and value.startswith(home + " "):
        name = value[len(home) + 1 :]
        options.append((account_is, name.lower() if account_is == "email" else name))
    return options


def has_started(person_id: int) -> bool:
    """Whether somebody was asked the first questions; who said how to appear has answered the one that counts."""
    asked = or_(Person.started_at.is_not(None), Person.board_choice.is_not(None))
    return bool(db.session.scalar(select(asked).where(Person.id == person_id)))


def sessions_of(person_id: int, at: datetime) -> Sequence[SignIn]:
    """Where a person is signed in, the latest seen first."""
    statement = select(SignIn).where(SignIn.person_id == person_id, SignIn.revoked_at.is_(None))
    return db.session.scalars(statement.where(SignIn.ends_at > at).order_by(SignIn.seen_at.desc())).all()


def alive_sessions(sign_in_ids: Collection[int]) -> set[int]:
    """Which of these sessions still hold."""
    statement = select(SignIn.id).where(SignIn.id == func.any(_ids), SignIn.revoked_at.is_(None))
    quiet = func.now() - func.make_interval(0, 0, 0, 0, 0, settings().shared_minutes)
    statement = statement.where(
        SignIn.ends_at > func.now(), or_(SignIn.shared.is_(False), SignIn.seen_at > quiet)
    )
    return set(db.session.scalars(statement, {"ids": list(sign_in_ids)}))


def file_content(file_id: int) -> bytes | None:
    """What was sent in, as long as it is kept."""
    content: bytes | None = db.session.scalar(select(PeopleFile.content).where(PeopleFile.id == file_id))
    return content


def missing() -> Any:
    """Whoever is not there, and whoever one may not know to be."""
    raise NotFound(_l("There is nobody of that name here."))


# Whom HR serves ---------------------------------------------------------------------------------------------

# In SQL: `{person}` is the alias of the row of the person whom it is about, `:{viewer}` who of HR asks.
_WITHIN = """({person}.id = CAST(:{viewer} AS bigint)
    OR NOT EXISTS (SELECT FROM hr_department h WHERE h.person_id = CAST(:{viewer} AS bigint))
    OR {person}.department_id IN (
        SELECT h.department_id FROM hr_department h WHERE h.person_id = CAST(:{viewer} AS bigint)))"""
_REACH = select(HrDepartment.department_id).where(HrDepartment.person_id == bindparam("person"))


def hr_reach(person_id: int) -> set[int] | None:
    """The departments that somebody of HR serves; None means all. Ask it only of who has the role hr.

    Whoever is in none of these (and is not themselves) is for them as if not there.
    """
    return set(db.session.scalars(_REACH, {"person": person_id})) or None


def within_reach(person: str, viewer: str = "me") -> str:
    """The same as a condition in SQL, on the alias of a row of `person`; `:me` (or `viewer`) is who of HR asks."""
    return _WITHIN.format(person=person, viewer=viewer)


def serves(department: str, hr: str) -> str:
    """As a condition in SQL: whether somebody of HR (an id) serves a department (a column); none chosen is all."""
    return (
        f"(NOT EXISTS (SELECT FROM hr_department d WHERE d.person_id = {hr}) OR {department} IN"
        f" (SELECT d.department_id FROM hr_department d WHERE d.person_id = {hr}))"
    )


_SERVING = text(f"""
    SELECT p.id, h.id AS hr
    FROM person p JOIN person h ON h.role = 'hr' AND h.active
        AND (h.id = p.id OR {serves("p.department_id", "h.id")})
    WHERE p.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


def hr_serving(person_ids: Iterable[int]) -> dict[int, set[int]]:
    """Who of HR serves each of these people, themselves included where they are of HR."""
    found: dict[int, set[int]] = {person_id: set() for person_id in person_ids}
    for person_id, hr_id in db.session.execute(_SERVING, {"ids": list(found)}):
        found[person_id].add(hr_id)
    return found


def out_of_reach(person_ids: Iterable[int], viewer_id: int) -> set[int]:
    """Which of these people somebody of HR does not serve; without a question where they serve all."""
    wanted, reach = set(person_ids) - {viewer_id}, hr_reach(viewer_id)
    if reach is None or not wanted:
        return set()
    within = select(Person.id).where(Person.id == func.any(_ids), Person.department_id.in_(reach))
    return wanted - set(db.session.scalars(within, {"ids": list(wanted)}))


_HR = text("""
    SELECT p.id AS person_id, p.name, coalesce(
        jsonb_agg(jsonb_build_object('id', u.id, 'name', u.name) ORDER BY u.name, u.id)
            FILTER (WHERE u.id IS NOT NULL), '[]') AS departments
    FROM person p LEFT JOIN hr_department h ON h.person_id = p.id LEFT JOIN unit u ON u.id = h.department_id
    WHERE p.role = 'hr' AND p.active AND p.erased_at IS NULL GROUP BY p.id ORDER BY p.sort_name, p.id
""")
_OFFICERS = text("""
    SELECT id AS person_id, name FROM person WHERE privacy_officer AND active AND erased_at IS NULL
    ORDER BY sort_name, id
""")


def privacy_officers() -> Sequence[Any]:
    """Whom one asks about one's data: id and name."""
    return db.session.execute(_OFFICERS).all()


def reach() -> dict[str, Any]:
    """Whom each of HR serves, who is privacy officer, and the departments that there are."""
    return {
        "hr": db.session.execute(_HR).all(),
        "privacy_officers": privacy_officers(),
        "departments": [{"id": unit_id, "name": name} for unit_id, name in departments()],
    }


# Who works here, for those who keep the list ----------------------------------------------------------------

HERE = and_(Person.active, Person.erased_at.is_(None))
LINK = exists().where(
    ApiToken.person_id == Person.id,
    ApiToken.scopes == ["invite"],
    ApiToken.revoked_at.is_(None),
    ApiToken.ends_at > bindparam("at", type_=DateTime(timezone=True)),
)
ON_ITS_WAY = exists().where(
    Mail.person_id == Person.id, Mail.kind == "invitation", Mail.sent_at.is_(None), Mail.refusal.is_(None)
)
NO_WAY = and_(HERE, Person.password_hash.is_(None))
NOT_ASKED = and_(NO_WAY, ~LINK, ~ON_ITS_WAY)
SHOWN = {
    "here": HERE,
    "no-way": NO_WAY,
    "not-asked": NOT_ASKED,
    "left": and_(~Person.active, Person.erased_at.is_(None)),
}
_boss = aliased(Person)
_roster = (
    select(
        Person.id,
        Person.external_id,
        Person.handle,
        Person.name,
        Person.sort_name,
        Person.email,
        Person.job,
        Person.role,
        Person.privacy_officer,
        Person.hours_per_week,
        Person.language,
        Person.active,
        Person.manager_id,
        _department.name.label("department"),
        _team.name.label("team"),
        _boss.external_id.label("manager_external_id"),
        _boss.name.label("manager"),
        Person.password_hash.is_not(None).label("can_sign_in"),
        or_(LINK, ON_ITS_WAY).label("asked"),
    )
    .outerjoin(_department, _department.id == Person.department_id)
    .outerjoin(_team, _team.id == Person.team_id)
    .outerjoin(_boss, _boss.id == Person.manager_id)
    .where(Person.erased_at.is_(None))
)
PAGE = 50


def roster(
    at: datetime,
    *,
    q: str = "",
    department: int | None = None,
    role: str | None = None,
    show: str = "here",
    after: tuple[str, int] | None = None,
    limit: int = PAGE,
    hr: int | None = None,
) -> tuple[Sequence[Any], tuple[str, int] | None]:
    """A page of who works here, in the order of names, and where the next one begins; `hr` sees whom they serve."""
    statement = _served(_roster.where(SHOWN.get(show, HERE)), hr)
    for word in q.split()[:5]:
        name, plain = sort_name_of(word), word.lower()
        also = or_(
            Person.external_id.startswith(word, autoescape=True),
            Person.email.contains(plain, autoescape=True),
        )
        statement = statement.where(or_(Person.sort_name.contains(name or plain, autoescape=True), also))
    if department is not None:
        statement = statement.where(or_(Person.department_id == department, Person.team_id == department))
    if role == "manager":
        statement = statement.where(exists().where(_report.manager_id == Person.id, _report.active))
    elif role:
        statement = statement.where(Person.role == role)
    if after is not None:
        statement = statement.where(tuple_(Person.sort_name, Person.id) > tuple_(*after))
    statement = statement.order_by(Person.sort_name, Person.id).limit(limit + 1)
    found = db.session.execute(statement, {"at": at}).all()
    more = (found[limit - 1].sort_name, found[limit - 1].id) if len(found) > limit else None
    return found[:limit], more


def _served(statement: Any, hr: int | None) -> Any:
    return statement if hr is None else statement.where(text(within_reach("person", "hr")).bindparams(hr=hr))


def on_roster(person_id: int, at: datetime) -> Any:
    row = db.session.execute(_roster.where(Person.id == person_id), {"at": at}).one_or_none()
    return row or missing()


def roster_by_id(at: datetime, *, after: int, limit: int, hr: int | None = None) -> Sequence[Any]:
    """Everybody, who left as well, in an order that nothing changes; `hr` sees whom they serve."""
    statement = _served(_roster, hr).where(Person.id > after).order_by(Person.id).limit(limit)
    return db.session.execute(statement, {"at": at}).all()


def departments() -> list[tuple[int, str]]:
    rows = db.session.execute(
        select(Unit.id, Unit.name).where(Unit.kind == "department").order_by(Unit.name, Unit.id)
    )
    return [(unit_id, name) for unit_id, name in rows]


def identities_of(person_id: int) -> Sequence[Identities]:
    statement = select(Identities).where(Identities.person_id == person_id)
    return db.session.scalars(statement.order_by(Identities.kind, Identities.value)).all()


def mail_of(person_id: int, limit: int = 5) -> Sequence[Mail]:
    """What was sent to somebody lately, or could not be."""
    return db.session.scalars(
        select(Mail).where(Mail.person_id == person_id).order_by(Mail.id.desc()).limit(limit)
    ).all()


# Files that were sent in ------------------------------------------------------------------------------------

_file = (
    PeopleFile.id,
    PeopleFile.name,
    PeopleFile.sent_by,
    Person.name.label("sender"),
    PeopleFile.sent_at,
    PeopleFile.state,
    PeopleFile.refusal,
    PeopleFile.counts,
    PeopleFile.rows,
    PeopleFile.done_rows,
    PeopleFile.started_at,
    PeopleFile.ended_at,
)


def people_files() -> Sequence[Any]:
    """The files of this day, the latest first."""
    statement = select(*_file).join(Person, Person.id == PeopleFile.sent_by)
    return db.session.execute(statement.order_by(PeopleFile.id.desc()).limit(20)).all()


def people_file(file_id: int) -> Any:
    statement = select(*_file).join(Person, Person.id == PeopleFile.sent_by).where(PeopleFile.id == file_id)
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound(_l("This file is not here any more. Send it again."))
    return row


def file_rows(
    file_id: int, *, kind: str | None = None, after: int = 0, limit: int | None = PAGE
) -> Sequence[PeopleFileRow]:
    """What a file would change, or changed, row by row."""
    statement = select(PeopleFileRow).where(PeopleFileRow.file_id == file_id, PeopleFileRow.id > after)
    if kind:
        statement = statement.where(PeopleFileRow.kind == kind)
    return db.session.scalars(statement.order_by(PeopleFileRow.id).limit(limit)).all()
