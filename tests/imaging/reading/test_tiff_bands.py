"""Rows of a TIFF that are read on their own are those of the picture that is read as a whole."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.errors import ImageError
from convcli.imaging.reading import tiff_page
from convcli.imaging.reading.bands import open_bands
from convcli.imaging.reading.read import read_picture

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

RANDOM = np.random.default_rng(4)
GRAY = RANDOM.integers(0, 200, (83, 70)).astype(np.uint8)
COLOURS = RANDOM.integers(0, 200, (83, 70, 3)).astype(np.uint8)
FOUR = RANDOM.integers(0, 200, (83, 70, 4)).astype(np.uint8)
TILES, STRIPS = {"tile": (16, 32)}, {"rowsperstrip": 8}
KINDS = {
    "grey": (GRAY, {"photometric": "minisblack"}),
    "white is 0": (GRAY, {"photometric": "miniswhite"}),
    "palette": (
        GRAY,
        {"photometric": "palette", "colormap": RANDOM.integers(0, 1 << 16, (3, 256)).astype(np.uint16)},
    ),
    "RGB": (COLOURS, {"photometric": "rgb"}),
    "RGBA": (FOUR, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
    "premultiplied": (FOUR, {"photometric": "rgb", "extrasamples": ["assocalpha"]}),
    "CMYK": (FOUR, {"photometric": "separated"}),
    "grey and alpha": (FOUR[..., :2], {"photometric": "minisblack", "extrasamples": ["unassalpha"]}),
    "16 bits": (COLOURS.astype(np.uint16) * 300, {"photometric": "rgb"}),
    "signed": (GRAY.astype(np.int16) - 99, {"photometric": "minisblack"}),
    "32 bits": (GRAY.astype(np.uint32) * 70_000, {"photometric": "minisblack"}),
    "half": (GRAY.astype(np.float16), {"photometric": "minisblack"}),
    "double": (COLOURS / 7, {"photometric": "rgb"}),
    "bilevel": (GRAY > 99, {"photometric": "minisblack"}),
    "JPEG": (COLOURS, {"photometric": "rgb", "compression": "jpeg"}),
    "JPEG, grey": (GRAY, {"photometric": "minisblack", "compression": "jpeg"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_those_of_the_whole(tmp_path: Path, kind: str) -> None:
    samples, how = KINDS[kind]
    path = str(tmp_path / "in.tif")
    packed = [None] if "compression" in how or kind == "bilevel" else [None, "zlib", "lzw"]
    for cut, compression, order, planes in itertools.product(
        [TILES, STRIPS, {}], packed, "<>", [False, True]
    ):
        separate = planes and samples.ndim == 3 and "compression" not in how
        options = {**how, **cut, **({"compression": compression} if compression else {})}
        options |= {"predictor": True} if compression and samples.dtype != np.float64 else {}
        options |= {"planarconfig": "separate"} if separate else {}
        with tifffile.TiffWriter(path, byteorder=order) as file:
            file.write(np.moveaxis(samples, 2, 0) if separate else samples, metadata=None, **options)
        whole, reader = read_picture(path), open_bands(path, path, None)
        assert reader is not None
        header = reader.header
        assert (header.space, header.notes, header.metadata) == (whole.space, whole.notes, whole.metadata)
        (frame,), (expected,) = header.frames, whole.frames
        assert (frame.pixels.shape, frame.pixels.dtype) == (expected.pixels.shape, expected.pixels.dtype)
        for first, end in ((0, 83), (0, 1), (15, 17), (30, 71), (82, 83)):
            (rows,) = reader.rows(first, end).frames
            assert_array_equal(rows.pixels, expected.pixels[first:end])
            assert (rows.alpha is None) == (expected.alpha is None) == (frame.alpha is None)
            if rows.alpha is not None and expected.alpha is not None:
                assert_array_equal(rows.alpha, expected.alpha[first:end])
        reader.close()


def test_what_is_not_upright_or_has_several_pages_is_read_as_a_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "in.tif")
    tifffile.imwrite(path, GRAY, extratags=[(274, 3, 1, 6, True)], metadata=None)
    assert open_bands(path, path, None) is None
    with pytest.raises(ImageError, match="limit of 99, and it is turned, or mirrored, as a whole"):
        read_picture(path, max_pixels=99)
    with tifffile.TiffWriter(path) as file:
        file.write(GRAY)
        file.write(GRAY + 1)
    assert open_bands(path, path, None) is None
    reader = open_bands(path, path, 1)
    assert reader is not None
    assert_array_equal(reader.rows(3, 9).frames[0].pixels, (GRAY + 1)[3:9])
    reader.close()


def test_one_large_compressed_strip_is_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "in.tif")
    tifffile.imwrite(path, GRAY, compression="zlib", rowsperstrip=len(GRAY))
    monkeypatch.setattr(tiff_page, "_LARGEST_STRIP", GRAY.size - 1)
    assert open_bands(path, path, None) is None
    with pytest.raises(ImageError, match="and it is compressed as a whole"):
        read_picture(path, max_pixels=99)
    tifffile.imwrite(path, GRAY, rowsperstrip=len(GRAY))
    reader = open_bands(path, path, None)
    assert reader is not None
    assert_array_equal(reader.rows(3, 9).frames[0].pixels, GRAY[3:9])
    reader.close()
