"""What can be done with recognitions: give them and take them back, hide one's own, and look at one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app import once
from app.audit.actions import Act, look, write_all
from app.db import array, db, lock_people
from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.events import (
    FactStated,
    FactTakenBack,
    NominationDecided,
    RecognitionGiven,
    RecognitionWithdrawn,
)
from app.outbox import publish
from app.recognitions import queries, rules
from app.recognitions.models import Recognition

NOT_THERE = _l("This recognition is not here, or not for you.")
NO_OCCASION = _l("This occasion is not here, or not for you.")
NO_NOMINATION = _l("This nomination is not here, or not for you.")
SENT_BEFORE = _l("This form was sent before, with other words. Open an empty form to start anew.")
NOT_YOURS_TO_GIVE = _l("You can recognise who reports to you, or for an occasion in whose jury you sit.")
DECIDED = _l("Somebody decided on this just before you. Look at what it became.")
WRONG = {
    "myself": _l("A recognition is for others. Leave yourself out."),
    "receivers": _l("Choose at least one colleague, and at most 50."),
    "title": _l("Give it a title of 3 to 100 characters."),
    "citation": _l("Say what they did and what it meant, in 30 to 2,000 characters."),
    "lang": _l("Choose the language in which you write it."),
    "day": _l("Choose a day of the past year, today at the latest."),
    "occasion": _l("Say the occasion in at most 100 characters."),
    "occasion_id": _l("Choose an occasion on which you may decide now."),
    "skill_id": _l("This skill is not in the list. Choose one from it, or none."),
    "unit_id": _l("Choose a whole team, or colleagues by name, not both."),
    "oneself": _l("You can nominate a colleague, not yourself."),
    "nominee": _l("Choose the colleague whom you nominate."),
    "reason": _l("Say why, in 15 to 1,000 characters."),
    "name": _l("Give the occasion a name of 3 to 100 characters."),
    "opens_on": _l("Choose the first day on which colleagues can nominate."),
    "closes_on": _l("Choose a last day that is not before the first, and within a year of it."),
    "jury": _l("A jury has at most 12 people who work here."),
    "because": _l("Say why, in 10 to 500 characters. Whoever got it reads this."),
    "words": _l("Keep it to 500 characters."),
}
_FIELD = {"myself": "receivers", "oneself": "nominee"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecognition:
    """To give: to colleagues by name or to a whole team, for an occasion with a jury or in one's own words.

    `nomination_id` is the nomination that led to it; `once` the sender's key; `at` its own moment within a batch.
    """

    giver_id: int
    title: str
    citation: str
    lang: str
    day: date
    receivers: Sequence[int] = ()
    unit_id: int | None = None
    occasion: str = ""
    occasion_id: int | None = None
    nomination_id: int | None = None
    skill_id: int | None = None
    badge: str | None = None
    once: str | None = None
    at: datetime | None = None

    @property
    def known_as(self) -> str | None:
        """Keys are the giver's own: nobody meets another's recognition by guessing one."""
        return f"{self.giver_id}:{self.once}" if self.once else None

    @property
    def content(self) -> tuple[Any, ...]:
        """What is compared when the same key comes again."""
        return self.title, self.citation, self.lang, self.unit_id, self.skill_id, self.badge


def cannot_be(name: str | None) -> None:
    """Refuse it, with the field that is wrong and why; nothing is wrong without a name."""
    if name is not None:
        raise Refused(WRONG[name], fields={_FIELD.get(name, name): WRONG[name]})


# Give -------------------------------------------------------------------------------------------------------

_INSERT = (
    insert(Recognition)
    .returning(Recognition.id, sort_by_parameter_order=True)
    .execution_options(render_nulls=True)
)
_RECEIVE = text("""
    INSERT INTO recognition_receiver (recognition_id, person_id)
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[]))
""")
# All that was said for these people on this occasion led to it; who decided first has decided.
_LED = text("""
    UPDATE nomination n SET decided_at = w.at, recognition_id = w.recognition_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:occasions AS bigint[]), CAST(:people AS bigint[]),
                CAST(:moments AS timestamptz[])) AS w(recognition_id, occasion_id, nominee_id, at)
    WHERE n.occasion_id = w.occasion_id AND n.nominee_id = w.nominee_id AND n.decided_at IS NULL
    RETURNING n.id, n.nominee_id, n.nominator_id, n.recognition_id
