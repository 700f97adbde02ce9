"""Feature maps as pictures, and many of them on one labelled sheet."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convcli.display.colour_scales import diverging
from convcli.display.drawn.sheet import FAINT, Tile, Words, lay_out
from convcli.display.words import significant

__all__ = ["MARGIN", "TITLE", "Limits", "contact_sheet", "limits", "picture", "resized"]

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

# Pixels of the longer side of each map on a sheet of up to 1, 4, 16, 64 maps, and of more.
SIDES = ((1, 512), (4, 320), (16, 224), (64, 128))
SMALL = 96

MARGIN = 12  # pixels
TITLE, CAPTION = 18, 12  # font sizes


class Limits(NamedTuple):
    """The least and greatest finite value of a map."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{significant(self.low)} to {significant(self.high)}"


def limits(values: Array) -> Limits:
    """Return the range of `values`; 0 to 0 where none is finite."""
    finite = values[np.isfinite(values)]
    return Limits(float(finite.min()), float(finite.max())) if finite.size else Limits(0.0, 0.0)


def picture(values: Array, within: Limits | None = None) -> Pixels:
    """Return an H x W map as grey H x W, or as H x W x 3 around 0 where it has negative values.

    Grey is stretched from the least value, black, to the greatest, white; a constant is black where it is 0,
    else white. Colours are as strong as the largest magnitude on either side of 0, which is light grey.
    """
    low, high = within or limits(values)
    if low < 0:
        with np.errstate(invalid="ignore"):
            return diverging(values / max(-low, high))
    start = low if high > low else 0.0
    with np.errstate(invalid="ignore"):
        share = np.clip((values - start) / ((high - start) or 1.0), 0, 1)
    return np.rint(255 * np.nan_to_num(share)).astype(np.uint8)


def contact_sheet(title: str, maps: Sequence[Array]) -> Pixels:
    """Return all maps of a layer on white paper, each on its own scale, numbered, with its range below."""
    side = next((side for count, side in SIDES if len(maps) <= count), SMALL)
    ranges = [limits(values) for values in maps]
    tiles = [
        Tile(
            Image.fromarray(picture(resized(values, side), within)),
            [f"{index}:  {within}" if len(maps) > 1 else str(within)],
        )
        for index, (values, within) in enumerate(zip(maps, ranges, strict=True))
    ]
    legend = _legend([within.low < 0 for within in ranges])
    head = (Words([title], TITLE, TITLE + 6), Words([legend], CAPTION, CAPTION, FAINT))
    width, height = tiles[0].picture.size
    cell = max(width, ceil(Words([tile.lines[0] for tile in tiles], CAPTION, 0).width))
    columns = min(len(tiles), ceil(sqrt(len(tiles) * (height + 2 * CAPTION) / cell)))
    return lay_out(head, tiles, columns, CAPTION, MARGIN).pixels


def _legend(signed: Sequence[bool]) -> str:
    colours = "blue is negative, light grey 0, red positive"
    grey = "black is the least value, white the greatest"
    if all(signed):
        return f"each map on its own scale: {colours}"
    if not any(signed):
        return f"each map on its own scale: {grey}"
    return f"each map on its own scale: {grey}; where some are negative, {colours}"


def resized(values: Array, side: int) -> Array:
    """Return a map whose longer side is near `side`: means of its pixels, or each of them enlarged."""
    longest = max(values.shape)
    if longest <= side:
        times = max(1, side // longest)
        return np.repeat(np.repeat(values, times, 0), times, 1)
    height, width = (max(1, round(n * side / longest)) for n in values.shape)
    small = Image.fromarray(np.asarray(values, np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small)
