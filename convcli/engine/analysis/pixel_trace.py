"""One output pixel, step by step: the window that it is made of; of a correlation products, sum and value."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.engine.arrays import Array, Indices, as_picture
from convcli.engine.pad import CONSTANT, sources
from convcli.engine.window import Axis, Window
from convcli.errors import GeometryError
from convcli.parsing import NO_ROW

__all__ = [
    "AxisTrace",
    "PixelTrace",
    "WindowTrace",
    "exact_sum",
    "output_pixel",
    "read_window",
    "trace_window",
]

Float64 = NDArray[np.float64]


class AxisTrace(NamedTuple):
    """The window of an output pixel along one axis.

    Attributes
    ----------
    axis
        Size, stride, padding and dilation of the window.
    size, at
        The picture's size, and the position of the output pixel.
    shown : (taps,) array
        Source pixel of each tap; ``CONSTANT`` where it reads the padding value, or nothing.
    ceil
        Whether the output size is rounded up.
    """

    axis: Axis
    size: int
    at: int
    shown: Indices
    ceil: bool = False

    @property
    def result(self) -> int:
        """Output size along the axis."""
        return self.axis.output_size(self.size, self.ceil)

    @property
    def dropped(self) -> bool:
        """Whether rounding up would give one window more, which would begin in the padding at the end."""
        free = self.size + self.axis.low + self.axis.high - self.axis.span
        return self.ceil and self.result < -(-free // self.axis.stride) + 1

    @property
    def formula(self) -> str:
        """The formula of the output size, with its values filled in."""
        taps, stride, low, high, dilation = self.axis
        free = f"{self.size} + {low} + {high} - {dilation}*({taps} - 1) - 1"
        rounded = "ceil" if self.ceil else "floor"
        return f"{rounded}(({free})/{stride}) + 1{' - 1' * self.dropped} = {self.result}"

    @property
    def places(self) -> Indices:
        """Position of each tap in the picture; below 0, or `size` and above, it is padding."""
        return np.arange(self.axis.size) * self.axis.dilation + self.at * self.axis.stride - self.axis.low

    @property
    def padding(self) -> NDArray[np.bool_]:
        """Which taps lie on padding along this axis."""
        return (self.places < 0) | (self.places >= self.size)

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Which taps lie past the padding at the end, and read nothing: rounding sizes up allows that."""
        return self.places >= self.size + self.axis.high

    @property
    def span(self) -> tuple[int, int]:
        """Positions of the first and the last tap in the picture."""
        return int(self.places[0]), int(self.places[-1])

    @property
    def inside(self) -> tuple[int, int] | None:
        """The same, clipped to the picture; None where the window reads padding alone."""
        first, last = max(0, self.span[0]), min(self.size - 1, self.span[1])
        return (first, last) if first <= last else None


@dataclass(frozen=True, eq=False)
class WindowTrace:
    """The window of one output pixel; C is the number of channels, 1 for a grey picture.

    Attributes
    ----------
    rows, columns
        The window along each axis.
    window : (C, kh, kw) array of float64
        Its pixels.
    """

    rows: AxisTrace
    columns: AxisTrace
    window: Float64

    @property
    def at(self) -> tuple[int, int]:
        """Row and column of the output pixel."""
        return self.rows.at, self.columns.at

    @property
    def padded(self) -> NDArray[np.bool_]:
        """Which of the kh x kw pixels in the window are padding."""
        return _either(self.rows.padding, self.columns.padding)

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Which of them stand for no pixel of the picture."""
        return _either(self.rows.shown == CONSTANT, self.columns.shown == CONSTANT)

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Which of them lie past the padding, and read nothing."""
        return _either(self.rows.beyond, self.columns.beyond)


@dataclass(frozen=True, eq=False)
class PixelTrace(WindowTrace):
    """One output pixel of a correlation.

    Attributes
    ----------
    kernel : (kh, kw) or (C, kh, kw) array
        Not rotated, as for correlation.
    products : (C, kh, kw) array of float64
        Those of the pixels of the window with the kernel.
    bias
        Added to each sum.
    """

    kernel: Float64
    products: Float64
    bias: float

    @property
    def channel_sums(self) -> tuple[float, ...]:
        """The sum of the products in each channel, correctly rounded."""
        return tuple(exact_sum(channel) for channel in self.products)

    @property
    def sums(self) -> tuple[float, ...]:
        """The sums that become values: one per channel, or one over all channels by a C x kh x kw kernel."""
        return self.channel_sums if self.kernel.ndim == 2 else (exact_sum(self.products),)

    @property
    def values(self) -> tuple[float, ...]:
        """The sums with the bias added."""
        return tuple(total + self.bias for total in self.sums)


