import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from convcli.display.drawn.plot import COLOURS, Plot, Series, draw_plot
from convcli.display.ticks import decades, nice_ticks

sizes = st.floats(1e-6, 1e6)


@given(st.floats(-1e6, 1e6), sizes, st.integers(2, 15))
def test_ticks_are_nice_and_many_enough(low, extent, most):
    high = low + extent
    ticks = nice_ticks(low, high, most)
    assert 1 <= len(ticks) <= most
    slack = 1e-6 * extent + 1e-9 * abs(low)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    if len(ticks) > 1:
        step = ticks[1] - ticks[0]
        assert np.allclose(np.diff(ticks), step, rtol=1e-3, atol=1e-9 * abs(low))
        leading = step / 10 ** math.floor(math.log10(step) + 1e-4)
        assert min(abs(leading - nice) for nice in (1, 2, 5, 10)) < 1e-2
    assert len(ticks) >= (most - 1) // 3, "not needlessly few"


def test_ticks_by_example():
    assert nice_ticks(0, 66) == [0, 20, 40, 60]
    assert nice_ticks(-3, 7) == [-2, 0, 2, 4, 6]
    assert np.allclose(nice_ticks(0, 0.31, 4), [0, 0.1, 0.2, 0.3])
    assert nice_ticks(5, 5) == [5]
    assert nice_ticks(0, math.inf) == [0]
    assert np.allclose(decades(0.001, 100), [1e-3, 1e-2, 1e-1, 1, 10, 100])
    assert np.allclose(decades(1e-6, 1e6, 5), [1e-6, 1e-3, 1, 1e3, 1e6])


def plot(values, **changes):
    given = {"title": "t", "x_label": "x", "y_label": "y", "series": [Series("a", values)]}
    return Plot(**{**given, **changes})


def where(pixels, colour, within=0):
    """The rows and columns of pixels of a colour."""
    return np.argwhere((np.abs(pixels - np.array(ImageColor.getrgb(colour))) <= within).all(2))


def box_of(pixels):
    """Left, right, top and bottom of the axes, read off the faint lines."""
    faint = where(pixels, "#6e6e6e")
    rows, row_counts = np.unique(faint[:, 0], return_counts=True)
    columns, counts = np.unique(faint[:, 1], return_counts=True)
    bottom, left = rows[row_counts.argmax()], columns[counts.argmax()]
    on = faint[faint[:, 0] == bottom][:, 1]
    up = faint[faint[:, 1] == left][:, 0]
    return left, on.max(), up.min(), bottom


def heights(pixels, colour, box, count):
    """Read the curve off the picture: shares of the axis' height at each place."""
    left, right, top, bottom = box
    places = where(pixels, colour)
    found = []
    for index in range(count):
        column = left + (right - left) * index / (count - 1)
        near = places[np.abs(places[:, 1] - column) <= 2]
        inside = near[(near[:, 0] >= top - 5) & (near[:, 0] <= bottom + 5)]
        found.append((bottom - inside[:, 0].mean()) / (bottom - top))
    return found


@pytest.mark.parametrize("logarithmic", [False, True])
def test_values_can_be_read_off_the_picture(logarithmic):
    values = [100.0, 50.0, 20.0, 10.0, 40.0, 100.0]  # ends as high as it starts: names are at the ends
    pixels = draw_plot(plot(values, logarithmic=logarithmic), 600, 400)
    assert pixels.shape == (400, 600, 3)
    shares = heights(pixels, COLOURS[0], box_of(pixels), len(values))
    wanted = [math.log10(v) - 1 for v in values] if logarithmic else [v / 100 for v in values]
    assert np.allclose(shares, wanted, atol=0.02)


def test_what_is_not_finite_interrupts_the_line():
    whole = draw_plot(plot([5.0, 5, 5, 5, 5, 5, 5]), 500, 300)
    broken = draw_plot(plot([5.0, 5, math.nan, math.inf, math.nan, 5, 5]), 500, 300)
    left, right, top, _ = box_of(whole)
    assert box_of(broken)[:3] == (left, right, top)
    middle = slice(round(left + 0.3 * (right - left)), round(left + 0.7 * (right - left)))
    assert len(where(whole[top - 5 : top + 5, middle], COLOURS[0], within=90)) > 100
    assert not len(where(broken[:, middle], COLOURS[0], within=90))
    assert len(where(broken, COLOURS[0]))


def test_what_a_logarithmic_axis_cannot_show_is_left_out():
    pixels = draw_plot(plot([10.0, 1.0, 0.0, -3.0, 1e-9], logarithmic=True), 500, 300)
    left, right, _, _ = box_of(pixels)
    on = where(pixels, COLOURS[0])[:, 1]
    inside = on[on <= right]
    assert inside.min() <= left + 2
    assert inside.max() < left + 0.3 * (right - left)


def test_negative_values_lower_the_axis():
    pixels = draw_plot(plot([-4.0, 0.0, 4.0, -4.0]), 500, 300)
    assert np.allclose(heights(pixels, COLOURS[0], box_of(pixels), 4), [0, 0.5, 1, 0], atol=0.02)


def test_names_stand_where_lines_are_apart():
    series = [Series("first", [9.0, 5, 1]), Series("second", [8.9, 6, 5])]
    apart = draw_plot(plot([], series=series), 500, 300)
    together = draw_plot(plot([], series=[one._replace(values=one.values[::-1]) for one in series]), 500, 300)
    assert box_of(apart)[1] < 440, "room for names at the right"
    assert box_of(together)[1] > 470, "a legend inside"
    marks = apart[:, box_of(apart)[1] + 8 : box_of(apart)[1] + 22]
    assert all(len(where(marks, colour)) for colour in COLOURS[:2]), "with the mark and colour of its line"
    names = apart[:, box_of(apart)[1] + 24 :]
    assert len(where(names, "#141414")) > 20
    assert not len(where(names, COLOURS[0])), "text on white is black"


def test_series_differ_without_colour():
    def shape(index):
        series = [Series("n", [])] * index + [Series("n", [1.0, math.nan])]
        pixels = draw_plot(plot([], series=series), 300, 200)
        rows, columns = where(pixels, COLOURS[index]).T
        inside = columns < 200
        rows, columns = rows[inside], columns[inside]
        return frozenset(zip(rows - rows.min(), columns - columns.min(), strict=True))

    assert len({shape(index) for index in range(6)}) == 6


def test_the_edge_is_marked():
    without = draw_plot(plot([3.0, 2, 1, 2]), 500, 300)
    marked = draw_plot(plot([3.0, 2, 1, 2], edge=(2, "band")), 500, 300)
    left, right, _, _ = box_of(without)
    changed = np.argwhere((without != marked).any(2))
    columns, counts = np.unique(changed[:, 1], return_counts=True)
    assert abs(columns[counts.argmax()] - (left + (right - left) * 2 / 3)) <= 1
    beyond = draw_plot(plot([3.0, 2, 1, 2], edge=(9, "band")), 500, 300)
    assert (beyond == without).all()


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("values", [[0.0], [math.nan, math.nan], [0.0, 0.0], [7.0], [1e-30, 1e30]])
def test_nothing_much_to_draw(values, logarithmic):
    pixels = draw_plot(plot(values, logarithmic=logarithmic), 320, 200)
    assert pixels.shape == (200, 320, 3)
    assert (pixels < 60).all(2).any(), "words"
