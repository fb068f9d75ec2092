"""What can be done with goals of one's own: set, change, check in, reach, let go, take up again.

Nothing is lost by letting a goal go or by taking it up again. A goal that is reached and whose proof holds is a fact,
at most three a quarter; what proves it by own words alone is worth no points, whatever the rules say.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
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

_COLUMNS = ("title", "why", "lang", "vision_goal_id", "skill_id", "target_on", "proof", "proof_badge_id",
            "proof_activity_id", "proof_words", "visible", "remind", "pace")  # fmt: skip
_PROOF = ("proof", "proof_badge_id", "proof_activity_id", "proof_words")
_INSERT = text(f"""
    INSERT INTO goal (person_id, {", ".join(_COLUMNS)}, state, far, proof_since, created_at, touched_at, once)
    VALUES (:person, :{", :".join(_COLUMNS)}, 'open', 'not_started', :at, :at, :at, :once)
    ON CONFLICT (once) DO NOTHING RETURNING id
""")
_SAME = text("SELECT id FROM goal WHERE once = :once")
_OPEN = text("SELECT count(*) FROM goal WHERE person_id = :person AND state = 'open'")
_LOCK = text("SELECT * FROM goal WHERE id = :id AND person_id = :person FOR NO KEY UPDATE")
_UPDATE = text(f"""
    UPDATE goal SET {", ".join(f"{name} = :{name}" for name in _COLUMNS)}, touched_at = :at, version = version + 1,
           proof_since = CASE WHEN :proof_is_new THEN CAST(:at AS timestamptz) ELSE proof_since END
    WHERE id = :id
""")
_FORGET_VIEWERS = text("DELETE FROM goal_viewer WHERE goal_id = :id")
_VIEWERS = text("""
    INSERT INTO goal_viewer (goal_id, person_id) SELECT :id, unnest(CAST(:people AS bigint[]))
""")
_CHECK_IN = text("INSERT INTO goal_check_in (goal_id, far, line, at) VALUES (:id, :far, :line, :at)")
_SET = text("""
    UPDATE goal SET state = :state, far = :far, touched_at = :at,
           reached_at = CASE WHEN :state = 'reached' THEN coalesce(reached_at, CAST(:at AS timestamptz)) END
    WHERE id = :id
