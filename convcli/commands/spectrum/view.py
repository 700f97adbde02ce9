"""Spectra drawn: a labelled picture with Pillow, and small ones for the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from convcli.display.drawn.contact_sheet import MARGIN, TITLE, picture
from convcli.display.drawn.lettering import text_width
from convcli.display.drawn.sheet import FAINT, INK, Sheet, Words, scaled
from convcli.display.terminal.cells import colour_system
from convcli.display.terminal.heat import SHADES, Heat
from convcli.display.words import significant, size
from convcli.engine.analysis.convolution_theorem import Theorem
from convcli.kernels.analysis import character, gain, rank

__all__ = ["MOST_DRAWN", "Spectra", "decibels"]

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

# Components of a kernel that are drawn.
MOST_DRAWN = 8

# Sides of a panel, in pixels: both axes run from -1/2 to 1/2 cycles per pixel, whatever the picture.
SIDE = 240

# Font size of all words but the title, and pixels from one line to the next.
SMALL, LINE = 12, 18

# Width of a small spectrum in columns of text; half as many lines.
COLUMNS = 18

# Powers of ten below the largest magnitude that the colours reach down to.
DECADES = 5

TICKS = ((-0.5, "-1/2"), (0.0, "0"), (0.5, "1/2"))

AXES = (
    "Spectra: u down, v across, in cycles per pixel, 0 in the middle; colours are shares of each one's "
    "largest magnitude, logarithmic. In space: grey, or blue below and red above 0."
)

# Eight steps of inferno, a map of even lightness (Smith and van der Walt, matplotlib, 2015; CC0).
INFERNO = np.array(
    [
        *((0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99)),
        *((212, 72, 66), (245, 125, 21), (250, 193, 39), (252, 255, 164)),
    ],
    float,
)


class _Panel(NamedTuple):
    """One spectrum: title, magnitudes with frequency 0 in the middle, and formula."""

    title: str
    magnitudes: Array
    formula: str

    @property
    def largest(self) -> str:
        return f"largest {significant(float(self.magnitudes.max()))}"


@dataclass(frozen=True, eq=False)
class Spectra:
    """Both sides of the convolution theorem: a Rich renderable of small spectra, or a picture of all.

    `pixels` are H x W; `components` are the kernel's matrices, each with its theorem; `lines` say what came
    of it; `convolve` tells whether the kernel was rotated.
    """

    title: str
    lines: Sequence[str]
    pixels: Array
    components: Sequence[tuple[Array, Theorem]]
    convolve: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.title, style="bold")
        abreast = max(1, min(4, (options.max_width + 2) // 20))
        for heading, _, theorem in self._drawn():
            yield Text(heading)
            panels = _panels(theorem, convolve=self.convolve)
            for begin in range(0, len(panels), abreast):
                yield Text("")
                yield _abreast(panels[begin : begin + abreast])
        least, most = ("black", "white") if colour_system(console) else ("blank", SHADES[-1])
        yield Text("")
        yield Text(
            f"{least} is {10.0**-DECADES:.{DECADES}f} of the largest or less, {most} the largest; logarithmic"
        )
        yield Text("")
        for line in self.lines:
            yield Text(line)

    def _drawn(self) -> Iterator[tuple[str, Array, Theorem]]:
        """Yield the components that are drawn, with words about each."""
        count = len(self.components)
        for index, (weights, theorem) in enumerate(self.components[:MOST_DRAWN], 1):
            which = f"component {index} of {count}: " if count > 1 else ""
            terms = rank(weights)
            separable = f"{'' if terms <= 1 else 'not '}separable (rank {terms})"
            kind = f"{character(weights).value}, {separable}, gain {gain(weights):.6g}"
            yield f"{which}kernel {size(weights.shape)}, {kind}", weights, theorem

    def picture(self) -> Pixels:
        """Return a sheet on white paper: for each component what is in space, and below that the spectra."""
        left = MARGIN + ceil(text_width("-1/2", SMALL)) + 8
        step = SIDE + left
        bar = left + 4 * step
        head = (Words([self.title], TITLE, TITLE + 6), Words([*self.lines, AXES], SMALL, LINE, FAINT))
        across = bar + 16 + ceil(text_width("0.00001", SMALL)) + 2 * MARGIN
        width = max(across, *(words.width + 2 * MARGIN for words in head))
        high = 2 * SIDE + 6 * LINE + 2 * MARGIN
        drawn = list(self._drawn())
        sheet = Sheet(width, head, len(drawn) * high - 6, MARGIN)
        for number, (heading, weights, theorem) in enumerate(drawn):
            above = sheet.top - 6 + number * high
            sheet.text((MARGIN, above), heading, SMALL)
            above += SMALL + 10
            for index, (title, values) in enumerate(
                (
                    ("picture", self.pixels),
                    (f"kernel, {size(weights.shape)}", weights),
                    ("product, transformed back", np.fft.ifft2(theorem.product).real),
                    ("result of the engine", theorem.direct),
                )
            ):
                sheet.text((left + index * step, above), title, SMALL)
                sheet.paste((left + index * step, above + LINE), _in_space(values), framed=True)
            above += SIDE + 2 * LINE
            for index, panel in enumerate(_panels(theorem, convolve=self.convolve)):
                sheet.text((left + index * step, above), panel.title, SMALL)
                _paste_spectrum(sheet, panel, (left + index * step, above + LINE))
            _colour_bar(sheet, (bar, above + LINE))
        return sheet.pixels


def _panels(theorem: Theorem, *, convolve: bool) -> list[_Panel]:
    spectra = (
        ("picture", theorem.picture, "F(picture)"),
        ("kernel", theorem.kernel, "F(kernel)"),
        ("product", theorem.product, "F(picture) F(kernel)" if convolve else "F(picture) conj F(kernel)"),
        ("result", theorem.result, "F(what the engine gives)"),
    )
    return [_Panel(title, np.fft.fftshift(np.abs(values)), formula) for title, values, formula in spectra]


def decibels(magnitudes: Array) -> Array:
    """Return ``log10(m / largest)``, from 0 down to ``-DECADES``, which is all there is of zeros."""
    largest = float(magnitudes.max())
    if largest == 0:
        return np.full(magnitudes.shape, -float(DECADES))
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(magnitudes / largest), -float(DECADES))


def _in_space(values: Array) -> Image.Image:
    """Show numbers as they lie in space, as large as they fit, with their proportions."""
    scale = SIDE / max(values.shape)
    if scale >= 1:
        return scaled(Image.fromarray(picture(values)), scale)
    return Image.fromarray(
        picture(np.asarray(scaled(Image.fromarray(np.asarray(values, np.float32)), scale)))
    )


def _paste_spectrum(sheet: Sheet, panel: _Panel, at: tuple[int, int]) -> None:
    x, y = at
    sheet.paste(at, _coloured(_square(decibels(panel.magnitudes), SIDE)), framed=True)
    for axis, length in enumerate(panel.magnitudes.shape):
        for frequency, word in TICKS:
            # A bin of n is centred at (index + 1/2) / n of the panel, and frequency 0 is the one at n // 2.
            share = frequency + (length // 2 + 0.5) / length
            place = round(min(max(share, 0.0), 1.0) * SIDE)
            if axis == 0:
                sheet.draw.line((x - 4, y + place, x - 1, y + place), INK)
                sheet.text((x - 7, y + place), word, SMALL, anchor="rm")
            else:
                sheet.draw.line((x + place, y + SIDE, x + place, y + SIDE + 3), INK)
                side = "l" if frequency < 0 else "r" if frequency > 0 else "m"
                sheet.text((x + place, y + SIDE + 5), word, SMALL, anchor=f"{side}t")
    sheet.text((x, y + SIDE + SMALL + 10), f"|{panel.formula}|, {panel.largest}", SMALL, FAINT)


def _colour_bar(sheet: Sheet, at: tuple[int, int]) -> None:
    x, y = at
    sheet.paste(at, _coloured(np.linspace(0, -DECADES, SIDE)[:, None].repeat(14, 1)))
    for decade in range(DECADES + 1):
        row = y + round(decade * (SIDE - 1) / DECADES)
        sheet.draw.line((x + 14, row, x + 17, row), INK)
        sheet.text((x + 20, row), f"{10.0**-decade:.{decade}f}", SMALL, anchor="lm")


def _coloured(levels: Array) -> Pixels:
    place = (1 + levels / DECADES) * (len(INFERNO) - 1)
    below = np.minimum(place.astype(int), len(INFERNO) - 2)
    share = (place - below)[..., None]
    colours: Pixels = np.rint(INFERNO[below] * (1 - share) + INFERNO[below + 1] * share).astype(np.uint8)
    return colours


def _square(levels: Array, side: int) -> Array:
    """Return `side` x `side` values: means of those that fall together, or each of them enlarged."""
    image = Image.fromarray(np.asarray(levels, np.float32))
    return np.asarray(image.resize((side, side), Image.Resampling.BOX), np.float64)


def _abreast(panels: Sequence[_Panel]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in panels:
        table.add_column(width=COLUMNS, no_wrap=True)
    table.add_row(*(Text(panel.title, style="bold") for panel in panels))
    levels = [1 + _square(decibels(panel.magnitudes), COLUMNS) / DECADES for panel in panels]
    drawn = partial(Heat, limit=1.0, magnitudes=True, max_width=COLUMNS, max_height=COLUMNS // 2)
    table.add_row(*map(drawn, levels))
    table.add_row(*(Text(panel.largest) for panel in panels))
    return table
