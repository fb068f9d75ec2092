"""The projector: what the ledger says is put on the boards, as absolute totals.

It claims people, reads their totals under the claim, and sets what it read: the same news twice moves nobody, and two
projectors cannot cross. When Redis fails, the epoch is changed in PostgreSQL: from that commit on nobody reads those
boards, and `keep_whole` fills them anew as soon as Redis answers. The large boards that PostgreSQL keeps itself
(`kept`) get the same changes in the same transaction, and the teams of who is claimed are noted as due (`teams`).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.config import timezone
from app.db import db, transaction
from app.leaderboards import kept, store, teams
from leaderboards.boards import ORGANISATION, Board, Scope
from leaderboards.periods import bounds
from leaderboards.rebuild import drift, load
from leaderboards.store import Change, NotReady, Unavailable

log = structlog.get_logger("blijk.boards")

IDS = bindparam("ids", type_=ARRAY(BigInteger()))
_KNOW = text("""
    INSERT INTO board_member (person_id) SELECT p.id FROM person p WHERE p.id = ANY(:ids)
    AND NOT EXISTS (SELECT 1 FROM board_member b WHERE b.person_id = p.id) ORDER BY p.id ON CONFLICT DO NOTHING
""").bindparams(IDS)
_CLAIM = text(
    "SELECT * FROM board_member WHERE person_id = ANY(:ids) ORDER BY person_id FOR UPDATE"
).bindparams(IDS)
_PEOPLE = text("""
    SELECT p.id, p.department_id, p.team_id,
           p.active AND p.erased_at IS NULL AND p.board_choice IS DISTINCT FROM 'out' AS taking_part
    FROM person p WHERE p.id = ANY(:ids)
""").bindparams(IDS)
_NAMED = text("""
    SELECT id FROM person WHERE id = ANY(:ids) AND board_choice = 'named' AND active AND erased_at IS NULL
""").bindparams(IDS)
_TOTALS = text("""
    SELECT 0 AS skill_id, to_jsonb(t) - 'counts' - 'caps' AS row FROM person_total t WHERE person_id = ANY(:ids)
    UNION ALL SELECT skill_id, to_jsonb(t) FROM skill_total t WHERE person_id = ANY(:ids)
""").bindparams(IDS)
_CLOSED = text("""
    SELECT t.person_id, t.skill_id, t."window", t.points, t.kudos FROM period_total t
    WHERE t.person_id = ANY(:ids) AND t."window" = ANY(:windows)
""").bindparams(IDS, bindparam("windows", type_=ARRAY(Text())))
_UNITS_THEN = text("""
    SELECT person_id, w.win, m.department_id, m.team_id
    FROM unnest(:ids) AS p(person_id) CROSS JOIN unnest(:windows, CAST(:untils AS timestamptz[])) AS w(win, until)
    CROSS JOIN LATERAL (SELECT department_id, team_id FROM membership
                        WHERE membership.person_id = p.person_id AND since < w.until ORDER BY since DESC LIMIT 1) m
""").bindparams(IDS, bindparam("windows", type_=ARRAY(Text())))
_REMEMBER = text("""
    UPDATE board_member b SET department_id = p.department_id, team_id = p.team_id,
           taking_part = p.active AND p.erased_at IS NULL AND p.board_choice IS DISTINCT FROM 'out'
    FROM person p WHERE p.id = b.person_id AND b.person_id = ANY(:ids)
