"""What stands beside an act in the audit log, in plain words: what it was about, by name, and what changed.

The log itself keeps numbers, codes and no names. Here they are said in the reader's language: one statement asks for
all names of a page. Left without a name is what not everybody may see by name: drafts, learning, lessons, thanks,
recognitions, reviews, pairs. What is gone says so. To add a key: a line in KEYS, and its Dutch; a test holds that
every key in the code has one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.db import array, db
from app.language import in_language

Line = tuple[str, str]  # what it is, and what it says
Ref = tuple[str, int | str]
Names = Mapping[Ref, Any]

GONE = _l("not here any more")
DRAFT = _l("a draft")

# Everything that a page names, in one statement; a draft's name is its writers' own until it is published. A thing is
# known by its number, or by its short name where it has one.
_NAMES = text("""
    SELECT 'skill' AS kind, id, slug, name AS said FROM skill
    WHERE id = ANY(CAST(:skill AS bigint[])) OR slug = ANY(CAST(:skill_slug AS text[]))
    UNION ALL SELECT 'goal', id, slug, name FROM vision_goal WHERE slug = ANY(CAST(:goal_slug AS text[]))
    UNION ALL SELECT 'job', id, slug, name FROM job WHERE slug = ANY(CAST(:job_slug AS text[]))
    UNION ALL SELECT 'job_family', id, slug, name FROM job_family WHERE slug = ANY(CAST(:job_family_slug AS text[]))
    UNION ALL SELECT 'activity', id, slug, CASE WHEN state <> 'proposed' THEN title END FROM activity
    WHERE id = ANY(CAST(:activity AS bigint[])) OR slug = ANY(CAST(:activity_slug AS text[]))
    UNION ALL SELECT 'programme', id, slug, CASE WHEN state <> 'draft' THEN title END FROM programme
    WHERE slug = ANY(CAST(:programme_slug AS text[]))
    UNION ALL SELECT 'mentoring', id, NULL, name FROM mentor_programme WHERE id = ANY(CAST(:mentoring AS bigint[]))
    UNION ALL SELECT 'date', d.id, NULL, CASE WHEN a.state <> 'proposed' THEN a.title END
    FROM activity_date d JOIN activity a ON a.id = d.activity_id WHERE d.id = ANY(CAST(:date AS bigint[]))
    UNION ALL SELECT 'occasion', id, NULL, CASE WHEN opens_on <= current_date THEN jsonb_build_object('', name) END
    FROM recognition_occasion WHERE id = ANY(CAST(:occasion AS bigint[]))
    UNION ALL SELECT 'unit', id, NULL, jsonb_build_object('', name) FROM unit WHERE id = ANY(CAST(:unit AS bigint[]))
    UNION ALL SELECT 'client', id, NULL, jsonb_build_object('', name) FROM api_client
    WHERE id = ANY(CAST(:client AS bigint[]))
    UNION ALL SELECT 'rules', id, NULL, jsonb_build_object('day', CAST(valid_from AS date)) FROM point_rules
    WHERE id = ANY(CAST(:rules AS bigint[]))
    UNION ALL SELECT 'person', id, NULL, jsonb_build_object('', name) FROM person
    WHERE id = ANY(CAST(:person AS bigint[])) AND erased_at IS NULL
