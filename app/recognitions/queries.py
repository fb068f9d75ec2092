"""What can be asked about recognitions, occasions and nominations, and who may see them.

A recognition is seen by all colleagues as long as one receiver lets them; whoever keeps it to themselves is not
named to others. Giver and receivers always see the whole of it, and HR its page, which is kept as a look.

A nomination is sealed until its occasion closes: before, only who made it sees it. From that moment on the jury, HR
and the one who was nominated see the same.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.config import timezone
from app.db import db
from app.people import queries as people
from app.recognitions.rules import NEWS_FOR, RECEIVERS, state

AnyRow = Row[*tuple[Any, ...]]
LIMIT = 20
PAGE = 12

_ids = bindparam("ids", type_=ARRAY(BigInteger()))
_HANDLE = "CASE WHEN {0}.active AND {0}.erased_at IS NULL THEN {0}.handle END"
_CARD = f"""
    SELECT r.id, r.title, r.citation, r.lang, r.occasion, r.occasion_id, r.day, r.skill_id, r.badge, r.given_at,
           r.given_as, r.giver_id, r.unit_id, u.name AS team, r.withdrawn_at, r.withdrawn_because,
           g.name AS giver, g.job AS giver_job, {_HANDLE.format("g")} AS profile,
           mine.visible AS my_choice, mine.person_id IS NOT NULL AS received, r.giver_id = :me AS given
    FROM recognition r JOIN person g ON g.id = r.giver_id LEFT JOIN unit u ON u.id = r.unit_id
    LEFT JOIN recognition_receiver mine ON mine.recognition_id = r.id AND mine.person_id = :me
"""
_SHOWN = """EXISTS (SELECT FROM recognition_receiver o
                    WHERE o.recognition_id = r.id AND o.visible = 'colleagues')"""
_OWN = "(r.giver_id = :me OR mine.person_id IS NOT NULL)"
_TEAM = """EXISTS (SELECT FROM recognition_receiver o JOIN person p ON p.id = o.person_id
                   WHERE o.recognition_id = r.id AND (o.visible = 'colleagues' OR p.id = :me)
                     AND (p.id = :me OR p.manager_id = :me
                          OR p.team_id = (SELECT team_id FROM person WHERE id = :me)))"""
SHOWS = {
    "all": f"r.withdrawn_at IS NULL AND ({_OWN} OR {_SHOWN})",
    "mine": "mine.person_id IS NOT NULL",
    "given": "r.giver_id = :me",
    "team": f"r.withdrawn_at IS NULL AND {_TEAM}",
}
_BEFORE = "(r.given_at, r.id) < (SELECT given_at, id FROM recognition WHERE id = :before)"
_LISTS = {
    (show, further): text(
        f"{_CARD} WHERE {only}{f' AND {_BEFORE}' if further else ''} ORDER BY r.given_at DESC, r.id DESC LIMIT :limit"
    )
    for show, only in SHOWS.items()
    for further in (False, True)
}
_SOME = text(f"""
    {_CARD} WHERE r.id = ANY(:ids) AND (r.id = ANY(:kept) OR {_OWN} OR (r.withdrawn_at IS NULL AND {_SHOWN}))
    ORDER BY r.id
""").bindparams(_ids, bindparam("kept", type_=ARRAY(BigInteger())))
_RECEIVERS = text(f"""
    SELECT o.recognition_id, p.id, p.name, {_HANDLE.format("p")} AS profile, o.visible
    FROM recognition_receiver o JOIN person p ON p.id = o.person_id
    WHERE o.recognition_id = ANY(:ids) ORDER BY o.recognition_id, p.sort_name, p.id
""").bindparams(_ids)
# One question for the home page: the news of the team, with who is named in it.
_NEWS = text(f"""
    SELECT r.id, r.title, r.lang, r.given_at, g.name AS giver, g.id AS giver_id, u.name AS team, r.occasion,
           named.names, named.hidden, mine.person_id IS NOT NULL AS received
    FROM recognition r JOIN person g ON g.id = r.giver_id LEFT JOIN unit u ON u.id = r.unit_id
    LEFT JOIN recognition_receiver mine ON mine.recognition_id = r.id AND mine.person_id = :me
    CROSS JOIN LATERAL (
        SELECT array_agg(p.name ORDER BY p.sort_name, p.id) FILTER (WHERE o.visible = 'colleagues' OR {_OWN}) AS names,
               bool_or(o.visible <> 'colleagues' AND NOT {_OWN}) AS hidden
        FROM recognition_receiver o JOIN person p ON p.id = o.person_id WHERE o.recognition_id = r.id) AS named
    WHERE r.given_at > :since AND r.withdrawn_at IS NULL AND {_TEAM}
    ORDER BY r.given_at DESC, r.id DESC LIMIT :limit
