"""Graphics protocols of terminals (kitty, iTerm2, sixel): which one to use, and pictures in them."""

import io
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.segment import ControlType, Segment

from convcli.choices import Graphics
from convcli.errors import MissingExtraError

__all__ = ["chosen_protocol", "drawn", "known_protocol"]

Pixels = NDArray[np.uint8]

# Characters of one message to kitty.
CHUNK = 4096

# Most pixels across and down that are sent for each character, as a VT340 has them.
CELL = (10, 20)

# Marks text that Rich neither measures nor cuts.
RAW = [(ControlType.CURSOR_FORWARD, 0)]


def known_protocol(environment: Mapping[str, str]) -> Graphics:
    """Return the protocol that environment variables tell of; ``auto`` where they do not tell.

    In tmux and screen, which do not pass graphics on unasked, it is half blocks.
    """
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "").lower()
    if "TMUX" in environment or term.startswith(("screen", "tmux")) or term in ("dumb", "linux"):
        return Graphics.BLOCKS
    if (
        "KITTY_WINDOW_ID" in environment
        or "kitty" in term
        or "ghostty" in (program, term.removeprefix("xterm-"))
    ):
        return Graphics.KITTY
    if program in ("iterm.app", "wezterm") or environment.get("LC_TERMINAL") == "iTerm2":
        return Graphics.ITERM2
    return Graphics.AUTO


def chosen_protocol(asked: Graphics, console: Console, environment: Mapping[str, str]) -> Graphics:
    """Return the protocol to draw a picture in.

    A protocol that is asked for by name is used. Otherwise only terminals get graphics; one whose variables
    do not tell is asked for sixel graphics where the extra ``terminal`` is installed.
    """
    if asked is not Graphics.AUTO:
        return asked
    if not console.is_terminal or not console.file.isatty() or console.no_color:
        return Graphics.BLOCKS
    found = known_protocol(environment)
    if found is not Graphics.AUTO:
        return found
    try:
        import textual_image.renderable as installed  # asks the terminal
    except ImportError:
        return Graphics.BLOCKS
    return Graphics.SIXEL if installed.Image is installed.SixelImage else Graphics.BLOCKS


def drawn(pixels: Pixels, protocol: Graphics, columns: int, lines: int) -> Iterator[Any]:
    """Yield what draws `pixels` over `columns` x `lines` characters, for Rich.

    After https://sw.kovidgoyal.net/kitty/graphics-protocol/ and https://iterm2.com/documentation-images.html.
    """
    image = Image.fromarray(pixels)
    room = (columns * CELL[0], lines * CELL[1])
    image.thumbnail(room, Image.Resampling.BOX)
    times = min(room[0] // image.width, room[1] // image.height)
    if times > 1:  # terminals would blur what they enlarge
        image = image.resize((times * image.width, times * image.height), Image.Resampling.NEAREST)
    if protocol is Graphics.SIXEL:
        try:
            from textual_image.renderable import SixelImage
        except ImportError:
            raise MissingExtraError("--graphics sixel", "terminal") from None
        yield SixelImage(image, width=columns, height=lines)
        return
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    write = _kitty if protocol is Graphics.KITTY else _iterm2
    yield Segment(write(buffer.getvalue(), columns, lines), control=RAW)
    yield Segment.line()


def _kitty(png: bytes, columns: int, lines: int) -> str:
    content = b64encode(png).decode("ascii")
    starts = range(0, len(content), CHUNK)
    keys = [f"a=T,f=100,q=2,c={columns},r={lines},", *[""] * (len(starts) - 1)]
    return "".join(
        f"\x1b_G{key}m={int(start != starts[-1])};{content[start : start + CHUNK]}\x1b\\"
        for key, start in zip(keys, starts, strict=True)
    )


def _iterm2(png: bytes, columns: int, lines: int) -> str:
    shape = f"width={columns};height={lines};preserveAspectRatio=0"
    return f"\x1b]1337;File=inline=1;size={len(png)};{shape}:{b64encode(png).decode('ascii')}\a"
