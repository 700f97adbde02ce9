"""`convcli learn`: from a picture before and after to the kernel; over what other programs really make."""

import inspect
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage
from skimage import filters

from convcli.commands.learn.report import quoted
from convcli.commands.learn.spec import LearnSpec
from convcli.commands.learn.workflow import STEPS
from convcli.engine.fitting.fit import fit_kernel
from tests import oracle
from tests.paths import CASES, SAMPLES
from tests.program import Convcli

TOOLS = np.load(CASES / "learn_tools.npz")
PICTURE = TOOLS["input"]
FLOATS = PICTURE.astype(np.float64)

KEYS = "kernel bias pad size method loss r2 psnr condition unique known holdout"
KEYS += " errors samples left_out borders sizes steps filter verdict rmse"


def save(name, array):
    if name.endswith(".png"):
        Image.fromarray(array).save(name)
    else:
        np.save(name, array)
    return name


def found(convcli: Convcli, before, after, *options):
    """Learn from two arrays, 8-bit ones as pictures, and return the JSON object."""
    names = [
        save(f"{stem}.{'png' if array.dtype == np.uint8 else 'npy'}", array)
        for stem, array in (("before", before), ("after", after))
    ]
    ran = convcli("learn", *names, "--json", *(options or ("--size", "auto", "-p", "auto")))
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


# What other programs make: name, before, after, border (or those that are the same here), size, known kernel.


def scipy_cases():
    modes = {"reflect": "symmetric", "mirror": "reflect", "nearest": "replicate", "constant": "zero"}
    for mode, ours in modes.items():
        after = ndimage.gaussian_filter(FLOATS, 1.0, mode=mode)
        yield f"scipy gaussian_filter {mode}", FLOATS, after, ours, [9, 9], "gaussian:sigma=1"
    rough = ndimage.correlate(FLOATS, np.arange(9.0).reshape(3, 3) ** 2, mode="mirror")
    yield "scipy correlate mirror", FLOATS, rough, "reflect", [3, 3], None
    after = ndimage.uniform_filter(FLOATS, 5)
    yield "scipy uniform_filter", FLOATS, after, "symmetric", [5, 5], "box:size=5"
    after = ndimage.uniform_filter(FLOATS, 4, mode="wrap")  # anchored a pixel before ours: 5 x 5 with zeros
    yield "scipy uniform_filter, even", FLOATS, after, "wrap", [5, 5], "box:size=4"
    after = ndimage.sobel(FLOATS, axis=1, mode="wrap")
    yield "scipy sobel", FLOATS, after, "wrap", [3, 3], "sobel-x"
    after = ndimage.correlate(FLOATS, np.ones((3, 3)) / 9, mode="constant", cval=50)
    yield "scipy constant", FLOATS, after, "constant", [3, 3], "box"


def opencv_cases():
    borders = {"REFLECT_101": "reflect", "REFLECT": "symmetric", "REPLICATE": "replicate", "CONSTANT": "zero"}
    sharpen = np.array([[-1, -2, 0], [-1, 9, 0], [0, -4, 0]]) / 4
    for name, ours in borders.items():
        after = cv2.filter2D(FLOATS, -1, sharpen, borderType=getattr(cv2, f"BORDER_{name}"))
        same = "replicate or symmetric" if ours in ("replicate", "symmetric") else ours
        yield f"opencv filter2D {name}", FLOATS, after, same, [3, 3], None
    for name in ("REFLECT_101", "REPLICATE"):
        after = cv2.GaussianBlur(PICTURE, (0, 0), 1.2, borderType=getattr(cv2, f"BORDER_{name}"))
        yield f"opencv GaussianBlur {name}", PICTURE, after, borders[name], None, "gaussian:sigma=1.2"
    yield "opencv blur", PICTURE, cv2.blur(PICTURE, (5, 3)), "reflect", [3, 5], "box:size=3x5"
    after = cv2.Sobel(PICTURE, cv2.CV_32F, 0, 1, ksize=5)
    yield "opencv Sobel", PICTURE, after, "reflect", [5, 5], "sobel-y:size=5"
    after = cv2.Scharr(PICTURE, cv2.CV_32F, 1, 0)
    yield "opencv Scharr", PICTURE, after, "reflect", [3, 3], "scharr-x"
    yield "opencv Laplacian", PICTURE, cv2.Laplacian(PICTURE, cv2.CV_32F), "reflect", [3, 3], "laplacian"


