"""What the journeys find: the demo's catalogue, and a company in which people have learned, shared and thanked."""

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.activities import recording
from app.activities.logs import log_completions
from app.activities.queries import ids_by_slug
from app.activities.rules import Log, Report
from app.badges import agreeing
from app.care import actions as care
from app.careers import actions as careers
from app.careers import criteria
from app.careers import queries as asked_by
from app.careers.rules import NewCriterion, NewFamily, NewJob
from app.db import db, lock_people, transaction
from app.demo import careers as described
from app.demo import company as demo
from app.goals import actions as goals
from app.goals import joining, leading
from app.goals.rules import NewGoal, NewTeamGoal
from app.guidance import actions as guidance
from app.guidance import meetings, pairs
from app.guidance.rules import NewGuidance
from app.imports import catalogue
from app.kudos import actions as kudos
from app.lessons import actions as lessons
from app.lessons import applying
from app.outbox import settle
from app.people import actions as people
from app.programmes import actions as programmes
from app.programmes.rules import NewPart, Told
from app.recognitions import actions as recognitions
from app.recognitions import nominating
from app.recognitions import queries as recognition_queries
from app.reviews import actions as reviews
from app.vision.queries import ids_of
from tests.cast import HIRED, Cast, hire

CATALOGUE = Path(demo.__file__).parent / "catalogue.json"
COMPLETED = {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}}
BADGE = "pressure-and-valves"
OTHERS = ("fay", "gus", "hal", "ida", "jan", "kim")
LESSON: dict[str, Any] = {
    "outcome": "went_wrong",
    "title": "Valve shut in four seconds",
    "happened": "A joint broke two streets away, because the valve was shut far too fast.",
    "learned": "Haste on site costs more time than it saves.",
    "from_now_on": "We count out loud to forty, also when somebody waits.",
    "lang": "en",
    "audience": "everyone",
}
THANKS = "You stayed on the phone with that customer until the water ran clear."


@dataclass(frozen=True)
class Company:
    """What was made to happen, by id."""

    lesson: int
    kudos: int
    log: int
    award: str
    recognition: int
    report: int
    goal: int = 0
    team_goal: int = 0
    programme: str = ""
    guidance: int = 0
    mentoring: int = 0
    occasion: int = 0


@cache
def demo_catalogue() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(CATALOGUE.read_text())
    return whole


def load_catalogue() -> None:
    """In force long before anything in a test happens."""
    with transaction():
        catalogue.load(demo_catalogue(), at=HIRED)
        settle(HIRED)


def asks(badge: str = BADGE) -> list[str]:
    """The activities that the first tier of a badge asks for."""
    (found,) = (one for one in demo_catalogue()["badges"] if one["slug"] == badge)
    slugs: list[str] = found["tiers"][0]["criteria"]["completed"]
    return slugs


def entry(slug: str, kind: str = "activities") -> dict[str, Any]:
    """What the catalogue says of an activity, a badge or a skill."""
    (found,) = (one for one in demo_catalogue()[kind] if one["slug"] == slug)
    whole: dict[str, Any] = found
    return whole


