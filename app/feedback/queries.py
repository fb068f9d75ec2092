"""What can be asked about feedback. Who may not see something gets what is not there.

Feedback on a lesson is read by its author and its giver, and by who may read the lesson once the author shares it. An
answer to a request is read by who asked and who gave it, and by all who were asked once it is shared. Answers about
a manager's leading come without names and moments, in an order that says nothing, from five on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.db import db
from app.feedback.rules import AGAIN, ASKS, DUE_AFTER, DUE_UNTIL, FEWEST, LATER, REST

AnyRow = Row[*tuple[Any, ...]]
LIMIT = 20
_ids = bindparam("ids", type_=ARRAY(BigInteger()))
_PROFILE = "CASE WHEN p.active AND p.erased_at IS NULL THEN p.handle END"  # as people.queries.profile_of

_REQUEST = f"""
    SELECT r.id, r.asker_id, p.name AS asker, {_PROFILE} AS profile, r.about, r.lang, r.unnamed, r.asked_at,
           r.closes_at, r.closed_at, r.shared_at, a.state, r.asker_id = :me AS mine,
           r.closed_at IS NULL AND r.closes_at > :at AS open,
           (SELECT count(*) FROM feedback_asked n WHERE n.request_id = r.id) AS asked,
           (SELECT count(*) FROM feedback f WHERE f.request_id = r.id) AS given
    FROM feedback_request r JOIN person p ON p.id = r.asker_id
    LEFT JOIN feedback_asked a ON a.request_id = r.id AND a.person_id = :me
"""
_ONE = text(_REQUEST + "WHERE r.id = :request AND (r.asker_id = :me OR a.person_id IS NOT NULL)")
_MINE = text(_REQUEST + "WHERE r.asker_id = :me ORDER BY r.asked_at DESC, r.id DESC LIMIT :limit")
_WAITING = text(
    _REQUEST
    + "WHERE a.state = 'waiting' AND r.closed_at IS NULL AND r.closes_at > :at ORDER BY r.closes_at, r.id"
)
# For the layout: how many requests wait for this person.
WAITING = """
    SELECT count(*) FROM feedback_asked a JOIN feedback_request r ON r.id = a.request_id
    WHERE a.person_id = :person AND a.state = 'waiting' AND r.closed_at IS NULL AND r.closes_at > :at
"""
_GIVEN = f"""
    SELECT f.id, f.giver_id, p.name AS giver, {_PROFILE} AS profile, p.job, f.keep, f."try" AS try_, f.lang,
           f.given_at, f.helped_at, f.shared_at, f.lesson_id, f.request_id, f.giver_id = :me AS given
    FROM feedback f JOIN person p ON p.id = f.giver_id
"""
_ON_LESSON = text(
    _GIVEN + "WHERE f.lesson_id = :lesson AND (:mine OR f.giver_id = :me OR f.shared_at IS NOT NULL)"
    " ORDER BY f.given_at DESC, f.id DESC LIMIT 100"
)
_ANSWERS = text(
    _GIVEN + "JOIN feedback_request r ON r.id = f.request_id WHERE r.id = :request AND NOT r.unnamed"
    " AND (r.asker_id = :me OR f.giver_id = :me OR r.shared_at IS NOT NULL) ORDER BY f.given_at DESC, f.id DESC"
)
# The order is one that nobody can predict and that stays the same: of the words, not of who or when.
_UNNAMED = text("""
    SELECT f.keep, f."try" AS try_, f.lang, count(*) OVER () AS number
    FROM feedback f JOIN feedback_request r ON r.id = f.request_id
    WHERE r.id = :request AND r.unnamed AND (r.asker_id = :me OR r.shared_at IS NOT NULL)
    ORDER BY md5(f.keep || f."try" || r.asked_at)
""")
_OWN = text(_GIVEN + "WHERE f.request_id = :request AND f.giver_id = :me")
_OF = text("""
    SELECT f.id, f.giver_id, f.lesson_id, f.request_id, CASE WHEN NOT r.unnamed THEN r.asker_id END AS asker_id
    FROM feedback f LEFT JOIN feedback_request r ON r.id = f.request_id WHERE f.id = ANY(:ids)
