"""One output pixel, step by step: what the window sees and from where, the products, their sum, the value."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convcli.choices import PadMode
from convcli.engine.arrays import Array, Indices, check_numeric
from convcli.engine.pad import CONSTANT, sources
from convcli.engine.window import Axis as WindowAxis
from convcli.engine.window import Window
from convcli.errors import GeometryError, KernelError

__all__ = ["Axis", "PixelTrace", "place", "trace_pixel", "trace_window"]

Float64 = NDArray[np.float64]


class Axis(NamedTuple):
    """One axis of the window behind an output pixel.

    Attributes
    ----------
    size
        Pixels of the picture along it.
    before, after
        Pixels made up beyond its two ends.
    taps, dilation, stride
        Of the kernel: weights along the axis, the distance between them, the step of the window.
    result
        Output pixels along it: ``floor((size + before + after - dilation*(taps - 1) - 1) / stride) + 1``.
    at
        The output pixel, 0 to ``result - 1``.
    places : (taps,) array
        Where each weight lies, counted in the picture's pixels: below 0, or `size` and above, is padding.
    shown : (taps,) array
        The pixel of the picture that is seen there; ``CONSTANT`` where none is.
    """

    size: int
    before: int
    after: int
    taps: int
    dilation: int
    stride: int
    result: int
    at: int
    places: Indices
    shown: Indices

    @property
    def formula(self) -> str:
        """The size of the output, with the numbers filled in."""
        padded = f"{self.size} + {self.before} + {self.after}"
        room = f"{padded} - {self.dilation}*({self.taps} - 1) - 1"
        return f"floor(({room})/{self.stride}) + 1 = {self.result}"

    @property
    def padding(self) -> NDArray[np.bool_]:
        """Which weights lie on padding along this axis."""
        return (self.places < 0) | (self.places >= self.size)

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last place that the window spans, gaps of dilation included."""
        return int(self.places[0]), int(self.places[-1])

    @property
    def inside(self) -> tuple[int, int] | None:
        """The same, clipped to the picture; None where the window is wholly beyond its edge."""
        first, last = max(0, self.span[0]), min(self.size - 1, self.span[1])
        return (first, last) if first <= last else None


@dataclass(frozen=True, eq=False)
class PixelTrace:
    """Everything about one output pixel; C is the number of channels, 1 for a grey picture.

    Attributes
    ----------
    rows, columns
        The window, axis by axis.
    kernel : (kh, kw) or (C, kh, kw) array
        As it slides, unflipped.
    window, products : (C, kh, kw) arrays of float64
        What the window sees, and that times the kernel.
    bias
        Added to each sum.
    """

    rows: Axis
    columns: Axis
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
        """Which of them show no pixel of the picture, but the constant."""
        return _either(self.rows.shown == CONSTANT, self.columns.shown == CONSTANT)

    @property
    def channel_sums(self) -> tuple[float, ...]:
        """The sum of the products in each channel, correctly rounded."""
        return tuple(_total(channel) for channel in self.products)

    @property
    def sums(self) -> tuple[float, ...]:
        """The sums that become values: one per channel, or one over all channels by a C x kh x kw kernel."""
        return self.channel_sums if self.kernel.ndim == 2 else (_total(self.products),)

    @property
    def values(self) -> tuple[float, ...]:
        """The sums with the bias added."""
        return tuple(total + self.bias for total in self.sums)


