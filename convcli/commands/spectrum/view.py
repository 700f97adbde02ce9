"""Spectra drawn: a labelled picture with Pillow, and small ones for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from convcli.display.drawn.contact_sheet import FAINT, INK, MARGIN, PAPER, TITLE, picture
from convcli.display.terminal.heat import Heat
from convcli.display.words import significant

__all__ = ["Panel", "SpectrumRow", "SpectrumSheet", "decibels", "spectrum_picture"]

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

SIDE = 240
"""Pixels of a panel's sides: both axes run from -1/2 to 1/2 cycles per pixel, whatever the picture."""

SMALL = 12  # font size
DECADES = 5
"""Powers of ten below the largest magnitude that the colours reach down to."""

TICKS = ((-0.5, "-1/2"), (0.0, "0"), (0.5, "1/2"))

_INFERNO = np.array(
    [
        *((0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99)),
        *((212, 72, 66), (245, 125, 21), (250, 193, 39), (252, 255, 164)),
    ],
    float,
)
"""Eight steps of inferno, a map of even lightness (Smith and van der Walt, matplotlib, 2015; CC0)."""


class Panel(NamedTuple):
    """What one spectrum is of, its magnitudes (frequency 0 in the middle), and a line below it."""

    title: str
    magnitudes: Array
    caption: str


class SpectrumRow(NamedTuple):
    """One kernel: words above it, its spectra, and what is beside them in space, with titles."""

    heading: str
    panels: Sequence[Panel]
    places: Sequence[tuple[str, Array]]


def decibels(magnitudes: Array) -> Array:
    """Return ``log10(m / largest)``, from 0 down to ``-DECADES``, which is all there is of zeros."""
    largest = float(magnitudes.max())
    if largest == 0:
        return np.full(magnitudes.shape, -float(DECADES))
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(magnitudes / largest), -float(DECADES))


def spectrum_picture(title: str, lines: Sequence[str], rows: Sequence[SpectrumRow]) -> Pixels:
    """Return a sheet on white paper: for each row its spectra with axes, above them what is in space."""
    heading, small = ImageFont.load_default(TITLE), ImageFont.load_default(SMALL)
    left = MARGIN + ceil(small.getlength("-1/2")) + 8
    step = SIDE + left
    bar = left + len(rows[0].panels) * step
    across = bar + 16 + ceil(small.getlength("0.00001")) + 2 * MARGIN
    longest = max(heading.getlength(title), *(small.getlength(line) for line in (*lines, _AXES)))
    top = 2 * MARGIN + TITLE + (len(lines) + 1) * (SMALL + 6)
    high = 2 * SIDE + 6 * (SMALL + 6) + 2 * MARGIN
    width = ceil(max(across, longest + 2 * MARGIN))
    sheet = Image.new("RGB", (width, top + len(rows) * high), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, MARGIN), title, INK, heading)
    for number, line in enumerate((*lines, _AXES)):
        draw.text((MARGIN, MARGIN + TITLE + 6 + number * (SMALL + 6)), line, FAINT, small)
    for number, row in enumerate(rows):
        above = top + number * high
        draw.text((MARGIN, above), row.heading, INK, small)
        above += SMALL + 10
        for index, (place, values) in enumerate(row.places):
            x = left + index * step
            draw.text((x, above), place, INK, small)
            _paste_space(sheet, values, (x, above + SMALL + 6))
        above += SIDE + 2 * (SMALL + 6)
        for index, panel in enumerate(row.panels):
            x = left + index * step
            draw.text((x, above), panel.title, INK, small)
            _paste_spectrum(sheet, panel, (x, above + SMALL + 6), small)
        _colour_bar(sheet, (bar, above + SMALL + 6), small)
    return np.asarray(sheet)


_AXES = (
    "Spectra: u down, v across, in cycles per pixel, 0 in the middle; colours are shares of each one's "
    "largest magnitude, logarithmic. In space: grey, or blue below and red above 0."
)