""")
_OF = """
    SELECT r.id, r.title, r.citation, r.lang, r.occasion, r.day, r.skill_id, r.badge, r.given_at, r.given_as,
           r.giver_id, g.name AS giver, o.visible
    FROM recognition_receiver o JOIN recognition r ON r.id = o.recognition_id JOIN person g ON g.id = r.giver_id
    WHERE o.person_id = :person AND r.withdrawn_at IS NULL{}
    ORDER BY r.day DESC, r.id DESC LIMIT :limit
"""
_OF_THEM, _OF_THEM_SHOWN = text(_OF.format("")), text(_OF.format(" AND o.visible = 'colleagues'"))
_keys = bindparam("keys", type_=ARRAY(Text()))
_GIVEN_WITH = text("SELECT * FROM recognition WHERE once = ANY(:keys)").bindparams(_keys)


class Card(NamedTuple):
    """A recognition as one viewer may see it, with whom they may see named; `whole`: that is everybody."""

    recognition: AnyRow
    receivers: Sequence[AnyRow]
    whole: bool


def listed(
    me: int, *, show: str = "all", before: int | None = None, limit: int = LIMIT
) -> tuple[Sequence[Card], int | None]:
    """What this person may see, newest first; and the id with which to ask for what comes after it."""
    asked = {"me": me, "limit": limit + 1} | ({"before": before} if before else {})
    rows = db.session.execute(_LISTS[show if show in SHOWS else "all", before is not None], asked).all()
    return _cards(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def card(me: int, recognition_id: int, *, keeper: bool = False) -> Card | None:
    """One as this person may see it, or None. A `keeper` is HR, who may have to withdraw it: of whom they serve."""
    return cards(me, [recognition_id], keeper=keeper).get(recognition_id)


def cards(me: int, recognition_ids: Iterable[int], *, keeper: bool = False) -> dict[int, Card]:
    """Those of these that this person may see."""
    wanted, far, kept = sorted(set(recognition_ids)), set[int](), set[int]()
    if keeper:
        named = {id: {one.id for one in rows} for id, rows in receivers_of(wanted).items()}
        far = people.out_of_reach((one for of in named.values() for one in of), me)
        kept = {id for id, of in named.items() if not of or of - far}  # others are seen as by any colleague
    rows = db.session.execute(_SOME, {"me": me, "ids": wanted, "kept": sorted(kept)}).all()
    return {card.recognition.id: card for card in _cards(rows, kept=kept, far=far)}


def keeps(me: int, card: Card) -> bool:
    """Whether somebody of HR may take it back: they serve all who are recognised in it, and are none of them."""
    return card.recognition.id in kept_by(me, [card])


def kept_by(me: int, cards: Sequence[Card]) -> set[int]:
    """Which of these somebody of HR may take back."""
    far = people.out_of_reach((one.id for card in cards for one in card.receivers), me)
    return {
        card.recognition.id
        for card in cards
        if not card.recognition.received and card.whole and not far & {one.id for one in card.receivers}
    }


def _cards(rows: Sequence[AnyRow], *, kept: Collection[int] = (), far: Collection[int] = ()) -> list[Card]:
    named = receivers_of(row.id for row in rows)
    found = []
    for row in rows:
        whole = named[row.id]
        inside = row.given or row.received
        shown = [
            one
            for one in whole
            if inside or one.visible == "colleagues" or (row.id in kept and one.id not in far)
        ]
        found.append(Card(row, shown, len(shown) == len(whole)))
    return found


def receivers_of(recognition_ids: Iterable[int]) -> dict[int, list[AnyRow]]:
    """Everybody who is recognised in each of these, whatever they chose."""
    found: dict[int, list[AnyRow]] = {recognition_id: [] for recognition_id in recognition_ids}
    if found:
        for row in db.session.execute(_RECEIVERS, {"ids": list(found)}):
            found[row.recognition_id].append(row)
    return found


def news_of_team(me: int, now: datetime, limit: int = 2) -> Sequence[AnyRow]:
    """What was given in one's team, or to who reports to one, these two weeks: for the home page."""
    return db.session.execute(_NEWS, {"me": me, "since": now - NEWS_FOR, "limit": limit}).all()


