"""What can be done with occasions and what is put forward for them: open, change, nominate, close, decide.

Each takes a batch, of which one is a batch of one: all of it or nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app import once
from app.audit.actions import Act, write_all
from app.db import array, db, lock_people
from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.events import JuryTold, Nominated, NominationsClosed
from app.outbox import publish
from app.recognitions import queries, rules
from app.recognitions.actions import DECIDED, NO_NOMINATION, NO_OCCASION, SENT_BEFORE, cannot_be, tell

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

    @property
    def known_as(self) -> str | None:
        return f"{self.nominator_id}:{self.once}" if self.once else None

    @property
    def two(self) -> tuple[int, int, int]:
        """Of these, there is one."""
        return self.occasion_id, self.nominee_id, self.nominator_id

    @property
    def content(self) -> tuple[int, int, str]:
        """What is compared when the same key comes again."""
        return self.nominee_id, self.occasion_id, self.reason.strip()


_NOMINATE = text("""
    INSERT INTO nomination (occasion_id, nominee_id, nominator_id, reason, lang, nominated_at, once)
    SELECT w.occasion_id, w.nominee_id, w.nominator_id, w.reason, w.lang, :at, w.once
    FROM unnest(CAST(:occasions AS bigint[]), CAST(:nominees AS bigint[]), CAST(:nominators AS bigint[]),
                CAST(:reasons AS text[]), CAST(:langs AS text[]), CAST(:onces AS text[])) WITH ORDINALITY
         AS w(occasion_id, nominee_id, nominator_id, reason, lang, once, place)
    ORDER BY w.place ON CONFLICT DO NOTHING RETURNING id, occasion_id, nominee_id, nominator_id
""")
_TAKE_BACK = text("DELETE FROM nomination WHERE id = ANY(CAST(:ids AS bigint[]))")


def nominate(items: Sequence[NewNomination], *, at: datetime) -> list[int]:
    """Put colleagues forward; each once for each occasion. The same key again gives the same nomination.

    Returns the id of each, in the order of the items.
    """
    for item in items:
        cannot_be(
            rules.wrong_with_nomination(item.nominator_id, item.nominee_id, item.reason.strip(), item.lang)
        )
    lock_people(item.nominator_id for item in items)
    rows = queries.nominated_with(item.known_as for item in items if item.known_as)
    said: dict[str | None, tuple[int, int, str]] = {
        key: (row.nominee_id, row.occasion_id, row.reason) for key, row in rows.items()
    }
    if any(item.known_as and said.setdefault(item.known_as, item.content) != item.content for item in items):
        raise Conflict(SENT_BEFORE)
    known: dict[str | None, int] = {key: row.id for key, row in rows.items()}
    made = _put_forward(list(once.new(items, known).values()), at)
    return [known.get(item.known_as) or made[item.two] for item in items]


def _put_forward(items: Sequence[NewNomination], at: datetime) -> dict[tuple[int, int, int], int]:
    if not items:
        return {}
    held = queries.held_occasions(item.occasion_id for item in items)
    open_now = {id for id, row in held.items() if queries.state_of(row, at) == "open"}
    if any(item.occasion_id not in open_now for item in items):
        closed = _l("Nominations for this occasion are not open. Choose another one.")
        raise Refused(closed, fields={"occasion_id": closed})
    nominees = {item.nominee_id for item in items}
    if nominees - queries.here(nominees):
        cannot_be("nominee")
    told = {
        "occasions": array(item.occasion_id for item in items),
        "nominees": array(item.nominee_id for item in items),
        "nominators": array(item.nominator_id for item in items),
        "reasons": array(item.reason.strip() for item in items),
        "langs": array(item.lang for item in items),
        "onces": array(item.known_as for item in items),
    }
    rows = db.session.execute(_NOMINATE, {**told, "at": at}).all()
    if len(rows) < len(items):
        twice = _l("You nominated this colleague for it before. Once is enough: nominations are not counted.")
        raise Conflict(twice, fields={"nominee": twice})
    publish(Nominated(person_id=row.nominator_id, nomination_id=row.id) for row in rows)
    return {(row.occasion_id, row.nominee_id, row.nominator_id): int(row.id) for row in rows}


def take_back_nominations(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Who made them takes them back, as long as they are sealed: (nomination, nominator); nothing of them stays."""
    found = queries.nominations_by_id(id for id, _ in pairs)
    if any(id not in found or found[id].nominator_id != by for id, by in pairs):
        raise NotFound(NO_NOMINATION)
    held = queries.held_occasions(row.occasion_id for row in found.values())
    if any(queries.state_of(row, at) not in ("coming", "open") for row in held.values()):
        raise Refused(_l("Nominations are closed: others have read it by now."))
    db.session.execute(_TAKE_BACK, {"ids": array(found)})


