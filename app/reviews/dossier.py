"""The frozen dossier: a file as it was at the decision, before it is decided anew, and as it closed; hashed, sealed.

Its content is canonical JSON (RFC 8785) with texts, whole numbers and dates only. The hash is SHA-256 of those bytes,
which are sealed with a key of their own, wrapped by the master keys: so a dossier outlives the erasure of its person,
until its term, and nobody changes it unnoticed. The hash also stands in the sealed audit log.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from app.audit.actions import Act, write_all
from app.badges.picture import engraving_of
from app.config import settings, timezone
from app.db import array, db
from app.keys import KeyLost, decrypt, encrypt, new_key, ring
from app.people.queries import keys_of, organisation
from app.reviews import evidence
from app.reviews.evidence import Evidence
from app.reviews.holding import Picture
from app.reviews.models import Dossier
from app.reviews.sealing import plain
from app.vision import queries as vision

FORMAT = "blijk-dossier/1"
Content = dict[str, Any]

_FILES = text(f"""
    SELECT r.*, p.name, p.job AS does, d.name AS department, t.name AS team, j.slug AS job_slug, j.name AS job_name,
           j.level, f.name AS family, c.number AS criteria_number, c.consented_on, c.published_at AS criteria_at,
           a.name AS asker, o.name AS round_name, n.highest,
           (SELECT jsonb_agg(jsonb_build_object('id', i.id, 'key', i.key, 'text', i.text, 'level', i.level,
                                                'level_name', {vision.STEP.format(skill="s", level="i.level")},
                                                'skill', s.name) ORDER BY i.position, i.id)
            FROM criterion i JOIN skill s ON s.id = i.skill_id WHERE i.criteria_id = c.id) AS criteria
    FROM review r JOIN person p ON p.id = r.person_id JOIN job j ON j.id = r.job_id
    JOIN job_family f ON f.id = j.family_id JOIN job_criteria c ON c.id = r.criteria_id
    JOIN person a ON a.id = r.asked_by LEFT JOIN unit d ON d.id = p.department_id LEFT JOIN unit t ON t.id = p.team_id
    LEFT JOIN review_round o ON o.id = r.round_id
    CROSS JOIN LATERAL (SELECT coalesce(max(number), 0) AS highest FROM dossier WHERE review_id = r.id) AS n
    WHERE r.id = ANY(CAST(:ids AS uuid[])) ORDER BY r.id
""")
_SEATS = text("""
    SELECT s.*, p.name, w.name AS for_name FROM review_seat s JOIN person p ON p.id = s.person_id
    LEFT JOIN person w ON w.id = s.for_id
    WHERE s.review_id = ANY(CAST(:ids AS uuid[])) ORDER BY s.review_id, s.seat DESC, p.sort_name, p.id
""")
_VERDICTS = text("""
    SELECT a.*, p.name FROM review_assessment a JOIN person p ON p.id = a.person_id
    JOIN review_seat s ON s.review_id = a.review_id AND s.person_id = a.person_id AND s.seat = 'member'
         AND s.handed_in_at IS NOT NULL
    WHERE a.review_id = ANY(CAST(:ids AS uuid[])) ORDER BY a.review_id, p.sort_name, p.id
""")
_DECISIONS = text("""
    SELECT d.*, p.name FROM review_decision d JOIN person p ON p.id = d.person_id
    WHERE d.review_id = ANY(CAST(:ids AS uuid[])) AND d.signed_at IS NOT NULL ORDER BY d.review_id, d.signed_at
""")
_OBJECTIONS = text("""
    SELECT o.*, p.name FROM review_objection o LEFT JOIN person p ON p.id = o.handler_id
    WHERE o.review_id = ANY(CAST(:ids AS uuid[])) ORDER BY o.review_id, o.number DESC
""")
_STEPS = text("""
    SELECT s.*, p.name FROM review_step s LEFT JOIN person p ON p.id = s.person_id
    WHERE s.review_id = ANY(CAST(:ids AS uuid[])) ORDER BY s.review_id, s.id
""")
_ONE = text(
    "SELECT * FROM dossier WHERE review_id = :review AND (:number = 0 OR number = :number) ORDER BY number DESC"
)
_OF = text(
    "SELECT number, digest, frozen_at, keep_until, destroyed_at FROM dossier WHERE review_id = :review ORDER BY number"
)
_WHOLE = text("""
    SELECT d.* FROM dossier d JOIN review r ON r.id = d.review_id
    WHERE r.person_id = :holder AND d.sealed IS NOT NULL ORDER BY d.frozen_at, d.review_id, d.number
""")
_DESTROY = text("""
    UPDATE dossier SET wrapped = NULL, sealed = NULL, destroyed_at = :at
    WHERE destroyed_at IS NULL AND keep_until < least(:today, current_date)
    RETURNING review_id, number, (SELECT r.person_id FROM review r WHERE r.id = dossier.review_id) AS person_id
""")
_ALL = text(
    "SELECT * FROM dossier WHERE (review_id, number) > (:review, :number) ORDER BY review_id, number LIMIT 200"
)
_TOLD = text("""
    SELECT detail FROM audit_entry WHERE action = 'dossier:frozen' AND detail ->> 'review' = ANY(CAST(:ids AS text[]))
