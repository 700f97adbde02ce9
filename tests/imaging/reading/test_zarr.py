"""Zarr of both versions, read: what zarr itself has written, and what is damaged or no picture."""

import pickle
import sys
from pathlib import Path
from zipfile import ZipFile

import numcodecs
import numpy as np
import pytest
import zarr
from numpy.testing import assert_array_equal

import convcli as cv
from convcli.choices import Layout
from convcli.errors import ImageError, MissingExtraError
from convcli.imaging.image import Space
from convcli.imaging.reading.bands import open_bands
from convcli.imaging.reading.read import read_picture
from tests.imaging.zarrs import edited, ome, ramp, stored

PLAIN = ramp(9, 13)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "i4", ">i8", "f2", "f4", ">f8", "bool"])
def test_values_of_every_type_are_exact(tmp_path, version, dtype):
    values = PLAIN.astype(dtype)
    path = stored(tmp_path / "a.zarr", values, version)
    image = read_picture(path)
    assert_array_equal(image.frames[0].pixels, values)
    pixels = values.dtype.newbyteorder("=") in (np.uint8, np.uint16)
    assert image.space is (Space.GRAY if pixels else Space.DATA)
    assert (image.dtype.kind == "f") is not pixels
    assert image.dtype.isnative
    assert_array_equal(cv.read_image(path), values)
    assert cv.read_image(path).dtype == values.dtype.newbyteorder("=")


@pytest.mark.parametrize(
    ("version", "options"),
    [
        (2, {"compressors": numcodecs.Blosc("zstd"), "filters": [numcodecs.Delta("u1")], "order": "F"}),
        (2, {"compressors": numcodecs.LZ4(), "chunk_key_encoding": {"name": "v2", "separator": "/"}}),
        (2, {"compressors": None}),
        (3, {"compressors": zarr.codecs.GzipCodec(), "filters": zarr.codecs.TransposeCodec(order=(1, 0))}),
        (3, {"chunks": (2, 3), "shards": (4, 6), "compressors": zarr.codecs.BloscCodec()}),
        (3, {"chunks": (9, 13)}),
    ],
)
def test_codecs_shards_and_orders(tmp_path, version, options):
    path = stored(tmp_path / "a.zarr", PLAIN, version, **options)
    assert_array_equal(read_picture(path).frames[0].pixels, PLAIN)


@pytest.mark.parametrize("version", [2, 3])
def test_chunks_that_are_not_there_hold_the_fill_value(tmp_path, version):
    array = zarr.create_array(
        tmp_path / "a", shape=(8, 8), chunks=(4, 4), dtype="u1", fill_value=7, zarr_format=version
    )
    array[:4, :4] = 1
    expected = np.full((8, 8), 7)
    expected[:4, :4] = 1
    assert_array_equal(read_picture(tmp_path / "a").frames[0].pixels, expected)


@pytest.mark.parametrize(
    ("channels", "dtype", "space", "alpha"),
    [
        (1, "u1", Space.GRAY, False),
        (3, "u1", Space.RGB, False),
        (4, "u1", Space.RGB, True),
        (3, "u2", Space.RGB, False),
        (4, "u2", Space.DATA, False),
        (5, "u1", Space.DATA, False),
        (3, "f4", Space.DATA, False),
    ],
)
def test_channels(tmp_path, channels, dtype, space, alpha):
    values = ramp(9, 13, channels, dtype=dtype)
    image = read_picture(stored(tmp_path / "a.zarr", values))
    assert (image.space, image.has_alpha) == (space, alpha)
    assert_array_equal(np.squeeze(image.frames[0].stacked()), np.squeeze(values))


def test_channels_first_as_asked_or_named(tmp_path):
    values = ramp(3, 9, 13)
    expected = np.moveaxis(values, 0, 2)
    plain = stored(tmp_path / "plain.zarr", values)
    assert_array_equal(read_picture(plain, layout=Layout.CHW).frames[0].pixels, expected)
    (note,) = read_picture(plain).notes
    assert "--layout chw" in note
    named = stored(tmp_path / "named.zarr", values, dimension_names=["c", "y", "x"])
    assert_array_equal(read_picture(named).frames[0].pixels, expected)
    xarray = stored(tmp_path / "x.zarr", values, 2, attributes={"_ARRAY_DIMENSIONS": ["C", "Y", "X"]})
    assert_array_equal(read_picture(xarray).frames[0].pixels, expected)


