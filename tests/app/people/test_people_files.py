"""HR files by the command: what they change, what they would change, and what is refused with its line."""

import gzip
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from flask import Flask

from app.db import db, transaction
from app.outbox import settle
from app.people import actions, files, queries
from app.people.models import Person
from tests.cast import Cast, SignedIn
from tests.small import rows

HEADER = "external_id,name,email,manager_external_id,department,team,job,role,hours_per_week,language,active"
ANNA = "w-anna,Anna,anna@waterveld.example,w-mia,Water,North,,employee,36,en,true"
BEN = "w-ben,Ben,ben@waterveld.example,w-mia,Water,North,,employee,36,en,true"
ZOE = "w-zoe,Zoë,,w-yan,Water,East,Fitter,employee,32,nl,true"
YAN = 'w-yan,Yan,yan@waterveld.example,,Water,East,,,"36,5",,'


@pytest.fixture(autouse=True)
def _inside(app: Flask, cast: Cast) -> Iterable[None]:
    with app.app_context():
        yield


@pytest.fixture
def bring(app: Flask, tmp_path: Path) -> Callable[..., Result]:
    """`bring(ANNA, BEN)`: the command on a file with these rows."""

    def run(
        *lines: str, header: str = HEADER, dry: bool = False, name: str = "people.csv", code: int = 0
    ) -> Result:
        content = "\n".join([header, *lines]).encode()
        file = tmp_path / name
        file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        done = app.test_cli_runner().invoke(
            args=["people", "import", str(file), *(["--dry-run"] if dry else [])]
        )
        assert done.exit_code == code, done.output
        db.session.remove()
        return done

    return run


def who(external_id: str) -> Person:
    db.session.expire_all()
    found = db.session.scalar(db.select(Person).where(Person.external_id == external_id))
    assert found is not None
    return found


def test_people_come_and_a_second_time_nothing_changes(bring: Callable[..., Result]) -> None:
    first = bring(ANNA, BEN, ZOE, YAN)
    assert "4 rows: 2 people new, 0 changed (0 moved, 0 left, 0 back), 0 refused" in first.output
    assert who("w-zoe").manager_id == who("w-yan").id
    assert who("w-yan").hours_per_week == 36.5
    assert "4 rows: 0 people new, 0 changed" in bring(ANNA, BEN, ZOE, YAN).output


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz"])
def test_semicolons_a_byte_order_mark_and_gzip_are_read(bring: Callable[..., Result], name: str) -> None:
    done = bring("w-zoe;Zoë;nee", header="\ufeffexternal_id;name;active", name=name)
    assert "1 people new" in done.output
    assert not who("w-zoe").active


