"""What can be done with kudos: give, undo, choose who sees them, say thanks back, find other words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, Text

from app.damping import weight
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import FactStated, FactTakenBack, KudosGiven, KudosThanked, KudosUndone
from app.kudos import allowance, queries, rules
from app.kudos.models import Kudos
from app.outbox import publish
from app.vision.models import Skill

SENT_BEFORE = _l("This form was sent before, with other thanks. Open an empty form to thank again.")
NOT_THERE = _l("These kudos are not here, or not for you.")
WRONG = {
    "myself": _l("Kudos are for others. Whom else did you see doing well?"),
    "receivers": _l("Choose at least one colleague, and at most 25."),
    "team": _l("Choose a team in which others work, at most 60 of them."),
    "both": _l("Thank a team, or colleagues by name. Send two to do both."),
    "message": _l("Say in a sentence what they did, in 15 to 500 characters."),
    "lang": _l("Choose the language you wrote it in."),
    "skill_id": _l("Choose the skill that you saw."),
}


class TooLate(Refused):
    """What was said stays said."""

    code = "too-late"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKudos:
    """Thanks for colleagues. `once` is the sender's key; `at` is its own moment within a batch.

    With a team, `receivers` are whoever works in it at this moment, without the giver, unless the caller names them.
    """

    giver_id: int
    receivers: Sequence[int] = ()
    message: str
    skill_id: int
    lang: str
    team_id: int | None = None
    once: str | None = None
    at: datetime | None = None

    @property
    def known_as(self) -> str | None:
        """Keys are the giver's own: nobody meets another's kudos by guessing one."""
        return f"{self.giver_id}:{self.once}" if self.once else None

    @property
    def content(self) -> tuple[str, int, object]:
        """What is compared when the same key comes again."""
        return self.message, self.skill_id, self.team_id or set(self.receivers)

    @property
    def most(self) -> int:
        return rules.TEAM if self.team_id else rules.RECEIVERS[1]

    @property
    def when(self) -> datetime:
        """Its own moment; within an action every item has one."""
        if self.at is None:
            raise ValueError("this has no moment of its own")
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWords:
    """Kudos said otherwise by their giver."""

    kudos_id: int
    by: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A receiver decides who else sees it: private, team, everyone."""

    kudos_id: int
    person_id: int
    visible: str


_INSERT = insert(Kudos).returning(Kudos.id, sort_by_parameter_order=True).execution_options(render_nulls=True)
_SKILLS = select(Skill.id).where(Skill.id == bindparam("ids", type_=ARRAY(BigInteger())).any_())

_PAIRS = (
    bindparam("kudos_ids", type_=ARRAY(BigInteger())),
    bindparam("person_ids", type_=ARRAY(BigInteger())),
)
_INSERT_RECEIVERS = text("""
    INSERT INTO kudos_receiver (kudos_id, person_id, visible) SELECT * FROM unnest(:kudos_ids, :person_ids, :choices)
""").bindparams(*_PAIRS, bindparam("choices", type_=ARRAY(Text())))
# Whoever changes something of kudos holds its row first: so an undo and a word of thanks cannot both come about.
_HOLD = text("""
    SELECT id FROM kudos WHERE id = ANY(:kudos_ids) AND undone_at IS NULL ORDER BY id FOR SHARE
""").bindparams(_PAIRS[0])
_HOLD_ALONE = text("""
    SELECT id, giver_id, given_at, undone_at, from_pool, change_asked_at FROM kudos WHERE id = ANY(:kudos_ids)
    ORDER BY id FOR NO KEY UPDATE
""").bindparams(_PAIRS[0])
_UNDO = text("UPDATE kudos SET undone_at = :moment WHERE id = ANY(:kudos_ids)").bindparams(
    _PAIRS[0], bindparam("moment", type_=DateTime(timezone=True))
)
_REWORD = text("""
    UPDATE kudos SET message = w.message, reworded_at = :moment, change_asked_at = NULL
    FROM unnest(:kudos_ids, :messages) AS w(id, message) WHERE kudos.id = w.id
""").bindparams(
    _PAIRS[0], bindparam("messages", type_=ARRAY(Text())), bindparam("moment", type_=DateTime(timezone=True))
)
_CHOOSE = text("""
    UPDATE kudos_receiver SET visible = w.visible
    FROM unnest(:kudos_ids, :person_ids, :choices) AS w(kudos_id, person_id, visible)
    WHERE kudos_receiver.kudos_id = w.kudos_id AND kudos_receiver.person_id = w.person_id
    RETURNING kudos_receiver.kudos_id
""").bindparams(*_PAIRS, bindparam("choices", type_=ARRAY(Text())))
_RECEIVED = text("""
    SELECT r.kudos_id FROM kudos_receiver r JOIN unnest(:kudos_ids, :person_ids) AS w(kudos_id, person_id)
        ON r.kudos_id = w.kudos_id AND r.person_id = w.person_id
""").bindparams(*_PAIRS)
_THANK = text("""
    UPDATE kudos_receiver SET thanked_at = :moment
    FROM unnest(:kudos_ids, :person_ids) AS w(kudos_id, person_id), kudos
    WHERE kudos_receiver.kudos_id = w.kudos_id AND kudos_receiver.person_id = w.person_id
      AND thanked_at IS NULL AND kudos.id = w.kudos_id
    RETURNING kudos_receiver.kudos_id, kudos_receiver.person_id, kudos.giver_id
""").bindparams(*_PAIRS, bindparam("moment", type_=DateTime(timezone=True)))
_NOBODYS = text("DELETE FROM kudos_receiver WHERE kudos_id = ANY(:kudos_ids)").bindparams(_PAIRS[0])


