"""Who works here, where, and how they are recognised and let in."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, SECRET, TRACE, Base


class Organisation(Base):
    """The one organisation of this installation, and what it decided."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    name: Mapped[str] = mapped_column(info=NONE)
    points_on: Mapped[bool] = mapped_column(default=True, server_default="true", info=NONE)
    boards_on: Mapped[bool] = mapped_column(default=True, server_default="true", info=NONE)
    kudos_on_boards: Mapped[bool] = mapped_column(default=False, server_default="false", info=NONE)
    statement_days: Mapped[int] = mapped_column(default=400, server_default="400", info=NONE)
    kudos_allowance: Mapped[int] = mapped_column(default=10, server_default="10", info=NONE)
    manager_kudos_allowance: Mapped[int] = mapped_column(default=30, server_default="30", info=NONE)
    team_kudos_allowance: Mapped[int] = mapped_column(default=4, server_default="4", info=NONE)
    incident_link: Mapped[str] = mapped_column(default="", server_default="", info=NONE)  # to report them
    full_time_hours: Mapped[float] = mapped_column(default=36.0, server_default="36", info=NONE)  # a week


class Unit(Base):
    """A department, or a team of a department."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("kind", "parent_id", "name", postgresql_nulls_not_distinct=True),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)
    name: Mapped[str] = mapped_column(info=NONE)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True, info=NONE)


# Of whoever stands in an HR file; it is gone after a day, and no part of what a person gets of themselves.
PASSING = {**PERSONAL, "export": False}


class Person(Base):
    """Somebody who works here; after erasure an empty number, so that sums stay."""

    __tablename__ = "person"
    # and ix_person_words, on an expression: migration 0011
    __table_args__ = (
        Index("ix_person_sort_name", "sort_name", "id"),
        Index("ix_person_role", "role", "id", postgresql_where=text("role <> 'employee'")),
        Index(
            "ix_person_uncounted",
            "id",
            postgresql_where="board_choice = 'out' OR NOT active OR erased_at IS NOT NULL",
        ),
        CheckConstraint("award_visible IN ('me', 'colleagues', 'public')", name="award_visible"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=PSEUDONYM)
    external_id: Mapped[str | None] = mapped_column(unique=True, info=PERSONAL)
    handle: Mapped[str] = mapped_column(unique=True, info=PERSONAL)
    name: Mapped[str] = mapped_column(info=PERSONAL)
    sort_name: Mapped[str] = mapped_column(info=PERSONAL)
    email: Mapped[str | None] = mapped_column(unique=True, info=PERSONAL)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True, info=PERSONAL)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True, info=PERSONAL)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True, info=PERSONAL)
    job: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    role: Mapped[str] = mapped_column(default="employee", server_default="employee", info=PERSONAL)
    hours_per_week: Mapped[float | None] = mapped_column(info=PERSONAL)
    language: Mapped[str] = mapped_column(default="nl", server_default="nl", info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True, server_default="true", info=PERSONAL)
    board_choice: Mapped[str | None] = mapped_column(
        info=PERSONAL
    )  # named, unnamed, out; None: not chosen yet
    game: Mapped[bool] = mapped_column(default=True, server_default="true", info=PERSONAL)
    # What they show of themselves outside of the house; nothing before they say so.
    public_profile: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)
    public_job: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)
    kudos_choice: Mapped[str | None] = mapped_column(
        info=PERSONAL
    )  # private, team, everyone; None: not chosen
    moments: Mapped[bool] = mapped_column(default=True, server_default="true", info=PERSONAL)
    # What a new badge starts with: who may open its page, and whether it may be used in their review.
    award_visible: Mapped[str] = mapped_column(
        default="colleagues", server_default="colleagues", info=PERSONAL
    )
    award_in_review: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)
    privacy_officer: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)
    started_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)  # the first questions were asked
    password_hash: Mapped[str | None] = mapped_column(info=SECRET)
    created_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    erased_at: Mapped[datetime | None] = mapped_column(info=NONE)


class Membership(Base):
    """Where a person worked when; a fact keeps the unit of its moment."""

    __tablename__ = "membership"
    __table_args__ = (
        Index("ix_membership_person_id_since", "person_id", "since"),
        Index("ix_membership_team_id", "team_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), info=PERSONAL)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), info=PERSONAL)
    since: Mapped[datetime] = mapped_column(info=PERSONAL)


class HrDepartment(Base):
    """A department that somebody of HR serves; who has none of these serves all."""

    __tablename__ = "hr_department"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    department_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id"), primary_key=True, index=True, info=PERSONAL
    )


class Identity(Base):
    """One way in which other systems name a person: email, mbox_sha1sum, openid, account, external_id."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("kind", "value"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    kind: Mapped[str] = mapped_column(info=NONE)
    value: Mapped[str] = mapped_column(info=PERSONAL)


class ErasedName(Base):
    """A keyed hash of a name in HR files that somebody had who was erased, so that a file which names them again
    can be told. It stands beside no number and no moment: nobody can say whose it was.
    """

    __tablename__ = "erased_name"
    hash: Mapped[bytes] = mapped_column(primary_key=True, info=NONE)


class PersonKey(Base):
    """The key of one person, wrapped by the master key; what is encrypted with it dies with it."""

    __tablename__ = "person_key"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    wrapped: Mapped[bytes] = mapped_column(info=SECRET)


