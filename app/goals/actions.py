"""What can be done with goals of one's own: set, change, check in, reach, let go, take up again.

Nothing is lost by letting a goal go or by taking it up again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app import once
from app.config import timezone
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import CriterionLeftOpen
from app.goals import rules
from app.goals.checked import WRONG, checked
from app.goals.proving import prove
from app.goals.queries import NOT_THERE
from app.goals.rules import NewGoal

CHANGED = _l("This goal was changed in another window. Look at it again.")
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
    goals = checked([(item.person_id, item.goal) for item in items], at)
    items = [replace(item, goal=goal) for item, goal in zip(items, goals, strict=True)]
    lock_people(item.person_id for item in items)
    keys = array(item.known_as for item in items if item.known_as)
    ids: dict[object, int] = dict(db.session.execute(_SAME, {"onces": keys}).all())
    fresh = once.new(items, ids)
    _refuse_too_many([item.person_id for item in fresh.values()])
    if fresh:
        told = _columns([item.goal for item in fresh.values()])
        told |= {
            "people": array(item.person_id for item in fresh.values()),
            "onces": array(item.known_as for item in fresh.values()),
        }
        made = sorted(db.session.scalars(_INSERT, {**told, "at": at}))
        ids |= dict(zip(fresh, made, strict=True))
        _show_to({id: item.goal for id, item in zip(made, fresh.values(), strict=True)})
    return once.ids_of(items, ids)


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
    goals = [replace(goal, target_on=day) for goal, day in zip(checked(wanted, at), days, strict=True)]
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
