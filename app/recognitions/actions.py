"""What can be done: give and withdraw recognitions, hide one's own, nominate, open and decide an occasion."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, insert, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import BigInteger, Text

from app.audit.actions import Act, look, write, write_all
from app.db import array, db, lock_people
from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.events import (
    FactStated,
    FactTakenBack,
    JuryTold,
    Nominated,
    NominationDecided,
    RecognitionGiven,
    RecognitionWithdrawn,
)
from app.outbox import publish
from app.recognitions import queries, rules
from app.recognitions.models import (
    Nomination,
    Recognition,
    RecognitionJury,
    RecognitionOccasion,
    RecognitionReceiver,
)

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


def _cannot_be(name: str | None) -> None:
    if name is not None:
        raise Refused(WRONG[name], fields={_FIELD.get(name, name): WRONG[name]})


# Give -------------------------------------------------------------------------------------------------------

_INSERT = insert(Recognition).returning(Recognition.id)
# All that was said for these people on this occasion led to it; who decided first has decided.
_LED = text("""
    UPDATE nomination SET decided_at = :now, recognition_id = :recognition
    WHERE occasion_id = :occasion AND nominee_id = ANY(:ids) AND decided_at IS NULL
    RETURNING id, nominee_id, nominator_id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger())))


def give_recognitions(items: Sequence[NewRecognition], *, at: datetime) -> list[int]:
    """Give recognitions; each receiver has a fact of it. The same key again gives the same one.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    items = [_whole(item, at) for item in items]
    for item in items:
        _check_form(item)
    lock_people({person for item in items for person in (item.giver_id, *item.receivers)})
    return [_known(item) or _give(item) for item in items]


def _whole(item: NewRecognition, at: datetime) -> NewRecognition:
    """With its moment, trimmed, and a team as who is in it."""
    texts = {name: getattr(item, name).strip() for name in ("title", "citation", "occasion")}
    if item.unit_id is not None:
        if item.receivers:
            _cannot_be("unit_id")
        found = queries.members(item.unit_id, but=item.giver_id)
        return replace(item, **texts, receivers=found, at=item.at or at)
    return replace(item, **texts, receivers=sorted(set(item.receivers)), at=item.at or at)


def _moment(item: NewRecognition) -> datetime:
    if item.at is None:
        raise ValueError("this has no moment of its own")
    return item.at


def _check_form(item: NewRecognition) -> None:
    today = queries.day_of(_moment(item))
    _cannot_be(
        rules.wrong_with(item.giver_id, item.receivers, item.title, item.citation, item.lang, item.day, today)
    )
    if len(item.occasion) > rules.OCCASION[1]:
        _cannot_be("occasion")


def _known(item: NewRecognition) -> int | None:
    """What was given with this key before. The same key with other words is refused."""
    if item.known_as is None:
        return None
    row = queries.given_with([item.known_as]).get(item.known_as)
    if row is None:
        return None
    same = (row.title, row.citation, row.lang, row.unit_id, row.skill_id, row.badge) == item.content
    people = [one.id for one in queries.receivers_of([row.id])[row.id]]
    if not same or (item.unit_id is None and sorted(people) != list(item.receivers)):
        raise Conflict(SENT_BEFORE)
    found: int = row.id
    return found


def _give(item: NewRecognition) -> int:
    at = _moment(item)
    given_as, occasion = _may_give(item, at)
    if item.skill_id is not None and not queries.skills_known([item.skill_id]):
        _cannot_be("skill_id")
    if set(item.receivers) - queries.here(item.receivers):
        gone = _l("Somebody you chose does not work here any more. Choose again.")
        raise Refused(gone, fields={"receivers": gone})
    recognition_id = db.session.execute(_INSERT, _row(item, given_as, occasion)).scalar_one()
    db.session.execute(
        insert(RecognitionReceiver),
        [{"recognition_id": recognition_id, "person_id": person} for person in item.receivers],
    )
    if occasion is not None:
        _lead(item, recognition_id, at)
    detail = {"recognition": recognition_id, "as": given_as}
    acts = [Act("recognition:given", person, detail) for person in item.receivers]
    write_all(acts, at=at, actor_id=item.giver_id)
    publish(
        RecognitionGiven(person_id=person, recognition_id=recognition_id, badge=item.badge)
        for person in item.receivers
    )
    publish(_recognised(item, recognition_id, person) for person in item.receivers)
    return int(recognition_id)


def _may_give(item: NewRecognition, at: datetime) -> tuple[str, Any]:
    """As what they give it, and for which occasion; or the refusal."""
    may = queries.standing(item.giver_id)
    if not may.gives:
        raise NotAllowed(NOT_YOURS_TO_GIVE)
    if item.occasion_id is None:
        if item.nomination_id is not None:
            _cannot_be("occasion_id")
        if may.hr:
            return "hr", None
        if set(item.receivers) <= may.reports:
            return "manager", None
        raise Refused(NOT_YOURS_TO_GIVE, fields={"receivers": NOT_YOURS_TO_GIVE})
    judges = item.occasion_id in may.jury_of
    occasion = queries.locked_occasion(item.occasion_id) if judges or may.hr else None
    if occasion is None or queries.state_of(occasion, at) != "deciding":
        _cannot_be("occasion_id")
    return ("jury" if judges else "hr"), occasion


def _lead(item: NewRecognition, recognition_id: int, at: datetime) -> None:
    """The nominations that led to it: they are decided, once, and not by who made them."""
    sent = {"now": at, "recognition": recognition_id, "occasion": item.occasion_id, "ids": item.receivers}
    led = db.session.execute(_LED, sent).all()
    if any(row.nominator_id == item.giver_id for row in led):
        raise Refused(_l("You nominated this colleague yourself. Let somebody else of the jury decide."))
    if item.nomination_id is not None and item.nomination_id not in {row.id for row in led}:
        found = queries.nomination(item.nomination_id)
        if found is None or found.occasion_id != item.occasion_id or found.nominee_id not in item.receivers:
            raise NotFound(NO_NOMINATION)
        raise Conflict(DECIDED)
    _tell(led, recognition_id)


def _tell(nominations: Sequence[Any], recognition_id: int | None) -> None:
    """Both hear what became of it: who was nominated, and who did."""
    publish(
        NominationDecided(
            person_id=person, nomination_id=row.id, nominee=nominee, recognition_id=recognition_id
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
        _cannot_be("because")
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


# Nominate ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNomination:
    """A colleague is put forward for an occasion."""

    nominator_id: int
    nominee_id: int
    occasion_id: int
    reason: str
    lang: str
    once: str | None = None


def nominate(item: NewNomination, *, at: datetime) -> int:
    """Put a colleague forward; once for each occasion. The same key again gives the same nomination."""
    reason, once = item.reason.strip(), f"{item.nominator_id}:{item.once}" if item.once else None
    _cannot_be(rules.wrong_with_nomination(item.nominator_id, item.nominee_id, reason, item.lang))
    lock_people([item.nominator_id])
    known = queries.nominated_with(once) if once else None
    if known is not None:
        if (known.nominee_id, known.occasion_id, known.reason) != (item.nominee_id, item.occasion_id, reason):
            raise Conflict(SENT_BEFORE)
        return int(known.id)
    occasion = queries.locked_occasion(item.occasion_id)
    if occasion is None or queries.state_of(occasion, at) != "open":
        closed = _l("Nominations for this occasion are not open. Choose another one.")
        raise Refused(closed, fields={"occasion_id": closed})
    if not queries.here([item.nominee_id]):
        _cannot_be("nominee")
    row = {"occasion_id": item.occasion_id, "nominee_id": item.nominee_id, "nominator_id": item.nominator_id,
           "reason": reason, "lang": item.lang, "nominated_at": at, "once": once}  # fmt: skip
    made = db.session.scalar(upsert(Nomination).values(row).on_conflict_do_nothing().returning(Nomination.id))
    if made is None:
        twice = _l("You nominated this colleague for it before. Once is enough: nominations are not counted.")
        raise Conflict(twice, fields={"nominee": twice})
    publish([Nominated(person_id=item.nominator_id, nomination_id=made)])
    return int(made)


def take_back_nomination(*, nomination_id: int, by: int, at: datetime) -> None:
    """Who made it takes it back, as long as it is sealed; nothing of it stays."""
    found = queries.nomination(nomination_id)
    if found is None or found.nominator_id != by:
        raise NotFound(NO_NOMINATION)
    occasion = queries.locked_occasion(found.occasion_id)
    if occasion is None or queries.state_of(occasion, at) not in ("coming", "open"):
        raise Refused(_l("Nominations are closed: others have read it by now."))
    db.session.execute(delete(Nomination).where(Nomination.id == nomination_id))


# Occasions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOccasion:
    """Something for which colleagues can be nominated, and who decides."""

    opened_by: int
    name: str
    lang: str
    opens_on: date
    closes_on: date
    jury: Sequence[int] = ()
    once: str | None = None


def open_occasion(item: NewOccasion, *, at: datetime) -> int:
    """HR opens an occasion and appoints its jury. The same key again gives the same occasion."""
    if not queries.standing(item.opened_by).hr:
        raise NotAllowed(_l("HR opens an occasion."))
    name, once = item.name.strip(), f"{item.opened_by}:{item.once}" if item.once else None
    _cannot_be(rules.wrong_with_occasion(name, item.lang, item.opens_on, item.closes_on, item.jury))
    if set(item.jury) - queries.here(item.jury):
        _cannot_be("jury")
    row = {"name": name, "lang": item.lang, "opens_on": item.opens_on, "closes_on": item.closes_on,
           "opened_by": item.opened_by, "opened_at": at, "once": once}  # fmt: skip
    adding = upsert(RecognitionOccasion).values(row).on_conflict_do_nothing()
    made = db.session.scalar(adding.returning(RecognitionOccasion.id))
    if made is None:
        known = queries.opened_with(once or "")
        if known is None or known.name != name:
            raise Conflict(SENT_BEFORE)
        return int(known.id)
    if item.jury:
        seats = [{"occasion_id": made, "person_id": person} for person in sorted(set(item.jury))]
        db.session.execute(insert(RecognitionJury), seats)
    write("occasion:opened", at=at, actor_id=item.opened_by, detail={"occasion": made})
    return int(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionChange:
    """An occasion put otherwise, by whoever opened it; `version` is the one that they looked at."""

    occasion_id: int
    by: int
    version: int
    name: str
    lang: str
    opens_on: date
    closes_on: date
    jury: Sequence[int] = ()


_SEATED = text("""
    INSERT INTO recognition_jury (occasion_id, person_id) SELECT :id, unnest(CAST(:people AS bigint[]))
    ON CONFLICT DO NOTHING RETURNING person_id
