"""Conversations through their doors: the two who talk, and nobody else; drafts; two at once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app import worker
from app.conversations import actions, queries
from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.keys import padded, unpadded
from app.outbox import settle
from app.people import actions as people
from tests.cast import Cast, SignedIn, row_of

Browser = Callable[[str], SignedIn]
ALL = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")
AT = datetime.now(UTC)
DAY = (AT + timedelta(days=7)).date()
SECRET = "about the night rounds and the two of us"


@pytest.fixture
def talk(app: Flask, cast: Cast) -> int:
    """Mia planned to talk with Anna."""
    with app.app_context(), transaction():
        told = actions.Plan(by=cast.mia, person_id=cast.anna, manager_id=cast.mia, on=DAY)
        (made,) = actions.plan([told], at=AT)
        settle(AT)
        return made


def note(client: SignedIn, talk: int, words: str = SECRET, **more: object) -> int:
    answer = client.post(f"/api/v1/conversations/{talk}/notes", json={"text": words, **more})
    assert answer.status_code == 200, answer.text
    found: int = answer.json["notes"][-1]["id"]
    return found


def who_reads(talk: int, client_of: Browser) -> set[str]:
    found = set()
    for name in ALL:
        answer = client_of(name).get(f"/conversations/{talk}")
        assert answer.status_code in (200, 404)
        found |= {name} if SECRET in answer.text else set()
    return found


def test_a_draft_is_its_writers_until_it_is_filed_and_then_both_read_it(
    talk: int, client_of: Browser
) -> None:
    note_id = note(client_of("mia"), talk)
    assert who_reads(talk, client_of) == {"mia"}
    assert client_of("anna").post(f"/conversations/{talk}/notes/{note_id}/file").status_code == 404
    assert client_of("mia").post(f"/conversations/{talk}/notes/{note_id}/file").status_code == 303
    assert who_reads(talk, client_of) == {"mia", "anna"}


def test_only_the_two_know_that_there_is_a_conversation(talk: int, client_of: Browser) -> None:
    for name in ALL:
        status = client_of(name).get(f"/conversations/{talk}").status_code
        assert status == (200 if name in ("anna", "mia") else 404), name
        there = client_of(name).get("/api/v1/conversations").json
        assert bool(there["mine"] or there["coming"]) == (name in ("anna", "mia"))


def test_what_is_filed_is_not_changed_any_more(talk: int, client_of: Browser) -> None:
    note_id = note(client_of("anna"), talk, file=True)
    again = client_of("anna").post(
        f"/api/v1/conversations/{talk}/notes", json={"text": "Something else", "note_id": note_id}
    )
    assert again.status_code == 404
    assert client_of("anna").delete(f"/api/v1/conversations/{talk}/notes/{note_id}").status_code == 404
    assert who_reads(talk, client_of) == {"mia", "anna"}


def test_a_later_manager_reads_nothing_of_it_and_the_employee_keeps_it(
    app: Flask, talk: int, client_of: Browser
) -> None:
    note(client_of("mia"), talk, file=True)
    with app.app_context(), transaction():
        people.import_people([row_of("anna", manager_external_id="w-leo")], at=AT)
        settle(AT)
    assert who_reads(talk, client_of) == {"anna"}
    assert client_of("leo").get("/team/anna").status_code == 200
    assert client_of("leo").get("/api/v1/conversations").json == {"mine": [], "coming": []}


def test_in_the_database_nothing_of_it_can_be_read_and_short_is_as_long_as_long(
    app: Flask, talk: int, client_of: Browser
) -> None:
    note(client_of("mia"), talk)
    note(client_of("mia"), talk, words="Yes.")
    with app.app_context():
        rows = list(db.session.scalars(text("SELECT sealed FROM conversation_note")))
        whole = " ".join(db.session.scalars(text("SELECT CAST(n AS text) FROM conversation_note n")))
    assert len({len(bytes(row)) for row in rows}) == 1
    assert SECRET not in whole
    assert not any(SECRET.encode() in bytes(row) for row in rows)


def test_without_the_key_of_the_employee_nobody_reads_it_any_more(
    app: Flask, cast: Cast, talk: int, client_of: Browser
) -> None:
    note(client_of("mia"), talk, file=True)
    with app.app_context(), transaction():
        db.session.execute(text("DELETE FROM person_key WHERE person_id = :id"), {"id": cast.anna})
    assert who_reads(talk, client_of) == set()


def test_of_two_that_plan_at_once_one_conversation_comes(app: Flask, cast: Cast) -> None:
    def plan(by: int) -> int:
        with app.app_context(), transaction():
            told = actions.Plan(by=by, person_id=cast.anna, manager_id=cast.mia, on=DAY)
            (made,) = actions.plan([told], at=AT)
            settle(AT)
            return made

    with ThreadPoolExecutor(4) as many:
        assert len(set(many.map(plan, [cast.anna, cast.mia] * 4))) == 1


def test_of_two_that_close_it_at_once_one_wins(app: Flask, cast: Cast, talk: int) -> None:
    def end(by: int) -> str:
        try:
            with app.app_context(), transaction():
                actions.end([actions.End(conversation_id=talk, by=by, held=by == cast.mia)], at=AT)
                settle(AT)
            return "done"
        except Conflict:
            return "late"

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(end, [cast.anna, cast.mia])) == ["done", "late"]


def test_nobody_plans_with_who_does_not_report_to_them(client_of: Browser, cast: Cast) -> None:
    told = {"on": DAY.isoformat()}
    assert client_of("mia").post("/team/eve/conversation", data=told).status_code == 404
    assert client_of("eve").post("/team/anna/conversation", data=told).status_code == 403
    made = client_of("eve").post("/api/v1/conversations", json={**told, "person_id": cast.anna})
    assert made.status_code == 404
    assert client_of("eve").post("/conversations", data=told).status_code == 404  # has no manager here


def test_the_page_is_headed_by_the_name_of_the_other(talk: int, cast: Cast, client_of: Browser) -> None:
    assert "Conversation with Anna" in client_of("mia").get(f"/conversations/{talk}").text
    assert "Conversation with Mia" in client_of("anna").get(f"/conversations/{talk}").text


def test_a_day_that_is_over_is_refused_in_the_form(client_of: Browser) -> None:
    answer = client_of("anna").post("/conversations", data={"on": "2020-01-01"})
    assert (answer.status_code, "Choose a day from today on" in answer.text) == (422, True)


def test_what_was_typed_comes_back_with_what_is_wrong(talk: int, client_of: Browser) -> None:
    answer = client_of("anna").post(f"/conversations/{talk}/notes", data={"kind": "note", "text": "ab"})
    assert answer.status_code == 422
    assert ">ab</textarea>" in answer.text


def test_a_text_keeps_every_sign_of_it() -> None:
    for words in ("Één zin — met 🙂", "a\0b", "x" * 255, "x" * 256, "x" * 257):
        assert unpadded(padded(words)) == words


def test_the_rows_of_one_talk_cannot_be_moved_to_another(
    app: Flask, cast: Cast, talk: int, client_of: Browser
) -> None:
    note(client_of("mia"), talk, file=True)
    client_of("mia").post(f"/conversations/{talk}/end", data={"held": "true"})
    client_of("mia").post("/team/anna/conversation", data={"on": DAY.isoformat()})
    with app.app_context(), transaction():
        db.session.execute(
            text("UPDATE conversation_note SET conversation_id = (SELECT max(id) FROM conversation)")
        )
    with app.app_context(), pytest.raises(Exception, match="conversation:"):
        other = db.session.scalar(text("SELECT max(id) FROM conversation"))
        queries.notes(cast.anna, other or 0)


# In batches -------------------------------------------------------------------------------------------------


def in_batch(app: Flask, act: Callable[[], Any]) -> Any:
    with app.app_context(), transaction():
        made = act()
        settle(AT)
        return made


def test_a_batch_of_conversations_is_all_or_nothing_and_costs_as_much_as_one(app: Flask, cast: Cast) -> None:
    two = [
        actions.Plan(by=cast.mia, person_id=one, manager_id=cast.mia, on=DAY) for one in (cast.anna, cast.ben)
    ]
    wrong = actions.Plan(by=cast.mia, person_id=cast.eve, manager_id=cast.mia, on=DAY)
    with pytest.raises(NotFound):
        in_batch(app, lambda: actions.plan([*two, wrong], at=AT))
    first, second = in_batch(app, lambda: actions.plan(two, at=AT))
    assert first != second
    assert in_batch(app, lambda: actions.plan([*two, two[0]], at=AT)) == [first, second, first]

    def notes(number: int) -> list[actions.NewNote]:
        talks = [first, second] * number
        return [
            actions.NewNote(by=cast.mia, conversation_id=talk, kind="question", words=f"Question {n}")
            for n, talk in enumerate(talks[:number])
        ]

    few, more = (
        counted(app, lambda: actions.write(notes(1), at=AT)),
        counted(app, lambda: actions.write(notes(9), at=AT)),
    )
    assert few == more
    with app.app_context():
        rows = db.session.execute(text("SELECT id, conversation_id FROM conversation_note ORDER BY id")).all()
    drafts = [actions.Draft(conversation_id=row.conversation_id, note_id=row.id, by=cast.mia) for row in rows]
    stranger = actions.Draft(conversation_id=first, note_id=rows[0].id, by=cast.anna)
    for act in (actions.file, lambda items, **_: actions.drop(items)):
        with pytest.raises(NotFound):
            in_batch(app, lambda act=act: act([*drafts, stranger], at=AT))
    in_batch(app, lambda: actions.file(drafts[:4], at=AT))
    in_batch(app, lambda: actions.drop(drafts[4:]))
    with app.app_context():
        filed = db.session.execute(text("SELECT filed_at IS NOT NULL FROM conversation_note")).scalars().all()
    assert filed == [True] * 4
    ends = [actions.End(conversation_id=one, by=cast.mia) for one in (first, second)]
    in_batch(app, lambda: actions.end(ends, at=AT))
    with pytest.raises(Conflict):
        in_batch(app, lambda: actions.end(ends[:1], at=AT))


def counted(app: Flask, act: Callable[[], Any]) -> int:
    """How many statements it asks."""
    seen: list[int] = []

    def one(*_: Any) -> None:
        seen.append(1)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", one)
        try:
            with transaction():
                act()
                settle(AT)
        finally:
            event.remove(db.engine, "before_cursor_execute", one)
    return len(seen)


# On the page ------------------------------------------------------------------------------------------------


def test_a_draft_is_put_in_other_words_on_the_page_and_what_is_wrong_stays_with_it(
    talk: int, client_of: Browser
) -> None:
    mia = client_of("mia")
    note_id = note(mia, talk, "The first words")
    form = {"note_id": str(note_id), "kind": "note", "text": "no"}
    wrong = mia.post(f"/conversations/{talk}/notes", data=form)
    assert wrong.status_code == 422
    assert re.search(rf'<textarea[^>]*id="f-text-{note_id}"[^>]*>no</textarea>', wrong.text)
    assert re.search(r'<textarea[^>]*id="f-text"[^>]*></textarea>', wrong.text), "the empty form stays empty"
    assert mia.post(f"/conversations/{talk}/notes", data={**form, "text": "Other words"}).status_code == 303
    page = mia.get(f"/conversations/{talk}").text
    assert "Other words" in page
    assert "The first words" not in page
    assert "Other words" not in client_of("anna").get(f"/conversations/{talk}").text


def test_either_of_the_two_moves_it_to_another_day_until_it_is_closed(
    app: Flask, talk: int, client_of: Browser
) -> None:
    later = (DAY + timedelta(days=3)).isoformat()
    past = {"on": (DAY - timedelta(days=30)).isoformat()}
    no = client_of("anna").post(f"/conversations/{talk}/day", data=past)
    assert (no.status_code, past["on"] in no.text) == (422, True)
    assert client_of("ben").post(f"/conversations/{talk}/day", data={"on": later}).status_code == 404
    assert client_of("anna").post(f"/conversations/{talk}/day", data={"on": later}).status_code == 303
    assert client_of("mia").get(f"/api/v1/conversations/{talk}").json["planned_on"] == later
    with app.app_context():
        told = db.session.execute(text(
            "SELECT one->>'person_id', one->>'on' FROM outbox, jsonb_array_elements(CAST(body AS jsonb)) AS one"
            " WHERE event = 'ConversationPlanned' ORDER BY outbox.id"
        )).all()  # fmt: skip
    assert [on for _, on in told] == [DAY.isoformat(), later]
    assert len({who for who, _ in told}) == 2, "each time it is the other who hears of it"
    client_of("mia").post(f"/conversations/{talk}/end", data={"held": "true"})
    closed = client_of("mia").put(f"/api/v1/conversations/{talk}/day", json={"on": DAY.isoformat()})
    assert closed.status_code == 409


def test_a_day_that_cannot_be_comes_back_with_the_form_for_who_leads_them_and_for_nobody_else(
    client_of: Browser,
) -> None:
    form = {"on": "2020-01-01"}
    wrong = client_of("mia").post("/team/anna/conversation", data=form)
    assert wrong.status_code == 422
    assert 'value="2020-01-01"' in wrong.text
    assert 'action="/team/anna/conversation"' in wrong.text
    for day in ("2020-01-01", "some day"):
        nobody = client_of("mia").post("/team/eve/conversation", data={"on": day})
        assert 'action="/team/eve/conversation"' not in nobody.text


def test_of_what_does_not_take_place_the_other_hears_and_of_what_was_held_nobody(
    app: Flask, talk: int, client_of: Browser
) -> None:
    assert client_of("mia").post(f"/conversations/{talk}/end", data={"held": "false"}).status_code == 303
    with app.app_context():
        worker.relay(datetime.now(UTC) + timedelta(minutes=1))
    day = f"{DAY.day} {DAY:%B}"
    off = f"Your conversation with Mia on {day} does not take place"
    assert off in client_of("anna").get("/inbox").text
    assert "does not take place" not in client_of("mia").get("/inbox").text
    again = client_of("anna").post("/api/v1/conversations", json={"on": DAY.isoformat()}).json["id"]
    client_of("anna").post(f"/conversations/{again}/end", data={"held": "true"})
    with app.app_context():
        worker.relay(datetime.now(UTC) + timedelta(minutes=1))
        kinds = db.session.scalars(
            text("SELECT kind FROM notification WHERE kind = 'conversation_off'")
        ).all()
    assert len(kinds) == 1
