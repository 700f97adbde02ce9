import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow

from convcli.imaging import colour
from convcli.imaging.image import Frame, Space
from tests.imaging.helpers import pixels

ALL_BYTES = np.stack(np.meshgrid(*[np.arange(0, 256, 5, dtype=np.uint8)] * 3), axis=-1).reshape(1, -1, 3)


def test_luma_of_8_bits_is_pillows():
    assert_array_equal(colour.luma(ALL_BYTES), np.asarray(Pillow.fromarray(ALL_BYTES).convert("L")))


def test_luma_of_16_bits_is_the_same_weights_without_overflow():
    white = np.full((1, 1, 3), 65535, np.uint16)
    assert colour.luma(white)[0, 0] == 65535
    rgb = pixels(3, np.uint16)
    exact = (rgb.astype(object) * [19595, 38470, 7471]).sum(axis=2)
    assert_array_equal(colour.luma(rgb), np.array((exact + 32768) // 65536, dtype=np.int64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_luma_of_floats_is_rec_601(dtype):
    rgb = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [-2, 0, 0]]], dtype=dtype)
    result = colour.luma(rgb)
    assert result.dtype == dtype
    assert_allclose(result, [[0.299, 0.587, 0.114, 1, -0.598]], rtol=1e-6)


def test_luma_keeps_its_dtype():
    for dtype in (np.uint8, np.uint16, np.float32, np.float64):
        assert colour.luma(pixels(3, dtype)).dtype == dtype


def test_cmyk_is_pillows_in_8_bits_and_the_same_formula_in_16():
    inks = pixels(4)
    expected = np.asarray(Pillow.frombytes("CMYK", inks.shape[1::-1], inks.tobytes()).convert("RGB"))
    assert_array_equal(colour.cmyk_to_rgb(inks), expected)
    wide = colour.cmyk_to_rgb(inks.astype(np.uint16) * np.uint16(257))
    assert np.abs(wide / 257 - expected).max() <= 1
    floats = colour.cmyk_to_rgb((inks / 255).astype(np.float32))
    assert np.abs(floats * 255 - expected).max() <= 1


def test_gray_of_every_space():
    rgb = pixels(3)
    assert_array_equal(colour.gray(Frame(rgb), Space.RGB).pixels, colour.luma(rgb))
    inks = pixels(4)
    light = colour.luma(colour.cmyk_to_rgb(inks))
    assert_array_equal(colour.gray(Frame(inks), Space.CMYK).pixels, light)
    two = pixels(2, np.float32)
    assert_array_equal(colour.gray(Frame(two), Space.DATA).pixels, two[..., 0])
    already = Frame(pixels(1), pixels(1, seed=3), 40.0)
    assert colour.gray(already, Space.GRAY) is already
    kept = colour.gray(Frame(rgb, pixels(1, seed=3), 40.0), Space.RGB)
    assert kept.duration == 40.0
    assert_array_equal(kept.alpha, pixels(1, seed=3))


@pytest.mark.parametrize("channels", [1, 3])
def test_premultiplied_colours_come_back_where_anything_is_opaque(channels):
    colours = pixels(channels, np.float64)
    alpha = pixels(1, np.float64, seed=9)
    alpha[0, :4] = 0
    back = colour.unpremultiply(colour.premultiply(colours, alpha), alpha)
    assert_allclose(back[alpha > 0], colours[alpha > 0])
    assert (back[alpha == 0] == 0).all()


def alpha_by_loop(alpha, shape, stride, padding, center):
    result = np.empty(shape, alpha.dtype)
    for row in range(shape[0]):
        for column in range(shape[1]):
            y = min(max(row * stride[0] - padding[0] + center[0], 0), alpha.shape[0] - 1)
            x = min(max(column * stride[1] - padding[1] + center[1], 0), alpha.shape[1] - 1)
            result[row, column] = alpha[y, x]
    return result


pairs = st.tuples(st.integers(0, 6), st.integers(0, 6))


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    pairs,
    pairs,
)
def test_alpha_is_sampled_at_the_window_centres(shape, stride, padding, center):
    alpha = pixels(1, size=(7, 5))
    assert_array_equal(
        colour.sample_alpha(alpha, shape, stride=stride, padding=padding, center=center),
        alpha_by_loop(alpha, shape, stride, padding, center),
    )


def test_same_padding_leaves_alpha_as_it_is():
    alpha = pixels(1)
    for kernel in (1, 2, 3, 4, 5):
        before = (kernel - 1) // 2
        sampled = colour.sample_alpha(alpha, alpha.shape, padding=(before, before), center=(before, before))
        assert_array_equal(sampled, alpha)