def pillow_cases():
    picture = Image.fromarray(PICTURE)

    def filtered(how):
        return PICTURE, np.asarray(picture.filter(how))

    detail, contour = filtered(ImageFilter.DETAIL), filtered(ImageFilter.FIND_EDGES)
    yield "pillow DETAIL", *detail, "copied", [3, 3], "laplacian"
    yield "pillow FIND_EDGES", *contour, "copied", [3, 3], "outline"
    yield "pillow SMOOTH", *filtered(ImageFilter.SMOOTH), "copied", [3, 3], "box"
    yield "pillow BLUR", *filtered(ImageFilter.BLUR), "copied", [5, 5], None
    yield "pillow BoxBlur", *filtered(ImageFilter.BoxBlur(2)), "replicate", [5, 5], "box:size=5"


def skimage_cases():
    yield "skimage gaussian", FLOATS, filters.gaussian(FLOATS, 1.0), "replicate", [9, 9], "gaussian:sigma=1"
    edges = "replicate or symmetric"
    yield "skimage sobel_h", FLOATS, filters.sobel_h(FLOATS), edges, [3, 3], "sobel-y"
    yield "skimage prewitt_v", FLOATS, filters.prewitt_v(FLOATS), edges, [3, 3], "prewitt-x"
    yield "skimage laplace", FLOATS, filters.laplace(FLOATS), edges, [3, 3], "laplacian"
    sharp = 255 * filters.unsharp_mask(FLOATS / 255, radius=1, amount=1.5, preserve_range=True)
    yield "skimage unsharp_mask", FLOATS, sharp, "symmetric", [9, 9], "unsharp:sigma=1,amount=1.5"


STORED = {
    "imagemagick gaussian-blur edge": ("replicate", [7, 7], "gaussian:sigma=1.2"),
    "imagemagick gaussian-blur mirror": ("symmetric", [7, 7], "gaussian:sigma=1.2"),
    "imagemagick gaussian-blur tile": ("wrap", [7, 7], "gaussian:sigma=1.2"),
    "imagemagick gaussian-blur black": ("zero", [7, 7], "gaussian:sigma=1.2"),
    # -blur integrates over each pixel: the variance grows by 1/12
    "imagemagick blur": ("symmetric", [7, 7], "gaussian:sigma=1.23"),
    "imagemagick unsharp": ("replicate", [7, 7], "unsharp:sigma=1.24,amount=0.796"),
    "imagemagick sobel": ("replicate or symmetric", [3, 3], "sobel-x"),
    "imagemagick emboss": ("wrap", [3, 3], "emboss"),
    "imagemagick sharpen": ("replicate or symmetric", [3, 3], "sharpen"),
    "imagemagick disk": ("symmetric", [5, 5], None),
    "vips conv box": ("replicate or symmetric", [3, 3], "box"),
    "vips conv sobel": ("replicate or symmetric", [3, 3], "sobel-x"),
    "vips gaussblur": ("replicate", [5, 5], "gaussian:sigma=1.5,size=5"),
}


def stored_cases():
    for name in json.loads(str(TOOLS["commands"])):
        yield name, PICTURE, TOOLS[name], *STORED[name]


LIVE = [*scipy_cases(), *opencv_cases(), *pillow_cases(), *skimage_cases(), *stored_cases()]


NUMBER = re.compile(r"(?<=[=x])[\d.]+")


def parameters(spec: str) -> tuple[str, list[float]]:
    return NUMBER.sub("#", spec), [float(text) for text in NUMBER.findall(spec)]


def test_options_are_arguments_of_fit_kernel() -> None:
    known = inspect.signature(fit_kernel).parameters
    spec = LearnSpec()
    assert spec.fit_options() == {}
    vars(spec).update(dict.fromkeys((*LearnSpec.__annotations__, "jobs"), 1))
    assert spec.fit_options().keys() <= known.keys()
    assert known["steps"].default == STEPS


@pytest.mark.parametrize(
    ("before", "after", "border", "size", "known"),
    [case[1:] for case in LIVE],
    ids=[case[0] for case in LIVE],
)
def test_what_other_programs_did_is_found(convcli: Convcli, before, after, border, size, known) -> None:
    said = found(convcli, before, after)
    best = [trial["mode"] for trial in said["borders"] if trial["best"]]
    assert said["border_fits"]
    assert said["pad"] == border.partition(" or ")[0]
    assert set(border.split(" or ")) <= set(best)
    assert size is None or said["size"] == size
    if known is None:
        assert said["known"] is None
    else:
        assert said["known"]["cosine"] > 0.999
        name, values = parameters(said["known"]["kernel"])
        assert name == parameters(known)[0]
        assert values == pytest.approx(parameters(known)[1], rel=0.01)
    assert not said["verdict"][0].startswith("No single"), said["verdict"]
    assert said["unique"]


