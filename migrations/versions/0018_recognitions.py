"""Special recognitions, and who was nominated for one."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _id(name: str, *, empty: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=empty)


def _text(name: str, *, empty: bool = False, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=empty, server_default=default)


def _moment(name: str, *, empty: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=empty)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _occasions()
    _recognitions()
    _nominations()


def _occasions() -> None:
    table = "recognition_occasion"
    op.create_table(
        table,
        _id("id"),
        _text("name"),
        _text("lang"),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        _id("opened_by"),
        _moment("opened_at"),
        _moment("closed_at", empty=True),
        _id("decided_by", empty=True),
        _moment("decided_at", empty=True),
        _text("words", default=""),
        _text("once", empty=True),
        _to(table, "opened_by", "person"),
        _to(table, "decided_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("once", name=op.f(f"uq_{table}_once")),
    )
    table = "recognition_jury"
    op.create_table(
        table,
        _id("occasion_id"),
        _id("person_id"),
        _to(table, "occasion_id", "recognition_occasion"),
        _to(table, "person_id", "person"),
        sa.PrimaryKeyConstraint("occasion_id", "person_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_person_id"), table, ["person_id"])


def _recognitions() -> None:
    table = "recognition"
    op.create_table(
        table,
        _id("id"),
        _id("giver_id"),
        _text("given_as"),
        _text("title"),
        _text("citation"),
        _text("lang"),
        _text("occasion", default=""),
        _id("occasion_id", empty=True),
        sa.Column("day", sa.Date(), nullable=False),
        _id("skill_id", empty=True),
        _text("badge", empty=True),
        _id("unit_id", empty=True),
        _moment("given_at"),
        _text("once", empty=True),
        _moment("withdrawn_at", empty=True),
        _id("withdrawn_by", empty=True),
        _text("withdrawn_because", empty=True),
        sa.CheckConstraint("given_as IN ('manager', 'hr', 'jury')", name=op.f(f"ck_{table}_given_as")),
        sa.CheckConstraint(
            "num_nulls(withdrawn_at, withdrawn_by, withdrawn_because) IN (0, 3)",
            name=op.f(f"ck_{table}_withdrawn"),
        ),
        _to(table, "giver_id", "person"),
        _to(table, "occasion_id", "recognition_occasion"),
        _to(table, "skill_id", "skill"),
        _to(table, "unit_id", "unit"),
        _to(table, "withdrawn_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("once", name=op.f(f"uq_{table}_once")),
    )
    op.create_index(op.f(f"ix_{table}_giver_id"), table, ["giver_id"])
    op.create_index("ix_recognition_given_at", table, ["given_at", "id"])
    table = "recognition_receiver"
    op.create_table(
        table,
        _id("recognition_id"),
        _id("person_id"),
        _text("visible", default="colleagues"),
        sa.CheckConstraint("visible IN ('colleagues', 'me')", name=op.f(f"ck_{table}_visible")),
        _to(table, "recognition_id", "recognition"),
        _to(table, "person_id", "person"),
        sa.PrimaryKeyConstraint("recognition_id", "person_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_person_id"), table, ["person_id"])


def _nominations() -> None:
    table = "nomination"
    op.create_table(
        table,
        _id("id"),
        _id("occasion_id"),
        _id("nominee_id"),
        _id("nominator_id"),
        _text("reason"),
        _text("lang"),
        _moment("nominated_at"),
        _moment("decided_at", empty=True),
        _id("recognition_id", empty=True),
        _text("once", empty=True),
        _to(table, "occasion_id", "recognition_occasion"),
        _to(table, "nominee_id", "person"),
        _to(table, "nominator_id", "person"),
        _to(table, "recognition_id", "recognition"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "occasion_id",
            "nominee_id",
            "nominator_id",
            name=op.f(f"uq_{table}_occasion_id_nominee_id_nominator_id"),
        ),
        sa.UniqueConstraint("once", name=op.f(f"uq_{table}_once")),
    )
    for column in ("nominee_id", "nominator_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table in (
        "nomination",
        "recognition_receiver",
        "recognition",
        "recognition_jury",
        "recognition_occasion",
    ):
        op.drop_table(table)
