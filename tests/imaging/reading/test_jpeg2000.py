"""JPEG 2000 of every depth, encoded by OpenJPEG through imagecodecs and Pillow."""

import struct

import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.errors import ImageError
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


def box(kind, content):
    return struct.pack(">I", 8 + len(content)) + kind + content


def with_palette(indices, bits, palette):
    """The boxes of a palette around a codestream of indices (ITU-T T.800, annex I)."""
    height, width = indices.shape
    deep = 8 * palette.dtype.itemsize - 1
    entries = (
        struct.pack(">HB", len(palette), 3)
        + bytes([deep] * 3)
        + palette.astype(f">u{palette.itemsize}").tobytes()
    )
    header = (
        box(b"ihdr", struct.pack(">IIHBBBB", height, width, 1, bits - 1, 7, 0, 0)),
        box(b"colr", struct.pack(">BBBI", 1, 0, 0, 16)),
        box(b"pclr", entries),
        box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, column) for column in range(3))),
    )
    file = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + box(b"jp2h", b"".join(header))
    return file + box(b"jp2c", encoded(indices, bits, "j2k"))


@pytest.mark.parametrize("bits", [1, 2, 4, 7, 8])
def test_palettes(bits):
    indices = samples(bits, 1, np.uint8)
    palette = np.random.default_rng(1).integers(0, 256, (1 << bits, 3), np.uint8)
    image = read_picture(with_palette(indices, bits, palette))
    assert_array_equal(image.frames[0].pixels, palette[indices])
    assert image.space is Space.RGB


def test_palettes_that_pillow_leaves_out_are_refused():
    deep = np.random.default_rng(1).integers(0, 65536, (256, 3), np.uint16)
    with pytest.raises(ImageError, match=r"of a kind that cannot be read .*palette"):
        read_picture(with_palette(samples(8, 1, np.uint8), 8, deep))


def test_a_codestream_of_another_size_than_the_header_is_not_decoded():
    data = bytearray(encoded(samples(12, 3, np.uint16), 12))
    at = data.index(b"\xff\x4f\xff\x51") + 8
    data[at : at + 8] = struct.pack(">II", 100_000, 100_000)
    with pytest.raises(ImageError, match=r"damaged|pixels"):
        read_picture(bytes(data))


def test_usual_ones_are_what_pillow_gives():
    stored = samples(8, 3, np.uint8)
    assert_array_equal(read_picture(saved(stored, "JPEG2000")).frames[0].pixels, stored)
