"""What can be asked about kudos. Statements are built once; rows come back plain.

Who may see kudos: the giver, the receivers, and whoever *every* receiver lets see it. `team` lets in who is
now in the receiver's team, and the receiver's own manager. What the care desk hid, only its giver sees; what was
undone, nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    text,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlalchemy.types import BigInteger, Text

from app.damping import weight
from app.db import db
from app.errors import NotFound
from app.kudos.models import Kudos, KudosReceiver
from app.kudos.rules import (
    LONG_AGO,
    REMEMBERED,
    UNDO,
    VISIBLE,
    can_undo,
    earlier_of,
)
from app.people.models import Person, Unit
from app.people.queries import organisation, profile_of

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
        Kudos.reworded_at,
        Kudos.hidden_at,
        Kudos.change_asked_at,
        Unit.name.label("team"),
        _given.label("given"),
        _received.label("received"),
        _mine.visible.label("my_choice"),
        _mine.thanked_at.label("i_thanked_at"),
    )
    .join(_giver, _giver.id == Kudos.giver_id)
    .join(_viewer, _viewer.id == bindparam("me"))
    .outerjoin(Unit, Unit.id == Kudos.team_id)
    .outerjoin(_mine, and_(_mine.kudos_id == Kudos.id, _mine.person_id == _viewer.id))
    .where(Kudos.undone_at.is_(None))
    .where(or_(_given, and_(Kudos.hidden_at.is_(None), or_(_received, _shown))))
)
_NEWEST = _CARD.order_by(Kudos.given_at.desc(), Kudos.id.desc()).limit(bindparam("limit"))
_last = aliased(Kudos)
_BEFORE = (
    tuple_(Kudos.given_at, Kudos.id)
    < select(_last.given_at, _last.id).where(_last.id == bindparam("before")).scalar_subquery()
)
_thanked_one = select(KudosReceiver.kudos_id).where(KudosReceiver.person_id == bindparam("of"))
_thanked_team = (
    select(KudosReceiver.kudos_id)
    .join(_receiver, _receiver.id == KudosReceiver.person_id)
    .where(_receiver.team_id == bindparam("team"))
)
_SHOWS: dict[str, ColumnElement[bool]] = {
    "all": true(),
    "received": _received,
    "given": _given,
    "person": Kudos.id.in_(_thanked_one),
    "team": Kudos.id.in_(_thanked_team),
}
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
    .where(Kudos.giver_id == bindparam("me"), Kudos.undone_at.is_(None))
    .scalar_subquery()
    .label("given"),
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
_OF = select(Person.id, Person.name, Person.handle).where(
    Person.handle == bindparam("handle"), Person.active, Person.erased_at.is_(None)
)
_BY_HANDLE = _COLLEAGUE.where(Person.handle == bindparam("handle"))
_ACTIVE = select(Person.id).where(Person.id == _ids.any_(), Person.active)
_CHOICES = select(Person.id, Person.kudos_choice).where(Person.id == _ids.any_())
_KNOWN = select(
    Kudos.id,
    Kudos.once,
    Kudos.message,
    Kudos.skill_id,
    Kudos.team_id,
    Kudos.undone_at,
    Kudos.reworded_at,
).where(Kudos.once == bindparam("keys", type_=ARRAY(Text())).any_())

_GIVERS = select(Kudos.id, Kudos.giver_id).where(
    Kudos.id == bindparam("ids", type_=ARRAY(BigInteger())).any_()
)
_FOR_CARE = (
    select(
        Kudos.id,
        Kudos.giver_id,
        _giver.name.label("giver"),
        Kudos.message,
        Kudos.lang,
        Kudos.undone_at,
        Kudos.hidden_at,
    )
    .join(_giver, _giver.id == Kudos.giver_id)
    .where(Kudos.id == _ids.any_())
)
_LEADING = select(Person.manager_id).where(Person.manager_id == _ids.any_(), Person.active).distinct()

# Teams -------------------------------------------------------------------------------------------------------

_department = aliased(Unit)
_TEAM = (
    select(Unit.id, Unit.name, _department.name.label("department"))
    .outerjoin(_department, _department.id == Unit.parent_id)
    .where(Unit.kind == "team")
)
_MEMBERS = (
    select(Person.team_id, Person.id)
    .where(Person.team_id == _ids.any_(), Person.active)
    .order_by(Person.team_id, Person.sort_name, Person.id)
)
_led = select(Person.team_id).where(Person.manager_id == bindparam("me"), Person.active)
_near_me = case((Unit.id == _my_team, 0), (Unit.id.in_(_led), 1), else_=2)
_peopled = exists(
    select(1).where(_mate.team_id == Unit.id, _mate.active, _mate.id != bindparam("me")).correlate(Unit)
)
_TEAMS = _TEAM.where(_peopled).order_by(_near_me, Unit.name, _department.name, Unit.id).limit(NEAR)
_TEAMS_BY_NAME = _TEAM.where(
    _peopled, func.strpos(func.lower(Unit.name), bindparam("typed", type_=Text())) > 0
)
_TEAMS_BY_NAME = _TEAMS_BY_NAME.order_by(_near_me, Unit.name, _department.name, Unit.id).limit(NEAR)
_ONE_TEAM = _TEAM.where(Unit.id == bindparam("team"))

# Between two -------------------------------------------------------------------------------------------------

_BETWEEN = text("""
    SELECT p.one, p.other, k.given_at
    FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS p(one, other)
    CROSS JOIN LATERAL (
        SELECT given_at FROM kudos JOIN kudos_receiver r ON r.kudos_id = kudos.id
        WHERE kudos.giver_id = p.one AND r.person_id = p.other AND given_at BETWEEN :since AND :until
        UNION ALL
        SELECT given_at FROM kudos JOIN kudos_receiver r ON r.kudos_id = kudos.id
        WHERE kudos.giver_id = p.other AND r.person_id = p.one AND given_at BETWEEN :since AND :until
    ) AS k