# Open and change --------------------------------------------------------------------------------------------


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

    @property
    def known_as(self) -> str | None:
        return f"{self.opened_by}:{self.once}" if self.once else None


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


_OPEN = text("""
    INSERT INTO recognition_occasion (name, lang, opens_on, closes_on, opened_by, opened_at, once)
    SELECT w.name, w.lang, w.opens_on, w.closes_on, w.opened_by, :at, w.once
    FROM unnest(CAST(:names AS text[]), CAST(:langs AS text[]), CAST(:opens AS date[]), CAST(:closes AS date[]),
                CAST(:by AS bigint[]), CAST(:onces AS text[])) WITH ORDINALITY
         AS w(name, lang, opens_on, closes_on, opened_by, once, place)
    ORDER BY w.place ON CONFLICT DO NOTHING RETURNING id, once
""")
_CHANGE = text("""
    UPDATE recognition_occasion o SET name = w.name, lang = w.lang, opens_on = w.opens_on, closes_on = w.closes_on,
           version = o.version + 1
    FROM unnest(CAST(:ids AS bigint[]), CAST(:names AS text[]), CAST(:langs AS text[]), CAST(:opens AS date[]),
                CAST(:closes AS date[])) AS w(id, name, lang, opens_on, closes_on)
    WHERE o.id = w.id
""")
_SEATS = "unnest(CAST(:occasions AS bigint[]), CAST(:people AS bigint[])) AS w(occasion_id, person_id)"
_SEATED = text(f"""
    INSERT INTO recognition_jury (occasion_id, person_id) SELECT * FROM {_SEATS}
    ON CONFLICT DO NOTHING RETURNING occasion_id, person_id
""")
_UNSEATED = text(f"""
    DELETE FROM recognition_jury j WHERE j.occasion_id = ANY(CAST(:ids AS bigint[])) AND NOT EXISTS (
        SELECT FROM {_SEATS} WHERE w.occasion_id = j.occasion_id AND w.person_id = j.person_id)
""")


def open_occasions(items: Sequence[NewOccasion], *, at: datetime) -> list[int]:
    """HR opens occasions and appoints their juries. The same key again gives the same occasion.

    Returns the id of each, in the order of the items.
    """
    _check(items)
    if {item.opened_by for item in items} - queries.hr_here(item.opened_by for item in items):
        raise NotAllowed(_l("HR opens an occasion."))
    fresh = once.new(items)
    if any(item.known_as and fresh[item.known_as].name.strip() != item.name.strip() for item in items):
        raise Conflict(SENT_BEFORE)
    told = {**_columns(fresh.values()), "by": array(item.opened_by for item in fresh.values())}
    told |= {"onces": array(item.known_as for item in fresh.values()), "at": at}
    made = once.made(fresh, db.session.execute(_OPEN, told))
    _appoint({made[key]: item for key, item in fresh.items() if key in made}, at)
    made |= _opened_before({item.known_as: item for key, item in fresh.items() if key not in made})
    return once.ids_of(items, made)


def _appoint(opened: Mapping[int, NewOccasion], at: datetime) -> None:
    """The juries of these are seated and told, but for who opened it."""
    seats = [(id, person) for id, item in opened.items() for person in set(item.jury)]
    _seat(seats)
    acts = (Act("occasion:opened", detail={"occasion": id}, by=item.opened_by) for id, item in opened.items())
    write_all(acts, at=at)
    publish(
        JuryTold(person_id=person, occasion_id=id, version=1, appointed=True)
        for id, person in seats
        if person != opened[id].opened_by
    )


