"""How many thanks a month holds: what is left of it, taking from it, and giving back what was undone.

One row for each giver and month holds how many receivers, and how many whole teams, were thanked: two overspends meet
in it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol
from typing import cast as typed
from zoneinfo import ZoneInfo

from flask_babel import format_date, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased
from sqlalchemy.types import BigInteger, Text

from app.config import settings
from app.db import db
from app.errors import Refused
from app.kudos.models import KudosAllowance
from app.kudos.rules import ALLOWANCE, MANAGER_ALLOWANCE, TEAM_ALLOWANCE, month_of, renews_on
from app.people.models import Organisation, Person


class AllowanceSpent(Refused):
    """The month holds no more thanks for so many people."""

    code = "allowance-spent"


class Thanks(Protocol):
    """What is looked at in kudos that are given."""

    @property
    def giver_id(self) -> int: ...
    @property
    def receivers(self) -> Sequence[int]: ...
    @property
    def team_id(self) -> int | None: ...
    @property
    def when(self) -> datetime: ...


class Left(NamedTuple):
    """How many receivers a month holds, how many of them were thanked, and when there are more."""

    month: str
    renews_on: date
    allowance: int
    spent: int
    pool: int
    teams: int

    @property
    def left(self) -> int:
        return max(0, self.allowance - self.spent)

    @property
    def teams_left(self) -> int:
        """Whole teams; who manages nobody has none of these, and pays for each of its people."""
        return max(0, self.pool - self.teams)


# What is left ----------------------------------------------------------------------------------------------


def _allowance_of(giver: ColumnElement[int]) -> ColumnElement[int]:
    """How many receivers a giver may thank in a month: more for who has reports."""
    report = aliased(Person)
    leads = exists(select(1).where(report.manager_id == giver, report.active))
    own = select(Organisation.kudos_allowance).limit(1).scalar_subquery()
    leading = select(Organisation.manager_kudos_allowance).limit(1).scalar_subquery()
    return case((leads, func.coalesce(leading, MANAGER_ALLOWANCE)), else_=func.coalesce(own, ALLOWANCE))


def _pool_of() -> ColumnElement[int]:
    """How many whole teams who manages people may thank in a month."""
    return func.coalesce(select(Organisation.team_kudos_allowance).limit(1).scalar_subquery(), TEAM_ALLOWANCE)


_me = bindparam("me", type_=BigInteger())
_in_month = (KudosAllowance.giver_id == _me, KudosAllowance.month == bindparam("month"))
_report = aliased(Person)
_LEFT = select(
    _allowance_of(cast(_me, BigInteger)).label("allowance"),
    func.coalesce(select(KudosAllowance.spent).where(*_in_month).scalar_subquery(), literal(0)).label(
        "spent"
    ),
    case((exists(select(1).where(_report.manager_id == _me, _report.active)), _pool_of()), else_=0).label(
        "pool"
    ),
    func.coalesce(select(KudosAllowance.teams).where(*_in_month).scalar_subquery(), literal(0)).label(
        "teams"
    ),
)


def left(me: int, at: datetime) -> Left:
    """What is left of the allowance of the month of this moment, in the organisation's time zone."""
    zone = ZoneInfo(settings().timezone)
    month = month_of(at, zone)
    row = db.session.execute(_LEFT, {"me": me, "month": month}).one()
    return Left(month, renews_on(at, zone), row.allowance, row.spent, row.pool, row.teams)


# Taking, and giving back ------------------------------------------------------------------------------------