""")
Given = tuple[NewRecognition, int, str]  # what is given, under which id, as what its giver does


def give_recognitions(items: Sequence[NewRecognition], *, at: datetime) -> list[int]:
    """Give recognitions; each receiver has a fact of it. The same key again gives the same one.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    items = _whole(items, at)
    for item in items:
        _check_form(item)
    lock_people({person for item in items for person in (item.giver_id, *item.receivers)})
    ids = _known(items)
    fresh = once.new(items, ids)
    _refuse_other_words(items, fresh)
    given = _give(list(fresh.values()))
    return once.ids_of(items, ids | dict(zip(fresh, given, strict=True)))


def _whole(items: Sequence[NewRecognition], at: datetime) -> list[NewRecognition]:
    """With their moments, trimmed, and teams as who is in them."""
    teams = queries.members_of({item.unit_id for item in items if item.unit_id is not None})
    found = []
    for item in items:
        texts = {name: getattr(item, name).strip() for name in ("title", "citation", "occasion")}
        if item.unit_id is not None and item.receivers:
            cannot_be("unit_id")
        people = item.receivers if item.unit_id is None else set(teams[item.unit_id]) - {item.giver_id}
        found.append(replace(item, **texts, receivers=sorted(set(people)), at=item.at or at))
    return found


def _moment(item: NewRecognition) -> datetime:
    if item.at is None:
        raise ValueError("this has no moment of its own")
    return item.at


def _check_form(item: NewRecognition) -> None:
    today = queries.day_of(_moment(item))
    cannot_be(
        rules.wrong_with(item.giver_id, item.receivers, item.title, item.citation, item.lang, item.day, today)
    )
    if len(item.occasion) > rules.OCCASION[1]:
        cannot_be("occasion")


def _known(items: Sequence[NewRecognition]) -> dict[object, int]:
    """What was given with these keys before. The same key with other words is refused."""
    rows = queries.given_with(item.known_as for item in items if item.known_as)
    named = queries.receivers_of(row.id for row in rows.values())
    for item in items:
        row = rows.get(item.known_as or "")
        if row is None:
            continue
        same = (row.title, row.citation, row.lang, row.unit_id, row.skill_id, row.badge) == item.content
        people = sorted(one.id for one in named[row.id])
        if not same or (item.unit_id is None and people != list(item.receivers)):
            raise Conflict(SENT_BEFORE)
    return {key: row.id for key, row in rows.items()}


def _refuse_other_words(items: Sequence[NewRecognition], fresh: Mapping[object, NewRecognition]) -> None:
    """Within a batch, too, the same key comes with the same words and people."""
    for item in items:
        first = fresh.get(item.known_as, item)
        if (first.content, first.receivers) != (item.content, item.receivers):
            raise Conflict(SENT_BEFORE)


def _give(items: Sequence[NewRecognition]) -> list[int]:
    if not items:
        return []
    given_as, occasions = _may_give(items)
    skills = {item.skill_id for item in items if item.skill_id is not None}
    if skills - queries.skills_known(skills):
        cannot_be("skill_id")
    people = {person for item in items for person in item.receivers}
    if people - queries.here(people):
        gone = _l("Somebody you chose does not work here any more. Choose again.")
        raise Refused(gone, fields={"receivers": gone})
    rows = [
        _row(item, as_, occasions.get(item.occasion_id)) for item, as_ in zip(items, given_as, strict=True)
    ]
    ids = list(db.session.scalars(_INSERT, rows))
    given = list(zip(items, ids, given_as, strict=True))
    each = [(item, id, as_, person) for item, id, as_ in given for person in item.receivers]
    told = {"ids": array(id for _, id, _, _ in each), "people": array(person for *_, person in each)}
    db.session.execute(_RECEIVE, told)
    _lead(given)
    acts = (
        Act("recognition:given", person, {"recognition": id, "as": as_}, by=item.giver_id, at=_moment(item))
        for item, id, as_, person in each
    )
    write_all(acts, at=_moment(items[0]))
    publish(
        RecognitionGiven(person_id=person, recognition_id=id, badge=item.badge)
        for item, id, _, person in each
    )
    publish(_recognised(item, id, person) for item, id, _, person in each)
    return ids


