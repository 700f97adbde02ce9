"""`convcli spectrum`: the theorem on files, its drawing, and what can go wrong."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from convcli.commands.spectrum.view import SIDE, Spectra, decibels
from convcli.display.drawn.sheet import PAPER
from convcli.engine.analysis import convolution_theorem as correlation
from convcli.engine.analysis.convolution_theorem import theorem
from tests.paths import SAMPLES
from tests.program import Convcli, force_colour, pixels

NOTES = SAMPLES / "notes-edge-6x8.csv"


def said(convcli: Convcli, *args: object) -> dict[str, Any]:
    ran = convcli("spectrum", *args, "--json")
    assert ran.status == 0, ran.err
    return dict(json.loads(ran.out))


@pytest.mark.parametrize("convolve", [False, True])
@pytest.mark.parametrize("kernel", ["sobel-x", "1 2; 3 4", "1 -1", "gaussian:sigma=3", "motion:length=40"])
@pytest.mark.parametrize("shape", [(6, 8), (7, 5), (1, 9), (30, 31)])
def test_both_sides_agree(convcli: Convcli, kernel: str, shape: tuple[int, int], convolve: bool) -> None:
    np.save("x.npy", np.random.default_rng(1).random(shape))
    found = said(convcli, "x.npy", "-k", kernel, *(["--convolve"] if convolve else []))
    assert (found["kernel"], found["pad"], found["size"]) == (kernel, "wrap", list(shape))
    assert found["convolve"] is convolve
    assert found["max_difference"] < 1e-12
    assert found["max_difference_of_spectra"] < 1e-12


@pytest.mark.parametrize(
    ("kernel", "kind", "rank"),
    [
        ("gaussian", "low-pass", 1),
        ("laplacian", "high-pass", 2),
        ("gabor", "band-pass", 1),
        ("sobel-x", "derivative", 1),
        ("identity", "all-pass", 1),
    ],
)
def test_what_the_response_says(convcli: Convcli, gray: Path, kernel: str, kind: str, rank: int) -> None:
    (part,) = said(convcli, gray, "-k", kernel)["components"]
    assert (part["kind"], part["rank"], part["separable"]) == (kind, rank, rank == 1)
    text = " ".join(convcli("spectrum", gray, "-k", kernel).out.decode().split())
    words = "separable (rank 1)" if rank == 1 else f"not separable (rank {rank})"
    assert f"{kind}, {words}, gain" in text


def test_each_component_of_a_kernel(convcli: Convcli, gray: Path) -> None:
    found = said(convcli, gray, "-k", "sobel")
    assert [part["size"] for part in found["components"]] == [[3, 3], [3, 3]]
    assert found["max_difference"] == max(part["max_difference"] for part in found["components"])
    text = convcli("spectrum", gray, "-k", "sobel").out.decode()
    assert "component 2 of 2: kernel 3 x 3, derivative" in text


def test_normalize(convcli: Convcli, gray: Path) -> None:
    (part,) = said(convcli, gray, "-k", "1 1 1 1", "--normalize")["components"]
    assert part["gain"] == 1


def test_titles_hold_names_and_no_folders(convcli: Convcli, gray: Path, tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "own.csv").write_text("1,2\n3,4\n")
    (folder / "a.png").write_bytes(gray.read_bytes())
    words = convcli("spectrum", folder / "a.png", "-k", folder / "own.csv").out.decode().split()
    shown = " ".join(words)
    assert "a.png (" in shown
    assert "correlated with 'own.csv', wrap padding" in shown
    assert "private" not in shown


@pytest.mark.parametrize("width", [40, 80])
def test_in_the_terminal(convcli: Convcli, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.chdir(SAMPLES.parent)
    lines = convcli("spectrum", "sample_images/notes-edge-6x8.csv", "-k", "1 -1").out.decode().splitlines()
    assert max(map(cell_len, lines)) <= width
    heads = [line.split() for line in lines if line.startswith(("picture", "product"))]
    titles = ["picture", "kernel", "product", "result"]
    assert heads == ([titles] if width == 80 else [titles[:2], titles[2:]])
    words = " ".join(" ".join(lines).split())
    assert "notes-edge-6x8.csv (6 x 8) correlated with '1 -1', wrap padding" in words
    assert "largest 24 largest 2" in words, "the sum of the picture, and the response at 1/2"
    figures = r"[\de.-]+ of the largest result, [\de.-]+ of the largest magnitude of its spectrum"
    sentence = f"Largest difference between product of spectra and sliding window: {figures}; "
    assert re.search(f"{sentence}the convolution theorem holds to rounding.$", words)
    assert "blank is 0.00001 of the largest or less, @ the largest; logarithmic" in words


def test_what_does_not_hold_is_not_said_to(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sliding window that is wrong by a millionth."""
    right = correlation.correlate
    monkeypatch.setattr(correlation, "correlate", lambda *args, **how: right(*args, **how) * (1 + 1e-6))
    ran = convcli("spectrum", NOTES, "-k", "1 -1")
    words = " ".join(ran.out.decode().split())
    assert "1e-06 of the largest result" in words
    assert words.endswith("; more than rounding explains: the convolution theorem is not confirmed.")


def test_a_flat_picture_has_no_largest_result(convcli: Convcli) -> None:
    Path("flat.csv").write_text("0.1,0.1,0.1\n0.1,0.1,0.1\n")
    words = " ".join(convcli("spectrum", "flat.csv", "-k", "1 -1").out.decode().split())
    assert words.endswith(", every result being 0; the convolution theorem holds to rounding.")


