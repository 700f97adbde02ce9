"""Kinds of TIFF pages, put together by hand or written by tifffile; expectations are hand calculation."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow
from PIL import ImageCms

from convcli.errors import ImageError
from convcli.imaging.image import Space
from convcli.imaging.reading.read import read_picture
from convcli.imaging.tiff_directory import Directory, chain
from convcli.limits import TIFF_PAGES
from tests.imaging.helpers import pixels, tiff
from tests.imaging.tiff_by_hand import ASCII, LONG, RATIONAL, SHORT, Page, tiff_of


def ramp(bits, channels=1):
    """Samples of n bits from 0 to the largest, in rows of seven, so that most rows end within a byte."""
    count = 7 * 5 * channels
    values = np.linspace(0, (1 << bits) - 1, count).round().astype(np.int64)
    return values.reshape(5, 7) if channels == 1 else values.reshape(5, 7, channels)


def wide(values, bits):
    """The nearest integer to v (2^N - 1) / (2^n - 1), N being 8 up to 8 bits, else 16."""
    full = 255 if bits <= 8 else 65535
    white = (1 << bits) - 1
    return np.array([(2 * int(v) * full + white) // (2 * white) for v in values.flat]).reshape(values.shape)


def only(data):
    whole = read_picture(data)
    (frame,) = whole.frames
    return frame, whole


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("white_is_zero", [False, True])
@pytest.mark.parametrize("bits", range(1, 17))
def test_grey_of_every_depth(bits, white_is_zero, order):
    values = ramp(bits)
    frame, whole = only(tiff_of(Page(values, bits, 0 if white_is_zero else 1), order=order))
    assert whole.space is Space.GRAY
    assert frame.pixels.dtype == (np.uint8 if bits <= 8 else np.uint16)
    seen = (1 << bits) - 1 - values if white_is_zero else values
    assert_array_equal(frame.pixels, wide(seen, bits))
    if bits not in (1, 2, 4, 8, 16):
        assert whole.notes == (f"{bits}-bit samples were widened to {8 if bits < 8 else 16}",)


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
def test_rgb_of_every_depth_in_pixels_and_planes(bits, planes):
    values = ramp(bits, 3)
    frame, whole = only(tiff_of(Page(values, bits, 2), planes=planes))
    assert whole.space is Space.RGB
    assert_array_equal(frame.pixels, wide(values, bits))


@pytest.mark.parametrize("bits", [4, 8, 12, 16])
@pytest.mark.parametrize("planes", [False, True])
def test_opacity_of_grey_and_of_rgb(bits, planes):
    for channels, photometric in ((2, 1), (4, 2)):
        values = ramp(bits, channels)
        frame, _ = only(tiff_of(Page(values, bits, photometric, ((338, SHORT, 2),)), planes=planes))
        assert_array_equal(frame.stacked(), wide(values, bits))
        assert frame.alpha is not None


@pytest.mark.parametrize("bits", [17, 20, 24, 31, 32])
@pytest.mark.parametrize("order", "<>")
def test_long_integers_are_exact_numbers(bits, order):
    values = ramp(bits)
    frame, whole = only(tiff_of(Page(values, bits), order=order))
    assert whole.space is Space.DATA
    assert_array_equal(frame.pixels, values.astype(np.float64))
    planes, _ = only(tiff_of(Page(ramp(bits, 3), bits, 2), order=order, planes=True))
    assert_array_equal(planes.pixels, ramp(bits, 3).astype(np.float64))
    inverted, _ = only(tiff_of(Page(values, bits, 0), order=order))
    assert_array_equal(inverted.pixels, ((1 << bits) - 1 - values).astype(np.float64))


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_signed_integers_are_numbers(dtype, channels, planes):
    values = np.array([[-1, 0, 1, np.iinfo(dtype).min, np.iinfo(dtype).max, 5]], dtype).repeat(channels, 0)
    stored = np.moveaxis(np.broadcast_to(values.reshape(channels, 2, 3), (channels, 2, 3)), 0, 2)
    bits = 8 * np.dtype(dtype).itemsize
    unsigned = stored.astype(np.int64) % (1 << bits)
    page = Page(unsigned if channels > 1 else unsigned[..., 0], bits, 2 if channels == 3 else 1)
    signs = (339, SHORT, [2] * channels)
    frame, whole = only(tiff_of(page._replace(tags=(signs,)), planes=planes and channels > 1))
    assert whole.space is Space.DATA
    assert_array_equal(np.atleast_3d(frame.pixels), stored)


def test_a_predictor_of_12_bits_is_undone():
    differences = np.array([[100, 1, 2, 3], [4095, 0, 1, 0]])
    frame, _ = only(tiff_of(Page(differences, 12, tags=((317, SHORT, 2),))))
    values = np.array([[100, 101, 103, 106], [4095, 4095, 0, 0]])  # 4095 + 1 begins again at 0
    assert_array_equal(frame.pixels, wide(values, 12))


def test_bits_may_come_the_other_way_round():
    data = tiff_of(Page(ramp(4), 4))
    start = 8
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data[start : start + 20])
    page = data[:start] + turned + data[start + 20 :]
    expected = wide(ramp(4), 4)
    at = page.index(struct.pack("<HHI", 262, SHORT, 1)) + 0
    assert at > 0
    with_order = tiff_of(Page(ramp(4), 4, tags=((266, SHORT, 2),)))
    frame, _ = only(with_order[:start] + turned + with_order[start + 20 :])
    assert_array_equal(frame.pixels, expected)


PALETTE = np.random.default_rng(3).integers(0, 256, (256, 3))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("scale", [1, 256, 257])
def test_palettes_of_8_bits(bits, scale):
    colours = PALETTE[: 1 << bits]
    table = (320, SHORT, [int(value) * scale for value in colours.T.ravel()])
    frame, whole = only(tiff_of(Page(ramp(bits), bits, 3, (table,))))
    assert whole.space is Space.RGB
    assert frame.pixels.dtype == np.uint8
    assert_array_equal(frame.pixels, colours[ramp(bits)])


def test_palettes_of_16_bits_are_exact():
    colours = np.random.default_rng(4).integers(0, 65536, (1 << 4, 3))
    frame, _ = only(
        tiff_of(Page(ramp(4), 4, 3, ((320, SHORT, [int(value) for value in colours.T.ravel()]),)))
    )
    assert frame.pixels.dtype == np.uint16
    assert_array_equal(frame.pixels, colours[ramp(4)])


def test_indices_of_16_bits_are_looked_up():
    colours = np.zeros((65536, 3), np.int64)
    colours[[0, 1000, 65535]] = [[1, 2, 3], [40, 50, 60], [250, 251, 252]]
    indices = np.array([[0, 1000, 65535]])
    table = (320, SHORT, [int(value) * 257 for value in colours.T.ravel()])
    frame, whole = only(tiff_of(Page(indices, 16, 3, (table,))))
    assert whole.space is Space.RGB
    assert_array_equal(frame.pixels, [[[1, 2, 3], [40, 50, 60], [250, 251, 252]]])


# L*, a*, b* (D50) of sRGB's primaries and of greys, by Lindbloom's calculator, to a hundredth.
LAB_COLOURS = {
    (255, 0, 0): (54.29, 80.81, 69.89),
    (0, 255, 0): (87.82, -79.29, 80.99),
    (0, 0, 255): (29.57, 68.30, -112.03),
    (255, 255, 255): (100.0, 0.0, 0.0),
    (119, 119, 119): (50.03, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
}


@pytest.mark.parametrize("kind", [8, 9])
@pytest.mark.parametrize("bits", [8, 16])
def test_lab_becomes_srgb(kind, bits):
    lab = np.array(list(LAB_COLOURS.values()))[np.newaxis]
    lightest = (255 if bits == 8 else 65535) if kind == 8 or bits == 8 else 65280
    unit, offset = 1 << (bits - 8), 128 if kind == 9 else 0
    stored = np.rint(np.dstack([lab[..., 0] / 100 * lightest, (lab[..., 1:] + offset) * unit])).astype(
        np.int64
    )
    frame, whole = only(tiff_of(Page(stored % (1 << bits), bits, kind)))
    assert whole.space is Space.RGB
    assert whole.notes == ("Lab colours were converted to sRGB",)
    full = (1 << bits) - 1
    seen = frame.pixels.astype(float) * 255 / full
    # half a unit of 8 bits moves the darkest channel of a primary by 10, where sRGB is steepest
    assert np.abs(seen - [list(LAB_COLOURS)]).max() <= (12.0 if bits == 8 else 0.6)


def test_lab_agrees_with_littlecms():
    colours = Pillow.fromarray(np.random.default_rng(1).integers(80, 200, (20, 20, 3), dtype=np.uint8))
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    converted = ImageCms.profileToProfile(colours, srgb, lab, outputMode="LAB")
    buffer = io.BytesIO()
    converted.save(buffer, "TIFF")
    frame, _ = only(buffer.getvalue())
    back = np.asarray(ImageCms.profileToProfile(converted, lab, srgb, outputMode="RGB")).astype(int)
    assert np.abs(frame.pixels - back).max() <= 5
    assert np.abs(frame.pixels - back).mean() < 0.5


@pytest.mark.parametrize(
    ("photometric", "name"),
    [(10, "ITU"), (32803, "raw photograph"), (32844, "LogL"), (32845, "LogLuv"), (34892, "raw photograph")],
)
def test_colours_that_are_not_converted_are_refused_by_name(photometric, name):
    with pytest.raises(ImageError, match=name) as caught:
        read_picture(tiff_of(Page(ramp(8, 3), 8, photometric)))
    assert caught.value.hint


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2)])
def test_uncompressed_ycbcr_is_converted(subsampling):
    across, down = subsampling
    luma, blue, red = 120, 90, 200  # one colour, so that subsampling does not blur it
    units = bytes([luma] * (across * down) + [blue, red]) * ((8 // across) * (4 // down))
    flat = np.frombuffer(units, np.uint8)
    data = bytearray(tiff_of(Page(flat.reshape(1, -1), 8, 6)))
    tags = (
        (256, LONG, 8),
        (257, LONG, 4),
        (258, SHORT, [8, 8, 8]),
        (277, SHORT, 3),
        (530, SHORT, subsampling),
    )
    data = tiff_of(Page(flat.reshape(1, -1), 8, 6, (*tags, (278, LONG, 4))))
    frame, whole = only(data)
    expected = (
        luma + 1.402 * (red - 128),
        luma - 0.344136 * (blue - 128) - 0.714136 * (red - 128),
        luma + 1.772 * (blue - 128),
    )
    assert whole.space is Space.RGB
    assert frame.pixels.shape == (4, 8, 3)
    assert np.abs(frame.pixels.astype(float) - expected).max() <= 1.0


@pytest.mark.parametrize(("bits", "kind"), [(4, 2), (12, 2), (32, 6)])
def test_kinds_of_samples_that_no_reader_knows_are_no_damage(bits, kind):
    with pytest.raises(ImageError, match=f"neither Pillow nor tifffile reads {bits}-bit") as caught:
        read_picture(tiff_of(Page(ramp(bits), bits, tags=((339, SHORT, kind),))), name="a.tif")
    assert caught.value.hint


def test_planes_of_ycbcr_are_refused_by_name():
    with pytest.raises(ImageError, match="YCbCr"):
        read_picture(tiff_of(Page(ramp(8, 3), 8, 6), planes=True))


@pytest.mark.parametrize("bits", [8, 16])
def test_premultiplied_colours_are_divided_and_rounded(bits):
    white = (1 << bits) - 1
    alpha = np.arange(white + 1)[np.newaxis] if bits == 8 else np.arange(0, white + 1, 251)[np.newaxis]
    stored = np.dstack([alpha // 2, alpha // 3, alpha, alpha])
    frame, _ = only(tiff_of(Page(stored, bits, 2, ((338, SHORT, 1),))))
    expected = [
        [
            (2 * int(colour) * white + int(opacity)) // (2 * int(opacity)) if opacity else 0
            for colour in stored[0, at, :3]
        ]
        for at, opacity in enumerate(alpha[0])
    ]
    assert_array_equal(frame.pixels[0], expected)
    assert_array_equal(frame.alpha, alpha)
    gray, _ = only(tiff_of(Page(stored[..., [0, 3]], bits, 1, ((338, SHORT, 1),))))
    assert_array_equal(gray.pixels[0], np.array(expected)[:, 0])


def test_each_page_keeps_depth_size_and_alpha():
    kinds = [
        pixels(1, np.uint16),
        pixels(1),
        pixels(1, np.float32),
        pixels(3, size=(4, 6)),
        pixels(4),
        pixels(1, np.float64),
    ]
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for array in kinds:
            colour = array.ndim == 3
            extra = ["unassalpha"] if array.shape[2:] == (4,) else None
            writer.write(
                array, photometric="rgb" if colour else "minisblack", extrasamples=extra, metadata=None
            )
    whole = read_picture(buffer.getvalue())
    for frame, array in zip(whole.frames, kinds, strict=True):
        assert frame.pixels.dtype == array.dtype
        assert_array_equal(frame.stacked(), array)
    assert [frame.alpha is not None for frame in whole.frames] == [False] * 4 + [True, False]
    for number, array in enumerate(kinds):
        assert_array_equal(read_picture(buffer.getvalue(), frame=number).frames[0].stacked(), array)


@pytest.mark.parametrize("compression", ["webp", "zstd", "jpeg2000", "lerc", "lzma", "png"])
def test_what_pillow_identifies_and_cannot_decode_goes_to_tifffile(compression):
    array = pixels(3)
    options = {"webp": {"lossless": True}, "jpeg2000": {"level": 0}}.get(compression)
    frame, whole = only(tiff(array, photometric="rgb", compression=compression, compressionargs=options))
    assert whole.space is Space.RGB
    assert_allclose(frame.pixels, array, atol=0 if compression != "jpeg2000" else 1)


def test_what_only_the_extra_reads_names_it(block_deep):
    data = tiff_of(Page(ramp(10), 10))
    block_deep()
    with pytest.raises(ImageError, match="Pillow cannot read") as caught:
        read_picture(data, name="ten.tif")
    assert "convcli[deep]" in caught.value.hint


@pytest.mark.parametrize("compression", ["webp", "zlib"])
def test_without_the_extra_a_page_that_pillow_cannot_decode_may_be_sound(compression, block_deep):
    data = tiff(pixels(3), photometric="rgb", compression=compression)
    if compression == "zlib":
        at = directories(data)[0].numbers(273, 1)[0]
        data = data[:at] + bytes(20) + data[at + 20 :]
    block_deep()
    with pytest.raises(ImageError, match="a kind of TIFF that Pillow cannot read") as caught:
        read_picture(data, name="a.tif")
    assert "convcli[deep]" in caught.value.hint


def directories(data):
    return [Directory(data, at) for at in chain(data)]


def chained(count, width, height, content, loop=0, compression=1):
    """Pages that share one strip, in a chain whose last page leads to `loop`."""
    size = 2 + 9 * 12 + 4
    start = 8 + len(content) + len(content) % 2
    tags = (
        (256, width),
        (257, height),
        (258, 8),
        (259, compression),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
    )
    entries = b"".join(
        struct.pack("<HHII", tag, LONG, 1, value) for tag, value in (*tags, (279, len(content)))
    )
    links = [start + (number + 1) * size for number in range(count - 1)] + [loop]
    pages = (struct.pack("<H", 9) + entries + struct.pack("<I", link) for link in links)
    return b"II*\0" + struct.pack("<I", start) + content.ljust(start - 8, b"\0") + b"".join(pages)


HOSTILE = {
    "a million pages": (lambda: chained(10**6, 1, 1, b"x"), f"limit of {TIFF_PAGES.most}"),
    "pages that share a strip": (lambda: chained(10_000, 1000, 1000, bytes(10**6)), "more than the limit of"),
    "a lying size": (lambda: chained(1, 20_000, 20_000, zlib.compress(bytes(99)), 0, 8), "cannot hold"),
    "blank fax": (lambda: chained(1, 20_000, 20_000, bytes(99), 0, 4), "cannot hold"),
    "a short strip": (lambda: chained(1, 5000, 5000, bytes(99)), "cut short"),
    "tiny tiles": (
        lambda: tiff_of(
            Page(
                ramp(8),
                8,
                1,
                (
                    (256, LONG, 20_000),
                    (257, LONG, 20_000),
                    (322, LONG, 1),
                    (323, LONG, 1),
                    (324, LONG, 8),
                    (325, LONG, 1),
                ),
            )
        ),
        "1 of 400000000 strips or tiles",
    ),
    "many samples": (
        lambda: tiff_of(Page(ramp(8), 8, 1, ((256, LONG, 9000), (257, LONG, 9000), (277, SHORT, 65_535)))),
        "more than the limit of",
    ),
    "no size": (lambda: tiff_of(Page(ramp(8), 8, 1, ((256, LONG, 0),))), "damaged"),
    "a directory beyond the end": (lambda: b"II*\0" + struct.pack("<I", 10**6) + bytes(50), "cut short"),
    "a directory of 2**60 tags": (
        lambda: b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**60) + bytes(50),
        "beyond the end",
    ),
    "no directory": (lambda: b"MM\0*" + bytes(50), "no pages"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_before_work(kind):
    make, says = HOSTILE[kind]
    data = make()
    start = time.perf_counter()
    with pytest.raises(ImageError, match=says) as caught:
        read_picture(data, name="a.tif")
    assert time.perf_counter() - start < 2
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_pages_count_in_all():
    data = chained(4, 10, 10, bytes(100))
    assert len(read_picture(data, max_pixels=400).frames) == 4
    with pytest.raises(ImageError, match="at least 400 pixels in its pages"):
        read_picture(data, max_pixels=399)
    assert len(read_picture(data, max_pixels=100, frame=3).frames) == 1


def test_a_chain_that_bites_its_tail_ends_there_and_that_is_said():
    data = chained(3, 4, 4, bytes(range(16)), loop=8 + 16)
    whole = read_picture(data)
    assert len(whole.frames) == 3
    assert whole.notes == ("the list of pages is broken after page 3: there may have been more",)


@pytest.mark.parametrize("values", [(0, 0), (1, 0), (4_294_967_295, 1)])
def test_absurd_resolutions_are_left_out_and_said(values):
    tags = ((282, RATIONAL, values), (283, RATIONAL, values), (296, SHORT, 2))
    frame, whole = only(tiff_of(Page(ramp(8), 8, tags=tags)))
    assert_array_equal(frame.pixels, ramp(8))
    assert whole.metadata.dpi is None
    assert [note.startswith("the resolution") for note in whole.notes] == [True]


def test_imagej_tells_the_pixel_size():
    text = b"ImageJ=1.53t\nimages=1\nunit=micron\n\0"
    tags = ((270, ASCII, text), (282, RATIONAL, (4, 1)), (283, RATIONAL, (2, 1)), (296, SHORT, 1))
    _, whole = only(tiff_of(Page(ramp(8), 8, tags=tags)))
    assert_allclose(whole.metadata.dpi, (4 * 25_400, 2 * 25_400))


def test_strips_that_are_not_stored_are_blank():
    values = ramp(8)
    for tags in (((273, LONG, [8, 0]), (279, LONG, [21, 0]), (278, LONG, 3)),):
        frame, _ = only(tiff_of(Page(values, 8, tags=tags)))
        assert_array_equal(frame.pixels[:3], values[:3])
        assert_array_equal(frame.pixels[3:], 0)


def test_pages_that_imagej_does_not_list_are_missed():
    text = b"ImageJ=1.53t\nimages=9\nunit=micron\n\0"
    _, whole = only(tiff_of(Page(ramp(8), 8, tags=((270, ASCII, text),))))
    assert whole.notes == ("ImageJ counts 9 pages, and 1 are listed: the others are not read",)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.int8, np.int16, np.int32, np.uint32, np.float32, np.float64]
)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits", "zstd", "lzma"])
def test_compressed_numbers_in_both_byte_orders(dtype, order, compression):
    kind = np.dtype(dtype).kind
    for channels, layout in ((1, {}), (3, {"planarconfig": "contig"}), (3, {"planarconfig": "separate"})):
        array = (np.random.default_rng(6).random((21, 34, channels)[: 2 + (channels > 1)]) * 120).astype(
            dtype
        )
        array = -array if kind in "if" else array
        for pieces in ({}, {"tile": (16, 16)}, {"rowsperstrip": 5}):
            stored = np.moveaxis(array, 2, 0) if layout.get("planarconfig") == "separate" else array
            data = tiff(
                np.ascontiguousarray(stored),
                photometric="rgb" if channels == 3 else "minisblack",
                byteorder=order,
                compression=compression,
                predictor=compression in ("zlib", "lzw", "zstd"),
                **layout,
                **pieces,
            )
            frame, _ = only(data)
            assert_array_equal(
                frame.pixels.astype(np.float64), array.astype(np.float64), f"{channels} {pieces}"
            )
