"""Every named kernel on one labelled picture: its weights, and its frequency response."""

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convcli.commands.kernels.compact_list import GROUPS
from convcli.display.colour_scales import diverging
from convcli.display.drawn.contact_sheet import MARGIN, TITLE, picture
from convcli.display.drawn.sheet import FAINT, PAPER, Sheet, Words, wrapped
from convcli.display.terminal.cells import largest
from convcli.kernels import library
from convcli.kernels.analysis import joint_response
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.options.specs import ReadSpec, WriteSpec
from convcli.pipeline.batch import Batch, Outcome
from convcli.pipeline.naming import OutputPaths, into_folder
from convcli.pipeline.result_files import write_drawing
from convcli.pipeline.sources import Source

__all__ = ["draw_library", "library_sheet"]

Pixels = NDArray[np.uint8]

# Sides of both pictures of a kernel, the gap between them, and between components, in pixels.
SIDE, GAP, THIN = 96, 8, 4

# Kernels in a row, and lines of small text below each.
COLUMNS, ABOUT_LINES = 5, 2

# Font sizes of names and of small text, and the height of a line of small text, in pixels.
NAME, SMALL, LINE = 14, 11, 14

LEGEND = [
    "Left: the weights, blue below 0, light grey 0, red above 0, each kernel on its own scale; where there "
    "are several, their results are combined.",
    "Right: how strongly waves come through, black none, white most; slow ones in the middle, two pixels "
    "long at the edges.",
]


def draw_library(writing: WriteSpec) -> Batch:
    """Draw all named kernels into the one file that `writing` names, by default ``kernels-sheet.png``."""
    paths = OutputPaths(into_folder(writing), 1, [])

    def work(source: Source) -> Outcome:
        (target,) = paths.targets(source, ("sheet",), "png")
        done = write_drawing(source, target, library_sheet(), writing)
        return done._replace(report={"output": target.path})

    return Batch(["kernels"], ReadSpec(), work, paths.to_stdout)


def library_sheet() -> Pixels:
    """Return all named kernels on white paper, in the order of the list."""
    names = [name for lines in GROUPS.values() for line in lines for name in line]
    wide = 2 * SIDE + GAP
    high = NAME + 6 + SIDE + 4 + ABOUT_LINES * LINE
    head = (Words(["The named kernels"], TITLE, TITLE + 6), Words(LEGEND, SMALL + 1, LINE + 2, FAINT))
    rows = ceil(len(names) / COLUMNS)
    width = max(COLUMNS * (wide + 2 * MARGIN), *(words.width + 2 * MARGIN for words in head))
    sheet = Sheet(width, head, rows * (high + MARGIN), MARGIN)
    for index, name in enumerate(names):
        left, above = sheet.cell(index, COLUMNS, (wide + 2 * MARGIN, high + MARGIN))
        found = kernel(name)
        sheet.text((left, above), name, NAME)
        above += NAME + 6
        sheet.paste((left, above), _weights(found))
        response = joint_response(found.components, found.combine, SIDE)
        sheet.paste((left + SIDE + GAP, above), picture(response / largest(response)), framed=True)
        about = wrapped(library.entry(name).about, SMALL, wide + MARGIN)[:ABOUT_LINES]
        for line, words in enumerate(about):
            sheet.text((left, above + SIDE + 4 + line * LINE), words, SMALL, FAINT)
    return sheet.pixels


def _weights(found: Kernel) -> Image.Image:
    """Draw the components in a square, side by side where there are several."""
    full = max(map(largest, found.components))
    across = ceil(sqrt(len(found.components)))
    side = (SIDE - THIN * (across - 1)) // across
    down = ceil(len(found.components) / across)
    square = Image.new("RGB", (SIDE, SIDE), PAPER)
    start = (SIDE - down * side - (down - 1) * THIN) // 2
    for index, weights in enumerate(found.components):
        height, width = (max(1, round(n * side / max(weights.shape))) for n in weights.shape)
        tile = Image.fromarray(diverging(weights / full)).resize((width, height), Image.Resampling.NEAREST)
        left, above = index % across * (side + THIN), start + index // across * (side + THIN)
        square.paste(tile, (left + (side - width) // 2, above + (side - height) // 2))
    return square
