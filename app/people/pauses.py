"""From when until when somebody is away. They enter it, or HR for them, without a reason, and these two see it.

Meanwhile nobody is reminded, and terms of theirs end as many days later (`term_ends` in the database); rolling windows
of what can be earned reach back as many days further (`badges.engine.Clock`). What was given for a time, such as a
badge with an end date, ends as it did.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.audit.actions import write
from app.config import timezone
from app.db import array, db, lock_people
from app.errors import NotFound, Refused
from app.events import DaysAwayChanged
from app.outbox import publish
from app.people.queries import within_reach

LONGEST, BACK, AHEAD = timedelta(days=731), timedelta(days=366), timedelta(days=731)
MOST = 1000
WRONG = {
    "order": _l("The last day comes on or after the first, and within two years."),
    "far": _l("The first day lies at most a year back and two years ahead."),
    "overlaps": _l("These days overlap with others that stand here. Change or remove those first."),
    "person": _l("There is nobody of that name here, or not within your reach."),
    "day": _l("A day is written as 2026-11-27."),
    "since": _l("Choose a day."),
    "until": _l("Choose a day."),
    "who": _l("Type the name of a colleague."),
    "file": _l("Choose a file first."),
    "columns": _l("The first row names the columns external_id, since and until."),
}
NOT_THERE = _l("These days are not here any more.")

_HOLD = text("""
    SELECT p.id FROM person p WHERE p.id = ANY(CAST(:ids AS bigint[])) AND p.erased_at IS NULL
    ORDER BY p.id FOR NO KEY UPDATE
""")
_THEIRS = text(
    "SELECT person_id, since, until FROM pause WHERE person_id = ANY(CAST(:ids AS bigint[])) ORDER BY since"
)
_ENTER = text("""
    INSERT INTO pause (person_id, since, until, entered_by, entered_at)
    SELECT w.person_id, w.since, w.until, :by, :at
    FROM unnest(CAST(:people AS bigint[]), CAST(:since AS date[]), CAST(:until AS date[]))
         AS w(person_id, since, until)
    ON CONFLICT (person_id, since) DO UPDATE
        SET until = excluded.until, entered_by = excluded.entered_by, entered_at = excluded.entered_at
    WHERE pause.until <> excluded.until
    RETURNING person_id, since
""")
# A year, in which facts and corrections of the past come, and as long as a window reaches back besides.
OVER = "u.until < CAST(:at AS date) - 366 - ({longest}) AND NOT ({needed})"
# What goes leaves one mark for all together: from this day on everything is kept.
_PRUNE = """
    WITH gone AS (DELETE FROM pause u WHERE {over} RETURNING u.until)
    INSERT INTO setting (key, value, changed_at)
    SELECT 'pauses', jsonb_build_object('kept_from', max(until) + 1), :at FROM gone HAVING count(*) > 0
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
    WHERE setting.value ->> 'kept_from' < excluded.value ->> 'kept_from'
"""
# Of who was erased all days away went at once.
_DAYS = text("""
    SELECT CAST(NULL AS bigint) AS person_id, CAST(value ->> 'kept_from' AS date) AS since, CAST(NULL AS date) AS until
    FROM setting WHERE key = 'pauses'
    UNION ALL
    SELECT id, CAST(erased_at AS date) + 1, NULL FROM person
    WHERE id = ANY(CAST(:ids AS bigint[])) AND erased_at IS NOT NULL
    UNION ALL
    SELECT person_id, since, until FROM pause WHERE person_id = ANY(CAST(:ids AS bigint[]))
""")
_OF = text("""
    SELECT p.id, p.person_id, p.since, p.until, p.entered_by, w.name AS by, p.entered_at
    FROM pause p LEFT JOIN person w ON w.id = p.entered_by
    WHERE p.person_id = :person AND p.until >= :since ORDER BY p.since
