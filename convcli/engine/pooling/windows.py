"""Pooling tasks: the pictures and their windows, cut into parts, and loading the pixels of a part."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from convcli.choices import PoolMode
from convcli.engine.arrays import Array, Indices
from convcli.engine.pad import read_padded, sources
from convcli.engine.threads import Scratch
from convcli.engine.tiles import MAX_ROW_SAMPLES, Piece, even_cuts
from convcli.engine.window import Axis, Window

__all__ = ["Part", "PoolTask", "Pooling", "Prepare", "Region", "cut_parts", "load_part", "split"]

# First and last padded row, and first and last padded column; the last are excluded.
Bounds = tuple[tuple[int, int], tuple[int, int]]

# Changes pixels in place as soon as they are loaded.
Prepare = Callable[[Array], None]


class Pooling(NamedTuple):
    """The sliding window and how it is reduced: the arguments of :func:`pool2d`, parsed."""

    window: Window
    mode: PoolMode = PoolMode.MAX
    ceil: bool = False
    count_include_pad: bool = True
    p: float = 2.0


@dataclass(frozen=True, eq=False)
class PoolTask:
    """Planes of interleaved channels to be pooled, and the array for the result.

    Attributes
    ----------
    x : (P, H, W, C) array
        Planes of any real type and memory layout.
    out : (P, H', W', C) array
        Receives the result.
    how : Pooling
        Padding is neutral where its window's mode is None.
    """

    x: Array
    out: Array
    how: Pooling

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """The window along rows and columns."""
        return self.how.window.axes

    @cached_property
    def picture(self) -> Bounds:
        """Padded rows and columns that the picture covers."""
        (rows, columns), (_, height, width, _) = self.axes, self.x.shape
        return (rows.low, rows.low + height), (columns.low, columns.low + width)

    @property
    def padded(self) -> Bounds:
        """Rows and columns of picture and padding; with `ceil`, the last windows may extend past them."""
        (rows, columns), (y, x) = self.axes, self.picture
        return (0, y[1] + rows.high), (0, x[1] + columns.high)

    @cached_property
    def counted(self) -> Bounds:
        """Padded rows and columns that hold numbers: the picture, and its padding unless that is neutral."""
        return self.picture if self.how.window.mode is None else self.padded

    def taps_within(self, bounds: Bounds) -> tuple[Indices, Indices]:
        """Return how many taps of each row, and of each column, of windows lie within `bounds`."""
        down, along = map(_taps_within, self.axes, self.out.shape[1:3], bounds)
        return down, along

    @cached_property
    def source_indices(self) -> tuple[Indices, Indices]:
        """Source pixel of each padded row and column."""
        window, (_, height, width, _) = self.how.window, self.x.shape
        rows, columns = window.padding
        return sources(height, *rows, window.mode), sources(width, *columns, window.mode)

    @property
    def channels(self) -> int:
        """Interleaved channels of the picture."""
        return int(self.x.shape[3])

    @property
    def everything(self) -> "Part":
        """All windows."""
        planes, height, width, _ = self.out.shape
        return Part(0, planes, 0, height, 0, width)

    @cached_property
    def flat(self) -> Array | None:
        """The pixels as P x H x WC where they can be read in place, else None."""
        planes, height, width, channels = self.x.shape
        size = self.x.itemsize
        packed = self.x.strides[3] == size or channels == 1
        packed = packed and (self.x.strides[2] == channels * size or width == 1)
        if not packed or not self.x.flags.aligned:
            return None
        strides = (*self.x.strides[:2], size)
        return np.lib.stride_tricks.as_strided(self.x, (planes, height, width * channels), strides)


class Part(NamedTuple):
    """Some windows: planes `p0` to `p1`, rows `y0` to `y1` and columns `x0` to `x1`, ends excluded."""

    p0: int
    p1: int
    y0: int
    y1: int
    x0: int
    x1: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Planes, rows and columns."""
        return self.p1 - self.p0, self.y1 - self.y0, self.x1 - self.x0

    @property
    def where(self) -> tuple[slice, slice, slice]:
        """Index of the windows."""
        return slice(self.p0, self.p1), slice(self.y0, self.y1), slice(self.x0, self.x1)


class Region(NamedTuple):
    """Pixels that a part reads, P x rows x (columns times channels), and the padded position of the first."""

    pixels: Array
    row: int
    column: int


def cut_parts(task: PoolTask, size: int) -> list[Part]:
    """Cut all windows into parts that read about `size` samples each, whatever the number of threads."""
    area, (rows, columns) = task.everything, task.axes
    widest = max(1, MAX_ROW_SAMPLES // (task.channels * columns.stride), columns.span // columns.stride)
    across = even_cuts(area.x1, widest)
    row = max(right - left for left, right in pairwise(across)) * columns.stride * task.channels
    down = even_cuts(area.y1, max(1, size // (row * rows.stride), rows.span // rows.stride))
    plane = max(bottom - top for top, bottom in pairwise(down)) * rows.stride * row
    return split(area, even_cuts(area.p1, max(1, size // plane)), down, across)


def split(area: Part, planes: list[int], rows: list[int], columns: list[int]) -> list[Part]:
    """Cut `area` at planes, rows and columns, counted from its first ones."""
    p, y, x = area.p0, area.y0, area.x0
    return [
        Part(p + front, p + back, y + top, y + bottom, x + left, x + right)
        for front, back in pairwise(planes)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]


def load_part(
    task: PoolTask, part: Part, dtype: np.dtype[Any], scratch: Scratch, prepare: Prepare | None = None
) -> Region:
    """Return the pixels that `part` reads: a view of the picture where possible, else a copy in `dtype`."""
    (rows, columns), (y_bounds, x_bounds) = task.axes, task.counted
    y0, y1 = _clip(rows.reads(part.y0, part.y1), y_bounds)
    x0, x1 = _clip(columns.reads(part.x0, part.x1), x_bounds)
    (top, bottom), (left, right) = task.picture
    inside = top <= y0 and y1 <= bottom and left <= x0 and x1 <= right
    if inside and task.flat is not None and task.x.dtype == dtype and prepare is None:
        samples = slice((x0 - left) * task.channels, (x1 - left) * task.channels)
        return Region(task.flat[part.p0 : part.p1, y0 - top : y1 - top, samples], y0, x0)
    copy = scratch("pixels", (part.p1 - part.p0, y1 - y0, x1 - x0, task.channels), dtype)
    planes, window = task.x[part.p0 : part.p1], task.how.window
    if inside:
        copy[...] = planes[:, y0 - top : y1 - top, x0 - left : x1 - left]
    else:
        image, into = planes.transpose(1, 2, 0, 3), copy.transpose(1, 2, 0, 3)
        read_padded(image, window.padding, task.source_indices, window.constant, Piece(y0, y1, x0, x1), into)
    if prepare is not None:
        prepare(copy)
    return Region(copy.reshape(*copy.shape[:2], -1), y0, x0)


def _taps_within(axis: Axis, windows: int, bounds: tuple[int, int]) -> Indices:
    firsts = np.arange(windows) * axis.stride
    before, until = (-((firsts - bound) // axis.dilation) for bound in bounds)
    return np.clip(until, 0, axis.size) - np.clip(before, 0, axis.size)


def _clip(reads: tuple[int, int], bounds: tuple[int, int]) -> tuple[int, int]:
    first = min(max(reads[0], bounds[0]), bounds[1])
    return first, max(first, min(reads[1], bounds[1]))
