"""Fill an empty installation with Waterveld. Called again it says so; stopped half-way, it goes on."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import BigInteger, Boolean, Text

from app.activities.queries import ids_by_slug
from app.config import settings
from app.db import db, transaction
from app.demo.calendar import plan
from app.demo.care import report
from app.demo.careers import describe
from app.demo.company import NAMED, Colleague, by_name, company, read
from app.demo.days import DAYS, Day
from app.demo.goals import aim
from app.demo.guiding import guide
from app.demo.history import history
from app.demo.play import PLATFORM, Stage, count_the_week, play, stage_managers
from app.demo.profiles import show
from app.demo.proving import prove
from app.demo.recognitions import recognise
from app.demo.replies import reply
from app.demo.reviewing import review
from app.demo.sharing import DRAFT
from app.errors import Refused
from app.imports import catalogue
from app.imports.queries import client
from app.lessons import extras as lesson_extras
from app.notifications import actions as notifications
from app.notifications.rules import USUAL
from app.outbox import settle
from app.people import actions as people_actions
from app.people import pauses
from app.people.models import Person, Setting
from app.people.pauses import Away
from app.people.queries import units
from app.people.rules import PersonRow
from app.people.sign_in import hash_password
from app.vision.queries import ids_of

PASSWORD = "waterveld"  # noqa: S105 (of people who do not exist)
FEWEST = 40
AT_ONCE = 1000
KEY = "demo"
TOLD = {"confirm": "daily", "badge": "none"}  # what who looks around has chosen of mail
Echo = Callable[[str], object]
# Whom one can be, to look around: role, name, what to see.
CAST = {
    "employee": ("Noor Hendriks", "process operator in Team Zuid; start here"),
    "manager": ("Maaike Postma", "Noor's manager; logs wait for her word"),
    "learning": ("Femke Dijkstra", "learning and development"),
    "hr": ("Sanne Bakker", "HR business partner"),
    "council": ("Esther Wolters", "works council"),
    "admin": ("Olaf Berg", "administrator"),
    "other": ("Latifa Amrani", "a colleague of another department"),
}

# Whom HR reaches: one of them two departments only. And who watches over looks, who is no administrator.
SERVES = {"Anouk Verhoeven": ("Distributie", "Productie")}
OFFICER = "Willemijn van Dam"
ALSO = {
    "hr of two departments": ("Anouk Verhoeven", "HR of Distributie and Productie, and of nobody else"),
    "privacy officer": (OFFICER, "reads which looks were refused"),
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody one can sign in as."""

    role: str
    name: str
    login: str
    about: str


def seed(
    *,
    people: int = NAMED,
    tokens_file: Path | None = None,
    at: datetime | None = None,
    people_file: Path | None = None,
    echo: Echo = print,
) -> list[SignIn]:
    """Make the demo organisation, once; return whom one can sign in as.

    That, and the key of its learning platform, is written down in `people_file`; without one it is told, since the
    secret is shown only once, and no file of another database is touched.
    """
    if people < FEWEST:
        raise Refused(f"Waterveld has at least {FEWEST} people.")
    now = at or datetime.now(UTC)
    kept = _kept()
    if kept.get("done"):
        echo("Waterveld is there already; nothing was changed.")
    else:
        if kept:
            people, now = kept["people"], datetime.fromisoformat(kept["now"])
            echo("Going on with Waterveld where it stopped.")
        _fill(company(people), people, now, kept, people_file, echo)
    if tokens_file is not None:
        _write_tokens(tokens_file, datetime.now(UTC) if at is None else at)
        echo(f"Tokens to try the API with are in {tokens_file}.")
    return who_can_sign_in()


def who_can_sign_in() -> list[SignIn]:
    """One person per role, and two who reach less or more than their role says."""
    found = by_name(company())
    told = (CAST | ALSO).items()
    return [SignIn(role, name, found[name].email, about) for role, (name, about) in told]


# The filling ------------------------------------------------------------------------------------------------