def place(at: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return the pixel `at`, negative numbers counting from the end, among H' x W' output pixels.

    Raises
    ------
    GeometryError
        It is not one of them; the hint says which are.
    """
    row, column = (index + n if index < 0 else index for index, n in zip(at, size, strict=True))
    if not (0 <= row < size[0] and 0 <= column < size[1]):
        raise GeometryError(
            f"there is no output pixel ({at[0]}, {at[1]}): the output is {size[0]}x{size[1]}",
            hint=f"rows are 0 to {size[0] - 1}, columns 0 to {size[1] - 1}; -1 is the last",
        )
    return row, column


def trace_pixel(
    image: ArrayLike,
    kernel: ArrayLike,
    at: tuple[int, int],
    *,
    pad: PadMode | str = "reflect",
    pad_value: float = 0.0,
    padding: object = "same",
    stride: object = 1,
    dilation: object = 1,
    bias: float = 0.0,
) -> PixelTrace:
    """Compute one output pixel of a correlation, and keep every step.

    With x the padded image, ``y[m, n] = bias + sum_ij x[m*s + i*d, n*s + j*d] k[i, j]``; products are
    float64, their sum is correctly rounded. What :func:`convcli.engine.correlation.correlate.correlate` and
    :func:`convcli.engine.layers.conv2d` give at that pixel is the same but for rounding.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        Of any real type.
    kernel : (kh, kw) or (C, kh, kw) array
        One for every channel alike, or one for each, whose sums are added.
    at : (row, column)
        Of the output pixel; negative numbers count from the end.
    pad, pad_value, padding, stride, dilation, bias
        As for ``correlate``.

    Raises
    ------
    GeometryError
        The kernel does not fit the picture or its channels, or there is no such output pixel.
    KernelError, UsageError
        An argument is malformed.

    References
    ----------
    Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
    """
    picture, weights = np.asarray(image), np.asarray(kernel, np.float64)
    if weights.ndim not in (2, 3) or 0 in weights.shape:
        raise KernelError(
            f"kernel of shape {weights.shape} is not a kernel", hint="give kh x kw, or C of them"
        )
    window = Window.parse(
        weights.shape[-2:], stride=stride, padding=padding, dilation=dilation, pad=pad, pad_value=pad_value
    )
    return trace_window(picture, weights, at, window, bias=bias)


def trace_window(
    picture: Array, weights: Float64, at: tuple[int, int], window: Window, *, bias: float = 0.0
) -> PixelTrace:
    """Return :func:`trace_pixel` of arguments that are parsed: `window` has the size of `weights`."""
    check_numeric(picture.dtype, "image")
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise GeometryError(
            f"image of shape {picture.shape} is not a picture", hint="give H x W or H x W x C"
        )
    channels = picture[None] if picture.ndim == 2 else np.moveaxis(picture, 2, 0)
    if weights.ndim == 3 and len(weights) != len(channels):
        raise GeometryError(
            f"kernel has weights for {len(weights)} channels, the picture has {len(channels)}",
            hint="use a kernel of rows and columns alone, or --gray",
        )
    result = window.output_size(picture.shape)
    where = place(at, result)
    rows, columns = (
        _axis(picture.shape[a], axis, window.mode, result[a], where[a]) for a, axis in enumerate(window.axes)
    )
    seen = channels[:, rows.shown[:, None], columns.shown[None, :]].astype(np.float64)
    seen[:, _either(rows.shown == CONSTANT, columns.shown == CONSTANT)] = window.constant
    with np.errstate(over="ignore"):
        products = seen * weights
    return PixelTrace(rows, columns, weights, seen, products, float(bias))


def _axis(size: int, axis: WindowAxis, mode: PadMode | None, result: int, at: int) -> Axis:
    start, end = axis.reads(at, at + 1)
    window = slice(start, end, axis.dilation)
    shown = sources(size, axis.low, axis.high, mode)[window]
    places = np.arange(-axis.low, size + axis.high)[window]
    return Axis(size, axis.low, axis.high, axis.size, axis.dilation, axis.stride, result, at, places, shown)


def _either(rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.logical_or.outer(rows, columns).astype(np.bool_)


def _total(products: Float64) -> float:
    try:
        return math.fsum(products.ravel())
    except (
        OverflowError,
        ValueError,
    ):  # beyond float64: what the engine would get to, infinite or not a number
        with np.errstate(all="ignore"):
            return float(products.sum())
