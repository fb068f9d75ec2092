"""Connections of platforms, and the intake desk."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("api_client", sa.Column("old_secret_hash", sa.LargeBinary(), nullable=True))
    op.add_column("api_client", sa.Column("old_secret_until", AT, nullable=True))
    op.add_column("api_client", sa.Column("once", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_api_client_once"), "api_client", ["once"])
    op.add_column("activity", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_activity_merged_into_id"), "activity", "activity", ["merged_into_id"], ["id"]
    )
    op.create_index(
        "ix_activity_merged_into_id",
        "activity",
        ["merged_into_id"],
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    _merges()
    _intake()
    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("property", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["api_client.id"], name=op.f("fk_refusal_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        sa.UniqueConstraint(
            "client_id", "day", "code", "property", name=op.f("uq_refusal_client_id_day_code_property")
        ),
    )
    op.create_index("ix_refusal_client_id_last_at", "refusal", ["client_id", "last_at"])


def _merges() -> None:
    op.create_table(
        "activity_merge",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("into_id", sa.BigInteger(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", AT, nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["activity.id"], name=op.f("fk_activity_merge_from_id")),
        sa.ForeignKeyConstraint(["into_id"], ["activity.id"], name=op.f("fk_activity_merge_into_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_activity_merge_by_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["person.id"], name=op.f("fk_activity_merge_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_merge")),
    )
    op.create_index(op.f("ix_activity_merge_from_id"), "activity_merge", ["from_id"])
    op.create_index(op.f("ix_activity_merge_into_id"), "activity_merge", ["into_id"])
    merge = sa.ForeignKeyConstraint
    op.create_table(
        "merged_name",
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        merge(["merge_id"], ["activity_merge.id"], name=op.f("fk_merged_name_merge_id")),
        sa.PrimaryKeyConstraint("merge_id", "iri", name=op.f("pk_merged_name")),
    )
    op.create_table(
        "merged_completion",
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("completion_id", sa.BigInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        merge(["merge_id"], ["activity_merge.id"], name=op.f("fk_merged_completion_merge_id")),
        merge(["completion_id"], ["completion.id"], name=op.f("fk_merged_completion_completion_id")),
        sa.PrimaryKeyConstraint("merge_id", "completion_id", name=op.f("pk_merged_completion")),
    )
    op.create_table(
        "merged_support",
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("support_id", sa.BigInteger(), nullable=False),
        sa.Column("completion_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        merge(["merge_id"], ["activity_merge.id"], name=op.f("fk_merged_support_merge_id")),
        merge(
            ["support_id"],
            ["completion_support.id"],
            name=op.f("fk_merged_support_support_id"),
            ondelete="CASCADE",
        ),
        merge(["completion_id"], ["completion.id"], name=op.f("fk_merged_support_completion_id")),
        sa.PrimaryKeyConstraint("merge_id", "support_id", name=op.f("pk_merged_support")),
    )
    op.create_index(op.f("ix_merged_support_support_id"), "merged_support", ["support_id"])


def _intake() -> None:
    op.create_table(
        "identity_join",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", AT, nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_join_person_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_identity_join_by_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["person.id"], name=op.f("fk_identity_join_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_join")),
    )
    op.create_index(op.f("ix_identity_join_person_id"), "identity_join", ["person_id"])
    op.create_table(
        "ignored_name",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_ignored_name_by_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ignored_name")),
    )


def downgrade() -> None:
    for table in (
        "refusal",
        "ignored_name",
        "identity_join",
        "merged_support",
        "merged_completion",
        "merged_name",
        "activity_merge",
    ):
        op.drop_table(table)
    op.drop_index("ix_activity_merged_into_id", "activity")
    op.drop_constraint(op.f("fk_activity_merged_into_id"), "activity", type_="foreignkey")
    op.drop_column("activity", "merged_into_id")
    op.drop_constraint(op.f("uq_api_client_once"), "api_client", type_="unique")
    for column in ("once", "old_secret_until", "old_secret_hash"):
        op.drop_column("api_client", column)