class StandIn(Base):
    """A colleague stands in for somebody who is away, from one day to another; no reason is asked."""

    __tablename__ = "stand_in"
    __table_args__ = (
        CheckConstraint("person_id <> deputy_id", name="not_oneself"),
        CheckConstraint("until >= since", name="in_order"),
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    since: Mapped[date] = mapped_column(info=PERSONAL)
    until: Mapped[date] = mapped_column(info=PERSONAL)


class Pause(Base):
    """From when until when somebody is away, as they or HR entered it: no reason is asked, and nobody else sees it."""

    __tablename__ = "pause"
    __table_args__ = (
        UniqueConstraint("person_id", "since"),
        CheckConstraint("until >= since", name="in_order"),
        Index("ix_pause_until", "until"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    since: Mapped[date] = mapped_column(info=PERSONAL)
    until: Mapped[date] = mapped_column(info=PERSONAL)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    entered_at: Mapped[datetime] = mapped_column(info=PERSONAL)


class SignIn(Base):
    """A session of a browser: a row, so that it can be revoked."""

    __tablename__ = "sign_in"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    token_hash: Mapped[bytes] = mapped_column(unique=True, info=SECRET)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    started_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    seen_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    ends_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    revoked_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    shared: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)


class ApiClient(Base):
    """A system that may speak to us: a learning platform, a script."""

    __tablename__ = "api_client"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    name: Mapped[str] = mapped_column(info=NONE)
    key: Mapped[str] = mapped_column(unique=True, info=NONE)
    secret_hash: Mapped[bytes] = mapped_column(info=SECRET)
    old_secret_hash: Mapped[bytes | None] = mapped_column(info=SECRET)  # good until `old_secret_until`
    old_secret_until: Mapped[datetime | None] = mapped_column(info=NONE)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)  # of the form that made the secret
    scopes: Mapped[list[str]] = mapped_column(info=NONE)
    account_home: Mapped[str | None] = mapped_column(info=NONE)
    account_is: Mapped[str | None] = mapped_column(info=NONE)
    created_at: Mapped[datetime] = mapped_column(info=NONE)
    used_at: Mapped[datetime | None] = mapped_column(info=NONE)
    revoked_at: Mapped[datetime | None] = mapped_column(info=NONE)


class ApiToken(Base):
    """A bearer token of a person or of a client; only its hash is kept."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    token_hash: Mapped[bytes] = mapped_column(unique=True, info=SECRET)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("api_client.id"), index=True, info=NONE)
    scopes: Mapped[list[str]] = mapped_column(info=NONE)
    created_at: Mapped[datetime] = mapped_column(info=NONE)
    ends_at: Mapped[datetime | None] = mapped_column(info=NONE)
    revoked_at: Mapped[datetime | None] = mapped_column(info=NONE)


class Attempt(Base):
    """Wrong tries in a window of time, per account, address and known browser (keyed hashes)."""

    __tablename__ = "attempt"
    key: Mapped[bytes] = mapped_column(primary_key=True, info=TRACE)
    started_at: Mapped[datetime] = mapped_column(info=NONE)
    count: Mapped[int] = mapped_column(info=NONE)


class Setting(Base):
    """Small choices of the organisation that are data, such as what a verb means to us."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    value: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    changed_at: Mapped[datetime] = mapped_column(info=NONE)


class PeopleFile(Base):
    """An HR file that was sent in: kept until it is done or a day old, with what it would do and how far it is.

    States: sent (not read yet), read (its differences are there), running, done, refused (as a whole).
    """

    __tablename__ = "people_file"
    __table_args__ = (
        Index("ix_people_file_one_running", "state", unique=True, postgresql_where=text("state = 'running'")),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    name: Mapped[str] = mapped_column(info=NONE)
    content: Mapped[bytes | None] = mapped_column(info=PASSING)
    sent_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    sent_at: Mapped[datetime] = mapped_column(info=NONE)
    state: Mapped[str] = mapped_column(info=NONE)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(info=NONE)
    counts: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    rows: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    done_rows: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    started_at: Mapped[datetime | None] = mapped_column(info=NONE)
    ended_at: Mapped[datetime | None] = mapped_column(info=NONE)


class PeopleFileRow(Base):
    """One difference that an HR file makes, or one row of it that is refused, with why."""

    __tablename__ = "people_file_row"
    __table_args__ = (Index("ix_people_file_row_file_id_kind", "file_id", "kind", "line"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    file_id: Mapped[int] = mapped_column(ForeignKey("people_file.id", ondelete="CASCADE"), info=NONE)
    line: Mapped[int] = mapped_column(info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)
    external_id: Mapped[str] = mapped_column(info=PASSING)
    name: Mapped[str] = mapped_column(info=PASSING)
    detail: Mapped[dict[str, Any]] = mapped_column(info=PASSING)


class Mail(Base):
    """A letter by mail that somebody asked for; its one-time link is made when it is sent, and stands nowhere.

    Without a person it goes nowhere: whoever asks for an unknown address is answered the same.
    """

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_waiting", "next_at", postgresql_where=text("sent_at IS NULL AND refusal IS NULL")),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)  # invitation, reset
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    next_at: Mapped[datetime] = mapped_column(info=NONE)
    tries: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    sent_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    refusal: Mapped[str | None] = mapped_column(info=NONE)


class Draft(Base):
    """What somebody began to write, of a lesson or a log; under a mark, sealed with their key."""

    __tablename__ = "lesson_draft"  # lessons had it first
    mark: Mapped[bytes] = mapped_column(primary_key=True, info=SECRET)
    sealed: Mapped[bytes] = mapped_column(info=SECRET)
