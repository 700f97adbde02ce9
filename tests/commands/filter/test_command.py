"""`convcli filter` against numbers from elsewhere: SciPy, Pillow, and the published cases."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage

from convcli.border_names import PAD_NAMES_OF_TOOLS
from convcli.choices import Combine, Depth, Method, PadMode, RangeMode
from tests.oracle import SCIPY_MODES, as_bytes, linear_to_srgb, srgb_to_linear
from tests.paths import CASES
from tests.program import Convcli, pixels

GOLDEN = json.loads((CASES / "golden.json").read_text())["cases"]
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], float)


def each_channel(image: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], mode: str = "mirror") -> Any:
    planes = np.atleast_3d(image).astype(float)
    done = [ndimage.correlate(planes[..., c], weights, mode=mode) for c in range(planes.shape[2])]
    return np.dstack(done) if image.ndim == 3 else done[0]


@pytest.mark.parametrize(
    "case", [c for c in GOLDEN if c["op"] in ("correlate", "convolve")], ids=lambda c: c["name"]
)
def test_published_numbers(convcli: Convcli, case: dict[str, Any]) -> None:
    Path("x.json").write_text(json.dumps(case["input"]))
    kernel = "; ".join(" ".join(map(str, row)) for row in case["kernel"])
    args = ["-p", case["pad"], "-s", case.get("stride", 1), "-d", case.get("dilation", 1)]
    if case.get("pad_value") is not None:
        args += ["--pad-value", case["pad_value"]]
    if case["op"] == "convolve":
        args.append("--convolve")
    ran = convcli("filter", "x.json", "-k", kernel, *args, "-o", "-")
    assert ran.status == 0, ran.err
    assert_allclose(json.loads(ran.out), case["output"], rtol=0, atol=1e-9)


def test_published_convolution_layer(convcli: Convcli) -> None:
    (case,) = [c for c in GOLDEN if c["op"] == "conv2d"]
    np.save("x.npy", np.moveaxis(np.array(case["input"]), 0, 2))
    Path("layer.json").write_text(json.dumps({"kernel": case["weight"], "bias": case["bias"]}))
    ran = convcli(
        *("filter", "x.npy", "-k", "layer.json", "-p", "zero"),
        *("--padding", case["padding"], "-s", case["stride"], "-o", "y.npy"),
    )
    assert ran.status == 0, ran.err
    assert_allclose(np.moveaxis(np.load("y.npy"), 2, 0), case["output"], rtol=0, atol=1e-9)


def test_sobel_of_a_photograph(convcli: Convcli, photo: Path) -> None:
    ran = convcli("filter", photo, "--kernel", "sobel", "--pad", "reflect")
    assert ran.out == b"photo-sobel.png\n"
    image = pixels(photo)
    strength = np.hypot(each_channel(image, SOBEL_X), each_channel(image, SOBEL_X.T))
    assert_array_equal(pixels("photo-sobel.png"), as_bytes(strength))


@pytest.mark.parametrize("pad", PadMode)
def test_every_pad(convcli: Convcli, gray: Path, pad: PadMode) -> None:
    ran = convcli("filter", gray, "-k", "1 2 3; 4 5 6; 7 8 9", "-p", pad, "-o", "y.npy")
    assert ran.status == 0, ran.err
    image, weights = pixels(gray), np.arange(1.0, 10).reshape(3, 3)
    if pad is PadMode.VALID:
        expected = ndimage.correlate(image.astype(float), weights)[1:-1, 1:-1]
    else:
        mode = SCIPY_MODES.get(pad, "constant")
        expected = ndimage.correlate(image.astype(float), weights, mode=mode)
    assert_allclose(np.load("y.npy"), expected, rtol=1e-6)


@pytest.mark.parametrize("word", [*PadMode.synonyms(), "scipy:reflect", "OpenCV:BORDER_REFLECT_101"])
def test_synonyms_are_reported_canonically(convcli: Convcli, gray: Path, word: str) -> None:
    canonical = PadMode.parse(word)
    said = json.loads(convcli("filter", gray, "-k", "box", "-p", word, "-o", "a.png", "--json").out)
    convcli("filter", gray, "-k", "box", "-p", canonical, "-o", "b.png")
    assert said["pad"] == canonical.value
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize(
    ("tool", "name"), [(tool, name) for tool, names in PAD_NAMES_OF_TOOLS.items() for name in names]
)
def test_names_of_other_tools(convcli: Convcli, gray: Path, tool: str, name: str) -> None:
    peers = {
        "scipy": lambda x: ndimage.correlate(x, np.ones((3, 3)), mode=name),
        "numpy": lambda x: ndimage.correlate(np.pad(x, 1, mode=name), np.ones((3, 3)))[1:-1, 1:-1],
    }
    ran = convcli("filter", gray, "-k", "1 1 1; 1 1 1; 1 1 1", "-p", f"{tool}:{name}", "-o", "y.npy")
    assert ran.status == 0, ran.err
    result = np.load("y.npy")
    image = pixels(gray).astype(float)
    if tool in peers:
        expected = peers[tool](image)
    elif tool == "opencv":
        import cv2

        border = getattr(cv2, "BORDER_" + name.upper().replace("-", "_"), cv2.BORDER_REFLECT101)
        padded = cv2.copyMakeBorder(image, 1, 1, 1, 1, border)
        expected = ndimage.correlate(padded, np.ones((3, 3)))[1:-1, 1:-1]
    else:
        mode = SCIPY_MODES[PAD_NAMES_OF_TOOLS[tool][name].replace("constant", "zero")]
        expected = ndimage.correlate(image, np.ones((3, 3)), mode=mode)
    assert_allclose(result, expected, rtol=1e-6)


def test_padding_amounts(convcli: Convcli, gray: Path) -> None:
    image = pixels(gray).astype(float)
    for words, widths in {
        "2": ((2, 2), (2, 2)),
        "1x3": ((1, 1), (3, 3)),
        "0,1,2,3": ((0, 1), (2, 3)),
        "full": ((2, 2), (2, 2)),
        "same": ((1, 1), (1, 1)),
        "valid": ((0, 0), (0, 0)),
    }.items():
        convcli("filter", gray, "-k", "box", "--padding", words, "-o", "y.npy")
        padded = np.pad(image, widths, mode="reflect")
        expected = ndimage.uniform_filter(padded, 3)[1:-1, 1:-1]
        assert_allclose(np.load("y.npy"), expected, rtol=1e-5)


def test_constant_padding_in_the_image_s_units(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "box", "-p", "constant", "--pad-value", "200", "-o", "y.npy")
    expected = ndimage.uniform_filter(pixels(gray).astype(float), 3, mode="constant", cval=200)
    assert_allclose(np.load("y.npy"), expected, rtol=1e-6)


def test_stride_dilation_bias(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "sobel-x", "-s", "2x3", "-d", "2", "--bias", "-7.5", "-o", "y.npy")
    holes = np.zeros((5, 5))
    holes[::2, ::2] = SOBEL_X
    expected = ndimage.correlate(pixels(gray).astype(float), holes, mode="mirror")[::2, ::3] - 7.5
    assert_allclose(np.load("y.npy"), expected, atol=1e-3)


def test_convolution_is_correlation_turned(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "1 2 3; 4 5 6; 7 8 9", "--convolve", "-o", "y.npy")
    expected = ndimage.convolve(pixels(gray).astype(float), np.arange(1.0, 10).reshape(3, 3), mode="mirror")
    assert_allclose(np.load("y.npy"), expected, rtol=1e-6)


def test_normalize(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "1 1 1; 1 1 1; 1 1 1", "--normalize", "-o", "a.npy")
    assert_allclose(np.load("a.npy"), each_channel(pixels(gray), np.full((3, 3), 1 / 9)), rtol=1e-5)
    convcli("filter", gray, "-k", "sobel-x", "--normalize", "-o", "b.npy")
    assert_allclose(np.load("b.npy"), each_channel(pixels(gray), SOBEL_X / 8), atol=1e-3)


def test_several_kernels_are_several_maps(convcli: Convcli, gray: Path) -> None:
    kernels = ["-k", "sobel-x", "-k", "sobel-y", "-k", "sobel-x"]
    ran = convcli("filter", gray, *kernels)
    assert ran.out.decode().split() == ["gray-sobel-x-1.png", "gray-sobel-y.png", "gray-sobel-x-2.png"]
    convcli("filter", gray, *kernels, "-o", "maps.npy")
    stacked = np.load("maps.npy")
    assert stacked.shape == (20, 27, 3)
    for channel, weights in enumerate((SOBEL_X, SOBEL_X.T, SOBEL_X)):
        assert_allclose(stacked[..., channel], each_channel(pixels(gray), weights), atol=1e-3)
    ran = convcli("filter", gray, *kernels, "-o", "{map}.tif")
    assert ran.out.decode().split() == ["sobel-x-1.tif", "sobel-y.tif", "sobel-x-2.tif"]


def test_chain(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "box", "-k", "sobel-x", "--chain", "--bias", "3", "-o", "y.npy")
    blurred = each_channel(pixels(gray), np.full((3, 3), 1 / 9))
    assert_allclose(np.load("y.npy"), each_channel(blurred, SOBEL_X) + 3, atol=1e-3)
    assert convcli("filter", gray, "-k", "box", "-k", "log", "--chain").out == b"gray-box-log.png\n"


@pytest.mark.parametrize("how", Combine)
def test_combine(convcli: Convcli, gray: Path, how: Combine) -> None:
    ran = convcli("filter", gray, "-k", "sobel", "--combine", how, "-o", "y.npy")
    assert ran.status == 0, ran.err
    x, y = each_channel(pixels(gray), SOBEL_X), each_channel(pixels(gray), SOBEL_X.T)
    expected = {
        "magnitude": np.hypot(x, y),
        "max": np.maximum(x, y),
        "sum": x + y,
        "orientation": np.degrees(np.arctan2(y, x)),
        "none": np.dstack([x, y]),
    }[how]
    assert_allclose(np.load("y.npy"), expected, atol=2e-3)


def test_kernels_of_one_command_are_combined(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "sobel-x", "-k", "sobel-y", "--combine", "magnitude", "-o", "a.npy")
    convcli("filter", gray, "-k", "sobel", "-o", "b.npy")
    assert_array_equal(np.load("a.npy"), np.load("b.npy"))


def test_gray_is_pillow_s_luma(convcli: Convcli, photo: Path) -> None:
    convcli("filter", photo, "-k", "identity", "--gray", "-o", "y.png")
    with Image.open(photo) as image:
        assert_array_equal(pixels("y.png"), np.asarray(image.convert("L")))


def test_linear_light(convcli: Convcli, photo: Path) -> None:
    convcli("filter", photo, "-k", "box", "--linear", "-o", "y.png")
    light = srgb_to_linear(pixels(photo))
    mean = each_channel(light, np.full((3, 3), 1 / 9))
    expected = linear_to_srgb(mean)
    assert np.abs(pixels("y.png") - expected).max() < 0.501


class TestAlpha:
    @pytest.fixture
    def clear(self, tmp_path: Path) -> Path:
        values = np.random.default_rng(3).integers(0, 256, (12, 17, 4), dtype=np.uint8)
        Image.fromarray(values).save(tmp_path / "clear.png")
        return tmp_path / "clear.png"

    def test_kept(self, convcli: Convcli, clear: Path) -> None:
        convcli("filter", clear, "-k", "box", "-o", "y.png")
        assert_array_equal(pixels("y.png")[..., 3], pixels(clear)[..., 3])
        expected = as_bytes(each_channel(pixels(clear)[..., :3], np.full((3, 3), 1 / 9)))
        assert np.abs(pixels("y.png")[..., :3].astype(int) - expected).max() <= 1

    def test_sampled_at_the_windows_centres(self, convcli: Convcli, clear: Path) -> None:
        convcli("filter", clear, "-k", "box:size=5", "-s", "2x3", "-o", "same.png")
        assert_array_equal(pixels("same.png")[..., 3], pixels(clear)[::2, ::3, 3])
        convcli("filter", clear, "-k", "box:size=5", "-p", "valid", "-o", "valid.png")
        assert_array_equal(pixels("valid.png")[..., 3], pixels(clear)[2:-2, 2:-2, 3])

    def test_dropped(self, convcli: Convcli, clear: Path) -> None:
        convcli("filter", clear, "-k", "box", "--alpha", "drop", "-o", "y.png")
        assert pixels("y.png").shape == (12, 17, 3)

    def test_filtered_with_premultiplied_colours(self, convcli: Convcli, clear: Path) -> None:
        convcli("filter", clear, "-k", "box", "--alpha", "filter", "-o", "y.png")
        before = pixels(clear).astype(float)
        mean = np.full((3, 3), 1 / 9)
        covered = each_channel(before[..., :3] * before[..., 3:] / 255, mean)
        opacity = each_channel(before[..., 3] / 255, mean)
        assert np.abs(pixels("y.png")[..., 3] - 255 * opacity).max() < 0.501
        assert np.abs(pixels("y.png")[..., :3] - covered / opacity[..., None]).max() < 0.501


@pytest.mark.parametrize("how", RangeMode)
def test_ranges(convcli: Convcli, gray: Path, how: RangeMode) -> None:
    output = "y.npy" if how is RangeMode.RAW else "y.png"
    ran = convcli("filter", gray, "-k", "sobel-x", "--range", how, "-o", output)
    assert ran.status == 0, ran.err
    values = each_channel(pixels(gray), SOBEL_X)
    stretched = (values - values.min()) / (values.max() - values.min())
    expected = {
        "clip": as_bytes(values),
        "abs": as_bytes(np.abs(values)),
        "scale": as_bytes(255 * stretched),
        "scale-each": as_bytes(255 * stretched),
        "center": as_bytes(values + 128),
        "unit": as_bytes(255 * values),
        "raw": values,
    }[how]
    assert_allclose(np.load("y.npy") if how is RangeMode.RAW else pixels("y.png"), expected, atol=1e-3)


@pytest.mark.parametrize("depth", Depth)
def test_depths(convcli: Convcli, gray: Path, depth: Depth) -> None:
    ran = convcli("filter", gray, "-k", "box", "--depth", depth, "-o", "y.tif")
    assert ran.status == 0, ran.err
    mean = each_channel(pixels(gray), np.full((3, 3), 1 / 9))
    found = pixels("y.tif")
    kind, scale = {"auto": ("u1", 1), "8": ("u1", 1), "16": ("u2", 257), "float": ("f4", 1)}[depth]
    assert found.dtype == kind
    assert np.abs(found - mean * scale).max() < 0.51


def test_sixteen_bits_stay_sixteen(convcli: Convcli) -> None:
    values = np.random.default_rng(1).integers(0, 65536, (15, 11), dtype=np.uint16)
    Image.fromarray(values).save("deep.png")
    convcli("filter", "deep.png", "-k", "identity", "-o", "y.png")
    assert_array_equal(pixels("y.png"), values)
    convcli("filter", "deep.png", "-k", "box", "-o", "z.png")
    assert np.abs(pixels("z.png") - each_channel(values, np.full((3, 3), 1 / 9))).max() < 0.51


@pytest.mark.parametrize("method", Method)
def test_every_method_gives_the_same(convcli: Convcli, gray: Path, method: Method) -> None:
    ran = convcli("filter", gray, "-k", "gaussian:size=5x7", "--method", method, "-o", "y.npy")
    assert ran.status == 0, ran.err
    convcli("filter", gray, "-k", "gaussian:size=5x7", "-o", "auto.npy")
    assert_allclose(np.load("y.npy"), np.load("auto.npy"), rtol=1e-5)


def test_jobs_never_change_a_byte(convcli: Convcli, photo: Path) -> None:
    for jobs in (1, 2, 3):
        convcli("filter", photo, "-k", "log:sigma=2", "--jobs", jobs, "-o", f"{jobs}.npy")
    assert Path("1.npy").read_bytes() == Path("2.npy").read_bytes() == Path("3.npy").read_bytes()


class TestKernelArrays:
    def test_three_axes_sum_over_channels(self, convcli: Convcli, photo: Path) -> None:
        weights = np.random.default_rng(5).normal(size=(3, 3, 3))
        np.save("k.npy", weights)
        ran = convcli("filter", photo, "-k", "k.npy", "-o", "y.npy")
        assert ran.status == 0, ran.err
        image = pixels(photo).astype(float)
        expected = sum(ndimage.correlate(image[..., c], weights[c], mode="mirror") for c in range(3))
        assert_allclose(np.load("y.npy"), expected, atol=1e-2)
        convcli("filter", photo, "-k", "k.npy", "-o", "y.png")
        assert pixels("y.png").shape == (24, 31)

    def test_four_axes_give_maps(self, convcli: Convcli, photo: Path) -> None:
        weights = np.random.default_rng(6).normal(size=(5, 3, 3, 3))
        np.save("bank.npy", weights)
        convcli("filter", photo, "-k", "bank.npy", "-o", "y.npy")
        image = pixels(photo).astype(float)
        for index, found in enumerate(np.moveaxis(np.load("y.npy"), 2, 0)):
            expected = sum(
                ndimage.correlate(image[..., c], weights[index, c], mode="mirror") for c in range(3)
            )
            assert_allclose(found, expected, atol=1e-2)
        ran = convcli("filter", photo, "-k", "bank.npy", "-o", "map{map}.png")
        assert ran.out.decode().split() == [f"mapbank-{index}.png" for index in range(5)]

    def test_channels_must_match(self, convcli: Convcli, photo: Path) -> None:
        np.save("k.npy", np.ones((4, 3, 3)))
        ran = convcli("filter", photo, "-k", "k.npy")
        assert ran.status == 1
        assert re.search(r"3 channels.* 4\b", ran.err)


class TestWords:
    def test_cut_results_are_counted(self, convcli: Convcli, gray: Path) -> None:
        ran = convcli("filter", gray, "-k", "sobel-x", "--json")
        (note,) = ran.lines
        said = json.loads(ran.out)
        values = each_channel(pixels(gray), SOBEL_X)
        assert said["clipped"] == np.count_nonzero((values < -0.5) | (values > 255.5))
        assert f"{said['clipped'] / values.size:.0%} of the pixels were cut" in note
        assert "--range abs|scale|center" in note

    def test_quiet(self, convcli: Convcli, gray: Path) -> None:
        assert convcli("filter", gray, "-k", "sobel-x", "-q", "-o", "quiet.png").err == ""
        said = json.loads(convcli("filter", gray, "-k", "sobel-x", "-q", "--json", "-o", "said.png").out)
        values = each_channel(pixels(gray), SOBEL_X)
        assert said["clipped"] == np.count_nonzero((values < -0.5) | (values > 255.5))
        for name in ("quiet.png", "said.png"):
            assert_array_equal(pixels(Path(name)), np.clip(values, 0, 255))

    def test_verbose_says_why(self, convcli: Convcli, gray: Path) -> None:
        ran = convcli("filter", gray, "-k", "gaussian", "-v")
        assert re.search(r"gaussian: (direct|separable|gemm|fft): \w", ran.err)

    def test_unit_is_suggested(self, convcli: Convcli) -> None:
        np.save("x.npy", np.random.default_rng(2).random((9, 9)))
        ran = convcli("filter", "x.npy", "-k", "box", "-o", "y.png")
        assert "--range unit" in ran.err
        convcli("filter", "x.npy", "-k", "box", "-o", "y.png", "--range", "unit")
        expected = each_channel(np.load("x.npy"), np.full((3, 3), 1 / 9))
        assert_array_equal(pixels("y.png"), as_bytes(255 * expected))

    def test_json(self, convcli: Convcli, photo: Path) -> None:
        ran = convcli("filter", photo, "-k", "sobel-x", "-s", "2", "-o", "y.png", "--json", "-q")
        said = json.loads(ran.out)
        values = each_channel(pixels(photo), SOBEL_X)[::2, ::2]
        assert said.pop("seconds") > 0
        for key, figure in {"min": values.min(), "max": values.max(), "mean": values.mean()}.items():
            assert said.pop(key) == pytest.approx(figure, abs=1e-3)
        cut = ((values < -0.5) | (values > 255.5)).any(axis=2)
        assert said.pop("clipped") == np.count_nonzero(cut)
        assert said.pop("method") in list(Method)
        assert said == {
            "input": str(photo),
            "output": "y.png",
            "kernel": "sobel-x",
            "pad": "reflect",
            "size_in": [24, 31],
            "size_out": [12, 16],
            "channels": 3,
            "depth": "8",
        }


class TestFrames:
    @pytest.fixture
    def moving(self, tmp_path: Path) -> Path:
        frames = [Image.effect_noise((20, 14), 60 + 30 * index).convert("L") for index in range(3)]
        path = tmp_path / "moving.gif"
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=[40, 90, 250], loop=2)
        return path

    def test_every_frame_with_its_time(self, convcli: Convcli, moving: Path) -> None:
        ran = convcli("filter", moving, "-k", "identity")
        assert ran.out == b"moving-identity.gif\n"
        with Image.open(moving) as before, Image.open("moving-identity.gif") as after:
            assert (after.n_frames, after.info["loop"]) == (3, 2)
            for index, duration in enumerate([40, 90, 250]):
                before.seek(index)
                after.seek(index)
                assert after.info["duration"] == duration
                assert_array_equal(np.asarray(after.convert("L")), np.asarray(before.convert("L")))

    def test_one_frame(self, convcli: Convcli, moving: Path) -> None:
        convcli("filter", moving, "-k", "identity", "--frame", "1", "-o", "y.png")
        with Image.open(moving) as before:
            before.seek(1)
            assert_array_equal(pixels("y.png"), np.asarray(before.convert("RGB")))

    def test_a_format_without_frames(self, convcli: Convcli, moving: Path) -> None:
        ran = convcli("filter", moving, "-k", "identity", "-o", "y.jpg")
        assert ran.status == 1
        assert "--frame" in ran.err
        assert not Path("y.jpg").exists()


class TestPlaces:
    def test_folders_and_patterns(self, convcli: Convcli, gray: Path, photo: Path) -> None:
        Path("in/deep").mkdir(parents=True)
        gray.rename("in/deep/gray.png")
        photo.rename("in/photo.png")
        Path("in/notes.txt").write_text("not a picture")
        Path("in/report.json").write_text("{}")
        ran = convcli("filter", "in", "-k", "box", "--recursive", "--out-dir", "out")
        assert ran.status == 0, ran.err
        assert sorted(ran.out.decode().split()) == ["out/deep/gray-box.png", "out/photo-box.png"]
        ran = convcli("filter", "in/*/*.png", "-k", "box", "--recursive", "--out-dir", "out2")
        assert ran.out == b"out2/deep/gray-box.png\n"

    def test_force(self, convcli: Convcli, gray: Path) -> None:
        before = pixels(gray)
        ran = convcli("filter", gray, "-k", "box", "-o", gray, "--force")
        assert ran.status == 0, ran.err
        assert_array_equal(pixels(gray), as_bytes(each_channel(before, np.full((3, 3), 1 / 9))))

    def test_an_explicit_name_is_replaced(self, convcli: Convcli, gray: Path) -> None:
        Path("y.png").write_bytes(b"old")
        assert convcli("filter", gray, "-k", "box", "-o", "y.png").status == 0
        assert pixels("y.png").shape == (20, 27)

    @pytest.mark.parametrize("suffix", [".ppm", ".PPM", ".pnm", ".jpeg", ".JPG", ".tiff", ".bmp"])
    def test_made_up_names_keep_the_suffix(self, convcli: Convcli, photo: Path, suffix: str) -> None:
        with Image.open(photo) as image:
            image.save("in" + suffix)
        ran = convcli("filter", "in" + suffix, "-k", "box")
        assert ran.out.decode() == f"in-box{suffix}\n"

    def test_the_content_decides_where_the_suffix_is_wrong(self, convcli: Convcli, photo: Path) -> None:
        photo.rename("lie.jpg")
        assert convcli("filter", "lie.jpg", "-k", "box").out == b"lie-box.png\n"

    def test_orientation_is_applied_and_cleared(self, convcli: Convcli, photo: Path) -> None:
        with Image.open(photo) as image:
            exif = Image.Exif()
            exif[0x0112] = 6
            exif[0x010F] = "maker"
            image.save("turned.png", exif=exif, dpi=(300, 300))
            upright = np.asarray(image.transpose(Image.Transpose.ROTATE_270))
        convcli("filter", "turned.png", "-k", "identity", "-o", "y.png")
        assert_array_equal(pixels("y.png"), upright)
        with Image.open("y.png") as after:
            assert after.getexif().get(0x0112, 1) == 1
            assert after.getexif()[0x010F] == "maker"
            assert after.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def moving(name: str, frames: list[np.ndarray[Any, Any]]) -> None:
    pictures = [Image.fromarray(each) for each in frames]
    times = {} if name.endswith("tif") else {"duration": [50] * len(frames)}
    pictures[0].save(name, save_all=True, append_images=pictures[1:], **times)


def frames_of(name: str) -> list[Any]:
    with Image.open(name) as opened:
        found = []
        for index in range(getattr(opened, "n_frames", 1)):
            opened.seek(index)
            found.append(np.asarray(opened.convert("L")).astype(int))
    return found


class TestRangeOverFrames:
    """Frames of 10 and 110, and of 60 and 210: of all frames, 10 is black and 210 white."""

    ONE, TWO = np.array([[10, 110]] * 2, np.uint8), np.array([[60, 210]] * 2, np.uint8)

    @pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
    @pytest.mark.parametrize("command", ["filter -k identity", "pool --size 1"])
    def test_scale_stretches_all_frames_alike(self, convcli: Convcli, suffix: str, command: str) -> None:
        moving("x.png" if suffix != "tif" else "x.tif", [self.ONE, self.TWO])
        given = "x.png" if suffix != "tif" else "x.tif"
        first, *options = command.split()
        ran = convcli(first, given, *options, "--range", "scale", "-o", f"y.{suffix}")
        assert ran.status == 0, ran.err
        # 255 (110 - 10) / 200 = 127.5, (60 - 10) 255 / 200 = 63.75
        one, two = frames_of(f"y.{suffix}")
        assert_allclose(one[0], [0, 127.5], atol=0.51)
        assert_allclose(two[0], [63.75, 255], atol=0.51)

    @pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
    def test_scale_each_stretches_each_frame_by_itself(self, convcli: Convcli, suffix: str) -> None:
        given = "x.png" if suffix != "tif" else "x.tif"
        moving(given, [self.ONE, self.TWO])
        ran = convcli("filter", given, "-k", "identity", "--range", "scale-each", "-o", f"y.{suffix}")
        assert ran.status == 0, ran.err
        assert [frame[0].tolist() for frame in frames_of(f"y.{suffix}")] == [[0, 255], [0, 255]]

    def test_one_frame_is_stretched_by_itself(self, convcli: Convcli) -> None:
        moving("x.png", [self.ONE, self.TWO])
        convcli("filter", "x.png", "-k", "identity", "--frame", 0, "--range", "scale", "-o", "y.png")
        assert pixels("y.png")[0].tolist() == [0, 255]

    def test_each_map_has_a_range_of_its_own(self, convcli: Convcli) -> None:
        moving("x.png", [self.ONE, self.TWO])
        ran = convcli(
            *("filter", "x.png", "-k", "identity", "-k", "3", "--range", "scale"),
            *("-o", "y-{map}.png"),
        )
        assert ran.status == 0, ran.err
        names = sorted(path.name for path in Path().glob("y-*.png"))
        assert len(names) == 2
        for name in names:
            one, two = frames_of(name)
            assert_allclose([*one[0], *two[0]], [0, 127.5, 63.75, 255], atol=0.51)

    def test_floats_are_stretched_alike_too(self, convcli: Convcli) -> None:
        moving("x.tif", [self.ONE, self.TWO])
        convcli("filter", "x.tif", "-k", "identity", "--range", "scale", "--depth", "float", "-o", "y.tif")
        with Image.open("y.tif") as opened:
            one = np.asarray(opened)[0].tolist()
            opened.seek(1)
            two = np.asarray(opened)[0].tolist()
        assert_allclose([*one, *two], [0, 127.5, 63.75, 255], rtol=1e-6)

    def test_frames_that_are_all_of_one_value_are_black(self, convcli: Convcli) -> None:
        moving("x.png", [np.full((2, 2), 9, np.uint8)] * 2)
        ran = convcli("filter", "x.png", "-k", "identity", "--range", "scale", "-o", "y.png")
        assert ran.status == 0, ran.err
        assert {int(frame.max()) for frame in frames_of("y.png")} == {0}


def test_a_filtered_animation_keeps_its_frames_and_times(convcli: Convcli) -> None:
    still = np.random.default_rng(2).integers(0, 256, (9, 9), dtype=np.uint8)
    still[2:7, 2:7] = 100  # frames differ there in one pixel, which erosion to 3 x 3 medians away
    other = still.copy()
    other[4, 4] = 255
    moving("x.webp", [still, other, still])
    for suffix in ("gif", "png", "webp"):
        ran = convcli("pool", "x.webp", "-m", "median", "--size", 3, "-o", f"y.{suffix}")
        assert ran.status == 0, ran.err
        with Image.open(f"y.{suffix}") as opened:
            assert opened.n_frames == 3
            for index in range(3):
                opened.seek(index)
                opened.load()
                assert opened.info["duration"] == 50
