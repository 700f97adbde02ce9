"""Maps of means and deviations by position, one row of tiles for each padding, as one picture."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from convcli.commands.compare.tones import strongest
from convcli.display.diverging import diverging
from convcli.display.drawn.lettering import wrapped
from convcli.display.drawn.plot import FAINT, INK, PAPER
from convcli.display.drawn.ticks import round_up

__all__ = ["BiasMaps", "bias_sheet"]

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

TILE, GAP, MARGIN = 190, 10, 20
ACROSS = 3  # paddings in a row
HEADING, NAME, WORDS = 24, 18, 14  # font sizes
BAR = 12
SHARE = 97  # percent of the positions are within the scale


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
    heading, name, small = (ImageFont.load_default(size) for size in (HEADING, NAME, WORDS))
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
    words = [line for text in (*lines, *scale) for line in wrapped(text, small, across)]
    titles = wrapped(title, heading, across)
    top = MARGIN + (HEADING + 8) * len(titles) + (WORDS + 5) * len(words) + MARGIN
    high = NAME + WORDS + 14 + TILE + MARGIN
    rows = math.ceil(len(maps) / columns)
    sheet = Image.new(
        "RGB", (math.ceil(across) + 2 * MARGIN, top + rows * high + BAR + 2 * WORDS + MARGIN), PAPER
    )
    draw = ImageDraw.Draw(sheet)
    y = MARGIN
    for texts, size, ink, font in ((titles, HEADING + 3, INK, heading), (words, WORDS, FAINT, small)):
        for line in texts:
            draw.text((MARGIN, y), line, ink, font)
            y += size + 5
    for index, one in enumerate(maps):
        x, y = MARGIN + index % columns * (wide + 2 * MARGIN), top + index // columns * high
        draw.text((x, y), one.name, INK, name)
        draw.text((x, y + NAME + 4), one.caption, FAINT, small)
        for at, (values, limit) in enumerate(zip((one.mean, one.deviation), limits, strict=True)):
            tile = Image.fromarray(diverging(np.clip(strongest(values) / limit, -1, 1)))
            sheet.paste(_sized(tile), (x + at * (TILE + GAP), y + NAME + WORDS + 12))
    _bar(draw, top + rows * high, small)
    return np.asarray(sheet)


def _sized(tile: Image.Image) -> Image.Image:
    scale = TILE / max(tile.size)
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return tile.resize((max(1, round(tile.width * scale)), max(1, round(tile.height * scale))), how)


def _bar(draw: ImageDraw.ImageDraw, y: int, font: Any) -> None:
    for column, colour in enumerate(diverging(np.linspace(-1, 1, 2 * TILE)).tolist()):
        x = MARGIN + column
        draw.line((x, y, x, y + BAR), (colour[0], colour[1], colour[2]))
    for share, text, anchor in ((0.0, "below", "la"), (0.5, "as inside", "ma"), (1.0, "above", "ra")):
        draw.text((MARGIN + share * (2 * TILE - 1), y + BAR + 4), text, INK, font, anchor=anchor)