def of(person_id: int, *, shown_only: bool = False, limit: int = 200) -> Sequence[AnyRow]:
    """The recognitions of this person that stand, newest first: to use in a review, or to show on their page."""
    statement = _OF_THEM_SHOWN if shown_only else _OF_THEM
    return db.session.execute(statement, {"person": person_id, "limit": limit}).all()


def given_with(keys: Iterable[str]) -> dict[str, AnyRow]:
    """The recognitions that were given with these keys."""
    return _with(_GIVEN_WITH, keys)


# Who may give, and whom -------------------------------------------------------------------------------------

_STANDING = text("""
    SELECT p.id, p.active, p.role = 'hr' AS hr,
           ARRAY(SELECT id FROM person WHERE manager_id = p.id AND active AND id <> p.id) AS reports,
           ARRAY(SELECT occasion_id FROM recognition_jury WHERE person_id = p.id) AS jury_of
    FROM person p WHERE p.id = ANY(:ids)
""").bindparams(_ids)
_MEMBERS = text("SELECT team_id, id FROM person WHERE team_id = ANY(:ids) AND active ORDER BY id").bindparams(
    _ids
)
_TEAMS = text("""
    SELECT u.id, u.name, d.name AS department, array_agg(p.id) AS members
    FROM unit u JOIN person p ON p.team_id = u.id AND p.active AND p.id <> :but LEFT JOIN unit d ON d.id = u.parent_id
    WHERE u.kind = 'team' GROUP BY u.id, u.name, d.name HAVING count(*) <= :most ORDER BY u.name, u.id
""")
_HERE = text("SELECT id FROM person WHERE id = ANY(:ids) AND active").bindparams(_ids)
_SKILL = text("SELECT id FROM skill WHERE id = ANY(:ids)").bindparams(_ids)


class Standing(NamedTuple):
    """As what somebody may give: HR, jury of some occasions, manager of some people."""

    active: bool
    hr: bool
    reports: frozenset[int]
    jury_of: frozenset[int]

    @property
    def gives(self) -> bool:
        return self.active and (self.hr or bool(self.reports) or bool(self.jury_of))


def standing(person_id: int) -> Standing:
    """As what this person may give recognitions."""
    return standings([person_id])[person_id]


def standings(person_ids: Iterable[int]) -> dict[int, Standing]:
    """The same for several."""
    nobody = Standing(False, False, frozenset(), frozenset())
    found = dict.fromkeys(person_ids, nobody)
    for row in db.session.execute(_STANDING, {"ids": sorted(found)}):
        found[row.id] = Standing(row.active, row.hr, frozenset(row.reports), frozenset(row.jury_of))
    return found


def members_of(unit_ids: Iterable[int]) -> dict[int, list[int]]:
    """Who is in these teams now."""
    found: dict[int, list[int]] = {unit_id: [] for unit_id in unit_ids}
    if found:
        for row in db.session.execute(_MEMBERS, {"ids": sorted(found)}):
            found[row.team_id].append(row.id)
    return found


def teams_for(person_id: int, may: Standing) -> Sequence[AnyRow]:
    """The whole teams that they may recognise: every one, or those in which all report to them."""
    rows = db.session.execute(_TEAMS, {"but": person_id, "most": RECEIVERS[1]}).all()
    return rows if may.hr or may.jury_of else [row for row in rows if set(row.members) <= may.reports]


def here(person_ids: Iterable[int]) -> set[int]:
    """Who of these works here now."""
    wanted = sorted(set(person_ids))
    return set(db.session.scalars(_HERE, {"ids": wanted})) if wanted else set()


