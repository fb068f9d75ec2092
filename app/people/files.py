"""HR files: what their cells say, what they would change, and bringing them in, chunk by chunk.

A chunk is one transaction, and the file's row keeps how far it is: whoever takes it up after a crash goes on there.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app.audit.actions import write
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.language import in_each, lang
from app.people import actions, naming, queries
from app.people.models import PeopleFile, PeopleFileRow, Person
from app.people.rules import PersonRow, email_of, tidy_row, why_not
from app.tables import Row, open_table

CHUNK, MANAGERS, SLICE, MOST_ROWS = 1000, 5000, 1000, 300_000
COLUMNS = (
    "external_id", "name", "email", "manager_external_id", "department", "team", "job", "role",
    "hours_per_week", "language", "active", "accounts",
)  # fmt: skip
ALSO = {
    "personeelsnummer": "external_id",
    "naam": "name",
    "e-mail": "email",
    "e_mail": "email",
    "e-mailadres": "email",
    "leidinggevende": "manager_external_id",
    "afdeling": "department",
    "functie": "job",
    "rol": "role",
    "uren_per_week": "hours_per_week",
    "taal": "language",
    "actief": "active",
}
YES, NO = {"", "1", "true", "yes", "y", "ja", "j", "waar"}, {"0", "false", "no", "n", "nee", "onwaar"}
KINDS = ("new", "back", "moved", "changed", "left", "refused", "note")

NOT_NOW = _l("Another people file is being brought in at this moment. Wait until it is done, then try again.")
GONE = _l("This file is not here any more. Send it again.")
WHY = {
    "no-key": _l("There is no external_id and no email: nobody could recognise this person."),
    "no-name": _l("There is no name."),
    "name-too-long": _l("The name is longer than 200 characters."),
    "text-too-long": _l("A cell is longer than 500 characters."),
    "not-an-email": _l("The email is no e-mail address."),
    "unknown-role": _l("The role is not one of employee, learning, hr, council, admin."),
    "unknown-language": _l("The language is not nl or en."),
    "unknown-active": _l("Active is not true or false."),
    "team-without-department": _l("There is a team, and no department that it is part of."),
    "own-manager": _l("This person would be their own manager."),
    "hours-out-of-range": _l("The hours per week are not between 0 and 80."),
    "no-number": _l("The hours per week are no number."),
    "wrong-account": _l("An account is a home page, a space, and a name."),
    "no-text": _l("There are characters in it that are no text."),
    "twice-in-file": _l("This person stands in the file before."),
    "email-of-another": _l("The e-mail address is somebody else's."),
    "last-administrator": _l("This is the last administrator. Make somebody else one first."),
    "erased-before": _l("Somebody with this number or address was erased. This is a new person here."),
    "unknown-manager": _l(
        "The manager is not known and not in the file; who the manager is stays as it was."
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said of one row: a difference, or why it is refused."""

    line: int
    kind: str
    external_id: str
    name: str
    detail: dict[str, Any]


@dataclass(slots=True)
class People:
    """A file that was read: its rows with their lines, what is refused at once, and columns nobody asked for."""

    rows: list[tuple[int, PersonRow]] = field(default_factory=list)
    refused: list[Told] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


# Reading ----------------------------------------------------------------------------------------------------


def read(source: str | Path | bytes) -> People:
    """The people of a file, whatever it is; refused as a whole when it is no table of people."""
    with open_table(BytesIO(source) if isinstance(source, bytes) else source) as table:
        return read_rows(table.header, table.rows())


def read_rows(header: Sequence[str], rows: Iterable[Row]) -> People:
    """Rows of cells; what is wrong by itself, or stands there twice, is refused here."""
    people = People()
    columns = _columns(header, people)
    silent = frozenset(set(COLUMNS) - set(columns.values()))
    keys: set[tuple[str, str]] = set()
    addresses: set[str] = set()
    troubles: list[tuple[int, PersonRow, object]] = []
    for line, cells, trouble in rows:
        if len(people.rows) + len(people.refused) + len(troubles) >= MOST_ROWS:
            raise Refused(_l("That is more than %(most)s rows. Send them in parts.", most=MOST_ROWS))
        given = {name: cells[at] for at, name in columns.items() if at < len(cells)}
        row, reason = _row(given, silent)
        if trouble is not None:
            troubles.append((line, row, trouble))
        elif reason := reason or why_not(row) or _twice(row, keys, addresses):
            people.refused.append(_refusal(line, row, reason))
        else:
            people.rows.append((line, row))
    said = in_each([trouble for _, _, trouble in troubles])
    for (line, row, _), both in zip(troubles, said, strict=True):
        people.refused.append(_refusal(line, row, "trouble", said=both))
    return people


