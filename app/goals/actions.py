"""What can be done with goals of one's own: set, change, check in, reach, let go, take up again.

Nothing is lost by letting a goal go or by taking it up again. A goal that is reached and whose proof holds is a fact,
at most three a quarter; what proves it by own words alone is worth no points, whatever the rules say.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.activities.queries import by_id
from app.badges.queries import catalogue
from app.config import timezone
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import CriterionLeftOpen, FactStated, FactTakenBack, GoalCheckInDue
from app.goals import rules
from app.goals.queries import NOT_THERE
from app.goals.rules import NewGoal, Reached, source_of
from app.goals.store import PROVEN
from app.outbox import publish
from app.people.queries import cards
from app.vision import queries as vision
from leaderboards.periods import windows_at

CHANGED = _l("This goal was changed in another window. Look at it again.")
WRONG = {
    "title": _l("Say what you want to reach, in 3 to 140 characters."),
    "why": _l("Say why in 600 characters or fewer."),
    "target_on": _l("Choose today or a day that is still to come, or leave it empty."),
    "proof_words": _l("Say how you will know, in 3 to 280 characters."),
    "proof_badge": _l("Choose the badge that will prove it."),
    "proof_activity": _l("Choose the activity that will prove it, by its name in the catalogue."),
    "visible": _l("Choose who may see it."),
    "viewers": _l("Name at least one colleague, and at most 12."),
    "lang": _l("Choose the language you wrote it in."),
    "skill_id": _l("Choose a skill of the list, or none."),
    "vision_goal_id": _l("Choose a goal of the list, or none."),
    "pace": _l("Choose how often you want to be invited."),
    "line": _l("Say it in 280 characters or fewer."),
}

_COLUMNS = {
    "title": "text", "why": "text", "lang": "text", "vision_goal_id": "bigint", "skill_id": "bigint",
    "target_on": "date", "proof": "text", "proof_badge_id": "bigint", "proof_activity_id": "bigint",
    "proof_words": "text", "visible": "text", "remind": "boolean", "pace": "bigint",
}  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_SENT = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
_PROOF = ("proof", "proof_badge_id", "proof_activity_id", "proof_words")
_INSERT = text(f"""
    INSERT INTO goal (person_id, {_NAMES}, state, far, proof_since, created_at, touched_at, once)
    SELECT person_id, {_NAMES}, 'open', 'not_started', CAST(:at AS timestamptz), CAST(:at AS timestamptz),
           CAST(:at AS timestamptz), once
    FROM unnest(CAST(:people AS bigint[]), {_SENT}, CAST(:onces AS text[]))
         WITH ORDINALITY AS w(person_id, {_NAMES}, once, place)
    ORDER BY place RETURNING id
""")
_SAME = text("SELECT once, id FROM goal WHERE once = ANY(CAST(:onces AS text[]))")
_OPEN = text("""
    SELECT person_id, count(*) AS number FROM goal
    WHERE person_id = ANY(CAST(:people AS bigint[])) AND state = 'open' GROUP BY person_id
""")
_LOCK = text("SELECT * FROM goal WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
_UPDATE = text(f"""
    UPDATE goal SET {", ".join(f"{name} = w.{name}" for name in _COLUMNS)}, touched_at = :at, version = version + 1,
           target_since = CASE WHEN goal.target_on IS DISTINCT FROM w.target_on THEN CAST(:today AS date)
                               ELSE target_since END,
           proof_since = CASE WHEN w.anew THEN CAST(:at AS timestamptz) ELSE proof_since END
    FROM unnest(CAST(:ids AS bigint[]), {_SENT}, CAST(:anew AS boolean[])) AS w(id, {_NAMES}, anew)
    WHERE goal.id = w.id
""")
_FORGET_VIEWERS = text("DELETE FROM goal_viewer WHERE goal_id = ANY(CAST(:ids AS bigint[]))")
_VIEWERS = text("""
    INSERT INTO goal_viewer (goal_id, person_id)
    SELECT * FROM unnest(CAST(:goals AS bigint[]), CAST(:people AS bigint[]))
