"""Letters that Pillow's own font lacks: in fonts of the system, or said to be missing."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from convcli.display.drawn import lettering
from convcli.display.drawn.lettering import font_notes, text_width, write
from convcli.display.drawn.plot import Plot, Series, draw_plot
from convcli.display.drawn.sheet import Sheet, wrapped
from tests.display.drawn.made_font import forget, write_font

NAME = "中é.png"


@pytest.fixture
def fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of fonts, empty at first; no font is known yet."""
    folder = tmp_path / "fonts" / "truetype"
    folder.mkdir(parents=True)
    monkeypatch.setattr(lettering, "_folders", lambda: [str(tmp_path / "fonts"), str(tmp_path / "none")])
    forget()
    return folder


def drawn(text: str, size: int = 20, anchor: str = "la") -> NDArray[np.bool_]:
    """Where ink is, on a sheet with (100, 50) as the place of the text."""
    image = Image.new("L", (240, 100), 255)
    write(ImageDraw.Draw(image), (100, 50), text, size, "black", anchor)
    return np.asarray(image) < 128


def box(ink: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


@pytest.mark.usefixtures("fonts")
def test_plain_letters_are_those_of_pillow() -> None:
    image = Image.new("L", (240, 100), 255)
    ImageDraw.Draw(image).text((100, 50), "Sobel 3 x 3", "black", ImageFont.load_default(20))
    assert np.array_equal(drawn("Sobel 3 x 3"), np.asarray(image) < 128)
    assert text_width("Sobel 3 x 3", 20) == ImageFont.load_default(20).getlength("Sobel 3 x 3")
    assert font_notes("Sobel 3 x 3") == []


@pytest.mark.parametrize("anchor", ["ls", "rs", "ms"])
def test_a_font_of_the_system_has_the_letter(fonts: Path, anchor: str) -> None:
    write_font(fonts / "some.ttf", "中")
    ink = drawn("中", anchor=anchor)
    left = {"l": 100, "r": 80, "m": 90}[anchor[0]]
    assert ink.sum() == 400  # the square of the em, 20 x 20 pixels above the baseline
    assert box(ink) == (30, 50, left, left + 20)
    assert text_width("中", 20) == 20
    assert font_notes("中") == []


def test_each_letter_is_in_a_font_that_has_it(fonts: Path) -> None:
    write_font(fonts / "b.ttf", "中")
    write_font(fonts / "a.otf", "אб")
    own = ImageFont.load_default(20).getlength
    assert text_width("x中אy", 20) == own("x") + 20 + 20 + own("y")
    ink = drawn("x中אy", anchor="ls")
    start = 100 + round(own("x"))
    assert ink[30:50, start + 1 : start + 39].all()


def test_one_font_is_enough_where_it_has_all_letters(fonts: Path) -> None:
    write_font(fonts / "a.ttf", "中")
    write_font(fonts / "b.ttf", "é中x")
    assert text_width("é中x", 20) == 60  # three squares: x is not Pillow's


def test_known_fonts_come_first_and_bold_ones_last(fonts: Path) -> None:
    for name in (
        "ABold.ttf",
        "Zeta.ttf",
        "WQY-zenhei.ttc",
        "DejaVu Sans.ttf",
        "DejaVuSans-Bold.ttf",
        "n.txt",
    ):
        (fonts / name).write_bytes(b"")
    names = [Path(path).name for path in lettering._fonts()]
    assert names == ["DejaVu Sans.ttf", "WQY-zenhei.ttc", "Zeta.ttf", "DejaVuSans-Bold.ttf", "ABold.ttf"]
    assert font_notes("中") != []  # none of them is a font


def test_composed_letters_and_marks(fonts: Path) -> None:
    write_font(fonts / "a.ttf", "é中")
    assert text_width("e\u0301", 20) == 20  # as macOS has the name of a file: é is one letter
    assert font_notes("e\u0301") == []


@pytest.mark.usefixtures("fonts")
def test_without_a_font_codes_are_written_and_said() -> None:
    assert text_width(NAME, 20) == text_width("\\u4e2d\\xe9.png", 20)
    assert np.array_equal(drawn(NAME), drawn("\\u4e2d\\xe9.png"))
    (note,) = font_notes("photo", NAME, NAME)
    assert note == "no font of this system has 中é: pictures show codes such as \\u4e2d instead"


@pytest.mark.usefixtures("fonts")
def test_sheets_and_plots_say_once_what_is_missing() -> None:
    def sheet(name: str) -> NDArray[np.uint8]:
        paper = Sheet(600, (), 60, 10)
        paper.text((10, 10), name, 14)
        paper.text((10, 40), name, 14)
        return paper.pixels

    def plot(name: str) -> NDArray[np.uint8]:
        return draw_plot(Plot(title=name, x_label="x", y_label="y", series=[Series("one", [1, 2])]))

    for draw in (sheet, plot):
        plain, lacking = draw("\\u4e2d.png"), draw("中.png")
        height = plain.shape[0]
        assert np.array_equal(lacking[:height], plain)  # the codes themselves, and below them one line
        assert 12 <= lacking.shape[0] - height <= 30
        assert (lacking[height:] < 200).any()


@pytest.mark.usefixtures("fonts")
def test_characters_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    font_notes("中")
    monkeypatch.setattr(lettering, "_has", lambda *_: pytest.fail("looked for again"))
    assert len(font_notes("中中")) == 1


def test_long_words_are_broken() -> None:
    lines = wrapped("a " + "w" * 40, 14, 100)
    assert len(lines) > 2
    assert "".join(lines) == "a" + "w" * 40
    assert all(text_width(line, 14) <= 100 for line in lines)
    assert wrapped("one two", 14, 1000) == ["one two"]
