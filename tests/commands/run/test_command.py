"""`convcli run`: stacks of layers on pictures, against numbers from elsewhere."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage

from tests.paths import SAMPLES
from tests.program import Convcli, pixels
from tests.stacks.helpers import toml

STACKS = SAMPLES / "stacks"
Snapshot = Callable[[], dict[str, bytes]]
Write = Callable[..., Path]


@pytest.fixture
def stack(tmp_path: Path) -> Write:
    def write(*layers: dict[str, Any], name: str = "net", **top: Any) -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(toml(layers, **top), "utf-8")
        return path

    return write


BOX = {"type": "conv", "kernel": "1 1 1; 1 1 1; 1 1 1"}


def test_result_has_channels_last(convcli: Convcli, photo: Path, stack: Write) -> None:
    ran = convcli("run", stack(BOX), photo)
    assert (ran.status, ran.out, ran.err) == (0, b"photo-net.npy\n", "")
    result = np.load("photo-net.npy")
    planes = np.moveaxis(pixels(photo) / 255, 2, 0)
    expected = np.dstack([9 * ndimage.uniform_filter(plane, 3)[1:-1, 1:-1] for plane in planes])
    assert result.dtype == np.float32
    assert result.shape == (22, 29, 3)
    assert_allclose(result, expected, rtol=1e-5)


@pytest.mark.parametrize("layout", ["hwc", "chw"])
@pytest.mark.parametrize("suffix", ["npy", "npz", "json", "tif"])
def test_formats_of_numbers(convcli: Convcli, photo: Path, stack: Write, suffix: str, layout: str) -> None:
    pytest.importorskip("tifffile" if suffix == "tif" else "numpy")
    raw = ["--range", "raw"] if suffix == "tif" else []
    ran = convcli("run", stack(BOX), photo, "-o", f"y.{suffix}", "--layout", layout, *raw)
    assert (ran.status, ran.err) == (0, "")
    planes = np.moveaxis(pixels(photo) / 255, 2, 0)
    expected = np.array([9 * ndimage.uniform_filter(plane, 3)[1:-1, 1:-1] for plane in planes])
    if layout == "hwc" or suffix == "tif":  # TIFF has an order of its own
        expected = np.moveaxis(expected, 0, 2)
    if suffix == "json":
        result = np.array(json.loads(Path("y.json").read_text()))
    elif suffix == "tif":
        import tifffile

        result = tifffile.imread("y.tif")
    else:
        loaded = np.load(f"y.{suffix}")
        if suffix == "npz":
            with loaded:
                loaded = loaded[loaded.files[0]]
        result = loaded
    assert_allclose(result, expected, rtol=1e-5)


def test_one_map_has_two_axes(convcli: Convcli, gray: Path, stack: Write) -> None:
    path = stack(BOX)
    convcli("run", path, gray, "-o", "y.npy")
    assert np.load("y.npy").shape == (18, 25)
    convcli("run", path, gray, "-o", "y.csv")
    assert_allclose(np.loadtxt("y.csv", delimiter=","), np.load("y.npy"), rtol=1e-6)


def test_pictures_are_in_units_of_the_scale(convcli: Convcli, photo: Path, gray: Path, stack: Write) -> None:
    mean = {"type": "conv", "kernel": "box", "padding": 1, "pad": "reflect"}
    for scale in ("unit", "byte"):
        ran = convcli("run", stack(mean, scale=scale), photo, "-o", f"{scale}.png")
        assert ran.status == 0, ran.err
        planes = [
            ndimage.uniform_filter(pixels(photo)[..., c].astype(float), 3, mode="mirror") for c in range(3)
        ]
        assert np.abs(pixels(f"{scale}.png") - np.dstack(planes)).max() <= 0.51
    convcli("run", stack(mean), gray, "-o", "g.png")
    assert pixels("g.png").shape == (20, 27)


def test_sixteen_bits_stay(convcli: Convcli, stack: Write) -> None:
    values = np.random.default_rng(1).integers(0, 65536, (9, 8)).astype(np.uint16)
    Image.fromarray(values).save("deep.png")
    convcli("run", stack({"type": "relu"}), "deep.png", "-o", "y.png")
    assert_array_equal(pixels("y.png"), values)


def test_what_is_cut_is_said(convcli: Convcli, photo: Path, stack: Write) -> None:
    ran = convcli("run", stack({"type": "conv", "kernel": "laplacian"}), photo, "-o", "y.png")
    assert "of the pixels were cut to fit" in ran.err
    scaled = convcli(
        "run", stack({"type": "conv", "kernel": "laplacian"}), photo, "-o", "y.png", "--range", "scale"
    )
    assert scaled.err == ""
    assert np.ptp(pixels("y.png")) == 255


SCALES = {
    "unit": lambda rgb: rgb / 255,
    "byte": lambda rgb: rgb.astype(float),
    "imagenet": lambda rgb: (rgb / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
}


@pytest.mark.parametrize("scale", SCALES)
def test_scales(convcli: Convcli, photo: Path, gray: Path, stack: Write, scale: str) -> None:
    convcli("run", stack({"type": "pool", "size": 1}, scale=scale), photo, "-o", "y.npy")
    assert_allclose(np.load("y.npy"), SCALES[scale](pixels(photo)), rtol=1e-5, atol=1e-5)
    ran = convcli("run", stack({"type": "pool", "size": 1}, scale=scale), gray, "-o", "g.npy")
    assert np.load("g.npy").shape == ((20, 27, 3) if scale == "imagenet" else (20, 27))
    assert ("grey is taken" in ran.err) == (scale == "imagenet")


def test_gray_is_luma(convcli: Convcli, photo: Path, stack: Write) -> None:
    convcli("run", stack({"type": "relu"}, gray=True, scale="byte"), photo, "-o", "y.npy")
    with Image.open(photo) as image:
        assert_array_equal(np.load("y.npy"), np.asarray(image.convert("L")))


def test_arrays_stand_as_they_are_in_double_precision(convcli: Convcli, stack: Write) -> None:
    x = np.random.default_rng(2).normal(0, 1, (6, 7, 5))
    np.save("x.npy", x)
    convcli("run", stack({"type": "tanh"}), "x.npy", "-o", "y.npy")
    result = np.load("y.npy")
    assert result.dtype == np.float64
    assert_allclose(result, np.tanh(x), rtol=1e-12)


def test_a_signal_is_a_picture_of_one_row(convcli: Convcli, stack: Write) -> None:
    Path("x.json").write_text("[1,2,3,4]")
    row = {"type": "conv", "weights": [[[[1.0, 2]]]]}
    ran = convcli("run", stack(row), "x.json", "-o", "y.json")
    assert ran.lines == ["x.json: a signal is taken as a picture of one row"]
    assert Path("y.json").read_text() == "[5,8,11]\n"


def test_transparency_is_left_out_and_that_is_said(convcli: Convcli, stack: Write) -> None:
    Image.new("RGBA", (5, 4), (10, 20, 30, 40)).save("clear.png")
    ran = convcli("run", stack({"type": "relu"}), "clear.png")
    assert ran.lines == ["clear.png: transparency is left out: layers see the colours alone"]
    assert np.load("clear-net.npy").shape == (4, 5, 3)


def test_frames(convcli: Convcli, stack: Write) -> None:
    frames = [Image.new("L", (6, 5), shade) for shade in (0, 100, 200)]
    frames[0].save("movie.gif", save_all=True, append_images=frames[1:])
    path = stack({"type": "conv", "kernel": "1"})
    ran = convcli("run", path, "movie.gif")
    assert ran.status == 1
    assert "there are 3; hint: --frame 0" in ran.lines[0]
    assert convcli("run", path, "movie.gif", "--frame", "2").status == 0
    assert_allclose(np.load("movie-net.npy"), 200 / 255, rtol=1e-6)


def test_pipes(convcli: Convcli, photo: Path, stack: Write) -> None:
    ran = convcli("run", stack(BOX), "-", stdin=photo.read_bytes())
    assert ran.status == 0, ran.err
    convcli("run", stack(BOX), photo)
    assert ran.out == Path("photo-net.npy").read_bytes()
    to_picture = convcli("run", stack({"type": "relu"}), "-", "--format", "png", stdin=photo.read_bytes())
    assert_array_equal(pixels(io.BytesIO(to_picture.out)), pixels(photo))
    assert convcli("run", stack(BOX), photo, "-o", "-").out == ran.out


def test_many_inputs(convcli: Convcli, photo: Path, gray: Path, stack: Write) -> None:
    ran = convcli("run", stack(BOX), photo, "gone.png", gray, "--out-dir", "out")
    assert ran.status == 1
    assert ran.out.decode().split() == ["out/photo-net.npy", "out/gray-net.npy"]
    assert ran.lines[0].startswith("error: 'gone.png' does not exist")
    assert ran.lines[1] == "2 done, 1 failed"
    again = convcli("run", stack(BOX), photo, "--out-dir", "out")
    assert "already there" in again.lines[0]
    assert convcli("run", stack(BOX), photo, "--out-dir", "out", "--force").status == 0


def test_json(convcli: Convcli, photo: Path, stack: Write) -> None:
    conv = {
        "type": "conv",
        "name": "first",
        "weights": np.ones((4, 3, 3, 3)),
        "bias": [0, 0, 0, 0],
        "padding": 1,
    }
    pool = {"type": "pool", "size": 2}
    ran = convcli("run", stack(conv, pool), photo, "--json", "--summary")
    said = json.loads(ran.out)
    assert ran.err == ""
    assert said["input"] == str(photo)
    assert said["output"] == "photo-net.npy"
    assert (said["size_in"], said["size_out"], said["channels"]) == ([24, 31], [12, 15], 4)
    first, second = said["layers"]
    seconds = first.pop("seconds"), second.pop("seconds")
    assert all(0 < s < 60 for s in seconds)
    assert first == {
        "name": "first",
        "type": "conv",
        "shape": [4, 24, 31],
        "parameters": 112,
        "receptive_field": [3, 3],
        "macs": 27 * 4 * 24 * 31,
        "unused_padding": [0, 0],
    }
    assert (second["name"], second["shape"], second["receptive_field"]) == ("pool1", [4, 12, 15], [4, 4])
    full = 3 * 24 * 31 * 4 * 24 * 31
    assert said["fully_connected"] == {"parameters": full + 4 * 24 * 31, "macs": full}
    result = np.load("photo-net.npy")
    assert said["min"] == pytest.approx(float(result.min()))
    assert said["mean"] == pytest.approx(float(result.mean()), rel=1e-5)


def test_verbose_names_every_layer(convcli: Convcli, gray: Path, stack: Write) -> None:
    ran = convcli("run", stack(BOX, {"type": "relu"}), gray, "-v")
    assert [line.rpartition(", ")[0] for line in ran.lines] == [
        f"{gray}: conv1: conv, 1 x 18 x 25",
        f"{gray}: relu1: relu, 1 x 18 x 25",
    ]


def test_summary(convcli: Convcli, gray: Path, stack: Write) -> None:
    strided = {"type": "conv", "name": "down", "kernel": "box", "stride": 2, "padding": 1}
    ran = convcli("run", stack(strided), gray, "--summary")
    assert ran.status == 0
    assert ran.out == b"gray-net.npy\n"
    assert max(map(len, ran.lines)) <= 80
    text = " ".join(ran.err.split())
    assert f"net: {gray}, 1x20x27" in text or "1x20x27" in text
    assert "1 down * conv 1x10x14 9 3x3 1260" in text
    # 10 x 14 windows of 9 weights; 20 x 27 pixels, each connected to each of the results
    assert (
        "Weight sharing: down has the same 9 parameters in all 140 windows. With weights of its own in every"
        " window it would have 1260 (140 times as many), fully connected 75.6 k (8,400 times as many)."
    ) in text
    assert "Local connection: a result of down, the last layer, sees 3x3 of 20x27 pixels, 1.7%." in text
    assert (
        "The convolutions take 1260 multiply-adds (MACs), fully connected layers 75.6 k (60 times as many)."
    ) in text
    assert "Hierarchy" not in text
    assert "* down: no window reaches 1 row of padding at the bottom, though those opposite are seen." in text
    assert "Even with a height of 19 or 21 and a width of 27." in text
    assert "Mind the Pad" in text


def test_an_even_stack_is_not_marked(convcli: Convcli, gray: Path, stack: Write) -> None:
    ran = convcli("run", stack({"type": "conv", "kernel": "box", "padding": 1}), gray, "--summary")
    assert "*" not in ran.err
    assert "Mind the Pad" not in ran.err
    only = convcli("run", stack({"type": "relu"}), gray, "--summary", "--force")
    assert not any(word in only.err for word in ("fully connected", "Local connection", "Hierarchy"))


def test_summary_of_a_deep_stack(convcli: Convcli, gray: Path, stack: Write) -> None:
    """A 3 x 3 window adds two pixels to each side of what is seen; a global one sees everything."""
    layer = {"type": "conv", "weights": np.ones((1, 1, 3, 3)).tolist(), "bias": [0.0], "padding": 1}
    ran = convcli("run", stack(*[layer] * 9), gray, "--summary")
    text = " ".join(ran.err.split())
    assert "conv1 has the same 10 parameters in all 540 windows" in text
    # each of 9 layers: 540 windows of 9 weights and a bias; 540 x 540 weights and 540 biases
    assert "the 9 convolutions (90 parameters) would have 48.6 k (540 times as many)" in text
    assert "fully connected 2.63 M (29,214 times as many)." in text
    fields = "3x3, 5x5, 7x7, 9x9, ..., 13x13, 15x15, 17x17, 19x19"
    assert f"Hierarchy: what a result sees grows layer by layer, {fields}." in text
    whole = convcli(
        "run", stack(layer, {"type": "pool", "name": "All", "global": True}), gray, "--summary", "--force"
    )
    assert "A result of All, the last layer, sees the whole picture of 20x27 pixels." in whole.err


def test_maps(convcli: Convcli, photo: Path, stack: Write) -> None:
    layers = [{"type": "conv", "name": "a b", "kernel": "sobel", "combine": "none"}, {"type": "relu"}]
    ran = convcli("run", stack(*layers), photo, "--save-maps", "maps")
    assert ran.status == 0
    assert ran.lines == [f"{photo}: 15 maps and 3 contact sheets are in 'maps'"]
    found = sorted(os.listdir("maps"))
    first = [f"00-input{part}.png" for part in ("-0", "-1", "-2", "")]
    second = [f"01-a-b{part}.png" for part in ("-0", "-1", "-2", "-3", "-4", "-5", "")]
    third = [name.replace("01-a-b", "02-relu1") for name in second]
    assert found == sorted([*first, *second, *third])
    convcli("run", stack(*layers[:1], name="one"), photo, "-o", "y.npy", "--layout", "chw")
    maps = np.load("y.npy")
    largest = np.abs(maps[1]).max()
    shown = pixels("maps/01-a-b-1.png").astype(int)
    assert shown.shape == (22, 29, 3)
    clear = np.abs(maps[1]) > largest / 50
    assert_array_equal((shown[..., 0] > shown[..., 2])[clear], (maps[1] > 0)[clear])
    relu = np.maximum(maps[2], 0)
    assert np.abs(pixels("maps/02-relu1-2.png") - 255 * relu / relu.max()).max() <= 0.51
    assert pixels("maps/02-relu1.png").ndim == 3


def test_maps_of_many_inputs(convcli: Convcli, photo: Path, gray: Path, stack: Write) -> None:
    ran = convcli("run", stack(BOX), photo, gray, "--save-maps", "maps", "--json")
    assert ran.status == 0
    for line, name in zip(ran.out.splitlines(), ("photo", "gray"), strict=True):
        paths = json.loads(line)["maps"]
        assert all(os.path.dirname(path) == os.path.join("maps", name) for path in paths)
        assert all(Path(path).is_file() for path in paths)
    Path("other").mkdir()
    Path("other/photo.png").write_bytes(photo.read_bytes())
    twice = convcli("run", stack(BOX), photo, "other/photo.png", "--save-maps", "m", "-o", "{map}.npy")
    assert twice.status == 2
    twice = convcli("run", stack(BOX), "other/photo.png", photo, "--save-maps", "m", "--force")
    assert twice.status == 1
    assert "already holds the" in twice.lines[0]


def test_maps_in_the_way(convcli: Convcli, gray: Path, stack: Write, snapshot: Snapshot) -> None:
    path = stack(BOX)
    Path("maps").mkdir()
    Path("maps/01-conv1-0.png").write_bytes(b"mine")
    before = snapshot()
    ran = convcli("run", path, gray, "--save-maps", "maps")
    assert ran.status == 1
    assert len(ran.lines) == 1
    assert "'maps/01-conv1-0.png' is already there; hint: add --force" in ran.lines[0]
    assert snapshot() == before
    assert convcli("run", path, gray, "--save-maps", "maps", "--force").status == 0


def test_the_folder_of_maps_is_a_file(convcli: Convcli, gray: Path, stack: Write) -> None:
    ran = convcli("run", stack(BOX), gray, "--save-maps", gray)
    assert ran.status == 1
    assert "cannot be made" in ran.lines[-1]
    assert "hint" in ran.lines[-1]


WRONG = {
    "no input": (["net.toml"], 2, "INPUT is missing", "convcli run --help"),
    "no stack": ([], 2, "is missing", "convcli run --help"),
    "no such stack": (["gone.toml", "gray.png"], 2, "no such stack file: 'gone.toml'", "check the name"),
    "a picture for a stack": (["gray.png", "gray.png"], 2, "'gray.png' is not TOML", "docs/stacks.md"),
    "a folder for a stack": ([".", "gray.png"], 2, "'.' cannot be read", "TOML"),
    "broken stack": (["bad.toml", "gray.png"], 2, "'bad.toml', layer 1 (conv): key 'stride_'", "'stride'"),
    "jobs 0": (["net.toml", "gray.png", "--jobs", "0"], 2, "--jobs 0", "1 or more"),
    "several to one": (["net.toml", "gray.png", "gray.png", "-o", "y.npy"], 2, "2 inputs", "--out-dir"),
    "stdin twice": (["net.toml", "-", "-", "--out-dir", "d"], 2, "wanted 2 times", "once"),
    "json and bytes": (["net.toml", "gray.png", "-o", "-", "--json"], 2, "both want stdout", "-o FILE"),
    "channels of the input": (
        ["rgb.toml", "gray.png"],
        1,
        "'gray.png': layer 1 (conv 'conv1') expects 3 channels, and gets 1",
        "2 x 3 x 1 x 1",
    ),
    "nothing is left": (
        ["large.toml", "gray.png"],
        1,
        "'gray.png': layer 2 (pool 'late') leaves nothing: its window 30x30 is larger than the 20x27",
        "larger picture",
    ),
    "missing input": (["net.toml", "grya.png"], 1, "'grya.png' does not exist", "did you mean 'gray.png'"),
    "taken": (["net.toml", "gray.png"], 1, "'gray-net.npy' is already there", "--force"),
    "channels in a PNG": (["wide.toml", "gray.png", "-o", "y.png"], 1, "5 channels", ".npy"),
    "three channels in a CSV": (
        ["net.toml", "three.npy", "-o", "y.csv"],
        1,
        "holds one channel",
        "write to .png",
    ),
    "a tensor that is not there": (["held.toml", "gray.png"], 2, "'w.npz' holds no tensor 'cnv'", "'conv'"),
    "a file without tensors": (
        ["none.toml", "gray.png"],
        2,
        "'none.npz' holds no tensor 'a'",
        "it holds: none",
    ),
    "complex weights": (["complex.toml", "gray.png"], 2, "holds values of type complex64", "reals"),
    "twice the same name": (["twice.toml", "gray.png"], 2, "'twice.npz' holds 2 arrays called 'a'", ""),
    "weights that unpack to 800 MB": (["bomb.toml", "gray.png"], 2, "limit of 134217728 bytes", ""),
    "raw in PNG": (["net.toml", "gray.png", "-o", "y.png", "--range", "raw"], 1, "raw", ""),
    "no folder": (["net.toml", "gray.png", "-o", "gone/y.npy"], 1, "gone", "make the folder"),
    "ImageNet of five": (["imagenet.toml", "five.npy"], 1, "expects 3 channels, and gets 5", "unit"),
}


@pytest.mark.parametrize(("args", "status", "says", "hint"), WRONG.values(), ids=WRONG)
@pytest.mark.usefixtures("gray")
def test_what_is_wrong(
    convcli: Convcli, stack: Write, snapshot: Snapshot, args: list[str], status: int, says: str, hint: str
) -> None:
    stack({"type": "conv", "kernel": "1"})
    stack({"type": "conv", "kernel": "1", "stride_": 2}, name="bad")
    stack({"type": "conv", "weights": np.ones((2, 3, 1, 1))}, name="rgb")
    stack({"type": "relu"}, {"type": "pool", "name": "late", "size": 30}, name="large")
    stack({"type": "conv", "weights": np.ones((5, 1, 1, 1))}, name="wide")
    stack({"type": "relu"}, name="imagenet", scale="imagenet")
    np.save("five.npy", np.ones((4, 4, 5)))
    np.save("three.npy", np.ones((9, 9, 3)))
    np.savez("w.npz", conv=np.ones((1, 1, 1, 1)), bias=np.ones(1))
    np.savez("none.npz")
    np.save("complex.npy", np.ones((1, 1, 1, 1), np.complex64))
    np.savez("twice.npz", a=np.ones((1, 1, 1, 1)), b=np.ones((1, 1, 1, 1)))
    Path("twice.npz").write_bytes(Path("twice.npz").read_bytes().replace(b"b.npy", b"a.npy"))
    with zipfile.ZipFile("bomb.npz", "w") as archive, archive.open("a.npy", "w") as entry:
        form = {"descr": "<f8", "fortran_order": False, "shape": (10_000, 10_000)}
        np.lib.format.write_array_header_1_0(entry, form)
    files = {"held": "w.npz:cnv", "none": "none.npz:a", "complex": "complex.npy", "twice": "twice.npz:a"}
    for name, reference in (files | {"bomb": "bomb.npz:a"}).items():
        stack({"type": "conv", "weights": reference}, name=name)
    Path("gray-net.npy").write_bytes(b"mine")
    before = snapshot()
    ran = convcli("run", *args)
    ran.check_refusal(status, says, hint)
    assert "; hint: " in ran.err
    assert snapshot() == before


def test_quiet(convcli: Convcli, photo: Path, stack: Write) -> None:
    ran = convcli("run", stack(BOX), photo, "--save-maps", "maps", "-q")
    assert (ran.err, ran.out) == ("", b"photo-net.npy\n")


# The stacks that come with the program.


def test_edges_find_edges(convcli: Convcli) -> None:
    camera = SAMPLES / "camera.png"
    ran = convcli("run", STACKS / "edges.toml", camera, "--summary", "--save-maps", "maps")
    assert ran.status == 0, ran.err
    assert ran.out == b"camera-edges.npy\n"
    result = np.load("camera-edges.npy")
    assert result.shape == (128, 128)
    smooth = ndimage.gaussian_filter(pixels(camera) / 255, 1, mode="mirror")
    strong = np.hypot(*(ndimage.sobel(smooth, axis, mode="mirror") for axis in (0, 1))) > 0.5
    expected = strong.reshape(128, 4, 128, 4).max((1, 3))
    assert (result != expected).mean() < 0.002
    assert 0.05 < result.mean() < 0.5
    assert "threshold" in ran.err
    assert pixels("maps/02-edges.png").std() > 20


def test_pyramid_is_opencv_s(convcli: Convcli) -> None:
    import cv2

    coffee = SAMPLES / "coffee.png"
    ran = convcli("run", STACKS / "pyramid.toml", coffee, "-o", "y.npy")
    assert ran.status == 0, ran.err
    level = pixels(coffee).astype(np.float32) / 255
    for _ in range(3):
        level = cv2.pyrDown(level)
    assert_allclose(np.load("y.npy"), level, atol=1e-5)


def test_the_small_network_removes_noise(convcli: Convcli) -> None:
    clean = pixels(SAMPLES / "camera.png").astype(float)
    noisy = np.clip(np.rint(clean + np.random.default_rng(0).normal(0, 25, clean.shape)), 0, 255)
    Image.fromarray(noisy.astype(np.uint8)).save("noisy.png")
    ran = convcli("run", STACKS / "small.toml", "noisy.png", "-o", "calm.png")
    assert ran.status == 0, ran.err
    before, after = (np.square(x - clean).mean() for x in (noisy, pixels("calm.png")))
    gain = 10 * np.log10(before / after)
    assert gain > GAIN
    blurred = [ndimage.gaussian_filter(noisy, sigma) for sigma in (0.6, 0.8, 1, 1.2, 1.5)]
    assert after < 0.8 * min(np.square(x - clean).mean() for x in blurred), "better than any Gaussian"


GAIN = 7.0