def _fill(
    everybody: Sequence[Colleague],
    people: int,
    now: datetime,
    kept: dict[str, Any],
    people_file: Path | None,
    echo: Echo,
) -> None:
    zone = ZoneInfo(settings().timezone)
    before = now - timedelta(days=DAYS + 30)
    if "client" not in kept:
        kept |= {"people": people, "now": now.isoformat(), "played": 0}
        kept |= {"lessons": {}, "authors": {}, "logs": {}}
        _found(kept, before, people_file, echo)
    if "hired" not in kept:
        _hire(everybody, kept, before, echo)
    stage = _stage(everybody, kept, zone)
    days = history(everybody, now, zone)
    _live(stage, days, kept, now, echo)
    named = {person.name: person for person in reversed(everybody)}  # of namesakes the first
    ids = {person.name: stage.people[named[person.name].external_id] for person in everybody}
    _reach(ids, kept, before)
    _together(everybody, stage, ids, kept, now, echo)
    _aim(ids, now, zone, kept, echo)
    _review(ids, now, kept, echo)
    _prove(ids, now, kept)
    _leave(ids, now, zone)
    kept["done"] = True
    employee = by_name(everybody)[CAST["employee"][0]]
    with transaction():
        db.session.execute(_SEEN, {"email": employee.email})
        writer = stage.people[employee.external_id]
        lesson_extras.keep_draft(by=writer, draft={**DRAFT, "skills": []}, at=now - timedelta(hours=2))
        db.session.execute(_USED, {"client": kept["client"], "at": now})
        notifications.choose(writer, to=USUAL, ways=TOLD, at=now)
        planned = plan(now, zone)
        settle(now)
        _keep(kept, now)
    echo(f"  {planned} workshops to come")


def _reach(ids: Mapping[str, int], kept: dict[str, Any], at: datetime) -> None:
    """Whom HR serves, and who is privacy officer, as the administrator decided; once."""
    if "reach" in kept:
        return
    by = ids[CAST["admin"][0]]
    with transaction():
        departments = {unit.name: unit.id for unit in units().values() if unit.kind == "department"}
        for name, served in SERVES.items():
            wanted = [departments[one] for one in served if one in departments]
            if name in ids and wanted:  # where fewer people are made there may be fewer departments
                people_actions.serve_departments(person_id=ids[name], department_ids=wanted, by=by, at=at)
        if OFFICER in ids:
            people_actions.make_privacy_officer(person_id=ids[OFFICER], on=True, by=by, at=at)
        kept["reach"] = True
        _keep(kept, at)


def _leave(ids: Mapping[str, int], now: datetime, zone: ZoneInfo) -> None:
    """A week off in three weeks: the day of a goal of theirs moves with it. Entering it twice is once."""
    who, today = ids[CAST["employee"][0]], now.astimezone(zone).date()
    week = Away(who, today + timedelta(days=21), today + timedelta(days=27))
    with transaction():
        pauses.enter([week], by=who, today=today, at=now)
        settle(now)


def _prove(ids: Mapping[str, int], now: datetime, kept: dict[str, Any]) -> None:
    """Logs with a file, once."""
    if "proved" in kept:
        return
    prove(ids, now)
    kept["proved"] = True
    with transaction():
        _keep(kept, now)


def _together(
    everybody: Sequence[Colleague],
    stage: Stage,
    ids: Mapping[str, int],
    kept: dict[str, Any],
    now: datetime,
    echo: Echo,
) -> None:
    """What colleagues are to each other besides lessons and kudos, step by step: each is made once."""
    if "given" not in kept:
        kept["given"] = recognise(ids, now)
        with transaction():
            show(ids)
            settle(now)
            _keep(kept, now)
        echo(f"  {kept['given']} special recognitions")
    if "guided" not in kept:
        _guide(everybody, stage, kept, now, echo)
    if "replied" not in kept:
        reply(ids, now)
        kept["replied"] = True
        with transaction():
            report(ids, now)
            settle(now)
            _keep(kept, now)


def _aim(ids: Mapping[str, int], now: datetime, zone: ZoneInfo, kept: dict[str, Any], echo: Echo) -> None:
    if "aimed" not in kept:
        with transaction():
            aimed = aim(ids, now, zone)
            settle(now)
            kept["aimed"] = True
            _keep(kept, now)
        echo(f"  {aimed} goals of colleagues")
    if "described" not in kept:
        with transaction():
            jobs = describe(ids, now)
            settle(now)
            kept["described"] = True
            _keep(kept, now)
        echo(f"  {jobs} jobs, with what they ask")