def _may_give(items: Sequence[NewRecognition]) -> tuple[list[str], dict[int | None, Any]]:
    """As what each is given; and the occasions for which they are, held; or the refusal."""
    may = queries.standings(item.giver_id for item in items)
    if not all(may[item.giver_id].gives for item in items):
        raise NotAllowed(NOT_YOURS_TO_GIVE)
    given_as, asked = [], set[int]()
    for item in items:
        one = may[item.giver_id]
        if item.occasion_id is not None:
            if not one.hr and item.occasion_id not in one.jury_of:
                cannot_be("occasion_id")
            asked.add(item.occasion_id)
            given_as.append("jury" if item.occasion_id in one.jury_of else "hr")
            continue
        if item.nomination_id is not None:
            cannot_be("occasion_id")
        if not one.hr and not set(item.receivers) <= one.reports:
            raise Refused(NOT_YOURS_TO_GIVE, fields={"receivers": NOT_YOURS_TO_GIVE})
        given_as.append("hr" if one.hr else "manager")
    held: dict[int | None, Any] = dict(queries.held_occasions(asked).items())
    for item in items:
        occasion = held.get(item.occasion_id)
        decides = occasion is not None and queries.state_of(occasion, _moment(item)) == "deciding"
        if item.occasion_id is not None and not decides:
            cannot_be("occasion_id")
    return given_as, held


def _lead(given: Sequence[Given]) -> None:
    """The nominations that led to these: they are decided, once, and not by who made them."""
    first: dict[tuple[int, int], tuple[int, datetime]] = {}
    for item, id, _ in given:
        if item.occasion_id is not None:
            for person in item.receivers:
                first.setdefault((item.occasion_id, person), (id, _moment(item)))
    if not first:
        return
    told = {
        "ids": array(id for id, _ in first.values()),
        "occasions": array(occasion for occasion, _ in first),
        "people": array(person for _, person in first),
        "moments": array(moment for _, moment in first.values()),
    }
    led = db.session.execute(_LED, told).all()
    givers = {id: item.giver_id for item, id, _ in given}
    if any(row.nominator_id == givers[row.recognition_id] for row in led):
        raise Refused(_l("You nominated this colleague yourself. Let somebody else of the jury decide."))
    _refuse_decided(given, {row.id: row.recognition_id for row in led})
    tell(led)


def _refuse_decided(given: Sequence[Given], led: Mapping[int, int]) -> None:
    """Each that names the nomination it is for is the one that this nomination led to."""
    late = [item for item, id, _ in given if item.nomination_id and led.get(item.nomination_id) != id]
    found = queries.nominations_by_id(item.nomination_id for item in late if item.nomination_id)
    for item in late:
        row = found.get(item.nomination_id or 0)
        if row is None or row.occasion_id != item.occasion_id or row.nominee_id not in item.receivers:
            raise NotFound(NO_NOMINATION)
    if late:
        raise Conflict(DECIDED)


def tell(nominations: Sequence[Any]) -> None:
    """Both hear what became of it, a recognition or nothing: who was nominated, and who did."""
    publish(
        NominationDecided(
            person_id=person, nomination_id=row.id, nominee=nominee, recognition_id=row.recognition_id
        )
        for row in nominations
        for person, nominee in ((row.nominee_id, True), (row.nominator_id, False))
    )


def _row(item: NewRecognition, given_as: str, occasion: Any) -> dict[str, object]:
    return {
        "giver_id": item.giver_id,
        "given_as": given_as,
        "title": item.title,
        "citation": item.citation,
        "lang": item.lang,
        "occasion": occasion.name if occasion is not None else item.occasion,
        "occasion_id": item.occasion_id,
        "day": item.day,
        "skill_id": item.skill_id,
        "badge": item.badge,
        "unit_id": item.unit_id,
        "given_at": item.at,
        "once": item.known_as,
    }


def _recognised(item: NewRecognition, recognition_id: int, person_id: int) -> FactStated:
    """Of a recognition, the edition is the slug of the badge that it carries."""
    return FactStated(
        person_id=person_id,
        source=_source(recognition_id, person_id),
        kind="recognised",
        at=_moment(item),
        edition=item.badge or "",
        skills=(item.skill_id,) if item.skill_id is not None else (),
        counterpart_id=item.giver_id,
    )


