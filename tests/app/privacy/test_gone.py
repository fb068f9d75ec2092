"""Each column that is about somebody has its rule for when they are erased, or stays with a reason."""

import pytest
from sqlalchemy import text

from app.db import db
from app.privacy import gone, own
from tests.each import each

TABLES = own.tables()
DELETED = {rule.table for rule in gone.RULES if not rule.to}
CHANGED = {f"{rule.table}.{column}" for rule in gone.RULES for column in rule.to}
ABOUT = [
    f"{table.name}.{column.name}"
    for table in TABLES.values()
    for column in table.columns
    if column.info["class"] in ("personal", "secret")
]
NAMING = [
    (table.name, column.name)
    for table in TABLES.values()
    for column in table.columns
    if any(key.target_fullname == "person.id" for key in column.foreign_keys)
]


@each("name", ABOUT)
def test_a_column_about_somebody_goes_or_stays_with_a_reason(name):
    table = name.split(".")[0]
    stays = name in gone.STAYS
    kept = any(rule.table == table and rule.to for rule in gone.RULES)
    goes = name in CHANGED or (table in DELETED and not kept) or name in gone.STAYS
    goes = goes or (table in DELETED and name not in gone.STAYS and table in WHOLLY)
    assert goes, f"say in app/privacy/gone.py what becomes of {name} when somebody is erased"
    assert not stays or len(gone.STAYS[name]) > 15


# Of these the rows of whoever is erased go; others only lose what stands in them of that person.
WHOLLY = {"conversation", "identity_join", "erasure_refusal"}


@each("table, column", NAMING)
def test_a_column_that_names_somebody_is_in_a_rule_or_keeps_the_number_for_a_reason(table, column):
    named = any(rule.table == table and f"{column} {gone.E}" in rule.where for rule in gone.RULES)
    assert named or f"{table}.{column}" in gone.NUMBERS, f"{table}.{column}"


def test_reasons_are_of_columns_that_there_are():
    there = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    assert not (gone.STAYS.keys() | gone.NUMBERS.keys() | CHANGED) - there


@pytest.mark.parametrize("rule", gone.RULES, ids=lambda rule: f"{rule.table}: {rule.where[:40]}")
def test_each_statement_stands_alone(app, rule):
    with app.app_context():
        db.session.execute(text(rule.sql), {"ids": "{}", "at": "2026-01-01T00:00:00+00:00", "marks": "{}"})
        db.session.rollback()