def test_a_constant_border_is_measured(convcli: Convcli) -> None:
    after = ndimage.correlate(FLOATS, np.ones((3, 3)) / 9, mode="constant", cval=50)
    said = found(convcli, FLOATS, after)
    assert (said["pad"], said["pad_value"]) == ("constant", pytest.approx(50))


def test_emboss_of_pillow_is_copied_on_every_side(convcli: Convcli) -> None:
    """Its kernel leaves a row and a column out, whose border is copied all the same."""
    said = found(convcli, PICTURE, np.asarray(Image.fromarray(PICTURE).filter(ImageFilter.EMBOSS)))
    assert said["pad"] == "copied"
    assert said["rmse"] < 1e-9
    weights = np.array(said["kernel"])
    assert sorted(weights[np.abs(weights) > 1e-9].round(9).tolist()) == [-1, 1]


# The examples of the issue and of the notes


def test_a_sobel_of_ours(convcli: Convcli) -> None:
    picture = SAMPLES / "camera.png"
    convcli("filter", picture, "-k", "sobel-x", "--range", "raw", "-o", "t.npy")
    ran = convcli("learn", picture, "t.npy", "--size", "auto", "-p", "auto")
    text = ran.out.decode()
    assert (ran.status, ran.err) == (0, "")
    assert "sobel-x x 1.00 (cosine 1.0000)" in text
    assert "One kernel explains this pair exactly." in text
    assert "Border: reflect." in text
    assert re.search(r"-1\s+0\s+1\s*\n\s*-2\s+0\s+2\s*\n\s*-1\s+0\s+1", text)
    assert max(map(len, text.splitlines())) <= 80


def test_the_notes_line_for_line(convcli: Convcli) -> None:
    cases = json.loads((CASES / "golden.json").read_text())["cases"]
    (golden,) = [case for case in cases if case["op"] == "learn"]
    np.savetxt("edges.csv", np.array(golden["target"]), delimiter=",")
    descent = ["--method", "gd", "--loss", "sum", "--lr", golden["lr"], "--steps", golden["steps"]]
    picture = SAMPLES / "notes-edge-6x8.csv"
    args = ["learn", picture, "edges.csv", "--size", "1x2", "-p", "valid", *descent]
    ran = convcli(*args, "--show-steps", 5, "-o", "k.json")
    assert ran.status == 0
    losses = {int(step): loss for step, loss in golden["loss_before_step"].items() if int(step) % 5 == 0}
    assert ran.lines[:4] == [f"Step {step}, loss {loss:.3f}" for step, loss in losses.items()]
    assert ran.lines[0] == "Step 5, loss 4.316"
    assert ran.out == b"k.json\n"
    np.testing.assert_allclose(json.loads(Path("k.json").read_text())["kernel"], golden["kernel"], atol=1e-12)
    every = convcli(*args, "--show-steps", 1, "--json")
    assert len(every.lines) == 20
    said = json.loads(every.out)
    assert {n: said["steps"][n - 1] for n in (1, *losses)} == pytest.approx(
        {int(step): loss for step, loss in golden["loss_before_step"].items()}
    )


def test_without_a_file_the_lines_are_on_stdout(convcli: Convcli) -> None:
    save("a.npy", FLOATS[:20, :20] / 255)
    args = ["learn", "a.npy", "a.npy", "--size", 3, "--method", "adam", "--steps", 6, "--show-steps", 3]
    ran = convcli(*args)
    first, second, *rest = ran.out.decode().splitlines()
    assert first.startswith("Step 3, loss ")
    assert second.startswith("Step 6, loss ")
    assert rest[0] == "a.npy -> a.npy"
    assert ran.err == ""
    assert convcli(*args).out == ran.out


# What is written does what it says


