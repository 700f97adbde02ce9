import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from convcli.choices import Depth, RangeMode
from convcli.errors import OutputError
from convcli.imaging import formats, pixels
from convcli.imaging.pixels import count_cut, suggest_unit, target_dtype, to_pixels

CASES = [
    # mode, values, white in, target, expected, clipped
    ("clip", [-1, -0.5, 0.5, 1.5, 2.5, 254.5, 255.5, 300], 255, "u1", [0, 0, 0, 2, 2, 254, 255, 255], 3),
    ("clip", [-0.4, 255.4], 255, "u1", [0, 255], 0),
    ("clip", [0, 1, 128, 255, 256], 255, "u2", [0, 257, 32896, 65535, 65535], 1),
    ("clip", [0, 257, 65535, 70000], 65535, "u1", [0, 1, 255, 255], 1),
    ("clip", [0.2, 1, 99.6, 255], 1, "u1", [0, 1, 100, 255], 0),
    ("clip", [0.2, 1, 99.6, 65535], 1, "u2", [0, 1, 100, 65535], 0),
    ("abs", [-300, -2.5, -1.5, 0, 7], 255, "u1", [255, 2, 2, 0, 7], 1),
    ("scale", [-10, 0, 10], 255, "u1", [0, 128, 255], 0),
    ("scale", [3, 3, 3], 255, "u1", [0, 0, 0], 0),
    ("scale", [-1, 1], 65535, "u2", [0, 65535], 0),
    ("scale-each", [-10, 0, 10], 255, "u1", [0, 128, 255], 0),
    ("center", [-128, 0, 127, 128], 255, "u1", [0, 128, 255, 255], 1),
    ("center", [-32768, 0, 32767], 65535, "u2", [0, 32768, 65535], 0),
    ("center", [-127, 0, 127], 255, "u2", [129, 32768, 65407], 0),
    ("unit", [-1, 0, 0.5, 1, 2], 1, "u1", [0, 0, 128, 255, 255], 2),
    ("unit", [0, 0.5, 1], 255, "u2", [0, 32768, 65535], 0),
    ("raw", [-7.25, 0, 1e9], 255, "f4", [-7.25, 0, 1e9], 0),
    ("clip", [-1, 0, 100.25, 255, 256], 255, "f4", [0, 0, 100.25, 255, 255], 2),
    ("clip", [-1e-9, 1 + 1e-9], 1, "f8", [0, 1], 0),
    ("abs", [-0.5, 0.5, -3], 1, "f4", [0.5, 0.5, 1], 1),
    ("scale", [-2, 0, 2], 1, "f4", [0, 0.5, 1], 0),
    ("scale", [5, 5], 1, "f4", [0, 0], 0),
    ("center", [-0.5, 0, 0.5, 1], 1, "f4", [0, 0.5, 1, 1], 1),
    ("center", [0], 255, "f4", [128], 0),
    ("unit", [0.5], 255, "f4", [127.5], 0),
]


@pytest.mark.parametrize(("mode", "values", "white", "target", "expected", "clipped"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranges(mode, values, white, target, expected, clipped, dtype):
    result = to_pixels(np.array([values], dtype), RangeMode(mode), full_in=white, target=target)
    assert result.array.dtype == np.dtype(target)
    assert_array_equal(result.array, np.array([expected], dtype=target))
    assert result.clipped == clipped
    if mode in ("clip", "abs", "center"):
        for kind in (dtype, *([np.int32] if np.abs(np.rint(values) - values).max() == 0 else [])):
            counted = count_cut(np.array([values], kind), RangeMode(mode), full_in=white, target=target)
            assert counted == clipped


@pytest.mark.parametrize("mode", ["clip", "abs", "center"])
@pytest.mark.parametrize("white", [255, 65535])
@pytest.mark.parametrize(("target", "largest", "middle"), [("u1", 255, 128), ("u2", 65535, 32768)])
def test_cut_pixels_of_all_numbers_of_16_bits(mode, white, target, largest, middle):
    values = np.arange(-32767, 32768).reshape(257, 255)  # sums in int16 are never -32768
    levels = (np.abs(values) if mode == "abs" else values) * (largest / white) + middle * (mode == "center")
    rounded = np.rint(levels)
    expected = int(((rounded < 0) | (rounded > largest)).sum())
    for kind in (np.int16, np.int32, np.float64):
        pixels_of_kind = values.astype(kind)
        assert count_cut(pixels_of_kind, RangeMode(mode), full_in=white, target=target) == expected
        for counted in (True, False):
            made = to_pixels(pixels_of_kind, RangeMode(mode), full_in=white, target=target, counted=counted)
            assert made.clipped == expected * counted
            assert_array_equal(made.array, np.clip(rounded, 0, largest).astype(target))


def test_every_mode_has_a_case():
    assert {case[0] for case in CASES} == {str(mode) for mode in RangeMode}


finite = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=3, max_side=12),
    elements=st.floats(-1000, 1000, width=32),
)


def by_loop(values, absolute, gain, white):
    out, cut = np.empty(values.shape, np.int64), np.zeros(values.shape[:2], bool)
    for place, value in np.ndenumerate(values):
        level = round(
            (abs(float(value)) if absolute else float(value)) * gain
        )  # half to even, as Python does
        out[place] = min(max(level, 0), white)
        cut[place[:2]] |= level != out[place]
    return out, int(cut.sum())


