"""What a user meets first: sizes that do not fit, advice that runs as printed, files in the wrong order."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage

from tests import oracle
from tests.commands.learn.test_command import PICTURE, save
from tests.paths import SAMPLES
from tests.program import Convcli, pixels
from tests.screen import Screen

NOTES = SAMPLES / "notes-edge-6x8.csv"
FLOATS = PICTURE.astype(np.float64)


def advised(report: str) -> list[list[str]]:
    """The commands at the end of a report, as the shell reads them."""
    lines = re.findall(r"^convcli .*", report.replace(" \\\n", ""), re.MULTILINE)
    return [shlex.split(line)[1:] for line in lines]


def follow(convcli: Convcli, report: str) -> Path:
    """Run the commands of a report, and return the last one's output."""
    commands = advised(report)
    assert commands
    for words in commands:
        ran = convcli(*words)
        assert ran.status == 0, ran.err
    return Path(commands[-1][commands[-1].index("-o") + 1])


def filtered(how: ImageFilter.Filter, picture: np.ndarray = PICTURE) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).filter(how))


# The defaults


def test_the_border_is_found_without_being_asked_for(convcli: Convcli) -> None:
    save("in.npy", FLOATS)
    for mode, ours in (
        ("reflect", "symmetric"),
        ("mirror", "reflect"),
        ("wrap", "wrap"),
        ("constant", "zero"),
    ):
        save("out.npy", ndimage.gaussian_filter(FLOATS, 1.0, mode=mode))
        said = json.loads(convcli("learn", "in.npy", "out.npy", "--json").out)
        assert (said["pad"], said["size"]) == (ours, [9, 9])
        assert said["verdict"][1] == f"Border: {ours}."


def test_small_pictures_of_the_notes(convcli: Convcli) -> None:
    convcli("filter", SAMPLES / "notes-5x5.csv", "-k", "sobel-x", "-p", "wrap", "-o", "out.csv")
    said = json.loads(convcli("learn", SAMPLES / "notes-5x5.csv", "out.csv", "--size", 3, "--json").out)
    assert (said["pad"], said["known"]["text"]) == ("wrap", "sobel-x x 1.00 (cosine 1.0000)")
    (first, *_) = json.loads(convcli("learn", SAMPLES / "notes-5x5.csv", "out.csv", "--json").out)["verdict"]
    assert first.startswith("No kernel up to 1x1 explains this pair")
    assert first.endswith("The picture is too small to search for larger ones: --size N fits one.")


# Sizes


def test_sizes_that_prove_the_kernel_are_taken(convcli: Convcli) -> None:
    convcli("filter", NOTES, "-k", "1 -1", "-p", "valid", "-o", "map.csv")
    ran = convcli("learn", NOTES, "map.csv")
    text = ran.out.decode()
    assert (ran.status, ran.err) == (0, "")
    assert "Border: valid, with a 1x2 kernel: the sizes say so, 6x8 to 6x7." in text
    assert re.search(r"^ +1 +-1 *$", text, re.MULTILINE)
    np.testing.assert_allclose(
        np.load(follow(convcli, text)), np.loadtxt("map.csv", delimiter=","), atol=1e-6
    )


