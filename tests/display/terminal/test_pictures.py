"""Several pictures: how they stand, what stands above them, and the protocols' one picture of all."""

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.cells import cell_len
from rich.console import Console

from convcli.choices import Graphics
from convcli.display.terminal.picture import Picture
from convcli.display.terminal.pictures import Pictures

SQUARE = np.full((40, 40), 200, np.uint8)


def shown(pictures: Pictures, width: int = 80, height: int = 24, system: str | None = None) -> list[str]:
    file = io.StringIO()
    console = Console(
        file=file, width=width, height=height, color_system=system, force_terminal=bool(system), _environ={}
    )
    console.print(pictures)
    return re.sub(r"\x1b\[[\d;]*m", "", file.getvalue()).splitlines()


def several(count: int) -> Pictures:
    pictures = [Picture(SQUARE, f"map {n}", f"from {n}") for n in range(count)]
    return Pictures(pictures, "a.png", "40 x 40")


@pytest.mark.parametrize("system", [None, "truecolor"])
def test_labels_stand_above_their_pictures(system: str | None) -> None:
    lines = shown(several(3), system=system)
    assert lines[:2] == ["a.png", "40 x 40"]
    # 80 columns for three pictures, and two columns between them: 25 each, whose 40 x 40 pixels fill 25.
    assert [lines[2].index(f"map {n}") for n in range(3)] == [0, 27, 54]
    assert [lines[3].index(f"from {n}") for n in range(3)] == [0, 27, 54]
    mark = "▀" if system else "#"
    assert {line.rstrip() for line in lines[4:16]} == {"  ".join([25 * mark] * 3)}


def test_as_many_abreast_as_makes_them_largest() -> None:
    assert sum("map" in line for line in shown(several(2), 40, 60)) == 2, "a high screen: below each other"
    assert sum("map" in line for line in shown(several(2), 80, 24)) == 1
    assert sum("map" in line for line in shown(several(4), 80, 60)) == 2


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 6), st.integers(40, 120), st.integers(20, 60), st.booleans())
def test_they_are_never_wider_and_fit_where_they_can(
    count: int, width: int, height: int, colour: bool
) -> None:
    lines = shown(several(count), width, height, "truecolor" if colour else None)
    assert max(map(cell_len, lines)) <= width
    # Five lines at least are needed by each row of pictures: two of words, four drawn, one between.
    rows = sum("map" in line for line in lines)
    assert len(lines) < max(height, 3 + 7 * rows)
    assert [int(n) for n in re.findall(r"map (\d)", "\n".join(lines))] == list(range(count))


def test_graphics_get_one_picture_of_all() -> None:
    """Red and green, 25 columns of 10 pixels each, and 20 transparent pixels between them."""
    red, green = (np.full((40, 40, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 255, 0)))
    pictures = [Picture(pixels, "x") for pixels in (red, green)]
    file = io.StringIO()
    Console(file=file, width=80, height=24, force_terminal=True, color_system="truecolor").print(
        Pictures(pictures, graphics=Graphics.ITERM2)
    )
    (found,) = re.findall(r"\x1b\]1337;File=[^:]*width=(\d+)[^:]*:([^\a]*)\a", file.getvalue())
    assert found[0] == "80"
    with Image.open(io.BytesIO(b64decode(found[1]))) as image:
        assert image.size[0] == 800
        assert image.getpixel((5, 5)) == (255, 0, 0, 255)
        assert image.getpixel((395, 5))[3] == 0
        assert image.getpixel((415, 5)) == (0, 255, 0, 255)


def test_long_names_are_shortened_in_the_middle() -> None:
    pictures = Pictures([Picture(SQUARE, "kernel '" + "1 " * 60 + "', red"), Picture(SQUARE, "b")])
    line = shown(pictures)[0]
    assert line.startswith("kernel '1 1")
    assert "[...]" in line
    assert "', red" in line