@given(finite, st.booleans(), st.sampled_from([("u1", 1), ("u2", 257)]), st.integers(1, 40))
def test_clip_and_abs_equal_the_loop_whatever_the_block(values, absolute, kind, block):
    target, gain = kind
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixels, "_BLOCK_SAMPLES", block)
        mode = RangeMode.ABS if absolute else RangeMode.CLIP
        result = to_pixels(values, mode, full_in=255, target=target)
    expected, cut = by_loop(values, absolute, gain, int(np.iinfo(target).max))
    # a product in float32 may fall on the other side of a half
    exact = gain == 1
    assert np.abs(result.array.astype(np.int64) - expected).max() <= (0 if exact else 1)
    if exact:
        assert result.clipped == cut


@given(finite)
def test_scale_spans_the_whole_range(values):
    result = to_pixels(values, RangeMode.SCALE, full_in=255, target=np.uint8)
    if values.min() == values.max():
        assert (result.array == 0).all()
    elif values.max() - values.min() > 1e-3:
        assert result.array.min() == 0
        assert result.array.max() == 255
    assert result.clipped == 0


def test_a_pixel_of_several_channels_is_cut_once():
    values = np.array([[[300, 300, 0], [0, 0, 0]]], np.float32)
    assert to_pixels(values, RangeMode.CLIP, full_in=255, target=np.uint8).clipped == 1
    assert to_pixels(values, RangeMode.CLIP, full_in=255, target=np.float32).clipped == 1


def test_values_are_not_changed():
    values = np.linspace(-300, 300, 40, dtype=np.float32).reshape(4, 10)
    before = values.copy()
    for mode in RangeMode:
        for target in (np.uint8, np.float32):
            if not (mode is RangeMode.RAW and target is np.uint8):
                to_pixels(values, mode, full_in=255, target=target)
    assert_array_equal(values, before)


def test_raw_into_integers_names_the_choices():
    with pytest.raises(OutputError, match="--range raw") as caught:
        to_pixels(np.zeros((1, 1)), RangeMode.RAW, full_in=255, target=np.uint8)
    for word in ("clip", "abs", "scale", "center", "unit", ".npy", ".tif", ".pfm"):
        assert word in caught.value.hint


@pytest.mark.parametrize("mode", [mode for mode in RangeMode if mode is not RangeMode.RAW])
def test_nan_never_becomes_a_pixel_unnoticed(mode):
    with pytest.raises(OutputError, match="NaN"):
        to_pixels(np.array([[1, np.nan]]), mode, full_in=255, target=np.uint8)


def test_infinity_saturates_but_cannot_be_stretched():
    values = np.array([[-np.inf, 5, np.inf]])
    result = to_pixels(values, RangeMode.CLIP, full_in=255, target=np.uint8)
    assert_array_equal(result.array, [[0, 5, 255]])
    assert result.clipped == 2
    with pytest.raises(OutputError, match="cannot stretch"):
        to_pixels(values, RangeMode.SCALE, full_in=255, target=np.uint8)


@pytest.mark.parametrize(
    ("values", "answer"),
    [([0, 0.5, 1], True), ([0, 0], False), ([0, 1.01], False), ([-0.01, 0.5], False), ([0.2, 0.2], True)],
)
def test_values_that_look_like_0_to_1(values, answer):
    assert suggest_unit(np.array([values])) is answer


TARGETS = [
    ("auto", "u1", "png", "u1"),
    ("auto", "u2", "png", "u2"),
    ("auto", "f4", "png", "u1"),
    ("auto", "f4", "tiff", "f4"),
    ("auto", "f8", "tiff", "f8"),
    ("auto", "u1", "npy", "f4"),
    ("auto", "u2", "csv", "f4"),
    ("auto", "f8", "npy", "f8"),
    ("auto", "f8", "json", "f8"),
    ("auto", "u2", "pgm", "u2"),
    ("8", "u2", "png", "u1"),
    ("16", "u1", "tiff", "u2"),
    ("float", "u1", "tiff", "f4"),
    ("float", "f8", "npy", "f8"),
    ("8", "f4", "npy", "u1"),
]


@pytest.mark.parametrize(("depth", "source", "format", "expected"), TARGETS)
def test_depth_of_the_output(depth, source, format, expected):
    target = target_dtype(Depth(depth), source, formats.by_name(format))
    assert target.dtype == np.dtype(expected)
    assert target.note == ""


def test_64_bits_into_a_format_of_32_are_said():
    target = target_dtype(Depth.AUTO, np.float64, formats.by_name("pfm"))
    assert target == (np.dtype(np.float32), ".pfm holds 32-bit floats: 64-bit samples are rounded")


def test_16_bits_into_a_format_of_8_are_said():
    target = target_dtype(Depth.AUTO, np.uint16, formats.by_name("jpg"))
    assert target.dtype == np.uint8
    assert "16-bit" in target.note
    assert ".png" in target.note


@pytest.mark.parametrize(
    ("depth", "format"), [("16", "jpeg"), ("float", "png"), ("8", "pfm"), ("float", "gif")]
)
def test_a_depth_that_a_format_cannot_hold_is_refused_naming_some_that_can(depth, format):
    with pytest.raises(OutputError, match="cannot hold") as caught:
        target_dtype(Depth(depth), np.uint8, formats.by_name(format))
    assert ".tif" in caught.value.hint


def test_large_pictures_are_the_same_as_small_ones():
    values = np.random.default_rng(0).normal(100, 90, (700, 900, 3)).astype(np.float32)
    whole = to_pixels(values, RangeMode.CLIP, full_in=255, target=np.uint8)
    assert_array_equal(whole.array, np.clip(np.rint(values), 0, 255).astype(np.uint8))
    outside = (np.rint(values) < 0) | (np.rint(values) > 255)
    assert whole.clipped == np.count_nonzero(outside.any(axis=2))
