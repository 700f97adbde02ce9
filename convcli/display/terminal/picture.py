"""A picture in half blocks, or in shades of characters."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.segment import Segment

from convcli.display.terminal.cells import half_blocks

__all__ = ["RAMP", "Picture", "size_within"]

Pixels = NDArray[np.uint8]

# Shades from black to white where there are few colours or none.
RAMP = " .:-=+*#%@"

# Most columns of text for one pixel of a small picture.
ENLARGED = 4


@dataclass(frozen=True, eq=False)
class Picture:
    """One of the :class:`~convcli.display.terminal.pictures.Pictures` that a terminal shows.

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

    def size(self, width: int, lines: int) -> tuple[int, int]:
        """Return its columns and rows, two of which are as high as a line."""
        return size_within(self.pixels.shape, width, lines)

    def prepared(self, _columns: int, _rows: int, *, colour: bool) -> "Picture":
        """Return the picture for about so many pixels, in colour or not; a plain one is the same for all."""
        del colour
        return self

    def lines(self, columns: int, rows: int, *, colour: bool) -> Iterator[list[Segment]]:
        """Yield its lines: half blocks in colour, or shades of characters, the densest for white."""
        image = Image.fromarray(self.pixels)
        larger = columns > image.width
        image = image.resize((columns, rows), Image.Resampling.NEAREST if larger else Image.Resampling.BOX)
        return half_blocks(np.asarray(image.convert("RGB")).tolist()) if colour else _shades(image)


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
