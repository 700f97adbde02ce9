"""Tables that fit: figures are never cut, columns without room are named, names alone are shortened."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from convcli.display.terminal.figure_table import Column, FigureTable
from tests.display.terminal.helpers import drawn

LAYERS = [
    Column("layer", ["a name that is too long", "b"], names=True, foot="in all"),
    Column("output", ["64x512x512", "1x1x1"]),
    Column("weights", ["118 M", "9408"], rank=1, foot="118 M"),
    Column("time", ["12.3 s", "0.5 ms"], rank=2, note="of one run"),
]


def shown(width: int) -> list[str]:
    return [line.rstrip() for line in drawn(FigureTable(LAYERS), width=width).splitlines()]


def test_names_give_way_before_columns() -> None:
    assert shown(52)[0] == "layer                        output  weights    time"
    # The least of all: 8 + 10 + 7 + 6 and three gaps of 2.
    lines = shown(37)
    assert lines[0] == "layer         output  weights    time"
    assert lines[2] == "a name …  64x512x512    118 M  12.3 s"
    assert [line for line in lines if line.startswith("in all")] == ["in all                  118 M"]
    assert lines[-1] == "time: of one run"


def test_columns_without_room_are_said() -> None:
    lines = shown(36)
    assert lines[0].split() == ["layer", "output", "weights"]
    assert lines[-1] == "no room for: time"
    assert shown(26)[-1] == "no room for: weights; time"


def test_a_small_column_takes_the_room_of_a_large_one() -> None:
    table = FigureTable([Column("a", ["1"]), Column("b", ["1234567890"], rank=1), Column("c", ["3"], rank=2)])
    assert drawn(table, width=8).splitlines()[0].split() == ["a", "c"]


def test_width_is_that_of_the_screen_not_of_characters() -> None:
    lines = drawn(FigureTable([Column("名前", ["猫の写真", "b"]), Column("n", ["1", "22"])]), width=40)
    assert {cell_len(line) for line in lines.splitlines()} == {8 + 2 + 2}


@given(
    st.lists(st.tuples(st.text("0123456789.", min_size=1, max_size=9), st.integers(0, 4)), max_size=6),
    st.integers(20, 90),
)
def test_no_figure_is_cut(figures: list[tuple[str, int]], width: int) -> None:
    """Rows never wrap, and each figure is shown whole or its heading is named as left out."""
    columns = [Column(f"c{n}", [figure], rank=rank) for n, (figure, rank) in enumerate(figures)]
    lines = drawn(FigureTable([Column("name", ["x" * 30], names=True), *columns]), width=width).splitlines()
    assert max(map(len, lines)) <= width
    left = re.findall(r"c\d+", " ".join(lines[3:]))
    assert lines[2].split()[1:] == [figure for n, (figure, _) in enumerate(figures) if f"c{n}" not in left]
    assert lines[0].split()[1:] == [column.head for column in columns if column.head not in left]


@pytest.mark.parametrize("width", [36, 37, 80])
def test_rows_never_wrap(width: int) -> None:
    assert len([line for line in shown(width) if "x" in line]) == 2