def statement(slug: str, who: str = "anna") -> dict[str, Any]:
    """What a learning platform says when somebody completed this activity, a moment ago."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": f"mailto:{who}@waterveld.example"},
        "verb": COMPLETED,
        "object": {"id": entry(slug)["known_as"][0]},
        "timestamp": datetime.now(UTC).isoformat(),
    }


def happen(cast: Cast) -> Company:
    """Anna learned, shared and was thanked; colleagues did so too; for Mia three logs wait."""
    at = datetime.now(UTC) - timedelta(seconds=30)
    others = hire(*OTHERS)
    with transaction():
        _learn(cast, others, at)
        settle(at)
    with transaction():
        lock_people([cast.anna, cast.ben, cast.mia])
        lesson = _share(cast, at)
        kudos_id = _thank(cast, at)
        settle(at)
    with transaction():
        lock_people([cast.anna, cast.ben, cast.mia])
        recognition = _recognise(cast, at)
        settle(at)
    with transaction():
        log, award = _log(cast, at), _show(cast, at)
        made = Company(lesson, kudos_id, log, award, recognition, _report(cast, kudos_id, at))
        settle(at)
    made = _aim(made, cast, others, at)
    with transaction():
        guided, mentoring = _guide(cast, at)
        occasion = _open_occasion()
        settle(at)
    made = replace(made, guidance=guided, mentoring=mentoring, occasion=occasion)
    with transaction():
        described.describe({described.KEEPER: cast.clara}, at)
        settle(at)
    with transaction():
        for person in (cast.anna, cast.ben, cast.mia, others[0]):
            people.choose(person_id=person, board_choice="named")
        settle(at)
    return made


def _open_occasion() -> int:
    return (
        db.session.scalar(text("SELECT min(id) FROM recognition_occasion")) or 0
    )  # the first one stays open


def _aim(made: Company, cast: Cast, others: list[int], at: datetime) -> Company:
    """Anna has goals, one that a team reaches together, and follows a programme."""
    known, day = ids_by_slug([*asks(), "rain-to-well"]), at.date()
    badge = NewGoal(
        title="Read lab results", lang="en", proof="words", proof_words="I read one.", visible="team"
    )
    together_ = NewTeamGoal(
        unit_id=None, title="Share ten lessons", lang="en", kind="lesson_shared", target=10,
        starts_on=day, ends_on=day + timedelta(days=30),
    )  # fmt: skip
    said = {"nl": "Van lab tot kraan", "en": "From lab to tap"}
    told = Told(title=said, summary=said, parts=[NewPart(1, (one,)) for one in known.values()], badge=BADGE)
    with transaction():
        lock_people([cast.anna, cast.ben, cast.mia, *others])
        (goal,) = goals.set_goals([goals.Setting(person_id=cast.anna, goal=badge)], at=at)
        goals.check_in(
            [goals.CheckIn(goal_id=goal, person_id=cast.anna, far="on_my_way", line="One a week.")], at=at
        )
        setting = leading.Setting(goal=together_, by=cast.leo, keeps=True)
        (team_goal,) = leading.set_goals([setting], at=at)
        joining.join([(team_goal, person) for person in (cast.anna, cast.ben, *others)], at=at)
        (programme,) = programmes.make([told], by=cast.leo, at=at)
        programmes.set_state({programme: "published"}, by=cast.leo, at=at)
        programmes.follow([(programme, cast.anna)], at=at)
        settle(at)
    return replace(made, goal=goal, team_goal=team_goal, programme=programme)


def _guide(cast: Cast, at: datetime) -> tuple[int, int]:
    """Ben guides Anna and says that they met; he can help others too; L&D has a programme in which both take part."""
    skill = db.session.scalar(text("SELECT min(id) FROM skill"))
    offer = guidance.Offer(kinds=["coaching", "shadowing"], skills=[skill], line="Ask me anything", guests=3)
    guidance.help_with({cast.ben: offer}, at=at)
    item = NewGuidance(
        kind="coaching",
        by_id=cast.anna,
        with_id=cast.ben,
        side="learner",
        skills=(skill,),
        purpose="To stay calm",
    )
    (told,) = guidance.propose([item], at=at)
    yes = guidance.Answer(guidance_id=told, by=cast.ben, answer="yes", words="Gladly")
    guidance.respond([yes], at=at)
    settle(at)
    met = meetings.Met(guidance_id=told, by=cast.ben, starts_at=at - timedelta(days=2), minutes=60)
    meetings.record([met], at=at)
    (made,) = pairs.make(
        [pairs.Programme(name={"nl": "Kijk anders", "en": "Look again"}, about={}, starts_on=at.date(),
                        ends_on=at.date() + timedelta(days=90))], by=None, at=at,
    )  # fmt: skip
    wished = {"programme_id": made, "skills": [skill], "wish": "Fresh eyes"}
    roles = ((cast.eve, "mentor"), (cast.ben, "mentee"), (cast.anna, "mentee"))
    pairs.take_part([pairs.Place(person_id=one, role=role, **wished) for one, role in roles], at=at)
    new = pairs.NewPair(programme_id=made, mentor_id=cast.eve, mentee_id=cast.anna)
    pairs.propose([new], by=None, at=at)
    return told, made


def crowd(cast: Cast, size: int = 40) -> None:
    """So many more colleagues with points that boards leave rows out, and more logs of Anna's than a page holds."""
    at = datetime.now(UTC) - timedelta(seconds=20)
    others = hire(*(f"crowd{number:02}" for number in range(size)))
    slugs = ["valves-handbook", "forty-counts", "confined-spaces"]
    ids = ids_by_slug(slugs)
    reports: list[Report] = [
        {"person_id": who, "activity_id": ids[slug], "completed_at": at, "source": f"crowd:{who}:{slug}"}
        for number, who in enumerate(others)
        for slug in slugs[: 1 + number % 3]
    ]
    skill = ids_of(["coaching"])["coaching"]
    log: Log = {
        "person_id": cast.anna,
        "title": "",
        "kind": "on_the_job",
        "skill_id": skill,
        "completed_on": at.date() - timedelta(days=1),
        "hours": 1,
        "note": "Along with the night crew, from the first call to the last.",
        "link": None,
    }
    with transaction():
        recording.record_completions(reports, at=at)
        settle(at)
    with transaction():
        log_completions([{**log, "title": f"Round {number}"} for number in range(30)], at=at)
        settle(at)