""").bindparams(_ids)
_GOT = text(
    _GIVEN
    + """
    LEFT JOIN feedback_request r ON r.id = f.request_id LEFT JOIN lesson l ON l.id = f.lesson_id
    WHERE (r.asker_id = :me AND NOT r.unnamed OR l.author_id = :me AND l.deleted_at IS NULL)
    ORDER BY f.given_at DESC, f.id DESC LIMIT :limit
"""
)
_BY_ME = text("""
    SELECT f.id, f.keep, f."try" AS try_, f.lang, f.given_at, f.helped_at, f.lesson_id, f.request_id,
           coalesce(r.about, l.title) AS about, coalesce(r.lang, l.lang) AS about_lang,
           coalesce(r.unnamed, false) AS unnamed,
           CASE WHEN r.id IS NOT NULL THEN p.name END AS asker
    FROM feedback f LEFT JOIN feedback_request r ON r.id = f.request_id LEFT JOIN person p ON p.id = r.asker_id
    LEFT JOIN lesson l ON l.id = f.lesson_id AND l.deleted_at IS NULL
    WHERE f.giver_id = :me AND (r.id IS NOT NULL OR l.id IS NOT NULL) ORDER BY f.given_at DESC, f.id DESC LIMIT :limit
""")
# How often each of these two marked each other's feedback as helpful lately. Only what names its receiver is counted.
_BETWEEN = text("""
    SELECT w.one, w.other, count(*) AS number
    FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS w(one, other)
    JOIN feedback f ON f.giver_id IN (w.one, w.other)
    LEFT JOIN feedback_request r ON r.id = f.request_id LEFT JOIN lesson l ON l.id = f.lesson_id
    WHERE f.helped_at > :since AND f.id <> ALL(CAST(:but AS bigint[])) AND coalesce(r.unnamed, false) = false
      AND coalesce(r.asker_id, l.author_id) IN (w.one, w.other) AND coalesce(r.asker_id, l.author_id) <> f.giver_id
    GROUP BY w.one, w.other
""")
# On lessons without a name whose author nobody may tell by what it counts for: all of them together are one receiver.
_TO_UNNAMED = text("""
    SELECT f.giver_id, count(*) AS number FROM feedback f JOIN lesson l ON l.id = f.lesson_id
    WHERE f.giver_id = ANY(CAST(:givers AS bigint[])) AND l.author_id IS NULL
      AND f.helped_at > :since AND f.id <> ALL(CAST(:but AS bigint[]))
    GROUP BY f.giver_id
""")
_ASKED_PAIRS = text("""
    SELECT a.request_id, a.person_id FROM feedback_asked a
    JOIN unnest(CAST(:requests AS bigint[]), CAST(:people AS bigint[])) AS w(request_id, person_id)
        ON a.request_id = w.request_id AND a.person_id = w.person_id
""")
_ACTIVE = text("SELECT id FROM person WHERE id = ANY(:ids) AND active AND erased_at IS NULL").bindparams(_ids)
_TEAMS = text(
    "SELECT team_id, id FROM person WHERE team_id = ANY(:ids) AND active ORDER BY team_id, id"
).bindparams(_ids)
_LED = text(
    "SELECT manager_id, id FROM person WHERE manager_id = ANY(:ids) AND active ORDER BY sort_name, id"
).bindparams(_ids)
_KNOWN = text(
    "SELECT id, about, asker_id, unnamed, once FROM feedback_request WHERE once = ANY(:keys)"
).bindparams(bindparam("keys", type_=ARRAY(Text())))

# One question: of what was completed weeks ago the latest that was never answered, or answered "not yet" long ago.
_DUE = text("""
    SELECT c.id, c.activity_id, a.title, a.slug, a.kind, c.completed_at, u.answer
    FROM completion c JOIN activity a ON a.id = c.activity_id LEFT JOIN learning_use u ON u.completion_id = c.id
    WHERE c.person_id = :me AND c.state = 'confirmed' AND c.completed_at BETWEEN :since AND :until
      AND a.kind = ANY(:kinds) AND a.state <> 'merged'
      AND (u.completion_id IS NULL OR u.answer = 'not_yet' AND u.answered_at < :again)
      AND NOT EXISTS (SELECT 1 FROM learning_use r WHERE r.person_id = :me AND r.answered_at > :rested)
    ORDER BY c.completed_at DESC, c.id DESC LIMIT 1