def _review(ids: Mapping[str, int], now: datetime, kept: dict[str, Any], echo: Echo) -> None:
    if "reviewed" in kept:
        return
    kept["reviewed"] = review(ids, now)
    with transaction():
        _keep(kept, now)
    echo(f"  {kept['reviewed']} promotion reviews")


def _guide(
    everybody: Sequence[Colleague], stage: Stage, kept: dict[str, Any], now: datetime, echo: Echo
) -> None:
    kept["guided"] = guide(everybody, stage.people, stage.skills, now, stage.zone)
    with transaction():
        _keep(kept, now)
    echo(f"  {kept['guided']} meetings of colleagues who guide each other")


def _found(kept: dict[str, Any], at: datetime, people_file: Path | None, echo: Echo) -> None:
    """The organisation, its catalogue and the client of its learning platform."""
    with transaction():
        people_actions.make_organisation(name=read("people.json")["organisation"])
        loaded = catalogue.load(read("catalogue.json"), at=at)
        made = people_actions.make_client(
            name="Leerplatform Waterveld",
            scopes=["xapi:write"],
            at=at,
            account_home=PLATFORM,
            account_is="external_id",
        )
        kept["client"] = made.id
        settle(at)
        _keep(kept, at)
    if people_file is None:
        echo(f"  the learning platform: {_platform(made)}")
    else:
        write_people_file(people_file, made)
        echo(f"  the key of the learning platform is in {people_file}")
    echo(f"  {loaded.skills} skills, {loaded.activities} activities, {len(loaded.changed)} badges")


def _hire(everybody: Sequence[Colleague], kept: dict[str, Any], at: datetime, echo: Echo) -> None:
    """The people, as the HR file brings them; then how they want to be seen."""
    password_hash = hash_password(PASSWORD)
    ids: dict[tuple[str, str], int] = {}
    rows = [_row(person, password_hash) for person in everybody]
    for start in range(0, len(rows), AT_ONCE):
        with transaction():
            done = people_actions.import_people(rows[start : start + AT_ONCE], at=at)
            settle(at)
        ids |= done.ids
        if len(rows) > NAMED and start:
            echo(f"  {start + AT_ONCE} people")
    with transaction():
        people_actions.set_managers(rows, ids)
        _choose(everybody, {external_id: person_id for (_, external_id), person_id in ids.items()})
        kept["hired"] = True
        _keep(kept, at)
    echo(f"  {len(everybody)} people in {len({(p.department, p.team) for p in everybody if p.team})} teams")


def _row(person: Colleague, password_hash: str) -> PersonRow:
    return PersonRow(
        external_id=person.external_id,
        name=person.name,
        email=person.email or None,
        manager_external_id=person.manager_external_id or None,
        department=person.department,
        team=person.team or None,
        job=person.job,
        role=person.role,
        hours_per_week=person.hours_per_week,
        language=person.language,
        accounts=person.accounts,
        password_hash=password_hash,
    )


_CHOOSE = text("""
    UPDATE person SET board_choice = c.choice, game = c.game
    FROM unnest(:ids, :choices, :games) AS c(id, choice, game) WHERE person.id = c.id
""").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger)),
    bindparam("choices", type_=ARRAY(Text)),
    bindparam("games", type_=ARRAY(Boolean)),
)


def _choose(everybody: Sequence[Colleague], ids: Mapping[str, int]) -> None:
    """What each answered at the first sign-in. In one statement: nobody stands on a board yet."""
    db.session.execute(
        _CHOOSE,
        {
            "ids": [ids[person.external_id] for person in everybody],
            "choices": [person.board_choice for person in everybody],
            "games": [person.game for person in everybody],
        },
    )


