"""One output pixel of pooling, step by step: the window, which of it takes part, and what becomes of it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convcli.choices import PoolMode
from convcli.engine.analysis.pixel_trace import Float64, WindowTrace, exact_sum, read_window
from convcli.engine.arrays import Array, as_picture
from convcli.engine.pooling.windows import Pooling
from convcli.errors import GeometryError

__all__ = ["PoolTrace", "trace_pooling"]


@dataclass(frozen=True, eq=False)
class PoolTrace(WindowTrace):
    """One output pixel of pooling; its window is NaN where a pixel takes no part.

    Attributes
    ----------
    how
        How windows are pooled.
    counted : (kh, kw) array
        Which pixels of the window take part: neutral padding does in averages that count it, as 0.
    """

    how: Pooling
    counted: NDArray[np.bool_]

    @property
    def pixels(self) -> Float64:
        """The pixels that take part, row by row, for each channel."""
        return self.window[:, self.counted]

    @property
    def chosen(self) -> NDArray[np.bool_]:
        """Which of the C x kh x kw pixels the value is taken from: none of a sum, which is of all.

        Of equal ones it is the first, as in PyTorch, and the two middle ones of a median of an even number.
        """
        places = np.flatnonzero(self.counted)
        marked = np.zeros((len(self.window), self.counted.size), np.bool_)
        for of_channel, pixels in zip(marked, self.pixels, strict=True):
            of_channel[places[_chosen(pixels, self.how.mode)]] = True
        return marked.reshape(self.window.shape)

    @property
    def values(self) -> tuple[float, ...]:
        """The value of each channel; sums are correctly rounded before what follows."""
        return tuple(_value(pixels, self.how) for pixels in self.pixels)


def trace_pooling(picture: Array, how: Pooling, at: tuple[int, int]) -> PoolTrace:
    """Compute one output pixel of :func:`pool2d` in float64, keeping its window and what takes part.

    Parameters
    ----------
    picture : (H, W) or (H, W, C) array
        Picture of any real type.
    how : Pooling
        The window and its mode.
    at : (row, column)
        Position of the output pixel; negative indices count from the end.
    """
    seen = read_window(as_picture(picture), how.window, at, ceil=how.ceil, what="window")
    averaged = how.mode is PoolMode.AVG and how.count_include_pad
    left_out = seen.padded if how.window.mode is None and not averaged else seen.beyond
    if left_out.all() and how.mode is not PoolMode.LP:
        raise GeometryError(
            f"the window of output pixel {seen.at} reads padding alone",
            hint="pad less, or choose a padding mode, which makes pixels up",
        )
    window = np.where(left_out, np.nan, seen.window)
    return PoolTrace(seen.rows, seen.columns, window, how, ~left_out)


def _chosen(pixels: Float64, mode: PoolMode) -> list[int]:
    if np.isnan(pixels).any():
        return [] if mode in (PoolMode.AVG, PoolMode.LP) else [int(np.isnan(pixels).argmax())]
    match mode:
        case PoolMode.MAX:
            return [int(pixels.argmax())]
        case PoolMode.MIN:
            return [int(pixels.argmin())]
        case PoolMode.MEDIAN:
            order: list[int] = pixels.argsort(kind="stable").tolist()
            return order[(len(order) - 1) // 2 : len(order) // 2 + 1]
        case PoolMode.AVG | PoolMode.LP:
            return []


def _value(pixels: Float64, how: Pooling) -> float:
    if how.mode is PoolMode.AVG:
        return exact_sum(pixels) / pixels.size
    if how.mode is not PoolMode.LP:
        chosen = pixels[_chosen(pixels, how.mode)]
        return float((chosen / len(chosen)).sum())  # divided first: two large ones do not overflow
    sizes = np.abs(pixels)
    largest = float(sizes.max(initial=0.0))
    if how.p == np.inf or largest == 0 or not math.isfinite(largest):
        return largest
    with np.errstate(over="ignore"):  # divided first: powers of large pixels do not overflow
        return float(largest * np.float64(exact_sum((sizes / largest) ** how.p)) ** (1 / how.p))