""")
BY_NUMBER = ("skill", "activity", "mentoring", "date", "occasion", "unit", "client", "rules", "person")
BY_SLUG = ("skill", "goal", "job", "job_family", "activity", "programme")

ROLE = {
    "employee": _l("employee"),
    "learning": _l("learning and development"),
    "hr": _l("HR"),
    "council": _l("works council"),
    "admin": _l("administrator"),
}
AS = {"manager": _l("a manager"), "hr": _l("HR"), "jury": _l("a jury")}
SEAT = {"member": _l("on the panel"), "decider": _l("decides")}
STATE = {"draft": DRAFT, "published": _l("published"), "retired": _l("retired")}
WISH = {"made": _l("it is there now"), "declined": _l("not for now")}
BY = {"mail": _l("mail"), "letter": _l("letter"), "link": _l("link")}
CONTENT = {"kudos": _l("a thank-you"), "lesson": _l("a lesson")}
DECISION = {
    "leave": _l("left as it is"),
    "hide": _l("hidden"),
    "change": _l("asked to change"),
    "show": _l("shown again"),
}
NAME_OF = {
    "email": _l("e-mail address"),
    "mbox_sha1sum": _l("hashed e-mail address"),
    "openid": _l("OpenID"),
    "account": _l("account of a system"),
    "external_id": _l("personnel number"),
}
SCOPE = {
    "xapi:write": _l("send learning statements"),
    "xapi:read": _l("read its own statements"),
    "people:read": _l("read who works here"),
    "people:write": _l("bring people up to date"),
    "learning:write": _l("bring in learning records"),
    "boards:read": _l("read leaderboards"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """How one key of a detail is said: its label, and what its value is; without a label it is left out."""

    label: Any = None
    kind: str = ""  # of _NAMES: a number or short name that stands for something
    choice: Mapping[str, Any] | None = None
    say: Callable[[Any], str] | None = None
    zero: bool = False  # a count of nothing is told too


def _yes_no(value: Any) -> str:
    return str(_("yes") if value else _("no"))


def _day(value: Any) -> str:
    return str(format_date(date.fromisoformat(value), "d MMMM yyyy", rebase=False))


def _hours(value: Any) -> str:
    return str(ngettext("%(num)s hour", "%(num)s hours", int(value)))


def _period(value: Any) -> str:
    year, _sep, quarter = str(value).partition("-Q")
    if quarter:
        return str(_("by the end of quarter %(quarter)s of %(year)s", quarter=quarter, year=year))
    return str(_("by the end of %(year)s", year=year))


OUT = Key()  # a number or code that says nothing to a reader, or a name that not every reader may see
KEYS: dict[str, Key] = {
    # What it was about
    "client_id": Key(_l("System"), "client"),
    "for": Key(_l("For"), "person"),
    "skill_id": Key(_l("Skill"), "skill"),
    "unit": Key(_l("Team or department"), "unit"),
    "unit_id": Key(_l("Team or department"), "unit"),
    "activity_id": Key(_l("Activity"), "activity"),
    "from_id": Key(_l("Activity"), "activity"),
    "into_id": Key(_l("Goes on as"), "activity"),
    "occasion": Key(_l("Nominations for"), "occasion"),
    "date": Key(_l("Activity"), "date"),
    "activity.slug": Key(_l("Activity"), "activity"),
    "criteria.slug": Key(_l("Job"), "job"),
    "criterion.slug": Key(_l("Job"), "job"),
    "goal.slug": Key(_l("Goal"), "goal"),
    "job.slug": Key(_l("Job"), "job"),
    "job_family.slug": Key(_l("Family"), "job_family"),
    "skill.slug": Key(_l("Skill"), "skill"),
    "programme.programme": Key(_l("Programme"), "programme"),
    "mentoring.programme": Key(_l("Mentor programme"), "mentoring"),
    "rules.version": Key(_l("In force from"), "rules"),
    # What changed, from what to what
    "person.from": Key(_l("From"), choice=ROLE),
    "person.to": Key(_l("To"), choice=ROLE),
    "departments.from": Key(_l("From"), "unit"),
    "departments.to": Key(_l("To"), "unit"),
    "privacy-officer.to": Key(_l("Is privacy officer"), say=_yes_no),
    "completion.from": Key(_l("From"), "person"),
    "completion.to": Key(_l("To"), "person"),
    "activity.state": Key(_l("Now"), choice=STATE),
    "wish.state": Key(_l("Answer"), choice=WISH),
    "retired": Key(_l("Taken out of use"), say=_yes_no),
    "seat_named.of": Key(_l("Who"), "person"),
    "seat_left.of": Key(_l("Who"), "person"),
    "handler_named.of": Key(_l("Who"), "person"),
    "seat_named.seat": Key(_l("Seat"), choice=SEAT),
    "seat_left.seats": Key(_l("Seat"), choice=SEAT),
    "as": Key(_l("Given as"), choice=AS),
    "by": Key(_l("Sent as"), choice=BY),
    "report.kind": Key(_l("Reported"), choice=CONTENT),
    "name.kind": Key(_l("Kind of name"), choice=NAME_OF),
    "decision": Key(_l("Decided"), choice=DECISION),
    "scopes": Key(_l("It may"), choice=SCOPE),
    "hours": Key(_l("Old secret still works for"), say=_hours),
    "consented_on": Key(_l("Works council agreed on"), say=_day),
    "since": Key(_l("From"), say=_day),
    "until": Key(_l("Until"), say=_day),
    "level": Key(_l("Level")),
    "people": Key(_l("People")),
    "period": Key(_l("By when"), say=_period),
    "number": Key(_l("Version")),
    # What the organisation decided
    "points_on": Key(_l("Points"), say=_yes_no),
    "boards_on": Key(_l("Leaderboards"), say=_yes_no),
    "kudos_on_boards": Key(_l("Kudos count on leaderboards"), say=_yes_no),
    "statement_days": Key(_l("Days that statements are kept"), zero=True),
    "kudos_allowance": Key(_l("Kudos a month"), zero=True),
    "manager_kudos_allowance": Key(_l("Kudos a month of who leads a team"), zero=True),
    "team_kudos_allowance": Key(_l("A whole team counts once from"), zero=True),
    "incident_link": Key(_l("Where incidents are reported")),
    "full_time_hours": Key(_l("Hours of a full week")),
    # How many
    "activities": Key(_l("Activities")),
    "again": Key(_l("Erased before, and named again")),
    "back": Key(_l("Back")),
    "badges": Key(_l("Badges")),
    "changed": Key(_l("Changed")),
    "completion.changed": Key(_l("Decided by others meanwhile")),
    "confirmed": Key(_l("Confirmed")),
    "criteria": Key(_l("Criteria")),
    "left": Key(_l("Left")),
    "moved": Key(_l("Moved")),
    "new": Key(_l("New")),
    "programmes": Key(_l("Programmes")),
    "refused": Key(_l("Refused")),
    "reports": Key(_l("Reports")),
    "rows": Key(_l("Lines")),
    "catalogue.rules": Key(_l("Rules for points"), say=_yes_no),
    "meanings.rules": Key(_l("Rules of one's own"), zero=True),
    "skills": Key(_l("Skills")),
    "wishes": Key(_l("Wishes answered at once")),
    # Numbers that say nothing, and what stays without a name
    "completion_id": OUT, "content_id": OUT, "file_id": OUT, "form": OUT, "import_id": OUT, "join_id": OUT,
    "key": OUT, "merge_id": OUT, "pair": OUT, "reason": OUT, "recognition": OUT, "review": OUT, "round": OUT,
    "sha256": OUT, "target": OUT, "team_goal": OUT, "version": OUT,
}  # fmt: skip

_PLACE = {id(key): place for place, key in enumerate(KEYS.values())}


def key_of(action: str, name: str) -> Key | None:
    """The most particular line there is: of the verb, of the subject, or of the name alone."""
    subject, _sep, verb = action.partition(":")
    return KEYS.get(f"{verb}.{name}") or KEYS.get(f"{subject}.{name}") or KEYS.get(name)


def told(acts: Iterable[tuple[str, Mapping[str, Any]]]) -> list[list[Line]]:
    """The lines of each act, in one statement for all of them; none where no detail names anything."""
    known = list(acts)
    names = _names(
        (key.kind, one)
        for action, detail in known
        for name, value in detail.items()
        if (key := key_of(action, name)) and key.kind and value is not None
        for one in _each(value)
    )
    return [_lines(action, detail, names) for action, detail in known]


def _names(wanted: Iterable[Ref]) -> dict[Ref, Any]:
    refs = set(wanted)
    if not refs:
        return {}
    asked = {
        kind: array(sorted(r for k, r in refs if k == kind and isinstance(r, int))) for kind in BY_NUMBER
    }
    asked |= {
        f"{kind}_slug": array(sorted(r for k, r in refs if k == kind and isinstance(r, str)))
        for kind in BY_SLUG
    }
    found: dict[Ref, Any] = {}
    for row in db.session.execute(_NAMES, asked):
        found[row.kind, row.id] = found[row.kind, row.slug] = row.said
    return found


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _lines(action: str, detail: Mapping[str, Any], names: Names) -> list[Line]:
    """In the order of KEYS; a key without words yet comes last, as it is."""
    found = []
    for name, value in detail.items():
        key = key_of(action, name)
        if key is None:
            found.append((len(_PLACE), name, str(value)))
        elif key.label is not None and (said := _said(key, value, names)):
            found.append((_PLACE[id(key)], str(key.label), said))
    return [(label, said) for _place, label, said in sorted(found)]


def _said(key: Key, value: Any, names: Names) -> str:
    """In words; nothing where nothing is to be said."""
    if value is None or value == "":
        return ""
    if key.say:
        return key.say(value)
    if key.kind:
        return ", ".join(_name(names, key.kind, one) for one in _each(value)) or str(_("everybody"))
    if key.choice is not None:
        return ", ".join(str(key.choice.get(one, one)) for one in _each(value))
    return "" if value == 0 and not key.zero else str(value)


def _name(names: Names, kind: str, ref: int | str) -> str:
    if (kind, ref) not in names:
        return str(_("somebody who is not here any more") if kind == "person" else GONE)
    said = names[kind, ref]
    if said is None:
        return str(DRAFT)
    return _day(said["day"]) if kind == "rules" else said.get("") or in_language(said)