def _columns(header: Sequence[str], people: People) -> dict[int, str]:
    """Which cell is what; the names are those of the documents, or in Dutch."""
    found: dict[int, str] = {}
    for at, given in enumerate(header):
        tidy = given.strip().lower().replace(" ", "_")
        name = ALSO.get(tidy, tidy)
        if name not in COLUMNS:
            people.unknown.extend([given.strip()[:60]] if given.strip() else [])
        elif name in found.values():
            raise Refused(_l("Two columns are the %(name)s. Remove one of them.", name=name))
        else:
            found[at] = name
    if "name" not in found.values() or not {"external_id", "email"} & set(found.values()):
        said = ", ".join(cell.strip()[:30] for cell in header[:12]) or "–"
        raise Refused(
            _l(
                "The first line must name the columns: name, and external_id or email. Found: %(found)s.",
                found=said,
            )
        )
    return found


def _row(given: Mapping[str, str], silent: frozenset[str]) -> tuple[PersonRow, str | None]:
    """The row as cells say it, with what is wrong in it; an empty role or language says nothing."""
    active, hours = given.get("active", "").lower(), given.get("hours_per_week", "")
    number = _number(hours)
    accounts = _accounts(given.get("accounts", ""))
    quiet = {name for name in ("role", "language", "accounts") if not given.get(name)}
    row = PersonRow(
        external_id=given.get("external_id"),
        name=given.get("name", ""),
        email=given.get("email"),
        manager_external_id=given.get("manager_external_id"),
        department=given.get("department"),
        team=given.get("team"),
        job=given.get("job", ""),
        role=given.get("role", ""),
        hours_per_week=number,
        language=given.get("language", ""),
        active=active not in NO,
        accounts=accounts or None,
        silent=silent | quiet,
    )
    wrong = {
        "unknown-active": active not in YES | NO,
        "no-number": bool(hours) and number is None,
        "wrong-account": accounts is None,
    }
    return tidy_row(row), next((code for code, is_wrong in wrong.items() if is_wrong), None)


