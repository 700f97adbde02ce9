"""Curves in dots: what they cover, what stands beside and below them, and how wide they are."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.display.drawn.curve_plots import WIDTH, draw_curves
from convcli.display.terminal.curves import Curve, aligned
from tests.display.terminal.helpers import console, drawn, lines

# Dots of a Braille character in rows of two, as Unicode numbers them, and those of the characters of ASCII.
BRAILLE = [(0, 3), (1, 4), (2, 5), (6, 7)]
PLAIN = {" ": (0, 0), "'": (1, 0), ".": (0, 1), ":": (1, 1)}


def curve(values, **given):
    return Curve(**{"title": "title", "values": np.asarray(values, float), **given})


def rows_of(one, width, encoding="utf-8"):
    return ["".join(part.text for part in line) for line in lines(one, console(width, False, encoding))]


def dots_of(one, width):
    """Return the dots of a curve drawn in Braille, rows x columns."""
    body = [
        row[one.needs + 1 :].ljust(width - one.needs - 1) for row in rows_of(one, width)[1 : 1 + one.rows]
    ]
    codes = [[ord(sign) - 0x2800 if ord(sign) >= 0x2800 else 0 for sign in row] for row in body]
    return np.array(
        [[code >> bit & 1 for code in row for bit in pair] for row in codes for pair in BRAILLE], bool
    )


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), width=st.integers(24, 80))
def test_every_sample_is_covered_and_nothing_above_or_below_the_curve(values, width):
    one = curve(values)
    dots = dots_of(one, width)
    height, across = dots.shape
    low, high = min(0, *values), max(0, *values)
    high = high if high > low else low + 1
    places = [round(index / (len(values) - 1) * (across - 1)) for index in range(len(values))]
    for value, column in zip(values, places, strict=True):
        row = min(height - 1, int((high - value) / (high - low) * height))
        assert dots[max(0, row - 1) : row + 2, column].any()
    top, bottom = (int((high - end) / (high - low) * height) for end in (max(values), min(values)))
    assert not dots[: max(0, top - 1)].any()
    assert not dots[bottom + 2 :].any()
    assert dots.any(axis=0).all(), "the curve has no gaps"


def test_many_samples_keep_their_extremes():
    values = np.zeros(100_000)
    values[[31_000, 77_000]] = 5, -5
    dots = dots_of(curve(values), 80)
    assert dots[0].sum() == dots[-1].sum() == 1
    assert np.argmax(dots[0]) / dots.shape[1] == pytest.approx(0.31, abs=0.01)


def test_what_is_not_finite_is_left_out():
    dots = dots_of(curve([1, 1, np.nan, np.nan, 1, np.inf, 1]), 80)
    seen = dots.any(axis=0)
    assert seen[[0, -1]].all()
    assert not seen[len(seen) * 5 // 12]


def test_stems_reach_from_zero_to_each_weight():
    dots = dots_of(curve([-1, 2, -1], stems=True, rows=3), 40)
    columns = np.flatnonzero(dots.any(axis=0))
    assert len(columns) == 3
    zero = round(2 / 3 * len(dots))
    assert dots[:zero, columns[1]].all()
    assert not dots[: zero - 1, columns[[0, 2]]].any()
    assert dots[zero + 1 :, columns[[0, 2]]].all()


def test_numbers_stand_at_their_places():
    shown = rows_of(curve([0, 50, 100], first=10), 60)
    assert shown[0] == "title"
    assert shown[1].startswith("100 ")
    assert shown[5].startswith("  0 ")
    assert shown[-1].split() == ["10", "11", "12"]
    axis = shown[-2]
    assert axis.index("┴") == shown[-1].index("10")


def test_frequencies_are_numbers_between_whole_ones():
    assert rows_of(curve([1, 2, 3, 4], last=0.5), 70)[-1].split() == ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]


@pytest.mark.parametrize("width", [20, 50, 80])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_terminal(width, encoding):
    one = curve(
        np.sin(np.arange(300) / 20), title="a title of many words, each of them short, that must be broken"
    )
    shown = rows_of(one, width, encoding)
    assert max(map(len, shown)) <= width
    if encoding == "ascii":
        assert "".join(shown).isascii()


def test_without_unicode_two_dots_stand_above_each_other():
    one = curve([1, 1, 0, 0], rows=1)
    shown = rows_of(one, 20, "ascii")
    body = shown[1][one.needs + 1 :]
    assert [PLAIN[sign] for sign in (body[0], body[-1])] == [(1, 0), (0, 1)]


def test_curves_below_each_other_have_their_axes_in_line():
    both = aligned([curve([0, 1]), curve([0, 10_000])])
    corners = [row.index("└") for one in both for row in rows_of(one, 60) if "└" in row]
    assert len(set(corners)) == 1


def test_colour_only_adds():
    one = curve([1, 2, -1])
    assert re.sub(r"\x1b\[[0-9;]*m", "", drawn(one, colour=True)) == drawn(one)


def test_a_picture_has_a_plot_for_each_curve():
    single, double = (draw_curves([curve([1, 3, 2])] * count, "value") for count in (1, 2))
    assert single.shape[1] == double.shape[1] == WIDTH
    assert len(double) == 2 * len(single)
    assert (double[len(single) :] == single).all()


def test_axes_of_a_picture_are_in_line():
    both = np.split(draw_curves([curve([0, 1]), curve([0, -1.25e-300])], "value"), 2)
    vertical = [np.flatnonzero((one[70:190] < 255).all(axis=(0, 2))).tolist() for one in both]
    assert vertical[0] == vertical[1] != []


def test_a_picture_of_many_samples_keeps_their_extremes():
    values = np.zeros(50_000)
    values[25_000] = 1
    drawn_up = draw_curves([curve(values)], "value")
    blue = (drawn_up[..., 2].astype(int) - drawn_up[..., 0] > 100).any(axis=0)
    rows = np.flatnonzero(
        (drawn_up[..., 2].astype(int) - drawn_up[..., 0] > 100)[:, WIDTH // 4 : WIDTH * 3 // 4].any(axis=1)
    )
    assert blue.sum() > WIDTH // 2
    assert np.ptp(rows) > 100


def test_the_last_digits_of_values_move_no_dot():
    values = np.array([0.0, 1, 2, 3, 4, 3, 2, 1, 0])
    assert np.array_equal(dots_of(curve(values + 1e-15 * (values == 1)), 60), dots_of(curve(values), 60))