""")
_REMOVE = text("DELETE FROM pause WHERE id = :pause AND person_id = :person RETURNING since")
_OF_REACH = text(f"""
    SELECT u.id, u.person_id, p.name, d.name AS department, u.since, u.until
    FROM pause u JOIN person p ON p.id = u.person_id AND p.active AND p.erased_at IS NULL
    LEFT JOIN unit d ON d.id = p.department_id
    WHERE u.until >= :today AND p.id <> :me AND {within_reach("p")}
    ORDER BY u.since, p.sort_name, u.id LIMIT :limit OFFSET :skip
""")
_ONE_OF_REACH = text(f"""
    SELECT u.person_id FROM pause u JOIN person p ON p.id = u.person_id
    WHERE u.id = :pause AND p.id <> :me AND {within_reach("p")}
""")
_HOLDER = text("SELECT person_id FROM pause WHERE id = :pause")
_REACHED = text(f"""
    SELECT p.id FROM person p
    WHERE p.id = ANY(CAST(:ids AS bigint[])) AND p.active AND p.erased_at IS NULL AND {within_reach("p")}
""")
_BY_NUMBER = text("""
    SELECT external_id, id FROM person
    WHERE external_id = ANY(CAST(:numbers AS text[])) AND active AND erased_at IS NULL
""")
_HERE = text("SELECT id FROM person WHERE id = ANY(CAST(:ids AS bigint[])) AND active AND erased_at IS NULL")
_TERM = text("SELECT term_ends(:person, :since, :days)")


@dataclass(frozen=True, slots=True)
class Away:
    """These days, the first and the last included."""

    person_id: int
    since: date
    until: date


def why_not(item: Away, today: date) -> str | None:
    """The code of why these days cannot be entered."""
    if not item.since <= item.until <= item.since + LONGEST:
        return "order"
    return "far" if not today - BACK <= item.since <= today + AHEAD else None


def enter(items: Sequence[Away], *, by: int | None, today: date, at: datetime) -> dict[int, str]:
    """Enter these, in a few statements. Returns why some are refused, by their place; the others are there.

    The same first day again gives it another last day; the same days again are no change. `by` None: a system of HR.
    """
    refused = {place: code for place, item in enumerate(items) if (code := why_not(item, today))}
    lock_people(item.person_id for item in items)  # what they earned may follow
    ids = array(sorted({item.person_id for item in items}))
    here = set(db.session.scalars(_HOLD, {"ids": ids}))
    days: dict[int, dict[date, date]] = {one: {} for one in here}
    for row in db.session.execute(_THEIRS, {"ids": ids}):
        days.setdefault(row.person_id, {})[row.since] = row.until
    wanted: dict[tuple[int, date], Away] = {}
    for place, item in enumerate(items):
        if place in refused:
            continue
        if item.person_id not in here:
            refused[place] = "person"
        elif _overlaps(item, days[item.person_id]):
            refused[place] = "overlaps"
        else:
            days[item.person_id][item.since] = item.until
            wanted[item.person_id, item.since] = item
    _keep(list(wanted.values()), by, at)
    return refused


def _overlaps(item: Away, others: dict[date, date]) -> bool:
    return any(
        since != item.since and since <= item.until and item.since <= until for since, until in others.items()
    )


def _keep(items: Sequence[Away], by: int | None, at: datetime) -> None:
    if not items:
        return
    told = {
        "people": array(one.person_id for one in items), "since": array(one.since for one in items),
        "until": array(one.until for one in items), "by": by, "at": at,
    }  # fmt: skip
    first: dict[int, date] = {}
    for row in db.session.execute(_ENTER, told):
        first[row.person_id] = min(row.since, first.get(row.person_id, row.since))
    for person_id in sorted(first.keys() - {by}):  # without the days: the log is read by more than these two
        write("pause:entered", at=at, actor_id=by, person_id=person_id)
    publish(DaysAwayChanged(person_id=person_id, since=since) for person_id, since in sorted(first.items()))


def enter_one(item: Away, *, by: int, today: date, at: datetime) -> None:
    """The same for one, refused as a whole."""
    refused = enter([item], by=by, today=today, at=at)
    if refused:
        field = {"order": "until", "far": "since", "overlaps": "since"}.get(refused[0], "person")
        raise Refused(WRONG[refused[0]], fields={field: WRONG[refused[0]]})


def remove(pause_id: int, *, person_id: int, by: int, at: datetime) -> None:
    """These days are not meant any more, or were not so."""
    lock_people([person_id])  # what they earned may follow
    since = db.session.scalar(_REMOVE, {"pause": pause_id, "person": person_id})
    if since is None:
        raise NotFound(NOT_THERE)
    if by != person_id:
        write("pause:removed", at=at, actor_id=by, person_id=person_id)
    publish([DaysAwayChanged(person_id=person_id, since=since)])


def prune(over: str, *, at: datetime) -> None:
    """What nothing needs any more: no term, no window and no goal. `over` says it of a pause `u`: `OVER`, filled in."""
    db.session.execute(text(_PRUNE.format(over=over)), {"at": at, "zone": str(timezone())})


@dataclass(slots=True)
class Days:
    """The first and last days on which somebody is away; from `kept_from` on none was forgotten. None: never."""

    days: list[tuple[date, date]]
    kept_from: date | None


def days_of(person_ids: Collection[int]) -> dict[int, Days]:
    """Each of these people's. One statement, so that what is kept and since when are from one moment."""
    rows = db.session.execute(_DAYS, {"ids": array(sorted(set(person_ids)))}).all()
    of_all = next((row.since for row in rows if row.person_id is None), None)
    found = {person_id: Days([], of_all) for person_id in person_ids}
    for row in rows:
        if row.person_id is not None and row.until is None:
            found[row.person_id].kept_from = row.since
        elif row.person_id is not None:
            found[row.person_id].days.append((row.since, row.until))
    return found