def _source(recognition_id: int, person_id: int) -> str:
    return f"recognition:{recognition_id}:{person_id}"


# Withdraw, and hide -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A recognition that is taken back, and why; the receivers read it."""

    recognition_id: int
    because: str


_WITHDRAW = text("""
    UPDATE recognition r SET withdrawn_at = :at, withdrawn_by = :by, withdrawn_because = w.because
    FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS w(id, because)
    WHERE r.id = w.id AND r.withdrawn_at IS NULL RETURNING r.id
""")


def withdraw(items: Sequence[Withdrawal], *, by: int, at: datetime) -> None:
    """Their giver or HR takes them back, once, with a reason; facts and badge go with it.

    All of the batch or nothing.
    """
    last = {item.recognition_id: item.because.strip() for item in items}
    _refuse_others(by, last)
    if not all(rules.fits(because, rules.BECAUSE) for because in last.values()):
        cannot_be("because")
    named = queries.receivers_of(sorted(last))
    lock_people(one.id for of in named.values() for one in of)
    told = {"ids": array(named), "reasons": array(last[id] for id in named), "by": by, "at": at}
    if len(db.session.execute(_WITHDRAW, told).all()) < len(last):
        raise Conflict(_l("This recognition was taken back before."))
    pairs = [(id, one.id) for id, of in named.items() for one in of]
    acts = [Act("recognition:withdrawn", person, {"recognition": id}) for id, person in pairs]
    write_all(acts, at=at, actor_id=by)
    publish(RecognitionWithdrawn(person_id=person, recognition_id=id) for id, person in pairs)
    publish(FactTakenBack(person_id=person, source=_source(id, person)) for id, person in pairs)


def _refuse_others(by: int, recognition_ids: Collection[int]) -> None:
    """These are to be taken back by who gave them, or by HR of whom they serve."""
    may = queries.standing(by)
    found = queries.cards(by, recognition_ids, keeper=may.hr)
    if len(found) < len(recognition_ids):
        raise NotFound(NOT_THERE)
    kept = queries.kept_by(by, list(found.values())) if may.hr else set()
    if not all(card.recognition.given or id in kept for id, card in found.items()):
        raise NotAllowed(_l("Only who gave it, or HR, can take it back. You can keep it to yourself."))


_CHOOSE = text("""
    UPDATE recognition_receiver SET visible = w.visible
    FROM unnest(:ids, :people, :choices) AS w(recognition_id, person_id, visible)
    WHERE recognition_receiver.recognition_id = w.recognition_id AND recognition_receiver.person_id = w.person_id
    RETURNING 1
""").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger())),
    bindparam("people", type_=ARRAY(BigInteger())),
    bindparam("choices", type_=ARRAY(Text())),
)


def choose_visibility(choices: Mapping[tuple[int, int], str]) -> None:
    """Receivers choose whether colleagues see theirs: (recognition, receiver) to `colleagues` or `me`."""
    if any(visible not in rules.VISIBLE for visible in choices.values()):
        wrong = _l("Choose colleagues, or only me.")
        raise Refused(wrong, fields={"visible": wrong})
    sent = {
        "ids": [recognition_id for recognition_id, _ in choices],
        "people": [person_id for _, person_id in choices],
        "choices": list(choices.values()),
    }
    if len(db.session.execute(_CHOOSE, sent).all()) < len(choices):
        raise NotFound(NOT_THERE)


# Look ---------------------------------------------------------------------------------------------------------


def open_card(*, viewer_id: int, recognition_id: int, keeper: bool, at: datetime) -> queries.Card:
    """One as the viewer may see it. A keeper sees what receivers keep to themselves, and they can read who looked."""
    card = queries.card(viewer_id, recognition_id, keeper=keeper)
    if card is None:
        raise NotFound(NOT_THERE)
    if not (card.recognition.given or card.recognition.received):
        for one in card.receivers:
            if one.visible != "colleagues" or card.recognition.withdrawn_at is not None:
                look(viewer_id=viewer_id, person_id=one.id, what="recognition:one", allowed=True, at=at)
    return card