""")
_UNSEATED = text("""
    DELETE FROM recognition_jury WHERE occasion_id = :id AND person_id <> ALL(CAST(:people AS bigint[]))
""")


def change_occasion(to: OccasionChange, *, at: datetime) -> None:
    """Whoever opened it changes it as long as colleagues can nominate; the jury is told.

    Where they are not of HR any more, any of HR does. The first day stays once it has come: some have nominated since.
    """
    name, jury, day = to.name.strip(), sorted(set(to.jury)), queries.day_of(at)
    occasion = queries.locked_occasion(to.occasion_id, whole=True)
    if occasion is None or not queries.may_change(to.by, occasion):
        raise NotFound(NO_OCCASION)
    if queries.state_of(occasion, at) not in ("coming", "open"):
        raise Refused(_l("Nominations are closed: what they were asked for stays as it is."))
    if occasion.version != to.version:
        raise Conflict(_l("This occasion was changed in another window. Look at it again."))
    _cannot_be(rules.wrong_with_occasion(name, to.lang, to.opens_on, to.closes_on, jury))
    if to.opens_on != occasion.opens_on and day >= occasion.opens_on:
        _cannot_be("opens_on")
    if to.closes_on < day:
        _cannot_be("closes_on")
    if set(jury) - queries.here(jury):
        _cannot_be("jury")
    new = {"name": name, "lang": to.lang, "opens_on": to.opens_on, "closes_on": to.closes_on}
    _set(to.occasion_id, **new, version=to.version + 1)
    db.session.execute(_UNSEATED, {"id": to.occasion_id, "people": array(jury)})
    seated = set(db.session.scalars(_SEATED, {"id": to.occasion_id, "people": array(jury)}))
    other = any(getattr(occasion, field) != value for field, value in new.items() if field != "lang")
    publish(
        JuryTold(person_id=person, occasion_id=to.occasion_id, version=to.version + 1)
        for person in jury
        if person != to.by and (other or person in seated)
    )
    write("occasion:changed", at=at, actor_id=to.by, detail={"occasion": to.occasion_id})


def close_nominations(*, occasion_id: int, by: int, at: datetime) -> None:
    """HR ends the nominations earlier than was said; from now on they are read."""
    if not queries.standing(by).hr:
        raise NotFound(NO_OCCASION)
    occasion = queries.locked_occasion(occasion_id, whole=True)
    if occasion is None:
        raise NotFound(NO_OCCASION)
    if queries.state_of(occasion, at) not in ("coming", "open"):
        return
    _set(occasion_id, closed_at=at)
    write("occasion:closed", at=at, actor_id=by, detail={"occasion": occasion_id})


def decide_occasion(*, occasion_id: int, by: int, words: str, at: datetime) -> None:
    """Jury or HR ends an occasion: what was put forward and not chosen is told so, with these words, all at once."""
    words = words.strip()
    if len(words) > rules.WORDS:
        _cannot_be("words")
    may = queries.standing(by)
    if not may.hr and occasion_id not in may.jury_of:
        raise NotFound(NO_OCCASION)
    occasion = queries.locked_occasion(occasion_id, whole=True)
    if occasion is None:
        raise NotFound(NO_OCCASION)
    state = queries.state_of(occasion, at)
    if state == "decided":
        raise Conflict(DECIDED)
    if state != "deciding":
        raise Refused(_l("Nominations are still open. Decide when they are closed."))
    _set(occasion_id, decided_at=at, decided_by=by, words=words)
    left = (
        update(Nomination)
        .where(Nomination.occasion_id == occasion_id, Nomination.decided_at.is_(None))
        .values(decided_at=at)
        .returning(Nomination.id, Nomination.nominee_id, Nomination.nominator_id)
    )
    _tell(db.session.execute(left).all(), None)
    write("occasion:decided", at=at, actor_id=by, detail={"occasion": occasion_id})


def _set(occasion_id: int, **values: object) -> None:
    db.session.execute(
        update(RecognitionOccasion).where(RecognitionOccasion.id == occasion_id).values(**values)
    )


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
