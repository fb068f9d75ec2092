"""Carry out a planned day through the actions of real use: statements of the learning platform, lists of
workshops, logs and the word of who confirms, lessons, kudos. One transaction a day."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.activities import confirming, recording
from app.activities.logs import log_completions
from app.activities.rules import Log, Report
from app.db import lock_people, transaction
from app.demo.company import FIRST_GENERATED, Colleague, read
from app.demo.days import Apply, Day, Done, Share, Thanks, Told
from app.demo.sharing import WITH_PICTURE, pressure
from app.imports import actions as imports
from app.imports.queries import Client
from app.kudos import actions as kudos
from app.lessons import actions as lessons
from app.lessons import applying, unnamed
from app.lessons import extras as lesson_extras
from app.lessons.rules import REACTIONS
from app.outbox import settle

PLATFORM = "https://leren.waterveld.example"  # the home page of the accounts on Waterveld's learning platform
Happening = Done | Told | Share | Apply | Thanks
COMPLETED = {
    "id": "http://adlnet.gov/expapi/verbs/completed",
    "display": {"en": "completed", "nl": "voltooid"},
}
OURS = uuid.UUID("5bd0a2cc-3f0e-5b0e-9c5e-77617465726b")


@dataclass(slots=True)
class Stage:
    """The ids by which the actions know what the plan names, and the lessons and open logs so far."""

    people: Mapping[str, int]
    managers: Mapping[str, str]
    activities: Mapping[str, int]
    skills: Mapping[str, int]
    platform: Client
    zone: ZoneInfo
    teams: Mapping[str, int] = field(default_factory=dict)
    lessons: dict[int, int] = field(default_factory=dict)
    authors: dict[int, str] = field(default_factory=dict)
    logs: dict[int, tuple[int, str, str]] = field(
        default_factory=dict
    )  # key: completion, whose, who confirms


def stage_managers(people: Iterable[Colleague]) -> dict[str, str]:
    """Who confirms what has no confirmer of its own."""
    return {person.external_id: person.manager_external_id for person in people}


def play(stage: Stage, day: Day, at: datetime) -> None:
    """Let a day happen; `at` is its end. The caller has opened the transaction."""
    lock_people(stage.people[who] for who in _everybody(stage, day))
    _report(stage, day.done, at)
    _log(stage, day.told, at)
    _decide(stage, day, at)
    _share(stage, day, at)
    _thank(stage, day.thanks, at)
    settle(at)


def _everybody(stage: Stage, day: Day) -> set[str]:
    """Whoever can earn today, and whoever else the actions lock."""
    parts: tuple[Sequence[Happening], ...] = (day.done, day.told, day.shared, day.applied, day.thanks)
    found = {event.who for part in parts for event in part}
    found.update(stage.logs[word.key][1] for word in day.words if word.key in stage.logs)
    found.update(stage.authors[apply.key] for apply in day.applied if apply.key in stage.authors)
    found.update(who for thanks in day.thanks for who in thanks.to)
    return found


# What others report -----------------------------------------------------------------------------------------


def _report(stage: Stage, done: Sequence[Done], at: datetime) -> None:
    """Generated crowds come on lists alone: their statements would only fill the disk of a benchmark."""
    written = {activity["slug"]: activity for activity in read("catalogue.json")["activities"]}
    told, lists = [], []
    for one in done:
        if written[one.activity]["known_as"] and int(one.who[1:]) < FIRST_GENERATED:
            told.append(statement(one, written[one.activity]))
        else:
            lists.append(_listed(stage, one))
    if told:
        imports.receive(stage.platform, told, version="2.0.0", at=at)
    if lists:
        recording.record_completions(lists, at=at)


def statement(done: Done, activity: Mapping[str, Any]) -> dict[str, Any]:
    """As the learning platform sends it."""
    object_id = activity["known_as"][0]
    result: dict[str, Any] = {"completion": True}
    if done.score is not None:
        result["score"] = {"scaled": done.score}
    return {
        "id": str(uuid.uuid5(OURS, f"{done.who} {object_id} {done.at:%Y-%m-%d}")),
        "actor": {"objectType": "Agent", "account": {"homePage": PLATFORM, "name": done.who}},
        "verb": COMPLETED,
        "object": {
            "objectType": "Activity",
            "id": object_id,
            "definition": {"name": activity["title"], "type": "http://adlnet.gov/expapi/activities/course"},
        },
        "result": result,
        "timestamp": done.at.isoformat(),
    }


def _listed(stage: Stage, done: Done) -> Report:
    """As on the list of who was there, which the leader of a workshop hands in."""
    return Report(
        person_id=stage.people[done.who],
        activity_id=stage.activities[done.activity],
        completed_at=done.at,
        source=f"import:list:{done.activity}:{done.at:%Y-%m-%d}:{done.who}",
        score=done.score,
        origin="import",
    )


# What people tell of themselves -----------------------------------------------------------------------------


def _log(stage: Stage, told: Sequence[Told], at: datetime) -> None:
    if not told:
        return
    ids = log_completions([_logged(stage, one) for one in told], at=at)
    for one, completion_id in zip(told, ids, strict=True):
        stage.logs[one.key] = (completion_id, one.who, one.confirmer or stage.managers[one.who])


def _logged(stage: Stage, told: Told) -> Log:
    log = Log(person_id=stage.people[told.who], completed_on=told.on, note=told.note)
    if told.confirmer:
        log["confirmer_id"] = stage.people[told.confirmer]
    if told.own is None and told.activity is not None:
        log["activity_id"] = stage.activities[told.activity]
    elif told.own is not None:
        log["title"], log["kind"] = told.own["title"], told.own["kind"]
        log["skill_id"], log["hours"] = stage.skills[told.own["skill"]], float(told.own["hours"])
    return log


def _decide(stage: Stage, day: Day, at: datetime) -> None:
    together: dict[tuple[str, bool, str], list[int]] = {}
    for word in day.words:
        if word.key in stage.logs:
            completion_id, _, confirmer = stage.logs.pop(word.key)
            together.setdefault((confirmer, word.confirm, word.note), []).append(completion_id)
    for (confirmer, confirm, note), ids in sorted(together.items()):
        confirming.decide(ids, by=stage.people[confirmer], confirm=confirm, note=note, at=at)


# What they give each other ----------------------------------------------------------------------------------


def _share(stage: Stage, day: Day, at: datetime) -> None:
    if day.shared:
        written = read("lessons.json")
        new = [
            lessons.NewLesson(
                author_id=stage.people[one.who],
                outcome=written[one.key]["outcome"],
                title=written[one.key]["title"],
                happened=written[one.key]["happened"],
                learned=written[one.key]["learned"],
                from_now_on=written[one.key]["from_now_on"],
                skills=[stage.skills[slug] for slug in written[one.key]["skills"]],
                lang=written[one.key]["lang"],
                audience=written[one.key].get("audience", "everyone"),
                unnamed=written[one.key].get("unnamed", False),
                at=one.at,
            )
            for one in day.shared
        ]
        for one, lesson_id in zip(day.shared, lessons.share_lessons(new, at=at), strict=True):
            stage.lessons[one.key] = lesson_id
            if not written[one.key].get("unnamed"):
                stage.authors[one.key] = one.who
            if one.key == WITH_PICTURE:
                sent = lesson_extras.Sent(
                    "druk.png", pressure(), "Een lijn: de druk schiet omhoog en zakt dan diep"
                )
                lesson_extras.attach(by=stage.people[one.who], lesson_id=lesson_id, sent=sent)
    applied = [
        applying.Applying(
            lesson_id=stage.lessons[one.key], person_id=stage.people[one.who], how=one.how, at=one.at
        )
        for one in day.applied
    ]
    if applied:
        applying.apply_lessons(applied, at=at)
    for apply in day.applied:
        who, of = stage.people[apply.who], stage.lessons[apply.key]
        lesson_extras.react(by=who, lesson_id=of, kind=REACTIONS[(apply.key + who) % len(REACTIONS)], on=True)


def count_the_week(at: datetime) -> None:
    """What the worker does of a Monday: lessons without a name are counted, of five authors or more."""
    with transaction():
        unnamed.count(at=at)
        settle(at)


def _thank(stage: Stage, thanks: Sequence[Thanks], at: datetime) -> None:
    if not thanks:
        return
    new = [
        kudos.NewKudos(
            giver_id=stage.people[one.who],
            receivers=[stage.people[who] for who in one.to],
            message=one.text,
            skill_id=stage.skills[one.skill],
            lang=one.lang,
            team_id=stage.teams.get(one.team),
            at=one.at,
        )
        for one in thanks
    ]
    ids = kudos.give_kudos(new, at=at)
    choices, back = [], []
    for one, kudos_id in zip(thanks, ids, strict=True):
        choices += [
            kudos.Choice(kudos_id=kudos_id, person_id=stage.people[who], visible=visible)
            for who, visible in zip(one.to, one.visible, strict=True)
            if visible != "private"
        ]
        back += [(kudos_id, stage.people[who]) for who in one.back]
    if choices:
        kudos.choose_visibility(choices)
    if back:
        kudos.thank_back(back, at=at)