def _learn(cast: Cast, others: list[int], at: datetime) -> None:
    ids = ids_by_slug([one["slug"] for one in demo_catalogue()["activities"]])
    done = [(cast.anna, slug) for slug in (*asks(), "confined-spaces")]
    done += [(cast.ben, "forty-counts"), (cast.mia, "craft-mentor"), (cast.eve, "first-dashboard")]
    done += [(person, "valves-handbook") for person in others]
    reports: list[Report] = [
        {"person_id": person, "activity_id": ids[slug], "completed_at": at, "source": f"told:{person}:{slug}"}
        for person, slug in done
    ]
    recording.record_completions(reports, at=at)


def _show(cast: Cast, at: datetime) -> str:
    """Anna shows a badge to anyone with its link, and asks Mia whether her name may stand there."""
    award = showing_of(cast.anna)
    agreeing.show(award_id=award, by=cast.anna, visible="public")
    db.session.execute(
        text(
            "UPDATE fact SET confirmed_by = :mia WHERE id = (SELECT evidence[1] FROM award WHERE id = :award)"
        ),
        {"mia": cast.mia, "award": award},
    )
    agreeing.ask(award_id=award, by=cast.anna, colleague_id=cast.mia, at=at)
    return award


def showing_of(person_id: int) -> str:
    """An award that rests on something completed."""
    found = text(
        "SELECT a.id FROM award a JOIN fact f ON f.id = a.evidence[1] AND f.kind = 'completed'"
        " WHERE a.person_id = :person ORDER BY a.achievement_id, a.tier LIMIT 1"
    )
    return str(db.session.execute(found, {"person": person_id}).scalar_one())


def _share(cast: Cast, at: datetime) -> int:
    skills = [ids_of(["pipes-valves"])["pipes-valves"]]
    second = {**LESSON, "outcome": "discovered", "title": "The spare key hangs behind the pump"}
    second |= {"happened": "We looked for an hour.", "from_now_on": "Look there first, then call."}
    made = lessons.share_lessons(
        [
            lessons.NewLesson(author_id=cast.anna, skills=skills, **LESSON),
            lessons.NewLesson(author_id=cast.ben, skills=skills, **second),
        ],
        at=at,
    )
    how = "We practised it on the training ground."
    applying.apply_lessons([applying.Applying(lesson_id=made[0], person_id=cast.mia, how=how)], at=at)
    return made[0]


def _recognise(cast: Cast, at: datetime) -> int:
    """What Mia recognised Anna for, and an occasion that is open: Anna is nominated for one that is closed."""
    today = recognition_queries.day_of(at)
    days = ((today - timedelta(days=2), today + timedelta(days=9)), (today, today))
    for opens, closes in days:
        new = nominating.NewOccasion(
            opened_by=cast.clara, name="Learning day", lang="en", opens_on=opens, closes_on=closes
        )
        (made,) = nominating.open_occasions([new], at=at)
    put = nominating.NewNomination(
        nominator_id=cast.ben, nominee_id=cast.anna, occasion_id=made, reason=THANKS, lang="en"
    )
    nominating.nominate([put], at=at)
    nominating.close_nominations([made], by=cast.clara, at=at)
    given = recognitions.NewRecognition(
        giver_id=cast.mia, receivers=[cast.anna], title="Asked on", citation=THANKS * 2, lang="en", day=today
    )
    return recognitions.give_recognitions([given], at=at)[0]


