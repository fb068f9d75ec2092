"""Catalogue, skills, attendance and rules that are edited in the browser."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

EDITED = ("activity", "vision_goal", "skill")


def upgrade() -> None:
    for table in EDITED:
        op.add_column(table, sa.Column("version", sa.BigInteger(), server_default="1", nullable=False))
    op.add_column(
        "skill",
        sa.Column("levels", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.add_column("skill", sa.Column("framework", sa.Text(), server_default="", nullable=False))
    op.add_column("skill", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    _dates()
    _reservations()
    _attendance()
    _wishes()


def _dates() -> None:
    op.create_table(
        "activity_date",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("places", sa.BigInteger(), nullable=True),
        sa.Column("leader_id", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_date_activity_id")),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_activity_date_leader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_date")),
        sa.UniqueConstraint("once", name=op.f("uq_activity_date_once")),
    )
    op.create_index("ix_activity_date_activity_id_starts_at", "activity_date", ["activity_id", "starts_at"])
    op.create_index(op.f("ix_activity_date_leader_id"), "activity_date", ["leader_id"])


def _reservations() -> None:
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("date_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["date_id"], ["activity_date.id"], name=op.f("fk_reservation_date_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reservation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    op.create_index(
        "uq_reservation_standing",
        "reservation",
        ["date_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('reserved', 'waiting')"),
    )
    op.create_index(op.f("ix_reservation_person_id"), "reservation", ["person_id"])


def _attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("date_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("round", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["date_id"], ["activity_date.id"], name=op.f("fk_attendance_date_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_person_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_attendance_confirmed_by")),
        sa.PrimaryKeyConstraint("date_id", "person_id", name=op.f("pk_attendance")),
    )
    op.create_index(op.f("ix_attendance_person_id"), "attendance", ["person_id"])


def _wishes() -> None:
    op.create_table(
        "wish",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("same", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_wish_person_id")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_wish_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
    )
    op.create_index(
        "uq_wish_open",
        "wish",
        ["person_id", "same"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_wish_open", "wish", ["same"], postgresql_where=sa.text("state = 'open'"))


def downgrade() -> None:
    for table in ("wish", "attendance", "reservation", "activity_date"):
        op.drop_table(table)
    for column in ("retired_at", "framework", "levels"):
        op.drop_column("skill", column)
    for table in EDITED:
        op.drop_column(table, "version")
