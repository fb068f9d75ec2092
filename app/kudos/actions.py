"""What can be done with kudos: give, choose who sees them, say thanks back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask_babel import format_date, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import BigInteger, DateTime, Text

from app.config import settings
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import FactStated, KudosGiven
from app.kudos import queries, rules
from app.kudos.models import Kudos, KudosAllowance, KudosReceiver
from app.outbox import publish
from app.vision.models import Skill

SENT_BEFORE = _l("This form was sent before, with other thanks. Open an empty form to thank again.")
NOT_THERE = _l("These kudos are not here, or not for you.")
WRONG = {
    "myself": _l("Kudos are for others. Whom else did you see doing well?"),
    "receivers": _l("Choose at least one colleague, and at most 25."),
    "message": _l("Say in a sentence what they did, in 15 to 500 characters."),
    "lang": _l("Choose the language you wrote it in."),
    "skill_id": _l("Choose the skill that you saw."),
}


class AllowanceSpent(Refused):
    """The month holds no more thanks for so many people."""

    code = "allowance-spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKudos:
    """Thanks for colleagues. `once` is the sender's key; `at` is its own moment within a batch."""

    giver_id: int
    receivers: Sequence[int]
    message: str
    skill_id: int
    lang: str
    once: str | None = None
    at: datetime | None = None

    @property
    def known_as(self) -> str | None:
        """Keys are the giver's own: nobody meets another's kudos by guessing one."""
        return f"{self.giver_id}:{self.once}" if self.once else None

    @property
    def content(self) -> tuple[str, int, set[int]]:
        """What is compared when the same key comes again."""
        return self.message, self.skill_id, set(self.receivers)

    @property
    def when(self) -> datetime:
        """Its own moment; within an action every item has one."""
        if self.at is None:
            raise ValueError("this has no moment of its own")
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A receiver decides who else sees it: private, team, everyone."""

    kudos_id: int
    person_id: int
    visible: str


_INSERT = insert(Kudos).returning(Kudos.id, sort_by_parameter_order=True)
_INSERT_RECEIVERS = insert(KudosReceiver)
_SKILLS = select(Skill.id).where(Skill.id == bindparam("ids", type_=ARRAY(BigInteger())).any_())

# Two overspends meet in this row: the second sees what the first has spent, and writes nothing.
_wanted = (
    func.unnest(
        bindparam("givers", type_=ARRAY(BigInteger())),
        bindparam("months", type_=ARRAY(Text())),
        bindparam("numbers", type_=ARRAY(BigInteger())),
    )
    .table_valued("giver_id", "month", "number", name="wanted")
    .render_derived()
)
_pot = cast(Table, KudosAllowance.__table__)
_first = upsert(_pot).from_select(
    ["giver_id", "month", "spent"],
    select(_wanted.c.giver_id, _wanted.c.month, _wanted.c.number)
    .where(_wanted.c.number <= queries.allowance_of(_wanted.c.giver_id))
    .order_by(_wanted.c.giver_id, _wanted.c.month),
)
_after = _pot.c.spent + _first.excluded.spent
_SPEND = _first.on_conflict_do_update(
    index_elements=[_pot.c.giver_id, _pot.c.month],
    set_={"spent": _after},
    where=_after <= queries.allowance_of(_pot.c.giver_id),
).returning(_pot.c.giver_id, _pot.c.month)

_PAIRS = (
    bindparam("kudos_ids", type_=ARRAY(BigInteger())),
    bindparam("person_ids", type_=ARRAY(BigInteger())),
)
_CHOOSE = text("""
    UPDATE kudos_receiver SET visible = w.visible
    FROM unnest(:kudos_ids, :person_ids, :choices) AS w(kudos_id, person_id, visible)
    WHERE kudos_receiver.kudos_id = w.kudos_id AND kudos_receiver.person_id = w.person_id
    RETURNING kudos_receiver.kudos_id
""").bindparams(*_PAIRS, bindparam("choices", type_=ARRAY(Text())))
_THANK = text("""
    UPDATE kudos_receiver SET thanked_at = coalesce(thanked_at, :moment)
    FROM unnest(:kudos_ids, :person_ids) AS w(kudos_id, person_id)
    WHERE kudos_receiver.kudos_id = w.kudos_id AND kudos_receiver.person_id = w.person_id
    RETURNING kudos_receiver.kudos_id
""").bindparams(*_PAIRS, bindparam("moment", type_=DateTime(timezone=True)))


def give_kudos(items: Sequence[NewKudos], *, at: datetime) -> list[int]:
    """Thank colleagues; each receiver earns from it. The same key again gives the same kudos.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    items = [replace(item, message=item.message.strip(), at=item.at or at) for item in items]
    for item in items:
        _cannot_be(rules.wrong_with(item.giver_id, item.receivers, item.message, item.lang))
    people = {person for item in items for person in (item.giver_id, *item.receivers)}
    lock_people(people)
    ids = _known(items)
    fresh = _first_of_each(items, ids)
    _check(fresh)
    _spend(fresh)
    new = list(db.session.scalars(_INSERT, [_row(item) for item in fresh])) if fresh else []
    given = [
        (item, id, person)
        for item, id in zip(fresh, new, strict=True)
        for person in sorted(set(item.receivers))
    ]
    if given:
        chosen = queries.standing_choices(person for _, _, person in given)
        db.session.execute(
            _INSERT_RECEIVERS,
            [{"kudos_id": id, "person_id": person, "visible": chosen[person]} for _, id, person in given],
        )
    publish(KudosGiven(person_id=person, kudos_id=id) for _, id, person in given)
    publish(_received(item, id, person) for item, id, person in given)
    ids.update({item.known_as: id for item, id in zip(fresh, new, strict=True) if item.known_as})
    loose = iter([id for item, id in zip(fresh, new, strict=True) if not item.known_as])
    return [ids[item.known_as] if item.known_as else next(loose) for item in items]


