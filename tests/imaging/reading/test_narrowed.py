"""Depths and channels that Pillow's readers leave out are said."""

import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from convcli.imaging.reading.read import read_picture
from tests.imaging.helpers import pixels, saved


def as_pillow(kind):
    return f"{kind} is read as Pillow reads it (what is promised: convcli formats)"


def dds(code):
    """DDS of 4 x 4 pixels in one block, of the DXGI format `code`."""
    head = (
        b"DDS " + struct.pack("<7I44x", 124, 0x1007, 4, 4, 16, 0, 1) + struct.pack("<II4s20x", 32, 4, b"DX10")
    )
    return head + struct.pack("<5I", 0x1000, 0, 0, 0, 0) + struct.pack("<5I", code, 3, 0, 1, 0) + b"\3" * 16


@pytest.mark.parametrize(("code", "said"), [(95, True), (96, True), (98, False)])
def test_floats_in_dds(code, said):
    notes = read_picture(dds(code)).notes
    assert any("BC6H" in note for note in notes) == said


@pytest.mark.parametrize(("dtype", "said"), [(np.uint8, False), (np.uint16, True)])
def test_a_png_within_an_icon(dtype, said):
    png = imagecodecs.png_encode(np.ascontiguousarray(pixels(4, dtype)))
    data = struct.pack("<HHHBBBBHHII", 0, 1, 1, 21, 13, 0, 0, 1, 32, len(png), 22) + png
    assert ("16-bit ICO is read as 8-bit" in read_picture(data).notes) == said


def test_more_channels_in_a_psd():
    planes = np.arange(5 * 6, dtype=np.uint8)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 5, 2, 3, 8, 3)
    image = read_picture(head + b"\0" * 12 + b"\0\0" + planes.tobytes())
    assert np.array_equal(image.frames[0].pixels, np.moveaxis(planes[:18].reshape(3, 2, 3), 0, 2))
    assert image.notes == ("2 channels without a declared meaning are left out", as_pillow("PSD"))


@pytest.mark.parametrize("bits", [10, 12])
def test_avif_of_more_bits(bits):
    stored = np.ascontiguousarray(pixels(3, np.uint16) >> (16 - bits))
    data = imagecodecs.avif_encode(stored, level=100, bitspersample=bits, pixelformat="444")
    assert f"{bits}-bit AVIF is read as 8-bit" in read_picture(data).notes


@pytest.mark.parametrize("kind", ["AVIF", "ICO", "TGA", "QOI", "PCX", "SGI", "DDS", "MSP"])
def test_what_is_whole_has_no_note_but_that_nothing_is_promised(kind):
    picture = Pillow.fromarray(pixels(1)).convert("1" if kind == "MSP" else "RGB")
    promised = kind in ("AVIF", "ICO", "TGA", "QOI")
    assert read_picture(saved(picture, kind)).notes == (() if promised else (as_pillow(kind),))
