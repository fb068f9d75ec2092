"""The check of translations finds what a reader would stumble over, and says what to do."""

from pathlib import Path

import pytest

from tools import translations

HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


class House:
    """A small tree with templates, code and .po files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def dutch(self, entries: str, room: str = "garden") -> None:
        self.write(f"app/translations/nl/{room}.po", HEAD + entries)

    def check(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
        code = translations.main(self.root)
        return code, capsys.readouterr().out


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.write(
        "templates/garden/page.html", '<p title="{{ _("Water it") }}">{{ _("Hello, %(name)s", name=n) }}</p>'
    )
    made.write("app/garden/pages.py", 'ngettext("%(num)s tree", "%(num)s trees", 3)\n_l("A rose")\n')
    made.dutch(GOOD)
    return made


GOOD = """msgid "Water it"
msgstr "Geef water"

msgid "Hello, %(name)s"
msgstr "Dag %(name)s"

msgid "%(num)s tree"
msgid_plural "%(num)s trees"
msgstr[0] "Eén boom"
msgstr[1] "%(num)s bomen"

msgid "A rose"
msgstr "Een roos"
"""


def test_nothing_is_asked_where_all_is_said(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.check(capsys) == (0, "4 texts, all in Dutch.\n")


def test_a_text_without_dutch_comes_with_the_entry_to_copy(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write("templates/garden/_new.html", '{{ ngettext("%(num)s bee", "%(num)s bees", 2) }}')
    code, told = house.check(capsys)
    assert code == 1
    assert "app/translations/nl/garden.po lacks (from templates/garden/_new.html:1)" in told
    assert 'msgid "%(num)s bee"\n    msgid_plural "%(num)s bees"' in told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"Een roos"', '""', "has no Dutch"),
        ("Een roos", "Een roos!", "shouts in Dutch"),
        ("Geef water", "Wilt u water geven", "says u in Dutch"),
        ("Dag %(name)s", "Dag %(naam)s", "has unknown %(naam)s"),
        ("Dag %(name)s", "Dag", "leaves out %(name)s"),
        ("Dag %(name)s", "Dag %(name)s, 100% zeker", "has a lone %"),
        ("%(num)s bomen", "bomen", "leaves out %(num)s"),
        ('msgid "A rose"', '#, fuzzy\nmsgid "A rose"', "is marked fuzzy"),
        ('"%(num)s trees"', '"%(num)s tries"', "has the plural"),
        ('msgid "A rose"', '#~ msgid "Old"\n#~ msgstr "Oud"\n\nmsgid "A rose"', "is commented out"),
        ('msgid "A rose"', 'msgid "A weed"\nmsgstr "Onkruid"\n\nmsgid "A rose"', "is said nowhere; delete it"),
        ('msgid "A rose"', 'msgid "A rose"\nmsgstr "Roos"\n\nmsgid "A rose"', "stands there twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_dutch_is_told(
    house: House, capsys: pytest.CaptureFixture[str], before: str, after: str, told: str
) -> None:
    assert before in GOOD
    house.dutch(GOOD.replace(before, after))
    code, said = house.check(capsys)
    assert code == 1
    assert told in said


def test_two_rooms_may_share_a_text_but_not_say_it_in_two_ways(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.dutch('msgid "A rose"\nmsgstr "Een roos"\n', room="kitchen")
    assert house.check(capsys)[0] == 0
    house.dutch('msgid "A rose"\nmsgstr "Een bloem"\n', room="kitchen")
    code, told = house.check(capsys)
    assert code == 1
    assert "'A rose' is said in two ways" in told
    assert "kitchen.po" in told


def test_one_english_text_has_one_plural(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.write("app/garden/api.py", 'ngettext("%(num)s tree", "%(num)s treeses", 3)\n')
    assert "has another plural at app/garden/" in house.check(capsys)[1]


def test_english_does_not_shout_either(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.write("app/garden/api.py", '_("Well done!")\n')
    house.dutch(GOOD + '\nmsgid "Well done!"\nmsgstr "Goed gedaan"\n')
    assert "app/garden/api.py:1: 'Well done!' shouts" in house.check(capsys)[1]


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Good morning</p>",
        '<a aria-label="Good morning"></a>',
        "{% if x %}<b>{{ _('A rose') }}</b> Good morning{% endif %}",
    ],
)  # fmt: skip
def test_words_that_no_function_translates_are_found(
    house: House, capsys: pytest.CaptureFixture[str], markup: str
) -> None:
    house.write("templates/garden/_raw.html", markup)
    code, told = house.check(capsys)
    assert code == 1
    assert "templates/garden/_raw.html:1: 'Good morning' is not translated" in told


def test_a_text_that_is_not_written_out_cannot_be_translated(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write("app/garden/api.py", "_(text)\n")
    code, told = house.check(capsys)
    assert (code, "needs a text written out" in told) == (1, True)