def skills_known(ids: Iterable[int]) -> set[int]:
    """Those of these skills that there are."""
    wanted = sorted(set(ids))
    return set(db.session.scalars(_SKILL, {"ids": wanted})) if wanted else set()


# Occasions and nominations ----------------------------------------------------------------------------------

_OCCASION = """
    SELECT o.*, EXISTS (SELECT FROM recognition_jury j WHERE j.occasion_id = o.id AND j.person_id = :me) AS judges,
           (SELECT role = 'hr' FROM person WHERE id = :me) AS keeps
    FROM recognition_occasion o
"""
_MAY_SEE = "(SELECT role = 'hr' FROM person WHERE id = :me) OR o.id IN " + (
    "(SELECT occasion_id FROM recognition_jury WHERE person_id = :me)"
)
_OCCASIONS = text(
    f"{_OCCASION} WHERE {_MAY_SEE} ORDER BY o.decided_at IS NOT NULL, o.closes_on DESC, o.id DESC"
)
_ONE_OCCASION = text(f"{_OCCASION} WHERE o.id = :id AND ({_MAY_SEE})")
_HR_HERE = text("SELECT id FROM person WHERE id = ANY(:ids) AND active AND role = 'hr'").bindparams(_ids)
_OPEN = text("""
    SELECT * FROM recognition_occasion
    WHERE decided_at IS NULL AND closed_at IS NULL AND opens_on <= :today AND closes_on >= :today
    ORDER BY closes_on, id
""")
_HELD = "SELECT * FROM recognition_occasion WHERE id = ANY(:ids) ORDER BY id FOR"
_LOCKED = text(f"{_HELD} SHARE").bindparams(_ids)
_LOCKED_WHOLE = text(f"{_HELD} NO KEY UPDATE").bindparams(_ids)
_JURY = text(f"""
    SELECT j.occasion_id, p.id, p.name, {_HANDLE.format("p")} AS profile
    FROM recognition_jury j JOIN person p ON p.id = j.person_id
    WHERE j.occasion_id = ANY(:ids) ORDER BY j.occasion_id, p.sort_name, p.id
""").bindparams(_ids)
_NOMINATION = f"""
    SELECT n.id, n.occasion_id, n.reason, n.lang, n.nominated_at, n.decided_at, n.recognition_id, n.nominee_id,
           n.nominator_id, e.name AS nominee, e.job AS nominee_job, {_HANDLE.format("e")} AS nominee_profile,
           r.name AS nominator, {_HANDLE.format("r")} AS nominator_profile, e.active AS nominee_here,
           o.name AS occasion, o.lang AS occasion_lang, o.words, o.decided_at AS occasion_decided_at,
           o.opens_on, o.closes_on, o.closed_at
    FROM nomination n JOIN recognition_occasion o ON o.id = n.occasion_id
    JOIN person e ON e.id = n.nominee_id JOIN person r ON r.id = n.nominator_id
"""
_UNSEALED = "(o.decided_at IS NOT NULL OR o.closed_at IS NOT NULL OR o.closes_on < :today)"
# By name, never by how often somebody was nominated.
_OF_OCCASION = text(
    f"{_NOMINATION} WHERE n.occasion_id = :occasion AND {_UNSEALED} ORDER BY e.sort_name, e.id, n.nominated_at, n.id"
)
_MADE = text(f"{_NOMINATION} WHERE n.nominator_id = :me ORDER BY n.nominated_at DESC, n.id DESC LIMIT 50")
_ABOUT = text(
    f"{_NOMINATION} WHERE n.nominee_id = :me AND {_UNSEALED} ORDER BY n.nominated_at DESC, n.id DESC LIMIT 50"
)
_THESE_NOMINATIONS = text(f"{_NOMINATION} WHERE n.id = ANY(:ids)").bindparams(_ids)
_NOMINATED_WITH = text("SELECT * FROM nomination WHERE once = ANY(:keys)").bindparams(_keys)
_OPENED_WITH = text("SELECT * FROM recognition_occasion WHERE once = ANY(:keys)").bindparams(_keys)


def day_of(at: datetime) -> date:
    """The day of this moment in the organisation's time zone."""
    return at.astimezone(timezone()).date()


def state_of(occasion: Any, at: datetime) -> str:
    """How far it is: coming, open, deciding or decided."""
    return state(occasion.opens_on, occasion.closes_on, occasion.closed_at, occasion.decided_at, day_of(at))


