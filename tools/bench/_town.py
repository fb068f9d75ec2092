"""Waterveld with thousands of people, and with what some years of use leave behind.

Half a year comes from the demo, through the actions of real use; then rows of the same shape are written straight
into the tables until there are as many of each as an organisation of that size has. As a process of its own it then
opens pages for who asks on its standard input, and says what they took.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import psycopg

from tools.devstack import ROOT, Stack, secrets

# Rows of the shape that the demo's have; each a person so many times. `%` is the remainder, for every choice.
GROW = {
    "awards": """
        INSERT INTO award (id, person_id, achievement_id, version_id, tier, period_key, earned_at, awarded_at, evidence,
                           points, picture_version, visible, seen_at, in_review)
        SELECT gen_random_uuid(), p.id, a.id, a.version_id, t, '', at, at, '{}', 25, 1,
               CASE WHEN (p.id * 7 + a.id + t) % 9 = 0 THEN 'me' ELSE 'colleagues' END, at, true
        FROM person p CROSS JOIN achievement a JOIN achievement_version v ON v.id = a.version_id
        CROSS JOIN LATERAL generate_series(1, jsonb_array_length(v.body -> 'tiers')) AS t
        CROSS JOIN LATERAL (SELECT now() - (p.id * 31 + a.id * 17) % 700 * interval '1 day' AS at) AS day
        WHERE (p.id * 13 + a.id * 5) % 2 = 0 AND v.body ->> 'repeats' IS NULL
        ON CONFLICT DO NOTHING
    """,
    "lessons": """
        INSERT INTO lesson (author_id, outcome, title, happened, learned, from_now_on, skills, lang, audience, team_id,
                            shared_at, counts)
        SELECT p.id, l.outcome, l.title || ' ' || n || ' ' || p.id, l.happened, l.learned, l.from_now_on,
               ARRAY[1 + (p.id * 7 + n) % (SELECT max(id) FROM skill)], l.lang,
               CASE WHEN (p.id + n) % 4 = 0 AND p.team_id IS NOT NULL THEN 'team' ELSE 'everyone' END, p.team_id,
               now() - ((p.id * 7919 + n * 104729) % 1000000) * interval '40 seconds', true
        FROM person p CROSS JOIN generate_series(1, 4) n
        JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS all_of_them
              FROM lesson WHERE author_id IS NOT NULL) l ON l.place = 1 + (p.id + n * 31) % l.all_of_them
    """,
    "applications": """
        INSERT INTO lesson_application (lesson_id, person_id, how, at)
        SELECT l.id, p.id, 'So.', l.shared_at + interval '2 days'
        FROM person p CROSS JOIN generate_series(1, 8) n JOIN lesson l
          ON l.id = (SELECT min(id) FROM lesson) + (p.id * 6007 + n * 7919) % 20000 AND l.author_id <> p.id
        ON CONFLICT DO NOTHING
    """,
    "reactions": """
        INSERT INTO lesson_reaction (lesson_id, person_id, kind)
        SELECT l.id, p.id, (SELECT min(kind) FROM lesson_reaction)
        FROM person p CROSS JOIN generate_series(1, 10) n JOIN lesson l
          ON l.id = (SELECT min(id) FROM lesson) + (p.id * 3001 + n * 9973) % 20000
        ON CONFLICT DO NOTHING
    """,
    "kudos": """
        INSERT INTO kudos (giver_id, message, skill_id, lang, given_at, from_pool)
        SELECT p.id, k.message, k.skill_id, k.lang,
               now() - ((p.id * 7919 + n * 104729) % 1000000) * interval '30 seconds', false
        FROM person p CROSS JOIN generate_series(1, 10) n
        JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS all_of_them FROM kudos) k
          ON k.place = 1 + (p.id + n * 31) % k.all_of_them
    """,
    "receivers": """
        INSERT INTO kudos_receiver (kudos_id, person_id, visible)
        SELECT k.id, p.id, (ARRAY['everyone', 'team', 'me'])[1 + (k.id + m) % 3]
        FROM kudos k CROSS JOIN generate_series(0, 1) m
        JOIN person p ON p.id = 1 + (k.id * 31 + m * 977) % (SELECT max(id) FROM person) AND p.id <> k.giver_id
        WHERE NOT EXISTS (SELECT FROM kudos_receiver o WHERE o.kudos_id = k.id)
        ON CONFLICT DO NOTHING
    """,
    "facts": """
        INSERT INTO fact (source, person_id, kind, happened_at, recorded_at, activity_id, activity_kind, mandatory,
                          edition, skills, lineage, department_id, team_id, weight, in_unit)
        SELECT 'town:' || f.id || ':' || n, f.person_id, f.kind, f.happened_at - n * interval '190 days',
               f.recorded_at - n * interval '190 days', f.activity_id, f.activity_kind, f.mandatory, f.edition,
               f.skills, f.lineage, f.department_id, f.team_id, f.weight, f.in_unit
        FROM fact f CROSS JOIN generate_series(1, 2) n WHERE f.kind = 'completed' AND f.withdrawn_at IS NULL
    """,
    "notifications": """
        INSERT INTO notification (person_id, kind, thing, object_id, actor_id, at, source, way, read_at)
        SELECT p.id, 'kudos', 'kudos:' || k.id, k.id::text, k.giver_id, k.given_at, 'town:' || k.id || ':' || p.id,
               'none', CASE WHEN k.id % 5 > 0 THEN k.given_at + interval '1 hour' END
        FROM kudos k JOIN kudos_receiver r ON r.kudos_id = k.id JOIN person p ON p.id = r.person_id
    """,
    "goals": """
        INSERT INTO goal (person_id, title, why, lang, vision_goal_id, skill_id, proof, proof_words, proof_since,
                          visible, remind, state, far, created_at, touched_at, pace, round, version)
        SELECT p.id, 'Goal ' || n, '', 'nl', NULL, 1 + (p.id * 7 + n) % (SELECT max(id) FROM skill), 'own', 'So.',
               now() - interval '60 days', (ARRAY['me', 'manager', 'team'])[1 + p.id % 3], true,
               CASE WHEN n = 1 THEN 'open' ELSE 'reached' END, 'begun', now() - interval '60 days',
               now() - p.id % 60 * interval '1 day', 30, 1, 1
        FROM person p CROSS JOIN generate_series(1, 3) n
    """,
    "traces": """
        INSERT INTO audit_entry (at, actor_id, person_id, action, detail)
        SELECT now() - ((p.id * 7919 + n * 104729) % 1000000) * interval '60 seconds',
               1 + (p.id + n) % (SELECT max(id) FROM person), p.id, 'person:changed', '{}'
        FROM person p CROSS JOIN generate_series(1, 40) n
    """,
    "looks": """
        INSERT INTO look (viewer_id, person_id, what, hour, allowed)
        SELECT coalesce(p.manager_id, 1), p.id, 'team', date_trunc('hour', now()) - n * interval '29 hours', true
        FROM person p CROSS JOIN generate_series(1, 40) n WHERE coalesce(p.manager_id, 1) <> p.id
        ON CONFLICT DO NOTHING
    """,
    "followers": """
        INSERT INTO programme_follower (person_id, programme_id, followed_at, round)
        SELECT p.id, g.id, now() - interval '30 days', 1 FROM person p CROSS JOIN programme g
        WHERE (p.id + g.id) % 2 = 0 ON CONFLICT DO NOTHING
    """,
    "outbox": """
        INSERT INTO outbox (event, body, published_at, handed_on_at)
        SELECT 'PointsChanged', '[]', now() - n * interval '6 seconds', now() - n * interval '6 seconds'
        FROM generate_series(1, 20 * (SELECT count(*) FROM person)::int) n
    """,
    "sessions": """
        INSERT INTO sign_in (token_hash, person_id, started_at, seen_at, ends_at, shared)
        SELECT sha256(('town' || p.id || ':' || n)::bytea), p.id, now() - interval '3 days', now(),
               now() + interval '9 days', false
        FROM person p CROSS JOIN generate_series(1, 2) n
    """,
}


def fill(stack: Any, people: int, at: datetime) -> None:
    """So many people; called within the application."""
    from app.demo.seed import seed

    seed(people=people, at=at, echo=lambda _line: None)
    grow(stack)


def grow(stack: Any) -> None:
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        line.execute(
            "SET session_replication_role = replica"
        )  # what is frozen or only added to is written here too
        for statement in GROW.values():
            line.execute(statement)
        line.execute("VACUUM ANALYZE")  # as autovacuum does it; plans without statistics say nothing


# A house that is asked ------------------------------------------------------------------------------------------------


class Town:
    """The application on the servers of one stack."""

    def __init__(self, stack: Stack, people: int) -> None:
        from app.factory import create_app

        self.stack, self.people, self.app = stack, people, create_app()
        self.line = psycopg.connect(stack.url("superuser"), autocommit=True)
        self.browsers: dict[str, Any] = {}
        self.sent = 0

    def fill(self) -> None:
        from sqlalchemy import event

        from app.db import db
        from app.leaderboards import actions
        from app.worker import relay

        now = datetime.now(UTC)
        with self.app.app_context():
            fill(self.stack, self.people, now)
            actions.keep_whole(now)
            while relay(now):
                pass
            actions.keep_sums(now)
            event.listen(db.engine, "before_cursor_execute", self._note)
        self.line.execute("VACUUM ANALYZE")

    def _note(self, *_: Any) -> None:
        self.sent += 1

    def open(self, who: str, path: str, times: int) -> dict[str, Any]:
        """What a page takes of a processor, each time; the worker came round just before."""
        from app.worker import reach_goals

        with self.app.app_context():
            reach_goals(datetime.now(UTC))
        browser = self._browser(who)
        for _ in range(2):
            browser.get(path).close()
        self.sent, base, began = 0, self._database(), process_time()
        for _ in range(times):
            answer = browser.get(path)
            assert answer.status_code in (200, 303), (path, answer.status_code)
            answer.close()
        own, base = process_time() - began, self._database() - base
        return {
            "cpu": (own + base) / times,
            "database": base / times,
            "statements": self.sent // times,
        }

    def _browser(self, who: str) -> Any:
        from app.access import SESSION, cookie_name
        from app.db import db, transaction
        from app.people import actions as people

        if who not in self.browsers:
            browser = self.app.test_client()
            with self.app.app_context(), transaction():
                found = db.session.scalar(
                    db.text("SELECT min(id) FROM person WHERE name = :name"), {"name": who}
                )
                token = people.start_session(person_id=found, at=datetime.now(UTC))
                browser.set_cookie(cookie_name(SESSION), token)
            self.browsers[who] = browser
        return self.browsers[who]

    def _database(self) -> float:
        """Seconds that the processes of the database spent on a processor for the application; Linux tells them."""
        rows = self.line.execute(
            "SELECT pid FROM pg_stat_activity WHERE usename IN ('blijk_web', 'blijk_worker')"
        )
        total = 0
        for (pid,) in rows.fetchall():
            with suppress(OSError):
                total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return total / 1e9

    def week(self) -> dict[str, Any]:
        """Everybody wrote one lesson without a name two weeks ago."""
        from app.db import transaction
        from app.lessons import unnamed
        from app.outbox import settle

        now = datetime.now(UTC)
        with self.app.app_context():
            self._write_unnamed(unnamed.monday_of(now - timedelta(days=14)))
            self.sent, began, base = 0, process_time(), self._database()
            with transaction():
                authors = unnamed.count(at=now)
                count = process_time() - began + self._database() - base
                settle(now)
            whole = process_time() - began + self._database() - base
        return {"authors": authors, "count": count, "settle": whole - count, "statements": self.sent}

    def _write_unnamed(self, day: datetime) -> None:
        from app.db import db
        from app.lessons import unnamed
        from app.people import queries

        last = unnamed.MOST - 1
        with self.line.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            columns = (
                "id, mark, outcome, title, happened, learned, from_now_on, skills, lang, audience, shared_at"
            )
            with cursor.copy(f"COPY lesson ({columns}) FROM STDIN") as copy:
                for key in queries.keys_after(0, 1_000_000).values():
                    told = (
                        unnamed.new_id(),
                        unnamed.mark(key, f"lesson/{last}"),
                        "nearly",
                        "T",
                        "H",
                        "L",
                        "F",
                        "{1}",
                    )
                    copy.write_row((*told, "nl", "everyone", day))
            cursor.execute("DELETE FROM setting WHERE key = 'unnamed'")
        self.line.execute("VACUUM ANALYZE lesson")
        db.session.rollback()


def main() -> None:
    folder, people = sys.argv[1:]
    stack = Stack(Path(folder))
    os.environ.update({**stack.env(), **secrets(stack.state)})
    migrate = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    subprocess.run(migrate, cwd=ROOT, check=True, stdout=sys.stderr)
    town = Town(stack, int(people))
    for line in sys.stdin:
        asked = json.loads(line)
        if "fill" in asked:
            town.fill()
            told: dict[str, Any] = {}
        else:
            told = town.week() if "week" in asked else town.open(**asked)
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
