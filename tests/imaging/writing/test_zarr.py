"""Zarr written: read again by zarr, with what the input kept; whole or not at all."""

import os
import signal
import subprocess
import sys

import fsspec
import numcodecs
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import convcli as cv
from convcli.choices import Compress, Layout
from convcli.errors import OutputError
from convcli.imaging.bands import Storage, without_pixels
from convcli.imaging.formats import by_name
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.reading.bands import open_bands
from convcli.imaging.writing.bands import band_writer
from convcli.imaging.writing.encode import encode_picture
from tests.imaging.helpers import pixels
from tests.imaging.zarrs import attributes, axes, ome, ramp, stored, values

ZARR = by_name("zarr")
IDENTITY = ("filter", "-k", "identity")


def test_what_was_no_zarr_becomes_version_3_in_chunks(tmp_path, convcli):
    cv.write_image(tmp_path / "a.png", ramp(9, 13, 3))
    assert convcli(*IDENTITY, tmp_path / "a.png", "-o", tmp_path / "b.zarr").status == 0
    found = zarr.open_array(tmp_path / "b.zarr", mode="r")
    assert_array_equal(found[...], ramp(9, 13, 3))
    assert (found.metadata.zarr_format, found.chunks, found.dtype) == (3, (9, 13, 3), np.uint8)
    cv.write_image(tmp_path / "c.zarr", ramp(9, 13, dtype=">u2"), layout="chw")
    assert_array_equal(values(tmp_path / "c.zarr"), ramp(9, 13, dtype="u2"))


def test_channels_first_as_asked(tmp_path, convcli):
    cv.write_image(tmp_path / "a.png", ramp(9, 13, 3))
    convcli(*IDENTITY, tmp_path / "a.png", "-o", tmp_path / "b.zarr", "--layout", "chw")
    assert_array_equal(values(tmp_path / "b.zarr"), np.moveaxis(ramp(9, 13, 3), 2, 0))


@pytest.mark.parametrize(
    ("version", "options"),
    [
        (2, {"compressors": numcodecs.Blosc("zlib", 3), "filters": [numcodecs.Delta("u1")], "order": "F"}),
        (2, {"compressors": None, "chunk_key_encoding": {"name": "v2", "separator": "/"}}),
        (
            3,
            {
                "compressors": zarr.codecs.GzipCodec(level=2),
                "filters": zarr.codecs.TransposeCodec(order=(1, 0)),
            },
        ),
        (3, {"chunks": (2, 3), "shards": (4, 6), "compressors": zarr.codecs.BloscCodec(cname="lz4")}),
        (3, {"compressors": None, "dimension_names": ["y", "x"], "fill_value": 9}),
    ],
)
def test_the_way_of_storing_is_kept(tmp_path, convcli, version, options):
    told = {"attributes": {"who": "me", "deep": {"list": [1, 2]}}, **options}
    path, result = stored(tmp_path / "a.zarr", ramp(9, 13), version, **told), tmp_path / "b.zarr"
    assert convcli(*IDENTITY, path, "-o", result).status == 0
    before, after = (zarr.open_array(one, mode="r").metadata for one in (path, result))
    assert after == before
    assert_array_equal(values(result), values(path))
    names = [{str(one.relative_to(top)) for one in top.rglob("*")} for top in (path, result)]
    assert names[0] == names[1]


def test_the_names_that_xarray_gives_are_kept(tmp_path, convcli):
    path = stored(tmp_path / "a.zarr", ramp(9, 13), 2, attributes={"_ARRAY_DIMENSIONS": ["lat", "lon"]})
    convcli(*IDENTITY, path, "-o", tmp_path / "b.zarr")
    assert attributes(tmp_path / "b.zarr") == {"_ARRAY_DIMENSIONS": ["lat", "lon"]}