""").bindparams(bindparam("kinds", type_=ARRAY(Text())))
_ANSWERED = text("""
    SELECT u.completion_id AS id, u.activity_id, u.answer, u.words, u.answered_at, a.title, a.slug, a.kind,
           c.completed_at
    FROM learning_use u JOIN activity a ON a.id = u.activity_id JOIN completion c ON c.id = u.completion_id
    WHERE u.person_id = :me ORDER BY u.answered_at DESC, u.completion_id DESC LIMIT :limit
""")
_COMPLETIONS = text("""
    SELECT c.id, c.person_id, c.activity_id, a.skills, a.title, u.answer
    FROM completion c JOIN activity a ON a.id = c.activity_id
    LEFT JOIN learning_use u ON u.completion_id = c.id
    WHERE c.id = ANY(:ids) AND c.state = 'confirmed' AND c.completed_at < :until AND a.kind = ANY(:kinds)
""").bindparams(_ids, bindparam("kinds", type_=ARRAY(Text())))
_USE = text("""
    SELECT activity_id, count(*) AS answers, count(*) FILTER (WHERE answer = 'used') AS used,
           count(*) FILTER (WHERE answer = 'not_yet') AS not_yet
    FROM learning_use WHERE activity_id = ANY(:ids) GROUP BY activity_id HAVING count(*) >= :fewest
""").bindparams(_ids)


def request(me: int, request_id: int, at: datetime) -> AnyRow | None:
    """One request, for who asked it and who is asked."""
    return db.session.execute(_ONE, {"me": me, "request": request_id, "at": at}).one_or_none()


def asked_by(me: int, at: datetime, limit: int = LIMIT) -> Sequence[AnyRow]:
    """What this person asked, the latest first."""
    return db.session.execute(_MINE, {"me": me, "at": at, "limit": limit}).all()


def waiting(me: int, at: datetime) -> Sequence[AnyRow]:
    """What this person is asked and has not answered."""
    return db.session.execute(_WAITING, {"me": me, "at": at}).all()


def answers(me: int, request_id: int) -> Sequence[AnyRow]:
    """The answers with their givers, of a request that has names."""
    return db.session.execute(_ANSWERS, {"me": me, "request": request_id}).all()


def unnamed(me: int, request_id: int) -> Sequence[AnyRow]:
    """The answers of a request without names: words only, from five on."""
    rows = db.session.execute(_UNNAMED, {"me": me, "request": request_id}).all()
    return rows if len(rows) >= FEWEST else []


def own_answer(me: int, request_id: int) -> AnyRow | None:
    """What this person answered."""
    return db.session.execute(_OWN, {"me": me, "request": request_id}).one_or_none()


def on_lesson(me: int, lesson_id: int, *, mine: bool) -> Sequence[AnyRow]:
    """Feedback on a lesson that this person may read; `mine` says that they wrote the lesson."""
    return db.session.execute(_ON_LESSON, {"me": me, "lesson": lesson_id, "mine": mine}).all()


def got(me: int, limit: int = LIMIT) -> Sequence[AnyRow]:
    """What this person got, the latest first; not what came without names."""
    return db.session.execute(_GOT, {"me": me, "limit": limit}).all()


def given(me: int, limit: int = LIMIT) -> Sequence[AnyRow]:
    """What this person gave, the latest first."""
    return db.session.execute(_BY_ME, {"me": me, "limit": limit}).all()


def to_judge(feedback_ids: Iterable[int]) -> dict[int, AnyRow]:
    """These, with who may mark each: who asked for it; of one on a lesson the lesson says whose it is."""
    return {row.id: row for row in db.session.execute(_OF, {"ids": sorted(set(feedback_ids))})}


def pair(one: int, other: int) -> tuple[int, int]:
    """The same two, whoever helped."""
    return min(one, other), max(one, other)


def between(
    people: Iterable[tuple[int, int]], *, but: Iterable[int], at: datetime
) -> dict[tuple[int, int], int]:
    """How often each two of these helped each other in the 90 days before this moment."""
    found = dict.fromkeys((pair(*two) for two in people), 0)
    told = {"ones": [one for one, _ in found], "others": [other for _, other in found], "but": sorted(but)}
    rows = db.session.execute(_BETWEEN, {**told, "since": at - AGAIN}) if found else ()
    return found | {(row.one, row.other): row.number for row in rows}


def helped_unnamed(givers: Iterable[int], *, but: Iterable[int], at: datetime) -> dict[int, int]:
    """How often each of these helped authors of lessons without a name in the 90 days before this moment."""
    found = dict.fromkeys(givers, 0)
    told = {"givers": sorted(found), "but": sorted(but), "since": at - AGAIN}
    return found | {
        row.giver_id: row.number for row in (db.session.execute(_TO_UNNAMED, told) if found else ())
    }


def asked_of(pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of these (request, person) in which the person is asked."""
    wanted = sorted(set(pairs))
    told = {"requests": [request for request, _ in wanted], "people": [person for _, person in wanted]}
    return {(row.request_id, row.person_id) for row in db.session.execute(_ASKED_PAIRS, told)}


