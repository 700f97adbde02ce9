"""Pictures in the terminal: half blocks, shades, and the protocols, which are read back."""

import io
import re
import sys
import types
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from convcli.choices import Graphics
from convcli.display.terminal import graphics
from convcli.display.terminal.graphics import chosen_protocol, known_protocol
from convcli.display.terminal.picture import Picture
from convcli.display.terminal.pictures import Pictures
from convcli.errors import MissingExtraError
from tests.display.terminal.helpers import console, lines

RNG = np.random.default_rng(3)
PHOTO = RNG.integers(0, 256, (60, 100, 3)).astype(np.uint8)


def one(pixels: np.ndarray, graphics: Graphics = Graphics.AUTO) -> Pictures:
    return Pictures([Picture(pixels)], graphics=graphics)


def raw(picture: Pictures, width: int = 80) -> str:
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=True, color_system="truecolor").print(picture)
    return file.getvalue()


def test_half_blocks_are_the_pixels():
    drawn = lines(one(PHOTO[:7, :20]), console(width=20))
    assert len(drawn) == 4
    for row, line in enumerate(drawn):
        assert {segment.text for segment in line} == {"▀"}
        assert [tuple(s.style.color.triplet) for s in line] == [
            tuple(p) for p in PHOTO[2 * row, :20].tolist()
        ]
        if row < 3:
            below = [tuple(s.style.bgcolor.triplet) for s in line]
            assert below == [tuple(p) for p in PHOTO[2 * row + 1, :20].tolist()]
    assert {segment.style.bgcolor for segment in drawn[3]} == {None}


def test_what_does_not_fit_is_averaged():
    drawn = lines(one(PHOTO), console(width=50))
    assert [len(line) for line in drawn] == [50] * 15
    mean = np.rint(PHOTO[:2, :2].reshape(4, 3).mean(0))
    assert np.abs(np.array(drawn[0][0].style.color.triplet) - mean).max() <= 1


def test_small_pictures_are_enlarged():
    drawn = lines(one(np.array([[0, 255], [255, 0]], np.uint8)), console(width=80))
    assert ["".join(str(s.style.color.triplet.red // 255) for s in line) for line in drawn] == [
        "00001111",
        "00001111",
        "11110000",
        "11110000",
    ]


def test_256_colours_are_the_nearest():
    terminal = Console(file=io.StringIO(), force_terminal=True, color_system="256", width=10)
    terminal.print(one(np.full((2, 3, 3), (255, 0, 0), np.uint8)))
    assert "38;5;196" in terminal.file.getvalue()


@pytest.mark.parametrize("system", [None, "standard"])
def test_few_colours_are_shades(system):
    terminal = Console(file=io.StringIO(), force_terminal=system is not None, color_system=system, width=10)
    ramp = np.repeat(np.linspace(0, 255, 10).astype(np.uint8)[None], 2, 0)
    terminal.print(one(ramp))
    assert terminal.file.getvalue() == " .:-=+*#%@\n"


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 90), st.integers(2, 60), st.booleans())
def test_never_wider_nor_longer(height, width, columns, most, colour):
    picture = one(np.zeros((height, width), np.uint8))
    drawn = lines(picture, console(width=columns, colour=colour, height=most))
    assert len(drawn) <= min(40, max(4, most - 1)), "but for the prompt, and four lines at least"
    assert max(cell_len("".join(s.text for s in line)) for line in drawn) <= columns


@pytest.mark.parametrize("pixels", [PHOTO, PHOTO[:20, :30], PHOTO[..., 0].copy()])
def test_kitty_gets_the_picture(pixels):
    said = raw(one(pixels, graphics=Graphics.KITTY), 50)
    messages = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", said)
    keys = dict(pair.split("=") for pair in messages[0][0].split(","))
    assert (keys["a"], keys["f"]) == ("T", "100")
    assert int(keys["c"]) <= 50
    assert [re.search(r"m=(\d)", head)[1] for head, _ in messages] == ["1"] * (len(messages) - 1) + ["0"]
    assert max(len(part) for _, part in messages) <= 4096
    check(b64decode("".join(part for _, part in messages)), pixels)
    assert said.endswith("\n")


def test_iterm2_gets_the_picture():
    said = raw(one(PHOTO, graphics=Graphics.ITERM2), 50)
    head, content = re.search(r"\x1b\]1337;File=([^:]*):([^\a]*)\a", said).groups()
    keys = dict(pair.split("=") for pair in head.split(";"))
    data = b64decode(content)
    assert (keys["inline"], int(keys["size"]), keys["width"], keys["height"]) == ("1", len(data), "50", "15")
    check(data, PHOTO)


