"""Pictures that are worked on in bands of rows give what whole ones give, and their files are whole."""

import errno
import json
import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from convcli.choices import AlphaMode, PadMode, PoolMode, RangeMode
from convcli.commands.pool.workflow import PoolingOperation
from convcli.errors import ConvcliError
from convcli.imaging.formats import by_name
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.writing import tiff_bands
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.bands import band_files, band_rows, huge_files, in_bands
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.loaded_kernels import load_kernels
from convcli.pipeline.operation import Operation
from convcli.pipeline.results import to_image
from tests.program import Convcli

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

# Whole weights over whole pixels: sums are exact, by any method and in any order.
KERNELS = ["sobel-x", "sharpen", "laplacian", "sobel", "1 2 1;2 4 2;1 2 1", "1 0 3;-2 1 5", "0 0 0 0 0 0 1 1"]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch):
    """Choose whether pictures of any size are worked on in bands of a few rows."""

    def choose(wanted: bool) -> None:
        monkeypatch.setattr(huge_files, "HUGE", 0 if wanted else 1 << 40)
        monkeypatch.setattr(band_rows, "BAND", 500)

    return choose


def rows_of(image: Image, first: int, end: int) -> Image:
    (frame,) = image.frames
    return Image((frame.mapped(lambda samples: samples[first:end]),), image.space)


def compared(operation: Operation, image: Image, samples: int) -> None:
    """Compare the results in bands with those of the whole, or their errors."""
    spec, tiff = operation.spec, by_name("tiff")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(band_rows, "BAND", samples)
        try:
            maps = operation.maps(image.frames[0])
        except ConvcliError as error:
            with pytest.raises(type(error)):
                in_bands.InBands(
                    operation, image, partial(rows_of, image), lambda rows: rows, [tiff]
                ).in_memory(details=False)
            return
        bands = in_bands.InBands(operation, image, partial(rows_of, image), lambda rows: rows, [tiff])
        if not bands.possible:
            assert spec.pad is PadMode.WRAP
            return
        found = bands.in_memory(details=True)
    for index, (made, one) in enumerate(zip(found, maps, strict=True)):
        whole = to_image(image, [one], spec, tiff, details=True, signed=partial(operation.signed, index))
        (frame,), (expected,) = made.image.frames, whole.image.frames
        assert frame.pixels.dtype == expected.pixels.dtype
        assert_array_equal(frame.pixels, expected.pixels)
        assert (frame.alpha is None) == (expected.alpha is None)
        if frame.alpha is not None and spec.alpha is AlphaMode.KEEP:
            assert_array_equal(frame.alpha, expected.alpha)
        assert (made.clipped, made.notes, made.image.space) == (whole.clipped, whole.notes, whole.image.space)
        assert min(part.minimum for part in made.figures) == whole.figures[0].minimum
        assert max(part.maximum for part in made.figures) == whole.figures[0].maximum


@st.composite
def images(draw: st.DrawFn, alpha: bool = True) -> Image:
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    height, width = draw(st.integers(1, 80)), draw(st.integers(1, 30))
    channels = draw(st.sampled_from([1, 1, 3]))
    random = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    pixels = random.integers(0, 256, (height, width, channels)).astype(dtype)
    opacity = (random.integers(0, 2, (height, width)) * 255).astype(dtype)
    frame = Frame(
        pixels[..., 0] if channels == 1 else pixels, opacity if alpha and draw(st.booleans()) else None
    )
    return Image((frame,), Space.GRAY if channels == 1 else Space.RGB)


PADS = st.sampled_from(list(PadMode))
STRIDES = st.sampled_from([(1, 1), (1, 1), (2, 1), (3, 2)])
RANGES = st.sampled_from([None, RangeMode.CLIP, RangeMode.ABS, RangeMode.CENTER, RangeMode.SCALE])


@given(
    image=images(),
    kernels=st.lists(st.sampled_from(KERNELS), min_size=1, max_size=2),
    pad=PADS,
    padding=st.sampled_from(["same", "same", "full", "valid", ((3, 1), (0, 2)), ((40, 90), (1, 1))]),
    stride=STRIDES,
    dilation=st.sampled_from([(1, 1), (2, 1)]),
    range=RANGES,
    chain=st.booleans(),
    alpha=st.sampled_from([AlphaMode.KEEP, AlphaMode.DROP]),
    samples=st.integers(1, 600),
)
def test_filtering_in_bands_is_that_of_the_whole(
    image, kernels, pad, padding, stride, dilation, range, chain, alpha, samples
):
    if pad is PadMode.VALID:
        padding = "valid"
    spec = FilterSpec(
        pad=pad,
        padding=padding,
        stride=stride,
        dilation=dilation,
        range=range,
        # magnitudes are rounded, and then filtered by weights that are whole
        chain=chain and len(kernels) > 1 and "sobel" not in kernels,
        pad_value=7.0 if pad is PadMode.CONSTANT else None,
        alpha=alpha,
        jobs=2,
    )
    compared(Filtering(load_kernels(kernels, spec), spec), image, samples)


