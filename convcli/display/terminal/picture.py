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

__all__ = ["Picture"]

Pixels = NDArray[np.uint8]

# Shades from black to white where there are few colours or none.
RAMP = " .:-=+*#%@"

# Columns of text that one pixel of a small picture becomes at most.
ENLARGED = 4


@dataclass(frozen=True, eq=False)
class Picture:
    """A Rich renderable of a picture: half blocks, two pixels a character, or the terminal's own graphics.

    Half blocks have 24-bit colours or the nearest of 256. Where there are fewer, or none, shades of
    characters are drawn, the densest for white. Nothing is ever wider than the terminal.

    Attributes
    ----------
    pixels : (H, W) or (H, W, 3) array of uint8
        Grey or RGB.
    title, facts
        Words above it, in bold and plain.
    """

    pixels: Pixels
    title: str = ""
    facts: str = ""
    graphics: Graphics = Graphics.AUTO
    max_lines: int = 40

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.title:
            yield Text(self.title, style="bold")
        if self.facts:
            yield Text(self.facts)
        columns, rows = self._size(options.max_width)
        protocol = chosen_protocol(self.graphics, console, os.environ)
        if protocol is not Graphics.BLOCKS:
            yield from drawn(self.pixels, protocol, columns, -(-rows // 2))
            return
        few = console.no_color or options.ascii_only or console.color_system not in ("256", "truecolor")
        image = Image.fromarray(self.pixels)
        larger = columns > image.width
        image = image.resize((columns, rows), Image.Resampling.NEAREST if larger else Image.Resampling.BOX)
        for line in _shades(image) if few else half_blocks(np.asarray(image.convert("RGB")).tolist()):
            yield from line
            yield Segment.line()

    def _size(self, width: int) -> tuple[int, int]:
        """Return columns and rows, two of which are as high as a line."""
        height, across = self.pixels.shape[:2]
        scale = min(width / across, 2 * self.max_lines / height, ENLARGED)
        if scale > 1:
            scale = int(scale)
        return max(1, min(width, round(across * scale))), max(1, round(height * scale))


def _shades(image: Image.Image) -> Iterator[list[Segment]]:
    lines = max(1, round(image.height / 2))
    light = np.asarray(image.convert("L").resize((image.width, lines), Image.Resampling.BOX))
    for row in (light.astype(int) * len(RAMP) // 256).tolist():
        yield [Segment("".join(RAMP[shade] for shade in row))]
