import pytest

from convcli.commands.run.summary_table import Summary, amount
from convcli.stacks.trace import LayerTrace
from tests.display.terminal.helpers import drawn


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
        (10**18, "1 E"),
        (3 * 10**21, "3 Z"),
    ],
)
def test_amount(count, text):
    assert amount(count) == text


def layer(name, kind="conv", shape=(1, 1, 1), parameters=0, macs=0, field=(1, 1), unused=(0, 0), seconds=0.0):
    return LayerTrace(1, name, kind, shape, shape, parameters, macs, field, unused, seconds)


ROWS = [
    layer("conv1", "conv", (2048, 1024, 1024), 118_013_952, 1 << 50, (1027, 1027), (1, 0), 12.3),
    layer("a name that is far too long for a column", "leaky-relu", seconds=0.00004),
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


@pytest.mark.parametrize("width", [40, 50, 60, 80])
def test_narrow_terminals_leave_whole_columns_out(width):
    """Every figure is whole, or its column is named below the table."""
    lines = drawn(Summary("net", ROWS, []), width=width).splitlines()
    assert max(map(len, lines)) <= width
    (first,) = [line for line in lines if "2048x1024x1024" in line]
    (heads,) = [line for line in lines if "layer" in line]
    said = next((line for line in lines if line.startswith("no room for: ")), "")
    left = said.removeprefix("no room for: ").split("; ")
    figures = {"weights": "118 M", "sees": "1027x1027", "MACs": "1.13 P", "time": "12.3 s"}
    for head, figure in figures.items():
        assert (head in heads.split()) != (head in left)
        assert (figure in first) == (head in heads.split())
    assert ("time" in left) == (width < 80)


def test_names_are_no_markup():
    assert "[red]x[/red]" in drawn(Summary("[bold]t", [layer("[red]x[/red]")], ["[i]n"]))