""").bindparams(IDS)

Units = tuple[int | None, int | None]


def project(people: Mapping[int, bool], now: datetime) -> set[Scope]:
    """Put these people where they stand now; True asks for the windows before as well.

    Returns on whose boards somebody moved who stands there by name: of who takes part without one, nobody is told when.
    """
    ids = sorted(people)
    store.write_along()
    db.session.execute(_KNOW, {"ids": ids})
    was = {row.person_id: row for row in db.session.execute(_CLAIM, {"ids": ids})}
    before: set[int] = set()
    changes = list(_changes(was, people, before, now))
    db.session.execute(_REMEMBER, {"ids": ids})
    kept.set_scores(changes)
    teams.note({person_id: person_id in before for person_id in ids}, now)
    boards = store.boards()
    boards.epoch = store.epoch()
    try:
        boards.set_scores(changes)
    except Unavailable:
        store.set_epoch(token_hex(8), now)
        log.warning("boards are behind: Redis does not answer")
    named, windows = set(db.session.scalars(_NAMED, {"ids": ids})), set(store.current(now).values())
    return {board.scope for board, person_id, _ in changes if person_id in named and board.window in windows}


def _changes(
    was: Mapping[int, Any], people: Mapping[int, bool], before: set[int], now: datetime
) -> Iterator[Change]:
    """What is to be set; into `before` comes whose closed windows are among it."""
    with_kudos = bool(db.session.scalar(kept.KUDOS))
    ids = list(was)
    live = {row.id: row for row in db.session.execute(_PEOPLE, {"ids": ids})}
    windows = store.current(now)
    rows = [(skill_id, row) for skill_id, row in db.session.execute(_TOTALS, {"ids": ids})]
    for skill_id, row in rows:
        person = live[row["person_id"]]
        for kind, window in windows.items():
            points = _points(row, kind, window, with_kudos) if person.taking_part else None
            yield from _on_boards(person.id, skill_id, window, points, _units(person), _units(was[person.id]))
    before |= {id for id in ids if people[id] or _units(was[id]) != _units(live[id])}
    before |= {row["person_id"] for _, row in rows if _has_not_gone_on(row, now)}
    if before:
        yield from _changes_before(sorted(before), was, live, rows, with_kudos, now)


def _has_not_gone_on(row: Mapping[str, Any], now: datetime) -> bool:
    """Are the latest points of a window that has just closed? Its news may come after its end."""
    return any(row[f"{kind}_key"] == window for kind, window in store.before(now).items())


def _units(row: Any) -> Units:
    return row.department_id, row.team_id


def _points(row: Mapping[str, Any], kind: str, window: str, with_kudos: bool) -> int | None:
    if kind != "all" and row[f"{kind}_key"] != window:
        return None
    name = "all_time" if kind == "all" else kind
    points: int = row[name] - (0 if with_kudos else row[f"{name}_kudos"])
    return points


def _on_boards(
    person_id: int, skill_id: int, window: str, points: int | None, units: Units, were: Units
) -> Iterator[Change]:
    """On the boards of these units, and off those where the projector last put them."""
    if skill_id:
        yield Board(Scope("skill", skill_id), window), person_id, points
        return
    yield Board(ORGANISATION, window), person_id, points
    for kind, here, old in (("department", units[0], were[0]), ("team", units[1], were[1])):
        if old is not None and old != here:
            yield Board(Scope(kind, old), window), person_id, None
        if here is not None:
            yield Board(Scope(kind, here), window), person_id, points


def _changes_before(
    ids: list[int], was: Mapping[int, Any], live: Mapping[int, Any], rows: list[tuple[int, Any]], with_kudos: bool,
    now: datetime,
) -> Iterator[Change]:  # fmt: skip
    """Closed windows keep the units of their end, and follow what comes late: also a move from before their end."""
    windows = {key: kind for kind, key in store.before(now).items()}
    untils = [bounds(kind, key, timezone())[1] for key, kind in windows.items()]
    then = {
        (row.person_id, row.win): (row.department_id, row.team_id)
        for row in db.session.execute(_UNITS_THEN, {"ids": ids, "windows": list(windows), "untils": untils})
    }
    points: dict[tuple[int, int, str], int | None] = {}
    for skill_id, row in rows:
        for key, kind in windows.items():
            points[(row["person_id"], skill_id, key)] = _points(row, kind, key, with_kudos)
    for row in db.session.execute(_CLOSED, {"ids": ids, "windows": list(windows)}):
        points[(row.person_id, row.skill_id, row.window)] = row.points - (0 if with_kudos else row.kudos)
    wanted = set(ids)
    for (person_id, skill_id, key), found in points.items():
        if person_id in wanted:
            taking_part = live[person_id].taking_part
            units = then.get((person_id, key), (None, None))
            yield from _on_boards(
                person_id, skill_id, key, found if taking_part else None, units, _units(was[person_id])
            )


_STATE = text("""
    SELECT teams_at, looked_at, EXISTS (SELECT FROM team_due) AS due FROM board_state WHERE id = 1
