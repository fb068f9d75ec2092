"""The people of Waterveld."""

from collections import Counter

import pytest

from app.demo.company import by_name, company, read
from app.people.rules import PersonRow, email_of


def test_there_are_exactly_240_people_in_seven_departments_and_24_teams() -> None:
    people = company()
    assert len(people) == 240
    assert len({person.department for person in people}) == 7
    assert len({(person.department, person.team) for person in people if person.team}) == 24


def test_it_is_always_the_same_company() -> None:
    assert company() == company()
    assert company(700) == company(700)
    assert company(700)[:240] == company()


@pytest.mark.parametrize("people", [40, 240, 900])
def test_nobody_shares_a_number_an_address_or_an_account(people: int) -> None:
    found = company(people)
    assert len(found) == people
    assert len({person.external_id for person in found}) == people
    addresses = [email_of(person.email) for person in found if person.email]
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("people", [40, 240, 900])
def test_managers_form_one_tree_up_to_the_director(people: int) -> None:
    found = {person.external_id: person for person in company(people)}
    tops = [person for person in found.values() if not person.manager_external_id]
    assert [person.name for person in tops] == ["Hester van Rijn"]
    for person in found.values():
        steps, at = 0, person
        while at.manager_external_id:
            at, steps = found[at.manager_external_id], steps + 1
            assert steps < 5


def test_names_stand_once() -> None:
    names = Counter(person.name for person in company())
    assert [name for name, times in names.items() if times > 1] == []


def test_roles_are_given_as_decided() -> None:
    roles = Counter(person.role for person in company())
    assert roles == {"employee": 226, "council": 5, "hr": 4, "learning": 3, "admin": 2}


def test_thirty_people_in_shifts_have_no_address() -> None:
    without = [person for person in company() if not person.email]
    assert len(without) == 30
    assert all(person.shifts and person.role == "employee" for person in without)


def test_noor_is_who_the_learning_platform_knows() -> None:
    noor = by_name(company())["Noor Hendriks"]
    assert (noor.department, noor.team, noor.job) == ("Distributie", "Team Zuid", "Procesoperator")
    assert noor.email == "noor.hendriks@waterveld.example"
    assert noor.accounts == (("http://www.example.org", "1"),)


def test_each_department_has_people_of_every_choice_and_five_unnamed() -> None:
    people = company()
    for department in {person.department for person in people}:
        choices = Counter(person.board_choice for person in people if person.department == department)
        assert choices["unnamed"] >= 5
        assert choices["named"] > choices["unnamed"]
        assert choices["out"]
        assert choices[None]
    assert sum(not person.game for person in people) == 6


def test_whom_the_file_names_works_here() -> None:
    data, here = read("people.json"), by_name(company())
    for part in ("english", "known", "hours", "accounts", "choices", "eagerness"):
        assert set(data[part]) <= set(here), part
    for names in data["roles"].values():
        assert set(names) <= set(here)


def test_rows_are_rows_of_the_hr_file() -> None:
    assert {"external_id", "accounts", "password_hash"} <= set(PersonRow.__dataclass_fields__)