""")
_NOT_THANKED = (
    select(Person.id, Person.name, Person.handle, _thanked.c.last_at)
    .outerjoin(_thanked, _thanked.c.person_id == Person.id)
    .where(Person.manager_id == bindparam("me"), Person.active)
    .where(or_(_thanked.c.last_at.is_(None), _thanked.c.last_at < bindparam("since")))
    .order_by(Person.sort_name, Person.id)
)


class Card(NamedTuple):
    """Kudos as one viewer may see it, with everybody who is thanked."""

    kudos: AnyRow
    receivers: Sequence[AnyRow]

    def undo_until(self, at: datetime) -> datetime | None:
        """Until when its giver can take it back; None for others, and when it is too late."""
        thanked = any(one.thanked_at for one in self.receivers)
        if not self.kudos.given or not can_undo(self.kudos.given_at, at, thanked=thanked):
            return None
        until: datetime = self.kudos.given_at + UNDO
        return until


class Weight(NamedTuple):
    """What thanks to a colleague count for now, after so many between the two."""

    person_id: int
    name: str
    earlier: int
    weight: float


def wall(
    me: int,
    *,
    show: str = "all",
    of: int | None = None,
    team: int | None = None,
    before: int | None = None,
    limit: int = LIMIT,
) -> tuple[Sequence[Card], int | None]:
    """What this person may see, newest first; and the id with which to ask for what comes after it.

    `of` somebody, or of whoever works in a team now: thanks that they got.
    """
    show = "person" if of else "team" if team else show if show in _SHOWS else "all"
    asked = {"me": me, "limit": limit + 1, "of": of, "team": team, "before": before}
    rows = db.session.execute(
        _WALLS[show, before is not None], {name: value for name, value in asked.items() if value is not None}
    ).all()
    return _cards(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


_RECEIVED_SINCE = (
    select(func.count())
    .select_from(KudosReceiver)
    .join(Kudos, Kudos.id == KudosReceiver.kudos_id)
    .where(KudosReceiver.person_id == bindparam("me"), Kudos.given_at > bindparam("since"))
    .where(Kudos.hidden_at.is_(None), Kudos.undone_at.is_(None))
)


def count_received(me: int, since: datetime) -> int:
    """How many times this person was thanked since then."""
    return db.session.scalar(_RECEIVED_SINCE, {"me": me, "since": since}) or 0


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


def whose(handle: str, team_id: int | None) -> tuple[AnyRow | None, AnyRow | None]:
    """Whose wall is asked for: of who works here under this handle, of a team, or of all; who is not here has none."""
    found = db.session.execute(_OF, {"handle": handle}).one_or_none() if handle else None
    of_team = team(team_id) if team_id else None
    if (handle and found is None) or (team_id and of_team is None):
        raise NotFound(_l("There is nobody of that name here."))
    return found, of_team


def with_points(*, game: bool) -> bool:
    """Whether somebody who plays, or does not, sees what thanks count for at all."""
    return game and organisation().points_on


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


def givers_of(kudos_ids: Iterable[int]) -> dict[int, int]:
    """Who gave each of these; it never changes, so it may be read before the lock."""
    rows = db.session.execute(_GIVERS, {"ids": sorted(set(kudos_ids))})
    return {row.id: row.giver_id for row in rows}


def for_care(kudos_ids: Iterable[int]) -> list[tuple[AnyRow, list[AnyRow]]]:
    """What these say, whoever asks, undone and hidden too, each with its receivers: for the care desk alone."""
    wanted = sorted(set(kudos_ids))
    rows = db.session.execute(_FOR_CARE, {"ids": wanted}).all() if wanted else []
    thanked = receivers_of(row.id for row in rows)
    return [(row, thanked[row.id]) for row in rows]


# Teams -------------------------------------------------------------------------------------------------------


def leading(person_ids: Iterable[int]) -> set[int]:
    """Who of these manages somebody."""
    wanted = sorted(set(person_ids))
    return {id for id in db.session.scalars(_LEADING, {"ids": wanted}) if id} if wanted else set()


def teams(me: int, typed: str = "") -> Sequence[AnyRow]:
    """Teams in which others work: one's own, those one leads, then all by name; or those with this in their name."""
    typed = typed.strip().lower()
    statement = _TEAMS_BY_NAME if typed else _TEAMS
    return db.session.execute(statement, {"me": me} | ({"typed": typed} if typed else {})).all()


