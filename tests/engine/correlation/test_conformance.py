"""The same numbers as SciPy's and OpenCV's, with their names and anchors translated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcli.choices import Method
from convcli.engine.correlation.correlate import convolve, correlate
from tests import oracle
from tests.engine.strategies import kernels, seeds

SCIPY = ("mirror", "reflect", "nearest", "wrap", "constant")
OPENCV = ("REFLECT_101", "REFLECT", "REPLICATE", "CONSTANT")


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("mode", SCIPY)
@settings(max_examples=20)
@given(seed=seeds, kernel=kernels(max_side=9), dtype=st.sampled_from(("float32", "float64")))
def test_scipy(mode, method, seed, kernel, dtype):
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 1, rng.integers(1, 60, 2)).astype(dtype)
    # SciPy puts the extra pixel of an even kernel at the top and left.
    origin = tuple(-1 if size % 2 == 0 else 0 for size in kernel.shape)
    expected = ndimage.correlate(image.astype(float), kernel, mode=mode, cval=2.0, origin=origin)
    result = correlate(image, kernel, pad=f"scipy:{mode}", pad_value=2.0, method=method)
    np.testing.assert_allclose(result, expected, rtol=0, atol=oracle.bound(image, kernel, dtype, 2.0))


@given(seed=seeds, kernel=kernels(max_side=7))
def test_scipy_convolve(seed, kernel):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = np.random.default_rng(seed).normal(0, 1, (20, 23))
    kernel = kernel[: len(kernel) - 1 + len(kernel) % 2, : kernel.shape[1] - 1 + kernel.shape[1] % 2]
    if kernel.size:
        result = convolve(image, kernel)
        expected = ndimage.convolve(image, kernel, mode="mirror")
        np.testing.assert_allclose(result, expected, rtol=0, atol=oracle.bound(image, kernel, "float64"))


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("mode", OPENCV)
@settings(max_examples=20)
@given(seed=seeds, kernel=kernels(max_side=9), channels=st.integers(1, 4))
def test_opencv(mode, method, seed, kernel, channels):
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(seed)
    # OpenCV reflects once only: the picture is larger than the kernel here.
    image = rng.normal(0, 1, (*rng.integers(12, 60, 2), channels)).astype(np.float32)
    anchor = ((kernel.shape[1] - 1) // 2, (kernel.shape[0] - 1) // 2)
    border = getattr(cv2, f"BORDER_{mode}")
    expected = cv2.filter2D(image, -1, kernel, anchor=anchor, borderType=border)
    result = correlate(image, kernel, pad=f"opencv:border_{mode.lower()}", method=method)
    np.testing.assert_allclose(
        result.reshape(expected.shape), expected, rtol=0, atol=2 * oracle.bound(image, kernel, "float32")
    )


@pytest.mark.parametrize(
    "kernel",
    [[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.full((5, 5), 1 / 25)],
    ids=["sobel", "laplacian", "box"],
)
def test_opencv_to_eight_bits(kernel):
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    expected = cv2.filter2D(image, -1, np.array(kernel, float), borderType=cv2.BORDER_REFLECT_101)
    result = correlate(image, kernel, dtype=np.uint8)
    np.testing.assert_array_equal(result, expected)