def output_pixel(at: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return position `at` among H' x W' output pixels; negative indices count from the end.

    One of a column alone, whose row is ``NO_ROW``, is understood where there is one row.
    """
    if at[0] is NO_ROW and size[0] > 1:
        raise GeometryError(
            f"{at[1]} is one number, and the output has {size[0]} rows", hint=f"write ROW,COLUMN: 0,{at[1]}"
        )
    row, column = (int(index + n if index < 0 else index) for index, n in zip(at, size, strict=True))
    if at[0] is NO_ROW and not 0 <= column < size[1]:
        raise GeometryError(
            f"there is no result at {at[1]}: there are {size[1]}",
            hint=f"positions are 0 to {size[1] - 1}; -1 is the last",
        )
    if not (0 <= row < size[0] and 0 <= column < size[1]):
        raise GeometryError(
            f"there is no output pixel ({at[0]}, {at[1]}): the output is {size[0]}x{size[1]}",
            hint=f"rows are 0 to {size[0] - 1}, columns 0 to {size[1] - 1}; -1 is the last",
        )
    return row, column


def trace_window(
    picture: Array, weights: Float64, at: tuple[int, int], window: Window, *, bias: float = 0.0
) -> PixelTrace:
    """Compute one output pixel of a correlation, keeping window, products and sums.

    With x the padded picture, ``y[m, n] = bias + sum_ij x[m*s + i*d, n*s + j*d] k[i, j]``; products are
    float64, their sum is correctly rounded. It equals what ``correlate`` and ``conv2d`` give but for their
    rounding.

    Parameters
    ----------
    picture : (H, W) or (H, W, C) array
        Picture of any real type.
    weights : (kh, kw) or (C, kh, kw) array
        One kernel for every channel alike, or one for each, whose sums are added.
    at : (row, column)
        Position of the output pixel; negative indices count from the end.

    References
    ----------
    Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    picture = as_picture(picture)
    count = 1 if picture.ndim == 2 else picture.shape[2]
    if weights.ndim == 3 and len(weights) != count:
        raise GeometryError(
            f"kernel has weights for {len(weights)} channels, the picture has {count}",
            hint="use a kernel of rows and columns alone, or --gray",
        )
    seen = read_window(picture, window, at)
    with np.errstate(over="ignore"):
        products = seen.window * weights
    return PixelTrace(seen.rows, seen.columns, seen.window, weights, products, float(bias))


def read_window(
    picture: Array, window: Window, at: tuple[int, int], *, ceil: bool = False, what: str = "kernel"
) -> WindowTrace:
    """Return what the window of output pixel `at` reads of an H x W or H x W x C picture.

    `ceil` rounds output sizes up; errors call the window `what`.
    """
    pixel = output_pixel(at, window.output_size(picture.shape, ceil=ceil, what=what))
    traces = []
    for axis, size, index in zip(window.axes, picture.shape[:2], pixel, strict=True):
        first, end = axis.reads(index, index + 1)
        shown = sources(size, axis.low, axis.high, window.mode)[first : end : axis.dilation]
        shown = np.pad(shown, (0, axis.size - len(shown)), constant_values=CONSTANT)
        traces.append(AxisTrace(axis, size, index, shown, ceil))
    rows, columns = traces
    channels = picture[None] if picture.ndim == 2 else np.moveaxis(picture, 2, 0)
    pixels = channels[:, rows.shown[:, None], columns.shown[None, :]].astype(np.float64)
    pixels[:, _either(rows.shown == CONSTANT, columns.shown == CONSTANT)] = window.constant
    return WindowTrace(rows, columns, pixels)


def _either(rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.logical_or.outer(rows, columns).astype(np.bool_)


def exact_sum(products: Float64) -> float:
    """Return the sum, correctly rounded."""
    try:
        return math.fsum(products.ravel())
    except (OverflowError, ValueError):  # infinite or not a number, as the engine has it
        with np.errstate(all="ignore"):
            return float(products.sum())