def _number(typed: str) -> float | None:
    """With a comma or a point."""
    try:
        found = float(typed.replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _accounts(cell: str) -> list[tuple[str, str]] | None:
    """`homePage name`, several with | between; None when it is something else."""
    pairs = [part.strip().split(None, 1) for part in cell.split("|") if part.strip()]
    if any(len(pair) != 2 for pair in pairs):
        return None
    return [(home, name.strip()) for home, name in pairs]


def _twice(row: PersonRow, keys: set[tuple[str, str]], addresses: set[str]) -> str | None:
    address = email_of(row.email)
    if row.key in keys:
        return "twice-in-file"
    if address and address in addresses:
        return "email-of-another"
    keys.add(row.key)
    addresses.update([address] if address else [])
    return None


def _refusal(line: int, row: PersonRow, reason: str, **more: Any) -> Told:
    about = _plain(row.external_id or row.email), _plain(row.name)
    return Told(line, "refused", *about, {"reason": reason, **more})


def _plain(said: str | None) -> str:
    """What can be kept and shown of a cell that was refused."""
    return (said or "").replace("\x00", "").encode("utf-8", "replace").decode()[:200].strip()


# What it would do -------------------------------------------------------------------------------------------


def compare(people: People) -> tuple[list[Told], dict[str, int]]:
    """What bringing the file in would change, and how many of each kind; it reads only."""
    told, numbered = list(people.refused), actions.Imported()
    taken = actions.fit([row for _, row in people.rows], numbered)
    lines = {key: people.rows[number - 1][0] for key, number in numbered.numbers.items()}
    told += [_refusal(*people.rows[number - 1], reason) for number, reason in numbered.refused]
    managers = _known_managers(taken)
    losing: list[Told] = []
    same = 0
    for start in range(0, len(taken), SLICE):
        part = taken[start : start + SLICE]
        known, places = actions.known_people(part), _places()
        bosses = _numbers_of(person.manager_id for person in known.values())
        again = _erased_before([row for row in part if row.key not in known], lines)
        for row in part:
            found = _difference(lines[row.key], row, known.get(row.key), places, bosses, managers)
            same += not found
            told += found + again.get(row.key, [])
            if row.key in known and actions.loses_administrator(row, known[row.key]):
                losing.append(_refusal(lines[row.key], row, "last-administrator"))
        db.session.expunge_all()
    told = _without_last_administrator(told, losing)
    counts = {kind: sum(one.kind == kind for one in told) for kind in KINDS}
    rows = len(people.rows) + len(people.refused)
    return told, {**counts, "same": same, "rows": rows, "missing": _not_named(taken)}


def _erased_before(rows: Sequence[PersonRow], lines: Mapping[Any, int]) -> dict[Any, list[Told]]:
    """Who comes anew after an erasure: the file should perhaps not name them any more."""
    named, reason = naming.erased_before(rows), {"reason": "erased-before"}
    return {
        row.key: [
            Told(lines[row.key], "note", _plain(row.external_id or row.email), _plain(row.name), reason)
        ]
        for row in rows
        if row.key in named
    }


def _without_last_administrator(told: list[Told], losing: list[Told]) -> list[Told]:
    admins = select(func.count()).where(Person.role == "admin", Person.active)
    if losing and len(losing) >= (db.session.scalar(admins) or 0):
        lines = {one.line for one in losing}
        told = [one for one in told if one.line not in lines] + losing
    return sorted(told, key=lambda one: one.line)


def _difference(
    line: int,
    row: PersonRow,
    person: Person | None,
    places: Mapping[int | None, str],
    bosses: Mapping[int | None, str],
    managers: set[str],
) -> list[Told]:
    """One row's: what of a person would be other than it is."""
    notes = []
    boss = row.manager_external_id
    unknown_boss = boss is not None and boss not in managers
    about = (row.external_id or email_of(row.email) or "", row.name)
    if unknown_boss:
        notes = [Told(line, "note", *about, {"reason": "unknown-manager", "value": boss})]
    if person is None:
        place = " / ".join(part for part in (row.department, row.team) if part)
        return [Told(line, "new", *about, {"place": place, "active": row.active}), *notes]
    was = _as_it_is(person, places, bosses)
    wanted = _as_wanted(row, person)
    if unknown_boss:
        wanted.pop("manager_external_id", None)
    changes = {name: [was[name], value] for name, value in wanted.items() if was[name] != value}
    if not changes:
        return list(notes)
    return [Told(line, _kind(changes), *about, {"changes": changes}), *notes]


def _kind(changes: Mapping[str, Sequence[Any]]) -> str:
    if "active" in changes:
        return "back" if changes["active"][1] else "left"
    return "moved" if {"department", "team"} & changes.keys() else "changed"


def _as_it_is(
    person: Person, places: Mapping[int | None, str], bosses: Mapping[int | None, str]
) -> dict[str, Any]:
    return {
        "external_id": person.external_id,
        "name": person.name,
        "email": person.email,
        "manager_external_id": bosses.get(person.manager_id),
        "department": places.get(person.department_id),
        "team": places.get(person.team_id),
        "job": person.job,
        "role": person.role,
        "hours_per_week": person.hours_per_week,
        "active": person.active,
    }


def _as_wanted(row: PersonRow, person: Person) -> dict[str, Any]:
    """What the row says, as far as it says something; the language is theirs to choose."""
    wanted = {
        "external_id": row.external_id or person.external_id,
        "name": row.name,
        "email": email_of(row.email),
        "manager_external_id": row.manager_external_id,
        "department": row.department,
        "team": row.team,
        "job": row.job,
        "role": row.role,
        "hours_per_week": row.hours_per_week,
        "active": row.active,
    }
    silent = set(row.silent) | ({"team"} if "department" in row.silent else set())
    return {name: value for name, value in wanted.items() if name not in silent}


def _places() -> dict[int | None, str]:
    return {unit.id: unit.name for unit in queries.units().values()}


def _numbers_of(person_ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = sorted({person_id for person_id in person_ids if person_id is not None})
    rows = db.session.execute(select(Person.id, Person.external_id).where(Person.id.in_(wanted)))
    return {person_id: number for person_id, number in rows if number}


def _known_managers(rows: Sequence[PersonRow]) -> set[str]:
    """The managers who are known, or come with this file."""
    named = {row.manager_external_id for row in rows if row.manager_external_id}
    here = {row.external_id for row in rows if row.external_id}
    asked = [replace(_NOBODY, external_id=number) for number in sorted(named - here)]
    return here | {number for _, number in actions.ids_of(asked)}


_NOBODY = PersonRow(external_id="", name="")


def _not_named(rows: Sequence[PersonRow]) -> int:
    """How many who work here the file says nothing of; they stay as they are."""
    known = set(actions.ids_of(rows).values())
    ids = set(db.session.scalars(select(Person.id).where(Person.active, Person.erased_at.is_(None))))
    return len(ids - known)


NAMES = {
    "external_id": _l("personnel number"),
    "name": _l("name"),
    "email": _l("e-mail address"),
    "manager_external_id": _l("manager"),
    "department": _l("department"),
    "team": _l("team"),
    "job": _l("job"),
    "role": _l("role"),
    "hours_per_week": _l("hours per week"),
    "active": _l("works here"),
}
KIND_NAMES = {
    "new": _l("New"),
    "back": _l("Back again"),
    "moved": _l("Moved"),
    "changed": _l("Changed"),
    "left": _l("Left"),
    "refused": _l("Refused"),
    "note": _l("To look at"),
}


def in_words(told: Told) -> str:
    """What happens to somebody, or why not, in a line."""
    said = f"{KIND_NAMES[told.kind]}"
    if why := reason_of(told.detail):
        return f"{said}: {why}"
    changes = [f"{name}: {before} → {after}" for name, before, after in changes_of(told.detail)]
    place = told.detail.get("place")
    more = "; ".join(changes) or str(place or "")
    return f"{said}: {more}" if more else said


def reason_of(detail: Mapping[str, Any]) -> str:
    reason = detail.get("reason")
    if reason is None:
        return ""
    if reason == "trouble":
        return str(detail["said"].get(lang()) or "")
    value = detail.get("value")
    return f"{WHY[reason]} ({value})" if value else str(WHY[reason])


def changes_of(detail: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What is other, before, and after; as people write it."""
    return [
        (str(NAMES[name]), _shown(before), _shown(after))
        for name, (before, after) in detail.get("changes", {}).items()
    ]


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(_l("yes")) if value else str(_l("no"))
    return f"{value:g}" if isinstance(value, float) else str(value)


# Bringing it in ---------------------------------------------------------------------------------------------


def parts(rows: Sequence[Any], size: int = CHUNK, start: int = 0) -> Iterator[Sequence[Any]]:
    for at in range(start, len(rows), size):
        yield rows[at : at + size]


def import_part(rows: Sequence[tuple[int, PersonRow]], *, at: datetime) -> tuple[dict[str, int], list[Told]]:
    """One chunk: figures, and what is refused with its line."""
    done = actions.import_people([row for _, row in rows], at=at)
    made = set(done.made)
    new = [row for _, one in rows if done.ids.get((row := tidy_row(one)).key) in made]
    figures = {
        "new": len(done.made),
        "changed": len(done.changed),
        "moved": len(done.moved),
        "left": len(done.left),
        "back": len(done.back),
        "refused": len(done.refused),
        "again": len(naming.erased_before(row for row in new)) if new else 0,
    }
    return figures, [_refusal(*rows[number - 1], reason) for number, reason in done.refused]


def trace(figures: Mapping[str, int], *, at: datetime) -> None:
    """A whole file is in, by command."""
    write("people:imported", at=at, detail=dict(figures))


def import_managers(rows: Sequence[tuple[int, PersonRow]]) -> None:
    """Who reports to whom, once all parts are in: a manager may come after their people."""
    named = [row for _, row in rows]
    actions.set_managers(named, actions.ids_of(named))


_take_turn = text("SELECT pg_try_advisory_lock(7303015)")
_end_turn = text("SELECT pg_advisory_unlock(7303015)")


@contextmanager
def turn() -> Generator[bool]:
    """One import at a time in the whole house, by page or command; false when it is another's turn."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
        mine = bool(line.scalar(_take_turn))
        try:
            yield mine
        finally:
            if mine:
                line.execute(_end_turn)


# Files that were sent in ------------------------------------------------------------------------------------


def keep(*, name: str, content: bytes, by: int, at: datetime) -> int:
    """Keep a file until it is brought in, or a day old; who sends another one means that one."""
    mine = (PeopleFile.sent_by == by, PeopleFile.state.in_(("sent", "read", "refused")))
    db.session.execute(delete(PeopleFile).where(*mine))
    tidy = "".join(sign for sign in _plain(name) if sign.isprintable())[-120:] or "people.csv"
    values = {"name": tidy, "content": content, "sent_by": by, "sent_at": at, "state": "sent", "counts": {}}
    return int(db.session.execute(insert(PeopleFile).values(values).returning(PeopleFile.id)).scalar_one())


def tell_differences(file_id: int) -> None:
    """Read a kept file and write down what it would do; once."""
    kept = _locked(file_id)
    if kept is None or kept.state != "sent" or kept.content is None:
        return
    try:
        people = read(kept.content)
    except Refused as no:
        _set(file_id, state="refused", refusal=in_each([no.message])[0], content=None)
        return
    told, counts = compare(people)
    _write(file_id, told)
    _set(file_id, state="read", counts={**counts, "unknown": people.unknown[:20]}, rows=len(people.rows))


def confirm(*, file_id: int, by: int, at: datetime) -> bool:
    """Do it: the file is brought in by the worker. One at a time; a second word changes nothing, and says so."""
    kept = _locked(file_id)
    if kept is None:
        raise NotFound(GONE)
    if kept.state in ("running", "done"):
        return False
    if kept.state != "read":
        raise Refused(GONE)
    try:
        with db.session.begin_nested():
            _set(file_id, state="running", started_at=at)
    except IntegrityError:
        raise Conflict(NOT_NOW) from None
    write("people:import-started", at=at, actor_id=by, detail={"file_id": file_id, "rows": kept.rows})
    return True


def go_on(file_id: int, people: People, *, at: datetime) -> bool:
    """The next chunk of a running file; false when there is nothing left to do."""
    kept = _locked(file_id)
    if kept is None or kept.state != "running":
        return False
    if kept.done_rows < len(people.rows):
        part = people.rows[kept.done_rows : kept.done_rows + CHUNK]
        figures, refused = import_part(part, at=at)
        _write(file_id, refused, once=True)
        _set(file_id, done_rows=kept.done_rows + len(part), counts=_added(kept.counts, figures))
        return True
    begun = kept.counts.get("managers", 0)
    if begun < len(people.rows):
        import_managers(people.rows[begun : begun + MANAGERS])
        _set(file_id, counts={**kept.counts, "managers": begun + MANAGERS})
        return True
    _set(file_id, state="done", content=None, ended_at=at)
    figures = kept.counts.get("done", {})
    write("people:imported", at=at, actor_id=kept.sent_by, detail={"file_id": file_id, **figures})
    return False


def drop(*, file_id: int, at: datetime) -> None:
    """Not this one after all. One that is being brought in stops after the chunk that is under way."""
    kept = _locked(file_id)
    if kept is not None and kept.state == "running":
        said = _l(
            "You stopped it: %(done)s of %(total)s rows are in. Send the file again for the rest.",
            done=kept.done_rows,
            total=kept.rows,
        )
        _set(file_id, state="refused", refusal=in_each([said])[0], content=None, ended_at=at)
        return
    waiting = PeopleFile.state.in_(("sent", "read", "refused"))
    db.session.execute(delete(PeopleFile).where(PeopleFile.id == file_id, waiting))


def _added(counts: Mapping[str, Any], figures: Mapping[str, int]) -> dict[str, Any]:
    before = counts.get("done", {})
    return {**counts, "done": {name: before.get(name, 0) + number for name, number in figures.items()}}


def _locked(file_id: int) -> Any:
    columns = (PeopleFile.name, PeopleFile.content, PeopleFile.state, PeopleFile.counts, PeopleFile.rows)
    statement = select(*columns, PeopleFile.done_rows, PeopleFile.sent_by).where(PeopleFile.id == file_id)
    return db.session.execute(statement.with_for_update()).one_or_none()


def _set(file_id: int, **values: Any) -> None:
    statement = update(PeopleFile).where(PeopleFile.id == file_id).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _write(file_id: int, told: Sequence[Told], *, once: bool = False) -> None:
    """Put down what is to be told; `once` passes over refusals that were foreseen."""
    if once and told:
        statement = select(PeopleFileRow.line).where(
            PeopleFileRow.file_id == file_id, PeopleFileRow.kind == "refused"
        )
        known = set(db.session.scalars(statement))
        told = [one for one in told if one.line not in known]
    rows = [
        {
            "file_id": file_id,
            "line": one.line,
            "kind": one.kind,
            "external_id": one.external_id,
            "name": one.name,
            "detail": one.detail,
        }
        for one in told
    ]
    if rows:
        db.session.execute(insert(PeopleFileRow), rows)
