"""Shared by everything drawn in the terminal: cell colours, half blocks, averages over blocks."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style

from convcli.display.colour_scales import diverging, sequential
from convcli.display.contrast import Pixel, readable

__all__ = [
    "Array",
    "Pixel",
    "averaged",
    "cell_style",
    "colour_system",
    "colours",
    "factor",
    "farthest",
    "half_blocks",
    "largest",
    "shares",
]

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.intp]


def colour_system(console: Console) -> ColorSystem | None:
    """Return the colours that `console` shows; None where it shows none."""
    return None if console.no_color else COLOR_SYSTEMS.get(console.color_system or "")


def largest(values: NDArray[Any]) -> float:
    """Return the largest finite magnitude, 0 where there is none."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def shares(values: Array, full: float) -> Array:
    """Scale to -1..1, where 1 is `full`; where that is 0, only signs are left."""
    if full == 0:
        return np.where(np.isnan(values), np.nan, np.sign(values))
    with np.errstate(over="ignore"):
        return np.asarray(np.clip(values / full, -1, 1))


def colours(values: Array, full: float, end: Pixel | None = None) -> list[list[Pixel]]:
    """Return the colour of each number; that of magnitude `full` is the fullest.

    The scale is the diverging one around 0, or the sequential one from black to `end`.
    """
    share = shares(values, full)
    pixels = diverging(share) if end is None else sequential(share, end)
    return [[(r, g, b) for r, g, b in row] for row in pixels.tolist()]


@lru_cache(maxsize=1024)  # a style takes 10 microseconds, and a table has a few hundred colours
def cell_style(pixel: Pixel, system: ColorSystem | None) -> Style | None:
    """Return a background, the nearest that `system` has, and the ink that can be read on it."""
    if system is None:
        return None
    ground = Color.from_rgb(*pixel).downgrade(system)
    return Style(color=Color.from_rgb(*readable(ground.get_truecolor())), bgcolor=ground)


def half_blocks(pixels: Sequence[Sequence[Pixel]]) -> Iterator[list[Segment]]:
    """Yield lines of text that draw two rows of pixels each."""
    for top in range(0, len(pixels), 2):
        below = pixels[top + 1] if top + 1 < len(pixels) else [None] * len(pixels[top])
        yield [
            Segment("▀", Style(color=Color.from_rgb(*up), bgcolor=Color.from_rgb(*down) if down else None))
            for up, down in zip(pixels[top], below, strict=True)
        ]


def factor(shape: tuple[int, ...], rows: int, columns: int) -> int:
    """Return the least side of square blocks of which at most `rows` x `columns` cover `shape`."""
    return max(1, math.ceil(shape[0] / rows), math.ceil(shape[1] / columns))


def averaged(values: Array, side: int) -> Array:
    """Return the mean of each block of `side` x `side` values; the last ones may be smaller."""
    if side == 1:
        return values
    down, across = (np.arange(0, length, side) for length in values.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        rows = np.add.reduceat(values, down, axis=0, dtype=np.float64)
        sums = np.add.reduceat(rows, across, axis=1)
    counts = np.outer(np.diff([*down, values.shape[0]]), np.diff([*across, values.shape[1]]))
    return np.asarray(sums / counts)


def farthest(values: NDArray[Any], down: Places, across: Places) -> Array:
    """Return the value farthest from 0 in each block, by the first rows and columns of blocks; else NaN."""
    high, low = (
        pick.reduceat(pick.reduceat(values, down, axis=0), across, axis=1) for pick in (np.fmax, np.fmin)
    )
    return np.where(-low > high, low, high)