""")
_FORGET = text("DELETE FROM goal WHERE id = :id")
_FORGET_CHECK_INS = text("DELETE FROM goal_check_in WHERE goal_id = :id")


def set_goal(goal: NewGoal, *, person_id: int, at: datetime, once: str | None = None) -> int:
    """Set a goal; the same key sets it once."""
    goal = _checked(goal, person_id, at)
    lock_people([person_id])
    key = f"{person_id}:{once}" if once else None
    if (db.session.scalar(_OPEN, {"person": person_id}) or 0) >= rules.OPEN:
        raise Refused(_l("You have twenty goals open. Let one go, and there is place for this one."))
    made = db.session.scalar(_INSERT, {**_row(goal), "person": person_id, "at": at, "once": key})
    if made is None:
        return int(db.session.scalar(_SAME, {"once": key}) or 0)
    _show_to(made, goal)
    return int(made)


def change(goal_id: int, goal: NewGoal, *, version: int | None, person_id: int, at: datetime) -> None:
    """Say it in another way. What proves it from now on counts from now on."""
    row = _locked(goal_id, person_id)
    if version is not None and row.version != version:
        raise Conflict(CHANGED)
    today = at.astimezone(timezone()).date()
    kept = goal.target_on is not None and goal.target_on == row.target_on and goal.target_on < today
    checked = _checked(replace(goal, target_on=None) if kept else goal, person_id, at)
    goal = replace(checked, target_on=goal.target_on)  # a day that has passed may stay
    new = rules.proof_changed(
        [getattr(row, name) for name in _PROOF], [getattr(goal, name) for name in _PROOF]
    )
    db.session.execute(_UPDATE, {**_row(goal), "id": goal_id, "at": at, "proof_is_new": new})
    _show_to(goal_id, goal)
    prove([person_id], at)


def check_in(goal_id: int, far: str, line: str, *, person_id: int, at: datetime) -> None:
    """Say how far one is. Saying that it is reached reaches it; saying less takes it up again."""
    line = line.strip()
    if far not in rules.FAR or len(line) > rules.LINE:
        raise Refused(WRONG["line"], fields={"line": WRONG["line"]})
    row = _locked(goal_id, person_id)
    db.session.execute(_CHECK_IN, {"id": goal_id, "far": far, "line": line, "at": at})
    _put(row, "reached" if far == "reached" else "open", far, at)


def let_go(goal_id: int, *, person_id: int, at: datetime) -> None:
    """It is no goal any more. It costs nothing, and it can be taken up again."""
    row = _locked(goal_id, person_id)
    if row.state == "open":
        _put(row, "let_go", row.far, at)


def take_up(goal_id: int, *, person_id: int, at: datetime) -> None:
    """Take it up again, after it was let go or reached."""
    row = _locked(goal_id, person_id)
    if row.state != "open":
        _put(row, "open", "on_my_way" if row.far == "reached" else row.far, at)


def forget(goal_id: int, *, person_id: int, at: datetime) -> None:
    """Take it away with all that was said in it; what it counted for goes with it."""
    row = _locked(goal_id, person_id)
    _put(row, "let_go", row.far, at)
    for statement in (_FORGET_VIEWERS, _FORGET_CHECK_INS, _FORGET):
        db.session.execute(statement, {"id": goal_id})


def _put(row: Row[Any], state: str, far: str, at: datetime) -> None:
    db.session.execute(_SET, {"id": row.id, "state": state, "far": far, "at": at})
    prove([row.person_id], at)


def _locked(goal_id: int, person_id: int) -> Row[Any]:
    lock_people([person_id])
    row = db.session.execute(_LOCK, {"id": goal_id, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def _row(goal: NewGoal) -> dict[str, Any]:
    return {name: getattr(goal, name) for name in _COLUMNS}


def _show_to(goal_id: int, goal: NewGoal) -> None:
    db.session.execute(_FORGET_VIEWERS, {"id": goal_id})
    if goal.visible == "named":
        db.session.execute(_VIEWERS, {"id": goal_id, "people": array(sorted(set(goal.viewers)))})


def _checked(goal: NewGoal, person_id: int, at: datetime) -> NewGoal:
    """The goal without what does not belong to its proof, or the first thing that cannot be so."""
    goal = replace(
        goal,
        title=" ".join(goal.title.split()),
        why=goal.why.strip(),
        proof_words=goal.proof_words.strip() if goal.proof == "words" else "",
        viewers=tuple(one for one in dict.fromkeys(goal.viewers) if one != person_id)
        if goal.visible == "named"
        else (),
    )
    field = rules.wrong_with(goal, at.astimezone(timezone()).date()) or _unknown(goal)
    if field:
        raise Refused(WRONG[field], fields={field: WRONG[field]})
    return goal


def _unknown(goal: NewGoal) -> str | None:
    if goal.skill_id is not None and goal.skill_id not in vision.names([goal.skill_id]):
        return "skill_id"
    if goal.vision_goal_id is not None and goal.vision_goal_id not in {row.id for row in vision.goals()}:
        return "vision_goal_id"
    if goal.proof_badge_id is not None and goal.proof_badge_id not in catalogue().in_force:
        return "proof_badge"
    if goal.proof_activity_id is not None:
        found = by_id([goal.proof_activity_id]).get(goal.proof_activity_id)
        if found is None or found.state != "published":
            return "proof_activity"
    known = cards(goal.viewers)
    return "viewers" if any(one not in known or not known[one].active for one in goal.viewers) else None


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
        ORDER BY g.person_id, greatest(g.touched_at, g.invited_at), g.id LIMIT 500)
    RETURNING id, person_id
""")


def invite(at: datetime) -> int:
    """Invite who left a goal alone for as long as they chose to check in; one invitation a day each."""
    told = {"at": at, "since": at - rules.BREATH, "soonest": at - timedelta(days=min(rules.PACES))}
    rows = db.session.execute(_INVITE, told).all()
    publish(GoalCheckInDue(person_id=row.person_id, goal_id=row.id, at=at.isoformat()) for row in rows)
    return len(rows)