def test_other_samples_drop_the_filters_alone(tmp_path, convcli):
    path = stored(
        tmp_path / "a.zarr", ramp(9, 13), 2, filters=[numcodecs.Delta("u1")], compressors=numcodecs.LZ4()
    )
    convcli(*IDENTITY, path, "-o", tmp_path / "b.zarr", "--depth", "float")
    found = zarr.open_array(tmp_path / "b.zarr", mode="r")
    assert (found.dtype, found.filters, found.compressors) == (np.float32, (), (numcodecs.LZ4(),))
    assert_array_equal(found[...], ramp(9, 13))


def test_maps_beside_each_other_become_an_axis_of_channels(tmp_path, convcli):
    codec = zarr.codecs.TransposeCodec(order=(1, 0))
    path = stored(tmp_path / "a.zarr", ramp(9, 13), filters=codec, dimension_names=["y", "x"])
    maps = ("filter", path, "-k", "identity", "-k", "0 0 1")
    assert convcli(*maps, "-o", tmp_path / "b.zarr").status == 0
    found = zarr.open_array(tmp_path / "b.zarr", mode="r")
    assert found.metadata.dimension_names == ("y", "x", "c")
    assert_array_equal(found[..., 0], ramp(9, 13))
    assert_array_equal(found[:, :-1, 1], ramp(9, 13)[:, 1:])
    path = ome(tmp_path / "o.zarr", [ramp(1, 9, 13)], names="zyx")
    assert convcli(*maps[:1], path, *maps[2:], "-o", tmp_path / "c.zarr").status == 0
    (picture,) = attributes(tmp_path / "c.zarr")["ome"]["multiscales"]
    assert [axis["name"] for axis in picture["axes"]] == ["c", "z", "y", "x"]
    assert values(tmp_path / "c.zarr", "0").shape == (2, 1, 9, 13)


def test_channels_of_a_pyramid_are_before_space_as_ome_zarr_requires(tmp_path, convcli):
    cv.write_image(tmp_path / "a.png", ramp(9, 13, 3))
    stored(tmp_path / "a.zarr", ramp(9, 13, 3), dimension_names=["y", "x", "c"], chunks=(4, 5, 3))
    for name in ("a.png", "a.zarr"):
        ran = convcli(*IDENTITY, tmp_path / name, "--levels", 2, "-o", tmp_path / "b.zarr")
        assert ran.status == 0, ran.err
        (picture,) = attributes(tmp_path / "b.zarr")["ome"]["multiscales"]
        assert [axis["name"] for axis in picture["axes"]] == ["c", "y", "x"]
        found = zarr.open_array(tmp_path / "b.zarr", path="0", mode="r")
        assert found.metadata.dimension_names == ("c", "y", "x")
        assert found.chunks == ((3, 9, 13) if name == "a.png" else (3, 4, 5))
        assert_array_equal(found[...], np.moveaxis(ramp(9, 13, 3), 2, 0))


@pytest.mark.parametrize(
    ("compress", "expected"), [("none", ()), ("small", (zarr.codecs.ZstdCodec(level=9, checksum=False),))]
)
def test_compression_as_asked(tmp_path, convcli, compress, expected):
    path = stored(tmp_path / "a.zarr", ramp(9, 13), compressors=zarr.codecs.GzipCodec())
    convcli(*IDENTITY, path, "-o", tmp_path / "b.zarr", "--compress", compress)
    assert zarr.open_array(tmp_path / "b.zarr", mode="r").compressors == expected