@pytest.mark.parametrize("spec", ["gaussian:sigma=1.2", "sharpen", "0 0 0; 0.27 0.52 0; 0 0.22 0"])
@pytest.mark.parametrize("pad", ["reflect", "wrap", "zero", "replicate"])
def test_the_printed_command_makes_the_target_again(convcli: Convcli, spec: str, pad: str) -> None:
    save("in.png", PICTURE)
    convcli("filter", "in.png", "-k", spec, "-p", pad, "--bias", 3, "-o", "out.png")
    ran = convcli("learn", "in.png", "out.png", "--size", "auto", "-p", "auto", "-o", "k.json", "--json")
    words = shlex.split(json.loads(ran.out)["filter"])
    assert words[:4] == ["convcli", "filter", "in.png", "-k"]
    assert convcli(*words[1:]).status == 0
    again = np.asarray(Image.open("out-again.png")).astype(int)
    difference = np.abs(again - np.asarray(Image.open("out.png")).astype(int))
    assert difference.max() <= 1
    assert difference.mean() < 0.05


def test_the_printed_command_with_strides_and_convolution(convcli: Convcli) -> None:
    save("in.npy", FLOATS)
    kernel = np.random.default_rng(3).normal(size=(4, 3))
    turned = kernel[::-1, ::-1]
    target = oracle.correlate(FLOATS, turned, pad="constant", pad_value=9.0, stride=(2, 3), bias=1.5)
    save("out.npy", target)
    options = ["--size", "4x3", "-s", "2x3", "--convolve", "-p", "constant", "--pad-value", "9"]
    ran = convcli("learn", "in.npy", "out.npy", *options, "-o", "k.json", "--json")
    said = json.loads(ran.out)
    np.testing.assert_allclose(said["kernel"], kernel, atol=1e-9)
    assert said["bias"] == pytest.approx(1.5)
    convcli(*shlex.split(said["filter"])[1:])
    np.testing.assert_allclose(np.load("out-again.npy"), target, atol=1e-9 * np.abs(target).max())


def test_a_kernel_for_each_channel(convcli: Convcli) -> None:
    rng = np.random.default_rng(4)
    picture, kernels = rng.normal(size=(18, 20, 3)), rng.normal(size=(3, 3, 3))
    target = np.dstack([oracle.correlate(picture[..., c], kernels[c]) + c for c in range(3)])
    save("in.npy", picture)
    save("out.npy", target)
    ran = convcli("learn", "in.npy", "out.npy", "--size", 3, "--per-channel", "-o", "k.json", "--json")
    said = json.loads(ran.out)
    np.testing.assert_allclose(said["kernel"], kernels, atol=1e-9)
    np.testing.assert_allclose(said["bias"], [0, 1, 2], atol=1e-9)
    assert np.shape(json.loads(Path("k.json").read_text())["kernel"]) == (3, 3, 3, 3)
    convcli(*shlex.split(said["filter"])[1:])
    np.testing.assert_allclose(np.load("out-again.npy"), target, atol=1e-6)
    shared = json.loads(convcli("learn", "in.npy", "out.npy", "--size", 3, "--json").out)
    assert np.shape(shared["kernel"]) == (3, 3)
    assert shared["r2"] < said["r2"]


def test_a_kernel_for_the_one_channel(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "box", "-o", "out.png")
    said = json.loads(convcli("learn", gray, "out.png", "--size", 3, "--per-channel", "--json").out)
    assert np.shape(said["kernel"]) == (1, 3, 3)
    assert [known["kernel"] for known in said["known"]] == ["box"]
    assert np.shape(said["bias"]) == (1,)


def test_the_same_command_says_the_same(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "gaussian:sigma=1", "-o", "out.png")
    for options in (
        ["--size", "auto", "-p", "auto"],
        ["--size", 3, "--method", "adam", "--batch", 50, "--steps", 9],
    ):
        args = ["learn", gray, "out.png", *options]
        assert convcli(*args).out == convcli(*args).out == convcli(*args, "--jobs", 1).out


def test_several_pairs_are_one_problem(convcli: Convcli) -> None:
    kernel = np.arange(9.0).reshape(3, 3)
    halves = [FLOATS[:40], FLOATS[40:]]
    for index, half in enumerate(halves):
        save(f"a{index}.npy", half)
        save(f"b{index}.npy", oracle.correlate(half, kernel))
    ran = convcli("learn", "a0.npy", "b0.npy", "a1.npy", "b1.npy", "--size", 3)
    assert "a0.npy -> b0.npy, and 1 more" in ran.out.decode()
    said = json.loads(convcli("learn", "a0.npy", "b0.npy", "a1.npy", "b1.npy", "--size", 3, "--json").out)
    np.testing.assert_allclose(said["kernel"], kernel, atol=1e-9)
    assert said["samples"] == FLOATS.size


