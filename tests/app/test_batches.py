"""What records facts takes a batch: as many statements for three hundred as for three, with all that follows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.feedback import actions as feedback
from app.feedback import receiving
from app.goals import actions as goals
from app.goals import joining, leading
from app.goals.rules import OPEN, NewGoal, NewTeamGoal
from app.guidance import actions as guidance
from app.guidance import ending, meetings, pairs
from app.guidance.rules import NewGuidance
from app.kudos import actions as kudos
from app.kudos.actions import NewKudos, NewWords
from app.lessons import actions as lessons
from app.lessons import applying, changing
from app.lessons.actions import LessonText, NewLesson
from app.outbox import settle
from app.programmes import actions as programmes
from app.programmes.rules import NewPart, Told
from app.recognitions import actions as recognitions
from app.recognitions import nominating
from app.recognitions.actions import NewRecognition, Withdrawal
from tests.cast import Cast, hire
from tests.small import load

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FEW, MANY = 3, 300


@pytest.fixture
def skill(app: Flask, cast: Cast) -> int:
    with app.app_context():
        load()
        return int(db.session.scalar(text("SELECT min(id) FROM skill")) or 0)


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that are sent meanwhile; one that is sent with many rows, one by one, counts as many."""
    sent: list[str] = []

    def note(_line: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        sent.extend([statement] * (len(parameters) if many and isinstance(parameters, list) else 1))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def do(act: Callable[[], Any]) -> tuple[Any, list[str]]:
    with transaction(), counting() as sent:
        made = act()
        settle(AT)
        return made, list(sent)


def same(few: list[str], many: list[str]) -> None:
    extra = list(many)
    for one in few:
        if one in extra:
            extra.remove(one)
    assert len(many) <= len(few), [one.strip()[:120] for one in extra]


def shared(author: int, number: int, skill: int, *, hidden: bool = False) -> list[int]:
    told: dict[str, Any] = {
        "outcome": "nearly", "learned": "Look before you step.", "from_now_on": "We look first.",
        "skills": [skill], "lang": "en", "audience": "everyone",
    }  # fmt: skip
    new = [
        NewLesson(author_id=author, title=f"Lesson {n}", happened=f"Story {n} of {number}, {hidden}.",
                  unnamed=hidden, **told)
        for n in range(number)
    ]  # fmt: skip
    made: list[int] = do(lambda: lessons.share_lessons(new, at=AT))[0]
    return made


@pytest.mark.parametrize("hidden", [False, True])
def test_an_author_edits_unnames_names_and_deletes_many_lessons_as_one(
    app: Flask, cast: Cast, skill: int, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    monkeypatch.setattr("app.lessons.unnamed.MOST", 2 * MANY)
    to = LessonText(
        outcome="went_well", title="Put otherwise", happened="Another story of it.", learned="Look even longer.",
        from_now_on="We look twice.", skills=[skill], lang="en", audience="everyone",
    )  # fmt: skip
    with app.app_context():
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            ids = shared(cast.anna, number, skill, hidden=hidden)
            do(lambda ids=ids: applying.apply_lessons(
                [applying.Applying(lesson_id=one, person_id=person) for one in ids for person in (cast.ben, cast.mia)],
                at=AT))  # fmt: skip
            steps = []
            edits = [changing.Edit(lesson_id=one, by=cast.anna, to=to) for one in ids]
            steps.append(do(lambda edits=edits: changing.edit_lessons(edits, at=AT))[1])
            stops = [(one, cast.ben) for one in ids]
            steps.append(do(lambda stops=stops: applying.stop_applying(stops, at=AT))[1])
            pairs = [(one, cast.anna) for one in ids]
            if hidden:
                steps.append(do(lambda pairs=pairs: changing.put_names_on(pairs, at=AT))[1])
            new, sent = do(lambda pairs=pairs: changing.take_names_off(pairs, at=AT))
            steps.append(sent)
            assert not set(new) & set(ids)
            pairs = [(one, cast.anna) for one in new]
            if not hidden:
                steps.append(do(lambda pairs=pairs: changing.put_names_on(pairs, at=AT))[1])
            steps.append(do(lambda pairs=pairs: changing.delete_lessons(pairs, at=AT))[1])
            counts[number] = steps
            assert db.session.scalar(text("SELECT count(*) FROM lesson WHERE deleted_at IS NULL")) == 0
            assert db.session.scalar(text("SELECT count(*) FROM fact WHERE withdrawn_at IS NULL")) == 0
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_nothing_of_a_batch_happens_when_one_of_it_is_somebody_elses(
    app: Flask, cast: Cast, skill: int
) -> None:
    with app.app_context():
        mine, (other,) = shared(cast.anna, 2, skill), shared(cast.ben, 1, skill)
        pairs = [(one, cast.anna) for one in (*mine, other)]
        for act in (changing.delete_lessons, changing.take_names_off, changing.put_names_on):
            with pytest.raises(NotFound):
                do(lambda act=act: act(pairs, at=AT))  # type: ignore[misc]
        left = text("SELECT count(*) FROM lesson WHERE deleted_at IS NULL AND author_id IS NOT NULL")
        assert db.session.scalar(left) == 3


def test_a_giver_rewords_and_undoes_many_kudos_as_one(app: Flask, cast: Cast, skill: int) -> None:
    with app.app_context():
        with transaction():
            db.session.execute(
                text("UPDATE organisation SET kudos_allowance = 2000, manager_kudos_allowance = 2000")
            )
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            new = [
                NewKudos(giver_id=cast.anna, receivers=[cast.ben, cast.mia], skill_id=skill, lang="en",
                         message=f"You stayed until it worked, time {n} of {number}.",
                         once=f"{number}-{n}" if n % 2 else None)
                for n in range(number)
            ]  # fmt: skip
            ids, given = do(lambda new=new: kudos.give_kudos(new, at=AT))
            with transaction():
                kudos.follow_decision(ids, "change", at=AT)
            words = [
                NewWords(kudos_id=one, by=cast.anna, message="You stayed until all of it worked.")
                for one in ids
            ]
            reworded = do(lambda words=words: kudos.reword(words, at=AT))[1]
            pairs = [(one, cast.anna) for one in ids]
            undone = do(lambda pairs=pairs: kudos.undo(pairs, at=AT + timedelta(minutes=1)))[1]
            counts[number] = [given, reworded, undone]
            assert db.session.scalar(text("SELECT sum(spent) FROM kudos_allowance")) == 0
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_many_people_set_change_check_in_and_forget_goals_as_one(app: Flask, cast: Cast, skill: int) -> None:
    assert OPEN < MANY
    with app.app_context():
        people = hire(*(f"p{n}" for n in range(30)))
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            aim = NewGoal(title="Read lab results", lang="en", proof_words="I do.", skill_id=skill, visible="named",
                          viewers=[cast.ben])  # fmt: skip
            new = [
                goals.Setting(person_id=people[n % 30], goal=aim, once=f"{number}-{n}") for n in range(number)
            ]
            ids, made = do(lambda new=new: goals.set_goals(new, at=AT))
            again, _ = do(lambda new=new: goals.set_goals(new, at=AT))
            assert again == ids
            assert len(set(ids)) == number
            pairs = [(one, item.person_id) for one, item in zip(ids, new, strict=True)]
            changes = [
                goals.Change(goal_id=one, person_id=person, goal=aim, version=1) for one, person in pairs
            ]
            changed = do(lambda changes=changes: goals.change(changes, at=AT))[1]
            told = [goals.CheckIn(goal_id=one, person_id=person, far="reached") for one, person in pairs]
            reached = do(lambda told=told: goals.check_in(told, at=AT))[1]
            up = do(lambda pairs=pairs: goals.take_up(pairs, at=AT))[1]
            gone = do(lambda pairs=pairs: goals.let_go(pairs, at=AT))[1]
            forgot = do(lambda pairs=pairs: goals.forget(pairs, at=AT))[1]
            counts[number] = [made, changed, reached, up, gone, forgot]
            assert db.session.scalar(text("SELECT count(*) FROM goal")) == 0
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_a_catalogue_of_many_programmes_is_loaded_and_followed_as_one(
    app: Flask, cast: Cast, skill: int
) -> None:
    with app.app_context():
        slugs = list(db.session.scalars(text("SELECT slug FROM activity WHERE state = 'published' LIMIT 2")))
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            entries = [
                {"slug": f"way-{number}-{n}", "title": {"nl": f"Weg {n}", "en": f"Way {n}"},
                 "summary": {"nl": "x", "en": "x"}, "skill": None, "badge": None,
                 "parts": [{"need": 1, "activities": slugs}]}
                for n in range(number)
            ]  # fmt: skip
            loaded, made = do(lambda entries=entries: programmes.load(entries, at=AT))
            assert len(loaded) == number
            other = [
                {**entry, "parts": [{"need": 1, "activities": slugs[:1]}], "state": "published"}
                for entry in entries
            ]
            changed = do(lambda other=other: programmes.load(other, at=AT))[1]
            assert do(lambda other=other: programmes.load(other, at=AT))[0] == []
            pairs = [(slug, cast.anna) for slug in loaded]
            followed = do(lambda pairs=pairs: programmes.follow(pairs, at=AT))[1]
            stopped = do(lambda pairs=pairs: programmes.stop(pairs, at=AT))[1]
            counts[number] = [made, changed, followed, stopped]
            wanted = text(
                "SELECT count(*) FROM programme WHERE state = 'published' AND form = 2 AND slug = ANY(:s)"
            )
            assert db.session.scalar(wanted, {"s": loaded}) == number
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_many_readers_say_what_to_keep_and_take_it_away_as_one(app: Flask, cast: Cast, skill: int) -> None:
    words = feedback.Words(keep="That you say how it went.", try_="", lang="en")
    with app.app_context():
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            lessons_ = shared(cast.anna, number, skill)
            said = [
                feedback.OnLesson(by=by, lesson_id=one, words=words)
                for one in lessons_
                for by in (cast.ben, cast.mia)
            ]
            ids, given = do(lambda said=said: feedback.give_on_lessons(said, at=AT))
            assert do(lambda said=said: feedback.give_on_lessons(said, at=AT))[0] == ids
            helped = [receiving.Helped(by=cast.anna, feedback_id=one) for one in ids]
            do(lambda helped=helped: receiving.mark_helpful(helped, at=AT))
            pairs_ = [(one, item.by) for one, item in zip(ids, said, strict=True)]
            with pytest.raises(NotFound):
                do(lambda pairs_=pairs_: feedback.take_away([*pairs_, (pairs_[0][0], cast.mia)]))
            away = do(lambda pairs_=pairs_: feedback.take_away(pairs_))[1]
            counts[number] = [given, away]
            assert db.session.scalar(text("SELECT count(*) FROM feedback")) == 0
            stands = text("SELECT count(*) FROM fact WHERE kind = 'feedback_helped' AND withdrawn_at IS NULL")
            assert db.session.scalar(stands) == 0
            with pytest.raises(Refused):
                own = feedback.OnLesson(by=cast.anna, lesson_id=lessons_[0], words=words)
                do(lambda own=own, said=said: feedback.give_on_lessons([*said, own], at=AT))
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_many_programmes_are_made_changed_published_and_retired_as_one(
    app: Flask, cast: Cast, skill: int
) -> None:
    with app.app_context():
        one, other = db.session.scalars(
            text("SELECT id FROM activity WHERE state = 'published' ORDER BY id LIMIT 2")
        )
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            name = {
                "nl": "Weg",
                "en": f"Way of {number}",
            }  # the same name for all: each gets a slug of its own
            told = Told(title=name, summary=name, parts=[NewPart(1, (one,))], skill_id=skill)
            slugs, made = do(
                lambda told=told, number=number: programmes.make([told] * number, by=cast.leo, at=AT)
            )
            assert len(set(slugs)) == number
            to = Told(title=name, summary=name, parts=[NewPart(1, (one, other))], skill_id=skill)
            changes = [programmes.Change(slug=slug, to=to, version=1) for slug in slugs]
            changed = do(lambda changes=changes: programmes.change(changes, by=cast.leo, at=AT))[1]
            with pytest.raises(Conflict):
                do(lambda changes=changes: programmes.change(changes, by=cast.leo, at=AT))
            steps = []
            for state in ("published", "retired"):
                states = dict.fromkeys(slugs, state)
                steps.append(do(lambda states=states: programmes.set_state(states, by=cast.leo, at=AT))[1])
            counts[number] = [made, changed, *steps]
            told_ = text(
                "SELECT count(*) FROM programme WHERE state = 'retired' AND form = 2 AND slug = ANY(:slugs)"
            )
            assert db.session.scalar(told_, {"slugs": slugs}) == number
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_many_team_goals_are_set_joined_changed_and_ended_as_one(app: Flask, cast: Cast, skill: int) -> None:
    with app.app_context():
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            told: dict[str, Any] = {
                "unit_id": cast.north, "lang": "en", "kind": "completed", "starts_on": AT.date(), "skill_id": skill,
                "ends_on": AT.date() + timedelta(days=9),
            }  # fmt: skip
            new = [
                leading.Setting(goal=NewTeamGoal(title=f"Share {n}", target=9, **told), by=cast.mia,
                                 once=f"{number}-{n}" if n % 2 else None)
                for n in range(number)
            ]  # fmt: skip
            ids, made = do(lambda new=new: leading.set_goals(new, at=AT))
            assert do(lambda new=new: leading.set_goals(new[1::2], at=AT))[0] == ids[1::2]
            with transaction():
                db.session.execute(
                    text("DELETE FROM team_goal WHERE id <> ALL(:ids) AND ended_at IS NULL"), {"ids": ids}
                )
            pairs_ = [(one, person) for one in ids for person in (cast.anna, cast.ben)]
            joined = do(lambda pairs_=pairs_: joining.join(pairs_, at=AT))[1]
            to = NewTeamGoal(title="Share more", target=12, **told)
            changes = [leading.Change(goal_id=one, to=to, by=cast.mia, version=1) for one in ids]
            changed = do(lambda changes=changes: leading.change(changes, at=AT))[1]
            left = do(lambda pairs_=pairs_: joining.leave(pairs_, at=AT))[1]
            ended = do(lambda ids=ids: leading.end(ids, by=cast.mia, keeps=False, at=AT))[1]
            counts[number] = [made, joined, changed, left, ended]
            assert db.session.scalar(text("SELECT count(*) FROM team_goal WHERE ended_at IS NULL")) == 0
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_many_are_recognised_and_it_is_taken_back_as_one(app: Flask, cast: Cast, skill: int) -> None:
    with app.app_context():
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            new = [
                NewRecognition(
                    giver_id=(cast.mia, cast.clara)[n % 2], title=f"The calm one, {n}", lang="en", day=AT.date(),
                    citation="You kept us calm all through the night.", receivers=[cast.anna, cast.ben],
                    skill_id=skill, once=f"{number}-{n}" if n % 2 else None,
                )
                for n in range(number)
            ]  # fmt: skip
            ids, given = do(lambda new=new: recognitions.give_recognitions(new, at=AT))
            assert len(set(ids)) == number
            assert do(lambda new=new: recognitions.give_recognitions(new[1::2], at=AT))[0] == ids[1::2]
            back = [Withdrawal(recognition_id=one, because="It was somebody else.") for one in ids]
            taken = do(lambda back=back: recognitions.withdraw(back, by=cast.clara, at=AT))[1]
            counts[number] = [given, taken]
            assert db.session.scalar(text("SELECT count(*) FROM fact WHERE withdrawn_at IS NULL")) == 0
            givers = text(
                "SELECT DISTINCT actor_id FROM audit_entry WHERE action = 'recognition:given' ORDER BY 1"
            )
            assert set(db.session.scalars(givers)) == {cast.mia, cast.clara}
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_many_occasions_are_opened_changed_and_decided_with_all_that_was_put_forward_as_one(
    app: Flask, cast: Cast, skill: int
) -> None:
    with app.app_context():
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            told: dict[str, Any] = {
                "lang": "en", "opens_on": AT.date(), "closes_on": AT.date() + timedelta(days=9), "jury": [cast.mia],
            }  # fmt: skip
            new = [
                nominating.NewOccasion(opened_by=cast.clara, name=f"Day {n}", once=f"{number}-{n}", **told)
                for n in range(number)
            ]
            ids, opened = do(lambda new=new: nominating.open_occasions(new, at=AT))
            assert do(lambda new=new: nominating.open_occasions(new, at=AT))[0] == ids
            told["jury"] = [cast.mia, cast.eve]
            to = [
                nominating.OccasionChange(
                    occasion_id=one, by=cast.clara, version=1, name="Day of all", **told
                )
                for one in ids
            ]
            changed = do(lambda to=to: nominating.change_occasions(to, at=AT))[1]
            items = [
                nominating.NewNomination(nominator_id=by, nominee_id=cast.anna, occasion_id=one, lang="en",
                                         reason="She stayed until all had water.", once=f"{one}")
                for one in ids for by in (cast.ben, cast.leo)
            ]  # fmt: skip
            put, nominated = do(lambda items=items: nominating.nominate(items, at=AT))
            assert do(lambda items=items: nominating.nominate(items, at=AT))[0] == put
            mine = [(one, cast.leo) for one in put[1::2]]
            taken = do(lambda mine=mine: nominating.take_back_nominations(mine, at=AT))[1]
            closed = do(lambda ids=ids: nominating.close_nominations(ids, by=cast.clara, at=AT))[1]
            chosen = [
                NewRecognition(giver_id=cast.mia, title="The calm one", lang="en", day=AT.date(),
                               citation="You kept us calm all through the night.", receivers=[cast.anna],
                               occasion_id=one, nomination_id=nomination)
                for one, nomination in zip(ids[1:], put[2::2], strict=True)
            ]  # fmt: skip
            given = do(lambda chosen=chosen: recognitions.give_recognitions(chosen, at=AT))[1]
            ends = [nominating.Decision(occasion_id=one, words="Thank you all.") for one in ids]
            decided = do(lambda ends=ends: nominating.decide_occasions(ends, by=cast.mia, at=AT))[1]
            counts[number] = [opened, changed, nominated, taken, closed, given, decided]
            led = text("""SELECT count(*) FILTER (WHERE recognition_id IS NOT NULL), count(*) FROM nomination
                          WHERE decided_at IS NOT NULL AND id = ANY(:ids)""")
            assert tuple(db.session.execute(led, {"ids": put}).one()) == (number - 1, number)
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_nothing_of_a_batch_is_given_when_one_of_it_may_not_be(app: Flask, cast: Cast, skill: int) -> None:
    told: dict[str, Any] = {
        "title": "The calm one", "lang": "en", "day": AT.date(), "citation": "You kept us calm all through the night.",
    }  # fmt: skip
    with app.app_context():
        for giver, receivers in ((cast.mia, [cast.eve]), (cast.anna, [cast.ben])):
            good = NewRecognition(giver_id=cast.mia, receivers=[cast.ben], **told)
            bad = NewRecognition(giver_id=giver, receivers=receivers, **told)
            with pytest.raises(Refused):
                do(lambda good=good, bad=bad: recognitions.give_recognitions([good, bad], at=AT))
        assert db.session.scalar(text("SELECT count(*) FROM recognition")) == 0


def test_many_ask_answer_meet_and_finish_with_each_other_as_one(
    app: Flask, cast: Cast, skill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        people = hire(*(f"g{n:03}" for n in range(MANY + FEW + 2)))
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            twos = list(pairwise(people[-number - 1 :] if number == FEW else people[: number + 1]))
            kind = "coaching" if number == FEW else "shadowing"
            offer = guidance.Offer(kinds=[kind], skills=[skill], guests=5)
            offered = do(lambda offer=offer, twos=twos: guidance.help_with(
                {guide: offer for guide, _ in twos}, at=AT))[1]  # fmt: skip
            items = [
                NewGuidance(kind=kind, by_id=learner, with_id=guide, side="learner", skills=(skill,),
                            purpose="To stay calm", once=f"{number}")
                for guide, learner in twos
            ]  # fmt: skip
            ids, asked = do(lambda items=items: guidance.propose(items, at=AT))
            assert do(lambda items=items: guidance.propose(items, at=AT))[0] == ids
            guides = dict(zip(ids, (guide for guide, _ in twos), strict=True))
            learners = dict(zip(ids, (learner for _, learner in twos), strict=True))
            yes = [guidance.Answer(guidance_id=one, by=by, answer="yes") for one, by in guides.items()]
            answered = do(lambda yes=yes: guidance.respond(yes, at=AT))[1]
            plans = [
                guidance.Plan(guidance_id=one, by=by, since=AT.date(), until=AT.date())
                for one, by in guides.items()
            ]
            planned = do(lambda plans=plans: guidance.plan(plans))[1]
            shown = dict.fromkeys(((one, by) for one, by in learners.items()), True)
            shown_ = do(lambda shown=shown: guidance.let_manager_see(shown))[1]
            met = [
                meetings.Met(guidance_id=one, by=by, minutes=60,
                             starts_at=AT - timedelta(days=10 + number // MANY, hours=2 * (n % 2)))
                for n, (one, by) in enumerate(guides.items())
            ]  # fmt: skip
            held, recorded = do(lambda met=met: meetings.record(met, at=AT))
            words = [
                meetings.Word(guidance_id=one, meeting_id=meeting, by=learners[one])
                for one, meeting in zip(ids, held, strict=True)
            ]
            confirmed = do(lambda words=words: meetings.confirm(words, at=AT))[1]
            said = list(learners.items())
            first = do(lambda said=said: ending.finish(said, at=AT))[1]
            back = do(lambda said=said: ending.not_yet(said, at=AT))[1]
            both = [*said, *guides.items()]
            finished = do(lambda both=both: ending.finish(both, at=AT))[1]
            counts[number] = [offered, asked, answered, planned, shown_, recorded, confirmed, first, back]
            counts[number] += [finished]
            told = text("SELECT count(*) FROM guidance WHERE learned = 'counted' AND id = ANY(:ids)")
            assert db.session.scalar(told, {"ids": ids}) == number
        facts = text(
            "SELECT kind, count(*) AS n FROM fact WHERE withdrawn_at IS NULL GROUP BY kind ORDER BY kind"
        )
        found = dict(db.session.execute(facts).all())
        assert (found["guided"], found["completed"]) == (FEW + MANY, FEW + MANY)
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)


def test_a_batch_of_meetings_counts_as_if_they_were_told_one_after_the_other(
    app: Flask, cast: Cast, skill: int
) -> None:
    """Of two on one day the second counts no more, of both ways an hour counts less; and the very same is one."""

    def told() -> list[Any]:
        rows = text(
            "SELECT counted, learned, round(share::numeric, 4), reason FROM guidance_meeting ORDER BY id"
        )
        return list(db.session.execute(rows))

    def begin() -> tuple[int, int]:
        items = [
            NewGuidance(
                kind="coaching", by_id=one, with_id=other, side="learner", skills=(skill,), purpose="To see"
            )
            for one, other in ((cast.anna, cast.ben), (cast.ben, cast.anna))
        ]
        ids = do(lambda: guidance.propose(items, at=AT))[0]
        answers = [
            guidance.Answer(guidance_id=one, by=by, answer="yes")
            for one, by in zip(ids, (cast.ben, cast.anna), strict=True)
        ]
        do(lambda: guidance.respond(answers, at=AT))
        return ids[0], ids[1]

    def telling(one: int, other: int) -> list[meetings.Met]:
        hour = timedelta(hours=1)
        days = [AT - timedelta(days=20 - n) for n in range(6)]
        of_one = [meetings.Met(guidance_id=one, by=cast.ben, starts_at=day, minutes=120) for day in days]
        again = [meetings.Met(guidance_id=one, by=cast.ben, starts_at=days[0] + 3 * hour, minutes=60)]
        back = [
            meetings.Met(guidance_id=other, by=cast.anna, starts_at=days[n] + 6 * hour, minutes=30)
            for n in (1, 2)
        ]
        later = [meetings.Met(guidance_id=other, by=cast.anna, starts_at=AT - timedelta(days=2), minutes=60)]
        return [*of_one, *again, *back, *later]

    with app.app_context():
        one, other = begin()
        for met in telling(one, other):
            (made,) = do(lambda met=met: meetings.record([met], at=AT))[0]
            by = cast.anna if met.by == cast.ben else cast.ben
            word = meetings.Word(guidance_id=met.guidance_id, meeting_id=made, by=by)
            do(lambda word=word: meetings.confirm([word], at=AT))
        singly = told()
        with transaction():
            for table in ("guidance_meeting", "guidance"):
                db.session.execute(text(f"DELETE FROM {table}"))
        one, other = begin()
        met = telling(one, other)
        swapped = [
            meetings.Met(guidance_id=item.guidance_id, by=cast.anna if item.by == cast.ben else cast.ben,
                         starts_at=item.starts_at, minutes=item.minutes)
            for item in met
        ]  # fmt: skip
        ids = do(lambda: meetings.record([*met, *swapped], at=AT))[0]
        assert ids[: len(met)] == ids[len(met) :]
        assert told() == singly


def test_l_and_d_makes_programmes_and_pairs_and_many_say_yes_as_one(
    app: Flask, cast: Cast, skill: int
) -> None:
    with app.app_context():
        people = hire(*(f"m{n:03}" for n in range(2 * MANY)))
        counts: dict[int, list[list[str]]] = {}
        for number in (FEW, MANY):
            new = [
                pairs.Programme(name={"nl": f"Kijk {n}", "en": f"Look {n}"}, about={}, starts_on=AT.date(),
                                ends_on=AT.date(), skills=[skill], once=f"{number}-{n}" if n % 2 else None)
                for n in range(number)
            ]  # fmt: skip
            ids, made = do(lambda new=new: pairs.make(new, by=cast.leo, at=AT))
            assert len(set(ids)) == number
            assert do(lambda new=new: pairs.make(new[1::2], by=cast.leo, at=AT))[0] == ids[1::2]
            changes = [
                pairs.Change(programme_id=one, to=to, version=1) for one, to in zip(ids, new, strict=True)
            ]
            changed = do(lambda changes=changes: pairs.change(changes, by=cast.leo, at=AT))[1]
            twos = list(zip(people[:number], people[MANY : MANY + number], strict=True))
            places = [
                pairs.Place(programme_id=one, person_id=who, role=role, skills=[skill], wish="Fresh eyes")
                for one, two in zip(ids, twos, strict=True)
                for who, role in zip(two, ("mentor", "mentee"), strict=True)
            ]
            joined = do(lambda places=places: pairs.take_part(places, at=AT))[1]
            proposals = [
                pairs.NewPair(programme_id=one, mentor_id=mentor, mentee_id=mentee)
                for one, (mentor, mentee) in zip(ids, twos, strict=True)
            ]
            first, proposed = do(lambda proposals=proposals: pairs.propose(proposals, by=cast.leo, at=AT))
            back = do(lambda first=first: pairs.take_back(first, by=cast.leo, at=AT))[1]
            again = do(lambda proposals=proposals: pairs.propose(proposals, by=cast.leo, at=AT))[0]
            yes = [
                pairs.Answer(pair_id=pair, person_id=who, yes=True)
                for pair, two in zip(again, twos, strict=True)
                for who in two
            ]
            begun, said = do(lambda yes=yes: pairs.say(yes, at=AT))
            assert None not in begun
            no = [
                pairs.Answer(pair_id=pair, person_id=mentee, yes=False)
                for pair, (_, mentee) in zip(again, twos, strict=True)
            ]
            ended = do(lambda no=no: pairs.say(no, at=AT))[1]
            gone = [(one, who) for one, two in zip(ids, twos, strict=True) for who in two]
            left = do(lambda gone=gone: pairs.leave(gone, at=AT))[1]
            counts[number] = [made, changed, joined, proposed, back, said, ended, left]
            assert db.session.scalar(text("SELECT count(*) FROM mentor_pair WHERE state <> 'ended'")) == 0
        for few, many in zip(counts[FEW], counts[MANY], strict=True):
            same(few, many)
