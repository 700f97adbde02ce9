"""Windows over planes of pixels: where they read, how the work is cut, what each part of it is read from."""

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from convcli.choices import Edges, PoolMode
from convcli.engine.arrays import Array, Indices
from convcli.engine.pad import read_padded
from convcli.engine.threads import Scratch
from convcli.engine.tiles import WIDEST, Piece, even_cuts
from convcli.engine.window import Window, extent

__all__ = ["Line", "Part", "Pooling", "Prepare", "Region", "Windows", "cut", "lines", "load", "split"]

Prepare = Callable[[Array], None]
"""Changes pixels in place as soon as they are loaded."""


class Line(NamedTuple):
    """Windows along one axis of the picture.

    Positions count from the first made-up pixel: the picture is at ``before`` to ``before + size``, tap ``i``
    of window ``m`` at ``m * stride + i * dilation``.
    """

    size: int
    taps: int
    stride: int
    dilation: int
    before: int
    after: int
    windows: int

    @property
    def span(self) -> int:
        """Pixels from a window's first tap to its last."""
        return extent(self.taps, self.dilation)

    @property
    def padded(self) -> int:
        """Length of picture and padding; a last window may hang over it."""
        return self.before + self.size + self.after

    def reads(self, first: int, last: int) -> tuple[int, int]:
        """Return where the windows `first` to `last` (excluded) begin and end to read."""
        return first * self.stride, (last - 1) * self.stride + self.span

    def taps_in(self, start: int, stop: int) -> Indices:
        """Return how many taps of each window lie at `start` to `stop`."""
        windows = np.arange(self.windows) * self.stride
        first, last = (-((windows - end) // self.dilation) for end in (start, stop))
        return np.clip(last, 0, self.taps) - np.clip(first, 0, self.taps)

    def whole(self, start: int, stop: int) -> tuple[int, int]:
        """Return the first and the last window (excluded) that only read from `start` to `stop`."""
        first = min(-(-start // self.stride), self.windows)
        last = min(max(first, (stop - self.span) // self.stride + 1), self.windows)
        return first, last


class Pooling(NamedTuple):
    """What becomes of each window, and where windows are: see :func:`pool2d`."""

    window: Window
    mode: PoolMode = PoolMode.MAX
    ceil: bool = False
    count_include_pad: bool = True
    p: float = 2.0


def lines(size: tuple[int, int], how: Pooling) -> tuple[Line, Line]:
    """Return the windows of `how` along the axes of a picture of `size`.

    Raises
    ------
    GeometryError
        Not even one fits.
    """
    counts = how.window.output_size(size, ceil=how.ceil, what="window")
    rows, columns = (
        Line(n, axis.size, axis.stride, axis.dilation, axis.low, axis.high, count)
        for n, axis, count in zip(size, how.window.axes, counts, strict=True)
    )
    return rows, columns


class Windows:
    """Windows over planes of interleaved channels, whose arguments fit together.

    Attributes
    ----------
    x : (P, H, W, C) array
        As it was given: any real type, any strides.
    out : (P, H', W', C) array
        Receives the result.
    rows, columns : Line
        The windows along either axis.
    made_up : (rows, columns), optional
        Which pixel each padded position shows; None where padding is neutral.
    value : float
        Of the made-up pixels that show none.
    """

    def __init__(
        self,
        x: Array,
        out: Array,
        lines: tuple[Line, Line],
        made_up: tuple[Indices, Indices] | None,
        value: float,
    ) -> None:
        self.x, self.out = x, out
        self.rows, self.columns = lines
        self.made_up, self.value = made_up, value

    @property
    def channels(self) -> int:
        """Interleaved channels of the picture."""
        return int(self.x.shape[3])

    @cached_property
    def flat(self) -> Array | None:
        """The pixels as P x H x WC numbers that can be computed with in place, or None."""
        planes, height, width, channels = self.x.shape
        size = self.x.itemsize
        packed = self.x.strides[3] == size or channels == 1
        packed = packed and (self.x.strides[2] == channels * size or width == 1)
        if not packed or not self.x.flags.aligned:
            return None
        strides = (*self.x.strides[:2], size)
        return np.lib.stride_tricks.as_strided(self.x, (planes, height, width * channels), strides)

    def bounds(self, line: Line) -> tuple[int, int]:
        """Return the first and the last position (excluded) of `line` that hold numbers."""
        return (line.before, line.before + line.size) if self.made_up is None else (0, line.padded)


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
    """What a part reads: P x rows x (columns times channels) numbers, and the position of the first."""

    numbers: Array
    row: int
    column: int


def cut(task: Windows, area: Part, room: int) -> list[Part]:
    """Cut `area` into parts that read about `room` numbers each, whatever the number of threads."""
    sy, sx = task.rows.stride, task.columns.stride
    planes, rows, columns = area.shape
    most = max(1, WIDEST // (task.channels * sx), task.columns.span // sx)
    wide = even_cuts(columns, most)
    across = max(right - left for left, right in pairwise(wide)) * sx * task.channels
    high = even_cuts(rows, max(1, room // (across * sy), task.rows.span // sy))
    down = max(bottom - top for top, bottom in pairwise(high)) * sy
    deep = even_cuts(planes, max(1, room // (across * down)))
    return split(area, deep, high, wide)


def split(area: Part, deep: list[int], high: list[int], wide: list[int]) -> list[Part]:
    """Cut `area` at planes, rows and columns, counted from its first ones."""
    p, y, x = area.p0, area.y0, area.x0
    return [
        Part(p + front, p + back, y + top, y + bottom, x + left, x + right)
        for front, back in pairwise(deep)
        for top, bottom in pairwise(high)
        for left, right in pairwise(wide)
    ]


def load(
    task: Windows, part: Part, kind: np.dtype[Any], scratch: Scratch, prepare: Prepare | None = None
) -> Region:
    """Return the numbers that `part` reads: of the picture where possible, else a copy of `kind`."""
    y0, y1 = _within(task.rows.reads(part.y0, part.y1), task.bounds(task.rows))
    x0, x1 = _within(task.columns.reads(part.x0, part.x1), task.bounds(task.columns))
    top, left, channels = task.rows.before, task.columns.before, task.channels
    inside = top <= y0 and y1 <= top + task.rows.size and left <= x0 and x1 <= left + task.columns.size
    if inside and task.flat is not None and task.x.dtype == kind and prepare is None:
        columns = slice((x0 - left) * channels, (x1 - left) * channels)
        return Region(task.flat[part.p0 : part.p1, y0 - top : y1 - top, columns], y0, x0)
    copy = scratch("pixels", (part.p1 - part.p0, y1 - y0, x1 - x0, channels), kind)
    planes = task.x[part.p0 : part.p1]
    if inside:
        copy[...] = planes[:, y0 - top : y1 - top, x0 - left : x1 - left]
    elif task.made_up is not None:
        sides: Edges = ((top, task.rows.after), (left, task.columns.after))
        axes = (1, 2, 0, 3)
        source = Piece(y0, y1, x0, x1)
        read_padded(planes.transpose(axes), sides, task.made_up, task.value, source, copy.transpose(axes))
    if prepare is not None:
        prepare(copy)
    return Region(copy.reshape(*copy.shape[:2], -1), y0, x0)


def _within(reads: tuple[int, int], bounds: tuple[int, int]) -> tuple[int, int]:
    first = min(max(reads[0], bounds[0]), bounds[1])
    return first, max(first, min(reads[1], bounds[1]))
