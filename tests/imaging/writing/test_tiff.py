"""Tags of TIFF pages, kept byte for byte, cleared of what no longer holds; pixels as others read them."""

import io
import json
import struct

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow

from convcli.imaging.geotiff import Placement, moved
from convcli.imaging.metadata import Metadata
from convcli.imaging.reading.read import read_picture
from convcli.imaging.tiff_directory import Directory, chain
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.helpers import image, pixels, tiff
from tests.imaging.tiff_by_hand import ASCII, DOUBLE, LONG, RATIONAL, SHORT, Page, tiff_of

SAMPLES = pixels(1).astype(np.int64)


def again(data, **options):
    """Write what was read as TIFF; return the picture, the new file and all notes."""
    whole = read_picture(data, **options)
    made = encode_picture(whole, "tiff")
    return whole, made.data, (*whole.notes, *made.notes)


def directories(data):
    return [Directory(data, at) for at in chain(data)]


def value(data, tag, page=0):
    found = directories(data)[page].tag(tag)
    return None if found is None else found.data


KEPT = {
    269: (ASCII, b"a document \xe9\0"),
    270: (ASCII, b"caf\xe9 \xff\xfe, not UTF-8\0"),
    285: (ASCII, b"a page\0"),
    297: (SHORT, (3, 7)),
    305: (ASCII, b"some program\0"),
    306: (ASCII, b"2026:01:02 03:04:05\0"),
    315: (ASCII, "Jürgen\0".encode()),
    33432: (ASCII, b"\xa9 me\0"),
    33723: (7, b"\x1c\x02\x05\0\x03abc"),
}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_tags_are_kept_byte_for_byte(order, big):
    tags = tuple((number, kind, values) for number, (kind, values) in KEPT.items())
    data = tiff_of(Page(SAMPLES, 8, tags=tags), order=order, big=big)
    _, made, notes = again(data)
    assert notes == ()
    for number, (kind, values) in KEPT.items():
        expected = values if kind != SHORT else b"".join(one.to_bytes(2, "little") for one in values)
        assert value(made, number) == expected, number
    with tifffile.TiffFile(io.BytesIO(made)) as file:
        assert file.pages[0].tags[297].value == (3, 7)
        assert_array_equal(file.pages[0].asarray(), SAMPLES)


@pytest.mark.parametrize("name", ["tiff", "png", "jpeg", "webp", "bmp", "npy", "gif"])
def test_a_bigtiff_that_tifffile_wrote_goes_into_every_format(name):
    array = pixels(1)
    data = tiff(array, bigtiff=True, description="mine", software="tifffile.py", metadata=None)
    whole = read_picture(data)
    made = encode_picture(whole, name).data
    back = np.atleast_3d(read_picture(made).frames[0].pixels)
    assert_allclose(back[..., 0], array, atol=0 if name != "jpeg" else 12)
    if name == "tiff":
        with tifffile.TiffFile(io.BytesIO(made)) as file:
            assert (file.pages[0].description, file.pages[0].software) == ("mine", "tifffile.py")
    if name == "png":
        assert Pillow.open(io.BytesIO(made)).getexif()[305] == "tifffile.py"


def test_each_page_has_its_own_description_and_resolution():
    def page(text, dots):
        resolution = ((282, RATIONAL, (dots, 1)), (283, RATIONAL, (dots, 1)), (296, SHORT, 2))
        return Page(SAMPLES, 8, tags=((270, ASCII, text), *resolution))

    _, made, notes = again(tiff_of(page(b"one\0", 72), page(b"two\0", 300), Page(SAMPLES, 8)))
    assert notes == ()
    with tifffile.TiffFile(io.BytesIO(made)) as file:
        assert [one.description for one in file.pages] == ["one", "two", ""]
        assert [one.tags[282].value for one in file.pages[:2]] == [(72, 1), (300, 1)]
        assert 282 not in file.pages[2].tags
    pictures = Pillow.open(io.BytesIO(made))
    pictures.seek(1)
    assert pictures.info["dpi"] == (300, 300)
    _, made, _ = again(tiff_of(page(b"one\0", 72), page(b"two\0", 300)), frame=1)
    assert value(made, 270) == b"two\0"


@pytest.mark.parametrize("byteorder", "<>")
def test_what_tifffile_says_about_its_array_is_dropped(byteorder):
    stack = np.stack([pixels(1, seed=seed) for seed in range(6)]).reshape(3, 2, *pixels(1).shape)
    data = tiff(stack, photometric="minisblack", metadata={"axes": "TCYX", "mine": 5}, byteorder=byteorder)
    _, made, notes = again(data)
    assert json.loads(value(made, 270).rstrip(b"\0")) == {"mine": 5}
    assert notes == ("tifffile's order of the pages (TCYX) is left out: they are in one row",)
    assert_array_equal(tifffile.imread(io.BytesIO(made)), stack.reshape(6, *pixels(1).shape))
    _, one, _ = again(data, frame=4)
    assert_array_equal(tifffile.imread(io.BytesIO(one)), stack[2, 0])
    _, plain, notes = again(tiff(pixels(3), photometric="rgb"))
    assert value(plain, 270) is None
    assert notes == ()