def occasions(me: int) -> Sequence[AnyRow]:
    """All of them for HR, their own for a jury, none for others."""
    return db.session.execute(_OCCASIONS, {"me": me}).all()


def occasion(me: int, occasion_id: int) -> AnyRow | None:
    """One of these."""
    return db.session.execute(_ONE_OCCASION, {"me": me, "id": occasion_id}).one_or_none()


def may_change(me: int, occasion: AnyRow) -> bool:
    """Whoever opened it, of HR; or any of HR where that person is not any more."""
    return changes(me, occasion, hr_here([me, occasion.opened_by]))


def hr_here(person_ids: Iterable[int]) -> set[int]:
    """Who of these is of HR now."""
    return set(db.session.scalars(_HR_HERE, {"ids": sorted(set(person_ids))}))


def changes(person_id: int, occasion: Any, hr: Collection[int]) -> bool:
    """The same, with who of them is of HR."""
    return person_id in hr and (person_id == occasion.opened_by or occasion.opened_by not in hr)


def open_occasions(at: datetime) -> Sequence[AnyRow]:
    """Those for which a colleague can be nominated today."""
    return db.session.execute(_OPEN, {"today": day_of(at)}).all()


def held_occasions(occasion_ids: Iterable[int], *, whole: bool = False) -> dict[int, AnyRow]:
    """These stay as far as they are until this transaction ends; `whole` for who is going to change them."""
    wanted = sorted(set(occasion_ids))
    if not wanted:
        return {}
    rows = db.session.execute(_LOCKED_WHOLE if whole else _LOCKED, {"ids": wanted})
    return {row.id: row for row in rows}


def juries(occasion_ids: Iterable[int]) -> dict[int, list[AnyRow]]:
    """Who decides, per occasion."""
    found: dict[int, list[AnyRow]] = {occasion_id: [] for occasion_id in occasion_ids}
    if found:
        for row in db.session.execute(_JURY, {"ids": list(found)}):
            found[row.occasion_id].append(row)
    return found


def nominations_for(occasion_id: int, at: datetime) -> Sequence[AnyRow]:
    """What was put forward, by name, once it is no longer sealed."""
    return db.session.execute(_OF_OCCASION, {"occasion": occasion_id, "today": day_of(at)}).all()


def nominations_seen(me: int, occasion: AnyRow, at: datetime) -> Sequence[AnyRow]:
    """The same for one viewer: a jury reads all of them, HR those about whom they serve."""
    rows = nominations_for(occasion.id, at)
    if occasion.judges:
        return rows
    far = people.out_of_reach((row.nominee_id for row in rows), me)
    return [row for row in rows if row.nominee_id not in far]


def nominations_by(me: int) -> Sequence[AnyRow]:
    """Whom this person put forward."""
    return db.session.execute(_MADE, {"me": me}).all()


def nominations_of(me: int, at: datetime) -> Sequence[AnyRow]:
    """What was said of this person, from the moment at which others can read it."""
    return db.session.execute(_ABOUT, {"me": me, "today": day_of(at)}).all()


def nomination(nomination_id: int) -> AnyRow | None:
    """One nomination, if it is there."""
    return nominations_by_id([nomination_id]).get(nomination_id)


def nominations_by_id(nomination_ids: Iterable[int]) -> dict[int, AnyRow]:
    """These nominations, as far as they are there."""
    wanted = sorted(set(nomination_ids))
    rows = db.session.execute(_THESE_NOMINATIONS, {"ids": wanted}) if wanted else ()
    return {row.id: row for row in rows}


def nominated_with(keys: Iterable[str]) -> dict[str, AnyRow]:
    """The nominations that were made with these keys."""
    return _with(_NOMINATED_WITH, keys)


def opened_with(keys: Iterable[str]) -> dict[str, AnyRow]:
    """The occasions that were opened with these keys."""
    return _with(_OPENED_WITH, keys)


def _with(statement: Any, keys: Iterable[str]) -> dict[str, AnyRow]:
    wanted = sorted(set(keys))
    return {row.once: row for row in db.session.execute(statement, {"keys": wanted})} if wanted else {}