@pytest.mark.parametrize(
    ("before", "after", "options", "hint"),
    [
        ((6, 8), (6, 7), ["--size", "3x3"], "-p valid --size 1x2 makes that size"),
        ((6, 8), (6, 7), ["--size", "3x3", "-p", "auto"], "-p valid --size 1x2 makes that size"),
        ((6, 8), (6, 7), ["--size", "3x3", "-p", "valid"], "-p valid --size 1x2 makes that size"),
        ((6, 8), (6, 7), ["-p", "reflect"], "-p valid --size 1x2 makes that size"),
        ((6, 8), (6, 7), ["--size", "1x2", "-p", "zero"], "-p valid --size 1x2 makes that size"),
        ((60, 80), (30, 40), [], "--stride 2 makes that size"),
        ((60, 80), (30, 40), ["--size", "3"], "--stride 2 makes that size"),
        ((60, 80), (30, 40), ["--size", "3", "-p", "wrap"], "--stride 2 makes that size"),
        ((60, 80), (30, 40), ["--size", "3", "-p", "valid"], "-p auto --stride 2 makes that size"),
        ((61, 81), (31, 41), [], "--stride 2 makes that size"),
        ((61, 81), (30, 40), [], "-p valid --size 3x3 --stride 2 makes that size"),
        ((61, 81), (21, 27), [], "--stride 3 makes that size"),
        ((60, 80), (60, 40), [], "--stride 1x2 makes that size"),
        ((60, 80), (60, 80), ["-s", "2"], "--stride 1 makes that size"),
        ((60, 80), (60, 80), ["-p", "valid", "--size", "3"], "-p auto makes that size"),
        ((60, 80), (80, 60), [], "one of the two is turned: rotate it by 90 degrees"),
        ((30, 40), (60, 80), [], "swap input and target, if they are in the wrong order"),
        (
            (60, 80),
            (37, 78),
            [],
            "-p valid --size 24x3 makes that size; if the target was cropped, crop the input",
        ),
        ((300, 400), (211, 173), [], "no filter resizes or crops"),
    ],
)
def test_options_that_make_the_size_are_named(convcli: Convcli, before, after, options, hint) -> None:
    rng = np.random.default_rng(0)
    save("in.npy", rng.random(before))
    save("out.npy", rng.random(after))
    ran = convcli("learn", "in.npy", "out.npy", *options)
    ran.check_refusal(1, f"'out.npy': target is {after[0]}x{after[1]}, but", hint)
    named = re.match(r"((?:-p|--size|--stride) \S+ ?)+(?=makes)", hint)
    if named:  # the options that are named do make it
        other = [word for word in options if not word.startswith("-s")] if "-s" not in options else []
        again = convcli("learn", "in.npy", "out.npy", *other, *named[0].split(), "--no-bias")
        assert again.status == 0, again.err


def test_the_pair_that_does_not_fit_is_named(convcli: Convcli) -> None:
    rng = np.random.default_rng(0)
    for name, shape in (("a", (9, 9)), ("b", (9, 9)), ("half", (5, 5))):
        save(f"{name}.npy", rng.random(shape))
    ran = convcli("learn", "a.npy", "b.npy", "a.npy", "half.npy")
    ran.check_refusal(1, "'half.npy': target 2 is 5x5, but a filter makes 9x9", "learn these pairs apart")
    ran = convcli("learn", "a.npy", "half.npy", "b.npy", "half.npy")
    ran.check_refusal(1, "'half.npy': target 1 is 5x5", "--stride 2, or -p valid --size 5x5 makes that size")
    convcli("learn", "a.npy", "b.npy", "-p", "same").check_refusal(2, "'same' is not known", "valid, auto")


def test_what_the_sizes_say_is_doubted_where_no_kernel_fits(convcli: Convcli) -> None:
    rng = np.random.default_rng(0)
    save("in.npy", rng.random((60, 80)))
    save("out.npy", rng.random((52, 78)))
    said = json.loads(convcli("learn", "in.npy", "out.npy", "--json").out)
    assert said["verdict"][0].startswith("No single kernel")
    assert said["verdict"][-1] == (
        "Border: valid, with a 9x3 kernel: the sizes say so, 60x80 to 52x78. "
        "If the target was cropped, crop the input alike."
    )


# Advice


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-o 'my kernel.json'",
        "--size 5x3 --l2 0.0001 --no-bias --keep-saturated",
        "--size 3 --method adam --steps 30 --lr 0.02 --init normal --seed 4",
        "--size 3 --convolve -p constant --pad-value 9 --holdout 0.1 --loss sum",
        "--size 3 --method gd --batch 9 --steps 20 --show-steps 10 --jobs 1",
        "--max-pixels 1M",
    ],
)
def test_advised_commands_run_as_printed(convcli: Convcli, typed: str) -> None:
    """Without -o the first writes the kernel; the last makes what the kernel that was found makes."""
    options = shlex.split(typed)
    save("in it's.png", PICTURE)
    save("out 1.png", np.rint(ndimage.gaussian_filter(FLOATS, 1.0, mode="wrap")).astype(np.uint8))
    ran = convcli("learn", "in it's.png", "out 1.png", *options)
    assert ran.status == 0, ran.err
    report = ran.err if "-o" in options else ran.out.decode()
    again = follow(convcli, report)
    assert again == Path("out 1-again.png")
    assert len(advised(report)) == (1 if "-o" in options else 2)
    given = ["-o", "given.json", *(options if "-o" not in options else [])]
    convcli("learn", "in it's.png", "out 1.png", *given)
    found = json.loads(Path("given.json").read_text())
    written = json.loads(Path("my kernel.json" if "-o" in options else "kernel.json").read_text())
    assert written["kernel"] == found["kernel"]
    assert written.get("bias") == found.get("bias")
    assert ("bias" in written) == ("--no-bias" not in options)
    if typed in ("", "--max-pixels 1M"):
        assert np.abs(pixels(again).astype(int) - pixels("out 1.png")).max() <= 1


