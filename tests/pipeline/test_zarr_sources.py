"""A Zarr store among the inputs is one input: named, matched, below a folder, or at a URL."""

import os

import fsspec
import pytest
import zarr
from numpy.testing import assert_array_equal

from convcli.pipeline.sources import Source, find_sources
from tests.imaging.zarrs import ome, ramp, stored, values

PLAIN = ramp(9, 13)


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.makedirs("photos/sub/deep")
    stored("photos/b.zarr", PLAIN)
    stored("photos/sub/no suffix", PLAIN, 2)
    ome("photos/sub/deep/c.zarr", [ramp(16, 24), ramp(8, 12)], names="yx")
    with open("photos/a.pgm", "wb") as file:
        file.write(b"P5 1 1 255 x")


def found(*inputs, recursive=False):
    return [(one.path, one.folder) for one in find_sources(inputs, recursive=recursive)]


def test_a_folder_is_walked_and_its_stores_are_not():
    assert found("photos", recursive=True) == [
        ("photos/a.pgm", ""),
        ("photos/b.zarr", ""),
        ("photos/sub/no suffix", "sub"),
        ("photos/sub/deep/c.zarr", "sub/deep"),
    ]
    for recursive in (False, True):
        for name in ("photos/b.zarr", "photos/b.zarr/", "photos/sub/deep/c.zarr/1"):
            assert found(name, recursive=recursive) == [(name, "")]


@pytest.mark.parametrize("recursive", [False, True])
def test_patterns_match_stores_and_nothing_in_them(recursive):
    assert found("photos/*.zarr", recursive=recursive) == [("photos/b.zarr", "")]
    deep = [("photos/b.zarr", ""), ("photos/sub/deep/c.zarr", "sub/deep")]
    assert found("photos/**/*.zarr", recursive=recursive) == deep
    assert [path for path, _ in found("photos/**/*.json", recursive=recursive)] == [
        "photos/**/*.json"  # none: a store's own files are no inputs
    ]


def test_what_is_derived_from_a_store_and_what_is_in_it():
    for path, file, stem in (
        ("photos/b.zarr/", "photos/b.zarr", "b"),
        ("photos/sub/deep/c.zarr/1", "photos/sub/deep/c.zarr", "c"),
        ("photos/sub/no suffix", "photos/sub/no suffix", "no suffix"),
        ("memory://x/c.zarr/1/2", "memory://x/c.zarr", "c"),
        ("photos/d.zarr.zip", "photos/d.zarr.zip", "d"),
    ):
        assert (Source(path).file, Source(path).stem) == (file, stem)
    assert Source("photos/sub/deep/c.zarr/1").is_at("./photos/sub/deep/c.zarr")
    assert not Source("photos/b.zarr").is_at("photos/sub/deep/c.zarr")


def test_a_whole_folder_at_once(convcli):
    ran = convcli("filter", "photos", "--recursive", "-k", "identity", "--out-dir", "out")
    assert ran.status == 0, ran.err
    assert ran.out.decode().splitlines() == [
        "out/a-identity.pgm",
        "out/b-identity.zarr",
        "out/sub/no suffix-identity.zarr",
        "out/sub/deep/c-identity.zarr",
    ]
    assert_array_equal(values("out/sub/no suffix-identity.zarr"), PLAIN)
    assert_array_equal(values("out/sub/deep/c-identity.zarr", "0"), ramp(16, 24))


@pytest.fixture
def memory():
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


def test_stores_by_url(convcli, memory):
    ran = convcli("filter", "photos/b.zarr", "-k", "identity", "-o", "memory://in/b.zarr")
    assert (ran.status, ran.out) == (0, b"memory://in/b.zarr\n"), ran.err
    memory.put("photos/sub/deep/c.zarr", "/in/deep/c.zarr", recursive=True)
    whole = [("memory://in/b.zarr", ""), ("memory://in/deep/c.zarr", "deep")]
    assert found("memory://in", recursive=True) == whole
    assert found("memory://in/*.zarr") == whole[:1]
    assert found("memory://in/deep/c.zarr/1", recursive=True) == [("memory://in/deep/c.zarr/1", "")]
    assert convcli("filter", "memory://in", "--recursive", "-k", "identity", "--out-dir", "out").status == 0
    assert_array_equal(values("out/b-identity.zarr"), PLAIN)
    assert_array_equal(values("out/deep/c-identity.zarr", "0"), ramp(16, 24))
    again = ("filter", "memory://in/b.zarr", "-k", "0 0 2", "-o", "memory://in/b.zarr")
    convcli(*again).check_refusal(1, "is the input itself", "--force")
    assert convcli(*again, "--force", "-q").status == 0
    convcli("filter", "memory://in/x.zarr", "-k", "box").check_refusal(
        1, "'memory://in/x.zarr' does not exist"
    )


def test_metadata_come_last_at_a_url(convcli, memory, monkeypatch):
    written = []
    pipe = type(memory).pipe_file
    monkeypatch.setattr(
        type(memory),
        "pipe_file",
        lambda self, path, *more, **how: (written.append(path), pipe(self, path, *more, **how))[1],
    )
    convcli("filter", "photos/sub/deep/c.zarr", "-k", "identity", "-o", "memory://out/c.zarr")
    names = [path.partition("c.zarr/")[2] for path in written]
    assert names[-1] == "zarr.json"
    assert sorted(names[:-1]) == sorted({*names} - {"zarr.json"})
    assert {name for name in names if name.startswith("0/c/")} == {
        f"0/c/{row}/{column}" for row in "01" for column in "012"
    }


@pytest.mark.usefixtures("memory")
def test_a_huge_store_is_filtered_at_a_url_in_bands(convcli, monkeypatch):
    monkeypatch.setattr("convcli.pipeline.bands.huge_files.HUGE", 1)
    monkeypatch.setattr("convcli.pipeline.bands.band_rows.BAND", 40)
    command = ("filter", "-k", "gaussian", "-s", "2")
    assert convcli(*command, "photos/b.zarr", "-o", "memory://out/b.zarr", "-q").status == 0
    assert convcli(*command, "memory://out/b.zarr", "-o", "again.zarr", "-q").status == 0
    first = zarr.open_array("memory://out/b.zarr", mode="r")[...]
    in_place = ("memory://out/b.zarr", "-o", "memory://out/b.zarr", "--force", "-q")
    assert convcli(*command, *in_place).status == 0
    replaced = zarr.open_array("memory://out/b.zarr", mode="r")[...]
    monkeypatch.setattr("convcli.pipeline.bands.huge_files.HUGE", 1 << 26)
    assert convcli(*command, "photos/b.zarr", "-o", "whole.zarr", "-q").status == 0
    assert_array_equal(first, values("whole.zarr"))
    assert convcli(*command, "whole.zarr", "-o", "twice.zarr", "-q").status == 0
    assert_array_equal(values("again.zarr"), values("twice.zarr"))
    assert_array_equal(replaced, values("twice.zarr"))
