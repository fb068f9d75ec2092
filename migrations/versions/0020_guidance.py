"""Colleagues who guide each other: offers, plans, meetings, programmes of pairs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

IDS = postgresql.ARRAY(sa.BigInteger())
OPEN = sa.text("state IN ('asked', 'running', 'ending')")


def _number(name: str, *more: object, **kw: object) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), *more, **{"nullable": False, **kw})


def _text(name: str, **kw: object) -> sa.Column:
    return sa.Column(name, sa.Text(), **{"nullable": False, **kw})


def _when(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _person(name: str, **kw: object) -> sa.Column:
    return _number(name, sa.ForeignKey("person.id", name=f"fk_{kw.pop('of')}_{name}_person"), **kw)


def upgrade() -> None:
    _offers()
    _two()
    _meetings()
    _programmes()
    _pairs()


def _offers() -> None:
    op.create_table(
        "guidance_offer",
        _person("person_id", of="guidance_offer"),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("skills", IDS, nullable=False),
        _text("line", server_default=""),
        _text("lang", server_default="nl"),
        sa.Column("open", sa.Boolean(), server_default="true", nullable=False),
        _number("guests", server_default="1"),
        _when("changed_at"),
        sa.PrimaryKeyConstraint("person_id", name="pk_guidance_offer"),
    )


def _two() -> None:
    op.create_table(
        "guidance",
        _number("id", autoincrement=True),
        _text("kind"),
        _person("guide_id", of="guidance"),
        _person("learner_id", of="guidance"),
        _person("proposed_by", of="guidance", nullable=True),
        sa.Column("skills", IDS, nullable=False),
        _text("purpose"),
        _text("state"),
        _when("asked_at"),
        _when("answered_at", True),
        _text("words", server_default=""),
        sa.Column("planned_from", sa.Date(), nullable=True),
        sa.Column("planned_to", sa.Date(), nullable=True),
        _number("host_id", sa.ForeignKey("unit.id", name="fk_guidance_host_id_unit"), nullable=True),
        sa.Column("shared", sa.Boolean(), server_default="false", nullable=False),
        _person("end_by", of="guidance", nullable=True),
        _when("ended_at", True),
        _text("learned", nullable=True),
        _text("once", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_guidance"),
        sa.UniqueConstraint("once", name="uq_guidance_once"),
        sa.CheckConstraint("guide_id <> learner_id", name=op.f("ck_guidance_two")),
    )
    op.create_index("uq_guidance_open", "guidance", ["guide_id", "learner_id", "kind"], unique=True,
                    postgresql_where=OPEN)  # fmt: skip
    op.create_index("ix_guidance_guide_id", "guidance", ["guide_id"])
    op.create_index("ix_guidance_learner_id", "guidance", ["learner_id", "id"])
    op.create_index("ix_guidance_open", "guidance", ["id"], postgresql_where=OPEN)


def _meetings() -> None:
    op.create_table(
        "guidance_meeting",
        _number("id", autoincrement=True),
        _number("guidance_id", sa.ForeignKey("guidance.id", name="fk_guidance_meeting_guidance_id_guidance")),
        _when("starts_at"),
        _number("minutes"),
        _text("subject", server_default=""),
        _person("recorded_by", of="guidance_meeting"),
        _when("recorded_at"),
        _text("state"),
        _when("decided_at", True),
        _number("counted", server_default="0"),
        _number("learned", server_default="0"),
        sa.Column("share", sa.Float(), server_default="1", nullable=False),
        _text("reason", server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_guidance_meeting"),
    )
    op.create_index("ix_guidance_meeting_guidance_id", "guidance_meeting", ["guidance_id", "starts_at"])


def _programmes() -> None:
    op.create_table(
        "mentor_programme",
        _number("id", autoincrement=True),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("skills", IDS, nullable=False),
        _number("most"),
        sa.Column("open", sa.Boolean(), server_default="true", nullable=False),
        _when("created_at"),
        _number("version", server_default="1"),
        _text("once", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mentor_programme"),
        sa.UniqueConstraint("once", name="uq_mentor_programme_once"),
    )
    op.create_table(
        "mentor_place",
        _programme("mentor_place"),
        _person("person_id", of="mentor_place"),
        _text("role"),
        sa.Column("skills", IDS, nullable=False),
        _text("wish", server_default=""),
        _when("since"),
        _when("left_at", True),
        sa.PrimaryKeyConstraint("programme_id", "person_id", name="pk_mentor_place"),
    )
    op.create_index("ix_mentor_place_person_id", "mentor_place", ["person_id"])


def _programme(of: str) -> sa.Column:
    key = sa.ForeignKey("mentor_programme.id", name=f"fk_{of}_programme_id_mentor_programme")
    return _number("programme_id", key)


def _pairs() -> None:
    op.create_table(
        "mentor_pair",
        _number("id", autoincrement=True),
        _programme("mentor_pair"),
        _person("mentor_id", of="mentor_pair"),
        _person("mentee_id", of="mentor_pair"),
        _text("state"),
        _when("proposed_at"),
        _when("mentor_at", True),
        _when("mentee_at", True),
        _when("ended_at", True),
        _number("guidance_id", sa.ForeignKey("guidance.id", name="fk_mentor_pair_guidance_id_guidance"),
                nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mentor_pair"),
    )  # fmt: skip
    op.create_index("uq_mentor_pair_open", "mentor_pair", ["programme_id", "mentee_id"], unique=True,
                    postgresql_where=sa.text("state IN ('proposed', 'paired')"))  # fmt: skip
    op.create_index("ix_mentor_pair_mentor_id", "mentor_pair", ["mentor_id"])
    op.create_index("ix_mentor_pair_mentee_id", "mentor_pair", ["mentee_id"])
    op.create_index("ix_mentor_pair_guidance_id", "mentor_pair", ["guidance_id"])


def downgrade() -> None:
    for table in ("mentor_pair", "mentor_place", "mentor_programme", "guidance_meeting", "guidance",
                  "guidance_offer"):  # fmt: skip
        op.drop_table(table)
