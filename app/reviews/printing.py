"""A dossier on paper: a tagged PDF (PDF/UA-1) in Dutch or English, made of the frozen bytes and of nothing else."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typst
from flask_babel import format_date, format_datetime, ngettext
from flask_babel import gettext as _

from app.badges.files import Picture
from app.language import spoken

PAGE = Path(__file__).parent / "dossier.typ"
DRAWN_AT = 32  # small pictures have no text in their ring, which would be read letter by letter


def pdf(plain: bytes, digest: str, lang: str) -> bytes:
    """The dossier in this language. What people wrote stays in theirs."""
    content = json.loads(plain)
    with spoken(lang):
        told = _told(content, digest, lang)
    found = typst.compile(
        PAGE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        sys_inputs={"dossier": json.dumps(told)},
    )
    return bytes(found)


def _in(texts: Any, lang: str) -> str:
    if isinstance(texts, Mapping):
        return str(texts.get(lang) or next((one for one in texts.values() if one), ""))
    return str(texts or "")


def _day(said: str | None) -> str:
    if not said:
        return ""
    if len(said) == 10:
        return str(format_date(date.fromisoformat(said), "d MMMM yyyy"))
    return str(format_datetime(datetime.fromisoformat(said), "d MMMM yyyy"))


def outcomes() -> dict[str, str]:
    """What can be decided, in words."""
    return {
        "promote": _("Promote"),
        "promote_with_plan": _("Promote, with a growth plan"),
        "not_yet": _("Not yet"),
    }


def verdicts() -> dict[str, str]:
    """What a panel can say of a criterion, in words."""
    return {"met": _("Met"), "partly": _("Partly"), "not_yet": _("Not yet")}


def _told(content: Mapping[str, Any], digest: str, lang: str) -> dict[str, Any]:
    job, who = content["job"], content["employee"]
    return {
        "lang": lang,
        "title": _("Review of %(name)s: %(job)s", name=who["name"], job=_in(job["name"], lang)),
        "organisation": content["organisation"] or "Blijk",
        "name": who["name"],
        "from": who["job"],
        "to": _in(job["name"], lang),
        "place": ", ".join(one for one in (who["team"], who["department"]) if one),
        "facts": _facts(content, lang),
        "decision_h": _("Decision"),
        "decisions": [_decision(one) for one in content["decisions"]],
        "criteria_h": _("Criteria and evidence"),
        "criteria": [_criterion(place, one, lang) for place, one in enumerate(content["criteria"], 1)],
        "words": _words(content),
        "panel_h": _("Who assessed and decided"),
        "panel": [_seat(one) for one in content["panel"]],
        "steps_h": _("What happened so far"),
        "steps": [[_day(one["at"]), _step(one)] for one in content["steps"]],
        "no_points": _(
            "There are no points, ranks or sums in this file. People decided, on criteria and evidence."
        ),
        "foot": _(
            "Dossier %(number)s of review %(review)s, SHA-256",
            number=content["number"],
            review=content["review"],
        ),
        "digest": digest,
        "page": _("page"),
        "of": _("of"),
    }


def _facts(content: Mapping[str, Any], lang: str) -> list[list[str]]:
    version = content["criteria_version"]
    told = [
        (_("Job"), f"{_in(content['job']['name'], lang)} ({_in(content['job']['family'], lang)})"),
        (
            _("Criteria"),
            _("version %(number)s, agreed with the works council on %(day)s", number=version["number"],
              day=_day(version["consented_on"])),
        ),
        (_("Round"), _in(content["round"], lang)),
        (_("Asked by"), f"{content['asked']['by']}, {_day(content['asked']['at'])}"),
        (_("Released"), _day(content["released_at"])),
        (_("Signed as seen"), _day(content["seen_at"])),
        (_("Went on without a signature"), _day(content["not_signed_at"])),
        (_("Frozen"), _day(content["frozen_at"])),
    ]  # fmt: skip
    return [[name, said] for name, said in told if said]


def _decision(one: Mapping[str, Any]) -> dict[str, str]:
    lines = [_("From %(day)s", day=_day(one["from"]))] if one["from"] else []
    if one["open_criteria_until"]:
        lines.append(_("What is open becomes a goal, until %(day)s", day=_day(one["open_criteria_until"])))
    return {
        "outcome": outcomes().get(one["outcome"], one["outcome"]),
        "line": ". ".join(lines),
        "reason": one["reason"] or _gone(),
        "by": _("Signed by %(name)s on %(day)s", name=one["by"], day=_day(one["signed_at"])),
    }


def _gone() -> str:
    return str(_("These words are gone: their key was destroyed."))


def _criterion(place: int, one: Mapping[str, Any], lang: str) -> dict[str, Any]:
    said = verdicts()
    return {
        "title": f"{place}. {_in(one['text'], lang)}",
        "needs": _needs(one, lang),
        "evidence_h": _("Evidence"),
        "none": _("No evidence was released for this."),
        "evidence": [_piece(piece, lang) for piece in one["evidence"]],
        "panel_h": _("What the panel says"),
        "panel": [
            {"by": it["by"], "verdict": said.get(it["verdict"], ""), "reason": it["reason"] or _gone()}
            for it in one["assessments"]
        ],
    }


def _needs(one: Mapping[str, Any], lang: str) -> str:
    """The skill and its level, in words where it had some; dossiers of before 0042 have none."""
    skill, called = _in(one["skill"], lang), one.get("level_name")
    if not called:
        return str(_("%(skill)s, level %(level)s", skill=skill, level=one["level"]))
    name = _in(called, lang)
    return str(_("%(skill)s, level %(level)s: %(name)s", skill=skill, level=one["level"], name=name))


def _kinds() -> dict[str, str]:
    return {
        "badge": _("Badge"),
        "completion": _("Learned"),
        "lesson_applied": _("Lesson that is applied"),
        "kudos": _("Kudos"),
        "recognition": _("Recognition"),
        "observation": _("Observation"),
        "document": _("Document"),
    }


def _piece(one: Mapping[str, Any], lang: str) -> dict[str, Any]:
    drawn = one["picture"]
    kind = _kinds().get(one["kind"], one["kind"])
    line = [kind, _day(one["at"]), one["by"]]
    if one["tier"]:
        line[0] = _("Badge, tier %(tier)s", tier=one["tier"])
    if one["times"]:
        line.append(ngettext("Applied by %(num)s colleague", "Applied by %(num)s colleagues", one["times"]))
    return {
        "title": _in(one["title"], lang) or kind,
        "line": ", ".join(part for part in line if part),
        "note": one["note"],
        "lang": one["lang"] or lang,
        "gone": _("Taken back since") if one["gone"] else "",
        "picture": _drawn(drawn) if drawn else "",
        "alt": _("Picture of the badge %(name)s", name=_in(one["title"], lang)),
    }


def _drawn(drawn: Mapping[str, Any]) -> str:
    made = Picture(
        drawn["kind"],
        drawn["tier"],
        drawn["skill"],
        drawn["glyph"],
        bytes.fromhex(drawn["engraving"]),
        drawn["version"],
    )
    return made.svg(DRAWN_AT)


def _words(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Own words, an answer, an objection with its own answer: each under a heading."""
    told = []
    for name, heading in (
        ("own_words", _("In the employee’s own words")),
        ("answer", _("The employee’s answer")),
    ):
        if content[name]:
            told.append(
                {
                    "title": heading,
                    "line": _day(content[name]["at"]),
                    "text": content[name]["text"] or _gone(),
                }
            )
    earlier = reversed(content.get("earlier_objections", ()))
    for found in (one for one in (*earlier, content["objection"]) if one):
        told += _objection(found)
    return told


