"""Sheets: an input and its results side by side, as files and in the terminal."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from convcli.display.drawn import lettering
from convcli.display.drawn import sheet as sheet_module
from convcli.pipeline.sheets import MARGIN, MOST, SIDE
from tests.display.drawn.made_font import forget
from tests.paths import SAMPLES
from tests.program import Convcli, pixels, process

# Moreland's diverging scale: negative, 0, positive.
BLUE, GREY, RED = (59, 76, 192), (221, 221, 221), (180, 4, 38)

Snapshot = Callable[[], dict[str, bytes]]


def tile(file: str | bytes, index: int, shape: tuple[int, int], columns: int = 3) -> NDArray[np.uint8]:
    """The picture in a cell of a sheet whose cells are as wide as their pictures, of height x width."""
    height, width = shape
    left = MARGIN + index % columns * (width + MARGIN)
    return pixels(file)[MARGIN : MARGIN + height, left : left + width]


def enlarged(values: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    colours = values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=2)
    return colours.repeat(times, 0).repeat(times, 1)


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All words of sheets, before they are broken into lines; each line is written."""
    said, due, broken = list[str](), list[str](), sheet_module.wrapped

    def wrapped(text: str, size: int, width: float) -> list[str]:
        said.append(text)
        lines = broken(text, size, width)
        due.extend(lines)
        return lines

    def write(draw: Any, at: Any, text: str, *more: Any) -> None:
        due.remove(text)
        lettering.write(draw, at, text, *more)

    monkeypatch.setattr(sheet_module, "wrapped", wrapped)
    monkeypatch.setattr(sheet_module, "write", write)
    return said


def test_results_look_as_their_files_do(convcli: Convcli, texts: list[str]) -> None:
    values = np.random.default_rng(1).integers(0, 256, (24, 32), dtype=np.uint8)
    Image.fromarray(values).save("in.png")
    how = ("-k", "sobel", "-k", "laplacian", "--range", "abs", "-p", "wrap", "--bias", "3")
    ran = convcli("filter", "in.png", *how, "--sheet", "s.png")
    assert ran.status == 0, ran.err
    assert ran.out.decode().split() == ["in-sobel.png", "in-laplacian.png", "s.png"]
    for index, name in enumerate(("in.png", "in-sobel.png", "in-laplacian.png")):
        # 32 pixels become 640, the most that a picture has here: 20 times, each pixel a square
        assert np.array_equal(tile("s.png", index, (480, 640)), enlarged(pixels(name), 20)), name
    assert texts[:2] == ["in.png", "24 x 32"]
    cut = [f"{int(np.count_nonzero(pixels(f'in-{name}.png') == 255)):,}" for name in ("sobel", "laplacian")]
    for name, line, most in zip(("sobel", "laplacian"), (texts[3], texts[5]), cut, strict=True):
        assert line.startswith("24 x 32, pad wrap, bias 3, range abs"), name
        found = re.search(r", ([\d,]+) pixels cut$", line)
        assert found is not None
        assert 0 < int(found[1].replace(",", "")) <= int(most.replace(",", ""))
    assert [texts[2], texts[4]] == ["sobel", "laplacian"]


