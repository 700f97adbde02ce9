"""Pages of a TIFF that differ, and where they lie, through every command that reads pictures."""

import io
import json

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image as Pillow

from convcli.imaging.reading.read import read_picture
from tests.imaging import profiles
from tests.program import Convcli

RNG = np.random.default_rng(8)
DEEP = RNG.integers(0, 65536, (12, 18), dtype=np.uint16)
FLAT = RNG.integers(0, 256, (12, 18), dtype=np.uint8)
REAL = RNG.random((12, 18)).astype(np.float32)
COLOUR = RNG.integers(0, 256, (7, 9, 3), dtype=np.uint8)
CLEAR = RNG.integers(0, 256, (7, 9, 4), dtype=np.uint8)
LONG = RNG.random((5, 6))
PAGES = (DEEP, FLAT, REAL, COLOUR, CLEAR, LONG)


def write(path, *pages, **options):
    with tifffile.TiffWriter(path) as writer:
        for page in pages:
            photometric = "rgb" if page.ndim == 3 else "minisblack"
            extra = ["unassalpha"] if page.shape[2:] == (4,) else None
            writer.write(page, photometric=photometric, extrasamples=extra, metadata=None, **options)


def pages_of(path):
    with tifffile.TiffFile(path) as file:
        return [page.asarray() for page in file.pages]


def averaged(page, size=2):
    """The means of blocks of size x size pixels, rounded half to even for integers."""
    rows, columns = (side // size for side in page.shape[:2])
    blocks = page[: rows * size, : columns * size].astype(np.float64)
    means = blocks.reshape(rows, size, columns, size, *page.shape[2:]).mean(axis=(1, 3))
    return means if page.dtype.kind == "f" else np.rint(means).astype(page.dtype)


@pytest.mark.parametrize("compress", ["fast", "none"])
def test_filter_keeps_every_page_as_it_is(convcli: Convcli, compress):
    write("mixed.tif", *PAGES)
    ran = convcli("filter", "mixed.tif", "-k", "identity", "-o", "out.tif", "--compress", compress)
    assert (ran.status, ran.err) == (0, "")
    for made, page in zip(pages_of("out.tif"), PAGES, strict=True):
        assert made.dtype == page.dtype
        assert_array_equal(made, page)
    write("mixed.tif", DEEP, FLAT, REAL, COLOUR, CLEAR)  # Pillow does not know 64-bit floats
    assert (
        convcli("filter", "mixed.tif", "-k", "identity", "-o", "out.tif", "--compress", compress).status == 0
    )
    with Pillow.open("out.tif") as whole:
        for number, page in enumerate((DEEP, FLAT, REAL, COLOUR, CLEAR)):
            whole.seek(number)
            assert_array_equal(np.asarray(whole), page)


def test_white_stays_white_on_pages_of_other_depths(convcli: Convcli):
    white = [
        np.full((4, 5), 65535, np.uint16),
        np.full((4, 5), 255, np.uint8),
        np.full((4, 5), 1, np.float32),
    ]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        write("white.tif", *(white[index] for index in order))
        assert convcli("filter", "white.tif", "-k", "box", "-o", "out.tif").status == 0
        for made, index in zip(pages_of("out.tif"), order, strict=True):
            assert made.dtype == white[index].dtype
            assert_allclose(made, white[index], rtol=1e-6)


def test_pool_and_run_keep_depths_too(convcli: Convcli):
    write("mixed.tif", *PAGES)
    assert convcli("pool", "mixed.tif", "--mode", "avg", "--size", "2", "-o", "out.tif").status == 0
    for made, page in zip(pages_of("out.tif"), PAGES, strict=True):
        assert made.dtype == page.dtype
        colours = made[..., :3] if page.shape[2:] == (4,) else made
        assert_allclose(
            colours, averaged(page)[..., :3] if page.shape[2:] == (4,) else averaged(page), rtol=1e-6
        )
    with open("stack.toml", "w") as file:
        file.write('scale = "unit"\n[[layer]]\ntype = "relu"\n')
    write("two.tif", DEEP, FLAT)
    assert convcli("run", "stack.toml", "two.tif", "-o", "out.tif").status == 0
    deep, flat = pages_of("out.tif")
    assert deep.dtype == np.uint16
    assert_array_equal(deep, DEEP)
    assert_allclose(flat, FLAT / 255, rtol=1e-6)  # `run` writes the numbers of 8-bit pictures as floats


def test_gray_and_depths_that_are_asked_for(convcli: Convcli):
    write("mixed.tif", DEEP, COLOUR)
    assert convcli("filter", "mixed.tif", "-k", "identity", "--gray", "-o", "out.tif").status == 0
    deep, gray = pages_of("out.tif")
    assert_array_equal(deep, DEEP)
    assert_array_equal(gray, np.asarray(Pillow.fromarray(COLOUR).convert("L")))
    assert convcli("filter", "mixed.tif", "-k", "identity", "--depth", "16", "-o", "out.tif").status == 0
    deep, colour = pages_of("out.tif")
    assert_array_equal(deep, DEEP)
    assert_array_equal(colour, COLOUR.astype(np.uint16) * 257)


@pytest.mark.parametrize("name", ["png", "gif", "webp", "avif"])
def test_sizes_that_differ_are_refused_where_one_lies_over_the_other(convcli: Convcli, name):
    write("sizes.tif", FLAT, COLOUR)
    ran = convcli("filter", "sizes.tif", "-k", "identity", "-o", f"out.{name}")
    ran.check_refusal(1, "holds frames of one size, and there are 12 x 18 and 7 x 9", ".tif")


def test_depths_that_differ_become_16_bits_in_an_animation(convcli: Convcli):
    write("depths.tif", DEEP, FLAT)
    ran = convcli("filter", "depths.tif", "-k", "identity", "-o", "out.png")
    assert ran.status == 0
    frames = read_picture("out.png").frames
    for frame, expected in zip(frames, (DEEP, FLAT * np.uint16(257)), strict=True):
        assert_array_equal(frame.pixels, expected)


@pytest.mark.parametrize("frame", range(len(PAGES)))
def test_commands_that_take_one_page(convcli: Convcli, frame):
    write("mixed.tif", *PAGES)
    page = PAGES[frame] if PAGES[frame].ndim == 2 else PAGES[frame][..., :3]
    ran = convcli("show", "mixed.tif", "-k", "identity", "--frame", frame, "--as", "json")
    maps = json.loads(ran.out)["maps"]
    values = np.array([one["values"] for one in maps])
    assert_allclose(values, np.moveaxis(np.atleast_3d(page), 2, 0), rtol=1e-6)
    ran = convcli("compare", "mixed.tif", "-k", "box", "--frame", frame, "--json")
    assert ran.status == 0, ran.err
    ran = convcli("explain", "mixed.tif", "-k", "identity", "--at", "1,2", "--frame", frame, "--json")
    stored = np.ravel(json.loads(ran.out)["stored"])
    assert_allclose(stored[: np.atleast_3d(page).shape[2]], np.ravel(page[1, 2]), rtol=1e-6)
    ran = convcli("spectrum", "mixed.tif", "-k", "box", "--frame", frame, "-o", "s.png")
    assert ran.status == 0, ran.err


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.float64])
def test_numbers_are_not_narrowed(convcli: Convcli, dtype):
    big = np.array([[2**31 - 1, 2**31 - 3, 16_777_217], [0, 1, 12_345_677]]).astype(dtype)
    big = big + 1 / 3 if dtype is np.float64 else big
    tifffile.imwrite("big.tif", big)
    assert convcli("filter", "big.tif", "-k", "identity", "-o", "out.tif").status == 0
    (made,) = pages_of("out.tif")
    assert made.dtype == np.float64
    assert_array_equal(made, big.astype(np.float64))


