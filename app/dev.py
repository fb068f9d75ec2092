"""Pages for who builds Blijk, where GALLERY is on: the demo, the tests, a developer's own. Elsewhere nothing is here.

The gallery shows every part of `templates/_ui.html` in every state, light and dark, in both languages; and the larger
parts of rooms, which are templates of their own, with examples that are in no table.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, request
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from app.access import asker, may
from app.language import LANGUAGES, lang
from app.web import now, render

THEMES = ("light", "dark")
SHOWN = ("award", "wrong", "file")
NO_ONES = 9_000_000_000  # examples have numbers from here, so that their buttons find nothing, in no house
NO_REVIEW = UUID(int=0)
KINDS = ("image/webp", "application/pdf")
ENAMELS = ("water", "craft", "people")

pages = Blueprint("dev", __name__, url_prefix="/dev")


@pages.get("/gallery")
@may("anybody")
def gallery() -> Response:
    """`?theme=light` shows one theme, `?lang=nl` speaks Dutch. `?show=award` opens the dialog, `?show=wrong` and
    `?show=file` are other states of what stands once on its page."""
    theme, spoken, show = (request.args.get(name) for name in ("theme", "lang", "show"))
    show = show if show in SHOWN else ""
    with force_locale(spoken if spoken in LANGUAGES else lang()):
        return render(
            "dev/gallery.html",
            themes=(theme,) if theme in THEMES else THEMES,
            chosen=theme if theme in THEMES else "both",
            show=show,
            long_ago=now() - timedelta(days=400),
            wrong={
                "": {},
                "award": {},
                "wrong": {"title": [_("Choose a kind.")]},
                "file": {"alt": _("Choose a kind.")},
            }[show],
            **_examples(),
        )


def _examples() -> dict[str, Any]:
    """What the larger parts show, by theme where they carry numbers; the texts are those of the pages."""
    skills = [
        {"id": n, "depth": 0, "name": _said(_("Lessons")), "enamel": key} for n, key in enumerate(ENAMELS, 1)
    ]
    return {
        "lessons": {theme: _numbered(_lessons(), theme) for theme in THEMES},
        "thanks": {theme: _numbered(_thanks(), theme) for theme in THEMES},
        "goals": {theme: _numbered(_goals(), theme) for theme in THEMES},
        "team_goals": {theme: _numbered(_team_goals(), theme) for theme in THEMES},
        "tiles": {theme: _tiles(theme) for theme in THEMES},
        "ghosts": _ghosts(),
        "criteria": {theme: _numbered(_criteria(), theme) for theme in THEMES},
        "files": {},
        "attached": [
            {"id": UUID(int=n), "kind": kind, "alt": _("A lesson shared"), "name": ""}
            for n, kind in enumerate(KINDS)
        ],
        "skills": skills,
        "skill_of": {one["id"]: one for one in skills},
        "typed": _typed(),
        "proof": {"slug": "-", "name": _said(_("A lesson shared")), "done": 2, "needed": 5},
        "review": _review(),
    }


def _said(text: str) -> dict[str, str]:
    """A text as what people named is kept, in each language."""
    return dict.fromkeys(LANGUAGES, text)


def _colleague() -> str:
    """One word, for where only a first name is said."""
    return str(_("A colleague")).replace(" ", "\N{NO-BREAK SPACE}")


def _sentence() -> str:
    return str(_("A sentence or two, so that a colleague can say: yes, that is how it was."))


def _spoken() -> str:
    """The language of the examples, which is the one of the page."""
    return str(get_locale())


def _numbered(rows: Iterable[dict[str, Any]], theme: str) -> list[dict[str, Any]]:
    """With numbers that no two of a page share."""
    start = NO_ONES + 100 * THEMES.index(theme)
    return [{"id": start + n, **row} for n, row in enumerate(rows, 1)]


def _lesson() -> dict[str, Any]:
    return {
        **{
            "author": _colleague(),
            "author_id": 1,
            "author_job": _("Course"),
            "team": _("Lessons"),
            "profile": "",
        },
        **{
            "lang": _spoken(),
            "shared_at": now(),
            "edited_at": None,
            "outcome": "went_wrong",
            "skills": [1, 2],
        },
        **dict.fromkeys(("happened", "learned"), _sentence()),
        **{
            "title": _("A lesson shared"),
            "from_now_on": _("All lessons"),
            "audience": "everyone",
            "counts": True,
        },
        **dict.fromkeys(("mine", "unnamed", "hidden", "i_apply", "saved"), False),
        **dict.fromkeys(("recognisable", "helpful", "brave", "applied_by"), 0),
        **{"my_reactions": [], "my_how": ""},
    }


def _lessons() -> list[dict[str, Any]]:
    """Named, applied by the reader, unnamed, one's own, one's own unnamed, hidden, and of who left."""
    plain = _lesson()
    liked = {"recognisable": 3, "helpful": 1234, "brave": 1}
    return [
        plain,
        plain
        | liked
        | {"outcome": "nearly", "my_reactions": ["helpful"]}
        | {"i_apply": True, "applied_by": 12, "saved": True},
        plain | {"outcome": "went_well", "unnamed": True, "audience": "team"},
        plain | liked | {"outcome": "discovered", "mine": True, "applied_by": 1, "edited_at": now()},
        plain | {"mine": True, "unnamed": True, "counts": False},
        plain | {"mine": True, "hidden": True},
        plain
        | {
            "author": "",
            "author_id": 0,
            "author_job": "",
            "team": "",
            "shared_at": now() - timedelta(days=400),
        },
    ]


def _thanks() -> list[dict[str, Any]]:
    """As others see it, got and not answered, answered, just given, of a team, and with a word of the care desk."""
    one, two = ({"id": n, "name": _colleague(), "profile": "", "thanked_at": None} for n in (2, 3))
    plain = {
        **{
            "given": False,
            "received": False,
            "team": "",
            "giver": _colleague(),
            "giver_id": 1,
            "profile": "",
        },
        **{"given_at": now(), "lang": _spoken(), "message": _sentence(), "skill_id": 3, "my_choice": "team"},
        **dict.fromkeys(("reworded_at", "hidden_at", "change_asked_at", "i_thanked_at")),
    }
    report = {"reason": "private", "answer": "", "state": "decided"}
    mine = plain | {"given": True}
    cards: list[dict[str, Any]] = [
        {"kudos": plain, "receivers": [one, two]},
        {"kudos": plain | {"received": True}, "receivers": [one, two]},
        {
            "kudos": plain | {"received": True, "i_thanked_at": now(), "reworded_at": now()},
            "receivers": [one],
        },
        {"kudos": mine, "receivers": [one], "undo_until": lambda at: at},
        {"kudos": mine | {"team": _("Lessons")}, "receivers": [one, two | {"thanked_at": now()}]},
        {
            "kudos": mine | {"change_asked_at": now()},
            "receivers": [one],
            "report": report | {"decision": "change"},
        },
        {"kudos": mine | {"hidden_at": now()}, "receivers": [one], "report": report | {"decision": "hide"}},
    ]
    return [{"undo_until": lambda at: None, "report": None, **card} for card in cards]


def _goals() -> list[dict[str, Any]]:
    """Each distance, let go, and each kind of proof."""
    plain = {
        **{"title": _("A lesson shared"), "lang": _spoken(), "state": "open", "far": "not_started"},
        **{"proof": "words", "vision_goal": None, "activity": _said(_("Course")), "proven_at": None},
    }
    return [
        plain,
        plain | {"far": "on_my_way", "proof": "badge", "vision_goal": _said(_("All lessons"))},
        plain | {"far": "nearly", "proof": "activity"},
        plain | {"far": "nearly", "proof": "activity", "proven_at": now()},
        plain | {"far": "on_my_way", "proof": "lesson"},
        plain | {"far": "reached", "state": "reached"},
        plain | {"state": "let_go"},
    ]


def _team_goals() -> list[dict[str, Any]]:
    """Too few to tell, under way, joined, reached, and ended."""
    today = now().date()
    plain = {
        **{"unit": _("Lessons"), "title": _("A lesson shared"), "lang": _spoken(), "enamel": "water"},
        **{"total": None, "target": 30, "number": 3, "colleagues": 12, "inside": True, "joined": False},
        **{"starts_on": today, "ends_on": today + timedelta(days=30), "reached_at": None, "ended_at": None},
    }
    return [
        plain,
        plain | {"total": 12, "number": 7, "joined": True},
        plain | {"total": 30, "number": 7, "joined": True, "reached_at": now()},
        plain | {"total": 4, "number": 7, "ended_at": now(), "inside": False},
    ]


def _badge() -> dict[str, Any]:
    """A badge with three tiers, that one in four holds."""
    words = {"slug": "-", "name": _said(_("A lesson shared")), "kind": "lesson", "enamel": "craft"}
    return words | {"glyph": "lightbulb", "tiers": 3, "repeats": False, "times": 1, "holders": {"one_in": 4}}


def _tiles(theme: str) -> list[dict[str, Any]]:
    """For colleagues, for oneself, for everybody and got each year, and one at which its holder is choosing."""
    start = NO_ONES + 100 * THEMES.index(theme)
    held = {"tier": 2, "visible": "colleagues", "picture_version": None, "earned_at": now()}
    found: list[dict[str, Any]] = [
        {"held": held},
        {"held": held | {"visible": "me", "tier": 1}, "holders": None},
        {"held": held | {"visible": "public", "tier": 3}, "repeats": True, "times": 4},
        {"held": held},
    ]
    return [
        _badge() | one | {"held": one["held"] | {"id": UUID(int=start + n)}} for n, one in enumerate(found)
    ]


def _ghosts() -> list[dict[str, Any]]:
    """Begun, and not."""
    plain = _badge() | {"next_tier": 1, "holders": None, "open_steps": 2}
    return [plain | {"share": 0.5}, plain | {"share": 0}]


def _evidence() -> list[dict[str, Any]]:
    """One piece of each kind, and one that was taken back."""
    held = {
        "title": _said(_("A lesson shared")),
        "by": _colleague(),
        "lang": "",
        "at": now(),
        "on": None,
        "tier": 2,
        "many": 0,
    }
    drawn = {
        "kind": "lesson",
        "tier": 2,
        "enamel": "craft",
        "glyph": "lightbulb",
        "seed": "e",
        "version": None,
    }
    plain = {
        "held": held | {"picture": None},
        "taken_back": False,
        "words": "",
        "title": _("Course"),
        "link": "",
        "released_at": now(),
    }
    words = {"words": _sentence()}
    rows: list[dict[str, Any]] = [
        plain | {"kind": "badge", "held": held | {"picture": drawn}},
        plain | {"kind": "completion"},
        plain | {"kind": "lesson_applied"},
        plain | {"kind": "lesson_applied", "held": held | {"picture": None, "by": "", "many": 3}},
        plain | {"kind": "kudos"} | words,
        plain | {"kind": "recognition"},
        plain | {"kind": "observation"} | words,
        plain | {"kind": "document", "held": None, "link": "https://example.org/"},
        plain | {"kind": "badge", "held": None, "taken_back": True},
    ]
    return [{"id": NO_ONES + n, **row} for n, row in enumerate(rows)]


def _criteria() -> list[dict[str, Any]]:
    """With evidence of each kind and what the panel says, two that are being assessed, and one's own to gather for."""
    text = _sentence()
    plain = {"text": _said(text), "skill": _said(_("Lessons")), "enamel": "craft"}
    return [
        plain | {"number": 1, "level": 3, "evidence": _evidence()},
        plain | {"number": 2, "level": 2, "evidence": _evidence()[:1]},
        plain | {"number": 3, "level": 1, "evidence": []},
        plain | {"number": 4, "level": 4, "evidence": _evidence()[:2]},
    ]


