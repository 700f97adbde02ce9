"""Both sides of the convolution theorem for a signal: magnitudes over frequency as curves."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from convcli.commands.spectrum.view import Pixels, Spectra
from convcli.display.drawn.contact_sheet import MARGIN, TITLE
from convcli.display.drawn.curve_plots import WIDTH, draw_curves
from convcli.display.drawn.sheet import FAINT, Sheet, Words, wrapped
from convcli.display.terminal.curves import Curve, aligned
from convcli.display.words import significant
from convcli.engine.analysis.convolution_theorem import Spectrum, Theorem

__all__ = ["SignalSpectra"]

# Columns of text from which two curves stand beside each other, and those between them.
WIDE, GAP = 78, 2

# Font size of the lines below the title of a picture, and pixels from one to the next.
SMALL, LINE = 12, 18


@dataclass(frozen=True, eq=False)
class SignalSpectra(Spectra):
    """The spectra of a signal: a Rich renderable of small curves, or a picture of all."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.title, style="bold")
        for heading, _, theorem in self._drawn():
            yield Text(heading)
            yield Text("")
            curves = aligned(list(_curves(theorem, convolve=self.convolve)))
            if options.max_width < WIDE:
                yield from curves
                continue
            grid = Table.grid(padding=(0, GAP, 0, 0), pad_edge=True, expand=True)  # of one width
            for _ in range(2):
                grid.add_column(ratio=1)
            for first in (0, 2):
                grid.add_row(*curves[first : first + 2])
            yield grid
        yield Text("magnitudes over frequency, in cycles per sample")
        yield Text("")
        yield from map(Text, self.lines)

    def picture(self) -> Pixels:
        """Return a sheet on white paper with a plot for each curve."""
        drawn = list(self._drawn())
        curves = [
            replace(curve, title=f"component {number}: {curve.title}" if len(drawn) > 1 else curve.title)
            for number, (*_, theorem) in enumerate(drawn, 1)
            for curve in _curves(theorem, convolve=self.convolve)
        ]
        plots = draw_curves(curves, "magnitude")
        said = (*(heading for heading, *_ in drawn), *self.lines)
        lines = [part for line in said for part in wrapped(line, SMALL, WIDTH - 2 * MARGIN)]
        head = (Words([self.title], TITLE, TITLE + 6), Words(lines, SMALL, LINE, FAINT))
        width = max(plots.shape[1], *(words.width + 2 * MARGIN for words in head))
        sheet = Sheet(width, head, plots.shape[0], MARGIN)
        sheet.paste((0, sheet.top), plots)
        return sheet.pixels


def _curves(theorem: Theorem, *, convolve: bool) -> Iterator[Curve]:
    conjugate = "" if convolve else "conj "
    panels: tuple[tuple[str, Spectrum, int], ...] = (
        ("|F(signal)|", theorem.picture, 0),
        ("|F(kernel)|", theorem.kernel, 1),
        (f"|F(signal) {conjugate}F(kernel)|", theorem.product, 2),
        ("|F(what the engine gives)|", theorem.result, 2),
    )
    for title, values, kind in panels:
        # those of a real signal are the same below frequency 0
        half = np.abs(values[0, : values.shape[1] // 2 + 1])
        facts = f"{title}, max {significant(float(half.max()))}"
        last = (len(half) - 1) / values.shape[1]
        yield Curve(title=facts, values=half, axis="cycles per sample", last=last, kind=kind)