GEO = ((33550, 12, 3, (10.0, 10.0, 0.0), True), (33922, 12, 6, (0.0, 0.0, 0.0, 500.0, 900.0, 0.0), True))
# Arguments, the expected scale, and the raster coordinates I, J of the tie point:
# I' = (I - b) / s with b = shift + (1 - s) / 2, by hand.
MOVES = {
    "the same size": (["filter", "-k", "box"], 10.0, 0.0),
    "valid": (["filter", "-k", "box:size=5", "-p", "valid"], 10.0, -2.0),
    "full": (["filter", "-k", "box", "--padding", "full"], 10.0, 1.0),
    "stride": (["filter", "-k", "box", "-s", "2"], 20.0, 0.25),
    "dilated and valid": (["filter", "-k", "box", "-d", "2", "-p", "valid"], 10.0, -2.0),
    "a chain": (["filter", "-k", "box", "-k", "box", "--chain", "-p", "valid"], 10.0, -2.0),
    "pool": (["pool", "--size", "2"], 20.0, 0.0),
    "pool with a stride": (["pool", "--size", "3", "--stride", "2"], 20.0, -0.25),
    "pool with padding": (["pool", "--size", "2", "--padding", "1", "-p", "zero"], 20.0, 0.5),
}


@pytest.mark.parametrize("case", MOVES)
def test_the_georeference_follows_the_pixels(convcli: Convcli, case):
    (command, *args), scale, tie = MOVES[case]
    tifffile.imwrite("geo.tif", FLAT, extratags=[*GEO, (42113, 2, 0, "7", True)], metadata=None)
    ran = convcli(command, "geo.tif", *args, "-o", "out.tif")
    assert (ran.status, ran.err) == (0, "")
    with tifffile.TiffFile("out.tif") as file:
        tags = file.pages[0].tags
        assert tags[33550].value == (scale, scale, 0.0)
        assert_allclose(tags[33922].value, (tie, tie, 0.0, 500.0, 900.0, 0.0))
        assert tags[42113].value == "7"


