"""Pictures side by side in the terminal."""

import numpy as np
import pytest
from rich.cells import cell_len

from convcli.display.terminal.abreast import Abreast
from tests.display.terminal.helpers import console, drawn, lines

PICTURES = [
    (np.full((8, 16, 3), light, np.uint8), (f"picture {light}", "a line that is longer than its picture"))
    for light in (0, 80, 160, 240)
]
SHEET = np.full((20, 80, 3), 255, np.uint8)


@pytest.mark.parametrize(("width", "abreast"), [(80, 4), (79, 4), (50, 2), (20, 1), (8, 1)])
def test_as_many_as_there_is_room_for(width: int, abreast: int) -> None:
    text = drawn(Abreast(PICTURES, SHEET), width=width).splitlines()
    assert max(map(cell_len, text)) <= width
    names = "".join(text).replace(" ", "")
    assert names.count("picture") >= 4 or width < 9
    if width >= 20:
        first = next(line for line in text if "picture 0" in line)
        assert [f"picture {light}" in first for light in (0, 80, 160, 240)] == [i < abreast for i in range(4)]


def test_each_has_its_colours() -> None:
    first = lines(Abreast(PICTURES[:2], SHEET), console(width=40))[0]
    assert [segment.text for segment in first if segment.text.strip()] == ["▀"] * 32
    colours = [segment.style.color.triplet for segment in first if segment.text == "▀"]
    assert colours == [(0, 0, 0)] * 16 + [(80, 80, 80)] * 16


def test_graphics_show_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.delenv("TMUX", raising=False)
    terminal = console(width=80)
    monkeypatch.setattr(terminal.file, "isatty", lambda: True)
    terminal.print(Abreast(PICTURES, SHEET))
    terminal.file.flush()
    written = terminal.file.buffer.getvalue()  # type: ignore[attr-defined]
    assert written.count(b"\x1b_Ga=T") == 1
    assert b"picture" not in written  # the words are in the sheet