def active(person_ids: Iterable[int]) -> set[int]:
    """Who of these works here now."""
    return set(db.session.scalars(_ACTIVE, {"ids": sorted(set(person_ids))}))


def teams(team_ids: Iterable[int]) -> dict[int, list[int]]:
    """Who works in each of these teams."""
    return _grouped(_TEAMS, team_ids)


def reports(manager_ids: Iterable[int]) -> dict[int, list[int]]:
    """Who reports to each of these."""
    return _grouped(_LED, manager_ids)


def _grouped(statement: Any, ids: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {one: [] for one in ids}
    for key, person_id in db.session.execute(statement, {"ids": sorted(found)}) if found else ():
        found[key].append(person_id)
    return found


def known(keys: Iterable[str]) -> dict[str, AnyRow]:
    """The requests that were made with these keys."""
    wanted = sorted(keys)
    return {row.once: row for row in db.session.execute(_KNOWN, {"keys": wanted})} if wanted else {}


# Is it used -------------------------------------------------------------------------------------------------


def due(me: int, at: datetime) -> AnyRow | None:
    """The one completion to ask this person about now, if there is one."""
    told = {
        "me": me,
        "since": at - DUE_UNTIL,
        "until": at - DUE_AFTER,
        "again": at - LATER,
        "rested": at - REST,
        "kinds": list(ASKS),
    }
    return db.session.execute(_DUE, told).one_or_none()


def answered(me: int, limit: int = LIMIT) -> Sequence[AnyRow]:
    """What this person said about what they learned."""
    return db.session.execute(_ANSWERED, {"me": me, "limit": limit}).all()


def askable(completion_ids: Iterable[int], at: datetime) -> dict[int, AnyRow]:
    """Of these completions those that may be asked after by now, with the answer so far."""
    told = {"ids": sorted(set(completion_ids)), "until": at - DUE_AFTER, "kinds": list(ASKS)}
    return {row.id: row for row in db.session.execute(_COMPLETIONS, told)}


def use_of(activity_ids: Iterable[int]) -> dict[int, AnyRow]:
    """How much these activities are used, from five answers on: (activity_id, answers, used, not_yet)."""
    wanted = sorted(set(activity_ids))
    rows = db.session.execute(_USE, {"ids": wanted, "fewest": FEWEST}) if wanted else ()
    return {row.activity_id: row for row in rows}