def give_kudos(items: Sequence[NewKudos], *, at: datetime) -> list[int]:
    """Thank colleagues; each receiver earns from it. The same key again gives the same kudos.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    items = [replace(item, message=item.message.strip(), at=item.at or at) for item in items]
    items = _whole_teams(items)
    for item in items:
        wrong = rules.wrong_with(item.giver_id, item.receivers, item.message, item.lang, most=item.most)
        _cannot_be("team" if wrong == "receivers" and item.team_id else wrong)
    people = {person for item in items for person in (item.giver_id, *item.receivers)}
    lock_people(people)
    ids = _known(items)
    fresh = _first_of_each(items, ids)
    _check(fresh)
    leading = queries.leading(item.giver_id for item in fresh if item.team_id)
    allowance.spend(fresh, leading)
    new = list(db.session.scalars(_INSERT, [_row(item, leading) for item in fresh])) if fresh else []
    given = [
        (item, id, person)
        for item, id in zip(fresh, new, strict=True)
        for person in sorted(set(item.receivers))
    ]
    _hand_over(given)
    ids.update({item.known_as: id for item, id in zip(fresh, new, strict=True) if item.known_as})
    loose = iter([id for item, id in zip(fresh, new, strict=True) if not item.known_as])
    return [ids[item.known_as] if item.known_as else next(loose) for item in items]


def _hand_over(given: Sequence[tuple[NewKudos, int, int]]) -> None:
    """Each of these (item, kudos, receiver) is theirs from now on, for what it counts between these two."""
    if not given:
        return
    weights = _weights(given)
    chosen = queries.standing_choices(person for _, _, person in given)
    sent = {"kudos_ids": [id for _, id, _ in given], "person_ids": [person for _, _, person in given]}
    db.session.execute(_INSERT_RECEIVERS, {**sent, "choices": [chosen[person] for _, _, person in given]})
    publish(KudosGiven(person_id=person, kudos_id=id) for _, id, person in given)
    publish(_received(item, id, person, weights[id, person]) for item, id, person in given)


def _weights(given: Sequence[tuple[NewKudos, int, int]]) -> dict[tuple[int, int], float]:
    """What each counts for, in the order of happening. All people are locked, so that no earlier one is missed."""
    moments = [item.when for item, _, _ in given]
    since, until = min(moments) - rules.REMEMBERED, max(moments) + rules.REMEMBERED
    known = queries.between({(item.giver_id, person) for item, _, person in given}, since, until)
    found = {}
    for item, id, person in sorted(given, key=lambda one: (one[0].when, one[1], one[2])):
        earlier = known[queries.pair(item.giver_id, person)]
        found[id, person] = weight(rules.earlier_of(earlier, item.when))
        earlier.append(item.when)
    return found


def undo(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Givers take kudos back, for a short while: (kudos, giver). Nobody has had them, nobody has earned, nothing is
    spent. Again is no fault. What it counted between others stays as it was fixed.

    All of the batch or nothing.
    """
    wanted = list(dict(pairs))
    givers = queries.givers_of(wanted)
    if any(givers.get(kudos_id) != by for kudos_id, by in pairs):
        raise NotFound(NOT_THERE)
    before = queries.receivers_of(wanted)
    lock_people({*givers.values(), *(row.id for rows in before.values() for row in rows)})
    held = [row for row in db.session.execute(_HOLD_ALONE, {"kudos_ids": wanted}) if row.undone_at is None]
    had = queries.receivers_of(row.id for row in held)
    for row in held:
        _refuse_late(row, had[row.id], at)
    if not held:
        return
    sent = {"kudos_ids": [row.id for row in held]}
    db.session.execute(_UNDO, {**sent, "moment": at})
    db.session.execute(_NOBODYS, sent)
    allowance.give_back(held, had)
    gone = [(row.id, one.id) for row in held for one in had[row.id]]
    publish(KudosUndone(person_id=person, kudos_id=kudos_id) for kudos_id, person in gone)
    publish(FactTakenBack(person_id=person, source=_source(kudos_id, person)) for kudos_id, person in gone)


