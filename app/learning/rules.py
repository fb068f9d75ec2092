"""What the columns of a file mean, and what one row says; pure.

A map is the JSON of `docs/operate.md`: each entry names a column or a fixed value. What a row cannot say is told in a
sentence with its column, and the row is refused; the others go on.
"""

import hashlib
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from app.activities.rules import KINDS
from app.errors import Refused

ENTRIES = ("person", "activity", "title", "kind", "completed_at", "external_id", "score", "skills", "source")
NEEDED = ("person", "activity", "completed_at")
WAYS = ("external_id", "email", "account")
MORE = {"person": {"as"}, "completed_at": {"format", "days_from"}, "score": {"max"}}
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LONGEST = {"person": 400, "activity": 600, "source": 60, "external_id": 200, "title": 300}
MOST_DAYS = 200_000
MOST_SKILLS = 20


class BadMap(Refused):
    """The map does not say what is needed; the message says where."""

    code = "bad-map"


class BadRow(Exception):
    """A row that says something that cannot be; `reason` is a lazy text."""

    def __init__(self, reason: object) -> None:
        super().__init__(reason)
        self.reason = reason


class Entry(NamedTuple):
    """One row, understood."""

    line: int
    who_kind: str
    who: str
    activity: str
    title: str
    kind: str
    happened_at: datetime
    score: float | None
    skills: tuple[str, ...]
    origin_name: str
    source: str
    history: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Where one thing stands: in a column, or it is always the same."""

    name: str
    column: str | None
    value: str
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A map that was checked."""

    parts: Mapping[str, Part]

    def part(self, name: str) -> Part | None:
        return self.parts.get(name)


# The map ----------------------------------------------------------------------------------------------------


def read_map(data: object) -> Plan:
    """Check a map; raise BadMap with the entry and what to do."""
    if not isinstance(data, Mapping):
        raise BadMap(_l("The map is one JSON object, with person, activity, completed_at and others."))
    if unknown := sorted(str(name) for name in data if name not in ENTRIES):
        said = _l(
            "The map has no entry %(name)s; it has %(names)s.", name=unknown[0][:60], names=", ".join(ENTRIES)
        )
        raise BadMap(said)
    parts = {name: _part(name, data[name]) for name in ENTRIES if data.get(name) is not None}
    for name in NEEDED:
        if name not in parts:
            raise BadMap(_l("Say in the map where %(name)s stands.", name=name))
    return Plan(parts)


def _part(name: str, said: object) -> Part:
    if not isinstance(said, Mapping) or ("column" in said) == ("value" in said):
        raise BadMap(_l("In the map, %(name)s is either a column or a value.", name=name))
    allowed = {"column", "value"} | MORE.get(name, set())
    if unknown := sorted(str(key) for key in said if key not in allowed):
        raise BadMap(_l("In the map, %(name)s has no %(key)s.", name=name, key=unknown[0][:60]))
    given = said.get("column", said.get("value"))
    if isinstance(given, bool) or not isinstance(given, str | int | float) or not str(given).strip():
        raise BadMap(_l("In the map, %(name)s is either a column or a value.", name=name))
    more = {key: said[key] for key in MORE.get(name, ()) if said.get(key) is not None}
    _check_more(name, more)
    fixed = "" if "column" in said else str(given).strip()
    if name == "kind" and fixed and fixed not in KINDS:
        raise BadMap(_no_kind(fixed))
    return Part(name, str(given).strip() if "column" in said else None, fixed, more)


def _check_more(name: str, more: Mapping[str, Any]) -> None:
    if name == "person" and more.get("as", WAYS[0]) not in WAYS:
        raise BadMap(_l("In the map, person is known as %(ways)s.", ways=", ".join(WAYS)))
    if name == "completed_at":
        if "days_from" in more and _day(more["days_from"]) is None:
            raise BadMap(_l("In the map, days_from is a date such as 2026-01-31."))
        form = more.get("format")
        if form is not None and not (isinstance(form, str) and 0 < len(form) < 60 and "%" in form):
            raise BadMap(_l("In the map, format is written like %(example)s.", example="%d-%m-%Y"))
        if len(more) > 1:
            raise BadMap(_l("In the map, completed_at has a format or days_from, not both."))
    if name == "score" and not (isinstance(more.get("max", 1), int | float) and 0 < more.get("max", 1) < 1e9):
        raise BadMap(_l("In the map, max is the highest score there is, a number above 0."))


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