def test_imagej_keeps_its_unit_and_loses_its_counts():
    stack = np.stack([pixels(1, seed=seed) for seed in range(6)]).reshape(3, 2, *pixels(1).shape)
    data = tiff(
        stack, imagej=True, resolution=(4.0, 2.0), metadata={"unit": "um", "axes": "TCYX", "spacing": 3.0}
    )
    for options, expected in (({}, stack.reshape(6, *pixels(1).shape)), ({"frame": 3}, stack[1, 1])):
        _, made, notes = again(data, **options)
        assert_array_equal(tifffile.imread(io.BytesIO(made)), expected)
        with tifffile.TiffFile(io.BytesIO(made)) as file:
            assert file.imagej_metadata["unit"] == "um"
            assert file.imagej_metadata["spacing"] == 3.0
            assert not {"images", "channels", "frames"} & set(
                value(made, 270).decode().replace("\n", "=").split("=")
            )
            assert file.pages[0].tags[282].value == (4, 1)
            assert int(file.pages[0].tags[296].value) == 1
        assert any("channels, frames" in note for note in notes) == (not options)


def test_ome_xml_is_dropped_and_said():
    stack = np.stack([pixels(1, seed=seed) for seed in range(4)])
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, stack, ome=True, photometric="minisblack", metadata={"axes": "ZYX"})
    _, made, notes = again(buffer.getvalue(), frame=0)
    assert value(made, 270) is None
    assert len(notes) == 1
    assert "OME-XML" in notes[0]
    assert_array_equal(tifffile.imread(io.BytesIO(made)), stack[0])


def test_damaged_tags_and_rationals_divided_by_0_are_left_out_and_said():
    data = tiff_of(Page(SAMPLES, 8, tags=((270, ASCII, b"mine\0"), (34665, LONG, 0x7FEDCBA9))))
    at, when = len(data), b"2026:01:02 03:04:05\0"
    entries = struct.pack("<HHHII", 2, 33434, RATIONAL, 1, at + 30)
    entries += struct.pack("<HHIII", 36867, ASCII, len(when), at + 38, 0)
    data = data.replace(struct.pack("<I", 0x7FEDCBA9), struct.pack("<I", at))
    data += entries + struct.pack("<II", 1, 0) + when
    for name in ("tiff", "png", "jpeg", "webp"):
        whole = read_picture(data)
        assert whole.notes == ("damaged tags are left out: 33434",)
        made = encode_picture(whole, name).data
        back = Pillow.open(io.BytesIO(made)).getexif()
        assert back[270] == "mine"
        assert back.get_ifd(0x8769)[36867] == "2026:01:02 03:04:05"
        assert 33434 not in back.get_ifd(0x8769)


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp"])
def test_a_resolution_that_does_not_fit_is_left_out_and_said(name):
    tags = ((282, RATIONAL, (900_000_000, 1)), (283, RATIONAL, (900_000_000, 1)), (296, SHORT, 2))
    whole = read_picture(tiff_of(Page(SAMPLES, 8, tags=tags)))
    made = encode_picture(whole, name)
    assert [note for note in made.notes if "per inch" in note] == list(made.notes)
    assert len(made.notes) == 1
    assert "dpi" not in Pillow.open(io.BytesIO(made.data)).info or name == "bmp"


GEO = ((33550, DOUBLE, (10.0, 5.0, 0.0)), (33922, DOUBLE, (2.0, 3.0, 0.0, 500_000.0, 4_600_000.0, 0.0)))
AREA, POINT = ((34735, SHORT, (1, 1, 0, 1, 1025, 0, 1, kind)) for kind in (1, 2))


def place(tags, row, column, corner):
    """Where the centre of a pixel lies: X = Xt + (u - I) Sx, Y = Yt - (v - J) Sy."""
    scale, tie = tags[33550].numbers(), tags[33922].numbers()
    u, v = column + corner, row + corner
    return tie[3] + (u - tie[0]) * scale[0], tie[4] - (v - tie[1]) * scale[1]


@pytest.mark.parametrize(("raster", "corner"), [(AREA, 0.5), (POINT, 0.0)])
def test_moved_pixels_stay_where_they_were_on_the_ground(raster, corner):
    frame = read_picture(tiff_of(Page(SAMPLES, 8, tags=(*GEO, raster)))).frames[0]
    after = moved(frame.tags, Placement((3.0, 2.0), (1.0, -0.5)))
    for row in (0, 2):
        for column in (0, 3):
            before = place(frame.tags, 3 * row + 1.0, 2 * column - 0.5, corner)
            assert_allclose(place(after, row, column, corner), before)