def test_a_workbook_is_read(app: Flask, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Personeelsnummer", "Naam", "Afdeling", "Actief", "Uren per week"])  # type: ignore[union-attr]
    book.active.append([4711, "Zoë", "Water", True, 32])  # type: ignore[union-attr]
    book.save(tmp_path / "people.xlsx")
    done = app.test_cli_runner().invoke(args=["people", "import", str(tmp_path / "people.xlsx")])
    assert "1 people new" in done.output
    assert who("4711").hours_per_week == 32


def test_columns_that_are_not_there_say_nothing(cast: Cast, bring: Callable[..., Result]) -> None:
    bring("w-dan,Dan the Man", header="external_id,name")
    dan = who("w-dan")
    assert (dan.name, dan.role, dan.email, dan.active) == (
        "Dan the Man",
        "admin",
        "dan@waterveld.example",
        True,
    )
    assert queries.card(dan.id).team == "Desk"
    bring("w-dan,Dan,,Systems", header="external_id,name,role,department")
    assert (who("w-dan").role, who("w-dan").team_id) == ("admin", cast.desk)


def test_who_left_is_out_at_once_and_signs_in_anew_when_back(
    cast: Cast, client_of: Callable[[str], SignedIn], bring: Callable[..., Result]
) -> None:
    inside = client_of("anna")
    with transaction():
        token = actions.make_token(person_id=cast.anna, at=datetime.now(UTC))
        link = actions.invite(person_id=cast.anna, at=datetime.now(UTC))
    assert "1 left" in bring(ANNA.replace("true", "nee")).output
    assert inside.get("/me/settings").status_code == 303
    assert "1 back" in bring(ANNA).output
    assert inside.get("/me/settings").status_code == 303
    assert inside.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert inside.get(f"/welcome/{link}").status_code == 404
    assert rows("SELECT count(*) FROM sign_in WHERE revoked_at IS NULL") == [(0,)]
    assert queries.card(cast.anna).name == "Anna"


def test_a_dry_run_says_what_would_change_and_changes_nothing(bring: Callable[..., Result]) -> None:
    before = rows("SELECT * FROM person ORDER BY id")
    done = bring(
        ANNA.replace("North", "South"), BEN.replace("true", "0"), ZOE, "w-x,,x@x.nl,,,,,,,,", YAN, dry=True
    )
    assert rows("SELECT * FROM person ORDER BY id") == before
    for said in (
        "line 2: w-anna Moved: team: North → South",
        "line 3: w-ben Left: works here: yes → no",
        "line 4: w-zoe New: Water / East",
        "line 5: w-x Refused: There is no name.",
        "5 rows: 2 new, 0 back, 1 moved, 0 changed, 1 left, 1 refused, 0 as they are. 6 people here are not in",
    ):
        assert said in done.output


def test_what_was_said_before_is_what_is_done(bring: Callable[..., Result]) -> None:
    lines = (
        ANNA.replace("North", "South"), BEN.replace("Ben,", "Benjamin,"), ZOE, YAN, "w-eve,Eve,,,,,,,,,nee",
        "w-zed,Zed,anna@waterveld.example,,,,,,,,", "w-dan,Dan,,,,,,employee,,,", "w-q,Q,,,,Team,,,,,",
    )  # fmt: skip
    people = files.read(("\n".join([HEADER, *lines])).encode())
    _, counts = files.compare(people)
    db.session.rollback()
    done = bring(*lines)
    assert f"{counts['new']} people new" in done.output
    assert f"({counts['moved']} moved, {counts['left']} left, {counts['back']} back)" in done.output
    assert f"{counts['changed'] + counts['moved'] + counts['left'] + counts['back']} changed" in done.output
    assert f"{counts['refused']} refused" in done.output
    assert (counts["new"], counts["refused"]) == (2, 3)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("w-zoe,,,,,,,,,,", "There is no name."),
        ("w-zoe,Zoe,zoe,,,,,,,,", "The email is no e-mail address."),
        ("w-zoe,Zoe,,,,,,boss,,,", "The role is not one of"),
        ("w-zoe,Zoe,,,,,,,many,,", "The hours per week are no number."),
        ("w-zoe,Zoe,,,,,,,1e999,,", "The hours per week are no number."),
        ("w-zoe,Zoe,,,,,,,,fr,", "The language is not nl or en."),
        ("w-zoe,Zoe,,,,,,,,,perhaps", "Active is not true or false."),
        ("w-zoe,Zoe,,,,Team,,,,,", "There is a team, and no department"),
        ("w-zoe,Zoe,anna@waterveld.example,,,,,,,,", "The e-mail address is somebody else's."),
        ("w-ben,Zoe,,,,,,,,,", "This person stands in the file before."),
        ("w-zoe,Zoe,ben@waterveld.example,,,,,,,,", "The e-mail address is somebody else's."),
        ("w-zoe,Zoe", "Here are 2 cells, and the header has 11 columns."),
        ("w-zoe,Z\x00e,,,,,,,,,", "characters that are no text"),
        ("w-dan,Dan,,,,,,employee,,,", "This is the last administrator."),
        ("w-dan,Dan,,,,,,admin,,,0", "This is the last administrator."),
    ],
)
def test_a_row_is_refused_alone_with_its_line_and_why(
    bring: Callable[..., Result], line: str, why: str
) -> None:
    done = bring(BEN, line, YAN)
    assert "line 3: w-" in done.output
    assert why in done.output
    assert "1 people new" in done.output
    assert who("w-dan").role == "admin"


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("id,naam", "The first line must name the columns"),
        ("external_id,personeelsnummer,name", "Two columns are the external_id"),
        ("external_id,name,name", "Two columns are called name"),
        ("", "Column 3 has no name"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_refused_whole(
    bring: Callable[..., Result], header: str, why: str
) -> None:
    assert why in bring(ZOE, header=header, code=1).output


def test_the_first_administrator_gets_their_number_from_the_file(bring: Callable[..., Result]) -> None:
    with transaction():
        person_id = actions.make_administrator(email="olaf.smit@waterveld.example", at=datetime.now(UTC))
        settle(datetime.now(UTC))
    bring("w-olaf,Olaf Smit,Olaf.Smit@waterveld.example,,Systems,Desk,,,36,nl,true")
    assert (who("w-olaf").id, who("w-olaf").role) == (person_id, "admin")
    assert "w-else" in bring("w-else,Else,olaf.smit@waterveld.example,,,,,,,,").output


def test_while_one_import_is_under_way_the_next_is_told_to_wait(bring: Callable[..., Result]) -> None:
    with files.turn() as mine, files.turn() as theirs:
        assert (mine, theirs) == (True, False)
        assert "Another people file is being brought in" in bring(ANNA, code=1).output
    assert "0 people new" in bring(ANNA).output


def test_an_unknown_manager_is_told_and_stays_as_it_was(cast: Cast, bring: Callable[..., Result]) -> None:
    line = ANNA.replace("w-mia", "w-nobody")
    assert "line 2: w-anna To look at: The manager is not known" in bring(line, dry=True).output
    bring(line)
    assert who("w-anna").manager_id == cast.mia
