"""The size and the anchor that a filter had, found from what it did."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from convcli.engine.correlation.correlate import correlate
from convcli.engine.fitting.fit import fit_kernel
from convcli.engine.fitting.size_search import kernel_size
from tests import oracle
from tests.engine.strategies import seeds


@pytest.mark.parametrize("offsets", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("size", [(2, 2), (4, 2), (3, 4)])
def test_the_anchor_of_even_kernels(size, offsets, rng):
    """OpenCV and SciPy have the extra pixel of an even kernel at the top and left, we at the other side."""
    image, kernel = rng.normal(size=(26, 22)), rng.normal(size=size)
    before = [
        n // 2 if offset and n % 2 == 0 else (n - 1) // 2 for n, offset in zip(size, offsets, strict=True)
    ]
    sides = [(near, n - 1 - near) for near, n in zip(before, size, strict=True)]
    target = oracle.correlate(image, kernel, pad="wrap", padding=(sides[0], sides[1]))
    expected = [n + 1 if offset and n % 2 == 0 else n for n, offset in zip(size, offsets, strict=True)]
    if any(new != old for new, old in zip(expected, size, strict=True)):
        expected = [n + 1 - n % 2 for n in size]
    for wanted in (size, "auto"):
        fit = fit_kernel(image, target, wanted, pad="auto")
        assert fit.pad == "wrap"
        assert fit.rmse < 1e-10
        if wanted != "auto":
            assert fit.size == tuple(expected)
        assert_allclose(correlate(image, fit.weights, pad="wrap", bias=fit.bias), target, atol=1e-9)


@pytest.mark.parametrize(
    ("near", "far", "size"), [(0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 3), (1, 2, 4), (2, 1, 5), (0, 3, 6)]
)
def test_the_size_that_reaches(near, far, size):
    assert kernel_size(near, far) == size
    # Where `same` padding puts the anchor of that size.
    assert (size - 1) // 2 >= near
    assert size // 2 >= far
    smaller = size - 1
    assert smaller == 0 or (smaller - 1) // 2 < near or smaller // 2 < far


@settings(max_examples=25)
@given(seed=seeds, size=st.tuples(st.integers(1, 7), st.integers(1, 7)), noise=st.sampled_from((0.0, 0.05)))
def test_every_size_is_found(seed, size, noise):
    rng = np.random.default_rng(seed)
    image = rng.normal(40, 9, (60, 50))
    kernel = rng.uniform(0.3, 1, size) * rng.choice([-1, 1], size)
    target = correlate(image, kernel, pad="wrap") + noise * rng.normal(size=image.shape)
    fit = fit_kernel(image, target, "auto", pad="wrap")
    assert fit.size == size
    assert_allclose(fit.weights, kernel, atol=1e-9 if not noise else 6 * fit.errors.max())
    sizes = [trial.size for trial in fit.sizes]
    assert sizes == [(n, n) for n in range(1, sizes[-1][0] + 1, 2)]
    falling = [trial.rms for trial in fit.sizes]
    assert all(later <= earlier * (1 + 1e-9) for earlier, later in pairwise(falling))


def test_noise_alone_has_no_size(rng):
    """Larger kernels always fit noise a little better: that is no reason to take them."""
    for _ in range(5):
        image, target = rng.normal(size=(40, 40)), rng.normal(size=(40, 40))
        assert fit_kernel(image, target, "auto").size == (1, 1)


def test_weights_that_noise_drowns_are_not_chased(rng):
    image, kernel = rng.normal(size=(60, 60)), np.zeros((5, 5))
    kernel[1:4, 1:4] = 1
    kernel[0, 0] = 0.002
    target = correlate(image, kernel) + rng.normal(0, 0.5, image.shape)
    assert fit_kernel(image, target, "auto").size == (3, 3)
    # Without noise they count.
    assert fit_kernel(image, correlate(image, kernel), "auto").size == (5, 5)


def test_a_shift_is_a_kernel_with_one_weight(rng):
    image = rng.normal(size=(60, 64))
    fit = fit_kernel(image, np.roll(image, (4, -3), (0, 1)), "auto", pad="wrap")
    assert fit.size == (9, 6)
    expected = np.zeros((9, 6))
    expected[0, 5] = 1
    assert_allclose(fit.weights, expected, atol=1e-12)


def test_a_large_kernel_is_followed(rng):
    image = rng.normal(size=(150, 150))
    kernel = np.ones((3, 25)) / 75
    fit = fit_kernel(image, correlate(image, kernel), "auto", pad="auto")
    assert fit.size == (3, 25)
    assert fit.pad == "reflect"
    assert fit.sizes[-1].size == (31, 31)


def test_eight_bits_and_a_blur(scene):
    cv2 = pytest.importorskip("cv2")
    target = cv2.GaussianBlur(scene, (7, 7), 1.2, borderType=cv2.BORDER_REFLECT)
    fit = fit_kernel(scene, target, "auto", pad="auto")
    assert fit.pad == "symmetric"
    assert fit.size in ((5, 5), (7, 7))
    assert fit.rmse < 0.45
    line = cv2.getGaussianKernel(7, 1.2).ravel()
    whole = np.outer(line, line)
    edge = (7 - fit.size[0]) // 2
    assert_allclose(fit.weights, whole[edge : 7 - edge, edge : 7 - edge], atol=5e-3)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
def test_a_symmetric_kernel_that_fades_ends_alike_on_each_side(sigma, scene):
    ndimage = pytest.importorskip("scipy.ndimage")
    target = np.rint(ndimage.gaussian_filter(scene.astype(float), sigma, mode="mirror")).astype(np.uint8)
    fit = fit_kernel(scene, target, "auto", pad="auto")
    assert fit.size[0] % 2 == fit.size[1] % 2 == 1
    assert 2 * sigma <= max(fit.size) // 2 <= 4 * sigma + 1
    assert fit.pad == "reflect"


def test_sizes_of_channels_are_joined(rng):
    image = rng.normal(size=(30, 30, 2))
    target = np.stack([correlate(image[..., 0], [[1, 2, 3]]), correlate(image[..., 1], [[1], [2], [4]])], 2)
    fit = fit_kernel(image, target, "auto", per_channel=True, pad="auto")
    assert fit.size == (3, 3)
    assert fit.pad == "reflect"
    assert_allclose(fit.weights[0], [[0, 0, 0], [1, 2, 3], [0, 0, 0]], atol=1e-11)
    assert_allclose(fit.weights[1], [[0, 1, 0], [0, 2, 0], [0, 4, 0]], atol=1e-11)


def test_sizes_with_a_stride(rng):
    image, kernel = rng.normal(size=(40, 44)), rng.normal(size=(3, 5))
    fit = fit_kernel(image, correlate(image, kernel, stride=(2, 1)), "auto", pad="auto", stride=(2, 1))
    assert fit.size == (3, 5)
    assert_allclose(fit.weights, kernel, atol=1e-11)


def test_large_pictures_are_thinned(rng, monkeypatch):
    """Of large pictures, bands are enough to find the size; the kernel is then fitted to everything."""
    from convcli.engine.fitting import size_search

    monkeypatch.setattr(size_search, "MAX_MULTIPLICATIONS", 3e6)
    image, kernel = rng.normal(size=(200, 60)), rng.normal(size=(5, 3))
    fit = fit_kernel(image, correlate(image, kernel), "auto")
    assert fit.size == (5, 3)
    assert fit.samples == image.size


@pytest.mark.parametrize("value", [0.0, 9.0])
def test_flat_pictures_have_the_smallest_size(value):
    fit = fit_kernel(np.full((20, 20), value), np.full((20, 20), 2.0), "auto", pad="auto")
    assert fit.size == (1, 1)
    assert not fit.unique