def test_sixteen_bits_are_kept(convcli: Convcli) -> None:
    deep = (FLOATS * 257 + np.random.default_rng(1).integers(0, 200, FLOATS.shape)).astype(np.uint16)
    deep[0, 0] = 65535
    Image.fromarray(deep).save("in.png")
    convcli("filter", "in.png", "-k", "gaussian:sigma=1", "-o", "out.png")
    said = json.loads(convcli("learn", "in.png", "out.png", "--size", 9, "--json").out)
    assert said["known"]["kernel"] == "gaussian:sigma=1"
    assert said["rmse"] == pytest.approx(1 / np.sqrt(12), rel=0.05)
    assert said["psnr"] == pytest.approx(20 * np.log10(65535 * np.sqrt(12)), abs=0.5)


def test_one_of_them_may_be_stdin(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "box", "-o", "out.png")
    ran = convcli("learn", "-", "out.png", "--size", 3, stdin=gray.read_bytes())
    assert ran.out.startswith(b"stdin -> out.png\n")
    assert "convcli filter - -k kernel.json" in ran.out.decode()
    twice = convcli("learn", "-", "-", "--size", 3, stdin=gray.read_bytes())
    assert (twice.status, len(twice.lines)) == (2, 1)
    assert "wanted 2 times" in twice.err


def test_where_things_go(convcli: Convcli, gray: Path, snapshot) -> None:
    convcli("filter", gray, "-k", "box", "-o", "out.png")
    before = snapshot()
    told = convcli("learn", gray, "out.png", "--size", 3)
    assert told.err == ""
    assert snapshot() == before, "without -o nothing is written"
    saved = convcli("learn", gray, "out.png", "--size", 3, "-o", "k.json")
    assert saved.out == b"k.json\n"
    how = f"convcli learn {shlex.quote(str(gray))} out.png --size 3x3 -o kernel.json "
    (here, there) = [" ".join(text.replace("\\\n", "").split()) for text in (told.out.decode(), saved.err)]
    assert here.replace(how, "") == there.replace("k.json", "kernel.json")
    assert how in here
    quiet = convcli("learn", gray, "out.png", "--size", 3, "-o", "k.toml", "-q")
    assert (quiet.out, quiet.err) == (b"k.toml\n", "")
    piped = convcli("learn", gray, "out.png", "--size", 3, "-o", "-", "-q")
    assert json.loads(piped.out)["kernel"] == json.loads(Path("k.json").read_text())["kernel"]
    shown = json.loads(convcli("kernels", "show", "k.toml", "--json").out)
    assert shown["components"][0]["weights"] == json.loads(Path("k.json").read_text())["kernel"]
    wordy = convcli("learn", gray, "out.png", "--size", 3, "-o", "-", "-v")
    assert re.match(r"lstsq: 10 unknowns of \d+ values, [\d.]+ s$", wordy.lines[0])
    both = convcli("learn", gray, "out.png", "--size", 3, "-o", "k2.json", "--json")
    assert set(KEYS.split()) <= set(json.loads(both.out))
    assert both.err == ""
    assert Path("k2.json").read_bytes() == Path("k.json").read_bytes()


def test_the_kernel_file_says_what_it_is(convcli: Convcli, gray: Path) -> None:
    convcli("filter", gray, "-k", "sobel-y", "-p", "wrap", "--range", "raw", "-o", "out.npy")
    convcli("learn", gray, "out.npy", "--size", 3, "-p", "wrap", "-o", "k.json", "-q")
    held = json.loads(Path("k.json").read_text())
    assert held["name"] == "learned"
    assert "border: wrap" in held["source"]
    assert "out.npy" in held["source"]


# Saturation, holding out, transparency


def test_saturated_pixels_are_left_out(convcli: Convcli) -> None:
    save("in.png", PICTURE)
    convcli("filter", "in.png", "-k", "0 0 0; -1 3 1; 0 0 0", "-o", "cut.png")
    cut = np.asarray(Image.open("cut.png"))
    share = np.mean((cut == 0) | (cut == 255))
    assert 0.1 < share < 0.9
    left = json.loads(convcli("learn", "in.png", "cut.png", "--size", 3, "--json").out)
    np.testing.assert_allclose(left["kernel"], [[0, 0, 0], [-1, 3, 1], [0, 0, 0]], atol=1e-9)
    assert left["left_out"] == round(share * cut.size)
    assert left["samples"] + left["left_out"] == cut.size
    kept = json.loads(convcli("learn", "in.png", "cut.png", "--size", 3, "--keep-saturated", "--json").out)
    assert (kept["left_out"], kept["samples"]) == (0, cut.size)
    assert kept["rmse"] > 5
    assert "left out, black or white" in convcli("learn", "in.png", "cut.png", "--size", 3).out.decode()


