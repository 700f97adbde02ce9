"""BMP put together by hand: masks of channels, 2 bits, top row first; samples are widened white to white."""

import struct

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.errors import ImageError
from convcli.imaging.reading.read import read_picture

WIDTH, HEIGHT = 5, 6


def bmp(bits, values, masks=(), *, head=40, packed=0, height=HEIGHT, palette=b"", colours=0):
    """A BMP of the rows `values`, in the order of the file, of `bits` per pixel."""
    lines = ["".join(f"{int(value):0{bits}b}" for value in row) for row in values]
    if bits < 16:
        rows = [int(line.ljust(-(-len(line) // 8) * 8, "0"), 2) for line in lines]
        packed_rows = [row.to_bytes(-(-WIDTH * bits // 8), "big") for row in rows]
    else:
        packed_rows = [b"".join(int(value).to_bytes(bits // 8, "little") for value in row) for row in values]
    content = b"".join(row + bytes(-len(row) % 4) for row in packed_rows)
    fields = struct.pack("<IiiHHIIiiII", head, WIDTH, height, 1, bits, packed, 0, 11811, 11811, colours, 0)
    listed = b"".join(struct.pack("<I", mask) for mask in masks)
    header = fields + listed if head == 40 else (fields + listed).ljust(head, b"\0")
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(content), 0, 0, start) + header + palette + content


LAYOUTS = {
    "565": (16, (0xF800, 0x7E0, 0x1F)),
    "555": (16, (0x7C00, 0x3E0, 0x1F)),
    "444": (16, (0xF00, 0xF0, 0xF)),
    "4444": (16, (0xF00, 0xF0, 0xF, 0xF000)),
    "1555": (16, (0x7C00, 0x3E0, 0x1F, 0x8000)),
    "BGRX": (32, (0xFF0000, 0xFF00, 0xFF)),
    "RGBX": (32, (0xFF, 0xFF00, 0xFF0000)),
    "BGRA": (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
    "ABGR": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
    "10 bits": (32, (0x3FF00000, 0xFFC00, 0x3FF)),
}


@pytest.mark.parametrize("head", [40, 56, 108, 124])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_channels_are_what_their_masks_say(layout, head):
    bits, masks = LAYOUTS[layout]
    values = np.random.default_rng(3).integers(0, 1 << bits, (HEIGHT, WIDTH))
    listed = masks if head == 40 else (*masks, 0)[:4]
    data = bmp(bits, values, listed, head=head, packed=6 if head == 40 and len(masks) == 4 else 3)
    read = read_picture(data)
    dtype, most = (np.uint16, 65535) if layout == "10 bits" else (np.uint8, 255)
    expected = []
    for mask in masks:
        low = f"{mask:b}"[::-1].index("1")
        expected.append(np.rint(((values & mask) >> low) * (most / (mask >> low))))
    found = read.frames[0].stacked()
    assert found.dtype == dtype
    assert_array_equal(found, np.dstack(expected)[::-1])
    assert read.notes == ()
    assert read.format == "bmp"
    assert read.metadata.dpi == pytest.approx((300, 300), abs=0.01)


def test_masks_that_are_not_given_are_of_5_and_of_8_bits():
    values = np.array([[0x7C00, 0x3E0, 0x1F, 0x8000, 0x4210]] * HEIGHT)
    first = read_picture(bmp(16, values)).frames[0].pixels[0].tolist()
    assert first == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0], [132, 132, 132]]
    values = np.array([[0xFF0102FF, 1, 2, 3, 4]] * HEIGHT)
    frame = read_picture(bmp(32, values)).frames[0]
    assert frame.alpha is None
    assert frame.pixels[0, 0].tolist() == [1, 2, 255]


@pytest.mark.parametrize("height", [HEIGHT, -HEIGHT])
@pytest.mark.parametrize("colours", [0, 3, 4])
def test_2_bits_choose_colours_of_the_palette(colours, height):
    values = np.random.default_rng(4).integers(0, 3, (HEIGHT, WIDTH))
    palette = np.array([[1, 2, 3, 0], [40, 50, 60, 0], [255, 254, 253, 0], [9, 9, 9, 0]], np.uint8)
    content = palette[: colours or 4].tobytes()
    found = read_picture(bmp(2, values, height=height, palette=content, colours=colours)).frames[0].pixels
    assert_array_equal(found, palette[values][:: -1 if height > 0 else 1, :, 2::-1])


def test_damage_and_masks_with_gaps_are_said():
    values = np.zeros((HEIGHT, WIDTH), int)
    with pytest.raises(ImageError, match=r"cut short .its pixels end at byte 126, the file at 120"):
        read_picture(bmp(16, values)[:120])
    with pytest.raises(ImageError, match=r"kind that cannot be read .the mask 0xf10 of a channel"):
        read_picture(bmp(16, values, (0xF10, 0xE0, 0xF), packed=3))
    with pytest.raises(ImageError, match="more than the limit of 29"):
        read_picture(bmp(16, values), max_pixels=29)
    with pytest.raises(ImageError, match="no frame 1"):
        read_picture(bmp(16, values), frame=1)