# A row ------------------------------------------------------------------------------------------------------

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")
Cell = Callable[[Sequence[str]], str]


class Reader:
    """Reads the rows of one file by its map. `skills` are the slugs there are."""

    def __init__(
        self,
        plan: Plan,
        header: Sequence[str],
        *,
        at: datetime,
        zone: ZoneInfo,
        skills: Collection[str] = (),
        history: date | None = None,
    ) -> None:
        self._plan, self._at, self._zone, self._skills = plan, at, zone, skills
        self._before = datetime.combine(history, time(), zone) if history else None
        self._cells = {name: _cell(part, header) for name, part in plan.parts.items()}
        self._as = plan.parts["person"].more.get("as", WAYS[0])
        when = plan.parts["completed_at"].more
        self._format, self._from = when.get("format"), _day(when.get("days_from"))
        self._most = plan.parts["score"].more.get("max") if "score" in plan.parts else None

    def entry(self, cells: Sequence[str], line: int) -> Entry:
        """What the row says, or BadRow."""
        who = _who(self._as, self._text("person", cells))
        activity = self._text("activity", cells)
        origin = self._text("source", cells, "file") or "file"
        told_at = self._moment(self._text("completed_at", cells))
        moment = min(told_at, self._at)
        own = self._text("external_id", cells, "")
        if not own:
            told = "\x1f".join((self._as, who, activity, told_at.isoformat()))
            own = "~" + hashlib.sha256(told.encode()).hexdigest()[:24]
        kind = self._text("kind", cells, "course").lower() or "course"
        if kind not in KINDS:
            raise BadRow(_no_kind(kind))
        return Entry(
            line, self._as, who, activity, self._text("title", cells, ""), kind, moment,
            self._score(self._text("score", cells, "")), self._slugs(self._text("skills", cells, "")),
            origin, f"import:{origin}:{own}", self._before is not None and moment < self._before,
        )  # fmt: skip

    def _text(self, name: str, cells: Sequence[str], default: str | None = None) -> str:
        cell = self._cells.get(name)
        said = cell(cells) if cell else (default or "")
        if not said and default is None:
            raise BadRow(_l("There is no %(name)s here.", name=name))
        if len(said) > LONGEST.get(name, 1000):
            if name == "title":
                return said[: LONGEST[name]]
            raise BadRow(_l("What stands for %(name)s is too long.", name=name))
        return said

    def _moment(self, said: str) -> datetime:
        try:
            found = self._read_moment(said)
        except (ValueError, OverflowError):
            raise BadRow(_l("%(said)s is no date that is read here.", said=said[:40])) from None
        if found < EARLIEST:
            raise BadRow(_l("%(said)s is before 1900.", said=said[:40]))
        if found.astimezone(self._zone).date() > self._at.astimezone(self._zone).date():
            raise BadRow(_l("%(said)s is still to come.", said=said[:40]))
        return found.astimezone(UTC)

    def _read_moment(self, said: str) -> datetime:
        """A day alone is noon of that day, as in an own log."""
        if self._from is not None:
            days = float(said.replace(",", "."))
            if not abs(days) < MOST_DAYS:
                raise ValueError
            return self._noon(self._from + timedelta(days=math.floor(days)))
        if self._format is not None and not _ISO.fullmatch(
            said
        ):  # a workbook gives dates as ISO, however shown
            found = datetime.strptime(said, self._format)  # noqa: DTZ007 -- the zone follows
            if not re.search(r"%[HIMSTcXfp]", self._format):
                return self._noon(found.date())
        else:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
                return self._noon(date.fromisoformat(said))
            found = datetime.fromisoformat(said)
            if re.fullmatch(r"[\d-]{8,10}", said):
                return self._noon(found.date())
        return found if found.tzinfo else found.replace(tzinfo=self._zone)

    def _noon(self, day: date) -> datetime:
        return datetime.combine(day, time(12), self._zone)

    def _score(self, said: str) -> float | None:
        """As a share: of `max`, in per cent, or as it is."""
        if not said:
            return None
        percent = said.endswith("%")
        try:
            found = float(said.removesuffix("%").strip().replace(",", "."))
        except ValueError:
            raise BadRow(_l("%(said)s is no score.", said=said[:40])) from None
        most = 100 if percent else self._most or (1 if abs(found) <= 1 else 100)
        if not math.isfinite(found) or not -most <= found <= most:
            raise BadRow(_l("The score %(said)s is beyond what there can be.", said=said[:40]))
        return found / most

    def _slugs(self, said: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(part.strip() for part in re.split(r"[|,;]", said) if part.strip()))
        for slug in found:
            if slug not in self._skills:
                raise BadRow(_l("There is no skill called %(slug)s.", slug=slug[:60]))
        if len(found) > MOST_SKILLS:
            raise BadRow(_l("What stands for %(name)s is too long.", name="skills"))
        return found


