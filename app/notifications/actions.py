"""What can be done with notifications: put them down, read them, and choose how to be told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import text

from app import mail
from app.config import timezone
from app.db import array, db
from app.events import Notified, TeamLessonsDue
from app.notifications import queries, rules
from app.notifications.kinds import NAMED, Kind
from app.notifications.rules import Settings
from app.outbox import publish


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One happening for one inbox."""

    person_id: int
    actor_id: int | None
    thing: str
    object_id: str
    source: str
    at: datetime


# Only who works here, not what one did oneself, and nothing of points for who does without. What is no news any more
# comes as read, and by no mail.
_PUT = text("""
    INSERT INTO notification (person_id, kind, thing, object_id, actor_id, at, source, read_at, way)
    SELECT n.person_id, :kind, n.thing, n.object_id, n.actor_id, n.at, n.source,
           CASE WHEN n.at < :since THEN n.at END,
           CASE WHEN :mails AND n.at >= :since AND p.email IS NOT NULL AND coalesce(s.mail, true)
                THEN coalesce(c.way, :usual) ELSE 'none' END
    FROM unnest(CAST(:people AS bigint[]), CAST(:actors AS bigint[]), CAST(:things AS text[]),
                CAST(:objects AS text[]), CAST(:sources AS text[]), CAST(:moments AS timestamptz[]))
         AS n(person_id, actor_id, thing, object_id, source, at)
    JOIN person p ON p.id = n.person_id AND p.active AND p.erased_at IS NULL
    LEFT JOIN notification_settings s ON s.person_id = n.person_id
    LEFT JOIN notification_choice c ON c.person_id = n.person_id AND c.kind = :kind
    WHERE n.actor_id IS DISTINCT FROM n.person_id AND (NOT :asked OR coalesce(c.way, 'none') <> 'none')
      AND (NOT :points OR (p.game AND EXISTS (SELECT FROM organisation WHERE points_on)))
    ORDER BY n.source
    ON CONFLICT (source) DO NOTHING
    RETURNING person_id, way, read_at IS NULL AS unread
""")


def put(kind: Kind, news: Sequence[News], *, at: datetime) -> int:
    """Put news of a kind into the inboxes; what stands there already adds nothing. Says how many were new."""
    told = {
        "people": array(one.person_id for one in news),
        "actors": array(one.actor_id for one in news),
        "things": array(one.thing for one in news),
        "objects": array(one.object_id for one in news),
        "sources": array(one.source for one in news),
        "moments": array(one.at for one in news),
    }
    wanted = {
        "kind": kind.name,
        "usual": kind.usual,
        "points": kind.points,
        "mails": mail.is_on(),
        "asked": kind.asked,
    }
    rows = db.session.execute(_PUT, {**told, **wanted, "since": at - rules.NEWS}).all()
    plan_mail({(row.person_id, row.way) for row in rows if row.way != "none"}, at=at)
    if not kind.quiet:
        publish(Notified(person_id=one) for one in sorted({row.person_id for row in rows if row.unread}))
    return len(rows)


_FORGET = text("DELETE FROM notification WHERE kind = :kind AND thing = ANY(CAST(:things AS text[]))")


def forget(kind: str, things: Collection[str]) -> None:
    """Nothing of this stands in any inbox any more."""
    db.session.execute(_FORGET, {"kind": kind, "things": array(sorted(things))})


_END = text("""
    UPDATE notification SET read_at = :at WHERE id IN (
        SELECT id FROM notification
        WHERE kind = :kind AND thing = ANY(CAST(:things AS text[])) AND read_at IS NULL ORDER BY id FOR UPDATE)
    RETURNING person_id
""")


def end(kind: Kind, things: Collection[str], *, at: datetime) -> None:
    """What these are about was dealt with: nobody has to look any more."""
    people = db.session.scalars(_END, {"kind": kind.name, "things": array(sorted(things)), "at": at})
    publish(Notified(person_id=one) for one in sorted(set(people)))


# Once a week ------------------------------------------------------------------------------------------------

