"""Tables of numbers: what is written, in colour and without, never wider than the terminal."""

import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rich.cells import cell_len

from convcli.commands.show.aligned_numbers import written
from convcli.commands.show.view import FeatureMapTable
from tests.display.terminal.helpers import BLUE, GREY, RED, console

EDGES = np.array([[0.0, 1, 0, 0, 0, -1, 0]] * 3)
RAMP = np.arange(128.0)[:, None] + np.arange(128.0)


def text(shown: FeatureMapTable, width: int = 80, colour: bool = False, encoding: str = "utf-8") -> list[str]:
    terminal = console(width=width, colour=colour, encoding=encoding)
    lines = terminal.render_lines(shown, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_without_colour_signs_and_bars():
    shown = FeatureMapTable(EDGES * [[1], [0.5], [0.01]], "edges.csv", "3 x 7")
    assert text(shown, 80) == [
        "edges.csv",
        "3 x 7",
        "       0       1       2       3       4       5       6",
        "0  0.000  +1.000█  0.000   0.000   0.000  -1.000█  0.000",
        "1  0.000  +0.500▅  0.000   0.000   0.000  -0.500▅  0.000",
        "2  0.000  +0.010▁  0.000   0.000   0.000  -0.010▁  0.000",
        "bars behind numbers: distance from 0, █ is 1",
    ]
    plain = text(FeatureMapTable(EDGES, max_size=0), encoding="ascii")
    assert plain[1] == "0  0  +1@  0   0   0  -1@  0"
    assert plain[-1] == "bars behind numbers: distance from 0, @ is 1"
    assert text(FeatureMapTable(np.zeros((1, 2)))) == ["  0  1", "0 0  0"], "no bars, no legend"


def test_at_40_columns_a_map_is_pooled_or_cut():
    shown = FeatureMapTable(EDGES * 0.5, first=(10, 90))
    assert text(shown, 40) == [
        "pooled 2x2",
        "        90       92       94       96",
        "10 +0.2500█  0.0000  -0.2500█  0.0000",
        "12 +0.2500█  0.0000  -0.2500█  0.0000",
        "bars behind numbers: distance from 0,",
        "█ is 0.25",
        "pooled: each cell is the mean of 2 x 2",
        "values, named by the first; --max-size 0",
        "or --region shows them as they are",
    ]
    assert text(FeatureMapTable(EDGES * 0.5, max_size=0), 40) == [
        "        0        1        2        3",
        *(f"{row}  0.0000  +0.5000█  0.0000   0.0000" for row in range(3)),
        "bars behind numbers: distance from 0,",
        "█ is 0.5",
        "3 more columns to the right, from 4 on,",
        "did not fit; --region shows them",
    ]


@pytest.mark.parametrize("width", [80, 40])
def test_in_colour(width):
    terminal = console(width=width)
    head, *lines = terminal.render_lines(FeatureMapTable(EDGES, max_size=0), pad=False)
    lines = lines[:3]
    assert "".join(segment.text for segment in head) == "   0  1  2  3  4  5  6"
    for number, line in enumerate(lines):
        assert [segment.text for segment in line] == [str(number), "  0", "  1", *["  0"] * 3, " -1", "  0"]
        colours = [tuple(segment.style.bgcolor.triplet) for segment in line[1:]]
        assert colours == [GREY, RED, GREY, GREY, GREY, BLUE, GREY]
        inks = {tuple(s.style.color.triplet) for s in line[1:] if s.text.strip() == "0"}
        assert inks == {(0, 0, 0)}, "dark on light grey, whatever the terminal's own colours"
        assert {tuple(line[n].style.color.triplet) for n in (2, 6)} == {(255, 255, 255)}


def test_a_large_map_is_pooled_to_fit_and_says_so():
    lines = text(FeatureMapTable(RAMP, max_rows=16))
    side = int(re.search(r"mean of (\d+) x \1 values", " ".join(lines))[1])
    rows = [line for line in lines if line[:3].strip().isdigit()]
    assert len(rows) == -(-128 // side) <= 16
    cells = [re.findall(r"[\d.]+", row) for row in rows]
    for i, row in enumerate(cells):
        assert int(row[0]) == i * side
        means = [
            RAMP[i * side : (i + 1) * side, j * side : (j + 1) * side].mean() for j in range(len(row) - 1)
        ]
        assert [float(word) for word in row[1:]] == pytest.approx(means, abs=0.051)


def test_peaks_are_pooled_by_the_greatest_magnitude():
    """Hand-made: of each 2 x 2 values the one farthest from 0, with its sign."""
    values = np.array([[1.0, -3, 0, 0.5], [2, 0, np.nan, -0.25], [-1, 1, np.nan, np.nan]])
    lines = text(FeatureMapTable(values, max_size=2, peaks=True, precision=2))
    assert lines[0] == "pooled 2x2"
    assert [line.split() for line in lines[2:4]] == [["0", "-3.00█", "+0.50▂"], ["2", "+1.00▃", "nan"]]
    assert "value farthest from 0 among 2 x 2 values" in " ".join(lines)


def test_padding_stands_in_brackets():
    padding = np.array([[True, True], [False, True]])
    shown = FeatureMapTable(np.array([[0.0, 10], [-2, 3]]), padding=padding, first=(-1, 0))
    assert text(shown) == [
        "      0      1",
        "-1   [0 ] [+10█]",
        " 0   -2▂   [+3▃]",
        "bars behind numbers: distance from 0, █ is 10",
        "[ ] is padding",
    ]
    pooled = text(FeatureMapTable(np.ones((4, 4)), padding=np.eye(4) > 0, max_size=2))
    assert [row.split()[1:] for row in pooled[2:4]] == [["[1█]", "1█"], ["1█", "[1█]"]]
    assert "[ ] holds padding" in pooled


@pytest.mark.parametrize(("most", "side"), [(128, 1), (100, 2), (8, 16), (1, 128)])
def test_max_size(most, side):
    lines = text(FeatureMapTable(RAMP, max_size=most), 1000)
    assert (f"mean of {side} x {side}" in " ".join(lines)) == (side > 1)
    assert len([line for line in lines if re.match(r" *\d+ +\d", line)]) == 1 + -(-128 // side) - (
        side == 128
    )


@settings(deadline=None, max_examples=60)
@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)),
    st.integers(30, 100),
    st.booleans(),
    st.sampled_from([None, 0, 7]),
    st.sampled_from([None, 0, 3]),
)
def test_never_wider_than_the_terminal(values, width, colour, max_size, precision):
    values = np.clip(values, -1e7, 1e7) if precision is not None else values
    lines = text(FeatureMapTable(values, max_size=max_size, precision=precision), width, colour)
    assert max(map(cell_len, lines)) <= width
    if max_size is None:
        assert len(lines) <= 32 + 10


