"""Which pixels of the layers before it a pixel depends on, exactly, and the window that it reads."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from convcli.choices import PadMode, PoolMode
from convcli.engine.arrays import Array, Indices
from convcli.engine.pad import CONSTANT, sources
from convcli.engine.window import Window
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.geometry import AxisMap
from convcli.stacks.layers import Layer, Pool, Shape

__all__ = ["NOTHING", "Region", "Taps", "closed", "regions", "taps"]

# Source index of a tap that takes no part: neutral padding, or beyond what is padded.
NOTHING = -2


class Region(NamedTuple):
    """Rows and columns of a layer, in order; each of the rows with each of the columns is a pixel."""

    rows: Indices
    columns: Indices

    @property
    def size(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.rows), len(self.columns)

    @property
    def ends(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """First and last row, first and last column; None of no pixel, where padding alone is read."""
        if 0 in self.size:
            return None
        return (int(self.rows[0]), int(self.rows[-1])), (int(self.columns[0]), int(self.columns[-1]))

    @property
    def slices(self) -> tuple[slice, slice]:
        """All from the first to the last, of which there is one at least."""
        rows, columns = (slice(int(places[0]), int(places[-1]) + 1) for places in self)
        return rows, columns


class Taps(NamedTuple):
    """The pixels that each output of a layer reads: H' x kh rows of the input, and W' x kw columns.

    ``CONSTANT`` stands for the padding value `constant`, ``NOTHING`` for a tap that takes no part.
    """

    rows: Indices
    columns: Indices
    constant: float

    def before(self, region: Region) -> Region:
        """Return the pixels of the layer before that those of `region` depend on."""
        found = (np.unique(table[of]) for table, of in zip(self[:2], region, strict=True))
        return Region(*(places[places >= 0] for places in found))

    def window(self, planes: Array, at: tuple[int, int], start: tuple[int, int]) -> Array:
        """Return what the pixel `at` reads, C x kh x kw; NaN takes no part.

        `planes` are C x H x W of the layer before, from its row and column `start` on.
        """
        rows, columns = self.rows[at[0]], self.columns[at[1]]
        lowest = np.minimum.outer(rows, columns)
        taken = np.ix_(np.maximum(rows - start[0], 0), np.maximum(columns - start[1], 0))
        read = planes[:, *taken].astype(np.float64)
        read[:, lowest == CONSTANT] = self.constant
        read[:, lowest == NOTHING] = np.nan
        return read

    def middle(self, at: tuple[int, int]) -> tuple[int, int]:
        """Return the pixel of the layer before in the middle of the window, or one near it."""
        return _middle(self.rows[at[0]]), _middle(self.columns[at[1]])


def taps(layer: Layer, shape: Shape) -> Taps:
    """Return what each output of `layer` reads of an input of C x H x W."""
    window, neutral = Window((1, 1)), False
    if isinstance(layer, Conv | KernelConv):
        window = layer.window
    elif isinstance(layer, Pool):
        window, how = layer.pooling.window, layer.pooling
        neutral = window.mode is None and not (how.mode is PoolMode.AVG and how.count_include_pad)
    rows, columns = (_taps(one, window.mode, n) for one, n in zip(layer.axis_maps(), shape[1:], strict=True))
    if neutral:
        rows, columns = (np.where(table == CONSTANT, NOTHING, table) for table in (rows, columns))
    return Taps(rows, columns, window.constant)


def _taps(one: AxisMap, mode: PadMode | None, n: int) -> Indices:
    if one.whole:
        return np.arange(n)[None]
    count = one.output_size(n)
    if one.factor > 1:
        return np.clip([one.inputs(m, m, n) for m in range(count)], 0, n - 1)[:, : 2 if one.linear else 1]
    shown = sources(n, one.window.low, one.window.high, mode)
    read = np.arange(count)[:, None] * one.window.stride + np.arange(one.window.size) * one.window.dilation
    return np.where(read < len(shown), shown[np.minimum(read, len(shown) - 1)], NOTHING)


def _middle(places: Indices) -> int:
    middle = int(places[(len(places) - 1) // 2])
    inside = places[places >= 0]
    return middle if middle >= 0 else int(inside[(len(inside) - 1) // 2]) if len(inside) else 0


def regions(tables: Sequence[Taps], region: Region) -> list[Region]:
    """Return what `region` of the last layer depends on: the region of the input, then of each layer."""
    found = [region]
    for table in reversed(tables):
        found.append(table.before(found[-1]))
    return found[::-1]


def closed(tables: Sequence[Taps], region: Region) -> list[Region]:
    """Return parts of the input and of each layer without gaps, which hold all that their pixels depend on.

    The last is `region`; where padding alone is read, the first row or column is there all the same.
    """
    found = [region]
    for table in reversed(tables):
        before = table.before(found[-1])
        found.append(Region(*(np.arange(at[0], at[-1] + 1) if len(at) else np.arange(1) for at in before)))
    return found[::-1]
