"""The border that a filter had, found from what it did."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import PadMode
from convcli.engine.correlation.correlate import correlate
from convcli.engine.fitting.fit import fit_kernel
from tests import oracle
from tests.engine.strategies import seeds

MODES = [mode for mode in PadMode if mode is not PadMode.VALID]


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
