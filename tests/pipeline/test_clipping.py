"""The note on pixels that were cut names only the ranges that keep more of this very result."""

import json

import numpy as np
import PIL.Image
import pytest
from scipy import ndimage

from convcli.choices import RangeMode
from convcli.pipeline.clipping import clipping_note, rivals, tally
from tests.paths import SAMPLES
from tests.program import Convcli, pixels

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], float)
MODES = ("clip", "abs", "center", "scale")


def cut_by(values: np.ndarray, mode: str) -> int:
    """How many pixels of 8 bits `mode` cuts, any channel counting: by the definition, in float64."""
    moved = {"clip": values, "abs": np.abs(values), "center": values + 128, "scale": values * 0}[mode]
    outside = (np.rint(moved) < 0) | (np.rint(moved) > 255)
    return int((outside.any(axis=2) if outside.ndim == 3 else outside).sum())


def advised(said: str) -> set[str]:
    """The ranges that the one line on stderr names."""
    (line,) = [line for line in said.splitlines() if "of the pixels were cut to fit" in line]
    _, _, named = line.partition("; --range ")
    return set(named.removesuffix(" keeps more").split("|")) - {""}


def better(values: np.ndarray, mode: str) -> set[str]:
    counts = {other: cut_by(values, other) for other in MODES}
    named = {other for other in MODES if counts[other] < counts[mode]}
    return named - ({"abs"} if values.min() >= 0 else set())  # without negatives, it is clip


def test_the_edges_of_the_camera(convcli: Convcli):
    photo = pixels(SAMPLES / "camera.png").astype(float)
    edges = np.hypot(*(ndimage.correlate(photo, one, mode="mirror") for one in (SOBEL, SOBEL.T)))
    assert [cut_by(edges, mode) for mode in MODES] == [9638, 9638, 25202, 0]
    for mode in MODES:
        ran = convcli(
            "filter", SAMPLES / "camera.png", "-k", "sobel", "--range", mode, "-o", "o.png", "--json"
        )
        assert json.loads(ran.out)["clipped"] == cut_by(edges, mode)
        assert ran.err == "" if mode == "scale" else advised(ran.err) == better(edges, mode)
    plain = convcli("filter", SAMPLES / "camera.png", "-k", "sobel", "-o", "o.png")
    assert advised(plain.err) == {"scale"}


@pytest.mark.parametrize("mode", ["clip", "abs", "center"])
@pytest.mark.parametrize("name", ["camera.png", "coffee.png"])
@pytest.mark.parametrize("factor", [1, 3, 9])
def test_signed_results(convcli: Convcli, name, factor, mode):
    photo = pixels(SAMPLES / name).astype(float)
    weights = SOBEL * factor
    values = ndimage.correlate(photo, weights[..., np.newaxis] if photo.ndim == 3 else weights, mode="mirror")
    rows = ";".join(" ".join(f"{weight:g}" for weight in row) for row in weights)
    ran = convcli("filter", SAMPLES / name, f"-k{rows}", "--range", mode, "-o", "o.png")
    if cut_by(values, mode) * 100 <= photo.shape[0] * photo.shape[1]:
        assert ran.err == ""
    else:
        assert advised(ran.err) == better(values, mode)


# A row of pixels, the kernel's row of weights, the range, and what keeps more; padding is wrap.
ROWS = {
    # -200 0 200 0: abs keeps all; centring leaves -72, and lifts 200 to 328
    "folded": ([0, 0, 200, 200], "-1 1 0", "clip", {"abs", "scale"}),
    "folded, not lifted": ([0, 0, 200, 200], "-1 1 0", "center", {"clip", "abs", "scale"}),
    # 100 -100 100 -100: centring cuts nothing, and clip what is negative
    "centred": ([0, 0, 100, 100], "-1 1 0", "clip", {"abs", "scale", "center"}),
    # -510 0 510 0: all cut both
    "all cut": ([0, 0, 255, 255], "-2 2 0", "clip", {"scale"}),
    # the sum of these weights is 1: what is negative is overshoot, whatever would be kept
    "sharpened": ([0, 0, 100, 0], "-1 3 -1", "clip", {"scale"}),
    "sharpened and lifted": ([255, 0, 255, 255], "-1 3 -1", "center", {"clip", "scale"}),
    # a picture made brighter: positive, so that folding changes nothing and lifting spoils more
    "bright": ([90, 0, 90, 90], "2 2 2", "clip", {"scale"}),
    # one value: stretched it would be black
    "flat": ([200, 200, 200, 200], "1 1 1", "clip", set()),
}