def _refuse_late(row: queries.AnyRow, receivers: Sequence[queries.AnyRow], at: datetime) -> None:
    thanked = any(one.thanked_at for one in receivers)
    if not rules.can_undo(row.given_at, at, thanked=thanked):
        said = (
            _l("Somebody has said thanks for this, so it stays.")
            if thanked
            else _l("This can be undone for ten minutes. They have read it by now.")
        )
        raise TooLate(said)


def choose_visibility(choices: Sequence[Choice]) -> None:
    """Receivers decide who else sees their kudos. Others see it only as wide as all receivers allow."""
    if any(choice.visible not in rules.VISIBLE for choice in choices):
        raise Refused(
            _l("Choose only us, my team or everyone."), fields={"visible": _l("Choose one of these.")}
        )
    last = {(choice.kudos_id, choice.person_id): choice.visible for choice in choices}
    _all_theirs(_CHOOSE, list(last), {"choices": list(last.values())})


def thank_back(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Receivers say thanks back: (kudos, receiver). The first time counts and is told, again is no fault."""
    pairs = list(dict.fromkeys(pairs))
    sent = _all_theirs(_RECEIVED, pairs, {})
    new = db.session.execute(_THANK, sent | {"moment": at}).all()
    publish(KudosThanked(person_id=row.giver_id, kudos_id=row.kudos_id, by=row.person_id) for row in new)


def reword(items: Sequence[NewWords], *, at: datetime) -> None:
    """Givers say it in other words, as the care desk asked. Who was thanked, and what they earned, stays."""
    last = {item.kudos_id: item.message.strip() for item in items}
    held = {row.id: row for row in db.session.execute(_HOLD_ALONE, {"kudos_ids": sorted(last)})}
    for item in items:
        row = held.get(item.kudos_id)
        if row is None or row.giver_id != item.by or row.undone_at or row.change_asked_at is None:
            raise NotFound(NOT_THERE)
        if not rules.MESSAGE[0] <= len(item.message.strip()) <= rules.MESSAGE[1]:
            _cannot_be("message")
    sent = {"kudos_ids": list(last), "messages": list(last.values()), "moment": at}
    db.session.execute(_REWORD, sent)


def follow_decision(kudos_ids: Collection[int], decision: str, *, at: datetime) -> None:
    """The care desk decided: leave it, hide it from all but its giver, show it again, or ask for other words."""
    follows: dict[str, dict[str, datetime | None]] = {
        "hide": {"hidden_at": at},
        "show": {"hidden_at": None},
        "change": {"change_asked_at": at},
    }
    if values := follows.get(decision):
        db.session.execute(update(Kudos).where(Kudos.id.in_(sorted(kudos_ids))).values(**values))


def _all_theirs(statement: Any, pairs: Sequence[tuple[int, int]], more: dict[str, object]) -> dict[str, Any]:
    sent = {"kudos_ids": [pair[0] for pair in pairs], "person_ids": [pair[1] for pair in pairs]}
    db.session.execute(_HOLD, {"kudos_ids": sent["kudos_ids"]})
    if len(db.session.execute(statement, sent | more).all()) < len(pairs):
        raise NotFound(NOT_THERE)
    return sent


# What may be given ------------------------------------------------------------------------------------------


def _whole_teams(items: Sequence[NewKudos]) -> list[NewKudos]:
    """Those for a team get its people of this moment, if the caller does not name them."""
    asked = {item.team_id for item in items if item.team_id and not item.receivers}
    members = queries.members(asked)
    return [
        replace(item, receivers=[id for id in members[item.team_id] if id != item.giver_id])
        if item.team_id in asked and not item.receivers
        else item
        for item in items
    ]


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
        if row.undone_at is not None:
            raise Conflict(_l("You sent this and took it back. Open an empty form to thank again."))
        people = row.team_id or {receiver.id for receiver in thanked[row.id]}
        if (item.skill_id, item.content[2]) != (row.skill_id, people) or (
            row.reworded_at is None and item.message != row.message
        ):
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


def _row(item: NewKudos, leading: Collection[int]) -> dict[str, object]:
    return {
        "giver_id": item.giver_id,
        "message": item.message,
        "skill_id": item.skill_id,
        "lang": item.lang,
        "given_at": item.at,
        "once": item.known_as,
        "team_id": item.team_id,
        "from_pool": bool(item.team_id and item.giver_id in leading),
    }


def _source(kudos_id: int, person_id: int) -> str:
    return f"kudos:{kudos_id}:{person_id}"


def _received(item: NewKudos, kudos_id: int, person_id: int, weight: float) -> FactStated:
    return FactStated(
        person_id=person_id,
        source=_source(kudos_id, person_id),
        kind="kudos_received",
        at=item.when,
        skills=(item.skill_id,),
        counterpart_id=item.giver_id,
        weight=weight,
    )
