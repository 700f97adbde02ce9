"""Bands of one Zarr picture on a cluster: pixels as on one machine, each chunk written by one task."""

import pickle
import random
from functools import partial

import numpy as np
import pytest
import zarr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from convcli.choices import PadMode, RangeMode
from convcli.errors import ImageError
from convcli.imaging.bands import Storage, without_pixels
from convcli.imaging.formats import by_name
from convcli.imaging.reading.bands import finite_rows, open_bands
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.bands import band_writer
from convcli.options.specs import FilterSpec
from convcli.pipeline.bands import cluster_bands
from convcli.pipeline.bands.in_bands import InBands
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.loaded_kernels import load_kernels
from convcli.pipeline.results import to_image
from convcli.pipeline.sources import Source
from tests.imaging.helpers import pixels
from tests.imaging.zarrs import stored, values

ZARR = by_name("zarr")


def unchanged(image):
    return image


def scattered(work, tasks, *_):
    """Do each task as in a process of its own, in any order."""
    sent, todo = pickle.dumps(work), list(enumerate(tasks))
    assert len(sent) < 100_000  # no pixels
    random.Random(len(todo)).shuffle(todo)
    for number, task in todo:
        yield number, [pickle.loads(sent)(source) for source in task]


def test_the_place_of_a_value_that_is_not_finite_is_told_by_a_worker(tmp_path):
    samples = np.ones((12, 8), np.float32)
    samples[9, 3] = np.nan
    reader = open_bands(str(stored(tmp_path / "a.zarr", samples)), "a", None)
    operation = Filtering(load_kernels(["sobel-x"], spec := FilterSpec()), spec)
    bands = InBands(operation, reader.header, partial(finite_rows, reader), unchanged, [ZARR])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convcli.pipeline.bands.band_rows.BAND", 16)
        patch.setattr(cluster_bands, "spread", scattered)
        elsewhere = cluster_bands.BandsOnCluster(bands, Source("a"), "local", 1, [], print)
        with pytest.raises(ImageError, match=r"the first, nan, is at \[9, 3\]"):
            bands.results(lambda *_: None, details=False, elsewhere=elsewhere)


@settings(max_examples=6)
@given(
    size=st.tuples(st.integers(9, 40), st.integers(9, 12)),
    chunk=st.integers(1, 9),
    shard=st.sampled_from([0, 2]),
    kernels=st.sampled_from([["sobel-x"], ["gaussian:sigma=1"], ["box:size=5", "0 0 1; 0 0 0"]]),
    stride=st.integers(1, 3),
    pad=st.sampled_from(list(PadMode)),
    spread_range=st.sampled_from([None, RangeMode.SCALE, RangeMode.ABS]),
    levels=st.integers(1, 2),
)
def test_pixels_are_those_of_the_whole_picture(
    tmp_path_factory, size, chunk, shard, kernels, stride, pad, spread_range, levels
):
    assume(pad is not PadMode.VALID or min(size) > 8)  # the windows fit
    folder = tmp_path_factory.mktemp("bands")
    shards = {"shards": (chunk * shard, 4 * shard)} if shard else {}
    path = stored(folder / "a.zarr", pixels(1, np.uint16, size=size), chunks=(chunk, 4), **shards)
    spec = FilterSpec(pad=pad, stride=(stride, stride), range=spread_range)
    operation = Filtering(load_kernels(kernels, spec), spec)
    image = read_picture(path)
    expected = [
        to_image(image, [one], spec, ZARR).image.frames[0].pixels for one in operation.maps(image.frames[0])
    ]
    reader = open_bands(str(path), "a", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convcli.pipeline.bands.band_rows.BAND", 3 * size[1])
        patch.setattr(cluster_bands, "_BANDS", 2)
        patch.setattr(cluster_bands, "spread", scattered)
        bands = InBands(operation, reader.header, reader.rows, unchanged, [ZARR])
        if not bands.possible:
            return
        writers = [
            band_writer(
                str(folder / f"{number}.zarr"),
                ZARR,
                without_pixels(one, size),
                Storage((chunk, 4)),
                levels=levels,
            )
            for number, (one, size) in enumerate(zip(bands.empty(), bands.sizes, strict=True))
        ]
        written = []
        setting = zarr.storage.LocalStore.set

        async def watched(self, key, value, *more):
            written.append((str(self.root), key))
            await setting(self, key, value, *more)

        patch.setattr(zarr.storage.LocalStore, "set", watched)
        elsewhere = cluster_bands.BandsOnCluster(
            bands,
            Source(str(path)),
            "local",
            1,
            [writer.part() for writer in writers],
            print,
        )
        results = bands.results(lambda *_: pytest.fail("written here"), details=True, elsewhere=elsewhere)
        for writer in writers:
            writer.finish()
    assert len(written) == len(set(written))
    for number, (found, result) in enumerate(zip(expected, results, strict=True)):
        member = "0" if levels > 1 else ""
        assert_array_equal(values(folder / f"{number}.zarr", member), found)
        assert result.image.frames[0].pixels.shape == found.shape
        assert sum(part.size for part in result.figures) == found.size
    alone = InBands(operation, reader.header, reader.rows, unchanged, [ZARR])
    assert [one.clipped for one in alone.results(lambda *_: None, details=True)] == [
        one.clipped for one in results
    ]