def of(person_id: int, today: date) -> Sequence[Any]:
    """Somebody's own, those of the past year too."""
    return db.session.execute(_OF, {"person": person_id, "since": today - BACK}).all()


def for_hr(me: int, today: date, *, page: int = 1, limit: int = 50) -> tuple[Sequence[Any], bool]:
    """Who is or will be away, among those whom somebody of HR serves; and whether there are more."""
    told = {"me": me, "today": today, "limit": limit + 1, "skip": (page - 1) * limit}
    found = db.session.execute(_OF_REACH, told).all()
    return found[:limit], len(found) > limit


def holder_for_hr(me: int, pause_id: int) -> int | None:
    """Whose days these are, if they are served by this HR and somebody else."""
    found: int | None = db.session.scalar(_ONE_OF_REACH, {"me": me, "pause": pause_id})
    return found


def holder(pause_id: int) -> int | None:
    """Whose days these are, for the trace of a look that was refused."""
    found: int | None = db.session.scalar(_HOLDER, {"pause": pause_id})
    return found


def served(me: int, person_ids: Collection[int]) -> set[int]:
    """Those of these people whom somebody of HR serves."""
    return set(db.session.scalars(_REACHED, {"me": me, "ids": array(sorted(set(person_ids)))}))


def by_number(numbers: Collection[str]) -> dict[str, int]:
    """Who works here, by their personnel number."""
    rows = db.session.execute(_BY_NUMBER, {"numbers": array(sorted(set(numbers)))})
    return {row.external_id: row.id for row in rows}


def here(person_ids: Collection[int]) -> set[int]:
    """Those of these who work here."""
    return set(db.session.scalars(_HERE, {"ids": array(sorted(set(person_ids)))}))


def term_ends(person_id: int, since: date, days: int) -> date:
    """The last day of a term of so many days after `since`; days on which this person is away do not count."""
    found: date = db.session.scalar(_TERM, {"person": person_id, "since": since, "days": days})
    return found