""")
_CHECK_IN = text("""
    INSERT INTO goal_check_in (goal_id, far, line, at)
    SELECT w.id, w.far, w.line, CAST(:at AS timestamptz)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:far AS text[]), CAST(:lines AS text[])) WITH ORDINALITY
         AS w(id, far, line, place)
    WHERE NOT EXISTS (  -- the same words within a minute are a second click
        SELECT FROM goal_check_in c WHERE c.goal_id = w.id AND c.far = w.far AND c.line = w.line
               AND c.at > CAST(:at AS timestamptz) - interval '1 minute')
    ORDER BY w.place
""")
_SET = text("""
    UPDATE goal SET state = w.state, far = w.far, touched_at = :at,
           reached_at = CASE WHEN w.state = 'reached' THEN coalesce(reached_at, CAST(:at AS timestamptz)) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:far AS text[])) AS w(id, state, far)
    WHERE goal.id = w.id
""")
_FORGET = text("DELETE FROM goal WHERE id = ANY(CAST(:ids AS bigint[]))")
_FORGET_CHECK_INS = text("DELETE FROM goal_check_in WHERE goal_id = ANY(CAST(:ids AS bigint[]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A goal that somebody sets for themselves; `once` is the sender's key."""

    person_id: int
    goal: NewGoal
    once: str | None = None

    @property
    def known_as(self) -> str | None:
        return f"{self.person_id}:{self.once}" if self.once else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A goal said otherwise; `version` is the one that its owner looked at."""

    goal_id: int
    person_id: int
    goal: NewGoal
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """How far one is with a goal."""

    goal_id: int
    person_id: int
    far: str
    line: str = ""


def set_goals(items: Sequence[Setting], *, at: datetime) -> list[int]:
    """Set goals; the same key sets one once. All of the batch or nothing; returns the id of each, in their order."""
    goals = _checked([(item.person_id, item.goal) for item in items], at)
    lock_people(item.person_id for item in items)
    keys = [item.known_as for item in items]
    ids: dict[object, int] = dict(
        db.session.execute(_SAME, {"onces": array(key for key in keys if key)}).all()
    )
    fresh: dict[object, tuple[Setting, NewGoal]] = {}
    for number, (item, goal) in enumerate(zip(items, goals, strict=True)):
        if item.known_as not in ids:
            fresh.setdefault(item.known_as or number, (item, goal))
    _refuse_too_many([item.person_id for item, _ in fresh.values()])
    if fresh:
        told = _columns([goal for _, goal in fresh.values()])
        told |= {
            "people": array(item.person_id for item, _ in fresh.values()),
            "onces": array(item.known_as for item, _ in fresh.values()),
        }
        made = sorted(db.session.scalars(_INSERT, {**told, "at": at}))
        ids |= dict(zip(fresh, made, strict=True))
        _show_to({id: goal for id, (_, goal) in zip(made, fresh.values(), strict=True)})
    return [ids[key or number] for number, key in enumerate(keys)]


def _refuse_too_many(person_ids: Sequence[int]) -> None:
    """Twenty open goals of each, with these."""
    new = Counter(person_ids)
    for row in db.session.execute(_OPEN, {"people": array(sorted(new))}):
        new[row.person_id] += row.number
    if any(number > rules.OPEN for number in new.values()):
        raise Refused(_l("You have twenty goals open. Let one go, and there is place for this one."))


def change(items: Sequence[Change], *, at: datetime) -> None:
    """Say them in another way. What proves them from now on counts from now on. All of the batch or nothing."""
    rows = _locked((item.goal_id, item.person_id) for item in items)
    today = at.astimezone(timezone()).date()
    wanted, days = [], []
    for item in items:
        row, goal = rows[item.goal_id], item.goal
        if item.version is not None and row.version != item.version:
            raise Conflict(CHANGED)
        kept = goal.target_on is not None and goal.target_on == row.target_on and goal.target_on < today
        wanted.append((item.person_id, replace(goal, target_on=None) if kept else goal))
        days.append(goal.target_on)  # a day that has passed may stay
    goals = [replace(goal, target_on=day) for goal, day in zip(_checked(wanted, at), days, strict=True)]
    last = {item.goal_id: goal for item, goal in zip(items, goals, strict=True)}
    anew = [
        rules.proof_changed(
            [getattr(rows[id], name) for name in _PROOF], [getattr(goal, name) for name in _PROOF]
        )
        for id, goal in last.items()
    ]
    told = _columns(list(last.values())) | {"ids": array(last), "anew": array(anew), "at": at, "today": today}
    db.session.execute(_UPDATE, told)
    _show_to(last)
    prove((item.person_id for item in items), at)


def check_in(items: Sequence[CheckIn], *, at: datetime) -> None:
    """Say how far one is. Saying that it is reached reaches it; saying less takes it up again.

    All of the batch or nothing.
    """
    for item in items:
        if item.far not in rules.FAR or len(item.line.strip()) > rules.LINE:
            raise Refused(WRONG["line"], fields={"line": WRONG["line"]})
    rows = _locked((item.goal_id, item.person_id) for item in items)
    said = {
        "ids": array(item.goal_id for item in items),
        "far": array(item.far for item in items),
        "lines": array(item.line.strip() for item in items),
    }
    db.session.execute(_CHECK_IN, {**said, "at": at})
    last = {item.goal_id: item.far for item in items}
    _put([(rows[id], "reached" if far == "reached" else "open", far) for id, far in last.items()], at)


def let_go(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """They are no goals any more: (goal, owner). It costs nothing, and they can be taken up again."""
    rows = _locked(pairs)
    _put([(row, "let_go", row.far) for row in rows.values() if row.state == "open"], at)


def take_up(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Take them up again, after they were let go or reached: (goal, owner)."""
    rows = _locked(pairs)
    _put(
        [
            (row, "open", "on_my_way" if row.far == "reached" else row.far)
            for row in rows.values()
            if row.state != "open"
        ],
        at,
    )


