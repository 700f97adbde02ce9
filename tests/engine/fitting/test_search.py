"""The border, size and anchor that a filter had, found from what it did."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import PadMode
from convcli.engine.correlation.correlate import correlate
from convcli.engine.fitting.fit import fit_kernel
from convcli.engine.fitting.size_search import kernel_size
from convcli.errors import GeometryError, UsageError
from tests import oracle
from tests.engine.strategies import seeds

MODES = [mode for mode in PadMode if mode is not PadMode.VALID]


@pytest.fixture
def scene(rng):
    """Something like a photograph: smooth, with edges and a little noise."""
    ramp = np.add.outer(np.linspace(30, 120, 60), np.linspace(0, 90, 72))
    ramp[20:45, 30:60] += 70
    blurred = correlate(ramp + rng.normal(0, 12, ramp.shape), np.ones((3, 3)) / 9)
    return np.clip(np.rint(blurred + rng.normal(0, 2, ramp.shape)), 1, 254).astype(np.uint8)


@pytest.mark.parametrize("pad", MODES)
@settings(max_examples=12)
@given(
    seed=seeds,
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.sampled_from(((1, 1), (1, 1), (2, 1), (2, 3))),
)
def test_every_border_is_found_and_fitted_with(pad, seed, size, stride):
    rng = np.random.default_rng(seed)
    image, kernel = rng.normal(40, 9, (24, 21)), rng.normal(size=size)
    target = oracle.correlate(image, kernel, pad=pad, pad_value=-3.0, stride=stride, bias=2.0)
    assume(target.size > 40)
    fit = fit_kernel(image, target, size, pad="auto", stride=stride)
    names = {trial.mode for trial in fit.borders if trial.best}
    assert pad in names
    assert len(fit.borders) == len(MODES) + 1
    assert fit.border_fits
    assert not fit.copied
    # Modes may do the same on this picture: the one that is chosen does what the filter did.
    again = correlate(image, fit.weights, pad=fit.pad, pad_value=fit.pad_value, stride=stride, bias=fit.bias)
    assert_allclose(again, target, atol=1e-8)
    assert_allclose(fit.weights, kernel, atol=1e-10)
    same = fit_kernel(image, target, size, pad=fit.pad, pad_value=fit.pad_value, stride=stride)
    assert_array_equal(same.weights, fit.weights)
    if pad is PadMode.CONSTANT and fit.pad is pad:
        assert fit.pad_value == pytest.approx(-3)


def test_the_residuals_are_those_of_the_band(rng):
    image, kernel = rng.normal(40, 9, (15, 17)), rng.normal(size=(3, 5))
    target = oracle.correlate(image, kernel, pad="wrap")
    fit = fit_kernel(image, target, (3, 5), pad="auto")
    band = np.ones((15, 17), bool)
    band[1:-1, 2:-2] = False
    for trial in fit.borders:
        if trial.mode == "copied":
            made = image
        else:
            made = oracle.correlate(image, kernel, pad=trial.mode, pad_value=trial.value or 0.0)
        expected = np.sqrt(np.mean((made - target)[band] ** 2))
        assert trial.rms == pytest.approx(expected, abs=1e-9)
    others = [trial.rms for trial in fit.borders[1:]]
    assert others == sorted(others)
    assert [trial.best for trial in fit.borders] == [True] + [False] * 6


def test_the_constant_is_the_best_there_is(rng):
    image, kernel = rng.normal(40, 9, (15, 17)), np.ones((3, 3)) / 9
    target = oracle.correlate(image, kernel, pad="constant", pad_value=77.0) + rng.normal(0, 0.1, (15, 17))
    fit = fit_kernel(image, target, 3, pad="auto")
    assert (fit.pad, fit.borders[0].mode) == ("constant", "constant")
    assert fit.pad_value == pytest.approx(77, abs=0.5)
    least = fit.borders[0].rms
    for nearby in (-0.2, 0.2):
        made = oracle.correlate(image, fit.weights, pad="constant", pad_value=fit.pad_value + nearby)
        left = made + fit.bias - target
        left[1:-1, 1:-1] = 0
        assert np.sqrt(np.sum(left**2) / (2 * 15 + 2 * 17 - 4)) > least * (1 - 1e-3)


@pytest.mark.parametrize(
    ("pad", "size", "equal", "chosen"),
    [
        ("symmetric", 3, {"replicate", "symmetric"}, "replicate"),  # one pixel is repeated by both
        ("symmetric", 5, {"symmetric"}, "symmetric"),
        ("reflect", 1, {*MODES, "copied"}, "reflect"),  # nothing is made up
        ("constant", 3, {"constant"}, "constant"),
        ("zero", 3, {"zero", "constant"}, "zero"),  # a constant of 0
    ],
)
def test_modes_that_do_the_same_are_ties(pad, size, equal, chosen, rng):
    image = rng.normal(40, 9, (20, 20))
    kernel = np.ones((1, 1)) if size == 1 else rng.normal(size=(size, size))
    fit = fit_kernel(image, correlate(image, kernel, pad=pad, pad_value=9.0), size, pad="auto")
    assert {trial.mode for trial in fit.borders if trial.best} == equal
    assert fit.pad == chosen


def test_eight_bits_do_not_hide_the_border(scene):
    for pad in ("reflect", "replicate", "symmetric", "wrap", "zero"):
        target = correlate(scene, np.ones((7, 7)) / 49, pad=pad, dtype=np.uint8)
        fit = fit_kernel(scene, target, 7, pad="auto")
        assert fit.pad == pad
        assert fit.border_fits


def test_pillow_copies_the_border(scene):
    pillow = pytest.importorskip("PIL.Image")
    from PIL import ImageFilter

    kernel = ImageFilter.Kernel((5, 5), [1, 2, 0, 2, 1] * 5, scale=30)
    target = np.asarray(pillow.fromarray(scene).filter(kernel))
    fit = fit_kernel(scene, target, 5, pad="auto")
    assert fit.copied
    assert fit.borders[0].mode == "copied"
    assert fit.borders[0].rms == 0
    assert fit.left_out == 0
    assert fit.samples == (scene.shape[0] - 4) * (scene.shape[1] - 4)
    assert_allclose(fit.weights, np.array([[1, 2, 0, 2, 1]] * 5) / 30, atol=0.01)


def test_pillow_copies_the_border_of_zeros_too(scene):
    """Of a 5x5 kernel that reaches one pixel to one side alone, two pixels are left as they are on each."""
    pillow = pytest.importorskip("PIL.Image")
    from PIL import ImageFilter

    weights = np.zeros((5, 5))
    weights[2, 2], weights[0, 2] = 1, 2  # Pillow counts rows from the bottom
    kernel = ImageFilter.Kernel((5, 5), weights.ravel(), scale=3)
    target = np.asarray(pillow.fromarray(scene).filter(kernel))
    fit = fit_kernel(scene, target, "auto", pad="auto")
    assert fit.size == (4, 1)
    assert fit.copied
    assert fit.samples == (scene.shape[0] - 4) * (scene.shape[1] - 4)
    assert_allclose(fit.weights, np.array([[0, 1, 0, 2]]).T / 3, atol=0.01)


def test_no_border_explains_noise(scene, rng):
    target = correlate(scene, np.ones((5, 5)) / 25, dtype=np.uint8)
    for edge in (target[:2], target[-2:], target[:, :2], target[:, -2:]):
        edge[...] = rng.integers(0, 256, edge.shape)
    fit = fit_kernel(scene, target, 5, pad="auto")
    assert not fit.border_fits
    assert not fit.copied
    assert_allclose(fit.weights, 1 / 25, atol=0.01)
    assert fit.rmse < 0.4  # of the interior alone


def test_masks_count_in_the_border_too(rng):
    image, kernel = rng.normal(40, 9, (20, 20)), rng.normal(size=(3, 3))
    target = correlate(image, kernel, pad="wrap")
    mask = rng.random(target.shape) < 0.7
    fit = fit_kernel(image, np.where(mask, target, 1e5), 3, pad="auto", masks=mask)
    assert fit.pad == "wrap"
    assert fit.borders[0].rms < 1e-9


@pytest.mark.parametrize(("pad", "size"), [("auto", "auto"), ("valid", "auto"), ("auto", (3, 2))])
def test_smaller_targets_are_valid_ones(pad, size, rng):
    image, kernel = rng.normal(size=(12, 14)), rng.normal(size=(3, 2))
    fit = fit_kernel(image, correlate(image, kernel, pad="valid"), size, pad=pad)
    assert (fit.pad, fit.size) == ("valid", (3, 2))
    assert_allclose(fit.weights, kernel, atol=1e-12)
    assert fit.borders == ()


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


def test_errors_of_what_is_to_be_found(rng):
    image = rng.normal(size=(9, 9))
    with pytest.raises(
        GeometryError, match="targets of 9x8 cannot be made of inputs of 7x9 by one valid filter"
    ):
        fit_kernel(image[:7], image[:, :8], "auto", pad="valid")
    with pytest.raises(UsageError, match="valid targets with a stride"):
        fit_kernel(image, image[:4, :4], "auto", pad="valid", stride=2)
    with pytest.raises(GeometryError, match="target is 8x9, but a 1x1 kernel makes 9x9"):
        fit_kernel(image, image[:8], "auto", pad="wrap")
    with pytest.raises(GeometryError, match="no window of 11x1 inside the picture: too few"):
        fit_kernel(image, image, (11, 1), pad="auto")
