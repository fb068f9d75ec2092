"""The team of a manager, the page of one person in it, and the card for the team meeting.

People stand in the order of their names, and nothing is counted per person: what stands here every colleague may see,
or the person let their manager see. Who it is about sees the same page of themselves.
"""

from datetime import timedelta
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.activities.records import count_waiting_for
from app.audit.actions import look
from app.badges import names as badge_names
from app.badges import showcase
from app.config import timezone
from app.conversations import queries as conversations
from app.conversations.rules import AHEAD
from app.db import transaction
from app.errors import Refused
from app.goals import queries as goals
from app.home import together
from app.home.schemas import CardQuery, StandInForm
from app.kudos import queries as kudos
from app.lessons import queries as lessons
from app.outbox import settle
from app.people import queries as people
from app.people import standins
from app.people.meant import meant
from app.recognitions import queries as recognitions
from app.vision import queries as vision
from app.web import body, done, now, query, render, status_of, wrong_with

pages = Blueprint("team", __name__)
LATELY, YEAR = timedelta(days=30), timedelta(days=365)
BADGES, LESSONS, LATEST, GOALS = 6, 5, 3, 10


@pages.get("/team")
@may("manager")
def page() -> ResponseReturnValue:
    return _page()


def _page(no: ValidationError | Refused | None = None) -> Response:
    since, today = now() - LATELY, now().astimezone(timezone()).date()
    reports = people.reports_of(me())
    planned = {row.person_id: row for row in conversations.coming(me())}
    answer = render(
        "home/team.html",
        own=together.own_learning(me(), now()),
        own_lessons=lessons.by_author(me(), me(), 1),
        reports=reports,
        planned=planned,
        news=together.to_celebrate([one.id for one in reports], since),
        covered=together.covered([one.id for one in reports], now() - YEAR),
        skills=[skill for skill in vision.options() if skill["depth"] == 0],
        waiting_here=count_waiting_for(me()),
        stand_in=standins.of(me(), today),
        not_thanked=kudos.not_thanked(me(), now()),
        today=today,
        typed={name: request.form.get(name, "") for name in ("who", "since", "until")} if no else {},
        **_said(no),
    )
    answer.status_code = status_of(no)
    return answer


@pages.post("/team/stand-in")
@may("manager")
def stand_in() -> ResponseReturnValue:
    """Name who stands in; an empty name ends it."""
    try:
        form = body(StandInForm())
        today = now().astimezone(timezone()).date()
        with transaction():
            if form["end"]:
                standins.end(person_id=me(), at=now())
            else:
                found = meant(form["who"], field="who", but=me())
                standins.name(
                    person_id=me(), deputy_id=found.id if found else me(), since=form["since"] or today,
                    until=form["until"] or today, today=today, at=now(),
                )  # fmt: skip
            settle(now())
            return done("home/_team_saved.html", url_for(".page", _anchor="stand-in"))
    except (ValidationError, Refused) as no:
        return _page(no)


@pages.get("/team/<handle>")
@may("person")
def person(handle: str) -> ResponseReturnValue:
    """One of mine, or myself as my manager sees me."""
    found = mine_to_see(handle)
    today = now().astimezone(timezone()).date()
    return render(
        "home/team_person.html",
        person=found,
        own=found.id == me(),
        display=showcase.display(found.id, "colleagues"),
        lessons=lessons.by_author(me(), found.id, LESSONS),
        conversations=conversations.of(me(), found.id),
        goals=goals_shown(found.id),
        recognitions=recognitions.of(found.id, shown_only=True, limit=LATEST),
        skill_of=badge_names.called().skills,
        today=today,
        last_day=today + AHEAD,
        most=BADGES,
    )


def goals_shown(person_id: int) -> Any:
    """The goals that somebody lets their manager see: to me of one of mine, to mine of myself."""
    to = asker().manager_id if person_id == me() else me()
    return goals.shown_by(person_id, to, GOALS) if to else []


def mine_to_see(handle: str) -> Any:
    """Myself, or one of mine, which is kept as a look; anybody else is not there."""
    found = people.profile(handle)
    own = found.id == me()
    leads = not own and people.is_manager_of(me(), found.id)
    if not own:
        look(viewer_id=me(), person_id=found.id, what="team:person", allowed=leads, at=now())
    if not own and not leads:
        people.missing()
    return found


@pages.get("/team/<handle>/lately")
@may("person")
def lately(handle: str) -> ResponseReturnValue:
    """What one of mine did last that every colleague may see; by its address their page."""
    found = mine_to_see(handle)
    news = together.to_celebrate([found.id], now() - YEAR)
    return done(
        "home/_lately.html", url_for(".person", handle=handle), news=news[0].news[:LATEST] if news else [],
        person=found,
    )  # fmt: skip


@pages.get("/team/waiting")
@may("manager")
def waiting() -> ResponseReturnValue:
    """How much waits for my word, when the stream says that something came; by its address the page."""
    return done("home/_waits_here.html", url_for(".page"), waiting_here=count_waiting_for(me()))


@pages.get("/team/card")
@may("person")
def card() -> ResponseReturnValue:
    """One page for a meeting: lessons and recognitions of late, of one's own team, who leads people, or all."""
    asked = query(CardQuery())
    return render(
        "home/card.html",
        card=on_card(asked),
        days=asked["days"],
        team=team.name if (team := lessons.team_of(me())) else None,
        today=now().astimezone(timezone()).date(),
    )


def on_card(asked: dict[str, Any]) -> together.Meeting:
    """Of whom it is asked for, and how far back."""
    return together.for_meeting(asked["of"], asker().team_id, now() - timedelta(days=asked["days"]))


def _said(no: ValidationError | Refused | None) -> dict[str, Any]:
    sent = no.messages_dict if isinstance(no, ValidationError) else {}
    return wrong_with(no, {name: said[0] for name, said in sent.items()})
