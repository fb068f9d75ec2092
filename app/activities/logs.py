"""What people log of themselves; each log waits for the word of somebody else (`confirming`)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.activities import files, queries, records, rules
from app.activities.actions import hold_activities, propose_rows
from app.activities.recording import add_supports, drop_supports
from app.activities.rules import KINDS, Key, Log, LogEntry, edition_of, log_source
from app.config import timezone
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import CompletionLogged
from app.outbox import publish
from app.people.queries import cards, manager_ids
from app.vision.queries import names

NO_LOG = _l("There is no such log that waits.")
IN_THE_MEANTIME = _l("This was decided in the meantime. Reload the page to see how it stands.")


class AlreadyThere(Refused):
    """A completion of this edition stands; a second one would count twice."""

    code = "already-there"


_LOG = text("""
    INSERT INTO completion (person_id, activity_id, edition, completed_at, recorded_at, state, origin, hours,
                            note, link, confirmer_id)
    SELECT n.person_id, n.activity_id, n.edition, n.moment, :now, 'waiting', 'log', n.hours, n.note, n.link,
           n.confirmer_id
    FROM unnest(CAST(:people AS bigint[]), CAST(:activities AS bigint[]), CAST(:editions AS text[]),
                CAST(:moments AS timestamptz[]), CAST(:hours AS float[]), CAST(:notes AS text[]),
                CAST(:links AS text[]), CAST(:confirmers AS bigint[]))
         AS n(person_id, activity_id, edition, moment, hours, note, link, confirmer_id)
    ON CONFLICT (person_id, activity_id, edition) WHERE state IN ('waiting', 'confirmed') DO NOTHING
    RETURNING id, person_id, activity_id, edition
