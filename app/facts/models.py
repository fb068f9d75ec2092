"""The log."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PSEUDONYM, Base


class Fact(Base):
    """One countable thing that happened to one person. Skills and units are frozen as of that moment."""

    __tablename__ = "fact"
    __table_args__ = (
        Index("ix_fact_person_id_happened_at", "person_id", "happened_at", "source"),
        Index("ix_fact_happened_at", "happened_at", postgresql_using="brin"),
        Index("ix_fact_in_no_unit", "person_id", "happened_at", postgresql_where="NOT in_unit"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    source: Mapped[str] = mapped_column(unique=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    kind: Mapped[str] = mapped_column(info=PSEUDONYM)
    happened_at: Mapped[datetime] = mapped_column(info=PSEUDONYM)
    recorded_at: Mapped[datetime] = mapped_column(info=PSEUDONYM)
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), info=NONE)
    activity_kind: Mapped[str | None] = mapped_column(info=NONE)
    mandatory: Mapped[bool] = mapped_column(default=False, server_default="false", info=NONE)
    edition: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    skills: Mapped[list[int]] = mapped_column(info=NONE)
    lineage: Mapped[list[int]] = mapped_column(info=NONE)  # the skills and their ancestors, as of that moment
    department_id: Mapped[int | None] = mapped_column(info=PSEUDONYM)
    team_id: Mapped[int | None] = mapped_column(info=PSEUDONYM)
    counterpart_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    hours: Mapped[float | None] = mapped_column(info=PSEUDONYM)
    score: Mapped[float | None] = mapped_column(info=PSEUDONYM)
    weight: Mapped[float] = mapped_column(
        default=1.0, server_default="1", info=NONE
    )  # the share that it earns
    in_unit: Mapped[bool] = mapped_column(default=True, server_default="true", info=NONE)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=PSEUDONYM)
