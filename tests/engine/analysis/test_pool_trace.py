"""One output pixel of pooling equals the engine's and the slow loop's; what takes part is counted by hand."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import PadMode, PoolMode
from convcli.engine.analysis.pool_trace import PoolTrace, trace_pooling
from convcli.engine.pooling.pool2d import Pooling, pool_picture
from convcli.engine.window import Window
from convcli.errors import GeometryError
from tests import oracle

NINE = np.arange(9.0).reshape(3, 3)
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIDES = st.tuples(st.integers(0, 3), st.integers(0, 3))
NAN = np.nan


def traced(picture, size=2, at=(0, 0), *, mode="max", ceil=False, counts=True, p=2.0, **window) -> PoolTrace:
    options = {"pad": None, "stride": size, "padding": 0, **window}
    how = Pooling(Window.parse(size, **options), PoolMode.parse(mode), ceil, counts, p)
    return trace_pooling(np.asarray(picture), how, at)


@pytest.mark.parametrize("mode", PoolMode)
@settings(max_examples=60)
@given(
    data=st.data(),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=PAIRS,
    dilation=PAIRS,
    edges=st.tuples(SIDES, SIDES),
    ceil=st.booleans(),
    pad=st.sampled_from([None, *PadMode]),
)
def test_a_pixel_is_what_the_engine_and_the_loop_say(
    mode, data, shape, size, stride, dilation, edges, ceil, pad
):
    counts = data.draw(st.booleans()) if mode is PoolMode.AVG and pad is None else True
    p = data.draw(st.sampled_from((1.0, 2.0, 3.0, 0.5, np.inf))) if mode is PoolMode.LP else 2.0
    edges = ((0, 0), (0, 0)) if pad is PadMode.VALID else edges
    x = np.random.default_rng(data.draw(st.integers(0, 99))).integers(-9, 10, (*shape, 2)).astype(float)
    window = Window(size, stride, edges, dilation, pad, 3.0 if pad is PadMode.CONSTANT else 0.0)
    how = Pooling(window, mode, ceil, counts, p)
    try:
        whole = pool_picture(x, how)
    except GeometryError:
        assume(False)
    options = {"edges": edges, "dilation": dilation, "ceil": ceil, "count_include_pad": counts}
    options |= {"pad": None if pad is None else str(pad), "pad_value": window.pad_value}
    at = tuple(data.draw(st.integers(0, n - 1)) for n in whole.shape[:2])
    trace = trace_pooling(x, how, at)
    assert (trace.rows.result, trace.columns.result) == whole.shape[:2]
    for axis in (trace.rows, trace.columns):
        formula, result = axis.formula.split(" = ")
        assert eval(formula, {"floor": np.floor, "ceil": np.ceil}) == int(result) == axis.result
    assert_allclose(trace.values, whole[at], rtol=1e-12, atol=1e-12)
    if p != np.inf:
        slow = [oracle.pool2d(x[:, :, c], size, mode=mode, stride=stride, p=p, **options)[at] for c in (0, 1)]
        assert_allclose(trace.values, slow, rtol=1e-12, atol=1e-12)
    assert_array_equal(np.isnan(trace.window), np.broadcast_to(~trace.counted, trace.window.shape))


def test_padding_never_wins():
    trace = traced(NINE - 9, 2, padding=1)
    assert_array_equal(trace.window, [[[NAN, NAN], [NAN, -9]]])
    assert trace.values == (-9,)
    assert traced(NINE + 9, 2, padding=1, mode="min").values == (9,)
    assert traced(NINE + 9, 3, padding=1, mode="median").values == (11,)  # of 9 10 12 13
    assert traced(NINE + 9, 2, padding=1, pad="zero", mode="min").values == (0,)


def test_averages_count_padding_or_not():
    counted = traced(NINE + 4, 2, padding=1, mode="avg")
    assert_array_equal(counted.window, [[[0, 0], [0, 4]]])
    assert counted.values == (1,)
    left_out = traced(NINE + 4, 2, padding=1, mode="avg", counts=False)
    assert_array_equal(left_out.counted, [[False, False], [False, True]])
    assert left_out.values == (4,)


def test_what_hangs_over_reads_nothing_in_any_mode():
    for pad in (None, "zero", "reflect", "wrap"):
        trace = traced(NINE, 2, (1, 1), pad=pad, ceil=True, mode="avg")
        assert_array_equal(trace.counted, [[True, False], [False, False]])
        assert trace.values == (8,)


def test_rounding_up_leaves_a_window_in_the_padding_out():
    # 3 + 1 - 1 - 1 = 2 free pixels, 2/3 rounded up gives windows at 0 and 3: the picture ends before 3
    trace = traced(NINE, 2, padding=((0, 1), (0, 0)), stride=3, ceil=True)
    assert trace.rows.formula == "ceil((3 + 0 + 1 - 1*(2 - 1) - 1)/3) + 1 - 1 = 1"
    assert (trace.rows.dropped, trace.rows.result, trace.columns.dropped) == (True, 1, True)


@pytest.mark.parametrize(
    ("mode", "pixels", "places"),
    [
        ("max", [[0, 4], [4, 1]], [(0, 1)]),
        ("min", [[0, 4], [0, 1]], [(0, 0)]),
        ("median", [[9, 2], [7, 1]], [(0, 1), (1, 0)]),
        ("median", [[9, 2, 3]], [(0, 2)]),
        ("median", [[9, NAN, 3]], [(0, 1)]),
        ("max", [[9, NAN, 3]], [(0, 1)]),
        ("avg", [[9, 2, 3]], []),
        ("lp", [[9, 2, 3]], []),
    ],
)
def test_the_pixels_that_are_chosen(mode, pixels, places):
    trace = traced(pixels, np.shape(pixels), mode=mode)
    assert list(map(tuple, np.argwhere(trace.chosen[0]).tolist())) == places
    chosen = [pixels[row][column] for row, column in places]
    assert not places or trace.values == pytest.approx((np.mean(chosen),), nan_ok=True)


def test_what_does_not_fit():
    with pytest.raises(GeometryError, match=r"window of output pixel \(0, 0\) reads padding alone"):
        traced(NINE, 1, padding=1)
    assert traced(NINE, 1, padding=1, mode="lp").values == (0,)
    with pytest.raises(GeometryError, match="window 4x4 is larger than the picture 3x3"):
        traced(NINE, 4)
    with pytest.raises(GeometryError, match="the output is 1x1"):
        traced(NINE, 2, (1, 0))


@pytest.mark.parametrize("p", [100, 1000])
def test_norms_of_large_powers_do_not_overflow(p):
    assert traced([[255, 0], [0, 255]], 2, mode="lp", p=p).values == pytest.approx((255 * 2 ** (1 / p),))
