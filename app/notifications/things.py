"""What lines of the inbox are about, read for one person with that person's own rights, all of a kind at once.

What is not in the answer is undone, hidden, deleted, or not theirs to see any more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from app.activities import records
from app.badges import queries as badge_queries
from app.badges import showing
from app.config import timezone
from app.db import db
from app.kudos import queries as kudos_queries
from app.lessons import queries as lessons
from app.people import queries as people
from app.privacy import queries as privacy
from app.reviews import queries as review_queries

MOST = 3  # names that a line can need


@dataclass(frozen=True, slots=True)
class Line:
    """Happenings of one kind and thing that are shown as one; the newest first."""

    id: int
    kind: str
    thing: str
    objects: tuple[str, ...]
    actors: tuple[int, ...]
    at: datetime
    read_at: datetime | None

    @property
    def object(self) -> str:
        return self.objects[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is to say of a line: who, how many, of what; `key` is for its address."""

    key: Any
    names: tuple[str, ...] = ()
    total: int = 1
    title: Mapping[str, str] | str = ""
    note: str = ""
    lang: str = ""
    at: datetime | None = None
    day: date | None = None
    since: date | None = None
    state: str = ""


_REVIEWS = text(f"""
    SELECT r.id::text AS id, p.name, j.name AS job, r.person_id = :me AS mine,
           CASE r.stage WHEN 'gathering' THEN r.evidence_due WHEN 'panel' THEN r.panel_due ELSE r.decide_due END AS due
    FROM review r JOIN person p ON p.id = r.person_id JOIN job j ON j.id = r.job_id
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.stage <> 'withdrawn' AND (r.person_id = :me
        OR EXISTS (SELECT FROM review_seat s WHERE s.review_id = r.id AND s.person_id = :me
                   AND s.stepped_aside_at IS NULL)
        OR EXISTS (SELECT FROM review_objection o WHERE o.review_id = r.id AND o.handler_id = :me)
        OR :hr AND {review_queries.keeps(":me")})
""")
_IS_HR = text("SELECT role = 'hr' FROM person WHERE id = :me")
_ROUNDS = text("""
    SELECT DISTINCT o.id::text AS id, o.name, o.evidence_due AS due FROM review_round o
    JOIN review_round_person v ON v.round_id = o.id AND v.person_id = :me AND v.invited_at IS NOT NULL
    WHERE o.id = ANY(CAST(:ids AS bigint[]))
""")


