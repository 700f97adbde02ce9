"""TIFF pages that share large values, and files of many pages: time and memory grow with the file alone."""

import re
import struct
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.errors import ImageError
from convcli.imaging.exif import exif_bytes
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.reading.read import read_picture
from convcli.imaging.tiff_directory import Directory, Tag, chain
from convcli.imaging.tiff_metadata import rational_tag
from convcli.imaging.writing import tiff_tags
from convcli.imaging.writing.encode import encode_picture
from convcli.limits import TAG_BYTES
from tests.imaging.tiff_by_hand import DOUBLE, LONG, RATIONAL, SHORT, Page, tiff_of
from tests.program import Convcli

ICC, PRIVATE, BITS, STRIPS, SUBFILE = 34675, 65000, 258, 273, 254


def sharing(pages: int, size: int, tag: int, kind: int = 7, **more: tuple[int, int, int]) -> bytes:
    """Pages of one grey pixel, whose values of `tag` are the same bytes of the file."""
    unit = {7: 1, SHORT: 2, LONG: 4}[kind]
    pixel = 8 + size
    body = bytearray(struct.pack("<2sHI", b"II", 42, 0) + b"\1\0\0\0".ljust(size, b"\1") + bytes(8))
    entries = dict.fromkeys((256, 257, 259, 262, 277, 278, 279), (SHORT, 1, 1))
    entries |= {
        BITS: (SHORT, 1, 8),
        STRIPS: (LONG, 1, pixel),
        tag: (kind, size // unit, 8),
        **{int(name.removeprefix("tag_")): entry for name, entry in more.items()},
    }
    written = b"".join(struct.pack("<HHII", number, *entry) for number, entry in sorted(entries.items()))
    link = 4
    for _ in range(pages):
        struct.pack_into("<I", body, link, len(body))
        body += struct.pack("<H", len(entries)) + written
        link = len(body)
        body += bytes(4)
    return bytes(body)


def cost(action):
    """Return seconds of the processor, bytes at the most, and what came of it, the error or the result."""
    results = []
    begin = time.process_time()
    for traced in (False, True):  # tracing takes time itself
        if traced:
            seconds = time.process_time() - begin
            tracemalloc.start()
        try:
            results.append(action())
        except ImageError as error:
            results.append(error)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, most, results[0]


@pytest.mark.parametrize("tag", [ICC, PRIVATE, BITS, STRIPS, 700, 34665])
def test_a_value_that_many_pages_share_is_not_read_for_each(tag):
    kind = {BITS: SHORT, STRIPS: LONG}.get(tag, 7)
    data = sharing(200, 10_000_000, tag, kind)
    seconds, most, found = cost(lambda: read_picture(data, frame=None))
    assert seconds < 2
    assert most < 60e6
    assert isinstance(found, ImageError)
    assert found.hint


def test_an_exif_directory_that_many_pages_share_is_not_taken_apart_for_each():
    entries = range(1, 60_000)
    data = bytearray(sharing(400, 2 + 12 * len(entries), PRIVATE, tag_34665=(LONG, 1, 8)))
    exif = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", n, 1, 1, 7) for n in entries)
    data[8 : 8 + len(exif)] = exif
    data = bytes(data).replace(
        struct.pack("<HHII", PRIVATE, 7, len(exif), 8), struct.pack("<HHII", PRIVATE, 7, 1, 8)
    )
    seconds, most, found = cost(lambda: read_picture(data))
    assert seconds < 3
    assert most < 200e6
    assert isinstance(found, ImageError)
    assert str(TAG_BYTES.most) in found.message


@pytest.mark.parametrize("text", [b"<x:xmpmeta tiff:Orientation='1'/>\n", b"ImageJ=1.53t\nimages=2\n"])
def test_what_pages_share_is_changed_once(text):
    tag = 700 if text.startswith(b"<") else 270
    data = sharing(60, 1_000_000, tag)
    content = (text + b"word=1\n" * 150_000)[:1_000_000]
    data = data[:8] + content + data[8 + len(content) :]
    seconds, _, image = cost(lambda: read_picture(data))
    assert seconds < 2
    tags = [frame.tags[tag] for frame in image.frames]
    assert len({id(one) for one in tags}) == 1
    assert len(tags) == 60
    assert (b"Orientation" in tags[0].data, b"images=" in tags[0].data) == (False, False)


@pytest.mark.parametrize("tag", [BITS, STRIPS, 338, 339])
def test_a_table_that_is_far_longer_than_a_page_needs_is_refused(tag):
    data = sharing(5, 10_000_000, tag, LONG if tag == STRIPS else SHORT)
    seconds, most, found = cost(lambda: read_picture(data))
    assert seconds < 1
    assert most < 40e6
    assert isinstance(found, ImageError)
    assert f"its tag {tag} has " in found.message


def test_pages_that_share_a_profile_keep_it_and_share_it_when_written():
    size, pages = 1_000_000, 100
    data = sharing(pages, size, ICC)
    seconds, most, image = cost(lambda: read_picture(data))
    assert seconds < 2
    assert most < 100e6  # some 70 MB whatever the file
    tags = [frame.tags[ICC] for frame in image.frames]
    assert all(tag.data == data[8 : 8 + size] for tag in tags)
    assert len({id(tag.data) for tag in tags}) == 1
    shared = Image(
        tuple(
            Frame(frame.pixels, tags={PRIVATE: tag}) for frame, tag in zip(image.frames, tags, strict=True)
        ),
        Space.GRAY,
    )
    made = encode_picture(shared, "tiff").data
    assert size < len(made) < size + 2000 * pages
    found = [Directory(made, at).tag(PRIVATE) for at in chain(made)]
    assert len(found) == pages
    assert {tag.data for tag in found} == {data[8 : 8 + size]}


def test_tags_of_exif_that_share_a_value_are_refused_before_they_are_copied():
    size, count = 1 << 20, 300
    exif = bytearray(
        exif_bytes({number: Tag(7, 8, b"12345678") for number in range(40_000, 40_000 + count)}, "<")
    )
    for number in range(count):
        struct.pack_into("<II", exif, 6 + 8 + 2 + 12 * number + 4, size, 8)
    exif += bytes(size)
    directory = bytes(exif.removeprefix(b"Exif\0\0"))
    seconds, most, found = cost(lambda: Directory(directory, 8))
    assert (seconds < 1, most < 1e6) == (True, True)
    assert isinstance(found, ImageError)
    assert str(TAG_BYTES.most) in found.message


def test_values_of_their_own_are_no_excess(monkeypatch):
    """A file may have tags of any size, where none of them stands for more bytes than the file has."""
    monkeypatch.setattr("convcli.imaging.tiff_directory.TAG_BYTES", TAG_BYTES._replace(most=1000))
    pages = [Page(np.full((1, 1), n), 8, tags=((PRIVATE, 7, bytes(5000)),)) for n in range(5)]
    assert [frame.pixels.item() for frame in read_picture(tiff_of(*pages)).frames] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", True)])
def test_pages_are_opened_at_their_place(order, big):
    """Reading 16-bit colour takes time by the number of pages, not its square."""
    values = [np.arange(n, n + 6).reshape(1, 2, 3) * 257 for n in range(200)]
    data = tiff_of(*(Page(value, 16, 2) for value in values), order=order, big=big)
    few = tiff_of(*(Page(value, 16, 2) for value in values[:20]), order=order, big=big)
    read_picture(few)
    slow, _, found = cost(lambda: read_picture(data))
    fast, _, _ = cost(lambda: read_picture(few))
    assert slow < 25 * fast + 0.2
    for frame, value in zip(found.frames, values, strict=True):
        assert_array_equal(frame.pixels, value)
    (one,) = read_picture(data, frame=150).frames
    assert_array_equal(one.pixels, values[150])


def test_reduced_copies_alone_are_counted():
    pages = [Page(np.zeros((10, 10), int), 8, tags=((SUBFILE, LONG, 1),)) for _ in range(5)]
    assert len(read_picture(tiff_of(*pages), max_pixels=500).frames) == 5
    with pytest.raises(ImageError, match=r"500 pixels in its pages .* limit of 499"):
        read_picture(tiff_of(*pages), max_pixels=499)
    whole = Page(np.zeros((10, 10), int), 8)
    assert len(read_picture(tiff_of(*pages, whole), max_pixels=100).frames) == 1


@pytest.mark.parametrize("value", [999999999.123, 1e9, 1e-7, 3.7])
@pytest.mark.parametrize("stride", ["2", "3"])
def test_resolutions_at_the_ends_of_what_is_usable(convcli: Convcli, value: float, stride: str) -> None:
    text = b"ImageJ=1.53t\nunit=blob\n\0"
    tags = ((282, DOUBLE, value), (283, DOUBLE, value), (296, SHORT, 1), (270, 2, text))
    Path("in.tif").write_bytes(tiff_of(Page(np.zeros((6, 6), int), 8, tags=tags)))
    ran = convcli("filter", "in.tif", "-k", "box", "-s", stride, "-o", "out.tif")
    assert (ran.status, ran.err) == (0, "")
    made = Path("out.tif").read_bytes()
    found = Directory(made, next(chain(made))).tag(282)
    assert found.kind == RATIONAL
    assert found.numbers()[0] == pytest.approx(value / int(stride), rel=1e-3)


@pytest.mark.parametrize("value", [2.0**32, 4294967295.9, 1e13, 4294967295.4])
def test_a_quotient_that_32_bits_cannot_hold_is_the_largest(value):
    assert rational_tag(value).numbers()[0] == 2**32 - 1


def test_opacity_of_another_depth_than_a_palette_is_rounded():
    """65534 of 65535 is 254.996 of 255; 128 of 65535 is 0.498, and 129 is 0.502."""
    opacity = [65534, 65535, 0, 128, 129, 32768]
    samples = np.array([[[0, a] for a in opacity]])
    ramp = [0] * (3 << 16)
    ramp[0] = 200
    tags = ((320, SHORT, ramp), (338, SHORT, 2))
    (frame,) = read_picture(tiff_of(Page(samples, 16, 3, tags))).frames
    assert frame.pixels.dtype == np.uint8
    assert frame.alpha.tolist() == [[255, 255, 0, 0, 1, 128]]


def test_tags_that_do_not_fit_are_noted(monkeypatch):
    image = Image((Frame(np.zeros((2, 2), np.uint8), tags={PRIVATE: Tag(7, 5000, bytes(5000))}),), Space.GRAY)
    assert encode_picture(image, "tiff").notes == ()
    monkeypatch.setattr(tiff_tags, "_MOST", 5000)  # 4 GiB take too long
    made = encode_picture(image, "tiff")
    assert PRIVATE not in Directory(made.data, next(chain(made.data)))
    (note,) = made.notes
    assert re.search("tags .* left out.* 4 GiB", note)