_WEEK = text("""
    INSERT INTO setting (key, value, changed_at)
    VALUES ('team_lessons', jsonb_build_object('week', CAST(:week AS text)), :at)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
    WHERE setting.value ->> 'week' < :week
    RETURNING key
""")
_WHO_ASKED = text("""
    SELECT c.person_id FROM notification_choice c JOIN person p ON p.id = c.person_id
    WHERE c.kind = 'team_lessons' AND c.way <> 'none' AND p.active AND EXISTS (
        SELECT FROM lesson l WHERE l.team_id = p.team_id AND l.shared_at >= :since AND l.shared_at < :until
          AND l.deleted_at IS NULL AND l.hidden_at IS NULL AND l.author_id IS DISTINCT FROM p.id)
    ORDER BY c.person_id
""")


def tell_of_team_lessons(*, at: datetime) -> int:
    """Once a week, who asked for it is told what their team shared in the week before; returns how many.

    Nobody hears of an empty week. What can be read of it is asked anew when somebody looks.
    """
    today = at.astimezone(timezone()).date()
    monday = today - timedelta(days=today.weekday())
    week = monday - timedelta(days=7)
    if db.session.scalar(_WEEK, {"week": week.isoformat(), "at": at}) is None:
        return 0
    since, until = (datetime.combine(day, time(), timezone()) for day in (week, monday))
    asked = list(db.session.scalars(_WHO_ASKED, {"since": since, "until": until}))
    publish(TeamLessonsDue(person_id=one, week=week.isoformat()) for one in asked)
    return len(asked)


# Reading ----------------------------------------------------------------------------------------------------

# In the order of ids, so that two pages of one person wait for each other; what came after the page was made stays.
_READ = """
    UPDATE notification SET read_at = :at WHERE id IN (
        SELECT id FROM notification WHERE person_id = :me AND read_at IS NULL AND id <= :until {more}
        ORDER BY id FOR UPDATE)
"""
_READ_ALL = text(_READ.format(more=""))
_READ_THING = text(
    _READ.format(
        more="AND (kind, thing) = (SELECT kind, thing FROM notification WHERE id = :until AND person_id = :me)"
    )
)


def read_all(me: int, *, until: int, at: datetime) -> None:
    """All that stood in the inbox up to this one was read."""
    db.session.execute(_READ_ALL, {"me": me, "until": until, "at": at})


def read(me: int, ids: Iterable[int], *, at: datetime) -> None:
    """These lines were read, with what they hold together."""
    for one in sorted(set(ids)):
        db.session.execute(_READ_THING, {"me": me, "until": one, "at": at})


# Mail -------------------------------------------------------------------------------------------------------

# A row that somebody takes at this moment is waited for; what is taken already takes nothing more.
_PLAN = text("""
    INSERT INTO notification_mail (person_id, way, period, due_at, next_at)
    SELECT * FROM unnest(CAST(:people AS bigint[]), CAST(:ways AS text[]), CAST(:periods AS text[]),
                         CAST(:dues AS timestamptz[]), CAST(:dues AS timestamptz[]))
           AS n(person_id, way, period, due_at, next_at)
    ORDER BY person_id, way, period
    ON CONFLICT (person_id, way, period) DO UPDATE SET due_at = notification_mail.due_at
    RETURNING person_id, way, due_at, taken_at IS NOT NULL AS taken
""")


def plan_mail(wanted: Collection[tuple[int, str]], *, at: datetime) -> None:
    """There will be a mail for each of these people and ways, when theirs is due."""
    if not wanted:
        return
    told = queries.settings_of(person for person, _ in wanted)
    moments = dict.fromkeys(wanted, at)
    while moments:
        dues = {
            key: rules.due(key[1], moment, told[key[0]], timezone())
            for key, moment in sorted(moments.items())
        }
        rows = db.session.execute(
            _PLAN,
            {
                "people": array(person for person, _ in dues),
                "ways": array(way for _, way in dues),
                "periods": array(period for _, period in dues.values()),
                "dues": array(due for due, _ in dues.values()),
            },
        )
        moments = {(row.person_id, row.way): row.due_at for row in rows if row.taken}