def test_advice_about_colours_channels_first_and_frames(convcli: Convcli) -> None:
    rng = np.random.default_rng(2)
    planes = rng.random((3, 20, 24))
    kernels = rng.normal(size=(3, 3, 3))
    save("in.npy", planes)
    save(
        "out.npy",
        np.stack([oracle.correlate(one, k, pad="wrap") for one, k in zip(planes, kernels, strict=True)]),
    )
    report = convcli("learn", "in.npy", "out.npy", "--layout", "chw", "--per-channel").out.decode()
    np.testing.assert_allclose(np.load(follow(convcli, report)), np.load("out.npy"), atol=1e-5)
    frames = [Image.fromarray(np.roll(PICTURE, shift, 1)) for shift in (0, 9)]
    blurred = [frame.filter(ImageFilter.BoxBlur(1)) for frame in frames]
    for name, pages in (("in.tif", frames), ("out.tif", blurred)):
        pages[0].save(name, save_all=True, append_images=pages[1:])
    report = convcli("learn", "in.tif", "out.tif", "--frame", 1).out.decode()
    made = pixels(follow(convcli, report)).astype(int)
    assert np.abs(made - np.asarray(blurred[1])).max() <= 1


def test_advice_in_json_runs_in_a_shell(convcli: Convcli) -> None:
    save("in.png", PICTURE)
    save("out.png", filtered(ImageFilter.BoxBlur(1)))
    said = json.loads(convcli("learn", "in.png", "out.png", "--json").out)
    for command in said["filter"].split(" && "):
        assert convcli(*shlex.split(command)[1:]).status == 0
    assert np.abs(pixels("out-again.png").astype(int) - pixels("out.png")).max() <= 1
    piped = convcli("learn", "in.png", "out.png", "-o", "-")
    assert "To make the target from the input, with the kernel on stdin:" in piped.err
    (command,) = advised(piped.err)
    assert convcli(*command, stdin=piped.out).status == 0


@pytest.mark.parametrize(
    ("how", "band"),
    [
        (ImageFilter.EMBOSS, 1),
        (ImageFilter.Kernel((3, 3), [0, 1, 0, 1, 2, 0, 0, 0, 0], scale=4), 1),
        (ImageFilter.DETAIL, 1),
        (ImageFilter.BLUR, 2),
    ],
)
@pytest.mark.parametrize("options", [[], ["--size", "5"]])
def test_a_border_left_as_it_was(convcli: Convcli, how, band: int, options: list[str]) -> None:
    """Pillow copies the outermost pixels: no padding mode does; but for them the command makes the target."""
    save("in.png", PICTURE)
    save("out.png", filtered(how))
    report = convcli("learn", "in.png", "out.png", *options).out.decode()
    text = " ".join(report.split())
    if band == 1 and options:
        # A 5x5 kernel reads two pixels of the border, of which one is filtered.
        assert "No border that is known fits" in text
    else:
        copied = "The border is the input's own, copied: it was not filtered. No padding mode here does that."
        assert copied in text
    width = "2 pixels" if options else f"{band} pixel{'s' if band > 1 else ''}"
    assert f"To make the target's inner part, all but {width} along each edge:" in text
    assert "-p valid" not in text
    made, wanted = pixels(follow(convcli, report)).astype(int), pixels("out.png")
    assert made.shape == wanted.shape
    edge = 2 if options else band
    inner = np.s_[edge:-edge, edge:-edge]
    # Pillow rounds halves up, and a sixth of DETAIL's sums end in one.
    difference = np.abs(made - wanted)[inner]
    assert difference.max() <= 1
    assert difference.mean() < (1 / 6 if how is ImageFilter.DETAIL else 0.02)


# What people try