""")
_DECIDED = text("SELECT epoch, kudos FROM board_state WHERE id = 1")
_TEAMS_MADE = text("UPDATE board_state SET teams_at = :now WHERE id = 1")
_LOOKED = text("UPDATE board_state SET looked_at = :now WHERE id = 1")


def keep_whole(now: datetime) -> list[str]:
    """Fill the boards that Redis does not have, or not as it should; return their windows. Called again and again."""
    boards = store.boards()
    with transaction():
        state = db.session.execute(_DECIDED).one_or_none()
        boards.epoch = state.epoch if state else ""
        if state is None or state.kudos != bool(db.session.scalar(kept.KUDOS)):
            boards.epoch = token_hex(8)
            store.set_epoch(boards.epoch, now)
    try:
        return _fill(now) if boards.unready(store.kept(now)) else []
    except (Unavailable, NotReady):
        return []


def keep_sums(now: datetime) -> None:
    """Make the team sums that are due, and look now and then which boards are large enough to be kept."""
    with transaction():
        state = db.session.execute(_STATE).one_or_none()
    if state is None:
        return  # `keep_whole` comes first
    if state.teams_at is None:
        with transaction():
            store.write_alone()
            teams.begin_anew(now)
            db.session.execute(_TEAMS_MADE, {"now": now})
    if state.due or state.teams_at is None:
        make_sums(now)
    looked = state.looked_at
    if looked is None or abs(now - looked) >= kept.LOOK_EVERY or store.kept(now) != store.kept(looked):
        keep_large(now)


def make_sums(now: datetime) -> None:
    """Make the team sums that are due, some hundred teams in a transaction."""
    more = True
    while more:
        with transaction():
            more = store.alone_at_keeping() and teams.make_due(now) > 0


def fold(now: datetime) -> None:
    """Bring what batches changed into the histograms; the longer it waits, the fewer rows it touches."""
    with transaction():
        if store.alone_at_keeping():
            kept.fold()


def keep_large(now: datetime) -> None:
    """Look which boards are large, or not any more; fill them, each window for itself so that projectors can go on."""
    with transaction():
        if not store.alone_at_keeping():
            return
        dropped, fill, kudos = kept.due(now)
        if dropped:
            store.write_alone()  # a projector may know them still
            kept.drop(dropped)
        teams.forget(now)
        db.session.execute(_LOOKED, {"now": now})
    for window, scopes in fill.items():
        with transaction():
            store.write_alone()
            kept.fill(window, scopes, kudos, now)


def _fill(now: datetime) -> list[str]:
    """Make the boards of the windows that are not whole anew from the totals."""
    boards, windows = store.boards(), store.kept(now)
    with transaction():
        store.write_alone()
        boards.epoch = store.epoch()
        missing = boards.unready(windows)
        if missing:
            load(boards, store.packs([(key, windows[key]) for key in missing], now), set(missing))
        return missing


def rebuild_all(now: datetime) -> int:
    """Make all boards anew; return how many windows. `Unavailable` when Redis does not answer."""
    with transaction():
        store.write_alone()
        store.set_epoch(token_hex(8), now)
        kept.drop_all()
        teams.begin_anew(now)
        db.session.execute(_TEAMS_MADE, {"now": now})
    make_sums(now)
    keep_large(now)
    return len(_fill(now))


_UNDER_WAY = text("""
    SELECT body FROM outbox WHERE handed_on_at IS NULL AND event IN ('PointsChanged', 'PersonMoved')
""")


def check(now: datetime) -> list[str]:
    """Where boards and team sums differ from the ledger, in words; whose news is still under way is left out."""
    windows = store.kept(now)
    boards = store.boards()
    with store.nobody_writes(), transaction():
        boards.epoch = store.epoch()
        under_way = {
            event["person_id"] for (body,) in db.session.execute(_UNDER_WAY) for event in _events(body)
        }
        wrong = kept.wrong(windows, now, under_way) + teams.wrong(now, under_way)
        try:
            seen = drift(store.all_rows(windows.items(), now), boards, set(windows))
        except NotReady as which:
            return [*wrong, f"the boards of {which} are not filled"]
        except Unavailable:
            return [*wrong, "Redis does not answer"]
    return wrong + [
        f"{one.board}: person {one.member} has {one.expected or 0}, the board says {one.found or 0}"
        for one in seen.differences
        if one.member not in under_way
    ]


def _events(body: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body)
    return found