""")
_MISSING = text("""
    SELECT r.id FROM review r WHERE r.stage IN ('released', 'closed')
      AND NOT EXISTS (SELECT FROM dossier d WHERE d.review_id = r.id)
""")


def canonical(content: Content) -> bytes:
    """JSON as RFC 8785 has it, for what a dossier holds: names in ASCII, texts, whole numbers, true, false, null."""
    return json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def about(review_id: uuid.UUID, number: int) -> str:
    """What a dossier and its key are sealed for."""
    return f"dossier {review_id} {number}"


# Freezing ---------------------------------------------------------------------------------------------------


def freeze(review_ids: Sequence[uuid.UUID], *, by: int | None, at: datetime) -> dict[uuid.UUID, int]:
    """Freeze these files as they are now; returns the number of each one's dossier. A constant number of statements."""
    rows = db.session.execute(_FILES, {"ids": array(review_ids)}).all()
    parts = _parts(review_ids)
    keep = at.astimezone(timezone()).date() + timedelta(days=settings().dossier_days)
    made, told = [], []
    for row in rows:
        number = row.highest + 1
        plain = canonical(_content(row, number, parts, at))
        digest, key, bound = hashlib.sha256(plain).digest(), new_key(), about(row.id, number)
        made.append({
            "review_id": row.id, "number": number, "digest": digest, "frozen_at": at, "keep_until": keep,
            "wrapped": ring().wrap(key, bound), "sealed": encrypt(key, plain, bound),
        })  # fmt: skip
        detail = {"review": str(row.id), "number": number, "sha256": digest.hex()}
        told.append(Act("dossier:frozen", row.person_id, detail))
    db.session.execute(insert(Dossier), made)
    write_all(told, at=at, actor_id=by)
    return {one["review_id"]: one["number"] for one in made}


class _Parts:
    """What belongs to many files, asked once each."""

    def __init__(self, ids: str, review_ids: Sequence[uuid.UUID]) -> None:
        self.evidence = evidence.of(review_ids)
        self.seats, self.verdicts, self.decisions, self.objections, self.steps = (
            _grouped(statement, ids) for statement in (_SEATS, _VERDICTS, _DECISIONS, _OBJECTIONS, _STEPS)
        )
        self.keys: Mapping[int, bytes] = {}


def _parts(review_ids: Sequence[uuid.UUID]) -> _Parts:
    found = _Parts(array(review_ids), review_ids)
    holders = {row.holder_id for rows in found.seats.values() for row in rows}
    found.keys = keys_of(holders)
    return found


def _grouped(statement: Any, ids: str) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in db.session.execute(statement, {"ids": ids}):
        found[row.review_id].append(row)
    return found


def _content(row: Any, number: int, parts: _Parts, at: datetime) -> Content:
    key = parts.keys.get(row.person_id)
    objections = parts.objections[row.id]
    to_this = [one for one in objections[:1] if one.outcome != "anew" or one.number == row.highest]

    def read(sealed: bytes | None) -> str | None:
        return plain(key, sealed, row.id)

    return {
        "format": FORMAT,
        "review": str(row.id),
        "number": number,
        "frozen_at": _moment(at),
        "organisation": organisation().name,
        "employee": {"name": row.name, "job": row.does, "department": row.department, "team": row.team},
        "job": {"slug": row.job_slug, "name": row.job_name, "family": row.family, "level": row.level},
        "criteria_version": {"number": row.criteria_number, "consented_on": _day(row.consented_on)},
        "round": row.round_name,
        "asked": {"by": row.asker, "at": _moment(row.asked_at)},
        "own_words": {"text": read(row.own_words), "at": _moment(row.own_words_at)}
        if row.own_words
        else None,
        "criteria": [_criterion(one, row.id, parts, read) for one in row.criteria or ()],
        "panel": [_seat(one) for one in parts.seats[row.id]],
        "decisions": [_decision(one, read) for one in parts.decisions[row.id]],
        "released_at": _moment(row.released_at),
        "object_days": row.object_days,
        "seen_at": _moment(row.seen_at),
        "not_signed_at": _moment(row.unseen_at),
        "answer": {"text": read(row.answer), "at": _moment(row.answered_at)} if row.answer else None,
        "objection": next((_objection(one, read) for one in to_this), None),
        "earlier_objections": [_objection(one, read) for one in objections[len(to_this) :]],
        "closed_at": _moment(row.closed_at),
        "steps": [{"at": _moment(one.at), "by": one.name, "what": one.what} for one in parts.steps[row.id]],
    }


def _criterion(asked: Mapping[str, Any], review_id: uuid.UUID, parts: _Parts, read: Any) -> Content:
    return {
        "key": asked["key"],
        "text": asked["text"],
        "skill": asked["skill"],
        "level": asked["level"],
        "level_name": asked["level_name"],
        "evidence": [
            _piece(one) for one in parts.evidence.get(review_id, ()) if one.criterion_id == asked["id"]
        ],
        "assessments": [
            {"by": one.name, "verdict": one.verdict, "reason": read(one.sealed)}
            for one in parts.verdicts[review_id]
            if one.criterion_id == asked["id"]
        ],
    }


