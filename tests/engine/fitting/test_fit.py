"""`fit_kernel` against NumPy's least squares on a matrix of windows that a loop unfolds."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import PadMode
from convcli.engine.correlation.correlate import convolve, correlate
from convcli.engine.fitting.fit import fit_kernel
from convcli.errors import ConvcliError, GeometryError, UsageError
from tests.engine.strategies import layouts, seeds
from tests.oracle import unfold

SIZES = st.tuples(st.integers(1, 5), st.integers(1, 5))
STRIDES = st.sampled_from(((1, 1), (1, 1), (2, 1), (1, 3), (2, 2)))


def least_squares(rows, targets, bias, ridge=0.0):
    """Weights and bias of least norm by an SVD, the penalty on the weights as rows of its own."""
    taps = rows.shape[1]
    matrix = np.column_stack([rows, np.ones(len(rows))]) if bias else rows
    penalty = np.zeros((taps, matrix.shape[1]))
    penalty[:, :taps] = np.sqrt(ridge) * np.eye(taps)
    solution = np.linalg.lstsq(np.vstack([matrix, penalty]), np.append(targets, np.zeros(taps)), rcond=None)[
        0
    ]
    return solution[:taps], solution[taps] if bias else 0.0


@pytest.mark.parametrize("pad", PadMode)
@settings(max_examples=20)
@given(
    seed=seeds,
    size=SIZES,
    stride=STRIDES,
    bias=st.booleans(),
    kind=st.sampled_from(("float64", "float32", "uint8", "int16")),
    kept=st.sampled_from((1.0, 1.0, 0.8, 0.3)),
    l2=st.sampled_from((0.0, 0.0, 0.5)),
    loss=st.sampled_from(("mean", "sum")),
    turned=st.booleans(),
    layout=st.data(),
)
def test_equals_least_squares(pad, seed, size, stride, bias, kind, kept, l2, loss, turned, layout):
    rng = np.random.default_rng(seed)
    shape = [int(n) for n in rng.integers(size, 22)]
    image = layout.draw(layouts((40 + 50 * rng.random(shape)).astype(kind)))
    rows, results = unfold(image, size, pad, stride, 7.0)
    target = 30 * rng.normal(size=results)
    mask = rng.random(results) < kept
    assume(mask.sum() >= size[0] * size[1] + 1)
    rows, targets = rows[mask.ravel()], target[mask]
    spread = np.linalg.svd(rows - rows.mean(0) if bias else rows, compute_uv=False)
    assume(spread[-1] > 1e-3 * spread[0])
    fit = fit_kernel(
        image,
        target,
        size,
        pad=pad,
        pad_value=7.0,
        stride=stride,
        bias=bias,
        l2=l2,
        loss=loss,
        convolve=turned,
        masks=None if kept == 1 else mask,
    )
    ridge = l2 * len(targets) if loss == "mean" else l2
    weights, shift = least_squares(rows, targets, bias, ridge)
    found = fit.weights[::-1, ::-1] if turned else fit.weights
    assert_allclose(found, weights.reshape(size), rtol=0, atol=1e-9 * np.abs(weights).max())
    assert fit.bias == pytest.approx(shift, abs=1e-8 * max(1.0, np.abs(targets).max()))
    left = targets - rows @ weights - shift
    assert (fit.samples, fit.left_out) == (len(targets), target.size - len(targets))
    assert fit.rmse == pytest.approx(np.sqrt(np.mean(left**2)), abs=1e-9)
    assert fit.worst == pytest.approx(np.abs(left).max(), abs=1e-8)
    assert fit.r2 == pytest.approx(1 - np.sum(left**2) / np.sum((targets - targets.mean()) ** 2), abs=1e-9)
    mean = np.mean(left**2) if loss == "mean" else np.sum(left**2)
    assert fit.loss == pytest.approx(mean + l2 * np.sum(weights**2), rel=1e-9, abs=1e-12)
    assert fit.unique
    if not l2:
        assert fit.condition == pytest.approx(spread[0] / spread[-1], rel=1e-6)
        _compare_errors(fit, rows, left, bias, found)


def _compare_errors(fit, rows, left, bias, found):
    matrix = np.column_stack([rows, np.ones(len(rows))]) if bias else rows
    spare = len(rows) - matrix.shape[1]
    if spare == 0:
        assert np.isnan(fit.errors).all()
        return
    errors = np.sqrt(left @ left / spare * np.diag(np.linalg.inv(matrix.T @ matrix)))
    ours = fit.errors[::-1, ::-1] if fit.convolve else fit.errors
    assert_allclose(ours.ravel(), errors[: found.size], rtol=1e-5, atol=1e-12)
    assert fit.bias_error == pytest.approx(errors[-1] if bias else 0.0, rel=1e-5, abs=1e-12)


@settings(max_examples=15)
@given(seed=seeds, count=st.integers(1, 3), channels=st.integers(1, 3), per_channel=st.booleans())
def test_pairs_and_channels(seed, count, channels, per_channel):
    rng = np.random.default_rng(seed)
    befores = [rng.normal(3, 1, (*rng.integers(6, 14, 2), channels)) for _ in range(count)]
    afters = [rng.normal(-2, 1, before.shape) for before in befores]
    fit = fit_kernel(befores, afters, (2, 3), per_channel=per_channel)
    rows = [
        np.vstack([unfold(before[..., c], (2, 3), "reflect")[0] for before in befores])
        for c in range(channels)
    ]
    values = [np.concatenate([after[..., c].ravel() for after in afters]) for c in range(channels)]
    if not per_channel:
        rows, values = [np.vstack(rows)], [np.concatenate(values)]
    solved = [least_squares(a, b, True) for a, b in zip(rows, values, strict=True)]
    assert fit.weights.shape == ((channels, 2, 3) if per_channel else (2, 3))
    assert fit.bias.shape == ((channels,) if per_channel else ())
    assert_allclose(fit.weights.reshape(-1, 6), [weights for weights, _ in solved], atol=1e-10)
    assert_allclose(np.atleast_1d(fit.bias), [bias for _, bias in solved], atol=1e-10)
    square = sum(np.sum((b - a @ w - s) ** 2) for a, b, (w, s) in zip(rows, values, solved, strict=True))
    assert fit.loss == pytest.approx(square / sum(len(b) for b in values) if not per_channel else fit.loss)
    assert fit.rmse == pytest.approx(np.sqrt(square / sum(len(b) for b in values)))


@pytest.mark.parametrize("pad", PadMode)
def test_a_noiseless_pair_gives_the_kernel_back(pad, rng):
    image, kernel = 1000 * rng.random((70, 64)) + 5000, rng.normal(size=(9, 9))
    fit = fit_kernel(
        image, correlate(image, kernel, pad=pad, pad_value=3.0, bias=-12.5), 9, pad=pad, pad_value=3
    )
    assert_allclose(fit.weights, kernel, rtol=0, atol=1e-12)
    assert fit.bias == pytest.approx(-12.5, abs=1e-8)
    assert fit.r2 == 1


def test_a_smooth_picture_keeps_its_digits(rng):
    image = correlate(rng.random((80, 90)), np.ones((5, 5)) / 25) + 100
    kernel = rng.normal(size=(5, 5))
    fit = fit_kernel(image, correlate(image, kernel), 5)
    assert fit.condition > 30
    assert_allclose(fit.weights, kernel, rtol=0, atol=1e-9)


def test_float32_gives_what_float32_allows(rng):
    image, kernel = rng.random((60, 60), np.float32), rng.normal(size=(9, 9))
    target = correlate(image, kernel, bias=2.0)
    assert target.dtype == np.float32
    fit = fit_kernel(image, target, 9)
    assert_allclose(fit.weights, kernel, rtol=0, atol=1e-6)
    assert np.abs(fit.weights - kernel).max() < 6 * fit.errors.max()


def test_standard_errors_tell_the_truth_of_rounded_targets(rng):
    """Errors over standard errors are about normal: their squares have a mean near 1, and 5% exceed 2."""
    ratios = []
    for _ in range(20):
        image, kernel = rng.integers(0, 256, (40, 50), np.uint8), rng.normal(size=(3, 3)) / 30
        target = correlate(image, kernel, bias=128.0, dtype=np.uint8)
        fit = fit_kernel(image, target, 3)
        assert fit.rmse == pytest.approx(1 / np.sqrt(12), rel=0.1)
        ratios += [*((fit.weights - kernel) / fit.errors).ravel(), (fit.bias - 128) / fit.bias_error]
    assert np.mean(np.square(ratios)) == pytest.approx(1, abs=0.3)
    assert np.mean(np.abs(ratios) > 2) < 0.1


@pytest.mark.parametrize("scale", [1e-130, 1e-9, 1e9, 1e130])
def test_pixels_of_any_magnitude(scale, rng):
    image, kernel = scale * rng.random((20, 20)), rng.normal(size=(3, 3))
    target = correlate(image, kernel) + scale * rng.normal(0, 0.1, image.shape)
    fit, plain = fit_kernel(image, target, 3), fit_kernel(image / scale, target / scale, 3)
    assert_allclose(fit.weights, plain.weights, rtol=1e-9)
    assert_allclose(fit.errors, plain.errors, rtol=1e-6)
    assert fit.r2 == pytest.approx(plain.r2)
    assert fit.unique


def test_threads_change_nothing(rng):
    image, target = rng.random((300, 90)), rng.random((300, 90))
    mask = rng.random(target.shape) < 0.9
    one, three = (fit_kernel(image, target, 5, masks=mask, jobs=jobs) for jobs in (1, 3))
    assert_array_equal(one.weights, three.weights)
    assert (one.rmse, one.condition) == (three.rmse, three.condition)


def test_wide_pictures_are_cut_into_blocks(rng):
    image, target = rng.random((9, 1300)), rng.random((9, 1300))
    rows, _ = unfold(image, (4, 3), "wrap")
    weights, bias = least_squares(rows, target.ravel(), True)
    fit = fit_kernel(image, target, (4, 3), pad="wrap")
    assert_allclose(fit.weights.ravel(), weights, atol=1e-11)
    assert fit.bias == pytest.approx(bias)


def test_convolve_gives_the_kernel_that_convolve_takes(rng):
    image, kernel = rng.random((20, 30)), rng.normal(size=(3, 4))
    fit = fit_kernel(image, convolve(image, kernel), (3, 4), convolve=True)
    assert_allclose(fit.weights, kernel, atol=1e-12)
    assert fit.convolve


def test_a_flat_picture_leaves_everything_open():
    fit = fit_kernel(np.full((12, 15), 0.3), np.full((12, 15), 4.7), 3)
    assert not fit.unique
    assert len(fit.freedom) == 9
    assert_allclose(fit.weights, 0, atol=1e-12)
    assert fit.bias == pytest.approx(4.7)
    assert np.isinf(fit.errors).all()
    assert np.isinf(fit.bias_error)
    assert fit.condition == np.inf
    assert fit.r2 == 1


def test_a_periodic_picture_leaves_directions_open(rng):
    image = np.tile(rng.random((1, 4)), (16, 6))  # vertical stripes: rows are all alike
    kernel = rng.normal(size=(3, 3))
    target = correlate(image, kernel, pad="wrap", bias=1.0)
    fit = fit_kernel(image, target, 3, pad="wrap")
    assert not fit.unique
    assert len(fit.freedom) == 6
    assert fit.rmse < 1e-12
    basis = np.array([each.ravel() for each in fit.freedom])
    assert_allclose(basis @ basis.T, np.eye(6), atol=1e-12)
    assert_allclose(basis @ fit.weights.ravel(), 0, atol=1e-10)  # of least norm
    for each in fit.freedom:
        moved = correlate(image, fit.weights + each, pad="wrap")
        assert np.ptp(moved - target) < 1e-9  # but for the bias, nothing changes
    # Columns of the kernel count by their sums alone.
    assert_allclose(fit.weights.sum(0), kernel.sum(0), atol=1e-10)


def test_some_weights_may_be_determined_where_others_are_not():
    image = np.zeros((20, 20))
    image[:, 9:] = 1  # of a 3x3 window, all rows show the same
    fit = fit_kernel(image, correlate(image, [[0, 0, 0], [0, 2, 0], [0, 0, 0]]), 3)
    assert not fit.unique
    assert len(fit.freedom) == 6


def test_l2_shrinks_weights_and_not_the_bias(rng):
    image = rng.random((20, 20))
    fit = fit_kernel(image, 3 * image + 100, 1, l2=1e6)
    assert abs(fit.weights[0, 0]) < 1e-3
    assert fit.bias == pytest.approx(100 + 3 * image.mean(), abs=1e-3)


def test_l2_chooses_where_pictures_do_not():
    fit = fit_kernel(np.full((5, 5), 2.0), np.full((5, 5), 2.0), 3, l2=0.1, bias=False)
    assert fit.unique
    assert_allclose(fit.weights, np.full((3, 3), 36 / (9 * 36 + 0.9)) / 1.0, atol=0.2)
    assert np.ptp(fit.weights) < 1e-12


def test_what_is_held_out_is_predicted(rng):
    image, kernel = rng.random((50, 60)), rng.normal(size=(3, 3))
    target = correlate(image, kernel) + rng.normal(0, 0.1, image.shape)
    fit = fit_kernel(image, target, 3, holdout=0.25, seed=3)
    assert fit.samples + fit.holdout.samples == image.size
    assert fit.left_out == 0
    assert fit.holdout.samples == pytest.approx(image.size / 4, rel=0.1)
    assert fit.holdout.rmse == pytest.approx(0.1, rel=0.1)
    assert fit.holdout.r2 == pytest.approx(fit.r2, abs=0.01)
    again = fit_kernel(image, target, 3, holdout=0.25, seed=3)
    assert again.holdout == fit.holdout
    assert fit_kernel(image, target, 3, holdout=0.25, seed=4).holdout != fit.holdout


def test_what_is_held_out_is_not_fitted(rng):
    """Overfitting shows: 81 weights on few pixels predict the others badly."""
    image, target = rng.random((14, 14)), rng.random((14, 14))
    fit = fit_kernel(image, target, 9, holdout=0.4)
    assert fit.r2 > 0.5
    assert fit.holdout.r2 < 0


def test_a_mask_hides_values_from_holdout_too(rng):
    image, target = rng.random((30, 30)), rng.random((30, 30))
    mask = rng.random((30, 30)) < 0.5
    fit = fit_kernel(image, np.where(mask, target, 1e6), 3, masks=mask, holdout=0.2)
    assert fit.worst < 2
    assert fit.holdout.rmse < 2
    assert fit.samples + fit.holdout.samples == mask.sum()


def test_what_is_left_out_costs_no_digits(rng):
    image, kernel = rng.random((30, 30)), rng.normal(size=(3, 3))
    mask = rng.random((30, 30)) < 0.8
    fit = fit_kernel(image, np.where(mask, correlate(image, kernel), 1e30), 3, masks=mask)
    assert_allclose(fit.weights, kernel, atol=1e-12)


def test_one_mask_for_all_channels(rng):
    image, mask = rng.random((9, 9, 3)), rng.random((9, 9)) < 0.7
    fit = fit_kernel(image, image, 1, masks=mask)
    assert fit.samples == 3 * mask.sum()


def test_a_median_is_not_linear(rng):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = rng.random((60, 60))
    fit = fit_kernel(image, ndimage.median_filter(image, 3, mode="mirror"), 3)
    assert 0.3 < fit.r2 < 0.8


def test_nested_lists_are_one_picture():
    fit = fit_kernel([[1, 2, 4], [8, 1, 3]], [[2, 4, 8], [16, 2, 6]], 1)
    assert_allclose(fit.weights, [[2]])
    assert fit.samples == 6


SQUARE = np.arange(36.0).reshape(6, 6) ** 1.5


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        (
            (SQUARE, SQUARE[1:], 3),
            GeometryError,
            "target is 5x6, but a 3x3 kernel makes 6x6 of its input of 6x6",
        ),
        ((SQUARE, SQUARE[1:], 3), GeometryError, "-p valid --size 2x1 makes that size"),
        ((SQUARE, SQUARE[:3], 9), GeometryError, "stride 2x1 makes that size"),
        ((SQUARE, SQUARE, 3, {"pad": "valid"}), GeometryError, "-p auto makes that size"),
        ((SQUARE, SQUARE, 3, {"stride": 2}), GeometryError, "with stride 2x2 makes 3x3"),
        ((SQUARE, SQUARE, 7, {"pad": "valid"}), GeometryError, "makes nothing"),
        (
            (SQUARE[..., None].repeat(3, 2), SQUARE, 3),
            GeometryError,
            "input has 3 channels, target has 1 channel",
        ),
        (([SQUARE, SQUARE[..., None].repeat(2, 2)],) * 2 + (3,), GeometryError, "numbers of channels"),
        (([SQUARE, SQUARE], [SQUARE], 3), UsageError, "2 inputs and 1 targets make no pairs"),
        (([], [], 3), GeometryError, "input of shape .0,. is not a picture"),
        ((SQUARE, SQUARE + np.nan, 3), ConvcliError, "target has pixels that are not finite"),
        ((SQUARE + np.inf, SQUARE, 3), ConvcliError, "input has pixels that are not finite"),
        (([SQUARE, SQUARE], [SQUARE, SQUARE - np.inf], 3), ConvcliError, "target 2 has pixels"),
        ((SQUARE * 1e200, SQUARE, 3), ConvcliError, "too large"),
        ((SQUARE * 1e-200, SQUARE, 3), ConvcliError, "too small"),
        ((SQUARE * 1j, SQUARE, 3), UsageError, "complex128"),
        ((SQUARE[0], SQUARE, 3), GeometryError, "not a picture"),
        (([[1, 2], [3]], SQUARE, 3), GeometryError, "rows of different lengths"),
        ((SQUARE, SQUARE, 7), GeometryError, "36 values are too few for 49 weights and a bias"),
        ((SQUARE, SQUARE, 6, {"bias": True}), GeometryError, "at least 37 values"),
        ((SQUARE, SQUARE, 3, {"masks": SQUARE < -1}), ConvcliError, "no value of the target is left"),
        ((SQUARE, SQUARE, 3, {"masks": SQUARE}), UsageError, "mask is made of float64"),
        ((SQUARE, SQUARE, 3, {"masks": SQUARE[1:] > 0}), UsageError, "does not fit its target"),
        ((SQUARE, SQUARE, 3, {"masks": [SQUARE > 0] * 2}), UsageError, "2 masks for 1 targets"),
        ((SQUARE, SQUARE, 0), UsageError, "size 0 is too small"),
        ((SQUARE, SQUARE, "large"), UsageError, "size 'large'"),
        ((SQUARE, SQUARE, 65), UsageError, "4225 weights"),
        ((SQUARE, SQUARE, 3, {"pad": "refect"}), UsageError, "did you mean 'reflect'"),
        ((SQUARE, SQUARE, 3, {"pad_value": np.nan}), UsageError, "pad value nan"),
        ((SQUARE, SQUARE, 3, {"method": "sgd"}), UsageError, "method of fitting 'sgd' is not known"),
        ((SQUARE, SQUARE, 3, {"loss": "max"}), UsageError, "loss 'max' is not known"),
        ((SQUARE, SQUARE, 3, {"init": "one"}), UsageError, "start 'one' is not known"),
        ((SQUARE, SQUARE, 3, {"l2": -1}), UsageError, "l2 -1 is not a penalty"),
        ((SQUARE, SQUARE, 3, {"holdout": 1.0}), UsageError, "holdout 1 is not a share"),
        ((SQUARE, SQUARE, 3, {"holdout": -0.1}), UsageError, "holdout -0.1"),
        ((SQUARE, SQUARE, 3, {"lr": 0.1}), UsageError, "learning rate 0.1 has no effect with lstsq"),
        ((SQUARE, SQUARE, 3, {"batch": 10}), UsageError, "batch 10 has no effect"),
        ((SQUARE, SQUARE, 3, {"lr": 0.0, "method": "gd"}), UsageError, "learning rate 0 is not positive"),
        ((SQUARE, SQUARE, 3, {"batch": 0, "method": "gd"}), UsageError, "batch 0 is too small"),
        ((SQUARE, SQUARE, 3, {"steps": 0, "method": "gd"}), UsageError, "steps 0 is too small"),
        ((SQUARE, SQUARE, 3, {"seed": -1}), UsageError, "seed -1 is too small"),
        ((SQUARE, SQUARE, 3, {"stride": 0}), UsageError, "stride 0 is too small"),
        ((SQUARE, SQUARE, 3, {"jobs": 0}), UsageError, "jobs 0 is too small"),
    ],
)
def test_errors(arguments, kind, says):
    inputs, targets, size, *options = arguments
    with pytest.raises(kind, match=says):
        fit_kernel(inputs, targets, size, **(options[0] if options else {}))