def _paste_space(sheet: Image.Image, values: Array, at: tuple[int, int]) -> None:
    """Show numbers as they lie in space, as large as they fit, with their proportions."""
    height, width = values.shape
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale >= 1:
        tile = Image.fromarray(picture(values)).resize(size, Image.Resampling.NEAREST)
    else:
        small = Image.fromarray(np.asarray(values, np.float32)).resize(size, Image.Resampling.BOX)
        tile = Image.fromarray(picture(np.asarray(small)))
    sheet.paste(tile, at)
    ImageDraw.Draw(sheet).rectangle((at[0] - 1, at[1] - 1, at[0] + size[0], at[1] + size[1]), outline=FAINT)


def _paste_spectrum(sheet: Image.Image, panel: Panel, at: tuple[int, int], font: Any) -> None:
    draw = ImageDraw.Draw(sheet)
    x, y = at
    sheet.paste(Image.fromarray(_coloured(_square(decibels(panel.magnitudes), SIDE))), at)
    draw.rectangle((x - 1, y - 1, x + SIDE, y + SIDE), outline=FAINT)
    for axis, size in enumerate(panel.magnitudes.shape):
        for frequency, word in TICKS:
            # A bin of n is centred at (index + 1/2) / n of the panel, and frequency 0 is the one at n // 2.
            share = frequency + (size // 2 + 0.5) / size
            place = round(min(max(share, 0.0), 1.0) * SIDE)
            if axis == 0:
                draw.line((x - 4, y + place, x - 1, y + place), INK)
                draw.text((x - 7, y + place), word, INK, font, anchor="rm")
            else:
                draw.line((x + place, y + SIDE, x + place, y + SIDE + 3), INK)
                side = "l" if frequency < 0 else "r" if frequency > 0 else "m"
                draw.text((x + place, y + SIDE + 5), word, INK, font, anchor=f"{side}t")
    draw.text((x, y + SIDE + SMALL + 10), panel.caption, FAINT, font)


def _colour_bar(sheet: Image.Image, at: tuple[int, int], font: Any) -> None:
    ramp = np.linspace(0, -DECADES, SIDE)[:, None].repeat(14, 1)
    sheet.paste(Image.fromarray(_coloured(ramp)), at)
    draw = ImageDraw.Draw(sheet)
    for decade in range(DECADES + 1):
        y = at[1] + round(decade * (SIDE - 1) / DECADES)
        draw.line((at[0] + 14, y, at[0] + 17, y), INK)
        draw.text((at[0] + 20, y), f"{10.0**-decade:.{decade}f}", INK, font, anchor="lm")


def _coloured(levels: Array) -> Pixels:
    place = (1 + levels / DECADES) * (len(_INFERNO) - 1)
    below = np.minimum(place.astype(int), len(_INFERNO) - 2)
    share = (place - below)[..., None]
    colours: Pixels = np.rint(_INFERNO[below] * (1 - share) + _INFERNO[below + 1] * share).astype(np.uint8)
    return colours


def _square(levels: Array, side: int) -> Array:
    """Return `side` x `side` values: means of those that fall together, or each of them enlarged."""
    image = Image.fromarray(np.asarray(levels, np.float32))
    return np.asarray(image.resize((side, side), Image.Resampling.BOX), np.float64)


@dataclass(frozen=True, eq=False)
class SpectrumSheet:
    """A Rich renderable: the spectra of each row as small heat pictures, as many abreast as fit.

    Attributes
    ----------
    title, lines
        Words above.
    rows
        What is drawn.
    """

    title: str
    lines: Sequence[str]
    rows: Sequence[SpectrumRow]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.title, style="bold")
        for row in self.rows:
            yield Text(row.heading)
            abreast = max(1, min(4, (options.max_width + 2) // 20))
            for begin in range(0, len(row.panels), abreast):
                yield Text("")
                yield _abreast(row.panels[begin : begin + abreast])
        yield Text("")
        for line in self.lines:
            yield Text(line)


WIDE = 18
"""Columns of a small spectrum; half as many lines."""


def _abreast(panels: Sequence[Panel]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in panels:
        table.add_column(width=WIDE, no_wrap=True)
    table.add_row(*(Text(panel.title, style="bold") for panel in panels))
    levels = [1 + _square(decibels(panel.magnitudes), WIDE) / DECADES for panel in panels]
    table.add_row(*(Heat(level, limit=1.0, max_width=WIDE, max_height=WIDE // 2) for level in levels))
    table.add_row(*(Text(f"largest {significant(float(panel.magnitudes.max()))}") for panel in panels))
    return table