def _piece(one: Evidence) -> Content:
    """What the file shows of it, and nothing else."""
    held = one.held
    return {
        "kind": one.kind,
        "title": one.title or (dict(held.title) if held else ""),
        "note": "\n".join(part for part in (one.words, one.link) if part),
        "lang": (held and held.lang) or "",
        "by": (held and held.by) or "",
        "at": _moment(held.on or held.at) if held else None,
        "tier": held.tier if held else None,
        "times": held.many if held else 0,
        "released_at": _moment(one.released_at),
        "gone": one.taken_back,
        "picture": _picture(held.picture) if held and held.picture else None,
    }


def _picture(one: Picture) -> Content:
    return {
        "kind": one.kind, "tier": one.tier, "skill": one.enamel, "glyph": one.glyph,
        "engraving": engraving_of(one.seed).hex(), "version": one.version,
    }  # fmt: skip


def _seat(one: Any) -> Content:
    return {
        "name": one.name,
        "seat": one.seat,
        "for": one.for_name,
        "handed_in_at": _moment(one.handed_in_at),
        "stepped_aside_at": _moment(one.stepped_aside_at),
    }


def _decision(one: Any, read: Any) -> Content:
    return {
        "by": one.name,
        "outcome": one.outcome,
        "from": _day(one.from_on),
        "open_criteria_until": _day(one.plan_on),
        "reason": read(one.sealed),
        "signed_at": _moment(one.signed_at),
    }


def _objection(one: Any, read: Any) -> Content:
    return {
        "text": read(one.sealed),
        "filed_at": _moment(one.filed_at),
        "handled_by": one.name,
        "outcome": one.outcome,
        "answer": read(one.answer),
        "handled_at": _moment(one.handled_at),
    }


def _moment(at: datetime | date | None) -> str | None:
    if isinstance(at, datetime):
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _day(at)


def _day(at: date | None) -> str | None:
    return at.isoformat() if at else None


# Reading ----------------------------------------------------------------------------------------------------


def of(review_id: uuid.UUID) -> Sequence[Any]:
    """The dossiers of a review: number, hash, when frozen, until when kept, when destroyed."""
    return db.session.execute(_OF, {"review": review_id}).all()


def opened(review_id: uuid.UUID, number: int = 0) -> tuple[Any, bytes] | None:
    """One of them, or the latest (0), with the bytes that were hashed; None where it was destroyed or never was."""
    row = db.session.execute(_ONE, {"review": review_id, "number": number}).first()
    if row is None or row.sealed is None:
        return None
    return row, _plain(row)


def all_of(holder: int) -> Iterator[tuple[Any, bytes]]:
    """Each dossier of this person that can be opened, with its bytes, for them."""
    with db.session.execute(_WHOLE, {"holder": holder}, execution_options={"yield_per": 20}) as found:
        for row in found:
            with suppress(KeyLost):
                yield row, _plain(row)


def _plain(row: Any) -> bytes:
    bound = about(row.review_id, row.number)
    return decrypt(ring().unwrap(bytes(row.wrapped), bound), bytes(row.sealed), bound)


# Keeping ----------------------------------------------------------------------------------------------------


def destroy_at_term(*, at: datetime) -> int:
    """Destroy what is past its term, with its key; the number and the hash stay, and say that there was one."""
    gone = db.session.execute(_DESTROY, {"at": at, "today": at.astimezone(timezone()).date()}).all()
    acts = (
        Act("dossier:destroyed", row.person_id, {"review": str(row.review_id), "number": row.number})
        for row in gone
    )
    write_all(acts, at=at)
    return len(gone)


def check() -> Iterator[str | int]:
    """For `verify`: what is wrong with each dossier, or 1 for one that is whole."""
    for row in db.session.execute(_MISSING):
        yield f"review {row.id} was decided and has no dossier"
    last = (uuid.UUID(int=0), 0)
    while rows := db.session.execute(_ALL, {"review": last[0], "number": last[1]}).all():
        ids = array(str(row.review_id) for row in rows)
        told = {
            (detail["review"], detail["number"]): detail["sha256"]
            for (detail,) in db.session.execute(_TOLD, {"ids": ids})
        }
        for row in rows:
            yield _wrong_with(row, told) or 1
        last = (rows[-1].review_id, rows[-1].number)


def _wrong_with(row: Any, told: Mapping[tuple[str, int], str]) -> str:
    name = about(row.review_id, row.number)
    if told.get((str(row.review_id), row.number)) != bytes(row.digest).hex():
        return f"{name} has another hash than the audit log says"
    if row.destroyed_at is not None:
        return (
            "" if row.sealed is None and row.wrapped is None else f"{name} was destroyed and is still there"
        )
    try:
        plain = _plain(row)
    except (KeyLost, TypeError):
        return f"{name} cannot be opened: it was changed, or its master key is missing"
    return "" if hashlib.sha256(plain).digest() == bytes(row.digest) else f"{name} is not what was hashed"
