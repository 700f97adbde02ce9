"""`convcli show --preview`: colours, stretching, sizes, protocols."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from convcli.choices import Graphics
from tests.paths import SAMPLES
from tests.program import Convcli, force_colour, pixels

NOTES = SAMPLES / "notes-edge-6x8.csv"


@pytest.mark.parametrize("graphics", [Graphics.KITTY, Graphics.ITERM2, Graphics.BLOCKS])
def test_preview_by_name_goes_into_a_pipe(convcli: Convcli, photo: Path, graphics: Graphics) -> None:
    marks = {Graphics.KITTY: b"\x1b_Ga=T,f=100", Graphics.ITERM2: b"\x1b]1337;File=inline=1"}
    out = convcli("show", photo, "--preview", "--graphics", graphics).out
    assert marks.get(graphics, "▀".encode()) in out


def test_preview(convcli: Convcli, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shades = convcli("show", photo, "--preview").out
    assert b"\x1b" not in shades
    assert not set(shades.splitlines()[5].decode()) - set(" .:-=+*#%@")
    force_colour(monkeypatch)
    lines = convcli("show", photo, "--preview").out.decode().splitlines()
    above, below = (";".join(map(str, pixels(photo)[row, 0])) for row in (0, 1))
    assert lines[2].startswith(f"\x1b[38;2;{above};48;2;{below}m▀"), "not enlarged: the screen has 25 lines"
    signed = convcli("show", NOTES, "-k", "1 -1", "--preview").out.decode()
    assert "blue -1, red 1" in " ".join(signed.split())
    assert "38;2;180;4;38" in signed


def test_previews_are_stretched_by_percentiles(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    """One value of a thousand that sticks out leaves the others their contrast."""
    values = np.tile(np.arange(20.0), (20, 1))
    values[0, 0], values[0, 1] = 1e6, -0.0
    np.save("a.npy", values)
    out = convcli("show", "a.npy", "--preview").out.decode()
    assert "max 1e+06" in out
    assert "blank is 0, @ is 19 (1% beyond)" in " ".join(out.split())
    assert out.splitlines()[-1].startswith("  ")
    assert out.splitlines()[-1].endswith("@@")
    force_colour(monkeypatch)
    out = convcli("show", "a.npy", "--preview").out.decode()
    assert "black 0, white 19 (1% beyond)" in " ".join(out.split())
    np.save("b.npy", -values)
    out = " ".join(convcli("show", "b.npy", "--preview").out.decode().split())
    assert "blue -19, red 19 (1% beyond)" in out


def test_previews_of_extreme_numbers(convcli: Convcli) -> None:
    """A constant has nothing to stretch; the difference of the ends may be more than float64 holds."""
    np.save("a.npy", np.full((3, 3), 7.0))
    assert convcli("show", "a.npy", "--preview").out.decode().splitlines()[1].endswith("; blank is 0, @ is 7")
    np.save("b.npy", np.repeat([[1e308, -1e308]], 50, axis=1).repeat(100, axis=0))
    out = convcli("show", "b.npy", "--preview").out.decode()
    assert "blank is -1e+308, = is 0, % is 1e+308" in " ".join(out.split())
    np.save("c.npy", np.array([[1e308, -1e308]]))
    assert convcli("show", "c.npy", "--preview").out.decode().splitlines()[-1] == "%%%%    "


def test_sixteen_bits_of_grey_are_stretched(convcli: Convcli) -> None:
    """Raw values of a camera often fill a small part of the range."""
    Image.fromarray(np.array([[1000, 1100]], np.uint16)).save("a.png")
    out = convcli("show", "a.png", "--preview").out.decode()
    # Percentile 1 of two values is 1% of the way from one to the other: 1001, and 1099 for percentile 99.
    assert "; blank is 1001, @ is 1099 (1% beyond)" in " ".join(out.split())
    assert out.splitlines()[-1] == "    @@@@"


def test_eight_bit_pictures_are_not_stretched(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    force_colour(monkeypatch)
    Image.fromarray(np.array([[100, 110], [120, 130]], np.uint8)).save("a.png")
    out = convcli("show", "a.png", "--preview").out.decode()
    assert out.splitlines()[:2] == ["\x1b[1ma.png\x1b[0m", "2 x 2"]
    assert set(re.findall(r"[34]8;2;(\d+);\1;\1", out)) == {"100", "110", "120", "130"}


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (100, 30), (50, 24), (40, 24)])
@pytest.mark.parametrize("plain", [False, True])
def test_previews_fit_the_screen_and_stand_side_by_side(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, columns: int, lines: int, plain: bool
) -> None:
    if not plain:
        force_colour(monkeypatch)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(lines))
    monkeypatch.chdir(SAMPLES.parent)
    for args in (["coffee.png", "-k", "box"], ["camera.png"], ["camera.png", "-k", "sobel", "-k", "box"]):
        args = [f"sample_images/{args[0]}", *args[1:]]
        out = re.sub(r"\x1b\[[\d;]*m", "", convcli("show", *args, "--preview").out.decode())
        assert len(out.splitlines()) < lines, "and a line for the prompt"
        assert max(map(cell_len, out.splitlines())) <= columns
    if columns >= 80:
        assert re.search(r"^kernel 'sobel' +kernel 'box'", out, re.MULTILINE)
        out = re.sub(
            r"\x1b\[[\d;]*m",
            "",
            convcli("show", SAMPLES / "coffee.png", "-k", "box", "--preview").out.decode(),
        )
        assert re.search(r"^red, kernel 'box' +green, kernel 'box' +blue, kernel 'box'", out, re.MULTILINE)


def test_sixel_without_the_extra(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "textual_image.renderable", None)
    ran = convcli("show", NOTES, "--preview", "--graphics", "sixel")
    assert ran.status == 1
    assert ran.lines == [
        "error: --graphics sixel needs an optional package; hint: pip install 'convcli[terminal]'"
    ]
    assert ran.out == b""
