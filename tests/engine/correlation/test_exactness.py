"""Whole weights over whole pixels give the sums that Python's integers give, to the last bit."""

import numpy as np
import pytest

from convcli.choices import Method, PadMode
from convcli.engine.arrays import whole_bound
from convcli.engine.correlation.correlate import correlate
from convcli.engine.correlation.separable import factors, is_exact
from convcli.engine.layers.conv2d import conv2d
from tests import oracle

COUNTED = np.arange(1, 26).reshape(5, 5)  # of rank 2, whose singular vectors are not whole
METHODS = [method.value for method in Method]


def sums(image, kernel, **options):
    """Return the sums in integers, from the oracle's padding."""
    edges = oracle.edges_of("same", kernel.shape, (1, 1))
    padded = oracle.pad(image, edges, options.get("pad", "reflect"), options.get("pad_value", 0.0))
    padded = padded.astype(np.int64)
    height, width = image.shape[:2]
    total = np.zeros(image.shape, np.int64)
    for (i, j), weight in np.ndenumerate(np.asarray(kernel, np.int64)):
        total += weight * padded[i : i + height, j : j + width]
    return total


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "float16", "float32", "float64"])
def test_the_pixels_decide_and_not_their_type(dtype, method):
    image = np.random.default_rng(1).integers(0, 256, (70, 90)).astype(dtype)
    np.testing.assert_array_equal(correlate(image, COUNTED, method=method), sums(image, COUNTED))


def test_a_hand_calculated_window():
    # 1^2 + 2^2 + ... + 25^2 = 25 * 26 * 51 / 6
    assert correlate(COUNTED.astype(float), COUNTED, padding="valid").tolist() == [[5525.0]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("dtype", "digits"), [("float32", 24), ("int64", 53), ("float64", 53)])
@pytest.mark.parametrize("kernel", [COUNTED, np.ones((3, 17)), np.tri(21), 1 - 2 * np.tri(16, 9)])
def test_sums_up_to_the_last_exact_one(kernel, dtype, digits, method):
    largest = int((2**digits - 1) // np.abs(kernel).sum())
    image = np.random.default_rng(2).integers(largest - 3, largest + 1, (60, 300)).astype(dtype)
    image[::3] -= largest
    np.testing.assert_array_equal(correlate(image, kernel, method=method), sums(image, kernel))


@pytest.mark.parametrize("method", ["auto", "separable", "fft"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_missing_pixels_do_not_make_the_others_inexact(dtype, method):
    image = np.random.default_rng(3).integers(0, 1000, (64, 64)).astype(dtype)
    expected = sums(image, COUNTED)
    image[20, 30] = np.nan
    found = correlate(image, COUNTED, method=method)
    far = np.ones(image.shape, bool)
    far[18:23, 28:33] = False
    np.testing.assert_array_equal(found[far], expected[far])
    assert np.isnan(found[~far]).all()


@pytest.mark.parametrize("rows", [(0, 9), (30, 41), (61, 64)])
@pytest.mark.parametrize("pad", [mode.value for mode in PadMode if mode is not PadMode.VALID])
def test_bands_of_rows_are_exact_with_any_padding(pad, rows):
    image = np.random.default_rng(4).integers(-500, 500, (64, 50)).astype(np.float64)
    found = correlate(image, COUNTED, pad=pad, pad_value=7, rows=rows)
    np.testing.assert_array_equal(found, sums(image, COUNTED, pad=pad, pad_value=7)[slice(*rows)])


@pytest.mark.parametrize("method", ["auto", "separable", "fft"])
def test_a_padding_value_that_is_not_whole_is_not_rounded_away(method):
    image = np.zeros((40, 40), np.uint8)
    found = correlate(image, np.ones((9, 9)), pad="constant", pad_value=0.25, method=method)
    assert found[0, 0] == (81 - 25) / 4
    assert found[20, 20] == 0


def test_factors_within_rounding_of_the_kernel_are_not_exact():
    kernel = np.outer([1, 1, 1], [2.0**20, 2.0**20, 2.0**20])
    kernel[0, 0] += 1
    terms = factors(kernel, np.dtype(np.float32))
    assert len(terms) == 1
    assert not is_exact(terms, kernel)
    image = np.zeros((9, 9), np.float32)
    image[4, 4] = 1
    np.testing.assert_array_equal(correlate(image, kernel), sums(image, kernel))


def test_layers_are_exact_too():
    x = np.random.default_rng(5).integers(0, 256, (2, 20, 22))
    weight = np.stack([COUNTED, COUNTED[::-1]])[None]
    expected = sums(x[0], COUNTED) + sums(x[1], COUNTED[::-1])
    for dtype in (np.uint8, np.int64, np.float32, np.float64):
        found = conv2d(x.astype(dtype), weight.astype(np.float32), padding="same", pad="reflect")
        np.testing.assert_array_equal(found[0], expected)


@pytest.mark.parametrize(
    ("pixels", "bound"),
    [
        (np.dtype(np.uint8), 325 * 255),
        (np.dtype(np.int16), 325 * 32768),
        (np.dtype(bool), 325),
        (np.dtype(np.float32), np.inf),
        (np.array([[-3.0, 2.0]]), 325 * 3),
        (np.array([[-3.0, 2.5]]), np.inf),
        (np.array([[-3, 2]]), 325 * 3),
        (np.array([[np.nan, 2.0, -np.inf]]), 325 * 2),
    ],
)
def test_the_bound_of_whole_sums(pixels, bound):
    assert whole_bound(COUNTED.astype(float), pixels) == bound
    assert whole_bound(COUNTED + 0.5, pixels) == np.inf
    if np.isfinite(bound):
        assert whole_bound(COUNTED.astype(float), pixels, -400.0) == 325 * max(400, bound / 325)