def test_holding_out(convcli: Convcli) -> None:
    save("in.png", PICTURE)
    convcli("filter", "in.png", "-k", "gaussian:sigma=1", "-o", "out.png")
    args = ["learn", "in.png", "out.png", "--size", 9, "--holdout", "0.2"]
    said = json.loads(convcli(*args, "--json").out)
    assert said["holdout"]["samples"] == pytest.approx(0.2 * PICTURE.size, rel=0.1)
    assert said["holdout"]["rmse"] == pytest.approx(1 / np.sqrt(12), rel=0.1)
    assert said["holdout"]["samples"] + said["samples"] + said["left_out"] == PICTURE.size
    assert "held out" in convcli(*args).out.decode()
    other = json.loads(convcli(*args, "--seed", 5, "--json").out)
    assert other["holdout"]["rmse"] != said["holdout"]["rmse"]


def test_transparency_is_left_out_and_that_is_said(convcli: Convcli) -> None:
    cat = SAMPLES / "cat-alpha.png"
    convcli("filter", cat, "-k", "box", "-o", "out.png")
    ran = convcli("learn", cat, "out.png", "--size", 3)
    assert ran.status == 0
    assert all("transparency is left out" in line for line in ran.lines)
    assert len(ran.lines) == 2
    assert "box x 1.00" in ran.out.decode()


def test_gray_makes_one_channel_of_colours(convcli: Convcli, photo: Path) -> None:
    convcli("filter", photo, "-k", "box", "--gray", "-o", "out.png")
    ran = convcli("learn", photo, "out.png", "--size", 3)
    assert ran.status == 1
    assert "'out.png' has 1 channel" in ran.err
    assert "--gray" in ran.err
    said = json.loads(convcli("learn", photo, "out.png", "--size", 3, "--gray", "--json").out)
    assert said["known"]["kernel"] == "box"
    assert "--gray" in said["filter"]


# What one kernel does not explain, and what does not determine one


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("median", ndimage.median_filter(PICTURE, 5)),
        ("gamma", np.rint(255 * (FLOATS / 255) ** 0.45).astype(np.uint8)),
        ("unrelated", np.random.default_rng(0).integers(1, 255, PICTURE.shape).astype(np.uint8)),
    ],
)
def test_what_is_not_linear_is_said_to_be_so(convcli: Convcli, name: str, after) -> None:
    said = found(convcli, PICTURE, after, "--size", "5")
    (first, *_) = said["verdict"]
    assert first.startswith("No single kernel explains this pair: the best explains ")
    share = float(re.search(r"explains ([\d.]+)% of it", first)[1]) / 100
    assert share == pytest.approx(said["r2"], abs=0.006)
    assert share < (0.1 if name == "unrelated" else 0.999)
    assert said["known"] is None or name == "gamma"


def test_what_was_taken_for_granted_is_said(convcli: Convcli) -> None:
    after = oracle.correlate(FLOATS, np.ones((5, 5)) / 25, pad="wrap")
    assert found(convcli, FLOATS, after, "--size", "3")["verdict"][1] == (
        "That is with size 3x3; --size auto may find better."
    )
    assert found(convcli, FLOATS, after, "--size", "3", "-p", "reflect")["verdict"][1] == (
        "That is with size 3x3 and border reflect; --size auto and -p auto may find better."
    )
    assert found(convcli, FLOATS, after, "-p", "reflect")["verdict"][1] == (
        "That is with border reflect; -p auto may find better."
    )
    assert found(convcli, FLOATS, after, "--size", "auto")["verdict"] == [
        "One kernel explains this pair exactly.",
        "Border: wrap.",
    ]


def test_a_sharpened_jpeg_is_not_explained(convcli: Convcli) -> None:
    sharp = Image.fromarray(PICTURE).filter(ImageFilter.UnsharpMask(1, 200, 8))
    sharp.save("after.jpg", quality=60)
    save("before.png", PICTURE)
    said = json.loads(convcli("learn", "before.png", "after.jpg", "--size", 7, "--json").out)
    assert said["verdict"][0].startswith("No single kernel explains this pair")


