"""One output pixel of a correlation, step by step: window, products, sum and value."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.engine.arrays import Array, Indices, as_picture
from convcli.engine.pad import CONSTANT, sources
from convcli.engine.window import Axis, Window
from convcli.errors import GeometryError

__all__ = ["AxisTrace", "PixelTrace", "output_pixel", "trace_window"]

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
        Source pixel of each tap; ``CONSTANT`` where it reads the padding value.
    """

    axis: Axis
    size: int
    at: int
    shown: Indices

    @property
    def result(self) -> int:
        """Output size along the axis."""
        return self.axis.output_size(self.size)

    @property
    def formula(self) -> str:
        """The formula of the output size, with its values filled in."""
        taps, stride, low, high, dilation = self.axis
        free = f"{self.size} + {low} + {high} - {dilation}*({taps} - 1) - 1"
        return f"floor(({free})/{stride}) + 1 = {self.result}"

    @property
    def places(self) -> Indices:
        """Position of each tap in the picture; below 0, or `size` and above, it is padding."""
        return np.arange(self.axis.size) * self.axis.dilation + self.at * self.axis.stride - self.axis.low

    @property
    def padding(self) -> NDArray[np.bool_]:
        """Which taps lie on padding along this axis."""
        return (self.places < 0) | (self.places >= self.size)

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
class PixelTrace:
    """One output pixel; C is the number of channels, 1 for a grey picture.

    Attributes
    ----------
    rows, columns
        The window along each axis.
    kernel : (kh, kw) or (C, kh, kw) array
        Not rotated, as for correlation.
    window, products : (C, kh, kw) arrays of float64
        The pixels of the window, and their products with the kernel.
    bias
        Added to each sum.
    """

    rows: AxisTrace
    columns: AxisTrace
    kernel: Float64
    window: Float64
    products: Float64
    bias: float

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
        """Which of them are the padding value."""
        return _either(self.rows.shown == CONSTANT, self.columns.shown == CONSTANT)

    @property
    def channel_sums(self) -> tuple[float, ...]:
        """The sum of the products in each channel, correctly rounded."""
        return tuple(_exact_sum(channel) for channel in self.products)

    @property
    def sums(self) -> tuple[float, ...]:
        """The sums that become values: one per channel, or one over all channels by a C x kh x kw kernel."""
        return self.channel_sums if self.kernel.ndim == 2 else (_exact_sum(self.products),)

    @property
    def values(self) -> tuple[float, ...]:
        """The sums with the bias added."""
        return tuple(total + self.bias for total in self.sums)


def output_pixel(at: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return position `at` among H' x W' output pixels; negative indices count from the end."""
    row, column = (index + n if index < 0 else index for index, n in zip(at, size, strict=True))
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
    channels = picture[None] if picture.ndim == 2 else np.moveaxis(picture, 2, 0)
    if weights.ndim == 3 and len(weights) != len(channels):
        raise GeometryError(
            f"kernel has weights for {len(weights)} channels, the picture has {len(channels)}",
            hint="use a kernel of rows and columns alone, or --gray",
        )
    pixel = output_pixel(at, window.output_size(picture.shape))
    traces = []
    for axis, size, index in zip(window.axes, picture.shape[:2], pixel, strict=True):
        first, end = axis.reads(index, index + 1)
        shown = sources(size, axis.low, axis.high, window.mode)[first : end : axis.dilation]
        traces.append(AxisTrace(axis, size, index, shown))
    rows, columns = traces
    window_pixels = channels[:, rows.shown[:, None], columns.shown[None, :]].astype(np.float64)
    window_pixels[:, _either(rows.shown == CONSTANT, columns.shown == CONSTANT)] = window.constant
    with np.errstate(over="ignore"):
        products = window_pixels * weights
    return PixelTrace(rows, columns, weights, window_pixels, products, float(bias))


def _either(rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.logical_or.outer(rows, columns).astype(np.bool_)


def _exact_sum(products: Float64) -> float:
    try:
        return math.fsum(products.ravel())
    except (OverflowError, ValueError):  # infinite or not a number, as the engine has it
        with np.errstate(all="ignore"):
            return float(products.sum())