def team(team_id: int) -> AnyRow | None:
    """A team, by its id."""
    return db.session.execute(_ONE_TEAM, {"team": team_id}).one_or_none()


def members(team_ids: Iterable[int | None]) -> dict[int | None, list[int]]:
    """Who works in each of these teams now, in the order of names."""
    found: dict[int | None, list[int]] = {team_id: [] for team_id in team_ids}
    if found:
        for row in db.session.execute(_MEMBERS, {"ids": sorted(id for id in found if id)}):
            found[row.team_id].append(row.id)
    return found


# Between two -------------------------------------------------------------------------------------------------


def pair(one: int, other: int) -> tuple[int, int]:
    """The same two, whoever thanks."""
    return min(one, other), max(one, other)


def between(
    people: Iterable[tuple[int, int]], since: datetime, until: datetime
) -> dict[tuple[int, int], list[datetime]]:
    """When these two thanked each other, in either direction; what was undone does not count."""
    found: dict[tuple[int, int], list[datetime]] = {pair(*two): [] for two in people}
    pairs = sorted(found)
    sent = {"ones": [one for one, _ in pairs], "others": [other for _, other in pairs]}
    for row in db.session.execute(_BETWEEN, {**sent, "since": since, "until": until}) if pairs else ():
        found[row.one, row.other].append(row.given_at)
    return found


def weights(me: int, colleagues: Sequence[AnyRow], at: datetime) -> list[Weight]:
    """What thanks to each of these (id, name) would count for now."""
    known = between({(me, one.id) for one in colleagues}, at - REMEMBERED, at)
    earlier = [(one, earlier_of(known[pair(me, one.id)], at)) for one in colleagues]
    return [Weight(one.id, one.name, number, weight(number)) for one, number in earlier]


def not_thanked(me: int, at: datetime) -> Sequence[AnyRow]:
    """Reports of this person who had no thanks from them for long, in the order of names, with the last day or none.

    Nothing but their own kudos is looked at: what others thanked for is no business of a manager.
    """
    return db.session.execute(_NOT_THANKED, {"me": me, "since": at - LONG_AGO}).all()