# Choosing ---------------------------------------------------------------------------------------------------

_SET = text("""
    INSERT INTO notification_settings (person_id, mail, quiet_from, quiet_until, hour, weekday)
    VALUES (:me, :mail, :quiet_from, :quiet_until, :hour, :weekday)
    ON CONFLICT (person_id) DO UPDATE SET mail = excluded.mail, quiet_from = excluded.quiet_from,
        quiet_until = excluded.quiet_until, hour = excluded.hour, weekday = excluded.weekday
""")
_CHOOSE = text("""
    INSERT INTO notification_choice (person_id, kind, way)
    SELECT :me, c.kind, c.way FROM unnest(CAST(:kinds AS text[]), CAST(:ways AS text[])) AS c(kind, way)
    ORDER BY c.kind
    ON CONFLICT (person_id, kind) DO UPDATE SET way = excluded.way
""")
# What waits for a mail follows the new choice; mails that nobody took yet are planned anew.
_LOOSEN = text("""
    DELETE FROM notification_mail WHERE id IN (
        SELECT id FROM notification_mail
        WHERE person_id = :me AND taken_at IS NULL AND sent_at IS NULL AND refusal IS NULL ORDER BY id FOR UPDATE)
""")
_WAITING = """
    FROM notification WHERE person_id = :me AND read_at IS NULL AND mail_id IS NULL AND way <> 'none'
"""
_FOLLOW = text(f"""
    UPDATE notification n SET way = c.way
    FROM unnest(CAST(:kinds AS text[]), CAST(:ways AS text[])) AS c(kind, way)
    WHERE c.kind = n.kind AND n.id IN (SELECT id {_WAITING} ORDER BY id FOR UPDATE)
""")
_WAYS = text(f"SELECT DISTINCT way {_WAITING}")


def choose(me: int, *, to: Settings, ways: Mapping[str, str], at: datetime) -> None:
    """When and how somebody wants to be told; kinds that are not named stay as they were."""
    db.session.execute(_SET, {"me": me, **asdict(to)})
    chosen = {kind: way for kind, way in ways.items() if kind in NAMED}
    if chosen:
        pairs = {"kinds": array(chosen), "ways": array(chosen.values())}
        db.session.execute(_CHOOSE, {"me": me, **pairs})
    kept = queries.ways_of(me)
    pairs = {"kinds": array(kept), "ways": array(way if to.mail else "none" for way in kept.values())}
    db.session.execute(_LOOSEN, {"me": me})
    db.session.execute(_FOLLOW, {"me": me, **pairs})
    plan_mail({(me, way) for way in db.session.scalars(_WAYS, {"me": me})}, at=at)


def stop(me: int, *, way: str, at: datetime) -> None:
    """No mail of this way any more; or, with `all`, none at all. The inbox stays."""
    told = queries.settings_of([me])[me]
    if way == "all":
        choose(me, to=Settings(**{**asdict(told), "mail": False}), ways={}, at=at)
        return
    ways = {kind: "none" for kind, chosen in queries.ways_of(me).items() if chosen == way}
    choose(me, to=told, ways=ways, at=at)


# Keeping ----------------------------------------------------------------------------------------------------

_PRUNE = text("""
    DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE read_at < :edge LIMIT :limit)
""")
_PRUNE_MAIL = text("""
    DELETE FROM notification_mail WHERE id IN (
        SELECT id FROM notification_mail WHERE due_at < :edge AND (sent_at IS NOT NULL OR refusal IS NOT NULL)
        LIMIT :limit)
""")
A_LOT = 50_000  # at once; the rest at the next turn


def prune(*, at: datetime) -> None:
    """What was read half a year ago goes, and what is known of mail as old as that."""
    for statement in (_PRUNE, _PRUNE_MAIL):
        db.session.execute(statement, {"edge": at - rules.KEPT, "limit": A_LOT})
