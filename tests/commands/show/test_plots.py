"""`convcli show --plot`: curves of signals, kernels and results, in the terminal and as pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.paths import SAMPLES
from tests.program import Convcli

CAMERA = SAMPLES / "camera.png"


def titles(text: str) -> list[str]:
    """Return the lines above the curves: those that begin with a word."""
    return [line for line in text.splitlines() if line[:1].isalpha()]


@pytest.fixture
def signal(tmp_path: Path) -> Path:
    np.save(tmp_path / "x.npy", np.arange(8.0) ** 2)
    return Path("x.npy")  # the program is run in that folder


def test_signal_kernel_and_result_stand_below_each_other(convcli: Convcli, signal: Path) -> None:
    ran = convcli("show", signal, "--plot", "-k", "1 2 3", "--convolve", "-p", "zero")
    assert ran.status == 0, ran.err
    # by hand: 1 2 3 turned over 0 1 4 9 16 25 36 49 and zeros; its ends are 1 and 36 * 3 + 49 * 2
    assert titles(ran.out.decode()) == [
        "signal x.npy: 8 samples, min 0, max 49",
        "kernel '1 2 3': 3 weights, sum 6",
        "result, kernel '1 2 3': 8 samples, min 1, max 206, pad zero, convolved",
    ]


def test_the_kernel_is_shown_as_it_was_given(convcli: Convcli, signal: Path) -> None:
    drawn = [convcli("show", signal, "--plot", "-k", "1 0 0 9", *how).out for how in ([], ["--convolve"])]
    kernels = [text.decode().split("kernel '1 0 0 9'")[1] for text in drawn]
    assert kernels[0] == kernels[1]


def test_each_kernel_and_each_result_has_a_curve(convcli: Convcli, signal: Path) -> None:
    ran = convcli("show", signal, "--plot", "-k", "sobel", "-k", "1 1")
    assert [title.partition(":")[0] for title in titles(ran.out.decode())] == [
        "signal x.npy",
        "kernel 'sobel', 1 of 2",
        "kernel 'sobel', 2 of 2",
        "kernel '1 1'",
        "result, kernel 'sobel'",
        "result, kernel '1 1'",
    ]


def test_a_region_takes_a_row_of_a_picture_and_its_place(convcli: Convcli) -> None:
    ran = convcli("show", CAMERA, "--plot", "--region", "100:101,50:60", "-k", "sobel-x")
    assert ran.status == 0, ran.err
    row = np.asarray(Image.open(CAMERA))[100, 50:60]
    text = " ".join(ran.out.decode().split())
    assert text.startswith(f"signal {CAMERA}, of which 100:101,50:60: 10 samples")
    assert f"min {row.min()}, max {row.max()}" in text
    assert ran.out.decode().splitlines()[-1].split()[0] == "50"


def test_padding_without_a_kernel_is_before_0(convcli: Convcli, signal: Path) -> None:
    ran = convcli("show", signal, "--plot", "--padding", "2", "-p", "zero")
    assert titles(ran.out.decode()) == ["signal x.npy: 12 samples, min 0, max 49, pad zero, padding 2"]
    assert ran.out.decode().splitlines()[-1].split()[0] == "-2"


def test_what_fits_80_and_50_columns_and_ascii(
    convcli: Convcli, signal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (80, 50):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = convcli("show", signal, "--plot", "-k", "gaussian:sigma=2").out.decode().splitlines()
        assert max(map(len, lines)) <= width
        assert max(map(len, lines)) > width - 2


def test_a_picture_of_the_curves(convcli: Convcli, signal: Path) -> None:
    ran = convcli("show", signal, "--plot", "-k", "1 2 1", "-o", "curves.png")
    assert (ran.status, ran.out) == (0, b"curves.png\n")
    with Image.open("curves.png") as drawn:
        alone = drawn.height // 3
        assert drawn.size == (900, 3 * alone)
    assert convcli("show", signal, "--plot", "-o", "-").out.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "status", "says", "hint"),
    [
        ([str(CAMERA)], 1, "--plot draws one row, and", "--region 0:1,:"),
        ([str(CAMERA), "--region", "0:2,:"], 1, "--plot draws one row", "--region 0:1,:"),
        (["column.csv"], 1, "--plot draws one row, and 'column.csv' has 3", "one row"),
        (["x.npy", "-o", "c.npz"], 1, "curves are not written as NPZ", ".png"),
        (["x.npy", "-o", "c.csv"], 2, "--plot has no effect on csv", "leave"),
        (["x.npy", "--json"], 2, "--plot has no effect on json", "leave"),
        (["x.npy", "--preview"], 2, "--preview has no effect with --plot", "leave"),
        (["x.npy", "--precision", "2"], 2, "--precision has no effect with --plot", "leave"),
        (["x.npy", "--max-size", "2"], 2, "--max-size has no effect with --plot", "leave"),
        (["x.npy", "x.npy", "-o", "c.png"], 2, "2 inputs cannot all go to 'c.png' as png", "show one"),
    ],
)
def test_refusals(convcli: Convcli, args: list[str], status: int, says: str, hint: str) -> None:
    np.save("x.npy", np.arange(8.0))
    np.savetxt("column.csv", np.arange(3.0))
    convcli("show", "--plot", *args).check_refusal(status, says, hint)