# Two overspends meet in this row: the second sees what the first has spent, and writes nothing.
_wanted = (
    func.unnest(
        bindparam("givers", type_=ARRAY(BigInteger())),
        bindparam("months", type_=ARRAY(Text())),
        bindparam("numbers", type_=ARRAY(BigInteger())),
        bindparam("wholes", type_=ARRAY(BigInteger())),
    )
    .table_valued("giver_id", "month", "number", "teams", name="wanted")
    .render_derived()
)
_pot = typed(Table, KudosAllowance.__table__)
_first = upsert(_pot).from_select(
    ["giver_id", "month", "spent", "teams"],
    select(_wanted.c.giver_id, _wanted.c.month, _wanted.c.number, _wanted.c.teams)
    .where(_wanted.c.number <= _allowance_of(_wanted.c.giver_id))
    .where(_wanted.c.teams <= _pool_of())
    .order_by(_wanted.c.giver_id, _wanted.c.month),
)
_new = _first.excluded
# by its name: the table that an upsert writes is not correlated, so its column would bring a table of its own, and
# everybody would have the allowance of whoever leads and thanked somebody
_allowed = _allowance_of(literal_column("kudos_allowance.giver_id", BigInteger()))
_SPEND = _first.on_conflict_do_update(
    index_elements=[_pot.c.giver_id, _pot.c.month],
    set_={"spent": _pot.c.spent + _new.spent, "teams": _pot.c.teams + _new.teams},
    where=and_(  # where an allowance was made smaller, what is not spent from now is not asked about
        or_(_new.spent == 0, _pot.c.spent + _new.spent <= _allowed),
        or_(_new.teams == 0, _pot.c.teams + _new.teams <= _pool_of()),
    ),
).returning(_pot.c.giver_id, _pot.c.month)
_GIVE_BACK = text("""
    UPDATE kudos_allowance SET spent = spent - w.heads, teams = kudos_allowance.teams - w.wholes
    FROM unnest(:givers, :months, :heads, :wholes) AS w(giver_id, month, heads, wholes)
    WHERE kudos_allowance.giver_id = w.giver_id AND kudos_allowance.month = w.month
""").bindparams(
    *(bindparam(name, type_=ARRAY(BigInteger())) for name in ("givers", "heads", "wholes")),
    bindparam("months", type_=ARRAY(Text())),
)


def spend(items: Sequence[Thanks], leading: Collection[int] = ()) -> None:
    """Take the receivers of these from the givers' allowances, or refuse all of them.

    A whole team comes once from the pool of who manages people; who does not pays for each of its people.
    """
    zone = ZoneInfo(settings().timezone)
    heads: Counter[tuple[int, str]] = Counter()
    wholes: Counter[tuple[int, str]] = Counter()
    last: dict[tuple[int, str], datetime] = {}
    for item in items:
        pot = (item.giver_id, month_of(item.when, zone))
        pooled = bool(item.team_id and item.giver_id in leading)
        wholes[pot] += pooled
        heads[pot] += 0 if pooled else len(set(item.receivers))
        last[pot] = item.when
    if not last:
        return
    pots = sorted(last)
    sent = {
        "givers": [giver for giver, _ in pots],
        "months": [month for _, month in pots],
        "numbers": [heads[pot] for pot in pots],
        "wholes": [wholes[pot] for pot in pots],
    }
    spent = {(row.giver_id, row.month) for row in db.session.execute(_SPEND, sent)}
    short = next((pot for pot in pots if pot not in spent), None)
    if short is not None:
        raise _overspent(left(short[0], last[short]), wholes[short])


def _overspent(pot: Left, teams: int) -> AllowanceSpent:
    """Say how many are left, and when there are more."""
    more = pot.left
    day = format_date(pot.renews_on, "d MMMM", rebase=False)
    if teams > pot.teams_left:
        said = _l(
            "You have thanked as many whole teams as a month holds. On %(day)s you can thank again, or thank"
            " colleagues by name now.",
            day=day,
        )
        return AllowanceSpent(said, fields={"team": said})
    said = (
        ngettext(
            "You can thank %(num)s more colleague this month. On %(day)s you can thank more again.",
            "You can thank %(num)s more colleagues this month. On %(day)s you can thank more again.",
            more,
            day=day,
        )
        if more
        else _l(
            "You have thanked as many colleagues as a month holds. On %(day)s you can thank again.", day=day
        )
    )
    return AllowanceSpent(said, fields={"receivers": said})


def give_back(undone: Sequence[Any], had: Mapping[int, Sequence[Any]]) -> None:
    """To the months from which these were taken."""
    zone = ZoneInfo(settings().timezone)
    heads: Counter[tuple[int, str]] = Counter()
    wholes: Counter[tuple[int, str]] = Counter()
    for row in undone:
        pot = (row.giver_id, month_of(row.given_at, zone))
        heads[pot] += 0 if row.from_pool else len(had[row.id])
        wholes[pot] += bool(row.from_pool)
    pots = sorted(heads)
    sent = {"givers": [giver for giver, _ in pots], "months": [month for _, month in pots]}
    numbers = {"heads": [heads[pot] for pot in pots], "wholes": [wholes[pot] for pot in pots]}
    db.session.execute(_GIVE_BACK, sent | numbers)