def test_a_matrix_is_moved_too():
    matrix = np.array([[10.0, 1.0, 0.0, 500.0], [2.0, -5.0, 0.0, 900.0], [0, 0, 0, 0], [0, 0, 0, 1.0]])
    frame = read_picture(tiff_of(Page(SAMPLES, 8, tags=((34264, DOUBLE, matrix.ravel().tolist()),)))).frames[
        0
    ]
    after = moved(frame.tags, Placement((3.0, 2.0), (1.0, 0.0)))[34264].numbers().reshape(4, 4)
    for row, column in ((0, 0), (4, 7)):
        old = matrix @ [2 * column + 0.5, 3 * row + 1.0 + 0.5, 0.0, 1.0]
        assert_allclose(after @ [column + 0.5, row + 0.5, 0.0, 1.0], old)


def test_two_placements_one_after_the_other():
    first, second = Placement((2.0, 2.0), (0.5, 0.5)), Placement((3.0, 1.0), (-1.0, 0.0))
    both = first.after(second)
    for row in (0, 5):
        assert both.scale[0] * row + both.shift[0] == 2 * (3 * row - 1) + 0.5
        assert both.scale[1] * row + both.shift[1] == 2 * row + 0.5


def test_inner_directories_without_tags_are_not_written():
    data = tiff_of(Page(SAMPLES, 8, tags=((270, ASCII, b"x\0"),)))
    empty = tiff_of(Page(SAMPLES, 8, tags=((34665, LONG, len(data) - 6),)))  # its count of entries is 0
    for content in (data, empty):
        _, made, _ = again(content)
        assert 34665 not in directories(made)[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("alpha", [False, True])
def test_written_pages_are_read_by_tifffile(dtype, channels, alpha):
    given = image(channels, dtype, alpha)
    with tifffile.TiffFile(io.BytesIO(encode_picture(given, "tiff").data)) as file:
        stored = file.pages[0].asarray()
    assert stored.dtype == dtype
    assert_array_equal(stored, given.frames[0].stacked())


def test_float64_without_the_extra_is_narrowed_and_said(block_deep):
    block_deep()
    given = image(1, np.float64)
    made = encode_picture(given, "tiff")
    assert made.notes == ("64-bit floats are written as 32-bit: pip install 'convcli[deep]' keeps it",)
    assert_array_equal(
        np.asarray(Pillow.open(io.BytesIO(made.data))), given.frames[0].pixels.astype(np.float32)
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("swapped", [False, True])
def test_iptc_that_is_declared_to_be_numbers_keeps_its_bytes(order, swapped):
    records = b"\x1c\x02\x05\0\x06caf\xe9 1"
    padded = records.ljust(-(-len(records) // 4) * 4, b"\0")
    numbers = np.frombuffer(padded, ">u4" if swapped else f"{order}u4").tolist()
    data = tiff_of(Page(SAMPLES, 8, tags=((33723, LONG, numbers),)), order=order)
    whole, made, notes = again(data)
    assert whole.metadata.iptc == records
    assert value(made, 33723) == records
    assert notes == ()
    assert read_picture(encode_picture(whole, "jpeg").data).metadata.iptc == records


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("dpi", [(300.0, 300.0), (96.5, 72.25), (1e6 + 0.25, 2.0), (4e9, 4e9)])
def test_profile_and_resolution_of_other_formats_become_tags(dtype, dpi):
    icc = bytes(16) + b"RGB " + bytes(200)
    given = image(3, dtype, metadata=Metadata(icc=icc, dpi=dpi))
    with tifffile.TiffFile(io.BytesIO(encode_picture(given, "tiff").data)) as file:
        tags = file.pages[0].tags
        assert tags[34675].value == icc
        assert tags[34675].dtype == 7
        found = [tags[number].value[0] / tags[number].value[1] for number in (282, 283)]
        assert_allclose(found, dpi, rtol=1e-6)
        assert tags[296].value == 2


def test_a_profile_of_a_later_page_that_does_not_fit_is_said():
    icc = bytes(16) + b"RGB " + bytes(200)
    pages = (Page(SAMPLES, 8), Page(SAMPLES, 8, tags=((34675, 7, icc),)))
    whole, made, notes = again(tiff_of(*pages))
    assert whole.metadata.icc is None
    assert notes == ("the ICC profile is not for GRAY pixels: left out",)
    assert value(made, 34675, 1) is None
    color = np.repeat(SAMPLES[..., None], 3, axis=2)
    _, made, notes = again(tiff_of(Page(color, 8, 2, tags=((34675, 7, icc),)), Page(SAMPLES, 8)))
    assert notes == ()
    assert value(made, 34675) == icc
