"""Signals in the API: arrays of one axis in, arrays of one axis out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import convcli as cv
from convcli.errors import GeometryError, KernelError, UsageError

SIGNALS = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=12)


@given(first=SIGNALS, second=SIGNALS)
def test_numpy_is_equalled(first, second):
    signal, weights = (np.array(each) for each in sorted((first, second), key=len, reverse=True))
    half = len(weights) // 2
    same = "same" if len(weights) % 2 else (half, half - 1)
    for ours, theirs in ((cv.convolve, np.convolve), (cv.correlate, np.correlate)):
        assert_array_equal(ours(signal, weights, pad="zero", padding="full"), theirs(signal, weights, "full"))
        assert_array_equal(ours(signal, weights, pad="valid"), theirs(signal, weights, "valid"))
        assert_array_equal(ours(signal, weights, pad="zero", padding=same), theirs(signal, weights, "same"))


def test_options_are_along_the_signal():
    # by hand: every second window; taps two apart; padding before, on both sides and after
    assert_array_equal(cv.correlate(np.arange(5.0), [1, 1], pad="valid", stride=2), [1, 5])
    assert_array_equal(cv.correlate(np.arange(5.0), [1, 1], pad="valid", dilation=2), [2, 4, 6])
    assert_array_equal(cv.correlate([1, 2, 3], [1, 1], pad="zero", padding=(1, 0)), [1, 3, 5])
    assert_array_equal(cv.correlate([1, 2, 3], [1, 1], pad="zero", padding=1), [1, 3, 5, 3])
    assert_array_equal(cv.correlate([1, 2, 3], [1, 1], pad="zero", padding=((0, 0), (0, 1))), [3, 5, 3])


def test_out_is_what_is_returned():
    out = np.empty(3)
    assert cv.correlate(np.array([1.0, 2, 3]), [1], out=out) is out
    assert_array_equal(out, [1, 2, 3])
    with pytest.raises(UsageError, match="out is"):
        cv.correlate(np.array([1.0, 2, 3]), [1], out=np.empty(4))


def test_a_feature_is_found_in_a_signal():
    scores = cv.match_score([0, 0, 1, 2, 1, 0, 0, -1, -2, -1, 0], [1, 2, 1])
    assert scores.shape == (11,)
    assert scores[3] == pytest.approx(1)
    assert scores[8] == pytest.approx(-1)


@pytest.mark.parametrize("mode", ["same", "valid"])
@pytest.mark.parametrize("size", [3, "auto"])
def test_the_kernel_behind_a_signal_is_found(mode, size):
    signal = np.random.default_rng(5).normal(size=80)
    found = cv.fit_kernel(signal, np.convolve(signal, [1, -2, 4], mode), size, pad="auto", convolve=True)
    assert_allclose(found.weights, [1, -2, 4], atol=1e-9)
    assert found.errors.shape == (3,)
    assert found.size == (1, 3)


def test_masks_leave_samples_of_a_signal_out():
    signal = np.random.default_rng(6).normal(size=50)
    target = np.convolve(signal, [1, 2, 3], "same")
    target[10] = 1000
    found = cv.fit_kernel(signal, target, 3, pad="zero", convolve=True, masks=np.arange(50) != 10)
    assert_allclose(found.weights, [1, 2, 3], atol=1e-9)
    assert found.left_out == 1


def test_axes_that_do_not_go_together_are_refused():
    with pytest.raises(GeometryError, match=r"\(3,\)"):
        cv.correlate(np.ones(3), np.ones((3, 3)))
    with pytest.raises(KernelError, match=r"\(3,\)"):
        cv.correlate(np.ones((3, 3)), np.ones(3))
    with pytest.raises(GeometryError, match="larger"):
        cv.correlate(np.ones(2), np.ones(3), pad="valid")