# Half a year of badges was seen when they came; the newest of who looks around is still to be shown.
# What it sent went past the door, so the door has not noticed its key.
_USED = text("UPDATE api_client SET used_at = :at WHERE id = :client")
_SEEN = text("""
    UPDATE award SET seen_at = awarded_at WHERE seen_at IS NULL AND id IS DISTINCT FROM (
        SELECT a.id FROM award a JOIN person p ON p.id = a.person_id
        WHERE p.email = :email AND a.revoked_at IS NULL ORDER BY a.earned_at DESC, a.tier DESC LIMIT 1)
""")


def _stage(everybody: Sequence[Colleague], kept: Mapping[str, Any], zone: ZoneInfo) -> Stage:
    written = read("catalogue.json")
    with transaction():
        rows = db.session.execute(
            select(Person.external_id, Person.id).where(Person.external_id.is_not(None))
        )
        return Stage(
            people={row.external_id: row.id for row in rows},
            managers=stage_managers(everybody),
            activities=ids_by_slug(activity["slug"] for activity in written["activities"]),
            skills=ids_of(skill["slug"] for skill in written["skills"]),
            platform=client(kept["client"]),
            zone=zone,
            teams={unit.name: unit.id for unit in units().values() if unit.kind == "team"},
            lessons={int(key): lesson_id for key, lesson_id in kept["lessons"].items()},
            authors={int(key): who for key, who in kept["authors"].items()},
            logs={int(key): (log[0], log[1], log[2]) for key, log in kept["logs"].items()},
        )


def _live(stage: Stage, days: Sequence[Day], kept: dict[str, Any], now: datetime, echo: Echo) -> None:
    """Day after day, each in one transaction together with how far we are."""
    month = ""
    for place, day in enumerate(days):
        if place < kept["played"] or not day:
            continue
        if f"{day.on:%Y-%m}" != month:
            month = f"{day.on:%Y-%m}"
            echo(f"  {month}: {_in_words(days, month)}")
        at = min(datetime.combine(day.on, time(22, 30), stage.zone).astimezone(UTC), now)
        with transaction():
            play(stage, day, at)
            kept |= {
                "played": place + 1,
                "lessons": stage.lessons,
                "authors": stage.authors,
                "logs": stage.logs,
            }
            _keep(kept, at)
        count_the_week(at)


def _in_words(days: Sequence[Day], month: str) -> str:
    """What a month brings, so that whoever waits has something to read."""
    these = [day for day in days if f"{day.on:%Y-%m}" == month]
    learned = sum(len(day.done) + len(day.told) for day in these)
    lessons, thanks = sum(len(day.shared) for day in these), sum(len(day.thanks) for day in these)
    return f"{learned} times learned, {lessons} lessons shared, {thanks} times thanked"


# What is remembered and written down ------------------------------------------------------------------------


def _kept() -> dict[str, Any]:
    with transaction():
        return dict(db.session.scalar(select(Setting.value).where(Setting.key == KEY)) or {})


def _keep(kept: Mapping[str, Any], at: datetime) -> None:
    row = insert(Setting).values(key=KEY, value=dict(kept), changed_at=at)
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=[Setting.key],
            set_={"value": row.excluded.value, "changed_at": row.excluded.changed_at},
        )
    )


def write_people_file(path: Path, made: people_actions.MadeClient) -> None:
    """Whom one can sign in as, for `make demo` to show; the client's secret is shown nowhere else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{who.login:<36} {PASSWORD}   {who.about}" for who in who_can_sign_in()]
    _write_private(path, "\n".join([*lines, "", f"learning platform (xAPI): {_platform(made)}", ""]))


def _platform(made: people_actions.MadeClient) -> str:
    return f"key {made.key}  secret {made.secret}"


def _write_tokens(path: Path, at: datetime) -> None:
    """Bearer tokens of one person per role, for whoever tries the API."""
    tokens = {}
    with transaction():
        wanted = select(Person.name, Person.id).where(Person.email.in_(_logins()))
        found = {row.name: row.id for row in db.session.execute(wanted)}
        for role, (name, _) in CAST.items():
            tokens[role] = people_actions.make_token(person_id=found[name], at=at)
    _write_private(path, json.dumps(tokens, indent=2) + "\n")


def _logins() -> Iterable[str]:
    return [who.login for who in who_can_sign_in()]


def _write_private(path: Path, content: str) -> None:
    """Readable by its owner alone, from the first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
