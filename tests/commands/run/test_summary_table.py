import io

import pytest
from rich.console import Console

from convcli.commands.run.summary_table import Summary, SummaryRow, amount


def drawn(summary, width=80):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(summary)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (9408, "9408"),
        (9999, "9999"),
        (10_000, "10 k"),
        (999_499, "999 k"),
        (999_500, "1 M"),
        (118_013_952, "118 M"),
        (1_849_688_064, "1.85 G"),
        (10**15, "1 P"),
        (5 * 10**17, "500 P"),
    ],
)
def test_amount(count, text):
    assert amount(count) == text


ROWS = [
    SummaryRow("conv1", "conv", (2048, 1024, 1024), 118_013_952, (1027, 1027), 1 << 50, 12.3, " *"),
    SummaryRow("a name that is far too long for a column", "leaky-relu", (1, 1, 1), 0, (1, 1), 0, 0.00004),
]


def test_eighty_columns_hold_large_numbers():
    text = drawn(Summary("net: photo.png, 3x224x224", ROWS, ["* conv1: something."]))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    (first,) = [line for line in lines if "conv1 *" in line and "2048" in line]
    for word in ("2048x1024x1024", "118 M", "1027x1027", "1.13 P", "12.3 s"):
        assert word in first
    (second,) = [line for line in lines if "leaky-relu" in line]
    assert "a name that …" in second
    assert "0.0 ms" in second
    (total,) = [line for line in lines if "in all" in line]
    assert "118 M" in total
    assert "12.3 s" in total
    assert lines[0] == "net: photo.png, 3x224x224"
    assert lines[-1] == "* conv1: something."


def test_names_are_no_markup():
    row = SummaryRow("[red]x[/red]", "conv", (1, 1, 1), 0, (1, 1), 0, 0.0)
    assert "[red]x[/red]" in drawn(Summary("[bold]t", [row], ["[i]n"]))
