"""The formats that xAPI borrows: IRI, mailto, UUID, language tag, media type, timestamp, duration.

Each is one compiled pattern; none can backtrack for long (possessive quantifiers), whatever is sent.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

# RFC 3987: the letters beyond ASCII, without the controls that turn the direction of writing (4.1) ----------
_UCS = (
    "\u00a0-\u200d\u2010-\u2029\u202f-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
    "\U00010000-\U0001fffd\U00020000-\U0002fffd\U00030000-\U0003fffd\U00040000-\U0004fffd"
    "\U00050000-\U0005fffd\U00060000-\U0006fffd\U00070000-\U0007fffd\U00080000-\U0008fffd"
    "\U00090000-\U0009fffd\U000a0000-\U000afffd\U000b0000-\U000bfffd\U000c0000-\U000cfffd"
    "\U000d0000-\U000dfffd\U000e1000-\U000efffd"
)
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_PLAIN = r"A-Za-z0-9\-._~!$&'()*+,;=" + _UCS
_HEX = "[0-9A-Fa-f]"
_CODED = f"%{_HEX}{{2}}"


def _run(letters: str) -> str:
    """Any number of these letters or of percent-coded bytes."""
    return f"(?:[{letters}]++|{_CODED})*+"


_SEGMENT = _run(_PLAIN + ":@")
_HOST = rf"(?:\[[0-9A-Fa-f:.]++\]|\[v{_HEX}++\.[A-Za-z0-9\-._~!$&'()*+,;=:]++\]|{_run(_PLAIN)})"
_AUTHORITY = rf"(?:{_run(_PLAIN + ':')}@)?{_HOST}(?::[0-9]*+)?"
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*+:"
    rf"(?://{_AUTHORITY}(?:/{_SEGMENT})*+|(?!//)/?{_SEGMENT}(?:/{_SEGMENT})*+)"
    rf"(?:\?{_run(_PLAIN + ':@/?' + _PRIVATE)})?"
    rf"(?:\#{_run(_PLAIN + ':@/?')})?"
)
_LABEL = rf"[A-Za-z0-9{_UCS}](?:[A-Za-z0-9\-_{_UCS}]*+)"
_MAILTO = re.compile(
    rf"mailto:(?:[A-Za-z0-9!$&'*+\-/=_.~{_UCS}]++|{_CODED})++@"
    rf"(?:{_LABEL}(?:\.{_LABEL})*+|\[[0-9A-Za-z:.\-]++\])"
)
_UUID = re.compile(rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}")
_SHA1 = re.compile(rf"{_HEX}{{40}}")
_SHA2 = re.compile(rf"{_HEX}{{64}}|{_HEX}{{96}}|{_HEX}{{128}}|{_HEX}{{56}}")
_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~\-]++"
_MEDIA_TYPE = re.compile(
    rf"{_WORD}/{_WORD}(?:[ \t]*+;[ \t]*+"
    rf'(?:{_WORD}=(?:{_WORD}|"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*+"))?)*+[ \t]*+'
)
_LANGUAGE_TAG = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*+"
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})++)*+(?:-x(?:-[a-z0-9]{1,8})++)?"
    r"|x(?:-[a-z0-9]{1,8})++"
    r"|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-be-(?:fr|nl)|sgn-ch-de)",
    re.IGNORECASE | re.ASCII,
)
_VERSION_ONE = re.compile(r"1\.0\.[0-9]++(?:[+\-A-Za-z][0-9A-Za-z.+\-]*+)?")
_VERSION_TWO = re.compile(r"[12]\.0\.[0-9]++(?:[+\-A-Za-z][0-9A-Za-z.+\-]*+)?")


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    fullmatch = pattern.fullmatch
    return lambda text: fullmatch(text) is not None


is_iri = _matches(_IRI)
is_mailto = _matches(_MAILTO)
is_uuid = _matches(_UUID)
is_sha1 = _matches(_SHA1)
is_sha2 = _matches(_SHA2)
is_media_type = _matches(_MEDIA_TYPE)
is_language_tag = _matches(_LANGUAGE_TAG)
is_version_one = _matches(_VERSION_ONE)
is_version_two = _matches(_VERSION_TWO)

# Time -------------------------------------------------------------------------------------------------------
_RFC_3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_ISO_8601 = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<dash>-?)(?:(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"|W(?P<week>[0-9]{2})(?P=dash)(?P<weekday>[1-7])|(?P<ordinal>[0-9]{3})))[Tt ]"
    r"(?P<hour>[0-9]{2})(?::?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2}))?)?(?:[.,](?P<fraction>[0-9]+))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<off_hour>[0-9]{2})(?::?(?P<off_minute>[0-9]{2}))?)?"
)
_DURATION = re.compile(
    r"P(?!.*[.,][0-9]+[A-Z].)(?:(?P<weeks>[0-9]+(?:[.,][0-9]+)?)W|(?=[0-9T])"
    r"(?:(?P<years>[0-9]+(?:[.,][0-9]+)?)Y)?(?:(?P<months>[0-9]+(?:[.,][0-9]+)?)M)?"
    r"(?:(?P<days>[0-9]+(?:[.,][0-9]+)?)D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]+(?:[.,][0-9]+)?)H)?(?:(?P<minutes>[0-9]+(?:[.,][0-9]+)?)M)?"
    r"(?:(?P<seconds>[0-9]+(?:[.,][0-9]+)?)S)?)?)"
)
_HOURS = {
    "weeks": 168.0,
    "years": 8766.0,  # 365.25 days
    "months": 730.5,
    "days": 24.0,
    "hours": 1.0,
    "minutes": 1 / 60,
    "seconds": 1 / 3600,
}
_TOO_FINE = re.compile(r"([.,][0-9]{2})[0-9]+S$")


class _Clock(NamedTuple):
    """A time of day as written, with how far its place is from UTC."""

    hour: int
    minute: int
    second: int
    fraction: str | None
    sign: str | None
    off_hour: int
    off_minute: int


def moment_rfc3339(text: str) -> datetime | None:
    """The moment of an RFC 3339 date and time (what xAPI 2.0 asks for), in UTC; None if it is none."""
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, off_hour, off_minute = match.groups()
    if hour > "23":
        return None
    clock = _Clock(
        int(hour), int(minute), int(second), fraction, sign, int(off_hour or 0), int(off_minute or 0)
    )
    try:
        return _at(date(int(year), int(month), int(day)), clock)
    except (ValueError, OverflowError):
        return None


def moment_iso8601(text: str) -> datetime | None:
    """The moment of any ISO 8601 date and time (xAPI 1.0.3), in UTC; without a zone it counts as UTC."""
    found = moment_rfc3339(text)
    if found is not None:
        return found
    match = _ISO_8601.fullmatch(text)
    if match is None:
        return None
    part = match.groupdict()
    try:
        return _at(_day(part), _clock(part))
    except (ValueError, OverflowError):
        return None


def _day(part: dict[str, str | None]) -> date:
    """A calendar date, a week date or an ordinal date."""
    year = int(part["year"] or 0)
    if part["week"]:
        return date.fromisocalendar(year, int(part["week"]), int(part["weekday"] or 1))
    if part["ordinal"]:
        found = date(year, 1, 1) + timedelta(days=int(part["ordinal"]) - 1)
        if found.year != year:
            raise ValueError("no such day")
        return found
    return date(year, int(part["month"] or 0), int(part["day"] or 0))


def _clock(part: dict[str, str | None]) -> _Clock:
    """A time of day; a fraction belongs to seconds, and only whole days end at 24:00."""
    if part["fraction"] and not part["second"]:
        raise ValueError("fractions of minutes and hours are not read")
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if hour == 24 and (minute or second or int(part["fraction"] or 0)):
        raise ValueError("nothing comes after 24:00")
    return _Clock(
        hour,
        minute,
        second,
        part["fraction"],
        part["sign"],
        int(part["off_hour"] or 0),
        int(part["off_minute"] or 0),
    )


def _at(day: date, clock: _Clock) -> datetime:
    """Put day and clock together; a leap second (60) is the first moment of the next minute."""
    _, minute, second, fraction, sign, off_hour, off_minute = clock
    if off_hour > 23 or off_minute > 59 or (sign == "-" and not off_hour and not off_minute):
        raise ValueError("no such offset")  # RFC 3339: -00:00 says that the offset is unknown
    if minute > 59 or second > 60 or clock.hour > 24:
        raise ValueError("no such time")
    micro = int((fraction + "000000")[:6]) if fraction else 0
    found = datetime(day.year, day.month, day.day, clock.hour % 24, minute, min(second, 59), micro, UTC)
    away = off_hour * 3600 + off_minute * 60
    correction = (away if sign == "-" else -away) + (second == 60) + 86400 * (clock.hour == 24)
    return found + timedelta(seconds=correction) if correction else found


def is_duration(text: str) -> bool:
    """Whether this is an ISO 8601 duration with designators (4.4.3.2), such as PT1H30M or P4W."""
    return _DURATION.fullmatch(text) is not None


def hours_of(duration: str) -> float | None:
    """How many hours a duration is; years and months count as their average. None if no number holds it."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        return None
    hours = sum(
        float(part.replace(",", ".")) * _HOURS[name] for name, part in match.groupdict().items() if part
    )
    return hours if hours < 1e9 else None


def duration_to_compare(duration: str) -> str:
    """The duration as two are compared: as a string, without what is finer than 0.01 second (Data 4.6)."""
    return _TOO_FINE.sub(r"\1S", duration)
