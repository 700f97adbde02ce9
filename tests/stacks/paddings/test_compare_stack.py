"""Every figure of a comparison against loops that share no code with the product, and scikit-image."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

import convcli as cv
from convcli.choices import PadMode
from convcli.errors import GeometryError, KernelError, UsageError
from convcli.kernels.kernel import Kernel
from convcli.stacks.paddings import compare_stack
from convcli.stacks.paddings.border_band import data_range
from convcli.stacks.paddings.placing import find_inside
from tests import oracle
from tests.stacks.paddings.comparisons import stack_of_kernel

MODES = [mode.value for mode in PadMode if mode is not PadMode.VALID]


def repeated(image, kernel, pad, layers, stride, dilation, bias, value=0.0):
    for _ in range(layers):
        image = oracle.correlate(
            image,
            kernel,
            pad=pad,
            pad_value=value,
            padding="same",
            stride=(stride, stride),
            dilation=(dilation, dilation),
            bias=bias,
        )
    return image


@settings(max_examples=15)
@given(
    shape=st.tuples(st.integers(7, 12), st.integers(7, 12)),
    taps=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    layers=st.integers(1, 2),
    stride=st.integers(1, 2),
    dilation=st.integers(1, 2),
    channels=st.sampled_from((None, None, 2)),
    kind=st.sampled_from((np.uint8, np.float64)),
    seed=st.integers(0, 2**32 - 1),
)
def test_equal_to_an_independent_computation(
    shape, taps, layers, stride, dilation, channels, kind, seed
) -> None:
    assume(max(taps) > 1)
    rng = np.random.default_rng(seed)
    step = stride**layers
    reach = sum(stride**layer * dilation * max(taps) for layer in range(layers))
    crop = step * math.ceil(reach / step)
    full = (shape[0] + 2 * crop, shape[1] + 2 * crop)
    image = (rng.random(full if channels is None else (*full, channels)) * 255).astype(kind)
    kernel = rng.normal(0, 1, taps)
    inner = image[crop:-crop, crop:-crop]
    found = {
        one.pad: one
        for one in cv.compare_padding(
            image, kernel, crop=crop, layers=layers, stride=stride, dilation=dilation, bias=2.5, pad_value=7
        )
    }
    assert list(found) == list(PadMode)
    whole = repeated(image.astype(float), kernel, "zero", layers, stride, dilation, 2.5)
    results = {
        pad: repeated(inner.astype(float), kernel, pad, layers, stride, dilation, 2.5, 7.0) for pad in MODES
    }
    height, width = results["zero"].shape[:2]
    truth = whole[crop // step :, crop // step :][:height, :width]
    # What sees the border: where a constant's value makes a difference.
    probe = [
        repeated(np.zeros(inner.shape[:2]), np.ones(taps), "constant", layers, stride, dilation, 0, v)
        for v in (0, 1)
    ]
    band = probe[0] != probe[1]
    peak = 255.0 if kind is np.uint8 else np.ptp(image)
    for pad, result in results.items():
        error = np.abs(result - truth)
        one = found[PadMode(pad)]
        np.testing.assert_allclose(one.result, result, atol=1e-6)
        np.testing.assert_allclose(one.truth, truth, atol=1e-6)
        assert one.mae == pytest.approx(error[band].mean(), abs=1e-6)
        assert one.max == pytest.approx(error[band].max(), abs=1e-6)
        mse = (error[band] ** 2).mean()
        assert one.rmse == pytest.approx(math.sqrt(mse), abs=1e-6)
        assert mse == 0 or one.psnr == pytest.approx(10 * math.log10(peak**2 / mse), abs=1e-6)
        assert not error[~band].any() or error[~band].max() < 1e-9
        deepest = max(
            min(r, c, height - 1 - r, width - 1 - c) + 1 if (error[r, c] > 1e-9).any() else 0
            for r in range(height)
            for c in range(width)
        )
        assert one.depth == deepest
        if min(height, width) >= 11:
            _, full_map = structural_similarity(
                truth,
                result,
                data_range=peak,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
                full=True,
                channel_axis=None if channels is None else 2,
            )
            assert one.ssim == pytest.approx(full_map[band].mean(), abs=1e-6)
    valid = found[PadMode.VALID]
    assert np.isnan(valid.error[band]).all()
    assert not valid.error[~band].any()
    assert math.isnan(valid.mae)


@pytest.mark.parametrize(
    ("size", "layers", "dilation"), [(3, 1, 1), (3, 4, 1), (5, 2, 2), (4, 3, 1), (7, 1, 3)]
)
def test_depth_is_that_of_the_receptive_field(size: int, layers: int, dilation: int) -> None:
    image = np.random.default_rng(0).random((90, 90))
    field = 1 + layers * dilation * (size - 1)
    for one in cv.compare_padding(
        image, np.ones((size, size)) / size**2, crop=30, layers=layers, dilation=dilation
    ):
        # An even kernel reaches one pixel farther at the bottom and right.
        deepest = layers * -(-dilation * (size - 1) // 2)
        assert one.depth == (0 if one.pad is PadMode.VALID else deepest)
        assert deepest in (field // 2, field // 2 + layers // 2)


def test_small_differences_are_not_taken_for_rounding() -> None:
    kernel = np.zeros((7, 7))
    kernel[3] = [1e-12, 0, 0, 1, 0, 0, 1e-12]
    image = np.random.default_rng(9).integers(0, 256, (20, 20), np.uint8)
    for one in cv.compare_padding(image, kernel, crop=3, pads=["zero", "reflect", "wrap"]):
        assert one.depth == 3
        assert 0 < one.max < 1e-9


def test_valid_is_what_no_padding_gives() -> None:
    image, kernel = np.random.default_rng(1).random((20, 24)), np.random.default_rng(2).random((3, 5))
    (valid,) = cv.compare_padding(image, kernel, crop=2, pads=["valid"])
    expected = cv.correlate(image[2:-2, 2:-2], kernel, padding="valid")
    np.testing.assert_allclose(valid.result[1:-1, 2:-2], expected, atol=1e-12)


def test_a_kernel_whose_parts_combine() -> None:
    image = np.random.default_rng(3).integers(0, 256, (24, 25), np.uint8)
    parts = [np.array(m, float) for m in cv.kernel("sobel").weights]
    found = {one.pad: one for one in cv.compare_padding(image, cv.kernel("sobel"), crop=3)}
    for pad in MODES:
        both = [
            oracle.correlate(x, part, pad=pad if x is inner else "zero", padding="same")
            for inner in [image[3:-3, 3:-3].astype(float)]
            for x in (inner, image.astype(float))
            for part in parts
        ]
        result, truth = np.hypot(both[0], both[1]), np.hypot(both[2], both[3])[3:-3, 3:-3]
        edge = np.ones(result.shape, bool)
        edge[1:-1, 1:-1] = False
        assert found[PadMode(pad)].mae == pytest.approx(np.abs(result - truth)[edge].mean(), abs=1e-6)


def test_without_truth_the_middle_of_the_modes() -> None:
    image, kernel = np.random.default_rng(4).random((9, 10)), np.full((3, 3), 1 / 9)
    results = {pad: repeated(image, kernel, pad, 1, 1, 1, 0.0) for pad in MODES}
    reference = np.median([results[pad] for pad in MODES if pad != "constant"], axis=0)
    for one in cv.compare_padding(image, kernel):
        if one.pad is not PadMode.VALID:
            expected = np.abs(results[one.pad] - reference)
            assert one.mae == pytest.approx(
                np.concatenate([expected[[0, -1]].ravel(), expected[1:-1, [0, -1]].ravel()]).mean()
            )
    # A constant of its own has a voice.
    results["constant"] = repeated(image, kernel, "constant", 1, 1, 1, 0.0, 0.5)
    reference = np.median(list(results.values()), axis=0)
    for one in cv.compare_padding(image, kernel, pad_value=0.5):
        if one.pad is not PadMode.VALID:
            np.testing.assert_allclose(one.error, results[one.pad] - reference, atol=1e-12)


def test_a_larger_picture_is_the_same_as_a_crop() -> None:
    image, kernel = np.random.default_rng(5).random((30, 31, 3)), np.ones((5, 5)) / 25
    one = cv.compare_padding(image, kernel, crop=4)
    other = cv.compare_padding(image[4:-4, 4:-4], kernel, truth=image, offset=(4, 4))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.error, b.error)


def test_a_periodic_picture_wraps() -> None:
    image = np.tile(np.random.default_rng(6).random((8, 8)), (3, 3))
    found = {one.pad: one for one in cv.compare_padding(image, np.ones((5, 5)), crop=8, layers=2)}
    assert (found[PadMode.WRAP].mae, found[PadMode.WRAP].depth) == (0, 0)
    assert found[PadMode.WRAP].psnr == math.inf
    assert found[PadMode.REFLECT].mae > 1


def test_a_flat_picture_is_right_but_for_zeros() -> None:
    for one in cv.compare_padding(np.full((20, 20), 0.1), cv.kernel("log"), crop=8):
        expected = one.pad in (PadMode.ZERO, PadMode.CONSTANT)
        assert (one.depth > 0) == expected


def test_peak() -> None:
    kernel = np.ones((3, 3)) / 9
    image = np.random.default_rng(7).random((12, 12))
    by_peak = [
        {one.pad: one.psnr for one in cv.compare_padding(image * scale, kernel, crop=2, peak=peak)}["zero"]
        for scale, peak in ((1, None), (1, 1.0), (9, 9.0))
    ]
    assert by_peak == pytest.approx([by_peak[0]] * 3)
    (zero,) = cv.compare_padding(image * 9, kernel, crop=2, pads=["zero"])
    assert zero.psnr == pytest.approx(20 * math.log10(np.ptp(image * 9) / zero.rmse))


@pytest.mark.parametrize(
    ("values", "extent"),
    [
        (np.array([[3, 7]], np.uint8), 255),
        (np.array([[3, 7]], np.uint16), 65535),
        (np.array([[0.2, 0.7]], np.float32), 1),
        (np.array([[False, True]]), 1),
        (np.array([[-0.5, 0.5]]), 1),
        (np.array([[-0.5, 1.5]]), 2),
        (np.array([[100.0, 140.0]]), 40),
        (np.array([[100, 140]], np.int64), 40),
        (np.array([[-1000, 3000]], np.int16), 4000),
        (np.full((2, 2), -7.0), 7),
        (np.full((2, 2), 300.0), 300),
        (np.zeros((2, 2)), 1),
    ],
)
def test_range_of_the_data(values: np.ndarray, extent: float) -> None:
    assert data_range(values) == extent


def test_chosen_modes_are_those_of_all() -> None:
    image, kernel = np.random.default_rng(11).random((20, 21)), np.ones((5, 5)) / 25
    for options in ({"crop": 3}, {}, {"crop": 3, "pad_value": 0.4}, {"pad_value": 0.4}):
        every = {one.pad: one for one in cv.compare_padding(image, kernel, **options)}
        for pads in (["wrap"], ["valid", "reflect"], ["constant", "zero"], ["constant"], ["valid"]):
            found = cv.compare_padding(image, kernel, pads=pads, **options)
            assert [one.pad for one in found] == pads
            for one in found:
                np.testing.assert_array_equal(one.error, every[one.pad].error)


def test_no_mode_is_computed_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    run = compare_stack.run

    def counted(stack, x, **options):
        made.append(stack.layers[0].window.mode)
        return run(stack, x, **options)

    monkeypatch.setattr(compare_stack, "run", counted)
    image = np.random.default_rng(12).random((20, 21))
    cv.compare_padding(image, BOX, crop=3, pads=["reflect", "constant", "valid"])
    assert made == ["reflect", "zero"], "constant with 0 and valid are made of zero's result"


def test_how_far_results_are_from_the_best() -> None:
    x = np.random.default_rng(13).integers(0, 256, (1, 20, 24), np.uint8)
    kernel = np.ones((3, 5)) / 15
    stack = stack_of_kernel(Kernel.of(kernel))
    for larger, offset in ((None, (0, 0)), (np.pad(x, ((0, 0), (4, 4), (4, 4)), "linear_ramp"), (4, 4))):
        found = compare_stack.compare_stack(stack, x, larger=larger, offset=offset)
        first = min((one for one in found.modes if one.mae == one.mae), key=lambda one: one.mae).pad.value
        band = np.ones((20, 24), bool)
        band[1:-1, 2:-2] = False
        results = {pad: repeated(x[0].astype(float), kernel, pad, 1, 1, 1, 0.0) for pad in MODES}
        for pad in MODES:
            expected = np.abs(results[pad] - results[first])[band]
            assert found.apart[PadMode(pad)] == pytest.approx((expected.mean(), expected.max()), abs=1e-9)
        assert found.apart[PadMode.ZERO].mean > 1
        assert math.isnan(found.apart[PadMode.VALID].mean)


IMAGE = np.random.default_rng(8).random((10, 12))
BOX = np.ones((3, 3)) / 9


@pytest.mark.parametrize(
    ("kind", "message", "options"),
    [
        (GeometryError, "crop 5 leaves nothing of 10 x 12", {"crop": 5}),
        (UsageError, "crop 0 is too small", {"crop": 0}),
        (GeometryError, "see 2 pixels beyond the picture, and 1 are known", {"crop": 1, "layers": 2}),
        (UsageError, "exclude each other", {"crop": 1, "truth": IMAGE}),
        (GeometryError, "does not contain the picture, 10 x 12, at 1,0", {"truth": IMAGE, "offset": (1, 0)}),
        (
            GeometryError,
            "does not contain the picture, 10 x 12, at -1,0",
            {"truth": IMAGE, "offset": (-1, 0)},
        ),
        (
            GeometryError,
            "119 pixels differ, the first at 0,0",
            {"truth": np.where(IMAGE[3, 3] == IMAGE, IMAGE, 0)},
        ),
        (GeometryError, "truth has 3 channels", {"truth": np.zeros((30, 30, 3))}),
        (GeometryError, "1 pixels beyond the picture, and 0 are known", {"truth": IMAGE}),
        (UsageError, "layers 0 is too small", {"layers": 0}),
        (UsageError, "stride", {"stride": 0}),
        (UsageError, "padding mode 'mirrored' is not known", {"pads": ["mirrored"]}),
    ],
)
def test_what_cannot_be_compared(kind, message, options) -> None:
    with pytest.raises(kind, match=message):
        cv.compare_padding(IMAGE, BOX, **options)


def test_other_things_that_cannot_be_compared() -> None:
    with pytest.raises(GeometryError, match="nothing to compare") as caught:
        cv.compare_padding(IMAGE, [[2.0]])
    assert caught.value.hint == "a kernel of 1 x 1 needs no padding"
    with pytest.raises(GeometryError, match="nothing to compare") as caught:
        cv.compare_padding(IMAGE, np.ones((2, 2)), stride=2)
    assert caught.value.hint == "no window reaches the padding"
    with pytest.raises(GeometryError, match="not a picture"):
        cv.compare_padding(np.zeros(4), BOX)
    with pytest.raises(GeometryError, match="not finite"):
        cv.compare_padding(IMAGE * np.nan, BOX)
    with pytest.raises(KernelError):
        cv.compare_padding(IMAGE, [[1.0, np.nan]])
    with pytest.raises(UsageError, match="complex"):
        cv.compare_padding(IMAGE * 1j, BOX)


@settings(max_examples=20)
@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    values=st.integers(2, 200),
    channels=st.sampled_from((1, 3)),
    seed=st.integers(0, 2**32 - 1),
)
def test_where_a_picture_is_found(size, values, channels, seed) -> None:
    rng = np.random.default_rng(seed)
    larger = rng.integers(0, values, (channels, 11, 13), np.uint8)
    at = int(rng.integers(0, 12 - size[0])), int(rng.integers(0, 14 - size[1]))
    x = larger[:, at[0] : at[0] + size[0], at[1] : at[1] + size[1]]
    places = [
        (r, c)
        for r in range(12 - size[0])
        for c in range(14 - size[1])
        if (larger[:, r : r + size[0], c : c + size[1]] == x).all()
    ]
    if len(places) == 1:
        assert find_inside(x, larger) == places[0] == at
    else:
        with pytest.raises(
            GeometryError, match=f"contains the picture {len(places)} times, first at {places[0][0]},"
        ):
            find_inside(x, larger)


def test_a_picture_from_elsewhere_is_not_found() -> None:
    larger = np.zeros((1, 9, 9))
    with pytest.raises(GeometryError, match="not contain the picture anywhere"):
        find_inside(np.ones((1, 3, 3)), larger)
    with pytest.raises(GeometryError, match="of 9 x 9 pixels does not contain"):
        find_inside(np.zeros((1, 10, 3)), larger)