def test_flat_pictures_determine_nothing(convcli: Convcli) -> None:
    save("a.npy", np.full((9, 9), 3.0))
    save("b.npy", np.full((9, 9), 6.0))
    said = json.loads(convcli("learn", "a.npy", "b.npy", "--size", 3, "--json").out)
    assert said["unique"] is False
    assert len(said["freedom"]) == 9
    assert said["condition"] is None, "infinity is null in JSON"
    text = convcli("learn", "a.npy", "b.npy", "--size", 3).out.decode()
    assert "do not determine the kernel: 9 directions are left open" in text
    assert "(4 of 9)" in text


def test_periodic_pictures_leave_directions_open(convcli: Convcli) -> None:
    rows = np.tile([1.0, 5.0, 2.0], (12, 4))
    save("a.npy", rows)
    save("b.npy", np.roll(rows, 1, axis=1))
    said = json.loads(convcli("learn", "a.npy", "b.npy", "--size", 3, "-p", "wrap", "--json").out)
    assert said["unique"] is False
    assert said["known"] is None
    assert said["rmse"] < 1e-9
    for direction in said["freedom"]:
        moved = np.array(said["kernel"]) + 10 * np.array(direction)
        changed = oracle.correlate(rows, moved, pad="wrap") - np.roll(rows, 1, axis=1)
        np.testing.assert_allclose(changed, changed.mean(), atol=1e-9)


def test_cut_decimals_are_noticed(convcli: Convcli) -> None:
    after = np.floor(ndimage.gaussian_filter(FLOATS, 1.0, mode="mirror")).astype(np.uint8)
    said = found(convcli, PICTURE, after, "--size", "9")
    assert "One kernel explains this pair, exact but for rounding" in said["verdict"][0]
    assert "cut off, not rounded" in said["verdict"][1]


def test_no_border_fits(convcli: Convcli) -> None:
    target = oracle.correlate(FLOATS, np.ones((3, 3)) / 9)
    target[0], target[-1], target[:, 0], target[:, -1] = 3, 200, 77, 1
    said = found(convcli, FLOATS, target)
    assert said["border_fits"] is False
    assert any("No border that is known fits" in sentence for sentence in said["verdict"])
    np.testing.assert_allclose(said["kernel"], np.ones((3, 3)) / 9, atol=1e-9)


# Widths, and what goes wrong


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize(
    "options",
    [
        ("--size", "auto", "-p", "auto"),
        ("--size", "9", "--method", "adam", "--steps", "300", "--holdout", "0.1"),
        ("--size", "5", "--l2", "0.1", "--no-bias"),
    ],
)
def test_reports_fit(convcli: Convcli, monkeypatch: pytest.MonkeyPatch, width: int, options) -> None:
    save("in.png", PICTURE)
    save("out.png", cv2.GaussianBlur(PICTURE, (0, 0), 1.0))
    monkeypatch.setenv("COLUMNS", str(width))
    text = convcli("learn", "in.png", "out.png", *options).out.decode()
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for word in ("known", "residual", "R2", "condition", "unique", "border"):
        assert word in text
    assert ("\n  bias " in text) == ("--no-bias" not in options)
    assert ("loss of each step" in text) == ("adam" in options)