@pytest.mark.parametrize("version", [2, 3])
def test_ome_zarr_stays_ome_zarr_with_its_pixel_size(tmp_path, convcli, version):
    omero = {"channels": [{"color": "FF0000"}, {"color": "00FF00"}]}
    place = [0.0, 0.0, 5.0, 10.0, 20.0]
    path = ome(
        tmp_path / "a.zarr",
        [ramp(1, 2, 1, 16, 24)],
        version=version,
        scale=[1, 1, 2, 0.5, 0.25],
        place=place,
        omero=omero,
    )
    ran = convcli("filter", path, "-k", "1 1 1", "-s", "2x4", "-p", "valid", "-o", tmp_path / "b.zarr")
    assert ran.status == 0, ran.err
    found = attributes(tmp_path / "b.zarr")
    found = found["ome"] if version == 3 else found
    (picture,) = found["multiscales"]
    assert (picture if version == 2 else found)["version"] == ("0.5" if version == 3 else "0.4")
    assert picture["axes"] == axes("tczyx")
    assert picture["name"] == "cells"
    assert found["omero"] == omero
    (dataset,) = picture["datasets"]
    scale, move = dataset["coordinateTransformations"]
    # every second row and fourth column; the first window is centred at column 1
    assert scale == {"type": "scale", "scale": [1.0, 1.0, 2.0, 1.0, 1.0]}
    assert move == {"type": "translation", "translation": [0.0, 0.0, 5.0, 10.0, 20.25]}
    assert zarr.open_array(tmp_path / "b.zarr", path=dataset["path"], mode="r").shape == (1, 2, 1, 8, 6)


def test_a_frame_of_a_stack_keeps_its_depth(tmp_path, convcli):
    path = ome(tmp_path / "a.zarr", [ramp(4, 9, 13)], names="zyx", scale=[3, 1, 1])
    assert convcli(*IDENTITY, path, "--frame", 2, "-o", tmp_path / "b.zarr").status == 0
    dataset = attributes(tmp_path / "b.zarr")["ome"]["multiscales"][0]["datasets"][0]
    assert dataset["coordinateTransformations"][1]["translation"] == [6.0, 0.0, 0.0]
    assert_array_equal(values(tmp_path / "b.zarr", "0"), ramp(4, 9, 13)[2:3])


def test_grey_of_channels_leaves_their_colours_out(tmp_path, convcli):
    path = ome(tmp_path / "a.zarr", [ramp(3, 9, 13)], names="cyx", omero={"channels": [{}, {}, {}]})
    assert convcli(*IDENTITY, path, "--gray", "-o", tmp_path / "b.zarr").status == 0
    assert "omero" not in attributes(tmp_path / "b.zarr")["ome"]
    assert values(tmp_path / "b.zarr", "0").shape == (1, 9, 13)