def _objection(found: Mapping[str, Any]) -> list[dict[str, str]]:
    told = [{"title": _("Objection"), "line": _day(found["filed_at"]), "text": found["text"] or _gone()}]
    if found["outcome"]:
        said = _("The decision stands") if found["outcome"] == "stands" else _("Decided anew, by others")
        line = ", ".join(one for one in (said, found["handled_by"], _day(found["handled_at"])) if one)
        told.append({"title": _("Answer to the objection"), "line": line, "text": found["answer"] or _gone()})
    return told


def _seat(one: Mapping[str, Any]) -> list[str]:
    seat = _("on the panel") if one["seat"] == "member" else _("decides")
    if one["for"]:
        seat = _("decides in place of %(name)s", name=one["for"])
    if one["stepped_aside_at"]:
        return [one["name"], seat, _("stepped aside on %(day)s", day=_day(one["stepped_aside_at"]))]
    done = _("handed in on %(day)s", day=_day(one["handed_in_at"])) if one["handed_in_at"] else ""
    return [one["name"], seat, done]


def step_words() -> dict[str, str]:
    """What can happen in a review, in words that follow a name."""
    return {
        "asked": _("asked for this review"),
        "asked_for": _("asked for this review"),
        "accepted": _("accepted the invitation to this round"),
        "gathered": _("said that the evidence is complete"),
        "words": _("wrote own words"),
        "named_member": _("was asked to assess"),
        "named_decider": _("was asked to decide"),
        "stands_in": _("stands in to decide"),
        "stood_in": _("does not stand in any more"),
        "stepped_aside": _("stepped aside"),
        "taken_off": _("has no seat any more"),
        "handed_in": _("assessed all criteria"),
        "panel_complete": _("The panel is complete: everybody reads what it says"),
        "signed": _("signed a decision"),
        "not_the_same": _("Two decided, and not the same: it stays open"),
        "decided": _("It is decided"),
        "released": _("The decision can be read"),
        "seen": _("signed as seen"),
        "not_signed": _("The file went on without a signature"),
        "answered": _("wrote an answer"),
        "objected": _("objected"),
        "handler_named": _("was asked to handle the objection"),
        "handler_left": _("Who handled the objection left; HR names somebody else"),
        "handler_stands_in": _("handles the objection in the place of who is away"),
        "objection_answered": _("answered the objection"),
        "decided_anew": _("Others decide anew"),
        "begun": _("let the panel begin"),
        "fell": _("A piece of evidence does not stand any more"),
        "closed": _("The file is closed"),
    }


def _step(one: Mapping[str, Any]) -> str:
    said = step_words().get(one["what"], one["what"])
    return f"{one['by']} {said}" if one["by"] else str(said)
