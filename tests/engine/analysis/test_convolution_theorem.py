"""The convolution theorem, with transforms summed term by term."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from convcli.engine.analysis.convolution_theorem import theorem
from convcli.errors import GeometryError, KernelError
from tests import oracle
from tests.engine.strategies import kernels, seeds

sides = st.integers(1, 9)


def transform(values: np.ndarray) -> np.ndarray:
    """F[u, v] = sum x[r, c] exp(-2 pi i (u r / H + v c / W)), one frequency at a time."""
    height, width = values.shape
    found = np.empty(values.shape, complex)
    for u, v in np.ndindex(height, width):
        found[u, v] = sum(
            values[r, c] * np.exp(-2j * np.pi * (u * r / height + v * c / width))
            for r, c in np.ndindex(height, width)
        )
    return found


@settings(deadline=None, max_examples=40)
@given(seeds, sides, sides, kernels(max_side=12), st.booleans())
def test_both_sides_are_what_they_say(seed, height, width, kernel, convolve):
    image = np.random.default_rng(seed).normal(0, 30, (height, width))
    found = theorem(image, kernel, convolve=convolve)
    weights = kernel[::-1, ::-1] if convolve else kernel
    slid = oracle.correlate(image, weights, pad="wrap")
    size = max(1e-300, float(np.abs(kernel).sum() * np.abs(image).max()))
    assert_allclose(found.direct, slid, rtol=0, atol=1e-12 * size)
    assert_allclose(found.picture, transform(image), rtol=0, atol=1e-9)
    assert_allclose(found.result, transform(slid), rtol=0, atol=1e-11 * size * image.size)
    product = found.picture * (found.kernel if convolve else found.kernel.conj())
    assert_allclose(found.product, product)
    assert found.holds
    largest = np.abs(slid).max()
    if largest > 1e-6 * size:  # else only rounding is left to compare
        assert found.difference < 1e-9
        assert found.spectral_difference < 1e-9
        back = np.fft.ifft2(found.product).real
        assert found.difference == pytest.approx(np.abs(back - slid).max() / largest, abs=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1000), (300, 257)])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_results_that_are_small_beside_the_picture_hold_too(shape, offset):
    """Rounding is that of the picture, not that of differences, which may all be 0."""
    noise = np.random.default_rng(8).random(shape)
    assert theorem(offset + noise, [[1, -2, 1]]).holds
    assert theorem(np.full(shape, offset + 0.1), [[0.3, -0.3]]).holds


def test_the_response_is_that_of_the_kernel():
    found = theorem(np.ones((8, 6)), [[1, 2, 1]])
    expected = 2 + 2 * np.cos(2 * np.pi * np.arange(6) / 6)
    assert_allclose(found.kernel, np.tile(expected, (8, 1)), atol=1e-12)


def test_a_kernel_larger_than_the_picture_is_wound_round():
    found = theorem([[1.0, 2.0], [3.0, 5.0]], np.ones((5, 5)))
    assert_allclose(found.kernel, np.fft.fft2([[9, 6], [6, 4]]))
    assert found.difference < 1e-12


def test_difference_is_measured():
    """An engine that got the anchor wrong would be found out: this is what that looks like."""
    image = np.arange(12.0).reshape(3, 4)
    right, wrong = theorem(image, [[1, 0, 0]]), theorem(image, [[0, 1, 0]])
    assert right.difference < 1e-12
    assert np.abs(np.fft.ifft2(right.product).real - wrong.direct).max() > 1


def test_zeros_are_not_apart():
    found = theorem(np.zeros((3, 3)), [[1, -1]])
    assert (found.difference, found.spectral_difference) == (0, 0)


def test_errors():
    with pytest.raises(GeometryError, match="has channels"):
        theorem(np.ones((3, 3, 3)), [[1]])
    with pytest.raises(KernelError, match="not a matrix"):
        theorem(np.ones((3, 3)), [1])