def forget(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Take them away with all that was said in them: (goal, owner); what they counted for goes with them."""
    rows = _locked(pairs)
    _put([(row, "let_go", row.far) for row in rows.values()], at)
    for statement in (_FORGET_VIEWERS, _FORGET_CHECK_INS, _FORGET):
        db.session.execute(statement, {"ids": array(rows)})


def _put(changes: Sequence[tuple[Row[Any], str, str]], at: datetime) -> None:
    """Each of these goals is in this state from now on, and so far."""
    if not changes:
        return
    told = {
        "ids": array(row.id for row, _, _ in changes),
        "states": array(state for _, state, _ in changes),
        "far": array(far for _, _, far in changes),
    }
    db.session.execute(_SET, {**told, "at": at})
    prove((row.person_id for row, _, _ in changes), at)


def _locked(pairs: Iterable[tuple[int, int]]) -> dict[int, Row[Any]]:
    """These (goal, owner), locked after their owners, in the order of their ids."""
    pairs = list(pairs)
    lock_people(person_id for _, person_id in pairs)
    told = {"ids": array(sorted({goal_id for goal_id, _ in pairs}))}
    rows = {row.id: row for row in db.session.execute(_LOCK, told)}
    for goal_id, person_id in pairs:
        if goal_id not in rows or rows[goal_id].person_id != person_id:
            raise NotFound(NOT_THERE)
    return rows


def _columns(goals: Sequence[NewGoal]) -> dict[str, Any]:
    return {name: array(getattr(goal, name) for goal in goals) for name in _COLUMNS}


def _show_to(goals: Mapping[int, NewGoal]) -> None:
    """Each of these goals is seen by whom it names, and by no others."""
    db.session.execute(_FORGET_VIEWERS, {"ids": array(goals)})
    named = [
        (id, person)
        for id, goal in goals.items()
        if goal.visible == "named"
        for person in sorted(set(goal.viewers))
    ]
    if named:
        told = {"goals": array(id for id, _ in named), "people": array(person for _, person in named)}
        db.session.execute(_VIEWERS, told)


def _checked(wanted: Sequence[tuple[int, NewGoal]], at: datetime) -> list[NewGoal]:
    """These (owner, goal) without what does not belong to their proof, or the first thing that cannot be so."""
    goals = [_cleaned(person_id, goal) for person_id, goal in wanted]
    known, today = _known(goals), at.astimezone(timezone()).date()
    for goal in goals:
        field = rules.wrong_with(goal, today) or known.missing(goal)
        if field:
            raise Refused(WRONG[field], fields={field: WRONG[field]})
    return goals


def _cleaned(person_id: int, goal: NewGoal) -> NewGoal:
    return replace(
        goal,
        title=" ".join(goal.title.split()),
        why=goal.why.strip(),
        proof_words=goal.proof_words.strip() if goal.proof == "words" else "",
        viewers=tuple(one for one in dict.fromkeys(goal.viewers) if one != person_id)
        if goal.visible == "named"
        else (),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What goals may name."""

    skills: Collection[int]
    vision_goals: Collection[int]
    badges: Collection[int]
    activities: Collection[int]
    people: Collection[int]

    def missing(self, goal: NewGoal) -> str | None:
        """The first field that names what is not there."""
        asked: list[tuple[str, Collection[int], Collection[int | None]]] = [
            ("skill_id", self.skills, [goal.skill_id]),
            ("vision_goal_id", self.vision_goals, [goal.vision_goal_id]),
            ("proof_badge", self.badges, [goal.proof_badge_id]),
            ("proof_activity", self.activities, [goal.proof_activity_id]),
            ("viewers", self.people, goal.viewers),
        ]
        for field, there, named in asked:
            if any(one is not None and one not in there for one in named):
                return field
        return None


def _known(goals: Sequence[NewGoal]) -> _Known:
    """Asked only where one of them names something of the kind."""
    skills = {goal.skill_id for goal in goals if goal.skill_id is not None}
    activities = {goal.proof_activity_id for goal in goals if goal.proof_activity_id is not None}
    people = {one for goal in goals for one in goal.viewers}
    aims = any(goal.vision_goal_id is not None for goal in goals)
    badges = any(goal.proof_badge_id is not None for goal in goals)
    return _Known(
        skills=vision.names(skills) if skills else (),
        vision_goals={row.id for row in vision.goals()} if aims else (),
        badges=catalogue().in_force if badges else (),
        activities={id for id, row in by_id(activities).items() if row.state == "published"},
        people={id for id, card in cards(people).items() if card.active},
    )


# What a review leaves open ----------------------------------------------------------------------------------

_PLAN = text("""
    INSERT INTO goal (person_id, title, why, lang, skill_id, target_on, proof, proof_words, visible, remind, state, far,
                      proof_since, created_at, touched_at, once)
    SELECT p.id, left(s.title, :title), '', s.lang, w.skill_id, w.by_day, 'words', left(s.title, :words), 'me', true,
           'open', 'not_started', :at, :at, :at, w.once
    FROM unnest(CAST(:people AS bigint[]), CAST(:nl AS text[]), CAST(:en AS text[]), CAST(:skills AS bigint[]),
                CAST(:days AS date[]), CAST(:keys AS text[]))
         WITH ORDINALITY AS w(person_id, nl, en, skill_id, by_day, once, place)
    JOIN person p ON p.id = w.person_id AND p.active AND p.erased_at IS NULL
    CROSS JOIN LATERAL (SELECT CASE WHEN p.language = 'nl' AND w.nl <> '' OR w.en = '' THEN 'nl' ELSE 'en' END AS lang,
                               CASE WHEN p.language = 'nl' AND w.nl <> '' OR w.en = '' THEN w.nl ELSE w.en END AS title
                       ) AS s
    ORDER BY w.place ON CONFLICT (once) DO NOTHING
""")


def plan(wanted: Sequence[CriterionLeftOpen], now: datetime) -> None:
    """A goal for each criterion that a review left open, in the language of its person. Twice makes one."""
    db.session.execute(
        _PLAN,
        {
            "at": now,
            "title": rules.TITLE,
            "words": rules.WORDS,
            "people": array(one.person_id for one in wanted),
            "nl": array(one.says.get("nl", "") for one in wanted),
            "en": array(one.says.get("en", "") for one in wanted),
            "skills": array(one.skill_id for one in wanted),
            "days": array(one.by_day for one in wanted),
            "keys": array(f"review:{one.review_id}:{one.number}:{one.criterion_id}" for one in wanted),
        },
    )


# What proves a goal -----------------------------------------------------------------------------------------

_STANDING = text(f"""
    SELECT g.id, g.person_id, g.skill_id, g.proof, g.round, g.counted_at,
           CASE WHEN g.state = 'reached' THEN greatest(g.reached_at, {PROVEN.strip()}) END AS at,
           g.state = 'reached' AND {PROVEN.strip()} IS NOT NULL AS holds
    FROM goal g
    WHERE g.person_id = ANY(CAST(:people AS bigint[])) AND (g.state = 'reached' OR g.counted_at IS NOT NULL)
    ORDER BY g.person_id, g.id
""")
_COUNTED = text("""
    UPDATE goal g SET counted_at = k.at, round = k.round
    FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS timestamptz[]), CAST(:rounds AS bigint[]))
         AS k(id, at, round)
    WHERE g.id = k.id
""")


def prove(person_ids: Iterable[int], now: datetime) -> None:
    """Let what is reached and proven count, and take back what is not any more. These people are locked.

    Two statements at most, however many people these are.
    """
    rows = db.session.execute(_STANDING, {"people": array(sorted(set(person_ids)))}).all()
    gone = [row for row in rows if row.counted_at is not None and not row.holds]
    by_person: dict[int, list[Reached]] = defaultdict(list)
    for row in rows:
        if row.holds:
            moment = row.counted_at or row.at
            quarter = windows_at(moment, timezone()).quarter
            by_person[row.person_id].append(Reached(row.id, moment, quarter, row.counted_at is not None))
    new = {one.goal_id: one for reached in by_person.values() for one in rules.to_count(reached)}
    fresh = [row for row in rows if row.id in new]
    if not gone and not fresh:
        return
    changed: list[tuple[int, datetime | None, int]] = [(row.id, None, row.round) for row in gone]
    changed += [(row.id, new[row.id].at, row.round + 1) for row in fresh]
    ids, moments, rounds = zip(*changed, strict=True)
    db.session.execute(_COUNTED, {"ids": array(ids), "moments": array(moments), "rounds": array(rounds)})
    publish(FactTakenBack(person_id=row.person_id, source=source_of(row.id, row.round)) for row in gone)
    publish(_stated(row, new[row.id].at) for row in fresh)


def _stated(row: Row[Any], at: datetime) -> FactStated:
    return FactStated(
        person_id=row.person_id,
        source=source_of(row.id, row.round + 1),
        kind="goal_reached",
        at=at,
        skills=(row.skill_id,) if row.skill_id else (),
        weight=0.0 if row.proof == "words" else 1.0,
    )


# Invitations to check in ------------------------------------------------------------------------------------

# One goal of each person a day, the one that waits the longest for its turn; again after as long as its pace says.
# The index on `touched_at` leaves out all that somebody looked at within the shortest pace.
_INVITE = text("""
    UPDATE goal SET invited_at = :at
    WHERE id IN (
        SELECT DISTINCT ON (g.person_id) g.id FROM goal g JOIN person p ON p.id = g.person_id AND p.active
        WHERE g.state = 'open' AND g.remind AND g.touched_at < :soonest
          AND greatest(g.touched_at, g.invited_at) < CAST(:at AS timestamptz) - g.pace * interval '1 day'
          AND NOT EXISTS (SELECT FROM goal o WHERE o.person_id = g.person_id AND o.invited_at >= :since)
          AND NOT EXISTS (SELECT FROM pause u WHERE u.person_id = g.person_id
                          AND CAST(:at AS date) BETWEEN u.since AND u.until) -- who is away is not reminded
          AND CAST(:at AS date) >= term_ends(g.person_id, CAST(greatest(g.touched_at, g.invited_at) AS date),
                                             CAST(g.pace AS int)) -- nor do those days count
        ORDER BY g.person_id, greatest(g.touched_at, g.invited_at), g.id LIMIT 500)
    RETURNING id, person_id
""")


def invite(at: datetime) -> int:
    """Invite who left a goal alone for as long as they chose to check in; one invitation a day each."""
    told = {"at": at, "since": at - rules.BREATH, "soonest": at - timedelta(days=min(rules.PACES))}
    rows = db.session.execute(_INVITE, told).all()
    publish(GoalCheckInDue(person_id=row.person_id, goal_id=row.id, at=at.isoformat()) for row in rows)
    return len(rows)