@pytest.mark.parametrize(
    ("values", "precision", "words", "power"),
    [
        ([[1, -20, 300]], None, ["1", "-20", "300"], 0),
        ([[1, 0.5]], None, ["1.000", "0.500"], 0),
        ([[118.25, -3]], None, ["118.2", "-3.0"], 0),
        ([[123456.5, 1]], None, ["123456", "1"], 0),
        ([[1e-7, -2.5e-8, 0]], None, ["1.000", "-0.250", "0.000"], -7),
        ([[12345678, 1]], None, ["1.235", "0.000"], 7),
        ([[2, 0.004, -0.004]], 2, ["2.00", "0.00", "0.00"], 0),
        ([[3, 4]], 1, ["3.0", "4.0"], 0),
        ([[np.nan, np.inf, -np.inf, 1]], None, ["nan", "inf", "-inf", "1"], 0),
        ([[0.0, -0.0]], None, ["0", "0"], 0),
    ],
)
def test_numbers(values, precision, words, power):
    found = written(np.array(values, float), precision)
    assert found.words == [words]
    assert found.power == power


def test_powers_are_told():
    assert text(FeatureMapTable(np.array([[1e-9, 2e-9]])))[-2:] == [
        "in units of 1e-09",
        "bars behind numbers: distance from 0, █ is 2",
    ]
    assert text(FeatureMapTable(np.array([[5e-324]])))[-2] == "in units of 1e-308"


def test_names_are_not_markup():
    assert text(FeatureMapTable(EDGES, "[red]x[/red].png"))[0] == "[red]x[/red].png"


def test_no_color_is_obeyed():
    from rich.console import Console

    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, _environ={"NO_COLOR": "1"})
    lines = terminal.render_lines(FeatureMapTable(EDGES), pad=False)
    assert "+1█" in "".join(segment.text for segment in lines[1])
