"""What can be asked about kudos. Statements are built once; rows come back plain.

Who may see kudos: the giver, the receivers, and whoever *every* receiver lets see it. `team` lets in who is
now in the receiver's team, and the receiver's own manager.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlalchemy.types import BigInteger, Text

from app.config import settings
from app.db import db
from app.kudos.models import Kudos, KudosAllowance, KudosReceiver
from app.kudos.rules import ALLOWANCE, MANAGER_ALLOWANCE, VISIBLE, month_of, renews_on
from app.people.models import Organisation, Person, Unit
from app.people.queries import profile_of

AnyRow = Row[*tuple[Any, ...]]
LIMIT = 20
PAGE = 12  # a page stays under 800 elements
NEAR = 40  # colleagues offered by name before anything is typed

_giver, _viewer, _receiver = aliased(Person), aliased(Person), aliased(Person)
_mine, _other = aliased(KudosReceiver), aliased(KudosReceiver)

# IS NOT TRUE, not NOT: a viewer or receiver without a team makes this unknown, and that must hide it.
_lets_in = or_(
    _other.visible == "everyone",
    and_(
        _other.visible == "team",
        or_(_receiver.team_id == _viewer.team_id, _receiver.manager_id == _viewer.id),
    ),
)
_shown = ~exists(
    select(1)
    .select_from(_other)
    .join(_receiver, _receiver.id == _other.person_id)
    .where(_other.kudos_id == Kudos.id, _lets_in.is_not(true()))
    .correlate(Kudos, _viewer)
)
_given: ColumnElement[bool] = Kudos.giver_id == _viewer.id
_received: ColumnElement[bool] = _mine.kudos_id.is_not(None)

_CARD = (
    select(
        Kudos.id,
        Kudos.giver_id,
        _giver.name.label("giver"),
        _giver.handle.label("giver_handle"),
        profile_of(_giver).label("profile"),
        Kudos.message,
        Kudos.skill_id,
        Kudos.lang,
        Kudos.given_at,
        _given.label("given"),
        _received.label("received"),
        _mine.visible.label("my_choice"),
        _mine.thanked_at.label("i_thanked_at"),
    )
    .join(_giver, _giver.id == Kudos.giver_id)
    .join(_viewer, _viewer.id == bindparam("me"))
    .outerjoin(_mine, and_(_mine.kudos_id == Kudos.id, _mine.person_id == _viewer.id))
    .where(or_(_given, _received, _shown))
)
_NEWEST = _CARD.order_by(Kudos.given_at.desc(), Kudos.id.desc()).limit(bindparam("limit"))
_last = aliased(Kudos)
_BEFORE = (
    tuple_(Kudos.given_at, Kudos.id)
    < select(_last.given_at, _last.id).where(_last.id == bindparam("before")).scalar_subquery()
)
_SHOWS: dict[str, ColumnElement[bool]] = {"all": true(), "received": _received, "given": _given}
_WALLS: dict[tuple[str, bool], Select[*tuple[Any, ...]]] = {
    (show, further): _NEWEST.where(only, *([_BEFORE] if further else []))
    for show, only in _SHOWS.items()
    for further in (False, True)
}
_ONE = _CARD.where(Kudos.id == bindparam("kudos_id"))
_ids = bindparam("ids", type_=ARRAY(BigInteger()))
_SOME = _CARD.where(Kudos.id == _ids.any_())
_RECEIVERS = (
    select(
        KudosReceiver.kudos_id,
        Person.id,
        Person.name,
        Person.handle,
        profile_of(Person).label("profile"),
        KudosReceiver.thanked_at,
        KudosReceiver.visible,
    )
    .join(Person, Person.id == KudosReceiver.person_id)
    .where(KudosReceiver.kudos_id == _ids.any_())
    .order_by(KudosReceiver.kudos_id, Person.sort_name, Person.id)
)
_COUNTS = select(
    select(func.count())
    .select_from(KudosReceiver)
    .where(KudosReceiver.person_id == bindparam("me"))
    .scalar_subquery()
    .label("received"),
    select(func.count())
    .select_from(Kudos)
    .where(Kudos.giver_id == bindparam("me"))
    .scalar_subquery()
    .label("given"),
)


def allowance_of(giver: ColumnElement[int]) -> ColumnElement[int]:
    """How many receivers a giver may thank in a month: more for who has reports."""
    report = aliased(Person)
    leads = exists(select(1).where(report.manager_id == giver, report.active))
    own = select(Organisation.kudos_allowance).limit(1).scalar_subquery()
    leading = select(Organisation.manager_kudos_allowance).limit(1).scalar_subquery()
    return case((leads, func.coalesce(leading, MANAGER_ALLOWANCE)), else_=func.coalesce(own, ALLOWANCE))


_me = bindparam("me", type_=BigInteger())
_LEFT = select(
    allowance_of(cast(_me, BigInteger)).label("allowance"),
    func.coalesce(
        select(KudosAllowance.spent)
        .where(KudosAllowance.giver_id == _me, KudosAllowance.month == bindparam("month"))
        .scalar_subquery(),
        literal(0),
    ).label("spent"),
)

_COLLEAGUE = (
    select(Person.id, Person.name, Person.handle, Person.job, Unit.name.label("team"))
    .outerjoin(Unit, Unit.id == func.coalesce(Person.team_id, Person.department_id))
    .where(Person.active, Person.id != bindparam("me"))
)
_thanked = (
    select(KudosReceiver.person_id, func.max(Kudos.given_at).label("last_at"))
    .join(Kudos, Kudos.id == KudosReceiver.kudos_id)
    .where(Kudos.giver_id == bindparam("me"))
    .group_by(KudosReceiver.person_id)
    .subquery()
)
_me_row, _mate = aliased(Person), aliased(Person)
_my_team = select(_me_row.team_id).where(_me_row.id == bindparam("me")).scalar_subquery()
_my_manager = select(_me_row.manager_id).where(_me_row.id == bindparam("me")).scalar_subquery()
_around = union(
    select(_mate.id).where(_mate.team_id == _my_team), select(_thanked.c.person_id), select(_my_manager)
).subquery()
# Own team first, then whom I thanked last.
_NEAR = (
    _COLLEAGUE.where(Person.id.in_(select(_around.c[0])))
    .outerjoin(_thanked, _thanked.c.person_id == Person.id)
    .order_by((Person.team_id == _my_team).desc().nulls_last(), _thanked.c.last_at.desc().nulls_last())
    .order_by(Person.sort_name, Person.id)
    .limit(NEAR)
)
_THESE = _COLLEAGUE.where(Person.id == _ids.any_()).order_by(Person.sort_name, Person.id)
_BY_HANDLE = _COLLEAGUE.where(Person.handle == bindparam("handle"))
_ACTIVE = select(Person.id).where(Person.id == _ids.any_(), Person.active)
_CHOICES = select(Person.id, Person.kudos_choice).where(Person.id == _ids.any_())
_KNOWN = select(Kudos.id, Kudos.once, Kudos.message, Kudos.skill_id).where(
    Kudos.once == bindparam("keys", type_=ARRAY(Text())).any_()
)


class Card(NamedTuple):
    """Kudos as one viewer may see it, with everybody who is thanked."""

    kudos: AnyRow
    receivers: Sequence[AnyRow]


class Left(NamedTuple):
    """How many receivers a month holds, how many of them were thanked, and when there are more."""

    month: str
    renews_on: date
    allowance: int
    spent: int

    @property
    def left(self) -> int:
        return max(0, self.allowance - self.spent)


def wall(
    me: int, *, show: str = "all", before: int | None = None, limit: int = LIMIT
) -> tuple[Sequence[Card], int | None]:
    """What this person may see, newest first; and the id with which to ask for what comes after it."""
    statement = _WALLS[show if show in _SHOWS else "all", before is not None]
    rows = db.session.execute(
        statement, {"me": me, "limit": limit + 1} | ({"before": before} if before else {})
    ).all()
    return _cards(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def latest_received(me: int, limit: int = 3) -> Sequence[Card]:
    """The newest kudos for this person: cards for the home page."""
    return wall(me, show="received", limit=limit)[0]


def card(me: int, kudos_id: int) -> Card | None:
    """One as this person may see it, or None."""
    return next(iter(_cards(db.session.execute(_ONE, {"me": me, "kudos_id": kudos_id}).all())), None)


def some(me: int, kudos_ids: Iterable[int]) -> Sequence[AnyRow]:
    """Those of these that this person may see, without their receivers."""
    return db.session.execute(_SOME, {"me": me, "ids": sorted(set(kudos_ids))}).all()


def _cards(rows: Sequence[AnyRow]) -> Sequence[Card]:
    thanked = receivers_of(row.id for row in rows)
    return [Card(row, thanked[row.id]) for row in rows]


def receivers_of(kudos_ids: Iterable[int]) -> Mapping[int, list[AnyRow]]:
    """Who is thanked in each of these."""
    found: dict[int, list[AnyRow]] = {kudos_id: [] for kudos_id in kudos_ids}
    if found:
        for row in db.session.execute(_RECEIVERS, {"ids": list(found)}):
            found[row.kudos_id].append(row)
    return found


def counts(me: int) -> AnyRow:
    """How many kudos this person got and gave: (received, given)."""
    return db.session.execute(_COUNTS, {"me": me}).one()


def allowance(me: int, at: datetime) -> Left:
    """What is left of the allowance of the month of this moment, in the organisation's time zone."""
    zone = ZoneInfo(settings().timezone)
    month = month_of(at, zone)
    row = db.session.execute(_LEFT, {"me": me, "month": month}).one()
    return Left(month, renews_on(at, zone), row.allowance, row.spent)