@pytest.mark.parametrize("version", [2, 3])
def test_ome_zarr_gives_its_first_level(tmp_path, version):
    first, second = ramp(1, 2, 1, 16, 24), ramp(1, 2, 1, 8, 12)
    path = ome(tmp_path / "a.ome.zarr", [first, second], version=version)
    image = read_picture(path)
    assert_array_equal(image.frames[0].pixels, np.moveaxis(first[0, :, 0], 0, 2))
    assert image.space is Space.DATA
    assert image.notes == ("the first of 2 levels is taken: '0'",)
    assert_array_equal(read_picture(path / "1").frames[0].pixels, np.moveaxis(second[0, :, 0], 0, 2))


def test_ome_zarr_of_other_axes_and_old_versions(tmp_path):
    values = ramp(9, 13)
    path = ome(tmp_path / "xy.zarr", [values], names="xy")
    assert_array_equal(read_picture(path).frames[0].pixels, values.T)
    old = zarr.open_group(tmp_path / "old.zarr", mode="w", zarr_format=2)
    old.create_array("s0", shape=(1, 1, 1, 9, 13), dtype="u1")[0, 0, 0] = values
    old.attrs["multiscales"] = [{"version": "0.1", "datasets": [{"path": "s0"}]}]
    assert_array_equal(read_picture(tmp_path / "old.zarr").frames[0].pixels, values)


def test_frames_lie_along_t_and_z(tmp_path):
    values = ramp(2, 1, 3, 4, 5)
    path = ome(tmp_path / "a.zarr", [values])
    for frame in range(6):
        found = read_picture(path, frame=frame).frames[0].pixels
        assert_array_equal(found, values[frame // 3, 0, frame % 3])
    for frame, says in ((None, "holds 2 x 3 pictures along t, z"), (6, "has no frame 6")):
        with pytest.raises(ImageError, match=says):
            read_picture(path, frame=frame)


def test_only_the_chunks_of_the_rows_are_read_each_once(tmp_path, monkeypatch):
    monkeypatch.setattr("convcli.imaging.reading.zarr_rows._TOGETHER", 1)
    values = ramp(12, 8)
    path = stored(tmp_path / "a.zarr", values)
    (tmp_path / "a.zarr" / "c" / "2" / "1").write_bytes(b"damaged")
    reader = open_bands(str(path), "a.zarr", None)
    assert reader.storage.tile == (4, 4)
    assert reader.header.frames[0].pixels.shape == (12, 8)
    assert_array_equal(reader.rows(1, 6).frames[0].pixels, values[1:6])
    (tmp_path / "a.zarr" / "c" / "1" / "0").unlink()  # it is kept
    assert_array_equal(reader.rows(5, 8).frames[0].pixels, values[5:8])
    with pytest.raises(ImageError, match=r"chunk \[2, 1\] of 'a.zarr' cannot be decoded"):
        reader.rows(5, 9)


def test_a_store_in_a_zip_file(tmp_path):
    for name, folder in (("a.zarr.zip", ""), ("b.zip", "inner.zarr/")):
        source = stored(tmp_path / name.replace("zip", "folder"), PLAIN, 2)
        with ZipFile(tmp_path / name, "w") as archive:
            for file in filter(Path.is_file, source.rglob("*")):
                archive.write(file, folder + str(file.relative_to(source)))
        assert_array_equal(read_picture(tmp_path / name).frames[0].pixels, PLAIN)
        assert_array_equal(read_picture((tmp_path / name).read_bytes()).frames[0].pixels, PLAIN)


def refused(path, says, hint="", **how):
    with pytest.raises(ImageError, match=says) as found:
        read_picture(path, **how)
    assert found.value.hint
    assert hint in found.value.hint


def test_what_is_no_picture_is_refused(tmp_path):
    refused(stored(tmp_path / "1", ramp(5)), r"has 1 axes \(5\)")
    refused(stored(tmp_path / "5", ramp(1, 1, 1, 2, 3)), r"has 5 axes \(1 x 1 x 1 x 2 x 3\)", "t, c, z, y, x")
    refused(stored(tmp_path / "c", PLAIN.astype("c8")), "holds values of type complex64", "reals")
    zarr.create_array(tmp_path / "0", shape=(0, 4), chunks=(1, 1), dtype="u1")
    refused(tmp_path / "0", r"is empty \(0 x 4\)")
    refused(stored(tmp_path / "big", PLAIN), "9 = 117 pixels, more than the limit of 100", max_pixels=100)
    zarr.create_array(tmp_path / "wide", shape=(4, 4), chunks=(4000, 4000), dtype="u1")
    refused(tmp_path / "wide", "a chunk of .* 16000000 is above the limit", "--max-pixels", max_pixels=10**6)
    refused(stored(tmp_path / "nan", np.array([[1.0, np.nan]])), "1 value that is not finite")
    refused(stored(tmp_path / "large", np.array([[2**63 - 1, 1]])), "9223372036854775807")
    zarr.open_group(tmp_path / "group", mode="w")
    refused(tmp_path / "group", "is a Zarr group without arrays")


def test_a_store_that_is_not_complete(tmp_path):
    path = stored(tmp_path / "a.zarr", PLAIN)
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in filter(Path.is_file, path.rglob("*")):
            archive.write(file, str(file.relative_to(path)))
    data = (tmp_path / "a.zip").read_bytes()
    at = data.index((path / "c" / "0" / "0").read_bytes())
    (tmp_path / "a.zip").write_bytes(data[: at + 4] + b"?" + data[at + 5 :])
    refused(tmp_path / "a.zip", "cannot be unpacked: Bad CRC-32 for file 'c/0/0'")
    (path / "zarr.json").unlink()
    refused(path, "is no Zarr store: its metadata are not there", "zarr.json")


def test_a_group_of_several_names_them(tmp_path):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    group.create_array("left", data=PLAIN)
    refused(tmp_path / "a.zarr" / "lift", "is not in the Zarr store", "'left'")
    assert_array_equal(read_picture(tmp_path / "a.zarr").frames[0].pixels, PLAIN)
    group.create_array("right", data=PLAIN.T.copy())
    refused(tmp_path / "a.zarr", "is a Zarr group of 2: left, right", "a.zarr/left")
    assert_array_equal(read_picture(tmp_path / "a.zarr" / "right").frames[0].pixels, PLAIN.T)
    refused(tmp_path / "a.zarr" / ".." / "b.zarr", "does not exist")


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"zarr_format": 9}', '{"zarr_format": 3, "node_type": "array"}']
)
def test_metadata_that_cannot_be_read(tmp_path, content):
    path = stored(tmp_path / "a.zarr", PLAIN)
    (path / "zarr.json").write_text(content)
    refused(path, "'.*a.zarr' (cannot be read|is a Zarr group without)|metadata of '.*a.zarr' cannot be read")