@given(
    image=images(),
    mode=st.sampled_from([PoolMode.MAX, PoolMode.MIN, PoolMode.AVG, PoolMode.MEDIAN]),
    size=st.sampled_from([(2, 2), (3, 2), (5, 5)]),
    stride=st.sampled_from([None, (1, 1), (3, 2)]),
    pad=st.sampled_from([None, None, PadMode.REFLECT, PadMode.WRAP, PadMode.ZERO]),
    padding=st.sampled_from([((1, 1), (1, 0)), ((1, 0), (0, 1))]),
    dilation=st.sampled_from([(1, 1), (2, 2)]),
    ceil=st.booleans(),
    range=RANGES,
    samples=st.integers(1, 600),
)
def test_pooling_in_bands_is_that_of_the_whole(
    image, mode, size, stride, pad, padding, dilation, ceil, range, samples
):
    spec = PoolSpec(
        mode=mode,
        size=size,
        stride=stride,
        pad=pad,
        padding=padding,
        dilation=dilation,
        ceil=ceil,
        range=range,
        count_include_pad=mode is not PoolMode.AVG or pad is not None or ceil,
        jobs=2,
    )
    compared(PoolingOperation(spec), image, samples)


FILES = {
    "tiles": {"tile": (32, 48), "compression": "zlib", "predictor": True},
    "strips": {"rowsperstrip": 7, "compression": "lzw"},
    "one strip": {},
    "big, planes": {"bigtiff": True, "planarconfig": "separate", "tile": (16, 16)},
    "big-endian": {"byteorder": ">", "rowsperstrip": 5},
}
OPTIONS = [
    "-k sharpen",
    "-k gaussian:sigma=2 --pad wrap --range raw",
    "-k sobel --combine none --stride 2",
    "-k sharpen -k gaussian --chain --linear",
    "-k sharpen --gray --range scale",
]


def written(
    path: Path, samples: np.ndarray, bigtiff: bool = False, byteorder: str = "<", **how: object
) -> None:
    """Write a TIFF by tifffile."""
    with tifffile.TiffWriter(path, bigtiff=bigtiff, byteorder=byteorder) as file:
        stored = np.moveaxis(samples, 2, 0) if how.get("planarconfig") == "separate" else samples
        file.write(stored, photometric="rgb", metadata=None, **how)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("how", FILES.values(), ids=FILES)
def test_files_in_bands_hold_what_arrays_of_the_whole_hold(
    convcli: Convcli, tmp_path: Path, tiny, options, how
):
    dtype = np.uint16 if "bigtiff" in how or "byteorder" in how else np.uint8
    whole = np.random.default_rng(5).integers(0, 256, (101, 67, 3)).astype(dtype)
    written(tmp_path / "in.tif", whole, **how)
    said = {}
    for wanted in (False, True):
        tiny(wanted)
        name = "out.tif" if wanted else "out.npy"
        depth = "" if "raw" in options else f" --depth {8 * whole.itemsize}"
        run = convcli("filter", "in.tif", *(options + depth).split(), "-o", name, "--json")
        assert run.status == 0, run.err
        said[wanted] = json.loads(run.out)
    found, expected = tifffile.imread(tmp_path / "out.tif"), np.load(tmp_path / "out.npy")
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=2e-6)
    for key in ("size_in", "size_out", "channels", "depth", "method"):
        assert said[True][key] == said[False][key], key
    for key in ("clipped", "min", "max", "mean"):
        assert said[True][key] == pytest.approx(said[False][key], rel=1e-6, abs=1e-4), key
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages[0]
        assert file.byteorder == how.get("byteorder", "<")
        assert page.is_tiled == ("tile" in how)
        assert page.compression.name == {"zlib": "ADOBE_DEFLATE", "lzw": "LZW"}.get(
            how.get("compression"), "NONE"
        )
        assert not page.is_tiled or page.tile == how["tile"]


