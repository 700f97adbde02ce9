"""Sums of 8-bit pixels in int16: exact, or not chosen."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.choices import Method, PadMode
from convcli.engine.arrays import fits_short
from convcli.engine.correlation import correlate as module
from convcli.engine.correlation.correlate import correlate
from tests import oracle
from tests.engine.strategies import images, seeds

BYTE, SHORT, SINGLE = np.dtype(np.uint8), np.dtype(np.int16), np.dtype(np.float32)

whole_kernels = st.builds(
    lambda seed, shape, top: np.random.default_rng(seed).integers(-top, top, shape, endpoint=True),
    seeds,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.sampled_from((1, 2, 8)),
)


@given(
    image=images(max_side=12, kinds=("uint8", "int8", "bool")),
    kernel=whole_kernels | st.just(np.outer([1, 2, 1], [-1, 0, 1])) | st.just(np.ones((1, 7))),
    pad=st.sampled_from([mode for mode in PadMode if mode is not PadMode.VALID]),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    bias=st.sampled_from((0.0, 7.0, -300.0, 0.5)),
    dtype=st.sampled_from(("uint8", "int8", "int16", "uint16", "int32")),
    method=st.sampled_from((Method.AUTO, Method.DIRECT, Method.SEPARABLE)),
)
def test_the_same_as_the_loop(image, kernel, pad, stride, dilation, bias, dtype, method):
    options = {"pad": pad, "pad_value": 9.0, "stride": stride, "dilation": dilation, "bias": bias}
    sums = oracle.correlate(image, kernel, **options)
    np.testing.assert_array_equal(
        correlate(image, kernel, **options, method=method, dtype=dtype), oracle.saturate(sums, dtype)
    )


def test_the_largest_sums_that_fit():
    kernel = np.array([[64.0, 64.0]])
    image = np.full((3, 4), 255, np.uint8)
    assert fits_short(kernel, BYTE, SHORT, 127.0, 0.0)
    assert not fits_short(kernel, BYTE, SHORT, 128.0, 0.0)
    assert correlate(image, kernel, bias=127, dtype=np.int16).tolist() == [[32767] * 4] * 3
    assert correlate(image, -kernel, bias=-127, dtype=np.int16).tolist() == [[-32767] * 4] * 3
    assert correlate(image, kernel, bias=128, dtype=np.int32).tolist() == [[32768] * 4] * 3


@pytest.mark.parametrize(
    ("kernel", "image", "result", "bias", "beyond"),
    [
        ([[0.5]], BYTE, BYTE, 0.0, 0.0),
        ([[1.0]], np.dtype(np.uint16), BYTE, 0.0, 0.0),
        ([[1.0]], BYTE, SINGLE, 0.0, 0.0),
        ([[1.0]], BYTE, BYTE, 0.5, 0.0),
        ([[1.0]], BYTE, BYTE, 0.0, 0.25),
        ([[1.0]], BYTE, BYTE, 0.0, 40000.0),
    ],
)
def test_what_does_not_fit(kernel, image, result, bias, beyond):
    assert fits_short(np.array([[1.0]]), BYTE, BYTE, 0.0, 0.0)
    assert not fits_short(np.array(kernel), image, result, bias, beyond)


def test_a_value_beyond_the_edge_that_does_not_fit():
    image = np.zeros((2, 2), np.uint8)
    result = correlate(image, [[1, 1, 1]], pad="constant", pad_value=40000, dtype=np.uint16)
    assert result.tolist() == [[40000, 40000]] * 2


@pytest.mark.parametrize(
    "kernel",
    [
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    ],
)
def test_pixel_for_pixel_as_opencv(kernel, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "fits_short", lambda *given: asked.append(fits_short(*given)) or asked[-1])
    image = np.random.default_rng(3).integers(0, 256, (1100, 1000), dtype=np.uint8)
    expected = cv2.filter2D(image, -1, np.float32(kernel))
    np.testing.assert_array_equal(correlate(image, kernel, dtype=np.uint8), expected)
    assert asked == [True]
