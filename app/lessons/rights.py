"""Who may read a lesson, in the statement.

Of one for the team: its author, whoever is now in the team in which it was shared, and the author's own manager as long
as the author is in that team; of one without a name, whoever leads somebody in that team. For everybody else it is not
there. An author finds their own without a name by their marks (`unnamed`).
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlalchemy.types import LargeBinary

from app.lessons.models import Lesson
from app.people.models import Person

author, viewer, _led = aliased(Person), aliased(Person), aliased(Person)
marked = Lesson.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_()
by_me = or_(Lesson.author_id == bindparam("me"), marked)  # with a name or without


def readable_by_viewer(lesson: Any) -> ColumnElement[bool]:
    by_audience = or_(
        lesson.audience == "everyone",
        lesson.author_id == viewer.id,
        lesson.team_id == viewer.team_id,
        and_(lesson.team_id == author.team_id, author.manager_id == viewer.id),
        and_(
            lesson.author_id.is_(None),
            exists().where(_led.team_id == lesson.team_id, _led.manager_id == viewer.id, _led.active),
        ),
    )
    return and_(by_audience, or_(lesson.hidden_at.is_(None), lesson.author_id == viewer.id))


readable = readable_by_viewer(Lesson)

# A value known before the scan begins, so that the index on teams can be used.
my_team = select(Person.team_id).where(Person.id == bindparam("me")).scalar_subquery()

# The same rights in values known before the scan: joining each of very many hits took three quarters of the time.
_reports = select(Person.id, Person.team_id).where(Person.manager_id == bindparam("me"))

_led_teams = select(Person.team_id).where(Person.manager_id == bindparam("me"), Person.active)

readable_by_me = or_(
    Lesson.author_id == bindparam("me"),
    and_(
        Lesson.hidden_at.is_(None),
        or_(
            Lesson.audience == "everyone",
            Lesson.team_id == my_team,
            tuple_(Lesson.author_id, Lesson.team_id).in_(_reports),
            and_(Lesson.author_id.is_(None), Lesson.team_id.in_(_led_teams)),
        ),
    ),
)
