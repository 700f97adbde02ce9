"""match_score against its definition, skimage and OpenCV; peaks."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from skimage.feature import match_template

import convcli as cv
from convcli.choices import PadMode
from convcli.engine.analysis.match import match_score
from convcli.engine.analysis.peaks import peaks
from convcli.errors import GeometryError, KernelError, UsageError
from tests import oracle
from tests.engine.strategies import dilations, images, kernels, paddings, strides

RNG = np.random.default_rng(5)
TEXTURE = RNG.normal(0, 1, (30, 34))
FEATURE = RNG.normal(0, 1, (5, 4))


@settings(deadline=None, max_examples=60)
@given(
    images(max_side=14),
    kernels(max_side=5),
    strides,
    dilations,
    paddings,
    st.sampled_from(PadMode),
    st.booleans(),
)
def test_the_definition(image, kernel, stride, dilation, padding, pad, center):
    if pad is PadMode.VALID:
        padding = "valid"
    options = {"pad": pad, "pad_value": 3.0, "padding": padding, "stride": stride, "dilation": dilation}
    try:
        cv.output_size(image.shape[:2], kernel.shape, stride, padding, dilation)
    except GeometryError:
        with pytest.raises(GeometryError, match=r"kernel .* larger than the picture"):
            match_score(image, kernel, center=center, **options)
        return
    found = match_score(image, kernel, center=center, **options)
    assert found.dtype == cv.correlate(image, kernel, **options).dtype
    assert_allclose(found, oracle.match_score(image, kernel, center=center, **options), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("offset", "scale"), [(1e4, 1), (-1e4, 0.01), (1e4, 100), (0, 1e-30), (0, 1e30), (1, 1e-3), (-7e5, 1)]
)
@pytest.mark.parametrize("center", [True, False])
def test_large_offsets(dtype, offset, scale, center):
    image = (offset + scale * TEXTURE).astype(dtype)
    kernel = image[7:13, 9:14].astype(np.float64)
    found = match_score(image, kernel, center=center, pad="zero")
    assert_allclose(found, oracle.match_score(image, kernel, center=center, pad="zero"), rtol=0, atol=1e-6)
    assert found[9, 11] == pytest.approx(1, abs=1e-6)


def test_texture_beside_a_cliff():
    """Half of the picture is a million times brighter than what the texture differs by."""
    image = 1e-2 * TEXTURE + np.where(np.arange(34) < 17, 0.0, 1e4)
    found = match_score(image, FEATURE)
    assert_allclose(found, oracle.match_score(image, FEATURE), rtol=0, atol=1e-6)
    assert np.abs(found[:, 20:]).max() > 0.3


def test_float64_beyond_squares():
    assert_allclose(match_score(TEXTURE * 1e300, FEATURE), match_score(TEXTURE, FEATURE), atol=1e-12)
    assert_allclose(
        match_score(TEXTURE * 1e-300, FEATURE * 1e-300), match_score(TEXTURE, FEATURE), atol=1e-12
    )


# With less contrast beside an offset of 1e6, windows are flat by definition: they spread over 1e-9 of it.
@given(st.floats(-1e6, 1e6), st.floats(1e-2, 1e3))
@settings(deadline=None, max_examples=25)
def test_brightness_and_contrast_do_not_count(offset, contrast):
    moved = match_score(TEXTURE * contrast + offset, FEATURE)
    assert_allclose(moved, match_score(TEXTURE, FEATURE), atol=1e-6)
    assert_allclose(
        match_score(TEXTURE, FEATURE * contrast + offset), match_score(TEXTURE, FEATURE), atol=1e-6
    )
    assert_allclose(match_score(-TEXTURE, FEATURE), -match_score(TEXTURE, FEATURE), atol=1e-12)


def test_peers_agree_where_windows_are_inside():
    image = RNG.integers(0, 256, (40, 37)).astype(np.uint8)
    feature = image[11:20, 5:13]
    found = match_score(image, feature, pad="valid")
    assert_allclose(found, match_template(image.astype(float), feature.astype(float)), atol=1e-6)
    single = [picture.astype(np.float32) for picture in (image, feature)]
    assert_allclose(found, cv2.matchTemplate(*single, cv2.TM_CCOEFF_NORMED), atol=2e-4)
    cosine = match_score(image, feature, pad="valid", center=False)
    assert_allclose(cosine, cv2.matchTemplate(*single, cv2.TM_CCORR_NORMED), atol=2e-4)
    assert np.unravel_index(found.argmax(), found.shape) == (11, 5)
    assert found[11, 5] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_large_features_by_transforms(offset):
    image = offset + RNG.normal(size=(90, 80))
    feature = image[20:61, 30:63].copy()
    found = match_score(image, feature, pad="valid")
    # skimage subtracts no mean first, so it is given the picture without its offset
    assert_allclose(found, match_template(image - offset, feature - offset), atol=1e-6)
    assert found[20, 30] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4 / 3, -1e-7])
def test_flat_windows_match_nothing(value):
    image = np.full((12, 12), value)
    image[0, 0] += 1
    found = match_score(image, np.eye(3), pad="valid")
    assert found[0, 0] != 0
    assert_array_equal(found[1:], 0)
    noise = image * (1 + 1e-12 * RNG.normal(size=image.shape))
    assert_array_equal(match_score(noise, np.eye(3), pad="valid")[1:], 0)
    assert_array_equal(match_score(TEXTURE, np.full((3, 3), value)), 0)


def test_without_centring_only_zeros_match_nothing():
    image = np.zeros((4, 9))
    image[:, 5:] = 2
    found = match_score(image, np.ones((1, 2)), center=False, pad="valid")
    assert_allclose(found, np.tile([0, 0, 0, 0, np.sqrt(0.5), 1, 1, 1], (4, 1)))
    assert_array_equal(match_score(image, np.zeros((2, 2)), center=False), 0)


def test_each_channel_is_matched_alike():
    image = RNG.normal(size=(9, 8, 3))
    each = [match_score(image[..., channel], FEATURE) for channel in range(3)]
    assert_array_equal(match_score(image, FEATURE), np.dstack(each))


def test_what_is_not_finite_spoils_the_windows_that_see_it():
    image = TEXTURE.copy()
    image[4, 4], image[20, 3] = np.nan, np.inf
    found = match_score(image, FEATURE, pad="valid")
    spoiled = np.zeros(found.shape, bool)
    spoiled[0:5, 1:5] = spoiled[16:21, 0:4] = True
    assert_array_equal(np.isnan(found), spoiled)
    assert_allclose(found[~spoiled], match_score(TEXTURE, FEATURE, pad="valid")[~spoiled], atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((TEXTURE, [[np.nan]]), KernelError, "not finite"),
        ((TEXTURE, [1, 2]), KernelError, "not a matrix"),
        ((TEXTURE[0], FEATURE), GeometryError, "not a picture"),
        ((TEXTURE[:2], FEATURE, "valid"), GeometryError, "kernel 5x4 is larger than the picture 2x34"),
        ((TEXTURE, FEATURE, "mirrored"), UsageError, "padding mode 'mirrored'"),
        ((TEXTURE, FEATURE, "constant", np.inf), UsageError, "pad value inf"),
    ],
)
def test_errors(arguments, error, says):
    image, kernel, *rest = arguments
    with pytest.raises(error, match=says):
        match_score(image, kernel, **dict(zip(("pad", "pad_value"), rest, strict=False)))


def test_peaks_keep_apart():
    values = np.array([[0.0, 5, 4, 3, 0], [1, 5, 2, -1, 3], [0, 0, np.nan, 0, -9]])
    assert peaks(values, (1.5, 1.5), 9) == [((0, 1), 5.0), ((0, 3), 3.0)]
    assert peaks(values, (0.5, 0.5), 3) == [((0, 1), 5.0), ((1, 1), 5.0), ((0, 2), 4.0)]
    assert peaks(-values, (1.5, 1.5), 9) == [((2, 4), 9.0)]
    assert peaks(np.zeros((2, 2)), (1, 1), 3) == []
    assert peaks(values, (1.5, 1.5), 9, least=4) == [((0, 1), 5.0)]
    assert peaks(np.array([[1, np.inf]]), (0.5, 0.5), 9, least=1) == [((0, 1), np.inf), ((0, 0), 1.0)]


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 4), st.floats(0.5, 4), st.integers(1, 6))
@settings(deadline=None, max_examples=40)
def test_peaks_are_the_greatest_that_are_left(seed, down, across, most):
    values = np.random.default_rng(seed).integers(-3, 9, (7, 9)).astype(float)
    places = sorted(
        ((r, c) for r in range(7) for c in range(9) if values[r, c] > 0), key=lambda at: (-values[at], at)
    )
    kept: list[tuple[int, int]] = []
    for r, c in places:
        if len(kept) < most and all(abs(r - y) >= down or abs(c - x) >= across for y, x in kept):
            kept.append((r, c))
    assert [peak.at for peak in peaks(values, (down, across), most)] == kept
