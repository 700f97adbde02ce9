"""`convcli pool` against numbers from elsewhere: the published cases, SciPy, scikit-image, OpenCV."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage

from convcli.choices import AlphaMode, Depth, PadMode, PoolMode, RangeMode
from tests.oracle import SCIPY_MODES, as_bytes, linear_to_srgb, srgb_to_linear
from tests.paths import CASES, SAMPLES
from tests.program import Convcli, pixels, process

GOLDEN = json.loads((CASES / "golden.json").read_text())["cases"]
POOLS = [case for case in GOLDEN if case["op"] == "pool"]
BLOCKS = {"max": np.max, "min": np.min, "avg": np.mean, "median": np.median, "lp": None}


def blocks(image: Any, rows: int, columns: int, reduce: Callable[..., Any]) -> Any:
    """Reduce whole blocks of an H x W or H x W x C picture, as scikit-image does it, without its padding."""
    measure = pytest.importorskip("skimage.measure")
    whole = image[: len(image) // rows * rows, : image.shape[1] // columns * columns].astype(float)
    return measure.block_reduce(whole, (rows, columns, 1)[: image.ndim], reduce)


def test_there_are_published_cases() -> None:
    assert len(POOLS) >= 4


@pytest.mark.parametrize("case", POOLS, ids=lambda case: case["name"])
def test_published_numbers(convcli: Convcli, case: dict[str, Any]) -> None:
    Path("x.json").write_text(json.dumps(case["input"]))
    args = ["--mode", case["mode"], "--size", case["size"], "--stride", case["stride"]]
    args += ["--padding", case.get("padding", 0)]
    args += ["--ceil"] if case.get("ceil") else []
    args += [] if case.get("count_include_pad", True) else ["--no-count-include-pad"]
    ran = convcli("pool", "x.json", *args, "-o", "-")
    assert (ran.status, ran.err) == (0, "")
    assert_allclose(json.loads(ran.out), case["output"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("mode", PoolMode)
@pytest.mark.parametrize("name", ["camera.png", "coffee.png", "galaxies-16bit.png"])
def test_photographs_in_blocks(convcli: Convcli, mode: PoolMode, name: str) -> None:
    ran = convcli("pool", SAMPLES / name, "--mode", mode, "--size", "3x2")
    stem = name.removesuffix(".png")
    assert ran.status == 0, ran.err
    assert ran.out.decode() == f"{stem}-{mode}.png\n"
    before, after = pixels(SAMPLES / name), pixels(f"{stem}-{mode}.png")
    reduce = BLOCKS[mode] or (lambda block, axis: np.sqrt((block**2).sum(axis=axis)))
    expected = np.minimum(np.rint(blocks(before, 3, 2, reduce)), np.iinfo(before.dtype).max)
    assert after.dtype == before.dtype
    assert np.abs(after - expected).max() <= (1 if mode in ("avg", "lp") else 0)


def test_the_default_is_the_greatest_of_four(convcli: Convcli, photo: Path) -> None:
    assert convcli("pool", photo).out == b"photo-max.png\n"
    assert_array_equal(pixels("photo-max.png"), blocks(pixels(photo), 2, 2, np.max))


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("size", ["7", "4x3"])
def test_sliding_windows(convcli: Convcli, photo: Path, size: str, dilation: int) -> None:
    rows, columns = (int(word) for word in (size.split("x") * 2)[:2])
    window = ["--size", size, "-s", 1, "-d", dilation, "--padding", "same"]
    seen = np.zeros(((rows - 1) * dilation + 1, (columns - 1) * dilation + 1, 1), bool)
    seen[::dilation, ::dilation] = True
    # SciPy puts the extra pixel of an even window at the top and left.
    origin = (*(-1 if side % 2 == 0 else 0 for side in seen.shape[:2]), 0)
    for mode, peer, beyond in (("max", ndimage.maximum_filter, 0), ("min", ndimage.minimum_filter, 255)):
        convcli("pool", photo, "-m", mode, *window, "-o", "y.png")
        expected = peer(pixels(photo), footprint=seen, mode="constant", cval=beyond, origin=origin)
        assert_array_equal(pixels("y.png"), expected)


def test_sliding_maximum_is_a_dilation(convcli: Convcli, gray: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    convcli("pool", gray, "--size", "5x9", "--stride", "1", "--padding", "same", "-o", "y.png")
    assert_array_equal(pixels("y.png"), cv2.dilate(pixels(gray), np.ones((5, 9), np.uint8)))


@pytest.mark.parametrize("pad", [pad for pad in PadMode if pad in SCIPY_MODES])
def test_made_up_pixels(convcli: Convcli, gray: Path, pad: PadMode) -> None:
    window = ["--size", 5, "-s", 1, "--padding", "same", "-p", pad]
    convcli("pool", gray, "-m", "avg", *window, "-o", "avg.npy")
    expected = ndimage.uniform_filter(pixels(gray).astype(float), 5, mode=SCIPY_MODES[pad])
    assert_allclose(np.load("avg.npy"), expected, rtol=1e-5)
    convcli("pool", gray, "-m", "median", *window, "-o", "median.npy")
    assert_array_equal(np.load("median.npy"), ndimage.median_filter(pixels(gray), 5, mode=SCIPY_MODES[pad]))


def test_a_constant_in_the_image_s_units(convcli: Convcli, gray: Path) -> None:
    ran = convcli("pool", gray, "--padding", 2, "-p", "constant", "--pad-value", 200, "-o", "y.png")
    assert ran.status == 0, ran.err
    expected = blocks(np.pad(pixels(gray), 2, constant_values=200), 2, 2, np.max)
    assert_array_equal(pixels("y.png"), expected)


def test_norms(convcli: Convcli) -> None:
    values = np.random.default_rng(1).normal(0, 1, (8, 6))
    np.save("x.npy", values)
    for words, power in ((["-m", "l2"], 2), (["-m", "lp"], 2), (["-m", "lp", "--norm", "3/2"], 1.5)):
        convcli("pool", "x.npy", *words, "-o", "y.npy")
        expected = blocks(np.abs(values) ** power, 2, 2, np.sum) ** (1 / power)
        assert_allclose(np.load("y.npy"), expected, rtol=1e-12)
    convcli("pool", "x.npy", "-m", "lp", "--norm", "inf", "-o", "y.npy")
    assert_array_equal(np.load("y.npy"), blocks(np.abs(values), 2, 2, np.max))


@pytest.mark.parametrize("mode", ["max", "avg", "min", "median"])
def test_global(convcli: Convcli, photo: Path, mode: str) -> None:
    convcli("pool", photo, "--global", "--mode", mode, "-o", "y.npy")
    image = pixels(photo).reshape(-1, 3).astype(float)
    assert np.load("y.npy").shape == (1, 1, 3)
    assert_allclose(np.load("y.npy")[0, 0], BLOCKS[mode](image, axis=0), rtol=1e-6)


def test_ceil(convcli: Convcli, gray: Path) -> None:
    convcli("pool", gray, "--size", 3, "--ceil", "-o", "y.png")
    values = pixels(gray)
    assert values.shape == (20, 27)
    expected = blocks(np.pad(values, ((0, 1), (0, 0))), 3, 3, np.max)
    assert_array_equal(pixels("y.png"), expected)


def test_gray_and_linear_light(convcli: Convcli, photo: Path) -> None:
    convcli("pool", photo, "--gray", "-o", "gray.png")
    with Image.open(photo) as image:
        assert_array_equal(pixels("gray.png"), blocks(np.asarray(image.convert("L")), 2, 2, np.max))
    convcli("pool", photo, "--linear", "-m", "avg", "-o", "light.png")
    light = srgb_to_linear(pixels(photo))
    mean = blocks(light, 2, 2, np.mean)
    expected = linear_to_srgb(mean)
    assert np.abs(pixels("light.png") - expected).max() < 0.501


class TestAlpha:
    @pytest.fixture
    def clear(self, tmp_path: Path) -> Path:
        values = np.random.default_rng(3).integers(0, 256, (12, 18, 4), dtype=np.uint8)
        Image.fromarray(values).save(tmp_path / "clear.png")
        return tmp_path / "clear.png"

    def test_kept_as_seen_at_the_windows_centres(self, convcli: Convcli, clear: Path) -> None:
        convcli("pool", clear, "--size", 3, "-o", "y.png")
        assert_array_equal(pixels("y.png")[..., 3], pixels(clear)[1::3, 1::3, 3])
        assert_array_equal(pixels("y.png")[..., :3], blocks(pixels(clear)[..., :3], 3, 3, np.max))
        convcli("pool", clear, "--size", 3, "-s", 2, "--padding", 1, "-o", "y.png")
        assert_array_equal(pixels("y.png")[..., 3], pixels(clear)[::2, ::2, 3])

    def test_pooled_with_premultiplied_colours(self, convcli: Convcli, clear: Path) -> None:
        convcli("pool", clear, "-m", "avg", "--alpha", "filter", "-o", "y.png")
        before = pixels(clear).astype(float)
        covered = blocks(before[..., :3] * before[..., 3:] / 255, 2, 2, np.mean)
        opacity = blocks(before[..., 3] / 255, 2, 2, np.mean)
        assert np.abs(pixels("y.png")[..., 3] - 255 * opacity).max() < 0.501
        assert np.abs(pixels("y.png")[..., :3] - covered / opacity[..., None]).max() < 0.501

    def test_dropped(self, convcli: Convcli, clear: Path) -> None:
        convcli("pool", clear, "--alpha", AlphaMode.DROP, "-o", "y.png")
        assert_array_equal(pixels("y.png"), blocks(pixels(clear)[..., :3], 2, 2, np.max))


@pytest.mark.parametrize("how", RangeMode)
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_ranges(convcli: Convcli, gray: Path, how: RangeMode, mode: str) -> None:
    output = "y.npy" if how is RangeMode.RAW else "y.png"
    ran = convcli("pool", gray, "-m", mode, "--range", how, "-o", output)
    assert ran.status == 0, ran.err
    values = blocks(pixels(gray), 2, 2, BLOCKS[mode])
    expected = {
        "clip": as_bytes(values),
        "abs": as_bytes(values),
        "scale": as_bytes(255 * (values - values.min()) / np.ptp(values)),
        "scale-each": as_bytes(255 * (values - values.min()) / np.ptp(values)),
        "center": as_bytes(values + 128),
        "unit": as_bytes(255 * values),
        "raw": values,
    }[how]
    found = np.load("y.npy") if how is RangeMode.RAW else pixels("y.png")
    assert_allclose(found, expected, atol=1.0 if how.startswith("scale") else 1e-4)


@pytest.mark.parametrize("depth", Depth)
def test_depths(convcli: Convcli, gray: Path, depth: Depth) -> None:
    output = "y.tif" if depth is Depth.FLOAT else "y.png"
    ran = convcli("pool", gray, "--depth", depth, "-o", output)
    assert ran.status == 0, ran.err
    expected = blocks(pixels(gray), 2, 2, np.max) * (257 if depth is Depth.SIXTEEN else 1)
    found = pixels(output)
    assert found.dtype == {"16": np.uint16, "float": np.float32}.get(depth, np.uint8)
    assert_allclose(found, expected, rtol=1e-6)


def test_every_frame(convcli: Convcli, tmp_path: Path) -> None:
    frames = [Image.effect_noise((20, 14), 60 + 30 * index).convert("L") for index in range(3)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:], duration=[40, 90, 250])
    assert convcli("pool", "moving.gif").out == b"moving-max.gif\n"
    with Image.open("moving.gif") as before, Image.open("moving-max.gif") as after:
        assert after.n_frames == 3
        for index in range(3):
            before.seek(index)
            after.seek(index)
            expected = blocks(np.asarray(before.convert("L")), 2, 2, np.max)
            assert_array_equal(np.asarray(after.convert("L")), expected)


def test_folders(convcli: Convcli, gray: Path, photo: Path) -> None:
    Path("in/deep").mkdir(parents=True)
    gray.rename("in/deep/gray.png")
    photo.rename("in/photo.png")
    ran = convcli("pool", "in", "--recursive", "--out-dir", "out", "-m", "min")
    assert ran.status == 0, ran.err
    assert sorted(ran.out.decode().split()) == ["out/deep/gray-min.png", "out/photo-min.png"]


def test_json(convcli: Convcli, photo: Path) -> None:
    ran = convcli("pool", photo, "--size", "3x2", "-o", "y.png", "--json")
    said = json.loads(ran.out)
    values = blocks(pixels(photo), 3, 2, np.max)
    assert said.pop("seconds") > 0
    assert said.pop("mean") == pytest.approx(values.mean())
    assert said == {
        "input": str(photo),
        "output": "y.png",
        "kernel": "max 3x2",
        "pad": "neutral",
        "size_in": [24, 31],
        "size_out": [8, 15],
        "channels": 3,
        "depth": "8",
        "method": "slices",
        "min": values.min(),
        "max": values.max(),
        "clipped": 0,
    }
    said = json.loads(convcli("pool", photo, "--padding", 1, "-p", "edge", "-o", "y.png", "--json").out)
    assert said["pad"] == "replicate"
    said = json.loads(convcli("pool", photo, "--global", "-o", "y.png", "--json").out)
    assert (said["kernel"], said["size_out"]) == ("global max", [1, 1])


def test_verbose_says_why_and_quiet_nothing(convcli: Convcli, gray: Path) -> None:
    ran = convcli("pool", gray, "--size", 9, "-s", 1, "-v")
    assert f"{gray}: max 9x9: doubling: 4 + 4 operations" in ran.err
    ran = convcli("pool", gray, "-m", "lp", "-q", "--force")
    assert ran.err == ""
    ran = convcli("pool", gray, "-m", "lp", "--force")
    assert "of the pixels were cut to fit" in ran.err


def test_in_pipes(gray: Path) -> None:
    first = process("pool", "-", "-m", "avg", "--format", "npy", stdin=gray.read_bytes())
    second = process("pool", "-", "--size", "5", "-s", "1", stdin=first.stdout)
    assert [(done.returncode, done.stderr) for done in (first, second)] == [(0, b"")] * 2
    means = blocks(pixels(gray), 2, 2, np.mean)
    expected = ndimage.maximum_filter(means, 5)[2:-2, 2:-2]
    assert_allclose(np.load(io.BytesIO(second.stdout)), expected, rtol=1e-6)


def test_imports_only_what_it_uses(gray: Path, tmp_path: Path) -> None:
    for command, wanted, unwanted in (
        (["pool"], "convcli.engine.pooling.pool2d", "convcli.engine.correlation.correlate"),
        (["filter", "-k", "box"], "convcli.engine.correlation.correlate", "convcli.engine.pooling.pool2d"),
    ):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "convcli", *command, str(gray), "-o", "y.png"],
            capture_output=True,
            timeout=60,
            cwd=tmp_path,
        )
        assert done.returncode == 0
        imported = {line.rsplit(b"|", 1)[-1].strip().decode() for line in done.stderr.splitlines()}
        assert wanted in imported
        assert unwanted not in imported


ERRORS = {
    "no input": ([], 2, "INPUT is missing", "convcli pool --help"),
    "unknown mode": (["gray.png", "-m", "maximal"], 2, "pooling mode 'maximal' is not known", "max"),
    "size 0": (["gray.png", "--size", "0"], 2, "size 0 is too small", "use 1 or more"),
    "size word": (["gray.png", "--size", "two"], 2, "size 'two'", "RxC"),
    "stride 0": (["gray.png", "--stride", "0"], 2, "stride 0 is too small", "use 1 or more"),
    "dilation 0": (["gray.png", "-d", "0"], 2, "dilation 0 is too small", "use 1 or more"),
    "negative padding": (["gray.png", "--padding", "-1"], 2, "padding -1 is too small", "use 0 or more"),
    "norm of a maximum": (["gray.png", "--norm", "3"], 2, "--norm 3 has no effect", "--mode lp"),
    "norm 0": (["gray.png", "-m", "lp", "--norm", "0"], 2, "--norm 0 is too small", "above 0"),
    "norm word": (["gray.png", "-m", "lp", "--norm", "x"], 2, "--norm: 'x' is not a number", ""),
    "pad without padding": (["gray.png", "-p", "reflect"], 2, "--pad reflect has no effect", "--padding"),
    "pad value without pad": (
        ["gray.png", "--padding", "1", "--pad-value", "3"],
        2,
        "--pad-value 3 has no effect without --pad",
        "--pad constant",
    ),
    "valid and padding": (["gray.png", "-p", "valid", "--padding", "1"], 2, "--pad valid", "leave"),
    "count of a maximum": (["gray.png", "--no-count-include-pad"], 2, "with --mode max", "--mode avg"),
    "count of made-up pixels": (
        ["gray.png", "-m", "avg", "--no-count-include-pad", "-p", "zero", "--padding", "1"],
        2,
        "contradicts --pad zero",
        "leave one of them out",
    ),
    "global and size": (["gray.png", "--global", "--size", "3"], 2, "--global", "leave --size"),
    "global and padding": (["gray.png", "--global", "--padding", "1"], 2, "--global", "--padding"),
    "jobs 0": (["gray.png", "--jobs", "0"], 2, "--jobs 0", "1 or more"),
    "a kernel": (["gray.png", "-k", "box"], 2, "no such option: -k", "convcli pool --help"),
    "window too large": (
        ["gray.png", "--size", "30", "-o", "y.png"],
        1,
        "'gray.png': window 30x30",
        "smaller window",
    ),
    "padding alone": (
        ["gray.png", "--padding", "2", "-o", "y.png"],
        1,
        "'gray.png': padding of 2 and 2 rows leaves windows of 2 without any pixel",
        "at most 1",
    ),
    "value that does not fit": (
        ["gray.png", "--padding", "1", "-p", "constant", "--pad-value", "300", "-o", "y.png"],
        2,
        "'gray.png': padding value 300.0 does not fit into uint8",
        "convert",
    ),
    "missing": (["absent.png"], 1, "'absent.png'", "check the spelling"),
    "the input itself": (["gray.png", "-o", "gray.png"], 1, "'gray.png' is the input", "--force"),
    "a made-up name that is there": (["gray.png"], 1, "'gray-max.png' is already there", "--force"),
    "float in JPEG": (["gray.png", "--depth", "float", "-o", "x.jpg"], 1, "", ".npy"),
    "json and bytes": (["gray.png", "-o", "-", "--json"], 2, "both want stdout", "-o FILE"),
    "linear inks": (["ink.jpg", "--linear"], 1, "'ink.jpg': linear light", "--linear"),
}


@pytest.mark.parametrize(("args", "status", "says", "hint"), ERRORS.values(), ids=ERRORS)
@pytest.mark.usefixtures("gray")
def test_errors(
    convcli: Convcli,
    snapshot: Callable[[], dict[str, bytes]],
    args: list[str],
    status: int,
    says: str,
    hint: str,
) -> None:
    Path("gray-max.png").write_bytes(b"mine")
    Image.new("CMYK", (4, 4)).save("ink.jpg")
    before = snapshot()
    ran = convcli("pool", *args)
    ran.check_refusal(status, says, hint)
    assert snapshot() == before


def test_the_others_are_still_done(convcli: Convcli, gray: Path) -> None:
    ran = convcli("pool", "gone.png", gray)
    assert ran.status == 1
    assert ran.out == b"gray-max.png\n"
    assert_array_equal(pixels("gray-max.png"), blocks(pixels(gray), 2, 2, np.max))
    assert ran.lines[-1] == "1 done, 1 failed"
