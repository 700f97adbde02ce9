"""Results that are computed some rows at a time are those of the whole, and no float picture exists."""

import json
import tracemalloc

import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal

from convcli.choices import Combine, RangeMode
from convcli.imaging.formats import by_name
from convcli.imaging.image import Frame, Image, Space
from convcli.options.specs import FilterSpec
from convcli.pipeline import feature_maps, lazy_rows
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.loaded_kernels import load_kernels
from convcli.pipeline.results import can_be_lazy, to_image
from tests.paths import SAMPLES
from tests.program import Convcli, pixels

OPTIONS = {
    "clip": "-k sharpen",
    "float weights": "-k gaussian:sigma=2",
    "abs": "-k sobel-x --range abs",
    "center": "-k laplacian --range center",
    "unit": "-k box --range unit",
    "magnitude": "-k sobel",
    "magnitude of one": "-k sobel-x --combine magnitude",
    "of two kernels": "-k sobel-x -k laplacian --combine max",
    "apart": "-k sobel --combine none",
    "bias": "-k sharpen --bias 20.5",
    "stride": "-k gaussian:sigma=1 --stride 3 --dilation 2",
    "grown": "-k box --padding full --pad constant --pad-value 7",
    "cut": "-k sobel-x --padding valid",
    "wrap": "-k emboss --pad wrap",
    "fft": "-k gaussian:sigma=3 --method fft",
    "jobs": "-k sobel --jobs 3",
    "depth": "-k box --depth 16",
    "dropped": "-k sharpen --alpha drop",
}


@pytest.fixture
def in_bands(monkeypatch):
    """Choose whether pictures of any size are computed in bands of a few rows."""

    def choose(wanted: bool) -> None:
        monkeypatch.setattr(feature_maps, "LAZY_SIZE", 0 if wanted else 1 << 40)
        monkeypatch.setattr(lazy_rows, "SMALLEST", 9_000)
        monkeypatch.setattr(lazy_rows, "LARGEST", 18_000)

    return choose


@pytest.mark.parametrize("name", ["camera.png", "coffee.png", "cat-alpha.png", "galaxies-16bit.png"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_bands_are_the_whole(convcli: Convcli, tmp_path, in_bands, name, options):
    found = []
    picture = tmp_path / "in" / name
    picture.parent.mkdir()
    with PIL.Image.open(SAMPLES / name) as sample:
        sample.crop((0, 0, 160, 160)).save(picture, compress_level=1)
    out = [] if "none" in options.split() else ["-o", "out.png"]
    for wanted in (True, False):
        in_bands(wanted)
        ran = convcli("filter", picture, *options.split(), *out, "--json")
        assert ran.status == 0, ran.err
        report = json.loads(ran.out)
        files = sorted(tmp_path.glob("*.png"))
        found.append(([pixels(file) for file in files], report, ran.lines))
        for file in files:
            file.unlink()
    (banded, figures, said), (whole, expected, same) = found
    assert len(banded) == len(whole) > 0
    for one, other in zip(banded, whole, strict=True):
        assert one.shape == other.shape
        # A sum that lies between two levels may be rounded to either.
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 1
        assert np.mean(one != other) < 1e-3
    for key in ("min", "max", "mean"):
        assert figures[key] == pytest.approx(expected[key], rel=1e-5, abs=1e-3)
    assert abs(figures["clipped"] - expected["clipped"]) <= 0.001 * whole[0].size
    assert figures["size_out"] == expected["size_out"]
    assert said == same


def test_the_number_of_threads_changes_nothing(convcli: Convcli, tmp_path, in_bands):
    in_bands(True)
    for jobs in (1, 3):
        convcli("filter", SAMPLES / "coffee.png", "-k", "sobel", "--jobs", jobs, "-o", f"{jobs}.png")
    assert_array_equal(pixels(tmp_path / "1.png"), pixels(tmp_path / "3.png"))


def test_kernels_that_do_not_combine_are_refused(convcli: Convcli, in_bands):
    in_bands(True)
    ran = convcli(
        "filter", SAMPLES / "camera.png", "-k", "box", "-k", "box:size=5", "--padding", "valid",
        "--combine", "max", "-o", "out.png",
    )  # fmt: skip
    assert ran.status == 1
    assert "do not combine" in ran.err


@pytest.mark.parametrize("kernel", ["sharpen", "gaussian:sigma=2", "sobel"])
def test_no_float_picture_exists(kernel):
    pixels = np.random.default_rng(0).integers(0, 256, (5000, 5000), np.uint8)
    image = Image((Frame(pixels),), Space.GRAY, format="png", name="noise")
    spec, format = FilterSpec(jobs=2), by_name("png")
    tracemalloc.start()
    try:
        assert can_be_lazy(image, spec, format)
        maps = Filtering(load_kernels([kernel], spec), spec).lazy_maps(image.frames[0])
        assert maps is not None
        made = to_image(image, maps, spec, format).image.frames[0].pixels
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert made.shape == pixels.shape
    assert peak < pixels.nbytes + 64 * 2**20 < 4 * pixels.nbytes


def test_what_cannot_be_in_bands():
    frame = Frame(np.zeros((600, 600), np.uint8))
    image = Image((frame,), Space.GRAY, format="png", name="black")
    png, npy = by_name("png"), by_name("npy")
    assert can_be_lazy(image, FilterSpec(), png)
    assert not can_be_lazy(image, FilterSpec(range=RangeMode.SCALE), png)
    assert not can_be_lazy(image, FilterSpec(), npy)
    spec = FilterSpec(chain=True)
    assert Filtering(load_kernels(["box", "box"], spec), spec).lazy_maps(frame) is None
    spec = FilterSpec(combine=Combine.MAX, padding="valid")
    assert Filtering(load_kernels(["box", "box:size=5"], spec), spec).lazy_maps(frame) is None
    assert (
        Filtering(load_kernels(["box"], FilterSpec()), FilterSpec()).lazy_maps(Frame(frame.pixels[:9, :9]))
        is None
    )
