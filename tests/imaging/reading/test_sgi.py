"""SGI made by hand from its specification, of one and two bytes per sample."""

import struct

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.errors import ImageError
from convcli.imaging.image import Space
from convcli.imaging.reading.read import read_picture
from tests.imaging.helpers import pixels


def packed(row, word):
    """Runs of equal samples, and single samples as they stand, in counts of at most 127."""
    words = []
    at = 0
    while at < len(row):
        run = 1
        while at + run < len(row) and row[at + run] == row[at] and run < 127:
            run += 1
        words += [run, row[at]] if run > 1 else [0x80 | 1, row[at]]
        at += run
    return np.array([*words, 0], word).tobytes()


def sgi(array, rle=False):
    planes = array[np.newaxis] if array.ndim == 2 else np.moveaxis(array, 2, 0)
    count, height, width = planes.shape
    word = f">u{array.dtype.itemsize}"
    head = struct.pack(
        ">HBBHHHHII", 474, rle, array.dtype.itemsize, 3 if count > 1 else 2, width, height, count, 0, 9
    )
    rows = [row for plane in planes for row in plane[::-1]]
    if not rle:
        return head.ljust(512, b"\0") + b"".join(row.astype(word).tobytes() for row in rows)
    bodies = [packed(row.tolist(), word) for row in rows]
    starts = np.cumsum([512 + 8 * len(rows), *map(len, bodies[:-1])])
    table = struct.pack(f">{2 * len(rows)}I", *starts, *map(len, bodies))
    return head.ljust(512, b"\0") + table + b"".join(bodies)


def picture(channels, dtype, flat):
    stored = pixels(channels, dtype, size=(5, 300))
    return stored // (np.iinfo(dtype).max // 3) * 17 if flat else stored


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("rle", [False, True])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_bit_is_kept(dtype, channels, rle, flat):
    stored = picture(channels, dtype, flat)
    image = read_picture(sgi(stored, rle))
    assert_array_equal(image.frames[0].stacked(), stored)
    assert image.dtype == dtype
    assert image.space is (Space.GRAY if channels == 1 else Space.RGB)
    assert image.has_alpha == (channels == 4)
    assert not any("8-bit" in note for note in image.notes)


@pytest.mark.parametrize("rle", [False, True])
def test_what_is_cut_short_is_said(rle):
    data = sgi(pixels(3, np.uint16), rle)
    for length in (530, len(data) - 3):
        with pytest.raises(ImageError, match="damaged or cut short"):
            read_picture(data[:length])


def test_rows_that_share_their_data_cost_no_more_than_the_picture():
    """Every row is the whole file, of which only as much is looked at as a row can need."""
    height = 20_000
    body = np.array([127, 5] * 500_000, ">u2").tobytes()
    head = struct.pack(">HBBHHHHII", 474, 1, 2, 2, 127, height, 1, 0, 9).ljust(512, b"\0")
    table = struct.pack(f">{height}I", *[512 + 8 * height] * height) + struct.pack(
        f">{height}I", *[len(body)] * height
    )
    with pytest.raises(ImageError, match="damaged"):  # rows of more samples than are wanted
        read_picture(head.replace(b"\0\x7f", b"\0\x7e", 1) + table + body)
    found = read_picture(head + table + body).frames[0].pixels
    assert found.shape == (height, 127)
    assert (found == 5).all()
