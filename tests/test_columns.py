"""Every column says what it holds, how long it is kept, and whether it is part of what a person gets of themselves."""

from app.privacy import own
from tests.each import each

CLASSES = {"none", "pseudonym", "personal", "secret"}
KEPT = {"organisation", "employment", "trace", "statement"}
TABLES = own.tables()  # of all rooms, whichever tests run beside these
COLUMNS = [(name, column) for name, table in sorted(TABLES.items()) for column in table.columns]


@each("table, column", COLUMNS, ids=lambda part: getattr(part, "name", part))
def test_a_column_has_a_class_a_retention_and_a_word_on_export(table, column):
    assert set(column.info) == {"class", "keep", "export"}, f"{table}.{column.name}: say its class with info="
    assert column.info["class"] in CLASSES
    assert column.info["keep"] in KEPT


def test_what_names_a_person_is_a_pseudonym_or_more_and_secrets_are_never_exported():
    for table, column in COLUMNS:
        if any(key.target_fullname == "person.id" for key in column.foreign_keys):
            assert column.info["class"] != "none", f"{table}.{column.name}"
        if column.info["class"] == "secret":
            assert column.info["export"] is False, f"{table}.{column.name}"