def _report(cast: Cast, kudos_id: int, at: datetime) -> int:
    """Something waits for the care desk."""
    lock_people([cast.anna])
    words = "The customer could be known from this."
    return care.report(by=cast.anna, kind="kudos", content_id=kudos_id, reason="private", words=words, at=at)


def _thank(cast: Cast, at: datetime) -> int:
    skill = ids_of(["customer-contact"])["customer-contact"]
    thanks = [
        kudos.NewKudos(giver_id=cast.ben, receivers=[cast.anna], message=THANKS, skill_id=skill, lang="en"),
        kudos.NewKudos(
            giver_id=cast.anna,
            receivers=[cast.ben, cast.mia],
            message="You explained the new meter twice, and both times with patience.",
            skill_id=skill,
            lang="en",
        ),
    ]
    return kudos.give_kudos(thanks, at=at)[0]


def _log(cast: Cast, at: datetime) -> int:
    skill = ids_of(["coaching"])["coaching"]
    day = (at - timedelta(days=1)).date()
    told = [(cast.anna, "A night along with the crew"), (cast.ben, "A day in the control room")]
    told += [(cast.ben, "A morning at the weir")]
    logs: list[Log] = [
        {
            "person_id": person,
            "title": title,
            "kind": "on_the_job",
            "skill_id": skill,
            "completed_on": day,
            "hours": 3.5,
            "note": "Along with the night crew, from the first call to the last.",
            "link": "https://waterveld.example/night-crew/2026/report-of-the-round-along-all-the-pumping-stations",
        }
        for person, title in told
    ]
    return log_completions(logs, at=at)[0]


def moment() -> datetime:
    return datetime.now(UTC)


def a_review(cast: Cast) -> tuple[str, int]:
    """Anna gathers for a review: Ben answered what he saw, HR proposes a badge; another question still waits."""
    at = datetime.now(UTC)
    skill = next(one["slug"] for one in demo_catalogue()["skills"])
    every = ("badge", "completion", "lesson_applied", "recognition", "observation", "document")
    with transaction():
        careers.write_families([NewFamily("plant", {"nl": "Zuivering", "en": "Plant"})])
        names = {"nl": "Senior operator", "en": "Senior operator"}
        careers.write_jobs({"senior": NewJob("senior", "plant", 2, names)})
        wanted = [
            NewCriterion({"nl": f"Kan {what}", "en": f"Can do {what}"}, skill, 2, every, {})
            for what in ("this", "that")
        ]
        criteria.replace_draft("senior", wanted, version=None, by=cast.clara, at=at)
        criteria.publish_draft(
            "senior", consented_on=at.date(), version=None, today=at.date(), by=cast.clara, at=at
        )
        job = db.session.scalar(text("SELECT id FROM job WHERE slug = 'senior'")) or 0
        new = reviews.NewReview(person_id=cast.anna, job_id=job, asked_by=cast.anna)
        (made,) = reviews.start([new], at=at)
        first, second = (one.id for one in asked_by.current_criteria([job])[job].items)
        for criterion in (first, second):
            reviews.ask_colleagues(
                made, criterion_id=criterion, observer_ids=[cast.ben], question="What did you see?", by=cast.anna,
                at=at,
            )  # fmt: skip
        answered = db.session.scalar(text("SELECT min(id) FROM review_observation")) or 0
        reviews.observe(answered, "Calm, and clear to everybody", on=None, file=True, by=cast.ben, at=at)
        db.session.execute(text("UPDATE award SET in_review = true"))  # as Anna said of all of them
        slug = db.session.scalar(
            text(
                "SELECT a.slug FROM award w JOIN achievement a ON a.id = w.achievement_id"
                " WHERE w.person_id = :anna AND w.revoked_at IS NULL LIMIT 1"
            ),
            {"anna": cast.anna},
        )
        proposal = reviews.NewProposal(criterion_id=first, kind="badge", slug=slug or "")
        reviews.propose(made, [proposal], by=cast.clara, at=at)
        settle(at)
    return str(made), first


def asked_of_ben(app: Flask) -> str:
    """The page of the question that Ben did not answer yet."""
    with app.app_context():
        found = db.session.scalar(text("SELECT id FROM review_observation WHERE filed_at IS NULL"))
        return f"/reviews/observations/{found}"