def _cell(part: Part, header: Sequence[str]) -> Cell:
    if part.column is None:
        fixed = part.value
        return lambda cells: fixed
    if part.column not in header:
        raise BadMap(
            _l(
                "The map wants the column %(column)s for %(name)s; the file has %(names)s.",
                column=part.column[:60],
                name=part.name,
                names=", ".join(header[:20])[:500],
            )
        )
    place = list(header).index(part.column)
    return lambda cells: cells[place]


def _no_kind(said: str) -> object:
    return _l("There is no kind %(said)s; there are %(kinds)s.", said=said[:40], kinds=", ".join(KINDS))


_ADDRESS = re.compile(r"(https?)://([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)


def _who(kind: str, said: str) -> str:
    """How the person would be known here."""
    if kind == "email":
        address = said.removeprefix("mailto:").strip().lower()
        if "@" not in address or " " in address:
            raise BadRow(_l("%(said)s is no e-mail address.", said=said[:60]))
        return address
    if kind == "account":
        home, _, name = said.partition(" ")
        if not name.strip():
            raise BadRow(
                _l("%(said)s is no account: write its home page, a space and the name.", said=said[:60])
            )
        match = _ADDRESS.fullmatch(home)
        if match:
            scheme, host = match[1].lower(), match[2].lower()
            host = host.removesuffix(":443" if scheme == "https" else ":80")
            home = f"{scheme}://{host}{match[3]}".rstrip("/")
        return f"{home} {name.strip()}"
    return said


# Reasons that are kept --------------------------------------------------------------------------------------


def told(reason: object) -> dict[str, Any]:
    """A lazy text as it is kept, to be said later in the language of whoever reads it."""
    words = getattr(reason, "_args", None)
    if words:
        return {"text": str(words[0]), "with": {k: str(v) for k, v in getattr(reason, "_kwargs", {}).items()}}
    return {"text": str(reason), "with": {}}


def guess(header: Sequence[str]) -> dict[str, str]:
    """Which column is likely meant by each entry, from its name; a form starts with it."""
    likely = {
        "person": r"(external[_ ]?id|person|employee|medewerker|who|user|learner|e-?mail|account)",
        "activity": r"(activity|course|cursus|training|module).*(id|code|nr|number)|^(activity|course|cursus)$",
        "title": r"(title|titel|course|cursus|training|opleiding|module)|(activity|activiteit).*(name|naam)",
        "kind": r"^(kind|type|soort)$",
        "completed_at": r"(completed|finished|afgerond|behaald|datum|date|when|day|dag)",
        "score": r"(score|grade|cijfer|result|mark)",
        "external_id": r"^(id|record[_ ]?id|row[_ ]?id|nummer)$",
        "skills": r"(skill|vaardighe)",
        "source": r"^(source|bron|platform)$",
    }
    found: dict[str, str] = {}
    for name, pattern in likely.items():
        for column in header:
            if column not in found.values() and re.search(pattern, column, re.IGNORECASE):
                found[name] = column
                break
    return found


WRITTEN = (
    ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}"),
    ("%d-%m-%Y %H:%M", r"\d{1,2}-\d{1,2}-\d{4} \d{1,2}:\d{2}"),
    ("%d/%m/%Y %H:%M", r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}"),
)


def guess_format(values: Sequence[str]) -> str:
    """How most of these days are written; the day comes first, as it does here."""
    told = [value.strip() for value in values if value.strip()]
    for name, pattern in WRITTEN:
        if 2 * sum(bool(re.fullmatch(pattern, value)) for value in told) > len(told):
            return name
    return ""