def errors():
    yield ["in.npy"], 2, "learn takes pairs, and got 1 file"
    yield ["in.npy", "out.npy", "in.npy"], 2, "learn takes pairs, and got 3 files"
    yield [], 2, "INPUT TARGET"
    yield ["gone.npy", "out.npy"], 1, "'gone.npy' does not exist"
    yield ["in.npy", "small.npy", "--size", "3"], 1, "small.npy"
    yield ["in.npy", "small.npy", "--size", "3"], 1, "-p valid --size 3x4 makes that size"
    yield ["in.npy", "nan.npy", "--size", "3"], 1, "not finite"
    yield ["in.npy", "colour.npy", "--size", "3"], 1, "'colour.npy' has 3 channels"
    yield ["tiny.npy", "tiny.npy", "--size", "3"], 1, "4 values are too few for 9 weights and a bias"
    yield ["in.npy", ".", "--size", "3"], 1, "name a file in it"
    yield ["in.npy", "out.npy", "--size", "0"], 2, "size 0"
    yield ["in.npy", "out.npy", "--size", "huge"], 2, "--size"
    yield ["in.npy", "out.npy", "--size", "3", "-p", "refelct"], 2, "did you mean 'reflect'?"
    yield ["in.npy", "out.npy", "--size", "3", "--steps", "5"], 2, "--steps 5 has no effect"
    yield ["in.npy", "out.npy", "--size", "3", "--show-steps", "5"], 2, "--show-steps 5 has no effect"
    yield ["in.npy", "out.npy", "--size", "3", "--method", "gd", "--steps", "0"], 2, "--steps 0"
    yield ["in.npy", "out.npy", "--size", "3", "--method", "gd", "--lr", "0"], 2, "--lr 0"
    yield ["in.npy", "out.npy", "--size", "3", "--method", "gd", "--batch", "0"], 2, "--batch 0"
    yield ["in.npy", "out.npy", "--size", "3", "--method", "sgd"], 2, "method of fitting 'sgd'"
    yield ["in.npy", "out.npy", "--size", "3", "--holdout", "1"], 2, "--holdout 1"
    yield ["in.npy", "out.npy", "--size", "3", "--l2", "-1"], 2, "--l2 -1"
    yield ["in.npy", "out.npy", "--size", "3", "--seed", "-1"], 2, "--seed -1"
    yield ["in.npy", "out.npy", "--size", "3", "--jobs", "0"], 2, "--jobs 0"
    yield ["in.npy", "out.npy", "--size", "3", "--pad-value", "4"], 2, "--pad-value 4 has no effect"
    yield ["in.npy", "out.npy", "--size", "3", "--format", "toml"], 2, "--format toml has no effect"
    yield ["in.npy", "out.npy", "--size", "3", "-o", "k.png"], 2, "'k.png'"
    yield ["in.npy", "out.npy", "--size", "3", "-o", "k.csv"], 1, ".csv cannot hold a bias"
    yield ["in.npy", "out.npy", "--size", "3", "-o", "gone/k.json"], 1, "/gone' does not exist"
    yield ["in.npy", "out.npy", "--size", "3", "-o", "-", "--json"], 2, "both want stdout"
    yield ["in.npy", "out.npy", "--size", "3", "--frame", "2"], 1, "frame 2"
    yield ["in.npy", "out.npy", "--size", "3", "--max-pixels", "50"], 1, "--max-pixels"
    yield ["in.npy", "moving.gif", "--size", "3"], 1, "'in.npy' has 1 frames, 'moving.gif' has 2"


@pytest.mark.parametrize(("args", "status", "says"), list(errors()))
def test_errors(convcli: Convcli, snapshot, args: list[str], status: int, says: str) -> None:
    rng = np.random.default_rng(0)
    arrays = {"in": rng.normal(size=(12, 12)), "small": np.ones((10, 9)), "tiny": np.ones((2, 2))}
    arrays |= {"out": oracle.correlate(arrays["in"], np.ones((3, 3))) + 1, "colour": np.ones((12, 12, 3))}
    arrays |= {"nan": np.where(np.eye(12) > 0, np.nan, 1.0)}
    for name, array in arrays.items():
        save(f"{name}.npy", array)
    frames = [Image.fromarray(np.full((12, 12), value, np.uint8)) for value in (9, 200)]
    frames[0].save("moving.gif", save_all=True, append_images=frames[1:])
    before = snapshot()
    ran = convcli("learn", *args)
    ran.check_refusal(status, says)
    assert "; hint: " in ran.err
    assert snapshot() == before


def test_descent_that_diverges_says_which_rate_would_not(convcli: Convcli) -> None:
    save("in.npy", FLOATS)
    save("out.npy", oracle.correlate(FLOATS, np.ones((3, 3)) / 9))
    args = ["learn", "in.npy", "out.npy", "--size", 3, "--method", "gd", "--steps", 4000]
    ran = convcli(*args, "--lr", 1)
    assert (ran.status, len(ran.lines), ran.out) == (1, 1, b"")
    limit = float(re.search(r"below ([\d.e+-]+)", ran.err)[1])
    assert convcli(*args, "--lr", f"{0.99 * limit:.6g}").status == 0
    assert convcli(*args, "--lr", f"{1.01 * limit:.6g}").status == 1


@pytest.mark.parametrize("name", ["\x1b[31m 'x'\\y\x9b\n", "\udcff\u202ea0", "é b", "plain"])
def test_shells_read_the_printed_name_as_the_files_own(name: str) -> None:
    word = quoted(name)
    assert word.isprintable()
    printed = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True).stdout
    assert printed == os.fsencode(name)