@pytest.mark.parametrize(("row", "weights", "mode", "named"), ROWS.values(), ids=ROWS)
def test_rows(convcli: Convcli, row, weights, mode, named):
    PIL.Image.fromarray(np.array([row], np.uint8)).save("row.png")
    ran = convcli("filter", "row.png", f"-k{weights}", "-p", "wrap", "--range", mode, "-o", "o.png")
    assert advised(ran.err) == named


@pytest.mark.parametrize("kernel", ["sharpen", "emboss", "unsharp:amount=5"])
@pytest.mark.parametrize("name", ["camera.png", "coffee.png", "cat-alpha.png"])
def test_overshoot_is_not_folded(convcli: Convcli, name, kernel):
    ran = convcli("filter", SAMPLES / name, "-k", kernel, "-o", "o.png")
    assert advised(ran.err) == {"scale"}


def test_a_bias_of_mid_grey_is_centring(convcli: Convcli):
    ran = convcli("filter", SAMPLES / "camera.png", "-k", "sobel-x", "--bias", 128, "-o", "o.png")
    assert advised(ran.err) == {"scale"}


def test_floats_written_in_8_bits(convcli: Convcli):
    np.save("signed.npy", np.array([[-300.0, -100, 100, 200]]))
    # clip cuts two, abs the -300, center the 200 too; data that have signs keep them, by a gain of 1 too
    ran = convcli("filter", "signed.npy", "-k", "1", "-o", "o.png")
    assert advised(ran.err) == {"abs", "scale"}
    assert advised(convcli("pool", "signed.npy", "--size", 1, "-o", "o.png").err) == {"abs", "scale"}
    np.save("bright.npy", np.array([[0.0, 100, 200, 300]]))
    assert advised(convcli("pool", "bright.npy", "--size", 1, "-o", "o.png").err) == {"scale"}


def test_sixteen_bits(convcli: Convcli):
    values = np.array([[0, 0, 40000, 40000]], np.uint16)  # differences: -40000 0 40000 0
    PIL.Image.fromarray(values).save("deep.png")
    for depth in ("16", "8"):  # from 32768 on centring cuts, both here: no gain
        ran = convcli("filter", "deep.png", "-k-1 1 0", "-p", "wrap", "--depth", depth, "-o", "o.png")
        assert advised(ran.err) == {"abs", "scale"}


def test_frames_count_together(convcli: Convcli):
    # -200 200 -200 200: clip cuts two, center all. -100 100 -100 100, twice: clip cuts two, center none.
    frames = [PIL.Image.fromarray(np.array([row], np.uint8)) for row in ([0, 200] * 2, [0, 100] * 2)]
    frames[0].save("one.tif")
    frames[0].save("two.tif", save_all=True, append_images=frames[1:])
    frames[0].save("three.tif", save_all=True, append_images=frames[1:] * 2)
    for name, named in (("one", set()), ("two", set()), ("three", {"center"})):  # 2:4, 4:4, 6:4
        ran = convcli("filter", f"{name}.tif", "-k-1 1 0", "-p", "wrap", "-o", "o.tif")
        assert advised(ran.err) == {"abs", "scale"} | named


def test_layers_of_a_stack(convcli: Convcli, tmp_path):
    layer = '[[layer]]\ntype = "conv"\nkernel = "sobel-x"\n'
    (tmp_path / "edges.toml").write_text(f'scale = "byte"\n{layer}')
    ran = convcli("run", "edges.toml", SAMPLES / "camera.png", "-o", "o.png")
    assert advised(ran.err) == {"abs", "center", "scale"}
    (tmp_path / "unit.toml").write_text(layer)
    # By 0..1: clip, abs and center would take these small numbers for black.
    ran = convcli("run", "unit.toml", SAMPLES / "camera.png", "-o", "o.png")
    assert advised(ran.err) == {"scale"}


@pytest.mark.parametrize("mode", ["clip", "center"])
@pytest.mark.parametrize("seed", range(6))
def test_bands_that_favour_different_ranges(mode, seed):
    rng = np.random.default_rng(seed)
    # the middle and the spread of each band: abs and center keep more in some, and less in others
    bands = [
        np.rint(rng.normal(rng.choice([-200, 0, 120, 200]), rng.choice([20, 90, 300]), (9, 7, 3)))
        for _ in range(4)
    ]
    modes = rivals(RangeMode(mode), True)
    tallies = [tally(one.astype(np.int16), modes, 255.0, np.uint8, cut_by(one, mode)) for one in bands]
    values = np.concatenate(bands)
    assert advised(clipping_note(cut_by(values, mode), 252, modes, tallies)) == better(values, mode)
