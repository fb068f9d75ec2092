"""What was reported."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class Report(Base):
    """Somebody says that something should not stand as it does. Who says so is shown to nobody but them.

    Reports about the same thing are decided together; reported again after that, it is a new case.
    """

    __tablename__ = "care_report"
    __table_args__ = (
        Index(
            "ix_care_report_open",
            "kind",
            "content_id",
            "reporter_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_care_report_kind_content_id", "kind", "content_id"),
        Index("ix_care_report_reporter_id_reported_at", "reporter_id", "reported_at"),
        Index("ix_care_report_state_id", "state", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)  # kudos, lesson
    content_id: Mapped[int] = mapped_column(info=NONE)
    reason: Mapped[str] = mapped_column(info=PERSONAL)
    words: Mapped[str] = mapped_column(info=PERSONAL)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    reported_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    state: Mapped[str] = mapped_column(info=NONE)  # open, decided
    decision: Mapped[str | None] = mapped_column(info=NONE)  # leave, hide, change
    answer: Mapped[str] = mapped_column(default="", info=PERSONAL)  # told to both sides
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    decided_at: Mapped[datetime | None] = mapped_column(info=NONE)