def _stages(at: int) -> list[dict[str, Any]]:
    """A review that is in this stage, or past the last one."""
    keys = ("asked", "evidence", "panel", "decision", "signature")
    done = [{"key": key, "state": "done", "at": now()} for key in keys[:at]]
    rest = [{"key": key, "state": "", "at": None, "due": now()} for key in keys[at:]]
    return done + [one | {"state": "now"} for one in rest[:1]] + rest[1:]


def _seats() -> list[dict[str, Any]]:
    """Who assesses, the reader among them, and who decides."""
    seat: dict[str, Any] = {
        "seat": "member",
        "name": _colleague(),
        "stepped_aside_at": None,
        "handed_in_at": now(),
    }
    deciders = [seat | {"seat": "decider", "person_id": n} for n in (4, 5)]
    return [seat | {"person_id": 2}, seat | {"person_id": asker().person_id, "handed_in_at": None}, *deciders]


def _review() -> dict[str, Any]:
    """The rest of a review: its stages early, half-way and at the end, who sits in it, and what was decided."""
    text, today = _sentence(), now().date()
    said = enumerate(("met", "partly", "not_yet"), 1)
    decision = {"outcome": "promote_with_plan", "from_on": today, "plan_on": today, "words": text}
    return {
        "name": _colleague(),
        "stages": [_stages(at) for at in (0, 2, 5)],
        "row": {"id": NO_REVIEW, "version": 1, "assessed_at": None}
        | dict.fromkeys(("release_on", "decide_due", "panel_due"), now()),
        "seats": _seats(),
        "verdicts": [
            {"name": _colleague(), "person_id": n, "verdict": one, "words": text} for n, one in said
        ],
        "decisions": [decision | {"name": _colleague(), "signed_at": now()}],
        "draft": {"outcome": "promote", "words": text, "from_on": "", "plan_on": "", "version": 1},
    }


def _typed() -> dict[str, Any]:
    """A lesson that is being written."""
    words = dict.fromkeys(("title", "happened", "learned", "from_now_on"), _("A lesson shared"))
    return words | {
        "once": "",
        "outcome": "nearly",
        "skills": [1],
        "audience": "team",
        "lang": _spoken(),
        "unnamed": False,
    }


def init_app(app: Flask) -> None:
    if app.extensions["settings"].gallery:
        app.register_blueprint(pages)