def check(data: bytes, pixels: np.ndarray) -> None:
    """Whether a PNG holds `pixels`, each enlarged alike."""
    with Image.open(io.BytesIO(data)) as image:
        sent = np.asarray(image)
    times = sent.shape[0] // pixels.shape[0]
    assert times >= 1
    np.testing.assert_array_equal(sent, pixels.repeat(times, 0).repeat(times, 1))


def test_large_pictures_are_sent_no_larger_than_seen():
    said = raw(one(np.zeros((900, 3000), np.uint8), graphics=Graphics.ITERM2), 20)
    with Image.open(io.BytesIO(b64decode(re.search(r":([^\a:]*)\a", said)[1]))) as image:
        assert image.size == (200, 60)


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, Graphics.KITTY),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Graphics.KITTY),
        ({"TERM": "xterm-ghostty"}, Graphics.KITTY),
        ({"TERM_PROGRAM": "iTerm.app", "TERM": "xterm-256color"}, Graphics.ITERM2),
        ({"TERM_PROGRAM": "WezTerm"}, Graphics.ITERM2),
        ({"LC_TERMINAL": "iTerm2"}, Graphics.ITERM2),
        ({"TERM": "xterm-kitty", "TMUX": "1"}, Graphics.BLOCKS),
        ({"TERM": "screen-256color", "LC_TERMINAL": "iTerm2"}, Graphics.BLOCKS),
        ({"TERM": "dumb"}, Graphics.BLOCKS),
        ({"TERM": "xterm-256color"}, Graphics.AUTO),
        ({}, Graphics.AUTO),
    ],
)
def test_what_terminals_are_known_for(environment, protocol):
    assert known_protocol(environment) is protocol


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(file: io.StringIO | None = None, **how: bool) -> Console:
    return Console(file=file or Terminal(), width=20, color_system="truecolor", **how)


def test_only_terminals_are_sent_graphics_unasked():
    kitty = {"TERM": "xterm-kitty"}
    assert chosen_protocol(Graphics.AUTO, terminal(), kitty) is Graphics.KITTY
    assert (
        chosen_protocol(Graphics.AUTO, terminal(io.StringIO(), force_terminal=True), kitty) is Graphics.BLOCKS
    )
    assert chosen_protocol(Graphics.AUTO, terminal(no_color=True), kitty) is Graphics.BLOCKS
    assert chosen_protocol(Graphics.BLOCKS, terminal(), kitty) is Graphics.BLOCKS
    assert chosen_protocol(Graphics.SIXEL, terminal(io.StringIO()), {}) is Graphics.SIXEL


def extra(monkeypatch: pytest.MonkeyPatch, *, supported: bool) -> None:
    """Put a stand-in of the extra in its place, which draws a word."""

    class SixelImage:
        def __init__(self, image: Image.Image, width: int, height: int) -> None:
            self.words = f"sixel {image.size} {width}x{height}"

        def __rich__(self) -> Text:
            return Text(self.words)

    package, module = types.ModuleType("textual_image"), types.ModuleType("textual_image.renderable")
    vars(module).update(SixelImage=SixelImage, Image=SixelImage if supported else object)
    vars(package).update(renderable=module)
    monkeypatch.setitem(sys.modules, "textual_image", package)
    monkeypatch.setitem(sys.modules, "textual_image.renderable", module)


@pytest.mark.parametrize(("supported", "protocol"), [(True, Graphics.SIXEL), (False, Graphics.BLOCKS)])
def test_unknown_terminals_are_asked_for_sixel(monkeypatch, supported, protocol):
    extra(monkeypatch, supported=supported)
    assert chosen_protocol(Graphics.AUTO, terminal(), {"TERM": "xterm-256color"}) is protocol


def test_sixel_is_the_extra_s_business(monkeypatch):
    extra(monkeypatch, supported=True)
    assert "sixel (400, 240) 40x12" in raw(one(PHOTO, graphics=Graphics.SIXEL), 40).replace("\n", "")


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "textual_image", None)
    monkeypatch.setitem(sys.modules, "textual_image.renderable", None)
    assert chosen_protocol(Graphics.AUTO, terminal(), {"TERM": "xterm-256color"}) is Graphics.BLOCKS
    with pytest.raises(MissingExtraError, match="--graphics sixel"):
        list(graphics.drawn(PHOTO, Graphics.SIXEL, 10, 5))