def test_tags_and_metadata_of_a_big_tiff_are_kept(convcli, tmp_path, tiny, monkeypatch):
    scale, ties = (0.5, 0.5, 0.0), (0.0, 0.0, 0.0, 100.0, 200.0, 0.0)
    extra = [(33550, 12, 3, scale, True), (33922, 12, 6, ties, True), (315, 2, 0, "the artist", True)]
    pixels = np.zeros((64, 64, 3), np.uint8)
    written(
        tmp_path / "in.tif", pixels, extratags=extra, resolution=(300, 300), resolutionunit=2, tile=(16, 16)
    )
    tiny(True)
    monkeypatch.setattr(tiff_bands, "BIG_FROM", 0)
    assert convcli("filter", "in.tif", "-k", "box", "--stride", "2", "-o", "out.tif").status == 0
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        tags = file.pages[0].tags
        assert file.is_bigtiff
        # windows of 2 x 2 input pixels: twice the size; the first centre is that of the first input pixel
        assert tags[33550].value == (1.0, 1.0, 0.0)
        assert tags[33922].value == (0.25, 0.25, 0.0, 100.0, 200.0, 0.0)
        assert tags[315].value == "the artist"
        assert tags[282].value == (300, 1)


def test_levels_are_means_of_four_pixels(convcli, tmp_path, tiny):
    pixels = np.random.default_rng(1).integers(0, 256, (75, 50, 3)).astype(np.uint8)
    written(tmp_path / "in.tif", pixels)
    for wanted in (False, True):  # small pictures have tiles and levels too
        tiny(wanted)
        options = ["-k", "identity", "--tile", "16", "--levels", "3", "-o", "out.tif"]
        assert convcli("filter", "in.tif", *options).status == 0
        with tifffile.TiffFile(tmp_path / "out.tif") as file:
            first, second, third = (level.asarray() for level in file.series[0].levels)
            assert [level.pages[0].tile for level in file.series[0].levels] == [(16, 16)] * 3
        assert_array_equal(first, pixels)
        assert (second.shape, third.shape) == ((38, 25, 3), (19, 13, 3))
        means = pixels[:74].reshape(37, 2, 25, 2, 3).mean((1, 3))
        assert_array_equal(second[:37], np.floor(means + 0.5))
        assert_array_equal(second[37], np.floor(pixels[74].reshape(25, 2, 3).mean(1) + 0.5))
        corner = second.astype(float)[:, 24].reshape(19, 2, 3).mean(1)
        assert_array_equal(third[:, 12], np.floor(corner + 0.5))


def test_the_first_level_of_a_pyramid_is_read(convcli, tmp_path, tiny):
    pixels = np.random.default_rng(2).integers(0, 256, (64, 64)).astype(np.uint8)
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        file.write(pixels, tile=(16, 16), subifds=1)
        file.write(pixels[::2, ::2], tile=(16, 16), subfiletype=1)
    tiny(True)
    run = convcli("filter", "in.tif", "-k", "identity", "-o", "out.tif")
    assert "the first of 2 levels is taken" in run.err
    assert_array_equal(tifffile.imread(tmp_path / "out.tif"), pixels)