def _opened_before(items: Mapping[str | None, NewOccasion]) -> dict[object, int]:
    rows = queries.opened_with(key for key in items if key)
    if any(key not in rows or rows[key].name != item.name.strip() for key, item in items.items() if key):
        raise Conflict(SENT_BEFORE)
    return {key: row.id for key, row in rows.items()}


def _columns(items: Iterable[NewOccasion | OccasionChange]) -> dict[str, Any]:
    items = list(items)
    return {
        "names": array(item.name.strip() for item in items),
        "langs": array(item.lang for item in items),
        "opens": array(item.opens_on for item in items),
        "closes": array(item.closes_on for item in items),
    }


def _check(items: Iterable[NewOccasion | OccasionChange]) -> None:
    items = list(items)
    for item in items:
        name = item.name.strip()
        cannot_be(rules.wrong_with_occasion(name, item.lang, item.opens_on, item.closes_on, item.jury))
    jury = {person for item in items for person in item.jury}
    if jury - queries.here(jury):
        cannot_be("jury")


def _seat(seats: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """These (occasion, person) sit in a jury from now on; returns who did not before."""
    told = _seats(seats)
    return {(row.occasion_id, row.person_id) for row in db.session.execute(_SEATED, told)}


def _seats(seats: Iterable[tuple[int, int]]) -> dict[str, Any]:
    seats = sorted(seats)
    return {"occasions": array(id for id, _ in seats), "people": array(person for _, person in seats)}


def change_occasions(items: Sequence[OccasionChange], *, at: datetime) -> None:
    """Whoever opened them changes them as long as colleagues can nominate; the jury is told.

    Where they are not of HR any more, any of HR does. The first day stays once it has come: some have nominated since.
    """
    last = {item.occasion_id: item for item in items}
    held = queries.held_occasions(last, whole=True)
    _refuse_change(items, held, at)
    _check(items)
    day = queries.day_of(at)
    for item in items:
        was = held[item.occasion_id]
        if item.opens_on != was.opens_on and day >= was.opens_on:
            cannot_be("opens_on")
        if item.closes_on < day:
            cannot_be("closes_on")
    db.session.execute(_CHANGE, {"ids": array(last), **_columns(last.values())})
    seats = [(id, person) for id, item in last.items() for person in sorted(set(item.jury))]
    db.session.execute(_UNSEATED, {"ids": array(last), **_seats(seats)})
    seated = _seat(seats)
    fields = ("name", "opens_on", "closes_on")
    other = {
        id
        for id, to in last.items()
        if any(getattr(held[id], field) != getattr(to, field) for field in fields[1:])
        or held[id].name != to.name.strip()
    }
    publish(
        JuryTold(
            person_id=person,
            occasion_id=id,
            version=held[id].version + 1,
            appointed=(id, person) in seated,
        )
        for id, person in seats
        if person != last[id].by and (id in other or (id, person) in seated)
    )
    acts = [Act("occasion:changed", detail={"occasion": id}, by=to.by) for id, to in last.items()]
    write_all(acts, at=at)


def _refuse_change(items: Sequence[OccasionChange], held: Mapping[int, Any], at: datetime) -> None:
    asked = {item.by for item in items} | {row.opened_by for row in held.values()}
    hr = queries.hr_here(asked)
    for item in items:
        row = held.get(item.occasion_id)
        if row is None or not queries.changes(item.by, row, hr):
            raise NotFound(NO_OCCASION)
        if queries.state_of(row, at) not in ("coming", "open"):
            raise Refused(_l("Nominations are closed: what they were asked for stays as it is."))
        if row.version != item.version:
            raise Conflict(_l("This occasion was changed in another window. Look at it again."))


# Close and decide -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An occasion ends, with these words to who was not chosen."""

    occasion_id: int
    words: str = ""


_CLOSE = text("UPDATE recognition_occasion SET closed_at = :at WHERE id = ANY(CAST(:ids AS bigint[]))")
_DECIDE = text("""
    UPDATE recognition_occasion o SET decided_at = :at, decided_by = :by, words = w.words
    FROM unnest(CAST(:ids AS bigint[]), CAST(:words AS text[])) AS w(id, words) WHERE o.id = w.id
""")
_LEFT = text("""
    UPDATE nomination SET decided_at = :at
    WHERE occasion_id = ANY(CAST(:ids AS bigint[])) AND decided_at IS NULL
    RETURNING id, nominee_id, nominator_id, recognition_id
""")


def close_nominations(occasion_ids: Iterable[int], *, by: int, at: datetime) -> None:
    """HR ends the nominations earlier than was said; from now on they are read."""
    wanted = set(occasion_ids)
    if not queries.hr_here([by]):
        raise NotFound(NO_OCCASION)
    held = queries.held_occasions(wanted, whole=True)
    if len(held) < len(wanted):
        raise NotFound(NO_OCCASION)
    closing = [id for id, row in held.items() if queries.state_of(row, at) in ("coming", "open")]
    if not closing:
        return
    db.session.execute(_CLOSE, {"ids": array(closing), "at": at})
    write_all((Act("occasion:closed", detail={"occasion": id}) for id in closing), at=at, actor_id=by)
    _tell_who_reads({id: held[id].opened_by for id in closing}, but=by)


_OVER = text("""
    UPDATE recognition_occasion o SET closed_at = :at FROM (
        SELECT id FROM recognition_occasion
        WHERE closed_at IS NULL AND decided_at IS NULL AND closes_on < :today
        ORDER BY id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED) AS over
    WHERE o.id = over.id RETURNING o.id, o.opened_by
""")
_NOMINEES = text("""
    SELECT DISTINCT n.occasion_id, n.nominee_id FROM nomination n JOIN person p ON p.id = n.nominee_id AND p.active
    WHERE n.occasion_id = ANY(CAST(:ids AS bigint[])) ORDER BY n.occasion_id, n.nominee_id
""")


def close_what_is_over(*, at: datetime) -> int:
    """Whose last day to nominate is past: who decides and who was nominated hear it, once. The worker comes round."""
    rows = db.session.execute(_OVER, {"at": at, "today": queries.day_of(at)}).all()
    _tell_who_reads({row.id: row.opened_by for row in rows})
    return len(rows)


def _tell_who_reads(opened_by: Mapping[int, int], *, but: int | None = None) -> None:
    """Who decides on each of these, which is HR where there is no jury, and whom others nominated: all at once."""
    if not opened_by:
        return
    juries = queries.juries(opened_by)
    decide = {(id, one.id) for id, by in opened_by.items() for one in juries[id]}
    decide |= {(id, by) for id, by in opened_by.items() if not juries[id]}
    publish(
        NominationsClosed(person_id=person, occasion_id=id, decides=True)
        for id, person in sorted(decide)
        if person != but
    )
    rows = db.session.execute(_NOMINEES, {"ids": array(opened_by)})
    publish(
        NominationsClosed(person_id=row.nominee_id, occasion_id=row.occasion_id, decides=False)
        for row in rows
    )


def decide_occasions(items: Sequence[Decision], *, by: int, at: datetime) -> None:
    """Jury or HR ends occasions: what was put forward and not chosen is told so, with these words, all at once."""
    last = {item.occasion_id: item.words.strip() for item in items}
    if any(len(words) > rules.WORDS for words in last.values()):
        cannot_be("words")
    may = queries.standing(by)
    if not may.hr and not last.keys() <= may.jury_of:
        raise NotFound(NO_OCCASION)
    held = queries.held_occasions(last, whole=True)
    if len(held) < len(last):
        raise NotFound(NO_OCCASION)
    states = {queries.state_of(row, at) for row in held.values()}
    if "decided" in states or len(last) < len(items):
        raise Conflict(DECIDED)
    if states - {"deciding"}:
        raise Refused(_l("Nominations are still open. Decide when they are closed."))
    told = {"ids": array(last), "words": array(last.values()), "by": by, "at": at}
    db.session.execute(_DECIDE, told)
    tell(db.session.execute(_LEFT, told).all())
    write_all((Act("occasion:decided", detail={"occasion": id}) for id in last), at=at, actor_id=by)
