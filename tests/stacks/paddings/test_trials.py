"""Bias over random pictures, and shifts, against plain NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

import convcli as cv
from convcli.choices import PadMode
from convcli.errors import GeometryError
from convcli.stacks.paddings.trials import bias_maps, translate, whole_strides
from tests.oracle import SCIPY_MODES
from tests.stacks.helpers import stack_of
from tests.stacks.paddings.comparisons import stack_of_kernel

RNG = np.random.default_rng(1)


def test_bias_is_zeros_and_not_that_of_wrap() -> None:
    pictures = RNG.random((300, 1, 24, 24))
    kernel = cv.kernel("gaussian:sigma=1")
    found = {one.pad: one for one in bias_maps(stack_of_kernel(kernel), pictures)}
    assert PadMode.VALID not in found
    for pad, mode in SCIPY_MODES.items():
        made = ndimage.correlate(pictures, kernel.weights[None, None], mode=mode, cval=0.0)
        moments = found[PadMode(pad)].moments
        np.testing.assert_allclose(moments.mean, made.mean(0), atol=1e-12)
        np.testing.assert_allclose(moments.deviation, made.std(0, ddof=1), atol=1e-9)
        inside, border = found[PadMode(pad)].regions(moments.mean)
        assert inside == pytest.approx(made.mean(0)[0, 4:-4, 4:-4].mean())
        edge = np.ones((24, 24), bool)
        edge[4:-4, 4:-4] = False
        assert border == pytest.approx(made.mean(0)[0, edge].mean())
    flat = {pad: one.moments.flatness() for pad, one in found.items()}
    assert flat[PadMode.WRAP] == pytest.approx((1, 1), abs=0.2)
    assert flat[PadMode.ZERO][0] > 5
    assert flat[PadMode.REFLECT][0] < 1.2 < flat[PadMode.REFLECT][1]
    mean, deviation = found[PadMode.ZERO].relative()
    assert mean.shape == deviation.shape == (24, 24, 1)
    assert mean[0, 0, 0] < -2
    assert abs(mean[8:-8, 8:-8].mean()) < 0.2


def test_bias_needs_a_border() -> None:
    with pytest.raises(GeometryError, match="no bias to look for"):
        bias_maps(stack_of_kernel(cv.kernel("1")), RNG.random((2, 1, 4, 4)))


@settings(max_examples=25)
@given(
    shift=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    size=st.sampled_from((3, 4, 5)),
    layers=st.integers(1, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_inside_they_commute_and_at_the_border_wrap_alone(shift, size, layers, seed) -> None:
    rng = np.random.default_rng(seed)
    kernel = cv.Kernel("random", (rng.normal(0, 1, (size, size)),))
    x = rng.random((2, 26, 29))
    found = {one.pad: one for one in translate(stack_of_kernel(kernel, layers=layers), x, shift)}
    for pad, one in found.items():
        assert one.inside.max == 0
        assert one.inside.correlation == pytest.approx(1)
        assert (one.border.max == 0) == (pad is PadMode.WRAP or shift == (0, 0))
        assert (one.unshifted.max == 0) == (shift == (0, 0))


@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.parametrize("shift", [(0, 0), (6, -6), (2, 2), (3, 3), (6, 5), (1, 0)])
def test_strides_commute_with_their_multiples(stride: int, shift: tuple[int, int]) -> None:
    x = np.random.default_rng(2).random((1, 36, 37))
    stack = stack_of_kernel(cv.kernel("gaussian:sigma=1"), stride=stride)
    multiple = all(by % stride == 0 for by in shift)
    assert whole_strides(stack, shift) == multiple
    for one in translate(stack, x, shift):
        assert (one.inside.max == 0) == multiple
        if one.pad is PadMode.WRAP:
            assert (one.border.max == 0) == multiple


def test_agreement_by_hand() -> None:
    x = np.random.default_rng(3).random((1, 20, 20))
    kernel = np.ones((3, 3)) / 9
    (zero,) = translate(stack_of_kernel(cv.Kernel("box", (kernel,))), x, (0, 5), pads=[PadMode.ZERO])
    before = ndimage.correlate(x[0], kernel, mode="constant")
    after = ndimage.correlate(np.roll(x[0], 5, 1), kernel, mode="constant")
    away = np.abs(after - np.roll(before, 5, 1))
    border = np.zeros((20, 20), bool)
    border[[0, -1]] = border[:, [0, -1, 4, 5]] = True
    assert zero.border.mae == pytest.approx(np.where(away > 1e-12, away, 0)[border].mean())
    assert zero.border.max == pytest.approx(away[border].max())
    assert zero.border.correlation == pytest.approx(
        np.corrcoef(after[border], np.roll(before, 5, 1)[border])[0, 1]
    )
    inside = ~border
    assert zero.unshifted.mae == pytest.approx(np.abs(after - before)[inside].mean())
    assert zero.unshifted.correlation == pytest.approx(np.corrcoef(after[inside], before[inside])[0, 1])


def test_pooling_holds_by_so_much(tmp_path) -> None:
    x = ndimage.gaussian_filter(np.random.default_rng(4).random((1, 40, 40)), (0, 2, 2))
    stack = stack_of(tmp_path, {"type": "pool", "size": 4})
    (one,) = translate(stack, x, (1, 0), pads=[PadMode.WRAP])
    before = x[0].reshape(10, 4, 10, 4).max((1, 3))
    after = np.roll(x[0], 1, 0).reshape(10, 4, 10, 4).max((1, 3))
    assert one.unshifted.mae == pytest.approx(np.abs(after - before).mean())
    assert one.unshifted.correlation == pytest.approx(np.corrcoef(after.ravel(), before.ravel())[0, 1])
    assert 0.5 < one.unshifted.correlation < 0.99
    assert math.isnan(one.border.mae)


def test_results_without_padding_are_compared_where_they_are_known(tmp_path) -> None:
    stack = stack_of(tmp_path, {"type": "conv", "kernel": "box:size=3", "padding": 0})
    for one in translate(stack, np.random.default_rng(5).random((1, 12, 12)), (2, -3)):
        assert one.inside.max == 0
        assert one.unshifted.max > 0
        assert math.isnan(one.border.mae)


def test_a_flat_picture_has_no_correlation() -> None:
    (wrap,) = translate(stack_of_kernel(cv.kernel("box")), np.ones((1, 9, 9)), (1, 1), pads=[PadMode.WRAP])
    assert wrap.inside.mae == 0
    assert math.isnan(wrap.inside.correlation)