def test_magnitudes_are_grey(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    force_colour(monkeypatch)
    out = convcli("spectrum", SAMPLES / "notes-edge-6x8.csv", "-k", "1 -1").out.decode()
    assert "black is 0.00001 of the largest or less, white the largest" in out
    colours = re.findall(r"48;2;(\d+);(\d+);(\d+)m", out)
    assert {("0",) * 3, ("255",) * 3} < set(colours)
    assert all(len(set(colour)) == 1 for colour in colours)


def test_colours_are_luma_and_that_is_said(convcli: Convcli, photo: Path) -> None:
    ran = convcli("spectrum", photo, "-k", "box")
    assert "colours are taken as luma" in ran.err
    assert "(24 x 31, luma)" in " ".join(ran.out.decode().split())
    with Image.open(photo) as image:
        image.convert("L").save("luma.png")
    assert (
        said(convcli, photo, "-k", "box")["max_difference"]
        == said(convcli, "luma.png", "-k", "box")["max_difference"]
    )


def test_the_drawing(convcli: Convcli) -> None:
    ran = convcli("spectrum", NOTES, "-k", "1 -1", "-o", "s.png")
    assert ran.out == b"s.png\n"
    assert ran.err.endswith("; the convolution theorem holds to rounding.\n")
    sheet = pixels("s.png")
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] > 4 * SIDE
    assert (sheet[:8] == PAPER).all()
    assert convcli("spectrum", NOTES, "-k", "1 -1", "-o", "-").out == Path("s.png").read_bytes()
    assert convcli("spectrum", NOTES, "-k", "1 -1", "-o", "t.png", "-q").err == ""
    ran = convcli("spectrum", NOTES, SAMPLES / "notes-5x5.csv", "-k", "box", "--out-dir", "d", "--json")
    outputs = [json.loads(line)["output"] for line in ran.out.splitlines()]
    assert outputs == ["d/notes-edge-6x8-box-spectrum.png", "d/notes-5x5-box-spectrum.png"]
    assert all(Path(name).exists() for name in outputs)
    assert (
        convcli("spectrum", NOTES, "-k", "box", "--format", "png").out == b"notes-edge-6x8-box-spectrum.png\n"
    )
    ran = convcli("spectrum", NOTES, "-k", "box", "--format", "png")
    assert (ran.status, "already there" in ran.err) == (1, True)


def test_frequencies_are_where_the_axes_say() -> None:
    """A wave of 1/4 cycles per pixel across lights two places, halfway between 0 and the ends."""
    wave = np.tile(np.cos(2 * np.pi * np.arange(16) / 4), (16, 1))
    kernel = np.ones((1, 1))
    sheet = Spectra("t", ["l"], wave, [(kernel, theorem(wave, kernel))]).picture()
    bright = np.argwhere((sheet == (252, 255, 164)).all(2))
    first = bright[bright[:, 1] < 4 * SIDE // 3]
    left = first[:, 1].min() - 4 * SIDE // 16
    columns = sorted({(int(c) - left) * 16 // SIDE for c in first[:, 1]})
    assert columns == [4, 12]
    assert len(first) == 2 * (SIDE // 16) ** 2
    black = (sheet[first[:, 0].min() : first[:, 0].max(), left : left + SIDE] == (0, 0, 4)).all(2)
    assert black.mean() == pytest.approx(14 / 16, abs=0.01), "everything else is 1e-5 of it or less"


def test_levels_are_logarithms() -> None:
    assert decibels(np.array([[100.0, 10], [0.05, 0]])).tolist() == [[0, -1], [pytest.approx(-3.30103), -5]]
    assert decibels(np.zeros((1, 2))).tolist() == [[-5, -5]]


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["x.png", "-k", "box"], 1, "'x.png' does not exist"),
        ([NOTES], 2, "--kernel"),
        ([NOTES, "-k", "box", "-k", "box"], 2, "--kernel is given 2 times; hint: spectrum takes one"),
        ([NOTES, "-k", "sobl"], 2, "did you mean 'sobel'?"),
        ([NOTES, "-k", "box", "-o", "s.npy"], 1, "a drawing is not written as NPY"),
        ([NOTES, "-k", "box", "-o", "s.xyz"], 2, ".xyz"),
        ([NOTES, "-k", "box", "-o", "gone/s.png"], 1, "'gone/s.png' cannot be written"),
        ([NOTES, NOTES, "-k", "box", "-o", "s.png"], 2, "2 inputs cannot all go to 's.png'"),
    ],
)
def test_errors(convcli: Convcli, args: list[object], status: int, says: str) -> None:
    ran = convcli("spectrum", *args)
    ran.check_refusal(status, says)
    assert list(Path().iterdir()) == []


def test_kernels_of_channels_have_no_spectrum(convcli: Convcli) -> None:
    np.save("k.npy", np.ones((3, 2, 2)))
    ran = convcli("spectrum", NOTES, "-k", "k.npy")
    assert ran.status == 1
    assert "sums over 3 channels" in ran.err


def test_transparency_is_said_to_be_left_out(convcli: Convcli) -> None:
    pixels = np.arange(4 * 5 * 4, dtype=np.uint8).reshape(4, 5, 4)
    Image.fromarray(pixels).save("clear.png")
    assert "clear.png: transparency is left out\n" in convcli("spectrum", "clear.png", "-k", "box").err
    Image.fromarray(pixels[..., :3]).save("opaque.png")
    assert "transparency" not in convcli("spectrum", "opaque.png", "-k", "box").err
