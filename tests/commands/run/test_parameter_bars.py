"""Bars of parameters: logarithms on a scale whose labels stand where the bars of such counts end."""

import re

import pytest

from convcli.commands.run.parameter_bars import ParameterBars
from tests.display.terminal.helpers import drawn

COUNTS = [("shared", 10), ("not shared", 10**6), ("fully connected", 10**12)]


def test_lengths_by_hand() -> None:
    """Room for 80 - 17 - 6 - 2 = 50 columns is 12 decades wide, rounded: 10 is a twelfth, 1 M half."""
    title, *bars, scale = drawn(ParameterBars(COUNTS)).splitlines()
    assert title == "parameters, logarithmic"
    lengths = [bar.count("█") for bar in bars]
    width = lengths[2]
    assert width >= 48
    assert lengths[1] == pytest.approx(width / 2, abs=0.5)
    assert lengths[0] == pytest.approx(width / 12, abs=0.5)
    ends = [bar.rindex("█") + 1 for bar in bars]
    assert scale.index("1 M") == ends[1]
    assert scale.index("1 T") == ends[2]
    assert scale.split() == ["1", "1000", "1", "M", "1", "G", "1", "T"]


@pytest.mark.parametrize("width", [20, 39, 40, 50, 80, 200])
def test_no_line_is_wider_and_no_labels_run_together(width: int) -> None:
    lines = drawn(ParameterBars([*COUNTS, ("largest", 10**22)]), width=width).splitlines()
    assert bool(lines) == (width >= 39), "15 + 2 + 4 + 2 + 12 columns, and 4 for the last label"
    assert all(len(line) <= width for line in lines)
    if lines:
        assert re.fullmatch(r" +1( +(1000|\d{1,3} [MGTPEZY]))+", lines[-1])


def test_one_parameter_has_a_bar() -> None:
    assert drawn(ParameterBars([("shared", 1)])).splitlines()[1].endswith("  █")
