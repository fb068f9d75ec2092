"""Who works at Waterveld: 240 named people, and as many generated ones as a benchmark wants.

Always the same people with the same ids: what is drawn hangs on a fixed seed and on their place in the file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from app.people.rules import slug_of

HERE = Path(__file__).parent
SEED = "Waterveld"
NAMED = 240
FIRST_GENERATED = 10001
TEAM_SIZE = 12
HOURS = (36.0, 36.0, 36.0, 36.0, 36.0, 32.0, 32.0, 28.0, 24.0, 20.0, 40.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One person of the demo: the row of the HR file, their own choices, and how eagerly they learn."""

    external_id: str
    name: str
    email: str
    manager_external_id: str
    department: str
    team: str
    job: str
    role: str = "employee"
    hours_per_week: float = 36.0
    language: str = "nl"
    accounts: tuple[tuple[str, str], ...] = ()
    board_choice: str | None = None
    game: bool = True
    eagerness: float = 1.0
    shifts: bool = False
    leads: bool = False

    @property
    def written(self) -> bool:
        """Has a name of their own in the file, rather than a generated one."""
        return int(self.external_id[1:]) < FIRST_GENERATED


@cache
def read(name: str) -> Any:
    """One of the hand-written files of this folder."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def company(people: int = NAMED) -> list[Colleague]:
    """The people of Waterveld; fewer than 240 are those one should know first, more are generated."""
    written = _named()
    if people < NAMED:
        return _few(written, people)
    return written + _generated(written, people - NAMED)


# Those with a name of their own -----------------------------------------------------------------------------


@cache
def _named_once() -> tuple[Colleague, ...]:
    data = read("people.json")
    found = [_colleague(data, *who) for who in _walk(data)]
    found = _without_mail(data, found)
    return tuple(_with_choices(data, found))


def _named() -> list[Colleague]:
    return list(_named_once())


def _walk(data: Mapping[str, Any]) -> Iterator[tuple[int, str, str, str, str, str, bool]]:
    """Number, name, job, department, team, manager whether they lead; managers come first."""
    number = 1001
    top = ""
    for department in data["departments"]:
        head, job = department["head"]
        head_id, top = f"W{number}", top or f"W{number}"
        yield number, head, job, department["name"], "", "" if head_id == top else top, True
        number += 1
        for team in department["teams"]:
            manager, job = team["manager"]
            manager_id = f"W{number}"
            yield number, manager, job, department["name"], team["name"], head_id, True
            number += 1
            for job, names in team["jobs"].items():
                for name in names:
                    yield number, name, job, department["name"], team["name"], manager_id, False
                    number += 1


def _colleague(
    data: Mapping[str, Any],
    number: int,
    name: str,
    job: str,
    department: str,
    team: str,
    manager: str,
    leads: bool,
) -> Colleague:
    external_id = f"W{number}"
    dice = Random(f"{SEED} {external_id}")
    hours = 36.0 if leads else dice.choice(HOURS)
    account = data["accounts"].get(name)
    return Colleague(
        external_id=external_id,
        name=name,
        email=f"{_mail_name(name)}@{data['mail']}",
        manager_external_id=manager,
        department=department,
        team=team,
        job=job,
        role=next((role for role, names in data["roles"].items() if name in names), "employee"),
        hours_per_week=float(data["hours"].get(name, hours)),
        language="en" if name in data["english"] else "nl",
        accounts=(tuple(account.split(" ", 1)),) if account else (),
        eagerness=data["eagerness"].get(name, round(dice.lognormvariate(-0.1, 0.45), 2)),
        shifts=job in data["shifts"],
        leads=leads,
    )


def _mail_name(name: str) -> str:
    """Noor Hendriks is noor.hendriks, Joost van der Meer is joost.vandermeer."""
    first, _, last = name.replace("Jan Kees", "JanKees").partition(" ")
    return f"{slug_of(first).replace('-', '')}.{slug_of(last).replace('-', '')}"


def _without_mail(data: Mapping[str, Any], people: Sequence[Colleague]) -> list[Colleague]:
    """Who works in shifts often has no address of the company, and signs in with the number of the pass."""
    keep = {*data["known"], *(name for names in data["roles"].values() for name in names)}
    able = [person.external_id for person in people if person.shifts and person.name not in keep]
    none = set(Random(f"{SEED} mail").sample(able, data["without_mail"]))
    return [replace(person, email="") if person.external_id in none else person for person in people]


def _with_choices(data: Mapping[str, Any], people: Sequence[Colleague]) -> Iterator[Colleague]:
    """How each wants to stand on boards: leaders set the example, most others are named, at least five of
    each department unnamed, some out, and some have not chosen yet."""
    chosen: dict[str, str | None] = {person.name: "named" for person in people if person.leads} | data[
        "choices"
    ]
    for department in data["departments"]:
        here = [p.name for p in people if p.department == department["name"] and p.name not in chosen]
        Random(f"{SEED} {department['name']}").shuffle(here)
        unnamed, out, silent = max(5, len(here) // 6), max(1, len(here) // 12), max(1, len(here) // 10)
        for place, name in enumerate(here):
            chosen[name] = (
                "unnamed" if place < unnamed
                else "out" if place < unnamed + out
                else None if place < unnamed + out + silent
                else "named"
            )  # fmt: skip
    without_game = set(Random(f"{SEED} game").sample([n for n, c in chosen.items() if c in ("out", None)], 6))
    for person in people:
        yield replace(person, board_choice=chosen[person.name], game=person.name not in without_game)


# Fewer and more ---------------------------------------------------------------------------------------------


def _few(written: Sequence[Colleague], people: int) -> list[Colleague]:
    """Those one should know, with all their managers, and then the file from the top."""
    known = read("people.json")["known"]
    by_id = {person.external_id: person for person in written}
    wanted: set[str] = set()
    for person in sorted(written, key=lambda person: person.name not in known):
        line = [person.external_id]
        while by_id[line[-1]].manager_external_id:
            line.append(by_id[line[-1]].manager_external_id)
        if len(wanted.union(line)) <= people:
            wanted.update(line)
    return [person for person in written if person.external_id in wanted]


def _generated(written: Sequence[Colleague], more: int) -> list[Colleague]:
    """More people for a benchmark: mixed names, in regional teams of the same departments."""
    dice = Random(f"{SEED} more")
    firsts = [person.name.split(" ", 1)[0] for person in written]
    lasts = [person.name.split(" ", 1)[1] for person in written]
    heads = {person.department: person for person in written if not person.team}
    like = [person for person in written if person.team and not person.leads]
    taken: dict[str, int] = {}
    manager: dict[str, tuple[str, int, int]] = {}  # department: who leads the open team, its number, its size
    found: list[Colleague] = []
    for place in range(more):
        model = like[place % len(like)]
        lead, number, size = manager.get(model.department, ("", 0, TEAM_SIZE))
        new_team = size >= TEAM_SIZE
        external_id = f"W{FIRST_GENERATED + place}"
        if new_team:
            lead, number, size = external_id, number + 1, 0
        manager[model.department] = (lead, number, size + 1)
        name = f"{dice.choice(firsts)} {dice.choice(lasts)}"
        mail = _mail_name(name)
        taken[mail] = taken.get(mail, 1) + 1
        found.append(
            replace(
                model,
                external_id=external_id,
                name=name,
                email=f"{mail}{taken[mail]}@{read('people.json')['mail']}",
                manager_external_id=heads[model.department].external_id if new_team else lead,
                team=f"{model.department} {number}",
                job="Teamleider" if new_team else model.job,
                role="employee",
                hours_per_week=dice.choice(HOURS),
                accounts=(),
                board_choice=dice.choices(["named", "unnamed", "out", None], [70, 15, 5, 10])[0],
                eagerness=round(dice.lognormvariate(-0.1, 0.45), 2),
                leads=new_team,
            )
        )
    return found


def by_name(people: Sequence[Colleague]) -> dict[str, Colleague]:
    """Those with a name of their own, by that name."""
    return {person.name: person for person in people if person.written}