def test_large_pictures_are_averaged(convcli: Convcli) -> None:
    rows, columns = np.indices((64, 2 * SIDE))
    board = np.where((rows + columns) % 2, 200, 0).astype(np.uint8)
    board[:, SIDE:] = 60
    Image.fromarray(board).save("in.png")
    assert convcli("filter", "in.png", "-k", "identity", "--sheet", "s.png").status == 0
    for index in (0, 1):
        found = tile("s.png", index, (32, SIDE))
        assert (found[:, : SIDE // 2] == 100).all()  # of 0 and 200, two of each
        assert (found[:, SIDE // 2 :] == 60).all()
    assert pixels("s.png").shape[1] <= 2000


def test_smaller_results_are_drawn_as_large(convcli: Convcli) -> None:
    """400 pixels are drawn as they are, as 640 is no multiple: the 200 of a result become 400."""
    Image.fromarray(np.random.default_rng(6).integers(0, 256, (40, 400), dtype=np.uint8)).save("in.png")
    assert convcli("pool", "in.png", "--sheet", "s.png").status == 0
    assert np.array_equal(tile("s.png", 0, (40, 400)), enlarged(pixels("in.png"), 1))
    assert np.array_equal(tile("s.png", 1, (40, 400)), enlarged(pixels("in-max.png"), 2))


def test_a_sheet_without_a_suffix_is_a_png(convcli: Convcli, gray: Path) -> None:
    assert convcli("filter", gray, "-k", "box", "--sheet", "sheet").status == 0
    assert Path("sheet").read_bytes().startswith(b"\x89PNG")


def test_sixteen_bits_and_transparency_and_inks(convcli: Convcli) -> None:
    Image.fromarray(np.full((4, 8), 51400, np.uint16)).save("deep.png")  # 200 * 257
    Image.new("RGBA", (8, 4), (200, 100, 50, 51)).save("clear.png")  # a fifth over white
    Image.new("CMYK", (8, 4), (0, 51, 102, 51)).save("inks.tif")
    for name, expected in (
        ("deep.png", (200, 200, 200)),
        ("clear.png", (244, 224, 214)),  # 0.2 * 200 + 0.8 * 255, ...
        ("inks.tif", (204, 163, 122)),  # 255 * 0.8 * (1, 0.8, 0.6)
    ):
        ran = convcli("filter", name, "-k", "identity", "--sheet", "s.png")
        assert ran.status == 0, ran.err
        for index in (0, 1):
            assert (tile("s.png", index, (320, 640)) == expected).all(), name


def test_floats_are_drawn_around_0(convcli: Convcli, texts: list[str]) -> None:
    np.save("x.npy", np.array([[-4.0, 0.0, 4.0, 2.0]]))
    ran = convcli("filter", "x.npy", "-k", "identity", "-k", "2", "--sheet", "s.png")
    assert ran.status == 0, ran.err
    half = tuple(round(221 + (end - 221) / 2) for end in RED)
    for index in range(3):
        row = tile("s.png", index, (160, 640))[80, 80::160]
        assert row.tolist() == [list(BLUE), list(GREY), list(RED), list(half)]
    assert "1 x 4, -4 to 4: blue below 0, red above" in texts
    assert "1 x 4, pad reflect, range raw, -8 to 8: blue below 0, red above" in texts
    np.save("y.npy", np.array([[1.0, 3.0, 5.0, 3.0]]))
    assert convcli("filter", "y.npy", "-k", "identity", "--sheet", "s.png").status == 0
    assert tile("s.png", 1, (160, 640))[80, 80::160, 0].tolist() == [0, 128, 255, 128]
    assert "1 x 4, pad reflect, range raw, black 1, white 5" in texts


def test_colours_of_floats_have_0_in_the_middle(convcli: Convcli, texts: list[str]) -> None:
    Image.fromarray(np.array([[[10, 0, 30], [10, 20, 0]]], np.uint8)).save("in.png")
    ran = convcli("filter", "in.png", "-k", "1 0 -1", "-p", "zero", "-o", "r.npy", "--sheet", "s.png")
    assert ran.status == 0, ran.err
    # left minus right: (-10, -20, 0), (10, 0, 30); from -30, black, to 30, white
    found = tile("s.png", 1, (320, 640))[160, [160, 480]].tolist()
    assert found == [[85, 42, 128], [170, 128, 255]]
    assert texts[-1] == "1 x 2, pad zero, range raw, black -30, white 30, 0 is grey"


def test_channels_without_colours_are_apart(convcli: Convcli, texts: list[str]) -> None:
    np.save("x.npy", np.random.default_rng(2).normal(size=(6, 5, 2)))
    assert convcli("filter", "x.npy", "-k", "identity", "--sheet", "s.png").status == 0
    names = [f"{name}, channel {index}" for name in ("x.npy", "identity") for index in (0, 1)]
    assert texts[::2] == names
    np.save("x.npy", np.random.default_rng(2).normal(size=(6, 5, 100)))
    ran = convcli("filter", "x.npy", "-k", "identity", "--sheet", "s.png", "--force")
    assert f"x.npy: the sheet shows {MOST} of 200 pictures" in ran.err
    assert texts[-2] == f"identity, channel {MOST // 2 - 1}"  # half of them each


def test_frames(convcli: Convcli) -> None:
    first, second = (Image.new("L", (8, 4), light) for light in (40, 200))
    first.save("in.tif", save_all=True, append_images=[second])
    ran = convcli("filter", "in.tif", "-k", "identity", "--sheet", "s.png")
    assert "in.tif: the sheet shows the first of 2 frames" in ran.err
    assert (tile("s.png", 1, (320, 640)) == 40).all()
    ran = convcli("filter", "in.tif", "-k", "identity", "--frame", "1", "--sheet", "s.png", "--force")
    assert ran.err == ""
    assert (tile("s.png", 1, (320, 640)) == 200).all()


def test_pool_says_its_window_and_run_its_stack(convcli: Convcli, gray: Path, texts: list[str]) -> None:
    how = ("--size", "3x2", "-s", "1", "--padding", "1", "-p", "replicate", "--sheet", "s.png")
    assert convcli("pool", gray, *how).status == 0
    assert texts[2] == "max 3x2"
    assert texts[3] == "20 x 28, pad replicate, padding 1, stride 1, range clip"
    ran = convcli("run", SAMPLES / "stacks" / "edges.toml", gray, "--sheet", "t.png", "--json")
    found = json.loads(ran.out)
    assert (found["output"], found["sheet"]) == ("gray-edges.npy", "t.png")
    assert "edges" in texts
    assert pixels("t.png").ndim == 3


def test_what_changes_the_numbers_is_said(convcli: Convcli, gray: Path, texts: list[str]) -> None:
    """A kernel's file is called by its name alone, kernels that are alike by the labels of their files."""
    kernel = Path("folder") / "own.json"
    kernel.parent.mkdir()
    kernel.write_text("[[0, 1], [1, 0]]")
    options = ("-s", "2x1", "-d", "2", "--convolve", "--normalize", "-p", "constant", "--pad-value", "7")
    kernels = ("-k", kernel.resolve(), "-k", "1 1", "-k", "1 1")
    ran = convcli("filter", gray, *kernels, *options, "--sheet", "s.png")
    assert ran.status == 0, ran.err
    assert texts[::2] == ["gray.png", "own.json", "matrix-1", "matrix-2"]
    facts = "10 x 27, pad constant 7, stride 2x1, dilation 2, convolved, normalized, range clip"
    assert texts[3::2] == [facts] * 3


def test_chains_and_long_kernels(convcli: Convcli, gray: Path, texts: list[str]) -> None:
    how = ("-k", "box", "-k", "sobel", "--chain", "--gray", "--sheet", "s.png")
    assert convcli("filter", gray, *how).status == 0
    assert texts[2] == "box sobel"
    assert texts[3].startswith("20 x 27, gray, pad reflect, chained, range clip")
    matrix = ";".join(["1 0 0 0 0 0 0 0 0"] * 9)
    assert convcli("filter", gray, "-k", matrix, "--normalize", "--sheet", "s.png").status == 0
    assert texts[-2].startswith("1 0 0 0")
    assert len(texts[-2]) == 160 < len(matrix)


def test_a_sheet_for_each_input_of_many(convcli: Convcli, gray: Path, photo: Path) -> None:
    ran = convcli("filter", gray, photo, "-k", "box", "--sheet", "sheets/")
    assert ran.out.decode().split() == [
        *("gray-box.png", "sheets/gray-sheet.png", "photo-box.png", "sheets/photo-sheet.png")
    ]
    assert pixels("sheets/photo-sheet.png").ndim == 3
    ran = convcli("filter", gray, "-k", "box", "-o", "r.png", "--sheet", "sheets")  # it is a folder now
    ran.check_refusal(1, "'sheets/gray-sheet.png' is already there")
    assert not Path("r.png").exists()
    lines = convcli("filter", gray, photo, "-k", "box", "--sheet", "sheets/", "--force", "--json").out
    found = [json.loads(line) for line in lines.splitlines()]
    assert [one["sheet"] for one in found] == ["sheets/gray-sheet.png", "sheets/photo-sheet.png"]
    assert [one["output"] for one in found] == ["gray-box.png", "photo-box.png"]


@pytest.mark.parametrize(
    ("options", "status", "says", "hint"),
    [
        (["photo.png", "--sheet", "s.png"], 2, "2 inputs cannot all go to 's.png'", "--sheet DIR/"),
        (["photo.png", "--sheet", "-"], 2, "2 inputs cannot all go to stdout", "--sheet DIR/"),
        (["--sheet", "s.npy"], 2, "'s.npy' cannot hold a sheet", "name a .png"),
        (["--sheet", "s.pgm"], 2, "'s.pgm' cannot hold a sheet", "name a .png"),
        (["--sheet", "s.xyz"], 2, "no format with the suffix '.xyz'", None),
        (["--sheet", ""], 2, "--sheet is empty", "name a file"),
        (["--sheet", "-", "-o", "-"], 2, "--sheet and --output both want stdout", "name a file for one"),
        (["--sheet", "gray.png"], 1, "--sheet: 'gray.png' is the input", "--force"),
        (["--sheet", "r.png", "-o", "r.png"], 1, "'r.png' is both the sheet and a result", "another name"),
        (["--sheet", "gray-box.png"], 1, "'gray-box.png' is both the sheet and a result", "another name"),
        (["--sheet", "none/s.png"], 1, "'none/s.png' cannot be written", "make the folder first"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("gray", "photo")
def test_refusals(
    convcli: Convcli, snapshot: Snapshot, options: list[str], status: int, says: str, hint: str | None
) -> None:
    before = snapshot()
    convcli("filter", "gray.png", "-k", "box", *options).check_refusal(status, says, hint)
    written = snapshot()
    if "none/s.png" in options:  # the result was written before the sheet
        del written[str(Path("gray-box.png").resolve())]
    assert written == before


def test_stdout_has_the_sheet_alone(convcli: Convcli, gray: Path, snapshot: Snapshot) -> None:
    assert convcli("filter", gray, "-k", "box", "--sheet", "s.png", "-q").status == 0
    before = snapshot()
    ran = process("filter", str(gray), "-k", "box", "--sheet", "-")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, Path("s.png").read_bytes(), b"")
    assert snapshot() == before  # the result is looked at, and not written
    ran = process("filter", "-", "-k", "box", "-k", "sobel", "--sheet", "-", stdin=gray.read_bytes())
    assert ran.stdout.startswith(b"\x89PNG")
    assert convcli("filter", gray, "-k", "box", "--sheet", "-", "-o", "r.tif").status == 0
    assert np.array_equal(pixels("r.tif"), pixels("gray-box.png"))
    convcli("filter", gray, "-k", "box", "--sheet", "-", "--json").check_refusal(2, "stdout")


@pytest.mark.parametrize("given", [["--preview"], ["--sheet", "-", "--preview"]])
def test_previews_write_nothing(convcli: Convcli, gray: Path, snapshot: Snapshot, given: list[str]) -> None:
    before = snapshot()
    ran = convcli("filter", gray, "-k", "sobel", "-k", "box", *given)
    assert ran.status == 0, ran.err
    assert re.search(
        r"gray\.png +sobel +box *\n20 x 27 +20 x 27, pad reflect, +20 x 27, pad", ran.out.decode()
    )
    assert max(map(len, ran.out.decode().splitlines())) <= 80
    assert snapshot() == before


def test_previews_beside_what_is_written(convcli: Convcli, gray: Path) -> None:
    """Where stdout has paths, JSON or a file, people see the picture on stderr."""
    ran = convcli("filter", gray, "-k", "box", "--preview", "-o", "r.png")
    assert ran.out == b"r.png\n"
    assert "20 x 27, pad reflect, range clip" in ran.err
    ran = convcli("filter", gray, "-k", "box", "--preview", "--sheet", "s.png", "--json")
    assert json.loads(ran.out)["sheet"] == "s.png"
    assert "20 x 27, pad reflect, range clip" in ran.err
    ran = convcli("filter", gray, "-k", "box", "--preview", "-o", "-")
    assert ran.out == Path("r.png").read_bytes()
    assert "20 x 27, pad reflect, range clip" in ran.err
    ran = convcli("filter", gray, "-k", "box", "--preview", "-o", "-", "-q")
    assert ran.err == ""


def test_a_failure_leaves_neither_results_nor_sheet(convcli: Convcli, gray: Path, snapshot: Snapshot) -> None:
    before = snapshot()
    convcli("filter", gray, "-k", "box", "-o", "r.csv", "--depth", "16", "--range", "raw", "--sheet", "s.png")
    assert snapshot() == before


def test_names_in_other_scripts_are_said_where_no_font_has_them(
    convcli: Convcli, gray: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lettering, "_folders", list)
    forget()
    gray.rename("照片.png")
    ran = convcli("filter", "照片.png", "-k", "box", "--sheet", "s.png")
    assert ran.lines == [
        "照片.png: no font of this system has 照片: pictures show codes such as \\u7167 instead"
    ]
    forget()