@pytest.mark.parametrize(
    "ome",
    [
        {"multiscales": [{"datasets": []}]},
        {"multiscales": [{"datasets": [{"path": "../../x"}]}]},
        {"multiscales": 5},
    ],
)
def test_ome_metadata_that_says_nothing(tmp_path, ome):
    zarr.open_group(tmp_path / "a.zarr", mode="w").attrs["ome"] = ome
    refused(tmp_path / "a.zarr", "a.zarr")


class Trap:
    """Unpickled, it would leave a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("place", ["filters", "compressor"])
def test_pickles_are_refused_unread(tmp_path, place):
    path, sprung = stored(tmp_path / "a.zarr", PLAIN, 2, compressors=None), tmp_path / "sprung"
    for chunk in path.glob("[0-9]*"):
        chunk.write_bytes(pickle.dumps(Trap(sprung)))
    codec = {"id": "pickle", "protocol": 5}
    edited(path / ".zarray", **{place: [codec] if place == "filters" else codec})
    refused(path, "holds Python objects", "store numbers")
    assert not sprung.exists()


def test_without_the_package_one_line_names_the_extra(tmp_path, monkeypatch):
    path = stored(tmp_path / "a.zarr", PLAIN)
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingExtraError) as found:
        read_picture(path)
    assert found.value.hint == "pip install 'convcli[scale]'"


def test_a_store_that_may_not_be_read(tmp_path, monkeypatch):
    path = stored(tmp_path / "a.zarr", PLAIN)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zarr, "open", denied)
    refused(path, "a.zarr.* access is denied", "permissions")
