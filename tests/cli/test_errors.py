"""Bad input, met kindly: exit status, one line with its hint, no traceback, no file made or changed."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.program import Convcli

Snapshot = Callable[[], dict[str, bytes]]


def size(path: str) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(buffer, "JPEG")
    return buffer.getvalue()


def png(mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def npy(values: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values))
    return buffer.getvalue()


PICTURES = {
    "missing": ("gone.png", None, "'gone.png'", "check the spelling"),
    "empty": ("empty.png", b"", "'empty.png'", ""),
    "truncated PNG": ("cut.png", png()[:700], "'cut.png'", ""),
    "truncated JPEG": ("cut.jpg", jpeg()[:700], "'cut.jpg'", ""),
    "not an image": ("notes.png", b"just some words", "'notes.png'", ""),
    "zero-size array": ("none.npy", npy(np.zeros((0, 5))), "'none.npy'", ""),
    "pickled array": ("objects.npy", npy(np.zeros(1)).replace(b"'<f8'", b"'|O' "), "'objects.npy'", ""),
    "NaN": ("nan.npy", npy([[1.0, np.nan], [2.0, 3.0]]), "'nan.npy'", ""),
    "infinity": ("inf.csv", b"1,2\n3,inf\n", "'inf.csv'", ""),
    "ragged CSV": ("ragged.csv", b"1,2\n3\n", "'ragged.csv'", ""),
    "complex": ("complex.npy", npy(np.ones((3, 3), complex)), "'complex.npy'", ""),
    "broken JSON": ("broken.json", b"[[1, 2], [3", "'broken.json'", ""),
}


@pytest.mark.parametrize(("name", "content", "says", "hint"), PICTURES.values(), ids=PICTURES)
def test_bad_pictures(
    convcli: Convcli, snapshot: Snapshot, name: str, content: bytes | None, says: str, hint: str
) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    before = snapshot()
    ran = convcli("filter", name, "-k", "sobel")
    ran.check_refusal(1, says, hint)
    assert "; hint: " in ran.err, "every bad picture comes with a hint"
    assert snapshot() == before


def test_a_folder_needs_recursive(convcli: Convcli, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    convcli("filter", "photos", "-k", "sobel").check_refusal(1, "'photos' is a folder", "--recursive")


USAGE = {
    "no input": (["-k", "sobel"], "INPUT is missing", "convcli filter --help"),
    "no kernel": (["photo.png"], "--kernel is missing", "convcli filter --help"),
    "unknown kernel": (["photo.png", "-k", "sobl"], "kernel 'sobl' is not known", "did you mean 'sobel'?"),
    "unknown parameter": (["photo.png", "-k", "gaussian:sgma=2"], "sgma", "sigma"),
    "NaN kernel": (["photo.png", "-k", "1 nan; 2 3"], "nan", "finite"),
    "ragged kernel": (["photo.png", "-k", "1 2 3; 4 5"], "row 2 has 2 numbers, row 1 has 3", ""),
    "word in kernel": (["photo.png", "-k", "1 2; 3 x"], "'x'", ""),
    "missing kernel file": (["photo.png", "-k", "gone.npy"], "'gone.npy'", ""),
    "stride 0": (["photo.png", "-k", "box", "-s", "0"], "stride 0 is too small", "use 1 or more"),
    "stride word": (["photo.png", "-k", "box", "-s", "two"], "stride 'two'", "RxC"),
    "dilation 0": (["photo.png", "-k", "box", "-d", "1x0"], "dilation 1x0 is too small", "use 1 or more"),
    "negative padding": (
        ["photo.png", "-k", "box", "--padding", "-1"],
        "padding -1 is too small",
        "use 0 or more",
    ),
    "three paddings": (["photo.png", "-k", "box", "--padding", "1,2,3"], "padding '1,2,3'", "T,B,L,R"),
    "unknown pad": (["photo.png", "-k", "box", "-p", "reflct"], "'reflct' is not known", "'reflect'"),
    "unknown tool's pad": (["photo.png", "-k", "box", "-p", "scipy:edge"], "'edge' is not known", "nearest"),
    "unknown tool": (["photo.png", "-k", "box", "-p", "scpy:wrap"], "tool 'scpy'", "'scipy'"),
    "pad value unused": (["photo.png", "-k", "box", "--pad-value", "3"], "--pad-value 3", "--pad constant"),
    "valid and padding": (["photo.png", "-k", "box", "-p", "valid", "--padding", "2"], "--pad valid", ""),
    "chain and combine": (
        ["photo.png", "-k", "box", "-k", "box", "--chain", "--combine", "sum"],
        "--chain",
        "chain",
    ),
    "chain of several maps": (
        ["photo.png", "-k", "sobel", "-k", "1 2", "--chain", "--pad-value", "1", "-p", "zero"],
        "--pad-value 1",
        "--pad constant",
    ),
    "bias word": (["photo.png", "-k", "box", "--bias", "x"], "--bias: 'x' is not a number", ""),
    "bias infinite": (["photo.png", "-k", "box", "--bias", "inf"], "not finite", ""),
    "jobs 0": (["photo.png", "-k", "box", "--jobs", "0"], "--jobs 0", "1 or more"),
    "frame -1": (["photo.png", "-k", "box", "--frame", "-1"], "--frame -1", "first frame is 0"),
    "max pixels 0": (["photo.png", "-k", "box", "--max-pixels", "0"], "--max-pixels 0", "1 or more"),
    "unknown range": (["photo.png", "-k", "box", "--range", "abss"], "range 'abss'", "'abs'"),
    "unknown depth": (["photo.png", "-k", "box", "--depth", "12"], "depth '12'", "auto, 8, 16, float"),
    "unknown option": (["photo.png", "-k", "box", "--strides", "2"], "no such option: --strides", "--help"),
    "unknown suffix": (["photo.png", "-k", "box", "-o", "out.pngx"], "'.pngx'", "'.png'"),
    "no suffix": (["photo.png", "-k", "box", "-o", "out"], "'out' has no suffix", "--format"),
    "unknown format": (["photo.png", "-k", "box", "--format", "pngx"], "format 'pngx'", "'png'"),
    "output and folder": (["photo.png", "-k", "box", "-o", "a.png", "--out-dir", "d"], "--output", ""),
    "several to one": (["photo.png", "photo.png", "-k", "box", "-o", "a.png"], "2 inputs", "--out-dir"),
    "stdin twice": (["-", "-", "-k", "box", "--out-dir", "d"], "stdin (-) is wanted 2 times", "once"),
    "stdin for both": (["-", "-k", "-"], "stdin (-) is wanted 2 times", "once"),
    "json and bytes": (["photo.png", "-k", "box", "-o", "-", "--json"], "both want stdout", "-o FILE"),
}


@pytest.mark.parametrize(("args", "says", "hint"), USAGE.values(), ids=USAGE)
@pytest.mark.usefixtures("photo")
def test_wrong_usage(convcli: Convcli, snapshot: Snapshot, args: list[str], says: str, hint: str) -> None:
    before = snapshot()
    convcli("filter", *args).check_refusal(2, says, hint)
    assert snapshot() == before


RESULTS = {
    "kernel larger than the picture": (
        ["gray.png", "-k", "box:size=99", "-p", "valid"],
        "'gray.png': kernel 99x99 is larger than the picture 20x27",
        "pad it",
    ),
    "channels that do not match": (["gray.png", "-k", "three.npy"], "3", ""),
    "float in JPEG": (["gray.png", "-k", "box", "--depth", "float", "-o", "x.jpg"], "", ".npy"),
    "raw in PNG": (["gray.png", "-k", "box", "--range", "raw", "-o", "x.png"], "raw", ""),
    "maps in one PNG": (["gray.png", "-k", "box", "-k", "log", "-o", "x.png"], "2 feature maps", "{map}"),
    "missing folder": (["gray.png", "-k", "box", "-o", "gone/x.png"], "gone", "make the folder"),
    "a file for a folder": (
        ["gray.png", "-k", "box", "-o", "gray.png/"],
        "folder 'gray.png' cannot be made",
        "",
    ),
    "the input itself": (
        ["gray.png", "-k", "box", "-o", "gray.png"],
        "-o: 'gray.png' is the input itself",
        "--force",
    ),
    "a made-up name that is there": (["gray.png", "-k", "log"], "'gray-log.png' is already there", "--force"),
    "a frame that is not there": (["gray.png", "-k", "box", "--frame", "3"], "no frame 3", ""),
    "too many pixels": (
        ["gray.png", "-k", "box", "--max-pixels", "500"],
        "27 x 20 = 540 pixels, more than the limit of 500",
        "--max-pixels",
    ),
    "three columns of alpha": (["gray.png", "-k", "box", "--combine", "orientation"], "orientation", ""),
}


@pytest.mark.parametrize(("args", "says", "hint"), RESULTS.values(), ids=RESULTS)
@pytest.mark.usefixtures("gray")
def test_results_that_cannot_be(
    convcli: Convcli, snapshot: Snapshot, args: list[str], says: str, hint: str
) -> None:
    np.save("three.npy", np.ones((3, 3, 3)))
    Path("taken.png").mkdir()
    Path("gray-log.png").write_bytes(b"mine")
    before = snapshot()
    ran = convcli("filter", *args)
    assert ran.status in (1, 2)
    ran.check_refusal(ran.status, says, hint)
    assert "; hint: " in ran.err
    assert snapshot() == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, a device that is always full")
def test_a_full_device(convcli: Convcli, gray: Path) -> None:
    ran = convcli("filter", gray, "-k", "box", "-o", "/dev/full", "--format", "png")
    ran.check_refusal(1, "/dev/full", "free")


@pytest.mark.parametrize(
    ("number", "hint"),
    [(errno.EACCES, "permissions"), (errno.EROFS, "read-only"), (errno.ENOSPC, "free some space")],
)
@pytest.mark.parametrize("function", ["open", "write", "replace"])
def test_a_folder_that_is_read_only_or_full(
    convcli: Convcli,
    gray: Path,
    snapshot: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    number: int,
    hint: str,
) -> None:
    Path("y.png").write_bytes(b"before")
    before = snapshot()
    honest = getattr(os, function)

    def refuse(first: object, *rest: object, **options: object) -> object:
        if function == "write" or ".convcli-" in str(first):
            raise OSError(number, os.strerror(number), str(first))
        return honest(first, *rest, **options)

    monkeypatch.setattr(os, function, refuse)
    ran = convcli("filter", gray, "-k", "box", "-o", "y.png")
    monkeypatch.undo()
    ran.check_refusal(1, "'y.png' cannot be written", hint)
    assert snapshot() == before


def test_one_pixel(convcli: Convcli) -> None:
    Path("one.csv").write_text("5\n")
    ran = convcli("filter", "one.csv", "-k", "1 2 3; 4 5 6; 7 8 9", "-o", "-")
    assert (ran.status, ran.out, ran.err) == (0, b"225\n", "")


def test_the_others_are_still_done(convcli: Convcli, gray: Path) -> None:
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
    ran = convcli("filter", "gone.png", gray, "broken.png", "-k", "sobel")
    assert ran.status == 1
    assert ran.out == b"gray-sobel.png\n"
    assert size("gray-sobel.png") == (27, 20)
    first, second, summary = [line for line in ran.lines if "were cut" not in line]
    assert first.startswith("error: 'gone.png'")
    assert second.startswith("error: 'broken.png'")
    assert summary == "1 done, 2 failed"


def test_errors_as_json_too(convcli: Convcli, gray: Path) -> None:
    import json

    ran = convcli("filter", "gone.png", gray, "-k", "sobel", "--json")
    failed, done = map(json.loads, ran.out.splitlines())
    assert failed["input"] == "gone.png"
    assert "gone.png" in failed["error"]
    assert done["output"] == "gray-sobel.png"
    assert ran.status == 1


def test_thousands_of_inputs(convcli: Convcli, gray: Path) -> None:
    missing = [f"gone/{index}.png" for index in range(4_999)]
    ran = convcli("filter", *missing, gray, "-k", "box")
    assert ran.status == 1
    assert ran.out == b"gray-box.png\n"
    assert len(ran.lines) == 5_000
    assert ran.lines[-1] == "1 done, 4999 failed"


@pytest.mark.parametrize("name", ["two words.png", "new\nline.png", "b\udcffd.png", "-dash.png", "[red].png"])
def test_odd_names(convcli: Convcli, gray: Path, name: str) -> None:
    os.replace(gray, name)
    ran = convcli("filter", "-k", "box", "--", name)
    assert ran.status == 0, ran.err
    expected = name.removesuffix(".png") + "-box.png"
    assert ran.out == os.fsencode(expected) + b"\n"
    assert size(expected) == (27, 20)
    again = convcli("filter", "-k", "box", "--", name)
    assert again.status == 1
    assert len(again.lines) == 1
    assert "is already there" in again.err


def test_two_inputs_of_one_name(convcli: Convcli, gray: Path) -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "x.png").write_bytes(gray.read_bytes())
    ran = convcli("filter", "a/x.png", "b/x.png", "-k", "box", "--force")
    assert ran.status == 1
    assert ran.out == b"x-box.png\n"
    assert "already holds the result of 'a/x.png'" in ran.lines[0]