def test_a_georeference_that_cannot_be_kept_is_said_to_be_lost(convcli: Convcli):
    tifffile.imwrite("geo.tif", FLAT, extratags=GEO, metadata=None)
    ran = convcli("filter", "geo.tif", "-k", "box", "-o", "out.png")
    assert "holds no georeference: left out" in ran.err
    with open("half.toml", "w") as file:
        file.write('[[layer]]\ntype = "pool"\nmode = "max"\nsize = 2\n')
    ran = convcli("run", "half.toml", "geo.tif", "-o", "out.tif")
    assert "the georeference is left out: the size has changed" in ran.err
    with tifffile.TiffFile("out.tif") as file:
        assert 33550 not in file.pages[0].tags


def test_imagej_pixels_grow_with_the_stride(convcli: Convcli):
    tifffile.imwrite("cells.tif", FLAT, imagej=True, resolution=(4.0, 2.0), metadata={"unit": "um"})
    assert convcli("filter", "cells.tif", "-k", "box", "-s", "2", "-o", "out.tif").status == 0
    with tifffile.TiffFile("out.tif") as file:
        assert file.imagej_metadata["unit"] == "um"
        assert file.pages[0].tags[282].value == (2, 1)
        assert file.pages[0].tags[283].value == (1, 1)
    assert convcli("filter", "cells.tif", "-k", "box", "-o", "out.png").status == 0
    with Pillow.open("out.png") as made:
        assert_allclose(made.info["dpi"], (4 * 25_400, 2 * 25_400), rtol=1e-5)


def test_pages_are_fitted_by_learn(convcli: Convcli):
    write("before.tif", FLAT, DEEP.astype(np.float32))
    assert convcli("filter", "before.tif", "-k", "box", "--depth", "float", "-o", "after.tif").status == 0
    ran = convcli(
        "learn", "before.tif", "after.tif", "--size", "3x3", "-p", "reflect", "-o", "k.json", "--json"
    )
    assert ran.status == 0, ran.err
    assert_allclose(json.loads(ran.out)["kernel"], np.full((3, 3), 1 / 9), atol=1e-4)


def test_stdin_and_stdout(convcli: Convcli):
    buffer = io.BytesIO()
    write(buffer, DEEP, FLAT)
    ran = convcli("filter", "-", "-k", "identity", "-o", "-", stdin=buffer.getvalue())
    assert ran.status == 0
    with tifffile.TiffFile(io.BytesIO(ran.out)) as file:
        assert [page.dtype for page in file.pages] == [np.uint16, np.uint8]


def test_one_range_is_stretched_over_pages_of_different_depths(convcli: Convcli):
    write("depths.tif", DEEP // 2, FLAT // 4)  # at most 0.5 and 0.25 of white
    ran = convcli("filter", "depths.tif", "-k", "identity", "--range", "scale", "-o", "out.tif")
    assert ran.status == 0
    light = [(DEEP // 2) / 65535, (FLAT // 4) / 255]
    low, high = min(page.min() for page in light), max(page.max() for page in light)
    for frame, page, white in zip(read_picture("out.tif").frames, light, (65535, 255), strict=True):
        assert_allclose(frame.pixels, (page - low) / (high - low) * white, atol=0.51)


@pytest.mark.parametrize("first", [True, False])
def test_each_page_has_the_curve_of_its_own_profile(convcli: Convcli, first):
    profile = profiles.profile(b"GRAY", profiles.curv(256))  # an exponent of 1
    edge = np.repeat([[0, 255]], 2, axis=0).astype(np.uint8)
    with tifffile.TiffWriter("curves.tif") as writer:
        for has_profile in (first, not first):
            writer.write(edge, photometric="minisblack", iccprofile=profile if has_profile else None)
    ran = convcli("filter", "curves.tif", "-k", "0.5 0.5", "-p", "valid", "--linear", "-o", "out.tif")
    assert ran.status == 0
    # The mean of black and white in linear light is 0.5: 188 in sRGB (IEC 61966-2-1).
    expected = [127.5 if has_profile else 188 for has_profile in (first, not first)]
    found = [float(frame.pixels.mean()) for frame in read_picture("out.tif").frames]
    assert_allclose(found, expected, atol=0.51)


GRAY_PAGE = COLOUR[..., 0]


@pytest.mark.parametrize("pages", [(COLOUR, GRAY_PAGE), (GRAY_PAGE, COLOUR)], ids=["colour", "grey"])
def test_a_stack_keeps_the_colours_of_each_page(convcli: Convcli, pages):
    write("mixed.tif", *pages)
    with open("stack.toml", "w") as file:
        file.write('[[layer]]\ntype = "relu"\n')
    assert convcli("run", "stack.toml", "mixed.tif", "-o", "out.tif").status == 0
    whole = read_picture("out.tif")
    for frame, page in zip(whole.frames, pages, strict=True):
        assert whole.space_of(frame) == ("rgb" if page.ndim == 3 else "gray")
        assert_allclose(frame.pixels, page / 255, rtol=1e-6)  # floats, of the unit scale
