"""A row of numbers as bars."""

import math

import pytest

from convcli.display.terminal.sparkline import sparkline


def test_bars_go_from_least_to_greatest():
    assert sparkline(range(8), 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, 3], 8) == "▁▁"
    assert sparkline([], 8) == ""


def test_many_values_are_means_of_parts():
    assert sparkline([0, 0, 1, 1, 0, 2], 3) == "▁██"
    assert len(sparkline(range(1000), 30)) == 30


def test_logarithms():
    assert sparkline([1, 10, 100, 0], 8, logarithmic=True) == "▁▅█▁"


def test_what_is_not_a_number():
    assert sparkline([math.nan, 0, 1, math.inf], 8) == "?▁██"
    assert sparkline([math.nan], 8) == "?"


def test_plain_terminals():
    assert sparkline(range(8), 8, ascii_only=True).isascii()


def test_no_width():
    with pytest.raises(ValueError, match="width 0"):
        sparkline([1], 0)