def test_a_damaged_tile_is_named_and_nothing_written(convcli, tmp_path, tiny):
    pixels = np.random.default_rng(2).integers(0, 256, (64, 64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "in.tif", pixels, tile=(16, 16), compression="zlib")
    with tifffile.TiffFile(tmp_path / "in.tif") as file:
        at = file.pages[0].dataoffsets[4 * 2 + 3]  # row 2, column 3
    with open(tmp_path / "in.tif", "r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 40)
    tiny(True)
    run = convcli(*["filter", "in.tif", "-k", "sobel", "--combine", "none", "-o", "{map}.tif"])
    assert run.status == 1
    assert run.err.startswith("error: 'in.tif' is damaged in tile 2,3, rows 32 to 47 (")
    assert run.err.endswith("; hint: copy or download it once more\n")
    assert sorted(os.listdir(tmp_path)) == ["in.tif"]


def test_values_that_are_not_finite_are_refused(convcli, tmp_path, tiny):
    pixels = np.zeros((64, 40), np.float32)
    pixels[50, 7] = np.nan
    tifffile.imwrite(tmp_path / "in.tif", pixels)
    tiny(True)
    run = convcli(*["filter", "in.tif", "-k", "box", "-o", "out.tif"])
    assert run.err.startswith("error: 'in.tif' has values that are not finite; the first, nan, is at [50, 7]")
    assert os.listdir(tmp_path) == ["in.tif"]


def test_a_full_disk_leaves_the_file_that_was_there(convcli, tmp_path, tiny, monkeypatch):
    written(tmp_path / "in.tif", np.zeros((64, 64, 3), np.uint8), tile=(16, 16))
    (tmp_path / "out.tif").write_bytes(b"before")
    tiny(True)
    before, count = tiff_bands.os.write, []

    def full(handle: int, data: bytes) -> int:
        count.append(len(data))
        if len(count) > 9:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return before(handle, data)

    monkeypatch.setattr(tiff_bands.os, "write", full)
    run = convcli(*["filter", "in.tif", "-k", "box", "-o", "out.tif"])
    monkeypatch.undo()
    assert run.status == 1
    assert run.err == (
        "error: 'in.tif': 'out.tif' cannot be written: No space left on device; "
        "hint: free some space, or choose another folder\n"
    )
    assert (tmp_path / "out.tif").read_bytes() == b"before"
    assert sorted(os.listdir(tmp_path)) == ["in.tif", "out.tif"]


@pytest.mark.parametrize(
    ("options", "status", "error"),
    [
        ("--tile 16 -o out.png", 2, "--tile has no effect on PNG; hint: write to .tif or .zarr, or leave"),
        ("--levels 2 -o out.npy", 2, "--levels has no effect on NPY; hint: write to .tif or .zarr, or leave"),
        ("--tile 30 -o out.tif", 2, "--tile 30 does not fit TIFF; hint: choose a multiple of 16, as 256"),
        (
            "--max-pixels 99 -o out.png",
            1,
            "limit of 99, and PNG is written as a whole; hint: write to a",
        ),
        ("--max-pixels 99 -o out.tif", 1, "more than the limit of 99; hint: if it is meant to be that large"),
    ],
)
def test_what_cannot_be_done_is_refused(convcli, tmp_path, tiny, options, status, error):
    written(tmp_path / "in.tif", np.zeros((20, 20, 3), np.uint8), tile=(16, 16))
    tiny(True)
    run = convcli("filter", "in.tif", "-k", "box", *options.split())
    assert (run.status, error in run.err) == (status, True), run.err
    assert os.listdir(tmp_path) == ["in.tif"]


def test_more_pixels_than_usual_are_read_in_bands_but_not_from_a_tiny_file(
    convcli, tmp_path, tiny, monkeypatch
):
    from convcli.imaging.reading import bands

    tifffile.imwrite(tmp_path / "in.tif", np.zeros((200, 200), np.uint8), tile=(16, 16))
    tiny(True)
    monkeypatch.setattr(bands, "MAX_PIXELS", 1000)
    monkeypatch.setattr("convcli.options.shared_options.ReadSpec.max_pixels", 1000, raising=False)
    arguments = ["filter", "in.tif", "-k", "box", "--max-pixels", "1000", "-o", "out.tif", "--force"]
    assert convcli(*arguments).status == 0
    monkeypatch.setattr(bands, "_PIXELS_PER_BYTE", 0.1)
    run = convcli(*arguments)
    assert "claims 200 x 200 pixels in" in run.err


def test_lossy_compression_is_not_kept_and_said(convcli, tmp_path, tiny):
    pixels = np.zeros((64, 64, 3), np.uint8)
    written(tmp_path / "in.tif", pixels, tile=(16, 16), compression="jpeg")
    tiny(True)
    run = convcli(*["filter", "in.tif", "-k", "box", "-o", "out.tif"])
    assert "the tiles' compression, JPEG, is not kept: deflate loses nothing" in run.err
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.pages[0].compression.name == "ADOBE_DEFLATE"


@pytest.mark.parametrize("order", "<>")
def test_floats_keep_their_predictor(convcli, tmp_path, tiny, order):
    values = np.random.default_rng(3).normal(size=(40, 50, 3)).astype(np.float32)
    how = {"tile": (16, 32), "compression": "zlib", "predictor": True}
    written(tmp_path / "in.tif", values, byteorder=order, **how)
    tiny(True)
    assert convcli(*["filter", "in.tif", "-k", "identity", "-o", "out.tif"]).status == 0
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert (file.byteorder, file.pages[0].predictor) == (order, 3)
        assert_array_equal(file.asarray(), values)


def test_a_pyramid_has_tiles_where_the_input_has_strips():
    stored = band_files.storage_for(band_files.PieceSpec(levels=2), tiff_bands.Storage(strip=7))
    assert stored.tile == (256, 256)
