"""A picture in the terminal, as well as the terminal can show it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from convcli.choices import Graphics
from convcli.display.terminal.cells import half_blocks
from convcli.display.terminal.graphics import chosen_protocol, drawn

__all__ = ["RAMP", "Picture", "size_within"]

Pixels = NDArray[np.uint8]

# Shades from black to white where there are few colours or none.
RAMP = " .:-=+*#%@"

# Columns of text that one pixel of a small picture becomes at most.
ENLARGED = 4

# Lines of a picture where the terminal has no room for as many, below the words.
LEAST_LINES = 4


@dataclass(frozen=True, eq=False)
class Picture:
    """A Rich renderable of a picture: half blocks, two pixels a character, or the terminal's own graphics.

    Half blocks have 24-bit colours or the nearest of 256. Where there are fewer, or none, shades of
    characters are drawn, the densest for white. Nothing is ever wider than the terminal, nor, with the words
    above it and a line for the prompt, higher.

    Attributes
    ----------
    pixels : (H, W) or (H, W, 3) array of uint8
        Grey or RGB.
    title, facts
        Words above it, in bold and plain.
    shades, shades_facts
        What is drawn in characters, and the words above that, where they are others than of colours.
    """

    pixels: Pixels
    title: str = ""
    facts: str = ""
    graphics: Graphics = Graphics.AUTO
    max_lines: int = 40
    shades: Pixels | None = None
    shades_facts: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        protocol = self.protocol(console, options)
        height = options.size.height - 1
        one = self.prepared(*self.size(options.max_width, min(height, self.max_lines)), protocol)
        words = [*one.words(protocol)]
        yield from words
        above = sum(len(text.wrap(console, options.max_width)) for text in words)
        size = one.size(options.max_width, min(max(LEAST_LINES, height - above), self.max_lines))
        if protocol not in (None, Graphics.BLOCKS):
            yield from drawn(one.pixels, protocol, size[0], -(-size[1] // 2))
            return
        for line in one.lines(*size, colour=protocol is not None):
            yield from line
            yield Segment.line()

    def prepared(self, _columns: int, _rows: int, _protocol: Graphics | None) -> "Picture":
        """Return what is drawn in about so many columns and rows: the same, for a picture of pixels."""
        return self

    def protocol(self, console: Console, options: ConsoleOptions) -> Graphics | None:
        """Return how it is drawn; None is in shades of characters."""
        protocol = chosen_protocol(self.graphics, console, os.environ)
        few = console.no_color or options.ascii_only or console.color_system not in ("256", "truecolor")
        return None if few and protocol is Graphics.BLOCKS else protocol

    def words(self, protocol: Graphics | None) -> Iterator[Text]:
        """Yield the words above it."""
        facts = self.facts if protocol is not None or self.shades is None else self.shades_facts
        if self.title:
            yield Text(self.title, style="bold")
        if facts:
            yield Text(facts)

    def lines(self, columns: int, rows: int, *, colour: bool) -> Iterator[list[Segment]]:
        """Yield its lines: half blocks in colour, or shades of characters."""
        image = Image.fromarray(self.pixels if colour or self.shades is None else self.shades)
        larger = columns > image.width
        image = image.resize((columns, rows), Image.Resampling.NEAREST if larger else Image.Resampling.BOX)
        return half_blocks(np.asarray(image.convert("RGB")).tolist()) if colour else _shades(image)

    def size(self, width: int, lines: int) -> tuple[int, int]:
        """Return columns and rows, two of which are as high as a line."""
        return size_within(self.pixels.shape, width, lines)


def size_within(shape: tuple[int, ...], width: int, lines: int) -> tuple[int, int]:
    """Return columns and rows of a picture that fits, enlarged by a whole number or made smaller."""
    height, across = shape[:2]
    scale = min(width / across, 2 * lines / height, ENLARGED)
    if scale > 1:
        scale = int(scale)
    return max(1, min(width, round(across * scale))), max(1, round(height * scale))


def _shades(image: Image.Image) -> Iterator[list[Segment]]:
    lines = max(1, round(image.height / 2))
    light = np.asarray(image.convert("L").resize((image.width, lines), Image.Resampling.BOX))
    for row in (light.astype(int) * len(RAMP) // 256).tolist():
        yield [Segment("".join(RAMP[shade] for shade in row))]
