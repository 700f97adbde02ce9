"""JPEG 2000 of every depth, encoded by OpenJPEG through imagecodecs and Pillow."""

import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.imaging.image import Space
from convcli.imaging.reading.read import read_picture
from tests.imaging.helpers import saved


def encoded(array, bits, codec="jp2"):
    return imagecodecs.jpeg2k_encode(
        array, level=0, reversible=True, bitspersample=bits, codecformat=codec, mct=False
    )


def samples(bits, channels, dtype):
    shape = (16, 20) if channels == 1 else (16, 20, channels)
    values = np.random.default_rng(bits).integers(0, 1 << bits, shape)
    values.flat[0], values.flat[-1] = 0, (1 << bits) - 1
    return values.astype(dtype)


@pytest.mark.parametrize("codec", ["jp2", "j2k"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [1, 2, 4, 7, 8, 9, 10, 12, 15, 16])
def test_every_depth_is_widened_white_to_white(bits, channels, codec):
    stored = samples(bits, channels, np.uint8 if bits <= 8 else np.uint16)
    image = read_picture(encoded(stored, bits, codec))
    white = 255 if bits <= 8 else 65535
    expected = np.rint(stored * (white / (2**bits - 1)))
    found = image.frames[0].stacked()
    assert_array_equal(found, expected)
    assert found.dtype == (np.uint8 if bits <= 8 else np.uint16)
    assert image.space is (Space.RGB if channels > 2 else Space.GRAY)
    assert image.has_alpha == (channels in (2, 4))
    assert image.notes == ()


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16])
def test_grey_needs_no_extra(bits, block_deep):
    stored = samples(bits, 1, np.uint8 if bits <= 8 else np.uint16)
    data = encoded(stored, bits)
    block_deep()
    white = 255 if bits <= 8 else 65535
    assert_array_equal(read_picture(data).frames[0].pixels, np.rint(stored * (white / (2**bits - 1))))


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_narrowed_without_the_extra_and_said(channels, block_deep):
    data = encoded(samples(12, channels, np.uint16), 12)
    block_deep()
    image = read_picture(data)
    assert image.dtype == np.uint8
    assert any(
        "12-bit JPEG 2000 is read as 8-bit" in note and "convcli[deep]" in note for note in image.notes
    )


@pytest.mark.parametrize("deep", [True, False])
@pytest.mark.parametrize(("dtype", "channels"), [(np.int8, 1), (np.int16, 1), (np.int8, 3)])
def test_signed_samples_keep_their_sign(dtype, channels, deep, block_deep):
    limits = np.iinfo(dtype)
    shape = (16, 20) if channels == 1 else (16, 20, channels)
    stored = np.random.default_rng(3).integers(limits.min, limits.max + 1, shape).astype(dtype)
    stored.flat[:2] = limits.min, -1
    data = encoded(stored, limits.bits)
    if not deep:
        block_deep()
    image = read_picture(data)
    assert_array_equal(image.frames[0].pixels, stored)
    assert image.space is Space.DATA


@pytest.mark.parametrize(("dtype", "low"), [(np.uint32, 0), (np.int32, -(2**19))])
def test_more_than_16_bits_are_exact_data(dtype, low):
    stored = np.random.default_rng(3).integers(low, low + 2**20, (16, 20)).astype(dtype)
    image = read_picture(encoded(stored, 20))
    assert_array_equal(image.frames[0].pixels, stored)
    assert image.dtype == np.float64
    assert image.space is Space.DATA


def test_more_than_16_bits_without_the_extra_are_said(block_deep):
    data = encoded(np.full((16, 20), 2**19, np.uint32), 20)
    block_deep()
    assert any("20-bit JPEG 2000 is read as 16-bit" in note for note in read_picture(data).notes)


def test_usual_ones_are_what_pillow_gives():
    stored = samples(8, 3, np.uint8)
    assert_array_equal(read_picture(saved(stored, "JPEG2000")).frames[0].pixels, stored)