def halves(plane):
    """The means of 2 x 2 pixels, halves up, by loops."""
    rows, columns = (-(-side // 2) for side in plane.shape)
    made = np.zeros((rows, columns), plane.dtype)
    for row in range(rows):
        for column in range(columns):
            part = plane[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            made[row, column] = int(part.sum() / part.size + 0.5)
    return made


@settings(max_examples=25)
@given(
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    high=st.integers(1, 12),
    tile=st.none() | st.tuples(st.integers(1, 9), st.integers(1, 9)),
    levels=st.integers(1, 3),
)
def test_bands_of_any_height_make_the_same_store(tmp_path_factory, height, width, high, tile, levels):
    folder = tmp_path_factory.mktemp("bands")
    samples = pixels(1, np.uint16, size=(height, width))
    image = Image((Frame(samples),), Space.GRAY)
    writer = band_writer(
        str(folder / "a.zarr"), ZARR, without_pixels(image, samples.shape), Storage(tile), levels=levels
    )
    for first in range(0, height, high):
        writer.write(Image((Frame(samples[first : first + high]),), Space.GRAY))
    assert writer.finish() == []
    writer.abort()
    expected = samples
    if levels == 1:
        assert_array_equal(values(folder / "a.zarr"), samples)
    else:
        datasets = attributes(folder / "a.zarr")["ome"]["multiscales"][0]["datasets"]
        for dataset in datasets:
            assert_array_equal(values(folder / "a.zarr", dataset["path"]), expected)
            expected = halves(expected)
        sizes = [one["coordinateTransformations"][0]["scale"] for one in datasets]
        assert sizes == [[2.0**level] * 2 for level in range(len(datasets))]
    reader = open_bands(str(folder / "a.zarr"), "a", None)
    for first in range(0, height, high):
        rows = reader.rows(first, min(first + high, height)).frames[0].pixels
        assert_array_equal(rows, samples[first : first + high])
    assert os.listdir(folder) == ["a.zarr"]


def test_each_chunk_and_shard_is_written_once(tmp_path, monkeypatch):
    path = stored(tmp_path / "a.zarr", ramp(20, 8), chunks=(2, 2), shards=(4, 4))
    reader, written = open_bands(str(path), "a", None), []
    rename = zarr.storage.LocalStore.set

    async def watched(self, key, value, *more):
        written.append(key)
        await rename(self, key, value, *more)

    monkeypatch.setattr(zarr.storage.LocalStore, "set", watched)
    writer = band_writer(str(tmp_path / "b.zarr"), ZARR, reader.header, Storage())
    for first in range(0, 20, 3):
        writer.write(reader.rows(first, min(first + 3, 20)))
    writer.finish()
    assert_array_equal(values(tmp_path / "b.zarr"), ramp(20, 8))
    chunks = [key for key in written if key.startswith("c/")]
    assert len(chunks) == len(set(chunks)) == 10


def test_the_same_picture_gives_the_same_bytes():
    image = Image((Frame(pixels(3)),), Space.RGB)
    one, two = (
        encode_picture(image, ZARR, compress=Compress.SMALL, layout=Layout.CHW).data for _ in range(2)
    )
    assert one == two


def test_an_explicit_name_replaces_a_store_whole_and_a_derived_one_does_not(tmp_path, convcli, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored("a.zarr", ramp(9, 13))
    stored("b.zarr", ramp(40, 50), chunks=(4, 5))
    assert convcli(*IDENTITY, "a.zarr", "-o", "b.zarr").out == b"b.zarr\n"
    assert_array_equal(values("b.zarr"), ramp(9, 13))
    assert (
        sum(
            os.path.isfile(os.path.join(here, name)) for here, _, names in os.walk("b.zarr") for name in names
        )
        == 13
    )
    assert convcli(*IDENTITY, "a.zarr").out == b"a-identity.zarr\n"
    convcli(*IDENTITY, "a.zarr").check_refusal(1, "'a-identity.zarr' is already there", "--force")
    assert convcli(*IDENTITY, "a.zarr", "--force").status == 0
    convcli(*IDENTITY, "a.zarr/", "-o", "./a.zarr").check_refusal(1, "is the input", "--force")
    assert convcli("filter", "-k", "0 0 2", "a.zarr", "-o", "a.zarr", "--force", "--quiet").status == 0
    assert values("a.zarr")[0, 0] == 2
    assert sorted(os.listdir()) == ["a-identity.zarr", "a.zarr", "b.zarr"]


def test_what_is_no_store_is_not_replaced(tmp_path, convcli, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored("a.zarr", ramp(9, 13))
    os.mkdir("b.zarr")
    with open("c.zarr", "w") as file:
        file.write("precious")
    convcli(*IDENTITY, "a.zarr", "-o", "c.zarr").check_refusal(1, "'c.zarr' is there and is not a Zarr store")
    with open("c.zarr") as file:
        assert file.read() == "precious"
    convcli(*IDENTITY, "a.zarr", "-o", "no/c.zarr").check_refusal(1, "does not exist", "make the folder")


def test_a_failure_in_the_middle_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("convcli.imaging.reading.zarr_rows._TOGETHER", 1)
    path = stored(tmp_path / "a.zarr", ramp(8, 8))
    (path / "c" / "1" / "0").write_bytes(b"")
    reader = open_bands(str(path), "a", None)
    writer = band_writer(str(tmp_path / "b.zarr"), ZARR, reader.header, Storage())
    writer.write(reader.rows(0, 4))
    assert len(os.listdir(tmp_path)) == 2
    writer.abort()
    assert os.listdir(tmp_path) == ["a.zarr"]

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr, "create_array", full)
    with pytest.raises(OutputError, match=r"b.zarr' cannot be written: No space left on device"):
        band_writer(str(tmp_path / "b.zarr"), ZARR, reader.header, Storage())
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_a_rename_that_fails_keeps_the_old_store(tmp_path, convcli, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored("a.zarr", ramp(9, 13))
    stored("b.zarr", ramp(4, 4))
    rename = os.rename

    def fails(old, new):
        if old.endswith(".part") and new.endswith("b.zarr"):
            raise OSError(5, "Input/output error")
        rename(old, new)

    monkeypatch.setattr(os, "rename", fails)
    convcli(*IDENTITY, "a.zarr", "-o", "b.zarr").check_refusal(1, "Input/output error")
    assert_array_equal(values("b.zarr"), ramp(4, 4))
    assert sorted(os.listdir()) == ["a.zarr", "b.zarr"]


def test_bands_at_a_url_have_their_metadata_last(tmp_path):
    files = fsspec.filesystem("memory")
    reader = open_bands(str(stored(tmp_path / "a.zarr", ramp(8, 8))), "a", None)
    writer = band_writer("memory://bands/b.zarr", ZARR, reader.header, Storage())
    writer.write(reader.rows(0, 8))
    assert not files.exists("/bands/b.zarr/zarr.json")
    assert files.exists("/bands/b.zarr/c/0/0")
    assert writer.finish() == []
    writer.abort()
    whole = open_bands("memory://bands/b.zarr", "b", None).rows(0, 8)
    assert_array_equal(whole.frames[0].pixels, ramp(8, 8))
    with pytest.raises(OutputError, match="is already there"):
        band_writer("memory://bands/b.zarr", ZARR, reader.header, Storage(), replace=False)
    writer = band_writer("memory://bands/c.zarr", ZARR, reader.header, Storage())
    writer.write(reader.rows(0, 8))
    writer.abort()
    assert not files.exists("/bands/c.zarr")
    files.rm("/bands", recursive=True)


@pytest.mark.parametrize(("number", "left"), [(signal.SIGTERM, 0), (signal.SIGKILL, 1)])
def test_a_process_that_is_ended_leaves_nothing_or_what_the_next_one_removes(tmp_path, number, left):
    script = (
        "import os, sys\n"
        "from convcli.imaging.writing.zarr_folder import ZarrFolder\n"
        "made = ZarrFolder('a.zarr', replace=True)\n"
        "open(os.path.join(made.temporary, 'zarr.json'), 'w').close()\n"
        "os.kill(os.getpid(), int(sys.argv[1]))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(int(number))], cwd=tmp_path, check=False)
    assert ran.returncode == -number
    parts = os.listdir(tmp_path)
    assert len(parts) == left
    assert all(name.endswith(".part") for name in parts)
    cv.write_image(tmp_path / "b.zarr", ramp(4, 4))
    assert os.listdir(tmp_path) == ["b.zarr"]


@pytest.mark.parametrize(("options", "chunks"), [((), (200, 200)), (("--tile", "50"), (50, 50))])
def test_tiles_of_a_tiff_are_no_chunks(tmp_path, convcli, monkeypatch, options, chunks):
    tifffile.imwrite(tmp_path / "a.tif", ramp(200, 200), tile=(16, 32))
    for huge in (1 << 26, 1):
        monkeypatch.setattr("convcli.pipeline.bands.huge_files.HUGE", huge)
        ran = convcli(*IDENTITY, tmp_path / "a.tif", *options, "-o", tmp_path / "b.zarr")
        assert ran.status == 0, ran.err
        found = zarr.open_array(tmp_path / "b.zarr", mode="r")
        assert found.chunks == chunks
        assert_array_equal(found[...], ramp(200, 200))


@pytest.mark.parametrize("path", ["a.zarr", "memory://a/a.zarr"])
def test_without_the_package_one_line_names_the_extra(tmp_path, convcli, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    cv.write_image("a.png", ramp(4, 4))
    monkeypatch.setitem(sys.modules, "zarr", None)
    for huge in (1 << 26, 1):
        monkeypatch.setattr("convcli.pipeline.bands.huge_files.HUGE", huge)
        convcli(*IDENTITY, "a.png", "-o", path).check_refusal(1, "Zarr", "pip install 'convcli[scale]'")
    assert os.listdir() == ["a.png"]