def near(me: int) -> Sequence[AnyRow]:
    """Colleagues one is likely to thank: own team, own manager, who was thanked before."""
    return db.session.execute(_NEAR, {"me": me}).all()


def these(me: int, person_ids: Iterable[int]) -> Sequence[AnyRow]:
    """These colleagues, by name; not who is gone."""
    wanted = sorted(set(person_ids))
    return db.session.execute(_THESE, {"me": me, "ids": wanted}).all() if wanted else []


def with_handle(me: int, handle: str) -> AnyRow | None:
    """The colleague with this handle."""
    return db.session.execute(_BY_HANDLE, {"me": me, "handle": handle}).one_or_none()


def active(person_ids: Iterable[int]) -> set[int]:
    """Who of these works here now."""
    return set(db.session.scalars(_ACTIVE, {"ids": sorted(set(person_ids))}))


def standing_choices(person_ids: Iterable[int]) -> dict[int, str]:
    """Whom each of these lets see the thanks that come; who has not chosen keeps them to the two."""
    rows = db.session.execute(_CHOICES, {"ids": sorted(set(person_ids))})
    return {row.id: row.kudos_choice or VISIBLE[0] for row in rows}


def given_with(keys: Iterable[str]) -> dict[str, AnyRow]:
    """The kudos that were given with these keys."""
    wanted = sorted(keys)
    return {row.once: row for row in db.session.execute(_KNOWN, {"keys": wanted})} if wanted else {}