def test_what_cannot_be_fitted_says_why(convcli: Convcli) -> None:
    save("in.png", PICTURE)
    save("mask.png", np.where(PICTURE > 99, 255, 0).astype(np.uint8))
    convcli("learn", "in.png", "mask.png").check_refusal(
        1, "'mask.png': every value is black or white", "--keep-sat"
    )
    assert convcli("learn", "in.png", "mask.png", "--keep-saturated").status == 0
    convcli("learn", "in.png", "mask.png", "in.png").check_refusal(2, "got 3 files", "INPUT TARGET")
    convcli("learn", "in.png", ".").check_refusal(1, "'.' is a folder", "name a file in it")
    convcli("learn", "in.png", "in.png", "--size", "99").check_refusal(2, "9801 weights", "such as 64x64")


def test_identical_scaled_and_deeper_pictures(convcli: Convcli) -> None:
    save("in.png", PICTURE)
    save("deep.png", PICTURE.astype(np.uint16) * 257)
    save("twice.png", np.clip(PICTURE.astype(int) * 2, 0, 255).astype(np.uint8))
    for target, known in (
        ("in.png", "identity x 1.00"),
        ("twice.png", "identity x 2.00"),
        ("deep.png", "identity x 257"),
    ):
        said = json.loads(convcli("learn", "in.png", target, "--json").out)
        assert said["known"]["text"].startswith(known)
        assert said["size"] == [1, 1]
        if target != "twice.png":  # some of it is cut, and left out
            assert said["verdict"] == [
                "One kernel explains this pair exactly.",
                "The kernel reads no border: any padding gives the same.",
            ]


def test_grey_pictures_in_colour_formats_count_once(convcli: Convcli) -> None:
    """Three equal channels are no more evidence than one: a small picture does not prove a large kernel."""
    small = PICTURE[:48, :48]
    blurred = filtered(ImageFilter.GaussianBlur(1), small)
    save("in.png", small)
    save("out.png", blurred)
    save("in rgb.png", np.dstack([small] * 3))
    save("out rgb.png", np.dstack([blurred] * 3))
    gray = json.loads(convcli("learn", "in.png", "out.png", "--json").out)
    said = json.loads(convcli("learn", "in rgb.png", "out rgb.png", "--json").out)
    for key in ("kernel", "errors", "size", "pad", "samples", "rmse"):
        assert said[key] == gray[key]
    coloured = np.random.default_rng(1).integers(1, 255, (48, 48, 3)).astype(np.uint8)
    save("in colour.png", coloured)
    save("out colour.png", filtered(ImageFilter.GaussianBlur(1), coloured))
    both = ["in rgb.png", "out rgb.png", "in colour.png", "out colour.png"]
    assert json.loads(convcli("learn", *both, "--size", 5, "--json").out)["size"] == [5, 5]


# The screen


def test_the_report_of_a_small_kernel_stands_side_by_side(convcli: Convcli, monkeypatch) -> None:
    save("in.png", PICTURE)
    save("out.png", filtered(ImageFilter.DETAIL))
    wide = convcli("learn", "in.png", "out.png").out.decode()
    assert re.search(r"^kernel +standard errors *$", wide, re.MULTILINE)
    assert re.search(r"^  border +residual +size +residual *$", wide, re.MULTILINE)
    monkeypatch.setenv("COLUMNS", "50")
    narrow = convcli("learn", "in.png", "out.png").out.decode()
    assert max(map(len, narrow.splitlines())) <= 50
    assert not re.search(r"border +residual +size", narrow)
    for text in (wide, narrow):
        assert text.splitlines()[1].startswith("One kernel explains this pair"), "the verdict comes first"
        for mode in ("replicate", "symmetric", "reflect", "constant", "wrap", "zero", "copied"):
            assert re.search(rf"^  {mode}", text, re.MULTILINE)


def test_progress_says_fitting(tmp_path: Path) -> None:
    """On a terminal the bar names what is done, and is gone at the end."""
    np.save(tmp_path / "in.npy", np.random.default_rng(0).random((1500, 1500)))
    words = ["learn", "in.npy", "in.npy", "--size", "9", "-p", "wrap"]
    with Screen(*words, cwd=tmp_path, stdout=subprocess.DEVNULL) as screen:
        assert screen.finish() == 0
        assert b"fitting" in screen.sent
        assert screen.shown == []
