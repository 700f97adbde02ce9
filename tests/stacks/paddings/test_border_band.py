"""The figures of the border band, against loops over its pixels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from convcli.choices import PadMode
from convcli.stacks.paddings.border_band import Band, best, compare_result, winners

bands = st.builds(Band, *(st.integers(0, 5) for _ in range(4)))


def in_band(band, height, width, r, c):
    return r < band.top or r >= height - band.bottom or c < band.left or c >= width - band.right


def on_sides(band, height, width, r, c):
    return {
        "top": r < band.top,
        "bottom": r >= height - band.bottom,
        "left": c < band.left,
        "right": c >= width - band.right,
    }


def mean(values):
    return math.fsum(values) / len(values) if values else math.nan


@settings(max_examples=60)
@given(
    shape=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    channels=st.sampled_from((None, 2)),
    band=bands,
    seed=st.integers(0, 2**32 - 1),
)
def test_every_figure_by_hand(shape, channels, band, seed) -> None:
    rng = np.random.default_rng(seed)
    size = shape if channels is None else (*shape, channels)
    truth = rng.random(size) * 200
    result = truth + rng.normal(0, 5, size) * (rng.random(size) < 0.5)
    found = compare_result(PadMode.WRAP, result, truth, band, peak=255.0)
    height, width = shape
    flat = np.abs(result - truth).reshape(height, width, -1)
    errors, squares, depth = [], [], 0
    sides = {name: [] for name in ("top", "bottom", "left", "right")}
    corners = {f"{row}-{column}": [] for row in ("top", "bottom") for column in ("left", "right")}
    by = {}
    for r in range(height):
        for c in range(width):
            values = [float(v) for v in flat[r, c]]
            away = min(r, c, height - 1 - r, width - 1 - c)
            by.setdefault(away, []).extend(values)
            if max(values) > 0:
                depth = max(depth, away + 1)
            if in_band(band, height, width, r, c):
                errors += values
                squares += [v * v for v in values]
            on = on_sides(band, height, width, r, c)
            for name, there in on.items():
                sides[name] += values if there else []
            for name in corners:
                row, column = name.split("-")
                corners[name] += values if on[row] and on[column] else []
    near = pytest.approx
    assert found.mae == near(mean(errors), nan_ok=True)
    assert found.max == near(max(errors, default=math.nan), nan_ok=True)
    assert found.rmse == near(math.sqrt(mean(squares)) if squares else math.nan, nan_ok=True)
    assert found.depth == depth
    assert found.by_distance.tolist() == near([mean(by[d]) for d in sorted(by)])
    assert found.sides == {name: near(mean(values), nan_ok=True) for name, values in sides.items()}
    assert found.corners == {name: near(mean(values), nan_ok=True) for name, values in corners.items()}
    if any(squares):
        assert found.psnr == near(10 * math.log10(255**2 / mean(squares)))
    np.testing.assert_allclose(found.result, result, atol=1e-9)


@settings(max_examples=20)
@given(band=bands, channels=st.sampled_from((None, 3)), seed=st.integers(0, 2**32 - 1))
def test_similarity_over_the_band_is_that_of_scikit_image(band, channels, seed) -> None:
    rng = np.random.default_rng(seed)
    size = (23, 31) if channels is None else (23, 31, channels)
    truth = rng.random(size) * 255
    result = truth + rng.normal(0, 30, size)
    _, full = structural_similarity(
        truth,
        result,
        data_range=255.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
        channel_axis=None if channels is None else 2,
    )
    mask = np.array([[in_band(band, 23, 31, r, c) for c in range(31)] for r in range(23)])
    found = compare_result(PadMode.ZERO, result, truth, band, peak=255.0)
    assert found.ssim == pytest.approx(full[mask].mean() if mask.any() else math.nan, abs=1e-9, nan_ok=True)
    assert np.array_equal(band.mask((23, 31)), mask)


def test_psnr_is_that_of_scikit_image_where_all_is_band() -> None:
    rng = np.random.default_rng(1)
    truth, result = rng.random((8, 9)), rng.random((8, 9))
    found = compare_result(PadMode.ZERO, result, truth, Band(8, 8, 9, 9), peak=1.0)
    assert found.psnr == pytest.approx(peak_signal_noise_ratio(truth, result, data_range=1.0))


def test_equal_results() -> None:
    found = compare_result(PadMode.WRAP, np.ones((6, 6)), np.ones((6, 6)), Band(1, 1, 1, 1), peak=1.0)
    assert (found.mae, found.max, found.psnr, found.depth) == (0, 0, math.inf, 0)
    assert found.ssim == pytest.approx(1)


def test_rounding_counts_as_none() -> None:
    truth = np.zeros((6, 6))
    found = compare_result(PadMode.WRAP, truth + 1e-13, truth, Band(1, 1, 1, 1), peak=1.0, tolerance=1e-12)
    assert (found.max, found.depth) == (0, 0)


def test_pixels_that_are_not_made() -> None:
    result = np.ones((6, 7))
    result[:2] = np.nan
    found = compare_result(PadMode.VALID, result, np.ones((6, 7)), Band(2, 0, 0, 0), peak=1.0)
    assert math.isnan(found.mae)
    assert math.isnan(found.ssim)
    assert math.isnan(found.sides["left"])
    assert found.depth == 0
    assert found.by_distance.tolist() == [0, 0, 0]
    assert best([found]) == []


def test_ties_win_together() -> None:
    truth = np.zeros((5, 5))
    modes = [
        compare_result(pad, truth + error, truth, Band(1, 1, 1, 1), peak=1.0)
        for pad, error in ((PadMode.ZERO, 0.5), (PadMode.REFLECT, 0.1), (PadMode.WRAP, 0.1 + 1e-12))
    ]
    assert [one.pad for one in best(modes)] == ["reflect", "wrap", "zero"]
    assert [one.pad for one in winners(modes)] == ["reflect", "wrap"]


def test_a_band_deeper_than_the_picture() -> None:
    assert Band(5, 5, 9, 9).within((3, 4)) == (3, 3, 4, 4)
    assert Band(5, 5, 0, 0).mask((3, 4)).all()
