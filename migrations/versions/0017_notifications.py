"""What somebody is told: in the inbox, by mail, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _settings()
    op.create_table(
        "notification_mail",
        sa.Column("id", sa.BigInteger(), nullable=False),
        _person(),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("refusal", sa.Text()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_notification_mail_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notification_mail"),
        sa.UniqueConstraint("person_id", "way", "period", name="uq_notification_mail_person_id_way_period"),
    )
    waiting = sa.text("sent_at IS NULL AND refusal IS NULL")
    op.create_index("ix_notification_mail_due", "notification_mail", ["next_at"], postgresql_where=waiting)
    _inbox()


def _person() -> sa.Column[int]:
    return sa.Column("person_id", sa.BigInteger(), nullable=False)


def _settings() -> None:
    op.create_table(
        "notification_choice",
        _person(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_notification_choice_person_id"),
        sa.PrimaryKeyConstraint("person_id", "kind", name="pk_notification_choice"),
    )
    op.create_table(
        "notification_settings",
        _person(),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Time()),
        sa.Column("quiet_until", sa.Time()),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_notification_settings_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_notification_settings"),
    )


def _inbox() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), nullable=False),
        _person(),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "thing", "object_id")),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.BigInteger()),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_notification_person_id"),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name="fk_notification_actor_id"),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["notification_mail.id"], name="fk_notification_mail_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("source", name="uq_notification_source"),
    )
    to_mail = sa.text("way <> 'none' AND mail_id IS NULL AND read_at IS NULL")
    for name, columns, where in (
        ("person_id_at", ["person_id", "at", "id"], None),
        ("unread", ["person_id", "kind", "thing"], sa.text("read_at IS NULL")),
        ("to_mail", ["person_id", "way"], to_mail),
        ("read_at", ["read_at"], sa.text("read_at IS NOT NULL")),
        ("thing", ["kind", "thing"], None),
        ("actor_id", ["actor_id"], None),
        ("mail_id", ["mail_id"], None),
    ):
        op.create_index(f"ix_notification_{name}", "notification", columns, postgresql_where=where)


def downgrade() -> None:
    for name in ("notification", "notification_mail", "notification_settings", "notification_choice"):
        op.drop_table(name)