""")


def log_completions(items: Sequence[Log], *, at: datetime) -> list[int]:
    """Log learning that people tell of themselves; each waits for the word of somebody else. Returns ids.

    Who confirms is who is named, or else the manager. A title that stands in the catalogue is that activity;
    any other makes a proposed activity of this person. Logging the same again is the same log; another log of
    an edition that stands is refused, and with it the whole batch.
    """
    hold_activities()
    lock_people(item["person_id"] for item in items)
    entries = _entries(items, _confirmers(items, at), _activities_of(items, at), at)
    first: dict[Key, LogEntry] = {}
    for entry in entries:
        first.setdefault(entry.key, entry)
    added = _log(first, at)
    files.add(
        {
            file_id: (key[0], added[key])
            for key in added
            if (file_id := first[key].item.get("file_id")) is not None
        }
    )
    standing = added | records.standing(key for key in first if key not in added)
    again = [entry for entry in entries if entry.key not in added or first[entry.key] is not entry]
    _refuse_others(again, standing)
    publish(
        CompletionLogged(person_id=key[0], completion_id=added[key], confirmer_id=first[key].confirmer_id)
        for key in added
    )
    return [standing[entry.key] for entry in entries]


def _confirmers(items: Sequence[Log], at: datetime) -> list[int]:
    """Who is asked to confirm each; refuse who cannot, and days that nobody can vouch for."""
    today = at.astimezone(timezone()).date()
    managers = manager_ids(item["person_id"] for item in items)
    chosen = [item.get("confirmer_id") or managers.get(item["person_id"]) for item in items]
    known = cards(person_id for person_id in chosen if person_id is not None)
    found: list[int] = []
    for item, confirmer_id in zip(items, chosen, strict=True):
        wrong = _wrong(item, today)
        if confirmer_id is None:
            wrong["confirmer_id"] = _l("Choose a colleague who can confirm this.")
        elif confirmer_id == item["person_id"]:
            wrong["confirmer_id"] = _l("You cannot confirm your own learning. Choose a colleague.")
        elif confirmer_id not in known or not known[confirmer_id].active:
            wrong["confirmer_id"] = _l("This colleague is not here any more. Choose another one.")
        if wrong:
            raise Refused(_l("Something is not filled in right. Look at the fields below."), fields=wrong)
        found.append(confirmer_id or 0)
    return found


def _wrong(item: Log, today: date) -> dict[str, object]:
    """What a form cannot know: the day, and whether there is anything to go by."""
    wrong: dict[str, object] = {}
    if item["completed_on"] > today:
        wrong["completed_on"] = _l("This day is still to come. Log it when it is done.")
    elif rules.too_old(item["completed_on"], today):
        wrong["completed_on"] = _l("This is more than two years ago; nobody can confirm that any more.")
    if not item.get("note") and not item.get("link") and not item.get("file_id"):
        wrong["note"] = _l("Say in a sentence what you did, or give a link or a file that shows it.")
    if item.get("activity_id") is None:
        if not item.get("title"):
            wrong["title"] = _l("Say what you did.")
        if item.get("kind") not in KINDS:
            wrong["kind"] = _l("Choose what kind of learning it was.")
        if item.get("skill_id") is None:
            wrong["skill_id"] = _l("Choose the skill it is about.")
    return wrong


def _activities_of(items: Sequence[Log], at: datetime) -> list[int]:
    """The activity of each: the one named, the one in the catalogue with this title, or a new proposal."""
    named = {given for item in items if (given := item.get("activity_id")) is not None}
    free = [item for item in items if item.get("activity_id") is None]
    by_title = _by_title(free)
    own = {rules.slug_of_own(item): item for item in free if rules.same_words(item["title"]) not in by_title}
    ids = _propose_own(own, at)
    published = {row.id for row in queries.by_id(named).values() if row.state == "published"}
    if named - published:
        raise NotFound(_l("There is no such activity."))
    found: list[int] = []
    for item in items:
        given = item.get("activity_id")
        if given is None:
            given = by_title.get(rules.same_words(item["title"])) or ids[rules.slug_of_own(item)]
        found.append(given)
    return found


def _by_title(free: Sequence[Log]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in queries.by_title(rules.same_words(item["title"]) for item in free):
        for title in row.title.values():
            found.setdefault(rules.same_words(title), row.id)
    return found


def _propose_own(own: Mapping[str, Log], at: datetime) -> dict[str, int]:
    if not own:
        return {}
    skills = {skill for item in own.values() if (skill := item.get("skill_id")) is not None}
    if len(names(skills)) < len(skills):
        raise Refused(_l("There is no such skill."), fields={"skill_id": _l("Choose the skill it is about.")})
    rows = [
        {
            "slug": slug,
            "kind": item["kind"],
            "title": {"nl": item["title"], "en": item["title"]},
            "skills": [item["skill_id"]],
            "proposed_by": item["person_id"],
        }
        for slug, item in own.items()
    ]
    return propose_rows(rows, at=at)


def _entries(
    items: Sequence[Log], confirmers: Sequence[int], activity_ids: Sequence[int], at: datetime
) -> list[LogEntry]:
    tz = timezone()
    activities = queries.all_of(set(activity_ids))
    found: list[LogEntry] = []
    for item, confirmer_id, activity_id in zip(items, confirmers, activity_ids, strict=True):
        moment = rules.moment_of(item["completed_on"], at, tz)
        key = (item["person_id"], activity_id, edition_of(activities[activity_id], moment, tz))
        hours = rules.effort(activities[activity_id].hours, item.get("hours"))
        found.append(LogEntry(item, key, moment, hours, confirmer_id))
    return found


def _log(entries: Mapping[Key, LogEntry], at: datetime) -> dict[Key, int]:
    """Write the logs that are new, each with the support that it will be."""
    rows = db.session.execute(
        _LOG,
        {
            "people": array(key[0] for key in entries),
            "activities": array(key[1] for key in entries),
            "editions": array(key[2] for key in entries),
            "moments": array(entry.moment for entry in entries.values()),
            "hours": array(entry.hours for entry in entries.values()),
            "notes": array(entry.item.get("note") or "" for entry in entries.values()),
            "links": array(entry.item.get("link") or "" for entry in entries.values()),
            "confirmers": array(entry.confirmer_id for entry in entries.values()),
            "now": at,
        },
    )
    added = {(row.person_id, row.activity_id, row.edition): row.id for row in rows}
    if added:
        add_supports(
            [
                (
                    completion_id,
                    log_source(completion_id),
                    entries[key].moment,
                    None,
                    entries[key].item.get("hours"),
                )
                for key, completion_id in added.items()
            ]
        )
    return added


def _refuse_others(again: Sequence[LogEntry], standing: Mapping[Key, int]) -> None:
    """A second submit of the same log is fine; another log of what stands is not."""
    rows = records.logs(standing[entry.key] for entry in again)
    tz = timezone()
    for entry in again:
        row = rows[standing[entry.key]]
        if rules.same_log(entry, row, tz):
            continue
        said = _l("You have logged this already; it waits to be confirmed.")
        if row.state == "confirmed":
            said = _l("This is among your completions already, so it counts once.")
        raise AlreadyThere(said, fields={"title": said})


_WITHDRAW_LOG = text("""
    UPDATE completion SET state = 'withdrawn' WHERE id = :id AND person_id = :by AND state = 'waiting'
    RETURNING id
""")


def withdraw_log(completion_id: int, *, by: int, at: datetime) -> None:
    """Take back one's own log while nobody has decided on it, and what it showed. What was decided meanwhile stays."""
    if completion_id not in records.of_person(by, [completion_id]):
        raise NotFound(NO_LOG)
    lock_people([by])
    if db.session.scalar(_WITHDRAW_LOG, {"id": completion_id, "by": by}) is None:
        raise Conflict(IN_THE_MEANTIME)
    files.drop_with([completion_id])
    drop_supports([log_source(completion_id)], at=at)