def choose_visibility(choices: Sequence[Choice]) -> None:
    """Receivers decide who else sees their kudos. Others see it only as wide as all receivers allow."""
    if any(choice.visible not in rules.VISIBLE for choice in choices):
        raise Refused(
            _l("Choose only us, my team or everyone."), fields={"visible": _l("Choose one of these.")}
        )
    last = {(choice.kudos_id, choice.person_id): choice.visible for choice in choices}
    _all_theirs(_CHOOSE, list(last), {"choices": list(last.values())})


def thank_back(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Receivers say thanks back: (kudos, receiver). The first time counts, again is no fault."""
    _all_theirs(_THANK, list(dict.fromkeys(pairs)), {"moment": at})


def _all_theirs(statement: Any, pairs: Sequence[tuple[int, int]], more: dict[str, object]) -> None:
    sent = {"kudos_ids": [pair[0] for pair in pairs], "person_ids": [pair[1] for pair in pairs]}
    if len(db.session.execute(statement, sent | more).all()) < len(pairs):
        raise NotFound(NOT_THERE)


# What may be given ------------------------------------------------------------------------------------------


def _cannot_be(name: str | None) -> None:
    if name is not None:
        raise Refused(WRONG[name], fields={"receivers" if name == "myself" else name: WRONG[name]})


def _check(items: Sequence[NewKudos]) -> None:
    skills = {item.skill_id for item in items}
    if skills - set(db.session.scalars(_SKILLS, {"ids": sorted(skills)})):
        _cannot_be("skill_id")
    here = queries.active(person for item in items for person in (item.giver_id, *item.receivers))
    if any(item.giver_id not in here for item in items):
        raise NotFound(_l("This person is not here any more."))
    if any(person not in here for item in items for person in item.receivers):
        gone = _l("Somebody you chose does not work here any more. Choose again.")
        raise Refused(gone, fields={"receivers": gone})


def _known(items: Sequence[NewKudos]) -> dict[str | None, int]:
    """Kudos that were given with the same keys before. The same key with other thanks is refused."""
    found = queries.given_with({item.known_as for item in items if item.known_as})
    thanked = queries.receivers_of(row.id for row in found.values())
    for item in items:
        row = found.get(item.known_as or "")
        if row is None:
            continue
        people = {receiver.id for receiver in thanked[row.id]}
        if item.content != (row.message, row.skill_id, people):
            raise Conflict(SENT_BEFORE)
    return {once: row.id for once, row in found.items()}


def _first_of_each(items: Sequence[NewKudos], known: dict[str | None, int]) -> list[NewKudos]:
    """The items that are new, each key once."""
    seen: dict[str, NewKudos] = {}
    fresh = []
    for item in items:
        key = item.known_as
        first = seen.setdefault(key, item) if key else item
        if first.content != item.content:
            raise Conflict(SENT_BEFORE)
        if first is item and key not in known:
            fresh.append(item)
    return fresh


def _spend(items: Sequence[NewKudos]) -> None:
    """Take the receivers of these from the givers' allowances, or refuse all of them."""
    zone = ZoneInfo(settings().timezone)
    numbers: Counter[tuple[int, str]] = Counter()
    last: dict[tuple[int, str], datetime] = {}
    for item in items:
        pot = (item.giver_id, rules.month_of(item.when, zone))
        numbers[pot] += len(set(item.receivers))
        last[pot] = item.when
    if not numbers:
        return
    pots = sorted(numbers)
    sent = {
        "givers": [giver for giver, _ in pots],
        "months": [month for _, month in pots],
        "numbers": [numbers[pot] for pot in pots],
    }
    spent = {(row.giver_id, row.month) for row in db.session.execute(_SPEND, sent)}
    short = next((pot for pot in pots if pot not in spent), None)
    if short is not None:
        raise _overspent(queries.allowance(short[0], last[short]))


def _overspent(pot: queries.Left) -> AllowanceSpent:
    """Say how many are left, and when there are more."""
    left = pot.left
    day = format_date(pot.renews_on, "d MMMM", rebase=False)
    said = (
        ngettext(
            "You can thank %(num)s more colleague this month. On %(day)s you can thank more again.",
            "You can thank %(num)s more colleagues this month. On %(day)s you can thank more again.",
            left,
            day=day,
        )
        if left
        else _l(
            "You have thanked as many colleagues as a month holds. On %(day)s you can thank again.", day=day
        )
    )
    return AllowanceSpent(said, fields={"receivers": said})


def _row(item: NewKudos) -> dict[str, object]:
    return {
        "giver_id": item.giver_id,
        "message": item.message,
        "skill_id": item.skill_id,
        "lang": item.lang,
        "given_at": item.at,
        "once": item.known_as,
    }


def _received(item: NewKudos, kudos_id: int, person_id: int) -> FactStated:
    return FactStated(
        person_id=person_id,
        source=f"kudos:{kudos_id}:{person_id}",
        kind="kudos_received",
        at=item.when,
        skills=(item.skill_id,),
        counterpart_id=item.giver_id,
    )
