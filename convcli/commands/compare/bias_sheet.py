"""Maps of means and deviations by position, one row of tiles for each padding, as one picture."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convcli.commands.compare.tones import strongest
from convcli.display.colour_scales import diverging
from convcli.display.drawn.sheet import FAINT, INK, Sheet, Words, scaled, wrapped
from convcli.display.ticks import round_up

__all__ = ["BiasMaps", "bias_sheet"]

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

# All lengths are in pixels.
TILE, GAP, MARGIN = 190, 10, 20
ACROSS = 3  # paddings in a row
HEADING, NAME, WORDS = 24, 18, 14  # font sizes
BAR = 12
SHARE = 97  # percent of the positions that are within the scale


class BiasMaps(NamedTuple):
    """One padding: how far means and deviations are from those inside, in deviations; and its figures."""

    name: str
    mean: Array
    deviation: Array
    caption: str


def bias_sheet(title: str, lines: Sequence[str], maps: Sequence[BiasMaps]) -> Pixels:
    """Return all maps on white paper, H x W x 3, means on one scale of colours and deviations on another.

    Scales are round numbers that most positions of the most uneven map are within.
    """
    limits = [
        round_up(max(float(np.percentile(np.abs(one), SHARE)) for one in kind) or 1.0)
        for kind in zip(*((each.mean, each.deviation) for each in maps), strict=True)
    ]
    scale = [
        f"left: mean, full colour {limits[0]:g} deviations or more above (red) or below (blue) that inside",
        f"right: deviation, full colour {limits[1]:g} times the deviation inside above or below it, or more",
    ]
    wide = 2 * TILE + GAP
    columns = min(ACROSS, len(maps))
    across = max(columns * (wide + 2 * MARGIN) - 2 * MARGIN, 2 * wide)
    words = [line for text in (*lines, *scale) for line in wrapped(text, WORDS, across)]
    head = (
        Words(wrapped(title, HEADING, across), HEADING, HEADING + 8),
        Words(words, WORDS, WORDS + 5, FAINT),
    )
    high = NAME + WORDS + 14 + TILE + MARGIN
    rows = math.ceil(len(maps) / columns)
    sheet = Sheet(math.ceil(across) + 2 * MARGIN, head, rows * high + BAR + 2 * WORDS + MARGIN, MARGIN)
    for index, one in enumerate(maps):
        x, y = sheet.cell(index, columns, (wide + 2 * MARGIN, high))
        sheet.text((x, y), one.name, NAME)
        sheet.text((x, y + NAME + 4), one.caption, WORDS, FAINT)
        for at, (values, limit) in enumerate(zip((one.mean, one.deviation), limits, strict=True)):
            tile = Image.fromarray(diverging(strongest(values) / limit))
            x_tile = x + at * (TILE + GAP)
            sheet.paste((x_tile, y + NAME + WORDS + 12), scaled(tile, TILE / max(tile.size)))
    below = sheet.top + rows * high
    sheet.paste((MARGIN, below), diverging(np.linspace(-1, 1, 2 * TILE))[None].repeat(BAR + 1, 0))
    for share, text, anchor in ((0.0, "below", "la"), (0.5, "as inside", "ma"), (1.0, "above", "ra")):
        sheet.text((MARGIN + share * (2 * TILE - 1), below + BAR + 4), text, WORDS, INK, anchor)
    return sheet.pixels
