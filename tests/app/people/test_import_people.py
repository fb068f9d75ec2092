"""Making known who works here, from rows of the HR file."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.db import db, transaction
from app.events import PersonKnown, PersonMoved
from app.keys import ring
from app.outbox import settle
from app.people import actions, queries
from app.people.models import Membership, Person, PersonKey
from app.people.rules import PersonRow, mailbox_hash
from tests.cast import HIRED, Cast, row_of
from tests.each import each

LATER = HIRED + timedelta(days=100)


def bring_in(rows: Iterable[PersonRow], at: datetime = LATER) -> actions.Imported:
    with transaction():
        done = actions.import_people(rows, at=at)
        settle(at)
    return done


@pytest.fixture(autouse=True)
def _inside(app: Flask, cast: Cast) -> Iterable[None]:
    with app.app_context():
        yield


def news_of(rows: Iterable[PersonRow]) -> list[object]:
    """What an import says has happened."""
    actions.import_people(rows, at=LATER)
    news = list(db.session.info.pop("news"))
    db.session.rollback()
    db.session.info.clear()
    return news


def test_a_second_import_changes_only_what_differs(cast: Cast) -> None:
    done = bring_in([row_of("anna"), row_of("ben", job="Planner"), row_of("zoe")])
    assert (done.made, done.changed) == ([done.id_of("w-zoe")], [cast.ben])
    again = bring_in([row_of("anna"), row_of("ben", job="Planner"), row_of("zoe")])
    assert (again.made, again.changed, again.refused) == ([], [], [])


def test_each_newcomer_gets_a_totals_row_a_key_and_a_place() -> None:
    person_id = bring_in([row_of("zoe", department="Water", team="East")]).id_of("w-zoe")
    assert db.session.scalar(
        text("SELECT count(*) FROM person_total WHERE person_id = :id"), {"id": person_id}
    )
    wrapped = db.session.get_one(PersonKey, person_id).wrapped
    assert len(ring().unwrap(wrapped, f"person:{person_id}")) == 32
    assert queries.card(person_id).team == "East"
    assert queries.units_at_moments([(person_id, LATER)])[0][1] == queries.card(person_id).team_id


def test_where_somebody_worked_is_kept_by_the_moment(cast: Cast) -> None:
    bring_in([row_of("anna", department="Systems", team="Desk")], at=LATER)
    before, after = LATER - timedelta(days=1), LATER + timedelta(days=1)
    asked = [(cast.anna, moment) for moment in (before, after, HIRED - timedelta(days=999))]
    north, desk = (cast.water, cast.north), (cast.systems, cast.desk)
    assert queries.units_at_moments(asked) == [north, desk, north]
    pairs = [(cast.anna, after), (cast.ben, after), (cast.anna, before), (10**9, before)]
    places = queries.units_at_moments(pairs)
    assert [team for _, team in places] == [cast.desk, cast.north, cast.north, None]
    assert db.session.scalar(select(func.count()).where(Membership.person_id == cast.anna)) == 2


def test_a_manager_may_come_after_their_people() -> None:
    done = bring_in([row_of("zoe", manager_external_id="w-yara"), row_of("yara")])
    assert db.session.get_one(Person, done.id_of("w-zoe")).manager_id == done.id_of("w-yara")
    bring_in([row_of("zoe", manager_external_id=None)])
    assert db.session.get_one(Person, done.id_of("w-zoe")).manager_id is None


def test_an_unknown_manager_changes_nothing(cast: Cast) -> None:
    bring_in([row_of("anna", manager_external_id="w-nobody")])
    assert db.session.get_one(Person, cast.anna).manager_id == cast.mia


def test_namesakes_get_handles_of_their_own() -> None:
    done = bring_in([row_of(f"x{number}", name="José Núñez") for number in range(3)])
    handles = [queries.card(done.id_of(f"w-x{number}")).handle for number in range(3)]
    assert handles == ["jose-nunez", "jose-nunez-2", "jose-nunez-3"]
    more = bring_in([row_of("x9", name="Jose Nunez")])
    assert queries.card(more.id_of("w-x9")).handle == "jose-nunez-4"


def test_others_name_a_person_in_many_ways(cast: Cast) -> None:
    home = "https://lms.example"
    bring_in([row_of("anna", email="Anna.B@Waterveld.example", accounts=[(home, "17")])])
    ways = [
        ("email", "ANNA.b@waterveld.example"),
        ("email", "mailto:anna.b@waterveld.example"),
        ("email", "anna@waterveld.example"),
        ("mbox_sha1sum", mailbox_hash("Anna.B@Waterveld.example")),
        ("mbox_sha1sum", mailbox_hash("anna.b@waterveld.example").upper()),
        ("account", f"{home} 17"),
        ("external_id", "w-anna"),
    ]
    assert queries.resolve(ways) == dict.fromkeys(ways, cast.anna)
    theirs = [("account", f"{home} w-ben"), ("account", "https://else.example w-ben"), ("email", "x@y")]
    assert queries.resolve(theirs, home, "external_id") == {theirs[0]: cast.ben}
    mail = [("account", f"{home} Ben@waterveld.example")]
    assert queries.resolve(mail, home, "email") == {mail[0]: cast.ben}


def test_an_address_goes_with_whom_it_is_given_to(cast: Cast) -> None:
    bring_in([row_of("anna", email="anna.new@waterveld.example")])
    assert queries.resolve([("email", "anna@waterveld.example")]) == {
        ("email", "anna@waterveld.example"): cast.anna
    }
    done = bring_in([row_of("annika", email="anna@waterveld.example")])
    found = queries.resolve([("email", "anna@waterveld.example")])
    assert found == {("email", "anna@waterveld.example"): done.id_of("w-annika")}


def test_it_says_who_is_known_in_a_new_way_and_what_boards_must_show(cast: Cast) -> None:
    assert news_of([row_of("anna")]) == []
    assert news_of([row_of("anna", accounts=[("https://lms", "1")])]) == [PersonKnown(person_id=cast.anna)]
    assert news_of([row_of("anna", name="Anna B.")]) == [PersonMoved(person_id=cast.anna)]
    assert news_of([row_of("anna", job="Planner")]) == []


@each(
    "row, why",
    [
        (row_of("zoe", name="  "), "no-name"),
        (row_of("zoe", name="z" * 201), "name-too-long"),
        (row_of("zoe", name="Z\x00e"), "no-text"),
        (row_of("zoe", external_id=None, email=""), "no-key"),
        (row_of("zoe", email="zoe"), "not-an-email"),
        (row_of("zoe", email="anna@waterveld.example"), "email-of-another"),
        (row_of("zoe", role="emperor"), "unknown-role"),
        (row_of("zoe", language="fr"), "unknown-language"),
        (row_of("zoe", department=None, team="North"), "team-without-department"),
        (row_of("zoe", manager_external_id="w-zoe"), "own-manager"),
        (row_of("zoe", hours_per_week=400.0), "hours-out-of-range"),
        (row_of("ben"), "twice-in-file"),
    ],
)
def test_a_row_that_will_not_do_is_refused_alone_with_its_number_and_why(row: PersonRow, why: str) -> None:
    done = bring_in([row_of("ben"), row, row_of("yara")])
    assert done.refused == [(2, why)]
    assert done.id_of("w-yara")


def test_the_number_of_statements_does_not_grow_with_the_rows() -> None:
    from sqlalchemy import event

    def statements(number: int, tag: str) -> int:
        counted: list[str] = []
        rows = [row_of(f"{tag}{i}", department="Water", team=f"T{i % 7}") for i in range(number)]
        listen = lambda *parts: counted.append(parts[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        bring_in(rows, at=datetime.now(UTC))
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(counted)

    few, many = statements(20, "few"), statements(400, "many")
    assert many <= few + 8


def test_colleagues_are_found_by_parts_of_their_names_without_accents() -> None:
    bring_in([row_of("zoe", name="Zoë van Dijk"), row_of("zed", name="Zed 100%_", active=False)])
    assert [card.name for card in queries.colleagues("ZOE dijk")] == ["Zoë van Dijk"]
    assert queries.colleagues("100%") == []
    assert [card.name for card in queries.colleagues("", limit=2)] == ["Anna", "Ben"]


def test_roles_reports_and_managers(cast: Cast) -> None:
    assert queries.roles_of([cast.mia, cast.clara]) == {
        cast.mia: frozenset({"employee", "manager"}),
        cast.clara: frozenset({"employee", "hr"}),
    }
    assert [card.name for card in queries.reports_of(cast.mia)] == ["Anna", "Ben"]
    assert queries.is_manager_of(cast.mia, cast.anna)
    assert not queries.is_manager_of(cast.clara, cast.anna)
    assert queries.manager_ids([cast.anna, cast.mia]) == {cast.anna: cast.mia, cast.mia: None}
