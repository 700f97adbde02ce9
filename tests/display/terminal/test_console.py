"""What the console does to text that is not its own."""

import io

import pytest
from rich import box
from rich.table import Table
from rich.text import Text

from convcli.display.terminal.console import PlainConsole
from convcli.display.terminal.facts import phrases


def printed(item, encoding="utf-8", **options):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    PlainConsole(file=file, width=40, **options).print(item)
    file.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("\x9b2J\x7f", r"\x9b2J\x7f"),
        ("\u202ea\u2066\u200b\ufeff\u2028\u2029", r"\u202ea\u2066\u200b\ufeff\u2028\u2029"),
        ("\udcff\ud83d", r"\udcff\ud83d"),
        ("[red]a[/red] :smile: [link=x]", "[red]a[/red] :smile: [link=x]"),
        ("é 猫 ▀", "é 猫 ▀"),
    ],
)
def test_text_is_literal_and_printable(given, shown):
    assert printed(Text(given)) == f"{shown}\n"
    assert printed(given) == f"{shown}\n"


@pytest.mark.parametrize(("columns", "width"), [("0", 80), ("00", 80), ("7", 7)])
def test_no_width_is_taken_for_80_columns(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert PlainConsole(file=io.StringIO()).width == width


def test_styles_are_sequences_still():
    assert printed(Text("a\x1b", "bold"), force_terminal=True, color_system="truecolor") == (
        "\x1b[1ma\\x1b\x1b[0m\n"
    )


def test_cells_of_tables_are_as_wide_as_what_they_show():
    table = Table(box=box.ASCII)
    table.add_column("\x1b", width=8)
    table.add_column("b", width=8)
    table.add_row("\x1bab", "\u202ec")
    lines = printed(table).splitlines()
    assert {len(line) for line in lines} == {23}
    assert r"| \x1bab   | \u202ec  |" in lines


def test_what_an_encoding_lacks_is_escaped():
    assert printed(Text("é ▀ a"), "ascii") == r"\xe9 \u2580 a" + "\n"
    assert printed(Text("é ▀ a"), "latin-1") == r"é \u2580 a" + "\n"


def test_phrases_are_broken_behind_commas() -> None:
    text = "result 363 x 576, border band 16 px deep, mean 1, pooled 57x57"
    assert phrases(text, 40).plain.split("\n") == [
        "result 363 x 576,",
        "border band 16 px deep, mean 1,",
        "pooled 57x57",
    ]
    assert phrases(text, 80).plain == text
    assert phrases("one long phrase, of words", 9).plain.split("\n") == ["one long", "phrase,", "of words"]
    assert phrases("", 9).plain == ""
