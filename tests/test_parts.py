"""The macros of _ui.html: what they are given is text, whatever it looks like."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, render_template_string

from app import assets, language
from app.factory import ROOT

NOW = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
BAD = "\"'><script>alert(1)</script>"
PARTS = {
    "page_head": "{% call ui.page_head(bad, bad, bad) %}x{% endcall %}",
    "crumbs": "{{ ui.crumbs([('/x', bad)]) }}",
    "nav_link": "{{ ui.nav_link('/x', 'house', bad, true, 1200, bad) }}",
    "card": "{% call ui.card(bad, aside=bad, href='/x', link=bad, foot=bad) %}x{% endcall %}",
    "hero": "{% call ui.hero(bad, bad, href=bad) %}x{% endcall %}",
    "empty": "{% call ui.empty('medal', bad, bad) %}x{% endcall %}",
    "note": "{{ ui.note(bad, 'sun') }}",
    "avatar": "{{ ui.avatar(bad, 3) }}{{ ui.avatar('', 0) }}{{ ui.avatar(none, none) }}{{ ui.avatar('', anon=true) }}",
    "avatars": "{{ ui.avatars([(bad, 1)], more=3) }}",
    "person": "{{ ui.person(bad, 1, bad, '/x') }}",
    "who": "{{ ui.who(bad, 'anna') }}{{ ui.who(bad) }}",
    "chip": "{{ ui.chip(bad, 'ok', 'check', 'bold') }}",
    "skill": "{{ ui.skill(bad, 'water') }}",
    "tier": "{{ ui.tier(2, bad) }}",
    "stats": "{{ ui.stats([{'label': bad, 'value': bad, 'sub': bad, 'href': '/x'}]) }}",
    "bar": "{{ ui.bar(1, 3, bad) }}",
    "goal_bar": "{{ ui.goal_bar(bad, 1, 3, href='/x') }}",
    "rank": "{% call ui.rank(1, bad, 5, 2, bad, -3, unit=bad, href='/x') %}{{ ui.mix(1, 2, 3) }}{% endcall %}",
    "ranks": "{% call ui.ranks() %}{{ ui.gap_row('/x', bad) }}{% endcall %}",
    "podium": "{{ ui.podium([{'place': 1, 'name': bad, 'sub': bad, 'points': 3}]) }}",
    "team_row": "{{ ui.team_row(1, bad, 7, 10, 20) }}",
    "badge_tile": "{{ ui.badge_tile(bad, 'kudos', 2, 'people', 'medal', '/x', meta=bad, fresh=true) }}",
    "ghost": "{{ ui.badge_tile(bad, 'job', 2, 'people', 'medal', ghost=true, done=1, total=3) }}",
    "badge": "{{ ui.badge('course', 1, 'water', 'medal', 24, bad, bad) }}",
    "stamp": "{% call ui.stamp('water', bad, bad) %}x{% endcall %}",
    "steps": "{{ ui.steps([{'text': bad, 'done': false, 'sub': bad, 'href': bad, 'value': 1, 'max': 2}]) }}",
    "award_dialog": "{% call ui.award_dialog(bad, bad, '', '/x', 2) %}x{% endcall %}",
    "lesson_part": "{{ ui.lesson_part(bad, bad, 'next', 'nl') }}",
    "lesson_mini": "{{ ui.lesson_mini(bad, '/x', bad, bad, 1, at) }}",
    "kudos_stamp": "{{ ui.kudos_stamp(bad, bad, 1, bad, at) }}",
    "offer": "{% call ui.offer(bad, '/x', bad, text=bad, extra=bad) %}x{% endcall %}",
    "event": "{{ ui.event(at, bad, '/x') }}",
    "receipt": "{% call ui.receipt(bad, 0, 'course', bad, at) %}x{% endcall %}",
    "timeline": "{{ ui.timeline([{'at': at, 'text': bad}]) }}",
    "input": "{{ ui.input('a', bad, bad, hint=bad, error=[bad], attrs={'placeholder': bad}) }}",
    "textarea": "{{ ui.textarea('a', bad, bad, error=bad, optional=true) }}",
    "select": "{{ ui.select('a', bad, [(bad, bad)], bad, bad) }}",
    "select_many": "{{ ui.select('b', bad, [(1, bad)], [1], multiple=true) }}",
    "person_picker": "{{ ui.person_picker('a', bad, [(1, bad, bad)], 1) }}",
    "choice": "{{ ui.choice('a', bad, bad, bad) }}",
    "kinds": "{{ ui.kinds('a', bad, [('x', bad, 'books', '')], 'x', weight='regular') }}",
    "seg": "{{ ui.seg('a', bad, [('x', bad)], 'x') }}{{ ui.seg_links(bad, [('x', '/x', bad)]) }}",
    "tabs": "{{ ui.tabs(bad, [('x', '/x', bad, 2)], 'x') }}",
    "error_list": "{{ ui.error_list({'a': [bad], 'b': bad}, {'a': bad}, bad) }}",
    "submit": "{{ ui.submit(bad) }}{{ ui.no_script_button(bad) }}{{ ui.csrf() }}{{ ui.once_key(bad) }}",
    "toast": "{% call ui.toast(bad, 'danger', sub=bad) %}x{% endcall %}{{ ui.status(bad) }}",
    "new_items": "{{ ui.new_items(2, '/x', bad) }}{{ ui.skeleton('rows') }}{{ ui.more('/x', text=bad) }}",
    "pager": "{{ ui.pager('/a', '/b') }}",
}


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("parts", template_folder=str(ROOT / "templates"))
    language.init_app(app, preferred=lambda: "nl", timezone="Europe/Amsterdam")
    assets.init_app(app)
    app.add_url_rule("/people/<handle>", "profiles.person")
    app.jinja_env.globals.update(csrf_token=lambda: "token", once=lambda: "once", now=lambda: NOW)
    return app


def rendered(app: Flask, part: str, **context: Any) -> str:
    with app.test_request_context():
        return render_template_string(
            '{% import "_ui.html" as ui %}' + part, **{"bad": BAD, "at": NOW, **context}
        )


@pytest.mark.parametrize("part", PARTS)
def test_a_part_escapes_whatever_it_is_given(app: Flask, part: str) -> None:
    shown = rendered(app, PARTS[part])
    assert "<script" not in shown
    assert not re.search(r"=\"[^\"<]*\"'>", shown)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Noor Hendriks", "NH"), ("Joost van der Meer", "JM"), ("Cher", "C"), ("Łukasz Wójcik (extern)", "ŁW")],
)
def test_initials_are_those_of_the_first_and_the_last_name(app: Flask, name: str, letters: str) -> None:
    assert f">{letters}</span>" in rendered(app, "{{ ui.avatar(name, 1) }}", name=name)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=20), "zojuist"),
        (timedelta(hours=2), "2 uur geleden"),
        (timedelta(days=1), "gisteren"),
        (timedelta(hours=40), "2 dagen geleden"),
        (timedelta(days=3), "3 dagen geleden"),
        (timedelta(days=60), "20 september"),
        (timedelta(days=400), "15 oktober 2025"),
    ],
)
def test_a_moment_is_told_as_people_would(app: Flask, ago: timedelta, said: str) -> None:
    assert f">{said}</time>" in rendered(app, "{{ ui.when(moment) }}", moment=NOW - ago)


def test_a_field_names_its_hint_and_its_error(app: Flask) -> None:
    shown = rendered(app, "{{ ui.input('title', 'What', hint='One line', error=['Too short.']) }}")
    assert 'id="f-title"' in shown
    assert 'aria-describedby="f-title-hint f-title-wrong" aria-invalid="true"' in shown
    assert 'for="f-title"' in shown


def test_the_ring_shows_how_far_each_step_is(app: Flask) -> None:
    shown = rendered(app, "{{ ui.ring(shares=[1, 0.5, 0]) }}")
    assert shown.count('class="on"') == 2
    assert shown.count('class="off"') == 2
    assert 'stroke-dasharray="54.0 360"' in shown
