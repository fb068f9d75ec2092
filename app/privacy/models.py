"""What is stored of somebody, as a file for themselves, which is gone after some days; and who was erased."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, SECRET, TRACE, Base

# The file holds what other tables hold; it is no part of the next one.
PASSING: dict[str, Any] = {**PERSONAL, "export": False}
# Whom it is about gets nothing of themselves any more.
NUMBER: dict[str, Any] = {**TRACE, "export": False}
SEALED: dict[str, Any] = {**SECRET, "export": False}


class DataExport(Base):
    """Somebody asked for all that is stored of them. States: asked, made, failed."""

    __tablename__ = "data_export"
    __table_args__ = (
        Index("ix_data_export_person_id", "person_id", "asked_at"),
        Index("uq_data_export_asked", "person_id", unique=True, postgresql_where="state = 'asked'"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, info=PSEUDONYM)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    state: Mapped[str] = mapped_column(info=NONE)
    made_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    ends_at: Mapped[datetime | None] = mapped_column(info=NONE)
    bytes: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)


class DataExportPart(Base):
    """A piece of the file."""

    __tablename__ = "data_export_part"
    export_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("data_export.id", ondelete="CASCADE"), primary_key=True, info=NONE
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    content: Mapped[bytes] = mapped_column(info=PASSING)


class Erasure(Base):
    """Somebody was erased: only the number. The mark says in an older backup that the number is still the same person.

    Emptied twice: at once, and again when whatever was under way at that moment has ended (`swept_at`).
    """

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_waiting", "at", postgresql_where="swept_at IS NULL"),)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=NUMBER)
    mark: Mapped[bytes] = mapped_column(info=NONE)
    at: Mapped[datetime] = mapped_column(info=NUMBER)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=NUMBER)
    swept_at: Mapped[datetime | None] = mapped_column(info=NONE)


class ErasureRequest(Base):
    """Somebody asks to be erased; it goes with them, when it is refused, or when they take it back.

    It is answered within a month. Where that is too short, `extended_until` and why, which they read.
    """

    __tablename__ = "erasure_request"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    extended_until: Mapped[date | None] = mapped_column(info=PERSONAL)
    extended_because: Mapped[str | None] = mapped_column(info=PERSONAL)
    reminded: Mapped[str | None] = mapped_column(info=NONE)  # of which day the desk was last reminded


class ErasureRefusal(Base):
    """A wish to be erased that was not followed, and why: for whom it is about, as long as they are here."""

    __tablename__ = "erasure_refusal"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    refused_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    refused_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    because: Mapped[str] = mapped_column(info=PERSONAL)


class ErasureLetter(Base):
    """Whom the worker still has to tell that they were erased: sealed by the master key, gone when the mail went."""

    __tablename__ = "erasure_letter"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=NUMBER)
    sealed: Mapped[bytes] = mapped_column(info=SEALED)
    made_at: Mapped[datetime] = mapped_column(info=NUMBER)