def reviews(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Whose review it is and for which job, for who may open it; never what was decided."""
    told = {"me": me, "ids": [line.object for line in lines]}
    rows = {
        row.id: row for row in db.session.execute(_REVIEWS, {**told, "hr": db.session.scalar(_IS_HR, told)})
    }
    return {
        line.id: Found(key=row.id, names=(row.name,), title=row.job, total=len(line.objects),
                       state="mine" if row.mine else "")
        for line in lines
        if (row := rows.get(line.object))
    }  # fmt: skip


def observations(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Who asks what one saw, as long as it can be answered; never the question, and nothing of the file."""
    rows = {row.id: row for row in review_queries.all_to_observe(me)}
    return {
        line.id: Found(key=row.id, names=(row.person,))
        for line in lines
        if (row := rows.get(int(line.object)))
    }


def rounds(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Rounds to which one was invited."""
    rows = {row.id: row for row in db.session.execute(_ROUNDS, {"me": me, "ids": _numbers(lines)})}
    return {line.id: Found(key=row.id, title=row.name) for line in lines if (row := rows.get(line.object))}


def kudos(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    rows = {row.id: row for row in kudos_queries.some(me, _numbers(lines)) if row.received}
    return {
        line.id: Found(key=row.id, names=(row.giver,), note=row.message, lang=row.lang)
        for line in lines
        if (row := rows.get(int(line.object)))
    }


def thanked_back(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Kudos that one gave, and who of those thanked says thanks back."""
    rows = {row.id: row for row in kudos_queries.some(me, _numbers(lines)) if row.given}
    names = people.names(actor for line in lines for actor in line.actors) if rows else {}
    found = {}
    for line in lines:
        row = rows.get(int(line.object))
        who = [names[actor] for actor in line.actors if actor in names] if row else []
        if row and who:
            told = tuple(who[:MOST])
            found[line.id] = Found(key=row.id, names=told, total=len(who), note=row.message, lang=row.lang)
    return found


def team_lessons(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """What the team that one is in now shared in these weeks, as far as one may read it; one's own is no news."""
    weeks = {line.id: _week(line.object) for line in lines}
    known = [one for one in weeks.values() if one]
    if not known:
        return {}
    rows = lessons.of_team_between(me, min(one[0] for one in known), max(one[1] for one in known))
    found = {}
    for line_id, week in weeks.items():
        shared = [row for row in rows if week and week[0] <= row.shared_at < week[1]]
        if shared:
            found[line_id] = Found(key="", total=len(shared), note=shared[0].title, lang=shared[0].lang)
    return found


def _week(monday: str) -> tuple[datetime, datetime] | None:
    """From this Monday to the next, where the organisation is."""
    try:
        day = date.fromisoformat(monday)
    except ValueError:
        return None
    since, until = (datetime.combine(day + timedelta(days=more), time(), timezone()) for more in (0, 7))
    return since, until


def applied(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """One's own lessons, with those who apply them still."""
    rows = {row.id: row for row in lessons.some(me, _numbers(lines)) if row.author_id == me}
    who = lessons.who_apply(rows, (actor for line in lines for actor in line.actors)) if rows else {}
    found = {}
    for line in lines:
        row = rows.get(int(line.object))
        names = [who[row.id, actor] for actor in line.actors if (row.id, actor) in who] if row else []
        if row and names:
            told = tuple(names[:MOST])
            found[line.id] = Found(key=row.id, names=told, total=len(names), note=row.title, lang=row.lang)
    return found


_AWARDS = text("""
    SELECT id, version_id, tier FROM award
    WHERE id = ANY(CAST(:ids AS uuid[])) AND person_id = :me AND revoked_at IS NULL
""")


def badges(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    ids = sorted({one for line in lines for one in line.objects})
    rows = {str(row.id): row for row in db.session.execute(_AWARDS, {"ids": ids, "me": me})}
    catalogue = badge_queries.catalogue() if rows else None
    found = {}
    for line in lines:
        held = [rows[one] for one in line.objects if one in rows]
        if held and catalogue:
            name = catalogue.definition(held[0].version_id).body["name"]
            found[line.id] = Found(key=held[0].id, title=name, total=len(held))
    return found


def asked_to_confirm(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Logs that wait, or waited, for this person's word; not what was handed to somebody else."""
    rows = {row.id: row for row in records.completions(_numbers(lines)) if row.confirmer_id == me}
    names = people.names(row.person_id for row in rows.values())
    return {
        line.id: Found(key=row.id, names=(names[row.person_id],), title=row.title)
        for line in lines
        if (row := rows.get(int(line.object))) and row.state != "withdrawn" and row.person_id in names
    }


def confirmed(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _logs(me, lines, "confirmed")


def declined(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _logs(me, lines, "declined")


def _logs(me: int, lines: Sequence[Line], state: str) -> dict[int, Found]:
    """One's own logs on which somebody's word is this."""
    rows = {row.id: row for row in records.completions(_numbers(lines)) if row.person_id == me}
    return {
        line.id: Found(key=row.id, names=(row.confirmer,), title=row.title)
        for line in lines
        if (row := rows.get(int(line.object))) and row.state == state and row.confirmer
    }


_DATES = text("""
    SELECT d.id, d.starts_at, d.cancelled_at IS NOT NULL AS cancelled, a.title, a.slug, r.state
    FROM activity_date d JOIN activity own ON own.id = d.activity_id
    JOIN activity a ON a.id = coalesce(own.merged_into_id, own.id)
    JOIN reservation r ON r.date_id = d.id AND r.person_id = :me AND r.state IN ('reserved', 'waiting')
    WHERE d.id = ANY(CAST(:ids AS bigint[]))
""")


def places(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _dates(me, lines, cancelled=False, states=("reserved",))


def places_or_waiting(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _dates(me, lines, cancelled=False)


def cancelled_dates(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    return _dates(me, lines, cancelled=True)


def _dates(
    me: int, lines: Sequence[Line], *, cancelled: bool, states: Iterable[str] = ("reserved", "waiting")
) -> dict[int, Found]:
    """Dates on which this person has a place or waits for one."""
    told = {"me": me, "ids": _numbers(lines)}
    rows = {row.id: row for row in db.session.execute(_DATES, told) if row.state in states}
    return {
        line.id: Found(key=row.slug, title=row.title, at=row.starts_at)
        for line in lines
        if (row := rows.get(int(line.object))) and row.cancelled is cancelled
    }


_WISHES = text("""
    SELECT w.id, w.words, w.state, w.answer, a.title, a.slug
    FROM wish w LEFT JOIN activity own ON own.id = w.activity_id
    LEFT JOIN activity a ON a.id = coalesce(own.merged_into_id, own.id) AND a.state = 'published'
    WHERE w.id = ANY(CAST(:ids AS bigint[])) AND w.person_id = :me AND w.state IN ('made', 'declined')
""")


def wishes(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    rows = {row.id: row for row in db.session.execute(_WISHES, {"me": me, "ids": _numbers(lines)})}
    return {
        line.id: Found(
            key=row.slug,
            title=row.title or "",
            note=row.words,
            state="made" if row.slug else "declined",
        )
        for line in lines
        if (row := rows.get(int(line.object)))
    }


def agreements(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    rows = {str(one.row.award_id): one.row for one in showing.asked_of(me)}
    return {
        line.id: Found(key=row.award_id, names=(row.holder,))
        for line in lines
        if (row := rows.get(line.object))
    }


Look = Callable[[int, Sequence[Line]], Mapping[int, Found]]


def _read(sql: str) -> Look:
    """Rows of (id, who, title, lang, key; perhaps day, since) for :me, of these :ids; each line is about one."""
    statement = text(sql)

    def look(me: int, lines: Sequence[Line]) -> dict[int, Found]:
        rows = {row.id: row for row in db.session.execute(statement, {"me": me, "ids": _numbers(lines)})}
        return {
            line.id: Found(
                key=row.key,
                names=(row.who,) if row.who else (),
                title=row.title or "",
                lang=row.lang or "",
                day=row._mapping.get("day"),
                since=row._mapping.get("since"),
            )
            for line in lines
            if (row := rows.get(int(line.object)))
        }

    return look


feedback_asked = _read("""
    SELECT r.id, p.name AS who, r.about AS title, r.lang, r.id AS key FROM feedback_request r
    JOIN person p ON p.id = r.asker_id JOIN feedback_asked a ON a.request_id = r.id AND a.person_id = :me
    WHERE r.id = ANY(CAST(:ids AS bigint[]))
""")
feedback_given = _read("""
    SELECT f.id, p.name AS who, coalesce(r.about, l.title) AS title, coalesce(r.lang, l.lang) AS lang,
           CASE WHEN r.id IS NULL THEN '/lessons/' || l.id || '#feedback' ELSE '/feedback/' || r.id END AS key
    FROM feedback f JOIN person p ON p.id = f.giver_id LEFT JOIN feedback_request r ON r.id = f.request_id
    LEFT JOIN lesson l ON l.id = f.lesson_id
    WHERE f.id = ANY(CAST(:ids AS bigint[]))
      AND (r.asker_id = :me AND NOT r.unnamed OR l.author_id = :me AND l.deleted_at IS NULL)
""")
recognition = _read("""
    SELECT r.id, p.name AS who, r.title, r.lang, r.id AS key FROM recognition r JOIN person p ON p.id = r.giver_id
    JOIN recognition_receiver v ON v.recognition_id = r.id AND v.person_id = :me
    WHERE r.id = ANY(CAST(:ids AS bigint[])) AND r.withdrawn_at IS NULL
""")
recognition_withdrawn = _read("""
    SELECT r.id, p.name AS who, r.title, r.lang, r.id AS key FROM recognition r JOIN person p ON p.id = r.withdrawn_by
    JOIN recognition_receiver v ON v.recognition_id = r.id AND v.person_id = :me
    WHERE r.id = ANY(CAST(:ids AS bigint[])) AND r.withdrawn_at IS NOT NULL
""")
# Who decides: the jury, or whoever of HR opened it where there is none.
to_decide = _read("""
    SELECT o.id, NULL AS who, o.name AS title, o.lang, o.id AS key FROM recognition_occasion o
    WHERE o.id = ANY(CAST(:ids AS bigint[])) AND o.decided_at IS NULL
      AND (EXISTS (SELECT FROM recognition_jury j WHERE j.occasion_id = o.id AND j.person_id = :me)
           OR o.opened_by = :me AND (SELECT role = 'hr' FROM person WHERE id = :me))
""")
nominated = _read("""
    SELECT o.id, NULL AS who, o.name AS title, o.lang, o.id AS key FROM recognition_occasion o
    WHERE o.id = ANY(CAST(:ids AS bigint[])) AND (o.closed_at IS NOT NULL OR o.decided_at IS NOT NULL)
      AND EXISTS (SELECT FROM nomination n WHERE n.occasion_id = o.id AND n.nominee_id = :me)
""")
jury = _read("""
    SELECT o.id, NULL AS who, o.name AS title, o.lang, o.id AS key FROM recognition_occasion o
    JOIN recognition_jury j ON j.occasion_id = o.id AND j.person_id = :me WHERE o.id = ANY(CAST(:ids AS bigint[]))
""")
_NOMINATIONS = text("""
    SELECT n.id, e.name, n.recognition_id IS NOT NULL AND r.withdrawn_at IS NULL AS given, n.reason, n.lang
    FROM nomination n JOIN person e ON e.id = n.nominee_id LEFT JOIN recognition r ON r.id = n.recognition_id
    WHERE n.id = ANY(CAST(:ids AS bigint[])) AND n.nominator_id = :me AND n.decided_at IS NOT NULL
      AND e.erased_at IS NULL
""")


def nomination(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """What became of one's own nominations; what the jury said of others is nobody's."""
    rows = {row.id: row for row in db.session.execute(_NOMINATIONS, {"me": me, "ids": _numbers(lines)})}
    return {
        line.id: Found(
            key=row.id, names=(row.name,), note=row.reason, lang=row.lang, state="given" if row.given else ""
        )
        for line in lines
        if (row := rows.get(int(line.object)))
    }


guidance = _read("""
    SELECT g.id, p.name AS who, NULL AS title, NULL AS lang, g.id AS key FROM guidance g
    JOIN person p ON p.id = CASE WHEN g.guide_id = :me THEN g.learner_id ELSE g.guide_id END
    WHERE g.id = ANY(CAST(:ids AS bigint[])) AND :me IN (g.guide_id, g.learner_id)
""")
stand_in = _read("""
    SELECT s.person_id AS id, p.name AS who, NULL AS title, NULL AS lang, s.person_id AS key, s.since,
           s.until AS day
    FROM stand_in s JOIN person p ON p.id = s.person_id
    WHERE s.person_id = ANY(CAST(:ids AS bigint[])) AND s.deputy_id = :me
""")
pair = _read("""
    SELECT m.id, p.name AS who, NULL AS title, NULL AS lang, m.programme_id AS key FROM mentor_pair m
    JOIN person p ON p.id = CASE WHEN m.mentor_id = :me THEN m.mentee_id ELSE m.mentor_id END
    WHERE m.id = ANY(CAST(:ids AS bigint[])) AND :me IN (m.mentor_id, m.mentee_id)
""")
_CONVERSATION = """
    SELECT c.id, o.name AS who, NULL AS title, NULL AS lang, c.id AS key, c.planned_on AS day FROM conversation c
    JOIN person p ON p.id = c.person_id
    JOIN person o ON o.id = CASE WHEN c.person_id = :me THEN c.manager_id ELSE c.person_id END
    WHERE c.id = ANY(CAST(:ids AS bigint[])) AND (c.person_id = :me OR c.manager_id = :me AND p.manager_id = :me)
"""
conversation = _read(f"{_CONVERSATION} AND c.cancelled_at IS NULL")
conversation_off = _read(f"{_CONVERSATION} AND c.cancelled_at IS NOT NULL")
team_goal = _read("""
    SELECT g.id, NULL AS who, g.title, g.lang, g.id AS key FROM team_goal g
    WHERE g.id = ANY(CAST(:ids AS bigint[]))
      AND EXISTS (SELECT FROM team_goal_member m WHERE m.team_goal_id = g.id AND m.person_id = :me)
""")
goal_due = _read("""
    SELECT id, NULL AS who, title, lang, id AS key FROM goal
    WHERE id = ANY(CAST(:ids AS bigint[])) AND person_id = :me
""")


def reports(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """What was reported, and what was decided, stands on a page of its own with one's own rights."""
    return {line.id: Found(key=None) for line in lines}


def _numbers(lines: Sequence[Line]) -> list[int]:
    return sorted({int(one) for line in lines for one in line.objects})


_EXPORTS = text("""
    SELECT CAST(id AS text) AS id, ends_at FROM data_export WHERE person_id = :me AND state = 'made' AND ends_at > now()
""")


def exports(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Files of one's own data, as long as they are there."""
    there = {row.id: row.ends_at for row in db.session.execute(_EXPORTS, {"me": me})}
    return {line.id: Found(key=line.object, at=there[line.object]) for line in lines if line.object in there}


_TO_ANSWER = text(f"""
    SELECT CAST(e.person_id AS text) AS id, p.name, {privacy.DUE} AS due
    FROM erasure_request e JOIN person p ON p.id = e.person_id AND p.erased_at IS NULL
    JOIN person me ON me.id = :me AND me.id <> p.id
    WHERE e.person_id = ANY(CAST(:ids AS bigint[]))
      AND (me.role = 'admin' OR me.role = 'hr' AND {people.serves("p.department_id", ":me")})
""")


def erasure_wishes(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """Who asks to be erased, as long as it is not answered, for who can answer; with the day by which."""
    told = {"me": me, "ids": _numbers(lines), "zone": str(timezone())}
    rows = {row.id: row for row in db.session.execute(_TO_ANSWER, told)}
    return {
        line.id: Found(key=row.id, names=(row.name,), day=row.due)
        for line in lines
        if (row := rows.get(line.object))
    }


def erasure_answers(me: int, lines: Sequence[Line]) -> dict[int, Found]:
    """That there is an answer; what it is stands on one's own page only."""
    return {line.id: Found(key=line.object) for line in lines}
